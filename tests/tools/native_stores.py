#!/usr/bin/python3
"""Random stores, the registry's own collector and our marks.

    native_stores.py --marks NATIVE_MARKS --work FOLDER [--damaged] [--seed N] [--cases N] [--first N]

Healthy stores: the blobs that are not marked are exactly those that `docker-registry garbage-collect --dry-run`
would remove. Damaged ones: they are among these, and no blob is unmarked that a pull of a tag or of a manifest
needs which works in the store as it is. Prints TAP, one line a store; a store is told by the seed and its number.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

from damaged_stores import LAYER, Store, World, digest_of  # noqa: E402
from v2client import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST  # noqa: E402

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
ALIAS = "sha512:"


class Healthy(World):
    """What registries hold in the course of time, with garbage that its collector removes."""

    def __init__(self, store, dice):
        super().__init__(store, dice)
        for number in range(dice.randint(2, 6)):
            kinds = [name for name in dir(self) if name.startswith("add_one_")]
            getattr(self, dice.choice(kinds))(f"x{number}")

    def some(self):
        return self.dice.choice(self.repositories)

    def body(self, repository, name, **fields):
        return {
            "schemaVersion": 2,
            "config": self.config(repository, name, 3),
            "layers": self.layers(repository, name),
            **fields,
        }

    def put(self, repository, name, document, tagged=True):
        body = json.dumps(document).encode()
        found = self.keep(repository, body, document.get("mediaType", OCI_MANIFEST))
        if tagged:
            self.tag(repository, name, found)
        return found

    def add_one_blob_of_no_manifest(self, name):
        self.store.put_blob(self.some(), f"left {name}".encode())

    def add_one_blob_of_no_repository(self, name):
        data = f"lost {name}".encode()
        self.store.write(self.store.blob_path(digest_of(data)), data)

    def add_one_deleted_manifest(self, name):
        repository = self.some()
        found = self.image(repository, f"gone {name}", 50)
        self.manifests.pop()
        os.unlink(self.store.revision_link(repository, found["digest"]))

    def add_one_manifest_without_type(self, name):
        repository = self.some()
        self.put(repository, name, self.body(repository, name))

    def add_one_index_without_type(self, name):
        repository = self.some()
        child = self.image(repository, f"child {name}", 5)
        self.put(repository, name, {"schemaVersion": 2, "manifests": [child]})

    def add_one_list(self, name):
        repository = self.some()
        child = self.image(repository, f"child {name}", 5, DOCKER_MANIFEST)
        document = {"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [child]}
        self.put(repository, name, document, self.dice.random() < 0.5)

    def add_one_empty_index(self, name):
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        self.put(self.some(), name, document)

    def add_one_build_cache(self, name):
        repository = self.some()
        layers = self.layers(repository, f"cache {name}")
        config = self.config(repository, f"cache {name}", 5)
        config["mediaType"] = "application/vnd.buildkit.cacheconfig.v0"
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [*layers, config],
        }
        self.put(repository, name, document)

    def add_one_schema1(self, name):
        repository = self.some()
        sums = [{"blobSum": layer["digest"]} for layer in self.layers(repository, f"old {name}")]
        history = [{"v1Compatibility": '{"created": "2015-01-01T00:00:00Z"}'}] * len(sums)
        document = {
            "schemaVersion": 1,
            "name": repository,
            "tag": name,
            "architecture": "amd64",
            "fsLayers": sums,
            "history": history,
        }
        self.put(repository, name, document)

    def add_one_foreign_layer(self, name):
        repository = self.some()
        document = self.body(repository, name, mediaType=DOCKER_MANIFEST)
        document["layers"].append(
            {
                "mediaType": FOREIGN,
                "digest": digest_of(name.encode()),
                "size": 7,
                "urls": ["https://example.com/layer"],
            }
        )
        self.put(repository, name, document)

    def add_one_artifact(self, name):
        repository = self.some()
        empty = self.store.put_blob(repository, b"{}")
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": "application/example",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", **empty},
            "layers": [{"mediaType": "text/plain", **self.store.put_blob(repository, b"artifact")}],
            "annotations": {"Layers": name},
        }
        self.put(repository, name, document, self.dice.random() < 0.5)

    def add_one_same_layer_twice(self, name):
        repository = self.some()
        document = self.body(repository, name, mediaType=OCI_MANIFEST)
        document["layers"] *= 2
        self.put(repository, name, document)

    def add_one_nested_repository(self, name):
        self.repositories.append(f"{self.some()}/{name}")
        self.image(self.repositories[-1], f"nested {name}", 5)

    def add_one_failed_push(self, name):
        repository = f"failed/{name}"
        self.store.put_blob(repository, f"failed {name}".encode())
        self.store.put_blob(repository, b"base1" * 300)

    def add_one_upload(self, name):
        place = self.store.below(self.some(), "_uploads", name)
        self.store.write(os.path.join(place, "startedat"), b"2026-01-01T00:00:00Z")
        self.store.write(os.path.join(place, "data"), b"half")

    def add_one_foreign_name(self, _):
        for path in (
            ".DS_Store",
            "lost+found/x",
            f"{self.some()}/.nfs0001",
            f"{self.some()}/_manifests/tags/@eaDir/x",
            f"{self.some()}/_layers/sha256/x",
            f"{self.some()}/_manifests/revisions/sha256/@eaDir/x",
        ):
            self.store.write(self.store.below(path), b"foreign")

    def add_one_tag_that_was_deleted(self, name):
        os.makedirs(self.store.below(self.some(), "_manifests/tags", name))

    def add_one_index_that_was_deleted(self, name):
        repository = self.some()
        found = self.index(repository, [self.image(repository, f"part {name}", 5)])
        self.manifests.pop()
        self.indexes.pop()
        os.unlink(self.store.revision_link(repository, found["digest"]))


class Damaged(Healthy):
    """More damages than those that a run of the whole program meets."""

    def __init__(self, store, dice):
        super().__init__(store, dice)
        self.damage()

    def put_alias(self, repository, data):
        """A layer as the registry stores what was pushed by sha512."""
        stored = self.store.put_blob(repository, data)
        named = ALIAS + hashlib.sha512(data).hexdigest()
        self.store.write(self.store.layer_link(repository, named), stored["digest"].encode())
        return {"mediaType": LAYER, "digest": named, "size": len(data)}

    def damage_alias(self):
        repository = self.some()
        layer = self.put_alias(repository, f"alias {self.dice.random()}".encode())
        document = self.body(repository, "alias", mediaType=OCI_MANIFEST)
        document["layers"].append(layer)
        self.put(repository, "alias", document)
        if self.dice.random() < 0.3:
            os.unlink(self.store.layer_link(repository, layer["digest"]))

    def damage_alias_linked_elsewhere(self):
        data = f"far {self.dice.random()}".encode()
        layer = self.put_alias(self.some(), data)
        repository = self.some()
        document = self.body(repository, "far", mediaType=OCI_MANIFEST)
        document["layers"].append(layer)
        self.put(repository, "far", document)

    def damage_link_is_a_symbolic_link(self):
        repository, digest, _, _ = self.some_manifest()
        link = self.store.revision_link(repository, digest)
        if not os.path.exists(link) or os.path.islink(link):
            return False
        os.rename(link, link + ".real")
        os.symlink("link.real", link)
        return True

    def damage_blob_behind_a_symbolic_link(self):
        folder = os.path.dirname(self.store.blob_path(self.some_manifest()[1]))
        if not os.path.isdir(folder) or os.path.islink(folder):
            return False
        os.rename(folder, folder + ".real")
        os.symlink(os.path.basename(folder) + ".real", folder)
        return True

    def damage_revision_is_no_digest(self):
        repository, digest, _, _ = self.some_manifest()
        self.store.write(self.store.revision_link(repository, digest), b"sha256:1234")

    def damage_layer_names_another(self):
        document = json.loads(self.some_manifest()[3])
        blobs = document.get("layers") or []
        if len(blobs) < 2:
            return False
        link = self.store.layer_link(self.some(), blobs[0]["digest"])
        if not os.path.exists(link):
            return False
        self.store.write(link, blobs[1]["digest"].encode())
        return True

    def damage_illegal_name(self):
        self.repositories.append("Capital")
        self.image("Capital", "capital", 3)

    def damage_empty_manifest(self):
        self.store.write(self.store.blob_path(self.some_manifest()[1]), b"")

    def damage_bytes_behind_it(self):
        _, digest, _, body = self.some_manifest()
        self.store.write(self.store.blob_path(digest), body + b"{}")

    def damage_unknown_config(self):
        repository = self.some()
        self.put(repository, "strange", self.body(repository, "s", mediaType="application/strange"))

    def damage_index_child_stored_only(self):
        """Its child has no link anywhere."""
        repository = self.some()
        child = self.image(repository, f"orphan {self.dice.random()}", 5)
        self.manifests.pop()
        os.unlink(self.store.revision_link(repository, child["digest"]))
        self.index(repository, [child])


class Reader:
    """What can be pulled from a store, by the registry's rules, and what that needs."""

    def __init__(self, store):
        self.store = store

    def link(self, path):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            return None
        parts = text.split(":")
        sizes = {"sha256": 64, "sha512": 128}
        fine = len(parts) == 2 and len(parts[1]) == sizes.get(parts[0]) and parts[1].isalnum()
        return text if fine else None

    def data(self, digest):
        try:
            with open(self.store.blob_path(digest), "rb") as file:
                return file.read()
        except OSError:
            return None

    def blob(self, repository, digest):
        """The digests that a pull of this blob needs, or None."""
        stored = self.link(self.store.layer_link(repository, digest))
        data = self.data(stored) if stored else None
        if data is None:
            return None
        algorithm, value = digest.split(":")
        return {stored} if hashlib.new(algorithm, data).hexdigest() == value else None

    def manifest(self, repository, digest, depth=0):
        stored = self.link(self.store.revision_link(repository, digest))
        data = self.data(stored) if stored else None
        if data is None or digest_of(data) != digest or depth > 9:
            return None
        try:
            document = json.loads(data)
        except ValueError:
            return None
        if not isinstance(document, dict) or document.get("schemaVersion") not in (1, 2):
            return None
        return self.below(repository, document, {stored}, depth)

    def below(self, repository, document, needed, depth):
        parts = [
            self.manifest(repository, child["digest"], depth + 1)
            or self.blob(repository, child["digest"])
            for child in document.get("manifests") or []
        ]
        blobs = [document.get("config"), *(document.get("layers") or [])]
        blobs = [blob["digest"] for blob in blobs if blob and not blob.get("urls")]
        blobs += [layer["blobSum"] for layer in document.get("fsLayers") or []]
        parts += [self.blob(repository, digest) for digest in blobs]
        if None in parts:
            return None
        return needed.union(*parts)

    def needed(self, world):
        """Of all manifests that can be pulled; a tag only leads to one of them."""
        found = set()
        pairs = {(repository, digest) for repository, digest, _, _ in world.manifests}
        pairs |= {(repository, digest) for repository, _, digest in world.tags}
        whole = 0
        for repository, digest in pairs:
            below = self.manifest(repository, digest)
            if below:
                whole += 1
                found |= below
        return found, whole


