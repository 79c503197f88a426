"""Real registries: processes of this host, or containers of the engine that tests/run started.

A registry is started once for a file of tests and kept for the next test that wants the same; its storage
is emptied in between. One that a test stops, restarts or configures anew is not kept.
"""

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

from v2client import ACCEPT, Client

from lab import files

IMAGE = "registry:2"
_running = []


def free_port():
    """Below the ports that the kernel hands out to connections."""
    while True:
        port = random.randint(20000, 31999)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def running():
    """All that were started and not stopped, those too that wait for another test."""
    return list(_running)


def stop_all():
    for registry in running():
        registry.stop()


def lend(**options):
    """A running registry with an empty storage; what it has is its own until give_back."""
    for registry in _running:
        if registry.is_free and registry.wanted == options and registry.lives():
            registry.is_free = False
            registry.empty()
            return registry
    registry = Registry(**options)
    registry.wanted = options
    return registry


def docker(*words, check=True):
    """Asks the engine of tests/run; never another one. Returns what it prints."""
    environment = {**os.environ, "DOCKER_HOST": f"unix://{os.environ['TEST_ENGINE']}/docker.sock"}
    done = subprocess.run(
        ["docker", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if check and done.returncode:
        raise AssertionError(f"docker {' '.join(words)}: {done.stderr}")
    return done.stdout + done.stderr


class PortTaken(Exception):
    """Somebody else was faster."""


class Registry:
    """One registry.

    url, port, login ("USER:PASSWORD" or ""), name (of its container; "" on this host)
    folder   has config.yml, store/, registry.log; a new one unless it is given
    store    storage root on this host; root: the same as the registry sees it
    v2       store/docker/registry/v2
    config   its configuration as the registry sees it
    network  of a container: the host's, or that of a docker network, where it has an address of its own
    client   a v2client.Client with its login
    """

    def __init__(
        self,
        where="host",
        *,
        auth="",
        delete=True,
        readonly=False,
        cache="none",
        redis=None,
        proxy=None,
        port=None,
        schema1=False,
        level="info",
        access_log=True,
        more="",
        folder=None,
        network="host",
    ):
        self.options = {key: value for key, value in locals().items() if key != "self"}
        self.is_free = False
        self.wanted = None
        self.where = where
        self.login = auth
        self.folder = folder or files.new_folder("r")
        self.store = self.folder / "store"
        self.store.mkdir()
        self.v2 = self.store / "docker/registry/v2"
        self.log_path = self.folder / "registry.log"
        self.process = None
        self.variables = {}
        self.name = ""
        if auth:
            user, _, password = auth.partition(":")
            words = ["htpasswd", "-Bbn", "-C", "5", user, password]
            line = subprocess.run(words, capture_output=True, check=True).stdout
            (self.folder / "htpasswd").write_bytes(line)
        for last in (False, False, False, False, True):
            self.port = port or free_port()
            self._describe()
            try:
                self._run()
                break
            except PortTaken:
                if port or last:
                    raise
        _running.append(self)

    def _describe(self):
        self.address = "127.0.0.1"
        if self.where == "container":
            self.name = f"registry-{os.getpid()}-{self.port}-{random.randint(0, 1 << 30)}"
            self.root = "/var/lib/registry"
            self.config = "/etc/docker/registry/config.yml"
        else:
            self.root = str(self.store)
            self.config = str(self.folder / "config.yml")
        (self.folder / "config.yml").write_text(self.configuration())
        self._find_client()

    def _find_client(self):
        self.url = f"http://{self.address}:{self.port}"
        user, _, password = self.login.partition(":")
        self.client = Client(self.url, user, password)

    def configuration(self):
        """What is in its config.yml."""
        given = self.options
        disabled = json.dumps(not given["access_log"])
        address = "127.0.0.1" if given["network"] == "host" else ""
        text = f"""version: 0.1
log: {{level: {given["level"]}, accesslog: {{disabled: {disabled}}}}}
http: {{addr: '{address}:{self.port}', secret: 'for tests'}}
storage:
{self.storage()}  delete: {{enabled: {json.dumps(given["delete"])}}}
  maintenance:
    uploadpurging: {{enabled: false}}
    readonly: {{enabled: {json.dumps(given["readonly"])}}}
"""
        if given["cache"] != "none":
            text += f"  cache: {{blobdescriptor: {given['cache']}}}\n"
        if given["redis"]:
            text += f"redis: {{addr: '127.0.0.1:{given['redis']}'}}\n"
        if self.login:
            path = os.path.join(os.path.dirname(self.config), "htpasswd")
            text += f"auth: {{htpasswd: {{realm: tests, path: '{path}'}}}}\n"
        if given["proxy"]:
            text += f"proxy: {{remoteurl: '{given['proxy']}'}}\n"
        if given["schema1"]:
            text += "compatibility: {schema1: {enabled: true}}\n"
        return text + given["more"]

    def storage(self):
        """The driver in it, and its settings."""
        return f"  filesystem: {{rootdirectory: '{self.root}'}}\n"

    def _run(self):
        if self.where == "container":
            self._run_container()
        else:
            self._run_host()
        self._wait()

    def _run_container(self):
        mounts = [
            "-v",
            f"{self.folder}/config.yml:{self.config}",
            "-v",
            f"{self.store}:{self.root}",
        ]
        if self.login:
            mounts += ["-v", f"{self.folder}/htpasswd:/etc/docker/registry/htpasswd"]
        network = self.options["network"]
        docker("run", "-d", "--name", self.name, "--network", network, *mounts, IMAGE)
        if network != "host":
            self._find_address()

    def _find_address(self):
        """An engine may give it another one at each start."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        self.address = docker("inspect", "-f", form, self.name).strip()
        self._find_client()

    def _run_host(self):
        with open(self.log_path, "ab") as log:
            self.from_log = log.tell()
            self.process = subprocess.Popen(
                ["docker-registry", "serve", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], **self.variables},
                start_new_session=True,
            )

    def _wait(self):
        """That it listens is read from its own log: an answer may come from another one on that port."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.where == "host":
                # Counted in bytes: it has durations in µs.
                log = self.log_path.read_bytes()[self.from_log :].decode(errors="replace")
            else:
                log = self.log()
            if "address already in use" in log:
                self.stop()
                raise PortTaken(self.port)
            if re.search(rf"listening on (127\.0\.0\.1|\[::\]):{self.port}", log):
                with socket.socket() as probe:
                    if probe.connect_ex((self.address, self.port)) == 0:
                        return
            if not self.lives():
                break
            time.sleep(0.005)
        raise AssertionError(f"the registry on port {self.port} does not start:\n{self.log()}")

    def lives(self):
        if self.where == "container":
            return docker("inspect", "-f", "{{.State.Running}}", self.name, check=False) == "true\n"
        return self.process is not None and self.process.poll() is None

    def log(self):
        if self.where == "container":
            return docker("logs", self.name, check=False)
        return self.log_path.read_text(errors="replace")

    def stop(self):
        """Its folder stays."""
        if self in _running:
            _running.remove(self)
        if self.where == "container":
            docker("rm", "-f", "-v", self.name, check=False)
        elif self.lives():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def restart(self, **variables):
        """With what is in its config.yml now, and on this host these variables. It is not kept for another
        test."""
        self.wanted = None
        self.variables = variables
        if self.where == "container":
            docker("restart", "-t", "2", self.name)
            self._wait()
        else:
            self.stop()
            self._run()
            _running.append(self)

    def write_config(self, text):
        """Gives it another configuration, which it reads when it is restarted."""
        self.wanted = None
        (self.folder / "config.yml").write_text(text)

    def give_back(self):
        self.is_free = True

    def empty(self):
        """Removes its storage. One with a cache goes on to know what was there: see world.new_moment."""
        for entry in self.store.iterdir():
            files.remove(entry)

    def keep_images(self, folder):
        """Remembers the images that are there now."""
        shutil.copytree(self.store / "docker", folder, symlinks=True)

    def bring_back_images(self, folder):
        self.empty()
        # Times stay, as pushes are told from them.
        subprocess.run(["cp", "-a", str(folder), str(self.store / "docker")], check=True)

    def manifests(self, repository):
        """The folder of a repository's manifests and tags."""
        return self.v2 / "repositories" / repository / "_manifests"

    def blob(self, digest):
        """The file of a blob."""
        algorithm, _, name = digest.partition(":")
        return self.v2 / "blobs" / algorithm / name[:2] / name / "data"

    def blobs(self, size=None):
        """The digests of all blobs in its storage, or of those that have this many bytes."""
        return [
            f"{path.parts[-4]}:{path.parts[-2]}"
            for path in (self.v2 / "blobs").glob("*/*/*/data")
            if size is None or path.stat().st_size == size
        ]

    def begin_upload(self, repository, part=b""):
        """Begins to push a blob, sends a part of it if there is one, and goes no further."""
        path = f"/v2/{repository}/blobs/uploads/"
        headers, _ = self.client.expect(202, "POST", path, b"")
        if part:
            place = urllib.parse.urlsplit(headers["Location"])
            kind = {"Content-Type": "application/octet-stream"}
            self.client.expect(202, "PATCH", f"{place.path}?{place.query}", part, kind)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body) of what is asked below its url."""
        return self.client.request(method, path, body, headers)

    def tags(self, repository):
        """What it lists, sorted; nothing if it does not know the repository."""
        status, _, body = self.request("GET", f"/v2/{repository}/tags/list")
        if status == 404:
            return []
        if status != 200:
            raise AssertionError(f"tags of {repository}: {status}: {body[:300]!r}")
        return sorted(json.loads(body)["tags"] or [])

    def contents(self):
        """{repository: [tag...]} of all that is in its catalog."""
        status, _, body = self.request("GET", "/v2/_catalog?n=1000")
        if status != 200:
            raise AssertionError(f"the catalog: {status}: {body[:300]!r}")
        return {name: self.tags(name) for name in json.loads(body)["repositories"]}

    def status(self, repository, reference):
        """What HEAD of that manifest answers, say, 200 or 404."""
        path = f"/v2/{repository}/manifests/{urllib.parse.quote(reference, safe=':@')}"
        return self.request("HEAD", path, None, {"Accept": ACCEPT})[0]

    def manifest(self, repository, reference):
        """What a manifest says; fails if it is not there."""
        return json.loads(self._find(repository, reference)[2])

    def _find(self, repository, reference):
        """(media type, digest, body) of a manifest; fails if it is not there."""
        found = self.client.get_manifest(repository, reference)
        if found is None:
            raise AssertionError(f"there is no {repository}@{reference}")
        return found

    def delete(self, repository, digest):
        """Deletes a manifest; fails unless that is accepted."""
        status, _, body = self.request("DELETE", f"/v2/{repository}/manifests/{digest}")
        if status != 202:
            raise AssertionError(f"DELETE of {repository}@{digest}: {status}: {body[:300]!r}")

    def point(self, repository, reference, digest, origin=None):
        """Has a tag point at a manifest that is there, or in another repository, the origin."""
        media_type, _, body = self._find(origin or repository, digest)
        self.client.put_manifest(repository, reference, body, media_type)

    def tags_on_disk(self, repository):
        folder = self.manifests(repository) / "tags"
        if not folder.is_dir():
            return []
        return sorted(tag.name for tag in folder.iterdir() if (tag / "current/link").exists())
