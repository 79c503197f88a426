"""A plan is written, looked at, changed, and carried out: never more than it says, and less where what
is there has changed."""

import json
import os
import re
import shutil
import time
from datetime import datetime, timedelta, timezone

from lab import World, case, tree
from lab.program import PROGRAM, ROOT

TERMINAL = ROOT / "tests/tools/terminal.py"
OLD_AGAIN = {"repository": "app", "tag": "old", "created": "2020-01-01T00:00:00Z"}


def ago(**time_passed):
    return datetime.now(timezone.utc) - timedelta(**time_passed)


class PlanApply(World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["one:300000"]},
        {"repository": "app", "tag": "older", "created": "-91d", "layers": ["two:200000"]},
        {
            "repository": "app",
            "tag": "index",
            "kind": "index",
            "created": "-92d",
            "platforms": ["linux/amd64", "linux/arm64"],
            "layers": ["three:1000"],
        },
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "lib", "tag": "young", "created": "-2d"},
        {"repository": "lib", "tag": "latest", "created": "-90d"},
    ]

    @classmethod
    def prepare(cls, self):
        cls.dates = [f"{ago(days=days):%Y-%m-%d}" for days in (92, 90)]
        super().prepare(self)

    def setUp(self):
        super().setUp()
        self.plan = self.folder / "plan"
        self.app = self.registry.manifests("app")

    def plans(self, code, *options):
        """Runs the verb plan, which must exit with that code; its standard error is kept apart."""
        self.run_program("plan", "--config", self.config, *options, apart=True)
        self.exited(code)

    def makes_plan(self, *options):
        self.plans(0, "--output", self.plan, *options)

    def applies(self, code, *options):
        """Applies the plan with a report; fails unless that exits with the code."""
        self.report_path.unlink(missing_ok=True)
        words = ["--config", self.config, "--report", self.report_path, self.plan]
        self.run_program("apply", *words, *options)
        self.exited(code)

    def rows(self):
        """The lines of the plan; the first one is its header."""
        return [json.loads(line) for line in self.plan.read_text().splitlines()]

    def write_rows(self, rows):
        """Puts these lines into the plan, whose rights stay."""
        self.plan.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def set_in_plan(self, tag, **fields):
        """Those lines of the tag get these fields."""
        self.write_rows([row | fields if row.get("tag") == tag else row for row in self.rows()])

    def set_in_header(self, **fields):
        header, *rows = self.rows()
        self.assertTrue(header["clean_registry_plan"])
        self.write_rows([header | fields, *rows])

    def planned(self):
        """The lines of what shall go."""
        return [row for row in self.rows() if row.get("decision") == "delete"]

    def nothing_went(self):
        self.leaves("app", "index", "new", "old", "older")
        self.leaves("lib", "latest", "young")

    def link(self, digest):
        """The file that makes a manifest one of the repository app."""
        return self.app / "revisions/sha256" / digest.removeprefix("sha256:") / "link"

    def age(self, *paths):
        """They are as old as if they had been written 40 days ago."""
        when = time.time() - 40 * 86400
        for path in paths:
            os.utime(path, (when, when))

    def age_all(self):
        """So are all links of app, and the folder that tells when a tag went last."""
        self.age(*self.app.rglob("link"), self.app / "tags")

    def decides(self, row):
        """What a line of a plan, or a tag in a report, says of a tag."""
        names = ("repository", "tag", "digest", "decision", "reasons", "exclusive_bytes")
        return [row[name] for name in names]

    def confirms(self, code, *answer, program=(PROGRAM,), more=()):
        """Runs the program with --confirm on a terminal where it is answered; see terminal.py."""
        words = [*program, "--confirm", "--config", self.config, *more]
        self.command(TERMINAL, *answer, 100, *words)
        self.exited(code)

    def confirms_with_report(self, code, *answer):
        self.report_path.unlink(missing_ok=True)
        self.confirms(code, *answer, more=("--report", self.report_path))

    @case("a plan has a line for every tag, says what a dry run says, and changes nothing")
    def test_lines(self):
        before = tree(self.registry.store)
        requests = self.watch(self.makes_plan)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.assertEqual(tree(self.registry.store), before)
        self.assertEqual(self.plan.stat().st_mode & 0o7777, 0o640)
        header, *rows = self.rows()
        self.assertEqual(len(rows), 6)
        told = [header[key] for key in ("clean_registry_plan", "registry", "tags", "delete")]
        self.assertEqual(told, [1, self.registry.url, 6, 3])
        self.exits(0, "--dry-run")
        tags = [self.decides(tag) for tag in self.report()["tags"]]
        self.assertEqual([self.decides(row) for row in rows], tags)

    @case("the table says what each repository loses")
    def test_table(self):
        self.plans(0)
        oldest, newest = self.dates
        self.matches(
            f"^app +4 +3 +1 +.* KiB.* {oldest} .* {newest}$",
            "^1 other +2 +0 +2 +0 B +- +-$",
            "^total +6 +3 +3 ",
        )
        self.assertFalse(self.plan.exists())

    @case("apply does what the plan says")
    def test_apply(self):
        self.makes_plan()
        self.applies(0)
        self.leaves("app", "new")
        self.leaves("lib", "latest", "young")
        self.says("plan: 3 deletions, 3 still apply", "deleted 3 tags")
        storage = self.report()["storage"]
        self.assertEqual(storage["forecast_bytes"], storage["freed_bytes"])

    @case("what was removed from the plan or set to keep stays")
    def test_less(self):
        self.makes_plan()
        self.set_in_plan("old", decision="keep")
        self.write_rows([row for row in self.rows() if row.get("tag") != "older"])
        self.applies(0)
        self.leaves("app", "new", "old", "older")
        self.assertEqual(self.tag("app", "old"), "kept old,not_in_plan")
        self.assertEqual(self.tag("app", "older"), "kept old,not_in_plan")

    @case("a line that was set to delete by hand lets nothing go that no rule selects")
    def test_more(self):
        self.makes_plan()
        self.set_in_plan("new", decision="delete")
        self.set_in_plan("latest", decision="delete")
        self.applies(0)
        self.leaves("app", "new")
        self.leaves("lib", "latest", "young")
        self.says(
            "kept app:new despite the plan: recent",
            "kept lib:latest despite the plan: old",
            "2 now kept",
        )

    @case("what changed since the plan stays, and is told")
    def test_changed(self):
        self.makes_plan()
        older = self.digest("app:older")
        self.push([{"repository": "app", "tag": "old", "created": "-80d", "layers": ["four:1000"]}])
        self.registry.delete("app", older)
        self.applies(0)
        self.leaves("app", "new", "old")
        self.says(
            "app:old stays: it changed since the plan was made",
            "app:older is no longer there",
            "1 still applies, 1 now kept, 1 already gone",
        )

    @case("a protection that was added since holds")
    def test_protection(self):
        self.makes_plan()
        self.configure({"cleanup": {"protected_tags": ["latest", "older"]}})
        self.applies(0)
        self.leaves("app", "new", "older")
        self.says("kept app:older despite the plan: old: created", "protected_tag")

    @case("the restriction that a plan was made for holds when it is applied")
    def test_restriction(self):
        self.push([{"repository": "lib", "tag": "old", "created": "-90d", "layers": ["five:1000"]}])
        self.makes_plan("--repository", "lib")
        self.assertEqual([row["tag"] for row in self.planned()], ["old"])
        self.applies(0)
        self.leaves("app", "index", "new", "old", "older")
        self.leaves("lib", "latest", "young")

    @case("jobs that were due for the plan are due when it is applied")
    def test_jobs(self):
        job = {"name": "j", "repositories": ["app"], "tag_regexps": ["^old$"]}
        self.configure({"jobs": [job | {"clean_every_n_hours": 24}]})
        self.push([OLD_AGAIN])
        self.makes_plan("--jobs", "j")
        self.exits(0)  # The job is not due any more, and its tag is pushed again.
        self.push([OLD_AGAIN])
        self.applies(0)
        self.leaves("app", "new")

    @case("a plan for a job that is not configured is refused")
    def test_unknown_job(self):
        self.makes_plan()
        header, *rows = self.rows()
        self.write_rows([header | {"policy": header["policy"] | {"jobs": ["nosuch"]}}, *rows])
        self.applies(2)
        self.says("the plan is for the job 'nosuch', and there is none of that name")
        self.nothing_went()

    @case("a plan that is too old, or from the future, is refused")
    def test_time(self):
        self.makes_plan()
        self.set_in_header(created_at=f"{ago(hours=25):%Y-%m-%dT%H:%M:%SZ}")
        self.applies(6)
        self.says("safety.max_plan_age_hours: the plan was made at", "make a new one")
        self.set_in_header(created_at=f"{ago(hours=-1):%Y-%m-%dT%H:%M:%SZ}")
        self.applies(6)
        self.says("safety.max_clock_skew_seconds: the plan was made at")
        self.nothing_went()

    @case("a plan for another registry is refused")
    def test_registry(self):
        self.makes_plan()
        self.set_in_header(registry="http://elsewhere:5000")
        self.applies(2)
        self.says("the plan is for another registry: http://elsewhere:5000")
        self.nothing_went()

    @case("nonsense is refused, line by line, before anything is sent")
    def test_nonsense(self):
        self.makes_plan()
        self.set_in_plan("old", decision="erase")
        self.set_in_plan("older", digest="sha256:12", decision="delete")
        with open(self.plan, "a", encoding="utf-8") as plan:
            plan.write("no json\n")
        self.assertEqual(self.watch(lambda: self.applies(2)), [])
        self.says(
            'line 4: the decision must be "delete" or "keep"',
            'line 5: "digest" is none',
            "line 8: it is no JSON",
        )
        self.plan.write_text("")
        self.applies(2)
        self.says("it is empty")
        self.nothing_went()

    @case("a plan that others can write is refused")
    def test_rights(self):
        self.makes_plan()
        self.plan.chmod(0o666)
        self.applies(2)
        self.says("chmod go-w")
        self.nothing_went()

    @case("safety limits are told with a plan, and refuse it when it is applied")
    def test_limits(self):
        self.configure({"safety": {"max_delete_tags": 2}})
        self.makes_plan()
        self.says(
            "This plan would be refused without --force: safety.max_delete_tags: 3 tags would go, "
            "2 are allowed"
        )
        self.applies(6)
        self.nothing_went()
        self.applies(0, "--force")
        self.leaves("app", "new")

    @case("a plan that cannot be written is told before anything is read")
    def test_unwritable(self):
        place = self.folder / "folder"
        place.mkdir()
        for output in ("/dev/stdout", place, self.folder / "absent/plan"):
            self.assertEqual(self.watch(lambda to=output: self.plans(2, "--output", to)), [])
            self.assertIn(f"--output: {output}", self.errors)
        self.plan.write_text("mine\n")
        self.configure(url="http://127.0.0.1:9")
        self.plans(3, "--output", self.plan)
        self.assertEqual(self.plan.read_text(), "mine\n")
        self.assertEqual(list(self.folder.rglob("plan*")), [self.plan])

    @case("a manifest without a tag has a line of its own, which holds as the others do")
    def test_untagged(self):
        self.configure({"cleanup": {"days_to_keep": 36500, "untagged_days": 30}})
        replaced = self.digest("app:old")
        self.push([{"repository": "app", "tag": "old", "created": "-1d", "layers": ["six:70000"]}])
        self.age_all()
        self.makes_plan()
        self.matches("^REPOSITORY .* UNTAGGED +FREED")
        rows = [(row["repository"], row["digest"], row.get("tag")) for row in self.planned()]
        self.assertEqual(rows, [("app", replaced, None)])
        whole = shutil.copy2(self.plan, self.folder / "whole")
        keep = {"decision": "keep"}
        self.write_rows([row | keep if row.get("untagged_since") else row for row in self.rows()])
        self.applies(0)
        self.assertTrue(self.link(replaced).exists())
        shutil.move(whole, self.plan)
        # As if the tags had not gone just now.
        self.age(self.app / "tags")
        self.applies(0)
        self.assertFalse(self.link(replaced).exists())
        self.nothing_went()
        self.applies(0)
        self.says(f"app@{replaced} is no longer there")

    @case("the line of a part of an index holds, too, when the index goes")
    def test_parts(self):
        self.configure({"cleanup": {"untagged_days": 30}})
        self.age_all()
        self.makes_plan()
        parts = [row["digest"] for row in self.planned() if row.get("untagged_since")]
        self.assertEqual(len(parts), 2)
        whole = shutil.copy2(self.plan, self.folder / "whole")
        self.write_rows(
            [
                row | {"decision": "keep"} if row.get("digest") == parts[0] else row
                for row in self.rows()
                if row.get("digest") != parts[1]
            ]
        )
        self.applies(0)
        self.leaves("app", "new")
        for part in parts:
            self.assertTrue(self.link(part).exists())
        shutil.move(whole, self.plan)
        # As if the tags had not gone just now.
        self.age(self.app / "tags")
        self.applies(0)
        for part in parts:
            self.assertFalse(self.link(part).exists())

    @case("a plan with another file of repositories is carried out with a warning")
    def test_repositories_file(self):
        numbers = self.folder / "numbers"
        numbers.write_text("app 1\n")
        self.configure({"cleanup": {"days_to_keep": 36500}})
        self.makes_plan("--repos-file", numbers)
        self.says(
            f"carry it out with: clean-registry apply {self.plan} -c {self.config} "
            f"--repos-file {numbers}"
        )
        self.applies(0)
        self.says(f"the plan was made with the repositories file '{numbers}'")
        self.nothing_went()
        self.applies(0, "--repos-file", numbers)
        self.keeps_quiet_of("the plan was made with")

    @case("--confirm asks on the terminal, and deletes only after a yes")
    def test_confirm(self):
        for answer in ("n", "", "no", "yes please"):
            self.confirms(1, "--answer", answer)
            self.says("Delete 3 tags (5 manifests)? [y/N]", "not confirmed: nothing is deleted")
            self.nothing_went()
        self.confirms(0, "--answer", "y")
        self.matches("^app +4 +3 +1 ")
        self.leaves("app", "new")
        # With nothing to delete there is nothing to ask.
        self.confirms(0, "--answer", "n")
        self.keeps_quiet_of("[y/N]")

    @case("--confirm: after a no the report has the plan, and no delete was sent but the probes")
    def test_confirm_no(self):
        requests = self.watch(lambda: self.confirms_with_report(1, "--answer", "n"))
        summary = self.report()["summary"]
        self.assertEqual([summary["planned"], summary["deleted"]], [3, 0])
        self.assertEqual(self.tag("app", "old"), "planned old")
        done = [line for line in requests if re.match("DELETE .* 202$", line)]
        self.assertEqual(done, [])
        self.assertEqual(self.owed(), [])

    @case("--confirm: a signal is a no, and so is what was typed before the question")
    def test_confirm_signal(self):
        self.confirms_with_report(143, "--signal", "SIGTERM")
        self.says("stopped before anything was deleted")
        self.nothing_went()
        self.confirms_with_report(1, "--ahead", "y", "--answer", "n")
        self.nothing_went()

    @case("--confirm asks on the terminal also when standard output goes to a file")
    def test_confirm_to_file(self):
        output = self.folder / "output"
        to_file = ("sh", "-c", 'exec "$@" >"$0"', output, PROGRAM)
        self.confirms(0, "--answer", "y", program=to_file)
        self.says("Delete 3 tags (5 manifests)? [y/N]")
        self.assertNotIn("[y/N]", output.read_text())
        self.leaves("app", "new")

    @case("apply --confirm asks about what it would delete")
    def test_apply_confirm(self):
        self.makes_plan()
        self.set_in_plan("old", decision="keep")
        self.confirms(0, "--answer", "yes", program=(PROGRAM, "apply"), more=(self.plan,))
        self.says("Delete 2 tags (4 manifests)? [y/N]")
        self.leaves("app", "new", "old")

    @case("--confirm without a terminal is an error, and so it is with a dry run")
    def test_confirm_without_terminal(self):
        self.exits(2, "--confirm")
        self.says("--confirm: there is no terminal to ask on")
        self.exits(2, "--confirm", "--dry-run")
        self.says("--confirm: a dry run deletes nothing")
        self.exits(2, "--confirm", env={"DRY_RUN": "true"})
        self.says("--confirm: a dry run deletes nothing")
        self.nothing_went()
