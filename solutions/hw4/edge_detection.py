# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="intro"
# # Homework 4, part E: what a convolutional network takes for granted
#
# Every model comes with assumptions about its data, and they decide what it learns from few
# examples. They are called its **inductive bias**.
#
# A multi-layer perceptron (MLP) takes each pixel for a number of its own: that two pixels are
# neighbours is something it would have to find out. A convolutional network (CNN) takes two things
# for granted: what matters is found in **small neighbourhoods**, and it means the same **wherever
# it is**. The second is built into the layers: move the picture, and the features move along. That
# is **translation equivariance**. A global average at the end then forgets *where* and keeps
# *whether*: the scores hardly change when the picture is moved.
#
# Where the assumptions hold, a CNN needs less data. Where they don't, it has nothing to gain. In
# this notebook you will see both, on pictures so small that each network trains in seconds.
#
# | Task | You fill in | Points |
# |---|---|---|
# | E1 | a small data set and its loader; overfit it | 4 + 6 |
# | E2 | loaders for five sizes of the training data | 10 |
# | E3 | how long to train | 6 |
# | E4 | loaders under a domain shift; hyperparameters that survive it | 5 + 12 |
# | E5 | permuted pictures and their loaders | 6 + 6 |
# | E6 | five classes and their loaders | 3 + 3 |
# | E7 | voluntary: a deeper and a wider network | 0, leaderboard |

# %% [markdown] id="grading"
# ## How it is graded
#
# - Each box marked `TODO` asks for a few variables **by name**. Keep these names. All else is free:
#   add cells, move them, use other helpers.
# - From your notebook only what these variables need is run. Your training and your plots are not.
# - **Loaders** are graded by what comes out of them: how many pictures of each class, how many in a
#   batch, tensors or not, in a new order each time or not, and the right ones in the right place.
#   All keys of a config that a task does not name stay at their defaults.
# - **Accuracy** (E1b, E3, E4b) is not read from your outputs. The grader takes the pictures out of
#   *your* loaders, as they are at the end of the answer's cell, and looks whether they are those
#   that were asked for (if not, that costs points where you made them, and pictures of the grader's
#   own take their place). On them it trains **the assignment's own model** with *your*
#   hyperparameters, in batches of the size that was asked for. In E3 and E4b it judges the model on
#   **new pictures**, drawn like those of your `valid_loader`. It does so **several times, each with
#   another seed, and judges the median**. So one lucky run gives nothing away, and one unlucky run
#   takes nothing away. Leave yourself some margin, though: if you reach the goal by a hair here,
#   the median may lie below it.
# - **Questions to answer in words** stand at the end of each part. Write your answers into
#   `written.json`, under `"answers"` and the name that is given. People read them; they are no part
#   of the points above.
#
# **What to submit.** This notebook, under its name `edge_detection.ipynb`, and `written.json`. You
# need no GPU. All cells together take about ten minutes on a laptop.

# %% [markdown] id="setup-note"
# ## Set-up
#
# On Google Colab, first copy the homework's folder into your Drive under the name
# `deep-learning-hw4`; the next cell links to it. On your own computer, start Jupyter in the folder
# of this notebook, and the cell needs no change.

# %% id="setup"
# %matplotlib inline
import sys

IN_COLAB = "google.colab" in sys.modules
if IN_COLAB:
    from google.colab import drive

    drive.mount("/content/gdrive")
    # %mkdir -p /content/gdrive/MyDrive/deep-learning-hw4
    # !ln -sfn /content/gdrive/MyDrive/deep-learning-hw4 /content/homework
    # %cd /content/homework
    HOMEWORK = "/content/homework"
else:
    HOMEWORK = "."
sys.path.append(HOMEWORK)

# %% id="imports"
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from hw4 import (
    DeeperCNN,
    EdgeDetectionDataset,
    SimpleCNN,
    ThreeLayerMLP,
    WiderCNN,
    count_parameters,
    evaluate,
    freeze_conv_layer,
    init_conv_kernel_with_edge_detector,
    set_seed,
    show_confusion_matrix,
    show_features,
    show_images,
    show_kernels,
    show_learning_curves,
    train,
)
from torch.utils.data import DataLoader
from torchvision import transforms

