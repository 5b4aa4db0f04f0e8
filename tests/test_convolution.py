"""The NumPy reference of lesson 01 against SciPy and TensorFlow, over a property-based grid."""

import math

import numpy as np
import pytest
import scipy.signal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers import convolution as c
from helpers import pooling, receptive, sliding
from helpers.backend import keras, tf

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
paddings = st.sampled_from(["valid", "same"])
seeds = st.integers(0, 10_000)


def property_test(examples):
    return settings(deadline=None, max_examples=examples, derandomize=True, database=None)


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# 1-D ---------------------------------------------------------------------------------------------


@property_test(80)
@given(seeds, st.integers(1, 20), st.integers(1, 7), st.sampled_from(["valid", "full"]))
def test_one_dimension_against_numpy_and_scipy(seed, n, k, padding):
    assume(k <= n)  # with a longer kernel, NumPy and SciPy swap the two
    x, w = random(seed, n), random(seed + 1, k)
    for ours, numpy_s, scipy_s in (
        (c.correlate1d, np.correlate, scipy.signal.correlate),
        (c.convolve1d, np.convolve, scipy.signal.convolve),
    ):
        np.testing.assert_allclose(ours(x, w, padding), numpy_s(x, w, mode=padding), **CLOSE)
        np.testing.assert_allclose(ours(x, w, padding), scipy_s(x, w, mode=padding), **CLOSE)


@property_test(40)
@given(seeds, st.integers(7, 20), st.sampled_from([1, 3, 5, 7]))
def test_one_dimension_same_padding_against_scipy_for_odd_kernels(seed, n, k):
    x, w = random(seed, n), random(seed + 1, k)
    np.testing.assert_allclose(c.correlate1d(x, w, "same"), scipy.signal.correlate(x, w, "same"), **CLOSE)
    np.testing.assert_allclose(c.convolve1d(x, w, "same"), scipy.signal.convolve(x, w, "same"), **CLOSE)


@property_test(60)
@given(seeds, st.integers(1, 25), st.integers(1, 6), st.integers(1, 4), st.integers(1, 4))
def test_one_dimension_with_stride_and_dilation_at_once_against_scipy(seed, n, k, stride, dilation):
    assume(c.extent(k, dilation) <= n)
    x, w = random(seed, n), random(seed + 1, k)
    spread = np.zeros(c.extent(k, dilation), np.float32)
    spread[::dilation] = w
    expected = scipy.signal.correlate(x, spread, "valid", method="direct")[::stride]
    np.testing.assert_allclose(c.correlate1d(x, w, "valid", stride, dilation), expected, **CLOSE)


@property_test(60)
@given(seeds, st.integers(1, 20), st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), paddings)
def test_one_dimension_against_tensorflow(seed, n, k, stride, dilation, padding):
    assume(stride == 1 or dilation == 1)  # TensorFlow refuses both at once
    assume(padding == "same" or c.extent(k, dilation) <= n)
    x, w = random(seed, n), random(seed + 1, k)
    theirs = tf.nn.conv1d(x[None, :, None], w[:, None, None], stride, padding.upper(), dilations=dilation)
    np.testing.assert_allclose(c.correlate1d(x, w, padding, stride, dilation), theirs[0, :, 0], **CLOSE)


def test_the_worked_example_of_the_lesson():
    np.testing.assert_array_equal(c.correlate1d([1, 3, 2, 0, 4, 1], [2, 1, -1]), [3, 8, 0, 3])
    np.testing.assert_array_equal(c.convolve1d([1, 3, 2, 0, 4, 1], [2, 1, -1]), [6, -1, 6, 6])


# 2-D ---------------------------------------------------------------------------------------------


@property_test(60)
@given(seeds, st.integers(5, 12), st.integers(5, 12), st.integers(1, 5), st.integers(1, 5),
       st.sampled_from(["valid", "full"]))  # fmt: skip
