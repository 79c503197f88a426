"""The tools of the fault tests themselves: every fault of fault_proxy.py must really happen, and docker_stub
must answer what it was told. Behind the proxy is tests/tools/tiny_registry.py."""

import base64
import concurrent.futures
import contextlib
import hashlib
import io
import json
import os
import signal
import socket
import sys
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from http.server import ThreadingHTTPServer
from unittest import mock
from urllib.parse import urlsplit

import tiny_registry

from lab import Proxy, World, case, wait_for
from lab.program import ROOT

TOOLS = ROOT / "tests/tools"
ONE = b'{"schemaVersion":2,"n":1}'
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"someone:secret").decode()}


@dataclass
class Answer:
    """What came, and how it broke off: "" or cut, nothing, reset, timeout."""

    status: int = None
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    broken: str = ""

    def json(self):
        return json.loads(self.body)

    def error(self):
        return self.json()["errors"][0]["code"]


def ask_at(url, path, method="GET", *, headers=None, body=None, timeout=10):
    """Asks on a connection of its own. No redirect is followed; a body that is an iterator goes in chunks."""
    answer = Answer()
    connection = HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        got = connection.getresponse()
        answer.status, answer.headers = got.status, got.headers
        answer.body = got.read()
    except IncompleteRead as error:
        answer.body, answer.broken = error.partial, "cut"
    except RemoteDisconnected:
        answer.broken = "nothing"
    except ConnectionResetError:
        answer.broken = "reset"
    except TimeoutError:
        answer.broken = "timeout"
    finally:
        connection.close()
    return answer


class Backend(ThreadingHTTPServer):
    """The tiny registry in this process; a fault of its own fails the test."""

    daemon_threads = True

    def __init__(self, store, user=None):
        options = {"root": store, "user": user}
        super().__init__(("127.0.0.1", 0), type("Handler", (tiny_registry.Handler,), options))
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.trouble = []
        self.ended = False
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request, client_address):
        self.trouble.append(sys.exc_info()[1])

    def end(self):
        if not self.ended:
            self.ended = True
            self.shutdown()
            self.server_close()
        if self.trouble:
            raise AssertionError(f"the backend: {self.trouble}")


