"""An action comes in; what it reports from a fork, in a fresh folder and in time, goes out."""

from __future__ import annotations

import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch

Report = Callable[[dict[str, Any]], None]
MEMORY = 10 << 30


def fork(
    action: Callable[[Report], None], folder: Path, place: Path, seconds: float, seed: int
) -> list[dict[str, Any]]:
    """Run ``action`` in a fork and return what it reported until it ended or its time was over.

    Args:
        folder: is copied to ``place``, which is made anew, and the fork works there.
        seed: of the random generators of Python, NumPy and torch.
    """
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        child = os.fork()
        if not child:
            _child(action, out, place, seed)
        watched = os.pidfd_open(child)
        try:
            select.select([watched], [], [], seconds)
        finally:
            os.close(watched)
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        out.seek(0)
        return list(_records(out.read()))


def _records(text: str) -> list[dict[str, Any]]:
    records = []
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):  # killed while it wrote
            records.append(json.loads(line))
    return records


def _child(action: Callable[[Report], None], out: Any, place: Path, seed: int) -> NoReturn:
    def report(record: dict[str, Any]) -> None:
        os.write(own, (json.dumps(record) + "\n").encode())

    try:
        own = os.dup(out.fileno())
        os.setsid()
        os.chdir(place)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        sys.path.insert(0, "")
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        disturbance = [bytearray(4096 + seed) for _ in range(512 * seed)]  # other addresses
        time.sleep(0.05 * seed)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        action(report)
        del disturbance
    finally:
        os._exit(0)
