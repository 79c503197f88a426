"""Tags that a list leaves out (S1, S2, S6): those that a 3.1.1 on S3 hides behind others, those that
somebody named, and lists that are empty only once."""

import os
import random
import shutil
from pathlib import Path

from lab import FaultWorld, case
from lab.program import ROOT

LIST_NAMES = Path(os.environ.get("BUILD") or ROOT / "build") / "tests/tools/list_names"
S3 = "{s3: {bucket: b, region: r}, delete: {enabled: true}}"
WALK_S3 = {"match": {"path": "/tags/list"}, "walk": "s3"}
PROTECTED = {"cleanup": {"protected_patterns": ["10", "stable"]}}
# A registry whose version and storage nobody can tell.
UNKNOWN = {
    "gc": {"when": "never"},
    "registry": {"program": "false"},
    "paths": {"config": "/nonexistent"},
}


class HiddenTags(FaultWorld):
    def plays(self, version, storage, changes=None):
        """The registry calls itself that version and has that storage in its configuration; the backend does
        what it is told."""
        config, program = self.folder / "config.yml", self.folder / "registry"
        config.write_text(f"version: 0.1\nstorage: {storage}\n")
        name = f"registry github.com/distribution/distribution/v3 {version}"
        program.write_text(f'#!/bin/sh\necho "{name}"\n')
        program.chmod(0o700)
        self.new_proxy(play_3x="delete", store=self.registry.store)
        own = {
            "gc": {"when": "never"},
            "registry": {"program": str(program)},
            "paths": {"config": str(config)},
        }
        self.configure({**own, **(changes or {})})
        self.rules(WALK_S3)

    def also(self, repository, tag, other):
        """A tag is put where an image is, without a push."""
        tags = self.registry.manifests(repository) / "tags"
        shutil.copytree(tags / tag, tags / other)

    def push_three(self):
        """Three of a kind: what will be protected begins with the name of an old tag of the same image."""
        self.push(
            [
                {"repository": "app", "tag": "1", "created": "-90d"},
                {"repository": "team/app", "tag": "v1", "created": "-90d"},
                {"repository": "other", "tag": "prod", "created": "-90d"},
                {"repository": "other", "tag": "prod-old", "created": "-95d"},
                {"repository": "third", "tag": "new", "created": "-1d"},
                {"repository": "third", "tag": "new1", "created": "-90d"},
            ]
        )
        self.also("app", "1", "10")
        self.also("team/app", "v1", "v10-stable")
        self.also("other", "prod", "prod_stable")

    def looks_only(self):
        self.clean("--dry-run")
        self.exited(0)

    def knows(self, count):
        """So many tags are in the report."""
        self.assertEqual(len(self.report()["tags"]), count)

    @case(
        "3.1.1 on S3: what a tag hides is asked for, keeps its image, and is cleaned where it is old"
    )
    def test_311(self):
        self.push_three()
        self.plays("3.1.1", S3, PROTECTED)
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("app", "10")
        self.leaves("team/app", "v10-stable")
        self.leaves("other", "prod_stable")
        self.leaves("third", "new")
        self.pulls("app", "10")
        self.pulls("team/app", "v10-stable")
        self.pulls("other", "prod_stable")

    @case("3.1.0, and a 3.1.1 whose storage cannot be told, are asked, too")
    def test_asked_too(self):
        self.push_three()
        for version, storage in (
            ("3.1.0", "{s3: {bucket: b}}"),
            ("3.1.1", "{s3: {bucket: b}, gcs: {bucket: b}}"),
            ("3.1.1", "&x {}"),
        ):
            self.plays(version, storage, PROTECTED)
            self.looks_only()
            self.knows(9)
            self.assertGreaterEqual(self.proxy.count("GET", "last=[^&]*%2F~"), 9, storage)

    @case("3.0.0, and a 3.1.1 on a file system, are not asked for what tags hide")
    def test_not_asked(self):
        def is_not_asked():
            self.looks_only()
            self.assertEqual(self.proxy.count("GET", "last="), 0)
            self.knows(5)

        self.push_three()
        self.plays("3.0.0", S3)
        is_not_asked()
        self.plays("3.1.1", "{filesystem: {rootdirectory: /x}}")
        is_not_asked()
        self.configure()
        is_not_asked()

    @case("a question for what tags hide that fails makes the list incomplete")
    def test_question_fails(self):
        self.push_three()
        self.remember("team/app")
        for fault in (
            {"status": 500},
            {"status": {"code": 404, "error": "NAME_UNKNOWN"}},
            {"status": {"code": 400, "error": "PAGINATION_NUMBER_INVALID"}},
            {"replace_body": "{}"},
        ):
            self.plays("3.1.1", S3, PROTECTED)
            self.rules({"match": {"path": "team/app/tags/list.*last=v1%2F"}, **fault}, WALK_S3)
            self.clean()
            self.exited(1)
            self.applied()
            self.unchanged("team/app")
            self.matches(
                r"\[WARNING\] team/app: the list of its tags is not complete: what it hides"
            )
            self.no_delete("team/app")

    @case("a registry of another kind, whose version cannot be told, may refuse the question")
    def test_refused(self):
        self.push_three()
        self.plays("3.1.1", S3)
        self.configure(UNKNOWN)
        self.rules({"match": {"path": "last="}, "status": {"code": 404, "body": ""}})
        self.looks_only()
        self.applied()
        # One that does not refuse it is believed.
        self.rules(WALK_S3)
        self.looks_only()
        self.knows(9)

    @case("a look before a DELETE asks for what tags hide, too")
    def test_look(self):
        self.push(
            [
                {"repository": "app", "tag": "1", "created": "-90d"},
                {"repository": "app", "tag": "2", "created": "-1d"},
            ]
        )
        self.plays("3.1.1", S3, {"cleanup": {"protected_patterns": ["10"]}})
        tag = self.registry.manifests("app") / "tags/10"

        def appear(_):
            if not tag.exists():
                self.also("app", "1", "10")

        lists = {"method": "GET", "path": "app/tags/list$"}
        self.rules({"match": lists, "after": 1, "continue": True, "call": appear}, WALK_S3)
        self.clean()
        self.applied()
        self.assertTrue(tag.exists())
        self.pulls("app", "10")

    def write_many(self, count):
        """As many images, every second one old; their names hide one another."""
        self.write_images(
            [
                {
                    "repository": "app",
                    "tag": f"v{n}",
                    "created": "-90d" if n % 2 else "-1d",
                    "layers": ["base"],
                }
                for n in range(1, count + 1)
            ]
        )

    @case("what tags hide is not asked for all over again with each batch of deletes")
    def test_batches(self):
        self.write_many(120)
        self.plays("3.1.1", S3)
        self.clean()
        self.exited(0)
        self.applied()
        self.assertEqual(len(self.registry.tags("app")), 60)
        # Each batch looks again, and a slow machine looks more often; asked all over again, they would be
        # more than 120 * 60.
        self.assertLessEqual(self.report()["requests"], 24 * 120)

    @case("a registry that heeds neither last nor n is not asked for what each tag hides")
    def test_heedless(self):
        self.write_many(30)
        self.plays("3.1.1", S3)
        self.configure(UNKNOWN)
        everything = {"name": "app", "tags": self.registry.tags("app")}
        self.rules({"match": {"path": "app/tags/list"}, "replace_body": {"json": everything}})
        self.looks_only()
        self.knows(30)
        self.assertLessEqual(self.proxy.count("GET", "last="), 8)


