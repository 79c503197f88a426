"""The configuration for Scaleway's registry: where the secret key comes from and goes to, commands that this registry
has not, and that of what is refused nothing is sent."""

import json
import shutil

from lab import case, program
from lab.scaleway import SECRET, error
from lab.scaleway_world import ScalewayWorld

OTHER = "99999999-8888-4777-8666-555555555555"
KEY = "registry.scaleway_config"


class Configured(ScalewayWorld):
    TAGS = {"team/app": {"old": {"created": "-89d"}, "new": {"created": "-1d"}}}

    def setUp(self):
        super().setUp()
        self.file = self.folder / "scw.yaml"

    def sent_nothing(self):
        self.assertEqual(self.stand.requests, [])

    def write_file(self, text, mode=0o600):
        self.file.write_text(text)
        self.file.chmod(mode)

    def configure_file(self, *changes, path=None):
        """The secret key from Scaleway's own file."""
        change = {"registry": {"secret_key": None, "scaleway_config": str(path or self.file)}}
        self.configure(change, *changes)

    def sent(self):
        """The secret keys that requests carried."""
        self.assertGreater(len(self.stand.requests), 0)
        return {request.headers.get("X-Auth-Token") for request in self.stand.requests}

    def refused(self, *lines, env=None):
        """A run ends with 2 and these lines alone, and sends nothing."""
        self.run_program("--config", self.config, env=env)
        self.exited(2)
        self.assertEqual(self.lines(), [f"clean-registry: {self.config}: {line}" for line in lines])
        self.sent_nothing()

    def secret_is_nowhere(self, secret):
        """Neither in what was printed nor in any file that was written."""
        self.assertNotIn(secret, self.output)
        written = [path for path in self.program_folder.rglob("*") if path.is_file()]
        for path in written:
            if path != self.config:
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        self.assertIn(self.program_folder / "log", written)


class Refused(Configured):
    @case("what Scaleway's registry cannot follow is refused, each with why, and nothing is sent")
    def test_keys(self):
        self.configure(
            {
                "registry": {"container": "registry", "user": ""},
                "inventory": {"source": "api"},
                "cleanup": {"age_from": "pushed"},
                "gc": {"when": "never"},
                "undo": {"hold_days": 0},
            }
        )
        why = ': not for registry.kind "scaleway": '
        self.refused(
            f"registry.user{why}requests carry registry.secret_key, and no login",
            f"registry.container{why}no container or program of it runs here",
            f"inventory.source{why}only its API can be read",
            f"cleanup.age_from{why}a tag's age is counted from the newer of created_at and updated_at",
            f"gc.when{why}Scaleway frees the space itself",
            f"undo.hold_days{why}what was deleted there cannot be restored",
        )

    @case("so is it when a variable of the environment says it")
    def test_variable(self):
        self.refused(
            'CLEAN_REGISTRY_GC_WHEN: not for registry.kind "scaleway": Scaleway frees the space itself',
            env={"CLEAN_REGISTRY_GC_WHEN": "always"},
        )

    @case("what only Scaleway's registry has is refused with v2")
    def test_v2(self):
        self.configure(
            {"registry": {"kind": "v2", "exec": [], "secret_key": None, "deleting_seconds": None}},
            {"paths": {"config": "/c.yml"}},
        )
        self.refused('registry.region: not for registry.kind "v2", only for "scaleway"')

    @case("commands about manifests, blobs and collectors end with 2, one line, and send nothing")
    def test_commands(self):
        reasons = {
            "collect": "Scaleway frees the space itself",
            "recover": "no run stops a registry or collector there that would be left behind",
            "usage": "its API does not tell which blobs an image has",
            "verify": "its API shows neither manifests nor blobs",
            "restore": "what was deleted there cannot be restored",
        }
        for command, reason in reasons.items():
            with self.subTest(command):
                what = ["team/app:old"] if command == "restore" else []
                self.run_program("--config", self.config, command, *what)
                self.exited(2)
                self.assertEqual(
                    self.lines(),
                    [
                        f"clean-registry: '{command}' is not for registry.kind \"scaleway\": {reason}"
                    ],
                )
        self.sent_nothing()

    @case("in a folder of registries, too, by the name of the one that has not that command")
    def test_folder(self):
        folder = self.folder / "registries"
        folder.mkdir(0o755)
        for name in ("one", "two"):
            shutil.copy(self.config, folder / f"{name}.json")
        document = json.loads(self.config.read_text())
        document["registry"]["region"] = "nl-ams"
        document["paths"]["state"] += "2"
        self.write_config(document, folder / "two.json")
        for command in ("usage", "verify"):
            with self.subTest(command):
                self.run_program("--config", folder, command, "--parallel", "2")
                self.exited(2)
                for name in ("one", "two"):
                    self.matches(f"^{name}: .*'{command}' is not for registry.kind \"scaleway\": ")
        self.sent_nothing()


