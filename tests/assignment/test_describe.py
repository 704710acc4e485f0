"""The describers: loaders, data sets and numbers, good and bad, come in; plain values go out."""

import importlib
import socket
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, Subset, TensorDataset

from autograder import wire

ASSIGNMENT = Path(__file__).resolve().parents[2] / "assignment" / "hw4"


@pytest.fixture(autouse=True)
def hw4_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ASSIGNMENT))


@pytest.fixture
def hw4() -> types.ModuleType:
    return importlib.import_module("hw4")


@pytest.fixture
def describe() -> types.ModuleType:
    return importlib.import_module("hw4.describe")


def to_tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image, dtype=np.float32) / 255)[None]


@pytest.fixture
def data(hw4: types.ModuleType) -> Any:
    """Twelve pictures of three kinds, as tensors."""
    hw4.set_seed(7)
    return hw4.EdgeDetectionDataset({"data_per_class": 4}, transform=to_tensor)


@pytest.fixture
def pictures(hw4: types.ModuleType) -> Any:
    """The same as PIL pictures."""
    hw4.set_seed(7)
    return hw4.EdgeDetectionDataset({"data_per_class": 4}, mode="valid")


def crosses_the_wire(value: object) -> bool:
    """Whether the grader would get it. It has to be small enough for the socket to hold."""
    here, there = socket.socketpair()
    with here, there:
        wire.send(here, value)
        return type(wire.receive(there)) is type(value)


# Loaders


def test_a_good_loader(describe: types.ModuleType, data: Any) -> None:
    torch.manual_seed(0)
    told = describe.loader(DataLoader(data, batch_size=5, shuffle=True))
    passes = told.pop("passes")
    config = told.pop("config")
    assert told == {
        "type": "DataLoader",
        "batch_size": 5,
        "sampler": "RandomSampler",
        "batch_sampler": "BatchSampler",
        "drop_last": False,
        "batches": 3,
        "length": 12,
        "mode": "train",
        "permutater": None,
        "unpermutater": None,
    }
    assert config["data_per_class"] == 4
    assert config["class_type"] == ["horizontal", "vertical", "none"]
    assert len(passes) == 2
    for one in passes:
        assert one["images"].shape == (12, 1, 28, 28)
        assert one["images"].dtype == np.float32
        assert one["labels"].dtype == np.int64
        assert sorted(one["labels"].tolist()) == [0] * 4 + [1] * 4 + [2] * 4
        assert one["batch_sizes"] == [5, 5, 2]
        assert (one["kind"], one["dtype"]) == ("tensor", "float32")
    assert not np.array_equal(passes[0]["labels"], passes[1]["labels"]), "shuffled anew"
    assert crosses_the_wire(told | {"passes": passes, "config": config})


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    samples=st.integers(0, 20),
    batch=st.integers(1, 8),
    drop_last=st.booleans(),
    passes=st.integers(0, 3),
)
def test_a_loader_in_order_gives_back_its_arrays(
    describe: types.ModuleType, samples: int, batch: int, drop_last: bool, passes: int
) -> None:
    images = torch.arange(samples * 6, dtype=torch.uint8).reshape(samples, 1, 2, 3)
    labels = torch.arange(samples)
    loader = DataLoader(TensorDataset(images, labels), batch_size=batch, drop_last=drop_last)
    told = describe.loader(loader, passes)
    kept = samples // batch * batch if drop_last else samples
    assert (told["length"], told["batches"]) == (samples, len(loader))
    assert (told["sampler"], told["drop_last"]) == ("SequentialSampler", drop_last)
    assert len(told["passes"]) == passes
    for one in told["passes"]:
        assert one["labels"].tolist() == list(range(kept))
        assert len(one["images"]) == sum(one["batch_sizes"]) == kept
        if kept:
            assert one["images"].dtype == np.uint8
            assert np.array_equal(one["images"], images[:kept].numpy())


def as_arrays(batch: list[Any]) -> Any:
    return np.stack([np.asarray(image) for image, _ in batch]), [label for _, label in batch]


def as_pil(batch: list[Any]) -> Any:
    return [image for image, _ in batch], np.array([label for _, label in batch])


