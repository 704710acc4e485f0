"""An archive's bytes come in; its members, comments and stray bytes go out, or why it is closed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from release.leaks.parts import Budget, Oddity

_COMPRESSED: tuple[tuple[bytes, str, Callable[[io.BytesIO], io.BufferedIOBase]], ...] = (
    (b"\x1f\x8b", "gzip", lambda raw: gzip.GzipFile(fileobj=raw)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\0", "xz", lzma.LZMAFile),
)
_UNKNOWN = {
    b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "RAR", b"\x28\xb5\x2f\xfd": "zstandard",
}  # fmt: skip
_BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile,
    tarfile.TarError, zlib.error, lzma.LZMAError,
)  # fmt: skip
_ZIP_NAMES = (".zip", ".whl", ".npz", ".docx", ".xlsx", ".pptx", ".odt")
_TAR_NAMES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
#: Behind a member written to a pipe stand its sizes once more.
_DESCRIPTOR = 24

Content = tuple[str, bytes] | Oddity


def is_archive(name: str, data: bytes) -> bool:
    """Whether the bytes or the name are those of an archive or a compressed file."""
    magic = (b"PK\x03\x04", b"PK\x05\x06", *_UNKNOWN, *(entry[0] for entry in _COMPRESSED))
    return (
        data.startswith(magic)
        or data[257:262] == b"ustar"
        or name.lower().endswith((*_ZIP_NAMES, *_TAR_NAMES))
        or b"PK\x05\x06" in data[-70_000:]
    )


def contents(where: str, name: str, data: bytes, budget: Budget) -> Iterator[Content]:
    """Each member with its name in words; comments and stray bytes count as members."""
    try:
        if data.startswith(tuple(_UNKNOWN)):
            kind = next(kind for magic, kind in _UNKNOWN.items() if data.startswith(magic))
            yield closed(where, f"a {kind} archive")
        elif b"PK\x05\x06" in data or name.lower().endswith(_ZIP_NAMES):
            yield from _zip(where, data, budget)
        elif compressed := next((c for c in _COMPRESSED if data.startswith(c[0])), None):
            yield from _inflated(where, data, compressed[2], budget)
        else:
            yield from _tar(where, data, budget)
    except _BROKEN as error:
        yield closed(where, f"a broken archive: {str(error)[:80]}")


def closed(where: str, why: str) -> Oddity:
    """What cannot be looked into, and why."""
    what = f"something that cannot be looked into ({why})"
    return Oddity(where, what, "unpack it, or leave it out of the bundle")


def _zip(where: str, data: bytes, budget: Budget) -> Iterator[Content]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if archive.comment:
            yield f"{where}, comment", archive.comment
        for info in archive.infolist():
            location = f"{where}, member {info.filename}"
            for what, extra in (("comment", info.comment), ("extra field", info.extra)):
                if extra:
                    yield f"{location}, {what}", extra
            if info.is_dir():
                continue
            if not budget.take(info.file_size):
                yield closed(location, "too large, or too deep in other archives")
                continue
            try:
                yield location, archive.read(info)
            except _BROKEN as error:
                yield closed(location, f"an unreadable member: {str(error)[:80]}")
        yield from _between_members(where, archive, data)


def _between_members(where: str, archive: zipfile.ZipFile, data: bytes) -> Iterator[Content]:
    """Bytes that the archive's directory does not mention, as those of a member taken out."""
    at = 0
    for info in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if info.header_offset - at > _DESCRIPTOR:
            yield f"{where}, bytes that belong to no member", data[at : info.header_offset]
        head = data[info.header_offset : info.header_offset + 30]
        sizes = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        at = max(at, info.header_offset + 30 + sizes + info.compress_size)
    if archive.start_dir - at > _DESCRIPTOR:
        yield f"{where}, bytes that belong to no member", data[at : archive.start_dir]


def _inflated(
    where: str,
    data: bytes,
    opened: Callable[[io.BytesIO], io.BufferedIOBase],
    budget: Budget,
) -> Iterator[Content]:
    with opened(io.BytesIO(data)) as stream:
        inside = stream.read(budget.bytes_left + 1)
    if not budget.take(len(inside)):
        yield closed(where, "too large, or too deep in other archives")
    elif inside[257:262] == b"ustar":
        yield from _tar(where, inside, budget)
    else:
        yield f"{where}, unpacked", inside
    if data.startswith(b"\x1f\x8b") and len(data) > 3 and data[3] & 0x18:
        yield f"{where}, header", data[10:512]  # the name and comment that gzip keeps


def _tar(where: str, data: bytes, budget: Budget) -> Iterator[Content]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for info in archive:
            location = f"{where}, member {info.name}"
            if info.pax_headers:
                yield f"{location}, header", "\n".join(info.pax_headers.values()).encode()
            if not info.isfile():
                if info.linkname:
                    yield f"{location}, link", info.linkname.encode("utf-8", "replace")
                continue
            if not budget.take(info.size):
                yield closed(location, "too large, or too deep in other archives")
                return
            stream = archive.extractfile(info)
            yield location, stream.read() if stream else b""