class SecretKey(Configured):
    def cleans(self, env=None):
        """A run with all that is told, which deletes what is old."""
        self.clean("--debug", "--http-logs", env=env)
        self.exited(0)
        self.has(**{"team/app": "new"})

    @case("the secret key of the configuration is what requests carry, and nothing else tells it")
    def test_literal(self):
        self.cleans()
        self.assertEqual(self.sent(), {SECRET})
        for request in self.stand.requests:
            self.assertIsNone(request.headers.get("Authorization"))
        self.secret_is_nowhere(SECRET)

    def sees_environment(self):
        """A change by which a command writes its environment to self.seen."""
        self.seen = self.folder / "seen"
        script = f"env >'{self.seen}'; echo rg.fr-par.scw.cloud/a/b:c"
        return {"protect": {"in_use": [["sh", "-c", script]]}}

    def kept_from_commands(self, secret):
        self.assertIn("PATH=", self.seen.read_text())
        self.assertNotIn(secret, self.seen.read_text().lower())
        self.seen.unlink()

    @case("the secret key of a variable is kept from every command that is run, and from every log")
    def test_variable(self):
        sees = self.sees_environment()
        self.configure({"registry": {"secret_key": "__ENV: SCW_SECRET_KEY"}}, sees)
        self.cleans(env={"SCW_SECRET_KEY": SECRET})
        self.assertEqual(self.sent(), {SECRET})
        self.kept_from_commands(SECRET)
        self.secret_is_nowhere(SECRET)
        self.configure(sees)
        self.clean(env={"SCW_SECRET_KEY": SECRET.upper(), "OTHER": SECRET})
        self.exited(0)
        self.kept_from_commands(SECRET)
        self.write_file(f"secret_key: {SECRET}\n")
        self.configure_file(sees)
        self.clean(env={"SCW_SECRET_KEY": SECRET})
        self.exited(0)
        self.kept_from_commands(SECRET)

    @case("in a folder of registries no command of any has the variable that one of them needs")
    def test_folder(self):
        folder = self.folder / "registries"
        folder.mkdir(0o755)
        self.write_file(f"secret_key: {SECRET}\n")
        self.configure_file()
        shutil.copy(self.config, folder / "one.json")
        other = self.start_stand()
        other.add_tag("team/app", "new", created="-1d")
        self.configure(
            {"paths": {"state": f"{self.state}2"}, "log": {"file": ""}},
            self.sees_environment(),
            url=other.url,
        )
        shutil.copy(self.config, folder / "two.json")
        self.run_program(
            "--config", folder, "--parallel", "2", "--dry-run", env={"SCW_SECRET_KEY": SECRET}
        )
        self.exited(0)
        self.matches("^one: .*would delete team/app:old")
        self.kept_from_commands(SECRET)

    @case("an answer that repeats a secret key of the file is shown without it")
    def test_echo(self):
        self.write_file(f"secret_key: {SECRET}\nprofiles: {{p: {{secret_key: {OTHER}}}}}\n")
        self.configure_file()
        said = f"the key {SECRET.upper()} may not, nor {OTHER}"
        self.stand.answers(error(403, "permissions_denied", message=said))
        self.clean("--debug", "--http-logs")
        self.exited(3)
        self.says("may not, nor ")
        for secret in (SECRET, SECRET.upper(), OTHER):
            self.secret_is_nowhere(secret)

    @case("the file of Scaleway's own tools gives the secret key of the profile that is asked for")
    def test_file(self):
        self.write_file(
            f"secret_key: {OTHER}\nprofiles:\n  work:\n    secret_key: {SECRET}\n"
            f"    api_url: {self.stand.url}/\n"
        )
        self.configure_file({"registry": {"scaleway_profile": "work"}})
        self.cleans()
        self.assertEqual(self.sent(), {SECRET})
        self.says(f"the secret key is from {self.file}, profile work")
        self.secret_is_nowhere(SECRET)
        self.secret_is_nowhere(OTHER)

    @case("default is the file that Scaleway's own variables name, and SCW_PROFILE the profile")
    def test_default(self):
        self.write_file(f"active_profile: a\nprofiles: {{a: {{}}, b: {{secret_key: {SECRET}}}}}")
        self.configure_file(path="default")
        self.cleans(env={"SCW_CONFIG_PATH": str(self.file), "SCW_PROFILE": "b"})
        self.assertEqual(self.sent(), {SECRET})

    @case("a key of the environment that is another one than the file's is not guessed about")
    def test_two_keys(self):
        self.write_file(f"secret_key: {SECRET}\n")
        self.configure_file()
        self.refused(
            f"{KEY}: {self.file}: its secret_key is another one than SCW_SECRET_KEY: unset that, or "
            'write "__ENV: SCW_SECRET_KEY" into registry.secret_key instead of this key',
            env={"SCW_SECRET_KEY": OTHER},
        )
        self.cleans(env={"SCW_SECRET_KEY": SECRET})
        self.secret_is_nowhere(SECRET)

    @case(
        "a file that cannot be used ends the run with 2, and nothing is sent; no line tells a secret"
    )
    def test_broken(self):
        cases = {
            f"secret_key: '{SECRET}": "line 1: found unexpected end of stream",
            f"- {SECRET}": "line 1: a mapping is expected",
            f"x: &a {SECRET}\nsecret_key: *a": "line 1: it has an anchor or a tag, which is not followed",
            f"secret_key: {SECRET}\nsecret_key: {OTHER}": "line 2: a key is given twice",
            f"secret_key: x{SECRET}": "its secret_key is no UUID",
            "access_key: x": "it has no secret_key",
            f"secret_key: {SECRET}\napi_url: https://api.scaleway.com": "its api_url is another one than "
            "registry.url",
            f"secret_key: {SECRET}\nactive_profile: work": "it has no profile work",
        }
        self.configure_file()
        for text, problem in cases.items():
            with self.subTest(problem):
                self.write_file(text)
                self.refused(f"{KEY}: {self.file}: {problem}")
                self.assertNotIn(SECRET, self.output)

    @case("a file that is too long, that others can write, or that is not there is refused")
    def test_permissions(self):
        self.configure_file()
        self.refused(f"{KEY}: {self.file}: No such file or directory")
        self.write_file(f"secret_key: {SECRET}\n", mode=0o660)
        self.refused(
            f"{KEY}: {self.file}: it can be written by others than its owner; "
            f"run: chmod go-w {self.file}"
        )
        self.write_file("#" * (1 << 20) + f"\nsecret_key: {SECRET}\n")
        self.refused(f"{KEY}: {self.file}: longer than 1048576 bytes")

    @case("that everybody can read it is a warning, and so is another region in it")
    def test_warnings(self):
        self.write_file(f"secret_key: {SECRET}\ndefault_region: nl-ams\n", mode=0o644)
        self.configure_file()
        self.cleans()
        self.says(
            f"{KEY}: everybody can read it; run: chmod o-r {self.file}",
            f"{KEY}: {self.file}: its default_region is not used, because registry.region is another one",
        )

    @case("the file is nothing that a report may be written over")
    def test_report(self):
        text = f"secret_key: {SECRET}\n"
        self.write_file(text)
        self.configure_file()
        self.run_program("--config", self.config, "--report", self.file)
        self.exited(2)
        self.says("registry.scaleway_config")
        self.assertEqual(self.file.read_text(), text)
        self.sent_nothing()


