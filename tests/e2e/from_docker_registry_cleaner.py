"""Coming from Domino's docker-registry-cleaner: its file `environments`, in both naming conventions."""

import json

from lab import World, case

PASSWORD = "GewXRrP0XoNxn07B2lwH4UnvMQeG83Rk"
FIRST = "domino-62798b9bee0eb12322fc97e8"
SECOND = "domino-6286a3c76d4fd0362f8ba3ec"
THIRD = "domino-ffff8b9bee0eb12322fc97e8"
ENVIRONMENT = "dominodatalab/environment"
MODEL = "dominodatalab/model"
EXAMPLE = """\
62798b9bee0eb12322fc97e8 31 30
6286a3c76d4fd0362f8ba3ec 13 12 9
627d94043035a63be6140e93 10
"""


class FromDockerRegistryCleaner(World):
    REGISTRY = {"auth": f"domino-registry:{PASSWORD}"}
    CONFIG = None
    # Some revisions, ids and repositories begin or end as others that are listed do.
    KEPT = [
        {"repository": FIRST, "tag": "3", "created": "-90d"},
        {"repository": FIRST, "tag": "29", "created": "-90d"},
        {"repository": FIRST, "tag": "30", "created": "-90d"},
        {"repository": FIRST, "tag": "28", "same_as": f"{FIRST}:30"},
        {"repository": FIRST, "tag": "notes", "created": "-90d"},
        {"repository": SECOND, "tag": "8", "created": "-90d"},
        {"repository": SECOND, "tag": "9", "created": "-90d"},
        {"repository": SECOND, "tag": "12", "created": "-90d"},
        {"repository": THIRD, "tag": "1", "created": "-90d"},
        {"repository": ENVIRONMENT, "tag": "62798b9bee0eb12322fc97e8-31", "created": "-2d"},
        {"repository": ENVIRONMENT, "tag": "62798b9bee0eb12322fc97e8-32", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "62798b9bee0eb12322fc97e8-310", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "62798b9bee0eb12322fc97e8-latest", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "62798b9bee0eb12322fc97e8", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "x62798b9bee0eb12322fc97e8-32", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "6286a3c76d4fd0362f8ba3ec-13", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "6286a3c76d4fd0362f8ba3ec-14", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "627d94043035a63be6140e93-9", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "627d94043035a63be6140e93-10", "created": "-1d"},
        {"repository": ENVIRONMENT, "tag": "ffff8b9bee0eb12322fc97e8-1", "created": "-90d"},
        {"repository": MODEL, "tag": "62798b9bee0eb12322fc97e8-1", "created": "-90d"},
    ]

    def environments(self, lines):
        """Writes that file, and the configuration."""
        path = self.program_folder / "environments"
        path.write_text(lines)
        self.env["SKOPEO_PASSWORD"] = PASSWORD
        patterns = ["domino-{id}:{revision}", ENVIRONMENT + ":{id}-{revision}"]
        self.configure(
            {
                "registry": {"password": "__ENV: SKOPEO_PASSWORD"},
                "cleanup": {"days_to_keep": None},
                "retain_lists": [{"file": str(path), "patterns": patterns}],
            }
        )

    def example_is_done(self, more=""):
        """What remains after the example; more tags of the first repository may be given."""
        self.remains(
            {
                FIRST: f"28 30 notes {more}",
                SECOND: "9 12",
                THIRD: "1",
                ENVIRONMENT: """
                    62798b9bee0eb12322fc97e8
                    62798b9bee0eb12322fc97e8-31
                    62798b9bee0eb12322fc97e8-latest
                    x62798b9bee0eb12322fc97e8-32
                    6286a3c76d4fd0362f8ba3ec-13
                    627d94043035a63be6140e93-10
                    ffff8b9bee0eb12322fc97e8-1
                    """,
                MODEL: "62798b9bee0eb12322fc97e8-1",
            }
        )

    @case(
        "the example: every revision of the listed ids goes, except those that are to be retained"
    )
    def test_example(self):
        self.environments(EXAMPLE)
        self.exits(0)
        self.example_is_done()
        # One image was built into two revisions.
        self.assertEqual(self.tag(FIRST, "28"), "kept not_retained,shared_digest")
        self.assertEqual(self.tag(FIRST, "30"), "kept listed_revision")

    @case("looking at what is to be deleted before anything is: plan, and apply")
    def test_plan(self):
        plan = self.folder / "revisions_to_delete"
        self.environments(EXAMPLE)
        self.run_program("plan", "--config", self.config, "--output", plan)
        self.exited(0)
        lines = plan.read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        deleted = [
            f"{row['repository']}:{row['tag']}" for row in rows if row.get("decision") == "delete"
        ]
        self.assertEqual(
            sorted(deleted),
            [
                f"{FIRST}:29",
                f"{FIRST}:3",
                f"{SECOND}:8",
                f"{ENVIRONMENT}:62798b9bee0eb12322fc97e8-310",
                f"{ENVIRONMENT}:62798b9bee0eb12322fc97e8-32",
                f"{ENVIRONMENT}:627d94043035a63be6140e93-9",
                f"{ENVIRONMENT}:6286a3c76d4fd0362f8ba3ec-14",
            ],
        )
        self.assertEqual(len(self.registry.tags(FIRST)), 5)
        # A line is taken out by hand; the others stay as they are.
        left = [line for line, row in zip(lines, rows) if row.get("tag") != "29"]
        plan.write_text("".join(line + "\n" for line in left))
        self.run_program("apply", "--config", self.config, plan)
        self.exited(0)
        self.example_is_done("29")

    @case("ids that are commented out stay, and those that are nowhere are named")
    def test_commented_out(self):
        self.environments(
            "# 62798b9bee0eb12322fc97e8 31 30\n"
            "6286a3c76d4fd0362f8ba3ec\n"
            "5f0000000000000000000000 1\n"
        )
        self.exits(0)
        self.says("no tag is of the id 5f0000000000000000000000")
        self.remains(
            {
                FIRST: "3 28 29 30 notes",
                SECOND: "",
                THIRD: "1",
                ENVIRONMENT: """
                    62798b9bee0eb12322fc97e8
                    62798b9bee0eb12322fc97e8-31
                    62798b9bee0eb12322fc97e8-32
                    62798b9bee0eb12322fc97e8-310
                    62798b9bee0eb12322fc97e8-latest
                    x62798b9bee0eb12322fc97e8-32
                    627d94043035a63be6140e93-10
                    627d94043035a63be6140e93-9
                    ffff8b9bee0eb12322fc97e8-1
                    """,
                MODEL: "62798b9bee0eb12322fc97e8-1",
            }
        )

    @case("a revision that is no number is refused, with its line, before anything is sent")
    def test_nonsense(self):
        self.environments("62798b9bee0eb12322fc97e8 31 30\n6286a3c76d4fd0362f8ba3ec 13, 12, 9\n")
        self.assertEqual(self.watch(lambda: self.exits(2)), [])
        self.says('line 2: "13," is no revision: it must be digits')
