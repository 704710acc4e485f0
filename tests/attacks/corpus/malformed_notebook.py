# ruff: noqa
"""Notebooks whose parts are of other types than they should be.

defence: a cell's type is asked
control: own
wins: fault
"""

import json


def build(folder, arena):
    tree = json.loads(arena.notebook(None))
    tree["cells"] += [
        None,
        1,
        [],
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": 7},
        {"cell_type": [], "source": {}},
        {"cell_type": "code", "source": [1, None, "x = 1"]},
        {"cell_type": "code", "source": "total = 1", "id": {"a": 1}, "metadata": 3, "outputs": "x"},
        {"cell_type": "code", "source": "\u0000\ud800\ufeff", "id": "answers"},
    ]
    tree["metadata"] = "none"
    tree["nbformat"] = "four"
    (folder / "attacked.ipynb").write_text(json.dumps(tree))
    return folder


def control(arena):
    """nbformat does not read it."""
    import tempfile
    import warnings
    from pathlib import Path

    import nbformat

    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            nbformat.read(build(Path(name), arena) / "attacked.ipynb", as_version=4)
        except Exception:
            return True
    return False
