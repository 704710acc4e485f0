"""The leak scan: planted leaks in real bundles are all found, clean bundles have no finding."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import py_compile
import shutil
import subprocess
import tarfile
import textwrap
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import ROOT, TWO_FUNCTIONS, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from planting import (
    AVERAGE,
    AVERAGING,
    FUNCTION,
    KERNEL,
    NOTEBOOK,
    RENAMED,
    Bundle,
    copied,
    made,
    notebook,
    only,
    secrets_of,
    zipped,
)
from rich.console import Console

from autograder.model import manifest
from autograder.model.manifest import Allowed, Assignment
from release.bundles.bundle import write_student
from release.leaks import Finding, gather, print_scan, scan
from release.markup.model import Answer
from release.markup.templates import templates


@pytest.fixture(scope="module")
def clean(hw4: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return made(hw4, tmp_path_factory.mktemp("hw4"))


@pytest.fixture(scope="module")
def clean_two(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return made(manifest.load(TWO_FUNCTIONS / "staff"), tmp_path_factory.mktemp("two"))


@pytest.fixture
def bundle(clean: Bundle, tmp_path: Path) -> Bundle:
    return copied(clean, tmp_path)


@pytest.fixture
def two(clean_two: Bundle, tmp_path: Path) -> Bundle:
    return copied(clean_two, tmp_path)


# --- pieces of plants ---


def tarred(name: str, content: str, mode: str = "w:gz") -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content.encode())
        archive.addfile(info, io.BytesIO(content.encode()))
    return raw.getvalue()


def picture(kind: str = "PNG", **options: Any) -> bytes:
    raw = io.BytesIO()
    Image.new("L", (8, 8), 77).save(raw, kind, **options)
    return raw.getvalue()


def png_with(add: Callable[[PngImagePlugin.PngInfo], object]) -> bytes:
    info = PngImagePlugin.PngInfo()
    add(info)
    return picture(pnginfo=info)


def exif_with(text: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = text  # ImageDescription
    return picture("JPEG", exif=exif)


def pyc_of(source: str, folder: Path) -> bytes:
    (folder / "m.py").write_text(source)
    path = py_compile.compile(str(folder / "m.py"), str(folder / "m.pyc"))
    return Path(str(path)).read_bytes()


def cell(tree: dict[str, Any], identifier: str) -> dict[str, Any]:
    return next(each for each in tree["cells"] if each["id"] == identifier)


def pdf_of(text: str) -> bytes:
    stream = zlib.compress(f"BT ({text}) Tj ET".encode())
    return b"%PDF-1.4\n\xff\xfe\x00 1 0 obj\nstream\n" + stream + b"\nendstream\n%%EOF"


def commented(text: str) -> str:
    return textwrap.indent(text, "# ")


STAFF = ROOT / "solutions" / "hw4"
CHECKS = STAFF / "checks"

#: The file that is written, its content, and what the finding's two places must say.
FILES: dict[str, tuple[str, str | bytes, str, str]] = {
    "a helper module with the answer": ("hw4/x.py", FUNCTION, "hw4/x.py, line 2", AVERAGING),
    "renamed variables": ("hw4/x.py", f"def f():\n  {RENAMED.splitlines()[0]}", "x.py", AVERAGING),
    "reformatted over several lines": (
        "x.py",
        "kernel = (\n  np.ones(  # all alike\n    (\n filter_size,\n filter_size,\n ),\n"
        "    dtype = float,\n  )\n  / filter_size ** 2\n)\n",
        "x.py, line 1",
        AVERAGING,
    ),
    "annotations": (
        "x.py",
        "def f(a: int):\n    '''Doc.'''\n    k: Array = np.ones((a, a), dtype=float) / a**2",
        "x.py, line 3",
        AVERAGING,
    ),
    "commented out": ("x.py", f"a = 1\n{commented(AVERAGE)}\n", "x.py, line 2", AVERAGING),
    "commented out and renamed": ("x.py", f"a = 1\n{commented(RENAMED)}", "x.py", AVERAGING),
    "in a docstring": ("x.py", f'def f():\n    """{AVERAGE}"""', "x.py, line 2", AVERAGING),
    "in a docstring, renamed": (
        "x.py",
        f'def f():\n    """A filter.\n\n    {RENAMED.splitlines()[0]}\n    """\n',
        "x.py",
        AVERAGING,
    ),
    "as a doctest": ("x.py", f'"""Doc.\n\n>>> {RENAMED.splitlines()[0]}\n"""', "x.py", AVERAGING),
    "in a string": ("x.py", f"SOURCE = {RENAMED!r}", "x.py, line 1", AVERAGING),
    "in a nested function": (
        "x.py",
        "def a():\n  def b():\n    class C:\n      def d(s):\n"
        "        if s:\n          return np.ones((z, z), dtype=float) / z**2\n",
        "x.py, line 6",
        AVERAGING,
    ),
    "the value of a return": (
        "x.py",
        "def a(n):\n  return numpy.ones((n, n), dtype=float) / n**2",
        "x.py, line 2",
        AVERAGING,
    ),
    "a broken file": ("x.py", f"def broken(:\n\n{RENAMED}\n", "x.py, line 3", AVERAGING),
    "a markdown fence": ("notes.md", f"So:\n\n```python\n{RENAMED}\n```\n", "notes.md", AVERAGING),
    "an indented block": (
        "notes.md",
        f"So:\n\n{textwrap.indent(RENAMED, '    ')}\n\nthen",
        "notes.md, line 3",
        AVERAGING,
    ),
    "inline in prose": ("notes.md", f"We wrote `{KERNEL}` here.", "notes.md, line 1", AVERAGING),
    "an HTML comment": ("a.html", f"<p>\n<!-- {KERNEL} -->\n", "a.html, line 2", AVERAGING),
    "HTML with entities": (
        "a.html",
        '<img alt="lr = 1"><pre>if name == &quot;SGD&quot;:\n'
        "  o = torch.optim.SGD(p, lr=lr)\nelif name == &quot;SGD_WITH_MOMENTUM&quot;:\n"
        "  o = torch.optim.SGD(p, lr=lr, momentum=0.9)</pre>",
        "a.html",
        "hw4/GPUMemory.py",
    ),
    "an alternative text": ("notes.md", f'![{KERNEL}](a.png "x")', "notes.md, line 1", AVERAGING),
    "a CSV field": ("a.csv", f'task,text\nH1,"{KERNEL}"\n', "a.csv, line 2", AVERAGING),
    "a JSON string": ("a.json", json.dumps({"a": [{"b": AVERAGE}]}), "a.json, a", AVERAGING),
    "a JSON key": ("a.json", json.dumps({KERNEL: 1}), "a.json", AVERAGING),
    "renamed in JSON": ("a.json", json.dumps([1, {"b": RENAMED}]), "a.json", AVERAGING),
    "base64 in JSON": (
        "a.json",
        json.dumps({"a": base64.b64encode(FUNCTION.encode()).decode()}),
        "a.json, a, base64",
        AVERAGING,
    ),
    "wrapped base64": (
        "a.txt",
        "x\n" + base64.encodebytes(FUNCTION.encode()).decode(),
        "a.txt, base64 in line 2",
        AVERAGING,
    ),
    "UTF-16": ("a.txt", FUNCTION.encode("utf-16"), "a.txt, line 2", AVERAGING),
    "UTF-16 without a mark": ("a.txt", FUNCTION.encode("utf-16-be"), "a.txt", AVERAGING),
    "UTF-32": ("a.txt", FUNCTION.encode("utf-32"), "a.txt, line 2", AVERAGING),
    "UTF-8 with a mark": ("a.txt", FUNCTION.encode("utf-8-sig"), "a.txt, line 2", AVERAGING),
    "Latin-1": ("a.txt", f"Stärke: {KERNEL}".encode("latin-1"), "a.txt, line 1", AVERAGING),
    "CRLF": ("a.txt", FUNCTION.replace("\n", "\r\n"), "a.txt, line 2", AVERAGING),
    "between null bytes": ("a.dat", b"\0\1" + KERNEL.encode() + b"\0\xff", "a.dat", AVERAGING),
    "a PDF's stream": ("a.pdf", pdf_of(KERNEL), "a.pdf, compressed at byte", AVERAGING),
    "a PNG's text": (
        "a.png",
        png_with(lambda info: info.add_text("Comment", KERNEL)),
        "a.png, text chunk Comment",
        AVERAGING,
    ),
    "a PNG's compressed text": (
        "a.png",
        png_with(lambda info: info.add_text("Comment", KERNEL, zip=True)),
        "a.png, text chunk Comment",
        AVERAGING,
    ),
    "a PNG's international text": (
        "a.png",
        png_with(lambda info: info.add_itxt("Comment", KERNEL, zip=True)),
        "a.png, text chunk Comment",
        AVERAGING,
    ),
    "a JPEG's comment": ("a.jpg", picture("JPEG", comment=KERNEL), "a.jpg", AVERAGING),
    "a JPEG's EXIF": ("a.jpg", exif_with(KERNEL), "text chunk ImageDescription", AVERAGING),
    "behind a picture's end": ("a.png", picture() + KERNEL.encode(), "a.png", AVERAGING),
    "a zip behind a picture": ("a.png", picture() + zipped(b__py=FUNCTION), "b.py", AVERAGING),
    "a nested zip": (
        "a.zip",
        zipped(b__zip=zipped(c__py=FUNCTION)),
        "a.zip, member b.zip, member c.py, line 2",
        AVERAGING,
    ),
    "a tar.gz": ("a.tar.gz", tarred("b.py", FUNCTION), "a.tar.gz, member b.py", AVERAGING),
    "a plain tar": ("a.tar", tarred("b.py", FUNCTION, "w"), "a.tar, member b.py", AVERAGING),
    "gzip": (
        "a.gz",
        gzip.compress(FUNCTION.encode(), mtime=0),
        "a.gz, unpacked, line 2",
        AVERAGING,
    ),
    "bzip2": ("a.bz2", bz2.compress(FUNCTION.encode()), "a.bz2, unpacked, line 2", AVERAGING),
    "a file's name": ("kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]).txt", "x", "its name",
                      ""),
    "a notebook of its own": ("b.ipynb", notebook("1", FUNCTION), "b.ipynb, cell 2", AVERAGING),
    "a broken notebook": ("b.ipynb", notebook("1", FUNCTION)[:-9], "b.ipynb, line 1", AVERAGING),
    "deep JSON": ("b.json", "[" * 99_999 + json.dumps(KERNEL), "b.json, line 1", AVERAGING),
    "+= for = +": (
        "x.py",
        "cfg = {**c, 'data_per_class': 50, 'use_permutation': True, 'permutater': p}\n"
        "lrs[b] = min(1e-4 * b / 4, 6.4e-3)",
        "x.py, line 2",
        "hw4/GPUMemory.py",
    ),
    "three numbers under their names": (
        "x.py",
        "def f():\n    num_epochs: int = 1_000\n    lr = .005\n    kernel_size = 3\n",
        "x.py, line 2",
        "hw4/edge_detection.py",
    ),
    "LaTeX": ("a.tex", KERNEL.replace("_", "\\_"), "a.tex, line 1", AVERAGING),
    "an address": ("a.md", f"[x](http://a.b/?q={quote(KERNEL)})", "a.md, line 1", AVERAGING),
    "wide letters": (
        "a.md",
        KERNEL.translate({n: n + 0xFEE0 for n in range(97, 123)}),
        "a.md, line 1",
        AVERAGING,
    ),
    "invisible letters": ("a.md", KERNEL.replace("er", "e\u200br"), "a.md", AVERAGING),
    "a patch": ("a.patch", f"@@ -1 +1 @@\n-    pass\n+    {KERNEL}\n", "line 3", AVERAGING),
    "renamed in backticks": ("a.md", f"So `{RENAMED.splitlines()[0]}`.", "a.md", AVERAGING),
    "renamed in a text": ("a.md", f"So\n{RENAMED}\nit is", "a.md, line 2", AVERAGING),
    "an older Python": ("a.py", f"print 'x'\n{RENAMED}", "a.py, line 2", AVERAGING),
    "one word a line": ("a.txt", KERNEL.replace(" ", "\n"), "a.txt, line 1", AVERAGING),
    "a shorter formula": ("a.csv", "name,L*(K - 1) + 1", "a.csv, line 1", "test_written.py"),
    "a marker in lower case": (
        "x.py",
        "a = 1\n# begin  solution\nb = 2\n#END SOLUTION\n",
        "x.py, line 2",
        "",
    ),
    "otter's marker": ("b.ipynb", notebook("a = 1  # solution no prompt"), "cell 1, line 1", ""),
    "hidden tests": ("b.ipynb", notebook("###Begin Hidden Test\n"), "b.ipynb, cell 1, line 1", ""),
    "a mark scheme": ("notes.md", "## A\n\n### END MARK SCHEME\n", "notes.md, line 3", ""),
    "an end without a beginning": (
        "b.ipynb",
        notebook("a = 1\n### END CODE HERE ###"),
        "b.ipynb, cell 1, line 2",
        "",
    ),
    "a hidden check's name": (
        "log.txt",
        "FAILED checks/test_part_h.py::test_averaging_default_size",
        "log.txt, line 1",
        "hw4/checks/test_part_h.py",
    ),
    "a hidden check's module": (
        "x.py",
        "from retraining import Recipe",
        "x.py, line 1",
        "hw4/checks/retraining.py",
    ),
    "a file named as a module of checks": ("test_part_m.py", "1", "its name", "test_part_m.py"),
    "an expected number": ("notes.md", "ResNet-152 has 58,164,298.", "notes.md", "test_written.py"),
    "an expected number, rounded": ("notes.md", "about 58.164 million", "notes.md", "written"),
    "expected values in a row": (
        "a.json",
        json.dumps({"c": [14, 14, 10], "n": 910}, indent=1),
        "a.json",
        "test_written.py, line",
    ),
    "an expected formula": ("notes.md", "`( W - K + 2*P ) / S + 1`", "notes.md", "test_written.py"),
    "a line of a hidden check": (
        "x.py",
        'thousand = (averaged(image, size, 9), "The weights have to follow the size, not '
        'always be 1/9.")',
        "x.py, line 1",
        "hw4/checks/test_part_h.py, line 40",
    ),
    "a written answer": (
        "notes.md",
        "Gradient accumulation: four batches of 64, backward after each,\n> and one step at the "
        "end with the mean of the gradients (batch norm aside). Or activation checkpointing, "
        "mixed precision, smaller pictures.",
        "notes.md, line 1",
        "hw4/submission/written.json",
    ),
    "a staff file": ("a.csv", (CHECKS / "logs.py").read_bytes(), "a.csv", "hw4/checks/logs.py"),
    "a staff file with other line ends": (
        "data/a",
        (STAFF / "submission" / "logs" / "resnet18__4.csv").read_bytes().replace(b"\n", b" \r\n"),
        "data/a",
        "hw4/submission/logs/resnet18__4.csv",
    ),
    "a staff file in a zip": (
        "a.zip",
        zipped(q=(CHECKS / "logs.py").read_bytes()),
        "a.zip, member q",
        "hw4/checks/logs.py",
    ),
    "the solution notebook": (
        "a.txt",
        (STAFF / "HandDesignFilters.py").read_bytes(),
        "a.txt",
        "hw4/HandDesignFilters.py",
    ),
}  # fmt: skip


@pytest.mark.parametrize("plant", FILES)
def test_a_planted_file_is_found(bundle: Bundle, plant: str) -> None:
    name, content, location, secret = FILES[plant]
    bundle.write(name, content)
    findings = bundle.findings()
    matching = [f for f in findings if location in f.location and secret in f.secret]
    assert matching, [finding.sentence() for finding in findings]
    assert {finding.file for finding in findings} == {name}
    for finding in matching:
        assert finding.location in finding.sentence()
        assert finding.secret in finding.sentence()


# --- leaks in the notebooks themselves ---

AVERAGING_TEMPLATE_CELL = f"{NOTEBOOK}, cell 8"


def attach(tree: dict[str, Any], data: bytes, name: str = "a.png") -> None:
    encoded = base64.b64encode(data).decode()
    cell(tree, "averaging-note")["attachments"] = {name: {"image/png": encoded}}


def put_output(tree: dict[str, Any], output: dict[str, Any]) -> None:
    cell(tree, "picture")["outputs"] = [output]


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "an answer in a cell below": (
        lambda tree: cell(tree, "edges-show").update(source=[f"{KERNEL}\n", "pass"]),
        f"{NOTEBOOK}, cell 16, line 1",
        AVERAGING,
    ),
    "an answer in the text": (
        lambda tree: cell(tree, "edges-note").update(source=f"See\n\n{KERNEL}"),
        f"{NOTEBOOK}, cell 13, line 3",
        AVERAGING,
    ),
    "a cell's metadata": (
        lambda tree: cell(tree, "edges")["metadata"].update(note={"a": [RENAMED]}),
        f"{NOTEBOOK}, cell 14, metadata.note.a",
        AVERAGING,
    ),
    "the notebook's metadata": (
        lambda tree: tree["metadata"].update({"old": AVERAGE}),
        f"{NOTEBOOK}, metadata.old",
        AVERAGING,
    ),
    "a text attachment": (
        lambda tree: attach(tree, FUNCTION.encode()),
        f"{NOTEBOOK}, cell 7.attachments",
        AVERAGING,
    ),
    "an attachment": (
        lambda tree: attach(tree, picture()),
        f"{NOTEBOOK}, cell 7, attachment a.png",
        "the template that the stripper made",
    ),
    "an attachment that is not shown": (
        lambda tree: attach(tree, picture()),
        f"{NOTEBOOK}, cell 7, attachment a.png",
        "",
    ),
    "an output": (
        lambda tree: put_output(
            tree, {"output_type": "stream", "name": "stdout", "text": ["a\n", f"{KERNEL}\n"]}
        ),
        f"{NOTEBOOK}, cell 6, outputs",
        AVERAGING,
    ),
    "any output": (
        lambda tree: put_output(tree, {"output_type": "stream", "name": "stdout", "text": "1"}),
        f"{NOTEBOOK}, cell 6, outputs",
        "the template that the stripper made",
    ),
    "an execution count": (
        lambda tree: cell(tree, "picture").update(execution_count=3),
        f"{NOTEBOOK}, cell 6, execution_count",
        "the template that the stripper made",
    ),
    "a marker": (
        lambda tree: cell(tree, "picture").update(source="### begin solution\na = 1\n"),
        f"{NOTEBOOK}, cell 6, line 1",
        "",
    ),
}


@pytest.mark.parametrize("plant", EDITS)
def test_a_planted_edit_is_found(bundle: Bundle, plant: str) -> None:
    change, location, secret = EDITS[plant]
    bundle.edit(NOTEBOOK, change)
    findings = bundle.findings()
    matching = [f for f in findings if location in f.location and secret in f.secret]
    assert matching, [finding.sentence() for finding in findings]
    assert {finding.file for finding in findings} == {NOTEBOOK}


def test_the_solved_notebook_under_another_name(
    bundle: Bundle, hw4_solved: dict[str, bytes]
) -> None:
    saved_again = json.dumps(json.loads(hw4_solved[NOTEBOOK])).encode()
    for number, data in enumerate([hw4_solved[NOTEBOOK], saved_again]):
        bundle.write(f"{number}.ipynb", data)
    one, other = bundle.findings()
    assert one.location == "0.ipynb"
    assert other.location == "1.ipynb"
    assert one.secret == other.secret == f"the solved {NOTEBOOK}"


def with_output(notebooks: dict[str, bytes], output: dict[str, Any]) -> dict[str, bytes]:
    tree = json.loads(notebooks[NOTEBOOK])
    put_output(tree, output)
    return {**notebooks, NOTEBOOK: json.dumps(tree).encode()}


def test_outputs_of_the_solved_notebook(
    bundle: Bundle, hw4: Assignment, hw4_solved: dict[str, bytes]
) -> None:
    data = picture()
    shown = {
        "image/png": base64.b64encode(data).decode(),
        "text/plain": "size 3: mean brightness 0.4417, before 0.4418",
    }
    output = {"output_type": "display_data", "data": shown, "metadata": {}}
    bundle = replace(bundle, secrets=secrets_of(hw4, solved=with_output(hw4_solved, output)))
    assert bundle.findings() == ()
    bundle.write("figures/a.png", data)
    bundle.write(
        "intro.md", "You should see\n\n    size 3: mean brightness 0.4417,  before 0.4418\n"
    )
    bundle.write("b.ipynb", json.dumps({"cells": [{"cell_type": "code", "outputs": [output]}]}))
    found = bundle.findings()
    secret = f"the solved {NOTEBOOK}, cell 6, output"
    assert {finding.secret for finding in found} == {secret}
    assert {finding.location for finding in found} >= {"figures/a.png", "intro.md, line 3"}
    assert {finding.file for finding in found} == {"b.ipynb", "figures/a.png", "intro.md"}
    assert [finding.what for finding in found if finding.file == "figures/a.png"] == [
        "an output of a solution notebook"
    ]


def test_an_attachment_of_the_solved_notebook(
    bundle: Bundle, hw4: Assignment, hw4_solved: dict[str, bytes]
) -> None:
    tree = json.loads(hw4_solved[NOTEBOOK])
    attach(tree, picture())
    secrets = secrets_of(hw4, solved={**hw4_solved, NOTEBOOK: json.dumps(tree).encode()})
    bundle = replace(bundle, secrets=secrets)
    bundle.write("a.png", picture())
    assert only(bundle.findings()).secret == f"the solved {NOTEBOOK}, cell 7, attachment a.png"


def test_an_attachment_that_the_template_shows_is_fine(bundle: Bundle, hw4: Assignment) -> None:
    tree = json.loads((bundle.folder / NOTEBOOK).read_bytes())
    attach(tree, picture())
    cell(tree, "averaging-note")["source"] += "\n![it](attachment:a.png)"
    data = json.dumps(tree).encode()
    bundle.write(NOTEBOOK, data)
    given = {**templates(hw4), NOTEBOOK: data}
    assert replace(bundle, secrets=secrets_of(hw4, templates=given)).findings() == ()


def test_an_old_notebook_with_worksheets(bundle: Bundle) -> None:
    cells = [{"cell_type": "code", "input": FUNCTION, "outputs": []}]
    bundle.write("b.ipynb", json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}))
    assert only(bundle.findings()).location == "b.ipynb, cell 1, line 2"


# --- leftovers, links and archives ---


@pytest.mark.parametrize(
    "name",
    [".ipynb_checkpoints/a-checkpoint.ipynb", "hw4/kernels.py~", "x/.a.py.swp", "a.bak", ".env",
     ".git/config", "__pycache__/a.pyc"],
)  # fmt: skip
def test_leftovers_are_findings_by_themselves(bundle: Bundle, name: str) -> None:
    bundle.write(name, "x")
    finding = only(bundle.findings())
    assert name.startswith(finding.location)
    assert "belongs into no bundle" in finding.sentence()


def test_a_checkpoint_with_an_answer(bundle: Bundle) -> None:
    bundle.write(".ipynb_checkpoints/a-checkpoint.ipynb", notebook(FUNCTION))
    locations = {finding.secret: finding.location for finding in bundle.findings()}
    assert locations[""] == ".ipynb_checkpoints"
    answer = next(secret for secret in locations if secret.startswith(AVERAGING))
    assert locations[answer] == ".ipynb_checkpoints/a-checkpoint.ipynb, cell 1, line 2"


def test_compiled_python(bundle: Bundle, tmp_path: Path) -> None:
    source = f'"""{KERNEL}"""\n\ndef test_averaging_default_size(): pass\n'
    bundle.write("__pycache__/a.cpython-311.pyc", pyc_of(source, tmp_path))
    secrets = " ".join(finding.secret for finding in bundle.findings())
    assert AVERAGING in secrets
    assert "hw4/checks/test_part_h.py" in secrets


def test_a_real_git_folder(bundle: Bundle) -> None:
    git = ["git", "-C", str(bundle.folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    bundle.write("hw4/x.py", FUNCTION)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["repack", "-adq"]):
        subprocess.run([*git, *command], check=True)
        found = bundle.findings()
    (bundle.folder / "hw4" / "x.py").unlink()
    found = [finding for finding in bundle.findings() if finding.location != ".git"]
    assert found
    assert all(finding.location.startswith(".git/objects/pack") for finding in found)
    assert any(AVERAGING in finding.secret for finding in found)


def test_a_link(bundle: Bundle, tmp_path: Path) -> None:
    (bundle.folder / "a").symlink_to(tmp_path)
    assert "found a link to" in only(bundle.findings()).sentence()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.zip", zipped(a="x")[:60] + b"\0" * 60, "broken"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 80, "7z archive"),
        ("a.rar", b"Rar!\x1a\x07\x00" + b"\0" * 80, "RAR archive"),
        ("a.gz", gzip.compress(b"x" * 900, mtime=0)[:20], "broken"),
        ("a.tar", b"no archive at all", "broken"),
        ("a.bin", b"PK\x03\x04" + b"\x01" * 50, "broken"),
    ],
)
def test_an_archive_that_cannot_be_opened(
    bundle: Bundle, name: str, content: bytes, why: str
) -> None:
    bundle.write(name, content)
    finding = only(bundle.findings())
    assert finding.location == name
    assert "cannot be looked into" in finding.what
    assert why in finding.what


def test_archives_too_deep_in_each_other(bundle: Bundle) -> None:
    data = FUNCTION.encode()
    for _ in range(9):
        data = zipped(a__zip=data)
    bundle.write("a.zip", data)
    assert "too deep" in only(bundle.findings()).what


def test_an_encrypted_member(bundle: Bundle) -> None:
    data = bytearray(zipped(a="x" * 50))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    bundle.write("a.zip", bytes(data))
    assert "cannot be looked into" in only(bundle.findings()).what


def edited_zip(bundle: Bundle, change: Callable[[zipfile.ZipFile], object]) -> None:
    with zipfile.ZipFile(bundle.zip, "a") as archive:
        change(archive)


def member_with_extra(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("README.md.x")
    info.extra = b"\x99\x99" + len(KERNEL).to_bytes(2, "little") + KERNEL.encode()
    archive.writestr(info, "x")


ZIPS: dict[str, tuple[Callable[[zipfile.ZipFile], object], str]] = {
    "a comment": (lambda z: setattr(z, "comment", KERNEL.encode()), "student.zip, comment"),
    "another member": (lambda z: z.writestr("a.py", FUNCTION), "student.zip, member a.py, line 2"),
    "an extra field": (member_with_extra, "student.zip, member README.md.x, extra field"),
    "a second member of a name": (
        lambda z: z.writestr("README.md", FUNCTION),
        "student.zip, member README.md, line 2",
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("plant", ZIPS)
def test_a_leak_in_the_zip_only(bundle: Bundle, plant: str) -> None:
    change, location = ZIPS[plant]
    edited_zip(bundle, change)
    assert bundle.findings() == ()
    found = [f for f in bundle.findings(zipped=True) if f.secret.startswith(AVERAGING)]
    assert location in only(found).location
    assert only(found).file == "student.zip"


def test_a_member_that_the_folder_does_not_hold(bundle: Bundle) -> None:
    edited_zip(bundle, lambda archive: archive.writestr("empty.txt", ""))
    finding = only(bundle.findings(zipped=True))
    assert finding.location == "student.zip, member empty.txt"


def test_bytes_that_belong_to_no_member(bundle: Bundle) -> None:
    bundle.zip.write_bytes(KERNEL.encode() + bundle.zip.read_bytes())
    finding = only(bundle.findings(zipped=True))
    assert "belong to no member" in finding.location
    assert finding.secret.startswith(AVERAGING)


# --- no false findings ---


def test_two_functions(two: Bundle) -> None:
    two.write("a.py", "import numpy as n\n\ndef f(m):\n    return n.asarray(m).sum(axis=1)\n")
    finding = only(two.findings())
    assert finding.location == "a.py, line 4"
    assert finding.secret == "staff/two.py, cell 2, line 6"


GENERIC = """
import numpy as np
import torch.nn.functional as F

