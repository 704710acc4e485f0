"""The safe copy: whatever is submitted, only plain files go in, and all else is given a reason."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import socket
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from conftest import examples, needs_root
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.model import submission
from autograder.model.errors import SubmissionError
from autograder.model.submission import Submission, collect
from autograder.sandbox.reaper import remove_folder

NOTEBOOK = b'{"cells": []}'
SECRET = b"nobody may see this"


@pytest.fixture(autouse=True)
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder beside the submission. No test may change it, or have copied what is in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.ipynb").write_bytes(SECRET)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    yield folder
    assert [file.name for file in folder.iterdir()] == ["secret.ipynb"]
    assert (folder / "secret.ipynb").read_bytes() == SECRET
    made = {"root", "in", "in.zip", "in.ipynb", "more"}
    assert {path.name for path in tmp_path.iterdir()} <= {p.name for p in before} | made
    for file in (tmp_path / "root").rglob("*"):
        assert not file.is_symlink()
        assert file.is_dir() or SECRET not in file.read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


class Collect:
    """Copies into a fresh root and checks that the report agrees with what is there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, source: Path, **options: Any) -> Submission:
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        copied = collect(source, self.root, **options)
        there = {p.relative_to(self.root) for p in self.root.rglob("*") if not p.is_dir()}
        assert there == set(map(Path, copied.files))
        assert len(set(copied.files)) == len(copied.files)
        for item in copied.skipped:
            assert item.name.isprintable()
            assert len(item.name) <= 200
            item.name.encode()
        return copied


@pytest.fixture
def copy(tmp_path: Path) -> Collect:
    return Collect(tmp_path / "root")


def reasons(copied: Submission) -> dict[str, str]:
    return {item.name: item.reason for item in copied.skipped}


def names(copied: Submission) -> list[str]:
    return [str(file) for file in copied.files]


def pack(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return path


# --- the three kinds ----------------------------------------------------------------------------


def test_folder_zip_and_notebook(tmp_path: Path, folder: Path, copy: Collect) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "b.ipynb").write_bytes(NOTEBOOK)
    (folder / "a.IPYNB").write_bytes(NOTEBOOK)
    (folder / "data.npy").write_bytes(b"x")
    archive = shutil.make_archive(str(folder), "zip", folder)
    for source in (folder, Path(archive)):
        copied = copy(source)
        assert names(copied) == ["a.IPYNB", "sub/b.ipynb"]
        assert copied.notebooks == (PurePosixPath("a.IPYNB"), PurePosixPath("sub/b.ipynb"))
        assert copied.read(copied.files[1]) == NOTEBOOK
        assert reasons(copied) == {"data.npy": "files of this kind are not part of the assignment"}
    single = tmp_path / "in.ipynb"
    single.write_bytes(NOTEBOOK)
    assert names(copy(single)) == ["in.ipynb"]


def test_copies_are_independent(folder: Path, copy: Collect) -> None:
    """A hard link is copied like any file: no upload carries one, a staff's backup may."""
    (folder / "a.ipynb").write_bytes(NOTEBOOK)
    (folder / "b.ipynb").hardlink_to(folder / "a.ipynb")
    copied = copy(folder)
    assert names(copied) == ["a.ipynb", "b.ipynb"]
    for file in copied.files:
        assert (copied.root / file).stat().st_nlink == 1
    (copied.root / "a.ipynb").write_bytes(b"changed")
    assert (folder / "b.ipynb").read_bytes() == NOTEBOOK


@pytest.mark.parametrize("make", ["nothing", "text", "empty", "fifo", "notazip", "long"])
def test_neither_of_the_three(tmp_path: Path, copy: Collect, make: str) -> None:
    source = tmp_path / "in.zip"
    match make:
        case "text":
            source.write_text("hello", encoding="utf-8")
        case "empty":
            source.touch()
        case "fifo":
            os.mkfifo(source)
        case "notazip":
            source.write_bytes(b"PK\x03\x04" + b"\0" * 100)
        case "long":
            source = tmp_path / ("x" * 5000)
    with pytest.raises(SubmissionError):
        copy(source)


def test_empty_folder(folder: Path, copy: Collect) -> None:
    copied = copy(folder)
    assert (copied.files, copied.skipped) == ((), ())


# --- folders ------------------------------------------------------------------------------------

NO_FILE = "it is not a plain file that can be read"


