"""Which tests count as ones that start a process."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Callable
from subprocess import TimeoutExpired

import pytest
from reach import Reach

from autograder.grading.session import Session
from autograder.model import manifest
from autograder.wire import copied
from release.build import build


def at_once() -> None:
    subprocess.run(["true"], check=True)


def by_another() -> None:
    at_once()


def in_a_ring(depth: int) -> None:
    if depth:
        in_another(depth - 1)


def in_another(depth: int) -> None:
    in_a_ring(depth)
    by_another()


def in_a_class() -> type:
    class Inner:
        def run(self) -> None:
            by_another()

    return Inner


def forks() -> None:
    os.fork()


def imports() -> None:
    import subprocess as renamed

    renamed.run(["true"], check=True)


def opens_a_session() -> None:
    with Session(manifest.load(os.curdir), {}):  # type: ignore[arg-type]
        pass


def releases() -> None:
    build(None, None)  # type: ignore[arg-type]


def catches() -> None:
    with pytest.raises(TimeoutExpired):
        pass


def catches_and_runs() -> None:
    catches()
    by_another()


def computes() -> object:
    return copied(1)


@pytest.mark.parametrize(
    "function",
    [
        *(at_once, by_another, in_a_ring, in_another, in_a_class, forks, imports, opens_a_session),
        *(releases, catches_and_runs, functools.partial(by_another), functools.cache(by_another)),
    ],
    ids=lambda function: getattr(function, "__name__", "partial"),
)
def test_what_comes_to_start_a_process(function: Callable[..., object]) -> None:
    assert Reach().reaches(function)


@pytest.mark.parametrize("function", [computes, catches])
def test_what_does_not(function: Callable[..., object]) -> None:
    assert not Reach().reaches(function)


def test_what_is_known_of_one_does_not_stick_to_another() -> None:
    reach = Reach()
    assert [reach.reaches(each) for each in (computes, in_a_ring, computes, in_another)] == [
        *(False, True, False, True)
    ]
