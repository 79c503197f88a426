"""A registry that is collected natively, in nights that are seconds long."""

import time
from pathlib import Path

from lab import program
from lab.world import World

# The program that waits for a second instead of a minute.
HASTY = Path(program.PROGRAM).parent / "tests/tools/hasty_clean_registry"
# A second, and as little as a file system's clock may show besides.
GRACE_HOURS = 0.00027
GRACE = 2.1


class NativeWorld(World):
    REGISTRY = {}
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.native()

    def native(self, *changes):
        """Configures the native collector, with a grace of a second, and these changes."""
        self.configure({"gc": {"method": "native", "grace_hours": GRACE_HOURS}}, *changes)

    def run_program(self, *arguments, **options):
        options = {"env": None, "stdin": "", "cwd": None, "apart": False} | options
        return self.command(*self.launcher, HASTY, *arguments, **options)

    def begin(self, *arguments, name="background", env=None):
        return self.begin_command(HASTY, "--config", self.config, *arguments, name=name, env=env)

    def ages(self):
        """Waits until all that is in the storage is older than the grace, and the journal, too: what had no links
        leaves no trace elsewhere."""
        paths = [*self.registry.store.rglob("*"), *self.state.glob("*/collector")]
        newest = max(max(path.lstat().st_mtime, path.lstat().st_ctime) for path in paths)
        program.wait_for(lambda: time.time() > newest + GRACE)

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
