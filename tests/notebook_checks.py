"""What a lesson's notebook must look like, as functions: each takes notebooks and returns the problems found.

A notebook is the parsed JSON, not nbformat's view of it: nbformat mends on reading what is to be found here.
"""

import ast
import json
import os
import re
import socket
import statistics
from collections.abc import Iterator
from pathlib import Path

import nbformat

from helpers.paths import ROOT

LARGEST = 2 * 10**6
LONGEST_CELL, MEDIAN_CELL, WORDS_PER_LINE, MOST_CELLS = 25, 5, 6, 90
OPENING = {"helpers.backend", "helpers.lesson", "helpers.profiles"}
COMPARED = "nbval-check-output"
#: parameters: papermill's; results: hashed for staleness; solution and hide-cell: folded where it is read.
#: raises-exception and nbval-skip are not here: papermill honours neither.
ALLOWED_TAGS = {"parameters", "results", "solution", "hide-cell", "photographs", COMPARED}
_FOLDERS = r"(?:home|root|Users|tmp|work|opt|var|mnt|srv|private|content|__w)"
PRIVATE = re.compile(
    rf"(?<![\w.:/)-])/{_FOLDERS}/[\w.-]|\b[A-Za-z]:\\\\?Users\b"  # absolute paths
    r"|\bpypi\.org|pythonhosted\.org|registry\.npmjs|artifactory|\bnexus\.|/simple/"  # package registries
    r"|\blocalhost:\d|\b127\.0\.0\.1|\b10\.\d+\.\d+\.\d+\b|\b192\.168\."  # machines
)
EXERCISE = re.compile(r"^(?P<lesson>\w\d)-exercise-(?P<name>[\w-]+?)(?:-(?P<part>answer|hint|solution))?$")


def load(path: Path) -> dict:
    """A notebook as the file has it."""
    return json.loads(path.read_text("utf-8"))


def text(cell: dict) -> str:
    """The source of a cell, which may be stored as a string or as lines."""
    return "".join(cell["source"])


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: dict) -> Iterator[tuple[dict, dict]]:
    """Each stored output with its cell."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            yield cell, output


def format_problems(notebook: dict) -> list[str]:
    """nbformat 4.5, kernelspec python3, and nothing that changes with the author's machine."""
    problems = []
    if (notebook.get("nbformat"), notebook.get("nbformat_minor")) != (4, 5):
        problems.append("the format is not 4.5")
    metadata = notebook["metadata"]
    if metadata.get("kernelspec", {}).get("name") != "python3":
        problems.append("the kernelspec is not python3")
    if "version" in metadata.get("language_info", {}):
        problems.append("language_info has a version, which differs between machines")
    if "papermill" in metadata or any({"papermill", "execution"} & set(cell["metadata"]) for cell in notebook["cells"]):
        problems.append("times of an execution are stored")
    try:
        nbformat.validate(nbformat.from_dict(notebook))
    except nbformat.ValidationError as error:
        problems.append(f"not a valid notebook: {error.message}")
    return problems


def id_problems(notebooks: dict[str, dict]) -> list[str]:
    """Ids exist, are readable, begin with the lesson's number, and are unique over all notebooks."""
    seen: dict[str, str] = {}
    problems = []
    for name, notebook in notebooks.items():
        for number, cell in enumerate(notebook["cells"], 1):
            key = cell.get("id")
            if not key:
                problems.append(f"{name}: cell {number} has no id")
                continue
            if not re.fullmatch(rf"{name[:2]}-[a-z0-9-]{{2,}}", key):
                problems.append(f"{name}: the id {key} is not {name[:2]}-words-in-lower-case")
            if key in seen:
                problems.append(f"{name}: the id {key} is in {seen[key]} already")
            seen[key] = name
    return problems


