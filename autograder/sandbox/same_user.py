"""A plain user's worker comes in; one that cannot reach its user's other processes goes out.

As root a worker gets a user of its own. Where the grader is a plain user, on a staff member's
laptop, the worker stays the same user: the kernel would let it signal the grader, lower its limits
and change the modes of the staff's files. A second filter of system calls refuses that, on top of
the first; Landlock, which is then required, keeps it from files and from ``/proc`` of others.

Not bubblewrap: it starts programs, and a worker is a fork of a process that has the libraries
loaded. The filter needs neither user namespaces nor another program.

Numbers: ``asm/unistd_64.h`` (x86-64), ``asm-generic/unistd.h`` (aarch64).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from autograder.sandbox.seccomp import (
    WHOLE,
    Condition,
    Machine,
    install,
    program,
    this_machine,
    verdict,
)

#: Refused whatever the arguments: x86-64, aarch64.
REFUSED: Mapping[str, tuple[int | None, int | None]] = {
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    # modes and times of files that the user owns, wherever they lie: Landlock does not look
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "utimensat": (280, 88),
    "futimesat": (261, None),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
}
#: Allowed about the caller alone, as which 0 counts.
ABOUT_ONESELF: Mapping[str, tuple[int, int]] = {
    "prlimit64": (302, 261),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
}
#: Allowed to the process that is locked down.
SIGNALS: Mapping[str, tuple[int, int]] = {"kill": (62, 129), "tgkill": (234, 131)}


def rules(column: int, pid: int) -> dict[int, tuple[Condition, ...]]:
    """By number, the conditions of each call; none: it is refused.

    Args:
        column: 0 for x86-64, 1 for aarch64.
        pid: the process that may send signals to itself.
    """
    found: dict[int, tuple[Condition, ...]] = {
        number: () for row in REFUSED.values() if (number := row[column]) is not None
    }
    oneself, own = Condition(0, WHOLE, (0, pid)), Condition(0, WHOLE, (pid,))
    found.update({row[column]: (oneself,) for row in ABOUT_ONESELF.values()})
    found.update({row[column]: (own,) for row in SIGNALS.values()})
    return found


def restrict(machine: Machine | None = None) -> None:
    """Put the filter in force, behind the first one and as that is.

    Raises:
        OSError, RuntimeError: as ``seccomp.restrict`` does.
    """
    machine = machine or this_machine()
    if machine is not None:
        table = rules(0 if machine.has_x32 else 1, os.getpid())
        install(program(machine, {number: verdict(rule) for number, rule in table.items()}))