class Place(Configured):
    def start_stand(self, **options):
        return super().start_stand(region="nl-ams", **options)

    @case("the region of the configuration is the one that is asked, and the state is of it alone")
    def test_region(self):
        self.clean()
        self.exited(0)
        self.has(**{"team/app": "new"})
        base = f"{self.stand.url}/registry/v1/regions/nl-ams"
        self.assertEqual(self.reported()["registry"], base)
        for request in self.stand.requests:
            self.assertTrue(request.target.startswith("/registry/v1/regions/nl-ams/"), request)

    @case("the example that is shipped needs a region, a secret key and nothing else")
    def test_example(self):
        example = json.loads((program.ROOT / "etc/scaleway.json").read_text())
        registry = {"url": self.stand.url, "region": "nl-ams"}
        self.write_config(
            program.merge(
                example,
                {
                    "registry": registry,
                    "paths": {"state": str(self.state)},
                    "log": {"file": str(self.program_folder / "log")},
                },
            )
        )
        self.refused("registry.secret_key: the variable SCW_SECRET_KEY is not set")
        for age in range(91, 94):
            self.stand.add_tag("team/app", f"old-{age}", created=f"-{age}d")
        with self.subTest("its limits count"):
            self.clean(env={"SCW_SECRET_KEY": SECRET})
            self.exited(6)
            self.says("safety.max_delete_percent")
        for age in range(2, 5):
            self.stand.add_tag("team/app", f"new-{age}", created=f"-{age}d")
        self.clean(env={"SCW_SECRET_KEY": SECRET})
        self.exited(0)
        self.has(**{"team/app": "new new-2 new-3 new-4 old"})
