"""Registries with more repositories than are listed on one page."""

from lab import World, case


class ManyRepositories(World):
    def bulk(self, count):
        """So many repositories, each with an old tag and a new one, of two images."""
        ages = {"old": "-90d", "new": "-1d"}
        specs = [
            {"repository": "bulk/0000", "tag": tag, "created": created}
            for tag, created in ages.items()
        ]
        for number in range(1, count):
            for tag in ages:
                repository = f"bulk/{number:04}"
                specs.append({"repository": repository, "tag": tag, "same_as": f"bulk/0000:{tag}"})
        self.write_images(specs)

    def on_disk(self, tag):
        """How many repositories have that tag."""
        links = self.registry.v2.glob(f"repositories/bulk/*/_manifests/tags/{tag}/current/link")
        return len(list(links))

    def counts(self, **numbers):
        """The summary of the report has these numbers."""
        summary = self.report()["summary"]
        self.assertEqual({name: summary[name] for name in numbers}, numbers)

    @case("more than a page of repositories: 130, all cleaned")
    def test_130(self):
        for source in ("auto", "api"):
            self.registry.empty()
            self.bulk(130)
            self.configure({"inventory": {"source": source}})
            self.exits(0)
            self.counts(repositories=130, tags=260, deleted=130, kept=130)
            self.leaves("bulk/0000", "new")
            self.leaves("bulk/0129", "new")
            self.assertEqual(self.on_disk("old"), 0)

    @case("more than the registry gives on one page: 1100 repositories are all listed")
    def test_1100(self):
        self.bulk(1100)
        self.configure({"gc": {"when": "never"}, "inventory": {"source": "api"}})
        requests = self.watch(lambda: self.exits(0))
        self.counts(repositories=1100, tags=2200, deleted=1100)
        pages = [line for line in requests if line.startswith("GET /v2/_catalog")]
        self.assertGreaterEqual(len(pages), 2)
        self.assertEqual(self.on_disk("old"), 0)
        self.assertEqual(self.on_disk("new"), 1100)
