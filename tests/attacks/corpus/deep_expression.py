# ruff: noqa
"""An expression nested so deep that compilers crash.

defence: what cannot be parsed is the student's mistake + what cannot be walked is the student's mistake
control: own
wins: fault
"""

import json


def build(folder, arena):
    first, *others = (
        "total = " + "(" * 300 + ")" * 300,
        "label = " + "-" * 7000 + "1",
        "trophy = 1" + " + 1" * 5000,
        "rate = " + "[" * 150 + "]" * 150 + "".join(".a" for _ in range(3000)),
    )
    tree = json.loads(arena.notebook(first))
    template = tree["cells"][-1]
    tree["cells"] += [{**template, "id": f"n{n}", "source": s} for n, s in enumerate(others)]
    (folder / "attacked.ipynb").write_text(json.dumps(tree))
    return folder


def control(arena):
    """Python's own parser raises something else than SyntaxError for one of them."""
    import ast

    for text in ("-" * 100_000 + "1", "1" + " + 1" * 20_000):
        try:
            compile(ast.parse(text), "x", "exec")
        except (RecursionError, MemoryError):
            return True
    return False