@pytest.mark.parametrize(("collate", "kind"), [(as_arrays, "array"), (as_pil, "PIL")])
def test_the_kind_of_other_pictures_is_told(
    describe: types.ModuleType, pictures: Any, collate: Callable[..., Any], kind: str
) -> None:
    told = describe.loader(DataLoader(pictures, batch_size=5, collate_fn=collate))
    assert told["mode"] == "valid"
    for one in told["passes"]:
        assert one["kind"] == kind
        assert one["images"].dtype == np.uint8
        assert np.array_equal(one["images"].reshape(pictures.images.shape), pictures.images)
        assert one["images"].shape[1:] == ((1, 28, 28) if kind == "PIL" else (28, 28))
        assert np.array_equal(one["labels"], pictures.labels)
    assert crosses_the_wire(told)


def test_a_batch_sampler_tells_what_the_loader_does_not(
    describe: types.ModuleType, data: Any
) -> None:
    told = describe.loader(
        DataLoader(data, batch_sampler=BatchSampler(RandomSampler(data), 5, drop_last=True))
    )
    assert (told["batch_size"], told["drop_last"], told["length"]) == (5, True, 12)
    assert [one["batch_sizes"] for one in told["passes"]] == [[5, 5], [5, 5]]
    own = DataLoader(data, batch_sampler=[[0, 1], [2, 3, 4]])  # type: ignore[arg-type]
    told = describe.loader(own)
    assert (told["batch_size"], told["drop_last"]) == (None, False)
    assert told["passes"][0]["batch_sizes"] == [2, 3]


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        (torch.Tensor.double, "float64"),
        (torch.Tensor.bfloat16, "bfloat16"),
        (lambda x: (x * 255).byte(), "uint8"),
    ],
)
def test_the_dtype_in_which_pictures_came_is_told(
    describe: types.ModuleType, data: Any, make: Callable[[torch.Tensor], torch.Tensor], dtype: str
) -> None:
    data.transform = lambda image: make(to_tensor(image))
    assert describe.dataset(data)["dtype"] == dtype
    assert describe.loader(DataLoader(data, 5))["passes"][0]["dtype"] == dtype


def test_tensors_without_channels_stay_so(describe: types.ModuleType, data: Any) -> None:
    data.transform = lambda image: to_tensor(image)[0]
    assert describe.loader(DataLoader(data, 5))["passes"][0]["images"].shape == (12, 28, 28)


def test_colour_pictures_get_their_channels_in_front(describe: types.ModuleType) -> None:
    image = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(4, 2, 3))
    (one,) = describe.loader([([image, image], [0, 1])], 1)["passes"]
    assert one["images"].shape == (2, 3, 4, 2)
    assert np.array_equal(one["images"][0].transpose(1, 2, 0), np.asarray(image))


def test_a_missing_transform_is_named(describe: types.ModuleType, pictures: Any) -> None:
    with pytest.raises(ValueError, match=r"pictures are of type Image, .* transform .* missing"):
        describe.loader(DataLoader(pictures, batch_size=5))


