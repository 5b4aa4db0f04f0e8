"""The doctor: what it knows of a machine, which problems it sees, and that it needs nothing installed."""

import json
import platform
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import paths
from helpers.course import doctor, machine, setup, speed
from helpers.paths import ROOT

X86 = "processor\t: 0\nmodel name\t: A Fast CPU\nflags\t\t: fpu avx2 avx512f avx512_bf16\n"
MEMINFO = "MemTotal:       16000000 kB\nMemAvailable:   12000000 kB\n"


@pytest.fixture
def files(monkeypatch):
    """A Linux machine made of these files; an absent file reads as empty."""
    found = {"/proc/cpuinfo": X86, "/proc/meminfo": MEMINFO}
    monkeypatch.setattr(machine, "_text", lambda path: found.get(path, ""))
    monkeypatch.setattr(machine.sys, "platform", "linux")
    return found


def test_machine_says_what_records_need_and_no_names():
    found = machine.machine()
    assert set(found) == {"cpu", "cores", "memory_gb", "bf16", "avx512"}
    assert found["cpu"] and found["cores"] >= 1 and isinstance(found["bf16"], bool)
    written = json.dumps(found)
    assert str(Path.home()) not in written and str(ROOT) not in written
    assert len(socket.gethostname()) < 5 or socket.gethostname() not in written


def test_an_x86_machine(files):
    assert machine.cpu_name() == "A Fast CPU"
    assert machine.features() == ["AVX2", "AVX-512", "AVX512_BF16"]
    assert machine.machine()["bf16"] and machine.machine()["avx512"]
    assert machine.machine()["memory_gb"] == 15.3


def test_a_processor_without_bf16(files):
    files["/proc/cpuinfo"] = X86.replace(" avx512_bf16", "")
    assert not machine.machine()["bf16"] and machine.machine()["avx512"]


def test_an_arm_machine(files):
    files["/proc/cpuinfo"] = "Features\t: fp asimd bf16\n"
    assert machine.features() == ["ARM BF16"] and machine.machine()["bf16"]


def test_a_system_that_tells_nothing(files):
    files.clear()
    assert machine.features() == [] and not machine.features_are_known()
    assert machine.memory() == (None, None) and machine.cpu_name()
    assert doctor.describe_machine()


def test_limits_of_a_container_count(files):
    files["/sys/fs/cgroup/cpu.max"] = "100000 100000"
    files["/sys/fs/cgroup/memory.max"] = str(2**31)
    files["/sys/fs/cgroup/memory.current"] = str(2**30)
    assert machine.cores() == 1
    assert machine.memory() == (2**31, 2**30)
    files["/sys/fs/cgroup/memory.stat"] = f"anon 1\ninactive_file {2**29}\n"
    assert machine.memory() == (2**31, 2**30 + 2**29), "pages of files that are kept make room"


def test_a_mac(monkeypatch):
    told = {
        "machdep.cpu.brand_string": "Apple M9",
        "hw.optional.arm.FEAT_BF16": "1",
        "hw.memsize": str(2**34),
    }
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    monkeypatch.setattr(machine, "_sysctl", lambda key: told.get(key, ""))
    assert machine.cpu_name() == "Apple M9" and machine.features() == ["ARM BF16"]
    assert machine.memory() == (2**34, None)


# Problems ----------------------------------------------------------------------------------------


def words(problems) -> str:
    return " | ".join(f"{p.what} {p.todo}" for p in problems)


