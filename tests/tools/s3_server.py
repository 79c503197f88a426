#!/usr/bin/python3
"""A small S3 server in memory, with what the registry's s3 driver asks for: for tests, on loopback.

    s3_server.py [--port PORT] [--bucket NAME]

prints its url and serves until it is ended. Path style only. A request must be signed (version 4), but the
signature is not verified. There are no versions, no access rights, and no regions.
"""

import argparse
import email.utils
import hashlib
import http.server
import re
import socketserver
import threading
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

MAX_KEYS = 1000


class Fault(Exception):
    """What is answered instead of what was asked for."""

    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or code


class Object:
    def __init__(self, data, kind, etag=None):
        self.data = bytes(data)
        self.kind = kind
        self.etag = etag or f'"{hashlib.md5(self.data).hexdigest()}"'
        self.changed = time.time()


class Upload:
    """A multipart upload: parts by their number."""

    def __init__(self, key, kind):
        self.key, self.kind = key, kind
        self.parts = {}
        self.begun = time.time()


class Bucket:
    """Objects and uploads; `lock` is held by whoever looks at them or changes them."""

    def __init__(self, name):
        self.name = name
        self.lock = threading.RLock()
        self.objects = {}
        self.uploads = {}

    def sizes(self, pattern=""):
        """{key: bytes} of all objects whose key matches."""
        with self.lock:
            return {
                key: len(found.data)
                for key, found in self.objects.items()
                if re.search(pattern, key)
            }

    def clear(self):
        with self.lock:
            self.objects.clear()
            self.uploads.clear()

    def find(self, key):
        if key not in self.objects:
            raise Fault(404, "NoSuchKey", "The specified key does not exist.")
        return self.objects[key]

    def find_upload(self, number):
        if number not in self.uploads:
            raise Fault(404, "NoSuchUpload", "The specified upload does not exist.")
        return self.uploads[number]


def date_of(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))


def element(name, text):
    return f"<{name}>{escape(str(text))}</{name}>"


def document(root, *parts):
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    body = "".join(parts)
    return f'{head}<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{body}</{root}>'.encode()


def number_of(text, default):
    if text is None or text == "":
        return default
    if not re.fullmatch("[0-9]+", text):
        raise Fault(400, "InvalidArgument", f"{text} is no number")
    return int(text)


def range_of(text, size):
    """(first, behind the last) byte of a Range header."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text)
    if not match or match.groups() == ("", ""):
        raise Fault(416, "InvalidRange")
    first, last = match.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(size, int(last) + 1 if last else size)
    if begin >= size or begin >= end:
        raise Fault(416, "InvalidRange")
    return begin, end


def names_in(text, path):
    """The texts of the elements PATH of an XML document, whatever its namespace."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Fault(400, "MalformedXML") from error
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    return [[part.findtext(name) for name in path[1:]] for part in root.iter(path[0])]


