"""Trainings whose accuracy a check judges: how many seeds are needed, and what came of them.

``sequential`` decides on the median from as few seeds as are enough, ``forks`` trains them side by
side within a limit, ``trials`` is what checks get as the fixture ``training``.
"""

from autograder.checks.training.trials import Training
from autograder.model.report import Median

__all__ = ["Median", "Training"]
