"""Coming from Scaleway Registry Purge: each of its usage examples, and what remains after it. Its
variables become keys, its namespaces and images become namespaces and repositories."""

from lab import World, case

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
