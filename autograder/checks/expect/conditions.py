"""A condition and words come in; nothing, or a failure with these words, goes out."""

from __future__ import annotations

from autograder.model.findings import fail


def expect(
    condition: bool, public: str, *, hint: str = "", hidden: str | None = "something else"
) -> None:
    """Fail unless ``condition`` holds.

    Args:
        public: what came back, shown by public checks.
        hidden: what hidden checks say came back, without any value.
        hint: one sentence that helps, for both.
    """
    if not condition:
        raise fail(public, hint=hint, hidden=hidden)
