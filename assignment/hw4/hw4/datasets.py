"""A config dict comes in, a torch data set of small pictures with edges goes out.

All pictures are drawn when the data set is made, from numpy's global random numbers. So
`set_seed(7)` before it gives the same pictures each time.
"""

import difflib
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image
from torch.utils.data import Dataset

KINDS = ("horizontal", "vertical", "both", "diagonal", "none")
MODES = ("train", "valid")
DIAGONAL_ANGLES = (30, 45, 120, 135)  # degrees
DEFAULTS: dict[str, Any] = {
    "data_per_class": 1000,
    "num_classes": 3,
    "class_type": ["horizontal", "vertical", "none"],
    "spatial_resolution": 28,
    "min_edge_width": 1,
    "max_edge_width": 4,
    "min_edge_intensity": 0.25,
    "max_edge_intensity": 1.0,
    "min_background_intensity": 0.0,
    "max_background_intensity": 0.2,
    "possible_edge_location_ratio": 1.0,
    "num_horizontal_edge": 1,
    "num_vertical_edge": 1,
    "num_diagonal_edge": 1,
    "use_permutation": False,
    "permutater": None,
    "unpermutater": None,
}


class EdgeDetectionDataset(Dataset):
    """Pictures whose class is the direction of their edge, drawn at random.

    The kinds of edge: "horizontal" (bright rows), "vertical" (bright columns), "both", "diagonal"
    (a bar turned about the centre by 30, 45, 120 or 135 degrees) and "none". A picture's background
    is noise between `min_background_intensity` and `max_background_intensity`; each edge has one
    width, one place and one intensity of its own.

    Args:
        domain_config: what differs from the defaults; it is not changed. Its keys:

            - `data_per_class` (1000): pictures of each class, at least 1.
            - `num_classes` (3): must be the length of `class_type`.
            - `class_type` (["horizontal", "vertical", "none"]): different kinds; a picture's label
              is the place of its kind in this list.
            - `spatial_resolution` (28): rows and columns in pixels, 4 to 256.
            - `min_edge_width` (1), `max_edge_width` (4): pixels, both ends included.
            - `min_edge_intensity` (0.25), `max_edge_intensity` (1.0),
              `min_background_intensity` (0.0), `max_background_intensity` (0.2): 0 is black, 1 is
              white.
            - `possible_edge_location_ratio` (1.0): with a ratio r below 1, the edges of mode
              "train" start in pixels [1, r * resolution) and are cut off at the end of that part;
              the edges of mode "valid" lie in the rest. (A diagonal bar lies there before it is
              turned.) With 1, both modes use the whole picture.
            - `num_horizontal_edge`, `num_vertical_edge`, `num_diagonal_edge` (1): edges of a kind.
            - `use_permutation` (False): give out the pixels in another order, flattened picture
              `[permutater]`.
            - `permutater`, `unpermutater` (None): int arrays of shape `(resolution**2,)`, the order
              and the one that undoes it. Both are needed if `use_permutation` is True.
        mode: "train" or "valid".
        transform: called with each PIL picture, such as `torchvision.transforms.ToTensor()`.

    Raises:
        ValueError: a key is unknown, a value is not allowed, or `mode` is neither of the two.
        TypeError: `domain_config` is not a dict, or `transform` can't be called with a picture.

    Attributes:
        config: all values, the defaults included.
        class_type: the kinds, by label.
        images: array of shape `(len(self), resolution, resolution)`, uint8, class by class, as
            they are given out (permuted, if so asked).
        labels: array of shape `(len(self),)`, int64.
    """

    def __init__(
        self,
        domain_config: Mapping[str, Any],
        mode: str = "train",
        transform: Callable[[Image.Image], Any] | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f'mode is {mode!r}, but it must be "train" or "valid"')
        if isinstance(transform, type):
            raise TypeError(
                f"transform is the class {transform.__name__}, but an object of it is needed: "
                f"{transform.__name__}()"
            )
        if transform is not None and not callable(transform):
            raise TypeError(f"transform is of type {type(transform).__name__}, it can't be called")
        self.config = _checked(domain_config)
        self.mode = mode
        self.transform = transform
        self.class_type: list[str] = self.config["class_type"]
        count = self.config["data_per_class"]
        drawn = np.concatenate([self._draw(kind, count) for kind in self.class_type])
        self.images = np.rint(drawn * 255.0).astype(np.uint8)
        if self.config["use_permutation"]:
            flat = self.images.reshape(len(self.images), -1)
            self.images = flat[:, self.config["permutater"]].reshape(self.images.shape)
        self.labels = np.repeat(np.arange(len(self.class_type), dtype=np.int64), count)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        """Picture and label number `index`; an IndexError behind the last one."""
        image = Image.fromarray(self.images[index])
        return image if self.transform is None else self.transform(image), int(self.labels[index])

    def get_permutater(self) -> np.ndarray | None:
        """The order of the pixels, int64 of shape `(resolution**2,)`; None if none was given."""
        return self.config["permutater"]

    def get_unpermutater(self) -> np.ndarray | None:
        """The order that undoes `get_permutater()`, of the same shape; None if none was given."""
        return self.config["unpermutater"]

    def get_image_statistics(self) -> tuple[float, float]:
        """Mean and standard deviation of all pixels, scaled to [0, 1]."""
        pixels = self.images / 255.0
        return float(pixels.mean()), float(pixels.std())

    def _draw(self, kind: str, count: int) -> np.ndarray:
        """`count` pictures of one kind, shape `(count, resolution, resolution)`, in [0, 1]."""
        config, size = self.config, self.config["spatial_resolution"]
        low, high = config["min_background_intensity"], config["max_background_intensity"]
        images = np.random.uniform(low, high, (count, size, size))
        if kind in ("horizontal", "both"):
            for _ in range(config["num_horizontal_edge"]):
                images = self._with_bars(images)
        if kind in ("vertical", "both"):
            for _ in range(config["num_vertical_edge"]):
                images = self._with_bars(images.transpose(0, 2, 1)).transpose(0, 2, 1)
        if kind == "diagonal":
            background, images = images, np.zeros_like(images)
            fill = background.mean(axis=(1, 2))
            for _ in range(config["num_diagonal_edge"]):
                images = np.maximum(images, self._turned(self._with_bars(background), fill))
        return images

    def _with_bars(self, images: np.ndarray) -> np.ndarray:
        """The pictures with one horizontal bar each, at a place that the mode allows."""
        config, count = self.config, len(images)
        first, end = _part(config["possible_edge_location_ratio"], images.shape[1], self.mode)
        starts = np.random.randint(first, end, count)
        widths = np.random.randint(config["min_edge_width"], config["max_edge_width"] + 1, count)
        ends = np.minimum(starts + widths, end)
        intensities = np.random.uniform(
            config["min_edge_intensity"], config["max_edge_intensity"], count
        )
        rows = np.arange(images.shape[1])
        bright = (rows >= starts[:, None]) & (rows < ends[:, None])
        return np.where(bright[:, :, None], intensities[:, None, None], images)

    @staticmethod
    def _turned(images: np.ndarray, fill: np.ndarray) -> np.ndarray:
        """Each picture, turned about its centre by one of the angles; corners become `fill`."""
        # Imported here so that pictures without diagonals need no scipy.
        from scipy import ndimage

        angles = np.random.choice(DIAGONAL_ANGLES, len(images))
        # Order 1 mixes neighbours only: it can't overshoot [0, 1] as the default splines do.
        return np.stack(
            [
                ndimage.rotate(image, angle, reshape=False, order=1, cval=value)
                for image, angle, value in zip(images, angles, fill, strict=True)
            ]
        )


