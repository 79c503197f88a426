"""Ages that count from the push: what the storage's times are good for, and when they are not."""

import datetime
import hashlib
import os
import time

from lab import World, case

DAY = 86400


def moment(text):
    """A time of UTC in seconds."""
    return datetime.datetime.fromisoformat(f"{text}+00:00").timestamp()


def days_ago(days):
    return time.time() - days * DAY


class Pushes(World):
    CONFIG = None

    def pushed_at(self, tag, seconds):
        """As if that tag of app had been pushed then."""
        link = self.registry.manifests("app") / "tags" / tag / "current/link"
        os.utime(link, (seconds, seconds))

    def counts(self, cleanup=None, changes=None, url=None):
        """The configuration: ages count so, and the inventory is of the storage unless changes say
        otherwise."""
        base = {"inventory": {"source": "storage"}, "cleanup": cleanup or {}}
        self.configure(base, changes, url=url)

    def summary(self, name):
        return self.report()["summary"][name]

    def pushed(self):
        """When the tags were pushed, says the report: {tag: time}."""
        return {row["tag"]: row["pushed_at"] for row in self.report()["tags"]}


class AllKinds(Pushes):
    API = {"inventory": {"source": "api"}}
    # The names say when they were created and pushed.
    KEPT = [
        {"repository": "app", "tag": "old-old", "created": "-90d"},
        {"repository": "app", "tag": "old-new", "created": "-90d"},
        {"repository": "app", "tag": "new-old", "created": "-1d"},
        {"repository": "app", "tag": "new-new", "created": "-1d"},
        {"repository": "app", "tag": "none-old"},
        {"repository": "app", "tag": "none-new"},
        {"repository": "app", "tag": "zero-old", "created": "0001-01-01T00:00:00Z"},
        {"repository": "app", "tag": "old-future", "created": "-90d"},
        {"repository": "app", "tag": "old-ancient", "created": "-90d"},
    ]

    @classmethod
    def prepare(cls, self):
        super().prepare(self)
        for tag in ("old-old", "new-old", "none-old", "zero-old"):
            self.pushed_at(tag, days_ago(60))
        self.pushed_at("old-future", days_ago(-2))
        self.pushed_at("old-ancient", moment("2013-03-19"))

    def goes(self, *tags):
        """These tags of app, and no others, would go."""
        rows = self.report()["tags"]
        found = sorted(row["tag"] for row in rows if row["decision"] == "delete")
        self.assertEqual(found, sorted(tags))

    def reasons(self, **expected):
        """The reasons of tags, whose '-' is '_' here."""
        found = {row["tag"]: ",".join(row["reasons"]) for row in self.report()["tags"]}
        for tag, reasons in expected.items():
            self.assertEqual(found[tag.replace("_", "-")], reasons, tag)

    @case("age_from and unknown_age: which tags go by which of their times")
    def test_which(self):
        for line in (
            "created keep old-old old-new old-future old-ancient",
            "created pushed old-old old-new old-future old-ancient none-old zero-old",
            "pushed keep old-old new-old none-old zero-old",
            "pushed pushed old-old new-old none-old zero-old",
            "newest keep old-old",
            "newest pushed old-old none-old zero-old",
        ):
            with self.subTest(line):
                age_from, unknown_age, *tags = line.split()
                self.counts({"age_from": age_from, "unknown_age": unknown_age})
                self.exits(0, "--dry-run")
                self.goes(*tags)

    @case(
        "a push in the future is young; one before there were images makes an age that needs it unknown"
    )
    def test_strange_times(self):
        for age_from in ("pushed", "newest"):
            self.counts({"age_from": age_from})
            self.exits(0, "--dry-run")
            self.reasons(old_future="recent", old_ancient="unknown_age")
        self.counts({"unknown_age": "pushed"})
        self.pushed_at("none-old", days_ago(-2))
        self.pushed_at("zero-old", moment("1999-12-31"))
        self.exits(0, "--dry-run")
        self.reasons(none_old="recent", zero_old="unknown_age")

    @case("the report tells when a tag was pushed")
    def test_report(self):
        self.pushed_at("old-old", moment("2021-03-04 05:06:07"))
        self.counts()
        self.exits(0, "--dry-run")
        self.assertEqual(self.pushed()["old-old"], "2021-03-04T05:06:07Z")
        self.counts(changes=self.API)
        self.exits(0, "--dry-run")
        self.assertEqual(set(self.pushed().values()), {None})

    @case("through the API no push is known: what needs one stays, and that is an error")
    def test_api(self):
        for age_from in ("pushed", "newest"):
            self.counts({"age_from": age_from}, self.API)
            self.exits(1)
            self.says("[WARNING] when tags were pushed is not known", "keep 9 tags")
            self.assertEqual(self.summary("unknown_age"), 9)
            self.assertEqual(self.summary("deleted"), 0)
        # Where only some need one, the others go.
        self.counts({"unknown_age": "pushed"}, self.API)
        self.exits(1, "--dry-run")
        self.says("[WARNING] when tags were pushed is not known", "keep 3 tags")
        self.goes("old-old", "old-new", "old-future", "old-ancient")
        self.counts(changes=self.API)
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("[WARNING]")

    # The look before the deletes knows when tags were pushed, too.
    @case("by age_from pushed old pushes are deleted")
    def test_deleted(self):
        self.counts({"age_from": "pushed"})
        self.exits(0)
        self.assertEqual(self.summary("deleted"), 4)
        self.assertEqual(self.summary("changed"), 0)
        left = ["none-new", "new-new", "old-new", "old-future", "old-ancient"]
        self.leaves("app", *left)
        self.pulls("app", *left)

    # It may be a copy: with the same names and digests, and other times.
    @case("a folder of which it cannot be asked whether it is the registry's own tells of no push")
    def test_copy(self):
        no_stat = self.exec_script("case $1 in stat) exit 127;; esac")
        self.counts({"age_from": "pushed"}, no_stat)
        self.exits(1)
        self.says("[WARNING] when tags were pushed is not known")
        self.assertEqual(self.summary("deleted"), 0)
        self.assertEqual(set(self.pushed().values()), {None})

    @case("a tag that is pushed anew between plan and look stays, though its digest is the same")
    def test_pushed_anew(self):
        proxy = self.start_proxy()
        self.counts({"age_from": "pushed"}, url=proxy.url)
        # The same manifest is pushed under the tag once more, when its repository is looked at.
        proxy.rules(
            {
                "match": {"path": "app/tags/list"},
                "times": 1,
                "continue": True,
                "call": lambda _: self.registry.point("app", "old-old", "old-old"),
            }
        )
        self.exits(0)
        self.assertEqual(proxy.applied(0), 1)
        # It stays, since it was pushed just now; new-old goes.
        status = {row["tag"]: row["status"] for row in self.report()["tags"]}
        self.assertEqual(status["old-old"], "changed")
        self.assertEqual(status["new-old"], "deleted")
        self.has("app", "old-old")
        self.lacks("app", "new-old")


