"""What honest code needs comes in as code here: a self-test, and loaders that start no process."""

from __future__ import annotations

import functools
import inspect
import sys
from pathlib import Path
from typing import Any

import numpy

#: What a loader may be told about its processes, and not if it has none.
MULTIPROCESS = (
    "num_workers",
    "timeout",
    "prefetch_factor",
    "persistent_workers",
    "multiprocessing_context",
)


def self_test() -> None:
    """Compute, draw and write as any submission may; raises what the sandbox refuses."""
    drawn = numpy.random.default_rng(0).random((4, 4)) + numpy.eye(4)
    file = Path("self-test.npy")
    numpy.save(file, numpy.linalg.solve(drawn, drawn))
    identity = numpy.load(file)
    file.unlink()
    if not numpy.allclose(identity, numpy.eye(4)):
        raise ArithmeticError("numpy's results are wrong")
    torch = sys.modules.get("torch")
    if torch is not None:
        _train(torch)


def _train(torch: Any) -> None:
    """One step of training, without touching the generator that student code draws from."""
    kernel = torch.ones(1, 1, 3, 3, requires_grad=True)
    torch.nn.functional.conv2d(torch.ones(1, 1, 5, 5), kernel).sum().backward()
    if not bool((kernel.grad == 9).all()):
        raise ArithmeticError("torch's results are wrong")


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
