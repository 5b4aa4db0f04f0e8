"""The page of a lesson that was run: self-contained, readable without a network, with texts for its pictures."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import toy_course
from browser import ABSENT, CHROMIUM

from helpers import paths
from helpers.course import html


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The folder with the page of a passing lesson."""
    output = tmp_path_factory.mktemp("build")
    folder = toy_course.make(tmp_path_factory.mktemp("course"))
    assert toy_course.run_in(folder, "01", "--output", str(output))[0] == 0
    return output


def loaded(page: str) -> list[str]:
    """What a browser fetches for a page besides the page itself (pictures inside it left out)."""
    found = re.findall(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']([^"']+)""", page)
    found += re.findall(r"""(?:@import\s+|url\()["']?([^"')]+)""", page) + re.findall(r"import\([\"']([^\"']+)", page)
    return [address for address in found if not address.startswith(("data:", "#"))]


def test_a_page_loads_nothing_but_mathjax_beside_it(pages):
    page = (pages / "01_first.html").read_text("utf-8")
    assert loaded(page) == ["mathjax/tex-chtml.js"]
    assert (pages / "mathjax/tex-chtml.js").exists()
    assert list((pages / "mathjax").rglob("*.woff"))


def test_the_look_for_addresses_finds_them():
    page = '<script src="https://a/x.js"></script><img alt="" src="b.png"><style>@import "c.css";</style>'
    assert loaded(page) == ["https://a/x.js", "b.png", "c.css"]


def test_a_page_has_text_alternatives_folded_solutions_and_links_to_pages(pages):
    page = (pages / "01_first.html").read_text("utf-8")
    assert "One &quot;red&quot; pixel." in page or "alt='One \"red\" pixel.'" in page
    folded = re.search(r"<details.*?</details>", page, re.DOTALL)[0]
    assert "<summary>Solution</summary>" in folded and "the solution" in folded and " open" not in folded[:40]
    assert 'href="02_next.html#part"' in page
    assert f'href="{paths.ROOT.as_uri()}/data/README.md"' in page, "outside the repository links are absolute"


def test_links_to_files_of_the_course_stay_relative_inside_the_repository():
    assert html._way_to_the_repository(paths.BUILD) == ".."
    assert html._way_to_the_repository(paths.ROOT / "a/b") == "../.."


def test_mathjax_is_copied_once(pages):
    copied = pages / "mathjax/tex-chtml.js"
    before = copied.stat().st_mtime_ns
    html.copy_mathjax(pages)
    assert copied.stat().st_mtime_ns == before


@pytest.mark.skipif(not CHROMIUM, reason=ABSENT)
def test_formulas_render_without_a_network(pages, tmp_path):
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}", "--dump-dom"]

    def formulas(page: Path) -> int:
        done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=300)
        return done.stdout.count("<mjx-container")

    assert formulas(pages / "01_first.html") == 2
    alone = tmp_path / "alone.html"  # without MathJax beside it the same page shows raw formulas
    shutil.copy(pages / "01_first.html", alone)
    assert formulas(alone) == 0
