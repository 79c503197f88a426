"""Scaleway's registry, and all that is asked of it but a run: check, why, plan, hold, runs, history, metrics, the page,
several registries, watch."""

import json

from lab import case
from lab.scaleway import SECRET, error
from lab.scaleway_world import ScalewayWorld

TAGS = {"team/app": {"old": {}, "older": {"created": "-200d"}, "new": {"created": "-1d"}}}


class Verbs(ScalewayWorld):
    TAGS = TAGS

    def verb(self, code, *words, env=None):
        """Runs a verb, which must exit with that code; its standard error is kept apart."""
        self.run_program(*words, "--config", self.config, env=env, apart=True)
        self.exited(code)

    def only_looked(self):
        """All that was sent were GETs, and the key is told nowhere."""
        self.assertEqual({request.method for request in self.stand.requests}, {"GET"})
        self.assertNotIn(SECRET, self.output + self.errors)


class Holds(Verbs):
    @case("a tag that is there is held; one that is not is refused, with the nearest name")
    def test_hold(self):
        self.verb(0, "hold", "team/app:old", "--reason", "why not")
        self.assertRegex(self.output, r"^team/app:old is held by .* until released: why not\n$")
        self.assertNotIn("WARNING] whether", self.errors)
        self.verb(2, "hold", "team/app:odl")
        self.assertIn(
            "the registry has no 'team/app:odl'; did you mean the tag 'old'?", self.errors
        )
        for name in ("team/ap:old", "tem/app:old", "app:old"):
            self.verb(2, "hold", name)
            self.assertIn(f"the registry has no '{name}'; --force", self.errors)
        self.verb(0, "hold", "team/other:x", "--force")
        self.verb(0, "holds", "--json")
        states = {h["repository"]: h["state"] for h in json.loads(self.output)["holds"]}
        self.assertEqual(states, {"team/app": "there", "team/other": "absent"})
        self.only_looked()
        self.verb(0, "release", "team/app:old")

    @case("the registry's own host may stand before the name")
    def test_host(self):
        self.verb(0, "hold", f"rg.{self.stand.region}.scw.cloud/team/app:old")
        self.assertIn("team/app:old is held", self.output)

    @case("a digest is held if a tag has it: of others nothing is known")
    def test_digest(self):
        digest = self.stand.entry("tag", "team/app:old")["digest"]
        self.verb(0, "hold", f"team/app@{digest}")
        self.verb(2, "hold", "team/app@sha256:" + 64 * "0")
        self.assertIn("no tag has this digest, and of what else there is", self.errors)

    @case("what is being deleted, and what is not told, is held and warned of")
    def test_unknown(self):
        self.stand.entry("tag", "team/app:old")["status"] = "deleting"
        self.verb(0, "hold", "team/app:old")
        self.assertIn(
            "whether the registry has team/app:old is not known: it is being deleted", self.errors
        )
        self.stand.rules.append(lambda request: error(403, "permissions_denied"))
        self.verb(0, "hold", "team/app:new")
        self.assertIn(
            "whether the registry has team/app:new is not known: page 1: 403", self.errors
        )
        self.verb(1, "holds")
        self.assertIn("not known", self.output)

    @case("however many are held of an image, its tags are listed once")
    def test_few_questions(self):
        for tag in ("old", "older", "new"):
            self.verb(0, "hold", f"team/app:{tag}")
        self.stand.requests.clear()
        self.verb(0, "holds")
        self.assertEqual(self.output.count(" there "), 3)
        kinds = [request.kind for request in self.stand.requests]
        self.assertEqual(sorted(kinds), ["image", "namespace", "tag"])
