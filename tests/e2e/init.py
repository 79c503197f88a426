"""`clean-registry init`: what it asks of real engines and of this host, and that its file works as it is."""

import json
import os
import shutil
import socket
import stat
import time

from lab import World, case, files, wait_for
from lab.podman import Podman
from lab.program import PROGRAM
from lab.registry import IMAGE, docker, free_port

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
CLEANUP = {"days_to_keep": 30, "protected_tags": ["latest"], "protected_patterns": []}
CONFIG_FILE = "/etc/docker/registry/config.yml"
AS_DEBIAN_HAS_IT = """version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/docker-registry
http:
  addr: :PORT
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  htpasswd:
    realm: basic-realm
    path: /etc/docker/registry
"""
# Sees no process but its own: registries of other tests run on this host, too.
ALONE = ["unshare", "--pid", "--fork", "--mount-proc"]


class Init(World):
    CONFIG = None

    def setUp(self):
        super().setUp()
        self.file = self.folder / "made.json"
        # Neither this host's log nor its state is touched.
        # Some addresses answer nobody.
        self.env["CLEAN_REGISTRY_REGISTRY_RETRY_SECONDS"] = "0"
        self.env["CLEAN_REGISTRY_LOG_FILE"] = str(self.folder / "log")
        self.env["CLEAN_REGISTRY_PATHS_STATE"] = str(self.state)

    def made(self):
        return json.loads(self.file.read_text())

    def init(self, *words, env=None):
        """Runs it; it must write the file, for its owner alone. Returns what is in it."""
        self.file.unlink(missing_ok=True)
        self.run_program("init", *words, "--output", self.file, env=env)
        self.exited(0)
        self.says(f"{self.file}: written for ")
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        made = self.made()
        self.assertEqual(made["cleanup"], CLEANUP)
        return made

    def refuses(self, *words, env=None):
        """It ends with 2 and writes nothing."""
        self.file.unlink(missing_ok=True)
        self.run_program("init", *words, "--output", self.file, env=env)
        self.exited(2)
        self.assertFalse(self.file.exists())

    def looks(self):
        """A dry run with the file as it is: one of the two images would go."""
        self.run_program("--config", self.file, "--dry-run")
        self.exited(0)
        self.says("would delete app:old", "would delete 1 tag (1 manifest)")

    def engine(self, *words):
        return ["docker", "-H", self.env["DOCKER_HOST"], *words]

    def container(self, *words, command=()):
        """A container of the tests' image, removed with the test; returns its name."""
        name = f"init-{os.getpid()}-{free_port()}"
        self.addCleanup(docker, "rm", "-f", "-v", name, check=False)
        docker("run", "-d", "--name", name, "--network", "host", *words, IMAGE, *command)
        return name

    def own_settings(self, more, *, at=CONFIG_FILE, addr=None):
        """Options of `run` by which a registry has a configuration of its own, with `more` in its storage."""
        path = files.new_folder("y") / "config.yml"
        addr = addr or f"'127.0.0.1:{free_port()}'"
        path.write_text(
            f"version: 0.1\nhttp: {{addr: {addr}, secret: x}}\n"
            "storage:\n  filesystem: {rootdirectory: /var/lib/registry}\n"
            f"  delete: {{enabled: true}}\n  {more}\n"
        )
        return ["-v", f"{path}:{at}"]

    def shim(self, program, script):
        """A folder for PATH with a program of this name, before all others."""
        folder = files.new_folder("b")
        path = folder / program
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"


