"""The trace of one decision, as the verb `why` prints it."""

import re
from textwrap import dedent

from lab import World, case, tree


class Why(World):
    KEPT = [
        {"repository": "team/app", "tag": "pr-1", "id": "pr-1", "created": "-90d"},
        {"repository": "team/app", "tag": "pr-2", "id": "pr-2", "created": "-80d"},
        {"repository": "team/app", "tag": "pr-3", "id": "pr-3", "created": "-3d"},
        {"repository": "team/app", "tag": "old", "id": "old", "created": "-70d"},
        {"repository": "team/app", "tag": "stable", "same_as": "old"},
        {"repository": "team/app", "tag": "undated", "id": "undated"},
        {"repository": "charts", "tag": "undated", "kind": "artifact", "id": "chart"},
        {"repository": "charts", "tag": "index", "kind": "index", "children": ["pr-3", "undated"]},
        {"repository": "charts", "tag": "outer", "kind": "index", "children": ["charts:index"]},
        {"repository": "charts", "tag": "empty", "kind": "index", "children": ["chart"]},
        {
            "repository": "team/app",
            "kind": "cosign",
            "subject": "old",
            "id": "signature",
            "created": "-70d",
        },
        {"repository": "lib", "tag": "runs", "created": "-90d"},
        {"repository": "lib", "tag": "1.0", "created": "-90d"},
    ]
    CONFIG = {
        "cleanup": {"protected_tags": ["stable"]},
        "jobs": [
            {
                "name": "prs",
                "repositories": ["team/*"],
                "tag_regexps": ["^pr-"],
                "save_last": 2,
                "clean_every_n_hours": 24,
            }
        ],
    }

    def why(self, code, *arguments):
        """Runs it, its two streams kept apart; fails unless it exits with that code."""
        self.run_program("why", "--quiet", "--config", self.config, *arguments, apart=True)
        self.exited(code)

    def prints(self, tag, text):
        """Fails unless this is printed of that tag of team/app, dates, which count from now, aside."""
        self.why(0, f"team/app:{tag}")
        said = re.sub(r"\d{4}-\d{2}-\d{2}T[\d:]{8}Z", "TIME", self.output)
        said = re.sub(r"\d{4}-\d{2}-\d{2}", "DAY", said)
        self.assertEqual(said, dedent(text))

    @case("a tag that two rules let go")
    def test_two_rules(self):
        self.prints(
            "pr-1",
            f"""\
            tag        team/app:pr-1
            digest     {self.digest("pr-1")}
            created    TIME (90 days ago)
            pushed     TIME (0 days ago)

            RULE                           MATCHES  SAYS
            cleanup.days_to_keep 30        yes      delete, created 90 days ago
            job prs, ^pr-                  yes      delete, 3rd newest, created 90 days ago
            cleanup.protected_tags stable  no

            decision   delete (old: created DAY (90 days ago), job: created DAY (90 days ago))
            rule       cleanup.days_to_keep 30
            """,
        )

    @case("a tag that one rule lets go and another keeps")
    def test_kept_by_job(self):
        self.prints(
            "pr-2",
            f"""\
            tag        team/app:pr-2
            digest     {self.digest("pr-2")}
            created    TIME (80 days ago)
            pushed     TIME (0 days ago)

            RULE                           MATCHES  SAYS
            cleanup.days_to_keep 30        yes      delete, created 80 days ago
            job prs, ^pr-                  yes      keep, 2nd newest
            cleanup.protected_tags stable  no

            decision   keep (old: created DAY (80 days ago), save_last by job prs, ^pr-)
            rule       job prs, ^pr-
            """,
        )

    @case("a tag that shares its image with one that stays")
    def test_shared(self):
        self.prints(
            "old",
            f"""\
            tag        team/app:old
            digest     {self.digest("old")}
            created    TIME (70 days ago)
            pushed     TIME (0 days ago)

            RULE                           MATCHES  SAYS
            cleanup.days_to_keep 30        yes      delete, created 70 days ago
            job prs, ^pr-                  no
            cleanup.protected_tags stable  no

            stable has the same digest, and stays (old: created DAY (70 days ago), protected_tag).

            decision   keep (old: created DAY (70 days ago), shared_digest with stable)
            """,
        )

    @case("a tag without a date")
    def test_undated(self):
        places = (
            "config created, history[last].created, descriptor.createdAt, descriptor.created, "
            "annotation org.opencontainers.image.created"
        )
        self.prints(
            "undated",
            f"""\
            tag        team/app:undated
            digest     {self.digest("undated")}
            created    not known; looked for in {places}
            pushed     TIME (0 days ago)

            RULE                           MATCHES  SAYS
            cleanup.days_to_keep 30        yes      nothing: its age is not known
            job prs, ^pr-                  no
            cleanup.protected_tags stable  no

            decision   keep (unknown_age)
            """,
        )

    def looked_for_in(self, tag, places):
        """Fails unless this is what is told of that tag of the repository charts."""
        self.why(0, f"charts:{tag}")
        found = re.findall("(?m)^created +(.*)$", self.output)
        self.assertEqual(found, [f"not known; looked for in {places}"])

    @case("where a date was looked for: an artifact, an index, one of indexes, one of artifacts")
    def test_places(self):
        annotation = "annotation org.opencontainers.image.created"
        config = "config created, history[last].created, descriptor.createdAt, descriptor.created"
        undated = f"{self.digest('undated')}, which it lists: {config}, {annotation}"
        self.looked_for_in("undated", annotation)
        self.looked_for_in("index", undated)
        self.looked_for_in("outer", f"{self.digest('charts:index')}, which it lists: {undated}")
        self.looked_for_in("empty", "what it lists")

    @case("a tag that describes another image")
    def test_signature(self):
        tag = self.digest("old").replace(":", "-") + ".sig"
        self.prints(
            tag,
            f"""\
            tag        team/app:{tag}
            digest     {self.digest("signature")}
            created    TIME (70 days ago)
            pushed     TIME (0 days ago)

            RULE                           MATCHES  SAYS
            cleanup.days_to_keep 30        no
            job prs, ^pr-                  no
            cleanup.protected_tags stable  no

            It describes {self.digest("old")}, and goes and stays with it.

            decision   keep (subject_kept)
            """,
        )

    @case("a job that is not due, or is the only one asked for")
    def test_jobs(self):
        self.exits(0, "--repository", "lib", "--dry-run")
        self.why(0, "team/app:pr-1", "--jobs", "prs")
        self.says(
            "cleanup.days_to_keep 30        yes      nothing: not due, or not asked for in this "
            "run",
            "decision   delete (job by job prs, ^pr-: created ",
        )

    @case("a retain list, and what is in use")
    def test_lists(self):
        path = self.folder / "list"
        path.write_text("1 1\n")
        used = f"127.0.0.1:{self.registry.port}/lib:runs"
        self.configure(
            {
                "cleanup": {"delete_old_tags": False},
                "retain_lists": [{"file": str(path), "patterns": ["lib:{id}.{revision}"]}],
                "protect": {"in_use": [["echo", used]]},
            }
        )
        self.why(0, "lib:1.0")
        self.says(
            f"retain list {path}  yes      delete",
            f"decision   delete (not_retained by retain list {path})",
        )
        self.why(0, "lib:runs")
        self.says("yes      keep", "decision   keep (in_use)", "rule       protect.in_use")

    @case("a tag as docker pull has it, and by its digest; another registry's is 2")
    def test_reference(self):
        host = f"127.0.0.1:{self.registry.port}"
        self.why(0, "team/app:pr-1")
        plain = self.output
        for reference in (f"{host}/team/app:pr-1", f"{self.registry.url}/team/app:pr-1"):
            self.why(0, reference)
            self.assertEqual(self.output, plain)
        _, digest, _ = self.registry.client.get_manifest("team/app", "pr-1")
        self.why(0, f"{host}/team/app:pr-1@{digest}")
        self.assertEqual(self.output, plain)
        # All tags that point at it.
        self.why(0, f"team/app@{digest}")
        self.says(plain)
        nothing = f"sha256:{0:064}"
        self.why(1, f"team/app:pr-1@{nothing}")
        self.assertIn(f"team/app:pr-1 points at {digest}, and not at sha256:0000", self.errors)
        self.why(1, f"team/app@{nothing}")
        self.assertIn("has no tag that points at sha256:0000", self.errors)
        requests = self.watch(lambda: self.why(2, "elsewhere:5000/team/app:pr-1"))
        self.assertEqual(requests, [])
        other = re.escape(f"'elsewhere:5000' is not this registry ({host})")
        self.assertRegex(self.errors, rf"{other}(.|\n)*protect\.registry_names")
        # A host may be named in capital letters.
        self.change_config({"registry": {"url": f"http://localhost:{self.registry.port}"}})
        self.why(0, f"LOCALHOST:{self.registry.port}/team/app:pr-1")
        self.assertEqual(self.output, plain)

    def complains(self, text):
        self.assertIn(text, self.output + self.errors)

    @case("a tag that is not there is 1, a name that can be none is 2, and both say what is wrong")
    def test_not_there(self):
        self.why(1, "team/app:nothing")
        self.complains("the repository 'team/app' has no tag 'nothing'")
        self.why(1, "team/nothing:pr-1")
        self.complains("there is no repository 'team/nothing'")
        self.assertEqual(self.watch(lambda: self.why(2, "team/app")), [])
        self.complains("'team/app': REPOSITORY:TAG is expected")
        self.why(2)
        self.why(2, "team/app:pr-1", "team/app:pr-2")
        self.why(2, "team/app:pr-1", "--report", self.folder / "report")

    @case("it changes nothing, sends GETs alone, and needs no right to write")
    def test_changes_nothing(self):
        before = tree(self.registry.store)
        requests = self.watch(lambda: self.why(0, "team/app:pr-1"))
        self.assertTrue(requests)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.assertEqual(tree(self.registry.store), before)
        self.assertFalse(self.state.exists())
        self.change_config({"paths": {"host_storage": ""}})
        self.run_as_nobody("why", "team/app:pr-1")
        self.exited(0)
        self.says("rule       cleanup.days_to_keep 30")
