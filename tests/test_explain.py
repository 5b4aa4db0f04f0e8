"""Looking inside: activations and heat maps on networks small enough to know the answer, of every kind of model."""

import numpy as np
import pytest

from helpers import explain
from helpers.backend import keras
from helpers.explain import figures

layers = keras.layers
SIDE = 12


def bright_detector(end: str = "softmax", kind: str = "functional") -> keras.Model:
    """Class 1 is a bright red spot, class 2 a bright green one; known weights, no training."""
    first = layers.Conv2D(2, 3, padding="same", activation="relu", name="spots")
    second = layers.Conv2D(2, 1, activation="relu", name="copy")
    mean = layers.GlobalAveragePooling2D(name="mean")
    answer = layers.Dense(3, activation="softmax" if end == "softmax" else None, name="answer")
    ends = [layers.Softmax(name="probabilities")] if end == "layer" else []
    chain = [first, second, mean, answer, *ends]
    if kind == "sequential":
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *chain])
    elif kind == "nested":
        base = keras.Sequential([keras.Input((SIDE, SIDE, 3)), first, second], name="base")
        model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), base, *chain[2:]])
    elif kind == "own":
        model = Own(chain)
        model(np.zeros((1, SIDE, SIDE, 3), np.float32))
    else:
        inputs = x = keras.Input((SIDE, SIDE, 3))
        for layer in chain:
            x = layer(x)
        model = keras.Model(inputs, x)
    kernel = np.zeros((3, 3, 3, 2), np.float32)
    kernel[:, :, 0, 0] = kernel[:, :, 1, 1] = 1 / 9
    first.set_weights([kernel, np.zeros(2)])
    second.set_weights([np.eye(2)[None, None], np.zeros(2)])
    answer.set_weights([np.array([[0, 9, 0], [0, 0, 9]]), np.zeros(3)])
    return model


class Own(keras.Model):
    def __init__(self, chain):
        super().__init__()
        self.chain = chain

    def call(self, x):
        for layer in self.chain:
            x = layer(x)
        return x


def spots() -> tuple[np.ndarray, np.ndarray]:
    """Two pictures with a red and a green spot at known places, and the red spot's masks."""
    images, red = np.zeros((2, SIDE, SIDE, 3), np.float32), np.zeros((2, SIDE, SIDE), bool)
    for i, (r, g) in enumerate((((1, 2), (8, 7)), ((7, 1), (2, 8)))):
        images[i, r[0] : r[0] + 3, r[1] : r[1] + 3, 0] = 1
        images[i, g[0] : g[0] + 3, g[1] : g[1] + 3, 1] = 1
        red[i, r[0] : r[0] + 3, r[1] : r[1] + 3] = True
    return images, red


CAMS = [explain.grad_cam, explain.layer_cam, explain.hires_cam]
METHODS = [*CAMS, explain.plain_gradients, explain.guided_gradients]


@pytest.mark.parametrize("end", ["softmax", "layer", "logits"])
@pytest.mark.parametrize("kind", ["functional", "sequential", "nested", "own"])
@pytest.mark.parametrize("method", CAMS, ids=lambda m: m.__name__)
def test_a_map_finds_its_own_spot_in_every_kind_of_model(method, kind, end):
    model, (images, red) = bright_detector(end, kind), spots()
    heat = method(model, images, 1)
    assert heat.maps.shape == red.shape and heat.maps.dtype == np.float32 and heat.layer == "copy"
    assert explain.pointing_game(heat.maps, red).tolist() == [1, 1]
    other = method(model, images, [2, 2])
    assert explain.pointing_game(other.maps, red).tolist() == [0, 0]
    assert np.allclose(heat.maps.max(axis=(1, 2)), 1) and not heat.zero.any()
    assert not vars(model.layers[-1]).get("call"), "the model is as it was"


def test_the_models_own_answer_is_explained_by_default():
    model, (images, red) = bright_detector(), spots()
    images[..., 1] *= 0.1
    heat = explain.grad_cam(model, images)
    assert heat.classes.tolist() == [1, 1] and explain.pointing_game(heat.maps, red).all()


def test_grad_cam_is_the_formula_by_hand():
    """Class 1 is 9 times the mean of the first map: slopes 9 / places, so the map itself, scaled."""
    model, (images, _) = bright_detector(), spots()
    maps = explain.activations(model, images, ["copy"])["copy"][..., 0]
    assert np.allclose(explain.grad_cam(model, images, 1).maps, maps / maps.max(axis=(1, 2), keepdims=True), atol=1e-6)


