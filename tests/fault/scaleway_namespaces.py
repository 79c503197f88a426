"""Empty namespaces of Scaleway's registry: their DELETE takes all that is in them, so only what was seen empty twice goes,
and nothing while anything else is in doubt."""

import threading

from lab import case, wait_for
from lab.scaleway import Answer, error, moment
from lab.scaleway_world import ScalewayWorld


class Namespaces(ScalewayWorld):
    STAND = {"deleting_looks": 0}
    TAGS = {"team/app": {"new": {"created": "-1d"}}}
    CONFIG = {"cleanup": {"delete_empty_namespaces": True}}

    def setUp(self):
        super().setUp()
        self.empty = self.stand.add_namespace("empty")

    def deletes(self):
        return [request.id for request in self.stand.asked("DELETE", "namespace")]

    def stays(self, code, *arguments):
        self.exits(code, *arguments)
        self.assertEqual(self.deletes(), [])
        self.assertIn("empty", self.stand.namespaces())

    def goes(self, *arguments):
        self.exits(0, *arguments)
        self.assertEqual(self.deletes(), [self.empty])
        self.assertEqual(self.stand.namespaces(), ["team"])
        self.says("deleted the empty namespace empty")

    def images_of(self, **more):
        return {"method": "GET", "kind": "image", "is_list": True, "of": self.empty, **more}

    @case("one that is empty, ready and old goes, after two looks")
    def test_goes(self):
        looks = self.stand.answers(None, **self.images_of())
        self.goes()
        self.assertEqual(len(looks), 4, "two readings of each look")
        self.assertEqual(self.stand.tags("team/app"), ["new"])

    @case("--max-minutes: those for which there was no time are told, and the run is not done")
    def test_no_time(self):
        self.stand.add_namespace("empty-2")
        late = self.stand.answers(
            lambda _: threading.Event().wait(0.7) and None, times=1, kind="tag", is_list=True
        )
        looks = self.stand.answers(None, **self.images_of())
        self.stays(1, "--max-minutes", "0.01")
        self.assertEqual((len(late), len(looks)), (1, 0))
        self.says("2 empty namespaces are left for the next run")

    @case("a namespace that is young, not ready, or counts images stays")
    def test_stays(self):
        entry = self.stand.entry("namespace", "empty")
        for change in (
            {"created_at": moment("-23h")},
            {"updated_at": moment("-1h")},
            {"updated_at": None},
            {"status": "locked"},
            {"status": "deleting"},
            {"image_count": 1},
            {"image_count": None},
        ):
            with self.subTest(change):
                before = dict(entry)
                entry.update(change)
                self.exits(0)
                self.assertEqual(self.deletes(), [])
                entry.clear()
                entry.update(before)
        self.change_config({"cleanup": {"empty_namespace_hours": 10000}})
        self.stays(0)

    @case("its count says none, and the list has an image; and the other way round: it stays")
    def test_disagree(self):
        self.stand.add_image("empty/image")
        self.stand.alters_document(
            lambda d: {**d, "image_count": 0}, kind="namespace", of=self.empty
        )

        def count_none(document):
            for entry in document["namespaces"]:
                entry["image_count"] = 0

        self.stand.alters_document(count_none, kind="namespace", is_list=True)
        self.stays(0)
        self.stand.behave()
        self.stand.remove("image", self.stand.find("image", "empty/image"))
        self.stand.alters_document(
            lambda d: {**d, "image_count": 1}, kind="namespace", of=self.empty
        )
        self.stays(0)

    @case("an image whose list of the region hides it keeps its namespace")
    def test_hidden_image(self):
        self.stand.add_image("empty/hidden", status="deleting")

        def hide(document):
            document["images"] = [i for i in document["images"] if i["name"] != "hidden"]
            document["total_count"] = len(document["images"])

        self.stand.alters_document(hide, kind="image", is_list=True)
        [of_all] = self.stand.after
        self.stand.after = [lambda request, own: None if request.parent else of_all(request, own)]
        self.stays(0)
        # And all counts lie: the list of its own images tells.
        for entry in self.stand.objects["namespace"].values():
            entry["image_count"] = 0
        self.stays(0)
        self.says("namespace empty stays: it has images")

    @case("filled between the two looks: it stays")
    def test_filled(self):
        self.before(3, lambda: self.stand.add_tag("empty/app", "new"), **self.images_of())
        self.stays(0)
        self.says("namespace empty stays: it has images")
        self.assertEqual(self.stand.tags("empty/app"), ["new"])

    @case("filled after the last list: its count still keeps it")
    def test_filled_late(self):
        match = {"method": "GET", "kind": "namespace", "is_list": False, "of": self.empty}
        self.before(2, lambda: self.stand.add_tag("empty/app", "new"), **match)
        self.stays(0)
        self.assertEqual(self.stand.tags("empty/app"), ["new"])

    @case("a list of images that answers 404 while the namespace is there tells nothing")
    def test_unlisted(self):
        self.stand.answers(error(404, "not_found"), **self.images_of())
        self.stays(1)
        self.says("the list of its images answers 404, and the namespace is there")

    @case("filled while it was answered late, and its count does not know: it stays")
    def test_answered_late(self):
        self.configure(
            {"cleanup": {"delete_empty_namespaces": True}, "registry": {"retry_seconds": 30}}
        )
        match = {"method": "GET", "kind": "namespace", "is_list": False, "of": self.empty}
        met = []

        def limit(_):
            met.append(True)
            if len(met) != 2:
                return None
            self.stand.add_tag("empty/app", "new")
            return error(429, "too_many_requests", reset_seconds=11)

        self.stand.answers(limit, **match)
        self.stand.alters_document(lambda found: {**found, "image_count": 0}, **match)
        self.stays(1)
        self.assertEqual(self.stand.tags("empty/app"), ["new"])

    @case("any list with an error keeps all namespaces")
    def test_list_error(self):
        app = self.stand.find("image", "team/app")
        self.stand.answers(error(500), method="GET", kind="tag", of=app)
        self.change_config({"registry": {"retry_seconds": 0}})
        self.stays(1)
        self.says("no empty namespace is deleted in this run")
        self.stand.behave()
        met = self.stand.answers(error(500), **self.images_of())
        self.stays(1)
        self.assertEqual(len(met), 1)
        self.says("its images cannot be listed")
        self.stand.behave()
        self.stand.add_namespace("another-empty")
        lists = self.stand.answers(None, **self.images_of())
        self.stand.answers(lambda _: error(500) if len(lists) == 3 else None, **self.images_of())
        self.stays(1)
        self.assertIn("another-empty", self.stand.namespaces())

    @case("a tag that failed, or is still being deleted, keeps all namespaces")
    def test_after_failure(self):
        self.change_config({"registry": {"deleting_seconds": 0}})
        self.stand.add_tag("team/app", "old")
        self.stand.answers(error(423, "locked"), method="DELETE", kind="tag")
        self.stays(1)
        self.stand.behave()
        self.stand.deleting_looks = 10**6
        self.stays(1)

    @case("what is protected, out of scope, or not asked for stays")
    def test_scope(self):
        for globs in (["empty/*"], ["**"], ["em*/app"], ["**/app"]):
            self.change_config({"cleanup": {"protected_repositories": globs}})
            self.stays(0)
        self.change_config({"cleanup": {"protected_repositories": ["emp/*", "empty2/*"]}})
        self.stays(0, "--repository", "team/app")
        self.stays(0, "--namespace", "team")
        self.stays(1, "--namespace", "none")
        self.change_config({"registry": {"namespace": "team", "image": "app"}})
        self.stays(0)
        self.change_config({"registry": {"namespace": "team", "image": ""}})
        self.stays(0)
        self.change_config({"cleanup": {"delete_empty_namespaces": False}})
        self.stays(0)
        self.change_config({"cleanup": {"delete_empty_namespaces": True}})
        self.change_config({"registry": {"namespace": self.empty}})
        self.goes()

    @case("--namespace names the one that may go")
    def test_named(self):
        self.stand.add_namespace("other")
        self.exits(0, "--namespace", "empty")
        self.assertEqual(self.stand.namespaces(), ["other", "team"])

    @case("other globs protect others")
    def test_other_globs(self):
        self.change_config({"cleanup": {"protected_repositories": ["emp/*", "team/**", "e/empty"]}})
        self.goes()

    @case("a dry run looks once, says it, and deletes nothing")
    def test_dry_run(self):
        self.stays(0, "--dry-run")
        self.says("would delete the empty namespace empty")
        self.assertEqual({request.method for request in self.stand.requests}, {"GET"})

    @case("its DELETE is taken, and it stays: not deleted")
    def test_not_gone(self):
        self.change_config({"registry": {"deleting_seconds": 1}})
        self.stand.deleting_looks = 10**6
        self.exits(1)
        self.says("the empty namespace empty: its DELETE was ordered, and it is still deleting")
        self.assertEqual(len(self.deletes()), 1)

    @case("refused, or without an answer: told, and not sent twice")
    def test_refused(self):
        self.change_config({"registry": {"deleting_seconds": 0}})
        for answer, words in (
            (error(403, "permissions_denied"), "permissions_denied"),
            (error(409, "transient_state"), "transient_state"),
            (error(412, "precondition_failed"), "precondition_failed"),
            (error(500), "it is still ready"),
        ):
            self.stand.behave()
            self.stand.requests.clear()
            self.stand.answers(answer, method="DELETE")
            self.exits(1)
            self.says(words)
            self.assertEqual(len(self.deletes()), 1)
        self.stand.behave()
        self.stand.requests.clear()
        self.stand.alters(lambda *_: error(500), method="DELETE")
        self.goes()

    @case("a stop signal between the looks: nothing goes")
    def test_stopped(self):
        seen, held = threading.Event(), threading.Event()
        self.addCleanup(held.set)

        def hold():
            seen.set()
            held.wait(30)

        self.before(3, hold, **self.images_of())
        started = self.begin()
        wait_for(seen.is_set)
        started.kill(15)
        held.set()
        self.finish(started)
        self.exited(143)
        self.assertEqual(self.deletes(), [])

    @case("an answer about another namespace is none")
    def test_another(self):
        other = self.stand.shown("namespace", self.stand.entry("namespace", "team"))
        self.stand.answers(
            lambda r: Answer(200, {**other, "image_count": 0}),
            method="GET",
            kind="namespace",
            is_list=False,
        )
        self.stays(1)
