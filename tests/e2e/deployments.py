"""The examples of etc/kubernetes, etc/compose and etc/container: valid by the schemas of the tools that read
them, and run as far as one host can."""

import copy
import json
import os
import shutil
import subprocess

import yaml

from lab import World, case, files, npm
from lab.program import PROGRAM, ROOT, run
from lab.registry import docker

KUBERNETES = ROOT / "etc/kubernetes"
COMPOSE = ROOT / "etc/compose"
SCHEMAS = "kubernetes-models@4.5.1"
USER = 65532
IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]


def objects():
    """What kubectl would apply: all documents of all files that the kustomization names."""
    names = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    texts = [(KUBERNETES / name).read_text() for name in names]
    return [found for text in texts for found in yaml.safe_load_all(text)]


def of_kind(kind):
    [found] = [found for found in objects() if found["kind"] == kind]
    return found


def pod():
    return of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]


class Kubernetes(World):
    REGISTRY = None

    def faults(self, found):
        """What the schemas say of these objects."""
        script = ROOT / "tests/tools/kubernetes_schema.cjs"
        done = run(["node", script, npm.installed(SCHEMAS)], stdin=json.dumps(found))
        self.assertEqual(done.status, 0, done.output)
        return done.output.split("\n")[:-1]

    @case("every object is what the API's schema wants, and nothing else")
    def test_schemas(self):
        self.assertEqual(self.faults(objects()), [""])

    @case("a misspelt key, a wrong word and a missing part would be noticed")
    def test_schemas_notice(self):
        misspelt, wrong, short = [copy.deepcopy(of_kind("CronJob")) for _ in range(3)]
        misspelt["spec"]["jobTemplate"]["spec"]["backOffLimit"] = 0
        wrong["spec"]["concurrencyPolicy"] = "forbid"
        del short["spec"]["schedule"]
        said = self.faults([misspelt, wrong, short])
        self.assertEqual(len(said), 3, said)
        for line, word in zip(said, ("backOffLimit: unknown", "concurrencyPolicy", "schedule")):
            self.assertIn(word, line)

    @case("runs never overlap, and none is tried again")
    def test_once(self):
        spec = of_kind("CronJob")["spec"]
        self.assertEqual(spec["concurrencyPolicy"], "Forbid")
        self.assertEqual(spec["jobTemplate"]["spec"]["backoffLimit"], 0)
        self.assertEqual(pod()["restartPolicy"], "Never")

    @case("the account may do what the configuration needs, and no more")
    def test_rights(self):
        rights = {
            (resource, verb)
            for rule in of_kind("Role")["rules"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }
        wanted = {("pods", "get"), ("pods", "list"), ("pods/exec", "create"), ("pods/exec", "get")}
        self.assertEqual(rights, wanted | {("deployments", "get"), ("deployments", "patch")})
        names = [rule.get("resourceNames") for rule in of_kind("Role")["rules"]]
        config = json.loads((KUBERNETES / "config.json").read_text())
        self.assertEqual(names[-1], ["registry"])
        self.assertIn("deploy/registry", config["registry"]["exec"])
        self.assertEqual(config["gc"]["restart"][-1], "deploy/registry")
        self.assertEqual(pod()["serviceAccountName"], of_kind("ServiceAccount")["metadata"]["name"])

    @case("what it writes is on volumes, and the state on one that lasts")
    def test_volumes(self):
        [container] = pod()["containers"]
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        at = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        kinds = {volume["name"]: volume for volume in pod()["volumes"]}
        claim = of_kind("PersistentVolumeClaim")["metadata"]["name"]
        config = json.loads((KUBERNETES / "config.json").read_text())
        self.assertTrue(config["paths"]["state"].startswith("/var/lib/clean-registry/"))
        state = kinds[at["/var/lib/clean-registry"]]
        self.assertEqual(state["persistentVolumeClaim"]["claimName"], claim)
        self.assertEqual(kinds[at["/tmp"]]["emptyDir"], {})
        self.assertEqual(config["log"]["file"], "")


class InPlaces(World):
    """The program's own image, as the examples run it: no rights, and a root file system that is read-only."""

    REGISTRY = {"where": "container"}
    IMAGES = IMAGES
    CONFIG = None
    image = None

    def setUp(self):
        super().setUp()
        if InPlaces.image is None:
            InPlaces.image = self.build_image()

    def build_image(self):
        """What etc/container makes of Debian's packages, made of this host's: the program, the engine's
        client, and the libraries of both."""
        root = files.new_folder("image")
        programs = {PROGRAM: "usr/sbin/clean-registry", "/usr/bin/docker": "usr/bin/docker"}
        for path, place in programs.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / place)
            words = run(["ldd", path]).output.split()
            libraries = [word for word in words if word.startswith("/")]
            if libraries:
                run(["cp", "-L", "--parents", *libraries, root])
        (root / "tmp").mkdir(mode=0o1777)
        state = root / "var/lib/clean-registry"
        state.mkdir(parents=True)
        os.chown(state, USER, USER)
        tar = subprocess.run(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE, check=True)
        words = ["docker", "import"]
        for change in (
            "USER 65532:65532",
            "ENV HOME=/tmp PATH=/usr/sbin:/usr/bin",
            "VOLUME /var/lib/clean-registry",
            'ENTRYPOINT ["/usr/sbin/clean-registry"]',
        ):
            words += ["--change", change]
        done = run([*words, "-", "clean-registry:test"], env=self.env, stdin=tar.stdout)
        self.assertEqual(done.status, 0, done.output)
        shutil.rmtree(root)
        return "clean-registry:test"

    def adapt(self, path, changes):
        """The example's configuration for the registry of this test."""
        document = json.loads(path.read_text())
        document["registry"] |= {"url": self.registry.url, **changes}
        document["paths"] |= {"config": self.registry.config, "storage": self.registry.root}
        return document

    def ends_well(self, done):
        self.assertEqual(done.status, 0, done.output)
        self.leaves("app", "new")
        self.assertIn("deleted app:old", done.output)

    @case("docker compose runs it beside the registry, which it collects and restarts")
    def test_compose(self):
        # As the README of a user would have it, but for the network: this engine has no bridge.
        document = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
        cleaner = document["services"]["clean-registry"]
        del document["services"]["registry"]
        socket = f"{os.environ['TEST_ENGINE']}/docker.sock"
        cleaner |= {"image": self.image, "network_mode": "host"}
        cleaner["volumes"][-1] = f"{socket}:/var/run/docker.sock"
        del document["volumes"]["registry"]
        (self.folder / "compose.yaml").write_text(yaml.safe_dump(document))
        config = self.folder / "config.json"
        self.write_config(
            self.adapt(COMPOSE / "config.json", {"container": self.registry.name}), config
        )
        config.chmod(0o644)
        self.env |= {"DOCKER_GROUP": str(os.stat(socket).st_gid)}
        words = ["docker-compose", "-p", f"t{os.getpid()}", "-f", self.folder / "compose.yaml"]
        self.addCleanup(run, [*words, "down", "-v"], env=self.env)
        began = docker("inspect", "-f", "{{.State.StartedAt}}", self.registry.name)
        look = run([*words, "run", "--rm", "clean-registry", "--dry-run"], env=self.env)
        self.assertEqual(look.status, 0, look.output)
        self.leaves("app", "new", "old")
        done = run([*words, "run", "--rm", "clean-registry"], env=self.env)
        self.ends_well(done)
        self.assertNotEqual(
            began, docker("inspect", "-f", "{{.State.StartedAt}}", self.registry.name)
        )

    @case("docker compose takes the example as it is")
    def test_compose_schema(self):
        words = ["docker-compose", "-f", COMPOSE / "compose.yaml", "config"]
        done = run(words, env={**self.env, "DOCKER_GROUP": "999"})
        self.assertEqual(done.status, 0, done.output)
        services = yaml.safe_load(done.output)["services"]
        self.assertEqual(sorted(services), ["clean-registry", "registry"])
        self.assertTrue(services["clean-registry"]["read_only"])

    def secret_volume(self, document):
        """A folder laid out as Kubernetes lays out the volume of a Secret, by its mode and group."""
        folder = self.folder / "secret"
        (folder / "..2026").mkdir(parents=True)
        path = folder / "..2026/config.json"
        path.write_text(json.dumps(document))
        os.chown(path, 0, USER)
        path.chmod(pod()["volumes"][0]["secret"]["defaultMode"])
        (folder / "..data").symlink_to("..2026")
        (folder / "config.json").symlink_to("..data/config.json")
        folder.chmod(0o1777)
        return folder

    @case("with a Secret's volume and a claim's, it works as the CronJob's pod runs it")
    def test_pod(self):
        document = self.adapt(KUBERNETES / "config.json", {"password": "x", "user": "y"})
        # In place of kubectl: the engine that this host has.
        document["registry"]["exec"] = ["docker", "exec", self.registry.name]
        document["gc"]["restart"] = ["docker", "restart", self.registry.name]
        claim = self.folder / "claim"
        claim.mkdir()
        os.chown(claim, 0, USER)
        claim.chmod(0o2775)
        socket = f"{os.environ['TEST_ENGINE']}/docker.sock"
        context = pod()["securityContext"]
        words = [
            *("docker", "run", "--rm", "--read-only", "--network", "host", "--cap-drop", "ALL"),
            *("--user", f"{context['runAsUser']}:{context['runAsGroup']}"),
            *("--group-add", str(os.stat(socket).st_gid), "--tmpfs", "/tmp"),
            *("--security-opt", "no-new-privileges"),
            *("-v", f"{self.secret_volume(document)}:/etc/clean-registry:ro"),
            *("-v", f"{claim}:/var/lib/clean-registry", "-v", f"{socket}:/var/run/docker.sock"),
            self.image,
        ]
        done = run(words, env=self.env)
        self.ends_well(done)
        self.assertNotIn("can be read by", done.output)
        self.assertTrue(list(claim.glob("state/*/*")))

    @case("the image's file names packages that Debian has, and a user without rights")
    def test_containerfile(self):
        text = (ROOT / "etc/container/Containerfile").read_text()
        self.assertIn(f"USER {USER}:{USER}", text)
        listed = [word for word in text.split() if word.startswith("lib")]
        self.assertGreater(len(listed), 5)
        for package in listed:
            self.assertEqual(run(["apt-cache", "show", package]).status, 0, package)
