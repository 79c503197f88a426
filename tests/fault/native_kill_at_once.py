"""The native collector is killed at changes of the storage and of its journal, spread over a whole run: no
image that stays loses anything, not even until the next run, which mends and finishes it.

The registry is in read-only mode, so that both phases are in one run (a grace of 0); images are written
straight into its storage. The program waits for a second instead of a minute."""

import os
import re
import shutil
from pathlib import Path

from lab import case, wait_for
from lab.native import HASTY, HastyWorld

POINTS = int(os.environ.get("POINTS", 20))
CHANGES = "unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,fsync,fdatasync"


class NativeKilledAtOnce(HastyWorld):
    REGISTRY = {"readonly": True}
    CONFIG = {"gc": {"method": "native", "grace_hours": 0}}
    STAYS = [
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["base:9000", "more:500"]},
        {
            "repository": "lib",
            "tag": "multi",
            "kind": "index",
            "created": "-1d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
    ]

    def setUp(self):
        super().setUp()
        self.write_images(self.STAYS)

    def all_pull(self):
        self.pulls("app", "new")
        self.pulls("lib", "multi")

    def garbage(self):
        """Two images, one of which shares a layer with what stays, lose their manifests; their blobs."""
        before = set(self.registry.blobs())
        specs = [
            {"repository": "app", "tag": "old", "layers": ["own:41000", "base:9000"]},
            {"repository": "other/app", "tag": "old", "layers": ["own:41000", "alone:700"]},
        ]
        self.write_images([{"created": "-90d", **spec} for spec in specs])
        for spec in specs:
            folder = self.registry.manifests(spec["repository"])
            digest = self.digest(f"{spec['repository']}:old")
            shutil.rmtree(folder / "tags/old")
            shutil.rmtree(folder / "revisions/sha256" / digest.partition(":")[2])
        return set(self.registry.blobs()) - before

    def strace(self, *options):
        """The verb collect; what it changes is traced."""
        self.trace = self.folder / "trace"
        words = [
            "strace",
            "-f",
            "-qq",
            "-o",
            self.trace,
            "-e",
            f"trace={CHANGES}",
            *options,
        ]
        # Leaks are not looked for in a process that is traced.
        env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
        self.command(*words, HASTY, "--config", self.config, "collect", env=env)

    def changes(self):
        """Those of the thread that made the most: [(name, how many of that name so far)]."""
        calls = re.findall(r"(?m)^(\d+) +(\w+)\(", self.trace.read_text())
        threads = [thread for thread, _ in calls]
        busiest = max(set(threads), key=threads.count)
        names = [name for thread, name in calls if thread == busiest]
        return [(name, names[: i + 1].count(name)) for i, name in enumerate(names)]

    def collector_agrees(self):
        """The registry's own collector finds nothing wrong in what the kill left."""
        self.command("docker-registry", "garbage-collect", "--dry-run", self.registry.config)
        self.exited(0)

    def finishes(self, blobs):
        self.exits(0, "collect")
        self.assertEqual(blobs & set(self.registry.blobs()), set())
        trash = self.registry.store / "clean-registry-trash"
        self.assertEqual([path for path in trash.rglob("*") if path.is_file()], [])
        links = [*self.registry.v2.rglob("_layers/sha256/*/link")]
        stored = {digest.partition(":")[2] for digest in self.registry.blobs()}
        self.assertEqual([path for path in links if path.parent.name not in stored], [])
        self.all_pull()

    @case("killed at changes spread over a run, the storage is whole, and the next run finishes")
    def test_kill(self):
        # The first run makes folders that the others find.
        self.finishes(self.garbage())
        blobs = self.garbage()
        self.assertGreaterEqual(len(blobs), 6)
        self.strace()
        self.exited(0)
        changes = self.changes()
        self.assertEqual(blobs & set(self.registry.blobs()), set())
        self.assertGreater(len(changes), 40)
        killed = 0
        for number in range(POINTS):
            point = number * (len(changes) - 1) // max(POINTS - 1, 1)
            name, count = changes[point]
            blobs = self.garbage()
            self.strace("-e", f"inject={name}:signal=KILL:when={count}")
            with self.subTest(f"killed at {name} {count}, change {point} of {len(changes)}"):
                killed += self.status == 137
                self.assertIn(self.status, (137, 0))
                wait_for(lambda: not self.at_work())
                self.all_pull()
                self.collector_agrees()
                self.finishes(blobs)
        print(f"# killed {killed} times at {POINTS} of {len(changes)} changes", flush=True)
        self.assertGreaterEqual(killed, POINTS * 9 // 10)

    def at_work(self):
        """What strace was killed beside may live a moment longer."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0] == bytes(HASTY) and bytes(self.config) in words:
                return True
        return False
