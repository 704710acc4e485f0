"""Torch's loaders come in; loaders that start no process go out."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any

#: What a loader may be told about its processes, and not if it has none.
MULTIPROCESS = (
    "num_workers",
    "timeout",
    "prefetch_factor",
    "persistent_workers",
    "multiprocessing_context",
)


def load_in_one_process() -> None:
    """Have torch's loaders make their batches here, whatever ``num_workers`` asks for.

    Processes of their own hand batches over in shared memory that belongs to the whole machine,
    which a sandbox must not reach. The batches are the same, and these data sets are small.
    """
    data = sys.modules.get("torch.utils.data")
    if data is None:
        return
    original = data.DataLoader.__init__
    signature = inspect.signature(original)

    @functools.wraps(original)
    def initialise(*args: Any, **kwargs: Any) -> None:
        try:
            asked = signature.bind(*args, **kwargs).arguments
            parallel = asked.get("num_workers", 0) > 0
        except TypeError:
            parallel = False  # the original has the words for it
        if parallel:
            for name in MULTIPROCESS:
                asked.pop(name, None)
            args, kwargs = (asked.pop("self"),), dict(asked)
        original(*args, **kwargs)

    data.DataLoader.__init__ = initialise
