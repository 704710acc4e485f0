"""A picture's bytes come in; the texts that are written in it beside its pixels go out."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
#: Chunks behind the pixels are read only with the pixels, which may be a bomb.
_MOST_PIXELS = 40_000_000


def is_image(data: bytes) -> bool:
    """Whether the bytes start like a picture."""
    return data.startswith(_MAGIC) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def image_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """The name and text of each text chunk, comment and EXIF entry; nothing if it is broken."""
    # Imported here: most bundles hold no picture.
    from PIL import ExifTags, Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data))
            if picture.width * picture.height <= _MOST_PIXELS:
                picture.load()
            info = dict(picture.info) | dict(getattr(picture, "text", {}))
            exif = picture.getexif()
            entries = dict(exif) | dict(exif.get_ifd(ExifTags.IFD.Exif))
    except Exception:  # Pillow's readers raise whatever their format suggests
        return
    for name, value in info.items():
        if name != "exif":  # its entries come by themselves
            yield str(name), _text(value)
    for tag, value in entries.items():
        yield ExifTags.TAGS.get(tag, f"EXIF {tag}"), _text(value)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.replace(b"\0", b"").decode("utf-8", errors="replace")
    return str(value)
