"""A data set and sizes come in, CSV logs of the GPU memory that training takes go out.

Everything runs on the CPU as well, where it says so and logs 0.
"""

import csv
import gc
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

from hw4.models import resnet
from hw4.training import train_one_epoch

OPTIMIZER_NAMES = ("SGD", "SGD_WITH_MOMENTUM", "ADAM")
OPTIMIZER_COLUMNS = ("timestamp", "memUsage")
BATCH_COLUMNS = ("timestamp", "epoch", "memUsage", "loss", "accuracy")
RESNET152, RESNET18 = partial(resnet, 152), partial(resnet, 18)
CIFAR10_SIDE = 32  # pixels
IMAGENET_SIDE = 224  # pixels; what ResNets are made for


def gpu_memory_used(gpu: int = 0) -> float:
    """How much memory of a GPU is in use, by all programs together, in MB.

    The number is nvidia-smi's, read through GPUtil; its MB are 2**20 bytes. It holds what PyTorch
    keeps in reserve, and a few hundred MB of CUDA's own.

    Args:
        gpu: the GPU's place in nvidia-smi's list, from 0.

    Returns:
        MB in use. Where CUDA or GPUtil is missing: 0.0, and the first time a sentence that says so.
    """
    if not torch.cuda.is_available():
        _say_once("There is no CUDA GPU here, so the GPU memory is logged as 0.")
        return 0.0
    try:
        from GPUtil import getGPUs
    except ImportError as error:  # GPUtil itself needs distutils, which newer Pythons lack
        _say_once(
            f"GPUtil can't be imported ({error}), so the GPU memory is logged as 0. "
            "Install it: pip install GPUtil setuptools"
        )
        return 0.0
    gpus = getGPUs()
    if gpu >= len(gpus):
        _say_once(f"nvidia-smi lists no GPU number {gpu}, so the GPU memory is logged as 0.")
        return 0.0
    return float(gpus[gpu].memoryUsed)


class MemoryLog:
    """A CSV file that appears when its `with` block ends well, and not at all when it doesn't.

    So a log in the folder is a whole run: one that ran out of memory, or was stopped, leaves none.
    A log of an earlier run is replaced.

    Args:
        path: the file; its folder is made if need be.
        columns: the header. A column "timestamp" is filled by the log itself: seconds since 1970,
            each later than the one before.
    """

    def __init__(self, path: Path | str, columns: tuple[str, ...]) -> None:
        self.path = Path(path)
        self.columns = columns
        self._partial = self.path.with_name(self.path.name + ".partial")
        self._last = 0.0

    def __enter__(self) -> Self:
        """Open the file under a preliminary name."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._partial.open("w", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._file, self.columns, lineterminator="\n")
        self._writer.writeheader()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the file its name, or delete it after an error."""
        self._file.close()
        if kind is None:
            self._partial.replace(self.path)
        else:
            self._partial.unlink()

    def write(self, **values: float) -> None:
        """Add a row: a number for each column but "timestamp". ValueError for other columns."""
        if values.keys() != set(self.columns) - {"timestamp"}:
            raise ValueError(f"the row has {sorted(values)}, the log has {list(self.columns)}")
        if "timestamp" in self.columns:
            # Clocks stand still between two quick rows, and may even be set back.
            self._last = round(max(time.time(), self._last + 1e-3), 3)
            values["timestamp"] = self._last
        self._writer.writerow(values)
        self._file.flush()


def log_optimizer_memory(
    optimizer_name: str,
    dataset: Dataset,
    make_optimizer: Callable[[str, Iterable[nn.Parameter], float], torch.optim.Optimizer],
    batch_size: int = 8,
    make_model: Callable[[], nn.Module] = RESNET152,
    lr: float = 1e-3,
    device: str | torch.device | None = None,
    folder: Path | str = "logs",
    readings: int = 3,
    pause: float = 0.2,
) -> Path | None:
    """Train for one step, and log how much GPU memory is in use after it.

    At that moment the GPU holds the weights, their gradients and what the optimizer keeps for each
    weight: nothing (SGD), one number (momentum) or two (Adam).

    Args:
        optimizer_name: "SGD", "SGD_WITH_MOMENTUM" or "ADAM".
        dataset: yields `(picture, label)`; the first `batch_size` samples are used.
        make_optimizer: called with `optimizer_name`, the model's parameters and `lr`.
        batch_size: samples of the step.
        make_model: makes the model. Left out: ResNet-152 for 10 classes.
        lr: learning rate.
        device: where to train. Left out: the GPU, or the CPU if there is none.
        folder: the log is `resnet152__{optimizer_name}.csv` in it, columns `timestamp,memUsage`.
        readings: rows of the log.
        pause: seconds between two readings; nvidia-smi's number may lag behind a little.

    Returns:
        The log's path; None if the memory was not enough, which is then said, and no log is kept.

    Raises:
        ValueError: `optimizer_name` is none of the three.
        TypeError: what `make_optimizer` returns is no optimizer.
    """
    if optimizer_name not in OPTIMIZER_NAMES:
        raise ValueError(f"optimizer_name is {optimizer_name!r}; use one of {OPTIMIZER_NAMES}")
    path = Path(folder) / f"resnet152__{optimizer_name}.csv"

    def run() -> None:
        with MemoryLog(path, OPTIMIZER_COLUMNS) as log:
            model = make_model().to(_chosen(device))
            optimizer = make_optimizer(optimizer_name, model.parameters(), lr)
            if not isinstance(optimizer, torch.optim.Optimizer):
                raise TypeError(
                    f"for {optimizer_name!r}, make_optimizer returned {type(optimizer).__name__} "
                    "where an optimizer is needed"
                )
            batch = DataLoader(Subset(dataset, range(batch_size)), batch_size)
            train_one_epoch(model, batch, optimizer)
            for number in range(readings):
                time.sleep(pause if number else 0.0)
                log.write(memUsage=gpu_memory_used())

    return _unless_out_of_memory(run, path, f"{optimizer_name} with batch size {batch_size}")


