"""Figures of lessons 08 and 09 whose drawing would hide a short cell's idea. Each returns its figure.

One shows a figure instead: :func:`show_compact`, for many small pictures on one page.
"""

import base64
import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from helpers import plots
from helpers.explain.activations import mosaic


def tall(maps: Mapping[str, np.ndarray], *, width: float = 8.0) -> Figure:
    """All channels of all layers of one picture, layer under layer; one scale of brightness for each layer.

    White is what one value in two hundred of the layer exceeds: a single loud place would leave the rest black.

    Args:
        maps: layer → (h, w, channels).
        width: of the figure in inches. Layers of more than 64 channels have 32 in a row, others 16.
    """
    sheets = {name: mosaic(part, 16 if part.shape[-1] <= 64 else 32) for name, part in maps.items()}
    heights = [width * s.shape[0] / s.shape[1] + 0.3 for s in sheets.values()]
    figure, axes = plt.subplots(
        len(sheets), 1, figsize=(width, sum(heights)), height_ratios=heights, squeeze=False, dpi=80
    )
    for ax, (name, sheet) in zip(axes.flat, sheets.items(), strict=True):
        high = float(np.nanquantile(sheet, 0.995))
        height, _, channels = maps[name].shape
        title = f"{name}: {channels} maps of {height} × {maps[name].shape[1]}, black 0, white {high:.3g}"
        smooth = "auto" if sheet.shape[1] > 80 * width else "nearest"  # enlarged, smoothing would eat the gaps
        plots.image(sheet, ax, title=title, vmin=0, vmax=high or 1, interpolation=smooth)
        ax.title.set_fontsize(8)
    return figure


def mosaics(sheets: Mapping[str, np.ndarray], *, columns: int = 8, size: float = 4.2, **imshow) -> Figure:
    """Two or more stacks of maps or kernels side by side, all on one colour scale, with its bar.

    Args:
        sheets: title → (h, w, channels).
        columns: channels in a row.
        size: width of one mosaic in inches.
        **imshow: passed on; ``vmin`` and ``vmax`` are those of all stacks by default.
    """
    tiled = {title: mosaic(part, columns) for title, part in sheets.items()}
    scale = {"vmin": min(map(np.nanmin, tiled.values())), "vmax": max(map(np.nanmax, tiled.values()))} | imshow
    shape = next(iter(tiled.values())).shape
    figure, axes = plt.subplots(
        1, len(tiled), figsize=(size * len(tiled) + 0.8, size * shape[0] / shape[1] + 0.4), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    figure.get_layout_engine().set(wspace=0.06)
    for ax, (title, sheet) in zip(axes.flat, tiled.items(), strict=True):
        plots.image(sheet, ax, title=title, **scale)
    figure.colorbar(axes.flat[0].images[0], ax=list(axes.flat), shrink=0.8)
    return figure


def overlays(
    pictures: np.ndarray, heat: np.ndarray, titles: Sequence[str] = (), *, columns: int = 6, size: float = 1.6
) -> Figure:
    """Heat maps over their pictures: the picture in grey, the heat on it, from dark (0) to bright yellow (1).

    Args:
        pictures: (N, H, W, 3) or (N, H, W, 1), in 0–1.
        heat: (N, H, W), in 0–1.
        titles: N short texts, or none.
    """
    colours = plt.get_cmap("inferno")(np.clip(heat, 0, 1))[..., :3]
    grey = np.repeat(np.clip(pictures, 0, 1).mean(axis=-1, keepdims=True), 3, axis=-1)
    return plots.images(
        0.45 * grey + 0.55 * colours, titles, columns=columns, size=size, vmin=0, vmax=1, interpolation="auto"
    )


def credited(figure: Figure, credit: str = "animals: Tux Paint, GPL-2") -> Figure:
    """The figure, with a small line below that says whose pictures it shows and under which licence."""
    figure.supxlabel(credit, fontsize=7, color="#555555", x=0.99, ha="right")
    return figure


def show_compact(figure: Figure, alt: str, *, colours: int = 128, smooth: bool = False) -> None:
    """Show a figure and close it, as :func:`helpers.plots.show` does, with a palette: a fraction of the bytes.

    Args:
        figure: of many small pictures, which would make a stored notebook large.
        alt: what the figure shows, in one or two sentences with its main finding.
        colours: of the palette, 2 to 256, chosen for this figure.
        smooth: mix the palette's colours among neighbouring pixels (dithering), so that heat that falls off slowly gets
            no steps.
    """
    if not alt.strip():
        raise ValueError("Every figure needs a text alternative: say in a sentence what it shows.")
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")  # as Jupyter draws it
    picture = Image.open(drawn).convert("RGB")
    reduced = picture.quantize(colours)
    if smooth:
        reduced = picture.quantize(palette=reduced, dither=Image.Dither.FLOYDSTEINBERG)
    reduced.save(small, "PNG", optimize=True)
    data = {"image/png": base64.b64encode(small.getvalue()).decode(), "text/plain": repr(figure)}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})
    plt.close(figure)
