"""The completion of bash: names that this host knows, in a real interactive shell."""

import fcntl
import os
import pty
import re
import resource
import select
import struct
import termios
import time

from lab import World, case
from lab.program import PROGRAM, ROOT

SCRIPT = ROOT / "etc" / "completion" / "clean-registry"
IMAGES = [
    {"repository": "team/app", "tag": "old-1", "created": "-90d"},
    {"repository": "team/app", "tag": "new-1", "created": "-1d"},
    {"repository": "team/app", "tag": "new-2", "created": "-2d"},
    {"repository": "team/tool", "tag": "x", "created": "-1d"},
    {"repository": "base", "tag": "only", "created": "-1d"},
]
JOBS = ["clean dev", 'o\'clock $(touch made) `touch made` \\ "x"', "plain", "wow!"]
# Prints its arguments, but completes as the program does.
STUB = """#!/bin/bash
[ "$1" = complete ] && exec {program} "$@"
printf '<%s>' "$@"
echo ' END'
"""
SHELL_READY = """
PS1='READY> '; PS2=; HISTFILE=; HISTSIZE=0; bind 'set bell-style none'; bind 'set page-completions off'
bind 'set completion-query-items 0'; bind 'set enable-bracketed-paste off'
. {script}
"""
SECONDS = 20


class Shell:
    """An interactive bash on a terminal of its own."""

    def __init__(self, folder, env):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            # So wide that no line is ever wrapped or scrolled.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 1000, 0, 0))
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--noprofile", "--norc", "-i"], env)
        self.text = ""

    def type(self, text, until):
        """Types that, and returns what is on the terminal from then on, once `until` is met."""
        self.text = ""
        os.write(self.terminal, text.encode())
        deadline = time.monotonic() + SECONDS
        while not re.search(until, self.text):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"{until} was not met: {self.text}")
            self.text += os.read(self.terminal, 65536).decode(errors="replace")
        return self.text

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


