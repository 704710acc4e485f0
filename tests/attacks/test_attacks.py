"""Every attack of the corpus at every level of the lock-down, and where it does succeed."""

from __future__ import annotations

import os
import queue
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
from arena import CORPUS, LEVELS, Arena, Attack, controlled, load
from conftest import needs_root
from defence_table import load as rows
from defence_table import named

from autograder.sandbox.requests import Requests, WorkerLied, WorkerStopped
from autograder.wire import UnsupportedValue
from autograder.wire.protocol import Replay, Step

ATTACKS = {path.stem: load(path) for path in sorted(CORPUS.glob("*.py"))}
REPEATS = 5
#: An honest submission comes behind so many attacks, and suffers from what any of them has left.
HONEST_AFTER = 4
LIMITS = "this level leaves the resource limits out"
SHARED = "without Landlock, what every user may read or write is open"
#: All attacks at all levels, as `attack_table.py` has them.
EVERY_LEVEL = os.environ.get("EVERY_ATTACK_AT_EVERY_LEVEL") == "1"
SANDBOX = frozenset(
    row.name for row in rows().values() if row.table == "sandbox.toml" and not row.design
)
#: Attacks that succeed, by name, where, and why.
OPEN: dict[str, tuple[set[str], str]] = {
    "command_lines": ({"no-landlock", "minimum"}, SHARED),
    "open_metadata": ({"no-landlock", "minimum"}, SHARED),
    "left_in_shared_folders": ({"no-landlock", "minimum"}, SHARED),
    "own_process_files": ({"no-landlock", "minimum"}, SHARED),
    "other_programs": ({"no-landlock", "minimum"}, SHARED),
    "programs_by_the_loader": ({"no-landlock", "minimum"}, SHARED),
    "spared_when_memory_ends": (
        {"no-landlock", "minimum"},
        "a process may describe itself in /proc",
    ),
    "descriptors": ({"minimum"}, "this level leaves the descriptors open"),
    "descriptors_without_end": ({"minimum"}, LIMITS),
    "memory_bomb": ({"minimum"}, LIMITS),
    "large_file": ({"minimum"}, LIMITS),
    "raised_limits": ({"minimum"}, LIMITS),
    "thread_bomb": ({"minimum"}, LIMITS),
    "timers_without_end": ({"minimum"}, LIMITS),
    "object_that_grows": ({"minimum"}, LIMITS),
}  #: Whether the disk is full before anybody looks is a matter of chance.
BY_CHANCE = {"large_file"}

REPLAY = Replay((Step(3, 7, "x = 1", ("x", "*"), (), optional=True),))
PROBLEM = {"kind": "raised", "type": "E", "message": "", "cell": 3, "line": 7, "file": ""}
STOPPED: list[Any] = [
    *([[1, 7]], [[3, 8]], [[3, 7], [3, 7]], [[3, 7, 1]], [[3]], [3, 7], [None], ["37"]),
    *([[3.0, 7]], [[3, 7.0]], [[[], 7]], [[3, {}]], [[np.int64(3), 7]], [[np.zeros(2), 7]]),
    *([[True, True]], [(3, 7)], {}, "", 0, None, [[3, 7]] * 100_000, np.zeros((1, 2))),
]
FAILURES: list[Any] = [
    *({"y": PROBLEM}, {"": PROBLEM}, {"x": None}, {"x": {}}, {"x": {**PROBLEM, "cell": -1}}),
    *({"x": {**PROBLEM, "line": 10**9}}, {"x": {**PROBLEM, "line": True}}, {3: PROBLEM}),
    *({"x": {**PROBLEM, "file": "f" * 2000}}, {"x": {**PROBLEM, "file": None}}, [], None),
    *({"x": {**PROBLEM, "more": ""}}, {"x": {**PROBLEM, "message": "m" * 2000}}),
]

pytestmark = needs_root


def _cases() -> Iterator[Any]:
    for level in LEVELS:
        for name, attack in ATTACKS.items():
            if level != "all" and not (EVERY_LEVEL or _meets_the_sandbox(attack)):
                continue
            marks: list[pytest.MarkDecorator] = []
            levels, reason = OPEN.get(name, (set(), ""))
            if level in levels:
                marks.append(pytest.mark.xfail(strict=name not in BY_CHANCE, reason=reason))
            yield pytest.param(name, level, marks=marks, id=f"{name}-{level}")


