"""Remove what the course's commands generated. Only the standard library."""

import argparse
import shutil
from collections.abc import Sequence

from helpers import paths

GENERATED = ("build", "book/_build", ".pytest_cache", ".ruff_cache", ".hypothesis")
FOLDERS_WITH_CODE = ("helpers", "tests", "notebooks")


def main(argv: Sequence[str]) -> int:
    """``python -m helpers clean``: remove build/ and the tools' caches, keep .venv and .course-cache."""
    argparse.ArgumentParser(prog="python -m helpers clean", description=main.__doc__).parse_args(argv)
    found = [p for pattern in GENERATED for p in paths.ROOT.glob(pattern)]
    for folder in FOLDERS_WITH_CODE:
        for name in ("__pycache__", ".ipynb_checkpoints"):
            found += (paths.ROOT / folder).rglob(name)
    for path in found:
        shutil.rmtree(path)
    print(f"Removed {len(found)} generated folders.")
    print("Kept .venv (the packages) and .course-cache (data and trained models); delete them to start afresh.")
    return 0
