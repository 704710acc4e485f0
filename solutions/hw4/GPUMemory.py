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
# # Homework 4, part M: where the GPU's memory goes
#
# "CUDA out of memory" is the error that everybody meets who trains a large network. To do something
# about it you have to know what fills the memory:
#
# - **The weights**, one number for each parameter.
# - **Their gradients**, one number for each parameter as well.
# - **What the optimizer remembers.** Plain SGD remembers nothing. With momentum it keeps a running
#   average of the gradients, one more number for each parameter. Adam keeps two averages, of the
#   gradients and of their squares.
# - **The activations.** The backward pass needs what the layers gave out in the forward pass, so
#   all of it is kept, for **each picture of the batch**.
# - A few hundred MB for CUDA itself, and what PyTorch keeps in reserve so that it need not ask for
#   memory again.
#
# The first three depend on the model and the optimizer only, whatever the batch. The activations
# grow with the batch, whatever the optimizer. In this notebook you measure both.
#
# | Task | You measure | Points |
# |---|---|---|
# | M1 | ResNet-152 under three optimizers | 4 |
# | M2 | ResNet-18 at five batch sizes | 5 |

# %% [markdown] id="grading"
# ## How it is graded
#
# - Your **logs** are graded, the files `logs/*.csv` that this notebook writes. Your notebook is
#   submitted with them, but it is not run.
# - **M1**: all three logs are there and can be read, time goes forward in seconds since 1970, and
#   the memory in use is not less than what weights, gradients and the optimizer's state take in any
#   case.
# - **M2**: the logs have the epochs 1 to 10 in order, a loss that starts near ln 10 or below and
#   falls on the whole, an accuracy between 0 and 100 per cent that rises, at least the memory that
#   the model itself takes, and more of it at your largest batch than at your smallest.
# - **Running out of memory at a batch of 64 or more is normal** and costs nothing, as long as the
#   logs of all smaller batches are there.
# - Neither the amount of memory nor the order of the three optimizers is graded: on a real GPU both
#   depend on the card, the drivers and who else uses it. If your numbers surprise you, say so in
#   your answers in words; surprises are welcome there.
# - The logs have to be from your own run. Logs that equal somebody else's are shown to the staff.
#
# **What to submit.** This notebook, under its name `GPUMemory.ipynb`, the folder `logs`, and
# `written.json`.

# %% [markdown] id="setup-note"
# ## Set-up
#
# You need a GPU with CUDA. On Google Colab, choose one under *Runtime, Change runtime type*; first
# copy the homework's folder into your Drive under the name `deep-learning-hw4`, and the next cell
# links to it. On your own computer, start Jupyter in the folder of this notebook, and the cell
# needs no change. Close other programs that use the GPU: their memory would be counted as yours.

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
    # !pip install --quiet GPUtil
    HOMEWORK = "/content/homework"
else:
    HOMEWORK = "."
sys.path.append(HOMEWORK)

# %% id="imports"
import tempfile
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from hw4 import load_cifar10, log_batch_size_memory, log_optimizer_memory, resnet, set_seed
from hw4.memory import GeneratedImages
from torchvision import transforms

# %% [markdown] id="speed-note"
# Would you like a quick look first, to see whether everything runs? Set `QUICK = True`. Then, and
# also where there is no GPU, the notebook goes on in miniature: small networks, small generated
# pictures, and logs in a temporary folder. **Those logs are not for submission**, and the ones that
# you may have in `logs` already are left alone. Set it back to `False`, on a GPU, for the real
# thing.

# %% id="speed"
QUICK = False

# %% id="sizes"
HAS_GPU = torch.cuda.is_available()
MINIATURE = QUICK or not HAS_GPU
DEVICE = "cuda" if HAS_GPU else "cpu"
LOGS = Path(tempfile.mkdtemp() if MINIATURE else "logs")

if not HAS_GPU:
    print("There is no CUDA GPU here. The memory is logged as 0, and everything is in miniature.")
if MINIATURE:
    print(f"The logs go to {LOGS}/ and are not for submission.")
else:
    print(f"{torch.cuda.get_device_name(0)}. The logs go to {LOGS}/.")

