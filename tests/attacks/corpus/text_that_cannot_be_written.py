# ruff: noqa
"""A no-break space in an f-string, which Python 3.11 cannot write anew: the harness is at fault.

defence: texts and numbers are left out where names are looked for
control: own
wins: fault
"""

import sys


def total(matrix):
    return f"{' '.join([])}"


print(f"{'👨‍💻 done' if True else ''}")
rate = 0


def control(arena):
    import ast

    try:
        ast.unparse(ast.parse("f\"{'\N{NO-BREAK SPACE}'.join([])}\""))
    except ValueError:
        return True
    return sys.version_info >= (3, 12)  # mended there