@pytest.fixture
def healthy(files, monkeypatch, tmp_path):
    """A machine without problems, to be broken."""
    monkeypatch.setattr(doctor.platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    usage = shutil._ntuple_diskusage(10**12, 0, 10**11)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    return files


def test_a_healthy_machine_has_no_problems(healthy):
    assert doctor.system_problems() == []
    assert doctor.setting_problems({}) == []


def test_little_memory(healthy):
    healthy["/proc/meminfo"] = MEMINFO.replace("12000000", "1000000")
    assert "Only 1.0 GiB of memory are free. Close other" in words(doctor.system_problems())


def test_memory_for_the_quick_profile_alone(healthy):
    healthy["/proc/meminfo"] = MEMINFO.replace("12000000", "5000000")
    (problem,) = doctor.system_problems()
    assert "enough for the quick profile; in the full one, lesson 07 needs 9 GiB" in problem.todo
    assert not problem.serious


def test_no_avx2(healthy):
    healthy["/proc/cpuinfo"] = X86.replace("avx2 ", "")
    assert "no AVX2" in words(doctor.system_problems())


def test_little_disk(healthy, monkeypatch):
    usage = shutil._ntuple_diskusage(10**12, 0, 2**30)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert "Only 1.0 GiB of disk are free. Make room" in words(doctor.system_problems())


def test_disk_for_the_quick_profile_alone(healthy, monkeypatch):
    usage = shutil._ntuple_diskusage(10**12, 0, 5 * 2**30)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    assert "Only 5.0 GiB of disk are free. That is enough for the quick" in words(doctor.system_problems())
    assert not any(problem.serious for problem in doctor.system_problems())


def test_an_intel_mac(healthy, monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "darwin")
    assert "Macs with Intel" in words(doctor.system_problems())


def test_a_cache_that_cannot_be_written(healthy, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file/cache"))
    assert "cannot be written" in words(doctor.system_problems())


def test_wrong_settings():
    assert "no profile" in words(doctor.setting_problems({"COURSE_PROFILE": "smoke"}))
    assert "no such folder" in words(doctor.setting_problems({"COURSE_DATA": "nowhere/at/all"}))
    assert doctor.setting_problems({"COURSE_PROFILE": "full", "COURSE_DATA": "data"}) == []


LOCK = "a==1.0 \\\n    --hash=sha256:00\nb==2.0 ; python_version < '3.12' \\\n    --hash=x\nb==2.1 ; y \\\n"


def test_packages_that_differ_from_the_lock():
    locked = doctor.locked_versions(LOCK)
    assert locked == {"a": {"1.0"}, "b": {"2.0", "2.1"}}
    assert doctor.version_problems(locked, {"a": "1.0", "b": "2.1"}.get) == []
    found = doctor.version_problems(locked, {"a": "1.1"}.get)
    assert "a 1.1 (expected 1.0)" in words(found) and not found[0].serious


def test_the_packages_of_this_environment_are_those_of_the_lock():
    locked = doctor.locked_versions(setup.LOCK.read_text("utf-8"))
    assert doctor.version_problems(locked, doctor.installed_version) == []


def answer(code: int, out: str = "", err: str = ""):
    return lambda command, timeout: subprocess.CompletedProcess(command, code, out, err)


def test_a_tensorflow_that_does_not_run_is_a_problem_and_no_crash(monkeypatch):
    monkeypatch.setattr(doctor, "_ask", answer(-4))
    doctor.measured(problems := [])
    assert "TensorFlow does not run here: exit code -4" in words(problems)


def test_a_gpu_that_tensorflow_does_not_see(monkeypatch):
    monkeypatch.setattr(doctor, "_ask", answer(0, json.dumps({"gflops": 50, "gpus": [], "table": "lesson"})))
    monkeypatch.setattr(doctor, "gpus", lambda: ["A GPU"])
    lines = doctor.measured(problems := [])
    assert lines[0].startswith("50 GFLOP/s") and "does not see it" in words(problems)


def test_damaged_data_is_named_though_its_command_says_so_on_its_output(monkeypatch):
    monkeypatch.setattr(doctor, "_ask", answer(1, "mnist: the sample\ncifar10: DAMAGED, remove it\n"))
    lines = doctor._ask_helpers("data", problems := [])
    assert lines[0] == "mnist: the sample" and "DAMAGED" in words(problems)


def test_an_answer_that_never_comes():
    done = doctor._ask([sys.executable, "-c", "import time; time.sleep(60)"], timeout=1)
    assert done.returncode == 1 and "no answer" in done.stderr


def test_exit_code_and_advice(monkeypatch, capsys):
    monkeypatch.setattr(doctor.setup, "is_complete_here", lambda: True)
    monkeypatch.setattr(doctor, "_ask", answer(0, "Fashion-MNIST: the sample\n"))
    monkeypatch.setattr(doctor, "system_problems", lambda: [])
    monkeypatch.delenv("COURSE_PROFILE", raising=False)
    assert doctor.main(["--no-measurement"]) == 0
    assert "none found" in (shown := capsys.readouterr().out) and "Fashion-MNIST" in shown
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    assert doctor.main(["--no-measurement"]) == 1
    assert "→ Set it to one of quick, full" in capsys.readouterr().out


def test_the_doctor_speaks_before_anything_is_installed():
    code = "import sys; sys.path.insert(0, '.'); from helpers.course import doctor, setup\n"
    code += "setup.is_complete_here = lambda: False\nsys.exit(doctor.main([]))"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "not installed" in done.stdout and "make run" in done.stdout
    assert platform.python_version() in done.stdout


# Speed -------------------------------------------------------------------------------------------


def test_one_step_counts_forward_and_two_gradients():
    outputs = 64 * 32 * 32 * 64
    assert 3 * outputs * (9 * 64) * 2 == speed.STEP_FLOP


def test_measures_something_positive_and_checks_its_argument():
    assert 0.1 < speed.measure_gflops(0.1) < 1e6
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="positive"):
            speed.measure_gflops(wrong)


def test_expected_times_scale_the_record(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    (tmp_path / "records/quick").mkdir(parents=True)
    (tmp_path / "01_toy.ipynb").write_text("")
    record = {"seconds": 30, "machine": {"gflops": 100.0}}
    (tmp_path / "records/quick/01_toy.json").write_text(json.dumps(record))
    assert speed.predicted_seconds("01_toy", "quick", 50.0) == 60
    assert speed.predicted_seconds("01_toy", "full", 50.0) is None
    assert speed.predicted_minutes(50.0).rows == [{"lesson": "01_toy", "quick": "60 s", "full": "not measured yet"}]
    assert speed.predicted_minutes(5.0).rows[0]["quick"] == "10 min"
    (tmp_path / "records/quick/01_toy.json").write_text(json.dumps({"seconds": 30, "machine": {}}))
    assert speed.predicted_seconds("01_toy", "quick", 50.0) is None
