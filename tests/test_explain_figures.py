"""Figures of maps: a panel a layer, one scale where maps are compared, and few bytes where there are many pictures."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import plots
from helpers.explain import figures


def test_figures_have_a_panel_a_layer_and_one_scale_where_maps_are_compared():
    maps = {"a": np.ones((6, 6, 20)), "b": np.full((2, 2, 80), 3.0)}
    figure = figures.tall(maps)
    assert [ax.images[0].get_clim() for ax in figure.axes] == [(0, 1), (0, 3)]
    assert "80 maps of 2 × 2" in figure.axes[1].get_title()
    kernels = figures.mosaics({"one": np.zeros((3, 3, 4)), "two": np.ones((3, 3, 4))})
    assert {ax.images[0].get_clim() for ax in kernels.axes[:2]} == {(0, 1)}
    shown = figures.overlays(np.zeros((2, 4, 4, 3)), np.stack([np.zeros((4, 4)), np.ones((4, 4))]))
    cold, hot = (ax.images[0].get_array().mean() for ax in shown.axes)
    assert cold < 0.05 < 0.3 < hot
    assert figures.credited(shown).get_supxlabel() == "animals: Tux Paint, GPL-2"


def test_a_compact_figure_is_shown_once_with_its_alternative_in_few_colours_and_bytes(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, **options: shown.append((data, options)))
    figure = plots.images(np.random.default_rng(0).random((8, 40, 40, 3)), size=1)
    number, plain = figure.number, io.BytesIO()
    figure.savefig(plain, format="png", bbox_inches="tight")
    assert figures.show_compact(figure, alt="Noise.") is None
    ((data, options),) = shown
    assert options == {"raw": True, "metadata": {"image/png": {"alt": "Noise."}}} and "Figure" in data["text/plain"]
    small = base64.b64decode(data["image/png"])
    picture, before = Image.open(io.BytesIO(small)), Image.open(plain)
    few, many = (len(p.convert("RGB").getcolors(1 << 20)) for p in (picture, before))
    assert few <= 128 < many
    assert picture.size == before.size and len(small) < plain.getbuffer().nbytes / 2
    assert not plt.fignum_exists(number), "closed, so that it is not shown a second time"
    ramp = plots.images([np.tile(np.linspace(0, 1, 400), (4, 1))[..., None].repeat(3, axis=-1)], size=5)
    figures.show_compact(ramp, alt="From black to white.", colours=8, smooth=True)
    dithered = np.array(Image.open(io.BytesIO(base64.b64decode(shown[1][0]["image/png"]))).convert("L"), float)
    steps = np.diff(dithered[dithered.shape[0] // 2, 20:-20])
    assert (steps < 0).any() and (steps > 0).any(), "neighbours are mixed, so that the ramp has no eight steps"
    with pytest.raises(ValueError, match="text alternative"):
        figures.show_compact(plt.figure(), alt=" ")
