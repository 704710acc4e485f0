# ruff: noqa
"""The hidden input chooses one of many names that are said not to be there, and why.

defence: of many causes none is named to code that has seen an input
control: own
wins: input
"""

CELL = """
import os
from autograder import wire
{names} = 1 / 0
def label(text):
    if False:
        {uses}
    raise NameError(f"name 'n{{text[7:11]}}' is not defined")
"""


def build(folder, arena):
    start = int(arena.canary[7:11], 16) & 0xFF00  # assumed to be known: else it takes longer
    names = [f"n{number:04x}" for number in range(start, start + 256)]
    cell = CELL.format(names=" = ".join(names), uses="; ".join(names))
    (folder / "attacked.ipynb").write_text(arena.notebook(cell))
    return folder


def control(arena):
    """It is a name, and there are enough of them."""
    return f"n{arena.canary[7:11]}".isidentifier()
