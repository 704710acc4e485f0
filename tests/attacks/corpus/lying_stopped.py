# ruff: noqa
"""Places of stopped statements that are no numbers, or of no hash, or without number.

defence: places of a reply are of exact types + what a check trips over is the student's mistake
control: own
wins: fault
"""

CELL = """
import os, sys, time
from autograder import wire
table = []
def lie(_table):
    stops = [[[[], 1]], [[3.0, 1.0]], [[{}, []]], [[True, True]], [7], [[1, 2]] * 300_000]
    stop = stops[(@NUMBER@ + os.getpid()) % len(stops)]
    for part in wire.encode({"value": {"failures": {}, "stopped": stop, "failed": []}}):
        os.write(3, part)
    time.sleep(5)
def total(matrix): return table
def label(text): return table
def trophy(): return table
rate = 5.0
getattr(sys.modules.get("__main__"), "lie", lie)(table)
"""


def build(folder, arena):
    cell = CELL.replace("@NUMBER@", str(arena.fought))
    (folder / "attacked.ipynb").write_text(arena.notebook(cell))
    return folder


def control(arena):
    """Such a place cannot be looked up among others."""
    try:
        return not {(1, 1)}.issuperset([([], 1)])
    except TypeError:
        return True
