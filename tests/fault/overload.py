"""A registry that answers nothing any more is given up, some slow tags are not the whole of it, and one
that needs long for its catalog may."""

from lab import FaultWorld, case


class Overload(FaultWorld):
    @case("a registry that takes requests and answers none is given up, not asked tag by tag")
    def test_answers_none(self):
        # Many old tags, and one that stays.
        old = [
            {"repository": "team/app", "tag": f"old-{number}", "created": "-90d"}
            for number in range(150)
        ]
        self.push([*old, {"repository": "team/app", "tag": "new", "created": "-1d"}])
        self.remember("team/app")
        self.configure({"registry": {"timeout": 1, "retry_seconds": 1}})
        self.rules({"match": {"path": "/manifests/"}, "hang": True})
        self.clean()
        self.exited(3)
        self.matches(
            "has served none for [0-9]+ s, the last one: .*; "
            ".*registry.timeout .*registry.max_concurrent_requests"
        )
        self.assertLess(self.proxy.count("GET", "/manifests/"), 60)
        self.assertEqual(self.proxy.count("DELETE", "."), 0)
        self.unchanged("team/app")

    @case("some slow tags do not end a run, and their message names what helps")
    def test_some_slow(self):
        self.push(self.PLAIN)
        self.remember("team/app")
        self.configure({"registry": {"timeout": 1, "retry_seconds": 4}})
        self.rules({"match": {"path": "team/app/manifests/"}, "hang": True})
        self.clean()
        self.spared(
            "no whole answer within 1 s after [0-9]+ attempts; raise registry.timeout or lower "
            "registry.max_concurrent_requests"
        )

    @case("the catalog may take longer than other answers, and has a key of its own")
    def test_catalog(self):
        self.push(self.PLAIN)
        self.remember("team/app", "other")
        self.rules({"match": {"path": "_catalog"}, "delay": 2})
        self.configure({"registry": {"timeout": 1}})
        self.clean("--dry-run")
        self.exited(0)
        self.applied()
        self.configure({"registry": {"catalog_timeout": 1, "retry_seconds": 0}})
        self.clean()
        self.says("no whole answer within 1 s; raise registry.catalog_timeout")
        self.assertNotEqual(self.status, 0)
        self.unchanged("team/app", "other")
        # A list of tags has its own.
        self.rules({"match": {"path": "team/app/tags/list"}, "delay": 2})
        self.configure({"registry": {"timeout": 1, "retry_seconds": 0}})
        self.clean("--dry-run")
        self.says("no whole answer within 1 s; raise registry.timeout")
