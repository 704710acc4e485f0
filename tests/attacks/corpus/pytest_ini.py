# ruff: noqa
"""A pytest.ini in the submission selects no tests.

defence: no ini file and conftest.py from outside
control: naive
wins: results
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = -k nothing\npython_functions = none_*\n"
    )
    return folder
