"""A collector that somebody else started, a real process of this host, is seen however it names its
configuration; one of another registry is not ours (S8). registry.exec is empty here."""

import contextlib
import os
import re
import shutil
import signal
import subprocess

from lab import FaultWorld, case, wait_for
from lab.docker_stub import CONTAINER, DockerStub
from lab.program import words_of

COLLECT = ["docker-registry", "garbage-collect"]
ROOT = "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"


class ForeignCollector(FaultWorld):
    IMAGES = FaultWorld.PLAIN

    def setUp(self):
        super().setUp()
        self.collectors = []
        self.addCleanup(self.end_all)
        self.home = self.registry.folder
        self.file = self.registry.config

    def end_all(self):
        """Each with what it has started."""
        for process, pipe in self.collectors:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(pipe)
        self.collectors = []

    def collector(self, folder, *words, **variables):
        """A real collector, started in that folder, and held before it has removed anything: it waits for
        room in a pipe that is full. Returns its id."""
        full = self.folder / f"full-{os.urandom(4).hex()}"
        os.mkfifo(full)
        # Opening the pipe for both ways waits for nobody; it lasts as long as the collector.
        pipe = os.open(full, os.O_RDWR | os.O_NONBLOCK)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, bytes(4096))
        with open(full, "wb", buffering=0) as output:
            process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env={"PATH": os.environ["PATH"], **{key: str(variables[key]) for key in variables}},
                start_new_session=True,
            )
        self.collectors.append((process, pipe))
        wait_for(lambda: "garbage-collect" in words_of(process.pid))
        return process.pid

    def refuses(self):
        """Exit 5, nothing deleted, and no second collector."""
        self.remember("team/app", "other")
        self.clean("--debug")
        self.exited(5)
        self.says("a collector is already at work")
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)
        self.keeps_quiet_of("collector: ")
        self.all_wait()
        self.end_all()

    def all_wait(self):
        for process, _ in self.collectors:
            self.assertIsNone(process.poll(), "a collector has not waited")

    def works(self):
        self.clean()
        self.exited(0)
        self.all_wait()
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    def works_again(self):
        self.push(self.PLAIN)
        self.works()

    @case("by the path that we have, in any place among its options")
    def test_path(self):
        self.collector("/", *COLLECT, self.file)
        self.refuses()
        self.collector("/", *COLLECT, "-m", self.file)
        self.refuses()
        self.collector("/", *COLLECT, self.file, "--delete-untagged", "--dry-run=false")
        self.refuses()
        self.works()

    @case("by a relative path")
    def test_relative(self):
        self.collector(self.home, *COLLECT, "config.yml")
        self.refuses()
        self.collector(self.registry.store, *COLLECT, "../config.yml")
        self.refuses()
        self.works()

    @case("by DIR/./FILE, DIR//FILE and symbolic links")
    def test_other_paths(self):
        self.collector("/", *COLLECT, f"{self.home}/./config.yml")
        self.refuses()
        self.collector("/", *COLLECT, f"{self.home}//store/../config.yml")
        self.refuses()
        (self.folder / "link").symlink_to(self.home)
        self.collector(self.folder, *COLLECT, "link/config.yml")
        self.refuses()
        self.works()

    @case("by REGISTRY_CONFIGURATION_PATH")
    def test_variable(self):
        self.collector("/", *COLLECT, REGISTRY_CONFIGURATION_PATH=self.file)
        self.refuses()
        self.collector(self.home, *COLLECT, "-m", REGISTRY_CONFIGURATION_PATH="./config.yml")
        self.refuses()
        self.works()

    @case("under another name, and behind a wrapper")
    def test_name(self):
        own = self.folder / "registry-of-ours"
        own.symlink_to(shutil.which("docker-registry"))
        self.collector("/", own, "garbage-collect", self.file)
        self.refuses()
        self.collector("/", "timeout", "60", *COLLECT, self.file)
        self.refuses()

    @case("another configuration of the same root: its file, or its environment")
    def test_same_root(self):
        copy = self.folder / "copy.yml"
        shutil.copy(self.file, copy)
        self.collector("/", *COLLECT, copy)
        self.refuses()
        text, count = re.subn(
            "rootdirectory: .*'", "rootdirectory: '/nonexistent'", copy.read_text()
        )
        self.assertEqual(count, 1)
        elsewhere = self.folder / "elsewhere.yml"
        elsewhere.write_text(text)
        link = self.folder / "store-link"
        link.symlink_to(self.registry.store)
        self.collector("/", *COLLECT, elsewhere, **{ROOT: link})
        self.refuses()

    @case("a root that cannot be told counts")
    def test_unknown_root(self):
        # What it was told to read, which it has done, is gone.
        pipe = self.folder / "pipe.yml"
        os.mkfifo(pipe)
        self.collector("/", *COLLECT, pipe)
        pipe.write_bytes((self.home / "config.yml").read_bytes())
        pipe.unlink()
        self.refuses()
        self.works()

    @case("a collector of another registry on this host does not hold us up")
    def test_another_registry(self):
        own, other = self.registry, self.start_registry(cache="inmemory")
        self.use(other)
        self.push([{"repository": "x", "tag": "new", "created": "-1d"}])
        self.use(own)
        self.collector("/", *COLLECT, other.config)
        self.works()
        self.collector(other.folder, *COLLECT, "-m", "config.yml")
        self.works_again()
        # Our configuration's text, but another root.
        copy = self.folder / "copy.yml"
        shutil.copy(self.file, copy)
        self.collector("/", *COLLECT, copy, **{ROOT: other.store})
        self.works_again()

    @case("the client of an engine, and who is only asked, do not hold us up")
    def test_only_asked(self):
        self.collector("/", *COLLECT, "--dry-run", self.file)
        self.works()
        self.collector("/", *COLLECT, "-dm", self.file)
        self.works_again()
        # What it has started is somewhere else, and would be seen there.
        client = 'exec -a docker perl -e "sleep 600" "$@"'
        pid = self.collector("/", "bash", "-c", client, "-", "exec", "some", *COLLECT, self.file)
        wait_for(lambda: words_of(pid)[:1] == ["docker"])
        self.works_again()

    @case("beside a registry in a container, a collector of this host on the same storage")
    def test_beside_container(self):
        self.env |= DockerStub().env
        self.configure(CONTAINER)
        # It is none of the processes in that container.
        self.collector(self.home, *COLLECT, "config.yml")
        self.refuses()
        self.works()
