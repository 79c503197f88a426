#!/usr/bin/env python3
"""Lists what a scan of a store must ask for: FOLDER/manifests gets the path of every tag's manifest, FOLDER/configs
that of every config, once; FOLDER/known the path of every tag's manifest and, behind a blank, its digest.

Usage: list_paths.py STORE FOLDER
"""
import json
import pathlib
import sys

root = pathlib.Path(sys.argv[1]) / "docker/registry/v2"
manifests, configs, known = [], {}, []
for link in (root / "repositories").glob("**/_manifests/tags/*/current/link"):
    repository = str(link.relative_to(root / "repositories")).split("/_manifests/")[0]
    algorithm, digest = link.read_text().split(":")
    manifests.append(f"/v2/{repository}/manifests/{link.parts[-3]}")
    known.append(f"{manifests[-1]} {algorithm}:{digest}")
    body = json.loads((root / "blobs" / algorithm / digest[:2] / digest / "data").read_bytes())
    configs.setdefault(
        body["config"]["digest"], f"/v2/{repository}/blobs/{body['config']['digest']}"
    )
for name, paths in (("manifests", manifests), ("configs", configs.values()), ("known", known)):
    pathlib.Path(sys.argv[2], name).write_text("".join(f"{path}\n" for path in paths))
