"""What somebody holds stays, whatever the rules say, until it is released: hold, release, holds."""

import hashlib
import json
import os
import shutil
import time

from lab import World, case, tree


class Holds(World):
    KEPT = [
        {"repository": "app", "tag": "v1", "id": "v1", "created": "-90d"},
        {"repository": "app", "tag": "v1-copy", "same_as": "v1"},
        {"repository": "app", "tag": "v2", "id": "v2", "created": "-91d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {
            "repository": "lib",
            "tag": "multi",
            "id": "multi",
            "kind": "index",
            "created": "-80d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {
            "repository": "lib",
            "kind": "cosign",
            "subject": "multi",
            "id": "signature",
            "created": "-80d",
        },
        {"repository": "lib", "tag": "other", "created": "-80d"},
        {"repository": "lib", "tag": "new", "created": "-1d"},
    ]

    def setUp(self):
        super().setUp()
        self.signature = self.digest("multi").replace(":", "-") + ".sig"

    def verb(self, code, *words, env=None):
        """Runs a verb, which must exit with that code; its standard error is kept apart."""
        self.run_program(*words, "--config", self.config, env=env, apart=True)
        self.exited(code)

    def warns(self, text):
        self.assertIn(text, self.errors)

    def printed(self, text):
        """That, and nothing else, was printed."""
        self.assertEqual(self.output, text + "\n")

    def holds_file(self):
        [path] = self.state.glob("*/holds")
        return path

    def write_holds(self, *lines):
        """The file, as the program writes it."""
        self.verb(0, "hold", "app:new")
        path = self.holds_file()
        body = "".join(line + "\n" for line in ("clean-registry list of holds 1", *lines)).encode()
        path.write_bytes(body + f"sha256:{hashlib.sha256(body).hexdigest()}\n".encode())

    def held(self, *images):
        """The last run kept these tags, as they are held."""
        for repository, tag in images:
            self.assertRegex(self.tag(repository, tag) or "", "^kept .*held")

    def all_is_there(self):
        self.leaves("app", "new", "v1", "v1-copy", "v2")
        self.leaves("lib", "multi", "new", "other", self.signature)

    @case("a run keeps what is held, and with it all that it consists of")
    def test_hold(self):
        self.verb(0, "hold", "app:v1", "--reason", "rollback of tonight")
        self.assertRegex(
            self.output, r"\Aapp:v1 is held by .* until released: rollback of tonight\n\Z"
        )
        self.verb(0, "hold", "lib:multi", "--days", "7")
        self.assertEqual(self.holds_file().stat().st_mode & 0o7777, 0o600)
        self.exits(0)
        self.says("held: 2 tags, 2 kept", "2 held")
        self.leaves("app", "new", "v1", "v1-copy")
        self.leaves("lib", "multi", "new", self.signature)
        self.pulls("app", "v1")
        self.pulls("lib", "multi")
        self.held(("app", "v1"))
        self.assertRegex(self.tag("app", "v1-copy"), "^kept .*shared_digest")
        rules = [rule for rule in self.report()["summary"]["rules"] if rule["rule"] == "held"]
        self.assertEqual([(rule["matched"], rule["kept"]) for rule in rules], [(2, 2)])
        self.verifies(0)

    @case("what is released goes with the next run")
    def test_release(self):
        self.verb(0, "hold", "app:v1")
        self.verb(0, "hold", "app:v2")
        self.exits(0)
        self.leaves("app", "new", "v1", "v1-copy", "v2")
        self.verb(0, "release", "app:v1")
        self.printed("app:v1 is released")
        self.exits(0)
        self.leaves("app", "new", "v2")
        self.verb(2, "release", "app:v1")
        self.warns("'app:v1' is not held; did you mean 'app:v2'?")

    @case("a manifest is held by its digest")
    def test_digest(self):
        digest = self.digest("v1")
        self.verb(0, "hold", f"app@{digest}")
        self.exits(0)
        self.leaves("app", "new", "v1", "v1-copy")
        self.held(("app", "v1-copy"))
        self.verb(0, "why", "app:v1-copy")
        self.matches("^held *by .* until released$")
        self.verb(0, "release", f"app@{digest}")
        self.exits(0)
        self.leaves("app", "new")

    @case("a child that is held stays when its index goes")
    def test_child(self):
        child = self.digest("multi/linux/arm64")
        self.verb(0, "hold", f"lib@{child}")
        self.exits(0)
        self.pulls("lib", child)
        self.leaves("lib", "new")

    @case("a dry run, plan and why tell what is held")
    def test_told(self):
        plan = self.program_folder / "plan"
        self.verb(0, "hold", "app:v1", "--days", "3", "--reason", "café")
        before = tree(self.registry.store), tree(self.state)
        self.exits(0, "--dry-run")
        self.says("held: 1 tag, 1 kept")
        self.held(("app", "v1"))
        self.verb(0, "why", "app:v1")
        self.matches(
            "^held +yes +keep$",
            "^held +by [^ ]+ since [-0-9TZ:]+ until [-0-9TZ:]+: café$",
            "^rule +held$",
        )
        self.verb(0, "plan", "--output", plan)
        rows = [json.loads(line) for line in plan.read_text().splitlines()]
        told = [(row["decision"], row["reasons"]) for row in rows if row.get("tag") == "v1"]
        self.assertEqual(told, [("keep", ["old", "held"])])
        self.assertEqual((tree(self.registry.store), tree(self.state)), before)

    @case("what is held takes no place among the newest that a rule keeps")
    def test_number(self):
        for rules in (
            {"cleanup": {"days_to_keep": None, "keep_last_images": 1}},
            {
                "jobs": [
                    {"name": "j", "repositories": ["*"], "tag_regexps": ["."], "save_last": 1}
                ],
                "cleanup": {"days_to_keep": None},
            },
        ):
            with self.subTest(str(rules)):
                self.configure(rules)
                self.verb(0, "hold", "app:new")
                self.exits(0, "--dry-run")
                self.assertRegex(self.tag("app", "new"), "^kept .*held")
                self.assertNotRegex(self.tag("app", "new"), "keep_last|save_last")
                # One of another image is the newest now.
                self.assertRegex(self.tag("app", "v1-copy"), "^kept .*(keep_last|save_last)")
                self.assertRegex(self.tag("app", "v2"), "^planned")
                self.verb(0, "why", "app:new")
                self.matches("nothing: it is held, so it is not counted$")
                self.verb(0, "release", "app:new")
                self.exits(0, "--dry-run")
                self.assertRegex(self.tag("app", "new"), "^kept .*(keep_last|save_last)")
                self.assertRegex(self.tag("app", "v1-copy"), "^planned")

    @case("what is held after the plan was written stays when it is applied")
    def test_apply(self):
        plan = self.program_folder / "plan"
        self.verb(0, "plan", "--output", plan)
        self.verb(0, "hold", "app:v1")
        self.exits(0, "apply", plan)
        self.leaves("app", "new", "v1", "v1-copy")
        self.leaves("lib", "new")
        self.held(("app", "v1"))

    @case("holds lists what is held, and whether it is there")
    def test_list(self):
        self.verb(0, "holds")
        self.printed("nothing is held")
        self.verb(0, "hold", "app:v1", "--reason", "a reason")
        self.verb(0, "hold", "app:later", "--force", "--days", "2")
        self.verb(0, "holds")
        self.matches(
            "^app:v1 +released +there +[-0-9TZ:]+ +[^ ]+: a reason$",
            "^app:later +[0-9][-0-9TZ:]+ +not there ",
        )
        self.verb(0, "holds", "--json")
        document = json.loads(self.output)
        self.assertEqual(document["version"], 1)
        self.assertEqual(document["registry"], self.registry.url)
        later, first = document["holds"]
        self.assertEqual((later["repository"], later["tag"]), ("app", "later"))
        self.assertEqual(later["state"], "absent")
        self.assertFalse(later.get("expired"))
        self.assertEqual((first["tag"], first["state"]), ("v1", "there"))
        self.assertIsNone(first.get("until"))
        self.assertIsNone(first.get("digest"))
        self.assertEqual(first["reason"], "a reason")
        name = self.digest("v1").removeprefix("sha256:")
        shutil.rmtree(self.registry.manifests("app") / "revisions/sha256" / name)
        self.verb(0, "holds")
        self.matches("^app:v1 +released +its image is gone ")

    @case("a hold ends by itself")
    def test_end(self):
        now = int(time.time())
        self.write_holds(
            f"{now - 1000} {now - 1} alice app:v1 over", f"{now - 1000} {now + 600} bob app:v2 "
        )
        self.verb(0, "holds")
        self.matches("^app:v1 +expired [-0-9TZ:]+ +there +[-0-9TZ:]+ +alice: over$")
        self.exits(0)
        self.leaves("app", "new", "v2")
        self.verb(0, "hold", "lib:new")
        self.verb(0, "holds")
        self.keeps_quiet_of("app:v1")
        self.says("app:v2")

    @case(
        "a file of holds that cannot be believed stops a run, and everything else that asks for it"
    )
    def test_unbelievable(self):
        self.verb(0, "hold", "app:v1")
        path = self.holds_file()
        good = path.read_bytes()
        for damaged in (
            good[:-3],
            b"",
            b"\n".join(line.replace(b"v1", b"v2", 1) for line in good.split(b"\n")),
            good + b"app:v2\n",
            good + bytes(2 << 20),
        ):
            path.write_bytes(damaged)
            self.is_refused(path)
        path.unlink()
        path.symlink_to("/dev/null")
        self.is_refused(path)
        path.unlink()
        path.mkdir()
        self.is_refused(path)
        path.rmdir()
        self.exits(0)
        self.leaves("app", "new")

    def is_refused(self, path):
        """Nothing goes by that file of holds, and no verb believes it."""
        self.exits(2)
        self.says(f"{path}: ", "so nothing is deleted; put the file aside")
        self.exits(2, "--dry-run")
        self.verb(2, "plan")
        self.verb(2, "why", "app:v1")
        self.verb(2, "hold", "app:v2")
        self.verb(2, "release", "app:v1")
        self.verb(2, "holds")
        self.all_is_there()

    @case("holds does not say that nothing is held where it cannot read the folder")
    def test_unreadable(self):
        self.verb(0, "hold", "app:v1")
        folder = self.holds_file().parent
        elsewhere = self.program_folder / "elsewhere"
        os.rename(folder, elsewhere)
        folder.symlink_to(elsewhere)
        self.verb(2, "holds")
        self.assertEqual(self.output, "")
        self.warns(f"{folder} cannot be read")
        self.verb(2, "holds", "--json")
        self.assertEqual(self.output, "")

    @case("a tag that is not there is refused, unless it is to come")
    def test_absent(self):
        self.verb(2, "hold", "app:v3")
        self.warns("the registry has no 'app:v3'; did you mean the tag 'v")
        self.verb(2, "hold", "nowhere:v1")
        self.warns("the registry has no 'nowhere:v1'; --force")
        self.verb(0, "holds")
        self.printed("nothing is held")
        self.verb(0, "hold", "app:v1", "--reason", "first")
        shutil.rmtree(self.registry.manifests("app") / "tags/v1")
        self.verb(2, "hold", "app:v1", "--reason", "second")
        self.verb(0, "holds")
        self.assertRegex(self.output, r": first\n\Z")
        self.verb(0, "hold", "app:v9", "--force")
        self.push([{"repository": "app", "tag": "v9", "created": "-99d"}])
        self.exits(0)
        self.assertIn("v9", self.registry.tags("app"))

    @case("who holds anew is told what that replaces")
    def test_replaced(self):
        self.verb(0, "hold", "app:v1", "--reason", "rollback of tonight")
        self.verb(0, "hold", "app:v1", "--days", "1")
        self.warns("app:v1 was held by ")
        self.warns(" until released: rollback of tonight; that is replaced")

    @case("what cannot be asked for is held all the same")
    def test_unreachable(self):
        self.configure({"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}})
        self.verb(0, "hold", "app:v1")
        self.warns("whether the registry has app:v1 is not known")
        self.warns("no run has used")
        self.verb(1, "holds")
        self.matches("^app:v1 +released +not known ")

    @case("a reference is taken as docker pull has it")
    def test_reference(self):
        host = self.registry.url.partition("://")[2]
        self.verb(0, "hold", f"{host}/app:v1")
        self.assertTrue(self.output.startswith("app:v1 is held "), self.output)
        self.verb(0, "hold", f"{self.registry.url}/app:v2")
        self.assertTrue(self.output.startswith("app:v2 is held "), self.output)
        self.verb(0, "release", f"{host}/app:v2")
        self.verb(2, "hold", "other.example.com:5000/app:v1")
        self.warns(f"'other.example.com:5000' is not this registry ({host})")
        of_both = f"app:v1@{self.digest('v1')}"
        for bad in ("app", of_both, "app:", "App:v1", "app@sha256:12", ""):
            self.verb(2, "hold", bad)
        self.verb(2, "hold", "app:v1", "--days", "0")
        self.verb(2, "hold", "app:v1", "--reason", "two\nlines")
        self.verb(2, "hold", "app:v1", env={"DRY_RUN": "true"})
        self.warns("DRY_RUN is set")

    @case("a tag is held while a run has the lock")
    def test_lock(self):
        slow = self.begin_held("slow")
        self.verb(0, "hold", "app:v1")
        # It has the lock: another run finds it taken.
        self.clean("--quiet")
        self.exited(5)
        slow.release()
        self.assertEqual(slow.end().status, 0, slow.output())
        self.assertIn("v1", self.registry.tags("app"))

    @case("two who hold at the same time both do")
    def test_at_once(self):
        self.verb(0, "hold", "app:new")
        tags = ("v1", "v1-copy", "v2")
        started = [self.begin("hold", f"app:{tag}", name=tag) for tag in tags]
        for one in started:
            self.assertEqual(one.end().status, 0, one.output())
        self.verb(0, "holds", "--json")
        held = [hold["tag"] for hold in json.loads(self.output)["holds"]]
        self.assertEqual(held, ["new", *tags])
