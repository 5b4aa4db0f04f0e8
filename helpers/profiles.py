"""The two profiles of every lesson: ``quick`` (the samples, seconds) and ``full`` (all data, minutes).

One environment variable, ``COURSE_PROFILE``, carries the choice, so that it reaches JupyterLab,
papermill, nbval and the book alike. Lessons read it through this module only.
"""

import os
from typing import TypeVar

VARIABLE = "COURSE_PROFILE"
PROFILES = ("quick", "full")
Value = TypeVar("Value")


def checked(name: str) -> str:
    """The name itself, if it is a profile.

    Raises:
        ValueError: for any other name; says where it came from and what is allowed.
    """
    if name not in PROFILES:
        raise ValueError(
            f"There is no profile {name!r}. Expected one of {', '.join(PROFILES)}; "
            f"set it with the environment variable {VARIABLE}, or leave that unset for 'quick'."
        )
    return name


def current() -> str:
    """The profile in force: the value of ``COURSE_PROFILE``, or ``"quick"`` where it is unset or empty."""
    return checked(os.environ.get(VARIABLE) or "quick")


def use(name: str) -> None:
    """Put a profile in force for this process and the processes it starts."""
    os.environ[VARIABLE] = checked(name)


def pick(*, quick: Value, full: Value) -> Value:
    """The value meant for the profile in force.

    >>> use("quick"); pick(quick=2, full=20)
    2
    """
    return {"quick": quick, "full": full}[current()]
