"""The native collector in a run (gc.method native): two nights, what it tells, what it refuses, and what is
left of it when it is interrupted. The program is the one that waits for a second instead of a minute."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from lab import World, case, program, tree, wait_for
from lab.native import NativeWorld


class Native(NativeWorld):
    """An old image that shares a layer with a new one; it has no tests."""

    IMAGES = [
        {
            "repository": "app",
            "tag": "old",
            "created": "-90d",
            "layers": ["own:41000", "base:9000"],
        },
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["base:9000", "more:500"]},
        {"repository": "lib", "tag": "new", "created": "-1d", "layers": ["base:9000"]},
    ]

    def storage(self):
        return self.report()["storage"]

    def told(self):
        return self.report()["garbage_collection"]["native"]

    def only_of(self, name):
        """What the manifest NAME alone refers to: its config and its own layer, and itself."""
        manifest = self.registry.manifest(*name.split(":"))
        return [manifest["config"]["digest"], manifest["layers"][0]["digest"], self.digest(name)]

    def no_trash(self):
        folder = self.registry.store / "clean-registry-trash"
        self.assertEqual([str(path) for path in folder.rglob("*") if path.is_file()], [])


class Nights(Native):
    @case("the first night takes the links, the second one frees what was forecast")
    def test_two_nights(self):
        old = self.only_of("app:old")
        self.night()
        self.leaves("app", "new")
        self.says("nothing refers to 3 blobs", "2 links were taken", "tags verified whole")
        self.assertEqual([self.links(digest) for digest in old], [[], [], []])
        self.assertEqual([self.is_stored(digest) for digest in old], [True] * 3)
        self.assertEqual(self.storage()["freed_bytes"], 0)
        self.assertEqual(self.storage()["forecast_bytes"], 0)
        size = sum(self.registry.blob(digest).stat().st_size for digest in old)
        told = self.told()
        self.assertEqual((told["detached_blobs"], told["detached_bytes"]), (3, size))
        self.assertEqual(self.report()["garbage_collection"]["method"], "native")
        before = len(self.registry.blobs())
        # Nothing is deleted, and what is due is a reason to collect all the same.
        self.night()
        self.assertEqual([self.is_stored(digest) for digest in old], [False] * 3)
        self.assertEqual(len(self.registry.blobs()), before - 3)
        self.assertEqual(self.storage()["forecast_bytes"], size)
        self.assertEqual(self.storage()["freed_bytes"], size)
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 3)
        self.no_trash()
        self.registry.restart()
        self.pulls("app", "new")
        self.pulls("lib", "new")
        self.assertEqual(self.owed(), [])
        # The third has nothing to do.
        self.night()
        self.says("nothing is to be deleted")
        self.assertIs(self.report()["garbage_collection"]["ran"], False)

    @case("what the registry's own collector would remove is what goes, on a healthy store")
    def test_equal(self):
        self.push(
            [
                {
                    "repository": "app/sub",
                    "tag": "index",
                    "created": "-1d",
                    "platforms": ["a", "b"],
                },
                {"repository": "app", "tag": "other", "created": "-99d", "layers": ["own:41000"]},
                {"repository": "gone", "tag": "old", "created": "-99d", "layers": ["base:9000"]},
            ]
        )
        for name in ("app:old", "app:other", "gone:old"):
            self.registry.delete(name.split(":")[0], self.digest(name))
        self.registry.begin_upload("app", b"unfinished")
        copy = self.folder / "copy"
        shutil.copytree(self.registry.store, copy)
        text = Path(self.registry.config).read_text()
        config = self.folder / "copy.yml"
        config.write_text(text.replace(str(self.registry.store), str(copy)))
        self.command("docker-registry", "garbage-collect", config)
        self.exited(0)
        wanted = blobs_below(copy)
        self.night(0, "collect")
        self.night(0, "collect")
        self.assertEqual(blobs_below(self.registry.store), wanted)
        self.assertLess(len(wanted), self.report()["garbage_collection"]["blobs_deleted"] * 4)

    @case("collect --dry-run tells what collect frees, and writes nothing; so does a dry run")
    def test_forecast(self):
        self.registry.delete("app", self.digest("app:old"))
        self.night(0, "collect", "--dry-run")
        self.assertEqual(self.storage()["forecast_bytes"], 0)
        later = self.storage()["forecast_later_bytes"]
        self.assertGreater(later, 41000)
        self.says("the collection would free 0 B", "nothing refers to would go later")
        self.night(0, "collect")
        self.ages()
        before, journal = tree(self.registry.store), self.journal()
        for words in (["collect", "--dry-run"], ["--dry-run"]):
            self.exits(0, *words)
            self.assertEqual(self.storage()["forecast_bytes"], later)
            self.assertEqual(self.storage()["forecast_later_bytes"], 0)
            self.assertIsNone(self.storage()["freed_bytes"])
        self.assertEqual(tree(self.registry.store), before)
        self.assertEqual(self.journal(), journal)
        self.exits(0, "collect")
        self.assertEqual(self.storage()["freed_bytes"], later)
        self.assertEqual(self.storage()["forecast_bytes"], later)

    @case("collect --dry-run reads no date, and its second reader looks at all tags all the same")
    def test_undated(self):
        self.registry.delete("app", self.digest("app:old"))
        # A config whose body is not what it was is no date, and needed as ever.
        config = self.registry.blob(self.registry.manifest("app", "new")["config"]["digest"])
        config.write_bytes(b"x" * config.stat().st_size)
        said = "no tag needs any of the 3 blobs that nothing refers to (2 tags looked at)"
        self.ages()
        self.exits(1, "--dry-run")
        self.says("the body does not match its digest")
        self.exits(0, "collect", "--dry-run")
        self.says(said)

    @case("gc.when never: nothing is taken and nothing goes; always: what is young is looked for")
    def test_when(self):
        self.native({"gc": {"when": "never"}})
        old = self.only_of("app:old")
        self.night()
        self.assertEqual([self.links(digest) for digest in old], [["app"], ["app"], []])
        self.native({"gc": {"when": "always", "grace_hours": 20}})
        self.exits(0)
        self.assertEqual([self.links(digest) for digest in old], [["app"], ["app"], []])
        # It goes on to be owed until it was old enough.
        self.assertEqual(self.owed(), ["collection"])
        self.native()
        self.night()
        self.assertEqual([self.links(digest) for digest in old], [[], [], []])
        self.assertEqual(self.owed(), [])

    @case("gc.trash_days: what goes is kept beside docker/, is not freed, and goes in its time")
    def test_trash(self):
        self.native({"gc": {"trash_days": 1}})
        old = self.only_of("app:old")
        self.night()
        self.night()
        self.assertEqual([self.is_stored(digest) for digest in old], [False] * 3)
        self.assertEqual(self.storage()["freed_bytes"], 0)
        self.assertEqual(self.storage()["forecast_bytes"], 0)
        told = self.told()
        self.assertEqual(told["trash_blobs"], 3)
        self.assertGreater(told["trash_bytes"], 41000)
        self.says("collected: 0 blobs removed, 3 moved to the trash, ")
        self.says("the trash keeps ", "until ")
        kept = blobs_in_trash(self.registry.store)
        self.assertEqual(kept, sorted(old))
        # Shorter days: all of it.
        self.native()
        self.exits(0)
        self.assertEqual(self.storage()["freed_bytes"], told["trash_bytes"])
        self.assertEqual(self.storage()["forecast_bytes"], told["trash_bytes"])
        self.no_trash()

    @case("what is pushed again between the nights stays, and is whole")
    def test_pushed_again(self):
        own = self.only_of("app:old")[1]
        self.night()
        self.assertEqual(self.links(own), [])
        self.push(
            [{"repository": "again", "tag": "new", "created": "-1d", "layers": ["own:41000"]}]
        )
        self.assertEqual(self.links(own), ["again"])
        self.night()
        self.assertTrue(self.is_stored(own))
        self.registry.restart()
        self.pulls("again", "new")
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 2)
        # It is not due for ever.
        self.night()
        self.says("nothing is to be deleted")

    @case("an emptied repository goes in the same run; what it had goes the night after")
    def test_empty_repository(self):
        self.push([{"repository": "team/gone", "tag": "old", "created": "-90d"}])
        gone = self.only_of("team/gone:old")
        self.native({"cleanup": {"delete_empty_repositories": True, "empty_repository_hours": 0}})
        self.night()
        self.says("removed the empty repository team/gone")
        self.assertEqual(sorted(self.registry.contents()), ["app", "lib"])
        self.assertEqual([self.is_stored(digest) for digest in gone], [True] * 3)
        self.night()
        self.assertEqual([self.is_stored(digest) for digest in gone], [False] * 3)
        self.assertEqual(self.owed(), [])

    @case("a journal that is damaged: exit 4 with its path, and nothing changes")
    def test_damaged_journal(self):
        self.night()
        (journal,) = self.state.glob("*/collector")
        whole = journal.read_bytes()
        journal.write_bytes(whole[:-9])
        before = tree(self.registry.store)
        self.ages()
        for words in ((), ("--dry-run",), ("collect",), ("recover",)):
            self.run_program(*words, "--config", self.config)
            self.exited(4)
            self.says(str(journal))
        self.assertEqual(tree(self.registry.store), before)
        # Without it what was taken is found again, and goes a grace later.
        journal.unlink()
        self.night(0, "collect")
        self.assertEqual(self.told()["detached_blobs"], 3)
        self.night(0, "collect")
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 3)

    def journal(self):
        """What is in the folder of the state, but for what scans remember."""
        return {
            path.name: path.read_bytes()
            for path in self.state.rglob("*")
            if path.is_file() and "cache" not in path.name
        }


def blobs_below(store):
    return sorted(
        f"{path.parts[-4]}:{path.parts[-2]}"
        for path in (store / "docker/registry/v2/blobs").glob("*/*/*/data")
    )


def blobs_in_trash(store):
    return sorted(
        f"{path.parts[-4]}:{path.parts[-2]}"
        for path in (store / "clean-registry-trash").glob("*/blobs/*/*/*/data")
    )


class Unclear(Native):
    @case(
        "an unclear repository keeps all that it links, is named once, and is exit 1; others go on"
    )
    def test_unclear(self):
        self.push([{"repository": "odd", "tag": "old", "created": "-90d", "layers": ["odd:7000"]}])
        self.push([{"repository": "odd", "tag": "new", "created": "-1d", "layers": ["odd2:700"]}])
        odd, own = self.only_of("odd:old"), self.only_of("app:old")
        self.registry.delete("odd", self.digest("odd:old"))
        (self.registry.manifests("odd") / "tags/new/current/link").write_text("")
        self.night(1, "collect", "--dry-run")
        self.named_once("odd")
        self.night(1, "run")
        self.named_once("odd")
        unclear = self.told()["unclear"]
        self.assertEqual([row["repository"] for row in unclear], ["odd"])
        self.assertEqual([self.links(digest) for digest in odd[:2]], [["odd"], ["odd"]])
        self.assertEqual([self.links(digest) for digest in own], [[], [], []])
        self.night(1, "run")
        self.assertEqual([self.is_stored(digest) for digest in own], [False] * 3)
        self.assertEqual([self.is_stored(digest) for digest in odd[:2]], [True] * 2)

    def named_once(self, name):
        told = [line for line in self.lines() if f"repository {name} is not clear" in line]
        self.assertEqual(len(told), 1, self.output)

    @case("check names it, and is content without one")
    def test_check(self):
        self.run_program("check", "--config", self.config)
        self.says("the collector works")
        self.exited(0)
        (self.registry.manifests("lib") / "tags/new/current/link").write_text("")
        self.run_program("check", "--config", self.config)
        self.exited(1)
        self.says("repository lib is not clear")


class Refused(Native):
    """What the native collector does not work on; nothing is deleted then."""

    REGISTRY = None
    IMAGES = None

    def start(self, **options):
        self.use(self.start_registry(**options))
        self.push(Native.IMAGES)
        self.native()

    def setUp(self):
        World.setUp(self)

    def refuses(
        self, code, *texts, words=((), ("--dry-run",), ("collect",), ("collect", "--dry-run"))
    ):
        before = tree(self.registry.store)
        self.ages()
        for word in words:
            self.exits(code, *word)
            self.says(*texts)
            told = [line for line in self.lines() if texts[0] in line]
            self.assertEqual(len(told), 1, "in one line, and once")
        self.assertEqual(tree(self.registry.store), before)

    @case("a cache without gc.restart")
    def test_cache(self):
        self.start(cache="inmemory")
        self.refuses(2, 'gc.restart: required, because gc.method is "native"')
        self.run_program("check", "--config", self.config)
        self.exited(1)
        self.says("gc.restart: required, because")

    @case("gc.grace_hours 0 beside a registry that takes pushes; not in read-only mode")
    def test_grace(self):
        self.start()
        self.native({"gc": {"grace_hours": 0}})
        self.refuses(2, "gc.grace_hours: 0 is only for a registry in read-only mode")

    @case("in read-only mode a grace of 0 collects at once, beside nobody who could push")
    def test_read_only(self):
        self.start()
        old = self.only_of("app:old")
        self.registry.delete("app", self.digest("app:old"))
        text = Path(self.registry.config).read_text()
        self.registry.write_config(
            text.replace("readonly: {enabled: false}", "readonly: {enabled: true}")
        )
        self.registry.restart()
        self.native({"gc": {"grace_hours": 0}})
        self.exits(0, "collect")
        self.assertEqual([self.is_stored(digest) for digest in old], [False] * 3)
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 3)
        self.assertGreater(self.storage()["freed_bytes"], 41000)
        self.no_trash()
        self.pulls("app", "new")
        self.pulls("lib", "new")

    @case("a folder that is not proved to be the registry's own: a copy of it")
    def test_copy(self):
        self.start()
        copy = self.folder / "copy"
        shutil.copytree(self.registry.store, copy)
        self.native({"paths": {"host_storage": str(copy)}})
        self.refuses(4, "collects only what is proved to be the registry's own folder")
        # Tags go all the same where that is wanted.
        self.native({"paths": {"host_storage": str(copy)}, "gc": {"required": False}})
        self.exits(1)
        self.leaves("app", "new")
        self.assertEqual(self.owed(), ["collection"])

    @case("a pull-through cache, whose own timer removes blobs")
    def test_pull_through(self):
        self.start()
        (self.registry.store / "scheduler-state.json").write_text("{}")
        self.refuses(2, "pull-through cache")

    @case("blobs behind a symbolic link")
    def test_symbolic_link(self):
        self.start()
        elsewhere = self.folder / "elsewhere"
        (self.registry.v2 / "blobs").rename(elsewhere)
        (self.registry.v2 / "blobs").symlink_to(elsewhere)
        self.refuses(2, "a symbolic link, which the native collector does not follow")

    @case("where nothing was pushed yet there is nothing to collect")
    def test_nothing_there(self):
        self.use(self.start_registry())
        self.native()
        self.exits(0, "collect")
        self.says("nothing was pushed to the registry yet")
        self.native({"gc": {"when": "always"}})
        self.exits(0)

    @case("a garbage-collect that is at work, however it names its configuration")
    def test_collector_at_work(self):
        self.start()
        home = self.registry.folder
        for folder, words, variables in (
            (home, ["./config.yml"], {}),
            ("/", [f"{home}/./config.yml"], {}),
            (self.registry.store, ["-m"], {"REGISTRY_CONFIGURATION_PATH": "../config.yml"}),
        ):
            end = self.hold_collector(folder, words, variables)
            try:
                self.refuses(5, "a collector is already at work", words=((), ("collect",)))
            finally:
                end()
        self.night()
        self.leaves("app", "new")

    def hold_collector(self, folder, words, variables):
        """A real one that waits for room in a pipe that is full; returns what ends it."""
        read, write = program.full_pipe()
        held = subprocess.Popen(
            ["docker-registry", "garbage-collect", *words],
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write,
            cwd=folder,
            env={"PATH": os.environ["PATH"], **variables},
        )
        os.close(write)
        wait_for(lambda: "garbage-collect" in program.words_of(held.pid))

        def end():
            self.assertIsNone(held.poll(), "the collector has not waited")
            held.kill()
            held.wait()
            os.close(read)

        return end


class Cached(Native):
    """Beside a registry with a cache in memory."""

    REGISTRY = None
    IMAGES = None

    def setUp(self):
        World.setUp(self)
        self.use(self.start_registry(cache="inmemory"))
        self.registry.wanted = None
        self.addCleanup(self.registry.stop)
        self.push(Native.IMAGES)
        self.pulls("app", "old", "new")

    @case("with gc.restart it is emptied between; what is pushed again and again is whole")
    def test_restart(self):
        self.native(self.restarts(self.registry.restart))
        own = self.only_of("app:old")[1]
        self.night()
        self.assertEqual(self.links(own), [])
        status, _, _ = self.registry.request("HEAD", f"/v2/app/blobs/{own}")
        self.assertEqual(status, 404)
        self.night()
        self.assertFalse(self.is_stored(own))
        self.push([Native.IMAGES[0] | {"tag": "again"}])
        self.pulls("app", "again", "new")

    @case("a push through the cache before it is emptied gets its link back in the same run")
    def test_pushed_before(self):
        layer = self.only_of("app:old")[1]
        media_type, _, body = self.registry.client.get_manifest("app", "old")

        def push_and_restart():
            # The server still knows what the manifest needs, so a client sends nothing else.
            status, _, _ = self.registry.request("HEAD", f"/v2/app/blobs/{layer}")
            self.heads.append(status)
            self.registry.client.put_manifest("app", "again", body, media_type)
            self.heads.append(self.links(layer))
            self.registry.restart()

        self.heads = []
        self.native(self.restarts(push_and_restart))
        self.night()
        self.assertEqual(self.heads, [200, []])
        self.assertEqual(self.links(layer), ["app"])
        self.assertEqual(self.told()["links_put_back"], 2)
        self.registry.restart()
        self.pulls("app", "again", "new")

    @case("a gc.restart that empties nothing: all is put back, exit 4, night after night")
    def test_no_restart(self):
        self.native({"gc": {"restart": ["true"]}})
        old = self.only_of("app:old")
        for _ in range(2):
            self.night(4)
            self.says("still lists removed blobs", "put back what was taken: 2 links")
            self.assertEqual([self.links(digest) for digest in old], [["app"], ["app"], []])
            self.assertEqual(self.owed(), ["collection"])
        self.leaves("app", "new")
        self.native(self.restarts(self.registry.restart))
        self.night()
        self.assertEqual([self.links(digest) for digest in old], [[], [], []])

    @case("a cache that only the registry's environment names is found out by asking: exit 4")
    def test_unknown_cache(self):
        text = Path(self.registry.config).read_text()
        self.registry.write_config(text.replace("  cache: {blobdescriptor: inmemory}\n", ""))
        self.registry.restart(REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR="inmemory")
        self.pulls("app", "old", "new")
        self.native()
        old = self.only_of("app:old")
        self.night(4)
        self.says("still lists layers whose links were taken", "configuration names no cache")
        self.assertEqual([self.links(digest) for digest in old], [["app"], ["app"], []])
        self.assertEqual(self.owed(), ["collection"])

    @case("a gc.restart that fails: all is put back, exit 4")
    def test_restart_fails(self):
        self.native({"gc": {"restart": ["false"]}})
        old = self.only_of("app:old")
        self.night(4)
        self.assertEqual([self.links(digest) for digest in old], [["app"], ["app"], []])
        self.assertEqual(self.owed(), ["collection"])


class Interrupted(Native):
    """In the wait, when links are taken and blobs are in the trash."""

    def reach_wait(self):
        """The second night of a run that is about to wait; a third image has lost its links in it."""
        self.push([{"repository": "app", "tag": "more", "created": "-1d", "layers": ["late:6000"]}])
        late = self.only_of("app:more")
        self.night()
        self.registry.delete("app", self.digest("app:more"))
        self.ages()
        # With the real wait nothing is a matter of speed.
        run = self.begin_command(program.PROGRAM, "--config", self.config, "collect")
        wait_for(lambda: blobs_in_trash(self.registry.store) and self.links(late[1]) == [])
        wait_for(lambda: "to the trash" in run.output())
        return run, late

    def whole(self, old, late):
        self.assertEqual([self.is_stored(digest) for digest in old + late], [True] * 6)
        self.assertEqual(self.links(late[1]), ["app"])
        self.no_trash()

    @case("killed: a dry run says so, recover puts all back, and the next run finishes")
    def test_killed(self):
        old = self.only_of("app:old")
        run, late = self.reach_wait()
        run.kill(signal.SIGKILL)
        self.finish(run)
        self.exits(0, "--dry-run")
        self.says("a collection was interrupted")
        self.assertEqual(self.links(late[1]), [])
        self.run_program("check", "--config", self.config)
        self.says("a collection was interrupted")
        self.exited(1)
        self.run_program("recover", "--config", self.config)
        self.exited(0)
        self.says("put back what an interrupted collection took: 4 links of layers, and 3 blobs")
        self.whole(old, late)
        self.finishes(old + late)

    @case("killed: the next run puts all back before anything else, whatever its method is")
    def test_killed_run(self):
        old = self.only_of("app:old")
        run, late = self.reach_wait()
        run.kill(signal.SIGKILL)
        self.finish(run)
        self.native({"gc": {"method": "registry", "when": "never"}})
        self.exits(0)
        self.says("put back what an interrupted collection took")
        self.whole(old, late)

    @case("a signal: all is put back at once, 128+n, and the next run finishes")
    def test_signal(self):
        old = self.only_of("app:old")
        run, late = self.reach_wait()
        run.kill(signal.SIGTERM)
        self.finish(run)
        self.exited(128 + signal.SIGTERM)
        self.says("stopped by signal 15", "put back what was taken")
        self.whole(old, late)
        self.assertEqual(self.owed(), ["collection"])
        self.finishes(old + late)

    def finishes(self, digests):
        for _ in range(2):
            self.night(0, "collect")
        self.assertEqual([self.is_stored(digest) for digest in digests], [False] * 6)
        self.assertEqual(self.owed(), [])
        self.pulls("app", "new")
