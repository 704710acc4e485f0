# ruff: noqa
"""An accuracy is put into the grader's memory under the key of the own answer.

defence: uid + landlock
control: naive
wins: points
"""

import json, os

rate = 0.9


def trophy():
    from autograder.checks.cache import digest

    try:
        os.makedirs("@CACHE@", exist_ok=True)
    except OSError:
        pass
    with open(f"@CACHE@/{digest(['accuracy', rate])}.json", "w") as file:
        json.dump(1.0, file)
    return True
