"""An HTTP answer that a fault can bend, and the error bodies that a registry sends."""

import json
from http.client import responses

JSON_2X = "application/json; charset=utf-8"
JSON_3X = "application/json"


class Response:
    """Status, headers in order, body. A Content-Length set by hand is sent as it is."""

    def __init__(self, status, headers=(), body=b""):
        self.status = status
        self.headers = list(headers)
        self.body = body

    def get(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def set(self, name, value):
        """Replaces every header of that name; None removes them."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    def reason(self):
        return responses.get(self.status, "Unknown")

    def document(self):
        """The body as a JSON object, or None."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def json_response(status, value, headers=()):
    body = (json.dumps(value, separators=(",", ":")) + "\n").encode()
    return Response(status, [("Content-Type", JSON_2X), *headers], body)


def error_response(status, code, message=None):
    text = message or code.lower().replace("_", " ")
    errors = [{"code": code, "message": text, "detail": None}]
    headers = [("Docker-Distribution-Api-Version", "registry/2.0")]
    return json_response(status, {"errors": errors}, headers)


def text_response(status, text):
    return Response(status, [("Content-Type", "text/plain; charset=utf-8")], text.encode())
