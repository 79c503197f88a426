"""Jobs: what is due, what a run remembers, and what stays whether or not a job is due."""

import re
import time

from lab import World, case

DAILY = {
    "name": "daily",
    "repositories": ["app"],
    "tag_regexps": ["^pr-"],
    "clean_every_n_hours": 24,
}


def warnings(text):
    return re.findall(r"^.* \[WARNING\] (.*)$", text, re.MULTILINE)


class Jobs(World):
    CONFIG = None

    def push_tags(self, repository, *tags):
        """Pushes images: "TAG:DAYS" was created so many days ago."""
        pairs = [tag.split(":") for tag in tags]
        self.push(
            [{"repository": repository, "tag": tag, "created": f"-{days}d"} for tag, days in pairs]
        )

    def jobs(self, *jobs, **more):
        """Configures these jobs, no collector; no tag goes by its age alone, unless more says so."""
        base = {"jobs": list(jobs), "cleanup": {"delete_old_tags": False}, "gc": {"when": "never"}}
        self.configure(base, more, url=self.proxy and self.proxy.url)

    @case("a job that ran is not due until its hours have passed, unless it is named")
    def test_due(self):
        self.jobs(DAILY)
        self.push_tags("app", "pr-1:2", "new:2")
        self.exits(0)
        self.leaves("app", "new")
        self.assertEqual(self.tag("app", "pr-1"), "deleted job")
        self.push_tags("app", "pr-2:400")
        self.exits(0)
        self.leaves("app", "new", "pr-2")
        self.assertEqual(self.tag("app", "pr-2"), "kept not_due")
        self.exits(0, "--jobs", "daily")
        self.leaves("app", "new")
        # Named, it ran: it is not due now, and was not before.
        self.push_tags("app", "pr-3:400")
        self.exits(0)
        self.leaves("app", "new", "pr-3")

    @case("a job without hours is part of every run")
    def test_no_hours(self):
        self.jobs(DAILY | {"clean_every_n_hours": 0})
        self.push_tags("app", "pr-1:2")
        self.exits(0)
        self.push_tags("app", "pr-2:2")
        self.exits(0)
        self.leaves("app")

    @case("dry runs, refused runs, and runs that were not all done are not remembered")
    def test_not_remembered(self):
        self.proxy = self.start_proxy()
        self.push_tags("app", "pr-1:2")
        self.jobs(DAILY, safety={"max_delete_percent": 50})
        self.exits(0, "--dry-run", "--jobs", "daily", "--force")
        self.exits(6)
        self.jobs(DAILY, protect={"in_use": [["false"]]})
        self.exits(6)
        self.jobs(DAILY)
        match = {"method": "DELETE", "path": "app/manifests/sha256:"}
        self.proxy.rules({"match": match, "after": 1, "status": 403})
        self.exits(1)
        self.leaves("app", "pr-1")
        self.proxy.clear()
        self.exits(0)
        self.leaves("app")
        self.push_tags("app", "pr-2:2")
        self.exits(0)
        self.leaves("app", "pr-2")

    @case("a run that was restricted to some repositories is not remembered either")
    def test_restricted(self):
        self.jobs(DAILY | {"repositories": ["**"]})
        self.push_tags("app", "pr-1:2")
        self.push_tags("team/other", "pr-1:2")
        self.exits(0, "--repository", "app")
        self.leaves("app")
        self.leaves("team/other", "pr-1")
        self.exits(0)
        self.leaves("team/other")

    @case("a job that is not there is an error that names the nearest one, before anything is sent")
    def test_unknown(self):
        self.jobs(DAILY)
        self.push_tags("app", "pr-1:2")
        requests = self.watch(lambda: self.exits(2, "--jobs", "daily,dayly"))
        self.assertEqual(requests, [])
        self.says("--jobs: there is no job 'dayly'; did you mean 'daily'?")
        self.exits(2, "--jobs", "something-else-entirely")
        self.keeps_quiet_of("did you mean")
        self.leaves("app", "pr-1")

    @case("what a job keeps stays also while it is not due, or another one is named")
    def test_keeps(self):
        two = DAILY | {"save_last": 2}
        rest = {"name": "rest", "repositories": ["**"], "tag_regexps": ["."]}
        self.push_tags("app", "pr-1:90", "pr-2:80", "pr-3:70", "x:90")
        self.jobs(DAILY)
        self.exits(0, "--jobs", "daily")
        self.leaves("app", "x")
        self.push_tags("app", "pr-1:90", "pr-2:80", "pr-3:70")
        self.jobs(two, cleanup={"delete_old_tags": True})
        self.exits(0)  # Not due, and its two newest stay.
        self.leaves("app", "pr-2", "pr-3")
        self.assertEqual(self.tag("app", "pr-1"), "deleted old")
        self.assertEqual(self.tag("app", "pr-2"), "kept old,save_last")
        self.push_tags("app", "x:90")
        self.jobs(two, rest, cleanup={"delete_old_tags": True})
        self.exits(0, "--jobs", "rest")
        self.leaves("app", "pr-2", "pr-3")

    @case("jobs that are named are the only ones that delete")
    def test_named(self):
        rest = {"name": "rest", "repositories": ["app"], "tag_regexps": ["^x"]}
        cleanup = {"delete_old_tags": True, "tag_name_pattern": "^y", "untagged_days": 1}
        self.jobs(DAILY, rest, cleanup=cleanup)
        self.push_tags("app", "pr-1:90", "x:90", "y:90", "z:90")
        self.exits(0, "--jobs", "daily")
        self.leaves("app", "x", "y", "z")
        self.exits(0, "--jobs", "rest")
        self.leaves("app", "y", "z")
        self.exits(0)
        self.leaves("app")

    @case("two jobs with different ages over one repository: each asks for its own")
    def test_ages(self):
        builds = {"name": "builds", "repositories": ["app"], "tag_regexps": ["^build-"]}
        both = {"name": "all", "repositories": ["*"], "tag_regexps": ["^(build|release)-"]}
        self.jobs(builds | {"older_than_days": 5}, both | {"older_than_days": 60})
        self.push_tags("app", "build-1:4", "build-2:6", "build-3:61")
        self.push_tags("app", "release-1:6", "release-2:61", "other:90")
        self.exits(0)
        self.leaves("app", "build-1", "release-1", "other")
        self.assertEqual(self.tag("app", "build-1"), "kept recent")
        self.assertEqual(self.tag("app", "other"), "kept not_selected")

    @case("every expression is a group of its own, in each repository")
    def test_groups(self):
        groups = {"name": "groups", "repositories": ["team/*"], "save_last": 1}
        self.jobs(groups | {"tag_regexps": [r"^v\d+$", r"^dev-\w+$", "1$"]})
        self.push_tags("team/a", "v1:9", "v2:8", "v3:7", "dev-x1:9", "dev-y:8", "dev-v.1:6")
        self.push_tags("team/b", "v1:3", "v2:4")
        self.push_tags("team/b/deeper", "v1:9", "v2:8")
        self.exits(0)
        # dev-v.1 is the newest that ends with 1, and of no other group.
        self.leaves("team/a", "v3", "dev-y", "dev-v.1")
        self.leaves("team/b", "v1")
        self.leaves("team/b/deeper", "v1", "v2")

    @case("a tag that is among the newest once another one has vanished stays")
    def test_vanished(self):
        self.proxy = self.start_proxy()
        versions = {"name": "versions", "repositories": ["app"], "tag_regexps": ["^v"]}
        self.jobs(versions | {"save_last": 2})
        self.push_tags("app", "v1:90", "v2:80", "v3:70", "v4:60")
        newest = f"{self.registry.url}/v2/app/manifests/{self.digest('app:v4')}"
        # At the look before the first delete.
        self.proxy.rules(
            {
                "match": {"path": "app/tags/list"},
                "times": 1,
                "continue": True,
                "run": f"curl -sf --noproxy '*' -X DELETE {newest}",
            }
        )
        self.exits(0)
        self.assertEqual(self.proxy.applied(0), 1)
        self.leaves("app", "v2", "v3")
        self.assertEqual(self.tag("app", "v2"), "changed job,changed")

    @case(
        "a tag on which an expression takes for ever stays and is named; "
        "the run goes on and ends soon"
    )
    def test_for_ever(self):
        long = "a" * 100 + "_"
        self.jobs({"name": "slow", "repositories": ["app"], "tag_regexps": ["^(a+)+$", "^b"]})
        self.push_tags("app", f"{long}:90", "aaa:90", "b:90")
        self.push_tags("other", f"{long}:90")
        begin = time.monotonic()
        self.exits(0)
        self.assertLess(time.monotonic() - begin, 20)
        self.leaves("app", long)
        self.assertEqual(self.tag("app", long), "kept pattern_limit")
        self.says(
            f"[WARNING] app:{long} stays, as an expression takes too long on it "
            "(pattern_limit by job slow, ^(a+)+$)",
            "1 on which an expression takes too long",
        )

    @case(
        "an expression that does not compile, and jobs that make no sense, are told with their places"
    )
    def test_nonsense(self):
        self.jobs(
            {"name": "a", "repositories": ["app"], "tag_regexps": ["x(y"]},
            {"name": "a", "repositories": [], "tag_regexps": ["x"]},
        )
        self.exits(2)
        self.says("jobs[0].tag_regexps", "offset 3", "jobs[1].repositories", "jobs[1].name")

    @case(
        "each rule says what it was about; one that is about nothing is a warning, "
        "but for protections of tags"
    )
    def test_rules(self):
        self.push_tags("app", "pr-1:2", "v1:90")
        self.jobs(
            DAILY | {"tag_regexps": ["^pr-", "^never$"]},
            cleanup={
                "delete_old_tags": True,
                "protected_patterns": ["V1", "nowhere"],
                "protected_repositories": ["gone/*"],
            },
        )
        self.exits(0, "--dry-run")
        self.says(
            "cleanup.days_to_keep 30: 2 tags, 1 selected",
            "job daily, ^pr-: 1 tag, 1 selected",
            "cleanup.protected_patterns V1: 1 tag, 1 kept",
            "cleanup.protected_tags latest: 0 tags",
        )
        expected = [
            "job daily, ^never$ matches no tag",
            "cleanup.protected_repositories gone/* matches no tag",
        ]
        self.assertEqual(warnings(self.output), expected)
        self.says("[INFO] cleanup.protected_patterns nowhere matches no tag")
        # The verb plan warns of the same.
        self.run_program("plan", "--config", self.config, apart=True)
        self.exited(0)
        self.assertEqual(warnings(self.errors), expected)
        # A run that does not look at everything cannot say so.
        self.push_tags("team/x", "latest:90")
        self.exits(0, "--dry-run", "--repository", "app")
        self.keeps_quiet_of("matches no tag")
        protected = {"delete_old_tags": True, "protected_tags": ["latest", "prod"]}
        self.jobs(cleanup=protected)
        self.exits(0, "--dry-run")
        self.says("[INFO] cleanup.protected_tags prod matches no tag")
        self.keeps_quiet_of("protected_tags latest matches")
