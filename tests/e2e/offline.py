"""gc.method "offline": the registry's container is stopped, collected from a container of its own, and started
again, whatever happens. The engine and its clients are real; where one of them is held, a stub stands before it."""

import json
import os
import shutil
import signal
import textwrap
from pathlib import Path

from lab import World, case, files, wait_for
from lab.docker_stub import DockerStub, open_for_reader
from lab.program import PROGRAM, words_of
from lab.podman import Podman
from lab.registry import IMAGE, docker, free_port
from v2client import Client, Failure

OFFLINE = {"gc": {"method": "offline"}}


class Offline(World):
    REGISTRY = {"where": "container"}
    CONFIG = OFFLINE
    IMAGES = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]},
    ]

    def state_of(self, field):
        return docker("inspect", "-f", "{{." + field + "}}", self.registry.name).strip()

    def collectors(self):
        """The containers that were made to collect this registry."""
        label = f"label=clean-registry.collects={self.number}"
        return docker("ps", "-aq", "--filter", label).split()

    def left_over(self):
        """The text of what is written down as left over, or nothing."""
        return "".join(path.read_text() for path in self.state.glob("*/leftover-offline"))

    def is_back(self):
        """The registry runs, and nothing is left of the collection."""
        self.assertEqual(self.state_of("State.Running"), "true")
        self.registry._wait()
        self.assertEqual(self.collectors(), [])
        self.assertEqual(self.left_over(), "")

    def is_collected(self):
        self.assertEqual(self.registry.blobs(51001), [])
        self.assertEqual(len(self.registry.blobs(51002)), 1)
        self.assertEqual(self.owed(), [])
        self.leaves("app", "new")
        self.pulls("app", "new")

    def is_untouched(self):
        """Nothing went, and the registry was not stopped."""
        self.assertEqual(self.state_of("State.StartedAt"), self.started)
        self.assertEqual(len(self.registry.blobs(51001)), 1)
        self.assertEqual(self.collectors(), [])
        self.leaves("app", "new", "old")

    def setUp(self):
        super().setUp()
        self.addCleanup(self.remove_collectors)
        if self.registry:
            self.look()

    def look(self):
        self.number = self.state_of("Id")
        self.started = self.state_of("State.StartedAt")

    def remove_collectors(self):
        """What a test that failed leaves is nothing for the next one."""
        docker("rm", "-f", *self.collectors(), check=False)
        docker("start", self.registry.name, check=False)

    def recovers(self, code=0):
        self.run_program("recover", "--config", self.config)
        self.exited(code)

    # A stub before the engine's client.

    def put_stub(self):
        self.stub = DockerStub()
        self.env |= self.stub.env
        self.env["DOCKER_STUB_REAL"] = shutil.which("docker")

    def hold(self, key):
        """Has the call of that key (SUBCOMMAND.NUMBER) wait, and go to the engine when it is let go."""
        self.stub.hold(key)
        self.stub.answer(key, passes=True)

    def await_held(self, key, started):
        """Waits until that call waits. Returns what lets it go when something is written to it."""
        pipe = self.stub.folder / f"{key}.wait"
        return wait_for(lambda: open_for_reader(pipe) or lives(started), 60)

    def kill_at(self, key):
        """A run that is killed when it comes to that call. Returns its client, which waits, and its pipe."""
        self.hold(key)
        started = self.begin(name=f"killed-{key}")
        pipe = self.await_held(key, started)
        [client] = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
        started.kill()
        started.end()
        return int(client), pipe


