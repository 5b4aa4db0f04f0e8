"""Exercises of lesson 07: a corrected moving average, what McNemar's test counts, the order of fine-tuning."""

import numpy as np

from helpers.exercises import exercise, require, require_array, require_number, tried


@exercise(
    "Keep one running mean that begins at 0, and correct what you return, not what you keep.",
    "mean = factor * mean + (1 - factor) * value; then append mean / (1 - factor ** n).",
)
def corrected(answer):
    """A function (values, factor) → the exponential moving average that begins at 0, corrected; a list."""
    for values, factor in (([1.0, 2.0, 3.0], 0.8), ([5.0], 0.9), ([0.5, 0.7, 0.6, 0.9, 0.8], 0.5), ([2.0] * 6, 0.95)):
        mean, expected, plain = 0.0, [], []
        for n, value in enumerate(values, 1):
            mean = factor * mean + (1 - factor) * value
            plain.append(mean)
            expected.append(mean / (1 - factor**n))
        started = [values[0]]
        for value in values[1:]:
            started.append(factor * started[-1] + (1 - factor) * value)
        what = f"corrected({values}, {factor})"
        found = tried(answer(list(values), factor))
        if np.shape(found) == (len(values),):
            require(not np.allclose(found, plain), f"{what}: not divided by 1 − factorⁿ yet.")
            alike = np.allclose(found, started) and not np.allclose(started, expected)
            require(not alike, f"{what}: this begins at the first value. Begin at 0, and divide.")
        require_array(found, expected, what)
    return "Adam corrects its two running means in the same way."


@exercise(
    "Pictures that both got right, or both wrong, say nothing about which is better.",
    "With arrays of True and False: (first & ~second).sum().",
)
def discordant(answer):
    """A function (first, second) → (right in the first only, right in the second only)."""
    draw = np.random.default_rng(7)
    for count in (5, 40, 200):
        first, second = ((draw.random(count) < share).astype(int) for share in (0.7, 0.9))
        first[:2], second[:2] = (1, 0), (0, 1)
        expected = int((first > second).sum()), int((second > first).sum())
        call = f"For {count} pictures"
        found = tried(answer(first.tolist(), second.tolist()))
        require(isinstance(found, list | tuple) and len(found) == 2, f"{call}: expected (only_first, only_second).")
        pair = tuple(require_number(value, call) for value in found)
        require(pair != expected[::-1] or expected[0] == expected[1], f"{call}: the two numbers are swapped.")
        both = (int(first.sum()), int(second.sum()))
        require(pair != both or both == expected, f"{call}: these count all right answers, not only those of one.")
        require(pair == expected, f"{call}: {found} is not right.")
    return "The whole test looks at these two numbers only."


STEPS = ("new head", "freeze the base", "compile", "train the head", "unfreeze block 5", "compile again",
         "train both slowly")  # fmt: skip
RULES = (
    ("new head", "train the head", "there is no head to train yet"),
    ("new head", "compile", "what is compiled must be complete"),
    ("freeze the base", "compile", "`compile` fixes what is trained"),
    ("compile", "train the head", "nothing is trained before it is compiled"),
    (
        "train the head",
        "unfreeze block 5",
        "the head needs a higher rate than block 5 bears, so it has a stage of its own",
    ),
    ("unfreeze block 5", "compile again", "a changed `trainable` counts from the next `compile` on"),
    ("compile again", "train both slowly", "without it, block 5 stays as it is"),
)


@exercise(
    "What must be true before the next step has any effect?",
    "`compile` comes directly behind each change of what is trainable.",
)
def order(answer):
    """The seven steps of fine-tuning, in an order that works; a list or tuple of their names."""
    tried(answer)
    require(
        isinstance(answer, list | tuple) and all(isinstance(step, str) for step in answer),
        "Expected a list of the seven names.",
    )
    missing = [step for step in STEPS if step not in answer]
    require(not missing, f"“{missing[0] if missing else ''}” does not occur.")
    require(len(answer) == len(STEPS), f"Expected each of the {len(STEPS)} steps once, found {len(answer)} entries.")
    for earlier, later, why in RULES:
        require(answer.index(earlier) < answer.index(later), f"“{later}” comes before “{earlier}”: {why}.")
    return "Head first, then both, slowly: each stage has a rate of its own."
