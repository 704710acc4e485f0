# ruff: noqa
"""What lay in the working folder becomes links, pipes and folders, changing while it is measured.

defence: a link is no folder to the removal + the removal opens no link
control: own
wins: tripwire
"""

import os, threading, time

PLACES = ["@TRIPWIRE@", "@CHECKS@", "@STAFF@", "@RESULTS@", "@CACHE@", "/proc/self/root", "/tmp"]


def swap():
    folder = os.path.dirname("@TRIPWIRE@")
    while True:
        try:
            os.mkdir("turning")
            os.rmdir("turning")
            os.symlink(folder, "turning")
            os.unlink("turning")
        except OSError:
            pass


def trophy():
    for name in ("handout.csv", "large.bin", "README.md"):
        try:
            os.unlink(name)
        except OSError:
            pass
    for number, place in enumerate(PLACES):
        for name in (f"to-{number}", ("handout.csv", "large.bin", "README.md")[number % 3]):
            try:
                os.symlink(place, name)
            except OSError:
                pass
    os.mkfifo("pipe.csv")
    os.mkdir("weights.json")
    os.symlink("..", "weights.json/up")
    os.symlink("/proc/self/cwd/../..", "weights.json/out")
    os.symlink("loop", "loop")
    os.mkdir("closed")
    os.symlink(os.path.dirname("@TRIPWIRE@"), "closed/folder")
    for name in ("closed", "weights.json"):
        try:
            os.chmod(name, 0)
        except OSError:
            pass
    for _ in range(3):
        threading.Thread(target=swap, daemon=True).start()
    time.sleep(0.5)
    try:
        os.rename(os.getcwd(), os.getcwd() + "-moved")
    except OSError:
        pass
    try:
        os.chmod(".", 0)
    except OSError:
        pass
    os.kill(os.getpid(), 9)


def control(arena):
    """A removal that follows links ends outside."""
    import shutil
    import tempfile
    from pathlib import Path

    outside, scratch = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    (outside / "file").touch()
    (scratch / "handout.csv").symlink_to(outside / "file")
    (scratch / "handout.csv").resolve().unlink()
    shutil.rmtree(scratch)
    gone = not any(outside.iterdir())
    shutil.rmtree(outside)
    return gone
