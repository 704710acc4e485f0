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

# %% id="imports"
import numpy as np
from scipy import ndimage


# %% id="row-sums"
def row_sums(matrix):
    """The sum of each row of a (rows, columns) array."""
    ############################################################
    # TODO: Return the sum of each row.                        #
    ############################################################
    return np.asarray(matrix).sum(axis=1)
    ############################################################
    #                     END OF YOUR CODE                     #
    ############################################################


# %% id="box-blur"
def box_blur(image, size):
    """The mean of the (size, size) window around each element of a 2-D array."""
    ############################################################
    # TODO: Return the blurred image.                          #
    ############################################################
    return ndimage.convolve(image, np.full((size, size), 1 / size**2))
    ############################################################
    #                     END OF YOUR CODE                     #
    ############################################################
