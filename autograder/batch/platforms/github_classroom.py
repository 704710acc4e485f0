"""A folder of clones of GitHub Classroom's repositories, with a roster beside them if there is one.

::

    lab-submissions/                    gh classroom clone student-repos -a ID
        classroom_roster.csv            identifier, github_username, github_id, name
        grades.csv                      or Classroom's grades: student_repository_name, ...
        lab-jdoe/                       the assignment and the GitHub user
            .git/  lab.ipynb

Whose a clone is, is said by either file; without one it is the end of the folder's name. When it
was submitted is known to GitHub alone: a clone has what was pushed last.
Source: GitHub's documentation of Classroom and of the command ``gh classroom``; rosters and grades
of real courses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.batch.entries import Entry, Person
from autograder.batch.platforms.base import (
    Export,
    Gathered,
    Row,
    Score,
    alone,
    beside,
    common_beginning,
    small_file,
)
from autograder.batch.shelves import Shelf
from autograder.batch.tables import MAX_TABLE, read_table
from autograder.model.findings import shown
from autograder.model.manifest import Assignment

KEY = "github"
TITLE = "GitHub Classroom"

USER, NAME, IDENTIFIER, REPOSITORY = (
    "github_username",
    "name",
    "identifier",
    "student_repository_name",
)


def recognise(shelf: Shelf, assignment: Assignment) -> bool:
    """Whether there are clones alone, or folders beside one of Classroom's own tables."""
    if not shelf.folders or not alone(shelf, shelf.folders, assignment):
        return False
    if _tables(shelf):
        return True
    clones = all(".git" in shelf.below(name).left for name in shelf.folders)
    return clones and bool(_prefix(shelf))


def entries(shelf: Shelf, _assignment: Assignment) -> Export:
    """A submission for each folder."""
    tables = _tables(shelf)
    rows = [row for table in tables.values() for row in table]
    prefix = _prefix(shelf)
    gathered = Gathered()
    for top in shelf.tops:
        if top not in shelf.folders:
            continue
        person = _person(top, rows, prefix)
        people = (person,) if person is not None else ()
        parts, origin = tuple(shelf.tops[top]), f"{shelf.path}{top}"
        entry = Entry(top, shown(top), parts, people, platform=KEY, origin=origin)
        gathered.add(top, entry)
    own = {name.lower() for name in tables}
    return Export(gathered.all(), tuple(beside(shelf, shelf.folders, TITLE, own)))


def grades(_scores: Sequence[Score], _assignment: Assignment) -> list[Row]:
    """None: Classroom takes no grades."""
    return []


def feedback(_entry: Entry, _page: str) -> str:
    """None: what goes back is pushed or written into a pull request."""
    return ""


def _tables(shelf: Shelf) -> dict[str, list[dict[str, str]]]:
    """The tables of Classroom's own beside the folders, by the names of their files."""
    found = {}
    for name in shelf.files:
        if name.lower().endswith(".csv"):
            rows = read_table(small_file(shelf.tops[name][0], MAX_TABLE) or b"")
            if rows and USER in rows[0]:
                found[name] = rows
    return found


def _prefix(shelf: Shelf) -> str:
    """The assignment, as all folders' names begin with it; empty where there is one folder."""
    return common_beginning(shelf.folders, "-") if len(shelf.folders) > 1 else ""


def _person(top: str, rows: Sequence[Mapping[str, str]], prefix: str) -> Person | None:
    """Whose a folder is: by its repository, by the longest user at its end, by what is left."""
    of_repository = [row for row in rows if row.get(REPOSITORY, "").lower() == top.lower()]
    ends = [row for row in rows if _is_users(top, row.get(USER, ""))]
    found = of_repository or sorted(ends, key=lambda row: -len(row[USER]))
    if not found:
        login = top.removeprefix(prefix) if prefix else ""
        return Person(login=shown(login)) if login and not rows else None
    login = found[0].get(USER, "")
    same = [row for row in rows if row.get(USER, "").lower() == login.lower()]
    said = {key: value for row in same for key, value in row.items() if value}
    identifier = said.get(IDENTIFIER) or said.get("roster_identifier", "")
    sid, email = ("", identifier) if "@" in identifier else (identifier, "")
    return Person(shown(said.get(NAME, "")), shown(sid), shown(email), login=shown(login))


def _is_users(top: str, login: str) -> bool:
    return bool(login) and top.lower().endswith(f"-{login.lower()}")
