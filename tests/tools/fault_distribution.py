"""What distribution does that the registry behind the proxy does not: pages, and the ways of 3.x."""

import os
import re
import shutil
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from fault_message import JSON_2X, JSON_3X, Response, error_response, json_response

MAX_ENTRIES = 1000
NAME = r"[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*"
MANIFEST = re.compile(
    rf"/v2/(?P<name>{NAME})/manifests/"
    r"(?:(?P<algorithm>[a-z0-9]+):(?P<hex>[0-9a-f]+)|(?P<tag>\w[\w.-]{0,127}))$"
)


class BadNumber(Exception):
    """The n of a query that distribution refuses."""


def list_key(target):
    """The key of the JSON list at that address: tags, repositories, or None."""
    path = urlsplit(target).path
    if path.endswith("/tags/list"):
        return "tags"
    return "repositories" if path.endswith("/v2/_catalog") else None


def query(target):
    """The n (None if absent) and the last (empty if absent) of a list request."""
    values = parse_qs(urlsplit(target).query)
    last = values.get("last", [""])[0]
    if "n" not in values:
        return None, last
    if not re.fullmatch(r"\d+", values["n"][0]):
        raise BadNumber
    return int(values["n"][0]), last


def refuse_number():
    return error_response(400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested")


def fetch_list(exchange):
    """Every page of the backend's list as one: (answer of the backend, document, names)."""
    key = list_key(exchange.path)
    target = urlsplit(exchange.path).path
    names = []
    while True:
        response = exchange.fetch(target)
        document = response.document()
        if response.status != 200 or document is None:
            return response, None, []
        names += document.get(key) or []
        link = re.match(r"<([^>]*)>", response.get("Link") or "")
        if not link:
            return response, document, names
        target = urljoin(target, link.group(1))


def after_last(names, last):
    if not last:
        return names
    if last in names:
        return names[names.index(last) + 1 :]
    return [name for name in names if name > last]


def page(exchange, document, names, number):
    """The page that the request asks for, with a Link if it is full."""
    key = list_key(exchange.path)
    rest = after_last(names, query(exchange.path)[1])
    part = rest if number is None else rest[:number]
    headers = []
    if number and len(part) == number:
        target = urlsplit(exchange.path).path
        following = urlencode({"last": part[-1], "n": number})
        headers.append(("Link", f'<{target}?{following}>; rel="next"'))
    empty = None if key == "tags" and number != 0 else []
    answer = json_response(200, {**document, key: part or empty}, headers)
    answer.set("Docker-Distribution-Api-Version", "registry/2.0")
    return answer


class Play3x:
    """Distribution 3.1 in front of a 2.8 and its storage; it comes after all rules."""

    MODES = ("delete", "no-delete", "no-delete-3.1.1")

    def __init__(self, mode, store):
        self.mode = mode
        self.repositories = os.path.join(store, "docker/registry/v2/repositories")

    def before(self, exchange):
        if exchange.response is not None or exchange.ending is not None:
            return
        target = urlsplit(exchange.path).path
        manifest = MANIFEST.search(target)
        if exchange.method == "DELETE" and manifest:
            exchange.response = self.delete(exchange, manifest)
        elif exchange.method == "GET" and list_key(exchange.path):
            exchange.response = self.list(exchange)

    def after(self, exchange):
        response = exchange.response
        if response is not None and response.get("Content-Type") == JSON_2X:
            response.set("Content-Type", JSON_3X)

    def delete(self, exchange, manifest):
        """The answer to a DELETE of a manifest, or None if the backend shall give it."""
        entrance = exchange.fetch(urlsplit(exchange.path).path[: manifest.start()] + "/v2/")
        if entrance.status != 200:
            return entrance
        folder = os.path.join(self.repositories, manifest["name"], "_manifests")
        if manifest["tag"]:
            return self.delete_tag(os.path.join(folder, "tags", manifest["tag"]))
        if self.mode != "delete":
            return error_response(405, "UNSUPPORTED")
        revision = os.path.join(folder, "revisions", manifest["algorithm"], manifest["hex"], "link")
        # A 2.8 would unlink a layer of that digest; 3.x knows manifests only.
        return None if os.path.exists(revision) else error_response(404, "MANIFEST_UNKNOWN")

    def delete_tag(self, folder):
        if not os.path.isdir(folder):
            return error_response(404, "MANIFEST_UNKNOWN")
        if self.mode == "no-delete-3.1.1":
            return error_response(405, "UNSUPPORTED")
        shutil.rmtree(folder)
        return Response(202, [("Docker-Distribution-Api-Version", "registry/2.0")])

    def list(self, exchange):
        """Tags sorted and in pages; the catalog is the backend's own, but for a bad n."""
        try:
            number = query(exchange.path)[0]
        except BadNumber:
            return refuse_number()
        if list_key(exchange.path) != "tags":
            return None
        response, document, names = fetch_list(exchange)
        if number == 0 and response.status == 404:
            name = re.search(r"/v2/(.+)/tags/list$", urlsplit(exchange.path).path).group(1)
            return page(exchange, {"name": name}, [], 0)
        if document is None:
            return response
        limit = None if number is None else min(number, MAX_ENTRIES)
        return page(exchange, document, sorted(names), limit)
