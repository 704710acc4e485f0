"""A PDF, compiled Python or a database comes in by stdin; its texts go out by stdout as JSON.

It is run by its path, in a process of its own with bounds on time and memory: what reads these
formats may crash, or take hours, on bytes that nobody checked. It imports nothing of the project.
"""

from __future__ import annotations

import base64
import dis
import io
import json
import marshal
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import Any

_MEMORY = 3_000_000_000
_MOST_ROWS = 200_000
_SHORT_STRING = re.compile(rb"[zZ\xfa\xda]([\x01-\xff])")
_LONG_STRING = re.compile(rb"[aAut\xe1\xc1\xf5\xf4](....)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\ufffd]")
_NAMED = (
    "LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF", "LOAD_ATTR", "LOAD_METHOD", "STORE_",
    "IMPORT_", "DELETE_", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR", "LOAD_SUPER_ATTR",
)  # fmt: skip
_OPERATIONS = ("BINARY_", "COMPARE_", "IS_OP", "CONTAINS_OP", "UNARY_")
_CONSTANTS = ("LOAD_CONST", "RETURN_CONST", "KW_NAMES", "LOAD_SMALL_INT")


def read_pdf(data: bytes) -> dict[str, Any]:
    """The text of each page; notes, titles and attached files; pages that are pictures only."""
    from pypdf import PdfReader

    document = PdfReader(io.BytesIO(data), strict=False)
    if document.is_encrypted and not document.decrypt(""):
        raise ValueError("it is encrypted")
    found: dict[str, Any] = {"texts": [], "files": [], "unread": []}
    empty = 0
    for number, page in enumerate(document.pages, start=1):
        text = page.extract_text()
        found["texts"].append((f"page {number}", text))
        empty += not text.strip()
        for note in page.get("/Annots") or ():
            entry = note.get_object()
            parts = [str(entry[key]) for key in ("/Contents", "/V", "/TU") if key in entry]
            found["texts"].append((f"page {number}, note", "\n".join(parts)))
    if empty:
        found["unread"].append(f"{empty} page(s) without text")
    for key, value in (document.metadata or {}).items():
        found["texts"].append((f"its {key.strip('/')}", str(value)))
    for name, contents in document.attachments.items():
        for content in contents:
            found["files"].append((name, base64.b64encode(content).decode()))
    return found


def read_compiled(data: bytes) -> dict[str, Any]:
    """Strings and names, and the names and values in the order in which the code uses them."""
    if data[:4] != MAGIC_NUMBER:
        return _of_another_python(data)
    strings: list[str] = []
    used = tokens(marshal.loads(data[16:]), strings)
    return {"texts": [("its strings", text) for text in strings], "used": used}


def tokens(code: CodeType, strings: list[str] | None = None) -> list[str]:
    """Names, values and operators in the order in which the code uses them, functions included.

    Args:
        code: what was compiled, by this Python.
        strings: gets every text among the constants.
    """
    found = []
    for step in dis.get_instructions(code):
        value = step.argval
        if isinstance(value, CodeType):
            found += ["def", *tokens(value, strings)]
        elif step.opname.startswith(_NAMED):
            found += value if isinstance(value, tuple) else [str(value)]
        elif step.opname.startswith(_CONSTANTS):
            if step.opname == "KW_NAMES":  # an index that `dis` of Python 3.11 does not resolve
                value = code.co_consts[step.arg or 0]
            if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
                found += value
            elif value is not None:
                found.append(repr(value))
        elif step.opname.startswith(_OPERATIONS):
            found.append(f"{step.opname} {step.argrepr}".strip())
    if strings is not None:
        for constant in code.co_consts:
            strings.extend(_texts(constant))
    return [str(token) for token in found]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, tuple | frozenset):
        for inner in value:
            yield from _texts(inner)


def _of_another_python(data: bytes) -> dict[str, Any]:
    """The strings alone: code objects look different in each version, strings have for long."""
    found = []
    for pattern, size in ((_SHORT_STRING, 1), (_LONG_STRING, 4)):
        for match in pattern.finditer(data):
            length = int.from_bytes(match[1], "little")
            text = data[match.end() : match.end() + length] if length < 1_000_000 else b""
            if len(text) == length and length and (text.isascii() or size == 4):
                decoded = text.decode("utf-8", "replace")
                if _CONTROL.search(decoded) is None:
                    found.append((match.start(), decoded))
    strings = [text for _, text in sorted(found)]
    return {"texts": [("its strings", text) for text in strings], "names": strings}


def read_database(data: bytes) -> dict[str, Any]:
    """Every text of every table, and blobs as files; a notebook's history is one."""
    database = sqlite3.connect(":memory:")
    # Without its log beside it, a database that is written ahead cannot be opened as one.
    database.deserialize(data[:18] + b"\x01\x01" + data[20:])
    found: dict[str, Any] = {"texts": [], "files": [], "unread": []}
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    tables = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
    left = _MOST_ROWS
    for name, made in tables:
        found["texts"].append((f"table {name}", str(made or "")))
        if not str(made or "").upper().startswith("CREATE TABLE"):
            continue
        quoted = str(name).replace('"', '""')
        for number, row in enumerate(database.execute(f'SELECT * FROM "{quoted}"'), start=1):
            location = f"table {name}, row {number}"
            found["texts"] += [(location, value) for value in row if isinstance(value, str)]
            blobs = [value for value in row if isinstance(value, bytes)]
            found["files"] += [(location, base64.b64encode(blob).decode()) for blob in blobs]
            left -= 1
            if not left:
                found["unread"].append(f"what is behind the first {_MOST_ROWS} rows")
                return found
    return found


READERS: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "pdf": read_pdf,
    "compiled": read_compiled,
    "database": read_database,
}


def main() -> None:
    """Read stdin by the reader that is named, write what it found or why it could not."""
    import logging
    import resource
    import warnings

    logging.disable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        found = READERS[sys.argv[1]](sys.stdin.buffer.read())
    except Exception as error:  # these readers raise whatever the bytes suggest
        found = {"problem": f"{type(error).__name__}: {error}"[:200]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
