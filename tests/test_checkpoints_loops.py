"""Hand-written training loops that go on: ``for epoch in checkpoints.epochs(…)``."""

import re

import numpy as np
import pytest

from helpers import checkpoints, settings
from helpers.backend import tf

ROWS = 1000
INPUTS = np.random.default_rng(1).normal(size=(ROWS, 4)).astype("float32")
TARGETS = INPUTS @ np.float32([[1], [-2], [0.5], [0]])
CORRECTED = INPUTS.copy()
CORRECTED[ROWS // 2 + 1, 2] += 0.01  # one value of a row in the midst


def loop(stop: int = 0, count: int = 4, rate: float = 0.1, inputs=INPUTS, name: str | None = "loop") -> tuple:
    """A hand-written loop, run anew: (history or None if it was stopped, epochs that ran, weight)."""
    weight, history, ran = tf.Variable(np.zeros((4, 1), "float32")), {"loss": []}, []
    try:
        for epoch in checkpoints.epochs(name, count, [weight], history, of=(inputs, TARGETS, rate)):
            if stop and epoch == stop:
                weight.assign(weight + 9)  # in the midst of an epoch: not what the next attempt may begin with
                raise KeyboardInterrupt
            chosen = np.random.default_rng(epoch).permutation(ROWS)[:16]
            error = inputs[chosen] @ weight.numpy() - TARGETS[chosen]
            weight.assign(weight - rate * inputs[chosen].T @ error / 16)
            history["loss"].append(float(np.mean(error**2)))
            ran.append(epoch)
    except KeyboardInterrupt:
        history = None
    return history, ran, weight.numpy()


def test_a_hand_written_loop_goes_on_where_it_stopped(cache, capsys):
    whole, ran, weight = loop(name=None)
    assert ran == [0, 1, 2, 3] and len(whole["loss"]) == 4 and not list(cache.rglob("*.npz"))
    assert loop(stop=2)[:2] == (None, [0, 1])
    history, ran, resumed = loop()
    assert ran == [2, 3] and history == whole and np.array_equal(resumed, weight)
    assert capsys.readouterr().out == ""
    history, ran, again = loop()
    assert ran == [] and history == whole and np.array_equal(again, weight)
    assert re.search(r"“loop” was trained by this same code on \d{4}-\d\d-\d\d", capsys.readouterr().out)


@pytest.mark.parametrize("other", [{"count": 5}, {"rate": 0.2}, {"name": "another"}, {"inputs": CORRECTED}])
def test_another_hand_written_loop_begins_at_its_beginning(cache, other):
    loop()
    assert loop(**other)[1] == list(range(other.get("count", 4)))


def test_a_single_number_may_be_an_array(cache):
    assert loop(rate=np.array(0.1))[1] == [0, 1, 2, 3] and loop(rate=np.array(0.1))[1] == []
    assert loop(rate=np.array(0.2))[1] == [0, 1, 2, 3]


def test_records_train_a_hand_written_loop_anew(cache, monkeypatch):
    monkeypatch.setenv(settings.FRESH, "1")
    loop(stop=2)
    assert loop()[1] == [2, 3], "an interrupted one goes on"
    assert loop()[1] == [0, 1, 2, 3], "a finished one does not stand in for a new one"


def test_a_broken_file_of_a_hand_written_loop_is_passed_over(cache):
    whole = loop()[0]
    (file,) = cache.rglob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    assert loop()[:2] == (whole, [0, 1, 2, 3])
