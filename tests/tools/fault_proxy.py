#!/usr/bin/python3
"""A proxy on 127.0.0.1 in front of a real registry that brings faults on demand.

    fault_proxy.py --backend http://127.0.0.1:PORT [--rules FILE] [--log FILE] [--port-file FILE]
    fault_proxy.py --backend URL --play-3x[=no-delete|=no-delete-3.1.1] --store DIR
    fault_proxy.py --sink [--body TEXT] [--content-type TYPE]

Rules (see fault_rules.py, fault_actions.py) come from a file, or by PUT to /_fault/rules; GET of that
path shows how often each matched and was applied. The log is JSON Lines: "request" when one arrives,
"answer" just before it is answered, "late" when the backend is done after the client has gone.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

sys.dont_write_bytecode = True

from fault_actions import RuleError  # noqa: E402
from fault_distribution import Play3x  # noqa: E402
from fault_message import Response, json_response, text_response  # noqa: E402
from fault_rules import Rules  # noqa: E402

HOP_BY_HOP = {
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
BACKEND_TIMEOUT = 600


class Backend:
    """The registry behind the proxy; one connection for each request."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self.host, self.port = parts.hostname, parts.port or 80

    def request(self, method, target, headers, body):
        connection = HTTPConnection(self.host, self.port, timeout=BACKEND_TIMEOUT)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    connection.putheader(name, value)
            if body or method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Connection", "close")
            connection.endheaders(body or None)
            answer = connection.getresponse()
            # A body may yet change, so its length is told when it is sent; a HEAD has only the length.
            left_out = HOP_BY_HOP if method == "HEAD" else HOP_BY_HOP | {"content-length"}
            kept = [pair for pair in answer.getheaders() if pair[0].lower() not in left_out]
            return Response(answer.status, kept, answer.read())
        except (OSError, HTTPException) as error:
            return text_response(502, f"fault_proxy: backend: {error!r}\n")
        finally:
            connection.close()


class Sink:
    """Takes every request and answers 200 with the same body."""

    url = ""

    def __init__(self, body, content_type):
        self.body = body.encode()
        self.content_type = content_type

    def request(self, method, _target, _headers, _body):
        response = Response(200, [("Content-Type", self.content_type)], self.body)
        if method == "HEAD":
            response.set("Content-Length", str(len(self.body)))
        return response


