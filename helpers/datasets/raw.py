"""The files as their authors publish them: reading, checking and decoding, never unpickling.

Every source is brought into the same form first, a mapping from file name to the uncompressed bytes.
Those bytes are checked once, here, so a mirror can pack them as it likes.
"""

import gzip
import hashlib
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.errors import CourseError

Raw = Mapping[str, bytes]
Decoder = Callable[[Raw], dict[str, np.ndarray]]


@dataclass(frozen=True)
class RawFile:
    """What an uncompressed file must be: its length in bytes and the SHA-256 of its content."""

    bytes: int
    sha256: str


def read_plain_or_gz(folder: Path, name: str) -> bytes | None:
    """The content of ``folder/name`` or of ``folder/name.gz``, uncompressed; None if neither is there.

    Raises:
        CourseError: if the file cannot be read or its compressed stream ends early or is damaged.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            try:
                data = path.read_bytes()
            except OSError as error:
                raise CourseError(
                    f"Cannot read {path}: {error.strerror}. Expected a readable data file; "
                    "check its permissions or copy it again."
                ) from error
            return data if path.suffix != ".gz" else _gunzip(data, path)
    return None


def _gunzip(data: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CourseError(
            f"{path} is damaged or truncated: found {len(data):,} bytes that are no whole gzip file "
            f"({error}). Copy or download it again."
        ) from error


def tar_members(archive: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The members of a tar file whose last path component is one of ``names``. Nothing is unpacked to disk.

    Raises:
        CourseError: if the archive is damaged or truncated.
    """
    wanted, found = set(names), {}
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                name = member.name.rsplit("/", 1)[-1]
                if member.isfile() and name in wanted:
                    found[name] = tar.extractfile(member).read()
    except PermissionError as error:
        raise CourseError(f"{archive} cannot be read: {error.strerror}. Ask for the right to read it.") from error
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise CourseError(
            f"{archive} is damaged or truncated: found no whole tar file ({error}). Copy or download it again."
        ) from error
    return found


def check(raw: Raw, expected: Mapping[str, RawFile], where: str) -> None:
    """Check that every expected file is there, whole and unaltered.

    Args:
        raw: name → content.
        expected: name → length and SHA-256.
        where: names the place in the message.

    Raises:
        CourseError: names the first wrong file, what was found and what was expected.
    """
    for name, want in expected.items():
        if name not in raw:
            raise CourseError(
                f"{where}: {name} is missing. Found {', '.join(sorted(raw)) or 'none of the files'}; "
                f"expected {', '.join(expected)}. Copy the whole set again."
            )
        found = raw[name]
        if len(found) != want.bytes:
            state = "truncated" if len(found) < want.bytes else "too long"
            raise CourseError(
                f"{where}: {name} is {state}. Found {len(found):,} bytes, expected {want.bytes:,} "
                "(uncompressed). Copy or download it again."
            )
        digest = hashlib.sha256(found).hexdigest()
        if digest != want.sha256:
            raise CourseError(
                f"{where}: {name} is altered. Found SHA-256 {digest}, expected {want.sha256} "
                "(uncompressed). Copy or download it again."
            )


def idx(data: bytes, what: str = "IDX data") -> np.ndarray:
    """Decode the IDX format of MNIST: two zero bytes, a type code, the number of axes, then their lengths.

    Returns:
        A writable uint8 array with the stored shape.

    Raises:
        CourseError: if the header is not that of unsigned bytes or the length does not fit the shape.
    """
    if len(data) < 4 or data[:3] != b"\x00\x00\x08" or len(data) < 4 + 4 * data[3]:
        raise CourseError(
            f"{what}: found a file that begins {data[:4].hex(' ') or 'with nothing'}; expected an IDX file "
            "of unsigned bytes, which begins 00 00 08. Copy or download it again."
        )
    axes = data[3]
    shape = struct.unpack(f">{axes}I", data[4 : 4 + 4 * axes])
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * axes)
    if values.size != int(np.prod(shape)):
        raise CourseError(
            f"{what}: found {values.size:,} values, expected {int(np.prod(shape)):,} for shape {shape}. "
            "The file is truncated or has something appended; copy or download it again."
        )
    return values.reshape(shape).copy()


def decode_idx(raw: Raw) -> dict[str, np.ndarray]:
    """The four arrays from the four files of MNIST and its successors: images uint8 (N, 28, 28), labels int64 (N,)."""
    arrays = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        images, labels = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
        arrays[f"x_{part}"] = idx(raw[images], images)
        arrays[f"y_{part}"] = idx(raw[labels], labels).astype(np.int64)
    return arrays
