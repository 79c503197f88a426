"""Ages that count from the last pull: real requests in the access logs of a real registry and a real nginx,
moved into the past."""

import datetime
import gzip
import os
import re
import signal
import time

from lab import World, case
from lab.nginx import Nginx
from lab.program import wait_for
from v2client import ACCEPT

DAY = 86400
PASS = "listen 127.0.0.1:@PORT@; location / {{ proxy_pass {url}; proxy_set_header Host $http_host; {more} }}"
STAMP = re.compile(r"\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]")
DOCKER = "docker/20.10.24 go/go1.19"
AGED = {"cleanup": {"age_from": "pulled"}, "inventory": {"source": "storage"}}


def moved(line, days):
    """A line of the log as if it had been written so many days ago, by a clock of another time zone."""
    zone = datetime.timezone(datetime.timedelta(hours=-5))
    moment = datetime.datetime.fromtimestamp(time.time() - days * DAY, zone)
    return STAMP.sub(moment.strftime("[%d/%b/%Y:%H:%M:%S %z]"), line)


class PullWorld(World):
    REGISTRY = {}
    CONFIG = None
    # Nobody pushed them through the API, so no log says so.
    OLD = [
        {"repository": "app", "tag": "pulled", "created": "-90d"},
        {"repository": "app", "tag": "scanned", "created": "-90d"},
        {"repository": "app", "tag": "unused", "created": "-90d"},
    ]

    def write_old(self, specs, repository="app"):
        """Images in the storage, pushed 90 days ago, say its times."""
        self.write_images(specs)
        for tag in (self.registry.manifests(repository) / "tags").iterdir():
            moment = time.time() - 90 * DAY - len(os.listdir(tag.parent)) * 100
            # Not all at once, as in a copy.
            moment -= 3600 * sorted(os.listdir(tag.parent)).index(tag.name)
            os.utime(tag / "current/link", (moment, moment))

    def front(self, more=""):
        """An nginx in front of the registry, which is configured."""
        self.nginx = self.serve(Nginx(PASS.format(url=self.registry.url, more=more)))
        self.url = f"http://127.0.0.1:{self.nginx.port}"
        self.log = self.nginx.folder / "access.log"

    def pull(self, reference, agent=DOCKER, repository="app", method="GET"):
        """As a client does; returns the line of the log."""
        before = len(self.nginx.accesses())
        client = self.registry.client
        path = f"/v2/{repository}/manifests/{reference}"
        other = type(client)(self.url)
        status, _, _ = other.request(method, path, None, {"Accept": ACCEPT, "User-Agent": agent})
        self.assertEqual(status, 200)
        return wait_for(lambda: self.nginx.accesses()[before:])[0] + "\n"

    def write_history(self, days, *lines):
        """The log of so many days before today, each with a request, in two rotated files: lines are (days ago,
        line). What is in the log now is left out."""
        other = type(self.registry.client)(self.url)
        other.request("GET", "/v2/", None, {"User-Agent": "check"})
        check = wait_for(lambda: [x for x in self.nginx.accesses() if "check" in x])[0] + "\n"
        entries = [(day, check) for day in range(1, days + 1)] + list(lines)
        entries.sort(key=lambda entry: -entry[0])
        texts = [moved(line, day) for day, line in entries]
        half = len(texts) // 2
        with gzip.open(f"{self.log}.2.gz", "wt") as old:
            old.write("".join(texts[:half]))
        self.log.with_name("access.log.1").write_text("".join(texts[half:]))
        os.utime(f"{self.log}.2.gz", (time.time() - DAY * 20,) * 2)
        os.utime(f"{self.log}.1", (time.time() - DAY,) * 2)
        self.log.write_text("")

    def rotate(self, keep=True):
        """As logrotate does."""
        if keep:
            self.log.rename(f"{self.log}.1")
        else:
            self.log.unlink()
        os.kill(int(self.nginx.pid_path.read_text()), signal.SIGUSR1)
        wait_for(self.log.exists)

    def aged(self, *changes):
        self.configure(AGED, {"paths": {"access_log": str(self.log)}}, *changes, url=self.url)

    def files(self):
        """What the state knows of pulls."""
        return list(self.state.glob("*/pulls"))


