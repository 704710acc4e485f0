"""Folders that may be read and one that may be written come in; for this process nothing else is.

Landlock's rules hold for ever, for this thread and all that it starts. They name files by inode:
what is not beneath a granted folder is refused, whoever may read it. Attributes (``stat``, and
``chmod`` of one's own) are outside of what Landlock handles; the user of its own is there for them.

Numbers and meanings: ``include/uapi/linux/landlock.h``, and the kernel's
``Documentation/userspace-api/landlock.rst``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import stat
import struct
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from types import ModuleType

LIBC = ctypes.CDLL(None, use_errno=True)
#: The same numbers on every architecture.
SYS_CREATE_RULESET, SYS_ADD_RULE, SYS_RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
ELF_INTERPRETER = 3
RULE_PATH_BENEATH = 1
#: Denials are not written to the audit log, neither this process's nor those of its own sandboxes:
#: honest libraries look around too. What a new program is denied is not logged anyway.
RESTRICT_SELF_LOG_SAME_EXEC_OFF, RESTRICT_SELF_LOG_SUBDOMAINS_OFF = 1, 4


class Right(IntFlag):
    """What may be done to a file or folder."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


class Net(IntFlag):
    """What may be done with TCP ports. None is granted."""

    BIND_TCP = 1 << 0
    CONNECT_TCP = 1 << 1


class Scope(IntFlag):
    """What may not reach beyond the domain."""

    ABSTRACT_UNIX_SOCKET = 1 << 0
    SIGNAL = 1 << 1


#: The version of the interface with which each came.
RIGHTS_SINCE = {
    1: ~Right.REFER & ~Right.TRUNCATE & ~Right.IOCTL_DEV,
    2: Right.REFER,
    3: Right.TRUNCATE,
    5: Right.IOCTL_DEV,
}
NET_SINCE, SCOPE_SINCE, LOG_FLAGS_SINCE = 4, 6, 7

READ = Right.READ_FILE | Right.READ_DIR
RUN = Right.READ_FILE | Right.EXECUTE
SCRATCH = ~(Right.EXECUTE | Right.MAKE_CHAR | Right.MAKE_BLOCK | Right.IOCTL_DEV)
#: All that a rule for something that is no folder may name.
FILE_RIGHTS = Right.EXECUTE | Right.WRITE_FILE | Right.READ_FILE | Right.TRUNCATE | Right.IOCTL_DEV

#: What shared libraries are loaded from, beside the interpreter's own folders.
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64")
#: Where systems keep whole programs beside their libraries: git, compilers, Java. What can be read
#: can be started by the loader, so that of these only what Python looks for is granted.
MIXED = ("/lib", "/usr/lib", "/usr/local/lib")
NEEDED = re.compile(
    r".*\.so(\.[\d.]+)?|python\d[\d.]*|.*-linux-(gnu|musl).*|locale|gconv|ssl|os-release"
)
#: What libraries read of the system: no accounts, no host, nothing that somebody has written.
DATA = (
    *(f"/etc/{name}" for name in ("ld.so.cache", "localtime", "timezone", "mime.types", "fonts")),
    "/etc/ssl/openssl.cnf",
    *(f"/usr/share/{name}" for name in ("zoneinfo", "fonts", "fontconfig", "mime")),
    *("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node"),
    # not /dev/zero, of which a shared mapping is memory that belongs to no process
    *("/dev/random", "/dev/urandom"),
)
NULL = "/dev/null"
#: Resolved when the rule is made: the folder of the process that makes it, and of no other.
OWN_PROCESS = "/proc/self"
#: What is read there about the process. What tells of its namespaces (sockets, mounts, groups) lies
#: there too, and beneath each of its threads.
OWN_FILES = tuple(
    f"{OWN_PROCESS}/{name}"
    for name in (
        *("cmdline", "comm", "io", "limits", "maps", "mem", "oom_score", "oom_score_adj"),
        *("smaps", "smaps_rollup", "stat", "statm", "status"),
    )
)


@dataclass(frozen=True)
class Handled:
    """What a version of the interface can be asked to refuse."""

    rights: Right
    net: Net
    scope: Scope
    flags: int

    @classmethod
    def by(cls, version: int) -> Handled:
        """Everything that this version knows."""
        rights = Right(0)
        for since, more in RIGHTS_SINCE.items():
            if version >= since:
                rights |= more
        logs = RESTRICT_SELF_LOG_SAME_EXEC_OFF | RESTRICT_SELF_LOG_SUBDOMAINS_OFF
        return cls(
            rights,
            ~Net(0) if version >= NET_SINCE else Net(0),
            ~Scope(0) if version >= SCOPE_SINCE else Scope(0),
            logs if version >= LOG_FLAGS_SINCE else 0,
        )


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of the kernel's interface; 0 where there is none, or it is switched off."""
    found: int = LIBC.syscall(
        ctypes.c_long(SYS_CREATE_RULESET), None, ctypes.c_size_t(0), CREATE_RULESET_VERSION
    )
    return max(found, 0)


