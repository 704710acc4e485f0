"""A template's name and its values come in; one self-contained page of HTML goes out."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.model.errors import UserError
from autograder.model.files import write_atomically
from autograder.model.findings import clean
from autograder.model.text import CODE

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FOLDER = Path(__file__).parent


class PagesError(UserError):
    """No page can be made or written; the text says what to do."""


def require_pages() -> None:
    """See to it that the libraries of the extra are there, before an hour of grading.

    Raises:
        PagesError: one is not installed.
    """
    lacking = [name for name in ("jinja2", "nbconvert", "bleach") if find_spec(name) is None]
    if lacking:
        raise PagesError(
            f"HTML pages need the Python package {lacking[0]}, which is not installed here; "
            "install the harness with its extra, as in pip install 'dl-autograder[pages]'."
        )


@cache
def _environment() -> Environment:
    require_pages()
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.filters["coded"] = coded
    return environment


def coded(text: str) -> Markup:
    """A text in which what stands between backticks is shown as code; all of it is escaped."""
    from markupsafe import Markup, escape

    pieces = CODE.split(clean(text, len(text)))  # text and code, in turn
    made = (
        Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(pieces)
    )
    return Markup("").join(made)


def _inert(value: object) -> object:
    """A text of any origin without what steers a reader's eye; HTML was made inert before."""
    from markupsafe import Markup

    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return clean(value, len(value))


@cache
def _asset(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def render(
    template: str,
    *,
    script: str = "",
    styles: tuple[str, ...] = ("style.css",),
    connect: bool = False,
    **values: Any,
) -> str:
    """The page that ``template`` makes of ``values``.

    Args:
        script: the file beside the templates whose code the page runs; none if empty.
        styles: the files beside the templates that say how it looks.
        connect: the page's script may ask the server that the page is from.
    """
    from markupsafe import Markup

    style = _styles(styles)
    code = _asset(script) if script else ""
    policy = policy_of(script, styles, connect=connect)
    page = _environment().get_template(template)
    # Both are the package's own files, and their hashes hold for the exact text.
    return page.render(policy=policy, style=Markup(style), script=Markup(code), **values)


def render_part(template: str, **values: Any) -> str:
    """What ``template`` makes of ``values``, to stand in a page."""
    return _environment().get_template(template).render(**values)


def policy_of(script: str, styles: tuple[str, ...], *, connect: bool = False) -> str:
    """What a page may do: its own script and style, pictures that stand in it, and nothing else."""
    code = _asset(script) if script else ""
    rules = [
        "default-src 'none'",
        "img-src data:",
        f"style-src {_hash(_styles(styles))}",
        f"script-src {_hash(code)}" if code else "script-src 'none'",
        *(["connect-src 'self'"] if connect else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _styles(names: tuple[str, ...]) -> str:
    return "".join(_asset(name) for name in names)


def write_page(path: Path, html: str) -> None:
    """Write a page at one stroke.

    Raises:
        PagesError: it cannot be written there.
    """
    try:
        write_atomically(path, html)
    except OSError as error:
        raise PagesError(
            f"{path}: the page cannot be written ({error.strerror}); choose another place."
        ) from None


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
