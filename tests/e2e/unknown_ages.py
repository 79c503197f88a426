"""Rules that keep a number of the newest, on a night when ages are not known."""

import os
import time

from lab import World, case

DAY = 86400
UNDATED = "1970-01-01T00:00:00Z"


class UnknownAges(World):
    # The older the image, the older its push: 50 days and more ago.
    KEPT = [{"repository": "app", "tag": f"t{n}", "created": f"-{100 + n}d"} for n in range(25)]

    @classmethod
    def prepare(cls, self):
        super().prepare(self)
        for n in range(25):
            self.touch(n, -(50 + n) * DAY)

    def touch(self, number, seconds):
        """The tag was pushed so many seconds from now."""
        link = self.registry.manifests("app") / f"tags/t{number}/current/link"
        moment = time.time() + seconds
        os.utime(link, (moment, moment))

    def touch_all(self, seconds):
        for n in range(25):
            self.touch(n, seconds)

    def configure(self, *changes, url=None):
        """With a job that saves the 20 newest."""
        job = {"name": "nightly", "repositories": ["app"], "tag_regexps": ["^t"], "save_last": 20}
        base = {
            "jobs": [job],
            "cleanup": {"delete_old_tags": False, "age_from": "newest"},
            "gc": {"when": "never"},
        }
        super().configure(base, *changes, url=url)

    def leaves_all_but(self, *numbers):
        self.leaves("app", *(f"t{n}" for n in range(25) if n not in numbers))

    def undated(self, *tags):
        """The report says so of each."""
        for tag in tags:
            self.assertEqual(self.tag("app", tag), "kept unknown_age,undated")

    def summary(self, key):
        return self.report()["summary"][key]

    @case("on an ordinary night the job takes what is beyond the 20 newest")
    def test_ordinary(self):
        self.exits(0)
        self.keeps_quiet_of("[WARNING]", "[ERROR]")
        self.leaves_all_but(20, 21, 22, 23, 24)

    @case("when all links have one time, as after a restore, nothing goes, and the run ends with 1")
    def test_one_time(self):
        self.touch_all(-3 * DAY)
        self.exits(1, "--dry-run")
        self.assertEqual(self.summary("planned"), 0)
        self.exits(1)
        self.says(
            "[WARNING] more than half of the tags seem to have been pushed within one minute",
            "the rules of age and number keep 25 tags; this counts as an error",
        )
        self.assertEqual(self.summary("errors"), 1)
        self.undated("t0", "t24")
        self.leaves_all_but()

    @case("when the storage is not mounted tonight, nothing goes, and the run ends with 1")
    def test_not_mounted(self):
        self.configure({"paths": {"host_storage": str(self.folder / "not-mounted")}})
        self.exits(1, "--dry-run")
        self.assertEqual(self.summary("planned"), 0)
        self.exits(1)
        self.says(
            "[WARNING] when tags were pushed is not known",
            "keep 25 tags, and this counts as an error",
        )
        self.undated("t0", "t24")
        self.leaves_all_but()

    @case(
        "when the folder is not proved to be the registry's own, nothing goes, and the run ends with 1"
    )
    def test_not_proved(self):
        self.configure(self.exec_script("case $1 in stat) exit 127;; esac"))
        self.exits(1)
        self.says("[WARNING] when tags were pushed is not known")
        self.leaves_all_but()

    @case(
        "no other rule takes what a number is about on such a night, and no rule of age keeps less"
    )
    def test_other_rules(self):
        self.touch_all(-3 * DAY)
        self.configure({"cleanup": {"tag_name_pattern": "^t"}})
        self.exits(1)
        self.leaves_all_but()
        # With 20 of the newest images, and with a date.
        for more in ({"keep_last_images": 20}, {"keep_since": "2021-01-01"}):
            self.configure({"jobs": None, "cleanup": {"tag_name_pattern": "^t", **more}})
            self.exits(1)
            self.leaves_all_but()
        # Where no age matters, none is missed.
        self.configure({"jobs": None, "cleanup": {"tag_name_pattern": "^t2."}})
        self.exits(0)
        self.keeps_quiet_of("[WARNING]")
        self.leaves_all_but(20, 21, 22, 23, 24)

    @case("jobs that such a night kept from their work are due the next time")
    def test_jobs(self):
        job = {"name": "nightly", "repositories": ["app"], "tag_regexps": ["^t"]}
        hourly = {"jobs": [{**job, "save_last": 20, "clean_every_n_hours": 24}]}
        self.configure({**hourly, "paths": {"host_storage": "/nonexistent"}})
        self.exits(1)
        self.configure(hourly)
        self.exits(0)
        self.leaves_all_but(20, 21, 22, 23, 24)

    @case("what was pushed 30 seconds in the future is the newest")
    def test_near_future(self):
        self.touch(24, 30)
        self.exits(0)
        self.keeps_quiet_of("[WARNING]")
        self.assertEqual(self.tag("app", "t24"), "kept save_last")
        self.leaves_all_but(19, 20, 21, 22, 23)

    @case("what was pushed in the future is young for rules of age, too")
    def test_future(self):
        self.touch(24, 3600)
        self.touch(20, -60 * DAY)
        rules = {"delete_old_tags": True, "age_from": "pushed", "days_to_keep": 70}
        self.configure({"jobs": None, "cleanup": rules})
        self.exits(0)
        self.assertEqual(self.tag("app", "t24"), "kept recent")
        self.leaves_all_but(21, 22, 23)

    @case("images of 1970 stay where a number is about them, and that is told")
    def test_1970(self):
        # As jib, ko and buildpacks write them.
        self.push([{"repository": "jib", "tag": f"t{n}", "created": UNDATED} for n in range(30)])
        job = {"name": "j", "repositories": ["jib"], "tag_regexps": ["."], "save_last": 20}
        for jobs, rules in (
            ([job], {}),
            (None, {"keep_last_images": 3}),
            (None, {"keep_last_images": 3, "tag_name_pattern": "."}),
        ):
            self.configure({"jobs": jobs, "cleanup": {"age_from": "created", **rules}})
            self.exits(0, "--repository", "jib")
            self.assertEqual(len(self.registry.tags("jib")), 30)
            self.assertEqual(self.summary("unknown_age"), 30)
        # Without a number they go by their names.
        self.configure({"jobs": None, "cleanup": {"age_from": "created", "tag_name_pattern": "."}})
        self.exits(0, "--repository", "jib")
        self.leaves("jib")

    def push_mixed(self, dated, undated):
        self.push(
            [
                *(
                    {"repository": "mixed", "tag": f"d{n}", "created": f"-{10 + n}d"}
                    for n in range(dated)
                ),
                *(
                    {"repository": "mixed", "tag": f"u{n}", "created": UNDATED}
                    for n in range(undated)
                ),
            ]
        )

    def save(self, number, **rules):
        """A job that saves so many of the repository `mixed`."""
        job = {"name": "m", "repositories": ["mixed"], "tag_regexps": ["."], "save_last": number}
        self.configure({"jobs": [job], "cleanup": {"age_from": "created", **rules}})

    @case("with more undated than dated tags, what a number counts stays, and a warning says so")
    def test_more_undated(self):
        self.push_mixed(4, 4)
        self.save(2)
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("keeps all")
        self.assertEqual(self.summary("planned"), 2)
        self.push([{"repository": "mixed", "tag": "u4", "created": UNDATED}])
        self.exits(0)
        self.says(
            "[WARNING] mixed: job m, . keeps all 9 tags that it counts: "
            "the age of 5 of them is not known, and of 4 it is"
        )
        self.assertEqual(len(self.registry.tags("mixed")), 9)
        self.assertEqual(self.tag("mixed", "d3"), "kept undated")
        self.assertEqual(self.tag("mixed", "d0"), "kept save_last")

    def why(self, tag):
        self.run_program("why", f"mixed:{tag}", "--config", self.config, apart=True)
        self.exited(0)

    @case("why tells of both")
    def test_why(self):
        self.push_mixed(3, 4)
        self.save(1, tag_name_pattern="^u")
        self.why("u0")
        self.says(
            "job m, .                       yes      keep: its age is not known",
            "decision   keep (name_match, unknown_age, undated by job m, .)",
        )
        self.why("d2")
        self.says(
            "yes      keep: of most that it counts the age is not known (4 of 7), 3rd newest",
            "decision   keep (undated by job m, .)",
        )
