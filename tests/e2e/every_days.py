"""gc.every_days: deletions each night, a collection so many days after the last one."""

import datetime
import hashlib
import time

from lab import World, case

DAY = 86400
OLD = {"repository": "app", "tag": "old", "id": "old", "created": "-90d"}
WAITS = "a collection is owed, and not due before "


class EveryDays(World):
    IMAGES = [OLD, {"repository": "app", "tag": "new", "created": "-1d"}]

    def setUp(self):
        super().setUp()
        self.calls = self.program_folder / "calls"
        self.weekly()

    def weekly(self, *changes):
        """A collection each week; the collector's calls are written down."""
        script = f"case $* in *garbage-collect*) echo \"$*\" >>'{self.calls}';; esac"
        self.configure({**self.exec_script(script), "gc": {"every_days": 7}}, *changes)

    def collected_ago(self, seconds):
        """As if a run that began so long ago had completed the last collection."""
        [folder] = [path.parent for path in self.state.glob("*/lock")]
        at = int(time.time() - seconds)
        text = f"clean-registry last collection 1\ncollected {at}\n"
        path = folder / "collected"
        path.write_text(text + f"sha256:{hashlib.sha256(text.encode()).hexdigest()}\n")
        path.chmod(0o600)
        return path

    def just_collected(self):
        """The last collection was yesterday, and there is something new to delete."""
        self.exits(0)
        self.assertIs(self.ran(), True)
        self.push([OLD])
        self.calls.unlink()
        return self.collected_ago(DAY)

    def ran(self):
        return self.report()["garbage_collection"]["ran"]

    def asked(self):
        """The calls of the collector: "ask" or "collect"."""
        if not self.calls.exists():
            return []
        lines = self.calls.read_text().splitlines()
        return ["ask" if "--dry-run" in line else "collect" for line in lines]

    def next(self):
        """Seconds from now until one is due, says the report."""
        text = self.report()["garbage_collection"]["not_due_before"]
        return datetime.datetime.fromisoformat(text).timestamp() - time.time()

    @case("a run within these days deletes, and leaves the collection owed for a later one")
    def test_owed(self):
        self.just_collected()
        before = self.registry.blobs()
        self.exits(0)
        self.says("deleted 1 tag (1 manifest)", WAITS, "clean-registry collect does not wait")
        self.assertIs(self.ran(), False)
        self.assertAlmostEqual(self.next(), 6 * DAY, delta=120)
        self.leaves("app", "new")
        self.assertEqual(self.owed(), ["collection"])
        self.assertEqual(self.registry.blobs(), before)
        # The collector is asked before deletes, as in each run (S8), and nothing else is.
        self.assertEqual(self.asked(), ["ask"])
        self.exits(0)
        self.says("nothing is to be deleted", WAITS)
        self.assertEqual(self.asked(), ["ask"])
        # Five minutes early is late enough.
        self.collected_ago(7 * DAY - 400)
        self.exits(0)
        self.assertIs(self.ran(), False)
        self.collected_ago(7 * DAY - 200)
        self.exits(0)
        self.assertIs(self.ran(), True)
        self.assertEqual(self.owed(), [])
        self.assertLess(len(self.registry.blobs()), len(before))
        self.says("no collection is due before ")
        self.assertAlmostEqual(self.next(), 7 * DAY, delta=120)

    @case("the verb collect does not wait, and the days count from it")
    def test_collect(self):
        self.just_collected()
        self.exits(0)
        self.assertEqual(self.owed(), ["collection"])
        self.exits(0, "collect")
        self.assertIs(self.ran(), True)
        self.assertEqual(self.owed(), [])
        self.push([OLD])
        self.exits(0)
        self.assertIs(self.ran(), False)
        self.assertAlmostEqual(self.next(), 7 * DAY, delta=120)

    @case("a dry run says that nothing would be collected, and when something will")
    def test_dry_run(self):
        self.exits(0, "--dry-run")
        self.says("would then run the collector")
        self.just_collected()
        self.exits(0, "--dry-run")
        self.says(
            "would delete app:old",
            "(gc.every_days), so the run would not collect that; "
            "clean-registry collect does not wait",
        )
        self.keeps_quiet_of("would then run the collector")
        self.assertAlmostEqual(self.next(), 6 * DAY, delta=120)
        self.collected_ago(8 * DAY)
        self.exits(0, "--dry-run")
        self.says("would then run the collector")

    @case("gc.when always waits, too; without the key each run collects")
    def test_when(self):
        self.just_collected()
        always = {"gc": {"when": "always"}}
        self.weekly(always)
        self.exits(0)
        self.assertIs(self.ran(), False)
        self.weekly(always, {"gc": {"every_days": 0}})
        self.exits(0)
        self.assertIs(self.ran(), True)
        self.assertIsNone(self.report()["garbage_collection"]["not_due_before"])

    @case("where it is not known when the last one was, one is due")
    def test_unknown(self):
        self.just_collected()
        self.collected_ago(-3600)
        self.exits(0)
        self.assertIs(self.ran(), True)
        self.push([OLD])
        path = self.collected_ago(DAY)
        path.write_text(path.read_text().replace("collected ", "collected 1"))
        self.exits(0)
        self.says("[WARNING]", "when a collection was completed last is not known")
        self.assertIs(self.ran(), True)

    @case("a collection that fails is none, and is due again")
    def test_failed(self):
        self.just_collected()
        self.collected_ago(8 * DAY)
        broken = 'case $* in *--dry-run*) ;; *garbage-collect*) exit 3;; esac; exec "$@"'
        self.weekly(self.exec_script(broken))
        self.exits(4)
        self.leaves("app", "new")
        self.weekly()
        self.exits(0)
        self.assertIs(self.ran(), True)

    @case("a collector that cannot work keeps a run from deleting, also where none is due")
    def test_cannot_work(self):
        self.just_collected()
        self.weekly(self.exec_script("case $* in *garbage-collect*) exit 3;; esac"))
        self.exits(4)
        self.leaves("app", "new", "old")
