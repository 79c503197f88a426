"""What a run deleted is put back: restore."""

import base64
import fcntl
import json
import os
import shutil
import signal
import time

from lab import World, case, tree, wait_for
from lab.program import PROGRAM
from v2client import ACCEPT

PLATFORMS = ["linux/amd64", "linux/arm64"]


class RestoreWorld(World):
    """Runs that delete and do not collect, unless a test says otherwise."""

    CONFIG = {"gc": {"when": "never"}}

    def restore(self, code, *words, env=None):
        """Runs the verb, which must exit with that code; its standard error is kept apart."""
        self.run_program("restore", "--config", self.config, *words, env=env, apart=True)
        self.exited(code)

    def run_id(self):
        """Of the youngest run that has a journal."""
        return sorted(path.stem for path in self.state.glob("*/journal/*.jsonl"))[-1]

    def journal(self):
        [path] = self.state.glob(f"*/journal/{self.run_id()}.jsonl")
        return path

    def everything(self):
        """{repository: (tags with their digests, {digest: (type, bytes)} of all that it links)}."""
        found = {}
        root = self.registry.v2 / "repositories"
        for folder in sorted(root.rglob("_manifests")):
            name = str(folder.parent.relative_to(root))
            manifests = {}
            for link in folder.glob("revisions/*/*/link"):
                digest = link.read_text()
                answer = self.registry.client.get_manifest(name, digest)
                manifests[digest] = answer and (answer[0], answer[2])
            tags = {
                link.parent.parent.name: link.read_text()
                for link in folder.glob("tags/*/current/link")
            }
            found[name] = (tags, manifests)
        return found

    def warns(self, *texts):
        for text in texts:
            self.assertIn(text, self.errors)

    def lines_of(self, verdict):
        """REPOSITORY:TAG of what was printed so."""
        return [
            line[len(verdict) :].strip().split(": ")[0]
            for line in self.output.splitlines()
            if line.startswith(verdict)
        ]

    def holds(self):
        self.run_program("holds", "--config", self.config, "--json")
        return {
            f"{hold['repository']}:{hold['tag'] or hold['digest']}": hold
            for hold in json.loads(self.output)["holds"]
        }


