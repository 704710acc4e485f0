"""Questions on pages: points that staff gave, points that are out, code in sentences."""

from __future__ import annotations

from dataclasses import replace

from conftest import TWO_FUNCTIONS

from autograder.model import manifest
from autograder.model.manual import ManualResult, Override
from autograder.model.report import BY_STAFF, CheckResult, Report
from autograder.pages.handback import handback_page
from autograder.pages.page import coded
from autograder.pages.questions import STAFF, STUDENT, shown_questions

ASSIGNMENT = manifest.load(TWO_FUNCTIONS / "staff")
FAILED = CheckResult(
    "t::a", "Q1", "sums", "1.1", True, 0.0, 2.0, "failed", "Came back: `f` gave <b>.", "SECRET"
)
OVERRIDE = Override(0.0, "SECRET REASON", "Bo")


def report(*checks: CheckResult, **values: object) -> Report:
    return replace(Report("s", "two", 4, checks), **values)


def test_a_check_whose_points_staff_gave_says_so_and_no_old_failure() -> None:
    full = replace(FAILED, status="passed", score=2.0, override=OVERRIDE)
    (check,) = shown_questions(report(full), ASSIGNMENT, STUDENT)["Q1"].checks
    assert (check.word, check.message, check.override) == ("Points by staff", BY_STAFF, "")
    part = replace(full, status="partial", score=1.0)
    (check,) = shown_questions(report(part), ASSIGNMENT, STUDENT)["Q1"].checks
    assert check.message == f"{BY_STAFF} The check itself had said:\n{FAILED.message}"
    (check,) = shown_questions(report(full), ASSIGNMENT, STAFF)["Q1"].checks
    assert check.message == FAILED.message
    assert "SECRET REASON" in check.override
    page = handback_page("Ada", report(full), ASSIGNMENT, {})
    assert BY_STAFF in page
    assert "SECRET" not in page
    assert "Came back" not in page


def test_points_that_are_out_are_not_shown_as_lost() -> None:
    out = ManualResult("Q1", "style", 3.0)
    alone = handback_page("Ada", report(manual=(out,)), ASSIGNMENT, {})
    assert alone.count('out<span class="of"> / 3</span>') == 2  # of the question, and of the part
    both = handback_page("Ada", report(FAILED, manual=(out,)), ASSIGNMENT, {})
    assert '0<span class="of"> / 5</span> points<span class="of">, 3 out</span>' in both
    given = handback_page("Ada", report(manual=(replace(out, score=0.0),)), ASSIGNMENT, {})
    assert '0<span class="of"> / 3</span> points' in given


def test_code_in_sentences_is_shown_as_code_and_all_is_escaped() -> None:
    page = handback_page("Ada", report(FAILED), ASSIGNMENT, {})
    assert "Came back: <code>f</code> gave &lt;b&gt;." in page
    assert coded("`<script>` and `a\nb`") == "<code>&lt;script&gt;</code> and `a\nb`"
    assert "\u202e" not in coded("`a\u202eb`")
