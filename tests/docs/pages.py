"""A page of the docs comes in; its blocks go out, and are run as a reader would.

What a block is for stands in its title, where readers see it:

    sh                                          commands, run in the course's folder
    title="PATH"                                the file's whole text
    title="PATH, added at the end"              more of it
    title="PATH, one line changed"              the line that begins as the block does
    title="PATH, the cell ID"                   the source of a notebook's cell
    title="PATH, as it is"                      nothing is written: the file has these lines
    title="Output"                              lines that the last commands have printed

Remarks above a block say what readers need not see: `<!-- not run: WHY -->`, `<!-- exit: 1 -->`. A
remark anywhere on a page says in which folder it begins, `<!-- course: NAME -->`, or who runs its
blocks, `<!-- run by: TEST -->`. A block of the language `text` without a title is a picture of
folders or of a command's form.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(
    r"(?P<remarks>(?:^[ ]*<!--[^\n]*-->\n+)*)"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_REMARK = re.compile(r"<!-- (not run|exit|course|run by): (.*?) -->")
_TITLE = re.compile(r'title="([^"]+)"')
TIMEOUT = 240
#: What a block has put into the background ends with it.
BEGINNING = "set -euo pipefail; trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"


@dataclass(frozen=True)
class Block:
    """Attributes:
    path: the file that it is about; empty for commands and output.
    how: the words behind the path in its title.
    not_run: why it is not run; empty if it is.
    exits: the exit codes that its commands may end with.
    """

    line: int
    language: str
    text: str
    path: str = ""
    how: str = ""
    not_run: str = ""
    exits: tuple[int, ...] = (0,)

    @property
    def is_commands(self) -> bool:
        return self.language == "sh"

    @property
    def is_output(self) -> bool:
        return self.path == "Output"

    @property
    def is_picture(self) -> bool:
        return self.language == "text" and not self.path


@dataclass(frozen=True)
class Page:
    """Attributes:
    course: in which state of the course's folder its reader begins.
    run_by: the test that runs its blocks; empty if this one does.
    """

    path: Path
    course: str
    run_by: str
    blocks: tuple[Block, ...]


def read(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    said = dict(_REMARK.findall(text))
    blocks = tuple(_block(text, match) for match in _FENCE.finditer(text))
    return Page(path, said.get("course", ""), said.get("run by", ""), blocks)


def _block(text: str, match: re.Match[str]) -> Block:
    said = dict(_REMARK.findall(match["remarks"]))
    title = _TITLE.search(match["info"])
    path, _, how = title[1].partition(", ") if title else ("", "", "")
    lines = match["text"].split("\n")
    inner = "\n".join(line.removeprefix(match["indent"]) for line in lines)
    return Block(
        text.count("\n", 0, match.start("language")) + 1,
        match["language"],
        inner,
        path,
        how,
        said.get("not run", ""),
        tuple(int(code) for code in said.get("exit", "0").split(" or ")),
    )


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder.

    Attributes:
        binaries: the folder of the environment's commands.
        cache: where verdicts are cached, for all pages.
    """

    folder: Path
    binaries: Path
    cache: Path
    printed: str = field(default="", init=False)
    at: Path = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.folder

    def follow(self, page: Page) -> None:
        for block in page.blocks:
            if not (block.not_run or block.is_picture):
                self.do(block, f"{page.path.name}, line {block.line}")

    def do(self, block: Block, where: str) -> None:
        if block.is_commands:
            self._run(block, where)
        elif block.is_output:
            self._compare(block.text, where)
        else:
            assert block.path, f"{where}: how is this block run? Give it a title, or say why not."
            self._write(block, where)

    def _run(self, block: Block, where: str) -> None:
        """As a terminal does: a `cd` holds for the blocks below."""
        end = "--- the end ---"
        done = subprocess.run(
            ["bash", "-c", f"{BEGINNING}\n{block.text}\necho '{end}'; pwd"],
            cwd=self.at,
            env={
                **os.environ,
                "PATH": f"{self.binaries}{os.pathsep}{os.environ['PATH']}",
                "XDG_CACHE_HOME": str(self.cache),
                "COLUMNS": "400",
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        output, _, folder = done.stdout.partition(f"{end}\n")
        self.printed = output + done.stderr
        self.at = Path(folder.strip() or self.at)
        assert done.returncode in block.exits, f"{where}: exit {done.returncode}\n{self.printed}"

    def _compare(self, shown: str, where: str) -> None:
        printed = plain(self.printed)  # a terminal wraps where it likes
        for line in filter(None, map(plain, shown.split("\n"))):
            assert line in printed, f"{where}: not printed: {line!r}\n{self.printed}"

    def _write(self, block: Block, where: str) -> None:
        path = self.at / block.path
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if block.how == "as it is":
            assert block.text.strip() in before, f"{where}: {block.path} has other lines"
            return
        if block.how == "added at the end":
            assert before, f"{where}: there is no {block.path}"
            text = before + block.text
        elif block.how == "one line changed":
            text = changed(before, block.text, where)
        elif block.how.startswith("the cell "):
            text = with_cell(before, block.how.removeprefix("the cell "), block.text)
        else:
            assert not block.how, f"{where}: what is {block.how!r}?"
            text = block.text
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def plain(text: str) -> str:
    """A printed text without its spacing and frames."""
    return " ".join(re.sub(r"[│┃━─╭╮╰╯]", " ", text).split())


def changed(text: str, new: str, where: str) -> str:
    """A text in which the one line that begins as the new one does is replaced."""
    first = new.split("\n", 1)[0]
    key = re.match(r"from \S+ import|import \S+|[^=]*=?", first)
    assert key is not None
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if line.startswith(key[0])]
    assert len(places) == 1, f"{where}: {len(places)} lines begin with {key[0]!r}"
    lines[places[0]] = new.rstrip("\n")
    return "\n".join(lines)


def with_cell(text: str, identifier: str, source: str) -> str:
    """A notebook in which a cell has another source."""
    tree = json.loads(text)
    (cell,) = (cell for cell in tree["cells"] if cell.get("id") == identifier)
    cell["source"] = source.rstrip("\n")
    return json.dumps(tree)
