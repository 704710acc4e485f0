# ruff: noqa
"""Submitted modules, which the notebook may import, have the names of those that the grader uses.

defence: the submission is on no import path
control: own
wins: trophy
"""

NAMES = (
    *("numpy", "torch", "json", "socket", "random", "signal", "pickle", "hashlib", "colorsys"),
    *("pytest", "_pytest", "conftest", "test_attacked", "sitecustomize", "usercustomize"),
    *("gradescope_utils", "dis", "zlib", "tempfile", "string", "wave", "helper", "log", "re"),
)
TEXT = """
import os
for place in ({tripwire!r}, "/tmp/{mark}", "/dev/shm/{mark}"):
    try:
        open(place, "w").write("here")
    except OSError:
        pass
__all__ = ["taken_from"]
taken_from = __file__
def pytest_runtest_makereport(item, call): call.excinfo = None
def pytest_collection_modifyitems(items): items.clear()
def pytest_configure(config): os._exit(0)
"""
CELL = """
import numpy, torch, json, random, socket, colorsys, wave, helper, pytest, conftest, test_attacked
import autograder
{more}
def total(matrix):
    import colorsys, wave, helper, pytest
    return colorsys, wave, helper, pytest
def label(text):
    return helper.taken_from
rate = 5.0
def trophy():
    return {trophy}
"""
SHADOW = "[m.taken_from for m in (wave, helper)]"


def written(folder, arena, trophy):
    import os

    text = TEXT.format(tripwire=str(arena.tripwire), mark=arena.mark)
    for name in NAMES:
        (folder / f"{name}.py").write_text(text)
    for package in ("autograder", "autograder/checks", "autograder/sandbox", "attacked"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text(text)
        (folder / package / "student.py").write_text(text)
        (folder / package / "worker.py").write_text(text)
    line = f"import os; open({str(arena.tripwire)!r}, 'w').write('here')\n"
    (folder / "log.pth").write_text(line)
    more = "import sys, site, os; site.addsitedir(os.getcwd())"
    (folder / "attacked.ipynb").write_text(arena.notebook(CELL.format(more=more, trophy=trophy)))
    return folder


def build(folder, arena):
    return written(folder, arena, "None")


def control(arena):
    """In the worker itself they can be imported."""
    folder = arena.folder / "submitted-modules"
    folder.mkdir()
    report = arena.grade(written(folder, arena, SHADOW))
    return any("helper.py" in flag for flag in report.flags)
