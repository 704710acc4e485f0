"""A cell's text comes in, plain Python on the same lines goes out.

Magics that change something a later cell may need are written as the Python that does the same:
files, the environment, the working folder, scripts. Shell lines and all other magics come to
nothing. The body of a cell magic that is not known is taken for Python, as most are (``%%time`` and
its like); one that is none is told by the name of its magic.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from autograder.slicing.edits import Edit, Located, Source, says

#: Cell magics whose body is no Python of the notebook's, or leaves nothing behind.
BODY_IS_OTHER = frozenset(
    "bash sh script cmd system sx perl ruby pypy python2 html HTML javascript js latex markdown "
    "svg timeit R sql cython julia octave bigquery tikz mermaid ai".split()
)
#: Cell magics that write their body into a file.
WRITES_BODY = frozenset({"writefile", "file"})
#: Line magics whose argument runs as a statement in the notebook's own namespace.
STATEMENT_RUNS = frozenset({"time", "prun", "memit", "mprun", "lprun", "snakeviz"})


def python_source(source: str) -> str:
    """A cell's text as plain Python on the same lines; what only a shell or IPython runs is None.

    Raises:
        SyntaxError: the text is neither Python nor IPython's extension of it.
    """
    try:
        tree = parse_python(source)
    except SyntaxError:
        source = _without_cell_magic(source)
        source = _transformed(source)
        tree = parse_python(source)
    if "get_ipython" not in source:
        return source
    text = Source(source)
    edits = [edit for edit in _magic_edits(tree) if _is_there(edit.node, text)]
    return text.whole(edits) if edits else source


def parse_python(source: str) -> ast.Module:
    """``ast.parse`` for text of any origin: every refusal is a SyntaxError, warnings are silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"the code is too deeply nested or unreadable: {error}") from None


def _transformed(source: str) -> str:
    if not source.strip():
        return source
    # Imported here: only a cell that is no plain Python needs it.
    from autograder.slicing.ipython import transformed

    try:
        found = transformed(source)
    except SyntaxError:
        raise
    except Exception as error:
        raise SyntaxError(f"the code cannot be read: {error}") from None
    # IPython takes leading empty lines away; with them back, line numbers stay the student's.
    found = "\n" * _leading_newlines(source) + found
    return found if source.endswith("\n") else found.removesuffix("\n")


def _leading_newlines(source: str) -> int:
    return source[: len(source) - len(source.lstrip())].count("\n")


def _without_cell_magic(source: str) -> str:
    """The body behind cell magics, or empty lines where another program would run it.

    Raises:
        SyntaxError: a magic that is not known stands over what is no Python.
    """
    head, names = "", []
    while magic := re.match(r"(\s*)%%(\w+)[^\S\n]*(.*)", source):
        if magic[2] in WRITES_BODY:
            return f"{head}{magic[1]}{_writing(magic[3], source[magic.end() :])}"
        if magic[2] in BODY_IS_OTHER:
            return head + "\n" * source.count("\n")
        head += f"{magic[1]}None"
        names.append(magic[2])
        source = source[magic.end() :]
    if names:
        _require_python(source, names)
    return head + source


def _writing(options: str, body: str) -> str:
    """What ``%%writefile`` does, as one statement on as many lines."""
    words = options.split()
    mode = "a" if {"-a", "--append"} & set(words) else "w"
    name = next((word.strip("'\"") for word in words if not word.startswith("-")), "")
    text = body.removeprefix("\n")
    call = f"open({name!r}, {mode!r}, encoding='utf-8').write({text!r}"
    return call + "\n" * body.count("\n") + ")"


def _require_python(body: str, magics: list[str]) -> None:
    try:
        parse_python(_transformed(body))
    except SyntaxError as error:
        names = ", ".join(f"%%{name}" for name in magics)
        message = f"{error.msg} (below {names}, whose cell is taken for Python here)"
        raise SyntaxError(message, (None, error.lineno, None, None)) from None


def _magic_edits(tree: ast.Module) -> Iterator[Edit]:
    """Edits that take out each call on ``get_ipython()``, the outermost where they are nested."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and _is_shell_call(node):
            yield Edit(node, _magic_text(node, alone=False))
        elif isinstance(node, ast.Expr) and _is_shell_call(node.value):
            yield Edit(node, _magic_text(node.value, alone=True))
        else:
            pending.extend(ast.iter_child_nodes(node))


def _is_there(node: Located, source: Source) -> bool:
    """Whether a node is where it says: not all in f-strings are, in Python 3.11."""
    try:
        return says(source.segment(node), node)
    except (IndexError, UnicodeDecodeError):
        return False


def _is_shell_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "get_ipython"
    )


def _magic_text(node: ast.AST, *, alone: bool) -> str:
    """What a call on ``get_ipython()`` comes to; ``alone``: as a statement of its own."""
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    if node.func.attr == "getoutput":
        return "[]"
    arguments = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
    if node.func.attr == "run_line_magic" and len(arguments) == 2:
        name, statement = arguments
        if isinstance(name, str) and isinstance(statement, str):
            return _line_magic(name, statement, alone=alone)
    return "None"


def _line_magic(name: str, argument: str, *, alone: bool) -> str:
    """What a line magic comes to, as Python on one line."""
    words = argument.split()
    if name in STATEMENT_RUNS:
        return _one_line(argument, alone=alone) or "None"
    if name in {"env", "set_env"} and argument.strip():
        key, _, value = argument.strip().partition("=" if "=" in argument else " ")
        if value or "=" in argument:
            return f"__import__('os').environ.__setitem__({key.strip()!r}, {value.strip()!r})"
        return f"__import__('os').environ[{key!r}]"
    if name == "cd" and words:
        folder = argument.strip().strip(chr(34) + chr(39))
        return f"__import__('os').chdir({folder!r})"
    if name == "mkdir" and words:
        return f"__import__('os').makedirs({words[-1]!r}, exist_ok=True)"
    if name == "run" and (script := _script(words)):
        read = f"open({script!r}, encoding='utf-8').read()"
        return f"exec(compile({read}, {script!r}, 'exec'))"
    return "None"


def _script(words: list[str]) -> str:
    """The Python file that ``%run`` names; a notebook is left out."""
    name = next((word for word in words if not word.startswith("-")), "").strip("'\"")
    if not name or name.endswith(".py"):
        return name
    return "" if name.endswith(".ipynb") else f"{name}.py"


def _one_line(statement: str, *, alone: bool) -> str:
    """The statement on one line and without comments; empty where that cannot be."""
    try:
        body = parse_python(statement).body
        simple = all(isinstance(part, ast.Expr) or (alone and _is_simple(part)) for part in body)
        # Cut out of the text: the standard library cannot write every f-string anew.
        text = "; ".join(Source(statement).segment(part) for part in body) if simple else ""
    except (SyntaxError, RecursionError):
        return ""
    return text if "\n" not in text and (alone or len(body) == 1) else ""


def _is_simple(node: ast.stmt) -> bool:
    return not isinstance(getattr(node, "body", None), list) and not isinstance(node, ast.Match)
