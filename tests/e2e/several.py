"""A folder of configurations: several registries, one after the other or some at a time."""

import contextlib
import json
import os
import re
import signal
import subprocess

from lab import World, case, wait_for
from lab.program import PROGRAM
from lab.world import release_pipe

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]


class Several(World):
    REGISTRY = None

    def setUp(self):
        super().setUp()
        self.configs = self.folder / "registries"
        self.configs.mkdir(0o755)
        self.registries = {}

    def add(self, name, *changes, options=None, url=None):
        """A registry with an image that goes and one that stays, and its configuration."""
        self.use(self.start_registry(**(options or {})))
        self.registries[name] = self.registry
        self.push(IMAGES)
        self.describe(name, *changes, url=url)

    def describe(self, name, *changes, url=None):
        """Another configuration for the registry that was added last."""
        self.config = self.configs / f"{name}.json"
        self.configure(*changes, url=url)

    def add_two(self):
        self.add("east")
        self.add("west")

    def several(self, *arguments, **options):
        """Runs the program with the folder."""
        return self.run_program("--config", self.configs, *arguments, **options)

    def begin_several(self, *arguments):
        words = [PROGRAM, "--config", self.configs, *arguments]
        return self.begin_command(*words, name="several")

    def held(self, name):
        """A change by which that registry's run waits where it asks for the version; it tells its process,
        and so self.pid(name), as soon as it does."""
        hold = self.folder / f"{name}.hold"
        os.mkfifo(hold)
        ready = self.folder / f"{name}.ready"
        script = (
            f"case $* in *--version*) echo $PPID >'{ready}.new'; mv '{ready}.new' '{ready}'; "
            f"read -r line <'{hold}';; esac"
        )
        return self.exec_script(script)

    def is_held(self, name):
        return (self.folder / f"{name}.ready").exists()

    def pid(self, name):
        return int((self.folder / f"{name}.ready").read_text())

    def release(self, name):
        release = release_pipe(self.folder / f"{name}.hold")
        self.addCleanup(os.close, release)

    def add_held(self, *names):
        """Registries whose runs wait."""
        for name in names:
            self.add(name)
            self.describe(name, self.held(name))

    def has_tags(self, **wanted):
        for name, tags in wanted.items():
            self.assertEqual(self.registries[name].tags("app"), sorted(tags.split()), name)

    def row(self, name):
        """[exit, seconds, warnings, errors, words] of a registry in the table."""
        rows = [line.split(None, 5) for line in self.lines() if line.startswith(f"{name} ")]
        self.assertEqual(len(rows), 1, f"one row for {name}")
        return rows[0][1:]

    def ended(self, name, code, words):
        row = self.row(name)
        self.assertEqual((row[0], row[4]), (str(code), words), name)


