"""The page "Old code, Keras 3": it runs, prints what is stored, and keeps the lessons' rules."""

import notebook_checks as checks
import pytest
from test_lessons import nbval

from helpers import paths

PAGE = paths.ROOT / "book/old_code.ipynb"
#: What the issue threads of other courses are full of; each has a section, and an assertion or a printed error.
OLD = ("metrics='accuracy'", "input_shape=", "ImageDataGenerator", "K.function", "K.gradients", ".h5", "fit_generator")


def test_it_runs_and_prints_what_is_stored(tmp_path):
    done = nbval(PAGE, tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize(
    "check", [checks.format_problems, checks.output_problems, checks.privacy_problems, checks.compared_problems]
)
def test_it_keeps_the_rules(check):
    assert check(checks.load(PAGE)) == []


def test_ids_are_its_own():
    notebooks = {path.stem: checks.load(path) for path in paths.lessons()}
    ids = [cell["id"] for cell in checks.load(PAGE)["cells"]]
    others = {cell["id"] for notebook in notebooks.values() for cell in notebook["cells"]}
    assert len(set(ids)) == len(ids) and not others & set(ids)
    assert all(key.startswith("old-") for key in ids)


def test_each_old_form_is_run_and_each_new_one_asserted():
    cells = checks.load(PAGE)["cells"]
    table = checks.text(cells[0])
    assert all(form in table for form in OLD)
    code = {cell["id"]: checks.text(cell) for cell in cells if cell["cell_type"] == "code"}
    shown = "\n".join(text for text in code.values() if "complaint(lambda" in text)
    assert [form for form in OLD if form.replace("'", '"') not in shown] == []
    now = [text for key, text in code.items() if key.endswith("-now")]
    assert len(now) >= 8 and all("assert" in text for text in now)


def test_links_lead_somewhere():
    cells = [cell for cell in checks.load(PAGE)["cells"] if cell["cell_type"] == "markdown"]
    assert [p for cell in cells for p in checks.link_problems(checks.text(cell), PAGE.parent)] == []
