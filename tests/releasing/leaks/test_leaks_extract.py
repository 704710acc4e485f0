"""Leaks that no line of a file shows as they are: what a reader would see of it is searched."""

from __future__ import annotations

import base64
import email.message
import gzip
import html
import io
import json
import pickle
import py_compile
import sqlite3
import sys
import textwrap
import time
import wave
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import matplotlib
import numpy as np
import pytest
import torch
from conftest import TWO_FUNCTIONS, examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.ultratb import VerboseTB
from matplotlib.figure import Figure
from nbconvert import HTMLExporter, LatexExporter, SlidesExporter
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image
from planting import (
    AVERAGE,
    AVERAGING,
    FUNCTION,
    KERNEL,
    RENAMED,
    Bundle,
    copied,
    made,
    notebook,
    only,
    secrets_of,
    zipped,
)
from pypdf import PdfReader, PdfWriter
from rich.console import Console

from autograder.model import manifest
from autograder.model.manifest import Allowed, Assignment
from release.leaks import print_scan, scan
from release.leaks.extract.child import read_compiled
from release.leaks.extract.markup import markup
from release.leaks.extract.reader import read
from release.leaks.extract.spelling import spelled_out
from release.leaks.extract.typeset import rtf_text, tex_text
from release.markup.model import Answer

RENAMED_FUNCTION = f"def f(picture, n):\n{textwrap.indent(RENAMED, '    ')}\n    return out\n"
#: An answer with signs that typography changes, a hidden `_` and operators at which lines break.
TYPESET = (
    "legend_label = f'{model_name}--{epoch - first_epoch}' if smoothed > 0.5 | masked else \"raw\""
)


@pytest.fixture(scope="module")
def clean(hw4: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return made(hw4, tmp_path_factory.mktemp("hw4"))


@pytest.fixture
def bundle(clean: Bundle, tmp_path: Path) -> Bundle:
    return copied(clean, tmp_path)


@pytest.fixture
def typeset(tmp_path: Path) -> Bundle:
    """A bundle of one answer, the typeset one."""
    secrets = secrets_of(
        manifest.load(TWO_FUNCTIONS / "staff"), [Answer("two.py", 2, 6, TYPESET, "code")]
    )
    (tmp_path / "student").mkdir()
    return Bundle(tmp_path / "student", secrets)


# --- pieces of plants ---


def exported(exporter: HTMLExporter | LatexExporter, *sources: str) -> str:
    """What nbconvert makes of a notebook: a tag or a command around each token."""
    return str(
        exporter.from_notebook_node(new_notebook(cells=[new_code_cell(each) for each in sources]))[
            0
        ]
    )


def compiled(source: str, folder: Path) -> bytes:
    (folder / "m.py").write_text(source)
    return Path(str(py_compile.compile(str(folder / "m.py"), str(folder / "m.bin")))).read_bytes()


def of_another_python(data: bytes) -> bytes:
    """The same under the magic number of Python 3.8."""
    return b"U\r\r\n" + data[4:]


def history(source: str, folder: Path) -> bytes:
    """What IPython keeps of what was typed."""
    shell = InteractiveShell()
    manager = HistoryManager(shell, hist_file=str(folder / "typed"), enabled=True)
    manager.store_inputs(1, source)
    manager.writeout_cache()
    manager.end_session()
    return (folder / "typed").read_bytes()


def traceback_of(source: str, folder: Path) -> list[str]:
    """What Jupyter keeps of an error: colours around each token."""
    path = folder / "cell.py"
    path.write_text(f"{source}\nsmooth(1, 2)\n")
    try:
        exec(compile(path.read_text(), str(path), "exec"), {})
    except NameError:
        formatter = VerboseTB(theme_name="linux")
        return list(formatter.structured_traceback(*sys.exc_info()))
    raise AssertionError("it has no error")


def matplotlib_pdf(text: str) -> bytes:
    raw = io.BytesIO()
    figure = Figure((12, 4))
    figure.text(0.02, 0.5, text, family="serif", parse_math=False)
    figure.savefig(raw, format="pdf")
    return raw.getvalue()


def printed_pdf(lines: Sequence[str], *, size: int = 10) -> bytes:
    """A PDF as a browser prints one: numbers of glyphs, and each put where it belongs."""
    letters = sorted(set("".join(lines)))
    codes = {letter: number for number, letter in enumerate(letters, start=3)}
    drawn = []
    for row, line in enumerate(lines):
        x = 40.0
        drawn.append(f"BT /F4 {size} Tf 1 0 0 1 {x} {750 - row * 14} Tm")
        for letter in line:
            step = 5.37 if letter in "fijlrt(){}=, " else 6.12
            drawn.append(f"<{codes[letter]:04X}> Tj {step} 0 Td")
        drawn.append("ET")
    mapping = "\n".join(f"<{code:04X}> <{ord(letter):04X}>" for letter, code in codes.items())
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange\n"
        f"<0000> <FFFF>\nendcodespacerange\n{len(codes)} beginbfchar\n{mapping}\nendbfchar\n"
        "endcmap end end"
    )
    return pdf_of_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            b" /Resources << /Font << /F4 5 0 R >> >> >>",
            deflated("\n".join(drawn)),
            b"<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Mono /Encoding /Identity-H"
            b" /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Mono /DW 600 /CIDSystemInfo"
            b" << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
            deflated(to_unicode),
        ]
    )


