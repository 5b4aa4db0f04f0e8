"""The book builds without a warning and holds every lesson; what is wrong with it is named with file and place."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from helpers import claims, paths, staleness
from helpers.course import book, book_checks, book_source
from helpers.errors import CourseError


def test_every_lesson_and_every_page_is_built(built_book):
    expected = [path.relative_to(paths.ROOT).with_suffix(".html") for path in book_checks.contents()]
    assert {*paths.lessons()} <= {*book_checks.contents()}
    assert [name for name in expected if not (built_book / name).is_file()] == []


def test_the_index_lists_every_lesson_and_the_helpers_pages_every_module(built_book):
    text = (built_book / "book/index.html").read_text("utf-8")
    article = text.partition("<article")[2].partition("</article>")[0]  # the sidebar links all of them anyway
    assert [path.stem for path in paths.lessons() if f"../notebooks/{path.stem}.html" not in article] == []
    pages = "".join(path.read_text("utf-8") for path in (built_book / "book").glob("api_*.html"))
    modules = [name for name, path in book_source.all_modules().items() if book_source.summary(path)]
    assert [name for name in modules if name not in pages] == []
    documented = ("training", "convolution", "explain.heat", "plots")
    assert [name for name in documented if f'id="module-helpers.{name}"' not in pages] == []


def test_the_glossary_is_in_order_and_every_term_is_there_once():
    terms = [
        line[3:] for line in (paths.ROOT / "book/glossary.md").read_text("utf-8").splitlines() if line[:3] == "## "
    ]
    assert terms == sorted(set(terms), key=str.lower) and len(terms) > 80


def test_a_lesson_that_explains_a_term_links_to_its_entry():
    glossary = (paths.ROOT / "book/glossary.md").read_text("utf-8")
    for term, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", glossary, re.MULTILINE | re.DOTALL):
        anchor = re.sub(r"[^a-z0-9 -]", "", term.lower()).replace(" ", "-")
        for name in re.findall(r"\(\.\./notebooks/([^)]+)\)", text):
            lesson = (paths.NOTEBOOKS / name).read_text("utf-8")
            assert f"glossary.md#{anchor})" in lesson, f"{name} does not link to {term}"


# The gates, each seen to fail --------------------------------------------------------------------

PICTURE = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A course with one lesson and a book of two pages, in which nothing is wrong."""
    for folder in ("book/_static", "notebooks"):
        (tmp_path / folder).mkdir(parents=True)
    for source in ("book/_config.yml", *(f"book/_static/{p.name}" for p in (paths.ROOT / "book/_static").iterdir())):
        (tmp_path / source).write_text((paths.ROOT / source).read_text("utf-8"), "utf-8")
    contents = {"format": "jb-book", "root": "book/index", "parts": [{"chapters": [{"file": "notebooks/01_toy"}]}]}
    (tmp_path / "book/_toc.yml").write_text(yaml.safe_dump(contents))
    (tmp_path / "book/index.md").write_text("# Book\n\n[toy](../notebooks/01_toy.ipynb#part)\n")
    cells = [
        {"cell_type": "markdown", "id": "01-title", "metadata": {}, "source": "# 01 · Toy\n\n**It plays.**\n\n## Part"},
        {"cell_type": "code", "id": "01-run", "metadata": {}, "source": "1", "execution_count": None, "outputs": []},
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    node = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks/01_toy.ipynb").write_text(json.dumps(node), "utf-8")
    (tmp_path / "notebooks/studies.toml").write_text("", "utf-8")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(book, "PAGES", tmp_path / "book/_build/html")
    monkeypatch.setattr(claims, "declared", dict)
    return tmp_path


def change(path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def cell(folder, number: int, **changes) -> None:
    path = folder / "notebooks/01_toy.ipynb"
    node = json.loads(path.read_text("utf-8"))
    node["cells"][number] |= changes
    path.write_text(json.dumps(node), "utf-8")


def test_a_good_book_builds(small, capfd):
    assert book.main([]) == 0, capfd.readouterr()
    assert (book.PAGES / "notebooks/01_toy.html").is_file()
    assert (
        book_source.expanded("<!-- lessons -->", "book/index") == "- [01 · Toy](../notebooks/01_toy.ipynb). It plays."
    )


def test_links_that_lead_nowhere_fail_the_build_with_file_and_line(small, capfd):
    change(small / "book/index.md", "01_toy.ipynb#part", "01_toy.ipynb#gone")
    cell(small, 0, source="# 01 · Toy\n\n**It plays.** [a](nowhere.ipynb)")
    assert book.main([]) == 1
    said = capfd.readouterr().err
    assert "book/index.md:3" in said and "'gone'" in said
    assert "notebooks/01_toy.ipynb" in said and "nowhere.ipynb" in said


def test_a_lesson_without_a_place_in_the_contents_fails_the_build(small, capfd):
    (small / "notebooks/02_new.ipynb").write_text((small / "notebooks/01_toy.ipynb").read_text("utf-8"), "utf-8")
    (small / "book/lost.md").write_text("# Lost\n")
    assert book.main([]) == 1
    said = capfd.readouterr().err
    assert "book/_toc.yml: the line `- file: notebooks/02_new` is missing" in said
    assert "book/_toc.yml: the line `- file: book/lost` is missing" in said


def test_pictures_without_a_text_alternative_fail_the_build(small, capfd):
    change(small / "book/index.md", "# Book\n", "# Book\n\n![](a.png)\n\n<img src='b.png'>\n\n`![](code.png)`\n")
    cell(small, 1, outputs=[PICTURE])
    assert book.main([]) == 1
    said = capfd.readouterr().err
    assert "book/index.md, line 3: a picture" in said and "book/index.md, line 5: a picture" in said
    assert "notebooks/01_toy.ipynb, cell 01-run: a picture" in said and "code.png" not in said


@pytest.mark.parametrize("words", ["## Two", "# Book\n\n### Three", "# Book\n\n# Again"])
def test_headings_out_of_order_fail_the_build(words, small):
    (small / "book/index.md").write_text(words)
    assert book_checks.heading_problems(small / "book/index.md")
    assert "book/index.md, line" in book_checks.before()[0]


def test_stale_outputs_fail_the_build(small, capfd):
    node = json.loads((small / "notebooks/01_toy.ipynb").read_text("utf-8"))
    node["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    node["metadata"]["course"] = {"lesson": "01_toy", "profile": "full"}
    node["metadata"]["course"]["page"] = staleness.hashes(node, "full")["page"]
    (small / "notebooks/01_toy.ipynb").write_text(json.dumps(node), "utf-8")
    assert book_checks.before() == []
    cell(small, 0, source="# 01 · Toy\n\n**It sings.**\n\n## Part")
    assert book.main([]) == 1
    said = capfd.readouterr().err
    assert "notebooks/01_toy.ipynb: its stored outputs are older" in said
    assert "python -m helpers run 01_toy --profile full --store" in said


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ('<script async src="https://cdn.example.org/x.js"></script>', "loads https://cdn.example.org/x.js"),
        ('<link rel="stylesheet" href="//fonts.example.org/css">', "loads //fonts.example.org/css"),
        ('<iframe src="http://example.org"></iframe>', "loads http://example.org"),
        ('<img src="a.png">', "a picture without a text alternative"),
        ('<img src="a.png" alt="">', "a picture without a text alternative"),
        ("x" * book_checks.LARGEST + "x", "MB with its pictures"),
        ('<img src="large.png" alt="large">', "MB with its pictures"),
    ],
)
def test_what_is_wrong_with_a_built_page_is_noticed(html, complaint, tmp_path):
    (tmp_path / "large.png").write_bytes(bytes(book_checks.LARGEST))
    (tmp_path / "page.html").write_text(html)
    (found,) = book_checks.after(tmp_path)
    assert found.startswith("page.html: ") and complaint in found


def test_a_good_page_has_no_problems(tmp_path):
    good = '<a href="https://example.org">a link</a><link rel="canonical" href="https://x.org"><img src="a" alt="A.">'
    (tmp_path / "page.html").write_text(good)
    assert book_checks.after(tmp_path) == []


def test_a_comment_that_names_no_module_is_noticed():
    with pytest.raises(CourseError, match=r"book/api\.md: there is no module helpers\.gone"):
        book_source.expanded("<!-- modules: helpers.gone -->", "book/api")
    assert book_source.expanded("<!-- modules: helpers.gone -->", "notebooks/01") == "<!-- modules: helpers.gone -->"


def test_the_extension_does_not_import_what_it_describes():
    code = "import sys, helpers.course.book_source as b; b.KINDS['other modules']('')\n"
    code += "assert 'tensorflow' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0
