"""Signatures, attestations and SBOMs live and die with what they describe (S4)."""

from lab import World, case


def app(*specs):
    """Images of the repository `app`."""
    return [{"repository": "app", **spec} for spec in specs]


class Signatures(World):
    def tag_for(self, name, suffix=""):
        """The tag that belongs to an id: its digest, with a suffix if one is given."""
        return self.digest(name).replace(":", "-") + (suffix and f".{suffix}")

    def orphans(self):
        return self.report()["summary"]["orphans"]

    @case("cosign's tags go with the image or index that they name, however young they are")
    def test_cosign_goes(self):
        index = {"kind": "index", "platforms": ["linux/amd64", "linux/arm64"]}
        signature = {"kind": "cosign", "layers": ["signature:44001"]}
        self.push(
            app(
                {"tag": "old", "created": "-90d"},
                {"id": "sig", **signature, "subject": "app:old", "created": "-1d"},
                {"id": "att", "kind": "cosign", "subject": "app:old", "suffix": "att"},
                {"id": "sbom", "kind": "cosign", "subject": "app:old", "suffix": "sbom"},
                {"tag": "index", **index, "created": "-90d"},
                {"id": "of index", "kind": "cosign", "subject": "app:index"},
                {"id": "of child", "kind": "cosign", "subject": "app:index/linux/arm64"},
                {"tag": "new", "created": "-1d"},
            )
        )
        self.exits(0)
        self.leaves("app", "new")
        self.assertEqual(self.tag("app", self.tag_for("app:old", "sig")), "deleted subject_deleted")
        self.lacks("app", self.digest("sig"))
        self.assertEqual(self.registry.blobs(44001), [])

    @case("cosign's tags stay with what stays, however old they are")
    def test_cosign_stays(self):
        child = "app:index/linux/amd64"
        self.push(
            app(
                {"tag": "new", "created": "-1d"},
                {"kind": "cosign", "id": "sig", "subject": "app:new", "created": "-400d"},
                {"kind": "cosign", "id": "att", "subject": "app:new", "suffix": "att"},
                {"tag": "index", "kind": "index", "created": "-1d", "platforms": ["linux/amd64"]},
                {"kind": "cosign", "id": "of child", "subject": child, "created": "-400d"},
            )
        )
        self.exits(0)
        signature, of_child = self.tag_for("app:new", "sig"), self.tag_for(child, "sig")
        self.leaves("app", "new", "index", signature, self.tag_for("app:new", "att"), of_child)
        self.assertEqual(self.tag("app", signature), "kept subject_kept")
        self.pulls("app", signature, of_child)

    @case("a signature of an image that no tag points at stays while that image is there")
    def test_untagged(self):
        self.push(
            app(
                {"id": "untagged", "created": "-90d"},
                {"id": "sig", "kind": "cosign", "subject": "untagged", "created": "-90d"},
            )
        )
        self.exits(0)
        self.leaves("app", self.tag_for("untagged", "sig"))
        self.assertEqual(self.orphans(), 0)

    @case("referrers and the index that lists them go with their subject")
    def test_referrers_go(self):
        spdx = {"id": "spdx", "kind": "referrer", "layers": ["spdx:44002"]}
        self.push(
            app(
                {"tag": "old", "created": "-90d"},
                {**spdx, "subject": "app:old", "created": "-1d"},
                {"id": "bundle", "kind": "referrer", "subject": "app:old"},
                {"tag": "new", "created": "-1d"},
            )
        )
        self.exits(0)
        self.leaves("app", "new")
        self.lacks("app", self.digest("spdx"), self.digest("bundle"))
        self.assertEqual(self.registry.blobs(44002), [])

    @case("referrers and their index stay with their subject, and are whole")
    def test_referrers_stay(self):
        self.push(
            app(
                {"tag": "new", "created": "-1d"},
                {"id": "spdx", "kind": "referrer", "subject": "app:new", "created": "-400d"},
            )
        )
        self.exits(0)
        self.leaves("app", "new", self.tag_for("app:new"))
        self.assertEqual(self.tag("app", self.tag_for("app:new")), "kept subject_kept")
        self.pulls("app", self.tag_for("app:new"))

    @case("what describes a signature or an SBOM goes with it, to any depth")
    def test_depth(self):
        self.push(
            app(
                {"tag": "old", "created": "-90d"},
                {"id": "sbom", "kind": "referrer", "subject": "app:old"},
                {"id": "signed", "kind": "cosign", "subject": "sbom", "created": "-1d"},
                {"id": "about", "kind": "referrer", "subject": "signed"},
            )
        )
        self.exits(0)
        self.leaves("app")
        self.lacks("app", self.digest("signed"), self.digest("about"))

    @case("orphans stay, are counted, and are no failure")
    def test_orphans(self):
        absent = 64 * "1"
        lonely = {"tag": "lonely", "id": "referrer", "kind": "referrer", "fallback": False}
        self.push(
            app(
                {"id": "sig", "kind": "cosign", "subject": f"sha256:{absent}", "created": "-400d"},
                {**lonely, "subject": f"sha256:{absent}", "created": "-400d"},
                {"tag": "old", "created": "-90d"},
            )
        )
        self.exits(0)
        self.leaves("app", f"sha256-{absent}.sig", "lonely")
        self.assertEqual(self.tag("app", f"sha256-{absent}.sig"), "kept orphan")
        self.assertEqual(self.tag("app", "lonely"), "kept orphan")
        self.assertEqual(self.orphans(), 2)

    @case("the same subject in another repository does not count")
    def test_other_repository(self):
        signature = {"id": "sig", "kind": "cosign", "subject": "app:new", "created": "-400d"}
        self.push(
            [
                {"repository": "app", "tag": "new", "created": "-1d"},
                {"repository": "mirror", **signature},
            ]
        )
        self.exits(0)
        self.leaves("mirror", self.tag_for("app:new", "sig"))
        self.assertEqual(self.tag("mirror", self.tag_for("app:new", "sig")), "kept orphan")

    @case("a name that is protected keeps a signature, but not what it describes")
    def test_protected_signature(self):
        self.push(
            app(
                {"tag": "old", "created": "-90d"},
                {"id": "sig", "kind": "cosign", "subject": "app:old"},
                {"id": "att", "kind": "cosign", "subject": "app:old", "suffix": "att"},
            )
        )
        self.configure({"cleanup": {"protected_patterns": [".sig"]}})
        self.exits(0)
        self.leaves("app", self.tag_for("app:old", "sig"))
        self.lacks("app", self.digest("app:old"))
        # From now on it is an orphan, which is kept without protection, too.
        self.configure()
        self.exits(0)
        self.leaves("app", self.tag_for("app:old", "sig"))
        self.assertEqual(self.orphans(), 1)

    @case("what is protected keeps its signatures")
    def test_protected_subject(self):
        self.push(
            app(
                {"tag": "latest", "created": "-90d"},
                {"id": "sig", "kind": "cosign", "subject": "app:latest", "created": "-90d"},
            )
        )
        self.exits(0)
        signature = self.tag_for("app:latest", "sig")
        self.leaves("app", "latest", signature)
        self.assertEqual(self.tag("app", signature), "kept subject_kept")

    @case("a bare sha256- tag that is no list of referrers is an ordinary tag")
    def test_bare(self):
        index = {"kind": "index", "platforms": ["linux/amd64"]}
        self.push(
            app(
                {"tag": "new", "created": "-1d"},
                {"tag": "sha256-" + 64 * "2", "created": "-90d"},
                {"tag": "sha256-" + 64 * "3", "created": "-1d"},
                {"tag": "sha256-" + 64 * "4", **index, "created": "-90d"},
            )
        )
        self.exits(0)
        self.leaves("app", "new", "sha256-" + 64 * "3")
