"""pytest's items come in; what each check says of itself, or what is wrong with that, goes out."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.checks.plugin import fixtures, sources
from autograder.checks.plugin.locations import Location, Locations
from autograder.checks.plugin.model import CheckSpec
from autograder.model.errors import UserError
from autograder.model.manifest import Assignment, Question
from autograder.model.report import VISIBILITIES, name_in_words

#: As pytest passes them in itself, and so none that can be missing.
_BUILT_IN = frozenset(("request",))


class CheckError(UserError):
    """A check says something of itself that cannot be; the text names file, line and remedy."""


def identity(item: pytest.Item) -> tuple[Path, str]:
    """File and name of the check that an item is a case of, the name behind that of its class."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    name = item.originalname if isinstance(item, pytest.Function) else item.name
    return item.path, "::".join([*classes, name])


def read(items: Sequence[pytest.Item], assignment: Assignment, where: Locations) -> CheckSpec:
    """What the check of these items, its cases, says of itself.

    Raises:
        CheckError: it names no question, or one of its marks says nothing sensible.
    """
    first = items[0]
    file, name = identity(first)
    at = Location(file, sources.line_of(file, name))
    reader = _Reader(first, name, where.shown(at))
    function = getattr(first, "obj", None)
    reader.compare_file()
    reader.need_fixtures()
    return CheckSpec(
        id=f"{file.name}::{name}",
        name=name.split("::")[-1],
        function=function,  # type: ignore[arg-type]
        file=file,
        line=at.line,
        question=reader.question(assignment),
        hidden=where.is_hidden(file),
        title=_title(function, name),
        number=str(getattr(function, "__number__", "")),
        weight=reader.number("weight", getattr(function, "__weight__", 0.0)),
        visibility=reader.visibility(getattr(function, "__visibility__", "visible")),
        tags=tuple(str(tag) for tag in getattr(function, "__tags__", ())),
        cases=tuple(map(_case_name, items)),
        fixtures=tuple(getattr(first, "fixturenames", ())),
        depends_on=reader.depends_on(items),
        seconds=reader.seconds(),
        all_or_nothing=any(item.get_closest_marker("all_or_nothing") for item in items),
        shared=any(item.get_closest_marker("shared") for item in items),
        hide_errors=getattr(function, "__hide_errors__", None),
    )


class _Reader:
    """Reads the marks of one check; its errors name the check and its line."""

    def __init__(self, item: pytest.Item, name: str, at: str) -> None:
        self._item = item
        self._name = name
        self._at = at

    def error(self, what: str) -> CheckError:
        return CheckError(f"{self._at}: {what}")

    def compare_file(self) -> None:
        """Two folders with an ``__init__.py`` give their modules the same names."""
        module = self._item.getparent(pytest.Module)
        loaded = getattr(module.obj, "__file__", None) if module is not None else None
        if loaded is not None and not Path(loaded).samefile(self._item.path):
            raise self.error(
                f"Python has loaded {loaded} in its place, because both are modules of one name; "
                "delete the `__init__.py` beside one of them, or rename the file."
            )

    def need_fixtures(self) -> None:
        if not isinstance(self._item, pytest.Function):
            return
        known = self._item._fixtureinfo.name2fixturedefs
        for name in self._item.fixturenames:
            if name not in known and name not in _BUILT_IN:
                near = difflib.get_close_matches(name, {*fixtures.NAMES, *known}, 1)
                meant = f" Is '{near[0]}' meant?" if near else ""
                raise self.error(
                    f"{self._name} needs the fixture '{name}', which does not exist; correct its "
                    f"name, or write it.{meant}"
                )

    def question(self, assignment: Assignment) -> Question:
        mark = self._item.get_closest_marker("question")
        identifier = str(mark.args[0]) if mark is not None and mark.args else ""
        try:
            return assignment.question(identifier)
        except KeyError:
            known = ", ".join(question.id for question in assignment.questions)
            says = f"'{identifier}', which is" if identifier else "the check names"
            raise self.error(
                f"{says} no question of the manifest ({known}); decorate {self._name} with "
                "@question(...)."
            ) from None

    def number(self, name: str, value: object) -> float:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if not (math.isfinite(number) and number >= 0):
            raise self.error(f"@{name} of {self._name} gets {value!r}; give it a number from 0 on.")
        return number

    def visibility(self, value: object) -> str:
        if value not in VISIBILITIES:
            raise self.error(
                f"@visibility of {self._name} gets {value!r}; choose from "
                f"{', '.join(VISIBILITIES)}."
            )
        return str(value)

    def seconds(self) -> float | None:
        mark = self._item.get_closest_marker("time_limit")
        if mark is None:
            return None
        return self.number("time_limit", mark.args[0] if mark.args else None)

    def depends_on(self, items: Sequence[pytest.Item]) -> tuple[str, ...]:
        marks = [mark for item in items for mark in item.iter_markers("depends")]
        names = dict.fromkeys(name for mark in marks for name in mark.args)
        for name in names:
            if not isinstance(name, str):
                raise self.error(
                    f"@depends of {self._name} gets {name!r}; give it the function's name as text."
                )
        return tuple(names)


def _title(function: object, name: str) -> str:
    """What is asked: the first line of the docstring, else the name in words."""
    lines = (getattr(function, "__doc__", None) or "").strip().splitlines()
    return lines[0] if lines else name_in_words(name)


def _case_name(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.id) if callspec is not None else item.name
