"""Figures for readers with a colour vision deficiency: lines can be told apart, and colour maps are of the safe kind.

The deficiencies are simulated with the matrices of Machado, Oliveira and Fernandes, "A physiologically-based model
for simulation of color vision deficiency", 2009, for a complete deficiency, on linear RGB.
"""

import itertools
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers import paths, plots

SEEN_BY = {
    "everyone": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
LEAST = 15  # CIE 1976 difference; about 2.3 is just noticeable side by side
#: One colour (or two with white between) of growing darkness: their order is seen with any colour vision, or with none.
SAFE_MAPS = {"gray", "viridis", "cividis", "inferno", "Oranges", "Blues", "PuOr", "RdBu"}


def lab(colour: str, seen_by: str) -> np.ndarray:
    """A colour in CIE L*a*b*, as a group of readers sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(SEEN_BY[seen_by] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    x, y, z = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def closest(colours: tuple[str, ...], seen_by: str) -> float:
    """The smallest difference between two of the colours."""
    pairs = itertools.combinations([lab(colour, seen_by) for colour in colours], 2)
    return min(float(np.linalg.norm(one - other)) for one, other in pairs)


@pytest.mark.parametrize("readers", SEEN_BY)
def test_the_courses_colours_can_be_told_apart(readers):
    assert closest(plots.COLOURS, readers) >= LEAST


def test_red_and_green_of_equal_lightness_would_be_noticed():
    assert closest(("#c44e52", "#6d8a3a"), "everyone") > LEAST > closest(("#c44e52", "#6d8a3a"), "deuteranopes")


def test_colour_maps_are_safe_ones():
    files = [*paths.lessons(), *(paths.ROOT / "helpers").rglob("*.py")]
    used = [found for file in files for found in re.findall(r'cmap(?:=|\(|": ?)\\?"(\w+)', file.read_text("utf-8"))]
    assert len(used) > 5 and set(used) <= SAFE_MAPS
