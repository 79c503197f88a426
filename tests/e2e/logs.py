"""The log's lines in all their forms and places: JSON, syslog, the journal; and rotated."""

import datetime
import json
import os
import re
import signal
import subprocess
import time

from lab import World, case, program, wait_for

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
JSON = {"log": {"format": "json"}}
SYSLOG = {"log": {"syslog": True}}
# A job that is about nothing is warned of.
WARNED = {"jobs": [{"name": "j", "repositories": ["absent"], "tag_regexps": ["x"]}]}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[-+]\d\d:\d\d"


class Logs(World):
    """What all classes share; it has no tests."""

    IMAGES = IMAGES

    def setUp(self):
        super().setUp()
        self.log = self.program_folder / "log"

    def objects(self, text):
        """Each line of the text as an object; fails where one is none."""
        found = [json.loads(line) for line in text.splitlines()]
        for row in found:
            self.assertRegex(row["time"], rf"^{TIME}$")
            self.assertIn(row["level"], ("debug", "info", "warning", "error"))
            self.assertGreater(row["pid"], 1)
            self.assertIn("message", row)
            said = datetime.datetime.fromisoformat(row["time"])
            now = datetime.datetime.now(datetime.timezone.utc)
            self.assertLess(abs((now - said).total_seconds()), 600)
        self.assertTrue(found)
        return found


class Json(Logs):
    @case("all that the log says is objects, in the file and on both streams, with the same words")
    def test_everywhere(self):
        self.configure(WARNED)
        self.run_program("-n", "--config", self.config, apart=True)
        self.exited(0)
        self.log.unlink()
        self.run_program("-n", "--config", self.config, apart=True)
        plain = [re.sub(r"^\S+ \S+ \[[A-Z]+\] ", "", line) for line in self.lines()]
        self.configure(WARNED, JSON)
        self.log.unlink()
        self.run_program("-n", "--config", self.config, apart=True)
        self.exited(0)
        out, errors = self.objects(self.output), self.objects(self.errors)
        self.assertEqual([row["level"] for row in errors], ["warning"])
        self.assertEqual({row["level"] for row in out}, {"info"})
        self.assertEqual(
            sorted(self.output.splitlines() + self.errors.splitlines()),
            sorted(self.log.read_text().splitlines()),
        )
        # But for times and figures of a run.
        words = [re.sub(r"[0-9.]+", "N", row["message"]) for row in out]
        self.assertEqual(words, [re.sub(r"[0-9.]+", "N", line) for line in plain])

    @case("what was deleted and what was asked have members of their own")
    def test_events(self):
        self.configure(JSON)
        self.exits(0, "-n")
        rows = self.objects(self.output)
        would = [row for row in rows if row.get("event") == "would delete"]
        self.assertEqual([(row["repository"], row["tag"]) for row in would], [("app", "old")])
        self.exits(0, "--http-logs", "--quiet")
        self.assertEqual(self.output, "")
        rows = self.objects(self.log.read_text())
        gone = [row for row in rows if row.get("event") == "deleted"]
        self.assertEqual(
            [(row["repository"], row["tag"], row["digest"]) for row in gone],
            [("app", "old", self.digest("app:old"))],
        )
        asked = [row for row in rows if row.get("event") == "http"]
        self.assertEqual(len(asked), self.report()["requests"])
        for row in asked:
            self.assertTrue(row["url"].startswith(self.registry.url), row)
            self.assertIsInstance(row["bytes"], int)
            self.assertIsInstance(row["milliseconds"], int)
        sent = [row for row in asked if row["method"] == "DELETE" and row["status"] == 202]
        self.assertEqual([row["url"][-71:] for row in sent], [self.digest("app:old")])

    @case("what a collector prints cannot break an object, nor forge one")
    def test_hostile(self):
        script = r"""case $* in *garbage-collect*)
            printf '"}\n{"time":"x","level":"error","message":"forged"}\n\033[31m \377 \\u0000\n' >&2; exit 9;; esac"""
        self.configure(self.exec_script(script), JSON)
        self.exits(4, "--debug")
        for text in (self.output, self.log.read_text()):
            rows = self.objects(text)
            self.assertTrue(any("forged" in row["message"] for row in rows))
            self.assertNotIn("forged", [row["message"] for row in rows])
            self.assertTrue(any(r"\x1b[31m \xff \u0000" in row["message"] for row in rows))

    @case("a table stays a table, and what is wrong with a configuration is told in words")
    def test_others(self):
        self.configure(JSON)
        self.run_program("usage", "--config", self.config, apart=True)
        self.exited(0)
        self.assertRegex(self.output, r"(?m)^app ")
        self.configure(JSON, {"cleanup": {"days_to_keep": "x"}})
        self.run_program("--config", self.config, apart=True)
        self.exited(2)
        self.assertTrue(self.errors.startswith("clean-registry: "), self.errors)
        self.configure({"log": {"format": "yaml"}})
        self.run_program("--config", self.config)
        self.exited(2)
        self.says('log.format: expected "text" or "json"')


