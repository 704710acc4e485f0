"""One public check for each thing that a worker does, and for each way in which an answer fails."""

from typing import Any

import numpy as np
import pytest
import torch
from crossed import expectation, same
from gradescope_utils.autograder_utils.decorators import number, weight
from wire_values import FRAMES, PLAIN

from autograder.checks import (
    RemoteObject,
    Student,
    expect,
    expect_array,
    expect_deterministic,
    expect_equal,
    expect_no_call,
    expect_text,
    probe,
    question,
    time_limit,
    type_name,
)

EIGHT_MEGABYTES = 1_000_000


# --- values -------------------------------------------------------------------------------------


@question("values")
@time_limit(60)
@weight(1)
@number("values")
@pytest.mark.parametrize("name", [*PLAIN, *FRAMES])
def test_values(student: Student, name: str) -> None:
    expected, kind = expectation(name, (PLAIN | FRAMES)[name]())
    got = student.call("value", name)
    if name != "state_dict":  # it is drawn anew
        expect(same(got, expected), f"of {name}, {got!r} came, where {expected!r} is expected")
    expect(type_name(got) == kind, f"of {name}, a {type_name(got)} came, no {kind}")


@question("values")
@time_limit(60)
@weight(0)
@number("values sent")
def test_values_sent(student: Student) -> None:
    kinds = student.call("kind", [make() for make in FRAMES.values()])
    expect_equal(kinds, [type(make()).__name__ for make in FRAMES.values()])


@question("values")
@weight(0)
@number("values that stay")
@pytest.mark.parametrize(
    "name",
    ["generator", "iterator", "function", "class", "object", "exception", "network"],
)
def test_staying(student: Student, name: str) -> None:
    got = student.call("staying", name)
    expect(isinstance(got, RemoteObject), f"of {name}, {got!r} came, and it did not stay")


@question("values")
@weight(0)
@number("three dots")
def test_three_dots(student: Student) -> None:
    student.call("refused", "three dots")


@question("values")
@weight(0)
@number("long double")
def test_refused(student: Student) -> None:
    student.call("refused", "long double")


@question("values")
@weight(0)
@number("quantised tensor")
def test_refused_tensor(student: Student) -> None:
    student.call("refused", "quantised tensor")


@question("values")
@weight(0)
@number("large array")
def test_large(student: Student) -> None:
    expect_array(student.call("large", EIGHT_MEGABYTES), np.arange(EIGHT_MEGABYTES, dtype=float))


@question("values")
@weight(0)
@number("value of a name")
def test_value_of_a_name(student: Student) -> None:
    expect(isinstance(student.remote("value"), RemoteObject), "no object")
    expect(isinstance(student.value("kind"), RemoteObject), "no object")


# --- calls --------------------------------------------------------------------------------------


@question("calls")
@weight(1)
@number("raises")
def test_raises(student: Student) -> None:
    kind, message = student.raises(ValueError, "refuse", -1)
    expect_equal((kind, message), ("Negative", "-1 is negative"))


@question("calls")
@weight(0)
@number("raises nothing")
def test_raises_nothing(student: Student) -> None:
    student.raises(ValueError, "refuse", 1)


@question("calls")
@weight(0)
@number("an error")
def test_error(student: Student) -> None:
    student.call("divide", 1)


@question("calls")
@weight(0)
@number("recursion without end")
def test_recursion(student: Student) -> None:
    student.call("deep", 0)


@question("calls")
@weight(0)
@number("sys.exit")
def test_leave(student: Student) -> None:
    student.call("leave")


@question("calls")
@weight(0)
@number("an error without words")
def test_odd_words(student: Student) -> None:
    student.call("odd_words")


@question("calls")
@weight(0)
@number("too many arguments")
def test_too_many_arguments(student: Student) -> None:
    student.call("divide", 1, 2)


@question("calls")
@weight(0)
@number("the check's own input")
def test_input_stays_as_it_is(student: Student) -> None:
    x = np.ones(3)
    student.call("spoil", x)
    expect_array(x, np.ones(3))


@question("calls")
@weight(0)
@number("in place")
def test_in_place(student: Student) -> None:
    x = student.keep(np.ones(3))
    student.call("spoil", x)
    expect_array(x.value(), np.zeros(3))


@question("calls")
@weight(0)
@number("printed")
def test_printed(student: Student) -> None:
    expect_equal(student.output("ask", input="Ada\n"), "Who? Hello Ada \N{SNOWMAN}\n")


@question("calls")
@weight(0)
@number("nothing to read")
def test_nothing_to_read(student: Student) -> None:
    student.output("ask")


@question("calls")
@weight(0)
@number("printed without end")
def test_flood(student: Student) -> None:
    student.output("flood")


@question("calls")
@weight(0)
@number("figure")
def test_figure(student: Student) -> None:
    plot = student.figure("draw", [3.0, 2.0, 1.0]).plot
    expect_array(plot.line("loss").y, np.array([3.0, 2.0, 1.0]))
    expect_equal((plot.xlabel, plot.legend), ("step", ("loss",)))


@question("calls")
@weight(0)
@number("no figure")
def test_no_figure(student: Student) -> None:
    student.figure("refuse", 1)


@question("calls")
@weight(0)
@number("file")
def test_file(student: Student) -> None:
    student.call("write", "out.txt", "\N{SNOWMAN}")
    expect_equal(student.file("out.txt").decode(), "\N{SNOWMAN}")


