"""Real notebooks come in; how often a slice gives what the whole notebook gives goes out.

    replay_fidelity.py CORPUS [--only TEXT] [--skip N] [--limit N] [--pairs N] [--out FILE]

CORPUS/COURSE/**/*.ipynb are notebooks as courses publish them, each with its files in its folder.
Each is run from the top, statement by statement, as the harness runs a whole notebook. What a cell
binds or changes is then asked for as a check asks: by the slice for that name at the end of that
cell, in a fresh fork and a fresh copy of the folder, with the same seeds. Left out is what differs
between two whole runs under different seeds (unseeded draws, times, addresses), what nothing is
known about, and what follows from a block that raised half-way.

pandas and scikit-learn have to be installed beside the harness; what else the notebooks import, if
they shall get far. `--blame` looks, by bisection, for the statement whose loss makes a difference.
With `--pairs 0` each notebook is only run, once, to see whether it is of use.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # sums in one order
os.environ["MPLBACKEND"] = "Agg"

from digests import digest, is_definition, short  # noqa: E402
from forked import Report, fork  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.markup import escape  # noqa: E402
from rich.table import Table  # noqa: E402

from autograder.sandbox.worker import Worker, become_main  # noqa: E402
from autograder.slicing.edits import Source, first_line  # noqa: E402
from autograder.slicing.magics import parse_python  # noqa: E402
from autograder.slicing.notebook import Cell, parse  # noqa: E402
from autograder.slicing.slicer import slice_cells  # noqa: E402
from autograder.wire.protocol import Replay, Step  # noqa: E402

IMPORTED = (
    "numpy", "pandas", "torch", "torch.nn.functional", "torch.utils.data", "scipy.stats", "sklearn",
    "matplotlib.pyplot", "mpl_toolkits.mplot3d", "sklearn.linear_model", "sklearn.model_selection",
)  # fmt: skip
GIVEN = {"get_ipython", "display", "_", "__builtins__", "__annotations__"}
GIVEN |= {"__name__", "__doc__", "__package__", "__loader__", "__spec__"}
TARGET = 0.999


# --- data ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """What a name held at the end of a cell."""

    digest: str | None
    short: str
    definition: bool
    #: It follows from a block that raised half-way, from which a slice may leave the raise out.
    tainted: bool


@dataclass(frozen=True)
class CellRun:
    """A cell run in its turn: the seconds and the errors, and what it bound or changed."""

    number: int
    seconds: float
    errors: list[str]
    values: dict[str, Value]


@dataclass(frozen=True)
class Comparison:
    """One name at the end of one cell, by the whole run and by its slice."""

    cell: int
    name: str
    #: "equal", "differs", or "raises": the slice ends at an error that the whole run has too.
    outcome: str
    definition: bool
    whole: str
    sliced: str
    whole_seconds: float
    slice_seconds: float
    #: A cell above, or this one, raised: a kernel then goes on with the next cell.
    after_error: bool
    blame: str = ""


@dataclass
class Result:
    """All about one notebook."""

    course: str
    notebook: str
    cells: int = 0
    clean_cells: int = 0
    seconds: float = 0.0
    candidates: int = 0
    #: Names that cannot be compared, by why.
    not_comparable: dict[str, int] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)
    problem: str = ""

    def leave_out(self, why: str) -> None:
        """Count one more value that is not compared."""
        self.not_comparable[why] = self.not_comparable.get(why, 0) + 1

    def count(self, outcome: str) -> int:
        """How many comparisons came out so."""
        return sum(c.outcome == outcome for c in self.comparisons)


# --- the whole run -------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def statements(cell: Cell) -> tuple[Step, ...]:
    """Every top-level statement of a cell as a step.

    Raises:
        SyntaxError: the cell is no Python.
    """
    source = Source(cell.python)
    nodes = parse_python(cell.python).body
    return tuple(Step(cell.number, first_line(n), source.segment(n), (), ()) for n in nodes)


def names_of(steps: Sequence[Step]) -> tuple[set[str], set[str]]:
    """Names that statements bind at the top level, and all that they mention."""
    bound: set[str] = set()
    mentioned: set[str] = set()
    for node in (node for step in steps for node in ast.walk(parse_python(step.source))):
        if isinstance(node, ast.Name):
            mentioned.add(node.id)
            bound |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
    return bound, mentioned | bound


def run_whole(cells: Sequence[Cell], report: Report) -> None:
    """Run cells as the harness runs a whole notebook: past an error it goes on.

    Names that a statement that raised would bind are not reported.
    """
    worker = started_worker(cells)
    known: dict[str, str | None] = {}
    tainted: set[str] = set()
    for cell in cells:
        started = time.perf_counter()
        ran, lost, errors = _run_cell(worker, cell)
        seconds = time.perf_counter() - started
        bound, mentioned = names_of(ran)
        tainted = still_tainted(tainted, ran, lost, worker.namespace)
        names = set(worker.namespace) if cell is cells[-1] else mentioned
        values = {}
        for name in sorted(names & set(worker.namespace) - names_of(lost)[0] - GIVEN):
            value = worker.namespace[name]
            found = digest(value)
            if name in bound or (name in known and known[name] != found):
                values[name] = asdict(
                    Value(found, short(value), is_definition(value), name in tainted)
                )
            known[name] = found
        record = {"number": cell.number, "seconds": seconds, "errors": errors, "values": values}
        report(record)


def still_tainted(
    tainted: Set[str], ran: Sequence[Step], lost: Sequence[Step], namespace: Mapping[str, Any]
) -> set[str]:
    """The names whose values follow from blocks that raised half-way, after one more cell."""
    found = set(tainted)
    for step in sorted([*ran, *lost], key=lambda step: step.line):
        bound, mentioned = names_of([step])
        if step in lost:
            block = hasattr(parse_python(step.source).body[0], "body")
            values = {n for n in mentioned if not is_definition(namespace.get(n, ast))}
            found |= bound | values if block else set()
        else:
            found = found | bound if mentioned & found else found - bound
    return found


def started_worker(cells: Sequence[Cell]) -> Worker:
    """A worker in the place of this process' main module, that has the cells' texts at hand."""
    worker = Worker(become_main({}), ())
    worker.do_replay(Replay((), sources_of(cells)).request())
    return worker


def sources_of(cells: Sequence[Cell]) -> dict[int, str]:
    """The cells' texts by number."""
    found = {}
    for cell in cells:
        with suppress(SyntaxError):
            found[cell.number] = cell.python
    return found


