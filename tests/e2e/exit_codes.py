"""The table of exit codes, row by row: what leads to each, what is said, and what is left untouched.
Row 4 is in exit_codes_collector.py."""

import json
import os
import re
import shutil
import signal
import subprocess

from lab import Background, World, case, wait_for

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]


class Coded(World):
    def untouched(self):
        self.leaves("app", "new", "old")
        self.pulls("app", "new", "old")

    def silently(self, code, *arguments):
        """It exits with that code, and nothing arrives at the registry."""
        self.assertEqual(self.watch(lambda: self.exits(code, *arguments)), [])


class Done(Coded):
    IMAGES = IMAGES

    @case("0: everything planned was done")
    def test_done(self):
        self.exits(0)
        self.leaves("app", "new")

    @case("0: what is undated is no failure")
    def test_undated(self):
        self.push([{"repository": "app", "tag": "undated"}])
        self.exits(0)
        self.assertEqual(self.tag("app", "undated"), "kept unknown_age")
        self.lacks("app", "old")

    @case("1: a tag without a manifest is damaged, but no reason to keep anything else")
    def test_damaged(self):
        self.push([{"repository": "app", "tag": "dangling", "created": "-80d"}])
        shutil.rmtree(self.registry.manifests("app") / "tags/dangling/current")
        self.exits(0, "--dry-run")
        self.exits(1)
        self.says("app:dangling is damaged: its manifest is missing (it was so before this run)")
        self.assertEqual(self.tag("app", "dangling"), "kept missing_manifest")
        self.lacks("app", "old")
        # Where nothing changes, nothing is verified.
        self.exits(0)

    @case("1: a repository that cannot be read loses nothing, is named, and the others are cleaned")
    def test_spoilt(self):
        self.push(
            [
                {"repository": "spoilt", "tag": "bad", "created": "-90d"},
                {"repository": "spoilt", "tag": "old", "created": "-90d"},
            ]
        )
        blob = self.registry.blob(self.digest("spoilt:bad"))
        blob.write_text(blob.read_text().replace('"schemaVersion": 2,', '"schemaVersion": 2, '))
        # What its tag needs is not known, so no collector may be let loose.
        self.exits(4)
        self.says("spoilt:bad is served, but")
        self.leaves("app", "new", "old")
        self.configure({"gc": {"when": "never"}})
        self.exits(1)
        self.says("spoilt: ", "does not match its digest")
        self.leaves("app", "new")
        self.leaves("spoilt", "bad", "old")
        self.assertEqual(self.tag("spoilt", "old"), "kept old,incomplete_repository")
        self.assertEqual(self.report()["exit_code"], 1)
        self.assertGreater(self.report()["summary"]["errors"], 0)


class Usage(Coded):
    IMAGES = IMAGES

    def sends_nothing(self, *arguments):
        """Exit 2, told on stderr alone, nothing arrives at the registry; self.output is what was told."""
        done = []
        requests = self.watch(lambda: done.append(self.run_program(*arguments, apart=True)))
        self.output = done[0].errors
        self.exited(2)
        self.assertEqual(done[0].output, "")
        self.assertNotEqual(done[0].errors, "")
        self.assertEqual(requests, [])

    def file(self, name, document):
        """A configuration beside the right one."""
        path = self.folder / name
        self.write_config(document, path)
        return path

    @case("2: usage errors: options, commands and arguments that are none, or too many")
    def test_usage(self):
        given = ("--config", self.config)
        self.sends_nothing("--nonsense")
        self.says("--nonsense")
        self.sends_nothing(*given, "clean")
        self.says("'clean'")
        self.sends_nothing(*given, "run", "now")
        self.says("'now'")
        self.sends_nothing(*given, *given)
        self.says("--config: given twice")
        self.sends_nothing(*given, "-n", "--dry-run")
        self.sends_nothing(*given, "--report")
        self.sends_nothing(*given, "--report", "-n")
        self.untouched()

    @case(
        "2: all faults of a configuration are told at once, each with its key and the nearest one"
    )
    def test_faults(self):
        document = json.loads(self.config.read_text())
        document["registry"]["contaner"] = "x"
        document["cleanup"] |= {"days_to_keep": 0, "protected_patterns": [""]}
        document["paths"]["config"] = 5
        document["log"]["level"] = "high"
        document["gc"] = {"when": "sometimes"}
        self.sends_nothing("--config", self.file("faulty.json", document))
        self.says(
            "registry.contaner: unknown key; did you mean registry.container?",
            "cleanup.days_to_keep: ",
            "cleanup.protected_patterns",
            "paths.config: ",
            "log.level: ",
            "gc.when: ",
        )
        self.untouched()

    @case("2: a configuration that is missing, no JSON, empty, or has a key twice")
    def test_no_configuration(self):
        missing = self.folder / "none.json"
        self.sends_nothing("--config", missing)
        self.says(f"clean-registry: {missing}: No such file or directory")
        self.assertEqual(self.output.count(str(missing)), 1)
        self.sends_nothing("--config", self.folder)
        self.assertEqual(self.output.count(str(self.folder)), 1)
        self.sends_nothing("--config", self.file("broken.json", '{"registry": {"url": \n'))
        self.sends_nothing("--config", self.file("empty.json", {}))
        self.says(
            "registry.url: required", "cleanup.days_to_keep: required", "paths.config: required"
        )
        once = '"days_to_keep": 30'
        twice = self.config.read_text().replace(once, f'{once}, "days_to_keep": 1')
        self.sends_nothing("--config", self.file("twice.json", twice))
        self.says("cleanup.days_to_keep: given twice")
        self.untouched()

    @case("2: a configuration that others can write, or that belongs to somebody else")
    def test_not_ours(self):
        path = self.file("config.json", self.config.read_text())
        path.chmod(0o620)
        self.sends_nothing("--config", path)
        self.says(f"clean-registry: {path}: it can be written", "chmod go-w")
        path.chmod(0o600)
        os.chown(path, 65534, -1)
        self.sends_nothing("--config", path)
        self.says("must belong to root")
        self.untouched()


