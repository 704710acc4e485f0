"""A formula as text comes in, its value for given numbers goes out; a tiny grammar, never ``eval``.

sum     = product (("+" | "-") product)*
product = power (("*" | "/")? power)*          "2P" and "F C" are products too
power   = ("-" | "+")* atom (("^" | "**") power)?
atom    = number | symbol | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

MAX_LENGTH = 200
MAX_DEPTH = 20
MAX_EXPONENT = 8
#: Bits of a numerator or denominator; looked at before a number is made, as powers of powers grow
#: beyond any memory.
MAX_BITS = 2_000

TOKEN = re.compile(r"\s*(\*\*|[-+*/^()]|\d+(?:\.\d+)?|[A-Za-z])")
#: Other spellings of the same: typographic signs and brackets.
SPELLINGS = {
    "×": "*", "·": "*", "∗": "*", "⋅": "*", "−": "-", "–": "-", "÷": "/", "²": "^2", "³": "^3",
    "[": "(", "]": ")", "{": "(", "}": ")", "⌊": "(", "⌋": ")", "//": "/",
}  # fmt: skip
#: Ways to round down, which change nothing, as all widths are whole.
ROUNDED_DOWN = re.compile(r"\b(?:(?:math|np|numpy)\.)?(?:floor|int|trunc)\b")


class FormulaError(ValueError):
    """The text is no formula of the grammar; says where."""


def value(text: str, symbols: Mapping[str, int]) -> Fraction:
    """The exact value of a formula; letter case of symbols does not matter.

    Raises:
        FormulaError: the text is no formula in these symbols, divides by zero, or makes numbers of
            more than MAX_BITS bits.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"it is longer than {MAX_LENGTH} characters")
    for spelling, plain in SPELLINGS.items():
        text = text.replace(spelling, plain)
    text = ROUNDED_DOWN.sub("", text)
    text = text.split("=")[-1]  # "W' = (W - K) / S + 1"
    parser = _Parser(_tokens(text), {name.upper(): number for name, number in symbols.items()})
    result = parser.sum(0)
    if parser.rest:
        raise FormulaError(f"'{parser.rest[0]}' is one too many")
    return result


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise FormulaError(f"'{text[at:].strip()[:1]}' is no part of a formula")
        tokens.append(match[1])
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], symbols: Mapping[str, int]) -> None:
        self.rest = tokens
        self.symbols = symbols

    def next_is(self, *tokens: str) -> bool:
        return bool(self.rest) and self.rest[0] in tokens

    def sum(self, depth: int) -> Fraction:
        if depth > MAX_DEPTH:
            raise FormulaError("its parentheses are nested too deeply")
        result = self.product(depth)
        while self.next_is("+", "-"):
            sign = 1 if self.rest.pop(0) == "+" else -1
            term = self.product(depth)
            _expect_room(_bits(result) + _bits(term))
            result += sign * term
        return result

    def product(self, depth: int) -> Fraction:
        result = self.power(depth)
        while self.rest and not self.next_is("+", "-", ")"):
            operator = self.rest.pop(0) if self.next_is("*", "/") else "*"
            factor = self.power(depth)
            if operator == "/" and factor == 0:
                raise FormulaError("it divides by zero")
            _expect_room(_bits(result) + _bits(factor))
            result = result / factor if operator == "/" else result * factor
        return result

    def power(self, depth: int) -> Fraction:
        sign = 1
        while self.next_is("-", "+"):
            sign = -sign if self.rest.pop(0) == "-" else sign
        base = self.atom(depth)
        if self.next_is("^", "**"):
            self.rest.pop(0)
            exponent = self.power(depth + 1)
            if exponent.denominator != 1 or not 0 <= exponent <= MAX_EXPONENT:
                raise FormulaError("an exponent is no small whole number")
            _expect_room(_bits(base) * int(exponent))
            base = base ** int(exponent)
        return sign * base

    def atom(self, depth: int) -> Fraction:
        if not self.rest:
            raise FormulaError("it ends too early")
        token = self.rest.pop(0)
        if token == "(":
            result = self.sum(depth + 1)
            if not self.next_is(")"):
                raise FormulaError("a parenthesis is not closed")
            self.rest.pop(0)
            return result
        if token[0].isdigit():
            return Fraction(token)
        if token.upper() in self.symbols:
            return Fraction(self.symbols[token.upper()])
        raise FormulaError(f"'{token}' is none of the symbols {', '.join(self.symbols)}")


def _bits(number: Fraction) -> int:
    return max(number.numerator.bit_length(), number.denominator.bit_length())


def _expect_room(bits: int) -> None:
    """Fail where a number of so many bits would be made."""
    if bits > MAX_BITS:
        raise FormulaError("its numbers grow too large")
