"""The animation of a window that slides over an image (lesson 01).

The result is self-contained HTML and JavaScript: it moves without a kernel, in the book and offline.
"""

import re
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.patches import Rectangle

from helpers import plots
from helpers.convolution import correlate2d

#: matplotlib draws its buttons with an icon font from the network; these characters replace it.
_BUTTONS = {
    "minus": "−",
    "plus": "+",
    "fast-backward": "|◀",
    "step-backward": "◂",
    "play fa-flip-horizontal": "◀",
    "pause": "||",
    "play": "▶",
    "step-forward": "▸",
    "fast-forward": "▶|",
}


class Animation:
    """Self-contained HTML with a text alternative; shown as such by a notebook."""

    def __init__(self, html: str, alt: str) -> None:
        if not alt.strip():
            raise ValueError("Every figure needs a text alternative: say in a sentence what it shows.")
        self.html = html
        self.alt = alt

    def __repr__(self) -> str:
        return f"Animation: {self.alt}"

    def _repr_html_(self) -> str:
        return f'<div role="group" aria-label="animation">{self.html}</div>'


def animate(image: np.ndarray, kernel: np.ndarray, *, alt: str, stride: int = 1) -> Animation:
    """Animate the cross-correlation of a small image with a kernel, one output value per frame.

    Args:
        image: (H, W), small enough to print a number into each pixel.
        kernel: (kh, kw).
        alt: what the animation shows, in one or two sentences.
        stride: step of the window.
    """
    image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    result = correlate2d(image, kernel, strides=stride)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(6.4, 3.6), dpi=60, width_ratios=(image.shape[1], result.shape[1])
    )
    plots.image(
        image,
        left,
        title="input and window",
        cmap="Blues",
        vmin=image.min(),
        vmax=image.min() + 2 * np.ptp(image),
    )
    for (r, c), value in np.ndenumerate(image):
        left.text(c, r, f"{value:g}", ha="center", va="center", fontsize=14)
    window = left.add_patch(
        Rectangle((-0.5, -0.5), *kernel.shape[::-1], fill=False, edgecolor=plots.COLOURS[1], linewidth=5, zorder=5)
    )
    plots.image(np.zeros_like(result), right, title="output", cmap="Oranges", vmin=0, vmax=1)
    for ax, shape in ((left, image.shape), (right, result.shape)):
        ax.set_xticks(np.arange(-0.5, shape[1]), minor=True)
        ax.set_yticks(np.arange(-0.5, shape[0]), minor=True)
        ax.grid(which="minor", color="white", linewidth=2)
        ax.tick_params(which="minor", length=0)
        ax.title.set_fontsize(13)
    written = {place: right.text(*place[::-1], "", ha="center", va="center", fontsize=13)
               for place in np.ndindex(*result.shape)}  # fmt: skip

    def frame(number: int) -> list:
        row, column = divmod(number, result.shape[1])
        window.set_xy((column * stride - 0.5, row * stride - 0.5))
        for place, text in written.items():
            text.set_text(f"{result[place]:g}" if place <= (row, column) else "")
            text.set_fontweight("bold" if place == (row, column) else "normal")
        return [window, *written.values()]

    html = FuncAnimation(figure, frame, frames=result.size, interval=900).to_jshtml(default_mode="loop")
    plt.close(figure)
    return Animation(_self_contained(html, alt), alt)


def _self_contained(html: str, alt: str) -> str:
    """The HTML without its link to an icon font on the network, and with names for picture and slider."""
    html = re.sub(r"<link[^>]*>", "", html).replace("<img ", f'<img alt="{escape(alt, quote=True)}" ', 1)
    html = html.replace('<input id="_anim_slider', '<input aria-label="number of the frame" id="_anim_slider', 1)
    return re.sub(r'<i class="fa fa-([\w -]+)"></i>', lambda m: _BUTTONS[m[1]], html)
