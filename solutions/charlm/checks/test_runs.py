"""C11, hidden: what pandas finds in frames of runs that are drawn anew for every run."""

import numpy as np
import pandas as pd
from gradescope_utils.autograder_utils.decorators import number, weight
from reference import PUBLIC

from autograder.checks import Student, expect_equal, expect_frame, expect_type, question

WHOLE_ROWS = (
    "The row of the lowest val_loss, not the lowest value of each column; sorted by lr, and "
    "`reset_index(drop=True)` counts from 0."
)


def some_runs(rng: np.random.Generator) -> pd.DataFrame:
    """Runs in any order; those of one learning rate have all diverged, and others have."""
    rates = rng.permutation([0.1] * 3 + [0.001, 0.01, 0.03] * 7).tolist()
    count = len(rates)
    losses = rng.permutation(np.linspace(1.6, 2.9, count))
    lost = (np.array(rates) == 0.1) | (rng.random(count) < 0.2)
    train = rng.permutation(np.linspace(1.5, 2.8, count))
    columns = {
        "run": [f"r{n}" for n in range(count)],
        "lr": rates,
        "width": rng.permutation([16, 32, 64] * (count // 3)).tolist(),
        "steps": rng.integers(100, 900, count).tolist(),
        "train_loss": np.where(lost, np.nan, train).tolist(),
        "val_loss": np.where(lost, np.nan, losses).tolist(),
    }
    # As what is left of a longer table: its rows do not count from 0.
    return pd.DataFrame(columns).rename(index=lambda row: row + 3)


def expected_best(runs: pd.DataFrame) -> pd.DataFrame:
    finished = runs[runs["val_loss"].notna()].sort_values(["lr", "val_loss"])
    return finished.drop_duplicates("lr").reset_index(drop=True)


@question("C11")
@weight(4)
@number("C11.2")
def test_best_runs(student: Student, rng: np.random.Generator) -> None:
    """best_runs has the run with the lowest val_loss for each learning rate, sorted by it"""
    runs = some_runs(rng)
    expect_frame(student.call("best_runs", runs), expected_best(runs), hint=WHOLE_ROWS)


@question("C11")
@weight(1)
@number("C11.3")
def test_frame_is_left_alone(student: Student, rng: np.random.Generator) -> None:
    """neither function changes the frame that it is given"""
    runs = some_runs(rng)
    frame = student.keep(runs)
    expect_type(student.call("best_runs", frame), ("DataFrame", "Series"))
    expect_type(student.call("mean_loss_by_width", frame), ("DataFrame", "Series"))
    expect_equal(frame.value(), runs, hint="`inplace=True` changes it, and so does a new column.")


@question("C11")
@weight(2)
@number("C11.4")
def test_means(student: Student, rng: np.random.Generator) -> None:
    """mean_loss_by_width is a Series of means, by width; runs that diverged don't count"""
    runs = some_runs(rng)
    expected = runs.dropna().groupby("width").val_loss.mean()
    hint = "The widths are the index; `mean` leaves missing values out by itself."
    expect_frame(student.call("mean_loss_by_width", runs), expected, hint=hint)


@question("C11")
@weight(2)
@number("C11.5")
def test_best_of_the_file(student: Student) -> None:
    """best holds the best runs of runs.csv"""
    expected = expected_best(pd.read_csv(PUBLIC / "runs.csv"))
    expect_frame(student.value("best"), expected, hint=WHOLE_ROWS)
