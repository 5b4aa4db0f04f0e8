"""Trainings that go on: after an interruption, after a later cell failed, and never one in place of another."""

import re

import numpy as np
import pytest

from helpers import augmentation, averaging, checkpoints, settings, training
from helpers.backend import keras, tf

INPUTS = np.random.default_rng(1).normal(size=(48, 4)).astype("float32")
TARGETS = INPUTS @ np.float32([[1], [-2], [0.5], [0]])


class Watch(keras.callbacks.Callback):
    """Notes the epochs that ran, counted from 1, and stops like the stop button after one of them."""

    def __init__(self, stop: int = 0) -> None:
        super().__init__()
        self.epochs, self._stop = [], stop

    def on_epoch_begin(self, epoch, logs=None):
        if self._stop and epoch == self._stop:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch + 1)


def toy(optimizer="sgd", loss="mse", seed: int = 0, **options) -> keras.Model:
    """A network of one layer, compiled, with the first weights of a seed."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer, loss, **options)
    return model


def in_batches(shift: float = 0) -> tf.data.Dataset:
    """The data in order, the same batches every time."""
    return tf.data.Dataset.from_tensor_slices((INPUTS + shift, TARGETS)).batch(16)


def train(seed: int = 0, stop: int = 0, x=INPUTS, epochs: int = 4, new_kernel: bool = True, name: str = "toy") -> tuple:
    """A cell of a lesson, run anew: (history or None if it was stopped, epochs that ran, weights)."""
    if new_kernel:
        keras.backend.clear_session()  # Keras counts its automatic names from the start again
    model = toy(keras.optimizers.Adam(0.05), seed=seed, run_eagerly=True)  # tracing would take longer
    data = (x, TARGETS) if isinstance(x, np.ndarray) else (x,)
    history, watch = None, Watch(stop)
    try:
        history = training.fit(model, *data, name=name, epochs=epochs, batch_size=None, callbacks=[watch])
    except KeyboardInterrupt:
        assert stop
    return history, watch.epochs, model.get_weights()


def test_a_training_is_quiet_and_gives_history_seconds_and_weights(cache, capsys, monkeypatch):
    history, epochs, weights = train()
    assert set(history) == {"loss", "seconds"} and len(history["loss"]) == 4 == len(epochs)
    assert history["loss"][-1] < history["loss"][0] and all(type(v) is float for v in history["loss"])
    assert 0 < history["seconds"] < 100 and capsys.readouterr() == ("", "")
    assert np.abs(weights[0]).max() > 0.1
    assert train(epochs=5)[1] == [1, 2, 3, 4, 5]
    monkeypatch.setenv(settings.VERBOSE, "2")
    train(epochs=1)
    assert re.fullmatch(r".* loss: [\d.]+\n", capsys.readouterr().out)  # one line an epoch


def test_an_interrupted_training_goes_on_with_the_next_epoch_and_ends_as_if_nothing_had_been(cache):
    data = in_batches()
    uninterrupted, _, whole = train(x=data, name="whole")
    history, epochs, _ = train(x=data, stop=2)
    assert history is None and epochs == [1, 2] and list((cache / "trainings").glob("toy-*"))
    history, epochs, weights = train(x=data)
    assert epochs == [3, 4] and history["loss"] == pytest.approx(uninterrupted["loss"], rel=1e-5)
    assert history["seconds"] > 0 and set(history) == set(uninterrupted)
    for ended, expected in zip(weights, whole, strict=True):
        np.testing.assert_allclose(ended, expected, rtol=1e-6)


def test_an_interrupted_training_goes_on_when_its_cell_is_run_again_in_the_same_kernel(cache):
    train(stop=2)
    assert train(new_kernel=False)[1] == [3, 4]


def test_a_finished_training_is_there_when_a_later_cell_failed(cache, capsys):
    history, _, weights = train()
    again, epochs, same = train()
    assert again == history and epochs == [] and all(map(np.array_equal, weights, same))
    assert "“toy” was trained by this same code on 20" in capsys.readouterr().out


def test_while_a_record_is_made_a_finished_training_is_done_again_and_an_interrupted_one_goes_on(cache, monkeypatch):
    monkeypatch.setenv(settings.FRESH, "1")
    assert train()[1] == [1, 2, 3, 4]
    assert train(stop=2)[1] == [1, 2]
    assert train()[1] == [3, 4]


@pytest.fixture
def course(monkeypatch, tmp_path):
    """A course of one module, whose code counts instead of this course's."""
    module = tmp_path / "helpers" / "toy.py"
    module.parent.mkdir()
    monkeypatch.setattr(checkpoints.paths, "ROOT", tmp_path)
    checkpoints._code.cache_clear()
    yield module
    checkpoints._code.cache_clear()


