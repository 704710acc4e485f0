# ruff: noqa
"""An exception's __str__ raises another one, and its type has no name.

defence: checks are in another process
control: naive
wins: results
"""


class Meta(type):
    __name__ = property(lambda _self: 1 / 0)


class Broken(Exception, metaclass=Meta):
    def __str__(self):
        raise KeyboardInterrupt

    __repr__ = __str__


def total(matrix):
    raise Broken
