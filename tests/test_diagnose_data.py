"""Checks of the data: input in order passes, and whatever is out of order is named."""

import re

import numpy as np
import pytest
from toy_network import CLASSES, SHAPE, X, Y, network, with_value

from helpers import diagnose
from helpers.datasets import cifar10, fashion_mnist

CONTRACT = {"shape": SHAPE, "classes": CLASSES}


def test_a_finding_is_true_or_false_and_shows_its_details():
    good = diagnose.Finding("a", True, "fine < here")
    bad = diagnose.Finding("a", False, "bad", table=diagnose.gradient_sizes(network(), X, Y).table)
    assert good and not bad and repr(good) == "✓ a: fine < here" and "fine &lt; here" in good._repr_html_()
    assert repr(bad).startswith("✗ a: bad\n") and "<table>" in bad._repr_html_()


def test_input_in_order_passes():
    for labels in (Y, Y[:, None], Y.astype("uint8")):
        assert diagnose.input_contract(X, labels, **CONTRACT)
    assert diagnose.input_contract(X, Y, **CONTRACT, channel_means=tuple(X.mean((0, 1, 2))))


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


def test_the_order_of_colours_is_noticed_among_millions_of_values_too():
    """Summed in float32, the means of as many values as CIFAR-10 has would all be the same."""
    means = (0.491, 0.482, 0.447)
    many = np.broadcast_to(np.array(means[::-1], np.float32), (20_000_000, 1, 1, 3))
    finding = diagnose.input_contract(
        many, np.broadcast_to(0, len(many)), shape=(1, 1, 3), classes=1, channel_means=means
    )
    assert not finding and "BGR" in finding.message


def test_labels_that_belong_to_the_pictures_and_labels_that_do_not():
    data = cifar10.load()
    assert diagnose.labels_match(data.x_train, data.y_train)
    scrambled = np.random.default_rng(1).permutation(data.y_train)
    finding = diagnose.labels_match(data.x_train, scrambled)
    assert not finding and "do not belong" in finding.message
    with pytest.raises(ValueError, match="equally many, found 2000 and 1999"):
        diagnose.labels_match(data.x_train, scrambled[1:])


def test_labels_are_compared_for_pictures_of_any_size():
    data = fashion_mnist.load()  # 28 × 28, which 8 does not divide
    pictures = data.x_train[:600, ..., None]
    assert diagnose.labels_match(pictures, data.y_train[:600])
    assert not diagnose.labels_match(pictures, np.random.default_rng(1).permutation(data.y_train[:600]))
    with pytest.raises(ValueError, match=r"at least 8 × 8 pixels, found \(600, 28, 7, 1\)"):
        diagnose.labels_match(pictures[:, :, :7], data.y_train[:600])
