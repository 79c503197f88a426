"""What runs somewhere stays (protect.in_use), and while that is not known, nothing goes."""

import os
import time

from lab import World, case
from lab.registry import IMAGE, docker

# What docker ps might print of two containers.
CONTAINERS = ["12" * 6, "34" * 6]


def hexadecimal(digest):
    return digest.removeprefix("sha256:")


class InUse(World):
    CONFIG = None
    KEPT = [
        {"repository": "app", "tag": "old", "id": "old", "created": "-90d"},
        {"repository": "app", "tag": "also-old", "same_as": "old"},
        {"repository": "app", "tag": "other", "created": "-91d"},
        {
            "repository": "app",
            "tag": "multi",
            "id": "multi",
            "kind": "index",
            "created": "-92d",
            "platforms": ["linux/amd64", "linux/arm64"],
        },
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]

    def setUp(self):
        super().setUp()
        self.host = self.registry.url.removeprefix("http://")
        self.script = self.folder / "running"

    def config_digest(self, repository, reference):
        return self.registry.manifest(repository, reference)["config"]["digest"]

    def in_use(self, script, more=None):
        """What this script of a shell, self.script, prints is in use; more goes into the configuration."""
        self.script.write_text(f"#!/bin/sh\n{script}\n")
        self.script.chmod(0o700)
        self.configure(more)
        self.change_config({"protect": {"in_use": [[str(self.script)]]}})

    def prints(self, text, more=None):
        """This text is what is in use."""
        references = self.folder / "references"
        references.write_text(text)
        self.in_use(f"cat '{references}'", more)

    def nothing_went(self):
        self.leaves("app", "also-old", "multi", "new", "old", "other")

    @case("what docker ps says is running stays, with every tag it has; all else that is old goes")
    def test_docker_ps(self):
        name, image = f"in-use-{self.registry.port}", f"{self.host}/app:old"
        docker("tag", IMAGE, image)
        # The engine that tests/run starts for the sake of "container" is what is asked; where the
        # registry runs is no matter.
        self.addCleanup(docker, "container", "rm", "-f", name, check=False)
        docker("run", "-d", "-i", "--name", name, "--network", "none", "--entrypoint", "cat", image)
        command = ["docker", "ps", "--no-trunc", "--format", "{{.Image}}"]
        self.configure({"protect": {"in_use": [command]}})
        self.exits(0)
        docker("container", "rm", "-f", name)
        docker("rmi", image)
        self.leaves("app", "also-old", "new", "old")
        self.says(", 1 from this registry", "protect.in_use: 2 tags, 2 kept")
        self.assertEqual(self.tag("app", "old"), "kept old,in_use")
        self.assertEqual(self.tag("app", "also-old"), "kept old,in_use")
        self.assertEqual(self.tag("app", "other"), "deleted old")
        self.pulls("app", "old", "also-old", "new")

    @case(
        "a reference may be a tag, a digest, both, or an image's ID, under each name of the registry"
    )
    def test_forms(self):
        kept = ["tag", "digest", "both", "scheme", "name", "upper-name", "port", "id", "config"]
        kept += ["short-id", "short-prefixed-id", "short-config", "twice"]
        others = ["other-host", "hub", "other-repository", "latest-alone", "beginning", "too-short"]
        self.push([{"repository": "forms", "tag": tag, "created": "-90d"} for tag in kept + others])
        own = f"{self.host}/forms"

        def digest(tag):
            return self.digest(f"forms:{tag}")

        short_config = hexadecimal(self.config_digest("forms", "short-config"))
        lines = [
            f"{own}:tag {own}@{digest('digest')}\t{own}:gone@{digest('both')}",
            f"docker-pullable://{own}@{digest('scheme')}",
            "hub.example.com/forms:name  HUB.example.com/forms:upper-name cache:5000/forms:port",
            f"{digest('id')} {self.config_digest('forms', 'config')} "
            f"{hexadecimal(digest('short-id'))[:12]} {digest('short-prefixed-id')[:19]}",
            f"{short_config[:12]} {own}:twice {own}:twice",
            f"elsewhere.example.com/forms:other-host forms:hub {own}/forms:other-repository {own}",
            f"{own}:begin {hexadecimal(digest('too-short'))[:11]}",
        ]
        names = ["hub.example.com", "cache:5000"]
        self.prints("\n".join(lines), {"protect": {"registry_names": names}})
        self.exits(0)
        self.leaves("forms", *kept)
        in_use = [tag for tag in self.report()["tags"] if "in_use" in tag["reasons"]]
        self.assertEqual(len(in_use), len(kept))

    @case("this host has several names for itself")
    def test_this_host(self):
        port = self.registry.port
        self.prints(f"localhost:{port}/app:old [::1]:{port}/app:other localhost:1/app:multi")
        self.exits(0)
        self.leaves("app", "also-old", "new", "old", "other")

    @case("a namesake under another host is warned of")
    def test_namesake(self):
        self.prints(f"elsewhere.example.com/app:old {self.host}/app:other")
        self.exits(0, "--dry-run")
        self.says("app:old is selected, and an image of that name is in use under another host")
        self.keeps_quiet_of("app:other is selected")

    @case("what is no reference may be anything: nothing goes, exit 6, even with --force")
    def test_nonsense(self):
        for text in (
            f"{self.host}/app:old,{self.host}/app:other",
            f'{{"Image":"{self.host}/app:old"}}',
            "Error: cannot connect",
        ):
            self.prints(f"{text} {self.host}/app:new")
            self.exits(6, "--force")
            self.says("which is no reference of an image", "nothing is deleted")
            self.nothing_went()

    @case("podman's {{.ImageID}}: the config's hex alone; others are named")
    def test_podman(self):
        self.prints(f"{hexadecimal(self.config_digest('app', 'old'))}\n{'12' * 32}")
        self.exits(0)
        self.leaves("app", "also-old", "new", "old")
        self.says(
            "[INFO] protect.in_use: 1 of 2 are not understood: "
            "IDs that no image in this registry has (121212121212)"
        )

    @case("IDs of containers alone, or names that were taken, tell nothing: exit 6")
    def test_ids_of_containers(self):
        self.prints("\n".join(CONTAINERS))
        self.exits(6, "--force")
        self.says(f"'{self.script}': it printed nothing but IDs", "are they IDs of containers?")
        self.prints("<none>:<none>")
        self.exits(6, "--force")
        self.says(f"'{self.script}': it printed nothing but <none>", "{{.ImageID}}")
        self.nothing_went()
        # Among others it is told.
        self.prints(f"<none>:<none> {self.host}/app:old")
        self.exits(0, "--dry-run")
        self.says("[WARNING] protect.in_use: 1 of 2 are not understood: <none>")

    @case("a port that goes without saying may stand in a reference")
    def test_port(self):
        # The registry serves as a proxy to itself, as it takes whole URLs, too.
        self.prints(
            "registry.test:80/app:old registry.test/app:other registry.test:443/app:multi",
            {"registry": {"url": "http://registry.test", "proxy": self.registry.url}},
        )
        self.exits(0)
        self.leaves("app", "also-old", "new", "old", "other")
        self.says("2 from this registry")

    @case("an ID is recognized by what was remembered of an earlier scan, too")
    def test_remembered(self):
        self.prints(self.config_digest("app", "old"), {"inventory": {"source": "api"}})
        self.exits(0, "--dry-run")
        self.exits(0)
        self.leaves("app", "also-old", "new", "old")

    @case("a part of a multi-arch image keeps the whole, and its tags")
    def test_part(self):
        arm = self.digest("multi/linux/arm64")
        self.prints(f"{self.host}/app@{arm}")
        self.exits(0)
        self.leaves("app", "multi", "new")
        self.assertEqual(self.tag("app", "multi"), "kept old,in_use")
        self.pulls("app", "multi", self.digest("multi/linux/amd64"), arm)

    @case("an image in use keeps its signature")
    def test_signature(self):
        old = self.digest("old")
        self.push([{"repository": "app", "kind": "cosign", "subject": old, "created": "-90d"}])
        self.prints(f"{self.host}/app:old")
        self.exits(0)
        self.leaves("app", "also-old", "new", "old", old.replace(":", "-") + ".sig")

    @case("a manifest without a tag that runs by its digest stays")
    def test_untagged(self):
        app = self.registry.manifests("app")
        self.push(
            [
                {"repository": "app", "id": "runs", "created": "-90d"},
                {"repository": "app", "id": "idle", "created": "-90d"},
            ]
        )
        runs, idle = self.digest("runs"), self.digest("idle")
        links = [app / "revisions/sha256" / hexadecimal(digest) / "link" for digest in (runs, idle)]
        # Nor did any tag go since.
        when = time.time() - 90 * 86400
        for path in (*links, app / "tags"):
            os.utime(path, (when, when))
        self.prints(f"{self.host}/app@{runs}", {"cleanup": {"untagged_days": 7}})
        self.exits(0)
        self.pulls("app", runs)
        self.lacks("app", idle)

    @case("what an interrupted run still owes stays owed while it is in use")
    def test_owed(self):
        amd, arm = self.digest("multi/linux/amd64"), self.digest("multi/linux/arm64")
        proxy = self.start_proxy()
        # The index goes first, then what it lists.
        proxy.rules(
            *(
                {"match": {"method": "DELETE", "path": f"app/manifests/{part}"}, "hang": True}
                for part in (amd, arm)
            )
        )
        more = {
            "registry": {"url": proxy.url},
            "cleanup": {"protected_tags": ["old", "also-old", "other"]},
            "protect": {"registry_names": [self.host]},
        }
        self.configure(more)
        interrupted = self.begin()
        proxy.wait("DELETE", "app/manifests/sha256:", 3)
        interrupted.kill()
        interrupted.end()
        proxy.clear()
        self.lacks("app", self.digest("multi"))
        self.prints(f"{self.host}/app@{arm}", more)
        self.exits(0)
        self.lacks("app", amd)
        self.has("app", arm)
        self.assertEqual(self.owed(), [f"app {arm}"])
        # It runs no longer.
        self.prints(f"{self.host}/app:new", more)
        self.exits(0)
        self.lacks("app", arm)
        self.assertEqual(self.owed(), [])

    def refuses_for_each_fault(self):
        self.in_use("echo boom >&2; exit 3")
        self.exits(6, "--quiet")
        self.exits(6, "--dry-run")
        self.exits(6, "--force")
        self.in_use(f"echo {self.host}/app:old; kill -9 $$")
        self.exits(6, "--force")
        self.in_use(r'printf " \n\t\r\n"')
        self.exits(6, "--force")
        self.says(f"'{self.script}': it printed nothing")
        self.configure({"protect": {"in_use": [["/nonexistent/command"]]}})
        self.exits(6, "--force")
        self.says("'/nonexistent/command': ")

    @case("while a command fails or says nothing, nothing is deleted, whatever the options")
    def test_fails(self):
        requests = self.watch(self.refuses_for_each_fault)
        self.assertEqual([line for line in requests if not line.startswith("GET ")], [])
        self.nothing_went()
        self.in_use("echo boom >&2; yes long | head -n 5000 >&2; exit 3")
        self.exits(6)
        self.says(
            f"'{self.script}': exit status 3: boom; what is in use is not known, "
            "so nothing is deleted"
        )
        self.assertEqual(self.report()["exit_code"], 6)

    @case("what a command leaves behind may still have something to say: nothing goes")
    def test_leaves_behind(self):
        self.in_use(f"echo {self.host}/app:other; (sleep 3; echo {self.host}/app:old) &")
        self.exits(6)
        self.says(
            f"protect.in_use: '{self.script}': ", "what it started still runs and may print more"
        )
        self.nothing_went()
        # What says nothing more is no matter.
        self.in_use(f"echo {self.host}/app:other {self.host}/app:old; sleep 3 >/dev/null &")
        self.exits(0)
        self.leaves("app", "also-old", "new", "old", "other")

    @case("all commands must answer, and all that they say counts")
    def test_all(self):
        old, other = ["echo", f"{self.host}/app:old"], ["echo", f"{self.host}/app:other"]
        self.configure({"protect": {"in_use": [old, other]}})
        self.exits(0, "--dry-run")
        self.assertEqual(self.report()["summary"]["planned"], 1)
        self.configure({"protect": {"in_use": [old, ["false"]]}})
        self.exits(6)
        self.nothing_went()

    @case("plan and why end in the same way when what is in use is not known")
    def test_plan_and_why(self):
        self.in_use("exit 1")
        plan = self.folder / "plan"
        self.run_program("plan", "-c", self.config, "--output", plan)
        self.exited(6)
        self.assertFalse(plan.exists())
        self.run_program("why", "-c", self.config, "app:old")
        self.exited(6)

    @case("when nothing in use is of this registry, a warning names the host that may be")
    def test_other_host(self):
        self.prints("redis:7\nhub.example.com/app:old\nelsewhere/app:old")
        self.exits(0, "--dry-run")
        self.says(
            "[WARNING] protect.in_use: no image in use is of this registry, "
            "but some are of hub.example.com",
            "protect.registry_names",
        )
        self.prints(f"hub.example.com/app:old\n{self.host}/app:new")
        self.exits(0, "--dry-run")
        self.keeps_quiet_of("no image in use is of this registry")
