"""Names for what statements share without naming it: random states, files, settings, a figure."""

#: In angle brackets, so that none is a name of Python's.
NUMPY_RANDOM = "<numpy's random state>"
PYTHON_RANDOM = "<Python's random state>"
TORCH_RANDOM = "<torch's random state>"
FILES = "<files>"
SETTINGS = "<settings>"
FIGURE = "<the current figure>"
RANDOM = frozenset({NUMPY_RANDOM, PYTHON_RANDOM, TORCH_RANDOM})