class Harness:
    def __init__(self, options):
        self.options = options
        self.work = os.path.realpath(options.work)
        self.root = os.path.join(self.work, "store")
        self.configuration = os.path.join(self.work, "registry.yml")
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(
                "version: 0.1\nlog: {level: error}\nstorage:\n"
                f"  filesystem: {{rootdirectory: '{self.root}'}}\n"
            )

    def run(self, *words):
        return subprocess.run(
            words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )

    def theirs(self):
        """What the registry's collector would remove; None when it would end before that."""
        done = self.run("docker-registry", "garbage-collect", "--dry-run", self.configuration)
        words = "blob eligible for deletion: "
        lines = done.stdout.splitlines()
        found = {line[len(words) :] for line in lines if line.startswith(words)}
        return found if done.returncode == 0 else None

    def ours(self):
        """(what is not marked, unclear repositories), or None when the marks are refused."""
        done = self.run(self.options.marks, self.root, *self.options.again)
        lines = done.stdout.splitlines()
        found = {line.split()[1] for line in lines if line.startswith("blob ")}
        unclear = [line for line in lines if line.startswith("unclear ")]
        return (found, unclear, done.stderr) if done.returncode == 0 else (None, [], done.stderr)

    def run_case(self, number):
        dice = random.Random(f"{self.options.seed}/{number}")
        shutil.rmtree(self.root, ignore_errors=True)
        world = (Damaged if self.options.damaged else Healthy)(Store(self.root), dice)
        theirs, (ours, unclear, said) = self.theirs(), self.ours()
        if ours is not None:
            # A folder without data in it is no blob.
            ours = {digest for digest in ours if os.path.exists(world.store.blob_path(digest))}
        if self.options.damaged:
            wrong = self.judge_damaged(world, theirs, ours)
        else:
            wrong = self.judge_healthy(theirs, ours, unclear)
        count = "none" if ours is None else len(ours)
        what = f"{number}: {count} unmarked, {len(unclear)} unclear; {', '.join(world.damages)}"
        return what, wrong, [*unclear, said]

    @staticmethod
    def judge_healthy(theirs, ours, unclear):
        if theirs is None:
            return ["the registry's collector failed: this store is not healthy"]
        if ours is None or unclear:
            return ["nothing was damaged, and yet it is unclear"]
        wrong = [f"only the registry would remove {digest}" for digest in sorted(theirs - ours)]
        return wrong + [f"only we would remove {digest}" for digest in sorted(ours - theirs)]

    def judge_damaged(self, world, theirs, ours):
        if ours is None:
            return []
        needed, _ = Reader(world.store).needed(world)
        wrong = [f"{digest} is needed, and not marked" for digest in sorted(needed & ours)]
        if theirs is not None:
            wrong += [f"only we would remove {digest}" for digest in sorted(ours - theirs)]
        return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--marks", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--damaged", action="store_true")
    parser.add_argument("--again", action="append_const", const="again", default=[])
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--cases", type=int, default=50)
    options = parser.parse_args()
    failures = 0
    harness = Harness(options)
    print(f"# seed {options.seed}\n1..{options.cases}", flush=True)
    for number in range(options.first, options.first + options.cases):
        what, wrong, said = harness.run_case(number)
        print(f"{'not ok' if wrong else 'ok'} {number - options.first + 1} - {what}", flush=True)
        if wrong:
            failures += 1
            lines = [*wrong, f"again: --seed {options.seed} --first {number} --cases 1", *said]
            print("\n".join(f"# {line.strip()}" for line in lines), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
