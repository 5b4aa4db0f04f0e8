"""``python -m helpers study NAME``: a recipe over several seeds and variants, as independent tasks.

A study is declared in ``notebooks/studies.toml``. A task runs the lesson's own cells: those that the
variant's expression needs, and then the expression, which returns a dict of what it measured. So the recipe
that a reader sees is the recipe that was measured. Each task is a process of its own, writes one JSON
record and one log, and is skipped where its record exists; stop and restart a study at will.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat

from helpers import paths, profiles, records, settings, staleness
from helpers.course import machine
from helpers.errors import CourseError


def main(argv: Sequence[str]) -> int:
    """Run a study's missing tasks one after the other; exit code 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m helpers study", description=__doc__.split("\n")[0])
    parser.add_argument("study", nargs="?", help="its name in notebooks/studies.toml; none lists them all")
    parser.add_argument("--variant", help="only this variant")
    parser.add_argument("--task", nargs=2, metavar=("VARIANT", "SEED"), help="one task, in this process")
    choice = parser.parse_args(argv)
    if choice.study is None:
        for name, study in records.studies().items():
            print(f"{name}: {len(missing(name))} of {len(tasks(name))} tasks to do, lesson {study['lesson']}")
        return 0
    if choice.task:
        variant, seed = choice.task
        if not seed.isdecimal():
            raise CourseError(f"A seed is a whole number from 0, found {seed!r}.")
        run_task(choice.study, variant, int(seed))
        return 0
    return run(choice.study, choice.variant)


def study(name: str) -> dict:
    """One study's declaration; an unknown name is a :class:`CourseError` that lists the known ones."""
    known = records.studies()
    if name not in known:
        raise CourseError(f"There is no study {name!r}. Expected one of: {', '.join(known)}.")
    return known[name]


def _variant(name: str, variant: str) -> dict:
    known = study(name)["variants"]
    if variant not in known:
        raise CourseError(f"Study {name!r} has no variant {variant!r}: {', '.join(known)}.")
    return known[variant]


def tasks(name: str) -> list[tuple[str, int]]:
    """(variant, seed) of every task, all variants of a seed before the next seed."""
    variants = study(name)["variants"]
    most = max(len(v["seeds"]) for v in variants.values())
    return [(k, v["seeds"][i]) for i in range(most) for k, v in variants.items() if i < len(v["seeds"])]


def task_file(name: str, variant: str, seed: int) -> Path:
    """Where a task's record lies."""
    return records.STUDIES / name / f"{variant}-{seed}.json"


def missing(name: str) -> list[tuple[str, int]]:
    """The tasks without a record."""
    return [(v, s) for v, s in tasks(name) if not task_file(name, v, s).exists()]


def run(name: str, only: str | None = None) -> int:
    """Run the missing tasks, each in a process of its own, with progress and an estimate."""
    if only is not None:
        _variant(name, only)
    to_do = [(v, s) for v, s in missing(name) if only in (None, v)]
    failed = 0
    for number, (variant, seed) in enumerate(to_do, start=1):
        known = [t["seconds"] for t in records.runs(f"{name}/{variant}")]
        estimate = f", about {sum(known) / len(known) / 60:.0f} min" if known else ""
        print(f"{name}: task {number} of {len(to_do)}, {variant} with seed {seed}{estimate} …", flush=True)
        log = task_file(name, variant, seed).with_suffix(".log")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w" if _ends_with_a_result(log) else "a", encoding="utf-8") as out:
            command = [sys.executable, "-m", "helpers", "study", name, "--task", variant, str(seed)]
            code = subprocess.run(command, cwd=paths.ROOT, stdout=out, stderr=subprocess.STDOUT).returncode
        if code:
            failed += 1
            print(f"  failed; see {log.relative_to(paths.ROOT)}")
    if not missing(name):
        shutil.rmtree(_passes(name), ignore_errors=True)
    print(f"{name}: {len(to_do) - failed} tasks done, {failed} failed, {len(missing(name))} left to do")
    return 1 if failed else 0


def _passes(name: str) -> Path:
    """Where a study keeps its tasks' passes; none that was timed elsewhere can be met there."""
    return paths.cache() / "studies" / name


def _ends_with_a_result(log: Path) -> bool:
    """Is this the log of a finished task? An interrupted one goes on, and so does its log."""
    return log.exists() and log.read_text("utf-8").strip().split("\n")[-1].startswith("{")


def program(name: str, variant: str) -> tuple[staleness.Notebook, list[int], str]:
    """The lesson, the positions of the cells that a variant needs, and the variant's expression."""
    expression = _variant(name, variant)["call"]
    node = nbformat.read(paths.NOTEBOOKS / f"{study(name)['lesson']}.ipynb", as_version=4)
    notebook = staleness.Notebook(node["cells"])
    names = {n.id for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Name)}
    return notebook, sorted(notebook.needed(names)), expression


def task_hash(name: str, variant: str) -> str:
    """Hash of the code and data behind a variant; equal hashes mean the same experiment."""
    notebook, cells, expression = program(name, variant)
    return staleness.code_hash(notebook, cells, "full", expression)


def run_task(name: str, variant: str, seed: int) -> None:
    """Run one task here and write its record."""
    profiles.use("full")
    os.environ |= {settings.VERBOSE: "2", settings.FRESH: "1", settings.FEATURES: str(_passes(name))}
    notebook, cells, expression = program(name, variant)
    mark = task_hash(name, variant)  # of the code as it is now, not as it may be when the task ends
    space: dict = {}
    for position in cells:
        exec("".join(notebook.cells[position]["source"]), space)  # the lesson's own cells, from this repository
    space["seed"] = seed
    began, busy = time.perf_counter(), _cpu_times()
    result = eval(expression, space)
    seconds = time.perf_counter() - began
    records.write(
        task_file(name, variant, seed),
        {
            "study": name,
            "variant": variant,
            "seed": seed,
            "seconds": round(seconds, 1),
            "busy_elsewhere": _busy_elsewhere(busy, _cpu_times()),
            "when": time.strftime("%Y-%m-%d"),
            "code_hash": mark,
            "machine": machine.machine(),
            "versions": records.versions(),
            "result": result,
        },
    )
    print(json.dumps({k: v for k, v in result.items() if k != "curve"}))


def _cpu_times() -> tuple[float, float] | None:
    """CPU seconds of the whole machine and of this process so far; None where the system does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _, _, irq, softirq = map(int, stat.read_text().split("\n")[0].split()[1:8])
    own = os.times()
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK"), own.user + own.system


def _busy_elsewhere(before: tuple | None, after: tuple | None) -> float | None:
    """Share of the computing done in between that other programs did: above 0.05, distrust the seconds."""
    if before is None or after is None:
        return None
    total, own = after[0] - before[0], after[1] - before[1]
    return round(max(0.0, 1 - own / total), 3) if total else 0.0
