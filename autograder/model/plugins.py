"""A group of entry points comes in; those of it that can be loaded here go out."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec


def added(group: str) -> list[EntryPoint]:
    """What installed packages add to a group.

    A bundle is without the release tool, also beside an installation that names it.
    """
    return [each for each in entry_points(group=group) if find_spec(each.module.split(".")[0])]
