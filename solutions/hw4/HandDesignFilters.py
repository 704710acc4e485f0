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
# # Homework 4, part H: filters designed by hand
#
# A **filter** looks at a small window around each pixel and replaces the pixel by a weighted sum
# of what it sees there. The weights are a small array, the **kernel**, and the same kernel is used
# at every place of the picture.
#
# The first layer of a convolutional network is nothing else: a handful of kernels, slid over the
# picture. The network *learns* its weights from data. In this notebook you are the one who
# chooses them. You will make two kernels that trained networks tend to find by themselves:
# one that smooths a picture, and one that responds to edges.
#
# **What to do.** Fill in the two boxes marked `TODO`: the functions `averaging_filtering` (6
# points) and `edge_detecting` (6 points). Keep their names and parameters.
#
# **What to submit.** This notebook, under its name `HandDesignFilters.ipynb`. You need no GPU, and
# every cell runs in a few seconds.

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
import matplotlib.pyplot as plt
import numpy as np
from hw4 import load_picture, show_filtered
from scipy import ndimage

# %% [markdown] id="picture-note"
# ## The picture
#
# We use a portrait of Grace Hopper, who wrote one of the first compilers. It comes with
# matplotlib, so nothing is downloaded. `picture` is a 2-D array of floats between 0 (black) and 1
# (white).

# %% id="picture"
picture = load_picture()
print(f"shape {picture.shape}, dtype {picture.dtype}")
print(f"values from {picture.min():.2f} to {picture.max():.2f}")

figure, axes = plt.subplots(figsize=(4, 4), layout="constrained")
axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
axes.set_axis_off()


# %% [markdown] id="averaging-note"
# ## H1. The averaging filter (6 points)
#
# The simplest smoothing: each pixel becomes the plain mean of the $n \times n$ window around it.
# As a kernel, that is an $n \times n$ array $k$ in which every weight is the same,
#
# $$k[i, j] = \frac{1}{n^2}.$$
#
# **Why this weight?** There are $n^2$ weights, so they sum to 1. Think of a picture that has the
# same grey $g$ everywhere: the filter gives back $g$ times the sum of the weights. With a sum of 1
# the **brightness is kept**; with a sum of 4 the picture would come out four times as bright. The
# weights have to follow the size: a number that is right at size 3 is wrong at size 6.
#
# **Convolution.** Use `ndimage.convolve` from scipy. A convolution of the picture $f$ with the
# kernel $k$ is
#
# $$(f * k)[r, c] = \sum_{i, j} k[i, j] \; f[r - i, c - j],$$
#
# where $i$ and $j$ count from the middle of the kernel. Mind the minus signs: a convolution reads
# the kernel *flipped* in both directions. The same sum with plus signs is called correlation
# (`ndimage.correlate`), and it is what "convolution" layers of deep-learning libraries compute.
#
# **Does the flip matter, if all weights are the same?** At odd sizes it doesn't: the window has a
# middle pixel and lies evenly around it. At even sizes there is no middle pixel, so one side has to
# get one pixel more, and the flip decides which. At size 6, `convolve` averages rows $r-2$ to $r+3$
# (and columns alike), `correlate` averages rows $r-3$ to $r+2$. The two results are the same
# picture, shifted by one pixel. We ask for `convolve`.
#
# **The border.** At the border the window reaches outside. Leave `ndimage` its default, which
# mirrors the picture there.


# %% id="averaging"
def averaging_filtering(image, filter_size=3):
    """Smooth a picture with an averaging filter.

    Args:
        image: array of shape (height, width), float, values in [0, 1].
        filter_size: rows and columns n of the kernel, an int of at least 1, odd or even.

    Returns:
        Array of shape (height, width), of the dtype of `image`.
    """
    filtered_image = None
    ############################################################################
    # TODO: Build the averaging kernel of filter_size rows and columns, and    #
    # convolve the image with it. Store the result in filtered_image.          #
    # Hint: the kernel must hold floats; whole numbers leave only zeros.       #
    # Hint: what do the weights sum to at sizes 3, 6 and 9?                    #
    ############################################################################
    kernel = np.ones((filter_size, filter_size), dtype=float) / filter_size**2
    filtered_image = ndimage.convolve(image, kernel)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################
    return filtered_image


# %% [markdown] id="averaging-show-note"
# Look at your filter at three sizes. The larger the window, the softer the picture, but it should
# get neither brighter nor darker.

# %% id="averaging-show"
filter_sizes = [3, 6, 9]
smoothed = [averaging_filtering(picture, filter_size=n) for n in filter_sizes]
figure = show_filtered(picture, smoothed, titles=["original"] + [f"size {n}" for n in filter_sizes])

