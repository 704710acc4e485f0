"""A report of public checks comes in; a table for a notebook's output goes out, with pictures.

Colours are those of the page around it, so that it reads in light and dark themes.
"""

from __future__ import annotations

import html

from autograder.model.findings import clean
from autograder.model.missing_files import BELOW_A_TABLE, said_once
from autograder.model.report import CheckResult, Report
from autograder.model.statuses import STATUSES
from autograder.pages.console import PlainConsole
from autograder.pages.terminal import print_public, public_words

COLOURS = {
    "passed": "#2e8540",
    "partial": "#b8860b",
    "failed": "#c0392b",
    "skipped": "#888",
    "fault": "#8e44ad",
}
CELL = "padding:.35em .7em;text-align:left;vertical-align:top;white-space:pre-wrap"


class ReportView:
    """A report as Jupyter shows it, or a terminal without pictures."""

    def __init__(self, report: Report, points: float) -> None:
        self.report = report
        self.points = points

    def __repr__(self) -> str:
        # Where rich finds Jupyter it would show a page of its own, beside the one below.
        console = PlainConsole(force_jupyter=False, force_terminal=False, width=100)
        with console.capture() as capture:
            print_public(console, self.report, self.points)
        return capture.get()

    def _repr_html_(self) -> str:
        report = said_once(self.report, BELOW_A_TABLE)
        rows = "".join(_row(check) for check in report.checks)
        notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
        faults = "".join(
            f"<p>An internal error; please tell the staff:</p><pre>{escape(fault)}</pre>"
            for fault in self.report.all_faults
        )
        head = "".join(
            f'<th scope="col" style="{CELL}">{name}</th>'
            for name in ("", "Check", "Points", "Message")
        )
        table = (
            f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
            if rows
            else ""
        )
        words = escape(public_words(self.report, self.points))
        return f'{table}{notes}{faults}<p style="opacity:.75">{words}</p>'


def escape(text: str) -> str:
    """A text of any origin, in HTML."""
    return html.escape(clean(text))


def _row(check: CheckResult) -> str:
    word, sign = STATUSES[check.status]
    mark = (
        f'<span style="color:{COLOURS[check.status]};font-weight:bold" role="img" '
        f'aria-label="{word}">{sign}</span>'
    )
    number = f"{check.number} " if check.number else ""
    points = f"{check.score:g} / {check.max_score:g}" if check.max_score else ""
    message = escape(check.message) + _pictures(check)
    cells = (mark, escape(f"{number}{check.title}"), points, message)
    return "<tr>" + "".join(f'<td style="{CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _pictures(check: CheckResult) -> str:
    figures = "".join(
        '<figure style="display:inline-block;margin:.4em .5em .2em 0">'
        f'<img src="data:image/png;base64,{picture.png}" alt="{escape(picture.alt)}" '
        'style="display:block;max-width:120px;border:1px solid #8888;image-rendering:pixelated">'
        f'<figcaption style="font-size:85%">{escape(picture.title)}</figcaption></figure>'
        for picture in check.pictures
    )
    return f"<div>{figures}</div>" if figures else ""
