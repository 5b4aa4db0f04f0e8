"""environment.yml, the lock and the project file say the same; the lock names no host."""

import re
import tomllib

import pytest
import yaml

from helpers.course import cli
from helpers.course.doctor import locked_versions
from helpers.paths import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
REQUESTS = (ROOT / "requirements.in").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def environment_problems(text: str, requires_python: str) -> list[str]:
    """What is wrong with the text of an environment.yml, given pyproject's requires-python."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [f"no valid YAML: {error}"]
    if not isinstance(found, dict) or set(found) != {"name", "channels", "dependencies"}:
        return ["expected exactly the keys name, channels, dependencies"]
    problems = []
    if found["channels"] != ["conda-forge"]:
        problems.append("the one channel must be conda-forge")
    plain = [entry for entry in found["dependencies"] if isinstance(entry, str)]
    sections = [entry for entry in found["dependencies"] if isinstance(entry, dict)]
    if sections != [{"pip": ["-r requirements.lock"]}]:
        problems.append("the pip section must install requirements.lock and nothing else")
    python = [re.fullmatch(r"python=(\d+)\.(\d+)", entry) for entry in plain if entry.startswith("python")]
    if len(python) != 1 or python[0] is None:
        problems.append("python must be pinned to a minor version, as python=3.11")
    elif not allowed_by(requires_python, tuple(map(int, python[0].groups()))):
        problems.append(f"python {python[0][0]} is outside {requires_python}")
    if sorted(entry.split("=")[0] for entry in plain) != ["pip", "python"]:
        problems.append("only python and pip come from conda; the rest comes from the lock")
    return problems


def allowed_by(requires_python: str, version: tuple[int, int]) -> bool:
    """Whether a minor version satisfies a range written as ``>=A.B,<C.D``."""
    low, high = re.fullmatch(r">=(\d+\.\d+),<(\d+\.\d+)", requires_python).groups()
    return tuple(map(int, low.split("."))) <= version < tuple(map(int, high.split(".")))


def lock_problems(lock: str, requests: str) -> list[str]:
    """What is wrong with the text of a lock, given the text of requirements.in."""
    problems = []
    if "://" in lock:
        problems.append("the lock names a host")
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    for entry in filter(str.strip, entries):
        head = entry.split(None, 1)[0]
        if "==" not in head:
            problems.append(f"{head} is not pinned")
        if "--hash=sha256:" not in entry:
            problems.append(f"{head} has no hash")
    locked = locked_versions(lock)
    for line in requests.splitlines():
        request = line.split("#")[0].strip()
        if not request:
            continue
        name, version = re.fullmatch(r"([A-Za-z0-9._-]+)(?:==(\S+))?.*", request).groups()
        if name not in locked:
            problems.append(f"{name} of requirements.in is not in the lock")
        elif version and version not in locked[name]:
            problems.append(f"{name} is asked for as {version} and locked as {sorted(locked[name])}")
    return problems


def test_environment_yml_fits_the_project_and_the_lock():
    text = (ROOT / "environment.yml").read_text("utf-8")
    assert environment_problems(text, PROJECT["project"]["requires-python"]) == []


def test_the_pip_section_and_post_build_install_the_lock_and_then_the_helpers():
    assert (ROOT / "requirements.lock").is_file()
    script = (ROOT / "postBuild").read_text("utf-8")
    assert script.startswith("#!") and "pip install --no-deps --no-build-isolation -e ." in script
    assert (ROOT / "postBuild").stat().st_mode & 0o100, "Binder runs postBuild only if it is executable"


GOOD = """name: x
channels: [conda-forge]
dependencies: [python=3.11, pip, {pip: [-r requirements.lock]}]
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("python=3.11", "python=3.10", "outside"),
        ("python=3.11", "python=3.14", "outside"),
        ("python=3.11", "python>=3.11", "pinned"),
        ("requirements.lock", "requirements.in", "requirements.lock"),
        ("conda-forge", "defaults", "channel"),
        ("pip, {", "pip, numpy, {", "only python and pip"),
        ("name: x", "name: [", "YAML"),
        ("name: x", "prefix: x", "keys"),
    ],
)
def test_a_broken_environment_yml_is_noticed(old, new, complaint):
    assert environment_problems(GOOD, ">=3.11,<3.14") == []
    assert complaint in " ".join(environment_problems(GOOD.replace(old, new), ">=3.11,<3.14"))


def test_the_lock_is_pinned_hashed_complete_and_names_no_host():
    assert lock_problems(LOCK, REQUESTS) == []


@pytest.mark.parametrize(
    ("lock", "complaint"),
    [
        ("keras==3.0 \\\n    --hash=sha256:00\n# from https://example.org\n", "host"),
        ("keras==3.0\n", "no hash"),
        ("keras>=3.0 \\\n    --hash=sha256:00\n", "not pinned"),
        ("numpy==2.0 \\\n    --hash=sha256:00\n", "not in the lock"),
        ("keras==2.9 \\\n    --hash=sha256:00\n", "locked as"),
    ],
)
def test_a_broken_lock_is_noticed(lock, complaint):
    assert complaint in " ".join(lock_problems(lock, "keras==3.0  # the subject\n"))


def test_python_versions_agree_everywhere():
    low, high = cli.OLDEST, cli.NEWEST
    assert PROJECT["project"]["requires-python"] == f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"{low} <= sys.version_info[:2] <= {high}" in makefile
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}
    tried = matrix["python"]
    assert {"3.11", "3.13"} <= set(tried)
    assert all(allowed_by(PROJECT["project"]["requires-python"], tuple(map(int, v.split(".")))) for v in tried)


def test_workflows_and_the_ci_script_call_the_commands_of_the_readme():
    for workflow, command in (("test", "make test"), ("full", "make full")):
        steps = yaml.safe_load((ROOT / f".github/workflows/{workflow}.yml").read_text("utf-8"))["jobs"]
        assert command in [step.get("run") for job in steps.values() for step in job["steps"]]
    assert (ROOT / ".ci/run").read_text("utf-8").rstrip().endswith("exec make test")


def test_every_package_of_the_helpers_is_installed():
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "helpers").rglob("__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found