def test_symlinks_are_not_followed(folder: Path, outside: Path, copy: Collect) -> None:
    (folder / "file.ipynb").symlink_to(outside / "secret.ipynb")
    (folder / "relative.ipynb").symlink_to("../outside/secret.ipynb")
    (folder / "folder").symlink_to(outside)
    (folder / "folder.ipynb").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.ipynb").symlink_to(outside / "nothing")
    (folder / "self.ipynb").symlink_to(folder / "self.ipynb")
    (folder / "proc.ipynb").symlink_to("/proc/self/environ")
    (folder / "good.ipynb").write_bytes(NOTEBOOK)
    (folder / "inner.ipynb").symlink_to("good.ipynb")
    copied = copy(folder)
    assert names(copied) == ["good.ipynb"]
    links = {path.name for path in folder.iterdir() if path.is_symlink()}
    assert reasons(copied) == dict.fromkeys(links, NO_FILE)


@pytest.mark.timeout(30)
@needs_root
def test_pipes_sockets_and_devices_neither_block_nor_are_read(folder: Path, copy: Collect) -> None:
    os.mkfifo(folder / "pipe.ipynb")
    os.mknod(folder / "zero.ipynb", 0o020666, os.makedev(1, 5))
    os.mknod(folder / "disk.ipynb", 0o060666, os.makedev(7, 250))
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)
        try:
            server.bind("socket.ipynb")
        finally:
            os.chdir(here)
        started = time.monotonic()
        copied = copy(folder)
    assert time.monotonic() - started < 5  # it would be for ever
    assert reasons(copied) == dict.fromkeys(
        ["pipe.ipynb", "zero.ipynb", "disk.ipynb", "socket.ipynb"], NO_FILE
    )
    assert copied.files == ()


@needs_root
def test_unreadable_files_and_folders(folder: Path, copy: Collect, tmp_path: Path) -> None:
    """Root reads everything, so the copy is made as another user."""
    (folder / "closed.ipynb").write_bytes(SECRET)
    (folder / "closed.ipynb").chmod(0)
    (folder / "closed").mkdir(mode=0)
    (folder / "open.ipynb").write_bytes(NOTEBOOK)
    tmp_path.chmod(0o777)
    os.seteuid(65534)
    try:
        copied = copy(folder)
        (folder / "open.ipynb").stat()
        with pytest.raises(SubmissionError, match="cannot be read"):
            copy(folder / "closed.ipynb")
    finally:
        os.seteuid(0)
    assert names(copied) == ["open.ipynb"]
    assert reasons(copied) == {
        "closed.ipynb": NO_FILE,
        "closed": "it cannot be read (PermissionError)",
    }


STRANGE_NAMES = [
    b"new\nline.ipynb",
    b"return\r.ipynb",
    b"escape\x1b[31m.ipynb",
    b"bell\x07.ipynb",
    b"latin\xe9.ipynb",
    b"\xff\xfe.ipynb",
    "right\u202eto-left.ipynb".encode(),
    "isolate\u2066.ipynb".encode(),
    "zero\u200bwidth.ipynb".encode(),
    "line\u2028.ipynb".encode(),
    "private\ue000.ipynb".encode(),
    b"back\\..\\..\\slash.ipynb",
    b"..\\up.ipynb",
    b"\\absolute.ipynb",
    b"C:drive.ipynb",
    b"c:\\drive.ipynb",
]


