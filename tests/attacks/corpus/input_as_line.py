# ruff: noqa
"""The hidden input is the line of a long file in which an exception is said to have arisen.

defence: lines that are not run are not quoted + of many lines none is named to code that has seen an input
control: own
wins: input
"""

CELL = """
import helper
def label(text):
    import os
    from autograder import wire
    number = 1000 + int(text[7:11], 16)
    error = {{"kind": "raised", "type": "ValueError", "message": "", "cell": {cell},
             "line": number, "file": {file!r}}}
    for part in wire.encode({{"error": error}}):
        os.write(3, part)
    os._exit(0)
"""


def build(folder, arena):
    (folder / "helper.py").write_text("#\n" * 70_000)
    (folder / "attacked.ipynb").write_text(arena.notebook(CELL.format(cell=0, file="helper.py")))
    return folder


def control(arena):
    """Four letters of it fit into a line's number, and all these lines are there."""
    number = int(arena.canary[7:11], 16)
    return f"{number:04x}" == arena.canary[7:11] and number + 1000 < 70_000
