# ruff: noqa
"""The harness's and the libraries' own files are changed.

defence: uid
control: naive
wins: trophy
"""

import os


def trophy():
    import autograder
    import numpy

    won = []
    for module in (autograder, numpy, os):
        folder = os.path.dirname(module.__file__)
        if os.access(folder, os.W_OK):
            won.append(module.__name__)
    return won
