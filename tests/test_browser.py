"""The book in headless Chromium, as a reader meets it: light and dark, on a desk and on a telephone.

All run in one worker with the other tests of the book, so that it is built once. Pictures of what was seen go to
``build/screenshots``.
"""

import importlib.util
import json
import time
from pathlib import Path

import numpy as np
import pytest
from browser import ABSENT, CHROMIUM, Browser, served

from helpers import paths, sliding
from helpers.course import book_checks

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)
PAGES = [path.relative_to(paths.ROOT).with_suffix("").as_posix() for path in book_checks.contents()]
#: Pages that Sphinx makes, with what is asked of them.
FURTHER = {"search": "?q=stride", "genindex": "", "py-modindex": ""}
SHOTS = paths.BUILD / "screenshots"
#: Jupyter Book loads the script of a service that it does not use; its second declaration changes nothing.
HARMLESS = {"SyntaxError: Identifier 'THEBE_JS_URL' has already been declared"}
DESK, TELEPHONE = (1280, 900), (390, 844)
LOOKS = {"light": (DESK, False), "dark": (DESK, True), "telephone": (TELEPHONE, False)}
AXE = Path(importlib.util.find_spec("axe_core_python").origin).parent / "axe.min.js"
#: For axe-core, text in the colour of its ground is no violation, only "incomplete": it might be hidden on purpose.
RUN_AXE = """axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(r => JSON.stringify([...r.violations,
    ...r.incomplete.map(v => ({...v, nodes: v.nodes.filter(n => n.any.some(c => c.data?.messageKey === 'equalRatio'))}))
        .filter(v => v.nodes.length)]))"""
MATH_IS_DRAWN = "!window.MathJax || !MathJax.startup || MathJax.startup.promise.then(() => true)"
#: The theme sets its colours by a script; formulas are drawn by another.
READY = f"document.documentElement.dataset.theme && ({MATH_IS_DRAWN})"
SOLUTIONS = "[...document.querySelectorAll('details.hide')]"
#: Whatever is wider than the window and does not scroll by itself.
TOO_WIDE = """[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest('.cell_output, pre, table, div.math')).map(e => e.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def site(built_book):
    with served(built_book) as address:
        yield address


@pytest.fixture
def opened(browser, site):
    """A function that opens a page of the book in one of the looks; everything is closed at the end."""
    pages = []

    def open_page(name: str, look: str = "light", ready: str = READY, query: str = ""):
        size, dark = LOOKS[look]
        pages.append(browser.page(*size, dark=dark))
        return pages[-1].open(f"{site}/{name}.html{query}", ready)

    yield open_page
    for page in pages:
        page.close()


def serious(page, patience: float = 5) -> list[str]:
    """What axe-core finds serious or critical: rule, first place, what axe says of it, number of places.

    A page whose colours are still being set on a busy machine gets some seconds to settle; a fault stays.
    """
    page.ask(AXE.read_text("utf-8"))
    end = time.monotonic() + patience
    while True:
        found = [v for v in json.loads(page.ask(RUN_AXE)) if v["impact"] in ("serious", "critical")]
        if not found or time.monotonic() > end:
            return [_described(violation) for violation in found]
        time.sleep(1)


def _described(violation: dict) -> str:
    place = violation["nodes"][0]
    return f"{violation['id']}: {place['html'][:150]}, {place['failureSummary']} ({len(violation['nodes'])} places)"


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", [*PAGES, *FURTHER])
def test_a_page_is_complete_and_readable(name, look, opened, site):
    page = opened(name, look, query=FURTHER.get(name, ""))
    if name == "search":
        page.wait("!!document.querySelector('#search-results .highlighted')")
    page.picture(SHOTS / f"{name.replace('/', '-')}-{look}.png")
    assert [address for address in page.requests() if not address.startswith(site + "/")] == []
    assert set(page.complaints()) - HARMLESS == set()
    assert page.ask("[...document.images].filter(i => !i.alt).map(i => i.outerHTML.slice(0, 90))") == []
    assert page.ask("document.documentElement.scrollWidth <= innerWidth") or page.ask(TOO_WIDE) == []
    assert serious(page) == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_page_follows_the_readers_system(look, opened):
    ground = opened("book/glossary", look).ask("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)")
    assert (sum(int(part) for part in ground[:3]) < 200) == (look == "dark")


def word_of(lesson: Path) -> str:
    """The longest word of a lesson's title."""
    title = json.loads(lesson.read_text("utf-8"))["cells"][0]["source"]
    words = "".join(title).splitlines()[0].replace(":", " ").replace(",", " ").split()
    return max((word for word in words if word.isalpha()), key=len)


@pytest.mark.parametrize("lesson", paths.lessons(), ids=lambda path: path.stem)
def test_search_finds_a_word_of_each_lesson(lesson, opened):
    found = "[...document.querySelectorAll('#search-results li a')].map(a => a.getAttribute('href'))"
    listed = f"{found}.some(address => address.includes('{lesson.stem}'))"  # results come in one by one
    opened("search", ready=listed, query=f"?q={word_of(lesson)}")


@pytest.mark.parametrize("lesson", paths.lessons(), ids=lambda path: path.stem)
def test_solutions_are_folded_and_open_with_a_click(lesson, opened):
    cells = json.loads(lesson.read_text("utf-8"))["cells"]
    number = sum("solution" in cell["metadata"].get("tags", ()) for cell in cells)
    page = opened(f"notebooks/{lesson.stem}")
    assert page.ask(f"{SOLUTIONS}.length") == number > 0
    assert page.ask(f"{SOLUTIONS}.filter(d => d.open).length") == 0
    inside = f"{SOLUTIONS}[0].querySelector('pre').getBoundingClientRect().height"
    page.ask(f"{SOLUTIONS}[0].querySelector('summary').click()")
    assert page.wait(inside) > 10


