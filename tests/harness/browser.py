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

#: Every text on the page with the contrast of its colour to what lies behind it, worst first.
CONTRASTS = """() => {
  const parse = c => { const n = c.match(/[\\d.]+/g).map(Number); return [...n.slice(0, 3), n[3] ?? 1] };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c[3] === 1) return c.slice(0, 3); if (c[3] !== 0) throw Error('half transparent: ' + e.className) }
    return parse(getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'rgb(0,0,0)' : 'rgb(255,255,255)').slice(0, 3) };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = new Map();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.checkVisibility()) continue;
    const [front, back] = [parse(getComputedStyle(e)[e.closest('svg') ? 'fill' : 'color']).slice(0, 3), behind(e)];
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const key = e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + front + ' on ' + back;
    if (!seen.has(key)) seen.set(key, (a + 0.05) / (b + 0.05));
  }
  return [...seen].sort((x, y) => x[1] - y[1]);
}"""

#: What is wrong with the page's structure, in words; nothing if all is well.
STRUCTURE = """() => {
  const wrong = [], all = s => [...document.querySelectorAll(s)];
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title) wrong.push('no title');
  for (const s of ['main', 'h1']) {
    const n = all(s).filter(e => e.checkVisibility()).length;
    if (n !== 1) wrong.push(n + ' of ' + s);
  }
  let last = 0;
  for (const h of all('h1,h2,h3,h4,h5,h6').filter(e => e.checkVisibility())) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) wrong.push(h.tagName + ' after H' + last + ': ' + h.textContent);
    last = level;
  }
  for (const e of all('img:not([alt])')) wrong.push('a picture without words');
  for (const e of all('input, select')) if (!e.labels?.length && !e.ariaLabel) wrong.push('no label: ' + e.outerHTML);
  for (const e of all('svg')) if (!e.ariaLabel && !e.ariaHidden && !e.getAttribute('aria-labelledby')) wrong.push('no label: svg');
  for (const t of all('table')) if (!t.closest('.student') && !t.caption) wrong.push('a table without a caption');
  const ids = all('[id]').map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  for (const a of all('a[href^="#"]'))
    if (!a.closest('.student') && a.hash.length > 1 && !a.dataset.route && !document.getElementById(decodeURIComponent(a.hash.slice(1)))) wrong.push('leads nowhere: ' + a.hash);
  return wrong;
}"""


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
