"""--max-minutes: a run ends when its time is up, says what is left, and the next one goes on there."""

from lab import FaultWorld, case


class TimeLimit(FaultWorld):
    REGISTRY = {}

    def slow_deletes(self, repository):
        """The first DELETE of a manifest there outlasts the limit; one request at a time."""
        self.configure({"registry": {"max_concurrent_requests": 1}})
        path = f"{repository}/manifests/sha256"
        self.rules(
            {"match": {"method": "DELETE", "path": path}, "after": 1, "times": 1, "delay": 12}
        )

    @case(
        "time is up between repositories: the rest and the collection are left, exit 1; the next run finishes"
    )
    def test_between(self):
        self.push(self.PLAIN)
        self.remember("team/app")
        self.slow_deletes("other")
        self.clean("--max-minutes", "0.15")
        self.applied()
        self.exited(1)
        self.matches(
            r"WARNING. time is up \(--max-minutes\): 1 repository with 1 tag to delete is left for "
            "the next run; nothing is collected now, and the collection stays owed",
            "what is there now is not verified",
        )
        self.leaves("other", "new")
        self.unchanged("team/app")
        self.assertEqual(self.owed(), ["collection"])
        self.assertIs(self.report()["garbage_collection"]["ran"], False)
        self.assertEqual(self.report()["exit_code"], 1)
        rows = self.report()["tags"]
        left = [f"{row['repository']}:{row['tag']}" for row in rows if row["status"] == "planned"]
        self.assertEqual(left, ["team/app:old"])
        self.proxy.clear()
        self.clean("--max-minutes", "60")
        self.exited(0)
        self.leaves("team/app", "new")
        self.assertEqual(self.owed(), [])
        self.assertIs(self.report()["garbage_collection"]["ran"], True)

    @case(
        "time is up within a repository: what was about to go stays owed, and what is there is whole"
    )
    def test_within(self):
        self.push(
            [
                {"repository": "team/app", "tag": "one", "created": "-90d"},
                {
                    "repository": "team/app",
                    "tag": "two",
                    "kind": "index",
                    "created": "-90d",
                    "platforms": ["linux/amd64", "linux/arm64"],
                },
                {"repository": "team/app", "tag": "three", "created": "-90d"},
                {"repository": "team/app", "tag": "new", "created": "-1d"},
            ]
        )
        self.slow_deletes("team/app")
        self.clean("--max-minutes", "0.15")
        self.applied()
        self.exited(1)
        self.matches(r"time is up \(--max-minutes\): 1 repository with 2 tags to delete is left")
        left = self.registry.tags("team/app")
        self.assertEqual(len(left), 3)
        self.pulls("team/app", *left)
        owed = [line for line in self.owed() if "sha256:" in line]
        self.assertGreaterEqual(len(owed), 2)
        self.proxy.clear()
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.assertEqual(self.owed(), [])
        self.lacks("team/app", self.digest("team/app:two/linux/arm64"))

    @case("time is up before anything is deleted: nothing goes")
    def test_before(self):
        self.push(self.PLAIN)
        self.remember("team/app", "other")
        self.rules({"match": {"path": "/v2/$"}, "times": 1, "delay": 1})
        self.clean("--max-minutes", "0.001")
        self.exited(1)
        self.applied()
        self.says("2 repositories with 2 tags to delete are left")
        self.unchanged("team/app", "other")
        self.no_delete("team/app", "other")
        self.assertIs(self.report()["garbage_collection"]["ran"], False)

    @case("nothing is left to do: the limit does not matter, nor to a dry run")
    def test_nothing_left(self):
        self.push(self.PLAIN)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.clean("--max-minutes", "0.001")
        self.exited(0)
        self.push(self.PLAIN)
        self.clean("--dry-run", "--max-minutes", "0.001")
        self.exited(0)

    @case("what is no number of minutes is refused, and who does not delete takes none")
    def test_refused(self):
        for value in "0|-1|1e3|0x10| 1|1 |1.2.3|nan|inf|525601|.".split("|"):
            self.clean("--max-minutes", value)
            self.exited(2)
        for verb in ("plan", "usage", "verify", "collect"):
            self.run_program(verb, "-c", self.config, "--max-minutes", "5")
            self.exited(2)
            self.says("not an option of")