class ProxyWorld(World):
    """Four tags behind the proxy."""

    REGISTRY = None

    def setUp(self):
        super().setUp()
        self.store = self.folder / "store"
        self.v2 = self.store / "docker/registry/v2"
        self.one = self.put_tag("team/app", "one", ONE)
        self.two = self.put_tag("team/app", "two", b'{"schemaVersion":2,"n":2}')
        self.put_tag("team/app", "three", b'{"schemaVersion":2,"n":3}')
        self.put_tag("base", "latest", b'{"schemaVersion":2,"n":4}')
        self.backend = None
        self.start()

    def start(self):
        """The backend and the proxy in front of it."""
        self.start_backend()
        self.proxy = self.start_proxy(self.backend.url)

    def start_backend(self, user=None):
        self.backend = Backend(self.store, user)
        self.addCleanup(self.backend.end)

    def restart(self, **options):
        """The proxy anew, with other options."""
        self.proxy.stop()
        self.proxy = self.start_proxy(self.backend.url, **options)

    def put_tag(self, repository, tag, body):
        """Writes a manifest and a tag into the store; returns the digest."""
        name = hashlib.sha256(body).hexdigest()
        digest = f"sha256:{name}"
        folder = self.v2 / "repositories" / repository / "_manifests"
        for path, data in (
            (self.v2 / "blobs/sha256" / name[:2] / name / "data", body),
            (folder / "revisions/sha256" / name / "link", digest.encode()),
            (folder / "tags" / tag / "current/link", digest.encode()),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return digest

    def ask(self, path, method="GET", **options):
        return ask_at(self.proxy.url, path, method, **options)

    def ask_tag(self, tag, **options):
        return self.ask(f"/v2/team/app/manifests/{tag}", **options)

    def delete(self, reference, **options):
        return self.ask(f"/v2/team/app/manifests/{reference}", "DELETE", **options)

    def is_tag(self, tag):
        """Whether it is in the store."""
        link = self.v2 / f"repositories/team/app/_manifests/tags/{tag}/current/link"
        return link.exists()

    def tags(self, query=""):
        """(answer, tags) of the list of team/app."""
        answer = self.ask(f"/v2/team/app/tags/list{query}")
        return answer, answer.json()["tags"]

    def catalog(self, query=""):
        answer = self.ask(f"/v2/_catalog{query}")
        return answer, answer.json()["repositories"]

    def answered(self, answer, status, body=None):
        """It came whole, with that status and body."""
        self.assertEqual((answer.status, answer.broken), (status, ""))
        if body is not None:
            self.assertEqual(answer.body, body)


class Log(ProxyWorld):
    @case("without rules everything passes through unchanged, HEAD and 304 too")
    def test_unchanged(self):
        answer = self.ask_tag("one")
        self.answered(answer, 200, ONE)
        self.assertEqual(answer.headers["Docker-Content-Digest"], self.one)
        answer = self.ask_tag("one", method="HEAD")
        self.answered(answer, 200, b"")
        self.assertEqual(answer.headers["Content-Length"], "25")
        answer = self.ask_tag("one", headers={"If-None-Match": f'"{self.one}"'})
        self.answered(answer, 304)
        self.answered(self.ask("/v2/", "PUT", body=iter([b'{"a":1}'])), 200)
        (record,) = self.proxy.requests("PUT", ".")
        self.assertEqual(record["headers"]["transfer-encoding"], "chunked")
        self.assertEqual(record["body_bytes"], 7)

    @case("one connection serves many requests")
    def test_connection(self):
        connection = HTTPConnection("127.0.0.1", self.proxy.port, timeout=10)
        self.addCleanup(connection.close)
        for path in ("/v2/", "/v2/_catalog", "/v2/team/app/tags/list"):
            connection.request("GET", path)
            connection.getresponse().read()
        clients = [record["client"] for record in self.proxy.records("answer")]
        self.assertEqual(len(clients), 3)
        self.assertEqual(len(set(clients)), 1)

    @case("the log tells method, path, credentials, status and times, in order")
    def test_log(self):
        self.ask("/v2/", headers={**LOGIN, "Accept": "application/json"})
        self.ask("/v2/team/app/manifests/absent", headers={"Accept": "*/*"})
        told = [
            (
                record["n"],
                record["method"],
                record["path"],
                record["authorization"],
                record["headers"]["accept"],
                record["status"],
                record["end"] >= record["start"],
            )
            for record in self.proxy.records("answer")
        ]
        login = "Basic c29tZW9uZTpzZWNyZXQ="
        self.assertEqual(
            told,
            [
                (1, "GET", "/v2/", login, "application/json", 200, True),
                (2, "GET", "/v2/team/app/manifests/absent", None, "*/*", 404, True),
            ],
        )
        self.assertEqual(self.proxy.count("GET", "manifests"), 1)
        self.assertEqual(self.proxy.count("DELETE", "."), 0)
        self.assertEqual(
            self.proxy.answers("GET", "."),
            ["200 GET /v2/", "404 GET /v2/team/app/manifests/absent"],
        )

    @case("how many requests were under way at once is counted")
    def test_at_once(self):
        go = self.folder / "go"
        self.proxy.rules({"match": {"path": "_catalog"}, "delay": {"until": str(go)}})
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(self.ask, f"/v2/_catalog?n={number}") for number in (1, 2, 3)]
            self.proxy.wait("GET", "_catalog", 3)
            go.touch()
            for answer in asked:
                self.answered(answer.result(), 200)
        self.ask("/v2/")
        self.ask("/v2/")
        self.assertEqual(self.proxy.at_once("GET", "_catalog"), 3)
        self.assertEqual(self.proxy.at_once("GET", "/v2/$"), 1)

    @case("a backend that is not there is told as 502")
    def test_no_backend(self):
        self.backend.end()
        self.answered(self.ask("/v2/"), 502)


