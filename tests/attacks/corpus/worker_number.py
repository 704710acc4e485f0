# ruff: noqa
"""The number of the check that runs, and how many ran before, out of what the fork has inherited.

defence: a fork leaves behind what the zygote knows
control: own
wins: trophy
"""

import gc, sys, tempfile


def trophy():
    found = []
    for each in gc.get_objects():
        kind = type(each).__name__
        if kind in ("Zygote", "Users", "_Forked", "Allowance"):
            found.append(kind)
        if type(each) is dict and "worker" in each and ("bounds" in each or "id" in each):
            found.append(str(each)[:200])
    frame = sys._getframe()
    while frame is not None:
        for name in ("order", "message", "zygote", "workers", "control", "grader", "looked"):
            if name in frame.f_locals:
                found.append(f"{frame.f_code.co_name}: {name}")
        frame = frame.f_back
    # a generator's place tells how many names it has made
    names = tempfile._name_sequence
    if getattr(names, "_rng", None) is not None:
        found.append(f"{names._rng.getstate()[1][-1]} names made")
    return found


def control(arena):
    """One that still stands where it was forked finds its order."""
    order = {"op": "fork", "id": 8, "worker": 7, "bounds": {"memory": 1}}
    return any("order" in each for each in trophy()) and order["worker"] == 7
