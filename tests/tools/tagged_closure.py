"""What the tags in a storage folder lead to.

  seen REPOSITORY DIGEST   a manifest that a client of the API alone can know of: tags lead to it, by
                           what manifests list, by their subjects, or by names such as sha256-HEX.sig
  whole REPOSITORY TAG     all that the tag needs is there: its manifest, the children of that, their
                           configs and layers, with the repository's links to them
"""

import json
import os
import re

NAME = re.compile(r"sha256-([0-9a-f]{64})(\.(sig|att|sbom))?")


def read(*path):
    try:
        with open(os.path.join(*path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Repository:
    def __init__(self, root, name):
        self.root = root
        self.folder = os.path.join(root, "repositories", name)
        tags = os.path.join(self.folder, "_manifests/tags")
        self.tags = {}
        for tag in os.listdir(tags) if os.path.isdir(tags) else []:
            self.tags[tag] = read(tags, tag, "current/link")

    def data(self, digest):
        return os.path.join(self.root, "blobs/sha256", digest[7:9], digest[7:], "data")

    def manifest(self, digest):
        """The document, or None."""
        link = read(self.folder, "_manifests/revisions/sha256", digest[7:], "link")
        body = read(self.data(digest))
        return None if link is None or body is None else json.loads(body)

    def seen(self):
        todo = [digest for digest in self.tags.values() if digest]
        names = [NAME.fullmatch(tag) for tag in self.tags]
        todo += ["sha256:" + match[1] for match in names if match]
        found = set()
        while todo:
            digest = todo.pop()
            document = None if digest in found else self.manifest(digest)
            if document is None:
                continue
            found.add(digest)
            todo += [child["digest"] for child in document.get("manifests") or []]
            if document.get("subject"):
                todo.append(document["subject"]["digest"])
        return found

    def has_blob(self, blob):
        link = read(self.folder, "_layers/sha256", blob["digest"][7:], "link")
        path = self.data(blob["digest"])
        return link is not None and os.path.exists(path) and os.path.getsize(path) == blob["size"]

    def is_whole(self, digest):
        document = self.manifest(digest) if digest else None
        if document is None:
            return False
        children = [child["digest"] for child in document.get("manifests") or []]
        blobs = [document.get("config"), *(document.get("layers") or [])]
        return all(map(self.is_whole, children)) and all(map(self.has_blob, filter(None, blobs)))


def look(store):
    """("seen", REPOSITORY, DIGEST) and ("whole", REPOSITORY, TAG) of all that is in a storage folder."""
    root = os.path.join(store, "docker/registry/v2")
    top = os.path.join(root, "repositories")
    for folder, names, _ in os.walk(top):
        if "_manifests" not in names:
            continue
        name = os.path.relpath(folder, top)
        repository = Repository(root, name)
        for digest in repository.seen():
            yield "seen", name, digest
        for tag, digest in repository.tags.items():
            if repository.is_whole(digest):
                yield "whole", name, tag
