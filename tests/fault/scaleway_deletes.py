"""What can go wrong while tags are deleted from Scaleway's registry: nothing goes that was to stay, and what was not
seen gone is not called deleted."""

import json
import re
import signal
import threading
from pathlib import Path

from lab import case, program, wait_for
from lab.program import PROGRAM
from lab.scaleway import Answer, digest_of, error, moment
from lab.scaleway_world import ScalewayWorld

OTHER = digest_of("another image")


class Deletes(ScalewayWorld):
    """Two old tags and a young one; what is deleted is gone at once."""

    STAND = {"deleting_looks": 0}
    TAGS = {"team/app": {"old-1": {}, "old-2": {}, "new": {"created": "-1d"}}}

    def before_look(self, action, image="team/app"):
        """Between the lists of the plan, which are two, and those before the first DELETE."""
        number = self.stand.find("image", image)
        self.before(3, action, method="GET", kind="tag", is_list=True, of=number)

    def before_delete(self, tag, action):
        """Between the list before the first DELETE, and the look at this tag right before its own."""
        number = self.stand.find("tag", tag)
        self.before(1, action, method="GET", kind="tag", is_list=False, of=number)

    def deletes(self, tag=None):
        number = tag and self.stand.find("tag", tag)
        return [r for r in self.stand.asked("DELETE") if number in (None, r.id)]

    def entry(self, tag="old-1"):
        return self.stand.entry("tag", f"team/app:{tag}")

    def statuses(self, **tags):
        self.assertEqual(
            {tag.replace("_", "-"): status for tag, status in tags.items()},
            {
                tag.replace("_", "-"): self.tag("team/app", tag.replace("_", "-")).split()[0]
                for tag in tags
            },
        )

    def next_run_finishes(self):
        self.stand.behave()
        self.exits(0)
        self.has(**{"team/app": "new"})
        self.assertEqual(self.owed(), [])


CHANGES = {
    "other digest": {"digest": OTHER},
    "other date": {"updated_at": moment("-1h")},
    "older date": {"created_at": moment("-300d")},
    "other status": {"status": "locked"},
    "being deleted": {"status": "deleting"},
    "no digest": {"digest": None},
}


