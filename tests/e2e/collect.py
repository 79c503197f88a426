"""The verb collect: a collection alone, with the same checks as in a run, and what is asked when the client
of a real engine is lost."""

import os
import re
import signal
import time
from pathlib import Path

from lab import World, case, tree, wait_for
from lab.registry import docker

NO_NEED = "nothing is to be deleted, so the run would not collect that"


class Collecting(World):
    """Two tags that stay, and an old image whose manifest is deleted already: garbage."""

    IMAGES = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "app", "tag": "gone", "created": "-99d"},
    ]

    def setUp(self):
        super().setUp()
        self.registry.delete("app", self.digest("app:gone"))

    def collects(self, code, *options):
        """Runs the verb, which must exit with that code; no tag went."""
        self.exits(code, "collect", *options)
        self.leaves("app", "new", "old")


class Collect(Collecting):
    @case("it removes what nothing needs, tells how much, and verifies")
    def test_collect(self):
        before = len(self.registry.blobs())
        requests = self.watch(lambda: self.collects(0))
        self.says("collected: 3 blobs removed, 6 kept", "freed ", "2 tags verified whole")
        self.assertEqual(len(self.registry.blobs()), before - 3)
        self.pulls("app", "new", "old")
        collection = self.report()["garbage_collection"]
        self.assertIs(collection["ran"], True)
        self.assertEqual(collection["blobs_deleted"], 3)
        self.assertGreater(self.report()["storage"]["freed_bytes"], 0)
        self.assertEqual(self.report()["tags"], [])
        self.assertNotEqual(requests, [])
        for line in requests:
            self.assertRegex(line, "^(GET|HEAD) ")

    @case("it pays what a run left owed, also where gc.when is never")
    def test_owed(self):
        self.configure({"gc": {"when": "never"}, "cleanup": {"protected_tags": ["old"]}})
        self.push([{"repository": "app", "tag": "older", "created": "-95d"}])
        self.exits(0)
        self.assertEqual(self.owed(), ["collection"])
        self.collects(0)
        self.assertEqual(self.owed(), [])
        self.assertGreaterEqual(self.report()["garbage_collection"]["blobs_deleted"], 5)

    @case("--dry-run only asks: nothing is written, no lock is taken")
    def test_dry_run(self):
        before = tree(self.registry.store)
        would = "the collector would remove 3 blobs, and keep 6"
        self.collects(0, "--dry-run")
        self.says(would)
        self.assertEqual(tree(self.registry.store), before)
        self.assertEqual(list(self.state.glob("*/debts")), [])
        self.configure({"inventory": {"source": "api"}})
        self.collects(0, "-n")
        self.says(would)
        self.assertEqual(tree(self.registry.store), before)

    @case("another clean-registry, or a collector, at work: exit 5, also told by a dry run")
    def test_busy(self):
        first = self.begin_held()
        self.collects(5)
        first.release()
        self.assertEqual(first.end().status, 0)
        self.registry.empty()
        self.push(
            [
                {"repository": "app", "tag": "new", "created": "-1d"},
                {"repository": "app", "tag": "old", "created": "-2d"},
            ]
        )
        self.configure(
            self.exec_script(
                r"""case $* in *cmdline*) printf "=/proc/7/cmdline\n"
                printf "%s\0" registry garbage-collect x.yml; exit 0;; esac"""
            )
        )
        self.collects(5)
        self.collects(5, "--dry-run")

    @case("somebody uploads: it is put off, exit 1, and owed")
    def test_upload(self):
        self.registry.begin_upload("app")
        self.configure({"gc": {"quiet_minutes": 5, "quiet_wait_minutes": 0}})
        self.collects(1)
        self.says("app: an upload was written to")
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        self.assertEqual(self.owed(), ["collection"])

    @case("what the collector would stumble over: exit 4, also told by a dry run")
    def test_broken_link(self):
        link = self.registry.manifests("app") / f"revisions/sha256/{32 * '12'}/link"
        link.parent.mkdir(parents=True)
        link.touch()
        self.collects(4)
        self.says("broken link file")
        self.collects(4, "--dry-run")
        self.says("broken link file")

    @case(
        "--force-idle where nothing is unknown changes nothing; with a dry run, or a run, it is an error"
    )
    def test_force_idle(self):
        self.collects(0, "--force-idle")
        self.says("the end of every collection is known")
        self.collects(2, "--force-idle", "--dry-run")
        self.run_program("--force-idle", "--config", self.config)
        self.exited(2)
        self.run_program("collect", "--force", "--config", self.config)
        self.exited(2)

    @case("garbage that no run would collect: the dry run and usage say what does")
    def test_garbage(self):
        years = {"cleanup": {"days_to_keep": 365}}
        self.configure(years)
        self.exits(0, "--dry-run")
        self.says(
            "would delete 0 tags",
            "garbage already now",
            f"{NO_NEED}: clean-registry collect does, or gc.when: always",
        )
        self.run_program("usage", "--config", self.config)
        self.exited(0)
        self.says("clean-registry collect", "gc.when: always")
        self.configure({"gc": {"when": "never"}})
        self.exits(0, "--dry-run")
        self.says("gc.when is never, so the run would not collect that")
        self.configure({**years, "gc": {"when": "always"}})
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("would not collect")
        self.says("would then run the collector")
        self.exits(0)
        self.configure(years)
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("would not collect")

    @case("a run says how many tags go before the first of them goes")
    def test_how_many(self):
        self.exits(0)
        self.assertRegex(self.output, r"(?s)deleting 1 tag \(1 manifest\).*deleted app:old")


