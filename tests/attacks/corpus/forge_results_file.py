# ruff: noqa
"""A daemon writes its own results.json when the grader has written it.

defence: uid + landlock + what a worker leaves is looked for
control: naive
wins: results
"""

import json, os, time


def trophy():
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 256)
    for _ in range(60):
        time.sleep(0.02)
        try:
            with open("@RESULTS@", "w") as file:
                json.dump({"score": 10, "output": "@MARK@", "tests": []}, file)
        except OSError:
            pass
    os._exit(0)
