"""The collapse alarm: it rings for each sign, and lets a sound training run."""

import numpy as np
import pytest
from toy_network import CLASSES, X, Y, network

from helpers import diagnose
from helpers.backend import keras
from helpers.claims import published

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
