"""Set-up: what happens on a machine that has only Python.

The end-to-end tests use a toy repository: the real command line and Makefile, a lock with one tiny
package, and a project file whose build back end needs nothing. They touch no network.
"""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.course import cli, setup
from helpers.errors import CourseError
from helpers.paths import ROOT

COMMAND_LINE = ("__init__.py", "__main__.py", "errors.py", "paths.py")
BACKEND = '''
"""A build back end in 20 lines: an editable wheel of the folder it stands in."""
import zipfile
from pathlib import Path

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "cnn_course_helpers-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("cnn_course_helpers.pth", str(Path(__file__).parent))
        info = "cnn_course_helpers-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: cnn-course-helpers\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
'''


class Toy:
    """A repository like ours in a folder of its own, and what is needed to call its commands."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.wheels = folder / "wheels"
        (self.root / "helpers/course").mkdir(parents=True)
        for name in COMMAND_LINE:
            shutil.copy(ROOT / "helpers" / name, self.root / "helpers")
        for name in ("__init__.py", "cli.py", "setup.py"):
            shutil.copy(ROOT / "helpers/course" / name, self.root / "helpers/course")
        shutil.copy(ROOT / "Makefile", self.root)
        self.replace("helpers/course/setup.py", '"tensorflow", "papermill", "jupyterlab", "pytest"', '"toy-a"')
        (self.root / "helpers/course/run.py").write_text(
            "import sys, toy_a\ndef main(argv):\n    print('ran in', sys.prefix, argv)\n    return 7\n"
        )
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "cnn-course-helpers"\nversion = "1.0"\n'
        )
        (self.root / "requirements.lock").write_text(self.wheel("toy_a"))

    def wheel(self, name: str) -> str:
        """Make a package with one module and return its line in a lock."""
        self.wheels.mkdir(exist_ok=True)
        path = self.wheels / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{name}.py", "VALUE = 1\n")
            info = f"{name}-1.0.dist-info/"
            wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(info + "RECORD", "")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{name.replace('_', '-')}==1.0 \\\n    --hash=sha256:{digest}\n"

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text("utf-8")
        assert old in text
        (self.root / path).write_text(text.replace(old, new), "utf-8")

    def call(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        """Run a command in the repository; packages come from the folder of wheels only, without uv."""
        folders = [f for f in os.environ["PATH"].split(os.pathsep) if not (Path(f) / "uv").exists()]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON", "COV", "MAKE"))}
        clean |= {
            "PATH": os.pathsep.join(folders),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            command, cwd=self.root, env=clean | environment, capture_output=True, text=True, timeout=300
        )

    def helpers(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return self.call(sys.executable, "-m", "helpers", *arguments, **environment)

    def stamp(self) -> Path:
        return self.root / ".venv/.course-ready"


@pytest.fixture(scope="module")
def toy(tmp_path_factory) -> Toy:
    """A toy repository after its first `run`."""
    made = Toy(tmp_path_factory.mktemp("toy"))
    before = made.helpers()
    assert before.returncode == 0 and "not set up yet" in before.stdout and "make run" in before.stdout
    made.first = made.helpers("run", "01")
    return made


def test_the_first_call_sets_up_and_runs_in_the_new_environment(toy):
    assert "Setting up" in toy.first.stdout, toy.first.stderr
    assert f"ran in {toy.root / '.venv'} ['01']" in toy.first.stdout
    assert toy.first.returncode == 7, "the command's own exit code is passed on"


def test_the_second_call_does_no_set_up(toy):
    before = toy.stamp().stat().st_mtime_ns
    second = toy.helpers("run")
    assert "Setting up" not in second.stdout and "ran in" in second.stdout
    assert toy.stamp().stat().st_mtime_ns == before
    assert "is set up" in toy.helpers().stdout


def test_packages_are_compiled_even_where_the_machine_says_not_to(toy):
    assert list((toy.root / ".venv").rglob("toy_a.*.pyc"))


@pytest.mark.skipif(os.name == "nt", reason="there are no links in an environment on Windows")
def test_an_environment_whose_python_was_removed_is_made_again(toy):
    linked = [path for path in (toy.root / ".venv/bin").iterdir() if path.is_symlink()]
    for path in linked:
        path.unlink()
        path.symlink_to(toy.root / "gone")
    again = toy.helpers("run")
    assert "Setting up" in again.stdout and "ran in" in again.stdout, again.stderr


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
def test_make_sets_up_once_too(toy):
    toy.stamp().unlink()
    first, second = toy.call("make", "run"), toy.call("make", "run", "ARGS=02 --seed 1")
    assert "Setting up" in first.stdout, first.stderr
    assert "Setting up" not in second.stdout and "['02', '--seed', '1']" in second.stdout
    assert first.returncode != 0, "a failing lesson makes `make` fail"
    assert "['--profile', 'full']" in toy.call("make", "full").stdout


@pytest.mark.parametrize(
    ("name", "addition"),
    [("requirements.lock", "# changed\n"), ("pyproject.toml", 'description = "changed"\n')],
)
def test_a_changed_lock_or_project_file_sets_up_again(toy, name, addition):
    path = toy.root / name
    path.write_text(path.read_text("utf-8") + addition, "utf-8")
    assert "Setting up" in toy.helpers("run").stdout
    assert "Setting up" not in toy.helpers("run").stdout


def test_settings_of_other_tools_do_not_set_up_again(toy):
    path = toy.root / "pyproject.toml"
    path.write_text(path.read_text("utf-8") + "[tool.ruff]\nline-length = 99\n", "utf-8")
    assert "Setting up" not in toy.helpers("run").stdout


def test_a_moved_repository_sets_up_again(toy, monkeypatch):
    monkeypatch.setattr(setup, "LOCK", toy.root / "requirements.lock")
    monkeypatch.setattr(setup, "ROOT", toy.root)
    here = setup.fingerprint()
    shutil.copytree(toy.root, toy.root.parent / "moved", ignore=shutil.ignore_patterns(".venv"))
    monkeypatch.setattr(setup, "ROOT", toy.root.parent / "moved")
    assert setup.fingerprint() != here


def refused(toy: Toy, lock: str, **environment: str) -> str:
    """What set-up says about this lock; asserts that it fails cleanly and leaves no stamp."""
    path = toy.root / "requirements.lock"
    before = path.read_text("utf-8")
    try:
        path.write_text(lock, "utf-8")
        done = toy.helpers("run", **environment)
    finally:
        path.write_text(before, "utf-8")
    assert done.returncode == 1 and not toy.stamp().exists()
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert "build/setup.log" in done.stderr and (toy.root / "build/setup.log").exists()
    return done.stderr


def test_an_altered_package_is_refused(toy):
    wrong = "toy-a==1.0 --hash=sha256:" + 64 * "0" + "\n"
    pip = toy.root / ".venv"
    shutil.rmtree(pip)
    assert "its hash differs" in refused(toy, wrong)


def test_no_registry_is_said_in_one_sentence(toy):
    absent = "toy-b==1.0 --hash=sha256:" + 64 * "0" + "\n"
    assert "no package registry answered" in refused(toy, absent)
    deaf = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    assert "no package registry answered" in refused(toy, absent, PIP_FIND_LINKS="", **deaf)


def test_uv_is_used_where_it_is_and_pip_where_uv_fails(toy, tmp_path):
    fake = tmp_path / "uv"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexit 1\n')
    fake.chmod(0o755)
    shutil.rmtree(toy.root / ".venv")
    folders = [f for f in os.environ["PATH"].split(os.pathsep) if not (Path(f) / "uv").exists()]
    done = toy.helpers("run", PATH=os.pathsep.join([str(tmp_path), *folders]))
    assert "trying pip" in done.stdout and "ran in" in done.stdout
    assert "venv" in (tmp_path / "calls").read_text()


@pytest.mark.skipif(not shutil.which("uv"), reason="there is no uv here")
def test_uv_makes_the_environment(toy):
    shutil.rmtree(toy.root / ".venv")
    done = toy.helpers("run", PATH=os.environ["PATH"], UV_NO_INDEX="1", UV_FIND_LINKS=str(toy.wheels))
    assert "trying pip" not in done.stdout and "ran in" in done.stdout
    assert list((toy.root / ".venv").rglob("toy_a.*.pyc"))


# What cannot be arranged on every machine is asked of the functions that decide it.


def test_too_little_disk():
    setup.check_disk(setup.NEEDED_BYTES)
    with pytest.raises(CourseError, match=r"There are 3\.0 GB free .* needs 4 GB"):
        setup.check_disk(3 * 10**9)


def test_too_little_disk_stops_set_up_before_anything_is_made(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(setup, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**10, 10**10, 10**9))
    monkeypatch.setattr(setup, "_run", lambda *step: pytest.fail("the installation began"))
    assert cli.main(["setup"]) == 1
    assert capsys.readouterr().err.startswith("error: There are 1.0 GB free")


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_installed(monkeypatch, capsys, tmp_path):
    (tmp_path / "build").write_text("a file where the folder should be")
    monkeypatch.setattr(setup, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(setup, "BUILD", tmp_path / "build")
    monkeypatch.setattr(setup, "_run", lambda *step: pytest.fail("the installation began"))
    assert cli.main(["setup"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "(build: File exists)" in said and "a folder of your own" in said


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_that_cannot_make_an_environment(missing):
    setup.check_modules(lambda name: True)
    with pytest.raises(CourseError, match=f"no module {missing}.*apt install python3"):
        setup.check_modules(lambda name: name != missing)


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 13), (3, 14, 0)])
def test_a_wrong_python_is_told_so(version, monkeypatch, capsys):
    monkeypatch.setattr(cli.sys, "version_info", version)
    assert cli.main(["run"]) == 1
    said = capsys.readouterr().err
    assert ".".join(map(str, version)) in said and "3.11 to 3.13" in said and said.count("\n") == 1


def old_pythons() -> list[str]:
    """Pythons too old for the course that happen to be on this machine."""
    versions = Path.home() / ".pyenv/versions"
    return sorted(str(p) for v in ("3.6", "3.8", "3.9", "3.10") for p in versions.glob(f"{v}.*/bin/python"))


@pytest.mark.parametrize("python", old_pythons())
def test_an_old_python_prints_the_sentence_for_real(python):
    done = subprocess.run([python, "-m", "helpers", "run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("error: This is Python 3.")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py", "errors.py", "course/__init__.py", "course/cli.py"])
def test_what_loads_before_the_version_check_is_old_syntax(name):
    ast.parse((ROOT / "helpers" / name).read_text("utf-8"), feature_version=(3, 6))


def test_set_up_and_doctor_need_only_the_standard_library():
    code = "import sys; sys.path.insert(0, '.'); import helpers.course.cli, helpers.course.setup, "
    code += "helpers.course.doctor, helpers.course.clean, helpers.course.lab, helpers.course.test"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