class Changes(Deletes):
    @case("old tags go and are seen gone, young ones stay")
    def test_plain(self):
        self.stand.deleting_looks = 3
        self.exits(0)
        self.has(**{"team/app": "new"})
        self.statuses(old_1="deleted", old_2="deleted", new="kept")
        self.assertEqual(len(self.deletes()), 2)
        self.assertEqual([r.query for r in self.deletes()], [{}, {}], "never force")

    def changed_stays(self, arrange):
        for name, change in CHANGES.items():
            with self.subTest(name):
                self.stand.behave()
                self.stand.requests.clear()
                for tag in ("old-1", "old-2", "old-3"):
                    number = self.stand.find("tag", f"team/app:{tag}")
                    if number:
                        self.stand.remove("tag", number)
                    self.stand.add_tag("team/app", tag)
                arrange(lambda: self.entry().update(change))
                # A tag that shows no digest makes its image one that is not understood.
                self.clean()
                self.assertNotIn(self.stand.find("tag", "team/app:old-1"), self.asked_to_go())
                self.assertIn(self.tag("team/app", "old-1").split()[0], ("changed", "failed"))
                self.assertIn("new", self.stand.tags("team/app"))

    def asked_to_go(self):
        return [request.id for request in self.deletes()]

    @case("a tag that changed between plan and look stays")
    def test_changed_before_look(self):
        self.changed_stays(self.before_look)

    @case("a tag that changed between the look and its DELETE stays")
    def test_changed_before_delete(self):
        self.changed_stays(lambda action: self.before_delete("team/app:old-1", action))

    def push_anew(self):
        self.stand.remove("tag", self.stand.find("tag", "team/app:old-1"))
        self.stand.add_tag("team/app", "old-1", created="-1m", digest=OTHER)

    @case("a tag that was pushed again under another id stays, before the look and after it")
    def test_pushed_anew(self):
        for arrange in (
            self.before_look,
            lambda action: self.before_delete("team/app:old-1", action),
        ):
            self.stand.behave()
            self.stand.add_tag("team/app", "old-9")
            self.push_anew()
            self.entry().update(created_at=moment("-90d"), updated_at=moment("-90d"))
            arrange(self.push_anew)
            self.exits(0)
            self.statuses(old_1="changed", old_9="deleted")
            self.has(**{"team/app": "new old-1"})

    @case("another tag with the digest of one that is to go appeared: neither goes")
    def test_new_sibling(self):
        digest = self.entry()["digest"]
        self.before_look(
            lambda: self.stand.add_tag("team/app", "sibling", created="-1m", digest=digest)
        )
        self.exits(0)
        self.has(**{"team/app": "new old-1 sibling"})
        self.statuses(old_1="changed", old_2="deleted")

    @case("a tag that was to stay is gone, or was pushed again: the image is left")
    def test_kept_changed(self):
        number = self.stand.find("tag", "team/app:new")
        for action in (
            lambda: self.entry("new").update(digest=OTHER, updated_at=moment("0s")),
            lambda: self.stand.remove("tag", number),
        ):
            self.stand.behave()
            self.before_look(action)
            self.exits(0)
            self.assertEqual(self.deletes(), [])
            self.statuses(old_1="changed", old_2="changed")
            self.says("nothing more of it is deleted in this run")

    @case("tags of one digest go together; one that is gone with the other was deleted, too")
    def test_siblings(self):
        number = self.stand.add_tag("team/app", "twin", digest=self.entry()["digest"])

        def take_along(request, _):
            if request.id == self.stand.find("tag", "team/app:old-1"):
                self.stand.remove("tag", number)
            elif request.id == number:
                self.stand.remove("tag", self.stand.find("tag", "team/app:old-1"))

        self.stand.deleting_looks = 2
        self.stand.alters(take_along, method="DELETE")
        self.exits(0)
        self.has(**{"team/app": "new"})
        self.statuses(old_1="deleted", twin="deleted", old_2="deleted")

    @case("of two tags of one digest one changed: the other stays with it")
    def test_changed_sibling(self):
        twin = self.stand.add_tag("team/app", "twin", digest=self.entry()["digest"])
        for change in ({"status": "locked"}, {"updated_at": moment("-1h")}):
            for tag in ("old-1", "twin"):
                self.stand.behave()
                if not self.stand.find("tag", "team/app:old-2"):
                    self.stand.add_tag("team/app", "old-2")
                for name in ("old-1", "twin"):
                    self.entry(name).update(status="ready", updated_at=moment("-90d"))
                self.before_look(lambda t=tag, c=change: self.entry(t).update(c))
                self.exits(0)
                self.has(**{"team/app": "new old-1 twin"})
                self.assertNotIn(twin, self.asked_to_go())

    @case("a signature goes after its image was seen gone; if that stays, it stays")
    def test_signature(self):
        name = self.entry()["digest"].replace(":", "-") + ".sig"
        signature = self.stand.add_tag("team/app", name, created="-80d")
        self.before_delete("team/app:old-1", lambda: self.entry().update(status="locked"))
        self.exits(0)
        self.has(**{"team/app": f"new old-1 {name}"})
        self.entry().update(status="ready")
        image = self.stand.find("tag", "team/app:old-1")
        self.next_run_finishes()
        self.assertLess(self.asked_to_go().index(image), self.asked_to_go().index(signature))

    @case("what may be a part of an image goes after that was seen gone; if that stays, it stays")
    def test_part(self):
        part = self.stand.add_tag("team/app", "old-1-amd64", created="-80d")
        self.before_delete("team/app:old-1", lambda: self.entry().update(status="locked"))
        self.exits(0)
        self.has(**{"team/app": "new old-1 old-1-amd64"})
        self.says("may be a part of, is still there")
        self.entry().update(status="ready")
        whole = self.stand.find("tag", "team/app:old-1")
        self.next_run_finishes()
        self.assertLess(self.asked_to_go().index(whole), self.asked_to_go().index(part))

    @case("an image that was pushed meanwhile keeps what may be a part of it")
    def test_new_whole(self):
        self.stand.add_tag("team/app", "young-arm64", created="-80d")
        self.before_look(lambda: self.stand.add_tag("team/app", "young", created="0s"))
        self.exits(0)
        self.has(**{"team/app": "new young young-arm64"})
        self.statuses(young_arm64="changed", old_1="deleted")
        self.exits(0)
        self.has(**{"team/app": "new young young-arm64"})
        self.assertEqual(self.tag("team/app", "young-arm64"), "kept old,part_kept")

    @case("a list that answers 404 while the image is there tells nothing")
    def test_list_lies(self):
        gone = error(404, message="not found")
        self.before_look(lambda: self.stand.answers(gone, kind="tag", is_list=True))
        self.exits(1)
        self.assertEqual(self.deletes(), [])
        self.statuses(old_1="failed", old_2="failed")
        self.says("answers 404, and the image is there")
        self.stand.behave()
        self.stand.answers(
            lambda _: gone if self.deletes() else None, method="GET", kind="tag", is_list=True
        )
        self.exits(1)
        self.assertEqual(len(self.deletes()), 1)
        self.statuses(old_1="failed", old_2="failed")

    @case("what is held at the last moment stays")
    def test_held(self):
        def hold():
            words = [PROGRAM, "hold", "--config", self.config, "team/app:old-1"]
            self.held = program.run(words, env=self.env)

        self.before_delete("team/app:old-1", hold)
        self.exits(0)
        self.assertEqual(self.held.status, 0, self.held.output)
        self.has(**{"team/app": "new old-1"})
        self.statuses(old_1="changed", old_2="deleted")

    @case("a digest that is held meanwhile, and that no tag shows, spares its whole image")
    def test_part_held(self):
        def hold():
            part = f"team/app@{digest_of('part')}"
            words = [PROGRAM, "hold", "--config", self.config, "--force", part]
            self.held = program.run(words, env=self.env)

        self.stand.add_tag("team/web", "old")
        self.before_look(hold)
        self.exits(0)
        self.assertEqual(self.held.status, 0, self.held.output)
        self.has(**{"team/app": "new old-1 old-2", "team/web": ""})
        self.statuses(old_1="changed", old_2="changed")

    @case("an image that is gone is left, and one without its last tag may be")
    def test_image_gone(self):
        image = self.stand.find("image", "team/app")
        self.before_look(lambda: self.stand.remove("image", image))
        self.exits(0)
        self.assertEqual(self.deletes(), [])
        self.stand.behave()
        number = self.stand.add_tag("team/last", "old")
        last = self.stand.find("image", "team/last")
        self.stand.alters(lambda *_: self.stand.remove("image", last), method="DELETE", of=number)
        self.exits(0)
        self.assertEqual(self.tag("team/last", "old"), "deleted old")


