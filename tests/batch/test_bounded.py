"""What is done for each of many submissions is bounded, and one costs the others nothing."""

from __future__ import annotations

import os
import time

import pytest

from autograder.batch.bounded import Failed, Limits, Processes

LIMITS = Limits(seconds=3.0, memory_mb=500)


def act(task: str) -> str:
    """Runs in another process: what each task says."""
    match task:
        case "hang":
            while True:
                time.sleep(1)
        case "memory":
            return str(len(bytearray(2_000_000_000)))
        case "deep":
            return act(task)
        case "end":
            os._exit(3)
        case "raise":
            raise LookupError(task)
    return task.upper()


TASKS = ["a", "hang", "b", "memory", "deep", "end", "raise", "c", "hang", "d"]


@pytest.mark.parametrize("slots", [1, 3])
def test_each_task_has_its_result_or_the_reason_why_not(slots: int) -> None:
    with Processes(act, slots, LIMITS) as processes:
        found = list(processes.map(TASKS))
    assert sorted(task for task, _ in found) == sorted(TASKS)
    said = dict(found)
    assert {said[task] for task in "abcd"} == set("ABCD")
    assert said["hang"] == Failed("it took longer than 3 seconds")
    assert said["memory"] == Failed("it needs more memory than allowed")
    assert said["deep"] == Failed("it is nested too deeply")
    assert said["end"] == Failed("its process ended early, for want of memory perhaps")
    assert said["raise"] == Failed("a library raised LookupError")


def test_the_process_is_used_again_until_it_breaks() -> None:
    with Processes(act, 1, LIMITS) as processes:
        processes.prepare()
        first = processes._idle[0]
        assert processes.call("a") == "A"
        assert isinstance(processes.call("raise"), Failed)
        assert processes._idle == [first]
        assert isinstance(processes.call("end"), Failed)
        assert processes._idle == []
        assert processes.call("b") == "B"


def test_nothing_is_left_running() -> None:
    with Processes(act, 2, LIMITS) as processes:
        results = processes.map(["a", "hang", "hang"])
        assert next(results) == ("a", "A")
        running = [each._process for each in processes._busy]
        results.close()  # type: ignore[attr-defined]
    assert running
    assert not any(process.is_alive() for process in running)
