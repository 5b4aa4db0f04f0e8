"""The course's environment: ``.venv`` with the packages of ``requirements.lock``, made once.

Only the standard library. A file in ``.venv`` remembers what was installed; as long as the lock, the
project file and the folder stay the same, set-up has nothing to do.
"""

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.errors import CourseError
from helpers.paths import BUILD, ROOT

VENV = ROOT / ".venv"
STAMP = VENV / ".course-ready"
LOCK = ROOT / "requirements.lock"
LOG = BUILD / "setup.log"
NEEDED_BYTES = 4 * 10**9  # 2.4 GB of packages, their compiled code, and room to unpack
_WITNESSES = ("tensorflow", "papermill", "jupyterlab", "pytest", "cnn-course-helpers")
_UNREACHABLE = (
    "connection",
    "ConnectTimeout",
    "Max retries",
    "No matching distribution",
    "ProxyError",
    "unreachable",
)


def main(argv: Sequence[str]) -> int:
    """``python -m helpers setup``: make the environment if it is missing or out of date."""
    argparse.ArgumentParser(prog="python -m helpers setup", description=main.__doc__).parse_args(argv)
    if is_ready():
        print("The course is set up; nothing to do.")
    ensure()
    return 0


def venv_python() -> Path:
    """The interpreter of ``.venv``, whether or not it exists."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint() -> str:
    """What an environment depends on: the lock, how `helpers` is packaged, and where the course lies.

    The settings of ruff and pytest stand in pyproject.toml too; changing them installs nothing again.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packaging = [project.get("build-system"), project.get("project"), project.get("tool", {}).get("setuptools")]
    parts = [str(ROOT), LOCK.read_text("utf-8"), json.dumps(packaging, sort_keys=True)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_ready() -> bool:
    """True if ``.venv`` was made from the present lock, project file and folder."""
    return STAMP.exists() and venv_python().exists() and STAMP.read_text("utf-8").strip() == fingerprint()


def is_complete_here() -> bool:
    """True if this interpreter can run the course: an up-to-date ``.venv``, or conda, Binder, a container."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return is_ready()
    # The repository itself is left out: it may hold metadata of `helpers` that another environment wrote.
    places = [p for p in sys.path if p and Path(p).resolve() != ROOT]
    return all(next(iter(importlib.metadata.distributions(name=name, path=places)), None) for name in _WITNESSES)


def ensure() -> Path:
    """Make the environment unless it is ready, and return its interpreter.

    Raises:
        CourseError: if it cannot be made; says in one sentence why and what to do.
    """
    if not is_ready():
        make()
    return venv_python()


def make() -> None:
    """Make ``.venv``, install the locked packages byte-compiled, then ``helpers``, then write the stamp."""
    began = time.monotonic()
    check_disk(shutil.disk_usage(ROOT).free)
    uv = shutil.which("uv")
    if not uv:
        check_modules(lambda name: importlib.util.find_spec(name) is not None)
    try:
        STAMP.unlink(missing_ok=True)
        BUILD.mkdir(exist_ok=True)
        LOG.write_text("", "utf-8")
    except OSError as error:
        raise CourseError(
            f"Set-up cannot write into the course's folder ({Path(error.filename).name}: {error.strerror}). "
            "Copy the course to a folder of your own, then try again."
        ) from None
    if not venv_python().exists():  # its Python may have been removed; what is left would stand in the way
        shutil.rmtree(VENV, ignore_errors=True)
    count = sum("==" in line for line in LOCK.read_text("utf-8").splitlines())
    print(f"Setting up the course in .venv: up to {count} packages, 2.4 GB, once. This takes 1 to 5 minutes.")
    if not (uv and _install_with_uv(uv)):
        _install_with_pip()
    STAMP.write_text(fingerprint() + "\n", "utf-8")
    print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)


def check_disk(free: int) -> None:
    """Refuse to begin what would not fit: ``free`` bytes on the disk that holds the course."""
    if free < NEEDED_BYTES:
        raise CourseError(
            f"There are {free / 1e9:.1f} GB free on the disk that holds the course, and set-up needs "
            f"{NEEDED_BYTES / 1e9:.0f} GB. Make room, or move the course to another disk, then try again."
        )


def check_modules(is_there: Callable[[str], bool]) -> None:
    """Refuse a Python that cannot make an environment (some systems ship these modules separately)."""
    missing = [name for name in ("venv", "ensurepip") if not is_there(name)]
    if missing:
        version = ".".join(map(str, sys.version_info[:2]))
        raise CourseError(
            f"This Python has no module {' and no module '.join(missing)}, so it cannot make an environment. "
            f"On Debian and Ubuntu `sudo apt install python{version}-venv` adds it; elsewhere install Python "
            "from python.org, or the tool uv, which brings its own."
        )


def _install_with_uv(uv: str) -> bool:
    """True if uv did it all. If not (it reads other mirror settings than pip), pip gets its turn."""
    python = str(venv_python())
    steps = [
        [uv, "pip", "install", "--python", python, "--require-hashes", "--compile-bytecode", "-r", str(LOCK)],
        [uv, "pip", "install", "--python", python, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ]
    if not venv_python().exists():
        steps.insert(0, [uv, "venv", "--quiet", "--python", _base_python(), str(VENV)])
    if all(_run(step, "uv") == 0 for step in steps):
        return True
    print("uv did not succeed; trying pip.")
    return False


def _install_with_pip() -> None:
    pip = [str(venv_python()), "-m", "pip"]
    if not venv_python().exists() or _run([*pip, "--version"], "pip"):
        check_modules(lambda name: importlib.util.find_spec(name) is not None)
        if _run([_base_python(), "-m", "venv", str(VENV)], "venv"):
            raise CourseError(f"The environment .venv could not be made: {_last_words()} ({_log_name()}).")
    # --compile says what pip does by default, against a setting of the machine that turns it off:
    # without compiled code TensorFlow takes 15 s to import, every time.
    install = [*pip, "install", "--progress-bar", "off", "--disable-pip-version-check", "--no-input"]
    if _run([*install, "--require-hashes", "--compile", "-r", str(LOCK)], "pip"):
        raise CourseError(_why_pip_failed())
    if _run([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], "pip"):
        raise CourseError(f"The course's own package could not be installed: {_last_words()} ({_log_name()}).")


def _base_python() -> str:
    """The interpreter outside any environment: an environment must not be built upon itself."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _run(command: Sequence[str], tool: str) -> int:
    """Run one step, its output in the log and a sign of life on the screen; return its exit code."""
    # PYTHONDONTWRITEBYTECODE would make the first import of everything slow, in each new process.
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME")}
    live = sys.stdout.isatty()
    packages = 0
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
        )
        for line in process.stdout:
            log.write(line)
            packages += line.startswith("Collecting ")
            if live and packages:
                unpacking = line.startswith("Installing collected")
                note = "unpacking and compiling" if unpacking else f"{packages} packages found"
                print(f"\r  {tool}: {note} …".ljust(60), end="", flush=True)
        if live and packages:
            print("\r" + " " * 60 + "\r", end="")
        return process.wait()


def _why_pip_failed() -> str:
    text = LOG.read_text("utf-8")
    if "No space left" in text:
        return f"The disk became full during the installation. Make room and try again ({_log_name()})."
    if "DO NOT MATCH THE HASHES" in text:
        return (
            "A downloaded package is not the one in requirements.lock (its hash differs), so it was not "
            f"installed. Try again; if it stays so, your package mirror alters files ({_log_name()})."
        )
    if any(sign in text for sign in _UNREACHABLE):
        return (
            "The packages could not be downloaded: no package registry answered, or it lacks one. "
            "Check the network; behind a mirror or proxy set PIP_INDEX_URL or HTTPS_PROXY, then try again "
            f"({_log_name()})."
        )
    return f"The packages could not be installed: {_last_words()} ({_log_name()})."


def _last_words() -> str:
    lines = [line.strip() for line in LOG.read_text("utf-8").splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else "no reason given"


def _log_name() -> str:
    return f"the whole log is in {LOG.relative_to(ROOT).as_posix()}"
