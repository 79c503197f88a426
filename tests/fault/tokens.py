"""A registry that wants tokens, and the server that gives them, or does not."""

import base64
import functools

from fault_message import error_response

from lab import FaultWorld, Proxy, case, tls, tokens
from lab.program import merge

PASSWORD = "s3cr3t-p4ss"
SEVERAL = "repository:team/app:pull"
DOOMED = "repository:team/app:pull,delete"


@functools.cache
def token_server():
    """The one of this file, and the proxy in front of it, which the registry names as its realm."""
    server = tokens.TokenServer()
    return server, Proxy(server.url)


@functools.cache
def wide_token():
    return tokens.wide_token("team/app", "other")


class Tokens(FaultWorld):
    IMAGES = FaultWorld.PLAIN
    CONFIG = {"registry": {"user": "cleaner", "password": PASSWORD}}
    REPOSITORIES = ["team/app", "other"]
    SERVED = {"cache": "inmemory"}

    def setUp(self):
        self.tokens, self.front = token_server()
        self.tokens.forget()
        self.tokens.users = {"cleaner": PASSWORD}
        self.front.clear()
        more = tokens.registry_configuration(f"{self.realm()}/token")
        self.REGISTRY = {**self.SERVED, "more": more}
        super().setUp()

    def realm(self):
        """Where the registry sends who wants a token."""
        return self.front.url

    def start_registry(self, where="host", **options):
        found = super().start_registry(where, **options)
        found.client.headers["Authorization"] = f"Bearer {wide_token()}"
        return found

    def ends(self, *patterns):
        """Nothing was deleted, exit 3, and the log says why."""
        self.remember("team/app", "other")
        self.clean("--debug")
        self.exited(3)
        self.matches(*patterns)
        self.unchanged("team/app", "other")
        self.assertEqual(
            [line for line in self.proxy.answers("DELETE", ".") if line[:3] == "202"], []
        )
        self.secrets_kept()

    def secrets_kept(self):
        """Neither the password nor a token is in what was printed or written."""
        login = base64.b64encode(f"cleaner:{PASSWORD}".encode()).decode().rstrip("=")
        written = [
            path.read_text(errors="replace")
            for path in self.program_folder.rglob("*")
            if path.is_file() and path.name != "config.json"
        ]
        self.assertTrue(written)
        for text in [self.output, *written]:
            # A part of a token would do no good either.
            for secret in (PASSWORD, login, *(token[:80] for token in self.tokens.given)):
                self.assertNotIn(secret, text)


