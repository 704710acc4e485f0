"""The table of markers is one: stripping, slips and the leak scan agree on each row."""

from __future__ import annotations

import pytest

from release.markup.marker_scan import marks
from release.markup.markers import KNOWN, LINE_MARKS, PAIRS, Fate, Pair
from release.markup.model import Location, MarkerError
from release.markup.strip_cell import strip_code
from release.markup.typos import nearest

LOCATION = Location("hw.py", 2)


def opening(pair: Pair) -> str:
    return f"# ===== {pair.opening_words} =====" if pair.ruled else f"# {pair.opening_words}"


def closing(pair: Pair) -> str:
    return f"# {'=' * 20}" if pair.ruled else f"# {pair.closing_words}"


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p.opening_words}-{p.closing_words}")
class TestPair:
    def test_stripped(self, pair: Pair) -> None:
        source = f"x = 1\n{opening(pair)}\nsecret = 2\n{closing(pair)}\ny = 3"
        made = strip_code(source, LOCATION)
        assert [answer.text for answer in made.answers] == ["secret = 2"]
        left = made.source.split("\n")
        kept = [opening(pair)] if pair.shown else []
        stub = [] if pair.fate in (Fate.GONE, Fate.STAFF) else ["...  # your code"]
        assert left == ["x = 1", *kept, *stub, *([closing(pair)] if pair.shown else []), "y = 3"]

    def test_half_of_it_is_an_error(self, pair: Pair) -> None:
        with pytest.raises(MarkerError):
            strip_code(f"{opening(pair)}\nsecret = 2", LOCATION)
        if not pair.ruled and pair.closing_words != "ENDREGION":  # what folds may be anything
            with pytest.raises(MarkerError):
                strip_code(f"secret = 2\n{closing(pair)}", LOCATION)

    def test_a_slip_is_named(self, pair: Pair) -> None:
        words = pair.opening_words
        if not pair.ruled:
            assert nearest(words[:-2] + words[-1] + words[-2], KNOWN) is not None

    def test_found_in_what_is_public(self, pair: Pair) -> None:
        lines = ["x = 1", opening(pair), "secret = 2", closing(pair)]
        found = [number for number, _why in marks(lines, is_code=True)]
        if pair.shown:  # students have them, but never a lone end
            assert found == []
            assert pair.ruled or [n for n, _ in marks(lines[2:], is_code=True)] == [1]
        elif pair.closing_words == "ENDREGION":
            assert found[:1] == [1]
        else:
            assert found == [1, 3]


@pytest.mark.parametrize("mark", LINE_MARKS, ids=lambda m: m.words)
def test_line_marks(mark: object) -> None:
    line = f"y = 1  # {mark.words}"
    assert "y = 1" not in strip_code(f"x = 1\n{line}", LOCATION).source
    assert [n for n, _ in marks(["x = 1", line], is_code=True)] == [1]
