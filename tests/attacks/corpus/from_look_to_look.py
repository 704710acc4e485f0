# ruff: noqa
"""What the first run of a check has shown is kept for its second look, which shows all it raises.

defence: seccomp
control: naive
wins: trophy
"""

import os, sys, ctypes, glob

unrelated = [1]
unrelated.append(2)  # so that something is left out the first time
found = []


def memory(text=None):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(int("@KEY@"), 4096, 0o1666)
    if number < 0:
        return None
    place = libc.shmat(number, None, 0)
    if text is not None:
        ctypes.memmove(place, text.encode() + b"\0", len(text.encode()) + 1)
    text = ctypes.string_at(place).decode()
    libc.shmdt(ctypes.c_void_p(place))
    return text


def clean():
    libc = ctypes.CDLL(None)
    number = libc.shmget(int("@KEY@"), 4096, 0o1666)
    libc.shmctl(number, 0, None)


def keep(text):
    sys.kept = os.environ["KEPT"] = text
    sys.modules["kept"] = text
    for name in (
        "kept-@MARK@",
        "handout.csv",
        "../kept-@MARK@",
        os.path.expanduser("~/kept-@MARK@"),
    ):
        try:
            open(name, "w").write("@MARK@ " + text)
            os.chmod(name, 0o666)
        except OSError:
            pass
    memory(text)


def look():
    found.extend(filter(None, [getattr(sys, "kept", None), os.environ.get("KEPT")]))
    for name in [*glob.glob("kept-@MARK@"), *glob.glob("../*/kept-@MARK@"), *glob.glob("../kept*")]:
        try:
            found.append(open(name).read())
        except OSError:
            pass
    text = memory()
    if text:
        found.append(text)
        clean()
    if found:
        raise ValueError(f"n/a {found}")


def label(text):
    keep(text)
    return ""


def trophy():
    try:
        look()
    except ValueError:
        return found
    return []


getattr(sys.modules.get("__main__"), "look", look)()