def output_problems(notebook: dict) -> list[str]:
    """No error, nothing on stderr, no warning on stdout either, a text alternative for each picture."""
    problems = []
    for cell, output in outputs(notebook):
        if output["output_type"] == "error":
            problems.append(f"{cell['id']} stores an error: {output.get('ename')}")
        if output.get("name") == "stderr":
            problems.append(f"{cell['id']} stores stderr: {''.join(output['text'])[:60]!r}")
        elif re.search(r"\bWARNING:", "".join(output.get("text", ""))):
            problems.append(f"{cell['id']} stores a warning: {''.join(output['text'])[:60]!r}")
        for kind in ("image/png", "image/jpeg", "image/svg+xml"):
            if kind in output.get("data", {}) and not output.get("metadata", {}).get(kind, {}).get("alt"):
                problems.append(f"{cell['id']} stores a picture without a text alternative")
    return problems


def privacy_problems(notebook: dict) -> list[str]:
    """No absolute path, no package registry, no name of this machine in sources or outputs."""
    here = {str(ROOT), str(Path.home())} - {"/", "/root"}
    host = socket.gethostname()
    here |= {host} if len(host) > 4 and host not in ("localhost", "localhost.localdomain") else set()
    here |= {os.environ[name] for name in ("PIP_INDEX_URL", "UV_INDEX_URL") if os.environ.get(name)}
    problems = []
    for cell in notebook["cells"]:
        words = [text(cell)]
        for output in cell.get("outputs", []):
            words.append("".join(output.get("text", "")))
            words += [
                "".join(value) if isinstance(value, list) else str(value)
                for kind, value in output.get("data", {}).items()
                if not kind.startswith("image/")
            ]
        for part in words:
            readable = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\\\s]+", "", part)
            found = PRIVATE.search(readable) or next((w for w in here if w in readable), None)
            if found:
                what = found if isinstance(found, str) else readable[found.start() : found.end() + 20]
                problems.append(f"{cell['id']} names a path or a machine: {what!r}")
    return problems


def tag_problems(notebook: dict) -> list[str]:
    """Only tags that every tool of the course honours; one parameters cell with profile and seed."""
    problems = [
        f"{cell['id']} has the tag {tag}" for cell in notebook["cells"] for tag in tags(cell) if tag not in ALLOWED_TAGS
    ]
    parameters = [text(cell) for cell in code_cells(notebook) if "parameters" in tags(cell)]
    if len(parameters) != 1 or "profile =" not in parameters[0] or "seed =" not in parameters[0]:
        problems.append("expected one cell with the tag parameters that sets profile and seed")
    return problems


def compared_problems(notebook: dict, least: int = 10) -> list[str]:
    """Enough cells whose output nbval compares, and each stores one: without it nbval compares nothing."""
    compared = [cell for cell in code_cells(notebook) if COMPARED in tags(cell)]
    problems = []
    if len(compared) < least:
        problems.append(f"{len(compared)} cells are compared, expected {least}")
    for cell in compared:
        if cell.get("execution_count") is None or not cell["outputs"]:
            problems.append(f"{cell['id']} is to be compared but stores no output")
        elif any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            problems.append(f"{cell['id']} is to be compared but stores a picture, which nbval passes over")
    return problems


def exercise_parts(notebook: dict) -> dict[str, dict[str, tuple[int, dict]]]:
    """Exercise → part (prompt, answer, hint, solution) → its position and cell."""
    found: dict[str, dict[str, tuple[int, dict]]] = {}
    for number, cell in enumerate(notebook["cells"]):
        match = EXERCISE.match(cell.get("id", ""))
        if match:
            found.setdefault(match["name"], {})[match["part"] or "prompt"] = (number, cell)
    return found


