"""Figures of maps: a panel a layer, and one scale where maps are compared."""

import numpy as np

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
