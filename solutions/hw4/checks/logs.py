"""The text of a memory log comes in; its columns as numbers, or what is wrong with it, goes out."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from autograder.checks import Files, fail

OPTIMIZERS = ("SGD", "SGD_WITH_MOMENTUM", "ADAM")
BATCHES = (4, 16, 64, 256, 1024)
#: In MB; no GPU has more.
MAX_MEMORY = 200_000
#: Fit into any GPU that the homework is done on. A larger batch may not, and has no log then.
REQUIRED_BATCHES = (4, 16)
#: An hour's log, of a measurement each tenth of a second, has a third of these rows.
MAX_ROWS, MAX_TEXT = 100_000, 8_000_000
#: Seconds since 1970, in the years 2001 to 2286.
TIMES = 1e9, 1e10


@dataclass(frozen=True)
class Log:
    """A log's name and those of its columns that were asked for, each of one length, at least 1."""

    name: str
    columns: dict[str, list[float]]

    @property
    def memory(self) -> float:
        """The largest memory in use, in MB."""
        return max(self.columns["memUsage"])


def optimizer_file(optimizer: str) -> str:
    """The name of the log of ResNet-152 under an optimizer."""
    return f"resnet152__{optimizer}.csv"


def batch_file(batch: int) -> str:
    """The name of the log of ResNet-18 at a batch size."""
    return f"resnet18__{batch}.csv"


#: The names of all logs.
FILES = (*map(optimizer_file, OPTIMIZERS), *map(batch_file, BATCHES))


def ran(files: Files) -> list[int]:
    """The batch sizes that have a log."""
    return [batch for batch in BATCHES if files.paths(batch_file(batch))]


def did_not_fit(files: Files, batch: int) -> bool:
    """Whether a batch has no log because it was too large: it and all larger ones have none."""
    largest = max(ran(files), default=0)
    return batch > largest >= max(REQUIRED_BATCHES)


def read(files: Files, name: str, *wanted: str) -> Log:
    """Some columns of a log, whatever is wrong with others.

    Raises:
        CheckFailed: the log is missing, or one of these columns cannot be read.
    """
    text = files.text(name)
    if len(text) > MAX_TEXT:
        raise fail(f"{name} is larger than any log.", hint="Submit the log as it was written.")
    try:  # row by row: a text of empty lines has millions
        kept = list(islice(filter(any, csv.reader(io.StringIO(text))), MAX_ROWS))
    except csv.Error:
        raise fail(
            f"{name} is no table of comma-separated values.",
            hint="Submit the log as it was written.",
        ) from None
    rows = [[field.strip() for field in row] for row in kept]
    header = [field.lower() for field in rows[0]] if rows else list(map(str.lower, wanted))
    lacking = [column for column in wanted if column.lower() not in header]
    if lacking:
        raise fail(
            f"{name} has no column {', '.join(lacking)}.",
            hint="Submit the log as it was written, with its first line.",
        )
    if len(rows) < 2:
        raise fail(f"{name} holds no measurement.", hint="Run the cell that writes it to its end.")
    columns: dict[str, list[float]] = {}
    for column in wanted:
        place = header.index(column.lower())
        numbered = enumerate(rows[1:], start=2)
        columns[column] = [_number(name, line, row, place) for line, row in numbered]
    return Log(name, columns)


def check_times(log: Log) -> None:
    """Fail unless the times are those of a run."""
    times = log.columns["timestamp"]
    if not all(TIMES[0] <= time <= TIMES[1] for time in times):
        raise fail(
            f"the times in {log.name} are no seconds since 1970.",
            hint="Submit the log as it was written; spreadsheets change numbers when they save.",
        )
    if any(later < earlier for earlier, later in pairwise(times)):
        raise fail(
            f"the time in {log.name} goes backwards.", hint="Submit the log as it was written."
        )
    if len(times) > 1 and times[0] == times[-1]:
        raise fail(
            f"the time in {log.name} stands still.",
            hint="Submit the log as it was written; spreadsheets round numbers when they save.",
        )


def _number(name: str, line: int, row: list[str], place: int) -> float:
    text = row[place] if place < len(row) else ""
    try:
        number = float(text.rstrip("%"))
    except ValueError:
        try:
            number = datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError, OSError):
            number = math.nan
    if not math.isfinite(number):
        diverged = text.lower().lstrip("+-") in ("nan", "inf")
        raise fail(
            f"{name} has something at line {line} that is no number.",
            hint="A loss of nan or inf means that the training diverged: look at the learning rate."
            if diverged
            else "Submit the log as it was written.",
        )
    return number


def check_measured(log: Log) -> None:
    """Fail if the log holds nothing but zeros."""
    if log.memory <= 0:
        raise fail(
            f"{log.name} holds zeros only.",
            hint="Without a GPU nothing can be measured: run the notebook where there is one.",
        )
