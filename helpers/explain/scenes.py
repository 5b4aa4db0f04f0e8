"""Pictures of which one knows, pixel by pixel, where the object is: cut-outs on backgrounds that are made up.

The backgrounds are drawn by numbers, so they carry no licence and no further objects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

BACKGROUNDS = ("plain", "clouds", "stripes", "checks")


@dataclass(frozen=True)
class Scenes:
    """Composed pictures.

    Attributes:
        pictures: float32 (N, side, side, 3) in 0–1.
        masks: bool (N, side, side), True where the object is.
        labels: int (N,), which of the cut-outs it is.
    """

    pictures: np.ndarray
    masks: np.ndarray
    labels: np.ndarray


def background(kind: str, side: int, draw: np.random.Generator, colour: Sequence[float] | None = None) -> np.ndarray:
    """One background, float (side, side, 3) in 0–1.

    Args:
        kind: one of :data:`BACKGROUNDS`.
        side: pixels.
        draw: random numbers.
        colour: red, green and blue of the ground colour; drawn by default.

    Raises:
        ValueError: for another kind.
    """
    if kind not in BACKGROUNDS:
        raise ValueError(f"There is no background {kind!r}. Expected one of {', '.join(BACKGROUNDS)}.")
    first = np.asarray(draw.uniform(0.15, 0.85, 3) if colour is None else colour, float)
    second = np.clip(first + draw.uniform(-0.25, 0.25, 3), 0, 1)
    rows, columns = np.mgrid[:side, :side] / side
    if kind == "plain":
        blend = np.full((side, side), draw.uniform())
    elif kind == "clouds":  # noise whose amplitude falls with the frequency
        frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
        frequency[0, 0] = 1
        noise = np.fft.irfft2(np.fft.rfft2(draw.normal(size=(side, side))) / frequency**1.3, s=(side, side))
        blend = (noise - noise.min()) / np.ptp(noise)
    else:
        turn, width = draw.uniform(0, np.pi), draw.uniform(0.08, 0.25)
        along = (np.cos(turn) * rows + np.sin(turn) * columns) // width
        across = (np.cos(turn) * columns - np.sin(turn) * rows) // width
        blend = (along if kind == "stripes" else along + across) % 2
    return first + (second - first) * blend[..., None]


def compose(
    cut_out: np.ndarray, ground: np.ndarray, height: float, centre: tuple[float, float], *, mirror: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Put a cut-out on a background.

    Args:
        cut_out: uint8 (h, w, 4), with alpha.
        ground: (side, side, 3) in 0–1.
        height: length of the cut-out's longer side, as a share of the picture's.
        centre: row and column of its middle, as shares; it is moved inside where it would be cut off.
        mirror: left and right exchanged.

    Returns:
        Picture, float (side, side, 3) in 0–1, and mask, bool (side, side): alpha of at least one half.

    Raises:
        ValueError: for a cut-out without alpha, or a height outside (0, 1].
    """
    if np.ndim(cut_out) != 3 or cut_out.shape[-1] != 4:
        raise ValueError(f"cut_out must have the shape (h, w, 4) with alpha, found {np.shape(cut_out)}.")
    if not 0 < height <= 1:
        raise ValueError(f"height is a share of the picture's side above 0 and at most 1, found {height!r}.")
    side = ground.shape[0]
    scale = height * side / max(cut_out.shape[:2])
    size = [max(1, round(n * scale)) for n in cut_out.shape[:2]]
    small = np.asarray(Image.fromarray(cut_out).resize((size[1], size[0]), Image.Resampling.BOX), float) / 255
    small = small[:, ::-1] if mirror else small
    top, left = (int(np.clip(round(share * side - n / 2), 0, side - n)) for share, n in zip(centre, size, strict=True))
    picture, mask = ground.copy(), np.zeros((side, side), bool)
    place = slice(top, top + size[0]), slice(left, left + size[1])
    alpha = small[..., 3:]
    picture[place] = alpha * small[..., :3] + (1 - alpha) * picture[place]
    mask[place] = small[..., 3] >= 0.5
    return picture, mask


def scenes(
    cut_outs: Sequence[np.ndarray],
    count: int,
    side: int,
    seed: int,
    *,
    heights: tuple[float, float] = (0.35, 0.65),
    colours: Mapping[int, Sequence[float]] | None = None,
) -> Scenes:
    """Many pictures: every cut-out equally often, at random places, sizes and sides, on random backgrounds.

    Args:
        cut_outs: each uint8 (h, w, 4).
        count: number of pictures.
        side: of the pictures, in pixels.
        seed: the same seed gives the same pictures.
        heights: smallest and largest share of the picture's side.
        colours: label → ground colour, to tie the background to the class; drawn freely by default.

    Raises:
        ValueError: for no picture, no cut-out, or a label without a colour.
    """
    if count < 1 or not len(cut_outs):
        raise ValueError(f"Expected at least one picture and one cut-out, found {count} and {len(cut_outs)}.")
    if colours is not None and (missing := [k for k in range(len(cut_outs)) if k not in colours]):
        raise ValueError(
            f"colours: no colour for {missing}, expected one for each of the labels 0 to {len(cut_outs) - 1}."
        )
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % len(cut_outs)
    pictures, masks = np.empty((count, side, side, 3), np.float32), np.empty((count, side, side), bool)
    for i, label in enumerate(labels):
        kind = BACKGROUNDS[draw.integers(len(BACKGROUNDS))]
        ground = background(kind, side, draw, None if colours is None else colours[int(label)])
        place = draw.uniform(0.15, 0.85), draw.uniform(0.15, 0.85)
        options = {"mirror": bool(draw.integers(2))}
        pictures[i], masks[i] = compose(cut_outs[label], ground, draw.uniform(*heights), place, **options)
    return Scenes(pictures, masks, labels)


def grids(scenes: Scenes, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each four neighbouring pictures as one of twice the side: pictures, masks of the asked one's cell, its labels.

    Neighbours must show four different classes, so that only one cell can be right; with labels in turn, from four
    cut-outs on, they do. Which of the four is asked for, and where each stands, is drawn.

    Returns:
        Pictures float32 (M, 2 · side, 2 · side, 3) in 0–1, masks bool (M, 2 · side, 2 · side) and labels int (M,), with
        M = N // 4; what is left over is dropped.

    Raises:
        ValueError: if there are fewer than four pictures, or four neighbours are not of four classes.
    """
    side, count = scenes.pictures.shape[1], len(scenes.labels) // 4
    if not count:
        raise ValueError(f"A grid needs four pictures, found {len(scenes.labels)}.")
    found = np.empty((count, 2 * side, 2 * side, 3), np.float32)
    masks, labels = np.zeros((count, 2 * side, 2 * side), bool), np.empty(count, int)
    draw = np.random.default_rng(seed)
    for i in range(count):
        if len(set(scenes.labels[4 * i : 4 * i + 4].tolist())) < 4:
            raise ValueError(f"Pictures {4 * i} to {4 * i + 3} show a class twice: {scenes.labels[4 * i : 4 * i + 4]}.")
        asked = draw.integers(4)
        labels[i] = scenes.labels[4 * i + asked]
        for j, cell in enumerate(draw.permutation(4)):
            row, column = divmod(cell, 2)
            place = slice(row * side, row * side + side), slice(column * side, column * side + side)
            found[i][place] = scenes.pictures[4 * i + j]
            masks[i][place] = j == asked
    return found, masks, labels