class Completion(World):
    KEPT = IMAGES

    def configure(self, *changes, url=None):
        jobs = [
            {"name": name, "repositories": ["*"], "tag_regexps": ["^never$"], "save_last": 1}
            for name in JOBS
        ]
        for job in jobs:
            job |= {"description": "", "older_than_days": 0, "clean_every_n_hours": 0}
        super().configure({"jobs": jobs}, *changes, url=url)

    def knows(self, *words):
        """What the program prints for the completion, without an error whatever happens."""
        self.run_program("complete", *words, apart=True)
        self.exited(0)
        self.assertEqual(self.errors, "")
        return self.lines()

    def of(self, what, prefix=""):
        return self.knows(what, prefix, self.config)

    def open_shell(self):
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        stub = bin_folder / "clean-registry"
        stub.write_text(STUB.format(program=PROGRAM))
        stub.chmod(0o755)
        env = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "TERM": "dumb"}
        env |= {"HOME": str(self.program_folder), "INPUTRC": "/dev/null"}
        shell = Shell(self.folder, env)
        self.addCleanup(shell.end)
        setup = self.folder / "setup"
        setup.write_text(SHELL_READY.format(script=SCRIPT))
        shell.type(f". {setup}\n", "READY> $")
        return shell

    def completes(self, shell, typed, *words):
        """With what is typed, and TAB behind it, the command gets these words."""
        # Any number of blanks behind it is none to the shell.
        said = shell.type(f"clean-registry {typed}\t\n", r"> ?END\r\n(.|\n)*READY> $")
        got = re.search(r"^(<.*>) END\r$", said, re.MULTILINE)
        self.assertTrue(got, said)
        self.assertEqual(got[1], "".join(f"<{word}>" for word in words), typed)

    def offers(self, shell, typed, *names):
        """After two TABs the shell shows these; the line is given up."""
        said = shell.type(f"clean-registry {typed}\t\t", r"\n(.|\n)*READY> ")
        said = said.split("\n", 1)[1].rsplit("READY> ", 1)[0]
        self.assertEqual(set(re.split(r"\s+", said.strip())), set(names), typed)
        shell.type("\x15\n", r"\n(.|\n)*READY> $")

    @case("names are what the last run left; it asks nobody, and says nothing of errors")
    def test_names(self):
        self.assertEqual(self.of("tags"), [])
        self.exits(0)
        self.assertEqual(self.watch(lambda: self.of("tags", "team/app:")), [])
        self.assertEqual(self.of("repositories"), ["base", "team/app", "team/tool"])
        self.assertEqual(self.of("repositories", "team/t"), ["team/tool"])
        self.assertEqual(self.of("namespaces"), ["team"])
        self.assertEqual(self.of("tags", "t"), ["team/app:", "team/tool:"])
        self.assertEqual(self.of("tags", "team/app:"), ["team/app:new-1", "team/app:new-2"])
        self.assertEqual(self.of("tags", "team/app:new-2"), ["team/app:new-2"])
        self.assertEqual(self.of("tags", "team:"), [])
        self.assertEqual(self.of("deleted"), ["team/app:"])
        self.assertEqual(self.of("deleted", "team/app:o"), ["team/app:old-1"])
        self.assertEqual(self.of("jobs"), JOBS)
        (run,) = self.state.glob("*/journal/*.jsonl")
        self.assertEqual(self.of("runs"), [run.stem])
        self.assertEqual(self.of("held"), [])
        self.run_program("hold", "team/app:new-1", "--config", self.config)
        self.exited(0)
        self.assertEqual(self.of("held"), ["team/app:new-1"])
        for words in ((), ("nothing",), ("tags", "", "/nonexistent"), ("tags", "", self.folder)):
            self.assertEqual(self.knows(*words), [], words)
        self.config.write_text("{")
        self.assertEqual(self.of("jobs"), [])

    @case("a deleted tag that was put back is there again")
    def test_restored(self):
        self.configure({"gc": {"when": "never"}})
        self.exits(0)
        self.assertEqual(self.of("deleted", "team/app:"), ["team/app:old-1"])
        self.run_program("restore", "team/app:old-1", "--config", self.config)
        self.exited(0)
        self.exits(0)
        self.assertEqual(self.of("deleted"), [])
        self.assertIn("team/app:old-1", self.of("tags", "team/app:"))
        (names,) = self.state.glob("*/names")
        self.assertEqual(names.stat().st_mode & 0o777, 0o600)

    @case("who cannot read the state is offered nothing")
    def test_nobody(self):
        self.exits(0)
        self.run_as_nobody("complete", "tags", "", "config.json", apart=True)
        self.assertEqual((self.status, self.output, self.errors), (0, "", ""))

    @case("of names in the state that are none, and of lines that are cut, nothing is offered")
    def test_damaged(self):
        self.exits(0)
        (names,) = self.state.glob("*/names")
        head = "clean-registry names 1\n"
        for text, wanted in (
            ("r base\nt x\n", []),
            (head + "t x\nr base\nt x\nr $(x)\nt z\nt a b\nt y\nr\n\nd z\nd w 12\nt cut", "xzy"),
            (head.replace("1", "2") + "r base\nt x\n", []),
        ):
            names.write_text(text)
            self.assertEqual(self.of("tags", "base:"), [f"base:{tag}" for tag in wanted])

    @case("of 100,000 tags it prints the first, and the last, in little time")
    def test_many(self):
        self.exits(0)
        (names,) = self.state.glob("*/names")
        tags = [f"tag-{number:06}" for number in range(100_000)]
        names.write_text("clean-registry names 1\nr app\n" + "".join(f"t {tag}\n" for tag in tags))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual(
            self.of("tags", "app:tag-0777"), [f"app:{tag}" for tag in tags[77700:77800]]
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Without sanitizers it is a tenth of that.
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0.5)
        found = self.of("tags", "app:")
        self.assertEqual(len(found), 1000)
        self.assertEqual((found[0], found[-1]), ("app:tag-000000", "app:tag-099999"))

    @case(
        "in a shell: NAME:TAG, also behind a colon and behind =, and whichever word breaks are set"
    )
    def test_shell(self):
        self.exits(0)
        shell = self.open_shell()
        config = f"--config {self.config}"
        self.offers(shell, f"why {config} team/app:new-", "new-1", "new-2")
        for _ in "12":
            self.completes(shell, f"{config} why ba", *config.split(), "why", "base:")
            self.completes(shell, f"{config} why base:", *config.split(), "why", "base:only")
            self.completes(shell, f"why {config} base:on", "why", *config.split(), "base:only")
            self.completes(
                shell,
                f"hold --config={self.config} team/t",
                "hold",
                f"--config={self.config}",
                "team/tool:",
            )
            self.completes(
                shell, f"restore {config} team/app:", "restore", *config.split(), "team/app:old-1"
            )
            for option in ("--repository", "--repository="):
                glue = "" if option.endswith("=") else " "
                words = (f"{option}base",) if not glue else (option, "base")
                self.completes(
                    shell, f"run {config} {option}{glue}b", "run", *config.split(), *words
                )
            self.completes(
                shell, f"run {config} --namespace=", "run", *config.split(), "--namespace=team"
            )
            self.completes(
                shell, f"usage {config} --tags b", "usage", *config.split(), "--tags", "base"
            )
            (run,) = self.state.glob("*/journal/*.jsonl")
            self.completes(
                shell, f"restore {config} --run=", "restore", *config.split(), f"--run={run.stem}"
            )
            # Once more where readline breaks no word there.
            shell.type("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}\n", "READY> $")

    @case("in a shell: names of jobs are quoted, whatever is in them, and nothing of them is run")
    def test_quotes(self):
        shell = self.open_shell()
        config = ("--config", str(self.config))
        words = " ".join(config)
        self.completes(shell, f"run {words} --jobs cl", "run", *config, "--jobs", JOBS[0])
        self.completes(shell, f"run {words} --jobs=clean\\ d", "run", *config, f"--jobs={JOBS[0]}")
        self.completes(shell, f"run {words} --jobs 'cl", "run", *config, "--jobs", JOBS[0])
        self.completes(shell, f'run {words} --jobs "cl', "run", *config, "--jobs", JOBS[0])
        self.completes(shell, f"run {words} --jobs o", "run", *config, "--jobs", JOBS[1])
        self.completes(shell, f"run {words} --jobs w", "run", *config, "--jobs", JOBS[3])
        self.completes(
            shell, f"run {words} --jobs plain,cl", "run", *config, "--jobs", f"plain,{JOBS[0]}"
        )
        # What cannot be written behind such a quote is not offered.
        self.completes(shell, f"run {words} --jobs 'o'", "run", *config, "--jobs", "o")
        self.assertFalse((self.folder / "made").exists())