class Rules(ProxyWorld):
    @case("a rule meets only its method, path and header, after so many and so many times")
    def test_match(self):
        header = {"X-Try": "^a", "X-No": None}
        match = {"method": "GET", "path": "/tags/list$", "header": header}
        self.proxy.rules({"match": match, "after": 1, "times": 2, "status": 503})

        def status(headers, method="GET"):
            return self.ask("/v2/team/app/tags/list", method, headers=headers).status

        self.assertEqual(status({"X-Try": "abc"}, "HEAD"), 200)
        for headers in ({"X-Try": "b"}, {"X-Other": "a"}, {"X-Try": "abc", "X-No": "yes"}):
            self.assertEqual(status(headers), 200)
        statuses = [status({"X-Try": "abc"}) for _ in range(4)]
        self.assertEqual(statuses, [200, 503, 503, 200])
        self.assertEqual(self.proxy.applied(0), 2)

    @case("the first rule that meets wins, unless it lets the search go on")
    def test_first(self):
        self.proxy.rules(
            {"set_header": {"X-First": "1"}, "continue": True}, {"status": 500}, {"status": 404}
        )
        answer = self.ask("/v2/")
        self.answered(answer, 500)
        self.assertEqual(answer.headers["X-First"], "1")

    @case("rules that make no sense are refused, and the old ones stay")
    def test_refused(self):
        def put(text):
            return self.ask("/_fault/rules", "PUT", body=text.encode())

        self.answered(put('[{"status": 503}]'), 200)
        for wrong in (
            "{",
            "{}",
            '[{"statu": 1}]',
            "[{}]",
            '[{"status": 1, "hang": true}]',
            '[{"match": {"pth": ""}, "hang": true}]',
            '[{"delay": {"secs": 1}}]',
            '[{"match": {"path": "("}, "hang": true}]',
            '[{"cut": "x"}]',
        ):
            answer = put(wrong)
            self.answered(answer, 400)
            self.assertNotEqual(answer.body.strip(), b"", wrong)
        self.answered(self.ask("/v2/"), 503)


