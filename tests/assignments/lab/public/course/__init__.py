"""Helpers of the course, with what a reader cannot see: state, and methods that are made up."""

KNOWN = {}


def register(name):
    """A decorator that notes a function under a name."""

    def note(function):
        KNOWN[name] = function
        return function

    return note


class Hidden:
    """Its attributes are made when they are asked for, so that no reading finds what they do."""

    def __init__(self):
        self.__dict__["seen"] = []

    def __getattr__(self, name):
        self.seen.append(name)
        return len(self.seen)
