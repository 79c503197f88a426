"""registry.delete_door: deletes go through a second registry process that lives for the run alone."""

import os
import re
import shlex
import shutil
import signal
from pathlib import Path

from v2client import Client, Failure

from lab import World, case, files, wait_for
from lab.podman import Podman
from lab.program import merge, words_of
from lab.redis import Redis
from lab.registry import docker, free_port, running
from lab.world import release_pipe

PLAIN = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
DOOR = {"registry": {"delete_door": True}}
MARK = b"CLEAN_REGISTRY_DOOR="
# A password of the door's; digests and names of containers are longer, its other words shorter.
SECRET = re.compile(r"(?<![0-9a-f])[0-9a-f]{48}(?![0-9a-f])|\$2[aby]\$")


def doors_here():
    """The ids of doors that are processes of this test; those in containers are not."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(line.startswith(MARK) for line in environment) and "exec" not in words_of(pid):
            found.append(int(pid))
    return found


def all_words():
    """The command lines of all processes, a line each."""
    return "\n".join(" ".join(words_of(pid)) for pid in filter(str.isdigit, os.listdir("/proc")))


class DoorWorld(World):
    REGISTRY = {"delete": False}
    CONFIG = DOOR
    IMAGES = PLAIN

    def doors(self):
        """Something for each door."""
        if not self.registry.name:
            return doors_here()
        lines = docker("top", self.registry.name, "-o", "pid,args").splitlines()
        return [line for line in lines if re.search(r"[0-9]\s+registry serve ", line)]

    def refuses_deletes(self):
        """The public registry does."""
        path = f"/v2/app/manifests/sha256:{'a' * 64}"
        self.assertEqual(self.registry.request("DELETE", path)[0], 405)

    def is_closed(self):
        """No door is left, nor remembered."""
        wait_for(lambda: not self.doors())
        self.assertEqual(list(self.state.glob("*/leftover-door")), [])
        self.refuses_deletes()

    def script(self, name, text):
        """A program in a folder of its own; `real` is what it stands for."""
        path = files.new_folder("x") / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)
        return str(path)

    def client(self, text):
        """Configuration: `text` is run by the shell before the registry's program, or the engine's client."""
        if not self.registry.name:
            program = shutil.which("docker-registry")
            script = self.script("registry", f'{text}\nexec {program} "$@"')
            return {"registry": {"program": script}}
        script = self.script("docker", f'{text}\nexec {shutil.which("docker")} "$@"')
        return {"registry": {"exec": [script, "exec", self.registry.name]}}

    def begin_with_door(self):
        """A run that is held while its door is open, just before it asks its collector; it has release()."""
        ready, hold = self.folder / "ready", self.folder / "hold"
        os.mkfifo(hold)
        quoted = shlex.quote(str(ready)), shlex.quote(str(hold))
        self.configure(
            self.CONFIG,
            self.client(
                "case $* in *garbage-collect*--dry-run*) "
                f": >{quoted[0]}; read -r line <{quoted[1]};; esac"
            ),
        )
        started = self.begin()
        wait_for(lambda: ready.exists() or not started.lives())
        started.release = lambda: os.close(release_pipe(hold))
        self.assertTrue(started.lives(), started.output())
        self.assertEqual(len(self.doors()), 1)
        return started

    def tells_no_secret(self):
        for path in [*self.program_folder.rglob("*")]:
            if path.is_file():
                self.assertIsNone(SECRET.search(path.read_text(errors="replace")), path)
        self.assertIsNone(SECRET.search(self.output))


class OnHost(DoorWorld):
    @case("the registry refuses deletes, and the run deletes all the same")
    def test_deletes(self):
        self.exits(0)
        self.says("opened the deletion door", "closed the deletion door")
        self.leaves("app", "new")
        self.pulls("app", "new")
        self.is_closed()

    @case("without the key the run says that deletion is disabled")
    def test_without(self):
        self.configure()
        self.exits(3)
        self.says("deletion is disabled")
        self.leaves("app", "new", "old")

    @case("a dry run opens none, and says that the run would")
    def test_dry_run(self):
        self.configure(self.client("case $1 in serve) : >'%s';; esac" % (self.folder / "served")))
        self.change_config(DOOR)
        self.exits(0, "--dry-run")
        self.says("would open the deletion door")
        self.assertFalse((self.folder / "served").exists())
        self.leaves("app", "new", "old")

    @case("a stop signal closes the door, and nothing is deleted after it")
    def test_stopped(self):
        started = self.begin_with_door()
        started.kill(signal.SIGTERM)
        started.release()
        self.finish(started)
        self.exited(143)
        self.is_closed()
        self.leaves("app", "new", "old")

    @case("killed with an open door: it ends at once, and the next run says so and deletes")
    def test_killed(self):
        started = self.begin_with_door()
        started.kill()
        started.end()
        wait_for(lambda: not self.doors())
        self.assertEqual(len(list(self.state.glob("*/leftover-door"))), 1)
        self.configure(DOOR)
        self.exits(0, "--dry-run")
        self.says("left its deletion door open; the next run closes it")
        self.exits(0)
        self.says("had its deletion door open: it is closed now")
        self.leaves("app", "new")
        self.is_closed()

    @case(
        "a door that dies under the run: nothing went, nothing is collected, and the next run finishes"
    )
    def test_door_dies(self):
        type(self).CONFIG = merge(DOOR, {"registry": {"retry_seconds": 1}})
        self.addCleanup(setattr, type(self), "CONFIG", DOOR)
        started = self.begin_with_door()
        os.kill(self.doors()[0], signal.SIGKILL)
        started.release()
        self.finish(started)
        self.assertIn(self.status, (1, 3))
        self.keeps_quiet_of("collected:")
        self.leaves("app", "new", "old")
        self.is_closed()
        self.configure(DOOR)
        self.exits(0)
        self.leaves("app", "new")
        self.is_closed()

    @case("a read-only registry is said to be that, and the door is closed")
    def test_read_only(self):
        self.registry.write_config(
            self.registry.configuration().replace(
                "readonly: {enabled: false}", "readonly: {enabled: true}"
            )
        )
        self.registry.restart()
        self.exits(3)
        self.says("opened the deletion door", "read-only")
        self.leaves("app", "new", "old")
        wait_for(lambda: not self.doors())
        self.assertEqual(list(self.state.glob("*/leftover-door")), [])

    @case("a registry that takes deletes anyway is told, and no door is opened")
    def test_not_needed(self):
        self.use(self.start_registry("container", delete=True))
        self.push(PLAIN)
        self.configure(DOOR)
        self.exits(0)
        self.says("[WARNING] registry.delete_door: the registry takes deletes")
        self.keeps_quiet_of("opened the deletion door")
        self.leaves("app", "new")

    @case("what else listens on its port is sent nothing, and nothing is deleted")
    def test_foreign_listener(self):
        for answers, said in (
            ("401 'Basic realm=\"other\"'", "is not the process that was started"),
            ("401", "does not refuse a wrong password"),
        ):
            with self.subTest(said):
                self.configure(DOOR, self.client(self.listener(answers)))
                self.exits(3)
                self.says(said)
                self.leaves("app", "new", "old")
                self.is_closed()
                sent = (self.folder / "sent").read_text()
                self.assertNotIn("DELETE", sent)
                # A wrong password, once in each of two tries, and never the true one.
                self.assertEqual(sent.count("Authorization"), 2 * said.count("wrong"))

    def listener(self, answers):
        """Shell that serves instead of the registry: the first request is answered by 401 with the realm that is
        given, or the true one; all others by 200."""
        realm = answers.partition("'")[2].rstrip("'")
        server = self.folder / "listener.py"
        server.write_text(
            f"""
