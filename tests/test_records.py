"""Records: read off an executed notebook, recomputed from their runs, and as old as the code that made them."""

import copy
import json
from functools import cache
from pathlib import Path

import nbformat
import pytest
import record_checks as checks
from test_notebooks import AWAITING_FULL_RUN

from helpers import claims, features, paths, profiles, records, settings, staleness
from helpers.course import recording, store, study
from helpers.datasets.arrays import MIME as DATA
from helpers.errors import CourseError
from helpers.opening import MIME as OPENING

RANGE = {"low": 0.5, "high": 1.0, "why": "a test"}
TOY = {
    "toy.accuracy": {"lesson": "01_toy", "unit": "fraction", "study": "toy/plain", "quick": RANGE, "full": RANGE},
    "toy.parameters": {"lesson": "01_toy", "unit": "parameters", "quick": RANGE, "full": RANGE},
}
PICTURE = {"image/png": "iVBOR", "text/plain": "<Figure>"}


def made(name: str, value: float, profile: str = "full") -> dict:
    return {"name": name, "value": value, "unit": TOY[name]["unit"], "low": 0.5, "high": 1.0, "profile": profile}


def shown(data: dict, **metadata) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def executed(**replaced) -> nbformat.NotebookNode:
    """A small notebook after a run: opening line, data card, figure, photographs and two claims."""
    card = {"name": "mnist", "source": "the sample", "content_hash": "ab12", "is_sample": True}
    opening = {"profile": "full", "seed": 0}
    outputs = {
        "start": [shown({OPENING: opening, "text/plain": "old", "text/html": "old"}, execution={"took": 1})],
        "data": [shown({DATA: card, "text/plain": "card"})],
        "figure": [shown(PICTURE, **{"image/png": {"alt": "A line."}})],
        "photos": [shown(PICTURE)],
        "claims": [
            shown({claims.MIME: made("toy.accuracy", 0.75), "text/plain": "old", "text/html": "old"}),
            shown({claims.MIME: made("toy.parameters", 1)}),
        ],
    } | replaced
    cells = [nbformat.v4.new_markdown_cell("# Toy", id="title")]
    for number, (name, found) in enumerate(outputs.items(), start=1):
        cells.append(nbformat.v4.new_code_cell(f"{name} = {number}", id=name, outputs=found, execution_count=number))
        cells[-1].metadata["tags"] = {"photos": ["photographs"], "claims": ["results"]}.get(name, [])
    return nbformat.from_dict(nbformat.v4.new_notebook(cells=cells))


@pytest.fixture
def toy(tmp_path, monkeypatch) -> Path:
    """A course with one lesson, not run yet, and no records; its folder."""
    monkeypatch.setattr(claims, "declared", lambda: TOY)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(records, "STUDIES", tmp_path / "records/studies")
    fresh = executed()
    for cell in fresh.cells[1:]:
        cell.outputs, cell.execution_count = [], None
    nbformat.write(fresh, tmp_path / "01_toy.ipynb")
    (tmp_path / "studies.toml").write_text('[toy]\nlesson = "01_toy"\n', "utf-8")
    return tmp_path


def add_tasks(*values: float) -> None:
    for seed, value in reversed(list(enumerate(values))):
        task = {"variant": "plain", "seed": seed, "seconds": 9.0, "result": {"accuracy": value, "curve": [value]}}
        records.write(records.STUDIES / f"toy/plain-{seed}.json", task)


def record(profile: str = "full") -> dict:
    return recording.record(executed(), lesson="01_toy", profile=profile, seconds=12.34, code_hash="ff", gflops=99.5)


def test_a_record_is_read_off_the_notebook(toy):
    found = record()
    assert (found["lesson"], found["profile"], found["seconds"], found["code_hash"]) == ("01_toy", "full", 12.3, "ff")
    assert found["machine"]["gflops"] == 99.5 and set(found["versions"]) == {"python", "tensorflow", "keras", "numpy"}
    assert found["data"] == {"mnist": {"source": "the sample", "content_hash": "ab12"}}
    assert list(found["claims"]) == ["toy.accuracy", "toy.parameters"]
    assert found["claims"]["toy.accuracy"] == {
        "this_run": 0.75, "unit": "fraction", "low": 0.5, "high": 1.0, "published": None,
        "value": 0.75, "n": 1, "spread": 0.0,
    }  # fmt: skip


