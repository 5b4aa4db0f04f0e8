"""Features: what a frozen network makes of pictures, computed once and kept on disk. Introduced in lesson 06.

A frozen network gives the same picture the same features for ever, so the pass over all pictures, which takes
nearly all of the time, is done once. What was computed is kept under a key made of everything that decides it: the
network with all its weights, what the preparation does to a probe, and the pixels. A change of any of them is
another key, so that changed input can never meet old features.
"""

import hashlib
import json
import os
import re
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from helpers import paths, settings
from helpers.backend import keras, tf
from helpers.datasets import clients
from helpers.files import atomic_write

Prepare = Callable[[np.ndarray], np.ndarray]
WORTH_COMPILING = 9  # blocks
WORTH_A_BAR = 10  # seconds


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass of pictures through a network.

    Attributes:
        features: what the network made of them, (N, …) in the order of the pictures.
        seconds: how long the pass took when it was computed.
        fresh: True if it was computed now, False if it came from the cache.
    """

    features: np.ndarray
    seconds: float
    fresh: bool

    @property
    def rate(self) -> float:
        """Pictures per second when the pass was computed."""
        return len(self.features) / self.seconds


def extracted(
    network: keras.Model,
    pictures: np.ndarray,
    prepare: Prepare,
    *,
    batch_size: int = 32,
    dtype: str = "float32",
) -> Pass:
    """The features of pictures, from the course's cache if the very same pass was made before.

    Args:
        network: its output is what is kept; in inference mode, whatever its layers are.
        pictures: uint8 (N, H, W, 3), in the size that the network takes.
        prepare: float32 pictures from 0 to 255 → what the network expects. It must be the same for every batch.
        batch_size: pictures at a time; decides the speed, not the result.
        dtype: in which the features are kept, ``"float32"`` or ``"float16"``; half as large, and rounded.

    Returns:
        The pass. A damaged file in the cache is not used; it is made again.

    Raises:
        ValueError: for pictures of another type, shape, size or range, and for features that ``dtype`` cannot hold;
            names what was found.
        CourseError: if the disk is full or closed. Nothing half-written is left.
    """
    _check(network, pictures, dtype)
    key = key_of(network, pictures, prepare, dtype)
    path = cached(key)
    if (kept := _read(path, key, len(pictures))) is not None:
        return kept
    began = time.perf_counter()
    with np.errstate(over="ignore"):  # told below, in words
        features = answers(network, pictures, prepare, batch_size=batch_size).astype(dtype)
    made = Pass(features, time.perf_counter() - began, fresh=True)
    if not np.isfinite(features).all():
        raise ValueError(
            f"features: found values that {dtype} cannot hold (float16 ends at 65,504). Keep them as float32; if they "
            "are already, look at the weights and at `prepare`."
        )
    with atomic_write(path, needed=features.nbytes) as file:
        np.savez(file, features=features, seconds=made.seconds, key=key, digest=_digest(features))
    return made


def answers(
    network: keras.Model, inputs: np.ndarray, prepare: Prepare | None = None, *, batch_size: int = 50
) -> np.ndarray:
    """What a network answers in use, as float32, block by block.

    Many blocks are worth a compiled function, which is about an eighth faster for VGG16; few are not. It sees one
    shape only, the last block being filled up, because TensorFlow compiles again for every other, and warns of it.

    Args:
        inputs: (N, …).
        prepare: applied to each block as float32.
        batch_size: inputs at a time.
    """
    starts = range(0, len(inputs), batch_size)
    quiet = bool(os.environ.get(settings.FRESH)) or clients.silent()  # no bars among what is stored

    def call(block: tf.Tensor) -> tf.Tensor:
        return network(block, training=False)

    if len(starts) >= WORTH_COMPILING:
        call = tf.function(call)
    parts = []
    for start in tqdm(starts, desc="through the network", unit="block", delay=WORTH_A_BAR, leave=False, disable=quiet):
        block = inputs[start : start + batch_size].astype(np.float32)
        count = len(block)
        if count < batch_size and len(starts) > 1:
            block = np.concatenate([block, np.repeat(block[-1:], batch_size - count, axis=0)])
        found = call(tf.constant(prepare(block) if prepare else block))
        parts.append(keras.ops.convert_to_numpy(found)[:count].astype(np.float32))
    return np.concatenate(parts)


def key_of(network: keras.Model, pictures: np.ndarray, prepare: Prepare, dtype: str = "float32") -> str:
    """Everything that decides the features, as 32 hexadecimal digits.

    The preparation is known by its effect: it is applied to a small probe of all grey values and some colours, so
    that its name does not matter, and a change inside it does.
    """
    described = json.dumps(json.loads(network.to_json()), sort_keys=True)
    # Keras numbers its automatic names (functional_1), so that the same network built again would look like another.
    mark = hashlib.sha256(re.sub(r'_\d+(?=")', "", described).encode())
    for weight in network.get_weights():
        mark.update(weight.tobytes())
    probe = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.float32)
    probe[0] = np.arange(256, dtype=np.float32).reshape(16, 16, 1)
    mark.update(np.ascontiguousarray(prepare(probe), np.float32).tobytes())
    mark.update(f"{dtype} {pictures.dtype} {pictures.shape}".encode())
    mark.update(np.ascontiguousarray(pictures).data)
    return mark.hexdigest()[:32]


def cached(key: str) -> Path:
    """Where the features of a key are kept."""
    folder = os.environ.get(settings.FEATURES)
    return (Path(folder) if folder else paths.cache() / "features") / f"{key}.npz"


def _check(network: keras.Model, pictures: np.ndarray, dtype: str) -> None:
    if dtype not in ("float32", "float16"):
        raise ValueError(f"dtype must be 'float32' or 'float16', found {dtype!r}.")
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or pictures.shape[-1] != 3:
        raise ValueError(
            f"pictures must be uint8 of shape (N, H, W, 3), from 0 to 255, found {pictures.dtype} {pictures.shape}. "
            "Read them with helpers.photographs.read, and leave scaling to `prepare`."
        )
    if not len(pictures):
        raise ValueError("pictures: found none, expected at least one.")
    sides = tuple(network.input_shape[1:3])
    if any(want not in (None, have) for want, have in zip(sides, pictures.shape[1:3], strict=True)):
        raise ValueError(
            f"pictures are {pictures.shape[1]} × {pictures.shape[2]} pixels, but the network takes {sides[0]} × "
            f"{sides[1]}. Resize them with helpers.photographs.resized, or build the network for their size."
        )
    if pictures.max() <= 1:
        raise ValueError(
            f"pictures: found values from {pictures.min()} to {pictures.max()}, expected 0 to 255. They were scaled "
            "before they became whole numbers; leave scaling to `prepare`."
        )


def _read(path: Path, key: str, count: int) -> Pass | None:
    """A pass from the cache if it is there, whole and the right one; otherwise None."""
    try:
        with np.load(path, allow_pickle=False) as file:
            features, seconds = file["features"], float(file["seconds"])
            right = str(file["key"]) == key and len(features) == count and str(file["digest"]) == _digest(features)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    return Pass(features, seconds, fresh=False) if right else None


def _digest(features: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(features).data).hexdigest()
