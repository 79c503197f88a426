"""Ways to a registry: passwords, TLS, a path prefix behind a proxy, another host's tools, du."""

import base64
import json
import os

from lab import World, case, tls
from lab.nginx import Nginx
from lab.registry import docker

# Quotes, blanks, a backslash, what URLs, shells, JSON and formats take for special; no colon in front.
PASSWORD = "p@ss: \"w0rd'\\%s%n$HOME `id` {x} #?&+/=ü"


def encode(login):
    return base64.b64encode(login.encode()).decode()


class Ways(World):
    """A registry with a tag that goes, and a layer of its own with it."""

    IMAGES = [
        {"repository": "team/app", "tag": "old", "created": "-90d", "layers": ["lost:61001"]},
        {"repository": "team/app", "tag": "new", "created": "-1d"},
    ]

    def cleaned(self):
        """The run did all of it."""
        self.leaves("team/app", "new")
        sizes = [path.stat().st_size for path in self.registry.v2.rglob("data")]
        self.assertTrue(sizes)
        self.assertNotIn(61001, sizes)
        self.pulls("team/app", "new")


class Passwords(Ways):
    REGISTRY = None

    def start(self, login):
        self.use(self.start_registry(auth=login))
        self.push(self.IMAGES)

    def not_in(self, path, *secrets):
        content = path.read_bytes()
        for secret in secrets:
            self.assertNotIn(secret.encode(), content, path)

    @case("a password of odd characters opens, and is told to nobody")
    def test_odd(self):
        self.start(f"someuser:{PASSWORD}")
        # At each call of registry.exec the arguments of all processes are written down.
        seen = self.folder / "arguments"
        self.configure(self.exec_script(f"cat /proc/[0-9]*/cmdline >>'{seen}' 2>/dev/null"))
        # As it is, not with escapes for what is not ASCII.
        document = json.loads(self.config.read_text())
        self.write_config(json.dumps(document, ensure_ascii=False))
        self.assertIn("ü", self.config.read_text())
        self.exits(0, "--debug")
        self.cleaned()
        arguments = seen.read_bytes()
        self.assertIn(str(self.config).encode(), arguments)
        self.assertIn(b"garbage-collect", arguments)
        secrets = [PASSWORD, "w0rd", encode(f"someuser:{PASSWORD}")]
        self.keeps_quiet_of(*secrets)
        for path in (seen, self.program_folder / "log", self.report_path):
            self.not_in(path, *secrets)
        states = [path for path in self.state.rglob("*") if path.is_file()]
        self.assertTrue(states)
        for path in states:
            self.not_in(path, *secrets)

    @case("a password that is refused is not told either")
    def test_refused(self):
        self.start("someuser:right")
        self.configure({"registry": {"password": "n0t-this-one"}})
        self.exits(3, "--debug")
        self.keeps_quiet_of("n0t-this-one", encode("someuser:n0t-this-one"))
        self.not_in(self.program_folder / "log", "n0t-this-one")
        self.not_in(self.report_path, "n0t-this-one")

    @case("a password that everybody can read is a warning; one in the URL an error that hides it")
    def test_readable(self):
        self.start("someuser:s3cret")
        self.configure()
        self.config.chmod(0o644)
        self.exits(0, "--dry-run")
        self.says("[WARNING]", "registry.password: everybody can read it")
        self.keeps_quiet_of("s3cret")
        url = f"http://someuser:s3cret@127.0.0.1:{self.registry.port}"
        self.configure({"registry": {"url": url}})
        self.exits(2)
        self.says("registry.url")
        self.keeps_quiet_of("s3cret")