@pytest.mark.parametrize("lesson", paths.lessons(), ids=lambda path: path.stem)
def test_a_lesson_can_be_downloaded(lesson, opened, site):
    page = opened(f"notebooks/{lesson.stem}")
    button = "[...document.querySelectorAll('.dropdown-download-buttons a')].find(a => a.href.endsWith('.ipynb'))"
    text = page.ask(f"fetch({button}.href).then(answer => answer.text())")
    assert json.loads(text)["nbformat"] == 4


PLAY = "document.querySelector('.animation [aria-label=Play]').click()"
WATCH = """new Promise(done => { const seen = new Set(), picture = document.querySelector('.animation img');
    const look = () => { seen.add(picture.src); if (seen.size > 2) { clearInterval(timer); done(true); } };
    const timer = setInterval(look, 50);
    setTimeout(() => done(false), 20000); })"""


def test_the_animation_plays_without_a_kernel(browser, tmp_path):
    made = sliding.animate(np.eye(3), np.ones((2, 2)), alt="A window slides.")
    text = f"<!doctype html><html lang='en'><title>animation</title><main>{made._repr_html_()}</main></html>"
    (tmp_path / "page.html").write_text(text, "utf-8")
    with served(tmp_path) as address:
        page = browser.page()
        page.open(f"{address}/page.html", "document.querySelector('.animation img').src")
        assert not page.ask(WATCH.replace("20000", "2500"))  # it waits for the reader; and so this check can fail
        page.ask(PLAY)
        assert page.ask(WATCH)
        assert serious(page) == []
        page.close()


def test_the_animation_of_lesson_01_plays_in_the_book(opened):
    page = opened("notebooks/01_convolution_basics")
    page.ask(PLAY)
    assert page.ask(WATCH)


def test_columns_of_a_lessons_table_stand_apart(opened):
    page = opened("notebooks/03_fashion_mnist")
    room = "[...document.querySelectorAll('.cell_output td')].map(e => parseFloat(getComputedStyle(e).paddingLeft))"
    assert page.ask(f"Math.min(...{room})") >= 6


def test_what_is_printed_has_the_light_look(opened):
    page = opened("notebooks/A1_conv2d_arguments", "dark")
    dark, colour = [], "getComputedStyle(document.querySelector('.highlight pre')).color.match(/[0-9]+/g)"
    for event in ("", "beforeprint", "afterprint"):
        page.ask(f"{event!r} && dispatchEvent(new Event({event!r}))")
        dark.append(sum(int(part) for part in page.ask(colour)[:3]) > 382)  # pale letters
    assert dark == [True, False, True]


def test_a_lesson_prints_without_the_sites_furniture(opened):
    page = opened("notebooks/A1_conv2d_arguments")
    page.send("Emulation.setEmulatedMedia", media="print")
    shown = "[...document.querySelectorAll('.bd-sidebar-primary, .bd-header-article, .prev-next-footer, .copybtn')]"
    assert page.ask(f"{shown}.filter(e => e.getClientRects().length).length") == 0
    assert page.ask("document.querySelector('h1').getClientRects().length") == 1
    printed = page.send("Page.printToPDF", preferCSSPageSize=True)["data"]
    assert len(printed) > 50_000


#: Does the focus, wherever it goes with each Tab, go on in the order of the page?
FOCUS = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"


def test_the_keyboard_goes_through_a_page_in_its_order(opened):
    page = opened("notebooks/A1_conv2d_arguments")
    assert page.ask("[...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex > 0).length") == 0
    places = []
    for _ in range(30):
        page.press("Tab", 9)
        places.append(page.ask(FOCUS))
        if len(places) == 1:
            assert "Skip to main content" in page.ask("document.activeElement.textContent")
    assert places == sorted(set(places))


def test_a_solution_opens_by_keyboard(opened):
    page = opened("notebooks/A1_conv2d_arguments")
    page.ask(f"{SOLUTIONS}[0].querySelector('summary').focus()")
    page.press(" ", 32)
    assert page.wait(f"{SOLUTIONS}[0].open")


# The tests themselves ----------------------------------------------------------------------------


def test_what_is_wrong_with_a_page_is_noticed(browser, tmp_path):
    text = """<!doctype html><html><title>t</title><main><img src="https://example.org/x.png">
    <p style="color:#bbb;background:#fff">pale</p>
    <p style="color:#fff;background:#fff" id="gone">gone</p><div style="width:3000px">wide</div></main>
    <script>console.error("said"); null.x</script></html>"""
    (tmp_path / "page.html").write_text(text, "utf-8")
    with served(tmp_path) as address:
        page = browser.page(*TELEPHONE)
        page.open(f"{address}/page.html")
        assert "https://example.org/x.png" in page.requests()
        assert "said" in page.complaints() and any("null" in words for words in page.complaints())
        assert page.ask("document.documentElement.scrollWidth > innerWidth") and page.ask(TOO_WIDE) != []
        found = " ".join(serious(page))
        assert all(rule in found for rule in ("image-alt", "color-contrast", "html-has-lang"))
        assert 'id="gone"' in found
        page.close()
