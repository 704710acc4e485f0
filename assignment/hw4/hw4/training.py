"""A model and a loader come in; a trained model, losses and accuracies go out."""

import random
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

Criterion = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
Device = str | torch.device | None


def set_seed(seed: int) -> None:
    """Seed the random numbers of Python, numpy and torch (all devices), so that a run repeats.

    Args:
        seed: 0 to 2**32 - 1.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def train_one_epoch(
    model: nn.Module,
    loader: Batches,
    optimizer: torch.optim.Optimizer,
    criterion: Criterion | None = None,
    device: Device = None,
) -> tuple[float, float]:
    """Show the model each batch once, with one step of the optimizer for each.

    Args:
        model: maps pictures to scores of shape `(N, classes)`.
        loader: yields batches `(pictures, labels)`, the labels int64 of shape `(N,)`.
        optimizer: holds the model's parameters.
        criterion: mean loss of scores and labels. Left out: cross-entropy.
        device: where to compute; left out: where the model is.

    Returns:
        Mean loss and accuracy in per cent over all samples, each as it was when its batch came, so
        before the later steps.

    Raises:
        TypeError: `loader` is None.
        ValueError: the loader yields no sample.
    """
    device = _moved(model, device)
    criterion = criterion or functional.cross_entropy
    model.train()
    total_loss, right, seen = 0.0, 0, 0
    for pictures, labels in _batches(loader, device):
        scores = model(pictures)
        loss = criterion(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # Weighted by its samples: the last batch may be smaller.
        total_loss += loss.item() * len(labels)
        right += int((scores.argmax(1) == labels).sum())
        seen += len(labels)
    _require_samples(seen)
    return total_loss / seen, 100.0 * right / seen


@torch.no_grad()
def evaluate(
    model: nn.Module, loader: Batches, device: Device = None, criterion: Criterion | None = None
) -> tuple[float, float, np.ndarray]:
    """Judge the model on each sample of the loader; nothing is learnt.

    Args:
        model: maps pictures to scores of shape `(N, classes)`. It is put into evaluation mode, and
            back into the mode it was in.
        loader: yields batches `(pictures, labels)`, the labels int64 of shape `(N,)`.
        device: where to compute; left out: where the model is.
        criterion: mean loss of scores and labels. Left out: cross-entropy.

    Returns:
        Mean loss, accuracy in per cent, and the confusion matrix: shape `(classes, classes)`,
        int64, the number of samples by true class (row) and predicted class (column).

    Raises:
        TypeError: `loader` is None.
        ValueError: the loader yields no sample.
    """
    device = _moved(model, device)
    criterion = criterion or functional.cross_entropy
    was_training = model.training
    model.eval()
    total_loss, confusion = 0.0, np.zeros((0, 0), dtype=np.int64)
    try:
        for pictures, labels in _batches(loader, device):
            scores = model(pictures)
            total_loss += criterion(scores, labels).item() * len(labels)
            classes = scores.shape[1]
            pairs = labels * classes + scores.argmax(1)
            counted = torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)
            counted = counted.cpu().numpy()
            confusion = confusion + counted if confusion.size else counted
    finally:
        model.train(was_training)
    seen = int(confusion.sum())
    _require_samples(seen)
    return total_loss / seen, 100.0 * float(confusion.trace()) / seen, confusion


def train(
    model: nn.Module,
    train_loader: Batches,
    valid_loader: Batches | None = None,
    num_epochs: int = 100,
    lr: float = 5e-3,
    momentum: float = 0.9,
    optimizer: torch.optim.Optimizer | None = None,
    criterion: Criterion | None = None,
    device: Device = None,
    progress: bool = True,
) -> dict[str, list[float]]:
    """Train a model for some epochs and write down how it went.

    Args:
        model: maps pictures to scores of shape `(N, classes)`.
        train_loader: the batches to learn from.
        valid_loader: the batches to judge on after each epoch; left out: nothing is judged.
        num_epochs: how often each sample is shown.
        lr: learning rate of SGD, if no optimizer is given.
        momentum: momentum of SGD, if no optimizer is given.
        optimizer: used in place of SGD. Frozen parameters may be in it, they get no gradient.
        criterion: mean loss of scores and labels. Left out: cross-entropy.
        device: where to compute; left out: where the model is.
        progress: show a progress bar (if tqdm is installed).

    Returns:
        One number for each epoch in "train_loss" and "train_accuracy" (per cent), and with a
        `valid_loader` in "valid_loss" and "valid_accuracy" too.

    Raises:
        TypeError: a loader is None where one is needed.
        ValueError: a loader yields no sample.
    """
    device = _moved(model, device)  # before the optimizer is made: it holds what is moved
    if optimizer is None:
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    history: dict[str, list[float]] = {"train_loss": [], "train_accuracy": []}
    if valid_loader is not None:
        history |= {"valid_loss": [], "valid_accuracy": []}
    for _ in _with_progress(range(num_epochs), progress):
        numbers = train_one_epoch(model, train_loader, optimizer, criterion, device)
        if valid_loader is not None:
            numbers += evaluate(model, valid_loader, device, criterion)[:2]
        for key, number in zip(history, numbers, strict=True):
            history[key].append(number)
    return history


def _with_progress(epochs: range, shown: bool) -> Iterable[int]:
    """The epochs, with a progress bar if one is wanted and tqdm is installed."""
    if not shown:
        return epochs
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return epochs
    return tqdm(epochs, desc="epochs", leave=False)


def _moved(model: nn.Module, device: Device) -> torch.device:
    """Move the model to the device and name that; None is where the model is already."""
    if device is None:
        first = next(model.parameters(), None)
        return torch.device("cpu") if first is None else first.device
    model.to(device)
    return torch.device(device)


def _batches(
    loader: Batches | None, device: torch.device
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The loader's batches, on the device."""
    if loader is None:
        raise TypeError("the loader is None; was it filled in, and the cell run?")
    for pictures, labels in loader:
        yield pictures.to(device), labels.to(device)


def _require_samples(seen: int) -> None:
    if seen == 0:
        raise ValueError("the loader yields no sample")
