# ruff: noqa: INP001  a script beside what it makes, no package

"""Writes the images of `images/` as pictures of ink on paper into `pictures/`: half of them in PNG, half in JPEG.

Needs the dependency group `models`.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).resolve().parent
DIGIT = 200  # pixels of a side
MARGIN = 12  # pixels of paper around it
PAPER, INK = 244, 30  # of 255
ENDINGS = (".png", ".jpg")
QUALITY = 90


def picture(values: NDArray[np.float64]) -> Image.Image:
    """Return 8 x 8 values, of which 0 is paper and the largest is ink, as a picture."""
    # With a pixel of paper around it, so that its lines end softly there too.
    small = Image.fromarray(np.pad(values / values.max() * 255, 1).astype(np.uint8))
    ink = np.asarray(small.resize((DIGIT, DIGIT), Image.Resampling.BICUBIC), dtype=float)
    return Image.fromarray((PAPER - np.pad(ink / 255, MARGIN) * (PAPER - INK)).round().astype(np.uint8))


def main() -> int:
    """Write each picture."""
    (FOLDER / "pictures").mkdir(exist_ok=True)
    for number, path in enumerate(sorted((FOLDER / "images").glob("*.pgm"))):
        with Image.open(path) as file:
            made = picture(np.asarray(file, dtype=float))
        made.save(FOLDER / "pictures" / f"{path.stem}{ENDINGS[number % 2]}", quality=QUALITY, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