class Whole(Tokens):
    @case("a whole run: lists, deletes, collects; the password goes to the token server alone")
    def test_run(self):
        self.clean("--debug", "--http-logs")
        self.exited(0)
        for repository in self.REPOSITORIES:
            self.leaves(repository, "new")
            self.pulls(repository, "new")
        self.assertIsNotNone(self.report()["garbage_collection"]["blobs_deleted"])
        self.secrets_kept()
        asked = [scope for _, scope in self.tokens.asked]
        self.assertEqual({user for user, _ in self.tokens.asked}, {"cleaner"})
        self.assertEqual(len(asked), len(set(asked)), "a token was asked for twice")
        self.assertEqual(
            {scope for scope in asked if "team/app" in scope or "registry" in scope},
            {"registry:catalog:*", SEVERAL, DOOMED},
        )
        # Only the first request has the password: who answers it says that tokens are wanted.
        requests = self.proxy.records("request")
        self.assertTrue(requests[0]["authorization"].startswith("Basic "))
        for record in requests[1:]:
            self.assertTrue(record["authorization"].startswith("Bearer "), record["path"])
        # No DELETE was refused for want of a token.
        self.assertEqual([line for line in self.proxy.answers("DELETE", ".") if "401 " in line], [])

    @case("after gc.restart the registry is not told the password again")
    def test_restart(self):
        self.use(self.start_registry(more=self.REGISTRY["more"]))
        self.push(self.IMAGES)
        self.new_proxy()
        self.configure(self.CONFIG, {"gc": {"restart": ["true"]}})
        self.clean()
        self.exited(0)
        pings = [record["authorization"] for record in self.proxy.requests("GET", "^/v2/$")]
        self.assertGreater(len([login for login in pings if login is None]), 0)
        told = [r for r in self.proxy.records("request") if "Basic" in (r["authorization"] or "")]
        self.assertEqual(len(told), 1)

    @case("a kept tag that went along is put back, with a token to push")
    def test_put_back(self):
        def move(exchange):
            digest = exchange.path.rpartition("/")[2]
            self.registry.point("team/app", "new", digest)

        match = {"method": "DELETE", "path": "team/app/manifests/sha256:"}
        rule = {"match": match, "continue": True, "times": 1, "call": move}
        # `other` comes first, and is probed.
        self.rules(rule)
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.pulls("team/app", "new")
        self.assertEqual(self.proxy.answers("PUT", "."), ["201 PUT /v2/team/app/manifests/new"])
        self.assertEqual(self.tokens.count("repository:team/app:pull,push"), 1)

    @case("a dry run asks for tokens, and sends nothing but GETs")
    def test_dry_run(self):
        self.remember(*self.REPOSITORIES)
        self.clean("--dry-run", "--debug")
        self.exited(0)
        self.unchanged(*self.REPOSITORIES)
        self.assertTrue(self.tokens.given)
        everything = self.proxy.records("request") + self.front.records("request")
        self.assertEqual({record["method"] for record in everything} - {"GET", "OPTIONS"}, set())
        self.assertNotIn(DOOMED, [scope for _, scope in self.tokens.asked])

    @case("without a user tokens are asked for without one")
    def test_anonymous(self):
        self.tokens.users = {}
        self.tokens.key = "access_token"
        self.tokens.lifetime = None
        self.configure(self.CONFIG, {"registry": {"user": "", "password": ""}})
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        for record in self.front.records("request"):
            self.assertIsNone(record["authorization"])

    @case("tokens that are over before they are used are renewed, those of DELETEs as well")
    def test_expired(self):
        self.tokens.is_over = lambda scope, nth: nth == 0
        self.clean("--debug")
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.assertEqual({self.tokens.count(scope) for _, scope in self.tokens.asked}, {2})
        refused = [line for line in self.proxy.answers("DELETE", ".") if line.startswith("401 ")]
        self.assertEqual(len(refused), 2)
        self.secrets_kept()

    @case("tokens of two seconds, half of which come over")
    def test_short(self):
        self.tokens.lifetime = 2
        self.tokens.is_over = lambda scope, nth: nth % 2 == 0
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    @case("a registry that never takes a token is not asked without end")
    def test_never(self):
        self.tokens.is_over = lambda scope, nth: True
        self.ends(r"the login failed: 401: the registry refuses the token .*invalid_token")
        self.assertLessEqual(len(self.tokens.given), 2)

    @case("a registry that echoes tokens in its errors: they are masked")
    def test_echo(self):
        def echo(exchange):
            exchange.response = error_response(500, "UNKNOWN", exchange.headers["Authorization"])

        self.rules({"match": {"path": "team/app/tags/list"}, "call": echo})
        self.remember("team/app")
        self.clean("--debug")
        self.spared()
        self.secrets_kept()

    @case("a token in a challenge's realm is masked, and the other repository cleaned all the same")
    def test_realm(self):
        def echo(exchange):
            token = exchange.headers["Authorization"].split()[-1]
            exchange.response = error_response(401, "UNAUTHORIZED")
            challenge = f'Bearer realm="http://{token}/token",service="registry.tests"'
            exchange.response.headers.append(("WWW-Authenticate", challenge))

        self.rules({"match": {"path": "team/app/tags/list"}, "call": echo})
        self.remember("team/app")
        self.clean("--debug", "--http-logs")
        self.spared("the registry sends us to http://[*]{93} for a token")
        self.secrets_kept()


