"""Checks of the network before it is trained: gradients and steps, silent units, checkpoints."""

from pathlib import Path

import numpy as np

from helpers.backend import keras, tf
from helpers.diagnose.finding import Finding
from helpers.tables import Table

#: A step that changes a kernel by more than a tenth of its length is no small correction any more.
LARGEST_STEP = 0.1


def twin(model: keras.Model, *, dropout: bool = True, rate: float | None = None) -> keras.Model:
    """A compiled copy with the same weights, a fresh optimizer and the same loss: checks train it, not the original.

    Args:
        model: compiled.
        dropout: False sets the rate of all dropout layers to zero.
        rate: a constant learning rate for the copy; the original's by default.

    Raises:
        ValueError: if the model has not been compiled.
    """
    require_loss(model)

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if not dropout and "Dropout" in type(layer).__name__:
            config["rate"] = 0.0
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    for old, new in zip(model.weights, copy.weights, strict=True):
        new.trainable = old.trainable
    config = model.optimizer.get_config()
    if rate is not None:
        config["learning_rate"] = rate
    copy.compile(type(model.optimizer).from_config(config), model.loss)
    return copy


def require_loss(model: keras.Model) -> None:
    """A ``ValueError`` that says what to do, if the model has not been compiled."""
    if not getattr(model, "compiled", False):
        raise ValueError("This check needs the loss: compile the model first, with model.compile(optimizer, loss).")


def plain_loss(model: keras.Model, x: np.ndarray, y: np.ndarray, *, training: bool = False) -> tf.Tensor:
    """The compiled loss on a batch, without regularisation."""
    answers = model(x, training=training)
    total = model.compute_loss(x=x, y=y, y_pred=answers, training=training)
    return total - tf.add_n([tf.cast(part, total.dtype) for part in model.losses]) if model.losses else total


def gradient_sizes(model: keras.Model, x: np.ndarray, y: np.ndarray) -> Finding:
    """Does a gradient reach every layer, and how far does one optimizer step move the weights?

    One step is made on a copy. Healthy: no gradient is zero or not finite, and a step changes each
    kernel by about a thousandth to a few hundredths of its length.

    Args:
        model: compiled.
        x, y: one batch, as for ``fit``.

    Returns:
        A finding with a table, a row for each trained weight: its length, that of the gradient, that of the step,
        and step / weight. Its ``values["rows"]`` are the same as numbers.

    Raises:
        ValueError: if the model has not been compiled.
    """
    copy = twin(model)
    weights = copy.trainable_variables
    with tf.GradientTape() as tape:
        loss = plain_loss(copy, x, y, training=True)
    gradients = tape.gradient(loss, [w.value for w in weights])
    gradients = [tf.zeros_like(w.value) if g is None else g for g, w in zip(gradients, weights, strict=True)]
    before = [w.numpy() for w in weights]
    copy.optimizer.apply(gradients, weights)
    rows = []
    for weight, old, gradient in zip(weights, before, gradients, strict=True):
        length, step = float(np.linalg.norm(old)), float(np.linalg.norm(weight.numpy() - old))
        name = "/".join(weight.path.split("/")[-2:])
        rows.append(
            {
                "weight": name,
                "shape": str(tuple(weight.shape)),
                "length": length,
                "gradient": float(tf.norm(gradient)),
                "step": step,
                "step / weight": step / length if length and old.ndim > 1 else None,
            }
        )
    ok, message = _judged(rows)
    return Finding("gradient sizes", ok, message, table=Table(rows), rows=rows)


