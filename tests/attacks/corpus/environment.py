# ruff: noqa
"""Secrets are sought in the environment.

defence: the environment is an allow-list
control: naive
wins: trophy
"""

import ctypes, os, re


def trophy():
    text = "\n".join(os.environ.values())
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
    try:
        text += open("/proc/self/environ", errors="replace").read()
    except OSError:
        pass
    return re.findall("canary-[0-9a-f]{16}", text)
