"""Turns descriptions of images into manifests and blobs, without talking to anybody.

Which fields there are is told in images.py. Contents depend on the description alone, so the same
description gives the same digests, except for ages, which count from now.
"""

import datetime
import json
import random
import re

from schema1 import signed
from v2client import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_ARTIFACT,
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA1,
    digest_of,
)

EMPTY = b"{}"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
WASM_TYPE = "application/vnd.wasm.config.v0+json"
MODELPACK_TYPE = "application/vnd.cncf.model.config.v1+json"
DOCKER_MODEL_TYPE = "application/vnd.docker.ai.model.config.v0.1+json"
LAYER_BYTES = 1024
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
CREATED = "org.opencontainers.image.created"

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

BY = ("config_by", "layers_by")

FIELDS = {
    "id", "repository", "tag", "kind", "created", "history_created", "config_created_missing",
    "layers", "platform", "platforms", "children", "subject", "suffix", "fallback", "annotations",
    "artifact_type", "same_as", *BY,
}  # fmt: skip


class Mistake(Exception):
    """The description makes no sense."""


class Manifest:
    """One manifest, with the blobs (by digest) and the manifests that must be there before it."""

    def __init__(self, media_type, body, blobs=(), children=(), wire=None):
        self.media_type = media_type
        self.body = body
        self.wire = wire or body
        self.blobs = dict(blobs)
        self.children = list(children)
        self.digest = digest_of(body)
        self.level = 1 + max((child.level for child in self.children), default=-1)
        self.platform = None
        self.subject = None
        self.artifact_type = None
        self.annotations = None

    def descriptor(self, **more):
        found = {"mediaType": self.media_type, "digest": self.digest, "size": len(self.body)}
        return {**found, **more}


class Push:
    """A manifest to be put into a repository under a tag, or by its digest if that is None."""

    def __init__(self, repository, tag, manifest, fallback=False):
        self.repository = repository
        self.tag = tag
        self.manifest = manifest
        self.fallback = fallback


def moment(text, now):
    """An age such as -90d, +3h or now as a date; anything else as it is."""
    if text == "now":
        text = "+0s"
    match = re.fullmatch(r"([+-]\d+)([smhdw])", text) if isinstance(text, str) else None
    if not match:
        return text
    then = now + datetime.timedelta(seconds=int(match[1]) * SECONDS[match[2]])
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def platform_of(name):
    parts = name.split("/")
    found = {"os": parts[0], "architecture": parts[1]}
    if len(parts) > 2:
        found["variant"] = parts[2]
    return found


