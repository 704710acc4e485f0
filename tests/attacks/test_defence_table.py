"""The table of defences fits the tree and the corpus; ``tests/benchmarks/defences.py`` runs it."""

from __future__ import annotations

import re

import pytest
from arena import CORPUS, Attack, load
from defence_table import ROOT, Defence, DefenceError, Patch, named, patched
from defence_table import load as load_table

TABLE = load_table()
ATTACKS = [load(path) for path in sorted(CORPUS.glob("*.py"))]
ALONE = {attack.defence for attack in ATTACKS}


@pytest.mark.parametrize("defence", TABLE.values(), ids=lambda defence: defence.name)
def test_a_defence_can_be_taken_out(defence: Defence) -> None:
    for path, text in patched([defence], ROOT).items():
        assert text != path.read_text(encoding="utf-8")
        compile(text, str(path), "exec")


@pytest.mark.parametrize("defence", TABLE.values(), ids=lambda defence: defence.name)
def test_something_notices_that_a_defence_is_out(defence: Defence) -> None:
    """An attack that names it alone, or a test that there is."""
    assert defence.name in ALONE or (defence.tests and not defence.design)
    for selection in defence.tests:
        file, _, test = selection.split()[0].partition("::")
        assert re.search(rf"^    def {test}\b|^def {test}\b" if test else "", _text(file), re.M)


def _text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_names_its_defences(attack: Attack) -> None:
    names = named(attack.defence)
    unknown = set(names) - TABLE.keys()
    assert not unknown, "a defence that an attack names is a row of tests/attacks/defence_table"
    defences = [TABLE[name] for name in names]
    assert len(names) == 1 or not any(defence.design for defence in defences)
    patched(defences, ROOT)


def test_a_patch_that_no_longer_fits_says_so() -> None:
    patch = Patch("Makefile", "no such text", "")
    defence = Defence("a wall", "some.toml", frozenset(), (patch,), (), "")
    with pytest.raises(DefenceError, match="'a wall' can no longer be taken out: Makefile has"):
        patched([defence], ROOT)
