"""A registry that is collected natively, in nights that are seconds long."""

import contextlib
import os
import threading
import time
from pathlib import Path

from lab import program
from lab.world import World

# The program that waits for a second instead of a minute.
HASTY = Path(program.PROGRAM).parent / "tests/tools/hasty_clean_registry"
# A second, and as little as a file system's clock may show besides.
GRACE_HOURS = 0.00027
GRACE = 2.1


class HastyWorld(World):
    """Its program is the one that waits for a second."""

    PROGRAM = HASTY

    def ages(self):
        """Waits until all that is in the storage is older than the grace, and the journal, too: what had no links
        leaves no trace elsewhere."""
        paths = [*self.registry.store.rglob("*"), *self.state.glob("*/collector")]
        newest = max(max(path.lstat().st_mtime, path.lstat().st_ctime) for path in paths)
        program.wait_for(lambda: time.time() > newest + GRACE)

    def restarts(self, *actions):
        """gc.restart: a script that has this test do all of these, and waits for their end."""
        call, answer = self.folder / "call", self.folder / "answer"
        os.mkfifo(call)
        os.mkfifo(answer)
        script = self.folder / "restart"
        script.write_text(
            f"#!/bin/sh\n: >'{call}' && read -r status <'{answer}' && exit \"$status\"\n"
        )
        script.chmod(0o755)

        def obey():
            # The pipes go with the test's folder.
            with contextlib.suppress(FileNotFoundError):
                while call.read_bytes() == b"":
                    for action in actions:
                        action()
                    answer.write_text("0\n")

        threading.Thread(target=obey, daemon=True).start()
        return {"gc": {"restart": [str(script)]}}


class NativeWorld(HastyWorld):
    REGISTRY = {}
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.native()

    def native(self, *changes):
        """Configures the native collector, with a grace of a second, and these changes."""
        self.configure({"gc": {"method": "native", "grace_hours": GRACE_HOURS}}, *changes)

    def night(self, code=0, *arguments):
        """A run a grace later."""
        self.ages()
        self.exits(code, *arguments)

    def is_stored(self, digest):
        return self.registry.blob(digest).exists()

    def links(self, digest):
        """The repositories that link this layer or config."""
        name = digest.split(":")[1]
        base = self.registry.v2 / "repositories"
        return sorted(
            str(path.relative_to(base)).split("/_layers")[0]
            for path in base.rglob(f"_layers/sha256/{name}/link")
        )
