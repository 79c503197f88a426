"""Pushes of restore that go wrong: what has no clear end is looked at, what somebody else pushed stays, and the
same command finishes what was cut."""

import signal

from lab import FaultWorld, case
from lab.docker_stub import CONTAINER, DockerStub
from lab.program import PROGRAM
from lab.proxy import number_of


class RestoreFaults(FaultWorld):
    REGISTRY = {}
    CONFIG = {"gc": {"when": "never"}}
    IMAGES = [
        {"repository": "app", "tag": "v1", "created": "-90d"},
        {"repository": "app", "tag": "v2", "created": "-90d"},
        {
            "repository": "app",
            "tag": "multi",
            "kind": "index",
            "created": "-80d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]
    ALL = ["multi", "new", "v1", "v2"]

    def restore(self, code, *words):
        self.run_program("restore", "--config", self.config, *words, apart=True)
        self.exited(code)

    def run_id(self):
        return sorted(path.stem for path in self.state.glob("*/journal/*.jsonl"))[0]

    def deleted(self):
        """A run has deleted all but new; returns its id."""
        self.exits(0)
        self.leaves("app", "new")
        return self.run_id()

    def delete_again(self):
        self.registry.delete("app", self.digest("app:v1"))
        self.registry.delete("app", self.digest("app:multi"))

    def put(self, path, **action):
        self.rules({"match": {"method": "PUT", "path": path}, "times": 1, **action})

    def is_whole(self, *tags):
        self.leaves("app", *(tags or self.ALL))
        self.pulls("app", *(tags or self.ALL))

    @case("an answer that is lost after the push was done: seen, and not pushed twice")
    def test_answer_lost(self):
        run = self.deleted()
        for path in (self.digest("app:v1"), "manifests/multi$"):
            self.put(path, drop={"on": True, "forward": True})
            self.restore(0, "--run", run)
            self.applied()
            self.assertEqual(self.proxy.count("PUT", path), 1)
            self.is_whole()
            self.delete_again()
            self.proxy.clear()

    @case("a push without an end that was not carried out is ordered once more, after a look")
    def test_cut(self):
        run = self.deleted()
        for path in (self.digest("app:multi"), "manifests/v1$"):
            self.put(path, drop=True)
            self.restore(0, "--run", run)
            self.applied()
            self.is_whole()
            self.delete_again()
        self.proxy.clear()
        self.rules({"match": {"method": "PUT", "path": "manifests/v1$"}, "status": 500})
        self.restore(1, "--run", run)
        self.assertEqual(self.proxy.count("PUT", "manifests/v1$"), 2)
        self.assertIn("app:v1 could not be put back: 500", self.errors)
        self.is_whole("multi", "new", "v2")
        self.proxy.clear()
        self.restore(0, "--run", run)
        self.is_whole()

    @case("what depends on what could not be pushed is not pushed either, and is named")
    def test_part(self):
        run = self.deleted()
        part = self.digest("app:multi/linux/arm64")
        self.rules({"match": {"method": "PUT", "path": part}, "status": 400})
        self.restore(1, "--run", run)
        self.assertIn(
            f"app:multi could not be put back: its manifest {self.digest('app:multi')}", self.errors
        )
        self.assertEqual(self.proxy.count("PUT", self.digest("app:multi")), 0)
        self.is_whole("new", "v1", "v2")

    @case("too many requests: it waits as it is told to, and pushes again")
    def test_429(self):
        run = self.deleted()
        headers = {"Retry-After": "0"}
        self.put("manifests/v2$", status={"code": 429, "headers": headers})
        self.restore(0, "--run", run)
        self.applied()
        self.is_whole()

    @case("a registry that stores it under another digest: not what was deleted, exit 1")
    def test_other_digest(self):
        run = self.deleted()
        headers = {"Docker-Content-Digest": "sha256:" + "0" * 64}
        self.put("manifests/v2$", set_header=headers)
        self.restore(1, "--run", run)
        self.applied()
        self.assertIn(
            "app:v2 could not be put back: the registry stored it under another", self.errors
        )

    @case("a registry that does not let us push: exit 3, nothing is held")
    def test_forbidden(self):
        run = self.deleted()
        self.rules({"match": {"method": "PUT"}, "status": {"code": 403, "error": "DENIED"}})
        self.restore(3, "--run", run)
        self.assertEqual(self.proxy.count("PUT", "."), 1)
        self.assertIn("does not let registry.user push", self.errors)
        self.run_program("holds", "--config", self.config)
        self.says("nothing is held")

    @case("a tag that somebody pushes between the look and the push stays theirs")
    def test_pushed_meanwhile(self):
        run = self.deleted()
        theirs = [{"repository": "app", "tag": "v1", "id": "theirs", "created": "-1d"}]
        self.put(
            self.digest("app:v2"),
            call={"function": number_of(lambda exchange: self.push(theirs)), "when": "after"},
            **{"continue": True},
        )
        self.restore(1, "--run", run)
        self.applied()
        self.assertIn("exists again      app:v1: somebody pushed it meanwhile", self.output)
        self.assertEqual(self.registry.client.get_manifest("app", "v1")[1], self.digest("theirs"))
        self.is_whole()

    @case("stopped by a signal: 128+n; the same command finishes")
    def test_stopped(self):
        run = self.deleted()
        pid = self.folder / "pid"
        command = {"command": f"kill -TERM $(cat {pid})"}
        self.put("manifests/multi$", run=command, **{"continue": True})
        words = ["restore", "--config", self.config, "--run", run]
        self.finish(
            self.begin_command("sh", "-c", 'echo $$ >"$0"; exec "$@"', pid, PROGRAM, *words)
        )
        self.exited(128 + signal.SIGTERM)
        self.applied()
        self.proxy.clear()
        self.restore(0, "--run", run)
        self.is_whole()

    @case("what a killed run owed is owed no more once it is restored, and no run finishes it")
    def test_owed(self):
        pid = self.folder / "pid"
        command = {"command": f"kill -KILL $(cat {pid})", "when": "after"}
        self.rules(
            {
                "match": {"method": "DELETE", "path": self.digest("app:multi")},
                "times": 1,
                "continue": True,
                "run": command,
            }
        )
        words = [PROGRAM, "--config", self.config]
        self.finish(self.begin_command("sh", "-c", 'echo $$ >"$0"; exec "$@"', pid, *words))
        self.exited(128 + signal.SIGKILL)
        self.applied()
        self.proxy.clear()
        self.assertTrue([line for line in self.owed() if "sha256:" in line])
        self.restore(0, "--run", self.run_id())
        self.assertEqual([line for line in self.owed() if "sha256:" in line], [])
        self.is_whole()
        self.exits(0)
        self.is_whole()

    @case("killed behind its last push: the same command does what is left to do")
    def test_killed_at_the_end(self):
        pid = self.folder / "pid"
        kill = {"times": 1, "continue": True, "run": {"command": f"kill -KILL $(cat {pid})"}}
        self.rules({"match": {"method": "DELETE", "path": self.digest("app:multi")}, **kill})
        words = ["sh", "-c", 'echo $$ >"$0"; exec "$@"', pid, PROGRAM]
        self.finish(self.begin_command(*words, "--config", self.config))
        self.exited(128 + signal.SIGKILL)
        run = self.run_id()
        # The layers are fetched when all is put.
        self.rules({"match": {"method": "GET", "path": "/blobs/"}, **kill})
        self.finish(self.begin_command(*words, "restore", "--config", self.config, "--run", run))
        self.exited(128 + signal.SIGKILL)
        self.applied()
        self.proxy.clear()
        self.is_whole()
        self.assertTrue([line for line in self.owed() if "sha256:" in line])
        self.restore(0, "--run", run)
        self.assertIn("0 tags restored; 3 there already; 0 not", self.output)
        self.assertGreater(self.proxy.count("GET", "/blobs/"), 0)
        self.assertEqual([line for line in self.owed() if "sha256:" in line], [])
        [restored] = self.state.glob("*/restored")
        lines = [line.split(" ") for line in restored.read_text().splitlines()]
        times = {line[6]: line[4] for line in lines if len(line) == 8 and line[5] == "app"}
        self.assertIn("multi", times)
        self.assertNotIn("-", times.values())
        self.exits(0)
        self.is_whole()

    @case("a hold that somebody has on the tag is theirs, though restore cannot replace it")
    def test_held_by_others(self):
        run = self.deleted()
        self.push([{"repository": "app", "tag": "v1", "id": "theirs", "created": "-90d"}])
        self.run_program(
            "hold", "--config", self.config, "app:v1", "--reason", "mine", "--days", "1"
        )
        self.exited(0)
        self.rules({"match": {"method": "PUT", "path": "manifests/v1$"}, "status": 400})
        self.restore(1, "--run", run, "--overwrite")
        self.run_program("holds", "--config", self.config)
        self.matches(r"app:v1 .*mine")
        self.exits(0)
        self.assertEqual(self.registry.client.get_manifest("app", "v1")[1], self.digest("theirs"))

    @case("layers of a registry that redirects to its storage are fetched from there")
    def test_redirected(self):
        self.configure(self.CONFIG, {"paths": {"host_storage": None}})
        run = self.deleted()
        self.rules(
            {
                "match": {"method": "GET", "path": "^/v2/app/blobs/(.*)$"},
                "redirect": f"{self.registry.url}{{path}}",
            }
        )
        self.restore(0, "--run", run)
        self.applied()
        self.is_whole()

    @case("layers that do not come whole from there: named before anything is pushed, exit 2")
    def test_cut_layers(self):
        self.configure(self.CONFIG, {"paths": {"host_storage": None}})
        run = self.deleted()
        self.rules({"match": {"method": "GET", "path": "/blobs/"}, "cut": 10})
        self.restore(2, "--run", run)
        self.assertIn("app:v1 cannot come back: its config sha256:", self.errors)
        self.assertEqual(self.proxy.count("PUT", "."), 0)


class SingleTags(FaultWorld):
    """Distribution 3.x deletes tags by their names."""

    REGISTRY = {}
    IMAGES = [
        {"repository": "app", "tag": "latest", "created": "-90d"},
        {"repository": "app", "tag": "old", "same_as": "app:latest"},
        {"repository": "app", "tag": "lone", "created": "-95d"},
    ]
    CONFIG = None

    @case("a tag that went alone points again at the image that stayed")
    def test_tag(self):
        self.proxy = self.start_proxy(play_3x="delete", store=self.registry.store)
        stub = DockerStub()
        self.env |= stub.env
        said = "registry github.com/distribution/distribution/v3 v3.1.1\n"
        stub.answer("--version", out=said)
        self.configure(CONTAINER, {"gc": {"when": "never"}})
        self.exits(0)
        self.leaves("app", "latest")
        [run] = self.state.glob("*/journal/*.jsonl")
        self.run_program("restore", "--config", self.config, "--run", run.stem, apart=True)
        self.exited(0)
        self.leaves("app", "latest", "lone", "old")
        self.pulls("app", "latest", "lone", "old")
        self.assertEqual(
            self.registry.client.get_manifest("app", "old")[1], self.digest("app:latest")
        )
