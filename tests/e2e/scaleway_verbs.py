"""Scaleway's registry, and all that is asked of it but a run: check, why, plan, hold, runs, history, metrics, the page,
several registries, watch."""

import email.policy
import json
import re
import signal

from lab import World, case, program, wait_for
from lab.scaleway import SECRET, error
from lab.scaleway_world import ScalewayWorld

METRICS = program.ROOT / "docs" / "metrics.md"
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


class Looks(Verbs):
    TAGS = {
        **TAGS,
        "team/lib": {
            "x": {"digest": "sha256:" + 64 * "1"},
            "y": {"digest": "sha256:" + 64 * "1", "created": "-2d"},
            "undated": {"created": None, "updated": None},
        },
    }
    CONFIG = {"cleanup": {"delete_empty_namespaces": True}}

    @case("why tells when a tag was pushed, what shares its digest, and what of it is not ready")
    def test_why(self):
        self.verb(0, "why", "team/app:old")
        self.assertRegex(self.output, r"\npushed +\d{4}-\d\d-\d\dT.* \(90 days ago\)\n")
        self.assertIn("decision   delete (old: pushed ", self.output)
        self.assertNotIn("created", self.output)
        self.verb(0, "why", "team/lib:x")
        self.assertIn("y has the same digest, and stays (recent: pushed ", self.output)
        self.verb(0, "why", "team/lib:undated")
        self.assertIn("pushed     not known\n", self.output)
        self.assertIn("decision   keep (unknown_age)", self.output)
        self.assertNotIn("status", self.output)
        self.stand.entry("image", "team/app")["status"] = "locked"
        self.verb(0, "why", "team/app:old")
        self.assertIn("not_ready)", self.output)
        self.assertIn("status     the image is locked, says the registry\n", self.output)
        self.verb(1, "why", "team/app:none")
        self.assertIn("the repository 'team/app' has no tag 'none'", self.errors)
        self.only_looked()

    @case("why does not say of a tag that it is not there if the list of tags could not be read")
    def test_why_unread(self):
        self.stand.answers(error(500, message="no"), kind="tag")
        self.verb(1, "why", "team/app:old")
        self.assertIn("whether the repository 'team/app' has old is not known", self.errors)
        self.assertNotIn("has no tag", self.errors)

    @case("plan shows tags and days of pushes, no sizes; apply carries out what was looked at")
    def test_plan(self):
        path = self.program_folder / "plan"
        self.verb(0, "plan", "--output", path)
        self.assertRegex(self.lines()[0], r"^REPOSITORY +TAGS  DELETE    KEEP  OLDEST      NEWEST$")
        self.assertRegex(self.output, r"\nteam/app +3       2       1  \d{4}-\d\d-\d\d  \d{4}")
        self.assertIn("Empty namespaces are no part of a plan", self.output)
        self.only_looked()
        self.stand.add_tag("team/app", "later", created="-70d")
        self.verb(0, "apply", path)
        self.assertIn("plan: 2 deletions, 2 still apply", self.output)
        self.has(**{"team/app": "later new", "team/lib": "undated x y"})

    @case("a plan of one region is refused in another")
    def test_other_region(self):
        path = self.program_folder / "plan"
        self.verb(0, "plan", "--output", path)
        other = self.start_stand(region="nl-ams")
        self.configure({"registry": {"region": "nl-ams"}}, url=other.url)
        self.verb(2, "apply", path)
        self.assertIn("the plan is for another registry", self.errors)
        self.assertEqual(other.asked("DELETE"), [])

    @case("--namespace may name one without images, which is there; one that is not is an error")
    def test_empty_namespace(self):
        self.stand.add_namespace("bare")
        self.verb(0, "run", "--namespace", "bare")
        self.assertEqual(self.stand.namespaces(), ["team"])
        self.has(**{"team/app": "new old older"})
        self.verb(1, "run", "--namespace", "bare")
        self.assertIn("--namespace: the registry has no repository below 'bare/'", self.errors)

    @case("a hold keeps the tag in a run; the others go")
    def test_held(self):
        self.verb(0, "hold", "team/app:old")
        self.verb(0, "run")
        self.assertIn("1 held", self.output)
        self.has(**{"team/app": "new old"})

    @case("runs and history know what a run deleted, and claim no space")
    def test_runs(self):
        self.verb(0, "run")
        self.verb(0, "runs", "--json")
        [run] = json.loads(self.output)["runs"]
        self.assertEqual((run["tags_deleted"], run["freed_bytes"]), (2, None))
        self.assertIsNone(run["manifests_deleted"])
        self.assertEqual(run["restorable"], "never")
        self.verb(0, "runs")
        self.assertRegex(self.lines()[1], r" 2 +- +no: Scaleway's registry takes nothing back$")
        self.verb(0, "history", "--json")
        [entry] = json.loads(self.output)["runs"]
        self.assertEqual((entry["tags_deleted"], entry["tags_kept"]), (2, 4))
        for key in ("freed_bytes", "freed_blobs", "storage_bytes", "image_bytes", "garbage_bytes"):
            self.assertIsNone(entry[key], key)
        self.assertIsNone(entry["manifests_deleted"])
        self.verb(0, "history")
        self.assertRegex(self.lines()[1], r" run +done +2 +4 +- +- ")

    @case("names for the completion of shells are those of this registry")
    def test_names(self):
        self.verb(0, "run")
        self.run_program("complete", "tags", "team/app:", self.config)
        self.assertEqual(self.lines(), ["team/app:new"])
        self.run_program("complete", "namespaces", "", self.config)
        self.assertEqual(self.lines(), ["team"])


