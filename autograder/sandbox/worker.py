"""Runs beside student code: steps and requests come in by the wire, one reply each goes out.

Nothing here decides anything. Student code can patch all of it; what the grader believes is only
that bytes came, within its limits and its deadline.
"""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from autograder import wire
from autograder.sandbox import honest

CELL_FILE = "<cell {}>"
MAX_MESSAGE = 1000


def public_names(modules: Iterable[str]) -> dict[str, object]:
    """The names that the modules list in ``__all__``, bound to what they have now."""
    names: dict[str, object] = {}
    for module_name in modules:
        module = importlib.import_module(module_name)
        names.update({name: getattr(module, name) for name in getattr(module, "__all__", ())})
    return names


class Worker:
    """The student's namespace, and the three requests about it.

    Args:
        given: what the namespace starts with.
        describers: the modules whose functions may describe its objects.
        place: finds cell and line of the student's innermost frame in a traceback.
    """

    def __init__(
        self,
        given: Mapping[str, object],
        describers: Iterable[str],
        place: Callable[[TracebackType | None], tuple[int, int]] | None = None,
    ) -> None:
        self.namespace: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": __builtins__,
            "get_ipython": lambda: None,
            "display": lambda *_values, **_options: None,
            **given,
        }
        self.describers = tuple(describers)
        self.place = place or _place

    def serve(self, channel: socket.socket) -> None:
        """Answer requests until the grader closes the wire."""
        while True:
            try:
                request = wire.receive(channel)
            except wire.PeerClosed:
                os._exit(0)
            self.reply(channel, request)

    def reply(self, channel: socket.socket, request: Any) -> None:
        """Answer one request; a value that may not cross is an error."""
        reply = self.answer(request)
        try:
            wire.send(channel, reply)
        except wire.UnsupportedValue as error:
            wire.send(channel, unsupported(error))
        except MemoryError as error:  # a frame is made before any of it is sent
            wire.send(channel, {"error": describe_error(error, self.place)})

    def answer(self, request: Any) -> dict[str, object]:
        """One reply: ``{"value": ...}`` or ``{"error": ...}``."""
        try:
            return {"value": getattr(self, f"do_{request['op']}")(request)}
        except BaseException as error:
            return {"error": describe_error(error, self.place)}

    def do_self_test(self, _request: dict[str, Any]) -> None:
        """Fail where honest code would."""
        honest.self_test()

    def do_replay(self, request: dict[str, Any]) -> dict[str, object]:
        """Run the steps; returns, by name, the error that kept it from being defined."""
        failures: dict[str, object] = {}
        for cell, line, source, binds, uses in request["steps"]:
            cause = next((failures[name] for name in uses if name in failures), None)
            if cause is None:
                cause = self._run(cell, line, source)
            for name in binds:
                if cause is None:
                    failures.pop(name, None)
                else:
                    failures[name] = cause
        return failures

    def _run(self, cell: int, line: int, source: str) -> dict[str, object] | None:
        try:
            text = "\n" * (line - 1) + source
            exec(compile(text, CELL_FILE.format(cell), "exec", dont_inherit=True), self.namespace)
        except BaseException as error:
            return describe_error(error, self.place) | {"cell": cell}
        return None

    def do_call(self, request: dict[str, Any]) -> object:
        """Call a name with values."""
        return self._lookup(request)(*request["args"], **request["kwargs"])

    def do_value(self, request: dict[str, Any]) -> object:
        """The value of a name."""
        return self._lookup(request)

    def do_describe(self, request: dict[str, Any]) -> object:
        """What a public describer says of the object of a name."""
        for module_name in self.describers:
            describer = getattr(importlib.import_module(module_name), request["describer"], None)
            if describer is not None:
                return describer(self._lookup(request))
        raise LookupError(f"no public describer is called {request['describer']}")

    def _lookup(self, request: dict[str, Any]) -> Any:
        try:
            return self.namespace[request["name"]]
        except KeyError:
            raise NameError(f"name '{request['name']}' is not defined") from None


def unsupported(error: wire.UnsupportedValue) -> dict[str, object]:
    """The reply in place of a value that may not cross."""
    return {"error": {"kind": "unsupported", "type": str(error)[:100]}}


def describe_error(
    error: BaseException, place: Callable[[TracebackType | None], tuple[int, int]]
) -> dict[str, object]:
    """An exception as plain values: type, message, and where in the student's cells it arose."""
    cell, line = place(error.__traceback__)
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
    }


def _type_name(error: BaseException) -> str:
    try:
        return str(type(error).__name__)[:100]
    except BaseException:  # a metaclass of the student's may do anything when asked
        return "Exception"


def _place(traceback: TracebackType | None) -> tuple[int, int]:
    """Cell and line of the innermost frame that is the student's; (0, 0) if there is none."""
    place = (0, 0)
    prefix, suffix = CELL_FILE.split("{}")
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        number = name.removeprefix(prefix).removesuffix(suffix)
        if name == CELL_FILE.format(number) and number.isdigit():
            place = (int(number), traceback.tb_lineno)
        traceback = traceback.tb_next
    return place
