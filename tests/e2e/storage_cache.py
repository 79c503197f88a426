"""A scan of the storage remembers what it read of which files; what it remembers never decides a delete."""

import hashlib
import os
import re
import struct
import time

from lab import World, case, wait_for

HEADER = b"clean-registry storage-cache 1\n"
KNOWN = re.compile(r"\[DEBUG\] (\d+) files of manifests and configs are known from earlier runs")


class StorageCache(World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "app", "tag": "undated", "created": "1970-01-01T00:00:00Z"},
        {
            "repository": "app",
            "tag": "index",
            "kind": "index",
            "created": "-91d",
            "platforms": ["linux/amd64", "linux/arm64"],
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
    CONFIG = {"inventory": {"source": "storage"}}

    def cache(self):
        (path,) = self.state.glob("*/storage-cache")
        return path

    def known(self):
        """How many files the last command knew; it was told to debug."""
        (number,) = KNOWN.findall(self.output)
        return int(number)

    def grow_old(self):
        """Waits until every file is old enough to be remembered."""
        files = [path for path in self.registry.v2.rglob("*") if path.is_file()]
        newest = max(path.stat().st_ctime for path in files)
        wait_for(lambda: time.time() > newest + 5.1)

    def scan(self, code=0):
        """A dry run: how many files it knew, and what it decided."""
        self.exits(code, "--dry-run", "--debug")
        keys = ("repository", "tag", "digest", "created_at", "decision", "reasons")
        rows = [[row[key] for key in keys] for row in self.report()["tags"]]
        self.assertTrue(rows)
        return self.known(), sorted(rows, key=lambda row: row[:2])

    def config_of(self, tag):
        return self.registry.manifest("app", tag)["config"]["digest"]

    def forget(self):
        self.cache().unlink()

    def swap(self, digest):
        """Changes a byte of a blob; its length and its mtime stay."""
        path = self.registry.blob(digest)
        before = path.stat()
        body = bytearray(path.read_bytes())
        at = body.rindex(b'"') - 1
        body[at] ^= 1
        with open(path, "r+b") as file:
            file.write(body)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = path.stat()
        self.assertEqual((before.st_size, before.st_mtime_ns), (after.st_size, after.st_mtime_ns))

    def lie(self, digest, created):
        """The cache says of a config that it has another date; its checksum is right."""
        text = bytearray(self.cache().read_bytes())
        self.assertTrue(text.startswith(HEADER))
        at = text.index(b"d" + bytes.fromhex(digest.removeprefix("sha256:"))) + 1 + 32 + 4 * 8
        text[at : at + 8] = struct.pack("=q", int(created))
        sum_at = len(text) - 72
        text[sum_at:] = f"sha256:{hashlib.sha256(text[:sum_at]).hexdigest()}\n".encode()
        self.cache().write_bytes(text)

    @case("the second scan reads no manifest and no config again, and decides the same")
    def test_second(self):
        self.scan()
        self.assertEqual(self.known(), 0)
        self.assertEqual(list(self.state.glob("*/storage-cache")), [], "they were too young")
        self.grow_old()
        first, decided = self.scan()
        self.assertEqual(first, 0)
        self.remember("app", "team/chart")
        kept = self.cache().read_bytes()
        second, again = self.scan()
        # Nine manifests (one is the list of referrers), and the configs of five images.
        self.assertEqual(second, 14)
        self.assertEqual(again, decided)
        self.assertEqual(self.cache().read_bytes(), kept)
        self.unchanged("app", "team/chart")
        # Tags are read as they are now, and so is what is new.
        self.registry.point("app", "old", self.digest("app:new"))
        self.push([{"repository": "app", "tag": "fresh", "created": "-2d"}])
        moved, decided = self.scan()
        self.assertEqual(moved, 14)
        self.forget()
        self.assertEqual(self.scan(), (0, decided))
        # Who verifies believes nothing of it.
        self.scan()
        self.verifies(0, "--debug")
        self.assertNotRegex(self.output, KNOWN)
        # A damaged one is not used, and replaced.
        self.cache().write_bytes(kept[:-1] + b"x")
        self.assertEqual(self.scan(), (0, decided))
        self.says("the cache of earlier scans of the storage is damaged; every file is read")

    @case("what was changed on disk is noticed, whatever its times say")
    def test_swapped(self):
        self.grow_old()
        self.scan()
        known, _ = self.scan()
        # The registry's own collector does not look into a config.
        self.swap(self.config_of("new"))
        self.remember("app")
        self.assertEqual(self.scan(1)[0], known - 1)
        self.says("the body does not match its digest")
        self.exits(1)
        self.unchanged("app")
        self.has("app", "index", "old")
        # What nothing spares went.
        self.leaves("team/chart")

    @case("a delete is decided on what was read, not on what is remembered")
    def test_lie(self):
        self.grow_old()
        self.scan()
        self.lie(self.config_of("new"), time.time() - 90 * 86400)
        self.scan()
        self.assertEqual(self.tag("app", "new"), "planned old")
        self.exits(0)
        self.assertEqual(self.tag("app", "new"), "changed old,changed")
        self.lacks("app", "old", "index")
        self.pulls("app", "new")

    @case(
        "a collection that is only told reads no config; what it keeps takes nothing from a run's"
    )
    def test_undated(self):
        self.configure(self.CONFIG, {"gc": {"method": "native"}})
        self.grow_old()
        _, decided = self.scan()
        dated = self.cache().read_bytes()
        self.forget()
        ask = ["collect", "--config", self.config, "--dry-run", "--debug"]
        for known in (0, 9):
            self.run_program(*ask)
            self.exited(0)
            self.assertEqual(self.known(), known)
        # The manifests are known, and the dates are those of the configs all the same.
        self.assertNotEqual(self.cache().read_bytes(), dated)
        self.assertEqual(self.scan(), (9, decided))
        self.assertEqual(self.scan(), (14, decided))
        # What knows more is not replaced.
        kept = self.cache().read_bytes()
        self.run_program(*ask)
        self.exited(0)
        self.assertEqual(self.known(), 9)
        self.assertEqual(self.cache().read_bytes(), kept)


if __name__ == "__main__":
    StorageCache.main()
