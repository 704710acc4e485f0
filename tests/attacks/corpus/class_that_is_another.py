# ruff: noqa
"""An object says that it is of another class, and has every attribute.

defence: values cross, objects and verdicts do not
control: naive
wins: points
"""


class Stack:
    __class__ = list

    def __getattr__(self, name):
        return lambda *_args, **_options: self

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([Always(), Always()])


class Always:
    __class__ = str

    def __eq__(self, _other):
        return True

    def __hash__(self):
        return 0