def page(keys, query, after):
    """What a listing shows: (entries, whether it was cut, the last entry). An entry is a key, or a prefix
    that ends with the delimiter and stands for all keys that begin with it."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = min(number_of(query.get("max-keys"), MAX_KEYS), MAX_KEYS)
    entries = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix):
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = key if end < 0 else key[: end + len(delimiter)]
        if entry.encode() <= after.encode() or (entries and entries[-1] == entry):
            continue
        # A marker within a group: all of the group was shown.
        if end >= 0 and after.startswith(entry):
            continue
        if len(entries) == limit:
            return entries, True
        entries.append(entry)
    return entries, False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes, between which nobody shall wait.
    wbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def serve(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            with self.server.bucket.lock:
                self.dispatch()
        except Fault as fault:
            self.fail(fault)
        self.wfile.flush()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def dispatch(self):
        path, _, query = self.path.partition("?")
        _, bucket, key = (path + "/").split("/", 2)
        self.bucket = self.server.bucket
        self.key = urllib.parse.unquote(key[:-1])
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if not self.is_signed():
            raise Fault(403, "AccessDenied", "the request is not signed")
        if urllib.parse.unquote(bucket) != self.bucket.name:
            raise Fault(404, "NoSuchBucket")
        name = f"{self.command.lower()}_{'object' if self.key else 'bucket'}"
        if not hasattr(self, name):
            raise Fault(405, "MethodNotAllowed")
        getattr(self, name)()

    def is_signed(self):
        """By a header, or, as where the registry redirects to, by parameters."""
        signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
        return signed or bool(
            self.query.get("X-Amz-Algorithm") == "AWS4-HMAC-SHA256"
            and self.query.get("X-Amz-Signature")
        )

    def answer(self, status, body=b"", kind="application/xml", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def fail(self, fault):
        body = document("Error", element("Code", fault.code), element("Message", fault.message))
        # Errors have no namespace.
        body = re.sub(rb' xmlns="[^"]*"', b"", body, count=1)
        self.answer(fault.status, body)

    # Buckets.

    def head_bucket(self):
        self.answer(200)

    def get_bucket(self):
        if "uploads" in self.query:
            self.list_uploads()
        elif "location" in self.query:
            self.answer(200, document("LocationConstraint"))
        else:
            self.list_objects()

    def list_objects(self):
        query, second = self.query, self.query.get("list-type") == "2"
        after = query.get("continuation-token") or query.get("start-after") or ""
        if not second:
            after = query.get("marker", "")
        entries, cut = page(self.bucket.objects, query, after)
        parts = [element("Name", self.bucket.name), element("Prefix", query.get("prefix", ""))]
        parts.append(element("MaxKeys", query.get("max-keys", MAX_KEYS)))
        parts.append(element("IsTruncated", str(cut).lower()))
        if query.get("delimiter"):
            parts.append(element("Delimiter", query["delimiter"]))
        if second:
            parts.append(element("KeyCount", len(entries)))
            if query.get("start-after"):
                parts.append(element("StartAfter", query["start-after"]))
        else:
            parts.append(element("Marker", after))
        if cut and entries:
            parts.append(element("NextContinuationToken" if second else "NextMarker", entries[-1]))
        for entry in entries:
            found = self.bucket.objects.get(entry)
            if found is None or (query.get("delimiter") and self.is_group(entry)):
                parts.append(f"<CommonPrefixes>{element('Prefix', entry)}</CommonPrefixes>")
            else:
                parts.append(f"<Contents>{self.describe(entry, found)}</Contents>")
        self.answer(200, document("ListBucketResult", *parts))

    def is_group(self, entry):
        """Whether the entry is a prefix, not a key that happens to end with the delimiter."""
        prefix, delimiter = self.query.get("prefix", ""), self.query["delimiter"]
        return entry.find(delimiter, len(prefix)) >= 0

    @staticmethod
    def describe(key, found):
        return (
            element("Key", key)
            + element("LastModified", date_of(found.changed))
            + element("ETag", found.etag)
            + element("Size", len(found.data))
            + element("StorageClass", "STANDARD")
        )

    def list_uploads(self):
        limit = min(number_of(self.query.get("max-uploads"), MAX_KEYS), MAX_KEYS)
        place = (self.query.get("key-marker", ""), self.query.get("upload-id-marker", ""))
        found = sorted(
            (upload.key, number)
            for number, upload in self.bucket.uploads.items()
            if upload.key.startswith(self.query.get("prefix", ""))
        )
        # Without the second marker all uploads of that key were shown.
        found = [each for each in found if (each > place if place[1] else each[0] > place[0])]
        if not place[0]:
            found = sorted(found)
        shown = found[:limit]
        parts = [element("Bucket", self.bucket.name), element("MaxUploads", limit)]
        parts.append(element("IsTruncated", str(len(found) > limit).lower()))
        if len(found) > limit and shown:
            parts.append(element("NextKeyMarker", shown[-1][0]))
            parts.append(element("NextUploadIdMarker", shown[-1][1]))
        for key, number in shown:
            begun = date_of(self.bucket.uploads[number].begun)
            about = (element("Key", key), element("UploadId", number), element("Initiated", begun))
            parts.append(f"<Upload>{''.join(about)}</Upload>")
        self.answer(200, document("ListMultipartUploadsResult", *parts))

    def post_bucket(self):
        if "delete" not in self.query:
            raise Fault(400, "InvalidRequest")
        parts = []
        for (key,) in names_in(self.body, ("Object", "Key")):
            self.bucket.objects.pop(key, None)
            parts.append(f"<Deleted>{element('Key', key)}</Deleted>")
        quiet = names_in(self.body, ("Delete", "Quiet")) == [["true"]]
        self.answer(200, document("DeleteResult", *([] if quiet else parts)))

    # Objects.

    def head_object(self):
        self.get_object()

    def get_object(self):
        if "uploadId" in self.query:
            self.list_parts()
            return
        found = self.bucket.find(self.key)
        headers = {
            "ETag": found.etag,
            "Accept-Ranges": "bytes",
            "Last-Modified": email.utils.formatdate(found.changed, usegmt=True),
        }
        if "Range" not in self.headers:
            self.answer(200, found.data, found.kind, headers)
            return
        size = len(found.data)
        begin, end = range_of(self.headers["Range"], size)
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
        self.answer(206, found.data[begin:end], found.kind, headers)

    def source(self):
        """What x-amz-copy-source names, as far as its range goes; None: there is none."""
        name = self.headers.get("x-amz-copy-source")
        if name is None:
            return None
        bucket, _, key = urllib.parse.unquote(name).lstrip("/").partition("/")
        if bucket != self.bucket.name:
            raise Fault(404, "NoSuchBucket")
        found = self.bucket.find(key)
        text = self.headers.get("x-amz-copy-source-range")
        if not text:
            return found
        begin, end = range_of(text, len(found.data))
        return Object(found.data[begin:end], found.kind)

    def put_object(self):
        source = self.source()
        kind = self.headers.get("Content-Type", "binary/octet-stream")
        made = source and Object(source.data, source.kind)
        made = made or Object(self.body, kind)
        if "uploadId" in self.query:
            upload = self.bucket.find_upload(self.query["uploadId"])
            upload.parts[number_of(self.query.get("partNumber"), 0)] = made
        else:
            self.bucket.objects[self.key] = made
        if source is None:
            self.answer(200, headers={"ETag": made.etag})
            return
        root = "CopyPartResult" if "uploadId" in self.query else "CopyObjectResult"
        about = element("ETag", made.etag), element("LastModified", date_of(made.changed))
        self.answer(200, document(root, *about))

    def delete_object(self):
        if "uploadId" in self.query:
            self.bucket.find_upload(self.query["uploadId"])
            del self.bucket.uploads[self.query["uploadId"]]
        else:
            self.bucket.objects.pop(self.key, None)
        self.answer(204)

    def post_object(self):
        if "uploads" in self.query:
            self.begin_upload()
        elif "uploadId" in self.query:
            self.complete_upload()
        else:
            raise Fault(400, "InvalidRequest")

    def begin_upload(self):
        number = uuid.uuid4().hex
        kind = self.headers.get("Content-Type", "binary/octet-stream")
        self.bucket.uploads[number] = Upload(self.key, kind)
        parts = [element("Bucket", self.bucket.name), element("Key", self.key)]
        parts.append(element("UploadId", number))
        self.answer(200, document("InitiateMultipartUploadResult", *parts))

    def complete_upload(self):
        number = self.query["uploadId"]
        upload = self.bucket.find_upload(number)
        wanted = names_in(self.body, ("Part", "PartNumber", "ETag"))
        data, sums, last = [], b"", 0
        for place, etag in wanted:
            part = upload.parts.get(number_of(place, 0))
            if part is None or part.etag.strip('"') != (etag or "").strip('"'):
                raise Fault(400, "InvalidPart")
            if int(place) <= last:
                raise Fault(400, "InvalidPartOrder")
            last = int(place)
            data.append(part.data)
            sums += bytes.fromhex(part.etag.strip('"'))
        if not wanted:
            raise Fault(400, "MalformedXML")
        etag = f'"{hashlib.md5(sums).hexdigest()}-{len(wanted)}"'
        self.bucket.objects[upload.key] = Object(b"".join(data), upload.kind, etag)
        del self.bucket.uploads[number]
        about = element("Bucket", self.bucket.name), element("Key", upload.key)
        self.answer(200, document("CompleteMultipartUploadResult", *about, element("ETag", etag)))

    def list_parts(self):
        upload = self.bucket.find_upload(self.query["uploadId"])
        limit = min(number_of(self.query.get("max-parts"), MAX_KEYS), MAX_KEYS)
        after = number_of(self.query.get("part-number-marker"), 0)
        places = [place for place in sorted(upload.parts) if place > after]
        shown = places[:limit]
        parts = [element("Bucket", self.bucket.name), element("Key", upload.key)]
        parts.append(element("UploadId", self.query["uploadId"]))
        parts.append(element("IsTruncated", str(len(places) > limit).lower()))
        if len(places) > limit and shown:
            parts.append(element("NextPartNumberMarker", shown[-1]))
        for place in shown:
            part = upload.parts[place]
            about = element("PartNumber", place) + element("ETag", part.etag)
            about += element("Size", len(part.data))
            about += element("LastModified", date_of(part.changed))
            parts.append(f"<Part>{about}</Part>")
        self.answer(200, document("ListPartsResult", *parts))


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves one bucket until it is shut down."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bucket="registry", port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.bucket = Bucket(bucket)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--bucket", default="registry")
    arguments = parser.parse_args()
    server = Server(arguments.bucket, arguments.port)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
