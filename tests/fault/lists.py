"""Lists of repositories and tags that come in pages, broken, refused, or with names left out (S2, S6)."""

import json

from lab import FaultWorld, case


def loose(key, names):
    """Bodies that a lenient reader takes for a list of these names."""
    text = json.dumps(names)
    plain = f'"{key}": {text}'
    return [
        f"{{{plain}}}<html>error</html>",
        f'{{{plain} /* , "b" */}}',
        f"{{'{key}': {text}}}".replace('"', "'"),
        f'{{"{key}": ["b"], {plain}}}',
        f'{{{plain}}}\0{{"{key}": ["b"]}}',
        f'{{{plain}, "errors": [{{"code": "UNKNOWN"}}]}}',
        f'{{"{key}": {text[:-1]},]}}',
    ]


def link(target):
    """An action: the answer's Link leads there."""
    return {"set_header": {"Link": f'<{target}>; rel="next"'}}


class Lists(FaultWorld):
    IMAGES = FaultWorld.PLAIN
    TAGS = {"path": "team/app/tags/list"}
    CATALOG = {"path": "_catalog"}

    def spoiled_list(self, *patterns, **action):
        """One action on every list of the tags of team/app spares that repository."""
        self.remember("team/app")
        self.rules({"match": {"method": "GET", "path": "/v2/team/app/tags/list"}, **action})
        self.clean()
        self.spared(*patterns)
        self.no_delete("team/app")

    def incomplete(self, *patterns):
        """The catalog is not complete, which is told; nothing is deleted; exit 1."""
        self.exited(1)
        self.matches("list of repositories is not complete", *patterns)
        self.unchanged("team/app", "other")

    @case("a registry that refuses a large n is asked for less, in the end for what it likes")
    def test_large_n(self):
        for limit in (50, 5):
            self.push(self.IMAGES)
            self.proxy.clear()
            self.rules({"match": self.CATALOG, "page": {"size": 1, "max": limit}})
            self.clean()
            self.exited(0)
            self.leaves("team/app", "new")
            self.leaves("other", "new")
            asked = "\n".join(self.proxy.answers("GET", "_catalog"))
            self.assertRegex(asked, "(?m)^400 .*n=1000")
            self.assertRegex(asked, "(?m)^400 .*n=100$")
        self.assertRegex(asked, "(?m)^200 GET /v2/_catalog$")

    @case("pages of tags that go round in a circle spare the repository")
    def test_circle_of_tags(self):
        self.spoiled_list("circle", **link("/v2/team/app/tags/list?last=new&n=1"))
        self.assertLess(self.proxy.count("GET", "team/app/tags/list"), 10)

    @case("a Link that does not say where to go on spares the repository")
    def test_link_without_last(self):
        self.spoiled_list("not complete", **link("/v2/team/app/tags/list?n=1"))

    @case("pages of the catalog in a circle: what is known is cleaned, exit 1")
    def test_circle_of_catalog(self):
        self.rules({"match": self.CATALOG, **link("/v2/_catalog?last=other&n=2")})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches("list of repositories is not complete.*circle")
        self.leaves("other", "new")
        self.assertLess(self.proxy.count("GET", "_catalog"), 10)

    @case("a list that is null is an empty list")
    def test_null(self):
        self.remember("team/app")
        self.rules({"match": self.TAGS, "null_lists": {"all": True}})
        self.clean()
        self.exited(0)
        self.applied()
        self.unchanged("team/app")
        self.leaves("other", "new")
        self.remember("other")
        self.rules({"match": self.CATALOG, "null_lists": {"all": True}})
        self.clean()
        self.exited(0)
        self.applied()
        self.unchanged("team/app", "other")

    @case("a repository that never had a tag is no failure")
    def test_never_tagged(self):
        self.remember("team/app")
        self.rules({"match": self.TAGS, "status": {"code": 404, "error": "NAME_UNKNOWN"}})
        self.clean()
        self.exited(0)
        self.applied()
        self.unchanged("team/app")
        self.leaves("other", "new")

    @case("a catalog that answers 500 is asked three times, then exit 1 with nothing deleted")
    def test_catalog_500(self):
        self.remember("team/app", "other")
        self.rules({"match": self.CATALOG, "status": 500})
        self.clean()
        self.assertEqual(self.proxy.applied(0), 3)
        self.incomplete("list of repositories is not complete.*500")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)

    @case("a catalog that is refused is exit 3, whether by 401 or by 403")
    def test_catalog_refused(self):
        self.remember("team/app", "other")
        for code in (401, 403):
            self.rules({"match": self.CATALOG, "status": code})
            self.clean()
            self.exited(3)
            self.applied()
            self.matches(f"refuses to list.*{code}")
            self.unchanged("team/app", "other")
            self.assertEqual(self.proxy.count("DELETE", "."), 0)

    @case("a catalog that is cut, ends early, or is no JSON: exit 1, nothing deleted")
    def test_catalog_broken(self):
        self.remember("team/app", "other")
        for fault in (
            {"cut": 20},
            {"truncate_json": True},
            {"replace_body": "<html>"},
            {"replace_body": {"json": {"repositories": {"team/app": 1}}}},
        ):
            with self.subTest(fault=fault):
                self.rules({"match": self.CATALOG, **fault})
                self.clean()
                self.applied()
                self.incomplete()

    @case("a name in the catalog that cannot be a repository's is named and left alone")
    def test_catalog_names(self):
        names = ["team/app", "../etc", "Upper", "other", "a?n=1"]
        self.rules({"match": self.CATALOG, "replace_body": {"json": {"repositories": names}}})
        self.clean()
        self.exited(1)
        self.applied()
        self.matches(r"not valid.*\.\./etc", "not valid.*Upper")
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.assertEqual(self.proxy.count("GET", "etc|Upper|a.n=1"), 0)

    @case(
        "a tag list that answers 500 is asked three times by scan and verification,"
        " and spares the repository"
    )
    def test_tags_500(self):
        why = "the list of its tags is not complete: 500 Internal Server Error after 3 attempts"
        self.spoiled_list(
            f"team/app: {why}; nothing is deleted in this repository$",
            f"team/app could not be verified completely: {why}$",
            status=500,
        )
        self.assertEqual(self.proxy.applied(0), 6)

    @case("a tag list that is refused spares the repository")
    def test_tags_refused(self):
        self.spoiled_list("403", status={"code": 403, "error": "DENIED"})

    @case("a tag list that is cut spares the repository")
    def test_tags_cut(self):
        self.spoiled_list("broke", cut=15)

    @case("a tag list that ends early as JSON spares the repository")
    def test_tags_truncated(self):
        self.spoiled_list("not a list", truncate_json=True)

    @case("a tag list that is a page of HTML spares the repository")
    def test_tags_html(self):
        self.spoiled_list("not a list", replace_body="<html>sign in</html>")

    @case("a tag list that is JSON of another shape spares the repository")
    def test_tags_shape(self):
        shape = {"name": "team/app", "tags": ["old", {"new": 1}]}
        self.spoiled_list("not a list", replace_body={"json": shape})

    @case("a tag list from a proxy that answers 404 in plain text spares the repository")
    def test_tags_404(self):
        self.spoiled_list("404", status={"code": 404, "body": "404 page not found\n"})

    @case("a tag list that is not strict JSON, or comes with errors, spares the repository")
    def test_tags_loose(self):
        self.remember("team/app")
        for body in loose("tags", ["new", "old"]):
            with self.subTest(body=body):
                self.rules({"match": self.TAGS, "replace_body": {"text": body}})
                self.clean()
                self.spared("not a list of names")
                self.no_delete("team/app")

    @case("a catalog that is not strict JSON, or comes with errors: exit 1, nothing deleted")
    def test_catalog_loose(self):
        self.remember("team/app", "other")
        for body in loose("repositories", ["team/app", "other"]):
            with self.subTest(body=body):
                self.rules({"match": self.CATALOG, "replace_body": {"text": body}})
                self.clean()
                self.applied()
                self.incomplete()

    @case("a list with a name that cannot be a tag's spares the repository")
    def test_tags_names(self):
        names = {"name": "team/app", "tags": ["new", "old", "a/b"]}
        self.spoiled_list("a/b", replace_body={"json": names})

    @case("a second page that fails spares the repository")
    def test_second_page(self):
        self.remember("team/app")
        self.rules(
            {"match": {"path": "team/app/tags/list.*last="}, "status": 500},
            {"match": {"path": "tags/list"}, "page": 1},
        )
        self.clean()
        self.spared("500")
        self.no_delete("team/app")

    @case("a tag list that fails at the look before the delete spares the repository")
    def test_second_look(self):
        self.remember("team/app")
        self.rules({"match": self.TAGS, "after": 1, "status": 500})
        self.clean()
        self.spared("read again before deleting")
        self.no_delete("team/app")

    @case("a protected tag that is not listed and cannot be asked for spares the repository")
    def test_protected_unknown(self):
        self.remember("team/app")
        self.rules({"match": {"path": "team/app/manifests/latest$"}, "status": 500})
        self.clean()
        self.spared("latest")
        self.no_delete("team/app")


