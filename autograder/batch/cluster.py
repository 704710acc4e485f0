"""Jobs come in; what came of each goes out, graded by the workers of a dask cluster.

Each worker process unpacks the assignment once and keeps a session for each of its threads. Jobs
travel as bytes; reports come back as JSON text, so that nothing is unpickled that a worker made of
a submission. dask itself pickles between its processes: scheduler and workers have to be staff's
own machines, and its ports closed to others.

A submission that was under way when workers died is given to others; after the second death it has
to wait until all else is done, and is then graded alone, so that no innocent one is set aside.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder.checks.cache import user_folder
from autograder.checks.verdicts import machine_parts
from autograder.grading.bundle import Bundle
from autograder.grading.jobs import Finished, Job, JobPool, floor_of
from autograder.model.errors import UserError

try:
    from distributed import Client, KilledWorker, WorkerPlugin, get_worker
except ImportError as error:
    raise UserError(
        f"--scheduler needs the extra 'cluster' ({error}): install it with "
        "`pip install 'dl-autograder[cluster]'`."
    ) from None

#: Workers that may die under a submission before it is graded alone, and then.
DEATHS, DEATHS_ALONE = 2, 1
#: Jobs on their way for each of the cluster's threads.
AHEAD = 2
#: Seconds to wait for the scheduler, and for the first worker or a new one where none is left.
CONNECT_SECONDS, WORKER_SECONDS = 10, 60
POLL_SECONDS = 0.5


class ClusterError(UserError):
    """The cluster cannot be used, or was lost; the text says what to do."""


class Grading(WorkerPlugin):
    """What a worker process keeps from job to job.

    Args:
        memory: where verdicts are remembered; None for the user's own folder on each machine.
        machine: what has to be the same on every machine, as `machine_parts` gives it.
    """

    def __init__(self, bundle: Bundle, memory: Path | None, machine: dict[str, str]) -> None:
        self.name = f"autograder-{bundle.digest[:16]}-{os.urandom(4).hex()}"
        self._bundle = bundle
        self._memory = memory
        self._machine = machine

    def setup(self, worker: Any) -> None:
        """Called by dask when the worker starts, or when the plugin comes."""
        self._lock = threading.Lock()
        self._local = worker.local_directory
        self._folder: TemporaryDirectory[str] | None = None
        self._sessions: JobPool | None = None

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 - dask's own signature
        """Called by dask when the worker ends, or when the plugin is taken away."""
        if self._sessions is not None:
            self._sessions.interrupt()
            self._sessions.close()
        if self._folder is not None:
            self._folder.cleanup()

    def grade(self, job: Job) -> Finished:
        """Grade a job in a session of this process.

        Raises:
            UserError: nothing can be graded here.
        """
        return self._ready().grade(job)

    def _ready(self) -> JobPool:
        with self._lock:
            if self._sessions is None:
                self._compare()
                # Of its own folder, dask clears what a killed worker has left.
                self._folder = TemporaryDirectory(prefix="autograder-", dir=self._local)
                memory = self._memory or user_folder() / "cluster"
                self._sessions = JobPool(self._bundle, Path(self._folder.name), memory)
            return self._sessions

    def _compare(self) -> None:
        here = machine_parts(floor_of(os.geteuid()))
        others = [name for name, value in self._machine.items() if here[name] != value]
        if "sandbox" in others:
            raise ClusterError(
                "it runs as another kind of user than this command; start the workers as root, "
                "and this command too."
            )
        if others:
            raise ClusterError(
                f"its {' and '.join(others)} differ from this machine's; install the same "
                "requirements.lock and the same version of the harness on both."
            )


def _grade(name: str, job: Job) -> str:
    """Runs in a worker's thread."""
    worker: Any = get_worker()
    try:
        finished = worker.plugins[name].grade(job)
        return json.dumps(asdict(finished))
    except UserError as error:
        return json.dumps({"refused": f"The worker {worker.address} cannot grade: {error}"})
    except Exception:
        return json.dumps(asdict(Finished(job.id, None, traceback.format_exc())))


def grade_there(
    jobs: Iterator[Job], bundle: Bundle, *, address: str, memory: Path | None
) -> Iterator[Finished]:
    """Grade on the cluster whose scheduler is at ``address``.

    Raises:
        ClusterError: it cannot be reached, or was lost, or has no worker that can grade.
    """
    client = _connected(address)
    plugin = Grading(bundle, memory, machine_parts(floor_of(os.geteuid())))
    with _closed(client), _told_when_lost(address):
        before = client.run_on_scheduler(_allow_failures, count=DEATHS - 1)
        client.register_plugin(plugin, name=plugin.name)
        try:
            yield from _Cluster(client, plugin.name, address).run(jobs)
        finally:
            with suppress(Exception):
                _refuse_if_gone(client)
                client.unregister_worker_plugin(plugin.name)
                client.run_on_scheduler(_allow_failures, count=before)