def grants(readable: Iterable[str], scratch: str) -> list[tuple[str, Right]]:
    """What a worker may do, by path; ``readable`` beside what Python and its libraries need."""
    return [
        *((path, RUN) for path in PROGRAMS),
        *((path, READ) for path in (*PYTHON, *_EXISTING_DATA, *readable)),
        (OWN_PROCESS, Right.READ_DIR),
        *((path, Right.READ_FILE) for path in OWN_FILES),
        (NULL, Right.READ_FILE | Right.WRITE_FILE | Right.TRUNCATE),
        (scratch, SCRATCH),
    ]


def restrict(granted: Iterable[tuple[str, Right]], handled: Handled) -> None:
    """Refuse this thread, for ever, all that is handled and not granted. Needs no_new_privs.

    A granted path that does not exist, or that this user cannot reach, is left out.

    Raises:
        OSError: the kernel refuses.
    """
    attributes = _RulesetAttributes(handled.rights, handled.net, handled.scope)
    ruleset = _checked(
        LIBC.syscall(
            ctypes.c_long(SYS_CREATE_RULESET),
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes)),
            0,
        ),
        "Landlock's rules cannot be made",
    )
    try:
        for path, rights in granted:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _grant(ruleset, path, rights & handled.rights)
        _checked(
            LIBC.syscall(ctypes.c_long(SYS_RESTRICT_SELF), ruleset, handled.flags),
            "Landlock's rules cannot be put in force",
        )
    finally:
        os.close(ruleset)


def _grant(ruleset: int, path: str, rights: Right) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FILE_RIGHTS
        rule = _PathBeneath(rights, descriptor)
        call = (ctypes.c_long(SYS_ADD_RULE), ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        if LIBC.syscall(*call) != 0:
            # Not PermissionError, whatever the number: that would pass for a path out of reach.
            raise RuntimeError(f"Landlock's rule for {path}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


# --- what the interpreter needs -------------------------------------------------------------------


def interpreter_files() -> list[str]:
    """The folders and files of the running Python, of its environment and of their packages.

    Not the whole prefix: an environment may have been made in the project's own folder.
    """
    paths = sysconfig.get_paths()
    folders = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for prefix in (sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix):
        folders += [str(Path(prefix) / name) for name in ("lib", "lib64", "pyvenv.cfg")]
    folders += os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return folders


def programs() -> list[str]:
    """What may be started: the running Python, and the loader that the kernel starts it with."""
    if not sys.executable:
        return []
    interpreter = os.path.realpath(sys.executable)
    loader = _loader(Path(interpreter))
    return [interpreter, *([os.path.realpath(loader)] if loader else [])]


def _loader(program: Path) -> str | None:
    """What an ELF file of 64 bits names as its loader; None if it is no such file, or names none.

    Offsets: ``elf.h``, ``Elf64_Ehdr`` and ``Elf64_Phdr``; both machines keep low bytes first.
    """
    if not program.is_file():
        return None
    with program.open("rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            return None
        (offset,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
        for row in range(0, len(table), max(size, 1)):
            kind, _flags, offset = struct.unpack_from("<IIQ", table, row)
            (length,) = struct.unpack_from("<Q", table, row + 32)
            if kind == ELF_INTERPRETER:
                file.seek(offset)
                return os.fsdecode(file.read(length).rstrip(b"\0"))
    return None


def narrowed(folders: Iterable[str]) -> list[str]:
    """The same, but of those that hold whole programs too only what Python needs of them."""
    mixed = {os.path.realpath(folder) for folder in MIXED}
    found: list[str] = []
    for folder in folders:
        if os.path.realpath(folder) not in mixed:
            found.append(folder)
        elif Path(folder).is_dir():
            names = sorted(os.listdir(folder))  # noqa: PTH208
            found += [f"{folder}/{name}" for name in names if NEEDED.fullmatch(name)]
    return found


def imported_files(modules: Iterable[ModuleType]) -> tuple[str, ...]:
    """The folders of packages and the files of modules, wherever they were imported from.

    The rest of a package may be imported later, and a package need not lie where others do.
    """
    found: list[str] = []
    for module in modules:
        if "." in getattr(module, "__name__", "."):
            continue  # beneath its package
        folders = getattr(module, "__path__", None)
        file = getattr(module, "__file__", None)
        found += [str(folder) for folder in folders] if folders else [file] if file else []
    return without_nested(found, beneath=PYTHON)


def without_nested(paths: Iterable[str], beneath: Iterable[str] = ()) -> tuple[str, ...]:
    """The absolute ones of the paths, links followed, without those beneath another of them.

    The root folder is never among them: it would grant everything.
    """
    outer = {os.path.realpath(path) for path in beneath}
    kept: list[str] = []
    for path in sorted({os.path.realpath(path) for path in paths if path.startswith("/")}):
        above = {str(parent) for parent in (Path(path), *Path(path).parents)}
        if path.strip("/") and not above & outer:
            kept.append(path)
            outer.add(path)
    return tuple(kept)


#: Found before any fork; nothing of it changes.
PROGRAMS = tuple(programs())
PYTHON = tuple(
    path
    for path in without_nested(narrowed([*LIBRARIES, *interpreter_files()]))
    if Path(path).exists()
)
_EXISTING_DATA = tuple(path for path in DATA if Path(path).exists())
