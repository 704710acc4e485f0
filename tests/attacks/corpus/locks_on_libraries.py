# ruff: noqa
"""Two that run side by side speak by locks, waiting and names that every user may take.

defence: seccomp: locks on others' files
control: naive
wins: trophy
"""

import ctypes, fcntl, mmap, os, socket, struct, time

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
SYS_FUTEX = 202 if os.uname().machine == "x86_64" else 98


def flock():
    file = os.open(os.__file__, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def read_lock():
    file = os.open(os.__file__, os.O_RDONLY)
    fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return file


def name():
    taken = socket.socket(socket.AF_UNIX)
    taken.bind("\0@MARK@")
    return taken


def page():
    file = os.open(os.__file__, os.O_RDONLY)
    address = LIBC.mmap(None, ctypes.c_size_t(4096), 1, 1, file, ctypes.c_long(0))
    value = ctypes.c_uint32.from_address(address).value
    return ctypes.c_void_p(address), ctypes.c_uint32(value)


def waits():
    address, value = page()
    LIBC.syscall(ctypes.c_long(SYS_FUTEX), address, 0, value, None, None, 0)


def sees_flock():
    try:
        fcntl.flock(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True


def sees_read_lock():
    asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    got = fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_GETLK, asked)
    return struct.unpack("hhqqi4x", got)[0] == fcntl.F_RDLCK


def sees_name():
    try:
        socket.socket(socket.AF_UNIX).bind("\0@MARK@")
    except OSError as error:
        return error.errno == 98


def sees_waiting():
    return LIBC.syscall(ctypes.c_long(SYS_FUTEX), page()[0], 1, 1) == 1


PAIRS = ((flock, sees_flock), (read_lock, sees_read_lock), (name, sees_name), (waits, sees_waiting))


def trophy():
    won = []
    for says, sees in PAIRS:
        other = os.fork()
        if other == 0:
            try:
                kept = says()
                time.sleep(5)
            finally:
                os._exit(0)
        time.sleep(0.1)
        try:
            if sees():
                won.append(says.__name__)
        except OSError:
            pass
        os.kill(other, 9)
        os.waitpid(other, 0)
    return won
