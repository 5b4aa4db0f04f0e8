"""Figures of the course: one style, one way to show a figure with a text alternative, a few kinds of plot.

Every function that draws takes an optional ``ax`` (or makes one) and returns what it drew on; nothing
is shown until :func:`show` is called.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Okabe and Ito's palette (2008), distinguishable with every common colour vision deficiency.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def use_course_style() -> None:
    """Set matplotlib's defaults: white ground (readable in dark mode), the course's colours, no clutter."""
    plt.close("all")
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 3.6),
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "axes.grid": False,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "legend.frameon": False,
            "font.size": 10,
            "animation.html": "jshtml",
        }
    )


def colours(count: int) -> tuple[str, ...]:
    """The first ``count`` colours of the course.

    Raises:
        ValueError: for more than seven: nobody tells eight lines apart.
    """
    if count > len(COLOURS):
        raise ValueError(f"A figure tells at most {len(COLOURS)} lines apart, found {count}. Draw several figures.")
    return COLOURS[:count]


def show(drawn: Figure | Axes, alt: str) -> None:
    """Show a figure once, with a text alternative for readers who cannot see it, and close it.

    Args:
        drawn: the figure, or any axes on it.
        alt: what the figure shows, in one or two sentences with its main finding.

    Raises:
        ValueError: for an empty alt.
    """
    if not alt.strip():
        raise ValueError("Every figure needs a text alternative: say in a sentence what it shows.")
    figure = drawn if isinstance(drawn, Figure) else drawn.get_figure()
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


def image(pixels: np.ndarray, ax: Axes | None = None, *, title: str = "", **imshow) -> Axes:
    """Draw one image without axis ticks.

    Args:
        pixels: (H, W), (H, W, 1) or (H, W, 3).
        ax: where to draw; a new small figure by default.
        title: printed above the image.
        **imshow: passed on, for instance ``vmin``, ``vmax``, ``cmap``.

    Raises:
        ValueError: for another shape.
    """
    pixels = np.asarray(pixels)
    if not (pixels.size and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[-1] in (1, 3)))):
        raise ValueError(
            f"An image has the shape (H, W), (H, W, 1) or (H, W, 3), found {pixels.shape}. "
            "Of a batch or of feature maps, choose one: batch[i], or maps[i, :, :, channel]."
        )
    if ax is None:
        ax = plt.figure(figsize=(2.6, 2.6)).add_subplot()
    ax.imshow(np.squeeze(pixels, axis=-1) if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels, **imshow)
    ax.set(xticks=[], yticks=[], title=title)
    ax.spines[:].set_visible(False)
    return ax


def images(
    pixels: Sequence[np.ndarray], titles: Sequence[str] = (), *, columns: int = 8, size: float = 1.1, **imshow
) -> Figure:
    """Draw images in a grid, row by row; one colour scale for all unless ``vmin``/``vmax`` are given.

    Args:
        pixels: N images, each (H, W), (H, W, 1) or (H, W, 3).
        titles: N short texts, or none.
        columns: images per row.
        size: width of one image in inches.

    Raises:
        ValueError: if there are no images, or more or fewer titles than images.
    """
    if not len(pixels):
        raise ValueError("There is no image to draw: the list is empty.")
    if len(titles):
        _one_each(titles, len(pixels), "titles", "images")
    columns = min(columns, len(pixels))
    rows = -(-len(pixels) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, (size + 0.25 * bool(len(titles))) * rows), squeeze=False
    )
    scale = {"vmin": min(np.min(p) for p in pixels), "vmax": max(np.max(p) for p in pixels)} | imshow
    for i, ax in enumerate(axes.flat):
        if i < len(pixels):
            image(pixels[i], ax, title=titles[i] if len(titles) else "", **scale)
            ax.title.set_fontsize(8)
        else:
            ax.set_axis_off()
    return figure


def curves(
    histories: Mapping[str, Mapping[str, Sequence[float]]], key: str, ax: Axes | None = None, *, label: str = ""
) -> Axes:
    """Draw one measured quantity over epochs for several runs; validation dashed in the run's colour.

    Args:
        histories: name of the run → Keras history (``{"loss": […], "val_loss": […], …}``); at most seven,
            one for each colour.
        key: ``"loss"`` or ``"accuracy"``; ``"val_" + key`` is drawn too where it exists.
        ax: where to draw; a new figure by default.
        label: name of the vertical axis; the key by default.

    Raises:
        ValueError: for more runs than colours.
    """
    if ax is None:
        ax = plt.figure().add_subplot()
    for colour, (name, history) in zip(colours(len(histories)), histories.items(), strict=True):
        for k, style, what in ((key, "-", "training"), (f"val_{key}", "--", "validation")):
            if k in history:
                epochs = np.arange(1, len(history[k]) + 1)
                ax.plot(epochs, history[k], style, color=colour, label=f"{name}, {what}")
    ax.set(xlabel="epoch", ylabel=label or key)
    ax.locator_params(axis="x", integer=True)
    ax.legend(fontsize=8)
    return ax


def probabilities(values: np.ndarray, names: Sequence[str], truth: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw the answer of a classifier as one bar a class, each beside its own name.

    Args:
        values: (K,) probabilities.
        names: K class names.
        truth: the right class, drawn in green; the class with the largest probability is orange where it is another.
        ax: where to draw; a new figure by default.

    Raises:
        ValueError: if there are more or fewer names than probabilities.
    """
    _one_each(names, len(values), "names", "probabilities")
    if ax is None:
        ax = plt.figure(figsize=(5, 3)).add_subplot()
    bars = [COLOURS[5]] * len(values)
    bars[int(np.argmax(values))] = COLOURS[1]
    if truth is not None:
        bars[truth] = COLOURS[2]
    ax.barh(range(len(values)), values, color=bars)
    ax.set(yticks=range(len(values)), yticklabels=names, xlim=(0, 1), xlabel="probability")
    ax.invert_yaxis()
    return ax


def confusion(counts: np.ndarray, names: Sequence[str], ax: Axes | None = None) -> Axes:
    """Draw a confusion matrix with its counts; the diagonal is greyed, so that the errors stand out.

    Args:
        counts: (K, K) whole numbers; row: true class, column: predicted class.
        names: K class names.
        ax: where to draw; a new figure by default.

    Raises:
        ValueError: if the counts are no square, or there is not one name for each row.
    """
    if np.ndim(counts) != 2 or np.shape(counts)[0] != np.shape(counts)[1]:
        raise ValueError(f"A confusion matrix has the shape (K, K), found {np.shape(counts)}.")
    _one_each(names, len(counts), "names", "classes")
    if ax is None:
        ax = plt.figure(figsize=(6.4, 5.4)).add_subplot()
    errors = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    ax.imshow(errors, cmap="Oranges", vmin=0)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = row != column and count > 0.6 * errors.max()
            colour = "white" if dark else "#888888" if row == column else "black"
            ax.text(column, row, f"{count}", ha="center", va="center", fontsize=8, color=colour)
    ticks = range(len(names))
    ax.set(xticks=ticks, yticks=ticks, yticklabels=names, xlabel="predicted", ylabel="true class")
    ax.set_xticklabels(names, rotation=45, ha="right")
    return ax


def _one_each(texts: Sequence[str], count: int, what: str, of: str) -> None:
    if len(texts) != count:
        raise ValueError(f"Expected as many {what} as {of}, found {len(texts)} {what} and {count} {of}.")
