"""The same jobs on a dask cluster: a real scheduler and workers in other processes, over TCP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from batches import Course, without_times
from conftest import needs_root

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
from autograder.batch import cluster
from autograder.batch.cluster import ClusterError

pytestmark = needs_root

DASK = Path(sys.executable).with_name("dask")
WORKER = ("--nthreads", "1", "--no-nanny", "--no-dashboard")


class Cluster:
    """A scheduler and its workers; workers that die are started again, as a nanny does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.stopping = threading.Event()
        self.wanted = self.started = 0
        self.thread = threading.Thread(target=self._watch)

    def start(self, workers: int) -> None:
        options = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show")
        self.scheduler = self._process("scheduler", *options)
        self.wanted = workers
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join()
        for process in (*self.workers, self.scheduler):
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()

    def _watch(self) -> None:
        while not self.stopping.wait(0.05):
            self.workers = [worker for worker in self.workers if worker.poll() is None]
            while len(self.workers) < self.wanted:
                self.started += 1
                self.workers.append(self._process("worker", self.address, *WORKER))

    def _process(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "dask.log").open("ab") as log:
            return subprocess.Popen([DASK, *words], cwd=self.folder, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers, started once."""
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    started.start(2)
    yield started
    started.stop()


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def when_graded(course: Course, count: int, act: Callable[[], object]) -> threading.Thread:
    """Do something once so many are graded."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while len(list((course.out / "records").glob("[!.]*"))) < count:
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_workers_die_and_stall_and_results_are_as_here(course: Course, workers: Cluster) -> None:
    for n in range(10):
        edits = (("axis=1", "axis=0"),) if n % 3 == 0 else ()
        course.hand_in(f"s{n}", *edits, word="SLOWLY")

    def disturb() -> None:
        first, second = workers.workers[:2]
        os.kill(first.pid, signal.SIGKILL)
        os.kill(second.pid, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(second.pid, signal.SIGCONT)

    disturbed = when_graded(course, 3, disturb)
    assert course.run(scheduler=workers.address) == 0
    disturbed.join()
    here = course.folder / "here"
    assert course.run(out=here, cache_dir=course.folder / "other-memory") == 0
    assert without_times(course.out) == without_times(here)
    for name in ("grades-canvas.csv", "grades-moodle.csv"):
        assert (course.out / name).read_bytes() == (here / name).read_bytes()
    # And nothing is done twice, wherever it was done.
    before = course.record("s1")
    assert course.run(seed=None) == 0
    assert course.record("s1") == before


def test_a_submission_that_kills_three_workers_is_set_aside_alone(
    course: Course, workers: Cluster
) -> None:
    for n in range(6):
        course.hand_in(f"s{n}", word="KILL-THE-WORKER" if n == 1 else "")
    before = workers.started
    assert course.run(scheduler=workers.address) == 1
    scores = course.scores()
    assert scores.pop("s1") == 0
    assert scores == dict.fromkeys(["s0", "s2", "s3", "s4", "s5"], 4)
    assert before + 2 <= workers.started <= before + 3
    assert "3 workers died" in course.record("s1")["report"]["faults"][0]
    shown = json.loads((course.out / "results" / "s1.json").read_text())
    assert "not your fault" in shown["output"]


def test_no_scheduler_and_no_worker_is_a_sentence(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("a")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 1)
    with pytest.raises(ClusterError, match="no dask scheduler answers"):
        course.run(scheduler="tcp://127.0.0.1:9")
    empty = Cluster(tmp_path)
    empty.start(0)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 20)
    try:
        with pytest.raises(ClusterError, match="no worker"):
            course.run(scheduler=empty.address)
    finally:
        empty.stop()


def test_a_lost_scheduler_is_a_sentence_and_the_command_goes_on(
    course: Course, tmp_path: Path
) -> None:
    for n in range(8):
        course.hand_in(f"s{n}", word="SLOWLY")
    own = Cluster(tmp_path)
    own.start(1)
    try:
        lost = when_graded(course, 2, own.scheduler.kill)
        with pytest.raises(ClusterError, match="scheduler was lost") as caught:
            course.run(scheduler=own.address)
        lost.join()
    finally:
        own.stop()
    assert "\n" not in str(caught.value)
    kept = {path.stem: course.record(path.stem) for path in (course.out / "records").iterdir()}
    assert 2 <= len(kept) < 8
    assert course.run(seed=None) == 0
    assert course.scores() == {f"s{n}": 4 for n in range(8)}
    assert {name: course.record(name) for name in kept} == kept


def test_a_worker_with_another_harness_is_refused(
    course: Course, workers: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.hand_in("a")
    real = cluster.machine_parts
    monkeypatch.setattr(
        cluster, "machine_parts", lambda floor: {**real(floor), "libraries": "others"}
    )
    with pytest.raises(ClusterError, match="its libraries differ from this machine's"):
        course.run(scheduler=workers.address)
    assert not course.scores()
