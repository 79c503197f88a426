"""What is found to stay between the look and its DELETE stays with its parts and signatures, and a DELETE
or PUT without a clear end holds the collection off."""

import shutil
import threading

from lab import FaultWorld, case

PLATFORMS = ["linux/amd64", "linux/arm64"]


def image(tag, created, **more):
    return {"repository": "team/app", "tag": tag, "created": created, **more}


def index(tag, **more):
    return image(tag, "-99d", kind="index", **more)


class HeldTogether(FaultWorld):
    REGISTRY = {"cache": "none"}
    CONFIG = {"registry": {"timeout": 6}}

    def setUp(self):
        super().setUp()
        self.one_at_a_time = threading.Lock()

    def point(self, tag, name):
        """An action that has a tag point at a manifest that is there. One at a time: while a manifest is put
        again, 2.8 does not find it."""

        def act(_exchange):
            with self.one_at_a_time:
                self.registry.point("team/app", tag, self.digest(name))

        return act

    def before_quick_look(self, action):
        """Calls it before the list of the first quick look, which comes so late after the look in full that
        its batch is looked at again."""
        match = {"path": "team/app/tags/list"}
        self.rules(
            {"match": match, "after": 1, "times": 1, "delay": 0.3},
            {"match": match, "after": 1, "times": 1, "call": action},
        )

    @case("an index that lost a tag keeps its parts")
    def test_lost_tag(self):
        alias = {"repository": "team/app", "tag": "alias", "same_as": "team/app:multi"}
        self.push([index("multi", platforms=PLATFORMS), alias, image("new", "-1d")])
        tag = self.registry.manifests("team/app") / "tags/alias"
        self.before_quick_look(lambda _: shutil.rmtree(tag))
        self.clean()
        self.applied()
        self.pulls("team/app", "multi", "new")

    @case("an image that gained a tag keeps its signature")
    def test_gained_tag(self):
        signature = {"kind": "cosign", "subject": "team/app:old", "id": "sig"}
        self.push([image("old", "-99d"), image(None, "-99d", **signature), image("new", "-1d")])
        self.before_quick_look(self.point("fresh", "team/app:old"))
        self.clean()
        self.applied()
        self.pulls("team/app", "old", "fresh", "new")
        signatures = [tag for tag in self.registry.tags("team/app") if tag.startswith("sha256-")]
        self.assertNotEqual(signatures, [])

    @case("an index that was pushed again keeps its parts, with both sources")
    def test_pushed_again(self):
        self.configure(
            {
                **self.CONFIG,
                "cleanup": {"protected_tags": ["new"]},
                "inventory": {"source": "auto"},
            }
        )
        old = [image(tag, "-90d") for tag in ("m1", "m2", "m3")]
        self.push([*old, index("b0", platforms=PLATFORMS), image("new", "-1d")])
        again = self.point("b0", "team/app:b0")
        self.rules({"match": {"path": "manifests/new"}, "call": again})
        self.clean()
        self.applied()
        self.pulls("team/app", "b0", "new")

    @case("an index of an index that gained a tag keeps what both list")
    def test_nested(self):
        self.push(
            [
                image("child", "-99d"),
                index("inner", children=["team/app:child"]),
                index("outer", children=["team/app:inner"]),
                image("new", "-1d"),
            ]
        )
        self.before_quick_look(self.point("fresh", "team/app:outer"))
        self.clean()
        self.applied()
        self.pulls("team/app", "fresh", "outer", "new")

    @case("a DELETE that is answered 200 by something else was not done")
    def test_login_page(self):
        self.push(self.PLAIN)
        self.remember("team/app")
        path = f"team/app/manifests/{self.digest('team/app:old')}"
        page = {"code": 200, "body": "<html>please log in</html>"}
        self.rules({"match": {"method": "DELETE", "path": path}, "status": page})
        self.exits(1)
        self.applied()
        self.leaves("team/app", "new", "old")
        self.unchanged("team/app")
        self.assertEqual(self.tag("team/app", "old"), "failed old")

    @case("a PUT without a clear end holds the collection off")
    def test_put(self):
        self.configure({**self.CONFIG, "gc": {"when": "always"}})
        self.push([image("old-1", "-90d"), image("new", "-1d")])
        delete = {"method": "DELETE", "path": self.digest("team/app:old-1")}
        self.rules(
            {"match": delete, "times": 1, "call": self.point("new", "team/app:old-1")},
            {"match": {"method": "PUT"}, "times": 1, "drop": True},
        )
        self.exits(1)
        self.applied()
        self.keeps_quiet_of("collected:")
        self.assertIn("collection", self.owed())
