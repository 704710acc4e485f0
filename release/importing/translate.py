"""A test's source comes in, statements that ask the student's process for its names go out.

The original ran in the student's own namespace. Here a call of a wanted name becomes
`student.call("name", ...)` and any other use of it `student.value("name")`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from release.importing.names import bound_names, expects_exception, last_name, own_names
from release.importing.needs import Needs
from release.importing.requests import check_text, request
from release.importing.surroundings import Meaning, Named, Surroundings
from release.importing.words import (
    DESCRIBER,
    REWRITE,
    UNWRITABLE,
    Untranslatable,
    of_class,
)

#: What a check's own text uses.
RESERVED = frozenset("student judged question weight number Answers".split())
#: What calls the functions that it is given, and does nothing else with them.
_PASS_ON = frozenset({"map", "filter"})


class Translator(ast.NodeTransformer):
    """Translates the statements of one check, one after the other.

    Args:
        hidden: keep no message that is made of values.

    Attributes:
        at: the number of the cell that holds the test.
        message: for the assertions that have none.
    """

    def __init__(self, surroundings: Surroundings, *, hidden: bool) -> None:
        self.surroundings = surroundings
        self.at = 0
        self.hidden = hidden
        self.message = ""
        self.needs = Needs()
        self._new = Needs()
        self._bound: set[str] = set()
        self._scopes: list[set[str]] = []
        self._lost: dict[str, int] = {}
        self._provided: set[str] = set()
        self._trying = 0

    def provide(self, imports: Sequence[str]) -> None:
        """Import what a comparison of our own needs, whatever the notebook binds."""
        self.needs.imports.update(dict.fromkeys(imports))
        for text in imports:
            self._provided |= bound_names(ast.parse(text))

    def statement(self, node: ast.stmt) -> ast.stmt:
        """Translate one statement of the test's top level.

        Raises:
            Untranslatable: it has no translation; what it would bind is lost to those below.
        """
        self._new, before = Needs(), set(self._bound)
        self._scopes, self._trying = [], 0
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
            self._bind(node.id, node.lineno)
            return node
        named = self._named(node)
        if named is None:
            return node
        if isinstance(node.ctx, ast.Del):
            why = f"it deletes `{node.id}` from the student's notebook"
            raise Untranslatable(node.lineno, why, REWRITE)
        if issubclass(named.form, ast.FunctionDef | ast.AsyncFunctionDef):
            why = f"it uses the function `{node.id}` itself, not what it returns"
            raise Untranslatable(node.lineno, why, DESCRIBER)
        if issubclass(named.form, ast.ClassDef):
            raise of_class(node.id, node.lineno)
        return request("value", node.id, [], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Call a wanted function in the student's process."""
        named = self._named(node.func) if isinstance(node.func, ast.Name) else None
        if named is not None and issubclass(named.form, ast.ClassDef):
            raise of_class(last_name(node.func), node.lineno)
        func = node.func if named is not None else self.visit(node.func)
        place = 1 if expects_exception(node) else 0 if last_name(node.func) in _PASS_ON else None
        self._trying += place == 1
        args = [self._argument(each, at == place) for at, each in enumerate(node.args)]
        keywords = [
            ast.keyword(each.arg, self._argument(each.value, each.arg == "key"))
            for each in node.keywords
        ]
        self._trying -= place == 1
        if named is not None:
            assert isinstance(node.func, ast.Name)
            return request(self._call, node.func.id, args, keywords)
        return ast.copy_location(ast.Call(func, args, keywords), node)

    def _argument(self, node: ast.expr, called: bool) -> ast.expr:
        """An argument; a wanted function is passed on only to what does nothing but call it."""
        named = self._named(node) if called and isinstance(node, ast.Name) else None
        if named is not None and issubclass(named.form, ast.FunctionDef):
            assert isinstance(node, ast.Name)
            text = f"lambda *values: student.{self._call}({node.id!r}, *values)"
            call = ast.parse(text, mode="eval")
            return call.body
        made: ast.expr = self.visit(node)
        return made

    def _named(self, node: ast.expr) -> Named | None:
        """What is known of a wanted name; None for all other names, whose needs are noted."""
        assert isinstance(node, ast.Name)
        name = node.id
        known = self._bound | self._provided
        if name in known or any(name in scope for scope in self._scopes):
            return None
        if name in self._lost:
            why = f"`{name}` comes from line {self._lost[name]}, which has no translation"
            raise Untranslatable(node.lineno, why, REWRITE)
        named = self.surroundings.meaning(name, self.at)
        if named.meaning is Meaning.UNKNOWN:
            raise Untranslatable(node.lineno, named.why, REWRITE)
        if name in RESERVED and named.meaning is not Meaning.BUILTIN:
            raise Untranslatable(node.lineno, f"a check uses the name `{name}` itself", REWRITE)
        self._new.imports.update(dict.fromkeys(named.imports))
        self._new.copies.update(named.copies)
        if named.meaning is not Meaning.ASKED:
            return None
        self._new.asked[name] = named
        return named

    def _bind(self, name: str, line: int) -> None:
        if name in RESERVED:
            raise Untranslatable(line, f"a check uses the name `{name}` itself", REWRITE)
        if not any(name in scope for scope in self._scopes):
            self._bound.add(name)

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
            if self._named(read) is not None:
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
        return node

    visit_ImportFrom = visit_Import

    @property
    def _call(self) -> str:
        """How to call: where an exception is expected, the student's has to become one here."""
        return "attempt" if self._trying else "call"

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """What it tries may raise."""
        self._trying += bool(node.handlers)
        node.body = [self.visit(each) for each in node.body]
        self._trying -= bool(node.handlers)
        for handler in node.handlers:
            handler.type = self.visit(handler.type) if handler.type else None
            if handler.name:
                self._bind(handler.name, handler.lineno)
            handler.body = [self.visit(each) for each in handler.body]
        node.orelse = [self.visit(each) for each in node.orelse]
        node.finalbody = [self.visit(each) for each in node.finalbody]
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        """As `with pytest.raises(ValueError):`, what is in it may raise."""
        expects = any(
            isinstance(item.context_expr, ast.Call) and expects_exception(item.context_expr)
            for item in node.items
        )
        node.items = [self.visit(each) for each in node.items]
        self._trying += expects
        node.body = [self.visit(each) for each in node.body]
        self._trying -= expects
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
        self._bind(node.name, node.lineno)
        node.args.defaults = [self.visit(each) for each in node.args.defaults]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        self._scopes.append(own_names(node))
        node.body = [self.visit(each) for each in node.body]
        self._scopes.pop()
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """A function without a name."""
        self._scopes.append(own_names(node))
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """Its own names hide those around it."""
        self._scopes.append(own_names(node))
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
