"""A cell of an assignment whose answers may lack an end comes in; those of lone remarks go out.

# TODO: return the mean          the rest of the function is the answer
# solution                       and the remark goes, too
"*** YOUR CODE HERE ***"
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from release.markup.blocks import depth, end_of_block
from release.markup.markers import BOX, COMMENT, SOLUTION_REMARK, STRING_MARK
from release.markup.model import Location, Region

_COMMENT_LINE = re.compile(rf"^[ \t]*{COMMENT}")


def loose_regions(
    source: str, location: Location, taken: Collection[int], starts: Collection[int]
) -> Iterator[Region]:
    """The regions from lone remarks to the ends of their blocks.

    Args:
        taken: the lines (from 0) of answers and whole markers.
        starts: the lines where those begin; an answer ends there at the latest.

    Raises:
        MarkerError: a remark of a module stands outside any function.
    """
    lines = source.split("\n")
    openings = [at for at in range(len(lines)) if at not in taken and _opens(lines[at])]
    done = 0
    for at in openings:
        if at < done:
            continue
        hidden = _is_solution(lines[at])
        start = at + 1 if hidden else _end_of_remark(lines, at)
        deep = depth(lines[at])
        later = [n for n in openings if n >= start and depth(lines[n]) <= deep]
        later += [n for n in starts if n >= start]
        if location.cell == 0 and deep == 0:
            remedy = 'put "BEGIN SOLUTION" and "END SOLUTION" around the answer'
            raise location.error(at, "an answer without an end, outside any function", remedy)
        done = min([end_of_block(source, start, deep), *later])
        yield Region(start, done, lines[at][:deep], at + 1, shown=not hidden, closed=False)


def _opens(line: str) -> bool:
    return bool(BOX.opening_line.match(line) or STRING_MARK.match(line)) or _is_solution(line)


def _is_solution(line: str) -> bool:
    text = line.strip()
    return text.startswith("#") and bool(SOLUTION_REMARK.match(text.lstrip("#")))


def _end_of_remark(lines: Sequence[str], at: int) -> int:
    """The line after the comments that go on with what the student is told."""
    at += 1
    while at < len(lines) and _COMMENT_LINE.match(lines[at]) and not _opens(lines[at]):
        at += 1
    return at
