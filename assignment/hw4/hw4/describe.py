"""An object of the student's comes in, a plain value that says what it is like goes out.

The describers run beside the student's code and hold no expected value: what is right is decided
elsewhere. They import nothing heavy, and refuse what does not fit by a ValueError in plain words.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

PLAIN_TYPES = (type(None), bool, int, float, str)
STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
MAX_SAMPLES = 20_000  # of one data set, or of one pass of a loader
MAX_BYTES = 400_000_000  # of all arrays of one description
MAX_LOADERS = 100


def signature(function: Callable[..., object]) -> dict[str, object]:
    """Describe the parameters of a function without calling it.

    Returns:
        `{"parameters": [names], "defaults": {name: value}}`, both in the order of the definition.
        Collecting parameters keep their stars ("*args"). A default that is exactly None, a bool,
        int, float or str is kept; of any other only the name of its type is given, as a str.

    Raises:
        TypeError: `function` can't be called.
        ValueError: it has no signature to read, as some functions written in C.
    """
    parameters = inspect.signature(function).parameters.values()
    return {
        "parameters": [STARS.get(parameter.kind, "") + parameter.name for parameter in parameters],
        "defaults": {
            parameter.name: _plain(parameter.default)
            for parameter in parameters
            if parameter.default is not inspect.Parameter.empty
        },
    }


def numbers(value: object) -> dict[str, object]:
    """Describe a hyperparameter.

    Returns:
        `{"type": name of its type, "value": it}`. The value is kept if it is exactly None, a bool,
        int, float or str; a numpy number or a tensor of one number becomes that number; of anything
        else the value is None.
    """
    return {"type": type(value).__name__, "value": _plain_or_none(_number(value))}


def dataset(ds: Any) -> dict[str, object]:
    """Describe a data set of `(picture, label)` samples, each of which is asked for once.

    Returns:
        A dict of

        - `type`: name of its type; `length`: number of samples, an int.
        - `images`: the pictures as they come, stacked: shape `(length, ...)`.
        - `labels`: int64, shape `(length,)`.
        - `kind`: what a picture is, "tensor", "PIL" or "array"; `dtype` in which they came, a str;
          `range`: its smallest and largest value, a list of two floats (empty without samples).
        - `mode` and `config`: what the data set says of itself, plain values only; None and `{}` if
          it says nothing. Of a subset: what the whole says.
        - `permutater`, `unpermutater`: int arrays, or None.

    Raises:
        ValueError: it is no data set of pictures and labels, or too large; says what was found.
    """
    length = _length(ds)
    if length is None or not hasattr(ds, "__getitem__") or isinstance(ds, str | bytes | Mapping):
        raise ValueError(f"this is {_named(ds)}, not a data set")
    if length > MAX_SAMPLES:
        raise ValueError(f"the data set has {length} samples, more than {MAX_SAMPLES}")
    room = _Room()
    pairs = [_pair(ds[index], f"sample {index}") for index in range(length)]
    pictures = [_array(picture, room) for picture, _ in pairs]
    images = _stacked([array for array, _ in pictures])
    labels = np.array([_label(label) for _, label in pairs], dtype=np.int64)
    return {
        "type": type(ds).__name__,
        "length": length,
        "images": images,
        "labels": labels,
        "kind": _one_kind(kind for _, kind in pictures),
        "dtype": _one_kind(_dtype(p, a) for (p, _), (a, _) in zip(pairs, pictures, strict=True)),
        "range": [float(images.min()), float(images.max())] if images.size else [],
        **_own_words(ds),
    }


def loader(loader: Any, passes: int = 2) -> dict[str, object]:
    """Describe a loader of batches `(pictures, labels)`, going through it some times.

    Returns:
        A dict of

        - `type`, `sampler`, `batch_sampler`: names of types; None for what it has not.
        - `batch_size`, `drop_last`: as the loader says, or else its batch sampler; None if neither
          does.
        - `batches`: its number of batches; `length`: samples of its data set; None if unknown.
        - `mode`, `config`, `permutater`, `unpermutater`: of its data set, as in `dataset`.
        - `passes`: for each pass a dict of `images` (shape `(N, channels, rows, columns)`, of the
          dtype in which they came), `dtype` (its name; several as "float32 and float64"), `labels`
          (int64, shape `(N,)`), `batch_sizes` (list of int) and `kind` ("tensor", "PIL" or
          "array"). Tensors and arrays without channels have shape `(N, rows, columns)`.

    Raises:
        ValueError: it is no loader, its batches hold something else, or there are too many; says
            what was found.
    """
    return _loader(loader, passes, _Room())


def loader_dict(d: Any) -> dict[str, object]:
    """Describe a dict of loaders.

    Returns:
        `{"type": name of its type, "keys": [keys], "loaders": [descriptions]}`, in the same order.
        A key that is not plain is given as the name of its type; the keys of a list are its
        places. Each description is that of `loader`, or `{"error": what is wrong}`.

    Raises:
        ValueError: it is no dict, or one of more than 100 loaders.
    """
    if not isinstance(d, Mapping | list | tuple):
        raise ValueError(f"this is {_named(d)}, not a dict of loaders")
    if len(d) > MAX_LOADERS:
        raise ValueError(f"the dict has {len(d)} loaders, more than {MAX_LOADERS}")
    by_key = d if isinstance(d, Mapping) else dict(enumerate(d))
    room = _Room()
    described: list[dict[str, object]] = []
    for value in by_key.values():
        try:
            described.append(_loader(value, 2, room))
        except Exception as error:  # of ours, or of the student's transform: one loader's failure
            ours = type(error) is ValueError
            described.append({"error": str(error) if ours else f"{type(error).__name__}: {error}"})
    keys = [_plain(_number(key)) for key in by_key]
    return {"type": type(d).__name__, "keys": keys, "loaders": described}


class _Room:
    """How many bytes of arrays a description may still take."""

    def __init__(self) -> None:
        self.left = MAX_BYTES

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ValueError(f"the pictures take more than {MAX_BYTES // 1_000_000} MB together")


def _loader(loader: Any, passes: int, room: _Room) -> dict[str, object]:
    whole = getattr(loader, "dataset", None)
    # A data set is no loader, though Python can iterate over it; a list of batches is as good.
    if not hasattr(loader, "__iter__") or isinstance(loader, str | bytes | Mapping):
        raise ValueError(f"this is {_named(loader)}, not a DataLoader")
    batches = getattr(loader, "batch_sampler", None)
    return {
        "type": type(loader).__name__,
        "batch_size": _said(loader, batches, "batch_size"),
        "sampler": _type_name(getattr(loader, "sampler", None)),
        "batch_sampler": _type_name(batches),
        "drop_last": _said(loader, batches, "drop_last"),
        "batches": _length(loader),
        "length": _length(whole),
        **_own_words(whole),
        "passes": [_pass(loader, whole, room) for _ in range(passes)],
    }


def _said(loader: Any, batches: Any, name: str) -> object:
    """What a loader says of its batches, or else what it makes them by."""
    # A loader with a batch sampler says None, and False of what it drops.
    own = _plain_or_none(_number(getattr(loader, name, None)))
    return own or _plain_or_none(_number(getattr(batches, name, own)))


def _pass(loader: Any, whole: Any, room: _Room) -> dict[str, object]:
    """Everything that one pass through a loader gives."""
    images: list[np.ndarray] = []
    labels: list[int] = []
    kinds: set[str] = set()
    dtypes: set[str] = set()
    batch_sizes: list[int] = []
    for number, batch in enumerate(_batches(loader, whole)):
        pictures, given = _pair(batch, f"batch {number}")
        stack, kind = _batch_of_pictures(pictures, room)
        dtypes.add(_dtype(pictures, stack))
        numbers_given = [_label(label) for label in _items(given)]
        if len(stack) != len(numbers_given):
            raise ValueError(
                f"batch {number} has {len(stack)} pictures, but {len(numbers_given)} labels"
            )
        images.append(stack)
        labels += numbers_given
        kinds.add(kind)
        batch_sizes.append(len(stack))
        if max(number, len(labels)) > MAX_SAMPLES:  # by number too: empty batches may never end
            raise ValueError(f"the loader gives more than {MAX_SAMPLES} samples")
    return {
        "images": _joined(images, np.zeros((0, 0, 0, 0))),
        "dtype": _one_kind(dtypes),
        "labels": np.array(labels, dtype=np.int64),
        "batch_sizes": batch_sizes,
        "kind": _one_kind(kinds),
    }


def _batches(loader: Any, whole: Any) -> Iterator[Any]:
    """The loader's batches; a batch that can't be made of PIL pictures gets a plain error."""
    try:
        yield from loader
    except TypeError as error:
        if "collate" not in str(error):
            raise
        picture = _pair(whole[0], "sample 0")[0]
        raise ValueError(
            f"the data set's pictures are {_named(picture)}, of which the loader can't make a "
            "batch; a transform to tensors is missing"
        ) from None


def _batch_of_pictures(pictures: Any, room: _Room) -> tuple[np.ndarray, str]:
    """A batch as an array of shape (N, channels, rows, columns), and what kind it was of."""
    if isinstance(pictures, np.ndarray) or _is_tensor(pictures):
        stack, kind = _array(pictures, room)
    elif isinstance(pictures, list | tuple):
        each = [_array(picture, room) for picture in pictures]
        stack, kind = _stacked([array for array, _ in each]), _one_kind(kind for _, kind in each)
    else:
        raise ValueError(f"the pictures of a batch are {_named(pictures)}, not a tensor")
    if kind == "PIL":  # one of greys has no channels, any other has them at the end
        stack = stack[:, None] if stack.ndim == 3 else np.moveaxis(stack, -1, 1)
    return stack, kind


def _dtype(pictures: Any, stack: np.ndarray) -> str:
    """The dtype in which pictures came, by the name that NumPy and PyTorch share."""
    return str(pictures.dtype).removeprefix("torch.") if _is_tensor(pictures) else str(stack.dtype)


def _array(picture: Any, room: _Room) -> tuple[np.ndarray, str]:
    """A picture, or a stack of them, as an array of numbers, and its kind."""
    if _is_tensor(picture):
        room.take(picture.numel() * picture.element_size())
        tensor = picture.detach().cpu()
        if "bfloat16" in str(tensor.dtype):  # numpy has no such type
            tensor = tensor.float()
        return tensor.numpy().copy(), "tensor"
    if isinstance(picture, np.ndarray):
        array, kind = picture.copy(), "array"
    elif _is_pil(picture):
        array, kind = np.array(picture), "PIL"
    else:
        raise ValueError(f"a picture is {_named(picture)}, not a tensor, PIL picture or array")
    if array.dtype.kind not in "buif":
        raise ValueError(f"a picture is an array of {array.dtype}, not of numbers")
    room.take(array.nbytes)
    return array, kind


def _pair(sample: Any, what: str) -> tuple[Any, Any]:
    if isinstance(sample, list | tuple) and len(sample) == 2:
        return sample[0], sample[1]
    size = f" with {len(sample)} items" if isinstance(sample, list | tuple) else ""
    raise ValueError(f"{what} is {_named(sample)}{size}, not a pair of picture and label")


def _label(label: Any) -> int:
    number = _number(label)
    if type(number) is float and number.is_integer():
        number = int(number)
    if type(number) is not int or not -(2**63) <= number < 2**63:
        raise ValueError(f"a label is {_named(label)}, not a whole number")
    return number


def _items(given: Any) -> Iterable[Any]:
    """The labels of a batch, one by one."""
    if isinstance(given, np.ndarray) or _is_tensor(given):
        if given.ndim != 1:
            raise ValueError(f"the labels of a batch have shape {tuple(given.shape)}, not (N,)")
        return given.tolist()
    if isinstance(given, list | tuple):
        return given
    raise ValueError(f"the labels of a batch are {_named(given)}, not a tensor")


def _stacked(arrays: list[np.ndarray]) -> np.ndarray:
    return _joined([array[None] for array in arrays], np.zeros(0))


def _joined(stacks: list[np.ndarray], nothing: np.ndarray) -> np.ndarray:
    """The stacks one behind the other; `nothing` if there are none."""
    shapes = sorted({stack.shape[1:] for stack in stacks})
    if len(shapes) > 1:
        raise ValueError(f"the pictures have different shapes: {shapes[0]} and {shapes[1]}")
    return np.concatenate(stacks) if stacks else nothing


def _one_kind(kinds: Iterable[str]) -> str:
    return " and ".join(sorted(set(kinds)))


def _own_words(ds: Any) -> dict[str, object]:
    """What a data set says of itself; of a subset, what the whole says."""
    if hasattr(ds, "dataset") and not hasattr(ds, "config"):
        return _own_words(ds.dataset)
    config = getattr(ds, "config", {})
    if not isinstance(config, dict):
        config = {}
    orders = {key: config.get(key) for key in ("permutater", "unpermutater")}
    orders = {key: o if isinstance(o, np.ndarray) else None for key, o in orders.items()}
    plain = {k: v for k, v in config.items() if type(k) is str and k not in orders and _is_plain(v)}
    return {"mode": _plain_or_none(getattr(ds, "mode", None)), "config": plain, **orders}


def _is_plain(value: object) -> bool:
    items = value if type(value) is list and len(value) <= 100 else [value]
    return all(type(item) in PLAIN_TYPES for item in items)


def _number(value: Any) -> object:
    """A numpy number, or an array or tensor of no dimensions, as Python's number; else as it is."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value.item() if _is_tensor(value) and value.numel() == 1 else value


def _length(value: Any) -> int | None:
    try:
        return len(value)
    except TypeError:
        return None


def _is_tensor(value: object) -> bool:
    # Looked up, not imported: without torch there are no tensors.
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _is_pil(value: object) -> bool:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)


def _named(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"


def _type_name(value: object) -> str | None:
    return None if value is None else type(value).__name__


def _plain(value: object) -> object:
    """Keep a plain value, replace any other by the name of its type."""
    return value if type(value) in PLAIN_TYPES else type(value).__name__


def _plain_or_none(value: object) -> object:
    return value if type(value) in PLAIN_TYPES else None
