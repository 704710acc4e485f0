"""Checks and the manifest come in; what contradicts itself goes out, a sentence each.

All of it is found before any check runs: with a check too few, or points that do not sum, a grade
would be wrong without anybody seeing it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path

from autograder.checks.plugin import sources
from autograder.checks.plugin.locations import Location, Locations
from autograder.checks.plugin.model import CheckSpec
from autograder.model.manifest import SHARED, Question


def of_files(
    files: Iterable[Path], collected: Container[tuple[Path, str]], where: Locations
) -> Iterator[str]:
    """Checks that a file's text defines and pytest has not found.

    Args:
        files: those that could be loaded.
        collected: file and name of all checks that were found.
    """
    for file in files:
        checks = sources.defined(file)
        for name, lines in sources.twice(checks).items():
            listed = ", ".join(map(str, lines[:-1]))
            yield (
                f"{where.file(file)}, lines {listed} and {lines[-1]}: {name} is defined "
                f"{len(lines)} times, and Python keeps only the last; rename the others."
            )
        if "__test__" in file.read_text(encoding="utf-8", errors="replace"):
            continue  # the file says itself what is none
        for check in checks:
            at = where.shown(Location(file, check.line))
            if check.is_async:
                yield f"{at}: {check.name} is `async`, which nothing here awaits; take that out."
            elif (file, check.name) not in collected:
                yield (
                    f"{at}: {check.name} is not collected as a check; is one of its decorators "
                    "without parentheses, as @weight for @weight(1)?"
                )


def of_checks(checks: Sequence[CheckSpec], where: Locations) -> list[str]:
    """What checks have in common that should be each one's own, and what they depend on."""
    return [
        *_shared(
            checks,
            where,
            key=lambda spec: spec.id,
            words="both are known as {0}, so that one would hide the other; rename a function.",
        ),
        *_shared(
            checks,
            where,
            key=lambda spec: spec.number,
            words="both have the number {0}; give each check its own.",
        ),
        *_trust(checks, where),
        *_dependencies(checks, where),
    ]


def _trust(checks: Sequence[CheckSpec], where: Locations) -> Iterator[str]:
    for spec in checks:
        if spec.shared and spec.question.trust != SHARED:
            yield (
                f"{_named(spec, where)}: the student's process judges itself there; say "
                f'trust = "{SHARED}" for question {spec.question.id} in the manifest, or take '
                "@shared() out."
            )


def of_points(
    checks: Sequence[CheckSpec],
    questions: Iterable[Question],
    where: Locations,
    *,
    public_only: bool,
) -> Iterator[str]:
    """Questions whose checks are not worth their points.

    Args:
        public_only: the hidden checks are not among them, so that points may be missing.
    """
    for question in questions:
        own = [spec for spec in checks if spec.question.id == question.id]
        total = sum(spec.weight for spec in own)
        gap = total - question.checked_points
        if abs(gap) <= 1e-9 or (public_only and gap < 0):
            continue
        whose = "its public checks alone" if public_only else "its checks"
        people = " beside what people give" if question.manual is not None else ""
        listed = "; ".join(f"{_named(spec, where)} {spec.weight:g}" for spec in own)
        yield (
            f"{question.id}: {whose} are worth {total:g} points, the manifest says "
            f"{question.checked_points:g}{people}; make them equal. There are: {listed or 'none'}."
        )


def _named(spec: CheckSpec, where: Locations) -> str:
    number = f"{spec.number} " if spec.number else ""
    return f"{number}{spec.name} ({where.shown(Location(spec.file, spec.line))})"


def _shared(
    checks: Sequence[CheckSpec],
    where: Locations,
    *,
    key: Callable[[CheckSpec], str],
    words: str,
) -> Iterator[str]:
    groups: dict[str, list[CheckSpec]] = defaultdict(list)
    for spec in checks:
        groups[key(spec)].append(spec)
    for value, group in groups.items():
        if value and len(group) > 1:
            locations = " and ".join(where.shown(Location(spec.file, spec.line)) for spec in group)
            yield f"{locations}: {words.format(value)}"


def _dependencies(checks: Sequence[CheckSpec], where: Locations) -> Iterator[str]:
    by_name: dict[str, list[CheckSpec]] = defaultdict(list)
    for spec in checks:
        by_name[spec.name].append(spec)
    for spec in checks:
        at = where.shown(Location(spec.file, spec.line))
        for name in spec.depends_on:
            found = by_name.get(name, [])
            if not found:
                yield f"{at}: {spec.id} depends on '{name}', which is no check; correct the name."
            elif len(found) > 1:
                files = " and ".join(where.file(other.file) for other in found)
                yield (
                    f"{at}: {spec.id} depends on '{name}', of which there are several, in {files}; "
                    "rename one."
                )
    yield from _rings(checks)


def _rings(checks: Sequence[CheckSpec]) -> Iterator[str]:
    by_name = {spec.name: spec for spec in checks}
    ended: set[str] = set()

    def follow(name: str, above: tuple[str, ...]) -> Iterator[str]:
        if name in above:
            ring = above[above.index(name) :]
            yield f"{' -> '.join((*ring, name))}: they depend in a ring; take one dependency out."
        elif name in by_name and name not in ended:
            for needed in by_name[name].depends_on:
                yield from follow(needed, (*above, name))
            ended.add(name)

    for name in by_name:
        yield from follow(name, ())
