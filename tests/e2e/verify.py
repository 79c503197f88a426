"""Are all tags whole? After a run, and by the verb `verify`: from the storage and through the API."""

import base64
import json
import os
import signal
from pathlib import Path

import images
from v2client import digest_of

from lab import World, case, tree, wait_for
from lab.program import PROGRAM, ROOT
from lab.registry import free_port

# `shared` is in three tags of two repositories; `all` is an index of two images.
IMAGES = [
    {"repository": "app", "tag": "one", "layers": ["first:2001", "shared:3001"]},
    {"repository": "app", "tag": "two", "layers": ["shared:3001"]},
    {"repository": "team/other", "tag": "three", "layers": ["shared:3001"]},
    {
        "repository": "team/multi",
        "tag": "all",
        "kind": "index",
        "platforms": ["linux/amd64", "linux/arm64"],
    },
]
DOCKER = "application/vnd.docker"
# A hole of that size takes no room, and minutes to read.
HOLE = 100_000_000_000


class Verifying(World):
    """What tests of the verb and of a run have in common."""

    def source_is(self, source, changes=None):
        self.configure({"inventory": {"source": source}, **(changes or {})})

    def layer(self, repository, reference, index=0):
        """The digest of a layer."""
        return self.registry.manifest(repository, reference)["layers"][index]["digest"]

    def layer_link(self, repository, digest):
        folder = self.registry.v2 / "repositories" / repository / "_layers"
        return folder / digest.replace(":", "/") / "link"

    def revision_link(self, repository, digest):
        return self.registry.manifests(repository) / "revisions" / digest.replace(":", "/") / "link"


