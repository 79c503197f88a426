#!/usr/bin/python3
"""Pushes made-up but valid images over the v2 API, or writes them straight into a storage folder.

The description is a JSON list of objects, read from a file or standard input:

  repository   where to (with same_as: by default where that one is)
  tag          null or absent: pushed by its digest only
  id           what others call it by; default REPOSITORY:TAG. It is part of the content: objects
               with different ids differ in their digests
  kind         image (default), docker, index, docker-list, artifact, helm, cosign, referrer,
               wasm, modelpack, docker-model, schema1 (the registry needs --schema1), attested-index (as buildx pushes it),
               oci-artifact (with --store only: no registry of distribution takes one)
  created      -90d, +3h, now (s m h d w); any other text as it is; null or absent: null. It is
               the config's date; of artifact, helm, index: an annotation; of platforms: theirs
  history_created, config_created_missing   date in the config's history (default: created); true:
               the config has no key "created"
  layers       names, or NAME:BYTES (1024); the same name is the same blob. Default: one, its own
  config_by, layers_by   algorithm by which these are named and pushed: sha256 (default), sha384 or
               sha512
  platform     of an image, default linux/amd64
  platforms    index, docker-list, attested-index: an image for each, with the id ID/PLATFORM (and
               ID/PLATFORM/attestation), not tagged
  children     index, docker-list: ids, of any kind, indexes as well
  subject      an id, or the digest of something absent. cosign: goes into the tag, with the suffix
               sig (default), att or sbom. Any other kind: becomes its subject, and unless fallback
               is false it is entered into the index tagged sha256-HEX, as clients do it
  annotations, artifact_type   as they are, but for ages in annotations
  same_as      id: the same manifest again, under another tag or in another repository

What is referred to comes first. Printed is an object of digests by id and by REPOSITORY:TAG (of a
tag that is pushed more than once, the last).
"""

import argparse
import concurrent.futures
import json
import os
import sys

sys.dont_write_bytecode = True

from image_builder import Builder, Manifest, Mistake, Push  # noqa: E402
from v2client import OCI_INDEX, Client, Failure, digest_of  # noqa: E402


class Api:
    """Where images go: a registry."""

    threads = 8

    def __init__(self, client):
        self.client = client

    def put_blob(self, repository, digest, data):
        self.client.put_blob(repository, data, digest)

    def put_manifest(self, repository, tag, manifest):
        reference = tag or manifest.digest
        digest = self.client.put_manifest(repository, reference, manifest.wire, manifest.media_type)
        if digest != manifest.digest:
            raise Failure(f"{repository}:{reference}: stored as {digest}, not {manifest.digest}")

    def get_tag(self, repository, tag):
        found = self.client.get_manifest(repository, tag)
        return found and found[2]