class Several(Logs):
    @case("of several registries each object has the name, and nothing stands before it")
    def test_names(self):
        configs = self.folder / "registries"
        configs.mkdir(0o755)
        self.configure(WARNED, JSON)
        text = self.config.read_text()
        self.write_config(text, configs / "east.json")
        self.use(self.start_registry())
        self.push(IMAGES)
        self.configure(WARNED, JSON)
        self.write_config(self.config.read_text(), configs / "west.json")
        self.run_program("--config", configs, "--parallel", "2", apart=True)
        self.exited(0)
        table = self.output.index("registry  exit")
        streams = self.output[:table] + self.errors
        for rows in (self.objects(streams), self.objects(self.log.read_text())):
            self.assertEqual({row["registry"] for row in rows}, {"east", "west"})
            gone = {row["registry"] for row in rows if row.get("event") == "deleted"}
            self.assertEqual(gone, {"east", "west"})
        # The same for the journal, which reads a pipe here.
        done = run_for_journal(self, "--config", configs, "--quiet")
        self.assertRegex(done, r'^<4>\{"time":')
        rows = self.objects("\n".join(line[3:] for line in done.splitlines()))
        self.assertEqual({row["registry"] for row in rows}, {"east", "west"})


def run_for_journal(world, *words, name=None):
    """What it writes to a pipe that it is told to be the journal's."""
    reader, writer = os.pipe()
    stat = os.fstat(writer)
    stream = name if name is not None else f"{stat.st_dev}:{stat.st_ino}"
    with os.fdopen(reader, "rb") as pipe:
        try:
            started = subprocess.Popen(
                [program.PROGRAM, *(str(word) for word in words)],
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                env=program.environment({**world.env, "JOURNAL_STREAM": stream}),
            )
        finally:
            os.close(writer)
        said = pipe.read().decode()
        world.status = started.wait(60)
    world.output = said
    return said


