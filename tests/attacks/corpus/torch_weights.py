# ruff: noqa
"""A checkpoint that runs a command when torch loads it.

defence: nothing is unpickled
control: naive
wins: tripwire
"""

import os


class Payload:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def build(folder, arena):
    import torch

    (folder / "attacked.ipynb").write_text(arena.notebook(None))
    torch.save(Payload(f"echo here > {arena.tripwire}"), folder / "weights.pt")
    (folder / "weights.json").write_bytes((folder / "weights.pt").read_bytes())
    return folder
