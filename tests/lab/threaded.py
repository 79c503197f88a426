"""Servers in a thread of the test."""

import ssl
import threading


class Threaded:
    """Mixed into a server of socketserver: it serves until it is stopped, and `over` is set then."""

    daemon_threads = True

    def begin(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        """A client that does not trust us, or has gone, is no fault of a test."""

    def stop(self):
        self.over.set()
        self.shutdown()
        self.server_close()
        self.thread.join()


def tls_context(pair):
    """What a server with that certificate and key wraps its connections in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.pem, pair.key)
    return context
