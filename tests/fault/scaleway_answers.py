"""Lists and answers of Scaleway's registry that are cut, wrong, without end, of something else, or lead elsewhere:
what is not surely known is not deleted, the rest is cleaned all the same; the key goes to the registry alone."""

import itertools
import json
import uuid
from pathlib import Path

from lab import case, wait_for
from lab.scaleway import SECRET, Answer, digest_of, error
from lab.scaleway_world import ScalewayWorld

HOUR = 3600


def plain(body, **headers):
    """That body, whatever it is."""
    body = body if isinstance(body, bytes) else body.encode()
    return Answer(200, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


class Answers(ScalewayWorld):
    """In team/app things go wrong, other/app is cleaned all the same: in each is a tag that goes and one that
    stays."""

    STAND = {"deleting_looks": 0}
    TAGS = {
        image: {"old": {"created": "-90d"}, "new": {"created": "-1d"}}
        for image in ("team/app", "other/app")
    }
    CONFIG = {"registry": {"retry_seconds": 1, "timeout": 4}}

    def setUp(self):
        super().setUp()
        self.app = self.stand.find("image", "team/app")

    def app_tags(self):
        return {"kind": "tag", "is_list": True, "of": self.app}

    def anew(self):
        """The server as it was before the first fault of a table."""
        self.stand.behave()
        for image in self.TAGS:
            if not self.stand.find("tag", f"{image}:old"):
                self.stand.add_tag(image, "old", created="-90d")
        self.stand.requests.clear()

    def spared(self, *patterns):
        """Nothing of team/app went and no DELETE was sent to it, other/app was cleaned, exit 1."""
        self.exits(1)
        self.matches(r"\[(WARNING|ERROR)\] team/app: ", *patterns)
        self.has(**{"team/app": "old new", "other/app": "new"})
        self.assertEqual(len(self.stand.asked("DELETE")), 1)

    def nothing(self, code, *patterns):
        """No DELETE was sent at all."""
        self.exits(code)
        self.matches(*patterns)
        self.has(**{"team/app": "old new", "other/app": "old new"})
        self.assertEqual(self.stand.asked("DELETE"), [])

    def of_app(self, **changes):
        """The list of team/app, and what is changed in its first entry, which is the old one; None takes a field
        away."""
        tags = [dict(tag) for tag in self.stand.inside("tag", self.app)]
        tags[0] |= changes
        return {"tags": tags, "total_count": len(tags)}


class Lists(Answers):
    def each(self, table, sparing=True):
        """Each list of tags of team/app in TABLE, {SENTENCE: (list, pattern)}, spares that image."""
        for sentence, (document, pattern) in table.items():
            with self.subTest(sentence):
                self.anew()
                answer = document if isinstance(document, Answer) else Answer(200, document)
                self.stand.answers(answer, **self.app_tags())
                self.spared(pattern)

    @case("a list that is cut, of another type, not JSON, or none at all")
    def test_no_list(self):
        whole = json.dumps(self.of_app()).encode()
        half = whole[: len(whole) // 2]
        twice = whole.replace(b'{"tags"', b'{"tags": [], "tags"')
        self.each(
            {
                "cut, and told to be longer": (
                    Answer(200, body=half, content_length=len(whole)),
                    "the list of tags: page 1",
                ),
                "cut, and told to be whole": (plain(half), "page 1: .*"),
                "nothing": (plain(b""), "page 1"),
                "text behind it": (plain(whole + b"{}"), "page 1"),
                "HTML": (plain(whole, Content_Type="text/html"), "page 1"),
                "no type": (plain(whole, Content_Type=None), "page 1"),
                "another type that begins alike": (
                    plain(whole, Content_Type="application/jsonlines"),
                    "page 1",
                ),
                "a key twice": (plain(twice), "twice"),
                "null": (plain(b"null"), "no list"),
                "a list without its object": (plain(json.dumps(self.of_app()["tags"])), "no list"),
                "null for the list": ({"tags": None, "total_count": 0}, "no list of tags"),
                "another list": ({"images": [], "total_count": 0}, "no list of tags"),
                "bytes that are no UTF-8": (plain(whole.replace(b'"old"', b'"\xff"')), "page 1"),
                "from a cache": (plain(whole, Age="30"), "page 1: .*cache"),
            }
        )

    @case("an entry without what makes it one, and null where a text is expected")
    def test_entries(self):
        fields = ("id", "name", "image_id")
        table = {f"{field} is null": (self.of_app(**{field: None}), "entry 1") for field in fields}
        table |= {f"{field} is 7": (self.of_app(**{field: 7}), "entry 1") for field in fields}
        without = self.of_app()
        del without["tags"][0]["id"]
        table["no id"] = (without, "entry 1")
        table["null for an entry"] = ({"tags": [None], "total_count": 1}, "entry 1")
        double = json.dumps(self.of_app()).replace('"name": "old"', '"name": "a", "name": "old"')
        table["a key of an entry twice"] = (plain(double), "twice")
        digest = "sha256:" + "A" * 64
        table["no digest"] = (self.of_app(digest=None), "tag old: the API tells no digest")
        table["a digest in capitals"] = (self.of_app(digest=digest), "tag old: the API tells no")
        self.each(table)

    @case("ids that would lead elsewhere are no ids")
    def test_ids(self):
        number = self.stand.find("tag", "team/app:old")
        other = self.stand.find("tag", "other/app:new")
        ids = [
            f"../tags/{other}",
            f"{number}/../{other}",
            f"{number}?force=true",
            f"{number}%2f..%2f{other}",
            f"{number}#",
            f"{number}\n",
            f" {number}",
            f"{{{number}}}",
            number.replace("-", ""),
            "..",
            "",
            "x" * 36,
        ]
        self.each({repr(one): (self.of_app(id=one), "entry 1") for one in ids})
        asked = [request.target for request in self.stand.requests]
        self.assertFalse([target for target in asked if "force" in target or ".." in target])

    @case("names that are none")
    def test_names(self):
        names = ["../old", "a/b", "a?b", "%2f", "..", ".", "-x", "x" * 129, "a b", "\u0430bc"]
        self.each({repr(one): (self.of_app(name=one), "name|tag ") for one in names})
        table = {repr(one): (self.of_app(name=one), "entry 1") for one in ("", "a\u0000b", "a\nb")}
        self.each(table)

    @case("entries of another image, one twice with another digest, two of one name")
    def test_entries_of_others(self):
        other = dict(self.stand.entry("tag", "other/app:new"))
        old = dict(self.stand.entry("tag", "team/app:old"))
        new = dict(self.stand.entry("tag", "team/app:new"))

        def three(entry):
            return {"tags": [old, new, entry], "total_count": 3}

        moved = old | {"digest": digest_of("another")}
        named = new | {"id": str(uuid.uuid4()), "name": "old"}
        self.each(
            {
                "of another image": (three(other), "not of what the list was asked for"),
                "one twice": (three(moved), "tag old changed while it was read"),
                "two of one name": (three(named), "two tags are named old"),
            }
        )

    @case("numbers of entries that are none, or not those that are there")
    def test_totals(self):
        table = {
            repr(total): (self.of_app() | {"total_count": total}, "total_count is no number")
            for total in (True, -1, "2", 2.5, [2])
        }
        for total in (0, 1, 3, 1000, 2**64):
            table[f"{total} for 2"] = (
                self.of_app() | {"total_count": total},
                "3 readings do not agree, or are not whole: .*(2|nothing that was not)",
            )
        self.each(table)

    @case("a page that comes for ever, and a number that grows for ever")
    def test_endless(self):
        grown = itertools.count(100)

        def grow(request):
            tags = [
                {**self.of_app()["tags"][0], "id": str(uuid.uuid4()), "name": f"t{next(grown)}"}
                for _ in range(100)
            ]
            return Answer(200, {"tags": tags, "total_count": next(grown)})

        self.stand.answers(grow, **self.app_tags())
        self.spared("different numbers of entries")
        self.anew()
        document = self.of_app()
        del document["total_count"]
        self.stand.answers(Answer(200, document), **self.app_tags())
        self.spared("a page has nothing that was not on one before it")
        self.assertLessEqual(len([r for r in self.stand.requests if r.parent == self.app]), 6)

    @case("an answer of more bytes than a page can have is not read to its end")
    def test_huge(self):
        body = b'{"tags": [' + b" " * (70 << 20) + b"]}"
        self.stand.answers(plain(body), **self.app_tags())
        self.spared("page 1: .*(large|limit|more than)")


class Pages(Answers):
    """Lists of which each page is well."""

    def fill(self, images):
        super().fill(images)
        for n in range(45):
            self.stand.add_tag(f"many/i{n}", "old", created=f"-{100 + n}d")
            self.stand.add_tag("many/i0", f"v{n}", created=f"-{200 + n}d")

    def everything(self):
        self.exits(0)
        self.assertEqual(
            {self.stand.name_of("tag", n) for n in self.stand.objects["tag"]}, self.kept
        )

    kept = {"team/app:new", "other/app:new"}

    @case("a server that gives pages of 20 whatever it is asked for: all of three pages is cleaned")
    def test_small_pages(self):
        self.stand.page_most = 20
        self.exits(0, "--dry-run")
        self.assertEqual(self.report()["summary"]["planned"], 45 + 45 + 2)
        self.assertEqual(self.report()["summary"]["repositories"], 47)
        self.stand.with_total = False
        self.exits(0, "--dry-run")
        self.assertEqual(self.report()["summary"]["planned"], 45 + 45 + 2)

    @case("exactly one page, without a number: the next one is asked for, and is empty")
    def test_full_page(self):
        for n in range(97):
            self.stand.add_tag("full/app", f"v{n}", created=f"-{n}.5d")
        for n in range(3):
            self.stand.add_tag("full/app", f"last{n}", created="-1h")
        self.stand.with_total = False
        number = self.stand.find("image", "full/app")
        self.exits(0, "--dry-run")
        listed = [r.page for r in self.stand.requests if r.parent == number]
        self.assertEqual(listed, [1, 2, 1, 2])

    def shrinks(self, kind, times, of=None):
        """After page 1 of that list its first entry goes, so that one of page 2 is on page 1, and is not seen."""
        self.stand.page_most = 20

        def shrink(request, answer):
            first = json.loads(answer.body)[f"{kind}s"][0]["id"]
            self.stand.remove(kind, first)

        return self.stand.alters(shrink, kind=kind, is_list=True, page=1, of=of, times=times)

    @case("images that become fewer between two pages: read again; for ever: nothing is deleted")
    def test_images_shrink(self):
        self.shrinks("image", 1)
        self.exits(0, "--dry-run")
        self.assertEqual(self.report()["summary"]["repositories"], 46)
        self.stand.behave()
        self.shrinks("image", None)
        sent = len(self.stand.requests)
        self.exits(3)
        self.matches("the list of images is not complete: .*nothing is deleted")
        self.assertEqual(self.stand.asked("DELETE"), [])
        self.assertLess(len(self.stand.requests) - sent, 20)

    @case("tags that become fewer between two pages, without a number: seen by the second reading")
    def test_tags_shrink(self):
        self.stand.with_total = False
        number = self.stand.find("image", "many/i0")
        self.shrinks("tag", 1, of=number)
        self.exits(0, "--dry-run")
        rows = [row for row in self.report()["tags"] if row["repository"] == "many/i0"]
        self.assertEqual(len(rows), 45)
        self.stand.behave()
        self.shrinks("tag", None, of=number)
        self.exits(1, "--dry-run")
        self.matches("many/i0: the list of tags: 3 readings do not agree")


class Whole(Answers):
    """What concerns the whole run: lists of images and namespaces, errors, limits of rate."""

    @case("a list of images or namespaces that is none ends the run")
    def test_lists(self):
        for kind in ("image", "namespace"):
            key = f"{kind}s"
            faults = {
                "an error": error(500, message="down"),
                "HTML": plain("<html>", Content_Type="text/html"),
                "null": Answer(200, {key: None, "total_count": 0}),
                "an entry of null": Answer(200, {key: [None], "total_count": 1}),
                "a number that is wrong": Answer(200, {key: [], "total_count": 4}),
                "cut": Answer(200, body=b'{"', content_length=100),
            }
            for sentence, answer in faults.items():
                with self.subTest(f"{key}: {sentence}"):
                    self.stand.behave()
                    own = "1" if kind == "namespace" else None

                    def fault(request, answer=answer, own=own):
                        # The first question of all is for one namespace.
                        return None if request.query.get("page_size") == own else answer

                    self.stand.answers(fault, kind=kind, is_list=True)
                    self.nothing(3, f"the list of {key} is not complete: .*nothing is deleted")

    @case("no image, and no namespace, is an empty registry, and not a failure")
    def test_empty(self):
        for name in ("team", "other"):
            self.stand.remove("namespace", self.stand.find("namespace", name))
        self.exits(0)
        self.assertEqual(self.report()["summary"]["tags"], 0)

    @case("names of namespaces and images that are none: their images are left alone")
    def test_names(self):
        for name in ("..", "a b", "A", "x?y", "%2e%2e"):
            with self.subTest(name):
                self.anew()
                self.stand.entry("image", "team/app")["name"] = name
                self.exits(1)
                self.assertEqual(self.stand.tags(f"team/{name}"), ["new", "old"])
                self.has(**{"other/app": "new"})
                self.stand.objects["image"][self.app]["name"] = "app"
        for name in ("a/b", "", "x\u001b[2J"):
            with self.subTest(name):
                self.anew()
                self.stand.entry("namespace", "team")["name"] = name
                self.exits(3)
                self.assertEqual(self.stand.asked("DELETE"), [])
                self.assertNotIn("\u001b", self.output)
                number = self.stand.objects["image"][self.app]["namespace_id"]
                self.stand.objects["namespace"][number]["name"] = "team"

    @case(
        "429 waits as long as it says, in its body or its head, but not longer than we wait at all"
    )
    def test_limits(self):
        def limited(seconds, **headers):
            found = error(429, "too_many_requests", reset_seconds=seconds)
            found.headers |= headers
            return found

        self.configure(self.CONFIG, {"registry": {"retry_seconds": 10}})
        met = self.stand.answers(limited(1), times=3, kind="image")
        self.exits(0, "--dry-run")
        self.assertEqual(len(met), 3)
        self.stand.behave()
        self.stand.answers(limited(HOUR, **{"Retry-After": "1"}), kind="image")
        self.configure(self.CONFIG)
        self.nothing(3, "the list of images is not complete: .*429 too_many_requests")

    @case("5xx, and answers that break off, are asked for again")
    def test_again(self):
        bad = [error(500, message="oops"), error(503), Answer(200, body=b"{", content_length=9)]
        bad.append(Answer(502, body=b"<html>bad gateway", headers={"Content-Type": "text/html"}))
        left = iter(bad)
        self.configure(self.CONFIG, {"registry": {"retry_seconds": 20}})
        self.stand.answers(lambda _: next(left, None), method="GET")
        self.exits(0)
        self.has(**{"team/app": "new", "other/app": "new"})
        self.assertIsNone(next(left, None))

    @case("what the API says is shown, without what a terminal would obey")
    def test_words(self):
        words = error(403, "permissions_denied", message="no\u001b]0;x\u0007\nway")
        words.headers["X-Request-Id"] = "abc-123"
        self.stand.answers(words, kind="image")
        self.nothing(3, "403 permissions_denied.*no.*way.*X-Request-Id abc-123")
        for character in "\u001b\u0007":
            self.assertNotIn(character, self.output)


class Elsewhere(Answers):
    """Another server than the registry's waits for the key."""

    def setUp(self):
        super().setUp()
        self.elsewhere = self.start_stand()
        self.elsewhere.add_tag("evil/app", "old")

    def led(self, code, status=302, host=True, exact=True, **match):
        """Requests that match are led to the other server, or to another path of the same one."""
        place = self.elsewhere.url if host else self.stand.url

        def redirect(request):
            # To itself it would be for ever.
            if not host and "again" in request.query:
                return None
            join = "&" if "?" in request.target else "?"
            to = f"{place}{request.target}{join}again=1"
            return Answer(status, {}, {"Location": to})

        self.anew()
        self.stand.answers(redirect, **match)
        self.exits(code)
        self.assertEqual(self.elsewhere.requests, [])
        self.assertFalse([request for request in self.stand.requests if "again" in request.query])

    @case("no redirect is followed, to no other server, and to no other path: lists, tags, DELETEs")
    def test_redirects(self):
        for status in (301, 302, 303, 307, 308):
            for host in (True, False):
                with self.subTest(f"{status}, host {host}"):
                    self.led(3, status, host)
                    self.led(3, status, host, kind="image")
                    self.led(1, status, host, **self.app_tags())
                    self.matches("team/app: .*a redirect.*not followed")
                    self.has(**{"team/app": "old new", "other/app": "new"})
        number = self.stand.find("tag", "team/app:old")
        self.led(1, method="GET", kind="tag", is_list=False, of=number)
        self.has(**{"team/app": "old new"})
        self.led(1, method="DELETE", of=number)
        self.has(**{"team/app": "old new"})

    @case("a proxy's host and a registry's URL that lead elsewhere in the answer change nothing")
    def test_endpoint(self):
        def lead(document):
            for entry in document.get("namespaces", []):
                entry["endpoint"] = self.elsewhere.url.removeprefix("http://")
            return document | {"next_page": self.elsewhere.url}

        self.stand.alters_document(lead, is_list=True)
        self.stand.alters(
            lambda _, answer: Answer(
                200, body=answer.body, headers={"Link": f'<{self.elsewhere.url}>; rel="next"'}
            ),
            is_list=True,
        )
        self.exits(0)
        self.assertEqual(self.elsewhere.requests, [])


class Secret(Answers):
    """The key is in no output, file, or command line."""

    def everything_written(self):
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path != self.config]
        self.assertTrue([path for path in paths if path.name == "log"])
        return {str(path): path.read_bytes() for path in paths}

    def kept_secret(self, secret=SECRET):
        found = self.everything_written() | {"the output": self.output.encode()}
        for name, text in found.items():
            for form in (secret, secret.upper(), secret.replace("-", ""), secret[:23]):
                self.assertNotIn(form.encode(), text, name)

    def options(self):
        folder = self.program_folder
        return ["--debug", "--http-logs", "--html", folder / "page.html"]

    @case("a whole run with all that can be written, and one with errors that echo the key")
    def test_written(self):
        metrics = {"report": {"metrics_file": str(self.program_folder / "metrics.prom")}}
        self.configure(self.CONFIG, metrics)
        self.exits(0, *self.options())
        self.says("HTTP DELETE http://")
        self.has(**{"team/app": "new", "other/app": "new"})
        self.kept_secret()
        self.anew()

        def echo(request):
            token = request.headers["X-Auth-Token"]
            found = error(
                403,
                "permissions_denied",
                message=f"the token {token} may not, nor {token.upper()}",
                details=[{"resource": token, "action": f"x{token}"}],
            )
            found.headers |= {"X-Request-Id": token, "X-Echo": f"a {token}"}
            return found

        self.stand.answers(echo, **self.app_tags())
        self.exits(1, *self.options())
        self.matches("team/app: .*403 permissions_denied")
        self.kept_secret()
        self.anew()
        self.stand.answers(
            lambda request: Answer(
                302, {}, {"Location": f"http://{request.headers['X-Auth-Token']}.example/"}
            ),
            kind="image",
        )
        self.exits(3, *self.options())
        self.kept_secret()

    @case("a key of the environment is handed to nobody, and is on no command line")
    def test_environment(self):
        seen = self.folder / "seen"
        script = f"env >'{seen}'; cat /proc/self/cmdline >>'{seen}'; echo team/other:1"
        command = self.program_folder / "in-use"
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o700)
        key = {"registry": {"secret_key": "__ENV: SCW_SECRET_KEY"}}
        self.configure(self.CONFIG, key, {"protect": {"in_use": [[str(command)]]}})
        env = {"SCW_SECRET_KEY": SECRET}
        self.exits(0, "--dry-run", "--debug", env=env)
        self.assertIn("PATH=", seen.read_text())
        self.kept_secret()

    @case("the command line of a run that is under way has no key, nor has the log a part of it")
    def test_process(self):
        held, let = self.folder / "held", self.folder / "let"

        def hold(_):
            held.write_text("")
            wait_for(let.exists)

        self.stand.answers(hold, kind="image")
        started = self.begin("--dry-run", "--debug")
        wait_for(held.exists)
        words = Path(f"/proc/{started.pid}/cmdline").read_bytes()
        self.assertIn(str(self.config).encode(), words)
        self.assertNotIn(SECRET.encode(), words)
        let.write_text("")
        self.finish(started)
        self.exited(0)
        self.kept_secret()

    @case("a wrong key is refused at the first question, once, and is not told")
    def test_wrong(self):
        wrong = "22222222-3333-4444-8555-666666666666"
        self.configure(self.CONFIG, {"registry": {"secret_key": wrong}})
        self.nothing(3, "401 denied_authentication")
        self.assertEqual(len(self.stand.requests), 1)
        self.kept_secret(wrong)
