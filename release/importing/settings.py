"""otter-grader's ASSIGNMENT CONFIG comes in; what of it has no counterpart here goes out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from release.importing.model import NotImported

_TAKEN = frozenset({"name", "files", "tests", "seed", "generate"})
#: What a person has to look at, and why.
_OTHERS = {
    "requirements": (
        "packages are locked with the harness's",
        "name them in requirements.txt of the public folder, and run `autograder setup`",
    ),
    "environment": (
        "packages are locked with the harness's",
        "name them in requirements.txt of the public folder, and run `autograder setup`",
    ),
    "autograder_files": (
        "files for the grader alone were not copied",
        "put them beside the hidden checks that read them",
    ),
    "config_file": ("settings in another file were not read", "put them into the notebook first"),
    "plugins": ("plugins of otter have no counterpart", "take over by hand what they do"),
    "student_files": ("files that students make", "name them in `files` of the manifest"),
    "variables": ("variables are not compared by type", "write a check that asks for them"),
}
#: Of `generate`, in the same way; the rest steers otter's own tools.
_GENERATE = {
    "seed": (
        "grading sets no seed before each cell",
        "let an answer that draws numbers take a seeded generator as an argument",
    ),
    "points_possible": ("the points are those of the tests", "change them in the manifest"),
    "threshold": ("a score is not rounded to all or nothing", "nothing, or change the checks"),
    "score_threshold": (
        "a score is not rounded to all or nothing",
        "nothing, or change the checks",
    ),
    "public_multiplier": (
        "public tests have the points that they name",
        "change them in the checks",
    ),
    "plugins": _OTHERS["plugins"],
}


def shows_hidden(settings: Mapping[str, Any]) -> bool:
    """Whether students see the results of hidden tests when they submit."""
    generate = settings.get("generate")
    return isinstance(generate, dict) and generate.get("show_hidden") is True


def left_of_settings(settings: Mapping[str, Any], path: Path, cell: int) -> list[NotImported]:
    """One entry for each setting that matters, and one for all that only steer otter's tools."""
    left = [
        NotImported(path.name, cell, 0, f"setting `{key}`", *_OTHERS[key])
        for key in settings
        if key in _OTHERS and settings[key]
    ]
    generate = settings.get("generate")
    own = generate if isinstance(generate, dict) else {}
    left += [
        NotImported(path.name, cell, 0, f"setting `generate: {key}`", *_GENERATE[key])
        for key in own
        if key in _GENERATE and own[key] is not None
    ]
    rest = [str(key) for key in settings if key not in _TAKEN and key not in _OTHERS]
    rest += [f"generate: {key}" for key in own if key not in _GENERATE and key != "show_hidden"]
    if rest:
        what = f"settings {', '.join(f'`{key}`' for key in rest)}"
        left.append(
            NotImported(path.name, cell, 0, what, "they steer otter's own tools", "nothing")
        )
    return left
