#!/usr/bin/python3
"""Random damaged stores, the real registry and its real collector: nothing that pulled before fails to pull
after, unless it was planned to go, and the exit code is honest.

    damaged_stores.py --program CLEAN_REGISTRY --work FOLDER [--seed N] [--cases N] [--first N]

Prints TAP, one line a store. A store is told by the seed and its number: --first N --cases 1 makes it again, and
leaves it in FOLDER. The registry has no cache, so that one server serves all stores, one after the other, and
answers as one that was just started.
"""

import argparse
import datetime
import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from v2client import ACCEPT, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Client, Failure  # noqa: E402

ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Store:
    """A storage folder, written as the registry would write it."""

    def __init__(self, root):
        self.root = root
        self.v2 = os.path.join(root, "docker/registry/v2")
        os.makedirs(os.path.join(self.v2, "blobs"))
        os.makedirs(os.path.join(self.v2, "repositories"))

    def write(self, path, data):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def blob_path(self, digest):
        algorithm, hexadecimal = digest.split(":")
        return os.path.join(self.v2, "blobs", algorithm, hexadecimal[:2], hexadecimal, "data")

    def below(self, repository, *rest):
        return os.path.join(self.v2, "repositories", repository, *rest)

    def layer_link(self, repository, digest):
        return self.below(repository, "_layers", *digest.split(":"), "link")

    def revision_link(self, repository, digest):
        return self.below(repository, "_manifests/revisions", *digest.split(":"), "link")

    def tag_link(self, repository, tag):
        return self.below(repository, "_manifests/tags", tag, "current/link")

    def put_blob(self, repository, data):
        digest = digest_of(data)
        self.write(self.blob_path(digest), data)
        self.write(self.layer_link(repository, digest), digest.encode())
        return {"digest": digest, "size": len(data)}

    def put_manifest(self, repository, body):
        digest = digest_of(body)
        self.write(self.blob_path(digest), body)
        self.write(self.revision_link(repository, digest), digest.encode())
        return digest

    def put_tag(self, repository, tag, digest):
        self.write(self.tag_link(repository, tag), digest.encode())
        self.write(
            self.below(repository, "_manifests/tags", tag, "index", *digest.split(":"), "link"),
            digest.encode(),
        )


