"""A written bundle and what was taken out of it come in; what leaked into it all the same goes out.

`gather` makes the secrets: answers, staff files, hidden checks, outputs of the solution notebooks.
`scan` takes every file of the bundle apart, down to the text chunks of pictures in zips in base64,
and looks for them.
"""

from release.leaks.model import Finding, Scan, ScannedFile
from release.leaks.scanning import scan
from release.leaks.secrets import Secrets, gather
from release.leaks.terminal import print_scan

__all__ = [
    "Finding",
    "Scan",
    "ScannedFile",
    "Secrets",
    "gather",
    "print_scan",
    "scan",
]