class OnHost(Ways):
    def front(self, pair):
        """An nginx with TLS before the registry."""
        return self.serve(tls.TlsFront(pair, self.registry.url))

    @case("TLS with an authority of one's own")
    def test_tls(self):
        front = self.front(tls.certificate("own"))
        ca_cert = str(tls.authority("own").pem)
        self.configure({"registry": {"ca_cert": ca_cert}}, url=front.url)
        self.exits(0)
        self.cleaned()

    @case("TLS with a certificate that nobody vouches for, or that is for another name, is refused")
    def test_tls_refused(self):
        front = self.front(tls.certificate("own", "DNS:registry.example"))
        self.configure({"registry": {"retry_seconds": 0}}, url=front.url)
        self.exits(3)
        self.says("the registry cannot be reached", "certificate")
        ca_cert = str(tls.authority("own").pem)
        self.configure({"registry": {"retry_seconds": 0, "ca_cert": ca_cert}}, url=front.url)
        self.exits(3)
        self.says("the registry cannot be reached")
        self.assertEqual(front.accesses(), [])
        self.leaves("team/app", "new", "old")

    @case("a URL with a path prefix, with and without a slash at its end")
    def test_prefix(self):
        nginx = self.serve(
            Nginx(
                f"""listen 127.0.0.1:@PORT@;
    location /some/registry/ {{ proxy_pass {self.registry.url}/; proxy_set_header Host $http_host; }}"""
            )
        )
        for end in ("", "/"):
            self.registry.empty()
            self.push(self.IMAGES)
            self.configure({}, url=f"http://127.0.0.1:{nginx.port}/some/registry{end}")
            self.exits(0)
            self.cleaned()
        lines = nginx.accesses()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, '"[A-Z]* /some/registry/v2/')

    @case(
        "where du cannot be asked either, the collector tells what was freed, and that is no failure"
    )
    def test_no_du(self):
        self.configure({"paths": {"host_storage": "", "storage": "/not/there"}})
        self.exits(0)
        self.cleaned()
        self.assertIsNone(self.report()["storage"]["before"])
        self.assertGreaterEqual(self.report()["storage"]["freed_bytes"], 61001)
        self.says("the storage cannot be measured", "(3 blobs that the collector removed)")

    @case("a registry on this host, without any container")
    def test_no_container(self):
        self.assertEqual(json.loads(self.config.read_text())["registry"]["exec"], [])
        asked, folder = self.folder / "asked", self.folder / "bin"
        folder.mkdir()
        (folder / "docker").write_text(f"#!/bin/sh\ntouch '{asked}'\nexit 1\n")
        (folder / "docker").chmod(0o755)
        self.exits(0, env={"PATH": f"{folder}:{os.environ['PATH']}"})
        self.cleaned()
        self.assertFalse(asked.exists())

    @case("two registries on one host have their own state, and do not wait for one another")
    def test_two(self):
        first = self.registry
        # Other options make it another one.
        self.use(self.start_registry(cache="inmemory"))
        self.push(self.IMAGES)
        self.configure({"gc": {"when": "never"}})
        self.exits(0)
        self.assertEqual(self.owed(), ["collection"])
        self.use(first)
        self.configure()
        self.exits(0)
        self.cleaned()
        # The other one still owes its own.
        self.assertEqual(self.owed(), ["collection"])
        self.assertEqual(len(list(self.state.rglob("lock"))), 2)


class InContainer(Ways):
    REGISTRY = {"where": "container"}

    def sizes(self):
        """Of all blobs on disk."""
        return [self.registry.blob(digest).stat().st_size for digest in self.registry.blobs()]

    @case("without host_storage usage is measured by du in the container")
    def test_du(self):
        self.configure({"paths": {"host_storage": ""}})
        blobs = sum(self.sizes())
        self.exits(0)
        self.cleaned()
        storage = self.report()["storage"]
        before, after = storage["before"], storage["after"]
        for name in ("bytes", "files"):
            self.assertIsNone(before.get(name), name)
            self.assertIsNone(after.get(name), name)
        # Of what the collector says that it removed the manifests state the sizes.
        self.assertEqual(storage["freed_bytes"], blobs - sum(self.sizes()))
        self.assertEqual(storage["freed_known_from"], "collector")
        self.assertIsNone(storage.get("added_bytes"))
        self.assertGreaterEqual(before["allocated"] - after["allocated"], 61001)
        told = docker("exec", self.registry.name, "du", "-sk", self.registry.root)
        self.assertEqual(after["allocated"], int(told.split()[0]) * 1024)
        self.says("the storage took ")

    @case("any command may lead to the registry's program, {container} anywhere in it")
    def test_any_command(self):
        words = ["sh", "-c", 'exec docker exec {container} "$@"', "x"]
        self.configure({"registry": {"exec": words}})
        self.exits(0)
        self.cleaned()
