"""Where a password goes, and where it never goes (S11)."""

import base64
import json
from collections import Counter

from v2client import OCI_MANIFEST

from lab import FaultWorld, case

PASSWORD = 's3cr3t: "p4ss" \\ word'


def encode(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


class Secrets(FaultWorld):
    """A registry with a password."""

    REGISTRY = {"cache": "inmemory", "auth": f"some user:{PASSWORD}"}
    IMAGES = FaultWorld.PLAIN

    def setUp(self):
        super().setUp()
        self.encoded = encode("some user", PASSWORD)

    def asked(self, proxy=None, path=""):
        """The requests that arrived at that proxy or sink below a path; fails if there are none."""
        found = [
            record
            for record in (proxy or self.proxy).records("request")
            if record["path"].startswith(path)
        ]
        self.assertTrue(found, "no request arrived")
        return found

    def all_authorized(self):
        """Every request to the registry's proxy had our credentials."""
        for record in self.asked():
            self.assertEqual(record["authorization"], f"Basic {self.encoded}", record["path"])

    def none_authorized(self, proxy):
        """No request to that proxy or sink had any."""
        for record in self.asked(proxy):
            self.assertIsNone(record["authorization"], record["path"])
            self.assertNotIn("cookie", record["headers"])
            self.assertNotIn("proxy-authorization", record["headers"])

    def not_told(self, *forms):
        """None of them is in the output or in a file that the program wrote."""
        written = {
            path: path.read_bytes()
            for path in self.program_folder.rglob("*")
            if path.is_file() and path.name != "config.json"
        }
        for form in forms:
            self.assertNotIn(form, self.output)
            for path, content in written.items():
                self.assertNotIn(form.encode(), content, path)

    def secret_kept(self):
        """The password is nowhere: neither as it is, nor as JSON, nor as a header or URL would have it."""
        self.not_told(PASSWORD, "s3cr3t", self.encoded, self.encoded[16:36])

    def ask(self, path):
        """The body of what the registry has there."""
        status, _, body = self.registry.request("GET", path, None, {"Accept": OCI_MANIFEST})
        self.assertEqual(status, 200, path)
        return body

    def manifest(self, tag):
        return json.loads(self.ask(f"/v2/team/app/manifests/{tag}"))

    def config_of_old(self):
        """The path of the config of the tag that goes, below /v2/."""
        return f"team/app/blobs/{self.manifest('old')['config']['digest']}"


class Credentials(Secrets):
    @case("every request to the registry itself carries them, deletes as well")
    def test_all(self):
        self.clean()
        self.exited(0)
        self.all_authorized()
        self.leaves("team/app", "new")
        self.secret_kept()

    @case(
        "they are in no output, log, report or state, with --debug and --http-logs and in errors neither"
    )
    def test_outputs(self):
        self.rules(
            {"match": {"path": "team/app/manifests/old"}, "status": 401},
            {"match": {"path": "team/app/manifests/new"}, "cut": 10},
        )
        self.clean("--debug", "--http-logs")
        self.exited(1)
        self.applied()
        self.assertTrue((self.program_folder / "log").read_bytes())
        self.assertTrue(self.report_path.read_bytes())
        self.secret_kept()

    @case("a server that echoes it where what it says is cut: none of it is told")
    def test_echo(self):
        for length in (21, 60, 160, 350):
            echo = "x" * length + self.encoded
            for header in (
                {"Link": f"<{echo}>; rel=next"},
                {"Link": f"</v2/?n=9&last={echo}>; rel=next"},
                {"X-Cache": f"HIT from {echo}"},
            ):
                self.rules({"match": {"path": "tags/list|_catalog"}, "set_header": header})
                self.clean("--dry-run")
                self.exited(1)
                self.applied()
                self.secret_kept()

    @case("a wrong password is refused: exit 3, and it is not told")
    def test_wrong(self):
        self.configure({"registry": {"password": "s3cr3t wrong"}})
        self.encoded = encode("some user", "s3cr3t wrong")
        self.clean("--debug")
        self.exited(3)
        self.matches("refuses the credentials")
        self.assertEqual(self.proxy.count("GET", "."), 1)
        self.secret_kept()

    @case("no user, no credentials: exit 3")
    def test_none(self):
        self.configure({"registry": {"user": "", "password": ""}})
        self.clean()
        self.exited(3)
        self.none_authorized(self.proxy)

    @case(
        "a 401 in the middle names the tag; the scan, the opinion and the verification ask once each"
    )
    def test_401(self):
        self.remember("team/app")
        self.refuse({"path": "team/app/manifests/new$"})
        self.clean()
        self.spared(
            "tag new: 401",
            "team/app:new could not be verified: its manifest could not be read",
        )
        self.assertEqual(self.proxy.applied(0), 3)
        self.secret_kept()

    @case("401 for a DELETE in the middle fails that repository, and is not sent twice")
    def test_401_for_delete(self):
        self.remember("team/app")
        self.refuse({"method": "DELETE", "path": "team/app"})
        self.clean()
        self.spared("401")
        self.assertEqual(self.proxy.applied(0), 1)

    def refuse(self, match):
        headers = {"WWW-Authenticate": 'Basic realm="x"'}
        answer = {"code": 401, "error": "UNAUTHORIZED", "headers": headers}
        self.rules({"match": match, "status": answer})

    @case("children see neither the password in an argument nor in their environment")
    def test_children(self):
        seen = self.spy(
            "{ tr '\\0' '\\n' <\"/proc/$PPID/cmdline\"; tr '\\0' '\\n' <\"/proc/$PPID/environ\"; env; "
            "printf '%s\\n' \"$@\"; }"
        )
        self.clean()
        self.exited(0)
        lines = seen.read_text().splitlines()
        self.assertIn("garbage-collect", lines)
        self.assertIn("--config", lines)
        for line in lines:
            self.assertNotIn("s3cr3t", line)
            self.assertNotIn(self.encoded, line)

    def spy(self, script, **changes):
        """Configures what stands in for the registry's program: it notes what the script can see, of itself
        and of its parent. Returns the file of that."""
        seen, spy = self.folder / "seen", self.folder / "spy"
        spy.write_text(f"#!/bin/sh\n{script} >>'{seen}'\nexec docker-registry \"$@\"\n")
        spy.chmod(0o755)
        self.configure({"registry": {"program": str(spy), **changes}})
        return seen

    @case("a password from the environment is neither left there nor told")
    def test_environment(self):
        seen = self.spy("{ tr '\\0' '\\n' <\"/proc/$PPID/environ\"; env; }", password="wrong")
        self.clean("--debug", env={"CLEAN_REGISTRY_REGISTRY_PASSWORD": PASSWORD})
        self.exited(0)
        self.all_authorized()
        text = seen.read_text()
        self.assertIn("CLEAN_REGISTRY_REGISTRY_PASSWORD=", text.splitlines())
        self.assertNotIn("s3cr3t", text)
        self.secret_kept()
        self.configure({"registry": {"password": "__ENV: MY_SECRET"}})
        self.clean("--debug", env={"MY_SECRET": PASSWORD})
        self.exited(0)
        self.all_authorized()
        self.secret_kept()

    @case("an unknown variable of ours ends the run before anything is sent")
    def test_unknown_variable(self):
        self.clean(env={"CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEP": "1"})
        self.exited(2)
        self.says("did you mean CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEEP?")
        self.assertEqual(self.proxy.records("request"), [])

    @case("a .netrc is not read")
    def test_netrc(self):
        (self.folder / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
        self.clean(env={"HOME": self.folder})
        self.exited(0)
        self.all_authorized()


class Redirects(Secrets):
    def sink_with_config(self):
        """A sink that answers with the config of the tag that goes; returns it, its path and that blob."""
        path = self.config_of_old()
        blob = self.ask(f"/v2/{path}").decode()
        sink = self.start_proxy("", body=blob, content_type="application/json")
        return sink, path, blob

    @case("a blob that is on another host is fetched from there, without them")
    def test_other_host(self):
        sink, path, _ = self.sink_with_config()
        self.rules({"match": {"path": path}, "redirect": f"{sink.url}{{path}}?X=1"})
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.none_authorized(sink)
        self.all_authorized()

    @case("a blob that is elsewhere on the same host is fetched from there, without them")
    def test_same_host(self):
        _, path, blob = self.sink_with_config()
        self.rules(
            {"match": {"path": f"^/v2/{path}"}, "redirect": "/open{path}"},
            {"match": {"path": "^/open/"}, "status": {"code": 200, "body": blob}},
        )
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        for record in self.asked(path="/open/"):
            self.assertIsNone(record["authorization"])

    @case("five redirects of a blob are followed, six are not")
    def test_five(self):
        # A registry without a password, as none is sent on the way.
        self.use(self.start_registry(cache="inmemory"))
        self.push(self.PLAIN)
        self.new_proxy()
        # Each redirect leads to the same address; only after five of them comes the blob.
        hops = {"match": {"path": "team/app/blobs/"}, "redirect": "{path}"}
        self.rules({**hops, "times": 5})
        self.configure({"registry": {"max_concurrent_requests": 1}})
        self.clean()
        self.exited(0)
        self.assertEqual(self.proxy.applied(0), 5)
        self.leaves("team/app", "new")
        self.push(self.PLAIN)
        self.remember("team/app")
        self.proxy.clear()
        self.rules(hops)
        self.clean()
        self.exited(1)
        # The scan asks for the two configs, the verification for their layers as well: six times each.
        manifests = [self.manifest(tag) for tag in ("old", "new")]
        wanted = {manifest["config"]["digest"]: 12 for manifest in manifests}
        for manifest in manifests:
            wanted |= {layer["digest"]: 6 for layer in manifest["layers"]}
        paths = [record["path"] for record in self.proxy.records("request")]
        asked = Counter(path.rpartition("/")[2] for path in paths if "/team/app/blobs/" in path)
        self.assertEqual(asked, wanted)
        self.unchanged("team/app")
        self.leaves("other", "new")
        self.secret_kept()

    @case("a blob that is redirected to another host and back gets none on the way back")
    def test_back(self):
        sink = self.start_proxy("", body="")
        sink.rules({"redirect": f"{self.proxy.url}/v2/back{{path}}"})
        match = {"path": f"^/v2/{self.config_of_old()}"}
        self.rules({"match": match, "redirect": f"{sink.url}{{path}}"})
        self.clean()
        self.exited(1)
        self.applied()
        self.none_authorized(sink)
        for record in self.asked(path="/v2/back"):
            self.assertIsNone(record["authorization"])
        self.leaves("team/app", "new", "old")

    @case("a redirect of a list or a manifest is not followed")
    def test_list(self):
        sink = self.start_proxy("", body="")
        self.remember("team/app", "other")
        self.rules(
            {"match": {"path": "team/app/manifests"}, "redirect": f"{sink.url}/x"},
            {"match": {"path": "other/tags/list"}, "redirect": f"{sink.url}/x"},
        )
        self.clean()
        self.exited(1)
        self.applied()
        self.unchanged("team/app", "other")
        self.assertEqual(sink.records("request"), [])

    @case("a redirect of a blob to a file or another protocol is not followed")
    def test_protocol(self):
        self.remember("team/app")
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"):
            self.rules({"match": {"path": "team/app/blobs"}, "redirect": target})
            self.clean()
            self.exited(1)
            self.applied()
            self.unchanged("team/app")


class Proxies(Secrets):
    def behind(self, user):
        """The program asks the registry through the proxy, at which it is that user."""
        url = self.proxy.url.replace("//", f"//{user}:pr0xyp%40ss@")
        self.configure({"registry": {"proxy": url}}, url=self.registry.url)

    @case("every request goes through registry.proxy, whose password is told to it alone")
    def test_told(self):
        login = encode("proxy user", "pr0xyp@ss")
        self.behind("proxy%20user")
        self.clean("--debug", env={"no_proxy": "*"})
        self.exited(0)
        self.leaves("team/app", "new")
        self.all_authorized()
        for record in self.asked():
            self.assertEqual(record["headers"].get("proxy-authorization"), f"Basic {login}")
            self.assertTrue(record["path"].startswith(f"{self.registry.url}/"), record["path"])
        self.secret_kept()
        self.not_told("pr0xyp", login)

    @case("a proxy that refuses us: exit 3, without its password")
    def test_refused(self):
        headers = {"Proxy-Authenticate": 'Basic realm="x"'}
        self.rules({"status": {"code": 407, "error": "pr0xyp@ss", "headers": headers}})
        self.behind("me")
        self.clean("--debug")
        self.exited(3)
        self.says("407")
        self.not_told("pr0xyp")

    @case("proxies of the environment are not used")
    def test_environment(self):
        sink = self.start_proxy("", body="")
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        self.clean(env={**dict.fromkeys(names, sink.url), "no_proxy": ""})
        self.exited(0)
        self.leaves("team/app", "new")
        self.assertEqual(sink.records("request"), [])
