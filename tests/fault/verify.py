"""What a verification through the API makes of bad answers, and where its requests go (S2, S11)."""

import os

from lab import FaultWorld, case


class Verify(FaultWorld):
    REGISTRY = {"cache": "inmemory", "auth": "some user:some secret"}
    IMAGES = [
        {
            "repository": "team/app",
            "tag": "one",
            "created": "-1d",
            "layers": ["first:2001", "more:3"],
        },
        {"repository": "team/app", "tag": "two", "created": "-1d", "layers": ["other:2002"]},
    ]

    def setUp(self):
        super().setUp()
        self.layer = self.registry.manifest("team/app", "one")["layers"][0]["digest"]
        self.unverified = f"team/app:one could not be verified: layer {self.layer} could not be "
        self.unchecked = f"{self.unverified}checked: "
        self.damaged = f"team/app:one is damaged: layer {self.layer} "

    def finds(self, code, *patterns, deep=False):
        """A verification that exits so and says that, and never the password."""
        self.verifies(code, *(["--deep"] if deep else []))
        self.matches(*patterns)
        self.keeps_quiet_of("some secret")

    def rule(self, header=None, times=None, **action):
        """A fault of every answer about that layer."""
        match = {"path": f"/blobs/{self.layer}", "header": header or {}}
        self.rules({"match": match, "times": times, **action})

    def sink(self, path):
        """A server elsewhere, which has that file and knows no ranges."""
        sink = self.start_proxy("", body="")
        sink.rules({"replace_body": {"file": str(path)}})
        return sink

    @case("without a fault everything is whole")
    def test_whole(self):
        self.finds(0, "2 tags verified whole")

    @case("an error is no damage: the tag could not be verified")
    def test_error(self):
        self.rule(status=500)
        self.finds(1, rf"\[WARNING\] {self.unchecked}500", "1 tag verified whole")
        self.keeps_quiet_of("damaged")
        self.rule(status=403)
        self.finds(1, f"{self.unchecked}403")
        self.rule(hang=True)
        self.finds(1, f"{self.unchecked}no whole answer")
        self.rule(drop=True)
        self.finds(1, self.unchecked)
        self.rule(set_header={"Content-Range": "bytes 0-0/*"})
        self.finds(0, "2 tags verified whole")

    @case("a blob that is not there is damage")
    def test_absent(self):
        self.rule(status=404)
        self.finds(1, rf"\[ERROR\] {self.damaged}is missing", "1 tag verified whole")
        self.applied()

    @case("a body that is shorter than promised is damage")
    def test_short(self):
        self.rule(cut=0)
        self.finds(1, f"{self.damaged}is shorter than the registry announces")
        # Once is an accident.
        self.rule(cut=0, times=1)
        self.configure({"registry": {"timeout": 5, "retry_seconds": 10}})
        self.finds(0, "2 tags verified whole")
        self.applied()

    @case("a size that is not the manifest's is damage")
    def test_size(self):
        self.rule(set_header={"Content-Range": "bytes 0-0/2000"})
        self.finds(1, f"{self.damaged}has 2000 bytes instead of 2001")

    @case("--deep does not read what is too long or too short already")
    def test_size_deep(self):
        self.rule(set_header={"Content-Range": "bytes 0-0/2000"})
        self.finds(1, f"{self.damaged}has 2000 bytes instead of 2001", deep=True)
        self.assertEqual(self.proxy.count("GET", f"/blobs/{self.layer}"), 1)

    @case("a manifest that cannot be read: its tag could not be verified")
    def test_manifest(self):
        self.rules({"match": {"path": "/manifests/one"}, "status": 500})
        self.finds(
            1,
            "team/app:one could not be verified",
            "team/app could not be verified completely: .*500",
            "1 tag verified whole",
        )
        self.keeps_quiet_of("damaged", "nothing is deleted")

    @case("a list of tags that is cut: what was listed is verified, the rest is told")
    def test_tags(self):
        self.rules({"match": {"path": "/tags/list"}, "truncate_json": True})
        self.finds(1, "team/app could not be verified completely")

    @case("a tag that was deleted after it was listed is not damaged")
    def test_deleted(self):
        path = f"/v2/team/app/manifests/{self.digest('team/app:one')}"
        hook = f"curl -sf -u 'some user:some secret' -X DELETE $FAULT_BACKEND{path}"
        self.rules({"match": {"path": "/manifests/one"}, "times": 1, "run": hook})
        self.finds(0, "1 tag verified whole")
        self.keeps_quiet_of("damaged", "could not")
        self.applied()

    @case("redirects are followed without credentials, also by --deep, and a whole body is as good")
    def test_redirect(self):
        blob = self.registry.blob(self.layer)
        sink = self.sink(blob)

        def sent(number):
            requests = sink.records("request")
            self.assertEqual(len(requests), number)
            self.assertEqual({record["authorization"] for record in requests}, {None})
            return requests

        self.rule(redirect=f"{sink.url}/elsewhere")
        self.finds(0, "2 tags verified whole")
        self.assertEqual(sent(1)[0]["headers"]["range"], "bytes=0-0")
        self.verifies(0, "--deep")
        sent(3)
        sink.rules({"continue": True, "replace_body": {"file": str(blob)}}, {"corrupt": True})
        self.finds(1, f"{self.damaged}is not what its digest says", deep=True)

    @case("at most five redirects are followed")
    def test_redirects(self):
        self.rule(redirect=f"{self.proxy.url}/v2/team/app/blobs/{self.layer}")
        self.finds(1, self.unchecked)
        self.assertEqual(self.proxy.count("GET", f"/blobs/{self.layer}"), 6)

    @case("a server that knows no ranges says how much it has, too")
    def test_no_ranges(self):
        large = self.folder / "large"
        large.touch()
        os.truncate(large, 2097152)
        self.rule(redirect=f"{self.sink(large).url}/large")
        self.finds(1, f"{self.damaged}has 2097152 bytes instead of 2001")

    @case("--deep: a body that is cut, or different")
    def test_deep(self):
        whole = {"Range": None}
        self.rule(cut=100)
        self.finds(1, self.damaged, deep=True)
        self.rule(whole, corrupt=True)
        self.finds(
            1, f"{self.damaged}is not what its digest says", "1 tag verified whole", deep=True
        )
        self.verifies(0)
        self.rule(whole, cut=100)
        self.finds(1, f"{self.damaged}is shorter than the registry announces", deep=True)

    @case("--deep: a body that only drips is not waited for")
    def test_drips(self):
        self.rule({"Range": None}, drip=2)
        self.finds(1, self.unverified, "1 tag verified whole", deep=True)
        self.applied()

    @case("after a run: an error of the verification is one of the run, and nothing is undone")
    def test_run(self):
        self.push([{"repository": "team/app", "tag": "old", "created": "-90d"}])
        self.rule(status=503)
        self.clean()
        self.exited(1)
        self.leaves("team/app", "one", "two")
        self.matches(f"{self.unchecked}503", "1 tag verified whole")
        report = self.report()
        keys = ("ran", "tags", "whole", "damaged", "unverified")
        found = [report["verification"][key] for key in keys]
        self.assertEqual(found, [True, 2, 1, 0, 1])
        self.assertEqual(report["exit_code"], 1)
        self.assertEqual(self.owed(), [])

    @case("after a run: a registry that does not answer any more is told, exit 1")
    def test_run_unanswered(self):
        self.push([{"repository": "team/app", "tag": "old", "created": "-90d"}])
        # The second list of repositories is the verification's.
        self.rules({"match": {"path": "/_catalog"}, "after": 1, "status": 401})
        self.clean()
        self.exited(1)
        self.matches("whether all tags are whole could not be verified")
        self.assertIs(self.report()["verification"]["ran"], False)
