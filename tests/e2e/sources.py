"""Where the inventory comes from: the storage, once it is proved to be the registry's own; else the API."""

import os
import re
import shutil
import time

from lab import World, case, files, tree, wait_for
from lab.world import release_pipe

# Where registry.exec leads, there is no `stat`.
NO_STAT = 'case $1 in stat) echo "stat: not found" >&2; exit 127;; esac'
NO_CAT = "case $1 in cat) exit 1;; esac"
BY_STORAGE = {"inventory": {"source": "storage"}}


def image(repository, tag, created):
    return {"repository": repository, "tag": tag, "created": created}


class Sources(World):
    IMAGES = [
        image("app", "old", "-90d"),
        image("app", "older", "-95d"),
        image("app", "new", "-1d"),
        image("team/app", "old", "-80d"),
        image("team/app", "new", "-2d"),
    ]

    def setUp(self):
        super().setUp()
        self.requests = []
        self.copy = self.folder / "copy"

    def configure(self, *changes, url=None):
        """Whatever TEST_SOURCE says."""
        super().configure({"inventory": {"source": "auto"}}, *changes, url=url)

    def watched(self, code, *arguments):
        """A run that exits with that code; its requests are in self.requests."""
        self.requests = self.watch(lambda: self.exits(code, *arguments))

    def asked(self, pattern):
        """The requests of the last watched run that this finds."""
        return [line for line in self.requests if re.search(pattern, line)]

    def from_storage(self):
        """The storage was read."""
        self.keeps_quiet_of("and not paths.host_storage")
        self.says(f"read {self.registry.store}, which is")

    def from_api(self):
        """The API was read, in a watched run."""
        self.assertTrue(self.asked("^GET /v2/_catalog"))
        self.keeps_quiet_of(", which is")

    def warned_once(self, *texts):
        """There is the one warning that the source is another, with these texts."""
        pattern = "WARNING.*reading through the API, and not paths.host_storage: "
        warnings = [line for line in self.lines() if re.search(pattern, line)]
        self.assertEqual(len(warnings), 1)
        for text in texts:
            self.assertIn(text, warnings[0])

    def on_disk(self):
        return tree(self.registry.store)

    def copy_store(self):
        """What is on disk now, elsewhere."""
        files.remove(self.copy)
        shutil.copytree(self.registry.store, self.copy, symlinks=True)

    def at_copy(self):
        return {"paths": {"host_storage": str(self.copy)}}

    @case("auto reads the storage, says so, and asks for a sample of tags only")
    def test_auto(self):
        self.write_images([image("many", f"t{number}", "-1d") for number in range(60)])
        self.watched(0, "--dry-run")
        self.from_storage()
        self.says("the registry's own folder", "would delete app:old", "would delete team/app:old")
        self.assertLessEqual(len(self.asked(" /v2/.*/manifests/[^s]")), 20)
        # By digest: what the collector must mark.
        self.assertLessEqual(len(self.asked(" /v2/.*/manifests/sha256:")), 25)
        self.assertEqual(self.asked("_catalog|tags/list|/blobs/"), [])
        self.exits(0)
        self.leaves("app", "new")
        self.leaves("team/app", "new")
        self.pulls("app", "new")

    @case("where the folder cannot be asked for, all names are compared")
    def test_names_compared(self):
        for options in ({}, BY_STORAGE):
            self.configure({**self.exec_script(NO_STAT), **options})
            self.watched(0, "--dry-run")
            self.says(
                f"read {self.registry.store}, which is what the registry has,"
                " as far as was compared",
                "would delete app:old",
            )
            self.assertTrue(self.asked("^GET /v2/_catalog"))
            self.assertTrue(self.asked("^GET /v2/team/app/tags/list"))
            self.assertEqual(self.asked("/blobs/"), [])
        self.exits(0)
        self.leaves("app", "new")
        self.leaves("team/app", "new")

    @case("paths.storage may be unknown: then the registry's own configuration tells the folder")
    def test_unknown_folder(self):
        unknown = {"paths": {"storage": ""}}
        self.configure(unknown)
        self.watched(0, "--dry-run")
        self.says("the registry's own folder")
        self.assertEqual(self.asked("_catalog"), [])
        self.configure({**unknown, **self.exec_script(NO_CAT)})
        self.watched(0, "--dry-run")
        self.says("as far as was compared")
        self.assertTrue(self.asked("^GET /v2/_catalog"))

    @case("a copy is not the registry's folder, however equal it is")
    def test_copy(self):
        self.copy_store()
        self.configure(self.at_copy())
        self.watched(0, "--dry-run")
        self.from_api()
        self.warned_once("is another folder than", str(self.copy))
        self.says("would delete app:old", "would delete team/app:old")

    @case("a stale copy: the API is read, and a tag that is young by now stays")
    def test_stale(self):
        self.copy_store()
        self.push([image("app", "old", "-1h")])
        self.configure(self.at_copy())
        self.exits(0)
        self.warned_once("is another folder than")
        self.leaves("app", "new", "old")
        self.leaves("team/app", "new")
        self.pulls("app", "new", "old")
        # What that folder holds says nothing of the registry; the collector tells what it removed.
        storage = self.report()["storage"]
        self.assertIsNone(storage["after"]["bytes"])
        self.assertEqual(storage["freed_known_from"], "collector")

    @case("a stale copy: source storage exits with 3 and deletes nothing")
    def test_stale_by_storage(self):
        self.copy_store()
        self.push([image("app", "later", "-1h")])
        before = self.on_disk()
        self.configure({**self.at_copy(), **BY_STORAGE})
        self.watched(3)
        self.says("cannot be read from paths.host_storage", "is another folder than")
        self.assertEqual([line for line in self.requests if not line.startswith("GET ")], [])
        self.assertEqual(self.on_disk(), before)
        self.configure({**self.at_copy(), **BY_STORAGE, **self.exec_script(NO_STAT)})
        self.exits(3)
        self.says("app:later is in the registry, but not there")
        self.assertEqual(self.on_disk(), before)

    def differs(self, text):
        """What a copy that cannot be told by its inode is unmasked by; then it is made anew."""
        self.configure({**self.at_copy(), **self.exec_script(NO_STAT)})
        self.watched(0, "--dry-run")
        self.from_api()
        self.warned_once(text)
        self.copy_store()

    @case("a stale copy where the folder cannot be asked for: every later push and delete tells")
    def test_stale_and_not_asked(self):
        self.copy_store()
        self.push([image("app", "later", "-1h")])
        self.differs("app:later is in the registry, but not there")
        self.push([image("other", "first", "-1h")])
        self.differs("other:first is in the registry, but not there")
        self.push([image("app", "old", "-1h")])
        self.differs("app:old is sha256:")
        self.registry.delete("app", self.digest("app:older"))
        self.differs("app:older is there, but not in the registry")
        self.push([image("other", "first", "-1h")])
        self.registry.delete("other", self.digest("other:first"))
        self.differs("other:first is")

    @case("a folder that has another one mounted in it, where registry.exec leads")
    def test_mounted(self):
        self.copy_store()
        self.push([image("app", "later", "-1h")])
        mount = f"mount --bind {self.copy}/docker {self.registry.store}/docker"
        self.configure(
            self.exec_script(
                f'case $1 in stat) exec unshare -m sh -c \'{mount} && exec "$@"\' sh "$@";; esac'
            )
        )
        self.watched(0, "--dry-run")
        self.from_api()
        self.warned_once("is another folder than")

    @case("the registry moved, and what it left behind is still at paths.storage")
    def test_moved(self):
        left = self.registry.store
        self.use(self.start_registry())
        shutil.copytree(left / "docker", self.registry.store / "docker", symlinks=True)
        self.push([image("app", "old", "-1h"), image("app", "later", "-1h")])
        before = self.on_disk()
        options = {"paths": {"storage": str(left), "host_storage": str(left)}}
        self.configure(options)
        self.watched(0, "--dry-run")
        self.from_api()
        self.warned_once("is another folder than")
        self.keeps_quiet_of("would delete app:old ")
        # Its configuration cannot be read: the folder has the right inode, and other names.
        self.configure({**options, **self.exec_script(NO_CAT)})
        self.watched(0, "--dry-run")
        self.from_api()
        self.warned_once("app:later is in the registry, but not there")
        self.assertEqual(self.on_disk(), before)
        self.exits(0)
        self.leaves("app", "old", "later", "new")
        self.pulls("app", "old", "later", "new")

    @case("the folder of another registry")
    def test_other_registry(self):
        wrong = {"paths": {"host_storage": str(self.registry.store)}}
        self.use(self.start_registry())
        self.push([image("own", "old", "-90d"), image("own", "new", "-1d")])
        self.configure(wrong)
        self.watched(0, "--dry-run")
        self.from_api()
        self.configure({**wrong, **self.exec_script(NO_STAT)})
        self.exits(0)
        self.warned_once("in the registry")
        self.leaves("own", "new")

    def changes_at_stat(self, then=""):
        """A dry run that must exit with 0; while it asks for the folder, the registry changes."""
        ready, hold = self.folder / "ready", self.folder / "hold"
        os.mkfifo(hold)
        script = f"case $1 in stat) : >'{ready}'\nread -r line <'{hold}'\n{then};; esac"
        self.configure(self.exec_script(script))
        started = self.begin("--report", self.report_path, "--dry-run")
        wait_for(ready.exists)
        self.push(
            [
                image("app", "came", "-1h"),
                image("app", "old", "-1h"),
                image("sprung/up", "first", "-1h"),
            ]
        )
        self.registry.delete("app", self.digest("app:older"))
        os.close(release_pipe(hold))
        self.finish(started)
        self.exited(0)

    # config.yml and paths name the copy already, and the registry was not restarted yet: device, inode and
    # a sample agree. Whatever was tagged since must stay; the first delete tells, since it does not show.
    @case(
        "a move that is prepared: what was tagged since stays,"
        " and the run ends after its first delete"
    )
    def test_prepared_move(self):
        moved = self.digest("app:old")
        self.write_images([image("app", f"t{number}", "-1d") for number in range(60)])
        self.push([image("app", "prod", "-2d")])
        then = time.time() - 5 * 24 * 3600
        links = [
            self.registry.manifests(repository) / f"tags/{tag}/current/link"
            for repository, tag in (("app", "prod"), ("app", "old"), ("team/app", "old"))
        ]
        # A link that is two seconds young may be of a push after the delete, and tells nothing.
        links += self.registry.v2.glob("repositories/**/_manifests/revisions/*/*/link")
        for link in links:
            os.utime(link, (then, then))
        self.copy_store()
        config = self.folder / "next.yml"
        text = self.registry.configuration()
        self.assertIn(f"'{self.registry.store}'", text)
        config.write_text(text.replace(f"'{self.registry.store}'", f"'{self.copy}'"))
        self.registry.point("app", "prod", moved)
        paths = {"host_storage": self.copy, "storage": self.copy, "config": config}
        self.configure(
            {
                "cleanup": {"protected_tags": ["prod"]},
                "paths": {key: str(path) for key, path in paths.items()},
            }
        )
        self.exits(1)
        self.says("the registry deleted sha256:", "but paths.host_storage still has it")
        self.keeps_quiet_of("collecting: ")
        # Each repository is a worker's: one delete was under way in the other one, at most.
        deleted = [line for line in self.lines() if re.search(r"\] deleted (app|team/app):", line)]
        self.assertLessEqual(len(deleted), 2)
        self.has("app", "prod", moved)
        self.pulls("app", "prod", "old", "new")
        self.assertEqual(self.owed().count("collection"), 1)

    @case("what is pushed, moved or deleted between reading and proof is no difference")
    def test_changes_meanwhile(self):
        self.changes_at_stat()
        self.says("the registry's own folder", "would delete team/app:old")
        self.keeps_quiet_of("WARNING")

    @case("nor is it where all names are compared")
    def test_changes_compared(self):
        self.changes_at_stat("exit 127")
        self.says("as far as was compared", "would delete team/app:old")
        self.keeps_quiet_of("WARNING")

    def as_nobody(self, code):
        """A dry run of a user without rights, which must exit with that code."""
        self.run_as_nobody("--dry-run")
        self.exited(code)

    @case("who may not read the storage is told that root may; the API is read")
    def test_nobody(self):
        # Nobody may look where the registry has its folder, nor read the collector's configuration.
        private = self.folder / "private"
        private.mkdir(mode=0o700)
        (private / "store").symlink_to(self.registry.store)
        shutil.copyfile(self.registry.config, private / "config.yml")
        options = {
            "gc": {"when": "never"},
            "paths": {
                "state": "/var/lib/clean-registry",
                "storage": str(private / "store"),
                "config": str(private / "config.yml"),
            },
            "log": {"file": str(self.folder / "none/log")},
        }
        self.configure(options)
        self.as_nobody(0)
        self.says(f"read {self.registry.store}, which is")
        for place, code in (
            ("repositories/app", 1),
            ("repositories/app/_manifests/tags/old/current/link", 0),
            ("blobs/sha256", 0),
        ):
            (self.registry.v2 / place).chmod(0)
            self.configure(options)
            self.as_nobody(code)
            self.says(
                "reading through the API, and not paths.host_storage",
                "run as root",
                "would delete team/app:old",
            )
            self.change_config(BY_STORAGE)
            self.as_nobody(3)
            self.says("run as root")
            (self.registry.v2 / place).chmod(0o755)
        self.registry.v2.chmod(0o700)
        self.configure(options)
        self.as_nobody(0)
        self.says("Permission denied; run as root", "would delete app:old")

    @case("source storage wants host_storage")
    def test_wants_folder(self):
        self.configure({**BY_STORAGE, "paths": {"host_storage": ""}})
        before = self.on_disk()
        self.watched(2)
        self.says("paths.host_storage")
        self.assertEqual(self.requests, [])
        self.assertEqual(self.on_disk(), before)

    @case("source storage with a folder that is not there exits with 3")
    def test_nowhere(self):
        nowhere = {"paths": {"host_storage": str(self.folder / "nowhere")}}
        self.configure({**BY_STORAGE, **nowhere})
        before = self.on_disk()
        self.exits(3)
        self.says("cannot be read from paths.host_storage")
        self.assertEqual(self.on_disk(), before)

    @case("source api asks the registry for everything, though the storage is there")
    def test_api(self):
        self.configure({"inventory": {"source": "api"}})
        self.watched(0, "--dry-run")
        self.from_api()
        self.assertTrue(self.asked("^GET /v2/app/manifests/old "))
