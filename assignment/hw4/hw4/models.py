"""Sizes come in, small networks with random weights go out; also counts of what they hold.

Each network maps pictures `(N, 1, H, W)` to scores `(N, num_classes)`, float32; N may be 1.
"""

import math
from collections.abc import Sequence

import torch
from torch import nn

from hw4.kernels import edge_detector_kernels

RESNET_DEPTHS = (18, 34, 50, 101, 152)


class _ConvNet(nn.Module):
    """Convolutions `conv1`, `conv2`, ... with ReLUs, global average pooling, one linear layer.

    The first convolution is followed by pooling that halves both sides. Weights of `conv1` and `fc`
    start Xavier-uniform, all biases at zero.
    """

    def __init__(
        self, depth: int, num_filters: int, kernel_size: int, num_classes: int, pool: nn.Module
    ) -> None:
        super().__init__()
        self.depth = depth
        for number in range(1, depth + 1):
            channels = 1 if number == 1 else num_filters
            # Keeps the sides at odd sizes; they shrink by one pixel at even sizes.
            padding = (kernel_size - 1) // 2
            layer = nn.Conv2d(channels, num_filters, kernel_size, padding=padding)
            nn.init.zeros_(layer.bias)
            self.add_module(f"conv{number}", layer)
        self.pool = pool
        self.fc = nn.Linear(num_filters, num_classes)
        nn.init.xavier_uniform_(self.get_submodule("conv1").weight)
        nn.init.xavier_uniform_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)

    def get_features(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Everything between the picture and the linear layer, in order.

        Args:
            x: pictures, shape `(N, 1, H, W)`.

        Returns:
            After the first convolution, its ReLU and the pooling; after each further convolution
            and its ReLU; at last the global average, of shape `(N, num_filters)`. With two
            convolutions that makes six tensors.
        """
        features = []
        for number in range(1, self.depth + 1):
            x = self.get_submodule(f"conv{number}")(x)
            features += [x, torch.relu(x)]
            if number == 1:
                features.append(self.pool(features[-1]))
            x = features[-1]
        # The two sides by name: a squeeze() would swallow the batch when it has one sample.
        features.append(x.mean(dim=(2, 3)))
        return features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures of shape `(N, 1, H, W)` in, scores of shape `(N, num_classes)` out."""
        return self.fc(self.get_features(x)[-1])


class SimpleCNN(_ConvNet):
    """Convolution, ReLU, max pooling, convolution, ReLU, global average, linear.

    With `kernel_size=7` and the other defaults it has 606 parameters: 150 + 444 + 12.
    """

    def __init__(self, num_filters: int = 3, kernel_size: int = 2, num_classes: int = 3) -> None:
        super().__init__(2, num_filters, kernel_size, num_classes, nn.MaxPool2d(2))


class SimpleCNN_avgpool(_ConvNet):
    """`SimpleCNN` with average pooling in place of max pooling."""

    def __init__(self, num_filters: int = 3, kernel_size: int = 2, num_classes: int = 3) -> None:
        super().__init__(2, num_filters, kernel_size, num_classes, nn.AvgPool2d(2))


class WiderCNN(_ConvNet):
    """`SimpleCNN` with six filters in place of three."""

    def __init__(self, num_filters: int = 6, kernel_size: int = 2, num_classes: int = 3) -> None:
        super().__init__(2, num_filters, kernel_size, num_classes, nn.MaxPool2d(2))


class ThreeLayerCNN(_ConvNet):
    """`SimpleCNN` with three convolutions in place of two."""

    def __init__(self, num_filters: int = 3, kernel_size: int = 2, num_classes: int = 3) -> None:
        super().__init__(3, num_filters, kernel_size, num_classes, nn.MaxPool2d(2))


class DeeperCNN(_ConvNet):
    """`SimpleCNN` with four convolutions in place of two."""

    def __init__(self, num_filters: int = 3, kernel_size: int = 2, num_classes: int = 3) -> None:
        super().__init__(4, num_filters, kernel_size, num_classes, nn.MaxPool2d(2))


class ThreeLayerMLP(nn.Module):
    """Three linear layers with ReLUs between them, on the flattened picture.

    With `hidden_dims=[50, 10]` and the other defaults it has 39,793 parameters: 39,250 + 510 + 33.

    Args:
        input_dim: shape of one picture, `(channels, rows, columns)`.
        hidden_dims: outputs of the first and of the second layer.
        num_classes: outputs of the last layer.

    Raises:
        ValueError: `hidden_dims` has not two numbers.
    """

    def __init__(
        self,
        input_dim: Sequence[int] = (1, 28, 28),
        hidden_dims: Sequence[int] = (10, 10),
        num_classes: int = 3,
    ) -> None:
        super().__init__()
        if len(hidden_dims) != 2:
            raise ValueError(f"hidden_dims is {hidden_dims}, but two numbers are needed")
        self.fc1 = nn.Linear(math.prod(input_dim), hidden_dims[0])
        self.fc2 = nn.Linear(hidden_dims[0], hidden_dims[1])
        self.fc3 = nn.Linear(hidden_dims[1], num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures of shape `(N, *input_dim)` in, scores of shape `(N, num_classes)` out."""
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc3(torch.relu(self.fc2(x)))


class TwoLayerMLP(nn.Module):
    """Two linear layers with a ReLU between them, on the flattened picture.

    Args:
        input_dim: shape of one picture, `(channels, rows, columns)`.
        hidden_dim: outputs of the first layer.
        num_classes: outputs of the second layer.
    """

    def __init__(
        self, input_dim: Sequence[int] = (1, 28, 28), hidden_dim: int = 10, num_classes: int = 3
    ) -> None:
        super().__init__()
        self.fc1 = nn.Linear(math.prod(input_dim), hidden_dim)
        self.fc2 = nn.Linear(hidden_dim, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pictures of shape `(N, *input_dim)` in, scores of shape `(N, num_classes)` out."""
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def resnet(depth: int, num_classes: int = 10) -> nn.Module:
    """torchvision's ResNet with random weights; nothing is downloaded.

    Inside `with torch.device("meta"):` it takes no memory, and can be counted but not run.

    Args:
        depth: 18, 34, 50, 101 or 152.
        num_classes: scores for each picture.

    Raises:
        ValueError: there is no ResNet of this depth.
    """
    if depth not in RESNET_DEPTHS:
        raise ValueError(f"depth is {depth}, but it must be one of {RESNET_DEPTHS}")
    # Imported here: it costs a second and 200 MB, and the small networks don't need it.
    from torchvision import models

    return getattr(models, f"resnet{depth}")(weights=None, num_classes=num_classes)


def count_parameters(model: nn.Module, only_trainable: bool = False) -> int:
    """How many numbers the model learns; with `only_trainable`, those that are not frozen."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not only_trainable)


def model_size_mb(model: nn.Module) -> float:
    """Size of the model's parameters in MB (10**6 bytes): parameters times bytes of each."""
    return sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6


def freeze_conv_layer(model: nn.Module) -> None:
    """Keep the first convolution as it is: training does not change its weights and biases.

    Raises:
        ValueError: the model has no convolution.
    """
    for parameter in _first_conv(model).parameters():
        parameter.requires_grad_(False)


def init_conv_kernel_with_edge_detector(model: nn.Module) -> None:
    """Set the first convolution to `edge_detector_kernels` of its size, its biases to zero.

    Raises:
        ValueError: the model has no convolution, or its first one has not 1 channel, 3 filters and
            a square kernel of size 2 or odd.
    """
    conv = _first_conv(model)
    height, width = conv.kernel_size
    if conv.in_channels != 1 or conv.out_channels != 3 or height != width:
        raise ValueError(
            f"the first convolution has {conv.in_channels} channels, {conv.out_channels} filters "
            f"and {height}x{width} kernels; 1 channel, 3 filters and a square kernel are needed"
        )
    kernels = torch.from_numpy(edge_detector_kernels(height))
    with torch.no_grad():
        conv.weight.copy_(kernels.unsqueeze(1))
        if conv.bias is not None:
            conv.bias.zero_()


def _first_conv(model: nn.Module) -> nn.Conv2d:
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            return layer
    raise ValueError(f"{type(model).__name__} has no convolution")
