"""The functions that only studies call, once each at a tiny size: no study of hours fails for a slip.

Once a variant has a record, that proves it, and its call is skipped.
"""

import pytest

from helpers import profiles, records
from helpers.course import study

#: A variant of a study, and a call of its function that takes seconds. What a result must hold is in the last column.
CALLS = [
    (
        "cifar10_ablation/all",
        "run_recipe(0, (8, 8, 8), 1, 100, ('muon', 'dirac', 'cycle'), True)",
        "validation_accuracy",
    ),
    ("cifar10/float32", "run_recipe(0, (8, 8, 8), 1, 100, precision='float32')", "test_accuracy"),
    ("cats_vs_dogs_why/once", "run_why(0, 'once', epochs=1)", "seen"),
    ("cats_vs_dogs_why/validation", "run_why(0, validation='changed', epochs=1)", "seen"),
    (
        "cats_vs_dogs/course",
        "run_course(0, (24, 32), 1, 0.1, judge='validation', network={'widths': (8,), 'stem': 4}, orthogonal=False)",
        "validation_accuracy_small",
    ),
    ("vgg16_puzzle/never", "run_puzzle(0, freeze='never', count=20, pixels=32, epochs=1)", "validation_accuracy"),
    ("vgg16_puzzle/right", "run_puzzle(0, place='everywhere', count=20, pixels=32, epochs=1)", "validation_accuracy"),
    ("vgg16_features/course", "run_features(0, every=8, copies=1)", "validation_accuracy"),
    ("vgg16_depth/block5", "run_depth(0, first=5, pixels=32, epochs=1, count=20)", "validation_accuracy"),
    ("vgg16_depth/all", "run_depth(0, first=1, pixels=32, epochs=1, count=20)", "validation_accuracy"),
    ("vgg16_order/head_slow", "run_order(0, epochs=1)", "validation_accuracy"),
]


@pytest.fixture(scope="module")
def lessons() -> dict[str, dict]:
    """Lesson → what its cells have defined so far; a cell runs once, whichever study needs it."""
    return {}


@pytest.mark.parametrize(("variant", "call", "holds"), CALLS)
def test_a_study_s_function_runs(variant, call, holds, lessons, monkeypatch, tmp_path):
    if records.runs(variant):
        pytest.skip(f"{variant} was run: its records are there")
    monkeypatch.setenv(profiles.VARIABLE, "quick")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    name, choice = variant.split("/")
    notebook, cells, _ = study.program(name, choice)
    known = lessons.setdefault(study.study(name)["lesson"], {"ran": set(), "names": {}})
    for i in (i for i in cells if i not in known["ran"]):
        exec("".join(notebook.cells[i]["source"]), known["names"])
        known["ran"].add(i)
    result = eval(call, known["names"])
    assert 0 <= result[holds] <= 1 and result["minutes"] > 0
