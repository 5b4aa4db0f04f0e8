"""Drawings of lesson 04: the plumbing of figures that would hide a short cell's idea.

:func:`loss_and_accuracy` and :func:`whitening` return their figure, the others the axes they drew on.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers import plots
from helpers.diagnose import RateRange

GREY = "#888888"


def loss_and_accuracy(histories: Mapping[str, Mapping], classes: int, highest: float | None = None) -> Figure:
    """Loss and accuracy side by side; a grey line marks ln K, the loss of someone who knows nothing."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.3))
    plots.curves(histories, "loss", left, label="cross-entropy loss")
    left.axhline(np.log(classes), color=GREY, linewidth=1)
    left.set_ylim(top=highest)
    plots.curves(histories, "accuracy", right)
    right.get_legend().remove()
    return figure


def range_test(ranged: RateRange, classes: int, ax: Axes | None = None) -> Axes:
    """The losses of a learning-rate range test against the rate."""
    ax = ax or plt.figure(figsize=(6, 3)).add_subplot()
    ax.plot(ranged.rates, ranged.losses, ".", color="#bbbbbb", label="one batch")
    ax.plot(ranged.rates, ranged.smooth, label="running mean")
    ax.axhline(np.log(classes), color=GREY, linewidth=1)
    low = float(np.nanmin(ranged.losses))
    ax.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(low - 0.1, 2 * np.log(classes) - low))
    ax.legend()
    return ax


def training_losses(histories: Mapping[str, Mapping], classes: int, ax: Axes | None = None) -> Axes:
    """The training loss of several short trainings, epoch by epoch, around ln K."""
    ax = ax or plt.figure(figsize=(6.5, 3.2)).add_subplot()
    for colour, (name, history) in zip(plots.colours(len(histories)), histories.items(), strict=True):
        ax.plot(range(1, len(history["loss"]) + 1), history["loss"], "o-", color=colour, label=name)
    nothing, longest = np.log(classes), max(len(h["loss"]) for h in histories.values())
    ax.axhline(nothing, color=GREY, linewidth=1)
    ax.set(xlabel="epoch", ylabel="training loss", xticks=range(1, longest + 1), ylim=(nothing - 0.5, nothing + 0.5))
    ax.legend(fontsize=8)
    return ax


def whitening(before: np.ndarray, after: np.ndarray, filters: np.ndarray) -> Figure:
    """The covariances of patches before and after whitening on one scale, and the filters that do it.

    Args:
        before, after: (rows, values) patches.
        filters: (kh, kw, 3, n); each is drawn on a scale of its own, grey is 0.
    """
    count = filters.shape[-1]
    figure = plt.figure(figsize=(9, 3.2))
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1, 1.25, 1.5))
    for part, rows, name in ((left, before, "patches"), (middle, after, "whitened")):
        ax = part.add_subplot()
        drawn = ax.imshow(rows.T @ rows / len(rows), cmap="RdBu", vmin=-1, vmax=1)
        ax.set(title=f"covariance: {name}", xlabel="value", ylabel="value")
        ax.locator_params(integer=True)
    figure.colorbar(drawn, ax=ax, shrink=0.8)
    for i, ax in enumerate(right.subplots(3, -(-count // 3)).flat):
        ax.set_axis_off()
        if i < count:
            one = filters[..., i]
            plots.image(one / np.abs(one).max() / 2 + 0.5, ax, title=str(i), vmin=0, vmax=1)
    return figure


def singular_values(matrices: Mapping[str, np.ndarray], ax: Axes | None = None) -> Axes:
    """The singular values of some matrices, falling, on a logarithmic axis."""
    ax = ax or plt.figure(figsize=(5.5, 2.8)).add_subplot()
    for name, matrix in matrices.items():
        values = np.linalg.svd(np.asarray(matrix), compute_uv=False)
        ax.semilogy(range(1, len(values) + 1), values, "o-", label=name)
    ax.set(xlabel="direction", ylabel="singular value")
    ax.legend()
    return ax


def averaged_path(path: Sequence[float], last: int, goal: float, ax: Axes | None = None) -> Axes:
    """A weight over the steps of a training, its mean over the last of them, and where it should end."""
    ax = ax or plt.figure(figsize=(6, 2.7)).add_subplot()
    ax.plot(path, label="the weight")
    ax.plot(
        [len(path) - last, len(path) - 1], 2 * [np.mean(path[-last:])], linewidth=4, label=f"mean of the last {last}"
    )
    ax.axhline(goal, color=GREY, linewidth=1)
    ax.set(xlabel="step", ylabel="weight")
    ax.legend()
    return ax


def ablation(lost: Mapping[str, np.ndarray], spread: float, ax: Axes | None = None) -> Axes:
    """Accuracy lost without an idea: a bar for the mean, a point for each seed, a band for the spread of seeds.

    Args:
        lost: idea → lost accuracy of each seed, as fractions.
        spread: standard deviation between seeds with everything switched on, as a fraction.
    """
    ax = ax or plt.figure(figsize=(6.5, 3.4)).add_subplot()
    ordered = sorted(lost.items(), key=lambda item: np.mean(item[1]))
    ax.axvspan(-100 * spread, 100 * spread, color="#dddddd", zorder=0)
    for place, (_, values) in enumerate(ordered):
        ax.barh(place, 100 * np.mean(values), color=plots.COLOURS[5])
        ax.plot(100 * np.asarray(values), [place] * len(values), "k.", markersize=4)
    ax.set(yticks=range(len(ordered)), yticklabels=[label for label, _ in ordered])
    ax.set(xlabel="points of validation accuracy lost without it")
    return ax
