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


class Check(Verbs):
    def asks(self, code, *options):
        """Runs the verb; what it answers, by name, is self.answers."""
        self.verb(code, "check", "--json", *options)
        document = json.loads(self.output)
        self.assertEqual(document["exit_code"], code)
        self.answers = {line["name"]: line for line in document["checks"]}
        self.assertEqual(len(self.answers), len(document["checks"]))
        self.assertFalse(self.state.exists())
        if self.stand.requests:
            self.only_looked()

    def verdict(self, name, verdict, text=""):
        self.assertEqual(self.answers[name]["verdict"], verdict, self.answers[name])
        self.assertIn(text, self.answers[name]["text"])

    def mends(self, name, *texts):
        """That line alone is a trouble, and says these texts."""
        self.asks(1)
        troubles = [line for line in self.answers.values() if line["verdict"] == "trouble"]
        self.assertEqual([line["name"] for line in troubles], [name])
        for text in texts:
            self.assertIn(text, troubles[0]["text"])

    @case("all is well: exit 0, a list of its own questions, nothing of containers or storages")
    def test_all_well(self):
        self.stand.add_namespace("empty")
        self.asks(0, "--report", self.report_path)
        self.assertEqual(
            list(self.answers),
            "configuration permissions lists state log report notify other_run leftovers free_space "
            "registry login clock contents scope unreadable right_to_delete".split(),
        )
        self.verdict("registry", "ok", "/registry/v1/regions/fr-par")
        self.verdict("login", "ok", "with the key of registry.secret_key")
        self.verdict("clock", "ok", " apart")
        self.verdict("contents", "ok", "3 tags in 1 repository, read from the API")
        self.verdict("scope", "ok", "1 image in 2 namespaces of region fr-par")
        self.verdict("right_to_delete", "not_asked", "only a DELETE would tell")
        self.verdict("report", "ok", str(self.report_path))
        self.verb(0, "check")
        self.assertRegex(self.lines()[-1], r"^\d+ ok, 0 to mend, \d+ not asked$")

    @case("what is looked at is told: a namespace, an image")
    def test_scope(self):
        self.stand.add_image("other/app")
        self.change_config({"registry": {"namespace": "team"}})
        self.asks(0)
        self.verdict("scope", "ok", "1 image in 1 namespace of region fr-par, which is registry")
        self.change_config({"registry": {"image": "app"}})
        self.asks(0)
        self.verdict("scope", "ok", "team/app in region fr-par, and nothing else")

    @case(
        "a key that is wrong, or may not list; another region; a namespace and an image of no such name"
    )
    def test_troubles(self):
        self.change_config({"registry": {"secret_key": SECRET.replace("1", "7")}})
        self.mends("login", "refuses the key", "401 denied_authentication")
        self.assertEqual(
            self.answers["contents"]["text"], "not asked: the registry refuses the login"
        )
        self.change_config({"registry": {"secret_key": SECRET, "region": "nl-ams"}})
        self.mends("registry", "is registry.region right?")
        self.change_config({"registry": {"region": "fr-par", "namespace": "tema"}})
        self.mends("contents", "registry.namespace: there is no namespace 'tema' in region fr-par")
        self.change_config({"registry": {"namespace": "team", "image": "ap"}})
        self.mends("contents", "registry.image: there is no image 'ap'")
        self.change_config({"registry": {"namespace": "", "image": ""}})
        details = [{"resource": "registry", "action": "list"}]
        self.stand.rules.append(
            lambda request: error(403, "permissions_denied", details=details)
            if request.kind == "image"
            else None
        )
        self.mends("contents", "403 permissions_denied", "registry")

    @case("nobody answers; a clock that is wrong; a list of tags that is not whole")
    def test_more_troubles(self):
        self.stand.rules.append(
            lambda request: error(500, message="no") if request.kind == "tag" else None
        )
        self.mends("unreadable", "nothing is deleted in 1 repository")
        self.stand.stop()
        self.mends("registry", "refused")

    @case("a configuration at fault: exit 2, and nothing was asked")
    def test_configuration(self):
        self.change_config({"paths": {"host_storage": "/s"}})
        self.asks(2)
        self.verdict("configuration", "trouble", "paths.host_storage")
        self.assertEqual(self.stand.requests, [])
