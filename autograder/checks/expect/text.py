"""A student's text and what is asked of it come in; nothing, or the line that differs, goes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from autograder.checks.expect.words import first_difference, listed, not_a, plural
from autograder.model.findings import CheckFailed, clean, fail

#: Longer texts are no answer; patterns may take long on them.
MAX_TEXT = 1_000_000
#: So many characters of a line are quoted, from a little before the place where it differs.
MAX_LINE, BEFORE = 80, 20
#: How white space is shown where it makes the difference.
VISIBLE = str.maketrans({" ": "·", "\t": "→", "\xa0": "⍽", "\r": "␍"})


def expect_text(
    got: object,
    expected: str | None = None,
    *,
    ignore_case: bool = False,
    ignore_space: bool = False,
    contains: str | Sequence[str] = (),
    pattern: str | None = None,
    hint: str = "",
) -> None:
    """Fail unless ``got`` is text as asked: a string, or what was printed.

    One line end at the end of the text does not count, nor how lines end.

    Args:
        expected: the whole text; None if only parts of it are asked for.
        ignore_case: upper and lower case do not count, also in ``contains`` and ``pattern``.
        ignore_space: nor do empty lines, the white space at both ends of a line, and how much there
            is between two words of it.
        contains: one text, or several, that have to occur in it, in any order.
        pattern: a regular expression that has to be found in it; one that takes long on some texts,
            as ``(a+)+b``, takes long here.
        hint: what to say of a wrong text.

    Raises:
        CheckFailed: it is no text, or differs.
        ValueError: nothing is asked of it.
    """
    parts = (contains,) if isinstance(contains, str) else tuple(contains)
    if expected is None and not parts and pattern is None:
        raise ValueError("expect_text is asked for nothing: name expected, contains or pattern")
    if not isinstance(got, str):
        raise not_a("text", got, "Give back a string.")
    if len(got) > MAX_TEXT:
        raise fail(f"text of more than {MAX_TEXT:,} characters.", hidden="text that is too long.")

    def same(text: str) -> str:
        return _normal(text, ignore_case=ignore_case, ignore_space=ignore_space)

    if expected is not None and same(got) != same(expected):
        raise _differing(_lines(got, ignore_space), _lines(expected, ignore_space), same, hint)
    missing = [part for part in parts if same(part) not in same(got)]
    if missing:
        raise fail(
            f"text without {listed(missing)}.",
            hint=hint,
            hidden="text without something that is asked for.",
        )
    flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
    plain = _normal(got, ignore_case=False, ignore_space=ignore_space)
    if pattern is not None and not re.search(pattern, plain, flags):
        raise fail(
            f"text that does not look as asked for: {_quoted(got)}.",
            hint=hint,
            hidden="text that does not look as asked for.",
        )


def _lines(text: str, ignore_space: bool) -> list[str]:
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return [line for line in lines if line.strip()] if ignore_space else lines


def _normal(text: str, *, ignore_case: bool, ignore_space: bool) -> str:
    lines = _lines(text, ignore_space)
    if ignore_space:
        lines = [" ".join(line.split()) for line in lines]
    joined = "\n".join(lines)
    return joined.casefold() if ignore_case else joined


def _differing(
    got: list[str], expected: list[str], same: Callable[[str], str], hint: str
) -> CheckFailed:
    """The failure of two texts by their lines, told by the first pair that differs."""
    hidden = "text other than expected."
    pairs = enumerate(zip(got, expected, strict=False))
    index = next((n for n, (a, b) in pairs if same(a) != same(b)), min(len(got), len(expected)))
    line = f"line {index + 1}"
    if index == len(got):
        return fail(
            f"text that ends after {plural(index, 'line')}, where {line} is expected: "
            f"{_quoted(expected[index])}.",
            hint=hint,
            hidden=hidden,
        )
    if index == len(expected):
        return fail(
            f"text with more than the {plural(index, 'line')} expected; {line} is "
            f"{_quoted(got[index])}.",
            hint=hint,
            hidden=hidden,
        )
    left, right = got[index], expected[index]
    space = left.split() == right.split() or "".join(left.split()) == "".join(right.split())
    start = max(first_difference(left, right) - BEFORE, 0)
    texts = [_quoted(text, start, visible=space) for text in (left, right)]
    where = f"{line} is " if max(len(got), len(expected)) > 1 else ""
    if not hint and space:
        hint = "Mind the spaces."
    elif not hint and left.casefold() == right.casefold():
        hint = "Mind upper and lower case."
    return fail(
        f"text that differs: {where}{texts[0]} instead of {texts[1]}.", hint=hint, hidden=hidden
    )


def _quoted(text: str, start: int = 0, *, visible: bool = False) -> str:
    """Some of a text in quotes, white space made visible if it matters."""
    if start + MAX_LINE >= len(text):
        start = max(min(start, len(text) - MAX_LINE), 0)
    part = text[start : start + MAX_LINE]
    before, behind = "…" * (start > 0), "…" * (start + MAX_LINE < len(text))
    shown = part.translate(VISIBLE) if visible else repr(part)[1:-1]
    return clean(f"'{before}{shown}{behind}'")
