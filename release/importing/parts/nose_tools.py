"""The assertions of nose.tools, which is no longer maintained: those of unittest by other names."""

import re
import unittest

_CASE = unittest.TestCase()
_CASE.maxDiff = None
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ALSO = {
    "assert_equals": "assert_equal",
    "assert_not_equals": "assert_not_equal",
    "assert_almost_equals": "assert_almost_equal",
    "assert_items_equal": "assert_count_equal",
    "assert_raises_regexp": "assert_raises_regex",
    "assert_regexp_matches": "assert_regex",
}


def ok_(expr: object, msg: object = None) -> None:
    """Assert that an expression is true."""
    assert expr, msg


def eq_(a: object, b: object, msg: object = None) -> None:
    """Assert that two values are equal."""
    assert a == b, msg or f"{a!r} != {b!r}"


for _name in dir(_CASE):
    if _name.startswith("assert") and "_" not in _name:
        globals()[_HUMP.sub("_", _name).lower()] = getattr(_CASE, _name)
for _name, _right in _ALSO.items():
    globals()[_name] = globals()[_right]