class Faults(ProxyWorld):
    @case("status: number, headers, text, JSON, error envelope")
    def test_status(self):
        text = {
            "code": 405,
            "body": "Method not allowed\n",
            "headers": {"Allow": "GET, HEAD"},
        }
        self.proxy.rules(
            {"times": 1, "status": {"code": 429, "headers": {"Retry-After": "7"}}},
            {"times": 1, "status": {"code": 500, "error": "UNKNOWN"}},
            {"times": 1, "status": text},
            {"times": 1, "status": {"code": 202, "body": {"errors": []}}},
        )
        answer = self.ask("/v2/")
        self.answered(answer, 429)
        self.assertEqual(answer.headers["Retry-After"], "7")
        answer = self.ask("/v2/")
        self.answered(answer, 500)
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertEqual(answer.error(), "UNKNOWN")
        answer = self.ask("/v2/", "DELETE")
        self.answered(answer, 405, b"Method not allowed\n")
        self.assertEqual(answer.headers["Allow"], "GET, HEAD")
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")
        answer = self.ask("/v2/")
        self.answered(answer, 202)
        self.assertEqual(answer.json(), {"errors": []})

    @case("status: the backend is spared, with forward it does the work")
    def test_forward(self):
        match = {"method": "DELETE"}
        self.proxy.rules(
            {"match": match, "times": 1, "status": 504},
            {"match": match, "status": {"code": 504, "forward": True}},
        )
        self.answered(self.delete(self.one), 504)
        self.assertTrue(self.is_tag("one"))
        self.answered(self.delete(self.one), 504)
        self.assertFalse(self.is_tag("one"))
        statuses = [record["backend_status"] for record in self.proxy.records("answer")]
        self.assertEqual(statuses, [None, 202])

    @case("delay: the client gives up, the backend does the work afterwards")
    def test_delay(self):
        go = self.folder / "go"
        self.proxy.rules({"delay": {"until": str(go)}})
        self.assertEqual(self.delete(self.one, timeout=0.3).broken, "timeout")
        self.assertTrue(self.is_tag("one"))
        go.touch()
        wait_for(lambda: not self.is_tag("one"))

    @case("delay: with forward_first the backend is done before the client gives up")
    def test_forward_first(self):
        self.proxy.rules({"delay": {"seconds": 5, "forward_first": True}})
        self.assertEqual(self.delete(self.one, timeout=0.5).broken, "timeout")
        self.assertFalse(self.is_tag("one"))

    @case("delay: the answer comes after that many seconds")
    def test_seconds(self):
        self.proxy.rules({"delay": 0.4})
        self.answered(self.ask("/v2/"), 200)
        (record,) = self.proxy.records("answer")
        self.assertGreaterEqual(record["end"] - record["start"], 0.4)

    @case("cut: the whole length is announced, a part comes, the connection ends")
    def test_cut(self):
        self.proxy.rules(
            {"match": {"path": "one$"}, "cut": 10}, {"match": {"path": "two$"}, "cut": 999}
        )
        answer = self.ask_tag("one")
        self.assertEqual((answer.broken, answer.body), ("cut", b'{"schemaVe'))
        self.assertEqual(answer.headers["Content-Length"], "25")
        answer = self.ask_tag("two")
        self.assertEqual((answer.broken, len(answer.body)), ("cut", 24))

    @case("cut: an answer without a body is cut too, HEAD in its head, and by reset")
    def test_cut_head(self):
        self.proxy.rules(
            {"match": {"method": "DELETE"}, "cut": 0},
            {"match": {"method": "HEAD"}, "cut": 0},
            {"match": {"method": "GET"}, "cut": {"bytes": 5, "reset": True}},
        )
        answer = self.delete(self.one)
        self.assertEqual((answer.status, answer.broken), (202, "cut"))
        self.assertFalse(self.is_tag("one"))
        with socket.create_connection(("127.0.0.1", self.proxy.port), 10) as connection:
            connection.sendall(b"HEAD /v2/team/app/manifests/two HTTP/1.1\r\nHost: x\r\n\r\n")
            head = b"".join(iter(lambda: connection.recv(4096), b""))
        self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
        self.assertNotIn(b"\r\n\r\n", head)
        self.assertNotIn(b"docker-content-digest:", head.lower())
        self.assertIn(self.ask_tag("two").broken, ("reset", "cut"))

    @case("drop: no answer; the backend gets it not, at once, or later")
    def test_drop(self):
        self.proxy.rules(
            {"times": 1, "drop": True},
            {"times": 1, "drop": {"forward": True}},
            {"match": {"method": "DELETE"}, "drop": {"forward": True, "later": 0.3}},
        )

        def drops(digest):
            answer = self.delete(digest)
            self.assertEqual((answer.status, answer.broken), (None, "nothing"))

        drops(self.one)
        self.assertTrue(self.is_tag("one"))
        drops(self.one)
        self.assertFalse(self.is_tag("one"))
        drops(self.two)
        (late,) = wait_for(lambda: self.proxy.records("late"))
        self.assertFalse(self.is_tag("two"))
        (end,) = [rec["end"] for rec in self.proxy.records("answer") if rec["n"] == late["n"]]
        self.assertGreaterEqual(late["end"] - end, 0.3)

    @case("hang: nothing comes until the client gives up")
    def test_hang(self):
        self.proxy.rules({"hang": True})
        answer = self.ask("/v2/", timeout=0.3)
        self.assertEqual((answer.status, answer.broken), (None, "timeout"))
        self.assertEqual(self.proxy.answers("GET", "."), ["None GET /v2/"])

    @case("corrupt: one byte differs, the length does not")
    def test_corrupt(self):
        self.proxy.rules(
            {"match": {"path": "one$"}, "corrupt": True},
            {"match": {"path": "two$"}, "corrupt": {"offset": 0}},
        )
        answer = self.ask_tag("one")
        self.answered(answer, 200)
        self.assertEqual(len(answer.body), 25)
        self.assertEqual(sum(now != was for now, was in zip(answer.body, ONE)), 1)
        self.answered(self.ask_tag("two"), 200, b'z"schemaVersion":2,"n":2}')

    @case("replace_body and truncate_json are whole answers as HTTP")
    def test_body(self):
        other = self.folder / "other"
        other.write_text("from a file\n")
        self.proxy.rules(
            {"times": 1, "replace_body": "<html>"},
            {"times": 1, "replace_body": {"json": {"tags": [1]}}},
            {"times": 1, "replace_body": {"file": str(other)}},
            {"times": 1, "truncate_json": True},
            {"truncate_json": {"bytes": 3}},
        )
        for body in (b"<html>", b'{"tags": [1]}', b"from a file\n", b'{"schemaVers', b'{"s'):
            self.answered(self.ask_tag("one"), 200, body)

    @case("set_header sets, replaces and removes; a false length is a false length")
    def test_header(self):
        headers = {
            "Docker-Content-Digest": "sha256:lie",
            "Content-Type": None,
            "Link": '<http://127.0.0.2/v2/_catalog?n=1>; rel="next"',
        }
        self.proxy.rules(
            {"times": 1, "set_header": headers}, {"set_header": {"Content-Length": "99"}}
        )
        answer = self.ask_tag("one")
        self.assertEqual(answer.headers["Docker-Content-Digest"], "sha256:lie")
        self.assertIsNone(answer.headers["Content-Type"])
        self.assertIn("127.0.0.2", answer.headers["Link"])
        self.assertEqual(self.ask_tag("one").broken, "cut")

    @case("redirect: to a sink, which sees who sends credentials")
    def test_redirect(self):
        sink = self.start_proxy("", body=ONE.decode(), content_type="application/json")
        self.proxy.rules({"match": {"path": "manifests"}, "redirect": sink.url + "/x{path}"})
        answer = self.ask_tag("one", headers=LOGIN)
        self.answered(answer, 307)
        location = answer.headers["Location"]
        self.assertEqual(location, f"{sink.url}/x/v2/team/app/manifests/one")
        answer = ask_at(sink.url, urlsplit(location).path, headers=LOGIN)
        self.answered(answer, 200, ONE)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.ask_tag("one")
        ask_at(sink.url, "/plain")
        seen = [(record["path"], record["authorization"]) for record in sink.records("answer")]
        login = "Basic c29tZW9uZTpzZWNyZXQ="
        self.assertEqual(seen, [("/x/v2/team/app/manifests/one", login), ("/plain", None)])

    @case("run: a hook before forwarding changes what the backend answers, after it does not")
    def test_hook(self):
        repositories = self.v2 / "repositories"
        hook = 'mkdir -p "$FAULT_STORE/$FAULT_1/_manifests/tags/$FAULT_when-$FAULT_STATUS"'
        match = {"path": "^/v2/(.+)/tags/(?P<when>list)$"}
        self.proxy.rules(
            {"match": match, "times": 1, "run": hook},
            {"match": match, "run": {"when": "after", "command": hook}},
        )
        with mock.patch.dict(os.environ, FAULT_STORE=str(repositories)):
            for made in ("list-", "list-200"):
                self.assertEqual(len(self.tags()[1]), 4)
                self.assertTrue((repositories / "team/app/_manifests/tags" / made).is_dir())

    @case("run: a hook that fails makes fault_stop fail")
    def test_hook_fails(self):
        # Not one that is stopped with the test.
        proxy = Proxy(self.backend.url)
        proxy.rules({"run": "echo ouch; exit 3"})
        with contextlib.redirect_stderr(io.StringIO()) as told:
            ask_at(proxy.url, "/v2/")
        self.assertRegex(told.getvalue(), "(?s)exited 3.*ouch")
        with self.assertRaisesRegex(AssertionError, "(?s)exited 3.*ouch"):
            proxy.stop()


