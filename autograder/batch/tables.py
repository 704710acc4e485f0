"""The bytes of a table in CSV come in, as spreadsheets and platforms write it; its rows go out."""

from __future__ import annotations

import csv
import io

MAX_TABLE = 16 << 20
MAX_ROWS = 100_000
MAX_COLUMNS = 500
_SEPARATORS = (",", ";", "\t")


def read_table(data: bytes) -> list[dict[str, str]]:
    """The rows by the names of their columns, which are in lower case; empty if it is no table.

    The separator is the one that the first line has most of: spreadsheets write what their
    language asks for.
    """
    if len(data) > MAX_TABLE:
        return []
    text = _decoded(data)
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        head = [name.strip().lower() for name in next(lines, [])][:MAX_COLUMNS]
        rows = []
        for line in lines:
            if any(cell.strip() for cell in line):
                cells = [cell.strip() for cell in line[: len(head)]]
                rows.append(dict(zip(head, cells + [""] * (len(head) - len(cells)), strict=True)))
            if len(rows) > MAX_ROWS:
                return []
    except csv.Error:
        return []
    return rows


def _decoded(data: bytes) -> str:
    """Excel writes UTF-16 with a mark, and else the code page of Windows."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
