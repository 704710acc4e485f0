"""The memory logs: tiny models and data come in; CSV files as promised, or none, go out."""

import csv
import hashlib
import importlib
import math
import pickle
import sys
import types
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

ASSIGNMENT = Path(__file__).resolve().parents[2] / "assignment" / "hw4"


@pytest.fixture(autouse=True)
def hw4_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ASSIGNMENT))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on busy cores make tiny networks thirty times as slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def hw4() -> types.ModuleType:
    return importlib.import_module("hw4")


@pytest.fixture
def memory() -> types.ModuleType:
    """The module, with all that it says only once unsaid."""
    module = importlib.import_module("hw4.memory")
    module._say_once.cache_clear()
    return module


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def pretended_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


def install_gputil(monkeypatch: pytest.MonkeyPatch, readings: list[float]) -> None:
    """A GPUtil whose GPU uses one of the readings each time it is asked."""
    module = types.ModuleType("GPUtil")
    left = iter(readings)
    gpus = lambda: [types.SimpleNamespace(memoryUsed=next(left))]  # noqa: E731
    module.getGPUs = gpus if readings else list  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "GPUtil", module)


def tiny_model() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 10))


def make_optimizer(name: str, parameters: Any, lr: float) -> torch.optim.Optimizer:
    """As a student would write it; all that a log needs is some optimizer."""
    kind = torch.optim.Adam if name == "ADAM" else torch.optim.SGD
    return kind(parameters, lr=lr)


class NoRoom(nn.Module):
    """Runs out of memory at its n-th step."""

    def __init__(self, steps: int = 1, error: Exception | None = None) -> None:
        super().__init__()
        self.model, self.left = tiny_model(), steps
        self.error = error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.model(x)


@pytest.fixture
def data() -> TensorDataset:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(40) % 10
    pictures = torch.rand(40, 3, 8, 8, generator=generator) + labels[:, None, None, None]
    return TensorDataset(pictures, labels)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def numbers_of(path: Path, column: str) -> list[float]:
    return [float(row[column]) for row in rows_of(path)]


