"""A syntax-tree node comes in; what it does to random states, files, settings and figures goes out.

These are shared by all statements without being named. What a call does to them stands in
``library``, or follows from the functions that it may run; what is unknown may do anything to
files and figures, and draw random numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from autograder.slicing.aliasing.points_to import PointsTo
from autograder.slicing.aliasing.values import CLASS
from autograder.slicing.astnodes import Function, attribute_name
from autograder.slicing.effects.module_facts import ModuleFacts
from autograder.slicing.effects.summaries import Shared, Summary, joined
from autograder.slicing.library.functions import (
    Known,
    known_function,
    loads_quietly,
    sets_by_import,
    speaks_of_settings,
)
from autograder.slicing.library.methods import (
    DRAWING_METHODS,
    DRAWN_ON_METHODS,
    READING_METHODS,
    READS_FILES_METHODS,
    WRITES_FILES_METHODS,
    method_reads,
    mutates_receiver,
)
from autograder.slicing.library.resources import (
    FIGURE,
    FILES,
    NUMPY_RANDOM,
    RANDOM,
    SETTINGS,
    TORCH_RANDOM,
)

#: What may change or read what is shared: most nodes do neither.
SHARING = (
    ast.For, ast.AsyncFor, ast.comprehension, ast.Name, ast.Attribute, ast.Call, ast.Import,
    ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
)  # fmt: skip


class SharedState:
    """Tells what nodes do to what is shared.

    Args:
        module: what the nodes stand in.
        summaries: what functions do, as far as that is known.
        points_to: what the names and expressions around the nodes may stand for.
    """

    def __init__(
        self, module: ModuleFacts, summaries: Mapping[Function, Summary], points_to: PointsTo
    ) -> None:
        self._scope = module.scope
        self._callees = module.callees
        self._packages = module.packages
        self._bound = module.bound
        self._summaries = summaries
        self._points_to = points_to
        self._objects = points_to.objects

    def of(self, node: ast.AST) -> Shared:
        """What one node does, those in it left out."""
        match node:
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                return self._of_loop(node.iter)
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)) if (
                name in self._scope.imports
            ):
                path = self._scope.path(node)
                state = self._packages.state_at(path) if path is not None else None
                return Shared(reads=frozenset({state} if state is not None else ()))
            case ast.Call():
                return self._of_call(node)
            case ast.Import() | ast.ImportFrom():
                return self._of_import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                calls = [ast.Call(decorator, [], []) for decorator in node.decorator_list]
                return joined(self._of_call(call) for call in calls)
        return Shared()

    def _of_loop(self, source: ast.expr) -> Shared:
        """A loader draws the order of its batches, and a data set may draw as it goes."""
        kinds = self._objects.kinds(self._points_to.value(source))
        known = isinstance(source, ast.Call) and attribute_name(source.func) in READING_METHODS
        variable = isinstance(source, ast.Name | ast.Call | ast.Attribute)
        drawn = ("loader" in kinds or not kinds) and variable and not known
        return Shared(draws=frozenset({TORCH_RANDOM} if drawn else ()))

    def _of_import(self, node: ast.Import | ast.ImportFrom) -> Shared:
        """A module that is loaded for the first time may do anything but, as a rule, settings."""
        if isinstance(node, ast.ImportFrom) and node.level:
            return Shared()  # a module of the package that is read
        named = [alias.name for alias in node.names]
        modules = named if isinstance(node, ast.Import) else [node.module or ""]
        roots = {module.split(".")[0] for module in modules}
        if any(map(sets_by_import, modules)):
            return Shared(changes=frozenset({SETTINGS}))
        quiet = all(loads_quietly(r) or self._packages.module(r) is not None for r in roots)
        return Shared() if quiet else _of_unknown("")

    def _of_call(self, call: ast.Call) -> Shared:
        name = attribute_name(call.func)
        path = self._scope.path(call.func)
        if self._packages.only_reads(path or name):
            return Shared()
        passed = self._of_functions(self._callees.given_to(call))
        known = known_function(path) if path is not None else None
        if known is not None:
            return passed | _of_known(known) | _by_file(call)
        if path is not None:
            outside = self._packages.summary(path)
            return passed | (outside.shared if outside is not None else _of_unknown(name))
        if isinstance(call.func, ast.Attribute):
            return passed | self._of_method(call.func)
        return passed | self._of_name(name)

    def _of_functions(self, functions: Iterable[Function]) -> Shared:
        return joined(self._summaries.get(f, Summary()).shared for f in functions)

    def _of_name(self, name: str) -> Shared:
        """A call of a name of the notebook's, or of any value."""
        callees = self._callees
        acting = callees.acting(name)
        own = [f for each in acting for f in callees.functions.get(each, ())]
        made = acting & callees.classes.keys() - {name}  # perhaps an object of theirs
        by_class = [callees.of_object(CLASS + each) for each in made]
        own += [f for functions in by_class for f in functions]
        if all(by_class) and (own or name in callees.classes):
            return self._of_functions(own)
        foreign = name not in self._bound and not self._points_to.of_names([name])
        return _of_unknown(name) if foreign else Shared(draws=RANDOM)

    def _of_method(self, method: ast.Attribute) -> Shared:
        name = method.attr
        kinds = self._objects.kinds(self._points_to.value(method.value))
        own = self._callees.methods_of(name, kinds)
        reads = {FILES} if name in READS_FILES_METHODS else set()
        changes = {FILES} if name in WRITES_FILES_METHODS else set()
        if name in DRAWING_METHODS and kinds <= {"data"}:
            changes |= {FIGURE}
        draws: frozenset[str] = frozenset()
        if name == "sample" or kinds == {"estimator"}:
            draws = frozenset({NUMPY_RANDOM})
        elif not (own or mutates_receiver(name) or method_reads(name, kinds)) and (
            name not in DRAWN_ON_METHODS
        ):
            draws = frozenset() if kinds <= {"figure", "generator", "data"} and kinds else RANDOM
        here = Shared(draws, frozenset(), frozenset(reads), frozenset(changes))
        return self._of_functions(own) | here


def _of_known(known: Known) -> Shared:
    return Shared(known.draws, known.seeds, known.reads, known.changes)


def _of_unknown(name: str) -> Shared:
    settings = frozenset({SETTINGS} if speaks_of_settings(name) else ())
    changes = frozenset({FILES, FIGURE}) | settings
    return Shared(draws=RANDOM, reads=frozenset({FILES}), changes=changes)


def _by_file(call: ast.Call) -> Shared:
    """What a known function does to files, as its arguments tell."""
    name = attribute_name(call.func)
    if name == "print" and any(keyword.arg == "file" for keyword in call.keywords):
        return Shared(changes=frozenset({FILES}))
    return _opened(call) if name == "open" else Shared()


def _opened(call: ast.Call) -> Shared:
    """``open``: a mode that is written out may say that it only reads."""
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r" * (not modes)
    writes = not isinstance(mode, str) or not mode or bool(set("wax+") & set(mode))
    files = frozenset({FILES})
    return Shared(reads=files, changes=files if writes else frozenset())
