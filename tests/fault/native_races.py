"""Pushes beside the native collector, on a real registry without a cache: whatever a client does, what was
answered 201 is whole, and what cannot be is refused. The program is the one that waits for a second instead of a
minute, with a grace of as much, so that everything happens at once."""

import json
import os
import random
import threading
import time

from v2client import OCI_MANIFEST, Failure, digest_of

from lab import case
from lab.native import GRACE_HOURS, HastyWorld

ROUNDS = int(os.environ.get("ROUNDS", 8))
CLIENTS = 4
PUSHES = 400  # of each client, at most
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
# Few enough that each comes again, and enough that some lie unused for a while.
LAYERS = [f"layer {n} {'.' * 200}".encode() for n in range(80)]
PLACES = ["team/a", "team/b", "c"]
# A DELETE reads the links of all tags; one that is just being written makes it fail with 500 when the manifest is
# gone already, and leaves its tag behind (docker-registry 2.8.2). That is not what is tried here.
one_at_a_time = threading.Lock()


class Pusher(threading.Thread):
    """One client: pushes, and deletes some of what it has pushed."""

    def __init__(self, client, number, seed):
        super().__init__(daemon=True)
        self.client, self.number = client, number
        self.random = random.Random(seed)
        self.ended = threading.Event()
        self.whole = {}  # (repository, tag) of what was answered 201 and is not deleted
        self.count = self.refused = 0
        self.failure = None

    def run(self):
        try:
            while not self.ended.is_set() and self.count < PUSHES:
                self.push()
                self.delete_some()
                self.ended.wait(0.01)
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def push(self):
        repository = self.random.choice(PLACES)
        tag = f"t{self.number}-{self.count}"
        self.count += 1
        config = json.dumps({"tag": tag, "created": "2026-01-01T00:00:00Z"}).encode()
        layers = self.random.sample(LAYERS, 2)
        body = self.body(config, layers)
        self.client.put_blob(repository, config)
        way = self.random.choice([self.whole_push, self.by_head, self.by_mount, self.blindly])
        for layer in layers:
            way(repository, layer)
        path = self.client.path(repository, "manifests", tag)
        with one_at_a_time:
            status, _, answer = self.client.request(
                "PUT", path, body, {"Content-Type": OCI_MANIFEST}
            )
        if status == 201:
            self.whole[repository, tag] = digest_of(body)
        elif status == 400:
            self.refused += 1
        else:
            raise Failure(f"PUT {path}: {status} {answer!r}")

    def body(self, config, layers):
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {
                "mediaType": CONFIG_TYPE,
                "digest": digest_of(config),
                "size": len(config),
            },
            "layers": [
                {"mediaType": LAYER_TYPE, "digest": digest_of(layer), "size": len(layer)}
                for layer in layers
            ],
        }
        return json.dumps(manifest).encode()

    def whole_push(self, repository, layer):
        self.client.put_blob(repository, layer)

    def by_head(self, repository, layer):
        path = self.client.path(repository, "blobs", digest_of(layer))
        if self.client.request("HEAD", path)[0] != 200:
            self.client.put_blob(repository, layer)

    def by_mount(self, repository, layer):
        path = self.client.path(repository, "blobs", "uploads", "")
        origin = self.random.choice([place for place in PLACES if place != repository])
        query = f"?mount={digest_of(layer)}&from={origin}"
        if self.client.request("POST", path + query, b"")[0] != 201:
            self.client.put_blob(repository, layer)

    def blindly(self, repository, layer):
        """Counts on what it pushed some time ago."""

    def delete_some(self):
        """What it pushed lately stays or goes: half of it in the end."""
        if len(self.whole) < 4 or self.random.random() < 0.5:
            return
        repository, tag = self.random.choice(list(self.whole))
        digest = self.whole.pop((repository, tag))
        with one_at_a_time:
            self.client.expect(202, "DELETE", self.client.path(repository, "manifests", digest))


class NativeRaces(HastyWorld):
    REGISTRY = {}
    CONFIG = {"gc": {"method": "native", "grace_hours": GRACE_HOURS}}

    @case("clients that push, mount, skip and delete beside one collection after the other")
    def test_pushes(self):
        seed = os.environ.get("FAULT_SEED") or str(random.randrange(1 << 32))
        pushers = [
            Pusher(self.registry.client, number, f"{seed}-{number}") for number in range(CLIENTS)
        ]
        # The newest are not all that is there: what was never deleted has to stay, too.
        for pusher in pushers:
            pusher.start()
        deleted = rounds = 0
        # What is to go needs the grace first, which a fast machine's rounds may all lie within.
        until = time.monotonic() + 60
        try:
            while rounds < ROUNDS or (deleted == 0 and time.monotonic() < until):
                rounds += 1
                self.clean("collect")
                # A repository in which a push is writing may be unclear for a moment.
                self.assertIn(self.status, (0, 1), f"FAULT_SEED={seed}")
                deleted += self.report()["garbage_collection"]["blobs_deleted"] or 0
        finally:
            for pusher in pushers:
                pusher.ended.set()
            for pusher in pushers:
                pusher.join(60)
        self.assertEqual([pusher.failure for pusher in pushers], [None] * CLIENTS)
        self.assertGreater(deleted, 0)
        # Twice more, undisturbed.
        for _ in range(2):
            self.clean("collect")
            self.assertEqual(self.status, 0, f"FAULT_SEED={seed}")
        self.registry.restart()
        whole = [name for pusher in pushers for name in pusher.whole]
        self.assertGreater(len(whole), 20)
        for repository, tag in whole:
            self.pulls(repository, tag)
        told = sum(pusher.count for pusher in pushers), sum(pusher.refused for pusher in pushers)
        print(f"# {told[0]} pushes, {told[1]} refused, {len(whole)} kept, {deleted} blobs removed")
