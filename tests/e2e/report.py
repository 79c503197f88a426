"""What a run leaves behind for people and programs: the report, the log, standard output."""

import json
import os
import re
import time
from datetime import datetime, timezone

from lab import World, case, program

LINE = r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \[(DEBUG|INFO|WARNING|ERROR)\] .+"
TIME = r"\A20\d{2}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z"
CONTROL = r"[\x00-\x08\x0b-\x1f\x7f]"
UNREACHABLE = {"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}}


class Report(World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "2020-02-03T04:05:06Z"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "team/other", "tag": "undated"},
    ]

    def setUp(self):
        super().setUp()
        self.log = self.program_folder / "log"

    def row(self, tag):
        """What the report has of the only tag of that name."""
        (found,) = [row for row in self.report()["tags"] if row["tag"] == tag]
        return found

    def subset(self, part, **wanted):
        """Fails unless the part of the report has these values, among others; false is not 0."""
        found = {key: part.get(key, "absent") for key in wanted}
        self.assertEqual(json.dumps(found, sort_keys=True), json.dumps(wanted, sort_keys=True))

    def numbers(self, part, *keys):
        """Fails unless they are numbers."""
        for key in keys:
            self.assertIn(type(part[key]), (int, float), key)

    def runs(self, code, *arguments, **options):
        """Runs the program with the configuration alone; fails unless it exits with that code."""
        self.run_program("--config", self.config, *arguments, **options)
        self.exited(code)

    def retain_list(self):
        """A list, and the configuration for it."""
        path = self.folder / "list"
        path.write_text("one 1\n")
        return path, {"retain_lists": [{"file": str(path), "patterns": ["none/{id}:{revision}"]}]}

    @case("every field of the report has its type")
    def test_types(self):
        self.exits(0)
        report = self.report()
        self.assertEqual(report["version"], 1)
        self.assertRegex(report["started_at"], TIME)
        self.assertRegex(report["finished_at"], TIME)
        self.assertLessEqual(report["started_at"], report["finished_at"])
        self.assertIs(report["dry_run"], False)
        self.assertEqual(report["exit_code"], 0)
        self.numbers(report, "requests")
        self.assertGreater(report["requests"], 0)
        self.assertIsInstance(report["tags"], list)
        self.assertEqual(len(report["tags"]), 3)
        for row in report["tags"]:
            for key in ("repository", "tag", "decision", "status"):
                self.assertIsInstance(row[key], str, key)
            self.assertIsInstance(row["reasons"], list)
            self.assertTrue(row["reasons"])
            self.assertRegex(row["digest"], r"\Asha256:[0-9a-f]{64}\Z")
            self.numbers(row, "exclusive_bytes")
            self.assertRegex(row["pushed_at"], TIME)
        summary = report["summary"]
        self.numbers(summary, "repositories", "tags", "kept", "deleted", "planned", "errors")
        self.numbers(summary, "unknown_age", "orphans")
        self.assertIsInstance(summary["criteria"], dict)
        storage = report["storage"]
        for moment in ("before", "after"):
            self.numbers(storage[moment], "bytes", "allocated", "files")
        self.numbers(storage, "forecast_bytes", "freed_bytes", "added_bytes")
        forecast = storage["forecast"]
        self.numbers(forecast, "blobs", "shared_bytes", "garbage_bytes", "untagged_bytes")
        self.assertEqual(storage["forecast_bytes"], storage["freed_bytes"])
        of_repositories = sum(row["freed_bytes"] for row in forecast["repositories"])
        parts = forecast["shared_bytes"] + forecast["garbage_bytes"] + of_repositories
        self.assertEqual(storage["forecast_bytes"], parts)
        collection = report["garbage_collection"]
        self.assertIs(collection["ran"], True)
        self.numbers(collection, "exit_status", "blobs_marked", "blobs_deleted")
        self.numbers(collection, "manifests_deleted", "seconds")
        verification = report["verification"]
        self.subset(verification, ran=True, damage=[])
        self.numbers(verification, "tags", "whole", "damaged", "unverified")
        sizes = storage["before"]["bytes"], storage["after"]["allocated"], storage["freed_bytes"]
        for size in sizes:
            self.assertIsInstance(size, int)
            self.assertGreater(size, 0)

    @case("every tag is in it, with what is true of it")
    def test_tags(self):
        self.exits(0)
        self.assertEqual(self.report()["registry"], self.registry.url)
        self.subset(
            self.row("old"),
            repository="app",
            digest=self.digest("app:old"),
            created_at="2020-02-03T04:05:06Z",
            decision="delete",
            status="deleted",
            reasons=["old"],
        )
        self.subset(self.row("new"), decision="keep", status="kept", reasons=["recent"])
        self.subset(
            self.row("undated"),
            repository="team/other",
            created_at=None,
            decision="keep",
            reasons=["unknown_age"],
        )
        self.subset(
            self.report()["summary"],
            repositories=2,
            tags=3,
            kept=2,
            deleted=1,
            planned=0,
            errors=0,
            unknown_age=1,
            orphans=0,
        )

    @case("the criteria are the rules that were used")
    def test_criteria(self):
        rules = {
            "days_to_keep": 17,
            "protected_tags": ["a", "b"],
            "protected_patterns": ["Rel"],
            "protected_repositories": ["team/**"],
        }
        self.configure({"cleanup": rules})
        self.exits(0, "--dry-run")
        criteria = self.report()["summary"]["criteria"]
        self.subset(
            criteria, **rules, retain_lists=[], in_use_commands=0, delete_empty_repositories=False
        )
        self.subset(
            criteria["safety"],
            max_delete_tags=None,
            max_growth_factor=None,
            max_clock_skew_seconds=300,
        )
        path, lists = self.retain_list()
        safety = {"max_delete_tags": 700, "max_growth_factor": 1.5}
        self.configure({**lists, "protect": {"in_use": [["echo", "some/image"]]}, "safety": safety})
        self.exits(0, "--dry-run")
        criteria = self.report()["summary"]["criteria"]
        self.subset(criteria, retain_lists=[str(path)], in_use_commands=1)
        self.subset(criteria["safety"], **safety)

    @case("the sizes are those of the folder")
    def test_sizes(self):
        self.exits(0)
        store = self.registry.store
        found = [store.lstat(), *(path.lstat() for path in store.rglob("*"))]
        files = [path.lstat().st_size for path in store.rglob("*") if path.is_file()]
        self.subset(
            self.report()["storage"]["after"],
            files=len(files),
            bytes=sum(files),
            allocated=sum(entry.st_blocks * 512 for entry in found),
        )

    @case("what is not known is null: no storage, no date, no collection")
    def test_null(self):
        self.configure({"gc": {"when": "never"}, "paths": {"storage": "", "host_storage": ""}})
        self.exits(0)
        report = self.report()
        self.subset(report["storage"], before=None, after=None, freed_bytes=None, added_bytes=None)
        self.subset(
            report["garbage_collection"],
            ran=False,
            exit_status=None,
            blobs_marked=None,
            seconds=None,
        )

    @case("a run that ended early has a report that says so")
    def test_early_end(self):
        self.configure(UNREACHABLE)
        self.exits(3)
        report = self.report()
        self.subset(report, version=1, exit_code=3, tags=[])
        self.assertEqual(report["summary"]["deleted"], 0)
        self.assertIs(report["garbage_collection"]["ran"], False)
        self.assertIsNone(report["storage"]["before"])

    @case("the report is replaced when it is complete, and its temporary file is gone")
    def test_replaced(self):
        folder = self.folder / "reports"
        folder.mkdir()
        last = folder / "last.json"
        last.write_text("the one before\n")
        # While the run is at work the former report is there, whole.
        meanwhile = self.folder / "meanwhile"
        self.configure(
            self.exec_script(f"case $* in *garbage-collect*) cp '{last}' '{meanwhile}';; esac")
        )
        self.runs(0, "--report", last)
        self.assertEqual(meanwhile.read_text(), "the one before\n")
        self.assertEqual(json.loads(last.read_text())["exit_code"], 0)
        self.assertEqual(list(folder.iterdir()), [last])

    @case("a report that cannot be written is a usage error before anything is sent")
    def test_not_writable(self):
        pipe, dangling = self.folder / "pipe", self.folder / "dangling"
        os.mkfifo(pipe)
        dangling.symlink_to(self.folder / "nothing")
        for path in (self.folder / "nowhere/report.json", self.program_folder, pipe, dangling):
            requests = self.watch(lambda path=path: self.runs(2, "--report", path))
            self.says("--report", str(path))
            self.assertEqual(requests, [])
        self.leaves("app", "new", "old")

    def refused(self, path, what):
        """Fails unless it is refused as a report, named once, and has what it had; the log is added to."""
        before = path.read_bytes()
        self.runs(2, "--repos-file", self.folder / "repositories", "--report", path)
        self.says(f"--report: {path} is {what}")
        said = "\n".join(line for line in self.lines() if "--report:" in line)
        self.assertEqual(said.count(str(path)), 1, said)
        self.assertEqual(path.read_bytes()[: len(before)], before)

    def notify_from(self, path):
        path.write_text("http://127.0.0.1:9/secret\n")
        path.chmod(0o600)
        self.change_config({"notify": [{"type": "webhook", "url_file": str(path)}]})

    @case("a report is not written onto what a run reads or writes otherwise, by whatever name")
    def test_onto_others(self):
        listed, lists = self.retain_list()
        link, hard, plan = (self.folder / name for name in ("link", "hard", "plan"))
        (self.folder / "repositories").write_text("app 9\n")
        self.configure(lists)
        self.exits(0, "--dry-run")
        self.refused(self.config, "the configuration")
        link.symlink_to(self.config)
        self.refused(link, "the configuration")
        hard.hardlink_to(self.config)
        self.refused(hard, "the configuration")
        self.refused(self.log, "the file of log.file")
        self.refused(listed, "the file of retain_lists[].file")
        self.refused(self.folder / "repositories", "the file of cleanup.repositories_file")
        self.exits(0)
        (own,) = self.state.glob("*/debts")
        self.refused(own, "in a registry's folder of paths.state")
        (self.folder / "folder").symlink_to(own.parent)
        self.runs(2, "--report", self.folder / "folder/new")
        # What a restore needs lies deeper.
        (journal,) = own.parent.glob("journal/*.jsonl")
        self.refused(journal, "in a registry's folder of paths.state")
        stored = self.registry.store / "report"
        stored.touch()
        self.addCleanup(stored.unlink, missing_ok=True)
        self.refused(stored, "in the registry's storage")
        stored.unlink()
        self.notify_from(self.folder / "url")
        self.refused(self.folder / "url", "the file of notify[].url_file")
        # Plans are written, too; and read.
        self.run_program("plan", "-c", self.config, "--output", listed)
        self.exited(2)
        self.says(f"--output: {listed} is the file of retain_lists[].file")
        self.run_program("plan", "-c", self.config, "--output", plan)
        self.exited(0)
        self.run_program("apply", plan, "-c", self.config, "--report", plan)
        self.exited(2)
        self.says(f"--report: {plan} is the plan that is to be applied")
        # Beside the registries' own folders there is room.
        self.runs(0, "--report", self.state / "report.json")

    @case("what a kill left of a report goes with the next run, and nobody else's file")
    def test_killed(self):
        folder = self.folder / "reports"
        folder.mkdir()
        last, backup, seen = (folder / name for name in ("last.json", "last.json.backup", "seen"))
        backup.write_text("mine\n")
        script = f"[ -e '{seen}' ] || {{ : >'{seen}'; kill -KILL $PPID; }}"
        self.configure(self.exec_script(f"case $* in *--version*) {script};; esac"))
        self.runs(137, "--report", last)
        self.assertEqual(len(list(folder.glob("last.json.clean-registry-*"))), 1)
        self.runs(0, "--report", last)
        self.assertEqual(sorted(folder.rglob("*")), [last, backup, seen])

    def has_messages_of_log(self):
        """The report has the texts that the log has, in their order. Returns what it has."""
        messages = self.report()["messages"]
        trouble = r"^[^\[\n]*(\[(?:WARNING|ERROR)\] .*)$"
        logged = re.findall(trouble, self.log.read_text(), re.MULTILINE)
        self.assertEqual(
            [f"[{one['level']}] {one['text']}" for one in messages["texts"]],
            [line for line in logged if "see above" not in line],
        )
        self.assertEqual(messages["warnings"] + messages["errors"], len(messages["texts"]))
        return messages

    @case("the report names command and version, and holds the texts of warnings and errors")
    def test_messages(self):
        version = self.run_program("--version").output
        self.exits(0, "--dry-run")
        report = self.report()
        self.subset(report, command="run", messages={"warnings": 0, "errors": 0, "texts": []})
        self.assertEqual(f"clean-registry {report['program_version']}\n", version)
        # A rule that is about nothing, and two things that fail.
        job = {"name": "j", "repositories": ["absent"], "tag_regexps": ["x"]}
        self.configure({"jobs": [job], "registry": {"container": "absent", "exec": ["false"]}})
        self.log.unlink()
        self.exits(4)
        messages = self.has_messages_of_log()
        self.assertGreaterEqual(messages["warnings"], 1)
        self.assertGreaterEqual(messages["errors"], 1)
        warning = {"level": "WARNING", "text": "job j, x matches no tag"}
        texts = [{key: one[key] for key in warning} for one in messages["texts"]]
        self.assertIn(warning, texts)
        self.log.unlink()
        self.exits(4, "collect")
        messages = self.has_messages_of_log()
        self.assertEqual(self.report()["command"], "collect")
        self.assertGreaterEqual(messages["errors"], 1)

    @case("no password is in the texts that the report holds")
    def test_password(self):
        said = "cannot open with hunter22-secret and dTpodW50ZXIyMi1zZWNyZXQ="
        script = f'case $* in *garbage-collect*) echo "{said}" >&2; exit 9;; esac'
        login = {"registry": {"user": "u", "password": "hunter22-secret"}}
        self.configure(self.exec_script(script), login)
        self.exits(4)
        texts = [one["text"] for one in self.report()["messages"]["texts"]]
        self.assertTrue(any("cannot open with ********" in text for text in texts), texts)
        text = self.report_path.read_text()
        self.assertNotRegex(text, "hunter22-secret|dTpodW50ZXIyMi1zZWNyZXQ=")
        # Nor is it in what is said of a reference that holds it.
        self.exits(2, "--repository", "http://u:hunter22-secret@elsewhere:5000/app")
        self.says("is not this registry")
        self.keeps_quiet_of("hunter22")

    @case("tags stand in one order, sorted, wherever they were read")
    def test_order(self):
        self.push(
            [
                {"repository": "zoo", "tag": "b", "created": "-90d"},
                {"repository": "zoo", "tag": "a", "created": "-90d"},
                {"repository": "zoo", "tag": "C", "created": "-90d"},
                {"repository": "app-x", "tag": "1.10", "created": "-1d"},
                {"repository": "app-x", "tag": "1.9", "created": "-90d"},
                {"repository": "app/x", "tag": "1", "created": "-90d"},
            ]
        )
        orders, said = [], []
        for source in ("api", "storage"):
            self.configure({"inventory": {"source": source}})
            self.exits(0, "--dry-run")
            tags = [(row["repository"], row["tag"]) for row in self.report()["tags"]]
            self.assertEqual(tags, sorted(tags))
            self.assertEqual(len(tags), 9)
            forecast = self.report()["storage"]["forecast"]["repositories"]
            names = [row["repository"] for row in forecast]
            self.assertEqual(names, sorted(names))
            self.assertGreater(len(names), 2)
            orders.append(tags)
            said.append(re.findall("would delete [^ \n]*:[^ \n]*", self.output))
            plan = self.folder / f"plan.{source}"
            self.run_program("plan", "--config", self.config, "--output", plan)
            self.exited(0)
            rows = map(json.loads, plan.read_text().splitlines())
            planned = [(row["repository"], row["tag"]) for row in rows if row.get("tag")]
            self.assertEqual(planned, orders[0])
        self.assertEqual(orders[0], orders[1])
        self.assertEqual(said[0], said[1])

    def printed(self, code, *arguments):
        """The report that standard output gets; standard error is kept apart."""
        self.runs(code, *arguments, "--report", "-", cwd=self.folder, apart=True)
        return json.loads(self.output)

    @case("--report -: the report is all that standard output gets, whatever else is told")
    def test_standard_output(self):
        self.assertIs(self.printed(0, "--dry-run", "--debug")["dry_run"], True)
        self.assertEqual(self.errors, "")
        self.assertIn("[INFO] would delete app:old", self.log.read_text())
        self.configure({"registry": {"container": "absent", "exec": ["false"]}})
        self.assertEqual(self.printed(4)["exit_code"], 4)
        self.assertIn("[ERROR]", self.errors)
        self.configure()
        tags = self.printed(0)["tags"]
        self.assertEqual([row["status"] for row in tags if row["tag"] == "old"], ["deleted"])
        self.assertIs(self.printed(0, "collect")["garbage_collection"]["ran"], True)
        # No file of that name, and nothing that looks like an option.
        self.assertFalse((self.folder / "-").exists())
        self.runs(2, "--report", "-n")
        # A report that nobody takes is a failure.
        words = [program.PROGRAM, "--config", self.config, "--report", "-"]
        self.command("sh", "-c", '"$@" >/dev/full', "-", *words)
        self.exited(1)
        self.says("[ERROR] standard output: the report could not be written")

    @case("--repository takes what docker pull has, of this registry alone, and warns of a tag")
    def test_repository(self):
        host = f"127.0.0.1:{self.registry.port}"
        self.exits(0, "--dry-run", "--repository", f"{host}/app")
        self.says("would delete app:old")
        self.keeps_quiet_of("names a tag or digest")
        self.exits(0, "--dry-run", "--repository", f"{host}/app:new")
        self.says("would delete app:old", "[WARNING] --repository names a tag or digest")
        self.exits(2, "--dry-run", "--repository", "app", "--repository", "elsewhere:5000/app")
        self.says(f"--repository: 'elsewhere:5000' is not this registry ({host})")

    @case("a report behind a link replaces the file, not the link")
    def test_link(self):
        target, link = self.folder / "target.json", self.folder / "link.json"
        target.touch()
        link.symlink_to("target.json")
        self.runs(0, "--dry-run", "--report", link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(json.loads(target.read_text())["exit_code"], 0)

    def well_formed(self, text):
        """Fails unless there are lines, and each has time, level and message."""
        self.assertTrue(text)
        self.assertTrue(text.endswith("\n"))
        for line in text[:-1].split("\n"):
            self.assertTrue(re.fullmatch(LINE, line), line)

    @case("every line of log and output has time, level and message, and both are the same")
    def test_lines(self):
        self.exits(0, "--debug")
        self.assertTrue(self.output)
        self.well_formed(self.log.read_text())
        self.exits(0, "--dry-run", "--debug")
        self.well_formed(self.output)
        self.log.unlink()
        self.exits(0, "--dry-run")
        self.assertEqual(self.log.read_text(), self.output)

    @case("times are local time")
    def test_local_time(self):
        self.exits(0, "--dry-run", env={"TZ": "UTC+12"})
        logged = datetime.fromisoformat(self.output[:19]).replace(tzinfo=timezone.utc).timestamp()
        behind = time.time() - logged - 12 * 3600
        self.assertTrue(0 <= behind < 120, behind)

    @case("the log is added to, and kept from others")
    def test_log(self):
        self.exits(0, "--dry-run")
        self.exits(0, "--dry-run")
        ends = [line for line in self.log.read_text().splitlines() if "exit code 0" in line]
        self.assertEqual(len(ends), 2)
        self.assertEqual(self.log.stat().st_mode & 0o7777, 0o640)

    @case("--quiet: nothing but warnings and errors on standard output, everything in the log")
    def test_quiet(self):
        self.exits(0, "--quiet")
        self.assertEqual(self.output, "")
        self.assertIn("[INFO] deleted app:old (old", self.log.read_text())
        self.configure(UNREACHABLE)
        self.exits(3, "-q")
        self.assertTrue(self.lines())
        for line in self.lines():
            self.assertRegex(line, r"\[(WARNING|ERROR)\]")

    @case("--quiet and --debug together: details go to the log file only")
    def test_quiet_debug(self):
        self.exits(0, "--quiet", "--debug")
        self.assertEqual(self.output, "")
        self.assertIn("[DEBUG]", self.log.read_text())

    @case("the level DEBUG comes with --debug or DEBUG=true alone")
    def test_debug(self):
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("[DEBUG]")
        self.exits(0, "--dry-run", "--debug")
        self.says("[DEBUG] keep app:new")
        self.exits(0, "--dry-run", env={"DEBUG": "true"})
        self.says("[DEBUG] keep app:new")

    @case("what was deleted is told by name and reason, then the sums")
    def test_sums(self):
        self.exits(0)
        self.matches(r"\[INFO\] deleted app:old \(old: created 2020-02-03 \([0-9]+ days ago\)\)$")
        self.says(
            "looked at 3 tags in 2 repositories",
            "deleted 1 tag (1 manifest)",
            "kept 2 tags: ",
            "freed ",
            "exit code 0",
        )

    @case("a log file that cannot be opened is a warning; the run goes on")
    def test_no_log(self):
        self.configure({"log": {"file": "/proc/nowhere/log"}})
        self.exits(0)
        self.says("[WARNING] /proc/nowhere/log: ")
        self.leaves("app", "new")

    @case("an empty name means no log file")
    def test_empty_name(self):
        self.configure({"log": {"file": ""}})
        self.exits(0, "--quiet")
        self.assertEqual(self.output, "")
        self.assertFalse(self.log.exists())
        self.leaves("app", "new")

    @case("errors of usage and configuration go to stderr, and to no log")
    def test_usage(self):
        self.runs(2, "--what", apart=True)
        self.assertEqual(self.output, "")
        self.assertRegex(self.errors, r"\Aclean-registry: (.|\n)*--what")
        self.assertFalse(self.log.exists())

    @case("control characters from outside are made visible, in output and log")
    def test_control(self):
        script = r"""case $* in *garbage-collect*)
            printf "red \033[31m and bell \007\n" >&2; exit 9;; esac"""
        self.configure(self.exec_script(script))
        self.exits(4, "--debug")
        self.says(r"red \x1b[31m and bell \x07")
        self.assertNotRegex(self.log.read_text(), CONTROL)
        self.assertNotRegex(self.output, CONTROL)

    @case("--http-logs tells of every request")
    def test_http_logs(self):
        self.push([{"repository": "logged", "tag": "old", "created": "-90d"}])
        self.exits(0, "--http-logs")
        url = re.escape(self.registry.url)
        self.matches(
            rf"HTTP GET {url}/v2/\?clean-registry=[0-9a-f]*: HTTP/1.1 200 OK, \d+ bytes, \d+ ms$",
            rf"HTTP DELETE {url}/v2/logged/manifests/sha256:[0-9a-f]*: HTTP/1.1 202 Accepted, 0 bytes, \d+ ms$",
        )
        told = [line for line in self.lines() if re.search("INFO. HTTP ", line)]
        self.assertEqual(len(told), self.report()["requests"])
