"""Answers to the exercises of lesson 05: right ones written differently, plausible wrong ones."""

import numpy as np


def flat(side, widths):
    for _ in range(len(widths) - 1):
        side = (side - 2) // 2
    return (side - 2) ** 2 * widths[-1]


def flat_by_layers(side, widths):
    for i, width in enumerate(widths):
        side -= 2
        if i < len(widths) - 1:
            side //= 2
        values = side * side * width
    return np.int64(values)


def paste(a, b, one, two, top, left, height, width):
    result = a.copy()
    result[top : top + height, left : left + width] = b[top : top + height, left : left + width]
    share = height * width / (a.shape[0] * a.shape[1])
    return result, (1 - share) * one + share * two


def paste_by_mask(a, b, one, two, top, left, height, width):
    rows, columns = np.arange(a.shape[0])[:, None], np.arange(a.shape[1])[None]
    mask = (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)
    return [np.where(mask[..., None], b, a), (one + mask.mean() * (two - one)).tolist()]


def in_place(a, b, one, two, top, left, height, width):
    a[top : top + height, left : left + width] = b[top : top + height, left : left + width]
    share = height * width / (a.shape[0] * a.shape[1])
    return a, (1 - share) * one + share * two


RIGHT = [
    ("flattened", flat),
    ("flattened", flat_by_layers),
    ("flattened", lambda side, widths: float(flat(side, widths))),
    ("brighter", lambda g: g[:, 1:] > g[:, :-1]),
    ("brighter", lambda g: np.diff(g.astype(int), axis=1) > 0),
    ("brighter", lambda g: [[int(row[i + 1] > row[i]) for i in range(len(row) - 1)] for row in g]),
    ("order", ["decode", "cache", "shuffle", "batch", "augment", "prefetch"]),
    ("order", ("decode", "cache", "shuffle", "augment", "batch", "prefetch")),
    ("order", ["decode", "cache", "augment", "shuffle", "batch", "prefetch"]),
    ("order", np.array(["decode", "cache", "shuffle", "augment", "batch", "prefetch"])),
    ("pasted", paste),
    ("pasted", paste_by_mask),
]
WRONG = [
    (
        "flattened",
        lambda side, widths: ((flat(side, widths) // widths[-1]) ** 0.5 // 2) ** 2 * widths[-1],
        "no pooling",
    ),
    ("flattened", lambda side, widths: (side // 2 ** (len(widths) - 1)) ** 2 * widths[-1], "valid"),
    ("flattened", lambda side, widths: flat(side, widths) + 1, "not right"),
    ("flattened", lambda side, widths: flat(side, widths) // widths[-1], "not right"),
    ("flattened", lambda side, widths: "12,544", "expected a number"),
    ("flattened", lambda side: side, "raised TypeError"),
    ("brighter", lambda g: g[:, 1:] < g[:, :-1], "darker"),
    ("brighter", lambda g: g[:, 1:] >= g[:, :-1], "equal to its neighbour"),
    ("brighter", lambda g: np.diff(g, axis=1) > 0, "uint8 has no negative numbers"),
    ("brighter", lambda g: g[1:] > g[:-1], "rows and columns are swapped"),
    ("brighter", lambda g: (g[:, 1:] > g[:, :-1]).ravel(), "expected shape"),
    ("brighter", lambda g: g.mean() < g, "expected shape"),
    ("brighter", lambda g: {"a": 1}, "expected an array"),
    ("brighter", lambda g: (g[:, 1:] > g[:, :-1]).astype(int).astype(str), "True and False"),
    ("order", ["decode", "augment", "cache", "shuffle", "batch", "prefetch"], "changed once and kept"),
    ("order", ["decode", "shuffle", "cache", "batch", "augment", "prefetch"], "order for ever"),
    ("order", ["cache", "decode", "shuffle", "batch", "augment", "prefetch"], "decode first"),
    ("order", ["decode", "cache", "batch", "shuffle", "augment", "prefetch"], "shuffling batches"),
    ("order", ["decode", "cache", "shuffle", "batch", "prefetch", "augment"], "not last"),
    ("order", ["decode", "cache", "shuffle", "batch", "prefetch"], "augment does not occur"),
    ("order", ["decode", "cache", "shuffle", "batch", "augment", "prefetch", "prefetch"], "7 entries"),
    ("order", "decode, cache", "Expected a list"),
    ("order", 3, "Expected a list"),
    ("pasted", in_place, "changed the picture it was given"),
    ("pasted", lambda *a: (paste(*a)[0], a[2]), "the target"),
    (
        "pasted",
        lambda a, b, one, two, *box: (paste(a, b, one, two, *box)[0], paste(a, b, two, one, *box)[1]),
        "swapped",
    ),
    ("pasted", lambda *a: (a[0].copy(), paste(*a)[1]), "the picture"),
    ("pasted", lambda a, b, o, t, top, left, h, w: paste(a, b, o, t, left, top, w, h), "the picture"),
    ("pasted", lambda *a: paste(*a)[0], r"expected \(picture, target\)"),
    ("pasted", lambda *a: 3, r"expected \(picture, target\)"),
]
