"""C11, hidden: what pandas finds in frames of runs that are drawn anew for every run."""

from typing import Any

import numpy as np
import pandas as pd
from gradescope_utils.autograder_utils.decorators import number, weight
from reference import PUBLIC

from autograder.checks import RemoteObject, Student, expect, fail, probe, question

Columns = dict[str, list[Any]]


@probe
def frame_of(columns: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(columns).rename(index=lambda row: row + 3)


@probe
def columns_of(frame: pd.DataFrame) -> tuple[str, list[Any], dict[str, list[Any]]]:
    columns = {str(name): frame[name].tolist() for name in frame.columns}
    return type(frame).__name__, frame.index.tolist(), columns


@probe
def items_of(series: pd.Series) -> tuple[str, list[Any], list[Any]]:
    return type(series).__name__, series.index.tolist(), series.tolist()


def some_runs(rng: np.random.Generator) -> Columns:
    """Runs in any order; those of one learning rate have all diverged, and others have."""
    rates = rng.permutation([0.1] * 3 + [0.001, 0.01, 0.03] * 7).tolist()
    count = len(rates)
    losses = rng.permutation(np.linspace(1.6, 2.9, count))
    lost = (np.array(rates) == 0.1) | (rng.random(count) < 0.2)
    train = rng.permutation(np.linspace(1.5, 2.8, count))
    return {
        "run": [f"r{n}" for n in range(count)],
        "lr": rates,
        "width": rng.permutation([16, 32, 64] * (count // 3)).tolist(),
        "steps": rng.integers(100, 900, count).tolist(),
        "train_loss": np.where(lost, np.nan, train).tolist(),
        "val_loss": np.where(lost, np.nan, losses).tolist(),
    }


def expected_best(runs: pd.DataFrame) -> pd.DataFrame:
    finished = runs[runs["val_loss"].notna()].sort_values(["lr", "val_loss"])
    return finished.drop_duplicates("lr").reset_index(drop=True)


def expect_frame(student: Student, frame: RemoteObject | str, expected: pd.DataFrame) -> None:
    """Fail unless a frame of the student's, or that of a name, is like the expected one."""
    if not isinstance(frame, RemoteObject | str):
        raise fail("no DataFrame.", hint="Return the frame.")
    kind, index, columns = student.probe(columns_of, frame)
    expect(kind == "DataFrame", "", hidden=f"a {kind[:40]}, where a DataFrame is expected.")
    expect(
        list(columns) == list(expected.columns),
        "",
        hidden="a frame with other columns.",
        hint="Whole rows are asked for.",
    )
    expect(
        len(index) == len(expected),
        "",
        hidden="a frame with another number of rows.",
        hint="One for each learning rate at which a run ended well.",
    )
    expect(
        index == list(range(len(expected))),
        "",
        hidden="a frame with another index.",
        hint="`reset_index(drop=True)` counts from 0.",
    )
    same = all(columns[name] == expected[name].tolist() for name in expected.columns)
    expect(
        same,
        "",
        hidden="a frame with other rows.",
        hint="The row of the lowest val_loss, not the lowest value of each column; sorted by lr.",
    )


@question("C11")
@weight(4)
@number("C11.2")
def test_best_runs(student: Student, rng: np.random.Generator) -> None:
    """best_runs has the run with the lowest val_loss for each learning rate, sorted by it"""
    runs = some_runs(rng)
    frame = student.probe(frame_of, runs, keep=True)
    found = student.call("best_runs", frame, keep=True)
    expect_frame(student, found, expected_best(pd.DataFrame(runs)))


@question("C11")
@weight(1)
@number("C11.3")
def test_frame_is_left_alone(student: Student, rng: np.random.Generator) -> None:
    """neither function changes the frame that it is given"""
    frame = student.probe(frame_of, some_runs(rng), keep=True)
    before = student.probe(columns_of, frame)
    student.call("best_runs", frame, keep=True)
    student.call("mean_loss_by_width", frame, keep=True)
    after = student.probe(columns_of, frame)
    # NaN is not equal to NaN, but written alike.
    expect(
        repr(before) == repr(after),
        "",
        hidden="what is asked for, but the frame that was given has changed.",
        hint="`inplace=True` changes it, and so does a new column.",
    )


@question("C11")
@weight(2)
@number("C11.4")
def test_means(student: Student, rng: np.random.Generator) -> None:
    """mean_loss_by_width is a Series of means, by width; runs that diverged don't count"""
    runs = some_runs(rng)
    frame = student.probe(frame_of, runs, keep=True)
    kind, index, values = student.probe(
        items_of, student.call("mean_loss_by_width", frame, keep=True)
    )
    expected = pd.DataFrame(runs).dropna().groupby("width").val_loss.mean()
    expect(kind == "Series", "", hidden=f"a {kind[:40]}, where a Series is expected.")
    expect(
        index == expected.index.tolist(),
        "",
        hidden="a Series with another index.",
        hint="The widths are the index, in rising order.",
    )
    expect(
        len(values) == len(expected) and np.allclose(values, expected.to_numpy()),
        "",
        hidden="a Series of other values.",
        hint="`mean` leaves missing values out by itself.",
    )


@question("C11")
@weight(2)
@number("C11.5")
def test_best_of_the_file(student: Student) -> None:
    """best holds the best runs of runs.csv"""
    expect_frame(student, "best", expected_best(pd.read_csv(PUBLIC / "runs.csv")))