class Store:
    """Where images go: the storage folder of a registry, as the registry would write it."""

    threads = 1

    def __init__(self, root):
        self.root = os.path.join(root, "docker/registry/v2")

    def write(self, data, *path):
        folder = os.path.join(self.root, *path[:-1])
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, path[-1]), "wb") as file:
            file.write(data)

    def write_data(self, data):
        digest = digest_of(data)
        self.write(data, "blobs/sha256", digest[7:9], digest[7:], "data")
        return digest

    def put_blob(self, repository, digest, data):
        stored = self.write_data(data)
        for name in {stored, digest}:
            self.link(stored, repository, "_layers", *name.split(":"))

    def link(self, digest, repository, *path):
        self.write(digest.encode(), "repositories", repository, *path, "link")

    def put_manifest(self, repository, tag, manifest):
        self.put_manifest_bytes(repository, tag, manifest.body)

    def put_manifest_bytes(self, repository, tag, body):
        """Links any bytes as a manifest, also such as no registry would accept."""
        digest = self.write_data(body)
        self.link(digest, repository, "_manifests/revisions/sha256", digest[7:])
        if tag:
            folder = os.path.join("_manifests/tags", tag)
            self.link(digest, repository, folder, "index/sha256", digest[7:])
            self.link(digest, repository, folder, "current")
        return digest

    def get_tag(self, repository, tag):
        folder = os.path.join(self.root, "repositories", repository, "_manifests/tags", tag)
        try:
            with open(os.path.join(folder, "current/link"), encoding="ascii") as file:
                digest = file.read()
            name = os.path.join(self.root, "blobs/sha256", digest[7:9], digest[7:], "data")
            with open(name, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None


def closure(manifest):
    """The manifest and all below it."""
    yield manifest
    for child in manifest.children:
        yield from closure(child)


def waves(pushes):
    """Lists of puts of which each may run at once: children first, a tag's later content later.

    distribution 2.8 empties the links of a manifest for a moment when it is put again, and does not
    know the manifest then: nothing is put twice in a wave, nor beside what lists it.
    """
    found = {}
    tags = {}
    seen = set()

    def put(wave, repository, tag, manifest):
        times = 0
        while manifest.digest in found.setdefault((wave, manifest.level, times), {}):
            times += 1
        found[wave, manifest.level, times][manifest.digest] = (repository, tag, manifest)

    for push in pushes:
        for manifest in closure(push.manifest):
            tag = push.tag if manifest is push.manifest else None
            if tag is None and (push.repository, manifest.digest) in seen:
                continue
            seen.add((push.repository, manifest.digest))
            wave = manifest.level
            if tag is not None:
                wave = max(wave, tags.get((push.repository, tag), -1) + 1)
                tags[push.repository, tag] = wave
            if wave > manifest.level:
                # What lists it comes at once after its level.
                put(manifest.level, push.repository, None, manifest)
            put(wave, push.repository, tag, manifest)
    return [list(found[wave].values()) for wave in sorted(found)]


def blobs_of(pushes):
    found = {}
    for push in pushes:
        for manifest in closure(push.manifest):
            for digest, data in manifest.blobs.items():
                found[push.repository, digest] = data
    return [(repository, digest, data) for (repository, digest), data in found.items()]


def push_fallback(target, repository, subject, referrers):
    """Enters referrers into the index that stands in for the referrers API. Returns its push."""
    tag = subject.replace(":", "-")
    body = target.get_tag(repository, tag)
    document = json.loads(body) if body else {"schemaVersion": 2, "mediaType": OCI_INDEX}
    entries = document.setdefault("manifests", [])
    for manifest in referrers:
        more = {"artifactType": manifest.artifact_type} if manifest.artifact_type else {}
        if manifest.annotations:
            more["annotations"] = manifest.annotations
        if manifest.digest not in [entry["digest"] for entry in entries]:
            entries.append(manifest.descriptor(**more))
    index = Manifest(OCI_INDEX, json.dumps(document).encode())
    target.put_manifest(repository, tag, index)
    return Push(repository, tag, index)


def push_all(target, specs, now=None):
    """Pushes what is described to an Api or a Store; returns digests by id and REPOSITORY:TAG."""
    builder = Builder(now)
    for spec in specs:
        builder.add(spec)
    fallbacks = {}
    for push in builder.pushes:
        if push.fallback:
            key = (push.repository, push.manifest.subject["digest"])
            fallbacks.setdefault(key, []).append(push.manifest)
    with concurrent.futures.ThreadPoolExecutor(target.threads) as pool:
        list(pool.map(lambda blob: target.put_blob(*blob), blobs_of(builder.pushes)))
        for wave in waves(builder.pushes):
            list(pool.map(lambda put: target.put_manifest(*put), wave))
    done = [push_fallback(target, *key, referrers) for key, referrers in fallbacks.items()]
    digests = {name: manifest.digest for name, manifest in builder.manifests.items()}
    for push in builder.pushes + done:
        if push.tag:
            digests[f"{push.repository}:{push.tag}"] = push.manifest.digest
    return digests


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="of the registry")
    where.add_argument("--store", help="storage folder to write into instead")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("file", nargs="?", default="-")
    options = parser.parse_args()
    target = Store(options.store) if options.store else None
    if target is None:
        target = Api(Client(options.url, options.user, options.password))
    try:
        with sys.stdin if options.file == "-" else open(options.file, encoding="utf-8") as file:
            specs = json.load(file)
        print(json.dumps(push_all(target, specs), indent=1))
    except (Failure, Mistake, OSError, ValueError) as failure:
        print(f"images: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
