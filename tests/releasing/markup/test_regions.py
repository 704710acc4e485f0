"""The grammar of TODO boxes: examples of each error, and properties of generated cells."""

import textwrap
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model.errors import UserError
from release.markup.regions import Location, MarkerError, Region, find_regions

LOCATION = Location("hw.py", 3)
RULE = "#" * 60
TODO = "# TODO: average the image                                  #"
END = "#                     END OF YOUR CODE                     #"
OPENING = f"""\
{RULE}
{TODO}
# Hint: a kernel                                           #
{RULE}
"""
CLOSING = f"{RULE}\n{END}\n{RULE}\n"
BOX = f"x = 1\n{OPENING}y = x + 1\nz = y\n{CLOSING}print(y)"


@dataclass
class Cell:
    """A generated cell: its lines, and where in it the boxes are."""

    lines: list[str] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    markers: list[int] = field(default_factory=list)  # rules, TODO and END lines
    secrets: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        return "\n".join(self.lines)

    def outside(self) -> list[str]:
        """Return the lines that are in no region."""
        inside = {line for each in self.regions for line in range(each.start, each.end)}
        return [line for at, line in enumerate(self.source.split("\n")) if at not in inside]


spaces = st.integers(0, 12).map(lambda n: " " * n)
gaps = st.sampled_from([" ", "  ", "\t"])
rules = st.integers(57, 92).map(lambda n: "#" * n)
borders = st.sampled_from(["", "#", "     #", "   "])
HINTS = ["", " Hint: use a kernel", " 1. see numpy.pad", "   the end of it", " ----"]
VISIBLE = [
    "visible{n} = {n}",
    "print('visible', {n})  # a note",
    "# an ordinary comment",
    "",
    "%matplotlib inline",
    "!echo it's {n}",
    'text{n} = """\n{rule}\n# in a string\n{rule}\n"""',
    "first{n} = 1\n{indent}{rule}\n{indent}# Load the data #\n{indent}{rule}\n{indent}last{n} = 2",
]
ANSWERS = [
    "{secret} = 1",
    "# {secret} is why",
    "print('{secret}')",
    "",
    "if True:\n{indent}    {secret} = 2",
    "{secret} = '''\n#{secret}\n'''",
    "!echo {secret}",
]


@st.composite
def mixed_case(draw, text):
    return "".join(letter.lower() if draw(st.booleans()) else letter for letter in text)


@st.composite
def boxes(draw, cell, indent):
    """Append a box to `cell`; return whether its answer holds a statement."""

    def marker(line):
        cell.markers.append(len(cell.lines))
        cell.lines.append(indent + line)

    opening = len(cell.lines) + 1
    todo = draw(st.sampled_from(["TODO", "Todo", "todo"]))
    marker(draw(rules))
    marker(f"#{draw(spaces)}{todo}{draw(spaces)}: do it {draw(borders)}")
    for hint in draw(st.lists(st.sampled_from(HINTS), max_size=3)):
        cell.lines.append(f"{indent}#{hint}{draw(borders)}")
    marker(draw(rules))
    start = len(cell.lines)
    chosen = draw(st.lists(st.sampled_from(ANSWERS), max_size=3))
    for answer in chosen:
        secret = f"secret{len(cell.secrets)}z"
        cell.secrets.append(secret)
        cell.lines += (indent + answer.format(secret=secret, indent=indent)).split("\n")
    cell.regions.append(Region(start, len(cell.lines), indent, opening))
    words = draw(gaps).join(["END", "OF", "YOUR", "CODE"])
    marker(draw(rules))
    marker(f"#{draw(spaces)}{draw(mixed_case(words))}{draw(spaces)}{draw(st.sampled_from('# '))}")
    marker(draw(rules))
    return any(answer and not answer.startswith("#") for answer in chosen)