class Verb(Verifying):
    IMAGES = IMAGES

    def damaged(self, *texts):
        """Both sources find this, and the rest whole."""
        for source in ("storage", "api"):
            with self.subTest(source=source):
                self.source_is(source)
                self.verifies(1)
                self.says(*texts)
                self.keeps_quiet_of("this run")

    def write_manifest(self, tag, layer, *, foreign=False):
        """Writes an image of `app` with the config of `one` and a layer that no registry takes like that."""
        kind = "rootfs.foreign.diff" if foreign else "rootfs.diff"
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{DOCKER}.distribution.manifest.v2+json",
            "config": self.registry.manifest("app", "one")["config"],
            "layers": [{"mediaType": f"{DOCKER}.image.{kind}.tar.gzip", **layer}],
        }
        store = images.Store(str(self.registry.store))
        store.put_manifest_bytes("app", tag, json.dumps(manifest).encode())

    @case("whole: exit 0, and nothing but GETs leaves the program")
    def test_whole(self):
        before = tree(self.registry.store)
        for source in ("storage", "api"):
            self.source_is(source)
            requests = self.watch(lambda: self.verifies(0))
            self.says("[INFO] 4 tags verified whole", "exit code 0")
            self.keeps_quiet_of("[WARNING]", "[ERROR]", "damaged")
            self.assertEqual({line.split()[0] for line in requests}, {"GET"})
            self.verifies(0, "--deep")
            self.says("4 tags verified whole")
            self.verifies(0, "--quiet")
            self.assertEqual(self.output, "")
        self.assertEqual(tree(self.registry.store), before)
        self.assertFalse(self.state.exists())

    @case("through the API each blob of a repository is asked for once, for its first byte")
    def test_asked_once(self):
        digest = self.layer("app", "one", 1)
        self.source_is("api")
        requests = self.watch(lambda: self.verifies(0))
        self.assertEqual(requests.count(f"GET /v2/app/blobs/{digest} 206"), 1)
        asked = [line for line in requests if line.endswith(f"/blobs/{digest} 206")]
        self.assertEqual(len(asked), 2)
        whole = [line for line in requests if "/blobs/" in line and line.endswith(" 200")]
        self.assertEqual(whole, [])

    @case("a blob is gone: that is one line, however many tags need it")
    def test_blob_gone(self):
        digest = self.layer("app", "one", 1)
        self.registry.blob(digest).unlink()
        self.damaged(
            f"[ERROR] layer {digest} is missing; 3 tags of 2 repositories need it and are damaged,"
            " among them ",
            "1 tag verified whole",
            "3 tags are damaged",
        )
        self.assertEqual(len([line for line in self.lines() if digest in line]), 1)

    @case("a config is gone")
    def test_config_gone(self):
        digest = self.registry.manifest("app", "two")["config"]["digest"]
        self.registry.blob(digest).unlink()
        self.damaged(f"app:two is damaged: config {digest} is missing", "3 tags verified whole")

    @case("a blob has another size than its manifests say")
    def test_size(self):
        digest = self.layer("app", "one")
        found = f"app:one is damaged: layer {digest} has"
        os.truncate(self.registry.blob(digest), 1999)
        self.damaged(f"{found} 1999 bytes instead of 2001", "3 tags verified whole")
        os.truncate(self.registry.blob(digest), 2002)
        self.damaged(f"{found} 2002 bytes instead of 2001")
        os.truncate(self.registry.blob(digest), 0)
        self.damaged(f"{found} 0 bytes instead of 2001")

    @case("a blob with another size is not read, by --deep neither")
    def test_size_deep(self):
        digest = self.layer("app", "one")
        os.truncate(self.registry.blob(digest), HOLE)
        self.source_is("storage")
        limit = ["timeout", "--signal=KILL", 60]
        self.command(*limit, PROGRAM, "verify", "--deep", "--config", self.config)
        self.exited(1)
        self.says(
            f"app:one is damaged: layer {digest} has {HOLE} bytes instead of 2001",
            "3 tags verified whole",
        )

    @case("a repository has lost its link to a layer that is still there")
    def test_link_gone(self):
        digest = self.layer("app", "one", 1)
        self.layer_link("app", digest).unlink()
        needed = "2 tags of 1 repository need it"
        self.source_is("storage")
        self.verifies(1)
        self.says(
            f"layer {digest} is not linked in its repository; {needed}", "2 tags verified whole"
        )
        self.source_is("api")
        self.verifies(1)
        self.says(f"layer {digest} is missing; {needed}", "2 tags verified whole")

    @case("a link to a layer that holds nothing")
    def test_link_empty(self):
        digest = self.layer("app", "one")
        os.truncate(self.layer_link("app", digest), 0)
        self.source_is("storage")
        self.verifies(1)
        self.says(
            f"app:one is damaged: layer {digest} has a broken link: it is empty",
            "3 tags verified whole",
        )
        # The registry answers 500, which says nothing of the layer.
        self.source_is("api")
        self.verifies(1)
        self.says(
            f"[WARNING] app:one could not be verified: layer {digest} could not be checked: 500",
            "3 tags verified whole",
            "1 tag could not be verified",
        )
        self.keeps_quiet_of("damaged")

    @case("a tag has lost its manifest")
    def test_manifest_gone(self):
        self.revision_link("app", self.digest("app:two")).unlink()
        self.damaged("app:two is damaged: its manifest is missing", "3 tags verified whole")

    @case("an index has lost a part")
    def test_part_gone(self):
        digest = self.registry.manifest("team/multi", "all")["manifests"][1]["digest"]
        self.registry.delete("team/multi", digest)
        self.damaged(f"team/multi:all is damaged: manifest {digest} is", "3 tags verified whole")

    @case("a part of an index has lost a layer")
    def test_layer_of_part(self):
        child = self.registry.manifest("team/multi", "all")["manifests"][1]["digest"]
        digest = self.layer("team/multi", child)
        self.registry.blob(digest).unlink()
        self.damaged(
            f"team/multi:all is damaged: layer {digest} is missing", "3 tags verified whole"
        )

    @case("a manifest that is not what its digest says could not be verified")
    def test_manifest_changed(self):
        with open(self.registry.blob(self.digest("app:two")), "ab") as blob:
            blob.write(b" ")
        for source in ("storage", "api"):
            self.source_is(source)
            self.verifies(1)
            self.says(
                "app:two could not be verified",
                "3 tags verified whole",
                "1 tag could not be verified",
            )
            self.keeps_quiet_of("damaged", "nothing is deleted")

    @case("--deep finds a flipped byte that nothing else shows")
    def test_deep(self):
        digest = self.layer("app", "one")
        with open(self.registry.blob(digest), "r+b") as blob:
            blob.seek(1000)
            blob.write(b"\377")
        for source in ("storage", "api"):
            self.source_is(source)
            self.verifies(0)
            self.verifies(1, "--deep")
            self.says(
                f"app:one is damaged: layer {digest} is not what its digest says",
                "3 tags verified whole",
            )

    @case("a foreign layer may be absent")
    def test_foreign(self):
        missing = digest_of(b"missing")
        layer = {"size": 7, "digest": missing, "urls": ["https://127.0.0.1/nothing"]}
        self.write_manifest("foreign", layer, foreign=True)
        for source in ("storage", "api"):
            self.source_is(source)
            self.verifies(0, "--deep")
            self.says("5 tags verified whole")

    @case("a signal ends --deep at once")
    def test_signal(self):
        digest = digest_of(b"large")
        self.write_manifest("large", {"size": HOLE, "digest": digest})
        name = digest.partition(":")[2]
        images.Store(str(self.registry.store)).link(digest, "app", "_layers", "sha256", name)
        blob = self.registry.blob(digest)
        blob.parent.mkdir(parents=True)
        blob.touch()
        os.truncate(blob, HOLE)
        self.source_is("storage")
        run = self.begin_command(PROGRAM, "verify", "--deep", "-c", self.config)
        wait_for(lambda: "own folder" in run.output())
        wait_for(lambda: is_open(blob, run.pid))
        run.kill(signal.SIGTERM)
        done = run.end(60)
        self.assertEqual(done.status, 143)
        self.assertIn("exit code 143", done.output)

    @case("verify needs no right to write, and no lock")
    def test_no_lock(self):
        other = self.begin_held("other")
        self.configure()
        self.verifies(0)
        self.says("4 tags verified whole")
        other.release()
        done = other.end()
        self.assertEqual(done.status, 0, done.output)


