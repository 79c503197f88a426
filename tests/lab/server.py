"""Programs that listen on a port of their own, each until it is stopped."""

import subprocess
import time

from lab import files
from lab.registry import free_port


class Server:
    """The program of `command`; its files and its output, `out`, are in `folder`, its port is `port`.

    A port that is free now may be taken a moment later; then the program ends, and another one is tried.
    """

    def __init__(self):
        self.folder = files.new_folder("s")
        self.out = self.folder / "out"
        for _ in range(5):
            self.port = free_port()
            with open(self.out, "wb") as out:
                self.process = subprocess.Popen(
                    [str(word) for word in self.command()],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                )
            if self._waits():
                return
            self.stop()
        raise AssertionError(f"{self.process.args[0]} does not listen:\n{self.output()}")

    def command(self):
        """What is run; a program that is configured by a file gets it here, for the port of now."""
        raise NotImplementedError

    def listens(self):
        """Whether the program itself says so: an answer may come from another one on that port."""
        raise NotImplementedError

    def _waits(self):
        deadline = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.listens():
                return True
            time.sleep(0.005)
        return False

    def output(self):
        return self.out.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