class Together(Several):
    @case("each registry is cleaned, with its own report and state; lines and log have its name")
    def test_both(self):
        self.add_two()
        reports = self.folder / "reports"
        reports.mkdir()
        self.several("--report", reports)
        self.exited(0)
        self.has_tags(east="new", west="new")
        for name in ("east", "west"):
            self.ended(name, 0, "everything planned was done")
            report = json.loads((reports / f"{name}.json").read_text())
            self.assertEqual(report["registry"], self.registries[name].url)
            self.matches(rf"^{name}: .*\[INFO\] deleted app:old")
        self.assertEqual(len(list(self.state.iterdir())), 2)
        begins = [re.match("(east|west): ", line) for line in self.lines()[:-3]]
        self.assertNotIn(None, begins, "lines without a name")
        # One after the other.
        names = [match[1] for match in begins]
        self.assertEqual(names, sorted(names))
        for line in (self.program_folder / "log").read_text().splitlines():
            self.assertRegex(line, r"^\S+ \S+ \[[A-Z]+\] (east|west): ")

    @case("a dry run of all deletes nothing, some at a time as well")
    def test_dry_run(self):
        self.add_two()
        for words in ((), ("--parallel", 2)):
            self.several("--dry-run", *words)
            self.exited(0)
            self.matches(r"^east: .*would delete app:old", r"^west: .*would delete app:old")
            self.has_tags(east="new old", west="new old")

    @case("check, verify and usage work on each")
    def test_looks(self):
        self.add_two()
        for verb, said in (
            ("check", "ok the registry deletes"),
            ("verify", "looked at|verified|whole"),
            ("usage", "app"),
        ):
            self.run_program(verb, "--config", self.configs)
            self.exited(0)
            self.matches(f"^east: .*({said})", f"^west: .*({said})")
            self.ended("west", 0, "everything planned was done")

    @case("with --quiet there is nothing on standard output, and trouble with its name beside it")
    def test_quiet(self):
        self.add_two()
        self.describe("west", {"paths": {"host_storage": "/nonexistent"}})
        self.several("--quiet", apart=True)
        self.exited(0)
        self.assertEqual(self.output, "")
        self.assertRegex(self.errors, r"^west: .*\[WARNING\]")
        self.several(apart=True)
        self.assertIn("registry  exit", self.output)
        self.assertNotIn("WARNING", self.output)

    @case("a reader that has stopped holds nobody, and what it missed is counted")
    def test_stalled(self):
        self.add_two()
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(65536))
        os.set_blocking(writer, True)
        with (self.folder / "errors").open("wb") as errors:
            words = [PROGRAM, "--config", self.configs]
            done = subprocess.run(
                words, stdout=writer, stderr=errors, stdin=subprocess.DEVNULL, timeout=120
            )
        os.close(reader)
        os.close(writer)
        self.assertEqual(done.returncode, 0)
        self.has_tags(east="new", west="new")
        self.assertRegex(
            (self.folder / "errors").read_text(),
            r"clean-registry: \d+ lines could not be written to standard output, because nobody",
        )

    @case("a configuration at fault and a registry that is away do not keep the others")
    def test_faults(self):
        self.add("good")
        self.write_config({"registry": {}}, self.configs / "broken.json")
        away = {"registry": {"retry_seconds": 0}}
        self.describe("away", away, url="http://127.0.0.1:1")
        self.change_config({"paths": {"host_storage": None, "config": "/etc/away.yml"}})
        self.several()
        self.exited(3)
        self.has_tags(good="new")
        self.ended("good", 0, "everything planned was done")
        self.ended("broken", 2, "configuration or state at fault")
        self.ended("away", 3, "not reached, or refused")
        self.matches(r"^broken: clean-registry: .*/broken.json: registry.url: required")
        (self.configs / "away.json").unlink()
        self.several()
        self.exited(2)

    @case("one that another run works on is 5, and the others are cleaned")
    def test_locked(self):
        self.add_held("busy")
        alone = self.begin()
        wait_for(lambda: self.is_held("busy"))
        self.add("free")
        self.several()
        self.exited(5)
        self.ended("busy", 5, "another one is at work")
        self.has_tags(free="new", busy="new old")
        self.release("busy")
        self.finish(alone)
        self.exited(0)

    @case("a password from the environment reaches no command of another registry")
    def test_secrets(self):
        self.add(
            "east", {"registry": {"password": "__ENV: EAST_SECRET"}}, options={"auth": "me:s3cr3t"}
        )
        self.add(
            "west", {"registry": {"password": "__ENV: WEST_SECRET"}}, options={"auth": "me:p4ss"}
        )
        seen = self.folder / "seen"
        self.change_config(self.exec_script(f"env >>'{seen}'"))
        self.several(env={"EAST_SECRET": "s3cr3t", "WEST_SECRET": "p4ss", "OTHER": "stays"})
        self.exited(0)
        self.has_tags(east="new", west="new")
        text = seen.read_text()
        self.assertIn("OTHER=stays", text)
        for secret in ("s3cr3t", "p4ss"):
            self.assertNotIn(secret, text)
            self.assertNotIn(secret, self.output)


