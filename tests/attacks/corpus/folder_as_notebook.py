# ruff: noqa
"""The notebook's name is a folder's, and folders are nested without end.

defence: what is no plain file has nothing to read
control: naive
wins: results
"""


def build(folder, arena):
    (folder / "attacked.ipynb").mkdir()
    deep = folder
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (folder / "weights.json").mkdir()
    return folder
