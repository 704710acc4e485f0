# %% id="values"
############################################################
# TODO: Give values of each kind back.                     #
############################################################
import numpy as np
import torch
from wire_values import FRAMES, PLAIN

STAYING = {
    "generator": lambda: (x for x in "ab"),
    "iterator": lambda: iter([1]),
    "function": lambda: kind,
    "class": lambda: int,
    "object": object,
    "exception": lambda: ValueError("x"),
    "network": lambda: torch.nn.Linear(2, 1),
}
REFUSED = {
    "three dots": lambda: ...,
    "long double": lambda: np.longdouble(1),
    "quantised tensor": lambda: torch.quantize_per_tensor(torch.ones(1), 1, 0, torch.qint8),
}


def value(name):
    return (PLAIN | FRAMES)[name]()


def kind(values):
    return [type(each).__name__ for each in values]


def staying(name):
    return STAYING[name]()


def refused(name):
    return REFUSED[name]()


def large(n):
    return np.arange(n, dtype=float)


############################################################
#                     END OF YOUR CODE                     #
############################################################


# %% id="calls"
############################################################
# TODO: Return, raise, print, draw and write.              #
############################################################
import inspect  # noqa: E402
import pickle  # noqa: E402
import sys  # noqa: E402

import matplotlib.pyplot as plt  # noqa: E402


class Negative(ValueError):
    pass


def refuse(x):
    if x < 0:
        raise Negative(f"{x} is negative")
    return x


def divide(x):
    return x / 0


def deep(n):
    return deep(n + 1)


def leave():
    sys.exit(3)


class Odd(Exception):
    def __str__(self):
        raise TypeError("no words")


def odd_words():
    raise Odd


def spoil(x):
    x[:] = 0


def write(name, text):
    with open(name, "w") as file:  # noqa: PTH123
        file.write(text)


def ask():
    name = input("Who? ")
    print("Hello", name, "\N{SNOWMAN}")


def flood():
    while True:
        print("x" * 10**6)


def draw(losses):
    plt.plot(losses, label="loss")
    plt.xlabel("step")
    plt.legend()


class Own:
    def __init__(self, x):
        self.x = x


def own(x):
    return pickle.loads(pickle.dumps(Own(x))).x, Own.__module__


def doubled(x):
    return twice(x)  # noqa: F821


def source_of():
    return inspect.getsource(divide)


def inner(x):
    return sum(x)


def outer(x):
    return inner(x)


def thrice(x):
    return x * 3


############################################################
#                     END OF YOUR CODE                     #
############################################################


# %% id="objects"
############################################################
# TODO: Write a class, a generator and a function of one.  #
############################################################
class Stack:
    def __init__(self, *items):
        self.items = list(items)

    def push(self, item):
        self.items.append(item)
        return self

    def __len__(self):
        return len(self.items)

    def __getitem__(self, place):
        return self.items[place]

    def __setitem__(self, place, item):
        self.items[place] = item


def count_up(start):
    while True:
        yield start
        start += 1


def apply(function, *args):
    return function(*args)


############################################################
#                     END OF YOUR CODE                     #
############################################################


# %% id="seen"
############################################################
# TODO: Print and draw the squares.                        #
############################################################
squares = [n * n for n in range(5)]
plt.plot(squares)
title = "Squares"
plt.title(title)
print("The last one is", squares[-1])
############################################################
#                     END OF YOUR CODE                     #
############################################################


# %% id="ends"
############################################################
# TODO: Never come back.                                   #
############################################################
import ctypes  # noqa: E402
import os  # noqa: E402


def never():
    while True:
        pass


def exit():
    os._exit(3)


def crash():
    ctypes.string_at(0)


def fine():
    return 7


############################################################
#                     END OF YOUR CODE                     #
############################################################
