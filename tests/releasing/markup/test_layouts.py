"""Layouts of real courses: where an answer ends though no end box says so, and what stays."""

from __future__ import annotations

import textwrap

import pytest

from autograder.model.manifest import MarkerPair, MarkerRules
from release.markup.markers import KNOWN, Markers, markers_of
from release.markup.model import Location, MarkerError
from release.markup.strip_cell import MARKDOWN_STUB, strip_code, strip_markdown

LOCATION = Location("hw.ipynb", 2)
MODULE = Location("hw.py", 0)
OPEN_ENDED = Markers(open_ended=True)
RULE = "#" * 60
STUB = "...  # your code"


def text(source: str) -> str:
    return textwrap.dedent(source).strip("\n").replace("RULE", RULE)


def stripped(source: str, markers: Markers = KNOWN, location: Location = LOCATION) -> str:
    return strip_code(text(source), location, markers=markers).source


#: By layout: the solved cell, and what students get.
LAYOUTS = {
    "cs231n: no end box": (
        """
        def loss(w):
            RULE
            # TODO: the loss      #
            RULE
            # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
            secret = w.sum()

            # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
            return secret
        """,
        """
        def loss(w):
            RULE
            # TODO: the loss      #
            RULE
            # *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
            secret = None  # your code
            # *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****
            return secret
        """,
    ),
    "cs231n: what is given above the pair stays": (
        """
        RULE
        # TODO: tune it
        RULE
        rates = [0.1, 0.2]
        # *****START OF YOUR CODE*****
        secret = rates[1]
        # *****END OF YOUR CODE*****
        print(rates)
        """,
        """
        RULE
        # TODO: tune it
        RULE
        rates = [0.1, 0.2]
        # *****START OF YOUR CODE*****
        ...  # your code
        # *****END OF YOUR CODE*****
        print(rates)
        """,
    ),
    "cs231n: two pairs and a box in one cell": (
        """
        RULE
        # TODO: first
        RULE
        # *****START OF YOUR CODE*****
        secret = 1
        # *****END OF YOUR CODE*****
        given = 2
        RULE
        # TODO: second
        RULE
        # *****START OF YOUR CODE*****
        secret = 3
        # *****END OF YOUR CODE*****
        RULE
        # END OF YOUR CODE
        RULE
        """,
        """
        RULE
        # TODO: first
        RULE
        # *****START OF YOUR CODE*****
        ...  # your code
        # *****END OF YOUR CODE*****
        given = 2
        RULE
        # TODO: second
        RULE
        # *****START OF YOUR CODE*****
        ...  # your code
        # *****END OF YOUR CODE*****
        RULE
        # END OF YOUR CODE
        RULE
        """,
    ),
    "CS182: a bare rule ends it": (
        """
        def f(x):
            RULE
            # TODO: double it
            # Hint: two times
            RULE
            secret = 2 * x
            RULE

            RULE
            # TODO: and add one
            RULE
            secret += 1
            RULE
            return secret
        """,
        f"""
        def f(x):
            RULE
            # TODO: double it
            # Hint: two times
            RULE
            secret = None  # your code
            RULE

            RULE
            # TODO: and add one
            RULE
            {STUB}
            RULE
            return secret
        """,
    ),
    "CS182: an empty answer": (
        "RULE\n# TODO: draw it\nRULE\nRULE\nshow()",
        f"RULE\n# TODO: draw it\nRULE\n{STUB}\nRULE\nshow()",
    ),
    "CS182: one line above, one below": (
        """
        def f(x):
            ###########  YOUR CODE HERE  ###########
            secret = x
            ###########  END OF YOUR CODE  ###########
            return secret
        """,
        """
        def f(x):
            ###########  YOUR CODE HERE  ###########
            secret = None  # your code
            ###########  END OF YOUR CODE  ###########
            return secret
        """,
    ),
    "CS229: a line above, a rule below": (
        """
        def f(x):
            ######### Your code here ##########
            secret = x
            ###################################
            return secret
        """,
        """
        def f(x):
            ######### Your code here ##########
            secret = None  # your code
            ###################################
            return secret
        """,
    ),
    "cs231n: one box goes on where the other ends": (
        """
        for i in x:
            RULE
            # TODO: first
            RULE
            secret = i
            RULE
            # TODO: second
            RULE
            secret += 1
            RULE
            # END OF YOUR CODE
            RULE
        """,
        f"""
        for i in x:
            RULE
            # TODO: first
            RULE
            {STUB}
            RULE
            # TODO: second
            RULE
            {STUB}
            RULE
            # END OF YOUR CODE
            RULE
        """,
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str) -> None:
    solved, expected = LAYOUTS[name]
    assert stripped(solved) == text(expected)
    assert stripped(expected) == text(expected)


#: The same where the manifest says that what has no end goes to the end of its block.
OPEN = {
    "a box in a function": (
        "def f(x):\n    RULE\n    # TODO: it\n    RULE\n    secret = x\n    return secret\n\nf(1)",
        f"def f(x):\n    RULE\n    # TODO: it\n    RULE\n    {STUB}\n\nf(1)",
    ),
    "a box in a cell": (
        "import this\nRULE\n# TODO: it\nRULE\nsecret = 1\nprint(secret)",
        f"import this\nRULE\n# TODO: it\nRULE\n{STUB}",
    ),
    "two boxes in one function": (
        "def f(x):\n    RULE\n    # TODO: a\n    RULE\n    secret = x\n    RULE\n    # TODO: b\n"
        "    RULE\n    return secret",
        f"def f(x):\n    RULE\n    # TODO: a\n    RULE\n    {STUB}\n    RULE\n    # TODO: b\n"
        f"    RULE\n    {STUB}",
    ),
    "a lone remark": (
        "def f(x):\n    # TODO: double it\n    # (in one line)\n    return 2 * x\n\ndef g(): pass",
        f"def f(x):\n    # TODO: double it\n    # (in one line)\n    {STUB}\n\ndef g(): pass",
    ),
    "a text that runs to the margin": (
        'def f(x):\n    # YOUR CODE HERE\n    secret = """\nleft\n"""\n    return secret\nf(1)',
        f"def f(x):\n    # YOUR CODE HERE\n    {STUB}\nf(1)",
    ),
    "solution on a line of its own": (
        "def f(x):\n    # solution\n    return 2 * x\n\nf(2)",
        f"def f(x):\n    {STUB}\n\nf(2)",
    ),
    "box and solution": (
        "def f(x):\n    RULE\n    # TODO: a\n    RULE\n    # solution\n    return 2 * x\nf(2)",
        f"def f(x):\n    RULE\n    # TODO: a\n    RULE\n    {STUB}\nf(2)",
    ),
    "CS188: a string": (
        'def f(x):\n    """Doubles."""\n    "*** YOUR CODE HERE ***"\n    return 2 * x\n\nf(2)',
        f'def f(x):\n    """Doubles."""\n    "*** YOUR CODE HERE ***"\n    {STUB}\n\nf(2)',
    ),
    "an else goes on": (
        "if x:\n    # TODO: this\n    secret = 1\nelse:\n    given = 2",
        f"if x:\n    # TODO: this\n    {STUB}\nelse:\n    given = 2",
    ),
    "a closed one is as ever": (
        "# YOUR CODE HERE\nsecret = 1\n# END YOUR CODE\ngiven = 2",
        f"# YOUR CODE HERE\n{STUB}\n# END YOUR CODE\ngiven = 2",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_has_no_end_goes_to_the_end_of_its_block(name: str) -> None:
    solved, expected = OPEN[name]
    assert stripped(solved, OPEN_ENDED) == text(expected)
    if name != "a closed one is as ever":
        with pytest.raises(MarkerError):
            stripped(solved)


def test_a_module_has_no_end_of_cell() -> None:
    with pytest.raises(MarkerError, match="outside any function"):
        stripped("RULE\n# TODO: it\nRULE\nsecret = 1", OPEN_ENDED, MODULE)
    with pytest.raises(MarkerError, match="outside any function"):
        stripped("# TODO: it\nsecret = 1", OPEN_ENDED, MODULE)


OWN = markers_of(
    MarkerRules(
        pairs=(
            MarkerPair("KEY ON", "KEY OFF"),
            MarkerPair("ecrire ici", "fin", shown=True),
            MarkerPair("notes on", "notes off", staff=True),
        )
    )
)


def test_an_assignment_names_its_own() -> None:
    assert stripped("# KEY ON\nsecret = 1\n# KEY OFF\ny = 2", OWN) == f"{STUB}\ny = 2"
    shown = "# --- Ecrire ici ---\nsecret = 1\n# --- fin ---"
    assert stripped(shown, OWN) == shown.replace("secret = 1", STUB)
    assert stripped("# notes on\n# 2 points\n# notes off\ny = 2", OWN) == "y = 2"
    with pytest.raises(MarkerError, match='"KEY ON" without an end'):
        stripped("# KEY ON\nsecret = 1", OWN)


#: Markers that stand in no table.
UNKNOWN = [
    "# SOLUTION CELL\nsecret = 1",
    "# Solution for part a\nsecret = 1",
    "### OPEN ANSWER KEY\nsecret = 1",
    "# the solution of part b)\nsecret = 1",
    "# The answer\nsecret = 1",
    "# ANSWER\nsecret = 1",
    "# Answer: 42\nsecret = 42",
    "# my solution\nsecret = 1",
    "# This is the solution\nsecret = 1",
    "# begin official code\nsecret = 1\n# end official code",
    "# <teacher>\nsecret = 1\n# </teacher>",
    "# [[ key\nsecret = 1\n# STAFF ONLY",
    "# {{{ prof\nsecret = 1\n# }}}\n# for instructors",
    "# region for us\nsecret = 1\n# endregion for us",
    "# >>> start reference\nsecret = 1\n# <<< end reference",
    "# remove before release\nsecret = 1",
    "# HIDDEN\nassert secret",
    "# hidden tests\nassert secret",
    "# rubric: 2 points for the sum\nsecret = 1",
    "# Instructor notes: many forget this\nsecret = 1",
    "# do not show this to students\nsecret = 1",
    "# students should not see this\nsecret = 1",
    "# TA: explain this in section\nTA_ONLY = 1  # TAs only",
    "# Write your answer below\nsecret = 1",
    "# Your solution here\nsecret = 1",
    "# insert your own code here\nsecret = 1",
    "secret = 1  # answer",
    "secret = 1  # STAFF",
    f"{RULE}\n# (YOUR ANSWER HERE)\n# Hint: reuse the code above.\n{RULE}\nsecret = 1",
]


@pytest.mark.parametrize("source", UNKNOWN)
def test_an_unknown_marker_is_an_error(source: str) -> None:
    with pytest.raises(MarkerError, match=r"^hw.ipynb, cell 2, line \d+: found ") as caught:
        strip_code(source, LOCATION)
    assert "\n" not in str(caught.value)
    with pytest.raises(MarkerError, match=r"^hw.py, line \d+: found "):
        strip_code(source, MODULE)


#: What given code says.
PROSE = [
    "# a hidden layer of 100 units\nlayer = 1",
    "# Hidden layer\nlayer = 1",
    "# remove outliers\nx = x[x < 3]",
    "# Compute the closed-form solution of the least squares problem\nx = 1",
    "# the answer should be the same as above, up to rounding\nx = 1",
    "# Check your answer\ncheck(1)",
    "# Run this cell to test your solution\ncheck(1)",
    "# start of the loop over all epochs\nx = 1",
    "# solution[i] is the i-th coordinate of the point\nx = 1",
    "# Do not change the lines below this one, please\nx = 1",
    "# BEGIN UNIT TEST\nx = 1\n# END UNIT TEST",
    "# Testing your implementation\nx = 1",
    "# \\begin{cases} x \\end{cases}\n# \\begin{aligned}\n# \\end{aligned}\nx = 1",
    "x = solve(a, b)  # the least squares solution of the system",
    "x = 1  # remove the mean",
]


@pytest.mark.parametrize("source", PROSE)
def test_prose_is_no_marker(source: str) -> None:
    assert strip_code(source, LOCATION).source == source


@pytest.mark.parametrize("source", UNKNOWN)
def test_an_unknown_marker_can_be_allowed(source: str) -> None:
    told = [line.partition("#")[2] for line in source.split("\n") if "#" in line]
    if RULE in source:
        return  # inside a box's rules it is a heading, which is judged as one
    allowed = markers_of(MarkerRules(), told)
    assert strip_code(source, LOCATION, markers=allowed).source == source


TEXT_CELLS = {
    "**Your answer:** because of x": f"**Your answer:** {MARKDOWN_STUB}",
    "Why?\n\n**Answer:**\n\nBecause.\n\nAnd so on.": f"Why?\n\n**Answer:** {MARKDOWN_STUB}",
    "$\\color{blue}{\\textit Your Answer:}$ Because.\n\n$\\color{blue}{\\textit Your "
    "Explanation:}$ It is so.": "$\\color{blue}{\\textit Your Answer:}$ "
    f"{MARKDOWN_STUB}\n\n$\\color{{blue}}{{\\textit Your Explanation:}}$ {MARKDOWN_STUB}",
    "*Your Answer*: x\n\n## Next\ntext": f"*Your Answer*: {MARKDOWN_STUB}\n\n## Next\ntext",
}


@pytest.mark.parametrize("source", TEXT_CELLS)
def test_a_label_in_a_text_marks_what_follows(source: str) -> None:
    made = strip_markdown(source, LOCATION)
    assert made.source == TEXT_CELLS[source]
    assert all("nswer" not in a.text and "xplanation" not in a.text for a in made.answers)
    assert strip_markdown(made.source, LOCATION).source == made.source


@pytest.mark.parametrize(
    "source", ["## Solution\n\nBecause.", "**Solution 2.** Because.", "### Answer to part b\nx"]
)
def test_a_heading_that_announces_an_answer_is_an_error(source: str) -> None:
    with pytest.raises(MarkerError, match="outside an answer"):
        strip_markdown(source, LOCATION)


def test_no_message_asks_for_what_it_found() -> None:
    with pytest.raises(MarkerError, match='let the line be "# END OF YOUR CODE" and nothing else'):
        strip_code("x = 1\n# # END OF YOUR CODE    #\n", LOCATION)
