"""DELETEs that fail, lie, or have no clear end: what counts as done, what stays owed, and when nothing
may be collected (S7, S8, S10, S12)."""

import shutil

from lab import FaultWorld, case, wait_for

MULTI = {
    "repository": "team/app",
    "tag": "multi",
    "kind": "index",
    "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"],
}


class Deletes(FaultWorld):
    IMAGES = [
        {"repository": "team/app", "tag": "old-1", "created": "-90d"},
        {"repository": "team/app", "tag": "old-2", "created": "-91d"},
        {"repository": "team/app", "tag": "old-3", "created": "-92d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
        {"repository": "other", "tag": "old", "created": "-80d"},
        {"repository": "other", "tag": "new", "created": "-2d"},
    ]

    def first(self, **action):
        """On the first DELETE in team/app, which is of a manifest with a tag. The probes go to `other`, which
        comes first."""
        match = {"method": "DELETE", "path": "/v2/team/app/manifests/sha256:"}
        self.rules({"match": match, "times": 1, **action})

    def one_failed(self, *patterns):
        """One DELETE in team/app and no more; all three tags are there and owed; `other` is clean."""
        self.exited(1)
        self.applied()
        self.assertEqual(self.proxy.count("DELETE", "team/app"), 1)
        self.unchanged("team/app")
        self.matches("team/app: manifest sha256:.*the rest of this repository is left", *patterns)
        failed = [tag for tag in self.report()["tags"] if tag["status"] == "failed"]
        self.assertEqual(len(failed), 3)
        self.assertEqual(
            len([line for line in self.owed() if line.startswith("team/app sha256:")]), 3
        )
        self.leaves("other", "new")

    def collected(self, ran):
        self.assertIs(self.report()["garbage_collection"]["ran"], ran)
        self.assertEqual("collection" in self.owed(), not ran)

    def all_done(self):
        """All of it is done, and nothing is owed."""
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.pulls("team/app", "new")
        self.assertEqual(self.owed(), [])

    def next_run_finishes(self):
        self.proxy.clear()
        self.clean()
        self.all_done()
        self.collected(True)

    def old_tags(self):
        return [tag for tag in self.registry.tags("team/app") if "old" in tag]

    @case("500 and the tag stays: failed, its repository is left, others are done, debts stay")
    def test_500(self):
        self.remember("team/app")
        self.first(status=500)
        self.clean()
        self.one_failed("500")
        self.collected(True)
        self.next_run_finishes()

    @case("500 although it was done: digest and tags are looked at, and it counts as done")
    def test_500_done(self):
        self.first(status={"code": 500, "forward": True})
        self.clean()
        self.applied()
        self.all_done()
        self.collected(True)
        self.assertEqual(self.report()["summary"]["deleted"], 4)
        # Not sent again: each of the four once, and two probes.
        self.assertEqual(self.proxy.count("DELETE", "."), 6)

    @case("500 of a real registry: a broken link elsewhere leaves a tag that dangles")
    def test_500_dangles(self):
        folder = self.registry.manifests("team/app") / "tags/new/current"
        self.first(run=f"cp '{folder}/link' '{folder}/saved' && : >'{folder}/link'")
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("team/app: manifest sha256:.*500")
        self.assertEqual(self.proxy.count("DELETE", "team/app"), 1)
        self.assertEqual(len(self.old_tags()), 3)
        self.assertEqual(len([line for line in self.owed() if line.startswith("team/app")]), 3)
        self.leaves("other", "new")
        # The link is still broken: nothing goes.
        self.remember("team/app")
        self.clean()
        self.exited(1)
        self.unchanged("team/app")
        # It is repaired: the manifest comes back to take the tag along that dangles, and all go.
        shutil.move(folder / "saved", folder / "link")
        self.clean()
        self.matches(
            "deleted team/app:old-[0-9], which an earlier run had left without its manifest",
            "deleted 3 tags",
        )
        self.all_done()

    @case("503 is not sent again, unlike a GET")
    def test_503(self):
        self.remember("team/app")
        self.first(status=503)
        self.clean()
        self.one_failed("503")

    @case("429 is sent again")
    def test_429(self):
        self.first(status=429)
        self.clean()
        self.applied()
        self.all_done()
        self.assertEqual(self.proxy.count("DELETE", "."), 7)

    @case("no answer although it was done: done, but nothing is collected, and that stays owed")
    def test_no_answer_done(self):
        self.first(drop={"forward": True})
        self.clean()
        self.exited(1)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.assertEqual(self.report()["summary"]["deleted"], 4)
        self.says("may still be at work, so nothing is collected")
        self.collected(False)
        self.next_run_finishes()

    @case("an answer that is cut has no clear end either")
    def test_cut(self):
        self.first(cut={"bytes": 0, "reset": True})
        self.clean()
        self.exited(1)
        self.applied()
        self.leaves("team/app", "new")
        self.collected(False)
        self.next_run_finishes()

    @case(
        "no answer, and the server does it later: failed, nothing collected, the next run finishes"
    )
    def test_no_answer_late(self):
        self.remember("team/app")
        self.first(drop={"forward": True, "later": 3})
        self.clean()
        self.one_failed("connection broke")
        self.collected(False)
        wait_for(lambda: self.proxy.records("late"))
        self.assertEqual(len(self.old_tags()), 2)
        self.next_run_finishes()

    @case("502 and 504 may still be at work: nothing is collected")
    def test_gateway(self):
        for code in (502, 504):
            self.push(self.IMAGES)
            self.remember("team/app")
            self.proxy.clear()
            self.first(status=code)
            self.clean()
            self.one_failed(str(code))
            self.collected(False)
            self.next_run_finishes()

    @case("504 although it was done counts as done, and nothing is collected")
    def test_gateway_done(self):
        self.first(status={"code": 504, "forward": True})
        self.clean()
        self.exited(1)
        self.applied()
        self.leaves("team/app", "new")
        self.collected(False)
        self.next_run_finishes()

    @case("202 with errors in its body: failed if its tag stays, done if it is gone")
    def test_errors_in_body(self):
        self.remember("team/app")
        errors = {"errors": [{"code": "UNKNOWN", "message": "tag x"}]}
        self.first(status={"code": 202, "body": errors})
        self.clean()
        self.one_failed("202")
        self.next_run_finishes()
        self.push(self.IMAGES)
        self.first(status={"code": 202, "forward": True, "body": {"errors": [{"code": "UNKNOWN"}]}})
        self.clean()
        self.applied()
        self.all_done()

    @case("404 MANIFEST_UNKNOWN as the first answer is done: somebody else was faster")
    def test_404(self):
        self.first(run='curl -sf --noproxy "*" -X DELETE "$FAULT_BACKEND$FAULT_PATH"')
        self.clean()
        self.applied()
        self.all_done()
        self.assertRegex(self.proxy.answers("DELETE", "team/app")[0], "^404")
        self.assertEqual(self.report()["summary"]["deleted"], 4)

    @case("404 in plain text is a proxy's word, and nothing is done")
    def test_404_of_proxy(self):
        self.remember("team/app")
        self.first(status={"code": 404, "body": "404 page not found\n"})
        self.clean()
        self.one_failed("404")

    @case(
        "405, 401, 403 and 400 in the middle fail the repository; exit 1, as something was deleted"
    )
    def test_refused_in_the_middle(self):
        for code in (405, 401, 403, 400):
            self.push(self.IMAGES)
            self.remember("team/app")
            self.proxy.clear()
            self.first(status={"code": code, "error": "UNSUPPORTED"})
            self.clean()
            self.one_failed(str(code))
            self.next_run_finishes()

    @case("a redirect of a DELETE is not followed")
    def test_redirect(self):
        sink = self.start_proxy("", body="")
        self.remember("team/app")
        self.first(redirect={"to": sink.url + "{path}", "code": 307})
        self.clean()
        self.one_failed("307")
        self.assertEqual(sink.records("request"), [])

    @case("a child whose DELETE failed after its index was gone is deleted by the next run")
    def test_child(self):
        self.push([MULTI])
        child = self.digest("team/app:multi/linux/arm64")
        self.rules({"match": {"method": "DELETE", "path": child}, "times": 1, "status": 500})
        self.clean()
        self.exited(1)
        self.applied()
        self.has("team/app", child)
        self.lacks("team/app", "multi")
        self.assertIn(f"team/app {child}", self.owed())
        self.next_run_finishes()
        self.lacks("team/app", child, self.digest("team/app:multi/linux/amd64"))

    @case("a child whose DELETE failed but was done counts as done")
    def test_child_done(self):
        self.push([MULTI])
        child = self.digest("team/app:multi/linux/arm64")
        answer = {"code": 500, "forward": True}
        self.rules({"match": {"method": "DELETE", "path": child}, "times": 1, "status": answer})
        self.clean()
        self.applied()
        self.all_done()
        self.lacks("team/app", child)

    @case("only manifests that were planned are deleted: never a config, never a layer")
    def test_planned_only(self):
        planned = sorted(self.digest(f"team/app:{tag}") for tag in ("old-1", "old-2", "old-3"))
        self.clean()
        self.all_done()
        sent = self.proxy.answers("DELETE", "team/app")
        self.assertEqual(sorted(line.rpartition("/")[2] for line in sent), planned)
        self.assertEqual(self.proxy.count("DELETE", "blobs"), 0)
        methods = {record["method"] for record in self.proxy.records("request")}
        self.assertEqual(methods - {"HEAD"}, {"DELETE", "GET"})

    @case("answers to the first probe that forbid to go on: exit 3, nothing deleted")
    def test_probe(self):
        self.remember("team/app", "other")
        for fault in (
            {"code": 405, "error": "UNSUPPORTED"},
            {"code": 405, "body": "Method not allowed"},
            {"code": 401, "error": "UNAUTHORIZED"},
            {"code": 403, "error": "DENIED"},
            500,
            202,
            {"code": 404, "body": "404 page not found"},
        ):
            self.proxy.clear()
            self.rules({"match": {"method": "DELETE"}, "status": fault})
            self.clean()
            self.exited(3)
            self.applied()
            self.assertEqual(self.proxy.count("DELETE", "."), 1)
            self.unchanged("team/app", "other")
            self.assertEqual(self.owed(), [])

    @case("state that cannot be written: exit 2 before anything is sent")
    def test_state(self):
        file = self.folder / "file"
        file.touch()
        self.configure({"paths": {"state": str(file)}})
        self.clean()
        self.exited(2)
        self.assertEqual(self.proxy.records("request"), [])


class Forbidden(FaultWorld):
    REGISTRY = None

    @case("a registry with deletion disabled, and a read-only one: exit 3, and what to set")
    def test_forbidden(self):
        for option in ({"delete": False}, {"readonly": True}):
            self.use(self.start_registry(**option))
            self.write_images(Deletes.IMAGES)
            self.new_proxy()
            self.remember("team/app", "other")
            self.clean()
            self.exited(3)
            self.matches("delete: enabled: true|readonly: enabled: false")
            self.unchanged("team/app", "other")
            self.assertIs(self.report()["garbage_collection"]["ran"], False)
