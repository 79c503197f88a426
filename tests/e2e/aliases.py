"""What the registry's own collector is blind to: blobs that a manifest names by another algorithm
than sha256, and manifests of a type that the registry does not read. While one of them stays,
nothing is deleted and the collector is not let loose."""

import hashlib
import shutil

import images
from v2client import OCI_MANIFEST

from lab import World, case, tree

OLD = {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}
NEW = {"repository": "app", "tag": "new", "created": "-1d"}
SOURCES = ("storage", "api")


def odd(created="-1d", **more):
    """An image of the repository `odd`, v1 unless it is told otherwise."""
    return {"repository": "odd", "tag": "v1", "created": created, **more}


class Blind(World):
    """`app` has one tag that goes and one that stays; what `odd` has is in the collector's way."""

    IMAGES = [OLD, NEW]

    def setUp(self):
        super().setUp()
        self.v2 = self.registry.v2
        self.odd = self.v2 / "repositories/odd"

    def is_freed(self):
        """The layer of app:old is gone from the disk."""
        self.assertEqual(self.registry.blobs(51001), [])

    def is_not_freed(self):
        self.assertTrue(self.registry.blobs(51001))

    def data_of(self, size):
        """What is in the blob of so many bytes."""
        [digest] = self.registry.blobs(size)
        return self.registry.blob(digest).read_bytes()

    def sha512_of(self, size):
        """The name by sha512 of the blob of so many bytes."""
        return f"sha512:{hashlib.sha512(self.data_of(size)).hexdigest()}"

    def configure_source(self, source, changes=None):
        self.configure({"inventory": {"source": source}, **(changes or {})})

    def refuses(self, *texts):
        """With both sources a dry run and a run exit with 4, say all that, delete nothing and run no
        collector; the tags of "app" stay."""
        for source in SOURCES:
            self.refuses_from(source, *texts)

    def refuses_from(self, source, *texts):
        self.configure_source(source)
        before = tree(self.registry.store)
        self.exits(4, "--dry-run")
        self.says("the run would stop here: ", "gc.required", *texts)
        self.keeps_quiet_of("would then run the collector")
        self.exits(4)
        self.says("nothing is deleted, and nothing is collected", "gc.required", *texts)
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        self.assertEqual(self.report()["summary"]["deleted"], 0)
        self.assertEqual(tree(self.registry.store), before)
        self.assertEqual(self.owed(), [])

    def goes_on_without_collecting(self, source):
        """With gc.required false the old tag goes and nothing else does."""
        self.configure_source(source, {"gc": {"required": False}})
        self.exits(1, "--dry-run")
        self.says("[WARNING]", "gc.required")
        self.keeps_quiet_of("would then run the collector")
        self.exits(1)
        self.says("[WARNING]", "the collection stays owed")
        self.keeps_quiet_of("[ERROR]")
        self.leaves("app", "new")
        self.is_not_freed()
        self.assertEqual(self.owed(), ["collection"])

    def verifies_whole(self, count):
        """So many tags, from both sources, read to the last byte."""
        for source in SOURCES:
            self.configure_source(source)
            self.verifies(0)
            self.says(f"{count} tags verified whole")
            self.verifies(0, "--deep")
            self.keeps_quiet_of("[WARNING]", "[ERROR]")


