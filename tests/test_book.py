"""The book builds without a warning, holds every lesson, and asks nothing of another server."""

import re

import pytest

from helpers import paths
from helpers.course import book

ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^"']+""")


@pytest.fixture(scope="module")
def pages():
    assert book.main([]) == 0
    return {path: path.read_text("utf-8") for path in book.PAGES.rglob("*.html")}


def test_every_lesson_is_a_page(pages):
    names = {path.stem for path in pages}
    assert {lesson.stem for lesson in paths.lessons()} <= names


def loaded_from_elsewhere(text: str) -> list[str]:
    """What a page would load from another server: scripts, styles, pictures, frames."""
    return [m[0] for m in ELSEWHERE.finditer(text) if 'rel="canonical"' not in m[0]]


def test_no_page_loads_anything_from_elsewhere(pages):
    found = {path.name: loaded_from_elsewhere(text) for path, text in pages.items()}
    assert {name: tags for name, tags in found.items() if tags} == {}


def test_a_page_that_loads_something_is_noticed():
    assert loaded_from_elsewhere('<script async src="https://cdn.example.org/x.js"></script>')
    assert not loaded_from_elsewhere('<a href="https://example.org">a link</a>')


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    for name in ("_config.yml", "index.md"):
        (tmp_path / "book" / name).write_text((paths.ROOT / "book" / name).read_text("utf-8"), "utf-8")
    (tmp_path / "book/_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(book, "PAGES", tmp_path / "book/_build/html")
    assert book.main([]) == 1  # its links to the lessons lead nowhere in this copy