class Told(Verbs):
    """Those who are told of a run: by a page, metrics, a webhook's text."""

    CONFIG = {"cleanup": {"delete_empty_namespaces": True}}

    def setUp(self):
        super().setUp()
        self.page = self.program_folder / "page.html"
        self.metrics = self.program_folder / "metrics.prom"
        mail = self.program_folder / "mail"
        self.mail = mail
        script = self.program_folder / "send"
        script.write_text(f"#!/bin/sh\ncat >'{mail}'\n")
        script.chmod(0o700)
        told = {"type": "mail", "command": [str(script)], "on": "always"}
        told |= {"from": "cleaner@registry.example", "to": ["ops@example.org"]}
        self.change_config(
            {
                "report": {"html_file": str(self.page), "metrics_file": str(self.metrics)},
                "notify": [told],
            }
        )

    def text(self):
        """What people read of the mail first: its subject and its text."""
        mail = email.message_from_bytes(self.mail.read_bytes(), policy=email.policy.default)
        return f"{mail['subject']}\n{mail.get_body().get_content()}"

    def shown(self):
        """The page without its style."""
        page = self.page.read_text()
        return page[: page.index("<style>")] + page[page.index("</style>") :]

    def sample(self, name):
        found = re.findall(
            rf"^clean_registry_{name}{{[^}}]*}} (\S+)$", self.metrics.read_text(), re.M
        )
        return int(found[0]) if found else None

    def says_no_size(self):
        for word in ("Held alone", "MiB</", "&nbsp;B", 'id="space"', 'id="growth"', "freed"):
            self.assertNotIn(word, self.shown())
        self.assertNotIn("_bytes", self.metrics.read_text())
        self.assertNotIn("freed", self.text())
        for path in (self.page, self.metrics, self.mail):
            self.assertNotIn(SECRET, path.read_text())

    @case(
        "what went, and namespaces that went, are in the page, the metrics and the text; no size is"
    )
    def test_done(self):
        self.stand.add_namespace("bare")
        self.verb(0, "run")
        self.assertEqual(self.stand.namespaces(), ["team"])
        self.says_no_size()
        page = self.shown()
        self.assertIn("2 tags and 1 empty namespace were deleted.", page)
        self.assertIn("<li><bdi>bare</bdi>: deleted</li>", page)
        self.assertIn('<th scope="col">Pushed</th>', page)
        self.assertIn("/registry/v1/regions/fr-par", page)
        self.command("promtool", "check", "metrics", stdin=self.metrics.read_text())
        self.exited(0)
        self.assertEqual(self.output, "")
        self.assertIn('/registry/v1/regions/fr-par"', self.metrics.read_text())
        told = set(re.findall(r"^\| `(clean_registry_\w+)` \|", METRICS.read_text(), re.M))
        written = set(re.findall(r"^# TYPE (\S+)", self.metrics.read_text(), re.M))
        self.assertEqual(written - told, set())
        self.assertEqual(
            {name for name in told if "_namespaces_" in name},
            {name for name in written if "_namespaces_" in name},
        )
        self.assertEqual(self.sample("last_run_namespaces_deleted"), 1)
        self.assertIsNone(self.sample("manifests_deleted_total"))
        self.assertIn("2 tags deleted, 1 empty namespace deleted", self.text())
        self.verb(0, "run")
        self.assertEqual(self.sample("last_run_namespaces_deleted"), 0)
        self.assertEqual(self.sample("namespaces_deleted_total"), 1)
        self.assertEqual(self.sample("tags_deleted_total"), 2)
        self.assertIn("Nothing was deleted.", self.shown())

    @case("a namespace that could not be deleted is told as such")
    def test_failed(self):
        self.stand.add_namespace("bare")
        self.stand.rules.append(
            lambda request: error(403, "permissions_denied", message="<no>")
            if (request.method, request.kind) == ("DELETE", "namespace")
            else None
        )
        self.verb(1, "run")
        self.says_no_size()
        self.assertIn("<li><bdi>bare</bdi>: could not be deleted: <bdi>", self.shown())
        self.assertNotIn("<no>", self.shown())
        self.assertEqual(self.sample("last_run_namespaces_failed"), 1)
        self.assertEqual(self.sample("last_run_namespaces_deleted"), 0)

    @case("a run that did not get in touch claims no size either")
    def test_early(self):
        self.change_config({"registry": {"secret_key": SECRET.replace("1", "7")}})
        self.verb(3, "run")
        self.says_no_size()
        self.assertIsNone(self.sample("last_run_freed_bytes"))

    @case("a dry run's page tells what would go")
    def test_dry(self):
        self.stand.add_namespace("bare")
        self.verb(0, "run", "--dry-run", "--html", self.page)
        self.assertIn("A run would delete 2 tags and 1 empty namespace.", self.shown())
        self.assertIn("<li><bdi>bare</bdi>: would be deleted</li>", self.shown())
        self.only_looked()