class Aliases(Blind):
    """Blobs and manifests that are named by another algorithm."""

    @case(
        "a layer pushed by sha512 is whole, and while its image stays nothing is deleted or collected"
    )
    def test_layer(self):
        self.push([odd(layers=["odd:51002"], layers_by="sha512")])
        named = self.sha512_of(51002)
        link = self.odd / "_layers/sha512" / named.partition(":")[2] / "link"
        stored = hashlib.sha256(self.data_of(51002)).hexdigest()
        self.assertEqual(link.read_text(), f"sha256:{stored}")
        self.verifies_whole(3)
        self.refuses(
            f"[ERROR] odd:v1 needs the blob {named}", "push what needs a blob by another algorithm"
        )
        self.goes_on_without_collecting("storage")
        self.pulls("odd", "v1")
        self.pulls("app", "new")

    @case("the same through the API alone: deletes without a collection")
    def test_layer_through_api(self):
        self.push([odd(layers_by="sha512")])
        self.goes_on_without_collecting("api")
        self.pulls("odd", "v1")

    @case("a layer pushed by sha384")
    def test_sha384(self):
        self.push([odd(layers_by="sha384")])
        self.verifies_whole(3)
        self.refuses("[ERROR] odd:v1 needs the blob sha384:")

    @case(
        "a config pushed by sha512 is whole, its date is read, and the image is protected like that"
    )
    def test_config(self):
        self.push([odd(config_by="sha512"), odd("-60d", tag="v0", config_by="sha512")])
        self.verifies_whole(4)
        self.refuses("[ERROR] odd:v1 needs the blob sha512:")
        self.keeps_quiet_of("odd:v0 needs")
        self.goes_on_without_collecting("storage")
        self.leaves("odd", "v1")
        self.pulls("odd", "v1")

    @case("the part of an index")
    def test_part(self):
        index = {"kind": "index", "platforms": ["linux/amd64", "linux/arm64"]}
        self.push([odd(tag="many", **index, layers_by="sha512")])
        self.verifies_whole(3)
        self.refuses("[ERROR] odd:many needs the blob sha512:")

    @case("an image without a tag")
    def test_untagged(self):
        self.push([odd(tag=None, id="x", layers_by="sha512")])
        self.refuses_from("storage", f"[ERROR] odd@{self.digest('x')} needs the blob sha512:")

    @case("an image that goes is in nobody's way: the collector runs and frees its layer")
    def test_goes(self):
        for source in SOURCES:
            self.registry.empty()
            by = {"layers_by": "sha512", "config_by": "sha512"}
            self.push([NEW, odd("-90d", layers=["lost:51001"], **by)])
            self.configure_source(source)
            self.exits(0)
            self.is_freed()
            self.leaves("odd")
            self.leaves("app", "new")
            self.pulls("app", "new")

    @case("the forecast follows the alias: what it says is what is freed")
    def test_forecast(self):
        by = {"layers_by": "sha512", "config_by": "sha512"}
        self.push([odd("-90d", layers=["more:51003"], **by)])
        self.configure_source("storage")
        self.exits(0, "--dry-run")
        forecast = self.report()["storage"]["forecast_bytes"]
        self.assertGreater(forecast, 102000)
        self.exits(0)
        self.assertEqual(self.report()["storage"]["freed_bytes"], forecast)

    @case("an image that was to go and stays after all: the others went, and nothing is collected")
    def test_stays_after_all(self):
        self.push([odd("-90d", layers_by="sha512")])
        body = self.folder / "body"
        body.write_bytes(self.registry.client.get_manifest("odd", "v1")[2])
        # Somebody gives it another tag once the plan is made.
        put = f"curl -sS -X PUT -H 'Content-Type: {OCI_MANIFEST}' --data-binary '@{body}'"
        place = f"{self.registry.url}/v2/odd/manifests/young"
        script = f"case $* in *cmdline*) {put} '{place}';; esac"
        self.configure(self.exec_script(script))
        self.exits(4)
        self.says("[ERROR] odd:v1 needs the blob sha512:", "nothing was collected")
        self.leaves("app", "new")
        self.leaves("odd", "v1", "young")
        self.assertEqual(self.owed(), ["collection"])
        self.is_not_freed()
        self.pulls("odd", "young")

    @case("the verb collect foresees and refuses the same")
    def test_collect(self):
        self.push([odd(layers_by="sha512")])
        for source in SOURCES:
            self.configure_source(source, {"gc": {"when": "never"}})
            for options in ([], ["--dry-run"]):
                self.run_program("collect", *options, "--config", self.config)
                self.exited(4)
                self.says("[ERROR] odd:v1 needs the blob sha512:")
            self.pulls("odd", "v1")

    @case("gc.when never: there is nothing to refuse")
    def test_never(self):
        self.push([odd(layers_by="sha512")])
        self.configure({"gc": {"when": "never"}})
        self.exits(0)
        self.keeps_quiet_of("needs the blob")
        self.leaves("app", "new")

    def tag_by_sha512(self, tag):
        """Writes a tag of "odd" as no registry of distribution takes it, but as it would lie in the
        storage: by the sha512 digest of the manifest of app:new. Returns that."""
        shutil.copytree(self.v2 / "repositories/app/_layers", self.odd / "_layers")
        stored = (self.registry.manifests("app") / "tags/new/current/link").read_text()
        named = hashlib.sha512(self.registry.blob(stored).read_bytes()).hexdigest()
        manifests = self.registry.manifests("odd")
        for folder, digest in (
            (manifests / "revisions/sha512" / named, stored),
            (manifests / "tags" / tag / "current", f"sha512:{named}"),
        ):
            folder.mkdir(parents=True)
            (folder / "link").write_text(digest)
        return f"sha512:{named}"

    @case("a manifest pushed by its sha512 digest: the registry refuses that")
    def test_manifest_refused(self):
        body = self.registry.client.get_manifest("app", "new")[2]
        path = f"/v2/app/manifests/sha512:{hashlib.sha512(body).hexdigest()}"
        headers = {"Content-Type": OCI_MANIFEST}
        self.assertEqual(self.registry.request("PUT", path, body, headers)[0], 400)

    @case("a manifest that lies there by its sha512 digest is read through its link, and needs it")
    def test_manifest(self):
        named = self.tag_by_sha512("v1")
        self.has("odd", "v1")
        self.pulls("odd", "v1")
        self.verifies_whole(3)
        self.refuses(f"[ERROR] odd:v1 needs the blob {named} (of manifest {named})")
        self.goes_on_without_collecting("storage")
        self.pulls("odd", "v1")

    @case("a link that is gone: what another repository links is meant, and the tag is damaged")
    def test_link_gone(self):
        by = {"layers": ["odd:51002"], "layers_by": "sha512"}
        self.push([odd(**by), odd(repository="two", **by)])
        named = self.sha512_of(51002)
        shutil.rmtree(self.odd / "_layers/sha512")
        self.configure_source("storage")
        self.verifies(1)
        self.says(
            f"odd:v1 is damaged: layer {named} is not linked in its repository",
            "3 tags verified whole",
        )
        self.refuses_from(
            "storage",
            f"[ERROR] odd:v1 needs the blob {named}",
            f"[ERROR] two:v1 needs the blob {named}",
        )

    @case("a name that no link explains: its repository loses nothing, is counted and named")
    def test_unexplained(self):
        self.push([odd(layers=["odd:51002"], layers_by="sha512"), odd("-90d", tag="aged")])
        named = self.sha512_of(51002)
        shutil.rmtree(self.odd / "_layers/sha512")
        self.configure_source("storage", {"gc": {"required": False}})
        self.exits(1)
        self.says(
            f"odd: blob {named}: no link says by which digest it is stored; nothing is deleted in "
            "this repository"
        )
        self.leaves("odd", "aged", "v1")
        self.leaves("app", "new")
        self.assertTrue(self.registry.blobs(51002))
        self.assertEqual(self.owed(), ["collection"])

    @case("a link that names another digest of the same algorithm is a fault, as before")
    def test_other_digest(self):
        self.push([odd(layers=["odd:51002"])])
        stored = hashlib.sha256(self.data_of(51002)).hexdigest()
        link = self.odd / "_layers/sha256" / stored / "link"
        self.assertTrue(link.exists())
        link.write_text(f"sha256:{7:064}")
        self.configure_source("storage")
        self.verifies(1)
        self.says(
            "odd:v1 is damaged: layer", "broken link: it names another digest than its folder"
        )