def test_two_dimensions_against_scipy(seed, h, w, kh, kw, padding):
    x, k = random(seed, h, w), random(seed + 1, kh, kw)
    if padding == "valid":
        np.testing.assert_allclose(c.correlate2d(x, k), scipy.signal.correlate2d(x, k, "valid"), **CLOSE)
    np.testing.assert_allclose(c.correlate2d(x, k, padding), scipy.signal.correlate2d(x, k, padding), **CLOSE)


@property_test(40)
@given(seeds, st.integers(5, 12), st.integers(5, 12), st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5]))
def test_two_dimensions_same_padding_against_scipy_for_odd_kernels(seed, h, w, kh, kw):
    x, k = random(seed, h, w), random(seed + 1, kh, kw)
    np.testing.assert_allclose(c.correlate2d(x, k, "same"), scipy.signal.correlate2d(x, k, "same"), **CLOSE)


@property_test(60)
@given(seeds, st.tuples(st.integers(1, 14), st.integers(1, 14)), st.tuples(st.integers(1, 4), st.integers(1, 4)),
       st.tuples(st.integers(1, 3), st.integers(1, 3)), st.tuples(st.integers(1, 3), st.integers(1, 3)))  # fmt: skip
def test_conv2d_with_strides_and_dilations_at_once_against_scipy(seed, size, kernel, strides, dilation):
    extents = [c.extent(k, d) for k, d in zip(kernel, dilation, strict=True)]
    assume(all(e <= s for e, s in zip(extents, size, strict=True)))
    x, w = random(seed, 1, *size, 2), random(seed + 1, *kernel, 2, 1)
    spread = np.zeros((*extents, 2), np.float32)
    spread[:: dilation[0], :: dilation[1]] = w[..., 0]
    whole = sum(scipy.signal.correlate2d(x[0, :, :, i], spread[:, :, i], "valid") for i in range(2))
    ours = c.conv2d(x, w, np.zeros(1), strides, "valid", dilation)
    np.testing.assert_allclose(ours[0, :, :, 0], whole[:: strides[0], :: strides[1]], **CLOSE)


@property_test(100)
@given(seeds, st.integers(1, 3), st.tuples(st.integers(1, 11), st.integers(1, 11)),
       st.tuples(st.integers(1, 5), st.integers(1, 5)), st.tuples(st.integers(1, 3), st.integers(1, 3)),
       st.tuples(st.integers(1, 3), st.integers(1, 3)), paddings, st.integers(1, 3), st.integers(1, 3),
       st.integers(1, 3))  # fmt: skip
def test_conv2d_and_im2col_against_tensorflow(
    seed, n, size, kernel, strides, dilation, padding, groups, depth, filters
):
    if seed % 2:  # TensorFlow takes strides or dilations, not both: half of the examples each
        strides = (1, 1)
    else:
        dilation = (1, 1)
    assume(padding == "same" or all(c.extent(k, d) <= s for k, d, s in zip(kernel, dilation, size, strict=True)))
    x = random(seed, n, *size, depth * groups)
    w, b = random(seed + 1, *kernel, depth, filters * groups), random(seed + 2, filters * groups)
    theirs = np.concatenate(
        [
            tf.nn.conv2d(part, kernels, (1, *strides, 1), padding.upper(), dilations=(1, *dilation, 1))
            for part, kernels in zip(np.split(x, groups, 3), np.split(w, groups, 3), strict=True)
        ],
        axis=3,
    )
    ours = c.conv2d(x, w, b, strides, padding, dilation, groups)
    np.testing.assert_allclose(ours, theirs + b, **CLOSE)
    if groups == 1:
        rows = c.im2col(x, kernel, strides, padding, dilation) @ w.reshape(-1, filters)
        np.testing.assert_allclose(rows.reshape(theirs.shape), theirs, **CLOSE)


