"""Heat maps on networks small enough to know the answer, of every kind of model; bad input is named."""

import numpy as np
import pytest
from toy_detector import SIDE, bright_detector, flat, spots

from helpers import explain
from helpers.backend import keras

layers = keras.layers
CAMS = [explain.grad_cam, explain.layer_cam]
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


def test_keras_own_vgg16_with_its_top_is_a_model_like_any_other():
    keras.utils.set_random_seed(0)
    model = keras.applications.VGG16(weights=None, input_shape=(32, 32, 3), classes=10)
    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    heat = explain.grad_cam(model, keras.applications.vgg16.preprocess_input(images), [3, 7])
    assert heat.maps.shape == (2, 32, 32) and heat.layer == "block5_conv3"
    assert np.isfinite(heat.maps).all() and heat.classes.tolist() == [3, 7]


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


@pytest.mark.parametrize("classes", [1, None])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_no_more_pictures_go_through_the_model_at_a_time_than_asked_for(method, classes):
    """Run eagerly, a model keeps all its maps until it has answered: hundreds of pictures would fill the memory."""
    most = []

    class Counting(keras.layers.Layer):
        def call(self, x):
            most.append(x.shape[0])
            return x

    inputs = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(inputs, bright_detector()(Counting()(inputs)))
    most.clear()
    heat = method(model, np.repeat(spots()[0][:1], 5, axis=0), classes, batch_size=3)
    assert len(heat.maps) == 5 and max(most) == 3


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


@pytest.mark.parametrize("method", [*CAMS, explain.plain_gradients], ids=lambda m: m.__name__)
def test_weights_that_are_no_numbers_are_named(method):
    model, (images, _) = bright_detector("logits"), spots()
    kernel, bias = model.get_layer("answer").get_weights()
    model.get_layer("answer").set_weights([np.full_like(kernel, np.nan), bias])
    with pytest.raises(ValueError, match=r"NaN or infinite values in the slopes of the score on .*weights"):
        method(model, images, 1)


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


OTHER_RECTIFIERS = {
    "ReLU6": lambda: layers.ReLU(max_value=6),
    "leaky": lambda: layers.LeakyReLU(),
    "learnt": lambda: layers.PReLU(),
    "activation": lambda: layers.Activation("relu6"),
}


@pytest.mark.parametrize("name", OTHER_RECTIFIERS)
def test_guided_backpropagation_refuses_rectifiers_that_it_would_change(name):
    kind = OTHER_RECTIFIERS[name]()
    model = keras.Sequential(
        [keras.Input((SIDE, SIDE, 3)), layers.Conv2D(1, 1), kind, layers.Flatten(), layers.Dense(2)]
    )
    with pytest.raises(ValueError, match=f"defined for layers of max.*{kind.name}"):
        explain.guided_gradients(model, np.ones((1, SIDE, SIDE, 3), np.float32), 0)


@pytest.mark.parametrize("function", [keras.ops.relu, keras.ops.relu6, keras.ops.leaky_relu], ids=lambda f: f.__name__)
def test_guided_backpropagation_refuses_rectifiers_that_are_no_layers(function):
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Flatten()(function(layers.Conv2D(1, 1)(inputs)))
    model = keras.Model(inputs, layers.Dense(2)(x))
    with pytest.raises(ValueError, match=f"defined for layers of max.*{model.operations[2].name}"):
        explain.guided_gradients(model, np.ones((1, SIDE, SIDE, 3), np.float32), 0)


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


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_every_method_names_what_all_of_them_refuse(method):
    model, (images, _) = bright_detector(), spots()
    for pictures, classes, words in ((images, 3, "no class 3: .* has 3"), (images[0], 1, r"picture\[None\]")):
        with pytest.raises(ValueError, match=words):
            method(model, pictures, classes)
    assert all("call" not in vars(layer) for layer in model.layers)
    assert model.get_layer("spots").activation is keras.activations.relu


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
    model, images = bright_detector(), spots()[0]
    with pytest.raises(ValueError, match="outputs of shape"):  # while the answer's activation is off
        explain.grad_cam(model, images, 1, layer="answer")
    assert model.get_layer("answer").activation is keras.activations.softmax
    with pytest.raises(ValueError, match="expected maps"):  # while the layers are listened to
        explain.activations(model, images, ["answer"])
    assert all("call" not in vars(layer) for layer in model.layers)
