"""What several test files share: the built book, and which of two workers runs what."""

import pytest
from xdist.scheduler import LoadFileScheduling

from helpers.course import book

#: Files that run in the same worker as another one, because they share what it builds.
WITH = {"tests/test_browser.py": "tests/test_book.py"}


class ByFile(LoadFileScheduling):
    """All tests of a file in one worker, in their order: they share a lesson, a repository or a server, and are timed.

    pytest-xdist's own groups cannot be used: version 3.8 writes them into an attribute that pytest 9.2 no longer has,
    and then spreads the tests as if there were no groups.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return WITH.get(file, file)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def built_book():
    """The folder with the book's pages, built once: its files run in one worker."""
    assert book.main([]) == 0
    return book.PAGES