def _meets_the_sandbox(attack: Attack) -> bool:
    """Whether a part of the sandbox stops it: what anything else stops is stopped at any level.

    Files meet the safe copy before there is any worker.
    """
    return attack.is_code and not SANDBOX.isdisjoint(named(attack.defence))


class Battle:
    """All attacks that were selected, fought side by side while the tests wait for them in turn."""

    def __init__(self, arenas: list[Arena], items: list[pytest.Item]) -> None:
        self.arenas: queue.SimpleQueue[Arena] = queue.SimpleQueue()
        for arena in arenas:
            self.arenas.put(arena)
        self.pool = ThreadPoolExecutor(len(arenas))
        self.futures: dict[tuple[str, ...], Future[Any]] = {}
        for item in items:
            self._add(item)

    def _add(self, item: pytest.Item) -> None:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if any(mark.args and mark.args[0] for mark in item.iter_markers("skipif")):
            return
        match getattr(item, "originalname", None), parameters:
            case "test_attack", {"name": name, "level": level}:
                self._submit((name, level), partial(_fought, attack=ATTACKS[name], level=level))
            case "test_control", {"name": name}:
                self._submit((name,), partial(controlled, attack=ATTACKS[name]))
            case "test_honest", {"spelling": spelling, "level": level}:
                self._submit(
                    ("honest", spelling, level), partial(_repeated, spelling=spelling, level=level)
                )

    def _submit(self, key: tuple[str, ...], run: Any) -> None:
        self.futures[key] = self.pool.submit(self._in_turn, run)

    def _in_turn(self, run: Any) -> Any:
        arena = self.arenas.get()
        try:
            return run(arena)
        finally:
            self.arenas.put(arena)

    def __getitem__(self, key: tuple[str, ...]) -> Any:
        return self.futures[key].result()


def _fought(arena: Arena, attack: Attack, level: str) -> tuple[dict[str, str], dict[str, Any]]:
    verdict = arena.fight(attack, LEVELS[level])
    arena.fought += 1
    if arena.fought % HONEST_AFTER:  # it takes longer than the attack
        return verdict.won, {}
    return verdict.won, arena.next_honest(LEVELS[level])


def _repeated(arena: Arena, spelling: str, level: str) -> list[dict[str, Any]]:
    return [arena.lost(spelling, LEVELS[level]) for _ in range(REPEATS)]


@pytest.fixture(scope="module")
def battle(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Battle]:
    canary = secrets.token_hex(8)
    # A process that grades may well have secrets in its environment.
    os.environ["STAFF_TOKEN"] = f"canary-{canary}"
    folder = tmp_path_factory.mktemp("arenas")
    folder.chmod(0o755)
    arenas = [Arena(folder / name, canary) for name in ("first", "second", "third")]
    items = [item for item in request.session.items if item.path == request.path]
    battle = Battle(arenas, items)
    try:
        yield battle
    finally:
        battle.pool.shutdown(cancel_futures=True)
        for arena in arenas:
            arena.close()
        del os.environ["STAFF_TOKEN"]


@pytest.mark.parametrize(("name", "level"), list(_cases()))
def test_attack(battle: Battle, name: str, level: str) -> None:
    """It achieves nothing, and an honest submission soon behind it is graded as ever."""
    won, lost = battle[name, level]
    assert won == {}
    assert lost == {}


@pytest.mark.parametrize("name", ATTACKS)
def test_control(battle: Battle, name: str) -> None:
    """Where its defence is off, the attack does what it is meant to."""
    assert ATTACKS[name].wins in battle[(name,)]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("spelling", ["solved", "loops", "products", "classes", "odd_text"])
def test_honest(battle: Battle, spelling: str, level: str) -> None:
    """A right answer gets its points each time, however it is spelled."""
    assert battle["honest", spelling, level] == [{}] * REPEATS


def test_the_naive_grader_grades_honest_submissions(battle: Battle) -> None:
    """Else its controls would show nothing."""
    arena = battle.arenas.get()
    try:
        folder = arena.submit(arena.folder / "honest", arena.solved)
        arena.mark = "mark00000001"
        assert arena.naively(folder).won == {"points": "10"}
        (folder / "weights.json").unlink()
        (folder / "attacked.ipynb").write_text(arena.notebook(None), encoding="utf-8")
        assert arena.naively(folder).won == {}
    finally:
        battle.arenas.put(arena)


