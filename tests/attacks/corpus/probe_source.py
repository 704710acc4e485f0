# ruff: noqa
"""The text of a probe, and of what runs it, is searched for what is expected.

defence: checks are in another process
control: naive
wins: canary
"""

import gc, linecache, sys


class Stack(list):
    push = list.append

    def __len__(self):
        texts = ["".join(lines) for _size, _time, lines, _name in linecache.cache.values()]
        frame = sys._getframe()
        while frame is not None:
            texts.append(repr(frame.f_locals) + repr(frame.f_globals.get("CANARY")))
            frame = frame.f_back
        found = [text[text.index("canary-") :][:23] for text in texts if "canary-" in text]
        raise ValueError(found)
