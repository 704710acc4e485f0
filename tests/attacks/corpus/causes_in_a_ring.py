# ruff: noqa
"""Each of two names is said not to be there because of the other one.

defence: no cause is told twice + causes that are told are few + the time limit of a submission
control: own
wins: fault
"""

CELL = """
import os, sys, time
from autograder import wire
table = []
def lie(_table):
    failures = {
        one: {"kind": "raised", "type": "NameError", "message": f"name '{other}' is not defined",
              "cell": 0, "line": 0, "file": ""}
        for one, other in (("total", "label"), ("label", "total"))
    }
    for part in wire.encode({"value": {"failures": failures, "stopped": [], "failed": []}}):
        os.write(3, part)
    time.sleep(5)
def total(matrix): return label, table
def label(text): return total, table
def trophy(): return None
rate = 5.0
lie(table)
getattr(sys.modules.get("__main__"), "lie", lie)(table)
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(CELL))
    return folder


def control(arena):
    """Who tells the cause of each cause has no end of it."""
    failures = {"total": "label", "label": "total"}

    def told(name):
        return f"{name}, because {told(failures[name])}"

    try:
        return not told("total")
    except RecursionError:
        return True