class LostClient(Collecting):
    """A `docker exec` is killed while the collector waits in the container for a line in the pipe hold."""

    REGISTRY = {"where": "container"}

    HELD = """#!/bin/sh
case "$*" in
  *--dry-run*) ;;
  *garbage-collect*)
    if [ -e /var/lib/registry/hold ]; then read -r line </var/lib/registry/hold; fi ;;
esac
exec registry "$@"
"""

    def setUp(self):
        super().setUp()
        self.hold = self.registry.store / "hold"
        os.mkfifo(self.hold)
        held = self.folder / "held"
        held.write_text(self.HELD)
        held.chmod(0o755)
        docker("cp", str(held), f"{self.registry.name}:/bin/held")

    def in_container(self, *words):
        return docker("exec", self.registry.name, *words)

    def collectors(self):
        """What runs in the container and has to do with collecting."""
        lines = docker("top", self.registry.name).splitlines()
        return [line for line in lines if "garbage-collect" in line]

    def client_of(self, pid):
        """The process id of the `docker exec` that runs the collector, or None."""
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in task.read_text().split():
                if "held garbage-collect /" in words_of(child):
                    return int(child)
        return None

    def loses_client(self, prepare=lambda: None):
        """A collection whose client is killed in the midst of it, after prepare(): exit 4."""
        run = self.begin("collect")
        client = wait_for(lambda: self.client_of(run.pid))
        wait_for(lambda: any("held garbage-collect /" in line for line in self.collectors()))
        prepare()
        os.kill(client, signal.SIGKILL)
        done = run.end()
        self.status, self.output = done.status, done.output
        self.exited(4)

    def debts(self):
        [path] = self.state.glob("*/debts")
        return path

    @case("the client of a real docker exec is killed: the collector is seen, and waited for")
    def test_seen(self):
        self.configure({"registry": {"program": "held"}})
        self.loses_client()
        self.says("whether the collector has ended is not known (it still runs)")
        self.keeps_quiet_of("verified whole")
        self.assertRegex(self.debts().read_text(), r"(?m)^collecting ")
        # Nothing goes while it is there.
        self.exits(5)
        self.leaves("app", "new", "old")
        # It goes on to its end.
        self.hold.write_text("\n")
        self.hold.unlink()
        wait_for(lambda: not self.collectors())
        self.exits(0)
        self.says("whose end was not seen, has ended: no collector is at work")
        self.leaves("app", "new")

    @case("in a container without a shell, a restart settles it")
    def test_no_shell(self):
        # From here on nobody can ask.
        self.configure({"registry": {"program": "held"}, "paths": {"host_storage": None}})
        self.loses_client(lambda: self.in_container("busybox", "mv", "/bin/sh", "/bin/no-sh"))
        self.exits(4)
        self.says(f"docker restart {self.registry.name}")
        self.leaves("app", "new", "old")
        # As if it had begun an hour ago.
        debts = self.debts()
        since = int(time.time()) - 3600
        debts.write_text(re.sub(r"(?m)^collecting \d+ ", f"collecting {since} ", debts.read_text()))
        self.exits(4)
        self.hold.unlink()
        self.registry.restart()
        self.configure()
        self.exits(0)
        self.says("its container was started again since")
        self.leaves("app", "new")


def words_of(pid):
    """Its command line; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""
