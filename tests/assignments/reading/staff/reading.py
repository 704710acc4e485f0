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


# %% [markdown] id="why-note"
# ## Why no loop?
#
# Say in a sentence why you would use no loop.

# %% [markdown] id="why"
# <!-- BEGIN SOLUTION -->
# It is faster: one call in C for all rows.
# <!-- END SOLUTION -->

# %% id="figure"
print(row_sums(np.eye(3)))
