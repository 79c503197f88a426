"""The registry's cache of blob descriptors after a collection: what it still believes in is found out by
asking, in redis as well, which no restart empties."""

import contextlib
import os
import re
import threading
import traceback

from lab import World, case
from lab.redis import Redis

ASKED = "that were asked for, app sha256:"


class StaleCache(World):
    REGISTRY = None
    OWN = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]},
    ]

    def start(self, **options):
        """A registry with an old and a young image."""
        self.use(self.start_registry(**options))
        # What it remembers is nothing for another test.
        self.registry.wanted = None
        self.addCleanup(self.registry.stop)
        self.push(self.OWN)
        # What is pulled is in the cache for sure.
        self.pulls("app", "old", "new")

    def start_with_redis(self):
        self.redis = self.serve(Redis())
        self.start(cache="redis", redis=self.redis.port)

    def on_restart(self, *actions):
        """The configuration whose gc.restart does all of these, here, and waits for their end."""
        self.actions = actions
        script = self.folder / "restart"
        if not script.exists():
            call, answer = self.folder / "call", self.folder / "answer"
            os.mkfifo(call)
            os.mkfifo(answer)
            script.write_text(
                f"#!/bin/sh\n: >'{call}' && read -r status <'{answer}' && exit \"$status\"\n"
            )
            script.chmod(0o755)
            threading.Thread(target=self.obey, args=(call, answer), daemon=True).start()
        return {"gc": {"restart": [str(script)]}}

    def obey(self, call, answer):
        """Whenever somebody opens the one pipe, does what is to be done, and tells the other how it went."""
        # The pipes go with the test's folder.
        with contextlib.suppress(FileNotFoundError):
            while call.read_bytes() == b"":
                answer.write_text(f"{self.act()}\n")

    def act(self):
        """The status with which gc.restart ends."""
        try:
            for action in self.actions:
                action()
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            return 1
        return 0

    def warned(self, *texts):
        """Of the cache and of nothing else, and nothing is owed."""
        self.assertEqual(len([line for line in self.lines() if "[WARNING]" in line]), 1)
        self.says("[WARNING] the registry's cache still lists removed layers", *texts)
        self.assertEqual(self.owed(), [])

    @case(
        "redis without gc.restart: one warning that says what is still believed in, and the flush"
    )
    def test_redis(self):
        self.start_with_redis()
        self.configure()
        self.exits(0)
        self.warned(ASKED, "survives a restart", "blobs::*")
        # Once it is flushed, what is pushed again is whole.
        self.redis.flush()
        self.push(self.OWN)
        self.pulls("app", "old", "new")

    @case("a cache in memory without gc.restart: the same, and a restart is named")
    def test_memory(self):
        self.start(cache="inmemory")
        self.configure()
        self.exits(0)
        self.warned(ASKED, "set gc.restart")

    @case("redis with a gc.restart that only restarts: exit 4, owed, night after night")
    def test_redis_restarted(self):
        self.start_with_redis()
        self.configure(self.on_restart(self.registry.restart))
        self.exits(4)
        self.says(
            "[ERROR] after gc.restart the registry still lists removed blobs",
            "app sha256:",
            "blobs::*",
        )
        self.leaves("app", "new")
        self.assertEqual(self.owed(), ["collection"])
        # The next run removes nothing, and knows what to ask for all the same.
        self.exits(4)
        self.says("still lists removed blobs", "app sha256:")
        self.assertEqual(self.owed(), ["collection"])
        self.configure(self.on_restart(self.redis.flush, self.registry.restart))
        self.exits(0)
        self.keeps_quiet_of("[WARNING]", "believes")
        self.assertEqual(self.owed(), [])
        self.push(self.OWN)
        self.pulls("app", "old", "new")

    @case("a cache in memory that gc.restart does not empty: exit 4 as well")
    def test_memory_kept(self):
        self.start(cache="inmemory")
        self.configure({"gc": {"restart": ["true"]}})
        self.exits(4)
        self.says("still lists removed blobs")
        self.assertEqual(self.owed(), ["collection"])
        self.configure(self.on_restart(self.registry.restart))
        self.exits(0)
        self.assertEqual(self.owed(), [])

    @case("a blob that was pushed again meanwhile is no memory")
    def test_pushed_again(self):
        self.start(cache="inmemory")
        again = {"repository": "app", "tag": "again", "created": "-1d", "layers": ["lost:51001"]}
        self.configure(self.on_restart(self.registry.restart, lambda: self.push([again])))
        self.exits(0)
        self.keeps_quiet_of("believes")
        self.pulls("app", "again", "new")

    @case("a registry that does not answer after gc.restart: not known is not clean; exit 4, owed")
    def test_no_answer(self):
        self.start(cache="inmemory")
        proxy = self.start_proxy()
        self.configure({"gc": {"restart": ["true"]}}, url=proxy.url)
        proxy.rules({"match": {"method": "HEAD", "path": "/blobs/"}, "status": 403})
        self.exits(4)
        self.says("could not be asked after gc.restart (app sha256:")
        self.assertEqual(self.owed(), ["collection"])
        # The next run removes nothing, and asks again.
        proxy.clear()
        self.exits(4)
        self.says("still lists removed blobs")
        self.configure(self.on_restart(self.registry.restart), url=proxy.url)
        self.exits(0)
        self.assertEqual(self.owed(), [])

    @case("without a cache nothing is asked")
    def test_none(self):
        self.start(cache="none")
        self.configure()
        requests = self.watch(lambda: self.exits(0))
        self.keeps_quiet_of("believes")
        self.leaves("app", "new")
        self.assertEqual([line for line in requests if re.search("^HEAD .*/blobs/", line)], [])
