"""A student's notebook and its template come in; which cell stands for which goes out.

Cells are paired by id, then by the text of their comments, then by order and likeness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.slicing.notebook import Cell, Notebook

#: Pairs of cells that are compared at most, where neither ids nor comments tell.
MAX_PAIRS = 250_000


@dataclass(frozen=True)
class Alignment:
    """Which of the student's cells stands for which cell of the template (positions from 0)."""

    student: Notebook
    template: Notebook
    pairs: dict[int, int] = field(default_factory=dict)

    @cached_property
    def quality(self) -> float:
        """The share of the template's code cells that were found, from 0 to 1."""
        code = [n for n, cell in enumerate(self.template.cells) if cell.kind == "code"]
        return sum(n in self.pairs for n in code) / max(len(code), 1)

    def cell_at(self, anchor: str) -> Cell | None:
        """The student's cell that stands for the template cell ``anchor``, if it is still there."""
        place = next((n for n, c in enumerate(self.template.cells) if c.id == anchor), -1)
        return self.student.cells[self.pairs[place]] if place in self.pairs else None

    def up_to(self, anchor: str) -> tuple[Cell, ...]:
        """The student's cells down to the answer at ``anchor``, cells added behind it included.

        They end where the next code cell of the template begins. An anchor cell that the student
        deleted is taken to lie behind its nearest predecessor that is still there.

        Raises:
            KeyError: the template has no such cell.
        """
        position = next((n for n, c in enumerate(self.template.cells) if c.id == anchor), None)
        if position is None:
            raise KeyError(anchor)
        earlier = [place for n, place in self.pairs.items() if n < position]
        here = self.pairs.get(position, max(earlier, default=-1))
        later = [
            place
            for n, place in self.pairs.items()
            if n > position and place > here and self.template.cells[n].kind == "code"
        ]
        return self.student.cells[: min(later, default=len(self.student.cells))]


def align(student: Notebook, template: Notebook) -> Alignment:
    """Pair the cells: by id, then by the text of their comments, then by order and likeness."""
    pairs: dict[int, int] = {}
    _pair_by_id(student, template, pairs)
    _pair_by_comments(student, template, pairs)
    _pair_by_order(student, template, pairs)
    return Alignment(student, template, pairs)


def _free(cells: Sequence[Cell], taken: Iterable[int]) -> list[int]:
    return sorted(set(range(len(cells))).difference(taken))


def _pair_by_id(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(student.cells):
        if cell.id is not None:
            places.setdefault(cell.id, []).append(place)
    for position, cell in enumerate(template.cells):
        same = [n for n in places.get(cell.id or "", []) if student.cells[n].kind == cell.kind]
        if same:  # a copied cell keeps its id in some editors: take the one most like it
            pairs[position] = max(same, key=lambda n: _likeness(student.cells[n], cell))


def _pair_by_comments(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    """Pair cells that share most comment lines; where several do, by the order of the pairs found.

    Questions that ask for the same thing have the same banner, so texts that stand in one cell
    only are paired first; they tell where the others belong.
    """
    places = [n for n in _free(student.cells, pairs.values()) if student.cells[n].kind == "code"]
    candidates: list[tuple[float, int, int]] = []
    for position in _free(template.cells, pairs):
        wanted = template.cells[position].comments
        if template.cells[position].kind == "code" and wanted:
            shares = [(len(wanted & student.cells[n].comments) / len(wanted), n) for n in places]
            candidates += [(share, position, n) for share, n in shares if share >= 0.5]
    positions = Counter(position for _share, position, _place in candidates)
    rivals = Counter(place for _share, _position, place in candidates)
    sure = [c for c in candidates if positions[c[1]] == rivals[c[2]] == 1]
    pairs.update({position: place for _share, position, place in sure})
    known = dict(pairs)
    order = [(-c[0], _crossings(c[1], c[2], known), c[1], c[2]) for c in candidates]
    taken = set(pairs.values())
    for _share, _crossed, position, place in sorted(order):
        if position not in pairs and place not in taken:
            pairs[position] = place
            taken.add(place)


def _crossings(position: int, place: int, pairs: dict[int, int]) -> int:
    """How many of the pairs a further one would stand in another order to."""
    return sum((n < position) != (other < place) for n, other in pairs.items())


def _pair_by_order(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    """Pair what is left by the heaviest common subsequence, weighing pairs by likeness."""
    left = _free(template.cells, pairs)
    right = _free(student.cells, pairs.values())
    if len(left) * len(right) > MAX_PAIRS:
        return  # no honest notebook has so many cells that neither id nor comments tell
    weights = [[_likeness(template.cells[i], student.cells[j]) for j in right] for i in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            paired = weights[i][j] + best[i + 1][j + 1] if weights[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < len(left) and j < len(right):
        if weights[i][j] and best[i][j] == weights[i][j] + best[i + 1][j + 1]:
            pairs[left[i]] = right[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _likeness(one: Cell, other: Cell) -> float:
    """The share of lines that two cells have in common; 0 below a third, or for unequal kinds."""
    if one.kind != other.kind:
        return 0.0
    union = one.lines | other.lines
    share = len(one.lines & other.lines) / len(union) if union else 0.0
    return share if share >= 1 / 3 else 0.0
