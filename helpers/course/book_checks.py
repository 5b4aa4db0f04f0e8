"""What must be true of the web book before and after it is built; each check returns sentences with file and place.

Before: every lesson has its place in the table of contents, every picture its text alternative, headings go down
step by step, and nothing is shown that is older than what it was made from. After: no page is too large, none loads
anything from another server, and no picture lost its alternative on the way.
"""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import yaml

from helpers import paths, staleness

LARGEST = 1_500_000
_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\([^)]*\)|<img\b(?P<tag>[^>]*)>")
_HEADING = re.compile(r"^(#+) \S", re.MULTILINE)
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def before() -> list[str]:
    """What is wrong with the sources of the book."""
    pages = contents()
    found = contents_problems(pages)
    for page in pages:
        if page.is_file():
            found += picture_problems(page) + heading_problems(page) + stored_problems(page)
    return found


def contents() -> list[Path]:
    """The sources that the table of contents names, whether they exist or not."""
    table = yaml.safe_load((paths.ROOT / "book/_toc.yml").read_text("utf-8"))
    names = [table["root"]] + [c["file"] for part in table.get("parts", ()) for c in part["chapters"]]
    return [_source(name) for name in names]


def _source(name: str) -> Path:
    found = [paths.ROOT / f"{name}{ending}" for ending in (".md", ".ipynb")]
    return next((path for path in found if path.exists()), found[0])


def contents_problems(pages: list[Path]) -> list[str]:
    """Lessons and pages without a place in the table of contents, and places without a page."""
    own = [path for path in sorted((paths.ROOT / "book").iterdir()) if path.suffix in (".md", ".ipynb")]
    lines = [f"- file: {_name(path)}" for path in (*paths.lessons(), *own) if path not in pages]
    missing = [f"book/_toc.yml: the line `{line}` is missing" for line in lines]
    return missing + [f"book/_toc.yml: {_name(page)} does not exist" for page in pages if not page.exists()]


def _name(path: Path) -> str:
    return path.relative_to(paths.ROOT).with_suffix("").as_posix()


def texts(page: Path) -> Iterator[tuple[str, str]]:
    """The Markdown of a page, code left out, with its place: the file, and the cell in a notebook."""
    name = page.relative_to(paths.ROOT).as_posix()
    if page.suffix == ".md":
        yield name, _CODE.sub(_blank, page.read_text("utf-8"))
        return
    for cell in json.loads(page.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            yield f"{name}, cell {cell['id']}", _CODE.sub(_blank, "".join(cell["source"]))


def _blank(match: re.Match) -> str:
    return "\n" * match[0].count("\n") or "code"  # lines keep their numbers, headings their words


def picture_problems(page: Path) -> list[str]:
    """Pictures without a text alternative: in Markdown, and among the stored outputs of a notebook."""
    found = []
    for place, text in texts(page):
        for match in _PICTURE.finditer(text):
            alt = match["alt"] if match["tag"] is None else (re.search(r'\balt="([^"]*)"', match["tag"]) or "  ")[1]
            if not alt.strip():
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{place}, line {line}: a picture without a text alternative, {match[0][:60]}")
    if page.suffix == ".ipynb":
        for cell in json.loads(page.read_text("utf-8"))["cells"]:
            drawn = [o for o in cell.get("outputs", ()) if any(k.startswith("image/") for k in o.get("data", ()))]
            if drawn and not cell["metadata"].get("mystnb", {}).get("image", {}).get("alt"):
                found.append(f"{page.relative_to(paths.ROOT)}, cell {cell['id']}: a picture without a text alternative")
    return found


def heading_problems(page: Path) -> list[str]:
    """A page begins with its only first-level heading, and no level below is skipped."""
    found, level = [], 0
    for place, text in texts(page):
        for match in _HEADING.finditer(text):
            deeper, line = len(match[1]), text.count("\n", 0, match.start()) + 1
            if deeper > level + 1 or (deeper == 1) != (level == 0):
                found.append(f"{place}, line {line}: a heading of level {deeper} after one of level {level}")
            level = deeper
    return found


def stored_problems(page: Path) -> list[str]:
    """A notebook whose stored outputs are older than its code or its words; one without outputs is not stale."""
    if page.suffix != ".ipynb":
        return []
    node = json.loads(page.read_text("utf-8"))
    stored, own = node["metadata"].get("course", {}), page.parent.name == "book"
    shown = any(cell.get("outputs") for cell in node["cells"])
    if not shown or ("page" in stored and stored["page"] == staleness.hashes(node, stored["profile"])["page"]):
        return []
    command = "book --renew" if own else f"run {page.stem} --profile full --store"
    name = page.relative_to(paths.ROOT)
    return [f"{name}: its stored outputs are older than what stands there now; run python -m helpers {command}"]


class _Tags(HTMLParser):
    """The parts of a page that matter here: pictures, and what is loaded from where."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[dict[str, str | None]] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "img":
            self.pictures.append(found)
        if tag in ("script", "img", "iframe", "source", "video", "audio", "object", "embed"):
            self.loaded += [found[k] for k in ("src", "data") if found.get(k)]
        if tag == "link" and found.get("rel") != "canonical":
            self.loaded += [found["href"]] if found.get("href") else []


def after(folder: Path) -> list[str]:
    """What is wrong with the pages of a built book."""
    pages = [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.relative_to(folder).parts]
    return [f"{path.relative_to(folder)}: {p}" for path in pages for p in page_problems(path)]


def page_problems(path: Path) -> list[str]:
    """A page that is too large with its pictures, loads from elsewhere, or has a picture without alternative."""
    text = path.read_text("utf-8")
    tags = _Tags()
    tags.feed(text)
    here = {path.parent / unquote(p["src"]) for p in tags.pictures if not re.match(r"[a-z]+:", p.get("src") or "data:")}
    size = len(text.encode()) + sum(file.stat().st_size for file in here if file.is_file())
    found = [f"{size / 1e6:.2f} MB with its pictures, at most {LARGEST / 1e6}"] if size > LARGEST else []
    found += [f"loads {address}" for address in tags.loaded if re.match(r"(?:[a-z]+:)?//", address)]
    return found + [
        f"a picture without a text alternative, {str(p.get('src'))[:60]}" for p in tags.pictures if not p.get("alt")
    ]
