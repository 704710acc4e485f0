"""The harness's own marks on a check, beside the decorators of gradescope-utils."""

import pytest

#: Registered with pytest by the plugin, one line each.
DESCRIPTIONS = (
    "question(id): the question of the manifest that the check belongs to",
    "depends(name, ...): skip, with a message, unless these checks passed in full",
    "time_limit(seconds): wall-clock seconds for all that the check asks of student code",
    "shared: the student's process judges itself, as in a test of another tool",
    "all_or_nothing: a parametrised check earns its points only if every case passes",
)


def question(identifier: str) -> pytest.MarkDecorator:
    """The check belongs to this question of the manifest."""
    return pytest.mark.question(identifier)


def depends(*names: str) -> pytest.MarkDecorator:
    """Run after the checks of these function names, and only if they passed in full."""
    # Called with a function alone, a mark would decorate that one.
    return pytest.mark.depends.with_args(*names)


def time_limit(seconds: float) -> pytest.MarkDecorator:
    """Wall-clock seconds for everything that the check asks of student code."""
    return pytest.mark.time_limit(seconds)


def shared() -> pytest.MarkDecorator:
    """The student's process judges itself in this check, by `student.shared`."""
    return pytest.mark.shared()


def all_or_nothing() -> pytest.MarkDecorator:
    """A parametrised check earns its points only if every case passes."""
    return pytest.mark.all_or_nothing()
