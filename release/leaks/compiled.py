"""An answer comes in; what of it is left in compiled Python goes out, and is looked for there.

Compiled Python keeps no line. It keeps the names, values and operators of an answer in the order in
which they are used, whatever the formatting, the comments and the place of the answer were. What
another version of Python compiled looks different, but has the same names.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from release.leaks.answers import group_of
from release.leaks.extract.child import tokens
from release.leaks.lines import CODE_LINE, TELLING, is_said_by_all, name_weight
from release.leaks.parts import Compiled, joined
from release.leaks.trees import parsed
from release.leaks.visible import sources
from release.markup.model import Answer

_NAME = re.compile(r"[^\W\d]\w+")
_TRIVIAL = frozenset(map(repr, (0, 1, 2, -1, True, False, "", 0.0, 1.0, ...)))
#: Each token says this much by standing where it does, as a sign of a line does.
_ORDER = 0.25


@dataclass(frozen=True)
class CompiledAnswer:
    """A statement of an answer, or all of them, as compiled.

    Attributes:
        form: its names, values and operators in order; "" if they say too little.
        names: the names alone; none if they say too little without their order.
    """

    form: str
    names: frozenset[str]
    shown: str
    origin: str
    group: str


def holds(compiled: Compiled, answer: CompiledAnswer) -> bool:
    """Whether the answer is in a compiled file."""
    if compiled.used:
        return bool(answer.form) and answer.form in compiled.joined
    return bool(answer.names) and answer.names <= compiled.names


def compiled_answers(
    answers: Sequence[Answer], staff: str, templates: Mapping[str, bytes]
) -> tuple[CompiledAnswer, ...]:
    """What answers look like in compiled Python, but for what the templates show."""
    cells = [text for data in templates.values() for kind, text in sources(data) if kind == "code"]
    shown = [tuple(_tokens(_body(text))) for text in cells]
    forms = "".join(map(joined, shown))
    names = [frozenset(filter(_is_name, each)) for each in shown]
    found: dict[str, CompiledAnswer] = {}
    for answer in answers:
        for made in _statements(answer, staff) if answer.kind != "markdown" else ():
            if made.form in forms:
                continue
            shown_so = any(made.names <= each for each in names)
            found.setdefault(made.form, replace(made, names=frozenset()) if shown_so else made)
    return tuple(found.values())


def _statements(answer: Answer, staff: str) -> Iterator[CompiledAnswer]:
    body = _body(answer.text)
    lines = answer.text.split("\n")
    parts = [body, *([node] for node in body)] if len(body) > 1 else [body]
    for part in parts:
        used = _tokens(part)
        names = frozenset(filter(_is_name, used))
        worth = sum(name_weight(name) for name in names if not is_said_by_all(name))
        worth += len({token for token in used if _is_value(token)})
        if part and worth + _ORDER * len(used) >= CODE_LINE and worth >= 2:
            line = part[0].lineno
            telling = names if worth >= TELLING else frozenset[str]()
            origin = answer.location(staff, line - 1)
            shown = lines[line - 1].strip()
            yield CompiledAnswer(joined(used), telling, shown, origin, group_of(answer))


def _body(text: str) -> list[ast.stmt]:
    tree = parsed(text)
    return list(tree.body) if tree else []


def _tokens(body: list[ast.stmt]) -> list[str]:
    """What the statements use, compiled as those of a function; nothing if they cannot stand so."""
    wrapper = ast.parse("async def _(): ..." if _waits(body) else "def _(): ...")
    function = wrapper.body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    function.body = body or function.body
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(ast.fix_missing_locations(wrapper), "answer", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return []
    inner = next(each for each in code.co_consts if hasattr(each, "co_code"))
    return tokens(inner)


def _waits(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        for statement in body
        for node in ast.walk(statement)
    )


def _is_name(token: str) -> bool:
    return _NAME.fullmatch(token) is not None


def _is_value(token: str) -> bool:
    return token[:1] in "'\"0123456789-(b" and token not in _TRIVIAL