class Names(FaultWorld):
    """What the program's own code, in a program of its own, lists in the repository `r`."""

    def tags(self, *names):
        shutil.rmtree(self.registry.manifests("r"), ignore_errors=True)
        for name in names:
            (self.registry.manifests("r") / "tags" / name / "current").mkdir(
                parents=True, exist_ok=True
            )

    def lists_all(self, about=""):
        """The tags that it lists are those on disk. Returns how many requests it took."""
        done = self.command(LIST_NAMES, self.proxy.url, "r", apart=True)
        self.assertEqual(done.status, 0, about + done.errors)
        found = sorted(os.listdir(self.registry.manifests("r") / "tags"))
        self.assertEqual(sorted(done.output.splitlines()), found, about)
        counts = [line for line in done.errors.splitlines() if line.endswith(" requests")]
        return int(counts[-1].split()[0])

    @case(
        "tags that hide tags that hide tags, with '-' and '.' in between, and more than one answer holds"
    )
    def test_hide(self):
        self.rules(WALK_S3)
        self.tags(*"x x1-a x1 x1b x1.c x1b-2 x1b2 x1b2_ y".split())
        self.lists_all()
        self.tags("v", *(f"v{n}" for n in range(1, 601)), "v1-1", "v1_1", "w")
        self.lists_all()
        self.rules({**WALK_S3, "walk": {"driver": "s3", "limit": 7}})
        digits = [f"1{digit}" for digit in range(10)]
        deeper = [digit + letter for digit in digits for letter in "abc"]
        self.tags("1", *digits, *deeper, "1-a", "1-b", "1-c", "2")
        self.lists_all()

    @case("no tag is missed in random repositories, and each is asked about once or twice")
    def test_random(self):
        self.rules(WALK_S3)
        first = int(os.environ.get("SEED") or random.randrange(1 << 15))
        for seed in range(first, first + int(os.environ.get("CASES") or 8)):
            letters = random.Random(seed)
            self.tags(
                *(
                    letters.choice("01ab_")
                    + "".join(letters.choices("01ab_-.", k=letters.randrange(5)))
                    for _ in range(40)
                )
            )
            requests = self.lists_all(f"seed {seed}: ")
            self.assertLessEqual(requests, 82, f"seed {seed}")


