"""A redis of a test's own, which keeps nothing on disk."""

import socket

from lab.server import Server


class Redis(Server):
    def command(self):
        kept = ("--save", "", "--appendonly", "no", "--dir", self.folder)
        return ["redis-server", "--port", self.port, "--bind", "127.0.0.1", *kept]

    def listens(self):
        return "Ready to accept connections" in self.output()

    def flush(self):
        """Forgets everything."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            answer = connection.recv(100)
        if answer != b"+OK\r\n":
            raise AssertionError(f"redis says {answer!r}")
