# ruff: noqa
"""open gives what the attacker likes.

defence: checks are in another process
control: naive
wins: points
"""

import builtins, io


class Right(float):
    __rsub__ = __sub__ = lambda _self, _other: 0.0


def trophy():
    import json

    builtins.open = lambda *_args, **_options: io.StringIO("[0, 0, 0, 0]")
    json.loads = lambda _text, **_options: [Right()] * 4
