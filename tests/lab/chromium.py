"""A headless Chromium of the test's own, spoken to over its DevTools protocol: two pipes, no port."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from lab import files
from lab.program import wait_for

SECONDS = 60
# Nothing is fetched, asked or reported by the browser itself.
WORDS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-pipe",
]


def _high_pipe():
    """A pipe with descriptors above those that the browser wants as 3 and 4."""
    low = os.pipe()
    high = tuple(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in low)
    for fd in low:
        os.close(fd)
    return high


class Chromium:
    """Started at once; stop() ends it with all its processes and removes its folder."""

    def __init__(self):
        program = shutil.which("chromium")
        if program is None:
            raise AssertionError("chromium is not installed: scripts/install-deps test")
        self.folder = files.new_folder("chromium")
        their_input, self.to_browser = _high_pipe()
        self.from_browser, their_output = _high_pipe()

        def take_pipes():
            os.dup2(their_input, 3)
            os.dup2(their_output, 4)

        self.output = open(self.folder / "output", "wb")
        self.process = subprocess.Popen(
            [program, *WORDS, f"--user-data-dir={self.folder}/profile", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(self.folder), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
            preexec_fn=take_pipes,
            pass_fds=(3, 4),
            start_new_session=True,
        )
        os.close(their_input)
        os.close(their_output)
        self.number = 0
        self.read = b""
        self.events = []

    def stop(self):
        with contextlib.suppress(Exception):
            self.call("Browser.close")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)
        os.close(self.to_browser)
        os.close(self.from_browser)
        self.output.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _message(self, deadline):
        """The next message of the browser."""
        while b"\0" not in self.read:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.from_browser], [], [], max(left, 0))
            piece = os.read(self.from_browser, 1 << 20) if ready else b""
            if not piece:
                said = (self.folder / "output").read_text(errors="replace")[-2000:]
                raise AssertionError(f"chromium {'has ended' if ready else 'hangs'}: {said}")
            self.read += piece
        text, _, self.read = self.read.partition(b"\0")
        return json.loads(text)

    def call(self, method, session=None, **parameters):
        """Asks for METHOD and returns its result; what else the browser tells is added to self.events."""
        self.number += 1
        words = {"id": self.number, "method": method, "params": parameters}
        if session:
            words["sessionId"] = session
        text = json.dumps(words).encode() + b"\0"
        while text:
            text = text[os.write(self.to_browser, text) :]
        deadline = time.monotonic() + SECONDS
        while True:
            message = self._message(deadline)
            if message.get("id") == self.number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, path, width=1280, height=900, dark=False, media=""):
        """A new tab with the file, as it looks on a screen of that size."""
        return Tab(self, Path(path), width, height, dark, media)


class Tab:
    """One page; requests and complaints are what came up since it was opened."""

    def __init__(self, browser, path, width, height, dark, media):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call("Page.navigate", url=path.resolve().as_uri())
        wait_for(
            lambda: self.evaluate("location.protocol + document.readyState") == "file:complete"
        )

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def _told(self, method):
        return [
            event["params"]
            for event in self.browser.events
            if event.get("method") == method and event.get("sessionId") == self.session
        ]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def evaluate(self, expression):
        """The value of a JavaScript expression; a promise is waited for."""
        done = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in done:
            raise AssertionError(f"{expression[:80]}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def requests(self):
        return [event["request"]["url"] for event in self._told("Network.requestWillBeSent")]

    def complaints(self):
        """What a developer would see in the console."""
        said = [event["entry"]["text"] for event in self._told("Log.entryAdded")]
        said += [str(event["args"]) for event in self._told("Runtime.consoleAPICalled")]
        return said + [str(event) for event in self._told("Runtime.exceptionThrown")]

    def screenshot(self, path):
        """The whole page, not only what fits on the screen."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        taken = self.call(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={**size, "scale": 1}
        )
        Path(path).write_bytes(base64.b64decode(taken["data"]))

    def pdf(self, path):
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
        Path(path).write_bytes(base64.b64decode(printed["data"]))
