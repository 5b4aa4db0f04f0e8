"""Answers to the exercises of lesson 09: right ones written differently, plausible wrong ones."""

import numpy as np


def cam(maps, slopes):
    heat = np.maximum((slopes.mean(axis=(0, 1)) * maps).sum(axis=-1), 0)
    return heat / heat.max() if heat.max() > 0 else heat


def cam_by_loop(maps, slopes):
    heat = sum(slopes[..., k].mean() * maps[..., k] for k in range(maps.shape[-1])).clip(0)
    return (heat / max(heat.max(), 1e-12)).tolist()


def energy(maps, masks):
    total = maps.sum(axis=(1, 2))
    return ((maps * masks).sum(axis=(1, 2)) / np.where(total > 0, total, 1)).mean() / masks.mean()


def energy_by_loop(maps, masks):
    shares = [one[mask].sum() / one.sum() if one.any() else 0 for one, mask in zip(maps, masks, strict=True)]
    return float(np.mean(shares) / np.mean([mask.mean() for mask in masks]))


def step(pictures, slopes, rate):
    length = np.sqrt((slopes**2).sum(axis=(1, 2, 3), keepdims=True))
    return np.clip(pictures + rate * slopes / np.where(length > 0, length, 1), 0, 1)


def step_by_loop(pictures, slopes, rate):
    return [np.clip(p + rate * s / max(np.linalg.norm(s), 1e-12), 0, 1) for p, s in zip(pictures, slopes, strict=True)]


def in_place(pictures, slopes, rate):
    pictures[:] = step(pictures, slopes, rate)
    return pictures


def no_guard(maps, slopes):
    heat = np.maximum((slopes.mean(axis=(0, 1)) * maps).sum(axis=-1), 0)
    return heat / heat.max()


def each_place(maps, slopes):
    heat = np.maximum((slopes * maps).sum(axis=-1), 0)
    return heat / heat.max() if heat.max() > 0 else heat


def unguarded_energy(maps, masks):
    return ((maps * masks).sum(axis=(1, 2)) / maps.sum(axis=(1, 2))).mean() / masks.mean()


def unguarded_step(pictures, slopes, rate):
    return np.clip(pictures + rate * slopes / np.sqrt((slopes**2).sum(axis=(1, 2, 3), keepdims=True)), 0, 1)


RIGHT = [
    ("cam", cam),
    ("cam", cam_by_loop),
    ("energy", energy),
    ("energy", energy_by_loop),
    ("step", step),
    ("step", step_by_loop),
]
WRONG = [
    ("cam", lambda m, s: np.maximum((s.mean(axis=(0, 1)) * m).sum(axis=-1), 0), "largest value must be 1"),
    ("cam", lambda m, s: (s.mean(axis=(0, 1)) * m).sum(axis=-1), "negative heat"),
    ("cam", each_place, "own weight"),
    ("cam", no_guard, "NaN"),
    ("cam", lambda m, s: cam(m, s)[None], "expected shape"),
    ("cam", lambda m, s: "hot", "expected numbers"),
    ("energy", lambda m, k: (m * k).sum() / m.sum() / k.mean(), "much heat decides"),
    ("energy", lambda m, k: energy(m, k) * k.mean(), "divide it by that of the area"),
    ("energy", unguarded_energy, "no number"),
    ("energy", lambda m, k: energy(m[m.any(axis=(1, 2))], k[m.any(axis=(1, 2))]), "still counts"),
    ("energy", lambda m, k: [1], "expected a number"),
    ("step", lambda p, s, r: step(p, -s, r), "downhill"),
    ("step", lambda p, s, r: np.clip(p + r * s / np.sqrt((s**2).sum()), 0, 1), "length of its own"),
    ("step", lambda p, s, r: p + 9 * (step(p, s, r) - p), "clip"),
    ("step", unguarded_step, "0 / 0"),
    ("step", in_place, "Work on a copy"),
    ("step", lambda p, s, r: step(p, s, r)[0], "expected shape"),
    ("step", lambda p, s, r: "up", "expected numbers"),
]