class ByDoor(Tokens):
    """The registry keeps deletion disabled."""

    CONFIG = merge(Tokens.CONFIG, {"registry": {"delete_door": True}})
    SERVED = {"cache": "none", "delete": False}

    @case("a deletion door takes its own login alone, where the registry takes tokens")
    def test_door(self):
        self.clean("--debug")
        self.exited(0)
        self.says("opened the deletion door", "closed the deletion door")
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.pulls("team/app", "new")
        self.secrets_kept()
        self.assertEqual([s for _, s in self.tokens.asked if s.endswith("delete")], [])


class Refused(Tokens):
    @case("a wrong password: exit 3")
    def test_password(self):
        self.tokens.users = {"cleaner": "another"}
        self.ends(r"the login failed: .*refuses registry.user and registry.password")

    @case("no right to delete, which the token server tells by a token for less, or by 403")
    def test_delete(self):
        for name in self.REPOSITORIES:
            self.tokens.refuses[f"repository:{name}"] = ("delete",)
        self.ends(
            r"does not let this user delete .*repository:(team/app|other):pull,delete "
            r"\(insufficient_scope\): registry.user may not do that"
        )
        self.tokens.refuses = {}
        self.tokens.denies = {f"repository:{name}:pull,delete" for name in self.REPOSITORIES}
        self.ends(
            r"does not let this user delete \(no token for "
            r"repository:(team/app|other):pull,delete from .* 403, it is refused to registry.user"
        )

    @case("one repository may not be deleted from: the other one is cleaned")
    def test_one(self):
        self.remember("team/app")
        self.tokens.refuses["repository:team/app"] = ("delete",)
        # The probe asks `other`, the first one.
        self.clean()
        self.exited(1)
        self.unchanged("team/app")
        self.matches(
            r"\[ERROR\] .*team/app.*DELETE: 401: .*repository:team/app:pull,delete "
            r"\(insufficient_scope\)"
        )
        self.leaves("other", "new")

    @case("a repository that may not be read stays, and is named; the other one is cleaned")
    def test_pull(self):
        self.remember("team/app")
        self.tokens.refuses["repository:team/app"] = ("pull", "delete")
        self.clean("--debug")
        self.exited(1)
        self.unchanged("team/app")
        self.matches(r"team/app: .*repository:team/app:pull \(insufficient_scope\)")
        self.leaves("other", "new")

    @case("a realm that is not https, on another host: the password is not sent there")
    def test_realm(self):
        realm = 'Bearer realm="http://auth.example/token",service="registry.tests"'
        answer = {"code": 401, "error": "UNAUTHORIZED", "headers": {"WWW-Authenticate": realm}}
        self.rules({"match": {"path": "/v2/$"}, "status": answer})
        self.ends(r"sends us to http://auth.example for a token: .* not https")
        self.assertEqual(self.tokens.asked, [])

    @case("challenges that cannot be understood")
    def test_challenge(self):
        for challenge, said in {
            'Bearer service="x"': "names no realm",
            'Bearer realm="file:///etc/passwd"': "no http or https URL",
            'Bearer realm="http://me:x@127.0.0.1/"': "no http or https URL",
            'Bearer realm="http://a" realm="http://b"': r"refuses the credentials \(401\)",
        }.items():
            headers = {"WWW-Authenticate": challenge}
            answer = {"code": 401, "error": "UNAUTHORIZED", "headers": headers}
            self.rules({"match": {"path": "/v2/$"}, "status": answer})
            self.ends(said)
        self.assertEqual(self.tokens.asked, [])


