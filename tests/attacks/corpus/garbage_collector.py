# ruff: noqa
"""Every object that the garbage collector knows is searched for secrets.

defence: checks are in another process
control: naive
wins: trophy
"""

import gc, re


def trophy():
    found = set()
    for thing in gc.get_objects():
        if type(thing) is dict:
            for value in list(thing.values()):
                if type(value) is str:
                    found.update(re.findall("canary-[0-9a-f]{16}", value))
    return sorted(found)
