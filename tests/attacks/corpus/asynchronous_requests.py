# ruff: noqa
"""Every asynchronous request that the whole machine may have (fs.aio-max-nr) is taken.

defence: seccomp: asynchronous requests + files that are held by a mapping are watched
control: naive
wins: trophy
"""

import ctypes, os

IO_SETUP, IO_DESTROY = (206, 207) if os.uname().machine == "x86_64" else (0, 1)


def trophy():
    libc, got, held = ctypes.CDLL(None, use_errno=True), 0, []
    for size in (32000, 16000, 8000, 4000, 1000, 100, 10, 1):
        while True:
            context = ctypes.c_ulong(0)
            if libc.syscall(IO_SETUP, size, ctypes.byref(context)) != 0:
                break
            got += size
            held.append(context)
    for context in held:  # not for ever, as the naive grader's neighbours need them
        libc.syscall(IO_DESTROY, context)
    return f"{got} requests taken" if got else None