class Named(FaultWorld):
    """`used` and `r-7.2` are in a list, and the registry's list does not have them."""

    IMAGES = [
        {"repository": "team/app", "tag": "old", "created": "-90d"},
        {"repository": "team/app", "tag": "used", "created": "-90d"},
        {"repository": "team/app", "tag": "r-7.2", "created": "-90d"},
        {"repository": "other", "tag": "old", "created": "-80d"},
        {"repository": "other", "tag": "new", "created": "-2d"},
    ]

    def setUp(self):
        super().setUp()
        self.remember("team/app")

    def hide(self, tag, after=0):
        lists = {"path": "team/app/tags/list"}
        self.rules({"match": lists, "after": after, "hide": {"tags": [tag]}})

    def spared_for(self, pattern):
        self.spared(pattern)
        self.no_delete("team/app")

    def use_used(self):
        host = self.proxy.url.rpartition("/")[2]
        self.configure({"protect": {"in_use": [["echo", f"{host}/team/app:used"]]}})

    @case("a tag that is in use and that no list names spares its repository")
    def test_in_use(self):
        self.use_used()
        self.hide("used")
        self.clean()
        self.spared_for("tag used, named by .*: it exists, but the registry does not list it")

    @case("a tag of a retain list that no list names spares its repository")
    def test_retain_list(self):
        file = self.folder / "list"
        file.write_text("7 2 3\n")
        patterns = ["team/app:r-{id}.{revision}"]
        self.configure({"retain_lists": [{"file": str(file), "patterns": patterns}]})
        self.hide("r-7.2")
        self.clean()
        self.spared_for("tag r-7.2, named by a retain list: it exists")

    @case("a tag of the plan that is applied and that no list names spares its repository")
    def test_plan(self):
        self.clean("--dry-run")
        plan = self.folder / "plan"
        self.run_program("plan", "--config", self.config, "--output", plan)
        self.exited(0)
        self.assertIn('"used"', plan.read_text())
        self.hide("used")
        self.run_program("apply", plan, "--config", self.config)
        self.spared_for("tag used, named by the plan: it exists")

    @case(
        "a tag in use that the list hides only in the look before the DELETE spares its repository"
    )
    def test_look(self):
        self.use_used()
        self.hide("used", after=1)
        self.clean()
        self.spared_for("tag used, named by protect.in_use: it exists")


class EmptyLists(FaultWorld):
    IMAGES = FaultWorld.PLAIN
    LISTS = {"path": "team/app/tags/list"}
    # All forms of a list without names.
    FORMS = [
        {"replace_body": {"json": {"name": "team/app", "tags": None}}},
        {"replace_body": {"json": {"name": "team/app", "tags": []}}},
        {"status": {"code": 404, "error": "NAME_UNKNOWN"}},
    ]

    @case("a list without names is believed when it is answered so twice, in any of its forms")
    def test_twice(self):
        for form in self.FORMS:
            self.proxy.clear()
            self.rules({"match": self.LISTS, **form})
            self.clean("--dry-run")
            self.exited(0)
            self.assertEqual(self.proxy.count("GET", "team/app/tags/list"), 2)

    @case(
        "a list that is empty once, and then is not, or is so in another way, spares the repository"
    )
    def test_once(self):
        self.remember("team/app")
        for form in self.FORMS:
            self.rules({"match": self.LISTS, "times": 1, **form})
            self.clean()
            self.spared("had no names when it was asked for first")
        unknown = {"status": {"code": 404, "error": "NAME_UNKNOWN"}}
        empty = {"replace_body": {"json": {"tags": []}}}
        self.rules(
            {"match": self.LISTS, "times": 1, **unknown}, {"match": self.LISTS, "times": 1, **empty}
        )
        self.clean("--dry-run")
        self.exited(1)
        self.matches(
            "team/app: the list of its tags is not complete: the registry says in one answer"
        )
