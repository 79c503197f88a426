"""Caches between the program and the registry: nginx as its users set it up, and answers that show that
a cache gave them (S2, S6)."""

import re

from v2client import OCI_MANIFEST, Client

from lab import FaultWorld, case
from lab.nginx import Nginx

ACCEPT = {"Accept": OCI_MANIFEST}


class BehindNginx(FaultWorld):
    """The program asks an nginx that caches, and that one the registry."""

    WORLD = [
        {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:61001"]},
        {"repository": "app", "tag": "production", "created": "-1d"},
        {"repository": "more", "tag": "old", "created": "-80d"},
        {"repository": "more", "tag": "new", "created": "-2d"},
    ]
    CONFIG = None
    PROTECTED = {"cleanup": {"protected_tags": ["production"]}}

    def start_nginx(self, directives=""):
        """It keeps each 200 for ten minutes, whatever a client asks for; of lists of repositories, and of the
        entrance, it keeps nothing."""
        url = self.registry.url
        self.nginx = self.serve(
            Nginx(
                f"""listen 127.0.0.1:@PORT@;
    proxy_cache cache; proxy_cache_valid 200 10m; {directives}
    proxy_set_header Host $http_host;
    location / {{ proxy_pass {url}; }}
    location ~ ^/v2/(_catalog)?$ {{ proxy_cache off; proxy_pass {url}; }}"""
            )
        )
        self.nginx_url = f"http://127.0.0.1:{self.nginx.port}"
        self.configure(self.PROTECTED, url=self.nginx_url)

    def fill_cache(self, **tags):
        """Everything that the program will ask for, as it was yesterday, is in the cache."""
        client = Client(self.nginx_url)
        tags |= {"app": ("old", "production"), "more": ("old", "new")}
        for repository, names in tags.items():
            paths = ["tags/list", *(f"manifests/{name}" for name in names)]
            for path in paths:
                client.expect(200, "GET", f"/v2/{repository}/{path}", None, ACCEPT)

    def roll_back(self):
        """Today `production` was set back to the image that is too old."""
        client = self.registry.client
        media_type, _, body = client.get_manifest("app", "old")
        client.put_manifest("app", "production", body, media_type)

    def has_lost(self):
        """Whether the storage has the layer that goes with app:old."""
        return any(path.stat().st_size == 61001 for path in self.registry.v2.rglob("data"))

    def nothing_was_collected(self):
        self.assertTrue(self.has_lost())
        self.assertIn("collection", self.owed())

    @case("a cache that keeps what it has: each question is one that it has never seen")
    def test_keeps(self):
        self.push(self.WORLD)
        self.start_nginx()
        self.fill_cache()
        self.exits(0, "--dry-run")
        self.roll_back()
        self.exits(0)
        self.leaves("app", "old", "production")
        self.pulls("app", "production")
        self.leaves("more", "new")
        lines = self.nginx.accesses()
        first = next(i for i, line in enumerate(lines) if "clean-registry=" in line)
        plain = '"GET /v2/[^ ]*(list|old|production|new|_catalog) '
        self.assertEqual([line for line in lines[first:] if re.search(plain, line)], [])

    @case("a cache that looks at no parameter, and says what it does: nothing goes")
    def test_says(self):
        self.push(self.WORLD)
        self.start_nginx("proxy_cache_key $uri; add_header X-Cache-Status $upstream_cache_status;")
        self.fill_cache()
        self.roll_back()
        self.exits(1)
        self.says(
            "2 repositories: a cache answered, not the registry (X-Cache-Status: HIT)",
            "let it not cache /v2/, or set registry.url to the registry itself; "
            "nothing is deleted in them",
            "(the list of its tags is not complete)",
        )
        self.leaves("app", "old", "production")
        self.leaves("more", "new", "old")

    @case(
        "a cache that looks at no parameter, and does not say so, is found out by the first DELETE"
    )
    def test_found_out(self):
        self.push(self.WORLD)
        self.start_nginx("proxy_cache_key $uri;")
        self.fill_cache()
        self.exits(1)
        self.says(
            "it was deleted, but tag old still leads to it: "
            "a cache answers in place of the registry",
            "nothing more is deleted, and nothing is collected: let no cache keep anything of /v2/",
        )
        self.keeps_quiet_of("are whole", "[INFO] deleted app:")
        self.assertRegex(self.tag("app", "old"), "^failed ")
        self.nothing_was_collected()
        # Nor does a second run get further.
        self.exits(3)
        self.nothing_was_collected()
        self.leaves("app", "production")
        # No other repository was begun.
        self.leaves("more", "new", "old")
        # Without the cache the next run finishes.
        self.configure(self.PROTECTED, url=self.registry.url)
        self.exits(0)
        self.leaves("more", "new")
        self.assertFalse(self.has_lost())

    @case(
        "such a cache costs one manifest, also where the first repository has nothing to delete any more"
    )
    def test_one_manifest(self):
        self.push(
            [
                {"repository": "aaa", "tag": "old", "created": "-90d"},
                {"repository": "zzz", "tag": "old", "created": "-80d"},
                *self.WORLD,
            ]
        )
        self.start_nginx("proxy_cache_key $uri;")
        self.fill_cache(aaa=["old"], zzz=["old"])
        self.registry.delete("aaa", self.digest("aaa:old"))
        self.exits(1)
        self.says("nothing more is deleted, and nothing is collected")
        self.nothing_was_collected()
        self.leaves("app", "production")
        self.leaves("more", "new", "old")
        self.leaves("zzz", "old")


class Shown(FaultWorld):
    """What shows, or does not show, that a cache answered."""

    IMAGES = FaultWorld.PLAIN

    @case("a registry that says that it deletes, and does not, ends the run")
    def test_deletes_not(self):
        match = {"method": "DELETE", "path": "(app|other)/manifests/sha256:"}
        self.rules({"match": match, "after": 1, "status": 202})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("still leads to it: .*or the registry does not delete", "nothing is collected")
        # The probe is one.
        self.assertEqual(self.proxy.count("DELETE", "manifests/sha256:"), 2)
        self.leaves("team/app", "new", "old")
        self.leaves("other", "new", "old")
        self.assertIn("collection", self.owed())

    @case("a registry whose answers follow its deletes is asked once, and then goes on at once")
    def test_follows(self):
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        # Twice 404: after the first DELETE, and nowhere else.
        answers = self.proxy.answers("GET", "/manifests/old$")
        self.assertEqual(len([line for line in answers if line.startswith("404 ")]), 1)

    def shown(self, path, headers):
        """An answer to a GET of that with these headers spares its repository."""
        self.remember("team/app")
        self.rules({"match": {"method": "GET", "path": path}, "set_header": headers})
        self.clean()
        self.spared("a cache answered, not the registry")
        self.no_delete("team/app")

    @case("a list with an Age came from a cache")
    def test_age(self):
        self.shown("/v2/team/app/tags/list", {"Age": "35"})

    @case("a list with a HIT came from a cache")
    def test_hit(self):
        self.shown("/v2/team/app/tags/list", {"X-Cache": "HIT from proxy.example"})

    @case("a list with a hit in the standard's own words came from a cache")
    def test_standard(self):
        self.shown("/v2/team/app/tags/list", {"Cache-Status": '"edge, one"; hit; ttl=30'})

    @case("a tag that came from a cache spares its repository")
    def test_tag(self):
        self.shown("/v2/team/app/manifests/new$", {"CF-Cache-Status": "HIT"})

    @case("a tag that a cache says is not there spares its repository")
    def test_absent_tag(self):
        self.remember("team/app")
        match = {"method": "GET", "path": "/v2/team/app/manifests/new$"}
        answer = {"code": 404, "error": "MANIFEST_UNKNOWN", "headers": {"Age": "7"}}
        self.rules({"match": match, "status": answer})
        self.clean()
        self.spared("a cache answered, not the registry")

    @case("a 304 from a cache says nothing")
    def test_304(self):
        self.exits(0, "--dry-run")
        self.remember("team/app")
        match = {
            "method": "GET",
            "path": "/v2/team/app/manifests/new$",
            "header": {"If-None-Match": "sha256"},
        }
        self.rules({"match": match, "set_header": {"X-Cache": "TCP_MEM_HIT"}})
        self.clean()
        self.spared("a cache answered, not the registry")
        answers = self.proxy.answers("GET", "team/app/manifests/new")
        self.assertTrue([line for line in answers if line.startswith("304 ")], answers)

    @case("a look that a cache answered spares its repository")
    def test_look(self):
        self.remember("team/app")
        match = {"method": "GET", "path": "/v2/team/app/tags/list"}
        self.rules({"match": match, "after": 1, "set_header": {"X-Varnish": "32770 3"}})
        self.clean()
        self.spared("a cache answered, not the registry")
        self.no_delete("team/app")

    @case("a list of repositories that came from a cache is not complete")
    def test_catalog(self):
        self.rules({"match": {"path": "_catalog"}, "set_header": {"Age": "1"}})
        self.clean()
        self.exited(1)
        self.says(
            "the list of repositories is not complete: a cache answered, not the registry (Age: 1)"
        )

    @case("where a cache answers at the entrance, nothing is done")
    def test_entrance(self):
        self.rules({"match": {"path": "/v2/$"}, "set_header": {"Age": "1"}})
        self.clean()
        self.exited(3)
        self.says("the registry cannot be reached: GET /v2/: a cache answered")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)

    @case(
        "what proves nothing is no matter: Age 0, a MISS, Via, Date; nor a HIT for what a digest names"
    )
    def test_no_matter(self):
        by_digest = {"method": "GET", "path": "/(blobs|manifests)/sha256:"}
        miss = {
            "Age": "0",
            "X-Cache": "MISS",
            "X-Cache-Lookup": "HIT",
            "Via": "1.1 varnish (HIT)",
            "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
        }
        self.rules(
            {"match": by_digest, "continue": True, "set_header": {"X-Cache": "HIT", "Age": "3600"}},
            {"match": {"path": "list|_catalog|new$|old$"}, "set_header": miss},
        )
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    @case(
        "a registry that refuses questions with a parameter is asked without, and that is said once"
    )
    def test_parameter(self):
        for code in (400, 405):
            self.proxy.clear()
            self.push(self.PLAIN)
            self.rules({"match": {"target": "clean-registry="}, "status": code})
            self.clean()
            self.exited(0)
            self.applied()
            self.leaves("team/app", "new")
            said = [line for line in self.lines() if "refuses questions with the parameter" in line]
            self.assertEqual(len(said), 1)
            # One or two of each kind of question are refused, until the first answer.
            answers = self.proxy.answers("GET", ".")
            self.assertLessEqual(len([a for a in answers if a.startswith(f"{code} ")]), 8)
