"""An executed notebook as a page that needs no network: pictures inside, MathJax beside it."""

import re
import shutil
from importlib.metadata import files
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from helpers import paths
from helpers.errors import CourseError

TEMPLATES = Path(__file__).parent
MATHJAX = "mathjax"
_LESSON_LINK = re.compile(r'href="((?:\d\d|A\d)_\w+)\.ipynb(#[^"]*)?"')
_REPOSITORY_LINK = re.compile(r'href="\.\./')


def write_page(notebook: Path, *, title: str) -> Path:
    """Write ``NAME.html`` beside the executed ``NAME.ipynb`` and return its path.

    Links to other lessons lead to their pages; links to files of the course stay links to these files.
    """
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        mathjax_url=f"{MATHJAX}/tex-chtml.js",
    )
    node = nbformat.read(notebook, as_version=4)
    body, _ = exporter.from_notebook_node(node, {"metadata": {"name": title}})
    body = _LESSON_LINK.sub(r'href="\1.html\2"', body)
    body = _REPOSITORY_LINK.sub(f'href="{_way_to_the_repository(notebook.parent)}/', body)
    page = notebook.with_suffix(".html")
    page.write_text(body, "utf-8")
    return page


def copy_mathjax(folder: Path) -> Path:
    """Copy the part of MathJax that pages need (3 MB) to ``folder/mathjax``, unless it is there.

    Raises:
        CourseError: if the package that carries MathJax is not installed.
    """
    target = folder / MATHJAX
    if (target / "tex-chtml.js").exists():
        return target
    source = _mathjax_source()
    unfinished = folder / f".{MATHJAX}-unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    shutil.copy2(source / "tex-chtml.js", unfinished)
    shutil.copytree(source / "output" / "chtml", unfinished / "output" / "chtml")
    shutil.copytree(source / "input" / "tex" / "extensions", unfinished / "input" / "tex" / "extensions")
    unfinished.replace(target)
    return target


def _mathjax_source() -> Path:
    for file in files("sphinx-mathjax-offline") or ():
        if file.name == "tex-chtml.js":
            return Path(file.locate()).parent
    raise CourseError("The package sphinx-mathjax-offline carries no MathJax. Run `python -m helpers setup` again.")


def _way_to_the_repository(folder: Path) -> str:
    """The root of the course as a page in ``folder`` reaches it."""
    folder = folder.resolve()
    if folder.is_relative_to(paths.ROOT):
        return "/".join([".."] * len(folder.relative_to(paths.ROOT).parts)) or "."
    return paths.ROOT.as_uri()