class Journal(Logs):
    @case(
        "lines for the journal have priorities and no time; the log file and other streams have not"
    )
    def test_marks(self):
        self.configure(WARNED)
        said = run_for_journal(self, "--config", self.config, "--debug")
        self.exited(0)
        for line in said.splitlines():
            self.assertRegex(line, r"^(<7>\[DEBUG\]|<6>\[INFO\]|<4>\[WARNING\]) ")
        self.assertEqual(len(re.findall("^<4>", said, re.M)), 1)
        self.assertGreater(len(re.findall("^<7>", said, re.M)), 1)
        for line in self.log.read_text().splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[")
        for name in ("1:1", "", "x", "0:0"):
            said = run_for_journal(self, "--config", self.config, name=name)
            self.assertNotRegex(said, "(?m)^<")
        # What is wrong with the configuration is an error.
        self.configure({"cleanup": {"days_to_keep": "x"}})
        said = run_for_journal(self, "--config", self.config)
        self.exited(2)
        self.assertRegex(said, "^<3>clean-registry: ")


class Rotated(Logs):
    @case("logrotate moves the file away, and the next run begins a new one, in both forms")
    def test_rotated(self):
        path = self.folder / "logrotate"
        shipped = (program.ROOT / "logrotate/clean-registry").read_text()
        path.write_text(
            shipped.replace("/var/log/clean-registry.log", str(self.log)).replace(
                "root adm", "root root"
            )
        )
        path.chmod(0o600)
        self.program_folder.chmod(0o755)
        for changes, shape in (({}, r"^\d{4}-\d\d-\d\d "), (JSON, r'^\{"time":')):
            self.configure(changes)
            self.exits(0)
            before = self.log.read_text()
            self.assertTrue(before)
            self.command("logrotate", "--force", "--state", self.folder / "rotated", path)
            self.exited(0)
            self.assertEqual((self.program_folder / "log.1").read_text(), before)
            self.assertEqual(self.log.read_text(), "")
            self.exits(0)
            for line in self.log.read_text().splitlines():
                self.assertRegex(line, shape)
            self.assertNotEqual(self.log.read_text(), "")


# Its /dev is one of its own, so that the host's /dev/log is left alone.
OWN_DEV = """set -e
mount -t tmpfs -o mode=755 none "$1"
for name in null zero full random urandom; do : >"$1/$name"; mount --bind "/dev/$name" "$1/$name"; done
ln -s /proc/self/fd "$1/fd"
# Where the folder of the test may be.
mkdir "$1/shm"
mount --bind /dev/shm "$1/shm"
mount --rbind "$1" /dev
shift
exec "$@"
"""


class Syslog(Logs):
    def setUp(self):
        super().setUp()
        self.messages = self.folder / "messages"
        dev = self.folder / "dev"
        dev.mkdir()
        own = ["unshare", "--mount", "sh", "-c", OWN_DEV, "own", dev]
        self.syslogd = self.begin_command(
            *own, "sh", "-c", 'echo ready; exec "$@"', "x", "sleep", "3600", name="own"
        )
        wait_for(lambda: "ready" in self.syslogd.output())
        self.launcher = ["nsenter", f"--mount=/proc/{self.syslogd.pid}/ns/mnt"]

    def start_syslogd(self):
        words = ["busybox", "syslogd", "-n", "-O", self.messages]
        started = self.begin_command(*self.launcher, *words, name="syslogd")
        listens = [*self.launcher, "test", "-S", "/dev/log"]
        wait_for(lambda: program.run(listens).status == 0)
        return started

    def received(self, count):
        """So many lines of the program, as soon as they are there."""

        def ready():
            text = self.messages.read_text() if self.messages.exists() else ""
            found = [line for line in text.splitlines() if "clean-registry" in line]
            return len(found) >= count and found

        return wait_for(ready)

    @case("a syslog daemon gets all lines of the log with their priorities, in both forms")
    def test_daemon(self):
        self.start_syslogd()
        self.configure(WARNED, SYSLOG)
        self.exits(0, "--quiet")
        lines = self.log.read_text().splitlines()
        got = self.received(len(lines))
        self.assertEqual(len(got), len(lines))
        for line, sent in zip(got, lines):
            _, level, message = re.match(r"(\S+ \S+) \[(\w+)\] (.*)", sent).groups()
            severity = {"INFO": "info", "WARNING": "warn"}[level]
            # The daemon cuts what is longer than 256 bytes.
            self.assertRegex(line, rf" daemon\.{severity} clean-registry\[\d+\]: \[{level}\] ")
            self.assertTrue(message.startswith(line.split(f"[{level}] ", 1)[1]), line)
        self.configure(WARNED, SYSLOG, JSON)
        self.exits(0, "--quiet")
        first = self.received(len(lines) + 1)[len(lines)]
        self.assertTrue(first.split("]: ", 1)[1].startswith('{"time":"'), first)

    @case("without a daemon there is one warning, check tells it, and the run goes on")
    def test_absent(self):
        self.configure(SYSLOG)
        self.exits(0, "--quiet")
        self.leaves("app", "new")
        said = "cannot write the log to syslog: No such file or directory"
        self.assertEqual(self.log.read_text().count(said), 1)
        self.assertEqual(len(self.lines()), 1)
        self.says(said)
        self.run_program("check", "--config", self.config)
        self.exited(1)
        self.says("/dev/log: No such file or directory: no line goes to syslog")
        self.start_syslogd()
        self.run_program("check", "--config", self.config)
        self.exited(0)

    @case("a daemon that hangs holds the run for a few seconds at most, and what is lost is told")
    def test_hangs(self):
        daemon = self.start_syslogd()
        self.configure(SYSLOG)
        # The launcher became the daemon.
        os.kill(daemon.pid, signal.SIGSTOP)
        begin = time.monotonic()
        # More lines than its queue holds, whatever the kernel was told.
        queue = int(open("/proc/sys/net/unix/max_dgram_qlen", encoding="ascii").read())
        rounds = 0
        while "syslog, because nobody read" not in self.log_text():
            self.exits(0, "--quiet", "--debug", "--http-logs", "-n")
            rounds += 1
            self.assertLess(rounds, queue)
        # Each run waits for no more than one line.
        self.assertLess(time.monotonic() - begin, 20 + 10 * rounds)
        self.assertRegex(self.log_text(), r"\[WARNING\] \d+ lines? could not be written to syslog")
        os.kill(daemon.pid, signal.SIGCONT)
        self.exits(0, "--quiet")
        self.leaves("app", "new")
        wait_for(lambda: "deleted app:old" in self.messages.read_text())

    def log_text(self):
        return self.log.read_text() if self.log.exists() else ""