def _part(ratio: float, size: int, mode: str) -> tuple[int, int]:
    """First and end (excluded) of the rows that the edges of a mode may lie in."""
    if ratio == 1.0:
        return 1, size
    # 3/28 * 28 is a little more than 3 in floating point, and must not become 4.
    border = math.ceil(ratio * size - 1e-9)
    return (1, border) if mode == "train" else (border, size)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """A full config, made of own copies; ValueError for what is not allowed in it."""
    if not isinstance(given, Mapping):
        raise TypeError(f"domain_config is of type {type(given).__name__}, but a dict is needed")
    unknown = [key for key in given if key not in DEFAULTS]
    if unknown:
        key = str(unknown[0])
        # Two, as letters are not meaning: "num_per_class" has more of "num_classes" in it than of
        # "data_per_class".
        near = difflib.get_close_matches(key, DEFAULTS, n=2, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"unknown key {key!r} in the config.{hint} Known: {', '.join(DEFAULTS)}")
    config = DEFAULTS | dict(given)

    for key in ("data_per_class", "num_classes"):
        config[key] = _whole(config, key, 1, 1_000_000)
    config["class_type"] = _kinds(config["class_type"])
    if config["num_classes"] != len(config["class_type"]):
        raise ValueError(
            f"num_classes is {config['num_classes']}, but it must be {len(config['class_type'])}, "
            f"the length of class_type {config['class_type']}"
        )
    size = config["spatial_resolution"] = _whole(config, "spatial_resolution", 4, 256)
    for key in ("num_horizontal_edge", "num_vertical_edge", "num_diagonal_edge"):
        config[key] = _whole(config, key, 1, size)
    low = config["min_edge_width"] = _whole(config, "min_edge_width", 1, size)
    config["max_edge_width"] = _whole(config, "max_edge_width", low, size)
    for what in ("edge_intensity", "background_intensity"):
        low = config[f"min_{what}"] = _real(config, f"min_{what}", 0.0)
        config[f"max_{what}"] = _real(config, f"max_{what}", low)
    ratio = config["possible_edge_location_ratio"] = _real(
        config, "possible_edge_location_ratio", 0.0
    )
    if any(first >= end for first, end in (_part(ratio, size, mode) for mode in MODES)):
        raise ValueError(
            f"possible_edge_location_ratio is {ratio}, which leaves no place for the edges of one "
            f"of the modes; more than 1/{size} up to {size - 1}/{size}, or exactly 1, is allowed"
        )
    if not isinstance(config["use_permutation"], bool | np.bool_):
        raise ValueError(
            f"use_permutation is {config['use_permutation']!r}; True or False is allowed"
        )
    config["use_permutation"] = bool(config["use_permutation"])
    _check_permutation(config)
    return config


