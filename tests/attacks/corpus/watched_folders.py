# ruff: noqa
"""Folders that may not be listed are watched: names of others' files and folders as they come.

defence: seccomp: watching of files
control: naive
wins: trophy
"""

import ctypes, fcntl, os

PLACES = (
    "/tmp",
    "/etc",
    "@NEIGHBOUR@",
    "/etc/passwd",
    "@METADATA@",
    "/dev/shm",
    "/root",
    "@STAFF@",
)


def trophy():
    libc = ctypes.CDLL(None, use_errno=True)
    watched = []
    watch = libc.inotify_init1(os.O_NONBLOCK)
    for path in PLACES:
        if libc.inotify_add_watch(watch, path.encode(), 0xFFF) >= 0:
            watched.append(path)
    folder = os.open(os.path.dirname(os.__file__), os.O_RDONLY)
    try:
        fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_CREATE | fcntl.DN_ACCESS)
        watched.append("dnotify")
    except OSError:
        pass
    notified = ctypes.c_long(libc.syscall(ctypes.c_long(300), 0x200, 0)).value  # fanotify_init
    if notified >= 0 and libc.syscall(ctypes.c_long(301), notified, 1, 2, -100, b"/tmp") >= 0:
        watched.append("fanotify")
    return watched
