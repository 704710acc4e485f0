"""Translated checks come in, the text of their pytest modules goes out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from release.importing.model import EARNED, Check, Original, Question

#: The package beside the public checks that all imported checks use.
SHARED = Path(__file__).with_name("parts") / "imported"
#: What stands in for nose.tools.
TOOLS = SHARED.with_name("nose_tools.py")
_HEAD = (
    "from gradescope_utils.autograder_utils.decorators import number, weight",
    "from imported import Answers, judged, student  # noqa: F401",
    "from autograder.checks import question, shared",
)
#: What checks of partial credit need, too.
_SCORING = (
    "from collections.abc import Callable",
    "from autograder.checks import fail",
    "from imported import PARTLY, part",
    "from gradescope_utils.autograder_utils.decorators import partial_credit",
)

_SCORE = (
    "    score = {score}\n    set_score(score)\n"
    "    if score < {points}:\n        raise fail(PARTLY, hidden=PARTLY)"
)


def module_text(questions: Sequence[Question], *, hidden: bool, origin: str) -> str:
    """A module of all checks that are hidden, or public; empty if there are none.

    Args:
        origin: what the checks were made of, in words.
    """
    chosen = [(q, c) for q in questions for c in q.checks if c.planned.hidden == hidden]
    if not chosen:
        return ""
    checks = [check for _question, check in chosen]
    kind = "Hidden" if hidden else "Public"
    parts = [f'"""{kind} checks, imported from {origin}."""\n\n{_imports(checks)}']
    parts += _copies(checks)
    parts += [_function(question, check) for question, check in chosen]
    return "\n\n\n".join(parts) + "\n"


def nothing_text(question: str) -> str:
    """A public module for an assignment without any test of the original's: it has arrived."""
    return (
        f'"""Nothing is graded automatically: a check says that the notebooks have arrived."""\n\n'
        "from gradescope_utils.autograder_utils.decorators import number, weight\n\n"
        "from autograder.checks import question\n\n\n"
        f'@question("{question}")\n@weight(0)\n@number("{question}.1")\n'
        "def test_it_has_arrived() -> None:\n"
        '    """It has arrived"""\n'
        "    # What cannot be read never comes here: the harness itself says so.\n"
    )


def short(points: float) -> str:
    """A number as one writes it; whole ones without a point."""
    return f"{points:.0f}" if points == int(points) else repr(points)


def _imports(checks: Iterable[Check]) -> str:
    needed = {line for check in checks for line in check.imports}
    if any(_scores(check) for check in checks):
        needed |= set(_SCORING)
    return "\n".join(sorted(needed | set(_HEAD), key=lambda line: (line.startswith("from"), line)))


def _copies(checks: Iterable[Check]) -> list[str]:
    """Definitions of the notebook's given cells, each once, those that others need first."""
    copies: dict[str, str] = {}
    for check in checks:
        for name, text in check.copies.items():
            copies.setdefault(name, text)
    return list(copies.values())


def _function(question: Question, check: Check) -> str:
    if check.shared:
        return _shared(question, check)
    body = "\n".join(check.body)
    points = short(check.planned.weight)
    scores = _scores(check)
    given = f"\n{_SCORE.format(score=f'part({EARNED}, {points})', points=points)}" if scores else ""
    return (
        f'@question("{question.id}")\n'
        f"{_worth(points, scores)}"
        f'@number("{check.number}")\n'
        f"def {check.function}({_fixtures(scores)}) -> None:  # noqa: F811\n"
        f'    """{check.title}"""\n'
        "    with judged():\n"
        f"{textwrap.indent(body, ' ' * 8)}"
        f"{given}"
    )


def _scores(check: Check) -> bool:
    """Whether it gives a part of its points."""
    parts = check.scores or (check.shared and any(each.scores for each in check.originals))
    return check.planned.weight > 0 and parts


def _worth(points: str, scores: bool) -> str:
    return f"@partial_credit({points})\n" if scores else f"@weight({points})\n"


def _fixtures(scores: bool) -> str:
    return "student: Answers" + (", set_score: Callable[[float], None]" if scores else "")


def _shared(question: Question, check: Check) -> str:
    """A check that runs the original's tests as they were."""
    points = short(check.planned.weight)
    scores = _scores(check)
    calls = "\n".join(
        _call(each, points if each.scores and scores else "") for each in check.originals
    )
    return (
        f"# As strong as the original: the student's process judges itself.\n"
        f'@question("{question.id}")\n'
        f"{_worth(points, scores)}"
        f'@number("{check.number}")\n'
        "@shared()\n"
        f"def {check.function}({_fixtures(scores)}) -> None:  # noqa: F811\n"
        f'    """{check.title}"""\n'
        f"{calls}"
    )


def _call(test: Original, points: str) -> str:
    plain = "\\" not in test.source and '"""' not in test.source
    text = f'"""\n{test.source}\n"""' if plain else repr(test.source)
    shows = "" if test.shows is None else f"        shows={test.shows!r},\n"
    names = "".join(f'        "{name}",\n' for name in test.names)
    call = f"student.shared(\n        {text},\n{names}{shows}"
    if points:
        return _SCORE.format(score=f"{call}        points={points},\n    )", points=points)
    return f"    {call}    )"