@st.composite
def boxed_cells(draw, min_boxes=0):
    """Generate a cell with up to four boxes among code, nested in functions and branches."""
    count = draw(st.integers(min_boxes, 4))
    others = draw(st.lists(st.sampled_from(["code", "def", "if", "close"]), max_size=8))
    unit = draw(st.sampled_from(["    ", "  ", "\t"]))
    cell, blocks = Cell(), [True]  # for each open block: does it hold a statement yet?
    for number, item in enumerate(draw(st.permutations(["box"] * count + others))):
        indent = unit * (len(blocks) - 1)
        if item == "box":
            blocks[-1] |= draw(boxes(cell, indent))
        elif item == "code":
            rule = draw(rules)
            code = draw(st.sampled_from(VISIBLE)).format(n=number, rule=rule, indent=indent)
            cell.lines += (indent + code).split("\n")
        elif item != "close":
            cell.lines.append(indent + ("if True:" if item == "if" else f"def f{number}(a):"))
            blocks[-1] = True
            blocks.append(False)
        elif len(blocks) > 1 and not blocks.pop():
            cell.lines.append(indent + "pass")
    while len(blocks) > 1:
        if not blocks.pop():
            cell.lines.append(unit * len(blocks) + "pass")
    return cell


@given(boxed_cells())
def test_finds_each_generated_region(cell):
    assert find_regions(cell.source, LOCATION) == tuple(cell.regions)


@given(boxed_cells(min_boxes=1))
def test_deleting_any_marker_line_is_an_error(cell):
    for at in cell.markers:
        with pytest.raises(MarkerError):
            find_regions("\n".join(cell.lines[:at] + cell.lines[at + 1 :]), LOCATION)


@given(boxed_cells(min_boxes=1), st.data())
def test_indenting_any_marker_line_otherwise_is_an_error(cell, data):
    at = data.draw(st.sampled_from(cell.markers))
    line = cell.lines[at]
    moved = data.draw(st.sampled_from([" " + line, "\t" + line, line.lstrip()]))
    if moved != line:
        with pytest.raises(MarkerError):
            find_regions("\n".join([*cell.lines[:at], moved, *cell.lines[at + 1 :]]), LOCATION)


@given(boxed_cells(min_boxes=1), st.data())
def test_a_slip_in_a_marker_word_is_an_error(cell, data):
    at = data.draw(st.sampled_from([at for at in cell.markers if cell.lines[at].strip("# \t")]))
    line = cell.lines[at]
    letters = [i for i, letter in enumerate(line.partition(":")[0]) if letter.isalpha()]
    i = data.draw(st.sampled_from(letters))
    slip = line[:i] + data.draw(st.sampled_from(["", "x", line[i] * 2])) + line[i + 1 :]
    with pytest.raises(MarkerError):
        find_regions("\n".join([*cell.lines[:at], slip, *cell.lines[at + 1 :]]), LOCATION)


def test_region_of_the_example():
    assert find_regions(BOX, LOCATION) == (Region(start=5, end=7, indent="", line=2),)


def test_blank_and_comment_only_answers_are_regions():
    blank = BOX.replace("y = x + 1\nz = y\n", "")
    assert find_regions(blank, LOCATION) == (Region(5, 5, "", 2),)
    assert len(find_regions(BOX.replace("y = x + 1", "# only\n#\n"), LOCATION)) == 1


def test_windows_line_ends():
    assert find_regions(BOX.replace("\n", "\r\n"), LOCATION) == (Region(5, 7, "", 2),)


@pytest.mark.parametrize(
    "line", ["#todo x", "#  TODO", "# To Do : x #", "# [TODO] x", "#Q1 TODO: x"]
)
def test_spellings_of_the_opening(line):
    assert len(find_regions(BOX.replace("# TODO: average the image", line), LOCATION)) == 1


@pytest.mark.parametrize(
    "heading",
    ["Load the data", "Too many epochs", "Run your code", "End of part one", "Tools", "---", ""],
)
def test_an_ordinary_heading_is_no_marker(heading):
    assert find_regions(f"{RULE}\n# {heading} #\n{RULE}\nx = 1\n{RULE}\n", LOCATION) == ()


def test_a_todo_inside_an_answer_goes_with_it():
    answer = "y = x + 1\nz = y"  # here the comments touch the rules of the box itself
    source = BOX.replace(answer, f"# TODO tidy\n{answer}\n# TODO later")
    assert len(find_regions(source, LOCATION)) == 1


