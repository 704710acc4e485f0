"""What a describer says of a student's loader comes in; failures in a student's words go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import edges
import numpy as np
from retraining import Data

from autograder.checks import Student, fail

THREE = ("horizontal", "vertical", "none")
FIVE = ("horizontal", "vertical", "diagonal", "both", "none")
#: The detector may be unsure of a bar that lies mostly outside the picture.
RECOGNISED = 0.97
#: Rows of half a picture.
HALF = 14


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
    """The descriptions of a dict of loaders, by key."""
    found = _described(student, name, "loader_dict")
    return dict(zip(found["keys"], found["loaders"], strict=True))


def loader_of(student: Student, name: str, key: int) -> dict[str, Any]:
    """The description of the loader under ``key``.

    Raises:
        CheckFailed: there is none; the text names the keys that are there.
    """
    loaders = described_loaders(student, name)
    if key not in loaders:
        keys = ", ".join(map(repr, list(loaders)[:10])) or "none at all"
        raise fail(
            f"`{name}` has no key {key}; its keys are: {keys}.",
            hint="The keys are the whole numbers of num_images_list, the pictures per class.",
        )
    return _readable(f"{name}[{key}]", loaders[key])


def _readable(name: str, found: dict[str, Any]) -> dict[str, Any]:
    if "error" in found:
        raise fail(
            f"`{name}` cannot be read: {found['error']}.",
            hint="Iterate over it in your notebook: for images, labels in loader: ...",
        )
    return found


def pictures(name: str, found: dict[str, Any], classes: Sequence[str]) -> Data:
    """The pictures of the first pass.

    Raises:
        CheckFailed: they are not tensors (1, 28, 28) in [0, 1], or labels lie outside the classes.
    """
    first = found["passes"][0] if "passes" in found else found
    images, labels, kind = first["images"], first["labels"], first["kind"]
    if not len(labels):
        raise fail(
            f"`{name}` gives no pictures at all.",
            hint="With drop_last=True a loader leaves out the batch that is not full.",
        )
    if kind != "tensor":
        raise fail(
            f"`{name}` gives pictures of kind {kind}, where tensors are asked for.",
            hint="Hand transform=transforms.ToTensor() to the data set.",
        )
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28):
        raise fail(
            f"`{name}` gives pictures of shape {images.shape[1:]}, where (1, 28, 28) is asked for.",
            hint="ToTensor() alone gives the right shape.",
        )
    if images.size and not (np.isfinite(images).all() and 0 <= images.min() <= images.max() <= 1):
        raise fail(
            f"`{name}` gives pixels outside [0, 1].",
            hint="ToTensor() already scales to [0, 1]; nothing else is needed.",
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
            hint="data_per_class sets the pictures of each class."
            if counts.all()
            else f"All {data.classes} classes belong into class_type.",
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
            hint="The data set draws as many pictures as data_per_class says.",
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
    raise fail(
        f"the pictures of `{name}` have {what} than those that are asked for.",
        hint="Leave all keys of the config at their defaults that the task does not name, and the "
        "pictures as the data set draws them.",
    )


def check_half(name: str, data: Data, *, first: bool) -> None:
    """Fail unless every edge lies in the first (or second) half of the picture."""
    rows, columns = edges.lines(data.images)
    wrong = slice(HALF, None) if first else slice(None, HALF)
    if rows[:, wrong].any() or columns[:, wrong].any():
        part = "first" if first else "second"
        raise fail(
            f"`{name}` has edges outside the {part} half of the picture.",
            hint="possible_edge_location_ratio is 0.5 for both, and the mode decides on the half.",
        )


def check_batch_size(name: str, found: dict[str, Any], batch_size: int) -> None:
    """Fail unless the loader makes batches of that size."""
    if found["batch_size"] != batch_size:
        raise fail(
            f"`{name}` has batch size {found['batch_size']}, where {batch_size} is asked for.",
            hint="Hand batch_size to DataLoader.",
        )


def check_shuffled(name: str, found: dict[str, Any]) -> None:
    """Fail unless two passes come in different orders."""
    one, two = found["passes"]
    if np.array_equal(one["labels"], two["labels"]) and np.array_equal(
        one["images"], two["images"]
    ):
        raise fail(
            f"two passes over `{name}` come in the same order.",
            hint="With shuffle=True each batch mixes the classes; sorted batches of one class make "
            "SGD forget the others.",
        )


def check_disjoint(train: Data, valid: Data, train_name: str, valid_name: str) -> None:
    """Fail if a picture with an edge or noise of its own is in both."""
    known = {image.tobytes() for image in train.images}
    shared = sum(image.tobytes() in known for image in valid.images)
    if shared:
        raise fail(
            f"{shared} pictures of `{valid_name}` are in `{train_name}` too.",
            hint='Make the validation data set with mode="valid", after the training ones.',
        )
