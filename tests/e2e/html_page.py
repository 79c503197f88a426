"""The page of a run, for people: what is in it, when it is written, and what gets into it from outside."""

import json
import os
import stat

from lab import World, case
from lab.native import NativeWorld
from lab.page import Page

HOSTILE = "<script>alert(1)</script>\"'&"


class Pages:
    """Reads the page of a test."""

    def page(self, path=None):
        """The page, which has to be whole and to load nothing."""
        found = Page(path or self.path)
        self.assertEqual(found.loads(), [])
        self.assertEqual(found.names() & {"script", "iframe", "img", "object", "form"}, set())
        self.assertEqual(len(found.ids()), len(set(found.ids())))
        self.assertTrue(found.source.startswith("<!DOCTYPE html>"))
        self.assertIn("default-src 'none'", found.source)
        return found

    def tells(self, *texts, path=None):
        page = self.page(path)
        for text in texts:
            self.assertIn(text, page.text)
        return page


class Html(Pages, World):
    KEPT = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "older", "created": "-400d"},
        {"repository": "app", "tag": "soon", "created": "-715h"},
        {"repository": "app", "tag": "new", "created": "-1d"},
        {"repository": "team/other", "tag": "undated"},
    ]

    def setUp(self):
        super().setUp()
        self.path = self.program_folder / "page.html"

    @case("a run tells what went and why, what is left, and what the next run would do")
    def test_run(self):
        self.exits(0, "--html", self.path)
        page = self.tells(
            "Everything planned was done. 2 tags were deleted, and ",
            "old older than allowed, created 90 days ago (cleanup.days_to_keep 30)",
            "freed, as measured in the storage",
            "There was no warning and no error.",
            "3 tags were verified: 3 whole, 0 damaged.",
            "would delete 1 tag.",
            "soon older than allowed, created 30 days ago",
            "clean-registry restore --run",
        )
        self.assertNotIn("A run would stop", page.text)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)
        freed = self.report()["storage"]["freed_bytes"]
        self.assertGreater(freed, 0)
        self.assertEqual(page.source.count("<code><bdi>old</bdi></code>"), 1)

    @case("--html goes before report.html_file")
    def test_key(self):
        self.change_config({"report": {"html_file": str(self.path)}})
        self.exits(0)
        self.tells("2 tags were deleted")
        self.path.unlink()
        other = self.folder / "other.html"
        self.exits(0, "--html", other)
        self.tells("No tag was deleted.", path=other)
        self.assertFalse(self.path.exists())

    @case("a dry run writes the page that was asked for on the command line, and no other")
    def test_dry_run(self):
        self.change_config({"report": {"html_file": str(self.path)}})
        self.exits(0, "--dry-run")
        self.assertFalse(self.path.exists())
        self.exits(0, "--dry-run", "--html", self.path)
        page = self.tells("Dry run: nothing was changed. A run would delete 2 tags, and free ")
        self.assertNotIn("next", page.ids())
        self.leaves("app", "new", "old", "older", "soon")

    @case("collect and apply write it, too")
    def test_verbs(self):
        plan = self.folder / "plan.jsonl"
        self.run_program("plan", "--config", self.config, "--output", plan)
        self.exited(0)
        self.run_program("apply", plan, "--config", self.config, "--html", self.path)
        self.exited(0)
        self.tells("clean-registry · apply", "2 tags were deleted")
        self.run_program("collect", "--config", self.config, "--html", self.path)
        self.exited(0)
        self.tells("clean-registry · collect", "What each repository holds", "team/other")

    @case("a run that a safety limit refuses says so in its first sentence")
    def test_refused(self):
        self.change_config({"safety": {"max_delete_tags": 1}})
        self.exits(6, "--html", self.path)
        page = self.tells("Refused by a safety limit. It ended early: ", "2 tags that the rules")
        self.assertIn("safety.max_delete_tags", page.text.split("Nothing was deleted")[0])

    @case("a run that reads nothing still writes the page: away, and another one at work")
    def test_early(self):
        self.path.write_text("the page of yesterday")
        self.change_config({"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}})
        self.exits(3, "--html", self.path)
        self.tells("Not reached, or refused. It ended early: ", "Nothing was deleted.")
        first = self.begin_held()
        self.configure()
        self.exits(5, "--html", self.path)
        self.tells("Another one is at work.")
        first.release()
        self.assertEqual(first.end().status, 0)
        self.change_config({"jobs": None, "cleanup": {"repositories_file": "/nonexistent"}})
        self.exits(2, "--html", self.path)
        self.tells("Configuration or state at fault. It ended early: ", "/nonexistent")
        self.configure({"registry": {"user": "me", "password_file": str(self.folder / "none")}})
        self.exits(2, "--html", self.path)
        self.tells("It ended early: ", "password_file")

    @case("a page that cannot be begun ends the run before it sends anything")
    def test_no_place(self):
        self.exits(2, "--html", self.folder / "none" / "page.html")
        self.says("--html: ")
        self.exits(2, "--html", self.report_path)
        self.says("is the file of --report")
        self.exits(2, "--html", "-")
        self.exits(2, "--html", self.config)
        self.says("is the configuration")
        self.change_config({"report": {"html_file": str(self.folder)}})
        self.exits(2)
        self.says("report.html_file: ", "not a regular file")
        self.run_program("check", "--config", self.config)
        self.says("report.html_file: ")
        self.change_config(
            {"report": {"html_file": str(self.path), "metrics_file": str(self.path)}}
        )
        self.exits(2)
        self.says("is the file of report.metrics_file")
        self.leaves("app", "new", "old", "older", "soon")

    @case("a page that cannot be put in its place at the end is an error of the run: 1")
    def test_lost_place(self):
        pages = self.folder / "pages"
        pages.mkdir()
        self.change_config(self.exec_script(f"rm -rf '{pages}'"))
        self.exits(1, "--html", pages / "page.html")
        self.matches(r"\[ERROR\] .*page\.html.*: No such file or directory")
        self.leaves("app", "new", "soon")

    @case("what comes from outside is text and nothing else")
    def test_hostile(self):
        folder = self.registry.store / "docker/registry/v2/repositories/app/_manifests/tags"
        os.makedirs(folder / "<img src=x onerror=alert(1)>" / "current")
        job = {
            "name": HOSTILE,
            "repositories": ["app"],
            "tag_regexps": ["^(old|<b>)$"],
        }
        self.change_config({"jobs": [job], "cleanup": {"protected_patterns": ["<i>"]}})
        self.clean("--html", self.path)
        page = self.tells(HOSTILE, "<i>")
        self.assertNotIn("<b>", page.source)
        self.assertNotIn("<img", page.source)

    @case("several registries have a page each")
    def test_several(self):
        configs = self.folder / "registries"
        configs.mkdir(0o755)
        pages = self.folder / "pages"
        pages.mkdir()
        self.write_config(json.loads(self.config.read_text()), configs / "east.json")
        self.run_program("--config", configs, "--html", pages)
        self.exited(0)
        self.tells("2 tags were deleted", path=pages / "east.html")
        self.run_program("--config", configs, "--html", pages / "one.html")
        self.exited(2)
        self.says("--html: a folder is expected")
        self.change_config({"report": {"html_file": str(self.path)}})
        document = json.loads(self.config.read_text())
        self.write_config(document, configs / "east.json")
        document["registry"]["url"] = "http://127.0.0.1:1"
        document["registry"]["exec"] = ["other"]
        document["paths"]["host_storage"] = ""
        self.write_config(document, configs / "west.json")
        self.run_program("--config", configs)
        self.exited(2)
        self.says("east.json and west.json write the same file (report.html_file)")


class NativePage(Pages, NativeWorld):
    IMAGES = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["old:3000"]},
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]

    def setUp(self):
        super().setUp()
        self.path = self.program_folder / "page.html"

    @case("what the native collector frees only in the next run is not told as freed")
    def test_nights(self):
        self.night(0, "--html", self.path)
        self.tells("1 tag was deleted, and 0 B freed.", "KiB in 3 blobs can go later, from 20")
        self.night(0, "--dry-run", "--html", self.path)
        self.tells("A run now would free 3.6", "Dry run: nothing was changed.")
        self.night(0, "--html", self.path)
        self.tells("Nothing was deleted, and 3.6", "freed, as measured in the storage")
