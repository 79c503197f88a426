"""Before anything is deleted: what the collector would remove is asked, and compared with what tags
need; what it would stumble over is named. Before the collection uploads are waited for."""

import os
import re
import shutil
import signal
import time

from lab import World, case, tree, wait_for

OLD = {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}
NOWHERE = "sha256:" + 64 * "0"


class Asking(World):
    """The collector's calls are looked at, and two layers."""

    IMAGES = [
        OLD,
        {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]},
        {"repository": "team/two", "tag": "also", "created": "-1d", "layers": ["kept:51002"]},
    ]

    def setUp(self):
        super().setUp()
        self.calls_path = self.folder / "calls"
        self.v2 = self.registry.v2
        self.two = self.v2 / "repositories/team/two"

    def layer(self, size=51002):
        """The digest of the layer of so many bytes."""
        [digest] = self.registry.blobs(size)
        return digest

    def freed(self):
        self.assertEqual(self.registry.blobs(51001), [])

    def not_freed(self):
        self.assertEqual(len(self.registry.blobs(51001)), 1)

    def liar(self, digest, when="*garbage-collect*"):
        """Configuration: the registry's program, whose collector, when its arguments are like the pattern,
        lists that blob, too."""
        return self.exec_script(
            f"""case $* in *garbage-collect*) echo "$*" >>'{self.calls_path}';; esac
            case $* in {when}) echo 'blob eligible for deletion: {digest}';; esac"""
        )

    def calls(self):
        return self.calls_path.read_text().splitlines()

    def collections(self):
        return [line for line in self.calls() if "--dry-run" not in line]

    def nothing_done(self):
        """It was found out before the first DELETE: nothing was done, and nothing is owed."""
        self.leaves("app", "new", "old")
        self.not_freed()
        self.assertEqual(self.owed(), [])
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        self.assertEqual(self.report()["exit_code"], 4)
        self.assertEqual(self.tag("app", "old"), "planned old")

    def put_off(self):
        """The tags went, nothing was collected, and that stays owed."""
        self.leaves("app", "new")
        self.not_freed()
        self.assertEqual(self.owed(), ["collection"])
        self.assertIs(self.report()["garbage_collection"]["ran"], False)

    def next_run_collects(self, changes=None):
        self.configure(changes)
        self.exits(0)
        self.freed()
        self.assertEqual(self.owed(), [])
        self.pulls("app", "new")
        self.pulls("team/two", "also")


