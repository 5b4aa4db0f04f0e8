"""The README's results table and the book's results page: made from records, and from nothing else."""

import pytest

from helpers import claims, paths, records
from helpers.course import results
from helpers.errors import CourseError

MACHINE = {"cpu": "A chip", "cores": 2, "memory_gb": 8.0, "bf16": True}
VERSIONS = {"keras": "3.15.1"}
RECORD = {
    "claims": {
        "scratch.sgd.test_accuracy": {"n": 1, "value": 0.5, "spread": 0.0, "unit": "fraction", "published": None},
        "scratch.parameters": {"n": 1, "value": 197210, "spread": 0.0, "unit": "parameters", "published": None},
        "scratch.sgd.minutes": {"n": 1, "value": 1.25, "spread": 0.0, "unit": "minutes", "published": None},
    },
    "seconds": 61.2,
    "machine": MACHINE,
    "versions": VERSIONS,
    "data": {"Toy": {"source": "a shelf"}},
}


def task(seed: int, accuracy: float) -> dict:
    result = {"parameters": 333526, "minutes": 2.0, "test_accuracy": accuracy}
    return {"seed": seed, "variant": "published", "result": result, "machine": MACHINE, "versions": VERSIONS}


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A course without records; its folder for records."""
    monkeypatch.setattr(paths, "RECORDS", tmp_path)
    monkeypatch.setattr(records, "STUDIES", tmp_path / "studies")
    return tmp_path


@pytest.fixture
def two_seeds(empty):
    """One study of two seeds, and the full record of lesson 02."""
    for seed, accuracy in enumerate((0.91, 0.93)):
        records.write(empty / f"studies/fashion_mnist/published-{seed}.json", task(seed, accuracy))
    records.write(empty / "full/02_cnn_from_scratch.json", RECORD)


def test_the_readme_is_up_to_date():
    text = (paths.ROOT / "README.md").read_text("utf-8")
    assert results.with_table(text) == text, "run python -m helpers results"


def test_where_nothing_is_recorded_they_say_so(empty):
    assert results.recipes(results.NAMES) == results.NOTHING
    page = results.page()
    assert results.NOTHING in page and "No run has been recorded yet" in page and "|" not in page


def test_a_study_makes_a_row_with_its_spread_and_the_published_figure(two_seeds):
    row = "| Fashion-MNIST, published network | 92.00 ± 1.41 % | 2 | 91.57 % | 333,526 | 2.0 | 2 cores with bfloat16 |"
    assert row in results.recipes(results.NAMES) and row in results.page()
    shared = "| Fashion-MNIST, from scratch, plain descent; Fashion-MNIST, published network |"
    assert f"{shared} A chip, 2 cores, 8 GB, with bfloat16 | keras 3.15.1 |" in results.page()


def test_a_recipe_without_a_study_is_taken_from_the_full_run_on_the_page_only(two_seeds):
    assert "scratch" not in results.recipes(results.NAMES)
    row = "| Fashion-MNIST, from scratch, plain descent | 50.00 % | 1 | – | 197,210 | 1.2 | 2 cores with bfloat16 |"
    assert row in results.page()


def test_the_page_has_every_run_and_every_claim(two_seeds):
    page = results.page()
    run = "| [02_cnn_from_scratch](../notebooks/02_cnn_from_scratch.ipynb) | full | 61 |"
    assert run in page and "Toy: a shelf" in page
    assert "### Every claim of lesson 02" in page and "| `scratch.sgd.minutes` | 1.25 minutes | – | 1 | – |" in page


def test_every_recipe_that_claims_an_accuracy_has_words():
    claimed = {name.removesuffix(results.SUFFIX) for name in claims.declared() if name.endswith(results.SUFFIX)}
    assert set(results.WORDS) == claimed


def test_a_readme_without_markers_is_refused():
    with pytest.raises(CourseError, match="once each"):
        results.with_table("# Course")


def test_a_lesson_recalls_the_mean_of_a_study_in_the_full_profile_only(two_seeds, monkeypatch):
    now = {"test_accuracy": 0.5, "parameters": 1}
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    assert records.recalled("fashion_mnist/published", lambda: now) == now
    monkeypatch.setenv("COURSE_PROFILE", "full")
    found = records.recalled("fashion_mnist/published", lambda: now)
    first, second = (task["result"] for task in records.runs("fashion_mnist/published"))
    assert found["test_accuracy"] == pytest.approx((first["test_accuracy"] + second["test_accuracy"]) / 2)
    assert found["parameters"] == first["parameters"] and isinstance(found["parameters"], int)
    assert records.recalled("fashion_mnist/large", lambda: now) == now  # no seed of it has been run


def test_a_table_has_a_row_for_each_variant_that_was_run(two_seeds):
    rows = records.rows({"as in the text": "fashion_mnist/published", "ours": "fashion_mnist/course"})
    assert [row["recipe"] for row in rows] == ["as in the text"]
    assert rows[0]["runs"] == 2 and rows[0]["± (s.d.)"] > 0


def test_a_row_may_ask_about_the_validation_part_and_one_run_has_no_spread(empty):
    found = task(0, 0.91) | {"variant": "small", "result": {"validation_accuracy": 0.8, "minutes": 1.0}}
    records.write(empty / "studies/puzzle/small-0.json", found)
    (row,) = records.rows({"small": "puzzle/small"}, judge="validation")
    assert (row["validation accuracy"], row["± (s.d.)"], row["parameters"]) == (0.8, None, None)
