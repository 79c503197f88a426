"""Registries whose storage is no folder of this host, but S3: what the program knows there comes from the
collector's own list. What is there is looked at in the S3 server's memory."""

import json

from lab import FaultWorld, case
from lab.s3_registry import S3Registry

OLD_AND_NEW = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]


class Objects(FaultWorld):
    """A registry over S3, started once; its bucket is emptied before each test."""

    REGISTRY = None
    CONFIG = {}
    images = OLD_AND_NEW
    options = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = S3Registry(**cls.options)

    @classmethod
    def tearDownClass(cls):
        cls.shared.stop()

    def setUp(self):
        super().setUp()
        self.shared.empty()
        self.use(self.shared)
        self.proxy = self.start_proxy()
        self.push(self.images)
        self.configure()

    def configure(self, *changes, url=None):
        """Without a folder, which there is not."""
        super().configure({"paths": {"host_storage": None}}, *changes, url=url)

    def blobs(self):
        return self.shared.blob_sizes()

    def lost(self, before):
        """The bytes of blobs that the bucket had and has not."""
        after = self.blobs()
        return sum(size for digest, size in before.items() if digest not in after)

    def storage(self):
        return self.report()["storage"]


class Check(Objects):
    def asks(self, code):
        """Runs check; {name: (verdict, text)} of its answers."""
        self.run_program("check", "--config", self.config, "--json", apart=True)
        self.exited(code)
        rows = json.loads(self.output)["checks"]
        return {row["name"]: (row["verdict"], row["text"]) for row in rows}

    @case("check tells the driver, and that a folder is none of its")
    def test_check(self):
        answers = self.asks(0)
        self.assertEqual(answers["storage_driver"], ("ok", "s3"))
        self.assertEqual(answers["folder"][0], "not_asked")
        self.assertEqual(answers["collector"][0], "ok")
        self.configure({"paths": {"host_storage": str(self.shared.store)}})
        answers = self.asks(1)
        self.assertEqual(
            [name for name in answers if answers[name][0] == "trouble"], ["storage_driver"]
        )
        self.assertIn("paths.host_storage is ignored", answers["storage_driver"][1])


class Freed(Objects):
    """Blobs, from which ages are read, are had from the S3 server itself."""

    options = {"redirect": True}

    @case("what a run frees is what the bucket lost, and what its dry run forecast")
    def test_freed(self):
        before = self.blobs()
        self.exits(0, "--dry-run")
        self.assertEqual(self.blobs(), before)
        forecast = self.storage()["forecast_bytes"]
        self.exits(0)
        self.leaves("app", "new")
        lost = self.lost(before)
        self.assertGreater(lost, 1024)
        storage = self.storage()
        self.assertEqual(storage["freed_bytes"], lost)
        self.assertEqual(forecast, lost)
        self.assertEqual(storage["freed_known_from"], "collector")
        self.assertEqual(storage["driver"], "s3")
        self.assertIsNone(storage["before"])
        self.says("the registry has its storage in s3", "(3 blobs that the collector removed)")

    @case("garbage of before has no size that anybody states: null, and at least so much")
    def test_unsized(self):
        self.push([{"repository": "app", "tag": "gone", "created": "-99d"}])
        self.shared.delete("app", self.digest("app:gone"))
        before = self.blobs()
        self.exits(0, "--dry-run")
        storage = self.storage()
        self.assertIsNone(storage["forecast_bytes"])
        self.assertEqual(storage["forecast"]["blobs"], 6)
        self.assertIsNone(storage["forecast"]["garbage_bytes"])
        self.says("would then free at least ", "of 3 of them, garbage already now")
        garbage = self.blobs()
        self.exits(0)
        storage = self.storage()
        self.assertIsNone(storage["freed_bytes"])
        self.assertGreater(storage["freed_bytes_at_least"], 1024)
        self.assertLess(storage["freed_bytes_at_least"], self.lost(before))
        self.says("freed at least ", "of the 6 blobs that the collector removed, the size of 3")
        self.assertEqual(len(garbage) - len(self.blobs()), 6)

    @case("a collection that removes nothing frees 0 bytes, which is known")
    def test_nothing(self):
        self.configure({"cleanup": {"days_to_keep": 365}, "gc": {"when": "always"}})
        before = self.blobs()
        self.exits(0)
        self.assertEqual(self.blobs(), before)
        self.assertEqual(self.storage()["freed_bytes"], 0)