MISSING_BELOW = OPENING.removesuffix(RULE + "\n")
SECOND = OPENING.replace(TODO, f"# Question 1\n{TODO}")
IN_IF = "if x:\n" + textwrap.indent(BOX, "    ")
RAGGED = IN_IF.replace(f"    {RULE}", f"  {RULE}", 1)
MAGICS = "!echo it's\nx = !ls\n%time f()\n"
ERRORS = {
    "no end": (f"x = 1\n{OPENING}y = 1", 2, "a TODO box without an end", "put an"),
    "no opening": (f"y = 1\n{CLOSING}", 2, "without a beginning", "put a TODO box above"),
    "nested": (
        f"{OPENING}y\n{textwrap.indent(BOX, '  ')}",
        7,
        "second TODO box before the TODO box of line 1",
        "end that",
    ),
    "not closed": (f"{MISSING_BELOW}y = 1\n{CLOSING}", 2, "not closed by a rule", "put a rule"),
    "not opened": (BOX.replace(RULE + "\n", "", 1), 2, "without a rule of its own", "put a rule"),
    "bare end": (BOX.replace(CLOSING, END + "\n"), 8, "not between two rules", "put one rule of #"),
    "no last rule": (f"{BOX}".replace(f"{END}\n{RULE}", END), 9, "not between two", "put one"),
    "loose end": (f"x = 1\n{END}", 2, "not between two rules", "put one rule"),
    "YOU": (BOX.replace("YOUR", "YOU"), 9, '"END OF YOU CODE" between', '"END OF YOUR CODE"'),
    "no OF": (BOX.replace("OF YOUR", "your"), 9, '"END YOUR CODE" where', '"END OF YOUR CODE" box'),
    "no end of TODO": (
        "# TODO: tidy\nx = 1",
        1,
        'TODO: tidy", which no end follows',
        "if an answer",
    ),
    "TOOD": (BOX.replace("TODO", "TOOD"), 3, '"TOOD: average the image"', 'write "TODO"'),
    "both": (BOX.replace("TODO:", "TODDO").replace("YOUR", "YUOR"), 3, '"TODDO', 'write "TODO"'),
    "second line": (f"{SECOND}y\n{CLOSING}", 3, "TODO below the first line", "move it"),
    "first rule's indent": (RAGGED, 3, "a line whose indentation differs", "alike"),
    "last rule's indent": (f"  {RULE}".join(BOX.rsplit(RULE, 1)), 10, "indentation", "alike"),
    "end's indent": (
        f"{OPENING}if x:\n" + textwrap.indent(f"y = 1\n{CLOSING}", "  "),
        7,
        "an end box whose indentation differs",
        "indent it as on line 1",
    ),
    "string": (
        f'text = """\n{BOX}\n"""',
        3,
        "a marker in a string literal",
        "move it out of the string",
    ),
    "end in string": (
        BOX.replace("z = y", f'"""\n{END}\n"""'),
        8,
        "in a string",
        "move it out of the string",
    ),
    "magics": (
        f'{MAGICS}t = f"""\n%s\n{BOX}\n"""',
        7,
        "in a string literal",
        "move it out of the string",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_name_place_finding_and_remedy(name):
    source, line, found, remedy = ERRORS[name]
    with pytest.raises(MarkerError) as caught:
        find_regions(source, LOCATION)
    message = str(caught.value)
    assert message.startswith(f"hw.py, cell 3, line {line}: found ")
    assert found in message.partition("; ")[0]
    assert remedy in message.partition("; ")[2]
    assert message.endswith(".")
    assert "\n" not in message
    assert isinstance(caught.value, UserError)


def test_cells_with_magics():
    magics = "!echo it's\nfiles = !ls\n%time f()\nlen?\n!pip install a \\\n   b\n"
    assert find_regions(magics + BOX, LOCATION) == (Region(11, 13, "", 8),)
    assert len(find_regions("%%time\n" + BOX, LOCATION)) == 1


def test_a_cell_that_is_not_python_at_all():
    script = f"%%bash\nif true; then\n{RULE}\n# TODO: x\n{RULE}\nls\n{RULE}\n{END}\n{RULE}\nfi"
    assert find_regions(script, LOCATION) == (Region(5, 6, "", 3),)


def test_a_rule_in_a_docstring_is_no_error():
    assert len(find_regions(f'"""\n{RULE}\n# Heading\n{RULE}\n"""\n{BOX}', LOCATION)) == 1