class State(Coded):
    IMAGES = IMAGES

    def debts(self):
        [path] = self.state.glob("*/debts")
        return path

    @case("2: a state that cannot be written")
    def test_unwritable(self):
        (self.folder / "file").touch()
        state = str(self.folder / "file/state")
        self.configure({"paths": {"state": state}})
        self.silently(2)
        self.says(state)
        self.untouched()

    @case("2: a state that is of a later version, or no file")
    def test_unreadable(self):
        self.exits(0)
        debts = self.debts()
        debts.write_text("clean-registry debts 999\n")
        self.silently(2)
        self.says(str(debts))
        debts.unlink()
        debts.mkdir()
        self.silently(2)

    @case("2: a state that others can write decides nothing")
    def test_others(self):
        self.exits(0)  # makes the state
        self.registry.empty()
        self.push(IMAGES)
        debts = self.debts()
        debts.write_text(f"clean-registry debts 1\nowe app {self.digest('app:new')}\n")
        self.state.chmod(0o777)
        self.silently(2)
        self.says(f"{self.state}: others than its owner can write it")
        self.exits(2, "--dry-run")
        self.state.chmod(0o700)
        os.chown(debts, 65534, -1)
        self.silently(2)
        self.says(f"{debts}: it belongs to another user")
        self.untouched()


