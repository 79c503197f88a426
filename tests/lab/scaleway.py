"""A server for tests that answers as Scaleway's registry API v1 does, in a thread of the test.

Namespaces, images and tags are in memory, and a delete takes a while: what is being deleted is `deleting` for
`deleting_looks` looks at it, and then gone. Answers have the form that the official client accepts.
"""

import collections
import datetime
import hashlib
import http.server
import json
import re
import threading
import urllib.parse
import uuid

from lab.threaded import Threaded, tls_context

SECRET = "11111111-2222-4333-8444-555555555555"
REGION = "fr-par"
KINDS = {"namespace": "namespaces", "image": "images", "tag": "tags"}
OUTER = {"image": "namespace_id", "tag": "image_id"}
PAGE_MOST = 100


def moment(when):
    """ "-90d" (d, h, m or s before now), a datetime, or a text that is taken as it is; None: no date."""
    match = re.fullmatch(r"([-+]?\d+(?:\.\d+)?)([dhms])", when) if isinstance(when, str) else None
    if match:
        seconds = float(match[1]) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[match[2]]
        when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    if isinstance(when, datetime.datetime):
        return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return when


def digest_of(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Answer:
    """What is answered: a document, or bytes as they are; content_length may lie."""

    def __init__(self, status=200, document=None, headers=None, body=None, content_length=None):
        self.status, self.headers = status, dict(headers or {})
        self.body = json.dumps(document).encode() if body is None else body
        self.content_length = len(self.body) if content_length is None else content_length


def error(status, kind=None, message="", **fields):
    """An error as section 'Errors' of the API's facts has it; without KIND only a message."""
    document = {"message": message or (kind or "not found").replace("_", " ")}
    if kind:
        document |= {"type": kind}
    return Answer(status, document | fields)


class Request:
    """method, path (behind the region, "/tags/ID"), query (a dict), headers, kind and id of the object that is
    meant, and for a list its page and its parent: id of the image or namespace, or None."""

    def __init__(self, method, target, headers, base):
        parts = urllib.parse.urlsplit(target)
        self.method, self.target, self.headers = method, target, headers
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.path = parts.path[len(base) :] if parts.path.startswith(base + "/") else None
        words = (self.path or "").split("/")[1:]
        self.kind = self.id = self.parent = None
        self.is_list = False
        page = self.query.get("page", "1")
        self.page = int(page) if page.isdecimal() else None
        if len(words) == 3 and words[0] == "images" and words[2] == "tags":
            self.kind, self.parent, self.is_list = "tag", words[1], True
        elif len(words) == 2 and words[0] in KINDS.values():
            self.kind, self.id = words[0][:-1], words[1]
        elif len(words) == 1 and words[0] in ("namespaces", "images"):
            self.kind, self.is_list = words[0][:-1], True
            self.parent = self.query.get("namespace_id")

    def __repr__(self):
        return f"{self.method} {self.target}"


def meant(request, method=None, kind=None, is_list=None, page=None, of=None):
    """Whether a request is about that: of is the id of the object, or of what a list is the list of."""
    return (
        method in (None, request.method)
        and kind in (None, request.kind)
        and is_list in (None, request.is_list)
        and of in (None, request.id, request.parent)
        and page in (None, request.page)
    )


def call(answer, request):
    return answer(request) if callable(answer) else answer


class Stand(Threaded, http.server.ThreadingHTTPServer):
    """requests: all that was asked, in its order. rules: functions that are called with each request, each of
    which may return an Answer instead of the server's own; after: functions that are called with the request and
    the server's own answer, and may return another. answers() and alters() add such functions, and return the list
    of the requests that met them so far."""

    def __init__(
        self, region=REGION, secret=SECRET, pair=None, deleting_looks=1, page_most=PAGE_MOST
    ):
        super().__init__(("127.0.0.1", 0), Handler)
        self.region, self.secret, self.deleting_looks = region, secret, deleting_looks
        self.base = f"/registry/v1/regions/{region}"
        self.objects = {"namespace": {}, "image": {}, "tag": {}}
        # Of each id what is in it, and of each name its id, so that large registries are answered fast.
        self.contents = collections.defaultdict(dict)
        self.numbers = {}
        self.looks = {}
        self.requests, self.rules, self.after = [], [], []
        self.lock = threading.RLock()
        self.with_total = True
        self.date = None  # what the header Date says instead of the time
        self.page_most = page_most
        if pair:
            self.socket = tls_context(pair).wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' if pair else ''}://127.0.0.1:{self.server_address[1]}"
        self.begin()

    # What there is.

    def _add(self, kind, number, fields):
        number = number or str(uuid.uuid4())
        with self.lock:
            self.objects[kind][number] = {"id": number, **fields}
            if kind != "namespace":
                self.contents[fields[OUTER[kind]]][number] = kind
            self.numbers.setdefault((kind, self.name_of(kind, number)), number)
        return number

    def add_namespace(self, name, created="-400d", updated=None, status="ready", number=None):
        """Returns its id; that of the one that is there with this name."""
        found = self.find("namespace", name)
        if found:
            return found
        created = moment(created)
        fields = {
            "name": name,
            "description": "",
            "organization_id": "99999999-9999-4999-8999-999999999999",
            "project_id": "99999999-9999-4999-8999-999999999999",
            "status": status,
            "status_message": "",
            "endpoint": f"rg.{self.region}.scw.cloud/{name}",
            "is_public": False,
            "size": 0,
            "created_at": created,
            "updated_at": moment(updated) if updated else created,
            "region": self.region,
        }
        return self._add("namespace", number, fields)

    def add_image(self, name, created="-400d", updated=None, status="ready", number=None):
        """NAMESPACE/IMAGE; returns its id; that of the one that is there with this name."""
        found = self.find("image", name)
        if found:
            return found
        namespace, _, image = name.partition("/")
        created = moment(created)
        fields = {
            "name": image,
            "namespace_id": self.add_namespace(namespace),
            "status": status,
            "status_message": None,
            "visibility": "inherit",
            "size": 1000,
            "created_at": created,
            "updated_at": moment(updated) if updated else created,
        }
        return self._add("image", number, fields)

    def add_tag(
        self, image, tag, created="-90d", updated="", digest="", status="ready", number=None
    ):
        """A tag of NAMESPACE/IMAGE, which is made where it is missing; its id. updated "": as created; digest "":
        one of its own."""
        created = moment(created)
        fields = {
            "name": tag,
            "image_id": self.add_image(image),
            "status": status,
            "digest": digest_of(f"{image}:{tag}") if digest == "" else digest,
            "created_at": created,
            "updated_at": created if updated == "" else moment(updated),
        }
        return self._add("tag", number, fields)

    def find(self, kind, name):
        """The id of "team", "team/app" or "team/app:tag"; None: it is not there."""
        with self.lock:
            number = self.numbers.get((kind, name))
            if number and self.name_of(kind, number) == name:
                return number
            # It was renamed, or there were two of that name.
            for number in self.objects[kind]:
                if self.name_of(kind, number) == name:
                    return number
        return None

    def name_of(self, kind, number):
        entry = self.objects[kind].get(number)
        if not entry:
            return None
        if kind == "namespace":
            return entry["name"]
        if kind == "image":
            return f"{self.name_of('namespace', entry['namespace_id'])}/{entry['name']}"
        return f"{self.name_of('image', entry['image_id'])}:{entry['name']}"

    def entry(self, kind, name):
        """The fields of what has that name, to be looked at or changed."""
        return self.objects[kind][self.find(kind, name)]

    def tags(self, image):
        """Names of the tags of NAMESPACE/IMAGE that are there and not being deleted."""
        with self.lock:
            tags = self.inside("tag", self.find("image", image))
            return sorted(tag["name"] for tag in tags if tag["status"] != "deleting")

    def namespaces(self):
        with self.lock:
            entries = self.objects["namespace"].values()
            return sorted(entry["name"] for entry in entries if entry["status"] != "deleting")

    def remove(self, kind, number):
        """At once, with all that is in it."""
        with self.lock:
            entry = self.objects[kind].pop(number, None)
            if entry and kind != "namespace":
                self.contents[entry[OUTER[kind]]].pop(number, None)
            for inner, inner_kind in list(self.contents.pop(number, {}).items()):
                self.remove(inner_kind, inner)

    def asked(self, method=None, kind=None):
        """Requests so far, of that method and about that kind."""
        return [
            request
            for request in self.requests
            if method in (None, request.method) and kind in (None, request.kind)
        ]

    # Misbehaviour.

    def answers(self, answer, times=None, **match):
        """Requests that match (see meant) get that Answer, or what it is as a function of the request, instead of
        the server's own; only the first so many."""
        return self._rule(self.rules, match, times, lambda request, _: call(answer, request))

    def alters(self, change, times=None, **match):
        """The server's own answer goes through change(request, Answer), which may return another, or change what
        is there before the next request."""
        return self._rule(self.after, match, times, change)

    def alters_document(self, change, times=None, **match):
        """change(document) returns another document, or changes it in place."""

        def altered(_, answer):
            document = json.loads(answer.body)
            document = change(document) or document
            return Answer(answer.status, document, answer.headers)

        return self.alters(altered, times, **match)

    def _rule(self, rules, match, times, function):
        met = []

        def rule(request, own=None):
            if not meant(request, **match) or (times is not None and len(met) >= times):
                return None
            met.append(request)
            return function(request, own)

        rules.append(rule)
        return met

    def behave(self):
        """From now on as it should."""
        self.rules.clear()
        self.after.clear()

    # What is answered.

    def answer(self, request):
        with self.lock:
            self.requests.append(request)
            rules, after = list(self.rules), list(self.after)
        for rule in rules:
            answer = rule(request)
            if answer is not None:
                return answer
        with self.lock:
            answer = self.own_answer(request)
        for function in after:
            answer = function(request, answer) or answer
        return answer

    def own_answer(self, request):
        token = request.headers.get("X-Auth-Token", "")
        if not re.fullmatch(r"[0-9a-fA-F-]{36}", token) or token.lower() != self.secret:
            return error(
                401, "denied_authentication", method="api_key", reason="not_found", message="denied"
            )
        if request.kind is None:
            return error(404, message="no such path")
        if request.is_list and request.method == "GET":
            return self.list(request)
        if request.id is None or request.method not in ("GET", "DELETE"):
            return error(405, message="method not allowed")
        self.age(request.kind, request.id)
        entry = self.objects[request.kind].get(request.id)
        if not entry:
            return error(
                404, "not_found", resource=request.kind, resource_id=request.id, message="not found"
            )
        if request.method == "DELETE":
            entry["status"], entry["updated_at"] = "deleting", moment("0s")
            self.looks[request.id] = self.deleting_looks
            if self.deleting_looks == 0:
                shown = self.shown(request.kind, entry)
                self.remove(request.kind, request.id)
                return Answer(200, shown)
        return Answer(200, self.shown(request.kind, entry))

    def age(self, kind, number):
        """A look at what is being deleted; at the last one it goes."""
        if number not in self.looks:
            return
        self.looks[number] -= 1
        if self.looks[number] < 0:
            del self.looks[number]
            self.remove(kind, number)

    def shown(self, kind, entry):
        if kind == "namespace":
            return {"image_count": len(self.contents.get(entry["id"], ())), **entry}
        if kind == "image":
            return {"tags": [tag["name"] for tag in self.inside("tag", entry["id"])], **entry}
        return dict(entry)

    def inside(self, kind, parent):
        """The entries of that kind in what has this id; None: in all."""
        if kind == "namespace" or parent is None:
            return list(self.objects[kind].values())
        return [self.objects[kind][number] for number in self.contents.get(parent, ())]

    def list(self, request):
        if request.kind == "tag" and request.parent not in self.objects["image"]:
            return error(
                404, "not_found", resource="image", resource_id=request.parent, message="not found"
            )
        try:
            page = int(request.query.get("page", "1"))
            size = min(int(request.query.get("page_size", "20")), self.page_most)
        except ValueError:
            page = size = 0
        if page < 1 or size < 1:
            return error(400, "invalid_arguments", details=[{"argument_name": "page"}])
        entries = [
            entry
            for entry in self.inside(request.kind, request.parent)
            if request.query.get("name") in (None, entry["name"])
        ]
        order = request.query.get("order_by", "created_at_asc")
        field = "name" if order.startswith("name") else "created_at"
        entries.sort(key=lambda entry: entry[field] or "", reverse=order.endswith("desc"))
        of_page = entries[(page - 1) * size : page * size]
        document = {KINDS[request.kind]: [self.shown(request.kind, entry) for entry in of_page]}
        if self.with_total:
            document["total_count"] = len(entries)
        if (page - 1) * size + size >= len(entries):
            for entry in entries:
                self.age(request.kind, entry["id"])
        return Answer(200, document)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer goes out as one, and at once.
    wbufsize = -1
    disable_nagle_algorithm = True

    def date_time_string(self, timestamp=None):
        return self.server.date or super().date_time_string(timestamp)

    def log_message(self, *_):
        """Nothing is printed."""

    def serve(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, self.headers, self.server.base)
        answer = self.server.answer(request)
        headers = {
            "Content-Type": "application/json",
            "Server": "Scaleway API Gateway (test)",
            "X-Request-Id": str(uuid.uuid4()),
            "Content-Length": str(answer.content_length),
        }
        headers |= answer.headers
        self.send_response(answer.status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.content_length != len(answer.body):
            self.close_connection = True

    do_GET = do_DELETE = do_POST = do_PATCH = do_PUT = do_HEAD = serve
