"""What a network's layers answer to pictures: feature maps, how many of them are silent, and all on one sheet."""

from collections.abc import Sequence

import numpy as np

from helpers.backend import keras, tf
from helpers.explain.layers import CONVOLUTIONS, checked, convolutions, find, leaves, listening

#: Layers whose outputs are shown by default, besides convolutions.
POOLINGS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


def activations(
    model: keras.Model, images: np.ndarray, names: Sequence[str] | None = None, *, batch_size: int = 50
) -> dict[str, np.ndarray]:
    """The feature maps of several layers in one pass.

    Args:
        model: any Keras model that runs eagerly.
        images: (N, H, W, C), as the model takes them.
        names: layers with outputs of rank 4; by default all convolutions and poolings.
        batch_size: pictures at a time.

    Returns:
        Layer name → float32 (N, h, w, channels), in the order in which the layers were called.

    Raises:
        ValueError: for pictures of another shape, a name that does not exist, a layer without maps, or one that answers
            twice in one pass.
    """
    images = checked(model, images)
    if names is None:
        convolutions(model)  # says so where there is none
        layers = [layer for layer in leaves(model) if isinstance(layer, CONVOLUTIONS + POOLINGS)]
    else:
        layers = [find(model, name) for name in names]
    heard: dict[str, list[np.ndarray]] = {}
    done = 0  # batches

    def hear(layer: keras.layers.Layer, output: tf.Tensor) -> tf.Tensor:
        if output.shape.rank != 4:
            raise ValueError(
                f"The layer {layer.name!r} has outputs of shape {output.shape}, expected maps (N, h, w, C)."
            )
        parts = heard.setdefault(layer.name, [])
        if len(parts) > done:
            raise ValueError(
                f"{layer.name!r} answers twice in one pass: two layers have this name, or one is called twice. "
                "Expected names that each stand for one answer; rename the layer, or name others."
            )
        parts.append(tf.cast(output, tf.float32).numpy())
        return output

    with listening(layers, hear):
        for first in range(0, len(images), batch_size):
            model(tf.convert_to_tensor(images[first : first + batch_size]), training=False)
            done += 1
    return {name: np.concatenate(parts) for name, parts in heard.items()}


def silent(maps: np.ndarray) -> np.ndarray:
    """Which channels answer nothing anywhere: their largest value is not above 0.

    Args:
        maps: (N, h, w, C), behind a ReLU.

    Returns:
        bool (N, C).
    """
    if np.ndim(maps) != 4:
        raise ValueError(f"maps must have the shape (N, h, w, C), found {np.shape(maps)}.")
    return np.asarray(maps).max(axis=(1, 2)) <= 0


def likeness(maps: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """How much each channel looks like a pattern: Pearson's correlation over all places.

    Args:
        maps: (h, w, C), of one picture.
        pattern: (H, W), brought to h × w by averaging.

    Returns:
        (C,) from −1 to 1; 0 for a channel that is the same everywhere.
    """
    if np.ndim(maps) != 3 or np.ndim(pattern) != 2:
        raise ValueError(f"Expected maps (h, w, C) and a pattern (H, W), found {np.shape(maps)}, {np.shape(pattern)}.")
    small = tf.image.resize(np.asarray(pattern, np.float32)[..., None], maps.shape[:2], method="area")
    a = np.reshape(maps, (-1, maps.shape[-1])).astype(float)
    b = np.reshape(small, (-1, 1)).astype(float)
    a, b = a - a.mean(axis=0), b - b.mean()
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum())
    return np.divide((a * b).sum(axis=0), scale, out=np.zeros(a.shape[1]), where=scale > 1e-12)


def mosaic(maps: np.ndarray, columns: int = 16, gap: int = 1) -> np.ndarray:
    """All channels of one picture side by side in one array, row by row, NaN between them.

    Args:
        maps: (h, w, C).
        columns: maps in a row.
        gap: empty pixels between two maps.

    Returns:
        (rows · (h + gap) − gap, columns · (w + gap) − gap); places without a map are NaN.
    """
    if np.ndim(maps) != 3 or columns < 1 or gap < 0:
        raise ValueError(f"Expected maps (h, w, C), columns ≥ 1, gap ≥ 0; found {np.shape(maps)}, {columns}, {gap}.")
    height, width, count = maps.shape
    columns = min(columns, count)
    sheet = np.full((-(-count // columns) * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for number in range(count):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = maps[..., number]
    return sheet
