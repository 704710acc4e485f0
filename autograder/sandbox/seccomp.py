"""The machine's kind comes in, a filter of system calls goes out; in force, it binds for ever.

Everything is allowed but what running student code does not need and what has let programs out of
sandboxes before. A refused call fails with EPERM, as it does for any user without rights, so that
honest libraries find another way; only calls by the numbers of another machine end the process.

Numbers: ``asm/unistd_64.h`` (x86-64), ``asm-generic/unistd.h`` (aarch64). The program is classic
BPF: ``include/uapi/linux/bpf_common.h``, ``include/uapi/linux/seccomp.h``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LIBC = ctypes.CDLL(None, use_errno=True)
PR_GET_SECCOMP, PR_SET_SECCOMP, MODE_FILTER = 21, 22, 2

ALLOW, KILL = 0x7FFF_0000, 0x8000_0000
REFUSE = 0x0005_0000 | errno.EPERM
#: As on a kernel that lacks the call: the C library then takes the older one.
UNKNOWN = 0x0005_0000 | errno.ENOSYS
UNSUPPORTED = 0x0005_0000 | errno.EOPNOTSUPP
#: As if it had been done.
NOTHING = 0x0005_0000

LOAD, AND, RETURN, JUMP = 0x20, 0x54, 0x06, 0x05
IF_EQUAL, IF_AT_LEAST = 0x15, 0x35
#: Offsets in ``struct seccomp_data``; both machines keep the lower half of an argument first.
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16

#: Numbers from here on are x32's, a second set of calls on x86-64.
X32 = 0x4000_0000
#: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
NEW_NAMESPACES = 0x7E02_0000
#: CLONE_FILES and CLONE_THREAD: threads share their descriptors, processes do not.
SHARED_FILES = 0x0000_0400 | 0x0001_0000
#: What honest code asks of a descriptor: TCGETS, TCGETS2, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO,
#: FIOCLEX, FIONCLEX. Others type for another (TIOCSTI), have the kernel send signals (FIOSETOWN,
#: SIOCSPGRP, TIOCSIG), change the flags of files that are open for reading (FS_IOC_SETFLAGS,
#: FS_IOC_ENABLE_VERITY) or reserve space past RLIMIT_FSIZE (FS_IOC_RESVSP).
IOCTL = (0x5401, 0x802C_542A, 0x5413, 0x540F, 0x541B, 0x5421, 0x5451, 0x5450)
#: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC, F_GETPIPE_SZ and
#: F_GET_SEALS. Others have the kernel send signals (F_SETOWN, F_SETOWN_EX, F_SETSIG), tell of the
#: locks of other users (F_GETLK), watch folders (F_NOTIFY), take its memory (F_SETPIPE_SZ,
#: F_SETLEASE) or make locks that cannot be counted by user (F_OFD_SETLK).
FCNTL = (0, 1, 2, 3, 4, 6, 7, 1030, 1032, 1034)
#: MADV_COLD and MADV_PAGEOUT throw out of memory what others have read.
MADVISE = (20, 21)
#: All that goes on inside of a process, and to wait, as for a thread that ends. Not to wake others
#: by a page of a file that both may read.
FUTEX = (*range(0x80, 0x8E), 0, 9)
#: MAP_SHARED and MAP_ANONYMOUS in one.
SHARED_MEMORY = 0x01 | 0x20
WHOLE, SOCKET_KIND, FUTEX_OPERATION = 0xFFFF_FFFF, 0xF, 0xFF


@dataclass(frozen=True)
class Condition:
    """A demand on the lower 32 bits of one argument: under the mask, one of the values, or none."""

    argument: int
    mask: int
    values: tuple[int, ...]
    among: bool = True


#: Sockets that lead nowhere but to another of one's own: not datagrams, which can be sent to any
#: address, such as the system log's.
_LOCAL = (
    Condition(0, WHOLE, (socket.AF_UNIX,)),
    Condition(1, SOCKET_KIND, (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)),
)
#: Calls that are allowed while every condition holds.
CONDITIONAL: Mapping[str, tuple[Condition, ...]] = {
    "socket": _LOCAL,
    "socketpair": _LOCAL,
    "clone": (
        Condition(0, NEW_NAMESPACES, (0,)),
        Condition(0, SHARED_FILES, (0, SHARED_FILES)),
    ),
    "ioctl": (Condition(1, WHOLE, IOCTL),),
    "fcntl": (Condition(1, WHOLE, FCNTL),),
    "madvise": (Condition(2, WHOLE, MADVISE, among=False),),
    "futex": (Condition(1, FUTEX_OPERATION, FUTEX),),
    "mmap": (Condition(3, SHARED_MEMORY, (SHARED_MEMORY,), among=False),),
    "personality": (Condition(0, WHOLE, (0, WHOLE)),),  # set none, and ask
}
#: Not there: of the first the flags lie in memory, where no filter can look; the second takes a
#: disk's space at once, before anybody can look. The C library then does it in another way. The
#: others say what of a file is in memory, or throw it out: a note for the next check, in a file
#: that nobody may write. A lock on such a file is one for whoever runs at the same time: it is
#: nobody else's affair, so that nothing is done. Who watches files falls back to looking at them.
MISSING: Mapping[str, int] = {
    "clone3": UNKNOWN,
    "fallocate": UNSUPPORTED,
    "preadv2": UNKNOWN,
    "cachestat": UNKNOWN,
    "fadvise64": NOTHING,
    "flock": NOTHING,
    "inotify_init": UNKNOWN,
    "inotify_init1": UNKNOWN,
    "inotify_add_watch": UNKNOWN,
    "futex_waitv": UNKNOWN,
    "futex_wake": UNKNOWN,
    "futex_wait": UNKNOWN,
    "futex_requeue": UNKNOWN,
}

#: Calls that are refused whatever their arguments, by number: x86-64, aarch64.
REFUSED: Mapping[str, tuple[int | None, int | None]] = {
    # a service of the system behind a socket: a container's engine, a name service, a bus
    "connect": (42, 203),
    # an abstract name is taken for all users
    "bind": (49, 200),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "open_tree_attr": (467, 467),
    # files past their folders
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "lookup_dcookie": (212, 18),
    "file_setattr": (469, 469),
    # what of a file is in memory, and whose namespaces there are
    "mincore": (27, 232),
    "listns": (470, 470),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    # what outlives its process
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # memory that belongs to no process, so that no limit counts it: files without a place, pages
    # that a pipe or a socket holds, descriptors on their way through a socket, larger buffers and
    # filters of sockets, requests of which the machine has a number, lists of rules, attributes
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "vmsplice": (278, 75),
    "splice": (275, 76),
    "tee": (276, 77),
    "sendfile": (40, 71),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "setsockopt": (54, 208),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    # large or young parts of the kernel
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    # the machine
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "nfsservctl": (180, 42),
    "vhangup": (153, 58),
    # x86 alone
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "uselib": (134, None),
    "_sysctl": (156, None),
}
_OTHERS: Mapping[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "clone": (56, 220),
    "ioctl": (16, 29),
    "fcntl": (72, 25),
    "mmap": (9, 222),
    "madvise": (28, 233),
    "futex": (202, 98),
    "personality": (135, 92),
    "clone3": (435, 435),
    "fallocate": (285, 47),
    "preadv2": (327, 286),
    "cachestat": (451, 451),
    "fadvise64": (221, 223),
    "flock": (73, 32),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "futex_waitv": (449, 449),
    "futex_wake": (454, 454),
    "futex_wait": (455, 455),
    "futex_requeue": (456, 456),
}


@dataclass(frozen=True)
class Machine:
    """A kind of processor: its mark in the audit system, the numbers of its calls."""

    audit: int
    numbers: Mapping[str, int]
    has_x32: bool = False


def _numbers(column: int) -> dict[str, int]:
    rows = {**_OTHERS, **REFUSED}.items()
    return {name: number for name, row in rows if (number := row[column]) is not None}


MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(0xC000_003E, _numbers(0), has_x32=True),
    "aarch64": Machine(0xC000_00B7, _numbers(1)),
}


class Instruction(NamedTuple):
    """One step of classic BPF; jumps count from the next instruction."""

    code: int
    if_true: int
    if_false: int
    value: int


def program(
    machine: Machine, verdicts: Mapping[int, list[Instruction]] | None = None
) -> list[Instruction]:
    """A filter for one kind of machine: what happens to calls by number, else they are allowed."""
    if verdicts is None:
        verdicts = {number: _verdict(name) for name, number in machine.numbers.items()}
    steps = [
        Instruction(LOAD, 0, 0, ARCHITECTURE_AT),
        Instruction(IF_EQUAL, 1, 0, machine.audit),
        Instruction(RETURN, 0, 0, KILL),
        Instruction(LOAD, 0, 0, NUMBER_AT),
    ]
    if machine.has_x32:
        steps += [Instruction(IF_AT_LEAST, 0, 1, X32), Instruction(RETURN, 0, 0, KILL)]
    for number, what in verdicts.items():
        steps += [Instruction(IF_EQUAL, 0, len(what), number), *what]
    return [*steps, Instruction(RETURN, 0, 0, ALLOW)]


def _verdict(name: str) -> list[Instruction]:
    if name in MISSING:
        return [Instruction(RETURN, 0, 0, MISSING[name])]
    return verdict(CONDITIONAL.get(name, ()))


def verdict(conditions: Sequence[Condition]) -> list[Instruction]:
    """What happens to one call; every way through it ends in a return. No condition: refused."""
    if not conditions:
        return [Instruction(RETURN, 0, 0, REFUSE)]
    steps: list[Instruction] = []
    for condition in conditions:
        count = len(condition.values)
        steps += [
            Instruction(LOAD, 0, 0, ARGUMENTS_AT + 8 * condition.argument),
            Instruction(AND, 0, 0, condition.mask),
        ]
        # behind them one step for what hits none, then one for what hits; or the other way round
        steps += [
            Instruction(IF_EQUAL, count - index, 0, value)
            for index, value in enumerate(condition.values)
        ]
        if not condition.among:
            steps.append(Instruction(JUMP, 0, 0, 1))
        steps.append(Instruction(RETURN, 0, 0, REFUSE))
    return [*steps, Instruction(RETURN, 0, 0, ALLOW)]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def this_machine() -> Machine | None:
    """The machine that this process runs on; None if no filter is written for it."""
    return MACHINES.get(platform.machine()) if struct.calcsize("P") == 8 else None


def available() -> bool:
    """Whether the kernel takes filters, and one is written for this machine."""
    if not _STEPS:
        return False
    LIBC.prctl(PR_SET_SECCOMP, MODE_FILTER, None, 0, 0)  # no filter there: nothing is changed
    return ctypes.get_errno() == errno.EFAULT


def assembled(steps: Iterable[Instruction]) -> bytes:
    """A filter as the kernel takes it."""
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


#: Made before any fork.
_THIS_MACHINE = this_machine()
_STEPS = b"" if _THIS_MACHINE is None else assembled(program(_THIS_MACHINE))


def restrict() -> None:
    """Put this machine's filter in force, as `install` does."""
    _install(_STEPS)


def install(steps: Iterable[Instruction]) -> None:
    """Put a filter in force, for this thread and all that it starts. Needs no_new_privs.

    Of several filters the strictest verdict counts.

    Raises:
        OSError: the kernel refuses.
        RuntimeError: there are other threads, which would go on without it.
    """
    _install(assembled(steps))


def _install(steps: bytes) -> None:
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208
        raise RuntimeError("a process with threads cannot be locked down")
    prepared = _Program(len(steps) // 8, steps)
    if LIBC.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(prepared), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls")


def in_force() -> bool:
    """Whether this process is under a filter, its own or one from outside."""
    return bool(LIBC.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == MODE_FILTER)
