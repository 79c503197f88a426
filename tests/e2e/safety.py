"""A plan beyond a limit is refused as a whole, and so is one that a wrong clock may have made."""

import email.utils
import hashlib
import shutil
import time

from lab import World, case, tree

DAY = 86400
# A job that is about nothing.
NONE = {"name": "none", "repositories": ["none"], "tag_regexps": ["none"]}


class Safety(World):
    # Four of eight tags go: all but two of app, none of the others.
    IMAGES = [
        {"repository": "app", "tag": "one", "created": "-90d"},
        {"repository": "app", "tag": "two", "created": "-91d"},
        {"repository": "app", "tag": "three", "created": "-92d"},
        {"repository": "app", "tag": "three-again", "same_as": "app:three"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "app", "tag": "latest", "created": "-90d"},
        {"repository": "lib", "tag": "new", "created": "-2d"},
        {"repository": "other", "tag": "new", "created": "-3d"},
    ]
    CONFIG = None

    def limit(self, more=None, **limits):
        """Configures these limits, and no collector."""
        url = self.proxy.url if self.proxy else None
        base = {"safety": limits, "gc": {"when": "never"}, "jobs": [NONE]}
        self.configure(base, more, url=url)

    def nothing_went(self):
        self.leaves("app", "latest", "new", "one", "three", "three-again", "two")

    @case("each limit lets its own number pass, and not one more")
    def test_limits(self):
        for name, allowed, refused in (
            ("max_delete_tags", 4, 3),
            ("max_delete_percent", 50, 49),
            ("min_tags_per_repository", 2, 3),
        ):
            self.limit(**{name: allowed})
            self.exits(0, "--dry-run")
            self.limit(**{name: refused})
            self.exits(6, "--dry-run")
            self.says(f"[ERROR] safety.{name}: ")

    @case("a refused run names each limit, and the way through, and deletes and collects nothing")
    def test_refused(self):
        self.limit(
            {"gc": {"when": "always"}},
            max_delete_tags=3,
            max_delete_percent=10,
            min_tags_per_repository=5,
        )
        before = tree(self.registry.store)
        requests = self.watch(lambda: self.exits(6))
        self.assertEqual(tree(self.registry.store), before)
        self.assertNotEqual(requests, [])
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.exits(6)
        self.says(
            "safety.max_delete_tags: 4 tags would go, 3 are allowed",
            "safety.max_delete_percent: 4 of 8 tags would go, 10 percent are allowed",
            "safety.min_tags_per_repository: 1 repository would have too few tags left: "
            "app would keep 2 of 6",
            "--force",
        )
        self.assertEqual(self.owed(), [])

    @case("the report of a refused run has the whole plan")
    def test_report(self):
        self.limit(max_delete_tags=1)
        self.exits(6)
        report = self.report()
        doomed = [row for row in report["tags"] if row["decision"] == "delete"]
        self.assertEqual(
            {row["tag"]: row["status"] for row in doomed},
            dict.fromkeys(["one", "three", "three-again", "two"], "planned"),
        )
        self.assertEqual(report["exit_code"], 6)
        self.assertEqual(report["summary"]["deleted"], 0)
        self.assertIs(report["garbage_collection"]["ran"], False)
        self.assertEqual(self.tag("app", "new"), "kept recent")
        self.nothing_went()

    @case("--force goes through, and warns")
    def test_force(self):
        self.limit(max_delete_tags=1, max_delete_percent=1)
        self.exits(0, "--force")
        self.says(
            "[WARNING] safety.max_delete_tags: 4 tags would go",
            "[WARNING] safety.max_delete_percent:",
        )
        self.leaves("app", "latest", "new")
        # Where nothing is to go, there is nothing to refuse.
        self.limit(min_tags_per_repository=100)
        self.exits(0)

    def push_bulk(self, count):
        """So many tags of one old image."""
        self.push(
            [
                {"repository": "bulk", "tag": "t0", "created": "-90d"},
                *(
                    {"repository": "bulk", "tag": f"t{n}", "same_as": "bulk:t0"}
                    for n in range(1, count)
                ),
            ]
        )

    @case("max_growth_factor needs three complete runs and more than 50 tags to say no")
    def test_growth(self):
        self.limit(max_growth_factor=10)
        self.exits(0)  # 4 tags
        self.exits(0)  # none
        self.push_bulk(51)
        self.exits(0, "--repository", "lib")
        self.exits(0, "--dry-run")  # two runs: one for a repository alone says nothing
        self.configure({"cleanup": {"protected_repositories": ["bulk"]}})
        self.exits(0)
        self.limit(max_growth_factor=10)
        self.exits(6, "--dry-run")
        self.says(
            "safety.max_growth_factor: 51 tags would go, the largest of the last 3 runs deleted 4"
        )
        tag = self.registry.manifests("bulk") / "tags/t50"
        shutil.move(tag, self.folder / "t50")
        self.exits(0, "--dry-run")  # 50 tags
        self.says("would delete 50 tags")
        shutil.move(self.folder / "t50", tag)
        self.limit(max_growth_factor=12.75)
        self.exits(0, "--dry-run")
        self.limit(max_growth_factor=12.7)
        self.exits(6)
        self.exits(0, "--force")
        # Refused runs and dry ones were none: now there is a large one.
        self.push_bulk(510)
        self.limit(max_growth_factor=10)
        self.exits(0, "--dry-run")

    def set_clock(self, seconds):
        """The registry's date is so far from ours."""
        self.set_date(email.utils.formatdate(time.time() + seconds, usegmt=True))

    def set_date(self, date):
        self.proxy.rules({"match": {"path": "/v2/"}, "set_header": {"Date": date}})

    @case("a clock that differs from the registry's by more than max_clock_skew_seconds is refused")
    def test_clock(self):
        self.proxy = self.start_proxy()
        self.limit()
        self.set_clock(250)
        self.exits(0, "--dry-run")
        self.set_clock(400)
        self.exits(6)
        self.says(
            "safety.max_clock_skew_seconds: it was ",
            "apart, 300 are allowed",
            "look at the clock",
        )
        self.set_clock(-400)
        self.exits(6)
        self.nothing_went()
        self.limit(max_clock_skew_seconds=900)
        self.exits(0, "--dry-run")
        # A date that is none says nothing.
        self.set_date("yesterday")
        self.limit()
        self.exits(0, "--dry-run")
        self.set_clock(-400)
        self.exits(0, "--force")
        self.leaves("app", "latest", "new")

    def set_last_run(self, seconds):
        """Writes a history of one run, which ended so many seconds from now."""
        if not list(self.state.glob("*/debts")):
            self.exits(0, "--repository", "app", "--jobs", "none")
        end = int(time.time()) + seconds
        text = f"clean-registry history 1\nrun {end - 5} {end} 1 complete\n"
        text += f"sha256:{hashlib.sha256(text.encode()).hexdigest()}\n"
        for journal in self.state.glob("*/debts"):
            journal.with_name("history").write_text(text)

    @case("now must not lie before the end of the last run")
    def test_past(self):
        self.limit()
        self.set_last_run(3600)
        self.exits(6)
        self.says(
            "safety.max_clock_skew_seconds: it is ",
            "before the end of the last run",
        )
        self.nothing_went()
        self.set_last_run(-3600)
        self.exits(0)
        self.keeps_quiet_of("the file history")
        self.leaves("app", "latest", "new")

    @case(
        "the end of a run for some repositories, jobs or lines counts, too, where there was no other"
    )
    def test_partial(self):
        self.limit()
        self.exits(0, "--repository", "lib")
        history = next(self.state.glob("*/history"))
        self.assertRegex(history.read_text(), r"(?m)^run [0-9]+ [0-9]+ 0 partial$")
        self.exits(0, "--jobs", "none")
        runs = [line for line in history.read_text().splitlines() if line.startswith("run ")]
        self.assertEqual(len(runs), 1)

    @case("a clock that jumped ahead is told by nothing having happened for 35 days")
    def test_jump(self):
        self.registry.empty()
        self.push(
            [
                {"repository": "app", "tag": "old", "created": "-90d"},
                {"repository": "app", "tag": "late", "created": "-36d"},
            ]
        )
        self.limit({"inventory": {"source": "api"}})
        self.exits(0, "--dry-run")  # no run is known
        self.set_last_run(-34 * DAY)
        self.exits(0, "--dry-run")
        self.set_last_run(-36 * DAY)
        self.exits(6)
        self.says("more than 35 days after the end of the last run")
        self.leaves("app", "late", "old")
        self.push([{"repository": "app", "tag": "young", "created": "-34d"}])
        self.exits(0)
        self.leaves("app")
