"""Where submissions come from and grades go: one module for each platform, and the table of them.

`base.Platform` says what a module has; ``tests/batch/test_platforms.py`` drives each through its
whole life.
"""

from autograder.batch.platforms import (
    blackboard,
    brightspace,
    canvas,
    github_classroom,
    gradescope,
    moodle,
    nbgrader,
    plain,
    sakai,
)
from autograder.batch.platforms.base import Platform

#: In the order in which they are tried; what is none of the others is plain.
PLATFORMS: tuple[Platform, ...] = (
    gradescope,
    moodle,
    blackboard,
    brightspace,
    sakai,
    canvas,
    github_classroom,
    nbgrader,
    plain,
)
BY_KEY = {platform.KEY: platform for platform in PLATFORMS}
#: For sentences.
NAMES = ", ".join(sorted(platform.TITLE for platform in PLATFORMS if platform.TITLE))

__all__ = ["BY_KEY", "NAMES", "PLATFORMS", "Platform"]