class OverTls(Tokens):
    """The token server speaks TLS, and the registry does not."""

    def realm(self):
        return self.serve(tls.TlsFront(tls.certificate("tokens"), self.tokens.url)).url

    @case("the token server's certificate must be of an authority in registry.ca_cert")
    def test_trusted(self):
        untrusted = r"no token from https://127.0.0.1:\d+: .*certificate"
        self.ends(untrusted)
        # That is for the registry's own host and port.
        self.configure(self.CONFIG, {"registry": {"insecure_skip_verify": True}})
        self.ends(untrusted)
        self.assertEqual(self.tokens.asked, [])
        authority = str(tls.authority("tokens").pem)
        self.configure(self.CONFIG, {"registry": {"ca_cert": authority}})
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.secrets_kept()


class Broken(Tokens):
    """The token server fails."""

    def fails(self, rule, *patterns):
        self.front.rules(rule)
        self.ends(*patterns)

    @case("it answers 500, garbage, something huge, a redirect, or nothing")
    def test_faults(self):
        sink = self.start_proxy("", body="")
        login = r"the login failed: no token from http://127.0.0.1:\d+: "
        where = {"Location": f"{sink.url}/token"}
        self.fails({"status": 500}, login + "500 .*after 2 attempts|" + login + "500")
        self.fails({"status": {"code": 200, "body": "<html>"}}, login + "its answer is no token")
        huge = {"code": 200, "body": '{"token":"' + "x" * 300000 + '"}'}
        self.fails({"status": huge}, login + "the body is too large")
        for code in (301, 302, 307):
            self.fails({"status": {"code": code, "headers": where}}, login + f"{code}, a redirect")
        self.fails({"drop": True}, login + "the connection broke")
        self.assertEqual(sink.records("request"), [])

    @case("it is slow: the time-out is that of a GET")
    def test_slow(self):
        self.configure(self.CONFIG, {"registry": {"timeout": 1}})
        self.fails({"hang": True}, "no token from .*no whole answer within 1 s")

    @case("nobody listens there")
    def test_down(self):
        realm = 'Bearer realm="http://127.0.0.1:1/token",service="registry.tests"'
        answer = {"code": 401, "error": "UNAUTHORIZED", "headers": {"WWW-Authenticate": realm}}
        self.rules({"match": {"path": "/v2/$"}, "status": answer})
        self.ends("no token from http://127.0.0.1:1: connection refused")

    @case("it goes away before the deletes: nothing is deleted, and what waits comes to an end")
    def test_goes(self):
        self.fails(
            {"match": {"path": "delete"}, "status": 503},
            "lets this user delete is not known: .* 503",
        )

    @case("it goes away between the deletes: what is left is owed, and the next run finishes")
    def test_between(self):
        self.front.rules({"match": {"path": "delete"}, "after": 1, "status": 503})
        self.clean()
        self.exited(1)
        self.assertTrue(self.front.all_applied())
        self.matches(r"\[ERROR\] .*no token for repository:(team/app|other):pull,delete")
        self.front.clear()
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    @case("it goes away while a DELETE is on its way: that one ends, and is looked after")
    def test_in_flight(self):
        more = [f"work/{number}" for number in range(6)]
        ages = {"old": "-90d", "new": "-1d"}
        self.write_images(
            {"repository": name, "tag": tag, "created": age}
            for name in more
            for tag, age in ages.items()
        )
        self.front.rules({"match": {"path": "/token", "target": "work.*delete"}, "status": 503})
        slow = {"match": {"method": "DELETE", "path": f"manifests/{self.digest('team/app:old')}"}}
        self.rules({**slow, "delay": 3})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches(r"\[ERROR\] no token for .* 503 .*; 3 such questions in a row failed")
        self.assertNotIn("given up because the run ends", self.output)
        self.leaves("team/app", "new")
        self.front.clear()
        self.clean()
        self.exited(0)
        self.assertEqual(self.report()["summary"]["deleted"], len(more))


CATALOG = "registry:catalog:*"
NAME_THEM = "name those to work on in registry.repositories"


