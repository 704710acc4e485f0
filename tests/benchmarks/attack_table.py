"""The attacks of ``tests/attacks`` at each level of the lock-down, and what a level costs.

Run as root: ``python tests/benchmarks/attack_table.py [NAME ...]``. An attack by files meets the
safe copy before there is any worker, so it has one level. Times are of the solved submission.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS.parent), str(TESTS / "attacks"), str(TESTS / "helpers")]

from arena import CORPUS, LEVELS, Arena, Attack, load  # noqa: E402

RUNS = 15


def main(names: list[str]) -> None:
    paths = sorted(CORPUS.glob("*.py"))
    attacks = [load(path) for path in paths if not names or path.stem in names]
    canary = secrets.token_hex(8)
    os.environ["STAFF_TOKEN"] = f"canary-{canary}"
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        arena = Arena(Path(name) / "arena", canary)
        try:
            print(" | ".join(["attack", *LEVELS, "defence"]))
            broken = [_row(arena, attack) for attack in attacks]
            print(f"\n{len(attacks)} attacks, {sum(broken)} of them broke through somewhere\n")
            _costs(arena)
        finally:
            arena.close()


def _row(arena: Arena, attack: Attack) -> bool:
    """Print an attack's row; whether it broke through."""
    words = []
    for level, without in LEVELS.items():
        if level != "all" and not attack.is_code:
            words.append("-")
            continue
        won = arena.fight(attack, without).won
        lost = arena.next_honest(without)
        words.append(
            f"BROKEN ({', '.join([*won, *(['next'] if lost else [])])})" if won else "held"
        )
    print(" | ".join([attack.name, *words, attack.defence]))
    return any(word.startswith("BROKEN") for word in words)


def _costs(arena: Arena) -> None:
    """Print what each level adds to a submission, and to each of its checks that fork a worker."""
    everything = frozenset.union(*LEVELS.values()) - {"session", "descriptors", "parent"}
    levels = {"none": everything | {"uid", "no_new_privs", "seccomp"}, **LEVELS}
    seconds: dict[str, list[float]] = {level: [] for level in levels}
    for _ in range(RUNS):
        for level, without in levels.items():  # in turn, so that a busy machine is fair
            started = time.perf_counter()
            lost = arena.lost("solved", without)
            seconds[level].append(time.perf_counter() - started)
            assert not lost or level == "none", lost
    base = statistics.median(seconds["none"])
    for level, runs in seconds.items():
        median = statistics.median(runs)
        added = (median - base) * 1000
        print(f"{level}: {median * 1000:.0f} ms a submission, {added / 3:+.1f} ms for each worker")


if __name__ == "__main__":
    main(sys.argv[1:])
