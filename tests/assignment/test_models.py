"""The networks and kernels: sizes come in; shapes, counts and first weights are as promised."""

import importlib
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

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


CNNS = ["SimpleCNN", "SimpleCNN_avgpool", "DeeperCNN", "WiderCNN", "ThreeLayerCNN"]
MLPS = ["ThreeLayerMLP", "TwoLayerMLP"]


# The package


def in_a_new_python(script: str) -> str:
    """What a script prints, run beside the package by a Python that has imported nothing."""
    lines = f"import sys\nsys.path.insert(0, {str(ASSIGNMENT)!r})\n{script}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", lines], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_names_are_listed_without_loading_anything() -> None:
    script = (
        "import hw4\n"
        "assert {'SimpleCNN', 'EdgeDetectionDataset', 'evaluate', '__all__'} <= set(dir(hw4))\n"
        "assert hw4.__all__ == sorted(set(hw4.__all__))\n"
        "heavy = {'matplotlib', 'torch', 'torchvision', 'scipy', 'PIL'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert in_a_new_python(script) == "[]"


def test_all_ways_to_import_work_and_leave_torchvision_out() -> None:
    script = (
        "from hw4 import *\n"
        "from hw4 import SimpleCNN as first\n"
        "from hw4.models import SimpleCNN as second\n"
        "import hw4\n"
        "assert SimpleCNN is first is second is hw4.SimpleCNN\n"
        "assert all(callable(globals()[name]) for name in hw4.__all__)\n"
        "print(sorted({'torchvision', 'scipy', 'matplotlib'} & set(sys.modules)))\n"
    )
    assert in_a_new_python(script) == "[]"


def test_an_unknown_name_is_an_attribute_error(hw4: types.ModuleType) -> None:
    with pytest.raises(AttributeError, match="no attribute 'SimpleCnn'"):
        _ = hw4.SimpleCnn


# The networks


@pytest.mark.parametrize(
    ("name", "sizes", "count"),
    [
        ("SimpleCNN", {"kernel_size": 7}, 606),
        ("SimpleCNN_avgpool", {"kernel_size": 7}, 606),
        ("SimpleCNN", {}, 15 + 39 + 12),
        ("SimpleCNN", {"num_filters": 4, "kernel_size": 3, "num_classes": 5}, 40 + 148 + 25),
        ("WiderCNN", {"kernel_size": 7}, 300 + 1770 + 21),
        ("ThreeLayerCNN", {"kernel_size": 7}, 606 + 444),
        ("DeeperCNN", {"kernel_size": 7}, 606 + 2 * 444),
        ("ThreeLayerMLP", {"hidden_dims": [50, 10]}, 39_793),
        ("ThreeLayerMLP", {}, 7850 + 110 + 33),
        ("TwoLayerMLP", {"hidden_dim": 10}, 7850 + 33),
    ],
)
def test_counts_of_parameters(
    hw4: types.ModuleType, name: str, sizes: dict[str, Any], count: int
) -> None:
    model = getattr(hw4, name)(**sizes)
    assert hw4.count_parameters(model) == count
    assert hw4.count_parameters(model, only_trainable=True) == count
    assert hw4.model_size_mb(model) == pytest.approx(count * 4 / 1e6)


def test_resnet_152_on_the_meta_device(hw4: types.ModuleType) -> None:
    with torch.device("meta"):
        model = hw4.resnet(152)
    assert hw4.count_parameters(model) == 58_164_298
    assert hw4.model_size_mb(model) == pytest.approx(232.657192, abs=1e-9)
    assert all(parameter.is_meta for parameter in model.parameters())


def test_resnet_runs_and_refuses_unknown_depths(hw4: types.ModuleType) -> None:
    model = hw4.resnet(18, num_classes=4).eval()
    with torch.no_grad():
        assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 4)
    with pytest.raises(ValueError, match="depth is 19, but it must be one of"):
        hw4.resnet(19)


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("kernel_size", [2, 3, 5, 7])
@pytest.mark.parametrize("name", CNNS)
def test_batches_of_one_and_more_work(
    hw4: types.ModuleType, name: str, kernel_size: int, samples: int
) -> None:
    model = getattr(hw4, name)(kernel_size=kernel_size, num_classes=5)
    assert model(torch.rand(samples, 1, 28, 28)).shape == (samples, 5)