class Containers(Init):
    REGISTRY = {"where": "container", "cache": "inmemory"}
    IMAGES = IMAGES

    @case("a container: its address, its paths, its engine; a dry run needs no editor after it")
    def test_container(self):
        made = self.init("--container", self.registry.name)
        self.assertEqual(
            made["registry"],
            {
                "url": self.registry.url,
                "user": "",
                "password": "",
                "container": self.registry.name,
                "exec": self.engine("exec", "{container}"),
            },
        )
        self.assertEqual(
            made["paths"],
            {
                "config": CONFIG_FILE,
                "storage": "/var/lib/registry",
                "host_storage": str(self.registry.store),
            },
        )
        self.assertEqual(made["gc"], {"restart": self.engine("restart", "{container}")})
        self.keeps_quiet_of("left to do")
        # Then it checks that what it wrote works.
        self.says(f"the registry answers: {self.registry.url}", " 0 to mend")
        self.looks()

    @case("what is there already is not touched, and nobody is asked")
    def test_overwrites_nothing(self):
        self.file.write_text("mine")
        self.run_program("init", "--container", "none", "--output", self.file)
        self.exited(2)
        self.says(f"{self.file} is there already and stays as it is")
        self.assertEqual(self.file.read_text(), "mine")
        # Nor what a link leads to.
        link = self.folder / "link.json"
        link.symlink_to(self.folder / "elsewhere")
        self.run_program("init", "--container", self.registry.name, "--output", link)
        self.exited(2)
        self.assertFalse((self.folder / "elsewhere").exists())

    @case("without --output it is ./config.json, where the next command looks for it")
    def test_default_output(self):
        self.run_program("init", "--container", self.registry.name, cwd=self.folder)
        self.exited(0)
        self.run_program("--dry-run", cwd=self.folder)
        self.exited(0)
        self.says("configuration ./config.json", "would delete app:old")

    @case("a service of Compose is known by its labels; without Compose its container is restarted")
    def test_compose(self):
        project_file = self.folder / "compose.yml"
        project_file.write_text("services: {}\n")
        project, service = f"shop{os.getpid()}", f"registry{os.getpid()}"
        labels = {
            "project": project,
            "service": service,
            "project.working_dir": self.folder,
            "project.config_files": project_file,
        }
        words = [f"--label=com.docker.compose.{key}={value}" for key, value in labels.items()]
        name = self.container(*self.own_settings("cache: {blobdescriptor: inmemory}"), *words)
        # A docker that has Compose, and one that has not.
        script = (
            f'[[ "$*" != *"compose version" ]] || exit CODE\nexec {shutil.which("docker")} "$@"'
        )
        path = self.shim("docker", script.replace("CODE", "1"))
        made = self.init("--compose", service, env={"PATH": path})
        self.assertEqual(made["registry"]["container"], name)
        self.assertEqual(made["gc"]["restart"], self.engine("restart", "{container}"))
        path = self.shim("docker", script.replace("CODE", "0"))
        made = self.init("--compose", service, env={"PATH": path})
        whole = ["compose", "--project-name", project, "--project-directory", str(self.folder)]
        whole += ["-f", str(project_file), "restart", service]
        self.assertEqual(made["gc"]["restart"], self.engine(*whole))
        # With one of its files gone nobody knows what Compose would do.
        project_file.unlink()
        made = self.init("--compose", service, env={"PATH": path})
        self.assertEqual(made["gc"]["restart"], self.engine("restart", "{container}"))
        self.refuses("--compose", "nobody")
        self.says("--compose nobody: no running container is one of it")

    @case(
        "variables of the container count like its file: root, address, login, and where the file is"
    )
    def test_variables(self):
        store = self.folder / "outer"
        (store / "inner").mkdir(parents=True)
        port = free_port()
        name = self.container(
            *self.own_settings("", at="/settings.yml"),
            *("-v", f"{store}:/srv/data"),
            *("-e", "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/srv/data/inner/"),
            *("-e", "REGISTRY_CONFIGURATION_PATH=/settings.yml"),
            *("-e", f"REGISTRY_HTTP_ADDR=127.0.0.1:{port}"),
            *("-e", "REGISTRY_AUTH=htpasswd", "-e", "REGISTRY_AUTH_HTPASSWD_REALM=r"),
            *("-e", "REGISTRY_AUTH_HTPASSWD_PATH=/tmp/htpasswd"),
            command=["serve"],
        )
        made = self.init("--container", name)
        self.assertEqual(
            made["paths"],
            {
                "config": "/settings.yml",
                "storage": "/srv/data/inner",
                "host_storage": str(store / "inner"),
            },
        )
        self.assertEqual(made["registry"]["url"], f"http://127.0.0.1:{port}")
        self.assertNotIn("gc", made)
        self.says("registry.user, registry.password: it asks for a login (htpasswd)")

    @case("a container in the network of another one is reached by the other's address")
    def test_shared_network(self):
        name = self.container(*self.own_settings(""))
        shown = json.loads(docker("container", "inspect", name))
        shown[0]["HostConfig"]["NetworkMode"] = "container:12ab"
        shown[0]["NetworkSettings"] = {"Ports": {}, "Networks": {}}
        other = [
            {"Id": "12ab", "NetworkSettings": {"Networks": {"n": {"IPAddress": "172.20.0.9"}}}}
        ]
        (self.folder / "shown").write_text(json.dumps(shown))
        (self.folder / "other").write_text(json.dumps(other))
        script = f"""
case "$*" in
*"inspect"*12ab) cat '{self.folder}/other' ;;
*"inspect"*) cat '{self.folder}/shown' ;;
*cat*{CONFIG_FILE}) echo "{{http: {{addr: ':5000'}}}}" ;;
*) exec {shutil.which("docker")} "$@" ;;
esac"""
        made = self.init("--container", name, env={"PATH": self.shim("docker", script)})
        self.assertEqual(made["registry"]["url"], "http://172.20.0.9:5000")

    @case("an engine on another host: its folders are not here, and its address is its own")
    def test_elsewhere(self):
        script = f"""
[[ "$1 $2" == '-H tcp://far:2375' ]] || exit 125
shift 2
exec {shutil.which("docker")} -H {self.env["DOCKER_HOST"]} "$@"
"""
        env = {"PATH": self.shim("docker", script), "DOCKER_HOST": "tcp://far:2375"}
        made = self.init("--container", self.registry.name, env=env)
        self.assertEqual(made["paths"], {"config": CONFIG_FILE, "storage": "/var/lib/registry"})
        self.says("the engine is on another host (DOCKER_HOST)")

    @case("what cannot be found out is said, with the reason, and the file is written all the same")
    def test_unknown(self):
        name = self.container(
            *self.own_settings("", at="/settings.yml", addr="/tmp/registry.sock, net: unix"),
            command=["serve", "/settings.yml"],
        )
        made = self.init("--container", name)
        self.assertEqual(made["registry"]["url"], "")
        self.assertEqual(made["paths"], {"config": "/settings.yml", "storage": "/var/lib/registry"})
        self.says(
            "registry.url: it listens on a Unix socket (http.net)",
            "paths.host_storage: no mount holds its storage",
        )
        # The file says itself that something is missing.
        self.run_program("--config", self.file, "--dry-run")
        self.exited(2)
        self.says("registry.url")

    @case("a container that is not there, or does not run, and an engine that does not answer")
    def test_no_container(self):
        self.refuses("--container", "nobody", "--engine", "docker")
        self.says(
            "docker: container nobody: there is no such container (`docker ps -a` lists them)"
        )
        name = self.container(command=["--help"])
        wait_for(lambda: not running(name))
        self.refuses("--container", name, "--engine", "docker")
        self.says(f"docker: container {name} is not running: start it")
        self.env["DOCKER_HOST"] = f"unix://{self.folder}/none.sock"
        self.refuses("--container", "nobody", "--engine", "docker")
        self.says("docker: container nobody: the container engine cannot be reached")
        self.refuses("--container", "nobody", "--compose", "nobody")
        self.says("only one of them")


