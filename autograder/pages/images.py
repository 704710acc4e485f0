"""A picture as base64 text comes in, checked; what a page needs to show it goes out."""

from __future__ import annotations

import base64
import binascii
import io
import re
from dataclasses import dataclass

#: Pictures that are data and nothing else: SVG can hold scripts and links.
FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
MAX_CHARACTERS = 1_500_000
MAX_SIDE = 8_000
MAX_PIXELS = 20_000_000
_URI = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)


@dataclass(frozen=True)
class ShownImage:
    """A picture that a page shows in place; ``alt`` is what those who cannot see it read."""

    uri: str
    width: int
    height: int
    alt: str
    title: str = ""


def image(data: str, alt: str, *, title: str = "", mime: str = "image/png") -> ShownImage | None:
    """The picture in ``data`` (base64), or None for what is none of that type or is too large.

    Only its head is read here; the browser decodes the rest.
    """
    data = "".join(data[: MAX_CHARACTERS + 1].split())
    if mime not in FORMATS or len(data) > MAX_CHARACTERS:
        return None
    from PIL import Image

    try:
        raw = base64.b64decode(data, validate=True)
        with Image.open(io.BytesIO(raw), formats=[FORMATS[mime]]) as opened:
            width, height = opened.size
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        return None
    return ShownImage(f"data:{mime};base64,{data}", width, height, alt, title)


def image_of_uri(uri: str, alt: str) -> ShownImage | None:
    """As `image`, for a ``data:`` address; None for every other address."""
    found = _URI.fullmatch(uri.strip()) if len(uri) <= MAX_CHARACTERS else None
    return image(found[2], alt, mime=found[1]) if found else None
