"""Catalogs whose pages lose repositories (S1, S10): on a file system where there are more than fit in a page,
on S3, and where a page's size breaks the connection."""

import os
import random
import re
import time
from pathlib import Path

import random_names

from lab import FaultWorld, case
from lab.program import ROOT

LIST_NAMES = Path(os.environ.get("BUILD") or ROOT / "build") / "tests/tools/list_names"
# Of a registry that lists repositories in the order of S3's keys.
KEYS = {"KEYS": "1"}


def seeds(rounds):
    """So many, unless CASES says how many; from SEED on, or from anywhere."""
    first = int(os.environ.get("SEED") or random.randrange(1 << 15))
    return range(first, first + int(os.environ.get("CASES") or rounds))


class Catalogs(FaultWorld):
    REGISTRY = {"cache": "inmemory", "access_log": False}
    CATALOG = {"path": "_catalog"}

    def setUp(self):
        super().setUp()
        self.said = ""

    def repositories(self, *names):
        """What emptied repositories leave behind."""
        for name in names:
            folder = self.registry.v2 / "repositories" / name
            for marker in ("_layers", "_manifests/tags"):
                os.makedirs(folder / marker, exist_ok=True)

    def on_disk(self):
        root = self.registry.v2 / "repositories"
        found = []
        for path, folders, _ in os.walk(root):
            if "_manifests" in folders:
                found.append(os.path.relpath(path, root))
            folders[:] = [name for name in folders if not name.startswith("_")]
        return sorted(found)

    def listed(self, url, *, status=0, env=None):
        """The repositories that the program's code lists there; self.said is what it says of that."""
        done = self.command(LIST_NAMES, url, env=env, apart=True)
        self.said = done.errors
        self.assertEqual(done.status, status, done.errors)
        return done.output.splitlines()

    def lists_all(self, url, env=None):
        """They are those on disk."""
        self.assertEqual(sorted(self.listed(url, env=env)), self.on_disk())

    def number(self, what):
        """How many of that: "requests", or names in "plain" pages."""
        return int(re.search(f"(?m)^([0-9]+) {what}$", self.said).group(1))

    @case(
        "more than 1,000 repositories: what the registry's own pages lose is cleaned,"
        " and both counts are told"
    )
    def test_more(self):
        self.repositories(*(f"proj/{number:04}" for number in range(1, 1001)))
        self.push(
            [
                {"repository": "proj", "tag": "old", "created": "-90d"},
                {"repository": "proj", "tag": "new", "created": "-1d"},
                {"repository": "zoo", "tag": "old", "created": "-90d"},
                {"repository": "zoo", "tag": "new", "created": "-1d"},
            ]
        )
        # Thousands of requests, and none with a fault.
        self.configure({"registry": {"timeout": 20, "retry_seconds": 20}}, url=self.registry.url)
        self.clean()
        self.exited(0)
        self.leaves("proj", "new")
        self.leaves("zoo", "new")
        self.matches(
            r"\[WARNING\] the registry.s own pages name 1000 repositories; .* it names 1002"
        )

    @case("no repository is missed in random catalogs of 1,000 to 3,000 names, with few requests")
    def test_random(self):
        for seed in seeds(4):
            number = 1000 + seed % 2001
            with self.subTest(seed=seed, number=number):
                self.registry.empty()
                names = random_names.names(seed, number)
                self.assertEqual(len(names), number)
                self.repositories(*names)
                self.assertEqual(self.on_disk(), sorted(names))
                self.lists_all(self.registry.url)
                self.assertLessEqual(self.number("requests"), 25)
                self.assertLessEqual(self.number("plain"), number)

    @case("a repository that more others lie in than two pages hold is asked for by its name")
    def test_crowded(self):
        crowd = [f"base/proj/{number:04}" for number in range(1, 2301)]
        self.repositories("base", *crowd, "base/proj", "base/proj/0700/1/2", "tail")
        self.lists_all(self.registry.url)

    @case("a catalog of exactly one page, and one that is smaller, cost one request more at most")
    def test_one_page(self):
        self.repositories(*(f"r{number:04}" for number in range(1, 1000)))
        self.lists_all(self.registry.url)
        self.assertEqual(self.number("requests"), 1)
        self.repositories("r1000")
        self.lists_all(self.registry.url)
        self.assertLessEqual(self.number("requests"), 3)
        self.assertEqual(self.number("plain"), 1000)

    def walk(self, driver):
        """Of 3.x, in pages of 10: a catalog of less than 100 names, which the backend lists whole."""
        self.rules({"match": self.CATALOG, "walk": {"driver": driver, "limit": 50}})

    @case("a page size that breaks the connection: one name fewer, at once")
    def test_breaks(self):
        began = time.monotonic()
        self.configure({"registry": {"retry_seconds": 60}})
        self.repositories("a", "b", "c", "d", "e", "f", "g", "h", "h1", "i/1", "i", "k")
        self.push(self.PLAIN)
        self.walk("filesystem")
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        asked = "\n".join(self.proxy.answers("GET", "_catalog"))
        self.assertRegex(asked, "(?m)^None .*n=10$")
        self.assertRegex(asked, "(?m)^200 .*n=9$")
        self.assertLess(time.monotonic() - began, 50)
        self.lists_all(self.proxy.url)

    @case("repositories within each other that break several sizes in a row")
    def test_breaks_in_a_row(self):
        within = ["g/1/2/3", "g/1/2", "g/1", "g"]
        self.repositories("a", "b", "c", "d", "e", "f", *within, "h", "i", "j")
        self.walk("filesystem")
        self.lists_all(self.proxy.url)

    @case("a connection that always breaks is a catalog that cannot be had, soon")
    def test_always_breaks(self):
        self.push(self.PLAIN)
        self.remember("team/app", "other")
        self.rules({"match": self.CATALOG, "drop": True})
        self.clean()
        self.exited(1)
        self.says("list of repositories is not complete")
        self.unchanged("team/app", "other")
        self.assertLessEqual(self.proxy.count("GET", "_catalog"), 25)

    @case("on S3 a page that ends in team-a/ loses nothing of team/")
    def test_s3(self):
        teams = [f"team-a/{name}" for name in "abcd"] + [f"team/{name}" for name in "12abc"]
        self.repositories(*"abcdefgh", *teams, "team", "team.b/x", "zoo")
        self.walk("s3")
        self.lists_all(self.proxy.url, env=KEYS)
        self.assertLess(self.number("plain"), 22)

    @case("on S3 more of team/ than fit in a page are behind more of team-a/")
    def test_s3_more(self):
        numbers = range(1, 26)
        teams = [f"team-a/x{number:02}" for number in numbers]
        teams += [f"team/y{number:02}" for number in numbers]
        self.repositories(*teams, "team", "team-a.b/c", "zoo")
        self.walk("s3")
        self.lists_all(self.proxy.url, env=KEYS)

    @case("no repository is missed in random catalogs of 3.x on both storages")
    def test_random_3x(self):
        for seed in seeds(8):
            self.registry.empty()
            self.repositories(*random_names.names(seed, 30 + seed % 60))
            for driver in ("filesystem", "s3"):
                with self.subTest(seed=seed, driver=driver):
                    self.walk(driver)
                    self.lists_all(self.proxy.url, env=KEYS)
                    self.assertLessEqual(self.number("requests"), 150)

    def catalog_of(self, count, path="_catalog"):
        """A rule that answers with so many names."""
        names = [f"r{number}" for number in range(count)]
        return {"match": {"path": path}, "replace_body": {"json": {"repositories": names}}}

    @case("a registry that heeds neither n nor last, with just as many names as were asked for")
    def test_heeds_nothing(self):
        self.rules(self.catalog_of(1000))
        self.assertEqual(len(self.listed(self.proxy.url)), 1000)
        self.assertLessEqual(self.number("requests"), 5)
        self.rules(self.catalog_of(1500))
        self.assertEqual(len(self.listed(self.proxy.url)), 1500)
        self.assertEqual(self.number("requests"), 1)

    @case("a registry that heeds n and not last has a catalog that cannot be had")
    def test_heeds_n(self):
        self.rules(self.catalog_of(999, "n=999$"), self.catalog_of(1000))
        self.listed(self.proxy.url, status=1)
        self.assertIn("do not go on from", self.said)
        self.assertLessEqual(self.number("requests"), 5)

    @case("a registry of another kind that knows no name as a marker is listed by its Links")
    def test_links(self):
        self.repositories(*"abcde")
        self.rules(
            {"match": {"path": "_catalog.*last=b"}, "status": {"code": 400, "error": "BAD"}},
            {"match": self.CATALOG, "page": {"size": 4, "max": 5000}},
        )
        self.lists_all(self.proxy.url)

    @case("a middle page that cannot be had makes the catalog incomplete")
    def test_middle(self):
        self.repositories(*"abcde")
        self.rules(
            {"match": {"path": "_catalog.*last=b"}, "status": 403},
            {"match": self.CATALOG, "page": {"size": 4, "max": 5000}},
        )
        self.listed(self.proxy.url, status=1)
        self.assertRegex(self.said, "(?m)^403 ")

    @case("--repository asks for the repository itself, whatever the catalog lists")
    def test_repository(self):
        self.push(self.PLAIN)
        self.rules({"match": self.CATALOG, "hide": {"repositories": ["team/app"]}})
        self.clean("--repository", "team/app")
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new", "old")
        self.matches(r"\[WARNING\] the registry.s catalog does not name team/app")
        self.clean("--repository", "team/none")
        self.exited(1)
        self.says("has no repository 'team/none'")
