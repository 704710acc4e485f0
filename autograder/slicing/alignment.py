"""A student's notebook and its template come in; which cell stands for which goes out.

Cells are paired by id; then by text that stands in one template cell alone; then, along the order
of what is paired already, by text that several template cells share, which proves nothing by
itself: homework has one banner over all its answers. The rest is told by its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import inf, sqrt

from autograder.slicing.notebook import BINDS, Cell, Notebook

#: Pairs of cells that are compared at most where ids do not tell. No honest notebook has as many.
MAX_PAIRS = 250_000
#: Below this likeness two cells have no more in common than any two of the same homework.
MIN_LIKENESS = 0.2
#: What leaving the template's order costs, there or back, in likeness: one cell without text of
#: its own (of a likeness of 1 at most) is not worth both ways, a block of cells is.
JUMP = 0.6


@dataclass(frozen=True)
class Alignment:
    """Which of the student's cells stands for which cell of the template (positions from 0).

    Attributes:
        placed: template cells that were told by their place alone.
    """

    student: Notebook
    template: Notebook
    pairs: dict[int, int] = field(default_factory=dict)
    placed: frozenset[int] = frozenset()

    @cached_property
    def quality(self) -> float:
        """The share of the template's code cells that were recognised, from 0 to 1."""
        code = [n for n, cell in enumerate(self.template.cells) if cell.kind == "code"]
        found = sum(n in self.pairs and n not in self.placed for n in code)
        return found / max(len(code), 1)

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
        return self.student.cells[: self._bounds(anchor)[1]]

    def answer(self, anchor: str) -> tuple[Cell, ...]:
        """The student's cells that the answer at ``anchor`` may be in, its own one first.

        Raises:
            KeyError: the template has no such cell.
        """
        return self.student.cells[slice(*self._bounds(anchor))]

    def _bounds(self, anchor: str) -> tuple[int, int]:
        position = next((n for n, c in enumerate(self.template.cells) if c.id == anchor), None)
        if position is None:
            raise KeyError(anchor)
        earlier = [place for n, place in self.pairs.items() if n < position]
        before = max(earlier, default=-1)
        here = self.pairs.get(position, before)
        later = [
            place
            for n, place in self.pairs.items()
            if n > position and place > here and self.template.cells[n].kind == "code"
        ]
        begin = here if position in self.pairs else before + 1
        return begin, min(later, default=len(self.student.cells))


def align(student: Notebook, template: Notebook) -> Alignment:
    """Pair the cells: by id, by text of their own, by order and likeness, by place."""
    pairs: dict[int, int] = {}
    _pair_by_id(student, template, pairs)
    likeness = _Likeness(student, template, pairs)
    _pair_by_own_text(likeness, pairs)
    _pair_by_order(likeness, pairs)
    _pair_by_own_text(likeness, pairs)  # cells that were moved alone
    _to_first_pieces(likeness, pairs)
    _pair_merged(likeness, pairs)
    placed = _pair_by_place(student, template, pairs)
    return Alignment(student, template, pairs, placed)


def _pair_by_id(student: Notebook, template: Notebook, pairs: dict[int, int]) -> None:
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(student.cells):
        if cell.id is not None:
            places.setdefault(cell.id, []).append(place)
    for position, cell in enumerate(template.cells):
        same = [n for n in places.get(cell.id or "", []) if student.cells[n].kind == cell.kind]
        if same:  # a copied cell keeps its id in some editors: take the one most like it
            pairs[position] = max(same, key=lambda n: _common_lines(student.cells[n], cell))


def _common_lines(one: Cell, other: Cell) -> float:
    """The share of lines that two cells have in common."""
    return len(one.lines & other.lines) / max(len(one.lines | other.lines), 1)