def exercise_problems(notebook: dict) -> list[str]:
    """3–5 exercises, each a prompt, an answer cell to fill in, a hint, and a folded, checked solution."""
    exercises = exercise_parts(notebook)
    problems = []
    if not 3 <= len(exercises) <= 5:
        problems.append(f"{len(exercises)} exercises, expected 3 to 5")
    for name, parts in exercises.items():
        missing = [part for part in ("prompt", "answer", "hint", "solution") if part not in parts]
        if missing:
            problems.append(f"exercise {name} has no {' and no '.join(missing)}")
            continue
        places = [parts[part][0] for part in ("prompt", "answer", "hint", "solution")]
        if places != sorted(places):
            problems.append(f"exercise {name} is out of order")
        answer, hint, solution = (parts[part][1] for part in ("answer", "hint", "solution"))
        if "..." not in text(answer) or ".check(" not in text(answer):
            problems.append(f"exercise {name}: the answer cell needs `...` and `.check(`")
        if not re.match(r"#\s*exercises\.\w+\.hint\(", text(hint)):
            problems.append(f"exercise {name}: the hint must be commented out")
        if "assert" not in text(solution) or ".check(" not in text(solution):
            problems.append(f"exercise {name}: the solution must assert its own check")
        if not text(solution).startswith(("# Solution\n", "def ")):  # JupyterLab shows a folded cell's first line
            problems.append(f"exercise {name}: the solution's first line, # Solution or def, must not give it away")
        folded = solution["metadata"].get("jupyter", {}).get("source_hidden")
        if not folded or not {"solution", "hide-cell"} <= set(tags(solution)):
            problems.append(f"exercise {name}: the solution is not folded in JupyterLab and the book")
    return problems


def length_problems(notebook: dict) -> list[str]:
    """Short cells, more prose than code, not too many cells (those of exercises are not counted)."""
    cells = [cell for cell in notebook["cells"] if "-exercise" not in cell.get("id", "")]
    lines = {cell["id"]: sum(bool(line.strip()) for line in text(cell).splitlines()) for cell in code_cells(notebook)}
    words = sum(len(text(cell).split()) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    problems = [f"{key} has {n} lines, at most {LONGEST_CELL}" for key, n in lines.items() if n > LONGEST_CELL]
    if statistics.median(lines.values()) > MEDIAN_CELL:
        problems.append(f"the median code cell has {statistics.median(lines.values())} lines, not {MEDIAN_CELL}")
    if words < WORDS_PER_LINE * sum(lines.values()):
        problems.append(f"{words / sum(lines.values()):.1f} words per line of code, expected {WORDS_PER_LINE}")
    if len(cells) > MOST_CELLS:
        problems.append(f"{len(cells)} cells without exercises, at most {MOST_CELLS}")
    return problems


def size_problems(path: Path) -> list[str]:
    """A notebook is at most 2 MB, so that it loads in a browser and in git."""
    size = path.stat().st_size
    return [f"{size / 1e6:.1f} MB, at most {LARGEST / 1e6:.0f}"] if size > LARGEST else []


def helper_problems(notebook: dict) -> list[str]:
    """The lesson's last cell links to each helper that it imports, but for those that only open the lesson."""
    last = next(text(cell) for cell in notebook["cells"] if cell["id"].endswith("-links"))
    code = "\n".join(text(cell) for cell in code_cells(notebook))
    problems = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "helpers":
            for name in (f"{node.module}.{alias.name}" for alias in node.names):
                file = ROOT / name.replace(".", "/")
                module = name if file.is_dir() or file.with_suffix(".py").exists() else node.module
                package = (ROOT / module.replace(".", "/")).is_dir()
                page = f"../{module.replace('.', '/')}{'/__init__.py' if package else '.py'}"
                if module not in OPENING and page not in last:
                    problems.append(f"{module} is imported but not among the links")
    return problems


def link_problems(markdown: str, folder: Path) -> list[str]:
    """Links and pictures that lead to no file, seen from ``folder``; links to the web are not followed."""
    markdown = re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.DOTALL)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", markdown) + re.findall(r'(?:src|href)="([^"]+)"', markdown)
    problems = []
    for target in targets:
        if re.match(r"[a-z][a-z0-9+.-]*:|#", target):
            continue
        if target.startswith("/"):
            problems.append(f"the link {target} is absolute")
        elif not (folder / target.split("#")[0].split("?")[0]).exists():
            problems.append(f"the link {target} leads nowhere")
    return problems
