# ruff: noqa
"""A submitted package autograder takes the place of the worker's own one, and answers by itself.

defence: values cross, objects and verdicts do not
control: own
wins: trophy
"""

HARNESS = """
import os, sys
me = __file__
class Everything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def do_call(*args): return {"value": Everything()}
worker = wire = sys.modules[__name__]
"""
CELL = """
import sys, gc
for name in [n for n in sys.modules if n.split(".")[0] == "autograder"]:
    del sys.modules[name]
import autograder
from autograder import me, do_call
for one in gc.get_objects():
    if type(one).__name__ == "Worker":
        type(one).do_call = type(one).do_value = do_call
        type(one)._lookup = lambda self, request: do_call
total = label = do_call
rate = "nothing"
def trophy():
    return {trophy}
"""


def written(folder, arena, trophy, patched=True):
    (folder / "autograder").mkdir()
    (folder / "autograder" / "__init__.py").write_text(HARNESS)
    cell = CELL.format(trophy=trophy)
    if not patched:
        cell = cell.replace("for one in gc.get_objects():", "for one in ():")
    (folder / "attacked.ipynb").write_text(arena.notebook(cell))
    return folder


def build(folder, arena):
    return written(folder, arena, "None")


def control(arena):
    """It is the one that the worker imports from then on."""
    folder = arena.folder / "submitted-harness"
    folder.mkdir()
    report = arena.grade(written(folder, arena, "autograder.me", patched=False))
    return any("autograder/__init__.py" in flag for flag in report.flags)
