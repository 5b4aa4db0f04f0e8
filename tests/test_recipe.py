"""The parts of lesson 04's recipe: Muon, initial weights, averaging, cost."""

import numpy as np
import pytest

from helpers import averaging, cost, initialisers, muon
from helpers.backend import keras, tf
from helpers.datasets import cifar10

layers = keras.layers
DRAW = np.random.default_rng(0)


# Muon --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(27, 8), (8, 27), (16, 16)])
def test_orthogonalising_keeps_the_directions_and_brings_the_singular_values_near_one(shape):
    matrix = DRAW.normal(size=shape).astype("float32")
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    found = muon.orthogonalised(tf.constant(matrix), steps=6).numpy()
    assert np.linalg.svd(found, compute_uv=False) == pytest.approx(1, abs=0.4)
    core = u.T @ found @ v.T  # diagonal: the directions are those of the matrix
    assert np.abs(core - np.diag(np.diagonal(core))).max() < 1e-3
    larger = muon.orthogonalised(tf.constant(1000 * matrix), steps=6).numpy()
    np.testing.assert_allclose(larger, found, atol=1e-4)


def test_a_kernel_step_equals_the_rule_written_out_in_numpy():
    shape, rate, m = (3, 3, 4, 6), 0.24, 0.6
    variable = keras.Variable(DRAW.normal(size=shape).astype("float32"))
    optimizer = muon.Muon(0.5)
    optimizer.build([variable])
    weight, momentum = variable.numpy().reshape(-1, 6), np.zeros((36, 6))
    for _ in range(3):
        gradient = DRAW.normal(size=shape).astype("float32")
        optimizer.apply([tf.constant(gradient)], [variable])
        momentum = m * momentum + gradient.reshape(-1, 6)
        step = muon.orthogonalised(tf.constant((gradient.reshape(-1, 6) + m * momentum).astype("float32"))).numpy()
        weight = weight * np.sqrt(6) / np.linalg.norm(weight) - 0.5 * rate * step
        np.testing.assert_allclose(variable.numpy().reshape(-1, 6), weight, atol=1e-4)


@pytest.mark.parametrize(("shape", "rate"), [((7,), 3.0), ((5, 4), 8.0), ((3, 3, 2, 2), 1.5)])
def test_other_weights_move_as_with_keras_nesterov_and_l2(shape, rate):
    """Coupled decay is a gradient of decay/rate times the weight."""
    start = DRAW.normal(size=shape).astype("float32")
    ours, theirs = keras.Variable(start), keras.Variable(start)
    rates = {"kernel_rate": rate, "bias_rate": rate, "head_rate": rate}
    optimizer = muon.Muon(1.0, **rates, decay=0.03, orthogonal=False)
    sgd = keras.optimizers.SGD(rate, momentum=0.85, nesterov=True)
    optimizer.build([ours])
    sgd.build([theirs])
    for _ in range(4):
        gradient = 0.01 * DRAW.normal(size=shape).astype("float32")
        optimizer.apply([tf.constant(gradient)], [ours])
        sgd.apply([tf.constant(gradient) + 0.03 / rate * theirs.value], [theirs])
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-5)


def test_muon_names_a_weight_that_it_cannot_move():
    model = keras.Sequential([keras.Input((8, 2)), keras.layers.Conv1D(3, 3, name="one_axis")])
    model.compile(muon.Muon(), "mse")
    with pytest.raises(ValueError, match=r"1, 2 or 4 axes.*one_axis.*\(3, 2, 3\).*another optimiser"):
        model.optimizer.build(model.trainable_variables)


def test_keras_own_muon_passes_over_convolution_kernels_and_ours_does_not():
    """The trap that the lesson names: without it, nobody would need ours."""
    kernel = keras.Variable(DRAW.normal(size=(3, 3, 4, 6)).astype("float32"))
    assert keras.optimizers.Muon()._should_use_adamw(kernel)
    before = kernel.numpy()
    optimizer = muon.Muon(1.0)
    optimizer.build([kernel])
    optimizer.apply([tf.constant(DRAW.normal(size=(3, 3, 4, 6)).astype("float32"))], [kernel])
    step = (before * np.sqrt(6) / np.linalg.norm(before) - kernel.numpy()).reshape(-1, 6) / 0.24
    values = np.linalg.svd(step, compute_uv=False)
    assert values.min() > 0.4 and values.max() < 1.5


def test_muon_is_saved_and_loaded_with_its_settings(tmp_path):
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    model.compile(muon.Muon(0.7, kernel_rate=0.1, orthogonal=False), "mse")
    model.train_on_batch(np.ones((1, 6, 6, 1)), np.ones((1, 2)))
    model.save(tmp_path / "a.keras")
    again = keras.models.load_model(tmp_path / "a.keras").optimizer
    assert (again.kernel_rate, again.orthogonal, float(again.learning_rate)) == (0.1, False, pytest.approx(0.7))


# Initial weights ---------------------------------------------------------------------------------