class Log:
    """JSON Lines, each written at once."""

    def __init__(self, path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self.descriptor = os.open(path, flags, 0o600) if path else None
        self.lock = threading.Lock()
        self.count = 0

    def number(self):
        with self.lock:
            self.count += 1
            return self.count

    def write(self, **record):
        if self.descriptor is not None:
            os.write(self.descriptor, (json.dumps(record) + "\n").encode())


class Exchange:
    """One request and what becomes of it: the actions of the rules steer it."""

    def __init__(self, server, handler, body):
        self.server = server
        self.method = handler.command
        self.target = handler.path
        # Without what makes each question of the program another one.
        self.path = re.sub(r"[?&]clean-registry=[0-9a-f]{16}$", "", self.target)
        self.headers = handler.headers
        self.body = body
        self.client = handler.client_address[1]
        self.response = None
        self.backend_status = None
        self.ending = None
        self.cut = None
        self.drip = None
        self.reset = False
        self.last = False
        self.later = 0
        self.rules = []
        self.faults = []
        self.groups = {}
        self.start = time.monotonic()
        self.number = server.log.number()

    def note(self, fault):
        """Remembers for the log that this fault really happened."""
        self.faults.append(fault)

    def complain(self, text):
        self.note("broken")
        self.server.complain(f"{self.method} {self.path}: {text}")

    def fetch(self, target):
        """A GET of something else from the backend, with the client's credentials."""
        headers = [
            (name, value)
            for name, value in self.headers.items()
            if name.lower() in ("host", "authorization")
        ]
        return self.server.backend.request("GET", target, headers, b"")

    def forward(self):
        """Lets the backend do the request, once."""
        if self.backend_status is None:
            headers = self.headers.items()
            self.response = self.server.backend.request(
                self.method, self.target, headers, self.body
            )
            self.backend_status = self.response.status

    def environment(self):
        """What a hook is told."""
        told = {"FAULT_METHOD": self.method, "FAULT_PATH": self.path, **self.groups}
        told["FAULT_BACKEND"] = self.server.backend.url
        if self.response is not None:
            told["FAULT_STATUS"] = str(self.response.status)
        return told

    def play(self):
        """Takes the request through its rules and, unless one of them answers, to the backend."""
        steps = []
        for rule, match in self.server.rules.select(self):
            self.rules.append(rule.name)
            named = match.groupdict()
            groups = dict(enumerate(match.groups(), start=1)) | named
            groups = {f"FAULT_{key}": value or "" for key, value in groups.items()}
            steps.append((rule.action, groups))
        if self.server.play_3x:
            steps.append((self.server.play_3x, {}))
        for action, self.groups in steps:
            action.before(self)
        if self.response is None and self.ending is None:
            self.forward()
        for action, self.groups in steps:
            if self.response is not None:
                action.after(self)

    def record(self, event, **more):
        self.server.log.write(
            event=event,
            n=self.number,
            method=self.method,
            path=self.path,
            target=self.target,
            authorization=self.headers.get("Authorization"),
            headers={name.lower(): value for name, value in self.headers.items()},
            body_bytes=len(self.body),
            client=self.client,
            start=self.start,
            **more,
        )

    def record_answer(self):
        answered = self.response is not None and self.ending is None
        self.record(
            "answer",
            status=self.response.status if answered else None,
            backend_status=self.backend_status,
            rules=self.rules,
            faults=self.faults,
            end=None if self.ending == "hang" else time.monotonic(),
        )


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """The log is the Exchange's."""

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            line = self.rfile.readline()
            if size == 0:
                while line.strip():
                    line = self.rfile.readline()
                return body

    def serve(self):
        body = self.read_body()
        if urlsplit(self.path).path.startswith("/_fault/"):
            self.send(self.control(body))
            return
        exchange = Exchange(self.server, self, body)
        exchange.record("request")
        try:
            exchange.play()
        except Exception as error:  # noqa: BLE001
            exchange.complain(repr(error))
            exchange.response = text_response(500, f"fault_proxy: {error!r}\n")
        # Logged before it is sent: who has the answer finds it in the log.
        exchange.record_answer()
        if exchange.ending:
            self.end_without_answer(exchange)
        else:
            self.send(exchange.response, exchange.cut, exchange.reset, exchange.drip, exchange.last)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = serve

    def control(self, body):
        if urlsplit(self.path).path != "/_fault/rules":
            return text_response(404, "only /_fault/rules is here\n")
        try:
            if self.command in ("PUT", "POST"):
                self.server.rules.replace(body)
        except RuleError as error:
            return text_response(400, f"{error}\n")
        return json_response(200, self.server.rules.report())

    def send(self, response, cut=None, reset=False, drip=None, last=False):
        self.close_connection = self.close_connection or last
        bodyless = self.command == "HEAD" or response.status in (204, 304)
        body = b"" if bodyless else response.body
        missing = 0
        if cut is not None and not bodyless:
            missing = max(len(body) - cut, 1)
        if not bodyless and (cut is not None or response.get("Content-Length") is None):
            # An answer without a body announces one byte, so that the cut can be seen.
            response.set("Content-Length", str(max(len(body), missing)))
        if not bodyless and int(response.get("Content-Length")) != len(body):
            self.close_connection = True
        head = self.head(response)
        if cut is not None and bodyless:
            head = head[: len(head) // 2]
        body = body[: len(body) - missing if len(body) >= missing else 0]
        if drip:
            self.send_slowly(head, body, **drip)
        else:
            self.wfile.write(head + body)
        if cut is not None:
            self.hang_up(reset)

    def send_slowly(self, head, body, *, bytes, seconds):
        with contextlib.suppress(OSError):
            self.wfile.write(head)
            for at in range(0, len(body), bytes):
                time.sleep(seconds)
                self.wfile.write(body[at : at + bytes])

    def head(self, response):
        lines = [f"HTTP/1.1 {response.status} {response.reason()}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if response.get("Date") is None:
            lines.append(f"Date: {self.date_time_string()}")
        if self.close_connection:
            lines.append("Connection: close")
        return "".join(line + "\r\n" for line in [*lines, ""]).encode("latin-1")

    def hang_up(self, reset):
        self.close_connection = True
        if reset:
            # A linger time of zero makes the close a reset.
            linger = b"\1\0\0\0\0\0\0\0"
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        else:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def end_without_answer(self, exchange):
        if exchange.ending == "hang":
            self.wait_for_client_to_go()
        self.hang_up(exchange.reset)
        if exchange.later:
            time.sleep(exchange.later)
            exchange.forward()
            exchange.record("late", backend_status=exchange.backend_status, end=time.monotonic())

    def wait_for_client_to_go(self):
        with contextlib.suppress(OSError):
            while self.connection.recv(4096):
                pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """The proxy; it can stop to listen for a while."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, arguments):
        self.log = Log(arguments.log)
        self.rules = Rules(arguments.rules)
        self.backend = (
            Sink(arguments.body, arguments.content_type)
            if arguments.sink
            else Backend(arguments.backend)
        )
        self.play_3x = arguments.play_3x and Play3x(arguments.play_3x, arguments.store)
        self.back = None
        self.ended = False
        self.complaints = []
        super().__init__(("127.0.0.1", arguments.port), Handler)

    def complain(self, text):
        """Tells of a fault of the test itself, which fails for it."""
        self.complaints.append(text)
        print(f"fault_proxy: {text}", file=sys.stderr, flush=True)

    def end(self):
        """No connection is taken from now on; what is under way goes on."""
        if not self.ended:
            self.ended = True
            self.shutdown()
            self.socket.close()

    def refuse(self, seconds):
        """No connection is taken from now on, until so many seconds from now."""
        self.back = time.monotonic() + seconds
        self.shutdown()
        self.socket.close()

    def serve_again_and_again(self):
        while True:
            self.back = None
            self.serve_forever(poll_interval=0.01)
            while not self.ended and (self.back is None or time.monotonic() < self.back):
                time.sleep(0.01)
            if self.ended:
                return
            self.socket = socket.socket(self.address_family, self.socket_type)
            self.server_bind()
            self.server_activate()

    def handle_error(self, request, client_address):
        """A client that has gone is what this program is about; anything else is told."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.complain(repr(error))


def arguments():
    parser = argparse.ArgumentParser(description="A registry with faults, or a sink.")
    parser.add_argument("--backend", help="the registry, http://127.0.0.1:PORT")
    parser.add_argument("--sink", action="store_true", help="answer 200 to everything")
    parser.add_argument("--body", default="", help="the sink's answer")
    parser.add_argument("--content-type", default="text/plain", help="of the sink's answer")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", help="where the port is told; otherwise on stdout")
    parser.add_argument("--rules", help="JSON file, read again when it changes")
    parser.add_argument("--log", help="JSON Lines, appended to")
    parser.add_argument("--play-3x", nargs="?", const="delete", choices=Play3x.MODES)
    parser.add_argument("--store", help="the registry's storage root, for --play-3x")
    given = parser.parse_args()
    if given.sink == bool(given.backend):
        parser.error("either --backend or --sink")
    if bool(given.play_3x) != bool(given.store):
        parser.error("--play-3x and --store go together")
    return given


def tell_port(port, path):
    if not path:
        print(port, flush=True)
        return
    with open(f"{path}.new", "w", encoding="ascii") as stream:
        stream.write(f"{port}\n")
    os.rename(f"{path}.new", path)


def leave(*_):
    # Threads may hang on purpose; none of them is waited for.
    os._exit(0)


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    try:
        server = Server(given)
    except (OSError, RuleError) as error:
        sys.exit(f"fault_proxy: {error}")
    tell_port(server.server_address[1], given.port_file)
    server.serve_again_and_again()


if __name__ == "__main__":
    main()
