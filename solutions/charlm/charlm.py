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
# # A language model of characters
#
# A language model says which character comes next. You write all of one: the tokenizer, the
# batches, causal attention, the network, its training, and how text is drawn from it. Then you
# hold it against two baselines that need no gradients.
#
# The text is `harbour.txt`, a few pages about a small harbour. That is very little text, so that
# everything here runs on a laptop in a minute, without a GPU.
#
# **What to do.** Fill in the boxes marked `TODO`, here and in `ngrams.py`. Keep the names and
# parameters that are given.
#
# **What to submit.** `charlm.ipynb` and `ngrams.py`.

# %% id="imports"
import math
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from ngrams import NgramModel
from sklearn.naive_bayes import MultinomialNB
from torch import nn
from torch.nn import functional as F

# %% id="text"
text = Path("harbour.txt").read_text(encoding="utf-8")
split = int(0.9 * len(text))
train_text, test_text = text[:split], text[split:]
print(text[:104])
print(len(train_text), "characters to learn from,", len(test_text), "to be judged by")

# %% [markdown] id="tokenizer-note"
# ## C1. A tokenizer (8 points)
#
# The network reads whole numbers. The **vocabulary** is the list of all characters of a text, each
# once, in sorted order; a character's number is its place in that list.


# %% id="tokenizer"
class Tokenizer:
    """Characters to numbers, and back.

    Attributes:
        vocabulary: the characters of the text as a list, each once, sorted.
    """

    def __init__(self, text):
        ############################################################################
        # TODO: Make self.vocabulary of the text, and whatever else you need.      #
        ############################################################################
        self.vocabulary = sorted(set(text))
        self.numbers = {char: number for number, char in enumerate(self.vocabulary)}
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################

    def encode(self, text):
        """The numbers of the characters of a text, as a list of ints.

        Raises:
            ValueError: a character is not in the vocabulary; the message names it.
        """
        ############################################################################
        # TODO: Return the numbers. Mind the ValueError.                           #
        ############################################################################
        unknown = sorted(set(text) - set(self.vocabulary))
        if unknown:
            raise ValueError(f"not in the vocabulary: {unknown[0]!r}")
        return [self.numbers[char] for char in text]
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################

    def decode(self, numbers):
        """The text of a list of numbers."""
        ############################################################################
        # TODO: Return the text.                                                   #
        ############################################################################
        return "".join(self.vocabulary[number] for number in numbers)
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################


# %% id="tokenizer-show"
tokenizer = Tokenizer(text)
print("".join(tokenizer.vocabulary))
print(tokenizer.encode("the dog"))
tokens = torch.tensor(tokenizer.encode(train_text))

# %% [markdown] id="batches-note"
# ## C2. Batches (10 points)
#
# An example is a window of `block` numbers, and what comes after each of them: `y` is `x`, one
# place further on. Every place at which a window and its `y` fit is the start of one example.
#
# `batches` gives one pass over all examples in **random order**, in batches of `batch_size`. The
# last ones, if they don't fill a batch, are left out. It is a generator: it makes a batch when one
# is asked for.
#
# All randomness comes from `rng`, a `np.random.Generator`: equal seeds give equal batches.


# %% id="batches"
def batches(tokens, block, batch_size, rng):
    """One pass over all windows of a text, in random order.

    Args:
        tokens: tensor of shape (n,), int64.
        block: numbers in a window.
        batch_size: windows in a batch.
        rng: a NumPy generator.

    Yields:
        x, y: tensors of shape (batch_size, block), int64; y is one place further on than x.
    """
    ############################################################################
    # TODO: Shuffle the starts of all windows, and yield a batch at a time.    #
    # Hint: at how many places does a window fit, if y has to fit too?         #
    ############################################################################
    starts = torch.from_numpy(rng.permutation(len(tokens) - block))
    for first in range(0, len(starts) - batch_size + 1, batch_size):
        places = starts[first : first + batch_size, None] + torch.arange(block)
        yield tokens[places], tokens[places + 1]
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


# %% id="batches-show"
x, y = next(batches(tokens, 16, 4, np.random.default_rng(0)))
for one, other in zip(x.tolist(), y.tolist(), strict=True):
    print(repr(tokenizer.decode(one)), "->", repr(tokenizer.decode(other)))

# %% [markdown] id="attention-note"
# ## C3. Causal attention (12 points)
#
# Every place asks all places up to itself: its query $q_t$ is compared with their keys, and the
# result is a mean of their values,
#
# $$o_t = \sum_{s \le t} w_{ts} v_s, \qquad
#   w_{ts} = \frac{\exp(q_t \cdot k_s / \sqrt{d})}{\sum_{r \le t} \exp(q_t \cdot k_r / \sqrt{d})},$$
#
# where $d$ is the length of a query. What comes after $t$ has no influence on $o_t$: else the
# network could read the answer.
#
# Write it with operations on whole tensors, without a loop over places. The axes in front of the
# last two (the batch, say) may be any number.


