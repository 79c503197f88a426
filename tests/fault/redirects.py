"""Blobs that the registry does not send, but has fetched from somewhere else: from where it cannot be
reached or trusted they are unknown, and that is found once."""

import re
import shutil
import subprocess

from lab import FaultWorld, case, tls
from lab.registry import free_port


class Nowhere(FaultWorld):
    """The blobs of team/app are where they cannot be had."""

    def push_many(self, count):
        """So many tags in team/app that have blobs of their own, and one that stays."""
        old = [
            {"repository": "team/app", "tag": f"old-{i}", "created": f"-{i + 90}d"}
            for i in range(count)
        ]
        self.push([*old, *(spec for spec in self.PLAIN if spec != self.PLAIN[0])])
        self.remember("team/app")

    def redirects(self, to):
        """Blobs of team/app are there."""
        match = {"path": "/v2/team/app/blobs/"}
        self.rules({"match": match, "redirect": f"{to}{{path}}"})

    def told_once(self, pattern):
        pattern = f"blobs are {pattern}.*storage.redirect.disable"
        found = [line for line in self.lines() if re.search(pattern, line)]
        self.assertEqual(len(found), 1, pattern)

    @case("a place that cannot be reached is named once, and not waited for by each blob")
    def test_unreachable(self):
        # Nobody listens there.
        nowhere = f"http://127.0.0.1:{free_port()}"
        self.push_many(40)
        self.redirects(nowhere)
        self.configure({"registry": {"retry_seconds": 2, "max_concurrent_requests": 2}})
        self.clean()
        self.spared()
        self.told_once(
            f"redirected to {nowhere}, which cannot be reached from here: connection refused after"
        )
        self.proxy.clear()
        self.redirects(nowhere)
        self.clean("--dry-run")
        self.exited(1)
        # Two have some attempts, each of the others one.
        self.assertLess(self.proxy.count("GET", "/v2/team/app/blobs/"), 70)

    @case("a place whose name is unknown here is found at once")
    def test_unknown(self):
        self.push_many(10)
        self.redirects("http://minio.invalid:9000")
        self.configure({"registry": {"retry_seconds": 60}})
        self.clean()
        self.spared()
        self.told_once(
            "redirected to http://minio.invalid:9000, which cannot be reached from here: "
            "Could not resolve host"
        )

    @case("a place that speaks no TLS, or is not trusted, is found at once")
    def test_not_trusted(self):
        self.push_many(10)
        place = self.serve(tls.TlsFront(tls.certificate("foreign"), self.registry.url)).url
        plain = f"https://127.0.0.1:{self.registry.port}"
        self.configure({"registry": {"retry_seconds": 60}})
        self.redirects(plain)
        self.clean()
        self.spared()
        self.told_once(
            f"redirected to {plain}, which cannot be reached from here: no TLS is spoken there"
        )
        self.redirects(place)
        self.clean("--dry-run")
        self.told_once(f"redirected to {place}, which is not trusted here: ")
        self.matches("which is not trusted here.*or add that authority to registry.ca_cert")


class Elsewhere(FaultWorld):
    IMAGES = FaultWorld.PLAIN

    def trusting(self, pair):
        """The program's system trusts that authority and nobody else."""
        system = self.folder / "system"
        system.mkdir()
        shutil.copy(pair.pem, system / "ca-certificates.crt")
        shutil.copy(pair.pem, system / "authority.pem")
        subprocess.run(["openssl", "rehash", str(system)], check=True, capture_output=True)
        script = f"mount --bind '{system}' /etc/ssl/certs && exec \"$@\""
        self.launcher = ["unshare", "--mount", "sh", "-c", script, "trusting"]

    @case(
        "registry.ca_cert stands instead of the system's authorities for the registry, "
        "beside them elsewhere"
    )
    def test_authorities(self):
        own, public = tls.certificate("own"), tls.certificate("public")
        self.trusting(tls.authority("public"))
        registry = self.serve(tls.TlsFront(own, self.proxy.url)).url
        of_own = self.serve(tls.TlsFront(own, self.registry.url)).url
        of_public = self.serve(tls.TlsFront(public, self.registry.url)).url
        self.rules(
            {"match": {"path": "/v2/team/app/blobs/"}, "redirect": f"{of_public}{{path}}"},
            {"match": {"path": "/v2/other/blobs/"}, "redirect": f"{of_own}{{path}}"},
        )
        ca_cert = str(tls.authority("own").pem)
        self.configure(
            {"registry": {"ca_cert": ca_cert, "max_concurrent_requests": 1}}, url=registry
        )
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        # A registry with a certificate of the system's is not the one that was meant.
        self.configure({"registry": {"ca_cert": ca_cert}}, url=of_public)
        self.clean()
        self.exited(3)
        self.matches("registry.ca_cert names the authorities to trust")
