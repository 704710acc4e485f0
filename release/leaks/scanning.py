"""A bundle, its zip and the secrets come in; the findings, and what was looked at, go out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.model.manifest import Allowed
from release.leaks.archives import contents
from release.leaks.leftovers import leftover
from release.leaks.lines import Page, bare, labelled
from release.leaks.model import Finding, Scan, ScannedFile
from release.leaks.notebooks import cells_of
from release.leaks.parts import Budget, Oddity, Part, Unread
from release.leaks.search import Hit, kind_of, search
from release.leaks.secrets import Secrets
from release.leaks.unpack import file_parts, parts
from release.markup.marker_scan import remarks

#: Where the student bundle holds its notebooks once more, as handed out.
PRISTINE = PurePosixPath("checks/templates")
_LONGEST = 120
#: `keyNotes2.md` has the words key and Notes.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SECRET_NAMES = frozenset(
    "solution solutions soln solns solved answer answers key keys note notes rubric rubrics staff "
    "instructor instructors teacher teachers".split()
)
_RENAME = "take it out, or allow it in the manifest if it is for students"


def scan(
    bundle: Path,
    archive: Path | None,
    secrets: Secrets,
    allowed: Sequence[Allowed] = (),
    elsewhere: Sequence[Allowed] = (),
    hand_in: Sequence[str] = (),
    top: str = "",
    known: frozenset[str] = frozenset(),
) -> Scan:
    """Search everything in a bundle, and what its zip holds beyond it.

    Args:
        bundle: the folder that students receive.
        archive: the zip that was made of it.
        allowed: coincidences that staff accept; one that matches nothing is a finding.
        elsewhere: those of them that are of use beyond the bundle.
        hand_in: patterns of the files that students fill in, whatever they are called.
        top: the folder inside the zip that holds everything.
        known: SHA-256 of the files of the harness, which students get as a wheel.
    """
    scanner = _Scanner(secrets, allowed, elsewhere, hand_in, known)
    for path in sorted(bundle.rglob("*"), key=lambda path: (len(path.parts), path)):
        name = path.relative_to(bundle).as_posix()
        if path.is_symlink():
            scanner.odd(name, f"a link to {path.readlink()}", "put the file itself there")
        elif path.is_file():
            scanner.file(name, path.read_bytes(), pristine=_is_pristine(bundle, name))
    if archive is not None:
        scanner.archive(archive, bundle, top)
    return scanner.result()


class _Scanner:
    """Collects hits file by file."""

    def __init__(
        self,
        secrets: Secrets,
        allowed: Sequence[Allowed],
        elsewhere: Sequence[Allowed],
        hand_in: Sequence[str],
        known: frozenset[str],
    ) -> None:
        self.secrets = secrets
        self.allowed = [(entry, bare(entry.text)) for entry in allowed]
        self.hand_in = hand_in
        self.used = {number for number, entry in enumerate(allowed) if entry in elsewhere}
        self.never: set[str] = set()
        self.budget = Budget(known=known)
        self.findings: list[Finding] = []
        self.looked: list[ScannedFile] = []

    def file(self, name: str, data: bytes, *, pristine: bool) -> None:
        """Search a file of the bundle: its name and, but for a second copy, all that is in it."""
        counts: Counter[str] = Counter()
        unread: list[Unread] = []
        hits = [*self._searched(_name_page(name), counts, unread)]
        never = leftover(name)
        if never and never not in self.never:
            self.never.add(never)
            hits.append(_odd(never, "something that belongs into no bundle"))
        if pristine:
            counts["second copies"] += 1
        else:
            # Of a leftover it is said already that it has to go.
            taken_apart = parts if never else file_parts
            for part in taken_apart(name, name, data, self.budget, name):
                hits += self._searched(part, counts, unread)
            hits += _remarks(name, data, self.secrets)
        if not never and not any(PurePosixPath(name).match(p) for p in self.hand_in):
            hits += _named(name)
        hits += _ran(name, data, self.secrets)
        self._keep(name, hits)
        self.looked.append(
            ScannedFile(name, len(data), dict(sorted(counts.items())), tuple(_listed(unread)))
        )

    def odd(self, name: str, what: str, remedy: str) -> None:
        """Report something that is no file."""
        self._keep(name, [_odd(name, what, remedy)])
        self.looked.append(ScannedFile(name, 0, {}))

    def archive(self, path: Path, bundle: Path, top: str) -> None:
        """Search what a zip has beyond the files of the folder."""
        name, data = path.name, path.read_bytes()
        counts: Counter[str] = Counter()
        unread: list[Unread] = []
        hits: list[Hit] = []
        for content in contents(name, name, data, self.budget):
            counts["archive members"] += 1
            if isinstance(content, Oddity):
                hits += search(content, self.secrets)
                continue
            location, inside = content
            member = location.partition(", member ")[2]
            if member and _same(bundle, member.removeprefix(f"{top}/"), inside):
                continue
            if member and not member.endswith((", comment", ", extra field")):
                what = "a file that the bundle's folder does not hold like this"
                hits.append(_odd(location, what, "make the zip of the folder once more"))
                hits += self._searched(_name_page(location), counts, unread)
            for part in parts(location, member, inside, self.budget, name):
                hits += self._searched(part, counts, unread)
        self._keep(name, hits)
        self.looked.append(
            ScannedFile(name, len(data), dict(sorted(counts.items())), tuple(_listed(unread)))
        )

    def result(self) -> Scan:
        """All findings; allowances that were of no use are among them."""
        for number, (entry, _) in enumerate(self.allowed):
            if number not in self.used:
                finding = Finding(
                    "an allowance that nothing needs",
                    f"the allowance for {entry.file}",
                    "the manifest",
                    _excerpt(entry.text),
                    entry.file,
                    "take it out of the manifest",
                )
                self.findings.append(finding)
        counts = self.secrets.counts()
        return Scan(tuple(self.findings), tuple(self.looked), counts)

    def _searched(self, part: Part, counts: Counter[str], unread: list[Unread]) -> Iterator[Hit]:
        if isinstance(part, Unread):
            unread.append(part)
        if kind := kind_of(part):
            counts[kind[0]] += kind[1]
        return search(part, self.secrets)

    def _keep(self, name: str, hits: list[Hit]) -> None:
        hits = [hit for hit in hits if not self._is_allowed(name, hit)]
        # Of a file that is a copy, that says it all.
        copied = tuple(f"{hit.location}," for hit in hits if hit.is_copy)
        hits = [
            hit
            for hit in hits
            if hit.is_copy or not hit.origin or not f"{hit.location},".startswith(copied)
        ]
        groups: dict[str, list[Hit]] = {}
        for hit in hits:
            groups.setdefault(hit.group, []).append(hit)
        seen: set[tuple[str, str]] = set()
        for group in groups.values():
            first = group[0]
            # Two answers may be alike; where one of them is found is enough.
            if (first.what, first.location) in seen:
                continue
            seen.add((first.what, first.location))
            others = len({(hit.location, hit.origin) for hit in group}) - 1
            more = f" (and {others} more of it)" if others else ""
            shown = _excerpt(first.shown)
            self.findings.append(
                Finding(first.what, first.location, first.origin + more, shown, name, first.remedy)
            )

    def _is_allowed(self, name: str, hit: Hit) -> bool:
        text = bare(hit.shown or hit.origin or hit.what)
        matching = [
            number
            for number, (entry, form) in enumerate(self.allowed)
            if form and (form in text or text in form) and fnmatchcase(name, entry.file)
        ]
        self.used.update(matching)
        return bool(matching)


def _is_pristine(bundle: Path, name: str) -> bool:
    """Whether it is what the students' own checks compare a notebook with, the same as that."""
    path = PurePosixPath(name)
    return path.parent == PRISTINE and _same(bundle, path.name, (bundle / name).read_bytes())


