# ruff: noqa
"""A setuid program of root's is started.

defence: no_new_privs
control: without no_new_privs seccomp landlock
wins: trophy
"""

import subprocess


def trophy():
    done = subprocess.run(["@SETUID@", "-u"], capture_output=True, check=False, timeout=1)
    return done.stdout.strip() == b"0"
