"""A course of three small notebooks: one that passes, one that fails, and an appendix."""

import base64
import io
import sys
from pathlib import Path

import nbformat
import pytest

from helpers import paths
from helpers.claims import MIME
from helpers.course import run

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
        "dccc59e70000000049454e44ae426082"
    )
).decode()
PARAMETERS = ("parameters", "profile = 'quick'\nseed = 0", ["parameters"])
PASSING = [
    PARAMETERS,
    (
        "claims",
        "import os\nfrom IPython.display import display\n"
        "claim = {'name': 'toy.seed', 'value': seed, 'unit': '', 'low': 0, 'high': 5, 'profile': profile}\n"
        f"display({{{MIME!r}: claim, 'text/html': 'a claim'}}, raw=True)",
    ),
    ("environment", "print(os.environ['COURSE_PROFILE'], profile, os.environ.get('TOY'), os.getcwd())"),
    ("solution", "print('the solution')", ["solution"]),
    (
        "figure",
        f"display({{'image/png': {PIXEL!r}}},\nmetadata={{'image/png': {{'alt': 'One \"red\" pixel.'}}}}, raw=True)",
    ),
]
FAILING = [
    PARAMETERS,
    ("before", "print('so far')"),
    ("broken", "raise ValueError('the reason')"),
    ("after", "1"),
]
PROSE = "# Toy\n\nInline $a^2$ and\n\n$$\\frac{1}{2}$$\n\n[next](02_next.ipynb#part) [data](../data/README.md)"


def write(path: Path, cells, prose: str = PROSE) -> Path:
    """Write a notebook of one text cell and these code cells: (id, source) or (id, source, tags)."""
    node = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    node.cells = [nbformat.v4.new_markdown_cell(prose, id=f"{path.stem}-title")]
    for name, source, *tags in cells:
        cell = nbformat.v4.new_code_cell(source, id=f"{path.stem}-{name}")
        if tags:
            cell.metadata["tags"] = tags[0]
        node.cells.append(cell)
    nbformat.write(node, path)
    return path


def make(folder: Path) -> Path:
    """Write the lessons into a folder, and return it."""
    write(folder / "01_first.ipynb", PASSING)
    write(folder / "02_next.ipynb", FAILING)
    write(folder / "A1_appendix.ipynb", [PARAMETERS])
    return folder


def run_in(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run lessons of a folder; exit code, and what was printed."""
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "NOTEBOOKS", folder)
        patch.setattr(sys, "stdout", stream)
        return run.main(list(arguments)), stream.getvalue()
