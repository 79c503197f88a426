"""The verb check: each of its lines says what is wrong where something is, and it changes nothing."""

import email.utils
import json
import time

from lab import World, case, files, program, tree

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
TERMINAL = program.ROOT / "tests/tools/terminal.py"
OK, TROUBLE, NOT_ASKED = "ok", "trouble", "not_asked"


class Checks(World):
    def asks(self, code, *options, env=None):
        """Runs the verb; what it answers, by name, is self.answers. Nothing has changed."""
        before = self.looks()
        self.run_program("check", "--config", self.config, "--json", *options, env=env, apart=True)
        self.exited(code)
        self.assertEqual(self.looks(), before)
        document = json.loads(self.output)
        self.assertEqual(document["exit_code"], code)
        self.answers = {line["name"]: line for line in document["checks"]}
        self.assertEqual(len(self.answers), len(document["checks"]))

    def looks(self):
        """All that the program could have changed."""
        folders = [self.program_folder]
        if self.registry:
            folders.append(self.registry.store)
        return [tree(folder) for folder in folders]

    def verdict(self, name, verdict, *texts):
        answer = self.answers[name]
        self.assertEqual(answer["verdict"], verdict, answer)
        for text in texts:
            self.assertIn(text, answer["text"])

    def only_trouble(self, *names):
        """These are to be mended, and nothing else is."""
        found = [line["name"] for line in self.answers.values() if line["verdict"] == TROUBLE]
        self.assertEqual(found, list(names))

    def mends(self, name, *texts, options=(), env=None):
        """That line alone is a trouble, and says these texts."""
        self.asks(1, *options, env=env)
        self.only_trouble(name)
        self.verdict(name, TROUBLE, *texts)


