"""A student's markdown, HTML, code and printed output come in; inert, bounded HTML goes out.

What comes out holds no script, style, form, frame, id or address that is fetched, no heading (the
page's outline is the page's) and no class but those of the highlighter. The work is bounded too:
the parsers behind it need quadratic time on some texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape
from typing import Any
from urllib.parse import unquote

from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from markupsafe import Markup
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.model.findings import clean
from autograder.model.text import bounded
from autograder.pages.effort import Effort, Exceeded
from autograder.pages.images import image_of_uri

MAX_MARKDOWN = 12_000
MAX_CODE = 50_000
MAX_TEXT = 20_000
MAX_HTML = 200_000

TAGS = frozenset(
    "a abbr b blockquote br caption code dd del div dl dt em hr i img kbd li mark ol p pre s small "
    "span strong sub sup table tbody td tfoot th thead tr u ul".split()
)
#: The highlighter's and the terminal's; the page's own are longer, so that nothing passes as hers.
_CLASS = re.compile(r"highlight|[a-z][a-z0-9]{0,2}|ansi-[a-z-]{1,24}|said-[1-6]|math")
_LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
#: Dropped with their contents, which would be shown as text otherwise.
_DROPPED = re.compile(r"<(style|script|title)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)


#: A terminal's sequence; one that is cut off up to where it is.
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]?")
#: Seconds of the processor for what a page's libraries make of a student's texts, in all and once.
EFFORT, EFFORT_AT_ONCE = 10.0, 2.0


class Budget:
    """What one page may still hold and cost, so that a thousand of them can be made and opened."""

    def __init__(self, **amounts: int) -> None:
        self._left = {
            "bytes": 6_000_000,  # of the page
            "code": 500_000,  # characters to highlight
            "markdown": 200_000,  # characters to render
            "html": 1_000_000,  # characters to make inert
            "tags": 20_000,
            **amounts,
        }
        self.effort = Effort(EFFORT, EFFORT_AT_ONCE)
        self.full = False  # from here on nothing is even looked at

    def take(self, kind: str, amount: int) -> bool:
        """Whether there was as much left; it is spent then."""
        if amount > self._left[kind]:
            return False
        self._left[kind] -= amount
        return True


LEFT_OUT = Markup('<p class="left-out">{}</p>')
TOO_MUCH = LEFT_OUT.format("Left out here: the page would become too large.")


def code(source: str, budget: Budget) -> Markup:
    """Python, highlighted."""
    if len(source) > MAX_CODE or not budget.take("code", len(source)):
        return _preformatted(source, budget)
    source = clean(source.expandtabs(4), len(source) * 4)
    try:
        html = budget.effort.spend(
            lambda: str(Highlight2HTML()(source))  # type: ignore[no-untyped-call]
        )
    except (Exception, Exceeded):  # a bug of the parser costs the colours and not the page
        return _preformatted(source, budget)
    return Markup(html) if budget.take("bytes", len(html)) else _preformatted(source, budget)


def text(output: str, budget: Budget) -> Markup:
    """What a program printed, with the terminal's colours."""
    if budget.full:
        return TOO_MUCH
    output = _ends_of_lines(_cut(output)).expandtabs(8)
    try:
        html = budget.effort.spend(lambda: _coloured(output, budget))
    except (Exception, Exceeded):  # a sequence that is cut off, as above
        html = _without_colours(output)
    html = clean(html, len(html))
    if not budget.take("bytes", len(html)):
        budget.full = True
        return TOO_MUCH
    return Markup('<pre class="printed">{}</pre>').format(Markup(html))


def _coloured(output: str, budget: Budget) -> str:
    html = str(ansi2html(output))  # type: ignore[no-untyped-call]
    if "<" not in html:
        return html
    if budget.take("tags", html.count("<")) and budget.take("html", len(html)):
        return str(_cleaner().clean(html))
    return _without_colours(output)


def _without_colours(output: str) -> str:
    return escape(_SEQUENCE.sub("", output))


def html(source: str, budget: Budget, attachments: Mapping[str, str] | None = None) -> Markup:
    """Any HTML, made inert; ``attachments`` as in `markdown`."""
    within = len(source) <= MAX_HTML and budget.take("html", len(source))
    if not (within and budget.take("tags", source.count("<"))):
        return LEFT_OUT.format("An output in HTML is left out here: it is too large.")
    text = clean(source.expandtabs(4), len(source) * 4)
    try:
        inert = budget.effort.spend(
            lambda: str(_cleaner(attachments).clean(_DROPPED.sub("", text)))
        )
    except Exceeded:
        return LEFT_OUT.format("An output in HTML is left out here: it takes too long to read.")
    except Exception:  # as above
        return _preformatted(source, budget)
    return Markup(inert) if budget.take("bytes", len(inert)) else TOO_MUCH


