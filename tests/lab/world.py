"""A test's world: a registry, images, the program with its configuration, and what became of them."""

import datetime
import json
import os
import re
import shutil
import stat
import unittest

import images
import pull
from v2client import Failure

from lab import files, program, registry, store
from lab.proxy import Proxy

_moments = set()


def case(sentence):
    """Says in one sentence what a test is about, for whoever reads that it failed."""

    def decorate(method):
        method.sentence = sentence
        return method

    return decorate


class World(unittest.TestCase):
    """Before each test its registry is empty, or as its class wants it, and the program configured.

    REGISTRY   options of lab.Registry; None: no registry
    CONFIG     what is merged into the configuration; None: a test configures by itself
    KEPT       images pushed once for all tests of the class, there as they were before each of them
    IMAGES     images pushed anew before each test
    PROGRAM    what run_program() and begin() run
    """

    PROGRAM = program.PROGRAM
    REGISTRY = {}
    CONFIG = {}
    KEPT = None
    IMAGES = None
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.kept = None

    @classmethod
    def prepare(cls, self):
        """Pushes what KEPT names, once; a class with more to prepare adds to this."""
        self.push(cls.KEPT)

    def setUp(self):
        self.folder = files.new_folder()
        self.addCleanup(files.remove, self.folder)
        self.program_folder = self.folder / "program"
        self.program_folder.mkdir()
        self.config = self.program_folder / "config.json"
        self.report_path = self.program_folder / "report.json"
        self.state = self.program_folder / "state"
        self.digests = {}
        # For every command; the engine of tests/run is the only one that the program may reach.
        self.env = {
            "DOCKER_HOST": f"unix://{os.environ.get('TEST_ENGINE', '/nonexistent')}/docker.sock"
        }
        # Words of a command that runs the program as its arguments.
        self.launcher = []
        self.status = None
        self.output = ""
        self.errors = ""
        self.proxy = None
        self.registry = None
        self.remembered = {}
        if self.REGISTRY is not None:
            self.use(self.start_registry(**self.REGISTRY))
            if self.KEPT is not None:
                self._bring_kept()
            if self.IMAGES is not None:
                self.push(self.IMAGES)
            if self.CONFIG is not None:
                self.configure(self.CONFIG)

    def _bring_kept(self):
        cls = type(self)
        if cls.kept is None:
            cls.prepare(self)
            folder = files.new_folder("k")
            self.registry.keep_images(folder / "docker")
            cls.kept = (folder / "docker", self.digests)
        self.registry.bring_back_images(cls.kept[0])
        self.digests = dict(cls.kept[1])

    def story(self):
        """What the last run said, for whoever reads that the test failed."""
        return f"exit code {self.status}\n{self.output}{self.errors}"

    # Registries and proxies.

    def start_registry(self, where="host", **options):
        """One that is this test's own until its end; see lab.Registry for the options."""
        found = registry.lend(where=where, **options)
        self.addCleanup(found.give_back)
        return found

    def use(self, found):
        """From now on this registry is the one that is configured, pushed to and asked."""
        self.registry = found

    def start_proxy(self, backend=None, **options):
        """A fault proxy in front of the registry."""
        proxy = Proxy(self.registry.url if backend is None else backend, **options)
        self.addCleanup(proxy.stop)
        return proxy

    def serve(self, server):
        """A program of lab.server, which is stopped with the test."""
        self.addCleanup(server.stop)
        return server

    # Images.

    def push(self, specs):
        """Pushes what images.py is told, and returns the digests, which are added to self.digests."""
        digests = images.push_all(images.Api(self.registry.client), specs, new_moment())
        self.digests.update(digests)
        return digests

    def write_images(self, specs, folder=None):
        """Writes them straight into the storage folder."""
        digests = images.push_all(
            images.Store(str(folder or self.registry.store)), specs, new_moment()
        )
        self.digests.update(digests)
        return digests

    def digest(self, name):
        """The digest of what was pushed as that id, or REPOSITORY:TAG."""
        return self.digests[name]

    # The program.

    def configure(self, *changes, url=None):
        """Writes the configuration for the registry, with each of the changes merged into it in turn; None takes
        a key away."""
        at = self.registry
        user, _, password = at.login.partition(":")
        base = {
            "registry": {
                "url": url or at.url,
                "container": at.name,
                "user": user,
                "password": password,
            },
            "inventory": {"source": os.environ.get("TEST_SOURCE", "auto")},
            "cleanup": {"days_to_keep": 30},
            "paths": {
                "config": at.config,
                "storage": at.root,
                "host_storage": str(at.store),
                "state": str(self.state),
            },
            "log": {"file": str(self.program_folder / "log")},
        }
        if not at.name:
            base["registry"] |= {"exec": [], "program": "docker-registry"}
        for change in changes:
            base = program.merge(base, change or {})
        self.write_config(base)

    def change_config(self, changes):
        """Merges changes into the configuration that is there."""
        self.write_config(program.merge(json.loads(self.config.read_text()), changes))

    def write_config(self, document, path=None):
        """Writes a JSON document, or text as it is, that only its owner may read."""
        path = path or self.config
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text)
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)

    def clean(self, *arguments, env=None, stdin=""):
        """Runs the program with the configuration and a report; leaves self.status and self.output."""
        self.report_path.unlink(missing_ok=True)
        words = ["--config", self.config, "--report", self.report_path]
        return self.run_program(*words, *arguments, env=env, stdin=stdin)

    def run_program(self, *arguments, env=None, stdin="", cwd=None, apart=False):
        """Runs it with these arguments and no others."""
        words = [*self.launcher, self.PROGRAM, *arguments]
        return self.command(*words, env=env, stdin=stdin, cwd=cwd, apart=apart)

    def command(self, *words, env=None, stdin="", cwd=None, apart=False):
        """Runs any command likewise; 99, which is a sanitizer's report, fails.

        What it writes to standard error is in self.output, too, or in self.errors if they are kept apart.
        """
        done = program.run(
            words, env={**self.env, **(env or {})}, stdin=stdin, cwd=cwd, apart=apart
        )
        self.status, self.output, self.errors = done.status, done.output, done.errors
        self.assertNotEqual(done.status, 99, done.output + done.errors)
        return done

    def run_as_nobody(self, *arguments, apart=False):
        """Runs a copy of the program by a user without rights, who sees no process but its own.

        It is in a folder of its own, where its configuration is config.json. Returns the folder.
        """
        folder = files.new_folder("n")
        folder.chmod(0o755)
        copy = shutil.copy(program.PROGRAM, folder / "clean-registry")
        shutil.copy(self.config, folder / "config.json")
        (folder / "config.json").chmod(0o644)
        alone = ["unshare", "--pid", "--fork", "--mount-proc"]
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.command(*alone, *nobody, copy, *arguments, cwd=folder, apart=apart)
        return folder

    def exits(self, code, *arguments, env=None):
        """Runs it; fails unless it exits with that code."""
        self.clean(*arguments, env=env)
        self.exited(code)

    def verifies(self, code, *options, env=None):
        """Runs the verb verify, which must exit with that code."""
        self.run_program("verify", "--config", self.config, *options, env=env)
        self.exited(code)

    def exited(self, code):
        self.assertEqual(self.status, code, "exit code")

    def begin(self, *arguments, name="background", env=None):
        """Starts the program beside the test, with the configuration; it is ended with the test."""
        words = [self.PROGRAM, "--config", self.config, *arguments]
        return self.begin_command(*words, name=name, env=env)

    def begin_command(self, *words, name="background", env=None):
        path = self.folder / f"{name}.out"
        started = program.Background(words, path, env={**self.env, **(env or {})})
        self.addCleanup(end_background, started)
        return started

    def finish(self, started):
        """Waits for the end of what was begun; leaves self.status and self.output as a run does."""
        done = started.end()
        self.status, self.output = done.status, done.output
        self.assertNotEqual(done.status, 99, done.output)

    def begin_held(self, name="held"):
        """A run that has the lock and is held where it asks for the registry's version.

        Returns it with a method release(); the configuration is one of its own from then on.
        """
        ready, hold = self.folder / f"{name}.ready", self.folder / f"{name}.hold"
        os.mkfifo(hold)
        script = f"case $* in *--version*) : >'{ready}'; read -r line <'{hold}';; esac"
        self.configure(self.exec_script(script))
        started = self.begin(name=name)
        program.wait_for(ready.exists)
        started.release = lambda: os.close(release_pipe(hold))
        return started

    def exec_script(self, script):
        """Configuration: registry.exec with a shell script before the real thing; "$@" is what shall be run."""
        real = 'exec "$@"'
        if self.registry.name:
            real = f'exec docker exec {self.registry.name} "$@"'
        path = files.new_folder("x") / "exec"
        path.write_text(f"#!/bin/sh\n{script}\n{real}\n")
        path.chmod(0o700)
        return {"registry": {"exec": [str(path)]}}

    def report(self):
        """The report of the last run."""
        return json.loads(self.report_path.read_text())

    def tag(self, repository, tag):
        """ "STATUS REASON,REASON" of a tag in the report, or None."""
        for row in self.report()["tags"]:
            if (row["repository"], row["tag"]) == (repository, tag):
                return f"{row['status']} {','.join(row['reasons'])}"
        return None

    def owed(self):
        """["REPOSITORY DIGEST"] of each debt, and "collection" if one is owed, sorted."""
        found = []
        # A registry's journal says nothing of what another one owes.
        for journal in self.state.glob("*/debts"):
            owed = set()
            for line in journal.read_text().splitlines():
                word, *rest = line.split()
                if word == "owe":
                    owed.add(" ".join(rest[:2]))
                elif word in ("gone", "stays"):
                    owed.discard(" ".join(rest[:2]))
                elif word == "collect":
                    owed.add("collection")
                elif word == "collected":
                    owed.discard("collection")
            found += owed
        return sorted(found)

    def lines(self):
        return self.output.splitlines()

    # What is expected.

    def says(self, *texts):
        """Each is in what the last run printed."""
        for text in texts:
            self.assertIn(text, self.output)

    def matches(self, *patterns):
        """Each regular expression meets a line that the last run printed."""
        for pattern in patterns:
            found = any(re.search(pattern, line) for line in self.lines())
            self.assertTrue(found, f"not said: {pattern}")

    def keeps_quiet_of(self, *texts):
        for text in texts:
            self.assertNotIn(text, self.output)

    def leaves(self, repository, *tags):
        """The registry lists these tags and no others."""
        self.assertEqual(self.registry.tags(repository), sorted(tags), repository)

    def remains(self, expected):
        """{repository: [tag...]} is all that the registry lists; "tag tag" will do for a list."""
        wanted = {
            name: sorted(tags.split() if isinstance(tags, str) else tags)
            for name, tags in expected.items()
        }
        self.assertEqual(self.registry.contents(), wanted)

    def pulls(self, repository, *references):
        """They can be pulled whole: every byte is there and what its digest says."""
        for reference in references:
            try:
                pull.Puller(self.registry.client, repository).manifest(reference)
            except Failure as failure:
                self.fail(str(failure))

    def has(self, repository, *references):
        for reference in references:
            status = self.registry.status(repository, reference)
            self.assertEqual(status, 200, f"{repository}@{reference}")

    def lacks(self, repository, *references):
        for reference in references:
            status = self.registry.status(repository, reference)
            self.assertEqual(status, 404, f"{repository}@{reference}")

    def remember(self, *repositories):
        """Remembers the manifests and tags on disk."""
        for repository in repositories:
            self.remembered[repository] = store.tree(self.registry.manifests(repository))

    def unchanged(self, *repositories):
        """They are as they were when they were remembered."""
        for repository in repositories:
            self.assertTrue(self.remembered[repository], repository)
            now = store.tree(self.registry.manifests(repository))
            self.assertEqual(now, self.remembered[repository], repository)

    def watch(self, action):
        """Calls action() and returns the requests that the registry got meanwhile: ["METHOD PATH STATUS"].

        They are without the parameter that makes each question of the program another one.
        """
        begin, end = (f"mark-{os.urandom(6).hex()}" for _ in "12")
        self._mark(begin)
        action()
        log = self._mark(end)
        requests = re.findall(
            r'^[0-9.]+ - \S+ \[[^]]*\] "([A-Z]+ \S+) HTTP[^"]*" (\d+) ', log, re.MULTILINE
        )
        plain = [
            f"{re.sub('[?&]clean-registry=[0-9a-f]{16}$', '', what)} {status}"
            for what, status in requests
        ]
        first = next(i for i, line in enumerate(plain) if line.startswith(f"GET /v2/{begin} "))
        last = next(i for i, line in enumerate(plain) if line.startswith(f"GET /v2/{end} "))
        return plain[first + 1 : last]

    def _mark(self, name):
        """What is in the log behind a mark came after it. Returns the log."""
        self.registry.request("GET", f"/v2/{name}")
        return program.wait_for(lambda: f'"GET /v2/{name} ' in (log := self.registry.log()) and log)


