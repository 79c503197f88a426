"""Runs the program under test."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.path.abspath(os.environ.get("CLEAN_REGISTRY") or ROOT / "build/clean-registry")
SECONDS = 300


def wait_for(condition, seconds=20):
    """Waits until condition() is true, and returns that; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited more than {seconds} s for {condition}")
        time.sleep(0.01)
    return found


def words_of(pid):
    """The command line of a process; nothing if there is none, or it is a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="surrogateescape").split("\0")[:-1]
    except OSError:
        return []


def merge(base, changes):
    """`changes` put into `base`, deeply, as jq's `*` does; None takes a key away. Returns a new one."""
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return changes
    merged = {key: value for key, value in base.items() if key not in changes}
    for key, value in changes.items():
        if value is not None:
            merged[key] = merge(base.get(key) if isinstance(base.get(key), dict) else {}, value)
    return merged


def make(build, target, *variables):
    """Runs make with the program under test, which is not built again; `build` is for what make writes on its
    way."""
    if not build.exists():
        build.mkdir()
        shutil.copy2(PROGRAM, build / "clean-registry")
    words = ["make", "--silent", "-C", ROOT, f"BUILD={build}", "-o", build / "clean-registry"]
    return run([*words, target, *variables], env={"MAKEFLAGS": None, "MAKELEVEL": None})


def full_pipe():
    """(read, write) of a pipe that has no room: who writes to it waits until it is read."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, bytes(4096))
    except BlockingIOError:
        os.set_blocking(write, True)
    return read, write


@dataclass
class Done:
    """How a command ended: `output` is what it wrote, to both streams unless they were kept apart."""

    status: int
    output: str
    errors: str = ""


def run(words, *, env=None, cwd=None, stdin="", apart=False, seconds=SECONDS):
    """Runs a command, with `env` added to the environment; a variable that is None is taken away."""
    done = subprocess.run(
        [str(word) for word in words],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if apart else subprocess.STDOUT,
        env=environment(env),
        cwd=cwd,
        timeout=seconds,
        check=False,
    )
    errors = (done.stderr or b"").decode(errors="surrogateescape")
    return Done(status_of(done.returncode), done.stdout.decode(errors="surrogateescape"), errors)


def status_of(returncode):
    """The exit code, or 128 and the number of the signal, as a shell has it."""
    return returncode if returncode >= 0 else 128 - returncode


def environment(changes):
    merged = {**os.environ, **(changes or {})}
    return {key: str(value) for key, value in merged.items() if value is not None}


class Background:
    """A command that runs beside the test; its output is in `path`."""

    def __init__(self, words, path, *, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.path = Path(path)
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen(
                [str(word) for word in words],
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(env),
                cwd=cwd,
            )
        self.pid = self.process.pid

    def output(self):
        return self.path.read_text(errors="surrogateescape")

    def lives(self):
        return self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)

    def end(self, seconds=SECONDS):
        """Waits for its end and returns how it was."""
        return Done(status_of(self.process.wait(seconds)), self.output())
