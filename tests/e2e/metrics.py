"""Metrics for Prometheus: what runs write, what stays from earlier runs, and the rules and the dashboard."""

import json
import os
import re
import stat
import time

from lab import World, case
from lab.page import Page
from lab.program import ROOT

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d", "layers": ["gone:50001"]},
    {"repository": "app", "tag": "new", "created": "-1d"},
    {"repository": "app", "tag": "latest", "created": "-90d"},
    {"repository": "base", "tag": "new", "created": "-1d", "layers": ["kept:90001"]},
    {"repository": "tool", "tag": "old", "created": "-80d"},
    {"repository": "tool", "tag": "new", "created": "-1d"},
]
ALL = {"app", "base", "tool"}
ETC = ROOT / "etc"
NAME = r"clean_registry_[a-z_]+"


class Metrics(World):
    KEPT = IMAGES

    def configure(self, *changes, url=None):
        self.file = self.folder / "textfile" / "clean-registry.prom"
        self.file.parent.mkdir(exist_ok=True)
        self.url = url or self.registry.url
        super().configure(self.written_to(self.file), *changes, url=url)

    def written_to(self, path, **others):
        return {"report": {"metrics_file": str(path), **others}}

    def promtool(self, *arguments, stdin=""):
        self.command("promtool", *arguments, stdin=stdin)
        self.exited(0)

    def samples(self):
        """{name: {label: value}} of the file, which promtool finds nothing wrong with; the label is that beside
        registry, or ""."""
        text = self.file.read_text()
        self.promtool("check", "metrics", stdin=text)
        self.assertEqual(self.output, "")
        found = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            match = re.fullmatch(
                rf'({NAME})\{{registry="([^"]*)"(?:,[a-z]+="([^"]*)")?\}} (\S+)', line
            )
            self.assertTrue(match, line)
            self.assertEqual(match[2], self.url)
            found.setdefault(match[1], {})[match[3] or ""] = float(match[4])
        return found

    def one(self, name):
        """The value of a metric without a label of its own, or None."""
        return self.samples().get(f"clean_registry_{name}", {}).get("")

    def many(self, name):
        """{label: value} of a metric, without what is 0."""
        values = self.samples().get(f"clean_registry_{name}", {})
        return {label: value for label, value in values.items() if value}

    def is_recent(self, name):
        self.assertLess(abs(time.time() - self.one(name)), 120, name)

    def may_go_away(self):
        """Configures for the registry behind a proxy; returns what ends that, so that nobody answers."""
        proxy = self.start_proxy()
        self.configure({"registry": {"retry_seconds": 0}}, url=proxy.url)
        return proxy.stop

    @case("a run writes what it did and what it found, and promtool has nothing to say")
    def test_run(self):
        self.exits(0)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o644)
        self.assertEqual(os.listdir(self.file.parent), [self.file.name])
        self.is_recent("last_run_timestamp_seconds")
        self.assertEqual(
            self.one("last_success_timestamp_seconds"), self.one("last_run_timestamp_seconds")
        )
        self.assertEqual(self.one("last_run_exit_code"), 0)
        self.assertEqual(self.one("last_run_errors"), 0)
        report = self.report()
        self.assertEqual(self.many("last_run_tags_deleted"), {"old": 2})
        self.assertEqual(self.one("last_run_manifests_deleted"), 2)
        self.assertEqual(self.one("last_run_freed_bytes"), report["storage"]["freed_bytes"])
        self.assertGreater(self.one("last_run_freed_bytes"), 50000)
        self.assertEqual(self.one("tags"), 6)
        self.assertEqual(self.one("repositories"), 3)
        self.assertEqual(self.many("tags_kept"), {"recent": 3, "protected_tag": 1})
        self.assertEqual(self.one("tags_damaged"), 0)
        storage = report["storage"]
        self.assertEqual(self.one("storage_bytes"), storage["after"]["allocated"])
        # All that was foreseen is freed.
        self.assertGreater(storage["forecast_bytes"], 50000)
        self.assertEqual(self.one("forecast_bytes"), 0)
        self.assertEqual(self.one("garbage_bytes"), 0)
        self.assertEqual(set(self.samples()["clean_registry_repository_forecast_bytes"]), ALL)
        self.assertEqual(self.many("repository_forecast_bytes"), {})
        self.assertGreater(self.one("file_system_size_bytes"), self.one("file_system_free_bytes"))
        self.assertEqual(
            set(self.many("known_timestamp_seconds")), {"tags", "space", "storage", "damage"}
        )
        self.assertEqual(self.one("runs_total"), 1)
        self.assertEqual(self.one("tags_deleted_total"), 2)
        self.assertEqual(self.many("repository_tags"), {"app": 3, "base": 1, "tool": 2})
        self.assertEqual(self.many("repository_tags_deleted"), {"app": 1, "tool": 1})
        self.assertGreater(self.many("repository_bytes")["base"], 90000)
        # The next one deletes nothing; the sums stay.
        self.exits(0)
        self.assertEqual(self.many("last_run_tags_deleted"), {})
        self.assertEqual(self.one("last_run_freed_bytes"), 0)
        self.assertEqual(self.one("tags"), 4)
        self.assertEqual(self.one("runs_total"), 2)
        self.assertEqual(self.one("tags_deleted_total"), 2)
        # Nothing was measured or verified: that stays as it was.
        self.assertEqual(self.one("storage_bytes"), storage["after"]["allocated"])
        self.assertEqual(self.one("tags_damaged"), 0)

    @case("the document, the alert rules and the dashboard name what is written, and nothing else")
    def test_names(self):
        self.exits(0)
        written = set(self.samples())
        table = (ROOT / "docs" / "metrics.md").read_text()
        told = set(re.findall(rf"^\| `({NAME})` \|", table, re.MULTILINE))
        # Those of Scaleway's registry are looked for by tests/e2e/scaleway_verbs.py.
        self.assertEqual({name for name in told if "_namespaces_" not in name}, written)
        rules = (ETC / "prometheus" / "clean-registry.rules.yml").read_text()
        board = json.loads((ETC / "grafana" / "clean-registry.json").read_text())
        for text in (rules, json.dumps(board)):
            used = set(re.findall(NAME, text))
            self.assertGreater(len(used), 5)
            self.assertEqual(used - written, set())
        self.assertGreaterEqual(board["schemaVersion"], 37)
        numbers = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(numbers), len(set(numbers)))
        for panel in board["panels"]:
            sources = [panel["datasource"], *[row["datasource"] for row in panel["targets"]]]
            self.assertEqual({source["uid"] for source in sources}, {"${datasource}"})

    @case("the alert rules are well-formed, and fire when they should")
    def test_rules(self):
        self.promtool("check", "rules", ETC / "prometheus" / "clean-registry.rules.yml")
        self.promtool("test", "rules", ETC / "prometheus" / "clean-registry.test.yml")
        self.says("SUCCESS")
        tested = (ETC / "prometheus" / "clean-registry.test.yml").read_text()
        rules = (ETC / "prometheus" / "clean-registry.rules.yml").read_text()
        for alert in re.findall(r"alert: (\w+)", rules):
            self.assertRegex(tested, rf"alertname: {alert}\n\s+exp_alerts:", alert)

    @case("a registry that is away: the run failed, and what was known stays known")
    def test_away(self):
        go_away = self.may_go_away()
        self.exits(0)
        before = self.samples()
        go_away()
        self.file.unlink()
        self.exits(3)
        now = self.samples()
        self.assertEqual(self.one("last_run_exit_code"), 3)
        self.assertEqual(self.one("last_run_errors"), 1)
        self.assertEqual(self.many("last_run_tags_deleted"), {})
        self.assertEqual(self.one("last_run_freed_bytes"), 0)
        self.assertEqual(self.one("runs_total"), 2)
        same = ["last_success_timestamp_seconds", "known_timestamp_seconds", "tags", "tags_kept"]
        same += ["repository_bytes", "blob_bytes", "garbage_bytes", "storage_bytes"]
        same += ["tags_damaged", "tags_deleted_total", "freed_bytes_total"]
        for name in same:
            self.assertEqual(now[f"clean_registry_{name}"], before[f"clean_registry_{name}"], name)

    @case("nothing is known of a registry that was never reached, and nothing is made up")
    def test_never(self):
        self.may_go_away()()
        self.exits(3)
        names = {name.removeprefix("clean_registry_") for name in self.samples()}
        unknown = {"last_success_timestamp_seconds", "tags", "tags_kept", "blob_bytes"}
        unknown |= {"garbage_bytes", "storage_bytes", "tags_damaged", "known_timestamp_seconds"}
        self.assertEqual(names & unknown, set())
        self.assertLessEqual({"last_run_exit_code", "runs_total", "build_info"}, names)

    @case("a quote in the registry's address ends no label")
    def test_quote(self):
        self.configure({"registry": {"retry_seconds": 0}}, url='http://127.0.0.1:9/a"b')
        self.exits(3)
        text = self.file.read_text()
        self.promtool("check", "metrics", stdin=text)
        self.assertEqual(self.output, "")
        self.assertIn(r'exit_code{registry="http://127.0.0.1:9/a\"b"} 3', text)

    @case("a run that could not even begin is told of: rules at fault, and no password")
    def test_not_begun(self):
        self.exits(0)
        success = self.one("last_success_timestamp_seconds")
        for change in (
            {"cleanup": {"repositories_file": "/nonexistent/file"}},
            {"registry": {"user": "u", "password": None, "password_file": "/nonexistent/file"}},
        ):
            self.change_config(change)
            self.exits(2)
            self.assertEqual(self.one("last_run_exit_code"), 2)
            self.assertEqual(self.one("last_success_timestamp_seconds"), success)
            self.assertEqual(self.one("tags"), 6)
            # It had no lock, and wrote down nothing.
            self.assertEqual(self.one("runs_total"), 1)
            self.file.unlink()
            self.exits(2, "--dry-run")
            self.assertFalse(self.file.exists())

    @case("while another run is at work its metrics are left to it; one that is killed writes none")
    def test_busy(self):
        self.exits(0)
        text = self.file.read_text()
        held = self.begin_held()
        self.exits(5)
        self.assertEqual(self.file.read_text(), text)
        held.kill()
        held.process.wait()
        self.assertEqual(self.file.read_text(), text)
        self.configure()
        self.exits(0)
        self.assertEqual(self.one("runs_total"), 2)
        self.assertEqual(os.listdir(self.file.parent), [self.file.name])

    @case("a run that finds a collector at work has the lock, and tells that it did nothing")
    def test_collector(self):
        self.exits(0)
        success = self.one("last_success_timestamp_seconds")
        processes = "'=/proc/9/cmdline\\nregistry\\0garbage-collect\\0/etc/config.yml\\0'"
        script = f"case $* in *cmdline*) printf {processes}; exit;; esac"
        self.push([{"repository": "tool", "tag": "old", "created": "-80d"}])
        self.change_config(self.exec_script(script))
        self.exits(5)
        self.assertEqual(self.one("last_run_exit_code"), 5)
        self.assertEqual(self.many("last_run_tags_deleted"), {})
        self.assertEqual(self.one("last_success_timestamp_seconds"), success)
        self.assertEqual(self.one("runs_total"), 2)

    @case("a dry run, and what only looks, write nothing")
    def test_looks(self):
        for words in (("--dry-run",), ("collect", "--dry-run")):
            self.exits(0, *words)
        for words in (("verify",), ("usage",), ("check",)):
            self.run_program(*words, "--config", self.config)
            self.exited(0)
        self.assertEqual(list(self.file.parent.iterdir()), [])

    @case(
        "a run that deletes without collecting tells all that a collection frees, until that is run"
    )
    def test_not_collected(self):
        self.change_config({"gc": {"when": "never"}})
        self.exits(0)
        foreseen = self.report()["storage"]["forecast_bytes"]
        self.assertGreater(foreseen, 50000)
        self.assertEqual(self.one("forecast_bytes"), foreseen)
        self.assertGreater(self.many("repository_forecast_bytes")["app"], 50000)
        # One that fails frees nothing, and changes nothing of that.
        self.change_config(self.exec_script("case $* in *--version*) ;; *) exit 1;; esac"))
        self.exits(4, "collect")
        self.assertEqual(self.one("forecast_bytes"), foreseen)
        self.configure({"gc": {"when": "never"}})
        kept = self.many("tags_kept")
        self.exits(0, "collect")
        self.assertEqual(self.one("last_run_freed_bytes"), foreseen)
        names = {name.removeprefix("clean_registry_") for name in self.samples()}
        space = {"forecast_bytes", "garbage_bytes", "untagged_bytes", "blob_bytes"}
        self.assertEqual(names & (space | {"repository_forecast_bytes"}), set())
        self.assertEqual(set(self.many("known_timestamp_seconds")), {"tags", "storage", "damage"})
        self.assertEqual(self.many("tags_kept"), kept)
        # Another one finds nothing to free, and the next run knows it all again.
        self.exits(0)
        self.assertEqual(self.one("forecast_bytes"), 0)
        self.exits(0, "collect")
        self.assertEqual(self.one("forecast_bytes"), 0)

    @case("what nothing referred to before a collection is gone after it")
    def test_garbage(self):
        self.change_config({"gc": {"when": "never"}})
        self.exits(0)
        self.assertEqual(self.one("garbage_bytes"), 0)
        self.exits(0)
        garbage = self.one("garbage_bytes")
        self.assertGreater(garbage, 50000)
        self.assertEqual(self.one("forecast_bytes"), garbage)
        self.configure({"gc": {"when": "always"}})
        self.exits(0)
        self.assertEqual(self.one("last_run_freed_bytes"), garbage)
        self.assertEqual(self.one("garbage_bytes"), 0)
        self.assertEqual(self.one("forecast_bytes"), 0)

    @case("a collection alone says nothing new of rules")
    def test_collect(self):
        self.exits(0)
        kept = self.many("tags_kept")
        self.push([{"repository": "app", "tag": "late", "created": "-1d"}])
        self.exits(0, "collect")
        self.assertEqual(self.many("tags_kept"), kept)
        self.assertEqual(self.one("tags"), 6)
        self.assertEqual(self.one("runs_total"), 2)
        self.assertEqual(self.one("last_run_tags_failed"), 0)

    @case("what somebody else wrote, or another registry has, is not replaced; exit 1")
    def test_foreign(self):
        other = self.registry.url.replace("127.0.0.1", "localhost") + "/other"
        page = self.folder / "page.html"
        for text, said in (
            ("precious\n", "was not written by clean-registry"),
            (f"# Written by clean-registry, for {other}\n", f"of another registry, {other}"),
        ):
            self.file.write_text(text)
            self.exits(1, "--html", page)
            self.says("[ERROR] report.metrics_file: ", said)
            self.assertEqual(self.file.read_text(), text)
            self.assertEqual(self.report()["exit_code"], 1)
            self.assertEqual(self.report()["summary"]["errors"], 1)
            self.assertIn("Exit code 1: ", Page(page).text)
        # Nor does a later run believe that one of these succeeded.
        self.file.write_text("")
        self.change_config({"cleanup": {"repositories_file": "/nonexistent/file"}})
        self.exits(2)
        self.assertIsNone(self.one("last_success_timestamp_seconds"))
        self.change_config({"cleanup": {"repositories_file": None}})
        self.exits(0)
        self.assertEqual(self.one("last_run_exit_code"), 0)
        self.change_config(self.written_to(self.config))
        self.exits(1)
        self.says("is the configuration")

    @case("a folder that is not there is an error of the run, which has done its work")
    def test_no_folder(self):
        self.change_config(self.written_to(self.folder / "none" / "x.prom"))
        self.exits(1)
        self.says("[ERROR] report.metrics_file: ", "No such file or directory", "exit code 1")
        self.leaves("app", "latest", "new")

    @case("a report cannot take the place of the metrics")
    def test_report(self):
        self.exits(0)
        text = self.file.read_text()
        self.run_program("--config", self.config, "--report", self.file)
        self.exited(2)
        self.says("report.metrics_file; name another file")
        self.assertIn(text.splitlines()[0], self.file.read_text())

    @case("a name that node_exporter would pass over is a warning")
    def test_name(self):
        self.change_config(self.written_to(self.folder / "textfile" / "x.txt"))
        self.exits(0)
        self.says("[WARNING]", "end in .prom")

    @case("of many repositories the largest have series, and the others one")
    def test_many(self):
        self.change_config(self.written_to(self.file, metrics_repositories=1))
        self.change_config({"gc": {"when": "never"}})
        self.exits(0)
        self.assertGreater(self.many("repository_forecast_bytes")["(others)"], 50000)
        self.assertEqual(self.many("repository_tags"), {"base": 1, "(others)": 5})
        self.assertEqual(self.many("repository_tags_deleted"), {"(others)": 2})
        self.change_config(self.written_to(self.file, metrics_repositories=0))
        self.exits(0)
        self.assertEqual(self.many("repository_tags"), {})

    @case("through the API what only the storage shows is absent")
    def test_api(self):
        self.change_config({"inventory": {"source": "api"}, "paths": {"host_storage": ""}})
        self.exits(0)
        for name in ("untagged_bytes", "file_system_free_bytes", "file_system_size_bytes"):
            self.assertIsNone(self.one(name), name)
        self.assertEqual(self.one("tags"), 6)
        self.assertGreater(self.one("blob_bytes"), 140000)

    @case("without what the state keeps the sums begin anew, and a damaged file is a warning")
    def test_state(self):
        go_away = self.may_go_away()
        self.exits(0)
        (kept,) = self.state.glob("*/metrics")
        text = kept.read_text()
        kept.write_text(text.replace("success 1", "success 2"))
        go_away()
        self.exits(3)
        self.says("[WARNING] the file metrics in paths.state: damaged")
        self.assertIsNone(self.one("tags"))
        self.assertEqual(self.one("runs_total"), 1)

    @case("where the state knows of no success, the last one of the history counts")
    def test_history(self):
        go_away = self.may_go_away()
        go_away()
        self.exits(3)
        self.assertIsNone(self.one("last_success_timestamp_seconds"))
        (kept,) = self.state.glob("*/metrics")
        now = int(time.time())
        # The last one is of a clock that was wrong.
        runs = ((now - 300, 0), (now - 200, 0), (now - 100, 4), (now + 9000, 0))
        lines = [
            json.dumps({"started_at": at, "finished_at": at, "command": "run", "exit_code": code})
            for at, code in runs
        ]
        history = kept.parent / "history.jsonl"
        history.write_text("".join(f"{line}\n" for line in lines))
        history.chmod(0o600)
        kept.unlink()
        self.exits(3)
        self.assertEqual(self.one("last_success_timestamp_seconds"), now - 200)
        self.assertEqual(self.one("runs_total"), 1)

    @case("two registries of a folder that name one file are refused before anything is sent")
    def test_several(self):
        configs = self.folder / "registries"
        configs.mkdir(0o755)
        link = self.folder / "link"
        link.symlink_to(self.file.parent)
        document = json.loads(self.config.read_text())
        for name, folder, port in (("a", self.file.parent, 1), ("b", link, 2)):
            document["registry"]["url"] = f"http://127.0.0.1:{port}"
            document["registry"]["exec"] = [name]
            document["paths"]["host_storage"] = ""
            for key in ("metrics_file", "html_file"):
                document["report"] = {key: str(folder / "same.prom")}
                (configs / key).mkdir(0o755, exist_ok=True)
                self.write_config(document, configs / key / f"{name}.json")
        for key in ("metrics_file", "html_file"):
            self.run_program("--config", configs / key)
            self.exited(2)
            self.says(f"a.json and b.json write the same file (report.{key})", "nothing was sent")