class Whole(Offline):
    @case("the registry is stopped, collected, started, verified; the report tells for how long")
    def test_whole(self):
        self.exits(0)
        self.says(
            "stopping container", "the registry answers again", "the registry was stopped for"
        )
        self.is_back()
        self.is_collected()
        self.assertNotEqual(self.state_of("State.StartedAt"), self.started)
        collection = self.report()["garbage_collection"]
        self.assertEqual(collection["method"], "offline")
        self.assertEqual(collection["exit_status"], 0)
        self.assertGreater(collection["stopped_seconds"], 0)
        self.assertIs(self.report()["verification"]["ran"], True)

    @case("collect does it alone; a dry run says so, of a run as well, and stops nothing")
    def test_dry_run(self):
        for words in ((), ("collect",)):
            self.exits(0, *words, "--dry-run")
            self.says("would then stop the registry's container")
            self.is_untouched()
        self.assertIsNone(self.report()["garbage_collection"]["stopped_seconds"])
        self.registry.delete("app", self.digest("app:old"))
        self.exits(0, "collect")
        self.is_back()
        self.is_collected()

    @case("the inventory through the API: the same")
    def test_api(self):
        self.change_config({"inventory": {"source": "api"}, "paths": {"host_storage": None}})
        self.exits(0)
        self.is_back()
        self.is_collected()

    @case("a cache in memory is emptied by that: no warning, and what is pushed again is whole")
    def test_cache(self):
        self.use(self.start_registry("container", cache="inmemory"))
        self.look()
        specs = [
            {"repository": "app", "tag": "old", "created": "-91d", "layers": ["lost:51001"]},
            {"repository": "app", "tag": "new", "created": "-2d", "layers": ["kept:51002"]},
        ]
        self.push(specs)
        self.pulls("app", "old", "new")
        self.configure(OFFLINE)
        self.exits(0)
        self.keeps_quiet_of("[WARNING]", "[ERROR]")
        self.is_back()
        self.is_collected()
        self.push(specs)
        self.pulls("app", "old", "new")

    @case("a registry that its operator stopped is not started, by no verb")
    def test_stopped_before(self):
        docker("stop", "-t", "2", self.registry.name)
        self.change_config({"registry": {"retry_seconds": 1}})
        self.exits(3)
        self.recovers()
        self.says("nothing to recover")
        self.assertEqual(self.state_of("State.Running"), "false")
        docker("start", self.registry.name)
        self.is_back()

    @case("another clean-registry that collects it: exit 5, nothing is deleted or stopped")
    def test_another(self):
        number = self.state_of("Id")
        labels = [f"clean-registry.collects={number}", "clean-registry.owner=other:/state"]
        words = [word for label in labels for word in ("--label", label)]
        other = f"{self.registry.name}-other"
        docker("create", "--name", other, *words, IMAGE)
        try:
            self.exits(5)
            self.says("of other:/state")
            self.exits(5, "--dry-run")
        finally:
            docker("rm", "-f", other)
        self.is_untouched()

    @case("the collector's own container would remove more than before: nothing is collected")
    def test_pushed_meanwhile(self):
        self.put_stub()
        self.hold("stop.1")
        started = self.begin()
        pipe = self.await_held("stop.1", started)
        # A client has sent a layer, and its manifest is still to come.
        self.registry.client.put_blob("app", b"new layer")
        os.write(pipe, b"\n")
        os.close(pipe)
        self.finish(started)
        self.exited(4)
        self.says("somebody pushes", "stays owed")
        self.is_back()
        self.assertEqual(len(self.registry.blobs(51001)), 1)
        self.assertEqual(len(self.registry.blobs(9)), 1)
        self.assertEqual(self.owed(), ["collection"])


