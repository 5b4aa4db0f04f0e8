"""Exercises that check themselves: an empty cell, ``check``, ``hint``, and a collapsed solution cell.

One module a lesson (``lesson01`` …) holds its exercises: functions that look at an answer, decorated
with :func:`exercise`. A check looks at what an answer *does*, with values of its own choosing, so that
differently written right answers pass and plausible wrong ones do not. It never grades an accuracy.

    @exercise("Think of the last place where the window still fits.", "Integer division floors.")
    def output_size(answer):
        '''A function (n, k, p, s) that returns the length of the output.'''
        for n, k, p, s in ((28, 3, 0, 1), (28, 5, 2, 3)):
            found = answer(n, k, p, s)
            require(found == ..., f"For n={n}, k={k} … your function returned {found}.")
        return "Also where the stride does not divide evenly."

The solution is a cell of the notebook, so it is read where it is needed and proved by every run.
"""

from collections.abc import Callable
from html import escape

import numpy as np

_LOOK = {  # sign, border colour (both readable on white and on black)
    "right": ("✓", "#1b7f4d"),
    "wrong": ("✗", "#b5482a"),
    "not tried yet": ("○", "#77808a"),
    "hint": ("→", "#3a6ea5"),
}


class Wrong(Exception):
    """Raised by a check; its message tells the learner what is wrong, not what the answer is."""


def require(condition: object, message: str) -> None:
    """Raise :class:`Wrong` with the message unless the condition holds."""
    if not condition:
        raise Wrong(message)


def require_array(found: object, expected: object, what: str, *, tolerance: float = 1e-6) -> None:
    """Require that ``found`` is an array (or list) with the shape and the values of ``expected``.

    Says which of type, shape and value is wrong, and where the first wrong value stands.
    """
    expected = np.asarray(expected)
    try:
        array = np.asarray(found, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"{what}: expected numbers of shape {expected.shape}, got {_kind(found)}.") from None
    require(array.shape == expected.shape, f"{what}: expected shape {expected.shape}, got {array.shape}.")
    off = np.argwhere(~(np.abs(array - expected) <= tolerance))
    if len(off):
        place = tuple(int(i) for i in off[0])
        raise Wrong(f"{what}: {len(off)} of {expected.size} values differ, the first at index {place}.")


def require_number(found: object, what: str) -> float:
    """The answer as a float; :class:`Wrong` if it is no real number (a bool is none).

    An array or a tensor without axes counts: it is what NumPy and TensorFlow give for a single number.
    """
    try:
        value = np.asarray(found)
    except (TypeError, ValueError):
        value = np.asarray(None)
    if value.ndim or value.dtype.kind not in "iuf":
        raise Wrong(f"{what}: expected a number, got {_kind(found)}.")
    return float(value)


def require_pair(found: object, what: str) -> tuple:
    """The two parts of the answer; :class:`Wrong` if it is no tuple, list or array of two."""
    listed = isinstance(found, tuple | list) or (isinstance(found, np.ndarray) and found.ndim)
    require(listed and len(found) == 2, f"Expected a pair {what}, got {_kind(found)}.")
    return tuple(found)


def _kind(value: object) -> str:
    return f"{value!r:.40} (a {type(value).__name__})"


class Feedback:
    """What a check or a hint says. True only if the answer was right."""

    def __init__(self, status: str, message: str) -> None:
        self.status = status
        self.message = message

    def __bool__(self) -> bool:
        return self.status == "right"

    def __repr__(self) -> str:
        return f"{_LOOK[self.status][0]} {self.status.capitalize()}: {self.message}"

    def _repr_html_(self) -> str:
        sign, colour = _LOOK[self.status]
        return (
            f'<div style="border-left:4px solid {colour};padding:.3em .8em">'
            f"<strong>{sign} {self.status.capitalize()}.</strong> {escape(self.message)}</div>"
        )


class Exercise:
    """One exercise: ``check(answer)`` and ``hint()``, ``hint(2)`` … from vague to plain."""

    def __init__(self, checker: Callable[..., str], hints: tuple[str, ...]) -> None:
        self.name = checker.__name__
        self.hints = hints
        self.__doc__ = checker.__doc__
        self._checker = checker

    def check(self, *answer: object) -> Feedback:
        """Look at an answer. ``...`` or ``None`` in any place counts as not tried yet."""
        if not answer or any(part is ... or part is None for part in answer):
            return self._untried()
        try:
            return Feedback("right", self._checker(*answer))
        except Wrong as wrong:
            return Feedback("wrong", str(wrong))
        except NotTried:
            return self._untried()
        except Exception as error:  # the learner's own code failed: show it, never a traceback of ours
            return Feedback("wrong", f"Your answer raised {type(error).__name__}: {error}")

    def hint(self, number: int = 1) -> Feedback:
        """The hint of that number, counted from 1."""
        if number not in range(1, len(self.hints) + 1):
            return Feedback("hint", f"This exercise has hints 1 to {len(self.hints)}.")
        more = f" (hint({number + 1}) says more)" if number < len(self.hints) else ""
        return Feedback("hint", self.hints[number - 1] + more)

    def _untried(self) -> Feedback:
        return Feedback("not tried yet", f"Fill in the cell above. {self.name}.hint() helps.")


class NotTried(Exception):
    """Raised when the learner's function is still the empty one from the prompt."""


def tried(value: object) -> object:
    """The value a learner's function returned; :class:`NotTried` if it is still ``None`` or ``...``."""
    if value is None or value is ...:
        raise NotTried
    return value


def exercise(*hints: str) -> Callable[[Callable[..., str]], Exercise]:
    """Turn a checking function into an :class:`Exercise` with these hints, vaguest first.

    The function takes the answer, raises :class:`Wrong` (best through :func:`require`) or returns one
    sentence of praise that says what was understood.
    """
    if not hints:
        raise ValueError("An exercise needs at least one hint.")
    return lambda checker: Exercise(checker, hints)
