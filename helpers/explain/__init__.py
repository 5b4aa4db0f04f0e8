"""Looking inside a network: what its layers answer, what they look for, and where they find it.

Lesson 08 shows the activations, lesson 09 the heat maps with their scores; each writes the idea out before it uses
this package. A heat map is a claim about a network, so the package holds what it takes to doubt one: exact scores,
maps that know nothing, and weights that were lost.
"""

from helpers.explain.activations import activations, likeness, mosaic, silent
from helpers.explain.heat import Heat, grad_cam, guided_gradients, layer_cam, plain_gradients
from helpers.explain.layers import convolutions
from helpers.explain.localisation import area_share, centred_gaussian, energy_inside, pointing_game, scores
from helpers.explain.randomise import random_weights, rank_correlation, weighted

__all__ = [
    "Heat",
    "activations",
    "area_share",
    "centred_gaussian",
    "convolutions",
    "energy_inside",
    "grad_cam",
    "guided_gradients",
    "layer_cam",
    "likeness",
    "mosaic",
    "plain_gradients",
    "pointing_game",
    "random_weights",
    "rank_correlation",
    "scores",
    "silent",
    "weighted",
]