HELD_UP = """
import ctypes, os, signal, sys, threading, time
table = []
def wait(_table):
    {how}
def total(matrix):
    return table or matrix.sum(-1)
def label(text):
    return text
rate = 0.125
class Stack(list):
    push = list.append
getattr(sys.modules["__main__"], "wait", wait)(table)
"""
WAYS = {
    "sleep": "time.sleep(100)",
    "loop": """
    while True:
        try:
            while True: pass
        except BaseException: pass""",
    "ignored": """
    signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer(signal.ITIMER_REAL, 1e6)
    while True: pass""",
    "blocked": """
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True: ctypes.CDLL(None).sleep(100)""",
    "alarm": "signal.signal(signal.SIGALRM, signal.SIG_DFL); signal.alarm(1); time.sleep(100)",
    "exit": "os._exit(0)",
    "kill": "os.kill(os.getpid(), 9)",
    "threads": """
    for _ in range(40): threading.Thread(target=time.sleep, args=(100,)).start()
    while True: pass""",
}


@pytest.mark.parametrize("way", WAYS)
def test_what_only_may_matter_holds_up_nothing_else(battle: Battle, way: str) -> None:
    """Within the bounds that the manifest states, and the points are there all the same."""
    arena = battle.arenas.get()
    try:
        limits = arena.assignment.limits
        notebook = arena.notebook(HELD_UP.format(how=WAYS[way]))
        report = arena.grade(arena.submit(arena.folder / f"held-{way}", notebook))
        lost = {check.number for check in report.checks if check.score != check.max_score}
        assert not report.faulty, report.all_faults
        assert lost == {"1.1", "1.2"}  # no list's sum is there; label is wrong, and looked at twice
        assert report.seconds < limits.total_seconds + 1
        assert not any("longer than" in flag for flag in report.flags)
        once = limits.check_seconds + limits.replay_seconds
        again = limits.check_seconds + limits.whole_seconds
        for check in report.checks:
            assert check.seconds < once + limits.check_seconds + again + 1
    finally:
        battle.arenas.put(arena)


class Said(Requests):
    """A worker that has one thing to say."""

    def __init__(self, reply: object) -> None:
        super().__init__()
        self.reply = reply

    def close(self) -> None:
        self._alive = False

    def _exchange(self, _request: dict[str, Any], _deadline: float) -> object:
        if isinstance(self.reply, Exception):
            raise self.reply
        return {"value": self.reply}


@pytest.mark.parametrize("stopped", [[], [[3, 7]]])
def test_an_honest_reply_to_a_replay(stopped: list[Any]) -> None:
    failed = [[0, PROBLEM], [1, None]][: len(REPLAY.steps)]
    reply = {"failures": {"x": PROBLEM, "*": PROBLEM}, "stopped": stopped, "failed": failed}
    assert len(Said(reply).replay(REPLAY, 0).failures) == 2


@pytest.mark.parametrize(
    "reply",
    [
        *({"failures": {}, "stopped": stopped, "failed": []} for stopped in STOPPED),
        *({"failures": failures, "stopped": [], "failed": []} for failures in FAILURES),
        *(
            {"failures": {}, "stopped": [], "failed": failed}
            for failed in (
                None,
                [0],
                [[0]],
                [[True, None]],
                [[99, None]],
                [[0, 1]],
                [[0, None]] * 2,
            )
        ),
        {"failures": {}},
        {"failures": {}, "stopped": [], "failed": [], "verdict": 1},
        [],
        None,
    ],
    ids=lambda reply: repr(reply)[:60],
)
def test_a_lie_in_a_reply_to_a_replay_is_one(reply: object) -> None:
    with pytest.raises(WorkerLied):
        Said(reply).replay(REPLAY, 0)


def test_more_than_a_frame_may_hold_is_the_students_affair() -> None:
    with pytest.raises(WorkerStopped):
        Said(UnsupportedValue("more")).replay(REPLAY, 0)


def test_the_corpus_is_large() -> None:
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=lambda attack: attack.name)
def test_header(attack: Attack) -> None:
    kind, *steps = attack.control.split()
    assert kind in ("naive", "own", "without")
    assert bool(steps) == (kind == "without")
    assert hasattr(attack.module, "control") == (kind == "own")
    assert attack.title.endswith(".")
