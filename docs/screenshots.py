"""The pictures of the docs come out of the real pages, in Chromium: docs/images/*.png.

    .venv/bin/python docs/screenshots.py

A reader of the tutorial and of the page on written answers is played, as in the tests; then some
thirty students submit, and what staff and students see is photographed. Needs root (or Landlock),
Debian's chromium, and two minutes.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "docs"))

from pages import Reader, read  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
IMAGES = ROOT / "docs" / "images"
MAX_BYTES = 150_000
SIZE = {"width": 1160, "height": 760}
WRONG = (
    ("features.std(axis=0)", "features.std()"),
    ("predictions == labels", "predictions != labels"),
    ("self.waited >= self.patience", "self.waited > self.patience"),
    ("self.best, self.waited = loss, 0", "self.best = loss"),
    ('["minutes"].mean()', '["minutes"].sum()'),
    ('["minutes"].mean()', '["minute"].mean()'),
)
NAMES = (
    "amara beatriz chen dmitri elif farid greta hiro ines jonas kavya lena mateo nadia omar priya "
    "quentin rosa sven tariq uma viktor wanda xenia yusuf zoe"
).split()
ANSWERS = (
    "It shows when the network begins to learn the noise.",
    "Because the training loss always falls.",
    "The validation data were not trained on, so their loss rises once the network overfits, while "
    "the training loss goes on falling.",
)


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)  # the sandbox's user has to pass
        course = Path(folder) / "course"
        course.mkdir()
        reader = Reader(course, Path(sys.executable).parent, Path(folder) / "cache")
        reader.follow(read(ROOT / "docs" / "tutorial" / "teachers.md"))
        reader.follow(read(ROOT / "docs" / "how-to" / "written-answers.md"))
        submit(course)
        run(course, "batch", "submissions", "-a", "solutions/hw1", "-o", "results", "--feedback")
        table = checked_notebook(course)
        with chromium() as browser:
            photograph(browser, table.as_uri(), "notebook", height=400)
            page = course / "results" / "feedback" / "bob.html"
            photograph(browser, page.as_uri(), "feedback", height=900)
            photograph(browser, (course / "results" / "report.html").as_uri(), "report")
            with review(course) as address:
                photograph(browser, address, "review", shows="text=Answer 1 of")


def run(course: Path, *arguments: str) -> None:
    """A command of ours, as staff give it."""
    command = [str(Path(sys.executable).with_name("autograder")), *arguments]
    subprocess.run(command, cwd=course, check=True, stdout=subprocess.DEVNULL)


def submit(course: Path) -> None:
    """Let each of the names submit Ada's notebook, with some answers wrong."""
    draw = random.Random(4)
    original = (course / "submissions" / "ada" / "notebook.ipynb").read_text(encoding="utf-8")
    for name in NAMES:
        tree = json.loads(original)
        wrong = draw.sample(WRONG, draw.choice([0, 1, 1, 2, 3]))
        for cell in tree["cells"]:
            source = "".join(cell["source"])
            for old, new in wrong:
                source = source.replace(old, new)
            asked, label, _given = source.partition("**Your answer:**")
            if label:
                source = f"{asked}{label}\n\n{draw.choice(ANSWERS)}"
            cell["source"] = source
        folder = course / "submissions" / name
        folder.mkdir()
        (folder / "notebook.ipynb").write_text(json.dumps(tree), encoding="utf-8")


def checked_notebook(course: Path) -> Path:
    """A student's notebook that was run with `check()` in it, as a page."""
    home = course / "dist" / "hw1" / "student"
    text = (home / "notebook.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    answer = next(cell for cell in notebook.cells if cell.get("id") == "standardize")
    answer.source = (
        "def standardize(features):\n    return (features - features.mean(axis=0)).std(axis=0)"
    )
    code = nbformat.v4.new_code_cell
    notebook.cells = [
        code("import numpy as np"),
        answer,
        code('from autograder.notebook import check\n\ncheck("Q1")'),
    ]
    NotebookClient(notebook, resources={"metadata": {"path": str(home)}}).execute()
    page, _resources = HTMLExporter().from_notebook_node(notebook)
    path = course / "checked.html"
    path.write_text(page, encoding="utf-8")
    return path


@contextmanager
def review(course: Path) -> Iterator[str]:
    """The page on which people grade, while it is served; its address."""
    command = [str(Path(sys.executable).with_name("autograder")), "review", "results"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "300"}
    with subprocess.Popen(
        command, cwd=course, stdout=subprocess.PIPE, text=True, env=environment
    ) as serving:
        try:
            assert serving.stdout is not None
            for line in serving.stdout:
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    return
            raise RuntimeError("autograder review: printed no address")
        finally:
            serving.terminate()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; nothing that a page holds is fetched from elsewhere."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def photograph(
    browser: Browser, address: str, name: str, *, height: int = SIZE["height"], shows: str = ""
) -> None:
    """Write the picture of a page's upper part.

    Args:
        shows: what has to be on the page before it is taken.

    Raises:
        RuntimeError: it is larger than pictures of the docs may be.
    """
    page = browser.new_page(viewport={**SIZE, "height": height}, color_scheme="light")
    page.goto(address)
    if shows:
        page.wait_for_selector(shows)
    data = page.screenshot()
    page.close()
    # 128 colours are enough for text and bars, and make a fifth of the size.
    picture = Image.open(io.BytesIO(data)).convert("RGB").quantize(128)
    path = IMAGES / f"{name}.png"
    picture.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        raise RuntimeError(f"{path}: {path.stat().st_size} bytes; choose a smaller part of it")
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
