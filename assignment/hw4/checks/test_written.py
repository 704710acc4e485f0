"""The written part, the check that students have too: the form is the form, worth no points."""

import json
from pathlib import Path

from gradescope_utils.autograder_utils.decorators import number, weight
from jsonschema import Draft202012Validator

from autograder.checks import Files, expect, question

SCHEMA = Path(__file__).parents[1] / "written.schema.json"


@question("W1")
@weight(0)
@number("W1.0")
def test_the_form_is_kept(files: Files) -> None:
    """written.json has the entries and the kinds of values that its schema asks for"""
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for error in validator.iter_errors(files.json("written.json")):
        place = " / ".join(str(part) for part in error.absolute_path) or "the form"
        expect(
            False,
            f"{place}: {error.message[:200]}.",
            hint="Take a fresh written.json and copy your values into it, one by one.",
        )
