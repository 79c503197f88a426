"""DELETEs that the registry did not take at once: each is looked at again before it is sent again (S6),
however long it waited, and for whatever reason."""

import threading
import time

from lab import FaultWorld, case

DELETES = {"method": "DELETE", "path": "team/app/manifests/sha256:"}


class Again(FaultWorld):
    IMAGES = [
        {"repository": "team/app", "tag": "old-1", "created": "-90d"},
        {"repository": "team/app", "tag": "old-2", "created": "-91d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
    ]
    CONFIG = {"registry": {"timeout": 5, "retry_seconds": 20, "max_concurrent_requests": 1}}

    def latest_is_whole(self, digest, deletes=1):
        """The protected tag came to the digest whose DELETE waited: it stays, and is not asked for again."""
        self.applied()
        self.has("team/app", "latest")
        self.pulls("team/app", "latest", "new")
        self.has("team/app", digest)
        self.assertLessEqual(self.proxy.count("DELETE", f"team/app/manifests/{digest}"), deletes)
        self.assertEqual(self.proxy.count("PUT", "."), 0)
        self.assertEqual(self.owed(), [])

    def during_first(self, code, wait):
        """On the first DELETE of a manifest `latest` is pushed at it, self.waiting, and it is answered so."""

        def push_latest(exchange):
            self.waiting = exchange.path.rpartition("/")[2]
            self.registry.point("team/app", "latest", self.waiting)

        answer = {"code": code, "headers": {"Retry-After": wait}}
        first = {"match": DELETES, "after": 1, "times": 1}
        self.rules({**first, "continue": True, "call": push_latest}, {**first, "status": answer})

    def with_status(self, status):
        return [tag for tag in self.report()["tags"] if tag["status"] == status]

    @case("429 with Retry-After: the protected tag that came meanwhile keeps its image")
    def test_429(self):
        self.during_first(429, "2")
        self.clean()
        self.exited(0)
        self.latest_is_whole(self.waiting)
        self.assertEqual(len(self.with_status("changed")), 1)
        self.assertEqual(len(self.with_status("deleted")), 1)

    @case("429 without Retry-After, and nothing came: the look after it lets the DELETE go")
    def test_429_no_wait(self):
        self.rules({"match": DELETES, "after": 1, "times": 2, "status": 429})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        # A list of the tags between each DELETE that was refused and the next.
        methods = " ".join(
            record["method"]
            for record in self.proxy.records("request")
            if record["method"] == "DELETE" or "tags/list" in record["path"]
        )
        self.assertRegex(methods, "DELETE GET (GET )*DELETE GET (GET )*DELETE")
        self.assertNotIn("DELETE DELETE DELETE", methods)

    @case("429 without end: given up after retry_seconds, and the rest is left")
    def test_429_without_end(self):
        self.configure({"registry": {"retry_seconds": 1}})
        self.remember("team/app")
        self.rules({"match": DELETES, "after": 1, "status": 429})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("team/app: manifest sha256:.*429")
        self.unchanged("team/app")
        self.assertEqual(len([line for line in self.owed() if line.startswith("team/app")]), 2)

    @case("503 is not sent again: what came meanwhile stays")
    def test_503(self):
        self.during_first(503, "1")
        self.clean()
        self.exited(1)
        self.applied()
        self.has("team/app", "latest")
        self.pulls("team/app", "latest", "new")
        self.assertEqual(self.proxy.count("DELETE", f"team/app/manifests/{self.waiting}"), 1)

    @case("no connection: the protected tag that came meanwhile keeps its image")
    def test_no_connection(self):
        one, two = self.digest("team/app:old-1"), self.digest("team/app:old-2")

        def push_later():
            time.sleep(0.5)
            self.registry.point("team/app", "latest-old-1", one)
            self.registry.point("team/app", "latest-old-2", two)
            self.registry.point("team/app", "latest", one)

        pushing = threading.Thread(target=push_later)
        # What is asked for last before the first DELETE; which manifest that is about tells the GET before
        # it.
        last = {"match": {"method": "GET", "path": "team/app/manifests/latest"}, "times": 1}
        self.rules(
            {**last, "continue": True, "call": lambda _: pushing.start()}, {**last, "refuse": 3}
        )
        self.clean()
        self.exited(0)
        self.applied()
        pushing.join()
        self.latest_is_whole(one, 0)
        self.pulls("team/app", "latest-old-1", "latest-old-2")
        self.assertEqual(self.proxy.count("DELETE", "team/app/manifests/sha256:"), 1)
