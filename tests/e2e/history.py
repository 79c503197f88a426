"""The history: a line for each run, and what the verb makes of it."""

import csv
import io
import json
import signal

from lab import World, case, tree
from lab.program import wait_for

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d", "layers": ["gone:50001"]},
    {"repository": "app", "tag": "new", "created": "-1d"},
    {"repository": "tool", "tag": "latest", "created": "-90d"},
]


class History(World):
    KEPT = IMAGES

    def history(self, *options, env=None, warning=""):
        self.run_program("history", "--config", self.config, *options, apart=True, env=env)
        self.exited(0)
        self.assertRegex(self.errors, rf"^(\S+ \S+ \[WARNING\] {warning}\n)$" if warning else "^$")
        return self.output

    def runs(self, warning=""):
        return json.loads(self.history("--json", warning=warning))["runs"]

    def file(self):
        [path] = self.state.glob("*/history.jsonl")
        return path

    @case("each run adds a line with the numbers of its report; a dry run adds none")
    def test_runs(self):
        self.exits(0, "--dry-run")
        self.assertEqual(self.runs(), [])
        self.assertIn("no run is known", self.history())
        self.exits(0)
        first = self.report()
        self.exits(0)
        second = self.report()
        shown = self.runs()
        self.assertEqual(len(shown), 2)
        for run, report in zip(shown, (first, second)):
            summary = report["summary"]
            self.assertEqual(run["started_at"], report["started_at"])
            self.assertEqual((run["command"], run["exit_code"]), ("run", 0))
            self.assertEqual(run["tags_deleted"], summary["deleted"])
            self.assertEqual(run["tags_kept"], summary["kept"])
            self.assertEqual(run["manifests_deleted"], summary["manifests_deleted"])
        self.assertEqual(shown[0]["tags"], 3)
        storage = first["storage"]
        self.assertEqual(shown[0]["storage_bytes"], storage["after"]["bytes"])
        self.assertEqual(shown[0]["freed_bytes"], storage["freed_bytes"])
        self.assertGreater(shown[0]["freed_bytes"], 50000)
        self.assertEqual((shown[1]["tags"], shown[1]["tags_deleted"]), (2, 0))
        rows = list(csv.DictReader(io.StringIO(self.history("--csv"))))
        self.assertEqual([row["started_at"] for row in rows], [run["started_at"] for run in shown])
        self.assertEqual(rows[0]["freed_bytes"], str(shown[0]["freed_bytes"]))

    @case("what ended early has a line, too, with its exit code: 2, 3, 5, 6, 143")
    def test_early(self):
        self.configure({"safety": {"max_delete_tags": 1, "min_tags_per_repository": 2}})
        self.exits(6)
        self.configure({"registry": {"retry_seconds": 0}}, url="http://127.0.0.1:1")
        self.exits(3)
        self.configure()
        started = self.begin_held()
        # Another one, which may not begin.
        self.clean()
        self.exited(5)
        started.kill(signal.SIGTERM)
        started.release()
        self.finish(started)
        self.exited(143)
        codes = {run["exit_code"] for run in self.all_lines()}
        self.assertEqual(codes, {3, 5, 6, 143})

    def all_lines(self):
        """Of each registry that there was, since the address tells one from the other."""
        return [
            json.loads(line)
            for path in self.state.glob("*/history.jsonl")
            for line in path.read_text().splitlines()
        ]

    @case(
        "a run that is killed leaves what was there; a cut line is told, and the next one is whole"
    )
    def test_killed(self):
        self.exits(0)
        before = self.file().read_bytes()
        started = self.begin_held()
        started.kill(signal.SIGKILL)
        wait_for(lambda: not started.lives())
        started.release()
        self.assertEqual(self.file().read_bytes(), before)
        self.file().write_bytes(before + before[:20])
        self.assertEqual(len(self.runs()), 1)
        self.configure()
        self.exits(0)
        self.assertEqual(len(self.runs("1 line of the history is damaged, and left out")), 2)

    @case("the verb writes nothing, asks nobody, and stands any name of the locale")
    def test_verb(self):
        self.exits(0)
        self.exits(0)
        state = tree(self.state)
        self.registry.stop()
        self.addCleanup(self.registry.restart)
        shown = self.history("--top", "1", env={"LC_ALL": "C", "COLUMNS": "40"})
        self.assertIn("1 of 2 runs", shown)
        self.assertTrue(shown.isascii())
        self.assertLessEqual(max(map(len, shown.splitlines())), 40)
        shown = self.history(env={"LC_ALL": "C.UTF-8", "COLUMNS": "100"})
        self.assertRegex(shown, "[\u2581-\u2588]")
        self.assertEqual(tree(self.state), state)

    @case("a history that cannot be written is a warning; the run's exit code stays")
    def test_unwritable(self):
        self.exits(0)
        path = self.file()
        path.unlink()
        path.mkdir()
        self.exits(0)
        self.says("the history may lack this run")