class InFront(PullWorld):
    def setUp(self):
        super().setUp()
        self.write_old(self.OLD)
        self.front()

    @case("what was pulled lately stays, by tag, digest or part; what only a scanner pulled goes")
    def test_pulls(self):
        self.write_old(
            [
                {"repository": "app", "tag": "by-digest", "created": "-91d"},
                {"repository": "app", "tag": "headed", "created": "-92d"},
                {"repository": "app", "tag": "long-ago", "created": "-93d"},
                {
                    "repository": "app",
                    "tag": "several",
                    "kind": "index",
                    "created": "-94d",
                    "platforms": ["linux/amd64", "linux/arm64"],
                },
            ]
        )
        self.write_history(
            40,
            (3, self.pull("pulled")),
            (2, self.pull("scanned", agent="Trivy/0.50 scanner")),
            (2, self.pull("unused", agent="clean-registry/0.0.9")),
            (5, self.pull(self.digest("app:by-digest"))),
            (1, self.pull("headed", method="HEAD")),
            (4, self.pull(self.digest("app:several/linux/arm64"))),
            (35, self.pull("long-ago")),
        )
        self.aged({"pulled": {"ignore_agents": ["Trivy/"]}})
        self.exits(0, "--dry-run")
        self.assertEqual(self.files(), [])
        self.exits(0)
        self.says("pulls are known since")
        self.leaves("app", "by-digest", "headed", "pulled", "several")
        self.assertEqual(len(self.files()), 1)
        self.run_program("why", "--config", self.config, "app:pulled")
        self.matches(r"^pulled +\S+ \(3 days ago\)", r"nothing: too young, pulled 3 days ago")

    @case("protect.pulled_days keeps what was pulled, whatever its age is counted from")
    def test_protected(self):
        self.write_history(40, (3, self.pull("pulled")), (20, self.pull("scanned")))
        # A glob that names all of its files.
        logs = {"paths": {"access_log": f"{self.log}*"}}
        self.aged({"cleanup": {"age_from": "created"}, "protect": {"pulled_days": 10}}, logs)
        self.exits(0)
        self.assertEqual(self.tag("app", "pulled"), "kept old,pulled")
        self.leaves("app", "pulled")

    @case("a log of fewer days than the rules look back: what may have been pulled stays")
    def test_too_short(self):
        self.write_history(20, (3, self.pull("pulled")))
        self.aged()
        self.exits(0)
        self.matches(r"pulls are known since .*, and the rules look back 30 days: until ")
        self.assertEqual(self.tag("app", "unused"), "kept unknown_age")
        self.aged({"cleanup": {"age_from": "created"}, "protect": {"pulled_days": 25}})
        self.exits(0)
        self.assertEqual(self.tag("app", "unused"), "kept old,unknown_age,undated")
        self.aged({"cleanup": {"days_to_keep": 15}})
        self.exits(0)
        self.leaves("app", "pulled")

    @case("a log that goes on in rotated files is known on; one that was taken away is not")
    def test_rotated(self):
        self.write_history(40, (3, self.pull("pulled")))
        self.aged()
        self.exits(0)
        self.leaves("app", "pulled")
        self.rotate()
        # The history is gone, but what it said is in the state.
        os.unlink(f"{self.log}.2.gz")
        self.write_old([{"repository": "app", "tag": "other", "created": "-90d"}])
        self.exits(0)
        self.leaves("app", "pulled")
        self.write_old([{"repository": "app", "tag": "more", "created": "-90d"}])
        os.unlink(f"{self.log}.1")
        self.rotate(keep=False)
        self.exits(0)
        self.says("is not in it any more: it was rotated away")
        self.leaves("app", "more", "pulled")

    GZIP = """#!/bin/sh
gzip=$(PATH=$REAL_PATH command -v gzip)
"$gzip" "$@" || exit
[ -e "$LOG.2.gz" ] || exit 0
mv "$LOG.2.gz" "$LOG.3.gz"
mv "$LOG.1" "$LOG.2"
mv "$LOG" "$LOG.1"
: >"$LOG"
"""

    @case("files that are rotated while they are read are read again, and none is left out")
    def test_rotated_meanwhile(self):
        self.write_history(40)
        # Of less than two days, so that no silence tells that the middle one was not read.
        pulled = moved(self.pull("pulled"), 3)
        old = gzip.decompress(self.log.with_name("access.log.2.gz").read_bytes()).decode()
        rest = self.log.with_name("access.log.1").read_text().splitlines(keepends=True)
        with gzip.open(f"{self.log}.2.gz", "wt") as file:
            file.write(old + "".join(rest[:-3]))
        self.log.with_name("access.log.1").write_text(pulled)
        self.log.write_text("".join(rest[-2:]))
        for name, days in ((".2.gz", 4), (".1", 3)):
            os.utime(f"{self.log}{name}", (time.time() - days * DAY,) * 2)
        folder = self.folder / "bin"
        folder.mkdir()
        (folder / "gzip").write_text(self.GZIP)
        (folder / "gzip").chmod(0o755)
        path = os.environ["PATH"]
        self.env |= {"PATH": f"{folder}:{path}", "REAL_PATH": path, "LOG": str(self.log)}
        self.aged()
        self.exits(0)
        self.assertTrue(self.log.with_name("access.log.3.gz").exists())
        self.leaves("app", "pulled")

    @case("of another log, or with other agents, nobody knows what was pulled before it is read")
    def test_other_source(self):
        self.write_history(40, (10, self.pull("pulled", agent="Nightly/1")))
        self.aged({"pulled": {"ignore_agents": ["Nightly"]}, "cleanup": {"days_to_keep": 100}})
        self.exits(0)
        self.aged()
        self.exits(0)
        self.says("the access log is read from its first line")
        self.leaves("app", "pulled")

    @case("a silence of more than two days may be a log that was off")
    def test_silent(self):
        self.write_history(40, (3, self.pull("pulled")))
        lines = self.log.with_name("access.log.1").read_text().splitlines(keepends=True)
        self.log.with_name("access.log.1").write_text("".join(lines[:-10] + lines[-7:]))
        self.aged()
        self.exits(0)
        self.matches(r"pulls are known since .* until ")
        self.leaves("app", "pulled", "scanned", "unused")

    @case("through the API, what no log saw pushed counts from the first run that saw it")
    def test_api(self):
        self.write_history(40, (35, self.pull("pulled")))
        self.aged({"inventory": {"source": "api"}})
        self.exits(0)
        self.says("pulls are known since")
        for tag in ("pulled", "unused"):
            self.assertEqual(self.tag("app", tag), "kept recent")
        self.run_program("why", "--config", self.config, "app:unused")
        self.matches(r"^seen +\S+ \(0 days ago\)", r"^pulled +not since ")

    @case("a log that others can write is read with a warning")
    def test_writable(self):
        self.write_history(40, (3, self.pull("pulled")))
        self.log.chmod(0o666)
        self.aged()
        self.exits(0)
        self.says(f"[WARNING] {self.log}: it can be written by others than its owner")
        self.leaves("app", "pulled")

    @case("a damaged file of the state is a warning, and the log is read from its beginning")
    def test_damaged(self):
        self.write_history(40, (3, self.pull("pulled")))
        self.aged({"cleanup": {"days_to_keep": 100}})
        self.exits(0)
        path = self.files()[0]
        path.write_text(path.read_text().replace("app", "apq"))
        self.aged()
        self.exits(0)
        self.says("the file pulls in paths.state: damaged", "is lost")
        self.leaves("app", "pulled")