class Killed(Offline):
    """kill -9 at several moments."""

    def setUp(self):
        super().setUp()
        self.put_stub()

    def lose(self, key):
        """A run that is killed there, and its client, which never does what it was to do."""
        client, pipe = self.kill_at(key)
        os.kill(client, signal.SIGKILL)
        wait_for(lambda: not words_of(client))
        os.close(pipe)
        self.stub.forget(key)

    @case("before the stop: recover removes what was made, and leaves the registry alone")
    def test_prepared(self):
        for key in ("create.1", "create.2"):
            self.lose(key)
            self.assertIn("phase prepared", self.left_over())
            self.recovers()
            self.says("recovered: nothing is left over")
            self.is_back()
            self.assertEqual(self.state_of("State.StartedAt"), self.started)
            self.stub.forget("create")
        self.exits(0)
        self.is_collected()

    @case("after the stop: recover starts the registry, and the next run collects")
    def test_stopped(self):
        # The question, the collector, the registry's own start.
        for number in (1, 2, 3):
            self.stub.forget("start")
            self.lose(f"start.{number}")
            self.assertEqual(self.state_of("State.Running"), "false")
            self.assertIn("phase stopping", self.left_over())
            self.stub.forget("start")
            self.recovers()
            self.is_back()
        self.exits(0)
        self.is_back()
        self.is_collected()

    @case(
        "after the stop: the next run starts the registry before anything else, a dry run says so"
    )
    def test_next_run(self):
        self.lose("start.1")
        self.stub.forget("start")
        self.change_config({"registry": {"retry_seconds": 1}})
        self.exits(3, "--dry-run")
        self.says("began a collection with container", "clean-registry recover")
        self.assertEqual(self.state_of("State.Running"), "false")
        # Whatever gc.method says by then.
        self.change_config({"gc": {"method": "registry"}, "registry": {"retry_seconds": 60}})
        self.exits(0)
        self.is_back()
        self.is_collected()

    @case("a stop that comes into effect late is waited for, and made good")
    def test_late_stop(self):
        client, pipe = self.kill_at("stop.1")
        recovering = self.begin_command(PROGRAM, "recover", "--config", self.config)
        # What that run began may still come: the registry is not looked at before.
        wait_for(lambda: "waiting for a command of the engine" in recovering.output())
        self.assertEqual(self.stub.count("^(start|stop) "), 1)
        self.assertNotEqual(self.left_over(), "")
        os.write(pipe, b"\n")
        os.close(pipe)
        wait_for(lambda: not words_of(client))
        self.finish(recovering)
        self.exited(0)
        self.is_back()
        self.assertNotEqual(self.state_of("State.StartedAt"), self.started)

    @case("a start that fails: exit 4, and recover fails as long as that does")
    def test_start_fails(self):
        self.stub.answer("start.3", err="no more of these\n", rc=1)
        self.exits(4)
        self.says("was stopped for a collection and is not known to run", "clean-registry recover")
        self.assertIs(self.report()["verification"]["ran"], False)
        self.stub.answer("start", err="no more of these\n", rc=1)
        self.recovers(4)
        self.exits(4)
        self.assertEqual(self.state_of("State.Running"), "false")
        self.stub.forget("start")
        self.recovers()
        self.is_back()
        self.exits(0)
        self.is_collected()

    @case("a stop that fails: the registry is not left to chance, exit 4, nothing is collected")
    def test_stop_fails(self):
        self.stub.answer("stop.1", err="it does not want to\n", rc=1)
        self.exits(4)
        self.says("it does not want to")
        self.is_back()
        self.assertEqual(len(self.registry.blobs(51001)), 1)
        self.exits(0)
        self.is_collected()

    @case("an engine that is not there any more: exit 4, the registry is not known to run")
    def test_no_engine(self):
        self.lose("start.2")
        self.stub.forget("start")
        self.stub.answer("ps", err="Cannot connect to the Docker daemon at unix:///x\n", rc=1)
        self.recovers(4)
        self.says("is not known to run")
        self.assertNotEqual(self.left_over(), "")
        self.stub.forget("ps")
        self.recovers()
        self.is_back()

    @case("what is written down is damaged: exit 4 until somebody has looked")
    def test_damaged(self):
        self.lose("start.1")
        self.stub.forget("start")
        [path] = self.state.glob("*/leftover-offline")
        path.write_text("clean-registry leftover 1\n")
        self.recovers(4)
        self.says("see that it runs, and remove that file")
        for arguments in ("--dry-run",), ():
            self.exits(4, *arguments)
            self.says("see that it runs, and remove that file")
        docker("start", self.registry.name)
        path.unlink()
        self.registry._wait()
        self.exits(0)
        self.is_back()


