"""Part E, the checks that students have too: the form of what is submitted, worth no points."""

from gradescope_utils.autograder_utils.decorators import number, weight

from autograder.checks import Student, expect, question


@question("E1a")
@weight(0)
@number("E1.0")
def test_small_dataset_gives_tensors(student: Student) -> None:
    """small_dataset gives tensors of shape (1, 28, 28) with values in [0, 1]"""
    found = student.describe("small_dataset", "dataset")
    expect(
        found["kind"] == "tensor" and found["images"].shape[1:] == (1, 28, 28),
        f"pictures of kind {found['kind']} and shape {found['images'].shape[1:]}.",
        hint="A transform of torchvision makes tensors of this shape.",
    )
    low, high = found["range"]
    expect(
        0 <= low <= high <= 1,
        f"values from {low:g} to {high:g}.",
        hint="The transform scales to [0, 1] by itself.",
    )


@question("E2")
@weight(0)
@number("E2.0")
def test_loaders_can_be_read(student: Student) -> None:
    """train_loader_dict is a dict of loaders, and valid_loader is a loader"""
    found = student.describe("train_loader_dict", "loader_dict")
    expect(
        found["type"] not in ("list", "tuple"),
        f"a {found['type']} of loaders.",
        hint="One loader for each number in num_images_list, which is its key.",
    )
    expect(
        bool(found["keys"]),
        "an empty dict.",
        hint="One loader for each number in num_images_list, which is its key.",
    )
    for key, loader in zip(found["keys"], found["loaders"], strict=True):
        expect(
            "error" not in loader,
            f"under the key {key!r} something that cannot be read: {loader.get('error')}.",
            hint="Try it in your notebook: for images, labels in train_loader_dict[10]: ...",
        )
    student.describe("valid_loader", "loader")


@question("E4b")
@weight(0)
@number("E4.0")
def test_hyperparameters_are_numbers(student: Student) -> None:
    """num_epochs, lr and kernel_size are numbers"""
    for name in ("num_epochs", "lr", "kernel_size"):
        found = student.describe(name, "numbers")
        expect(
            isinstance(found["value"], int | float) and not isinstance(found["value"], bool),
            f"`{name}` of type {found['type']}.",
            hint="Write a plain number, without quotation marks.",
        )
