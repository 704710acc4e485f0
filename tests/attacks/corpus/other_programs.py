# ruff: noqa
"""Programs that lie beside the libraries are started: git, compilers, Java, and what apt calls.

defence: landlock
control: naive
wins: trophy
"""

import glob, os, subprocess

PLACES = ("git-core/git", "gcc/*/*/cc1", "gcc/*/*/collect2", "jvm/*/bin/java", "llvm-*/bin/clang*")
PLACES += ("apt/methods/*", "apt/apt-helper", "dpkg/methods/*/*", "systemd/systemd", "openssh/*")
PLACES += ("postgresql/*/bin/psql", "node_modules/npm/bin/npm", "*/perl/*/*", "ssl/misc/*")
FOLDERS = ("/usr/lib", "/usr/libexec", "/usr/local/lib", "/usr/bin", "/bin", "/opt")
NAMES = ("git", "gcc", "cc", "java", "perl", "sh", "bash", "env", "cat", "ls", "node", "busybox")


def trophy():
    found = [path for place in PLACES for path in sorted(glob.glob(f"/usr/lib/{place}"))]
    found += [f"{folder}/{name}" for folder in FOLDERS for name in NAMES]
    won = []
    for path in found[:60]:
        try:
            subprocess.run(
                [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=0.2
            )
            won.append(path)
        except subprocess.TimeoutExpired:
            won.append(path)
        except OSError:
            pass
        if len(won) > 2:
            break
    return won
