"""Trained networks that later lessons open again: small files of weights in the course's cache.

Lessons 08 and 09 look into networks; they train one where there is none yet, so that each of them can be opened alone.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from helpers import paths
from helpers.backend import keras
from helpers.files import atomic_write


def kept(name: str, model: keras.Model, recipe: Mapping, train: Callable[[], object]) -> bool:
    """Give a model the weights it was trained to before; or train it now, and keep them.

    What counts as the same training is the network, its first weights (they carry the seed) and the recipe. Put into
    the recipe whatever else decides the result: numbers of epochs and pictures, the data's content hash.

    Args:
        name: what was trained; letters, digits and ``-``.
        model: built, with its first weights; has the trained ones after the call.
        recipe: numbers and strings.
        train: trains this model.

    Returns:
        Whether the weights came from the cache.
    """
    path = _path(name, model, recipe)
    weights = _read(path, model)
    if weights is not None:
        model.set_weights(weights)
        return True
    train()
    with atomic_write(path) as file:
        np.savez(file, **{f"{i:03d}": w for i, w in enumerate(model.get_weights())})
    return False


def _path(name: str, model: keras.Model, recipe: Mapping) -> Path:
    mark = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
    for layer in model.layers:
        mark.update(type(layer).__name__.encode())
    for weight in model.get_weights():
        mark.update(str(weight.shape).encode() + weight.tobytes())
    return paths.cache() / "checkpoints" / f"{name}-{mark.hexdigest()[:12]}.npz"


def _read(path: Path, model: keras.Model) -> list[np.ndarray] | None:
    """The weights in a file, or None where it is missing, cut short, or made for another network."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            weights = [stored[key] for key in sorted(stored.files)]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    fits = [w.shape for w in weights] == [w.shape for w in model.get_weights()]
    return weights if fits else None
