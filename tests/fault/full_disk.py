"""A disk that is full to the last byte, with the state, the log, the report and the registry's storage on
it: the run that frees it is not stopped by it, and deletes nothing that it could not write down (S12)."""

import errno
import os
import re
import shutil
import subprocess

from lab import FaultWorld, case

MIB = 1 << 20

# Two tags of 2 MiB that go, one of them with a part of its own, and what stays.
LARGE = [
    {"repository": "team/app", "tag": "old", "created": "-90d", "layers": ["big:2000000"]},
    {
        "repository": "team/app",
        "tag": "multi",
        "kind": "index",
        "created": "-90d",
        "platforms": ["linux/amd64", "linux/arm64"],
    },
    {"repository": "team/app", "tag": "new", "created": "-1d"},
    {"repository": "other", "tag": "old", "created": "-80d", "layers": ["large:2000000"]},
    {"repository": "other", "tag": "new", "created": "-2d"},
]


def pour(path, size, mode="wb"):
    """Writes so many zeros; whether there was room for all of them."""
    with open(path, mode, buffering=0) as file:
        while size > 0:
            try:
                size -= file.write(bytes(min(size, MIB)))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return False
    return True


class FullDisk(FaultWorld):
    REGISTRY = None

    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.mount("-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", self.disk)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.program_folder = self.disk / "program"
        self.program_folder.mkdir()
        self.config = self.program_folder / "config.json"
        self.report_path = self.program_folder / "report.json"
        self.state = self.program_folder / "state"
        self.ballast = self.disk / "ballast"
        home = self.disk / "registry"
        home.mkdir()
        self.use(self.start_registry(folder=home))
        # Before its disk goes.
        self.addCleanup(self.registry.stop)
        self.configure()

    def mount(self, *words):
        subprocess.run(["mount", *words], check=True)

    def fill(self):
        self.report_path.unlink(missing_ok=True)
        pour(self.ballast, 32 * MIB)
        more = self.disk / "more"
        self.assertFalse(pour(more, 4097))
        more.unlink()
        pour(self.ballast, 4096, "ab")

    def of_state(self, name):
        """Files of that name in the state of the registry."""
        return list(self.state.glob(f"*/{name}"))

    def cache(self):
        """The file of what scans remember."""
        (path,) = self.of_state("cache")
        return path

    def reserve(self):
        (path,) = self.of_state("reserve")
        return path.stat()

    def has_reserve(self):
        """As the run before left it."""
        found = self.reserve()
        self.assertEqual((found.st_size, found.st_blocks), (1048576, 2048))

    def is_clean(self):
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.pulls("team/app", "new")
        self.pulls("other", "new")
        self.assertEqual(self.owed(), [])

    def run_at(self, command, **rule):
        """The disk is changed by a shell command before one request that meets the rule."""
        run = {"command": command, "when": "before"}
        self.rules({**rule, "times": 1, "continue": True, "run": run})

    @case("a good run makes a reserve; on a full disk the next one lives on it, and makes it anew")
    def test_reserve(self):
        self.push(LARGE)
        self.clean()
        self.exited(0)
        self.has_reserve()
        self.push(LARGE)
        self.fill()
        self.clean()
        self.exited(0)
        self.is_clean()
        self.lacks("team/app", self.digest("team/app:multi/linux/arm64"))
        self.assertIs(self.report()["garbage_collection"]["ran"], True)
        self.has_reserve()

    @case("what scans remember is given up before the reserve, and written again at the end")
    def test_cache(self):
        self.push(LARGE)
        self.clean()
        self.exited(0)
        self.assertGreater(self.cache().stat().st_size, 0)
        self.push(LARGE)
        # The cache is larger than all that has to be written.
        self.assertTrue(pour(self.cache(), 300000))
        self.fill()
        inode = self.reserve().st_ino
        self.clean()
        self.exited(0)
        self.is_clean()
        self.assertEqual(self.reserve().st_ino, inode)
        self.assertTrue(re.search(rb"(?m)^clean-registry cache", self.cache().read_bytes()))

    @case("what scans remember is written last: it is not there yet when the debts are")
    def test_cache_is_last(self):
        self.push(LARGE)
        self.run_at(
            f"cd {self.state}/* && grep -q ^owe debts && ! [ -e cache ]",
            match={"method": "DELETE", "path": "sha256"},
            after=1,
        )
        self.clean()
        self.applied()
        self.exited(0)
        self.assertGreater(self.cache().stat().st_size, 0)

    @case("a run that has only to collect needs no more than the reserve")
    def test_collect(self):
        self.push(LARGE)
        self.configure({"gc": {"when": "never"}})
        self.clean()
        self.exited(0)
        self.has_reserve()
        self.configure({"gc": {"when": "deleted"}})
        for path in self.of_state("cache"):
            path.unlink()
        self.fill()
        self.clean()
        self.exited(0)
        self.is_clean()
        self.assertGreater(self.report()["garbage_collection"]["blobs_deleted"], 0)
        self.has_reserve()
        # So does the verb.
        self.ballast.unlink()
        self.push(LARGE)
        self.configure({"gc": {"when": "never"}})
        self.clean()
        self.exited(0)
        for path in self.of_state("cache"):
            path.unlink()
        self.fill()
        self.configure()
        self.clean("collect")
        self.exited(0)
        self.is_clean()
        self.has_reserve()

    @case("without a reserve: exit 2, nothing is sent, and what to do is told")
    def test_no_reserve(self):
        self.push(LARGE)
        self.clean("--dry-run")
        self.exited(0)
        shutil.rmtree(self.state)
        self.state.mkdir(0o700)
        self.remember("team/app", "other")
        self.fill()
        self.clean()
        self.exited(2)
        self.matches(
            "No space left on device; paths.state and the registry.s storage share this full disk: "
            "free 1 MiB"
        )
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)
        # Where the storage is not known here.
        self.configure({"paths": {"host_storage": ""}})
        self.fill()
        self.clean()
        self.exited(2)
        self.matches("if the registry.s storage is on the same disk")
        # And where it is elsewhere.
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        self.configure({"paths": {"host_storage": str(elsewhere)}})
        self.fill()
        self.clean()
        self.exited(2)
        self.matches("the registry.s storage is on another disk")
        # What it says, done.
        self.configure()
        os.truncate(self.ballast, self.ballast.stat().st_size - MIB)
        self.clean()
        self.exited(0)
        self.is_clean()
        self.has_reserve()

    @case("a disk that fills while it deletes: what was begun is finished with the reserve")
    def test_fills(self):
        self.push(LARGE)
        self.clean()
        self.exited(0)
        self.push(LARGE)
        # Before the first DELETE that is no probe; the journal was opened long before.
        self.run_at(
            f"head -c 32M /dev/zero >{self.ballast} 2>/dev/null || true",
            match={"path": "tags/list", "method": "GET"},
            after=2,
        )
        self.clean()
        self.applied()
        self.exited(0)
        self.is_clean()
        self.has_reserve()

    @case(
        "a disk that stays full: nothing goes that cannot be written down, and the next run has no reserve"
    )
    def test_stays_full(self):
        # The storage is on another disk: nothing that is collected frees this one.
        self.registry.stop()
        self.use(self.start_registry())
        self.new_proxy()
        self.push(self.PLAIN)
        self.clean()
        self.exited(0)
        self.push(self.PLAIN)
        # What is given up for more room before anything is refused.
        self.cache().unlink()
        [names] = self.of_state("names")
        names.unlink()
        self.fill()
        # Somebody takes the room at once that was given up.
        self.run_at(
            f"head -c 32M /dev/zero >>{self.ballast} 2>/dev/null || true",
            match={"method": "DELETE"},
        )
        self.clean()
        self.applied()
        self.exited(2)
        self.matches(
            "what is to be deleted could not be written down: .*/journal/.*jsonl: No space left on "
            "device; the registry.s storage is on another disk: free 1 MiB",
            "nothing more is deleted, and nothing is collected: what is deleted is written down",
            "the next run has no reserve for a full disk: .*/reserve: No space left on device",
        )
        self.assertEqual(self.owed(), [])
        self.leaves("team/app", "new", "old")
        self.leaves("other", "new", "old")
        self.assertEqual(self.of_state("reserve"), [])
        self.ballast.unlink()
        self.proxy.clear()
        self.clean()
        self.exited(0)
        self.is_clean()
        self.has_reserve()

    @case("no inode is left: a report and a page that cannot be begun are tried again at the end")
    def test_no_inode(self):
        self.push(LARGE)
        self.clean()
        self.exited(0)
        self.push(LARGE)
        self.report_path.unlink()
        disk = os.statvfs(self.disk)
        used = disk.f_files - disk.f_ffree
        self.mount("-o", f"remount,size=16m,nr_inodes={used}", self.disk)
        page = self.program_folder / "page.html"
        self.clean("--html", page)
        self.exited(0)
        self.assertIn("were deleted, and", page.read_text())
        self.matches("--html: .*No space left on device; it is tried again at the end")
        self.matches("--report: .*No space left on device; it is tried again at the end")
        self.is_clean()
        self.assertGreaterEqual(self.report()["summary"]["deleted"], 3)
