"""A height in pixels comes in, a greyscale picture that matplotlib ships goes out."""

import numpy as np

# Rec. ITU-R BT.601: how bright the eye finds red, green and blue. The three weights sum to one.
LUMA_WEIGHTS = (0.299, 0.587, 0.114)
SAMPLE = "grace_hopper.jpg"


def load_picture(height: int = 256) -> np.ndarray:
    """Load the sample portrait as a greyscale picture. Nothing is downloaded.

    The picture is the portrait of Grace Hopper that matplotlib ships as sample data
    (`grace_hopper.jpg`, 512 pixels wide and 600 high, US Navy, public domain).

    Args:
        height: rows of the result in pixels, 1 to 600. The width follows from it: the sides keep
            their ratio, rounded to a whole pixel (256 rows give 218 columns).

    Returns:
        Array of shape `(height, width)`, dtype float64, values in [0, 1]: 0 is black, 1 is white.

    Raises:
        ValueError: `height` is below 1 or above the 600 rows of the original.
    """
    # Imported here so that `import hw4` stays light.
    from matplotlib import cbook
    from PIL import Image

    with cbook.get_sample_data(SAMPLE) as file, Image.open(file) as original:
        if not 1 <= height <= original.height:
            raise ValueError(f"height must be 1 to {original.height} pixels, but it is {height}")
        width = max(1, round(original.width * height / original.height))
        colour = original.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    grey = np.asarray(colour, dtype=np.float64) @ np.array(LUMA_WEIGHTS) / 255.0
    return np.clip(grey, 0.0, 1.0)