class AtATime(Several):
    @case("one at a time unless --parallel says how many")
    def test_parallel(self):
        self.add_held("a", "b", "c")
        started = self.begin_several("--parallel", 2)
        wait_for(lambda: self.is_held("a") and self.is_held("b"))
        self.assertFalse(self.is_held("c"))
        self.release("b")
        wait_for(lambda: self.is_held("c"))
        self.has_tags(a="new old")
        # registry.exec leads to this host here, where the collector of one would be taken for the other's.
        self.release("a")
        wait_for(lambda: re.search(r"^a: .* ended after", started.output(), re.MULTILINE))
        self.release("c")
        self.finish(started)
        self.exited(0)
        self.has_tags(a="new", b="new", c="new")

    @case("without it, the next one begins when the one before has ended")
    def test_serial(self):
        self.add_held("a", "b")
        started = self.begin_several()
        wait_for(lambda: self.is_held("a"))
        self.release("a")
        wait_for(lambda: self.is_held("b"))
        self.has_tags(a="new", b="new old")
        self.release("b")
        self.finish(started)
        self.exited(0)

    @case("a signal is passed on to those that run, the others do not begin, and it is 128+n")
    def test_signal(self):
        self.add_held("a", "b", "c")
        started = self.begin_several("--parallel", 2)
        wait_for(lambda: self.is_held("a") and self.is_held("b"))
        started.kill(signal.SIGTERM)
        self.finish(started)
        self.exited(143)
        self.ended("a", 143, "stopped by a signal")
        self.ended("b", 143, "stopped by a signal")
        self.assertIn("not begun", self.row("c")[-1])
        self.has_tags(a="new old", b="new old", c="new old")
        self.assertFalse(self.is_held("c"))

    @case("a signal to one registry's process is that one's own")
    def test_signal_for_one(self):
        self.add_held("a", "b")
        started = self.begin_several("--parallel", 2)
        wait_for(lambda: self.is_held("a") and self.is_held("b"))
        os.kill(self.pid("a"), signal.SIGTERM)
        self.release("b")
        self.finish(started)
        self.exited(143)
        self.ended("a", 143, "stopped by a signal")
        self.ended("b", 0, "everything planned was done")
        self.has_tags(a="new old", b="new")

    @case("a process that crashes takes no other along: 70, and its lock is free")
    def test_crash(self):
        self.add_held("a", "b")
        started = self.begin_several("--parallel", 2)
        wait_for(lambda: self.is_held("a") and self.is_held("b"))
        os.kill(self.pid("a"), signal.SIGKILL)
        wait_for(lambda: "a: killed by signal 9" in started.output())
        self.release("b")
        self.finish(started)
        self.exited(70)
        self.ended("a", 70, "killed by signal 9 (Killed)")
        self.has_tags(a="new old", b="new")
        self.release("a")
        (self.configs / "b.json").unlink()
        self.use(self.registries["a"])
        self.describe("a")
        self.several()
        self.exited(0)
        self.has_tags(a="new")

    @case(
        "when the process of all is killed, what runs goes on to its end, and nothing more begins"
    )
    def test_parent_killed(self):
        self.add_held("a", "b")
        started = self.begin_several()
        wait_for(lambda: self.is_held("a"))
        child = self.pid("a")
        started.kill(signal.SIGKILL)
        started.process.wait()
        self.release("a")
        wait_for(lambda: not os.path.exists(f"/proc/{child}"))
        self.has_tags(a="new", b="new old")
        self.assertFalse(self.is_held("b"))

    @case("what has no time left deletes nothing any more: --max-minutes is for all together")
    def test_time(self):
        self.add_held("a", "b")
        self.describe("b")
        started = self.begin_several("--max-minutes", 0.001)
        wait_for(lambda: self.is_held("a"))
        self.release("a")
        self.finish(started)
        self.exited(1)
        self.ended("b", 1, "done in part, or trouble was found")
        self.has_tags(b="new old")


