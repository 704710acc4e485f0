"""A leak scan comes in, tables of what was looked at and found go out to the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from release.leaks.model import Scan


def print_scan(console: Console, scan: Scan) -> None:
    """Print which parts of which files were searched for what, and each finding."""
    table = Table(box=box.SIMPLE_HEAVY, title="Leak scan: what was looked at")
    table.add_column("File")
    table.add_column("Bytes", justify="right")
    table.add_column("Parts")
    table.add_column("Findings", justify="right")
    for looked in scan.looked_at:
        parts = ", ".join(f"{count:,} {kind}" for kind, count in looked.parts.items())
        found = sum(finding.file == looked.name for finding in scan.findings)
        style = "red" if found else "green"
        cells = (Text(looked.name), f"{looked.size:,}", Text(parts), Text(str(found), style))
        table.add_row(*cells)
    console.print(table)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in scan.secrets.items())
    console.print(Text(f"Searched for: {counts}."))
    unread = [what for looked in scan.looked_at for what in looked.unread]
    if unread:
        console.print(Text("Not looked at:"))
    for what in unread:
        console.print(Text(f"- {what}"))
    for finding in scan.findings:
        console.print(Text(f"- {finding.sentence()}", "red"))
    if not scan.findings:
        console.print(Text("Nothing was found.", "green"))
