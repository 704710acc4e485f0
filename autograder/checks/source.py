"""A student's definition comes in; whether it keeps the rules on how it is written goes out.

Static rules, for questions that say *how*: without loops, without ``np.linalg.inv``, with a
comprehension. Nothing is run. What the definition uses of the student's own functions and classes
counts as its own; modules that were submitted are not looked into. It is no defence: code that
hides what it calls (``exec``, names put together from parts) is not found out.

The rule is told, in hidden checks too, with the student's own line: it stands in the question.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from autograder.model.errors import HarnessFault
from autograder.model.findings import CheckFailed, clean, fail
from autograder.slicing.definitions import Definer, Definition, Definitions, Use, in_order
from autograder.slicing.slicer import Slice

#: The text of a student's line, quoted, by cell and line; empty if there is none.
QuoteLine = Callable[[int, int], str]
#: What is usually imported under a short name, for rules that use it: ``np.linalg.inv``.
SHORT = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "sp": "scipy",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "sns": "seaborn",
    "tf": "tensorflow",
}
LOOPS = {ast.For: "for", ast.AsyncFor: "for", ast.While: "while"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Source:
    """What defines a name of the student's.

    Attributes:
        name: as asked for; ``Net.forward`` for a method.
        parts: the definition, then those of the student's functions and classes that it uses.
        uses: what all of them use, in this order.
    """

    name: str
    parts: tuple[Definition, ...]
    uses: tuple[Use, ...]
    _definitions: Definitions
    _quote: QuoteLine

    @property
    def text(self) -> str:
        """The text of the function, the class or the assignment."""
        return self.parts[0].text

    @property
    def tree(self) -> ast.stmt:
        """Its syntax tree."""
        return self.parts[0].tree

    def method(self, name: str) -> Source:
        """That of one method of a class; other methods that it calls on itself count too.

        Raises:
            CheckFailed: there is no such class, or no such method in it.
        """
        body = self.tree.body if isinstance(self.tree, ast.ClassDef) else []
        methods = {node.name: node for node in body if isinstance(node, Definer)}
        if name not in methods:
            raise fail(
                f"`{self.name}` has no method `{name}` of its own.",
                hint=f"Define `{name}` inside the class `{self.name}`.",
            )
        wanted = [name]
        for each in wanted:  # which grows
            attributes = (n.attr for n in in_order(methods[each]) if isinstance(n, ast.Attribute))
            wanted += [a for a in dict.fromkeys(attributes) if a in methods and a not in wanted]
        own = [replace(self.parts[0], name=each, tree=methods[each]) for each in wanted]
        return _source(f"{self.name}.{name}", own, self._definitions, self._quote, self.tree)

    def location(self, part: Definition, node: ast.AST) -> str:
        """Where a node stands: the student's cell and line, and the function if it is a helper."""
        line = part.line(node)
        quoted = self._quote(part.cell, line)
        inside = "" if part is self.parts[0] else f" in `{clean(part.name, 100)}`"
        return f"{inside}: cell {part.cell}, line {line}" + (f", {quoted}" if quoted else "")

    def nodes(self) -> Iterator[tuple[Definition, ast.AST]]:
        """All nodes of all parts, in the order of their text."""
        for part in self.parts:
            for node in in_order(part.tree):
                yield part, node


def read_source(name: str, plan: Slice, quote: QuoteLine) -> Source | None:
    """What defines a name in a plan; None if it is not known to.

    Raises:
        CheckFailed: it is imported, or nested too deeply to be read.
    """
    try:
        definitions = Definitions(plan.steps)
        found = definitions.of(name)
        if found is None:
            return None
        if isinstance(found.tree, ast.Import | ast.ImportFrom):
            raise fail(
                f"`{name}` is imported, where its definition is asked for.",
                hint=f"Define `{name}` in the notebook.",
            )
        return _source(name, [found], definitions, quote)
    except (RecursionError, SyntaxError):
        raise fail(f"the definition of `{name}` is nested too deeply to be read.") from None