class _Likeness:
    """How much the cells that are not paired yet have in common, by the rarity of what they share.

    A trait weighs one, divided by the template cells that have it; what is in no template cell,
    as an answer is, does not count at all.
    """

    def __init__(self, student: Notebook, template: Notebook, pairs: Mapping[int, int]) -> None:
        self.student = student
        self.template = template
        self._counts = Counter((c.kind, trait) for c in template.cells for trait in c.traits)
        self._whole = [self._weight(cell, cell.traits) for cell in template.cells]
        taken = set(pairs.values())
        free = [n for n in range(len(template.cells)) if n not in pairs]
        places = [n for n in range(len(student.cells)) if n not in taken]
        #: likeness by position in the template and place in the student's notebook
        self.of: dict[int, dict[int, float]] = {}
        #: how many traits they share that no other template cell has
        self.own: dict[int, dict[int, int]] = {}
        if len(free) * len(places) <= MAX_PAIRS:
            self._compare(free, places)

    def _weight(self, cell: Cell, traits: Iterable[str]) -> float:
        counts = (self._counts.get((cell.kind, trait)) for trait in traits)
        return sum(1 / count for count in counts if count)

    def _compare(self, free: Sequence[int], places: Sequence[int]) -> None:
        known = {
            n: self._weight(self.student.cells[n], self.student.cells[n].traits) for n in places
        }
        for position in free:
            wanted = self.template.cells[position]
            for place in places:
                cell = self.student.cells[place]
                shared = wanted.traits & cell.traits if wanted.kind == cell.kind else frozenset()
                if not shared:
                    continue
                whole = sqrt(self._whole[position] * known[place])
                likeness = self._weight(wanted, shared) / whole
                if likeness >= MIN_LIKENESS:
                    self.of.setdefault(position, {})[place] = likeness
                own = sum(self._counts[wanted.kind, trait] == 1 for trait in shared)
                if own:
                    self.own.setdefault(position, {})[place] = own

    def common(self, position: int, place: int) -> frozenset[str]:
        """The traits that two cells share."""
        return self.template.cells[position].traits & self.student.cells[place].traits

    def beyond(self, position: int, neighbour: int, place: int) -> float:
        """The weight of what the cell at ``place`` has of a template cell beyond a neighbour's.

        0 if that is neither text of its own nor a name that it binds.
        """
        cell = self.template.cells[position]
        rest = self.common(position, place) - self.template.cells[neighbour].traits
        tells = any(t.endswith(BINDS) or self._counts[cell.kind, t] == 1 for t in rest)
        return self._weight(cell, rest) if tells else 0.0

    def free(self, position: int, taken: Container[int]) -> dict[int, float]:
        """The places that a template cell may stand at, with their likeness."""
        return {n: each for n, each in self.of.get(position, {}).items() if n not in taken}


def _pair_by_own_text(likeness: _Likeness, pairs: dict[int, int]) -> None:
    """Pair cells that share traits which no other template cell has, where no other cell rivals.

    A rival has half as much in common or more: a copy of the cell, or two cells merged into one.
    """
    taken = set(pairs.values())
    own = [
        (count, position, place)
        for position, places in likeness.own.items()
        for place, count in places.items()
        if position not in pairs and place not in taken
    ]
    of_position: dict[int, list[int]] = {}
    of_place: dict[int, list[int]] = {}
    for count, position, place in own:
        of_position.setdefault(position, []).append(count)
        of_place.setdefault(place, []).append(count)
    for count, position, place in own:
        rivals = [*of_position[position], *of_place[place]]
        rivals.remove(count)  # the pair itself is in both lists
        rivals.remove(count)
        if place in likeness.of.get(position, {}) and count > 2 * max(rivals, default=0):
            pairs[position] = place


#: A chain of pairs, the last one first: position, place, and the chain before.
_Chain = tuple[int, int, "_Chain"] | None
#: What a chain weighs, and the chain.
_End = tuple[float, _Chain]


def _pair_by_order(likeness: _Likeness, pairs: dict[int, int]) -> None:
    """Pair what is left by the heaviest chain along the template, through the pairs found.

    A chain weighs the likeness of its pairs, less a `JUMP` wherever it goes back or passes over a
    cell that stands for another part of the template. So cells that look the same are told apart
    by what stands around them.
    """
    fixed = _Fixed(pairs.values())
    ends: dict[int, _End] = {-1: (0.0, None)}
    for position in range(len(likeness.template.cells)):
        known = position in pairs
        places = {pairs[position]: 0.0} if known else likeness.free(position, fixed.places)
        if places:
            longer = _lengthened(ends, position, places, fixed)
            ends = longer if known else _better(ends, longer)
    chain = max(ends.values(), key=_weight)[1]
    found: dict[int, int] = {}
    while chain is not None:
        position, place, chain = chain
        found[position] = place
    _keep_best(found, likeness, pairs)