def test_the_studys_runs_stand_behind_a_full_claim_in_the_order_of_their_seeds(toy):
    add_tasks(0.7, 0.8, 0.9)
    entry = record()["claims"]["toy.accuracy"]
    assert [(run["seed"], run["value"]) for run in entry["runs"]] == [(0, 0.7), (1, 0.8), (2, 0.9)]
    assert entry["runs"][0] == {"seed": 0, "value": 0.7, "seconds": 9.0, "curve": [0.7]}
    assert (entry["this_run"], entry["n"]) == (0.75, 3)
    assert entry["value"] == pytest.approx(0.8) and entry["spread"] == pytest.approx(0.1)  # n − 1 in the divisor
    assert record()["claims"]["toy.parameters"]["n"] == 1
    quick = recording.claim_entry(made("toy.accuracy", 0.6, "quick"))
    assert "runs" not in quick and quick["value"] == 0.6


def test_reading_and_writing_a_record(toy):
    assert records.load("01_toy", "full") is None
    records.write(records.path("01_toy", "full"), {"a": "±"})
    assert records.load("01_toy", "full") == {"a": "±"} and records.load("01_toy", "quick") is None
    with pytest.raises(TypeError):
        records.write(records.path("01_toy", "full"), {"a": object()})
    assert [p.name for p in (toy / "records/full").iterdir()] == ["01_toy.json"]
    assert records.load("01_toy", "full") == {"a": "±"}


# Storing -----------------------------------------------------------------------------------------


def stored(toy: Path, ran: nbformat.NotebookNode | None = None, profile: str = "full", seconds: float = 60) -> dict:
    (toy / "build").mkdir(exist_ok=True)
    nbformat.write(ran or executed(), toy / "build/01_toy.ipynb")
    store.store(toy / "01_toy.ipynb", toy / "build/01_toy.ipynb", profile=profile, seconds=seconds, gflops=50.0)
    node = nbformat.read(toy / "01_toy.ipynb", as_version=4)
    nbformat.validate(node)
    return {cell.id: cell for cell in node.cells} | {"node": node}


def test_a_full_run_puts_outputs_hashes_and_alternatives_into_the_notebook(toy):
    cells = stored(toy)
    assert cells["figure"].outputs[0].data["image/png"] == "iVBOR" and cells["figure"].execution_count == 3
    assert cells["figure"].metadata.mystnb == {"image": {"alt": "A line."}}
    assert "execution" not in cells["start"].outputs[0].metadata
    course = cells["node"].metadata.course
    hashes = staleness.hashes(json.loads(nbformat.writes(cells["node"])), "full")
    assert course == {"lesson": "01_toy", "profile": "full", **hashes}
    assert records.load("01_toy", "full")["code_hash"] == hashes["results"]


def test_a_stored_run_meets_results_and_passes_of_its_own_code_and_seed_only(toy, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(toy / "cache"))
    path = toy / "01_toy.ipynb"

    def prepared(seed: int) -> Path:
        environment = store.prepared(path, "full", seed)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert features.cached("key").is_relative_to(environment[settings.REMEMBER])
        return features.cached("key")

    first, other = prepared(0), prepared(1)
    for file in (first, other):
        file.parent.mkdir(parents=True)
        file.touch()
    assert first != other and prepared(0).exists() and prepared(1).exists()
    node = nbformat.read(path, as_version=4)
    node.cells[-1].source = "claims = 'new code'"
    nbformat.write(node, path)
    assert not prepared(0).exists() and not first.exists() and other.exists()


def test_photographs_are_not_stored_and_other_pictures_are(toy):
    photos = stored(toy)["photos"].outputs
    assert list(photos[0].data) == ["text/plain"] and "licence" in photos[0].data["text/plain"]


def test_claims_and_the_opening_line_show_the_new_record(toy):
    add_tasks(0.7, 0.8, 0.9)
    cells = stored(toy, seconds=600)
    assert "recorded full run 80.00 ± 10.00 % (3 runs)" in cells["claims"].outputs[0].data["text/plain"]
    assert "80.00 ± 10.00 %" in cells["claims"].outputs[0].data["text/html"]
    assert "full 10 min" in cells["start"].outputs[0].data["text/plain"]


def test_a_quick_run_writes_its_record_only(toy):
    before = (toy / "01_toy.ipynb").read_bytes()
    store_path = records.path("01_toy", "quick")
    stored(toy, profile="quick")
    assert (toy / "01_toy.ipynb").read_bytes() == before and store_path.exists()
    assert records.load("01_toy", "full") is None


def test_time_and_machine_stay_those_of_the_run_that_trained(toy):
    stored(toy, seconds=900)
    stored(toy, seconds=5)
    assert records.load("01_toy", "full")["seconds"] == 900
    node = nbformat.read(toy / "01_toy.ipynb", as_version=4)
    node.cells[-1].source = "claims = 'new code'"
    nbformat.write(node, toy / "01_toy.ipynb")
    stored(toy, seconds=7)
    assert records.load("01_toy", "full")["seconds"] == 7