@pytest.mark.parametrize("name", STRANGE_NAMES, ids=ascii)
def test_strange_names_in_folders(folder: Path, copy: Collect, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(NOTEBOOK)
    copied = copy(folder)
    assert copied.files == ()
    assert [item.reason for item in copied.skipped] == ["its name is not a plain relative path"]


@pytest.mark.parametrize(
    "name",
    [
        *("HW 4 (1) final.ipynb", "Übung.ipynb", "Ubung\u0308.ipynb", "作业.ipynb", "☕.ipynb"),
        *("no\u00a0break.ipynb", "10\u202fPM.ipynb", "HW4: filters.ipynb", "...ipynb", "a..ipynb"),
        *("'\"$(reboot)`.ipynb", "-rf.ipynb", "a" * 249 + ".ipynb", "~.ipynb", "%00.ipynb"),
    ],
)
def test_names_that_honest_students_choose(folder: Path, copy: Collect, name: str) -> None:
    (folder / name).write_bytes(NOTEBOOK)
    assert names(copy(folder)) == [name]
    assert names(copy(pack(folder / "in.zip", {name: NOTEBOOK}))) == [name]


def test_left_behind_by_systems_and_editors(folder: Path, copy: Collect) -> None:
    junk = ("__MACOSX/._a.ipynb", ".ipynb_checkpoints/a-checkpoint.ipynb", "x/__pycache__/b.ipynb")
    for name in (*junk, "._a.ipynb", "a.ipynb"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(NOTEBOOK)
    archive = shutil.make_archive(str(folder), "zip", folder)
    for source in (folder, Path(archive)):
        copied = copy(source)
        assert names(copied) == ["a.ipynb"]
        assert copied.skipped == ()


def test_a_zip_inside_a_folder_is_not_opened(folder: Path, copy: Collect) -> None:
    pack(folder / "inner.zip", {"a.ipynb": NOTEBOOK})
    copied = copy(folder)
    assert copied.files == ()
    assert reasons(copied) == {
        "inner.zip": "it is an archive inside the submission; submit its contents"
    }


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_patterns(folder: Path, copy: Collect, kind: str) -> None:
    taken = ["logs/a.csv", "colab/hw4/logs/b.csv", "Logs/C.CSV", "answers.toml", "x/answers.toml"]
    left = ["d.csv", "logs/x/e.csv", "logs.csv", "logs/f.txt", "my-answers.toml", "logs/csv"]
    for name in (*taken, *left):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"1")
    source = folder if kind == "folder" else Path(shutil.make_archive(str(folder), "zip", folder))
    copied = copy(source, patterns=("logs/*.csv", "answers.toml"))
    assert sorted(names(copied)) == sorted(taken)
    assert sorted(reasons(copied)) == sorted(left)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_what_may_be_a_file_asked_for_is_taken(folder: Path, copy: Collect, kind: str) -> None:
    """By its name alone; how the file is read, and whether it counts, is decided later."""
    taken = ["lab.ipynb.txt", "lab.ipynb (1)", "lab.json", "x/solver (1).py", "deep_jdoe.py"]
    left = ["solver.pyc", "lab.csv", "other.py", "notes.txt", "lab.ipynb.zip", "solver.py.tar.gz"]
    for name in (*taken, *left):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"1")
    source = folder if kind == "folder" else Path(shutil.make_archive(str(folder), "zip", folder))
    copied = copy(source, names=("lab.ipynb", "solver.py", "nets/deep.py"))
    assert sorted(names(copied)) == sorted(taken)
    assert sorted(reasons(copied)) == sorted(left)
    assert names(copy(folder / "lab.ipynb (1)", names=("lab.ipynb",))) == ["lab.ipynb (1)"]


def test_unsafe_names_are_refused_however_near_they_are(tmp_path: Path, copy: Collect) -> None:
    unsafe = ["../lab (1).ipynb", "/lab.ipynb.txt", "lab\n.ipynb (1)", "a" * 5000 + "_lab.ipynb"]
    archive = pack(tmp_path / "in.zip", dict.fromkeys(unsafe, SECRET))
    assert names(copy(archive, names=("lab.ipynb",))) == []


def test_case_variants_are_two_files(folder: Path, copy: Collect) -> None:
    (folder / "A.ipynb").write_bytes(b"1")
    (folder / "a.ipynb").write_bytes(b"2")
    copied = copy(folder)
    assert [copied.read(file) for file in copied.files] == [b"1", b"2"]


