"""What stands before a registry and answers for it while it is away, or for good."""

import shutil

from lab import FaultWorld, case, files, tls, wait_for


class Gateways(FaultWorld):
    @case(
        "a registry that dies behind its gateway after the listing is given up, not asked tag by tag"
    )
    def test_dies(self):
        old = [{"repository": "team/app", "tag": f"old-{i}", "created": "-90d"} for i in range(150)]
        self.push([*old, {"repository": "team/app", "tag": "new", "created": "-1d"}])
        self.remember("team/app")
        # Six seconds for each of the tags, some at a time.
        self.configure({"registry": {"retry_seconds": 6, "max_concurrent_requests": 4}})
        for fault in ({"status": 502}, {"drop": True}):
            self.rules({"match": {"path": "/manifests/"}, **fault})
            self.clean()
            self.matches(
                "has served none for [0-9]+ s, the last one: (502|the connection broke).*; "
                "look whether it runs"
            )
            # Nothing was deleted, and not many manifests were asked for.
            self.exited(3)
            self.assertLess(self.proxy.count("GET", "/manifests/"), 400)
            self.assertEqual(self.proxy.count("DELETE", "."), 0)
            self.unchanged("team/app")
            self.proxy.clear()


class Swapped(FaultWorld):
    """An nginx with TLS before the registry has another authority's certificate from the first list of tags
    on."""

    IMAGES = FaultWorld.PLAIN

    def setUp(self):
        super().setUp()
        self.good = tls.certificate("own")
        folder = files.new_folder("tls")
        self.used = tls.Pair(folder / "server.pem", folder / "server.key")
        for source, target in zip(self.good, self.used, strict=True):
            shutil.copy(source, target)
        # Each connection is a new one, for which the files are read again because a name is part of theirs.
        named = tls.Pair(
            folder / "server$ssl_server_name.pem", folder / "server$ssl_server_name.key"
        )
        more = "keepalive_timeout 0; error_log stderr info;"
        self.front = self.serve(tls.TlsFront(named, self.proxy.url, more))
        match = {"path": "team/app/tags/list"}
        command = self.swap_to(tls.certificate("foreign"))
        self.rules({"match": match, "times": 1, "run": {"command": command, "when": "before"}})

    def swap_to(self, pair):
        """The command that makes it the certificate of that nginx."""
        pem, key = self.used
        return f"cp '{pair.pem}' '{pem}' && cp '{pair.key}' '{key}'"

    def behind(self, seconds):
        """The registry is behind that nginx, and waited for for so long."""
        authority = str(tls.authority("own").pem)
        changes = {"registry": {"retry_seconds": seconds, "ca_cert": authority}}
        self.configure(changes, url=self.front.url)

    @case("another certificate in the middle of a run is waited out, and named when the time is up")
    def test_waited_out(self):
        self.remember("team/app", "other")
        self.behind(2)
        self.clean()
        self.assertNotEqual(self.status, 0)
        # What holds for both tags, or for both repositories, is said once; which it is, is chance.
        problem = "SSL certificate problem: .* after [0-9]+ attempts; registry.ca_cert names"
        tag = "tag (old|new)( and 1 more)?"
        self.matches(rf"{tag}: {problem}|2 repositories: {problem}.*\({tag}\)")
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)

    @case("a gateway's own certificate for a moment ends nothing")
    def test_moment(self):
        self.behind(60)
        run = self.begin()
        # Once the program has refused it, the right one is there again.
        wait_for(lambda: "alert" in self.front.output() or not run.lives(), 60)
        self.command("sh", "-c", self.swap_to(self.good))
        self.finish(run)
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new")