# %% [markdown] id="speed-note"
# Would you like a quick look first, to see whether everything runs? Set `QUICK = True`: each
# network is then trained for five epochs at most, and the accuracies mean nothing. Set it back to
# `False` for the real thing.

# %% id="speed"
QUICK = False

# %% [markdown] id="helpers-note"
# Four helpers for this notebook. There is nothing to fill in here, but do read `train_by_size`: it
# is the experiment that comes back all the time.

# %% id="helpers"
torch.set_num_threads(1)  # for networks this small, more threads only wait for each other


def require(**answers):
    """Stop with a plain sentence if one of these is still missing."""
    for name, value in answers.items():
        if value is None or (isinstance(value, dict) and not value):
            state = "None" if value is None else "empty"
            raise ValueError(f"{name} is still {state}: fill in its box above, and run that cell.")


def shortened(num_epochs):
    """The number of epochs, cut down for a quick look."""
    return min(num_epochs, 5) if QUICK else num_epochs


@dataclass
class Trained:
    """A trained model, how its training went, and how it did on the validation data."""

    model: torch.nn.Module
    history: dict
    accuracy: float  # per cent
    confusion: np.ndarray  # rows: true class, columns: predicted class


def train_by_size(make_model, train_loader_dict, valid_loader, num_epochs, lr):
    """Train one new model on each loader, and judge each at the end on the validation data.

    Returns:
        A dict with the keys of `train_loader_dict` and a `Trained` for each.
    """
    require(train_loader_dict=train_loader_dict, valid_loader=valid_loader)
    require(num_epochs=num_epochs, lr=lr)
    results = {}
    for num_images, loader in train_loader_dict.items():
        set_seed(7)  # each model starts alike, whatever ran before
        model = make_model()
        history = train(model, loader, num_epochs=shortened(num_epochs), lr=lr)
        _, accuracy, confusion = evaluate(model, valid_loader)
        results[num_images] = Trained(model, history, accuracy, confusion)
        print(
            f"{type(model).__name__}, {num_images} pictures of each class: "
            f"{history['train_accuracy'][-1]:.1f} % in training, {accuracy:.1f} % in validation"
        )
    return results


def plot_accuracies(results, title, goal=None):
    """Draw validation accuracy by size of the training data, a line for each entry of a dict."""
    _, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for name, by_size in results.items():
        axes.plot(list(by_size), [each.accuracy for each in by_size.values()], "o-", label=name)
    if goal is not None:
        axes.axhline(goal, color="grey", linestyle=":", label=f"{goal} %")
    axes.set(xlabel="training pictures of each class", ylabel="validation accuracy (%)")
    axes.set(title=title, ylim=(0, 103))
    axes.legend()


# %% [markdown] id="data-note"
# ## The data
#
# `EdgeDetectionDataset(domain_config, mode, transform)` draws pictures of 28 x 28 pixels: a dark,
# noisy background and a bright bar. In the first tasks there are three classes: the bar is
# **horizontal**, it is **vertical**, or there is **none**. Where the bar lies, how wide and how
# bright it is, is drawn at random.
#
# `domain_config` is a dict that says what differs from the defaults; `mode` is `"train"` or
# `"valid"`; `transform` turns each picture into what the network needs. The next cell shows all
# keys of the config. A key that does not exist is refused, with the list of those that do.

# %% id="data-help"
print(EdgeDetectionDataset.__doc__)

# %% [markdown] id="models-note"
# ## The models
#
# - `SimpleCNN`: convolution with 3 filters, ReLU, max pooling, another convolution with 3 filters,
#   ReLU, global average, one linear layer. Its kernels have `kernel_size` rows and columns.
# - `ThreeLayerMLP`: three linear layers with ReLUs in between, on the flattened picture.
#
# Mind their sizes: the CNN is the *far* smaller one. Whatever it does better, it does not do better
# by having more parameters.


# %% id="models"
def make_cnn():
    return SimpleCNN(kernel_size=7)