class Lists(ProxyWorld):
    @case("hide: names vanish from the lists, and from them alone")
    def test_hide(self):
        self.proxy.rules({"hide": {"tags": ["one"], "repositories": ["base"]}})
        self.assertEqual(sorted(self.tags()[1]), ["three", "two"])
        self.assertEqual(self.catalog()[1], ["team/app"])
        self.answered(self.ask_tag("one"), 200)

    @case("page: full pages have a Link, n is clamped, or refused above max")
    def test_page(self):
        self.proxy.rules({"page": {"size": 2, "max": 10}})
        answer, tags = self.tags()
        self.assertEqual(tags, ["one", "three"])
        self.assertEqual(
            answer.headers["Link"], '</v2/team/app/tags/list?last=three&n=2>; rel="next"'
        )
        answer, tags = self.tags("?last=three&n=2")
        self.assertEqual(tags, ["two"])
        self.assertIsNone(answer.headers["Link"])
        answer, names = self.catalog("?n=5")
        self.assertEqual(names, ["base", "team/app"])
        self.assertEqual(answer.headers["Link"], '</v2/_catalog?last=team%2Fapp&n=2>; rel="next"')
        self.assertEqual(self.catalog("?last=team%2Fapp&n=2")[1], [])
        for number in ("11", "-1", "x"):
            answer = self.ask(f"/v2/_catalog?n={number}")
            self.answered(answer, 400)
            self.assertEqual(answer.error(), "PAGINATION_NUMBER_INVALID")
        self.answered(self.ask("/v2/team/absent/tags/list"), 404)

    @case("page and a lying Link go together")
    def test_lying_link(self):
        lie = '</v2/_catalog?n=1>; rel="next"'
        self.proxy.rules({"page": 1, "continue": True}, {"set_header": {"Link": lie}})
        answer, names = self.catalog("?n=1&last=base")
        self.assertEqual(names, ["team/app"])
        self.assertEqual(answer.headers["Link"], lie)

    @case("walk: on S3 a tag hides those that begin with its name, and shows them behind its keys")
    def test_walk(self):
        for tag in ("on", "one-2", "onex"):
            self.put_tag("team/app", tag, ONE)
        self.proxy.rules({"walk": "s3"})
        self.assertEqual(self.tags()[1], ["on", "three", "two"])
        self.assertEqual(self.tags("?last=on%2F~")[1], ["one-2", "one", "three", "two"])
        answer, tags = self.tags("?last=one%2F~&n=1")
        self.assertEqual(tags, ["onex"])
        self.assertEqual(
            answer.headers["Link"], '</v2/team/app/tags/list?last=onex&n=1>; rel="next"'
        )
        answer, names = self.catalog("?n=1")
        self.assertEqual(names, ["base"])
        self.assertEqual(answer.headers["Link"], '</v2/_catalog?last=base&n=1>; rel="next"')

    @case("null_lists: empty lists are null, on demand all")
    def test_null(self):
        self.proxy.rules(
            {"times": 1, "null_lists": True},
            {"times": 1, "null_lists": True},
            {"null_lists": {"all": True}},
        )
        self.assertIsNone(self.catalog("?n=100&last=z")[1])
        self.assertEqual(len(self.catalog()[1]), 2)
        self.assertIsNone(self.catalog()[1])