def train(model, loader, optimizer, criterion, num_epochs=10):
    model.train()
    for epoch in range(num_epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: {loss.item():.3f}")
    return model

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        return x

kernel = None  # your code
image = np.zeros((5, 5))
kernel = np.ones((3, 3))
result = ndimage.convolve(image, kernel)
loader = DataLoader(dataset, batch_size=batch_size, shuffle=True)
num_epochs = 20
lr = 1e-3
# the answer to all of it
"""


def test_what_everybody_writes_is_no_finding(bundle: Bundle) -> None:
    bundle.write("train.py", GENERIC)
    bundle.write("b.ipynb", notebook(*GENERIC.split("\n\n")))
    bundle.write("intro.md", f"## Solution\n\nBegin here.\n\n```python\n{GENERIC}```\n12345\n")
    assert bundle.findings() == ()


def test_names_that_speak_of_answers_are_refused(bundle: Bundle) -> None:
    names = ("Solution.txt", "key.csv", "lab_notes.md", "answers/a.txt", "myAnswerKey.md")
    for name in names:
        bundle.write(name, "hello\n")
    bundle.write("keyboard.md", "hello\n")
    bundle.write("notebook.md", "hello\n")
    assert {finding.file for finding in bundle.findings()} == set(names)
    allowed = [Allowed(name, name, "for students") for name in names]
    assert bundle.findings(allowed) == ()


def test_remarks_that_may_be_markers_are_found(bundle: Bundle) -> None:
    bundle.write("helper.py", "x = 1\n# STAFF ONLY\ny = 2\n# a hidden layer\n# remove the mean\n")
    (found,) = bundle.findings()
    assert (found.location, found.shown) == ("helper.py, line 2", "# STAFF ONLY")
    assert bundle.findings([Allowed("helper.py", "STAFF ONLY", "a joke")]) == ()


def test_generic_answers_are_no_secrets(two: Bundle) -> None:
    lines = GENERIC.partition("class Net")[0].split("\n")
    answers = [Answer("two.py", 1, n, line, "code") for n, line in enumerate(lines)]
    two.write("a.py", "\n".join(lines[5:]))
    secrets = secrets_of(manifest.load(TWO_FUNCTIONS / "staff"), answers)
    assert replace(two, secrets=secrets).findings() == ()


def test_a_line_that_stands_above_the_answer_is_given(two: Bundle) -> None:
    """The notebook shows an example, and asks for the like of it and more."""
    example = "smooth = ndimage.convolve(image, np.full((3, 3), 1 / 9), mode='nearest')"
    more = (
        "sharp = np.clip(image + amount * (image - smooth), image.min(), image.max())\n"
        "np.testing.assert_allclose(sharp.mean(axis=0), image.mean(axis=0), rtol=tolerance)"
    )
    solution = {"two.ipynb": notebook(example, f"{example}\n{more}").encode()}
    template = {"two.ipynb": notebook(example, "...").encode()}
    answer = Answer("two.py", 2, 1, f"{example}\n{more}", "code")
    two.write("two.ipynb", template["two.ipynb"])
    staff = manifest.load(TWO_FUNCTIONS / "staff")
    secrets = gather(
        [answer],
        staff=staff.folder,
        hidden_checks=staff.hidden_checks,
        public_checks=staff.public_checks,
        solved=solution,
        templates=template,
    )
    two = replace(two, secrets=secrets)
    assert two.findings() == ()
    two.write("a.py", more.splitlines()[0])
    assert only(two.findings()).secret.startswith("staff/two.py, cell 2, line 2")


def test_an_answer_all_of_which_stands_above_is_a_leak(two: Bundle) -> None:
    answer = "smooth = ndimage.convolve(image, np.full((3, 3), 1 / 9), mode='nearest')"
    template = {"two.ipynb": notebook(answer, "...").encode()}
    two.write("two.ipynb", template["two.ipynb"])
    staff = manifest.load(TWO_FUNCTIONS / "staff")
    secrets = gather(
        [Answer("two.py", 2, 1, answer, "code")],
        staff=staff.folder,
        hidden_checks=staff.hidden_checks,
        public_checks=staff.public_checks,
        solved={"two.ipynb": notebook(answer, answer).encode()},
        templates=template,
    )
    finding = only(replace(two, secrets=secrets).findings())
    assert finding.location == "two.ipynb, cell 1, line 1"


def test_written_answers_and_lines_for_staff(two: Bundle) -> None:
    sentence = "The network forgets the place because the average treats every pixel alike."
    hidden = 'assert row_sums(np.eye(4)).tolist() == [1, 1, 1, 1], "identity"'
    extra = [
        Answer("two.py", 4, 1, sentence, "markdown"),
        Answer("two.py", 5, 2, hidden, "staff"),
    ]
    secrets = secrets_of(manifest.load(TWO_FUNCTIONS / "staff"), extra)
    two = replace(two, secrets=secrets)
    two.write("a.md", f"> {sentence[:40]}\n> {sentence[40:]}")
    two.write("b.md", f"<code>{hidden}</code>")
    one, other = two.findings()
    assert (one.what, one.secret) == ("a line of a written answer", "staff/two.py, cell 4, line 1")
    assert other.secret.startswith("staff/two.py, cell 5, line 2")


words = st.sampled_from("image kernel loss x y model size out np torch nn data f g".split())
numbers = st.sampled_from(["0", "1", "2", "0.5", "10", "-1"])
short = st.one_of(
    st.builds("{} = {}".format, words, st.one_of(words, numbers)),
    st.builds("{} = {}({})".format, words, words, words),
    st.builds("return {}".format, words),
    st.builds("{}.{}()".format, words, words),
    st.builds("import {}".format, words),
    st.builds("# {} {}".format, words, words),
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(short, min_size=1, max_size=4), st.data())
def test_short_lines_are_coincidences(two: Bundle, lines: list[str], data: st.DataObject) -> None:
    """No line of so few words, taken by itself, is a finding, whatever the answers are."""
    answers = [Answer("two.py", 1, n + 1, f"{line}\npass\npass", "code")
               for n, line in enumerate(lines)]  # fmt: skip
    secrets = secrets_of(manifest.load(TWO_FUNCTIONS / "staff"), answers)
    two.write("a.py", "\n\n".join(data.draw(st.permutations(lines))))
    assert replace(two, secrets=secrets).findings() == ()


@pytest.mark.parametrize(
    ("line", "leaks"),
    [
        ("from sklearn.neural_network import MLPClassifier as Perceptron, MLPRegressor", False),
        ("import tensorflow.keras.preprocessing.sequence", False),
        ("Import neither averages nor deviations, because networks learn them.", True),
        ("from averages import neither deviations, because networks learn", True),
    ],
)
def test_an_import_is_what_an_answer_needs_and_no_sentence(
    two: Bundle, line: str, leaks: bool
) -> None:
    answer = Answer("two.py", 1, 1, f"{line}\npass\npass", "code")
    secrets = secrets_of(manifest.load(TWO_FUNCTIONS / "staff"), [answer])
    two.write("a.md", f"{line}\n")
    assert bool(replace(two, secrets=secrets).findings()) is leaks


names = st.from_regex(r"[a-z]{3,9}_[a-z]{3,9}", fullmatch=True)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(names, min_size=4, max_size=6, unique=True), st.integers(3, 99), st.data())
def test_a_telling_line_is_found_wherever_it_is_put(
    two: Bundle, used: list[str], number: int, data: st.DataObject
) -> None:
    answer = f"{used[0]} = {used[1]}({used[2]}, scale={number}) / np.{used[3]}(axis={number})"
    secrets = secrets_of(
        manifest.load(TWO_FUNCTIONS / "staff"), [Answer("two.py", 2, 6, answer, "code")]
    )
    encode: Callable[[str], bytes] = data.draw(
        st.sampled_from(
            [
                lambda text: text.encode(),
                lambda text: f"# {text}".replace(" = ", "=").encode(),
                lambda text: f"x\r\n  {text}  # done\r\n".encode("utf-16"),
                lambda text: json.dumps({"a": f"first\n{text}"}).encode(),
                lambda text: notebook("a", f"if a:\n    {text}").encode(),
                lambda text: zipped(a=text),
                lambda text: base64.b64encode(text.encode() + b"\n"),
                lambda text: text.replace(used[0], "a").replace(used[2], "b").encode(),
                lambda text: f"<!-- {text.replace('/', '&#47;')} -->".encode(),
            ]
        )
    )
    two.write("a", encode(answer))
    found = replace(two, secrets=secrets).findings()
    assert [f.secret.partition(" (")[0] for f in found] == ["staff/two.py, cell 2, line 6"]


NAMES = ["a", "a.py", "a.ipynb", "a.json", "a.zip", "a.png", "a.tar", "a.gz"]
HEADS = [
    *(b"", b"PK\x03\x04", b"\x1f\x8b\x08\x08", b"\x89PNG\r\n\x1a\n", b"BZh9", b"\xff\xd8\xff"),
    *(b"\xff\xfe", b"\x78\x9c", b"def f(:\n", b"7z\xbc\xaf\x27\x1c", b"BM", b'{"cells": ['),
    b'{"cells": [{"attachments": 1, "outputs": 2, "source": {}}, 3]}',
]


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(NAMES), st.sampled_from(HEADS), st.binary(max_size=200))
def test_bad_input_gives_no_traceback(two: Bundle, name: str, head: bytes, rest: bytes) -> None:
    two.write(name, head + rest)
    try:
        for finding in two.findings():
            assert finding.file == name
    finally:
        (two.folder / name).unlink()


# --- allowances ---


def test_a_finding_is_allowed_by_file_and_text(bundle: Bundle) -> None:
    bundle.write("hw4/x.py", f"{KERNEL}\n")
    bundle.write("hw4/y.md", f"{KERNEL}\n")
    assert len(bundle.findings()) == 2
    allowed = Allowed("hw4/*.py", f"  {KERNEL}", "the lecture shows it")
    assert only(bundle.findings([allowed])).file == "hw4/y.md"


def test_an_allowance_for_a_copied_file(bundle: Bundle) -> None:
    bundle.write("logs/a.csv", (STAFF / "submission" / "logs" / "resnet18__4.csv").read_bytes())
    allowed = Allowed("logs/*", "hw4/submission/logs/resnet18__4.csv", "an example")
    assert len(bundle.findings()) == 1
    assert bundle.findings([allowed]) == ()


@pytest.mark.parametrize("text", [KERNEL, ""])
def test_an_unused_allowance_is_a_finding(bundle: Bundle, text: str) -> None:
    finding = only(bundle.findings([Allowed("hw4/*.py", text, "once needed")]))
    assert "an allowance that nothing needs" in finding.sentence()
    assert "hw4/*.py" in finding.sentence()
    assert "take it out of the manifest" in finding.sentence()


# --- what is shown ---


def test_the_table_says_what_was_looked_at(bundle: Bundle) -> None:
    bundle.write("a.zip", zipped(b__py=FUNCTION))
    console = Console(record=True, width=200, file=io.StringIO())
    result = scan(bundle.folder, bundle.zip, bundle.secrets, ())
    print_scan(console, result)
    text = console.export_text()
    looked = {entry.name: entry.parts for entry in result.looked_at}
    assert looked["student.zip"]["archive members"] == 2
    assert looked["a.zip"]["archive members"] == 1
    assert looked[NOTEBOOK]["code cells"] == 9
    assert looked[NOTEBOOK]["syntax trees"] > 100
    assert "a.zip, member b.py, line 2: found" in text
    assert "Searched for:" in text
    assert [entry.name for entry in result.looked_at[:-1]] == sorted(
        entry.name for entry in result.looked_at[:-1]
    )


def test_two_scans_are_equal(bundle: Bundle) -> None:
    for name in ("x.py", "notes.md", "a.png"):
        bundle.write(name, FILES["a helper module with the answer"][1])
    assert bundle.findings(zipped=True) == bundle.findings(zipped=True)


# --- leaks that staff make in their own folders ---


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the two functions' folders, to make slips in."""
    shutil.copytree(TWO_FUNCTIONS, tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "own"


def released(folder: Path) -> tuple[Finding, ...]:
    assignment = manifest.load(folder / "staff")
    bundle = Bundle(folder / "student", secrets_of(assignment))
    write_student(assignment, templates(assignment), bundle.folder)
    return bundle.findings()


def test_slips_are_looked_for_in_a_clean_release(own: Path) -> None:
    assert released(own) == ()


def test_a_helper_with_the_answer_in_the_public_folder(own: Path) -> None:
    (own / "public" / "helper.py").write_text(
        "import numpy\n\ndef blur(a, n):\n    weights = numpy.full((n, n), 1 / n**2)\n"
        "    return scipy.ndimage.convolve(a, weights)\n"
    )
    finding = only(released(own))
    assert finding.location == "helper.py, line 4"
    assert finding.secret == "staff/two.py, cell 3, line 6"


@pytest.mark.parametrize("where", ['# %% id="row-sums"', "# the end"])
def test_an_answer_in_an_unmarked_cell(own: Path, where: str) -> None:
    source = own / "staff" / "two.py"
    cell = "# %% tags=[]\nblur = ndimage.convolve(image, np.full((size, size), 1 / size**2))\n\n"
    text = f"{source.read_text()}\n# %%\n# the end\n"
    source.write_text(text.replace(where, f"{cell}{where}", 1))
    finding = only(released(own))
    assert finding.file == "two.ipynb"
    assert "staff/two.py, cell" in finding.secret


def test_a_hidden_check_among_the_public_ones(own: Path) -> None:
    hidden = (own / "staff" / "checks" / "test_two.py").read_text()
    (own / "public" / "checks").mkdir()
    (own / "public" / "checks" / "test_sums.py").write_text(hidden.partition('@question("Q2")')[0])
    finding = only(released(own))
    assert finding.location.startswith("checks/test_sums.py, line 11")
    assert finding.secret.startswith("staff/checks/test_two.py, line 11")


def test_a_public_check_may_have_a_hidden_ones_name(own: Path) -> None:
    (own / "public" / "checks").mkdir()
    check = "def test_square(student):\n    assert student.call('row_sums', EYE) is not None\n"
    (own / "public" / "checks" / "test_two.py").write_text(check)
    assert released(own) == ()


def test_answers_of_a_module(own: Path) -> None:
    above = "padded = np.pad(signal, width, mode='reflect')  # as in the lecture\n"
    answer = f"{above}spectrum = np.fft.rfft(padded * np.hanning(len(padded)), norm='ortho')\n"
    staff = manifest.load(own / "staff")
    for name, text in {"one.py": above, "other.py": answer}.items():
        (own / "public" / name).write_text(text)
    bundle = Bundle(
        own / "public",
        secrets_of(
            staff,
            [Answer("m.py", 0, 2, answer, "code")],
            solved={"m.py": (above + answer).encode()},
            templates={"m.py": f"{above}...\n".encode()},
        ),
    )
    finding = only(bundle.findings())
    assert finding.file == "other.py"
    assert finding.secret.startswith("staff/m.py, line 3")
