"""The array that came back and the one that was expected come in; small PNG pictures go out."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Arrays with sides between these are taken for pictures; smaller ones are read more easily as
#: numbers, larger ones would be a page of their own.
MIN_SIDE, MAX_SIDE = 3, 1024
#: Small pictures are enlarged, large ones reduced, by whole factors to about this many pixels.
SHOWN_SIDE = 160
#: A difference is drawn on white, in these colours: too low, too high.
TOO_LOW, TOO_HIGH = (33, 102, 172), (178, 24, 43)


@dataclass(frozen=True)
class Picture:
    """One small picture.

    Attributes:
        title: what it shows, in a few words.
        alt: what somebody who cannot see it should know.
        png: the file, in base64.
    """

    title: str
    alt: str
    png: str


def compare(got: Any, expected: Any) -> tuple[Picture, ...]:
    """What came back, what was expected and the difference; nothing if they are no pictures.

    Args:
        got: an array of shape (H, W), (H, W, 3), (3, H, W) or (1, H, W), of any real numbers.
        expected: likewise; without the same shape no difference is drawn.
    """
    left, right = _as_picture(got), _as_picture(expected)
    if left is None or right is None:
        return ()
    low, high = min(left.min(), right.min()), max(left.max(), right.max())
    pictures = [
        _picture("Came back", left, _grey(left, low, high)),
        _picture("Expected", right, _grey(right, low, high)),
    ]
    if left.shape == right.shape:
        difference = (left - right).reshape(*left.shape[:2], -1).mean(axis=2)
        pictures.append(_picture("Difference", difference, _signed(difference)))
    return tuple(pictures)


def _as_picture(value: Any) -> np.ndarray[Any, Any] | None:
    """Floating-point values of shape (H, W) or (H, W, 3), or None for what is no picture."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" or array.size == 0:
        return None
    array = array.astype(np.float64)
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3):
        array = np.moveaxis(array, 0, 2)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    plain = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)
    sides = array.shape[:2]
    if not plain or min(sides) < MIN_SIDE or max(sides) > MAX_SIDE:
        return None
    return array if np.isfinite(array).all() else None


def _grey(array: np.ndarray[Any, Any], low: float, high: float) -> np.ndarray[Any, Any]:
    """From black at ``low`` to white at ``high``; a flat picture is shown as mid-grey."""
    if high <= low:
        return np.full(array.shape, 127, dtype=np.uint8)
    return np.round((array - low) / (high - low) * 255).astype(np.uint8)


def _signed(difference: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """White at zero, blue below and red above, in full at the largest difference."""
    largest = float(np.abs(difference).max())
    share = (np.abs(difference) / largest if largest else np.zeros_like(difference))[..., None]
    colour = np.where(difference[..., None] < 0, TOO_LOW, TOO_HIGH)
    pixels: np.ndarray[Any, Any] = np.round(255 + share * (colour - 255)).astype(np.uint8)
    return pixels


def _picture(title: str, values: np.ndarray[Any, Any], pixels: np.ndarray[Any, Any]) -> Picture:
    height, width = values.shape[:2]
    alt = f"{title}: {height} by {width} values from {values.min():.3g} to {values.max():.3g}"
    return Picture(title, alt, _png(pixels))


def _png(pixels: np.ndarray[Any, Any]) -> str:
    from PIL import Image  # here: most runs draw nothing

    longest = max(pixels.shape[:2])
    if longest > 2 * SHOWN_SIDE:
        pixels = pixels[:: longest // SHOWN_SIDE, :: longest // SHOWN_SIDE]
    factor = max(SHOWN_SIDE // longest, 1)
    pixels = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