class Others(Verifying):
    """Other images, other registries, other words."""

    @case("a registry without images has nothing that could be damaged")
    def test_no_images(self):
        self.push([{"repository": "app", "tag": "one"}])
        self.registry.delete("app", self.digest("app:one"))
        for source in ("storage", "api"):
            self.source_is(source)
            self.verifies(0)
            self.says("0 tags verified whole")

    @case("a blob without bytes is whole")
    def test_no_bytes(self):
        self.push([{"repository": "app", "tag": "one", "layers": ["nothing:0", "some:7"]}])
        for source in ("storage", "api"):
            self.source_is(source)
            self.verifies(0, "--deep")
            self.says("1 tag verified whole")

    @case("a registry whose cache believes in a blob that is gone")
    def test_cache(self):
        self.use(self.start_registry(cache="inmemory"))
        self.push(IMAGES)
        digest = self.layer("app", "one")
        path = f"/v2/app/blobs/{digest}"
        self.assertEqual(self.registry.request("HEAD", path)[0], 200)
        os.truncate(self.registry.blob(digest), 0)
        self.assertEqual(self.registry.request("HEAD", path)[0], 200)
        self.source_is("api")
        self.verifies(1)
        self.says(
            f"app:one is damaged: layer {digest} is shorter than the registry announces",
            "3 tags verified whole",
        )

    @case("the password is in no output")
    def test_password(self):
        login = "somebody:very secret word"
        self.use(self.start_registry(auth=login))
        self.push(IMAGES)
        self.registry.blob(self.layer("app", "one")).unlink()
        self.source_is("api")
        self.verifies(1, "--debug", "--deep")
        self.says("app:one is damaged")
        self.keeps_quiet_of("very secret word", base64.b64encode(login.encode()).decode())
        log = (self.program_folder / "log").read_text()
        self.assertIn("app:one is damaged", log)
        self.assertNotIn("very secret word", log)

    @case("what verify does not take, and what run does not take")
    def test_options(self):
        for option in ("--dry-run", "-n", "--report=x"):
            self.verifies(2, option)
        self.verifies(2, "left")
        self.exits(2, "--deep")
        self.says("--deep: not an option of 'run'")

    @case("a registry that cannot be reached: exit 3")
    def test_unreachable(self):
        self.configure({"registry": {"retry_seconds": 0}}, url=f"http://127.0.0.1:{free_port()}")
        self.verifies(3)


