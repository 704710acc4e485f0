# ruff: noqa
"""Expressions nested too deep for the tools that walk them, one in each cell.

defence: what cannot be walked is the student's mistake
control: own
wins: fault
"""

import json


def build(folder, arena):
    tree = json.loads(arena.notebook("total = 1" + " + 1" * 3000))
    template = dict(tree["cells"][-1])
    for name, source in {
        "a": "label = f" + "".join("[0]" for _ in range(2500)),
        "b": "rate = " + "not " * 900 + "1",
        "c": "trophy = " + "lambda: " * 90 + "1",
        "d": "\n".join(" " * n + "if 1:" for n in range(95)) + "\n" + " " * 95 + "label = 1",
        "e": "rate = x" + ".a" * 2500,
    }.items():
        tree["cells"].append({**template, "id": name, "source": source})
    (folder / "attacked.ipynb").write_text(json.dumps(tree))
    return folder


def control(arena):
    """A walk over it by recursion ends in RecursionError."""
    import ast

    try:
        ast.dump(ast.parse("1" + " + 1" * 3000))
    except RecursionError:
        return True
    return False