@pytest.mark.parametrize(
    ("code", "ran"),
    [("# Better\nrate = 1", []), ('"""Two."""\n\nrate = (1)', []), ("rate = 2", [1, 2, 3, 4])],
    ids=["comment", "docstring", "number"],
)
def test_other_code_of_the_course_is_another_training_and_other_words_are_not(cache, course, code, ran):
    course.write_text("# Good\nrate = 1")
    train()
    checkpoints._code.cache_clear()  # a new process
    course.write_text(code)
    assert train()[1] == ran


def test_old_trainings_of_a_name_make_room_and_other_names_stay(cache):
    (cache / "trainings").mkdir()
    (cache / "trainings" / "toy-2-aaaaaaaaaaaa.npz").touch()
    for seed in range(checkpoints.KEPT + 2):
        train(seed, epochs=1)
    found = [p.name for p in (cache / "trainings").iterdir()]
    assert len(found) == checkpoints.KEPT + 1 and "toy-2-aaaaaaaaaaaa.npz" in found
    assert train(checkpoints.KEPT + 1, epochs=1)[1] == [] and train(0, epochs=1)[1] == [1]


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_kept_training_that_was_cut_short_is_made_anew(cache, share):
    train(stop=2)
    (file,) = (cache / "trainings").iterdir()
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    assert train()[1] == [1, 2, 3, 4]


def test_early_stopping_and_the_best_checkpoint_survive_an_interruption(cache):
    def worse_and_worse(stop):
        model = toy(keras.optimizers.SGD(-0.05))  # uphill: the first epoch is the best one
        early = keras.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)
        best = keras.callbacks.ModelCheckpoint(cache / "best.keras", "loss", save_best_only=True)
        watch = Watch(stop)
        callbacks = [early, best, watch]
        try:
            training.fit(model, INPUTS, TARGETS, name="worse", epochs=9, batch_size=48, callbacks=callbacks)
        except KeyboardInterrupt:
            assert stop
        return watch.epochs, model.get_weights(), (cache / "best.keras").stat().st_mtime_ns

    _, _, saved = worse_and_worse(stop=2)
    epochs, weights, still = worse_and_worse(stop=0)
    assert epochs == [3, 4] and still == saved  # patience runs out three epochs after the first, not after the third
    kept = keras.models.load_model(cache / "best.keras").get_weights()
    assert all(map(np.array_equal, weights, kept))


def test_a_mean_of_weights_goes_on_after_an_interruption(cache):
    def averaged(stop, name):
        model = toy(keras.optimizers.SGD(0.05))
        try:
            mean = averaging.AverageWeights(steps=12, share=0.75)
            training.fit(model, in_batches(), name=name, epochs=4, callbacks=[mean, Watch(stop)])
        except KeyboardInterrupt:
            averaged(0, name)
        return model.get_weights() if not stop else averaged(0, name)

    for ended, expected in zip(averaged(2, "stopped"), averaged(0, "whole"), strict=True):
        np.testing.assert_allclose(ended, expected, rtol=1e-6)


