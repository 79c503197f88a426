"""A token server (distribution's token specification) that signs real tokens, for a real registry with
`auth: token`."""

import base64
import functools
import http.server
import json
import secrets
import subprocess
import threading
import time
import urllib.parse

from lab import files
from lab.tls import openssl

ISSUER = "tests"
SERVICE = "registry.tests"
ALL = ("pull", "push", "delete", "*")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@functools.cache
def signer():
    """The folder of a key and its certificate, with which all tokens are signed."""
    folder = files.new_folder("tokens")
    key, pem = folder / "key", folder / "pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=tokens", "-days", 2, "-out", pem)
    openssl("x509", "-in", pem, "-outform", "DER", "-out", folder / "der")
    return folder


def sign(access, lifetime=60, user=""):
    """A token for a list of {type, name, actions}."""
    now = int(time.time())
    chain = [base64.b64encode((signer() / "der").read_bytes()).decode()]
    header = {"typ": "JWT", "alg": "RS256", "x5c": chain}
    claims = {
        "iss": ISSUER,
        "sub": user,
        "aud": SERVICE,
        "iat": now - 120,
        "nbf": now - 120,
        "exp": now + lifetime,
        "jti": secrets.token_hex(8),
        "access": access,
    }
    text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    words = ["openssl", "dgst", "-sha256", "-sign", str(signer() / "key")]
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=True)
    return f"{text}.{encode(done.stdout)}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        status, answer = self.server.owner.answer(
            urllib.parse.parse_qs(url.query), self.headers.get("Authorization")
        )
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


class Threads(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class TokenServer:
    """Who may do what; forget() makes it as it was at first.

    users      {user: password}; without any everybody is anonymous and may do all
    refuses    {scope's "type:name": actions that are not granted}
    denies     scopes for which the answer is 403 instead of a token that grants less
    is_over    whether a token is over before it is given, a function of its scope and how many came
               before for the same scope
    lifetime   their expires_in; None: the answer does not say
    key        "token", or "access_token"
    asked      [(user, scope)] of what came
    given      the tokens that were given
    """

    def __init__(self):
        self.forget()
        self.server = Threads(("127.0.0.1", 0), Handler)
        self.server.owner = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forget(self):
        self.users = {}
        self.refuses = {}
        self.denies = set()
        self.is_over = lambda scope, nth: False
        self.lifetime = 60
        self.key = "token"
        self.asked = []
        self.given = []
        self.lock = threading.Lock()

    def answer(self, query, authorization):
        """(status, body as a document)"""
        scope = query.get("scope", [""])[0]
        kind, _, login = (authorization or "").partition(" ")
        user, _, password = base64.b64decode(login).decode().partition(":")
        with self.lock:
            over = self.is_over(scope, self.count(scope))
            self.asked.append((user, scope))
        if query.get("service") != [SERVICE]:
            return 400, {"details": "another service"}
        if self.users and (kind != "Basic" or self.users.get(user) != password):
            return 401, {"details": "incorrect username or password"}
        if scope in self.denies:
            return 403, {"details": "not for you"}
        token = sign(self.access(scope), -300 if over else 300, user)
        self.given.append(token)
        answer = {self.key: token, "issued_at": "2001-02-03T04:05:06Z"}
        if self.lifetime is not None:
            answer["expires_in"] = self.lifetime
        return 200, answer

    def access(self, scope):
        if not scope:
            return []
        what, _, actions = scope.rpartition(":")
        kind, _, name = what.partition(":")
        granted = [
            action for action in actions.split(",") if action not in self.refuses.get(what, ())
        ]
        return [{"type": kind, "name": name, "actions": granted}]

    def count(self, scope):
        return sum(asked == scope for _, asked in self.asked)


def registry_configuration(realm):
    """What makes a registry ask for tokens of that server."""
    bundle = signer() / "pem"
    return f"""auth:
  token:
    realm: '{realm}'
    service: '{SERVICE}'
    issuer: '{ISSUER}'
    rootcertbundle: '{bundle}'
"""


def wide_token(*repositories):
    """All rights in these, and the catalog, for a day."""
    access = [{"type": "repository", "name": name, "actions": list(ALL)} for name in repositories]
    access.append({"type": "registry", "name": "catalog", "actions": ["*"]})
    return sign(access, 86400)
