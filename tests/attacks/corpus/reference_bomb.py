# ruff: noqa
"""A list of more objects than a reply may hold, each of which stays.

defence: objects that stay are few + references are few
control: own
wins: trophy
"""


def total(matrix):
    return [object() for _ in range(20_000)]


label = total


def trophy():
    return total(None)


class Stack(list):
    push = list.append

    def __iter__(self):
        while True:
            yield total(None)


def control(arena):
    """Each would be an object of the grader's too."""
    from autograder.wire.references import Reference

    made = [Reference(number) for number in range(1, len(total(None)))]
    return len({id(each) for each in made}) > 15_000