import os, socket
with socket.socket() as listener:
    host, port = os.environ["REGISTRY_HTTP_ADDR"].split(":")
    listener.bind((host, int(port)))
    listener.listen()
    realm = {realm!r} or 'Basic realm="%s"' % os.environ["REGISTRY_AUTH_HTPASSWD_REALM"]
    status = "401 Unauthorized"
    while True:
        peer, _ = listener.accept()
        with peer:
            request = peer.recv(4096)
            if not request:
                continue
            with open({str(self.folder / "sent")!r}, "ab") as sent:
                sent.write(request)
            peer.sendall(f"HTTP/1.1 {{status}}\\r\\nWWW-Authenticate: {{realm}}\\r\\n\\r\\n".encode())
            status = "200 OK"
"""
        )
        (self.folder / "sent").unlink(missing_ok=True)
        return f"case $1 in serve) exec python3 {shlex.quote(str(server))};; esac"

    @case("a door that shows another storage is refused")
    def test_other_storage(self):
        other = self.folder / "other"
        other.mkdir()
        self.configure(
            DOOR,
            self.client(
                "case $1 in serve) export "
                f"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY={shlex.quote(str(other))};; esac"
            ),
        )
        self.exits(3)
        self.says("the deletion door does not show what the registry shows")
        self.leaves("app", "new", "old")
        self.is_closed()

    @case("one that does not start is told with its own words")
    def test_not_started(self):
        self.configure(DOOR, self.client("case $1 in serve) echo no such flag >&2; exit 1;; esac"))
        self.exits(3)
        self.matches(r"the deletion door cannot be opened: it ended at once.*: no such flag")
        self.is_closed()


class InContainer(DoorWorld):
    REGISTRY = {"where": "container", "delete": False, "auth": "keeper:kept-in-mind"}

    @case("in a container with a login of its own, no secret is seen in any command line or file")
    def test_deletes(self):
        started = self.begin_with_door()
        words = all_words()
        self.assertIn(" exec -i -e CLEAN_REGISTRY_DOOR -e REGISTRY_HTTP_ADDR ", words)
        self.assertIsNone(SECRET.search(words))
        self.refuses_deletes()
        started.release()
        self.finish(started)
        self.exited(0)
        self.leaves("app", "new")
        self.is_closed()
        self.tells_no_secret()

    @case("killed with an open door in a container: the next run stops it before anything else")
    def test_killed(self):
        started = self.begin_with_door()
        started.kill()
        started.end()
        self.assertEqual(len(self.doors()), 1)
        self.configure(DOOR)
        self.clean("collect")
        self.exited(0)
        self.says("had its deletion door open: it is closed now")
        self.is_closed()
        self.leaves("app", "new", "old")

    @case("killed with an open door in a container: recover stops it")
    def test_recover(self):
        started = self.begin_with_door()
        started.kill()
        started.end()
        self.assertEqual(len(self.doors()), 1)
        self.run_program("recover", "--config", self.config)
        self.exited(0)
        self.says("had its deletion door open: it is closed now", "recovered: nothing is left")
        self.is_closed()

    @case("killed during the deletes: the next run stops the door and finishes")
    def test_killed_during_deletes(self):
        self.write_images(
            [{"repository": "many", "tag": f"t{i}", "created": "-90d"} for i in range(200)]
        )
        started = self.begin()
        wait_for(lambda: len(self.registry.tags_on_disk("many")) < 200 or not started.lives())
        started.kill()
        self.finish(started)
        self.exited(137)
        self.assertTrue(self.registry.tags_on_disk("many"))
        self.exits(0)
        self.says("had its deletion door open: it is closed now")
        self.leaves("many")
        self.leaves("app", "new")
        self.is_closed()


class WithCache(DoorWorld):
    REGISTRY = {"where": "container", "delete": False, "cache": "inmemory"}

    @case("with a cache in memory and without gc.restart nothing is deleted, and a dry run says so")
    def test_refused(self):
        for arguments in (), ("--dry-run",):
            self.exits(3, *arguments)
            self.says("set gc.restart")
            self.leaves("app", "new", "old")
        self.is_closed()

    @case("gc.restart follows the deletes, also where nothing is collected")
    def test_restart(self):
        restart = ["docker", "restart", "-t", "2", "{container}"]
        for when in "deleted", "never":
            with self.subTest(when):
                digest = self.push(PLAIN)["app:old"]
                self.registry.status("app", digest)
                self.configure(DOOR, {"gc": {"restart": restart, "when": when}})
                self.exits(0)
                self.says("the registry answers again")
                self.lacks("app", digest)
                self.leaves("app", "new")
                self.is_closed()

    @case(
        "killed with an open door: the next run restarts the registry, although it deletes nothing"
    )
    def test_owed(self):
        restart = ["docker", "restart", "-t", "2", "{container}"]
        self.change_config({"gc": {"restart": restart, "when": "never"}})
        self.write_images(
            [{"repository": "many", "tag": f"t{i}", "created": "-90d"} for i in range(200)]
        )
        started = self.begin()
        wait_for(lambda: len(self.registry.tags_on_disk("many")) < 200 or not started.lives())
        started.kill()
        self.finish(started)
        self.exited(137)
        nothing = {"cleanup": {"days_to_keep": 9999}, "gc": {"restart": ["false"]}}
        self.change_config(nothing)
        self.exits(1)
        self.says("had its deletion door open: it is closed now", "after deletes through")
        self.exits(0, "--dry-run")
        self.says("the registry was not restarted after deletes through the deletion door")
        self.change_config({"gc": {"restart": None}})
        self.exits(1)
        self.says("gc.restart does not say how")
        self.change_config({"gc": {"restart": restart}})
        self.exits(0)
        self.keeps_quiet_of("had its deletion door open")
        self.says("the registry answers again")
        self.is_closed()


class WithRedis(DoorWorld):
    REGISTRY = None
    IMAGES = None

    @case("a cache in redis is shared with the door, which takes from it what it deletes")
    def test_redis(self):
        redis = self.serve(Redis())
        shared = {"delete": False, "cache": "redis", "redis": redis.port}
        self.use(self.start_registry("container", **shared))
        self.addCleanup(self.registry.stop)
        digest = self.push(PLAIN)["app:old"]
        self.has("app", digest)
        self.configure(DOOR, {"gc": {"when": "never"}})
        self.exits(0)
        self.keeps_quiet_of("the registry answers again")
        self.lacks("app", digest)
        self.leaves("app", "new")
        self.is_closed()


class OnBridge(DoorWorld):
    """The container has a network of its own, and its loopback is not this host's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = f"clean-registry-{os.getpid()}"
        cls.addClassCleanup(cls.remove_network)
        docker("network", "create", "--driver", "bridge", cls.network)
        cls.REGISTRY = {"where": "container", "delete": False, "network": cls.network}

    @classmethod
    def remove_network(cls):
        """An engine removes none that a container is in."""
        for registry in running():
            if registry.options["network"] == cls.network:
                registry.stop()
        docker("network", "rm", cls.network)

    def see_all_processes(self, *capabilities):
        """The program runs where the engine's containers are processes that it sees, as on a host."""
        self.launcher = ["docker", "run", "--rm", "--security-opt", "seccomp=unconfined"]
        for capability in capabilities:
            self.launcher += ["--cap-add", capability]
        self.launcher += ["--pid", "host", "--network", "host", "-e", "DOCKER_HOST", "-e", "PATH"]
        self.launcher += [
            "-v",
            "/:/host",
            "--entrypoint",
            "busybox",
            "registry:2",
            "chroot",
            "/host",
        ]

    @case("on a bridge root enters the container's network")
    def test_deletes(self):
        self.see_all_processes("SYS_ADMIN", "SYS_PTRACE")
        self.exits(0)
        self.says("opened the deletion door", "closed the deletion door")
        self.leaves("app", "new")
        self.is_closed()

    @case("a network that cannot be entered is said to be that, and nothing is deleted")
    def test_refused(self):
        for arguments in ("--dry-run",), ():
            self.exits(3, *arguments)
            self.matches(
                f"the network of the registry's container .{self.network}. cannot be entered"
            )
            self.leaves("app", "new", "old")
        self.see_all_processes()
        self.exits(3)
        self.says("whose loopback only root can reach")
        self.leaves("app", "new", "old")
        self.is_closed()