class SecondOpinion(Asking):
    @case("a healthy collector is asked first, in a dry run, and then it collects")
    def test_healthy(self):
        self.configure(self.liar(NOWHERE))
        self.exits(0)
        self.says(
            "asking the collector what it would remove: ",
            "the collector works on this registry: it marks what was compared (3 manifests)",
            "second opinion: no tag that stays needs any of the 3 blobs that the collector would "
            "remove (2 tags looked at)",
            "collecting: ",
        )
        self.freed()
        command = "docker-registry garbage-collect"
        self.assertEqual(
            self.calls(),
            [f"{command} --dry-run {self.registry.config}", f"{command} {self.registry.config}"],
        )
        collection = self.report()["garbage_collection"]
        self.assertIs(collection["ran"], True)
        self.assertEqual(collection["exit_status"], 0)

    @case(
        "a collector that would remove what tags need: nothing is deleted, tags and blob are named"
    )
    def test_liar(self):
        blob = self.layer()
        self.configure(self.liar(blob))
        self.exits(4)
        self.says(
            f"[ERROR] app:new and 1 more tag of 2 repositories need blob {blob}, which the "
            "collector would remove",
            "may have been pushed meanwhile, so the collector is asked again",
            "nothing is deleted: the collector would remove what 2 tags need",
            "report this to the registry's makers",
            "gc.second_opinion",
        )
        self.nothing_done()
        self.assertEqual(self.collections(), [])
        self.assertEqual(len(self.calls()), 2)
        self.next_run_collects()

    @case("asked again it is right: what was pushed meanwhile is no reason to give up")
    def test_asked_again(self):
        flag = self.folder / "lied"
        self.configure(
            self.exec_script(
                f"""case $* in *garbage-collect*)
                [ -e '{flag}' ] || echo 'blob eligible for deletion: {self.layer()}'
                : >'{flag}';; esac"""
            )
        )
        self.exits(0)
        self.says("the collector is asked again", "second opinion: no tag that stays needs")
        self.keeps_quiet_of("[ERROR]")
        self.freed()
        self.pulls("app", "new")

    @case("a blob that many tags need is one line")
    def test_one_line(self):
        many = {"repository": "many", "created": "-1d", "layers": ["kept:51002"]}
        self.push([{**many, "tag": f"t{number}"} for number in range(30)])
        self.configure(self.liar(self.layer()))
        self.exits(4)
        lines = [line for line in self.lines() if re.search(r"\[ERROR\] .* needs* blob ", line)]
        self.assertEqual(len(lines), 1)
        self.says(
            "[ERROR] app:new and 31 more tags of 3 repositories need blob", "what 32 tags need"
        )

    @case(
        "what is seen only after the deletes: asked again, nothing is collected, and that stays owed"
    )
    def test_after_deletes(self):
        blob, hidden, layers = self.layer(), self.folder / "layers", self.two / "_layers"
        # After the deletes, before the collection, team/two loses its folder _layers: it is not seen any
        # more.
        self.configure(
            self.exec_script(
                f"""case $* in
                *cmdline*) [ ! -e '{self.calls_path}' ] || mv '{layers}' '{hidden}' 2>/dev/null;;
                *garbage-collect*) echo "$*" >>'{self.calls_path}'
                  [ ! -e '{hidden}' ] || echo 'blob eligible for deletion: {blob}';; esac"""
            )
        )
        self.exits(4)
        self.says(
            "deleted app:old",
            "the collector is asked again",
            f"[ERROR] app:new needs blob {blob}",
            "nothing is collected, and the collection stays owed: the collector would remove",
        )
        self.put_off()
        self.assertEqual(self.collections(), [])
        shutil.move(hidden, layers)
        self.next_run_collects()

    @case("gc.second_opinion false: it is asked whether it can work, and not what tags need")
    def test_second_opinion_false(self):
        self.configure({**self.liar(self.layer()), "gc": {"second_opinion": False}})
        self.exits(0)
        self.says("asking the collector", "the collector works on this registry")
        self.keeps_quiet_of("second opinion")
        self.assertEqual(len(self.calls()), 2)
        self.freed()

    @case("an inventory through the API has a second opinion of what it knows")
    def test_api(self):
        api = {"inventory": {"source": "api"}}
        self.configure(api)
        self.exits(0)
        self.says(
            "asking the collector",
            "second opinion: the collector marks all that tags need that stay (2 tags looked at, "
            "through the API)",
        )
        self.freed()
        self.push([OLD])
        blob = self.layer()
        self.configure({**api, **self.liar(blob)})
        self.exits(4)
        # Which answer came first is not certain.
        self.matches(
            r"\[ERROR\] (app:new|team/two:also) and 1 more tag of 2 repositories need blob " + blob
        )
        self.says("nothing is deleted")
        self.nothing_done()

    @case("a blob that only a manifest without a tag needs is a warning")
    def test_untagged(self):
        moved = {"repository": "app", "tag": "moved", "created": "-1d"}
        self.push([{**moved, "layers": ["before:51003"]}])
        self.push([{**moved, "layers": ["after:51004"]}])
        self.configure(self.liar(self.layer(51003), "*--dry-run*"))
        self.exits(0)
        self.says(
            "[WARNING] the collector would remove 1 blob that no tag needs, but a manifest without "
            "a tag"
        )

    @case("a collector that fails when it is asked is not started")
    def test_fails_when_asked(self):
        script = 'case $* in *--dry-run*) echo "no such luck" >&2; exit 7;; esac'
        self.configure(self.exec_script(script))
        self.exits(4)
        self.says(
            "nothing is deleted: garbage-collect --dry-run: the collector failed (exit status 7): "
            "no such luck"
        )
        self.nothing_done()
        self.assertEqual(self.report()["garbage_collection"]["exit_status"], 7)
        self.next_run_collects()

    @case("a real collector that overlooks a repository: 2.x without the folder _layers")
    def test_overlooks(self):
        shutil.move(self.two / "_layers", self.folder / "layers")
        self.exits(4)
        self.says(
            "[WARNING] repositories without a folder _layers",
            "docker/registry/v2/repositories/team/two/_manifests",
            "[ERROR] team/two:also needs blob sha256:",
        )
        self.nothing_done()
        shutil.move(self.folder / "layers", self.two / "_layers")
        self.next_run_collects()

    @case("a broken link of a revision is named before the collector is asked")
    def test_broken_revision(self):
        revisions = "docker/registry/v2/repositories/broken/_manifests/revisions"
        name = f"{revisions}/sha256/{32 * '12'}/link"
        link = self.registry.store / name
        link.parent.mkdir(parents=True)
        link.touch()
        self.exits(4)
        self.says("[ERROR] nothing is deleted", "broken link file", f"{name} (1 in all)")
        self.keeps_quiet_of("asking the collector", "collecting: ")
        self.nothing_done()
        shutil.rmtree(self.v2 / "repositories/broken")
        self.next_run_collects()

    @case("a link of a revision that names another manifest, whose collection would lose this one")
    def test_wrong_revision(self):
        digest = self.digest("team/two:also")
        name = f"repositories/team/two/_manifests/revisions/{digest.replace(':', '/')}/link"
        (self.v2 / name).write_text(self.digest("app:new"))
        self.exits(4)
        self.says("would remove a manifest whose link file names another one", name)
        self.nothing_done()
        (self.v2 / name).write_text(digest)
        self.next_run_collects()

    @case("a tag's broken link and a broken link of a layer are warnings for 2.x")
    def test_broken_links(self):
        repositories = self.v2 / "repositories"
        layer = repositories / "app/_layers/sha256/00"
        tag = repositories / "other/_manifests/tags/bad/current"
        for folder in (layer, repositories / "other/_layers", tag):
            folder.mkdir(parents=True)
        (layer / "link").touch()
        (tag / "link").touch()
        self.exits(1)
        self.says(
            "[WARNING] broken link files of tags, which cannot be pulled: remove or restore "
            "docker/registry/v2/repositories/other/_manifests/tags/bad/current/link",
            "[WARNING] broken link files of layers",
            "docker/registry/v2/repositories/app/_layers/sha256/00/link",
        )
        self.freed()

    @case("nothing is to go and no collection is due: the collector is not asked")
    def test_not_due(self):
        self.exits(0)
        self.configure(self.exec_script("case $* in *garbage-collect*) exit 7;; esac"))
        self.exits(0)
        # That it is quiet of this says something only where it speaks at all.
        self.says("0 tags")
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("asking the collector")

    @case("gc.when never: the collector is not asked")
    def test_never(self):
        fails = self.exec_script("case $* in *garbage-collect*) exit 7;; esac")
        self.configure({**fails, "gc": {"when": "never"}})
        self.exits(0)
        self.leaves("app", "new")

    @case(
        "gc.required false: what is planned goes although the collector cannot work; it stays owed"
    )
    def test_not_required(self):
        script = 'case $* in *--dry-run*) echo "no such luck" >&2; exit 7;; esac'
        self.configure({**self.exec_script(script), "gc": {"required": False}})
        self.exits(1)
        self.says(
            "[WARNING] nothing is collected in this run, and the collection stays owed; "
            "gc.required is false",
            "no such luck",
            "deleted app:old",
        )
        self.keeps_quiet_of("collecting: ")
        self.put_off()
        self.next_run_collects()

    @case("a dry run asks the same, says what would stop the run, and has its exit code")
    def test_dry_run(self):
        before = tree(self.registry.store)
        self.configure(self.liar(self.layer()))
        self.exits(4, "--dry-run")
        self.says(
            "[ERROR] the run would stop here: nothing is deleted: the collector would remove what "
            "2 tags need",
            "[ERROR] app:new and 1 more tag of 2 repositories need blob",
        )
        # foresee.py has more of these.
        self.configure({"registry": {"exec": ["/nowhere/exec"]}})
        self.exits(4, "--dry-run")
        self.says("the run would stop here: ", "/nowhere/exec")
        self.configure()
        self.exits(0, "--dry-run")
        self.says("second opinion: no tag that stays needs", "would then run the collector")
        self.assertEqual(tree(self.registry.store), before)


