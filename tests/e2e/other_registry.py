"""A collector of another registry: whatever leads to it, that is proved by content before the first
DELETE. Nothing is deleted then, and the other registry is not touched."""

import re
import shutil

from lab import World, case, tree

OLD = {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}
SOURCES = ("auto", "api")


class TwoRegistries(World):
    """The registry that is cleaned, and another one in self.other, a folder with config.yml and store."""

    IMAGES = [OLD, {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]}]
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.v2 = self.registry.v2
        folder = self.folder / "other"
        theirs = {"repository": "app", "created": "-2d"}
        images = [
            {**theirs, "tag": "new", "layers": ["other:52001"]},
            {**theirs, "tag": "gone", "layers": ["garbage:52002"]},
        ]
        digest = self.write_images(images, folder / "store")["app:gone"]
        # A collector would find something to remove.
        manifests = folder / "store/docker/registry/v2/repositories/app/_manifests"
        shutil.rmtree(manifests / "tags/gone")
        shutil.rmtree(manifests / "revisions" / digest.replace(":", "/"))
        (folder / "config.yml").write_text(self.config_at(folder / "store"))
        self.watch_other(folder)

    def watch_other(self, folder):
        self.other = folder
        self.before = tree(folder / "store")

    def other_untouched(self):
        self.assertEqual(tree(self.other / "store"), self.before)

    def copy(self, name):
        """A registry's configuration and store, a copy of what ours has now, becomes the other one."""
        folder = self.folder / name
        folder.mkdir()
        shutil.copytree(self.registry.store, folder / "store", symlinks=True)
        (folder / "config.yml").write_text(self.config_at(folder / "store"))
        self.watch_other(folder)

    def config_at(self, root):
        """Our registry's configuration, but for the root."""
        text = self.registry.configuration()
        return re.sub("rootdirectory: '[^']*'", f"rootdirectory: '{root}'", text)

    def leads_to_other(self):
        """Configuration."""
        return {"paths": {"config": str(self.other / "config.yml")}}

    def freed(self):
        self.assertEqual(self.registry.blobs(51001), [])

    def refused(self, changes):
        """With that configuration nothing is done here or there, from both sources."""
        for source in SOURCES:
            self.configure({**changes, "inventory": {"source": source}})
            self.exits(3)
            self.says(
                "[ERROR] nothing is deleted: the collector works on another registry than "
                f"{self.registry.url} serves",
                "registry.exec",
                "paths.config",
                "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY",
                "asked again",
            )
            self.keeps_quiet_of("collecting: ", "restarting")
            self.leaves("app", "new", "old")
            self.assertEqual(self.report()["exit_code"], 3)
            self.assertIs(self.report()["garbage_collection"]["ran"], False)
            self.assertEqual(self.owed(), [])
            self.other_untouched()
            self.exits(3, "--dry-run")
            self.says("the run would stop here: nothing is deleted: the collector works on another")

    def right_one_cleans(self):
        """With the right configuration the same tag goes."""
        self.configure()
        self.exits(0)
        self.leaves("app", "new")


class Refused(TwoRegistries):
    @case("registry.container is another registry's")
    def test_container(self):
        own = self.registry
        container = self.start_registry("container")
        self.use(container)
        self.push([{"repository": "app", "tag": "theirs", "created": "-2d"}])
        self.watch_other(container.folder)
        self.use(own)
        self.refused(
            {
                "registry": {
                    "container": container.name,
                    "exec": ["docker", "exec", "{container}"],
                    "program": "registry",
                },
                "paths": {"config": container.config, "storage": container.root},
                "gc": {"restart": ["docker", "restart", "{container}"]},
            }
        )
        self.right_one_cleans()

    @case("registry.exec leads to another registry")
    def test_exec(self):
        script = (
            "case $* in *garbage-collect*) exec docker-registry garbage-collect "
            f"""$(printf %s "$*" | grep -o -e --dry-run) '{self.other}/config.yml';; esac"""
        )
        self.refused(self.exec_script(script))
        self.right_one_cleans()

    @case("paths.config is that of another root")
    def test_config(self):
        leads = self.leads_to_other()
        self.refused(leads)
        self.refused({"paths": {**leads["paths"], "host_storage": None, "storage": None}})
        self.right_one_cleans()

    @case("the server's root is in its own environment only")
    def test_environment(self):
        # What the file says is the other's; the server alone was told otherwise.
        root = str(self.registry.store)
        self.registry.write_config(self.config_at(self.other / "store"))
        self.registry.restart(REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=root)
        self.configure()
        self.exits(3)
        self.says(
            "the collector works on another registry", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"
        )
        self.leaves("app", "new", "old")
        self.other_untouched()

    @case("an empty registry beside another one's collector: that is not collected")
    def test_empty(self):
        self.registry.empty()
        self.configure(
            {**self.leads_to_other(), "gc": {"when": "always"}, "inventory": {"source": "api"}}
        )
        self.exits(3)
        self.says(
            "nothing is collected: the collector works on another registry",
            "is marked by it, and is not served",
        )
        self.other_untouched()

    @case("paths.host_storage alone is another folder: a warning, and it is not read")
    def test_host_storage(self):
        self.configure({"paths": {"host_storage": str(self.other / "store")}})
        self.exits(0)
        self.says(
            "[WARNING] reading through the API, and not paths.host_storage: ",
            "device and inode differ",
        )
        self.leaves("app", "new")
        self.freed()
        self.other_untouched()


