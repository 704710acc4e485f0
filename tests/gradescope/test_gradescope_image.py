"""setup.sh and run_autograder themselves, in Gradescope's system, as its containers are held."""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import TWO_FUNCTIONS, Notebook, needs_root
from image import BuildFailed, Image, NoSystem, built, needs_image

from autograder import gradescope
from autograder.model import manifest
from autograder.sandbox import landlock
from release.bundles.bundle import write_gradescope, write_zip
from release.bundles.container import grade_in_container
from release.markup.templates import solved, templates

pytestmark = [needs_root, *needs_image]

SCHEMA = json.loads(gradescope.SCHEMA.read_text(encoding="utf-8"))
#: Gradescope's smallest choice.
MEMORY = 768 << 20
METADATA = {"id": 1, "created_at": "2026-10-02T14:22:32-07:00", "users": [{"id": 1}]}
#: More than the container has, and less than what the manifest lets a check have.
GREEDY = "    held = np.ones(950 << 17)\n    return image.sum(axis=1)"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    shutil.copytree(TWO_FUNCTIONS, folder / "two")
    # One that the harness's lock has and its image would not.
    (folder / "two" / "public" / "requirements.txt").write_text("numpy\ntqdm\nnotebook\n")
    assignment = manifest.load(folder / "two" / "staff")
    write_gradescope(assignment, templates(assignment), folder / "made")
    write_zip(folder / "made", folder / "gradescope.zip")
    return folder / "gradescope.zip"


@pytest.fixture(scope="module")
def image(bundle: Path) -> Iterator[Image]:
    try:
        # Bytecode makes starts quicker and takes half of the build.
        with built(bundle, UV_HTTP_RETRIES="0", UV_COMPILE_BYTECODE="0") as made:
            yield made
    except NoSystem as error:
        pytest.skip(str(error))
    except BuildFailed as error:
        if re.search(r"setup\.sh: (apt-get|pip) could not install", str(error)):
            pytest.skip(f"the network is closed: {error}")
        raise


@pytest.fixture
def notebook() -> Notebook:
    return Notebook(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])


@pytest.fixture
def grade(image: Image, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def graded(notebook: Notebook, memory: int = MEMORY) -> dict[str, Any]:
        notebook.save(tmp_path / "submission" / "two.ipynb")
        (tmp_path / "results").mkdir()
        (tmp_path / "submission_metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
        container = image.container(tmp_path / "container", memory=memory)
        for name in ("submission", "results", "submission_metadata.json"):
            target = Path("/autograder") / name
            container.mount(tmp_path / name, target, writable=name != "submission")
        done = container.run("/autograder/run_autograder")
        assert done.returncode == 0, done.stderr
        (path,) = (tmp_path / "results").iterdir()
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(data, SCHEMA)
        return data

    return graded


def test_the_image(image: Image) -> None:
    """It has graded once, holds what grading needs and no more, and shows only root its source."""
    assert "yes, with the sandbox's" in image.log
    packages = {path.name for path in image.opt.glob("grader/lib/*/site-packages/*")}
    assert {"numpy", "pytest", "autograder", "tqdm"} <= packages
    others = {"pip", "uv", "ruff", "mypy", "nbconvert", "distributed", "release", "notebook"}
    others.add("torch")  # which this assignment does not import
    assert not packages & others
    assert not [path for path in image.opt.rglob("tests") if path.is_dir()]
    for path in (image.root / "autograder" / "source", image.opt / "content" / "staff"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((image.root / "autograder" / "run_autograder").stat().st_mode) & 0o111


def test_a_solution_is_graded(grade: Callable[..., dict[str, Any]], notebook: Notebook) -> None:
    data = grade(notebook)
    assert (data["score"], data["extra_data"]["harness_fault"]) == (4, False)
    assert data["extra_data"]["isolation"] == ("full" if landlock.version() else "minimum")
    assert data["extra_data"]["created_at"] == METADATA["created_at"]


def test_a_greedy_submission_costs_only_itself(
    grade: Callable[..., dict[str, Any]], notebook: Notebook
) -> None:
    data = grade(notebook.set("row-sums", GREEDY))
    assert (data["score"], data["extra_data"]["harness_fault"]) == (2, False)
    assert [test["score"] for test in data["tests"]] == [0, 0, 1, 1]


@pytest.mark.parametrize("megabytes", [16, 60])
def test_a_grader_that_is_killed_for_memory_leaves_results(
    grade: Callable[..., dict[str, Any]], notebook: Notebook, megabytes: int
) -> None:
    data = grade(notebook, memory=megabytes << 20)
    assert (data["score"], data["extra_data"]["harness_fault"]) == (0, True)


@pytest.mark.parametrize(
    ("settings", "user", "said"),
    [
        ({}, 1000, "this has to run as root"),
        ({"PIP_RETRIES": "0"}, 0, "pip could not install uv; is the package index reachable?"),
    ],
)
def test_a_build_that_lacks_something_fails_and_says_so(
    image: Image, tmp_path: Path, settings: dict[str, str], user: int, said: str
) -> None:
    container = image.container(tmp_path / "container")  # without a network
    container.config["process"]["user"] = {"uid": user, "gid": user}
    script = (image.root / "autograder" / "source" / "setup.sh").read_text(encoding="utf-8")
    done = container.run("bash", "-c", script, **settings)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"setup.sh: {said}"), done.stderr


def test_a_run_by_hand(image: Image, bundle: Path, notebook: Notebook, tmp_path: Path) -> None:
    """What make gradescope-local asks of Docker, done by runc on the image that is there."""
    asked = []

    def engine(arguments: Sequence[str]) -> int:
        asked.append(arguments[0])
        if arguments[0] == "build":
            held = {path.name for path in Path(arguments[-1]).iterdir()}
            assert {"Dockerfile", "setup.sh", "run_autograder", "content"} <= held
            return 0
        container = image.container(tmp_path / "container", memory=MEMORY)
        assert {"--memory=768m", "--memory-swap=768m"} <= set(arguments)
        for word in arguments:
            if word.startswith("--volume="):
                source, target, how = word.removeprefix("--volume=").split(":")
                container.mount(Path(source), Path(target), writable="ro" not in how)
        return container.run(arguments[-1]).returncode

    (tmp_path / "metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    handed_in = notebook.save(tmp_path / "two.ipynb")
    data = grade_in_container(bundle, handed_in, engine, metadata=tmp_path / "metadata.json")
    assert asked == ["build", "run"]
    assert data["score"] == 4
    assert data["extra_data"]["created_at"] == METADATA["created_at"]
