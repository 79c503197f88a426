"""A kept tag that is moved onto a doomed digest after the look and before its DELETE goes with it: it is
put back, if that can overwrite nothing, or it is named (S1, S6, S7)."""

from fault_message import error_response

from lab import FaultWorld, case


class PutBack(FaultWorld):
    IMAGES = [
        {"repository": "team/app", "tag": "old-1", "created": "-90d"},
        {"repository": "team/app", "tag": "old-2", "created": "-91d"},
        {"repository": "team/app", "tag": "old-3", "created": "-92d"},
        {"repository": "team/app", "tag": "spare", "created": "-2d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
    ]
    # What is done meanwhile takes its time on a busy machine.
    CONFIG = {"registry": {"timeout": 10}}
    PATH = "team/app/manifests/sha256:"

    def setUp(self):
        super().setUp()
        # The digest of which the DELETE was when something was done.
        self.deleted = None

    def at_delete(self, number, action, path=PATH):
        """A rule: while DELETE number (0: the first) of a manifest waits, action(its digest)."""

        def act(exchange):
            self.deleted = exchange.path.rpartition("/")[2]
            action(self.deleted)

        match = {"method": "DELETE", "path": path}
        return {"match": match, "after": number, "times": 1, "continue": True, "call": act}

    def after_probe(self, number, action):
        return self.at_delete(number + 1, action)

    def move(self, digest):
        self.registry.point("team/app", "new", digest)

    def points_at(self, tag):
        found = self.registry.client.get_manifest("team/app", tag)
        return found and found[1]

    @case("a kept tag that went with the digest it was moved to is put back")
    def test_put_back(self):
        self.rules(self.after_probe(0, self.move))
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new", "spare")
        self.pulls("team/app", "new", "spare")
        self.assertEqual(self.points_at("new"), self.deleted)
        self.matches("team/app: tag new was moved to sha256:.* put back")
        self.assertEqual(self.proxy.answers("PUT", "."), ["201 PUT /v2/team/app/manifests/new"])
        self.assertEqual(self.owed(), [])
        self.assertEqual(self.report()["summary"]["deleted"], 3)

    @case("the list after the last DELETE is read, too")
    def test_last_list(self):
        fresh = {"repository": "team/app", "tag": "fresh", "created": "-1h"}
        # The third is alone in its batch, since something is pushed while the first is deleted.
        pushes = self.after_probe(0, lambda _: self.push([fresh]))
        self.rules(pushes, self.after_probe(2, self.move))
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "fresh", "new", "spare")
        self.pulls("team/app", "new", "spare", "fresh")
        self.assertEqual(self.points_at("new"), self.deleted)

    @case("what is newer than our DELETE is not overwritten")
    def test_newer(self):
        spare = self.digest("team/app:spare")

        def answer_again(_):
            """The tag answers again when it is asked directly before the PUT, the first time after the
            DELETE."""
            if self.deleted:
                self.move(spare)

        asked = {"method": "GET", "path": "team/app/manifests/new$"}
        self.rules(self.after_probe(0, self.move), {"match": asked, "call": answer_again})
        self.clean()
        self.exited(0)
        self.applied()
        self.assertEqual(self.proxy.count("PUT", "."), 0)
        self.assertEqual(self.points_at("new"), spare)
        self.pulls("team/app", "new", "spare")

    @case("where the list after a DELETE cannot be read, nothing is collected: a tag may have gone")
    def test_unread(self):
        def fail(exchange):
            if self.deleted:
                exchange.response = error_response(500, "UNKNOWN")

        unread = {"match": {"path": "team/app/tags/list"}, "call": fail}
        self.rules(self.after_probe(0, self.move), unread)
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("ERROR.*team/app.*500", "a tag was lost, or may be, so nothing is collected")
        self.assertFalse(self.report()["garbage_collection"]["ran"])
        self.proxy.clear()
        self.clean()
        self.exited(0)
        self.assertTrue(self.report()["garbage_collection"]["ran"])

    @case("a tag whose manifest somebody else deleted is named, and nothing is pushed")
    def test_deleted(self):
        new = self.digest("team/app:new")
        self.rules(self.after_probe(0, lambda _: self.registry.delete("team/app", new)))
        self.clean()
        self.exited(1)
        self.applied()
        self.assertEqual(self.proxy.count("PUT", "."), 0)
        self.matches("ERROR.*team/app: tag new vanished.*deleted by somebody else")
        self.lacks("team/app", "new")
        self.pulls("team/app", "spare")

    @case("no right to push: the tag is named, exit 1")
    def test_no_right(self):
        denied = {"code": 403, "error": "DENIED"}
        refusal = {"match": {"method": "PUT"}, "times": 1, "status": denied}
        self.rules(self.after_probe(0, self.move), refusal)
        self.clean()
        self.exited(1)
        self.applied()
        self.assertEqual(self.proxy.count("PUT", "."), 1)
        self.matches("ERROR.*team/app: tag new vanished.*403 DENIED")
        self.pulls("team/app", "spare")

    @case("a PUT that is refused for now is sent again, after another look")
    def test_refused_for_now(self):
        refusal = {"match": {"method": "PUT"}, "times": 1, "status": 429}
        self.rules(self.after_probe(0, self.move), refusal)
        self.clean()
        self.exited(0)
        self.applied()
        self.assertEqual(self.proxy.count("PUT", "."), 2)
        self.pulls("team/app", "new", "spare")

    @case("an index comes back whole: its children wait for the list after its DELETE")
    def test_index(self):
        platforms = ["linux/amd64", "linux/arm64"]
        index = {"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d"}
        self.push([{**index, "platforms": platforms}])
        # Nothing else goes: it is alone in its batch, so there is no doubt what the tag was moved to.
        self.configure({**self.CONFIG, "cleanup": {"protected_patterns": ["old-"]}})
        multi = self.digest("team/app:multi")
        # Whichever DELETE is the index's.
        self.rules(self.at_delete(0, lambda _: self.move(multi), path=multi))
        self.clean()
        self.exited(0)
        self.applied()
        self.has("team/app", "new")
        self.pulls("team/app", "new", "spare")
        self.assertEqual(self.points_at("new"), multi)
        self.has("team/app", self.digest("team/app:multi/linux/amd64"))
        self.assertEqual(self.owed(), [])

    @case("one of several it may have been moved to: all are put back, and the tag is named")
    def test_several(self):
        # The first batch has one DELETE, the second has two.
        self.rules(self.after_probe(2, self.move))
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("ERROR.*team/app: tag new vanished.*one of these")
        self.says(self.deleted)
        self.pulls("team/app", "spare", self.deleted)
        self.assertEqual(self.proxy.count("PUT", "manifests/sha256:"), 2)
        self.assertEqual(self.proxy.count("PUT", "manifests/new"), 0)
