"""Every kind of manifest that registries hold: what is its date, what goes with it, what it holds."""

import re

from lab import World, case


def app(*specs):
    """Images of the repository `app`."""
    return [{"repository": "app", **spec} for spec in specs]


class Manifests(World):
    REGISTRY = {"schema1": True}

    def on_disk(self, size):
        """There is a blob of that many bytes."""
        self.assertTrue(self.registry.blobs(size), f"no blob of {size} bytes")

    def not_on_disk(self, size):
        self.assertEqual(self.registry.blobs(size), [], f"blobs of {size} bytes")

    def counts(self, **numbers):
        """The summary of the report has these numbers."""
        summary = self.report()["summary"]
        self.assertEqual({name: summary[name] for name in numbers}, numbers)

    @case("images of both kinds and schema 1 have their date from their config or history")
    def test_images(self):
        self.push(
            app(
                {"tag": "oci-old", "created": "-90d"},
                {"tag": "oci-new", "created": "-1d"},
                {"tag": "docker-old", "kind": "docker", "created": "-90d"},
                {"tag": "docker-new", "kind": "docker", "created": "-1d"},
                {"tag": "schema1-old", "kind": "schema1", "created": "-90d"},
                {"tag": "schema1-new", "kind": "schema1", "created": "-1d"},
            )
        )
        self.exits(0)
        self.leaves("app", "oci-new", "docker-new", "schema1-new")
        self.pulls("app", "oci-new", "docker-new", "schema1-new")

    @case("charts and other artifacts have no date but their annotation; without it they stay")
    def test_artifacts(self):
        self.push(
            app(
                {"tag": "chart", "kind": "helm"},
                {"tag": "chart-old", "kind": "helm", "created": "-90d"},
                {"tag": "thing", "kind": "artifact"},
                {"tag": "thing-old", "kind": "artifact", "created": "-90d"},
                {"tag": "thing-new", "kind": "artifact", "created": "-1d"},
            )
        )
        self.exits(0)
        self.leaves("app", "chart", "thing", "thing-new")
        self.assertEqual(self.tag("app", "chart"), "kept unknown_age")
        self.assertEqual(self.tag("app", "thing"), "kept unknown_age")
        self.counts(unknown_age=2)
        self.pulls("app", "chart", "thing", "thing-new")

    @case("modules and models have their date from their configs")
    def test_modules(self):
        kinds = ("wasm", "modelpack", "docker-model")
        for kind in kinds:
            self.push(
                app(
                    {"tag": f"{kind}-old", "kind": kind, "created": "-90d"},
                    {"tag": f"{kind}-new", "kind": kind, "created": "-1d"},
                    {"tag": f"{kind}-zero", "kind": kind, "created": "0001-01-01T00:00:00Z"},
                    {"tag": f"{kind}-none", "kind": kind},
                )
            )
        self.exits(0)
        self.leaves("app", *(f"{kind}-{age}" for kind in kinds for age in ("new", "zero", "none")))
        self.counts(unknown_age=6, deleted=3)

    @case(
        "no date, then history, then the manifest's annotation; a bad date is none and hides the others"
    )
    def test_dates(self):
        note = {"annotations": {"org.opencontainers.image.created": "-90d"}}
        self.push(
            app(
                {"tag": "history", "config_created_missing": True, "history_created": "-90d"},
                {"tag": "annotation", "history_created": None, **note},
                {"tag": "nothing"},
                {"tag": "zero", "created": "0001-01-01T00:00:00Z", **note},
                {"tag": "epoch", "created": "1970-01-01T00:00:00Z", **note},
                {"tag": "eighties", "created": "1980-01-01T00:00:01Z", **note},
                {"tag": "before", "created": "2013-03-19T23:59:59Z"},
                {"tag": "first", "created": "2013-03-20T00:00:00Z"},
                {"tag": "offset", "created": "2020-01-01T12:00:00.123456789+05:30"},
                {"tag": "words", "created": "yesterday"},
            )
        )
        self.exits(0)
        self.leaves("app", "nothing", "zero", "epoch", "eighties", "before", "words")
        self.counts(unknown_age=6)

    @case("an index and a list go with all their children, and the children's layers are freed")
    def test_index(self):
        amd64, arm64, i386 = "linux/amd64", "linux/arm64", "linux/386"
        index = {"kind": "index", "platforms": [amd64, arm64], "layers": ["of index:41001"]}
        listed = {"kind": "docker-list", "platforms": [amd64, i386], "layers": ["of list:41002"]}
        kept = {"kind": "index", "platforms": [amd64], "layers": ["of kept:41003"]}
        self.push(
            app(
                {"tag": "index", "created": "-90d", **index},
                {"tag": "list", "created": "-90d", **listed},
                {"tag": "kept", "created": "-1d", **kept},
            )
        )
        self.exits(0)
        self.leaves("app", "kept")
        for child in ("app:index/linux/amd64", "app:index/linux/arm64", "app:list/linux/386"):
            self.lacks("app", self.digest(child))
        self.not_on_disk(41001)
        self.not_on_disk(41002)
        self.on_disk(41003)
        self.pulls("app", "kept")
        self.counts(manifests_deleted=6)

    @case("an index goes before its children")
    def test_index_first(self):
        platforms = ["linux/amd64", "linux/arm64"]
        self.push(app({"tag": "index", "kind": "index", "created": "-90d", "platforms": platforms}))
        requests = self.watch(lambda: self.exits(0))
        done = [line for line in requests if line.startswith("DELETE ") and line.endswith(" 202")]
        self.assertEqual(len(done), 3)
        self.assertEqual(done[0], f"DELETE /v2/app/manifests/{self.digest('app:index')} 202")

    @case("an index is as old as its newest child, and stays whole")
    def test_newest_child(self):
        self.push(
            app(
                {"id": "aged", "created": "-400d"},
                {"id": "fresh", "created": "-1d"},
                {"id": "undated"},
                {"tag": "mixed", "kind": "index", "children": ["aged", "fresh"]},
                {"tag": "unsure", "kind": "index", "children": ["aged", "undated"]},
            )
        )
        self.exits(0)
        self.leaves("app", "mixed", "unsure")
        self.assertEqual(self.tag("app", "mixed"), "kept recent")
        self.assertEqual(self.tag("app", "unsure"), "kept unknown_age")
        self.pulls("app", "mixed", "unsure")

    @case(
        "an artifact without a date beside images, as SOCI lists one, does not make an index undated"
    )
    def test_soci(self):
        soci = "application/vnd.amazon.soci.index.v2+json"
        self.push(
            app(
                {"id": "aged", "created": "-400d"},
                {"id": "fresh", "created": "-1d"},
                {"id": "undated"},
                {"id": "soci", "kind": "artifact", "artifact_type": soci},
                {"tag": "old", "kind": "index", "children": ["aged", "soci"]},
                {"tag": "young", "kind": "index", "children": ["fresh", "soci"]},
                {"tag": "artifacts", "kind": "index", "children": ["soci"]},
                {"tag": "unsure", "kind": "index", "children": ["aged", "soci", "undated"]},
            )
        )
        self.exits(0)
        self.leaves("app", "young", "artifacts", "unsure")
        self.assertEqual(self.tag("app", "old"), "deleted old")
        self.assertEqual(self.tag("app", "artifacts"), "kept unknown_age")
        self.assertEqual(self.tag("app", "unsure"), "kept unknown_age")
        self.pulls("app", "young", "artifacts", "unsure")

    @case("an index within an index: all levels go, or all stay")
    def test_nested(self):
        inner = {"kind": "index", "platforms": ["linux/amd64"]}
        self.push(
            app(
                {"id": "inner", **inner, "created": "-90d", "layers": ["inner:42001"]},
                {"tag": "outer", "kind": "index", "children": ["inner"]},
                {"id": "young", **inner, "created": "-1d"},
                {"tag": "holds", "kind": "index", "children": ["young"]},
            )
        )
        self.exits(0)
        self.leaves("app", "holds")
        self.lacks("app", self.digest("inner"))
        self.not_on_disk(42001)
        self.pulls("app", "holds")

    @case("a child that an index that stays lists as well, stays")
    def test_shared_child(self):
        self.push(
            app(
                {"id": "own", "created": "-90d", "layers": ["own:43001"]},
                {"id": "shared", "created": "-90d", "layers": ["shared:43002"]},
                {"tag": "old", "kind": "index", "children": ["own", "shared"]},
                {"tag": "latest", "kind": "index", "children": ["shared"]},
            )
        )
        self.exits(0)
        self.leaves("app", "latest")
        self.lacks("app", self.digest("own"))
        self.not_on_disk(43001)
        self.on_disk(43002)
        self.pulls("app", "latest")

    @case("a child that a kept tag points at stays; one that only old tags point at goes")
    def test_tagged_child(self):
        self.push(
            app(
                {"id": "first", "tag": "latest", "created": "-90d"},
                {"id": "second", "tag": "amd64", "created": "-90d"},
                {"tag": "old", "kind": "index", "children": ["first", "second"]},
            )
        )
        self.exits(0)
        self.leaves("app", "latest")
        self.lacks("app", self.digest("second"))
        self.pulls("app", "latest")

    @case("an old tag of a child stays with the index that stays, which is named")
    def test_old_tag_of_child(self):
        self.push(
            app(
                {"id": "aged", "tag": "old-child", "created": "-90d"},
                {"id": "fresh", "created": "-1d"},
                {"tag": "index", "kind": "index", "children": ["aged", "fresh"]},
            )
        )
        self.exits(0)
        self.leaves("app", "index", "old-child")
        self.assertEqual(self.tag("app", "old-child"), "kept old,index_kept")
        held_by = [row["held_by"] for row in self.report()["tags"] if row["tag"] == "old-child"]
        self.assertEqual(held_by, [self.digest("app:index")])
        self.pulls("app", "index", "old-child")

    @case("children that are not there do not count: a sparse index goes by the others")
    def test_sparse(self):
        both = {"kind": "index", "platforms": ["linux/amd64", "linux/arm64"]}
        self.push(
            app(
                {"tag": "old", **both, "created": "-90d"},
                {"tag": "new", **both, "created": "-1d"},
                {"tag": "hollow", "kind": "index", "created": "-90d", "platforms": ["linux/s390x"]},
            )
        )
        for child in ("app:old/linux/arm64", "app:new/linux/arm64", "app:hollow/linux/s390x"):
            self.registry.delete("app", self.digest(child))
        # The verification at the end tells of those that stay.
        self.exits(1)
        self.says("app:hollow is damaged", "app:new is damaged", "(it was so before this run)")
        self.keeps_quiet_of("(removed in this run)")
        self.leaves("app", "new", "hollow")
        self.assertEqual(self.tag("app", "hollow"), "kept unknown_age")
        self.lacks("app", self.digest("app:old/linux/amd64"))
        self.has("app", self.digest("app:new/linux/amd64"))

    @case("what buildx pushes: attestations have no date that counts, and go with their index")
    def test_attestations(self):
        attested = {"kind": "attested-index", "platforms": ["linux/amd64", "linux/arm64"]}
        self.push(
            app(
                {"tag": "old", **attested, "created": "-90d"},
                {"tag": "new", "kind": "attested-index", "created": "-1d"},
            )
        )
        self.exits(0)
        self.leaves("app", "new")
        for child in ("amd64", "amd64/attestation", "arm64/attestation"):
            self.lacks("app", self.digest(f"app:old/linux/{child}"))
        self.pulls("app", "new")

    @case("images that no tag reaches and no index that goes lists are left alone")
    def test_untagged(self):
        index = {"kind": "index", "created": "-90d", "platforms": ["linux/amd64"]}
        self.push(
            app(
                {"id": "untagged", "created": "-90d"},
                {"id": "untagged index", **index},
                {"tag": "old", "created": "-90d"},
            )
        )
        self.exits(0)
        self.leaves("app")
        self.pulls("app", self.digest("untagged"), self.digest("untagged index"))


