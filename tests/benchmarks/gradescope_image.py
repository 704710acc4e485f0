"""Builds Gradescope's image of an assignment and grades its solution there; prints a table.

.venv/bin/python tests/benchmarks/gradescope_image.py [ASSIGNMENT] [--memory MB ...] [--cpus N ...]

Needs root, runc and debootstrap, as tests/gradescope/test_gradescope_image.py does. TORCH_BACKEND
and the variables of pip and uv hold for the image too.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "helpers"))

from image import DEBIAN, UBUNTU, Image, built  # noqa: E402
from measure import run_quietly  # noqa: E402

from autograder.model import manifest  # noqa: E402
from release.bundles.bundle import write_gradescope, write_zip  # noqa: E402
from release.markup.templates import solution_files, solved, templates  # noqa: E402

GROUP = "dl-autograder-benchmark"


class Watch(threading.Thread):
    """What a control group says while its container runs.

    Attributes:
        held: the most memory that cannot be given back: anonymous and shared pages, in bytes.
        kills: how many processes the kernel killed for memory.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.held = self.kills = 0
        self.ended = threading.Event()

    def run(self) -> None:
        first, second = Path("/sys/fs/cgroup/memory") / GROUP, Path("/sys/fs/cgroup") / GROUP
        while not self.ended.wait(0.01):
            for folder, held, events in (
                (first, ("total_rss", "total_shmem"), "memory.oom_control"),
                (second, ("anon", "shmem"), "memory.events"),
            ):
                try:
                    stat = (folder / "memory.stat").read_text(encoding="ascii")
                    told = (folder / events).read_text(encoding="ascii")
                except OSError:
                    continue
                numbers = dict(line.split() for line in stat.splitlines())
                self.held = max(self.held, sum(int(numbers.get(name, 0)) for name in held))
                kills = re.search(r"^oom_kill (\d+)", told, re.MULTILINE)
                self.kills = max(self.kills, int(kills[1]) if kills else 0)


def graded(image: Image, folder: Path, memory: int, cpus: float) -> list[str]:
    """One run of run_autograder: seconds, memory, kills, points."""
    shutil.rmtree(folder / "results", ignore_errors=True)
    shutil.rmtree(folder / "container", ignore_errors=True)
    # Gradescope starts each container anew: no training is remembered from an earlier one.
    shutil.rmtree(image.root / "tmp" / ".cache", ignore_errors=True)
    (folder / "results").mkdir()
    container = image.container(folder / "container", memory=memory << 20, cpus=cpus)
    for name, writable in (("submission", False), ("results", True)):
        container.mount(folder / name, Path("/autograder") / name, writable=writable)
    container.config["linux"]["cgroupsPath"] = f"/{GROUP}"
    watch = Watch()
    watch.start()
    started = time.monotonic()
    container.run("/autograder/run_autograder", timeout=1200)
    seconds = time.monotonic() - started
    watch.ended.set()
    watch.join()
    data = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
    extra = data["extra_data"]
    points = f"{data['score']:g}" + (" (harness fault)" if extra.get("harness_fault") else "")
    return [f"{seconds:.1f} s", f"{watch.held / 1e6:.0f} MB", str(watch.kills), points]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", type=Path, nargs="?", default=ROOT / "solutions" / "hw4")
    parser.add_argument("--memory", type=int, nargs="*", default=[768, 1536])
    parser.add_argument("--cpus", type=float, nargs="*", default=[0.5, 2])
    parser.add_argument("--suite", choices=["jammy", "bookworm"], default="bookworm")
    options = parser.parse_args()
    system = UBUNTU if options.suite == UBUNTU.suite else DEBIAN
    assignment = manifest.load(options.assignment)
    table = Table(title=f"{assignment.title}: the solution in its image")
    for heading in ("memory", "CPUs", "time", "held", "killed", "points"):
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_gradescope(assignment, templates(assignment), folder / "made")
        write_zip(folder / "made", folder / "gradescope.zip")
        for file, data in (solved(assignment) | solution_files(assignment)).items():
            (folder / "submission" / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / "submission" / file).write_bytes(data)
        with built(folder / "gradescope.zip", system, UV_HTTP_RETRIES="0") as image:
            steps = [line for line in image.log.splitlines() if line.startswith("setup.sh")]
            sizes = run_quietly(["du", "-sm", *image.opt.iterdir(), image.root])
            for memory, cpus in [(m, c) for m in options.memory for c in options.cpus]:
                table.add_row(f"{memory} MB", f"{cpus:g}", *graded(image, folder, memory, cpus))
            console = Console()
            console.print("\n".join([*steps, sizes.replace(str(image.folder), "")]), markup=False)
            console.print(table)


if __name__ == "__main__":
    main()
