"""What it costs to ask a remote object instead of a name, in milliseconds.

    remote_calls.py [--runs N] [--calls N]

Each row asks a locked-down worker so many times; the ratio is to a call of a function by name.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))

from autograder.checks import RemoteObject, Student, probe
from autograder.checks.process import Times
from autograder.home.spawned import Spawner, SpawnSettings
from autograder.model.manifest import Question
from autograder.slicing.slicer import Slice
from autograder.wire.protocol import Step

SOURCE = """
class Net:
    def __init__(self):
        self.w = 1.0
    def loss(self, x):
        return x * self.w
    def __iter__(self):
        while True:
            yield self.w
def loss(x):
    return x
"""


@probe
def weight(net) -> float:
    return net.w


class Given:
    """One cell, all of which is run."""

    def __init__(self) -> None:
        self.slow: set[tuple[str, int, int]] = set()

    def slice(self, question: Question, **_options: bool) -> Slice:
        steps = (Step(1, 1, SOURCE, question.names, ()),)
        return Slice(question.names, steps, (), ())

    def sources(self, *_arguments: object) -> list[tuple[int, str]]:
        return []

    def files(self, *_arguments: object) -> dict[str, bytes]:
        return {}


def seconds_of(ask: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        ask()
    return (time.perf_counter() - started) / calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    question = Question("Q1", "", 1, "n.ipynb", "a", ("Net", "loss"))
    with Spawner(SpawnSettings((), ("numpy",), (), ())) as spawner:
        student = Student(Given(), question, Times(600), spawner.worker)  # type: ignore[arg-type]
        net: RemoteObject = student.make("Net")
        rows: dict[str, Callable[[], object]] = {
            'student.call("loss", 2.0)': lambda: student.call("loss", 2.0),
            'net.call("loss", 2.0)': lambda: net.call("loss", 2.0),
            'net.get("w")': lambda: net.get("w"),
            'net.get("w", keep=True)': lambda: net.get("w", keep=True),
            'student.make("Net")': lambda: student.make("Net"),
            "student.probe(weight, net)": lambda: student.probe(weight, net),
            "net.take(100)": lambda: net.take(100),
        }
        times: dict[str, list[float]] = {what: [] for what in rows}
        for _ in range(options.runs):
            for what, ask in rows.items():
                times[what].append(seconds_of(ask, options.calls))
    table = Table(title=f"Milliseconds a request, median of {options.runs} runs")
    for heading in ("request", "ms", "ratio"):
        table.add_column(heading, justify="left" if heading == "request" else "right")
    medians = {what: statistics.median(found) for what, found in times.items()}
    plain = next(iter(medians.values()))
    for what, median in medians.items():
        table.add_row(what, f"{median * 1000:.3f}", f"{median / plain:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
