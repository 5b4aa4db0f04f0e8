"""How a lesson begins: profile, seed, figure style, and one line that says how long it will take."""

from numbers import Integral

from helpers import plots, profiles
from helpers.backend import keras
from helpers.opening import Opening, measured_minutes


def start(name: str, *, profile: str, seed: int) -> Opening:
    """Begin a lesson: put the profile in force, seed Python, NumPy and TensorFlow, set the figure style.

    Args:
        name: the notebook's file name without ending, for instance ``"03_fashion_mnist"``.
        profile: ``"quick"`` or ``"full"``.
        seed: a whole number from 0 to 2**32 − 1.

    Raises:
        ValueError: for an unknown profile or a seed that is no such number.
    """
    profiles.use(profile)
    keras.utils.set_random_seed(checked_seed(seed))
    plots.use_course_style()
    return Opening(name, profile, seed, measured_minutes(name))


def checked_seed(seed: object) -> int:
    """The seed itself if NumPy and TensorFlow both take it, otherwise a ``ValueError`` that says so."""
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise ValueError(f"The seed must be a whole number from 0 to {2**32 - 1}, found {seed!r}.")
    return int(seed)
