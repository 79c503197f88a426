"""The units as installed, and under a real systemd: the first process of a machine of its own (tests/tools/machine).

It runs wherever the engine of the tests does: as root, with overlay and cgroup2; what runs this host does not
matter. The registry is a container of that engine, reached by `docker exec` from within the sandbox.
"""

import datetime
import fcntl
import os
import re
import shlex
import subprocess

from lab import World, case, files, machine, wait_for
from lab.machine import inside
from lab.native import GRACE_HOURS, HASTY, HastyWorld
from lab.program import ROOT, full_pipe, make, words_of
from lab.registry import IMAGE

UNITS = "/usr/local/lib/systemd/system"
RUN = "clean-registry.service"
VERIFY = "clean-registry-verify.service"
WATCH = "clean-registry-watch.service"
SERVICES = [RUN, VERIFY, WATCH]
TIMERS = ["clean-registry.timer", "clean-registry-verify.timer"]
CONFIG = "/etc/clean-registry/config.json"
LOG = "/var/log/clean-registry.log"
STATE = "/var/lib/clean-registry"
# A registry's folder may be below /home.
HOME = "/home/lab"
IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
# Somebody who owns the storage, and is neither root nor in the group of the storage.
OWNER = 4711


class Systemd(World):
    """Before each test the units are as installed and stopped, and the program has no state and no log."""

    REGISTRY = {"where": "container"}
    IMAGES = IMAGES
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.machine = machine.lend(installed(), shared_things())
        self.tidy()
        self.addCleanup(self.tidy)
        self.keep_loaded()
        self.configure()

    def keep_loaded(self):
        """Else systemd forgets how a service ended that nothing refers to any more; a timer would do, but elapses."""
        lines = ["[Unit]", f"After={' '.join(SERVICES)}", "[Service]", "RemainAfterExit=yes"]
        self.add_unit("keep.service", *lines, "ExecStart=/bin/true")
        self.machine.ask("start", "keep.service")

    def tidy(self):
        ask = self.machine.ask
        ask("stop", "clean-registry*", "keep.service")
        ask("disable", *TIMERS, WATCH)
        self.machine.run("sh", "-c", f"rm -rf /etc/systemd/system/* {STATE} {LOG}")
        ask("daemon-reload")
        ask("reset-failed")

    def configure(self, *changes, home="/srv/lab", **options):
        """The storage is found below `home`; state and log are where they are when nobody says where."""
        store = inside(self.registry.store).replace("/srv/lab", home)
        machine_wide = {"host_storage": store, "state": None}
        super().configure({"paths": machine_wide, "log": {"file": None}}, *changes, **options)
        self.machine.path(CONFIG).write_text(self.config.read_text())

    def drop_in(self, unit, *lines):
        """As `systemctl edit` writes it."""
        self.add_unit(f"{unit}.d/test.conf", *lines)

    def add_unit(self, name, *lines):
        path = self.machine.path(f"/etc/systemd/system/{name}")
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        self.machine.ask("daemon-reload")

    def use_drop_in_for_podman(self):
        path = self.machine.path("/usr/local/share/clean-registry/podman.conf")
        self.add_unit(f"{RUN}.d/podman.conf", path.read_text())

    def start(self, unit=RUN):
        """Starts a unit and waits for its end; leaves self.status of systemctl, and the log in self.output."""
        done = self.machine.run("systemctl", "start", unit)
        log = self.machine.path(LOG)
        self.status, self.output = done.status, done.output
        if log.exists():
            self.output += log.read_text()

    def ended(self, unit, result, code):
        """What systemd says about a service that has run."""
        found = {name: self.about(unit, name) for name in ("Result", "ExecMainStatus")}
        self.assertEqual(found, {"Result": result, "ExecMainStatus": str(code)})
        self.assertEqual(self.status == 0, result == "success", "exit code of systemctl start")

    def about(self, unit, name):
        return self.machine.ask("show", "-P", name, unit)


def installed():
    """The folder to which all was installed, once."""
    folder = files.FOLDER / "installed"
    if not folder.exists():
        done = make(files.FOLDER / "installing", "install", f"DESTDIR={folder}")
        if done.status != 0:
            raise AssertionError(done.output)
    return folder


def shared_things():
    return {
        "/run/docker.sock": f"{os.environ['TEST_ENGINE']}/docker.sock",
        HOME: files.FOLDER,
        "/srv/hasty": HASTY,
    }


