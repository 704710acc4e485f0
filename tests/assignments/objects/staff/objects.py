# %% id="setup"
import matplotlib.pyplot as plt
import numpy as np


# %% id="net"
class Net:
    """One linear layer."""

    ############################################################
    # TODO: Keep the weights W (d, k) as an attribute.         #
    ############################################################
    def __init__(self, d, k):
        self.W = np.zeros((d, k))
        self.history = []

    def loss(self, X, y):
        return float(((X @ self.W - y) ** 2).mean())

    def step(self, X, y, lr):
        gradient = 2 * X.T @ (X @ self.W - y) / y.size
        self.W -= lr * gradient
        self.history.append(self.loss(X, y))

    def __len__(self):
        return self.W.size

    ############################################################
    #                     END OF YOUR CODE                     #
    ############################################################


############################################################
# TODO: Train a new Net for some steps; the net, the losses. #
############################################################
def train(X, y, steps):
    net = Net(X.shape[1], y.shape[1])
    for _ in range(steps):
        net.step(X, y, 0.1)
    return net, net.history


############################################################
#                     END OF YOUR CODE                     #
############################################################


# %% id="functions"
############################################################
# TODO: Write batches, shuffle, halve, greet and slope.    #
############################################################
def batches(n, size):
    start = 0
    while start < n:
        yield list(range(start, min(start + size, n)))
        start += size


def shuffle(items):
    items.reverse()


def halve(n):
    if n % 2:
        raise ValueError("n is odd")
    return n // 2


def greet():
    name = input("Who? ")
    print("Hello", name)


def slope(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (2 * h)


############################################################
#                     END OF YOUR CODE                     #
############################################################


# %% id="seen"
############################################################
# TODO: Write draw; draw, print and save the squares.      #
############################################################
def draw(losses):
    plt.plot(range(len(losses)), losses, label="loss")
    plt.xlabel("step")
    plt.legend()


squares = [n * n for n in range(5)]
plt.plot(squares)
plt.title("Squares")
print("The last one is", squares[-1])
with open("squares.txt", "w") as file:  # noqa: PTH123
    print(*squares, file=file)
############################################################
#                     END OF YOUR CODE                     #
############################################################
