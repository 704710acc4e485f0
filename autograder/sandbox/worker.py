"""Runs beside student code: steps and requests come in by the wire, one reply each goes out.

Nothing here decides anything. Student code can patch all of it; what the grader believes is only
that bytes came, within its limits and its deadline.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import importlib
import inspect
import linecache
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from autograder import wire
from autograder.sandbox import objects, shown
from autograder.sandbox.step_clock import StepStopped, stopping

CELL_FILE = "<cell {}>"
MAX_MESSAGE = 1000
MAX_BASES = 20
#: What ``from __future__ import`` switches on in compiled code.
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

#: Cell, line and file of a student's frame; either the cell is 0 or the file is empty.
Location = tuple[int, int, str]
NOWHERE: Location = (0, 0, "")


def public_paths(modules: Iterable[str]) -> dict[str, str]:
    """The names that the modules list in ``__all__``, and the dotted path of each."""
    found: dict[str, str] = {}
    for name in modules:
        module = importlib.import_module(name)
        found.update({public: f"{name}.{public}" for public in getattr(module, "__all__", ())})
    return found


def public_names(modules: Iterable[str]) -> dict[str, object]:
    """The names that the modules list in ``__all__``, bound to what they have now."""
    paths = (path.rpartition(".") for path in public_paths(modules).values())
    return {name: getattr(sys.modules[module], name) for module, _, name in paths}


def become_main(prebound: Mapping[str, object]) -> dict[str, Any]:
    """Put a new module in the place of ``__main__``; its namespace, as a kernel's.

    ``pickle``, ``inspect``, ``typing`` and dataclasses look for a class of a notebook there.
    """
    main = ModuleType("__main__")
    namespace: dict[str, Any] = vars(main)
    namespace.update(
        {
            "__builtins__": __builtins__,
            "get_ipython": lambda: None,
            "display": lambda *_values, **_options: None,
            **prebound,
        }
    )
    sys.modules["__main__"] = main
    return namespace


class Worker:
    """The student's namespace, and the requests about it.

    Args:
        namespace: where student code runs.
        describers: the modules whose functions may describe its objects.
        cell_of: the number of the cell that is compiled under a file name; None if it is none.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        describers: Iterable[str],
        cell_of: Callable[[str], int | None] | None = None,
    ) -> None:
        self.namespace = namespace
        self.describers = tuple(describers)
        self.files: dict[str, str] = {}
        self.objects = objects.Objects()
        self.shown = shown.Shown(())
        self._cell_of = cell_of or _cell_of
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self, channel: socket.socket) -> None:
        """Answer requests until the grader closes the wire."""
        while True:
            try:
                request = wire.receive(channel, references=self.objects.references)
            except wire.PeerClosed:
                os._exit(0)
            self.reply(channel, request)

    def reply(self, channel: socket.socket, request: Any) -> None:
        """Answer one request; a value that may not cross is an error."""
        reply = self.answer(request)
        try:
            wire.send(channel, reply, references=self.objects.references)
        except wire.UnsupportedValue as error:
            wire.send(channel, unsupported(error))
        except MemoryError as error:  # a frame is made before any of it is sent
            wire.send(channel, {"error": describe_error(error, self._location)})

    def answer(self, request: Any) -> dict[str, object]:
        """One reply: ``{"value": ...}`` or ``{"error": ...}``."""
        try:
            return {"value": getattr(self, f"do_{request['op']}")(request)}
        except BaseException as error:
            return {"error": describe_error(error, self._location)}

    def do_self_test(self, _request: dict[str, Any]) -> None:
        """Fail where honest code would."""
        from autograder.sandbox import selftest

        selftest.self_test()

    # --- running the notebook ---

    def do_replay(self, request: dict[str, Any]) -> dict[str, object]:
        """Run the steps; by name, the error that kept it from being defined, and what was stopped.

        Steps that fail take those along that use what they bind, unless the replay is tolerant.
        ``failed`` has both by their index: with the error, or None for one that was not tried.
        """
        self._settle_in(request["files"], request["sources"])
        failures: dict[str, dict[str, object]] = {}
        stopped: list[list[int]] = []
        failed: list[list[object]] = []
        left = request["optional_seconds"]
        self.shown = shown.Shown(request["shown"])
        for index, (cell, line, source, binds, uses, optional) in enumerate(request["steps"]):
            error = None
            self.shown.enter(cell)
            cause = next((failures[name] for name in uses if name in failures), None)
            if cause is None or request["tolerant"]:
                if optional and left <= 0:
                    stopped.append([cell, line])
                    continue
                started = time.monotonic()
                with stopping(left if optional else None) as clock, self.shown.printing():
                    cause = error = self._run(cell, line, source)
                if optional:
                    left -= time.monotonic() - started
                if clock.rung:  # what it had done by then stays
                    stopped.append([cell, line])
                    continue
            if cause is not None:
                failed.append([index, error])
            for name in binds:
                if cause is None:
                    failures.pop(name, None)
                else:
                    failures[name] = cause
        self.shown.enter(0)
        return {"failures": failures, "stopped": stopped, "failed": failed}

    def _settle_in(self, files: dict[str, bytes], sources: list[list[Any]]) -> None:
        """Write what was submitted into the working folder, where modules are found too."""
        for name, data in files.items():
            path = Path(name)
            with suppress(OSError):  # the handout has a folder there, or a file in place of one
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # a link would be written through
                path.write_bytes(data)
                self.files[str(path.absolute())] = name
        if str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        importlib.invalidate_caches()
        for number, text in sources:
            name = CELL_FILE.format(number)
            linecache.cache[name] = (len(text), None, StringIO(text).readlines(), name)

    def _run(self, cell: int, line: int, source: str) -> dict[str, object] | None:
        try:
            text = "\n" * (line - 1) + source
            code = compile(
                text, CELL_FILE.format(cell), "exec", flags=self._flags, dont_inherit=True
            )
            self._flags |= code.co_flags & _FUTURES
            if code.co_flags & inspect.CO_COROUTINE:
                self._await(eval(code, self.namespace))
            else:
                exec(code, self.namespace)
        except StepStopped:
            return None
        except BaseException as error:
            found = describe_error(error, self._location)
            at_step = {} if found["cell"] or found["file"] else {"cell": cell}
            return found | at_step | ({"line": line} if at_step and not found["line"] else {})
        return None

    def _await(self, coroutine: Any) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(coroutine)

    # --- requests of a check ---

    def do_call(self, request: dict[str, Any]) -> object:
        """Call something with values."""
        called = self._target(request)(*request["args"], **request["kwargs"])
        return self._kept(called, request)

    def do_value(self, request: dict[str, Any]) -> object:
        """The value of something."""
        return self._kept(self._target(request), request)

    def do_item(self, request: dict[str, Any]) -> object:
        """One item of something."""
        return self._kept(self._target(request)[request["key"]], request)

    def do_set_item(self, request: dict[str, Any]) -> None:
        """Set one item of something."""
        self._target(request)[request["key"]] = request["value"]

    def do_set(self, request: dict[str, Any]) -> None:
        """Set an attribute of something."""
        setattr(self._target(request), request["attribute"], request["value"])

    def do_length(self, request: dict[str, Any]) -> object:
        """How many items something has."""
        return len(self._target(request))

    def do_iterator(self, request: dict[str, Any]) -> object:
        """An iterator over something."""
        return self.objects.keep(iter(self._target(request)))

    def do_take(self, request: dict[str, Any]) -> object:
        """The next items of an iterator, so many at most, and whether it has ended."""
        items, ended = objects.take(self._target(request), request["count"])
        return [[self._kept(item, request) for item in items], ended]

    def do_keep(self, request: dict[str, Any]) -> object:
        """Keep a value of the grader's."""
        return self.objects.keep(request["value"])

    def do_printed(self, request: dict[str, Any]) -> str:
        """What a call prints, while ``input`` reads what is given."""
        function = self._target(request)
        args, kwargs = request["args"], request["kwargs"]
        return shown.printed(lambda: function(*args, **kwargs), request["input"])

    def do_drawn(self, request: dict[str, Any]) -> object:
        """The figures that a call draws or returns."""
        function = self._target(request)
        args, kwargs = request["args"], request["kwargs"]
        return shown.drawn(lambda: function(*args, **kwargs))

    def do_shown(self, _request: dict[str, Any]) -> object:
        """What the shown cells printed, and the figures that they drew."""
        return {"printed": self.shown.text, "figures": self.shown.figures}

    def do_image(self, request: dict[str, Any]) -> object:
        """The pixels of a picture."""
        return shown.pixels(request["data"])

    def do_file(self, request: dict[str, Any]) -> bytes:
        """What a file holds that student code has written, or found there."""
        return Path(request["path"]).read_bytes()

    def do_load(self, request: dict[str, Any]) -> None:
        """Define a function of the grader's."""
        self.objects.load(request["number"], request["name"], request["source"])

    def _kept(self, value: object, request: dict[str, Any]) -> object:
        return self.objects.keep(value) if request.get("keep") else value

    def do_kinds(self, request: dict[str, Any]) -> dict[str, str]:
        """The types of the objects of some names; those that are not there are left out."""
        found = [name for name in request["names"] if name in self.namespace]
        return {name: objects.type_name(self.namespace[name]) for name in found}

    def do_describe(self, request: dict[str, Any]) -> object:
        """What a public describer says of the object of a name."""
        for module_name in self.describers:
            describer = getattr(importlib.import_module(module_name), request["describer"], None)
            if describer is not None:
                return describer(self._target(request))
        raise LookupError(f"no public describer is called {request['describer']}")

    def _target(self, request: dict[str, Any]) -> Any:
        """What a request is about."""
        if "object" in request:
            return objects.attribute(request["object"], request["path"])
        try:
            named = self.namespace[request["name"]]
        except KeyError:
            raise NameError(f"name '{request['name']}' is not defined") from None
        return objects.attribute(named, request.get("path", ""))

    def _location(self, traceback: TracebackType | None) -> Location:
        """Where the innermost frame is that is the student's; ``NOWHERE`` if there is none."""
        location = NOWHERE
        while traceback is not None:
            location = self._location_in(
                traceback.tb_frame.f_code.co_filename, traceback.tb_lineno, location
            )
            traceback = traceback.tb_next
        return location

    def _location_in(self, file: str, line: int, otherwise: Location) -> Location:
        number = self._cell_of(file)
        if number is not None:
            return number, line, ""
        if file in self.files:
            return 0, line, self.files[file]
        return (0, line, file) if objects.is_probe(file) and otherwise == NOWHERE else otherwise


