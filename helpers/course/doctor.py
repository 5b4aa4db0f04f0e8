"""``python -m helpers doctor``: look at the machine, name each problem and say what to do about it.

Only the standard library, so that it can speak before anything is installed. What needs the packages
(speed, data) is asked of other processes: a TensorFlow that crashes cannot take the doctor with it.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from helpers import paths, profiles
from helpers.course import setup
from helpers.course.machine import (
    BF16_FEATURES,
    cores,
    cpu_name,
    features,
    features_are_known,
    gpus,
    machine,
    memory,
)

__all__ = ["Problem", "machine", "main"]

SHOWN_VERSIONS = ("tensorflow", "keras", "numpy", "scipy", "matplotlib", "jupyterlab", "papermill", "pytest")
ENOUGH_DISK = 2 * 10**9
ENOUGH_DISK_FULL = 8 * 10**9  # lessons 06 and 07 keep 4 GB of features, the data and kept trainings take 3
ENOUGH_MEMORY = 3 * 2**30
ENOUGH_MEMORY_FULL = 9 * 2**30  # lesson 07 holds its kept features while it trains


class Problem(NamedTuple):
    """Something that will hurt: what it is, what to do, and whether the lessons cannot run with it."""

    what: str
    todo: str
    serious: bool = True


def main(argv: Sequence[str]) -> int:
    """Look at this machine and at the course; exit code 1 if something keeps the lessons from running."""
    parser = argparse.ArgumentParser(prog="python -m helpers doctor", description=main.__doc__)
    parser.add_argument("--no-measurement", action="store_true", help="leave out the ten seconds of measuring")
    asked = parser.parse_args(argv)
    complete = setup.is_complete_here()
    problems = [*system_problems(), *setting_problems(os.environ)]
    _section("Machine", describe_machine())
    _section("Packages", describe_packages())
    if complete:
        problems += version_problems(locked_versions(setup.LOCK.read_text("utf-8")), installed_version)
        _section("Data", _ask_helpers("data", problems))
        if not asked.no_measurement:
            print("\nMeasuring for a few seconds …", flush=True)
            _section("Speed", measured(problems))
    else:
        problems.append(
            Problem(
                "The course's packages are not installed (or no longer those of requirements.lock).",
                "Type `make run`, or `python -m helpers run`; the first call installs them.",
            )
        )
    _section("Problems", [f"{p.what}\n    → {p.todo}" for p in problems] or ["none found"])
    return int(any(p.serious for p in problems))


def _section(title: str, lines: Sequence[str]) -> None:
    print(f"\n{title}" if title != "Machine" else title)
    print("\n".join("  " + line for line in lines), flush=True)


def describe_machine() -> list[str]:
    """Lines about the hardware and the system."""
    total, free = memory()
    has = features()
    bf16 = any(name in has for name in BF16_FEATURES)
    known = ", ".join(has) or ("none of those that matter here" if features_are_known() else "unknown")
    return [
        f"processor  {cpu_name()}, {cores()} cores; {known}",
        f"precision  {'bfloat16 in hardware: lessons may train in it' if bf16 else 'fp32 (no bfloat16)'}",
        f"memory     {_gigabytes(total)}, free {_gigabytes(free)}",
        f"GPU        {', '.join(gpus()) or 'none; the course needs none'}",
        f"disk       {_gigabytes(shutil.disk_usage(paths.ROOT).free)} free where the course lies",
        f"system     {platform.system()} {platform.release()}, {platform.machine()}",
    ]


def _gigabytes(number: int | None) -> str:
    return "unknown" if number is None else f"{number / 2**30:.1f} GiB"


def describe_packages() -> list[str]:
    """Lines about Python and the packages that matter most."""
    found = {name: installed_version(name) for name in SHOWN_VERSIONS}
    words = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    return [f"Python {platform.python_version()}", words or "none installed"]


def installed_version(name: str) -> str | None:
    """Version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def locked_versions(lock: str) -> dict[str, set[str]]:
    """Package → versions that the lock's text allows (more than one where Python versions differ)."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions


def version_problems(locked: Mapping[str, set[str]], installed) -> list[Problem]:
    """A problem if packages differ from the lock; ``installed`` gives a package's version or None."""
    wrong = [
        f"{name} {found} (expected {' or '.join(sorted(allowed))})"
        for name, allowed in locked.items()
        if (found := installed(name)) is not None and found not in allowed
    ]
    if not wrong:
        return []
    more = f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""
    return [
        Problem(
            f"Packages differ from requirements.lock: {', '.join(wrong[:4])}{more}.",
            "Results may differ. Remove the folder .venv and type `make run` to have the exact ones.",
            serious=False,
        )
    ]


