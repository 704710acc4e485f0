"""Each defence is taken out in a copy of the tree; a table of what notices that goes out.

Run as root: ``.venv/bin/python tests/benchmarks/defences.py [NAME ...]``, where a part of a name
will do. The rows stand in ``tests/attacks/defence_table``. With exactly that defence out and all
else on, each attack that names it has to win (red), and each of the tests listed at it to fail.
Where an attack names several, it has to win with all of them out. The exit status is 1 if anything
is not red.

The copy has an environment of its own, of hard links, in which the harness is installed from the
copy: so the clean processes, which believe no variable (``-I``), run the copy's code too.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
sys.path[:0] = [str(ROOT), str(TESTS / "attacks")]

from arena import CORPUS, Attack, load  # noqa: E402
from defence_table import AND, Defence, DefenceError, named, patched  # noqa: E402
from defence_table import load as load_table  # noqa: E402

#: For the start of a duel, and for each attack in it.
START_SECONDS, DUEL_SECONDS = 120.0, 60.0
TEST_SECONDS = 600.0
#: What a naive grader's missing results are here: it says that it could not grade.
SAME = {"results": {"results", "fault"}}
RED, GREEN, HUNG, BROKEN = "red", "green", "hung", "BROKEN"


@dataclass(frozen=True)
class Noticed:
    """What came of one attack or of one selection of tests, with some defences out."""

    defences: tuple[str, ...]
    by: str
    colour: str
    seconds: float
    words: str = ""

    def __str__(self) -> str:
        parts = (AND.join(self.defences), self.by, self.colour, f"{self.seconds:.1f}", self.words)
        return " | ".join(parts)


# --- the copy -------------------------------------------------------------------------------------


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree with an environment of its own."""
    with tempfile.TemporaryDirectory(prefix=".defences-", dir=ROOT) as name:
        copy = Path(name)
        copy.chmod(0o755)
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for file in filter(None, files.split("\0")):
            if (ROOT / file).is_file():
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, copy / file)
        environment = Path(sys.prefix)
        if ROOT not in environment.parents:
            raise SystemExit(
                f"Run this by the environment of the checkout, {ROOT}/.venv/bin/python."
            )
        target = copy / environment.relative_to(ROOT)
        shutil.copytree(environment, target, symlinks=True, copy_function=os.link)
        _moved(target, copy)
        yield copy


def _moved(environment: Path, copy: Path) -> None:
    """Have an environment's programs, and what says where the harness is, mean the copy."""
    programs = [p for p in (environment / "bin").iterdir() if p.is_file() and not p.is_symlink()]
    editable = environment.glob("lib/python*/site-packages/__editable__*")
    for path in (*programs, *editable):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a program, and no script
            continue
        if str(ROOT) in text:
            mode = path.stat().st_mode
            path.unlink()  # a hard link: the original stays as it is
            path.write_text(text.replace(str(ROOT), str(copy)), encoding="utf-8")
            path.chmod(mode)


@contextmanager
def taken_out(defences: Sequence[Defence], copy: Path) -> Iterator[None]:
    """The copy without the defences.

    Raises:
        DefenceError: a patch does not fit.
    """
    texts = patched(defences, copy)
    before = {path: path.read_bytes() for path in texts}
    try:
        for path, text in texts.items():
            _replace(path, text.encode())
        yield
    finally:
        for path, data in before.items():
            _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    """What Python has compiled goes too: of one size and second, it would count as this one's."""
    path.write_bytes(data)
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()


# --- what notices ---------------------------------------------------------------------------------


def fought(defences: Sequence[Defence], attacks: Sequence[Attack], copy: Path) -> Iterator[Noticed]:
    """What each attack wins in the copy."""
    without = sorted(frozenset().union(*(defence.steps for defence in defences)))
    names = tuple(defence.name for defence in defences)
    waiting = list(attacks)
    while waiting:
        jobs = [{"attack": attack.name, "without": without} for attack in waiting]
        for reply in _replies(jobs, copy):
            if "lost" in reply:
                if reply["lost"]:
                    words = f"an honest submission loses points: {reply['lost']}"[:300]
                    yield Noticed(names, "nothing", BROKEN, 0.0, words)
                    return
                continue
            attack = waiting.pop(0)
            yield _colour(names, attack, reply)
        if waiting:  # it did not end, or took the arena along
            yield Noticed(names, waiting.pop(0).name, HUNG, DUEL_SECONDS)


