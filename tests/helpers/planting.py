"""Bundles to plant leaks in, and pieces to plant."""

from __future__ import annotations

import io
import json
import shutil
import textwrap
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.model.manifest import Allowed, Assignment
from release.bundles.bundle import write_student, write_zip
from release.leaks import Finding, Secrets, gather, scan
from release.markup.model import Answer
from release.markup.templates import solved, strip, templates
from release.packages.own_package import digests

KERNEL = "kernel = np.ones((filter_size, filter_size), dtype=float) / filter_size**2"
AVERAGE = f"{KERNEL}\nfiltered_image = ndimage.convolve(image, kernel)"
RENAMED = "k = np.ones((n, n), dtype=float) / n**2\nout = ndimage.convolve(picture, k)"
AVERAGING = "hw4/HandDesignFilters.py, cell 8, line 18"
NOTEBOOK = "HandDesignFilters.ipynb"
FUNCTION = f"def smooth(image, filter_size):\n{textwrap.indent(AVERAGE, '    ')}\n    return 1\n"


def secrets_of(assignment: Assignment, extra: Sequence[Answer] = (), **given: Any) -> Secrets:
    return gather(
        [*strip(assignment).answers, *extra],
        staff=assignment.folder,
        hidden_checks=assignment.hidden_checks,
        public_checks=assignment.public_checks,
        **{"solved": solved(assignment), "templates": templates(assignment), **given},
    )


@dataclass(frozen=True)
class Bundle:
    """A student's bundle to plant leaks in."""

    folder: Path
    secrets: Secrets

    @property
    def zip(self) -> Path:
        return self.folder.with_name("student.zip")

    def write(self, name: str, content: str | bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def edit(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        tree = json.loads((self.folder / name).read_bytes())
        change(tree)
        self.write(name, json.dumps(tree))

    def findings(
        self, allowed: Sequence[Allowed] = (), *, zipped: bool = False
    ) -> tuple[Finding, ...]:
        archive = self.zip if zipped else None
        known = digests()
        return scan(self.folder, archive, self.secrets, allowed, known=known).findings


def made(assignment: Assignment, folder: Path) -> Bundle:
    """A clean bundle, which the scan has to find clean, or the tests here would test nothing."""
    bundle = Bundle(folder / "student", secrets_of(assignment))
    write_student(assignment, templates(assignment), bundle.folder)
    write_zip(bundle.folder, bundle.zip)
    assert bundle.findings(zipped=True) == ()
    return bundle


def copied(bundle: Bundle, folder: Path) -> Bundle:
    """A copy to plant leaks in; of the files that are known to be clean a few are enough."""
    for path in bundle.folder.iterdir():
        if path.name in (NOTEBOOK, "README.md", "two.ipynb"):
            (folder / "student").mkdir(exist_ok=True)
            shutil.copyfile(path, folder / "student" / path.name)
    write_zip(folder / "student", folder / "student.zip")
    return replace(bundle, folder=folder / "student")


def only(findings: Sequence[Finding]) -> Finding:
    assert len(findings) == 1, [finding.sentence() for finding in findings]
    return findings[0]


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def zipped(**members: str | bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return raw.getvalue()
