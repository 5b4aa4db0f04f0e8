"""One number per picture to explain: the score of a class before softmax or sigmoid, and its gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from helpers.backend import keras, tf
from helpers.explain.layers import leaves, listening


@contextmanager
def _with_activation(layer: keras.layers.Layer, activation: Callable) -> Iterator[None]:
    own = layer.activation
    layer.activation = activation
    try:
        yield
    finally:
        layer.activation = own


def _last_called(model: keras.Model, picture: np.ndarray) -> keras.layers.Layer | None:
    called: list[keras.layers.Layer] = []

    def hear(layer: keras.layers.Layer, output: tf.Tensor) -> tf.Tensor:
        called.append(layer)
        return output

    with listening(list(leaves(model)), hear):
        model(tf.convert_to_tensor(picture), training=False)
    return called[-1] if called else None


@contextmanager
def logits(model: keras.Model, picture: np.ndarray) -> Iterator[None]:
    """While the block lasts the model answers with logits, though its last layer ends in softmax or sigmoid.

    A gradient through softmax also asks what speaks against the *other* classes, and vanishes where the network
    is sure. A model that ends otherwise, for instance with logits, stays as it is.

    Args:
        model: any model that runs eagerly.
        picture: (1, H, W, C), to find out which layer is called last.
    """
    last = _last_called(model, picture)
    if isinstance(last, keras.layers.Softmax):
        own = last.call
        object.__setattr__(last, "call", lambda x, *more, **options: x)
        try:
            yield
        finally:
            object.__setattr__(last, "call", own)
            vars(last).pop("call", None)
    elif getattr(last, "activation", None) in (keras.activations.softmax, keras.activations.sigmoid):
        with _with_activation(last, keras.activations.linear):
            yield
    else:
        yield


def chosen(answers: tf.Tensor, classes: np.ndarray) -> tf.Tensor:
    """The score of each picture's class: (N, K) → (N,). One output z is two classes, with the scores −z and z."""
    if answers.shape[-1] == 1:
        return answers[:, 0] * tf.constant(np.where(classes == 1, 1.0, -1.0), answers.dtype)
    return tf.gather(answers, classes, axis=1, batch_dims=1)


def answered(
    model: keras.Model, images: np.ndarray, classes: int | Sequence[int] | None, batch_size: int = 16
) -> np.ndarray:
    """The classes to explain, int (N,): those given, or those that the model answers.

    Args:
        classes: one for all pictures, one for each, or None.
        batch_size: pictures at a time. A model that runs eagerly keeps all its maps until it has answered.

    Raises:
        ValueError: if the model does not answer with (N, K), or a class does not exist.
    """
    answers = tf.convert_to_tensor(model(tf.convert_to_tensor(images[:1]), training=False))
    if answers.shape.rank != 2:
        raise ValueError(f"The model {model.name!r} answers with shape {answers.shape}, expected (N, classes).")
    count = max(2, answers.shape[-1])
    if classes is None:
        parts = (images[first : first + batch_size] for first in range(0, len(images), batch_size))
        with logits(model, images[:1]):
            own = np.concatenate([model(tf.convert_to_tensor(part), training=False).numpy() for part in parts])
        return own.argmax(axis=1) if own.shape[-1] > 1 else (own[:, 0] > 0).astype(int)
    wanted = np.asarray(classes)
    if wanted.ndim > 1 or wanted.shape not in ((), (len(images),)) or not np.issubdtype(wanted.dtype, np.integer):
        raise ValueError(f"classes: expected one whole number, or {len(images)} of them, found {classes!r}.")
    wanted = np.broadcast_to(wanted, (len(images),))
    if wanted.min() < 0 or wanted.max() >= count:
        bad = wanted.min() if wanted.min() < 0 else wanted.max()
        raise ValueError(f"There is no class {bad}: the model {model.name!r} has {count}, numbered from 0.")
    return wanted


@tf.custom_gradient
def _guided(x: tf.Tensor):
    def back(upstream: tf.Tensor) -> tf.Tensor:
        return tf.where((x > 0) & (upstream > 0), upstream, tf.zeros_like(upstream))

    return tf.nn.relu(x), back


def _other_rectifier(layer: keras.Operation) -> bool:
    if not isinstance(layer, keras.layers.Layer):  # in a functional model, keras.ops.relu(x) and its like
        return type(layer).__name__.lower().endswith(("relu", "relu6"))
    if isinstance(layer, keras.layers.ReLU):
        return bool(layer.max_value is not None or layer.negative_slope or layer.threshold)
    others = (keras.activations.relu6, keras.activations.leaky_relu)
    return (
        isinstance(layer, keras.layers.LeakyReLU | keras.layers.PReLU) or getattr(layer, "activation", None) in others
    )


@contextmanager
def guided(model: keras.Model) -> Iterator[None]:
    """While the block lasts, every ReLU lets only positive gradients pass (guided backpropagation).

    Raises:
        ValueError: if the model has rectifiers of another kind, such as ReLU6, for which the method is not defined,
            or calls ``keras.ops.relu``, which is no layer. (Inside a layer's or model's own ``call`` that is not seen.)
    Source: Springenberg and others, "Striving for simplicity", 2015 (arXiv 1412.6806).
    """
    with_activation = [k for k in leaves(model) if getattr(k, "activation", None) is keras.activations.relu]
    plain = [k for k in leaves(model) if isinstance(k, keras.layers.ReLU)]
    functions = [k for k in getattr(model, "operations", []) if not isinstance(k, keras.layers.Layer)]
    others = [k.name for k in [*leaves(model), *functions] if _other_rectifier(k)]
    if others:
        raise ValueError(
            "Guided backpropagation is defined for layers of max(0, x) alone; found other rectifiers in "
            f"{model.name!r}: {', '.join(others[:5])}. Use another method."
        )
    try:
        for layer in with_activation:
            layer.activation = _guided
        for layer in plain:
            object.__setattr__(layer, "call", _guided)
        yield
    finally:
        for layer in with_activation:
            layer.activation = keras.activations.relu
        for layer in plain:
            vars(layer).pop("call", None)
