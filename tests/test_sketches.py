"""The drawings of lesson 04, and the network drawn in lesson 03: what stands where, read back from the figure."""

import numpy as np
import pytest

from helpers import diagram, sketches
from helpers.backend import keras
from helpers.diagnose import RateRange

pytestmark = pytest.mark.usefixtures("course_style")

LN_10 = np.log(10)


def levels(axes) -> list[float]:
    """The heights of the level lines."""
    return [line.get_ydata()[0] for line in axes.get_lines() if list(line.get_xdata()) == [0, 1]]


def test_loss_and_accuracy_share_one_legend_and_mark_the_loss_of_knowing_nothing():
    history = {"loss": [2, 1], "val_loss": [2, 1.5], "accuracy": [0.3, 0.6], "val_accuracy": [0.3, 0.5]}
    left, right = sketches.loss_and_accuracy({"a": history}, classes=10, highest=2.6).axes
    assert left.get_ylabel() == "cross-entropy loss" and right.get_ylabel() == "accuracy"
    assert levels(left) == [pytest.approx(LN_10)] and levels(right) == []
    assert left.get_legend() and not right.get_legend() and left.get_ylim()[1] == 2.6


def test_a_range_test_shows_single_batches_and_their_mean_over_a_logarithmic_rate():
    rates = np.array([0.001, 0.01, 0.1])
    axes = sketches.range_test(RateRange(rates, np.array([2.3, 2.0, np.nan]), np.array([2.3, 2.1, 2.2])), classes=10)
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines["one batch"].get_xdata()) == list(lines["running mean"].get_xdata()) == list(rates)
    assert list(lines["running mean"].get_ydata()) == [2.3, 2.1, 2.2]
    assert axes.get_xscale() == "log" and axes.get_ylim()[0] == pytest.approx(1.9), "a loss that is no number is no low"
    assert levels(axes) == [pytest.approx(LN_10)]


def test_training_losses_have_a_tick_for_each_epoch_of_the_longest():
    axes = sketches.training_losses({"a": {"loss": [2.3, 2.2, 2.1]}, "b": {"loss": [2.3]}}, classes=10)
    assert [line.get_label() for line in axes.get_lines()][:2] == ["a", "b"]
    assert list(axes.get_xticks()) == [1, 2, 3] and levels(axes) == [pytest.approx(LN_10)]
    with pytest.raises(ValueError, match="at most 7 lines apart, found 8"):
        sketches.training_losses({str(run): {"loss": [2, 1]} for run in range(8)}, classes=10)


def test_whitening_draws_both_covariances_on_one_scale_and_every_filter():
    rows = np.random.default_rng(0).normal(size=(500, 4)) @ np.diag([1.0, 0.5, 0.2, 0.1])
    white = rows / rows.std(0)
    figure = sketches.whitening(rows, white, np.random.default_rng(1).normal(size=(2, 2, 3, 5)))
    drawn = [axes for axes in figure.axes if axes.get_images()]
    before, after, *filters = (axes.get_images()[0] for axes in drawn)
    assert np.allclose(before.get_array(), rows.T @ rows / 500) and np.allclose(
        after.get_array(), white.T @ white / 500
    )
    assert before.get_clim() == after.get_clim() == (-1, 1)
    assert [axes.get_title() for axes in drawn[2:]] == list("01234")
    assert all(f.get_array().min() >= 0 and f.get_array().max() <= 1 for f in filters)


def test_singular_values_fall_along_a_logarithmic_axis():
    axes = sketches.singular_values({"a": np.diag([1.0, 3.0, 2.0])})
    assert np.allclose(axes.get_lines()[0].get_ydata(), [3, 2, 1]) and axes.get_yscale() == "log"


def test_an_averaged_path_draws_the_mean_where_it_was_taken():
    path, mean, goal = sketches.averaged_path([0, 4, 1, 3], last=2, goal=1.5).get_lines()
    assert list(path.get_ydata()) == [0, 4, 1, 3]
    assert list(mean.get_xdata()) == [2, 3] and list(mean.get_ydata()) == [2, 2]
    assert goal.get_ydata()[0] == 1.5


def test_an_ablation_has_the_largest_loss_on_top_each_bar_beside_its_own_name():
    lost = {"one": np.array([0.02, 0.04]), "nothing": np.array([-0.01, 0.01]), "some": np.array([0.01, 0.01])}
    axes = sketches.ablation(lost, spread=0.005)
    bars = sorted((p for p in axes.patches if p.get_height() < 1), key=lambda bar: bar.get_y())
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert dict(zip(labels, (round(bar.get_width(), 6) for bar in bars), strict=True)) == {
        "nothing": 0, "some": 1, "one": 3
    }  # fmt: skip
    assert labels[-1] == "one"


def test_a_network_is_drawn_from_top_to_bottom_with_shapes_and_parameters():
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(2)]
    axes = diagram.network(keras.Sequential(layers))
    texts = {text.get_text(): text.get_position() for text in axes.texts}
    heights = [texts[shape][1] for shape in ("8 × 8 × 1", "6 × 6 × 4", "144", "2")]
    assert heights == sorted(heights, reverse=True)
    assert texts["40"][1] == texts["6 × 6 × 4"][1] and texts["290"][1] == texts["2"][1]
    with pytest.raises(ValueError, match="no shapes yet"):
        diagram.network(keras.Sequential([keras.layers.Dense(2)]))
