"""A dataset of a few random bytes: in every form, in every place, and in every state of repair."""

import gzip
import hashlib
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np

from helpers.datasets import ArrayDataset, content_hash, places, raw, search, store
from helpers.datasets.raw import RawFile

PREFIXES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
NAMES = tuple(f"{prefix}-ubyte" for prefix in PREFIXES)
IMAGES = "train-images-idx3-ubyte"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def tiny_files(seed: int = 0) -> dict[str, bytes]:
    """Four IDX files with 20 + 10 images of 6 × 6 pixels."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, n in (("train", 20), ("t10k", 10)):
        files[f"{part}-images-idx3-ubyte"] = idx_bytes(rng.integers(0, 256, (n, 6, 6), np.uint8))
        files[f"{part}-labels-idx1-ubyte"] = idx_bytes(rng.integers(0, 3, n, np.uint8))
    return files


def arrays() -> dict[str, np.ndarray]:
    return raw.decode_idx(tiny_files())


def expectation(files: dict[str, bytes]) -> dict[str, RawFile]:
    return {name: RawFile(len(data), sha(data)) for name, data in files.items()}


def tiny_spec(files: dict[str, bytes], **changes: object) -> search.Spec:
    hashed = content_hash(raw.decode_idx(files))
    spec = search.Spec(
        name="tiny",
        title="Tiny",
        class_names=("a", "b", "c"),
        raw=expectation(files),
        decode=raw.decode_idx,
        full_hash=hashed,
        sample_hash=hashed,
        total=30,
        folders=("tiny",),
    )
    return replace(spec, **changes)


def hash_of(data: ArrayDataset) -> str:
    """The hash of what was loaded, computed anew: ``data.content_hash`` is what was expected."""
    return content_hash(vars(data))


def put(folder: Path, files: dict[str, bytes], *, packed: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(data) if packed else data)
    return folder


def bad_files(state: str) -> dict[str, bytes]:
    files = tiny_files()
    if state == "missing":
        del files[IMAGES]
    elif state == "truncated":
        files[IMAGES] = files[IMAGES][:-5]
    elif state == "altered":
        files[IMAGES] = files[IMAGES][:-1] + bytes([files[IMAGES][-1] ^ 1])
    return files


class RunsWhenUnpickled:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.trace),)


def npz(path: Path, state: str) -> Path:
    """A cache file in the given state of repair."""
    good = arrays()
    if state == "altered":
        good["x_test"][0, 0, 0] ^= 1
    store.write(path, good, source="a test")
    data = path.read_bytes()
    if state == "truncated":
        path.write_bytes(data[:-400])
    elif state == "flipped":
        place = data.index(arrays()["x_train"].tobytes()) + 9
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    elif state == "empty":
        path.write_bytes(b"")
    elif state == "foreign":
        np.savez(path, photos=np.zeros(3))
    elif state == "pickled":
        code = np.array([RunsWhenUnpickled(path.parent / "code was run")], dtype=object)
        np.savez(path, **{**arrays(), "x_train": code}, allow_pickle=True)
    return path


def downloads(files: dict[str, bytes], *hosts: str) -> tuple[places.Download, ...]:
    packed = {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in files.items()}
    return tuple(
        places.Download(name, len(data), sha(data), tuple(host + name for host in hosts))
        for name, data in packed.items()
    )


def serve(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))


def everything_in(folder: Path) -> list[str]:
    """Files below a folder, apart from locks."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"
    )
