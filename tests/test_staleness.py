"""What makes a stored result out of date, tried on small notebooks and on a copy of the helpers."""

import ast
import copy
import json
import shutil

import pytest

from helpers import paths, staleness, syntax
from helpers.datasets import checksums

CELLS = {
    "title": "# Words",
    "setup": "import numpy as np\n\nfrom helpers import training, plots, tables\nfrom helpers.datasets import mnist",
    "size": "size = 3",
    "other": "colour = 'blue'",
    "data": "data = mnist.load()",
    "network": 'def network(n):\n    """Words."""\n    # words\n    colour = n + 1\n    return [colour for n in "ab"]',
    "model": "model = network(size)",
    "compile": "model.compile('adam')",
    "loop": "for layer in range(2):\n    model.layers[layer].trainable = False",
    "train": "result = training.wilson(model.fit(data.x_train), 10)  # words",
    "after": "size = 4",
    "look": "plots.show(plots.image(result), alt='A picture.')",
}
RESULTS = ("train",)


def node(cells: dict | None = None, tagged=RESULTS) -> dict:
    """A notebook in nbformat's form; the cell called title is text."""
    made = [
        {
            "cell_type": "markdown" if name == "title" else "code",
            "id": name,
            "source": source,
            "metadata": {"tags": ["results"]} if name in tagged else {},
        }
        for name, source in (cells or CELLS).items()
    ]
    return {"cells": made, "metadata": {}}


def changed(before: dict, after: dict, profile: str = "quick") -> set[str]:
    """Which of the three hashes differ."""
    old, new = staleness.hashes(before, profile), staleness.hashes(after, profile)
    return {key for key in old if old[key] != new[key]}


RESULTS_TOO, CODE, WORDS, NOTHING = {"results", "code", "page"}, {"code", "page"}, {"page"}, set()


@pytest.mark.parametrize(
    ("cell", "old", "new", "expected"),
    [
        ("train", "# words", "# other words", NOTHING),
        ("train", "10)", "\n    10,\n)", NOTHING),
        ("network", "Words.", "Other words.", NOTHING),
        ("network", "# words", "# other words", NOTHING),
        ("size", "3", "3  # a comment", NOTHING),
        ("other", "'blue'", '"blue"', NOTHING),
        ("title", "Words", "Other words", WORDS),
        ("look", "A picture.", "Another.", CODE),
        ("other", "blue", "red", CODE),  # named like a variable inside network, which is another one
        ("after", "4", "5", CODE),  # runs later than the training
        ("setup", "plots, ", "", CODE),  # a helper that the page no longer needs
        ("train", "10", "11", RESULTS_TOO),
        ("train", ".fit", ".evaluate", RESULTS_TOO),
        ("network", "n + 1", "n + 2", RESULTS_TOO),
        ("size", "3", "4", RESULTS_TOO),
        ("model", "size", "size + 1", RESULTS_TOO),
        ("compile", "adam", "sgd", RESULTS_TOO),
        ("loop", "False", "True", RESULTS_TOO),
        ("data", "load()", "load()[:9]", RESULTS_TOO),
    ],
)
def test_what_a_change_of_a_cell_changes(cell, old, new, expected):
    assert old in CELLS[cell]
    after = dict(CELLS)
    after[cell] = CELLS[cell].replace(old, new)
    if cell == "setup":
        after["look"] = ""
    assert changed(node(), node(after)) == expected


