"""What a describer says of a student's loader comes in; failures in a student's words go out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import edges
import numpy as np
import torch
from hw4.datasets import DEFAULTS
from retraining import Data

from autograder.checks import Student, fail

THREE = ("horizontal", "vertical", "none")
FIVE = ("horizontal", "vertical", "diagonal", "both", "none")
#: The detector may be unsure of a bar that lies mostly outside the picture.
RECOGNISED = 0.97
#: Rows of half a picture.
HALF = 14
#: Neighbours among the bright pixels, as `edges.neighbours_kept` counts them. The most of 2,300
#: random orders were 1.22. An order that leaves every second pixel in its place has 2.7, one of
#: blocks of 2 x 2 pixels 4.5, the picture itself 8.
NEIGHBOURS = 1.5
TRAIN_BATCH, VALID_BATCH = 10, 256
ALL_PLACES = np.arange(edges.SIDE**2)
#: Keys of a config that the pictures themselves tell of, or that need not be there.
_TOLD_BY_PICTURES = frozenset(
    ("data_per_class", "num_classes", "class_type", "use_permutation", "permutater", "unpermutater")
)


@dataclass(frozen=True)
class Asked:
    """The pictures that a question asks for.

    Attributes:
        classes: the kinds, by label.
        per_class: pictures of each.
        mode: of the data set; None where it makes no difference.
        ratio: where the edges lie; below 1 in the first part of the picture, or, in mode
            "valid", in the other one.
        permuted: whether the pixels are in another order.
    """

    classes: Sequence[str]
    per_class: int
    mode: str | None = None
    ratio: float = 1.0
    permuted: bool = False


#: What was described before in the same check, whose cases share a process; arrays are not changed.
_DESCRIBED: WeakKeyDictionary[Student, dict[tuple[str, str], Any]] = WeakKeyDictionary()


def _described(student: Student, name: str, describer: str) -> Any:
    known = _DESCRIBED.setdefault(student, {})
    if (name, describer) not in known:
        known[name, describer] = student.describe(name, describer)
    return known[name, describer]


def described_loader(student: Student, name: str) -> dict[str, Any]:
    """The description of one loader, with two passes.

    Raises:
        CheckFailed: it is None, or no loader.
    """
    found: dict[str, Any] = _described(student, name, "loader")
    return found


def described_loaders(student: Student, name: str) -> dict[Any, dict[str, Any]]:
    """The descriptions of a dict of loaders, by key; of a list, by place."""
    found = _described(student, name, "loader_dict")
    return dict(zip(found["keys"], found["loaders"], strict=True))


def loader_of(student: Student, size: int, sizes: Sequence[int]) -> dict[str, Any]:
    """The description of the loader of ``train_loader_dict`` that is meant for ``size``.

    The keys are a check of their own: where they are texts, or places, each loader is found by
    that.

    Args:
        sizes: all keys that are asked for, in their order.

    Raises:
        CheckFailed: there is none; the text names the keys that are there.
    """
    name = f"train_loader_dict[{size}]"
    loaders = described_loaders(student, "train_loader_dict")
    by_text = {str(key).strip(): found for key, found in loaders.items()}
    if size in loaders:
        return _readable(name, loaders[size])
    if str(size) in by_text:
        return _readable(name, by_text[str(size)])
    if len(loaders) == len(sizes) and loaders.keys().isdisjoint(sizes):
        return _readable(name, list(loaders.values())[sizes.index(size)])
    raise fail(f"`train_loader_dict` has no key {size}; {_keys(loaders)}.", hint=KEYS_HINT)


KEYS_HINT = "The keys are the whole numbers of num_images_list, the pictures per class."


def check_keys(student: Student, sizes: Sequence[int]) -> None:
    """Fail unless the keys of ``train_loader_dict`` are those numbers and no others."""
    loaders = described_loaders(student, "train_loader_dict")
    if loaders.keys() != set(sizes):
        raise fail(f"other keys in `train_loader_dict`; {_keys(loaders)}.", hint=KEYS_HINT)


def _keys(loaders: dict[Any, dict[str, Any]]) -> str:
    return f"its keys are: {', '.join(map(repr, list(loaders)[:10])) or 'none at all'}"


def _readable(name: str, found: dict[str, Any]) -> dict[str, Any]:
    if "error" in found:
        raise fail(
            f"`{name}` cannot be read: {found['error']}.",
            hint="Iterate over it in your notebook: for images, labels in loader: ...",
        )
    return found


# --- pictures -------------------------------------------------------------------------------------


def right_pictures(name: str, found: dict[str, Any], asked: Asked) -> Data:
    """The pictures of a data set, or of a loader's first pass.

    Raises:
        CheckFailed: they are not those that are asked for; says what is wrong.
    """
    data = pictures(name, found, asked.classes)
    check_counts(name, data, asked.per_class)
    if asked.mode is not None:
        check_mode(name, found, asked.mode)
    as_drawn = data
    if asked.permuted:
        check_permuted(name, data)
        as_drawn = restored(data, found["unpermutater"])
    # Without its order nothing can be seen in a permuted picture.
    if not asked.permuted or as_drawn is not data:
        check_kinds(name, as_drawn, asked.classes)
        if asked.ratio < 1:
            check_half(name, as_drawn, first=asked.mode != "valid")
    check_config(name, found, asked)
    return data


def pictures(name: str, found: dict[str, Any], classes: Sequence[str]) -> Data:
    """The pictures of the first pass.

    Raises:
        CheckFailed: they are not float32 tensors (1, 28, 28) in [0, 1], or labels lie outside the
            classes.
    """
    first = found["passes"][0] if "passes" in found else found
    images, labels, kind = first["images"], first["labels"], first["kind"]
    if not len(labels):
        raise fail(
            f"`{name}` gives no pictures at all.",
            hint="Count them: does the loader leave out the batch that is not full?",
        )
    if kind != "tensor":
        raise fail(
            f"`{name}` gives pictures of kind {kind}, where tensors are asked for.",
            hint="A transform of torchvision makes tensors; hand one to the data set.",
        )
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28):
        raise fail(
            f"`{name}` gives pictures of shape {images.shape[1:]}, where (1, 28, 28) is asked for.",
            hint="The transform alone gives the right shape.",
        )
    if first["dtype"] != "float32":
        raise fail(
            f"`{name}` gives tensors of {first['dtype']}, which the models refuse.",
            hint="The transform alone gives the right kind of number; change none of it.",
        )
    if images.size and not (np.isfinite(images).all() and 0 <= images.min() <= images.max() <= 1):
        raise fail(
            f"`{name}` gives pixels outside [0, 1].",
            hint="The transform already scales to [0, 1]; nothing else is needed.",
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < len(classes):
        raise fail(
            f"`{name}` gives labels from {labels.min()} to {labels.max()}, "
            f"where {len(classes)} classes are asked for.",
            hint="num_classes and class_type belong together.",
        )
    return Data(np.ascontiguousarray(images[:, 0], dtype=np.float32), labels, len(classes))


def check_counts(name: str, data: Data, per_class: int) -> None:
    """Fail unless every class has ``per_class`` pictures."""
    counts = np.bincount(data.labels, minlength=data.classes)
    if (counts != per_class).any():
        raise fail(
            f"`{name}` holds {', '.join(map(str, counts))} pictures of the classes, where "
            f"{per_class} of each are asked for.",
            hint="A key of the config sets the pictures of each class."
            if counts.all()
            else f"All {data.classes} classes belong into class_type.",
        )


def check_mode(name: str, found: dict[str, Any], mode: str) -> None:
    """Fail if a data set, or that of a loader, says that it is of the other mode."""
    if found.get("mode") not in (None, mode):
        raise fail(
            f"the pictures of `{name}` are of mode {found['mode']}, where {mode} is asked for.",
            hint='EdgeDetectionDataset takes mode="train" or mode="valid".',
        )


def check_kinds(name: str, data: Data, classes: Sequence[str]) -> None:
    """Fail unless the pictures are what their labels say, and drawn as the data set draws them.

    An independent detector decides. A bar turned out of the picture is forgiven now and then.
    """
    seen = edges.kinds(data.images)
    wanted = np.array(classes, dtype=object)[data.labels]
    turned = "diagonal" in classes
    if turned or (seen == wanted).mean() < RECOGNISED:
        for kind in classes:
            least = {"diagonal": 0.7}.get(kind, 0.9) if turned else RECOGNISED
            if (seen[wanted == kind] == kind).mean() < least:
                raise fail(
                    f"the pictures of `{name}` that are labelled {kind} do not look like it.",
                    hint="A label is the place of the kind in class_type; mind the order.",
                )
    check_drawn(name, data, classes)


def check_drawn(name: str, data: Data, classes: Sequence[str]) -> None:
    """Fail unless noise and edges vary as the data set draws them.

    Pictures could tell their labels by something else than edges, or be easier than those asked
    for: what a network learns from them says nothing of the question.
    """
    if len({image.tobytes() for image in data.images}) < len(data.images):
        raise fail(
            f"`{name}` gives the same picture several times.",
            hint="The data set draws as many pictures as its config says.",
        )
    # The noise of a turned bar is a mixture of neighbours.
    even = [number for number, kind in enumerate(classes) if kind != "diagonal"]
    noise = [edges.noise(data.images[data.labels == number]) for number in even]
    straight = data.images[np.isin(data.labels, even)]
    if any(edges.far_from_uniform(each, *edges.NOISE) for each in noise):
        what = "another background"
    elif edges.far_from_uniform(edges.greys(straight), *edges.EDGE):
        what = "other edges"
    else:
        return
    raise fail(f"the pictures of `{name}` have {what} than those asked for.", hint=DEFAULTS_HINT)


DEFAULTS_HINT = (
    "Leave all keys of the config at their defaults that the task does not name, and the pictures "
    "as the data set draws them."
)


def check_config(name: str, found: dict[str, Any], asked: Asked) -> None:
    """Fail if the data set says that it was drawn by other numbers than those asked for.

    Many of them change the pictures too little to be seen in so few, but their difficulty a lot.
    Data sets of other types say nothing.
    """
    config = found.get("config") or {}
    wanted = {**DEFAULTS, "possible_edge_location_ratio": asked.ratio}
    if "diagonal" not in asked.classes:
        del wanted["num_diagonal_edge"]
    for key in sorted(wanted.keys() & config.keys() - _TOLD_BY_PICTURES):
        value = config[key]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isclose(value, wanted[key], abs_tol=1e-9):
            raise fail(
                f"the pictures of `{name}` were drawn with another {key} than the one asked for.",
                hint=DEFAULTS_HINT,
            )


def check_half(name: str, data: Data, *, first: bool) -> None:
    """Fail unless every edge lies in the first (or second) half of the picture."""
    rows, columns = edges.lines(data.images)
    wrong = slice(HALF, None) if first else slice(None, HALF)
    if rows[:, wrong].any() or columns[:, wrong].any():
        part = "first" if first else "second"
        raise fail(
            f"`{name}` has edges outside the {part} half of the picture.",
            hint="The ratio is one for both, and the mode decides on the half.",
        )


def check_permuted(name: str, data: Data) -> None:
    """Fail if pixels still have their neighbours, as in a picture that is turned or cut up."""
    if edges.neighbours_kept(data.images) > NEIGHBOURS:
        raise fail(
            f"`{name}` gives pictures whose pixels still lie beside their neighbours.",
            hint="Each pixel gets a place of its own, drawn at random; and the config has to say "
            "that the order is used.",
        )


def restored(data: Data, order: Any) -> Data:
    """The pictures with their pixels taken in an order; as they are if it is none of all pixels."""
    if isinstance(order, torch.Tensor):
        order = order.numpy()
    whole = isinstance(order, np.ndarray) and order.dtype.kind in "iu"
    if not whole and not (isinstance(order, list) and all(isinstance(n, int) for n in order)):
        return data
    places = np.array(order)
    if not np.array_equal(np.sort(places), ALL_PLACES):
        return data
    flat = data.images.reshape(len(data.images), -1)
    return Data(flat[:, places].reshape(data.images.shape), data.labels, data.classes)


def same_order(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two data sets say that their pixels are in the same order."""
    orders = one["permutater"], other["permutater"]
    return orders[0] is not None and np.array_equal(*orders)