def make_mlp():
    return ThreeLayerMLP(hidden_dims=[50, 10])


print(f"CNN: {count_parameters(make_cnn()):,} parameters")
print(f"MLP: {count_parameters(make_mlp()):,} parameters")

# %% [markdown] id="e1-note"
# ## E1. Overfit a small data set first
#
# Before you train on all your data, train on very little of it until the training accuracy is
# 100 per cent. A network that can't learn thirty pictures by heart has a bug, or can't represent
# the task, or has a learning rate that doesn't suit it. It takes seconds to find that out here, and
# hours to find it out later.
#
# ### E1a. The small data set (4 points)
#
# Make `small_dataset`: 10 pictures of each of the three classes "horizontal", "vertical" and
# "none", in this order, in mode "train". Its pictures come out as tensors of shape (1, 28, 28) with
# values in [0, 1]. Write its config into `small_dataset_config`.

# %% id="e1a"
set_seed(7)
small_dataset_config = None
small_dataset = None
############################################################################
# TODO: Write the config of the small data set, and make the data set.     #
# Hint: which transform of torchvision turns a picture into a tensor?      #
############################################################################
small_dataset_config = {
    "data_per_class": 10,
    "num_classes": 3,
    "class_type": ["horizontal", "vertical", "none"],
}
small_dataset = EdgeDetectionDataset(
    small_dataset_config, mode="train", transform=transforms.ToTensor()
)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e1a-show"
require(small_dataset=small_dataset)
first_picture, first_label = small_dataset[0]
print(f"{len(small_dataset)} pictures, the first of type {type(first_picture).__name__}")
figure = show_images(small_dataset, per_class=10)

# %% [markdown] id="e1b-note"
# ### E1b. Its loader (6 points)
#
# Make `small_dataset_loader`: a `DataLoader` of `small_dataset` with batches of 32, in a new order
# in each epoch.
#
# **Why in a new order?** The data set comes class by class. With small batches and no shuffling,
# each step would see one class only, and undo what the step before has learnt.
#
# To be graded, both models have to reach 100 per cent on the pictures that come out of this loader,
# trained as in the cell below the box.

# %% id="e1b"
set_seed(7)
small_dataset_loader = None
############################################################################
# TODO: Make the loader of the small data set.                             #
############################################################################
small_dataset_loader = DataLoader(small_dataset, batch_size=32, shuffle=True)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e1b-train"
require(small_dataset_loader=small_dataset_loader)
overfit = {}
for name, make_model in {"CNN": make_cnn, "MLP": make_mlp}.items():
    set_seed(7)
    model = make_model()
    overfit[name] = train(model, small_dataset_loader, num_epochs=shortened(500), lr=0.01)
    _, accuracy, _ = evaluate(model, small_dataset_loader)
    print(f"{name}: {accuracy:.1f} % on the pictures that it was trained on")
figure = show_learning_curves(overfit, title="overfitting thirty pictures")

# %% [markdown] id="e1-questions"
# **In words** (`written.json`, `"e1_overfit"`): which of the two models learns the thirty pictures
# faster? Does that tell you which one will do better on *new* pictures? Why, or why not?

# %% [markdown] id="e2-note"
# ## E2. Loaders for five sizes of the training data (10 points)
#
# How much data does each model need? To find out, you train it on 10, 20, 30, 40 and 50 pictures of
# each class, and judge it on new ones each time.
#
# - `train_loader_dict`: a dict. Its keys are the numbers in `num_images_list`; the value at key $n$
#   is a loader of $n$ pictures **of each class** ($3n$ in all), mode "train", batches of 10,
#   shuffled anew in each epoch.
# - `valid_loader`: one loader for all of them, 50 pictures of each class, mode "valid", batches of
#   256. Nothing is learnt from it, so its order doesn't matter; but none of its pictures is among
#   those to train on.
#
# All pictures are tensors, as in E1. The config that all data sets have in common is given.