def _check_permutation(config: dict[str, Any]) -> None:
    """Turn both orders into own int64 arrays; the second must undo the first."""
    length = config["spatial_resolution"] ** 2
    for key in ("permutater", "unpermutater"):
        if config[key] is None:
            if config["use_permutation"]:
                raise ValueError(f"{key} is None; use_permutation=True needs both orders, arrays")
            continue
        order = np.array(config[key])
        if (
            order.dtype.kind not in "iu"
            or order.shape != (length,)
            or not np.array_equal(np.sort(order), np.arange(length))
        ):
            raise ValueError(
                f"{key} has shape {order.shape} and dtype {order.dtype}; an array that holds each "
                f"of the ints 0 to {length - 1} once, shape ({length},), is allowed"
            )
        config[key] = order.astype(np.int64)
    first, second = config["permutater"], config["unpermutater"]
    if not (first is None or second is None or np.array_equal(np.argsort(first), second)):
        raise ValueError(
            "unpermutater does not undo permutater: flat[permutater][unpermutater] has to be flat"
        )


def _kinds(value: object) -> list[str]:
    """The kinds of edge as a list of our own."""
    right = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
    kinds = [str(kind) for kind in value] if right else []
    if not kinds or not set(kinds) <= set(KINDS) or len(set(kinds)) < len(kinds):
        raise ValueError(
            f"class_type is {value!r}; a list of different kinds out of {list(KINDS)} is allowed"
        )
    return kinds


def _whole(config: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """An int value in [low, high]; numpy's ints count, True doesn't."""
    value = config[key]
    try:
        number = low - 1 if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        number = low - 1
    if not low <= number <= high:
        raise ValueError(f"{key} is {value!r}; a whole number from {low} to {high} is allowed")
    return number


def _real(config: Mapping[str, Any], key: str, low: float) -> float:
    """A float value in [low, 1]."""
    value = config[key]
    number = isinstance(value, int | float | np.integer | np.floating)
    if not number or isinstance(value, bool) or not low <= value <= 1.0:
        raise ValueError(f"{key} is {value!r}; a number from {low} to 1 is allowed")
    return float(value)
