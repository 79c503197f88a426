"""A server that is slow, overloaded, or away: what is asked again, how often, and what the end is."""

import threading

from lab import FaultWorld, case, wait_for
from lab.registry import free_port


def many(repository, count):
    """That many tags that go, and one that stays."""
    old = [
        {"repository": repository, "tag": f"old-{i}", "created": f"-{i + 90}d"}
        for i in range(count)
    ]
    return [*old, {"repository": repository, "tag": "new", "created": "-1d"}]


class Slow(FaultWorld):
    """What is asked of any such server."""

    def goes_away(self, count):
        """A run whose proxy ends at the first DELETE after so many, and lets through none until it has."""
        self.rules({"match": {"method": "DELETE"}, "after": count, "hang": True})
        run = self.begin("--report", self.report_path)
        wait_for(lambda: self.proxy.count("DELETE", ".") > count or not run.lives(), 60)
        self.proxy.die()
        self.finish(run)
        self.applied()

    def most_at_once(self):
        """Of all requests, by whatever method."""
        times = [(record["start"], record["end"]) for record in self.proxy.records("answer")]
        return max(sum(start <= at < end for start, end in times) for at, _ in times)


class Retries(Slow):
    """In both repositories a tag that goes and one that stays."""

    IMAGES = FaultWorld.PLAIN

    def untouched(self):
        """Nothing was deleted in either repository, not even tried."""
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)

    @case("bursts of 503 and 429 that end are waited out")
    def test_bursts(self):
        for code in (503, 429, 502, 504):
            self.push(self.IMAGES)
            self.rules(
                *(
                    {"match": {"path": path}, "times": 2, "status": code}
                    for path in (
                        "/v2/$",
                        "_catalog",
                        "team/app/tags/list",
                        "team/app/manifests/old$",
                        "team/app/blobs/",
                    )
                )
            )
            self.clean()
            self.exited(0)
            self.applied()
            self.leaves("team/app", "new")
            self.leaves("other", "new")

    @case("a Retry-After that fits is obeyed")
    def test_retry_after(self):
        self.configure({"registry": {"retry_seconds": 5}})
        answer = {"code": 429, "headers": {"Retry-After": "1"}}
        match = {"path": "team/app/manifests/old$"}
        self.rules({"match": match, "times": 1, "status": answer})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        first, second, *_ = [
            record["start"]
            for record in self.proxy.records("request")
            if record["path"].endswith("team/app/manifests/old")
        ]
        self.assertGreaterEqual(second - first, 1)
        self.assertLess(second - first, 4)

    @case("a Retry-After that does not fit is not waited for")
    def test_long_retry_after(self):
        self.remember("team/app")
        answer = {"code": 429, "headers": {"Retry-After": "600"}}
        self.rules({"match": {"path": "team/app/manifests/old$"}, "status": answer})
        self.clean()
        self.spared(
            "tag old: 429",
            "team/app:old could not be verified: its manifest could not be read",
        )
        # Once by the scan, once to know what the tag needs of the collector, once by the verification.
        self.assertEqual(self.proxy.applied(0), 3)

    @case("502, 503 and 504 without end are given up when the time for repeats is over")
    def test_without_end(self):
        self.remember("team/app")
        for code in (502, 503, 504):
            self.rules({"match": {"path": "team/app/manifests/new$"}, "status": code})
            self.clean()
            self.spared(f"tag new: {code}")
            # By the scan, for what the tag needs of the collector, and by the verification.
            self.assertIn(self.proxy.applied(0), range(3, 16))

    @case("retry_seconds 0 asks once")
    def test_once(self):
        self.remember("team/app")
        self.configure({"registry": {"retry_seconds": 0}})
        self.rules({"match": {"path": "team/app/manifests/new$"}, "times": 1, "status": 503})
        self.clean()
        self.spared("tag new: 503")

    @case("an entrance that answers 500 is asked three times: exit 3, nothing deleted")
    def test_entrance_500(self):
        self.remember("team/app", "other")
        self.rules({"match": {"path": "/v2/$"}, "status": 500})
        self.clean()
        self.exited(3)
        self.assertEqual(self.proxy.applied(0), 3)
        self.untouched()

    @case("an entrance that is no registry's: exit 3, nothing deleted")
    def test_entrance(self):
        self.remember("team/app", "other")
        for fault in (
            {"status": {"code": 404, "body": "nothing here"}},
            {"status": 503},
            {"status": 401},
            {"redirect": "http://127.0.0.1:1"},
        ):
            self.rules({"match": {"path": "/v2/$"}, **fault})
            self.clean()
            self.exited(3)
            self.applied()
            self.untouched()

    @case("a registry that is not there: exit 3, nothing deleted")
    def test_not_there(self):
        self.remember("team/app", "other")
        self.configure({"registry": {"url": f"http://127.0.0.1:{free_port()}"}})
        self.clean()
        self.exited(3)
        self.matches("cannot be reached: connection refused")
        self.untouched()
        self.registry.stop()
        self.new_proxy()
        self.clean()
        self.exited(3)
        self.says("502")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)

    @case("answers slower than the time-out spare the repository, slow ones do not")
    def test_slow(self):
        self.remember("team/app")
        self.rules({"match": {"path": "team/app/manifests/new$"}, "hang": True})
        self.clean()
        self.spared("tag new: no whole answer within 4 s")
        self.push(self.IMAGES)
        self.rules({"match": {"path": "team/app/"}, "delay": 0.4})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")

    @case("a server that goes away before the first delete: nothing is deleted, exit 3")
    def test_away(self):
        self.remember("team/app", "other")
        self.goes_away(0)
        self.exited(3)
        self.unchanged("team/app", "other")

    @case("one request at a time is possible, too")
    def test_one_at_a_time(self):
        self.configure({"registry": {"max_concurrent_requests": 1}})
        self.rules({"delay": 0.01})
        self.clean()
        self.exited(0)
        self.applied()
        self.assertEqual(self.most_at_once(), 1)
        self.leaves("team/app", "new")
        self.leaves("other", "new")


