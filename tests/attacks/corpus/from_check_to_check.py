# ruff: noqa
"""What one check has shown is kept for another one.

defence: landlock + what lies in shared folders is removed
control: naive
wins: trophy
"""

import glob, os

FOLDERS = ["/tmp", "/var/tmp", "/dev/shm", "."]
kept = []


def label(text):
    kept.append(text)
    for folder in FOLDERS:
        try:
            with open(f"{folder}/@MARK@", "w") as file:
                file.write(text)
            os.chmod(f"{folder}/@MARK@", 0o666)
        except OSError:
            pass
    return ""


def trophy():
    for folder in FOLDERS:
        for path in glob.glob(f"{folder}/@MARK@"):
            kept.append(open(path).read())
    return kept
