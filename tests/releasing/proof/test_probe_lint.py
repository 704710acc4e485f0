"""Probes that hold what a check compares with stop a release."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

from release.proof.probes import ProbeError, look_at_probes

CHECK = """
from autograder.checks import expect, expect_array, probe

@probe
def look(net):
    {probe}

def test_it(student):
    got = student.probe(look, "net")
    {check}
"""


def look(folder: Path, probe: str, check: str) -> None:
    (folder / "checks").mkdir()
    text = CHECK.format(probe=probe, check=check)
    (folder / "checks" / "test_it.py").write_text(text, encoding="utf-8")
    look_at_probes([folder / "checks", folder / "missing"], folder)


@pytest.mark.parametrize(
    ("probe", "check", "says"),
    [
        ("return net.size == 606", "expect(got, '')",
         "checks/test_it.py, line 6: the probe `look` compares with 606."),
        ("return 606 if net else 0", "expect(got == 606, '')", "holds 606, with which line 10"),
        ("return 0.125", "expect_array(got, 0.125)", "holds 0.125"),
        ("return 'secret'", "assert got != 'secret'", "holds 'secret'"),
        ("return [n for n in net if n > 50]", "pass", "compares with 50"),
    ],
)  # fmt: skip
def test_a_probe_that_tells_stops_the_release(
    tmp_path: Path, probe: str, check: str, says: str
) -> None:
    with pytest.raises(ProbeError, match="can read a probe") as error:
        look(tmp_path, probe, check)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("probe", "check"),
    [
        ("return sum(p.size for p in net)", "expect(got == 606, '')"),
        ("return [p for n, p in net if n == 'weight']", "expect(got == 606, 'weight')"),
        ("return net[0] if net.ndim > 1 else 0.5", "expect(got < 0.5 or got == 1, '')"),
        ("return net(100)", "expect(student.call('f', 100), '')"),
    ],
)
def test_a_probe_that_asks_does_not(tmp_path: Path, probe: str, check: str) -> None:
    look(tmp_path, probe, check)


def test_those_of_the_projects_own_assignments_ask() -> None:
    for checks in [*ROOT.glob("*/*/checks"), *ROOT.glob("tests/assignments/*/*/checks")]:
        look_at_probes([checks], ROOT)