class _Fixed:
    """The places that are paired already: between two of them lies a stretch."""

    def __init__(self, places: Iterable[int]) -> None:
        self.places = frozenset(places)
        self._order = sorted(self.places)

    def before(self, place: int) -> int:
        """The last of them before a place, -1 if there is none."""
        at = bisect_left(self._order, place)
        return self._order[at - 1] if at else -1

    def begin(self, place: int) -> int:
        """Where the stretch begins that one may go on in from a place."""
        return place if place in self.places else self.before(place)


def _lengthened(
    ends: Mapping[int, _End], position: int, places: Mapping[int, float], fixed: _Fixed
) -> dict[int, _End]:
    """The chains by where they end, each longer by this position at one of the places."""
    order = sorted(ends)
    anywhere = max(ends.values(), key=_weight)
    best: list[tuple[int, _End]] = []  # for each end the begin of its stretch, the best up to here
    for place in order:
        begin, end = fixed.begin(place), ends[place]
        if best and best[-1][0] == begin:
            end = max(end, best[-1][1], key=_weight)
        best.append((begin, end))
    longer: dict[int, _End] = {}
    for place, gain in places.items():
        weight, chain = anywhere[0] - JUMP, anywhere[1]
        begin, near = best[bisect_left(order, place) - 1] if order[0] < place else (-2, anywhere)
        if begin == fixed.before(place) and near[0] >= weight:
            weight, chain = near
        longer[place] = (weight + gain, (position, place, chain))
    return longer


def _weight(end: _End) -> float:
    return end[0]


def _better(ends: Mapping[int, _End], others: Mapping[int, _End]) -> dict[int, _End]:
    merged = dict(ends)
    for place, end in others.items():
        if end[0] > merged.get(place, (-inf, None))[0]:
            merged[place] = end
    return merged


def _keep_best(found: Mapping[int, int], likeness: _Likeness, pairs: dict[int, int]) -> None:
    """Enter the pairs of a chain; of those that go back to one place twice, the one most alike."""
    best: dict[int, int] = {}
    for position, place in found.items():
        if position not in pairs:
            of, rival = likeness.of, best.get(place)
            if rival is None or of[position][place] > of[rival][place]:
                best[place] = position
    pairs.update({position: place for place, position in best.items()})


def _pair_merged(likeness: _Likeness, pairs: dict[int, int]) -> None:
    """Pair cells that the student merged with the one before or behind: one stands for both.

    It has to hold text that is this cell's alone, or bind a name that its neighbour does not.
    """
    cells = likeness.template.cells
    code = [n for n, cell in enumerate(cells) if cell.kind == "code"]
    alone = dict(pairs)
    for at, position in enumerate(code):
        if position in alone:
            continue
        beside = [n for n in reversed(code[:at]) if n in alone][:1]
        beside += [n for n in code[at + 1 :] if n in alone][:1]
        shared = {n: likeness.beyond(position, n, alone[n]) for n in beside}
        best = max(beside, key=lambda n: shared[n], default=None)
        if best is not None and shared[best] > 0:
            pairs[position] = alone[best]


def _to_first_pieces(likeness: _Likeness, pairs: dict[int, int]) -> None:
    """Of a cell that the student split, the first piece stands for it, not the one most alike.

    Else the code above would reach into the pieces before. A copy is no piece: it holds the same.
    """
    taken = set(pairs.values())
    for position, places in likeness.own.items():
        place = pairs.get(position, 0)
        while place - 1 in places and place - 1 not in taken:
            if likeness.common(position, place) & likeness.common(position, place - 1):
                break
            place -= 1
            pairs[position] = place


def _pair_by_place(student: Notebook, template: Notebook, pairs: dict[int, int]) -> frozenset[int]:
    """Pair a lone code cell between two paired ones with the student's lone one; those found so.

    An answer in place of everything that the template's cell held is told by nothing else.
    """
    taken = set(pairs.values())
    placed: dict[int, int] = {}
    bounds = [(-1, -1), *sorted(pairs.items()), (len(template.cells), len(student.cells))]
    for (first, start), (last, end) in pairwise(bounds):
        inside = list(_code(template, range(first + 1, last)))
        theirs = [n for n in _code(student, range(start + 1, end)) if n not in taken]
        if len(inside) == len(theirs) == 1:
            placed[inside[0]] = theirs[0]
    pairs.update(placed)
    return frozenset(placed)


def _code(notebook: Notebook, places: Iterable[int]) -> Iterator[int]:
    """Those of the places at which a code cell stands that is not empty."""
    cells = notebook.cells
    return (n for n in places if cells[n].kind == "code" and cells[n].source.strip())
