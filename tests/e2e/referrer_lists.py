"""The indexes that clients keep under the tag sha256-HEX, as a list of what describes an image, where
the registry has no referrers API: they are pushed anew for each referrer, and left behind (S4)."""

import json

from v2client import OCI_INDEX, OCI_MANIFEST, digest_of

from lab import World, case

EMPTY = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
API = {"inventory": {"source": "api"}}


def list_of(digest):
    """What clients call the list of the referrers of an image."""
    return digest.replace(":", "-")


class ReferrerLists(World):
    def image(self, created, tag="v1"):
        """Pushes one to the app; returns its digest."""
        self.push([{"repository": "app", "tag": tag, "created": created}])
        return self.digest(f"app:{tag}")

    def attach(self, image, *names):
        """As a client does it that knows of no other; returns the digest of the last."""
        for name in names:
            referrer = {"repository": "app", "id": name, "kind": "referrer", "subject": image}
            self.push([referrer])
        return self.digest(names[-1])

    def body(self, reference):
        """The bytes of a manifest of the app."""
        return self.registry.client.get_manifest("app", reference)[2]

    def put(self, reference, body, kind=OCI_INDEX):
        """Pushes these bytes, or a document, as a manifest."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.registry.client.put_manifest("app", reference, data, kind)

    def again(self, digest, tag):
        """An image under this tag, too."""
        self.put(tag, self.body(digest), OCI_MANIFEST)

    def has_revisions(self, count):
        """The app has so many manifests."""
        links = (self.registry.manifests("app") / "revisions").rglob("link")
        self.assertEqual(len(list(links)), count)

    def goes_whole(self):
        """The run deletes all that the app has; the dry run before it foresees it to the byte."""
        self.exits(0, "--dry-run")
        forecast = self.report()["storage"]["forecast_bytes"]
        self.exits(0)
        self.leaves("app")
        self.has_revisions(0)
        self.assertEqual(self.report()["storage"]["freed_bytes"], forecast)

    @case("the lists that were left behind go with the image, and all referrers")
    def test_left_behind(self):
        self.attach(self.image("-90d"), "one", "two", "three")
        self.has_revisions(7)
        self.goes_whole()

    @case("the same where the API is read")
    def test_left_behind_api(self):
        self.attach(self.image("-90d"), "one", "two", "three")
        self.configure(API)
        self.goes_whole()

    @case("a referrer that its list does not name any more goes, too, and with it the older list")
    def test_not_named(self):
        image = self.image("-90d")
        self.attach(image, "one", "two")
        document = json.loads(self.body(list_of(image)))
        del document["manifests"][0]
        self.put(list_of(image), document)
        self.has_revisions(6)
        self.configure(API)
        self.goes_whole()

    @case("they stay with an image that stays")
    def test_stay(self):
        image = self.image("-1d")
        self.attach(image, "one", "two")
        self.exits(0)
        self.leaves("app", "v1", list_of(image))
        self.assertEqual(self.tag("app", list_of(image)), "kept subject_kept")
        self.has_revisions(5)
        self.pulls("app", list_of(image))

    @case("an index without a tag that lists anything else keeps all that it lists")
    def test_other(self):
        other = self.image("-1d", "v2")
        referrer = self.attach(self.image("-90d"), "one")
        size = len(self.body(referrer))
        listed = [
            {"mediaType": OCI_MANIFEST, "digest": digest, "size": size}
            for digest in (referrer, other)
        ]
        body = json.dumps({**EMPTY, "manifests": listed}).encode()
        self.put(digest_of(body), body)
        self.exits(0)
        self.leaves("app", "v2")
        self.has("app", referrer)

    @case("a list without an entry stays and goes with its image")
    def test_no_entry(self):
        name = list_of(self.image("-90d"))
        self.put(name, EMPTY)
        self.verifies(0)
        self.configure({"cleanup": {"days_to_keep": 100}})
        self.exits(0)
        self.assertEqual(self.tag("app", name), "kept subject_kept")
        self.configure()
        self.goes_whole()

    @case("an entry whose referrer was deleted is no damage, in no run and for verify")
    def test_deleted(self):
        image = self.image("-1d")
        self.registry.delete("app", self.attach(image, "one", "two"))
        self.verifies(0)
        self.keeps_quiet_of("damaged")
        self.exits(0)
        self.leaves("app", "v1", list_of(image))
        self.assertEqual(self.tag("app", list_of(image)), "kept subject_kept")

    @case("an entry whose referrer was deleted is no reason to warn before a collection")
    def test_deleted_before_collection(self):
        self.image("-90d", "old")
        image = self.image("-1d")
        self.registry.delete("app", self.attach(image, "one", "two"))
        self.exits(0)
        self.leaves("app", "v1", list_of(image))
        self.says("second opinion: no tag")
        self.keeps_quiet_of("that an index lists")

    @case("a list of which no entry is there goes with its image")
    def test_all_deleted(self):
        self.registry.delete("app", self.attach(self.image("-90d"), "one"))
        self.verifies(0)
        self.goes_whole()

    @case("the list of what describes something that is not there is an orphan, and stays")
    def test_orphan(self):
        absent = f"sha256-{7:064}"
        self.image("-1d")
        self.put(absent, EMPTY)
        self.exits(0)
        self.assertEqual(self.tag("app", absent), "kept orphan")

    @case(
        "what a bundle needs is tagged by its own digest, and stays; the bundle goes with its tag"
    )
    def test_bundle(self):
        bundle = self.image("-90d")
        self.again(bundle, f"{list_of(bundle)}.imgpkg")
        self.push([{"repository": "app", "id": "needed", "created": "-90d"}])
        needed = self.digest("needed")
        self.again(needed, f"{list_of(needed)}.imgpkg")
        self.exits(0, "--dry-run")
        self.assertEqual(self.tag("app", f"{list_of(bundle)}.imgpkg"), "planned old")
        self.exits(0)
        self.leaves("app", f"{list_of(needed)}.imgpkg")
