"""A `docker` that answers on demand, tests/tools/docker_stub, where an engine would not do what a test
needs."""

import os
import re

from lab import files, program

STUB = program.ROOT / "tests/tools/docker_stub"

# Configuration of a registry in a container that the stub plays; what runs there runs on this host.
CONTAINER = {
    "registry": {
        "exec": ["docker", "exec", "{container}"],
        "container": "some",
        "program": "docker-registry",
    }
}


class DockerStub:
    """Its answers by key, as the head of tests/tools/docker_stub explains them, and its log.

    folder     has them
    programs   a folder with the program "docker", which comes first in PATH
    env        what makes it the docker of a command
    """

    def __init__(self):
        self.folder = files.new_folder("d")
        self.programs = files.new_folder("d")
        self.env = {
            "DOCKER_STUB_DIR": self.folder,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
        }
        (self.programs / "docker").symlink_to(STUB)

    def answer(self, key, *, out=None, err=None, after=None, rc=None, passes=False):
        """Gives that answer from now on, whatever it was; texts are printed as they are."""
        given = {"out": out, "err": err, "after": after, "rc": rc, "pass": "" if passes else None}
        for suffix, value in given.items():
            path = self.folder / f"{key}.{suffix}"
            path.unlink(missing_ok=True)
            if value is not None:
                path.write_bytes(value if isinstance(value, bytes) else str(value).encode())

    def forget(self, key=""):
        """Gives no answer under that key any more, and counts its calls anew. Without a key: under any,
        with an empty log."""
        for path in self.folder.glob(f"{key}.*" if key else "*"):
            path.unlink()

    def hold(self, key):
        """Has a call of that key wait until it is let go."""
        os.mkfifo(self.folder / f"{key}.wait")

    def let_go(self, key):
        """Lets the call go that waits; fails if there is none."""
        path = self.folder / f"{key}.wait"
        descriptor = program.wait_for(lambda: open_for_reader(path))
        os.write(descriptor, b"\n")
        os.close(descriptor)

    def calls(self, pattern=""):
        """The calls in which that regular expression is found: lines with arguments quoted for a shell."""
        log = self.folder / "log"
        lines = log.read_text(errors="surrogateescape").splitlines() if log.exists() else []
        return [line for line in lines if re.search(pattern, line)]

    def count(self, pattern=""):
        return len(self.calls(pattern))


def open_for_reader(path):
    """The pipe's descriptor if somebody reads there, or None."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