class Play3x(ProxyWorld):
    def play(self, mode="delete"):
        self.restart(play_3x=mode, store=self.store)

    @case("play 3.x: a tag goes alone, its manifest and other tags stay")
    def test_tag(self):
        self.put_tag("team/app", "twin", ONE)
        self.answered(self.delete("one"), 400)
        self.play()
        self.answered(self.delete("one"), 202, b"")
        self.assertFalse(self.is_tag("one"))
        self.assertTrue(self.is_tag("twin"))
        self.answered(self.ask_tag(self.one), 200)
        answer = self.delete("one")
        self.answered(answer, 404)
        self.assertEqual(answer.error(), "MANIFEST_UNKNOWN")
        self.answered(self.delete(self.one), 202)
        self.assertFalse(self.is_tag("twin"))
        self.answered(self.delete("sha256:" + "0" * 64), 404)

    @case("play 3.x: content types, sorted tags, pages")
    def test_lists(self):
        self.play()
        self.assertEqual(self.ask("/v2/").headers["Content-Type"], "application/json")
        answer, tags = self.tags()
        self.assertEqual(tags, ["one", "three", "two"])
        self.assertIsNone(answer.headers["Link"])
        answer = self.ask("/v2/team/app/tags/list?n=2")
        self.assertEqual(
            answer.headers["Link"], '</v2/team/app/tags/list?last=three&n=2>; rel="next"'
        )
        self.assertEqual(self.tags("?last=three&n=1")[1], ["two"])
        answer, tags = self.tags("?last=two&n=1")
        self.assertIsNone(tags)
        self.assertIsNone(answer.headers["Link"])
        answer = self.ask("/v2/team/absent/tags/list?n=0")
        self.answered(answer, 200)
        self.assertEqual(answer.json()["tags"], [])
        answer = self.ask("/v2/_catalog?n=-1")
        self.answered(answer, 400)
        self.assertEqual(answer.headers["Content-Type"], "application/json")

    @case("play 3.x: with deletion disabled tags go all the same, until 3.1.1")
    def test_no_delete(self):
        self.play("no-delete-3.1.1")
        self.answered(self.delete("one"), 405)
        self.answered(self.delete("absent"), 404)
        self.assertTrue(self.is_tag("one"))
        self.play("no-delete")
        answer = self.delete(self.one)
        self.answered(answer, 405)
        self.assertEqual(answer.error(), "UNSUPPORTED")
        self.answered(self.delete("absent"), 404)
        self.assertTrue(self.is_tag("one"))
        self.answered(self.delete("one"), 202)
        self.assertFalse(self.is_tag("one"))

    @case("play 3.x: a tag does not go without credentials")
    def test_credentials(self):
        self.backend.end()
        self.start_backend("someone:secret")
        self.play()
        self.answered(self.delete("one"), 401)
        self.assertTrue(self.is_tag("one"))
        self.answered(self.delete("one", headers=LOGIN), 202)
        self.assertFalse(self.is_tag("one"))

    @case("rules apply to the 3.x that is played")
    def test_rules(self):
        self.play()
        match = {"method": "DELETE"}
        self.proxy.rules({"match": match, "status": {"code": 504, "forward": False}})
        self.answered(self.delete("one"), 504)
        self.assertTrue(self.is_tag("one"))