@pytest.mark.parametrize("name", MLPS)
def test_batches_of_one_work_for_mlps(hw4: types.ModuleType, name: str) -> None:
    model = getattr(hw4, name)(num_classes=4)
    assert model(torch.rand(1, 1, 28, 28)).shape == (1, 4)
    assert getattr(hw4, name)(input_dim=(3, 4, 5))(torch.rand(2, 3, 4, 5)).shape == (2, 3)


def test_an_mlp_of_three_layers_has_two_hidden_ones(hw4: types.ModuleType) -> None:
    with pytest.raises(ValueError, match="two numbers are needed"):
        hw4.ThreeLayerMLP(hidden_dims=[10])


@pytest.mark.parametrize(("name", "pool"), [("SimpleCNN", "max"), ("SimpleCNN_avgpool", "avg")])
def test_features_are_the_six_steps(hw4: types.ModuleType, name: str, pool: str) -> None:
    model = getattr(hw4, name)(kernel_size=3)
    x = torch.rand(2, 1, 28, 28)
    functional = nn.functional
    pooling = functional.max_pool2d if pool == "max" else functional.avg_pool2d
    expected = [functional.conv2d(x, model.conv1.weight, model.conv1.bias, padding=1)]
    expected.append(expected[-1].clamp(min=0))
    expected.append(pooling(expected[-1], 2))
    expected.append(
        functional.conv2d(expected[-1], model.conv2.weight, model.conv2.bias, padding=1)
    )
    expected.append(expected[-1].clamp(min=0))
    expected.append(expected[-1].mean(dim=3).mean(dim=2))
    features = model.get_features(x)
    assert [tuple(f.shape) for f in features] == [
        (2, 3, 28, 28),
        (2, 3, 28, 28),
        (2, 3, 14, 14),
        (2, 3, 14, 14),
        (2, 3, 14, 14),
        (2, 3),
    ]
    for feature, right in zip(features, expected, strict=True):
        torch.testing.assert_close(feature, right)
    torch.testing.assert_close(model(x), expected[-1] @ model.fc.weight.T + model.fc.bias)


def test_first_weights(hw4: types.ModuleType) -> None:
    hw4.set_seed(7)
    model = hw4.SimpleCNN(num_filters=200, kernel_size=5, num_classes=100)
    for layer in (model.conv1, model.fc):
        fan_in = layer.weight[0].numel()
        fan_out = layer.weight.numel() // layer.weight.shape[1]
        bound = (6 / (fan_in + fan_out)) ** 0.5
        assert layer.weight.abs().max() <= bound
        assert layer.weight.abs().max() > 0.98 * bound
    assert all(not layer.bias.any() for layer in (model.conv1, model.conv2, model.fc))


# Kernels


@pytest.mark.parametrize("shape", [(3, 3), (5, 5), (7, 7), (3, 5), (1, 1)])
@pytest.mark.parametrize("axis", [0, 1])
def test_custom_sobel_by_its_definition(
    hw4: types.ModuleType, shape: tuple[int, int], axis: int
) -> None:
    kernel = hw4.custom_sobel(shape, axis)
    assert kernel.shape == shape
    for place, value in np.ndenumerate(kernel):
        offset = [place[i] - (shape[i] - 1) / 2 for i in (0, 1)]
        square = offset[0] ** 2 + offset[1] ** 2
        assert value == pytest.approx(offset[axis] / square if square else 0.0)


def test_custom_sobel_at_size_three(hw4: types.ModuleType) -> None:
    usual = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    assert np.array_equal(hw4.custom_sobel((3, 3), 0), usual / 2)
    assert np.array_equal(hw4.custom_sobel((3, 3), 1), usual.T / 2)


@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 3), 0), ((3, 4), 0), ((-1, 3), 0), ((3,), 0), ((3, 3), 2)]
)
def test_custom_sobel_refuses(hw4: types.ModuleType, shape: tuple[int, ...], axis: int) -> None:
    with pytest.raises(ValueError, match=r"shape is|axis is"):
        hw4.custom_sobel(shape, axis)