def _connected(address: str) -> Any:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # the sentences below say it
    try:
        return Client(  # type: ignore[no-untyped-call]
            address, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(
            f"{address}: no dask scheduler answers there ({type(error).__name__}); start one with "
            "`dask scheduler`, or correct the address."
        ) from None


def _allow_failures(count: int, dask_scheduler: Any = None) -> int:
    """Runs in the scheduler: after more deaths than this dask gives a job up."""
    before = int(dask_scheduler.allowed_failures)
    dask_scheduler.allowed_failures = count
    return before


@contextmanager
def _closed(client: Any) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(Exception):
            client.close(timeout=2)


@contextmanager
def _told_when_lost(address: str) -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError, CancelledError) as error:
        raise _lost(address, error) from None


def _refuse_if_gone(client: Any) -> None:
    """Not to wait for a cluster that is gone, only to clean up there."""
    if client.status != "running":
        raise OSError("the scheduler is gone")


def _lost(address: str, error: BaseException | None = None) -> ClusterError:
    how = "" if error is None else f" ({type(error).__name__})"
    return ClusterError(
        f"{address}: the scheduler was lost{how}; what was graded before is kept: start it again "
        "and give the same command."
    )


class _Cluster:
    """Keeps the cluster's threads busy, and no more jobs on their way than that takes."""

    def __init__(self, client: Any, plugin: str, address: str) -> None:
        self._client = client
        self._plugin = plugin
        self._address = address
        self._under_way: dict[str, tuple[Job, Any]] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._seen = time.monotonic()
        self._threads = 0
        self._looked = 0.0

    def run(self, jobs: Iterator[Job]) -> Iterator[Finished]:
        """Grade all; those that two workers died under at the end, one by one."""
        suspects: list[Job] = []
        left = True
        try:
            while left or self._under_way:
                while left and len(self._under_way) < AHEAD * max(self._slots(), 1):
                    job = next(jobs, None)
                    left = job is not None
                    if job is not None:
                        self._submit(job)
                if (number := self._next()) is not None:
                    job, found = self._result(number)
                    if found is None:
                        suspects.append(job)
                    else:
                        yield found
            yield from self._one_by_one(suspects)
        finally:
            with suppress(Exception):
                _refuse_if_gone(self._client)
                self._client.cancel([future for _, future in self._under_way.values()], force=True)

    def _one_by_one(self, suspects: list[Job]) -> Iterator[Finished]:
        if suspects:
            self._client.run_on_scheduler(_allow_failures, count=DEATHS_ALONE - 1)
        for job in suspects:
            self._submit(job)
            while (number := self._next()) is None:
                pass
            _, found = self._result(number)
            deaths = f"{DEATHS + DEATHS_ALONE} workers died while it was graded, the last one with "
            yield found or Finished(job.id, None, f"{deaths}nothing else to do; it is set aside.")

    def _slots(self) -> int:
        """The threads of all workers, looked up now and then."""
        now = time.monotonic()
        if now - self._looked > POLL_SECONDS:
            self._threads = sum(self._client.nthreads().values())
            self._looked = now
            if self._threads:
                self._seen = now
            elif now - self._seen > WORKER_SECONDS:
                raise ClusterError(
                    f"{self._address}: the scheduler has had no worker for {WORKER_SECONDS} "
                    "seconds; start some with `dask worker`, and give the same command again."
                )
        return self._threads

    def _submit(self, job: Job) -> None:
        number = f"grade-{job.id}-{os.urandom(6).hex()}"
        future = self._client.submit(
            _grade, self._plugin, job, key=number, pure=False, retries=DEATHS
        )
        self._under_way[number] = job, future
        future.add_done_callback(lambda _future: self._ended.put(number))

    def _next(self) -> str | None:
        """The number of a job that has ended; None after a while without one."""
        try:
            return self._ended.get(timeout=POLL_SECONDS)
        except queue.Empty:
            self._slots()
            if self._client.status != "running":
                raise _lost(self._address) from None
            return None

    def _result(self, number: str) -> tuple[Job, Finished | None]:
        """What came of a job; None where workers died under it."""
        job, future = self._under_way.pop(number)
        try:
            reply = json.loads(future.result())
        except KilledWorker:
            return job, None
        finally:
            future.release()
        if "refused" in reply:
            raise ClusterError(reply["refused"])
        return job, Finished(**reply)
