"""This kernel and user come in; what would hold a submission here goes out, found by trying."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

from autograder.doctor.findings import Diagnosis, Level
from autograder.model.errors import HarnessFault
from autograder.model.manifest import FILE_NAME, load

_EMPTY = """\
name = "doctor"
title = "Nothing is asked"
public = "public"

[[notebook]]
file = "empty.ipynb"
source = "empty.py"

[[question]]
id = "Q1"
title = "Nothing"
notebook = "empty.ipynb"
anchor = "none"
names = ["nothing"]
points = 0
"""


def kernel() -> Diagnosis:
    """The kernel, and what of it the sandbox can use."""
    system = f"{platform.system()} {platform.release()}"
    if sys.platform != "linux":
        return Diagnosis(
            "Kernel",
            system,
            Level.bad,
            "Grading with hidden checks needs Linux; here students can check at home.",
        )
    from autograder.sandbox import landlock, seccomp

    version = landlock.version()
    features = (
        f"Landlock {version}" if version else "no Landlock",
        "seccomp filters" if seccomp.available() else "no seccomp filters",
    )
    if version:
        return Diagnosis("Kernel", f"{system}, {', '.join(features)}")
    return Diagnosis(
        "Kernel",
        f"{system}, {', '.join(features)}",
        Level.note,
        "Landlock needs Linux 5.13 or newer; without it only root can grade with hidden checks.",
    )


def isolation() -> Diagnosis:
    """What holds a submission here: a worker is started, and tries to break out."""
    if sys.platform != "linux":
        return Diagnosis("Isolation", "none", Level.bad, "Grade in a Linux container.")
    from autograder.grading.policies import IsolationPolicy
    from autograder.grading.session import Session
    from autograder.sandbox.lockdown import NAMES, Grading, complete, required

    who = Grading.here()
    with tempfile.TemporaryDirectory(prefix="doctor-") as name:
        folder = Path(name)
        (folder / "public").mkdir()
        (folder / "checks").mkdir()
        (folder / "empty.py").touch()
        (folder / FILE_NAME).write_text(_EMPTY, encoding="utf-8")
        try:
            with Session(
                load(folder), {}, isolation=IsolationPolicy(accept_weaker=True)
            ) as session:
                held = session.layers
        except HarnessFault as error:
            lines = str(error).strip().splitlines()
            reason = lines[-1] if lines else "it does not start"
            return Diagnosis("Isolation", f"the sandbox does not start: {reason}", Level.bad)
    listed = ", ".join(each for each in NAMES if each in held)
    text = f"as {who.value} (user {os.geteuid()}): {listed}"
    lacking = sorted(required(who) - held)
    if lacking:
        return Diagnosis(
            "Isolation",
            text,
            Level.bad,
            f"Hidden checks also need {', '.join(lacking)}, and are refused here; run as root in "
            "a container.",
        )
    if not complete(held):
        return Diagnosis("Isolation", text, Level.note, "Not all of it holds here; grading works.")
    return Diagnosis("Isolation", text)