class Refused(Several):
    def refused(self, *texts, verb=(), options=()):
        """Exit 2, and no registry was asked anything."""
        requests = self.watch(lambda: self.run_program(*verb, "--config", self.configs, *options))
        self.exited(2)
        self.says(*texts)
        self.assertEqual(requests, [])

    @case(
        "the same registry twice, by its url, its storage or its collector: 2, and nothing is sent"
    )
    def test_same(self):
        self.add("one")
        self.describe("two", url=self.registry.url.replace("127.0.0.1", "localhost"))
        said = "one.json and two.json are for the same registry"
        self.refused(f"{said} (registry.url); nothing was sent")
        self.describe("two", url="http://registry.example.com")
        self.refused(f"{said} (paths.host_storage); nothing was sent", options=["--parallel", 2])
        # Nor need either know the folder.
        folder = {"paths": {"host_storage": ""}}
        self.describe("two", folder, url="http://registry.example.net")
        self.refused(f"{said} (registry.exec and paths.config); nothing was sent")
        self.has_tags(one="new old")

    def writes(self, **files):
        """For each of these names a configuration with these files, of a registry that is not there."""
        for number, (name, keys) in enumerate(files.items(), 1):
            document = {
                "registry": {
                    "url": f"http://127.0.0.1:{number}",
                    "exec": [name],
                    "retry_seconds": 0,
                },
                "cleanup": {"days_to_keep": 30},
                "paths": {"config": "/c.yml", "state": str(self.state)},
            }
            for key, path in keys.items():
                section, _, key = key.partition(".")
                document.setdefault(section, {})[key] = str(path)
            self.write_config(document, self.configs / f"{name}.json")

    @case("a file that two would overwrite, by whatever path: 2, and nothing is sent")
    def test_files(self):
        real, link, mounted = (self.folder / name for name in ("real", "link", "mounted"))
        for folder in (real, mounted):
            folder.mkdir()
        link.symlink_to(real)
        there = real / "there.html"
        there.write_text("")
        (self.folder / "name.html").symlink_to(there)
        html, metrics, log = "report.html_file", "report.metrics_file", "log.file"
        for one, other, said in (
            ({html: real / "x"}, {html: link / "x"}, f"({html})"),
            ({html: there}, {html: self.folder / "name.html"}, f"({html})"),
            ({metrics: real / "x.prom"}, {metrics: mounted / "x.prom"}, f"({metrics})"),
            ({html: real / "x"}, {metrics: real / "x"}, f"({html} and {metrics})"),
            ({log: real / "x"}, {html: link / "x"}, f"({log} and {html})"),
            ({metrics: mounted / "x"}, {log: real / "x"}, f"({metrics} and {log})"),
        ):
            with self.subTest(said):
                self.writes(a=one, b=other)
                mount = f'mount --bind {real} {mounted} && exec "$@"'
                self.launcher = ["unshare", "--mount", "sh", "-c", mount, "sh"]
                self.several()
                self.exited(2)
                self.says(f"a.json and b.json write the same file {said}; nothing was sent")
                self.keeps_quiet_of("[ERROR]")
        self.launcher = []
        # Lines of a log have a name, and an empty name is no file.
        self.writes(
            a={log: real / "x", html: ""}, b={log: real / "x", html: "", metrics: real / "b"}
        )
        self.several()
        self.exited(3)
        self.keeps_quiet_of("the same file")

    @case("verbs and options that are for one registry")
    def test_single(self):
        self.add("one")
        for verb in ("plan", "collect", "holds"):
            self.refused(f"'{verb}' is for one registry", verb=[verb])
        for option, value in (
            ("--repository", "app"),
            ("--namespace", "app"),
            ("--jobs", "x"),
            ("--repos-file", "x"),
        ):
            self.refused(f"{option} is for one registry", options=[option, value])
        self.refused("--confirm is for one registry", options=["--confirm"])
        self.refused("--json is for one registry", verb=["usage"], options=["--json"])
        self.refused("--format is for one registry", options=["--format", "scaleway"])
        self.refused("--report: a folder is expected", options=["--report", "-"])
        self.refused("--report: a folder is expected", options=["--report", self.folder / "x"])
        self.run_program("--config", self.configs / "one.json", "--parallel", 2)
        self.exited(2)
        self.says("--parallel: --config names no folder of configurations")

    @case("a folder that is empty, that others can write, or that is somebody else's")
    def test_folder(self):
        self.several()
        self.exited(2)
        self.says("no configuration (*.json) is in this folder")
        self.add("one")
        self.configs.chmod(0o775)
        self.refused("it can be written by others than its owner; run: chmod go-w")
        self.configs.chmod(0o755)
        os.chown(self.configs, 65534, 65534)
        self.refused("it must belong to root or to the user who runs this")
        os.chown(self.configs, 0, 0)
        for name in (".hidden.json", "one.json~", "one.json.bak"):
            (self.configs / name).write_text("nonsense")
        self.several("--dry-run")
        self.exited(0)
