#!/bin/bash
# A registry refuses an index because a manifest that it lists, which is there, is being put again at
# that moment. Pipelines that push the same image side by side see it as MANIFEST_BLOB_UNKNOWN, and the
# next attempt may succeed.
#
# Seen with: Debian's docker-registry 2.8.2+ds1-1 (distribution 2.8.2; any rebuild of it, +b*, is the
#   same), storage filesystem, no cache.
# Behaviour: PUT of a manifest writes the link of its revision in place, even when it has the same
#   content already: the file is empty for a moment. PUT of an index that lists the manifest looks for
#   that link, finds nothing in it, and answers 400 with DIGEST_INVALID (of the index, whose digest
#   is right) and MANIFEST_BLOB_UNKNOWN.
# Output seen (the numbers differ each time):
#   docker-registry github.com/docker/distribution 2.8.2+ds1
#   with nobody else at work: 0 of 500 times the index was refused
#   while its manifest is put again by two clients: 339 of 500 times the index was refused
#   refused with: 400 DIGEST_INVALID MANIFEST_BLOB_UNKNOWN
#   an index is refused while its manifest is put again
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs docker-registry and python3.
# It touches a temporary folder and a port on 127.0.0.1 only.
set -u -o pipefail

expected=2.8.2+ds1
folder=$(mktemp -d) || exit 2
server=

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null
  wait
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

for tool in docker-registry python3; do
  command -v "$tool" >/dev/null || give_up "$tool is not installed"
done
version=$(docker-registry --version) || give_up "docker-registry --version fails"
echo "$version"
[[ $version == *" $expected" ]] || give_up "this is about version $expected"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/config.yml" <<CONF
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $folder/store}}
http: {addr: "127.0.0.1:$port"}
CONF
docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 &
server=$!

python3 - "$port" <<'PYTHON'
import collections
import hashlib
import http.client
import json
import sys
import threading
import time

PORT = int(sys.argv[1])
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


def connect():
    return http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)


def send(connection, method, path, body=b"", content_type="application/octet-stream"):
    connection.request(method, path, body, {"Content-Type": content_type})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Location")


def wait_for_server():
    for _ in range(100):
        try:
            return send(connect(), "GET", "/v2/")
        except OSError:
            time.sleep(0.1)
    sys.exit(2)


def push_blob(body):
    connection = connect()
    _, _, location = send(connection, "POST", "/v2/app/blobs/uploads/")
    path = location[location.index("/v2/") :]
    if send(connection, "PUT", f"{path}&digest={digest_of(body)}", body)[0] != 201:
        sys.exit(2)


def put(connection, body, content_type):
    path = f"/v2/app/manifests/{digest_of(body)}"
    return send(connection, "PUT", path, body, content_type)[:2]


def described(body, content_type):
    return {"mediaType": content_type, "digest": digest_of(body), "size": len(body)}


def put_indexes(count):
    """How often an index was refused, by status and code."""
    connection, refused = connect(), collections.Counter()
    for number in range(count):
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [described(image, MANIFEST)]}
        index["annotations"] = {"number": str(number)}
        status, answer = put(connection, json.dumps(index).encode(), INDEX)
        if status != 201:
            codes = " ".join(error["code"] for error in json.loads(answer)["errors"])
            refused[f"{status} {codes}"] += 1
    return refused


def put_again():
    connection = connect()
    while not done.is_set():
        put(connection, image, MANIFEST)


wait_for_server()
config = b"{}"
push_blob(config)
image = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described(config, "application/vnd.oci.image.config.v1+json"),
        "layers": [],
    }
).encode()
if put(connect(), image, MANIFEST)[0] != 201:
    sys.exit(2)

alone = put_indexes(500)
print(f"with nobody else at work: {alone.total()} of 500 times the index was refused")
done = threading.Event()
others = [threading.Thread(target=put_again) for _ in range(2)]
for other in others:
    other.start()
beside = put_indexes(500)
done.set()
for other in others:
    other.join()
print(f"while its manifest is put again by two clients: {beside.total()} of 500 times the index was refused")
print("refused with:", ", ".join(beside) or "nothing")
sys.exit(0 if not alone and set(beside) == {"400 DIGEST_INVALID MANIFEST_BLOB_UNKNOWN"} else 1)
PYTHON
case $? in
0) echo 'an index is refused while its manifest is put again' ;;
1) echo 'it has changed' >&2 && exit 1 ;;
*) give_up "the registry does not work" ;;
esac
