"""DELETEs that are cut after the manifest went and before its tags did, as distribution 3.x does when the
client is gone: the next run finishes them (S7, S12)."""

import shutil

from lab import FaultWorld, case


class Dangling(FaultWorld):
    REGISTRY = {"cache": "none"}
    IMAGES = [
        {"repository": "team/app", "tag": "old-1", "created": "-90d"},
        {"repository": "team/app", "tag": "twin-1", "same_as": "team/app:old-1"},
        {"repository": "team/app", "tag": "old-2", "created": "-91d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
    ]
    CONFIG = {"registry": {"timeout": 5, "retry_seconds": 1}}

    def setUp(self):
        super().setUp()
        self.old = self.digest("team/app:old-1")

    def play_3x(self):
        self.new_proxy(play_3x="delete", store=self.registry.store)

    def revision(self, digest):
        algorithm, _, name = digest.partition(":")
        return self.registry.manifests("team/app") / "revisions" / algorithm / name

    def cut(self, action=lambda: None):
        """Rules: the manifest of old-1 goes, its tags stay, and no answer comes."""

        def remove(_):
            (self.revision(self.old) / "link").unlink()
            action()

        first = {"match": {"method": "DELETE", "path": self.old}, "times": 1}
        self.rules({**first, "continue": True, "call": remove}, {**first, "drop": True})

    def cut_first(self, changes=None):
        """A run whose DELETE of old-1 is cut."""
        self.configure({**self.CONFIG, **(changes or {})})
        self.cut()
        self.clean()
        self.exited(1)
        self.applied()
        self.both_dangle()
        self.assertIn(f"team/app {self.old}", self.owed())
        self.proxy.clear()

    def both_dangle(self):
        tags = self.registry.tags("team/app")
        self.assertIn("old-1", tags)
        self.assertIn("twin-1", tags)

    def nothing_is_pushed(self):
        self.assertEqual(self.proxy.count("PUT", "."), 0)

    def all_gone(self):
        """What the run before has done is all that there was to do."""
        self.exited(0)
        self.leaves("team/app", "new")
        self.pulls("team/app", "new")
        self.assertEqual(self.owed(), [])
        # What was written down for this is gone with the debt.
        self.assertEqual(list(self.state.rglob("batch-*")), [])
        self.clean()
        self.exited(0)
        self.assertEqual(self.report()["summary"]["deleted"], 0)

    def runs(self, *words):
        """Runs the program with these words, successfully."""
        self.run_program(*words, "--config", self.config)
        self.exited(0)

    @case("2.8: the manifest is put back under its digest, and deleted with its tags")
    def test_2(self):
        self.cut_first()
        self.clean()
        sent = self.proxy.answers("PUT", ".")
        self.assertEqual(sent, [f"201 PUT /v2/team/app/manifests/{self.old}"])
        self.all_gone()

    @case("3.x: the tags are deleted by their names, nothing is pushed")
    def test_3(self):
        self.play_3x()
        self.cut_first()
        self.clean()
        self.nothing_is_pushed()
        self.assertEqual(self.proxy.count("DELETE", "manifests/(old|twin)-1$"), 2)
        self.all_gone()

    @case("killed while the DELETE is cut: the next run finishes")
    def test_killed(self):
        self.cut(lambda: started.kill())
        started = self.begin()
        self.assertEqual(started.end().status, 137)
        self.applied()
        self.proxy.clear()
        self.clean()
        self.all_gone()

    def one_pushed_anew(self):
        self.cut_first()
        self.push([{"repository": "team/app", "tag": "twin-1", "created": "-1h"}])
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new", "twin-1")
        self.pulls("team/app", "new", "twin-1")
        self.assertEqual(self.owed(), [])

    @case("2.8: a tag that was pushed anew meanwhile stays")
    def test_2_pushed_anew(self):
        self.one_pushed_anew()

    @case("3.x: a tag that was pushed anew meanwhile stays")
    def test_3_pushed_anew(self):
        self.play_3x()
        self.one_pushed_anew()

    @case("no right to push: named each night, and nothing else is deleted there")
    def test_no_right(self):
        left = r"ERROR.*team/app: tag (old|twin)-1 is left over.*403 DENIED"
        # The collector would take what the manifest needs to be put back.
        self.cut_first({"gc": {"when": "never"}})
        denied = {"code": 403, "error": "DENIED"}
        self.rules({"match": {"method": "PUT"}, "status": denied})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches(left)
        self.assertIn(f"team/app {self.old}", self.owed())
        self.clean()
        self.exited(1)
        self.matches(left)
        self.proxy.clear()
        self.configure(self.CONFIG)
        self.clean()
        self.all_gone()

    @case("a tag that came to the manifest while it was back keeps it")
    def test_tag_came(self):
        self.cut_first()

        def tag_latest(exchange):
            digest = exchange.path.rpartition("/")[2]
            self.registry.point("team/app", "latest", digest)

        back = {"match": {"method": "PUT"}, "times": 1}
        self.rules({**back, "call": {"function": tag_latest, "when": "after"}})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("tag latest points at it now")
        self.pulls("team/app", "latest", "new")

    @case("2.8: where tokens run out under way, it is finished, and a moved tag put back")
    def test_tokens(self):
        self.cut_first()
        realm = f'Bearer realm="{self.proxy.url}/token",service="registry"'
        over = {"code": 401, "error": "UNAUTHORIZED", "headers": {"WWW-Authenticate": realm}}
        steps = ("PUT", self.old), ("DELETE", self.old), ("PUT", "manifests/new$")

        def move(_):
            self.registry.point("team/app", "new", self.old)

        self.rules(
            {"match": {"path": "^/token"}, "status": {"code": 200, "body": '{"token":"t0ken"}'}},
            *(
                {"match": {"method": method, "path": path}, "times": 1, "status": over}
                for method, path in steps
            ),
            {"match": {"method": "DELETE", "path": self.old}, "continue": True, "call": move},
        )
        self.clean()
        self.exited(0)
        self.applied()
        self.matches("tag new was moved to .* while that was deleted: both are put back")
        self.leaves("team/app", "new")
        self.pulls("team/app", "new")

    @case("a tag that dangles and is none of ours is reported, and left alone")
    def test_none_of_ours(self):
        shutil.rmtree(self.revision(self.digest("team/app:new")))
        self.clean()
        self.assertIn("new", self.registry.tags("team/app"))
        self.nothing_is_pushed()
        self.matches("team/app:new is damaged")

    @case("a tag that is held is left as it is, and named, until it is released")
    def test_held(self):
        self.cut_first()
        self.runs("hold", "team/app:twin-1")
        self.clean()
        self.exited(1)
        self.matches("team/app:twin-1 is held, but its image is gone")
        self.both_dangle()
        self.nothing_is_pushed()
        self.runs("release", "team/app:twin-1")
        self.clean()
        self.all_gone()

    @case("what is held by its digest, though it is gone, is not put back to be deleted")
    def test_held_digest(self):
        name = f"team/app@{self.old}"
        self.cut_first()
        self.runs("hold", name, "--force")
        self.clean()
        self.exited(1)
        self.says(f"{name} is held, but its image is gone")
        self.nothing_is_pushed()
        self.runs("release", name)
        self.clean()
        self.all_gone()

    @case("a file of holds that breaks once something was sent is exit code 1, with a report")
    def test_holds_break(self):
        self.cut_first()
        self.runs("hold", "team/app:new")
        (holds,) = self.state.glob("*/holds")

        def damage(_):
            with holds.open("a") as file:
                file.write("x\n")

        self.rules({"match": {"method": "DELETE"}, "times": 1, "continue": True, "call": damage})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("holds: damaged")
        self.assertEqual(self.report()["exit_code"], 1)
        self.nothing_is_pushed()