@pytest.mark.parametrize("kernel_size", [2, 3, 5, 7])
def test_edge_detectors_go_into_the_first_convolution(
    hw4: types.ModuleType, kernel_size: int
) -> None:
    model = hw4.SimpleCNN(kernel_size=kernel_size)
    second = model.conv2.weight.clone()
    hw4.init_conv_kernel_with_edge_detector(model)
    weight = model.conv1.weight.detach().numpy()
    assert weight.dtype == np.float32
    assert weight.shape == (3, 1, kernel_size, kernel_size)
    if kernel_size == 2:
        assert weight[:2, 0].tolist() == [[[1, 1], [-1, -1]], [[1, -1], [1, -1]]]
    else:
        for axis in (0, 1):
            sobel = hw4.custom_sobel((kernel_size, kernel_size), axis)
            np.testing.assert_allclose(weight[axis, 0], sobel, rtol=1e-6)
    assert not weight[2].any()
    assert torch.equal(model.conv2.weight, second)
    assert model.conv1.weight.requires_grad


def test_edge_detectors_respond_to_their_own_direction(hw4: types.ModuleType) -> None:
    rows = torch.zeros(1, 1, 28, 28)
    rows[:, :, 10:13] = 1.0
    for kernel_size in (2, 3, 7):
        model = hw4.SimpleCNN(kernel_size=kernel_size)
        hw4.init_conv_kernel_with_edge_detector(model)
        # Away from the border, where padding is an edge of its own.
        inside = model.get_features(rows)[0][0, :, 4:-4, 4:-4].abs().amax(dim=(1, 2))
        assert inside[0] > 0.5
        assert inside[1] < 1e-5
        turned = model.get_features(rows.transpose(2, 3))[0][0, :, 4:-4, 4:-4].abs()
        assert torch.all(turned[0] < 1e-5)
        assert turned[1].max() > 0.5


def test_edge_detectors_refuse_other_layers(hw4: types.ModuleType) -> None:
    for model, message in [
        (hw4.SimpleCNN(kernel_size=4), "kernel_size is 4"),
        (hw4.WiderCNN(), "6 filters"),
        (hw4.resnet(18), "3 channels, 64 filters"),
        (hw4.TwoLayerMLP(), "TwoLayerMLP has no convolution"),
    ]:
        with pytest.raises(ValueError, match=message):
            hw4.init_conv_kernel_with_edge_detector(model)


def test_a_frozen_convolution_stays_and_the_rest_learns(hw4: types.ModuleType) -> None:
    hw4.set_seed(0)
    model = hw4.SimpleCNN(kernel_size=7)
    hw4.init_conv_kernel_with_edge_detector(model)
    hw4.freeze_conv_layer(model)
    assert hw4.count_parameters(model) == 606
    assert hw4.count_parameters(model, only_trainable=True) == 606 - 150
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batch = [(torch.rand(6, 1, 28, 28), torch.arange(6) % 3)]
    hw4.train(model, batch, num_epochs=2, lr=0.1, progress=False)
    changed = {name for name, value in model.state_dict().items() if not value.equal(before[name])}
    assert changed == {"conv2.weight", "conv2.bias", "fc.weight", "fc.bias"}
    with pytest.raises(ValueError, match="no convolution"):
        hw4.freeze_conv_layer(hw4.TwoLayerMLP())


# Pictures of them


def test_kernels_and_features_are_drawn(hw4: types.ModuleType) -> None:
    plt = importlib.import_module("matplotlib.pyplot")
    plt.switch_backend("Agg")
    model = hw4.SimpleCNN(kernel_size=7)
    assert len(hw4.show_kernels(model.conv1).axes) == 3 + 1
    figure = hw4.show_kernels(model.conv2, title="second")
    assert len(figure.axes) == 9 + 1
    low, high = figure.axes[0].images[0].get_clim()
    assert low == -high == -float(model.conv2.weight.detach().abs().max())
    assert len(hw4.show_kernels(hw4.edge_detector_kernels(3)).axes) == 4
    figure = hw4.show_features(model.get_features(torch.rand(2, 1, 28, 28)), sample=1)
    assert len(figure.axes) == 5 * 3 + 1
    figure.canvas.draw()
    plt.close("all")
    with pytest.raises(ValueError, match="no feature of shape"):
        hw4.show_features([torch.zeros(1, 3)])
    with pytest.raises(ValueError, match=r"the weights have shape \(3,\)"):
        hw4.show_kernels(np.zeros(3))