def test_deep_folders(folder: Path, copy: Collect) -> None:
    """Deeper than Python's recursion limit and than a path may be long."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("deeper", dir_fd=here)
        following = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = following
    os.close(here)
    (folder / "a.ipynb").write_bytes(NOTEBOOK)
    try:
        copied = copy(folder)
    finally:
        remove_folder(folder)  # pytest could not
    assert names(copied) == ["a.ipynb"]
    assert [item.reason for item in copied.skipped] == ["it lies too deep"]


def test_many_files(folder: Path, copy: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MAX_ENTRIES", 50)
    for number in range(60):
        (folder / f"{number:03}.ipynb").write_bytes(NOTEBOOK)
    copied = copy(folder)
    assert len(copied.files) == 50
    assert reasons(copied) == {"(further files)": "only the first 50 are looked at"}
    for number in range(60):
        (folder / f"{number:03}.ipynb").unlink()
        (folder / f"{number:03}").mkdir()
    (folder / "zzz.ipynb").write_bytes(NOTEBOOK)
    assert copy(folder).files == ()


def test_sizes(folder: Path, copy: Collect) -> None:
    (folder / "a.ipynb").write_bytes(b"x" * 1_000_000)
    (folder / "b.ipynb").write_bytes(b"x" * 1_000_001)
    (folder / "c.ipynb").write_bytes(b"x" * 900_000)
    (folder / "d.ipynb").write_bytes(b"x" * 200_000)
    (folder / "e.ipynb").write_bytes(b"x" * 100_000)
    with (folder / "f.ipynb").open("wb") as sparse:
        sparse.truncate(1 << 40)
    large = "it is larger than allowed"
    for source in (folder, pack(folder / "in.zip", {"b.ipynb": b"x" * 1_000_001})):
        copied = copy(source, file_mb=1, submission_mb=2)
        assert reasons(copied)["b.ipynb"] == large
    (folder / "in.zip").unlink()
    copied = copy(folder, file_mb=1, submission_mb=2)
    assert names(copied) == ["a.ipynb", "c.ipynb", "e.ipynb"]
    assert reasons(copied) == dict.fromkeys(["b.ipynb", "d.ipynb", "f.ipynb"], large)


def test_a_full_disk_is_not_the_students_fault(
    folder: Path, copy: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.ipynb").write_bytes(NOTEBOOK)

    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        copy(folder)


# --- zips ---------------------------------------------------------------------------------------

#: Names that only a zip can hold; zipfile cuts a name at its first NUL.
UNSAFE = [
    *("/absolute.ipynb", "//host/share.ipynb", "../up.ipynb", "a/../../up.ipynb", "a/../b.ipynb"),
    *("..\\up.ipynb", "a\\..\\..\\up.ipynb", "\\\\host\\share.ipynb", "C:\\a.ipynb", "c:a.ipynb"),
    *("C:/a.ipynb", "a/" * 20 + "a.ipynb", "a" * 1000 + ".ipynb", "a" * 256 + ".ipynb"),
    *("\u00e9" * 130 + ".ipynb", "x\ny.ipynb", "\u202ebnypi.ipynb", "\x7f.ipynb"),
]


@pytest.mark.parametrize("name", UNSAFE, ids=lambda name: ascii(name)[:30])
def test_unsafe_names_in_zips(tmp_path: Path, copy: Collect, name: str) -> None:
    copied = copy(pack(tmp_path / "in.zip", {name: SECRET, "good.ipynb": NOTEBOOK}))
    assert names(copied) == ["good.ipynb"]
    assert [item.reason for item in copied.skipped] == ["its name is not a plain relative path"]


@pytest.mark.parametrize("name", ["", ".", "./", "/", "..", "\\", "a/", "a\\", "x.ipynb/"])
def test_names_that_name_nothing(tmp_path: Path, copy: Collect, name: str) -> None:
    copied = copy(pack(tmp_path / "in.zip", {name: b"x", "good.ipynb": NOTEBOOK}))
    assert names(copied) == ["good.ipynb"]


def test_plain_names_in_other_spellings(tmp_path: Path, copy: Collect) -> None:
    copied = copy(pack(tmp_path / "in.zip", {"./a//b.ipynb": NOTEBOOK, "c\\d.ipynb": NOTEBOOK}))
    assert names(copied) == ["a/b.ipynb", "c/d.ipynb"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice(tmp_path: Path, copy: Collect) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for number, name in enumerate(["a.ipynb", "a.ipynb", "./a.ipynb", ".//a.ipynb"]):
            archive.writestr(name, str(number))
    copied = copy(tmp_path / "in.zip")
    assert copied.read(PurePosixPath("a.ipynb")) == b"0"
    assert len(copied.skipped) == 3
    assert set(reasons(copied).values()) == {"the submission holds another file of this name"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_where_a_folder_should_be(tmp_path: Path, copy: Collect, order: int) -> None:
    entries = [("a.ipynb", b"1"), ("a.ipynb/b.ipynb", b"2"), ("a.ipynb/b.ipynb/c.ipynb", b"3")]
    copied = copy(pack(tmp_path / "in.zip", dict(entries[::order])))
    assert len(copied.files) == 1
    assert copied.read(copied.files[0]) == entries[::order][0][1]
    assert len(copied.skipped) == 2


def test_links_and_devices_in_zips(tmp_path: Path, copy: Collect) -> None:
    kinds = {"link": 0o120777, "fifo": 0o010666, "block": 0o060666, "char": 0o020666}
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name, mode in kinds.items():
            info = zipfile.ZipInfo(f"{name}.ipynb")
            info.external_attr = mode << 16
            archive.writestr(info, str(tmp_path / "outside" / "secret.ipynb"))
        through = zipfile.ZipInfo("folder")
        through.external_attr = 0o120777 << 16
        archive.writestr(through, str(tmp_path / "outside"))
        archive.writestr("folder/secret.ipynb", b"overwritten")
        folder = zipfile.ZipInfo("plain/")
        folder.external_attr = 0o040755 << 16 | 0x10
        archive.writestr(folder, b"")
        suid = zipfile.ZipInfo("suid.ipynb")
        suid.external_attr = 0o106777 << 16
        archive.writestr(suid, NOTEBOOK)
    copied = copy(tmp_path / "in.zip")
    assert names(copied) == ["folder/secret.ipynb", "suid.ipynb"]
    left = {*(f"{name}.ipynb" for name in kinds), "folder"}
    assert reasons(copied) == dict.fromkeys(left, "it is not a plain file")
    assert (copied.root / "suid.ipynb").stat().st_mode & 0o7111 == 0


# zip files made by hand: what the library would not write


def claimed(data: bytes) -> dict[str, int]:
    size = len(data)
    return {"flags": 0, "method": 0, "crc": zlib.crc32(data), "csize": size, "size": size}


def local(name: bytes, data: bytes, **fields: int) -> bytes:
    v = claimed(data) | fields
    return (
        struct.pack("<4s5H3L2H", b"PK\3\4", 20, v["flags"], v["method"], 0, 0,
                    v["crc"], v["csize"], v["size"], len(name), 0) + name + data
    )  # fmt: skip


def central(name: bytes, data: bytes, offset: int, **fields: int) -> bytes:
    v = claimed(data) | fields
    return (
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, v.get("version", 20), v["flags"], v["method"],
                    0, 0, v["crc"], v["csize"], v["size"], len(name), 0, 0, 0, 0,
                    v.get("attributes", 0), offset) + name
    )  # fmt: skip


def end(count: int, size: int, offset: int) -> bytes:
    count = min(count, 0xFFFF)
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, 0)


def by_hand(data: bytes, claims: dict[str, int], here: dict[str, int] | None = None) -> bytes:
    first = local(b"bad.ipynb", data, **(claims if here is None else here))
    second = local(b"good.ipynb", NOTEBOOK)
    table = central(b"bad.ipynb", data, 0, **claims)
    table += central(b"good.ipynb", NOTEBOOK, len(first))
    return first + second + table + end(2, len(table), len(first) + len(second))


ZEROS = zlib.compress(b"\0" * 50_000, 9)[2:-4]
DAMAGED: dict[str, tuple[bytes, dict[str, int]]] = {
    "wrong checksum": (SECRET, {"crc": 1}),
    "says less than it holds": (ZEROS, {"method": 8, "size": 10}),
    "says 4 GB": (b"x", {"size": 0xFFFFFFFE}),
    "compressed size beyond the end": (b"x", {"csize": 0xFFFFFF}),
    "encrypted": (b"x" * 20, {"flags": 1}),
    "strongly encrypted": (b"x" * 20, {"flags": 0x41}),
    "patched data": (b"x" * 20, {"flags": 0x20}),
    "no deflated data": (b"\xff" * 20, {"method": 8}),
    "cut deflated data": (ZEROS[:-10], {"method": 8, "size": 50_000}),
    "shrunk": (b"x", {"method": 1}),
    "deflate64": (b"x", {"method": 9}),
    "bzip2 without": (b"x", {"method": 12}),
    "lzma without": (b"x", {"method": 14}),
    "zstandard": (b"x", {"method": 93}),
    "unknown method": (b"x", {"method": 999}),
}


@pytest.mark.parametrize(("data", "claims"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_entries_cost_no_other(
    tmp_path: Path, copy: Collect, data: bytes, claims: dict[str, int]
) -> None:
    (tmp_path / "in.zip").write_bytes(by_hand(data, claims))
    copied = copy(tmp_path / "in.zip")
    assert names(copied) == ["good.ipynb"]
    assert list(reasons(copied)) == ["bad.ipynb"]


def test_the_handmade_zip_is_right_but_for_its_fault(tmp_path: Path, copy: Collect) -> None:
    fields = {"method": 8, "size": 50_000, "crc": zlib.crc32(b"\0" * 50_000)}
    (tmp_path / "in.zip").write_bytes(by_hand(ZEROS, fields))
    copied = copy(tmp_path / "in.zip")
    assert names(copied) == ["bad.ipynb", "good.ipynb"]
    assert copied.read(copied.files[0]) == b"\0" * 50_000


def test_headers_that_disagree(tmp_path: Path, copy: Collect) -> None:
    """The entry's own header names another file, another method, other flags."""
    for here in ({"method": 12}, {"flags": 0x800}, {"size": 0, "csize": 0}):
        (tmp_path / "in.zip").write_bytes(by_hand(NOTEBOOK, {}, here))
        assert "good.ipynb" in names(copy(tmp_path / "in.zip"))
    whole = by_hand(NOTEBOOK, {})
    (tmp_path / "in.zip").write_bytes(whole.replace(b"bad.ipynb", b"../.ipynb", 1))
    assert names(copy(tmp_path / "in.zip")) == ["good.ipynb"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bombs(tmp_path: Path, copy: Collect, method: int) -> None:
    """A small zip of huge content; bzip2 and LZMA would unpack all of it in one step."""
    with (
        zipfile.ZipFile(tmp_path / "in.zip", "w", method) as archive,
        archive.open("bomb.ipynb", "w") as out,
    ):
        for _ in range(12):
            out.write(bytes(10**7))
    bomb = bytearray((tmp_path / "in.zip").read_bytes())
    assert len(bomb) < 10**6
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        at = bomb.rindex(signature) if signature == b"PK\1\2" else bomb.index(signature)
        bomb[at + place : at + place + 4] = struct.pack("<L", 10)  # "only ten bytes"
    (tmp_path / "more").write_bytes(bomb)
    for source in ("in.zip", "more"):
        tracemalloc.start()
        try:
            copied = copy(tmp_path / source, file_mb=5)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert copied.files == ()
        assert list(reasons(copied)) == ["bomb.ipynb"]
        assert peak < 20 << 20


def test_overlapping_entries(tmp_path: Path, copy: Collect) -> None:
    """A thousand entries share one kernel of data: each is right, together they pass the bound."""
    data = zlib.compress(bytes(9 * 10**5), 9)[2:-4]
    fields = {"method": 8, "size": 9 * 10**5, "crc": zlib.crc32(bytes(9 * 10**5))}
    kernel = local(b"0.ipynb", data, **fields)
    table = b"".join(central(b"0.ipynb", data, 0, **fields) for _ in range(3))
    table += b"".join(
        central(f"{number}.ipynb".encode(), data, 0, **fields) for number in range(1000)
    )
    (tmp_path / "in.zip").write_bytes(kernel + table + end(1003, len(table), len(kernel)))
    copied = copy(tmp_path / "in.zip", file_mb=1, submission_mb=4)
    assert names(copied) == ["0.ipynb"]
    assert len(copied.skipped) == 1002


@pytest.mark.parametrize("what", ["checksum", "large"])
def test_work_is_bounded(tmp_path: Path, copy: Collect, what: str) -> None:
    """A thousand names for one damaged entry: reading each to its end would take minutes."""
    data = zlib.compress(bytes(9 * 10**6), 9)[2:-4]
    fields = {"method": 8, "size": 9 * 10**6, "crc": 1}
    if what == "large":
        fields["size"] = 11 * 10**6
    parts, table, at = [], b"", 0
    for number in range(1000):
        name = f"{number}.ipynb".encode()
        parts.append(local(name, data, **fields))
        table += central(name, data, at, **fields)
        at += len(parts[-1])
    (tmp_path / "in.zip").write_bytes(b"".join(parts) + table + end(1000, len(table), at))
    started = time.process_time()
    copied = copy(tmp_path / "in.zip", file_mb=10, submission_mb=20)
    assert time.process_time() - started < 15  # it would be a minute, and an hour with more names
    assert copied.files == ()
    assert len(copied.skipped) == 1000


def test_a_zip_that_holds_itself(tmp_path: Path, copy: Collect) -> None:
    """Nothing is unpacked twice, so a quine is one more file of the wrong kind."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("in.zip", b"PK")
    copied = copy(pack(tmp_path / "in.zip", {"in.zip": inner.getvalue(), "a.ipynb": NOTEBOOK}))
    assert names(copied) == ["a.ipynb"]
    assert list(reasons(copied)) == ["in.zip"]


@pytest.mark.parametrize("count", [100_000, 400_000])
def test_many_entries(tmp_path: Path, copy: Collect, count: int) -> None:
    """Of 10^5 entries the first are looked at; a table of 16 MB is not even read."""
    table = b"".join(central(b"%06d" % number, b"", 0) for number in range(count))
    (tmp_path / "in.zip").write_bytes(table + end(count, len(table), 0))
    started = time.process_time()
    if count > 300_000:
        with pytest.raises(SubmissionError, match="damaged"):
            copy(tmp_path / "in.zip")
    else:
        copied = copy(tmp_path / "in.zip")
        assert copied.files == ()
        assert reasons(copied)["(further files)"] == "only the first 20000 are looked at"
    assert time.process_time() - started < 15


def test_many_notebooks_in_a_zip(tmp_path: Path, copy: Collect) -> None:
    """Looking for doubles must not take the square of their number."""
    source = pack(tmp_path / "in.zip", {f"{number}.ipynb": b"" for number in range(5000)})
    started = time.process_time()
    copied = copy(source)
    assert time.process_time() - started < 10
    assert len(copied.files) == submission.MAX_FILES == 2000
    assert reasons(copied)["4999.ipynb"] == "only the first 2000 files are taken"


def test_an_archive_larger_than_allowed(tmp_path: Path, copy: Collect) -> None:
    source = pack(tmp_path / "in.zip", {"a.ipynb": os.urandom(1_100_000)})
    with pytest.raises(SubmissionError, match="larger than 1 MB"):
        copy(source, submission_mb=1)


DAMAGED_TABLES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-30],
    "version 9.9": lambda data: data.replace(b"PK\1\2\x14\0\x14\0", b"PK\1\2\x14\0\x63\0", 1),
    "no UTF-8": lambda data: data.replace(
        central(b"bad.ipynb", b"x", 0), central(b"\xff\xfe.ipynb"[:9], b"x", 0, flags=0x800)
    ),
    "table cut": lambda data: data[: data.index(b"PK\1\2") + 20] + data[-22:],
    "table elsewhere": lambda data: data[:-6] + struct.pack("<LH", 7, 0),
    "table beyond the end": lambda data: data[:-6] + struct.pack("<LH", 0xFFFFFFF0, 0),
    "table too long": lambda data: data[:-10] + struct.pack("<LLH", 0xFFFFFFF0, 0, 0),
    "zip64 without": lambda data: data[:-10] + b"\xff" * 8 + b"\0\0",
    "entry beyond the end": lambda data: data.replace(
        central(b"bad.ipynb", b"x", 0), central(b"bad.ipynb", b"x", 0xFFFFFFF0)
    ),
}


@pytest.mark.parametrize("spoil", DAMAGED_TABLES.values(), ids=DAMAGED_TABLES.keys())
def test_damaged_tables(tmp_path: Path, copy: Collect, spoil: Callable[[bytes], bytes]) -> None:
    good = by_hand(b"x", {})
    bad = spoil(good)
    assert bad != good
    (tmp_path / "in.zip").write_bytes(bad)
    try:
        copied = copy(tmp_path / "in.zip")
    except SubmissionError as error:
        assert "damaged" in str(error) or "nor a readable zip" in str(error)
    else:
        assert len(copied.files) + len(copied.skipped) == 2


@settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_mutated_zips(tmp_path: Path, copy: Collect, data: st.DataObject) -> None:
    bad = bytearray(by_hand(ZEROS, {"method": 8, "size": 50_000}))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(bad)))
        length = data.draw(st.integers(0, 4))
        bad[place : place + length] = data.draw(st.binary(max_size=6))
    (tmp_path / "in.zip").write_bytes(bad)
    with contextlib.suppress(SubmissionError):
        copy(tmp_path / "in.zip")


@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(found=st.lists(st.text(min_size=1, max_size=40), max_size=5, unique=True))
def test_arbitrary_names(tmp_path: Path, copy: Collect, found: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in found:
            try:
                archive.writestr(f"{name}.ipynb", NOTEBOOK)
            except (UnicodeEncodeError, IndexError):  # surrogates; nothing before a NUL
                continue
    copy(tmp_path / "in.zip")
