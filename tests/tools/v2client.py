"""A small client of the v2 API for tests: one kept-alive connection for each thread."""

import base64
import functools
import hashlib
import http.client
import threading
import urllib.parse

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
ACCEPT = ", ".join([OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, SCHEMA1])


class Failure(Exception):
    """The registry answered something else than expected."""


@functools.lru_cache(1024)
def digest_of(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


class Client:
    def __init__(self, url, user=None, password=None):
        parts = urllib.parse.urlsplit(url)
        self.kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self.netloc = parts.netloc
        self.prefix = parts.path.rstrip("/")
        self.headers = {}
        if user:
            login = base64.b64encode(f"{user}:{password or ''}".encode()).decode()
            self.headers["Authorization"] = "Basic " + login
        self.local = threading.local()

    def request(self, method, path, body=None, headers=None):
        """Returns (status, headers, body). A connection that was closed meanwhile is renewed."""
        for last in (False, True):
            connection = getattr(self.local, "connection", None)
            fresh = connection is None
            if fresh:
                connection = self.local.connection = self.kind(self.netloc, timeout=60)
            try:
                connection.request(method, path, body, {**self.headers, **(headers or {})})
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.HTTPException, ConnectionError) as error:
                connection.close()
                self.local.connection = None
                if fresh or last:
                    raise Failure(f"{method} {path}: {error!r}") from error
        raise AssertionError("unreachable")

    def expect(self, status, method, path, body=None, headers=None):
        got, answer_headers, answer = self.request(method, path, body, headers)
        if got != status:
            raise Failure(f"{method} {path}: {got} instead of {status}: {answer[:500]!r}")
        return answer_headers, answer

    def path(self, repository, *rest):
        return "/".join([self.prefix + "/v2", repository, *rest])

    def put_blob(self, repository, data, digest=None):
        """By its sha256 digest, or by one of another algorithm; it is stored by the former."""
        headers, _ = self.expect(202, "POST", self.path(repository, "blobs", "uploads", ""), b"")
        location = urllib.parse.urlsplit(headers["Location"])
        query = location.query + ("&" if location.query else "")
        query += "digest=" + urllib.parse.quote(digest or digest_of(data))
        kind = {"Content-Type": "application/octet-stream"}
        self.expect(201, "PUT", f"{location.path}?{query}", data, kind)

    def put_manifest(self, repository, reference, body, media_type):
        path = self.path(repository, "manifests", reference)
        headers, _ = self.expect(201, "PUT", path, body, {"Content-Type": media_type})
        return headers["Docker-Content-Digest"]

    def get_manifest(self, repository, reference):
        """Returns (media type, digest, body), or None if there is no such manifest."""
        path = self.path(repository, "manifests", reference)
        status, headers, body = self.request("GET", path, None, {"Accept": ACCEPT})
        if status == 404:
            return None
        if status != 200:
            raise Failure(f"GET {path}: {status}: {body[:500]!r}")
        return headers["Content-Type"], headers["Docker-Content-Digest"], body

    def get_blob(self, repository, digest):
        _, body = self.expect(200, "GET", self.path(repository, "blobs", digest))
        return body
