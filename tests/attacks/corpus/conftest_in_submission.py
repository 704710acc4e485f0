# ruff: noqa
"""A conftest.py in the submission makes every test pass.

defence: only the assignment's own conftest.py is loaded; files are taken by pattern
control: naive
wins: points
"""

CONFTEST = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call():
    try:
        yield
    except BaseException:
        pass
    return True
"""


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    (folder / "conftest.py").write_text(CONFTEST)
    return folder
