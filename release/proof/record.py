"""A proven release comes in, its record (`RELEASE.json`) goes out: versions, hashes, proof.

It holds no time and no path of a machine: the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.grading.staff import SEED
from autograder.model.manifest import FILE_NAME, Assignment
from autograder.model.proven import RECORD
from autograder.model.report import CheckResult, name_of
from release.bundles.bundle import files_of
from release.leaks import Scan
from release.mutants.score import CheckScore, check_scores
from release.mutants.stage import recorded
from release.packages import LOCK_FILE, own_packages
from release.proof.causes import causes_of
from release.proof.proof import Proof, lost_by

_FORMAT = 1
_LIBRARIES = ("gradescope-utils", "ipython", "jupytext", "nbformat", "numpy", "pytest")


def write_record(assignment: Assignment, folder: Path, proof: Proof, scan: Scan) -> None:
    """Write the record of the release that lies in ``folder``."""
    record = {
        "format": _FORMAT,
        "assignment": assignment.name,
        "title": assignment.title,
        "points": assignment.points,
        "versions": _versions(assignment),
        "bundles": {
            path.name: {"sha256": _sha256(path), "bytes": path.stat().st_size}
            for path in sorted(folder.glob("*.zip"))
        },
        "student": {str(name): _sha256(path) for name, path in files_of(folder / "student")},
        "sources": _sources(assignment),
        "proof": _proof(proof),
        "leak_scan": {
            "searched_for": dict(scan.secrets),
            "looked_at": {looked.name: dict(looked.parts) for looked in scan.looked_at},
            "not_looked_at": [what for looked in scan.looked_at for what in looked.unread],
            "allowed": [asdict(allowed) for allowed in assignment.allowed],
        },
    }
    text = json.dumps(record, indent=2, ensure_ascii=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def _versions(assignment: Assignment) -> dict[str, str]:
    imported = {name.partition(".")[0] for name in assignment.runtime.imports}
    found = {"autograder": __version__, "python": platform.python_version()}
    for name in sorted({*_LIBRARIES, *imported, *own_packages(assignment)}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a package of the assignment's own
            continue
    return found


def _sources(assignment: Assignment) -> dict[str, str]:
    """The staff's files that the release was made from."""
    folder = assignment.folder
    checks = (path for _name, path in files_of(assignment.hidden_checks))
    sources = (folder / entry.source for entry in assignment.notebooks)
    lock = (path for path in [folder / LOCK_FILE] if path.is_file())
    paths = {folder / FILE_NAME, *sources, *checks, *lock}
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(paths)}


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "seed": SEED,
        "checks": _checks(proof),
        "points_for_nothing": [name_of(check) for check in proof.for_nothing],
        "mistakes": [
            {"name": mistake.name, "lost": sorted(lost_by(report))}
            for mistake, report in proof.mistakes
        ],
        "answers": [
            {
                "source": each.blanked.answer.file,
                "cell": each.blanked.answer.cell,
                "line": each.blanked.answer.line,
                "missed_by": list(each.checks),
            }
            for each in proof.ablations
        ],
        "odd_answers": {
            "tried": len(proof.odd),
            "tripped": [
                {"check": each.check, "name": each.name, "answer": each.answer}
                for each in proof.odd
                if each.tripped
            ],
        },
        "mutants": None if proof.mutants is None else recorded(proof.mutants),
        "public_checks": [] if proof.public is None else [c.id for c in proof.public.checks],
    }


def _checks(proof: Proof) -> list[dict[str, Any]]:
    """Each check, and how good it was proved to be."""
    blank = {check.id: check.score for check in proof.blank.checks}
    mutants = () if proof.mutants is None else proof.mutants.results
    scores, causes = check_scores(mutants), causes_of(proof.mistakes, mutants)
    return [
        {
            "id": check.id,
            "number": check.number,
            "question": check.question,
            "hidden": check.hidden,
            "points": check.max_score,
            "solution": check.score,
            "blank": blank[check.id],
            "caught": proof.caught_by(check),
            "caught_alone": proof.caught_alone(check),
            "mutants": None if proof.mutants is None else asdict(_score(scores, check)),
            "causes": [
                {"message": message, **asdict(known)}
                for message, known in sorted(causes[name_of(check)].items())
            ],
        }
        for check in proof.solution.checks
    ]


def _score(scores: Mapping[str, CheckScore], check: CheckResult) -> CheckScore:
    return scores.get(name_of(check), CheckScore())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
