"""The checks of lesson 04: each passes on a sound network and fails, saying why, on one broken on purpose."""

import math
import re
import subprocess
import sys

import numpy as np
import pytest

from helpers import diagnose, neighbours, paths
from helpers.backend import keras, tf
from helpers.claims import published
from helpers.datasets import cifar10
from helpers.diagnose.answers import softmax_twice_floor

layers = keras.layers
DRAW = np.random.default_rng(0)
SHAPE, CLASSES = (8, 8, 3), 4
Y = np.arange(80) % CLASSES
X = (0.15 * DRAW.random((80, *SHAPE)) + 0.25 * Y[:, None, None, None] * (np.arange(8) < 4)[:, None, None]).astype(
    "float32"
)
CONTRACT = {"shape": SHAPE, "classes": CLASSES}


def network(last="softmax", loss="sparse_categorical_crossentropy", rate=1e-3, extra=(), **conv) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(8, 3, activation="relu", name="conv", **conv)])
    for layer in (*extra, layers.Flatten(), layers.Dropout(0.3), layers.Dense(CLASSES, activation=last, name="answer")):
        model.add(layer)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


# Data --------------------------------------------------------------------------------------------


def test_a_finding_is_true_or_false_and_shows_its_details():
    good = diagnose.Finding("a", True, "fine < here")
    bad = diagnose.Finding("a", False, "bad", table=diagnose.gradient_sizes(network(), X, Y).table)
    assert good and not bad and repr(good) == "✓ a: fine < here" and "fine &lt; here" in good._repr_html_()
    assert repr(bad).startswith("✗ a: bad\n") and "<table>" in bad._repr_html_()


def test_input_in_order_passes():
    for labels in (Y, Y[:, None], Y.astype("uint8")):
        assert diagnose.input_contract(X, labels, **CONTRACT)
    assert diagnose.input_contract(X, Y, **CONTRACT, channel_means=tuple(X.mean((0, 1, 2))))


def with_value(array, value):
    changed = array.copy()
    changed[7].flat[0] = value
    return changed


COLOURED = (X * [1, 0.7, 0.4]).astype("float32")


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (X * 255, Y, "found 0.0.* to 229.*Divide by 255"),
        ((X * 255).astype("uint8"), Y, "expected a float type, found uint8"),
        (X - 0.5, Y, "from 0 to 1, found -0.4.*Scale them"),
        (X / 255, Y, "Scaled twice"),
        (with_value(X, np.nan), Y, "NaN or infinity in 1 of 80, the first is number 7"),
        (with_value(X, np.inf), Y, "NaN or infinity in 1 of 80"),
        (X[0], Y[:1], "one picture without a batch axis"),
        (X.transpose(0, 3, 1, 2), Y, "channels come first.*transpose"),
        (X[..., 0], Y, "channel axis is missing"),
        (X[:, :4], Y, r"expected shape \(N, 8, 8, 3\), found \(80, 4, 8, 3\)"),
        (X[:0], Y[:0], "there are none"),
        (X, Y + 1, r"expected 0 to 3, found 1 to 4; 20 lie outside, the first is number 3"),
        (X, Y - 1, "found -1 to 2"),
        (X, Y.astype(float), "whole numbers, found float64"),
        (X, np.eye(CLASSES)[Y], "one-hot rows.*argmax"),
        (X, Y[:-1], r"one for each of 80 pictures.*\(79,\)"),
        (X * 255, Y + 1, "Divide by 255.*Count classes from 0"),
    ],
)
def test_input_out_of_order_is_named(x, y, says):
    finding = diagnose.input_contract(x, y, **CONTRACT)
    assert not finding and re.search(says, finding.message), finding


def test_colours_in_the_wrong_order_are_noticed_when_the_means_are_known():
    means = tuple(COLOURED.mean((0, 1, 2)).tolist())
    assert diagnose.input_contract(COLOURED, Y, **CONTRACT, channel_means=means)
    finding = diagnose.input_contract(COLOURED[..., ::-1], Y, **CONTRACT, channel_means=means)
    assert not finding and "BGR" in finding.message


def test_labels_that_belong_to_the_pictures_and_labels_that_do_not():
    data = cifar10.load()
    assert diagnose.labels_match(data.x_train, data.y_train)
    scrambled = np.random.default_rng(1).permutation(data.y_train)
    finding = diagnose.labels_match(data.x_train, scrambled)
    assert not finding and "do not belong" in finding.message
    with pytest.raises(ValueError, match="equally many, found 2000 and 1999"):
        diagnose.labels_match(data.x_train, scrambled[1:])


# Before training ---------------------------------------------------------------------------------


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