class Checked(Systemd):
    """What Debian's systemd-analyze says."""

    REGISTRY = None
    IMAGES = None

    def configure(self, *changes, home="", **options):
        pass

    @case("systemd-analyze verify has nothing to say about any unit")
    def test_verify(self):
        names = sorted(os.listdir(installed() / UNITS[1:]))
        self.assertEqual(len(names), len(SERVICES + TIMERS))
        done = self.machine.run("systemd-analyze", "verify", *(f"{UNITS}/{name}" for name in names))
        self.assertEqual((done.status, done.output), (0, ""))

    @case(
        "systemd-analyze security: the exposure of each service is below 4.0, by its file and as systemd has it"
    )
    def test_security(self):
        for unit in SERVICES:
            for words in (["--offline=true", f"{UNITS}/{unit}"], [unit]):
                with self.subTest(words=words):
                    done = self.machine.run("systemd-analyze", "security", "--no-pager", *words)
                    found = re.search(r"exposure level for \S+: ([0-9.]+) ", done.output)
                    self.assertTrue(found, done.output)
                    self.assertLess(float(found[1]), 4.0, done.output)

    @case("installing arms nothing; a timer that is enabled tells when it runs next")
    def test_timers(self):
        states = [self.machine.ask("is-enabled", unit) for unit in [*SERVICES, *TIMERS]]
        self.assertEqual(states, ["static", "static", "disabled", "disabled", "disabled"])
        self.assertNotIn("clean-registry", self.machine.ask("list-timers", "--all"))
        self.machine.ask("enable", "--now", *TIMERS)
        listed = self.machine.ask("list-timers")
        now = datetime.datetime.now()
        for unit, days, hour in ((TIMERS[0], 1, (3, 17, 47)), (TIMERS[1], 7, (5, 17, 77))):
            self.assertIn(unit, listed)
            text = self.about(unit, "NextElapseUSecRealtime")
            at = datetime.datetime.strptime(text.rpartition(" ")[0], "%a %Y-%m-%d %H:%M:%S")
            self.assertLess(now, at)
            self.assertLess(at, now + datetime.timedelta(days=days, minutes=61), text)
            self.assertTrue(hour[1] <= (at.hour - hour[0]) * 60 + at.minute <= hour[2], text)
        self.assertEqual(at.weekday(), 6, "Sunday")

    def probe(self, commands):
        """Runs each where the program would run. Returns the names of those that failed, and what they said."""
        lines = [
            f"({command}) >&2 || echo {shlex.quote(name)}" for name, command in commands.items()
        ]
        self.machine.path("/srv/script").write_text("\n".join(lines))
        for name in ("/srv/failed", "/srv/said"):
            self.machine.path(name).write_text("")
        self.drop_in(
            RUN,
            "[Service]",
            "ExecStart=",
            "ExecStart=sh -x /srv/script",
            "StandardOutput=file:/srv/failed",
            "StandardError=file:/srv/said",
        )
        self.start()
        said = self.machine.path("/srv/said").read_text()
        return self.machine.path("/srv/failed").read_text().splitlines(), said

    def other_process(self):
        """The number of one in the machine that belongs to somebody else, and has a network of its own."""
        words = ["unshare", "--net", "setpriv", "--reuid", str(OWNER), "sleep", "1000"]
        pid, end = self.machine.begin(*words)
        self.addCleanup(end)
        wait_for(lambda: words_of(pid)[:1] == ["sleep"])
        return self.machine.number(pid)

    @case("what must stay open is open in the sandbox")
    def test_open(self):
        number = self.other_process()
        opened = {
            "home": 'test "$HOME" = /root && ls /root',
            "the state": f"touch {STATE}/x",
            "logs": f"touch {LOG} /var/log/clean-registry/x /run/clean-registry/x",
            "other folders": "touch /srv/x /mnt/x /opt/x /var/lib/x",
            "a /tmp of its own": 'test -z "$(ls /tmp)" && touch /tmp/x /var/tmp/x',
            "rights of new files": 'test "$(umask)" = 0022',
            "other processes": f"tr '\\0' '\\n' </proc/{number}/environ && ls /proc/{number}/root/",
            "locks": "test -r /proc/locks && cat /proc/sys/kernel/random/boot_id",
            "another network": f"nsenter --net=/proc/{number}/ns/net true",
            "a signal to others": f"kill -CONT {number}",
            "another user": f"setpriv --reuid {OWNER} --regid {OWNER} --clear-groups true",
            "the resolver": "getent hosts localhost",
            "owners": f"mkdir /srv/d && chown {OWNER}:{OWNER} /srv/d && chmod 2775 /srv/d && "
            "touch -d yesterday /srv/d && test -g /srv/d && rmdir /srv/d",
            "systemd": "systemctl is-active multi-user.target",
            "the engine": "docker version",
        }
        failed, said = self.probe(opened)
        self.assertEqual(failed, [], said)
        self.ended(RUN, "success", 0)

    @case("what the sandbox closes is closed, and open with the drop-in for podman")
    def test_closed(self):
        closed = {
            "/usr": "touch /usr/local/x",
            "/etc": f"touch {CONFIG}",
            "/root": "touch /root/x",
            "/home": f"touch {HOME}/x && rm {HOME}/x",
            "mounts": "mount --bind /mnt /mnt && umount /mnt",
            "another root": "chroot / true",
            "device files": "mknod /dev/shm/x c 1 3 && rm /dev/shm/x",
            "name spaces": "unshare --user true && unshare --mount true",
            "the host's name": "hostname tests",
            "memory to write and execute": "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
            "personalities": "setarch --addr-no-randomize true",
            "other sockets": "python3 -c 'import socket; socket.socket(socket.AF_VSOCK)'",
        }
        failed, said = self.probe(closed)
        self.assertEqual(failed, list(closed), said)
        self.use_drop_in_for_podman()
        failed, said = self.probe(closed)
        self.assertEqual(failed, [], said)


