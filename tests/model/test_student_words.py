"""Every sentence that a student can read, listed in one file, so that each change of one is read.

The sentences are taken out of the source: every text of three words or more in the modules that
speak to students and in homework 4's checks, docstrings of checks included, for they are titles.
Texts that only staff read (faults of the harness) are left out. After a change::

    python tests/model/test_student_words.py

writes the list anew; read the difference as a tired student would.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).with_name("student_words.txt")

MODULES = (
    "autograder/checks/expect",
    "autograder/checks/files.py",
    "autograder/checks/plugin/model.py",
    "autograder/checks/plugin/outcomes.py",
    "autograder/checks/plugin/tripping.py",
    "autograder/checks/received.py",
    "autograder/checks/properties.py",
    "autograder/checks/source.py",
    "autograder/checks/figures.py",
    "autograder/checks/process.py",
    "autograder/checks/exchange.py",
    "autograder/checks/remote.py",
    "autograder/checks/student.py",
    "autograder/checks/wording.py",
    "autograder/checks/timing.py",
    "autograder/checks/training/trials.py",
    "autograder/home",
    "autograder/model/findings.py",
    "autograder/model/text.py",
    "autograder/gradescope/decide.py",
    "autograder/gradescope/output.py",
    "autograder/gradescope/policies.py",
    "autograder/gradescope/repeat.py",
    "autograder/gradescope/rich.py",
    "autograder/grading/child.py",
    "autograder/grading/grader.py",
    "autograder/batch/contents.py",
    "autograder/slicing/answers.py",
    "autograder/slicing/candidates.py",
    "autograder/slicing/magics.py",
    "autograder/slicing/notebook.py",
    "autograder/notebook.py",
    "autograder/pages",
    "autograder/model/pictures.py",
    "autograder/model/report.py",
    "autograder/sandbox/requests.py",
    "autograder/sandbox/usage.py",
    "autograder/model/statuses.py",
    "autograder/model/archives.py",
    "autograder/model/submission.py",
    "assignment/hw4/checks",
    "assignment/hw4/hw4/describe.py",
    "solutions/hw4/checks",
)
#: What a call of these says goes to staff.
STAFF = {"HarnessFault", "flag", "WireError", "RuntimeError", "AssertionError", "_lied", "Option"}
WORDS = re.compile(r"[A-Za-z`'{}]+[,:;.]? [^ ]+ [^ ]+")


def sentences() -> str:
    """All of them, by file, in the order of the source."""
    parts = []
    for entry in MODULES:
        path = ROOT / entry
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found = list(dict.fromkeys(_of(file)))
            if found:
                name = file.relative_to(ROOT).as_posix()
                parts.append(f"== {name}\n" + "".join(f"{text}\n" for text in found))
    return "\n".join(parts)


def _of(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    yield from _texts(tree, is_check=file.name.startswith("test_"))


def _texts(node: ast.AST, *, is_check: bool) -> Iterator[str]:
    if isinstance(node, ast.Call) and _name(node.func) in STAFF:
        return
    if isinstance(node, ast.Assert | ast.Constant | ast.JoinedStr):
        if not isinstance(node, ast.Assert):
            text = _text(node)
            if WORDS.search(text) and not text.startswith("<"):
                yield " ".join(text.split())
        return
    body = list(ast.iter_child_nodes(node))
    docstring = _docstring(node)
    if docstring is not None:
        body.remove(docstring)
        if is_check and isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield f"[title] {ast.get_docstring(node)}"
    for child in body:
        yield from _texts(child, is_check=is_check)


def _docstring(node: ast.AST) -> ast.stmt | None:
    body = getattr(node, "body", None)
    if (
        isinstance(body, list)
        and body
        and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ):
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return first
    return None


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_every_sentence_a_student_can_read_is_listed() -> None:
    assert sentences() == SNAPSHOT.read_text(encoding="utf-8"), __doc__


def test_no_sentence_shouts_or_blames() -> None:
    text = re.sub(r"{[^}]*}", "", SNAPSHOT.read_text(encoding="utf-8"))
    for word in ("!", "invalid", "illegal", "failed to", "Error:", "obviously", "simply"):
        assert word not in text, word


if __name__ == "__main__":
    SNAPSHOT.write_text(sentences(), encoding="utf-8")