def deflated(text: str) -> bytes:
    data = zlib.compress(text.encode())
    head = f"<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n".encode()
    return head + data + b"\nendstream"


def pdf_of_objects(objects: Sequence[bytes]) -> bytes:
    data, offsets = b"%PDF-1.4\n%\xd3\xeb\xe9\xe1\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return (
        data
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
            f"startxref\n{len(data)}\n%%EOF\n"
        ).encode()
    )


def with_attachment(name: str, content: bytes) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment(name, content)
    raw = io.BytesIO()
    writer.write(raw)
    return raw.getvalue()


def encrypted_pdf() -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(printed_pdf(["secret"]))))
    writer.encrypt("a password", algorithm="RC4-128")
    raw = io.BytesIO()
    writer.write(raw)
    return raw.getvalue()


def wrapped(text: str, width: int) -> list[str]:
    """As a page wraps it: wherever the line is full."""
    return [text[at : at + width] for at in range(0, len(text), width)]


def numbered(text: str) -> list[str]:
    return [f"{number:4} {line}" for number, line in enumerate(text.split("\n"), start=7)]


def mhtml(page: str) -> bytes:
    message = email.message.EmailMessage()
    message.set_content(page, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def runs(text: str, tag: str, letters: int = 3) -> str:
    """Every few letters in an element of their own, as a word processor keeps what was edited."""
    return "".join(f"<{tag}>{html.escape(part)}</{tag}>" for part in wrapped(text, letters))


def word(text: str) -> bytes:
    lines = "".join(f"<w:p>{runs(line, 'w:t')}</w:p>" for line in text.split("\n"))
    return zipped(**{"word/document__xml": f"<w:document><w:body>{lines}</w:body></w:document>"})


def sheet(text: str) -> bytes:
    return zipped(**{"xl/sharedStrings__xml": f"<sst><si><r>{runs(text, 't')}</r></si></sst>"})


def office(text: str) -> bytes:
    spaced = runs(text, "text:span").replace(" ", "<text:s/>")
    return zipped(**{"content__xml": f"<office:body><text:p>{spaced}</text:p></office:body>"})


def drawing(text: str) -> str:
    letters = "".join(f'<tspan x="{n}">{html.escape(a)}</tspan>' for n, a in enumerate(text))
    return f'<svg xmlns="http://www.w3.org/2000/svg"><text y="3">{letters}</text></svg>'


def rtf(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
    coloured = " ".join(f"\\cf{n % 7} {each}" for n, each in enumerate(escaped.split(" ")))
    return f"{{\\rtf1\\ansi{{\\fonttbl\\f0 Courier;}}\n\\f0\\fs20 {coloured}\\par\n}}"


def coloured(text: str) -> str:
    return " ".join(f"\x1b[38;5;{n}m{each}\x1b[39;49;00m" for n, each in enumerate(text.split(" ")))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def json_page(source: str) -> str:
    data = json.dumps({"notebook": notebook("1", source)}).replace("<", "\\u003c")
    return f'<html><script type="application/json">{data}</script><p>Hello</p></html>'


Plant = tuple[str, Callable[[Path], str | bytes], str]

#: The file that is written, its content, and what the finding's place must say.
PLANTS: dict[str, Plant] = {
    "nbconvert's HTML": ("a.html", lambda _: exported(HTMLExporter(), FUNCTION), "a.html, line "),
    "nbconvert's HTML, renamed": (
        "a.html",
        lambda _: exported(HTMLExporter(), "pass", RENAMED_FUNCTION),
        "a.html, line ",
    ),
    "nbconvert's slides": (
        "a.html",
        lambda _: exported(SlidesExporter(), FUNCTION),
        "a.html, line ",
    ),
    "nbconvert's LaTeX": ("a.tex", lambda _: exported(LatexExporter(), FUNCTION), "a.tex, line "),
    "an HTML under another name": (
        "page.txt",
        lambda _: exported(HTMLExporter(), FUNCTION),
        "page.txt, line ",
    ),
    "a page saved by a browser": (
        "a.mhtml",
        lambda _: mhtml(exported(HTMLExporter(), FUNCTION)),
        "a.mhtml, part 1, line ",
    ),
    "a notebook in a page's script": ("a.html", lambda _: json_page(FUNCTION), "a.html, line 1"),
    "a page in a page": (
        "a.html",
        lambda _: f'<iframe srcdoc="{html.escape(runs(KERNEL, "b"))}"></iframe>',
        "a.html, line 1",
    ),
    "a page in an address": (
        "a.html",
        lambda _: f'<a href="data:text/html,{quote(runs(KERNEL, "b"))}">x</a>',
        "a.html, line 1",
    ),
    "a page in base64": (
        "a.md",
        lambda _: f"![](data:text/html;base64,{encoded(runs(KERNEL, 'b'))})",
        "a.md, base64 in line 1",
    ),
    "a table with numbers of lines": (
        "a.html",
        lambda _: "<table>"
        + "".join(f"<tr><td>{n}</td><td>{runs(line, 'i')}</td></tr>"
                  for n, line in enumerate(AVERAGE.split("\n"), start=1))
        + "</table>",
        "a.html, line 1",
    ),
    "pandoc's LaTeX": (
        "a.tex",
        lambda _: "\\NormalTok{kernel }\\OperatorTok{=}\\NormalTok{ np.ones((filter\\_size, "
        "filter\\_size), dtype}\\OperatorTok{=}\\BuiltInTok{float}\\NormalTok{) }\\OperatorTok{/}"
        "\\NormalTok{ filter\\_size}\\OperatorTok{**}\\DecValTok{2}",
        "a.tex, line 1",
    ),
    "HTML in a notebook's output": (
        "b.ipynb",
        lambda _: json.dumps(
            {"cells": [{"cell_type": "code", "source": "1", "outputs": [
                {"output_type": "display_data", "data": {"text/html": [runs(KERNEL, "span")]}}]}]}
        ),
        "b.ipynb, cell 1.outputs",
    ),
    "a coloured traceback in a notebook": (
        "b.ipynb",
        lambda folder: json.dumps(
            {"cells": [{"cell_type": "code", "source": "1", "outputs": [
                {"output_type": "error", "ename": "NameError", "evalue": "np",
                 "traceback": traceback_of(FUNCTION, folder)}]}]}
        ),
        "b.ipynb, cell 1, outputs",
    ),
    "a coloured traceback, renamed": (
        "b.ipynb",
        lambda folder: json.dumps(
            {"cells": [{"cell_type": "code", "source": "1", "outputs": [
                {"output_type": "error", "traceback": traceback_of(
                    RENAMED_FUNCTION.replace("def f", "def smooth"), folder)}]}]}
        ),
        "b.ipynb, cell 1, outputs",
    ),
    "a coloured log": ("log.txt", lambda _: f"x\n{coloured(KERNEL)}\n", "log.txt, line 2"),
    "a log's codes as a browser shows them": (
        "log.txt",
        lambda _: coloured(KERNEL).replace("\x1b", ""),
        "log.txt, line 1",
    ),
    "a log's codes as JSON writes them": (
        "log.txt",
        lambda _: "cut off: " + json.dumps(coloured(KERNEL))[:-1],
        "log.txt, line 1",
    ),
    "struck over": (
        "log.txt",
        lambda _: "".join(f"{a}\b{a}" for a in KERNEL),
        "log.txt, line 1",
    ),
    "a PDF of matplotlib": ("a.pdf", lambda _: matplotlib_pdf(AVERAGE), "a.pdf, page 1"),
    "a PDF printed by a browser": (
        "a.pdf",
        lambda _: printed_pdf(AVERAGE.split("\n")),
        "a.pdf, page 1",
    ),
    "a PDF, wrapped within words": (
        "a.pdf",
        lambda _: printed_pdf(wrapped(KERNEL, 17)),
        "a.pdf, page 1",
    ),
    "a PDF with numbers of lines, renamed": (
        "a.pdf",
        lambda _: printed_pdf(numbered(RENAMED_FUNCTION)),
        "a.pdf",
    ),
    "a PDF with ligatures and typography": (
        "a.pdf",
        lambda _: printed_pdf([KERNEL.replace("fi", "\ufb01").replace("*", "\u2217")]),
        "a.pdf, page 1",
    ),
    "a file in a PDF": (
        "a.pdf",
        lambda _: with_attachment("b.py", FUNCTION.encode()),
        "a.pdf, b.py, line 2",
    ),
    "compiled Python": ("m.bin", lambda folder: compiled(FUNCTION, folder), "m.bin"),
    "compiled Python in a zip": (
        "a.zip",
        lambda folder: zipped(m=compiled(FUNCTION, folder)),
        "a.zip, member m",
    ),
    "compiled Python, one statement": (
        "m.bin",
        lambda folder: compiled(f"class A:\n  def f(self, filter_size):\n    {KERNEL}\n", folder),
        "m.bin",
    ),
    "another Python's compiled Python": (
        "m.bin",
        lambda folder: of_another_python(compiled(FUNCTION, folder)),
        "m.bin",
    ),
    "a string in compiled Python, renamed": (
        "m.bin",
        lambda folder: compiled(f"SOURCE = {RENAMED_FUNCTION!r}", folder),
        "m.bin, its strings",
    ),
    "a history of IPython": (
        "a.sqlite",
        lambda folder: history(FUNCTION, folder),
        "a.sqlite, table history, row 1",
    ),
    "a history of IPython, renamed": (
        "a.sqlite",
        lambda folder: history(RENAMED_FUNCTION, folder),
        "a.sqlite, table history, row 1",
    ),
    "a pickle": ("a.pkl", lambda _: pickle.dumps({"Größe": [1, KERNEL]}), "a.pkl, its texts"),
    "an array of texts": ("a.npy", lambda _: saved(np.array([KERNEL, "b"])), "a.npy, line"),
    "weights with a text": (
        "a.pt",
        lambda _: weights({"weight": torch.ones(300), "source": KERNEL}),
        "a.pt, member",
    ),
    "Word": ("a.docx", lambda _: word(AVERAGE), "a.docx, member word/document.xml, line 1"),
    "Excel": ("a.xlsx", lambda _: sheet(KERNEL), "a.xlsx, member xl/sharedStrings.xml, line 1"),
    "LibreOffice": ("a.odt", lambda _: office(KERNEL), "a.odt, member content.xml, line 1"),
    "a drawing": ("a.svg", lambda _: drawing(KERNEL), "a.svg, line 1"),
    "RTF": ("a.rtf", lambda _: rtf(KERNEL), "a.rtf, line 1"),
    "hexadecimal digits": ("a.txt", lambda _: FUNCTION.encode().hex(), "a.txt, hex in line 1"),
    "base64 for addresses": (
        "a.txt",
        lambda _: base64.urlsafe_b64encode(b"\xc3\xbe\xc3\xbf" + FUNCTION.encode()).decode(),
        "a.txt, base64 in line 1",
    ),
    "UTF-32 without a mark": ("a.dat", lambda _: FUNCTION.encode("utf-32-le"), "a.dat, line"),
    "escapes of JavaScript": (
        "a.js",
        lambda _: "x = '" + "".join(f"\\x{ord(a):02x}" for a in KERNEL) + "'",
        "a.js, line 1",
    ),
    "entities by number": (
        "a.md",
        lambda _: "".join(f"&#{ord(a)};" for a in KERNEL),
        "a.md, line 1",
    ),
    "spaces that do not break": ("a.md", lambda _: KERNEL.replace(" ", "\u202f"), "a.md, line 1"),
    "wide signs": (
        "a.md",
        lambda _: KERNEL.translate({n: n + 0xFEE0 for n in range(33, 127)}),
        "a.md, line 1",
    ),
    "marks of direction": ("a.md", lambda _: KERNEL.replace("e", "e\u200e\u2060"), "a.md, line 1"),
    "marks of a wrapped line": (
        "a.txt",
        lambda _: "\n\u21aa ".join(wrapped(KERNEL, 13)),
        "a.txt, line 1",
    ),
}  # fmt: skip


def saved(array: np.ndarray) -> bytes:
    raw = io.BytesIO()
    np.save(raw, array)
    return raw.getvalue()


def weights(state: object) -> bytes:
    raw = io.BytesIO()
    torch.save(state, raw)
    return raw.getvalue()


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_file_is_found(bundle: Bundle, tmp_path: Path, plant: str) -> None:
    name, content, location = PLANTS[plant]
    bundle.write(name, content(tmp_path))
    findings = bundle.findings()
    matching = [
        f for f in findings if f.location.startswith(location) and AVERAGING[:30] in f.secret
    ]
    assert matching, [finding.sentence() for finding in findings]
    assert {finding.file for finding in findings} == {name}


@pytest.mark.parametrize("plant", PLANTS)
def test_the_same_file_without_the_answer_is_fine(
    bundle: Bundle, tmp_path: Path, plant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what is found is the answer, and not its wrapping."""
    other = "total = 0\nfor row in rows:\n    total += row"
    module = sys.modules[__name__]
    monkeypatch.setattr(module, "KERNEL", "total = sum(rows)")
    monkeypatch.setattr(module, "AVERAGE", other)
    monkeypatch.setattr(module, "RENAMED", other)
    body = textwrap.indent(other, "    ")
    monkeypatch.setattr(module, "FUNCTION", f"def smooth(a, b):\n    undefined\n{body}\n")
    monkeypatch.setattr(module, "RENAMED_FUNCTION", f"def f(a, b):\n    undefined\n{body}\n")
    name, content, _ = PLANTS[plant]
    if plant == "pandoc's LaTeX":
        pytest.skip("its text is written out")
    bundle.write(name, content(tmp_path))
    assert bundle.findings() == ()


# --- typography ---


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("'", "\u2019").replace('"', "\u201d"),
        lambda text: text.replace("'", "\u201a", 1).replace("'", "\u2018"),
        lambda text: text.replace('"', "\u00bb", 1).replace('"', "\u00ab"),
        lambda text: text.replace("--", "\u2014").replace(" - ", " \u2013 "),
        lambda text: text.replace("-", "\u2212").replace(" ", "\u00a0"),
        lambda text: text.replace("_", "\\_").replace("'", "\u2032"),
        lambda text: text.replace(" > ", "\n> "),
        lambda text: text.replace(" | ", "\n| "),
        lambda text: text.replace("oo", "o\u200b\u200eo").replace("0.5", "\uff10\uff0e\uff15"),
    ],
)
def test_typography(typeset: Bundle, change: Callable[[str], str]) -> None:
    typeset.write("a.md", f"So: {change(TYPESET)}\n")
    assert only(typeset.findings()).secret.startswith("staff/two.py, cell 2, line 6")


def test_a_line_that_says_something_else_is_fine(typeset: Bundle) -> None:
    typeset.write("a.md", TYPESET.replace("-", "+").replace("epoch", "batch"))
    assert typeset.findings() == ()


names = st.from_regex(r"[a-z]{3,9}_[a-z]{3,9}", fullmatch=True)
LAYERS: dict[str, Callable[[str], str]] = {
    "JSON": lambda text: json.dumps({"a": [text, 1]}),
    "a string": lambda text: f"x = {text!r}\n",
    "a notebook": lambda text: notebook("1", text),
    "entities": html.escape,
    "tags": lambda text: f"<p>{runs(text, 'span', 5)}</p>",
    "an attribute": lambda text: f'<img alt="{html.escape(text)}"/>',
    "a comment": lambda text: f"<p>a</p><!-- {text.replace('--', '- -')} -->",
    "an address": lambda text: f"https://a.b/?q={quote(text)}",
    "colours": coloured,
    "quotation": lambda text: textwrap.indent(text, "> "),
    "base64": lambda text: base64.b64encode(text.encode()).decode() + "\n",
    "narrow": lambda text: text.replace(" ", "\u202f"),
    "dashes": lambda text: text.replace("- ", "\u2013 "),
}  # fmt: skip
FILES: dict[str, Callable[[str], bytes]] = {
    "text": str.encode,
    "UTF-16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "a zip": lambda text: zipped(a=text),
    "a pickle": lambda text: pickle.dumps([text]),
    "a database": lambda text: database(text),  # noqa: PLW0108
}


def database(text: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a, b)")
    connection.execute("INSERT INTO t VALUES (1, ?)", (text,))
    connection.commit()
    return connection.serialize()


@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(names, min_size=4, max_size=6, unique=True),
    st.integers(3, 99),
    st.lists(st.sampled_from(sorted(LAYERS)), max_size=3),
    st.sampled_from(sorted(FILES)),
)
def test_an_answer_is_found_below_any_layers(
    typeset: Bundle, used: list[str], number: int, layers: list[str], file: str
) -> None:
    answer = f"{used[0]} = {used[1]}({used[2]} - {number}, scale={number}) / np.{used[3]}('a')"
    staff = manifest.load(TWO_FUNCTIONS / "staff")
    typeset = replace(typeset, secrets=secrets_of(staff, [Answer("two.py", 2, 6, answer, "code")]))
    text = f"first\n{answer}\nlast"
    for layer in layers:
        text = LAYERS[layer](text)
    typeset.write("a", FILES[file](text))
    found = typeset.findings()
    assert "staff/two.py, cell 2, line 6" in [f.secret.partition(" (")[0] for f in found], text


@settings(max_examples=examples(200))
@given(st.text(alphabet="ab=<>&%\\x1b[0m;u{}\"'#39u2013-\x1b\u2013\u2019/", max_size=40))
def test_what_is_spelled_out_stays_as_it_is(text: str) -> None:
    plain = spelled_out(text)
    for _ in range(4):  # what was coded more often than anybody does may need another go
        plain = spelled_out(plain)
    assert spelled_out(plain) == plain


@settings(max_examples=examples(100))
@given(st.text(alphabet="ab \n<>/!-&;='\"[]pre", max_size=60))
def test_any_markup_is_read(text: str) -> None:
    found = markup(text)
    assert "".join(part for _, part in found.lines).count("a") <= text.count("a") + text.count("&")


@pytest.mark.parametrize("open_only", ["<!-- ", "<? ", '<a b="', "<![ ", "<a ", "\\", "\x1b["])
def test_what_is_never_closed_takes_no_longer(typeset: Bundle, open_only: str) -> None:
    """What is searched grows with the text; each sign of a long one was read for every other."""
    typeset.write("a.html", f"<p></p>{open_only * (1_000_000 // len(open_only))}\n{TYPESET}\n")
    before = time.process_time()
    assert typeset.findings()
    assert time.process_time() - before < 60  # minutes to hours, where it is read again and again


def test_the_text_of_tex_and_rtf() -> None:
    assert tex_text(
        "\\PY{n}{a}\\PY{p}{[}\\PY{l+s+s1}{\\PYZsq{}b\\PYZob{}\\PYZus{}\\PYZcb{}\\PYZsq{}}"
    ) == ("a['b{_}'")
    assert rtf_text("{\\rtf1 a\\'e9\\u8217?b \\{c\\}\\par d}") == "a\u00e9\u2019b {c}\nd"


# --- histories of editors ---


@pytest.mark.parametrize(
    "name",
    [
        ".history/two_20260101.py", "a/.history/x", ".lh/two.py.json", ".local-history/x",
        ".idea/workspace.xml", ".vscode/settings.json", ".vs/x", ".spyproject/config/a.ini",
        ".virtual_documents/a.ipynb", "x/.two.py.un~", ".two.py.swn", ".ipython/profile/x",
        "history.sqlite", "history.sqlite-journal", ".python_history", ".Rhistory", "~$notes.doc",
        ".~lock.a.odt#", ".specstory/history/a.md", ".aider.chat.history.md", "a/__history/b.py",
    ],
)  # fmt: skip
def test_a_history_is_a_finding_by_itself(typeset: Bundle, name: str) -> None:
    typeset.write(name, "an older state")
    finding = only(typeset.findings())
    assert name.startswith(finding.location)
    assert "belongs into no bundle" in finding.sentence()
    (typeset.folder / name).unlink()
    typeset.write("a.zip", zipped(**{f"top/{name}".replace("__", "_.").replace("_.", "__"): "old"}))
    if "__" not in name:  # the helper's spelling of a point
        assert "belongs into no bundle" in only(typeset.findings()).sentence()


def test_a_mac_makes_zips_with_its_own_files(typeset: Bundle) -> None:
    typeset.write(
        "a.zip", zipped(**{"top/.DS_Store": b"\0\0\0\1Bud1" + bytes(60), "top/a.txt": "x"})
    )
    assert "unknown binary format" in only(typeset.findings()).what


# --- what nobody can look into ---


def idx() -> bytes:
    return b"\0\0\x08\x03" + bytes([0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 9]) + bytes(range(162))


def sound() -> bytes:
    raw = io.BytesIO()
    with wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)))
    return raw.getvalue()


def picture(kind: str) -> bytes:
    raw = io.BytesIO()
    Image.effect_noise((16, 16), 40).save(raw, kind)
    return raw.getvalue()


def zipped_arrays() -> bytes:
    raw = io.BytesIO()
    np.savez_compressed(raw, a=np.arange(99) / 7, b=np.ones(3))
    return raw.getvalue()


def font() -> bytes:
    return (Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf").read_bytes()


DATA: dict[str, Callable[[], bytes]] = {
    "a.npy": lambda: saved(np.arange(99) / 7),
    "a.npz": zipped_arrays,
    "a.pt": lambda: weights({"a": torch.rand(400), "b": torch.rand(3)}),
    "pytorch_model.bin": lambda: weights({"a": torch.rand(400)}),
    "a.pkl": lambda: pickle.dumps({"a": np.arange(99) / 7}),
    "data_batch_1": lambda: pickle.dumps({"a": np.arange(99) / 7}, protocol=2),
    "train-images-idx3-ubyte": idx,
    "train-images-idx3-ubyte.gz": lambda: gzip.compress(idx()),
    "a.png": lambda: picture("PNG"),
    "a.jpg": lambda: picture("JPEG"),
    "a.gif": lambda: picture("GIF"),
    "a.webp": lambda: picture("WEBP"),
    "a.wav": sound,
    "a.ttf": font,
    "a.h5": lambda: b"\x89HDF\r\n\x1a\n" + bytes(range(256)),
    "a.parquet": lambda: b"PAR1" + bytes(range(256)) + b"PAR1",
    "a.safetensors": lambda: (60).to_bytes(8, "little") + b'{"a": 1}'.ljust(60) + bytes(range(256)),
    "a.mp4": lambda: b"\0\0\0\x20ftypisom" + bytes(range(256)),
}


@pytest.mark.parametrize("name", DATA)
def test_data_that_courses_give_out_is_no_finding(typeset: Bundle, name: str) -> None:
    typeset.write(name, DATA[name]())
    assert typeset.findings() == ()
    (looked,) = scan(typeset.folder, None, typeset.secrets).looked_at
    assert looked.unread or name.endswith((".pt", ".bin"))


UNKNOWN = bytes(range(256)) * 3


def test_an_unknown_binary_file_has_to_be_allowed(typeset: Bundle) -> None:
    typeset.write("data/a.bin", UNKNOWN)
    finding = only(typeset.findings())
    assert finding.location == "data/a.bin"
    assert finding.sentence() == (
        "data/a.bin: found a file of an unknown binary format, which cannot be looked into; leave "
        'it out, or say by an entry [[allow]] in the manifest what it is: file = "data/a.bin", '
        'text = "unknown binary format", reason = "...".'
    )
    allowed = Allowed("data/*.bin", "unknown binary format", "samples of a sensor")
    assert typeset.findings([allowed]) == ()
    typeset.write("data/a.bin", UNKNOWN + TYPESET.encode() + UNKNOWN)
    assert only(typeset.findings([allowed])).secret.startswith("staff/two.py, cell 2")


def test_unknown_files_of_an_archive_are_one_finding(typeset: Bundle) -> None:
    typeset.write(
        "a.zip", zipped(a__bin=UNKNOWN, b__bin=UNKNOWN, c__txt="x", **{"data/0": UNKNOWN})
    )
    finding = only(typeset.findings())
    assert finding.location == "a.zip, member a.bin"
    assert finding.secret == " (and 2 more of it)"
    assert typeset.findings([Allowed("a.zip", "unknown binary format", "samples")]) == ()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", b"%PDF-1.4\n" + UNKNOWN, "a PDF that cannot be read: "),
        ("a.pdf", encrypted_pdf(), "a PDF that cannot be read: ValueError: it is encrypted"),
        ("a.db", b"SQLite format 3\0" + UNKNOWN, "a database that cannot be read: DatabaseError"),
        (
            "m",
            b"\xa7\r\r\n" + bytes(12) + b"\xe3" + UNKNOWN,
            "a compiled Python that cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_is_a_finding(
    typeset: Bundle, name: str, content: bytes, why: str
) -> None:
    typeset.write(name, content)
    finding = only(typeset.findings())
    assert "cannot be looked into" in finding.what
    assert why in finding.what
    assert (
        typeset.findings([Allowed(name, "cannot be looked into", "it is broken on purpose")]) == ()
    )


def test_a_reader_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("release.leaks.extract.reader._SECONDS", 0.01)
    assert read("pdf", printed_pdf(["a"])).problem == "it takes more than 0.01 s"


def test_what_is_not_looked_at_is_listed(typeset: Bundle) -> None:
    typeset.write("a.png", picture("PNG"))
    typeset.write("b.zip", zipped(a__npy=saved(np.arange(99) / 7), b__npy=saved(np.arange(98) / 7)))
    typeset.write("c.pdf", with_attachment("x.txt", b"x"))
    typeset.write("d.bin", UNKNOWN)
    console = Console(record=True, width=200, file=io.StringIO())
    allowed = [Allowed("d.bin", "unknown binary format", "samples")]
    print_scan(console, scan(typeset.folder, None, typeset.secrets, allowed))
    lines = console.export_text().split("\n")
    listed = lines[lines.index("Not looked at:") + 1 :]
    assert [line.rstrip() for line in listed[:4]] == [
        "- a.png: pixels",
        "- b.zip, member a.npy (and 1 more like it): numbers (NumPy array)",
        "- c.pdf: 1 page(s) without text",
        "- d.bin: all but the plain texts in it",
    ]


# --- compiled Python ---


def test_what_the_templates_show_is_given_in_compiled_python_too(
    bundle: Bundle, tmp_path: Path
) -> None:
    """A helper of the public folder, compiled, holds no answer."""
    for path in sorted(bundle.folder.rglob("*.py")):
        bundle.write(f"compiled/{path.stem}.bin", compiled(path.read_text(), tmp_path))
    source = (
        "def forward(self, x):\n    x = F.relu(self.conv1(x))\n    return self.fc(x.flatten(1))\n"
        "def train(model, loader, optimizer, criterion):\n    for images, labels in loader:\n"
        "        optimizer.zero_grad()\n        loss = criterion(model(images), labels)\n"
        "        loss.backward()\n        optimizer.step()\n"
    )
    bundle.write("m.bin", compiled(source, tmp_path))
    bundle.write("n.bin", of_another_python(compiled(source, tmp_path)))
    assert bundle.findings() == ()


def test_strings_and_names_of_another_python(tmp_path: Path) -> None:
    source = (
        'def test_it(first_name, x):\n    """A text, Größe 3."""\n    return first_name.other\n'
    )
    data = of_another_python(compiled(source, tmp_path))
    assert {"test_it", "first_name", "x", "other", "A text, Größe 3."} <= set(
        read_compiled(data)["names"]
    )