class NotBelieved(PullWorld):
    def setUp(self):
        super().setUp()
        self.write_old(self.OLD)

    def spared(self, text):
        self.exits(1)
        self.says("[WARNING]", text)
        self.assertEqual(self.files(), [])
        self.leaves("app", "pulled", "scanned", "unused")
        self.assertEqual(self.tag("app", "unused"), "kept unknown_age")

    @case("a log that is off, of another server, or without User-Agents is not believed")
    def test_off(self):
        self.front("access_log off;")
        self.log.touch()
        check = f'127.0.0.1 - - [x] "GET /v2/ HTTP/1.1" 200 2 "-" "{DOCKER}"\n'
        self.log.write_text("".join(STAMP.sub("", moved(check, 0)) for _ in range(2)))
        lines = [
            moved(check.replace("[x]", "[01/Jan/2026:00:00:00 +0000]"), day / 2)
            for day in range(80, 0, -1)
        ]
        self.log.write_text("".join(lines))
        self.aged()
        self.spared("80 requests of the registry's API are in it, but not those that this run sent")
        self.run_program("check", "--config", self.config)
        self.exited(1)
        self.matches(r"^NO the access log tells when tags were pulled: .*not those that this run")

    @case("behind a cache that answers for the registry, its log does not show all pulls")
    def test_cached(self):
        self.front(
            "proxy_cache cache; proxy_cache_valid 200 10m; proxy_ignore_headers Cache-Control;"
        )
        self.aged({"paths": {"access_log": str(self.registry.log_path)}})
        self.spared("but not those that this run sent")

    @case("nor behind one that keeps only what is asked for by digest")
    def test_cached_digests(self):
        self.front(
            "}} location ~ /manifests/sha256: {{ proxy_pass {url}; proxy_set_header Host $http_host; "
            "proxy_cache cache; proxy_cache_valid 200 10m; proxy_ignore_headers Cache-Control;".format(
                url=self.registry.url
            )
            .replace("{{", "{")
            .replace("}}", "}")
        )
        self.aged({"paths": {"access_log": str(self.registry.log_path)}})
        self.spared("but not those that this run sent")

    @case("a log that is not there, or is compressed by something unknown, is an error")
    def test_unreadable(self):
        self.front()
        self.aged({"paths": {"access_log": f"{self.folder}/none.log"}})
        self.spared("none.log: no such file")
        self.log.with_name("access.log.1.xz").write_bytes(b"x")
        self.aged()
        self.spared("access.log.1.xz: not compressed by gzip")