class Refused(Coded):
    """Exit code 3, at registries that differ."""

    REGISTRY = None

    def start(self, **options):
        """A registry with the images, which is configured."""
        self.use(self.start_registry(**options))
        self.write_images(IMAGES)
        self.configure({"registry": {"retry_seconds": 1}})

    @case("3: a registry that cannot be reached")
    def test_unreachable(self):
        self.start()
        self.configure({"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}})
        self.exits(3)
        self.says("the registry cannot be reached")
        self.assertEqual(self.report()["exit_code"], 3)
        self.untouched()

    @case("3: something that is no registry")
    def test_no_registry(self):
        self.start()
        self.configure({"registry": {"url": f"{self.registry.url}/nothing/here"}})
        self.exits(3)
        self.says("registry.url", "404")
        self.untouched()

    @case("3: credentials that are refused, or missing")
    def test_credentials(self):
        self.start(auth="someuser:right")
        self.configure({"registry": {"password": "wrong"}})
        self.exits(3)
        self.says("registry.user", "registry.password", "401")
        self.configure({"registry": {"user": "", "password": ""}})
        self.exits(3)
        self.says("registry.user")
        self.untouched()

    @case("3: deletion is disabled, and the line to set is named")
    def test_no_delete(self):
        self.start(delete=False)
        self.exits(3)
        self.says(
            "deletion is disabled",
            "storage: delete: enabled: true",
            "REGISTRY_STORAGE_DELETE_ENABLED=true",
            self.registry.config,
        )
        self.assertEqual(self.report()["summary"]["deleted"], 0)
        self.untouched()

    @case("3: read-only mode, and the line to set is named")
    def test_readonly(self):
        self.start(readonly=True)
        self.exits(3)
        self.says(
            "read-only", "storage: maintenance: readonly: enabled: false", self.registry.config
        )
        self.untouched()

    @case("3: a pull-through cache never deletes")
    def test_pull_through(self):
        self.start()
        origin = self.registry
        self.use(self.start_registry(proxy=origin.url))
        self.pulls("app", "old", "new")
        self.configure()
        self.exits(3)
        self.says("pull-through cache", "proxy.remoteurl", self.registry.config)
        self.untouched()
        self.use(origin)
        self.untouched()

    @case("3: refused without its configuration being readable, both causes are named")
    def test_unread(self):
        self.start(delete=False)
        self.configure({"paths": {"config": "/nowhere/config.yml"}})
        self.exits(3)
        self.says("storage: delete: enabled: true", "pull-through cache")
        self.untouched()


class Busy(Coded):
    IMAGES = IMAGES

    def finishes(self, held):
        held.release()
        self.assertEqual(held.end().status, 0)
        self.leaves("app", "new")

    @case("5: another clean-registry holds the lock")
    def test_locked(self):
        first = self.begin_held()
        self.configure()
        self.silently(5)
        self.says("another clean-registry")
        self.untouched()
        self.finishes(first)

    @case("5: another one with its own state, but the same storage")
    def test_locked_storage(self):
        first = self.begin_held()
        self.configure({"paths": {"state": str(self.folder / "other-state")}})
        self.exits(5)
        self.says("another clean-registry", str(self.registry.store))
        self.untouched()
        self.finishes(first)


class BusyCollector(Coded):
    # It must be seen where registry.exec leads.
    REGISTRY = {"where": "container"}
    IMAGES = IMAGES

    @case("5: a collector is running already")
    def test_collector(self):
        at = self.registry
        script = ("sh", "-c", "echo ready; read -r line", "garbage-collect", at.config)
        collector = Background(
            ["docker", "exec", "-i", at.name, *script],
            self.folder / "collector.out",
            env=self.env,
            stdin=subprocess.PIPE,
        )
        self.addCleanup(collector.end)
        self.addCleanup(collector.process.stdin.close)
        wait_for(collector.output)
        requests = self.watch(lambda: self.exits(5))
        self.says("a collector is already at work")
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.untouched()
        # However it names its configuration.
        self.configure({"paths": {"config": "/etc/other.yml"}, "gc": {"when": "never"}})
        self.exits(5)


class Signals(Coded):
    IMAGES = IMAGES

    def stopped(self, number, when):
        """A run gets the signal when registry.exec is called with what is like the pattern."""
        self.configure(self.exec_script(f"case $* in *{when}*) kill -{int(number)} $PPID;; esac"))
        self.exits(128 + number)

    @case("128+n: a signal before anything was deleted")
    def test_before(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.stopped(number, "--version")
            self.untouched()
            self.assertEqual(self.report()["exit_code"], 128 + number)
            self.assertEqual(self.owed(), [])

    @case("128+n: a collection is waited for, and nothing is owed then")
    def test_collection(self):
        # Not when the collector is only asked.
        self.stopped(signal.SIGTERM, "garbage-collect?/")
        self.leaves("app", "new")
        self.assertEqual(self.report()["garbage_collection"]["exit_status"], 0)
        self.assertEqual(self.owed(), [])

    @case(
        "128+n: a second signal leaves the collection running; it is owed, and the next run does it"
    )
    def test_second(self):
        hold, pid_path = self.folder / "hold", self.folder / "pid"
        os.mkfifo(hold)
        self.configure(
            self.exec_script(
                f"""case $* in *--dry-run*) ;; *garbage-collect*)
                echo $$ >'{pid_path}'
                kill -INT $PPID; kill -TERM $PPID
                read -r line <'{hold}';; esac"""
            )
        )
        self.exits(130)
        pid = int(pid_path.read_text())
        self.assertTrue(lives(pid))
        collection = self.report()["garbage_collection"]
        self.assertIs(collection["ran"], True)
        self.assertIsNone(collection["exit_status"])
        self.assertEqual(self.owed(), ["collection"])
        hold.write_text("\n")
        wait_for(lambda: not lives(pid))
        self.configure()
        self.exits(0)
        self.assertIs(self.report()["garbage_collection"]["ran"], True)
        self.assertEqual(self.owed(), [])


def lives(pid):
    """A zombie has ended, too; whoever inherited it may take its time."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return not re.search(r"^State:\s*[ZX]", status.read(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):
        return False
