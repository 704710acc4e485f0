"""A right answer's cell comes in; the same answer in other characters goes out."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable

from release.mutants.cell_edits import (
    Rewrite,
    changed,
    has_long_texts,
    is_python,
    outermost,
    without_magics,
)
from release.mutants.code import Change, Code

_PURE = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Load,
    ast.List,
    ast.Tuple,
    ast.UnaryOp,
    ast.USub,
)


def other_quotes(code: Code) -> str | None:
    """The other kind of quotation marks."""
    return _other_tokens(code, _other_quotes)


def _other_quotes(text: str) -> str:
    if re.fullmatch(r"\"[^\"'\\\n]*\"|'[^\"'\\\n]*'", text):
        quote = "'" if text[0] == '"' else '"'
        return f"{quote}{text[1:-1]}{quote}"
    return text


def other_numbers(code: Code) -> str | None:
    """Whole numbers in hexadecimal, others with an exponent."""
    return _other_tokens(code, _other_number)


def _other_number(text: str) -> str:
    if re.fullmatch(r"[1-9]\d*|0", text):
        return hex(int(text))
    if re.fullmatch(r"\d+\.\d+", text):
        return f"{text}e0"
    return text


def _other_tokens(code: Code, spelled: Callable[[str], str]) -> str | None:
    """Other spellings of plain texts and numbers in the answers."""
    lines = code.python.split("\n")
    found = []
    for token in tokenize.generate_tokens(io.StringIO(code.python).readline):
        row, column = token.start
        inside = any(r.start < row <= r.end for r in code.regions) and row == token.end[0]
        if inside and token.type in (tokenize.STRING, tokenize.NUMBER):
            found.append((row, column, token.string))
    for row, column, text in reversed(found):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + spelled(text) + line[column + len(text) :]
    if lines == code.python.split("\n"):
        return None
    plain, old = code.text.split("\n"), code.python.split("\n")
    pairs = zip(plain, old, lines, strict=True)
    return "\n".join(new if before == after else before for before, after, new in pairs)


def in_brackets(code: Code) -> str | None:
    """Values in brackets."""
    changes = []
    for node in code.nodes:
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Assign(value=value):
                changes.append(Change(*code.span(value), f"(({code.cut(value)}))"))
    return changed(code, outermost(changes))


def other_keyword_order(code: Code) -> str | None:
    """Keyword arguments in another order."""
    changes: list[Change] = []
    for node in code.nodes:
        match node:
            case ast.Call(
                keywords=[ast.keyword(arg=str()) as one, ast.keyword(arg=str()) as two, *_]
            ):
                parts = (*ast.walk(one.value), *ast.walk(two.value))
                if all(isinstance(part, _PURE) for part in parts):
                    texts = code.cut(two), code.cut(one)
                    changes += [
                        Change(*code.span(each), text)
                        for each, text in zip((one, two), texts, strict=True)
                    ]
    return changed(code, changes)


def without_comments(code: Code) -> str | None:
    """No line that is only a comment: the banners are gone, too."""
    lines = [line for line in code.text.split("\n") if not line.strip().startswith("#")]
    text = "\n".join(lines)
    return text if text != code.text and is_python(without_magics(code, text)) else None


def with_blank_lines(code: Code) -> str | None:
    """Blank lines, and spaces at the ends of lines."""
    if has_long_texts(code) or "\\\n" in code.text:
        return None
    lines = code.text.split("\n")
    for number in sorted({n for r in code.regions for n in range(r.start, r.end)}, reverse=True):
        lines[number : number + 1] = ["", f"{lines[number]}  "]
    text = "\n".join(lines)
    return text if is_python(without_magics(code, text)) else None


def with_semicolons(code: Code) -> str | None:
    """A semicolon behind each simple statement."""
    simple = ast.Assign | ast.Expr | ast.Return | ast.AugAssign
    ends = {code.span(node)[1] for node in code.nodes if isinstance(node, simple)}
    changes = [Change(end, end, ";") for end in ends if code.data[end : end + 1] in (b"\n", b"")]
    return changed(code, changes)


#: By name; all of one cell's text.
RESPELLED: dict[str, Rewrite] = {
    "other quotes": other_quotes,
    "other numbers": other_numbers,
    "in brackets": in_brackets,
    "keywords in another order": other_keyword_order,
    "banners lost": without_comments,
    "blank lines": with_blank_lines,
    "semicolons": with_semicolons,
}