class Run(Verifying):
    # What runs delete and keep; `first` is only in old and `kept` only in new.
    IMAGES = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["first:2001"]},
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:2002"]},
        {"repository": "app", "tag": "broken", "created": "-1d", "layers": ["broken:2003"]},
    ]

    def anew(self):
        """The registry holds the images again, and nothing else."""
        self.registry.empty()
        self.push(self.IMAGES)

    def found(self, *keys):
        """These parts of what the report says of the verification."""
        verification = self.report()["verification"]
        return [verification[key] for key in keys]

    def collector(self, script):
        """registry.exec where this happens before a collection that is no question."""
        return self.exec_script(f"case $* in *--dry-run*) ;; *garbage-collect*) {script};; esac")

    def push_script(self, spec):
        """Shell: pushes that."""
        path = self.folder / "late"
        path.write_text(json.dumps([spec]))
        tool = ROOT / "tests/tools/images.py"
        return f"'{tool}' --url '{self.registry.url}' '{path}' >/dev/null"

    @case("a run ends with all tags verified, and says so")
    def test_run(self):
        for source in ("storage", "api"):
            self.anew()
            self.source_is(source)
            self.exits(0)
            self.says("[INFO] 2 tags verified whole")
            self.assertEqual(
                self.found("ran", "tags", "whole", "damaged", "unverified", "damage"),
                [True, 2, 2, 0, 0, []],
            )
            # Nothing changes, so there is nothing to verify.
            self.exits(0)
            self.keeps_quiet_of("verified")
            self.assertEqual(self.found("ran", "tags", "damage"), [False, None, []])

    @case("a run without a collection is verified, too; a dry run is not")
    def test_no_collection(self):
        self.configure({"gc": {"when": "never"}})
        self.exits(0, "--dry-run")
        self.assertEqual(self.found("ran"), [False])
        self.exits(0)
        self.says("2 tags verified whole")
        self.assertEqual(self.found("whole"), [2])

    @case("what broke in the run is told apart from what was broken before")
    def test_since(self):
        for source in ("storage", "api"):
            self.anew()
            lost, broken = self.layer("app", "new"), self.layer("app", "broken")
            self.registry.blob(broken).unlink()
            # The collector takes this blob along, as one gone mad would.
            blob = self.registry.blob(lost)
            told = f"blob eligible for deletion: {lost}"
            script = f"[ ! -e '{blob}' ] || {{ rm '{blob}'; echo '{told}'; }}"
            self.source_is(source, self.collector(script))
            self.exits(1)
            self.says(
                f"[ERROR] app:new is damaged: layer {lost} is missing (removed in this run)",
                f"[ERROR] app:broken is damaged: layer {broken} is missing"
                " (it was so before this run)",
                "0 tags verified whole",
                "2 tags are damaged",
            )
            self.assertEqual(
                self.found("ran", "tags", "whole", "damaged", "unverified"),
                [True, 2, 0, 2, 0],
            )
            keys = ("repository", "tag", "digest", "what", "since")
            damage = [[row[key] for key in keys] for row in self.found("damage")[0]]
            self.assertEqual(
                sorted(damage),
                [
                    ["app", "broken", broken, "layer is missing", "before"],
                    ["app", "new", lost, "layer is missing", "this_run"],
                ],
            )
            self.assertGreaterEqual(self.report()["summary"]["errors"], 2)
            self.assertEqual(self.report()["exit_code"], 1)

    @case("what 3.x prints of a link that it removed counts, too")
    def test_link_removed(self):
        kept = self.layer("app", "new")
        link = self.layer_link("app", kept)
        told = f"app: layer link eligible for deletion: {kept}"
        self.configure(self.collector(f"rm -f '{link}'; echo '{told}'"))
        self.exits(1)
        self.says(
            f"app:new is damaged: layer {kept} is not linked in its repository"
            " (removed in this run)"
        )

    @case("what is pushed during the run is verified, too")
    def test_pushed(self):
        late = {"repository": "late", "tag": "late", "created": "-1d"}
        for source in ("storage", "api"):
            self.anew()
            self.source_is(source, self.collector(self.push_script(late)))
            self.exits(0)
            self.says("3 tags verified whole")
            self.assertEqual(self.report()["summary"]["tags"], 3)
            self.pulls("late", "late")

    @case("pushed during the run, and swept by its collector: damage of this run")
    def test_pushed_and_swept(self):
        first = self.layer("app", "old")
        # The new tag has the layer that the collector, which marked before, is about to remove.
        late = {"repository": "app", "tag": "late", "created": "-1d", "layers": ["first:2001"]}
        swept = f"rm '{self.registry.blob(first)}'; echo 'blob eligible for deletion: {first}'"
        self.configure(self.collector(f"{self.push_script(late)}; {swept}"))
        self.exits(1)
        self.says(
            f"app:late is damaged: layer {first} is missing (removed in this run)",
            "2 tags verified whole",
        )

    @case("nothing is verified while a collector may still be at work")
    def test_collector_at_work(self):
        # Which processes there are cannot be asked either.
        self.configure(
            self.exec_script(
                "case $* in *--dry-run*) ;; *cmdline*) exit 3;;"
                " *garbage-collect*) kill -KILL $$;; esac"
            )
        )
        self.exits(4)
        self.says("whether the collector has ended is not known")
        self.assertIs(self.report()["garbage_collection"]["ran"], True)
        self.assertEqual(self.found("ran"), [False])


def is_open(path, pid):
    """Whether that process has the file open."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if descriptor.readlink() == path:
                return True
        except FileNotFoundError:
            continue
    return False
