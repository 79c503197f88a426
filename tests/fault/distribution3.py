"""Distribution 3.x, played by the proxy in front of a 2.8: tags that can be deleted by name, and its
releases that delete tags although deletion is disabled."""

import json

from lab import FaultWorld, case, tree
from lab.docker_stub import CONTAINER, DockerStub
from lab.program import ROOT


class Distribution3(FaultWorld):
    # `old` shares its image with `latest`, which is protected; `lone` is old as well.
    IMAGES = [
        {"repository": "team/app", "tag": "latest", "created": "-90d"},
        {"repository": "team/app", "tag": "old", "same_as": "team/app:latest"},
        {"repository": "team/app", "tag": "lone", "created": "-95d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
    ]
    CONFIG = None

    def play(self, version, mode="delete", changes=None):
        """The proxy plays 3.x and `docker exec` claims that version; None means that it cannot be asked,
        and no mode that the proxy plays nothing. The collector is the real one."""
        if self.proxy is not None:
            self.proxy.stop()
        self.proxy = self.start_proxy(play_3x=mode, store=mode and self.registry.store)
        self.stub = DockerStub()
        self.env |= self.stub.env
        if version:
            said = f"registry github.com/distribution/distribution/v3 {version}\n"
            self.stub.answer("--version", out=said)
        else:
            self.stub.answer("--version", err="OCI runtime exec failed\n", rc=126)
        self.configure(CONTAINER, changes)

    def one_request(self, method, path, **action):
        self.rules({"match": {"method": method, "path": path}, **action})

    def tag_vanishes(self):
        """A shell command by which somebody removes the tag `old`."""
        return f"rm -r {self.registry.manifests('team/app')}/tags/old"

    def tag_goes_alone(self):
        """old and lone are gone, the image of old is still latest's."""
        self.exited(0)
        self.leaves("team/app", "latest", "new")
        self.pulls("team/app", "latest", "new")
        self.lacks("team/app", self.digest("team/app:lone"))
        sent = self.proxy.answers("DELETE", "manifests/old$")
        self.assertEqual(sent, ["202 DELETE /v2/team/app/manifests/old"])
        self.assertEqual(self.proxy.count("DELETE", self.digest("team/app:latest")), 0)

    def status_of(self, tag):
        (row,) = [row for row in self.report()["tags"] if row["tag"] == tag]
        return row["status"]

    @case("a tag that shares its image with a kept one goes alone")
    def test_shared(self):
        self.play("v3.1.1")
        self.clean()
        self.tag_goes_alone()
        self.matches("deleted team/app:old .*the tag only")
        self.assertEqual(self.status_of("old"), "deleted")

    @case("the same without a version: the Content-Type tells")
    def test_no_version(self):
        self.play(None)
        self.clean()
        self.tag_goes_alone()

    @case("a tag whose image a kept index lists goes alone")
    def test_child(self):
        self.push(
            [
                {"repository": "team/app", "tag": "child", "created": "-99d"},
                {
                    "repository": "team/app",
                    "tag": "index-release",
                    "kind": "index",
                    "children": ["team/app:child"],
                },
            ]
        )
        self.play("v3.1.1", changes={"cleanup": {"protected_patterns": ["release"]}})
        self.clean()
        self.exited(0)
        self.leaves("team/app", "index-release", "latest", "new")
        self.pulls("team/app", "index-release", "latest", "new")

    @case("two probes: first an absent digest, and an absent tag only after 404 MANIFEST_UNKNOWN")
    def test_probes(self):
        self.play("v3.1.1")
        self.clean()
        deletes = self.proxy.answers("DELETE", ".")
        self.assertRegex(deletes[0], "^404 .*/manifests/sha256:[0-9a-f]{64}$")
        self.assertRegex(deletes[1], "^404 .*/manifests/clean-registry-probe-[0-9a-f]{16}$")
        self.assertEqual(len(deletes), 4)
        # Nothing of that name is, or was, there.
        self.assertEqual(len({line.rpartition("/")[2] for line in deletes}), 4)

    @case("404 NAME_UNKNOWN for the digest: the tag is not probed, and no tag deleted by name")
    def test_name_unknown(self):
        self.play("v3.1.1")
        answer = {"code": 404, "error": "NAME_UNKNOWN"}
        self.rules({"match": {"method": "DELETE"}, "times": 1, "status": answer})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "latest", "new", "old")
        self.assertEqual(self.proxy.count("DELETE", "clean-registry-probe"), 0)

    @case("a dry run assumes 3.x, says so, and sends nothing but GETs")
    def test_dry_run(self):
        self.play("v3.1.1")
        before = tree(self.registry.store)
        self.clean("--dry-run")
        self.exited(0)
        self.matches(
            r"3\.1\.1.*assumed to delete single tags \(3\.x\)",
            "would delete team/app:old",
            "would delete team/app:lone",
        )
        methods = {record["method"] for record in self.proxy.records("request")}
        self.assertEqual(methods, {"GET"})
        self.assertEqual(tree(self.registry.store), before)

    @case(
        "a registry that looks like 3.x but refuses tag deletes: planned again, the shared image stays"
    )
    def test_looks_like_3(self):
        self.play(None, None)
        header = {"Content-Type": "application/json"}
        self.rules({"match": {"path": "/v2/$"}, "set_header": header})
        self.clean()
        self.exited(0)
        self.applied()
        self.matches("assumed to delete single tags", "planning again")
        self.leaves("team/app", "latest", "new", "old")
        self.pulls("team/app", "latest", "new", "old")
        self.assertEqual(self.status_of("old"), "kept")
        self.assertIn("shared_digest", self.tag("team/app", "old").split()[1].split(","))
        self.assertEqual(self.report()["summary"]["deleted"], 1)

    @case("a registry that looks like 2.x but deletes tags: planned again")
    def test_looks_like_2(self):
        self.play("v3.1.1")
        self.stub.answer("--version", out="registry github.com/docker/distribution v2.8.3\n")
        self.clean()
        self.matches("assumed to delete whole manifests only", "planning again")
        self.tag_goes_alone()

    @case(
        "deletion disabled on 3.0.0 and 3.1.0: nothing goes, exit 3, and a warning of what others can do"
    )
    def test_disabled(self):
        for version in ("v3.0.0", "3.1.0"):
            self.play(version, "no-delete")
            self.remember("team/app")
            self.clean()
            self.exited(3)
            self.matches("WARNING.*CVE-2026-41888", "delete: enabled: true")
            self.unchanged("team/app")
            # The probe of a tag would be refused by nobody there.
            self.assertEqual(self.proxy.count("DELETE", "."), 1)

    @case("deletion disabled on 3.1.1: nothing goes, exit 3, without that warning")
    def test_disabled_311(self):
        self.play("v3.1.1", "no-delete-3.1.1")
        self.remember("team/app")
        self.clean()
        self.exited(3)
        self.says("delete: enabled: true")
        self.keeps_quiet_of("CVE")
        self.unchanged("team/app")
        self.assertEqual(self.proxy.count("DELETE", "."), 1)

    @case("a tag that is moved directly before its own delete stays")
    def test_moved(self):
        self.play("v3.1.1")
        spec = self.folder / "spec"
        spec.write_text(json.dumps([{"repository": "team/app", "tag": "old", "created": "-1h"}]))
        # It is read for the inventory, at the look, and directly before.
        push = f"{ROOT}/tests/tools/images.py --url {self.registry.url} {spec}"
        self.one_request("GET", "manifests/old$", after=2, times=1, run=push)
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "latest", "new", "old")
        self.pulls("team/app", "latest", "new", "old")
        self.assertEqual(self.status_of("old"), "changed")

    @case("a tag that vanishes directly before its own delete is no failure")
    def test_vanishes(self):
        self.play("v3.1.1")
        self.one_request("GET", "manifests/old$", after=2, times=1, run=self.tag_vanishes())
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "latest", "new")
        self.pulls("team/app", "latest")

    @case("404 MANIFEST_UNKNOWN for a tag's own delete is done")
    def test_404(self):
        self.play("v3.1.1")
        self.one_request("DELETE", "manifests/old$", run=self.tag_vanishes())
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "latest", "new")

    @case("500 for a tag's own delete: failed if it stays, done if it is gone")
    def test_500(self):
        self.play("v3.1.1")
        own = {"match": {"method": "DELETE", "path": "manifests/old$"}}
        self.rules({**own, "status": 500})
        self.clean()
        self.exited(1)
        self.assertEqual(self.proxy.applied(0), 1)
        self.matches("team/app: tag old: .*500")
        self.leaves("team/app", "latest", "new", "old")
        self.rules({**own, "continue": True, "run": self.tag_vanishes()}, {**own, "status": 500})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "latest", "new")
        self.pulls("team/app", "latest", "new")

    @case("202 with errors for a manifest, as 3.x answers when a tag could not be untagged")
    def test_errors_in_body(self):
        self.play("v3.1.1")
        answer = {"code": 202, "body": {"errors": [{"code": "UNKNOWN"}]}}
        self.one_request("DELETE", self.digest("team/app:lone"), status=answer)
        self.clean()
        self.exited(1)
        self.applied()
        self.has("team/app", "lone")
        self.assertEqual(self.status_of("lone"), "failed")

    @case("a list in pages of 3.x is read whole")
    def test_pages(self):
        self.play("v3.1.1")
        self.rules({"match": {"path": "tags/list"}, "page": 1})
        self.clean()
        self.applied()
        self.tag_goes_alone()
