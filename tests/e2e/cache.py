"""A scan through the API remembers what it read; what it remembers never decides a delete."""

import json
import re
import shutil
import subprocess

from lab import World, case


class Cache(World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "older", "created": "-99d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "app", "tag": "latest", "created": "-90d"},
        {
            "repository": "app",
            "tag": "index",
            "kind": "index",
            "created": "-91d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "app", "tag": "undated", "created": "1970-01-01T00:00:00Z"},
        {
            "repository": "app",
            "id": "sig",
            "kind": "cosign",
            "subject": "app:old",
            "created": "-1d",
        },
        {
            "repository": "app",
            "id": "ref",
            "kind": "referrer",
            "subject": "app:new",
            "created": "-99d",
        },
        {"repository": "team/chart", "tag": "1.0", "kind": "helm", "created": "-90d"},
    ]
    # Without host_storage everything is read through the API.
    CONFIG = {"paths": {"host_storage": ""}}

    def cache(self):
        (path,) = self.state.glob("*/cache")
        return path

    def decisions(self):
        """What is decided, and why."""
        keys = ("repository", "tag", "digest", "created_at", "decision", "reasons")
        rows = [[row[key] for key in keys] for row in self.report()["tags"]]
        self.assertTrue(rows)
        return sorted(rows, key=lambda row: row[:2])

    def scan(self):
        """A dry run; returns the requests that it sends."""
        return self.watch(lambda: self.exits(0, "--dry-run"))

    def decides_the_same(self):
        """Dry runs with what is remembered and, in another folder, without: they decide the same."""
        remembered = self.program_folder / "remembered"
        self.exits(0, "--dry-run")
        decided = self.decisions()
        self.state.rename(remembered)
        self.exits(0, "--dry-run")
        self.assertEqual(decided, self.decisions())
        shutil.rmtree(self.state)
        remembered.rename(self.state)

    def remove_revision(self, digest):
        """The app does not know this manifest any more."""
        revisions = self.registry.manifests("app") / "revisions/sha256"
        shutil.rmtree(revisions / digest.removeprefix("sha256:"))

    def has_parts_of_index(self):
        for platform in ("linux/amd64", "linux/arm64"):
            self.has("app", self.digest(f"app:index/{platform}"))

    @case("the second scan sends one conditional GET for each tag and reads no config")
    def test_second_scan(self):
        # The proof that the collector is this registry's asks for manifests, too.
        self.configure(
            {"paths": {"host_storage": ""}, "inventory": {"source": "api"}, "gc": {"when": "never"}}
        )
        requests = self.scan()
        self.assertEqual([line for line in requests if line.endswith(" 304")], [])
        self.assertTrue(any(" /v2/app/blobs/" in line for line in requests))
        requests = self.watch(lambda: self.exits(0, "--dry-run", "--debug"))
        tags = self.report()["summary"]["tags"]
        self.assertGreater(tags, 0)
        known = f"{tags} manifests were known"
        self.matches(rf"\[DEBUG\] read {tags} tags with [0-9]+ requests; {known}")
        self.assertEqual(len([line for line in requests if line.endswith(" 304")]), tags)
        self.assertEqual([line for line in requests if "/blobs/" in line], [])
        # Only what no tag reaches is asked for by its digest: whether it is there, nobody can remember.
        asked = [
            line.split()[1]
            for line in requests
            if "/manifests/sha256:" in line and not line.endswith(" 304")
        ]
        names = ("app:index/linux/amd64", "app:index/linux/arm64", "ref")
        wanted = [f"/v2/app/manifests/{self.digest(name)}" for name in names]
        self.assertEqual(sorted(asked), sorted(wanted))

    @case("with what is remembered it decides the same as without, whatever happened in between")
    def test_same(self):
        self.decides_the_same()
        self.decides_the_same()
        app = {"repository": "app"}
        self.push(
            [
                {**app, "tag": "old", "created": "-2d", "id": "moved"},
                {**app, "tag": "latest", "created": "-80d", "id": "moved too"},
                {**app, "tag": "fresh", "created": "-50d"},
                {**app, "tag": "twice", "same_as": "app:fresh"},
                {"repository": "other", "tag": "fresh", "same_as": "app:fresh"},
                {
                    **app,
                    "tag": "attested",
                    "kind": "attested-index",
                    "created": "-70d",
                    "platforms": ["linux/amd64"],
                },
                {**app, "tag": "mixed", "kind": "index", "children": ["app:fresh", "moved"]},
            ]
        )
        self.decides_the_same()
        moved = self.digest("moved")
        self.registry.delete("app", moved)
        self.lacks("app", moved)
        self.decides_the_same()
        self.exits(0)
        self.decides_the_same()
        self.push([{**app, "tag": "fresh", "created": "-3d", "id": "pushed again"}])
        self.decides_the_same()

    @case(
        "a cache that is damaged, cut off, of another version or none at all is not used, and replaced"
    )
    def test_damaged(self):
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("cache")
        cache = self.cache()
        good = cache.read_bytes()
        before = self.decisions()
        lines = good.split(b"\n")
        third = [*lines[:2], re.sub(b"[0-9]", b"x", lines[2], count=1), *lines[3:]]
        first = [re.sub(b"[0-9]", b"0", lines[0], count=1), *lines[1:]]
        for damaged in (b"\n".join(third), good[:-1], b"", b"\n".join(first), b"localhost\n"):
            with self.subTest(damaged):
                self.assertNotEqual(damaged, good)
                cache.write_bytes(damaged)
                requests = self.scan()
                self.says("[INFO] the cache of earlier scans is")
                self.assertEqual([line for line in requests if line.endswith(" 304")], [])
                self.assertEqual(self.decisions(), before)
                self.assertEqual(cache.read_bytes(), good)
        cache.unlink()
        cache.mkdir()
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("[WARNING]", "[ERROR]")

    def stamps(self):
        """What shows whether anything of the state was written, be it the same."""
        found = {path: path.lstat() for path in (self.state, *self.state.rglob("*"))}
        return {path: (at.st_ino, at.st_mtime_ns, at.st_ctime_ns) for path, at in found.items()}

    @case("a dry run writes the cache and nothing else, the same again when nothing changed")
    def test_dry_run(self):
        self.exits(0, "--dry-run")
        found = [self.state, *self.state.rglob("*")]
        files = [path for path in found if path.is_file()]
        modes = [(path.name, path.lstat().st_mode & 0o7777) for path in files]
        self.assertEqual(modes, [("cache", 0o600)])
        folders = [path.lstat().st_mode & 0o7777 for path in found if path not in files]
        self.assertEqual(set(folders), {0o700})

        before = self.stamps()
        self.exits(0, "--dry-run")
        self.assertEqual(self.stamps(), before)

    @case("a state folder that cannot be written is no trouble for a dry run")
    def test_not_writable(self):
        self.exits(0, "--dry-run")
        good = self.cache().read_bytes()
        self.registry.empty()
        self.push([{"repository": "app", "tag": "one", "created": "-90d"}])
        subprocess.run(["mount", "--bind", self.state, self.state], check=True)
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", self.state], check=True)
            self.clean("--dry-run")
        finally:
            subprocess.run(["umount", self.state], check=True)
        self.exited(0)
        self.assertEqual(self.tag("app", "one"), "planned old")
        self.assertEqual(self.cache().read_bytes(), good)

    @case("a tag whose manifest is gone is not deleted on the word of the cache")
    def test_no_manifest(self):
        index = self.digest("app:index")
        self.exits(0, "--dry-run")
        self.remove_revision(index)
        self.lacks("app", "index")
        requests = self.watch(lambda: self.exits(1))
        self.says("app:index is damaged", "(it was so before this run)")
        self.assertEqual(self.tag("app", "index"), "changed old,changed")
        deletes = [line for line in requests if line.startswith("DELETE ")]
        self.assertEqual([line for line in deletes if index in line], [])
        self.has_parts_of_index()
        referrers = self.digest("app:new").replace(":", "-")
        self.leaves("app", "index", "latest", "new", "undated", referrers)

    @case("nor are its parts, where its batch is the first")
    def test_no_manifest_first(self):
        self.exits(0, "--dry-run")
        self.remove_revision(self.digest("app:index"))
        # Nothing else in this repository goes.
        self.change_config({"cleanup": {"protected_patterns": ["old"]}})
        self.exits(1)
        self.assertEqual(self.tag("app", "index"), "changed old,changed")
        self.has_parts_of_index()

    @case("an image whose config is gone is not dated by the cache")
    def test_no_config(self):
        self.exits(0, "--dry-run")
        _, _, manifest = self.registry.client.get_manifest("app", "older")
        self.registry.blob(json.loads(manifest)["config"]["digest"]).unlink()
        self.exits(1)
        self.says("app:older is damaged", "(it was so before this run)")
        self.assertEqual(self.tag("app", "older"), "changed old,changed")
        self.assertEqual(self.tag("app", "old"), "deleted old")
        self.has("app", "older")

    @case("a manifest that was damaged since is found out before anything is deleted (S2)")
    def test_damaged_manifest(self):
        self.exits(0, "--dry-run")
        path = self.registry.blob(self.digest("app:older"))
        body = path.read_bytes()
        self.assertIn(b'"size"', body)
        path.write_bytes(body.replace(b'"size"', b'"sizE"', 1))
        requests = self.watch(lambda: self.exits(1))
        self.assertTrue(requests)
        deleted = [line for line in requests if re.search("^DELETE .*/app/.* 202$", line)]
        self.assertEqual(deleted, [])
        self.has("app", "old", "index")

    @case("the subject that an earlier run deleted is not believed to be there")
    def test_subject(self):
        old = self.digest("app:old")
        self.exits(0)
        self.lacks("app", "old")
        self.push([{"repository": "app", "id": "late", "kind": "cosign", "subject": old}])
        self.decides_the_same()
