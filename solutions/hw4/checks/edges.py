"""Pictures come in; what an independent detector sees in them goes out.

The data set draws an edge as rows or columns of one grey of at least 0.25 on noise of at most 0.2.
The detector knows only that: it looks for rows and columns that are bright and even nearly all the
way along. "Nearly", because in pictures of both kinds the two edges cross.
"""

from __future__ import annotations

import math

import numpy as np

#: Between which greys the data set draws noise, and edges.
NOISE, EDGE = (0.0, 0.2), (0.25, 1.0)
#: Between the brightest noise and the darkest edge.
BRIGHT = 0.225
#: Pixels of a row that may differ from its grey: the width of a crossing edge.
CROSSING = 4
#: Bright pixels without any even row or column that make a diagonal bar.
MIN_DIAGONAL = 8
SIDE = 28


def lines(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns that belong to an edge: two bool arrays ``(N, 28)``.

    Args:
        images: ``(N, 28, 28)``, in [0, 1].
    """
    return _even_rows(images), _even_rows(images.transpose(0, 2, 1))


def _even_rows(images: np.ndarray) -> np.ndarray:
    middle = np.median(images, axis=2, keepdims=True)
    # 8-bit grey: half a step apart is the same.
    same = (np.abs(images - middle) < 0.5 / 255).sum(axis=2) >= images.shape[2] - CROSSING
    return same & (middle[:, :, 0] > BRIGHT)


def noise(images: np.ndarray) -> np.ndarray:
    """The pixels that belong to no edge, of all pictures together: shape ``(M,)``."""
    rows, columns = lines(images)
    pixels: np.ndarray = images[~(rows[:, :, None] | columns[:, None, :])]
    return pixels


def greys(images: np.ndarray) -> np.ndarray:
    """The grey of each edge, of all pictures together: shape ``(M,)``."""
    rows, columns = lines(images)
    return np.concatenate([_greys(images, rows), _greys(images.transpose(0, 2, 1), columns)])


def _greys(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    found = rows.any(axis=1)
    first: np.ndarray = images[found, rows[found].argmax(axis=1)]
    return np.median(first, axis=1)


def far_from_uniform(values: np.ndarray, low: float, high: float) -> bool:
    """Whether values are not drawn evenly between two bounds (Kolmogorov, Smirnov).

    Of values that are, one set in a hundred million is called so; what 8-bit grey rounds away is
    allowed for. No values at all are far, too.
    """
    count = len(values)
    if not count:
        return True
    shares = (np.sort(values) - low) / (high - low)
    above = np.arange(1, count + 1) / count
    distance = max((above - shares).max(), (shares - above + 1 / count).max())
    return bool(distance > math.sqrt(math.log(2e8) / (2 * count)) + 0.02)


def kinds(images: np.ndarray) -> np.ndarray:
    """The kind of each picture: horizontal, vertical, both, diagonal, none, or unclear."""
    rows, columns = (line.any(axis=1) for line in lines(images))
    bright = (images > BRIGHT).sum(axis=(1, 2))
    found = np.full(len(images), "unclear", dtype=object)
    found[bright == 0] = "none"
    found[(bright >= MIN_DIAGONAL) & ~rows & ~columns] = "diagonal"
    found[rows & ~columns] = "horizontal"
    found[~rows & columns] = "vertical"
    found[rows & columns] = "both"
    return found


def consistent_with(reference: np.ndarray, images: np.ndarray) -> float:
    """The share of ``images`` whose bright pixels could come from ``reference``'s pixel order.

    Both hold edges of one direction whose pixels were put into some fixed, unknown order. Pixels of
    one row are bright together in every picture, so those that are bright in just the same pictures
    of ``reference`` form groups of whole rows; in a picture of the same order each group is bright
    as a whole or not at all. If ``reference`` has no such groups, its pictures differ in their
    order among themselves, and nothing is consistent with them.

    Args:
        reference, images: ``(N, 784)`` and ``(M, 784)``, in [0, 1], of one class.
    """
    groups = np.unique((reference > BRIGHT).T, axis=0, return_inverse=True)[1].ravel()
    sizes = np.bincount(groups)
    if (sizes % SIDE).any():
        return 0.0
    bright = np.stack([np.bincount(groups, weights=row) for row in images > BRIGHT])
    whole = ((bright == 0) | (bright == sizes)).all(axis=1)
    return float(whole.mean())


def neighbours_kept(images: np.ndarray) -> float:
    """How many bright pixels lie side by side, where 1 is as many as in a random order.

    Bars as they are drawn, mirrored, or turned over have ten times as many, and so have bars whose
    rows or blocks of pixels were moved as a whole.

    Args:
        images: ``(N, 28, 28)``, in [0, 1].
    """
    bright = images > BRIGHT
    across, down = bright[:, :, 1:] & bright[:, :, :-1], bright[:, 1:] & bright[:, :-1]
    pixels, count = bright[0].size, bright.sum(axis=(1, 2))
    pairs = across[0].size + down[0].size
    expected = (count * (count - 1) / (pixels * (pixels - 1)) * pairs).sum()
    return float((across.sum() + down.sum()) / max(expected, 1e-9))
