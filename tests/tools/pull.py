#!/usr/bin/python3
"""Pulls a manifest and all that it names, and fails unless every byte is there and right."""

import argparse
import json
import sys

sys.dont_write_bytecode = True

from v2client import SCHEMA1, Client, Failure, digest_of  # noqa: E402


class Puller:
    def __init__(self, client, repository):
        self.client = client
        self.repository = repository
        self.seen = set()

    def manifest(self, reference, size=None):
        found = self.client.get_manifest(self.repository, reference)
        if found is None:
            raise Failure(f"{self.repository}: no manifest {reference}")
        media_type, digest, body = found
        if media_type == SCHEMA1:
            # Signed anew for every answer, so its digest is not that of the body.
            for layer in json.loads(body)["fsLayers"]:
                self.blob(layer["blobSum"])
            return
        self.check(reference if ":" in reference else digest, body, size)
        document = json.loads(body)
        for child in document.get("manifests") or []:
            if child["digest"] not in self.seen:
                self.seen.add(child["digest"])
                self.manifest(child["digest"], child["size"])
        for blob in [document.get("config"), *(document.get("layers") or [])]:
            if blob:
                self.blob(blob["digest"], blob["size"])

    def blob(self, digest, size=None):
        if digest not in self.seen:
            self.seen.add(digest)
            self.check(digest, self.client.get_blob(self.repository, digest), size)

    def check(self, digest, data, size):
        found = digest_of(data, digest.partition(":")[0])
        if found != digest:
            raise Failure(f"{self.repository}: {digest}: the bytes are those of {found}")
        if size is not None and size != len(data):
            raise Failure(f"{self.repository}: {digest}: {len(data)} bytes instead of {size}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("repository")
    parser.add_argument("reference", nargs="+")
    options = parser.parse_args()
    client = Client(options.url, options.user, options.password)
    failures = 0
    for reference in options.reference:
        try:
            Puller(client, options.repository).manifest(reference)
        except (Failure, OSError) as failure:
            print(f"pull: {failure}", file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
