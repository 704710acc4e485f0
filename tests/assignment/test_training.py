"""The training loop: small models and loaders come in; losses and counts agree with a pencil."""

import importlib
import math
import random
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

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


class Scores(nn.Module):
    """Gives its input out as scores; has one parameter, so that there is something to train."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * x


SCORES = torch.tensor(
    [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0], [5.0, 0, 0]]
)
LABELS = torch.tensor([0, 1, 0, 2, 0])


def by_hand(scores: list[list[float]], labels: list[int]) -> tuple[float, float, np.ndarray]:
    """Loss, accuracy and confusion of scores, in plain Python."""
    loss, confusion = 0.0, np.zeros((len(scores[0]), len(scores[0])), dtype=int)
    for row, label in zip(scores, labels, strict=True):
        loss += math.log(sum(math.exp(score) for score in row)) - row[label]
        confusion[label, row.index(max(row))] += 1
    accuracy = 100 * sum(confusion[i, i] for i in range(len(confusion))) / len(labels)
    return loss / len(labels), accuracy, confusion


def test_evaluate_against_a_hand_computation(hw4: types.ModuleType) -> None:
    # Batches of 2, 2 and 1: a mean of batch means would be wrong.
    loader = DataLoader(TensorDataset(SCORES, LABELS), batch_size=2)
    loss, accuracy, confusion = hw4.evaluate(Scores(), loader)
    right_loss, _, _ = by_hand(SCORES.tolist(), LABELS.tolist())
    assert loss == pytest.approx(right_loss, rel=1e-6)
    assert accuracy == 80.0
    assert confusion.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 1]], "rows are true classes"
    assert confusion.dtype == np.int64


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32 - 1),
    samples=st.integers(1, 12),
    classes=st.integers(2, 6),
    batch=st.integers(1, 5),
)
def test_evaluate_agrees_with_plain_python(
    hw4: types.ModuleType, seed: int, samples: int, classes: int, batch: int
) -> None:
    rng = np.random.default_rng(seed)
    scores = torch.from_numpy(rng.normal(size=(samples, classes)))
    labels = torch.from_numpy(rng.integers(0, classes, samples))
    loader = DataLoader(TensorDataset(scores, labels), batch_size=batch)
    loss, accuracy, confusion = hw4.evaluate(Scores().double(), loader)
    right = by_hand(scores.tolist(), labels.tolist())
    assert loss == pytest.approx(right[0])
    assert accuracy == pytest.approx(right[1])
    assert np.array_equal(confusion, right[2])


def test_evaluate_learns_nothing_and_keeps_the_mode(hw4: types.ModuleType) -> None:
    model = nn.Sequential(nn.Dropout(0.9), Scores())
    loader = [(SCORES, LABELS)]
    for mode in (True, False):
        model.train(mode)
        assert hw4.evaluate(model, loader)[1] == 80.0, "dropout is off"
        assert all(part.training is mode for part in model.modules())
    assert model[1].scale.item() == 1.0
    assert model[1].scale.grad is None


def test_another_criterion_and_device(hw4: types.ModuleType) -> None:
    def nines(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return scores.sum() * 0 + 9.0 + 0 * labels.sum()

    assert hw4.evaluate(Scores(), [(SCORES, LABELS)], "cpu", nines)[0] == 9.0
    model = Scores()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss, accuracy = hw4.train_one_epoch(model, [(SCORES, LABELS)], optimizer, nines, "cpu")
    assert (loss, accuracy) == (9.0, 80.0)


def test_one_epoch_steps_as_sgd_does(hw4: types.ModuleType) -> None:
    model, twin = Scores(), Scores()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    model.eval()
    loss, accuracy = hw4.train_one_epoch(
        model, [(SCORES[:3], LABELS[:3]), (SCORES[3:], LABELS[3:])], optimizer
    )
    assert model.training
    losses, speed = [], 0.0
    for part in (slice(0, 3), slice(3, 5)):
        losses.append(nn.functional.cross_entropy(twin(SCORES[part]), LABELS[part]))
        (gradient,) = torch.autograd.grad(losses[-1], twin.parameters())
        speed = 0.9 * speed + gradient
        twin.scale.data -= 0.5 * speed
    assert model.scale.item() == pytest.approx(twin.scale.item())
    assert loss == pytest.approx((3 * losses[0].item() + 2 * losses[1].item()) / 5)
    assert accuracy == 80.0


def test_missing_and_empty_loaders_are_explained(hw4: types.ModuleType) -> None:
    model = Scores()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(TypeError, match="the loader is None; was it filled in"):
        hw4.evaluate(model, None)
    with pytest.raises(TypeError, match="the loader is None"):
        hw4.train_one_epoch(model, None, optimizer)
    with pytest.raises(ValueError, match="yields no sample"):
        hw4.evaluate(model, [])
    with pytest.raises(ValueError, match="yields no sample"):
        hw4.train_one_epoch(model, [], optimizer)


def test_set_seed_seeds_all_three(hw4: types.ModuleType) -> None:
    def draw(seed: int) -> tuple[float, float, float]:
        hw4.set_seed(seed)
        return random.random(), float(np.random.rand()), torch.rand(()).item()

    assert draw(7) == draw(7)
    assert all(a != b for a, b in zip(draw(7), draw(8), strict=True))


def test_both_models_overfit_a_small_data_set(hw4: types.ModuleType) -> None:
    hw4.set_seed(7)
    data = hw4.EdgeDetectionDataset({"data_per_class": 4})
    pictures = torch.from_numpy(data.images)[:, None] / 255
    loader = DataLoader(TensorDataset(pictures, torch.from_numpy(data.labels)), 12, shuffle=True)
    for model, epochs in [
        (hw4.SimpleCNN(kernel_size=7), 300),
        (hw4.ThreeLayerMLP(hidden_dims=[50, 10]), 200),
    ]:
        history = hw4.train(model, loader, loader, num_epochs=epochs, lr=0.02, progress=False)
        assert {len(values) for values in history.values()} == {epochs}
        assert history["valid_accuracy"][-1] == 100.0
        assert history["valid_loss"][-1] < 0.3 < history["train_loss"][0]
        assert hw4.evaluate(model, loader)[:2] == pytest.approx(
            (history["valid_loss"][-1], history["valid_accuracy"][-1])
        )


def test_training_repeats_after_the_same_seed(hw4: types.ModuleType) -> None:
    def losses() -> list[float]:
        hw4.set_seed(3)
        data = TensorDataset(torch.rand(8, 1, 28, 28), torch.arange(8) % 3)
        loader = DataLoader(data, batch_size=3, shuffle=True)
        return hw4.train(hw4.SimpleCNN(), loader, num_epochs=3, progress=False)["train_loss"]

    assert losses() == losses()


def test_train_takes_another_optimizer_and_does_without_validation(hw4: types.ModuleType) -> None:
    model = Scores()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    history = hw4.train(model, [(SCORES, LABELS)], num_epochs=2, optimizer=optimizer)
    assert list(history) == ["train_loss", "train_accuracy"]
    assert model.scale.item() == 1.0


@pytest.mark.parametrize("installed", [True, False])
def test_tqdm_is_used_if_it_is_there(
    hw4: types.ModuleType, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    asked: list[str] = []

    def tqdm(epochs: range, desc: str, leave: bool) -> range:
        asked.append(f"{len(epochs)} {desc} {leave}")
        return epochs

    auto = types.ModuleType("tqdm.auto")
    auto.tqdm = tqdm  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm") if installed else None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", auto if installed else None)
    history = hw4.train(Scores(), [(SCORES, LABELS)], num_epochs=2)
    assert len(history["train_loss"]) == 2
    assert asked == (["2 epochs False"] if installed else [])
    hw4.train(Scores(), [(SCORES, LABELS)], num_epochs=2, progress=False)
    assert len(asked) == installed


# Pictures of it


def test_figures(hw4: types.ModuleType) -> None:
    plt = importlib.import_module("matplotlib.pyplot")
    plt.switch_backend("Agg")
    history = {"train_loss": [2.0, 1.0], "train_accuracy": [30.0, 60.0]}
    full = history | {"valid_loss": [2.1, 1.4], "valid_accuracy": [20.0, 50.0]}
    figure = hw4.show_learning_curves({"CNN": full, "MLP": history}, title="at last")
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert labels == ["CNN train", "CNN valid", "MLP train"]
    assert figure.axes[1].lines[1].get_ydata().tolist() == [20.0, 50.0]
    assert len(hw4.show_learning_curves(full).axes[0].lines) == 2
    with pytest.raises(ValueError, match="no history"):
        hw4.show_learning_curves({})

    figure = hw4.show_confusion_matrix(np.array([[5, 1], [0, 7]]), ["one", "two"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["5", "1", "0", "7"]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["one", "two"]
    figure.canvas.draw()
    with pytest.raises(ValueError, match=r"has shape \(2, 3\)"):
        hw4.show_confusion_matrix(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="2 classes need as many names, but got 1"):
        hw4.show_confusion_matrix(np.zeros((2, 2)), ["one"])

    data = hw4.EdgeDetectionDataset({"data_per_class": 2})
    figure = hw4.show_images(data, per_class=3)
    assert [axes.get_title(loc="left") for axes in figure.axes[::3]] == data.class_type
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 0] * 3
    figure = hw4.show_images(torch.rand(4, 1, 28, 28), torch.tensor([1, 0, 1, 0]), per_class=1)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["class 0", "class 1"]
    assert len(hw4.show_images(np.zeros((3, 5, 6))).axes) == 5
    with pytest.raises(TypeError, match="NoneType"):
        hw4.show_images(None)
    with pytest.raises(ValueError, match=r"3 pictures and labels of shape \(2,\)"):
        hw4.show_images(np.zeros((3, 5, 6)), [0, 1])
    plt.close("all")
