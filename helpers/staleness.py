"""When is a stored result out of date? Hashes over the code that made it, and over nothing else.

A notebook stores three hashes with its outputs. ``results`` covers the cells that train or measure (tagged
``results``), the cells and helper functions these need, and the content hashes of the data. ``code`` covers
all cells, helper functions, data, claims and records, and so whatever an output can depend on. ``page`` adds
the words around them: everything a reader sees. Comments, docstrings and formatting of code change none of
them: code is compared as a syntax tree.

The unit of dependence is a top-level definition of a helper module, or a cell of the notebook. A unit
needs another if it mentions a name that the other defines.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from helpers import claims, paths, records, syntax
from helpers.datasets import checksums

#: Modules and functions that decide how a result is shown or kept, not what it is: not counted in ``results``.
PRESENTATION = {
    "helpers.checkpoints",
    "helpers.claims",
    "helpers.course.machine",
    "helpers.errors",
    "helpers.explain.figures",
    "helpers.files",
    "helpers.lesson",
    "helpers.opening",
    "helpers.paths",
    "helpers.plots",
    "helpers.settings",
    "helpers.tables",
    "helpers.training.remembered",
}
#: The data layer finds the same arrays wherever they are; their content hashes stand for it.
DATA = "helpers.datasets"
SECTIONS = {"weights": ("resnet50", "vgg16")}  # module → sections of checksums.toml; others have one of their name


@dataclass
class Module:
    """A helper module, or a notebook seen as one: units by the name they define, and imports."""

    units: dict[str, list[syntax.Unit]] = field(default_factory=dict)
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)


def _imports(nodes: Iterable[ast.stmt]) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Local name → (helper module, name in it, or None for the module itself)."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "helpers":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                target = (inner, None) if _file(inner) else (node.module, alias.name)
                yield alias.asname or alias.name, target


def _file(module: str) -> Path | None:
    path = paths.ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


@cache
def _helper(module: str) -> Module:
    tree = ast.parse(_file(module).read_text("utf-8"))
    found, imported = Module(imports=dict(_imports(tree.body))), set(syntax.bound_by_imports(tree.body))
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            for name in syntax.defined(node, imported):
                found.units.setdefault(name, []).append(syntax.unit([node]))
    return found


class Notebook:
    """A notebook's code cells, with what each defines and needs.

    Args:
        cells: the notebook's cells in nbformat's form.
    """

    def __init__(self, cells: list[dict]) -> None:
        self.cells = [c for c in cells if c["cell_type"] == "code"]
        self.trees = [ast.parse("".join(c["source"])).body for c in self.cells]
        self.units = [syntax.unit(tree) for tree in self.trees]
        self.imports = {k: v for tree in self.trees for k, v in _imports(tree)}
        self.imported = [set(syntax.bound_by_imports(tree)) for tree in self.trees]
        everywhere = set().union(*self.imported)
        self.defines = [set().union(*(syntax.defined(node, everywhere) for node in tree)) for tree in self.trees]

    def tagged(self, tag: str) -> set[int]:
        """Positions of the code cells with a tag."""
        return {i for i, c in enumerate(self.cells) if tag in c["metadata"].get("tags", [])}

    def needed(self, mentions: set[str], before: int | None = None) -> set[int]:
        """Positions of the cells that define what is mentioned, and of what these need, and so on.

        Args:
            mentions: names, plain or dotted.
            before: only cells before this position count; all by default.
        """
        found: set[int] = set()
        open_ends = [(mentions, len(self.cells) if before is None else before)]
        while open_ends:
            names, end = open_ends.pop()
            plain = {n.split(".")[0] for n in names}
            for i in range(end):
                if i not in found and plain & (self.defines[i] | self.imported[i]):
                    found.add(i)
                    open_ends.append((self.units[i].mentions, i))
        return found

    def closure(self, tag: str) -> set[int]:
        """The cells with a tag, and all cells they need."""
        cells = self.tagged(tag)
        return cells.union(*(self.needed(self.units[i].mentions, before=i) for i in cells)) if cells else cells

    def helpers(self, cells: Iterable[int], *, without: set[str] = frozenset()) -> tuple[list[str], set[str]]:
        """Code of the helper definitions that cells need, and names of the data modules they use."""
        mentions = set().union(*(self.units[i].mentions for i in cells))
        return _follow(self.imports, mentions, without)


def _targets(imports: dict, units: dict, module: str, mention: str) -> Iterator[tuple[str, str | None]]:
    name, _, attribute = mention.partition(".")
    if name in units:
        yield module, name
    elif name in imports:
        target, inner = imports[name]
        if inner is not None:
            yield target, inner
        elif attribute:
            yield target, attribute


def _follow(imports: dict, mentions: set[str], without: set[str]) -> tuple[list[str], set[str]]:
    seen: set[tuple[str, str]] = set()
    data: set[str] = set()
    code: dict[str, None] = {}
    queue = [t for m in sorted(mentions) for t in _targets(imports, {}, "", m)]
    while queue:
        module, name = queue.pop()
        if (module, name) in seen or module in without or f"{module}.{name}" in without:
            continue
        seen.add((module, name))
        if module.startswith(DATA):
            data.add(module.rpartition(".")[2])
            continue
        helper = _helper(module)
        if name in helper.imports:
            target, inner = helper.imports[name]
            queue.append((target, inner or ""))
        for unit in helper.units.get(name, ()):
            code[f"{module}.{name}: {unit.code}"] = None
            for mention in unit.mentions:
                queue.extend(_targets(helper.imports, helper.units, module, mention))
    return sorted(code), data


def _digest(parts: Iterable[str]) -> str:
    mark = hashlib.sha256()
    for part in parts:
        mark.update(part.encode() + b"\0")
    return mark.hexdigest()[:16]


def _data_hashes(modules: set[str], profile: str) -> list[str]:
    kind = {"full": "full", "quick": "sample"}[profile]
    known = checksums.table()
    names = sorted(name for module in modules for name in SECTIONS.get(module, (module,)))
    return [f"{name} {known[name][kind]}" for name in names if kind in known.get(name, {})]


def code_hash(notebook: Notebook, cells: Iterable[int], profile: str, *more: str) -> str:
    """Hash of some cells, the helper definitions they need, the data of a profile, and further texts."""
    cells = sorted(cells)
    code, data = notebook.helpers(cells, without=PRESENTATION)
    return _digest([*(notebook.units[i].code for i in cells), *code, *_data_hashes(data, profile), *more])


def _recorded(node: dict, name: str | None, profile: str) -> list[str]:
    """The records that a notebook may show: of its own studies, and of studies and lessons that its code names."""
    code = "\n".join("".join(c["source"]) for c in node["cells"] if c["cell_type"] == "code")
    files = [
        path
        for study, entry in records.studies().items()
        if entry["lesson"] == name or f"{study}/" in code
        for path in (paths.RECORDS / "studies" / study).glob("*.json")
    ]
    files += [p for p in (paths.RECORDS / profile).glob("*.json") if p.stem != name and p.stem in code]
    return sorted(path.read_text("utf-8") for path in files)


def hashes(node: dict, profile: str) -> dict[str, str]:
    """The three hashes of a notebook as it stands now.

    Args:
        node: the notebook in nbformat's form.
        profile: whose data counts.

    Returns:
        ``{"results": …, "code": …, "page": …}``, 16 hex digits each.
    """
    notebook = Notebook(node["cells"])
    code, data = notebook.helpers(range(len(notebook.cells)))
    name = node["metadata"].get("course", {}).get("lesson")
    entries = {k: v for k, v in claims.declared().items() if v["lesson"] == name}
    texts = ["".join(c["source"]) for c in node["cells"] if c["cell_type"] == "markdown"]
    units = [u.code for u in notebook.units]
    everything = _digest(
        [*units, *code, *_data_hashes(data, profile), json.dumps(entries), *_recorded(node, name, profile)]
    )
    return {
        "results": code_hash(notebook, notebook.closure("results"), profile),
        "code": everything,
        "page": _digest([everything, *texts]),
    }
