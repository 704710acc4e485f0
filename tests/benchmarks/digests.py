"""A value comes in; a digest of what it holds, and a short text of it, go out.

Two values of equal digests hold the same: to the last bit for numbers, by what is drawn for
figures, by parameters for models, by name for functions, classes and modules. Digesting changes no
value and calls none of its methods beyond what pickling would.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import io
import random
import re
import reprlib
import types
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import matplotlib.axes
import matplotlib.figure
import numpy as np
import pandas as pd
import PIL.Image
import scipy.sparse
import torch
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from pandas.core.groupby.groupby import GroupBy
from sklearn.neighbors import BallTree, KDTree

MAX_DEPTH = 12
#: Parts of one value that are looked at; of what is beyond only the type counts.
MAX_PARTS = 30_000
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_DEFINITIONS = (
    type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType,
    np.ufunc,
)  # fmt: skip
_ATOMS = (bool, int, float, complex, type(None), type(...), range, slice, np.generic, np.dtype)
_SHOWN = (*_ATOMS, str, bytes, list, tuple, dict, set, frozenset, np.ndarray, torch.Tensor)


class NotComparableError(Exception):
    """A value that nothing is known about: a generator, an open file, a lock."""


@dataclass(frozen=True)
class Parts:
    """What a value is made of: a label of its own, and values inside."""

    label: str | bytes
    inside: Iterable[Any] = ()
    ordered: bool = True


def digest(value: object) -> str | None:
    """A text that is equal for equal values; None if the value cannot be compared."""
    try:
        return _Digest().of(value, ()).hex()
    except (NotComparableError, RecursionError):
        return None


def is_definition(value: object) -> bool:
    """Whether a value is compared by its kind and name alone."""
    return isinstance(value, _DEFINITIONS)


def short(value: object) -> str:
    """The type and, where showing it runs no foreign code, the start of the value."""
    text = ""
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        text = f"{value.shape} " + " ".join(str(value.values.tolist())[:60].split())
    elif isinstance(value, _SHOWN):
        with suppress(Exception):
            text = " ".join(_Shown().repr(value).split())
    return f"{type(value).__name__} {text}"[:100].strip()


class _Shown(reprlib.Repr):
    """The start of a value; of what is not known only the type."""

    def repr_instance(self, x: Any, _level: int) -> str:
        return repr(x)[:80] if isinstance(x, _SHOWN) else f"<{type(x).__name__}>"


class _Digest:
    """Folds a value's parts into one hash."""

    def __init__(self) -> None:
        self.seen = 0

    def of(self, value: Any, path: tuple[int, ...]) -> bytes:
        """The hash of a value; ``path``: the ids of the values around it."""
        self.seen += 1
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        if id(value) in path or len(path) > MAX_DEPTH or self.seen > MAX_PARTS:
            return _hashed(name)
        found = _parts_or_none(value) if path else parts(value)
        if found is None:  # inside another value its type counts
            return _hashed(name)
        inside = [self.of(part, (*path, id(value))) for part in found.inside]
        return _hashed(name, found.label, *(inside if found.ordered else sorted(inside)))


def _hashed(*texts: str | bytes) -> bytes:
    state = hashlib.blake2b(digest_size=12)
    for text in texts:
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        state.update(len(data).to_bytes(8, "big") + data)
    return state.digest()


def _parts_or_none(value: Any) -> Parts | None:
    try:
        return parts(value)
    except NotComparableError:
        return None


@functools.singledispatch
def parts(value: Any) -> Parts:
    """What a value is made of.

    Raises:
        NotComparableError: nothing can be told.
    """
    module = type(value).__module__.partition(".")[0]
    if isinstance(value, _DEFINITIONS) or module == "typing":
        return Parts(str(getattr(value, "__qualname__", getattr(value, "__name__", ""))))
    if isinstance(value, _ATOMS) or module in {"sympy", "pandas"}:
        return Parts(_ADDRESS.sub("0x", repr(value)))
    if isinstance(value, types.GeneratorType | types.CoroutineType | io.IOBase):
        raise NotComparableError
    attributes = _attributes(value)
    return Parts("", [*_content(value), *attributes]) if attributes else _reduced(value)


def _attributes(value: Any) -> list[Any]:
    """Names and values of what the object itself holds, without what was only cached there."""
    held = getattr(value, "__dict__", None)
    pairs = sorted(held.items(), key=str) if isinstance(held, dict) else []
    return [part for pair in pairs if not _is_cache(type(value), str(pair[0])) for part in pair]


def _is_cache(kind: type, name: str) -> bool:
    cached = isinstance(getattr(kind, name, None), functools.cached_property)
    return cached or name.startswith("_cache")


def _content(value: Any) -> list[Any]:
    """The items of an object that is a container and more."""
    if isinstance(value, dict):
        return [dict(value)]
    if isinstance(value, list | tuple):
        return [list(value)]
    return [set(value)] if isinstance(value, set | frozenset) else []


def _reduced(value: Any) -> Parts:
    """What pickling would keep of an object."""
    try:
        reduced = value.__reduce_ex__(2)
    except Exception:
        raise NotComparableError from None
    if isinstance(reduced, str):
        return Parts(reduced)
    made, arguments, *state = reduced
    items = [list(part) for part in state[1:3] if part is not None]
    return Parts(getattr(made, "__name__", ""), [*arguments, *state[:1], *items])