class FaultWorld(World):
    """The proxy stands between the program and the registry; self.proxy.

    Two repositories: in team/app things go wrong, `other` must be cleaned all the same. Most faults are
    about requests that only a reading through the API sends, so that is the source unless TEST_SOURCE says
    otherwise. The time-out is long enough for a machine with much else to do.
    """

    # In both repositories a tag that goes and one that stays.
    PLAIN = [
        {"repository": "team/app", "tag": "old", "created": "-90d"},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
        {"repository": "other", "tag": "old", "created": "-80d"},
        {"repository": "other", "tag": "new", "created": "-2d"},
    ]
    REGISTRY = {"cache": "inmemory"}
    QUICK = {"registry": {"timeout": 4, "retry_seconds": 1}}
    SOURCE = os.environ.get("TEST_SOURCE", "api")

    def configure(self, *changes, url=None):
        if self.proxy is None:
            self.proxy = self.start_proxy()
        source = {"inventory": {"source": self.SOURCE}}
        super().configure(self.QUICK, source, *changes, url=url or self.proxy.url)

    def new_proxy(self, **options):
        """Another proxy instead of the one that is there, and the configuration for it."""
        if self.proxy is not None:
            self.proxy.stop()
        self.proxy = self.start_proxy(**options)
        self.configure(self.CONFIG)

    def rules(self, *rules):
        self.proxy.rules(*rules)

    def applied(self):
        """Each rule of the proxy was applied."""
        report = self.proxy.server.rules.report()
        self.assertTrue(self.proxy.all_applied(), f"not every fault was brought: {report}")

    def no_delete(self, *repositories):
        """No DELETE but the probes of absent things went to these repositories."""
        for repository in repositories:
            sent = self.proxy.answers("DELETE", f"/v2/{repository}/manifests/")
            self.assertEqual([line for line in sent if not re.match("40[04] ", line)], [])

    def spared(self, *patterns):
        """Nothing of team/app went and the program named it, `other` was cleaned, exit 1."""
        self.exited(1)
        self.applied()
        self.unchanged("team/app")
        self.matches(r"\[(WARNING|ERROR)\] team/app: ", *patterns)
        self.leaves("other", "new")
        self.pulls("other", "new")


def new_moment():
    """Now, or the last second before it that no other push took: ages make the digests of each its own.

    A registry with a cache would not store again what it knows, although it was removed from its storage.
    """
    moment = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    while moment in _moments:
        moment -= datetime.timedelta(seconds=1)
    _moments.add(moment)
    return moment


def release_pipe(path):
    """Opening a pipe for both ways waits for nobody."""
    descriptor = os.open(path, os.O_RDWR)
    os.write(descriptor, b"\n")
    return descriptor


def end_background(started):
    if started.lives():
        started.kill()
    started.process.wait()
