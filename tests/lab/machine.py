"""A machine whose first process is Debian's systemd: see tests/tools/machine."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from lab import files, program

SHARED = "/srv/lab"
SYSTEMD = "/usr/lib/systemd/systemd"
_running = []


def lend(install, shared=None):
    """One machine is enough for a file of tests."""
    if not _running:
        _running.append(Machine(install, shared))
    return _running[0]


def stop_all():
    while _running:
        _running.pop().stop()


def inside(path):
    """Where a file of this run of tests is in the machine: what lies below /tmp here is not in its units' sight."""
    return f"{SHARED}/{Path(path).relative_to(files.FOLDER)}"


class Machine:
    """`install` is a folder that was installed to with DESTDIR; its files are in their places.

    The folders of this run of tests are below SHARED. `shared` is {TARGET: SOURCE}, what else is.
    """

    def __init__(self, install, shared=None):
        self.folder = files.new_folder("m")
        shutil.copytree(install, self.folder / "install", symlinks=True)
        self.said = bytearray()
        pairs = {SHARED: files.FOLDER, "/dev/console": self._open_console(), **(shared or {})}
        script = program.ROOT / "tests/tools/machine"
        words = [script, self.folder, *(f"{source}:{target}" for target, source in pairs.items())]
        self.process = program.Background(words, self.folder / "script")
        self.pid = None
        try:
            program.wait_for(self._is_up)
        except AssertionError as error:
            told = f"{error}\n{self.process.output()}{self.console()}"
            self.stop()
            raise AssertionError(f"systemd does not start: {told}") from None

    def _open_console(self):
        """A terminal, as systemd speaks to nothing else; what it says is gathered."""
        end, terminal = os.openpty()
        name = os.ttyname(terminal)

        def listen():
            # The terminal ends with the machine.
            with contextlib.suppress(OSError):
                while text := os.read(end, 65536):
                    self.said += text

        threading.Thread(target=listen, daemon=True).start()
        return name

    def _is_up(self):
        if not self.process.lives():
            raise AssertionError("it has ended")
        self.pid = self.pid or self._find()
        return self.pid and self.ask("show", "-P", "ActiveState", "multi-user.target") == "active"

    def _find(self):
        """The first process, once it is systemd."""
        pid = self.process.pid
        while not program.words_of(pid)[:1] == [SYSTEMD]:
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:
                return None
            if not children:
                return None
            pid = int(children[0])
        return pid

    def path(self, path):
        """A file of the machine, as it can be opened from here."""
        return Path(f"/proc/{self.pid}/root{path}")

    def console(self):
        """What systemd has said."""
        return self.said.decode(errors="replace")

    def words(self, *words):
        """The command that runs this one in it, as root."""
        own = ["--mount", "--uts", "--ipc", "--pid", "--cgroup"]
        return ["nsenter", "--target", str(self.pid), *own, "env", "-u", "TMPDIR", *words]

    def run(self, *words):
        """Runs a command in it, and returns how it ended."""
        return program.run(self.words(*words), cwd="/", seconds=60)

    def begin(self, *words, **streams):
        """Starts a command in it beside the test. Returns its process id, and what ends it."""
        enter = subprocess.Popen(self.words(*words), cwd="/", **streams)
        children = Path(f"/proc/{enter.pid}/task/{enter.pid}/children")
        pid = int(
            program.wait_for(lambda: enter.poll() is None and children.read_text().split())[0]
        )

        def end():
            lived = enter.poll() is None
            if lived:
                os.kill(pid, signal.SIGKILL)
            enter.wait()
            return lived

        return pid, end

    @staticmethod
    def number(pid):
        """The process id in the machine of what has this one here."""
        status = Path(f"/proc/{pid}/status").read_text()
        return re.search(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)[1]

    def ask(self, *words):
        """What systemctl prints, without the end of its last line."""
        return self.run("systemctl", "--no-pager", *words).output.rstrip("\n")

    def stop(self):
        if self.process.lives():
            self.process.kill(signal.SIGTERM)
        self.process.end(30)
