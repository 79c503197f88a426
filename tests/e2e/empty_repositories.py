"""Empty repositories leave the catalog, and nothing else of the registry's storage changes."""

import os
import signal
import time
import urllib.parse

from v2client import OCI_MANIFEST, digest_of

from lab import World, case, files, tree, wait_for

# An old image in team/app, another one below it that stays, and one in base with the same layer.
IMAGES = [
    {
        "repository": "team/app",
        "tag": "old",
        "created": "-90d",
        "layers": ["base:30000", "app:5000"],
    },
    {"repository": "team/app/nested", "tag": "new", "created": "-1d", "layers": ["base:30000"]},
    {"repository": "base", "tag": "new", "created": "-1d", "layers": ["base:30000"]},
]
HIDDEN_LAYERS = "_clean-registry_hidden_layers"
HIDDEN_MANIFESTS = "_clean-registry_hidden_manifests"


class Repositories(World):
    """What all classes of this file share; it has no tests."""

    REGISTRY = None
    CONFIG = None
    ON = {"cleanup": {"delete_empty_repositories": True, "empty_repository_hours": 0}}

    def with_on(self, changes=None):
        """Configures with that, and empty repositories to be removed."""
        self.configure(self.ON, changes)

    def push_again(self):
        layers = ["base:30000", "app:5000"]
        self.push([{"repository": "team/app", "tag": "again", "created": "-1d", "layers": layers}])

    def lists(self, *repositories):
        """The catalog has these and no others."""
        self.assertEqual(sorted(self.registry.contents()), sorted(repositories))

    def all_listed(self):
        self.lists("base", "team/app", "team/app/nested")

    def app_is_gone(self):
        self.lists("base", "team/app/nested")

    def repository(self, name):
        return self.registry.v2 / "repositories" / name

    def nothing_hidden(self):
        self.assertEqual(list(self.registry.store.rglob("_clean-registry*")), [])


class Full(Repositories):
    REGISTRY = {}
    KEPT = IMAGES

    @case("an emptied repository leaves the catalog; one below it stays and can be pulled")
    def test_emptied(self):
        self.with_on()
        self.exits(0)
        self.says(
            "removed the empty repository team/app",
            "removed 1 empty repository",
            "tags verified whole",
        )
        self.assertEqual(self.report()["repositories_removed"], ["team/app"])
        self.app_is_gone()
        self.assertEqual(os.listdir(self.repository("team/app")), ["nested"])
        self.pulls("team/app/nested", "new")
        self.pulls("base", "new")
        self.exits(0)
        self.keeps_quiet_of("empty repositor")
        self.assertEqual(self.report()["repositories_removed"], [])
        self.push_again()
        self.all_listed()
        self.pulls("team/app", "again")

    @case("the folders above it go as far as they are empty; without a collection, too")
    def test_folders_above(self):
        self.registry.empty()
        self.push(
            [
                {"repository": "a/b/c/d", "tag": "old", "created": "-90d"},
                {"repository": "a/x", "tag": "new", "created": "-1d"},
            ]
        )
        self.with_on({"gc": {"when": "never"}})
        self.exits(0)
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        self.lists("a/x")
        self.assertEqual(os.listdir(self.repository("a")), ["x"])
        self.pulls("a/x", "new")

    @case("when nothing else is to be done, it goes as well")
    def test_nothing_else(self):
        self.configure()
        self.exits(0)
        self.all_listed()
        self.with_on()
        self.exits(0)
        self.says("nothing is to be deleted", "removed the empty repository team/app")
        self.app_is_gone()

    @case("off: nobody looks")
    def test_off(self):
        self.configure()
        self.exits(0)
        self.leaves("team/app")
        self.exits(0)
        self.says("nothing is to be deleted")
        self.keeps_quiet_of("empty")
        self.all_listed()

    @case("one that is not idle for long enough stays")
    def test_not_idle(self):
        self.with_on({"cleanup": {"empty_repository_hours": 1}})
        self.exits(0)
        stays = "repository team/app is empty, and stays until"
        self.says(f"{stays} nothing in it changed for 1 hour: ")
        self.all_listed()
        self.with_on()
        later = time.time() + 3600
        os.utime(self.repository("team/app") / "_layers", (later, later))
        self.exits(0)
        self.says(stays)
        self.all_listed()

    @case("an upload in progress stays, and can be finished")
    def test_upload(self):
        client = self.registry.client
        headers, _ = client.expect(202, "POST", "/v2/team/app/blobs/uploads/")
        location = urllib.parse.urlsplit(headers["Location"])
        data = os.urandom(1000)
        digest = digest_of(data)
        self.with_on()
        self.exits(0)
        self.leaves("team/app")
        self.all_listed()
        path = f"{location.path}?{location.query}&digest={digest}"
        client.expect(201, "PUT", path, data, {"Content-Type": "application/octet-stream"})
        self.assertEqual(client.get_blob("team/app", digest), data)

    @case("what cannot be put back ends the run before it deletes or collects")
    def test_not_put_back(self):
        app = self.repository("team/app")
        hidden = app / HIDDEN_MANIFESTS
        self.command("cp", "-r", app / "_manifests", hidden)
        (hidden / "tags/old/current/link").write_text(f"sha256:{1:064}")
        self.configure()
        self.exits(1)
        self.says(
            f"{HIDDEN_MANIFESTS} could not be put back as _manifests (link: File exists)",
            "move there by hand what is still in it",
        )
        self.leaves("team/app", "old")
        self.assertIs(self.report()["garbage_collection"]["ran"], False)


