# ruff: noqa
"""An expression nested so deep that compilers crash.

defence: what cannot be parsed is the student's mistake
control: own
wins: fault
"""


def build(folder, arena):
    cell = "total = " + "(" * 5000 + ")" * 5000
    cell2 = "label = " + "-" * 20_000 + "1"
    cell3 = "trophy = 1" + " + 1" * 20_000
    cell4 = "rate = " + "[" * 150 + "]" * 150 + "".join(".a" for _ in range(3000))
    (folder / "attacked.ipynb").write_text(arena.notebook("\n".join((cell, cell2, cell3, cell4))))
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