class Copies(TwoRegistries):
    @case(
        "a copy that has a repository more: it marks all that ours has, and is another one all the same"
    )
    def test_more_repositories(self):
        self.push([{"repository": "more", "tag": "theirs", "created": "-1d"}])
        self.copy("bigger")
        shutil.rmtree(self.v2 / "repositories/more")
        leads = self.leads_to_other()
        self.refused(leads)
        self.refused({"paths": {**leads["paths"], "host_storage": None, "storage": None}})
        self.says("more@sha256:", "is marked by it, and is not served")
        self.right_one_cleans()

    @case("a copy that has a manifest more in a repository of ours")
    def test_more_manifests(self):
        self.push([{"repository": "app", "tag": "more", "created": "-1d"}])
        self.copy("bigger")
        self.registry.delete("app", self.digest("app:more"))
        self.refused(self.leads_to_other())
        self.right_one_cleans()

    @case(
        "what has no tag is marked, and served: through the API, too, that is this registry's collector"
    )
    def test_untagged(self):
        self.push(
            [
                {"repository": "app", "id": "one", "created": "-1d"},
                {"repository": "alone", "id": "two", "created": "-1d"},
            ]
        )
        self.configure({"inventory": {"source": "api"}})
        self.exits(0)
        self.says("the collector works on this registry")
        self.leaves("app", "new")

    @case("an exact copy: it does not see what was deleted, and the collection stays owed")
    def test_exact(self):
        for source in SOURCES:
            self.copy(f"same-{source}")
            self.configure({**self.leads_to_other(), "inventory": {"source": source}})
            self.exits(4)
            self.says(
                "the collector does not see what was deleted: it still marks app@sha256:",
                "perhaps a copy",
            )
            self.leaves("app", "new")
            self.assertEqual(self.owed(), ["collection"])
            self.other_untouched()
            # From now on they differ.
            self.exits(3)
            self.says("the collector works on another registry")
            self.assertEqual(self.owed(), ["collection"])
            self.configure()
            self.exits(0)
            self.assertEqual(self.owed(), [])
            self.freed()
            self.push([OLD])


class Own(TwoRegistries):
    """It is this registry's collector, whatever it does."""

    def swaps(self, script):
        """Configuration: a collector that is the right one when it is asked; when it is to work, the script
        runs."""
        return self.exec_script(f"case $* in *--dry-run*) ;; *garbage-collect*) {script};; esac")

    def collected(self, blobs):
        """So many blobs were removed, and nothing is owed."""
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], blobs)
        self.assertEqual(self.owed(), [])

    @case(
        "a collection that removes nothing of what should go, and says nothing of it, is not done"
    )
    def test_removes_nothing(self):
        empty, empty_config = self.folder / "empty", self.folder / "empty.yml"
        for name in ("repositories", "blobs"):
            (empty / "docker/registry/v2" / name).mkdir(parents=True)
        empty_config.write_text(self.config_at(empty))
        collector = self.swaps(f"exec docker-registry garbage-collect '{empty_config}'")
        for source in SOURCES:
            self.configure({**collector, "inventory": {"source": source}})
            self.exits(4)
            self.says(
                "[ERROR] the collector ended well, but ",
                "that nothing refers to any more",
                "named nothing that holds",
            )
            self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 0)
            self.assertEqual(self.owed(), ["collection"])
            self.leaves("app", "new")
            self.configure()
            self.exits(0)
            self.assertEqual(self.owed(), [])
            self.freed()
            self.push([OLD])

    @case("what somebody else collected a moment before is gone, and the collection done")
    def test_somebody_else(self):
        config = self.registry.config
        self.configure(self.swaps(f"docker-registry garbage-collect '{config}' >/dev/null 2>&1"))
        self.exits(0)
        self.collected(0)
        self.freed()

    @case("promoted from dev to prod, where it lost its tag: no blob is removed, and that is right")
    def test_promoted(self):
        for source in SOURCES:
            self.registry.empty()
            self.push(
                [
                    {**OLD, "repository": "dev", "layers": ["shared:51001"]},
                    {"repository": "dev", "tag": "new", "created": "-1d"},
                    {"repository": "prod", "tag": "stable", "same_as": "dev:old"},
                ]
            )
            self.push([{"repository": "prod", "tag": "stable", "created": "-1d"}])
            self.configure({"inventory": {"source": source}})
            self.exits(0)
            self.leaves("dev", "new")
            self.collected(0)
            self.assertEqual(len(self.registry.blobs(51001)), 1)


class Alone(World):
    REGISTRY = None

    @case(
        "a registry that has schema1 only: it signs these anew, and is its collector's all the same"
    )
    def test_schema1(self):
        self.use(self.start_registry(schema1=True))
        for source in SOURCES:
            self.push(
                [
                    {"repository": "a", "tag": "new", "kind": "schema1", "created": "-2d"},
                    {"repository": "a", "tag": "old", "kind": "schema1", "created": "-90d"},
                ]
            )
            self.configure({"inventory": {"source": source}, "gc": {"when": "always"}})
            self.exits(0)
            self.leaves("a", "new")
            self.exits(0)
            self.assertIs(self.report()["garbage_collection"]["ran"], True)

    @case("nothing was pushed yet: there is nothing to collect, and nothing failed")
    def test_fresh(self):
        own = self.start_registry()
        self.use(own)
        self.push([OLD])
        self.use(self.start_registry())
        for source in SOURCES:
            self.configure({"inventory": {"source": source}, "gc": {"when": "always"}})
            for verb in ("run", "collect"):
                self.exits(0, verb, "--dry-run")
                self.keeps_quiet_of("would then run the collector")
                self.exits(0, verb)
                self.says("nothing to collect")
                self.assertIs(self.report()["garbage_collection"]["ran"], False)
                self.assertEqual(self.owed(), [])
        # Where there is something it is that folder that is missing.
        self.configure({"gc": {"when": "always"}}, url=own.url)
        self.exits(4)
        self.says("the registry has no repositories there")
