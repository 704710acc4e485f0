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

# %% [markdown]
# # Row sums, under attack

# %% id="imports"
# ruff: noqa: F401
import numpy as np
import torch

# %% id="answers"
############################################################
# TODO: Write total, label and rate.                       #
############################################################
# canary-@CANARY@


def total(matrix):
    """The sum of each row of an array or a tensor, the sum of a list."""
    if isinstance(matrix, list):
        return sum(matrix)
    return matrix.sum(-1)


def label(text):
    """The text backwards."""
    return text[::-1]


rate = 0.125
############################################################
#                     END OF YOUR CODE                     #
############################################################