class Untagged(Objects):
    """An index that is pulled by its digest alone shares a child with a tagged one that goes."""

    images = [
        {"repository": "app", "id": "both", "created": "-90d"},
        {"repository": "app", "id": "lost", "created": "-90d"},
        {"repository": "app", "id": "pinned", "kind": "index", "children": ["both"]},
        {"repository": "app", "tag": "old", "kind": "index", "children": ["both", "lost"]},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "lib", "id": "single", "created": "-80d"},
        {"repository": "lib", "tag": "new", "created": "-1d"},
    ]

    def names(self):
        listed = self.report()["untagged_listed"]
        self.assertEqual(listed["count"], len(listed["manifests"]))
        return {(row["repository"], row["digest"]) for row in listed["manifests"]}

    @case("an index that no tag reaches keeps its child; forecast and run agree on what goes")
    def test_protected(self):
        before = self.blobs()
        self.exits(0, "--dry-run")
        forecast = self.storage()["forecast_bytes"]
        self.says("(listed by " + self.digest("pinned"))
        self.exits(0)
        self.leaves("app", "new")
        self.pulls("app", "new", self.digest("pinned"), self.digest("both"))
        self.lacks("app", self.digest("lost"), self.digest("app:old"))
        self.pulls("lib", "new", self.digest("single"))
        self.assertEqual(self.storage()["freed_bytes"], self.lost(before))
        self.assertEqual(forecast, self.lost(before))
        self.keeps_quiet_of("cannot be protected")

    @case("a tag of a child that such an index lists stays after all")
    def test_tagged_child(self):
        self.push([{"repository": "app", "tag": "child", "created": "-70d", "id": "child"}])
        self.push(
            [
                {"repository": "app", "id": "child", "created": "-70d"},
                {"repository": "app", "id": "holder", "kind": "index", "children": ["child"]},
            ]
        )
        self.shared.point("app", "child", self.digest("child"))
        self.exits(0)
        self.leaves("app", "child", "new")
        self.says("keep app:child after all")

    @case("what describes an image, and no list names, goes with it")
    def test_referrer(self):
        self.push(
            [
                {"repository": "app", "id": "shot", "tag": "shot", "created": "-90d"},
                {
                    "repository": "app",
                    "id": "sbom",
                    "kind": "artifact",
                    "subject": "shot",
                    "fallback": False,
                },
            ]
        )
        before = self.blobs()
        self.exits(0, "--dry-run")
        forecast = self.storage()["forecast_bytes"]
        self.exits(0)
        self.leaves("app", "new")
        self.lacks("app", self.digest("shot"), self.digest("sbom"))
        self.assertEqual(self.storage()["freed_bytes"], self.lost(before))
        self.assertEqual(forecast, self.lost(before))

    @case("what no tag leads to is named in the report and counted in the log")
    def test_named(self):
        self.exits(0, "--dry-run", "--debug")
        single = ("lib", self.digest("single"))
        pinned = ("app", self.digest("pinned"))
        self.assertEqual(self.names(), {single, pinned})
        self.says("no tag leads to 2 manifests that the collector keeps")
        self.says(f"no tag leads to lib@{single[1]}")

    @case("cleanup.untagged_days has no dates there: said, and nothing without a tag goes")
    def test_days(self):
        self.configure(
            {
                "cleanup": {"untagged_days": 1},
                "inventory": {"source": "auto"},
                "paths": {"host_storage": str(self.shared.store)},
            }
        )
        self.exits(0)
        self.says("cleanup.untagged_days removes nothing: the registry has its storage in s3")
        self.pulls("lib", self.digest("single"))

    @case("one that cannot be read: nothing goes in its repository, exit 1")
    def test_unreadable(self):
        path = f"/v2/app/manifests/{self.digest('pinned')}$"
        self.rules({"match": {"method": "GET", "path": path}, "status": 500})
        self.configure(url=self.proxy.url)
        self.exits(1)
        self.leaves("app", "new", "old")
        self.pulls("app", "new", "old")