def test_other_type_errors_are_the_students(describe: types.ModuleType, data: Any) -> None:
    data.transform = lambda image: image + 1
    with pytest.raises(TypeError, match="unsupported operand"):
        describe.loader(DataLoader(data))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, "this is None, not a DataLoader"),
        (3, "this is of type int, not a DataLoader"),
        ("loader", "this is of type str"),
        ({10: []}, "this is of type dict"),
        ([3], "batch 0 is of type int, not a pair"),
        ([(torch.zeros(2, 1, 4, 4),)], "batch 0 is of type tuple with 1 items, not a pair"),
        ([({}, torch.zeros(2))], "the pictures of a batch are of type dict"),
        ([(["a", "b"], [0, 1])], "a picture is of type str, not a tensor"),
        ([([np.array(["a"])], [0])], "a picture is an array of <U1, not of numbers"),
        ([([np.zeros((2, 2)), np.zeros((3, 2))], [0, 1])], "different shapes"),
        ([(torch.zeros(2, 1, 4, 4), None)], "the labels of a batch are None"),
        ([(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3))], r"labels of a batch have shape \(2, 3\)"),
        ([(torch.zeros(2, 1, 4, 4), torch.tensor([0.5, 1]))], "not a whole number"),
        ([(torch.zeros(2, 1, 4, 4), ["a", "b"])], "a label is of type str"),
        ([(torch.zeros(2, 1, 4, 4), [2**70, 0])], "not a whole number"),
        ([(torch.zeros(2, 1, 4, 4), [0])], "batch 0 has 2 pictures, but 1 labels"),
        ([(torch.zeros(1, 1, 4, 4), [0]), (torch.zeros(1, 1, 5, 5), [0])], "different shapes"),
    ],
)
def test_bad_loaders_are_refused_in_plain_words(
    describe: types.ModuleType, wrong: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        describe.loader(wrong)


def test_a_data_set_is_no_loader(describe: types.ModuleType, data: Any) -> None:
    with pytest.raises(ValueError, match="of type EdgeDetectionDataset, not a DataLoader"):
        describe.loader(data)


class Endless:
    """Gives batches of one size for ever."""

    def __init__(self, size: int) -> None:
        self.batch = (torch.zeros(size, 1, 2, 2), torch.zeros(size, dtype=torch.int64))

    def __iter__(self) -> Iterator[Any]:
        while True:
            yield self.batch


@pytest.mark.parametrize("size", [0, 1, 1500, 30_000])
def test_loaders_are_bounded(describe: types.ModuleType, size: int) -> None:
    with pytest.raises(ValueError, match="more than 20000 samples"):
        describe.loader(Endless(size))


def test_large_pictures_are_bounded(
    describe: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describe, "MAX_BYTES", 2_000_000)
    wide = torch.zeros(1).expand(3, 1, 1000, 100)  # claims 1.2 MB
    with pytest.raises(ValueError, match="more than 2 MB together"):
        describe.loader([(wide, [0, 1, 2])])
    assert describe.loader([(wide, [0, 1, 2])], 1)["passes"][0]["images"].shape == wide.shape


# Dicts of loaders


def test_a_dict_of_loaders(describe: types.ModuleType, data: Any) -> None:
    loaders = {
        10: DataLoader(data, batch_size=5),
        np.int64(20): None,
        "30": DataLoader(data, batch_size=4),
        (4, 0): [],
        0.5: DataLoader(Broken()),
    }
    told = describe.loader_dict(loaders)
    assert told["keys"] == [10, 20, "30", "tuple", 0.5]
    assert [type(key) for key in told["keys"]] == [int, int, str, str, float]
    first, missing, third, empty, broken = told["loaders"]
    assert first["batch_size"] == 5
    assert third["batch_size"] == 4
    assert told["type"] == "dict"
    assert len(first["passes"]) == 2
    assert first["passes"][0]["images"].shape == (12, 1, 28, 28)
    assert missing == {"error": "this is None, not a DataLoader"}
    assert empty["passes"][0]["labels"].shape == (0,)
    assert broken == {"error": "KeyError: 'my slip'"}
    assert crosses_the_wire(told)


class Broken:
    """A data set with a slip."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, _index: int) -> object:
        raise KeyError("my slip")


def test_a_list_of_loaders_has_places_for_keys(describe: types.ModuleType, data: Any) -> None:
    told = describe.loader_dict([DataLoader(data, batch_size=5), None])
    assert (told["type"], told["keys"]) == ("list", [0, 1])
    assert [each.get("batch_size") for each in told["loaders"]] == [5, None]


def test_other_dicts_are_refused(describe: types.ModuleType, data: Any) -> None:
    with pytest.raises(ValueError, match="this is None, not a dict of loaders"):
        describe.loader_dict(None)
    with pytest.raises(ValueError, match="of type DataLoader, not a dict"):
        describe.loader_dict(DataLoader(data))
    with pytest.raises(ValueError, match="101 loaders, more than 100"):
        describe.loader_dict(dict.fromkeys(range(101)))


# Data sets


def test_a_data_set_of_tensors(describe: types.ModuleType, data: Any) -> None:
    told = describe.dataset(data)
    assert (told["type"], told["length"], told["kind"]) == ("EdgeDetectionDataset", 12, "tensor")
    assert told["images"].shape == (12, 1, 28, 28)
    assert told["dtype"] == "float32"
    assert told["range"] == [float(told["images"].min()), float(told["images"].max())]
    np.testing.assert_allclose(told["images"][:, 0], data.images / 255, rtol=1e-6)
    assert np.array_equal(told["labels"], data.labels)
    assert told["mode"] == "train"
    assert told["config"]["possible_edge_location_ratio"] == 1.0
    assert "permutater" not in told["config"]
    assert crosses_the_wire(told)


def test_a_permuted_data_set_of_pil_pictures(
    describe: types.ModuleType, hw4: types.ModuleType
) -> None:
    order = np.random.default_rng(0).permutation(784)
    config = {"data_per_class": 2, "use_permutation": True, "permutater": order}
    dataset = hw4.EdgeDetectionDataset(config | {"unpermutater": np.argsort(order)})
    told = describe.dataset(dataset)
    assert (told["kind"], told["dtype"]) == ("PIL", "uint8")
    assert told["images"].shape == (6, 28, 28)
    assert np.array_equal(told["images"], dataset.images)
    assert np.array_equal(told["permutater"], order)
    assert np.array_equal(told["unpermutater"], np.argsort(order))
    assert told["config"]["use_permutation"] is True
    part = describe.dataset(Subset(Subset(dataset, [5, 0, 1]), [0, 1]))
    assert part["labels"].tolist() == [2, 0]
    assert np.array_equal(part["permutater"], order)


def test_other_data_sets(describe: types.ModuleType) -> None:
    told = describe.dataset([(np.full((2, 2), 3), np.int64(1)), (np.zeros((2, 2), int), 0.0)])
    assert (told["kind"], told["length"], told["range"]) == ("array", 2, [0.0, 3.0])
    assert told["labels"].tolist() == [1, 0]
    assert (told["mode"], told["config"], told["permutater"]) == (None, {}, None)
    mixed = describe.dataset([(np.zeros((2, 2)), 0), (torch.zeros(2, 2, dtype=torch.bfloat16), 1)])
    assert mixed["kind"] == "array and tensor"
    assert describe.dataset([])["range"] == []
    assert crosses_the_wire(describe.dataset([]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, "this is None, not a data set"),
        ({"a": 1}, "this is of type dict, not a data set"),
        (DataLoader(TensorDataset(torch.zeros(1))), "of type DataLoader, not a data set"),
        ([1], "sample 0 is of type int, not a pair"),
        (range(20_001), "20001 samples, more than 20000"),
        ([(None, 1)], "a picture is None"),
        ([(torch.zeros(2, 2), None)], "a label is None"),
    ],
)
def test_bad_data_sets_are_refused(describe: types.ModuleType, wrong: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        describe.dataset(wrong)


def test_describing_changes_nothing(describe: types.ModuleType, data: Any) -> None:
    before = data.images.copy()
    data.transform = None
    told = describe.dataset(data)
    told["images"][:] = 0
    assert np.array_equal(data.images, before)
    stack = torch.ones(2, 1, 2, 2)
    describe.loader([(stack, [0, 1])])["passes"][0]["images"][:] = 0
    assert stack.all()


# Numbers


class Sly(int):
    """Passes for an int, but is not exactly one."""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (300, {"type": "int", "value": 300}),
        (5e-3, {"type": "float", "value": 5e-3}),
        (True, {"type": "bool", "value": True}),
        ("300", {"type": "str", "value": "300"}),
        (None, {"type": "NoneType", "value": None}),
        (np.int64(7), {"type": "int64", "value": 7}),
        (np.array(0.5), {"type": "ndarray", "value": 0.5}),
        (torch.tensor(3), {"type": "Tensor", "value": 3}),
        (torch.tensor([3, 4]), {"type": "Tensor", "value": None}),
        ([300], {"type": "list", "value": None}),
        (Sly(3), {"type": "Sly", "value": None}),
        (1j, {"type": "complex", "value": None}),
    ],
)
def test_numbers(describe: types.ModuleType, value: object, told: dict[str, object]) -> None:
    found = describe.numbers(value)
    assert found == told
    assert type(found["value"]) is type(told["value"])
