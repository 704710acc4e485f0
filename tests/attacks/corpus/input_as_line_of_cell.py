# ruff: noqa
"""The hidden input is the line of a long cell in which an exception is said to have arisen.

defence: lines that are not run are not quoted + of many lines none is named to code that has seen an input
control: own
wins: input
"""

CELL = """
def label(text):
    exec(compile("\\n" * (999 + int(text[7:11], 16)) + "1 / 0", "<cell {cell}>", "exec"))
"""


def build(folder, arena):
    import json

    text = arena.notebook("")
    cells = json.loads(text)["cells"]
    number = next(n for n, cell in enumerate(cells, 1) if cell.get("id") == "answers")
    cell = CELL.format(cell=number) + "#\n" * 70_000 + "last = 1\n"
    (folder / "attacked.ipynb").write_text(arena.notebook(cell))
    return folder


def control(arena):
    """Four letters of it fit into a line's number, and all these lines are there."""
    number = int(arena.canary[7:11], 16)
    return f"{number:04x}" == arena.canary[7:11] and number + 1000 < 70_000
