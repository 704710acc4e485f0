"""A course's roster comes in as CSV; its people go out, and who of them a submission is of.

Downloads of the platforms' own lists serve as they are: columns are told by their names.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from autograder.batch.entries import Entry, Person
from autograder.batch.tables import MAX_TABLE, read_table
from autograder.model.errors import UserError
from autograder.model.findings import shown

#: By what is meant, the names of columns, in lower case.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "student", "student name", "full name", "display name"),
    "first": ("first name", "first_name", "firstname", "given name"),
    "last": ("last name", "last_name", "lastname", "surname", "family name"),
    "sid": (
        *("sid", "student id", "student number", "student_id", "id number"),
        *("sis user id", "orgdefinedid", "roster_identifier"),
    ),
    "email": ("email", "email address", "e-mail", "e-mail address", "email_address"),
    "login": ("username", "user name", "login", "login id", "sis login id", "netid", "display id"),
    "github": ("github_username",),
    "identifier": ("identifier",),
    "id": ("id",),
}
_PARTICIPANT = re.compile(r"participant (\d+)", re.I)
#: Canvas's second line.
_NOBODY = "points possible"


class RosterError(UserError):
    """A roster cannot be read; the text says what to give."""


@dataclass
class Roster:
    """The people of a course.

    Attributes:
        people: in the order of the file.
    """

    people: tuple[Person, ...]
    _by_sign: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    _by_name: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def sign(self, kind: str, text: str, number: int) -> None:
        """Note by what a person is known; a sign of two people is one of nobody."""
        if text:
            self._by_sign[kind, text.casefold()].add(number)

    def name(self, text: str, number: int) -> None:
        """Note a person's name, in any order of first and last one."""
        self._by_name[squeezed(text)].add(number)

    def by_signs(self, person: Person) -> int | None:
        """The number of the person of the same address, student number, login or user."""
        local, _, domain = person.email.partition("@")
        asked = [
            ("email", person.email),
            ("sid", person.sid),
            ("login", person.login),
            ("login", person.email),
            ("login", local if domain else ""),
            ("sid", person.login),
            ("number", person.number),
        ]
        found = (self._only(self._by_sign.get((k, t.casefold()))) for k, t in asked if t)
        return next((number for number in found if number is not None), None)

    def by_label(self, label: str) -> int | None:
        """The number of the person whom a folder's name names."""
        kinds = ("login", "sid", "email")
        found = (self._only(self._by_sign.get((kind, label.casefold()))) for kind in kinds)
        return next((number for number in found if number is not None), None)

    def by_name(self, name: str) -> int | None:
        """The number of the only person of a name; None if there are several, or none."""
        return self._only(self._by_name.get(squeezed(name))) if squeezed(name) else None

    @staticmethod
    def _only(found: set[int] | None) -> int | None:
        return next(iter(found)) if found is not None and len(found) == 1 else None


def squeezed(name: str) -> str:
    """A name without anything but letters and digits, as Canvas has them; signs over letters go."""
    text = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in text if c.isalnum())


def read_roster(path: Path) -> Roster:
    """The people in a file.

    Raises:
        RosterError: it cannot be read, or has no column that tells who somebody is.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TABLE + 1)
    except OSError as error:
        raise RosterError(f"{path}: the roster cannot be read ({error.strerror}).") from None
    rows = read_table(data)
    head = rows[0].keys() if rows else ()
    known = [name for names in _COLUMNS.values() for name in names]
    if not any(name in head for name in known):
        raise RosterError(
            f"{path}: found no column that says who is on the roster; give a CSV file with at "
            "least one of Name, Email, SID, Username, github_username in its first line."
        )
    people = [_read(row, head) for row in rows]
    return _indexed([item for item in people if any(item[0].__dict__.values())])


def _read(row: Mapping[str, str], head: Iterable[str]) -> tuple[Person, Mapping[str, str]]:
    cells = {
        kind: next((shown(row[name]) for name in names if row.get(name)), "")
        for kind, names in _COLUMNS.items()
    }
    if cells["name"].casefold() == _NOBODY:
        return Person(), cells
    name = cells["name"] or f"{cells['first']} {cells['last']}".strip()
    sid, email, login, number = cells["sid"], cells["email"], cells["login"], ""
    if "sis login id" in head:  # Canvas's gradebook
        number = cells["id"]
    else:
        login = login or cells["id"]
    if match := _PARTICIPANT.fullmatch(cells["identifier"]):
        number = match[1]
    elif "@" in cells["identifier"]:
        email = email or cells["identifier"]
    else:
        sid = sid or cells["identifier"]
    if "@" in login:
        email = email or login
    return Person(name, sid.removeprefix("#"), email, number, login or cells["github"]), cells


def _indexed(read: list[tuple[Person, Mapping[str, str]]]) -> Roster:
    roster = Roster(tuple(person for person, _ in read))
    for number, (person, cells) in enumerate(read):
        local = person.email.partition("@")[0]
        logins = {person.login, cells["github"], local}
        for kind, texts in (
            ("email", {person.email}),
            ("sid", {person.sid}),
            ("login", logins),
            ("number", {person.number}),
        ):
            for text in texts:
                roster.sign(kind, text, number)
        words = person.name.replace(",", " ").split()
        orders = {
            person.name,
            " ".join([*words[1:], *words[:1]]),
            " ".join(words[-1:] + words[:-1]),
        }
        if cells["last"]:
            orders.add(f"{cells['last']} {cells['first']}")
        for each in orders:
            roster.name(each, number)
    return roster


def identified(
    entries: Iterable[Entry], roster: Roster
) -> tuple[list[Entry], dict[str, list[Person]], set[int]]:
    """The submissions with what the roster knows of their people.

    Nobody is told by a name that two submissions have, or that another submission has with signs.

    Returns:
        The submissions; by submission those who are not on the roster; the numbers of those who
        are in any.
    """
    listed = list(entries)
    numbers = {}
    for entry in listed:
        for person in _asked(entry):
            found = roster.by_signs(person)
            if found is None and not entry.people:
                found = roster.by_label(person.name)
            numbers[entry.id, person] = found
    sure = {number for number in numbers.values() if number is not None}
    named = {key: roster.by_name(key[1].name) for key, number in numbers.items() if number is None}
    often = Counter(named.values())
    for key, number in named.items():
        if number is not None and often[number] == 1 and number not in sure:
            numbers[key] = number
    known, strangers = [], {}
    for entry in listed:
        asked = _asked(entry)
        strange = [person for person in asked if numbers[entry.id, person] is None]
        if strange:
            strangers[entry.id] = strange
        people = tuple(_filled(person, roster, numbers[entry.id, person]) for person in asked)
        is_known = bool(entry.people) or not strange
        known.append(replace(entry, people=people) if is_known else entry)
    return known, strangers, {number for number in numbers.values() if number is not None}


def _asked(entry: Entry) -> tuple[Person, ...]:
    """The people of a submission; where nobody is known, the name of its folder or file."""
    if entry.people:
        return entry.people
    label = PurePosixPath(entry.origin or entry.label)
    stem = label.name if label.suffix.lower() not in _SUFFIXES else label.stem
    return (Person(name=stem.removesuffix(".ipynb")),)


_SUFFIXES = {".zip", ".ipynb", ".py", ".txt", ".json"}


def _filled(person: Person, roster: Roster, number: int | None) -> Person:
    """A person with what the roster knows beyond."""
    if number is None:
        return person
    known = roster.people[number]
    return Person(
        known.name or person.name,
        person.sid or known.sid,
        person.email or known.email,
        person.number or known.number,
        person.login or known.login,
    )