def _listed(unread: list[Unread]) -> Iterator[str]:
    """What nobody looked at, the same thing of many members once."""
    kinds: dict[str, list[Unread]] = {}
    for each in unread:
        kinds.setdefault(each.what, []).append(each)
    for what, locations in kinds.items():
        more = f" (and {len(locations) - 1} more like it)" if len(locations) > 1 else ""
        yield f"{locations[0].where}{more}: {what}"


def _name_page(name: str) -> Page:
    return labelled("file names", [(f"{name}, its name", name)])


def is_named_secret(name: str) -> bool:
    """Whether the words of a path say that it is not for students."""
    words = {w.casefold() for part in PurePosixPath(name).parts for w in _WORDS.findall(part)}
    return bool(words & _SECRET_NAMES)


def _named(name: str) -> Iterator[Hit]:
    if is_named_secret(name):
        what = "a name that speaks of what students should not have"
        yield Hit(what, name, "", name, f"named {name}", _RENAME)


def _remarks(name: str, data: bytes, secrets: Secrets) -> Iterator[Hit]:
    """Comments of a public module that may be markers; templates were looked at when stripped."""
    if not name.endswith(".py") or PurePosixPath(name).name in secrets.templates:
        return
    lines = data.decode("utf-8", "replace").split("\n")
    for number, what in remarks(lines, secrets.markers):
        location = f"{name}, line {number + 1}"
        yield Hit(what, location, "", lines[number].strip(), f"remark {location}", _RENAME)


def _odd(location: str, what: str, remedy: str = "take it out") -> Hit:
    return Hit(what, location, "", "", f"oddity {location} {what}", remedy)


def _same(bundle: Path, member: str, data: bytes) -> bool:
    path = bundle / member
    inside = ".." not in PurePosixPath(member).parts and path.is_file()
    return inside and path.read_bytes() == data


def _excerpt(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _ran(name: str, data: bytes, secrets: Secrets) -> Iterator[Hit]:
    """What a notebook has beyond the template that the stripper made of it: outputs, counts."""
    template = secrets.templates.get(name)
    if template is None:
        return
    known = _attached(_tree(template))
    for number, cell in enumerate(cells_of(_tree(data)) or [], start=1):
        location = f"{name}, cell {number}"
        for key in ("outputs", "execution_count"):
            if cell.get(key):
                yield _unlike(f"{location}, {key}", "what a run of the notebook left")
        for title in _attached({"cells": [cell]}) - known:
            yield _unlike(f"{location}, attachment {title[0]}", "an attachment")


def _unlike(location: str, what: str) -> Hit:
    origin = "no place in the template that the stripper made"
    return Hit(what, location, origin, "", f"state {location}", "make the bundle once more")


def _attached(tree: Any) -> set[tuple[str, str]]:
    return {
        (title, json.dumps(bundle, sort_keys=True))
        for cell in cells_of(tree) or []
        if isinstance(cell.get("attachments"), dict)
        for title, bundle in cell["attachments"].items()
    }


def _tree(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