class Many(Slow):
    """Each test pushes the tags that it wants."""

    @case("a server that goes away in the middle: exit 1, no collection, and the next run finishes")
    def test_away_in_the_middle(self):
        self.push(many("team/app", 6))
        port = self.proxy.port
        # The first two DELETEs are the probes.
        self.goes_away(4)
        self.exited(1)
        answers = self.proxy.answers("DELETE", ".")
        self.assertEqual(len([line for line in answers if line.startswith("202")]), 2)
        self.assertEqual(self.report()["summary"]["deleted"], 2)
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        owed = self.owed()
        self.assertEqual(len([line for line in owed if line.startswith("team/app sha256:")]), 4)
        self.assertIn("collection", owed)
        self.new_proxy(port=port)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.assertEqual(self.owed(), [])
        self.assertIs(self.report()["garbage_collection"]["ran"], True)

    @case("no more requests are under way than allowed, and all that are allowed")
    def test_allowed(self):
        for repository in ("team/app", "other", "third"):
            self.push(many(repository, 20))
        self.configure({"registry": {"max_concurrent_requests": 3}})
        # The very first goes alone, as a proof. Those behind it wait for each other, and fail unless three are
        # under way.
        together = threading.Barrier(3)
        met = threading.Event()
        seen = []

        def meet(exchange):
            if any(found in exchange.path for found in self.digests.values()):
                seen.append(exchange.path)
                if len(seen) > 1 and not met.is_set():
                    together.wait(60)
                    met.set()

        deletes = {"method": "DELETE"}
        self.rules({"match": deletes, "call": meet, "continue": True}, {"delay": 0.02})
        self.clean()
        self.exited(0)
        self.applied()
        self.assertEqual(self.most_at_once(), 3)
        self.assertEqual(self.proxy.at_once("DELETE", "."), 3)
        self.leaves("third", "new")

    @case("deletes of one repository never go out together")
    def test_deletes(self):
        self.push(many("team/app", 8))
        self.rules({"match": {"method": "DELETE"}, "delay": 0.05})
        self.clean()
        self.exited(0)
        self.applied()
        self.assertEqual(self.proxy.at_once("DELETE", "team/app"), 1)
        self.leaves("team/app", "new")

    @case("connections are kept alive")
    def test_kept_alive(self):
        self.push(many("team/app", 30))
        self.configure({"registry": {"max_concurrent_requests": 4}})
        self.clean()
        self.exited(0)
        requests = self.proxy.records("request")
        self.assertGreater(len(requests), 90)
        self.assertLessEqual(len({record["client"] for record in requests}), 8)