# %% [markdown] id="averaging-self-check-note"
# A check for yourself. It can't tell that your filter is right, but it finds the most common slips.

# %% id="averaging-self-check"
for n in filter_sizes:
    result = averaging_filtering(picture, filter_size=n)
    assert result.shape == picture.shape, f"size {n}: the shape must stay as it was"
    assert result.dtype == picture.dtype, f"size {n}: the result must hold floats"
    print(f"size {n}: mean brightness {result.mean():.3f}, before {picture.mean():.3f}")
    assert abs(result.mean() - picture.mean()) < 0.01, f"size {n}: the brightness has changed"


# %% [markdown] id="edges-note"
# ## H2. The edge filter (6 points)
#
# Smoothing hides differences; an edge filter shows them. Along one row, the **second difference**
# at a pixel is its left neighbour, minus twice the pixel itself, plus its right neighbour. It is
# zero where the grey stays the same and where it changes at a steady pace, and it is far from zero
# where the grey bends or jumps: at an edge.
#
# The filter asked for is the discrete **Laplacian** with four neighbours: the sum of the second
# differences along both axes,
#
# $$(\Delta f)[r, c] = \big(f[r-1, c] - 2 f[r, c] + f[r+1, c]\big)
#                    + \big(f[r, c-1] - 2 f[r, c] + f[r, c+1]\big).$$
#
# Collect the terms, and you have your kernel of three rows and three columns: the pixel itself
# counts **minus four times**, each of its four direct neighbours (above, below, left, right) counts
# **plus once**, and the four diagonal neighbours **don't count**.
#
# **One Laplacian of several.** Elsewhere you will find the same filter with all signs turned
# around, and a form that counts all eight neighbours. They are called Laplacians too, and they find
# edges as well, but their numbers differ. **They are not what is asked here**: please use the signs
# and neighbours given above.
#
# **Float pictures.** The response is negative on the bright side of an edge. `ndimage.convolve`
# gives its result the dtype of the picture. A `uint8` picture (whole numbers from 0 to 255) has no
# negative numbers: they wrap around, and -1 becomes 255. That is why all pictures here, and all
# pictures your function is checked with, are floats in [0, 1]. The result may lie outside that
# range; don't clip it or take its absolute value.
#
# Use `ndimage.convolve` again, with its default at the border.


# %% id="edges"
def edge_detecting(image):
    """Filter a picture with the four-neighbour Laplacian.

    Args:
        image: array of shape (height, width), float, values in [0, 1].

    Returns:
        Array of shape (height, width), of the dtype of `image`. Values may be negative.
    """
    edges = None
    ############################################################################
    # TODO: Write down the kernel that is described above, and convolve the    #
    # image with it. Store the result in edges.                                #
    # Hint: what do the weights sum to? What does a flat picture turn into?    #
    ############################################################################
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=float)
    edges = ndimage.convolve(image, kernel)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################
    return edges


# %% [markdown] id="edges-show-note"
# Blue is negative, white is zero, red is positive. The colours stop at the strongest 2 per cent
# of the responses, so that the weaker edges can be seen too.

# %% id="edges-show"
figure = show_filtered(picture, edge_detecting(picture), titles=["original", "edges"])

# %% [markdown] id="edges-self-check-note"
# Again a check for yourself, on two pictures that are simple enough to think through: one that is
# grey all over, and one that is black but for a single white pixel.

# %% id="edges-self-check"
flat = np.full((7, 7), 0.5)
assert np.allclose(edge_detecting(flat), 0), "a flat picture has no edges"

spot = np.zeros((7, 7))
spot[3, 3] = 1.0
response = edge_detecting(spot)
assert response.shape == spot.shape, "the shape must stay as it was"
assert response[3, 3] < 0, "look at the signs again: the pixel itself counts negatively"
assert response[2, 2] == 0, "look at the neighbours again: the diagonal ones don't count"
print("no slip found")

# %% [markdown] id="questions"
# ## To think about (not graded by machine)
#
# 1. Smooth the picture at size 9 first and look for edges then. What happens to the fine texture,
#    and what to the outline of the head? Why do people often smooth before they look for edges?
# 2. Both filters use the same weights at every place of the picture. How many weights does the edge
#    filter have, and how many would a fully connected layer need that maps this picture to a result
#    of the same size? What does the filter assume about pictures that the layer doesn't?
# 3. A network's first layer is trained on pictures whose classes differ only in the direction of
#    their edges. Would you expect it to find the Laplacian? Which kernels would serve it better?