def test_whitening_filters_make_the_patches_uncorrelated_with_equal_spread():
    data = cifar10.load()
    pictures = (data.x_train[:500] / 255 - 0.47) / 0.25
    filters = initialisers.whitening_filters(pictures)
    assert filters.shape == (2, 2, 3, 24) and filters.dtype == np.float32
    np.testing.assert_array_equal(filters[..., 12:], -filters[..., :12])
    answers = tf.nn.conv2d(pictures.astype("float32"), filters[..., :12], 1, "VALID").numpy().reshape(-1, 12)
    moments = answers.T @ answers / len(answers)
    assert np.abs(moments - np.diag(np.diagonal(moments))).max() < 1e-3
    assert moments[0, 0] == pytest.approx(1, abs=0.01) and 0.5 < moments[11, 11] < 1.01  # epsilon holds small ones back
    plain = initialisers.patches_of(pictures, 2)
    assert (plain.T @ plain / len(plain))[0, 3] > 0.5  # neighbouring pixels are correlated before


def test_patches_are_those_that_a_loop_cuts_out():
    pictures = DRAW.random((2, 4, 5, 3))
    expected = [p[i : i + 2, j : j + 2].ravel() for p in pictures for i in range(3) for j in range(4)]
    np.testing.assert_array_equal(initialisers.patches_of(pictures, 2), expected)
    with pytest.raises(ValueError, match=r"expected shape \(N, H, W, C\)"):
        initialisers.whitening_filters(pictures[0])


@pytest.mark.parametrize(("inputs", "filters"), [(3, 3), (3, 8), (8, 3)])
def test_a_dirac_convolution_repeats_its_channels(inputs, filters):
    layer = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=initialisers.Dirac(seed=1))
    x = DRAW.random((2, 6, 6, inputs)).astype("float32")
    y, same = layer(x).numpy(), min(inputs, filters)
    np.testing.assert_allclose(y[..., :same], x[..., :same], atol=1e-6)
    rest = layer.get_weights()[0][..., same:]
    if rest.size:
        bound = (9 * inputs) ** -0.5
        assert 0.5 * bound < np.abs(rest).max() <= bound and len(np.unique(rest)) == rest.size


def test_dirac_draws_anew_without_a_seed_and_the_same_with_one():
    keras.utils.set_random_seed(3)
    one, two = (np.array(initialisers.Dirac()((3, 3, 2, 5))) for _ in range(2))
    keras.utils.set_random_seed(3)
    again = np.array(initialisers.Dirac()((3, 3, 2, 5)))
    assert not np.array_equal(one, two) and np.array_equal(one, again)
    three, four = (np.array(initialisers.Dirac(seed=4)((3, 3, 2, 5))) for _ in range(2))
    assert np.array_equal(three, four)
    with pytest.raises(ValueError, match="odd sides, found 2 × 2"):
        initialisers.Dirac()((2, 2, 3, 3))
    assert initialisers.Dirac.from_config(initialisers.Dirac(seed=4).get_config()).seed == 4


# Averaging ---------------------------------------------------------------------------------------


def line() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


class Diary(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.weights = []

    def on_train_batch_end(self, batch, logs=None):
        self.weights.append(float(self.model.get_weights()[0].item()))


def test_the_mean_over_the_last_steps_is_what_remains():
    model, diary = line(), Diary()
    x = DRAW.random((40, 1)).astype("float32")
    average = averaging.AverageWeights(steps=20, share=0.25)
    model.fit(x, 3 * x, batch_size=10, epochs=5, shuffle=False, callbacks=[diary, average], verbose=0)
    assert len(diary.weights) == 20 and average.count == 5
    assert model.get_weights()[0].item() == pytest.approx(np.mean(diary.weights[-5:]), rel=1e-5)
    assert model.get_weights()[0].item() != pytest.approx(diary.weights[-1], rel=1e-3)


def test_a_training_that_stops_before_the_last_part_keeps_its_weights():
    model, diary = line(), Diary()
    x = DRAW.random((40, 1)).astype("float32")
    model.fit(x, 3 * x, batch_size=10, epochs=1, callbacks=[diary, averaging.AverageWeights(100)], verbose=0)
    assert model.get_weights()[0].item() == pytest.approx(diary.weights[-1])


@pytest.mark.parametrize(
    ("steps", "share", "says"), [(0, 0.1, "at least 1"), (9, 0.0, "above 0"), (9, 1.5, "at most 1")]
)
def test_averaging_over_nothing_is_refused(steps, share, says):
    with pytest.raises(ValueError, match=says):
        averaging.AverageWeights(steps, share)


# Cost --------------------------------------------------------------------------------------------


def test_operations_are_counted_as_by_hand():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, 2, strides=2, groups=2),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    by_hand = 2 * (64 * 9 * 3 * 4 + 4 * 4 * 2 * 6 + 24 * 10)
    assert cost.forward_flops(model) == by_hand
    assert cost.training_flops(model, 7) == 21 * by_hand
    assert cost.forward_flops(keras.Sequential([model, layers.Dense(2)])) == by_hand + 2 * 10 * 2


def test_a_layer_whose_operations_cannot_be_counted_is_refused():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.DepthwiseConv2D(3, name="deep")])
    with pytest.raises(ValueError, match="deep is a DepthwiseConv2D; only Conv2D and Dense"):
        cost.forward_flops(model)


def test_times_are_positive_and_bad_repeats_are_refused():
    model, x = line(), tf.ones((4, 1))
    assert cost.step_seconds(model, x, x, repeats=2) > 0
    assert cost.seconds_per_batch(tf.data.Dataset.from_tensor_slices(x).batch(1)) > 0
    with pytest.raises(ValueError, match="at least 1, found 0"):
        cost.step_seconds(model, x, x, repeats=0)