class Slow(Offline):
    """A collector that waits, or fails, when it is told to: a script in a volume of the container."""

    REGISTRY = None
    IMAGES = None
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.use(self.start_registry("container"))
        at = self.registry
        at.wanted = None
        self.addCleanup(at.stop)
        self.orders = files.new_folder("o")
        script = self.orders / "collector"
        script.write_text(
            textwrap.dedent(
                """\
                #!/bin/sh
                # Number 1 is a collector in a container of its own, while the registry is stopped.
                while [ $$ = 1 ] && [ -e /orders/wait-asked ]; do busybox sleep 0.05; done
                case $* in "garbage-collect /"*) ;; *) exec registry "$@" ;; esac
                : >/orders/at-work
                while [ -e /orders/wait ]; do busybox sleep 0.05; done
                [ ! -e /orders/fail ] || exit 1
                exec registry "$@"
                """
            )
        )
        script.chmod(0o755)
        docker("rm", "-f", at.name)
        mounts = ["-v", f"{at.folder}/config.yml:{at.config}", "-v", f"{at.store}:{at.root}"]
        mounts += ["-v", f"{self.orders}:/orders", "-e", "REGISTRY_HTTP_SECRET=hidden-word"]
        mounts += ["-e", "REGISTRY_LOG_FIELDS={a: b,\n c: d}"]
        docker("run", "-d", "--name", at.name, "--network", "host", *self.more, *mounts, IMAGE)
        at._wait()
        self.look()
        self.push(Offline.IMAGES)
        self.configure(OFFLINE, {"registry": {"program": "/orders/collector"}})

    more = ()

    def order(self, name):
        (self.orders / name).touch()

    def work(self):
        """A run whose collector is at work."""
        (self.orders / "at-work").unlink(missing_ok=True)
        self.order("wait")
        started = self.begin()
        wait_for((self.orders / "at-work").exists, 60)
        return started

    def go(self):
        (self.orders / "wait").unlink()

    def is_owed(self):
        self.is_back()
        self.assertEqual(self.owed(), ["collection"])
        self.pulls("app", "new")

    @case("the environment is handed on, lines and all; its secrets are in no argument and no file")
    def test_environment(self):
        self.put_stub()
        started = self.work()
        told = json.loads(docker("inspect", *self.collectors()))
        for container in told:
            variables = container["Config"]["Env"]
            self.assertIn("REGISTRY_HTTP_SECRET=hidden-word", variables)
            self.assertIn("REGISTRY_LOG_FIELDS={a: b,\n c: d}", variables)
            self.assertEqual(container["HostConfig"]["NetworkMode"], "none")
            self.assertEqual(container["Image"], self.state_of("Image"))
        self.go()
        self.finish(started)
        self.exited(0)
        self.is_back()
        self.is_collected()
        self.assertNotIn("hidden-word", "\n".join(self.stub.calls()) + self.output)
        for path in filter(Path.is_file, self.state.rglob("*")):
            self.assertNotIn(b"hidden-word", path.read_bytes())

    @case("kill -9 while the collector works: recover waits for its end, then starts the registry")
    def test_killed(self):
        started = self.work()
        started.kill()
        started.end()
        recovering = self.begin_command(PROGRAM, "recover", "--config", self.config, name="r")
        wait_for(lambda: "waiting for its end" in recovering.output())
        self.assertEqual(self.state_of("State.Running"), "false")
        # Somebody who does not wait leaves all as it is.
        recovering.kill(signal.SIGTERM)
        self.assertEqual(recovering.end().status, 143)
        self.assertIn("is not known to run", recovering.output())
        self.assertEqual(self.state_of("State.Running"), "false")
        recovering = self.begin_command(PROGRAM, "recover", "--config", self.config, name="s")
        wait_for(lambda: "waiting for its end" in recovering.output())
        self.go()
        self.finish(recovering)
        self.exited(0)
        self.is_back()
        self.exits(0)
        self.is_collected()

    @case("the first signal waits for the collector, then the registry is started: 143")
    def test_first_signal(self):
        started = self.work()
        started.kill(signal.SIGTERM)
        self.go()
        self.finish(started)
        self.exited(143)
        self.is_back()
        self.assertEqual(self.registry.blobs(51001), [])

    @case("the second signal ends the collector, and the registry is started: 143, owed")
    def test_second_signal(self):
        started = self.work()
        started.kill(signal.SIGTERM)
        wait_for(lambda: signals_pending(started.pid) == 0)
        started.kill(signal.SIGTERM)
        self.finish(started)
        self.exited(143)
        self.says("the collector was ended")
        self.is_owed()
        self.go()
        self.exits(0)
        self.is_collected()

    @case("gc.timeout_minutes: the collector is ended, the registry is started: 4, owed")
    def test_timeout(self):
        self.change_config({"gc": {"timeout_minutes": 0.15}})
        self.order("wait")
        self.exits(4)
        self.says("did not end within 0.15 minutes")
        self.is_owed()

    @case("a question while the registry is stopped has no more time than a collection: 4, owed")
    def test_question_in_time(self):
        self.change_config({"gc": {"timeout_minutes": 0.03}})
        self.order("wait-asked")
        self.exits(4)
        self.says("gave no answer within 0.03 minutes", "needs a larger gc.timeout_minutes")
        self.is_owed()

    @case("somebody starts the registry while the collector works: that is ended, 4, owed")
    def test_started_meanwhile(self):
        started = self.work()
        docker("start", self.registry.name)
        self.finish(started)
        self.exited(4)
        self.says("was started by somebody else while the collector was at work, which was ended")
        self.is_owed()

    @case("somebody starts the registry just before the collector ends: 4, owed, although it ended")
    def test_started_at_the_end(self):
        started = self.work()
        docker("start", self.registry.name)
        self.go()
        self.finish(started)
        self.exited(4)
        self.says("was started by somebody else while the collector was at work")
        self.is_owed()

    @case("a collector that fails: the registry is started, 4, owed")
    def test_fails(self):
        self.order("fail")
        self.exits(4)
        self.says("the collector failed")
        self.is_owed()
        self.assertEqual(self.report()["garbage_collection"]["exit_status"], 1)


