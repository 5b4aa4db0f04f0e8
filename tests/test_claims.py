"""Claims: what is shown, what fails; and that every declared claim is well formed and stated by its lesson."""

import ast
import json
import math

import numpy as np
import pytest

from helpers import claims, paths, profiles, records, settings

TOY = {
    "toy.accuracy": {
        "lesson": "01_toy",
        "unit": "fraction",
        "published": "toy.accuracy",
        "quick": {"low": 0.5, "high": 0.75, "why": "a test"},
        "full": {"low": 0.75, "high": 1.0, "why": "a test"},
    },
    "toy.parameters": {
        "lesson": "01_toy",
        "unit": "parameters",
        "quick": {"low": 1234, "high": 1234, "why": "exact"},
        "full": {"low": 1234, "high": 1234, "why": "exact"},
    },
}


@pytest.fixture
def shown(monkeypatch, tmp_path) -> list:
    """Toy declarations, no records; the list of what was displayed."""
    displayed = []
    monkeypatch.setattr(claims, "declared", lambda: TOY)
    monkeypatch.setattr(claims, "published", lambda: {"toy": {"accuracy": 0.7}})
    monkeypatch.setattr(claims, "display", displayed.append)
    monkeypatch.setattr(paths, "RECORDS", tmp_path)
    monkeypatch.setenv(profiles.VARIABLE, "quick")
    monkeypatch.delenv(settings.UNBOUNDED, raising=False)
    return displayed


@pytest.mark.parametrize("value", [0.5, 0.6, 0.75, np.float32(0.6), np.array(0.6)])
def test_a_value_in_the_range_comes_back_as_a_float(shown, value):
    assert claims.claim("toy.accuracy", value) == float(value)
    assert type(claims.claim("toy.accuracy", value)) is float and len(shown) == 2


@pytest.mark.parametrize("value", [0.4999, 0.7501, 0, 1])
def test_a_value_outside_is_shown_and_fails_with_range_and_advice(shown, value):
    with pytest.raises(claims.ClaimError, match=r"expected here 50\.00 % to 75\.00 %") as error:
        claims.claim("toy.accuracy", value)
    assert "toy.accuracy FAILS" in str(error.value) and "helpers doctor" in str(error.value)
    assert len(shown) == 1 and "✗" in shown[0]._repr_html_()
    assert isinstance(error.value, AssertionError)


def test_each_profile_has_its_own_range(shown, monkeypatch):
    claims.claim("toy.accuracy", 0.6)
    monkeypatch.setenv(profiles.VARIABLE, "full")
    with pytest.raises(claims.ClaimError):
        claims.claim("toy.accuracy", 0.6)


def test_an_exact_claim_takes_one_value_only(shown):
    claims.claim("toy.parameters", 1234)
    assert "exactly 1,234 parameters" in repr(shown[0])
    for value in (1233, 1235):
        with pytest.raises(claims.ClaimError):
            claims.claim("toy.parameters", value)


def test_while_ranges_are_measured_a_claim_is_shown_and_does_not_fail(shown, monkeypatch):
    monkeypatch.setenv(settings.UNBOUNDED, "1")
    assert claims.claim("toy.accuracy", 0.1) == 0.1 and not shown[0].holds


def test_an_undeclared_claim_and_a_value_that_is_no_number(shown):
    with pytest.raises(ValueError, match=r"no claim 'toy\.other' in notebooks/claims\.toml"):
        claims.claim("toy.other", 0.6)
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match=f"toy.accuracy.*finite number, found {value}"):
            claims.claim("toy.accuracy", value)
    assert shown == []


def test_the_machine_form_is_json_and_complete(shown):
    claims.claim("toy.accuracy", np.float32(0.625))
    bundle = shown[0]._repr_mimebundle_()
    assert json.loads(json.dumps(bundle[claims.MIME])) == {
        "name": "toy.accuracy", "value": 0.625, "unit": "fraction", "low": 0.5, "high": 0.75, "profile": "quick",
    }  # fmt: skip
    assert bundle["text/plain"] == repr(shown[0]) and bundle["text/html"] == shown[0]._repr_html_()


def test_without_a_record_there_is_a_dash_and_with_one_mean_spread_and_runs(shown, tmp_path):
    claims.claim("toy.accuracy", 0.6)
    assert "recorded full run –" in repr(shown[0]) and "published 70.00 %" in repr(shown[0])
    (tmp_path / "full").mkdir()
    entry = {"value": 0.8, "spread": 0.0125, "n": 5}
    (tmp_path / "full/01_toy.json").write_text(json.dumps({"claims": {"toy.accuracy": entry}}))
    assert "recorded full run 80.00 ± 1.25 % (5 runs)" in repr(shown[0])
    assert "<td>80.00 ± 1.25 % (5 runs)</td>" in shown[0]._repr_html_()
    claims.claim("toy.parameters", 1234)
    assert "recorded full run –, published –" in repr(shown[1])


@pytest.mark.parametrize(
    ("value", "unit", "spread", "text"),
    [
        (None, "fraction", None, "–"),
        (0.91567, "fraction", None, "91.57 %"),
        (0.91567, "fraction", 0.00151, "91.57 ± 0.15 %"),
        (333526, "parameters", None, "333,526 parameters"),
        (12.3456, "minutes", None, "12.35 minutes"),
        (12.3456, "minutes", 0.3018, "12.35 ± 0.3 minutes"),
        (999.0, "", None, "999"),
    ],
)
def test_values_as_people_write_them(value, unit, spread, text):
    assert claims.shown(value, unit, spread) == text


# The declarations of the course ------------------------------------------------------------------

DECLARED = claims.declared()
FIELDS = {"lesson", "unit", "published", "study", "floor", "promise", "quick", "full"}


def test_there_are_claims():
    assert len(DECLARED) >= 20


@pytest.mark.parametrize("name", DECLARED)
def test_a_declaration_is_well_formed(name):
    entry = DECLARED[name]
    assert (paths.NOTEBOOKS / f"{entry['lesson']}.ipynb").exists()
    assert entry["unit"] in ("fraction", "minutes", "parameters", "values", "") and set(entry) <= FIELDS
    for profile in profiles.PROFILES:
        expected = entry[profile]
        assert set(expected) == {"low", "high", "why"} and expected["why"].strip()
        assert all(isinstance(expected[end], int | float) for end in ("low", "high"))
        assert expected["low"] <= expected["high"]
        if entry["unit"] == "fraction":
            assert expected["low"] >= 0 and expected["high"] <= 1
    if "published" in entry:
        assert isinstance(claims.published_value(name), int | float)
    if "study" in entry:
        study, variant = entry["study"].split("/")
        studies = records.studies()
        assert variant in studies[study]["variants"] and studies[study]["lesson"] == entry["lesson"]


def stated(lesson: str) -> list[str]:
    """The claims a notebook's cells state, by the first argument of each call of ``claim``."""
    node = json.loads((paths.NOTEBOOKS / f"{lesson}.ipynb").read_text("utf-8"))
    trees = [ast.parse("".join(cell["source"])) for cell in node["cells"] if cell["cell_type"] == "code"]
    return [
        ast.literal_eval(call.args[0])
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "claim"
    ]


@pytest.mark.parametrize("lesson", [path.stem for path in paths.lessons()])
def test_a_lesson_states_each_of_its_claims_once_and_no_other(lesson):
    assert sorted(stated(lesson)) == sorted(name for name, entry in DECLARED.items() if entry["lesson"] == lesson)
