"""A picture and its filtered versions come in, a figure of them side by side goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 3.6  # inches
# The few strongest responses would make all others look pale, so the colours saturate there.
SIGNED_PERCENTILE = 98.0


def show_filtered(
    original: np.ndarray,
    filtered: np.ndarray | Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
) -> Figure:
    """Draw a picture and its filtered versions side by side.

    A picture without negative values is drawn in greys, black at 0 and white at 1. A picture with
    negative values is drawn in blue (negative), white (zero) and red (positive), with a colour bar.

    Args:
        original: shape `(height, width)`, float, values in [0, 1].
        filtered: one array of shape `(height, width)`, or a list of them. Any real values.
        titles: one text for each picture, the original first. Left out: "original" and "filtered".

    Returns:
        The figure, with one axes for each picture and one for each colour bar. A notebook with
        `%matplotlib inline` shows it by itself at the end of the cell.

    Raises:
        TypeError: a picture is not a numpy array (often None: a function without its `return`).
        ValueError: a picture is not 2-D or is empty, or `titles` has the wrong length.
    """
    # Imported here so that `import hw4` stays light.
    from matplotlib import pyplot as plt

    several = isinstance(filtered, Sequence)
    pictures = [original, *filtered] if several else [original, filtered]
    for position, picture in enumerate(pictures):
        _require_picture(picture, "original" if position == 0 else f"filtered picture {position}")
    if titles is None:
        titles = ["original"] + ["filtered"] * (len(pictures) - 1)
    if len(titles) != len(pictures):
        raise ValueError(f"{len(pictures)} pictures need as many titles, but got {len(titles)}")

    height, width = original.shape
    panel_width = PANEL_HEIGHT * min(max(width / height, 0.5), 2.0)
    signed = sum(bool((picture < 0).any()) for picture in pictures)
    size = (panel_width * len(pictures) + 0.8 * signed, PANEL_HEIGHT + 0.3)
    figure, axes = plt.subplots(1, len(pictures), figsize=size, layout="constrained", squeeze=False)
    for panel, picture, title in zip(axes[0], pictures, titles, strict=True):
        _draw(panel, picture, title)
    return figure


def _require_picture(picture: object, name: str) -> None:
    """Raise TypeError or ValueError unless `picture` is a non-empty 2-D array."""
    if not isinstance(picture, np.ndarray):
        raise TypeError(
            f"{name} is of type {type(picture).__name__}, but a 2-D numpy array is needed. "
            "Does your function return its result?"
        )
    if picture.ndim != 2 or picture.size == 0:
        raise ValueError(f"{name} has shape {picture.shape}, but (height, width) is needed")


def _draw(panel: Axes, picture: np.ndarray, title: str) -> None:
    """Draw one picture: greys, or two colours and a colour bar where values are negative."""
    panel.set_title(title)
    panel.set_axis_off()
    if not (picture < 0).any():
        panel.imshow(picture, cmap="gray", vmin=0.0, vmax=1.0)
        return
    strength = np.abs(picture)
    limit = float(np.percentile(strength, SIGNED_PERCENTILE)) or float(strength.max())
    shown = panel.imshow(picture, cmap="RdBu_r", vmin=-limit, vmax=limit)
    saturated = "both" if strength.max() > limit else "neither"
    panel.figure.colorbar(shown, ax=panel, fraction=0.046, pad=0.03, extend=saturated)
