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
#: Too large for many GPUs; their logs may be missing.
OPTIONAL_BATCHES = (256, 1024)
#: An hour's log, of a measurement each tenth of a second, has a third of these rows.
MAX_ROWS, MAX_TEXT = 100_000, 8_000_000


@dataclass(frozen=True)
class Log:
    """A log's name and its columns, each of one length of at least 1."""

    name: str
    columns: dict[str, list[float]]

    @property
    def memory(self) -> float:
        """The largest memory in use, in MB."""
        return max(self.columns["memUsage"])


def optimizer_log(files: Files, optimizer: str) -> Log:
    """The log of ResNet-152 under an optimizer; CheckFailed if it is missing or cannot be read."""
    return read(files, f"resnet152__{optimizer}.csv", ("timestamp", "memUsage"))


def batch_log(files: Files, batch: int) -> Log:
    """The log of ResNet-18 at a batch size; CheckFailed if it is missing or cannot be read."""
    columns = ("timestamp", "epoch", "memUsage", "loss", "accuracy")
    return read(files, f"resnet18__{batch}.csv", columns)


def ran(files: Files) -> list[int]:
    """The batch sizes that have a log."""
    return [batch for batch in BATCHES if files.paths(f"resnet18__{batch}.csv")]


def read(files: Files, name: str, wanted: tuple[str, ...]) -> Log:
    """Parse a log."""
    text = files.text(name)
    if len(text) > MAX_TEXT:
        raise fail(f"{name} is larger than any log.", hint="Hand in the log as it was written.")
    try:  # row by row: a text of empty lines has millions
        kept = list(islice(filter(any, csv.reader(io.StringIO(text))), MAX_ROWS))
    except csv.Error:
        raise fail(
            f"{name} is no table of comma-separated values.",
            hint="Hand in the log as it was written.",
        ) from None
    rows = [[field.strip() for field in row] for row in kept]
    header = [field.lower() for field in rows[0]] if rows else list(map(str.lower, wanted))
    lacking = [column for column in wanted if column.lower() not in header]
    if lacking:
        raise fail(
            f"{name} has no column {', '.join(lacking)}.",
            hint=f"Its first line is {','.join(wanted)}.",
        )
    if len(rows) < 2:
        raise fail(f"{name} holds no measurement.", hint="Run the cell that writes it to its end.")
    columns: dict[str, list[float]] = {}
    for column in wanted:
        place = header.index(column.lower())
        numbered = enumerate(rows[1:], start=2)
        columns[column] = [_number(name, line, row, place) for line, row in numbered]
    if any(later < earlier for earlier, later in pairwise(columns["timestamp"])):
        raise fail(f"the time in {name} goes backwards.", hint="Hand in the log as it was written.")
    return Log(name, columns)


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
            else "Hand in the log as it was written.",
        )
    return number


def check_measured(log: Log) -> None:
    """Fail if the log holds nothing but zeros."""
    if log.memory <= 0:
        raise fail(
            f"{log.name} holds zeros only.",
            hint="Without a GPU nothing can be measured: run the notebook where there is one.",
        )