# %% id="e2"
set_seed(7)
num_images_list = [10, 20, 30, 40, 50]
domain_config = {"num_classes": 3, "class_type": ["horizontal", "vertical", "none"]}
train_loader_dict = {}
valid_loader = None
############################################################################
# TODO: Fill train_loader_dict, and make valid_loader.                     #
# Hint: which key of the config is still missing in domain_config?         #
############################################################################
for num_images in num_images_list:
    train_dataset = EdgeDetectionDataset(
        {**domain_config, "data_per_class": num_images},
        mode="train",
        transform=transforms.ToTensor(),
    )
    train_loader_dict[num_images] = DataLoader(train_dataset, batch_size=10, shuffle=True)
valid_dataset = EdgeDetectionDataset(
    {**domain_config, "data_per_class": 50}, mode="valid", transform=transforms.ToTensor()
)
valid_loader = DataLoader(valid_dataset, batch_size=256)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e2-show"
require(train_loader_dict=train_loader_dict, valid_loader=valid_loader)
for num_images, loader in train_loader_dict.items():
    print(f"{num_images} of each class: {len(loader.dataset)} pictures in {len(loader)} batches")
print(f"validation: {len(valid_loader.dataset)} pictures in {len(valid_loader)} batches")
figure = show_images(valid_loader.dataset)

# %% [markdown] id="e3-note"
# ## E3. How long to train (6 points)
#
# Small data makes short epochs: with thirty pictures and batches of 10, an epoch is three steps of
# the optimizer. So the number of epochs alone says little; what counts is how far the training
# accuracy has come when you stop.
#
# Choose `num_epochs`. The learning rate is 5e-3, and the CNN's kernels have 7 rows and columns. The
# goal: the **CNN**, trained on your loader with 50 pictures of each class, reaches a validation
# accuracy of **at least 80 per cent**, in the median over several seeds.

# %% id="e3"
num_epochs = None
############################################################################
# TODO: Choose num_epochs, a whole number.                                 #
# Hint: start small, look at the curves, and leave some margin.            #
############################################################################
num_epochs = 300
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e3-train"
require(num_epochs=num_epochs)
e3_epochs = num_epochs  # E5 and E6 train as long, so that they can be compared with E3
cnn_by_size = train_by_size(make_cnn, train_loader_dict, valid_loader, num_epochs, lr=5e-3)
mlp_by_size = train_by_size(make_mlp, train_loader_dict, valid_loader, num_epochs, lr=5e-3)
plot_accuracies({"CNN": cnn_by_size, "MLP": mlp_by_size}, "E3: three classes", goal=80)

# %% id="e3-curves"
figure = show_learning_curves(
    {f"CNN, {size}": trained.history for size, trained in cnn_by_size.items()},
    title="training of the CNN by pictures of each class",
)

# %% [markdown] id="e3-look-note"
# ### What has the CNN learnt?
#
# Its three first kernels, and what the layers make of one picture. Red is positive, blue is
# negative. Compare the kernels with those that you designed by submit part H.

# %% id="e3-kernels"
largest = max(cnn_by_size)
cnn = cnn_by_size[largest].model
figure = show_kernels(cnn.conv1, title=f"first kernels, {largest} pictures of each class")

# %% id="e3-features"
class_names = valid_loader.dataset.class_type
pictures, labels = next(iter(valid_loader))
shown = int((labels == 1).nonzero()[0])  # the first vertical bar
figure = show_images(pictures[shown : shown + 1], labels=[1], class_names=class_names, per_class=1)
features = cnn.get_features(pictures)
titles = ["first convolution, its ReLU, pooling", "second convolution, its ReLU"]
for title, part in zip(titles, [features[:3], features[3:5]], strict=True):
    figure = show_features(part, sample=shown, title=title)

# %% id="e3-confusion"
figure = show_confusion_matrix(cnn_by_size[largest].confusion, class_names, title="CNN")
figure = show_confusion_matrix(mlp_by_size[largest].confusion, class_names, title="MLP")

# %% [markdown] id="e3-prior-note"
# ### Still more knowledge, still less to learn
#
# You know what the classes are about: edges. You can put that into the network too. Here the first
# kernels are edge detectors of 2 x 2 pixels, and they are **frozen**: training leaves them as they
# are. What remains to be learnt is very little.


