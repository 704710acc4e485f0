"""A line of code or prose comes in; its bare form, and how much it says, go out.

Two lines have one bare form if they differ only in what an editor, a formatter, a quoting rule or
a comment sign changes. How much a line says decides whether finding it elsewhere means anything:
every network's training has `optimizer.zero_grad()`, and nobody can have copied it.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from release.leaks.extract.spelling import spelled_out

#: A line of code that says less than this stands in anybody's program. The weight is 1 for each
#: distinct name or number (1/2 for the words of every training loop) and 1/4 for each sign:
#: `loss = criterion(model(images), labels)` has 3.75, `optimizer = torch.optim.SGD(parameters,
#: lr=lr)` 4.5, a line with an idea in it 6 to 15.
CODE_LINE = 5.0
#: A line that is the whole of its answer is what was asked for, however little it says.
WHOLE_ANSWER = 4.0
#: A sentence needs this many distinct words of at least four letters.
PROSE_LINE = 5.0
#: At or above it a line is no coincidence, even where the template shows one like it.
TELLING = 7.0
#: Shorter bare forms are found inside other words.
SHORTEST = 10
#: In a page of so many characters, words are also found with a space or a line's end in them, as a
#: PDF and a terminal break them; a longer one is data, and searched faster.
_BROKEN_WORDS = 1_000_000

_LEAD = " \t#>|;"  # no operators: a long line may be broken before one
_FIRST = tuple(_LEAD.strip())
_DROPPED = str.maketrans("", "", " \t\f\v,\\`\"'")
_DASHES = re.compile("-{2,}")
_WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*")
_SIGNS = re.compile(r"[-+*/%@=<>()\[\]{}&|^~]")
#: A statement, and no sentence that begins with the word.
_IMPORT = re.compile(r"(?:from\s+[\w.]+\s+)?import\s+(?:[\w.]+|\*)(?:\s+as\s+\w+)?(?:\s*,.*)?")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_TRIVIAL = frozenset({"0", "1", "2", "0.0", "1.0"})
_SAID_BY_ALL = frozenset(
    {*keyword.kwlist, *dir(builtins), "self", "np", "plt", "pd", "nn", "torch", "numpy", "cls"}
)


_IN_EVERY_LOOP = frozenset(
    "accuracy backward batch batch_size correct criterion data dataset device dtype epoch epochs "
    "forward image images input inputs item label labels layer loader loss losses lr model net "
    "num_epochs optimizer output outputs parameters plot pred preds result results score scores "
    "shape shuffle size state step target targets test total train train_loader val valid weight "
    "weights zero_grad".split()
)


@dataclass(frozen=True)
class LineSecret:
    """A line that must be nowhere in the bundle.

    Attributes:
        bare: its bare form.
        anchor: its longest word; a long text without that word needs no search.
        shown: the line as it was written.
        what: how a finding calls it.
        origin: its place in the staff's folder.
        group: what it is a part of; a finding for each group is enough.
    """

    bare: str
    anchor: str
    shown: str
    what: str
    origin: str
    group: str


def bare(line: str) -> str:
    """The line without its comment signs, spaces, commas, quotes and backslashes."""
    return _kept(spelled_out(line).lstrip(_LEAD))


def _kept(line: str) -> str:
    form = line.translate(_DROPPED)
    # A word processor makes one dash of two.
    return _DASHES.sub("-", form) if "--" in form else form


def says(line: str) -> float:
    """How much a line of code says; see ``CODE_LINE``."""
    text = line.strip()
    if text.startswith(("import ", "from ", "print(")):
        return 0.0  # what an answer needs or shows is not yet the answer
    words = {word for word in _WORD.findall(text) if len(word) > 1 or word.isdigit()}
    numbers = sum(word[0].isdigit() for word in words - _TRIVIAL)
    names = sum(map(name_weight, words - _SAID_BY_ALL))
    return float(names + numbers + len(_SIGNS.findall(text)) / 4)


def name_weight(name: str) -> float:
    """1 for a name, 1/2 for one that stands in every training loop, 0 for a number."""
    return 0.0 if name[0].isdigit() else 0.5 if name in _IN_EVERY_LOOP else 1.0


def is_said_by_all(name: str) -> bool:
    """Whether a name is Python's own, or what everybody calls a library."""
    return name in _SAID_BY_ALL


def tells(line: str) -> float:
    """How much a sentence says: its distinct words of at least four letters."""
    return float(len(set(_LONG_WORD.findall(line.lower()))))


def is_prose(line: str) -> bool:
    """Whether a line of a program is a comment or, by its looks, a sentence."""
    text = line.strip()
    if text.startswith("#"):
        return True
    return not (re.search(r"[=()\[\]{}]", text) or _IMPORT.fullmatch(text))


def secret(
    line: str, what: str, origin: str, group: str, shortest: int = SHORTEST
) -> LineSecret | None:
    """The secret of a line, or None if it is too short to be told from others."""
    form = bare(line)
    words = _WORD.findall(spelled_out(line))
    if len(form) < shortest or not words:
        return None
    return LineSecret(form, max(words, key=len), line.strip(), what, origin, group)


@dataclass(frozen=True)
class Page:
    """Lines of one kind in one file, each with the name of its place."""

    kind: str
    lines: tuple[str, ...]
    locations: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """All words and numbers of the page."""
        return frozenset(_WORD.findall("\n".join(map(spelled_out, self.lines))))

    @cached_property
    def bare(self) -> str:
        """The bare forms of all its lines, one after the other: a line broken in two is found."""
        return self._forms[0][0]

    @cached_property
    def _forms(self) -> list[tuple[str, list[int]]]:
        """The bare form, and the one that keeps each line's first sign; where each line starts."""
        plain = [spelled_out(line) for line in self.lines]
        forms = [[_kept(line.lstrip(_LEAD)) for line in plain]]
        # A line may also be broken before `|` or `>`.
        if any(line.lstrip().startswith(_FIRST) for line in plain):
            forms.append([_kept(line) for line in plain])
        return [("".join(lines), [0, *accumulate(map(len, lines[:-1]))]) for lines in forms]

    def find(self, secret: LineSecret) -> str | None:
        """The place of the first occurrence, or None."""
        if len(self.bare) > _BROKEN_WORDS and secret.anchor not in self.words:
            return None
        for form, starts in self._forms:
            at = form.find(secret.bare)
            end = at + len(secret.bare)
            # `= 3000` is not `= 300`.
            while at >= 0 and secret.bare[-1].isdigit() and form[end : end + 1].isdigit():
                at = form.find(secret.bare, end)
                end = at + len(secret.bare)
            if at >= 0:
                return self.location(bisect_right(starts, at) - 1)
        return None

    def location(self, line: int) -> str:
        """The name of the place of a line, from 0."""
        return self.locations[line] if self.locations else ""


def page(kind: str, where: str, text: str) -> Page:
    """A text as a page; its places are its line numbers in ``where``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Page(kind, tuple(lines), tuple(f"{where}, line {n}" for n in range(1, len(lines) + 1)))


def labelled(kind: str, pairs: Iterable[tuple[str, str]]) -> Page:
    """Texts with a place each as one page."""
    lines: list[str] = []
    locations: list[str] = []
    for location, text in pairs:
        parts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        lines += parts
        locations += [location] * len(parts)
    return Page(kind, tuple(lines), tuple(locations))


def all_bare(texts: Sequence[str]) -> str:
    """The bare form of many lines, to look whether a line is among them."""
    return "".join(bare(line) for text in texts for line in text.split("\n"))
