"""An independent reader beside clean-registry: Scaleway's own client, from npm in exact versions, asks the same
stand-in server. Both see the same tags, ids, digests and dates, and what one deletes the other sees go. In nine
kinds of answers the client does what is known of it; where it stops, or reads too little and says nothing,
clean-registry reads all, or deletes nothing."""

import json

from lab import case, npm
from lab.program import ROOT, run
from lab.scaleway import SECRET, Answer, digest_of, error
from lab.scaleway_world import ScalewayWorld

CLIENT = ("@scaleway/sdk-registry@1.2.0", "@scaleway/sdk-client@1.3.3")
# The client takes the server's size of a page, which is 20.
MANY = 45


def milliseconds(text):
    """As the client writes a date, of which it keeps no more."""
    if text is None:
        return None
    seconds, _, rest = text.removesuffix("Z").partition(".")
    return f"{seconds}.{rest[:3]:0<3}Z"


class Sdk(ScalewayWorld):
    def sdk(self, *calls):
        """What the client makes of these calls, [METHOD, ARGUMENT] each."""
        script = ROOT / "tests/tools/scaleway_sdk.cjs"
        words = ["node", script, npm.installed(*CLIENT), self.stand.url, self.stand.region]
        env = {"SCW_SECRET_KEY": SECRET}
        done = run(words, stdin=json.dumps(calls), env=env, apart=True)
        self.assertEqual((done.status, done.errors), (0, ""), "the client's script")
        return json.loads(done.output)

    def value(self, method, **argument):
        [found] = self.sdk([method, argument])
        self.assertIn("value", found, found)
        return found["value"]

    def refused(self, kind, pattern, method, **argument):
        """The client's call ends with that class of errors and such a message."""
        [found] = self.sdk([method, argument])
        self.assertEqual(found.get("error"), kind, found)
        self.assertRegex(found["message"], pattern)

    def image(self, name="team/app"):
        return self.stand.find("image", name)

    def tag_names(self):
        return sorted(tag["name"] for tag in self.value("listTags", imageId=self.image()))


class Same(Sdk):
    TAGS = {
        "team/app": {f"v{n}": {"created": f"-{n}.5d"} for n in range(MANY)},
        "team/tools/lint": {
            "one": {"digest": digest_of("shared")},
            "two": {"digest": digest_of("shared"), "updated": "-3d"},
            "undated": {"created": None, "updated": None},
            "half": {"created": "-50d", "updated": None},
        },
        "shop.2/web": {
            "going": {"status": "deleting"},
            "locked": {"status": "locked"},
            "odd": {"status": "error"},
            "nanoseconds": {"created": "2025-01-02T03:04:05.123456789Z"},
            "seconds": {"created": "2025-01-02T03:04:05Z"},
        },
    }
    FIELDS = ("namespace_name", "image_name", "image_id", "tag_name", "tag_id", "digest")
    DATES = ("created_at", "updated_at")

    def seen_by_client(self):
        spaces = {entry["id"]: entry["name"] for entry in self.value("listNamespaces")}
        images = self.value("listImages")
        lists = self.sdk(*(["listTags", {"imageId": image["id"]}] for image in images))
        return [
            (spaces[image["namespaceId"]], image["name"], image["id"])
            + (tag["name"], tag["id"], tag["digest"])
            + (tag.get("createdAt"), tag.get("updatedAt"))
            for image, found in zip(images, lists)
            for tag in found["value"]
        ]

    def seen_by_us(self):
        self.exits(0, "--dry-run")
        return [
            tuple(row[field] for field in self.FIELDS)
            + tuple(milliseconds(row[field]) for field in self.DATES)
            for row in self.report()["tags"]
        ]

    @case("both see the same tags, ids, digests and dates")
    def test_same(self):
        found = self.seen_by_us()
        self.assertEqual(len(found), MANY + 4 + 5)
        self.assertEqual(sorted(found), sorted(self.seen_by_client()))

    @case("what clean-registry deletes is gone for the client, and nothing else")
    def test_ours(self):
        before = {row[3]: row[4] for row in self.seen_by_client()}
        self.stand.deleting_looks = 2
        self.configure({"cleanup": {"days_to_keep": 43}})
        self.exits(0)
        # "two" stays for its date, and keeps "one", which has its digest.
        gone = {"v43", "v44", "nanoseconds", "seconds"}
        self.assertEqual({row[3] for row in self.seen_by_client()}, set(before) - gone)
        found = self.sdk(*(["getTag", {"tagId": before[name]}] for name in sorted(gone)))
        self.assertEqual({one.get("error") for one in found}, {"ResourceNotFoundError"})

    @case("what the client deletes is not ready for clean-registry, and then gone")
    def test_theirs(self):
        self.stand.deleting_looks = 100
        number = self.stand.find("tag", "team/app:v44")
        self.assertEqual(self.value("deleteTag", tagId=number)["status"], "deleting")
        sent = len(self.stand.asked("DELETE"))
        self.configure({"cleanup": {"days_to_keep": 44}})
        self.exits(0, "--dry-run")
        self.assertEqual(self.tag("team/app", "v44"), "kept recent,not_ready")
        self.stand.remove("tag", number)
        self.exits(0, "--dry-run")
        self.assertIsNone(self.tag("team/app", "v44"))
        self.assertEqual(len(self.stand.asked("DELETE")), sent)