class Restore(RestoreWorld):
    KEPT = [
        {"repository": "app", "tag": "v1", "created": "-90d"},
        {"repository": "app", "tag": "v1-copy", "same_as": "app:v1"},
        {"repository": "app", "tag": "v2", "created": "-80d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {
            "repository": "lib",
            "tag": "multi",
            "id": "multi",
            "kind": "index",
            "created": "-80d",
            "platforms": PLATFORMS,
        },
        {"repository": "lib", "kind": "cosign", "subject": "multi", "created": "-80d"},
        {
            "repository": "lib",
            "id": "bill",
            "kind": "referrer",
            "subject": "multi/linux/arm64",
            "created": "-80d",
        },
        {"repository": "lib", "tag": "new", "created": "-1d"},
    ]

    def setUp(self):
        super().setUp()
        self.before = self.everything()
        self.signature = self.digest("multi").replace(":", "-") + ".sig"
        self.fallback = self.digest("multi/linux/arm64").replace(":", "-")

    @case("a tag that is named comes back with its bytes, is held, and the next run leaves it")
    def test_tag(self):
        self.exits(0)
        self.leaves("app", "new")
        self.restore(0, "app:v1")
        self.assertEqual(self.lines_of("restored"), ["app:v1"])
        self.says("1 tag restored; 0 there already; 0 not")
        self.leaves("app", "new", "v1")
        self.pulls("app", "v1")
        self.assertEqual(self.everything()["app"][0]["v1"], self.digest("app:v1"))
        hold = self.holds()["app:v1"]
        self.assertEqual(hold["by"], "clean-registry-restore")
        self.assertEqual(hold["reason"], f"restored from {self.run_id()}")
        self.exits(0)
        self.leaves("app", "new", "v1")
        self.assertRegex(self.tag("app", "v1"), "^kept .*held")
        self.run_program("release", "--config", self.config, "app:v1")
        self.exits(0)
        self.leaves("app", "new")

    @case("a whole run comes back: every tag, digest and byte; again, it is there already")
    def test_run(self):
        self.exits(0)
        self.assertNotEqual(self.everything(), self.before)
        self.restore(0, "--run", self.run_id())
        self.assertEqual(self.everything(), self.before)
        self.verifies(0)
        requests = self.watch(lambda: self.restore(0, "--run", self.run_id()))
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.assertEqual(self.lines_of("restored"), [])
        self.exits(0)
        self.assertEqual(self.everything(), self.before)

    @case("of a run one repository comes back, or a tag that is named")
    def test_repository(self):
        self.exits(0)
        run = self.run_id()
        self.restore(0, "--run", run, "--repository", "lib")
        now = self.everything()
        self.assertEqual(now["lib"], self.before["lib"])
        self.leaves("app", "new")
        self.restore(0, "--run", run, f"127.0.0.1:{self.registry.port}/app:v1-copy")
        self.leaves("app", "new", "v1-copy")

    @case("parts come before their index, referrers behind their subject, tags last")
    def test_order(self):
        self.exits(0)
        requests = self.watch(lambda: self.restore(0, "lib:multi"))
        self.assertEqual(self.everything()["lib"], self.before["lib"])
        put = [line.split()[1].split("/")[-1] for line in requests if line.startswith("PUT ")]
        self.assertTrue(all(line.endswith(" 201") for line in requests if line[0] == "P"))
        index = put.index(self.digest("multi"))
        for platform in PLATFORMS:
            self.assertLess(put.index(self.digest(f"multi/{platform}")), index)
        self.assertLess(put.index(self.digest("multi/linux/arm64")), put.index(self.digest("bill")))
        self.assertEqual(sorted(put[-3:]), sorted(["multi", self.signature, self.fallback]))
        self.pulls("lib", "multi", self.signature, self.fallback, self.digest("bill"))
        self.assertEqual(list(self.holds()), ["lib:multi"])
        self.exits(0)
        self.assertEqual(self.everything()["lib"], self.before["lib"])

    @case("a tag that exists again is named and stays; --overwrite replaces it")
    def test_exists(self):
        self.exits(0)
        again = {"repository": "app", "tag": "v1", "id": "again", "created": "-1d"}
        self.push([again])
        self.restore(2, "app:v1")
        self.warns("app:v1 is not put back: it exists again", self.digest("again"), "--overwrite")
        self.restore(1, "app:v1", "app:v1-copy")
        tags = self.everything()["app"][0]
        self.assertEqual(tags["v1"], self.digest("again"))
        self.assertEqual(tags["v1-copy"], self.before["app"][0]["v1"])
        self.restore(0, "app:v1", "--overwrite")
        self.assertEqual(self.everything()["app"][0]["v1"], self.before["app"][0]["v1"])
        self.restore(0, "app:v1")
        self.assertEqual(self.lines_of("is there already"), ["app:v1"])

    @case("of a tag that two runs deleted the youngest has it, unless --run names the other")
    def test_youngest(self):
        self.exits(0)
        first = self.run_id()
        self.push([{"repository": "app", "tag": "v1", "id": "second", "created": "-70d"}])
        wait_for(lambda: os.path.getmtime(self.journal()) + 1 < time.time())
        self.exits(0)
        self.assertNotEqual(self.run_id(), first)
        self.restore(0, "app:v1")
        self.assertEqual(self.everything()["app"][0]["v1"], self.digest("second"))
        self.restore(0, "app:v1", "--run", first, "--overwrite")
        self.assertEqual(self.everything()["app"][0]["v1"], self.before["app"][0]["v1"])

    @case("a dry run tells the same, sends only GETs, takes no lock and writes nothing")
    def test_dry_run(self):
        self.exits(0)
        self.push([{"repository": "app", "tag": "v2", "id": "again", "created": "-1d"}])
        before = tree(self.registry.store), tree(self.state)
        run = self.run_id()
        requests = self.watch(lambda: self.restore(1, "--run", run, "--dry-run"))
        self.assertTrue(requests)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.assertEqual((tree(self.registry.store), tree(self.state)), before)
        self.warns("app:v2 is not put back")
        self.assertIn("app:v1", self.lines_of("can come back"))
        self.restore(0, "app:v1", env={"DRY_RUN": "true"})
        self.assertEqual((tree(self.registry.store), tree(self.state)), before)

    @case("--json has one object for each, and nothing else is printed")
    def test_json(self):
        self.exits(0)
        self.push([{"repository": "app", "tag": "v2", "id": "again", "created": "-1d"}])
        self.restore(1, "app:v1", "app:v2", "--json")
        told = json.loads(self.output)
        self.assertEqual(told["exit_code"], 1)
        self.assertEqual(
            {item["tag"]: (item["status"], item["run"]) for item in told["items"]},
            {"v1": ("restored", self.run_id()), "v2": ("exists", self.run_id())},
        )
        self.assertIn(self.before["app"][0]["v1"], [item["digest"] for item in told["items"]])

    @case("what no run deleted, and what is no reference, are errors; nothing is sent")
    def test_usage(self):
        self.exits(0)
        run = self.run_id()
        for words, text in {
            (): "REPOSITORY:TAG... or --run is expected",
            ("app",): "one of both",
            ("app:new",): "no run that is kept deleted app:new",
            ("app:v1", "--run", "20200101T000000Z-1"): "there is no journal of a run",
            ("--run", "../" + run): "there is no journal of a run",
            ("--run", run, "--repository", "nowhere"): "deleted nothing in these repositories",
            ("--run", run, "app:new"): f"the run {run} deleted app:new",
            ("app:v1", "--repository", "app"): "--repository: ",
            ("--repository", "app"): "or --run is expected",
            ("registry.example.com:5000/app:v1",): "registry",
        }.items():
            with self.subTest(words=words):
                requests = self.watch(lambda words=words: self.restore(2, *words))
                self.assertIn(text, self.errors)
                self.assertEqual(requests, [])

    @case("another clean-registry, or its lock: exit 5")
    def test_busy(self):
        self.exits(0)
        [lock] = self.state.glob("*/lock")
        with open(lock) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            requests = self.watch(lambda: self.restore(5, "app:v1"))
            self.assertEqual(requests, [])
            self.restore(0, "app:v1", "--dry-run")
        self.restore(0, "app:v1")

    @case("a journal that was tampered with is refused with its path, and nothing is sent")
    def test_tampered(self):
        self.exits(0)
        path = self.journal()
        whole = path.read_text()
        first = json.loads(whole.splitlines()[0])
        foreign = json.dumps({**first, "registry": "http://registry.example.com"})
        lines = whole.splitlines(keepends=True)
        for text in (
            "".join([lines[0], lines[1][:50] + "\n", *lines[2:]]),
            whole + "{",
            whole.replace('"v1"', '"v1', 1),
            whole.replace('"body":"ey', '"body":"eY', 1),
            "\n".join([foreign.replace(": ", ":").replace(", ", ","), *whole.splitlines()[1:]])
            + "\n",
        ):
            with self.subTest(text=text[:300]):
                path.write_text(text)
                requests = self.watch(lambda: self.restore(2, "app:v1"))
                self.warns(str(path))
                self.assertEqual(requests, [])
        path.write_text(whole)
        os.chown(path, 65534, 65534)
        self.restore(2, "app:v1")
        self.warns(str(path))
        aside = self.folder / "aside"
        shutil.move(path, aside)
        os.chown(aside, 0, 0)
        path.symlink_to(aside)
        self.restore(2, "app:v1")
        self.warns(str(path))
        path.unlink()
        shutil.move(aside, path)
        self.restore(0, "app:v1")

    @case(
        "a journal whose last line is cut, since its run was killed: all that is before it comes back"
    )
    def test_cut(self):
        self.exits(0)
        path = self.journal()
        lines = path.read_text().splitlines(keepends=True)
        self.assertIn('{"end":', lines[-1])
        path.write_text("".join([*lines[:-2], lines[-2][:-3]]))
        self.run_program("runs", "--config", self.config, apart=True)
        self.exited(0)
        self.warns(f"{path}: line {len(lines) - 1} is cut, and left out")
        self.assertIn("it did not come to its end", self.output)
        self.restore(0, "--run", self.run_id())
        self.warns(f"{path}: line {len(lines) - 1} is cut, and left out")
        self.assertEqual(self.everything(), self.before)

    @case("killed at any request, the same command finishes")
    def test_killed(self):
        self.exits(0)
        run = self.run_id()
        proxy = self.start_proxy()
        self.change_config({"registry": {"url": proxy.url}})
        [journal] = self.state.glob("*/journal")
        text = self.journal().read_text().replace(self.registry.url, proxy.url)
        empty = self.registry.folder / "emptied"
        self.registry.keep_images(empty)
        self.addCleanup(shutil.rmtree, empty)
        pid = self.folder / "pid"
        for when in ("before", "after"):
            for after in range(0, 12, 2):
                with self.subTest(when=when, after=after):
                    self.registry.bring_back_images(empty)
                    for folder in self.state.iterdir():
                        shutil.rmtree(folder)
                    self.restore(2, "app:v1")
                    [folder] = self.state.iterdir()
                    (folder / "journal").mkdir(0o700)
                    path = folder / "journal" / f"{run}.jsonl"
                    path.write_text(text)
                    path.chmod(0o600)
                    command = {"command": f"kill -KILL $(cat {pid})", "when": when}
                    proxy.rules(
                        {
                            "match": {"method": "PUT"},
                            "after": after,
                            "times": 1,
                            "continue": True,
                            "run": command,
                        }
                    )
                    words = ["restore", "--config", self.config, "--run", run]
                    started = self.begin_command(
                        "sh", "-c", 'echo $$ >"$0"; exec "$@"', pid, PROGRAM, *words
                    )
                    self.finish(started)
                    self.assertEqual(self.status, 128 + signal.SIGKILL)
                    proxy.clear()
                    self.restore(0, "--run", run)
                    self.assertEqual(self.everything(), self.before)

    @case("a registry where deletion is disabled now")
    def test_deletion_disabled(self):
        self.exits(0)
        at = self.registry
        at.write_config(
            at.configuration().replace("delete: {enabled: true}", "delete: {enabled: false}")
        )
        at.restart()
        self.restore(0, "--run", self.run_id())
        self.assertEqual(self.everything(), self.before)

    @case("a read-only registry: exit 3, whether its configuration tells or its answer")
    def test_read_only(self):
        self.exits(0)
        after = self.everything()
        at = self.registry
        at.write_config(
            at.configuration().replace("readonly: {enabled: false}", "readonly: {enabled: true}")
        )
        at.restart()
        requests = self.watch(lambda: self.restore(3, "app:v1"))
        self.warns("read-only")
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.restore(3, "app:v1", "--dry-run")
        # It tells one thing, and does another.
        told = self.folder / "config.yml"
        told.write_text(at.configuration())
        self.change_config({"paths": {"config": str(told)}})
        self.restore(3, "--run", self.run_id())
        self.warns("read-only", "405", "nothing was put back")
        self.assertEqual(self.holds(), {})
        self.assertEqual(self.everything(), after)

    @case("another registry behind the same address: its layers are not there, exit 2")
    def test_other_registry(self):
        self.exits(0)
        self.registry.empty()
        self.push([{"repository": "else", "tag": "new", "created": "-1d"}])
        before = tree(self.registry.store)
        self.restore(2, "--run", self.run_id())
        self.warns("app:v1 cannot come back", "is gone")
        self.assertEqual(tree(self.registry.store), before)

    @case("what the times were: a restored tag is not the newest push, and is not dated today")
    def test_times(self):
        rule = {"cleanup": {"days_to_keep": 30, "keep_last_images": 1}}
        self.exits(0)
        self.restore(0, "app:v1")
        self.run_program("release", "--config", self.config, "app:v1")
        self.change_config(rule)
        self.exits(0)
        self.leaves("app", "new")


