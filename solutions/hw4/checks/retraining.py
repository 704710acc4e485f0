"""Data and hyperparameters come in; the accuracies of many trained copies of one model go out.

The assignment's own ``SimpleCNN`` is trained from several seeds at once, as one computation without
autograd: the first layer's patches are unfolded once, since the pictures never change, and both
layers become (batched) matrix products over all seeds. ``tests/assignment/test_retraining.py``
compares it with plain PyTorch, step by step.

Every seed starts from the weights that ``SimpleCNN`` has after ``torch.manual_seed(seed)``. All
seeds see the batches in the same random order, which is what lets them share the first product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from hw4.models import SimpleCNN, ThreeLayerMLP
from torch.nn import functional

MOMENTUM = 0.9
#: So often a training is looked at that may end early, its end included; and it has so many epochs.
LOOKS, LONG = 10, 100


@dataclass(frozen=True)
class Data:
    """Pictures ``(N, 28, 28)`` float32, labels ``(N,)`` int64 below ``classes``."""

    images: np.ndarray
    labels: np.ndarray
    classes: int

    def in_order(self) -> Data:
        """The same samples, sorted: what a shuffled loader gave is the same data in every run."""
        keys = [image.tobytes() for image in self.images]
        order = sorted(range(len(keys)), key=lambda n: (int(self.labels[n]), keys[n]))
        return Data(self.images[order], self.labels[order], self.classes)


@dataclass(frozen=True)
class Recipe:
    """How to train: SGD with momentum 0.9 on shuffled batches.

    Attributes:
        order: what the order of the pictures is drawn from, the same for all seeds.
        enough: the accuracy, in per cent, that needs no further training where it is had twice.
    """

    epochs: int
    lr: float
    kernel_size: int
    batch_size: int
    filters: int = 3
    order: int = 0
    enough: float = 100.0

    def steps(self, data: Data) -> int:
        """Of the optimizer, from one seed."""
        return self.epochs * math.ceil(len(data.labels) / self.batch_size)


def seconds_needed(data: Data, recipe: Recipe, seeds: int) -> float:
    """About how long the training takes on one slow core; to refuse it before it starts."""
    steps = recipe.steps(data)
    pictures = recipe.epochs * len(data.labels)
    # Measured: a fixed part for each step, and products that grow with the kernel and the seeds.
    work = seeds * recipe.filters * recipe.kernel_size**2 * (1 + recipe.filters / 4)
    return steps * 1e-3 + pictures * work * 1.3e-7


def cnn_accuracies(train: Data, valid: Data, recipe: Recipe, seeds: tuple[int, ...]) -> list[float]:
    """Per-cent accuracy on ``valid`` of one trained ``SimpleCNN`` for each seed, in their order.

    A seed whose accuracy is ``recipe.enough`` at two looks in a row keeps the one of the second,
    and training ends when every seed has one. So no seed's value follows from the others.
    """
    early = recipe.enough < 100 and recipe.epochs >= LONG
    looks = {recipe.epochs * n // LOOKS for n in range(1, LOOKS)} if early else set()
    settled = [math.nan] * len(seeds)
    before = [0.0] * len(seeds)
    with torch.no_grad():
        cnns = BatchedCNN(train, recipe, seeds)
        order = torch.Generator().manual_seed(recipe.order)
        for epoch in range(1, recipe.epochs + 1):
            cnns.epoch(torch.randperm(len(train.labels), generator=order))
            if epoch not in looks:
                continue
            now = cnns.accuracies(valid)
            for n, pair in enumerate(zip(before, now, strict=True)):
                if math.isnan(settled[n]) and min(pair) >= recipe.enough:
                    settled[n] = now[n]
            if not any(map(math.isnan, settled)):
                return settled
            before = now
        final = cnns.accuracies(valid)
    return [end if math.isnan(one) else one for one, end in zip(settled, final, strict=True)]


def mlp_accuracies(train: Data, valid: Data, recipe: Recipe, seeds: tuple[int, ...]) -> list[float]:
    """The same for ``ThreeLayerMLP`` with 50 and 10 hidden units; the kernel size is not used."""
    images = torch.from_numpy(train.images).flatten(1)
    labels = torch.from_numpy(train.labels).repeat(len(seeds))
    weights = _mlp_weights(seeds, train.classes)
    optimizer = torch.optim.SGD(weights, lr=recipe.lr, momentum=MOMENTUM)
    order = torch.Generator().manual_seed(recipe.order)
    by_seed = labels.view(len(seeds), -1)
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(images), generator=order).split(recipe.batch_size):
            scores = _mlp(weights, images[batch])
            # The sum over seeds of each seed's mean: every seed gets its own gradient.
            loss = functional.cross_entropy(
                scores.flatten(0, 1), by_seed[:, batch].flatten(), reduction="sum"
            ) / len(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        scores = _mlp(weights, torch.from_numpy(valid.images).flatten(1))
    return _accuracies(scores, valid)


def _mlp_weights(seeds: tuple[int, ...], classes: int) -> list[torch.Tensor]:
    models = []
    for seed in seeds:
        torch.manual_seed(seed)
        models.append(ThreeLayerMLP(hidden_dims=[50, 10], num_classes=classes))
    names = [name for name, _ in models[0].named_parameters()]
    stacked = [torch.stack([m.get_parameter(name).detach() for m in models]) for name in names]
    return [weight.requires_grad_() for weight in stacked]


def _mlp(weights: list[torch.Tensor], images: torch.Tensor) -> torch.Tensor:
    """Scores ``(seeds, N, classes)``."""
    x = images.expand(len(weights[0]), -1, -1)
    for layer in range(0, len(weights), 2):
        x = torch.baddbmm(weights[layer + 1][:, None], x, weights[layer].transpose(1, 2))
        x = torch.relu(x) if layer + 2 < len(weights) else x
    return x


def _accuracies(scores: torch.Tensor, data: Data) -> list[float]:
    right = scores.argmax(-1) == torch.from_numpy(data.labels)
    return [float(share) for share in right.float().mean(-1) * 100]


class BatchedCNN:
    """``SimpleCNN`` for several seeds at once; weights and gradients are views of one tensor each.

    With six filters it is the assignment's ``WiderCNN``. Sizes: S seeds, K kernel size, Q rows of
    the pooled picture, H rows behind the second layer, R rows of the pooled picture with padding,
    B pictures of a batch.
    """

    def __init__(self, data: Data, recipe: Recipe, seeds: tuple[int, ...]) -> None:
        self.seeds = len(seeds)
        self.filters = recipe.filters
        self.kernel = recipe.kernel_size
        self.recipe = recipe
        self.classes = data.classes
        self.padding = (self.kernel - 1) // 2
        self.pooled = (28 + 2 * self.padding - self.kernel + 1) // 2
        self.rows = self.pooled + 2 * self.padding
        self.height = self.rows - self.kernel + 1
        self.patches = self._unfolded(torch.from_numpy(data.images))
        self.targets = functional.one_hot(torch.from_numpy(data.labels), data.classes).float()
        start = torch.stack([self._initial(seed) for seed in seeds])
        self.flat, self.gradient = start, torch.zeros_like(start)
        self.velocity = torch.zeros_like(start)
        self.weights = self._views(self.flat)
        self.gradients = self._views(self.gradient)
        self._buffers: dict[int, _Buffers] = {}

    # --- layout ---

    def _shapes(self) -> list[tuple[int, ...]]:
        side = self.kernel
        return [
            (self.filters, side * side),
            (self.filters,),
            (self.filters, self.filters, side, side),
            (self.filters,),
            (self.classes, self.filters),
            (self.classes,),
        ]

    def _initial(self, seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        model = SimpleCNN(self.filters, self.kernel, self.classes)
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    def _views(self, flat: torch.Tensor) -> list[torch.Tensor]:
        shapes = self._shapes()
        pieces = flat.split([int(np.prod(shape)) for shape in shapes], dim=1)
        return [p.view(self.seeds, *shape) for p, shape in zip(pieces, shapes, strict=True)]

    def _unfolded(self, images: torch.Tensor) -> torch.Tensor:
        """Patches ``(K*K, N, 4*Q*Q)``; the four pixels of each pooling window lie Q*Q apart."""
        k, q = self.kernel, self.pooled
        side = 28 + 2 * self.padding - k + 1
        columns = functional.unfold(images[:, None], k, padding=self.padding)
        # An odd last row or column belongs to no pooling window.
        windows = columns.view(-1, k * k, side, side)[:, :, : 2 * q, : 2 * q]
        windows = windows.reshape(-1, k * k, q, 2, q, 2).permute(1, 0, 3, 5, 2, 4)
        return windows.reshape(k * k, len(images), 4 * q * q).contiguous()

    def _buffer(self, batch: int) -> _Buffers:
        if batch not in self._buffers:
            self._buffers[batch] = _Buffers(self, batch)
        return self._buffers[batch]

    # --- one step ---

    def epoch(self, order: torch.Tensor) -> None:
        """Train on every picture once, in batches of ``order``."""
        for batch in order.split(self.recipe.batch_size):
            self.step(batch)

    def step(self, batch: torch.Tensor) -> None:
        """One step of SGD with momentum on the pictures ``batch``."""
        buffers = self._buffer(len(batch))
        torch.index_select(self.patches, 1, batch, out=buffers.patches)
        scores = self._forward(buffers)
        d_scores = (torch.softmax(scores, -1) - self.targets[batch]) / len(batch)
        self._backward(buffers, d_scores)
        self.velocity.mul_(MOMENTUM).add_(self.gradient)
        self.flat.add_(self.velocity, alpha=-self.recipe.lr)

    def _forward(self, b: _Buffers) -> torch.Tensor:
        """Scores ``(S, B, classes)``; what the way back needs stays in the buffers."""
        w1, b1, _w2, b2, w3, b3 = self.weights
        s, c = self.seeds, self.filters
        k, q, h, p = self.kernel, self.pooled, self.height, self.padding
        torch.mm(w1.reshape(s * c, k * k), b.patches.view(k * k, -1), out=b.first_flat)
        one, two, three, four = b.first.unbind(2)
        b.upper, b.lower = torch.maximum(one, two), torch.maximum(three, four)
        pooled = torch.maximum(b.upper, b.lower).view(s, c, -1, q, q)
        b.hidden = pooled.add_(b1[:, :, None, None, None]).relu_()
        b.padded[:, :, p : p + q, :, p : p + q].copy_(b.hidden.permute(0, 1, 3, 2, 4))
        b.shifted.copy_(b.shifts)
        # One product gives, for each row of the kernel, its part; the parts are then added up.
        torch.bmm(self._second_matrix(), b.shifted_flat, out=b.parts_flat)
        second = b.parts[:, 0, :, :h] + b2[:, :, None, None]
        for row in range(1, k):
            second.add_(b.parts[:, row, :, row : row + h])
        b.active = second.relu_().view(s, c, h, -1, h)
        b.means = b.active.mean((2, 4)).transpose(1, 2)
        return torch.baddbmm(b3[:, None], b.means, w3.transpose(1, 2))

    def _second_matrix(self) -> torch.Tensor:
        """The second layer's weights as ``(S, K rows * outputs, inputs * K columns)``."""
        w2, k = self.weights[2], self.kernel
        return w2.permute(0, 3, 1, 2, 4).reshape(self.seeds, k * self.filters, self.filters * k)

    def _backward(self, b: _Buffers, d_scores: torch.Tensor) -> None:
        """Fill the gradients."""
        g1, h1, g2, h2, g3, h3 = self.gradients
        s, c = self.seeds, self.filters
        k, q, h, p = self.kernel, self.pooled, self.height, self.padding
        g3.copy_(torch.bmm(d_scores.transpose(1, 2), b.means))
        h3.copy_(d_scores.sum(1))
        d_means = torch.bmm(d_scores, self.weights[4]).transpose(1, 2) / (h * h)
        d_second = (b.active > 0) * d_means[:, :, None, :, None]
        h2.copy_(d_second.sum((2, 3, 4)))
        for row in range(k):
            b.d_parts[:, row, :, row : row + h].copy_(d_second.view(s, c, h, -1))
        d_matrix = torch.bmm(b.d_parts_flat, b.shifted_flat.transpose(1, 2))
        g2.copy_(d_matrix.view(s, k, c, c, k).permute(0, 2, 3, 1, 4))
        torch.bmm(self._second_matrix().transpose(1, 2), b.d_parts_flat, out=b.d_shifted_flat)
        b.d_padded.zero_()
        for column in range(k):
            b.d_padded[..., column : column + h].add_(b.d_shifted[:, :, column])
        inside = b.d_padded[:, :, p : p + q, :, p : p + q].permute(0, 1, 3, 2, 4)
        d_hidden = inside * (b.hidden > 0)
        h1.copy_(d_hidden.sum((2, 3, 4)))
        self._unpool(b, d_hidden.reshape(s * c, -1, q * q))
        d_first = torch.mm(b.d_first.view(s * c, -1), b.patches.view(k * k, -1).t())
        g1.copy_(d_first.view(s, c, k * k))

    @staticmethod
    def _unpool(b: _Buffers, gradient: torch.Tensor) -> None:
        """Send the gradient to the first largest of each four, as PyTorch does when they tie."""
        one, two, three, four = b.first.unbind(2)
        below = gradient * (b.lower > b.upper)
        above = gradient - below
        to = b.d_first.unbind(2)
        torch.mul(above, two > one, out=to[1])
        torch.sub(above, to[1], out=to[0])
        torch.mul(below, four > three, out=to[3])
        torch.sub(below, to[3], out=to[2])

    # --- judging ---

    def models(self) -> list[SimpleCNN]:
        """The trained networks as ordinary modules."""
        found = []
        for flat in self.flat:
            model = SimpleCNN(self.filters, self.kernel, self.classes)
            torch.nn.utils.vector_to_parameters(flat.clone(), model.parameters())
            found.append(model)
        return found

    def accuracies(self, data: Data) -> list[float]:
        """Per-cent accuracy of each seed's network."""
        images = torch.from_numpy(data.images)[:, None]
        scores = torch.stack([model(images) for model in self.models()])
        return _accuracies(scores, data)