class Restored(Pushes):
    """As `restore` leaves it: new links, and the times of the journal in the state."""

    NEWEST = {
        "cleanup": {"age_from": "pushed", "days_to_keep": None, "keep_last_images": 2},
    }

    def setUp(self):
        super().setUp()
        self.write_images(
            [{"repository": "app", "tag": f"t{n}", "created": "-90d"} for n in range(24)]
        )
        # Not just so many days ago to the second.
        for n in range(24):
            self.pushed_at(f"t{n}", days_ago(1 + n) + 3600)

    def restored(self, *tags, days=60, damage=False):
        """These were restored just now, and pushed so many days ago before they were deleted."""
        lines = ["clean-registry list of restored tags 1"]
        now = time.time()
        for tag in sorted(tags):
            self.pushed_at(tag, now)
            link = self.registry.manifests("app") / "tags" / tag / "current/link"
            ns = os.stat(link).st_mtime_ns
            times = f"{int(now)} {int(days_ago(days))} - - {ns}"
            lines.append(f"{times} app {tag} {link.read_text()}")
        body = "".join(line + "\n" for line in lines).encode()
        sum_of = hashlib.sha256(body + b"x" * damage).hexdigest()
        [folder] = [path.parent for path in self.state.glob("*/lock")]
        (folder / "restored").write_bytes(body + f"sha256:{sum_of}\n".encode())
        (folder / "restored").chmod(0o600)
        return folder / "restored"

    def going(self):
        rows = self.report()["tags"]
        return sorted(row["tag"] for row in rows if row["decision"] == "delete")

    def counts_so(self, rules):
        self.configure({"inventory": {"source": "storage"}, "gc": {"when": "never"}}, rules)

    @case("a restored tag is as old as before it was deleted, until somebody pushes it")
    def test_age(self):
        self.counts_so({"cleanup": {"age_from": "pushed", "days_to_keep": 40}})
        self.exits(0)
        file = self.restored("t3", "t4")
        self.exits(0, "--dry-run")
        self.assertEqual(self.going(), ["t3", "t4"])
        self.registry.point("app", "t3", "t3")
        self.exits(0)
        self.assertEqual(self.going(), ["t4"])
        self.assertEqual(self.summary("deleted"), 1)
        self.has("app", "t3")
        self.lacks("app", "t4")
        # That it was pushed is remembered.
        self.assertNotIn(" t3 ", file.read_text())

    @case("what restore put back has its push times, goes again when it is released, and no other")
    def test_restore(self):
        rules = {"cleanup": {"age_from": "pushed", "days_to_keep": 20, "keep_last_images": 3}}
        self.counts_so(rules)
        self.exits(0)
        gone = ["t20", "t21", "t22", "t23"]
        self.assertEqual(self.going(), gone)
        self.run_program("restore", "--config", self.config, "app:t22", "app:t23")
        self.exited(0)
        self.has("app", "t22", "t23")
        self.exits(0)
        self.assertEqual(self.going(), [])
        self.run_program("release", "--config", self.config, "app:t23")
        self.exits(0)
        self.assertEqual(self.going(), ["t23"])
        self.assertEqual(self.summary("deleted"), 1)
        self.has("app", "t22", "t0", "t1", "t2")
        self.lacks("app", "t23")

    @case("restored tags are not the newest pushes, and many at once are no copy of a disk")
    def test_newest(self):
        self.counts_so({"cleanup": {"age_from": "pushed", "days_to_keep": 365}})
        self.exits(0)
        self.restored(*(f"t{n}" for n in range(4, 24)))
        self.counts_so(self.NEWEST)
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("[WARNING]")
        self.assertNotIn("t0", self.going())
        self.assertNotIn("t1", self.going())
        self.assertEqual(len(self.going()), 22)

    @case("what was restored is not known: no push counts, and that is an error")
    def test_damaged(self):
        self.counts_so({"cleanup": {"age_from": "pushed", "days_to_keep": 365}})
        self.exits(0)
        file = self.restored("t23", damage=True)
        self.counts_so(self.NEWEST)
        before = file.read_bytes()
        self.exits(1)
        self.says(
            "/restored: damaged: it does not match its checksum: which tags were restored is not known",
            "when tags were pushed is not known in this run",
        )
        self.assertEqual(self.summary("deleted"), 0)
        self.assertEqual(file.read_bytes(), before)
        # Where no push is needed, it is a warning.
        self.counts_so({"cleanup": {"days_to_keep": 365}})
        self.exits(0)
        self.says("[WARNING]", "which tags were restored is not known")


