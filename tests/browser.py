"""A small client of headless Chromium: what a person does with a page, and all that the page does in return.

Chromium is started with ``--remote-debugging-pipe`` and spoken to in its DevTools protocol: JSON, ended by a zero
byte, over two pipes. That needs no driver, no port and no package; and when the test ends, however it ends, the pipe
closes and Chromium with it.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
ABSENT = "no Chromium here: install it (Debian: apt-get install chromium) to test the pages as a reader sees them"
OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # tests also run as root in containers, where Chromium's own sandbox does not start
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing but this machine can be reached
)

# Chromium reads from descriptor 3 and writes to 4; this puts our pipes there, whatever numbers they have.
START = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(text), fcntl.F_DUPFD, 10) for text in sys.argv[1:3]]
os.dup2(ours[0], 3)
os.dup2(ours[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""


class Timeout(AssertionError):
    """Something that should have happened in the browser did not."""


class Browser:
    """One headless Chromium; use as a context manager.

    Args:
        folder: an empty folder for its profile.
    """

    def __init__(self, folder: Path) -> None:
        to_us, from_it = os.pipe()
        its, self._to_it = os.pipe()
        command = [sys.executable, "-c", START, str(its), str(from_it), CHROMIUM or "chromium"]
        command += [*OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, pass_fds=(its, from_it), **quiet)
        os.close(its)
        os.close(from_it)
        self._from_it, self._rest, self._number = to_us, b"", 0
        self.events: list[dict] = []

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.send("Browser.close", seconds=20)
        except (Timeout, OSError):
            self._process.kill()
        self._process.wait(30)
        os.close(self._to_it)
        os.close(self._from_it)

    def send(self, method: str, session: str | None = None, seconds: float = 120, **parameters: object) -> dict:
        """Send a command and return its result; events that arrive meanwhile are kept.

        Raises:
            RuntimeError: if Chromium refuses the command.
            Timeout: if no answer comes.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        self._write(json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for found in self.receive(left):
                if found.get("id") == message["id"]:
                    if "error" in found:
                        raise RuntimeError(f"{method}: {found['error']['message']}")
                    return found["result"]
        raise Timeout(f"Chromium did not answer {method} within {seconds:.0f} s")

    def _write(self, text: bytes) -> None:
        while text:  # a pipe takes as much as it has room for
            text = text[os.write(self._to_it, text) :]

    def receive(self, seconds: float) -> list[dict]:
        """The messages that are there, waiting for the first at most some seconds; events are kept, too."""
        if not select.select([self._from_it], [], [], seconds)[0]:
            return []
        *whole, self._rest = (self._rest + os.read(self._from_it, 1 << 20)).split(b"\0")
        found = [json.loads(text) for text in whole]
        self.events += [message for message in found if "method" in message]
        return found

    def page(self, width: int = 1280, height: int = 900, *, dark: bool = False) -> "Page":
        """A new page of this size; ``dark``: the reader's system asks for a dark page."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, target, (width, height), dark)


class Page:
    """A page of a browser. Everything it asks for and everything it complains about is in its lists."""

    def __init__(self, browser: Browser, session: str, target: str, size: tuple[int, int], dark: bool) -> None:
        self._browser, self._session, self._target = browser, session, target
        self._first = len(browser.events)
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        width, height = size
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        # Without motion nothing is looked at half-way between two colours.
        wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        self.send("Emulation.setEmulatedMedia", features=[{"name": k, "value": v} for k, v in wishes.items()])

    def send(self, method: str, **parameters: object) -> dict:
        """Send a command to this page."""
        return self._browser.send(method, self._session, **parameters)

    def events(self, method: str) -> list[dict]:
        """The parameters of all events of a kind so far."""
        mine = (e for e in self._browser.events[self._first :] if e.get("sessionId") == self._session)
        return [event["params"] for event in mine if event["method"] == method]

    def requests(self) -> list[str]:
        """Every address that the page has asked for; data and blobs, which are inside the page, left out."""
        addresses = [event["request"]["url"] for event in self.events("Network.requestWillBeSent")]
        return [address for address in addresses if not address.startswith(("data:", "blob:"))]

    def complaints(self) -> list[str]:
        """Errors of the console: exceptions nobody caught, ``console.error``, and what the browser logs as error."""
        thrown = [event["exceptionDetails"] for event in self.events("Runtime.exceptionThrown")]
        found = [details.get("exception", {}).get("description", details["text"]) for details in thrown]
        for event in self.events("Runtime.consoleAPICalled"):
            if event["type"] in ("error", "assert"):
                found.append(" ".join(str(a.get("value", a.get("description"))) for a in event["args"]))
        logged = [event["entry"] for event in self.events("Log.entryAdded")]
        return found + [f"{e['text']} {e.get('url', '')}".strip() for e in logged if e["level"] == "error"]

    def open(self, address: str, ready: str = "true") -> "Page":
        """Go to an address and wait until it is loaded and an expression is true."""
        self.send("Page.navigate", url=address)
        self.wait(f"document.readyState === 'complete' && location.href !== 'about:blank' && ({ready})")
        return self

    def ask(self, expression: str) -> object:
        """The value of a JavaScript expression, promises awaited, as JSON carries it."""
        found = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", expression))
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = 120) -> object:
        """Wait until an expression is true and return its value."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := self.ask(expression):
                    return found
            except RuntimeError:
                pass  # the page is changing; ask again
            self._browser.receive(0.1)
        raise Timeout(f"not true within {seconds:.0f} s: {expression[:200]}")

    def type(self, text: str) -> None:
        """Type a text where the cursor is."""
        self.send("Input.insertText", text=text)

    def press(self, key: str, code: int, *, shift: bool = False, control: bool = False) -> None:
        """Press and release a key, for instance ``("Enter", 13)``."""
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift + 2 * control}
        self.send("Input.dispatchKeyEvent", type="rawKeyDown", **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, x: float, y: float) -> None:
        """Press and release the left button at a place of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: Path) -> None:
        """Save what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        self._browser.send("Target.closeTarget", targetId=self._target)


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        pass  # a page that is closed while it loads breaks the connection


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yields its address, without a slash at the end."""
    with _Server(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
