"""What waiting does not mend: it ends at once, with exit code 3 and what to do about it."""

import re
import time

from lab import FaultWorld, case, tls
from lab.program import PROGRAM, ROOT


class Permanent(FaultWorld):
    IMAGES = FaultWorld.PLAIN
    # What is tried again would be for as long.
    CONFIG = {"registry": {"retry_seconds": 60}}

    def setUp(self):
        super().setUp()
        self.remember("team/app", "other")

    def at(self, url):
        """The registry is there, for the configuration."""
        self.change_config({"registry": {"url": url}})

    def ends_at_once(self, url, *patterns):
        """A run for the registry at that url; nothing is tried again, and nothing is deleted."""
        began = time.monotonic()
        self.at(url)
        self.clean()
        self.exited(3)
        self.matches(*patterns)
        self.keeps_quiet_of("attempts")
        self.assertLess(time.monotonic() - began, 40)
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)

    def front(self, pair, more=""):
        """The url of an nginx with TLS before the registry."""
        return self.serve(tls.TlsFront(pair, self.proxy.url, more)).url

    @case("https:// to a port that speaks no TLS")
    def test_no_tls(self):
        self.ends_at_once(
            f"https://127.0.0.1:{self.registry.port}",
            "no TLS is spoken there; write http:// in registry.url",
        )

    @case("http:// to a port that speaks TLS")
    def test_tls(self):
        url = self.front(tls.certificate("own"))
        self.ends_at_once(
            url.replace("https:", "http:"), "TLS is spoken there; write https:// in registry.url"
        )

    def with_hosts(self, *ways):
        """The program has nothing but these ways to find a host."""
        switch, resolver = self.folder / "nsswitch.conf", self.folder / "resolv.conf"
        switch.write_text(f"hosts: {' '.join(ways)}\n")
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        script = (
            f"mount --bind '{switch}' /etc/nsswitch.conf && "
            f"mount --bind '{resolver}' /etc/resolv.conf && exec \"$@\""
        )
        self.launcher = ["unshare", "--mount", "sh", "-c", script, "with_hosts"]

    @case("a host that does not exist")
    def test_no_host(self):
        self.with_hosts("files")
        self.ends_at_once(
            "http://registry.invalid",
            "Could not resolve host: registry.invalid; check the host in registry.url",
        )

    @case("a host that cannot be looked up now is asked for again")
    def test_host_later(self):
        self.with_hosts("files", "dns")
        self.configure({"registry": {"retry_seconds": 1}})
        self.at("http://registry.invalid")
        self.clean()
        self.exited(3)
        self.matches("Could not resolve host: registry.invalid after [0-9]+ attempts")

    @case("a proxy whose host does not exist: one of the configuration, and one of the environment")
    def test_no_proxy(self):
        self.with_hosts("files")
        self.configure({"registry": {"retry_seconds": 60, "proxy": "http://proxy.invalid:3128"}})
        self.ends_at_once(
            "http://registry.invalid",
            "through the proxy: Could not resolve proxy: proxy.invalid; "
            "check the host in registry.proxy",
        )
        self.configure({"registry": {"retry_seconds": 1, "proxy": "system"}})
        self.at("http://registry.invalid")
        self.clean(env={"http_proxy": "http://proxy.invalid:3128"})
        self.exited(3)
        self.matches(
            "through the proxy: Could not resolve proxy: proxy.invalid after [0-9]+ attempts"
        )
        self.keeps_quiet_of("in registry.url")

    @case("certificates that are not trusted: by whom, how long, and for whom")
    def test_not_trusted(self):
        own = tls.certificate("own")
        url = self.front(own)
        self.ends_at_once(
            url, "SSL certificate problem: .*; registry.ca_cert names the authorities to trust"
        )
        self.trusting_own()
        self.ends_at_once(
            self.front(tls.certificate("own", "DNS:elsewhere.example")),
            "registry.url needs a name that is in the certificate",
        )
        self.at(url)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    def trusting_own(self):
        authority = str(tls.authority("own").pem)
        self.configure({"registry": {"retry_seconds": 60, "ca_cert": authority}})

    @case("a server that wants a client certificate: by an answer, and by an alert")
    def test_client_certificate(self):
        own, authority = tls.certificate("own"), tls.authority("own").pem
        self.trusting_own()
        self.ends_at_once(
            self.front(own, f"ssl_client_certificate {authority}; ssl_verify_client on;"),
            "a client certificate is wanted there",
        )
        for version in ("-tls1_2", "-tls1_3"):
            server = self.serve(tls.OpensslServer(own, "-Verify", 1, "-CAfile", authority, version))
            self.ends_at_once(server.url, "a client certificate is wanted")

    @case("a registry that is elsewhere")
    def test_elsewhere(self):
        for code in (301, 308, 302):
            headers = {"Location": "https://registry.example:5443/v2/?key=s3cret"}
            answer = {"code": code, "headers": headers}
            self.rules({"match": {"path": "/v2/$"}, "status": answer})
            self.ends_at_once(
                self.proxy.url,
                f"answered {code} to https://registry.example:5443; write that in registry.url",
            )
            self.keeps_quiet_of("s3cret")

    def authenticates(self, way):
        """The registry wants that."""
        headers = {"WWW-Authenticate": way}
        answer = {"code": 401, "error": "UNAUTHORIZED", "headers": headers}
        self.rules({"match": {"path": "/v2/$"}, "status": answer})

    @case("a registry that wants a token")
    def test_token(self):
        self.authenticates('Bearer realm="https://auth.example/token",service="registry"')
        self.ends_at_once(
            self.proxy.url,
            r"the login failed: no token from https://auth.example: Could not resolve host",
        )
        # What is tried is what it takes: of both the password, without one a token for everybody.
        self.authenticates('Bearer realm="x", Basic realm="y"')
        self.ends_at_once(self.proxy.url, r"no token from http://127.0.0.1:\d+: 404")
        self.change_config({"registry": {"user": "cleaner", "password": "s3cr3t"}})
        self.ends_at_once(self.proxy.url, r"refuses the credentials \(401\)")

    @case("what is asked again is told to who looks, and why")
    def test_told(self):
        burst = {"match": {"path": "/v2/$"}, "times": 2, "status": 503}
        self.rules(burst)
        self.clean("--dry-run", "--debug")
        self.exited(0)
        self.applied()
        self.matches(
            rf"\[DEBUG\] GET {re.escape(self.proxy.url)}/v2/[^ ]*: 503 .*; "
            r"it is asked again in 0\.[0-9] s"
        )
        self.rules(burst)
        self.clean("--dry-run")
        self.exited(0)
        self.applied()
        self.keeps_quiet_of("asked again")
        self.rules(burst)
        terminal = [ROOT / "tests/tools/terminal.py", 200]
        self.command(*terminal, PROGRAM, "--dry-run", "--config", self.config)
        self.exited(0)
        self.matches(r"\[INFO\] GET .*/v2/[^ ]*: 503 .*; it is asked again in")
