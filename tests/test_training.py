"""Training: the fused layer equals Keras' own, schedules and intervals are right, work is kept and goes on."""

import json
import time

import numpy as np
import pytest
from scipy.stats import binomtest

from helpers import settings, training
from helpers.backend import keras, tf
from helpers.course import machine

X = np.random.default_rng(0).normal(3, 2, (6, 5, 4, 3)).astype("float32")


def pair() -> tuple:
    """The course's layer and Keras' own, with the same settings and the same weights."""
    ours, theirs = training.FusedBatchNormalization(0.8, 1e-2), keras.layers.BatchNormalization(-1, 0.8, 1e-2)
    weights = [np.array(w, "float32") for w in ([1, 2, -0.5], [0.3, 0, -1], [2, 3, 4], [4, 0.5, 1])]
    for layer in (ours, theirs):
        layer.build(X.shape)
        layer.set_weights(weights)
    return ours, theirs


@pytest.mark.parametrize("learning", [False, True])
def test_the_fused_layer_equals_keras_own_in_values_gradients_and_statistics(learning):
    found = []
    for layer in pair():
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=learning)
            loss = tf.reduce_sum(y * np.sin(np.arange(X.size, dtype="float32")).reshape(X.shape))
        gradients = tape.gradient(loss, [x, *layer.trainable_variables])
        found.append([y, *gradients, *layer.get_weights()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    moved = not np.allclose(found[0][-1], [4, 0.5, 1])
    assert moved == learning


def test_statistics_stay_in_float32_under_bfloat16():
    layer = training.FusedBatchNormalization(dtype="mixed_bfloat16")
    y = layer(tf.constant(X), training=True)
    assert y.dtype == tf.bfloat16 and all(w.dtype == "float32" for w in layer.weights)
    x = tf.cast(tf.cast(X, tf.bfloat16), tf.float32).numpy()
    np.testing.assert_allclose(layer.get_weights()[2], 0.1 * x.mean((0, 1, 2)), rtol=1e-4)
    for _ in range(100):  # a mean kept in bfloat16 stops short: its steps round to nothing
        layer(tf.constant(X), training=True)
    np.testing.assert_allclose(layer.get_weights()[2], x.mean((0, 1, 2)), rtol=1e-3)


def test_a_saved_network_with_the_layer_and_the_schedule_loads_and_answers_the_same(tmp_path):
    model = keras.Sequential([keras.Input(X.shape[1:]), training.FusedBatchNormalization(0.7, 1e-4)])
    model.add(keras.layers.Flatten())
    model.compile(keras.optimizers.SGD(training.OneCycle(0.2, 10)), "mse")
    model.layers[0].set_weights(pair()[0].get_weights())
    model.save(tmp_path / "a.keras")
    loaded = keras.models.load_model(tmp_path / "a.keras")
    assert (loaded.layers[0].momentum, loaded.layers[0].epsilon) == (0.7, 1e-4)
    assert loaded.optimizer.get_config()["learning_rate"]["config"] == {"peak": 0.2, "steps": 10, "warm_up": 0.2}
    np.testing.assert_array_equal(loaded(X), model(X))


# Schedule and interval ---------------------------------------------------------------------------


def test_one_cycle_rises_to_its_peak_and_falls_to_zero():
    rate = training.OneCycle(0.4, 100, warm_up=0.25)
    expected = {0: 0, 5: 0.08, 25: 0.4, 40: 0.32, 100: 0, 130: 0}
    for step, value in expected.items():
        assert float(rate(tf.constant(step, tf.int64))) == pytest.approx(value, abs=1e-6)
    again = training.OneCycle.from_config(json.loads(json.dumps(rate.get_config())))
    assert again.get_config() == rate.get_config() and float(again(40)) == pytest.approx(0.32)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((0.1, 10, 0), "warm_up.*found 0"), ((0.1, 10, 1), "warm_up.*found 1"), ((0.1, 0), "steps.*found 0")],
)
def test_one_cycle_refuses_what_makes_no_cycle(arguments, says):
    with pytest.raises(ValueError, match=says):
        training.OneCycle(*arguments)


