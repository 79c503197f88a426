"""Which lines go where: trouble to standard error, all else to standard output; and that nothing is said at
all where all is well."""

import json
import re
import subprocess

from lab import World, case, program

TROUBLE = r"\[(WARNING|ERROR)\] "
ABOUT_NOTHING = {"jobs": [{"name": "j", "repositories": ["absent"], "tag_regexps": ["x"]}]}


class Nightly(World):
    """What both classes share; it has no tests."""

    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "team/other", "tag": "new", "created": "-1d"},
    ]

    def setUp(self):
        super().setUp()
        self.log = self.program_folder / "log"

    def says_apart(self, code, *arguments):
        """Runs it, its two streams kept apart; fails unless it exits with that code."""
        self.run_program(*arguments, "--config", self.config, apart=True)
        self.exited(code)

    def is_silent(self):
        self.assertEqual((self.output, self.errors), ("", ""))


class Streams(Nightly):
    UNREACHABLE = {"registry": {"container": "absent", "exec": None, "program": None}}

    @case("warnings and errors go to standard error, whatever the command, and nothing else does")
    def test_trouble(self):
        # A job that is about nothing is warned of; a container that is not there is an error.
        self.configure({**ABOUT_NOTHING, **self.UNREACHABLE})
        plan = self.folder / "plan"
        for command in ("run", "collect", "verify", "apply"):
            with self.subTest(command):
                if command == "apply":
                    self.says_apart(0, "plan", "--output", plan)
                    self.says_apart(4, "apply", plan)
                else:
                    self.says_apart(0 if command == "verify" else 4, command)
                errors = self.errors.splitlines()
                self.assertTrue(errors)
                self.assertEqual([line for line in errors if not re.search(TROUBLE, line)], [])
                self.says("[INFO] ")
                self.assertNotRegex(self.output, TROUBLE)

    @case("both streams into one file, or one pipe, have all lines in the order of the log")
    def test_together(self):
        self.configure(ABOUT_NOTHING)
        both = self.folder / "both"
        with open(both, "wb") as file:
            subprocess.run(
                [program.PROGRAM, "-c", self.config],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=program.environment(self.env),
                check=True,
            )
        self.assertIn("[WARNING] ", both.read_text())
        self.assertEqual(both.read_text(), self.log.read_text())
        self.log.unlink()
        # This one is a pipe.
        self.run_program("-c", self.config)
        self.assertEqual(self.output, self.log.read_text())

    @case("a quiet run has its trouble on standard error, and nothing on standard output")
    def test_quiet(self):
        self.says_apart(0, "--quiet")
        self.is_silent()
        self.leaves("app", "new")
        self.configure(self.UNREACHABLE)
        self.push([{"repository": "app", "tag": "old", "created": "-91d"}])
        self.says_apart(4, "--quiet")
        self.assertEqual(self.output, "")
        self.assertIn("[ERROR] ", self.errors)


class Shipped(Nightly):
    # What is shipped names a container.
    REGISTRY = {"where": "container"}

    def configure_as_shipped(self):
        """The configuration as it is shipped, edited as README says."""
        own = json.loads(self.config.read_text())
        shipped = json.loads((program.ROOT / "etc/config.json").read_text())
        shipped["paths"] = own["paths"]
        edited = {"registry": own["registry"], "log": {"file": str(self.log)}}
        self.write_config(program.merge(shipped, edited))

    @case("nights in which all is well are silent with the configuration that is shipped")
    def test_shipped(self):
        self.configure_as_shipped()
        for night in ("deletes", "has nothing to do"):
            with self.subTest(night):
                self.says_apart(0, "--quiet")
                self.is_silent()
                self.leaves("app", "new")
                # That what is protected is not there has been told to who looks.
                told = "[INFO] cleanup.protected_tags prod-stable matches no tag"
                self.assertIn(told, self.log.read_text())
        for command in (["collect"], ["verify"], ["run", "--dry-run"]):
            with self.subTest(command):
                self.says_apart(0, *command, "--quiet")
                self.is_silent()