class UntaggedIndex(World):
    """An index that is pulled by its digest alone shares a child with a tagged one that goes."""

    IMAGES = app(
        {"id": "both", "created": "-90d"},
        {"id": "lost", "created": "-90d"},
        {"id": "pinned", "kind": "index", "children": ["both"]},
        {"tag": "old", "kind": "index", "children": ["both", "lost"]},
    ) + [{"repository": "other", "tag": "old", "created": "-90d"}]

    def logged(self, pattern):
        """How many lines of the log are like that pattern."""
        log = (self.program_folder / "log").read_text()
        return sum(bool(re.search(pattern, line)) for line in log.splitlines())

    @case("an index that no tag reaches protects its children where the storage can be read")
    def test_protects(self):
        self.exits(0)
        self.leaves("app")
        self.lacks("app", self.digest("app:old"), self.digest("lost"))
        self.pulls("app", self.digest("pinned"))
        self.keeps_quiet_of("cannot be protected")

    @case("without host_storage it does so where the collector lists it")
    def test_no_storage(self):
        self.configure({"paths": {"host_storage": None}})
        self.exits(0)
        self.leaves("app")
        self.leaves("other")
        self.pulls("app", self.digest("pinned"))
        self.lacks("app", self.digest("lost"))
        self.assertEqual(self.logged("untagged indexes cannot be protected"), 0)

    @case("without host_storage and without the collector the log says once that it cannot")
    def test_no_list(self):
        self.configure({"paths": {"host_storage": None}, "gc": {"when": "never"}})
        self.exits(0)
        self.leaves("app")
        self.lacks("app", self.digest("both"))
        self.assertEqual(self.logged("untagged indexes cannot be protected"), 1)

    @case("with a host_storage that is not there the log warns once of that, and of the same")
    def test_storage_absent(self):
        nowhere = {"paths": {"host_storage": str(self.folder / "nowhere")}}
        self.configure(nowhere, {"gc": {"when": "never"}})
        self.exits(0)
        self.leaves("app")
        self.assertEqual(self.logged(r"\[WARNING\].*untagged indexes cannot be protected"), 1)
        self.assertEqual(self.logged(r"\[WARNING\] paths.host_storage: there is no "), 1)