# %% id="e3-prior"
def make_cnn_with_edge_kernels():
    model = SimpleCNN(kernel_size=2)
    init_conv_kernel_with_edge_detector(model)
    freeze_conv_layer(model)
    return model


trainable = count_parameters(make_cnn_with_edge_kernels(), only_trainable=True)
print(f"{trainable} parameters left to train")
edge_cnn_by_size = train_by_size(
    make_cnn_with_edge_kernels, train_loader_dict, valid_loader, e3_epochs, lr=0.05
)
plot_accuracies(
    {"CNN": cnn_by_size, "CNN, edge kernels": edge_cnn_by_size, "MLP": mlp_by_size},
    "with and without edge kernels",
)

# %% [markdown] id="e3-questions"
# **In words** (`written.json`):
#
# - `"e3_data"`: at which size of the training data do the two models differ most? Explain it by
#   what each of them takes for granted, not only by the number of parameters.
# - `"e3_kernels"`: what do the learnt kernels respond to? Do they look like the filters of part H?
# - `"e3_prior"`: where do the frozen edge kernels help, and where could they do harm?

# %% [markdown] id="e4-note"
# ## E4. A domain shift
#
# So far the validation pictures came from the same distribution as the training pictures. In
# practice they rarely do: the camera is another one, the hospital is another one. That is a
# **domain shift**, and what carries over depends on what the model takes for granted.
#
# Here the shift is one of place. With `possible_edge_location_ratio` at 0.5, the bars of mode
# "train" lie in the **first half** of the picture (the upper one if horizontal, the left one if
# vertical), and the bars of mode "valid" lie in the **other half**. The network is asked about
# places where it has never seen a bar.
#
# Before you go on: what do you expect of the CNN, and what of the MLP?
#
# The next cell moves a picture by six rows, and compares the features of the moved picture with the
# moved features of the picture. Near the border they must differ, as the picture comes in again at
# the other side; inside they should not.

# %% id="e4-equivariance"
picture = pictures[:1]
shift, border = 6, 10  # pixels
with torch.no_grad():
    features_of_moved = cnn.conv1(torch.roll(picture, shift, dims=2))
    moved_features = torch.roll(cnn.conv1(picture), shift, dims=2)
difference = (features_of_moved - moved_features)[:, :, border:-border, border:-border]
print(f"largest difference inside: {difference.abs().max():.1e}")

# %% [markdown] id="e4a-note"
# ### E4a. Loaders under the shift (5 points)
#
# Make `train_loader_dict` and `valid_loader` as in E2 (the same sizes, modes, batches and
# transform), but with a ratio of 0.5 for **both**: the training data and the validation data.

# %% id="e4a"
set_seed(7)
num_images_list = [10, 20, 30, 40, 50]
domain_config = {"num_classes": 3, "class_type": ["horizontal", "vertical", "none"]}
train_loader_dict = {}
valid_loader = None
############################################################################
# TODO: Fill train_loader_dict and make valid_loader, under the shift.     #
# Hint: look at the pictures below the box. Where are the bars?            #
############################################################################
domain_config["possible_edge_location_ratio"] = 0.5
for num_images in num_images_list:
    train_dataset = EdgeDetectionDataset(
        {**domain_config, "data_per_class": num_images},
        mode="train",
        transform=transforms.ToTensor(),
    )
    train_loader_dict[num_images] = DataLoader(train_dataset, batch_size=10, shuffle=True)
valid_dataset = EdgeDetectionDataset(
    {**domain_config, "data_per_class": 50}, mode="valid", transform=transforms.ToTensor()
)
valid_loader = DataLoader(valid_dataset, batch_size=256)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e4a-show"
require(train_loader_dict=train_loader_dict, valid_loader=valid_loader)
figure = show_images(train_loader_dict[max(train_loader_dict)].dataset)
_ = figure.suptitle("to train on")
figure = show_images(valid_loader.dataset)
_ = figure.suptitle("to be judged on")

