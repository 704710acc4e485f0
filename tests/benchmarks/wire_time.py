"""Time the wire: values are written and read back; a table of medians goes out.

    wire_time.py [--other FOLDER]

With ``--other``, a folder that holds another ``autograder/wire`` (``git archive COMMIT | tar x``),
both are timed in turns, so that a busy machine slows both. A value that the other cannot carry has
no time there.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[2]
ROUNDS, SECONDS = 7, 0.3


def values() -> dict[str, Any]:
    """What is sent, by its name in the table."""
    import numpy as np

    found: dict[str, Any] = {
        "small dict": {"loss": 0.25, "epochs": 3, "name": "adam", "sizes": [1, 2, 3], "done": True},
        "100,000 floats": [float(number) / 7 for number in range(100_000)],
        "100,000 ints": list(range(100_000)),
        "dict of 10,000": {f"word {number}": number for number in range(10_000)},
        "10 MB array": np.ones(10 * 2**20 // 8),
        "1,000 small arrays": [np.zeros(4) for _ in range(1000)],
        "NumPy scalar": np.float64(1.5),
    }
    try:
        import pandas
        import torch
    except ImportError:
        return found
    rows = {"a": range(1000), "b": np.ones(1000), "c": ["text"] * 1000}
    return found | {
        "100 tensors": [torch.zeros(4) for _ in range(100)],
        "state_dict of 20": torch.nn.Sequential(
            *[torch.nn.Linear(8, 8) for _ in range(10)]
        ).state_dict(),
        "tuple keys, 10,000": {(n, str(n)): n for n in range(10_000)},
        "frame of 1,000 rows": pandas.DataFrame(rows),
        "series": pandas.Series(np.ones(1000)),
    }


def timed() -> dict[str, float | None]:
    """The median milliseconds of writing and reading each value."""
    from autograder.wire.codec import copied

    found: dict[str, float | None] = {}
    for name, value in values().items():
        try:
            copied(value)
        except Exception:
            found[name] = None
            continue
        times = []
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until or len(times) < 5:
            started = time.perf_counter()
            copied(value)
            times.append(time.perf_counter() - started)
        found[name] = statistics.median(times) * 1000
    return found


def ask(folder: Path) -> dict[str, float | None]:
    """The times of the wire that lies in a folder, in a process of its own."""
    program = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(Path(__file__).parent)!r}]; "
    program += "import json, wire_time; print(json.dumps(wire_time.timed()))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    answer: dict[str, float | None] = json.loads(run.stdout)
    return answer


def median(rounds: list[dict[str, float | None]], name: str) -> float | None:
    """The median over the rounds; None if the value does not cross."""
    known = [found[name] for found in rounds]
    return statistics.median(x for x in known if x is not None) if None not in known else None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", type=Path)
    options = parser.parse_args()
    folders = [HERE, *([options.other.resolve()] if options.other else [])]
    rounds = [[ask(folder) for folder in folders] for _ in range(ROUNDS)]
    print(f"{'':22}{'here':>12}{'other':>12}   ms, median of {ROUNDS} rounds")
    for name in rounds[0][0]:
        cells = [median([turn[n] for turn in rounds], name) for n in range(len(folders))]
        print(f"{name:22}" + "".join(f"{'-' if c is None else f'{c:.3f}':>12}" for c in cells))


if __name__ == "__main__":
    main()
