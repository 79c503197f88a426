"""Coming from Scaleway Registry Purge: each of its usage examples, and what remains after it. On Scaleway's
registry as they are written, by scripts/scaleway-registry-purge; on a registry of one's own its variables become
keys, its namespaces and images become namespaces and repositories."""

import json
import shlex

from lab import World, case
from lab.program import ROOT
from lab.scaleway import SECRET, error
from lab.scaleway_world import ScalewayWorld

# What there is before a run.
ALL = {
    "team/my-app": "dev-v1.0.0 latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0",
    "team/web": "test-7",
    "old-project/app": "2-temp test-1",
    "old-projects/app": "test-1",
}


class FromScalewayRegistryPurge(World):
    REGISTRY = {"auth": "SCWXXXXXXXXXXXXXXXXX:scw-secret"}
    CONFIG = None
    # Three months are 90 days. In team/web all is old.
    KEPT = [
        {"repository": "team/my-app", "tag": "latest", "created": "-91d"},
        {"repository": "team/my-app", "tag": "v1.0.0", "created": "-91d"},
        {"repository": "team/my-app", "tag": "v1.1.0", "created": "-89d"},
        {"repository": "team/my-app", "tag": "dev-v1.0.0", "created": "-1d"},
        {"repository": "team/my-app", "tag": "my-dev-1", "created": "-1d"},
        {"repository": "team/my-app", "tag": "v1-temp", "created": "-1d"},
        {"repository": "team/my-app", "tag": "v1-temp-2", "created": "-1d"},
        {"repository": "team/web", "tag": "test-7", "created": "-200d"},
        {"repository": "old-project/app", "tag": "test-1", "created": "-200d"},
        {"repository": "old-project/app", "tag": "2-temp", "created": "-100d"},
        {"repository": "old-projects/app", "tag": "test-1", "created": "-200d"},
    ]

    def setUp(self):
        super().setUp()
        self.env |= {"SCW_ACCESS_KEY": "SCWXXXXXXXXXXXXXXXXX", "SCW_SECRET_KEY": "scw-secret"}

    def example(self, **cleanup):
        """The configuration with that in its section cleanup. That tool knows no protected tag, and
        collects nothing."""
        base = {"days_to_keep": None, "protected_tags": [], "empty_repository_hours": 0}
        login = {"user": "__ENV: SCW_ACCESS_KEY", "password": "__ENV: SCW_SECRET_KEY"}
        self.configure({"gc": {"when": "never"}, "registry": login, "cleanup": base | cleanup})

    @case("delete only old tags")
    def test_old(self):
        self.example(days_to_keep=90)
        self.exits(0)
        self.remains(
            {
                "team/my-app": "dev-v1.0.0 my-dev-1 v1-temp v1-temp-2 v1.1.0",
                "team/web": "",
                "old-project/app": "",
                "old-projects/app": "",
            }
        )

    @case("delete only tags matching a pattern")
    def test_pattern(self):
        self.example(days_to_keep=90, delete_old_tags=False, tag_name_pattern="^(dev|test)-.*")
        self.exits(0)
        self.remains(
            {
                "team/my-app": "latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0",
                "team/web": "",
                "old-project/app": "2-temp",
                "old-projects/app": "",
            }
        )
        self.assertEqual(self.tag("team/my-app", "dev-v1.0.0"), "deleted name_match")

    @case("delete both old tags and tags matching a pattern, with the reasons in the report")
    def test_both(self):
        self.example(days_to_keep=90, delete_old_tags=True, tag_name_pattern=".*-temp$")
        self.exits(0)
        self.remains(
            {
                "team/my-app": "dev-v1.0.0 my-dev-1 v1-temp-2 v1.1.0",
                "team/web": "",
                "old-project/app": "",
                "old-projects/app": "",
            }
        )
        self.assertEqual(self.tag("old-project/app", "2-temp"), "deleted old,name_match")
        self.assertEqual(self.tag("team/my-app", "v1.0.0"), "deleted old")
        self.assertEqual(self.tag("team/my-app", "v1-temp"), "deleted name_match")
        summary = self.report()["summary"]
        counts = [summary[key] for key in ("repositories", "tags", "deleted", "errors")]
        self.assertEqual(counts, [4, 11, 7, 0])
        self.assertEqual(
            [(rule["rule"], rule["selected"]) for rule in summary["rules"]],
            [("cleanup.days_to_keep 90", 6), ("cleanup.tag_name_pattern .*-temp$", 2)],
        )

    @case("delete old tags and clean up empty namespaces")
    def test_old_and_empty(self):
        self.example(days_to_keep=90, delete_empty_repositories=True)
        self.exits(0)
        self.remains({"team/my-app": "dev-v1.0.0 my-dev-1 v1-temp v1-temp-2 v1.1.0"})
        removed = sorted(self.report()["repositories_removed"])
        self.assertEqual(removed, ["old-project/app", "old-projects/app", "team/web"])

    @case("complete cleanup: tags by pattern and empty namespaces")
    def test_pattern_and_empty(self):
        self.example(
            delete_old_tags=False,
            tag_name_pattern="^(dev|test)-.*",
            delete_empty_repositories=True,
        )
        self.exits(0)
        self.remains(
            {
                "team/my-app": "latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0",
                "old-project/app": "2-temp",
            }
        )

    @case("target a specific namespace only")
    def test_namespace(self):
        self.example(days_to_keep=90, tag_name_pattern=".*-temp$")
        self.exits(0, "--namespace", "old-project")
        self.remains(ALL | {"old-project/app": ""})

    @case("clean up only a specific namespace, including its deletion when it is empty")
    def test_namespace_and_empty(self):
        self.example(days_to_keep=90)
        self.exits(0, "--repository", "team/web")
        self.example(days_to_keep=90, delete_empty_repositories=True)
        self.exits(0, "--namespace", "old-project")
        left = {"team/my-app": ALL["team/my-app"], "old-projects/app": "test-1"}
        self.remains(left | {"team/web": ""})

    @case("target a specific image only; it takes precedence over the namespace")
    def test_image(self):
        self.example(days_to_keep=90, tag_name_pattern=".*-temp$")
        self.exits(0, "--namespace", "old-project", "--repository", "team/my-app")
        self.remains(ALL | {"team/my-app": "dev-v1.0.0 my-dev-1 v1-temp-2 v1.1.0"})

    @case("target a specific image with name pattern matching")
    def test_image_and_pattern(self):
        self.example(delete_old_tags=False, tag_name_pattern="^(dev|test)-.*")
        self.exits(0, "--repository", "team/my-app")
        self.remains(ALL | {"team/my-app": "latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0"})

    @case("disable all deletion")
    def test_disabled(self):
        self.example(delete_old_tags=False)
        self.exits(0)
        self.says("no other rule says what is to be deleted: nothing will be")
        self.remains(ALL)

    @case("deployed with everything in variables")
    def test_variables(self):
        self.example(protected_tags=None, empty_repository_hours=None)
        cleanup = {
            "DAYS_TO_KEEP": "90",
            "DELETE_OLD_TAGS": "true",
            "TAG_NAME_PATTERN": "^dev-.*",
            "DELETE_EMPTY_REPOSITORIES": "true",
            "PROTECTED_TAGS": "[]",
        }
        self.env |= {f"CLEAN_REGISTRY_CLEANUP_{key}": value for key, value in cleanup.items()}
        self.exits(0, "--namespace", "old-project", "--repository", "team/my-app")
        self.remains(ALL | {"team/my-app": "my-dev-1 v1-temp v1-temp-2 v1.1.0"})