class Emptied(Repositories):
    """A run has emptied team/app, and left it."""

    REGISTRY = {}
    KEPT = IMAGES

    @classmethod
    def prepare(cls, self):
        super().prepare(self)
        self.configure()
        self.exits(0)
        # No test finds the state of that run.
        files.remove(self.state)

    def setUp(self):
        super().setUp()
        self.all_listed()
        self.before = tree(self.registry.store)

    def nothing_changed(self):
        self.assertEqual(tree(self.registry.store), self.before)

    @case("what is not understood stays: a file, a link, an untagged manifest")
    def test_not_understood(self):
        note = self.repository("team/app") / "_layers/note"
        note.write_text("keep\n")
        self.before = tree(self.registry.store)
        self.with_on()
        self.exits(0)
        self.says("repository team/app has no tags, and stays: note in its _layers is not known")
        self.nothing_changed()
        note.unlink()
        self.push([{"repository": "team/app", "tag": None, "id": "untagged"}])
        self.before = tree(self.registry.store)
        self.exits(0)
        self.nothing_changed()

    @case("a protected repository, and one that this run is not for, stay")
    def test_protected(self):
        self.with_on({"cleanup": {"protected_repositories": ["team/app", "team/none"]}})
        self.exits(0)
        self.all_listed()
        self.says("protected_repositories team/none matches no tag")
        self.keeps_quiet_of("protected_repositories team/app matches no tag")
        self.with_on()
        self.exits(0, "--repository", "base")
        self.all_listed()

    @case("a dry run names it and changes nothing")
    def test_dry_run(self):
        self.with_on()
        self.exits(0, "--dry-run")
        self.says("would remove the empty repository team/app")
        self.assertEqual(self.report()["repositories_removed"], [])
        self.nothing_changed()

    @case("a folder that is not proved to be the registry's own: it is only named")
    def test_not_proved(self):
        self.with_on(self.exec_script("case $1 in stat) exit 127;; esac"))
        self.exits(0)
        self.says("repository team/app is empty, and stays: paths.host_storage was not proved")

    def end_while_hidden(self, number, code):
        """Ends a run by that signal while team/app is hidden; fails unless it exits with that code."""
        started = self.begin()
        wait_for((self.repository("team/app") / HIDDEN_LAYERS).exists)
        started.kill(number)
        done = started.end()
        self.assertEqual(done.status, code, done.output)
        return done.output

    @case("a signal while it is hidden: it is put back")
    def test_signal(self):
        self.with_on()
        output = self.end_while_hidden(signal.SIGTERM, 143)
        self.assertIn("repository team/app is empty, and stays for now", output)
        self.nothing_changed()

    @case("kill -9 while it is hidden: the next run puts it back, the one after it removes it")
    def test_kill(self):
        self.with_on()
        self.end_while_hidden(signal.SIGKILL, 137)
        self.app_is_gone()
        self.exits(0)
        self.says("put back what an interrupted run hid in team/app")
        self.all_listed()
        self.exits(0)
        self.says("removed the empty repository team/app")
        self.nothing_hidden()
        self.app_is_gone()

    @case(
        "what an interrupted run hid is told while the folder is not proved, and nothing is moved"
    )
    def test_hidden_not_proved(self):
        app = self.repository("team/app")
        (app / "_layers").rename(app / HIDDEN_LAYERS)
        # It cannot be asked which folder the registry has.
        self.with_on({"registry": {"exec": ["false"]}, "gc": {"when": "never"}})
        self.exits(0)
        self.says("[WARNING] an interrupted run hid parts of 1 empty repository, team/app first")
        self.assertTrue((app / HIDDEN_LAYERS).exists())
        self.assertFalse((app / "_layers").exists())

    @case("what an interrupted run left is put back or finished before anything else")
    def test_interrupted(self):
        self.configure()
        app = self.repository("team/app")
        (app / "_manifests").rename(app / HIDDEN_MANIFESTS)
        (app / "_layers").rename(app / HIDDEN_LAYERS)
        self.app_is_gone()
        self.exits(0)
        self.says("put back what an interrupted run hid in team/app")
        self.all_listed()
        (app / "_manifests").rename(app / "_clean-registry_gone_manifests")
        (app / "_layers").rename(app / HIDDEN_LAYERS)
        self.push_again()
        self.exits(0)
        self.says("removed the empty repository team/app")
        self.nothing_hidden()
        self.pulls("team/app", "again")
        self.pulls("team/app/nested", "new")

    @case("a restart that fails: everything is put back")
    def test_restart_fails(self):
        self.registry.options["cache"] = "inmemory"
        self.registry.write_config(self.registry.configuration())
        self.registry.restart()
        self.with_on({"gc": {"restart": ["false"]}})
        self.exits(1)
        self.says(
            "empty repositories stay until this succeeds: gc.restart: false",
            "repository team/app is empty, and stays for now",
        )
        self.nothing_changed()
        self.assertEqual(self.owed(), [])


