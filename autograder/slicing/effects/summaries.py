"""The words that effects are put in: what a statement or a call changes, and what it shares."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from autograder.slicing.aliasing.values import ANY_ARGUMENT
from autograder.slicing.astnodes import Function


@dataclass(frozen=True)
class Shared:
    """What some code does to what is shared without being named, all sets of resources.

    Attributes:
        draws: taken from and left in another state, as a random state by ``rand``.
        seeds: set to a state that does not depend on the one before.
        reads: what its outcome follows from.
        changes: what it may leave in another state.
    """

    draws: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()

    def __or__(self, other: Shared) -> Shared:
        return Shared(
            self.draws | other.draws,
            self.seeds | other.seeds,
            self.reads | other.reads,
            self.changes | other.changes,
        )

    @property
    def sets(self) -> frozenset[str]:
        """What it sets anew whatever was before."""
        return self.seeds - self.draws - self.changes


@dataclass(frozen=True)
class Change:
    """How an object changes: for sure or perhaps, as a whole or with all that is inside."""

    sure: bool
    deep: bool

    def __or__(self, other: Change) -> Change:
        return Change(self.sure or other.sure, self.deep or other.deep)


@dataclass(frozen=True)
class Summary:
    """What a call of a function does.

    Attributes:
        parameters: its positional ones, in order.
        changed: parameters and global names whose objects it changes.
        consumed: parameters that it goes through, which uses iterators up.
        result: parameters (as ``ANY_ARGUMENT``) and global names that its result may be or hold.
    """

    parameters: tuple[str, ...] = ()
    changed: Mapping[str, Change] = field(default_factory=dict)
    consumed: frozenset[str] = frozenset()
    result: frozenset[str] = frozenset()
    shared: Shared = Shared()

    def __or__(self, other: Summary) -> Summary:
        """What either does; the parameters are those of this one."""
        return Summary(
            self.parameters,
            merged(self.changed, other.changed),
            self.consumed | other.consumed,
            self.result | other.result,
            self.shared | other.shared,
        )

    def seen_from_outside(self) -> Summary:
        """The same for another module, where this one's global names mean nothing."""
        inside = {*self.parameters, ANY_ARGUMENT}
        changed = {n: sure for n, sure in self.changed.items() if n in inside or n[:1] == "<"}
        return replace(self, changed=changed, result=self.result & inside)


@dataclass(frozen=True)
class Settled:
    """What some functions do, once and for all; ``number`` stands for it."""

    number: int
    summaries: Mapping[Function, Summary]


class Settlements:
    """What is known of functions, by all that it follows from."""

    #: What a session of hours reads is not kept for ever.
    MOST = 4096

    def __init__(self) -> None:
        self._known: dict[Hashable, Settled] = {}
        self._numbers = count()

    def get(self, key: Hashable) -> Settled | None:
        """What was kept under a key."""
        return self._known.get(key)

    def keep(self, key: Hashable, summaries: Mapping[Function, Summary]) -> Settled:
        """Keep what functions do."""
        if len(self._known) >= self.MOST:
            self._known.clear()
        self._known[key] = made = Settled(next(self._numbers), summaries)
        return made


@dataclass(frozen=True)
class Touch:
    """One thing that a piece of code changes.

    Attributes:
        classes: of the objects that may change.
        name: or the name whose object does.
        sure: it does, as far as a statement that is run does anything.
        why: what does it, as source text.
        deep: all that can be reached through them may change, and be it by another function's word.
    """

    classes: frozenset[int]
    name: str = ""
    sure: bool = True
    why: str = ""
    deep: bool = False


@dataclass(frozen=True)
class Effect:
    """What one statement does, blocks in it left out."""

    touches: tuple[Touch, ...]
    shared: Shared


def merged(one: Mapping[str, Change], other: Mapping[str, Change]) -> dict[str, Change]:
    """Both; of a name in both, what either says."""
    both = dict(one)
    for name, change in other.items():
        both[name] = both[name] | change if name in both else change
    return both


def joined(parts: Iterable[Shared]) -> Shared:
    """All of them together."""
    joined = Shared()
    for part in parts:
        joined |= part
    return joined
