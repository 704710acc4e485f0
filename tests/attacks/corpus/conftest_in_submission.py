# ruff: noqa
"""A conftest.py in the submission makes every test pass.

defence: no ini file and conftest.py from outside
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
