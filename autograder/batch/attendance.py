"""Submissions and a roster come in; which of them count for whom, and what nobody may miss, go out.

A person may be in two submissions: the newest counts. Nothing is left out in silence: what is
ignored, an older attempt, a group, somebody who submitted nothing or is on no roster is a notice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from autograder.batch.entries import Entry, Ignored, Person
from autograder.batch.roster import Roster, identified, squeezed
from autograder.model.findings import shown

LEFT_OUT, OLDER, TWICE = "Left out", "Older attempt", "In two submissions"
SAME_NAME, GROUP = "Same name", "Group"
ABSENT, STRANGER = "Nothing submitted", "Not on the roster"

_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d)(?P<seconds>:\d\d)?(?P<part>\.\d+)?"
    r" ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


@dataclass(frozen=True)
class Notice:
    """Something that staff should know of who submitted what.

    Attributes:
        kind: in a few words, one of those above.
        who: the person, or the file.
        ids: the submissions that it is about.
    """

    kind: str
    who: str
    text: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attendance:
    """Who submitted what.

    Attributes:
        entries: the submissions that count for anybody, with those for whom they count.
        absent: the people of the roster who are in none.
        unsettled: people in two submissions of which nothing tells which is newer.
    """

    entries: tuple[Entry, ...] = ()
    notices: tuple[Notice, ...] = ()
    absent: tuple[Person, ...] = ()
    unsettled: frozenset[Person] = frozenset()

    def of(self, identifier: str) -> Iterator[Notice]:
        """The notices on a submission."""
        return (notice for notice in self.notices if identifier in notice.ids)


def attend(
    entries: Iterable[Entry], ignored: Iterable[Ignored] = (), roster: Roster | None = None
) -> Attendance:
    """Find out which submissions count for whom.

    Args:
        ignored: what is part of no submission.
        roster: the people of the course, if they are known.
    """
    listed = list(entries)
    strangers: dict[str, list[Person]] = {}
    absent: tuple[Person, ...] = ()
    if roster is not None:
        listed, strangers, there = identified(listed, roster)
        absent = tuple(p for number, p in enumerate(roster.people) if number not in there)
    settled = _settled(listed)
    notices = [
        *(Notice(LEFT_OUT, item.name, item.reason) for item in ignored if not item.expected),
        *settled.notices,
        *_same_names(settled.entries),
        *_groups(listed),
        *_strange(listed, strangers),
        *(
            Notice(ABSENT, named(person), "is on the roster, and in no submission")
            for person in absent
        ),
    ]
    return replace(settled, notices=tuple(notices), absent=absent)


def named(person: Person) -> str:
    """How a person is called."""
    return shown(person.name or person.email or person.login or person.sid or person.number)


def moment_of(text: str) -> datetime | None:
    """When something was submitted, as platforms write it; None if it says no moment."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    zone = {"Z": "+00:00", "UTC": "+00:00"}.get(match["zone"] or "", match["zone"] or "")
    part = (match["part"] or ".0")[:7].ljust(7, "0")
    try:
        return datetime.fromisoformat(
            f"{match['day']}T{match['clock']}{match['seconds'] or ':00'}{part}{zone}"
        )
    except ValueError:
        return None


def _settled(entries: Sequence[Entry]) -> Attendance:
    """Have of each person's submissions the newest count, where they can be told apart."""
    by_person: dict[tuple[str, str], list[tuple[Entry, Person]]] = defaultdict(list)
    for entry in entries:
        for person in dict.fromkeys(entry.people):
            sign = _sign(person)
            if sign is not None:
                by_person[sign].append((entry, person))
    dropped: set[tuple[str, Person]] = set()
    unsettled: set[Person] = set()
    found: list[tuple[Entry, Person, Entry]] = []
    notices: list[Notice] = []
    for pairs in by_person.values():
        if len({entry.id for entry, _ in pairs}) < 2:
            continue
        newest = _newest([entry for entry, _ in pairs])
        who = named(pairs[0][1])
        if newest is None:
            unsettled |= {person for _, person in pairs}
            ids = tuple(dict.fromkeys(entry.id for entry, _ in pairs))
            text = f"is in {' and '.join(ids)}, and no time tells which is newer; take one out"
            notices.append(Notice(TWICE, who, f"{text}; till then neither goes to a platform", ids))
            continue
        for entry, person in pairs:
            if entry.id != newest.id:
                dropped.add((entry.id, person))
                found.append((entry, person, newest))
    kept = []
    for entry in entries:
        people = tuple(p for p in entry.people if (entry.id, p) not in dropped)
        if people or not entry.people:
            kept.append(replace(entry, people=people))
    graded = {entry.id for entry in kept}
    notices += [_older(*each, graded=each[0].id in graded) for each in found]
    return Attendance(tuple(kept), tuple(notices), (), frozenset(unsettled))


def _older(entry: Entry, person: Person, newest: Entry, *, graded: bool) -> Notice:
    what = "counts for the others in it alone" if graded else "was not graded"
    text = (
        f"{entry.id} ({entry.created}) {what}: it is older than {newest.id} ({newest.created}), "
        "which counts"
    )
    ids = (newest.id, entry.id) if graded else (newest.id,)
    return Notice(OLDER, named(person), text, ids)


def _sign(person: Person) -> tuple[str, str] | None:
    """By what a person is the same in two submissions; a name is not enough."""
    for kind in ("email", "sid", "login", "number"):
        if text := getattr(person, kind):
            return kind, text.casefold()
    return None


def _newest(entries: Sequence[Entry]) -> Entry | None:
    """The newest of some submissions; None if their times do not tell."""
    times = [moment_of(entry.created) for entry in entries]
    known = [time for time in times if time is not None]
    if len(known) < len(times) or len({time.tzinfo is None for time in known}) > 1:
        return None
    latest = max(known)
    if known.count(latest) > 1:
        return None
    return entries[known.index(latest)]


def _same_names(entries: Sequence[Entry]) -> Iterator[Notice]:
    """People of one name in several submissions, whom no sign tells apart or makes the same."""
    by_name: dict[str, list[tuple[Entry, Person]]] = defaultdict(list)
    for entry in entries:
        for person in entry.people:
            if squeezed(person.name):
                by_name[squeezed(person.name)].append((entry, person))
    for pairs in by_name.values():
        ids = tuple(dict.fromkeys(entry.id for entry, _ in pairs))
        if len(ids) > 1 and any(_sign(person) is None for _, person in pairs):
            text = f"{' and '.join(ids)} are of this name; nothing tells whether it is one person"
            yield Notice(SAME_NAME, named(pairs[0][1]), text, ids)


def _groups(entries: Iterable[Entry]) -> Iterator[Notice]:
    for entry in entries:
        if len(entry.people) > 1:
            who = ", ".join(named(person) for person in entry.people)
            yield Notice(GROUP, who, f"submitted {entry.id} together", (entry.id,))


def _strange(
    entries: Iterable[Entry], strangers: Mapping[str, Sequence[Person]]
) -> Iterator[Notice]:
    for entry in entries:
        for person in strangers.get(entry.id, ()):
            yield Notice(STRANGER, named(person), f"submitted {entry.id}", (entry.id,))
