#!/usr/bin/python3
"""Where the space of a storage folder goes, worked out from its files alone: space.py STORE

Prints JSON: bytes and blobs in all; garbage; of each repository what it refers to alone, and what
others refer to, too; of each tag what it needs. Uploads: how many, and the bytes of their files.
"""

import collections
import json
import pathlib
import sys


def read_blobs(root):
    return {f"sha256:{data.parent.name}": data for data in root.glob("blobs/sha256/*/*/data")}


def references(manifest):
    parts = [manifest.get("config")] + manifest.get("layers", []) + manifest.get("manifests", [])
    return {part["digest"] for part in parts if part}


def closure(blobs, digest):
    """The manifest DIGEST and what it consists of, at any depth."""
    manifest = json.loads(blobs[digest].read_bytes())
    found = {digest} | references(manifest)
    for child in manifest.get("manifests", []):
        if child["digest"] in blobs:
            found |= closure(blobs, child["digest"])
    return found


def repositories(root):
    base = root / "repositories"
    for folder in sorted(base.rglob("_manifests")):
        yield str(folder.parent.relative_to(base)), folder


def survey(root):
    blobs = read_blobs(root)
    sizes = {digest: data.stat().st_size for digest, data in blobs.items()}
    marked, tags = {}, {}
    for name, folder in repositories(root):
        marked[name] = set()
        for link in folder.glob("revisions/sha256/*/link"):
            digest = link.read_text()
            marked[name] |= {digest} | references(json.loads(blobs[digest].read_bytes()))
        for link in folder.glob("tags/*/current/link"):
            needs = closure(blobs, link.read_text())
            tags[f"{name}:{link.parent.parent.name}"] = sum(sizes.get(d, 0) for d in needs)
    owners = collections.Counter(digest for digests in marked.values() for digest in digests)
    files = [file for file in root.glob("repositories/**/_uploads/*/**/*") if file.is_file()]
    return {
        "bytes": sum(sizes.values()),
        "blobs": len(sizes),
        "garbage": sum(size for digest, size in sizes.items() if not owners[digest]),
        "shared": sum(size for digest, size in sizes.items() if owners[digest] > 1),
        "repositories": {
            name: {
                "alone": sum(sizes.get(d, 0) for d in digests if owners[d] == 1),
                "shared": sum(sizes.get(d, 0) for d in digests if owners[d] > 1),
            }
            for name, digests in marked.items()
        },
        "tags": tags,
        "uploads": {
            "count": len(list(root.glob("repositories/**/_uploads/*"))),
            "bytes": sum(file.stat().st_size for file in files),
        },
    }


if __name__ == "__main__":
    json.dump(survey(pathlib.Path(sys.argv[1]) / "docker/registry/v2"), sys.stdout, indent=1)
