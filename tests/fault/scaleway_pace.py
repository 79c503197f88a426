"""How much Scaleway's API is asked at a time, and what of its answers is told or looked into: limits, caches, the numbers
of requests, answers about something else."""

import threading
import time
import uuid

from lab import case
from lab.scaleway import error
from lab.scaleway_world import ScalewayWorld

IMAGE = "team/app"
# How many requests may be in flight at a time.
MOST = 8


class Answers(ScalewayWorld):
    """Two old tags and a young one; what is deleted is gone at once."""

    STAND = {"deleting_looks": 0}
    TAGS = {IMAGE: {"old-1": {}, "old-2": {}, "new": {"created": "-1d"}}}

    def setUp(self):
        super().setUp()
        self.configure({"registry": {"retry_seconds": 1}})

    def nothing_went(self):
        self.assertEqual(self.stand.asked("DELETE"), [])
        self.has(**{IMAGE: "new old-1 old-2"})

    def spares(self, *patterns, code=1):
        """A run after which all tags are there, and that says so."""
        self.exits(code)
        self.nothing_went()
        self.matches(*patterns)

    def lists(self, **match):
        return {"kind": "tag", "is_list": True, **match}


class Told(Answers):
    @case("what a cache answers is not the API's word, and is nobody's list")
    def test_cached(self):
        for header in ({"X-Cache": "HIT from edge"}, {"Age": "35"}):
            self.stand.behave()

            def mark(_, answer, more=header):
                answer.headers |= more
                return answer

            self.stand.alters(mark, **self.lists())
            self.spares("team/app: the list of tags: page 1: a cache answered, not the API")

    @case("an error is told with the number of its request")
    def test_request_id(self):
        fault = error(500, message="internal error")
        fault.headers["X-Request-Id"] = "8e1f0a2b-request"
        told = "500.*internal error; X-Request-Id 8e1f0a2b-request"
        self.stand.answers(fault, kind="image", is_list=True)
        self.spares(told, code=3)
        self.stand.behave()
        # Of lists of tags one line tells what failed for one reason, so these are told apart at DEBUG only.
        self.stand.answers(fault, **self.lists())
        self.spares("team/app: .*500.*internal error")
        self.exits(1, "--debug")
        self.matches(f"DEBUG.*team/app: .*{told}")


class Deletes(Answers):
    @case("an answer to a DELETE that is about another tag is looked into, and not sent again")
    def test_another_id(self):
        def other(document):
            document["id"] = str(uuid.uuid4())

        self.stand.alters_document(other, method="DELETE")
        self.clean()
        deletes = [request.id for request in self.stand.asked("DELETE")]
        self.assertEqual(len(deletes), len(set(deletes)), "a DELETE went out twice")
        self.assertEqual(self.tag(IMAGE, "old-1"), "deleted old")
        self.exited(0)


class Pace(Answers):
    def setUp(self):
        super().setUp()
        for number in range(20):
            self.stand.add_tag(f"team/more{number}", "new", created="-1d")
        self.lock = threading.Lock()
        self.busy = self.busiest = 0

    def counts(self, first=1, last=1000):
        """Of the lists of tags of these numbers each takes a while, in which others may come."""
        met = []

        def rule(request):
            if request.kind != "tag":
                return
            with self.lock:
                met.append(request)
                counted = first <= len(met) <= last
                self.busy += counted
                self.busiest = max(self.busiest, self.busy)
            until = time.monotonic() + 0.5
            while counted and time.monotonic() < until and self.busy <= MOST:
                time.sleep(0.002)
            with self.lock:
                self.busy -= counted

        self.stand.rules.append(rule)

    @case("eight requests at a time, and no more")
    def test_eight(self):
        # The first few connections may have to wait until the server takes them.
        self.counts(last=5 * MOST)
        self.exits(0, "--dry-run")
        self.assertEqual(self.busiest, MOST)

    @case(
        "after too_many_requests, with whatever status, fewer at a time, and not before it is time"
    )
    def test_fewer(self):
        self.configure({"registry": {"retry_seconds": 20}})
        self.counts(first=MOST + 1, last=2 * MOST)
        limited = error(400, "too_many_requests", reset_seconds=1)
        self.stand.answers(limited, times=MOST, **self.lists())
        began = time.monotonic()
        self.exits(0, "--dry-run")
        self.assertGreaterEqual(time.monotonic() - began, 1)
        # One, then two, three, four: one more after as many good answers.
        self.assertLessEqual(self.busiest, MOST / 2)


del Answers