class Processes(ProxyWorld):
    """The proxy and what is behind it as programs of their own, steered by files and requests."""

    def start(self):
        self.backend_url = self.launch("tiny_registry.py", "--store", self.store)[1]
        self.log = self.folder / "log"
        self.rules = self.folder / "rules"

    def launch(self, tool, *arguments):
        """Starts a program that tells its port in a file; returns it and its url."""
        port = self.folder / f"{tool}.port"
        words = [TOOLS / tool, "--port-file", port, *arguments]
        started = self.begin_command(*words, name=tool)
        wait_for(lambda: port.exists() or not started.lives())
        self.assertTrue(port.exists(), started.output())
        return started, f"http://127.0.0.1:{port.read_text().strip()}"

    def launch_proxy(self, *arguments):
        words = ["--backend", self.backend_url, "--log", self.log, *arguments]
        self.program, self.url = self.launch("fault_proxy.py", *words)

    def end(self):
        """Ends the proxy; returns what it complained of."""
        self.program.kill(signal.SIGTERM)
        done = self.program.end(10)
        self.assertEqual(done.status, 0)
        return done.output

    def write_rules(self, *rules):
        self.rules.write_text(json.dumps(rules))

    def ask(self, path, method="GET", **options):
        return ask_at(self.url, path, method, **options)

    @case("rules come from a file and are read again when it changes")
    def test_rules_file(self):
        self.write_rules({"status": 503})
        self.launch_proxy("--rules", self.rules)
        self.answered(self.ask("/v2/"), 503)
        self.write_rules({"status": 429}, {"status": 500})
        self.answered(self.ask("/v2/"), 429)
        self.assertEqual(self.end(), "")

    @case("a rules file that breaks fails loudly")
    def test_broken_rules_file(self):
        self.write_rules()
        self.launch_proxy("--rules", self.rules)
        self.write_rules({"nonsense": 1})
        self.answered(self.ask("/v2/"), 500)
        self.assertIn("nonsense", self.end())

    @case("TERM ends the proxy while requests hang")
    def test_term(self):
        self.launch_proxy()
        self.answered(self.ask("/_fault/rules", "PUT", body=b'[{"hang": true}]'), 200)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.ask, "/v2/", timeout=20)
            wait_for(lambda: '"event": "answer"' in self.log.read_text())
            (rule,) = self.ask("/_fault/rules").json()
            self.assertEqual((rule["hang"], rule["matched"], rule["applied"]), (True, 1, 1))
            self.assertEqual(self.end(), "")
            answer = asked.result()
        self.assertIsNone(answer.status)
        self.assertIn(answer.broken, ("nothing", "reset"))