class Hidden(FaultWorld):
    # `latest` is protected and old.
    IMAGES = [
        {"repository": "team/app", "tag": "old", "created": "-90d"},
        {"repository": "team/app", "tag": "latest", "created": "-90d"},
        {"repository": "other", "tag": "old", "created": "-80d"},
        {"repository": "other", "tag": "new", "created": "-2d"},
    ]

    def hidden(self, after):
        """The list leaves out `latest` once it was read that many times, which spares the repository."""
        self.remember("team/app")
        match = {"path": "team/app/tags/list"}
        self.rules({"match": match, "after": after, "hide": {"tags": ["latest"]}})
        self.clean()
        self.spared("protected tag latest: it exists")
        self.no_delete("team/app")

    @case("a list that hides a protected tag at the look before the delete spares the repository")
    def test_later(self):
        self.hidden(1)

    @case("a list that hides a protected tag always spares the repository")
    def test_always(self):
        self.hidden(0)


class Pages(FaultWorld):
    REPOSITORIES = [f"r{number}" for number in range(1, 6)]
    IMAGES = [
        {"repository": repository, "tag": tag, "created": created}
        for repository in REPOSITORIES
        for tag, created in (("new", "-1d"), ("old", "-90d"), ("very-old", "-300d"))
    ]

    @case("lists in pages are read to their end")
    def test_pages(self):
        self.rules(
            {"match": {"path": "_catalog"}, "page": 2},
            {"match": {"path": "tags/list"}, "page": 1},
        )
        self.clean()
        self.exited(0)
        self.applied()
        for repository in self.REPOSITORIES:
            self.leaves(repository, "new")
        self.assertGreaterEqual(self.proxy.count("GET", r"_catalog\?.*last="), 2)


class WithLogin(FaultWorld):
    REGISTRY = {"cache": "inmemory", "auth": "user:secret"}
    IMAGES = FaultWorld.PLAIN

    @case("a Link to another host takes nobody there: no request, no credentials")
    def test_other_host(self):
        answer = {"repositories": ["elsewhere"], "name": "x", "tags": ["elsewhere"]}
        sink = self.start_proxy("", body=json.dumps(answer), content_type="application/json")
        elsewhere = f"<//127.0.0.1:{sink.port}/v2/x?last=new&n=1>; rel=next"
        self.rules(
            {
                "match": {"path": "_catalog(.n=[0-9]+)?$"},
                "continue": True,
                **link(f"{sink.url}/v2/_catalog?last=other&n=1"),
            },
            {"match": {"path": "_catalog"}, "page": 1},
            {
                "match": {"path": "team/app/tags/list$"},
                "continue": True,
                "set_header": {"Link": elsewhere},
            },
            {"match": {"path": "tags/list"}, "page": 1},
        )
        self.clean()
        self.exited(0)
        self.applied()
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.assertEqual(sink.records("request"), [])
