"""Checks of what a network answers: at the start, after one batch, on another device, with labels shuffled."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from helpers.backend import keras, tf
from helpers.diagnose.finding import Finding
from helpers.diagnose.network import plain_loss, require_loss, twin


def initial_loss(model: keras.Model, x: np.ndarray, y: np.ndarray, *, tolerance: float = 0.2) -> Finding:
    """Is the loss before training ln K, that of someone who knows nothing of K classes?

    Args:
        model: compiled with a cross-entropy, untrained. A single sigmoid output counts as two classes.
        x, y: some hundred pictures and labels, as for ``fit``.
        tolerance: how far from ln K is still accepted.

    Raises:
        ValueError: if the model has not been compiled.
    Source: Karpathy, "A recipe for training neural networks", 2019.
    """
    require_loss(model)
    classes = max(2, model.output_shape[-1])
    expected, found = math.log(classes), float(plain_loss(model, tf.convert_to_tensor(x), y))
    said = f"{found:.3f}; expected ln {classes} = {expected:.3f}"
    if abs(found - expected) <= tolerance:
        return Finding("initial loss", True, said + ".", loss=found, expected=expected)
    advice = "Below it: does the network see the labels, or is it trained already?"
    if not found < expected:  # also where it is no number
        advice = "Look at the scale of the input and of the last layer's initial weights."
    return Finding("initial loss", False, f"{said}. {advice}", loss=found, expected=expected)


def overfit_one_batch(
    model: keras.Model, x: np.ndarray, y: np.ndarray, *, steps: int = 200, rate: float = 1e-3, limit: float = 0.1
) -> Finding:
    """Can the network learn one small batch by heart? If not, nothing else will help.

    A copy is trained on the same few pictures with Adam and without dropout, until all answers are right and
    the loss is below ``limit``. Switch augmentation and label smoothing off first.

    Args:
        model: compiled.
        x, y: one batch, 10 to 50 pictures of several classes.
        steps: at most so many optimizer steps.
        rate: Adam's learning rate.
        limit: loss to reach.

    Raises:
        ValueError: if the model has not been compiled.
    Source: Karpathy, "A recipe for training neural networks", 2019.
    """
    copy = twin(model, dropout=False)
    copy.compile(keras.optimizers.Adam(rate), model.loss)
    pictures, classes = tf.convert_to_tensor(x, tf.float32), max(2, model.output_shape[-1])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = plain_loss(copy, pictures, y, training=True)
        copy.optimizer.apply(tape.gradient(loss, [w.value for w in copy.trainable_variables]), copy.trainable_variables)
        return loss

    def share_right() -> float:
        return _share_right(copy(pictures, training=True).numpy(), np.asarray(y))

    taken, loss, learnt = 0, 0.0, False
    while taken < steps and not learnt and math.isfinite(loss):
        loss, taken = float(step()), taken + 1
        learnt = loss < limit and share_right() == 1
    right = share_right()
    said = f"after {taken} steps the loss on {len(x)} pictures is {loss:.3f}, {right:.0%} right"
    ok = loss < limit and right == 1
    return Finding(
        "overfit one batch",
        ok,
        f"{said}." if ok else f"{said}; expected below {limit:g} and 100%. {_why_not(loss, classes, right)}",
        steps=taken,
        loss=loss,
        accuracy=right,
    )


def softmax_twice_floor(classes: int) -> float:
    """The lowest cross-entropy that a softmax of probabilities can reach: ln(1 + (K − 1)/e)."""
    return math.log(1 + (classes - 1) / math.e)


def _why_not(loss: float, classes: int, right: float) -> str:
    floor = softmax_twice_floor(classes)
    if not math.isfinite(loss):
        return "Check the input for NaN, then lower the rate."
    # With a softmax taken twice, each picture answered wrongly (and surely) costs 1 more than the floor.
    if classes > 2 and right >= 0.75 and abs(loss - floor - (1 - right)) < 0.1:
        return (
            f"That is the floor of a softmax taken twice, ln(1 + {classes - 1}/e) = {floor:.3f}: give the loss either "
            "probabilities, or logits and from_logits=True."
        )
    if abs(loss - math.log(classes)) < 0.05:
        return f"It has not left ln {classes}: no gradient arrives. Look at gradient_sizes and silent_units."
    return "Try more steps; then look at the loss function and at gradient_sizes."


def _share_right(answers: np.ndarray, y: np.ndarray) -> float:
    if answers.shape[-1] == 1:
        threshold = 0.5 if answers.min() >= 0 and answers.max() <= 1 else 0.0
        return float(((answers.ravel() > threshold) == y.ravel()).mean())
    truth = y.argmax(axis=1) if y.shape == answers.shape else y.ravel()
    return float((answers.argmax(axis=1) == truth).mean())


def shuffled_labels(
    train: Callable[[np.ndarray, np.ndarray], keras.Model],
    x: np.ndarray,
    y: np.ndarray,
    *,
    fit: Sequence[int],
    held_out: Sequence[int],
    seed: int = 0,
) -> Finding:
    """With meaningless labels, is the validation accuracy that of chance? If it is better, something leaks.

    All labels are shuffled, then the pictures at ``fit`` are trained on and those at ``held_out`` are asked about.
    Nothing can be learned from ``fit`` about ``held_out``, unless the same pictures are in both or the accuracy is
    computed wrongly.

    Args:
        train: a function (x, y) that returns a trained model; it should be able to learn a few pictures by heart.
        x, y: pictures, and labels as whole numbers.
        fit, held_out: positions of the training and the validation part.
        seed: of the shuffling.
    """
    labels = np.random.default_rng(seed).permutation(np.asarray(y).reshape(-1))
    fit, held_out = np.asarray(fit), np.asarray(held_out)
    model = train(x[fit], labels[fit])
    accuracy = _share_right(np.asarray(model(x[held_out], training=False)), labels[held_out])
    chance = float(np.bincount(labels).max() / len(labels))
    limit = chance + 4 * math.sqrt(chance * (1 - chance) / len(held_out))
    said = f"validation accuracy {accuracy:.1%} with shuffled labels; chance is {chance:.1%}"
    if accuracy <= limit:
        return Finding("shuffled labels", True, said + ".", accuracy=accuracy, chance=chance)
    both = len(np.intersect1d(fit, held_out))
    return Finding(
        "shuffled labels",
        False,
        f"{said}, expected at most {limit:.1%}. {both} pictures are in both parts: "
        + ("separate them." if both else "look for copies of pictures, and at how the accuracy is computed."),
        accuracy=accuracy,
        chance=chance,
    )


def device_agreement(
    model: keras.Model,
    x: np.ndarray,
    *,
    devices: Sequence[str] | None = None,
    others: Mapping[str, keras.Model] | None = None,
    tolerance: float = 1e-3,
) -> Finding:
    """Do all devices of this machine compute the same answers, layer by layer, as the processor?

    Args:
        model: built, functional or Sequential.
        x: a few pictures.
        devices: TensorFlow names such as ``"GPU:0"``; by default every logical device after the first CPU.
        others: further networks of the same layers, for instance a copy that was sent through another program.
        tolerance: largest difference accepted, as a share of the layer's largest value.

    Returns:
        A finding that names the first layer that differs; it says so where there is only one device.
    """
    if devices is None:
        found = [f"{d.device_type}:{d.name.rpartition(':')[2]}" for d in tf.config.list_logical_devices()]
        devices = [name for name in found if name != "CPU:0"]
    reference = _layer_by_layer(model, x, "CPU:0")
    rows = {name: _layer_by_layer(model, x, name) for name in devices}
    rows |= {name: _layer_by_layer(other, x, "CPU:0") for name, other in (others or {}).items()}
    if not rows:
        return Finding("device agreement", True, "there is one device only, CPU:0, so nothing to compare.", devices=1)
    names, worst = [name for name, _ in reference], 0.0
    for device, outputs in rows.items():
        for (name, expected), (_, output) in zip(reference, outputs, strict=True):
            scale = max(float(np.abs(expected).max()), 1e-6)
            difference = float(np.abs(output - expected).max()) / scale
            if not difference <= tolerance:  # also where it is no number
                return Finding(
                    "device agreement",
                    False,
                    f"{device} and CPU:0 disagree from layer {name} on ({names.index(name) + 1} of {len(names)}), "
                    f"by {difference:.2g} of its largest value; expected at most {tolerance:g}. Train on the CPU "
                    "(tf.config.set_visible_devices([], 'GPU')) and update the device's driver or plug-in.",
                    layer=name,
                    difference=difference,
                )
            worst = max(worst, difference)
    said = f"{', '.join(rows)} and CPU:0 agree in all {len(names)} layers, to {worst:.1g} of the largest value."
    return Finding("device agreement", True, said, difference=worst)


def _layer_by_layer(model: keras.Model, x: np.ndarray, device: str) -> list[tuple[str, np.ndarray]]:
    layers = [k for k in model.layers if not isinstance(k, keras.layers.InputLayer)]
    parts = keras.Model(model.inputs[0], [layer.output for layer in layers])
    with tf.device(device):
        outputs = parts(tf.identity(tf.convert_to_tensor(x, tf.float32)), training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [(k.name, tf.cast(o, tf.float32).numpy()) for k, o in zip(layers, outputs, strict=True)]