class Modes(Sdk):
    """The nine modes. The tags that are to go were made last, and are on the last page; what was pushed again stays."""

    NEW = {f"v{n:02}": {"created": "-200d", "updated": "-20d"} for n in range(MANY - 3)}
    OLD = {f"old{n}": {"created": f"-{90 + n}d"} for n in range(3)}
    TAGS = {"team/app": {**NEW, **OLD}}
    ALL = sorted([*NEW, *OLD])
    CONFIG = {"registry": {"retry_seconds": 1}}

    def everything_goes(self):
        self.exits(0)
        self.assertEqual(self.stand.tags("team/app"), sorted(self.NEW))

    def nothing_goes(self, code, *patterns):
        """Exit CODE, no DELETE was sent, and the log says why."""
        self.exits(code)
        self.matches(*patterns)
        self.assertEqual(self.stand.asked("DELETE"), [])
        self.assertEqual(self.stand.tags("team/app"), self.ALL)

    @case("ok: both read all pages")
    def test_ok(self):
        self.assertEqual(self.tag_names(), self.ALL)
        self.everything_goes()

    @case("the number in a header: both read all pages")
    def test_header(self):
        def moved(_, answer):
            document = json.loads(answer.body)
            total = document.pop("total_count")
            return Answer(200, document, {"X-Total-Count": str(total)})

        self.stand.alters(moved, is_list=True)
        self.assertEqual(len(self.tag_names()), MANY)
        self.everything_goes()

    @case("no number: the client reads one page and says nothing, clean-registry reads all")
    def test_no_total(self):
        self.stand.with_total = False
        found = self.tag_names()
        self.assertEqual(len(found), 20)
        self.assertFalse(set(found) & set(self.OLD))
        self.everything_goes()

    @case("a charset behind the type: the client takes no answer, clean-registry takes each")
    def test_charset(self):
        typed = {"Content-Type": "application/json; charset=utf-8"}
        self.stand.alters(lambda _, answer: Answer(answer.status, body=answer.body, headers=typed))
        self.refused("ScalewayError", "could not parse", "listTags", imageId=self.image())
        self.refused("ScalewayError", "could not parse", "getImage", imageId=self.image())
        self.everything_goes()

    @case("204 to a DELETE: the client throws though the tag goes, clean-registry looks")
    def test_no_content(self):
        self.stand.alters(lambda *_: Answer(204, body=b""), method="DELETE")
        number = self.stand.find("tag", "team/app:old1")
        self.refused("TypeError", "Unmarshalling the type 'Tag' failed", "deleteTag", tagId=number)
        self.assertNotIn("old1", self.stand.tags("team/app"))
        self.everything_goes()

    @case("204 to a DELETE that does nothing: what is there is not said to be gone")
    def test_no_content_at_all(self):
        self.stand.answers(Answer(204, body=b""), method="DELETE")
        self.exits(1)
        self.assertEqual(self.stand.tags("team/app"), self.ALL)
        self.assertEqual(self.report()["summary"]["deleted"], 0)

    @case("204 to a list: neither takes it for an empty one")
    def test_no_list(self):
        self.stand.answers(Answer(204, body=b""), kind="tag", is_list=True)
        self.refused("TypeError", "ListTagsResponse", "listTags", imageId=self.image())
        self.nothing_goes(1, r"team/app: .*the list of tags: page 1: .*204")

    LIMIT = {"help_message": "later", "limit": {"quota": 5, "window_seconds": 60}}

    @case("429: the client gives up, clean-registry waits as long as it is told, and goes on")
    def test_limited(self):
        limited = error(429, "too_many_requests", reset_seconds=1, **self.LIMIT)
        met = self.stand.answers(limited, kind="tag", is_list=True, times=2)
        self.refused(
            "TooManyRequestsError",
            r"quota is 5 for 60s, resets in 1s.*later",
            "listTags",
            imageId=self.image(),
        )
        self.configure({"registry": {"retry_seconds": 5}})
        self.everything_goes()
        self.assertEqual(len(met), 2)

    @case("429 for ever: nothing goes")
    def test_limited_for_ever(self):
        limited = error(429, "too_many_requests", reset_seconds=60, **self.LIMIT)
        self.stand.answers(limited, kind="tag", is_list=True)
        self.nothing_goes(1, r"team/app: .*429 too_many_requests.*")

    @case(
        "404 without a type, of a list: the image that is there all the same is not said to be empty"
    )
    def test_not_found(self):
        self.stand.answers(error(404, message="nothing here"), kind="tag", is_list=True)
        self.refused("ScalewayError", "404: nothing here", "listTags", imageId=self.image())
        self.nothing_goes(1, r"team/app: .*404.*nothing here")

    @case(
        "404 with a type, of tags that are listed: both take them for gone, and no DELETE is sent"
    )
    def test_typed_not_found(self):
        def typed(request):
            return error(404, "not_found", resource="tag", resource_id=request.id)

        self.stand.answers(typed, method="GET", kind="tag", is_list=False)
        number = self.stand.find("tag", "team/app:old1")
        self.refused("ResourceNotFoundError", f"tag with ID {number}", "getTag", tagId=number)
        self.nothing_goes(0, "team/app: tag old1 stays: .*gone already", "left 3 tags that changed")

    @case("403: both name the right that is missing")
    def test_denied(self):
        details = [{"resource": "registry", "action": "read"}]
        denied = error(403, "permissions_denied", details=details)
        self.stand.answers(denied, kind="tag", is_list=True)
        self.refused("PermissionsDeniedError", "read registry", "listTags", imageId=self.image())
        self.nothing_goes(1, r"team/app: .*403 permissions_denied.*read.*registry")
