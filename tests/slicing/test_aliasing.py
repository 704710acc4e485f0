"""Classes of objects that may be one: what is inside, and what it takes to find that."""

from __future__ import annotations

import pytest

from autograder.slicing.aliasing.object_classes import ObjectClasses


def nested(depth: int) -> tuple[ObjectClasses, list[int]]:
    """Containers, each in the one before, and an object beside that the outermost may hold."""
    objects = ObjectClasses()
    classes = [objects.new()]
    for _ in range(depth):
        inside = objects.part(classes[-1])
        assert inside is not None
        classes.append(inside)
    beside = objects.new()
    objects.add_held(classes[0], [beside])
    return objects, [*classes, beside]


def test_what_a_container_may_hold_may_be_in_all_that_is_inside() -> None:
    objects, classes = nested(3)
    assert objects.within([classes[0]]) == set(classes)
    assert objects.within([classes[2]]) == set(classes[2:])
    assert objects.same(classes[2]) == {classes[2], classes[-1]}


@pytest.mark.parametrize("computed_from", [False, True])
def test_what_is_within_takes_time_in_proportion(
    computed_from: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    find = ObjectClasses.find

    def counted(self: ObjectClasses, at: int) -> int:
        nonlocal steps
        steps += 1
        return find(self, at)

    monkeypatch.setattr(ObjectClasses, "find", counted)
    needed = []
    for depth in (200, 400):
        objects, classes = nested(depth)
        steps = 0
        assert objects.within(classes[:1], computed_from=computed_from) == set(classes)
        needed.append(steps)
    assert needed[1] < 3 * needed[0]
