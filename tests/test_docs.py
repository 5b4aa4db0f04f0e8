"""README, CONTRIBUTING, licences and citation: they name what exists, all of it, and nothing else.

Each check is a function of a text, so that the tests at the end can give it a broken one.
"""

import hashlib
import os
import re
import tomllib
from pathlib import Path

import notebook_checks as checks
import pytest
import yaml

from helpers import paths
from helpers.course import cli, setup
from helpers.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
REQUESTS = (ROOT / "requirements.in").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: SHA-256 of the licence's text as the Apache Software Foundation publishes it.
APACHE = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
GENERATED = {"build", "_build", "node_modules"}  # and every folder whose name begins with a dot, but .github


def documents() -> list[Path]:
    """Every Markdown file of the repository that a person wrote."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [n for n in inner if n == ".github" or not (n in GENERATED or n.startswith("."))]
        found += [Path(folder, name) for name in names if name.endswith(".md")]
    return sorted(found)


DOCUMENTS = documents()


def code_in(markdown: str) -> str:
    """What a Markdown text shows as code: fenced blocks, indented blocks, and code in a line."""
    blocks = re.findall(r"```.*?```", markdown, re.DOTALL) + re.findall(r"^ {4}\S.*$", markdown, re.MULTILINE)
    return "\n".join(blocks + re.findall(r"`([^`\n]+)`", markdown))


def make_targets(makefile: str) -> set[str]:
    """The targets that a person types, from the Makefile's rules; `make` alone prints help."""
    rules = re.findall(r"^([a-z][a-z ]*):(?!=)", makefile, re.MULTILINE)
    return {name for rule in rules for name in rule.split()} - {"help"}


def naming_problems(readme: str, targets: set[str], commands: set[str]) -> list[str]:
    """Make targets and commands that the README leaves out or invents."""
    code = code_in(readme)
    named = {
        "make": set(re.findall(r"\bmake ([a-z]\w*)", code)),
        "python -m helpers": set(re.findall(r"-m helpers ([a-z]\w*)", code)),
    }
    problems = []
    for word, exist in (("make", targets), ("python -m helpers", commands)):
        problems += [f"`{word} {name}` does not exist" for name in sorted(named[word] - exist)]
        problems += [f"`{word} {name}` is not named" for name in sorted(exist - named[word])]
    return problems


def reason_problems(contributing: str, requests: str) -> list[str]:
    """Lines of requirements.in without a reason in CONTRIBUTING's table, and reasons without a line."""
    asked = [re.match(r"[A-Za-z0-9._-]+", line)[0] for line in requests.splitlines() if line[:1].isalnum()]
    section = contributing.partition("## Add a dependency")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| *([^|]*?) *\| *([^|]*?) *\|$", section, re.MULTILINE)[2:]  # after head and rule
    problems = [f"{name} has no reason" for name in asked if len(dict(rows).get(name, "").split()) < 2]
    problems += [f"{name} has a reason and no line" for name, _ in rows if name not in asked]
    names = [name for name, _ in rows]
    return problems + [f"{name} has two reasons" for name in sorted(set(names)) if names.count(name) > 1]


def anchors(markdown: str) -> set[str]:
    """The anchors of a text's headings, made as code hosts make them."""
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def anchor_problems(markdown: str, path: Path) -> list[str]:
    """Links to a heading of a Markdown file that has no such heading."""
    problems = []
    for target, anchor in re.findall(r"\]\(([^)\s#]*)#([^)\s]+)\)", markdown):
        file = path.parent / target if target else path
        known = anchors(markdown if file == path else file.read_text("utf-8")) if file.suffix == ".md" else {anchor}
        if anchor not in known:
            problems.append(f"{target}#{anchor} leads to no heading")
    return problems


def marker_problems(readme: str) -> list[str]:
    """The places in the README that a command fills must be there once, in order."""
    begin, end = "<!-- results -->", "<!-- /results -->"
    if readme.count(begin) != 1 or readme.count(end) != 1:
        return [f"expected {begin} and {end} once each"]
    return [] if readme.index(begin) < readme.index(end) else [f"{end} comes before {begin}"]


def lesson_problems(readme: str, lessons: list[Path]) -> list[str]:
    """Lessons that the README's table leaves out."""
    return [f"{p.name} is not in the table" for p in lessons if f"](notebooks/{p.name})" not in readme]


def test_the_readme_names_exactly_the_commands_that_exist():
    assert naming_problems(README, make_targets(MAKEFILE), set(cli.COMMANDS)) == []


