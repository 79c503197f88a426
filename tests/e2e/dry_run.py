"""A dry run tells what would go, and has no way to change anything (S9) but the cache of what it read."""

from lab import World, case, tree

TRUE = ("true", "1", "yes", "on")
FALSE = ("false", "0", "no", "off", "")


def look_at(folder):
    """Everything that writing to the files of a folder, but for the cache, would change."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        about = path.lstat()
        found[str(path)] = (about.st_ino, about.st_mode)
        if not path.is_dir():
            found[str(path)] += (about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return {path: about for path, about in found.items() if not path.endswith("/cache")}


class DryRun(World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {
            "repository": "app",
            "tag": "index",
            "kind": "index",
            "created": "-91d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "app", "tag": "latest", "created": "-90d"},
    ]

    def setUp(self):
        super().setUp()
        self.before = tree(self.registry.store)

    def all_is_as_before(self):
        self.assertEqual(tree(self.registry.store), self.before)

    def has_only_a_cache(self):
        """The state has no file but the cache, in the one folder of the registry."""
        [folder] = self.state.iterdir()
        self.assertTrue(folder.is_dir())
        self.assertEqual([path.name for path in folder.iterdir()], ["cache"])
        self.assertTrue((folder / "cache").is_file())

    def tags(self, status):
        """{(repository, tag, digest)} of what has this status in the report."""
        return {
            (row["repository"], row["tag"], row["digest"])
            for row in self.report()["tags"]
            if row["status"] == status
        }

    @case("storage and state are untouched but for the cache, and nothing but GETs arrives")
    def test_untouched(self):
        self.configure({"paths": {"host_storage": ""}})
        requests = self.watch(lambda: self.exits(0, "--dry-run"))
        self.all_is_as_before()
        self.has_only_a_cache()
        self.assertTrue(requests)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.pulls("app", "old", "index", "new", "latest")

    @case("its lines say what would go and why, and what would come then")
    def test_lines(self):
        self.exits(0, "-n")
        self.matches(
            r"\[INFO\] would delete app:old \(old: created [0-9-]{10} \(90 days ago\); .*\)$",
            r"\[INFO\] would delete app:index \(old: created [0-9-]{10} \(91 days ago\); .*\)$",
        )
        self.says("would delete 2 tags (4 manifests)", "would then run the collector")
        self.keeps_quiet_of("app:new", "app:latest", "[ERROR]")

    @case("with --debug it also says of each tag that stays, why")
    def test_debug_option(self):
        self.exits(0, "--dry-run", "--debug")
        self.matches(
            r"\[DEBUG\] keep app:new \(recent: created [0-9-]{10} \(1 day ago\)",
            r"\[DEBUG\] keep app:latest \(.*protected_tag.*\)$",
        )
        self.all_is_as_before()

    @case("the report says planned, and knows nothing of storage and collection")
    def test_report(self):
        self.exits(0, "--dry-run")
        report = self.report()
        self.assertEqual((report["dry_run"], report["exit_code"]), (True, 0))
        self.assertEqual(self.tag("app", "old"), "planned old")
        self.assertEqual(self.tag("app", "index"), "planned old")
        self.assertEqual(self.tag("app", "new"), "kept recent")
        [old] = [row for row in report["tags"] if row["tag"] == "old"]
        self.assertEqual(old["decision"], "delete")
        summary = [report["summary"][key] for key in ("planned", "deleted", "kept")]
        self.assertEqual(summary, [2, 0, 2])
        storage = [report["storage"].get(key) for key in ("before", "after", "freed_bytes")]
        self.assertEqual(storage, [None, None, None])
        self.assertIs(report["garbage_collection"]["ran"], False)

    @case("what was planned is what the next run does")
    def test_next_run(self):
        self.exits(0, "--dry-run")
        planned = self.tags("planned")
        self.assertTrue(planned)
        self.exits(0)
        self.assertEqual(self.tags("deleted"), planned)

    @case("a state folder that is there is not touched either, but for the cache")
    def test_state(self):
        self.exits(0)
        self.push([{"repository": "app", "tag": "older", "created": "-99d"}])
        before = look_at(self.state)
        self.assertGreater(len(before), 2)
        self.exits(0, "--dry-run")
        self.says("would delete app:older")
        self.assertEqual(look_at(self.state), before)

    @case("it needs no lock: while another run is at work it does its own")
    def test_lock(self):
        other = self.begin_held("other")
        self.configure()
        self.exits(0, "--dry-run")
        self.says("would delete app:old")
        self.all_is_as_before()
        other.release()
        self.assertEqual(other.end().status, 0, other.output())
        self.leaves("app", "new", "latest")

    @case("DRY_RUN: true, 1, yes and on are as the option")
    def test_true(self):
        for value in (*TRUE, "TRUE", "Yes"):
            self.exits(0, env={"DRY_RUN": value})
            self.says("would delete 2 tags")
        self.all_is_as_before()

    @case("DRY_RUN: false, 0, no, off and nothing take back no option, and make no dry run")
    def test_false(self):
        for value in FALSE:
            self.exits(0, "--dry-run", env={"DRY_RUN": value})
            self.says("would delete 2 tags")
        self.all_is_as_before()
        self.exits(0, env={"DRY_RUN": "false"})
        self.leaves("app", "new", "latest")

    @case("DRY_RUN and DEBUG: anything else is a usage error, and nothing is sent")
    def test_neither(self):
        for name in ("DRY_RUN", "DEBUG"):
            requests = self.watch(lambda name=name: self.exits(2, env={name: "maybe"}))
            self.says(f"{name}: ")
            self.assertEqual(requests, [])
        self.all_is_as_before()

    @case("DEBUG changes what is told, never what is done")
    def test_debug(self):
        for value in TRUE:
            self.exits(0, "--dry-run", env={"DEBUG": value})
            self.says("[DEBUG]")
        for value in FALSE:
            self.exits(0, "--dry-run", env={"DEBUG": value})
            self.keeps_quiet_of("[DEBUG]")
        self.all_is_as_before()
        self.exits(0, env={"DEBUG": "true"})
        self.leaves("app", "new", "latest")

    @case("it does not ask whether deletion is enabled, and names no collector that would not run")
    def test_no_collector(self):
        self.configure({"gc": {"when": "never"}})
        self.exits(0, "--dry-run")
        self.says("would delete app:old")
        self.keeps_quiet_of("collector")


class WithContainer(DryRun):
    REGISTRY = {"where": "container"}

    @case("it works for a user who can write nothing and reach no container")
    def test_nobody(self):
        self.configure({"paths": {"state": "/var/lib/clean-registry"}})
        self.env["DRY_RUN"] = "true"
        folder = self.run_as_nobody()
        # Its own run could not ask the collector.
        self.exited(4)
        self.says(
            "would delete app:old",
            "would delete 2 tags",
            "this run has no log file",
            "the run would stop here: ",
        )
        self.all_is_as_before()
        names = sorted(path.name for path in folder.rglob("*"))
        self.assertEqual(names, ["clean-registry", "config.json"])
