"""What a run deleted and the native collector took away is put back from its trash."""

import os
import shutil

from lab import case, tree
from lab.native import NativeWorld

TRASH = {"gc": {"trash_days": 1}}


class Trash(NativeWorld):
    IMAGES = [
        {
            "repository": "app",
            "tag": "old",
            "created": "-90d",
            "layers": ["own:41000", "base:9000"],
        },
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["base:9000", "more:500"]},
        {
            "repository": "lib",
            "tag": "multi",
            "kind": "index",
            "created": "-80d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "lib", "kind": "cosign", "subject": "lib:multi", "created": "-80d"},
        {"repository": "lib", "tag": "new", "created": "-1d", "layers": ["base:9000"]},
    ]

    def setUp(self):
        super().setUp()
        self.native(TRASH)
        self.before = self.registry.contents()
        self.blobs = sorted(self.registry.blobs())
        self.old = [layer["digest"] for layer in self.registry.manifest("app", "old")["layers"]]

    def restore(self, code, *words):
        self.run_program("restore", "--config", self.config, *words, apart=True)
        self.exited(code)

    def run_id(self):
        return sorted(path.stem for path in self.state.glob("*/journal/*.jsonl"))[0]

    def warns(self, *texts):
        for text in texts:
            self.assertIn(text, self.errors)

    def trashed(self, digest):
        """Where it lies."""
        [found] = self.registry.store.glob(
            f"clean-registry-trash/*/blobs/sha256/*/{digest.split(':')[1]}/data"
        )
        return found

    def is_whole(self):
        """All is there as it was, for a registry without memories, too."""
        self.registry.restart()
        self.assertEqual(self.registry.contents(), self.before)
        for repository, tags in self.before.items():
            self.pulls(repository, *tags)
        self.verifies(0)

    @case("after the first night the layers are there without their links, which are healed")
    def test_detached(self):
        self.night()
        self.assertEqual(self.links(self.old[0]), [])
        self.restore(0, "--run", self.run_id())
        self.assertEqual(self.links(self.old[0]), ["app"])
        self.is_whole()
        self.night()
        self.night()
        self.is_whole()

    @case(
        "a tag that is there already, of which a layer lost its link: that comes back all the same"
    )
    def test_there_without_links(self):
        self.night()
        self.restore(0, "app:old")
        # So it is where somebody pushed it anew to a registry with a cache.
        [link] = self.registry.v2.rglob(f"_layers/sha256/{self.old[0].split(':')[1]}/link")
        link.unlink()
        self.restore(0, "app:old")
        self.says("is there already  app:old")
        self.assertEqual(self.links(self.old[0]), ["app"])

    @case("after the second night they come from the trash; the next nights leave them")
    def test_trashed(self):
        self.night()
        self.night()
        self.assertFalse(self.is_stored(self.old[0]))
        before = tree(self.registry.store), tree(self.state)
        self.restore(0, "--run", self.run_id(), "--dry-run")
        self.says("can come back     app:old", "can come back     lib:multi")
        self.assertEqual((tree(self.registry.store), tree(self.state)), before)
        self.restore(0, "app:old")
        self.assertTrue(self.is_stored(self.old[0]))
        self.assertEqual(self.links(self.old[0]), ["app"])
        self.restore(0, "--run", self.run_id())
        self.is_whole()
        self.assertEqual(sorted(self.registry.blobs()), self.blobs)
        self.night()
        self.night()
        self.is_whole()

    @case("a layer that several repositories lost comes back once, with the links of all")
    def test_shared(self):
        places = ["app", "lib", "team/app"]
        shared = {"created": "-70d", "layers": ["both:7000", "base:9000"]}
        self.push([{"repository": place, "tag": "shared", **shared} for place in places])
        self.before = self.registry.contents()
        [both, _] = [layer["digest"] for layer in self.registry.manifest("app", "shared")["layers"]]
        self.night()
        self.night()
        self.assertFalse(self.is_stored(both))
        self.restore(0, "--run", self.run_id())
        self.assertEqual(self.links(both), places)
        self.is_whole()

    @case("what was unlinked is gone for good: named, exit 2, nothing is written")
    def test_unlinked(self):
        self.native({"gc": {"trash_days": 0}})
        self.night()
        self.night()
        before = tree(self.registry.store)
        self.restore(2, "--run", self.run_id())
        self.warns("app:old cannot come back", "the trash does not have it")
        self.assertEqual(tree(self.registry.store), before)

    @case("a blob that was changed in the trash is not put back: exit 1, named, the rest comes")
    def test_changed(self):
        self.night()
        self.night()
        lost = self.trashed(self.old[0])
        lost.write_bytes(b"x" * lost.stat().st_size)
        self.restore(1, "--run", self.run_id())
        self.warns(self.old[0], str(lost.parent.parent.parent.parent.parent.name))
        self.assertIn("lib:multi", self.output)
        self.assertEqual(self.registry.tags("app"), ["new"])
        self.assertTrue(lost.exists())
        self.assertFalse(self.is_stored(self.old[0]))
        self.pulls("lib", "multi")

    @case("a trash with a symbolic link or of somebody else is refused with its path")
    def test_tampered(self):
        self.night()
        self.night()
        lost = self.trashed(self.old[0])
        aside = self.folder / "aside"
        shutil.move(lost, aside)
        lost.symlink_to(aside)
        self.restore(2, "app:old")
        self.warns("app:old cannot come back", str(lost.parent.name))
        lost.unlink()
        shutil.move(aside, lost)
        os.chown(lost.parent, 65534, 65534)
        self.restore(2, "app:old")
        self.warns("app:old cannot come back", str(lost.parent.name))
        os.chown(lost.parent, 0, 0)
        self.restore(0, "app:old")
        self.pulls("app", "old")

    @case("with another collector configured the trash is nobody's, and nothing is taken from it")
    def test_method(self):
        self.night()
        self.night()
        self.configure({"gc": {"when": "never"}})
        self.restore(2, "app:old")
        self.warns("is gone: its repository does not link it any more")
        self.assertFalse(self.is_stored(self.old[0]))


class Cached(NativeWorld):
    """Beside a registry with a cache in memory."""

    REGISTRY = {"cache": "inmemory"}

    @case("a cache that knows the layers still, or no longer: both are whole after the restart")
    def test_cached(self):
        self.registry.wanted = None
        self.addCleanup(self.registry.stop)
        self.push(Trash.IMAGES)
        self.pulls("app", "old", "new")
        self.native(TRASH, {"gc": {"restart": ["true"]}})
        before = self.registry.contents()
        self.clean()
        self.ages()
        self.clean()
        run = sorted(path.stem for path in self.state.glob("*/journal/*.jsonl"))[0]
        self.run_program("restore", "--config", self.config, "--run", run, apart=True)
        self.exited(0)
        self.registry.restart()
        self.assertEqual(self.registry.contents(), before)
        for repository, tags in before.items():
            self.pulls(repository, *tags)
