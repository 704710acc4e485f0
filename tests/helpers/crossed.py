"""What each value of ``wire_values`` becomes on its way, and whether two values are the same."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import numpy as np
import scipy.sparse
import torch

from autograder.wire.values import EnumMember, Record

#: By name in ``wire_values``, what a value becomes if that is not the value itself, and the name of
#: its type.
BECOMES: dict[str, tuple[Any, str]] = {
    "bytearray": (b"ab", "bytearray"),
    "memoryview": (b"ac", "memoryview"),
    "dict_keys": (["a"], "dict_keys"),
    "dict_values": ([1], "dict_values"),
    "dict_items": ([("a", 1)], "dict_items"),
    "enum keys": ({EnumMember("Color", "RED", "r"): 1}, "dict"),
    "mappingproxy": ({"a": 1}, "mappingproxy"),
    "deque": ([1, 2], "deque"),
    "Counter": ({"a": 2, "b": 1, "c": 1}, "Counter"),
    "defaultdict": ({"a": [1]}, "defaultdict"),
    "OrderedDict": ({"a": 1}, "OrderedDict"),
    "moved OrderedDict": ({"b": 2, "a": 1}, "OrderedDict"),
    "namedtuple": ((1, [2]), "Point"),
    "str subclass": ("text", "Text"),
    "int subclass": (3, "Number"),
    "float subclass": (0.5, "Rate"),
    "list subclass": ([1, 2], "Box"),
    "dict subclass": ({"a": 1}, "Table"),
    "set subclass": ({1}, "Bag"),
    "path": ("a/b.csv", "PosixPath"),
    "array.array": (np.array([1.0, 2.0]), "array"),
    "Enum": (EnumMember("Color", "RED", "r"), "Color"),
    "IntEnum": (2, "Level"),
    "StrEnum": ("train", "Mode"),
    "Flag": (EnumMember("Flags", "A|B", 3), "Flags"),
    "dataclass": (Record("Config", {"lr": 0.1, "layers": [4, 2]}), "Config"),
    "frozen dataclass as key": ({Record("Cell", {"row": 0, "column": 1}): 5}, "dict"),
    "SimpleNamespace": (Record("SimpleNamespace", {"a": 1, "b": [2]}), "SimpleNamespace"),
    "matrix": (np.ones((2, 2)), "matrix"),
    "array subclass": (np.ones(2), "Units"),
    "Parameter": (torch.ones(2), "Parameter"),
    "tensor subclass": (torch.ones(2), "Tagged"),
    "tensor of a graph": (torch.full((2,), 2.0), "Tensor"),
    "max of a tensor": ((torch.ones(2), torch.tensor([0, 1])), "max"),
    "lil matrix": (scipy.sparse.coo_matrix(np.eye(3)), "coo_matrix"),
}


def same(got: Any, expected: Any) -> bool:
    """Whether two values are equal, of equal types down to their elements; dicts in their order."""
    if isinstance(expected, torch.Tensor):
        if got.layout != expected.layout:
            return False
        dense = (got.to_dense, expected.to_dense) if expected.shape.numel() < 100 else (str, str)
        fine = got.dtype == expected.dtype and got.shape == expected.shape
        left, right = (f() if expected.shape.numel() < 100 else f for f in dense)
        return fine and (left is right or torch.equal(left, right))
    if scipy.sparse.issparse(expected):
        return type(got) is type(expected) and (got != expected).nnz == 0
    if isinstance(expected, np.ndarray):
        if isinstance(expected, np.ma.MaskedArray) != isinstance(got, np.ma.MaskedArray):
            return False
        fine = got.dtype == expected.dtype and got.shape == expected.shape
        return fine and repr(got) == repr(expected)
    module = type(expected).__module__.partition(".")[0]
    if module == "pandas":
        return same_frames(got, expected)
    if isinstance(expected, dict):
        fine = isinstance(got, dict) and list(got) == list(expected)
        return fine and all(same(got[key], item) for key, item in expected.items())
    if isinstance(expected, list | tuple):
        fine = isinstance(got, type(expected).__mro__[-2]) and len(got) == len(expected)
        return fine and all(map(same, got, expected))
    if isinstance(expected, set | frozenset):  # in no order that is the same in another process
        kinds = [sorted(str(type(item)) for item in members) for members in (got, expected)]
        return isinstance(got, type(expected)) and got == expected and kinds[0] == kinds[1]
    return isinstance(got, type(expected)) and repr(got) == repr(expected) and got == expected


def same_frames(got: Any, expected: Any) -> bool:
    """The same of pandas' values, by its own comparisons; without ``freq``."""
    import pandas as pd

    kind = type(expected)
    if kind is pd.DataFrame:
        pd.testing.assert_frame_equal(got, expected, check_freq=False)
    elif kind is pd.Series:
        pd.testing.assert_series_equal(got, expected, check_freq=False)
    elif isinstance(expected, pd.Index):
        pd.testing.assert_index_equal(got, expected, exact=True, check_freq=False)
    elif isinstance(expected, pd.api.extensions.ExtensionArray):
        pd.testing.assert_extension_array_equal(got, expected)
    else:
        return got is expected or (type(got) is kind and got == expected)
    return type(got) is kind


ZONED = {"zoned DatetimeIndex": "Europe/Paris", "zoned Timestamp": "Asia/Kolkata"}


def expectation(name: str, value: Any) -> tuple[Any, str]:
    """What a value is to become, and its type's name."""
    if name in ZONED:  # by its offset: the same moments
        offset = value[0].utcoffset() if name.endswith("Index") else value.utcoffset()
        return value.tz_convert(timezone(offset)), type(value).__name__
    if name == "structured scalar":
        return value, "void"
    return BECOMES.get(name, (value, type(value).__name__))