class Cached(Repositories):
    """The registry has a cache in memory; its process is a fresh one, with an empty cache."""

    REGISTRY = {"cache": "inmemory"}
    IMAGES = IMAGES

    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.stop)

    @case("with a cache in memory and no gc.restart it is only named")
    def test_no_restart(self):
        self.with_on()
        self.exits(0)
        self.says(
            "repository team/app is empty, and stays: the registry has a cache (storage.cache), "
            "and gc.restart is not set"
        )


class Restarted(Repositories):
    """A container has the cache, and docker restarts it."""

    REGISTRY = {"where": "container", "cache": "inmemory"}
    IMAGES = IMAGES
    RESTART = {"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}

    def setUp(self):
        super().setUp()
        # The next test wants an empty cache, too.
        self.addCleanup(self.registry.stop)

    @case("with a cache and gc.restart it goes, and a push that follows is whole")
    def test_restart(self):
        self.pulls("team/app", "old")
        self.with_on(self.RESTART)
        self.exits(0)
        self.says("removed the empty repository team/app")
        self.assertEqual(self.output.count("restarting the registry"), 1)
        self.app_is_gone()
        self.push_again()
        self.pulls("team/app", "again")
        self.registry.restart()
        self.pulls("team/app", "again")
        self.pulls("base", "new")

    @case("nothing else to do: the restart follows all the same")
    def test_nothing_else(self):
        self.configure(self.RESTART)
        self.exits(0)
        self.with_on(self.RESTART)
        self.exits(0)
        self.says("restarting the registry", "removed the empty repository team/app")
        self.app_is_gone()
        self.push_again()
        self.registry.restart()
        self.pulls("team/app", "again")

    @case("a push that relies on what is hidden: it is put back, and the image is whole")
    def test_push_meanwhile(self):
        manifest, restart = self.folder / "manifest", self.folder / "restart"
        _, _, body = self.registry.client.get_manifest("team/app", "old")
        manifest.write_bytes(body)
        self.configure({"gc": {"when": "never"}})
        self.exits(0)
        # The cache still knows the layers, so the registry takes the manifest while they are hidden.
        restart.write_text(
            f"""#!/bin/sh
[ ! -e '{self.repository("team/app")}/_layers' ] || exit 1
curl -sSf -X PUT --data-binary @'{manifest}' \\
  -H 'Content-Type: {OCI_MANIFEST}' \\
  '{self.registry.url}/v2/team/app/manifests/back' || exit 1
exec docker restart -t 2 '{self.registry.name}'
"""
        )
        restart.chmod(0o700)
        self.with_on({"gc": {"when": "never", "restart": [str(restart)]}})
        self.exits(0)
        self.says("repository team/app stays: something came in meanwhile")
        self.all_listed()
        self.nothing_hidden()
        self.pulls("team/app", "back")
