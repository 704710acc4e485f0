"""Objects come in; in what classes they are, what may be inside, and of what sort, goes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice


class ObjectClasses:
    """Classes of objects that may be one, each with the class of all that may be inside.

    This is Steensgaard's analysis (POPL 1996): two classes that are made one have their insides
    made one, too. A class is a number; of those that are made one, ``find`` tells which stands for
    all. ``None`` in place of a class stands for numbers and text, which nothing can change.
    """

    def __init__(self) -> None:
        self._parents: list[int] = []
        #: What a class may be, or hold, beside its own; unlike ``_inside``, never made one.
        self._holds: dict[int, set[int]] = {}
        #: What a value was computed from: a gradient goes back there.
        self._from: dict[int, set[int]] = {}
        self._inside: dict[int, int] = {}
        self._outside: dict[int, set[int]] = {}
        self._kinds: dict[int, set[str]] = {}
        #: Classes of numbers and text all through; what is inside is such too.
        self._plain: set[int] = set()
        self._iterators: set[int] = set()

    # --- what is known ---

    def find(self, at: int) -> int:
        """The one that stands for the whole class."""
        while self._parents[at] != at:
            self._parents[at] = self._parents[self._parents[at]]
            at = self._parents[at]
        return at

    def within(self, classes: Iterable[int], *, computed_from: bool = False) -> set[int]:
        """These classes and all that may be inside, or be the same.

        Args:
            computed_from: what the values were computed from, too.
        """
        found: set[int] = set()
        above: set[int] = set()  # each is climbed to once, however much is found inside of it
        pending = list(classes)
        while pending:
            at = self.find(pending.pop())
            if at not in found:
                found.add(at)
                pending += [self._inside[at]] if at in self._inside else []
                for whole in self._climb(at, above):
                    pending += self._holds.get(whole, ())
                    pending += self._sources(whole) if computed_from else ()
        return found

    def _sources(self, at: int) -> list[int]:
        """What a value was computed from, but for batches of data, to which no gradient goes."""
        found = self._from.get(at, ())
        return [source for source in found if not self._is_batch(source)]

    def _is_batch(self, at: int) -> bool:
        wholes = islice(self._climb(at, set()), 1, None)  # but for itself
        return any("loader" in self._kinds.get(whole, ()) for whole in wholes)

    def same(self, at: int) -> set[int]:
        """The classes that an object of the class may belong to: its own, and what it may be."""
        held = {part for whole in self._climb(at, set()) for part in self._holds.get(whole, ())}
        return {self.find(at)} | self.within(held)

    def _climb(self, at: int, seen: set[int]) -> Iterator[int]:
        """The class and all that it may be inside of: what those hold, it may be.

        Args:
            seen: what is left out, with all above it; those that are told are added.
        """
        pending = [at]
        while pending:
            at = self.find(pending.pop())
            if at not in seen:
                seen.add(at)
                yield at
                pending += self._outside.get(at, ())

    def kinds(self, at: int | None) -> frozenset[str]:
        """What sorts of objects are in a class; empty if nothing is known."""
        if at is None:
            return frozenset({"data"})
        at = self.find(at)
        known = self._kinds.get(at, set())
        if not known and any(whole in self._plain for whole in self._climb(at, set())):
            return frozenset({"data"})
        return frozenset(known)

    def used_up(self, at: int | None) -> bool:
        """Whether going through an object of the class may leave less of it."""
        return at is not None and self.find(at) in self._iterators

    # --- what becomes known ---

    def new(self, kinds: Collection[str] = ()) -> int:
        """A class of its own.

        Args:
            kinds: what sorts of objects are in it, as far as that is known.
        """
        made = len(self._parents)
        self._parents.append(made)
        if kinds:
            self._kinds[made] = set(kinds)
        return made

    def part(self, whole: int | None) -> int | None:
        """The class of what is inside a class of objects."""
        if whole is None:
            return None
        whole = self.find(whole)
        if whole not in self._inside:
            self._inside[whole] = self.new()
            self._outside.setdefault(self._inside[whole], set()).add(whole)
        return self.find(self._inside[whole])

    def unite(self, classes: Iterable[int | None]) -> int | None:
        """Make the classes one."""
        pending = [at for at in classes if at is not None]
        first = pending[0] if pending else None
        pairs = [(first, other) for other in pending[1:] if first is not None]
        while pairs:
            one, other = (self.find(at) for at in pairs.pop())
            if one == other:
                continue
            self._parents[other] = one
            for edges in (self._holds, self._from, self._outside):
                if other in edges:
                    edges.setdefault(one, set()).update(edges.pop(other))
            if other in self._kinds:
                self._kinds.setdefault(one, set()).update(self._kinds.pop(other))
            for marks in (self._plain, self._iterators):
                if other in marks:
                    marks.add(one)
            inside = self._inside.pop(other, None)
            if inside is not None:
                pairs.append((self._inside.setdefault(one, inside), inside))
        return None if first is None else self.find(first)

    def add_held(self, at: int, others: Iterable[int | None]) -> None:
        """Objects of the class may be, or hold, those of the others, which stay apart."""
        _add(self._holds, self.find(at), others)

    def add_sources(self, at: int, sources: Iterable[int | None]) -> None:
        """Objects of the class were computed from the sources, and share nothing with them."""
        _add(self._from, self.find(at), sources)

    def set_kinds(self, at: int, kinds: Iterable[str]) -> None:
        """These sorts of objects are in a class, whatever was said before."""
        self._kinds[self.find(at)] = set(kinds)

    def add_kind(self, at: int, kind: str) -> None:
        """This sort of objects is in a class, too."""
        self._kinds.setdefault(self.find(at), set()).add(kind)

    def mark_plain(self, at: int) -> None:
        """Objects of the class are made of numbers and text all through."""
        self._plain.add(self.find(at))

    def mark_iterator(self, at: int) -> None:
        """Objects of the class are used up by going through them."""
        self._iterators.add(self.find(at))


def _add(edges: dict[int, set[int]], at: int, others: Iterable[int | None]) -> None:
    edges.setdefault(at, set()).update(other for other in others if other is not None)