def test_a_source_stored_as_lines_is_the_same_source():
    lines = node()
    for cell in lines["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    assert changed(node(), lines) == NOTHING


def test_outputs_ids_and_other_tags_do_not_count():
    other = node()
    for number, cell in enumerate(other["cells"]):
        cell["id"] = f"new-{number}"
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
        cell["metadata"].setdefault("tags", []).append("hide-input")
    assert changed(node(), other) == NOTHING


def test_the_tag_itself_decides_which_cells_count():
    assert changed(node(), node(tagged=())) == {"results"}
    assert changed(node(), node(tagged=("train", "other"))) == {"results"}
    assert changed(node(), node(tagged=("train", "model"))) == NOTHING  # was needed anyway


def needed(*names: str) -> set[str]:
    notebook = staleness.Notebook(node()["cells"])
    code = [name for name in CELLS if name != "title"]
    return {code[i] for i in notebook.needed(set(names))}


def test_needed_follows_definitions_mutations_and_imports():
    assert needed("colour") == {"other"}
    assert needed("np") == {"setup"}
    assert needed("network") == {"network"}
    # all cells that make or change the model, what these use, and every definition of size
    assert needed("model") == {"model", "compile", "loop", "network", "size"}
    assert needed("nothing") == set()


@pytest.mark.parametrize(
    "code",
    [
        "def f(size):\n    return size",
        "def f():\n    size = 1\n    return size",
        "f = lambda size: size + 1",
        "f = [size for size in range(3)]",
        "def f():\n    for size in range(3):\n        print(size)",
        "class F:\n    def g(self, size):\n        return size",
        "f = g(size=1)",
        "f = g.size",
        "size, ax = 1, 2\nf = size",
        "for size in f:\n    print(size)",
        "size = 1\nfor i in f:\n    print(size)",
        "f = {size: 1 for size in g}\nfor size in f:\n    h[size] = 2",
        "def size(): ...\nsize()",
    ],
)
def test_names_of_a_functions_own_create_no_dependence(code):
    assert "size" not in syntax.unit(ast.parse(code).body).mentions


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    return size",
        "f = lambda: size",
        "f = [n for n in size]",
        "f = size.n",
        "def f(n=size): ...",
        "size += 1",
        "size = size + 1",
        "f = size\nsize = 1",
        "for size in size:\n    print(size)",
        "if f:\n    size = 1\ng = size",
        "for size in f:\n    g = size\nh = size",
        "f = [size for size in size]",
    ],
)
def test_names_from_outside_do(code):
    assert "size" in syntax.unit(ast.parse(code).body).mentions


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a = b = 1", {"a", "b"}),
        ("a, (b, *c) = x", {"a", "b", "c"}),
        ("a.b = x", {"a"}),
        ("a[b] = x", {"a"}),
        ("a.b[0].c = x", {"a"}),
        ("a.add(x)", {"a"}),
        ("for i in x:\n    a.add(i)", {"a", "i"}),
        ("with x as f:\n    a = f", {"a", "f"}),
        ("def f(a):\n    b = a\n    c.add(b)", {"f"}),
        ("class F:\n    a = 1", {"F"}),
        ("print(a)", set()),
    ],
)
def test_what_a_statement_defines_or_changes(code, names):
    assert syntax.defined(ast.parse(code).body[0]) - {"x"} == names


def test_a_modules_function_changes_no_module():
    call = ast.parse("plots.show(x)").body[0]
    assert syntax.defined(call) == {"plots"}
    assert syntax.defined(call, {"plots"}) == set()
    assert "look" not in needed("plots")


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in paths.lessons() if lesson.stem[:2] not in ("01", "A1")], ids=str
)
def test_a_picture_drawn_anew_needs_no_new_training(lesson):
    """A full run takes minutes to an hour, in 01 and A1 seconds: there figures may stand beside what is measured."""
    notebook = staleness.Notebook(json.loads(lesson.read_text("utf-8"))["cells"])
    drawing = {"plots.show", "figures.show_compact"}
    found = [notebook.cells[i]["id"] for i in notebook.closure("results") if drawing & notebook.units[i].mentions]
    assert not found, f"results need these cells, which draw: {found}; move what they define"


# Helpers and data --------------------------------------------------------------------------------


