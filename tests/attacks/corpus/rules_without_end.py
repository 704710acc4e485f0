# ruff: noqa
"""Lists of rules (Landlock's own), which a process may make in any number, of any length.

defence: seccomp: lists of rules
control: naive
wins: trophy
"""

import ctypes, struct


def trophy():
    libc, made = ctypes.CDLL(None, use_errno=True), 0
    for _ in range(2):
        handled = struct.pack("=QQ", 0, 1)  # nothing of files; binding to ports
        rules = libc.syscall(444, handled, ctypes.c_size_t(16), 0)
        if rules < 0:
            return None
        for port in range(30_000):
            made += libc.syscall(445, rules, 2, struct.pack("=QQ", 1, port), 0) == 0
    return f"{made} rules" if made == 60_000 else None
