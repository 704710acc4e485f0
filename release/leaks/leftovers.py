"""A file's path comes in; the folder or file in it that a run or an editor left goes out."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

#: What holds older states of files, or what somebody typed; none of it belongs into a bundle.
NEVER = (
    # Runs and version control.
    "__pycache__", "*.pyc", "*.pyo", ".git", ".hg", ".svn", ".bzr", ".jj", "*.bak", "*.orig",
    "*.rej", "*.tmp", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".venv", ".env",
    ".coverage", ".tox", ".nox", ".cache",
    # Editors, and what they keep of older states.
    ".ipynb_checkpoints", "*~", "*.swp", "*.swo", "*.swn", "*.un~", "#*#", ".#*", "~$*", ".~lock.*",
    ".idea", ".vscode", ".vs", ".fleet", ".zed", ".history", ".lh", ".local-history",
    ".localhistory", ".spyproject", ".ropeproject", ".virtual_documents", ".undo", ".undodir",
    ".backup", "*.autosave", "*.asv", "__history",
    # What was typed, asked and answered.
    ".ipython", ".jupyter", "history.sqlite*", ".python_history", ".Rhistory", ".bash_history",
    ".zsh_history", ".viminfo", ".cursor", ".claude", ".aider*", ".specstory",
    ".DS_Store", "Thumbs.db",
)  # fmt: skip
#: In archives of others these are common, and hold nothing.
_HARMLESS = (".DS_Store", "Thumbs.db", ".cache")


def leftover(name: str) -> str | None:
    """The folder or file in a path that belongs into no bundle."""
    path = PurePosixPath(name)
    paths = [*reversed(path.parents), path]
    return next((str(p) for p in paths if any(fnmatchcase(p.name, n) for n in NEVER)), None)


def leftover_in_archive(member: str) -> str | None:
    """The same of an archive's member."""
    found = leftover(member)
    return None if found and PurePosixPath(found).name in _HARMLESS else found
