"""Checks of a network's inside: gradients, silent units and checkpoints, sound and broken on purpose."""

import math

import numpy as np
import pytest
from toy_network import SHAPE, X, Y, network, with_value

from helpers import diagnose
from helpers.backend import keras

layers = keras.layers


def test_gradients_reach_every_layer_of_a_sound_network():
    model = network()
    before = model.get_weights()
    finding = diagnose.gradient_sizes(model, X, Y)
    assert finding and next(r["weight"] for r in finding.values["rows"]) == "conv/kernel"
    assert all(map(np.array_equal, before, model.get_weights()))
    row = finding.values["rows"][0]
    assert row["step"] == pytest.approx(1e-3 * math.sqrt(8 * 27), rel=0.1)  # Adam's first step: the rate, each weight


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (network(rate=0.5), "Lower the learning rate"),
        (network(bias_initializer=keras.initializers.Constant(-99)), "no gradient reaches conv/kernel, conv/bias"),
    ],
)
def test_gradients_out_of_order_are_named(model, says):
    finding = diagnose.gradient_sizes(model, X, Y)
    assert not finding and says in finding.message


def test_gradients_that_are_no_numbers_are_named():
    finding = diagnose.gradient_sizes(network(), with_value(X, np.nan), Y)
    assert not finding and "not finite" in finding.message


def test_a_network_without_a_kernel_to_train_is_named():
    model = network()
    for layer in model.layers:
        layer.trainable = False
    finding = diagnose.gradient_sizes(model, X, Y)
    assert not finding and "no kernel is trained, found nothing" in finding.message
    model.add(layers.BatchNormalization(name="scale"))
    model.compile("adam", "sparse_categorical_crossentropy")
    finding = diagnose.gradient_sizes(model, X, Y)
    assert not finding and "found only scale/gamma, scale/beta" in finding.message


def test_silent_units_are_counted():
    assert diagnose.silent_units(network(), X)
    bias = np.zeros(8)
    bias[:6] = -99
    model = network()
    model.layers[0].set_weights([model.layers[0].get_weights()[0], bias])
    finding = diagnose.silent_units(model, X)
    assert (
        not finding and finding.values["rows"][0]["silent"] >= 0.75 and "more than 50% of the units" in finding.message
    )
    assert diagnose.silent_units(model, X, limit=0.9 + finding.values["rows"][0]["silent"])
    none = keras.Sequential([keras.Input(SHAPE), layers.Flatten()])
    assert diagnose.silent_units(none, X) and "no ReLU" in diagnose.silent_units(none, X).message


def test_silent_units_are_found_in_separate_relu_layers_too():
    model = network(extra=(layers.Conv2D(5, 1, name="second"), layers.ReLU(name="relu")))
    assert [r["layer"] for r in diagnose.silent_units(model, X).values["rows"]] == ["conv", "relu"]


def test_a_checkpoint_of_another_architecture_is_named(tmp_path):
    network().save(tmp_path / "a.keras")
    fits = diagnose.checkpoint_fits(network(), tmp_path / "a.keras")
    assert fits and np.allclose(fits.values["model"](X), network()(X))
    deeper = network(extra=(layers.Conv2D(8, 3, name="more"),))
    finding = diagnose.checkpoint_fits(deeper, tmp_path / "a.keras")
    assert not finding and "more/kernel, (288, 4) in the file and (3, 3, 8, 8)" in finding.message
    longer = network(extra=(layers.Dense(8, use_bias=False),))
    assert not diagnose.checkpoint_fits(longer, tmp_path / "a.keras")


def test_files_that_are_no_checkpoints_are_named(tmp_path):
    (tmp_path / "a.keras").write_bytes(b"no archive")
    (tmp_path / "a.h5").write_bytes(b"")
    for name, says in (("a.keras", "cannot be loaded"), ("a.h5", "no .keras file"), ("b.keras", "does not exist")):
        finding = diagnose.checkpoint_fits(network(), tmp_path / name)
        assert not finding and says in finding.message