# One reading


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_reading_is_zero_and_said_once(
    hw4: types.ModuleType, memory: types.ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert memory is not None
    readings = [hw4.gpu_memory_used() for _ in range(3)]
    assert readings == [0.0, 0.0, 0.0]
    assert type(readings[0]) is float
    said = capsys.readouterr().out
    assert said == "There is no CUDA GPU here, so the GPU memory is logged as 0.\n"


@pytest.mark.usefixtures("pretended_gpu")
def test_without_gputil_the_reading_is_zero_and_said_once(
    memory: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "GPUtil", None)
    assert [memory.gpu_memory_used(), memory.gpu_memory_used()] == [0.0, 0.0]
    said = capsys.readouterr().out
    assert said.count("GPUtil can't be imported") == 1
    assert "pip install GPUtil" in said


@pytest.mark.usefixtures("pretended_gpu")
def test_the_reading_is_gputils(
    memory: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_gputil(monkeypatch, [2172, 2418.5])
    assert [memory.gpu_memory_used(), memory.gpu_memory_used()] == [2172.0, 2418.5]
    assert memory.gpu_memory_used.__module__ == "hw4.memory"
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("pretended_gpu")
def test_a_gpu_that_nvidia_smi_does_not_list(
    memory: types.ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_gputil(monkeypatch, [])
    assert memory.gpu_memory_used() == 0.0
    assert "no GPU number 0" in capsys.readouterr().out


# The writer


def test_a_log_is_written_row_by_row_with_time_going_forward(
    hw4: types.ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "log.csv"
    with hw4.MemoryLog(path, ("timestamp", "memUsage")) as log:
        for number in range(50):
            log.write(memUsage=number + 0.5)
        assert not path.exists(), "not before it is whole"
    assert path.read_bytes().startswith(b"timestamp,memUsage\n")
    assert numbers_of(path, "memUsage") == [number + 0.5 for number in range(50)]
    assert np.all(np.diff(numbers_of(path, "timestamp")) > 0)
    assert [entry.name for entry in path.parent.iterdir()] == ["log.csv"]


def test_a_log_that_is_broken_off_leaves_the_one_before(
    hw4: types.ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    with hw4.MemoryLog(path, ("a",)) as log:
        log.write(a=1)
    with pytest.raises(KeyboardInterrupt), hw4.MemoryLog(path, ("a",)) as log:
        log.write(a=2)
        raise KeyboardInterrupt
    assert path.read_text() == "a\n1\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_row_has_the_columns_of_the_log(hw4: types.ModuleType, tmp_path: Path) -> None:
    for wrong in ({"b": 1.0}, {}, {"a": 1.0, "b": 2.0}):
        with (
            pytest.raises(ValueError, match=r"the log has \['timestamp', 'a'\]"),
            hw4.MemoryLog(tmp_path / "log.csv", ("timestamp", "a")) as log,
        ):
            log.write(**wrong)
    assert not list(tmp_path.iterdir())


# The optimizers


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["SGD", "SGD_WITH_MOMENTUM", "ADAM"])
def test_optimizer_log(
    hw4: types.ModuleType, data: TensorDataset, tmp_path: Path, name: str
) -> None:
    path = hw4.log_optimizer_memory(
        name, data, make_optimizer, batch_size=4, make_model=tiny_model, folder=tmp_path, pause=0.0
    )
    assert path == tmp_path / f"resnet152__{name}.csv"
    assert path.read_text().splitlines()[0] == "timestamp,memUsage"
    assert numbers_of(path, "memUsage") == [0.0, 0.0, 0.0]
    assert np.all(np.diff(numbers_of(path, "timestamp")) > 0)


@pytest.mark.usefixtures("no_gpu")
def test_optimizer_log_reads_after_the_one_step(
    hw4: types.ModuleType,
    memory: types.ModuleType,
    data: TensorDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, states = tiny_model(), []
    seen: list[int] = []
    model.register_forward_hook(lambda _model, inputs, _output: seen.append(len(inputs[0])))

    def make(name: str, parameters: object, lr: float) -> torch.optim.Optimizer:
        states.append(make_optimizer(name, parameters, lr))
        assert states[0].param_groups[0]["lr"] == lr == 1e-3
        return states[0]

    def read() -> float:
        assert seen == [6], "one step of the batch"
        assert all(len(states[0].state[p]) == 3 for p in model.parameters())
        return 2418.0

    monkeypatch.setattr(memory, "gpu_memory_used", read)
    path = hw4.log_optimizer_memory(
        "ADAM", data, make, 6, lambda: model, device="cpu", folder=tmp_path, readings=2, pause=0.0
    )
    assert numbers_of(path, "memUsage") == [2418.0, 2418.0]


def test_unknown_optimizers_are_refused(hw4: types.ModuleType, data: TensorDataset) -> None:
    with pytest.raises(ValueError, match=r"'Adam'; use one of .*'ADAM'"):
        hw4.log_optimizer_memory("Adam", data, make_optimizer)


def test_what_is_no_optimizer_is_refused(
    hw4: types.ModuleType, data: TensorDataset, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match="for 'SGD', make_optimizer returned NoneType"):
        hw4.log_optimizer_memory(
            "SGD", data, lambda *_: None, make_model=tiny_model, device="cpu", folder=tmp_path
        )
    assert not list(tmp_path.iterdir())


# The batch sizes


@pytest.mark.usefixtures("no_gpu")
def test_batch_size_log(hw4: types.ModuleType, data: TensorDataset, tmp_path: Path) -> None:
    hw4.set_seed(0)
    path = hw4.log_batch_size_memory(
        4, data, num_epochs=10, make_model=tiny_model, lr=1e-4, folder=tmp_path
    )
    assert path == tmp_path / "resnet18__4.csv"
    assert path.read_text().splitlines()[0] == "timestamp,epoch,memUsage,loss,accuracy"
    assert [row["epoch"] for row in rows_of(path)] == [str(n) for n in range(1, 11)]
    loss, accuracy = numbers_of(path, "loss"), numbers_of(path, "accuracy")
    assert all(math.isfinite(value) for value in loss)
    assert loss[-1] < loss[0]
    assert all(0 <= value <= 100 for value in accuracy)
    assert np.all(np.diff(numbers_of(path, "timestamp")) > 0)
    assert set(numbers_of(path, "memUsage")) == {0.0}


@pytest.mark.usefixtures("no_gpu")
def test_rate_and_images_of_a_batch_size(
    hw4: types.ModuleType,
    memory: types.ModuleType,
    data: TensorDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[float, float, list[int]]] = []

    def epoch(_model: object, loader: Any, optimizer: Any) -> tuple[float, float]:
        group = optimizer.param_groups[0]
        calls.append((group["lr"], group["momentum"], [len(x) for x, _ in loader]))
        return 1.0, 50.0

    monkeypatch.setattr(memory, "train_one_epoch", epoch)
    hw4.log_batch_size_memory(
        16, data, 0.02, num_epochs=2, num_images=30, make_model=tiny_model, folder=tmp_path
    )
    assert calls == [(0.02, 0.9, [16, 14])] * 2


@pytest.mark.usefixtures("no_gpu")
def test_resnet18_itself_runs_on_tiny_pictures(hw4: types.ModuleType, tmp_path: Path) -> None:
    memory = importlib.import_module("hw4.memory")
    to_tensor = importlib.import_module("torchvision.transforms").ToTensor()
    pictures = memory.GeneratedImages(8, to_tensor)
    path = hw4.log_batch_size_memory(4, pictures, 1e-4, num_epochs=1, folder=tmp_path)
    assert len(rows_of(path)) == 1
    assert memory.RESNET152.args == (152,)


def test_the_cpu_is_named_once(
    hw4: types.ModuleType,
    memory: types.ModuleType,
    data: TensorDataset,
    tmp_path: Path,
    no_gpu: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (memory, no_gpu) != (None, 0)
    for batch_size in (4, 8):
        hw4.log_batch_size_memory(
            batch_size, data, 1e-4, num_epochs=1, make_model=tiny_model, folder=tmp_path
        )
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2
    assert said[0].startswith("Training runs on the CPU")
    assert said[1].startswith("There is no CUDA GPU")


# Out of memory

Logs = Callable[[Callable[[], nn.Module]], object]


@pytest.fixture(params=["optimizer", "batch size"])
def run_and_path(
    request: pytest.FixtureRequest,
    hw4: types.ModuleType,
    data: TensorDataset,
    tmp_path: Path,
    no_gpu: None,
) -> tuple[Logs, Path]:
    """Each of the two loops, and the file it writes."""
    assert no_gpu is None
    if request.param == "optimizer":
        run = lambda make: hw4.log_optimizer_memory(  # noqa: E731
            "SGD", data, make_optimizer, make_model=make, folder=tmp_path, pause=0.0
        )
        return run, tmp_path / "resnet152__SGD.csv"
    run = lambda make: hw4.log_batch_size_memory(  # noqa: E731
        20, data, 1e-4, num_epochs=2, make_model=make, folder=tmp_path
    )
    return run, tmp_path / "resnet18__20.csv"


@pytest.mark.parametrize(
    "error",
    [
        None,
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
    ],
)
def test_running_out_of_memory_is_said_and_leaves_no_log(
    run_and_path: tuple[Logs, Path], capsys: pytest.CaptureFixture[str], error: Exception | None
) -> None:
    run, path = run_and_path
    assert run(tiny_model) == path
    assert path.exists()
    capsys.readouterr()
    assert run(lambda: NoRoom(error=error)) is None
    said = capsys.readouterr().out
    assert said.startswith("Out of memory: ")
    assert "No log is kept" in said
    assert not list(path.parent.iterdir()), "not even the earlier one"


def test_running_out_in_a_later_epoch_leaves_no_log(
    hw4: types.ModuleType, data: TensorDataset, tmp_path: Path
) -> None:
    made = hw4.log_batch_size_memory(
        20, data, 1e-4, 3, make_model=lambda: NoRoom(steps=5), device="cpu", folder=tmp_path
    )
    assert made is None
    assert not list(tmp_path.iterdir())


def test_other_errors_are_not_hidden(run_and_path: tuple[Logs, Path]) -> None:
    run, path = run_and_path
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        run(lambda: nn.Sequential(nn.Flatten(), nn.Linear(5, 10)))
    with pytest.raises(KeyError, match="no"):
        run(lambda: NoRoom(error=KeyError("no")))
    assert not list(path.parent.iterdir())


# The pictures


def fake_cifar10(folder: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A CIFAR-10 of eight pictures in the real one's files, known to torchvision by their sums."""
    cifar = importlib.import_module("torchvision.datasets").CIFAR10
    base = folder / cifar.base_folder
    base.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 3072), dtype=np.uint8)
    files = {
        "data_batch_1": {"data": pixels, "labels": list(range(8))},
        "batches.meta": {"label_names": [f"class {i}" for i in range(10)]},
    }
    sums = {}
    for name, content in files.items():
        raw = pickle.dumps(content)
        (base / name).write_bytes(raw)
        sums[name] = hashlib.md5(raw).hexdigest()
    monkeypatch.setattr(cifar, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(cifar, "test_list", [])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": sums["batches.meta"]}
    monkeypatch.setattr(cifar, "meta", meta)
    return pixels


def test_cifar10_is_read_by_the_real_class(
    hw4: types.ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = fake_cifar10(tmp_path, monkeypatch)
    loaded = hw4.load_cifar10(tmp_path, side=32)
    assert type(loaded).__name__ == "CIFAR10"
    assert [loaded[i][1] for i in range(8)] == list(range(8))
    right = pixels[3].reshape(3, 32, 32) / 255
    np.testing.assert_allclose(loaded[3][0].numpy(), right, atol=1e-6)
    assert hw4.load_cifar10(tmp_path)[0][0].shape == (3, 224, 224)


@pytest.mark.parametrize(
    "error",
    [urllib.error.URLError("no route to host"), RuntimeError("File not found or corrupted")],
)
def test_generated_pictures_stand_in_where_nothing_can_be_downloaded(
    hw4: types.ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    module = importlib.import_module("torchvision.datasets.cifar")
    monkeypatch.setattr(module, "download_and_extract_archive", fail)
    loaded = hw4.load_cifar10(tmp_path, side=48)
    assert "CIFAR-10 can't be downloaded" in capsys.readouterr().out
    assert len(loaded) == 50_000
    picture, label = loaded[13]
    assert (picture.shape, picture.dtype, label) == ((3, 48, 48), torch.float32, 3)
    assert 0 <= picture.min() < picture.max() <= 1
    assert torch.equal(picture, loaded[13][0])
    assert not torch.equal(picture, loaded[23][0])
    with pytest.raises(IndexError):
        loaded[50_000]


def test_generated_pictures_can_be_learnt(memory: types.ModuleType) -> None:
    pictures = memory.GeneratedImages(40)
    means = np.array([np.asarray(picture).mean(axis=(0, 1)) for picture, _ in pictures])
    labels = np.array([label for _, label in pictures])
    centres = np.array([means[labels == label].mean(axis=0) for label in range(10)])
    nearest = np.linalg.norm(means[:, None] - centres[None], axis=2).argmin(axis=1)
    assert np.array_equal(nearest, labels)
    assert pictures[0][0].size == (32, 32)