def log_batch_size_memory(
    batch_size: int,
    dataset: Dataset,
    lr: float,
    num_epochs: int = 10,
    num_images: int = 4096,
    make_model: Callable[[], nn.Module] = RESNET18,
    device: str | torch.device | None = None,
    folder: Path | str = "logs",
) -> Path | None:
    """Train for some epochs by SGD with momentum, and log memory, loss and accuracy of each.

    Args:
        batch_size: samples of a step.
        dataset: yields `(picture, label)`.
        lr: learning rate.
        num_epochs: rows of the log.
        num_images: the first so many samples are used, all if there are fewer.
        make_model: makes the model. Left out: ResNet-18 for 10 classes.
        device: where to train. Left out: the GPU, or the CPU if there is none.
        folder: the log is `resnet18__{batch_size}.csv` in it, columns
            `timestamp,epoch,memUsage,loss,accuracy`: epochs from 1, mean loss of the epoch,
            accuracy in per cent on the training samples.

    Returns:
        The log's path; None if the memory was not enough, which is then said, and no log is kept.
        That is normal at large batches.
    """
    path = Path(folder) / f"resnet18__{batch_size}.csv"

    def run() -> None:
        with MemoryLog(path, BATCH_COLUMNS) as log:
            model = make_model().to(_chosen(device))
            optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
            used = Subset(dataset, range(min(num_images, len(dataset))))  # type: ignore[arg-type]
            batches = DataLoader(used, batch_size, shuffle=True)
            for epoch in range(1, num_epochs + 1):
                loss, accuracy = train_one_epoch(model, batches, optimizer)
                used_mb = gpu_memory_used()
                log.write(epoch=epoch, memUsage=used_mb, loss=loss, accuracy=accuracy)

    return _unless_out_of_memory(run, path, f"batch size {batch_size}")


class GeneratedImages(Dataset):
    """Colour pictures made by rule, in place of CIFAR-10: a hue for each of 10 classes, and noise.

    Args:
        length: samples; sample i has class i % 10.
        transform: called with each PIL picture of 32x32 RGB pixels.
    """

    def __init__(
        self, length: int, transform: Callable[[Image.Image], torch.Tensor] | None = None
    ) -> None:
        self.length = length
        self.transform = transform

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Image.Image | torch.Tensor, int]:
        """Picture and label number `index`, the same each time."""
        if not 0 <= index < self.length:
            raise IndexError(f"there are {self.length} pictures, not {index + 1}")
        label = index % 10
        # An own generator: the pictures don't depend on the order in which they are asked for.
        noise = np.random.default_rng(index).normal(0.0, 40.0, (CIFAR10_SIDE, CIFAR10_SIDE, 3))
        hue = 2.0 * np.pi * (label / 10.0 + np.arange(3) / 3.0)
        pixels = np.clip(128.0 + 60.0 * np.cos(hue) + noise, 0.0, 255.0).astype(np.uint8)
        image = Image.fromarray(pixels)
        return image if self.transform is None else self.transform(image), label


def load_cifar10(root: Path | str = "data", side: int = IMAGENET_SIDE) -> Dataset:
    """CIFAR-10's 50,000 training pictures, resized; downloaded (170 MB) if not in `root` yet.

    Args:
        root: folder of the data.
        side: rows and columns of the result in pixels.

    Returns:
        A data set of `(picture, label)`: float32 tensors of shape `(3, side, side)`, values in
        [0, 1], and labels 0 to 9. Where the download fails, as many `GeneratedImages` of the same
        shape, and a sentence that says so: memory is the same with them, accuracy is not.
    """
    # Imported here: it costs a second and 200 MB.
    from torchvision import datasets, transforms

    to_tensor = transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor()])
    try:
        return datasets.CIFAR10(str(root), train=True, download=True, transform=to_tensor)
    except (OSError, RuntimeError) as error:  # no network; a broken download
        print(
            f"CIFAR-10 can't be downloaded ({error}). Generated pictures of the same shape take "
            "its place: the memory is the same, loss and accuracy are not CIFAR-10's."
        )
        return GeneratedImages(50_000, to_tensor)


def _unless_out_of_memory(run: Callable[[], None], path: Path, what: str) -> Path | None:
    """Run; None, a sentence and no log if the memory is not enough. Cleans up before and after."""
    _release()
    try:
        run()
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        path.unlink(missing_ok=True)  # of an earlier run: it would look like this one's
        print(f"Out of memory: {what} does not fit on this device. No log is kept of it.")
        return None
    finally:
        _release()
    return path


def _is_out_of_memory(error: RuntimeError) -> bool:
    """PyTorch has its own exception for it, but cuDNN and the CPU raise plain ones."""
    signs = ("out of memory", "ALLOC_FAILED", "can't allocate memory")
    return isinstance(error, torch.cuda.OutOfMemoryError) or any(s in str(error) for s in signs)


def _release() -> None:
    """Give unused memory back, so that one run's reserve is not counted in the next one's log."""
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()


def _chosen(device: str | torch.device | None) -> torch.device:
    if device is not None:
        return torch.device(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    _say_once("Training runs on the CPU, which takes long for a ResNet at full size.")
    return torch.device("cpu")


@cache
def _say_once(sentence: str) -> None:
    print(sentence)
