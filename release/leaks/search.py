"""One part of a file and the secrets come in; each place where one of them shows goes out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from release.leaks import trees
from release.leaks.answers import AnswerTrees
from release.leaks.compiled import holds
from release.leaks.copies import copy_keys
from release.leaks.hidden import Value, in_row, numbers_in, tokens
from release.leaks.lines import Page, bare
from release.leaks.parts import BINARY, Blob, Code, Compiled, Oddity, Part, PartKind
from release.leaks.secrets import Secrets
from release.leaks.trees import Shape, shapes
from release.markup.marker_scan import marks

TAKE_OUT = "take it out, or allow it in the manifest if it is a coincidence"
_IMPORTED = re.compile(r"\b(?:from[ \t]+(\w+)[ \t]+import\b|import[ \t]+(\w+))|\b(\w+)\.py\b")


@dataclass(frozen=True)
class Hit:
    """A secret in a part; hits of one group in one file make one finding."""

    what: str
    location: str
    origin: str
    shown: str
    group: str
    remedy: str = TAKE_OUT
    is_copy: bool = False


def search(part: Part, secrets: Secrets) -> Iterator[Hit]:
    """All hits in a part."""
    if isinstance(part, Page):
        yield from _lines(part, secrets)
        yield from _names(part, secrets)
        yield from _values(part, secrets)
        yield from _marks(part.lines, part.location, secrets, is_code=False)
    elif isinstance(part, Code):
        lines = part.text.split("\n")
        yield from _marks(lines, lambda line: part.location(line + 1), secrets, is_code=True)
        for answer in secrets.trees:
            yield from _trees(part, answer)
    elif isinstance(part, Blob):
        yield from _copies(part, secrets)
    elif isinstance(part, Compiled):
        yield from _compiled(part, secrets)
    elif isinstance(part, Oddity):
        group = f"oddity {part.group or part.where}"
        yield Hit(part.what, part.where, "", "", group, part.remedy)


def kind_of(part: Part) -> tuple[str, int] | None:
    """What a part counts as, and how many of it there are."""
    if isinstance(part, Page):
        return part.kind, sum(bool(line.strip()) for line in part.lines)
    if isinstance(part, Code):
        return "syntax trees", shapes(part.text).nodes
    return (part.kind, 1) if isinstance(part, PartKind) else None


def _lines(page: Page, secrets: Secrets) -> Iterator[Hit]:
    for secret in secrets.lines:
        location = page.find(secret)
        if location is not None:
            group = secret.group or secret.origin
            yield Hit(secret.what, location, secret.origin, secret.shown, group)


def _names(page: Page, secrets: Secrets) -> Iterator[Hit]:
    if page.kind == BINARY:  # what stands beside a name may be printable too
        for name, value in secrets.names.items():
            for number, line in enumerate(page.lines):
                if name in line:
                    yield _named(page.location(number), "hidden check", value)
        return
    names = page.words & secrets.names.keys()
    modules = page.words & secrets.modules.keys()
    if not names and not modules:
        return
    for number, line in enumerate(page.lines):
        for name in re.findall(r"\w+", line) if names else ():
            if name in names:
                yield _named(page.location(number), "hidden check", secrets.names[name])
        for match in _IMPORTED.finditer(line) if modules else ():
            name = match[1] or match[2] or match[3]
            if name in modules:
                yield _named(
                    page.location(number), "module of hidden checks", secrets.modules[name]
                )


def _named(location: str, what: str, value: Value) -> Hit:
    group = f"names {value.origin.partition(',')[0]}"
    return Hit(f"the name of a {what}", location, value.origin, value.shown, group)


def _values(page: Page, secrets: Secrets) -> Iterator[Hit]:
    what = "a value that a hidden check expects"
    if secrets.numbers:
        for number, line in enumerate(page.lines):
            for digits in numbers_in(line):
                if value := secrets.numbers.get(digits):
                    location = page.location(number)
                    yield Hit(what, location, value.origin, value.shown, value.origin)
    if not secrets.rows:
        return
    counts = [tokens(line) for line in page.lines]
    row = in_row(tuple(token for line in counts for token in line))
    for value in secrets.rows:
        at = row.find(value.form)
        if at >= 0:
            starts, total = [], 0
            for words in counts:
                starts.append(total)
                total += len(words)
            location = page.location(bisect_right(starts, row.count(",", 0, at)) - 1)
            yield Hit(what, location, value.origin, value.shown, value.origin)


def _marks(
    lines: Sequence[str], location: Callable[[int], str], secrets: Secrets, *, is_code: bool
) -> Iterator[Hit]:
    for number, what in marks(lines, is_code=is_code, markers=secrets.markers):
        text, where = lines[number].strip(), location(number)
        origin = secrets.marks.get(bare(text), "")
        remedy = "spell the marker as the release tool knows it, or take the line out"
        yield Hit(what, where, origin, text, f"marker {where}", remedy)


def _copies(blob: Blob, secrets: Secrets) -> Iterator[Hit]:
    for key in copy_keys(blob.data):
        if found := secrets.copies.get(key):
            what, origin = found
            yield Hit(what, blob.where, origin, "", f"copy {origin}", "take it out", is_copy=True)
            return


def _compiled(part: Compiled, secrets: Secrets) -> Iterator[Hit]:
    for answer in secrets.compiled:
        if holds(part, answer):
            what = "an answer, compiled"
            yield Hit(what, part.where, answer.origin, answer.shown, answer.group)


def _trees(code: Code, secret: AnswerTrees) -> Iterator[Hit]:
    found = shapes(code.text)
    if not found.nodes:
        return
    at = _longest_run(found.bodies, secret) or _single(found, secret)
    if at is not None:
        shown = code.text.split("\n")[at.line - 1].strip() if at.line else ""
        what = "the syntax tree of an answer"
        yield Hit(what, code.location(at.line), secret.origin, shown, secret.group)


def _single(found: trees.Shapes, secret: AnswerTrees) -> Shape | None:
    """A statement or expression like one of the answer's, if it is large enough by itself."""
    renamed, named = secret.large
    for shape in found.all():
        if shape.renamed in renamed or shape.named in named:
            return shape
    return None


def _longest_run(bodies: tuple[tuple[Shape, ...], ...], secret: AnswerTrees) -> Shape | None:
    """The start of consecutive statements like the answer's that are large enough together."""
    for body in bodies:
        for at, shape in enumerate(body):
            for own, start in secret.positions.get(shape.renamed, ()):
                if _is_telling_run(body[at:], own, start, secret):
                    return shape
    return None


def _is_telling_run(
    body: tuple[Shape, ...], own: tuple[Shape, ...], start: int, secret: AnswerTrees
) -> bool:
    pairs = zip(body, own[start:], strict=False)
    run = list(takewhile(lambda pair: pair[0].renamed == pair[1].renamed, pairs))
    mine = [other for _, other in run if other.renamed not in secret.visible]
    weight = sum(shape.weight for shape in mine)
    if len(run) < len(own) or own is not secret.shapes.bodies[-1]:
        return weight >= (trees.RUN if len(run) > 1 else trees.SINGLE)
    named = all(shape.named == other.named for shape, other in run) and len(run) > 1
    return weight >= trees.WHOLE or (
        named and sum(shape.named_weight for shape in mine) >= trees.WHOLE
    )
