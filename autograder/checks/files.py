"""A safe copy comes in; the text of a wanted file, or a failure to read it, goes out."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from autograder.checks.received import Received
from autograder.model.findings import fail
from autograder.model.submission import Submission


class Files:
    """The submitted files, as a check may read them."""

    def __init__(self, submission: Submission) -> None:
        self._submission = submission
        #: What the check has asked for, and what came back.
        self.received = Received()

    def paths(self, pattern: str) -> tuple[PurePosixPath, ...]:
        """The files that match, wherever they lie: ``*.csv`` also finds ``logs/a.csv``.

        Letter case does not matter. Those nearest to the top come first.
        """
        wanted = pattern.lower()
        found = (f for f in self._submission.files if PurePosixPath(str(f).lower()).match(wanted))
        paths = tuple(sorted(found, key=lambda file: (len(file.parts), str(file))))
        self.received.take(pattern, list(map(str, paths)), verb="is found as")
        return paths

    def text(self, pattern: str) -> str:
        """The text of the file that matches, the one nearest to the top if there are several.

        Raises:
            CheckFailed: there is none, or it is no UTF-8 text.
        """
        paths = self.paths(pattern)
        if not paths:
            raise fail(f"{pattern} is not in the submission.", hint=f"Hand in {pattern} too.")
        try:
            text = self._submission.read(paths[0]).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise fail(
                f"{paths[0]} is no text in UTF-8.", hint="Save it as plain text in UTF-8."
            ) from None
        self.received.take(pattern, text, verb="holds")
        return text

    def json(self, pattern: str) -> Any:
        """The value in the JSON file that matches.

        Raises:
            CheckFailed: there is none, or it is no JSON; the text names the line.
        """
        text = self.text(pattern)
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise fail(
                f"{pattern} is no JSON: it breaks at line {error.lineno}, column {error.colno}.",
                hint="A comma or a quotation mark is the most common slip.",
            ) from None
        except (ValueError, RecursionError):
            raise fail(f"{pattern} is no JSON that can be read.") from None
        return self.received.take(pattern, value, verb="holds")