def test_the_makefile_explains_exactly_its_targets():
    explained = set(re.findall(r"^# make (\w+)", MAKEFILE, re.MULTILINE))
    declared = set(re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split()) - {"help"}
    assert make_targets(MAKEFILE) == explained == declared


def test_the_readme_lists_every_lesson():
    assert lesson_problems(README, paths.lessons()) == []


def test_the_readme_asks_for_what_set_up_asks_for():
    (_, first), (_, last) = cli.OLDEST, cli.NEWEST
    for minor in range(first, last + 1):
        assert f"3.{minor}" in README
    assert f"3.{first - 1}" not in README and f"3.{last + 1}" not in README
    assert f"{setup.NEEDED_BYTES / 1e9:.0f} GB of free disk" in README


def test_the_readme_has_room_for_the_results():
    assert marker_problems(README) == []


def test_the_readme_says_what_was_not_run():
    assert "has not been tried under conda, Binder or Windows" in README


def test_contributing_has_a_reason_for_each_dependency():
    assert reason_problems(CONTRIBUTING, REQUESTS) == []


def test_contributing_explains_every_tag():
    section = CONTRIBUTING.partition("The tags that cells may carry")[2].partition("Do not use")[0]
    explained = {
        tag for cell in re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE) for tag in cell.split("`")[1::2]
    }
    assert explained >= checks.ALLOWED_TAGS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    text = path.read_text("utf-8")
    assert checks.link_problems(text, path.parent) + anchor_problems(text, path) == []


def test_documents_are_found():
    assert {"README.md", "CONTRIBUTING.md", "LICENSE-TEXT.md"} <= {p.name for p in DOCUMENTS}


def test_licences():
    text = (ROOT / "LICENSE").read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(text).hexdigest() == APACHE, "the Apache License 2.0 is given word for word"
    words = (ROOT / "LICENSE-TEXT.md").read_text("utf-8")
    assert "Creative Commons Attribution 4.0 International" in words
    assert "<https://creativecommons.org/licenses/by/4.0/legalcode>" in words
    assert PROJECT["license"] == "Apache-2.0"


def test_citation():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(found)
    assert found["cff-version"] == "1.2.0"
    assert found["version"] == PROJECT["version"]
    assert found["license"] == ["Apache-2.0", "CC-BY-4.0"]
    assert README.startswith(f"# {found['title']}\n")


# The checks themselves ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("`make doctor`", "`make better`", "`make better` does not exist"),
        ("`make doctor`", "", "`make doctor` is not named"),
        ("-m helpers student`", "-m helpers teacher`", "`python -m helpers teacher` does not exist"),
        ("-m helpers setup`", "`", "`python -m helpers setup` is not named"),
    ],
)
def test_a_wrong_command_is_noticed(old, new, problem):
    assert old in README
    assert problem in naming_problems(README.replace(old, new), make_targets(MAKEFILE), set(cli.COMMANDS))


def test_a_new_target_or_command_is_noticed():
    assert make_targets(MAKEFILE + "\nbook:\n\techo\n") == make_targets(MAKEFILE) | {"book"}
    commands = {*cli.COMMANDS, "dance"}
    assert naming_problems(README, make_targets(MAKEFILE), commands) == ["`python -m helpers dance` is not named"]


def test_missing_and_idle_reasons_are_noticed():
    assert reason_problems(CONTRIBUTING, REQUESTS + "\ntorch>=2\n") == ["torch has no reason"]
    assert reason_problems(CONTRIBUTING, REQUESTS.replace("\nscipy\n", "\n")) == ["scipy has a reason and no line"]
    empty = re.sub(r"^\| ruff \|.*$", "| ruff | |", CONTRIBUTING, flags=re.MULTILINE)
    assert reason_problems(empty, REQUESTS) == ["ruff has no reason"]


def test_broken_links_are_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One two: three\n")
    assert anchor_problems("[a](page.md#one-two-three)", tmp_path / "x.md") == []
    assert anchor_problems("[a](page.md#four)", tmp_path / "x.md") == ["page.md#four leads to no heading"]
    assert anchor_problems("# Here\n[a](#here) [b](#there)", tmp_path / "x.md") == ["#there leads to no heading"]
    assert checks.link_problems("[a](page.md) [b](nowhere.md)", tmp_path) == ["the link nowhere.md leads nowhere"]


@pytest.mark.parametrize("broken", ["", "<!-- /results --> <!-- results -->", "<!-- results -->" * 2])
def test_missing_markers_are_noticed(broken):
    assert marker_problems(broken)


def test_a_missing_lesson_is_noticed(tmp_path):
    assert lesson_problems(README, [tmp_path / "04_new.ipynb"]) == ["04_new.ipynb is not in the table"]
