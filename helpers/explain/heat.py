"""Heat maps: where in a picture a convolutional network finds what it answers. Lesson 09 writes Grad-CAM out first.

All methods take a model, pictures, classes and ``batch_size``, and return a :class:`Heat`; those that use a layer's
maps, :func:`grad_cam` and :func:`layer_cam`, also take ``layer``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.backend import keras, tf
from helpers.explain.answers import answered, chosen, guided, logits
from helpers.explain.layers import CONVOLUTIONS, checked, convolutions, find, leaves, listening


@dataclass(frozen=True)
class Heat:
    """Heat maps of a batch of pictures.

    Attributes:
        maps: float32 (N, H, W) from 0 to 1, in the size of the pictures; the largest value is 1, unless ``zero``.
        classes: int (N,), the class that each map explains.
        zero: bool (N,), True where the map is zero everywhere: nothing there speaks for the class.
        layer: the layer whose maps were used; ``""`` for gradients down to the pixels.
    """

    maps: np.ndarray
    classes: np.ndarray
    zero: np.ndarray
    layer: str = ""


def _grad_cam(maps: tf.Tensor, slopes: tf.Tensor) -> tf.Tensor:
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))


def _layer_cam(maps: tf.Tensor, slopes: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(tf.reduce_sum(tf.nn.relu(slopes) * maps, axis=-1))


def grad_cam(model: keras.Model, images: np.ndarray, classes=None, *, layer: str | None = None, **options) -> Heat:
    """Grad-CAM: the layer's maps, each weighted by the mean slope of the class score on it, added, and cut at 0.

    Args:
        model: functional, Sequential, nested or one's own; it may end in logits, softmax or sigmoid.
        images: (N, H, W, C), as the model takes them.
        classes: one class for all, one for each picture, or None for the model's own answers. A single output is
            two classes, 0 and 1.
        layer: a layer with maps; the convolution that is called last by default.
        **options: ``batch_size``, pictures at a time.

    Raises:
        ValueError: for pictures of another shape, a class or a layer that does not exist, a model without convolutions
            or with slopes that are no finite numbers.
    Source: Selvaraju and others, 2017 (arXiv 1610.02391), equations 1 and 2.
    """
    return _from_layer(model, images, classes, layer, _grad_cam, **options)


def layer_cam(model: keras.Model, images: np.ndarray, classes=None, *, layer: str | None = None, **options) -> Heat:
    """LayerCAM: each place of each map is weighted by its own slope, where that is positive. As :func:`grad_cam`.

    Source: Jiang and others, "LayerCAM", IEEE TIP 30, 2021, equations 5 to 7.
    """
    return _from_layer(model, images, classes, layer, _layer_cam, **options)


def plain_gradients(model: keras.Model, images: np.ndarray, classes=None, *, batch_size: int = 16) -> Heat:
    """The saliency map: how strongly each pixel moves the score, the largest slope of its channels, without sign.

    Args:
        model, images, classes: as for :func:`grad_cam`.
        batch_size: pictures at a time.

    Raises:
        ValueError: for pictures of another shape, a class that does not exist, or slopes that are no finite numbers.
    Source: Simonyan, Vedaldi and Zisserman, 2014 (arXiv 1312.6034), section 3.
    """
    images = checked(model, images)
    classes = answered(model, images, classes, batch_size)
    found = []
    with logits(model, images[:1]):
        for first in range(0, len(images), batch_size):
            part = tf.convert_to_tensor(images[first : first + batch_size])
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(part)
                score = tf.reduce_sum(chosen(model(part, training=False), classes[first : first + batch_size]))
            slopes = _existing(tape.gradient(score, part), "the pixels")
            found.append(tf.reduce_max(tf.abs(tf.cast(slopes, tf.float32)), axis=-1).numpy())
    return _normalised(np.concatenate(found), images.shape[1:3], classes, "")


def guided_gradients(model: keras.Model, images: np.ndarray, classes=None, *, batch_size: int = 16) -> Heat:
    """The same, with guided backpropagation: beautiful, and hardly dependent on what the network has learnt.

    Raises:
        ValueError: as for :func:`plain_gradients`, and for a model with leaky or capped ReLUs.
    Source: Springenberg and others, 2015 (arXiv 1412.6806); the criticism: Adebayo and others, 2018 (arXiv 1810.03292).
    """
    with guided(model):
        return plain_gradients(model, images, classes, batch_size=batch_size)


def _from_layer(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int] | None,
    name: str | None,
    combine: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    *,
    batch_size: int = 16,
) -> Heat:
    images = checked(model, images)
    if name is None:
        convolutions(model)  # says so where there is none
        watched = [layer for layer in leaves(model) if isinstance(layer, CONVOLUTIONS)]
    else:
        watched = [find(model, name)]
    classes = answered(model, images, classes, batch_size)
    found = []
    with logits(model, images[:1]):
        for first in range(0, len(images), batch_size):
            part = tf.convert_to_tensor(images[first : first + batch_size])
            last, maps, slopes = _maps_and_slopes(model, part, classes[first : first + batch_size], watched)
            found.append(combine(tf.cast(maps, tf.float32), tf.cast(slopes, tf.float32)).numpy())
    return _normalised(np.concatenate(found), images.shape[1:3], classes, last.name)


def _maps_and_slopes(
    model: keras.Model, part: tf.Tensor, classes: np.ndarray, watched: Sequence[keras.layers.Layer]
) -> tuple[keras.layers.Layer, tf.Tensor, tf.Tensor]:
    """The last of the watched layers that is called, its maps, and the slopes of the class scores on them."""
    heard: list[tuple[keras.layers.Layer, tf.Tensor]] = []
    with tf.GradientTape(watch_accessed_variables=False) as tape:

        def hear(layer: keras.layers.Layer, output: tf.Tensor) -> tf.Tensor:
            tape.watch(output)
            heard.append((layer, output))
            return output

        with listening(watched, hear):
            score = tf.reduce_sum(chosen(model(part, training=False), classes))
    if not heard:
        raise ValueError(f"No convolution of {model.name!r} was called for these pictures; name a layer that is.")
    layer, maps = heard[-1]
    if maps.shape.rank != 4:
        raise ValueError(f"The layer {layer.name!r} has outputs of shape {maps.shape}, expected maps (N, h, w, C).")
    return layer, maps, _existing(tape.gradient(score, maps), f"the layer {layer.name!r}")


def _existing(slopes: tf.Tensor | None, what: str) -> tf.Tensor:
    if slopes is None:
        raise ValueError(f"The score does not depend on {what}, so there is no gradient; choose a layer on its way.")
    _check_finite(slopes, f"the slopes of the score on {what}")
    return slopes


def _check_finite(values: tf.Tensor | np.ndarray, what: str) -> None:
    if not tf.reduce_all(tf.math.is_finite(values)):
        raise ValueError(
            f"Found NaN or infinite values in {what}, expected finite numbers. Look for them in the model's weights "
            "and in its answers."
        )


def _normalised(raw: np.ndarray, size: tuple[int, int], classes: np.ndarray, layer: str) -> Heat:
    """Maps of any size and scale → 0 to 1 in the size of the pictures; a map of zeros stays one, and is flagged."""
    _check_finite(raw, "the heat")
    top = raw.max(axis=(1, 2), keepdims=True)
    scaled = np.divide(raw, top, out=np.zeros_like(raw), where=top > 0)
    if raw.shape[1:] != tuple(size):
        scaled = tf.image.resize(scaled[..., None], size).numpy()[..., 0]
        top_now = scaled.max(axis=(1, 2), keepdims=True)
        scaled = np.divide(scaled, top_now, out=np.zeros_like(scaled), where=top_now > 0)
    return Heat(scaled.astype(np.float32), classes, (top <= 0).ravel(), layer)