# %% [markdown] id="data-note"
# ## The data
#
# CIFAR-10: photographs of ten kinds of thing, 32 x 32 pixels, here enlarged to the 224 x 224 pixels
# that ResNets are made for. torchvision downloads it (170 MB) into the folder `data`. If that is
# not possible, generated pictures of the same shape take its place. The memory does not care what
# is in the pictures.

# %% id="data"
set_seed(7)
if MINIATURE:
    dataset = GeneratedImages(16, transforms.ToTensor())
else:
    dataset = load_cifar10("data", side=224)
image, label = dataset[0]
print(f"{len(dataset):,} pictures of shape {tuple(image.shape)}")

figure, axes = plt.subplots(figsize=(2.5, 2.5), layout="constrained")
axes.imshow(image.permute(1, 2, 0).numpy())
axes.set_axis_off()


# %% [markdown] id="m1-note"
# ## M1. Three optimizers (4 points)
#
# Write `make_optimizer(name, parameters, lr)`. It returns the optimizer of `torch.optim` that the
# name stands for, for these parameters and with this learning rate:
#
# | name | optimizer |
# |---|---|
# | `"SGD"` | stochastic gradient descent, without momentum |
# | `"SGD_WITH_MOMENTUM"` | stochastic gradient descent with a momentum of 0.9 |
# | `"ADAM"` | Adam, all else as PyTorch has it by default |


# %% id="m1"
def make_optimizer(name, parameters, lr):
    """Make one of three optimizers.

    Args:
        name: "SGD", "SGD_WITH_MOMENTUM" or "ADAM".
        parameters: what it optimizes, as `model.parameters()` gives it.
        lr: learning rate.

    Returns:
        A `torch.optim.Optimizer`.
    """
    optimizer = None
    ############################################################################
    # TODO: Make the optimizer that the name stands for.                       #
    # Hint: two of the three are the same class.                               #
    ############################################################################
    if name == "SGD":
        optimizer = torch.optim.SGD(parameters, lr=lr)
    elif name == "SGD_WITH_MOMENTUM":
        optimizer = torch.optim.SGD(parameters, lr=lr, momentum=0.9)
    elif name == "ADAM":
        optimizer = torch.optim.Adam(parameters, lr=lr)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################
    return optimizer


# %% [markdown] id="m1-run-note"
# The next cell trains ResNet-152 for a single step with each optimizer, on a batch of eight
# pictures. One step is enough: after it, everything that training needs is in memory. The memory
# in use is read three times and written to `logs/resnet152__SGD.csv`,
# `logs/resnet152__SGD_WITH_MOMENTUM.csv` and `logs/resnet152__ADAM.csv`, with the columns
# `timestamp,memUsage` (seconds since 1970, and MB).

# %% id="m1-run"
OPTIMIZER_NAMES = ["SGD", "SGD_WITH_MOMENTUM", "ADAM"]
RESNET = partial(resnet, 18 if MINIATURE else 152)

for name in OPTIMIZER_NAMES:
    set_seed(7)
    path = log_optimizer_memory(
        name, dataset, make_optimizer, batch_size=8, make_model=RESNET, device=DEVICE, folder=LOGS
    )
    if path is not None:
        print(f"{path} is written")


# %% id="m1-plot"
def read_log(path):
    """The columns of a log by their names, each a 1-D array."""
    return np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))


optimizer_logs = {name: LOGS / f"resnet152__{name}.csv" for name in OPTIMIZER_NAMES}
optimizer_memory = {
    name: read_log(path)["memUsage"].max() for name, path in optimizer_logs.items() if path.exists()
}
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
bars = axes.barh(list(optimizer_memory), list(optimizer_memory.values()))
axes.bar_label(bars, fmt="%.0f", padding=3)
axes.invert_yaxis()
axes.set(xlabel="memory in use (MB)", title="ResNet-152, one step with eight pictures")
axes.margins(x=0.15)

# %% [markdown] id="m1-questions"
# **In words** (`written.json`, `"m1_optimizers"`): from the number of parameters of ResNet-152,
# work out how much memory weights, gradients and optimizer state take under each of the three. Do
# the *differences* that you measured agree? What takes the rest? If they don't agree, what could be
# the reason?