# %% [markdown] id="e4b-note"
# ### E4b. Hyperparameters that survive the shift (12 points)
#
# Choose `num_epochs`, `lr` and `kernel_size`. The goal: the **CNN** (`SimpleCNN` with your kernel
# size), trained on your loader with only **10 pictures of each class**, reaches a validation
# accuracy of **at least 80 per cent** under the shift, in the median over several seeds.
#
# Change one of the three at a time, and write down what you see: you are asked for it below. Before
# you settle, run your choice with two or three other seeds.

# %% id="e4b"
num_epochs = None
lr = None
kernel_size = None
############################################################################
# TODO: Choose num_epochs and kernel_size (whole numbers) and lr.          #
# Hint: what does a larger kernel see that a smaller one does not?         #
# Hint: is the training accuracy at 100 per cent when you stop?            #
############################################################################
num_epochs = 1000
lr = 5e-3
kernel_size = 3
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e4b-train"
require(num_epochs=num_epochs, lr=lr, kernel_size=kernel_size)
shifted_cnn_by_size = train_by_size(
    lambda: SimpleCNN(kernel_size=kernel_size), train_loader_dict, valid_loader, num_epochs, lr
)
shifted_mlp_by_size = train_by_size(make_mlp, train_loader_dict, valid_loader, num_epochs, lr)
plot_accuracies(
    {"CNN": shifted_cnn_by_size, "MLP": shifted_mlp_by_size}, "E4: domain shift", goal=80
)

# %% id="e4b-look"
smallest = min(shifted_cnn_by_size)
class_names = valid_loader.dataset.class_type
figure = show_confusion_matrix(shifted_cnn_by_size[smallest].confusion, class_names, title="CNN")
figure = show_confusion_matrix(shifted_mlp_by_size[smallest].confusion, class_names, title="MLP")
figure = show_kernels(shifted_cnn_by_size[smallest].model.conv1, title="first kernels")

# %% [markdown] id="e4-questions"
# **In words** (`written.json`):
#
# - `"e4_shift"`: why does one model carry over to the other half of the picture, and the other one
#   not? Which part of the CNN gives equivariance, and which part turns it into invariance?
# - `"e4_choice"`: how did you find your hyperparameters? What did each of the three change?

# %% [markdown] id="e5-note"
# ## E5. Take the neighbourhood away
#
# Now the opposite: the same pictures, but with their pixels in another order, the *same* order for
# all of them. Nothing is lost: whoever knows the order can put every picture back. But neighbours
# are no longer neighbours, and a bar is a scatter of dots. The CNN's assumption is false now. The
# MLP assumed nothing about neighbours to begin with.
#
# ### E5a. A permuted picture (6 points)
#
# - `permutater`: a random order of the 784 pixels, an int array of shape (784,) that holds each of
#   0 to 783 once. It is drawn over single pixels, not over rows or blocks: neighbours have to lose
#   each other.
# - `unpermutater`: the order that undoes it.
# - `visual_dataset`: a data set that uses them, 10 pictures of each of the three classes, mode
#   "train", as tensors.

# %% id="e5a"
set_seed(7)
domain_config = {"num_classes": 3, "class_type": ["horizontal", "vertical", "none"]}
permutater = None
unpermutater = None
visual_dataset = None
############################################################################
# TODO: Draw a random order, find the one that undoes it, and make the     #
# data set with permuted pictures.                                         #
# Hint: three keys of the config have to do with permutations.             #
############################################################################
permutater = np.random.permutation(28 * 28)
unpermutater = np.argsort(permutater)
visual_dataset = EdgeDetectionDataset(
    {
        **domain_config,
        "data_per_class": 10,
        "use_permutation": True,
        "permutater": permutater,
        "unpermutater": unpermutater,
    },
    mode="train",
    transform=transforms.ToTensor(),
)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% [markdown] id="e5a-show-note"
# Above: what the networks will see. Below: the same pictures, put back into their order. If you see
# clean bars there, your two orders fit together.