class Builder:
    def __init__(self, now=None):
        self.now = now or datetime.datetime.now(datetime.timezone.utc)
        self.sizes = {}
        self.contents = {}
        self.manifests = {}
        self.places = {}
        self.pushes = []

    def add(self, spec):
        """Builds one object of the description; what it refers to must have been added before."""
        unknown = set(spec) - FIELDS
        if unknown:
            raise Mistake(f"unknown: {', '.join(sorted(unknown))}")
        source = spec.get("same_as")
        repository = spec.get("repository") or self.places.get(source)
        if not repository:
            raise Mistake(f"no repository: {spec}")
        name = spec.get("id") or f"{repository}:{spec.get('tag')}"
        if name in self.manifests:
            raise Mistake(f"{name}: there is one already; give this one an id")
        kind = spec.get("kind", "image")
        build = getattr(self, "build_" + kind.replace("-", "_"), None)
        if source:
            manifest = self.get(source)
        elif build:
            manifest = build(name, {**spec, "repository": repository})
        else:
            raise Mistake(f"{name}: no such kind: {kind}")
        self.keep(name, repository, manifest)
        tag = spec.get("tag")
        if kind == "cosign" and not source:
            tag = self.subject(spec)["digest"].replace(":", "-")
            tag += "." + spec.get("suffix", "sig")
        fallback = manifest.subject is not None and spec.get("fallback", True)
        self.pushes.append(Push(repository, tag, manifest, fallback))

    def keep(self, name, repository, manifest):
        self.manifests[name] = manifest
        self.places[name] = repository

    def get(self, name):
        if name not in self.manifests:
            raise Mistake(f"{name}: not described before it is referred to")
        return self.manifests[name]

    def layer(self, text):
        """The blob of a layer NAME or NAME:SIZE; the same name is the same blob."""
        name, colon, size = text.rpartition(":")
        if not colon or not size.isdigit():
            name, size = text, self.sizes.get(text, LAYER_BYTES)
        size = int(size)
        if self.sizes.setdefault(name, size) != size:
            raise Mistake(f"layer {name}: two sizes")
        if name not in self.contents:
            self.contents[name] = random.Random(name).randbytes(size)
        return self.contents[name]

    def layers(self, name, spec):
        # With its size: what ends the name may look like one, as that of app:1 does.
        return [self.layer(text) for text in spec.get("layers", [f"layer of {name}:{LAYER_BYTES}"])]

    def subject(self, spec):
        """The descriptor of the subject, which is an id or the digest of something absent."""
        name = spec.get("subject")
        if name is None:
            raise Mistake(f"no subject: {spec}")
        if name not in self.manifests and name.startswith("sha256:"):
            return {"mediaType": OCI_MANIFEST, "digest": name, "size": 500}
        return self.get(name).descriptor()

    def config(self, name, spec, layers):
        created = moment(spec.get("created"), self.now)
        before = moment(spec.get("history_created", spec.get("created")), self.now)
        document = {} if spec.get("config_created_missing") else {"created": created}
        document.update(platform_of(spec.get("platform", "linux/amd64")))
        document["config"] = {"Labels": {"name": name}}
        document["rootfs"] = {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}
        steps = [{"created_by": f"step {number}"} for number, _ in enumerate(layers, 1)]
        if before is not None:
            steps = [{"created": before, **step} for step in steps]
        document["history"] = steps
        return json.dumps(document).encode()

    def assemble(self, spec, config, config_type, layers, layer_type, media_type=OCI_MANIFEST):
        """A manifest of these blobs; artifact type, subject and annotations as described."""
        named = [(digest_of(layer, spec.get("layers_by", "sha256")), layer) for layer in layers]
        config_digest = digest_of(config, spec.get("config_by", "sha256"))
        document = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": {
                "mediaType": config_type,
                "digest": config_digest,
                "size": len(config),
            },
            "layers": [
                {"mediaType": layer_type, "digest": digest, "size": len(layer)}
                for digest, layer in named
            ],
        }
        if spec.get("artifact_type"):
            document["artifactType"] = spec["artifact_type"]
        if spec.get("subject") and spec.get("kind") != "cosign":
            document["subject"] = self.subject(spec)
        if spec.get("annotations"):
            document["annotations"] = self.annotations(spec)
        blobs = {config_digest: config, **dict(named)}
        manifest = Manifest(media_type, json.dumps(document).encode(), blobs)
        manifest.subject = document.get("subject")
        manifest.artifact_type = document.get("artifactType") or config_type
        manifest.annotations = document.get("annotations")
        return manifest

    def annotations(self, spec):
        found = spec.get("annotations") or {}
        return {key: moment(value, self.now) for key, value in found.items()}

    @staticmethod
    def dated(spec):
        """What has no config with a date tells it, if at all, by its annotation."""
        if spec.get("created") is None:
            return spec
        annotations = {CREATED: spec["created"], **(spec.get("annotations") or {})}
        return {**spec, "annotations": annotations}

    def build_image(self, name, spec):
        layers = self.layers(name, spec)
        config = self.config(name, spec, layers)
        manifest = self.assemble(spec, config, CONFIG_TYPE, layers, LAYER_TYPE)
        manifest.platform = platform_of(spec.get("platform", "linux/amd64"))
        return manifest

    def build_docker(self, name, spec):
        layers = self.layers(name, spec)
        config = self.config(name, spec, layers)
        manifest = self.assemble(
            spec, config, DOCKER_CONFIG_TYPE, layers, DOCKER_LAYER_TYPE, DOCKER_MANIFEST
        )
        manifest.platform = platform_of(spec.get("platform", "linux/amd64"))
        return manifest

    def build_artifact(self, name, spec):
        spec = {"artifact_type": "application/vnd.example.thing", **self.dated(spec)}
        layers = self.layers(name, spec)
        return self.assemble(spec, EMPTY, EMPTY_TYPE, layers, "application/octet-stream")

    def build_oci_artifact(self, name, spec):
        """The artifact manifest that OCI withdrew; no distribution takes it."""
        layers = [(digest_of(layer), layer) for layer in self.layers(name, spec)]
        document = {
            "mediaType": OCI_ARTIFACT,
            "artifactType": "application/vnd.example.thing",
            "blobs": [
                {"mediaType": "application/octet-stream", "digest": digest, "size": len(layer)}
                for digest, layer in layers
            ],
            "annotations": {CREATED: moment(spec.get("created"), self.now)},
        }
        return Manifest(OCI_ARTIFACT, json.dumps(document).encode(), dict(layers))

    def build_referrer(self, name, spec):
        self.subject(spec)
        return self.build_artifact(name, {"artifact_type": "application/spdx+json", **spec})

    def build_helm(self, name, spec):
        config = json.dumps({"name": name, "version": "1.0.0", "apiVersion": "v2"}).encode()
        chart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
        kind = "application/vnd.cncf.helm.config.v1+json"
        return self.assemble(self.dated(spec), config, kind, self.layers(name, spec), chart)

    def build_wasm(self, name, spec):
        document = {"architecture": "wasm", "os": "wasip2", "layerDigests": []}
        return self.build_dated(name, spec, document, document, "created", WASM_TYPE)

    def build_modelpack(self, name, spec):
        descriptor = {"name": name}
        document = {"descriptor": descriptor, "modelfs": {"type": "layers", "diffIds": []}}
        return self.build_dated(name, spec, document, descriptor, "createdAt", MODELPACK_TYPE)

    def build_docker_model(self, name, spec):
        descriptor = {}
        document = {"config": {"format": "gguf"}, "descriptor": descriptor}
        return self.build_dated(name, spec, document, descriptor, "created", DOCKER_MODEL_TYPE)

    def build_dated(self, name, spec, document, place, field, config_type):
        """Something whose config DOCUMENT has the date under FIELD of PLACE, a part of it."""
        place[field] = moment(spec.get("created"), self.now)
        config = json.dumps(document).encode()
        layers = self.layers(name, spec)
        return self.assemble(spec, config, config_type, layers, "application/octet-stream")

    def build_cosign(self, name, spec):
        layers = self.layers(name, spec)
        config = self.config(name, {"created": "0001-01-01T00:00:00Z", **spec}, layers)
        kind = "application/vnd.dev.cosign.simplesigning.v1+json"
        return self.assemble(spec, config, CONFIG_TYPE, layers, kind)

    def build_schema1(self, name, spec):
        layers = self.layers(name, spec)[::-1]
        created = moment(spec.get("created"), self.now)
        history = []
        for number in range(len(layers), 0, -1):
            step = {"id": digest_of(f"{name} {number}".encode())[7:], "created": created}
            if number > 1:
                step["parent"] = digest_of(f"{name} {number - 1}".encode())[7:]
            if created is None:
                del step["created"]
            history.append({"v1Compatibility": json.dumps(step)})
        payload, body = signed(
            {
                "schemaVersion": 1,
                "name": spec["repository"],
                "tag": spec.get("tag") or "none",
                "architecture": "amd64",
                "fsLayers": [{"blobSum": digest_of(layer)} for layer in layers],
                "history": history,
            }
        )
        blobs = {digest_of(layer): layer for layer in layers}
        return Manifest(SCHEMA1, payload, blobs, wire=body)

    def build_index(self, name, spec):
        children = self.children(name, spec, "image")
        return self.collect(OCI_INDEX, self.dated(spec), children)

    def build_docker_list(self, name, spec):
        if spec.get("annotations") or spec.get("subject"):
            raise Mistake(f"{name}: a docker list has neither annotations nor a subject")
        return self.collect(DOCKER_LIST, spec, self.children(name, spec, "docker"))

    def children(self, name, spec, kind):
        """The children named, and one image for each platform, known as ID/PLATFORM."""
        found = [self.get(child) for child in spec.get("children", [])]
        for platform in spec.get("platforms", []):
            found.append(self.child(f"{name}/{platform}", spec, kind, platform))
        return [(child, self.entry(child)) for child in found]

    def child(self, name, spec, kind, platform):
        about = {"kind": kind, "platform": platform}
        for key in ("created", "history_created", "config_created_missing", "layers", *BY):
            if key in spec:
                about[key] = spec[key]
        manifest = getattr(self, "build_" + kind)(name, about)
        self.keep(name, spec["repository"], manifest)
        return manifest

    @staticmethod
    def entry(child):
        more = {"platform": child.platform} if child.platform else {}
        declared = json.loads(child.body).get("artifactType")
        return child.descriptor(**more, **({"artifactType": declared} if declared else {}))

    def build_attested_index(self, name, spec):
        """As buildx pushes it: each image is followed by an attestation for an unknown platform."""
        children = []
        for platform in spec.get("platforms", ["linux/amd64"]):
            image = self.child(f"{name}/{platform}", spec, "image", platform)
            attestation = self.attestation(f"{name}/{platform}/attestation")
            self.keep(f"{name}/{platform}/attestation", spec["repository"], attestation)
            notes = {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": image.digest,
            }
            nowhere = {"architecture": "unknown", "os": "unknown"}
            children.append((image, self.entry(image)))
            children.append(
                (attestation, attestation.descriptor(annotations=notes, platform=nowhere))
            )
        return self.collect(OCI_INDEX, self.dated(spec), children)

    def attestation(self, name):
        layer = json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "name": name}).encode()
        config = {"architecture": "unknown", "os": "unknown", "config": {}}
        config["rootfs"] = {"type": "layers", "diff_ids": [digest_of(layer)]}
        kind = "application/vnd.in-toto+json"
        return self.assemble({}, json.dumps(config).encode(), CONFIG_TYPE, [layer], kind)

    def collect(self, media_type, spec, children):
        document = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": [entry for _, entry in children],
        }
        if spec.get("artifact_type"):
            document["artifactType"] = spec["artifact_type"]
        if spec.get("subject"):
            document["subject"] = self.subject(spec)
        if spec.get("annotations"):
            document["annotations"] = self.annotations(spec)
        body = json.dumps(document).encode()
        manifest = Manifest(media_type, body, children=[child for child, _ in children])
        manifest.subject = document.get("subject")
        manifest.artifact_type = document.get("artifactType")
        manifest.annotations = document.get("annotations")
        return manifest
