# ruff: noqa
"""A notebook of many megabytes, with the right answers in it.

defence: sizes are compared before a file is copied + sizes are counted while a file is copied
control: own
wins: points
"""


def text(arena, size):
    return arena.solved.rstrip()[:-1] + ', "more": [' + "[]," * (size // 3) + "[]]}"


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(text(arena, 5_000_000))
    return folder


def control(arena):
    """Read, it takes twenty times its size."""
    import json
    import tracemalloc

    made = text(arena, 300_000)
    tracemalloc.start()
    tree = json.loads(made)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return bool(tree) and taken > 15 * len(made)