def _cell_of(file: str) -> int | None:
    """The number of the cell that a replay compiles under such a file name."""
    prefix, suffix = CELL_FILE.split("{}")
    number = file.removeprefix(prefix).removesuffix(suffix)
    return int(number) if file == CELL_FILE.format(number) and number.isdigit() else None


def unsupported(error: wire.UnsupportedValue) -> dict[str, object]:
    """The reply in place of a value that may not cross."""
    return {
        "error": {
            "kind": "unsupported",
            "type": error.what[: wire.MAX_WHAT],
            "message": error.reason,
        }
    }


def describe_error(
    error: BaseException, location: Callable[[TracebackType | None], Location]
) -> dict[str, object]:
    """An exception as plain values: type, message, and where in the student's code it arose."""
    cell, line, file = location(error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename and cell == 0:
        line = error.lineno or 0
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:
        message = ""
    return {
        "kind": "raised",
        "type": _type_name(error),
        "message": message,
        "cell": cell,
        "line": line,
        "file": file,
        "bases": _bases(error),
    }


def _bases(error: BaseException) -> list[str]:
    """The names of the types that an exception belongs to by inheritance, its own left out."""
    try:
        return [str(base.__name__)[:100] for base in type(error).__mro__[1:][:MAX_BASES]]
    except BaseException:  # as below
        return []


def _type_name(error: BaseException) -> str:
    try:
        return str(type(error).__name__)[:100]
    except BaseException:  # a metaclass of the student's may do anything when asked
        return "Exception"
