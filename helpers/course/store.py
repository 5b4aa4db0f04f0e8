"""Storing a run: outputs into ``notebooks/``, its record beside them, the hashes into the metadata.

Called by ``python -m helpers run --store``. Trained weights and histories are kept under the hash of the code
that made them, so that a lesson whose figures changed is stored again without training. Where only words
changed, nothing needs to run.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from helpers import claims, opening, paths, records, settings, staleness
from helpers.course import recording
from helpers.errors import CourseError
from helpers.files import atomic_write

#: A tag: this cell draws photographs that may be shown but not passed on.
UNSTORED = "photographs"


def measured_gflops() -> float:
    """This machine's speed, measured in a process of its own; the record keeps it for predictions elsewhere."""
    command = [sys.executable, "-m", "helpers.course.speed"]
    done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True)
    return round(json.loads(done.stdout)["gflops"], 1)


def prepared(notebook: Path, profile: str, seed: int) -> dict[str, str]:
    """Make ready for a run that will be stored; returns its environment variables.

    Results and passes of this very code and seed are kept between such runs, and no others: the time of each will
    be recorded.
    """
    results = staleness.hashes(_read(notebook), profile)["results"]
    own = f"{notebook.stem}-{profile}-{seed}-"
    folder = paths.cache() / "results" / f"{own}{results}"
    for old in folder.parent.glob(f"{own}*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return {settings.REMEMBER: str(folder), settings.FEATURES: str(folder / "features"), settings.FRESH: "1"}


def reworded(original: Path) -> bool:
    """Renew the page hash of a stored notebook of which only the words changed; False if it has to run."""
    node = _read(original)
    stored = node["metadata"].get("course", {})
    if "profile" not in stored:
        return False
    now = staleness.hashes(node, stored["profile"])
    if stored["page"] == now["page"] or any(stored.get(key) != now[key] for key in ("results", "code")):
        return False
    stored["page"] = now["page"]
    _write(original, node)
    return True


def store(original: Path, executed: Path, *, profile: str, seconds: float, gflops: float) -> None:
    """Put an executed notebook's outputs into the original, and write its record.

    Time, machine and versions of the record stay those of the run that trained, where the ``results`` hash
    is that run's.

    Args:
        original: the notebook in ``notebooks/``.
        executed: the same notebook after a run without failure.
        profile: of that run. Outputs are stored from ``full`` only; the record of either.
        seconds: what the run took.
        gflops: the machine's measured speed.

    Raises:
        CourseError: if an output holds a path of this machine.
    """
    node, ran = _read(original), _read(executed)
    if profile == "full":
        _check_paths(ran, original.name)  # before anything is written
    node["metadata"]["course"] = {"lesson": original.stem}
    now = staleness.hashes(node, profile)
    record = recording.record(
        ran, lesson=original.stem, profile=profile, seconds=seconds, code_hash=now["results"], gflops=gflops
    )
    before = records.load(original.stem, profile)
    if before is not None and before["code_hash"] == now["results"]:
        record |= {k: before[k] for k in ("seconds", "machine", "versions")}
    records.write(records.path(original.stem, profile), record)
    if profile != "full":
        return
    outputs = {cell["id"]: cell for cell in ran["cells"] if cell["cell_type"] == "code"}
    for cell in node["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [_clean(o) for o in outputs[cell["id"]]["outputs"]]
            cell["execution_count"] = outputs[cell["id"]]["execution_count"]
            if UNSTORED in cell["metadata"].get("tags", []):
                cell["outputs"] = [_without_pictures(o) for o in cell["outputs"]]
            _alternatives(cell)
    # A claim shows the record of the full run, and so does the opening line: this run's, not the last one's.
    _renew(node, original.stem)
    node["metadata"]["course"] |= {"profile": profile, **staleness.hashes(node, profile)}
    _write(original, node)


def _read(path: Path) -> dict:
    return json.loads(nbformat.writes(nbformat.read(path, as_version=4)))


def _write(path: Path, node: dict) -> None:
    with atomic_write(path) as file:
        file.write((nbformat.writes(nbformat.from_dict(node)) + "\n").encode())


def _clean(output: dict) -> dict:
    """The output without what changes from run to run and says nothing."""
    output = dict(output)
    output.get("metadata", {}).pop("execution", None)
    return output


def _without_pictures(output: dict) -> dict:
    data = output.get("data", {})
    if not any(kind.startswith("image/") for kind in data):
        return output
    words = "Photographs are shown when you run this cell; their licence does not allow to store them here."
    return {"output_type": "display_data", "metadata": {}, "data": {"text/plain": [words]}}


def _alternatives(cell: dict) -> None:
    """Tell the book the text alternative that ``plots.show`` gave to the cell's figure."""
    alts = [o.get("metadata", {}).get("image/png", {}).get("alt") for o in cell["outputs"]]
    alts = [a for a in alts if a]
    if alts:
        cell["metadata"]["mystnb"] = {"image": {"alt": " ".join(alts)}}


def _check_paths(node: dict, name: str) -> None:
    for cell in node["cells"]:
        found = re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/[^\s\"'<]*", json.dumps(cell.get("outputs", [])))
        if found:
            raise CourseError(
                f"{name}, cell {cell['id']}: its output holds a path of this machine, {found[0]}. "
                "Change the cell so that it prints none, and run it again."
            )


def _renew(node: dict, name: str) -> None:
    """Draw claims and the opening line again, now that the record is written."""
    for cell in node["cells"]:
        for output in cell.get("outputs", ()):
            made = output.get("data", {}).get(claims.MIME)
            opened = output.get("data", {}).get(opening.MIME)
            if made:
                drawn = claims.Claim(made["name"], made["value"], claims.declared()[made["name"]], made["profile"])
            elif opened:
                drawn = opening.Opening(name, opened["profile"], opened["seed"], opening.measured_minutes(name))
            else:
                continue
            output["data"] |= {"text/html": drawn._repr_html_(), "text/plain": repr(drawn)}
