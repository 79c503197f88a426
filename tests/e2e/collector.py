"""The registry's own collector: when it runs, how it is called, what its cache needs afterwards."""

import os
import re
import shutil

from lab import World, case
from lab.registry import docker

# An old image with a layer of 51001 bytes and a new one with 51002 bytes.
IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
    {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]},
]


class Collecting(World):
    IMAGES = IMAGES

    def freed(self):
        self.assertEqual(self.registry.blobs(51001), [])

    def not_freed(self):
        self.assertEqual(len(self.registry.blobs(51001)), 1)

    def ran(self, ran):
        self.assertIs(self.report()["garbage_collection"]["ran"], ran)


class Collector(Collecting):
    @case("gc.when deleted: after something was deleted, and not otherwise")
    def test_when_deleted(self):
        self.exits(0)
        self.ran(True)
        self.freed()
        self.exits(0)
        self.ran(False)

    @case("gc.when never: nothing is collected, and what is owed is not forgotten")
    def test_when_never(self):
        self.configure({"gc": {"when": "never"}})
        self.exits(0)
        self.leaves("app", "new")
        self.ran(False)
        self.not_freed()
        self.assertEqual(self.owed(), ["collection"])
        self.exits(0)
        self.not_freed()
        self.configure()
        self.exits(0)
        self.ran(True)
        self.freed()
        self.assertEqual(self.owed(), [])

    @case("gc.when always: also when this run deleted nothing")
    def test_when_always(self):
        self.registry.delete("app", self.digest("app:old"))
        self.configure({"gc": {"when": "always"}})
        self.exits(0)
        self.ran(True)
        self.freed()
        self.assertEqual(self.report()["summary"]["deleted"], 0)
        self.assertGreater(self.report()["storage"]["freed_bytes"], 51001)
        self.pulls("app", "new")

    @case("a collection that failed is made up for by the next run, which has nothing to delete")
    def test_made_up_for(self):
        # It can be asked, and fails when it is to work.
        script = "case $* in *--dry-run*) ;; *garbage-collect*) exit 7;; esac"
        self.configure(self.exec_script(script))
        self.exits(4)
        self.leaves("app", "new")
        self.not_freed()
        self.assertEqual(self.owed(), ["collection"])
        self.configure()
        requests = self.watch(lambda: self.exits(0))
        self.assertEqual([line for line in requests if line.startswith("DELETE")], [])
        self.ran(True)
        self.freed()
        self.assertEqual(self.owed(), [])
        self.exits(0)
        self.ran(False)

    @case("what it printed is in the report: marked, deleted, status, seconds")
    def test_report(self):
        self.exits(0)
        self.ran(True)
        collection = self.report()["garbage_collection"]
        self.assertEqual(collection["exit_status"], 0)
        self.assertEqual(collection["blobs_marked"], 3)
        self.assertEqual(collection["blobs_deleted"], 3)
        self.assertEqual(collection["manifests_deleted"], 0)
        self.assertGreater(collection["seconds"], 0)

    @case("its lines are in the log with --debug, and only then")
    def test_debug(self):
        self.exits(0, "--debug")
        self.says(
            "[DEBUG] collector: blob eligible for deletion: sha256:",
            "[DEBUG] collector: 3 blobs marked, 3 blobs and 0 manifests eligible for deletion",
        )
        self.push(IMAGES)
        self.exits(0)
        self.keeps_quiet_of("eligible for deletion")

    @case("without a cache there is nothing to warn of")
    def test_no_cache(self):
        self.exits(0, "--quiet")
        self.assertEqual(self.output, "")
        self.freed()
        self.push(IMAGES)
        self.has("app", "old")
        self.pulls("app", "old")

    @case(
        "a collector that starts between the listing and the collection: nothing is collected now"
    )
    def test_starts_between(self):
        flag = self.folder / "asked"
        # The second time that processes are asked for, there is one.
        self.configure(
            self.exec_script(
                f"""case $* in *cmdline*)
                [ ! -e '{flag}' ] || {{
                  printf 'registry\\0garbage-collect\\0{self.registry.config}\\0'; exit 0; }}
                : >'{flag}';; esac"""
            )
        )
        self.exits(1)
        self.says("a collector is already at work")
        self.leaves("app", "new")
        self.ran(False)
        self.assertEqual(self.owed(), ["collection"])
        self.configure()
        self.exits(0)
        self.freed()

    @case("who cannot look whether a collector runs is told so, and goes on")
    def test_cannot_look(self):
        script = 'case $* in *cmdline*) echo "no such luck" >&2; exit 1;; esac'
        self.configure(self.exec_script(script))
        self.exits(0)
        self.says("[WARNING] cannot check whether a collector is running", "no such luck")
        self.freed()