# %% id="e5a-show"
require(visual_dataset=visual_dataset, unpermutater=unpermutater)
figure = show_images(visual_dataset)
_ = figure.suptitle("permuted")
restored = [picture.flatten()[unpermutater].reshape(28, 28) for picture, _ in visual_dataset]
restored_labels = [label for _, label in visual_dataset]
figure = show_images(torch.stack(restored), restored_labels, visual_dataset.class_type)
_ = figure.suptitle("put back")

# %% [markdown] id="e5b-note"
# ### E5b. Permuted loaders (6 points)
#
# Make `train_loader_dict` and `valid_loader` as in E2, but with permuted pictures, and with the
# sizes that are given here: 30 to 70. **One permutation for all of them**, the training and the
# validation data alike: with two, there would be nothing to carry over. The order of E5a is as good
# as any.

# %% id="e5b"
set_seed(7)
num_images_list = [30, 40, 50, 60, 70]
domain_config = {"num_classes": 3, "class_type": ["horizontal", "vertical", "none"]}
train_loader_dict = {}
valid_loader = None
############################################################################
# TODO: Fill train_loader_dict and make valid_loader, with pictures that   #
# are all permuted in the same way.                                        #
############################################################################
permuted_config = {
    **domain_config,
    "use_permutation": True,
    "permutater": permutater,
    "unpermutater": unpermutater,
}
for num_images in num_images_list:
    train_dataset = EdgeDetectionDataset(
        {**permuted_config, "data_per_class": num_images},
        mode="train",
        transform=transforms.ToTensor(),
    )
    train_loader_dict[num_images] = DataLoader(train_dataset, batch_size=10, shuffle=True)
valid_dataset = EdgeDetectionDataset(
    {**permuted_config, "data_per_class": 50}, mode="valid", transform=transforms.ToTensor()
)
valid_loader = DataLoader(valid_dataset, batch_size=256)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% [markdown] id="e5b-train-note"
# The same models as in E3, trained as in E3. Only the order of the pixels is another one.

# %% id="e5b-train"
require(train_loader_dict=train_loader_dict, valid_loader=valid_loader)
permuted_cnn_by_size = train_by_size(make_cnn, train_loader_dict, valid_loader, e3_epochs, lr=5e-3)
permuted_mlp_by_size = train_by_size(make_mlp, train_loader_dict, valid_loader, e3_epochs, lr=5e-3)
plot_accuracies(
    {
        "CNN, permuted": permuted_cnn_by_size,
        "MLP, permuted": permuted_mlp_by_size,
        "CNN of E3": cnn_by_size,
        "MLP of E3": mlp_by_size,
    },
    "E5: permuted pixels",
)

# %% id="e5b-kernels"
largest = max(permuted_cnn_by_size)
figure = show_kernels(permuted_cnn_by_size[largest].model.conv1, title="first kernels, permuted")

# %% [markdown] id="e5-questions"
# **In words** (`written.json`, `"e5_permutation"`): compare each model with itself in E3. Which one
# is hurt by the permutation, which one isn't, and why? Would a permutation of *rows only* hurt
# as much?

# %% [markdown] id="e6-note"
# ## E6. More classes
#
# Two more kinds of picture: **diagonal** bars, and **both** a horizontal and a vertical bar. Now it
# is no longer enough to see that there is an edge in some direction.
#
# ### E6a. Five classes (3 points)
#
# Make `visual_dataset`: the five classes "horizontal", "vertical", "diagonal", "both" and "none",
# **in this order** (a label is a place in the list), 10 pictures of each, mode "train", as tensors.

# %% id="e6a"
set_seed(7)
visual_dataset = None
############################################################################
# TODO: Make the data set of five classes.                                 #
############################################################################
five_classes_config = {
    "num_classes": 5,
    "class_type": ["horizontal", "vertical", "diagonal", "both", "none"],
}
visual_dataset = EdgeDetectionDataset(
    {**five_classes_config, "data_per_class": 10}, mode="train", transform=transforms.ToTensor()
)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e6a-show"
require(visual_dataset=visual_dataset)
figure = show_images(visual_dataset)

