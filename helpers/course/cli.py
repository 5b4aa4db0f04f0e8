"""``python -m helpers``: one word a command, before and after the course is set up.

This file and what it imports at the top use only the standard library and only syntax that old Pythons
read, so that a Python too old for the course can still say so. A command that needs the course's packages
is handed to the environment that has them; ``helpers.course.setup`` makes it where it is missing.
"""

import importlib
import os
import subprocess
import sys

from helpers.errors import CourseError

OLDEST, NEWEST = (3, 11), (3, 13)

#: name → (module whose ``main(argv)`` does it, does it need the packages, what it does).
COMMANDS = {
    "run": ("helpers.course.run", True, "run the lessons; notebooks and pages go to build/"),
    "lab": ("helpers.course.lab", True, "open JupyterLab on the first lesson"),
    "book": ("helpers.course.book", True, "build the web book from the stored outputs"),
    "test": ("helpers.course.test", True, "run every test of the course"),
    "doctor": ("helpers.course.doctor", False, "look at this machine and say what to do about each problem"),
    "data": ("helpers.course.data", True, "list the data sets; `data fetch NAME` gets one"),
    "study": ("helpers.course.study", True, "run a study: a recipe over several seeds"),
    "ranges": ("helpers.course.ranges", True, "measure the ranges of a lesson's claims"),
    "results": ("helpers.course.results", True, "write the README's results table from the records"),
    "student": ("helpers.course.student", True, "write the edition without solutions"),
    "setup": ("helpers.course.setup", False, "make the environment .venv and install the packages"),
    "clean": ("helpers.course.clean", False, "remove what was generated; keeps .venv and the cache"),
}


def main(argv=None):
    """Run one command and return its exit code: 0 done, 1 a problem (one sentence on stderr), 130 stopped."""
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that cannot write "✓" shows "?" instead of failing
            stream.reconfigure(errors="replace")
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return _problem(version_sentence(sys.version_info[:3]))
    try:
        return dispatch(argv)
    except CourseError as error:
        return _problem(str(error))
    except KeyboardInterrupt:
        return 130


def version_sentence(found):
    """What to say about a Python that the course does not run on."""
    return (
        "This is Python {}; the course needs Python {}.{} to {}.{}, because its packages exist for these. "
        "Install one of them (python.org, or your system's package manager) and use it for this command."
    ).format(".".join(str(part) for part in found), *(OLDEST + NEWEST))


def dispatch(argv):
    """Run the command in this interpreter, or in the environment that has the packages."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(overview(), end="")
        return 0
    name, rest = argv[0], argv[1:]
    if name not in COMMANDS:
        raise CourseError(f"There is no command {name!r}. Expected one of {', '.join(COMMANDS)}.")
    module, needs_packages, summary = COMMANDS[name]
    setup = _module("helpers.course.setup")
    if name != "setup" and not setup.is_complete_here():
        if needs_packages and {"-h", "--help"} & set(rest) and not setup.is_ready():
            print(f"{name}: {summary}. The course is not set up yet; `python -m helpers setup` does it.")
            return 0
        if needs_packages or setup.is_ready():
            return hand_over([str(setup.ensure()), "-m", "helpers", *argv])
    return _module(module).main(rest)


def overview():
    """What ``python -m helpers`` prints: the commands, and what to type first."""
    python = "py" if os.name == "nt" else "python3"
    setup = _module("helpers.course.setup")
    if setup.is_complete_here() or setup.is_ready():
        head = "The course is set up. Usage: python -m helpers COMMAND"
    else:
        head = (
            "The course is not set up yet. Type one of\n\n"
            "  make run                 with make: sets it up (a few minutes, once), then runs every lesson\n"
            f"  {python + ' -m helpers run':<25}the same without make\n\n"
            "Commands"
        )
    lines = [f"  {name:<9}{summary}" for name, (_, _, summary) in COMMANDS.items()]
    return "\n".join([head, "", *lines, "", "`python -m helpers COMMAND --help` says more.", ""])


def hand_over(command, **options):
    """Run a command to its end and return its exit code; Ctrl+C is for it to answer."""
    process = subprocess.Popen(command, **options)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the command gets it too, and may ask what was meant
            continue


def _module(name):
    # The one late import of the course: a command must not need the packages of the others, and this
    # file must load where nothing is installed.
    return importlib.import_module(name)


def _problem(sentence):
    print("error: " + sentence, file=sys.stderr)
    return 1
