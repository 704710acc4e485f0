"""setup.sh and run_autograder themselves, in Gradescope's system, as its containers are held."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import TWO_FUNCTIONS, Notebook, needs_root
from image import Image, NoSystem, built, needs_image, unpacked

from autograder import gradescope, manifest
from release.bundle import write_gradescope, write_zip
from release.templates import solved, templates

pytestmark = [needs_root, *needs_image]

SCHEMA = json.loads(gradescope.SCHEMA.read_text(encoding="utf-8"))
#: Gradescope's smallest choice.
MEMORY = 768 << 20
METADATA = {"id": 1, "created_at": "2026-10-02T14:22:32-07:00", "users": [{"id": 1}]}
#: Far more than the container has, and less than what the manifest lets a check have.
GREEDY = "    held = np.ones(950 << 17)\n    return image.sum(axis=1)"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("bundle")
    assignment = manifest.load(TWO_FUNCTIONS / "staff")
    write_gradescope(assignment, templates(assignment), folder / "made")
    write_zip(folder / "made", folder / "gradescope.zip")
    source = unpacked(folder / "gradescope.zip", folder / "source")
    # Bytecode makes starts quicker and takes half of the build; both are the same without.
    try:
        with built(source, UV_HTTP_RETRIES="0", UV_COMPILE_BYTECODE="0") as made:
            yield made
    except NoSystem as error:
        pytest.skip(str(error))


@pytest.fixture
def grade(image: Image, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def graded(change: Callable[[Notebook], object], memory: int = MEMORY) -> dict[str, Any]:
        notebook = Notebook(solved(manifest.load(TWO_FUNCTIONS / "staff"))["two.ipynb"])
        change(notebook)
        notebook.save(tmp_path / "submission" / "two.ipynb")
        (tmp_path / "results").mkdir()
        (tmp_path / "submission_metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
        container = image.container(tmp_path, memory=memory)
        done = container.run("/autograder/run_autograder")
        assert done.returncode == 0, done.stderr
        (path,) = (tmp_path / "results").iterdir()
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(data, SCHEMA)
        return data

    return graded


def test_the_image(image: Image) -> None:
    """It has graded once, holds what grading needs and no more, and shows only root its source."""
    print(image.log)
    assert "yes, with the sandbox's" in image.log
    packages = {path.name for path in (image.folder / "opt").glob("grader/lib/*/site-packages/*")}
    assert {"torch", "numpy", "pytest", "autograder"} <= packages
    assert not packages & {"pip", "uv", "ruff", "mypy", "nbconvert", "distributed", "release"}
    assert not [path for path in (image.folder / "opt").rglob("tests") if path.is_dir()]
    for path in (image.root / "autograder" / "source", image.folder / "opt" / "content" / "staff"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE((image.root / "autograder" / "run_autograder").stat().st_mode) & 0o111


def test_a_solution_is_graded(grade: Callable[..., dict[str, Any]]) -> None:
    data = grade(lambda _notebook: None)
    assert (data["score"], data["extra_data"]["harness_fault"]) == (4, False)
    assert data["extra_data"]["isolation"] in ("full", "floor")
    assert data["extra_data"]["created_at"] == METADATA["created_at"]


def test_a_greedy_submission_costs_only_itself(grade: Callable[..., dict[str, Any]]) -> None:
    data = grade(lambda notebook: notebook.set("row-sums", GREEDY))
    print(json.dumps(data, indent=1))
    assert data["extra_data"]["harness_fault"] is False
    assert data["score"] == 2


def test_a_grader_that_is_killed_for_memory_leaves_results(
    grade: Callable[..., dict[str, Any]],
) -> None:
    data = grade(lambda _notebook: None, memory=24 << 20)
    print(data)
    assert data["score"] == 0
    assert data["extra_data"]["harness_fault"] is True
