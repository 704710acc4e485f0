"""A test's source comes in, statements that ask the student's process for its names go out.

The original ran in the student's own namespace. Here a call of a wanted function becomes
`student.call("name", ...)`, one of a class `student.make("Name", ...)`; any other use of a name
`student.value("name")`, of a function `student.function("name")`, of a class
`student.kind("Name")`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping, Sequence

from release.importing.autotests import automatic
from release.importing.looking import FUNCTION, kind_of, looked_at
from release.importing.model import AUTOTEST, NBGRADERS, Autotests
from release.importing.names import bound_at_top, bound_names, caught, last_name, own_names
from release.importing.needs import Needs
from release.importing.requests import check_text, of_student, request
from release.importing.sending import Sending
from release.importing.surroundings import Meaning, Named, Surroundings
from release.importing.words import DESCRIBER, REWRITE, UNWRITABLE, Untranslatable

#: What a check's own text uses.
RESERVED = frozenset("student judged question weight number Answers earned course_tests".split())


class Translator(ast.NodeTransformer):
    """Translates the statements of one check, one after the other.

    Args:
        hidden: keep no message that is made of values.
        copies: hold given definitions in the check, in place of asking the student's for them.
        autotests: what the course compares by where nbgrader writes the test.

    Attributes:
        at: the number of the cell that holds the test.
        message: for the assertions that have none.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        hidden: bool,
        copies: bool = True,
        autotests: Autotests = NBGRADERS,
    ) -> None:
        self.surroundings = surroundings
        self.autotests = autotests
        self.at = 0
        self.hidden = hidden
        self.copies = copies
        self.message = ""
        self.needs = Needs()
        self._new = Needs()
        self._bound: set[str] = set()
        self._scopes: list[set[str]] = []
        self._lost: dict[str, int] = {}
        self._provided: set[str] = set()
        self._renamed: set[str] = set()
        self._later: set[str] = set()
        self._deferred = 0
        self._sending = Sending(self)

    def provide(self, imports: Sequence[str]) -> None:
        """Import what a comparison of our own needs, whatever the notebook binds."""
        self.needs.imports.update(dict.fromkeys(imports))
        for text in imports:
            self._provided |= bound_names(ast.parse(text))

    def expect(self, statements: Sequence[ast.stmt]) -> None:
        """Note what is still to come: a function may use what is bound below it."""
        self._later = {name for node in statements for name in bound_at_top(node)}

    def statement(self, node: ast.stmt) -> ast.stmt:
        """Translate one statement of the test's top level.

        Raises:
            Untranslatable: it has no translation; what it would bind is lost to those below.
        """
        self._new, before = Needs(), set(self._bound)
        self._scopes, self._deferred = [], 0
        try:
            made: ast.stmt = ast.fix_missing_locations(self.visit(copy.deepcopy(node)))
            check_text(made, node.lineno)
        except (Untranslatable, ValueError) as error:
            self._bound = before
            self._lost.update(dict.fromkeys(bound_names(node), node.lineno))
            if isinstance(error, Untranslatable):
                raise
            raise Untranslatable(node.lineno, UNWRITABLE, REWRITE) from None
        self.needs.add(self._new)
        return made

    # --- names ---

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Ask for a wanted name, note what others need."""
        if isinstance(node.ctx, ast.Store):
            if node.id in RESERVED and not self._in_scope(node.id):
                self._renamed.add(node.id)
                node.id += "_"
            self._bind(node.id, node.lineno)
            self._sending.rebound(node.id)
            return node
        if node.id in self._renamed and not self._in_scope(node.id):
            node.id += "_"
            return node
        if node.id == "__name__":
            return ast.Constant("__main__")
        named = self.named(node)
        if named is None:
            return node
        if isinstance(node.ctx, ast.Del):
            why = f"it deletes `{node.id}` from the student's notebook"
            raise Untranslatable(node.lineno, why, REWRITE)
        return request(kind_of(named), node.id, [], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Call a wanted function in the student's process."""
        if isinstance(node.func, ast.Name) and node.func.id == AUTOTEST and len(node.args) == 1:
            return automatic(self, node.args[0])
        named = self.named(node.func) if isinstance(node.func, ast.Name) else None
        if named is not None:
            assert isinstance(node.func, ast.Name)
            args = [self._sending.argument(each) for each in node.args]
            keywords = [
                ast.keyword(each.arg, self._sending.argument(each.value)) for each in node.keywords
            ]
            how = "make" if issubclass(named.form, ast.ClassDef) else "call"
            return request(how, node.func.id, args, keywords)
        special = looked_at(self, node)
        if special is not None:
            return special
        func = self.visit(node.func)
        args = [self.visit(each) for each in node.args]
        keywords = [ast.keyword(each.arg, self.visit(each.value)) for each in node.keywords]
        return ast.copy_location(ast.Call(func, args, keywords), node)

    def hold(self, imports: Iterable[str], copies: Mapping[str, str]) -> None:
        """Note what the statement needs around it."""
        self._new.imports.update(dict.fromkeys(imports))
        self._new.copies.update(copies)

    def is_definition(self, node: ast.expr) -> bool:
        """Whether it is the name of a function or class of the student's."""
        named = self.named(node) if isinstance(node, ast.Name) else None
        return named is not None and issubclass(named.form, (*FUNCTION, ast.ClassDef))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`x.__class__` is a class of the student's, too."""
        node.value = self.visit(node.value)
        if node.attr == "__class__" and isinstance(node.ctx, ast.Load):
            return of_student("type_of", [node.value])
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Identity can be told where the objects are."""
        sides = [node.left, *node.comparators]
        identity = any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
        if not identity or any(isinstance(each, ast.Constant) for each in sides):
            return self.generic_visit(node)
        if len(node.ops) > 1:
            raise Untranslatable(node.lineno, "a chain of comparisons with `is`", REWRITE)
        same: ast.expr = of_student("same", [self.visit(each) for each in sides])
        return same if isinstance(node.ops[0], ast.Is) else ast.UnaryOp(ast.Not(), same)

    def named(self, node: ast.expr) -> Named | None:
        """What is known of a wanted name; None for all other names, whose needs are noted."""
        assert isinstance(node, ast.Name)
        name = node.id
        if self.is_bound(name):
            return None
        if name in self._lost:
            why = f"`{name}` comes from line {self._lost[name]}, which has no translation"
            raise Untranslatable(node.lineno, why, REWRITE)
        named = self.surroundings.meaning(name, self.at, copies=self.copies)
        if named.meaning is Meaning.UNKNOWN:
            raise Untranslatable(node.lineno, named.why, REWRITE)
        if name in RESERVED and named.meaning in (Meaning.IMPORT, Meaning.COPY):
            raise Untranslatable(node.lineno, f"a check uses the name `{name}` itself", REWRITE)
        self.hold(named.imports, named.copies)
        if named.meaning is not Meaning.ASKED:
            return None
        self._new.asked[name] = named
        return named

    def _bind(self, name: str, line: int) -> None:
        if name in RESERVED:
            raise Untranslatable(line, f"a check uses the name `{name}` itself", REWRITE)
        if not self._in_scope(name):
            self._bound.add(name)

    def _in_scope(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    def is_bound(self, name: str) -> bool:
        """Whether the check binds it itself."""
        below = self._deferred and name in self._later
        return bool(below or name in self._bound | self._provided or self._in_scope(name))

    def _enter(self, node: ast.AST, line: int) -> None:
        names = own_names(node)
        if "student" in names:
            raise Untranslatable(line, "a check uses the name `student` itself", REWRITE)
        self._scopes.append(names)

    # --- statements that bind, in the order in which they do ---

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """The value is read before the targets are bound."""
        node.value = self.visit(node.value)
        node.targets = [self.visit(target) for target in node.targets]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """As an assignment, without the annotation."""
        if node.value is None or not isinstance(node.target, ast.Name):
            raise Untranslatable(node.lineno, "an annotation without a value", REWRITE)
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """A wanted name cannot be changed from here."""
        node.value = self.visit(node.value)
        if isinstance(node.target, ast.Name):
            read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
            if read.id in self._renamed and not self._in_scope(read.id):
                node.target.id += "_"
            elif self.named(read) is not None:
                why = f"it changes `{read.id}` of the student's notebook"
                raise Untranslatable(node.lineno, why, REWRITE)
        else:
            node.target = self.visit(node.target)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        """As an assignment."""
        node.value = self.visit(node.value)
        node.target = self.visit(node.target)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """What is looped over is read before the loop's name is bound."""
        node.iter = self.visit(node.iter)
        node.target = self.visit(node.target)
        node.body = [self.visit(each) for each in node.body]
        node.orelse = [self.visit(each) for each in node.orelse]
        return node

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> ast.AST:
        """An import in the test itself."""
        module = getattr(node, "module", None) or node.names[0].name
        if not self.surroundings.importable(module):
            why = f"`{ast.unparse(node)}` cannot be imported on this machine"
            raise Untranslatable(node.lineno, why, f"install {module}, then import again")
        for alias in node.names:
            if alias.name == "*":
                raise Untranslatable(node.lineno, "a star import in a test", "name what it needs")
            self._bind(alias.asname or alias.name.partition(".")[0], node.lineno)
        self._sending.imported(node)
        return node

    visit_ImportFrom = visit_Import

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """A proxy of a class is none that could be caught."""
        node.body = [self.visit(each) for each in node.body]
        for handler in node.handlers:
            if any(self.is_definition(each) for each in caught(handler)):
                why = "it catches an exception of the student's own"
                raise Untranslatable(handler.lineno, why, DESCRIBER)
            handler.type = self.visit(handler.type) if handler.type else None
            if handler.name:
                self._bind(handler.name, handler.lineno)
            handler.body = [self.visit(each) for each in handler.body]
        node.orelse = [self.visit(each) for each in node.orelse]
        node.finalbody = [self.visit(each) for each in node.finalbody]
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Keep the author's words; a message made of values only where values may be shown."""
        public = f"not so: {ast.unparse(node.test)}"
        test = self.visit(node.test)
        message: ast.expr | None = node.msg
        if message is not None and not isinstance(message, ast.Constant):
            message = None if self.hidden else self.visit(message)
        if message is None and (self.message or not self.hidden):
            message = ast.Constant(self.message or public)
        return ast.copy_location(ast.Assert(test, message), node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """As an assertion: no message made of values in a hidden check."""
        raised = node.exc
        if self.hidden and isinstance(raised, ast.Call):
            in_words = all(isinstance(each, ast.Constant) for each in raised.args)
            if last_name(raised.func) == "AssertionError" and not in_words:
                raised.args = []
        self.generic_visit(node)
        return node

    # --- scopes of their own ---

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        """A helper of the test."""
        if isinstance(node, ast.FunctionDef) and not self._scopes:
            self._sending.defined(node)
        self._bind(node.name, node.lineno)
        node.args.defaults = [self.visit(each) for each in node.args.defaults]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        self._enter(node, node.lineno)
        self._deferred += 1
        node.body = [self.visit(each) for each in node.body]
        self._deferred -= 1
        self._scopes.pop()
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """A function without a name."""
        self._enter(node, node.lineno)
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """Its own names hide those around it."""
        self._enter(node, node.lineno)
        self.generic_visit(node)
        self._scopes.pop()
        return node

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # type: ignore[assignment]

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Too much for a translation."""
        raise Untranslatable(node.lineno, "it defines a class", REWRITE)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        """The notebook's namespace is in another process."""
        raise Untranslatable(node.lineno, "it writes to the notebook's namespace", REWRITE)

    visit_Nonlocal = visit_Global
