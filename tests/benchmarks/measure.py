"""Commands come in; their times, and the peak memory of all their processes together, go out."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path


def seconds(action: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median_seconds(action: Callable[[], object], runs: int) -> float:
    """The median of several calls, after one that warms caches."""
    action()
    return statistics.median(seconds(action) for _ in range(runs))


def run_quietly(command: Sequence[object]) -> str:
    """Run a command that has to succeed; its output is shown only if it does not."""
    words = [str(part) for part in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def peak_memory(command: Sequence[object], every: float = 0.005) -> int:
    """The largest proportional set size, in bytes, of a command and all processes below it.

    Shared pages count once in all, as a container counts them. Sampling slows what is measured, so
    time and memory belong into different runs.
    """
    words = [str(part) for part in command]
    peak = 0
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_proportional_set_size, _family(process.pid))))
            time.sleep(every)
    return peak


def _family(root: int) -> list[int]:
    found = [root]
    for pid in found:
        with suppress(OSError):  # it has just ended
            for thread in Path(f"/proc/{pid}/task").iterdir():  # each has its own children
                text = (thread / "children").read_text(encoding="ascii")
                found += [int(child) for child in text.split()]
    return found


def _proportional_set_size(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024
