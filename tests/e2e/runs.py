"""What a run deletes is in its journal before, with its bytes; `runs` lists the journals, and says until when
each run can be undone."""

import base64
import hashlib
import json
import os
import re
import stat
import time

from lab import World, case

RUN = r"\d{8}T\d{6}Z-\d+(-\d+)?"


class Runs(World):
    KEPT = [
        {"repository": "app", "tag": "v1", "id": "v1", "created": "-90d"},
        {"repository": "app", "tag": "v1-copy", "same_as": "v1"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {
            "repository": "lib",
            "tag": "multi",
            "id": "multi",
            "kind": "index",
            "created": "-80d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "lib", "kind": "referrer", "subject": "multi", "id": "bill"},
        {"repository": "lib", "tag": "new", "created": "-1d"},
        {"repository": "other", "tag": "x", "same_as": "v1"},
    ]
    CONFIG = {"gc": {"when": "never"}, "cleanup": {"protected_repositories": ["other"]}}

    def journals(self):
        """Their paths, the oldest first."""
        return sorted(self.state.glob("*/journal/*"), key=lambda path: path.stat().st_mtime_ns)

    def journal(self):
        """The lines of the only one."""
        [path] = self.journals()
        return [json.loads(line) for line in path.read_text().splitlines()]

    def of_kind(self, kind):
        return [line[kind] for line in self.journal() if kind in line]

    def runs(self, code, *words):
        """Runs the verb; its standard error is kept apart."""
        self.run_program("runs", "--config", self.config, *words, apart=True)
        self.exited(code)

    def listed(self):
        """What --json says of each run."""
        self.runs(0, "--json")
        return json.loads(self.output)["runs"]

    def bytes_of(self, repository, reference):
        types = ", ".join(
            f"application/vnd.{name}+json"
            for name in (
                "oci.image.manifest.v1",
                "oci.image.index.v1",
                "docker.distribution.manifest.v2",
                "docker.distribution.manifest.list.v2",
            )
        )
        path = f"/v2/{repository}/manifests/{reference}"
        return self.registry.request("GET", path, headers={"Accept": types})[2]

    @case(
        "what goes is in the journal: each manifest with its bytes, its tags and why, and its end"
    )
    def test_journal(self):
        names = ["v1", "multi", "bill", "multi/linux/amd64", "multi/linux/arm64"]
        wanted = {self.digest(name): name for name in names}
        before = {
            digest: self.bytes_of("app" if name == "v1" else "lib", digest)
            for digest, name in wanted.items()
        }
        began = time.time()
        self.exits(0)
        [path] = self.journals()
        self.assertRegex(path.name, rf"\A{RUN}\.jsonl\Z")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        head, *_, last = self.journal()
        self.assertEqual(head["version"], 1)
        self.assertEqual(head["run"], path.name.removesuffix(".jsonl"))
        self.assertEqual(head["registry"], self.registry.url)
        self.assertEqual(head["command"], "run")
        found = {row["digest"]: row for row in self.of_kind("manifest")}
        # The index in place of the list of referrers comes with what is listed.
        self.assertEqual(len(found), len(wanted) + 1)
        for digest, row in found.items():
            body = base64.b64decode(row["body"], validate=True)
            self.assertEqual(body, before.get(digest, body))
            self.assertEqual(f"sha256:{hashlib.sha256(body).hexdigest()}", digest)
            self.assertEqual(row["media_type"], json.loads(body)["mediaType"])
            repository = "app" if digest == self.digest("v1") else "lib"
            self.assertEqual(row["repository"], repository)
        v1 = found[self.digest("v1")]
        self.assertEqual([tag["name"] for tag in v1["tags"]], ["v1", "v1-copy"])
        self.assertEqual(v1["tags"][0]["reasons"], ["old"])
        pushed = time.strptime(v1["tags"][0]["pushed_at"], "%Y-%m-%dT%H:%M:%SZ")
        self.assertLess(pushed, time.gmtime(began))
        self.assertLess(v1["tags"][0]["created_at"], v1["tags"][0]["pushed_at"])
        multi = found[self.digest("multi")]
        children = [self.digest(f"multi/linux/{name}") for name in ("amd64", "arm64")]
        self.assertEqual(multi["children"], children)
        self.assertEqual((multi["tags"][0]["name"], multi["subject"]), ("multi", None))
        self.assertEqual(found[children[0]]["tags"], [])
        self.assertEqual(found[children[0]]["reasons"], ["part"])
        self.assertEqual(found[self.digest("bill")]["subject"], self.digest("multi"))
        deleted = {row["digest"] for row in self.of_kind("deleted")}
        self.assertEqual(deleted, set(found))
        self.assertLess(set(wanted), set(found))
        self.assertEqual(last["end"]["exit_code"], 0)
        self.assertEqual(last["end"]["tags_deleted"], 4)

    @case("the last lines and the report tell how a run is undone, and until when")
    def test_told(self):
        self.exits(0)
        [path] = self.journals()
        name = path.name.removesuffix(".jsonl")
        self.matches(
            rf"undo: clean-registry restore --run {name}, until the next collection, or until 20"
        )
        undo = self.report()["undo"]
        self.assertEqual(undo["run"], name)
        self.assertEqual(undo["journal"], str(path))
        self.assertEqual(undo["restorable"], "whole")
        began = time.mktime(time.strptime(self.report()["started_at"], "%Y-%m-%dT%H:%M:%SZ"))
        until = time.mktime(time.strptime(undo["restorable_until"], "%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual(until - began, 90 * 86400)
        self.runs(0)
        self.matches(
            r"^RUN +BEGAN +TAGS +FREED +CAN BE RESTORED$",
            rf"^{name} +20[-0-9T:]+Z +4 +0 B  yes, until {undo['restorable_until'][:10]}, or the ",
            rf"^1 run of the last 90 days; their journals take .* in {path.parent}$",
        )
        [row] = self.listed()
        self.assertEqual(row["run"], name)
        self.assertEqual((row["tags_deleted"], row["manifests_deleted"]), (4, 6))
        self.assertEqual(row["possibly_deleted"], 0)
        self.assertEqual((row["command"], row["exit_code"]), ("run", 0))
        self.assertEqual(row["restorable"], "whole")
        self.assertEqual(row["restorable_until"], undo["restorable_until"])
        self.assertEqual(row["journal"], str(path))
        self.assertEqual(row["journal_bytes"], path.stat().st_size)

    @case("a collection ends it: of the run itself, and of those before")
    def test_collected(self):
        self.exits(0)
        [first] = self.journals()
        [row] = self.listed()
        self.assertEqual(row["restorable"], "whole")
        self.change_config({"gc": {"when": "deleted"}})
        self.exits(0, "collect")
        self.assertIsNotNone(self.report()["undo"]["run"])
        self.assertEqual(self.report()["undo"]["restorable"], "nothing")
        self.keeps_quiet_of("undo:")
        old, collected = self.listed()
        self.assertEqual(old["run"], first.name.removesuffix(".jsonl"))
        self.assertEqual(old["restorable"], "partly")
        self.assertIsNone(old["restorable_until"])
        self.assertGreaterEqual(collected["ended_at"], old["collected_at"])
        self.assertEqual((collected["command"], collected["restorable"]), ("collect", "nothing"))
        self.assertGreater(collected["freed_bytes"], 0)
        self.push(self.KEPT[:1])
        self.exits(0)
        self.matches(
            r"undo: clean-registry restore --run \S+ puts back what needs no layer that was"
        )
        self.assertEqual(self.report()["undo"]["restorable"], "partly")
        self.assertIsNone(self.report()["undo"]["restorable_until"])
        self.runs(0)
        self.matches(r"in part: collected 20", r"nothing was deleted$")
        path = self.journals()[2]
        kinds = [next(iter(json.loads(line))) for line in path.read_text().splitlines()[1:]]
        self.assertEqual(kinds, ["manifest", "deleted", "collecting", "collected", "end"])

    @case("a collection that removed nothing takes nothing away")
    def test_collected_nothing(self):
        # A tag of another repository has all that the image of v1 needs.
        self.configure({"gc": {"when": "always"}})
        self.change_config({"cleanup": {"protected_repositories": ["other", "lib"]}})
        self.exits(0)
        self.assertEqual(self.report()["summary"]["deleted"], 2)
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 0)
        self.assertEqual(self.report()["undo"]["restorable"], "whole")

    @case(
        "a run that does nothing has no journal, nor has a dry run, and `runs` says that there is none"
    )
    def test_none(self):
        self.runs(0)
        self.assertEqual(
            self.output, "no run has deleted or collected anything since journals are kept\n"
        )
        self.assertEqual(self.listed(), [])
        self.assertFalse(self.state.exists())
        self.exits(0, "--dry-run")
        self.assertEqual(
            self.report()["undo"],
            {"run": None, "journal": None, "restorable": None, "restorable_until": None},
        )
        self.assertEqual(self.journals(), [])
        self.change_config({"cleanup": {"days_to_keep": 1000}})
        self.exits(0)
        self.assertEqual(self.journals(), [])
        self.keeps_quiet_of("undo:")

    @case("journals older than undo.keep_days go, at the end of a run")
    def test_retention(self):
        self.exits(0)
        [present] = self.journals()
        old = present.parent / "20260101T000000Z-1.jsonl"
        young = present.parent / "20260102T000000Z-1.jsonl"
        for path in (old, young):
            path.write_bytes(present.read_bytes())
        os.utime(old, (1767225600, 1767225600))
        self.exits(0)
        self.assertCountEqual(self.journals(), [young, present])
        # Written lately, whatever its name says.
        os.utime(young, (1767312000, 1767312000))
        self.change_config({"undo": {"keep_days": 3650}})
        self.exits(0)
        self.assertCountEqual(self.journals(), [young, present])
        self.change_config({"undo": {"keep_days": 1}})
        self.exits(0)
        self.assertEqual(self.journals(), [present])

    @case("a journal that was tampered with is named with its path, the others are listed: exit 1")
    def test_tampered(self):
        self.exits(0)
        [present] = self.journals()
        name = "20260101T000000Z-1"
        other = present.parent / f"{name}.jsonl"
        text = present.read_text().replace(present.name.removesuffix(".jsonl"), name, 1)
        lines = text.count("\n")
        other.write_text(text[:-5] + "\n")
        self.runs(1)
        self.assertIn(f"{other}: line {lines}: ", self.errors)
        self.matches(rf"^{name} +its journal cannot be read$", r"  yes, until 20")
        self.runs(1, "--json")
        rows = json.loads(self.output)["runs"]
        self.assertEqual(rows[0], {"run": name, "restorable": "unreadable"})
        self.assertEqual(rows[1]["restorable"], "whole")
        other.unlink()
        other.symlink_to(present)
        self.runs(1)
        self.assertIn(f"{other}: it is a symbolic link", self.errors)
        other.unlink()
        other.write_text(text)
        os.chown(other, 65534, -1)
        self.runs(1)
        self.assertIn(f"{other}: it belongs to another user", self.errors)
        other.unlink()
        present.parent.chmod(0o777)
        self.runs(2)
        self.assertIn(f"{present.parent}: others than its owner can write it", self.errors)
        # Nothing is deleted that cannot be written down.
        self.push(self.KEPT[:1])
        self.exits(2)
        self.says(f"{present.parent}: others than its owner can write it")
        self.leaves("app", "new", "v1")

    @case("it is for one registry, and takes no option of a run")
    def test_usage(self):
        self.run_program("runs", "--config", self.config, "--dry-run")
        self.exited(2)
        self.run_program("runs", "--config", self.config, "x")
        self.exited(2)
        self.run_program("help", "runs")
        self.exited(0)
        self.assertTrue(re.search("runs: list what runs deleted", self.output))