def _run_cell(worker: Worker, cell: Cell) -> tuple[list[Step], list[Step], list[str]]:
    """The statements that ran, those that raised, and the errors."""
    try:
        steps = statements(cell)
    except SyntaxError as error:
        return [], [], [f"cell {cell.number}: SyntaxError: {error.msg}"]
    errors = [worker._run(step.cell, step.line, step.source) for step in steps]
    ran = [step for step, error in zip(steps, errors, strict=True) if error is None]
    lost = [step for step, error in zip(steps, errors, strict=True) if error is not None]
    return ran, lost, [error_text(error) for error in errors if error is not None]


def error_text(error: Mapping[str, Any]) -> str:
    """An exception as the worker describes it, on one line."""
    return f"cell {error.get('cell', '?')}: {error['type']}: {error['message']}"[:200]


# --- slices --------------------------------------------------------------------------------------


def run_steps(
    steps: Sequence[Step], cells: Sequence[Cell], name: str, limit: float, report: Report
) -> None:
    """Replay steps as the harness does, and report what a name then holds."""
    worker = started_worker(cells)
    started = time.perf_counter()
    replay = Replay(tuple(steps), optional_seconds=limit)
    failures: Any = worker.do_replay(replay.request())["failures"]
    seconds = time.perf_counter() - started
    if name in failures or name not in worker.namespace:
        error: Any = failures.get(name) or {"type": "not bound", "message": ""}
        report({"seconds": seconds, "error": error_text(error)})
        return
    value = worker.namespace[name]
    report({"seconds": seconds, "digest": digest(value), "short": short(value), "error": ""})


def hybrids(cells: Sequence[Cell], sliced: Sequence[Step]) -> Callable[[int], list[Step]]:
    """By number n: the first n statements of the notebook, and the slice's behind those."""
    every = [step for cell in cells for step in _readable(cell)]

    def hybrid(count: int) -> list[Step]:
        end = (every[count].cell, every[count].line) if count < len(every) else (1 << 60, 0)
        # On one line with others, a statement may come twice, which seldom matters.
        return [*every[:count], *(step for step in sliced if (step.cell, step.line) >= end)]

    return hybrid


def _readable(cell: Cell) -> tuple[Step, ...]:
    try:
        return statements(cell)
    except SyntaxError:
        return ()


# --- one notebook --------------------------------------------------------------------------------


