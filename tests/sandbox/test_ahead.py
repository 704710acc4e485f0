"""Workers that are forked ahead: the next is there in time, and what happens to it costs nobody."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_sandbox import BOUNDS, Sandbox, opened, run, soon

from autograder.model.errors import HarnessFault
from autograder.sandbox.ahead import Workers
from autograder.sandbox.client import WorkerClient, ZygoteClient


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with opened(tmp_path_factory) as made:
        yield made


@pytest.fixture
def workers(sandbox: Sandbox) -> Iterator[Workers]:
    made = Workers(sandbox.zygote, BOUNDS, sandbox.scratch)
    yield made
    made.close()
    assert alive(sandbox) == []
    assert list(sandbox.scratch.iterdir()) == []


def alive(sandbox: Sandbox) -> list[int]:
    """The workers, in the order in which they were forked."""
    pid = sandbox.process.pid
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(name) for name in text.split() if int(name) != sandbox.grader]


def pid_of(worker: WorkerClient) -> int:
    run(worker, "import os\npid = os.getpid()\n")
    return int(str(worker.value("pid", soon())))


def settled(sandbox: Sandbox) -> list[int]:
    """As `alive`, when the zygote has done all that it was asked to."""
    sandbox.zygote.order("reap", worker=0)
    return alive(sandbox)


def test_the_next_is_there_while_one_runs(sandbox: Sandbox, workers: Workers) -> None:
    workers.more = True
    first = workers.take()
    one, waiting = settled(sandbox)
    assert pid_of(first) == one
    first.release()
    workers.more = False
    second = workers.take()
    assert pid_of(second) == waiting
    assert settled(sandbox) == [waiting]  # the first was reaped, and none is forked for nothing
    second.release()


def test_one_that_nobody_takes_is_ended(sandbox: Sandbox, workers: Workers) -> None:
    workers.more = True
    workers.take().release()
    assert len(settled(sandbox)) == 1


def test_one_that_was_killed_while_it_waited_is_replaced(
    sandbox: Sandbox, workers: Workers
) -> None:
    workers.more = True
    first = workers.take()
    _one, waiting = settled(sandbox)
    os.kill(waiting, signal.SIGKILL)
    first.release()
    workers.more = False
    second = workers.take()
    assert pid_of(second) != waiting
    second.release()


def test_one_that_could_not_be_forked_is_forked_again(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = ZygoteClient.reply
    refused: list[int] = []

    def without_memory(self: ZygoteClient, number: int) -> dict[str, Any]:
        found = reply(self, number)
        if "pid" in found and not refused:
            refused.append(number)
            self.order("reap_all")
            return {"id": number, "fault": "OSError: Cannot allocate memory"}
        return found

    workers.more = True
    workers.take().release()
    workers.more = False
    monkeypatch.setattr(ZygoteClient, "reply", without_memory)
    second = workers.take()
    assert refused
    pid_of(second)
    second.release()
    # One that is asked for here and now is not tried again: that is a fault.
    refused.clear()
    with pytest.raises(HarnessFault, match="could not be forked: OSError: Cannot allocate"):
        workers.take()


def test_one_that_cannot_be_reaped_is_a_fault(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers(sandbox.zygote, BOUNDS, sandbox.scratch)
    workers.take().release()
    reply = ZygoteClient.reply
    monkeypatch.setattr(ZygoteClient, "reply", lambda z, n: {**reply(z, n), "fault": "it survives"})
    with pytest.raises(HarnessFault, match="it survives"):
        workers.close()