def test_where_only_words_changed_the_outputs_stay(toy):
    path = toy / "01_toy.ipynb"

    def change(cell: int, more: str) -> None:
        node = nbformat.read(path, as_version=4)
        node.cells[cell].source += more
        nbformat.write(node, path)

    def fresh() -> bool:
        node = json.loads(path.read_text("utf-8"))
        return node["metadata"]["course"]["page"] == staleness.hashes(node, "full")["page"]

    assert not store.reworded(path)  # never stored
    stored(toy)
    assert fresh() and not store.reworded(path)  # nothing changed, so whoever asks for a run gets one
    outputs = nbformat.read(path, as_version=4).cells[-1].outputs
    change(0, " More words.")
    assert not fresh() and store.reworded(path) and fresh()
    assert nbformat.read(path, as_version=4).cells[-1].outputs == outputs
    change(0, " And more.")
    change(3, "\nmore = 1")  # the figure, which is no result
    assert not store.reworded(path) and not fresh()


@pytest.mark.parametrize("path", ["/home/ada/x.png", "/tmp/x", "file:///root/x"])
def test_a_path_of_this_machine_is_refused_and_the_notebook_stays(toy, path):
    before = (toy / "01_toy.ipynb").read_bytes()
    text = [{"output_type": "stream", "name": "stdout", "text": f"saved to {path}\n"}]
    with pytest.raises(CourseError, match=r"01_toy\.ipynb, cell data: its output holds a path of this machine"):
        stored(toy, executed(data=text))
    assert (toy / "01_toy.ipynb").read_bytes() == before
    assert records.load("01_toy", "full") is None


# What is committed -------------------------------------------------------------------------------


@cache
def results_now(lesson: str, profile: str) -> str:
    return staleness.hashes(json.loads((paths.NOTEBOOKS / f"{lesson}.ipynb").read_text("utf-8")), profile)["results"]


COMMITTED = [p for profile in profiles.PROFILES for p in sorted((paths.RECORDS / profile).glob("*.json"))]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_committed_record_is_consistent_and_not_stale(path):
    profile = path.parent.name
    found = json.loads(path.read_text("utf-8"))
    assert checks.record_problems(found, profile, path.stem, results_now(path.stem, profile)) == []


def test_every_stored_lesson_has_its_records():
    stored = {path.stem for path in paths.lessons()} - AWAITING_FULL_RUN
    for profile in profiles.PROFILES:
        assert stored <= {path.stem for path in COMMITTED if path.parent.name == profile}


TASKS = sorted(records.STUDIES.glob("*/*.json"))
task_hash = cache(study.task_hash)


@pytest.mark.parametrize("path", TASKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_committed_task_is_not_stale(path):
    found = json.loads(path.read_text("utf-8"))
    log = path.with_suffix(".log").read_text("utf-8")
    assert checks.task_problems(found, path, task_hash(found["study"], found["variant"]), log) == []


@pytest.mark.parametrize(
    ("complaint", "broken"),
    [
        ("code changed", lambda r: r.update(code_hash="00")),
        ("is not 01_toy", lambda r: r.update(lesson="02_toy")),
        ("profile quick", lambda r: r.update(profile="quick")),
        ("toy.parameters", lambda r: r["claims"].pop("toy.parameters")),
        ("recomputed", lambda r: r["claims"]["toy.accuracy"].update(value=0.81)),
        ("recomputed", lambda r: r["claims"]["toy.accuracy"].update(spread=0.0)),
        ("recomputed", lambda r: r["claims"]["toy.accuracy"]["runs"].pop()),
        ("recomputed", lambda r: r["claims"]["toy.parameters"].update(this_run=2)),
    ],
)
def test_a_broken_record_is_noticed(toy, complaint, broken):
    add_tasks(0.7, 0.8, 0.9)
    found = record()
    assert checks.record_problems(found, "full", "01_toy", "ff") == []
    found = copy.deepcopy(found)
    broken(found)
    assert complaint in " ".join(checks.record_problems(found, "full", "01_toy", "ff"))


@pytest.mark.parametrize(
    ("complaint", "change"),
    [("stale", {"code_hash": "00"}), ("is not", {"seed": 3}), ("not declared", {"seed": 99}),
     ("no result", {"result": {}}), ("another result", {"result": {"test_accuracy": 0.95, "minutes": 1}})],
)  # fmt: skip
def test_a_broken_task_is_noticed(complaint, change):
    place = Path("fashion_mnist/course-0.json")
    good = {"study": "fashion_mnist", "variant": "course", "seed": 0, "code_hash": "ff"}
    good["result"] = {"test_accuracy": 0.9, "minutes": 1}
    log = 'Epoch 1/1\n{"test_accuracy": 0.9, "minutes": 1}\n'
    assert checks.task_problems(good, place, "ff", log) == []
    assert complaint in " ".join(checks.task_problems(good | change, place, "ff", log))
