"""A file's name and bytes come in; all its parts, down through archives and payloads, go out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from release.leaks.archives import closed, contents, is_archive
from release.leaks.extract.formats import known
from release.leaks.extract.pickles import is_pickle, pickle_texts
from release.leaks.extract.reader import format_of, read
from release.leaks.images import image_texts, is_image
from release.leaks.leftovers import leftover_in_archive
from release.leaks.lines import labelled, page
from release.leaks.parts import BINARY, Blob, Budget, Compiled, Oddity, Part, PartKind, Unread
from release.leaks.texts import code_in_string, decoded, runs, streams
from release.leaks.written import Written, text_parts

UNKNOWN = "unknown binary format"
_NO_FILES = (", comment", ", extra field", ", header", ", link", ", bytes that belong to no member")
_TENSOR = re.compile(r"\bdata/\d+")
#: Of a binary file's texts, those that may hold others, and how many of them are taken apart.
_HOLDS_OTHERS = 40
_MOST_RUNS = 20_000
_KINDS = {"pdf": "PDF", "compiled": "compiled Python", "database": "database"}


def file_parts(where: str, name: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    """The parts of a file, or of an archive's member; an unknown binary format is one.

    Args:
        where: its place in words.
        name: its name, also with words before it.
        data: its bytes.
        budget: what may still be unpacked.
        file: the file of the bundle that it is in.
    """
    yield from parts(where, name, data, budget, file)
    if is_archive(name, data) or is_image(data) or format_of(data) or decoded(data) is not None:
        return
    found = known(name, data)
    if found is None:
        yield Unread(where, "all but the plain texts in it")
        yield Oddity(
            where,
            f"a file of an {UNKNOWN}, which cannot be looked into",
            "leave it out, or say by an entry [[allow]] in the manifest what it is: "
            f'file = "{file}", text = "{UNKNOWN}", reason = "..."',
            f"{file} {UNKNOWN}",
        )
    elif found.unread:
        yield Unread(where, f"{found.unread} ({found.name})")


def parts(where: str, name: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    """The parts of any bytes, also of the files in them."""
    yield Blob(where, data)
    if is_archive(name, data):
        yield from _members(where, name, data, budget, file)
        if data.startswith((b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
            return
    if is_image(data):
        yield from _image(where, data, budget, file)
        return
    kind = format_of(data)
    text = None if kind else decoded(data)
    if text is not None:
        for part in text_parts(where, PurePosixPath(name), text, budget):
            yield from _written(part, budget, file)
        return
    if kind:
        yield from _read(where, kind, data, budget, file)
    else:
        yield from _binary(where, data, budget, file)
    yield page(BINARY, where, "\n".join(runs(data)))
    for offset, inside in streams(data):
        if budget.take(len(inside)):
            location = f"{where}, compressed at byte {offset}"
            # A git object starts with its kind and size.
            content = re.sub(rb"\A(?:blob|commit|tag) \d+\0", b"", inside)
            yield PartKind("compressed streams")
            yield from _below(location, "", content, budget, file)


def _image(where: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    yield PartKind("images")
    yield Unread(where, "pixels")
    texts = [(f"{where}, text chunk {key}", text) for key, text in image_texts(data)]
    yield labelled("text chunks", texts)
    for location, chunk in texts:
        yield from _inside(location, chunk, budget, file)
    yield page(BINARY, where, "\n".join(runs(data)))


def _binary(where: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    """What the texts in a binary file hold; their lines are searched as those of the file."""
    if is_pickle(data):
        texts = list(pickle_texts(data))
        yield labelled("texts of a pickle", [(f"{where}, its texts", text) for text in texts])
    else:
        texts = [run for run in runs(data) if len(run) >= _HOLDS_OTHERS][:_MOST_RUNS]
    for text in texts:
        yield from _inside(f"{where}, its texts", text, budget, file)


def _read(where: str, kind: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    """What a reader in a process of its own finds."""
    found = read(kind, data)
    if found.problem:
        yield closed(where, f"a {_KINDS[kind]} that cannot be read: {found.problem}")
    texts = [(f"{where}, {location}", text) for location, text in found.texts]
    yield labelled(f"lines of {_KINDS[kind]}", texts)
    if kind == "pdf":  # an answer may begin on one page and end on the next
        yield from code_in_string(where, "\n".join(text for _, text in texts))
    for location, text in texts:
        yield from _inside(location, text, budget, file)
    if kind == "compiled":
        yield Compiled(where, found.used, frozenset(found.names))
        yield labelled("names in compiled Python", [(where, "\n".join(found.used))])
    for location, content in found.files:
        if budget.take(len(content)):
            yield PartKind(f"files in a {_KINDS[kind]}")
            yield from _below(f"{where}, {location}", location, content, budget, file)
    for what in found.unread:
        yield Unread(where, what)


def _inside(location: str, text: str, budget: Budget, file: str) -> Iterator[Part]:
    """What a text that is part of something else says; the lines as such are searched already."""
    yield from code_in_string(location, text)
    for part in text_parts(location, PurePosixPath(), text, budget, whole=False):
        yield from _written(part, budget, file)


def _written(part: Part | Written, budget: Budget, file: str) -> Iterator[Part]:
    if not isinstance(part, Written):
        yield part
    elif budget.take(len(part.data)):
        yield PartKind(part.kind)
        yield from _below(part.where, "", part.data, budget, file)


def _members(where: str, name: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    has_tensors = b"/data.pkl" in data  # PyTorch's: each tensor is a member of mere numbers
    for content in contents(where, name, data, budget):
        if isinstance(content, Oddity):
            yield content
            yield Unread(content.where, "all of it")
            continue
        location, inside = content
        yield PartKind("archive members")
        if hashlib.sha256(inside).hexdigest() in budget.known:
            yield PartKind("files of the harness")
            continue
        member = location.removeprefix(where).removeprefix(", member ")
        yield labelled("file names", [(location, location.removeprefix(where))])
        if location.endswith(_NO_FILES) or (has_tensors and _TENSOR.search(member)):
            yield from _below(location, location, inside, budget, file)
            continue
        if left := leftover_in_archive(member):
            what = "something that belongs into no bundle"
            yield Oddity(location, what, "take it out", f"{where} {left}")
        budget.depth += 1
        yield from file_parts(location, location, inside, budget, file)
        budget.depth -= 1


def _below(where: str, name: str, data: bytes, budget: Budget, file: str) -> Iterator[Part]:
    budget.depth += 1
    yield from parts(where, name, data, budget, file)
    budget.depth -= 1