class Comparer:
    """Runs one notebook, whole and sliced."""

    def __init__(self, course: str, path: Path, place: Path, options: argparse.Namespace) -> None:
        self.folder = path.parent
        self.place = place
        self.options = options
        self.result = Result(course, str(path.relative_to(options.corpus / course)))
        notebook = parse(path.read_bytes(), path.name)
        self.cells = [c for c in notebook.cells if c.kind == "code" and c.source.strip()]

    def compare(self) -> Result:
        """Run it whole, twice; then the slices of a sample of its names."""
        first = self._whole(0)
        second = self._whole(1) if self.options.pairs else []
        self.result.cells = len(self.cells)
        self.result.clean_cells = sum(not run.errors for run in first)
        self.result.seconds = sum(run.seconds for run in first)
        if len(first) < len(self.cells):
            self.result.problem = "cut short"
        pairs = list(self._comparable(first, second))
        self.result.candidates = len(pairs)
        for run, name in self._sample(pairs):
            whole_seconds = sum(r.seconds for r in first if r.number <= run.number)
            if whole_seconds > self.options.slice_seconds * 0.75:
                self.result.leave_out("too slow")
                continue
            errors = {e for r in first if r.number <= run.number for e in r.errors}
            self.result.comparisons.append(self._one(run, name, whole_seconds, errors))
        return self.result

    def _whole(self, seed: int) -> list[CellRun]:
        def action(report: Report) -> None:
            run_whole(self.cells, report)

        records = fork(action, self.folder, self.place, self.options.seconds, seed)
        return [
            CellRun(**r | {"values": {name: Value(**v) for name, v in r["values"].items()}})
            for r in records
        ]

    def _comparable(
        self, first: Sequence[CellRun], second: Sequence[CellRun]
    ) -> Iterator[tuple[CellRun, str]]:
        other = {run.number: run.values for run in second}
        for run in first:
            for name, value in run.values.items():
                if value.tainted:
                    self.result.leave_out("half-way error")
                elif value.digest is None:
                    self.result.leave_out("kind")
                elif run.number not in other:
                    self.result.leave_out("too slow")
                elif name not in (again := other[run.number]) or again[name].digest != value.digest:
                    self.result.leave_out("not repeatable")
                else:
                    yield run, name

    def _sample(self, pairs: list[tuple[CellRun, str]]) -> list[tuple[CellRun, str]]:
        """At random, values before definitions, of which only the name is compared."""
        draw = random.Random(self.result.notebook)
        order = sorted(pairs, key=lambda pair: (pair[0].values[pair[1]].definition, draw.random()))
        chosen = order[: self.options.pairs]
        return sorted(chosen, key=lambda pair: (pair[0].number, pair[1]))

    def _one(self, run: CellRun, name: str, whole_seconds: float, errors: Set[str]) -> Comparison:
        value = run.values[name]
        cells = [cell for cell in self.cells if cell.number <= run.number]
        blame = ""
        try:
            steps = slice_cells(cells, [name]).steps
        except Exception as error:  # the slicer must take every notebook
            outcome, text, seconds = "differs", f"slicer: {error!r}"[:200], 0.0
        else:
            outcome, text, seconds = self._replayed(steps, cells, name, value)
            if text in errors:
                outcome = "raises"
            if outcome == "differs" and self.options.blame > self.result.count("differs"):
                blame = self._blame(cells, steps, name, value)
        return Comparison(
            run.number, name, outcome, value.definition, value.short, text,
            whole_seconds, seconds, bool(errors), blame,
        )  # fmt: skip

    def _replayed(
        self, steps: Sequence[Step], cells: Sequence[Cell], name: str, value: Value
    ) -> tuple[str, str, float]:
        """Outcome, what the slice gave, and seconds."""
        limit = self.options.slice_seconds

        def action(report: Report) -> None:
            run_steps(steps, cells, name, limit, report)

        records = fork(action, self.folder, self.place, limit, 0)
        if not records:
            return "differs", f"nothing within {limit:.0f} s, or the process died", limit
        record = records[0]
        if record["error"]:
            return "differs", record["error"], record["seconds"]
        same = record["digest"] == value.digest
        return "equal" if same else "differs", record["short"], record["seconds"]

    def _blame(self, cells: Sequence[Cell], steps: Sequence[Step], name: str, value: Value) -> str:
        """The first statement with which, and with all before it, the slice is right."""
        hybrid = hybrids(cells, steps)
        low, high = 0, len(hybrid(1 << 30))

        def right(count: int) -> bool:
            return self._replayed(hybrid(count), cells, name, value)[0] == "equal"

        if not right(high):
            return "(even all statements give another value)"
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if right(middle) else (middle, high)
        found = hybrid(high)[high - 1]
        return f"cell {found.cell}: " + " ".join(found.source.split())[:160]


