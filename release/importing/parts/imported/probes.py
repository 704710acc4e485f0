"""What is asked of an object of the student's, where it is: each runs beside the student's code."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograder.checks import probe


@probe
def items(of: Any) -> Any:
    """The pairs of a dict."""
    return list(dict.items(of))


@probe
def type_of(of: Any) -> Any:
    """Its type."""
    return type(of)


@probe
def is_callable(of: Any) -> Any:
    """Whether it can be called."""
    return callable(of)


@probe
def names(of: Any) -> Any:
    """The names of its attributes."""
    return list(dir(of))


@probe
def delete(of: Any, name: str) -> None:
    """Take an attribute away."""
    delattr(of, name)


@probe
def as_array(of: Any) -> Any:
    """The array that it makes."""
    return np.asarray(of)


@probe
def formatted(of: Any, spec: str) -> Any:
    """Its text by a format."""
    return format(of, spec)


@probe
def is_instance(of: Any, kind: Any) -> Any:
    """Whether it is an object of a class."""
    return isinstance(of, kind)


@probe
def is_subclass(of: Any, kind: Any) -> Any:
    """Whether it is a class below another."""
    return issubclass(of, kind)


@probe
def converted(of: Any, how: str) -> Any:
    """It as a number, a truth value or a text."""
    ways: dict[str, Any] = {
        "bool": bool,
        "int": int,
        "float": float,
        "complex": complex,
        "str": str,
        "repr": repr,
    }
    return operator.index(of) if how == "index" else ways[how](of)


@probe
def operated(of: Any, other: Any, how: str, swapped: bool = False) -> Any:
    """What an operator makes of it and something else."""
    function = getattr(operator, how)
    return function(other, of) if swapped else function(of, other)


@probe
def operated_alone(of: Any, how: str) -> Any:
    """What an operator makes of it."""
    return getattr(operator, how)(of)
