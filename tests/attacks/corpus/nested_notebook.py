# ruff: noqa
"""A notebook nested a hundred thousand deep.

defence: what is no JSON is the student's mistake
control: naive
wins: results
"""


def build(folder, arena):
    deep = "[" * 100_000 + "]" * 100_000
    text = arena.notebook(None)
    (folder / "attacked.ipynb").write_text(text[:-1] + f', "more": {deep}}}')
    return folder
