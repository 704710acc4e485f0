"""Small patches to the solution come in, whole submissions with what each must lose go out.

A staff folder may hold ``mistakes/*.toml``. Each file is a list of tables ``[[mistake]]``: a
``name``, the numbers of the checks that it ``loses`` points on (none: a right answer, spelled
differently), and edits::

    [[mistake.edit]]                      # in a cell of a notebook
    notebook = "HandDesignFilters.ipynb"
    cell = "averaging"
    replace = [["filter_size**2", "9"]]   # or: source = "the whole cell", or: delete = true

    [[mistake.edit]]                      # a new cell behind that one
    notebook = "HandDesignFilters.ipynb"
    cell = "imports"
    after = "import time"

    [[mistake.edit]]                      # in another file
    file = "written.json"
    replace = [["910", "91"]]             # or: text = "the whole file", or: delete = true
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.model.errors import UserError
from autograder.model.manifest import Assignment

FOLDER = "mistakes"
EDIT_KEYS = {"notebook", "cell", "file", "replace", "source", "text", "delete", "after"}


class MistakeError(UserError):
    """A mistake's description is wrong; the text names the file and the mistake."""


@dataclass(frozen=True)
class Mistake:
    """One known-wrong (or differently spelled) submission.

    Attributes:
        loses: the numbers of the checks that must lose points, and no others may.
        edits: as they stand in the file.
    """

    name: str
    loses: frozenset[str]
    edits: tuple[Mapping[str, Any], ...]
    origin: str

    def submission(self, solution: Mapping[str, bytes]) -> dict[str, bytes]:
        """The solution's files with the edits made.

        Raises:
            MistakeError: an edit finds nothing to change.
        """
        files = dict(solution)
        for edit in self.edits:
            name = edit.get("notebook") or edit.get("file", "")
            if name not in files and "text" not in edit:
                raise self.error(f"there is no file {name} to change")
            if edit.get("notebook"):
                files[name] = self._edited_notebook(files[name], edit)
            elif edit.get("delete"):
                del files[name]
            else:
                old = files.get(name, b"").decode("utf-8")
                files[name] = self._edited_text(old, edit, "text").encode("utf-8")
        return files

    def error(self, message: str) -> MistakeError:
        """An error that names this mistake."""
        return MistakeError(f"{self.origin}, mistake '{self.name}': {message}.")

    def _edited_notebook(self, data: bytes, edit: Mapping[str, Any]) -> bytes:
        tree = json.loads(data)
        index = next((n for n, c in enumerate(tree["cells"]) if c["id"] == edit["cell"]), None)
        if index is None:
            raise self.error(f"{edit['notebook']} has no cell {edit['cell']}")
        cell = tree["cells"][index]
        if edit.get("delete"):
            del tree["cells"][index]
        elif "after" in edit:
            added = {"cell_type": "code", "id": f"added-{index}", "source": edit["after"]}
            added |= {"metadata": {}, "outputs": [], "execution_count": None}
            tree["cells"].insert(index + 1, added)
        else:
            cell["source"] = self._edited_text("".join(cell["source"]), edit, "source")
        return json.dumps(tree, indent=1, ensure_ascii=False).encode("utf-8")

    def _edited_text(self, text: str, edit: Mapping[str, Any], whole: str) -> str:
        if whole in edit:
            return str(edit[whole])
        for old, new in edit["replace"]:
            if old not in text:
                raise self.error(f"there is no {old!r} to replace")
            text = text.replace(old, new)
        return text


def mistakes(assignment: Assignment) -> list[Mistake]:
    """All mistakes of an assignment, in the order of their files.

    Raises:
        MistakeError: a file is no TOML, or a mistake has an unknown or missing key.
    """
    return [
        mistake
        for path in sorted((assignment.folder / FOLDER).glob("*.toml"))
        for mistake in _read(path)
    ]


def _read(path: Path) -> Iterator[Mistake]:
    origin = f"{path.parent.name}/{path.name}"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("mistake", [])
    except tomllib.TOMLDecodeError as error:
        raise MistakeError(f"{origin}: this is not valid TOML: {error}.") from None
    for number, entry in enumerate(entries, start=1):
        if set(entry) != {"name", "loses", "edit"}:
            raise MistakeError(
                f"{origin}, mistake {number}: it has the keys {', '.join(sorted(entry))}; "
                "name, loses and edit are needed."
            )
        mistake = Mistake(entry["name"], frozenset(entry["loses"]), tuple(entry["edit"]), origin)
        for edit in mistake.edits:
            if unknown := set(edit) - EDIT_KEYS:
                raise mistake.error(f"an edit has the unknown key {', '.join(sorted(unknown))}")
        yield mistake
