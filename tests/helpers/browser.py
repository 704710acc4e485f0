"""A real headless Chromium for tests of pages, and what they ask it: requests, contrast, width."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = (390, 844), (1280, 900)

CONTRASTS = Path(__file__).with_name("contrasts.js").read_text(encoding="utf-8")
STRUCTURE = Path(__file__).with_name("structure.js").read_text(encoding="utf-8")


@dataclass
class Visit:
    """A page that is open, and what happened on it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def contrasts(self) -> list[tuple[str, float]]:
        """Texts by their contrast, the worst first."""
        return [(str(key), float(value)) for key, value in self.page.evaluate(CONTRASTS)]

    def structure(self) -> list[str]:
        """What is wrong with headings, labels, captions and links."""
        return list(self.page.evaluate(STRUCTURE))

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; the test is skipped where there is none."""
    if not CHROMIUM.is_file():
        pytest.skip(f"a test of pages needs {CHROMIUM}; install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visited(
    browser: Browser, file: Path, size: tuple[int, int] = DESKTOP, **options: Any
) -> Iterator[Visit]:
    """A page from disk, opened in a window of its own."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    try:
        context.set_default_timeout(10_000)
        visit = Visit(context.new_page())

        def note(request: Request) -> None:
            if (
                not request.url.startswith("data:")
                and request.url.partition("#")[0] != file.as_uri()
            ):
                visit.requests.append(request.url)

        def dismiss(dialog: Any) -> None:
            visit.dialogs.append(dialog.message)
            dialog.dismiss()

        visit.page.on("request", note)
        visit.page.on("console", lambda message: visit.console.append(message.text))
        visit.page.on("dialog", dismiss)
        visit.page.goto(file.as_uri())
        yield visit
    finally:
        context.close()