def test_a_softmax_taken_twice_stops_at_its_floor_and_is_named():
    model = network(extra=())
    model.add(layers.Softmax())
    model.compile("adam", "sparse_categorical_crossentropy")
    assert diagnose.initial_loss(model, X, Y)  # this check does not see it
    finding = diagnose.overfit_one_batch(model, X[:16], Y[:16], rate=0.01)
    assert not finding and "softmax taken twice" in finding.message
    assert softmax_twice_floor(10) == pytest.approx(-math.log(math.e / (math.e + 9)))


def test_a_network_that_cannot_learn_is_named():
    dead = network(bias_initializer=keras.initializers.Constant(-99))
    finding = diagnose.overfit_one_batch(dead, X[:16], np.arange(16) % 4, steps=30)
    assert not finding and "not left ln 4" in finding.message
    ill = diagnose.overfit_one_batch(network(), with_value(X, np.nan)[:16], Y[:16], steps=30)
    assert not ill and ("NaN" in ill.message or "gradient_sizes" in ill.message)  # ReLU may swallow a NaN
    slow = diagnose.overfit_one_batch(network(), X[:16], Y[:16], steps=3, rate=1e-4)
    assert not slow and "more steps" in slow.message.lower()


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


# Checkpoints and devices -------------------------------------------------------------------------


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


@keras.saving.register_keras_serializable(package="tests")
class WrongElsewhere(layers.Layer):
    """A layer that is right on the first processor and a tenth off on every other device."""

    def call(self, x):
        return tf.identity(x) * (1.0 if tf.identity(x).device.endswith("CPU:0") else 1.1)


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
import test_diagnose as t
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


# Labels shuffled ---------------------------------------------------------------------------------


def memoriser(x, y):
    model = network(rate=0.03)
    model.fit(x, y, epochs=60, batch_size=40, verbose=0)
    return model


def test_shuffled_labels_teach_nothing_unless_the_parts_overlap():
    apart = diagnose.shuffled_labels(memoriser, X, Y, fit=range(40), held_out=range(40, 80))
    assert apart and "chance is 25.0%" in apart.message
    overlapping = diagnose.shuffled_labels(memoriser, X, Y, fit=range(40), held_out=range(10, 50))
    assert not overlapping and "30 pictures are in both parts: separate them" in overlapping.message


# Learning-rate range test ------------------------------------------------------------------------


def test_the_range_test_finds_a_best_rate_below_the_ceiling_and_leaves_the_model_alone():
    model = network()
    before = model.get_weights()
    found = diagnose.rate_range(model, X, Y, low=1e-5, high=100, steps=60, batch_size=20)
    assert found.rates.shape == found.losses.shape == found.smooth.shape == (60,)
    assert 1e-4 < found.best < found.ceiling <= 100 and found.suggested == found.best / 10
    assert all(map(np.array_equal, before, model.get_weights()))


def test_a_range_without_trouble_has_no_ceiling_and_one_that_ends_in_nan_is_cut():
    assert diagnose.rate_range(network(), X, Y, low=1e-6, high=1e-4, steps=10).ceiling is None
    wild = network(last=None)
    wild.compile(keras.optimizers.SGD(1.0), "mse")
    found = diagnose.rate_range(wild, X, np.eye(4, dtype="float32")[Y], low=1e-3, high=1e38, steps=12)
    assert np.isnan(found.losses[-1]) and np.isfinite(found.best)


@pytest.mark.parametrize("bad", [{"low": 0}, {"low": 2.0, "high": 1.0}, {"steps": 5}])
def test_a_range_test_without_a_range_is_refused(bad):
    with pytest.raises(ValueError, match=r"expected|Expected"):
        diagnose.rate_range(network(), X, Y, **bad)


# The alarm ---------------------------------------------------------------------------------------

HEALTHY = {"loss": [2.0, 1.7], "accuracy": [0.25, 0.38], "val_loss": [1.9, 1.7], "val_accuracy": [0.3, 0.4]}


@pytest.mark.parametrize(
    ("changes", "sign", "epoch"),
    [
        ({}, None, None),
        ({"loss": [2.301, 2.3027]}, "stuck at ln K", 2),
        ({"loss": [2.301, 2.1]}, None, None),
        ({"loss": [2.0, float("nan")]}, "not finite", 2),
        ({"val_loss": [float("inf"), 2.0]}, "not finite", 1),
        ({"val_loss": [2.34, 2.39], "val_accuracy": [0.11, 0.12]}, "evaluation disagrees", 2),
        ({"val_loss": [2.34, 2.39], "val_accuracy": [0.11, 0.12], "accuracy": [0.1, 0.12]}, "nothing carries over", 2),
        ({"val_loss": [2.31, 2.1], "val_accuracy": [0.11, 0.12]}, None, None),
        ({"top_share": [0.95, 1.0]}, "constant prediction", 2),
        ({"top_share": [0.95, 0.5]}, None, None),
    ],
)
def test_the_alarm_rings_for_each_sign_and_only_then(changes, sign, epoch):
    finding = diagnose.collapse(HEALTHY | changes, 10)
    assert (finding.values["sign"], finding.values["epoch"], bool(finding)) == (sign, epoch, sign is None)