class Doubt(Objects):
    """The catalog and the collector's list do not fit."""

    images = OLD_AND_NEW + [{"repository": "hidden", "tag": "old", "created": "-90d"}]

    @case("a repository that the catalog hides is named, nothing goes in it, exit 1")
    def test_hidden(self):
        self.rules({"match": {"path": "/v2/_catalog"}, "hide": {"repositories": ["hidden"]}})
        self.configure(url=self.proxy.url)
        for options in (["--dry-run"], []):
            self.exits(1, *options)
            self.says("the catalog leaves out 1 repository that the collector lists: hidden")
        self.leaves("hidden", "old")
        self.pulls("hidden", "old")
        self.leaves("app", "new")

    @case("what registry.repositories does not name is not hidden, but the forecast is not sure")
    def test_named(self):
        self.configure({"registry": {"repositories": ["app"]}})
        self.exits(0, "--dry-run")
        self.says("would then free about ", "1 manifest that the collector lists is not read")
        self.assertIsNone(self.storage()["forecast_bytes"])
        before = self.blobs()
        self.exits(0)
        self.leaves("hidden", "old")
        self.pulls("hidden", "old")
        self.assertEqual(self.storage()["freed_bytes"], self.lost(before))

    def without_app(self):
        """Configuration: the collector's dry run does not come across it."""
        return self.exec_script(
            """case $* in *garbage-collect*--dry-run*) "$@" | grep -v '^app'; exit 0;; esac"""
        )

    @case("a collector that does not come across what is served is another registry's: exit 3")
    def test_other(self):
        self.configure(self.without_app())
        before = self.blobs()
        self.exits(3)
        self.assertEqual(self.blobs(), before)

    @case("where that cannot be proved, the repository is named, and nothing goes: exit 4")
    def test_overlooked(self):
        self.rules({"match": {"method": "GET", "path": "app/manifests/sha256:"}, "status": 500})
        opinion = {"gc": {"second_opinion": False}}
        self.configure(self.without_app(), opinion, url=self.proxy.url)
        before = self.blobs()
        self.exits(4)
        self.says("the collector does not come across 1 repository of the catalog", "has: app")
        self.rules()
        self.leaves("app", "new", "old")
        self.leaves("hidden", "old")
        self.assertEqual(self.blobs(), before)


class Opinion(Objects):
    @case("a collector that would remove what a tag needs is refused: exit 4, nothing goes")
    def test_loss(self):
        layer = self.shared.manifest("app", "new")["layers"][0]["digest"]
        script = f"""case $* in *garbage-collect*--dry-run*)
            "$@"; echo "blob eligible for deletion: {layer}"; exit 0;; esac"""
        self.configure(self.exec_script(script))
        before = self.blobs()
        self.exits(4)
        self.says(f"app:new needs blob {layer}, which the collector would remove")
        self.assertEqual(self.blobs(), before)
        self.leaves("app", "new", "old")


class Folder(Objects):
    """paths.host_storage that is none of this registry's."""

    @case("a host_storage is ignored where the registry says that it stores in s3, in one sentence")
    def test_ignored(self):
        before = self.blobs()
        self.configure({"paths": {"host_storage": str(self.shared.store)}})
        self.exits(0)
        told = [line for line in self.lines() if "paths.host_storage" in line]
        self.assertEqual(len(told), 1, told)
        self.matches(r"\[WARNING\] paths.host_storage is ignored: .* in s3, as .*config.yml says")
        storage = self.storage()
        self.assertIsNone(storage["before"])
        self.assertEqual(storage["freed_bytes"], self.lost(before))

    @case("source storage is refused then: exit 3")
    def test_source(self):
        folder = {"host_storage": str(self.shared.store)}
        self.configure({"paths": folder, "inventory": {"source": "storage"}})
        self.exits(3)
        self.says("the registry's storage is no folder of this host")
        self.leaves("app", "new", "old")

    def unknown_driver(self, folder):
        """As where neither file nor variables of the registry can be read."""
        script = """case $1 in cat|env) exit 1;; esac"""
        self.configure({"paths": {"host_storage": str(folder)}}, self.exec_script(script))

    @case("an empty folder, and one of others, are said to be that and never measured as 0")
    def test_empty(self):
        foreign = self.folder / "foreign"
        foreign.mkdir()
        for name, sentence in (
            ("", "is empty: it is not the registry's storage"),
            ("x", "there is no registry storage in"),
        ):
            if name:
                (foreign / name).write_text("something")
            with self.subTest(sentence):
                self.unknown_driver(foreign)
                self.push(OLD_AND_NEW)
                before = self.blobs()
                self.exits(0)
                self.says(sentence)
                storage = self.storage()
                self.assertIsNone(storage["driver"])
                self.assertIsNone(storage["before"])
                self.assertIsNone(storage["after"])
                self.assertEqual(storage["freed_bytes"], self.lost(before))
                self.assertGreater(storage["freed_bytes"], 0)

    @case("another registry's folder is said to be that, and not measured either")
    def test_foreign(self):
        foreign = self.folder / "foreign"
        (foreign / "docker/registry/v2/repositories/other/_layers").mkdir(parents=True)
        for source, sentence in (
            ("auto", "reading through the API, and not paths.host_storage"),
            ("api", "app has tags, but paths.host_storage has no manifest of them"),
        ):
            with self.subTest(source):
                self.unknown_driver(foreign)
                self.change_config({"inventory": {"source": source}})
                self.push(OLD_AND_NEW)
                before = self.blobs()
                self.exits(0)
                self.says(sentence)
                storage = self.storage()
                self.assertIsNone(storage["before"])
                self.assertEqual(storage["freed_bytes"], self.lost(before))
