# ruff: noqa
"""The limits are raised again.

defence: limits are hard ones
control: naive
wins: trophy
"""

import resource


def trophy():
    raised = []
    for name in ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_NPROC"):
        limit = getattr(resource, name)
        hard = resource.getrlimit(limit)[1]
        if hard == resource.RLIM_INFINITY:
            raised.append(name)
    return raised
