"""Authorities and certificates, made once for a file of tests, and what serves them."""

import functools
import subprocess
from pathlib import Path
from typing import NamedTuple

from lab import files
from lab.nginx import Nginx
from lab.server import Server


class Pair(NamedTuple):
    """The paths of a certificate and its key."""

    pem: Path
    key: Path


def new_key(folder):
    """A pair whose certificate is yet to be made."""
    pair = Pair(folder / "server.pem", folder / "server.key")
    curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl("genpkey", *curve, "-out", pair.key)
    return pair


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@functools.cache
def authority(name):
    """An authority; the same at each call."""
    pair = new_key(files.new_folder("tls"))
    openssl(
        "req",
        "-x509",
        "-new",
        "-key",
        pair.key,
        "-subj",
        f"/CN={name}",
        "-days",
        30,
        "-out",
        pair.pem,
    )
    return pair


@functools.cache
def certificate(issuer, names="IP:127.0.0.1"):
    """A certificate of that authority for these alternative names; the same at each call."""
    folder = files.new_folder("tls")
    pair = new_key(folder)
    request, extensions = folder / "request", folder / "extensions"
    extensions.write_text(f"subjectAltName = {names}\n")
    openssl("req", "-new", "-key", pair.key, "-subj", "/CN=server", "-out", request)
    of = authority(issuer)
    openssl(
        *("x509", "-req", "-in", request, "-CA", of.pem, "-CAkey", of.key, "-CAcreateserial"),
        *("-days", 20, "-extfile", extensions, "-out", pair.pem),
    )
    return pair


class TlsFront(Nginx):
    """TLS with that certificate before `backend`, a url; `more` are directives of nginx."""

    def __init__(self, pair, backend, more=""):
        super().__init__(
            f"""listen 127.0.0.1:@PORT@ ssl;
    ssl_certificate {pair.pem};
    ssl_certificate_key {pair.key};
    {more}
    location / {{ proxy_pass {backend}; proxy_set_header Host $http_host; }}"""
        )
        self.url = f"https://127.0.0.1:{self.port}"


class OpensslServer(Server):
    """openssl s_server with that certificate and further options."""

    def __init__(self, pair, *options):
        self.words = ["-cert", pair.pem, "-key", pair.key, *options]
        super().__init__()
        self.url = f"https://127.0.0.1:{self.port}"

    def command(self):
        return ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-www", *self.words]

    def listens(self):
        return "ACCEPT" in self.output()
