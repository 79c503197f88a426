"""The native collector killed at its changes of the storage, in either phase (S12): what is kept can be pulled
at once, what is pushed before the next run is whole after it, and the garbage goes in the end. The program is the
one that waits for a second instead of a minute.

POINTS=200 for more than the ten of every day."""

import os
import re

from lab import case
from lab.native import GRACE_HOURS, HastyWorld

POINTS = int(os.environ.get("POINTS", 10))
CHANGES = "unlinkat,renameat,renameat2,mkdirat,syncfs"
LAYER = "base:9000"


class NativeKilled(HastyWorld):
    REGISTRY = {}
    CONFIG = {"gc": {"method": "native", "grace_hours": GRACE_HOURS}}
    IMAGES = [
        {"repository": "app", "tag": "new", "created": "-1d", "layers": [LAYER, "more:500"]},
        {"repository": "lib", "tag": "new", "created": "-1d", "layers": [LAYER]},
    ]

    def setUp(self):
        super().setUp()
        self.trace = self.folder / "trace"
        self.whole = {"app": ["new"], "lib": ["new"]}

    def run_program(self, *arguments, **options):
        # Leaks cannot be looked for in a process that is traced.
        leaks = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
        options["env"] = leaks | (options.get("env") or {})
        return super().run_program(*arguments, **options)

    def traced(self, *more):
        """The next run is traced."""
        self.launcher = ["strace", "-f", "-qq", "-o", self.trace, "-e", f"trace={CHANGES}", *more]

    def changes(self):
        """What the traced run changed: each call, and the how manieth of its name it is, as strace counts."""
        names = re.findall(rf"(?m)^\d+ +({CHANGES.replace(',', '|')})\(", self.trace.read_text())
        return [(name, names[: i + 1].count(name)) for i, name in enumerate(names)]

    def collects(self):
        self.ages()
        self.exits(0, "collect")

    def garbage(self, name):
        """An image with a layer of its own that is deleted at once."""
        self.push(
            [{"repository": "old", "tag": name, "created": "-9d", "layers": [f"{name}:700", LAYER]}]
        )
        self.registry.delete("old", self.digest(f"old:{name}"))

    def all_pulls(self):
        for repository, tags in self.whole.items():
            self.pulls(repository, *tags)

    def registry_agrees(self):
        """Its own collector finds nothing that it stumbles over."""
        done = self.command("docker-registry", "garbage-collect", "--dry-run", self.registry.config)
        self.assertEqual(done.status, 0, done.output)

    def left_in_trash(self):
        folder = self.registry.store / "clean-registry-trash"
        return [str(path) for path in folder.rglob("*") if path.is_file()]

    def count_changes(self):
        """Those of a run of phase 1, and of one of phase 2."""
        counts = []
        self.garbage("first")
        self.traced()
        for _ in range(2):
            self.collects()
            counts.append(self.changes())
        self.launcher = []
        return counts

    def kill(self, phase, at):
        """Kills a run of that phase before one of its changes."""
        if phase == 2:
            self.collects()
        self.ages()
        name, number = at
        self.traced("-e", f"inject={name}:signal=KILL:when={number}")
        self.clean("collect")
        self.launcher = []
        return self.status == 137

    def push_again(self, name):
        """A client that has the layers of what went away pushes them once more."""
        self.push(
            [
                {
                    "repository": "again",
                    "tag": name,
                    "created": "-1d",
                    "layers": [f"{name}:700", LAYER],
                }
            ]
        )
        self.whole.setdefault("again", []).append(name)

    @case(f"killed at {POINTS} points: nothing that is kept is lost, and the next runs finish it")
    def test_points(self):
        counts = self.count_changes()
        self.assertGreaterEqual(min(map(len, counts)), 4)
        killed = 0
        for point in range(POINTS):
            phase, name = 1 + point % 2, f"p{point}"
            changes = counts[phase - 1]
            at = changes[(point // 2) * len(changes) // max(1, POINTS // 2) % len(changes)]
            self.garbage(name)
            killed += self.kill(phase, at)
            self.all_pulls()
            self.registry_agrees()
            if point % 3 == 0:
                self.push_again(name)
            self.run_program("recover", "--config", self.config)
            self.exited(0)
            self.assertEqual(list(self.registry.store.glob("clean-registry-trash/moving-*")), [])
            self.all_pulls()
            self.registry_agrees()
        self.assertGreaterEqual(killed, POINTS * 9 // 10)
        for _ in range(3):
            self.collects()
        self.assertEqual(self.left_in_trash(), [])
        self.registry.restart()
        self.all_pulls()
        stored = {path.parent.name for path in self.registry.v2.glob("blobs/*/*/*/data")}
        needed = set()
        for repository, tags in self.whole.items():
            for tag in tags:
                manifest = self.registry.manifest(repository, tag)
                needed.add(self.digest(f"{repository}:{tag}"))
                needed |= {layer["digest"] for layer in manifest["layers"]}
                needed.add(manifest["config"]["digest"])
        self.assertEqual(stored, {digest.split(":")[1] for digest in needed})
