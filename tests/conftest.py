"""What several test files share: the built book."""

import pytest

from helpers.course import book


@pytest.fixture(scope="session")
def built_book():
    """The folder with the book's pages, built once. Tests that use it stand in the group ``book``."""
    # Beside other tests Sphinx has been seen to lose a file of its own (a .doctree); a second build was then fine.
    # A fault of the book fails both.
    assert book.main([]) == 0 or book.main([]) == 0
    return book.PAGES