class Quiet(Asking):
    """Uploads, and what looks like one."""

    QUIET = {"gc": {"quiet_minutes": 10, "quiet_wait_minutes": 0}}

    def upload(self):
        """Begins one in the repository `busy`, and sends a part of it."""
        self.registry.begin_upload("busy", b"a part of it")
        uploads = self.v2 / "repositories/busy/_uploads"
        self.assertEqual(len(list(uploads.glob("*/data"))), 1)

    @case("an upload holds the collection off until it is quiet")
    def test_upload(self):
        self.upload()
        self.configure(self.QUIET)
        self.exits(1)
        self.says(
            "[WARNING] busy: an upload was written to at ",
            "less than 10 minutes ago",
            "the collection stays owed",
        )
        self.keeps_quiet_of("collecting: ")
        self.put_off()
        # Layers that were linked lately and that no manifest needs are a push, too: those of what went
        # were.
        then = time.time() - 11 * 60
        for path in (self.v2 / "repositories").rglob("*"):
            if path.is_file() and {"_uploads", "_layers"} & set(path.parts):
                os.utime(path, (then, then))
        self.next_run_collects(self.QUIET)

    @case("an upload that begins while the collector is asked holds it off, too")
    def test_upload_while_asked(self):
        upload = self.v2 / "repositories/busy/_uploads/0"
        script = f"case $* in *--dry-run*) mkdir -p '{upload}' && echo x >'{upload}/data';; esac"
        self.configure({**self.QUIET, **self.exec_script(script)})
        self.exits(1)
        self.says(
            "second opinion: no tag that stays needs", "[WARNING] busy: an upload was written to"
        )
        self.keeps_quiet_of("collecting: ")
        self.put_off()

    @case("uploads that cannot be seen are no quiet")
    def test_unseen(self):
        unseen = {"inventory": {"source": "api"}, "paths": {"host_storage": "/nonexistent"}}
        self.configure({**self.QUIET, **unseen})
        self.exits(1)
        self.says("[WARNING] whether anybody uploads cannot be seen, so nothing is collected now")
        self.put_off()

    @case("who waits for quiet stops at once when asked to, and the collection stays owed")
    def test_stopped(self):
        self.upload()
        self.configure({"gc": {"quiet_minutes": 10, "quiet_wait_minutes": 10}})
        waits = self.begin()
        wait_for(lambda: re.search("busy: an upload was written to at .*; waiting", waits.output()))
        waits.kill(signal.SIGTERM)
        self.assertEqual(waits.end().status, 143)
        self.assertEqual(self.owed(), ["collection"])
        self.not_freed()


