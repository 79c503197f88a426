"""What is read of Scaleway's registry, and what dry runs say of it: ages, statuses, digests, rules, scope, what is
in use, and lists that cannot be believed. Nothing is written."""

import hashlib
import json

from lab import case
from lab.scaleway import SECRET, digest_of, error
from lab.scaleway_world import ScalewayWorld

DAYS = {"days_to_keep": 60}
RG = "rg.fr-par.scw.cloud"
# 60 days, and a minute less and more.
YOUNG, OLD = f"-{60 * 86400 - 60}s", f"-{60 * 86400 + 60}s"


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def printed(*references):
    """A command of protect.in_use that prints these."""
    return {"protect": {"in_use": [["printf", "%s\\n", *references]]}}


class ScalewayScan(ScalewayWorld):
    CONFIG = None

    def tearDown(self):
        methods = {request.method for request in self.stand.requests}
        self.assertLessEqual(methods, {"GET"}, "a dry run wrote")
        self.assertNotIn(SECRET, self.output + self.errors)
        super().tearDown()

    def plans(self, code, *arguments, cleanup=DAYS, config=None):
        self.configure({"cleanup": {**cleanup}}, config)
        if "days_to_keep" not in cleanup:
            self.change_config({"cleanup": {"days_to_keep": None}})
        self.exits(code, "--dry-run", *arguments)

    def told(self, **images):
        """Of each image, under its name, what is said of each of its tags; of no others."""
        for image, tags in images.items():
            rows = [row["tag"] for row in self.report()["tags"] if row["repository"] == image]
            self.assertEqual({tag: self.tag(image, tag) for tag in rows}, tags, image)

    def read(self):
        """Which images the report has tags of."""
        return sorted({row["repository"] for row in self.report()["tags"]})

    def tag_lists(self):
        """Names of images whose tags were asked for."""
        asked = {request.parent for request in self.stand.asked("GET", "tag") if request.is_list}
        return sorted(self.stand.name_of("image", number) for number in asked)

    # Ages.

    @case("the age is that of the newer date, and 60 days are 60 times 24 hours")
    def test_age(self):
        for tag, created, updated in [
            ("young", YOUNG, YOUNG),
            ("old", OLD, OLD),
            ("pushed-again", "-400d", YOUNG),
            ("created-later", YOUNG, "-400d"),
            ("future", "+2d", "+2d"),
        ]:
            self.stand.add_tag("team/app", tag, created=created, updated=updated)
        self.plans(0)
        young = "kept recent"
        self.told(
            **{
                "team/app": {
                    "young": young,
                    "old": "planned old",
                    "pushed-again": young,
                    "created-later": young,
                    "future": young,
                }
            }
        )
        self.matches(r"would delete team/app:old \(old: pushed .*60 days ago\)")
        self.keeps_quiet_of("holds", "would then free", " B)")

    @case("a date that is null, absent or unreadable is no age, whatever the other one is")
    def test_undated(self):
        for tag, created, updated in [
            ("no-created", None, OLD),
            ("no-updated", OLD, None),
            ("none", None, None),
            ("nonsense", "yesterday", OLD),
            ("no-zone", OLD, "2020-01-01T00:00:00"),
            ("before-images", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ]:
            self.stand.add_tag("team/app", tag, created=created, updated=updated)
        absent = self.stand.add_tag("team/app", "absent", created=OLD)
        del self.stand.objects["tag"][absent]["updated_at"]
        self.plans(0)
        tags = self.stand.tags("team/app")
        self.told(**{"team/app": {tag: "kept unknown_age" for tag in tags}})

    # Statuses.

    @case("what is not ready stays, and holds what shares its digest: tags, images, namespaces")
    def test_status(self):
        for status in ("deleting", "locked", "error", "unknown", "odd"):
            self.stand.add_tag("team/app", status, status=status, digest=digest(status))
            self.stand.add_tag("team/app", f"with-{status}", digest=digest(status))
        self.stand.add_tag("team/app", "fine")
        self.stand.add_image("team/going", status="deleting")
        self.stand.add_tag("team/going", "a")
        self.stand.add_namespace("shut", status="locked")
        self.stand.add_tag("shut/app", "a")
        self.plans(0)
        expected = {"fine": "planned old"}
        for status in ("deleting", "locked", "error", "unknown", "odd"):
            expected[status] = "kept old,not_ready"
            expected[f"with-{status}"] = "kept old,shared_digest"
        stays = {"a": "kept old,not_ready"}
        self.told(**{"team/app": expected, "team/going": stays, "shut/app": stays})

    @case("what is not ready counts for no number of newest ones")
    def test_newest(self):
        for tag, days, status in [("a", 400, "ready"), ("b", 300, "ready"), ("c", 200, "locked")]:
            self.stand.add_tag("team/app", tag, created=f"-{days}d", status=status)
        self.plans(0, cleanup=DAYS | {"keep_last_images": 1})
        self.told(
            **{
                "team/app": {
                    "a": "planned old",
                    "b": "kept old,keep_last",
                    "c": "kept old,not_ready",
                }
            }
        )
        self.exits(0, "--dry-run")
        self.run_program("why", "--config", self.config, "team/app:c")
        self.matches("^cleanup.keep_last_images 1 .*nothing: it is not ready, so it is not counted")

    @case("tags of one digest go together or not at all")
    def test_shared(self):
        for tag, created in [("old", OLD), ("older", "-200d"), ("young", YOUNG)]:
            self.stand.add_tag("team/app", tag, created=created, digest=digest("x"))
        for tag, created in [("one", OLD), ("two", "-200d")]:
            self.stand.add_tag("team/both", tag, created=created, digest=digest("y"))
        self.stand.add_tag("team/other", "y", created=YOUNG, digest=digest("y"))
        self.plans(0)
        shared = "kept old,shared_digest"
        self.told(
            **{
                "team/app": {"old": shared, "older": shared, "young": "kept recent"},
                "team/both": {"one": "planned old", "two": "planned old"},
            }
        )
        self.assertEqual(self.report()["summary"]["planned"], 2)

    @case("what describes an image by its name goes with it alone, the bare name too")
    def test_referrers(self):
        for name, created in [("old", OLD), ("young", YOUNG)]:
            self.stand.add_tag("team/app", name, created=created, digest=digest(name))
            hexes = digest(name).replace(":", "-")
            self.stand.add_tag("team/app", f"{hexes}.sig", created="-400d")
            self.stand.add_tag("team/app", hexes, created=YOUNG)
        lost = digest("lost").replace(":", "-")
        self.stand.add_tag("team/app", f"{lost}.att", created="-400d")
        self.stand.add_tag("team/app", lost, created="-400d")
        self.plans(0)
        old, young = (digest(name).replace(":", "-") for name in ("old", "young"))
        self.told(
            **{
                "team/app": {
                    "old": "planned old",
                    f"{old}.sig": "planned subject_deleted",
                    old: "planned subject_deleted",
                    "young": "kept recent",
                    f"{young}.sig": "kept subject_kept",
                    young: "kept subject_kept",
                    f"{lost}.att": "kept orphan",
                    lost: "kept orphan",
                }
            }
        )

    # Rules.

    @case("names, patterns and repositories are protected; a name pattern needs no date")
    def test_protected(self):
        self.fill({"team/app": "latest v1-stable v1 pr-7", "team/web": "v1", "old/app": "v1"})
        self.stand.add_tag("team/app", "pr-8", created=None)
        rules = DAYS | {
            "tag_name_pattern": "^pr-",
            "protected_patterns": ["stable"],
            "protected_repositories": ["*/web", "old/**"],
        }
        self.plans(0, cleanup=rules)
        self.told(
            **{
                "team/app": {
                    "latest": "kept old,protected_tag",
                    "v1-stable": "kept old,protected_pattern",
                    "v1": "planned old",
                    "pr-7": "planned old,name_match",
                    "pr-8": "planned name_match",
                },
                "team/web": {"v1": "kept old,protected_repository"},
                "old/app": {"v1": "kept old,protected_repository"},
            }
        )

    @case("jobs choose images by NAMESPACE/IMAGE, and save their newest")
    def test_jobs(self):
        for image in ("team/app", "team/deep/app", "other/app"):
            for number in range(1, 4):
                self.stand.add_tag(image, f"dev-{number}", created=f"-{10 - number}d")
        job = {
            "name": "dev",
            "repositories": ["team/*"],
            "tag_regexps": ["^dev-"],
            "save_last": 1,
            "older_than_days": 7,
        }
        self.plans(0, cleanup={}, config={"jobs": [job]})
        silent = {f"dev-{number}": "kept not_selected" for number in range(1, 4)}
        self.told(
            **{
                "team/app": {
                    "dev-1": "planned job",
                    "dev-2": "planned job",
                    "dev-3": "kept save_last",
                },
                "team/deep/app": silent,
                "other/app": silent,
            }
        )

    @case("a retain list says which revisions stay")
    def test_retain_list(self):
        self.fill({"team/app": "shop-1 shop-2 shop-3 other-1"})
        path = self.folder / "retain.txt"
        path.write_text("shop 3\n")
        lists = [{"file": str(path), "patterns": ["team/app:{id}-{revision}"]}]
        self.plans(0, cleanup={}, config={"retain_lists": lists})
        self.told(
            **{
                "team/app": {
                    "shop-1": "planned not_retained",
                    "shop-2": "planned not_retained",
                    "shop-3": "kept listed_revision",
                    "other-1": "kept not_selected",
                }
            }
        )

    @case("what is held stays, by its tag and by its digest")
    def test_holds(self):
        self.fill({"team/app": "a b c"})
        self.configure({"cleanup": DAYS})
        at = f"team/app@{digest_of('team/app:b')}"
        for name in ("team/app:a", at):
            self.run_program("hold", "--config", self.config, name)
            self.exited(0)
        self.exits(0, "--dry-run")
        self.told(**{"team/app": {"a": "kept old,held", "b": "kept old,held", "c": "planned old"}})
        # What no tag shows may be a part of any.
        self.fill({"team/web": "a"})
        part = f"team/app@{digest('part')}"
        self.run_program("hold", "--config", self.config, part)
        self.exited(2)
        self.says("keeps all tags of its image")
        self.run_program("hold", "--config", self.config, "--force", part)
        self.exited(0)
        self.exits(0, "--dry-run")
        self.assertEqual(self.tag("team/app", "c"), "kept old,held")
        self.assertEqual(self.tag("team/web", "a"), "planned old")

    @case("safety limits refuse a plan, and so does a clock that is far off")
    def test_limits(self):
        self.fill({"team/app": "a b c"})
        self.plans(6, config={"safety": {"max_delete_tags": 2}})
        self.says("safety.max_delete_tags: 3 tags would go, 2 are allowed")
        self.stand.date = "Wed, 01 Jan 2020 00:00:00 GMT"
        self.plans(6)
        self.says("safety.max_clock_skew_seconds: it was")

    # Scope.

    TWO = {"team/app": "a", "team/web": "a", "other/app": "a"}

    @case("--repository and --namespace choose what the run is about")
    def test_targets(self):
        self.fill(self.TWO)
        self.plans(0, "--repository", "team/app")
        self.assertEqual(self.tag("team/app", "a"), "planned old")
        self.assertEqual(self.tag("team/web", "a"), "kept not_targeted")
        self.plans(0, "--namespace", "team")
        self.assertEqual(self.report()["summary"]["planned"], 2)
        self.assertEqual(self.tag("other/app", "a"), "kept not_targeted")
        self.plans(1, "--repository", "team/ap")
        self.says("--repository: the registry has no repository 'team/ap'")
        self.assertEqual(self.report()["summary"]["planned"], 0)
        self.plans(1, "--namespace", "tea")
        self.says("--namespace: the registry has no repository below 'tea/'")
        self.assertEqual(self.report()["summary"]["planned"], 0)

    def scoped(self, code, **registry):
        self.stand.requests.clear()
        self.plans(code, config={"registry": registry})

    @case("registry.namespace, by name or id, narrows what is read")
    def test_namespace(self):
        self.fill(self.TWO)
        self.stand.add_tag("team2/app", "a")
        number = self.stand.find("namespace", "team")
        for word in ("team", number, number.upper()):
            self.scoped(0, namespace=word)
            self.assertEqual(self.read(), ["team/app", "team/web"])
            self.assertEqual(self.tag_lists(), ["team/app", "team/web"])

    @case("registry.image, by id, or by name in its namespace, is all that is read")
    def test_image(self):
        self.fill(self.TWO)
        namespace, image = self.stand.find("namespace", "team"), self.stand.find(
            "image", "team/web"
        )
        for scope in (
            {"image": image},
            {"image": image, "namespace": "team"},
            {"image": image, "namespace": namespace},
            {"image": "web", "namespace": "team"},
            {"image": "web", "namespace": namespace},
        ):
            self.scoped(0, **scope)
            self.assertEqual(self.read(), ["team/web"])
            self.assertEqual(self.tag_lists(), ["team/web"])

    @case("what registry.namespace or registry.image names and is not there is never all")
    def test_absent(self):
        self.fill(self.TWO)
        image = self.stand.find("image", "team/web")
        nobody = "00000000-0000-4000-8000-000000000000"
        for scope, words in (
            ({"namespace": "tea"}, "registry.namespace: there is no namespace 'tea'"),
            ({"namespace": "TEAM"}, "registry.namespace"),
            ({"namespace": nobody}, f"registry.namespace: there is no namespace '{nobody}'"),
            ({"image": nobody}, f"registry.image: there is no image '{nobody}'"),
            ({"image": "we", "namespace": "team"}, "registry.image: there is no image 'we'"),
            ({"image": image, "namespace": "other"}, "is in the namespace team, and not in"),
            ({"image": "a", "namespace": "tea"}, "registry.namespace: there is no namespace 'tea'"),
        ):
            self.stand.requests.clear()
            self.configure({"cleanup": DAYS, "registry": scope})
            self.clean("--dry-run")
            self.assertIn(self.status, (2, 3), scope)
            self.says(words)
            self.keeps_quiet_of("would delete")
            self.assertEqual(self.tag_lists(), [], scope)

    # In use.

    def uses(self, code, *references):
        self.plans(code, config=printed(*references))

    @case("images in use stay, by tag, by digest, and whole where no tag shows the digest")
    def test_in_use(self):
        stays, goes = "kept old,in_use", "planned old"
        self.fill({"team/app": "a latest2", "team/web": "a"})
        self.stand.add_tag("team/web", "latest")
        shown, part = digest_of("team/app:a"), digest("part")
        for reference, app, web in (
            (f"{RG}/team/app:a", stays, goes),
            (f"docker-pullable://{RG}/team/app@{shown}", stays, goes),
            (f"elsewhere.example/x@{shown}", stays, goes),
            (shown, stays, goes),
            (shown[7:19], stays, goes),
            (f"{RG}/team/web@{part}", goes, stays),
            (f"{RG}/team/web:gone@{part}", goes, stays),
            (f"elsewhere.example/team/web@{part}", goes, goes),
            (f"{RG.upper()}/team/web:a", goes, stays),
        ):
            self.uses(0, reference, "nginx:latest")
            self.assertEqual(self.tag("team/app", "a"), app, reference)
            self.assertEqual(self.tag("team/web", "a"), web, reference)
        self.uses(0, f"{RG}/team/web")
        self.assertEqual(self.tag("team/web", "latest"), "kept old,protected_tag,in_use")
        self.assertEqual(self.tag("team/web", "a"), goes)

    @case("a name of the registry that is the operator's own is added by protect.registry_names")
    def test_names(self):
        self.fill({"team/app": "a"})
        names = {"protect": {"registry_names": ["images.example.com"]}}
        self.configure({"cleanup": DAYS}, printed("images.example.com/team/app:a"), names)
        self.exits(0, "--dry-run")
        self.assertEqual(self.tag("team/app", "a"), "kept old,in_use")

    @case("bare IDs of images protect nothing: a warning, and nothing but them refuses the run")
    def test_bare_ids(self):
        self.fill({"team/app": "a b"})
        ids = ["0123456789ab", digest("config")]
        self.uses(0, f"{RG}/team/app:a", *ids)
        self.matches(r"WARNING.*protect.in_use: 2 of 3 protect nothing: IDs of images")
        self.assertEqual(self.tag("team/app", "b"), "planned old")
        self.uses(6, *ids)
        self.says("it printed nothing but IDs, and Scaleway's API tells none of images")

    # Lists.

    @case("many pages are read to their end")
    def test_pages(self):
        for number in range(245):
            self.stand.add_tag("team/app", f"v{number}", created=f"-{91 + number}d")
        self.plans(0)
        self.assertEqual(self.report()["summary"]["planned"], 245)

    def changes_each_time(self, **match):
        """Lists that match have another date each time."""
        reads = []

        def change(document):
            for key in ("namespaces", "images", "tags"):
                for entry in document.get(key, []):
                    reads.append(key)
                    entry["updated_at"] = f"2020-01-01T00:00:00.{len(reads):06}Z"

        self.stand.alters_document(change, is_list=True, **match)

    @case("tags that no two readings agree on spare their image, and count as a failure")
    def test_tags_differ(self):
        self.fill(self.TWO)
        self.changes_each_time(kind="tag", of=self.stand.find("image", "team/app"))
        self.plans(1)
        self.assertEqual(self.read(), ["other/app", "team/web"])
        self.assertEqual(self.report()["summary"]["planned"], 2)
        self.matches("WARNING.*team/app: the list of tags: .*nothing is deleted in this repository")

    @case("two readings that agree after one that did not are believed")
    def test_tags_agree(self):
        self.fill(self.TWO)
        image = self.stand.find("image", "team/app")
        late = []

        def push(request, answer):
            if not late:
                late.append(self.stand.add_tag("team/app", "late", created="-1s"))
            return answer

        self.stand.alters(push, kind="tag", of=image)
        self.plans(0)
        self.told(**{"team/app": {"a": "planned old", "late": "kept recent"}})

    @case("images or namespaces that no two readings agree on end the run")
    def test_lists_differ(self):
        self.fill(self.TWO)
        for kind in ("namespace", "image"):
            self.stand.behave()
            self.changes_each_time(kind=kind)
            self.plans(3)
            self.says(f"the list of {kind}s is not complete")
            self.keeps_quiet_of("would delete")

    @case("an image without a namespace that is listed is left alone, and counts as a failure")
    def test_strange_namespace(self):
        self.fill(self.TWO)

        def hide(document):
            document["namespaces"] = [n for n in document["namespaces"] if n["name"] != "other"]
            document["total_count"] = len(document["namespaces"])

        self.stand.alters_document(hide, kind="namespace", is_list=True)
        self.plans(1)
        self.assertEqual(self.read(), ["team/app", "team/web"])
        self.matches("WARNING.*image app .* is left alone: its namespace is not listed")

    @case("a tag without a digest, or with a name that is none, spares its image")
    def test_faulty_tags(self):
        self.fill(self.TWO)
        self.stand.add_tag("team/app", "blank", digest=None)
        self.stand.add_tag("team/web", "a b")
        self.plans(1)
        self.assertEqual(self.tag("team/app", "a"), "kept old,incomplete_repository")
        self.assertEqual(self.tag("team/app", "blank"), "kept unreadable,incomplete_repository")
        self.assertEqual(self.tag("team/web", "a"), "kept old,incomplete_repository")
        self.assertEqual(self.tag("other/app", "a"), "planned old")

    @case("one line tells what failed for one reason, and the errors' own words")
    def test_failed_lists(self):
        self.fill({f"team/app{number}": "a" for number in range(5)})
        self.stand.answers(
            error(
                403,
                "permissions_denied",
                message="insufficient permissions",
                details=[{"resource": "registry", "action": "read"}],
            ),
            kind="tag",
        )
        self.plans(1)
        found = [line for line in self.lines() if "nothing is deleted" in line]
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], "5 repositories: .*403.*insufficient permissions")

    @case("an image that was deleted meanwhile is no failure, and neither is one on its way")
    def test_vanished(self):
        self.fill(self.TWO)
        number = self.stand.find("image", "team/web")
        self.stand.answers(lambda _: self.stand.remove("image", number), kind="tag", of=number)
        self.stand.add_image("team/going", status="deleting")
        self.stand.answers(
            error(409, "transient_state", current_state="deleting"),
            kind="tag",
            of=self.stand.find("image", "team/going"),
        )
        self.plans(0, config={"registry": {"retry_seconds": 0}})
        self.assertEqual(self.read(), ["other/app", "team/app"])
        self.says("team/web was deleted meanwhile")
        self.matches("WARNING.*team/going: it is not ready, and its tags cannot be listed")

    @case("a key that is refused, and a region that is not there, end the run")
    def test_refused(self):
        self.fill(self.TWO)
        self.plans(3, config={"registry": {"secret_key": SECRET.replace("1", "9")}})
        self.says("refuses the key", "401")
        self.assertEqual(len(self.stand.requests), 1)
        self.plans(3, config={"registry": {"region": "nl-ams"}})
        self.says("is registry.region right?")

    # What is kept between runs.

    @case("a plan is written, and applied to what is still as it was planned")
    def test_plan(self):
        self.fill({"team/app": "a b c", "team/web": "a"})
        self.configure({"cleanup": DAYS})
        path = self.folder / "plan.jsonl"
        self.run_program("plan", "--config", self.config, "--output", path)
        self.exited(0)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        rows = {(row["repository"], row["tag"]): row for row in lines if "tag" in row}
        self.assertEqual(len(rows), 4)
        self.assertEqual({row["exclusive_bytes"] for row in rows.values()}, {None})
        self.assertEqual({row["decision"] for row in rows.values()}, {"delete"})
        moved = self.stand.entry("tag", "team/app:b")
        moved["digest"] = digest("moved")
        self.stand.add_tag("team/app", "new")
        self.run_program(
            *("apply", "--config", self.config, "--report", self.report_path, "--dry-run", path)
        )
        self.exited(0)
        self.told(
            **{
                "team/app": {
                    "a": "planned old",
                    "b": "kept old,not_in_plan",
                    "c": "planned old",
                    "new": "kept old,not_in_plan",
                },
                "team/web": {"a": "planned old"},
            }
        )

    @case("shells get the names, and nothing that was read is remembered for the next run")
    def test_state(self):
        self.fill(self.TWO)
        self.configure({"cleanup": DAYS | {"protected_repositories": ["**"]}})
        self.exits(0)
        found = {path.name: path for path in self.state.glob("*/*")}
        self.assertIn("team/app", found["names"].read_text())
        self.assertLessEqual(found.keys() & {"cache", "storage-cache", "untagged", "pulls"}, set())


class ScalewayReferrers(ScalewayWorld):
    CONFIG = {"cleanup": DAYS}

    @case("what describes an image that went in an earlier run goes in the next one")
    def test_left_behind(self):
        signature = digest("gone").replace(":", "-") + ".sig"
        self.stand.add_tag("team/app", "gone", digest=digest("gone"))
        self.stand.add_tag("team/app", "young", created="-1d")
        number = self.stand.add_tag("team/app", signature, created="-1d")
        refused = self.stand.answers(error(423, "locked"), method="DELETE", of=number)
        self.exits(1)
        self.assertEqual(len(refused), 1)
        self.has(**{"team/app": f"{signature} young"})
        self.stand.behave()
        self.exits(0)
        self.assertEqual(self.tag("team/app", signature), "deleted subject_deleted")
        self.has(**{"team/app": "young"})
        # Of an image that nobody remembers to have deleted it stays.
        self.stand.add_tag("team/app", digest("other").replace(":", "-") + ".sig", created="-400d")
        self.exits(0)
        self.assertEqual(self.report()["summary"]["orphans"], 1)
