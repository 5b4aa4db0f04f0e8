"""What several test files share: the built book."""

import pytest

from helpers.course import book


@pytest.fixture(scope="session")
def built_book():
    """The folder with the book's pages, built once. Tests that use it stand in the group ``book``."""
    assert book.main([]) == 0
    return book.PAGES
