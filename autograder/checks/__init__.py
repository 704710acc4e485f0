"""What a check is written with: marks, comparisons and the types of its fixtures.

A check is a plain pytest function; its docstring says what is asked, in a student's words::

    from autograder.checks import Student, expect_array, question
    from gradescope_utils.autograder_utils.decorators import number, weight

    @question("Q1")
    @weight(2)
    @number("1.1")
    def test_doubles(student: Student, rng):
        \"\"\"double(x) doubles every element\"\"\"
        x = rng.random((3, 4))
        expect_array(student.call("double", x), 2 * x, hint="Each element counts twice.")

The helpers ``expect_...`` compare values, or look at how an answer is written or behaves.

Fixtures: ``student`` (the answer to the check's question), ``files`` (the submitted files), ``rng``
(a numpy generator, seeded anew for every run; the seed stands in the result), ``cache`` (caches
costly results by content), ``training`` (judges the median accuracy over as many seeds as that
needs), ``settings`` (the manifest's table ``[checks]``), ``flag`` (tells staff,
costs no points), ``leaderboard`` (enters a value: column, value, "asc" or "desc"). Decorators of
gradescope-utils work as they do there.
"""

from autograder.checks.cache import Cache
from autograder.checks.expect import (
    expect,
    expect_array,
    expect_between,
    expect_equal,
    expect_frame,
    expect_number,
    expect_shape,
    expect_text,
    expect_type,
)
from autograder.checks.figures import Axes, Bars, Figure, Line, Points
from autograder.checks.files import Files
from autograder.checks.marks import all_or_nothing, depends, question, shared, time_limit
from autograder.checks.probes import Probe, probe
from autograder.checks.properties import (
    expect_causal,
    expect_deterministic,
    expect_gradient,
)
from autograder.checks.remote import RemoteObject
from autograder.checks.source import (
    Source,
    expect_call,
    expect_comprehension,
    expect_no_call,
    expect_no_import,
    expect_no_loop,
)
from autograder.checks.student import Student
from autograder.checks.timing import expect_growth, expect_vectorised
from autograder.checks.training import Training
from autograder.model.findings import fail
from autograder.model.report import Median
from autograder.wire.values import EnumMember, Record, type_name

__all__ = [
    "Axes",
    "Bars",
    "Cache",
    "EnumMember",
    "Figure",
    "Files",
    "Line",
    "Median",
    "Points",
    "Probe",
    "Record",
    "RemoteObject",
    "Source",
    "Student",
    "Training",
    "all_or_nothing",
    "depends",
    "expect",
    "expect_array",
    "expect_between",
    "expect_call",
    "expect_causal",
    "expect_comprehension",
    "expect_deterministic",
    "expect_equal",
    "expect_frame",
    "expect_gradient",
    "expect_growth",
    "expect_no_call",
    "expect_no_import",
    "expect_no_loop",
    "expect_number",
    "expect_shape",
    "expect_text",
    "expect_type",
    "expect_vectorised",
    "fail",
    "probe",
    "question",
    "shared",
    "time_limit",
    "type_name",
]
