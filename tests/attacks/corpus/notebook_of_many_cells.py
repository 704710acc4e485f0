# ruff: noqa
"""A notebook of as many cells as fit.

defence: a bounded number of cells is compared + the time limit of a submission
control: own
wins: time
"""

import json


def build(folder, arena):
    tree = json.loads(arena.notebook(None))
    more = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"a{n}=1"}
        for n in range(40_000)
    ]
    tree["cells"][1:1] = more
    text = json.dumps(tree)
    assert len(text) < 4_000_000
    (folder / "attacked.ipynb").write_text(text)
    return folder


def control(arena):
    """Comparing all cells with all takes a time that grows with the square."""
    import time

    def seconds(count):
        cells = [f"a{number}=1" for number in range(count)]
        started = time.thread_time()
        sum(one == other for one in cells for other in cells)
        return time.thread_time() - started

    return seconds(1600) > 6 * seconds(400)
