"""What pages of the book say about the course at the moment when they are built.

A comment such as ``<!-- lessons -->`` in a page is replaced by Markdown: the lessons that exist, what is recorded of
them, the documentation of modules. So the book grows with the course, while the pages stay plain
Markdown that other programs show as well. Jupyter Book loads this module as a Sphinx extension.
"""

import ast
import json
import re
from pathlib import Path

from helpers import paths
from helpers.course import results
from helpers.errors import CourseError

COMMENT = re.compile(r"(?m)^<!-- (modules|summaries|other modules|lessons|appendices|results)(?:: ([\w.* ]+))? -->$")


def setup(app: object) -> dict:
    """Called by Sphinx: expand the comments of each page when it is read."""
    app.connect("source-read", lambda _app, name, source: source.__setitem__(0, expanded(source[0], name)))
    return {"version": "1", "parallel_read_safe": True}


def expanded(text: str, name: str) -> str:
    """A page with its comments replaced; pages in other folders than ``book/`` are left alone.

    Args:
        text: the page's source.
        name: the page, seen from the repository, without ending.

    Raises:
        CourseError: if a comment names a module that does not exist; says on which page.
    """
    if not name.startswith("book/"):
        return text
    try:
        return COMMENT.sub(lambda m: KINDS[m[1]](m[2] or ""), text)
    except CourseError as error:
        raise CourseError(f"{name}.md: {error}") from error


def all_modules() -> dict[str, Path]:
    """Every module of the companion package by its dotted name, packages included."""
    found = {}
    for path in (paths.ROOT / "helpers").rglob("*.py"):
        parts = path.relative_to(paths.ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: found[name] for name in sorted(found) if not name.endswith("__main__")}


def chosen(names: str) -> list[str]:
    """The modules that a list of names means; ``helpers.datasets.*`` is the package and all in it."""
    known, found = all_modules(), []
    for name in names.split():
        package = name.removesuffix(".*")
        if package not in known:
            raise CourseError(f"there is no module {package}; correct the comment or remove the name.")
        inside = [m for m in known if m.startswith(package + ".")] if name.endswith(".*") else []
        found += [package, *inside]
    return found


def shown_elsewhere() -> set[str]:
    """The modules that some page of the book shows or lists."""
    texts = [path.read_text("utf-8") for path in sorted((paths.ROOT / "book").glob("*.md"))]
    named = [m[2] for text in texts for m in COMMENT.finditer(text) if m[1] in ("modules", "summaries")]
    return {module for names in named for module in chosen(names)}


def summary(path: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]


def _documented(names: str, level: str = "##") -> str:
    known = all_modules()
    options = "   :members:\n   :ignore-module-all:\n   :member-order: bysource"
    blocks = {name: f"```{{eval-rst}}\n.. automodule:: {name}\n{options}\n```" for name in chosen(names)}
    return "\n\n".join(f"{level} {name}\n\n{block}" for name, block in blocks.items() if summary(known[name]))


def _others(_: str) -> str:
    return _documented(" ".join(m for m in all_modules() if m not in shown_elsewhere()), "###")


def _summaries(names: str) -> str:
    known = all_modules()
    rows = [f"| `{name}` | {summary(known[name])} |" for name in chosen(names) if summary(known[name])]
    return "\n".join(["| module | what belongs there |", "|---|---|", *rows])


def _lessons(_: str) -> str:
    return "\n".join(_entry(path) for path in paths.lessons() if path.name[0].isdigit())


def _appendices(_: str) -> str:
    return "\n".join(_entry(path) for path in paths.lessons() if not path.name[0].isdigit())


def _entry(path: Path) -> str:
    """A lesson's title as a link, and its promise: the first two paragraphs of its first cell."""
    first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    title, promise = first.split("\n\n")[:2]
    return f"- [{title.removeprefix('# ')}](../notebooks/{path.name}). {promise.strip('*')}"


KINDS = {
    "modules": _documented,
    "summaries": _summaries,
    "other modules": _others,
    "lessons": _lessons,
    "appendices": _appendices,
    "results": lambda _: results.page(),
}
