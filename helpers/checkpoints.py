"""Trainings that are not lost: the state after each epoch, and the trained network, in the course's cache.

A kernel dies, a later cell fails, a laptop is closed: run the cells again, and the training goes on, or is there
already.
"""

import hashlib
import inspect
import json
import os
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from helpers import paths, settings, syntax
from helpers.backend import keras, tf
from helpers.files import atomic_write

#: Finished and unfinished trainings of one name that stay in the cache; older ones are removed.
KEPT = 5


class Progress(keras.callbacks.Callback):
    """Keeps a training in one file after every epoch: weights, optimizer, curves, and what the callbacks know.

    It stands behind the other callbacks, so that each of them has seen an epoch before it is kept, and gets back
    what it knew of the best epoch after an interruption.

    Args:
        file: from :func:`training_file`.
        model: compiled; gets the kept state at once, where there is one.
        others: the training's other callbacks.

    Attributes:
        epochs: one dict of numbers for each finished epoch.
        finished: the day on which the training ended, as "2025-01-31", or None.
    """

    def __init__(self, file: Path, model: keras.Model, others: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__()
        self.others = list(others)
        self.before = [_knowledge(other) for other in others]
        name, _, mark = file.stem.rpartition("-")
        watched = [type(other).__name__ for other in others], self.before  # another patience is another training
        mark = hashlib.sha256(f"{mark} {watched}".encode()).hexdigest()[:12]
        self.file = file.with_stem(f"{name}-{mark}")
        self.epochs: list[dict] = []
        self.finished: str | None = None
        self.known: list[dict] = [{} for _ in others]
        self._restore(model)

    def _restore(self, model: keras.Model) -> None:
        stored = _arrays(self.file)
        if not stored:
            return
        plain = json.loads(str(stored.pop("plain")))
        if plain["finished"] and os.environ.get(settings.FRESH):
            return
        model.optimizer.build(model.trainable_variables)
        variables = {f"weights/{i:04d}": v for i, v in enumerate(model.variables)}  # with the state of random layers
        if not plain["finished"]:
            variables |= {f"optimizer/{i:04d}": v for i, v in enumerate(model.optimizer.variables)}
        if any(key not in stored or stored[key].shape != tuple(v.shape) for key, v in variables.items()):
            return
        for key, variable in variables.items():
            variable.assign(stored[key])
        self.epochs, self.finished, self.known = plain["epochs"], plain["finished"], plain["known"]
        for key in (k for k in stored if k.startswith("known/")):
            _, number, name, *place = key.split("/")
            known = self.known[int(number)]
            known[name] = [*known.get(name, []), stored[key]] if place else stored[key]

    def on_train_begin(self, logs: dict | None = None) -> None:
        for other, known in zip(self.others, self.known, strict=True):  # they have just forgotten it
            vars(other).update(known)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        measured = {key: float(value) for key, value in (logs or {}).items()}
        self.epochs.append(measured | {"seconds": time.perf_counter() - self.began})
        self._write()

    def finish(self, model: keras.Model) -> None:
        """Keep the trained weights, without what only a training needs; older trainings of this name make room."""
        self.finished = time.strftime("%Y-%m-%d")
        self.set_model(model)
        self._write()
        _make_room(self.file)

    def _write(self) -> None:
        arrays = {f"weights/{i:04d}": v.numpy() for i, v in enumerate(self.model.variables)}
        plain = {"epochs": self.epochs, "finished": self.finished, "known": [{} for _ in self.others]}
        if not self.finished:
            arrays |= {f"optimizer/{i:04d}": v.numpy() for i, v in enumerate(self.model.optimizer.variables)}
            for number, (other, before) in enumerate(zip(self.others, self.before, strict=True)):
                for name, value in _knowledge(other).items():
                    if isinstance(value, list):
                        arrays |= {f"known/{number}/{name}/{i:04d}": part for i, part in enumerate(value)}
                    elif isinstance(value, np.ndarray):
                        arrays[f"known/{number}/{name}"] = value
                    elif before.get(name) != value:
                        plain["known"][number][name] = value
        with atomic_write(self.file) as out:
            np.savez(out, plain=np.array(json.dumps(plain)), **arrays)


def epochs(
    name: str | None, count: int, variables: Sequence[tf.Variable], history: dict[str, list], of: Sequence = ()
) -> Iterator[int]:
    """The epochs that a hand-written training loop still has to do: ``for epoch in epochs(…)``.

    After each of them the variables and the history are kept in the course's cache. Where this same training was
    interrupted before, both first get back what was kept, and the loop goes on with the next epoch; where it was
    finished, there is no epoch left, and a printed line says so.

    Args:
        name: names the training in the cache; None keeps nothing.
        count: epochs of the whole training.
        variables: everything that changes from step to step, with its first values.
        history: lists to which the loop adds one number an epoch; filled in place.
        of: what else decides the result: arrays (the data) and numbers (the settings).

    Yields:
        0 ≤ epoch < count. Take an epoch's random numbers from a generator of its own, or a training that goes on
        differs from one that was never interrupted.
    """
    if name is None:
        yield from range(count)
        return
    mark = hashlib.sha256(f"{count} {sorted(history)} {_code()}".encode())
    for variable in variables:
        mark.update(variable.numpy().tobytes())
    _add_data(mark, of)
    mark.update(repr([part for part in of if not isinstance(part, np.ndarray)]).encode())
    file = _file(name, mark)
    stored = _arrays(file)
    done = int(stored.get("done", 0))
    if done == count and os.environ.get(settings.FRESH):
        done = 0
    if done:
        history.update({key: stored[f"history/{key}"].tolist() for key in history})
        for i, variable in enumerate(variables):
            variable.assign(stored[f"weights/{i:04d}"])
        if done == count:
            day = time.strftime("%Y-%m-%d", time.localtime(file.stat().st_mtime))
            print(f"“{name}” was trained by this same code on {day}; its weights are used again.")
    for epoch in range(done, count):
        yield epoch
        with atomic_write(file) as out:
            np.savez(
                out, done=epoch + 1, **{f"history/{key}": values for key, values in history.items()},
                **{f"weights/{i:04d}": variable.numpy() for i, variable in enumerate(variables)},
            )  # fmt: skip
    _make_room(file)


def _knowledge(callback: keras.callbacks.Callback) -> dict:
    """What a callback has found out, as far as a file can hold it: numbers, texts, arrays and lists of arrays."""
    found = {}
    for name, value in vars(callback).items():
        if isinstance(value, np.generic):
            value = value.item()
        arrays = isinstance(value, list) and value and all(isinstance(v, np.ndarray) for v in value)
        if not name.startswith("_") and (arrays or isinstance(value, int | float | str | np.ndarray | None)):
            found[name] = value
    return found


def training_file(name: str, model: keras.Model, x, y, epochs: int, options: dict) -> Path:
    """Where a training is kept. The name ends in twelve hexadecimal digits that tell one training from another.

    They stand for the network, its first weights (they carry the seed), optimizer, loss, metrics, data, length, the
    options of ``fit`` and the course's own code. :class:`Progress` adds the callbacks. Of a ``tf.data.Dataset`` the
    first batch counts, and of a function that is the loss its text. What a class of your own does inside does not
    count: give the training another name when you change it.
    """
    described = model.to_json() + json.dumps(model.optimizer.get_config(), default=str, sort_keys=True)
    # Keras numbers its automatic names (sequential_1), so that running a cell again would look like another network.
    mark = hashlib.sha256(re.sub(r'_\d+(?=")', "", described).encode())
    mark.update(_loss(model.loss).encode())
    for weight in model.get_weights():
        mark.update(weight.tobytes())
    given = tf.nest.flatten([x, y, options])
    for part in given:
        if isinstance(part, tf.data.Dataset):
            _add_data(mark, [piece.numpy() for batch in part.take(1) for piece in tf.nest.flatten(batch)])
    _add_data(mark, [part.numpy() if tf.is_tensor(part) else part for part in given])
    plain = [part for part in given if isinstance(part, bool | int | float | str | None)]
    mark.update(f"{epochs} {sorted(options)} {plain} {_code()}".encode())
    return _file(name, mark)


def _loss(loss) -> str:
    """What tells one loss from another."""
    if isinstance(loss, keras.losses.Loss):
        return f"{type(loss).__name__} {loss.get_config()}"
    try:
        return inspect.getsource(loss)
    except (OSError, TypeError):  # a name; or a function whose text is not known
        return str(getattr(loss, "__qualname__", loss))


def _file(name: str, mark) -> Path:
    return paths.cache() / "trainings" / f"{name}-{mark.hexdigest()[:12]}.npz"


def _add_data(mark, parts: Sequence) -> None:
    """Let the arrays among the parts count in a hash, to the last value: one corrected label is other data."""
    for array in parts:
        if isinstance(array, np.ndarray):
            mark.update(f"{array.shape} {array.dtype}".encode())
            mark.update(np.ascontiguousarray(array).data)


def _make_room(file: Path) -> None:
    """Remove the oldest trainings of the same name."""
    name = file.stem.rpartition("-")[0]
    alike = [p for p in file.parent.glob(f"{name}-*.npz") if p.stem.rpartition("-")[0] == name]
    for old in sorted(alike, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)


@cache
def _code() -> str:
    """A hash of the helpers' code, without its comments and docstrings: a training by other code is another one."""
    files = sorted((paths.ROOT / "helpers").glob("*.py"))
    return hashlib.sha256("\n".join(syntax.meaning(file.read_text("utf-8")) for file in files).encode()).hexdigest()


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file; none where it is missing or cut short."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return {}
