"""The arithmetic of a stack of layers: sizes, parameters, operations, receptive field.

What belongs here: what can be said about a network before it is built. Lesson 01 teaches it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.convolution import Padding, extent, output_size, pair, positive
from helpers.tables import Table


@dataclass(frozen=True)
class Conv:
    """A convolution layer with square kernels: ``Conv(64, 3)`` is 64 filters with a kernel size of 3 × 3."""

    filters: int
    kernel: int
    stride: int = 1
    padding: Padding = "valid"
    dilation: int = 1
    groups: int = 1


@dataclass(frozen=True)
class Pool:
    """A pooling layer with square windows; the stride is the window's size unless given."""

    kernel: int = 2
    stride: int | None = None
    padding: Padding = "valid"
    dilation: int = 1


Layer = Conv | Pool


def conv_parameters(kernel: int | tuple[int, int], c_in: int, c_out: int, *, groups: int = 1, bias: bool = True) -> int:
    """Parameters (weights and biases) of a convolution layer: (kh · kw · c_in / groups + 1) · c_out.

    Args:
        kernel: height and width of the window, one number or two.
        c_in, c_out: channels in, filters.
        groups: must divide both.
        bias: whether each filter has one.

    Raises:
        TypeError, ValueError: for what is no whole number from 1, or groups that do not divide both.

    >>> conv_parameters(3, 32, 64)
    18496
    """
    kh, kw = pair(kernel, "kernel")
    c_in, c_out, groups = positive(c_in, "c_in"), positive(c_out, "c_out"), positive(groups, "groups")
    if c_in % groups or c_out % groups:
        raise ValueError(f"groups: {groups} must divide both c_in = {c_in} and c_out = {c_out}.")
    return (kh * kw * (c_in // groups) + bool(bias)) * c_out


def dense_parameters(n_in: int, n_out: int, *, bias: bool = True) -> int:
    """Parameters (weights and biases) of a dense layer: (n_in + 1) · n_out."""
    return (positive(n_in, "n_in") + bool(bias)) * positive(n_out, "n_out")


def conv_flops(
    out_size: int | tuple[int, int],
    kernel: int | tuple[int, int],
    c_in: int,
    c_out: int,
    *,
    groups: int = 1,
    bias: bool = True,
) -> int:
    """Floating-point operations of a convolution layer for one image.

    A multiplication and an addition count as two operations (some papers count the two as one
    "multiply-add"; their figures are half of these). The bias adds one more per output value.

    Args:
        out_size: height and width of the *output*.
        kernel, c_in, c_out, groups, bias: as for :func:`conv_parameters`, which also says what is refused.
    """
    h, w = pair(out_size, "out_size")
    weights = conv_parameters(kernel, c_in, c_out, groups=groups, bias=False)
    return h * w * (2 * weights + bool(bias) * c_out)


def receptive_field(layers: Sequence[Layer]) -> int:
    """How many input pixels (along one axis) one value behind the last layer can see.

    The field starts at 1 and grows with every layer by (span − 1) · jump, where the jump is the product
    of all earlier strides: the distance, in input pixels, between two neighbouring values.

    Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", 2019.

    >>> receptive_field([Conv(32, 3), Conv(64, 3), Conv(128, 3)])
    7
    """
    field, jump = 1, 1
    for layer in layers:
        field += (extent(layer.kernel, layer.dilation) - 1) * jump
        jump *= _stride(layer)
    return field


def trace(layers: Sequence[Layer], size: int, channels: int) -> list[dict[str, object]]:
    """Follow one image through the layers.

    Args:
        layers: :class:`Conv` and :class:`Pool`, in order.
        size: height (and width) of the input in pixels.
        channels: channels of the input.

    Returns:
        One row per layer: ``layer``, ``size``, ``channels``, ``values`` (size · size · channels),
        ``parameters``, ``operations`` (per image; of a pooling, one for each value in each window) and ``sees`` (the
        receptive field in input pixels).

    Raises:
        TypeError: for anything that is neither a Conv nor a Pool.
        ValueError: if the image has become too small for a layer.
    """
    rows: list[dict[str, object]] = []
    for i, layer in enumerate(layers):
        if not isinstance(layer, Conv | Pool):
            raise TypeError(f"layers[{i}]: expected a Conv or a Pool, found {layer!r}.")
        size = output_size(size, layer.kernel, padding=layer.padding, stride=_stride(layer), dilation=layer.dilation)
        parameters = operations = 0
        if isinstance(layer, Conv):
            parameters = conv_parameters(layer.kernel, channels, layer.filters, groups=layer.groups)
            operations = conv_flops(size, layer.kernel, channels, layer.filters, groups=layer.groups)
            channels = layer.filters
        else:
            operations = size * size * channels * layer.kernel**2
        rows.append(
            {
                "layer": _name(layer),
                "size": size,
                "channels": channels,
                "values": size * size * channels,
                "parameters": parameters,
                "operations": operations,
                "sees": receptive_field(layers[: i + 1]),
            }
        )
    return rows


def table(layers: Sequence[Layer], size: int, channels: int) -> Table:
    """The rows of :func:`trace` as a table."""
    return Table(trace(layers, size, channels))


def _stride(layer: Layer) -> int:
    return layer.kernel if layer.stride is None else layer.stride


def _name(layer: Layer) -> str:
    kind = f"{layer.filters} filters" if isinstance(layer, Conv) else "pooling"
    stride = f", stride {_stride(layer)}" if isinstance(layer, Conv) and _stride(layer) > 1 else ""
    return f"{kind} {layer.kernel} × {layer.kernel}{stride}"