class Lost(RestoreWorld):
    """What cannot come back is named before anything is written."""

    REGISTRY = None
    OWN = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
        {"repository": "app", "id": "part", "tag": "kept", "created": "-1d"},
        {
            "repository": "app",
            "tag": "index",
            "kind": "index",
            "created": "-90d",
            "children": ["part"],
        },
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]

    def start(self, *changes, **options):
        self.use(self.start_registry(**options))
        self.registry.wanted = None
        self.addCleanup(self.registry.stop)
        self.push(self.OWN)
        self.pulls("app", "old", "kept")
        self.configure(*changes)

    @case(
        "a part that stayed in the registry without its layer: the index is back, and not whole, exit 1"
    )
    def test_part_is_broken(self):
        self.start({"gc": {"when": "never"}})
        part = {"repository": "lib", "tag": "latest", "id": "leaf", "created": "-90d"}
        index = {"kind": "index", "created": "-90d", "children": ["leaf"]}
        self.push([part, {"repository": "lib", "tag": "index", **index}])
        self.exits(0)
        self.leaves("lib", "latest")
        [layer] = self.registry.manifest("lib", "latest")["layers"]
        self.registry.blob(layer["digest"]).unlink()
        for _ in range(2):
            self.restore(1, "lib:index")
            self.warns(f"lib@{self.digest('leaf')} is not whole: blob {layer['digest']}")
            self.assertEqual(self.lines_of("failed"), ["lib:index"])
        self.leaves("lib", "index", "latest")

    @case("a signature whose image cannot come back is held itself, and the next run leaves it")
    def test_subject_gone(self):
        self.start({"gc": {"when": "never"}})
        self.push(
            [
                {"repository": "sig", "tag": "v1", "created": "-90d", "layers": ["own:52003"]},
                {"repository": "sig", "kind": "cosign", "subject": "sig:v1", "created": "-90d"},
                {"repository": "sig", "tag": "new", "created": "-1d"},
            ]
        )
        signature = self.digest("sig:v1").replace(":", "-") + ".sig"
        self.exits(0)
        self.leaves("sig", "new")
        [layer] = self.registry.blobs(52003)
        self.registry.blob(layer).unlink()
        self.restore(1, "--run", self.run_id(), "--repository", "sig")
        self.warns("sig:v1 cannot come back")
        self.assertEqual(list(self.holds()), [f"sig:{signature}"])
        self.exits(0)
        self.leaves("sig", "new", signature)

    @case("layers that the registry's collector removed: exit 2, and nothing is pushed")
    def test_collected(self):
        self.start()
        self.exits(0)
        self.leaves("app", "index", "kept", "new")
        requests = self.watch(lambda: self.restore(2, "app:old"))
        self.warns("app:old cannot come back: its config sha256:", "is gone: it was collected")
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.leaves("app", "index", "kept", "new")
        self.restore(2, "app:old", "--dry-run")

    @case("without the storage the layers are fetched: exit 2 as well")
    def test_fetched(self):
        self.start({"paths": {"host_storage": None}})
        self.exits(0)
        requests = self.watch(lambda: self.restore(2, "app:old"))
        self.warns("app:old cannot come back: its config sha256:", "404")
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])

    @case("a cache that still lists what was collected: caught, whatever it answers")
    def test_cached(self):
        self.start({"paths": {"host_storage": None}}, cache="inmemory")
        self.exits(0)
        self.restore(2, "app:old")
        self.warns("the registry has a cache", "set gc.restart")
        # One that empties nothing.
        self.change_config({"gc": {"restart": ["true"]}})
        run = self.run_id()
        body = [json.loads(line) for line in self.journal().read_text().splitlines()]
        lost = next(row["manifest"] for row in body if "manifest" in row)
        self.assertTrue(self.believes(lost), "the cache does not list the layer any more")
        requests = self.watch(lambda: self.restore(2, "--run", run))
        self.warns("app:old cannot come back", "is gone, the registry announces it")
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.change_config({"paths": {"host_storage": str(self.registry.store)}})
        self.restore(2, "app:old")
        self.warns("app:old cannot come back", "is gone: it was collected")

    def believes(self, manifest):
        """Whether HEAD says that a layer of it is there."""
        layer = json.loads(base64.b64decode(manifest["body"]))["layers"][0]["digest"]
        path = f"/v2/{manifest['repository']}/blobs/{layer}"
        status = self.registry.request("HEAD", path, None, {"Accept": ACCEPT})[0]
        lost = not self.registry.blob(layer).exists()
        return lost and status == 200

    @case("with a cache and gc.restart it is restarted first, and what is there comes back")
    def test_restarted(self):
        self.start({"paths": {"host_storage": None}, "gc": {"when": "never"}}, cache="inmemory")
        before = self.everything()
        self.exits(0)
        ran = self.folder / "restarted"
        self.change_config({"gc": {"restart": ["touch", str(ran)]}})
        self.restore(0, "app:old", "--dry-run")
        self.warns("would be emptied first")
        self.assertFalse(ran.exists())
        self.restore(0, "app:old")
        self.assertTrue(ran.exists())
        self.assertEqual(self.everything(), before)

    @case("a layer that rots while it is put back: fetched at the end, exit 1")
    def test_rotten(self):
        self.start({"gc": {"when": "never"}})
        self.exits(0)
        [layer] = self.registry.blobs(51001)
        path = self.registry.blob(layer)
        path.write_bytes(b"x" * 51001)
        self.restore(1, "app:old")
        self.warns(f"is not whole: blob {layer} is not what its digest says")
        self.assertEqual(self.lines_of("failed"), ["app:old"])