def test_softmax_is_left_out_of_the_gradient():
    """Where the network is sure, the slope of its probability vanishes; that of the logit does not."""
    sure = bright_detector("softmax")
    kernel, bias = sure.get_layer("answer").get_weights()
    sure.get_layer("answer").set_weights([kernel * 1e6, bias])
    images, red = spots()
    images[..., 1] = 0
    assert explain.pointing_game(explain.grad_cam(sure, images, 1).maps, red).all()
    assert sure.get_layer("answer").activation is keras.activations.softmax


def test_one_output_is_two_classes():
    model, (images, red) = bright_detector("logits"), spots()
    single = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *model.layers[1:4], layers.Dense(1, "sigmoid")])
    single.layers[-1].set_weights([np.array([[9.0], [-9.0]]), np.zeros(1)])
    images[:, :, :, 1] *= 0.5
    assert explain.grad_cam(single, images).classes.tolist() == [1, 1]
    assert explain.pointing_game(explain.grad_cam(single, images, 1).maps, red).all()
    assert not explain.pointing_game(explain.grad_cam(single, images, 0).maps, red).any()
    with pytest.raises(ValueError, match=r"no class 2: .* has 2"):
        explain.grad_cam(single, images, 2)


def test_a_frozen_layer_and_small_batches_give_the_same_maps():
    model, (images, _) = bright_detector(), spots()
    expected = explain.grad_cam(model, images, 1).maps
    model.trainable = False
    assert np.allclose(explain.grad_cam(model, images, 1, batch_size=1).maps, expected)


def test_a_layer_of_another_size_is_brought_to_the_pictures():
    model, (images, red) = bright_detector("logits"), spots()
    x = layers.MaxPooling2D(2, name="half")(model.get_layer("copy").output)
    small = keras.Model(model.inputs, model.get_layer("answer")(model.get_layer("mean")(x)))
    heat = explain.grad_cam(small, images, 1, layer="half")
    assert heat.layer == "half" and heat.maps.shape == red.shape
    assert np.allclose(heat.maps.max(axis=(1, 2)), 1)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_a_map_that_is_zero_everywhere_is_flagged_and_no_nan(method):
    model, (images, _) = bright_detector(), spots()
    images[1] = 0
    heat = method(model, images, 0)  # class 0 has no weights at all
    assert heat.zero.tolist() == [True, True] and not heat.maps.any() and np.isfinite(heat.maps).all()


def test_guided_backpropagation_lets_positive_gradients_pass_only_and_leaves_no_trace():
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(1, 1, name="first")(inputs)
    x = layers.ReLU(name="relu")(x)
    x = layers.Conv2D(1, 1, activation="relu", name="second")(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    model.get_layer("first").set_weights([np.ones((1, 1, 3, 1)), np.zeros(1)])
    model.get_layer("second").set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    model.layers[-1].set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])
    images = np.ones((1, SIDE, SIDE, 3), np.float32)
    assert not explain.guided_gradients(model, images, 0).zero[0]
    assert explain.guided_gradients(model, images, 1).zero[0], "all of its gradients are negative"
    assert not explain.plain_gradients(model, images, 1).zero[0]
    assert model.get_layer("second").activation is keras.activations.relu
    assert "call" not in vars(model.get_layer("relu"))


def flat() -> keras.Model:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Flatten(), layers.Dense(3)], name="flat")


BAD = [
    ({"layer": "nowhere"}, "no layer named 'nowhere'.*spots, copy"),
    ({"layer": "answer"}, "outputs of shape"),
    ({"classes": 3}, "no class 3: .* has 3"),
    ({"classes": -1}, "no class -1"),
    ({"classes": [0, 1, 2]}, "or 2 of them"),
    ({"classes": 0.5}, "whole number"),
    ({"images": np.zeros((SIDE, SIDE, 3))}, r"picture\[None\]"),
    ({"images": np.zeros((0, SIDE, SIDE, 3))}, "N ≥ 1"),
    ({"images": np.zeros((1, SIDE, SIDE, 1))}, "expects"),
    ({"images": np.full((1, SIDE, SIDE, 3), np.nan)}, "NaN"),
    ({"model": flat()}, "no 2-D convolution, found Dense, Flatten, InputLayer"),
]


