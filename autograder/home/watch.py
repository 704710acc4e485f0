"""A folder comes in; whenever a notebook or another answer in it was saved, that goes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from autograder.home.folder import HomeError

#: What students save answers in.
SUFFIXES = (".ipynb", ".py", ".json", ".csv")
IGNORED = {".ipynb_checkpoints", "__pycache__"}


def saved(folder: Path, console: Console) -> Iterator[None]:
    """Wait for the next time that an answer is saved; until Ctrl-C.

    Raises:
        HomeError: the library for it is not installed.
    """
    try:
        from watchfiles import Change, watch
    except ModuleNotFoundError:
        raise HomeError(
            "--watch needs the package watchfiles; install it by: pip install watchfiles"
        ) from None

    def wanted(_change: Change, path: str) -> bool:
        file = Path(path)
        return file.suffix in SUFFIXES and not IGNORED & set(file.parts)

    _tell(console)
    for _changes in watch(folder, watch_filter=wanted, raise_interrupt=True):
        console.clear()
        yield
        _tell(console)


def _tell(console: Console) -> None:
    console.print(Text("Waiting for the next save; Ctrl-C ends this.", "dim"))
