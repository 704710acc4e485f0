"""Classes and places come in, pictures of the grader's own go out: an accuracy is measured on them.

They are drawn by the assignment's own data set as the validation pictures that are asked for, and
no student has them. So what a student's pictures give away of their labels is of no use here. Where
a student's training pictures are not those asked for, others are drawn in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from hw4.datasets import EdgeDetectionDataset
from retraining import Data

PER_CLASS = 200
SEED = 2718


@cache
def held_out(classes: Sequence[str], ratio: float) -> Data:
    """Validation pictures, the same in every run.

    Args:
        classes: the kinds, by label.
        ratio: ``possible_edge_location_ratio``; below 1 the edges lie in the second part.
    """
    return _drawn(classes, PER_CLASS, ratio, "valid", SEED)


@cache
def own_training(classes: Sequence[str], per_class: int, ratio: float) -> Data:
    """Training pictures, the same in every run: what a right answer would have made.

    Args:
        per_class: pictures of each class; else as for `held_out`, with edges in the first part.
    """
    return _drawn(classes, per_class, ratio, "train", SEED + per_class)


def _drawn(classes: Sequence[str], per_class: int, ratio: float, mode: str, seed: int) -> Data:
    config = {
        "data_per_class": per_class,
        "num_classes": len(classes),
        "class_type": list(classes),
        "possible_edge_location_ratio": ratio,
    }
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        drawn = EdgeDetectionDataset(config, mode=mode)
    finally:
        np.random.set_state(before)
    # As ToTensor() scales them.
    return Data(drawn.images.astype(np.float32) / np.float32(255), drawn.labels, len(classes))