def check_consistent(name: str, reference: Data, data: Data) -> None:
    """Fail unless the edges of ``data`` fit the pixel order of ``reference``."""
    for label in (0, 1):
        groups = [d.images[d.labels == label].reshape(-1, edges.SIDE**2) for d in (reference, data)]
        if edges.consistent_with(*groups) < 0.5:
            raise fail(
                f"`{name}` has another order of pixels than the training pictures.",
                hint="Draw one permutation, and hand the same arrays to every data set.",
            )


def check_disjoint(
    train: dict[str, Any], valid: dict[str, Any], train_name: str, valid_name: str
) -> None:
    """Fail if a picture of one loader's first pass is in that of the other.

    In whatever form they come: what is wrong with that costs points elsewhere.
    """
    images, others = (
        found["passes"][0]["images"].astype(np.float32, order="C") for found in (train, valid)
    )
    known = {image.tobytes() for image in images}
    shared = sum(image.tobytes() in known for image in others)
    if shared:
        raise fail(
            f"{shared} pictures of `{valid_name}` are in `{train_name}` too.",
            hint="Draw new pictures to judge by: another data set, with no seed set before it.",
        )


def same_samples(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two descriptions hold the same pictures with the same labels, in whatever order."""
    return _samples(one) == _samples(other)


def _samples(found: dict[str, Any]) -> list[tuple[int, bytes]]:
    first = found["passes"][0] if "passes" in found else found
    return sorted(
        (int(label), image.tobytes())
        for label, image in zip(first["labels"], first["images"], strict=True)
    )


# --- batches and order ----------------------------------------------------------------------------


def check_batch_size(name: str, found: dict[str, Any], batch_size: int) -> None:
    """Fail unless the loader makes batches of that size, the last one at most.

    What makes the batches may not say their size: then those that came tell.
    """
    said, sizes = found["batch_size"], found["passes"][0]["batch_sizes"]
    right = said == batch_size if said is not None else bool(sizes)
    if not right or set(sizes[:-1]) - {batch_size} or max(sizes[-1:], default=0) > batch_size:
        raise fail(
            f"`{name}` makes batches of {said or max(sizes, default=0)}, where {batch_size} is "
            "asked for.",
            hint="The loader takes the number of pictures in a batch.",
        )


def check_shuffled(name: str, found: dict[str, Any]) -> None:
    """Fail unless the pictures come mixed, and in another order in each pass."""
    passes = found["passes"]
    if not len(passes[0]["labels"]):
        raise fail(f"`{name}` gives no pictures at all.", hint="Count them in your notebook.")
    if any((np.diff(one["labels"]) >= 0).all() for one in passes):
        raise fail(
            f"`{name}` gives its pictures class by class.",
            hint="The loader can mix them. Batches of one class make SGD forget the others.",
        )
    one, two = passes
    if np.array_equal(one["labels"], two["labels"]) and np.array_equal(
        one["images"], two["images"]
    ):
        raise fail(
            f"two passes over `{name}` come in the same order.",
            hint="Shuffling once is not enough: the loader can mix the pictures anew in each "
            "epoch.",
        )