def running(name):
    return docker("inspect", "-f", "{{.State.Running}}", name) == "true\n"


class Podmans(Init):
    """Podman is asked alone: registries of other tests run in docker and on this host."""

    REGISTRY = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.podman = Podman()
        cls.addClassCleanup(cls.podman.stop)

    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{self.podman.bin}:{os.environ['PATH']}"

    @case(
        "the only registry of an engine is taken without a name; of two both are named, and none is taken"
    )
    def test_podman(self):
        port = free_port()
        self.addCleanup(self.podman.ask, "rm", "-a", "-f", "-t", "1")
        self.refuses("--engine", "podman")
        self.says("no registry was found running; name it with --container")
        store = self.folder / "store"
        store.mkdir()
        own = self.own_settings("cache: {blobdescriptor: inmemory}", addr=f"'127.0.0.1:{port}'")
        self.podman.run("first", *own, "-v", f"{store}:/var/lib/registry")
        made = self.init("--engine", "podman")
        self.says("container first of podman (image localhost/registry:2)")
        self.assertEqual(
            made,
            {
                "registry": {
                    "url": f"http://127.0.0.1:{port}",
                    "user": "",
                    "password": "",
                    "container": "first",
                    "exec": ["podman", "exec", "{container}"],
                },
                "cleanup": CLEANUP,
                "paths": {
                    "config": CONFIG_FILE,
                    "storage": "/var/lib/registry",
                    "host_storage": str(store),
                },
                "gc": {"restart": ["podman", "restart", "{container}"]},
            },
        )
        wait_for(lambda: answers(port))
        self.run_program("--config", self.file, "--dry-run")
        self.exited(0)
        self.file.unlink()
        self.podman.run("second", *self.own_settings("", addr=f"'127.0.0.1:{free_port()}'"))
        self.refuses("--engine", "podman")
        self.says("--container first --engine podman", "--container second --engine podman")
        self.says("there are several registries: name the one")


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Hosts(Init):
    REGISTRY = {"cache": "inmemory"}
    IMAGES = IMAGES

    @case("a process of this host that serves a file: its program, its storage, no container")
    def test_host(self):
        made = self.init("--host", self.registry.config)
        self.assertEqual(
            made["registry"],
            {
                "url": self.registry.url,
                "user": "",
                "password": "",
                "program": "docker-registry",
                "exec": [],
            },
        )
        root = str(self.registry.store)
        self.assertEqual(
            made["paths"], {"config": self.registry.config, "storage": root, "host_storage": root}
        )
        # No service of systemd runs what a test started.
        self.assertNotIn("gc", made)
        self.says("gc.restart: no service of systemd runs it")
        self.looks()

    @case("without a word the only process of this host is taken, where no engine is installed")
    def test_alone(self):
        folder = files.new_folder("b")
        (folder / "docker-registry").symlink_to(shutil.which("docker-registry"))
        settings = self.folder / "settings.yml"
        port = free_port()
        settings.write_text(
            f"version: 0.1\nhttp: {{addr: '127.0.0.1:{port}', secret: x}}\n"
            f"storage: {{filesystem: {{rootdirectory: '{self.folder}'}}}}\n"
        )
        script = (
            f"docker-registry serve {settings.name} >/dev/null 2>&1 & registry=$!\n"
            'until grep -q serve /proc/$registry/cmdline; do :; done\n"$@"; code=$?\n'
            "kill $registry; exit $code"
        )
        words = [*ALONE, "/bin/bash", "-c", script, "bash", PROGRAM, "init", "--output", self.file]
        for program in ("unshare", "grep"):
            (folder / program).symlink_to(shutil.which(program))
        self.command(*words, cwd=self.folder, env={"PATH": folder})
        self.exited(0)
        self.assertEqual(self.made()["registry"]["url"], f"http://127.0.0.1:{port}")
        self.assertEqual(self.made()["paths"]["config"], str(settings))

    @case(
        "a program or file that another user's process names is not run, nor taken without a word"
    )
    def test_other_user(self):
        path = files.new_folder("b")
        for program in ("unshare", "grep"):
            (path / program).symlink_to(shutil.which(program))
        theirs = files.new_folder("u")
        ran = self.folder / "ran"
        os.mkfifo(theirs / "never")
        program = theirs / "docker-registry"
        program.write_text(
            f"#!/bin/bash\nif [ $1 = --version ]; then : >'{ran}'; exit; fi\nread -r <>'{theirs}/never'\n"
        )
        program.chmod(0o755)
        settings = theirs / "settings.yml"
        settings.write_text(
            "version: 0.1\nhttp: {addr: '127.0.0.1:9'}\n"
            f"storage: {{filesystem: {{rootdirectory: '{self.folder}'}}}}\n"
        )
        os.chown(theirs, 65534, 65534)
        script = (
            f"{program} serve {settings} >/dev/null 2>&1 & registry=$!\n"
            'until grep -q serve /proc/$registry/cmdline; do :; done\n"$@"; code=$?\n'
            "kill $registry; exit $code"
        )
        words = [*ALONE, "/bin/bash", "-c", script, "bash", PROGRAM, "init", "--output", self.file]
        self.command(*words, env={"PATH": path})
        self.exited(2)
        self.says("no registry was found running")
        self.command(*words, "--host", settings, env={"PATH": path})
        self.exited(0)
        self.says(f"started as {program}, which others than root and this user can change")
        self.assertEqual(self.made()["registry"]["program"], "docker-registry")
        self.assertFalse(ran.exists())

    @case("its variables count, and are said to be missing for the collector")
    def test_variables(self):
        other = self.folder / "other"
        other.mkdir()
        self.registry.restart(REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=str(other))
        made = self.init("--host", self.registry.config)
        self.assertEqual(made["paths"]["storage"], str(other))
        self.says("which the collector that clean-registry starts would not have")

    @case("without a process the file alone is read, and that is said")
    def test_no_process(self):
        path = self.folder / "settings.yml"
        port = free_port()
        path.write_text(AS_DEBIAN_HAS_IT.replace("PORT", str(port)))
        # Nobody answers there; a run would ask again for a minute, but somebody waits for this.
        del self.env["CLEAN_REGISTRY_REGISTRY_RETRY_SECONDS"]
        began = time.monotonic()
        made = self.init("--host", path)
        self.assertLess(time.monotonic() - began, 40)
        self.says("the registry answers: the registry cannot be reached: connection refused after")
        self.assertEqual(made["registry"]["url"], f"http://127.0.0.1:{port}")
        self.assertEqual(made["paths"]["storage"], "/var/lib/docker-registry")
        self.says("it asks for a login (htpasswd)", "gc.restart: no service of systemd runs it")
        self.says(f"no process that serves {path} was found", "it refuses deletes")
        self.refuses("--host", self.folder / "none.yml")
        self.says("none.yml: No such file or directory")

    @case("kubectl: namespace, pods and service; its exit codes are those of what it runs")
    def test_kubectl(self):
        path = self.shim("kubectl", KUBECTL)
        env = {"PATH": path, "STUB": str(self.folder), "KUBECONFIG": "/k/config"}
        (self.folder / "cmdline").write_bytes(
            f"docker-registry\0serve\0{self.registry.config}\0".encode()
        )
        labels = {"app": "registry", "tier": "back"}
        workload = {"spec": {"template": {"metadata": {"labels": labels}}}}
        (self.folder / "deploy").write_text(json.dumps(workload))
        services = [service("other", {"app": "other"}, 80), service("none", None, 80)]
        services.append(service("images", {"app": "registry"}, 5000))
        (self.folder / "services").write_text(json.dumps({"items": services}))
        made = self.init("--kubectl", "apps/deploy/registry", env=env)
        kubectl = ["kubectl", "--kubeconfig", "/k/config"]
        self.assertEqual(made["registry"]["url"], "http://images.apps.svc:5000")
        self.assertEqual(
            made["registry"]["exec"],
            kubectl + ["exec", "-n", "apps", "deploy/registry", "--"],
        )
        self.assertEqual(made["registry"]["program"], "docker-registry")
        self.assertEqual(
            made["paths"], {"config": self.registry.config, "storage": str(self.registry.store)}
        )
        self.assertEqual(
            made["gc"]["restart"],
            kubectl + ["-n", "apps", "rollout", "restart", "deploy/registry"],
        )
        self.says("inside the cluster", "docs/kubernetes.md")

    @case("kubectl: of several containers of a pod the registry's is named, if that is clear")
    def test_kubectl_containers(self):
        env = {"PATH": self.shim("kubectl", KUBECTL), "STUB": str(self.folder)}
        (self.folder / "services").write_text("{}")
        (self.folder / "cmdline").write_bytes(b"registry\0serve\0/none.yml\0")
        containers = [
            {"name": "proxy", "image": "nginx:1"},
            {"name": "main", "image": "docker.io/library/registry:2"},
        ]
        self.write_pod(containers)
        made = self.init("--kubectl", "apps/deploy/registry", env=env)
        words = ["kubectl", "exec", "-n", "apps", "deploy/registry"]
        self.assertEqual(made["registry"]["exec"], [*words, "-c", "main", "--"])
        self.write_pod([*containers, {"name": "other", "image": "registry:3"}])
        made = self.init("--kubectl", "apps/deploy/registry", env=env)
        self.assertEqual(made["registry"]["exec"], [*words, "--"])
        self.says("registry.exec: its pods have 3 containers")

    def write_pod(self, containers):
        workload = {"spec": {"template": {"spec": {"containers": containers}}}}
        (self.folder / "deploy").write_text(json.dumps(workload))

    @case("kubectl: what the cluster refuses is left open, with the reason")
    def test_kubectl_refused(self):
        path = self.shim("kubectl", 'echo "Unable to connect to the server: EOF" >&2; exit 1')
        made = self.init("--kubectl", "apps/pod/registry-0", env={"PATH": path})
        self.assertEqual(made["registry"]["url"], "")
        self.assertEqual(made["paths"], {"config": ""})
        self.says("paths.config: neither the arguments", "gc.restart: a single pod", "no service")
        for word in ("apps/registry", "apps//registry", "a/b/c/d", "a/-b/c"):
            self.refuses("--kubectl", word, env={"PATH": path})
            self.says("is not NAMESPACE/KIND/NAME")


def service(name, selector, port):
    return {
        "metadata": {"name": name},
        "spec": {"selector": selector, "ports": [{"port": port}]},
    }


# Speaks for a cluster whose pods see this host.
KUBECTL = r"""
[[ $1 == --kubeconfig ]] && shift 2
[[ $1 != -n ]] || shift 2
case $1 in
get) exec cat "$STUB/$2" ;;
exec)
  [[ "$2 $3 $4" == "-n apps deploy/registry" ]] || { echo 'error: pod not found' >&2; exit 1; }
  shift 4
  [[ $1 != -c ]] || shift 2
  [[ $1 == -- ]] && shift
  [[ "$*" != "cat /proc/1/cmdline" ]] || exec cat "$STUB/cmdline"
  "$@" || { code=$?; echo "command terminated with exit code $code" >&2; exit "$code"; }
  ;;
esac
"""