class _Buffers:
    """Memory for one size of batch, used again in every step."""

    def __init__(self, cnns: BatchedCNN, batch: int) -> None:
        s, f, k = cnns.seeds, cnns.filters, cnns.kernel
        q, h, r = cnns.pooled, cnns.height, cnns.rows
        columns = r * batch * h
        self.patches = torch.empty(k * k, batch, 4 * q * q)
        self.first = torch.empty(s * f, batch, 4, q * q)
        self.first_flat = self.first.view(s * f, -1)
        self.d_first = torch.empty_like(self.first)
        # Rows come before pictures, so that a kernel's row is a plain offset into the columns.
        self.padded = torch.zeros(s, f, r, batch, r)
        self.d_padded = torch.zeros_like(self.padded)
        by_seed, by_map, by_row, by_picture, by_column = self.padded.stride()
        strides = (by_seed, by_map, by_column, by_row, by_picture, by_column)
        self.shifts = self.padded.as_strided((s, f, k, r, batch, h), strides)
        self.shifted = torch.empty(s, f, k, r, batch, h)
        self.shifted_flat = self.shifted.view(s, f * k, columns)
        self.d_shifted = torch.empty_like(self.shifted)
        self.d_shifted_flat = self.d_shifted.view(s, f * k, columns)
        self.parts_flat = torch.empty(s, k * f, columns)
        self.parts = self.parts_flat.view(s, k, f, r, batch * h)
        # Zero outside the rows that each part fills, now and for ever.
        self.d_parts = torch.zeros(s, k, f, r, batch * h)
        self.d_parts_flat = self.d_parts.view(s, k * f, columns)
        self.upper = self.lower = self.hidden = self.active = self.means = torch.empty(0)
