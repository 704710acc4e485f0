# ruff: noqa
"""The hidden checks are imported as a module.

defence: uid + landlock
control: naive
wins: trophy
"""

import importlib.util


def trophy():
    spec = importlib.util.spec_from_file_location("stolen", "@CHECKS@")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CANARY
