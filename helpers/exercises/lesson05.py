"""Exercises of lesson 05: flattened sizes, difference hashes, the order of a pipeline, CutMix by hand."""

import numpy as np

from helpers.exercises import Wrong, exercise, require, require_array, require_number, tried


@exercise(
    "Follow the side of the picture through the layers, one line each.",
    "A valid 3 × 3 convolution takes 2 from the side; a pooling halves it and drops what is left over.",
    "side = side - 2 for a convolution, side = side // 2 for a pooling; the last convolution has none behind it.",
)
def flattened(answer):
    """A function (side, widths) → how many values the published kind of network flattens."""
    cases = ((180, (32, 64, 128, 256, 256)), (32, (32, 64, 128)), (150, (32, 64, 128, 128)), (65, (8, 10)), (20, (7,)))
    for side, widths in cases:
        left = side
        for _ in widths[:-1]:
            left = (left - 2) // 2
        expected = (left - 2) ** 2 * widths[-1]
        call = f"flattened({side}, {widths})"
        found = require_number(tried(answer(side, widths)), call)
        pooled = ((left - 2) // 2) ** 2 * widths[-1]
        require(found != pooled or pooled == expected, f"{call}: there is no pooling behind the last convolution.")
        same = (side // 2 ** (len(widths) - 1)) ** 2 * widths[-1]
        require(found != same or same == expected, f"{call}: these convolutions are valid, each takes 2 from the side.")
        require(found == expected, f"{call} returned {found:,.0f}, which is not right.")
    return "The last layer's parameters are this number and one for the bias."


@exercise(
    "Compare each value with its left neighbour.",
    "Slices do it for all at once: grey[:, 1:] and grey[:, :-1].",
)
def brighter(answer):
    """A function (grey) → for a 2-D array, True where a value is larger than its left neighbour; one column less."""
    draw = np.random.default_rng(5)
    for shape in ((2, 3), (8, 9), (1, 5)):
        grey = draw.integers(0, 256, shape).astype(np.uint8)
        grey[0, 1] = grey[0, 0]  # equal is not brighter
        expected = grey[:, 1:] > grey[:, :-1]
        what = f"For a picture of {shape[0]} × {shape[1]} grey values"
        found = tried(answer(grey.copy()))
        try:
            array = np.asarray(found)
            values = array.astype(float)
        except (TypeError, ValueError):
            raise Wrong(f"{what}: expected an array of True and False, got a {type(found).__name__}.") from None
        require(array.dtype.kind in "biuf", f"{what}: expected an array of True and False, got {array.dtype}.")
        require(array.shape != (shape[0] - 1, shape[1]), f"{what}: rows and columns are swapped.")
        if array.shape == expected.shape:
            turned = (grey[:, 1:] < grey[:, :-1]).astype(float)
            require(not np.array_equal(values, turned), f"{what}: these are the places where it gets darker.")
            equal = (grey[:, 1:] >= grey[:, :-1]).astype(float)
            require(not np.array_equal(values, equal), f"{what}: a value equal to its neighbour is not brighter.")
            wrapped = (np.diff(grey, axis=1) > 0).astype(float)
            alike = np.array_equal(values, wrapped) and not np.array_equal(wrapped, expected)
            require(not alike, f"{what}: uint8 has no negative numbers, 3 - 5 is 254. Compare instead of subtracting.")
        require_array(values, expected.astype(float), what)
    return "Shrink a picture to 9 × 8 grey values first, and this is 64 bits of its hash."


STEPS = ("decode", "cache", "shuffle", "augment", "batch", "prefetch")
RULES = (  # earlier, later, why
    ("decode", "cache", "a cache of file names saves nothing: decode first"),
    ("cache", "augment", "whatever is changed before the cache is changed once and kept"),
    ("cache", "shuffle", "the cache would keep the first epoch's order for ever"),
    ("shuffle", "batch", "shuffling batches leaves the same pictures together"),
    ("decode", "augment", "there are no pixels to change before decoding"),
    ("decode", "batch", "files decode to pictures of different sizes, so they are decoded one by one"),
)


@exercise(
    "Ask of each step: does it cost the same in every epoch, and must it be new in every epoch?",
    "What never changes comes before the cache. What must be new comes behind it.",
    "Prefetching comes last, so that everything before it happens while the network computes.",
)
def order(answer):
    """The six steps of a training pipeline, in an order that works; a list or tuple of their names."""
    answer = list(tried(answer)) if isinstance(answer, np.ndarray | tuple) else tried(answer)
    require(
        isinstance(answer, list) and all(isinstance(step, str) for step in answer),
        "Expected a list of the six names.",
    )
    missing = [step for step in STEPS if step not in answer]
    require(not missing, f"{', '.join(missing)} does not occur.")
    require(len(answer) == len(STEPS), f"Expected each of the {len(STEPS)} steps once, found {len(answer)} entries.")
    for earlier, later, why in RULES:
        require(answer.index(earlier) < answer.index(later), f"“{later}” comes before “{earlier}”: {why}.")
    require(answer[-1] == "prefetch", f"“prefetch” is not last: “{answer[-1]}” would still be waited for.")
    return "Augmenting before or after batching both work; after is faster, for whole batches at once."


@exercise(
    "The target changes by the share of the picture that was covered.",
    "Copy the first picture, then write to result[top:top + height, left:left + width].",
    "share = height * width / (number of pixels); target = (1 - share) * first + share * second.",
)
def pasted(answer):
    """A function (a, b, target_a, target_b, top, left, height, width) → (picture, target) after pasting b over a."""
    draw = np.random.default_rng(7)
    for size, box in (((4, 4), (1, 2, 2, 1)), ((6, 5), (0, 0, 6, 5)), ((5, 8), (2, 3, 3, 4)), ((4, 6), (0, 0, 0, 3))):
        a, b = draw.random((2, *size, 3))
        one, two = np.array([1.0, 0.0]), np.array([0.2, 0.8])
        top, left, height, width = box
        expected = a.copy()
        expected[top : top + height, left : left + width] = b[top : top + height, left : left + width]
        share = height * width / (size[0] * size[1])
        call = f"pasted(…, {top}, {left}, {height}, {width}) on {size[0]} × {size[1]} pixels"
        before, given = a.copy(), b.copy()
        found = tried(answer(before, given, one.copy(), two.copy(), *box))
        require(isinstance(found, list | tuple) and len(found) == 2, f"{call}: expected (picture, target).")
        unchanged = np.array_equal(before, a) and np.array_equal(given, b)
        require(unchanged, f"{call} changed the picture it was given. Work on a copy.")
        require_array(found[0], expected, f"{call}, the picture")
        target = (1 - share) * one + share * two
        if np.shape(found[1]) == (2,) and 0 < share < 1:
            other = share * one + (1 - share) * two
            require(not np.allclose(found[1], other), f"{call}: the shares of the two targets are swapped.")
        require_array(found[1], target, f"{call}, the target")
    return "What is seen and what is asked for stay in step."
