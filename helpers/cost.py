"""What a network costs: operations of one picture, counted layer by layer, and the speed of its training step.

Introduced in lesson 04. The rule for one convolution is that of lesson 01, ``helpers.receptive.conv_flops``.
"""

import statistics
import time

from helpers.backend import keras, tf
from helpers.receptive import conv_flops


def forward_flops(model: keras.Model) -> int:
    """Floating-point operations of one picture on its way through a network, 2 per weight used.

    Counted are convolutions and dense layers, those of nested models too. Additions of biases, activations, poolings
    and normalisations are left out: they are few, although they do take time.

    Args:
        model: built for pictures of a fixed height and width.

    Raises:
        ValueError: for another kind of layer with kernels, for instance a depthwise or transposed convolution.
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += forward_flops(layer)
        elif isinstance(layer, keras.layers.Conv2D):
            inputs, filters = layer.kernel.shape[2] * layer.groups, layer.filters
            total += conv_flops(
                layer.output.shape[1:3], layer.kernel_size, inputs, filters, groups=layer.groups, bias=False
            )
        elif isinstance(layer, keras.layers.Dense):
            total += 2 * layer.kernel.shape[0] * layer.kernel.shape[1]
        elif any(len(weight.shape) > 1 for weight in layer.weights):
            kind = type(layer).__name__
            raise ValueError(f"{layer.name} is a {kind}; only Conv2D and Dense layers can be counted.")
    return total


def training_flops(model: keras.Model, pictures: int) -> int:
    """Operations of a training in which so many pictures are seen: forward, and twice as many for the gradients."""
    return 3 * forward_flops(model) * pictures


def step_seconds(model: keras.Model, x: tf.Tensor, y: tf.Tensor, *, repeats: int = 3) -> float:
    """Median seconds of a training step on one batch, after a warm-up. The model's weights change.

    Args:
        model: compiled.
        x, y: one batch, (N, H, W, C) and labels as for ``fit``.
        repeats: timed steps.

    Raises:
        ValueError: if repeats is below 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats counts timed steps and must be at least 1, found {repeats!r}.")
    seconds = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        model.train_on_batch(x, y)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def seconds_per_batch(batches: tf.data.Dataset, *, most: int = 20) -> float:
    """Median seconds that an input pipeline needs for a batch when nobody computes beside it.

    Args:
        batches: the data set, as given to ``fit``.
        most: batches to time at most; the first is not counted, because it fills the pipeline.
    """
    seconds, began = [], time.perf_counter()
    for _ in batches.take(most + 1):
        now = time.perf_counter()
        seconds.append(now - began)
        began = now
    return statistics.median(seconds[1:] or seconds)
