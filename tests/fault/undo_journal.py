"""No DELETE leaves of which the bytes are not in the journal of its run: looked up when each comes to the
registry, whatever went wrong before."""

import base64
import hashlib
import json

from lab import FaultWorld, case


class UndoJournal(FaultWorld):
    REGISTRY = {"cache": "none"}
    IMAGES = [
        {"repository": "team/app", "tag": "old-1", "created": "-90d"},
        {"repository": "team/app", "tag": "twin-1", "same_as": "team/app:old-1"},
        {
            "repository": "team/app",
            "tag": "multi",
            "id": "multi",
            "kind": "index",
            "created": "-80d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "team/app", "kind": "cosign", "subject": "multi", "id": "signature"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
        {"repository": "team/app", "tag": "kept", "created": "-70d"},
        {"repository": "team/app", "tag": "beside", "same_as": "team/app:kept"},
        {"repository": "other", "tag": "old", "created": "-80d"},
        {"repository": "other", "tag": "new", "created": "-2d"},
    ]
    CONFIG = {"gc": {"when": "never"}, "cleanup": {"protected_tags": ["kept"]}}

    def setUp(self):
        super().setUp()
        self.unwritten = []

    def journals(self):
        paths = self.state.glob("*/journal/*.jsonl")
        return sorted(paths, key=lambda path: path.stat().st_mtime_ns)

    def written(self, path=None):
        """Of the youngest journal, or of that one."""
        text = (path or self.journals()[-1]).read_text()
        self.assertTrue(text.endswith("\n"))
        return [json.loads(line) for line in text.splitlines()]

    def of_kind(self, kind, path=None):
        return [line[kind] for line in self.written(path) if kind in line]

    def is_written(self, repository, reference):
        """Whether the youngest journal can bring it back; told of each DELETE as it comes."""
        if not self.journals():
            return False
        rows = [*self.of_kind("manifest"), *self.of_kind("tag")]
        rows = [row for row in rows if row["repository"] == repository]
        bodies = {}
        for row in rows:
            if row["body"] is not None:
                body = base64.b64decode(row["body"], validate=True)
                bodies[f"sha256:{hashlib.sha256(body).hexdigest()}"] = row["media_type"]
        if ":" in reference:
            return reference in bodies
        return any(row.get("name") == reference and row["digest"] in bodies for row in rows)

    def watch_deletes(self, *rules):
        """Looks at the journal whenever a DELETE comes; more rules may follow."""

        def look(exchange):
            repository, _, reference = exchange.path.removeprefix("/v2/").partition("/manifests/")
            if not self.is_written(repository, reference):
                self.unwritten.append(exchange.path)

        self.rules({"match": {"method": "DELETE"}, "continue": True, "call": look}, *rules)

    def all_were_written(self, least):
        """What was not is what is not there, to see what the registry allows; so many were carried out."""
        done = [line for line in self.proxy.answers("DELETE", ".") if line.startswith("202 ")]
        self.assertGreaterEqual(len(done), least)
        for path in self.unwritten:
            self.assertNotIn(f"202 DELETE {path}", done)

    @case("each manifest that is deleted is in the journal when its DELETE comes")
    def test_manifests(self):
        self.watch_deletes()
        self.clean()
        self.exited(0)
        self.leaves("team/app", "beside", "kept", "new")
        self.leaves("other", "new")
        self.all_were_written(6)
        self.assertEqual(len(self.of_kind("deleted")), 6)

    @case("3.x: so is each tag that goes alone, with the bytes of its image, which stays")
    def test_tags(self):
        self.new_proxy(play_3x="delete", store=self.registry.store)
        self.watch_deletes()
        self.clean()
        self.exited(0)
        self.leaves("team/app", "kept", "new")
        self.all_were_written(7)
        self.assertEqual(self.proxy.count("DELETE", "manifests/beside$"), 1)
        [row] = self.of_kind("tag")
        self.assertEqual((row["name"], row["digest"]), ("beside", self.digest("team/app:kept")))
        self.assertEqual(row["reasons"][0], "old")
        self.assertIn({"repository": "team/app", "tag": "beside"}, self.of_kind("deleted"))

    @case("more manifests than are asked for at a time are written, each with one request")
    def test_many(self):
        many = [
            {"repository": "many", "tag": f"old-{n}", "created": f"-{n + 40}d"} for n in range(70)
        ]
        self.push([*many, {"repository": "many", "tag": "new", "created": "-1d"}])
        self.watch_deletes()
        self.clean()
        self.exited(0)
        self.leaves("many", "new")
        self.all_were_written(76)
        # Each manifest was asked for by its digest to be written, and not once more for its batch.
        asked = self.proxy.answers("GET", "/v2/many/manifests/sha256:")
        self.assertLess(len(asked), 2 * 70)

    @case(
        "killed between the journal and a DELETE: `runs` tells what is not known, and the next run finishes"
    )
    def test_killed(self):
        first = {"method": "DELETE", "path": "team/app/manifests/sha256:"}
        self.rules(
            {"match": first, "after": 1, "times": 1, "continue": True, "call": lambda _: kill()}
        )
        started = self.begin()
        kill = started.kill
        self.assertEqual(started.end().status, 137)
        self.applied()
        self.proxy.clear()
        [cut] = self.journals()
        self.assertEqual(self.of_kind("end"), [])
        self.assertIn(
            "old-1", [tag["name"] for row in self.of_kind("manifest") for tag in row["tags"]]
        )
        self.run_program("runs", "--config", self.config)
        self.exited(0)
        self.matches(r"\d+\?.*; it did not come to its end$")
        self.run_program("runs", "--config", self.config, "--json", apart=True)
        [row] = json.loads(self.output)["runs"]
        self.assertGreater(row["possibly_deleted"], 0)
        self.assertEqual((row["exit_code"], row["restorable"]), (None, "whole"))
        self.watch_deletes()
        self.clean()
        self.exited(0)
        self.leaves("team/app", "beside", "kept", "new")
        self.all_were_written(3)
        self.assertEqual(len(self.journals()), 2)
        self.assertEqual(self.of_kind("end", cut), [])

    @case("a delete that was cut: the run that finishes it has it in its own journal")
    def test_cut(self):
        old = self.digest("team/app:old-1")
        algorithm, _, name = old.partition(":")

        def remove(_):
            (self.registry.manifests("team/app") / "revisions" / algorithm / name / "link").unlink()

        for mode in ("2.8", "3.x"):
            with self.subTest(mode):
                if mode == "3.x":
                    self.push(self.IMAGES)
                    old = self.digest("team/app:old-1")
                    algorithm, _, name = old.partition(":")
                    self.new_proxy(play_3x="delete", store=self.registry.store)
                first = {"match": {"method": "DELETE", "path": old}, "times": 1}
                self.rules({**first, "continue": True, "call": remove}, {**first, "drop": True})
                self.clean()
                self.exited(1)
                self.applied()
                self.assertIn("twin-1", self.registry.tags("team/app"))
                self.proxy.clear()
                self.unwritten = []
                self.watch_deletes()
                self.clean()
                self.exited(0)
                self.assertNotIn("twin-1", self.registry.tags("team/app"))
                self.all_were_written(1)
                kind = "tag" if mode == "3.x" else "manifest"
                rows = [row for row in self.of_kind(kind) if row["digest"] == old]
                told = [[tag["name"] for tag in row.get("tags", [row])] for row in rows]
                self.assertEqual(len(told), 2 if mode == "3.x" else 1)
                # In the order of the answers.
                self.assertEqual(sorted(sum(told, [])), ["old-1", "twin-1"])

    @case("what somebody pushes after it was written stays, and the journal tells that it was kept")
    def test_changed(self):
        old = self.digest("team/app:old-1")

        def push_latest(_):
            self.registry.point("team/app", "latest", old)

        # The look comes after what is written.
        rule = {"match": {"method": "GET", "path": f"team/app/manifests/{old}"}, "times": 1}
        self.rules({**rule, "continue": True, "call": push_latest})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "beside", "kept", "latest", "new", "old-1", "twin-1")
        self.assertIn({"repository": "team/app", "digest": old}, self.of_kind("kept"))
        self.assertNotIn({"repository": "team/app", "digest": old}, self.of_kind("deleted"))

    @case("a manifest whose bytes do not come as they should stays")
    def test_lies(self):
        old = self.digest("team/app:old-1")
        self.rules(
            {"match": {"method": "GET", "path": f"team/app/manifests/{old}"}, "corrupt": True}
        )
        self.clean()
        self.applied()
        self.assertIn(self.status, (0, 1))
        self.assertIn("old-1", self.registry.tags("team/app"))
        self.assertEqual(self.proxy.count("DELETE", old), 0)
        self.assertNotIn(old, [row["digest"] for row in self.of_kind("manifest")])