class OwnLog(PullWorld):
    def old_own(self, repository):
        specs = [{**spec, "repository": repository} for spec in self.OLD]
        self.write_old(specs, repository)

    @case("the registry's own log, and its log of JSON lines where the access log is off")
    def test_own(self):
        for name, variables in (
            ("own", {}),
            ("json", {"REGISTRY_LOG_FORMATTER": "json", "REGISTRY_LOG_ACCESSLOG_DISABLED": "true"}),
        ):
            with self.subTest(name):
                self.registry.restart(**variables)
                self.old_own(name)
                self.configure(
                    AGED,
                    {"paths": {"access_log": str(self.registry.log_path)}},
                    {"cleanup": {"days_to_keep": 1}, "protect": {"pulled_days": 1}},
                )
                path = f"/v2/{name}/manifests/pulled"
                self.registry.request("GET", path, None, {"Accept": ACCEPT, "User-Agent": DOCKER})
                self.exits(0)
                self.says("pulls are known since")
                # Nothing else is known for a day.
                self.assertEqual(self.tag(name, "pulled"), "kept recent,pulled")
                self.assertEqual(self.tag(name, "unused"), "kept unknown_age,undated")


class Journal(PullWorld):
    JOURNALCTL = """#!/bin/sh
echo "$*" >>"$ASKED"
cat "$LOG"
"""

    # No systemd runs here, so it is not the real one.
    @case("the journal is asked for the unit, since the run before")
    def test_journal(self):
        self.write_old(self.OLD)
        self.front()
        line = self.pull("pulled")
        self.log.write_text(moved(line, 1))
        folder = self.folder / "bin"
        folder.mkdir()
        (folder / "journalctl").write_text(self.JOURNALCTL)
        (folder / "journalctl").chmod(0o755)
        asked = self.folder / "asked"
        self.env |= {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "ASKED": str(asked),
            "LOG": str(self.log),
        }
        self.configure(AGED, {"pulled": {"from": "journal", "unit": "my.service"}}, url=self.url)
        since = int(time.time())
        self.exits(0)
        self.says("pulls are known since")
        self.exits(0)
        self.keeps_quiet_of("[WARNING]")
        first, *_, last = asked.read_text().splitlines()
        options = "--unit=my.service --output=cat --all --quiet --no-pager --since=@"
        self.assertEqual(first, f"{options}0")
        self.assertGreaterEqual(int(last.removeprefix(options)), since - 3600)
        # As journald says it among the unit's own lines.
        with self.log.open("a") as log:
            log.write("Suppressed 12 messages from my.service\n")
        self.exits(0)
        self.says("messages were suppressed before")


class Container(PullWorld):
    REGISTRY = {"where": "container"}

    @case("docker logs of the registry's container")
    def test_container(self):
        self.write_old(self.OLD)
        self.configure(
            AGED,
            {"pulled": {"from": "container"}},
            {"cleanup": {"days_to_keep": 1}, "protect": {"pulled_days": 1}},
        )
        path = "/v2/app/manifests/pulled"
        self.registry.request("GET", path, None, {"Accept": ACCEPT, "User-Agent": DOCKER})
        self.exits(0)
        self.says("pulls are known since")
        self.assertEqual(self.tag("app", "pulled"), "kept recent,pulled")
        self.assertEqual(self.tag("app", "unused"), "kept unknown_age,undated")
        self.exits(0)
        self.keeps_quiet_of("[WARNING]")