class DockerStub(World):
    REGISTRY = None

    def setUp(self):
        super().setUp()
        self.stub = self.folder / "stub"
        self.stub.mkdir()
        self.env["DOCKER_STUB_DIR"] = self.stub

    def answers(self, answers):
        """What is printed, or the exit code, by the name of the file."""
        for name, text in answers.items():
            (self.stub / name).write_text(f"{text}\n")

    def docker(self, *words, **options):
        return self.command(TOOLS / "docker_stub", *words, **options)

    def did(self, status, output):
        self.assertEqual((self.status, self.output), (status, output))

    @case("docker_stub: prints and exits as it is told, by program and verb")
    def test_told(self):
        self.answers(
            {
                "garbage-collect.out": "marked",
                "garbage-collect.err": "trouble",
                "garbage-collect.rc": 7,
                "other.garbage-collect.out": "special",
                "cat.out": "content",
                "inspect.out": "[]",
            }
        )
        words = ["exec", "-e", "A=b c", "registry", "/bin/registry", "garbage-collect"]
        done = self.docker(*words, "/etc/config.yml", apart=True)
        self.did(7, "marked\n")
        self.assertEqual(done.errors, "trouble\n")
        self.docker("exec", "registry", "other", "garbage-collect")
        self.did(0, "special\n")
        self.docker("exec", "registry", "cat", "/etc/hostname")
        self.did(0, "content\n")
        self.docker("inspect", "registry")
        self.did(0, "[]\n")
        log = (self.stub / "log").read_text().splitlines()
        self.assertEqual(
            log[0], r"exec -e A=b\ c registry /bin/registry garbage-collect /etc/config.yml"
        )
        self.assertEqual(len(log), 4)

    @case("docker_stub: without an answer exec runs here, with its variables and without input")
    def test_runs_here(self):
        script = 'echo "$WORD"; cat; exit 4'
        words = ["exec", "-e", "WORD=hello", "registry", "sh", "-c", script]
        self.docker(*words, stdin="input\n")
        self.did(4, "hello\n")
        self.docker("exec", "-i", "registry", "cat", stdin="input\n")
        self.did(0, "input\n")
        self.docker("top", "registry")
        self.assertEqual(self.status, 125)
        error = "Error: No such container: registry"
        self.answers({"exec.err": error, "exec.rc": 1})
        self.docker("exec", "registry", "true")
        self.did(1, f"{error}\n")

    @case("docker_stub: the n-th call has its own answer, the real docker gets the rest")
    def test_numbered(self):
        self.answers({"du.1.out": 100, "du.out": 60})
        for said in (100, 60, 60):
            self.docker("exec", "registry", "du", "-s", "/")
            self.did(0, f"{said}\n")
        words = ["exec", "-e", "A=b", "registry", "true"]
        self.docker(*words, env={"DOCKER_STUB_REAL": "echo"})
        self.did(0, "exec -e A=b registry true\n")

    @case("docker_stub: blocks on its fifo, and prints the rest afterwards")
    def test_fifo(self):
        fifo = self.stub / "garbage-collect.wait"
        os.mkfifo(fifo)
        self.answers({"garbage-collect.out": "begun", "garbage-collect.after": "ended"})
        words = ["exec", "registry", "registry", "garbage-collect", "x"]
        started = self.begin_command(TOOLS / "docker_stub", *words)
        wait_for(lambda: "begun" in started.output())
        self.assertNotIn("ended", started.output())
        fifo.write_text("go\n")
        done = started.end(20)
        self.assertEqual((done.status, done.output), (0, "begun\nended\n"))
