"""The workers of one submission: the next is forked while one runs, and the last one reaped beside.

A fork of a process with torch and its end cost some 20 milliseconds, in which the grader would
wait. On a second core they cost it little. One that waits has been given nothing yet, and runs as
another user than the one that is running; it is given something only when that one, and all that
it has left behind, is gone.
"""

from __future__ import annotations

from pathlib import Path

from autograder.model.errors import HarnessFault
from autograder.sandbox.client import Bounds, WorkerClient, ZygoteClient


class Workers:
    """Gives locked-down workers, all with the same bounds.

    Attributes:
        more: whether another one may be wanted after the next.
    """

    def __init__(self, zygote: ZygoteClient, bounds: Bounds, scratch: Path) -> None:
        self._zygote = zygote
        self._bounds = bounds
        self._scratch = scratch
        self._next: WorkerClient | None = None
        self._reaping: list[int] = []
        self.more = False

    def take(self) -> WorkerClient:
        """One in which nothing has been run.

        Raises:
            HarnessFault: it cannot be had, or one that was released could not be reaped.
        """
        worker = self._waiting()
        if worker is None:
            worker = self._forked()
            worker.wait()
        self._settle()
        if self.more:
            self._next = self._forked()
        return worker

    def _waiting(self) -> WorkerClient | None:
        """The one that was forked beside the last one; None if that one kept it from coming."""
        worker, self._next = self._next, None
        if worker is None:
            return None
        try:
            worker.wait()
        except HarnessFault:  # there was no memory for it, say, which there is now
            return None
        if worker.gone:
            worker.release()
            return None
        return worker

    def _forked(self) -> WorkerClient:
        return _Released(self._zygote, self._bounds, self._scratch, self._reaping)

    def close(self) -> None:
        """End what is left.

        Raises:
            HarnessFault: one could not be reaped.
        """
        worker = self._waiting()
        if worker is not None:
            worker.release()
        self._settle()

    def _settle(self) -> None:
        """See to it that those that were released are gone."""
        while self._reaping:
            reply = self._zygote.reply(self._reaping.pop(0))
            if "fault" in reply:
                raise HarnessFault(reply["fault"])


class _Released(WorkerClient):
    """A worker that nobody waits for when it is released."""

    def __init__(
        self, zygote: ZygoteClient, bounds: Bounds, scratch: Path, reaping: list[int]
    ) -> None:
        self._reaped = reaping
        super().__init__(zygote, bounds, scratch, ahead=True)

    def release(self) -> None:
        self.released |= self._alive
        reaping = self.end()
        if reaping is not None:
            self._reaped.append(reaping)