class Types(Blind):
    """Manifests of a type that the registry does not read."""

    def type_is_foreseen(self, repository):
        """Its v1 is of a type that the registry does not read."""
        self.assertEqual(self.registry.status(repository, "v1"), 500)
        warning = f"[WARNING] {repository}: "
        for source in SOURCES:
            self.configure_source(source, {"gc": {"when": "never"}})
            self.exits(1, "--dry-run")
            self.assertEqual(len([line for line in self.lines() if warning in line]), 1)
            self.says(warning, "nothing is deleted in this repository")
            v1, aged = (self.tag(repository, tag) for tag in ("v1", "aged"))
            self.assertEqual(v1, "kept unreadable,incomplete_repository")
            self.assertEqual(aged, "kept old,incomplete_repository")
            self.assertEqual(self.tag("app", "old"), "planned old")
            self.assertEqual(self.report()["summary"]["errors"], 1)
        self.refuses_from(
            "storage",
            f"[ERROR] {repository}:v1: the registry's collector would abort at the manifest",
            "delete a manifest of such a type by its digest",
        )
        self.goes_on_without_collecting("storage")
        self.leaves(repository, "aged", "v1")

    # What is written into the storage lies there as if copied from another registry.

    @case("an OCI artifact manifest, which no version reads, is foreseen")
    def test_artifact(self):
        self.write_images([odd("-90d", kind="oci-artifact"), odd("-90d", tag="aged")])
        self.type_is_foreseen("odd")
        self.command("docker-registry", "garbage-collect", "--dry-run", self.registry.config)
        self.exited(1)

    def rewrite_type(self, kind):
        """The manifest of odd:v1 with another type, put in its place."""
        store = images.Store(str(self.registry.store))
        body = store.get_tag("odd", "v1")
        self.assertIn(OCI_MANIFEST.encode(), body)
        store.put_manifest_bytes("odd", "v1", body.replace(OCI_MANIFEST.encode(), kind.encode(), 1))

    @case("a type that is nobody's, one in capitals, and an index of a strange type are foreseen")
    def test_strange_types(self):
        for kind in (
            "application/vnd.example.manifest+json",
            "Application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        ):
            self.registry.empty()
            shutil.rmtree(self.state, ignore_errors=True)
            self.push([OLD, NEW, odd("-90d"), odd("-90d", tag="aged")])
            self.rewrite_type(kind)
            self.type_is_foreseen("odd")

    @case("deleted by its digest, as the error says, it is in nobody's way any more")
    def test_deleted(self):
        self.write_images([odd("-90d", kind="oci-artifact")])
        self.registry.delete("odd", self.digest("odd:v1"))
        self.configure_source("storage")
        self.exits(0)
        self.is_freed()
