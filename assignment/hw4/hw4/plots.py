"""Pictures, numbers of a training or layers of a model come in, a figure of them goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import nn

PANEL_HEIGHT = 3.6  # inches
# The few strongest responses would make all others look pale, so the colours saturate there.
SIGNED_PERCENTILE = 98.0
GRID_CELL = 1.5  # inches


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


def show_images(
    images: Any,
    labels: Sequence[int] | np.ndarray | None = None,
    class_names: Sequence[str] | None = None,
    per_class: int = 5,
) -> Figure:
    """Draw the first pictures of each class in a grid, one row for each class.

    Args:
        images: a data set of `(picture, label)`, or a tensor or array of shape `(N, H, W)` or
            `(N, 1, H, W)`: floats in [0, 1], or uint8.
        labels: N ints, for a tensor or array. Left out: all pictures are of one class.
        class_names: by label. Left out: the data set's `class_type`, or the numbers.
        per_class: pictures in a row, at least 1.

    Returns:
        The figure, with one axes for each place of the grid.

    Raises:
        TypeError: `images` is None, or nothing that has pictures.
        ValueError: there are no pictures, or not one label for each.
    """
    from matplotlib import pyplot as plt

    if hasattr(images, "ndim"):
        stack = _array(images)
        if labels is None:
            labels = np.zeros(len(stack), dtype=int)
    elif hasattr(images, "__getitem__"):
        class_names = class_names or getattr(images, "class_type", None)
        samples = [images[index] for index in range(len(images))]
        stack = np.array([_array(picture) for picture, _ in samples])
        labels = [label for _, label in samples]
    else:
        raise TypeError(f"images is of type {type(images).__name__}, not a data set or tensor")
    labels = _array(labels)
    if len(stack) == 0 or labels.shape != (len(stack),):
        raise ValueError(f"there are {len(stack)} pictures and labels of shape {labels.shape}")
    classes = np.unique(labels)
    size = (GRID_CELL * per_class + 1.0, GRID_CELL * len(classes) + 0.3)
    figure, grid = plt.subplots(
        len(classes), per_class, figsize=size, layout="constrained", squeeze=False
    )
    for row, label in zip(grid, classes, strict=True):
        chosen = stack[labels == label][:per_class]
        name = class_names[label] if class_names is not None else f"class {label}"
        for number, panel in enumerate(row):
            panel.set_axis_off()
            if number == 0:
                panel.set_title(name, loc="left")
            if number < len(chosen):
                _draw_grey(panel, chosen[number])
    return figure


def show_learning_curves(histories: Mapping[str, Any], title: str = "") -> Figure:
    """Draw loss and accuracy over the epochs, one colour for each model.

    Args:
        histories: what `train` returned, or a dict of several of these by the names to show.
            Training is a dashed line, validation a solid one.
        title: above the figure.

    Returns:
        The figure, with one axes for the loss and one for the accuracy.

    Raises:
        ValueError: `histories` is empty.
    """
    from matplotlib import pyplot as plt

    if not histories:
        raise ValueError("there is no history to draw")
    if "train_loss" in histories:
        histories = {"": histories}
    figure, axes = plt.subplots(1, 2, figsize=(10.0, PANEL_HEIGHT), layout="constrained")
    figure.suptitle(title)
    for panel, what in zip(axes, ("loss", "accuracy"), strict=True):
        for number, (name, history) in enumerate(histories.items()):
            for part, line in (("train", "--"), ("valid", "-")):
                values = history.get(f"{part}_{what}", ())
                if len(values):
                    epochs = range(1, len(values) + 1)
                    label = f"{name} {part}".strip()
                    panel.plot(epochs, values, line, color=f"C{number % 10}", label=label)
        panel.set_xlabel("epoch")
        panel.set_ylabel("accuracy (%)" if what == "accuracy" else what)
        panel.legend()
    axes[1].set_ylim(0, 103)
    return figure


def show_confusion_matrix(
    confusion: np.ndarray, class_names: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """Draw a confusion matrix with its numbers.

    Args:
        confusion: shape `(classes, classes)`, counts by true class (row) and predicted class
            (column), as `evaluate` returns it.
        class_names: by label. Left out: the numbers.
        title: above the matrix.

    Returns:
        The figure, with one axes.

    Raises:
        ValueError: the matrix is not square, or the names are not as many as the classes.
    """
    from matplotlib import pyplot as plt

    confusion = _array(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ValueError(f"confusion has shape {confusion.shape}, but (classes, classes) is needed")
    names = list(range(len(confusion))) if class_names is None else list(class_names)
    if len(names) != len(confusion):
        raise ValueError(f"{len(confusion)} classes need as many names, but got {len(names)}")
    figure, panel = plt.subplots(figsize=(4.5, 4.2), layout="constrained")
    panel.imshow(confusion, cmap="Blues", vmin=0)
    middle = confusion.max(initial=0) / 2
    for (row, column), count in np.ndenumerate(confusion):
        colour = "white" if count > middle else "black"
        panel.text(column, row, f"{count:g}", ha="center", va="center", color=colour)
    panel.set_xticks(range(len(names)), names, rotation=45, ha="right")
    panel.set_yticks(range(len(names)), names)
    panel.set_xlabel("predicted")
    panel.set_ylabel("true")
    panel.set_title(title)
    return figure


def show_kernels(layer: nn.Module | Any, title: str = "") -> Figure:
    """Draw the kernels of a convolution: blue is negative, white is zero, red is positive.

    Args:
        layer: a convolution such as `model.conv1`, or its weights, of shape
            `(filters, channels, k, k)` or `(filters, k, k)`.
        title: above the figure.

    Returns:
        The figure, one row for each channel and one column for each filter, and a colour bar.

    Raises:
        ValueError: the weights have another shape.
    """
    weights = _array(getattr(layer, "weight", layer))
    if weights.ndim == 3:
        weights = weights[:, None]
    if weights.ndim != 4 or weights.size == 0:
        raise ValueError(f"the weights have shape {weights.shape}, not (filters, channels, k, k)")
    return _signed_grid(weights.transpose(1, 0, 2, 3), title, "filter")


def show_features(features: Sequence[Any], sample: int = 0, title: str = "") -> Figure:
    """Draw what the layers of a model make of one picture.

    Args:
        features: tensors of shape `(N, filters, H, W)`, such as `model.get_features(pictures)`.
            Those of other shapes, such as the global average, are left out.
        sample: which of the N pictures.
        title: above the figure.

    Returns:
        The figure, one row for each tensor and one column for each filter, and a colour bar.

    Raises:
        ValueError: none of the tensors has this shape.
    """
    maps = [_array(feature)[sample] for feature in features if getattr(feature, "ndim", 0) == 4]
    if not maps:
        raise ValueError("there is no feature of shape (N, filters, H, W)")
    return _signed_grid(maps, title, "filter")


def _signed_grid(rows: Sequence[np.ndarray], title: str, column_name: str) -> Figure:
    """Each row a stack of maps; all in the same colours, white at zero."""
    from matplotlib import pyplot as plt

    width = max(len(row) for row in rows)
    size = (GRID_CELL * width + 1.2, GRID_CELL * len(rows) + 0.6)
    figure, grid = plt.subplots(len(rows), width, figsize=size, layout="constrained", squeeze=False)
    figure.suptitle(title)
    limit = max(float(np.abs(row).max(initial=0.0)) for row in rows) or 1.0
    for number, (panels, row) in enumerate(zip(grid, rows, strict=True)):
        for column, panel in enumerate(panels):
            panel.set_axis_off()
            if number == 0:
                panel.set_title(f"{column_name} {column + 1}", fontsize="small")
            if column < len(row):
                shown = panel.imshow(row[column], cmap="RdBu_r", vmin=-limit, vmax=limit)
    figure.colorbar(shown, ax=grid, fraction=0.046, pad=0.03)
    return figure


def _draw_grey(panel: Axes, picture: np.ndarray) -> None:
    """A picture of shape (H, W) or (1, H, W); white is 1, or 255 for whole numbers."""
    flat = picture.reshape(picture.shape[-2:])
    white = 255 if np.issubdtype(picture.dtype, np.integer) else 1
    panel.imshow(flat, cmap="gray", vmin=0, vmax=white)


def _array(value: Any) -> np.ndarray:
    """A tensor (on any device), PIL picture, list or array as an array."""
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