class Rehearsal(Asking):
    """What was proved of the collector counts for some days."""

    SPARED = (
        "the collector is not asked before the deletes: it was proved to be this registry's at "
    )

    def noting(self):
        """Configuration: the collector's calls are written down; a new script each time."""
        script = f"case $* in *garbage-collect*) echo \"$*\" >>'{self.calls_path}';; esac"
        return {**self.exec_script(script), "gc": {"rehearsal_days": 7, "second_opinion": False}}

    def asked(self, times):
        """So often the collector was asked, in all runs."""
        self.assertEqual(len([line for line in self.calls() if "--dry-run" in line]), times)

    def cleans_again(self):
        self.push([OLD])
        self.exits(0)

    @case(
        "gc.rehearsal_days: what was proved counts while collector and configuration are the same"
    )
    def test_days(self):
        self.configure(self.noting())
        # A dry run proves it for itself alone.
        self.exits(0, "--dry-run")
        self.exits(0)
        self.asked(2)
        self.cleans_again()
        self.says(self.SPARED)
        self.asked(2)
        self.freed()
        # Another command is another collector.
        self.configure(self.noting())
        self.cleans_again()
        self.asked(3)
        # So is another configuration.
        before = self.registry.configuration()
        self.registry.write_config(before + "# changed\n")
        self.cleans_again()
        self.asked(4)
        self.registry.write_config(before)
        # What is damaged, or older than that, proves nothing.
        [proof] = self.state.glob("*/rehearsal")
        damaged = re.sub("^proved .", "proved 2", proof.read_text(), flags=re.MULTILINE)
        proof.write_text(damaged)
        self.cleans_again()
        self.says("what was proved of the collector before is ")
        self.asked(5)

    @case("gc.rehearsal_days: the second opinion is asked before the collection all the same")
    def test_second_opinion(self):
        self.configure({**self.liar(self.layer(), "*none*"), "gc": {"rehearsal_days": 7}})
        self.exits(0)
        self.cleans_again()
        self.says(
            "is not asked before the deletes",
            "the second opinion is only what the storage tells",
            "asking the collector what it would remove",
            "second opinion: no tag that stays needs",
        )
        self.freed()
