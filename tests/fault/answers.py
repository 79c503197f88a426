"""Manifests and configs that cannot be read, dated or believed: what is unknown stays (S2, S5)."""

import json
import re
import shutil

from v2client import OCI_MANIFEST

from lab import FaultWorld, case


class Answers(FaultWorld):
    IMAGES = [
        {"repository": "team/app", "tag": "old", "created": "-90d"},
        {"repository": "team/app", "tag": "older", "created": "-200d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
        {
            "repository": "team/app",
            "tag": "multi",
            "kind": "index",
            "created": "-100d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "other", "tag": "old", "created": "-80d"},
        {"repository": "other", "tag": "new", "created": "-2d"},
    ]

    def setUp(self):
        super().setUp()
        self.remember("team/app")
        self.child = self.digest("team/app:multi/linux/arm64")

    def spoiled(self, what, actions, *patterns):
        """The actions on every GET of `what` (a tag or digest) of team/app spare that repository."""
        match = {"method": "GET", "path": f"/v2/team/app/manifests/{what}$"}
        self.rules(*({"match": match, "continue": True, **action} for action in actions))
        self.clean()
        self.spared(*patterns)
        self.no_delete("team/app")

    def all_cleaned(self):
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    def revision(self, digest):
        """The folder of a manifest's link in team/app."""
        return self.registry.manifests("team/app") / "revisions/sha256" / digest[7:]

    def manifest(self, tag):
        """What a tag of team/app leads to."""
        headers = {"Accept": OCI_MANIFEST}
        _, _, body = self.registry.request("GET", f"/v2/team/app/manifests/{tag}", None, headers)
        return json.loads(body)

    @case("without a fault all of it is cleaned: what the other tests spare would have gone")
    def test_no_fault(self):
        self.rules({"match": {"path": "manifests/old$"}, "delay": 0.01})
        self.clean()
        self.all_cleaned()
        self.lacks("team/app", self.child)

    @case("a manifest that is cut spares the repository")
    def test_cut(self):
        self.spoiled("old", [{"cut": 50}], "tag old: ")

    @case("a manifest whose connection is dropped spares the repository")
    def test_drop(self):
        self.spoiled("new", [{"drop": True}], "tag new: ")

    @case("a manifest that ends early as HTTP is whole spares the repository")
    def test_truncated(self):
        self.spoiled("old", [{"truncate_json": True}], "tag old: ")

    @case("a manifest with one wrong bit spares the repository")
    def test_corrupt(self):
        self.spoiled("old", [{"corrupt": True}], "tag old: ")

    @case("a manifest with one wrong bit in a digest is still JSON, but not its own")
    def test_corrupt_digest(self):
        manifest = self.manifest("new")
        digest = manifest["config"]["digest"]
        manifest["config"]["digest"] = re.sub("[0-9a-f]$", "0", digest)
        manifest.setdefault("annotations", {})["x"] = "y"
        path = self.folder / "body"
        path.write_text(json.dumps(manifest, separators=(",", ":")))
        body = {"file": str(path)}
        self.spoiled("new", [{"replace_body": body}], "tag new: .*does not match its digest")

    @case("a Docker-Content-Digest of something else spares the repository")
    def test_digest_of_something_else(self):
        header = {"Docker-Content-Digest": self.digest("team/app:new")}
        self.spoiled("old", [{"set_header": header}], "tag old: .*does not match")

    @case("a Docker-Content-Digest that is none spares the repository")
    def test_digest_that_is_none(self):
        header = {"Docker-Content-Digest": "sha256:../../x"}
        self.spoiled("old", [{"set_header": header}], "tag old: .*digest")

    @case("a child that answers with another digest than was asked for spares the repository")
    def test_digest_of_child(self):
        header = {"Docker-Content-Digest": self.digest("team/app:new")}
        self.spoiled(self.child, [{"set_header": header}], "manifest sha256:.*digest")

    @case("without Docker-Content-Digest, as some proxies leave it, the body's own digest counts")
    def test_no_digest(self):
        match = {"method": "GET", "path": "manifests/"}
        self.rules({"match": match, "set_header": {"Docker-Content-Digest": None}})
        self.clean()
        self.all_cleaned()

    @case("a page of HTML with status 200 spares the repository")
    def test_html(self):
        header = {"Content-Type": "text/html", "Docker-Content-Digest": None}
        self.spoiled(
            "old",
            [{"replace_body": "<html>sign in</html>"}, {"set_header": header}],
            "tag old: ",
        )

    @case("a body without an end spares the repository")
    def test_endless(self):
        path = self.folder / "huge"
        path.write_bytes(b" " * 9000000)
        self.spoiled("old", [{"replace_body": {"file": str(path)}}], "tag old: .*too large")

    @case("304 to a question without a condition spares the repository")
    def test_304(self):
        self.spoiled("old", [{"status": 304}], "tag old: .*304")

    @case("404 in plain text for a tag is a proxy's, not the registry's word")
    def test_404(self):
        self.spoiled("old", [{"status": {"code": 404, "body": "not found\n"}}], "tag old: .*404")

    @case("404 in plain text for a kept tag spares the repository")
    def test_404_for_kept(self):
        answer = {"code": 404, "body": "<html>404</html>"}
        self.spoiled("new", [{"status": answer}], "tag new: .*404")

    @case("404 in plain text for an index spares the repository")
    def test_404_for_index(self):
        answer = {"code": 404, "body": "not found\n"}
        self.spoiled("multi", [{"status": answer}], "tag multi: .*404")

    @case("404 in plain text for a child spares the repository")
    def test_404_for_child(self):
        answer = {"code": 404, "body": "not found\n"}
        self.spoiled(self.child, [{"status": answer}], "manifest sha256:.*404")

    @case(
        "500 for a child is asked three times by scan, second opinion and verification, "
        "and spares the repository"
    )
    def test_500_for_child(self):
        self.spoiled(
            self.child,
            [{"status": 500}],
            f"manifest {self.child}: 500 .* after 3 attempts; nothing is deleted",
            f"team/app:multi could not be verified: manifest {self.child} could not be read",
            "4 tags verified whole",
        )
        self.assertEqual(self.proxy.applied(0), 9)

    @case("401, 403 and 400 for a single tag spare the repository")
    def test_refused(self):
        for code in (401, 403, 400):
            self.spoiled("old", [{"status": code}], f"tag old: .*{code}")

    @case("a tag that redirects elsewhere spares the repository, and is not followed")
    def test_redirect(self):
        sink = self.start_proxy("", body="")
        self.spoiled("old", [{"redirect": sink.url}], "tag old: .*307")
        self.assertEqual(sink.records("request"), [])

    @case("404 MANIFEST_UNKNOWN for a child is no failure: it is gone, and the index can go")
    def test_unknown_child(self):
        # Gone for the collector as well, or it would be that of another registry.
        shutil.rmtree(self.revision(self.child))
        answer = {"code": 404, "error": "MANIFEST_UNKNOWN"}
        self.rules({"match": {"path": f"manifests/{self.child}$"}, "status": answer})
        self.clean()
        self.all_cleaned()

    @case("404 MANIFEST_UNKNOWN for a tag keeps that tag, spares no other, and is told as damage")
    def test_unknown_tag(self):
        answer = {"code": 404, "error": "MANIFEST_UNKNOWN"}
        self.rules({"match": {"path": "team/app/manifests/older$"}, "status": answer})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches(
            r"\[ERROR\] team/app:older is damaged: its manifest is missing "
            r"\(it was so before this run\)$",
            "1 error, see above",
        )
        found = self.report()["verification"]
        counts = [found[key] for key in ("tags", "whole", "damaged", "unverified")]
        self.assertEqual(counts, [3, 2, 1, 0])
        self.leaves("team/app", "new", "older")
        self.pulls("team/app", "older")

    @case("a tag that answers 500 at the look before the delete spares the repository")
    def test_500_at_look(self):
        self.rules({"match": {"path": "team/app/manifests/new$"}, "after": 1, "status": 500})
        self.clean()
        self.spared("tag new: .*500")
        self.no_delete("team/app")

    @case("a config with one wrong bit spares the repository")
    def test_corrupt_config(self):
        self.rules({"match": {"path": "team/app/blobs/"}, "corrupt": True})
        self.clean()
        self.spared("config.*does not match|config.*digest")
        self.no_delete("team/app")

    @case("a config that cannot be had keeps what has it, and nothing else")
    def test_config(self):
        config = self.manifest("older")["config"]["digest"]
        for fault in (
            {"status": 500},
            {"cut": 20},
            {"status": {"code": 404, "body": "not found"}},
        ):
            self.push([{"repository": "team/app", "tag": "another", "created": "-90d"}])
            self.rules({"match": {"path": f"team/app/blobs/{config}"}, **fault})
            self.clean()
            self.exited(1)
            self.applied()
            self.matches("team/app: .*what has this config is kept")
            self.leaves("team/app", "new", "older")
            rows = [row for row in self.report()["tags"] if row["tag"] == "older"]
            self.assertEqual([row["reasons"][0] for row in rows], ["unknown_age"])
        self.pulls("team/app", "new", "older")

    @case("a tag whose link is empty, as a full disk leaves it, spares the repository")
    def test_empty_link(self):
        link = self.registry.manifests("team/app") / "tags/older/current/link"
        link.write_text("")
        self.remember("team/app")
        self.clean()
        self.exited(1)
        self.unchanged("team/app")
        self.matches("team/app: tag older: 500")
        self.leaves("other", "new")
        self.no_delete("team/app")

    @case(
        "an empty link of a revision that no tag reaches spares the repository; the collector tells it"
    )
    def test_empty_revision(self):
        self.push([{"repository": "team/app", "id": "lost", "created": "-90d"}])
        link = self.revision(self.digest("lost")) / "link"
        link.write_text("")
        self.remember("team/app")
        self.clean()
        self.exited(4)
        self.unchanged("team/app")
        below = str(link).rpartition("/_manifests")[2]
        self.matches(
            "team/app: .*nothing is deleted in this repository",
            f"remove or restore .*{below}",
            "ERROR.*nothing is deleted: ",
        )
        self.leaves("other", "new", "old")
        self.no_delete("team/app")
        # Once it is repaired the next run does the rest.
        link.write_text(self.digest("lost"))
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    @case("an index that no tag reaches and whose body is not its digest's spares the repository")
    def test_corrupt_index(self):
        self.push(
            [
                {"repository": "team/app", "id": "one", "created": "-90d"},
                {"repository": "team/app", "id": "lost", "kind": "index", "children": ["one"]},
            ]
        )
        file = self.registry.blob(self.digest("lost"))
        body = re.sub('"schemaVersion": *2', r'\g<0>,"x":1', file.read_text())
        self.assertIn('"x":1', body)
        file.write_text(body)
        self.remember("team/app")
        self.clean()
        self.exited(1)
        self.unchanged("team/app")
        self.matches("team/app: revision sha256:.*does not match its digest")
        self.leaves("other", "new")
        self.no_delete("team/app")