# %% id="attention"
def causal_attention(q, k, v):
    """Attention in which no place looks ahead.

    Args:
        q, k: tensors of shape (..., time, d).
        v: tensor of shape (..., time, e).

    Returns:
        Tensor of shape (..., time, e).
    """
    ############################################################################
    # TODO: Return the weighted means of the values.                           #
    # Hint: a score of minus infinity has the weight zero.                     #
    ############################################################################
    time = q.shape[-2]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.ones(time, time, dtype=torch.bool).triu(1)
    scores = scores.masked_fill(future, -torch.inf)
    return scores.softmax(dim=-1) @ v
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


# %% [markdown] id="model-note"
# ## C4. The network (12 points)
#
# A transformer of one block. With a vocabulary of $V$ characters, a width $d$ and windows of at
# most `block` characters it has these parts, **under these names**:
#
# | name | what it is | parameters |
# |---|---|---|
# | `token` | embedding of characters | $V \times d$ |
# | `position` | embedding of places | $\text{block} \times d$ |
# | `query`, `key`, `value` | linear, without bias | $d \times d$ each |
# | `hidden` | linear, with bias | $4d \times d$, and $4d$ |
# | `out` | linear, with bias | $d \times 4d$, and $d$ |
# | `head` | linear, with bias | $V \times d$, and $V$ |
#
# What it computes of a window:
#
# 1. $h$ is the sum of the embeddings of characters and of places (0, 1, 2, ...);
# 2. attention is added to it: $h \leftarrow h + \text{attention}(Qh, Kh, Vh)$. Use
#    `F.scaled_dot_product_attention(q, k, v, is_causal=True)`, which computes what yours does, so
#    that a slip in C3 does no harm here;
# 3. a small network is added: $h \leftarrow h + \text{out}(\text{relu}(\text{hidden}(h)))$;
# 4. `head` makes the logits of it.
#
# It has an attribute `block`, and a window longer than that is refused with a `ValueError`.


