"""What the registry serves and its collector reads otherwise than clients, or not at all: known before the
first DELETE, named, and nothing is deleted."""

import json
import shutil

from lab import World, case
from v2client import OCI_MANIFEST, digest_of


class DoubtfulManifests(World):
    IMAGES = [
        {"repository": "team", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
        {"repository": "team", "tag": "new", "created": "-1d"},
        {
            "repository": "app",
            "tag": "new",
            "created": "-1d",
            "layers": ["kept:51002", "more:51003"],
        },
        {
            "repository": "app",
            "tag": "multi",
            "kind": "index",
            "created": "-1d",
            "platforms": ["linux/amd64", "linux/arm64"],
            "layers": ["parts:51004"],
        },
    ]
    CONFIG = None

    def refused(self, source, *texts):
        """Nothing is done, since it is as the texts say."""
        self.configure({"inventory": {"source": source}})
        self.exits(4)
        self.says("[ERROR] nothing is deleted: ", *texts)
        self.keeps_quiet_of("collecting: ")
        self.has("team", "old")
        self.assertEqual(len(self.registry.blobs(51001)), 1)
        self.assertEqual(self.owed(), [])

    def body(self):
        """The manifest of app:new."""
        return self.registry.client.get_manifest("app", "new")[2]

    def put(self, tag, body):
        self.registry.client.put_manifest("app", tag, body, OCI_MANIFEST)

    @case("a key in two cases: clients need the one, the collector marks the other")
    def test_two_cases(self):
        manifest = json.loads(self.body())
        manifest["Layers"] = [manifest["layers"][1]]
        manifest["layers"] = [manifest["layers"][0]]
        body = json.dumps(manifest).encode()
        self.put("cases", body)
        for source in ("storage", "api"):
            self.refused(
                source,
                "[ERROR] app:cases is served, but its manifest cannot be read in one way only",
                "what 1 tag needs is not known",
            )
        # Once it is gone there is nothing in the way.
        self.registry.delete("app", digest_of(body))
        self.exits(0)
        self.leaves("team", "new")
        self.pulls("app", "multi", "new")

    @case("a key that is there twice")
    def test_twice(self):
        manifest = json.loads(self.body())
        text = json.dumps(manifest)
        layer = json.dumps(manifest["layers"][0])
        self.assertEqual(text.count('"layers":'), 1)
        self.put("twice", text.replace('"layers":', f'"layers":[{layer}],"layers":').encode())
        self.refused("storage", "[ERROR] app:twice is served")
        self.refused("api", "[ERROR] app:twice is served")

    def still_cleans(self, child):
        """From both sources, with exit code 1, although app does not have the child, which app:multi
        lists."""
        for source in ("storage", "api"):
            self.configure({"inventory": {"source": source}})
            self.exits(1)
            if source == "storage":
                self.says(
                    "[WARNING] 1 manifest that an index lists is stored, but not linked",
                    f"app@{child}",
                )
            self.assertIs(self.report()["garbage_collection"]["ran"], True)
            self.leaves("team", "new")
            self.leaves("app", "multi", "new")
            self.assertEqual(self.registry.blobs(51001), [])
            self.push(
                [
                    self.IMAGES[0],
                    {"repository": "keeper", "tag": "kept", "created": "-1d"},
                ]
            )

    @case(
        "a part of an index that was deleted: nobody could pull it, and nothing is refused for it"
    )
    def test_deleted_part(self):
        child = self.digest("app:multi/linux/arm64")
        self.registry.delete("app", child)
        self.still_cleans(child)
        self.says("app:multi is damaged")

    @case("a part of an index whose link is lost: it is named, and the rest is cleaned")
    def test_lost_link(self):
        child = self.digest("app:multi/linux/arm64")
        shutil.rmtree(self.registry.manifests("app") / "revisions/sha256" / child[7:])
        self.still_cleans(child)

    @case("a manifest whose file is not that of its digest: what it was meant to need is not known")
    def test_other_bytes(self):
        file = self.registry.blob(self.digest("app:new"))
        document = json.loads(file.read_text())
        file.write_text(json.dumps({**document, "x": 1}))
        self.refused("storage", "[ERROR] app:new is served")

    @case("a tag that the registry answers with 404 is broken already, and in nobody's way")
    def test_broken_already(self):
        self.push([{"repository": "other", "tag": "broken", "created": "-1d"}])
        revisions = self.registry.manifests("other") / "revisions/sha256"
        (revisions / self.digest("other:broken")[7:] / "link").unlink()
        self.configure()
        self.exits(1)
        self.says(
            "second opinion: no tag that stays needs",
            "other:broken is damaged",
            "(it was so before this run)",
        )
        self.leaves("team", "new")
        self.pulls("app", "multi", "new")
