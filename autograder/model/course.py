"""An assignment comes in; the course's folder, and where the assignment is built, go out."""

from __future__ import annotations

from pathlib import Path

from autograder.model.manifest import Assignment

SOLUTIONS = "solutions"


def course_of(assignment: Assignment) -> Path:
    """The course's folder: the one whose ``solutions/`` holds the assignment, at any depth.

    For an assignment that is kept otherwise, the current folder.
    """
    above = (each.parent for each in assignment.folder.parents if each.name == SOLUTIONS)
    return next(above, Path.cwd())


def dist(assignment: Assignment) -> Path:
    """Where a release is built if nobody says where; as short a path as somebody would type."""
    folder, here = course_of(assignment), Path.cwd()
    shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
    return shown / "dist" / assignment.name