class ThisHost(Checks):
    """A registry that is a program of this host: what is asked of files, of it and of its storage."""

    KEPT = IMAGES

    @case("all is well: exit 0, nothing is changed, and as text a line for each answer")
    def test_all_well(self):
        self.asks(0)
        self.verdict("registry", OK, self.registry.url)
        self.verdict("version", OK, "2.")
        self.verdict("storage_driver", OK, "filesystem", str(self.registry.store))
        self.verdict("contents", OK, "2 tags in 1 repository", "paths.host_storage")
        self.verdict("collector", OK)
        self.verdict("engine", NOT_ASKED, "registry.exec is empty")
        self.verdict("single_tags", NOT_ASKED, "2.x deletes whole manifests")
        wanted = [(line["verdict"], line["question"]) for line in self.answers.values()]
        self.run_program("check", "--config", self.config)
        self.exited(0)
        marks = {"ok": OK, "NO": TROUBLE, "- ": NOT_ASKED}
        *lines, last = self.lines()
        found = [(marks[line[:2]], line[3:].split(": ")[0]) for line in lines]
        self.assertEqual(found, wanted)
        self.assertRegex(last, r"^\d+ ok, 0 to mend, \d+ not asked$")
        self.assertFalse(self.state.exists())

    @case("on a terminal with UTF-8 the marks are signs, and no progress is left before them")
    def test_terminal(self):
        words = ["python3", TERMINAL, "100", program.PROGRAM, "check", "--config", self.config]
        self.command(*words, env={"LC_ALL": "C.UTF-8", "TERM": "xterm"}, apart=True)
        self.exited(0)
        self.assertEqual({line[0] for line in self.lines()[:-1]}, {"✓", "–"})
        self.command(*words, env={"LC_ALL": "C", "TERM": "xterm"}, apart=True)
        self.assertEqual({line[:2] for line in self.lines()[:-1]}, {"ok", "- "})

    @case("only GETs are sent")
    def test_reads_only(self):
        requests = self.watch(lambda: self.asks(0))
        self.assertTrue(requests)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])

    @case("permissions: everybody can read a password, of which no word is told")
    def test_permissions(self):
        self.configure({"registry": {"user": "me", "password": "a secret"}})
        self.config.chmod(0o644)
        self.mends("permissions", "chmod o-r", str(self.config))
        self.assertNotIn("a secret", self.output + self.errors)

    @case("lists: a file that the configuration names is not there")
    def test_lists(self):
        self.configure({"cleanup": {"repositories_file": "/nowhere/list"}})
        self.mends("lists", "/nowhere/list")
        self.verdict("collector", NOT_ASKED, "a file that the configuration names")

    @case("state: its folder is a file; others can write it; both stop a run with the same words")
    def test_state(self):
        (self.folder / "file").touch()
        self.configure({"paths": {"state": str(self.folder / "file/state")}})
        self.mends("state", "Not a directory", "paths.state")
        self.verdict("contents", NOT_ASKED, "paths.state cannot be used")
        self.configure()
        self.state.mkdir()
        self.exits(0)
        self.state.chmod(0o777)
        self.mends("state", "others than its owner can write it")
        words = self.answers["state"]["text"]
        self.exits(2)
        self.says(words)

    @case("report: the page and the metrics cannot be written")
    def test_report_files(self):
        for key in ("html_file", "metrics_file"):
            self.configure({"report": {key: "/nowhere/x.prom"}})
            self.mends("report", f"report.{key}: /nowhere/x.prom", "No such file")
        self.configure({"report": {"metrics_file": str(self.folder / "x.prom")}})
        self.asks(0)
        self.verdict("report", OK, "x.prom")

    def tells(self, *recipients):
        self.configure({"notify": list(recipients)})

    @case("notify: commands, files and secrets of those who are told; nothing is sent")
    def test_notify(self):
        self.asks(0)
        self.verdict("notify", NOT_ASKED, "nobody is to be told")
        script, secret = self.folder / "script", self.folder / "secret"
        script.write_text("#!/bin/sh\n: >told\n")
        script.chmod(0o755)
        secret.write_text("http://127.0.0.1:9/a-secret-hook\n")
        secret.chmod(0o600)
        webhook = {"type": "webhook", "url_file": str(secret)}
        command = {"type": "command", "command": [str(script)]}
        addresses = {"type": "mail", "from": "a@example.org", "to": ["b@example.org"]}
        by_server = {"server": "smtps://127.0.0.1:9", "user": "u", "password_file": str(secret)}
        mail = addresses | by_server
        by_command = addresses | {"command": ["sh", "-c", ": >told"]}
        self.tells(webhook, command, mail, by_command)
        self.asks(0)
        self.verdict("notify", OK, "4 of them; nothing was sent")
        self.assertFalse((self.folder / "told").exists())
        # Nobody else can be told of all but these.
        for recipient, *texts in (
            (webhook | {"url_file": "/nowhere/x"}, "notify[1].url_file", "No such file"),
            (webhook | {"ca_cert": "/nowhere/ca"}, "notify[1].ca_cert: /nowhere/ca: No such file"),
            (mail | {"password_file": "/nowhere/x"}, "notify[1].password_file", "No such file"),
            (command | {"command": ["/nowhere/x", "y"]}, "notify[1].command: /nowhere/x: No such"),
            (command | {"command": ["no-such-command"]}, "no-such-command: command not found"),
            (command | {"command": [str(secret)]}, f"{secret}: permission denied"),
            (command | {"command": [str(self.folder)]}, f"{self.folder}: permission denied"),
            (by_command | {"command": ["no-such-mail"]}, "no-such-mail: command not found"),
        ):
            with self.subTest(texts[0]):
                self.tells(webhook, recipient)
                self.mends("notify", *texts)
        self.tells(command | {"command": ["no-1"]}, command, command | {"command": ["no-2"]})
        self.mends("notify", "notify[0].command: no-1")
        self.assertIn("notify[2].command: no-2: command", self.answers["notify"]["details"][0])
        # A secret that everybody can read, and one that is no URL: of neither a word is told.
        self.tells(webhook)
        secret.chmod(0o644)
        self.mends("notify", "notify[0].url_file: everybody can read it; run: chmod o-r")
        secret.chmod(0o600)
        secret.write_text("a-secret-hook\n")
        self.mends("notify", "notify[0].url_file", "the URL in it")
        self.assertNotIn("a-secret-hook", self.output + self.errors)
        self.configure({"report": {"ping_url": "http://127.0.0.1:9/a-secret-hook"}})
        self.asks(0)
        self.verdict("notify", NOT_ASKED, "only a ping would show")

    @case("log: its folder is not there")
    def test_log(self):
        self.configure({"log": {"file": "/nowhere/log"}})
        self.mends("log", "/nowhere/log", "No such file")

    @case("log: it may not be written, as another user")
    def test_log_of_nobody(self):
        self.configure({"log": {"file": "/var/log/of-root-alone"}, "paths": {"state": None}})
        folder = self.run_as_nobody("check", "--config", "config.json", "--json")
        self.addCleanup(files.remove, folder)
        answers = {line["name"]: line for line in json.loads(self.output)["checks"]}
        self.assertEqual(answers["log"]["verdict"], TROUBLE)
        self.assertIn("Permission denied", answers["log"]["text"])

    @case("report: only where one is asked for; its folder is not there, or it is what we read")
    def test_report(self):
        self.asks(0, "--report", self.folder / "report.json")
        self.verdict("report", OK)
        self.mends("report", "/nowhere/r", options=["--report", "/nowhere/r"])
        self.mends("report", "is the configuration", options=["--report", self.config])

    @case("other_run: a run holds the lock")
    def test_other_run(self):
        held = self.begin_held()
        self.configure()
        self.mends("other_run", "another clean-registry is at work")
        held.release()
        self.finish(held)
        self.asks(0)

    @case("free_space: there is no room for what a run writes down")
    def test_free_space(self):
        self.state.mkdir()
        self.launcher = ["unshare", "--mount", "sh", "-c"]
        self.launcher += [f"mount -t tmpfs -o size=1m none '{self.state}' && exec \"$@\"", "sh"]
        self.mends("free_space", "make room", str(self.state))

    @case("registry: nothing answers there; what needs it is not asked, with that reason")
    def test_registry(self):
        self.configure({"registry": {"retry_seconds": 0}}, url="http://127.0.0.1:1")
        self.mends("registry", "cannot be reached")
        words = self.answers["registry"]["text"]
        for name in ("login", "catalog", "clock", "contents", "own_folder", "collector"):
            self.verdict(name, NOT_ASKED, "not asked: the registry was not reached")
        self.verdict("server_configuration", OK)
        self.exits(3)
        self.says(words)

    @case("folder: an empty one, one that has something else, and none")
    def test_folder(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.configure({"paths": {"host_storage": str(empty)}})
        self.mends("own_folder", "paths.storage")
        self.verdict("folder", NOT_ASKED, f"{empty} is empty", "nothing was ever pushed")
        (empty / "something").touch()
        self.mends("folder", "there is no registry storage in", str(empty))
        words = self.answers["folder"]["text"]
        self.exits(0, "--dry-run")
        self.says(words)
        self.configure({"paths": {"host_storage": None}})
        self.asks(0)
        self.verdict("folder", NOT_ASKED, "paths.host_storage is not set")
        self.verdict("contents", OK, "read from the API")
        self.verdict("uploads", NOT_ASKED)

    @case("nothing was pushed yet: all is well")
    def test_fresh(self):
        self.registry.empty()
        self.asks(0)
        self.verdict("folder", NOT_ASKED, "nothing was ever pushed")
        self.verdict("own_folder", NOT_ASKED, "nothing was pushed")
        self.verdict("collector", OK, "nothing was pushed")

    @case("leftovers: a run that was killed had its deletion door open; a file of that is damaged")
    def test_leftovers(self):
        self.exits(0)
        [folder] = self.state.iterdir()
        (folder / "leftover-door").write_text("damaged")
        self.mends("leftovers", "leftover-door")

    @case("own_folder: that of another registry, with other images or with none")
    def test_own_folder(self):
        other = self.folder / "other"
        self.write_images([{"repository": "app", "tag": "new", "created": "-2d"}], other)
        self.configure({"paths": {"host_storage": str(other)}})
        self.mends("own_folder", "device and inode differ", "paths.storage")
        nothing = self.folder / "nothing"
        (nothing / "docker/registry/v2/repositories").mkdir(parents=True)
        self.configure({"paths": {"host_storage": str(nothing), "storage": None}})
        self.mends("own_folder", "reading through the API")

    @case("unreadable: a tag whose manifest cannot be understood")
    def test_unreadable(self):
        blob = self.registry.blob(self.digest("app:new"))
        blob.write_text("{")
        self.asks(1)
        self.verdict("unreadable", TROUBLE, "nothing is deleted in 1 repository", "app: ")

    @case("broken_links: at one that the collector aborts at, the run stops with the same words")
    def test_broken_links(self):
        folder = self.registry.manifests("app") / "revisions/sha256" / ("0" * 64)
        folder.mkdir()
        (folder / "link").write_text("")
        self.asks(1)
        self.verdict("broken_links", TROUBLE, "the collector would abort", "0" * 64)
        self.verdict("collector", NOT_ASKED, "the storage has broken links")
        words = self.answers["broken_links"]["text"]
        self.configure({"gc": {"when": "always"}})
        self.exits(4)
        self.says(words)

    @case(
        "broken_links: a tag's is a warning to a run, and is told here; what is a stray file, too"
    )
    def test_broken_tag(self):
        (self.registry.manifests("app") / ".DS_Store").write_text("")
        self.asks(0)
        self.verdict("broken_links", OK, "it may be removed", ".DS_Store")
        folder = self.registry.manifests("app") / "tags/odd/current"
        folder.mkdir(parents=True)
        (folder / "link").write_text("")
        self.asks(1)
        self.verdict("broken_links", TROUBLE, "broken link files of tags", "odd")

    @case("gc.when never: nothing is asked of the collector")
    def test_never(self):
        self.configure({"gc": {"when": "never"}, "paths": {"config": "/nowhere/config.yml"}})
        self.mends("server_configuration", "/nowhere/config.yml")
        self.verdict("collector", NOT_ASKED, "gc.when is never")

    @case("uploads: one goes on, and nothing makes a collection wait")
    def test_uploads(self):
        self.registry.begin_upload("app", b"part")
        self.mends("uploads", "app: an upload was written to", "gc.quiet_minutes")
        self.configure({"gc": {"quiet_minutes": 5}})
        self.asks(0)
        self.verdict("uploads", OK, "a collection would wait")

    @case("collector and server_configuration: paths.config is wrong; the run says the same")
    def test_paths_config(self):
        self.configure({"paths": {"config": "/nowhere/config.yml"}})
        self.asks(1)
        self.only_trouble("server_configuration", "collector")
        self.verdict("server_configuration", TROUBLE, "/nowhere/config.yml", "check paths.config")
        words = self.answers["collector"]["text"]
        self.assertIn("/nowhere/config.yml", words)
        self.exits(4)
        self.says(words)

    @case("version: the program is another one")
    def test_version(self):
        self.configure(self.exec_script("case $* in *--version*) echo some thing; exit;; esac"))
        self.mends("version", "registry.program")


class Server(Checks):
    """Registries that are set up in ways that a run cannot do with; each asked through registry.exec."""

    REGISTRY = None

    def configure(self, *changes, url=None):
        """With a registry.exec: where there is none, the registry may have other variables than this program."""
        super().configure(self.exec_script(""), *changes, url=url)

    def start(self, *changes, **options):
        """A registry with the images, which is configured."""
        self.use(self.start_registry(**options))
        self.write_images(IMAGES)
        self.configure(*changes)

    def run_says(self, name, code):
        """A dry run stops for the same reason, in the same words."""
        words = self.answers[name]["text"]
        self.exits(code, "--dry-run")
        self.says(f"the run would stop here: {words}")

    @case("login: the registry refuses it, and the run stops with the same words")
    def test_login(self):
        self.start({"registry": {"password": "wrong"}}, auth="me:right")
        self.mends("login", "check registry.user and registry.password")
        self.verdict("registry", OK)
        self.verdict("contents", NOT_ASKED, "the registry refuses the login")
        words = self.answers["login"]["text"]
        self.exits(3)
        self.says(words)
        self.configure()
        self.asks(0)
        self.verdict("login", OK, "as me")

    @case("clock: it is another one than the registry's")
    def test_clock(self):
        self.start()
        proxy = self.start_proxy()
        date = email.utils.formatdate(time.time() - 4000, usegmt=True)
        proxy.rules({"match": {"path": "/v2/"}, "set_header": {"Date": date}})
        self.configure(url=proxy.url)
        self.mends("clock", "apart, 300 are allowed", "look at the clock")

    @case("catalog: its list is refused")
    def test_catalog(self):
        self.start()
        proxy = self.start_proxy()
        proxy.rules({"match": {"path": "_catalog"}, "status": 403})
        self.configure({"inventory": {"source": "storage"}}, url=proxy.url)
        self.mends("catalog", "refuses to list its repositories: 403", "registry.repositories")
        named = {"registry": {"repositories": ["app"]}}
        self.configure(named, {"inventory": {"source": "storage"}}, url=proxy.url)
        self.asks(0)
        self.verdict("catalog", NOT_ASKED, "registry.repositories names them")

    @case("contents: the list of repositories ends in an error where a run reads it")
    def test_contents(self):
        self.start()
        proxy = self.start_proxy()
        proxy.rules({"match": {"path": "_catalog"}, "after": 1, "status": 403})
        self.configure({"inventory": {"source": "api"}}, url=proxy.url)
        self.asks(1)
        self.only_trouble("contents")
        self.verdict("catalog", OK)
        self.verdict("contents", TROUBLE, "403")
        for name in ("unreadable", "hazards", "collector"):
            self.verdict(name, NOT_ASKED, "not asked: the registry could not be read")

    @case("engine: it cannot be reached; what needs it is not asked")
    def test_engine(self):
        self.start()
        engine = f"unix://{self.folder}/no.sock"
        words = ["docker", "-H", engine, "exec", "some"]
        self.configure({"registry": {"exec": words, "container": None}})
        self.mends("engine", "cannot be reached", "no.sock")
        for name in ("program", "server_configuration", "deletion", "collector"):
            self.verdict(name, NOT_ASKED, "not asked: the container engine cannot be used")
        self.configure({"registry": {"exec": ["/nowhere/docker", "exec", "some"]}})
        self.mends("engine", "/nowhere/docker")

    @case("program: it is another one, or nothing is there")
    def test_program(self):
        self.start()
        self.configure({"registry": {"program": "no-such-program"}})
        self.mends("program", "no-such-program")
        self.verdict("engine", OK)
        self.verdict("version", NOT_ASKED, "the registry's program could not be started")
        self.verdict("collector", NOT_ASKED)

    @case("deletion: it is disabled")
    def test_deletion(self):
        self.start(delete=False)
        self.mends("deletion", "deletion is disabled in the registry", self.registry.config)
        self.run_says("deletion", 3)

    @case("door: where deletion is disabled, and nothing says where a door could be opened")
    def test_door(self):
        self.start({"registry": {"delete_door": True}}, delete=False)
        self.mends("door", "no deletion door can be opened")
        self.verdict("deletion", OK, "through the deletion door")
        self.run_says("door", 3)
        # On this host there is nothing in the way.
        World.configure(self, {"registry": {"delete_door": True}})
        self.asks(0)
        self.verdict("door", OK)

    @case("read_only")
    def test_read_only(self):
        self.start(readonly=True)
        self.mends("read_only", "the registry is in read-only mode", self.registry.config)
        self.run_says("read_only", 3)

    @case("pull_through")
    def test_pull_through(self):
        self.start()
        self.use(self.start_registry(proxy=self.registry.url))
        self.pulls("app", "old", "new")
        self.configure()
        # It writes down by itself when its copies expire.
        self.run_program("check", "--config", self.config, "--json", apart=True)
        self.exited(1)
        answers = {line["name"]: line for line in json.loads(self.output)["checks"]}
        self.assertIn("a pull-through cache", answers["pull_through"]["text"])
        self.assertEqual(answers["pull_through"]["verdict"], TROUBLE)

    @case("single_tags: a version that deletes them although deletion is disabled")
    def test_single_tags(self):
        self.start(delete=False)
        for version, verdict in (("v3.0.0", TROUBLE), ("v3.1.1", OK)):
            says = f"echo registry github.com/distribution/distribution/v3 {version}"
            self.configure(self.exec_script(f"case $* in *--version*) {says}; exit;; esac"))
            self.asks(1)
            self.verdict("single_tags", verdict)
            self.exits(3, "--dry-run")
            told = "deletes tags for everybody although deletion is disabled" in self.output
            self.assertEqual(told, verdict == TROUBLE)
        self.configure(self.exec_script(""))
        self.asks(1)
        self.verdict("single_tags", NOT_ASKED, "2.x")

    @case("cache: one in memory without gc.restart")
    def test_cache(self):
        self.start(cache="inmemory")
        self.mends("cache", "set gc.restart")
        self.configure({"gc": {"restart": ["true"]}})
        self.asks(0)
        self.verdict("cache", OK)

    @case("storage_driver: an object storage beside a paths.host_storage")
    def test_driver(self):
        self.start()
        text = self.registry.configuration()
        begin = text.index("  filesystem:")
        end = text.index("\n", begin)
        self.registry.write_config(f"{text[:begin]}  s3: {{bucket: b, region: r}}{text[end:]}")
        self.asks(1)
        self.verdict("storage_driver", TROUBLE, "has its storage in s3", "take the key out")
        self.verdict("folder", NOT_ASKED, "has its storage in s3")
        self.verdict("own_folder", NOT_ASKED)

    @case("collector_idle: one is at work; whether one is cannot be asked")
    def test_collector_idle(self):
        self.start()
        processes = "'=/proc/9/cmdline\\nregistry\\0garbage-collect\\0/etc/config.yml\\0'"
        script = f"case $* in *cmdline*) printf {processes}; exit;; esac"
        self.configure(self.exec_script(script))
        self.mends("collector_idle", "a collector is already at work")
        words = self.answers["collector_idle"]["text"]
        self.exits(5)
        self.says(words)
        self.configure(self.exec_script("case $* in *cmdline*) exit 1;; esac"))
        self.asks(0)
        self.verdict("collector_idle", NOT_ASKED, "cannot check whether a collector is running")

    @case("last_collection: its end was not seen; what shows it is not written down")
    def test_last_collection(self):
        self.start()
        self.exits(0)
        [journal] = self.state.glob("*/debts")
        begun = int(time.time()) - 3600
        with journal.open("a") as file:
            file.write(f"collecting {begun} some-run some-host -\n")
        self.asks(0)
        self.assertEqual(self.answers["last_collection"]["details"], [])
        self.configure(self.exec_script("case $* in *cmdline*) exit 1;; esac"))
        self.mends("last_collection", "some-run", "collect --force-idle")
        words = self.answers["last_collection"]["text"]
        self.exits(4)
        self.says(words)

    @case("hazards: a blob that the collector does not know by its name")
    def test_hazards(self):
        self.start()
        odd = {"repository": "odd", "tag": "v1", "created": "-1d", "layers_by": "sha512"}
        self.push([odd])
        self.mends("hazards", "in the way of the registry's collector")
        self.assertIn("odd:v1 needs the blob sha512:", self.answers["hazards"]["details"][0])
        self.configure({"gc": {"required": False}})
        self.mends("hazards", "odd:v1 needs the blob sha512:")

    @case("collector: it is another registry's, and the run stops with the same words")
    def test_collector(self):
        self.start()
        other = self.folder / "other"
        self.write_images([{"repository": "their", "tag": "s", "created": "-2d"}], other / "store")
        text = self.registry.configuration().replace(str(self.registry.store), str(other / "store"))
        (other / "config.yml").write_text(text)
        script = "case $* in *garbage-collect*) exec docker-registry garbage-collect --dry-run "
        self.configure(self.exec_script(f"{script} '{other}/config.yml';; esac"))
        before = tree(other)
        self.mends("collector", "the collector works on another registry")
        words = self.answers["collector"]["text"]
        self.exits(3)
        self.says(words)
        self.assertEqual(tree(other), before)


class InContainer(Checks):
    REGISTRY = {"where": "container"}
    IMAGES = IMAGES

    @case(
        "all is well with a registry in a container; the same without it, or with none of that name"
    )
    def test_container(self):
        self.asks(0)
        self.verdict("engine", OK, "docker")
        self.verdict("program", OK, self.registry.name)
        self.verdict("own_folder", OK)
        self.verdict("deletion", OK)
        self.configure({"registry": {"container": "no-such-container"}})
        self.mends("program", "no such container")
        self.verdict("collector", NOT_ASKED, "the registry's program could not be started")


class NoConfiguration(World):
    REGISTRY = None

    def answers(self, *options):
        self.run_program("check", "--config", self.config, "--json", apart=True)
        self.exited(2)
        document = json.loads(self.output)
        self.assertIsNone(document["registry"])
        first, *others = document["checks"]
        self.assertEqual((first["name"], first["verdict"]), ("configuration", TROUBLE))
        self.assertTrue(others)
        for line in others:
            self.assertEqual(line["verdict"], NOT_ASKED)
            self.assertIn("the configuration could not be loaded", line["text"])
        return first

    @case("configuration: with faults, which are all told; exit 2, and nothing else is asked")
    def test_faults(self):
        self.write_config({"registry": {"uri": "http://127.0.0.1"}, "cleanup": {"days_to_keep": 0}})
        first = self.answers()
        said = "\n".join([first["text"], *first["details"]])
        for text in (str(self.config), "registry.uri", "cleanup.days_to_keep", "registry.url"):
            self.assertIn(text, said)

    @case("configuration: others can write it; it is not there")
    def test_file(self):
        self.write_config({})
        self.config.chmod(0o666)
        self.assertIn("chmod go-w", self.answers()["text"])
        self.config.unlink()
        self.assertIn("No such file", self.answers()["text"])
        self.run_program("check", "--config", self.config)
        self.exited(2)
        self.says("NO the configuration can be loaded: ", "0 ok, 1 to mend")