def test_the_alarm_needs_no_validation_part_and_passes_over_keras_other_entries():
    assert diagnose.collapse({"loss": [2.0, 1.5], "seconds": 12.0}, 10)


@pytest.mark.parametrize(("right", "rings"), [([0.62, 0.68, 0.72], False), ([0.51, 0.5, 0.52], True)])
def test_two_classes_have_a_chance_of_a_half(right, rings):
    history = {"loss": [0.64, 0.58, 0.52], "accuracy": [0.65, 0.7, 0.75], "val_loss": [0.7, 0.72, 0.75]}
    finding = diagnose.collapse(history | {"val_accuracy": right}, 2)
    assert finding.values["sign"] == ("evaluation disagrees" if rings else None)


@pytest.mark.parametrize(("bias", "share"), [(9.0, 1.0), (0.0, 0.5)])
def test_the_callback_reads_the_answers_of_a_single_sigmoid(bias, share):
    dense = keras.layers.Dense(
        1, activation="sigmoid", kernel_initializer="ones", bias_initializer=keras.initializers.Constant(bias)
    )
    model = keras.Sequential([keras.Input((1,)), dense])
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy", metrics=["accuracy"])
    x, y = np.array([[-1.0], [1.0], [-2.0], [2.0]]), np.array([0, 1, 0, 1])
    alarm = diagnose.CollapseAlarm(2, watched=x)
    model.fit(x, y, epochs=1, callbacks=[alarm], verbose=0)
    assert alarm.history["top_share"] == [share]


def test_the_published_run_would_have_been_stopped_after_two_epochs():
    curves = published()["cifar10"]["history"]
    history = {k.replace("validation", "val"): v for k, v in curves.items()}
    finding = diagnose.collapse(history, 10)
    assert (finding.values["sign"], finding.values["epoch"]) == ("evaluation disagrees", 2)
    alone = diagnose.collapse({k: history[k] for k in ("loss", "accuracy")}, 10)
    assert (alone.values["sign"], alone.values["epoch"]) == ("stuck at ln K", 7)


def test_the_callback_stops_a_collapsed_training_with_a_message_and_lets_a_sound_one_run(capsys):
    alarm = diagnose.CollapseAlarm(CLASSES, X)
    dead = network(bias_initializer=keras.initializers.Constant(-99), rate=1e-6)
    history = dead.fit(X, Y, epochs=6, callbacks=[alarm], verbose=0)
    assert len(history.history["loss"]) == 2 and alarm.finding.values["epoch"] == 2
    assert "✗ collapse alarm" in capsys.readouterr().out
    network(rate=0.01).fit(X, Y, epochs=6, callbacks=[alarm], verbose=0)
    assert alarm.finding and len(alarm.history["loss"]) == 6 and capsys.readouterr().out == ""
    assert alarm.history["top_share"][-1] < 0.9


# Neighbours --------------------------------------------------------------------------------------


def test_neighbours_are_those_that_a_loop_finds():
    a, b = neighbours.features(X), neighbours.features(X[::-1] + 0.01 * DRAW.random(X.shape))
    positions, similar = neighbours.nearest(a, b, block=7)
    slow = np.array([[float(p @ q) for q in b] for p in a])
    assert np.array_equal(positions, slow.argmax(1)) and np.allclose(similar, slow.max(1), atol=1e-6)
    others, _ = neighbours.nearest(a, a, skip_self=True, block=30)
    np.fill_diagonal(slow := a @ a.T, -9)
    assert np.array_equal(others, slow.argmax(1)) and (others != np.arange(len(a))).all()


def test_features_do_not_see_brightness_and_contrast():
    pictures = DRAW.random((5, 16, 16, 3))
    np.testing.assert_allclose(neighbours.features(pictures), neighbours.features(0.3 * pictures + 0.2), atol=1e-5)
    assert np.allclose(np.linalg.norm(neighbours.features(pictures), axis=1), 1, atol=1e-5)
    assert np.isfinite(neighbours.features(np.zeros((2, 8, 8, 1)))).all()


def test_bad_input_to_neighbours_is_named():
    with pytest.raises(ValueError, match="divisible by 8, found"):
        neighbours.features(np.zeros((2, 10, 8, 1)))
    with pytest.raises(ValueError, match="as many columns"):
        neighbours.nearest(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="different lengths"):
        neighbours.nearest(np.zeros((2, 3)), np.zeros((3, 3)), skip_self=True)
