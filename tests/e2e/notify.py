"""Who is told what became of a run: webhooks, commands, pings. The servers are real, and go wrong in every
way; whatever they do, the run ends with its own exit code, in time, and tells no secret."""

import json
import os
import signal
import socket
import time

from lab import World, case, wait_for
from lab.hooks import Hook
from lab.registry import free_port
from lab.tls import authority, certificate

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
# What no line of a log, a report or a text may have in it.
TOKEN = "s3cr3t-t0ken-0f-the-h00k"
REFUSED = {"safety": {"max_delete_percent": 1}}


class Told(World):
    IMAGES = IMAGES
    ENV = {name: None for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY")}

    def setUp(self):
        super().setUp()
        self.env |= self.ENV

    def hook(self, **options):
        return self.serve(Hook(**options))

    def tell(self, *items, **report):
        """Configures `notify`, and what is to be in `report`."""
        self.configure({"notify": list(items) or None, "report": report or None})

    def webhook(self, hook, **more):
        return {"type": "webhook", "url": f"{hook.place}/{TOKEN}", "on": "always"} | more

    def no_secret(self):
        texts = [self.output, (self.program_folder / "log").read_text()]
        if self.report_path.exists():
            texts.append(self.report_path.read_text())
        for text in texts:
            self.assertNotIn(TOKEN, text)

    def script(self, text):
        """The words of a command that runs this shell script."""
        path = self.folder / "command"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)
        return [str(path)]


