# ruff: noqa: INP001  a script beside what it makes, no package

"""Writes the images of `images/` as pictures of ink on paper into `pictures/`: half of them in PNG, half in JPEG.

Needs the dependency group `models`.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).resolve().parent
DIGIT = 160  # pixels of a side
MARGIN = 32  # pixels of paper around it
PAPER, INK = 244, 30  # of 255
ENDINGS = (".png", ".jpg")
QUALITY = 90


def main() -> int:
    """Write each picture."""
    (FOLDER / "pictures").mkdir(exist_ok=True)
    for number, path in enumerate(sorted((FOLDER / "images").glob("*.pgm"))):
        with Image.open(path) as file:
            values = np.asarray(file, dtype=float)
        ink = Image.fromarray((values / values.max() * 255).astype(np.uint8)).resize(
            (DIGIT, DIGIT), Image.Resampling.BICUBIC
        )
        dark = np.pad(np.asarray(ink, dtype=float) / 255, MARGIN)
        picture = Image.fromarray((PAPER - dark * (PAPER - INK)).round().astype(np.uint8))
        picture.save(FOLDER / "pictures" / f"{path.stem}{ENDINGS[number % 2]}", quality=QUALITY, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
