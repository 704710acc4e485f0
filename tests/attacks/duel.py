"""Attacks and steps to leave out come in, as JSON on standard input; what each attack won goes out.

For ``tests/benchmarks/defences.py``, which runs it in a copy of the tree that lacks a defence. One
line goes out at the start, with what an honest submission loses there, and one for each attack.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from arena import CORPUS, SECONDS, Arena, descendants, load  # noqa: E402

from autograder.sandbox import reaper  # noqa: E402

#: As those of a user who has some; some container runtimes give root none.
GROUPS = [0, 4]
#: A submission whose grading does not end is ended by then, and has taken too long.
PATIENCE = SECONDS + 3
#: To fill memory takes time on a busy machine; whether an attack wins is no matter of seconds.
CHECK_SECONDS = 6


def main() -> None:
    jobs = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w")  # an attack may write on what everybody takes for its own
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    reaper.adopt_orphans()
    os.setgroups(GROUPS)
    canary = secrets.token_hex(8)
    os.environ["STAFF_TOKEN"] = f"canary-{canary}"
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        arena = Arena(Path(name) / "arena", canary, patience=CHECK_SECONDS)
        try:
            print(json.dumps({"lost": arena.lost("solved")}), flush=True, file=out)
            for job in jobs:
                print(json.dumps(fought(arena, **job)), flush=True, file=out)
        finally:
            arena.close()
            end([])


def fought(arena: Arena, attack: str, without: list[str]) -> dict[str, object]:
    """One attack; what it leaves running, wherever that has gone, counts and is ended."""
    clock = threading.Timer(PATIENCE, arena.session.interrupt)
    clock.start()
    started = time.monotonic()
    try:
        won = arena.fight(load(CORPUS / f"{attack}.py"), frozenset(without)).won
    except Exception as error:  # what it has broken is the arena itself
        won = {"arena": f"{type(error).__name__}: {error}"[:300]}
    clock.cancel()
    if left := end(arena.own_processes):
        won.setdefault("running", f"{left} processes, adopted")
    return {"attack": attack, "won": won, "seconds": round(time.monotonic() - started, 1)}


def end(known: list[int]) -> int:
    """End all that descends from this process but the known ones and theirs; how many it was."""
    spared = {pid for each in known for pid in (each, *descendants(each))}
    found = [pid for pid in descendants(os.getpid()) if pid not in spared]
    for pid in found:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for pid in found:
        with suppress(ChildProcessError):  # not yet a child: its parent has just been killed
            os.waitpid(pid, 0)
    return len(found)


if __name__ == "__main__":
    main()
