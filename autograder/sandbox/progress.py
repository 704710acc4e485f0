"""``import tqdm.notebook`` comes in; plain progress bars go out, as there is no notebook here.

The module draws with widgets, which raises an error where there are none.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_NAME = "tqdm.notebook"


class _Plain(MetaPathFinder, Loader):
    """Finds and makes the one module."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The module, if it is the one."""
        return ModuleSpec(fullname, self) if fullname == _NAME else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        """An ordinary one."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Give the plain bars the names of the others."""
        plain = importlib.import_module("tqdm.std")
        module.__dict__.update(
            tqdm=plain.tqdm, tqdm_notebook=plain.tqdm, trange=plain.trange, tnrange=plain.trange
        )


def draw_plainly() -> None:
    """From here on bars for notebooks are plain ones."""
    sys.modules.pop(_NAME, None)
    sys.meta_path.insert(0, _Plain())