# %% [markdown] id="m2-note"
# ## M2. Five batch sizes (5 points)
#
# Now the optimizer stays the same (SGD with momentum), the model is ResNet-18, and the batch grows:
# 4, 16, 64, 256, 1024. Each run trains for 10 epochs on 4,096 pictures.
#
# **The learning rate follows the batch.** The gradient of a large batch is an average over more
# pictures, so it is less noisy, and there are fewer steps in an epoch: larger steps are possible,
# and needed. The rule here: **1e-4 at a batch of 4, growing in proportion to the batch, but never
# above 6.4e-3**.
#
# `measure_batch_size(batch_size, lr)` is given. It writes `logs/resnet18__4.csv` and so on, with
# the columns `timestamp,epoch,memUsage,loss,accuracy`. Where the memory is not enough it says so,
# leaves no log, and returns.
#
# In the box, go through `batch_sizes` in order. For each, work out the learning rate, keep it in
# `learning_rates` under the batch size, and call `measure_batch_size`.

# %% id="m2"
batch_sizes = [4, 16, 64, 256, 1024]
learning_rates = {}


def measure_batch_size(batch_size, lr):
    """Train a ResNet-18 and log memory, loss and accuracy of each epoch."""
    set_seed(7)
    path = log_batch_size_memory(
        batch_size, dataset, num_epochs=10, num_images=4096, lr=lr, device=DEVICE, folder=LOGS
    )
    if path is not None:
        print(f"{path} is written, learning rate {lr:g}")


############################################################################
# TODO: Fill learning_rates, and measure each batch size.                  #
############################################################################
for batch_size in batch_sizes:
    learning_rates[batch_size] = min(1e-4 * batch_size / 4, 6.4e-3)
    measure_batch_size(batch_size, learning_rates[batch_size])
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% [markdown] id="m2-plot-note"
# What you get for the memory: fewer steps for each epoch, so that an epoch takes less time, down to
# where the GPU is busy all the time anyway.

# %% id="m2-plot"
measured = [size for size in learning_rates if (LOGS / f"resnet18__{size}.csv").exists()]
if not measured:
    raise ValueError("no batch size is measured yet: fill in the box of M2, and run that cell.")
batch_logs = {size: read_log(LOGS / f"resnet18__{size}.csv") for size in measured}
batch_memory = {size: log["memUsage"].max() for size, log in batch_logs.items()}

figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
axes[0].plot(list(batch_memory), list(batch_memory.values()), "o-")
axes[0].set(xlabel="batch size", ylabel="memory in use (MB)", xscale="log")
axes[0].set_xticks(measured, measured)
seconds = [np.diff(log["timestamp"]).mean() for log in batch_logs.values()]
axes[1].plot(measured, seconds, "o-")
axes[1].set(xlabel="batch size", ylabel="seconds for an epoch", xscale="log")
_ = axes[1].set_xticks(measured, measured)

# %% id="m2-curves"
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
for size, log in batch_logs.items():
    axes[0].plot(log["epoch"], log["loss"], label=f"batch {size}")
    axes[1].plot(log["epoch"], log["accuracy"], label=f"batch {size}")
axes[0].set(xlabel="epoch", ylabel="training loss")
axes[1].set(xlabel="epoch", ylabel="training accuracy (%)")
_ = axes[1].legend()

# %% [markdown] id="m2-questions"
# **In words** (`written.json`):
#
# - `"m2_batches"`: does the memory grow in proportion to the batch? What is it that grows, and what
#   stays the same?
# - `"m2_limit"`: you have a GPU on which a batch of 256 does not fit, but you want the gradient of
#   256 pictures. What could you do?

# %% [markdown] id="written-note"
# ## The numbers for `written.json`
#
# Copy these into the form: of each log, the largest memory in use. They are compared with the logs
# that you submit, so copy them from the run that wrote those logs.

# %% id="written"
if HAS_GPU:
    properties = torch.cuda.get_device_properties(0)
    print(f"GPU: {properties.name}, {properties.total_memory / 2**20:.0f} MB")
if MINIATURE:
    print("This was a run in miniature; these numbers are not for the form.")
for name, used in optimizer_memory.items():
    print(f"optimizer_memory_mb, {name}: {used:.0f}")
for size, used in batch_memory.items():
    print(f"batch_memory_mb, {size}: {used:.0f}")
print(f"largest_batch: {max(batch_memory)}")
