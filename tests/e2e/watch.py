"""The verb watch: it stays up, and runs when the configuration says."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

from lab import World, case, files, wait_for
from lab.program import PROGRAM, ROOT
from lab.world import release_pipe

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "pr-1", "created": "-2d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
PULL_REQUESTS = {
    "name": "pull-requests",
    "repositories": ["app"],
    "tag_regexps": ["^pr-"],
    "clean_every_n_hours": 24,
}
OFTEN = {"watch": {"at": None, "every_hours": 0.0003}}
BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def later(hours):
    """A time of day that is so many hours from now."""
    return time.strftime("%H:%M", time.localtime(time.time() + hours * 3600))


LATER = {"watch": {"at": later(12)}}


class Manager:
    """A service manager: what it is told by sd_notify, message by message."""

    def __init__(self, address):
        self.messages = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while message := self.socket.recv(65536):
                self.messages.append(message.decode())

    def has(self, text, times=1):
        return sum(message.startswith(text) for message in self.messages) >= times

    def heard(self, text, times=1):
        wait_for(lambda: self.has(text, times))


class Watch(World):
    CONFIG = LATER
    IMAGES = IMAGES

    def setUp(self):
        super().setUp()
        short = files.new_folder("w")
        self.addCleanup(files.remove, short)
        self.start_manager(f"{short}/notify")

    def start_manager(self, address):
        self.manager = Manager(address)
        self.addCleanup(self.manager.socket.close)
        self.env["NOTIFY_SOCKET"] = address

    def begin_watch(self, *arguments, command=(PROGRAM,), name="watch", env=None):
        """Starts it, and waits until it is ready; self.watching."""
        words = [*command, "watch", "--config", self.config, *arguments]
        self.watching = self.begin_command(*words, name=name, env=env)
        wait_for(lambda: self.manager.has("READY=1") or not self.watching.lives())

    def told(self, text, times=1):
        """Waits until it was printed so many times."""
        wait_for(lambda: self.watching.output().count(text) >= times or not self.watching.lives())
        self.assertGreaterEqual(self.watching.output().count(text), times, text)

    def ran(self, times=1, code=0):
        self.told(f" s, exit code {code} (", times)

    def ends(self, number=signal.SIGTERM):
        """It ends by this signal as it should."""
        self.watching.kill(number)
        self.finish(self.watching)
        self.exited(0)

    def rereads(self):
        """Asks it to read the configuration again, and waits until it has."""
        before = sum(message == "READY=1" for message in self.manager.messages)
        self.watching.kill(signal.SIGHUP)
        wait_for(lambda: self.manager.messages.count("READY=1") > before)

    def hold(self):
        """The configuration whose runs wait where they ask for the version, and begin to when `ready` is there."""
        self.pipe, self.ready = self.folder / "hold", self.folder / "ready"
        os.mkfifo(self.pipe)
        script = (
            f"case $* in *--version*) echo $PPID >'{self.ready}.new'; "
            f"mv '{self.ready}.new' '{self.ready}'; read -r line <'{self.pipe}';; esac"
        )
        return self.exec_script(script)

    def held(self):
        wait_for(self.ready.exists)
        return int(self.ready.read_text())

    def release(self):
        self.addCleanup(os.close, release_pipe(self.pipe))

    def log(self):
        return (self.program_folder / "log").read_text()


class Due(Watch):
    @case("all rules again and again, each time as a run would; the manager is told; TERM: 0")
    def test_hours(self):
        self.change_config(OFTEN)
        self.begin_watch()
        self.ran()
        self.leaves("app", "new", "pr-1")
        self.push([{"repository": "app", "tag": "older", "created": "-91d"}])
        wait_for(lambda: self.registry.tags("app") == ["new", "pr-1"])
        self.ran(2)
        self.ends()
        heard = self.manager.messages
        for wanted in ("READY=1", "STATUS=running: all rules", "STOPPING=1"):
            self.assertIn(wanted, heard)
        self.assertTrue(
            any(
                re.fullmatch(
                    r"STATUS=next run: all rules at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; last run: "
                    r"exit code 0 \(everything planned was done\)",
                    message,
                )
                for message in heard
            ),
            heard,
        )
        self.assertIn("watch: a run of all rules begins", self.log())
        self.assertIn("deleted app:older", self.log())

    @case("a job runs alone, by its own hours; all rules wait for their time of day; INT: 0")
    def test_job(self):
        self.start_manager(f"@clean-registry-test-{os.getpid()}-{id(self)}")
        self.change_config({"jobs": [PULL_REQUESTS]})
        self.begin_watch("--report", self.report_path)
        self.ran()
        self.leaves("app", "new", "old")
        self.assertEqual(self.tag("app", "pr-1"), "deleted job")
        self.assertEqual(self.tag("app", "old"), "kept not_due")
        self.told("watch: next run: all rules at ")
        self.ends(signal.SIGINT)
        self.says("watch: a run of the job pull-requests begins")
        # What ran is known after a restart: neither is due.
        self.push([{"repository": "app", "tag": "pr-2", "created": "-2d"}])
        self.manager.messages.clear()
        self.begin_watch(name="again")
        self.told("watch: next run: all rules at ")
        self.ends()
        self.keeps_quiet_of("begins")
        self.leaves("app", "new", "old", "pr-2")

    @case("a run that fails, a lock that is held and a crash do not end it")
    def test_failures(self):
        self.change_config(OFTEN | {"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}})
        self.begin_watch()
        self.ran(2, code=3)
        wanted = json.loads(self.config.read_text())
        run = self.begin_held()
        self.write_config(wanted | {"registry": wanted["registry"] | {"url": self.registry.url}})
        self.rereads()
        self.ran(code=5)
        run.release()
        self.finish(run)
        self.leaves("app", "new", "pr-1")
        self.ran(1)
        self.write_config(wanted)
        self.configure(OFTEN, self.hold())
        self.rereads()
        os.kill(self.held(), signal.SIGKILL)
        self.told("killed by signal 9 (Killed)")
        self.change_config({"registry": {"exec": []}})
        before = self.watching.output().count(" s, exit code 0 (")
        self.release()
        self.rereads()
        self.ran(before + 1)
        self.ends()
        self.matches(
            r"\[INFO\] watch: .* exit code 5 \(another one is at work\)",
            r"\[WARNING\] watch: .* exit code 3 \(not reached",
            r"\[ERROR\] watch: .* killed by signal 9",
        )

    @case("no process for a run: told once, the run stays due, and begins when there may be one")
    def test_no_process(self):
        # Root has no such limit, and of another user's processes those of other tests may be some.
        user = 40000 + os.getpid() % 20000
        folder = files.new_folder("u")
        self.addCleanup(files.remove, folder)
        self.start_manager(f"@clean-registry-{user}")
        self.configure(OFTEN, {"registry": {"exec": []}, "paths": {"host_storage": ""}})
        self.change_config(
            {"paths": {"state": f"{folder}/state"}, "log": {"file": f"{folder}/log"}}
        )
        copy = shutil.copy(PROGRAM, folder / "clean-registry")
        self.config = Path(shutil.copy(self.config, folder / "config.json"))
        for path in (folder, self.config):
            os.chown(path, user, user)
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        self.begin_watch(command=("prlimit", "--nproc=1:1000", *as_user, copy))
        self.told("no process for the run: Resource temporarily unavailable; it is tried again")
        # Each of these tries at once.
        self.rereads()
        self.rereads()
        self.assertEqual(self.watching.output().count("no process for the run"), 1)
        self.assertEqual(self.watching.output().count("a run of all rules begins"), 1)
        self.assertIn("old", self.registry.tags("app"))
        self.command(*as_user, "prlimit", f"--pid={self.watching.process.pid}", "--nproc=1000")
        self.exited(0)
        self.rereads()
        wait_for(lambda: "the run of all rules ended" in self.watching.output())
        self.assertEqual(self.registry.tags("app"), ["new", "pr-1"])
        self.ends()

    @case("with --dry-run each run is one: nothing goes, and nothing but the cache is written")
    def test_dry_run(self):
        self.change_config(OFTEN | {"jobs": [PULL_REQUESTS]})
        self.begin_watch("--dry-run")
        self.ran(2)
        self.ends()
        self.says("watches, dry runs only", "would delete app:old", "would delete app:pr-1")
        self.leaves("app", "new", "old", "pr-1")
        self.assertEqual(list(self.state.glob("*/watch.lock")), [])

    @case("one watch for each registry: the second is 5, and says which file is held")
    def test_two(self):
        self.begin_watch()
        self.run_program("watch", "--config", self.config)
        self.exited(5)
        self.says("another clean-registry watch is at work on this registry: it holds ")
        self.exits(0)
        self.leaves("app", "new", "pr-1")
        self.ends()
        self.manager.messages.clear()
        self.begin_watch(name="again")
        self.ends()


class Signals(Watch):
    @case(
        "HUP reads the configuration and opens the log again; a broken one is refused, told, unused"
    )
    def test_reread(self):
        log = self.program_folder / "log"
        self.begin_watch()
        sent = time.monotonic_ns() // 1000
        self.write_config({"registry": {}})
        self.rereads()
        reloading = [text for text in self.manager.messages if text.startswith("RELOADING=1\n")]
        self.assertEqual(len(reloading), 1)
        answered = int(re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", reloading[0])[1])
        self.assertTrue(sent <= answered <= time.monotonic_ns() // 1000)
        self.assertIn("registry.url: required, but missing", self.log())
        self.assertIn("is not used; the configuration stays what it was", self.log())
        # Neither is one that would never run.
        self.configure()
        self.rereads()
        self.assertIn("is required for the command watch", self.log())
        log.rename(log.with_suffix(".1"))
        self.configure(OFTEN)
        self.rereads()
        self.ran()
        self.leaves("app", "new", "pr-1")
        self.assertIn("watch: read ", self.log())
        self.assertIn("watch: the run of all rules ended", self.log())
        self.ends()

    @case("HUP to another state: what ran is what that one knows, so a run is due at once")
    def test_other_state(self):
        daily = {"watch": {"at": None, "every_hours": 24}}
        self.configure(daily)
        self.begin_watch()
        self.ran()
        # Here it is not: the same registry and state.
        self.rereads()
        self.assertEqual(self.watching.output().count(" s, exit code 0 ("), 1)
        self.push([{"repository": "app", "tag": "older", "created": "-91d"}])
        other = files.new_folder("o")
        self.addCleanup(files.remove, other)
        self.configure(daily, {"paths": {"state": str(other)}})
        self.rereads()
        self.ran(2)
        self.leaves("app", "new", "pr-1")
        self.ends()

    @case(
        "HUP while a run is at work: read after it; TERM: the run ends as it would, and watch is 0"
    )
    def test_at_work(self):
        self.configure(OFTEN, self.hold())
        self.begin_watch()
        self.held()
        self.watching.kill(signal.SIGHUP)
        self.told("the configuration is read again once the run has ended")
        self.assertFalse(self.manager.has("RELOADING=1"))
        self.configure(LATER)
        self.release()
        self.manager.heard("RELOADING=1")
        self.ran()
        self.leaves("app", "new", "pr-1")
        self.push([{"repository": "app", "tag": "older", "created": "-91d"}])
        self.ready.unlink()
        os.unlink(self.pipe)
        self.configure(OFTEN, self.hold())
        self.watching.kill(signal.SIGHUP)
        self.held()
        self.watching.kill(signal.SIGTERM)
        self.finish(self.watching)
        self.exited(0)
        self.says("signal 15 (Terminated), which is passed on to the run")
        self.matches(r"\[INFO\] watch: the run of all rules ended .* exit code 143")
        self.assertIn("STOPPING=1", self.manager.messages)
        self.assertIn("STATUS=waiting for the end of a run: all rules", self.manager.messages)
        self.leaves("app", "new", "older", "pr-1")

    @case(
        "what hangs up with the terminal is not told to the run: it has a process group of its own"
    )
    def test_group(self):
        self.configure(OFTEN, self.hold())
        self.begin_watch()
        run = self.held()
        self.assertEqual(os.getpgid(run), run)
        self.release()
        self.ran()
        self.ends()

    @case("the watchdog hears from it, during a run as well, but not when it hangs or is another's")
    def test_watchdog(self):
        self.configure(OFTEN, self.hold())
        mine = ["sh", "-c", 'WATCHDOG_PID=$$ exec "$0" "$@"', PROGRAM]
        self.begin_watch(command=mine, env={"WATCHDOG_USEC": "200000"})
        self.held()
        heard = self.manager.messages.count("WATCHDOG=1")
        self.manager.heard("WATCHDOG=1", heard + 3)
        self.watching.kill(signal.SIGSTOP)
        wait_for(lambda: "\nState:\tT" in Path(f"/proc/{self.watching.pid}/status").read_text())
        heard = self.manager.messages.count("WATCHDOG=1")
        self.release()
        wait_for(lambda: self.registry.tags("app") == ["new", "pr-1"])
        self.assertLessEqual(self.manager.messages.count("WATCHDOG=1"), heard + 1)
        self.watching.kill(signal.SIGCONT)
        self.manager.heard("WATCHDOG=1", heard + 3)
        self.ends()
        self.manager.messages.clear()
        self.configure(OFTEN)
        self.begin_watch(
            name="other", env={"WATCHDOG_USEC": "2000", "WATCHDOG_PID": str(os.getpid())}
        )
        self.ran()
        self.ends()
        self.assertFalse(self.manager.has("WATCHDOG=1"))

    @case("no child speaks to the manager, and secrets are read again but reach no child")
    def test_environment(self):
        self.use(self.start_registry(auth="me:s3cr3t"))
        self.push(IMAGES)
        seen = self.folder / "seen"
        script = self.exec_script(f"env >>'{seen}'")
        self.configure(OFTEN, script, {"registry": {"password": "__ENV: PASSWORD_OF_TEST"}})
        variables = {"PASSWORD_OF_TEST": "s3cr3t", "OTHER": "stays", "WATCHDOG_USEC": "60000000"}
        self.begin_watch(env=variables)
        self.ran()
        self.leaves("app", "new", "pr-1")
        self.rereads()
        seen.unlink()
        self.ran(self.watching.output().count(" s, exit code 0 (") + 1)
        # One that is refused brings nothing back.
        good = self.config.read_text()
        self.write_config("{}")
        self.rereads()
        self.ran(self.watching.output().count(" s, exit code 0 (") + 1)
        self.write_config(good)
        self.assertNotIn(b"s3cr3t", Path(f"/proc/{self.watching.pid}/environ").read_bytes())
        self.ends()
        text = seen.read_text()
        self.assertIn("OTHER=stays", text)
        for secret in ("s3cr3t", "NOTIFY_SOCKET", "WATCHDOG"):
            self.assertNotIn(secret, text)
        self.keeps_quiet_of("s3cr3t", "exit code 3", "exit code 2")

    @case("its memory does not grow")
    def test_memory(self):
        self.begin_watch(
            env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        )

        def kilobytes():
            status = Path(f"/proc/{self.watching.pid}/status").read_text()
            return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

        for _ in range(40):
            self.rereads()
        before = kilobytes()
        for _ in range(160):
            self.rereads()
        self.assertLess(kilobytes() - before, 400)
        self.ends()


class Clock(Watch):
    """The clock is one that the test sets; the time zone is that of Berlin."""

    IMAGES = None

    def set_clock(self, text):
        """To a time of UTC."""
        wanted = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
        (self.clock_folder / "new").write_text(str(round(wanted.timestamp() - time.time())))
        (self.clock_folder / "new").rename(self.clock_folder / "clock")

    def begin_at(self, text, at):
        self.clock_folder = self.folder / "clocks"
        self.clock_folder.mkdir()
        self.set_clock(text)
        self.configure({"watch": {"at": at}})
        program = Path(PROGRAM).parent / "tests/tools/shifted_clean_registry"
        if not program.exists():
            program = ROOT / "build/tests/tools/shifted_clean_registry"
        env = {"TEST_CLOCK": self.clock_folder / "clock", "TZ": BERLIN}
        self.begin_watch(command=[program], env=env)

    @case("a time of day that clocks are put forward over: as they are, once")
    def test_skipped(self):
        self.begin_at("2027-03-28 00:58:00", "02:30")
        self.told(
            "next run: all rules at 2027-03-28 03:00:00, as clocks are put forward over watch.at"
        )
        self.set_clock("2027-03-28 00:59:59")
        self.ran()
        self.told("next run: all rules at 2027-03-29 02:30:00")
        self.ends()

    @case("a time of day that comes twice: the first time alone")
    def test_twice(self):
        self.begin_at("2026-10-25 00:20:00", "02:30")
        self.told("next run: all rules at 2026-10-25 02:30:00, the first of the two times")
        self.set_clock("2026-10-25 00:29:59")
        self.ran()
        self.told("next run: all rules at 2026-10-26 02:30:00")
        self.set_clock("2026-10-25 01:30:01")
        self.told("the clock was set, or the host slept", 2)
        self.ends()
        self.assertEqual(self.output.count("a run of all rules begins"), 1)

    @case("nights that were slept through are made up for once; a clock set back repeats nothing")
    def test_set(self):
        self.begin_at("2026-11-30 12:00:00", "03:17")
        self.told("next run: all rules at 2026-12-01 03:17:00")
        self.set_clock("2026-12-04 09:00:00")
        self.told("the run was due at 2026-12-01 03:17:00")
        self.ran()
        self.told("next run: all rules at 2026-12-05 03:17:00")
        self.set_clock("2026-12-04 02:16:59")
        self.told("the clock was set, or the host slept", 2)
        self.set_clock("2026-12-04 02:17:05")
        self.told("the clock was set, or the host slept", 3)
        self.ends()
        self.assertEqual(self.output.count("a run of all rules begins"), 1)
        self.assertIn("is made up for once", self.output)


class Refused(Watch):
    IMAGES = None

    def refused(self, *texts, options=(), config=None):
        self.run_program("watch", "--config", config or self.config, *options)
        self.exited(2)
        self.says(*texts)

    @case("what cannot be watched is exit code 2, and says what to do")
    def test_refused(self):
        folder = self.folder / "several"
        folder.mkdir(0o755)
        shutil.copy(self.config, folder / "a.json")
        self.refused("'watch' is for one registry: --config must name a file", config=folder)
        self.refused("--repository: not an option of 'watch'", options=["--repository", "app"])
        self.configure({"jobs": [PULL_REQUESTS | {"clean_every_n_hours": 0}]})
        self.refused("watch.at: it, watch.every_hours or a job with clean_every_n_hours")
        self.configure({"watch": {"at": "3:17", "every_hours": -1}})
        self.refused("watch.at: must be a time of day", "watch.every_hours: out of range")
        self.assertEqual(self.manager.messages, [])

    @case("a manager that is not there, or has a strange address, is a warning")
    def test_no_manager(self):
        self.change_config(OFTEN)
        for address in ("/nonexistent/notify", "vsock:2:1", "@"):
            name = re.sub("[^a-z]", "", address)
            self.watching = self.begin_command(
                PROGRAM, "watch", "--config", self.config, name=name, env={"NOTIFY_SOCKET": address}
            )
            self.ran()
            self.ends()
            self.matches(r"\[WARNING\] NOTIFY_SOCKET: ")
