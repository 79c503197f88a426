"""Whoever does not read what the program says does not hold it: it goes on, does what was planned, and tells
what is missing."""

import os
import pty
import re
import select
import signal
import subprocess
from pathlib import Path

from lab import World, case, program, wait_for


class Output(World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]

    def setUp(self):
        super().setUp()
        self.log = self.program_folder / "log"

    def stuck_pipe(self):
        """A pipe that is full, and open for somebody who does not read; returns its path and end."""
        path = self.folder / "pipe"
        os.mkfifo(path)
        end = os.open(path, os.O_RDWR)
        self.addCleanup(os.close, end)
        fill(end)
        return path, end

    def start(self, *arguments, output, errors):
        words = [program.PROGRAM, *arguments, "-c", self.config]
        started = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=program.environment(self.env),
        )
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        return started

    def runs(self, *arguments, output, errors):
        """Fails unless it ends within a minute, and well, and app:old has gone."""
        self.assertEqual(self.start(*arguments, output=output, errors=errors).wait(60), 0)
        self.leaves("app", "new")

    @case(
        "a pipe whose reader stopped: the run does its work, and the log tells how much nobody read"
    )
    def test_pipe(self):
        _, end = self.stuck_pipe()
        path = self.folder / "errors"
        with open(path, "wb") as errors:
            self.runs(output=end, errors=errors)
        log = self.log.read_text()
        self.assertIn("deleted app:old", log)
        self.assertRegex(
            log,
            r"\[WARNING\] [0-9]+ lines could not be written to standard output, "
            "because nobody read there",
        )
        self.assertIn("could not be written to standard output", path.read_text())

    @case("a FIFO as log whose reader stopped: the run does its work, and standard output tells")
    def test_fifo(self):
        pipe, _ = self.stuck_pipe()
        self.configure({"log": {"file": str(pipe)}})
        path = self.folder / "out"
        with open(path, "wb") as both:
            self.runs(output=both, errors=both)
        said = path.read_text()
        self.assertIn("deleted app:old", said)
        self.assertRegex(
            said, f"lines could not be written to {re.escape(str(pipe))}, because nobody read there"
        )

    @case("a terminal that stands still: the run does its work")
    def test_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        fill(theirs)
        self.runs(output=theirs, errors=theirs)
        self.assertIn("could not be written to standard output", self.log.read_text())

    @case("a stop signal ends a table that nobody reads")
    def test_signal(self):
        _, end = self.stuck_pipe()
        started = self.start("usage", output=end, errors=subprocess.DEVNULL)
        # All has been read, and it waits: in write (1), poll (7) or ppoll (271).
        call = Path(f"/proc/{started.pid}/syscall")
        wait_for(
            lambda: self.log.exists()
            and ", which is " in self.log.read_text()
            and re.match("(1|7|271) ", call.read_text())
        )
        started.send_signal(signal.SIGTERM)
        self.assertNotEqual(started.wait(20), 0)


def fill(descriptor):
    """Writes until no more fits, and goes on not to: a terminal takes a moment to pass on what it got."""
    os.set_blocking(descriptor, False)
    room = select.poll()
    room.register(descriptor, select.POLLOUT)
    full = False
    while not full or room.poll(300):
        try:
            os.write(descriptor, b"x" * 1024)
            full = False
        except BlockingIOError:
            full = True
    os.set_blocking(descriptor, True)
