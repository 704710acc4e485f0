"""What honest code needs comes in as code; that the sandbox gives it goes out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy


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