@question("calls")
@weight(0)
@number("no file")
def test_no_file(student: Student) -> None:
    student.file("nowhere.txt")


@question("calls")
@weight(0)
@number("main module")
def test_main_module(student: Student) -> None:
    expect_equal(student.call("own", 5), (5, "__main__"))


@question("calls")
@weight(0)
@number("source at run time")
def test_source_at_run_time(student: Student) -> None:
    expect_equal(student.call("source_of"), "def divide(x):\n    return x / 0\n")


@question("calls")
@weight(0)
@number("given name")
def test_given_name(student: Student) -> None:
    expect_equal(student.call("twice", 4), 8)


@question("calls")
@weight(0)
@number("given name in a function")
def test_given_name_in_a_function(student: Student) -> None:
    expect_equal(student.call("doubled", 4), 8)


@question("calls")
@weight(0)
@number("own name before a given one")
def test_own_name(student: Student) -> None:
    expect_equal(student.call("thrice", 4), 12)


@question("calls")
@weight(0)
@number("missing name")
def test_missing(student: Student) -> None:
    student.call("missing")


@question("calls")
@weight(0)
@number("rule")
def test_rule(student: Student) -> None:
    expect_no_call(student.source("doubled"), "eval")


@question("calls")
@weight(0)
@number("broken rule")
def test_broken_rule(student: Student) -> None:
    expect_no_call(student.source("own"), "pickle.loads")


@question("calls")
@weight(0)
@number("broken rule in a helper")
def test_broken_rule_in_a_helper(student: Student) -> None:
    expect_no_call(student.source("outer"), "sum")


@question("calls")
@weight(0)
@number("the same again")
def test_deterministic(student: Student, rng: np.random.Generator) -> None:
    x = rng.random(3)
    expect_array(expect_deterministic(lambda: student.call("refuse", float(x[0]))), x[0])


@question("calls")
@weight(0)
@number("some cases")
@pytest.mark.parametrize("x", [1, 0, -1, 2])
def test_cases(student: Student, x: int) -> None:
    expect_equal(student.call("refuse", x), x)


# --- objects ------------------------------------------------------------------------------------


@probe
def backwards(stack: Any, times: int) -> list[Any]:
    return stack.items[::-1] * times


@probe
def attribute_of(stack: Any) -> Any:
    return stack.nothing


@probe
def plus(x: Any, y: Any) -> Any:
    return x + y


@question("objects")
@weight(1)
@number("object")
def test_object(student: Student) -> None:
    stack = student.make("Stack", 1, 2)
    stack.call("push", 3)
    stack.set_item(0, 7)
    expect_equal((stack.get("items"), len(stack), stack.item(2)), ([7, 2, 3], 3, 3))
    stack.set("items", ["a"])
    expect_equal(list(stack), ["a"])


@question("objects")
@weight(0)
@number("object of an object")
def test_object_of_an_object(student: Student) -> None:
    inner = student.make("Stack", np.ones(2))
    outer = student.make("Stack", inner)
    expect_array(outer.item(0).item(0), np.ones(2))


@question("objects")
@weight(0)
@number("missing attribute")
def test_missing_attribute(student: Student) -> None:
    student.make("Stack").get("nothing")


@question("objects")
@weight(0)
@number("missing item")
def test_missing_item(student: Student) -> None:
    student.make("Stack").item(5)


@question("objects")
@weight(0)
@number("iteration without end")
def test_iteration(student: Student) -> None:
    counting = student.call("count_up", 5, keep=True)
    expect_equal((counting.take(3), counting.take(2)), ([5, 6, 7], [8, 9]))


@question("objects")
@weight(0)
@number("probe")
def test_probe(student: Student) -> None:
    stack = student.make("Stack", 1, torch.ones(2))
    got = student.probe(backwards, stack, 2)
    expect_array(got[0], torch.ones(2))
    expect_equal(got[1::2], [1, 1])


@question("objects")
@weight(0)
@number("probe that fails")
def test_probe_fails(student: Student) -> None:
    student.probe(attribute_of, student.make("Stack"))


@question("objects")
@weight(0)
@number("probe as an argument")
def test_callback(student: Student) -> None:
    expect_equal(student.call("apply", plus, "a", "b"), "ab")


# --- what the answer's own cell shows -------------------------------------------------------------


@question("seen")
@weight(1)
@number("printed by a cell")
def test_cell_printed(student: Student) -> None:
    expect_text(student.output(), "The last one is 16")


@question("seen")
@weight(0)
@number("drawn by a cell")
def test_cell_drawn(student: Student) -> None:
    plot = student.figure().plot
    expect_equal(plot.title, "Squares")
    expect_array(plot.lines[0].y, np.arange(5) ** 2)


@question("seen")
@weight(0)
@number("description")
def test_describe(student: Student) -> None:
    expect_equal(student.describe("squares", "length"), {"length": 5})


@question("seen")
@weight(0)
@number("description refused")
def test_describe_refused(student: Student) -> None:
    student.describe("title", "length")


# --- what ends a worker; the next check has another -----------------------------------------------


@question("ends")
@weight(0)
@number("never comes back")
def test_never(student: Student) -> None:
    student.call("never")


@question("ends")
@weight(0)
@number("os._exit")
def test_exit(student: Student) -> None:
    student.call("exit")


@question("ends")
@weight(0)
@number("crash")
def test_crash(student: Student) -> None:
    student.call("crash")


@question("ends")
@weight(1)
@number("the next check")
def test_next(student: Student) -> None:
    expect_equal(student.call("fine"), 7)
