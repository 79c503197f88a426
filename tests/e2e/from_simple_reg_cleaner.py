"""Coming from simple-reg-cleaner: its config.yaml, jobs.yaml and manual.yaml as config.json."""

from lab import World, case

CLEAN_DEV_TAGS = {
    "name": "clean-dev-tags",
    "description": "Clean dev tags every 72 hours",
    "repositories": ["dependency-scanner-dev", "scheduler-dev", "admin-panel-dev"],
    "tag_regexps": [r"v5\.\d+\.\d+-dev$", r"develop-[\d\w]+$"],
    "save_last": 5,
    "clean_every_n_hours": 24,
    "older_than_days": 5,
}


class FromSimpleRegCleaner(World):
    REGISTRY = {"auth": "cleaner:secret"}
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.env |= {"ENV_VAR_NAME": "cleaner", "ENV_VAR_NAME2": "secret", "PROXY": ""}

    def jobs(self, *jobs):
        """config.yaml of the example and these jobs, in config.json. That tool collects nothing."""
        self.configure(
            {
                "registry": {
                    "user": "__ENV: ENV_VAR_NAME",
                    "password": "__ENV: ENV_VAR_NAME2",
                    "proxy": "__ENV: PROXY",
                    "timeout": 20,
                    "max_concurrent_requests": 20,
                },
                "cleanup": {"days_to_keep": None},
                "gc": {"when": "never"},
                "jobs": list(jobs),
            },
            url=self.registry.url + "/",
        )

    def push_tags(self, repository, tags):
        """Pushes images, "TAG:AGE" each."""
        pairs = [tag.split(":") for tag in tags.split()]
        self.push([{"repository": repository, "tag": tag, "created": age} for tag, age in pairs])

    @case("the example: the last five of each expression stay, and what is younger than five days")
    def test_example(self):
        self.jobs(CLEAN_DEV_TAGS)
        self.push_tags(
            "dependency-scanner-dev",
            """
            v5.1.1-dev:-20d v5.1.2-dev:-19d v5.1.3-dev:-18d v5.10.1-dev:-17d
            v5.2.0-dev:-16d v5.2.1-dev:-6d v5.2.2-dev:-2d
            develop-1a:-35d develop-2b:-34d develop-3_c:-33d develop-4d:-32d develop-5e:-31d
            develop-6f:-30d
            v5.0.0-dev-2:-90d v4.9.9-dev:-90d develop-a.b:-90d release-1:-90d latest:-90d
            """,
        )
        # The sixth is too young, the seventh is not.
        self.push_tags(
            "scheduler-dev",
            """
            v5.1.1-dev:-6d v5.1.2-dev:-4d v5.1.3-dev:-3d v5.1.4-dev:-3d v5.1.5-dev:-2d
            v5.1.6-dev:-2d v5.1.7-dev:-1d
            """,
        )
        self.push_tags("admin-panel-dev", "develop-1:-900d v5.1.1-dev:-900d")
        self.push_tags(
            "admin-panel",
            """
            develop-1:-96d develop-2:-95d develop-3:-94d develop-4:-93d develop-5:-92d
            develop-6:-91d
            """,
        )
        self.exits(0)
        self.remains(
            {
                "dependency-scanner-dev": """
                    v5.1.3-dev v5.10.1-dev v5.2.0-dev v5.2.1-dev v5.2.2-dev
                    develop-2b develop-3_c develop-4d develop-5e develop-6f
                    v5.0.0-dev-2 v4.9.9-dev develop-a.b release-1 latest
                    """,
                "scheduler-dev": """
                    v5.1.2-dev v5.1.3-dev v5.1.4-dev v5.1.5-dev v5.1.6-dev v5.1.7-dev
                    """,
                "admin-panel-dev": "develop-1 v5.1.1-dev",
                "admin-panel": "develop-1 develop-2 develop-3 develop-4 develop-5 develop-6",
            }
        )

    @case("the note: an expression that matches two kinds of tags makes one group of them")
    def test_note(self):
        common = {"save_last": 2, "clean_every_n_hours": 24, "older_than_days": 5}
        expressions = {
            "mixed": [r"release-\d+"],
            "apart": [r"release-\d+$", r"release-\d+-dev$"],
        }
        self.jobs(
            *(
                {"name": name, "repositories": [name], "tag_regexps": regexps, **common}
                for name, regexps in expressions.items()
            )
        )
        for repository in expressions:
            self.push_tags(repository, "release-1:-60d release-2:-50d release-3:-40d")
            self.push_tags(repository, "release-1-dev:-30d release-2-dev:-20d release-3-dev:-10d")
        self.exits(0)
        self.remains(
            {
                "mixed": "release-2-dev release-3-dev",
                "apart": "release-2 release-3 release-2-dev release-3-dev",
            }
        )

    @case("a dry run does not count; a job that ran waits for its hours, unless it is named")
    def test_hours(self):
        self.jobs(CLEAN_DEV_TAGS | {"save_last": 1})
        self.push_tags("scheduler-dev", "develop-1:-30d develop-2:-20d")
        self.exits(0, "--dry-run")
        self.remains({"scheduler-dev": "develop-1 develop-2"})
        self.exits(0)
        self.remains({"scheduler-dev": "develop-2"})
        self.push_tags("scheduler-dev", "develop-1:-30d")
        self.exits(0)
        self.assertEqual(self.tag("scheduler-dev", "develop-1"), "kept not_due")
        self.exits(0, "--dry-run", "--jobs", "clean-dev-tags")
        self.remains({"scheduler-dev": "develop-1 develop-2"})
        self.exits(0, "--jobs", "clean-dev-tags")
        self.remains({"scheduler-dev": "develop-2"})

    @case("manual.yaml is a file of its own: only what is named runs, at once and again")
    def test_manual(self):
        automatic = CLEAN_DEV_TAGS | {"save_last": 0}
        manual = [
            {"name": "clean-dev", "repositories": ["app"], "tag_regexps": ["-dev$"]},
            {
                "name": "clean-prod-older-15",
                "repositories": ["app"],
                "tag_regexps": [r"^v\d+$"],
                "older_than_days": 15,
            },
            {"name": "clean-all", "repositories": ["**"], "tag_regexps": ["."]},
        ]
        self.push_tags("scheduler-dev", "develop-1:-30d")
        self.jobs(automatic)
        self.exits(0)
        self.jobs(*manual)
        self.push_tags("scheduler-dev", "develop-1:-30d")
        for _ in "12":
            self.push_tags("app", "v1:-20d v2:-10d 1-dev:-1d other:-90d")
            self.exits(0, "--jobs", "clean-dev,clean-prod-older-15")
            self.remains({"app": "v2 other", "scheduler-dev": "develop-1"})
        self.exits(2, "--jobs", "clean-prod-older")
        self.says("--jobs: there is no job 'clean-prod-older'; did you mean 'clean-prod-older-15'?")
        # When the others ran is still known.
        self.jobs(automatic)
        self.exits(0)
        self.assertEqual(self.tag("scheduler-dev", "develop-1"), "kept not_due")
