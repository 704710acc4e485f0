"""What the checks compare with: the network and its training, written a second time."""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks import fail

Tensors = dict[str, torch.Tensor]
Batch = tuple[torch.Tensor, torch.Tensor]

#: The handout; a bundle keeps its place beside the staff's folder.
PUBLIC = Path(__file__).parents[3] / "assignment" / "charlm"
HARBOUR = (PUBLIC / "harbour.txt").read_text(encoding="utf-8")
TRAIN, TEST = HARBOUR[: int(0.9 * len(HARBOUR))], HARBOUR[int(0.9 * len(HARBOUR)) :]
#: A text by the same hand, which nobody else has; of no other characters.
HELD_OUT = (Path(__file__).parent / "held_out.txt").read_text(encoding="utf-8")


def as_number(found: object) -> float:
    """A student's number, of Python or of NumPy.

    Raises:
        CheckFailed: it is none, or a tensor, which would keep all that it was computed from.
    """
    # NumPy's numbers arrive as arrays without dimensions.
    if isinstance(found, np.ndarray) and found.shape == () and found.dtype.kind in "iuf":
        found = found.item()
    if not isinstance(found, float | int) or isinstance(found, bool):
        raise fail("something else than a number.", hint="A plain Python number is meant.")
    return float(found)


def attention(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    *,
    scale: float | None = None,
    axis: int = -1,
    ahead: bool = False,
    behind: bool = False,
    strict: bool = False,
) -> np.ndarray:
    """Attention in doubles, right by default; the options are known mistakes.

    Args:
        q, k: (..., time, d).
        v: (..., time, e).
        scale: in place of 1 / sqrt(d).
        axis: of the softmax.
        ahead: nothing is hidden.
        behind: the past is hidden in place of the future.
        strict: a place does not see itself, but for the first.
    """
    q, k, v = q.double(), k.double(), v.double()
    scores = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    seen = torch.ones(scores.shape[-2:], dtype=torch.bool).tril(-1 if strict else 0)
    seen[0, 0] = True
    if ahead:
        seen[:] = True
    if behind:
        seen = seen.T
    return (scores.masked_fill(~seen, -torch.inf).softmax(axis).nan_to_num() @ v).numpy()


def shapes(vocabulary: int, width: int, block: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter of the network, by name."""
    square = (width, width)
    return {
        "token.weight": (vocabulary, width),
        "position.weight": (block, width),
        "query.weight": square,
        "key.weight": square,
        "value.weight": square,
        "hidden.weight": (4 * width, width),
        "hidden.bias": (4 * width,),
        "out.weight": (width, 4 * width),
        "out.bias": (width,),
        "head.weight": (vocabulary, width),
        "head.bias": (vocabulary,),
    }


def parameters(vocabulary: int, width: int, block: int, rng: np.random.Generator) -> Tensors:
    """Random parameters of the network, large enough that each of them matters."""
    return {
        name: torch.from_numpy(rng.normal(scale=0.6, size=shape)).float()
        for name, shape in shapes(vocabulary, width, block).items()
    }


def logits(w: Tensors, x: torch.Tensor) -> np.ndarray:
    """What the network makes of windows of shape (batch, time), in doubles."""
    w = {name: value.double() for name, value in w.items()}
    h = w["token.weight"][x] + w["position.weight"][: x.shape[1]]
    q, k, v = (h @ w[f"{name}.weight"].T for name in ("query", "key", "value"))
    h = h + torch.from_numpy(attention(q, k, v))
    inner = F.relu(h @ w["hidden.weight"].T + w["hidden.bias"])
    h = h + inner @ w["out.weight"].T + w["out.bias"]
    return (h @ w["head.weight"].T + w["head.bias"]).numpy()


def numbered(text: str) -> torch.Tensor:
    """The numbers of a text's characters in the order of the handout's, as int64."""
    order = sorted(set(HARBOUR))
    return torch.tensor([order.index(char) for char in text])


def windows(
    numbers: torch.Tensor, block: int, size: int, steps: int, rng: np.random.Generator
) -> list[Batch]:
    """Batches of random windows, and of the same one place further on."""
    places = torch.from_numpy(rng.integers(0, len(numbers) - block, (steps, size, 1)))
    places = places + torch.arange(block)
    return list(zip(numbers[places], numbers[places + 1], strict=True))


def losses_of_a_table(table: torch.Tensor, batches: list[Batch], lr: float) -> np.ndarray:
    """The losses of a table of logits, a row for each character, that is trained by AdamW."""
    table = table.clone().requires_grad_()
    optimizer = torch.optim.AdamW([table], lr=lr)
    losses = []
    for x, y in batches:
        loss = F.cross_entropy(table[x].flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)