def markdown(source: str, budget: Budget, attachments: Mapping[str, str]) -> Markup:
    """A text cell.

    Args:
        attachments: the pictures that belong to the cell, as ``data:`` addresses by name.
    """
    if len(source) > MAX_MARKDOWN or not budget.take("markdown", len(source)):
        return _preformatted(source, budget)
    source = clean(source.expandtabs(4), len(source) * 4)
    try:
        rendered = budget.effort.spend(
            lambda: str(MarkdownWithMath(renderer=_Renderer()).render(source))
        )
    except (Exception, Exceeded):  # as above
        return _preformatted(source, budget)
    return html(rendered, budget, attachments)


def _preformatted(source: str, budget: Budget) -> Markup:
    cut = _cut(source)
    shown = clean(cut, len(cut))
    if not budget.take("bytes", len(shown)):
        return TOO_MUCH
    return Markup('<pre class="printed">{}</pre>').format(shown)


def _cut(source: str) -> str:
    """A text of bounded length; what is left out is in the middle, and said."""
    if len(source) <= MAX_TEXT:
        return source
    return bounded(source, MAX_TEXT)


def _ends_of_lines(output: str) -> str:
    """What a terminal shows in the end: progress bars write over their line again and again."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in output.split("\n"))


class _Renderer(IPythonRenderer):  # type: ignore[misc, unused-ignore]
    """Markdown without headings; formulas as they were typed, pictures that came along."""

    def __init__(self) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)

    def heading(self, text: str, level: int, **_attributes: Any) -> str:
        return f'<p class="said-{min(max(level, 1), 6)}">{text}</p>\n'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f'<img src="{escape(url)}" alt="{escape(text)}" title="{escape(title or "")}">'

    def block_mermaidjs(self, code: str) -> str:
        return f"<pre>{escape(code)}</pre>"

    def block_math(self, body: str) -> str:
        return f'<code class="math">$${escape(body)}$$</code>'

    def inline_math(self, body: str) -> str:
        return f'<code class="math">${escape(body)}$</code>'

    def latex_environment(self, name: str, body: str) -> str:
        return (
            f'<code class="math">\\begin{{{escape(name)}}}{escape(body)}'
            f"\\end{{{escape(name)}}}</code>"
        )


def _cleaner(attachments: Mapping[str, str] | None = None) -> Cleaner:
    return Cleaner(
        tags=TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data", "attachment"},
        strip=True,
        strip_comments=True,
        filters=[partial(_Finish, attachments=attachments or {})],
    )


def _allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return all(_CLASS.fullmatch(part) for part in value.split())
    if name == "href":
        return tag == "a" and _LINK.match(value) is not None
    if name in {"rowspan", "colspan", "start"}:
        return tag in {"td", "th", "ol"} and re.fullmatch(r"\d{1,3}", value) is not None
    return tag == "img" and name in {"src", "alt"}


class _Finish(Filter):  # type: ignore[misc]
    """Pictures that stand in the page itself, the rest by their words; links that tell nothing."""

    def __init__(self, source: Iterable[dict[str, Any]], attachments: Mapping[str, str]) -> None:
        super().__init__(source)
        self._attachments = attachments

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            data = token.get("data")
            if token.get("name") == "img" and isinstance(data, dict):
                yield self._picture(token)
                continue
            if token["type"] == "StartTag" and token["name"] == "a":
                data[None, "rel"] = "noopener noreferrer nofollow"
            yield token

    def _picture(self, token: dict[str, Any]) -> dict[str, Any]:
        data = token["data"]
        alt = data.get((None, "alt")) or "Picture without a description"
        source = data.get((None, "src"), "")
        if source.startswith("attachment:"):
            name = source.removeprefix("attachment:")
            source = self._attachments.get(name) or self._attachments.get(unquote(name), "")
        found = image_of_uri(source, alt)
        if found is None:
            words = f"[Picture that is not in the notebook: {alt[:200]}]"
            return {"type": "Characters", "data": words}
        width, height = str(found.width), str(found.height)
        shown = {"src": found.uri, "alt": alt, "width": width, "height": height}
        return {**token, "data": {(None, key): value for key, value in shown.items()}}