@property_test(12)
@given(seeds, st.integers(4, 9), st.integers(1, 3), st.integers(1, 2), paddings, st.sampled_from([1, 2, 3]))
def test_conv2d_against_a_keras_layer_with_groups(seed, size, kernel, stride, padding, groups):
    assume(padding == "same" or kernel <= size)
    x = random(seed, 2, size, size, 2 * groups)
    layer = keras.layers.Conv2D(3 * groups, kernel, stride, padding, groups=groups)
    theirs = layer(x)
    weights = [random(seed + i, *w.shape) for i, w in enumerate(layer.get_weights())]
    layer.set_weights(weights)
    theirs = layer(x)
    np.testing.assert_allclose(c.conv2d(x, *weights, stride, padding, 1, groups), theirs, **CLOSE)
    assert layer.count_params() == receptive.conv_parameters(kernel, 2 * groups, 3 * groups, groups=groups)


@property_test(60)
@given(seeds, st.tuples(st.integers(1, 11), st.integers(1, 11)),
       st.tuples(st.integers(1, 4), st.integers(1, 4)), st.tuples(st.integers(1, 4), st.integers(1, 4)),
       paddings)  # fmt: skip
def test_pooling_against_tensorflow(seed, size, window, strides, padding):
    assume(padding == "same" or all(k <= s for k, s in zip(window, size, strict=True)))
    x = random(seed, 2, *size, 3)
    for ours, theirs in ((pooling.max_pool, tf.nn.max_pool2d), (pooling.average_pool, tf.nn.avg_pool2d)):
        np.testing.assert_allclose(
            ours(x, window, strides, padding), theirs(x, window, strides, padding.upper()), **CLOSE
        )


def test_pooling_steps_by_its_own_size_unless_told():
    x = random(0, 1, 6, 6, 1)
    np.testing.assert_array_equal(pooling.max_pool(x, 3), pooling.max_pool(x, 3, 3))


def test_pooling_hides_no_value_that_is_no_number():
    x = random(0, 1, 4, 4, 1)
    x[0, 0, 0, 0] = np.nan
    for pool in (pooling.max_pool, pooling.average_pool):
        np.testing.assert_array_equal(np.isnan(pool(x, 2)[0, :, :, 0]), [[True, False], [False, False]])


# Sizes, receptive fields, counts -----------------------------------------------------------------


@property_test(100)
@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 4), st.integers(1, 5), st.integers(1, 3))
def test_output_size_is_the_formula_and_the_length(n, k, p, s, d):
    assume(c.extent(k, d) <= n + 2 * p)
    expected = math.floor((n + 2 * p - c.extent(k, d)) / s) + 1
    assert c.output_size(n, k, padding=p, stride=s, dilation=d) == expected
    assert len(c.correlate1d(np.ones(n), np.ones(k), p, s, d)) == expected
    assert c.output_size(n, k, padding="same", stride=s, dilation=d) == math.ceil(n / s)


@property_test(25)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
                min_size=1, max_size=4))  # fmt: skip
def test_the_receptive_field_is_where_a_change_is_felt(spec):
    layers = [receptive.Conv(1, k, s, dilation=d) if conv else receptive.Pool(k, s) for conv, k, s, d in spec]
    field = receptive.receptive_field(layers)
    size = field + 12
    x = tf.Variable(np.ones((1, size, size, 1), np.float32))
    with tf.GradientTape() as tape:
        y = x
        for layer in layers:
            if isinstance(layer, receptive.Conv):
                kernel, steps, far = np.ones((layer.kernel, layer.kernel, 1, 1)), layer.stride, layer.dilation
            else:  # an average pooling touches every pixel of its window
                kernel, steps, far = np.ones((layer.kernel, layer.kernel, 1, 1)), layer.stride, 1
            y = tf.nn.conv2d(y, kernel, steps if far == 1 else 1, "VALID", dilations=far)
            y = y[:, ::steps, ::steps] if far > 1 else y
        y = y[0, 0, 0, 0]
    felt = np.argwhere(np.any(tape.gradient(y, x).numpy()[0, :, :, 0] != 0, axis=0))
    assert felt.min() == 0
    assert felt.max() + 1 == field