class Catalog(Tokens):
    """A registry that does not list its repositories."""

    IMAGES = [
        *FaultWorld.PLAIN,
        # What goes of team/app shares a layer with what nobody sees of `other`.
        {"repository": "team/app", "tag": "older", "created": "-95d", "layers": ["shared", "a"]},
        {"repository": "other", "tag": "older", "created": "-96d", "layers": ["shared", "b"]},
    ]

    def names(self, *repositories, **more):
        given = {"registry": {"repositories": list(repositories)}}
        self.configure(self.CONFIG, given, more)

    def other_is_whole(self):
        self.unchanged("other")
        self.pulls("other", "new", "old", "older")
        self.assertEqual([line for line in self.proxy.answers("DELETE", "/other/")], [])

    @case("the catalog is refused, by a token for less and by 403: exit 3, and the key is named")
    def test_refused(self):
        said = r"refuses to list its repositories: .*registry:catalog:\*.*; " + NAME_THEM
        self.tokens.refuses["registry:catalog"] = ("*",)
        self.ends(said)
        self.tokens.refuses = {}
        self.tokens.denies = {CATALOG}
        self.ends(said)

    @case("then registry.repositories is what is worked on, and the catalog is not asked for")
    def test_named(self):
        self.tokens.denies = {CATALOG}
        self.names("team/app", "other")
        self.clean("--dry-run")
        self.exited(0)
        self.matches("less than that, if repositories that registry.repositories does not name")
        self.clean("--debug")
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.assertEqual(self.tokens.count(CATALOG), 0)
        self.assertEqual(self.proxy.count("GET", "_catalog"), 0)

    @case("a repository that is not named and not ours to see loses nothing, shared blobs included")
    def test_unseen(self):
        self.remember("other")
        self.tokens.denies = {
            CATALOG,
            "repository:other:pull",
            "repository:other:pull,delete",
        }
        # Nothing but the API and the collector tells what there is.
        self.names("team/app", paths={"host_storage": None})
        self.clean("--debug")
        self.exited(0)
        self.leaves("team/app", "new")
        self.pulls("team/app", "new")
        self.other_is_whole()
        collection = self.report()["garbage_collection"]
        self.assertTrue(collection["ran"])
        self.assertGreater(collection["blobs_deleted"], 0)
        self.assertEqual({row["repository"] for row in self.report()["tags"]}, {"team/app"})

    @case("what the storage shows of repositories that are not named stays as well")
    def test_storage(self):
        self.remember("other")
        self.names("team/app", inventory={"source": "storage"})
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.other_is_whole()
        self.assertEqual(self.tag("other", "old"), "kept not_targeted")

    @case("--repository names one that registry.repositories does not: it is worked on alone")
    def test_asked_for(self):
        self.remember("team/app")
        self.names("team/app")
        self.clean("--repository", "other")
        self.exited(0)
        self.leaves("other", "new")
        self.unchanged("team/app")

    @case("a name that the registry does not have is warned of, and is no failure")
    def test_absent(self):
        self.names("team/app", "team/ap")
        self.clean()
        self.exited(0)
        self.matches(r"\[WARNING\] registry.repositories: .* no repository 'team/ap'")
        self.leaves("team/app", "new")


class CatalogByPassword(FaultWorld):
    """The same, where no token is wanted."""

    REGISTRY = {"cache": "inmemory", "auth": "cleaner:s3cr3t"}
    IMAGES = FaultWorld.PLAIN

    @case("a catalog that answers 401, 403, 404 or 405: the key is named, and helps")
    def test_catalog(self):
        for code, status in {401: 3, 403: 3, 404: 1, 405: 1}.items():
            self.rules({"match": {"path": "_catalog"}, "status": {"code": code, "error": "NO"}})
            self.clean("--dry-run")
            self.exited(status)
            self.applied()
            self.matches(f"list.* repositories.*{code} NO.*; {NAME_THEM}")
        self.configure({"registry": {"repositories": ["other"]}})
        self.remember("team/app")
        self.clean()
        self.exited(0)
        self.leaves("other", "new")
        self.unchanged("team/app")
