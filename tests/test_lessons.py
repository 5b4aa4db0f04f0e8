"""Every lesson in the quick profile, without a network: through papermill, then through nbval.

Both run in one worker (see conftest.py): the second run of a lesson finds what the first has trained.
"""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from helpers import claims, paths
from helpers.course import recording

LESSONS = [pytest.param(p, id=p.stem) for p in paths.lessons()]
SECONDS, SECONDS_ON_AVERAGE, CORES = 60, 45, 2
# Where there are no network namespaces, Python's own sockets are shut, except those to this machine.
SHUT = """
import socket
_connect, _lookup = socket.socket.connect, socket.getaddrinfo
def _here(host):
    return str(host) in ("localhost", "127.0.0.1", "::1", "", "None")
def connect(self, address):
    if self.family != getattr(socket, "AF_UNIX", None) and not _here(address[0]):
        raise OSError("the network is shut for this test: " + str(address))
    return _connect(self, address)
def getaddrinfo(host, *more, **named):
    if not _here(host):
        raise socket.gaierror("the network is shut for this test: " + str(host))
    return _lookup(host, *more, **named)
socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo
"""
NAMESPACE = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "offline"]


def namespaces_work() -> bool:
    """Whether this machine lets us make a network namespace with nothing but the loopback interface."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0


WAYS = ["namespace", "sockets"] if namespaces_work() else ["sockets"]


def offline(command: list[str], folder: Path, way: str = WAYS[0], **environment: str) -> subprocess.CompletedProcess:
    """Run a command that cannot reach the network, as for a learner without any cache or setting.

    Args:
        command: what to run.
        folder: the course's cache and Keras' go here.
        way: ``"namespace"`` (no interface but loopback) or ``"sockets"`` (shut inside Python).
        **environment: further variables.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COURSE_", "PYTEST_", "KERAS_"))}
    clean |= {"COURSE_PROFILE": "quick", "COURSE_CACHE": str(folder / "cache"), "KERAS_HOME": str(folder)}
    if way == "sockets":
        (folder / "shut").mkdir(parents=True, exist_ok=True)
        (folder / "shut/sitecustomize.py").write_text(SHUT)
        clean["PYTHONPATH"] = str(folder / "shut")
    else:
        command = [*NAMESPACE, *command]
    return subprocess.run(command, env=clean | environment, cwd=paths.ROOT, capture_output=True, text=True, timeout=800)


def papermill(path: Path, folder: Path) -> subprocess.CompletedProcess:
    """Run a notebook as `python -m helpers run` does; the executed one goes to ``folder``."""
    code = "import sys, pathlib; from helpers import paths; from helpers.course import run\n"
    code += "paths.NOTEBOOKS = pathlib.Path(sys.argv.pop(1)); sys.exit(run.main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(path.parent), path.stem, "--output", str(folder)]
    return offline(command, folder, COURSE_REMEMBER=str(folder / "trained" / path.stem))


def nbval(path: Path, folder: Path) -> subprocess.CompletedProcess:
    """Run a notebook through nbval, comparing the cells tagged for it; trained results are not made twice."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=600",
    ]
    command += ["-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts=", "-q", "--tb=short", str(path)]
    return offline(command, folder, COURSE_REMEMBER=str(folder / "trained" / path.stem))


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("lessons")


@pytest.mark.parametrize("path", LESSONS)
def test_runs_through_papermill_offline_and_states_its_claims(path, folder):
    before = os.times()
    done = papermill(path, folder)
    after = os.times()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    stated = list(recording.displayed(nbformat.read(folder / path.name, as_version=4), claims.MIME))
    expected = {name for name, claim in claims.declared().items() if claim["lesson"] == path.stem}
    assert {claim["name"] for claim in stated} == expected
    assert all(claim["profile"] == "quick" for claim in stated)
    # Processor time, because a test machine is often busy: what two cores need at least.
    used = after.children_user - before.children_user + after.children_system - before.children_system
    seconds = used / CORES
    assert seconds <= SECONDS, f"{seconds:.0f} s on {CORES} cores, at most {SECONDS}"


@pytest.mark.parametrize("path", LESSONS)
def test_compares_with_its_stored_outputs_through_nbval(path, folder):
    done = nbval(path, folder)
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 10


def test_recorded_quick_times_keep_the_limits():
    found = {p.stem: json.loads(p.read_text("utf-8")) for p in (paths.RECORDS / "quick").glob("*.json")}
    seconds = {name: record["seconds"] for name, record in found.items()}
    assert {name: s for name, s in seconds.items() if s > SECONDS} == {}
    assert statistics.fmean(seconds.values()) <= SECONDS_ON_AVERAGE


# The gates themselves ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_the_network_is_really_shut_and_this_machine_is_not(way, tmp_path):
    reach = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"
    with socket.create_server(("127.0.0.1", 0)) as outside:  # a namespace has a loopback of its own
        here = "import socket; s = socket.create_server(('127.0.0.1', 0)); "
        here += "socket.create_connection(s.getsockname(), 5)"
        assert offline([sys.executable, "-c", here], tmp_path, way).returncode == 0
        port = str(outside.getsockname()[1])
        reached = offline([sys.executable, "-c", reach, "127.0.0.1", port], tmp_path, way).returncode == 0
        assert reached == (way == "sockets")
    for address in ("192.0.2.1", "example.org"):
        done = offline([sys.executable, "-c", reach, address, "80"], tmp_path, way)
        assert done.returncode != 0 and re.search("shut|unreachable|resolution|not known", done.stderr)


def toy(path: Path, source: str, stored: str) -> Path:
    """A notebook with one compared cell and its stored output."""
    cell = nbformat.v4.new_code_cell(source, id="00-toy", execution_count=1)
    cell.metadata["tags"] = ["nbval-check-output"]
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=stored)]
    parameters = nbformat.v4.new_code_cell("profile = 'quick'\nseed = 0", id="00-parameters", execution_count=1)
    parameters.metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[parameters, cell], metadata={"kernelspec": kernel}), path)
    return path


def test_nbval_notices_another_output(tmp_path):
    assert nbval(toy(tmp_path / "00_a.ipynb", "print(1)", "1\n"), tmp_path).returncode == 0
    done = nbval(toy(tmp_path / "00_b.ipynb", "print(2)", "1\n"), tmp_path)
    assert done.returncode == 1 and "1 failed" in done.stdout


def test_a_lesson_that_needs_the_network_fails(tmp_path):
    source = "import urllib.request\nurllib.request.urlopen('http://example.org', timeout=5)"
    done = papermill(toy(tmp_path / "00_net.ipynb", source, ""), tmp_path / "out")
    assert done.returncode == 1 and "00_net failed: cell 00-toy" in done.stdout