def _judged(rows: list[dict]) -> tuple[bool, str]:
    broken = [r["weight"] for r in rows if not np.isfinite(r["gradient"])]
    if broken:
        return False, f"the gradient of {_some(broken)} is not finite. Check the input, then lower the learning rate."
    silent = [r["weight"] for r in rows if r["gradient"] == 0]
    if silent:
        return False, (
            f"no gradient reaches {_some(silent)}. Look at silent_units, at the initial weights and "
            "at what stands between this layer and the loss."
        )
    steps = {r["weight"]: r["step / weight"] for r in rows if r["step / weight"] is not None}
    large = {k: v for k, v in steps.items() if not v <= LARGEST_STEP}
    if large:
        worst = max(large, key=large.get)
        return False, (
            f"one step changes {worst} by {large[worst]:.0%} of its length, expected at most {LARGEST_STEP:.0%}. "
            "Lower the learning rate."
        )
    if not steps:
        found = f"only {_some([r['weight'] for r in rows])}" if rows else "nothing"
        return False, f"no kernel is trained, found {found}. Set trainable, and compile again."
    smallest, largest = min(steps.values()), max(steps.values())
    return True, f"a gradient reaches every layer; one step changes kernels by {smallest:.2%} to {largest:.2%}."


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def silent_units(model: keras.Model, x: np.ndarray, *, limit: float = 0.5) -> Finding:
    """Which ReLU units are dead: answer nothing to any of these pictures? Their gradient is zero, so they stay so.

    Args:
        model: built, functional or Sequential; layers inside a nested model are not looked at, ask about that model.
        x: some hundred pictures.
        limit: share of silent units in a layer that is still accepted.

    Returns:
        A finding with a row for each layer with ReLU. A unit of a convolution is a channel.
    """
    relu = keras.activations.relu
    layers = [k for k in model.layers if isinstance(k, keras.layers.ReLU) or getattr(k, "activation", None) is relu]
    if not layers:
        return Finding(
            "silent units", True, "the network has no ReLU of its own, so there is nothing to look at.", rows=[]
        )
    outputs = keras.Model(model.inputs[0], [layer.output for layer in layers])(tf.convert_to_tensor(x), training=False)
    rows = []
    for layer, output in zip(layers, outputs if isinstance(outputs, list) else [outputs], strict=True):
        output = tf.cast(output, tf.float32).numpy()
        speaks = output.reshape(-1, output.shape[-1]).max(axis=0) > 0
        rows.append({"layer": layer.name, "units": len(speaks), "silent": float((~speaks).mean())})
    table = Table(rows, formats={"silent": ".0%"})
    dead = [r["layer"] for r in rows if r["silent"] > limit]
    if dead:
        return Finding(
            "silent units",
            False,
            f"more than {limit:.0%} of the units are silent for all {len(x)} pictures in {_some(dead)}. Check "
            "the initial weights and biases first; after training, the learning rate.",
            table=table,
            rows=rows,
        )
    worst = max(r["silent"] for r in rows)
    return Finding("silent units", True, f"at most {worst:.0%} of a layer's units are silent.", table=table, rows=rows)


def checkpoint_fits(model: keras.Model, file: Path) -> Finding:
    """Does a saved model have the architecture that this network has, weight by weight?

    Args:
        model: built.
        file: a ``.keras`` file.

    Returns:
        A finding that names the first difference; ``values["model"]`` is the loaded model where it fits.
    """
    file = Path(file)
    if file.suffix != ".keras" or not file.exists():
        what = "is no .keras file" if file.exists() else "does not exist"
        return Finding("checkpoint fits", False, f"{file.name} {what}; expected a model saved by model.save.")
    try:
        saved = keras.models.load_model(file, compile=False)
    except Exception as error:  # Keras raises many kinds here: damaged archives, unknown layers
        reason = str(error).split("\n")[0][:150]
        return Finding("checkpoint fits", False, f"{file.name} cannot be loaded ({reason}). Save it again.")
    found, expected = ([tuple(w.shape) for w in m.weights] for m in (saved, model))
    if found == expected:
        return Finding("checkpoint fits", True, f"{file.name}: all {len(found)} weights match.", model=saved)
    counts = f"{saved.count_params():,} parameters in the file, {model.count_params():,} in the network"
    for number, (a, b) in enumerate(zip(found, expected, strict=False)):
        if a != b:
            name = "/".join(model.weights[number].path.split("/")[-2:])
            detail = f"the first difference is {name}, {a} in the file and {b} in the network"
            break
    else:
        detail = f"the file has {len(found)} weights, the network {len(expected)}"
    return Finding(
        "checkpoint fits",
        False,
        f"{file.name} is of another architecture: {counts}; {detail}. Build the network that was saved, or train anew.",
    )
