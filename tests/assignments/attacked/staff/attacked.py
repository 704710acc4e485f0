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
# TODO: Write total, label, rate and Stack.                #
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


class Stack:
    """Keeps what it is given, in order."""

    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)


############################################################
#                     END OF YOUR CODE                     #
############################################################