class RestartThatFails(Collecting):
    REGISTRY = {"cache": "inmemory"}

    @case("gc.restart that fails is named, and tried again by the next run")
    def test_restart_fails(self):
        self.configure({"gc": {"restart": ["sh", "-c", "echo no such luck >&2; exit 3"]}})
        self.exits(1)
        self.says("gc.restart", "exit status 3", "no such luck")
        self.freed()
        self.assertEqual(self.owed(), ["collection"])
        restarted = self.folder / "restarted"
        self.configure({"gc": {"restart": ["touch", str(restarted)]}})
        self.exits(0)
        self.says("restarting the registry", "answers again")
        self.assertTrue(restarted.exists())
        self.assertEqual(self.owed(), [])


class InContainer(Collecting):
    """How the engine is called. It is one container: what its cache believes is of images of other dates."""

    REGISTRY = {"where": "container", "cache": "inmemory", "level": "debug"}
    RESTART = {"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}

    def record_docker(self):
        """A docker in PATH that writes down its arguments, one call a line."""
        path = self.folder / "bin/docker"
        path.parent.mkdir()
        note = f"""echo "$*" >>'{self.folder}/calls'"""
        path.write_text(f"""#!/bin/sh\n{note}\nexec '{shutil.which("docker")}' "$@"\n""")
        path.chmod(0o700)
        self.env["PATH"] = f"{path.parent}:{os.environ['PATH']}"

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    @case(
        "it is called with the configuration and nothing else: untagged images are never its business"
    )
    def test_call(self):
        self.record_docker()
        self.exits(0)
        self.assertEqual(self.report()["garbage_collection"]["exit_status"], 0)
        # First it is only asked what it would remove.
        asked, works = (line for line in self.calls() if "garbage-collect" in line)
        call = f"exec (-e [A-Z_=a-z]+ )?{self.registry.name} registry garbage-collect"
        config = re.escape(self.registry.config)
        self.assertRegex(asked, f"^{call} --dry-run {config}$")
        self.assertRegex(works, f"^{call} {config}$")
        for line in self.calls():
            self.assertNotRegex(line, "delete-untagged| -m|remove")

    @case("it is told to log warnings only, whatever the registry itself logs")
    def test_log_level(self):
        self.record_docker()
        self.exits(0, "--debug")
        call = f"exec -e REGISTRY_LOG_LEVEL=warn {self.registry.name} registry garbage-collect"
        self.assertTrue([line for line in self.calls() if line.startswith(call)])
        self.assertNotRegex(self.output, "collector: .*level=debug")
        self.freed()

    @case("with a cache in memory the log warns that it must be restarted, and how")
    def test_cache(self):
        self.exits(0, "--quiet")
        warning = r"\[WARNING\] the registry.s cache still lists removed layers"
        self.assertEqual(len([line for line in self.lines() if re.search(warning, line)]), 1)
        self.says(f"docker restart {self.registry.name}", "gc.restart")
        # Nothing was removed, so the cache is right.
        self.configure({"gc": {"when": "always"}})
        self.exits(0, "--quiet")
        self.assertEqual(self.output, "")
        self.ran(True)

    def started_at(self):
        return docker("inspect", "-f", "{{.State.StartedAt}}", self.registry.name)

    @case("gc.restart restarts the registry and waits for it; what is pushed again is whole")
    def test_restart(self):
        self.pulls("app", "old")
        before = self.started_at()
        self.configure(self.RESTART)
        self.exits(0)
        self.push(IMAGES)
        self.pulls("app", "old", "new")
        self.assertNotEqual(self.started_at(), before)
        self.says(
            f"restarting the registry: docker restart -t 2 {self.registry.name}", "answers again"
        )
        self.keeps_quiet_of("[WARNING]", "cache still lists")