class Webhooks(Told):
    @case("a webhook gets the report as it is, with its headers; the log names its host alone")
    def test_json(self):
        hook = self.hook()
        self.tell(self.webhook(hook, on="changes", headers=[f"Authorization: Bearer {TOKEN}"]))
        self.exits(0)
        ((method, path, headers, body),) = hook.requests
        self.assertEqual((method, path), ("POST", f"/{TOKEN}"))
        self.assertEqual(headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(json.loads(body)["tags"], self.report()["tags"])
        self.assertEqual(json.loads(body)["exit_code"], 0)
        self.no_secret()
        # Nothing changes any more.
        self.exits(0)
        self.assertEqual(len(hook.requests), 1)

    @case("Slack gets a text; ntfy gets a title, a priority and tags besides")
    def test_formats(self):
        slack, ntfy = self.hook(), self.hook()
        self.tell(self.webhook(slack, format="slack"), self.webhook(ntfy, format="ntfy"))
        self.change_config(REFUSED)
        self.exits(6)
        text = json.loads(slack.bodies()[0])["text"]
        place = self.registry.url.split("://")[1]
        title = f"clean-registry: {place}: run FAILED with exit code 6: refused by a safety limit"
        self.assertTrue(text.startswith(f"*{title}*\n```\nregistry:  {self.registry.url}\n"), text)
        self.assertIn("\nERROR: ", text)
        headers, body = ntfy.requests[0][2:]
        self.assertEqual(headers["Title"], title)
        self.assertEqual((headers["Priority"], headers["Tags"]), ("high", "warning"))
        self.assertIn("\nexit code: 6 (refused by a safety limit)\n", body.decode())
        self.leaves("app", "new", "old")

    @case("over TLS it must show a certificate of ca_cert; else it is told nothing")
    def test_tls(self):
        hook = self.hook(pair=certificate("hooks"))
        item = self.webhook(hook)
        self.tell(item, item | {"ca_cert": str(authority("hooks").pem)})
        self.exits(0)
        self.assertEqual(len(hook.requests), 1)
        self.says(f"notify[0]: {hook.place}: SSL certificate problem", "notify[1] was told")
        self.no_secret()

    @case("its URL can be in a file that nobody else can write")
    def test_url_file(self):
        hook, path = self.hook(), self.folder / "url"
        path.write_text(f"{hook.place}/{TOKEN}\n")
        path.chmod(0o600)
        item = {"type": "webhook", "url_file": str(path), "on": "always"}
        self.tell(item)
        self.exits(0)
        self.assertEqual(hook.paths(), [f"/{TOKEN}"])
        path.chmod(0o622)
        self.exits(0)
        self.says("notify[0].url_file: ")
        self.assertEqual(len(hook.requests), 1)
        path.chmod(0o600)
        path.write_text(f"{TOKEN}\n")
        self.exits(0)
        self.says("the URL in it must begin with http:// or https://")
        self.no_secret()

    @case("a report of more than 1 MiB is told without its lists; a command gets all of it")
    def test_large(self):
        hook = self.hook()
        copy = self.folder / "copy"
        self.tell(
            self.webhook(hook, on="changes"),
            {"type": "command", "command": self.script(f"cat > {copy}"), "on": "changes"},
        )
        tags = self.registry.manifests("app") / "tags"
        link = (tags / "new/current/link").read_text()
        for number in range(4000):
            folder = tags / f"copy-{number}/current"
            folder.mkdir(parents=True)
            (folder / "link").write_text(link)
        self.exits(0)
        whole, told = copy.read_bytes(), json.loads(hook.bodies()[0])
        self.assertGreater(len(whole), 1 << 20)
        self.assertLess(len(hook.bodies()[0]), 20000)
        self.assertEqual(json.loads(whole)["tags"], self.report()["tags"])
        self.assertEqual((told["tags"], told["untagged"]), (None, None))
        self.assertEqual(told["summary"]["tags"], 4002)

    @case("a disk without room for the report: it is told without its lists")
    def test_no_temporary_file(self):
        hook = self.hook()
        self.tell(self.webhook(hook))
        self.exits(0, env={"TMPDIR": "/nonexistent"})
        self.says("the report that is told is short: no temporary file: No such file or directory")
        self.assertIsNone(json.loads(hook.bodies()[0])["tags"])


class Faults(Told):
    @case("each that goes wrong is a warning in time, and the next one is told all the same")
    def test_faults(self):
        good = self.hook()
        elsewhere = self.hook()
        hooks = [
            ("hang", self.hook(status="hang"), "no answer within 1 s"),
            ("drip", self.hook(status="drip"), "no answer within 1 s"),
            ("reset", self.hook(status="reset"), "Recv failure: Connection reset by peer"),
            (
                "500",
                self.hook(status=500, said="no\x1b[2J luck"),
                r"500 Internal Server Error: no\x1b[2J luck",
            ),
            ("404", self.hook(status=404, said="no {path} here"), "404 Not Found"),
            # The cut of what is told lies in the secret.
            (
                "cut",
                self.hook(status=404, said=f"{'x' * 190}{{path}} and more\n"),
                "404 Not Found",
            ),
            ("endless line", self.hook(status=404, said="y" * 9000), "404 Not Found"),
            ("long", self.hook(status=404, said="z" * 300), f"404 Not Found: {'z' * 200}"),
            ("503", self.hook(status=503), "503 Service Unavailable: ok"),
            (
                "307",
                self.hook(status=307, location=f"{elsewhere.place}/{TOKEN}"),
                "307: redirects are not followed; the URL must be the final one",
            ),
        ]
        items = [self.webhook(hook, timeout=1) for _, hook, _ in hooks]
        closed = f"http://127.0.0.1:{free_port()}"
        items.append({"type": "webhook", "url": f"{closed}/{TOKEN}", "on": "always", "timeout": 1})
        self.tell(*items, self.webhook(good))
        began = time.monotonic()
        self.exits(0)
        self.assertLess(time.monotonic() - began, 30)
        for number, (name, hook, words) in enumerate(hooks):
            with self.subTest(name):
                self.says(f"[WARNING] notify[{number}]: {hook.place}: {words}\n")
                self.assertEqual(len(hook.requests), 1)
        self.says(f"[WARNING] notify[{len(hooks)}]: {closed}: Failed to connect")
        self.assertEqual(len(good.requests), 1)
        self.assertEqual(elsewhere.requests, [])
        self.leaves("app", "new")
        self.no_secret()

    @case("a resolver that does not answer holds nobody longer than the time-out")
    def test_resolver(self):
        # No server of names answers at that address, but the port is taken.
        deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(deaf.close)
        deaf.bind(("127.9.9.9", 53))
        names = self.folder / "resolv.conf"
        names.write_text("nameserver 127.9.9.9\n")
        mount = f'mount --bind {names} /etc/resolv.conf && exec "$@"'
        self.launcher = ["unshare", "--mount", "sh", "-c", mount, "sh"]
        place = "http://hook.name.test"
        self.tell({"type": "webhook", "url": f"{place}/{TOKEN}", "on": "always", "timeout": 1})
        began = time.monotonic()
        self.exits(0)
        self.assertLess(time.monotonic() - began, 5)
        self.says(f"[WARNING] notify[0]: {place}: no answer within 1 s\n")

    @case("an answer of 2xx counts, however long its body goes on")
    def test_endless(self):
        hook = self.hook(status="endless")
        self.tell(self.webhook(hook, timeout=1))
        self.exits(0)
        self.says("notify[0] was told")

    @case("what is not available for a moment is tried again")
    def test_again(self):
        hook = self.hook(status=503)
        self.tell(self.webhook(hook))
        started = self.begin()
        wait_for(lambda: hook.requests)
        hook.status = 200
        self.finish(started)
        self.exited(0)
        self.assertEqual(len(hook.requests), 2)
        self.says("notify[0] was told")

    @case("a first signal leaves a little time, a second none; the exit code is that of the signal")
    def test_signals(self):
        hook = self.hook(status="hang")
        self.tell(self.webhook(hook, timeout=60), self.webhook(hook, timeout=60))
        started = self.begin()
        wait_for(lambda: hook.requests)
        began = time.monotonic()
        started.kill(signal.SIGTERM)
        wait_for(lambda: len(hook.requests) == 2 or time.monotonic() - began > 1, 30)
        started.kill(signal.SIGTERM)
        self.finish(started)
        # The run itself had ended.
        self.exited(0)
        self.assertLess(time.monotonic() - began, 5)
        self.says("given up, because we were asked to stop")

    @case("a run that was stopped by a signal tells that, quickly")
    def test_stopped(self):
        hook = self.hook()
        ready, hold = self.folder / "ready", self.folder / "hold"
        os.mkfifo(hold)
        script = f"case $* in *--version*) : >'{ready}'; read -r line <'{hold}';; esac"
        self.configure(self.exec_script(script), {"notify": [self.webhook(hook, on="trouble")]})
        started = self.begin()
        wait_for(ready.exists)
        started.kill(signal.SIGTERM)
        self.finish(started)
        self.exited(143)
        self.assertEqual(json.loads(hook.bodies()[0])["exit_code"], 143)


class Commands(Told):
    def item(self, text, **more):
        return {"type": "command", "command": self.script(text), "on": "always"} | more

    @case("a command gets the report on its standard input, and may say what is wrong")
    def test_report(self):
        copy = self.folder / "copy"
        self.tell(self.item(f"cat > {copy}; echo 'no pager today' >&2; exit 3"))
        self.exits(0)
        self.assertEqual(json.loads(copy.read_text())["tags"], self.report()["tags"])
        self.says(f"notify[0]: {self.folder}/command: exit status 3: no pager today")

    @case("one that reads nothing, ignores TERM and leaves children is ended in time")
    def test_stubborn(self):
        pid = self.folder / "pid"
        self.tell(
            self.item(f"trap '' TERM\nsleep 300 & echo $! > {pid}\nwait\nsleep 300", timeout=1)
        )
        began = time.monotonic()
        self.exits(0)
        self.assertLess(time.monotonic() - began, 30)
        self.says("command: no answer within 1 s")
        wait_for(lambda: not os.path.exists(f"/proc/{pid.read_text().strip()}"))

    @case("what it says is masked before it is cut")
    def test_masked(self):
        hook = self.hook()
        filler = "x" * 190
        words = self.item(f"echo '{filler}/{TOKEN} and more' >&2; exit 3")
        self.tell(words, self.webhook(hook))
        self.exits(0)
        self.says(f"exit status 3: {filler}{'*' * 10}\n")
        self.assertNotIn(TOKEN[:4], self.output)
        self.no_secret()

    @case("one that is not there is a warning")
    def test_missing(self):
        self.tell({"type": "command", "command": ["/nonexistent/pager"], "on": "always"})
        self.exits(0)
        self.says("notify[0]: /nonexistent/pager: ", "No such file or directory")


class Events(Told):
    @case("trouble is told each time, recovery once; another run at work is neither")
    def test_recovery(self):
        hook = self.hook()
        self.tell(self.webhook(hook, on=["trouble", "recovery"], format="ntfy"))
        self.exits(0)
        self.push([{"repository": "app", "tag": "older", "created": "-95d"}])
        self.change_config(REFUSED)
        self.exits(6)
        self.exits(6)
        self.change_config({"safety": None})
        self.exits(0)
        self.exits(0)
        tags = [request[2]["Tags"] for request in hook.requests]
        self.assertEqual(tags, ["warning", "warning", "white_check_mark"])
        self.assertIn("run works again: 1 tag deleted", hook.requests[2][2]["Title"])

    @case(
        "a memory that cannot be read or written is a warning, and no recovery is told, not even twice"
    )
    def test_memory(self):
        hook = self.hook()
        self.tell(self.webhook(hook, on="recovery"))
        self.exits(0)
        (told,) = self.state.glob("*/told-run")
        told.write_text("trouble\n")
        self.exits(0)
        self.says("how the last run ended is not known, so no recovery is told")
        self.assertIn("good\n", told.read_text())
        told.unlink()
        told.mkdir()
        for _ in "12":
            self.exits(0)
            self.says("cannot be remembered", "that it works again is not told")
        self.assertEqual(hook.requests, [])

    @case("what cannot be written down is not told again and again")
    def test_storm(self):
        hook = self.hook()
        self.tell(self.webhook(hook, on="recovery"))
        self.change_config(REFUSED)
        self.exits(6)
        (told,) = self.state.glob("*/told-run")
        self.assertIn("trouble\n", told.read_text())
        self.change_config({"safety": None})
        # No file can be put in the place of a mount.
        mount = f'mount --bind {told} {told} && exec "$@"'
        self.launcher = ["unshare", "--mount", "sh", "-c", mount, "sh"]
        for _ in "12":
            self.exits(0)
            self.says("how this run ended cannot be remembered", "that it works again is not told")
        self.assertEqual(hook.requests, [])
        self.launcher = []
        self.exits(0)
        self.assertEqual(len(hook.requests), 1)

    @case("a dry run tells nobody, and remembers nothing")
    def test_dry_run(self):
        hook, copy = self.hook(), self.folder / "copy"
        self.tell(
            self.webhook(hook),
            {"type": "command", "command": self.script(f": > {copy}"), "on": "always"},
            ping_url=f"{hook.place}/ping",
        )
        self.exits(0, "--dry-run")
        self.change_config(REFUSED)
        self.exits(6, "--dry-run")
        self.run_program("collect", "--dry-run", "--config", self.config)
        self.run_program("usage", "--config", self.config)
        self.assertEqual(hook.requests, [])
        self.assertFalse(copy.exists())
        self.assertEqual(list(self.state.glob("*/told-*")), [])

    @case("a verification tells what is damaged, and that it is whole again, for itself")
    def test_verify(self):
        hook = self.hook()
        self.tell(self.webhook(hook, on=["trouble", "recovery"]), ping_url=f"{hook.place}/ping")
        self.verifies(0)
        blob = self.registry.blob(self.digest("app:new"))
        kept = blob.read_bytes()
        blob.write_text("{}")
        self.verifies(1)
        blob.write_bytes(kept)
        self.verifies(0)
        reports = [json.loads(body) for body in hook.bodies()]
        self.assertEqual(
            [(r["command"], r["exit_code"]) for r in reports], [("verify", 1), ("verify", 0)]
        )
        self.assertEqual(reports[1]["verification"]["whole"], 2)
        self.no_secret()

    @case("a run that ends before it begins is told, too: rules at fault, or no password")
    def test_early(self):
        hook = self.hook()
        self.tell(
            self.webhook(hook, on="trouble", format="slack"), ping_url=f"{hook.place}/{TOKEN}"
        )
        self.exits(2, "--jobs", "nightly")
        self.change_config(
            {"registry": {"user": "u", "password": None, "password_file": "/nonexistent/password"}}
        )
        self.exits(2)
        self.verifies(2)
        texts = [json.loads(body)["text"] for body in hook.bodies() if body]
        self.assertEqual(len(texts), 3)
        self.assertIn("verify FAILED with exit code 2", texts[2])
        for text, why in zip(
            texts, ("there is no job 'nightly'", "/nonexistent/password: No such file")
        ):
            self.assertIn("run FAILED with exit code 2", text)
            self.assertIn(why, text)
        pings = [path for path in hook.paths() if path != f"/{TOKEN}"]
        self.assertEqual(pings, [f"/{TOKEN}/2"] * 2)


class Pings(Told):
    @case("a service is told the start, and success or the exit code")
    def test_pings(self):
        hook = self.hook()
        self.tell(ping_url=f"{hook.place}/{TOKEN}?create=1")
        self.exits(0)
        self.push([{"repository": "app", "tag": "older", "created": "-95d"}])
        self.change_config(REFUSED)
        self.exits(6)
        self.assertEqual(
            hook.paths(),
            [f"/{TOKEN}{end}?create=1" for end in ("/start", "", "/start", "/6")],
        )
        self.assertEqual({request[0] for request in hook.requests}, {"GET"})
        self.no_secret()

    @case("one that finds another run at work asks for nothing")
    def test_busy(self):
        hook = self.hook()
        held = self.begin_held()
        self.change_config({"report": {"ping_url": f"{hook.place}/ping"}})
        self.exits(5)
        self.assertEqual(hook.requests, [])
        held.release()
        self.finish(held)

    @case("one that hangs holds the run for ten seconds at most, twice")
    def test_hanging(self):
        hook = self.hook(status="hang")
        self.tell(ping_url=f"{hook.place}/{TOKEN}")
        self.exits(0)
        self.assertEqual(self.output.count("report.ping_url: http"), 2)
        self.leaves("app", "new")
        self.no_secret()

    @case("a run that is killed has begun and never ended")
    def test_killed(self):
        hook = self.hook()
        script = "case $* in *--version*) kill -9 $PPID; sleep 1;; esac"
        self.configure(self.exec_script(script), {"report": {"ping_url": f"{hook.place}/ping"}})
        self.clean()
        self.exited(137)
        self.assertEqual(hook.paths(), ["/ping/start"])


class Places(Told):
    @case("proxies are those of the environment, and registry.proxy is for the registry alone")
    def test_proxies(self):
        hook, proxy = self.hook(), self.hook()
        self.tell(self.webhook(hook))
        self.change_config({"registry": {"proxy": None}})
        self.exits(0, env={"http_proxy": proxy.place, "no_proxy": ""})
        self.assertEqual((len(hook.requests), len(proxy.requests)), (0, 1))
        self.assertEqual(proxy.paths(), [f"{hook.place}/{TOKEN}"])
        self.exits(0, env={"http_proxy": proxy.place, "no_proxy": "127.0.0.1"})
        self.assertEqual((len(hook.requests), len(proxy.requests)), (1, 1))

    @case("with --quiet nothing is said of what went well")
    def test_quiet(self):
        good, bad = self.hook(), self.hook(status=404)
        self.tell(self.webhook(good), self.webhook(bad))
        self.run_program("--quiet", "--config", self.config, apart=True)
        self.exited(0)
        self.assertEqual(self.output, "")
        (line,) = self.errors.splitlines()
        self.assertIn(f"[WARNING] notify[1]: {bad.place}: 404 Not Found", line)
        self.assertIn("notify[0] was told", (self.program_folder / "log").read_text())

    @case("of several registries each tells of itself")
    def test_several(self):
        folder, hooks = self.folder / "registries", {}
        folder.mkdir(0o755)
        for name in ("east", "west"):
            self.use(self.start_registry())
            self.push(IMAGES)
            hooks[name] = self.hook()
            self.config = folder / f"{name}.json"
            self.tell(self.webhook(hooks[name]))
            hooks[name].registry = self.registry.url
        self.run_program("--config", folder, "--parallel", "2")
        self.exited(0)
        for hook in hooks.values():
            (body,) = hook.bodies()
            self.assertEqual(json.loads(body)["registry"], hook.registry)
