"""Debian's podman with a storage of its own, and the image of the tests in it."""

import os
import subprocess

from lab import files
from lab.registry import IMAGE


class Podman:
    """`path` is a program `podman` that knows this storage alone; everything is removed by stop()."""

    # Where nobody may raise limits, podman's own wish for more fails.
    RUN = ["--network", "host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]

    def __init__(self):
        self.folder = files.new_folder("p")
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.path = self.bin / "podman"
        own = f"--root {self.folder}/root --runroot {self.folder}/run --storage-driver vfs"
        self.path.write_text(f'#!/bin/sh\nexec /usr/bin/podman {own} --runtime runc "$@"\n')
        self.path.chmod(0o755)
        engine = f"unix://{os.environ['TEST_ENGINE']}/docker.sock"
        with subprocess.Popen(
            ["docker", "-H", engine, "save", IMAGE], stdout=subprocess.PIPE
        ) as save:
            self.ask("load", stdin=save.stdout)

    def ask(self, *words, stdin=subprocess.DEVNULL):
        done = subprocess.run(
            [str(self.path), *words], stdin=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"podman {' '.join(words)}: {done.stderr}")
        return done.stdout

    def run(self, name, *words):
        """A container of the image beside this process; its registry has the configuration of `words`."""
        return self.ask("run", "-d", "--name", name, *self.RUN, *words, IMAGE)

    def stop(self):
        self.ask("rm", "-a", "-f", "-t", "1")
        self.ask("rmi", "-a", "-f")
