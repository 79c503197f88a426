"""The tools of the other tests themselves: engine, registry, images and observers, start to end."""

import os
import signal
from pathlib import Path

from lab import World, case, tree
from lab.program import ROOT
from lab.registry import IMAGE
from v2client import Client, Failure

SCHEMA1 = [{"repository": "old", "tag": "one", "kind": "schema1", "created": "-900d"}]


class Tools(World):
    REGISTRY = {"where": "container"}
    CONFIG = None

    @case("every kind of image is pushed, listed, and whole")
    def test_kinds(self):
        x86, both = ["linux/amd64", "linux/386"], ["linux/amd64", "linux/arm64/v8"]
        self.push(
            [
                {"repository": "kinds", **image}
                for image in (
                    {"tag": "image", "created": "-90d", "layers": ["base:4096", "one"]},
                    {"tag": "again", "same_as": "kinds:image"},
                    {"tag": "docker", "kind": "docker", "layers": ["base", "two"]},
                    {"tag": "list", "kind": "docker-list", "platforms": x86},
                    {"tag": "index", "kind": "index", "platforms": both},
                    {"tag": "buildx", "kind": "attested-index", "created": "-1d"},
                    {"tag": "nested", "kind": "index", "children": ["kinds:index", "kinds:buildx"]},
                    {"tag": "artifact", "kind": "artifact", "created": "now"},
                    {"tag": "chart", "kind": "helm"},
                    {"id": "untagged"},
                    {"id": "signature", "kind": "cosign", "subject": "kinds:index"},
                    {"id": "sbom", "kind": "referrer", "subject": "kinds:index"},
                )
            ]
        )
        subject = self.digest("kinds:index").replace(":", "-")
        plain = "again artifact buildx chart docker image index list nested".split()
        tags = sorted([*plain, subject, f"{subject}.sig"])
        self.leaves("kinds", *tags)
        self.assertEqual(self.registry.tags_on_disk("kinds"), tags)
        self.pulls("kinds", *tags, self.digest("untagged"))
        self.assertEqual(self.digest("kinds:again"), self.digest("kinds:image"))

    @case("a missing blob is noticed by pull_whole, a changed file by store_digest_tree")
    def test_observers(self):
        self.push([{"repository": "broken", "tag": "tag", "layers": ["soon missing:7000"]}])
        before = tree(self.registry.store)
        self.pulls("broken", "tag")
        self.assertEqual(tree(self.registry.store), before)
        [layer] = self.registry.blobs(7000)
        self.registry.blob(layer).unlink()
        with self.assertRaises(self.failureException):
            self.pulls("broken", "tag")
        self.assertNotEqual(tree(self.registry.store), before)

    @case("the collector, run by docker exec, frees what a delete left, and nothing else")
    def test_collector(self):
        self.push(
            [
                {"repository": "freed", "tag": "gone", "layers": ["kept below:3000", "lost:5000"]},
                {"repository": "freed", "tag": "stays", "layers": ["kept below"]},
            ]
        )
        self.registry.delete("freed", self.digest("freed:gone"))
        self.lacks("freed", "gone")
        # As clean-registry does it.
        at = self.registry
        self.command("docker", "exec", at.name, "registry", "garbage-collect", at.config)
        self.exited(0)
        self.says("blobs marked, 3 blobs and 0 manifests eligible for deletion")
        # Of the three (manifest, config, layer) one has this size.
        self.assertEqual(at.blobs(5000), [])
        self.assertEqual(len(at.blobs(3000)), 1)
        at.restart()
        self.pulls("freed", "stays")


class Registries(World):
    REGISTRY = None

    @case("options: a password, no deletes, read-only; on this host, without an engine, as well")
    def test_options(self):
        for where in ("container", "host"):
            with self.subTest(where=where):
                self.use(self.start_registry(where, auth="user:secret", delete=False))
                self.assertEqual(Client(self.registry.url).request("GET", "/v2/")[0], 401)
                image = {"repository": "some", "tag": "tag", "id": "it"}
                self.push([image])
                self.has("some", "tag")
                path = f"/v2/some/manifests/{self.digest('it')}"
                self.assertEqual(self.registry.request("DELETE", path)[0], 405)
                pushed = self.registry.store / "docker"
                self.use(self.start_registry(where, readonly=True))
                pushed.rename(self.registry.store / "docker")
                self.pulls("some", "tag")
                with self.assertRaises(Failure):
                    self.push([{**image, "tag": "other"}])

    @case("schema 1 manifests are signed well enough for a registry, or written into its storage")
    def test_schema1(self):
        self.use(self.start_registry(schema1=True))
        self.push(SCHEMA1)
        self.pulls("old", "one")
        self.registry.empty()
        self.write_images(SCHEMA1)
        self.pulls("old", "one")


class Engine(World):
    """Engines of a test's own, which tests/tools/engine.bash starts and stops for tests/run."""

    REGISTRY = None

    def setUp(self):
        super().setUp()
        # The paths of its sockets have little room.
        self.engine = self.folder / "own"
        self.before = self.made()
        self.addCleanup(self.bash, 'engine_stop "$1"')

    def bash(self, script, **env):
        """Runs it with the functions of engine.bash; $1 is the engine's folder."""
        tools = ROOT / "tests/tools/engine.bash"
        return self.command("bash", "-c", f'. "$0" && {script}', tools, self.engine, env=env)

    def made(self):
        """What engines make in these folders."""
        folders = (Path("/run/containerd"), Path("/etc/docker"))
        return [sorted(folder.rglob("*")) if folder.exists() else None for folder in folders]

    def processes(self):
        """Those of the engine, or in a container of it, that name its folder. The shells of others have the
        name in their arguments, too, and are not meant."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes()
                name = (path / "comm").read_text().strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(self.engine).encode() in command:
                if name in ("dockerd", "sh") or name.startswith("containerd"):
                    found.append((path.name, name))
        return found

    def start(self):
        """Starts it, and a container in it, which is left running."""
        self.bash('engine_start "$1"')
        self.exited(0)
        words = ["docker", "-H", f"unix://{self.engine}/docker.sock", "run", "-d"]
        words += ["--name", "left-running", "--network", "none", "--entrypoint", "/bin/sh"]
        self.command(*words, IMAGE, "-c", f"sleep 600; : {self.engine}")
        self.exited(0)
        self.assertNotEqual(self.processes(), [])

    def stop(self):
        """Nothing of it is left behind."""
        self.bash('engine_stop "$1"')
        self.exited(0)
        self.assertEqual(self.processes(), [])
        self.assertFalse(self.engine.exists())

    @case("an engine that is stopped leaves nothing behind")
    def test_stopped(self):
        self.start()
        self.stop()
        self.assertNotIn(str(self.engine), Path("/proc/self/mountinfo").read_text())
        self.assertEqual(self.made(), self.before)

    @case("an engine whose daemon was killed leaves nothing behind either")
    def test_killed(self):
        self.start()
        os.kill(int((self.engine / "engine.pid").read_text()), signal.SIGKILL)
        self.stop()

    @case("an engine that cannot start says why and leaves nothing behind")
    def test_cannot_start(self):
        daemon = self.folder / "bin/dockerd"
        daemon.parent.mkdir()
        daemon.write_text("#!/bin/sh\necho this daemon does not feel well\nexit 1\n")
        daemon.chmod(0o755)
        self.bash('engine_start "$1"', PATH=f"{daemon.parent}:{os.environ['PATH']}")
        self.exited(1)
        self.says("does not feel well")
        self.assertFalse(self.engine.exists())