class ManyAtOnce(Pushes):
    def push_many(self, count, apart):
        """Tags of which so many were pushed on days of their own, long ago, and the others a while later, all
        at once."""
        self.write_images(
            [{"repository": "app", "tag": f"t{n}", "created": "-90d"} for n in range(count)]
        )
        for n in range(count):
            at_once = moment("2024-01-01 00:00:00") + n % 60
            self.pushed_at(f"t{n}", days_ago(100 + n) if n < apart else at_once)

    def plans(self, count):
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("[WARNING]")
        self.assertEqual(self.summary("planned"), count)

    @case("when most of the tags were pushed within a minute, it is a copy: no push is known")
    def test_copy(self):
        self.counts({"age_from": "pushed"})
        self.push_many(20, 9)
        self.exits(1)
        self.says("[WARNING] more than half of the tags seem to have been pushed within one minute")
        self.assertEqual(self.summary("unknown_age"), 20)
        self.assertEqual(len(self.registry.tags("app")), 20)
        self.counts({"age_from": "newest"})
        self.exits(1)
        self.assertEqual(len(self.registry.tags("app")), 20)
        # Where no push is needed, nobody is bothered.
        self.counts()
        self.plans(20)

    @case("half of the tags, or less than 20 at once, may be")
    def test_no_copy(self):
        self.counts({"age_from": "pushed"})
        self.push_many(20, 10)
        self.plans(20)
        self.registry.empty()
        self.push_many(19, 0)
        self.plans(19)