# %% [markdown] id="e6b-note"
# ### E6b. Their loaders (3 points)
#
# Make `train_loader_dict` and `valid_loader` of the five classes, with the sizes that are given:
# $5n$ pictures at key $n$, and 50 of each class to be judged on, 250 in all. Batches, modes and
# transform are those of E2.

# %% id="e6b"
set_seed(7)
num_images_list = [10, 20, 30, 40, 50]
train_loader_dict = {}
valid_loader = None
############################################################################
# TODO: Fill train_loader_dict and make valid_loader, for five classes.    #
############################################################################
for num_images in num_images_list:
    train_dataset = EdgeDetectionDataset(
        {**five_classes_config, "data_per_class": num_images},
        mode="train",
        transform=transforms.ToTensor(),
    )
    train_loader_dict[num_images] = DataLoader(train_dataset, batch_size=10, shuffle=True)
valid_dataset = EdgeDetectionDataset(
    {**five_classes_config, "data_per_class": 50}, mode="valid", transform=transforms.ToTensor()
)
valid_loader = DataLoader(valid_dataset, batch_size=256)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e6b-train"
require(train_loader_dict=train_loader_dict, valid_loader=valid_loader)
five_cnn_by_size = train_by_size(
    lambda: SimpleCNN(kernel_size=7, num_classes=5),
    train_loader_dict,
    valid_loader,
    e3_epochs,
    lr=5e-3,
)
five_mlp_by_size = train_by_size(
    lambda: ThreeLayerMLP(hidden_dims=[50, 10], num_classes=5),
    train_loader_dict,
    valid_loader,
    e3_epochs,
    lr=5e-3,
)
plot_accuracies({"CNN": five_cnn_by_size, "MLP": five_mlp_by_size}, "E6: five classes")

# %% id="e6b-look"
largest = max(five_cnn_by_size)
class_names = valid_loader.dataset.class_type
figure = show_confusion_matrix(five_cnn_by_size[largest].confusion, class_names, title="CNN")
figure = show_confusion_matrix(five_mlp_by_size[largest].confusion, class_names, title="MLP")

# %% [markdown] id="e6-questions"
# **In words** (`written.json`, `"e6_classes"`): which classes does the CNN mix up, and which ones
# does the MLP? What would a kernel have to see to tell them apart?

# %% [markdown] id="e7-note"
# ## E7. Deeper or wider? (voluntary, no points, leaderboard)
#
# Three filters are few for five classes. `WiderCNN` has six of them in each layer, `DeeperCNN` has
# four convolutions in place of two. Choose `num_epochs`, `lr` and `kernel_size` for both. The
# leaderboard shows the accuracy of the **wider** one on new pictures, trained like this on your
# loader of E6b with only 10 pictures of each class, and its number of parameters; the accuracy is
# the median over several seeds, as always.
#
# If you leave the box as it is, nothing happens.

# %% id="e7"
num_epochs = None
lr = None
kernel_size = None
############################################################################
# TODO: Choose num_epochs and kernel_size (whole numbers) and lr.          #
############################################################################
num_epochs = 300
lr = 5e-3
kernel_size = 5
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="e7-train"
if None in (num_epochs, lr, kernel_size):
    print("E7 is voluntary. Nothing is filled in, so nothing is trained.")
else:
    smallest = min(train_loader_dict)
    candidates = {}
    for make_model in (DeeperCNN, WiderCNN):
        set_seed(7)
        model = make_model(kernel_size=kernel_size, num_classes=5)
        history = train(model, train_loader_dict[smallest], valid_loader, shortened(num_epochs), lr)
        candidates[make_model.__name__] = history
        print(
            f"{make_model.__name__}: {count_parameters(model):,} parameters, "
            f"{history['valid_accuracy'][-1]:.1f} % in validation"
        )
    figure = show_learning_curves(candidates, title="E7: deeper and wider")

# %% [markdown] id="e7-questions"
# **In words** (`written.json`, `"e7_depth_width"`, voluntary): did depth help, or width, or
# neither? What was harder to train?
#
# ## Before you submit
#
# Restart the kernel and run all cells with `QUICK = False`. Then write your answers in words into
# `written.json`. Well done!
