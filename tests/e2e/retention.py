"""What goes by age and what the rules protect, and that the space it took is really free afterwards."""

from lab import World, case, tree


def images(repository, created, *tags):
    """An image for each tag."""
    return [{"repository": repository, "tag": tag, "created": created} for tag in tags]


class Retention(World):
    def blob_bytes(self):
        """The total size of the blobs on disk."""
        return sum(path.stat().st_size for path in self.registry.v2.glob("blobs/*/*/*/data"))

    def counts(self, **numbers):
        """The summary of the report has these numbers."""
        summary = self.report()["summary"]
        self.assertEqual({name: summary[name] for name in numbers}, numbers)

    @case("the configuration of the first example: exact names, substrings, and what is old")
    def test_example(self):
        kept = [
            "latest", "prod-stable", "dev-stable", "develop-289sa1s", "master-branch",
            "my-develop-build", "release-1",
        ]  # fmt: skip
        self.push(images("app", "-400d", *kept, "feature-9") + images("app", "-2d", "feature-10"))
        self.configure(
            {
                "cleanup": {
                    "days_to_keep": 30,
                    "protected_tags": ["latest", "prod-stable", "dev-stable"],
                    "protected_patterns": ["develop", "master", "main", "release"],
                }
            }
        )
        self.exits(0)
        self.leaves("app", *kept, "feature-10")
        self.assertEqual(self.tag("app", "feature-9"), "deleted old")
        self.assertEqual(self.tag("app", "latest"), "kept old,protected_tag")
        self.assertEqual(self.tag("app", "my-develop-build"), "kept old,protected_pattern")
        self.assertEqual(self.tag("app", "feature-10"), "kept recent")
        self.pulls("app", *kept, "feature-10")

    @case("days_to_keep counts 86400 seconds a day, back from the start of the run")
    def test_days(self):
        self.push(
            images("app", "-604815s", "just-old")
            + images("app", "-604680s", "not-yet")
            + images("app", "+1d", "tomorrow")
        )
        self.configure({"cleanup": {"days_to_keep": 7}})
        self.exits(0)
        self.leaves("app", "not-yet", "tomorrow")

    @case(
        "a protected tag is its exact name, in every repository; latest is one unless others are given"
    )
    def test_protected_tags(self):
        self.push(
            images("one", "-90d", "latest", "Latest", "latest-2")
            + images("team/two", "-90d", "latest")
        )
        self.exits(0)
        self.leaves("one", "latest")
        self.leaves("team/two", "latest")
        self.configure({"cleanup": {"protected_tags": ["stable"]}})
        self.exits(0)
        self.leaves("one")
        self.leaves("team/two")

    @case("a protected pattern is a substring, whatever its letter case, and no glob")
    def test_protected_patterns(self):
        self.push(images("app", "-90d", "x-RELEASE-1", "prerelease", "relea-se", "v1.2", "v132"))
        self.configure({"cleanup": {"protected_patterns": ["Release", "1.2", "v*"]}})
        self.exits(0)
        self.leaves("app", "x-RELEASE-1", "prerelease", "v1.2")

    @case("in a protected repository everything stays, with all its parts")
    def test_protected_repositories(self):
        index = {"id": "index", "kind": "index", "platforms": ["linux/amd64"]}
        self.push(
            [
                {"repository": "team/app", "tag": "old", "created": "-90d"},
                {"repository": "team/app/test", "tag": "old", "created": "-90d"},
                {"repository": "base/deep/er", "tag": "old", "created": "-90d", **index},
                {"repository": "other", "tag": "old", "created": "-90d"},
            ]
        )
        self.configure({"cleanup": {"protected_repositories": ["team/*", "base/**"]}})
        self.exits(0)
        self.leaves("team/app", "old")
        self.leaves("team/app/test")
        self.leaves("base/deep/er", "old")
        self.leaves("other")
        self.assertEqual(self.tag("team/app", "old"), "kept old,protected_repository")
        self.pulls("base/deep/er", "old")

    @case("an old tag that shares its image with a tag that stays, stays too, and says with which")
    def test_shared_digest(self):
        self.push(
            [
                {"repository": "app", "tag": "build-1", "created": "-90d"},
                {"repository": "app", "tag": "build-2", "same_as": "app:build-1"},
                {"repository": "app", "tag": "stable", "same_as": "app:build-1"},
                {"repository": "copy", "tag": "build-1", "same_as": "app:build-1"},
            ]
        )
        self.configure({"cleanup": {"protected_tags": ["stable"]}})
        self.exits(0)
        self.leaves("app", "build-1", "build-2", "stable")
        self.leaves("copy")
        self.assertEqual(self.tag("app", "build-1"), "kept old,shared_digest")
        held_by = [
            row["held_by"]
            for row in self.report()["tags"]
            if (row["repository"], row["tag"]) == ("app", "build-1")
        ]
        self.assertEqual(held_by, ["stable"])
        self.pulls("app", "build-1", "build-2", "stable")

    @case("all tags of an image go together when every one of them is to go")
    def test_all_tags(self):
        self.push(
            [
                {"repository": "app", "tag": "one", "created": "-90d"},
                {"repository": "app", "tag": "two", "same_as": "app:one"},
            ]
        )
        requests = self.watch(lambda: self.exits(0))
        self.leaves("app")
        self.lacks("app", self.digest("app:one"))
        done = [line for line in requests if line.startswith("DELETE ") and line.endswith(" 202")]
        self.assertEqual(len(done), 1)
        self.counts(deleted=2, manifests_deleted=1)

    @case("the bytes that are told as freed are those that are gone from the disk")
    def test_freed_bytes(self):
        old, new = ["shared:70000", "lost:50000"], ["shared", "own:3000"]
        self.push(
            [
                {"repository": "app", "tag": "old", "created": "-90d", "layers": old},
                {"repository": "app", "tag": "new", "created": "-1d", "layers": new},
            ]
        )
        before = self.blob_bytes()
        self.exits(0)
        freed = before - self.blob_bytes()
        self.assertTrue(50000 < freed < 60000, freed)
        self.assertEqual(self.report()["storage"]["freed_bytes"], freed)
        self.assertEqual(self.report()["storage"]["added_bytes"], 0)
        self.pulls("app", "new")

    @case("a dry run forecasts to the byte what the run then frees")
    def test_forecast(self):
        old, also, new = ["shared:70000", "lost:50000"], ["shared", "lost"], ["shared", "own:3000"]
        signed = {"id": "signed", "layers": ["lost", "there:9000"]}
        index = {"id": "index", "kind": "index", "platforms": ["linux/amd64", "linux/arm64"]}
        self.push(
            [
                {"repository": "app", "tag": "old", "created": "-90d", "layers": old},
                {"repository": "app", "tag": "also-old", "created": "-80d", "layers": also},
                {"repository": "app", "tag": "new", "created": "-1d", "layers": new},
                {"repository": "other", "tag": "old", "created": "-90d", **signed},
                {"repository": "other", "kind": "cosign", "subject": "signed", "suffix": "sig"},
                {"repository": "multi", "tag": "old", "created": "-90d", **index},
            ]
        )
        self.exits(0, "--dry-run")
        forecast = self.report()["storage"]["forecast_bytes"]
        self.assertGreater(forecast, 59000)
        exclusive = [
            row["exclusive_bytes"] for row in self.report()["tags"] if row["tag"] == "also-old"
        ]
        self.assertLess(exclusive[0], 5000)
        self.exits(0)
        self.assertEqual(self.report()["storage"]["freed_bytes"], forecast)
        self.pulls("app", "new")

    @case(
        "a second run finds nothing to do, sends no DELETE, starts no collector, and exits with 0"
    )
    def test_second_run(self):
        self.push(images("app", "-90d", "old") + images("app", "-1d", "new"))
        self.exits(0)
        before = tree(self.registry.store)
        requests = self.watch(lambda: self.exits(0))
        self.assertEqual(tree(self.registry.store), before)
        self.assertTrue(requests)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        self.counts(deleted=0)

    @case("an empty registry, and repositories that never had a tag, are no failure")
    def test_empty(self):
        self.exits(0)
        self.push(
            [
                {"repository": "untagged", "id": "one", "created": "-90d"},
                {"repository": "app", "tag": "old", "created": "-90d"},
            ]
        )
        self.exits(0)
        self.leaves("app")
        self.has("untagged", self.digest("one"))
        self.counts(errors=0)