NAMESPACE = "11111111-1111-1111-1111-111111111111"
IMAGE = "22222222-2222-2222-2222-222222222222"
SCRIPT = ROOT / "scripts/scaleway-registry-purge"
# Says what it was called with.
STUB = """#!/bin/sh
env | sed -n 's/^CLEAN_REGISTRY_//p; /^SCW_SECRET_KEY=/p' | sort
printf '%s\\n' "$@"
"""
# Tags of less than 90 days, and of more; each in a moment of its own.
AGES = {
    "team/my-app": {
        "latest": "-91d",
        "v1.0.0": "-91d",
        "v1.1.0": "-89d",
        "dev-v1.0.0": "-1d",
        "my-dev-1": "-1d",
        "v1-temp": "-1d",
        "v1-temp-2": "-1d",
    },
    "team/web": {"test-7": "-200d"},
    "old-project/app": {"test-1": "-200d", "2-temp": "-100d"},
    "old-projects/app": {"test-1": "-200d"},
}


class OnScaleway(ScalewayWorld):
    """The examples themselves. `unused` and `fresh` are namespaces without an image."""

    CONFIG = None

    def setUp(self):
        super().setUp()
        self.stand.add_namespace("old-project", number=NAMESPACE)
        self.stand.add_image("team/my-app", number=IMAGE)
        for image, tags in AGES.items():
            for tag, created in tags.items():
                self.stand.add_tag(image, tag, created=created)
        # A push again counts, not only the first one.
        self.stand.add_tag("team/web", "pushed-again", created="-300d", updated="-2d")
        self.stand.add_namespace("unused")
        self.stand.add_namespace("fresh", created="-1h")
        self.before = {
            kind: {number: dict(entry) for number, entry in entries.items()}
            for kind, entries in self.stand.objects.items()
        }
        self.env |= {
            "CLEAN_REGISTRY": self.PROGRAM,
            "CLEAN_REGISTRY_PATHS_STATE": self.state,
            "CLEAN_REGISTRY_REGISTRY_RETRY_SECONDS": 0,
            "SCW_ACCESS_KEY": "SCWXXXXXXXXXXXXXXXXX",
            "SCW_SECRET_KEY": SECRET,
            "SCW_API_URL": self.stand.url,
            "HOME": self.folder,
        }

    def purge(self, code, variables, *options):
        """Runs the script with such variables, as a shell reads them; returns the answer."""
        env = dict(word.split("=", 1) for word in shlex.split(variables))
        self.command(SCRIPT, *options, env=env, apart=True)
        self.exited(code)
        return json.loads(self.output)

    def deleted(self, tags, status="deleted"):
        """What is answered of these: {"image": {"tag": "reasons"}}."""
        entries = []
        for image, reasons in sorted(tags.items()):
            for tag, words in sorted(reasons.items()):
                number = self.number("tag", f"{image}:{tag}")
                entry = self.before["tag"][number]
                entries.append(
                    {
                        "tag_id": number,
                        "tag_name": tag,
                        "image_id": entry["image_id"],
                        "image_name": image.split("/")[1],
                        "namespace_name": image.split("/")[0],
                        "status": status,
                        "deletion_reasons": words.split(),
                        "created_at": entry["created_at"],
                        "updated_at": entry["updated_at"],
                    }
                )
        return entries

    def number(self, kind, name):
        """The id of what was there before the run."""
        objects, self.stand.objects = self.stand.objects, self.before
        try:
            return self.stand.find(kind, name)
        finally:
            self.stand.objects = objects

    def namespace(self, name, status="deleted"):
        return {
            "namespace_id": self.number("namespace", name),
            "namespace_name": name,
            "status": status,
            "type": "namespace",
            "reason": "empty_namespace",
        }

    def answers(self, answer, tags, spaces=(), images=4, analyzed=12, **criteria):
        """All of it, of a run in which nothing failed."""
        wanted = self.deleted(tags)
        used = {
            "delete_old_tags": True,
            "tag_name_pattern": None,
            "delete_unused_namespaces": False,
            "target_namespace_id": None,
            "target_image_id": None,
        }
        summary = {
            "total_images_analyzed": images,
            "total_tags_analyzed": analyzed,
            "total_tags_found": len(wanted),
            "successfully_deleted": len(wanted),
            "errors": 0,
            "namespaces_deleted": len(spaces),
            "namespace_errors": 0,
            "dry_run": False,
            "criteria_used": used | criteria,
        }
        message = wanted + [self.namespace(name) for name in spaces]
        expected = {"statusCode": 200, "body": {"message": message, "summary": summary}}
        self.assertEqual(answer, expected)
        self.assertEqual(self.errors, "")
        self.left(tags, spaces)

    def left(self, tags, spaces=()):
        """All is there but these."""
        for image, names in AGES.items():
            stays = set(names) - set(tags.get(image, {}))
            if image == "team/web":
                stays.add("pushed-again")
            self.assertEqual(self.stand.tags(image), sorted(stays), image)
        there = {"team", "old-project", "old-projects", "unused", "fresh"}
        self.assertEqual(self.stand.namespaces(), sorted(there - set(spaces)))
        self.assertEqual([r for r in self.stand.asked("DELETE") if "force" in r.query], [])
        self.assertEqual(self.stand.asked("DELETE", "image"), [])

    OLD = {
        "team/my-app": {"latest": "old", "v1.0.0": "old"},
        "team/web": {"test-7": "old"},
        "old-project/app": {"test-1": "old", "2-temp": "old"},
        "old-projects/app": {"test-1": "old"},
    }
    DEV = {
        "team/my-app": {"dev-v1.0.0": "name_match"},
        "team/web": {"test-7": "name_match"},
        "old-project/app": {"test-1": "name_match"},
        "old-projects/app": {"test-1": "name_match"},
    }

    @case("delete only old tags")
    def test_old(self):
        self.answers(self.purge(0, "REGION=fr-par DELETE_OLD_TAGS=true"), self.OLD)

    @case("that is the default")
    def test_default(self):
        self.answers(self.purge(0, "REGION=fr-par"), self.OLD)

    @case("delete only tags matching a pattern")
    def test_pattern(self):
        answer = self.purge(
            0, 'REGION=fr-par DELETE_OLD_TAGS=false TAG_NAME_PATTERN="^(dev|test)-.*"'
        )
        criteria = {"delete_old_tags": False, "tag_name_pattern": "^(dev|test)-.*"}
        self.answers(answer, self.DEV, **criteria)

    @case("delete both old tags and tags matching a pattern, with both reasons")
    def test_both(self):
        answer = self.purge(0, 'REGION=fr-par DELETE_OLD_TAGS=true TAG_NAME_PATTERN=".*-temp$"')
        tags = self.OLD | {
            "team/my-app": self.OLD["team/my-app"] | {"v1-temp": "name_match"},
            "old-project/app": {"test-1": "old", "2-temp": "old name_match"},
        }
        self.answers(answer, tags, tag_name_pattern=".*-temp$")

    @case("delete old tags and clean up empty namespaces; one that is not a day old stays")
    def test_old_and_empty(self):
        answer = self.purge(0, "REGION=fr-par DELETE_OLD_TAGS=true DELETE_UNUSED_NAMESPACE=true")
        self.answers(answer, self.OLD, ["unused"], delete_unused_namespaces=True)

    @case("complete cleanup: tags by pattern and empty namespaces")
    def test_pattern_and_empty(self):
        answer = self.purge(
            0,
            'REGION=fr-par DELETE_OLD_TAGS=false TAG_NAME_PATTERN="^(dev|test)-.*" '
            "DELETE_UNUSED_NAMESPACE=true",
        )
        criteria = {
            "delete_old_tags": False,
            "tag_name_pattern": "^(dev|test)-.*",
            "delete_unused_namespaces": True,
        }
        self.answers(answer, self.DEV, ["unused"], **criteria)

    @case("target a specific namespace only")
    def test_namespace(self):
        answer = self.purge(
            0,
            f"REGION=fr-par NAMESPACE_ID={NAMESPACE} DELETE_OLD_TAGS=true "
            'TAG_NAME_PATTERN=".*-temp$"',
        )
        tags = {"old-project/app": {"test-1": "old", "2-temp": "old name_match"}}
        criteria = {"tag_name_pattern": ".*-temp$", "target_namespace_id": NAMESPACE}
        self.answers(answer, tags, images=1, analyzed=2, **criteria)

    @case("clean up only a specific namespace, which is not empty: its image is still there")
    def test_namespace_and_empty(self):
        answer = self.purge(
            0,
            f"REGION=fr-par NAMESPACE_ID={NAMESPACE} DELETE_OLD_TAGS=true "
            "DELETE_UNUSED_NAMESPACE=true",
        )
        tags = {"old-project/app": self.OLD["old-project/app"]}
        criteria = {"delete_unused_namespaces": True, "target_namespace_id": NAMESPACE}
        self.answers(answer, tags, images=1, analyzed=2, **criteria)

    @case("clean up only a specific namespace, including its deletion as it is empty")
    def test_empty_namespace(self):
        self.stand.remove("image", self.stand.find("image", "old-project/app"))
        answer = self.purge(
            0,
            f"REGION=fr-par NAMESPACE_ID={NAMESPACE} DELETE_OLD_TAGS=true "
            "DELETE_UNUSED_NAMESPACE=true",
        )
        self.assertEqual(answer["body"]["message"], [self.namespace("old-project")])
        self.assertEqual(answer["body"]["summary"]["namespaces_deleted"], 1)
        self.assertEqual(self.stand.namespaces(), ["fresh", "old-projects", "team", "unused"])
        self.assertEqual(len(self.stand.asked("DELETE")), 1)

    @case("target a specific image only; it takes precedence over the namespace")
    def test_image(self):
        answer = self.purge(
            0,
            f"REGION=fr-par NAMESPACE_ID={NAMESPACE} IMAGE_ID={IMAGE} DELETE_OLD_TAGS=true "
            'TAG_NAME_PATTERN=".*-temp$"',
        )
        old = self.OLD["team/my-app"]
        criteria = {"tag_name_pattern": ".*-temp$", "target_image_id": IMAGE}
        tags = {"team/my-app": old | {"v1-temp": "name_match"}}
        self.answers(answer, tags, images=1, analyzed=7, **criteria)

    @case("target a specific image with name pattern matching")
    def test_image_and_pattern(self):
        answer = self.purge(
            0,
            f"REGION=fr-par IMAGE_ID={IMAGE} DELETE_OLD_TAGS=false "
            'TAG_NAME_PATTERN="^(dev|test)-.*"',
        )
        criteria = {
            "delete_old_tags": False,
            "tag_name_pattern": "^(dev|test)-.*",
            "target_image_id": IMAGE,
        }
        tags = {"team/my-app": {"dev-v1.0.0": "name_match"}}
        self.answers(answer, tags, images=1, analyzed=7, **criteria)

    @case("disable all deletion")
    def test_disabled(self):
        answer = self.purge(0, "REGION=fr-par DELETE_OLD_TAGS=false")
        self.answers(answer, {}, delete_old_tags=False)
        self.assertEqual(self.stand.asked("DELETE"), [])

    @case("deployed with every variable at once; no other namespace is touched for an image")
    def test_deployed(self):
        answer = self.purge(
            0,
            'REGION=fr-par DELETE_OLD_TAGS=true TAG_NAME_PATTERN="^dev-.*" '
            f"DELETE_UNUSED_NAMESPACE=true NAMESPACE_ID={NAMESPACE} IMAGE_ID={IMAGE}",
        )
        criteria = {
            "tag_name_pattern": "^dev-.*",
            "delete_unused_namespaces": True,
            "target_image_id": IMAGE,
        }
        tags = {"team/my-app": self.OLD["team/my-app"] | {"dev-v1.0.0": "name_match"}}
        self.answers(answer, tags, images=1, analyzed=7, **criteria)

    @case("--dry-run tells the same tags, and sends nothing but GETs")
    def test_dry_run(self):
        answer = self.purge(0, "REGION=fr-par DELETE_UNUSED_NAMESPACE=true", "--dry-run")
        planned = self.deleted(self.OLD, "planned") + [self.namespace("unused", "planned")]
        self.assertEqual(answer["body"]["message"], planned)
        summary = answer["body"]["summary"]
        counts = ("total_tags_found", "successfully_deleted", "errors", "namespaces_deleted")
        self.assertEqual([summary[key] for key in counts], [6, 0, 0, 0])
        self.assertTrue(summary["dry_run"])
        self.assertEqual({request.method for request in self.stand.requests}, {"GET"})

    @case("the report has the same fields, and says nothing of a storage")
    def test_report(self):
        self.purge(0, "REGION=fr-par DELETE_UNUSED_NAMESPACE=true", "--report", self.report_path)
        report = self.report()
        found = [tag for tag in report["tags"] if tag["status"] == "deleted"]
        for tag, wanted in zip(found, self.deleted(self.OLD), strict=True):
            self.assertEqual({key: tag[key] for key in wanted}, wanted)
            self.assertIsNone(tag["exclusive_bytes"])
        kept = [tag for tag in report["tags"] if tag["status"] == "kept"]
        self.assertEqual({tuple(tag["deletion_reasons"]) for tag in kept}, {()})
        self.assertEqual(report["namespaces"], [self.namespace("unused")])
        self.assertEqual(report["namespaces_removed"], ["unused"])
        self.assertIsNone(report["summary"]["manifests_deleted"])
        used = report["summary"]["criteria"]
        names = ("registry_namespace", "delete_empty_namespaces", "empty_namespace_hours")
        self.assertEqual([used[name] for name in names], [None, True, 24])
        storage = report["storage"]
        parts = ("before", "after", "forecast_bytes", "forecast", "freed_bytes", "added_bytes")
        self.assertEqual([storage[part] for part in parts], [None] * len(parts))
        collection = report["garbage_collection"]
        self.assertEqual((collection["ran"], collection["method"]), (False, None))
        self.assertFalse(report["verification"]["ran"])

    def refuse(self, kind, name, answer):
        """Its DELETE is answered so."""
        number = self.stand.find(kind, name)
        self.stand.rules.append(
            lambda request: answer if (request.method, request.id) == ("DELETE", number) else None
        )

    @case("a plan that was written before is applied with the same answer")
    def test_plan(self):
        cleanup = {"days_to_keep": 90, "protected_tags": []}
        self.configure({"cleanup": cleanup, "registry": {"namespace": "team"}})
        plan = self.folder / "plan"
        self.run_program("plan", "--config", self.config, "--output", plan)
        self.exited(0)
        self.stand.add_tag("team/web", "old-too", created="-300d")
        words = ("apply", plan, "--config", self.config, "--format", "scaleway")
        self.run_program(*words, apart=True)
        self.exited(0)
        body = json.loads(self.output)["body"]
        tags = {image: self.OLD[image] for image in ("team/my-app", "team/web")}
        self.assertEqual(body["message"], self.deleted(tags))
        # The name that the configuration has is told as an id.
        target = body["summary"]["criteria_used"]["target_namespace_id"]
        self.assertEqual(target, self.number("namespace", "team"))
        self.assertEqual(self.stand.tags("team/web"), ["old-too", "pushed-again"])

    @case("what cannot be deleted is an error in the answer, and in the exit status")
    def test_refused(self):
        self.refuse("tag", "team/web:test-7", error(423, "locked", resource="tag"))
        answer = self.purge(1, "REGION=fr-par")
        self.assertEqual(answer["statusCode"], 500)
        self.assertIn("team/web", answer["body"]["error"])
        found = answer["body"]["message"]
        [failed] = [entry for entry in found if entry["status"] != "deleted"]
        self.assertIn("423 locked", failed.pop("error"))
        self.assertEqual([failed], self.deleted({"team/web": {"test-7": "old"}}, "error"))
        summary = answer["body"]["summary"]
        counts = ("total_tags_found", "successfully_deleted", "errors")
        self.assertEqual([summary[key] for key in counts], [6, 5, 1])
        self.left({image: tags for image, tags in self.OLD.items() if image != "team/web"})

    @case("an empty namespace that cannot be deleted is an error of its own")
    def test_namespace_refused(self):
        self.refuse("namespace", "unused", error(423, "locked", resource="namespace"))
        answer = self.purge(1, "REGION=fr-par DELETE_OLD_TAGS=false DELETE_UNUSED_NAMESPACE=true")
        self.assertEqual(answer["statusCode"], 500)
        [failed] = answer["body"]["message"]
        self.assertIn("423 locked", failed.pop("error"))
        self.assertEqual(failed, self.namespace("unused", "error"))
        summary = answer["body"]["summary"]
        counts = ("errors", "namespaces_deleted", "namespace_errors")
        self.assertEqual([summary[key] for key in counts], [0, 0, 1])
        self.left({})

    @case("an image whose tags cannot be read is an error; the others are cleaned")
    def test_unreadable(self):
        image = self.stand.find("image", "team/web")
        denied = error(423, "locked", resource="image")
        self.stand.rules.append(
            lambda request: denied if (request.kind, request.parent) == ("tag", image) else None
        )
        answer = self.purge(1, "REGION=fr-par DELETE_UNUSED_NAMESPACE=true")
        self.assertEqual(answer["statusCode"], 500)
        tags = {name: tags for name, tags in self.OLD.items() if name != "team/web"}
        self.assertEqual(answer["body"]["message"], self.deleted(tags))
        summary = answer["body"]["summary"]
        counts = ("total_images_analyzed", "successfully_deleted", "errors", "namespaces_deleted")
        self.assertEqual([summary[key] for key in counts], [4, 5, 1, 0])
        # What a namespace has in it is not known for sure then.
        self.left(tags)

    @case("a key that may not delete ends all; what was not come to says so")
    def test_no_right(self):
        right = [{"resource": "tag", "action": "delete"}]
        denied = error(403, "permissions_denied", details=right)
        self.stand.rules.append(lambda request: denied if request.method == "DELETE" else None)
        answer = self.purge(3, "REGION=fr-par")
        self.assertIn("lacks the right to delete tag", answer["body"]["error"])
        # The first image is worked on alone.
        for entry in answer["body"]["message"]:
            first = entry["image_id"] == IMAGE
            self.assertEqual(entry["status"], "error" if first else "planned")
            self.assertTrue(first or "not come to" in entry["error"])
        summary = answer["body"]["summary"]
        counts = ("total_tags_found", "successfully_deleted", "errors")
        self.assertEqual([summary[key] for key in counts], [6, 0, 2])
        self.left({})
        self.assertEqual(len(self.stand.asked("DELETE")), 1)

    @case("a pattern that is none is an error, and no reason to ask anything")
    def test_invalid_pattern(self):
        answer = self.purge(2, 'REGION=fr-par TAG_NAME_PATTERN="^(dev"')
        self.assertEqual(answer["statusCode"], 500)
        self.assertIn("TAG_NAME_PATTERN", answer["body"]["error"])
        self.assertIn("TAG_NAME_PATTERN", self.errors)
        self.assertEqual(self.stand.requests, [])

    @case("a key that is not taken ends the run; it is told nowhere")
    def test_wrong_key(self):
        key = "66666666-7777-4888-8999-000000000000"
        answer = self.purge(3, f"REGION=fr-par SCW_SECRET_KEY={key}")
        self.assertEqual(answer["statusCode"], 500)
        self.assertEqual(answer["body"]["message"], [])
        self.assertEqual(answer["body"]["summary"]["errors"], 1)
        self.assertNotIn(key, self.output + self.errors)

    @case("the key of Scaleway's own file is used where no variable has one")
    def test_profile(self):
        path = self.folder / "scw.yaml"
        path.write_text(f"access_key: SCWXXXXXXXXXXXXXXXXX\nsecret_key: {SECRET}\n")
        path.chmod(0o600)
        answer = self.purge(0, f"REGION=fr-par SCW_SECRET_KEY= SCW_CONFIG_PATH={path}")
        self.answers(answer, self.OLD)

    @case("of that file SCW_PROFILE chooses")
    def test_profiles(self):
        path = self.folder / "scw.yaml"
        wrong = "66666666-7777-4888-8999-000000000000"
        path.write_text(
            f"secret_key: {wrong}\nactive_profile: a\nprofiles:\n"
            f"  a:\n    secret_key: {wrong}\n  b:\n    secret_key: {SECRET}\n"
        )
        path.chmod(0o600)
        variables = f"REGION=fr-par SCW_SECRET_KEY= SCW_CONFIG_PATH={path}"
        self.purge(3, variables, "--dry-run")
        answer = self.purge(0, f"{variables} SCW_PROFILE=b", "--dry-run")
        self.assertEqual(answer["body"]["message"], self.deleted(self.OLD, "planned"))
        self.assertNotIn(wrong, self.output + self.errors)

    @case("another kind of registry has no such answer")
    def test_other_kind(self):
        self.write_config(
            {
                "registry": {"url": self.stand.url, "exec": []},
                "cleanup": {"days_to_keep": 30},
                "paths": {"config": "/nonexistent", "state": str(self.state)},
                "log": {"file": ""},
            }
        )
        self.run_program("--config", self.config, "--format", "scaleway", apart=True)
        self.exited(2)
        self.assertIn("--format: scaleway is for", self.errors)
        self.assertEqual(json.loads(self.output)["statusCode"], 500)
        self.assertEqual(self.stand.requests, [])