# --- all of them ---------------------------------------------------------------------------------


def notebooks(corpus: Path, only: str, skip: int, limit: int) -> Iterator[tuple[str, Path]]:
    """Courses and their notebooks, in order."""
    for folder in sorted(f for f in corpus.iterdir() if f.is_dir() and f.name[0] != "."):
        found = [p for p in sorted(folder.rglob("*.ipynb")) if only in str(p.relative_to(corpus))]
        yield from ((folder.name, path) for path in found[skip:][: limit or None])


def table(results: Sequence[Result]) -> Table:
    """The shares by course."""
    made = Table(title="Values by slice as by the whole run")
    for heading in ("course", "notebooks", "cells", "compared", "equal", "share", "not comparable"):
        made.add_column(heading, justify="left" if heading == "course" else "right")
    courses = sorted({result.course for result in results})
    for course in [*courses, "all"]:
        rows = [result for result in results if course in ("all", result.course)]
        equal, differ, raises = (
            sum(result.count(outcome) for result in rows)
            for outcome in ("equal", "differs", "raises")
        )
        compared = equal + differ
        apart = raises + sum(sum(result.not_comparable.values()) for result in rows)
        cells = sum(result.cells for result in rows)
        share = f"{equal / compared:.2%}" if compared else ""
        numbers = [len(rows), cells, compared, equal, share, apart]
        made.add_row(course, *map(str, numbers), end_section=course == courses[-1])
    return made


def print_report(console: Console, results: Sequence[Result]) -> None:
    """The table, each difference, and the times."""
    for result in results:
        for found in result.comparisons:
            where = f"{result.course}/{result.notebook} [{found.cell}] {found.name}"
            if found.outcome == "raises":
                console.print(escape(f"{where}: {found.sliced}"), style="dim")
            if found.outcome == "differs":
                console.print(escape(where), style="bold")
                console.print(escape(f"   whole: {found.whole}\n   slice: {found.sliced}"))
                after = "   (a cell above raised)" if found.after_error else ""
                console.print(escape(f"   lost:  {found.blame}{after}"))
    console.print(table(results))
    every = [c for result in results for c in result.comparisons]
    if every:
        definitions = sum(c.definition for c in every)
        console.print(f"{definitions} of the values compared are definitions, told by name alone")
        for what in ("whole", "slice"):
            times = [getattr(c, f"{what}_seconds") for c in every]
            console.print(
                f"{what}: median {statistics.median(times):.3f} s, {sum(times):.0f} s in all"
            )
        raises = sum(c.outcome == "raises" for c in every)
        console.print(f"{raises} slices, not counted, end at an error that the whole run has too")
        equal = sum(c.outcome == "equal" for c in every)
        share = equal / max(1, len(every) - raises)
        console.print(f"share equal {share:.3%} (target {TARGET:.1%})")


def main() -> None:
    """Compare, and print."""
    form = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--only", default="", help="notebooks whose path holds this text")
    parser.add_argument("--skip", type=int, default=0, help="notebooks a course to leave out")
    parser.add_argument("--limit", type=int, default=0, help="notebooks a course")
    parser.add_argument("--pairs", type=int, default=40, help="values a notebook")
    parser.add_argument("--seconds", type=float, default=60, help="for a whole run")
    parser.add_argument("--slice-seconds", type=float, default=20, help="for a slice")
    parser.add_argument("--blame", type=int, default=0, help="differences a notebook to explain")
    parser.add_argument("--out", type=Path, help="all of it as JSON, after each notebook")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in IMPORTED:
        importlib.import_module(name)
    console = Console(width=120, soft_wrap=True)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="fidelity-") as folder:
        place = Path(folder).resolve() / "work"
        for course, path in notebooks(options.corpus, options.only, options.skip, options.limit):
            result = Comparer(course, path, place, options).compare()
            results.append(result)
            numbers = f"{result.clean_cells}/{result.cells} cells, {result.seconds:.1f} s, "
            numbers += f"{len(result.comparisons)} compared, {result.count('differs')} differ"
            console.print(escape(f"{course}/{result.notebook}: {numbers}"), style="dim")
            if options.out:
                options.out.write_text(json.dumps([asdict(r) for r in results], indent=1))
    print_report(console, results)


if __name__ == "__main__":
    main()
