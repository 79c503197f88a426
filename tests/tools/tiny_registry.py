#!/usr/bin/python3
"""A very small v2 registry over a storage folder in distribution's layout, for testing the proxy only.

    tiny_registry.py --store DIR [--user NAME:PASSWORD] [--port-file FILE]

As a 2.8 does it: tags unsorted and in one piece, the catalog in pages, DELETE by digest only.
"""

import argparse
import base64
import json
import os
import re
import shutil
import signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

JSON = "application/json; charset=utf-8"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root = Path()
    user = None

    def log_message(self, *_):
        """Silent; the proxy's log is what the tests read."""

    def answer(self, status, body=b"", headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (("Docker-Distribution-Api-Version", "registry/2.0"), *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, value, status=200, headers=()):
        self.answer(status, value, [("Content-Type", JSON), *headers])

    def error(self, status, code):
        self.json({"errors": [{"code": code, "message": code.lower()}]}, status)

    def serve(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        expected = self.user and "Basic " + base64.b64encode(self.user.encode()).decode()
        if expected and self.headers.get("Authorization") != expected:
            self.error(401, "UNAUTHORIZED")
            return
        path = urlsplit(self.path).path
        if path == "/v2/":
            self.json({})
        elif path == "/v2/_catalog":
            self.catalog()
        elif match := re.fullmatch(r"/v2/(.+)/tags/list", path):
            self.tags(match.group(1))
        elif match := re.fullmatch(r"/v2/(.+)/manifests/([^/]+)", path):
            self.manifest(self.repositories() / match.group(1) / "_manifests", match.group(2))
        else:
            self.answer(404, b"404 page not found\n", [("Content-Type", "text/plain")])

    do_GET = do_HEAD = do_DELETE = do_PUT = do_POST = serve

    def repositories(self):
        return self.root / "docker/registry/v2/repositories"

    def catalog(self):
        values = parse_qs(urlsplit(self.path).query)
        number = int(values.get("n", ["100"])[0])
        last = values.get("last", [""])[0]
        folders = sorted(self.repositories().rglob("_manifests"))
        names = [str(folder.parent.relative_to(self.repositories())) for folder in folders]
        part = [name for name in names if name > last][:number]
        headers = []
        if len(part) == number:
            following = urlencode({"last": part[-1], "n": number})
            headers.append(("Link", f'</v2/_catalog?{following}>; rel="next"'))
        self.json({"repositories": part}, headers=headers)

    def tags(self, name):
        folder = self.repositories() / name / "_manifests/tags"
        if not folder.is_dir():
            self.error(404, "NAME_UNKNOWN")
            return
        names = sorted(os.listdir(folder), reverse=True)
        self.json({"name": name, "tags": names or None})

    def manifest(self, folder, reference):
        if self.command == "DELETE":
            self.delete(folder, reference)
            return
        link = folder / "tags" / reference / "current/link"
        digest = reference
        if ":" not in reference:
            digest = link.read_text() if link.exists() else "sha256:absent"
        if not self.revision(folder, digest).exists():
            self.error(404, "MANIFEST_UNKNOWN")
            return
        if digest in (self.headers.get("If-None-Match") or ""):
            self.answer(304)
            return
        hexadecimal = digest.split(":")[1]
        blobs = self.root / "docker/registry/v2/blobs/sha256"
        body = (blobs / hexadecimal[:2] / hexadecimal / "data").read_bytes()
        headers = [("Content-Type", MANIFEST_TYPE), ("Docker-Content-Digest", digest)]
        self.answer(200, body, headers)

    def revision(self, folder, digest):
        return folder / "revisions" / digest.replace(":", "/") / "link"

    def delete(self, folder, reference):
        if ":" not in reference:
            self.error(400, "DIGEST_INVALID")
            return
        revision = self.revision(folder, reference)
        if not revision.exists():
            self.error(404, "MANIFEST_UNKNOWN")
            return
        revision.unlink()
        for link in (folder / "tags").glob("*/current/link"):
            if link.read_text() == reference:
                shutil.rmtree(link.parent.parent)
        self.answer(202)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True, type=Path)
    parser.add_argument("--user")
    parser.add_argument("--port-file", required=True)
    given = parser.parse_args()
    Handler.root, Handler.user = given.store, given.user
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    Path(f"{given.port_file}.new").write_text(f"{server.server_address[1]}\n", encoding="ascii")
    os.rename(f"{given.port_file}.new", given.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