class Runs(Systemd):
    @case(
        "a run deletes and collects by docker exec, reads a storage below /home, and restarts a service"
    )
    def test_run(self):
        restart = {"gc": {"restart": ["systemctl", "restart", "stand-in.service"]}}
        self.add_unit(
            "stand-in.service",
            "[Service]",
            "Type=oneshot",
            "RemainAfterExit=yes",
            "ExecStart=/bin/true",
        )
        self.configure({"inventory": {"source": "storage"}}, restart, home=HOME)
        blobs = len(self.registry.blobs())
        self.start()
        self.ended(RUN, "success", 0)
        self.leaves("app", "new")
        self.assertLess(len(self.registry.blobs()), blobs)
        self.says(f"[INFO] read {HOME}", "deleted app:old", "exit code 0")
        self.assertEqual(self.about("stand-in.service", "ActiveState"), "active")
        modes = {
            path: f"{self.machine.path(path).stat().st_mode & 0o7777:o}" for path in (STATE, LOG)
        }
        self.assertEqual(modes, {STATE: "700", LOG: "640"})

    @case("another run has the lock: exit code 5 is a success of the unit, and nothing is deleted")
    def test_locked(self):
        folder = os.open(self.registry.store, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        self.start()
        self.ended(RUN, "success", 5)
        self.says("another clean-registry")
        self.leaves("app", "new", "old")

    @case("a run that fails makes the unit a failed one, until the next that does not")
    def test_failed(self):
        self.configure({"registry": {"retry_seconds": 0}}, url="http://127.0.0.1:1")
        self.start()
        self.ended(RUN, "exit-code", 3)
        self.assertEqual(self.machine.ask("is-failed", RUN), "failed")
        self.configure()
        self.start()
        self.ended(RUN, "success", 0)
        self.assertEqual(self.machine.ask("is-failed", RUN), "inactive")

    @case(
        "the collector of another user is seen from within the sandbox: exit code 5, and nothing is deleted"
    )
    def test_collector(self):
        config = self.folder / "gc.yml"
        config.write_text(
            self.registry.configuration().replace(self.registry.root, inside(self.registry.store))
        )
        read, write = full_pipe()
        nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        words = [*nobody, "docker-registry", "garbage-collect", inside(config)]
        pid, end = self.machine.begin(*words, stdin=subprocess.DEVNULL, stdout=write, stderr=write)
        os.close(write)
        try:
            wait_for(lambda: words_of(pid)[:1] == ["docker-registry"])
            self.start()
        finally:
            waited = end()
            os.close(read)
        self.assertTrue(waited, "the collector has not waited")
        self.ended(RUN, "success", 5)
        self.says("a collector is already at work")
        self.leaves("app", "new", "old")

    @case("a timer that elapses starts the run")
    def test_elapses(self):
        self.drop_in(
            TIMERS[0],
            "[Timer]",
            "OnCalendar=",
            "OnCalendar=*:*:*",
            "RandomizedDelaySec=0",
            "AccuracySec=1us",
        )
        self.machine.ask("start", TIMERS[0])
        wait_for(lambda: self.registry.tags("app") == ["new"])
        self.machine.ask("stop", TIMERS[0])
        wait_for(lambda: self.about(RUN, "ActiveState") == "inactive")
        self.assertEqual(self.about(RUN, "Result"), "success")

    @case("the unit for verify: a success while all is whole, and failed once a layer is gone")
    def test_verify(self):
        self.start(VERIFY)
        self.ended(VERIFY, "success", 0)
        self.says("2 tags verified whole")
        layer = self.registry.manifest("app", "new")["layers"][0]["digest"]
        self.registry.blob(layer).unlink()
        self.start(VERIFY)
        self.ended(VERIFY, "exit-code", 1)
        self.says("app:new")


class Watching(Systemd):
    """clean-registry-watch.service."""

    def watch(self, code, **settings):
        self.configure({"watch": settings})
        self.start(WATCH)
        self.assertEqual(self.status, code, "exit code of systemctl start")

    def tell(self, signal):
        """Sends it to the main process alone."""
        self.machine.ask("kill", "--kill-who=main", f"--signal={signal}", WATCH)

    def logs(self, text):
        log = self.machine.path(LOG)
        wait_for(lambda: text in log.read_text())

    @case(
        "watch is ready when systemd says so, runs when it is due, reloads, and ends by TERM as a success"
    )
    def test_watch(self):
        self.watch(0, every_hours=0.0003)
        self.assertEqual(self.about(WATCH, "ActiveState"), "active")
        wait_for(lambda: self.registry.tags("app") == ["new"])
        self.configure({"watch": {"every_hours": 7}})
        self.assertEqual(self.machine.run("systemctl", "reload", WATCH).status, 0)
        self.logs("watch: read")
        wait_for(lambda: "next" in self.about(WATCH, "StatusText"))
        self.machine.ask("stop", WATCH)
        found = [self.about(WATCH, name) for name in ("ActiveState", "Result", "ExecMainStatus")]
        self.assertEqual(found, ["inactive", "success", "0"])

    @case("a watch that hangs or dies is started again; one without a usable configuration is not")
    def test_restarts(self):
        self.drop_in(WATCH, "[Service]", "WatchdogSec=1", "RestartSec=100ms")
        self.watch(0, every_hours=7)
        for number, signal in enumerate(("KILL", "STOP"), 1):
            self.tell(signal)
            wait_for(lambda number=number: self.about(WATCH, "NRestarts") == str(number))
            wait_for(lambda: self.about(WATCH, "ActiveState") == "active")
        self.assertIn("Watchdog timeout", self.machine.console())
        self.machine.ask("stop", WATCH)
        self.watch(1, every_hours=-1)
        self.ended(WATCH, "exit-code", 2)
        self.assertEqual(self.about(WATCH, "SubState"), "failed")


class Packaged(Systemd):
    """What the package's postinst does after an upgrade, with the unit where the package has it."""

    UNIT = f"/lib/systemd/system/{WATCH}"
    # Not where the script looks for locks.
    STATE = f"{STATE}/of/another"

    def setUp(self):
        super().setUp()
        used = "echo " + self.registry.url.removeprefix("http://") + "/app:new"
        for name, text in (
            (self.UNIT, self.machine.path(f"{UNITS}/{WATCH}").read_text()),
            ("/srv/postinst", (ROOT / "debian" / "clean-registry.postinst").read_text()),
            ("/srv/wait", f"#!/bin/sh\nuntil [ -e /srv/go ]; do sleep 0.1; done\n{used}\n"),
        ):
            path = self.machine.path(name)
            path.write_text(text)
            path.chmod(0o755)
            self.addCleanup(path.unlink, missing_ok=True)

    def upgraded(self):
        done = self.machine.run("sh", "/srv/postinst", "configure", "0.1")
        self.assertEqual(done.status, 0, done.output)
        return done.output

    @case("an upgrade lets the watch alone while its run is at work, wherever the state is")
    def test_upgrade(self):
        self.configure(
            {"watch": {"every_hours": 7}, "paths": {"state": self.STATE}},
            {"protect": {"in_use": [["/srv/wait"]]}},
        )
        self.start(WATCH)
        wait_for(lambda: self.about(WATCH, "StatusText").startswith("running: "))
        before = self.about(WATCH, "MainPID")
        self.assertIn("is not disturbed", self.upgraded())
        self.assertEqual(self.about(WATCH, "MainPID"), before)
        go = self.machine.path("/srv/go")
        go.write_text("")
        self.addCleanup(go.unlink)
        wait_for(lambda: self.about(WATCH, "StatusText").startswith("next run: "))
        self.assertEqual(self.registry.tags("app"), ["new"])
        self.assertEqual(self.upgraded(), "")
        self.assertNotEqual(self.about(WATCH, "MainPID"), before)
        self.assertEqual(self.about(WATCH, "ActiveState"), "active")


class Podman(Systemd):
    """A registry in a container that a podman in the machine runs, with the storage of the other one."""

    PATH = "/srv/podman"
    # Where nobody may raise limits, and the cgroups limit nothing.
    RUN = "--network=host --ulimit=nofile=1024:1024 --ulimit=nproc=1024:1024 --pids-limit=0"

    def setUp(self):
        super().setUp()
        own = "--root /srv/p --runroot /run/p --storage-driver vfs"
        own += " --runtime runc --cgroup-manager cgroupfs"
        path = self.machine.path(self.PATH)
        path.write_text(f'#!/bin/sh\nexec /usr/bin/podman {own} "$@"\n')
        path.chmod(0o755)
        config = self.folder / "config.yml"
        text = self.registry.configuration()
        # Nobody asks it; it is what the collector runs beside.
        config.write_text(text.replace(f":{self.registry.port}", ":0"))
        self.shell(f"env -u DOCKER_HOST docker save {IMAGE} | {self.PATH} load")
        self.addCleanup(self.shell, f"{self.PATH} rm -a -f -t 0")
        store = f"-v {inside(self.registry.store)}:{self.registry.root}"
        file = f"-v {inside(config)}:{self.registry.config}"
        self.shell(f"{self.PATH} run -d --name registry {self.RUN} {store} {file} {IMAGE}")

    def shell(self, script):
        done = self.machine.run("sh", "-c", script)
        self.assertEqual(done.status, 0, done.output)

    @case(
        "podman enters no container from within the sandbox: nothing is deleted; with its drop-in all is done"
    )
    def test_podman(self):
        self.configure({"registry": {"exec": [self.PATH, "exec", "registry"]}})
        self.start()
        self.ended(RUN, "exit-code", 4)
        self.leaves("app", "new", "old")
        self.use_drop_in_for_podman()
        self.start()
        self.ended(RUN, "success", 0)
        self.leaves("app", "new")
        self.says("collected: 3 blobs removed", f"{self.PATH} exec")


class Native(Systemd, HastyWorld):
    """The native collector, whose storage belongs to another user and has the setgid bit."""

    def hasty(self, *lines):
        self.drop_in(
            RUN,
            "[Service]",
            "ExecStart=",
            f"ExecStart=/srv/hasty --config {CONFIG}",
            *lines,
        )

    def night(self):
        self.state = self.machine.path(STATE)
        self.ages()
        self.start()

    @case(
        "the native collector gives what it moves and puts back to its owner; below /home it needs ReadWritePaths="
    )
    def test_native(self):
        needed = self.registry.manifest("app", "new")["layers"][0]["digest"]
        link = self.registry.v2 / f"repositories/app/_layers/sha256/{needed[7:]}"
        native = {"method": "native", "grace_hours": GRACE_HOURS, "trash_days": 1}
        self.configure({"gc": native}, home=HOME)
        files.remove(link)
        store = str(self.registry.store)
        subprocess.run(["chown", "-R", f"{OWNER}:{OWNER}", store], check=True)
        subprocess.run(["chmod", "-R", "g+ws", store], check=True)
        self.hasty()
        self.night()
        self.ended(RUN, "exit-code", 4)
        self.says("Read-only file system")
        self.hasty(f"ReadWritePaths={HOME}")
        self.night()
        self.ended(RUN, "success", 0)
        self.night()
        self.ended(RUN, "success", 0)
        self.leaves("app", "new")
        self.says("to the trash")
        trash = self.registry.store / "clean-registry-trash"
        found = {path: (path.stat().st_uid, path.stat().st_gid) for path in (link, trash)}
        self.assertEqual(set(found.values()), {(OWNER, OWNER)})
        self.assertEqual(f"{link.stat().st_mode & 0o7777:o}", "2775")
        self.pulls("app", "new")