def test_what_is_drawn_in_each_epoch_goes_on_after_an_interruption(cache):
    def drawn(stop, name):
        seen = []
        numbers = augmentation.stream(1, lambda epoch, step: tf.cast(tf.fill((16, 4), epoch), tf.float32))
        data = numbers.map(lambda x: (x, x[:, :1]))
        model = toy(loss=lambda target, answer: seen.append(float(target[0, 0])) or answer, run_eagerly=True)
        try:
            training.fit(model, data, name=name, epochs=4, callbacks=[Watch(stop)])
        except KeyboardInterrupt:
            assert stop
        return seen

    whole = drawn(0, "whole")
    assert len(set(whole)) == 4 and drawn(2, "stopped") + drawn(0, "stopped") == whole


def test_a_network_that_was_not_compiled_is_refused(cache):
    with pytest.raises(ValueError, match=r"call model\.compile"):
        training.fit(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]), INPUTS, TARGETS, name="a", epochs=1)


def test_other_settings_of_a_callback_are_another_training(cache):
    def fitted(patience):
        model = toy()
        watch, early = Watch(), keras.callbacks.EarlyStopping("loss", patience=patience)
        training.fit(model, INPUTS, TARGETS, name="a", epochs=2, callbacks=[early, watch])
        return watch.epochs

    assert fitted(2) == [1, 2] and fitted(3) == [1, 2] and fitted(2) == []


@pytest.mark.parametrize("other", [{"seed": 1}, {"x": INPUTS + 1}, {"epochs": 3}], ids=lambda other: next(iter(other)))
def test_another_training_does_not_go_on_from_it(cache, other):
    train(stop=2)
    assert train(**other)[1] == list(range(1, 1 + other.get("epochs", 4)))
    assert train()[1] == [3, 4]


def squares(target, answer):
    return (target - answer) ** 2


def distances(target, answer):
    return abs(target - answer)


COMPILED = {"metrics": {"metrics": ["mae"]}, "weights of the loss": {"loss_weights": [2]}, "loss": {"loss": distances}}
FITTED = {"split": {"validation_split": 0.5}, "pictures": {"sample_weight": INPUTS[:, 0]}}


@pytest.mark.parametrize("change", [*COMPILED, *FITTED])
def test_other_options_are_another_training(cache, change):
    def fitted(compiled, options):
        watch, model = Watch(), toy(**{"loss": squares} | compiled)
        training.fit(model, INPUTS, TARGETS, name="a", epochs=1, callbacks=[watch], **options)
        return watch.epochs

    assert fitted({}, {}) == [1]
    assert fitted(COMPILED.get(change, {}), FITTED.get(change, {})) == [1]
    assert fitted({}, {}) == []


def test_a_function_of_one_name_and_another_text_is_another_loss(cache):
    texts = ["def squares(target, answer):\n    return (target - answer) ** 2\n", "def squares(*pair):\n    return 0\n"]
    found = set()
    for number, text in enumerate(texts):
        file = cache / f"loss{number}.py"
        file.write_text(text)
        defined = {}
        exec(compile(text, file, "exec"), defined)
        found.add(checkpoints._loss(defined["squares"]))
    assert found == set(texts)


def test_what_dropout_draws_goes_on_after_an_interruption(cache):
    def trained(stop, name):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        try:
            training.fit(model, in_batches(), name=name, epochs=4, callbacks=[Watch(stop)])
        except KeyboardInterrupt:
            return trained(0, name)
        return model.get_weights()

    for resumed, expected in zip(trained(2, "stopped"), trained(0, "whole"), strict=True):
        np.testing.assert_allclose(resumed, expected, rtol=1e-6)


def test_other_pictures_in_a_data_set_are_another_training(cache):
    train(stop=2, x=in_batches(0))
    assert train(x=in_batches(1))[1] == [1, 2, 3, 4] and train(x=in_batches(0))[1] == [3, 4]


def test_a_remembered_training_gives_history_and_weights_without_training(cache, monkeypatch, capsys):
    monkeypatch.setenv(settings.REMEMBER, str(cache / "results"))
    history, _, weights = train()
    again, epochs, same = train()
    assert again == history and epochs == [] and all(map(np.array_equal, weights, same))
    assert "“toy” is taken" in capsys.readouterr().out