# %% id="model"
class CharModel(nn.Module):
    """A transformer of one block that reads characters."""

    def __init__(self, vocabulary_size, width, block):
        super().__init__()
        self.block = block
        ############################################################################
        # TODO: Make the parts of the table.                                       #
        ############################################################################
        self.token = nn.Embedding(vocabulary_size, width)
        self.position = nn.Embedding(block, width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.hidden = nn.Linear(width, 4 * width)
        self.out = nn.Linear(4 * width, width)
        self.head = nn.Linear(width, vocabulary_size)
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################

    def forward(self, x):
        """The logits of the next character at each place.

        Args:
            x: tensor of shape (batch, time), int64, where time is at most `block`.

        Returns:
            Tensor of shape (batch, time, vocabulary_size).

        Raises:
            ValueError: time is more than `block`.
        """
        ############################################################################
        # TODO: The four steps, and the ValueError.                                #
        ############################################################################
        time = x.shape[1]
        if time > self.block:
            raise ValueError(f"a window of {time} characters; {self.block} are allowed")
        h = self.token(x) + self.position(torch.arange(time))
        h = h + F.scaled_dot_product_attention(
            self.query(h), self.key(h), self.value(h), is_causal=True
        )
        h = h + self.out(F.relu(self.hidden(h)))
        return self.head(h)
        ############################################################################
        #                             END OF YOUR CODE                             #
        ############################################################################


def count_parameters(model):
    """How many numbers of a network are trained; frozen ones (no gradient) don't count."""
    ############################################################################
    # TODO: Return that number.                                                #
    ############################################################################
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


# %% [markdown] id="train-note"
# ## C5. Training (12 points)
#
# For each batch one step of `torch.optim.AdamW` with the learning rate given, all else at its
# default. The loss is the mean cross-entropy over all characters of the batch.
#
# `train` prints nothing. It returns the loss of each batch, as it was before that batch's step.
#
# Five of the points are for what comes of it: the grader lets your `train` train your `CharModel`,
# on characters that are numbered in another order, and computes from the trained parameters how
# well the network of C4 then knows another text. So that network has to be right for these.


# %% id="train"
def train(model, batches, lr):
    """Train a network, one step for each batch.

    Args:
        model: takes x and returns logits of shape (batch, time, vocabulary_size).
        batches: gives pairs x, y of shape (batch, time).
        lr: learning rate.

    Returns:
        List of floats, the loss of each batch.
    """
    losses = []
    ############################################################################
    # TODO: Train, and fill losses.                                            #
    ############################################################################
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    for x, y in batches:
        logits = model(x)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################
    return losses


# %% id="train-run"
torch.manual_seed(0)
model = CharModel(len(tokenizer.vocabulary), width=32, block=16)
print(count_parameters(model), "parameters")
losses = train(model, batches(tokens, 16, 32, np.random.default_rng(0)), lr=0.01)
print(f"from {losses[0]:.2f} to {np.mean(losses[-20:]):.2f} after {len(losses)} steps")

# %% [markdown] id="generate-note"
# ## C6. Text out of the network (8 points)
#
# `generate` lengthens a prompt by `n` characters, one at a time: the network reads the end of
# what is there, at most `model.block` characters of it, and the logits of the **last** place say
# what comes next. With a temperature $T > 0$ the next character is drawn from
# $\text{softmax}(\text{logits} / T)$, by `torch.multinomial`; with $T = 0$ it is the likeliest.
#
# `show_samples` prints a line for each prompt: the prompt, ` -> `, and what the function
# `complete` returns for it.


# %% id="generate"
def generate(model, tokenizer, prompt, n, temperature):
    """A text that begins with the prompt and goes on for n more characters."""
    numbers = tokenizer.encode(prompt)
    ############################################################################
    # TODO: Append n numbers, one at a time.                                   #
    ############################################################################
    for _ in range(n):
        with torch.no_grad():
            logits = model(torch.tensor([numbers[-model.block :]]))[0, -1]
        if temperature == 0:
            number = logits.argmax().item()
        else:
            number = torch.multinomial((logits / temperature).softmax(dim=-1), 1).item()
        numbers.append(number)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################
    return tokenizer.decode(numbers)


def show_samples(complete, prompts):
    """Print each prompt, an arrow, and what `complete` makes of the prompt, in a line."""
    ############################################################################
    # TODO: Print a line for each prompt.                                      #
    ############################################################################
    for prompt in prompts:
        print(prompt, "->", complete(prompt))
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


# %% id="generate-run"
show_samples(
    lambda prompt: generate(model, tokenizer, prompt, 60, temperature=0.7).replace("\n", "/"),
    ["the dog ", "in the morning ", "ada "],
)

# %% [markdown] id="losses-note"
# ## C7. Two pictures (8 points)
#
# **The losses** (4 points). `plot_losses` draws the loss over the steps 0, 1, 2, ... as a line with
# the label `loss`, and on the same axes its mean over each `window` steps in a row as a line with
# the label `mean`. The first mean stands at step `window - 1`. Name both axes, and draw the legend.


# %% id="losses"
def plot_losses(losses, window=10):
    """Draw losses over the steps, and their running mean."""
    ############################################################################
    # TODO: Draw both lines, name the axes, show the legend.                   #
    ############################################################################
    means = np.convolve(losses, np.ones(window) / window, mode="valid")
    plt.plot(losses, label="loss", alpha=0.4)
    plt.plot(range(window - 1, len(losses)), means, label="mean")
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.legend()
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


# %% id="losses-run"
plot_losses(losses)
plt.show()

# %% [markdown] id="frequencies-note"
# **The characters** (4 points). Draw how often each of the ten most frequent characters stands in
# `train_text`: ten bars, the most frequent first. Give the figure a title, and name both axes.

# %% id="frequencies"
############################################################################
# TODO: Count, and draw the ten bars.                                      #
############################################################################
frequent = Counter(train_text).most_common(10)
plt.bar([repr(char) for char, _ in frequent], [count for _, count in frequent])
plt.title("The most frequent characters")
plt.xlabel("character")
plt.ylabel("how often")
plt.show()
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% [markdown] id="baseline-note"
# ## C8. A baseline out of scikit-learn (8 points)
#
# How good is a classifier that sees two characters? As it can't read characters, each of them
# becomes $V$ numbers, all 0 but for a single 1 at the character's place (one-hot).
#
# `one_hot` makes the table: for each place that has `context` characters before it, a row with
# these characters, the oldest first. Then fit a classifier of scikit-learn on `train_text` with a
# context of **two** characters. It predicts the number of the next character; call it `baseline`.
# Any classifier will do that gets at least 38 per cent of the characters of another text right. It
# has to be fitted within three seconds.
#
# The numbers come from `np.unique` here, so that a slip in C1 does no harm.

# %% id="numbers"
characters, numbers = np.unique(list(train_text), return_inverse=True)
test_numbers = np.searchsorted(characters, list(test_text))


# %% id="baseline"
def one_hot(numbers, context, vocabulary_size):
    """The characters before each place, one-hot.

    Args:
        numbers: array of shape (n,), whole numbers.
        context: how many characters a row looks at.

    Returns:
        Array of shape (n - context, context * vocabulary_size), floats. Row i holds the numbers
        i, ..., i + context - 1, of which each fills vocabulary_size columns.
    """
    ############################################################################
    # TODO: Return the table.                                                  #
    ############################################################################
    windows = np.lib.stride_tricks.sliding_window_view(numbers[:-1], context)
    return np.eye(vocabulary_size)[windows].reshape(len(windows), -1)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


baseline = MultinomialNB()
############################################################################
# TODO: Choose another classifier if you like, and fit it.                 #
############################################################################
baseline.fit(one_hot(numbers, 2, len(characters)), numbers[2:])
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% id="baseline-run"
test_table = one_hot(test_numbers, 2, len(characters))
print(f"{baseline.score(test_table, test_numbers[2:]):.0%} are right")

# %% [markdown] id="ngrams-note"
# ## C9. A baseline that counts (8 points)
#
# Write the class `NgramModel` in the file `ngrams.py`, which lies beside this notebook. The
# file says what is asked.

# %% [markdown] id="bits-note"
# ## C10. Bits per character (4 points)
#
# How well does a model know a text? Take the mean of $-\log_2 p$ over all characters that have
# enough characters before them, where $p$ is the probability that the model gives the character
# after the `model.context` characters in front of it. A model that knows nothing of 29 characters
# needs $\log_2 29 = 4.86$ bits.
#
# Then `bigram_bits` is what your `NgramModel` of **two** characters of context, fitted on
# `train_text`, needs for `test_text`.


# %% id="bits"
def bits_per_character(model, text):
    """The mean of -log2 p over the characters of a text, but for the first model.context ones.

    Args:
        model: has the attribute `context` and the method `probability(context, char)`.
    """
    ############################################################################
    # TODO: Return that mean.                                                  #
    ############################################################################
    places = range(model.context, len(text))
    probabilities = [model.probability(text[i - model.context : i], text[i]) for i in places]
    return -sum(map(math.log2, probabilities)) / len(probabilities)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


bigram_bits = None
############################################################################
# TODO: Fit an NgramModel, and ask for the bits.                           #
############################################################################
bigram_bits = bits_per_character(NgramModel(2).fit(train_text), test_text)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% [markdown] id="runs-note"
# ## C11. What other runs say (10 points)
#
# `runs.csv` lists thirty runs of a network like yours: learning rate, width, steps, and the losses
# on the training text and on another one. Runs that diverged have no losses; they don't count.
#
# `best_runs` finds, for each learning rate at which a run ended well, the run with the lowest
# `val_loss`. `mean_loss_by_width` is the mean `val_loss` of each width. Neither changes the frame
# that it is given. Then read the file, by its name alone, and store its best runs in `best`.


# %% id="runs"
def best_runs(runs):
    """The best run of each learning rate.

    Args:
        runs: a DataFrame with the columns of runs.csv.

    Returns:
        DataFrame of the same columns, sorted by lr, with the index 0, 1, 2, ...
    """
    ############################################################################
    # TODO: Return the best runs.                                              #
    ############################################################################
    finished = runs.dropna(subset=["val_loss"])
    best = finished.loc[finished.groupby("lr")["val_loss"].idxmin()]
    return best.sort_values("lr").reset_index(drop=True)
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


def mean_loss_by_width(runs):
    """The mean val_loss of the runs of each width, as a Series; its index are the widths."""
    ############################################################################
    # TODO: Return the means.                                                  #
    ############################################################################
    return runs.groupby("width")["val_loss"].mean()
    ############################################################################
    #                             END OF YOUR CODE                             #
    ############################################################################


best = None
############################################################################
# TODO: Read the file, and store its best runs in best.                    #
############################################################################
runs = pd.read_csv("runs.csv")
best = best_runs(runs)
############################################################################
#                             END OF YOUR CODE                             #
############################################################################

# %% [markdown] id="words-note"
# ## C12. In words (read by people, up to 4 points as a bonus)
#
# Your network has seen the same text as the counts of `NgramModel`. Compare the bits of both on
# `test_text`, and say in a few sentences: which needs fewer, and why? What would change with a
# hundred times as much text?

# %% [markdown] id="words"
# <!-- BEGIN SOLUTION -->
# The network wins, if only by a little: it shares what it has learned about a character between
# all contexts in which it stands, while the counts know each pair of characters by itself, and most
# longer contexts have never been seen. With much more text longer contexts could be counted, but
# the network would still gain more, as it can look sixteen characters back.
# <!-- END SOLUTION -->
