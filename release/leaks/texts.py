"""Bytes or text come in; decoded text, Python, base64 payloads and printable strings go out."""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import html
import re
import zlib
from collections.abc import Iterator

from release.leaks.extract.spelling import without_colours
from release.leaks.parts import Code
from release.leaks.trees import STATEMENT, parsed

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Texts in a binary file: of UTF-8 with letters of any alphabet, or of UTF-16 with Latin ones.
_PRINTABLE = re.compile(
    rb"(?:[\t\n\r\x1b\x20-\x7e]+|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
    rb"|[\xf0-\xf4][\x80-\xbf]{3})+"
)
_WIDE = (
    (re.compile(rb"(?:[\t\n\r\x1b\x20-\x7e]\x00){6,}"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\t\n\r\x1b\x20-\x7e]){6,}"), "utf-16-be"),
    (re.compile(rb"(?:[\t\n\r\x1b\x20-\x7e]\x00{3}){6,}"), "utf-32-le"),
)
_SHORTEST = 6
_STREAM = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/_-]{60,}\s*\n\s*)+[A-Za-z0-9+/_-]*={0,2}|[A-Za-z0-9+/_-]{40,}={0,2}"
)
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_FENCE = re.compile(r"^[ \t>]*(```+|~~~+)[^\n]*\n(.*?)^[ \t>]*\1", re.MULTILINE | re.DOTALL)
_PRE = re.compile(r"<(pre|code)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_INDENTED = re.compile(r"(?:^(?: {4}|\t)[^\n]*\n?|^[ \t]*\n(?= {4}|\t))+", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]{20,})`(?!`)")
_COMMENTS = re.compile(r"(?:^[ \t]*#[^\n]*\n?)+", re.MULTILINE)
_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.|>|In \[\d*\]:|-+>(?=[ \t]*\d+[ \t])) ?", re.MULTILINE)
#: The number that a traceback, a listing or a page puts before a line.
_NUMBERED = re.compile(r"^[ \t]*(\d{1,5})(?:[ \t]|$)", re.MULTILINE)
_CODE_LIKE = re.compile(r"=|return\b|\w\(")
_MOST_STREAMS = 2_000
_LARGEST_STREAM = 4_000_000


def decoded(data: bytes) -> str | None:
    """The text of a file in UTF-8, -16 or -32, with or without a mark; None if it is no text."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    head = data[:4000]
    if b"\0" in head:
        return _without_mark(data, head)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Text of an older editor; a binary file has other control characters.
        controls = sum(byte < 9 or 13 < byte < 32 for byte in head)
        return None if controls > len(head) // 100 else data.decode("latin-1")


def _without_mark(data: bytes, head: bytes) -> str | None:
    """UTF-16 and UTF-32 of mostly Latin letters: every other byte is zero, or three of four."""
    for start, name in ((0, "utf-32-le"), (3, "utf-32-be")):
        letters = head[start::4]
        plain = sum(8 < byte < 14 or 31 < byte < 127 for byte in letters)
        if head.count(0) > 0.7 * len(head) and plain > 0.9 * len(letters):
            return data.decode(name, errors="replace")
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[start::2].count(0)
        if zeros > 0.7 * len(head) / 2 and head[1 - start :: 2].count(0) < zeros / 10:
            return data.decode(name, errors="replace")
    return None


def runs(data: bytes) -> list[str]:
    """The runs of printable characters in a binary file."""
    found = [
        match[0].decode("utf-8", "replace")
        for match in _PRINTABLE.finditer(data)
        if match.end() - match.start() >= _SHORTEST
    ]
    for pattern, name in _WIDE:
        found += [match[0].decode(name) for match in pattern.finditer(data)]
    return found


def streams(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What is zlib-compressed in a binary file (git's objects, a PDF's pages), with its offset."""
    at, view = 0, memoryview(data)
    for _ in range(_MOST_STREAMS):
        match = _STREAM.search(data, at)
        if match is None:
            return
        at = match.start() + 2
        engine = zlib.decompressobj()
        try:
            found = engine.decompress(view[match.start() :], _LARGEST_STREAM)
        except zlib.error:
            continue
        if len(found) >= 16:
            yield match.start(), found
            at = len(data) - len(engine.unused_data) if engine.eof else at


def payloads(text: str) -> Iterator[tuple[int, str, Iterator[bytes]]]:
    """What is written in base64 or as hexadecimal digits in a text.

    Yields:
        the line (from 1) where it starts, the name of the coding, and what it may be: letters that
        stand in front of it belong to it or not.
    """
    line, at = 1, 0
    for match in _BASE64.finditer(text):
        letters = re.sub(r"\s", "", match[0]).rstrip("=")
        line += text.count("\n", at, match.start())
        at = match.start()
        if _HEX.fullmatch(letters):
            yield line, "hex", iter([bytes.fromhex(letters[: len(letters) // 2 * 2])])
        if not (letters.isalpha() and (letters.islower() or letters.isupper())):
            letters = letters.replace("-", "+").replace("_", "/")
            yield line, "base64", (_from_base64(letters[shift:]) for shift in range(4))


def _from_base64(letters: str) -> bytes:
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def may_hold_payloads(text: str) -> bool:
    """Whether there is a long enough run of letters in a text."""
    return _BASE64.search(text) is not None


def code_in_markdown(where: str, text: str) -> Iterator[Code]:
    """Code in fences, indented blocks, backticks, `<pre>` and `<code>`; and lines like code."""
    for pattern, group in ((_FENCE, 2), (_PRE, 2), (_INDENTED, 0), (_SPAN, 1), (STATEMENT, 0)):
        for match in pattern.finditer(text):
            inside = match[group]
            if _CODE_LIKE.search(inside):
                start = text.count("\n", 0, match.start(group))
                yield Code(where, html.unescape(_unprompted(inside)), start)


def code_in_python(where: str, text: str, start: int = 0) -> Iterator[Code]:
    """Python that stands in the comments and strings of Python."""
    for match in _COMMENTS.finditer(text):
        inside = re.sub(r"^[ \t]*#+ ?", "", match[0], flags=re.MULTILINE)
        if _CODE_LIKE.search(inside):
            yield Code(where, inside, start + text.count("\n", 0, match.start()))
    tree = parsed(text)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from code_in_string(where, node.value, start + node.lineno - 1)


def code_in_string(where: str, text: str, start: int = 0) -> Iterator[Code]:
    """A string, if it may be Python."""
    if len(text) >= 20 and _CODE_LIKE.search(text):
        yield Code(where, _unprompted(without_colours(text)), start)
        if re.search(r"[\n`<]", text):
            yield from code_in_markdown(where, text)


def _unprompted(text: str) -> str:
    """Without the `>>>` of an interactive session, the `>` of a quotation and numbers of lines."""
    text = _PROMPT.sub("", text)
    if not _NUMBERED.search(text):
        return text
    lines = text.split("\n")
    numbers = [int(found[1]) if (found := _NUMBERED.match(line)) else None for line in lines]
    counted = [
        number is not None and number in (_next(before), _before(after))
        for before, number, after in zip(
            [None, *numbers], numbers, [*numbers[1:], None], strict=False
        )
    ]
    pairs = zip(lines, counted, strict=True)
    return "\n".join(_NUMBERED.sub("", line) if is_counted else line for line, is_counted in pairs)


def _next(number: int | None) -> int | None:
    return None if number is None else number + 1


def _before(number: int | None) -> int | None:
    return None if number is None else number - 1
