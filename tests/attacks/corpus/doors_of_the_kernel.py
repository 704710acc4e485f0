# ruff: noqa
"""System calls that have often had holes: io_uring, keyctl, bpf, userfaultfd, perf_event_open.

defence: seccomp: large and young parts of the kernel
control: naive
wins: trophy
"""

import ctypes


def trophy():
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(256)
    calls = {
        "io_uring_setup": (425, 4, room),
        "add_key": (248, b"user", b"@MARK@", b"x", 1, -1),
        "keyctl": (250, 0, -3, 1),
        "userfaultfd": (323, 1),
        "perf_event_open": (298, room, 0, -1, -1, 0),
        "bpf": (321, 0, room, 64),
        "open_by_handle_at": (304, -1, room, 0),
        "fsopen": (430, b"tmpfs", 0),
    }
    won = []
    for name, (number, *args) in calls.items():
        ctypes.set_errno(0)
        got = libc.syscall(number, *args)
        # whoever is heard and told that an argument is wrong has got through the door
        if got >= 0 or ctypes.get_errno() not in (1, 13, 38):  # EPERM, EACCES, ENOSYS
            won.append(name)
    return won
