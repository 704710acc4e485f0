"""A test that cannot be taken apart comes in; it runs beside the student's code, and judges there.

So does every test of otter-grader and nbgrader. It is as strong as it was there: the student's
process judges itself, and can read the test. Where points depend on one, the question says
``trust = "shared"`` in the manifest, and all results say so.
"""

from __future__ import annotations

from autograder.checks.probes import Probe

#: It stands for itself: nothing of it may come from the check's own file.
_SOURCE = """\
def original_test(source, mode, expected):
    import ast, contextlib, io, sys
    namespace = vars(sys.modules["__main__"])
    body = ast.parse(source).body
    shows = mode == "shows"
    last = body.pop() if mode != "raises" and body else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed) if shows else contextlib.nullcontext():
        exec(compile(ast.Module(body, []), "<test>", "exec"), namespace)
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<test>", "eval"), namespace)
        elif last is not None:
            exec(compile(ast.Module([last], []), "<test>", "exec"), namespace)
    if not shows:
        numpy = sys.modules.get("numpy")
        numbers = (int, float) if numpy is None else (int, float, numpy.number)
        is_score = mode == "scores" and isinstance(value, numbers) and not isinstance(value, bool)
        return float(value) if is_score else True
    numpy = sys.modules.get("numpy")
    forms = [repr(value)]
    if numpy is not None:
        with numpy.printoptions(legacy="1.25"):  # numbers without their type, as they once were
            forms.append(repr(value))
    forms = [""] if value is None else forms
    found = [(printed.getvalue() + form).split() for form in forms]
    return expected.split() in found
"""


def _unusable(*_args: object) -> bool:
    raise RuntimeError("a shared test runs beside the student's code alone")


ORIGINAL = Probe(_unusable, "original_test", _SOURCE)
