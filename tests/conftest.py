"""What several test files share: the built book, a cache and a web of their own, and which of two workers runs what."""

import functools
import http.server
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from helpers import settings
from helpers.course import book

#: Files that run in the same worker as another one, because they share what it builds.
WITH = {"tests/test_browser.py": "tests/test_book.py"}
#: The longest file: here only the two tests of a lesson stay together, so that no worker waits for the other.
BY_LESSON = "tests/test_lessons.py"


class ByFile(LoadFileScheduling):
    """All tests of a file in one worker, in their order: they share a lesson, a repository or a server.

    pytest-xdist's own groups cannot be used: version 3.8 writes them into an attribute that pytest 9.2 no longer has,
    and then spreads the tests as if there were no groups.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if file == BY_LESSON and "[" in nodeid:
            return nodeid[nodeid.index("[") :]
        return WITH.get(file, file)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def built_book():
    """The folder with the book's pages, built once: its files run in one worker. It takes a minute at most."""
    before = os.times()
    assert book.main([]) == 0
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 60
    return book.PAGES


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no $COURSE_DATA, and the full profile."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    return tmp_path / "cache"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache in which trainings are kept and taken up as usual, whatever this environment asks for."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    for name in (settings.FRESH, settings.REMEMBER, settings.VERBOSE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def course_style() -> Iterator[None]:
    """Figures in the course's style, which a lesson's first cell sets; all are closed afterwards."""
    import matplotlib.pyplot as plt  # here, because few files need it

    from helpers import plots

    with plt.rc_context():
        plots.use_course_style()
        yield
        plt.close("all")


@pytest.fixture
def drawn_set(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a cache of its own, a set of twenty drawn pictures in place of the photographs."""
    import toy_pictures  # here, because few files need it

    toy_pictures.replace_photographs(monkeypatch)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection and any program started is a failure."""

    def forbidden(*args: object, **options: object) -> None:
        raise AssertionError(f"the network or a program was touched: {args}")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setattr(subprocess, "Popen", forbidden)


@pytest.fixture
def start_server() -> Iterator[Callable[[Callable], str]]:
    """A function that starts a server on this machine with the given handler, and gives its address."""
    servers = []

    def start(handler: Callable) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def web(tmp_path: Path, start_server: Callable[[Callable], str]) -> tuple[str, Path, list[str]]:
    """A server on this machine: its address, the folder it serves, and the paths it was asked for."""
    folder = tmp_path / "web"
    folder.mkdir()
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path.startswith("/slow/"):  # long enough for a second process to come in between
                time.sleep(0.3)
            super().do_GET()

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    return start_server(functools.partial(Handler, directory=str(folder))), folder, asked
