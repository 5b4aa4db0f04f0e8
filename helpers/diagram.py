"""A network as a picture: one box a layer with its output shape and parameters, no extra program needed.

Keras' own ``plot_model`` needs Graphviz, a program that pip does not install. Introduced in lesson 03.
"""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from helpers.backend import keras
from helpers.plots import COLOURS

_FILL = {"Conv2D": COLOURS[5], "Dense": COLOURS[4], "MaxPooling2D": COLOURS[2], "AveragePooling2D": COLOURS[2]}


def network(model: keras.Model, ax: Axes | None = None) -> Axes:
    """Draw a chain of layers from top to bottom.

    Args:
        model: a built model whose layers follow one another, Sequential or functional.
        ax: where to draw; a new figure by default.

    Raises:
        ValueError: if the model has no input shape yet.
    """
    if not model.built:
        raise ValueError("The model has no shapes yet: give it a keras.Input as its first layer.")
    boxes = [("Input", "input", model.input_shape[1:], None)]
    for layer in model.layers:
        if not isinstance(layer, keras.layers.InputLayer):
            boxes.append((type(layer).__name__, layer.name, layer.output.shape[1:], layer.count_params()))
    if ax is None:
        ax = plt.figure(figsize=(6.4, 0.5 * len(boxes))).add_subplot()
    for row, (kind, name, shape, parameters) in enumerate(boxes):
        y = -row
        box = {
            "boxstyle": "round,pad=0.35",
            "facecolor": _FILL.get(kind, "#eeeeee"),
            "edgecolor": "#555555",
            "alpha": 0.6,
        }
        ax.text(0.0, y, f"{kind}  ({name})", ha="center", va="center", fontsize=9, bbox=box)
        ax.text(1.35, y, " × ".join(map(str, shape)), ha="center", va="center", fontsize=9)
        ax.text(2.3, y, "" if parameters is None else f"{parameters:,}", ha="right", va="center", fontsize=9)
        if row:
            ax.annotate("", (0, y + 0.32), (0, y + 0.68), arrowprops={"arrowstyle": "->", "color": "#555555"})
    ax.text(1.35, 0.8, "output shape", ha="center", fontsize=9, weight="bold")
    ax.text(2.3, 0.8, "parameters", ha="right", fontsize=9, weight="bold")
    ax.set(xlim=(-1.2, 2.4), ylim=(-len(boxes) + 0.4, 1.2))
    ax.set_axis_off()
    return ax
