# ruff: noqa
"""The loader, which may be started, starts other programs: none of these needs to be executable.

defence: landlock
control: naive
wins: trophy
"""

import glob, os, subprocess

LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-*.so.1")
PLACES = ("/usr/lib/git-core/git", "/usr/lib/gcc/*/*/cc1", "/usr/lib/jvm/*/bin/java")
PLACES += ("/usr/lib/apt/apt-helper", "/usr/lib/llvm-*/bin/clang*", "/usr/lib/openssh/ssh-keysign")
PLACES += ("/usr/bin/git", "/usr/bin/gcc", "/bin/ls", "/bin/sh", "/usr/bin/perl", "/usr/bin/env")


def trophy():
    loader = next(path for pattern in LOADERS for path in glob.glob(pattern))
    won = []
    for path in [path for place in PLACES for path in sorted(glob.glob(place))][:20]:
        command = [loader, path, "--version"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=0.5)
        if done.returncode == 0:
            won.append(path)
        if len(won) > 2:
            break
    return won
