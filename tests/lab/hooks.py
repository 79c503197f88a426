"""A server for webhooks and pings, in a thread of the test: it records what it is sent, and does what a
test says."""

import http.server
import socket
import struct

from lab.threaded import Threaded, tls_context


class Hook(Threaded, http.server.ThreadingHTTPServer):
    """Records (METHOD, PATH, headers, body) of each request in `requests`, and answers with `status`.

    status: a number; "hang": nothing is answered; "drip": a byte now and then, for ever; "reset": the connection
    is cut; "endless": an answer of 200 whose body never ends
    said: the body of the answer; "{path}" in it is the path of the request
    """

    def __init__(self, pair=None, status=200, said="ok", location=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.said, self.location = status, said, location
        self.requests = []
        if pair:
            self.socket = tls_context(pair).wrap_socket(self.socket, server_side=True)
        self.place = f"http{'s' if pair else ''}://127.0.0.1:{self.server_address[1]}"
        self.begin()

    def paths(self):
        return [request[1] for request in self.requests]

    def bodies(self):
        return [request[3] for request in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing is printed."""

    def serve(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.requests.append((self.command, self.path, dict(self.headers), body))
        self.close_connection = True
        if server.status == "hang":
            server.over.wait()
        elif server.status == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif server.status in ("drip", "endless"):
            self.drip()
        else:
            self.answer()

    do_GET = do_POST = serve

    def answer(self):
        said = self.server.said.replace("{path}", self.path).encode()
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def drip(self):
        text = b"HTTP/1.1 200 OK\r\n\r\n"
        if self.server.status == "endless":
            self.wfile.write(text)
            text = b""
        sent = 0
        try:
            while not self.server.over.wait(0.1):
                self.wfile.write(text[sent : sent + 1] or b"x")
                sent += 1
        except OSError:
            pass
