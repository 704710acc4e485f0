# ruff: noqa
"""A cell of as many statements as fit, each of which the answer depends on.

defence: the time limit of a submission
control: own
wins: time
"""


def build(folder, arena):
    lines = "\n".join(f"x{n} = x{n - 1}" for n in range(1, 9_000))
    cell = f"x0 = 1\n{lines}\ndef total(matrix):\n    return x8999\n"
    (folder / "attacked.ipynb").write_text(arena.notebook(cell))
    return folder


def control(arena):
    """Looking each name up among all statements takes a time that grows with the square."""
    import time

    def seconds(count):
        names = [f"x{number}" for number in range(count)]
        started = time.thread_time()
        for name in names:
            names.index(name)
        return time.thread_time() - started

    return seconds(8000) > 6 * seconds(2000)
