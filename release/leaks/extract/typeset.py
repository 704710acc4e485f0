r"""TeX or RTF comes in; its text without what tells how each word looks goes out.

nbconvert's LaTeX has a command around each token, ``\PY{n}{kernel} \PY{o}{=}``, and pandoc's
``\NormalTok{kernel }\OperatorTok{=}``.
"""

from __future__ import annotations

import re

#: Of Pygments: what stands for a sign that TeX reads itself.
_SIGNS = {
    "us": "_", "ob": "{", "cb": "}", "ca": "^", "am": "&", "lt": "<", "gt": ">", "sh": "#",
    "pc": "%", "dl": "$", "hy": "-", "sq": "'", "dq": '"', "ti": "~", "bs": "\\", "at": "@",
    "lb": "[", "rb": "]",
}  # fmt: skip
_WORDS = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textquotesingle": "'",
    "textquotedbl": '"', "textless": "<", "textgreater": ">", "textbar": "|", "textunderscore": "_",
    "textasteriskcentered": "*", "textbraceleft": "{", "textbraceright": "}", "textendash": "-",
    "textemdash": "-", "lbrace": "{", "rbrace": "}", "slash": "/", "textasciigrave": "`",
}  # fmt: skip
_SIGN = re.compile(r"\\PYZ([a-z]{2})(?:\{\}|\s)?")
_WORD = re.compile(r"\\(" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")(?:\{\}|\b ?)")
_ESCAPED = re.compile(r"\\([_#$%&{} ])")
_TOKEN = re.compile(r"\\(?:PY\{[^{}]*\}|[A-Za-z]+Tok|text[a-z]{2}|mbox|verb\*?)\{([^{}]*)\}")
_BREAK = re.compile(r"\\(?:char`|allowbreak|discretionary\{\}\{\}\{\}|break|-)")
_IS_TEX = re.compile(r"\\PY\{|\\[A-Za-z]+Tok\{|\\PYZ|\\text(?:tt|bf|it|underscore|backslash)\b")
_NESTED = 8
# Braces that are text must not count as those of a command meanwhile.
_KEPT = str.maketrans("{}\\", "\ue000\ue001\ue002")
_BACK = str.maketrans("\ue000\ue001\ue002", "{}\\")

_RTF = re.compile(
    r"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,6}) ?\??|\\([a-z]{1,32})(-?\d{1,10})? ?|\\([^a-z0-9])|[{}\r\n]"
)


def is_tex(text: str) -> bool:
    """Whether a text has TeX's commands around its words."""
    return "\\" in text and _IS_TEX.search(text) is not None


def tex_text(text: str) -> str:
    """A line of TeX as it is typeset."""
    text = _SIGN.sub(lambda match: _SIGNS.get(match[1], "").translate(_KEPT), text)
    text = _WORD.sub(lambda match: _WORDS[match[1]].translate(_KEPT), text)
    text = _BREAK.sub("", _ESCAPED.sub(lambda match: match[1].translate(_KEPT), text))
    for _ in range(_NESTED):
        plain = _TOKEN.sub(r"\1", text)
        if plain == text:
            break
        text = plain
    return text.translate(_BACK)


def is_rtf(text: str) -> bool:
    """Whether a text is a file of a word processor's oldest format."""
    return text.startswith("{\\rtf")


def rtf_text(text: str) -> str:
    """The text of RTF, a line for each paragraph; names of fonts and the like are among it."""
    return _RTF.sub(_rtf_sign, text)


def _rtf_sign(match: re.Match[str]) -> str:
    code, point, word, _, sign = match.groups()
    if code:
        return bytes.fromhex(code).decode("cp1252", "replace")
    if point:
        return chr(int(point) % 0x10000) if not 0xD800 <= int(point) % 0x10000 < 0xE000 else ""
    if word:
        return {"par": "\n", "line": "\n", "tab": "\t", "emdash": "-", "endash": "-"}.get(
            word, "'" if word.endswith("quote") else ""
        )
    return {"~": " ", "_": "-", "-": "", "*": ""}.get(sign, sign) if sign else ""
