"""Pictures into numbers: brightness, contrast, gradients, texture; small pictures; patches. Nothing is fitted."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from flows.features.look_alike import look_alike_groups, natural_order
from flows.lake.derive import LOOK_ALIKE
from flows.sources.images import open_grey
from flows.sources.table import Table
from flows.sources.typed import text_frame

Floats = NDArray[np.float64]
STATISTICS = (
    "brightness", "contrast", "dark tenth", "bright tenth", "gradient mean", "gradient deviation", "edge direction",
    "edge coherence", "fine texture", "coarse texture", "fine to coarse", "entropy", "patch brightness spread",
    "patch contrast spread",
)  # fmt: skip


_PATCHES_A_SIDE = 4


def measure_images(table: Table, folder: Path, *, side: int = 0) -> Table:
    """The table of `sources.images.read_images` with the texture statistics of every picture as further columns.

    side: the grey values of a copy of side x side pixels too, row by row; 0 for none. Pictures of one piece of surface
    share a number in a column "look_alike".
    """
    names = (*STATISTICS, *(f"pixel {i + 1}, {j + 1}" for i in range(side) for j in range(side)))
    files = [folder / name for name in table.frame["source_file"]]
    measured = text_frame([_measured(grey_values(file), side) for file in files], names)
    table = replace(table, frame=pd.concat([table.frame, measured], axis=1))
    return _with_look_alikes(table, files)


def _with_look_alikes(table: Table, files: Sequence[Path]) -> Table:
    """A column that numbers pictures of one piece of surface, where there are any."""
    names = table.frame["source_file"].tolist()
    order = natural_order(names)
    found = look_alike_groups([names[i] for i in order], (grey_values(files[i]) for i in order))
    if not found.any():
        return table
    numbers = np.empty(len(names), dtype=np.int64)
    numbers[order] = found
    sizes = np.bincount(numbers)
    note = (
        f"{int(sizes[sizes > 1].sum())} of {len(names)} pictures show a piece of surface that another one shows too: "
        f'"{LOOK_ALIKE}" has one number for each of the {int((sizes > 0).sum())} pieces.'
    )
    frame = table.frame.assign(**{LOOK_ALIKE: [str(number) for number in numbers]})
    return replace(table, frame=frame, notes=(*table.notes, note))


def _measured(picture: Floats, side: int) -> list[float]:
    small = small_picture(picture, side).tolist() if side else []
    return [*texture_statistics(picture).tolist(), *small]


def picture_side(columns: Iterable[str]) -> int:
    """The side of the small pictures that columns of `measure_images` hold, 0 for none."""
    found = [re.fullmatch(r"pixel (\d+), (\d+)", name) for name in columns]
    return max((int(place) for pixel in found if pixel for place in pixel.groups()), default=0)


def grey_values(file: Path) -> Floats:
    """(height, width) grey values from 0 to 1."""
    return np.asarray(open_grey(file), dtype=np.float64) / 255


def texture_statistics(picture: Floats) -> Floats:
    """(14,) numbers of a picture (height, width), named by STATISTICS; they depend on light and texture, not on place.

    Edge direction and coherence are those of the averaged structure tensor: 1 and -1 for edges that all run along or
    across the picture, and how far they agree. Fine and coarse texture are the spreads of what a blur of 1 and of 4
    pixels takes away. Patches are a quarter of the shorter side; their spreads tell one large defect from many small.
    """
    down, right = np.gradient(picture) if min(picture.shape) > 1 else (np.zeros_like(picture),) * 2
    magnitude = np.hypot(down, right)
    xx, yy, xy = (right * right).mean(), (down * down).mean(), (right * down).mean()
    total = xx + yy
    fine = (picture - ndimage.gaussian_filter(picture, 1.0)).std()
    coarse = (ndimage.gaussian_filter(picture, 1.0) - ndimage.gaussian_filter(picture, 4.0)).std()
    parts = patches(picture, max(1, min(picture.shape) // _PATCHES_A_SIDE))
    shares = np.histogram(picture, bins=32, range=(0, 1))[0] / picture.size
    dark, bright = np.quantile(picture, [0.1, 0.9])
    return np.array(
        [
            picture.mean(),
            picture.std(),
            dark,
            bright,
            magnitude.mean(),
            magnitude.std(),
            (yy - xx) / total if total > 0 else 0.0,
            np.hypot(xx - yy, 2 * xy) / total if total > 0 else 0.0,
            fine,
            coarse,
            fine / coarse if coarse > 0 else 0.0,
            -np.sum(shares[shares > 0] * np.log2(shares[shares > 0])),
            parts.mean(axis=(1, 2)).std(),
            parts.std(axis=(1, 2)).std(),
        ]
    )


def small_picture(picture: Floats, side: int) -> Floats:
    """(side * side,) a picture (height, width) averaged down to side x side pixels, row by row."""
    grey = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    return np.asarray(grey.resize((side, side), Image.Resampling.BOX), dtype=np.float64).ravel() / 255


def patches(picture: Floats, side: int) -> Floats:
    """(P, side, side) the patches of a picture (height, width), side by side; what is left at the borders is cut."""
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    cut = picture[: rows * side, : columns * side]
    return cut.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side, side)