def test_the_small_network_of_the_lesson_in_keras_and_on_paper():
    conv, pool = receptive.Conv, receptive.Pool
    rows = receptive.trace([conv(32, 3), pool(2), conv(64, 3), pool(2), conv(128, 3)], 28, 1)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(128, 3),
        ]
    )
    assert [r["parameters"] for r in rows] == [layer.count_params() for layer in model.layers]
    assert [(r["size"], r["size"], r["channels"]) for r in rows] == [layer.output.shape[1:] for layer in model.layers]
    assert rows[-1]["values"] == 1152
    assert rows[-1]["values"] * 10 + 10 == receptive.dense_parameters(1152, 10) == 11_530
    assert [r["sees"] for r in rows] == [3, 4, 8, 10, 18]


def test_operations_counted_one_by_one():
    # 2×2 outputs, 3 filters, each 9 products and 8 + 1 additions (the last one is the bias)
    assert receptive.conv_flops(2, 3, 1, 3, bias=False) == 2 * 2 * 3 * 2 * 9
    assert receptive.conv_flops(2, 3, 1, 3) == 2 * 2 * 3 * (2 * 9 + 1)
    assert receptive.conv_flops((5, 1), (1, 3), 4, 6, groups=2) == 5 * 6 * (2 * 3 * 2 + 1)


def test_an_unknown_layer_is_named():
    with pytest.raises(TypeError, match=r"layers\[1\].*Conv or a Pool.*'dense'"):
        receptive.trace([receptive.Conv(3, 3), "dense"], 28, 1)


# Wrong arguments ---------------------------------------------------------------------------------

image, kernels = np.ones((1, 5, 5, 4)), np.ones((3, 3, 4, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: c.output_size(5, 3, padding="some"), ValueError, "padding.*'some'"),
        (lambda: c.output_size(5, 3, padding=-1), ValueError, "padding.*-1"),
        (lambda: c.output_size(5, 3, padding=True), ValueError, "padding.*True"),
        (lambda: c.output_size(5, 3, stride=0), ValueError, "stride.*at least 1.*0"),
        (lambda: c.output_size(5, 3, stride=1.5), TypeError, "stride.*whole number.*1.5"),
        (lambda: c.output_size(5, True), TypeError, "k: expected a whole number.*True"),
        (lambda: c.output_size(2, 3), ValueError, "spans 3.*only 2"),
        (lambda: c.correlate1d([[1]], [1]), ValueError, r"signal.*1 non-empty dimension,.*\(1, 1\)"),
        (lambda: c.correlate1d([], [1]), ValueError, "signal.*non-empty"),
        (lambda: c.correlate1d(["a"], [1]), TypeError, "signal: expected numbers"),
        (lambda: c.correlate1d([1, 2j], [1]), TypeError, "signal: expected real numbers, found complex"),
        (lambda: c.conv2d(image[0], kernels), ValueError, "images: expected 4 .*dimensions"),
        (lambda: c.conv2d(image[..., :3], kernels), ValueError, "as deep as its input"),
        (lambda: c.conv2d(image, kernels, groups=2), ValueError, "as deep as its input"),
        (lambda: c.conv2d(image, kernels, groups=3), ValueError, "groups: 3 must divide"),
        (lambda: c.conv2d(image, kernels, np.ones(3)), ValueError, "bias.*2 filters"),
        (lambda: c.conv2d(image, kernels, strides=(1, 2, 3)), ValueError, "strides: expected one"),
        (lambda: c.conv2d(image, np.ones((6, 6, 4, 2))), ValueError, "spans 6.*only 5"),
        (lambda: pooling.max_pool(image, padding="full"), ValueError, "pooling knows"),
        (lambda: receptive.conv_parameters(3, 4, 6, groups=4), ValueError, "groups: 4 must divide"),
        (lambda: sliding.Animation("<p>", " "), ValueError, "text alternative"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


# The animation -----------------------------------------------------------------------------------


def test_the_animation_needs_no_network_and_has_a_text_alternative():
    html = sliding.animate(np.eye(3), np.ones((2, 2)), alt='A "window" slides.')._repr_html_()
    assert html.count("data:image/png;base64,") == 4
    assert 'alt="A &quot;window&quot; slides."' in html
    assert "<link" not in html
    assert "http" not in html
    assert "fa-" not in html