@pytest.fixture
def helpers(tmp_path, monkeypatch):
    """A copy of the helpers to change: edit(file, old, new)."""
    shutil.copytree(paths.ROOT / "helpers", tmp_path / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    staleness._helper.cache_clear()

    def edit(name: str, old: str, new: str) -> None:
        path = tmp_path / "helpers" / name
        assert old in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
        staleness._helper.cache_clear()

    yield edit
    staleness._helper.cache_clear()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("training.py", '"""Wilson\'s interval', '"""The interval', NOTHING),
        ("training.py", "import math\n", "import math  # for roots\n", NOTHING),
        ("training.py", "half = z * math", "half = 2 * z * math", RESULTS_TOO),
        ("training.py", "self.peak * tf.maximum", "2 * self.peak * tf.maximum", NOTHING),  # not called here
        ("plots.py", 'if not alt.strip():', 'if not alt:', CODE),
        ("plots.py", "axes.grid\": False", "axes.grid\": True", NOTHING),
        ("datasets/mnist.py", '"""', '"""New. ', NOTHING),
    ],
)  # fmt: skip
def test_helpers_count_where_they_are_needed(helpers, file, old, new, expected):
    before = staleness.hashes(node(), "quick")
    helpers(file, old, new)
    after = staleness.hashes(node(), "quick")
    assert {key for key in before if before[key] != after[key]} == expected


def test_a_helper_behind_a_helper_counts_and_the_bookkeeping_does_not(helpers):
    cells = dict(CELLS, train="result = training.fit(model, data.x_train, name='a', epochs=size)")
    before = staleness.hashes(node(cells), "quick")
    helpers("training.py", 'print(f"“{name}” is taken', 'print(f"{name} is taken')
    helpers("files.py", "Free some, or", "Free space, or")
    helpers("checkpoints.py", "KEPT = 5", "KEPT = 6")
    assert staleness.hashes(node(cells), "quick")["results"] == before["results"]
    helpers("training.py", "initial_epoch=len(progress.epochs)", "initial_epoch=0")
    assert staleness.hashes(node(cells), "quick")["results"] != before["results"]


@pytest.mark.parametrize(("kind", "counts"), [("sample", "quick"), ("full", "full")])
def test_the_data_of_the_profile_counts(monkeypatch, kind, counts):
    table = copy.deepcopy(checksums.table())
    before = {profile: staleness.hashes(node(), profile) for profile in ("quick", "full")}
    assert before["quick"]["results"] != before["full"]["results"]
    table["mnist"][kind] = "0" * 64
    table["cifar10"][kind] = "1" * 64  # not used here
    monkeypatch.setattr(checksums, "table", lambda: table)
    for profile, old in before.items():
        assert (staleness.hashes(node(), profile) != old) == (profile == counts)


def test_pretrained_weights_are_data_too(monkeypatch):
    assert staleness._data_hashes({"weights"}, "quick") == [f"vgg16 {checksums.sample('vgg16')}"]
    assert len(staleness._data_hashes({"weights", "mnist"}, "full")) == 3
    table = copy.deepcopy(checksums.table())
    table["vgg16"]["full"] = "0" * 64
    monkeypatch.setattr(checksums, "table", lambda: table)
    assert f"vgg16 {'0' * 64}" in staleness._data_hashes({"weights"}, "full")


def test_records_that_the_code_names_count_for_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RECORDS", tmp_path)
    declared = {"pets": {"lesson": "05_pets"}, "digits": {"lesson": "03_digits"}, "own": {"lesson": "06_features"}}
    monkeypatch.setattr(staleness.records, "studies", lambda: declared)
    code = "show(records.runs('pets/course'), records.load('05_pets', 'full'))"
    toy = node(CELLS | {"compared": code}) | {"metadata": {"course": {"lesson": "06_features"}}}
    for file, counts in {
        "studies/pets/course-0.json": True,
        "studies/own/course-0.json": True,
        "studies/digits/course-0.json": False,
        "quick/05_pets.json": True,
        "quick/03_digits.json": False,
        "quick/06_features.json": False,  # written by this very run
        "full/05_pets.json": False,
    }.items():
        before = staleness.hashes(toy, "quick")
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("{}" + file)
        after = staleness.hashes(toy, "quick")
        assert {key for key in before if before[key] != after[key]} == (CODE if counts else NOTHING), file
