"""What others do to the registry between the plan and the deletes: decisions only shrink (S6), what
stays is whole (S1, S3, S4)."""

import time

from lab import FaultWorld, case


def image(tag, created):
    return {"repository": "team/app", "tag": tag, "created": created}


OLD = {"old-1": "-90d", "old-2": "-91d", "old-3": "-92d"}
MULTI = {
    "repository": "team/app",
    "tag": "multi",
    "kind": "index",
    "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"],
}
# An index that team/app does not have of an image that it has.
INDEX_ELSEWHERE = [
    {"repository": "team/app", "id": "image", "tag": "old-1", "created": "-90d"},
    {"repository": "elsewhere", "id": "index", "kind": "index", "children": ["image"]},
]


class Races(FaultWorld):
    IMAGES = [*(image(tag, created) for tag, created in OLD.items()), image("new", "-1d")]
    # What is done meanwhile takes its time on a busy machine.
    CONFIG = {"registry": {"timeout": 10}}
    SLOW_DELETES = {
        "match": {"method": "DELETE", "path": "team/app/manifests/sha256:"},
        "delay": 0.01,
    }

    def meanwhile(self, match, after, action, *rules):
        """Calls action(exchange) once, while such a request waits."""
        first = {"match": match, "after": after, "times": 1, "continue": True, "call": action}
        self.rules(first, *(rules or [self.SLOW_DELETES]))

    def at_look(self, action):
        """At the look before the first delete. It asks for the list of the tags; a scan through the API did
        so before, one of the storage did not."""
        scans = 1 if self.SOURCE == "api" else 0
        self.meanwhile({"path": "team/app/tags/list"}, scans, lambda _: action())

    def during_first_delete(self, action, *rules):
        """While the first manifest is deleted (the first two DELETEs are the probes), action(digest); what
        comes after it comes so late that it is looked at again: a look in full is good for half a second, or
        for three times what it took."""

        def act(exchange):
            action(exchange.path.rpartition("/")[2])
            time.sleep(1)

        self.meanwhile({"method": "DELETE"}, 2, act, *rules)

    def point(self, tag, digest):
        self.registry.point("team/app", tag, digest)

    def ends_well(self, *tags):
        self.exited(0)
        self.applied()
        self.leaves("team/app", *tags)
        self.pulls("team/app", *tags)
        self.assertEqual(self.owed(), [])

    def became(self, status, *tags):
        """These tags have that status in the report."""
        rows = self.report()["tags"]
        found = {tag: [row["status"] for row in rows if row["tag"] == tag] for tag in tags}
        self.assertEqual(found, {tag: [status] for tag in tags})

    def with_status(self, status):
        return [row["tag"] for row in self.report()["tags"] if row["status"] == status]

    @case("without a race all old tags go, by three DELETEs and two probes")
    def test_no_race(self):
        self.at_look(lambda: None)
        self.clean()
        self.ends_well("new")
        self.assertEqual(self.proxy.count("DELETE", "."), 5)

    @case("a tag that is pushed anew between the plan and the look stays")
    def test_pushed_anew(self):
        self.at_look(lambda: self.push([image("old-2", "-1h")]))
        self.clean()
        self.ends_well("new", "old-2")
        self.became("changed", "old-2")
        self.became("deleted", "old-1")
        self.matches("team/app: manifest sha256:.* changed since it was planned")

    @case("a tag that is pushed anew with another old image stays as well")
    def test_pushed_anew_old(self):
        self.at_look(lambda: self.push([image("old-2", "-400d")]))
        self.clean()
        self.ends_well("new", "old-2")
        self.became("changed", "old-2")

    @case("a tag that is pushed anew while the first manifest is deleted stays")
    def test_pushed_anew_late(self):
        digests = {tag: self.digest(f"team/app:{tag}") for tag in OLD}

        def push_the_others(first):
            """Whichever goes first: the other two are pushed anew."""
            self.push([image(tag, "-1h") for tag in OLD if digests[tag] != first])

        self.during_first_delete(push_the_others)
        self.clean()
        self.exited(0)
        self.applied()
        tags = self.registry.tags("team/app")
        self.assertEqual(len(tags), 3)
        self.pulls("team/app", *tags)
        self.assertEqual(self.proxy.count("DELETE", "team/app"), 3)
        self.assertEqual(len(self.with_status("changed")), 2)

    @case("a kept tag that is moved onto a doomed digest while its repository is deleted stays")
    def test_moved_late(self):
        one, two = self.digest("team/app:old-1"), self.digest("team/app:old-2")
        self.during_first_delete(lambda first: self.point("new", two if first == one else one))
        self.clean()
        self.exited(0)
        self.applied()
        self.has("team/app", "new")
        self.pulls("team/app", "new")
        tags = self.registry.tags("team/app")
        self.assertEqual(len(tags), 2)
        self.pulls("team/app", *tags)
        self.assertEqual(len(self.with_status("changed")), 1)

    @case("what a lost tag had is not collected in the same run")
    def test_lost_not_collected(self):
        doomed = []

        def move(digest):
            doomed.append(digest)
            self.point("new", digest)

        self.during_first_delete(move, {"match": {"method": "PUT"}, "status": 403})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches(
            "tag new vanished .*403",
            "a tag was lost, or may be, so nothing is collected in this run",
        )
        self.assertTrue(self.registry.blob(doomed[0]).exists())
        self.assertIn("collection", self.owed())

    @case("each tag that is lost is named, also where several are for one reason")
    def test_lost_named(self):
        self.push([image("new-2", "-2d")])

        def move_and_delete(doomed):
            for tag in ("new", "new-2"):
                self.point(tag, doomed)
            for tag in ("new", "new-2"):
                self.registry.delete("team/app", self.digest(f"team/app:{tag}"))

        self.during_first_delete(move_and_delete)
        self.clean()
        self.exited(1)
        self.applied()
        why = "vanished .*: what it pointed at was deleted by somebody else"
        self.matches(rf"\[ERROR\] team/app: tag new {why}", rf"\[ERROR\] team/app: tag new-2 {why}")

    @case("a doomed digest that gains a tag stays, with both tags")
    def test_gains_tag(self):
        self.at_look(lambda: self.point("production", self.digest("team/app:old-1")))
        self.clean()
        self.ends_well("new", "old-1", "production")
        self.became("changed", "old-1")

    @case("a doomed digest that gains a protected tag stays")
    def test_gains_protected(self):
        self.at_look(lambda: self.point("latest", self.digest("team/app:old-1")))
        self.clean()
        self.ends_well("new", "old-1", "latest")
        self.became("changed", "old-1")

    @case("a doomed digest that a kept tag is moved to stays")
    def test_gains_kept(self):
        self.at_look(lambda: self.point("new", self.digest("team/app:old-1")))
        self.clean()
        self.ends_well("new", "old-1")
        self.became("changed", "old-1")

    @case("a doomed image that a new index lists stays")
    def test_gains_index(self):
        self.push(INDEX_ELSEWHERE)
        index = self.digest("index")
        self.at_look(lambda: self.registry.point("team/app", "fresh", index, "elsewhere"))
        self.clean()
        self.ends_well("new", "old-1", "fresh")
        self.became("changed", "old-1")

    @case("a doomed image that a new index without a tag lists stays")
    def test_gains_untagged_index(self):
        self.push(INDEX_ELSEWHERE)
        index = self.digest("index")
        self.at_look(lambda: self.registry.point("team/app", index, index, "elsewhere"))
        self.clean()
        self.ends_well("new", "old-1")
        self.pulls("team/app", index)
        self.became("changed", "old-1")

    @case("a child of a doomed index that gains a tag stays, the index goes")
    def test_child(self):
        self.push([MULTI])
        self.at_look(lambda: self.point("arm", self.digest("team/app:multi/linux/arm64")))
        self.clean()
        self.ends_well("new", "arm")
        self.became("deleted", "multi")
        multi, amd = self.digest("team/app:multi"), self.digest("team/app:multi/linux/amd64")
        self.lacks("team/app", multi, amd)

    @case("a child of an index that is being deleted gains a tag, and stays")
    def test_child_late(self):
        self.push([MULTI])

        def tag_children(_):
            """The first DELETE may be of another manifest: the index goes before its children in any case."""
            self.point("amd", self.digest("team/app:multi/linux/amd64"))
            self.point("arm", self.digest("team/app:multi/linux/arm64"))

        self.during_first_delete(tag_children)
        self.clean()
        self.ends_well("new", "amd", "arm")

    @case("an image that gains a tag keeps its signature")
    def test_signature(self):
        self.push(
            [
                {"repository": "team/app", "tag": "signed", "id": "signed", "created": "-95d"},
                {"repository": "team/app", "kind": "cosign", "subject": "signed"},
                {"repository": "team/app", "id": "bill", "kind": "referrer", "subject": "signed"},
            ]
        )
        name = self.digest("signed").replace(":", "-")
        self.at_look(lambda: self.point("wanted", self.digest("signed")))
        self.clean()
        self.ends_well("new", "signed", "wanted", name, f"{name}.sig")

    @case("a doomed tag that vanishes is no failure")
    def test_doomed_vanishes(self):
        self.at_look(lambda: self.registry.delete("team/app", self.digest("team/app:old-2")))
        self.clean()
        self.ends_well("new")
        self.became("deleted", "old-1", "old-3")

    @case("a kept tag that vanishes is no failure, and nothing but what was planned goes")
    def test_kept_vanishes(self):
        def push_and_delete():
            self.push([image("brand-new", "-1h")])
            self.registry.delete("team/app", self.digest("team/app:new"))

        self.at_look(push_and_delete)
        self.clean()
        self.ends_well("brand-new")

    @case("a tag that is new and old at once is not in the plan, and stays")
    def test_new_and_old(self):
        self.at_look(lambda: self.push([image("late", "-500d")]))
        self.clean()
        self.ends_well("late", "new")
        # The next run knows it from the start.
        self.clean()
        self.ends_well("new")

    @case("what is pushed while the run goes on is whole afterwards")
    def test_pushed_meanwhile(self):
        index = {**MULTI, "repository": "brand/new", "tag": "pushed", "created": "-1h"}
        self.during_first_delete(lambda _: self.push([image("pushed", "-1h"), index]))
        self.clean()
        self.ends_well("new", "pushed")
        self.pulls("brand/new", "pushed")