class Several(Verbs):
    """A folder with a registry of the v2 API and two regions of Scaleway's."""

    def setUp(self):
        super().setUp()
        self.configs = self.folder / "registries"
        self.configs.mkdir(0o755)
        self.other = self.start_stand(region="nl-ams")
        self.other.add_tag("team/app", "old")
        for name, stand in (("paris", self.stand), ("amsterdam", self.other)):
            self.config = self.configs / f"{name}.json"
            self.configure({"registry": {"region": stand.region}}, url=stand.url)
        self.use(self.start_registry())
        self.push(
            [
                {"repository": "app", "tag": "old", "created": "-90d"},
                {"repository": "app", "tag": "new", "created": "-1d"},
            ]
        )
        self.config = self.configs / "own.json"
        World.configure(self)

    @case("all are cleaned at the same time, each by its own rules; two of one region are refused")
    def test_parallel(self):
        self.run_program("--config", self.configs, "--parallel", "3")
        self.exited(0)
        self.assertEqual((self.stand.tags("team/app"), self.other.tags("team/app")), (["new"], []))
        self.assertEqual(self.registry.tags("app"), ["new"])
        self.assertEqual(len(list(self.state.iterdir())), 3)
        self.assertNotIn(SECRET, self.output)
        self.run_program("check", "--config", self.configs)
        self.exited(0)
        self.config = self.configs / "again.json"
        self.configure({"registry": {"namespace": "team"}})
        self.run_program("--config", self.configs)
        self.exited(2)
        self.says("again.json and paris.json are for the same registry (registry.url)")


class Watch(Verbs):
    @case("watch runs when it is due")
    def test_watch(self):
        self.change_config({"watch": {"every_hours": 0.0003}})
        words = [self.PROGRAM, "watch", "--config", self.config]
        watching = self.begin_command(*words, name="watch", env={})
        wait_for(lambda: self.stand.tags("team/app") == ["new"] or not watching.lives())
        wait_for(lambda: "all rules ended" in watching.output() or not watching.lives())
        watching.kill(signal.SIGTERM)
        self.finish(watching)
        self.exited(0)
        self.assertEqual(self.stand.tags("team/app"), ["new"])
        self.assertRegex(self.output, r"run of all rules ended after .* exit code 0")
        self.assertNotIn(SECRET, self.output)