class InPodman(DoorWorld):
    """The storage's registry on this host is what the test pushes to; podman has the public one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.podman = Podman()
        cls.addClassCleanup(cls.podman.stop)

    def start_public(self):
        """Starts it and returns its URL."""
        port, config = free_port(), self.folder / "config.yml"
        at_first, at_podman = f":{self.registry.port}'", f":{port}'"
        config.write_text(self.registry.configuration().replace(at_first, at_podman))
        store = self.registry.store
        mounts = ["-v", f"{config}:/etc/docker/registry/config.yml", "-v", f"{store}:{store}"]
        self.podman.run("registry", *mounts)
        client = Client(f"http://127.0.0.1:{port}", "", "")
        wait_for(lambda: answers(client))
        return f"http://{client.netloc}"

    @case("podman opens it, and it is closed")
    def test_podman(self):
        url = self.start_public()
        self.configure(
            DOOR,
            {
                "registry": {
                    "exec": [str(self.podman.path), "exec", "registry"],
                    "program": "registry",
                },
                "paths": {"config": "/etc/docker/registry/config.yml"},
            },
            url=url,
        )
        self.exits(0)
        self.says("opened the deletion door", "closed the deletion door")
        self.leaves("app", "new")
        self.is_closed()
        served = self.podman.ask("top", "registry", "args").count("serve")
        self.assertEqual(served, 1)


def answers(client):
    try:
        return client.request("GET", "/v2/")[0] == 200
    except Failure:
        return False