class Removed(Slow):
    """A container that a stop would remove."""

    more = ("--rm",)

    @case("a container made with --rm is not stopped: exit 4, nothing is deleted")
    def test_rm(self):
        for options in ((), ("--dry-run",)):
            self.exits(4, *options)
            self.says("was made with --rm")
            self.is_untouched()


class InPodman(World):
    """The storage's registry on this host is what the test pushes to; podman has the public one."""

    REGISTRY = {}
    CONFIG = None
    IMAGES = Offline.IMAGES

    @case("podman stops it, collects it, and starts it again")
    def test_podman(self):
        podman = Podman()
        self.addCleanup(podman.stop)
        # What podman wishes for more than that fails where nobody may raise limits.
        limits = self.folder / "containers.conf"
        limits.write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
        )
        self.env["CONTAINERS_CONF"] = limits
        port, config, at = free_port(), self.folder / "config.yml", self.registry
        config.write_text(at.configuration().replace(f":{at.port}'", f":{port}'"))
        mounts = ["-v", f"{config}:/etc/docker/registry/config.yml", "-v", f"{at.store}:{at.store}"]
        podman.run("registry", *mounts)
        started = podman.ask("inspect", "-f", "{{.State.StartedAt}}", "registry")
        client = Client(f"http://127.0.0.1:{port}", "", "")
        wait_for(lambda: answers(client))
        reached = {"exec": [str(podman.path), "exec", "registry"], "program": "registry"}
        paths = {"paths": {"config": "/etc/docker/registry/config.yml"}}
        self.configure(OFFLINE, {"registry": reached}, paths, url=f"http://{client.netloc}")
        self.exits(0)
        self.says("stopping container registry", "the registry answers again")
        self.assertEqual(self.registry.blobs(51001), [])
        self.leaves("app", "new")
        self.assertNotEqual(
            podman.ask("inspect", "-f", "{{.State.StartedAt}}", "registry"), started
        )
        self.assertEqual(podman.ask("ps", "-a", "--format", "{{.Names}}").split(), ["registry"])


def answers(client):
    try:
        return client.request("GET", "/v2/")[0] == 200
    except (OSError, Failure):
        return False


def lives(started):
    """Nothing, or a failure if it has ended."""
    if not started.lives():
        raise AssertionError(f"it ended: {started.output()}")


def signals_pending(pid):
    """Signals that a process has not taken yet."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("ShdPnd:"):
            return int(line.split()[1], 16)
    return 0
