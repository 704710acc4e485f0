# ruff: noqa
"""Files are left for the next submission where every user may write.

defence: landlock + what lies in shared folders is removed
control: naive
wins: leftover
"""


def trophy():
    won = []
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock"):
        try:
            open(f"{folder}/@MARK@", "w").write("for the next")
            won.append(folder)
        except OSError:
            pass
    return won
