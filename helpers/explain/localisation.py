"""Is a heat map where the object is? Scores against an exact mask, and maps that know nothing to compare with."""

import numpy as np

from helpers.training import wilson


def _pair(maps: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    maps, masks = np.asarray(maps, float), np.asarray(masks, bool)
    if maps.ndim != 3 or maps.shape != masks.shape:
        raise ValueError(f"maps and masks must both have the shape (N, H, W), found {maps.shape} and {masks.shape}.")
    if not maps.size:
        raise ValueError(f"There is nothing to score: found maps of shape {maps.shape}, expected at least one picture.")
    if not np.isfinite(maps).all() or maps.min() < 0:
        found = f"values from {maps.min():g} to {maps.max():g}"
        raise ValueError(f"maps must be finite and not negative, found {found}. Cut negative heat at 0 first.")
    if not masks.any(axis=(1, 2)).all():
        empty = np.flatnonzero(~masks.any(axis=(1, 2)))
        raise ValueError(
            f"{len(empty)} masks are empty, the first is number {empty[0]}. Every picture needs an object."
        )
    return maps, masks


def pointing_game(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Does the hottest pixel lie on the object?

    Args:
        maps: (N, H, W), not negative.
        masks: bool (N, H, W), True on the object.

    Returns:
        float (N,): 1 for a hit, 0 for a miss. If several pixels are equally hot, the share of them on the object; a
        map of zeros is a miss.

    Raises:
        ValueError: as for :func:`scores`.
    Source: Zhang and others, "Top-down neural attention by excitation backprop", 2016 (arXiv 1608.00507), without
    their tolerance of 15 pixels.
    """
    maps, masks = _pair(maps, masks)
    top = maps.max(axis=(1, 2), keepdims=True)
    hottest = (maps == top) & (top > 0)
    counts = hottest.sum(axis=(1, 2))
    return np.divide((hottest & masks).sum(axis=(1, 2)), counts, out=np.zeros(len(maps)), where=counts > 0)


def energy_inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The energy-based pointing game: which share of the heat lies on the object; 0 for a map of zeros.

    Shapes and errors as in :func:`pointing_game`.

    Source: Wang and others, "Score-CAM", 2020 (arXiv 1910.01279), with an exact mask instead of a box.
    """
    maps, masks = _pair(maps, masks)
    total = maps.sum(axis=(1, 2))
    return np.divide((maps * masks).sum(axis=(1, 2)), total, out=np.zeros(len(maps)), where=total > 0)


def area_share(masks: np.ndarray) -> np.ndarray:
    """Which share of each picture the object covers: what heat spread evenly would score; (N, H, W) → (N,)."""
    return np.asarray(masks, bool).mean(axis=(1, 2))


def centred_gaussian(shape: tuple[int, int, int], spread: float = 0.25) -> np.ndarray:
    """The control that looks at no picture: heat in the middle, (N, H, W).

    Args:
        shape: N, H, W.
        spread: standard deviation as a share of the picture's side.
    """
    if not spread > 0:
        raise ValueError(f"spread is a share of the picture's side above 0, found {spread!r}.")
    count, height, width = shape
    rows, columns = ((np.arange(n) + 0.5) / n - 0.5 for n in (height, width))
    one = np.exp(-(rows[:, None] ** 2 + columns[None] ** 2) / (2 * spread**2))
    return np.broadcast_to(one, (count, height, width))


def interval_of_mean(values: np.ndarray, seed: int = 0, draws: int = 2000) -> tuple[float, float]:
    """A 95 % interval for the mean of (N,) values, by drawing them again with replacement (bootstrap).

    Source: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979.
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"values: expected one number per picture, found shape {values.shape}.")
    rows = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    low, high = np.quantile(values[rows].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def scores(maps: np.ndarray, masks: np.ndarray) -> dict[str, float]:
    """All scores of a method over many pictures, with 95 % intervals; rates and shares are fractions.

    Args:
        maps: (N, H, W), finite and not negative.
        masks: bool (N, H, W), each with at least one True.

    Raises:
        ValueError: for other shapes, heat that is negative or not finite, no pictures, or an empty mask.

    Returns:
        ``hit_rate`` with Wilson's ``hit_low`` and ``hit_high``; ``energy``, the mean share of heat inside, with
        ``energy_low`` and ``energy_high``; ``area``, the mean share of the object; ``energy_ratio``, energy by area;
        ``pictures``; ``zero``, how many of the maps are zero everywhere.
    """
    hits, energy, area = pointing_game(maps, masks), energy_inside(maps, masks), area_share(masks)
    hit_low, hit_high = wilson(float(hits.mean()), len(hits))
    energy_low, energy_high = interval_of_mean(energy)
    return {
        "hit_rate": float(hits.mean()),
        "hit_low": hit_low,
        "hit_high": hit_high,
        "energy": float(energy.mean()),
        "energy_low": energy_low,
        "energy_high": energy_high,
        "area": float(area.mean()),
        "energy_ratio": float(energy.mean() / area.mean()),
        "pictures": len(hits),
        "zero": int((np.asarray(maps).max(axis=(1, 2)) <= 0).sum()),
    }
