"""Which layers a model has, however deep they are nested, and what they answer while the model runs.

Nothing is rebuilt: for the length of one call, the layer's own ``call`` is listened to. So this works on
functional, Sequential and nested models and on one's own, as long as they run eagerly.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from helpers.backend import keras, tf

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Conv2DTranspose,
)


def leaves(model: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """The layers of a model that contain no further layers, in the order in which they were added."""
    for layer in model._layers:
        if layer._layers:
            yield from leaves(layer)
        else:
            yield layer


def convolutions(model: keras.Model) -> list[str]:
    """Names of all convolutions of a model, those of nested models too.

    Raises:
        ValueError: if there is none.
    """
    names = [layer.name for layer in leaves(model) if isinstance(layer, CONVOLUTIONS)]
    if not names:
        kinds = ", ".join(sorted({type(layer).__name__ for layer in leaves(model)})) or "no layers yet"
        raise ValueError(
            f"The model {model.name!r} has no 2-D convolution, found {kinds}. Heat maps and feature maps need one; "
            "a model of your own has its layers only after it was called once."
        )
    return names


def find(model: keras.Model, name: str) -> keras.layers.Layer:
    """The layer of this name, also inside nested models.

    Raises:
        ValueError: if there is none or more than one; lists the convolutions.
    """
    found = [layer for layer in leaves(model) if layer.name == name]
    if len(found) != 1:
        what = "no layer" if not found else f"{len(found)} layers"
        raise ValueError(
            f"The model {model.name!r} has {what} named {name!r}, expected one. Its convolutions: "
            f"{', '.join(convolutions(model))}."
        )
    return found[0]


@contextmanager
def listening(
    layers: Sequence[keras.layers.Layer], hear: Callable[[keras.layers.Layer, tf.Tensor], tf.Tensor]
) -> Iterator[None]:
    """While the block lasts, what each layer answers goes through ``hear(layer, output)``, which returns it."""

    def through(layer: keras.layers.Layer) -> Callable:
        own = layer.call
        return lambda *inputs, **options: hear(layer, own(*inputs, **options))

    layers = list(dict.fromkeys(layers))
    try:
        for layer in layers:
            object.__setattr__(layer, "call", through(layer))  # past Keras' bookkeeping of attributes
        yield
    finally:
        for layer in layers:
            vars(layer).pop("call", None)


def checked(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The pictures as float32, if they are a batch that fits the model.

    Raises:
        ValueError: for another rank, an empty batch, values that are no numbers, or a size that does not fit the model.
    """
    images = np.asarray(images, np.float32)
    if images.ndim != 4 or not len(images):
        advice = "A single picture gets a batch axis with picture[None]. " if images.ndim == 3 else ""
        raise ValueError(f"images must have the shape (N, H, W, C) with N ≥ 1, found {images.shape}. {advice}".strip())
    if not np.isfinite(images).all():
        raise ValueError("images hold NaN or infinite values. Find out where they come from; expected finite pixels.")
    expected = getattr(model, "input_shape", None) if getattr(model, "inputs", None) else None
    if expected is not None and len(expected) == 4:
        fits = all(want in (None, have) for want, have in zip(expected[1:], images.shape[1:], strict=True))
        if not fits:
            raise ValueError(f"images have the shape {images.shape}, the model {model.name!r} expects {expected}.")
    return images