def _shortage(what: str, free: int | None, limits: Sequence[tuple[int, str, bool]]) -> list[Problem]:
    """The first limit (bytes, what to do, serious or not) that the free bytes stay below; none if they are unknown."""
    if free is None:
        return []
    short = [(todo, serious) for limit, todo, serious in limits if free < limit]
    return [Problem(f"Only {_gigabytes(free)} of {what} are free.", *first) for first in short[:1]]


def system_problems() -> list[Problem]:
    """What the machine lacks."""
    make_room = "Make room: at least 2 GB for the results."
    features_too = "That is enough for the quick profile; the full one needs 8 GB, half of it for kept features."
    close_others = "Close other programs and other notebooks' kernels; a lesson needs up to 3 GiB."
    lesson07_too = "That is enough for the quick profile; in the full one, lesson 07 needs 9 GiB."
    disk = (ENOUGH_DISK, make_room, True), (ENOUGH_DISK_FULL, features_too, False)
    ram = (ENOUGH_MEMORY, close_others, False), (ENOUGH_MEMORY_FULL, lesson07_too, False)
    problems = _shortage("disk", shutil.disk_usage(paths.ROOT).free, disk) + _shortage("memory", memory()[1], ram)
    if features_are_known() and platform.machine() in ("x86_64", "AMD64") and "AVX2" not in features():
        problems.append(
            Problem(
                "This processor has no AVX2.",
                "TensorFlow may stop with an illegal instruction, or be slow; use a newer machine.",
            )
        )
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        problems.append(
            Problem(
                "TensorFlow has no packages for Macs with Intel processors.",
                "Use another machine, or Linux in a container.",
            )
        )
    if not _writable(paths.cache()):
        problems.append(
            Problem(
                f"The cache {paths.cache()} cannot be written.",
                "Give yourself the right to write there, or set COURSE_CACHE to another folder.",
            )
        )
    return problems


def _writable(folder: Path) -> bool:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)


def setting_problems(environment: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the course's environment variables."""
    problems = []
    profile = environment.get(profiles.VARIABLE)
    if profile and profile not in profiles.PROFILES:
        problems.append(
            Problem(
                f"{profiles.VARIABLE} is {profile!r}, which is no profile.",
                f"Set it to one of {', '.join(profiles.PROFILES)}, or remove it.",
            )
        )
    data = environment.get("COURSE_DATA")
    if data and not paths.from_root(data).is_dir():
        problems.append(
            Problem(
                f"COURSE_DATA is {data!r}, and there is no such folder.",
                "Correct it or remove it; without it the course uses its samples and its cache.",
                serious=False,
            )
        )
    return problems


def measured(problems: list[Problem]) -> list[str]:
    """Lines about speed and expected times; adds a problem if TensorFlow does not run."""
    answer = _ask([sys.executable, "-m", "helpers.course.speed"], timeout=180)
    if answer.returncode:
        said = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        problems.append(
            Problem(
                f"TensorFlow does not run here: {said}",
                "Remove the folder .venv and type `make run`; if it stays so, report it with this output.",
            )
        )
        return ["could not be measured"]
    result = json.loads(answer.stdout.splitlines()[-1])
    if gpus() and not result["gpus"]:
        problems.append(
            Problem(
                "There is an NVIDIA GPU, but TensorFlow does not see it.",
                "The lessons run well without it; `tensorflow[and-cuda]` in .venv lets them use it.",
                serious=False,
            )
        )
    head = f"{result['gflops']:.0f} GFLOP/s in training a convolution (fp32), {len(result['gpus'])} GPUs in use"
    return [head, *result["table"].splitlines()]


def _ask_helpers(command: str, problems: list[Problem]) -> list[str]:
    answer = _ask([sys.executable, "-m", "helpers", command], timeout=120)
    if answer.returncode == 0:
        return answer.stdout.splitlines()
    lines = answer.stdout.splitlines()
    said = (answer.stderr.strip().splitlines() or lines or ["no reason given"])[-1].strip()
    problems.append(Problem(f"`python -m helpers {command}` fails: {said}", "Its own output says more.", serious=False))
    return lines or ["could not be listed"]


def _ask(command: Sequence[str], timeout: int) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=paths.ROOT)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {timeout} s")