@parts.register
def _(value: str) -> Parts:
    return Parts(_ADDRESS.sub("0x", value))


@parts.register(bytes)
@parts.register(bytearray)
def _(value: bytes) -> Parts:
    return Parts(bytes(value))


@parts.register(list)
@parts.register(tuple)
def _(value: Sequence[Any]) -> Parts:
    return Parts(str(len(value)), [*value, *_attributes(value)])


@parts.register(dict)
@parts.register(types.MappingProxyType)
def _(value: dict[Any, Any]) -> Parts:
    pairs = [part for pair in value.items() for part in pair]
    return Parts(str(len(value)), [*pairs, *_attributes(value)])


@parts.register(set)
@parts.register(frozenset)
def _(value: set[Any]) -> Parts:
    return Parts(str(len(value)), list(value), ordered=False)


@parts.register
def _(value: enum.Enum) -> Parts:
    return Parts(value.name)


@parts.register
def _(value: re.Pattern) -> Parts:
    return Parts(repr(value))


@parts.register
def _(value: BaseException) -> Parts:
    return Parts("", value.args)


@parts.register
def _(value: np.ndarray) -> Parts:
    if value.dtype == object:
        return Parts(str(value.shape), value.ravel().tolist())
    return Parts(f"{value.dtype} {value.shape} ".encode() + np.ascontiguousarray(value).tobytes())


@parts.register
def _(value: np.ma.MaskedArray) -> Parts:
    return Parts("", [np.ma.getmaskarray(value), value.filled()])


@parts.register
def _(value: torch.Tensor) -> Parts:
    plain = value.detach()
    if plain.device.type == "meta" or type(value).__name__.startswith("Uninitialized"):
        return Parts(f"{value.dtype} nowhere")
    if plain.layout is not torch.strided or plain.is_quantized:
        plain = plain.to_dense() if plain.layout is not torch.strided else plain.int_repr()
    data = plain.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
    label = f"{value.dtype} {tuple(value.shape)} {value.requires_grad} ".encode() + data
    return Parts(label, [value.grad] if value.is_leaf else [])


@parts.register
def _(value: torch.nn.Module) -> Parts:
    held = [*value.named_parameters(), *value.named_buffers()]
    modes = [
        (name, type(module).__name__, module.training) for name, module in value.named_modules()
    ]
    return Parts(str(modes), held)


@parts.register
def _(value: torch.optim.Optimizer) -> Parts:
    return Parts("", [value.state_dict()])


@parts.register
def _(value: torch.Generator) -> Parts:
    return Parts("shared") if value is torch.default_generator else Parts("", [value.get_state()])


@parts.register
def _(value: np.random.RandomState) -> Parts:
    shared = value is np.random.mtrand._rand
    return Parts("shared") if shared else Parts("", [value.get_state(legacy=False)])


@parts.register
def _(value: random.Random) -> Parts:
    return Parts("shared") if value is random._inst else Parts("", [value.getstate()])


@parts.register
def _(value: pd.DataFrame) -> Parts:
    columns = [value.iloc[:, n].array for n in range(value.shape[1])]
    return Parts(str(value.shape), [value.index, value.columns, *columns])


@parts.register
def _(value: pd.Series) -> Parts:
    return Parts(str(value.name), [value.index, value.array])


@parts.register
def _(value: pd.Index) -> Parts:
    return Parts(f"{value.names} {value.dtype}", value.tolist())


@parts.register
def _(value: pd.api.extensions.ExtensionArray) -> Parts:
    plain = value.to_numpy()
    return Parts(str(value.dtype), [plain])


@parts.register
def _(value: GroupBy) -> Parts:
    return Parts("", [value.obj, value.keys])


@parts.register(scipy.sparse.sparray)
@parts.register(scipy.sparse.spmatrix)
def _(value: Any) -> Parts:
    plain = value.tocoo()
    return Parts(str(plain.shape), [plain.data, *plain.coords])


@parts.register(KDTree)
@parts.register(BallTree)
def _(value: Any) -> Parts:
    return Parts("", [np.asarray(value.data)])  # else it counts how often it was asked


@parts.register
def _(value: PIL.Image.Image) -> Parts:
    return Parts(f"{value.mode} {value.size}", [value.tobytes()])


@parts.register
def _(value: Line2D) -> Parts:
    return Parts(str(value.get_label()), [*value.get_data(), value.get_color()])


@parts.register
def _(value: matplotlib.figure.Figure) -> Parts:
    return Parts(str(len(value.axes)), [*value.axes, *value.texts])


@parts.register
def _(value: matplotlib.axes.Axes) -> Parts:
    legend = value.get_legend()
    texts = [*value.texts, *(legend.get_texts() if legend else ())]
    titles = [value.get_title(loc) for loc in ("left", "center", "right")]
    labels = [*titles, value.get_xlabel(), value.get_ylabel(), *(text.get_text() for text in texts)]
    drawn = [(c.get_offsets(), c.get_array()) for c in value.collections]
    patches = [(p.get_path().vertices, p.get_patch_transform().get_matrix()) for p in value.patches]
    images = [image.get_array() for image in value.images]
    return Parts(str(labels), [*value.lines, drawn, patches, images])


@parts.register
def _(_value: Artist) -> Parts:
    return Parts("")