class Ends(Deletes):
    """The end of a DELETE."""

    TAGS = {"team/app": "old-1"}

    def setUp(self):
        super().setUp()
        self.stand.add_tag("team/app", "new", created="-1d")

    @case("what is left because of another tag is not told to have got a DELETE of its own")
    def test_left(self):
        self.stand.add_tag("team/app", "old-2", created="-80d")
        self.change_config({"registry": {"deleting_seconds": 1}})
        self.stand.deleting_looks = 10**6
        self.clean("--format", "scaleway")
        self.exited(1)
        self.assertEqual(len(self.deletes()), 1)
        [sent] = self.deletes()
        answer, _ = json.JSONDecoder().raw_decode(self.output, self.output.index("{ "))
        for entry in answer["body"]["message"]:
            was_sent = entry["tag_id"] == sent.id
            self.assertEqual(was_sent, entry["error"].startswith("its DELETE was accepted"), entry)

    @case("what stays `deleting`, or ready, though its DELETE was taken, is not deleted")
    def test_stays(self):
        self.change_config({"registry": {"deleting_seconds": 1}})
        self.stand.deleting_looks = 10**6
        self.exits(1)
        self.says("still deleting after 1 second (registry.deleting_seconds)")
        self.statuses(old_1="failed")
        self.assertEqual(len(self.deletes()), 1)
        self.assertEqual(self.runs()["possibly_deleted"], 1)
        self.entry().update(status="ready", updated_at=moment("-90d"))
        self.stand.answers(
            lambda _: Answer(200, self.entry() | {"status": "deleting"}), method="DELETE"
        )
        self.exits(1)
        self.says("still ready after 1 second")
        self.assertEqual(len(self.deletes()), 2)
        self.assertEqual(self.runs()["tags_deleted"], 0)
        self.stand.deleting_looks = 0
        self.next_run_finishes()
        self.assertEqual((self.runs()["tags_deleted"], self.runs()["restorable"]), (1, "never"))

    def runs(self):
        """The last run, as the verb runs tells it."""
        self.run_program("runs", "--config", self.config, "--json", apart=True)
        return json.loads(self.output)["runs"][-1]

    @case("answers 404, and is listed all the same: not deleted")
    def test_listed_still(self):
        self.stand.answers(lambda _: Answer(200, self.entry()), method="DELETE")
        gone = error(404, "not_found")
        self.stand.answers(
            lambda _: gone if self.deletes() else None, method="GET", kind="tag", is_list=False
        )
        self.exits(1)
        self.says("listed all the same")
        self.statuses(old_1="failed")

    @case("404 to the DELETE: somebody else was faster")
    def test_gone(self):
        number = self.stand.find("tag", "team/app:old-1")
        self.before(1, lambda: self.stand.remove("tag", number), method="DELETE")
        self.exits(0)
        self.says("it was already gone", "1 tag of them had been deleted already")
        self.has(**{"team/app": "new"})

    @case("a state that passes is waited for; one that does not ends it")
    def test_busy(self):
        busy = error(409, "transient_state", resource="tag", current_state="deleting")
        met = self.stand.answers(busy, times=1, method="DELETE")
        self.exits(0)
        self.assertEqual((len(met), len(self.deletes())), (1, 2))
        self.stand.add_tag("team/app", "old-1")
        self.change_config({"registry": {"retry_seconds": 0}})
        self.stand.answers(busy, method="DELETE")
        self.exits(1)
        self.says("transient_state")
        self.statuses(old_1="failed")
        self.assertEqual(len(self.deletes()), 3)

    @case("a rate limit is waited for as long as it says, and looked at again")
    def test_limited(self):
        limit = error(429, "too_many_requests", reset_seconds=2)
        met = self.stand.answers(limit, method="DELETE")
        self.before(
            2,
            lambda: self.entry().update(digest=OTHER),
            method="GET",
            kind="tag",
            is_list=False,
        )
        self.exits(0)
        self.has(**{"team/app": "new old-1"})
        self.statuses(old_1="changed")
        self.assertEqual(len(met), 1, "it had changed when it was to be ordered again")

    @case("a rate limit longer than any run is not waited for")
    def test_limited_for_ever(self):
        limit = error(429, "too_many_requests", reset_seconds=2**63 - 1)
        self.stand.answers(limit, method="DELETE")
        self.exits(1)
        self.has(**{"team/app": "new old-1"})
        self.statuses(old_1="failed")
        self.assertEqual(len(self.deletes()), 1)

    @case("a tag that is answered long after the look: the list is read again before its DELETE")
    def test_late_answer(self):
        limit = error(429, "too_many_requests", reset_seconds=11)
        self.configure({"registry": {"retry_seconds": 30}})
        old = self.entry()

        def answer(_):
            self.stand.add_tag("team/app", "sibling", created="-1m", digest=old["digest"])
            return limit

        number = self.stand.find("tag", "team/app:old-1")
        self.stand.answers(answer, times=1, method="GET", kind="tag", is_list=False, of=number)
        self.exits(0)
        self.has(**{"team/app": "new old-1 sibling"})
        self.statuses(old_1="changed")

    @case("what refuses is left and told, with the rest of its image; other images go on")
    def test_refused(self):
        self.stand.add_tag("team/app", "old-2")
        self.stand.add_tag("team/other", "old")
        first = [self.stand.find("tag", f"team/app:old-{n}") for n in (1, 2)]
        self.stand.answers(
            lambda r: error(423, "locked", resource="tag") if r.id in first else None,
            method="DELETE",
        )
        self.exits(1)
        self.says("locked")
        self.has(**{"team/app": "new old-1 old-2", "team/other": ""})
        self.statuses(old_1="failed", old_2="failed")
        self.assertEqual(len(self.deletes()), 2)

    @case("a key that may not delete: one DELETE, exit code 3, nothing deleted")
    def test_forbidden(self):
        self.stand.add_tag("team/other", "old")
        details = [{"resource": "registry_tag", "action": "delete"}]
        self.stand.answers(error(403, "permissions_denied", details=details), method="DELETE")
        self.exits(3)
        self.says("the secret key may not delete", "registry_tag")
        self.keeps_quiet_of(self.stand.secret)
        self.assertEqual(len(self.deletes()), 1)
        self.has(**{"team/app": "new old-1", "team/other": "old"})

    @case("a right that is taken away in between ends the run in part")
    def test_forbidden_later(self):
        self.stand.add_tag("team/app", "old-2")
        self.stand.answers(
            lambda _: error(403, "permissions_denied") if len(self.deletes()) > 1 else None,
            method="DELETE",
        )
        self.exits(1)
        self.assertEqual(len(self.stand.tags("team/app")), 2)

    LOST = {
        "500": error(500, message="internal error"),
        "a cut body": Answer(200, {"id": "x"}, content_length=500),
        "another document": Answer(200, ["deleted"]),
    }

    @case("a DELETE whose answer is lost: if the tag is there as it was, it is ordered again")
    def test_lost_before(self):
        for name, answer in self.LOST.items():
            with self.subTest(name):
                self.stand.behave()
                self.stand.requests.clear()
                if not self.stand.find("tag", "team/app:old-1"):
                    self.stand.add_tag("team/app", "old-1")
                self.stand.answers(answer, times=1, method="DELETE")
                self.exits(0)
                self.assertEqual(len(self.deletes()), 2)
                self.has(**{"team/app": "new"})

    @case("if it is gone or going, it was carried out, and is not ordered again")
    def test_lost_after(self):
        for looks in (0, 2):
            for name, answer in self.LOST.items():
                with self.subTest(f"{name}, {looks}"):
                    self.stand.behave()
                    self.stand.requests.clear()
                    self.stand.deleting_looks = looks
                    if not self.stand.find("tag", "team/app:old-1"):
                        self.stand.add_tag("team/app", "old-1")
                    self.stand.alters(lambda *_, a=answer: a, method="DELETE")
                    self.exits(0)
                    self.assertEqual(len(self.deletes()), 1)
                    self.statuses(old_1="deleted")

    @case("it never is carried out: not deleted")
    def test_lost_for_ever(self):
        self.change_config({"registry": {"retry_seconds": 1}})
        self.stand.answers(self.LOST["500"], method="DELETE")
        self.exits(1)
        self.statuses(old_1="failed")
        self.says("its DELETE got no usable answer")

    @case("pushed again while it was deleted: what was pushed stays")
    def test_pushed_meanwhile(self):
        self.stand.deleting_looks = 10**6
        fresh = {"digest": OTHER, "status": "ready", "updated_at": moment("0s")}
        self.stand.alters(lambda *_: self.entry().update(fresh), method="DELETE")
        self.exits(0)
        self.has(**{"team/app": "new old-1"})
        self.statuses(old_1="changed")

    @case("what is to go cannot be written down: nothing is deleted")
    def test_unwritten(self):
        self.exits(0, "--dry-run")
        self.exits(0)
        self.stand.add_tag("team/app", "old-1")
        self.stand.requests.clear()
        [folder] = self.state.glob("*/journal")
        folder.chmod(0o777)
        self.exits(2)
        self.assertEqual(self.deletes(), [])
        self.has(**{"team/app": "new old-1"})