def _colour(names: tuple[str, ...], attack: Attack, reply: Mapping[str, object]) -> Noticed:
    """An attack that is shown to work by itself alone may win anything."""
    won = reply["won"]
    assert isinstance(won, dict)
    wins = SAME.get(attack.wins, {attack.wins}) & won.keys() or (
        attack.control == "own" and won and "arena" not in won
    )
    words = ", ".join(f"{key}: {text}"[:100] for key, text in won.items())
    seconds = float(str(reply["seconds"]))
    return Noticed(names, attack.name, RED if wins else GREEN, seconds, words.replace("\n", " "))


def _replies(jobs: list[dict[str, object]], copy: Path) -> Iterator[dict[str, object]]:
    """One line after the other, as long as none takes too long."""
    duel = subprocess.Popen(
        [str(_python(copy)), str(copy / "tests" / "attacks" / "duel.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,  # a line that had been read ahead would not be waited for
        cwd=copy,
        start_new_session=True,
    )
    assert duel.stdin is not None
    assert duel.stdout is not None
    try:
        duel.stdin.write(json.dumps(jobs).encode())
        duel.stdin.close()
        for number in range(len(jobs) + 1):
            seconds = DUEL_SECONDS if number else START_SECONDS
            if not select.select([duel.stdout], [], [], seconds)[0]:
                return
            line = duel.stdout.readline()
            if not line:
                return
            yield json.loads(line)
    finally:
        _end(duel)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.stdout is not None
    process.stdout.close()


def tested(defence: Defence, copy: Path) -> Iterator[Noticed]:
    """What each selection of tests says in the copy."""
    for selection in defence.tests:
        started = time.monotonic()
        command = [str(_python(copy)), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        process = subprocess.Popen(
            [*command, *selection.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=copy,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=TEST_SECONDS)
            colour = {0: GREEN, 1: RED}.get(process.returncode, BROKEN)
            if colour == GREEN and b" passed" not in output:  # skipped, for what the machine lacks
                colour = BROKEN
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            colour = HUNG
        told = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
        failed = [line for line in told if line.startswith(("FAILED", "ERROR"))]
        words = (failed or told or [""])[-1][:200]
        yield Noticed((defence.name,), selection, colour, time.monotonic() - started, words)


def _python(copy: Path) -> Path:
    return copy / Path(sys.prefix).relative_to(ROOT) / "bin" / "python"


# --- the table ------------------------------------------------------------------------------------


def plan(
    table: Mapping[str, Defence], attacks: Sequence[Attack], wanted: Sequence[str]
) -> list[tuple[tuple[Defence, ...], list[Attack]]]:
    """Which defences are taken out together, and the attacks that name just these."""
    plans: dict[tuple[str, ...], list[Attack]] = {(name,): [] for name in table}
    for attack in attacks:
        plans.setdefault(named(attack.defence), []).append(attack)
    found = []
    for names, those in plans.items():
        if unknown := [name for name in names if name not in table]:
            raise DefenceError(
                f"{those[0].name}.py names the defence '{unknown[0]}', which is no row"
            )
        parts = [part for part in wanted if any(part in name for name in names)]
        if (parts or not wanted) and not any(table[name].design for name in names):
            found.append((tuple(table[name] for name in names), those))
    return found


def main(wanted: Sequence[str]) -> int:
    table = load_table()
    attacks = [load(path) for path in sorted(CORPUS.glob("*.py"))]
    started = time.monotonic()
    seen: list[Noticed] = []
    print("defence | what noticed | colour | seconds | what it saw")
    with copied() as copy:
        for defences, those in plan(table, attacks, wanted):
            with taken_out(defences, copy):
                for noticed in _noticed(defences, those, copy):
                    print(noticed, flush=True)
                    seen.append(noticed)
    counts = {colour: sum(each.colour == colour for each in seen) for colour in (RED, GREEN, HUNG)}
    broken = len(seen) - sum(counts.values())
    print(
        f"\n{len({each.defences for each in seen})} taken out, {len(seen)} looked at: "
        f"{', '.join(f'{count} {colour}' for colour, count in counts.items())}, {broken} broken; "
        f"{time.monotonic() - started:.0f} s"
    )
    return int(counts[RED] < len(seen))


def _noticed(
    defences: Sequence[Defence], attacks: Sequence[Attack], copy: Path
) -> Iterator[Noticed]:
    yield from fought(defences, attacks, copy)
    if len(defences) == 1:
        yield from tested(defences[0], copy)
        if not attacks and not defences[0].tests:
            yield Noticed(
                (defences[0].name,), "nothing", GREEN, 0.0, "no attack and no test names it"
            )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DefenceError as error:
        sys.exit(str(error))
