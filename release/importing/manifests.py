"""What an import has made comes in, the text of its manifest goes out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from autograder.model.manifest import SHARED, Allowed
from release.importing.model import Kind, Question
from release.importing.modules import short
from release.proof.odd import Tried

#: Of a question that stands for none: a release needs one, and a check of it.
NOTHING = "arrived"
_NO_QUESTION = f"""\
# Nothing is graded automatically: put a question here for each check that you write.
[[question]]
id = "{NOTHING}"
title = "Nothing is graded automatically"
points = 0
"""
#: `show_hidden: true` of otter.
_SHOWN = """\
# As there, students see the results of hidden checks when they hand in.
[gradescope.hidden_checks]
before_due = "visible"
after_due = "visible"
"""


def manifest_text(
    name: str,
    kind: Kind,
    notebooks: Mapping[str, str],
    questions: Sequence[Question],
    anchors: Mapping[str, str],
    *,
    modules: Sequence[str],
    unchecked: Mapping[str, Sequence[str]],
    allowed: Sequence[Allowed],
    remarks: Mapping[str, str],
    stubs: Mapping[str, Mapping[str, str]],
    shows_hidden: bool,
) -> str:
    """The text of `assignment.toml`.

    Args:
        notebooks: the solved source, by the name that students hand in.
        anchors: the cell id, by question.
        modules: what the notebooks import.
        unchecked: by notebook, the ids of cells with answers that no check judges.
        allowed: texts that look like answers or markers, and are none.
        remarks: by notebook, what to say of its source.
        stubs: by notebook, the course's own stubs by cell.
        shows_hidden: students see the results of hidden checks when they hand in.
    """
    imports = "".join(f"    {_text(module)},\n" for module in modules)
    parts = [
        f"# Imported from {kind}. What was not taken over as it was stands in IMPORT.md.\n"
        f"name = {_text(name)}\n"
        f"title = {_text(name)}\n"
        f'public = "../../assignment/{name}"\n',
        f"[markers]\n# As there, no other tool's markers count.\ntool = {_text(kind)}\n",
        "[runtime]\n# What the notebooks import, and can be imported here.\n"
        + (f"imports = [\n{imports}]\n" if imports else "imports = []\n"),
    ]
    for file, source in notebooks.items():
        idle = f"unchecked = {_list(unchecked[file])}\n" if unchecked.get(file) else ""
        if own := stubs.get(file):
            pairs = ", ".join(f"{_text(cell)} = {_text(stub)}" for cell, stub in own.items())
            idle += f"stubs = {{ {pairs} }}\n"
        remark = f"# No percent script: {remarks[file]}.\n" if remarks.get(file) else ""
        parts.append(
            f"[[notebook]]\nfile = {_text(file)}\n{remark}source = {_text(source)}\n{idle}"
        )
    if not questions:
        parts.append(_NO_QUESTION)
    for question in questions:
        parts.append(
            f"[[question]]\n"
            f"id = {_text(question.id)}\n"
            f"title = {_text(question.title)}\n"
            f"notebook = {_text(question.notebook)}\n"
            f"anchor = {_text(anchors[question.id])}\n"
            + (f"names = {_list(question.names)}\n" if question.names else "")
            + f"points = {short(question.points)}\n"
            + _extras(question)
        )
    if shows_hidden:
        parts.append(_SHOWN)
    parts += [
        f"[[allow]]\nfile = {_text(each.file)}\ntext = {_text(each.text)}\n"
        f"reason = {_text(each.reason)}\n"
        for each in allowed
    ]
    return "\n".join(parts)


def odd_text(odd: Sequence[Tried]) -> str:
    """The text of a file of `mistakes/`: the odd answers that checks pass on."""
    entries = dict.fromkeys((each.check, each.answer) for each in odd)
    return "# Tests of the original that ask for less than ours would.\n" + "".join(
        f"\n[[odd]]\ncheck = {_text(check)}\nanswer = {_text(answer)}\n"
        'reason = "the test that it was imported from passes on it, too"\n'
        for check, answer in entries
    )


def _extras(question: Question) -> str:
    text = 'run = "all"\n' if any(check.whole for check in question.checks) else ""
    if question.shared:
        text += "# As strong as the original: the student's process judges itself.\n"
        text += f"trust = {_text(SHARED)}\n"
    free = [check.number for check in question.checks if check.blank_passes]
    return text + (f"# As in the original.\nblank_passes = {_list(free)}\n" if free else "")


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(_text(each) for each in values)}]"