class Takes(Deletes):
    """A DELETE that takes more than its own."""

    TAGS = {"team/app": "old-1 old-2", "team/other": "old-1 old-2"}

    def setUp(self):
        super().setUp()
        for image in self.TAGS:
            self.stand.add_tag(image, "new", created="-1d", digest=OTHER)

    @case("a tag that was to stay went along: all ends, nothing more is deleted anywhere")
    def test_lost(self):
        self.change_config({"cleanup": {"delete_empty_namespaces": True}})
        self.stand.add_namespace("empty")
        lost = []

        def take_along(request):
            image = self.stand.objects["tag"][request.id]["image_id"]
            lost.append(self.stand.name_of("image", image))
            self.stand.remove("tag", self.stand.find("tag", f"{lost[0]}:new"))

        self.stand.answers(take_along, method="DELETE")
        self.exits(1)
        self.says(f"{lost[0]}:new went too, though it was to stay")
        self.assertEqual(len(self.deletes()), 1)
        self.assertEqual(self.stand.namespaces(), ["empty", "team"])

    @case("the first image is alone until its first DELETE was seen to take nothing else along")
    def test_first_alone(self):
        self.exits(0)
        asked = [r for r in self.stand.requests if r.kind == "tag"]
        first = asked.index(self.deletes()[0])
        looks = [r.parent for r in asked[4:first] if r.is_list]
        after = [r.parent for r in asked[first:] if r.is_list][:2]
        self.assertEqual(len(set(looks + after)), 1, "lists of tags before that")
        self.has(**{image: "new" for image in self.TAGS})

    @case("whether something went along cannot be seen: all ends as well")
    def test_unknown(self):
        self.stand.answers(
            lambda _: error(500) if self.deletes() else None, method="GET", kind="tag", is_list=True
        )
        self.exits(1)
        self.says("is not known")
        self.assertEqual(len(self.deletes()), 1)