@pytest.mark.parametrize(("change", "words"), BAD, ids=[w[:20] for _, w in BAD])
def test_bad_input_is_named(change, words):
    arguments = {"model": bright_detector(), "images": spots()[0], "classes": 1} | change
    with pytest.raises(ValueError, match=words):
        explain.grad_cam(arguments.pop("model"), arguments.pop("images"), arguments.pop("classes"), **arguments)


def test_a_name_that_two_layers_have_is_refused():
    two = [keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1, name="same")]) for _ in range(2)]
    model = keras.Sequential([keras.Input((4, 4, 1)), *two, layers.Flatten()])
    with pytest.raises(ValueError, match="2 layers named 'same'"):
        explain.grad_cam(model, np.zeros((1, 4, 4, 1)), 0, layer="same")


def test_a_model_that_does_not_answer_with_classes_is_refused():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1)])
    with pytest.raises(ValueError, match=r"expected \(N, classes\)"):
        explain.grad_cam(model, np.zeros((1, 4, 4, 1)), 0)


def test_a_layer_beside_the_way_to_the_answer_is_refused():
    inputs = keras.Input((4, 4, 1))
    beside = layers.Conv2D(1, 1, name="beside")(inputs)
    answer = layers.Dense(2)(layers.Flatten()(inputs))
    model = keras.Model(inputs, [answer, beside])

    class First(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = model

        def call(self, x):
            return self.inner(x)[0]

    own = First()
    own(np.zeros((1, 4, 4, 1)))
    with pytest.raises(ValueError, match="does not depend on the layer 'beside'"):
        explain.grad_cam(own, np.ones((1, 4, 4, 1)), 0)


def test_an_error_inside_leaves_the_model_as_it_was():
    model = bright_detector()
    with pytest.raises(ValueError, match="no class"):
        explain.grad_cam(model, spots()[0], 7)
    assert all("call" not in vars(layer) for layer in model.layers)
    assert model.get_layer("answer").activation is keras.activations.softmax


@pytest.mark.parametrize("kind", ["functional", "sequential", "nested", "own"])
def test_activations_are_those_of_a_model_cut_there(kind):
    model, (images, _) = bright_detector(kind=kind), spots()
    found = explain.activations(model, images, batch_size=1)
    assert list(found) == ["spots", "copy"]
    functional = bright_detector()
    cut = keras.Model(functional.inputs, functional.get_layer("spots").output)
    assert np.allclose(found["spots"], cut.predict(images, verbose=0), atol=1e-6)


def test_activations_refuse_what_has_no_maps():
    with pytest.raises(ValueError, match="no layer named"):
        explain.activations(bright_detector(), spots()[0], ["x"])
    with pytest.raises(ValueError, match="expected maps"):
        explain.activations(bright_detector(), spots()[0], ["answer"])
    with pytest.raises(ValueError, match="no 2-D convolution"):
        explain.activations(flat(), spots()[0])


def test_silent_channels():
    maps = np.zeros((2, 3, 3, 3))
    maps[0, 1, 2, 0] = 0.1
    maps[1, :, :, 1] = -1
    assert explain.silent(maps).tolist() == [[False, True, True], [True, True, True]]
    with pytest.raises(ValueError, match=r"\(N, h, w, C\)"):
        explain.silent(maps[0])


def test_likeness_is_a_correlation_over_places():
    pattern = np.arange(16.0).reshape(4, 4)
    maps = np.stack([pattern, -2 * pattern + 3, np.ones((4, 4)), pattern.T], axis=-1)
    found = explain.likeness(maps, pattern)
    assert np.allclose(found[:3], [1, -1, 0]) and found[3] == pytest.approx(
        np.corrcoef(maps[..., 3].ravel(), pattern.ravel())[0, 1]
    )
    big = np.kron(pattern, np.ones((2, 2)))
    assert np.allclose(explain.likeness(maps, big)[:2], [1, -1])
    with pytest.raises(ValueError, match="pattern"):
        explain.likeness(maps, pattern[0])


def test_a_mosaic_has_every_map_once():
    maps = np.random.default_rng(0).random((2, 3, 5))
    found = explain.mosaic(maps, columns=2, gap=1)
    assert found.shape == (3 * 3 - 1, 2 * 4 - 1)
    assert np.array_equal(found[3:5, 4:7], maps[..., 3]) and np.isnan(found[2]).all() and np.isnan(found[6:, 4:]).all()
    assert explain.mosaic(maps, columns=99).shape == (2, 5 * 4 - 1)
    with pytest.raises(ValueError, match="columns"):
        explain.mosaic(maps, columns=0)


def masks() -> np.ndarray:
    found = np.zeros((3, 4, 4), bool)
    found[:, :2, :2] = True
    return found


def test_scores_of_maps_whose_scores_are_known():
    maps = np.zeros((3, 4, 4))
    maps[0, 0, 0], maps[0, 3, 3] = 3, 1  # hit, three quarters inside
    maps[1, 0, 1] = maps[1, 3, 3] = 1  # two hottest pixels, one inside
    assert explain.pointing_game(maps, masks()).tolist() == [1, 0.5, 0]
    assert explain.energy_inside(maps, masks()).tolist() == [0.75, 0.5, 0]
    assert explain.area_share(masks()).tolist() == [0.25] * 3
    found = explain.scores(maps, masks())
    assert found["hit_rate"] == 0.5 and found["pictures"] == 3
    assert found["energy_ratio"] == pytest.approx((1.25 / 3) / 0.25)
    assert found["hit_low"] < 0.5 < found["hit_high"] and found["energy_low"] <= found["energy"] <= found["energy_high"]


def test_even_heat_has_the_ratio_one_and_the_gaussian_sits_in_the_middle():
    assert explain.scores(np.ones((3, 4, 4)), masks())["energy_ratio"] == pytest.approx(1)
    middle = explain.centred_gaussian((2, 5, 7))
    assert middle.shape == (2, 5, 7) and np.unravel_index(middle[0].argmax(), (5, 7)) == (2, 3)
    assert np.allclose(middle[0], middle[0][::-1, ::-1])
    with pytest.raises(ValueError, match="spread"):
        explain.centred_gaussian((1, 2, 2), 0)


@pytest.mark.parametrize(
    ("maps", "mask", "words"),
    [
        (np.ones((3, 4, 5)), masks(), "both have the shape"),
        (np.ones((3, 4, 4)), np.zeros((3, 4, 4)), "empty"),
        (-np.ones((3, 4, 4)), masks(), "not negative"),
        (np.full((3, 4, 4), np.nan), masks(), "finite"),
    ],
)
def test_scores_refuse(maps, mask, words):
    for score in (explain.pointing_game, explain.energy_inside):
        with pytest.raises(ValueError, match=words):
            score(maps, mask)


def test_random_weights_come_and_go():
    model, (images, _) = bright_detector(), spots()
    before = model.get_weights()
    assert explain.weighted(model) == ["answer", "copy", "spots"]
    with explain.random_weights(model, ["spots"], seed=3):
        inside = model.get_weights()
        assert not np.array_equal(inside[0], before[0]) and np.array_equal(
            np.sort(inside[0], None), np.sort(before[0], None)
        )
        assert all(np.array_equal(a, b) for a, b in zip(inside[2:], before[2:], strict=True))
        changed = explain.grad_cam(model, images, 1).maps
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))
    assert not np.allclose(changed, explain.grad_cam(model, images, 1).maps)
    with pytest.raises(ValueError, match="There are: answer"), explain.random_weights(model, ["mean"]):
        pass


