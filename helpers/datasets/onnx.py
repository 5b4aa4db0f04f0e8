"""The arrays in an ONNX file, read in forty lines instead of with a package.

ONNX is a protocol buffer: a sequence of fields, each a key, which holds a number and a wire type, and a value. Only
the way to the initialisers is followed here: ``ModelProto.graph`` (7) → ``GraphProto.initializer`` (5) →
``TensorProto`` with ``dims`` (1), ``data_type`` (2), ``name`` (8) and ``raw_data`` (9).
Source: onnx.proto of the ONNX project, and "Encoding" in the documentation of protocol buffers.
"""

import math
from collections.abc import Iterator

import numpy as np

FLOAT32 = 1
Field = int | memoryview


def initialisers(data: bytes) -> dict[str, np.ndarray]:
    """The float32 initialisers of an ONNX model by name, in their stored shape; others are passed over.

    Raises:
        ValueError: if this is no whole ONNX file.
    """
    found = {}
    for graph in (_inside(value) for key, value in _fields(memoryview(data)) if key == 7):
        for tensor in (_inside(value) for key, value in _fields(graph) if key == 5):
            parts: dict[int, list[Field]] = {}
            for key, value in _fields(tensor):
                parts.setdefault(key, []).append(value)
            if parts.get(2) == [FLOAT32] and 8 in parts and 9 in parts:
                shape = tuple(_dims(parts.get(1, [])))
                raw = _inside(parts[9][0])
                if len(raw) != 4 * math.prod(shape):
                    raise ValueError(f"an array of shape {shape} has {len(raw)} bytes")
                name = bytes(_inside(parts[8][0])).decode("utf-8")
                found[name] = np.frombuffer(raw, "<f4").reshape(shape)
    return found


def _inside(value: Field) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message was expected")
    return value


def _dims(values: list[Field]) -> Iterator[int]:
    """Lengths of the axes; protocol buffers store them one by one, or packed into one value."""
    for value in values:
        if isinstance(value, int):
            yield value
            continue
        place = 0
        while place < len(value):
            number, place = _varint(value, place)
            yield number


def _fields(data: memoryview) -> Iterator[tuple[int, Field]]:
    """The fields of one message: their number, and an integer or the bytes of the value."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == 2:
            length, place = _varint(data, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {place}")
        if place + length > len(data):
            raise ValueError(f"ends at byte {len(data):,}, in the middle of a value of {length:,} bytes")
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """An integer in groups of seven bits, lowest first, and the place behind it."""
    number = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise ValueError("ends in the middle of a number")
        byte = data[place]
        number |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return number, place