@pytest.mark.parametrize(
    ("share", "trials", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (0, 10, 0, 0.2775), (1, 10, 0.7225, 1), (0.2, 100, 0.1334, 0.2888)],
)
def test_wilson_gives_the_values_of_the_tables(share, trials, low, high):
    assert training.wilson(share, trials) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("share", "trials", "says"),
    [(91.5, 100, "proportion from 0 to 1, found 91.5"), (-0.1, 9, "found -0.1"), (float("nan"), 9, "found nan"),
     (0.5, 0, "at least one trial, found 0")],
)  # fmt: skip
def test_wilson_refuses_percentages_and_no_trials(share, trials, says):
    with pytest.raises(ValueError, match=says):
        training.wilson(share, trials)


@pytest.mark.parametrize(("bf16", "policy"), [(True, "mixed_bfloat16"), (False, "float32")])
def test_the_precision_is_what_the_processor_computes_itself(monkeypatch, bf16, policy):
    monkeypatch.setattr(machine, "machine", lambda: {"bf16": bf16})
    assert training.best_precision() == policy


# Remembering -------------------------------------------------------------------------------------


def test_the_same_seed_repeats_a_training_and_another_does_not():
    draw = np.random.default_rng(0)
    pictures, labels = draw.normal(size=(128, 16, 16, 3)).astype("float32"), draw.integers(3, size=128)

    def trained(seed):
        keras.utils.set_random_seed(seed)
        parts = [keras.layers.Conv2D(16, 3, activation="relu"), training.FusedBatchNormalization()]
        parts += [keras.layers.RandomFlip(), keras.layers.Flatten(), keras.layers.Dropout(0.5), keras.layers.Dense(3)]
        model = keras.Sequential([keras.Input((16, 16, 3)), *parts])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(pictures, labels, epochs=3, batch_size=32, verbose=0)
        return np.concatenate([weight.ravel() for weight in model.get_weights()])

    first = trained(0)
    np.testing.assert_allclose(trained(0), first, atol=1e-5)
    assert abs(trained(1) - first).max() > 0.01


def test_for_a_learner_the_work_is_done_every_time(monkeypatch, tmp_path):
    monkeypatch.delenv(settings.REMEMBER, raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    done = []
    for _ in range(2):
        assert training.remembered("a", lambda: done.append(1) or {"n": len(done)})["n"] == len(done)
    assert len(done) == 2 and list(tmp_path.iterdir()) == []


def test_the_runner_gets_the_same_result_back_and_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(settings.REMEMBER, str(tmp_path / "new"))
    made = {"curve": [0.5, 0.25], "n": 3, "name": "x", "counts": np.eye(2, dtype=np.int64), "w": np.float32([0.1])}
    assert training.remembered("a", lambda: made) is made and capsys.readouterr().out == ""
    back = training.remembered("a", lambda: pytest.fail("worked again"))
    assert list(back) and {k: back[k] for k in ("curve", "n", "name")} == {k: made[k] for k in ("curve", "n", "name")}
    for key in ("counts", "w"):
        assert back[key].dtype == made[key].dtype and np.array_equal(back[key], made[key])
    printed = capsys.readouterr().out
    assert "“a” is taken from" in printed and time.strftime("%Y") in printed
    assert training.remembered("b", lambda: {"n": 4}) == {"n": 4}


@pytest.mark.parametrize("work", [lambda: 1 / 0, lambda: {"model": object()}])
def test_failed_work_leaves_nothing_behind(monkeypatch, tmp_path, work):
    monkeypatch.setenv(settings.REMEMBER, str(tmp_path))
    with pytest.raises((ZeroDivisionError, TypeError)):
        training.remembered("a", work)
    assert list(tmp_path.iterdir()) == []


def test_mcnemar_is_the_sign_test_on_the_pictures_that_differ():
    first, second = np.zeros((2, 50), int)
    first[:3], second[3:15], first[40:], second[40:] = 1, 1, 1, 1
    only_first, only_second, p = training.mcnemar(first, second)
    assert (only_first, only_second) == (3, 12)
    assert p == pytest.approx(binomtest(3, 15).pvalue) and p == training.mcnemar(second, first)[2]


def test_mcnemar_without_any_difference_is_sure_of_nothing():
    right = np.array([True, False, True])
    assert training.mcnemar(right, right) == (0, 0, 1.0)
    assert training.mcnemar([1, 0], [0, 1]) == (1, 1, 1.0)


@pytest.mark.parametrize("wrong", [([1, 0], [1]), ([1, 2], [1, 0]), ([[1]], [[0]])])
def test_mcnemar_names_bad_input(wrong):
    with pytest.raises(ValueError, match="two lists of 0 and 1"):
        training.mcnemar(*wrong)