class World:
    """What is in a store, and what was done to it."""

    def __init__(self, store, dice):
        self.store = store
        self.dice = dice
        self.repositories = ["app", "team/two", "team/three", "z"][: dice.randint(2, 4)]
        self.manifests = []  # (repository, digest, media type, body)
        self.indexes = []
        self.tags = []  # (repository, tag, digest)
        self.damages = []
        for repository in self.repositories:
            os.makedirs(store.below(repository, "_layers"))
        for number in range(dice.randint(4, 9)):
            self.add_something(number)

    def layers(self, repository, number):
        names = [f"base{self.dice.randint(0, 2)}", f"own{number}"]
        return [
            {"mediaType": LAYER, **self.store.put_blob(repository, (name * 300).encode())}
            for name in names
        ]

    def config(self, repository, number, days):
        created = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
        text = json.dumps({"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "n": number})
        return {"mediaType": CONFIG, **self.store.put_blob(repository, text.encode())}

    def image(self, repository, number, days, media_type=OCI_MANIFEST):
        body = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": media_type,
                "config": self.config(repository, number, days),
                "layers": self.layers(repository, number),
            }
        ).encode()
        return self.keep(repository, body, media_type)

    def keep(self, repository, body, media_type):
        digest = self.store.put_manifest(repository, body)
        self.manifests.append((repository, digest, media_type, body))
        return {"mediaType": media_type, "digest": digest, "size": len(body)}

    def index(self, repository, children):
        body = json.dumps(
            {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}
        ).encode()
        self.indexes.append((repository, children))
        return self.keep(repository, body, OCI_INDEX)

    def tag(self, repository, name, descriptor):
        self.store.put_tag(repository, name, descriptor["digest"])
        self.tags.append((repository, name, descriptor["digest"]))

    def add_something(self, number):
        dice = self.dice
        repository = dice.choice(self.repositories)
        days = dice.choice([1, 2, 90, 100])
        kind = dice.choice(
            ["image", "image", "image", "docker", "index", "nested", "same", "untagged", "referrer"]
        )
        name = f"t{number}"
        if kind == "same" and self.tags:
            # The same image in another repository: promoted.
            source, _, digest = dice.choice(self.tags)
            if self.copy(source, digest, repository):
                self.tag(repository, name, {"digest": digest})
            return
        if kind in ("index", "nested"):
            parts = [
                self.image(repository, f"{number}.{i}", days) for i in range(dice.randint(1, 3))
            ]
            found = self.index(repository, parts)
            if kind == "nested":
                found = self.index(repository, [found, self.image(repository, f"{number}.n", days)])
        else:
            found = self.image(
                repository, number, days, DOCKER_MANIFEST if kind == "docker" else OCI_MANIFEST
            )
        if kind == "referrer":
            body = json.dumps(
                {
                    "schemaVersion": 2,
                    "mediaType": OCI_MANIFEST,
                    "config": self.config(repository, f"{number}r", days),
                    "layers": self.layers(repository, f"{number}r"),
                    "subject": found,
                }
            ).encode()
            self.keep(repository, body, OCI_MANIFEST)
        if kind != "untagged":
            self.tag(repository, name, found)

    def copy(self, source, digest, target):
        """Links a manifest and all below it in another repository."""
        body = next((m[3] for m in self.manifests if m[0] == source and m[1] == digest), None)
        if body is None:
            return False
        document = json.loads(body)
        for child in document.get("manifests", []):
            self.copy(source, child["digest"], target)
        for blob in [document.get("config"), *document.get("layers", [])]:
            if blob:
                self.store.write(
                    self.store.layer_link(target, blob["digest"]), blob["digest"].encode()
                )
        self.store.write(self.store.revision_link(target, digest), digest.encode())
        media_type = next(m[2] for m in self.manifests if m[1] == digest)
        self.manifests.append((target, digest, media_type, body))
        return True

    # Damage

    def damage(self):
        kinds = [name for name in dir(self) if name.startswith("damage_")]
        for _ in range(self.dice.choice([0, 1, 1, 1, 2, 3])):
            kind = self.dice.choice(kinds)
            if getattr(self, kind)() is not False:
                self.damages.append(kind.removeprefix("damage_"))

    def some_manifest(self):
        return self.dice.choice(self.manifests)

    def remove(self, path):
        if os.path.exists(path):
            os.unlink(path)
            return True
        return False

    def damage_blob_of_manifest_missing(self):
        return self.remove(self.store.blob_path(self.some_manifest()[1]))

    def damage_blob_missing(self):
        document = json.loads(self.some_manifest()[3])
        blobs = [document.get("config"), *document.get("layers", [])]
        blobs = [blob for blob in blobs if blob]
        return bool(blobs) and self.remove(self.store.blob_path(self.dice.choice(blobs)["digest"]))

    def damage_bytes_of_manifest_replaced(self):
        self.store.write(self.store.blob_path(self.some_manifest()[1]), self.some_manifest()[3])

    def damage_bytes_of_manifest_altered(self):
        _, digest, _, body = self.some_manifest()
        self.store.write(self.store.blob_path(digest), body.replace(b'": ', b'":  ', 1))

    def damage_manifest_cut(self):
        _, digest, _, body = self.some_manifest()
        self.store.write(self.store.blob_path(digest), body[: len(body) // 2])

    def damage_revision_missing(self):
        repository, digest, _, _ = self.some_manifest()
        return self.remove(self.store.revision_link(repository, digest))

    def damage_revision_names_another(self):
        repository, digest, _, _ = self.some_manifest()
        self.store.write(
            self.store.revision_link(repository, digest), self.some_manifest()[1].encode()
        )

    def damage_revision_empty(self):
        repository, digest, _, _ = self.some_manifest()
        self.store.write(self.store.revision_link(repository, digest), b"")

    def damage_no_layers(self):
        shutil.rmtree(
            self.store.below(self.dice.choice(self.repositories), "_layers"), ignore_errors=True
        )

    def damage_no_tags(self):
        shutil.rmtree(
            self.store.below(self.dice.choice(self.repositories), "_manifests/tags"),
            ignore_errors=True,
        )

    def damage_no_manifests(self):
        shutil.rmtree(
            self.store.below(self.dice.choice(self.repositories), "_manifests"), ignore_errors=True
        )

    def damage_child_without_link(self):
        if not self.indexes:
            return False
        repository, children = self.dice.choice(self.indexes)
        return self.remove(
            self.store.revision_link(repository, self.dice.choice(children)["digest"])
        )

    def damage_layer_link_missing(self):
        document = json.loads(self.some_manifest()[3])
        if not document.get("layers"):
            return False
        digest = self.dice.choice(document["layers"])["digest"]
        return self.remove(self.store.layer_link(self.dice.choice(self.repositories), digest))

    def damage_layer_link_empty(self):
        document = json.loads(self.some_manifest()[3])
        if not document.get("layers"):
            return False
        link = self.store.layer_link(
            self.dice.choice(self.repositories), document["layers"][0]["digest"]
        )
        if not os.path.exists(link):
            return False
        self.store.write(link, b"")

    def damage_tag_empty(self):
        if not self.tags:
            return False
        repository, tag, _ = self.dice.choice(self.tags)
        self.store.write(self.store.tag_link(repository, tag), b"")

    def tag_body(self, name, body, media_type=OCI_MANIFEST):
        repository = self.dice.choice(self.repositories)
        self.tag(repository, name, self.keep(repository, body(repository).encode(), media_type))

    def body_twice(self, repository, first, second):
        config, a, b = (
            json.dumps(blob)
            for blob in (
                self.config(repository, "twice", 1),
                self.layers(repository, "first"),
                self.layers(repository, "second"),
            )
        )
        return (
            f'{{"schemaVersion": 2, "mediaType": "{OCI_MANIFEST}", "config": {config}, '
            f'"{first}": {a}, "{second}": {b}}}'
        )

    def damage_key_twice(self):
        self.tag_body("twice", lambda repository: self.body_twice(repository, "layers", "layers"))

    def damage_key_in_two_cases(self):
        self.tag_body("cases", lambda repository: self.body_twice(repository, "layers", "Layers"))

    def damage_two_types(self):
        def body(repository):
            config = json.dumps(self.config(repository, "both", 1))
            layers = json.dumps(self.layers(repository, "both"))
            return (
                f'{{"schemaVersion": 2, "manifests": [], "config": {config}, "layers": {layers}}}'
            )

        self.tag_body("both", body)

    def damage_unknown_type(self):
        if self.dice.random() < 0.5:
            return False

        def body(repository):
            blobs = json.dumps(self.layers(repository, "artifact"))
            return f'{{"mediaType": "{ARTIFACT}", "artifactType": "a/b", "blobs": {blobs}}}'

        self.tag_body("artifact", body, ARTIFACT)

    def damage_foreign_files(self):
        repository, digest, _, _ = self.some_manifest()
        self.store.write(self.store.revision_link(repository, digest) + ".1234.tmp", b"")
        self.store.write(
            self.store.below(repository, "_uploads/1234/startedat"), b"2026-01-01T00:00:00Z"
        )


class Puller:
    """What can be pulled: as a client that checks digests, and reads keys as they are spelt."""

    def __init__(self, client):
        self.client = client
        self.known = {}

    def get(self, path, accept=None):
        if path not in self.known:
            headers = {"Accept": f"{ACCEPT}, {ARTIFACT}"} if accept else None
            self.known[path] = self.client.request("GET", path, None, headers)
        status, headers, body = self.known[path]
        return (headers, body) if status == 200 else None

    def blob(self, repository, digest):
        found = self.get(f"/v2/{repository}/blobs/{digest}")
        return found is not None and digest_of(found[1]) == digest

    def manifest(self, repository, reference):
        """(whole, {digests of manifests below it, itself included})"""
        found = self.get(f"/v2/{repository}/manifests/{reference}", True)
        if found is None:
            return False, set()
        digest = (
            reference if reference.startswith("sha256:") else found[0].get("Docker-Content-Digest")
        )
        if digest_of(found[1]) != digest:
            return False, set()
        try:
            document = json.loads(found[1])
        except ValueError:
            return False, set()
        whole, below = True, {digest}
        for child in document.get("manifests") or []:
            child_whole, child_below = self.manifest(repository, child["digest"])
            whole = whole and child_whole
            below |= child_below
        for blob in [
            document.get("config"),
            *(document.get("layers") or []),
            *(document.get("blobs") or []),
        ]:
            whole = whole and (blob is None or self.blob(repository, blob["digest"]))
        return whole, below


def pulls(client, world):
    """Of each tag, and each manifest below it that is whole: what it needs is there."""
    puller = Puller(client)
    tags, manifests = {}, {}
    for repository, tag, _ in world.tags:
        whole, below = puller.manifest(repository, tag)
        if whole:
            tags[repository, tag] = below
        for digest in below:
            if puller.manifest(repository, digest)[0]:
                manifests.setdefault((repository, digest), set()).add(tag)
    return tags, manifests


class Harness:
    def __init__(self, options):
        self.options = options
        self.work = os.path.realpath(options.work)
        self.root = os.path.join(self.work, "store")
        self.server = None
        self.start_server()

    def start_server(self):
        """Tries ports until one is free."""
        for _ in range(20):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            self.config = os.path.join(self.work, "registry.yml")
            with open(self.config, "w", encoding="utf-8") as file:
                file.write(
                    f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                    f"http: {{addr: '127.0.0.1:{port}', secret: tests}}\nstorage:\n"
                    f"  filesystem: {{rootdirectory: '{self.root}'}}\n  delete: {{enabled: true}}\n"
                    "  maintenance: {uploadpurging: {enabled: false}}\n"
                )
            with open(os.path.join(self.work, "server.log"), "ab") as log:
                self.server = subprocess.Popen(
                    ["docker-registry", "serve", self.config],
                    env={"PATH": os.environ["PATH"]},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            deadline = time.monotonic() + 20
            while self.server.poll() is None and time.monotonic() < deadline:
                try:
                    if Client(self.url).request("GET", "/v2/")[0] == 200:
                        return
                except (Failure, OSError):
                    time.sleep(0.02)
            self.stop_server()
        raise SystemExit("the registry could not be started")

    def stop_server(self):
        self.server.terminate()
        self.server.wait()

    def configure(self, dice):
        source = dice.choice(["storage", "auto", "api"])
        protected = dice.choice([["latest"], ["latest", "t1"], ["t3"]])
        text = {
            "registry": {
                "url": self.url,
                "exec": [],
                "program": "docker-registry",
                "retry_seconds": 0,
            },
            "inventory": {"source": source},
            "cleanup": {"days_to_keep": 30, "protected_tags": protected},
            "paths": {
                "config": self.config,
                "storage": self.root,
                "host_storage": self.root,
                "state": os.path.join(self.work, "state"),
            },
            "log": {"file": ""},
        }
        if source != "api" and dice.random() < 0.2:
            text["cleanup"]["untagged_days"] = 1
        path = os.path.join(self.work, "config.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(text, file)
        os.chmod(path, 0o600)
        return source

    def clean(self):
        report = os.path.join(self.work, "report.json")
        if os.path.exists(report):
            os.unlink(report)
        command = [
            self.options.program,
            "--config",
            os.path.join(self.work, "config.json"),
            "--report",
            report,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        said = done.stdout + done.stderr
        if not os.path.exists(report):
            return done.returncode, said, None
        with open(report, encoding="utf-8") as file:
            return done.returncode, said, json.load(file)

    def run_case(self, number):
        """Returns (what was made, what is wrong)."""
        dice = random.Random(f"{self.options.seed}/{number}")
        for name in ("store", "state"):
            shutil.rmtree(os.path.join(self.work, name), ignore_errors=True)
        world = World(Store(self.root), dice)
        world.damage()
        source = self.configure(dice)
        client = Client(self.url)
        tags, manifests = pulls(client, world)
        code, said, report = self.clean()
        tags_after, manifests_after = pulls(client, world)
        what = f"{number}: {source}, {len(tags)} of {len(world.tags)} tags whole, {', '.join(world.damages) or 'sound'}: exit {code}"
        wrong = judge(code, report, tags, manifests, tags_after, manifests_after)
        if not world.damages and code != 0:
            wrong.append("nothing was damaged, and yet it failed")
        return what, wrong, said


def judge(code, report, tags, manifests, tags_after, manifests_after):
    """A list of what is wrong."""
    wrong = []
    if report is None or code not in (0, 1, 3, 4):
        return [f"exit code {code} and no report, or one that nothing here explains"]
    deleted = {(t["repository"], t["tag"]) for t in report["tags"] if t["status"] == "deleted"}
    for tag in tags:
        if tag not in deleted and tag not in tags_after:
            wrong.append(f"{tag[0]}:{tag[1]} was not deleted, and cannot be pulled any more")
    gone = {(r, t) for r, t in deleted}
    for (repository, digest), holders in manifests.items():
        stays = {t for t in holders if (repository, t) not in gone}
        if stays and (repository, digest) not in manifests_after:
            wrong.append(f"{repository}@{digest} of {sorted(stays)} cannot be pulled any more")
    left = [t for t in report["tags"] if t["decision"] == "delete" and t["status"] != "deleted"]
    if code == 0 and left:
        wrong.append(f"exit 0, and {len(left)} tags that were planned did not go")
    if code == 3 and deleted:
        wrong.append("exit 3, and something was deleted")
    if report["exit_code"] != code:
        wrong.append(f"the report says exit code {report['exit_code']}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--cases", type=int, default=50)
    options = parser.parse_args()
    failures = 0
    harness = Harness(options)
    print(f"# seed {options.seed}\n1..{options.cases}", flush=True)
    try:
        for number in range(options.first, options.first + options.cases):
            what, wrong, said = harness.run_case(number)
            print(
                f"{'not ok' if wrong else 'ok'} {number - options.first + 1} - {what}", flush=True
            )
            if wrong:
                failures += 1
                lines = [
                    *wrong,
                    f"again: --seed {options.seed} --first {number} --cases 1",
                    *said.splitlines(),
                ]
                print("\n".join(f"# {line}" for line in lines), flush=True)
    finally:
        harness.stop_server()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
