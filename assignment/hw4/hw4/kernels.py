"""A size comes in, kernels that respond to edges go out, as numpy arrays."""

import numpy as np

# The smallest kernels that respond to an edge: rows against rows, columns against columns.
ROWS_2X2 = ((1.0, 1.0), (-1.0, -1.0))
COLUMNS_2X2 = ((1.0, -1.0), (1.0, -1.0))


def custom_sobel(shape: tuple[int, int], axis: int) -> np.ndarray:
    """A Sobel-like kernel of any odd size.

    The value at a place is its offset from the centre along `axis`, divided by the square of its
    distance from the centre; the centre is 0. At 3x3 that is half of the usual Sobel kernel.

    Args:
        shape: rows and columns, both odd.
        axis: 0 responds to horizontal edges (grey changes from row to row), 1 to vertical ones.

    Returns:
        Array of shape `shape`, float64. Its values sum to 0.

    Raises:
        ValueError: a side is even or below 1, or `axis` is neither 0 nor 1.
    """
    if len(shape) != 2 or any(side < 1 or side % 2 == 0 for side in shape):
        raise ValueError(f"shape is {shape}, but two odd sides are needed: the centre is a place")
    if axis not in (0, 1):
        raise ValueError(f"axis is {axis}, but it must be 0 (rows) or 1 (columns)")
    rows, columns = (np.arange(side) - side // 2 for side in shape)
    offsets = np.meshgrid(rows, columns, indexing="ij")
    squares = offsets[0] ** 2 + offsets[1] ** 2
    return offsets[axis] / np.maximum(squares, 1)  # the centre is 0 / 1


def edge_detector_kernels(kernel_size: int) -> np.ndarray:
    """Three kernels of one size: for horizontal edges, for vertical edges, and one of zeros.

    Returns:
        Array of shape `(3, kernel_size, kernel_size)`, float64. Size 2 has kernels of its own, odd
        sizes have `custom_sobel`.

    Raises:
        ValueError: `kernel_size` is even and not 2, or below 2.
    """
    if kernel_size == 2:
        first, second = np.array(ROWS_2X2), np.array(COLUMNS_2X2)
    elif kernel_size < 2 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size is {kernel_size}, but it must be 2, or odd and at least 3")
    else:
        first, second = (custom_sobel((kernel_size, kernel_size), axis) for axis in (0, 1))
    return np.stack([first, second, np.zeros_like(first)])
