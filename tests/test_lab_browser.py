"""JupyterLab as a learner uses it, in headless Chromium: open a lesson, run it all, do an exercise.

The lesson is a copy, because JupyterLab saves what it shows. Pictures of what was seen go to ``build/screenshots``.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from urllib.error import URLError

import pytest
from browser import ABSENT, CHROMIUM, Browser

from helpers import paths
from helpers.course import lab
from helpers.exercises import appendix1

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=ABSENT)
LESSON = "A1_conv2d_arguments"  # light: nothing is trained in it
SHOTS = paths.BUILD / "screenshots"
NOTEBOOK = "jupyterapp.shell.currentWidget"
CELLS = f"{NOTEBOOK}.content.widgets"
ANSWER = "A1-exercise-halve-answer"
WRONG = "exercises.halving_layer.check(Conv2D(8, 3, strides=2))"
RIGHT = "exercises.halving_layer.check(Conv2D(8, 3, strides=2, padding='same'))"


def cell(key: str) -> str:
    """JavaScript for the cell with this id."""
    return f"{CELLS}.find(c => c.model.id === '{key}')"


def texts(key: str) -> str:
    """JavaScript for the text forms of a cell's outputs."""
    return f"{cell(key)}.model.outputs.toJSON().map(o => o.text || (o.data || {{}})['text/plain'] || o.ename).join('')"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running JupyterLab, started with the course's own command on a folder with a copy of the lesson."""
    root = tmp_path_factory.mktemp("course")
    (root / "notebooks").mkdir()
    shutil.copy(paths.NOTEBOOKS / f"{LESSON}.ipynb", root / "notebooks")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    options += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", "--expose-app-in-browser"]
    places = {f"JUPYTER_{kind}_DIR": str(root / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(root / "user"), "JUPYTERLAB_WORKSPACES_DIR": str(root / "spaces")}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= places | {"COURSE_PROFILE": "quick", "COURSE_CACHE": str(root / "cache")}
    with (root / "log").open("w") as log:
        command = lab.command(root, f"notebooks/{LESSON}.ipynb", options)
        process = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=log)
    try:
        until_it_answers(f"http://127.0.0.1:{port}/api?token={token}", process)
        yield f"http://127.0.0.1:{port}", token
    finally:
        process.terminate()
        process.wait(60)


def until_it_answers(address: str, process: subprocess.Popen, seconds: float = 180) -> None:
    """Wait for a server's first answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except URLError:
            time.sleep(0.3)
    raise AssertionError(f"JupyterLab did not answer; exit code {process.poll()}")


@pytest.fixture(scope="module")
def page(server, tmp_path_factory):
    """The lesson, opened in JupyterLab and run to its end."""
    address, token = server
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        page = browser.page(1280, 1000)
        page.open(f"{address}/lab/tree/notebooks/{LESSON}.ipynb?token={token}", f"window.jupyterapp && {CELLS}.length")
        page.wait(f"{NOTEBOOK}.sessionContext.session?.kernel?.status === 'idle'", 300)
        page.picture(SHOTS / "lab-opened.png")
        page.ask("jupyterapp.commands.execute('runmenu:run-all').then(() => true)")
        counts = f"{CELLS}.filter(c => c.model.type === 'code' && c.model.sharedModel.getSource().trim())"
        page.wait(f"{counts}.every(c => c.model.executionCount)", 600)
        page.picture(SHOTS / "lab-run.png")
        yield page


def test_run_all_gives_no_error(page, server):
    error = "c.model.outputs?.toJSON().filter(o => o.output_type === 'error' || o.name === 'stderr')"
    assert page.ask(f"{CELLS}.flatMap(c => {error} || [])") == []
    assert [address for address in page.requests() if not address.startswith((server[0], "ws"))] == []
    assert page.ask("document.querySelectorAll('.jp-Dialog, .Toastify__toast').length") == 0, "no question on the way"


def test_figures_are_there(page):
    page.ask(f"{NOTEBOOK}.content.scrollToCell({cell('A1-photo-figure')}, 'center').then(() => true)")
    picture = f"{cell('A1-photo-figure')}.node.querySelector('.jp-OutputArea img')"
    page.wait(f"{picture}?.naturalWidth > 200")
    stored = f"{cell('A1-photo-figure')}.model.outputs.toJSON()[0].metadata?.['image/png']?.alt"
    assert page.ask(f"{picture}.alt || {stored}")
    page.picture(SHOTS / "lab-figure.png")


def test_solutions_are_folded(page):
    folded = f"{CELLS}.filter(c => c.model.getMetadata('tags')?.includes('solution')).map(c => c.inputHidden)"
    assert page.ask(folded) and all(page.ask(folded))
    key = "A1-exercise-halve-solution"
    page.ask(f"{NOTEBOOK}.content.scrollToCell({cell(key)}, 'center').then(() => true)")
    shown = f"[...{cell(key)}.node.querySelectorAll('.cm-content')].filter(e => e.getClientRects().length).length"
    first = page.wait(f"{cell(key)}.node.querySelector('.jp-Placeholder')?.textContent")
    assert page.ask(shown) == 0 and "# Solution" in first  # JupyterLab shows a folded cell's first line
    page.picture(SHOTS / "lab-solution.png")


def answer(page, code: str) -> str:
    """Write an answer into the exercise's cell as a person does, run it with Shift+Enter, and read what comes."""
    page.ask(f"{NOTEBOOK}.content.scrollToCell({cell(ANSWER)}, 'center').then(() => true)")
    editor = f"{cell(ANSWER)}.node.querySelector('.cm-content')?.getBoundingClientRect()"
    page.wait(f"{editor}?.height > 10 && {editor}.top > 0")
    place = page.ask(f"(r => [r.x + 30, r.y + 8])({editor})")
    before = page.ask(f"{cell(ANSWER)}.model.executionCount")
    page.click(*place)
    page.press("a", 65, control=True)
    page.type(code)
    assert page.ask(f"{cell(ANSWER)}.model.sharedModel.getSource()") == code
    page.press("Enter", 13, shift=True)
    page.wait(f"{cell(ANSWER)}.model.executionCount > {before}", 120)
    page.wait(f"{NOTEBOOK}.sessionContext.session.kernel.status === 'idle'")
    return page.ask(texts(ANSWER))


def test_an_untouched_exercise_says_so(page):
    assert "not tried yet" in page.ask(texts(ANSWER)).lower()


@pytest.mark.parametrize("code", [WRONG, RIGHT], ids=["wrong", "right"])
def test_an_exercise_says_what_is_wrong_and_what_is_right(code, page):
    names = {"exercises": appendix1, "Conv2D": appendix1.keras.layers.Conv2D}
    said = answer(page, code)
    assert said == repr(eval(code, names))
    assert ("Right" in said) == (code == RIGHT)
    page.picture(SHOTS / f"lab-exercise-{'right' if code == RIGHT else 'wrong'}.png")
