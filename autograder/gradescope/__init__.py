"""A submission and its metadata come in from Gradescope, results.json goes out to it.

``metadata`` reads what Gradescope says, ``policies`` decides, ``repeat`` hands earlier results over
again, ``rich`` shows a check, ``output`` writes, and ``command`` is the whole run.
"""

from autograder.gradescope.output import (
    SCHEMA,
    Additions,
    is_written,
    problem_of,
    results,
    write_data,
    write_failure,
    write_results,
)

__all__ = [
    "SCHEMA",
    "Additions",
    "is_written",
    "problem_of",
    "results",
    "write_data",
    "write_failure",
    "write_results",
]