def test_rank_correlation_knows_order_only():
    a = np.random.default_rng(0).random((3, 5, 5))
    assert np.allclose(explain.rank_correlation(a, a**3), 1) and np.allclose(explain.rank_correlation(a, -a), -1)
    assert explain.rank_correlation(a, np.ones_like(a)).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="one shape"):
        explain.rank_correlation(a, a[:2])


def test_figures_have_a_panel_a_layer_and_one_scale_where_maps_are_compared():
    maps = {"a": np.ones((6, 6, 20)), "b": np.full((2, 2, 80), 3.0)}
    figure = figures.tall(maps)
    assert [ax.images[0].get_clim() for ax in figure.axes] == [(0, 1), (0, 3)]
    assert "80 maps of 2 × 2" in figure.axes[1].get_title()
    kernels = figures.mosaics({"one": np.zeros((3, 3, 4)), "two": np.ones((3, 3, 4))})
    assert {ax.images[0].get_clim() for ax in kernels.axes[:2]} == {(0, 1)}
    shown = figures.overlays(np.zeros((2, 4, 4, 3)), np.stack([np.zeros((4, 4)), np.ones((4, 4))]))
    cold, hot = (ax.images[0].get_array().mean() for ax in shown.axes)
    assert cold < 0.05 < 0.3 < hot
    assert figures.credited(shown).get_supxlabel() == "animals: Tux Paint, GPL-2"
