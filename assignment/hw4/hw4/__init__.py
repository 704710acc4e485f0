"""Homework 4's helpers: data sets, models, training and memory logs come out of here, and figures.

Importing this package loads nothing heavy: each module is loaded when one of its names is used.
"""

from importlib import import_module

#: The public names of each module. The modules themselves (`hw4.models`) can be imported as well.
_PUBLIC = {
    "datasets": ["EdgeDetectionDataset"],
    "kernels": ["custom_sobel", "edge_detector_kernels"],
    "memory": [
        "MemoryLog",
        "gpu_memory_used",
        "load_cifar10",
        "log_batch_size_memory",
        "log_optimizer_memory",
    ],
    "models": [
        "DeeperCNN",
        "SimpleCNN",
        "SimpleCNN_avgpool",
        "ThreeLayerCNN",
        "ThreeLayerMLP",
        "TwoLayerMLP",
        "WiderCNN",
        "count_parameters",
        "freeze_conv_layer",
        "init_conv_kernel_with_edge_detector",
        "model_size_mb",
        "resnet",
    ],
    "pictures": ["load_picture"],
    "plots": [
        "show_confusion_matrix",
        "show_features",
        "show_filtered",
        "show_images",
        "show_kernels",
        "show_learning_curves",
    ],
    "training": ["evaluate", "set_seed", "train", "train_one_epoch"],
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 (it is a list, which the linter can't see)


def __getattr__(name: str) -> object:
    """Load a public name's module when the name is first used (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value  # the next use is a plain look-up
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
