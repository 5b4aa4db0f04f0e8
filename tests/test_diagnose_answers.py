"""Checks of a network's answers: the first loss, one batch by heart, shuffled labels, other devices."""

import math
import subprocess
import sys

import numpy as np
import pytest
from toy_network import SHAPE, X, Y, network, with_value

from helpers import diagnose, paths
from helpers.backend import keras, tf
from helpers.diagnose.answers import softmax_twice_floor

layers = keras.layers


# --- before training -------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [Y, Y[:, None]])
def test_the_initial_loss_of_a_fresh_network_is_ln_k(labels):
    finding = diagnose.initial_loss(network(), X, labels)
    assert finding and f"ln 4 = {math.log(4):.3f}" in finding.message


def test_the_initial_loss_leaves_regularisation_out_and_knows_one_sigmoid_as_two_classes():
    heavy = network(kernel_regularizer=keras.regularizers.L2(1.0))
    assert float(sum(heavy.losses)) > 1 and diagnose.initial_loss(heavy, X, Y)
    one = layers.Dense(1, "sigmoid", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), one])
    model.compile("adam", "binary_crossentropy")
    finding = diagnose.initial_loss(model, X, (Y[:, None] % 2).astype("float32"))
    assert finding.values["expected"] == math.log(2) and finding


def test_the_initial_loss_of_unscaled_input_and_of_a_trained_network_is_noticed():
    wide = diagnose.initial_loss(network(), 255 * X, Y)
    assert not wide and "scale of the input" in wide.message
    model = network(rate=0.01)
    model.fit(X, Y, epochs=20, verbose=0)
    trained = diagnose.initial_loss(model, X, Y)
    assert not trained and "trained already" in trained.message


def test_a_network_without_a_loss_is_refused():
    bare = keras.Sequential([keras.Input(SHAPE), layers.Flatten()])
    for check in (diagnose.initial_loss, diagnose.overfit_one_batch, diagnose.gradient_sizes, diagnose.rate_range):
        with pytest.raises(ValueError, match="compile the model first"):
            check(bare, X, Y)


def test_a_sound_network_learns_a_batch_by_heart_and_is_left_untouched():
    model = network()
    before = model.get_weights()
    finding = diagnose.overfit_one_batch(model, X[:16], Y[:16], rate=0.01)
    assert finding and finding.values["accuracy"] == 1 and finding.values["steps"] < 200
    assert all(map(np.array_equal, before, model.get_weights()))


def test_a_batch_is_not_known_by_heart_while_one_answer_is_wrong_however_low_the_loss():
    finding = diagnose.overfit_one_batch(network(), X[:16], Y[:16], rate=0.01, limit=10)
    assert finding and finding.values["steps"] > 1


def test_a_softmax_taken_twice_stops_at_its_floor_and_is_named():
    model = network(extra=())
    model.add(layers.Softmax())
    model.compile("adam", "sparse_categorical_crossentropy")
    assert diagnose.initial_loss(model, X, Y)  # this check does not see it
    finding = diagnose.overfit_one_batch(model, X[:16], Y[:16], rate=0.01)
    assert not finding and "softmax taken twice" in finding.message
    assert softmax_twice_floor(10) == pytest.approx(-math.log(math.e / (math.e + 9)))


def test_a_softmax_taken_twice_is_named_although_one_answer_stays_wrong():
    model = network(extra=())
    model.add(layers.Softmax())
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = X[:16].copy(), Y[:16].copy()
    x[1], y[1] = x[0], (y[0] + 1) % 4  # one picture, two labels
    finding = diagnose.overfit_one_batch(model, x, y, rate=0.01)
    assert not finding and finding.values["accuracy"] == 15 / 16 and "softmax taken twice" in finding.message


def test_a_network_that_cannot_learn_is_named():
    dead = network(bias_initializer=keras.initializers.Constant(-99))
    finding = diagnose.overfit_one_batch(dead, X[:16], np.arange(16) % 4, steps=30)
    assert not finding and "not left ln 4" in finding.message
    bare = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(4)])  # no ReLU that swallows a NaN
    bare.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ill = diagnose.overfit_one_batch(bare, with_value(X, np.nan)[:16], Y[:16], steps=30)
    assert not ill and ill.values["steps"] == 1 and "Check the input for NaN" in ill.message
    slow = diagnose.overfit_one_batch(network(), X[:16], Y[:16], steps=3, rate=1e-4)
    assert not slow and "more steps" in slow.message.lower()


# --- labels shuffled -------------------------------------------------------------------------------


def memoriser(x, y):
    model = network(rate=0.03)
    model.fit(x, y, epochs=60, batch_size=40, verbose=0)
    return model


def test_shuffled_labels_teach_nothing_unless_the_parts_overlap():
    apart = diagnose.shuffled_labels(memoriser, X, Y, fit=range(40), held_out=range(40, 80))
    assert apart and "chance is 25.0%" in apart.message
    overlapping = diagnose.shuffled_labels(memoriser, X, Y, fit=range(40), held_out=range(10, 50))
    assert not overlapping and "30 pictures are in both parts: separate them" in overlapping.message


# --- devices ---------------------------------------------------------------------------------------


def test_one_device_is_said_to_be_one():
    if len(tf.config.list_logical_devices()) == 1:
        assert "one device only" in diagnose.device_agreement(network(), X).message


def test_a_stand_in_with_a_wrong_layer_is_named():
    model, broken = network(), network()
    assert diagnose.device_agreement(model, X, others={"a copy": broken})
    kernel, bias = broken.layers[0].get_weights()
    broken.layers[0].set_weights([kernel[::-1, ::-1], bias])  # a true convolution: the kernel is flipped
    finding = diagnose.device_agreement(model, X, others={"the accelerator": broken})
    assert not finding and "the accelerator and CPU:0 disagree from layer conv on (1 of 4)" in finding.message
    broken.layers[0].set_weights([kernel, bias * np.nan])
    assert not diagnose.device_agreement(model, X, others={"the accelerator": broken})


TWO_DEVICES = """
import sys; sys.path.insert(0, {tests!r})
from helpers.backend import tf
from tensorflow.python.eager import context
cpu = tf.config.list_physical_devices("CPU")[0]
context._reset_context()
tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
from helpers.backend import keras
import toy_network as t
from helpers import diagnose
good, bad = t.network(), t.network(extra=(t.WrongElsewhere(name="wrong"),))
print(repr(diagnose.device_agreement(good, t.X)))
print(repr(diagnose.device_agreement(bad, t.X)))
"""


def test_a_layer_that_is_wrong_on_another_device_is_named():
    """TensorFlow can split the processor into two logical devices: the second plays the faulty accelerator."""
    code = TWO_DEVICES.format(tests=str(paths.ROOT / "tests"))
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    good, bad = done.stdout.strip().splitlines()
    assert good.startswith("✓") and "CPU:1 and CPU:0 agree" in good
    assert bad.startswith("✗") and "CPU:1 and CPU:0 disagree from layer wrong on (2 of 5)" in bad
