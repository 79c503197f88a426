"""Where the space goes: what `usage` tells is what is on the disk, and telling it changes nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from datetime import datetime
from pathlib import Path

import space
from v2client import digest_of

from lab import World, case, program, tree

TERMINAL = Path(__file__).resolve().parent.parent / "tools/terminal.py"
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}


class Usage(World):
    KEPT = [
        {
            "repository": "team/app",
            "tag": "v1",
            "created": "2020-02-03T04:05:06Z",
            "layers": ["base:300000", "one:50000"],
        },
        {
            "repository": "team/app",
            "tag": "v2",
            "created": "-1d",
            "layers": ["base:300000", "two:60000"],
        },
        {"repository": "team/app", "tag": "latest", "same_as": "team/app:v2"},
        {
            "repository": "team/app",
            "tag": None,
            "id": "untagged",
            "created": "-1d",
            "layers": ["base:300000", "three:7000"],
        },
        {
            "repository": "team/app/nested",
            "tag": "multi",
            "kind": "index",
            "created": "-91d",
            "platforms": ["linux/amd64", "linux/arm64"],
            "layers": ["base:300000"],
        },
        {"repository": "tools", "tag": "big", "layers": ["big:900000"]},
        {
            "repository": "tools",
            "tag": "sign",
            "id": "sign",
            "kind": "cosign",
            "subject": "tools:big",
        },
    ]

    @classmethod
    def prepare(cls, self):
        cls.pushed_from = time.time() - 2
        super().prepare(self)
        cls.pushed_to = time.time() + 2

    def usage(self, code, *arguments, env=None):
        """Runs it, its two streams kept apart; fails unless it exits with that code."""
        self.run_program("usage", "--config", self.config, *arguments, env=env, apart=True)
        self.exited(code)

    def told(self, *arguments, code=0):
        """The JSON that it prints."""
        self.usage(code, "--json", *arguments)
        return json.loads(self.output)

    def found(self):
        """The same of what lies on the disk."""
        return space.survey(self.registry.v2)

    def begin_upload(self, repository, size):
        """Begins an upload of so many bytes and leaves it."""
        client = self.registry.client
        headers, _ = client.expect(202, "POST", f"/v2/{repository}/blobs/uploads/")
        location = urllib.parse.urlsplit(headers["Location"])
        kind = {"Content-Type": "application/octet-stream"}
        client.expect(202, "PATCH", f"{location.path}?{location.query}", bytes(size), kind)

    def make_garbage(self, size):
        """A blob that no manifest refers to."""
        data = os.urandom(size)
        path = self.registry.blob(digest_of(data))
        path.parent.mkdir(parents=True)
        path.write_bytes(data)

    def delete_untagged(self):
        self.registry.delete("team/app", self.digest("untagged"))

    def parts_are_the_whole(self, told):
        parts = told["alone_bytes"] + told["shared_bytes"] + told["garbage_bytes"]
        self.assertEqual(parts, told["bytes"])

    @case("the total is what find says of the blobs' files, and its parts are the whole")
    def test_total(self):
        self.make_garbage(12345)
        told = self.told()
        sizes = [path.stat().st_size for path in self.registry.store.rglob("blobs/**/data")]
        self.assertEqual((told["bytes"], told["blobs"]), (sum(sizes), len(sizes)))
        self.assertEqual(told["source"], "storage")
        self.parts_are_the_whole(told)
        alone = sum(row["alone_bytes"] for row in told["repositories"])
        self.assertEqual(alone, told["alone_bytes"])

    @case("every figure of every repository and tag is what the files on the disk add up to")
    def test_figures(self):
        self.make_garbage(777)
        told, found = self.told(), self.found()
        self.assertEqual((told["bytes"], told["blobs"]), (found["bytes"], found["blobs"]))
        self.assertEqual(told["garbage_bytes"], found["garbage"])
        self.assertEqual(told["shared_bytes"], found["shared"])
        repositories = {
            row["repository"]: {"alone": row["alone_bytes"], "shared": row["shared_bytes"]}
            for row in told["repositories"]
        }
        self.assertEqual(repositories, found["repositories"])
        self.assertEqual(len(told["repositories"]), 3)
        tags = {}
        for name in ("team/app", "team/app/nested", "tools"):
            told = self.told("--tags", name)
            repository = told["repository"]["repository"]
            tags |= {f"{repository}:{tag['tag']}": tag["bytes"] for tag in told["tags"]}
        self.assertEqual(tags, found["tags"])

    @case("tags, manifests and untagged manifests are counted, the largest repository first")
    def test_counts(self):
        told = self.told()
        rows = [
            (row["repository"], row["tags"], row["manifests"], row["untagged_manifests"])
            for row in told["repositories"]
        ]
        wanted = [("tools", 2, 2, 0), ("team/app", 3, 3, 1), ("team/app/nested", 1, 3, 0)]
        self.assertEqual(rows, wanted)
        self.assertEqual((told["tags"], told["manifests"], told["untagged_manifests"]), (6, 8, 1))
        sizes = [row["alone_bytes"] + row["shared_bytes"] for row in told["repositories"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    @case("garbage is what the collector then removes")
    def test_garbage(self):
        self.delete_untagged()
        self.make_garbage(4321)
        garbage = self.told()["garbage_bytes"]
        self.assertGreater(garbage, 7000 + 4321)
        self.assertEqual(garbage, self.found()["garbage"])
        self.configure({"gc": {"when": "always"}, "cleanup": {"days_to_keep": 30000}})
        self.exits(0)
        self.assertEqual(self.report()["storage"]["freed_bytes"], garbage)
        told = self.told()
        self.assertEqual(told["garbage_bytes"], 0)
        self.assertEqual(told["bytes"], self.found()["bytes"])

    @case(
        "uploads in progress are told, also in a repository that has nothing else, and not counted"
    )
    def test_uploads(self):
        self.usage(0)
        self.says("No upload is in progress.")
        told = self.told()
        before = told["bytes"]
        none = {"count": 0, "bytes": 0, "newest_at": None, "newest_repository": None}
        self.assertEqual(told["uploads"], none)
        self.begin_upload("team/app", 5000)
        # Otherwise both might come within one second.
        earlier = time.time() - 60
        for path in self.registry.store.rglob("_uploads/**/*"):
            os.utime(path, (earlier, earlier))
        self.begin_upload("not/yet/there", 60000)
        told = self.told()
        self.assertEqual(told["uploads"]["count"], 2)
        self.assertGreaterEqual(told["uploads"]["bytes"], 65000)
        self.assertEqual(told["uploads"]["bytes"], self.found()["uploads"]["bytes"])
        self.assertEqual(told["uploads"]["newest_repository"], "not/yet/there")
        self.assertEqual(told["bytes"], before)
        self.usage(0)
        wanted = r"Not counted: 2 uploads in progress with (.|\n)* in not/yet/there\."
        self.assertRegex(self.output, wanted)

    def close(self, number, unit, exact):
        """Fails unless this is the exact figure, rounded to three digits."""
        difference = abs(float(number) * UNITS[unit] - exact)
        self.assertLessEqual(difference, exact * 0.005, (number, unit))

    def same_table(self, text, told):
        """Names and counts are the same; bytes are those of the JSON, rounded."""

        def counts(part):
            return [part["tags"], part["manifests"], part["untagged_manifests"]]

        row = r"^(\S+|\d+ others) +(\d+) +(\d+) +(\d+) +([\d.]+) (\w+) +([\d.]+) (\w+) *$"
        rows = re.findall(row, text, re.MULTILINE)
        wanted = [(part["repository"], part) for part in told["repositories"]]
        if told["rest"]:
            wanted.append((f"{told['rest']['repositories']} others", told["rest"]))
        self.assertEqual([row[0] for row in rows], [name for name, _ in wanted])
        for row, (_, part) in zip(rows, wanted):
            self.assertEqual([int(number) for number in row[1:4]], counts(part), row)
            self.close(row[4], row[5], part["alone_bytes"])
            self.close(row[6], row[7], part["shared_bytes"])
        for name, key in (("shared by several", "shared_bytes"), ("garbage", "garbage_bytes")):
            found = re.search(rf"^{name} +([\d.]+) (\w+)$", text, re.MULTILINE)
            self.close(*found.groups(), told[key])
        total = r"^total +(\d+) +(\d+) +(\d+) +([\d.]+) (\w+)$"
        *numbers, size, unit = re.search(total, text, re.MULTILINE).groups()
        self.assertEqual([int(number) for number in numbers], counts(told))
        self.close(size, unit, told["bytes"])

    @case("the table says what the JSON says, with --top as well")
    def test_table(self):
        self.make_garbage(33333)
        for top in ([], ["--top=1"], ["--top=3"]):
            self.usage(0, *top)
            table = self.output
            self.same_table(table, self.told(*top))

    @case("--top: the others are one line, and nothing is lost")
    def test_top(self):
        told = self.told("--top", "1")
        self.assertEqual([row["repository"] for row in told["repositories"]], ["tools"])
        rest = told["rest"]
        numbers = [rest[key] for key in ("repositories", "tags", "manifests", "untagged_manifests")]
        self.assertEqual(numbers, [2, 4, 6, 1])
        alone = told["repositories"][0]["alone_bytes"] + rest["alone_bytes"]
        self.assertEqual(alone, told["alone_bytes"])
        self.assertEqual(rest["shared_bytes"], told["shared_bytes"])
        self.assertIsNone(self.told("--top", "3")["rest"])
        told = self.told("--top", "1", "--tags", "team/app")
        self.assertEqual([tag["tag"] for tag in told["tags"]], ["latest"])
        self.assertEqual(told["rest"]["tags"], 2)

    @case("--tags: each with its size, what it holds alone, its dates and digest")
    def test_tags(self):
        v1, v2 = self.digest("team/app:v1"), self.digest("team/app:v2")
        tags = self.told("--tags", "team/app")["tags"]
        names = [(tag["tag"], tag["digest"]) for tag in tags]
        self.assertEqual(names, [("latest", v2), ("v2", v2), ("v1", v1)])
        self.assertEqual(tags[2]["created_at"], "2020-02-03T04:05:06Z")
        self.assertGreater(tags[2]["exclusive_bytes"], 50000)
        pushed = datetime.fromisoformat(tags[2]["pushed_at"].replace("Z", "+00:00")).timestamp()
        self.assertTrue(self.pushed_from < pushed < self.pushed_to, tags[2]["pushed_at"])
        self.assertEqual([tag["exclusive_bytes"] for tag in tags[:2]], [0, 0])
        # What a dry run says of each tag is the same.
        self.exits(0, "--dry-run")
        of_run = {
            tag["tag"]: tag["exclusive_bytes"]
            for tag in self.report()["tags"]
            if tag["repository"] == "team/app"
        }
        self.assertEqual(of_run, {tag["tag"]: tag["exclusive_bytes"] for tag in tags})
        self.usage(0, "--tags", "team/app")
        self.matches(
            f"^v1 +[0-9.]+ KiB +[0-9.]+ KiB +2020-02-03  20[0-9-]{{8}}  {v1}$",
            f"^latest +[0-9.]+ KiB +0 B +20[0-9-]{{8}}  20[0-9-]{{8}}  {v2}$",
        )

    @case("a repository is taken as docker pull has it, of this registry alone")
    def test_reference(self):
        host = f"127.0.0.1:{self.registry.port}"
        self.usage(0, "--tags", "team/app")
        plain = self.output
        for reference in (f"{host}/team/app", f"{host}/team/app:v1", "team/app:v1"):
            self.usage(0, "--tags", reference)
            self.assertEqual(self.output, plain)
        self.usage(2, "--tags", "elsewhere:5000/team/app")
        self.assertEqual(self.output, "")
        self.assertIn("--tags: 'elsewhere:5000' is not this registry", self.errors)

    @case("an unknown repository is an error that names the nearest one")
    def test_unknown(self):
        self.usage(1, "--tags", "team/ap")
        self.assertEqual(self.output, "")
        self.assertIn(
            "[ERROR] there is no repository 'team/ap'; did you mean 'team/app'?", self.errors
        )
        self.usage(1, "--json", "--tags", "something/quite/different")
        self.assertEqual(self.output, "")
        wanted = r"\[ERROR\] there is no repository 'something/quite/different'\n\Z"
        self.assertRegex(self.errors, wanted)

    @case("without the storage: what manifests state, and nothing that the API does not show")
    def test_no_storage(self):
        self.make_garbage(1000)
        self.delete_untagged()
        told = self.told()
        counted = told["bytes"] - told["garbage_bytes"]
        self.configure({"paths": {"host_storage": ""}})
        told = self.told()
        self.assertEqual(told["source"], "api")
        self.assertEqual(told["bytes"], counted)
        for key in ("storage", "garbage_bytes", "garbage_blobs", "untagged_manifests", "uploads"):
            self.assertIsNone(told[key], key)
        self.assertEqual({row["untagged_manifests"] for row in told["repositories"]}, {None})
        self.assertEqual(told["alone_bytes"] + told["shared_bytes"], told["bytes"])
        self.usage(0)
        self.says("cannot be seen through the API.")
        self.matches("^garbage +-$", "^team/app +3 +2 +- ")
        tags = self.told("--tags", "team/app")["tags"]
        self.assertEqual({tag["pushed_at"] for tag in tags}, {None})

    def on_terminal(self, columns, **env):
        """Runs it on a terminal of that width."""
        words = [sys.executable, TERMINAL, columns, program.PROGRAM, "usage", "-c", self.config]
        self.command(*words, env={"TERM": "xterm", "LC_ALL": "C.UTF-8", **env}, apart=True)
        self.exited(0)

    def rows(self):
        """The lines of the table that was printed, without escape codes."""
        lines = re.sub(r"\x1b\[[0-9;]*m", "", self.output).splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("REPOSITORY"))
        return lines[first : lines.index("", first)]

    @case("on a terminal there are bars, as wide as it is")
    def test_terminal(self):
        for columns in (120, 100, 80):
            self.on_terminal(columns)
            self.says("\x1b[", "█", "░")
            self.assertEqual(max(map(len, self.rows())), columns - 1)
        # The rows are those of the plain table.
        bars = " *[█▏▎▍▌▋▊▉░]+( alone ░ shared)?$"
        rows = [re.sub(bars, "", row).rstrip(" ") for row in self.rows()]
        self.usage(0)
        self.assertEqual(
            [re.sub("[─-]", "", row) for row in self.rows()],
            [re.sub("[─-]", "", row) for row in rows],
        )

    @case(
        "bars of # without UTF-8, no colours with NO_COLOR, nothing of it on a dumb terminal or a pipe"
    )
    def test_plain_terminal(self):
        self.on_terminal(100, LC_ALL="C", NO_COLOR="1")
        self.says("####")
        self.keeps_quiet_of("█", "\x1b")
        self.on_terminal(100, TERM="dumb")
        self.says("REPOSITORY")
        self.keeps_quiet_of("##", "█", "\x1b")
        self.usage(0, env={"TERM": "xterm", "LC_ALL": "C.UTF-8"})
        self.says("REPOSITORY")
        self.keeps_quiet_of("##", "█", "\x1b")

    @case("standard output is the result alone: the log goes to its file, trouble to stderr")
    def test_streams(self):
        self.assertEqual(self.told("--debug")["version"], 1)
        self.assertEqual(self.errors, "")
        log = (self.program_folder / "log").read_text()
        self.assertIn("[INFO] usage ended, exit code 0", log)
        self.configure({"log": {"file": "/proc/nowhere/log"}})
        self.assertEqual(self.told()["version"], 1)
        warning = r"\[WARNING\] /proc/nowhere/log: (.|\n)*this run has no log file\n\Z"
        self.assertRegex(self.errors, warning)
        self.configure({"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}})
        self.usage(3, "--json")
        self.assertEqual(self.output, "")
        self.assertIn("[ERROR] ", self.errors)

    def only_gets(self):
        """Runs it; fails if it sends anything but GETs. Returns how many."""
        requests = self.watch(lambda: self.usage(0))
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        return len(requests)

    @case("it changes nothing, sends only GETs, and needs no lock")
    def test_changes_nothing(self):
        before = tree(self.registry.store)
        self.only_gets()
        self.assertEqual(tree(self.registry.store), before)
        self.assertFalse(self.state.exists())
        held = self.begin_held("other")
        self.configure()
        self.usage(0)
        self.configure({"inventory": {"source": "api"}})
        self.assertGreater(self.only_gets(), 0)
        held.release()
        self.assertEqual(held.end().status, 0)

    @case("it works for a user who can write nothing and reach no container")
    def test_nobody(self):
        container = {"container": "registry", "exec": None, "program": None}
        paths = {
            "config": "/etc/docker/registry/config.yml",
            "storage": "/var/lib/registry",
            "state": "/var/lib/clean-registry",
        }
        self.configure({"registry": container, "paths": paths})
        folder = self.run_as_nobody("usage", "--json", apart=True)
        self.exited(0)
        told = json.loads(self.output)
        self.assertEqual((told["source"], len(told["repositories"])), ("storage", 3))
        names = sorted(path.name for path in folder.rglob("*"))
        self.assertEqual(names, ["clean-registry", "config.json"])

    @case("what could not be read makes it incomplete: said, counted, exit 1")
    def test_incomplete(self):
        (self.registry.manifests("tools") / "tags/big/current/link").write_text("")
        self.usage(1)
        self.says("INCOMPLETE: 1 thing could not be read; the log names it.")
        self.assertRegex(self.errors, "tools(.|\n)*big")
        told = self.told(code=1)
        self.assertEqual(told["errors"], 1)
        self.parts_are_the_whole(told)

    def usage_into(self, descriptor):
        """Runs it with that standard output; returns how it exited and its standard error."""
        done = subprocess.run(
            [program.PROGRAM, "usage", "-c", self.config],
            stdout=descriptor,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=program.environment(self.env),
        )
        return done.returncode, done.stderr

    @case("a result that cannot be written is an error; a reader that has seen enough is none")
    def test_not_written(self):
        with open("/dev/full", "wb") as full:
            status, errors = self.usage_into(full)
        self.assertEqual(status, 1)
        self.assertIn("[ERROR] standard output: No space left on device", errors)
        reader, writer = os.pipe()
        os.close(reader)
        status, errors = self.usage_into(writer)
        os.close(writer)
        self.assertEqual((status, errors), (-signal.SIGPIPE, ""))

    @case("an empty registry has no space to tell of")
    def test_empty(self):
        self.registry.empty()
        (self.registry.v2 / "repositories").mkdir(parents=True)
        told = self.told()
        self.assertEqual((told["bytes"], told["blobs"], told["tags"]), (0, 0, 0))
        self.assertEqual(told["repositories"], [])
        self.usage(0)
        self.says(": 0 repositories, 0 tags, 0 manifests")