class Interrupted(Deletes):
    STAND = {"deleting_looks": 1}
    TAGS = {"team/app": "old-1 old-2 old-3 old-4"}

    def setUp(self):
        super().setUp()
        self.stand.add_tag("team/app", "new", created="-1d")
        self.let_go = threading.Event()
        self.addCleanup(self.let_go.set)

    def held_at_delete(self, *arguments, number=2):
        """A run whose DELETE of that number was carried out and is not answered yet."""
        self.stand.alters(
            lambda *_: self.let_go.wait(30) if len(self.deletes()) == number else None,
            method="DELETE",
        )
        started = self.begin(*arguments)
        wait_for(lambda: len(self.deletes()) == number)
        return started

    @case("killed between two deletes: the next run finishes")
    def test_killed(self):
        started = self.held_at_delete()
        started.kill()
        self.finish(started)
        self.exited(137)
        self.let_go.set()
        self.assertGreater(len(self.stand.tags("team/app")), 2)
        self.next_run_finishes()

    @case("killed at any request: what was to stay is there, and the next run finishes")
    def test_killed_anywhere(self):
        started = []

        def kill(_):
            if len(self.stand.requests) == point and started:
                started[0].kill()

        for point in range(8, 26, 3):
            with self.subTest(point):
                for number in range(1, 5):
                    if not self.stand.find("tag", f"team/app:old-{number}"):
                        self.stand.add_tag("team/app", f"old-{number}")
                self.stand.requests.clear()
                self.stand.rules[:] = [kill]
                started[:] = [self.begin(name=f"killed-{point}")]
                self.finish(started[0])
                self.exited(137)
                self.assertIn("new", self.stand.tags("team/app"))
                # Until the next run what is being deleted is gone; several that go while it reads are a
                # list of which no two readings agree.
                for number, tag in list(self.stand.objects["tag"].items()):
                    if tag["status"] == "deleting":
                        self.stand.remove("tag", number)
                self.next_run_finishes()

    @case("killed after an image was deleted and before its signature: that goes in the next run")
    def test_killed_before_signature(self):
        name = self.entry()["digest"].replace(":", "-") + ".sig"
        self.stand.add_tag("team/app", name, created="-90d")
        for tag in ("old-2", "old-3", "old-4"):
            self.stand.remove("tag", self.stand.find("tag", f"team/app:{tag}"))
        started = self.held_at_delete(number=1)
        started.kill()
        self.finish(started)
        self.let_go.set()
        self.has(**{"team/app": f"new {name}"})
        self.stand.remove("tag", self.stand.find("tag", "team/app:old-1"))
        self.next_run_finishes()

    @case("a stop signal: what is in flight is seen to its end, nothing more is ordered")
    def test_stopped(self):
        started = self.held_at_delete("--report", self.report_path)
        started.kill(signal.SIGTERM)
        self.let_go.set()
        self.finish(started)
        self.exited(143)
        self.assertEqual(len(self.deletes()), 2)
        self.assertEqual(len(self.stand.tags("team/app")), 3)
        found = [self.tag("team/app", f"old-{n}").split()[0] for n in range(1, 5)]
        self.assertEqual(sorted(found), ["deleted", "deleted", "planned", "planned"])
        self.next_run_finishes()

    @case("a stop signal between the look at a tag and its DELETE: it is not ordered")
    def test_stopped_before_delete(self):
        looks = self.stand.answers(None, method="GET", kind="tag", is_list=False)
        held = []

        def hold(request):
            if len(self.deletes()) == 2 and request.id not in [r.id for r in self.deletes()]:
                held.append(request)
                self.let_go.wait(30)

        self.stand.answers(hold, method="GET", kind="tag", is_list=False)
        started = self.begin()
        wait_for(lambda: held)
        started.kill(signal.SIGTERM)
        status = Path(f"/proc/{started.pid}/status")
        wait_for(lambda: re.search(r"(?m)^ShdPnd:\s*0+$", status.read_text()))
        self.let_go.set()
        self.finish(started)
        self.exited(143)
        self.assertGreater(len(looks), 3)
        self.assertEqual(len(self.deletes()), 2)
        self.next_run_finishes()

    @case("a second stop signal does not wait; the next run finishes")
    def test_stopped_twice(self):
        started = self.held_at_delete()
        started.kill(signal.SIGTERM)
        started.kill(signal.SIGINT)
        self.finish(started)
        self.assertIn(self.status, (130, 143))
        self.let_go.set()
        self.next_run_finishes()

    @case("the registry goes away while tags are being deleted: that they are gone is not said")
    def test_goes_away(self):
        self.change_config({"registry": {"retry_seconds": 1, "deleting_seconds": 4}})
        self.stand.deleting_looks = 10**6
        started = self.begin("--report", self.report_path)
        wait_for(self.deletes)
        self.stand.stop()
        self.finish(started)
        self.exited(1)
        found = [self.tag("team/app", f"old-{n}").split()[0] for n in range(1, 5)]
        self.assertIn("failed", found)
        self.assertNotIn("deleted", found)

    @case("--max-minutes: no DELETE is begun later, and what is left is told")
    def test_time_is_up(self):
        self.stand.deleting_looks = 5
        self.clean("--max-minutes", "0.02")
        self.exited(1)
        self.matches(r"time is up \(--max-minutes\): 1 repository with 3 tags to delete is left")
        self.assertEqual(len(self.deletes()), 1)
        self.next_run_finishes()

    @case("a dry run sends nothing but GETs")
    def test_dry_run(self):
        self.change_config({"cleanup": {"delete_empty_namespaces": True}})
        self.stand.add_namespace("empty")
        self.exits(0, "--dry-run")
        self.says("would delete the empty namespace empty")
        self.assertEqual({request.method for request in self.stand.requests}, {"GET"})
        self.has(**{"team/app": "new old-1 old-2 old-3 old-4"})
        self.assertFalse(list(self.state.glob("*/journal")))

    @case("two runs at once: the second one ends with 5 and sends nothing")
    def test_two(self):
        started = self.held_at_delete(number=1)
        asked = len(self.stand.requests)
        self.exits(5)
        self.assertEqual(len(self.stand.requests), asked)
        self.let_go.set()
        self.finish(started)
        self.exited(0)
        self.has(**{"team/app": "new"})

    @case("restore refuses, and says why")
    def test_restore(self):
        self.exits(0)
        asked = len(self.stand.requests)
        self.run_program("restore", "--config", self.config, "team/app:old-1")
        self.exited(2)
        self.matches("[Ss]caleway")
        self.assertEqual(len(self.stand.requests), asked)
