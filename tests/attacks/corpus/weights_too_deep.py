# ruff: noqa
"""JSON nested a hundred thousand deep, with an integer of a million digits.

defence: what json cannot read is the student's mistake
control: own
wins: fault
"""


def text():
    return "[" * 100_000 + "1" * 1_000_000 + "]" * 100_000


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    (folder / "weights.json").write_text(text())
    (folder / "log.csv").write_bytes(b"\xff\xfe\x00")
    return folder


def control(arena):
    """It is no JSONDecodeError that Python raises."""
    import json

    try:
        json.loads(text())
    except json.JSONDecodeError:
        return False
    except (RecursionError, ValueError):
        return True