class Script(ScalewayWorld):
    """What the script makes of its variables, told by a program that prints it."""

    CONFIG = None

    def setUp(self):
        super().setUp()
        stub = self.folder / "stub"
        stub.write_text(STUB)
        stub.chmod(0o755)
        self.env |= {"CLEAN_REGISTRY": stub, "REGION": "nl-ams", "SCW_SECRET_KEY": SECRET}
        self.env |= {"HOME": self.folder, "XDG_CONFIG_HOME": ""}

    def says_of(self, env, *options):
        """Variables and arguments that the program had."""
        self.command(SCRIPT, *options, env=env)
        self.exited(0)
        lines = self.lines()
        start = lines.index("--config")
        return dict(line.split("=", 1) for line in lines[:start]), lines[start:]

    @case("each variable is a key; the secret is no argument, and nobody else has it")
    def test_variables(self):
        given = {
            "SCW_API_URL": "http://h",
            "TAG_NAME_PATTERN": 'a b"\\$x',
            "DELETE_UNUSED_NAMESPACE": "TRUE",
            "NAMESPACE_ID": NAMESPACE,
        }
        variables, arguments = self.says_of(given, "--dry-run", "--max-minutes", "5")
        self.assertEqual(
            variables,
            {
                "CLEANUP_DELETE_EMPTY_NAMESPACES": "true",
                "CLEANUP_DELETE_OLD_TAGS": "true",
                "CLEANUP_TAG_NAME_PATTERN": 'a b"\\$x',
                "REGISTRY_IMAGE": "",
                "REGISTRY_NAMESPACE": NAMESPACE,
                "REGISTRY_REGION": "nl-ams",
                "REGISTRY_SECRET_KEY": SECRET,
                "REGISTRY_URL": "http://h",
            },
        )
        options = ["--format", "scaleway", "--dry-run", "--max-minutes", "5"]
        self.assertEqual(arguments[2:], options)

    @case("only the word true is true, in any letter case")
    def test_true(self):
        for word in ("true", "TRUE", "True"):
            variables, _ = self.says_of({"DELETE_OLD_TAGS": word})
            self.assertEqual(variables["CLEANUP_DELETE_OLD_TAGS"], "true", word)
        for word in ("", "false", "1", "yes", " true", "truer"):
            variables, _ = self.says_of({"DELETE_OLD_TAGS": word})
            self.assertEqual(variables["CLEANUP_DELETE_OLD_TAGS"], "false", word)
            variables, _ = self.says_of({"DELETE_UNUSED_NAMESPACE": word})
            self.assertEqual(variables["CLEANUP_DELETE_EMPTY_NAMESPACES"], "false", word)

    @case("an image takes precedence over a namespace")
    def test_image(self):
        variables, _ = self.says_of({"NAMESPACE_ID": NAMESPACE, "IMAGE_ID": IMAGE})
        self.assertEqual(variables["REGISTRY_IMAGE"], IMAGE)
        self.assertEqual(variables["REGISTRY_NAMESPACE"], "")

    @case("what is required and missing is told, and nothing is run")
    def test_missing(self):
        self.command(SCRIPT, env={"REGION": ""})
        self.exited(2)
        self.says("REGION is not set")
        self.command(SCRIPT, env={"SCW_SECRET_KEY": ""})
        self.exited(2)
        self.says(
            f"SCW_SECRET_KEY is not set, and there is no {self.folder}/.config/scw/config.yaml"
        )

    @case("the exit status is the program's")
    def test_status(self):
        (self.folder / "stub").write_text("#!/bin/sh\nexit 6\n")
        self.command(SCRIPT)
        self.exited(6)
