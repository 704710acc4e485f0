# ruff: noqa
"""A number of six thousand digits, which Python cannot write in tens: the harness is at fault.

defence: texts and numbers are left out where names are looked for
control: own
wins: fault
"""

DIGITS = "f" * 5000


def build(folder, arena):
    cell = (
        f"def total(matrix):\n    return 0x{DIGITS}\n\n\nrate = 0x{DIGITS}\nlabel = -0x{DIGITS}\n"
    )
    (folder / "attacked.ipynb").write_text(arena.notebook(cell))
    return folder


def control(arena):
    import ast

    try:
        ast.unparse(ast.parse(f"x = 0x{DIGITS}"))
    except ValueError:
        return True
    return False
