"""An object of the student's comes in, a plain value that says what it is like goes out.

The describers run beside the student's code and hold no expected value: what is right is decided
elsewhere.
"""

import inspect
from collections.abc import Callable

PLAIN_TYPES = (type(None), bool, int, float, str)
STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


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


def _plain(value: object) -> object:
    """Keep a plain value, replace any other by the name of its type."""
    return value if type(value) in PLAIN_TYPES else type(value).__name__
