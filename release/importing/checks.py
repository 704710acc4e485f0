"""The questions of another tool come in; ours, with translated checks, go out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from release.importing import outputs
from release.importing.identifiers import QUESTION, key, unique
from release.importing.model import (
    EARNED,
    Check,
    ForeignQuestion,
    NotImported,
    Original,
    PlannedCheck,
    Question,
    Sheet,
    Test,
)
from release.importing.needs import Needs, judges, without_idle_imports
from release.importing.originals import helpers, original
from release.importing.plainer import plainer
from release.importing.surroundings import Surroundings
from release.importing.translate import Translator
from release.importing.words import REWRITE, UNWRITABLE, Untranslatable
from release.importing.wrappers import unwrapped

#: A title names no more of them.
_MOST_NAMES = 4
_NOTHING_APART = "nothing that judges an answer can be told apart in it"
_NO_ANSWER = (
    "it names no answer of the notebook: all who submit a notebook that runs get its points"
)


def translate(
    sheet: Sheet, taken: set[str], *, own: frozenset[str] = frozenset(), strict: bool = False
) -> tuple[list[Question], list[NotImported]]:
    """Translate the tests of a notebook's questions.

    Args:
        taken: the keys of the ids of questions so far; those of this notebook are added.
        own: names of modules of the assignment's own.
        strict: leave out what has no translation, in place of running it beside the student's code.
    """
    surroundings = Surroundings(sheet.cells, own)
    questions: list[Question] = []
    left: list[NotImported] = []
    for foreign in sheet.questions:
        identifier = unique(foreign.name, taken, QUESTION)
        work = _Work(sheet, foreign, surroundings, identifier, strict=strict)
        checks = [c for p in foreign.planned if (c := work.check(p)) is not None]
        left += work.left
        if checks:
            questions.append(
                Question(
                    work.id, foreign.title, sheet.file, work.anchor, tuple(checks), foreign.cell
                )
            )
    return questions, list(dict.fromkeys(left))


class _Work:
    """One question on its way."""

    def __init__(
        self,
        sheet: Sheet,
        foreign: ForeignQuestion,
        surroundings: Surroundings,
        identifier: str,
        *,
        strict: bool,
    ) -> None:
        self.sheet = sheet
        self.file = sheet.file
        self.foreign = foreign
        self.surroundings = surroundings
        self.strict = strict
        self.id = identifier
        self.anchor = 0
        self.left: list[NotImported] = []
        self._number = 0

    def check(self, planned: PlannedCheck) -> Check | None:
        """Translate one check, else have it run as it was; None where there is nothing to judge."""
        before, number = len(self.left), self._number
        translated, needs = self._translated(planned)
        lost = self.left[before:]
        tests = tuple(original(test, self.surroundings) for test in planned.tests)
        originals = tuple(each for each in tests if each is not None)
        if translated is not None and not lost:
            self._note_given(needs, planned)
            self.anchor = max(self.anchor, *(named.cell for named in needs.asked.values()))
            # Without what nbgrader writes into it, the test as it was says less.
            whole = len(originals) == len(tests) and not any(t.automatic for t in planned.tests)
            return replace(translated, originals=originals if whole else ())
        automatic = any(test.automatic for test in planned.tests)
        idle = not planned.weight and not self._asks(originals)
        if self.strict or automatic or len(originals) < len(tests) or idle:
            if (planned.hidden or planned.weight) and not (self.strict and translated):
                self._lose(planned)
            elif planned.hidden or planned.weight:
                self._withhold(planned)
            return None
        del self.left[before:]
        self._number = number
        names = tuple(dict.fromkeys(name for each in originals for name in each.names))
        cells = [self.surroundings.last_cell(name, planned.tests[-1].cell) for name in names]
        anchor = max(cells, default=0) or self._code_above(planned.tests[-1].cell)
        if not anchor:
            self._lose(planned)
            return None
        self.anchor = max(self.anchor, anchor)
        why = lost[0].why if lost else _NOTHING_APART
        if not self._asks(originals):
            why = _NO_ANSWER
        made = self._made(planned, names, (), Needs())
        return replace(made, originals=originals, shared=True, why_shared=why)

    def _asks(self, originals: Sequence[Original]) -> bool:
        """Whether the tests can fail by an answer at all."""
        return any(each.names or each.whole or each.shows for each in originals)

    def _code_above(self, cell: int) -> int:
        """The last code cell of students above a cell; 0 if there is none."""
        cells = (s for s in self.sheet.cells if s.cell is not None and s.number < cell)
        return max((s.number for s in cells if s.source), default=0)

    def _translated(self, planned: PlannedCheck) -> tuple[Check | None, Needs]:
        before = len(self.left)
        body, needs = self._body(planned, copies=True)
        if not needs.asked and needs.copies:  # a given cell, which students may have changed
            del self.left[before:]
            body, needs = self._body(planned, copies=False)
        # A test without an assertion, if nothing of it is lost, fails where the answer raises.
        if not needs.asked or (len(self.left) > before and not judges(body)):
            return None, needs
        if scores := any(test.scores for test in planned.tests):
            *others, last = body
            if not isinstance(last, ast.Expr) or len(planned.tests) > 1:
                return None, needs
            score = ast.Assign([ast.Name(EARNED, ast.Store())], last.value)
            body = [*others, ast.fix_missing_locations(ast.copy_location(score, last))]
        text = tuple(ast.unparse(node) for node in body)
        made = self._made(planned, tuple(needs.asked), text, needs)
        return replace(made, scores=scores), needs

    def _body(self, planned: PlannedCheck, *, copies: bool) -> tuple[list[ast.stmt], Needs]:
        translator = Translator(
            self.surroundings,
            hidden=planned.hidden,
            copies=copies,
            autotests=self.sheet.autotests,
        )
        body = [node for test in planned.tests for node in self._statements(test, translator)]
        return without_idle_imports(body), translator.needs

    def _made(
        self, planned: PlannedCheck, names: tuple[str, ...], body: tuple[str, ...], needs: Needs
    ) -> Check:
        self._number += 1
        return Check(
            function=f"test_{key(self.id)}_{self._number}",
            number=f"{self.id}.{self._number}",
            title=self._title(planned, names),
            body=body,
            planned=planned,
            names=names,
            imports=tuple(needs.imports),
            copies=needs.copies,
        )

    def _title(self, planned: PlannedCheck, names: Sequence[str]) -> str:
        seen = "hidden" if planned.hidden else "public"
        if planned.title:
            return f"{planned.title} ({seen})"
        listed = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES]) or self.foreign.name
        return f"{listed}: {seen} test {self._number}"

    def _statements(self, test: Test, translator: Translator) -> Iterable[ast.stmt]:
        translator.at, translator.message = test.cell, test.message
        try:
            groups = self._groups(test, translator)
        except SyntaxError as error:
            line = error.lineno or 1
            self._leave(test, line, "its lines are not all plain Python", REWRITE)
            return
        except Untranslatable as error:
            self._leave(test, error.line, error.why, error.remedy)
            return
        except ValueError:
            self._leave(test, 1, UNWRITABLE, REWRITE)
            return
        translator.expect([node for group in groups for node in group])
        for group in groups:
            try:
                yield from [translator.statement(node) for node in group]
            except Untranslatable as error:
                self._leave(test, error.line, error.why, error.remedy)

    def _groups(self, test: Test, translator: Translator) -> list[list[ast.stmt]]:
        """Statements that can be left out one by one; the comparison of an output is one whole."""
        statements = [node for node in plainer(test.source) if not _is_text(node)]
        body, inner = unwrapped(statements, called=test.called)
        head = [[node] for node in helpers(statements, self.surroundings, test.cell)]
        shows = not inner and test.output is not None and body and outputs.has_output(body[-1])
        if not shows:
            if (test.output or "").strip():
                why = "what it prints on the way was compared, too"
                self._leave(test, body[-1].lineno if body else 1, why, REWRITE)
            return [*head, *([node] for node in body)]
        *others, last = body
        assert isinstance(last, ast.Expr) and test.output is not None
        made, imports = outputs.comparison(
            last, test.output, test.message, hidden=translator.hidden
        )
        translator.provide(imports)
        return [*head, *([node] for node in others), made]

    def _leave(self, test: Test, line: int, why: str, remedy: str) -> None:
        lines = test.source.split("\n")
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        what = f"{self.foreign.name}: {text}" if text else self.foreign.name
        self.left.append(NotImported(self.file, test.cell, test.line + line - 1, what, why, remedy))

    def _lose(self, planned: PlannedCheck) -> None:
        kind = "hidden" if planned.hidden else "public"
        why = "nothing that judges an answer is left of it"
        what = f"{self.foreign.name}: a {kind} test, {planned.worth}"
        self.left.append(NotImported(self.file, planned.tests[0].cell, 0, what, why, REWRITE))

    def _withhold(self, planned: PlannedCheck) -> None:
        kind = "hidden" if planned.hidden else "public"
        why = "a part of it has no translation, and the rest does not earn the points of the whole"
        what = f"{self.foreign.name}: a {kind} test, {planned.worth}"
        self.left.append(NotImported(self.file, planned.tests[0].cell, 0, what, why, REWRITE))

    def _note_given(self, needs: Needs, planned: PlannedCheck) -> None:
        for name, named in needs.asked.items():
            if not named.given:
                continue
            why = f"a given cell ({named.cell}) binds it, to what a check cannot make by itself"
            remedy = "nothing, if it is all right that checks ask the student's notebook for it"
            what = f"{self.foreign.name}: `{name}`"
            self.left.append(NotImported(self.file, planned.tests[0].cell, 0, what, why, remedy))


def _is_text(node: ast.stmt) -> bool:
    """A string that stands for itself, as a docstring does."""
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str)
