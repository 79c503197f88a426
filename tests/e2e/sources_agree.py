"""On random registries: the API and the storage lead to the same decisions, and what is forecast is what
the collector then frees, to the byte. TEST_SEEDS are the seeds that are tried."""

import os
import re

import random_registry
import tagged_closure

from lab import World, case, files

OPTIONS = {"gc": {"when": "always"}, "cleanup": {"protected_patterns": ["release"]}}
# Random registries have tags that are damaged from the start, and perhaps none for a rule: that, and
# nothing else, may go wrong.
KNOWN = (
    "it was so before this run|manifests? that an index lists (is|are) stored|matches no tag|"
    "tags? (is|are) damaged|[0-9]+ errors?, see above"
)


def deleted(before, after):
    """The manifests that are not there any more."""
    return {row for row in before - after if row[0] == "linked"}


class Random(World):
    """What there is in the store is a set of ("linked", REPOSITORY, DIGEST) of all manifests on disk, and of
    what tagged_closure.py says."""

    REGISTRY = None

    def fill(self, seed):
        """Fills the registry anew; self.before is what is there."""
        self.registry.empty()
        files.remove(self.state)
        random_registry.fill(self.registry.client, seed)
        self.before = self.look()

    def look(self):
        top = self.registry.v2 / "repositories"
        found = set(tagged_closure.look(self.registry.store))
        for link in top.rglob("_manifests/revisions/*/*/link"):
            name, _, digest = str(link.parent.relative_to(top)).partition("/_manifests/revisions/")
            found.add(("linked", name, digest.replace("/", ":")))
        return found

    def runs(self, source, *arguments, **changes):
        """Runs it with that source and fails unless it ends as well as it can."""
        self.configure(OPTIONS, {"inventory": {"source": source}, **changes})
        self.clean(*arguments)
        told = [line for line in self.lines() if re.search(r"\[(WARNING|ERROR)\]", line)]
        self.assertEqual([line for line in told if not re.search(KNOWN, line)], [])
        self.exited(1 if "it was so before" in self.output else 0)
        summary = self.report()["summary"]
        self.assertEqual(summary["failed"] + summary["changed"], 0)

    def decisions(self):
        """What is said of each tag, but for what only the storage can tell."""
        left_out = ("pushed_at", "exclusive_bytes")
        rows = [
            {key: value for key, value in row.items() if key not in left_out}
            for row in self.report()["tags"]
        ]
        return sorted(rows, key=lambda row: (row["repository"], row["tag"]))

    def forecast(self):
        return self.report()["storage"]["forecast_bytes"]

    def frees(self, forecast):
        """The collector ran and freed what was forecast."""
        self.assertGreater(forecast, 0)
        self.assertIs(self.report()["garbage_collection"]["ran"], True)
        self.assertEqual(self.report()["storage"]["freed_bytes"], forecast)

    def is_whole(self, after):
        """Every tag that was whole and was kept still is."""
        kept = {
            ("whole", row["repository"], row["tag"])
            for row in self.report()["tags"]
            if row["status"] == "kept"
        }
        self.assertTrue(kept & self.before)
        self.assertEqual((kept & self.before) - after, set())

    def agree(self, by_api, by_storage):
        """Whatever the API let go, the storage let go; beyond that only what no tag leads to."""
        self.assertTrue(by_api)
        self.assertEqual(by_api - by_storage, set())
        more = {("seen", *row[1:]) for row in by_storage - by_api}
        self.assertEqual(more & self.before, set())

    def compare_sources(self, seed):
        self.fill(seed)
        # The registry has no cache, so what is put back is what was there.
        kept = files.new_folder("k") / "docker"
        self.registry.keep_images(kept)
        self.runs("api", "--dry-run")
        by_api = self.decisions()
        self.runs("storage", "--dry-run")
        self.assertEqual(self.decisions(), by_api)
        forecast = self.forecast()
        self.runs("api", gc={"when": "never"})
        after_api = self.look()
        self.is_whole(after_api)
        self.registry.bring_back_images(kept)
        files.remove(self.state)
        self.runs("storage")
        after = self.look()
        self.frees(forecast)
        self.agree(deleted(self.before, after_api), deleted(self.before, after))
        self.is_whole(after)


class OnHost(Random):
    REGISTRY = {}
    CONFIG = None

    @case("random registries: both sources decide the same, and the forecast is what is freed")
    def test_sources(self):
        for seed in os.environ.get("TEST_SEEDS", "1 2 3").split():
            with self.subTest(seed=seed):
                self.compare_sources(int(seed))


class InContainer(Random):
    REGISTRY = {"where": "container"}
    CONFIG = None

    @case("a random registry in a container: the forecast is what is freed")
    def test_container(self):
        self.fill(4)
        self.runs("storage", "--dry-run")
        forecast = self.forecast()
        self.runs("auto")
        self.says("the registry's own folder")
        after = self.look()
        self.frees(forecast)
        self.is_whole(after)
