"""Manifests that no tag points at any more, as a real registry leaves them."""

import calendar
import hashlib
import os
import re
import shutil
import time

from lab import World, case

DAY = 24 * 3600
V1 = "2021-03-01 01:01:01"
V2 = "2021-03-02 02:02:02"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def moment(text):
    """The seconds of a date in UTC."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def days_ago(days):
    return time.time() - days * DAY


def touch(path, seconds):
    os.utime(path, (seconds, seconds))


class Untagged(World):
    # No tag goes by its age.
    CONFIG = {
        "cleanup": {"days_to_keep": 36500, "untagged_days": 30},
        "inventory": {"source": "storage"},
    }

    def setUp(self):
        super().setUp()
        self.manifests = self.registry.manifests("app")

    def configure_more(self, *changes, url=None):
        self.configure(self.CONFIG, *changes, url=url)

    def revision(self, digest):
        return self.manifests / "revisions/sha256" / digest.removeprefix("sha256:") / "link"

    def is_there(self, digest):
        self.assertTrue(self.revision(digest).exists(), digest)

    def is_gone(self, digest):
        self.assertFalse(self.revision(digest).exists(), digest)

    def push_at(self, tag, created, seconds):
        """Pushes an image, as if it had been then; returns its digest."""
        digest = self.push([{"repository": "app", "tag": tag, "created": created}])[f"app:{tag}"]
        index = self.manifests / "tags" / tag / "index/sha256" / digest.removeprefix("sha256:")
        current = self.manifests / "tags" / tag / "current/link"
        for link in (self.revision(digest), current, index / "link"):
            touch(link, seconds)
        self.no_tag_went()
        return digest

    def no_tag_went(self):
        """As if no name of a tag had come or gone since before any of these pushes."""
        touch(self.manifests / "tags", moment("2021-01-01 00:00:00"))

    def push_over(self):
        """Three images, each pushed over the one before."""
        self.first = self.push_at("v1", "-90d", moment(V1))
        self.second = self.push_at("v1", "-80d", moment(V2))
        self.third = self.push_at("v1", "-70d", days_ago(2))

    def untagged(self, *keys):
        """These values of what the report has under that name."""
        return [tuple(row[key] for key in keys) for row in self.report()["untagged"]]

    @case("what a push replaced is untagged since that push")
    def test_replaced(self):
        self.push_over()
        self.exits(0, "--dry-run")
        rows = self.untagged("digest", "untagged_since", "decision")
        self.assertEqual(rows, [(self.first, "2021-03-02T02:02:02Z", "delete")])
        self.exits(0)
        self.is_gone(self.first)
        self.is_there(self.second)
        self.is_there(self.third)
        self.leaves("app", "v1")

    def at_look(self, script):
        """Runs it when the repository is looked at, before the first delete; $url is its manifests'."""
        hook = self.folder / "hook"
        hook.write_text(f"set -eu\nurl='{self.registry.url}/v2/app/manifests'\n{script}\n")
        proxy = self.start_proxy()
        self.configure_more({}, url=proxy.url)
        match = {"path": "app/tags/list"}
        proxy.rules({"match": match, "times": 1, "continue": True, "run": f"sh {hook}"})
        return proxy

    @case("the report names what was untagged for long, and the forecast is to the byte")
    def test_report(self):
        first = self.push_at("v1", "-90d", moment(V1))
        self.push_at("v1", "-80d", moment(V2))
        self.exits(0, "--dry-run")
        self.says(
            f"would delete app@{first} (untagged since 2021-03-02)",
            "would delete 0 tags (1 manifest)",
        )
        self.assertEqual(
            self.untagged("repository", "digest", "decision"), [("app", first, "delete")]
        )
        forecast = self.report()["storage"]["forecast_bytes"]
        self.assertGreater(forecast, 500)
        self.exits(0)
        self.says(f"deleted app@{first}, which had no tag")
        self.assertEqual(self.report()["storage"]["freed_bytes"], forecast)
        self.pulls("app", "v1")
        self.exits(0)
        self.assertEqual(self.report()["untagged"], [])

    def age(self, seconds, *names):
        """As if they had been pushed then, whatever tag they were pushed for."""
        for name in names:
            digest = self.digest(name)
            touch(self.revision(digest), seconds)
            of_digest = f"tags/*/index/sha256/{digest.removeprefix('sha256:')}/link"
            for link in self.manifests.glob(of_digest):
                touch(link, seconds)
        self.no_tag_went()

    def left(self, *names):
        """The app has these manifests and no others."""
        links = (self.manifests / "revisions/sha256").rglob("link")
        found = {f"sha256:{link.parent.name}" for link in links}
        self.assertEqual(found, {self.digest(name) for name in names})

    @case(
        "an index without a tag goes with those of its parts that are old, too; those of others stay"
    )
    def test_index(self):
        app = {"repository": "app"}
        index = {**app, "kind": "index"}
        both = ["linux/amd64", "linux/arm64"]
        self.push(
            [
                {**index, "id": "kept", "tag": "v1", "platforms": ["linux/amd64"]},
                {**index, "id": "gone", "platforms": both},
                {**app, "id": "never-tagged"},
                {**app, "id": "shared"},
                {**app, "id": "young"},
                {**index, "tag": "v2", "children": ["shared"]},
                {**index, "id": "gone-with-shared", "children": ["shared"]},
                {**index, "id": "young-index", "children": ["never-tagged"]},
            ]
        )
        kept = ["kept", "kept/linux/amd64", "shared", "app:v2"]
        gone = ["gone", "gone/linux/amd64", "gone-with-shared"]
        self.age(days_ago(31), *kept, *gone, "never-tagged")
        self.exits(0)
        # What a young index lists stays with it.
        self.left(*kept, "gone/linux/arm64", "young", "young-index", "never-tagged")
        self.pulls("app", "v1", "v2", self.digest("young-index"))
        self.age(days_ago(31), "young-index", "gone/linux/arm64")
        self.exits(0)
        self.left(*kept, "young")

    @case("what describes an image stays and goes with it, whatever its own age")
    def test_referrers(self):
        app = {"repository": "app"}
        referrer = {**app, "kind": "referrer", "fallback": False}
        self.push(
            [
                {**app, "id": "tagged", "tag": "v1"},
                {**referrer, "id": "its-bill", "subject": "tagged"},
                {**app, "id": "untagged"},
                {**referrer, "id": "its-signature", "subject": "untagged"},
            ]
        )
        self.age(days_ago(31), "tagged", "its-bill", "untagged")
        self.exits(0)
        self.left("tagged", "its-bill")

    @case("what is in use stays, and that is of use")
    def test_in_use(self):
        self.push_over()
        used = f"127.0.0.1:{self.registry.port}/app@{self.first}"
        self.configure_more({"protect": {"in_use": [["echo", used, "0123456789ab"]]}})
        self.exits(0)
        self.says("2 images in use, 1 from this registry by name, 1 by a bare ID")
        self.keeps_quiet_of("protect.in_use matches no tag")
        self.is_there(self.first)

    @case("only where the run works, and not in one for jobs, do they go")
    def test_jobs(self):
        self.push_over()
        job = {"name": "j", "repositories": ["app"], "tag_regexps": ["none"]}
        self.configure_more({"jobs": [job]})
        self.exits(0, "--jobs", "j")
        self.push([{"repository": "other", "tag": "v1"}])
        self.exits(0, "--repository", "other")
        self.is_there(self.first)
        # In a run for all it goes.
        self.exits(0)
        self.is_gone(self.first)

    @case("it needs the storage: with inventory.source api it is an error")
    def test_api(self):
        self.push_over()
        self.configure_more({"inventory": {"source": "api"}})
        self.exits(2)
        self.says("cleanup.untagged_days")

    @case(
        "where the folder is not proved to be the registry's own, nothing goes, and a warning says so"
    )
    def test_not_proved(self):
        unknown = "[WARNING] since when manifests have had no tag is not known"
        self.push_over()
        # It cannot be asked which folder the registry has; all that can be compared is the same.
        unasked = {"registry": {"exec": ["false"]}, "gc": {"when": "never"}}
        self.configure_more(unasked)
        self.exits(0)
        self.says(unknown)
        self.is_there(self.first)
        # It is another folder, with the same in it, so the API is read.
        copy = shutil.copytree(self.registry.store, self.folder / "copy")
        self.configure_more({"paths": {"host_storage": str(copy)}, "inventory": {"source": "auto"}})
        self.exits(0)
        self.says(unknown)
        self.is_there(self.first)
        self.assertEqual(self.report()["summary"]["manifests_deleted"], 0)

    @case("what is pushed again by its digest between plan and look stays")
    def test_pushed_meanwhile(self):
        self.push_over()
        proxy = self.at_look(
            f"""type={MANIFEST} body={self.folder}/body
curl -sf -H "Accept: $type" -o "$body" "$url/{self.first}"
curl -sf -X PUT -H "Content-Type: $type" --data-binary "@$body" "$url/{self.first}" """
        )
        self.exits(0)
        self.assertEqual(proxy.applied(0), 1)
        self.says(f"app: manifest {self.first} changed since it was planned")
        self.is_there(self.first)

    @case("what is untagged in the history of a tag that goes in the same run goes, too")
    def test_history(self):
        self.push_over()
        self.configure_more({"cleanup": {"days_to_keep": 30, "age_from": "created"}})
        self.exits(0)
        self.is_gone(self.first)
        self.is_there(self.second)
        self.is_gone(self.third)

    def put_again(self, reference):
        """Pushes `first` again, by its digest or as that tag."""
        client = self.registry.client
        kind, _, body = client.get_manifest("app", self.first)
        client.put_manifest("app", reference, body, kind)

    @case(
        "what a run that failed still owes stays when it was pushed again by its digest meanwhile"
    )
    def test_owed(self):
        self.push_over()
        fourth = self.push_at("v2", "-90d", moment(V1))
        self.push_at("v2", "-70d", moment(V2))
        proxy = self.start_proxy()
        self.configure_more({}, url=proxy.url)
        match = {"method": "DELETE", "path": f"{self.first}|{fourth}"}
        proxy.rules({"match": match, "status": 500})
        self.exits(1)
        proxy.rules()
        self.put_again(self.first)
        # As if a second had passed since the run.
        touch(self.revision(self.first), time.time() + 1)
        self.exits(0)
        self.is_there(self.first)
        self.is_gone(fourth)
        # The journal is cut down to what is still owed when the next run begins.
        self.exits(0)
        (journal,) = self.state.glob("*/debts")
        self.assertNotRegex(journal.read_text(), "(?m)^owe")

    def two_pushes(self):
        """v1 and v2, pushed long ago."""
        self.first = self.push_at("v1", "-90d", moment(V1))
        self.push_at("v2", "-80d", moment(V2))

    def tag_goes(self, tag):
        """As the registry deletes a tag by its name."""
        shutil.rmtree(self.manifests / "tags" / tag)

    def seen_file(self):
        (path,) = self.state.glob("*/untagged")
        return path

    def first_seen(self):
        """What runs remember: [(seconds, digest)]."""
        rows = re.findall("(?m)^([0-9]+) app (.*)$", self.seen_file().read_text())
        return [(int(seconds), digest) for seconds, digest in rows]

    def set_first_seen(self, seconds):
        """As if a run had seen `first` without a tag then for the first time."""
        path = self.seen_file()
        lines = path.read_text().splitlines()[:-1]
        lines = [line for line in lines if not line.endswith(f" app {self.first}")]
        text = "".join(f"{line}\n" for line in [*lines, f"{int(seconds)} app {self.first}"])
        path.write_text(f"{text}sha256:{hashlib.sha256(text.encode()).hexdigest()}\n")

    def seen_since(self, digest, seconds):
        """Runs remember this one alone, and not from before that time."""
        ((seen, found),) = self.first_seen()
        self.assertEqual(found, digest)
        self.assertGreaterEqual(seen, int(seconds))

    @case("what lost its tag a minute ago stays, though its links are years old")
    def test_lost_tag(self):
        self.two_pushes()
        self.tag_goes("v1")
        now = time.time()
        self.exits(0, "--dry-run")
        # It does not remember anything.
        self.assertEqual(list(self.state.glob("*/untagged")), [])
        self.exits(0)
        self.is_there(self.first)
        self.seen_since(self.first, now)
        # As far as the folder tells, it was so for long, and only a run would know better.
        touch(self.manifests / "tags", days_ago(10))
        self.exits(0)
        self.is_there(self.first)
        touch(self.manifests / "tags", days_ago(31))
        self.exits(0)
        self.is_gone(self.first)

    @case("new names of tags each day do not keep it for ever: what runs saw so long ago goes")
    def test_new_names(self):
        self.two_pushes()
        self.tag_goes("v1")
        self.exits(0)
        self.set_first_seen(days_ago(29))
        self.push([{"repository": "app", "tag": "new"}])
        self.exits(0)
        self.is_there(self.first)
        self.set_first_seen(days_ago(31))
        self.push([{"repository": "app", "tag": "newer"}])
        self.exits(0, "--dry-run")
        self.assertEqual(self.untagged("digest", "decision"), [(self.first, "delete")])
        self.exits(0)
        self.is_gone(self.first)
        # It is forgotten then.
        self.exits(0)
        self.assertEqual(self.first_seen(), [])

    @case("what is seen with a tag again counts anew")
    def test_tagged_again(self):
        self.two_pushes()
        self.tag_goes("v1")
        self.exits(0)
        self.set_first_seen(days_ago(40))
        self.put_again("v3")
        # Whatever is read to see it.
        self.configure_more(
            {"inventory": {"source": "auto"}, "paths": {"host_storage": "/nonexistent"}}
        )
        self.exits(0)
        self.assertEqual(self.first_seen(), [])
        self.configure_more({})
        self.exits(0)
        self.assertEqual(self.first_seen(), [])
        # As if that had been long ago, too.
        touch(self.revision(self.first), moment("2021-03-01 00:00:00"))
        self.tag_goes("v3")
        self.exits(0)
        self.is_there(self.first)
        self.seen_since(self.first, 0)

    @case("what was pushed again since a run saw it counts anew, though none saw it with a tag")
    def test_pushed_again(self):
        self.two_pushes()
        self.tag_goes("v1")
        self.exits(0)
        self.set_first_seen(days_ago(40))
        self.put_again("v3")
        touch(self.revision(self.first), days_ago(35))
        self.tag_goes("v3")
        self.exits(0)
        self.is_there(self.first)
        self.seen_since(self.first, time.time() - 3600)

    @case("when the folder of the tags is not there, or of tomorrow, what has no tag stays")
    def test_folder_of_tags(self):
        self.push_over()
        touch(self.manifests / "tags", time.time() + DAY)
        self.exits(0)
        self.is_there(self.first)
        self.set_first_seen(days_ago(40))
        self.exits(0)
        self.is_there(self.first)
        shutil.rmtree(self.manifests / "tags")
        self.exits(0)
        self.is_there(self.first)

    @case("when what runs remember is damaged, what has no tag stays for that run, which says so")
    def test_damaged(self):
        self.push_over()
        # It would go, if it were only by the folders.
        self.exits(0, "--dry-run")
        self.assertEqual(len(self.report()["untagged"]), 1)
        self.configure_more({"cleanup": {"untagged_days": 36500}})
        self.exits(0)
        self.configure_more({})
        path = self.seen_file()
        path.write_text(path.read_text().replace(" app ", " pap "))
        self.exits(0, "--dry-run")
        self.says("[WARNING] the file untagged in paths.state", "does not match its checksum")
        self.assertEqual(self.report()["untagged"], [])
        self.exits(0)
        self.says("[WARNING] the file untagged in paths.state")
        self.is_there(self.first)
        self.exits(0)
        self.keeps_quiet_of("[WARNING]")
        self.is_gone(self.first)

    @case("what our own deletion of its last tag leaves is untagged since then")
    def test_own_deletion(self):
        self.push(
            [
                {"repository": "app", "id": "part", "created": "-90d"},
                {"repository": "app", "kind": "index", "tag": "latest", "children": ["part"]},
                {"repository": "app", "tag": "old", "same_as": "part"},
            ]
        )
        proxy = self.start_proxy(play_3x="delete", store=self.registry.store)
        version = "registry github.com/distribution/distribution/v3 v3.1.1"
        script = self.exec_script(f'case $* in *--version*) echo "{version}"; exit;; esac')
        self.configure_more({"cleanup": {"days_to_keep": 30}}, script, url=proxy.url)
        now = time.time()
        self.exits(0)
        self.leaves("app", "latest")
        self.seen_since(self.digest("part"), now)

    def push_index(self):
        """Always the same one; returns the digest of its part."""
        self.push(
            [
                {"repository": "app", "id": "one", "created": "2021-03-01T00:00:00Z"},
                {"repository": "app", "kind": "index", "tag": "v1", "children": ["one"]},
            ]
        )
        return self.digest("one")

    def refuse_deletes(self):
        """A proxy that lets nobody delete the part of the index, and the configuration for it."""
        proxy = self.start_proxy()
        self.configure({"cleanup": {"days_to_keep": 30}}, url=proxy.url)
        match = {"method": "DELETE", "path": self.digest("one")}
        proxy.rules({"match": match, "status": 500})
        return proxy

    @case("an index that an interrupted run deleted goes again when it was pushed again")
    def test_index_again(self):
        one = self.push_index()
        proxy = self.refuse_deletes()
        self.exits(1)
        proxy.rules()
        self.push_index()
        self.exits(0)
        self.lacks("app", one)

    @case("what is pushed again and fails to go again is owed since then")
    def test_owed_since(self):
        one = self.push_index()
        proxy = self.refuse_deletes()
        self.exits(1)
        # As if that run had been a minute ago.
        (journal,) = self.state.glob("*/debts")
        earlier = int(time.time() - 60)
        text = re.sub("(?m)^(owe .*) [0-9]+$", rf"\1 {earlier}", journal.read_text())
        journal.write_text(text)
        self.push_index()
        self.exits(1)
        proxy.rules()
        self.exits(0)
        self.lacks("app", one)