def _source(
    name: str,
    own: list[Definition],
    definitions: Definitions,
    quote: QuoteLine,
    around: ast.stmt | None = None,
) -> Source:
    """What its own definitions and their helpers make up.

    Args:
        around: the class that they stand in, which is not their helper.
    """
    helpers = (part for each in own for part in definitions.with_helpers(each)[1:])
    parts = {part.tree: part for part in (*own, *helpers) if part.tree is not around}
    uses = tuple(use for part in parts.values() for use in definitions.uses(part))
    return Source(name, tuple(parts.values()), uses, definitions, quote)


# --- rules ----------------------------------------------------------------------------------------


def expect_no_call(source: Source, *names: str, hint: str = "") -> None:
    """Fail if any of the functions is used, be it called or handed on.

    Args:
        names: dotted, as in ``np.linalg.inv``; with a ``*`` at the end for all of a module; alone
            for a builtin (``sorted``) or else any function of that name; with a dot in front for
            methods of any object (``.sort``).

    Raises:
        CheckFailed: one is used; it tells where.
    """
    for use in source.uses:
        for name in names:
            if _means(name, use.paths):
                raise _not_allowed(source, f"uses {name}", use, hint)


def expect_call(source: Source, *names: str, hint: str = "") -> None:
    """Fail unless one of the functions is used, named as for ``expect_no_call``.

    Raises:
        CheckFailed: none is.
    """
    if not names:
        raise HarnessFault("expect_call is given no function that should be called")
    if any(_means(name, use.paths) for use in source.uses for name in names):
        return
    raise fail(f"`{source.name}` never uses {' or '.join(names)}, which is asked for.", hint=hint)


def expect_no_import(source: Source, *modules: str, hint: str = "") -> None:
    """Fail if anything of the modules, or of those in them, is used or imported inside.

    Imports of the notebook that this definition does not use do not count.

    Raises:
        CheckFailed: something is; it tells where.
    """
    for use in source.uses:
        for module in modules:
            full = _full(module)
            if any(f"{path}.".startswith(f"{full}.") for path in use.paths):
                raise _not_allowed(source, f"uses {module}", use, hint)


def expect_no_loop(source: Source, *, comprehensions: bool = True, hint: str = "") -> None:
    """Fail if there is a ``for`` or ``while`` loop, also in what it uses of the student's own.

    Args:
        comprehensions: they are loops too.

    Raises:
        CheckFailed: there is; it tells where.
    """
    for part, node in source.nodes():
        kind = LOOPS.get(type(node))
        if kind is None and comprehensions and isinstance(node, COMPREHENSIONS):
            kind = "in a comprehension"
        if kind is not None:
            raise fail(
                f"`{source.name}` loops ({kind}){source.location(part, node)}.",
                hint=hint or "Let whole arrays do the work: index, broadcast, reduce.",
            )


def expect_comprehension(source: Source, *, hint: str = "") -> None:
    """Fail unless there is a comprehension or a generator expression.

    Raises:
        CheckFailed: there is none.
    """
    if not any(isinstance(node, COMPREHENSIONS) for _, node in source.nodes()):
        raise fail(f"`{source.name}` has no comprehension, which is asked for.", hint=hint)


def _not_allowed(source: Source, what: str, use: Use, hint: str) -> CheckFailed:
    location = source.location(use.where, use.node)
    return fail(f"`{source.name}` {what}, which is not allowed here{location}.", hint=hint)


def _full(name: str) -> str:
    """The dotted path that a rule's name stands for."""
    first, dot, rest = name.partition(".")
    if not dot:
        return f"builtins.{name}" if name in vars(builtins) else SHORT.get(name, name)
    return f"{SHORT.get(first, first)}.{rest}"


def _means(name: str, paths: frozenset[str]) -> bool:
    """Whether a rule's name is one of the paths."""
    full = _full(name)
    if full.endswith(".*"):
        return any(path.startswith(full[:-1]) for path in paths)
    if full in paths:
        return True
    return "." not in full and any(
        path.rpartition(".")[2] == full for path in paths if path[0] != "."
    )
