"""Moments of the native collector in which somebody pushes: whatever a client does in whichever moment, an image whose push was
answered 201 can be pulled from a registry that was started anew. And what a kill leaves, at each change of
the storage, the next run mends.

The program is the one that waits for a second instead of a minute. What is whole is asked of a witness: a
second registry without a cache, which has the same storage and is sent nothing but GETs."""

import contextlib
import json
import os
import random
import re
import threading
import time

from v2client import OCI_MANIFEST, Client, Failure, digest_of

from lab import case, wait_for
from lab.native import GRACE_HOURS, HastyWorld
from lab.registry import Registry

SECONDS = float(os.environ.get("RACE_SECONDS", 10))
POINTS = int(os.environ.get("POINTS", 20))
SEED = int(os.environ.get("SEED", 0)) or random.randrange(1 << 30)
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
COLLECTS = {"gc": {"method": "native", "grace_hours": GRACE_HOURS, "when": "always"}}


class Refused(Exception):
    """The registry did not take it: the client is told, and pushes all of it."""


class Image:
    """What one client pushes again and again: a config and two layers."""

    def __init__(self, name, algorithm="sha256"):
        self.algorithm = algorithm
        made = {"created": "2024-01-01T00:00:00Z", "architecture": "amd64", "os": "linux"}
        self.config = json.dumps({**made, "name": name}).encode()
        self.layers = [f"{name}/{n}/".encode() * 2000 for n in range(2)]
        self.blobs = [self.config, *self.layers]
        self.body = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": self.part(CONFIG_TYPE, self.config),
                "layers": [self.part(LAYER_TYPE, layer) for layer in self.layers],
            }
        ).encode()
        self.digest = digest_of(self.body)

    def name_of(self, blob):
        """The digest by which it is pushed."""
        return digest_of(blob, "sha256" if blob is self.config else self.algorithm)

    def part(self, media_type, blob):
        return {"mediaType": media_type, "size": len(blob), "digest": self.name_of(blob)}


# How clients bring a blob.


def upload(client, repository, image, blob):
    client.put_blob(repository, blob, image.name_of(blob))


def upload_slowly(client, repository, image, blob):
    """In pieces, over a time in which the collector comes far."""
    path = client.path(repository, "blobs", "uploads", "")
    headers, _ = client.expect(202, "POST", path, b"")
    kind = {"Content-Type": "application/octet-stream"}
    place = headers["Location"].split(client.netloc)[1]
    third = len(blob) // 3
    for piece in (blob[:third], blob[third : 2 * third], blob[2 * third :]):
        headers, _ = client.expect(202, "PATCH", place, piece, kind)
        place = headers["Location"].split(client.netloc)[1]
        threading.Event().wait(0.2)
    client.expect(201, "PUT", f"{place}&digest={image.name_of(blob)}", b"", kind)


def skip(client, repository, image, blob):
    """Asks first, and counts on the answer."""
    path = client.path(repository, "blobs", image.name_of(blob))
    status, _, _ = client.request("HEAD", path)
    if status != 200:
        upload(client, repository, image, blob)


def mount(client, repository, image, blob):
    digest = image.name_of(blob)
    path = client.path(repository, "blobs", "uploads", "")
    status, _, answer = client.request("POST", f"{path}?mount={digest}&from=origin", b"")
    if status == 202:
        upload(client, repository, image, blob)
    elif status != 201:
        raise Failure(f"mount: {status} {answer}")


def count_on_it(_client, _repository, _image, _blob):
    """It was there once: the manifest alone is pushed."""


KINDS = {
    "full": upload,
    "slow": upload_slowly,
    "skips": skip,
    "mounts": mount,
    "manifest": count_on_it,
    "sha512": upload,
}


def push(client, kind, repository, tag, image):
    """Refused: not all of it was there any more."""
    for blob in image.blobs:
        KINDS[kind](client, repository, image, blob)
    path = client.path(repository, "manifests", tag)
    status, _, answer = client.request("PUT", path, image.body, {"Content-Type": OCI_MANIFEST})
    if status == 400 and b"BLOB_UNKNOWN" in answer:
        raise Refused()
    if status != 201:
        raise Failure(f"PUT {path}: {status} {answer}")


def push_until_taken(client, kind, repository, tag, image):
    """As clients do: all of it, once something of it was not there. Whether it was taken at once."""
    try:
        push(client, kind, repository, tag, image)
        return True
    except Refused:
        push(client, "full", repository, tag, image)
        return False


class Witness(Registry):
    """Of what the registry has on its disk, as one would that is started now."""

    def __init__(self, of):
        self.of = of
        super().__init__(delete=False, access_log=False)
        self.wanted = None

    def storage(self):
        return f"  filesystem: {{rootdirectory: '{self.of.store}'}}\n"


def image_of(kind, number=0):
    """What clients of that kind push: always the same content."""
    return Image(f"{kind}{number}", "sha512" if kind == "sha512" else "sha256")


def missing(client, repository, tag, image):
    """What of it cannot be pulled, or None."""
    found = client.get_manifest(repository, tag)
    if not found or found[2] != image.body:
        return f"{repository}:{tag}: no such manifest"
    for blob in image.blobs:
        path = client.path(repository, "blobs", image.name_of(blob))
        status, _, body = client.request("GET", path)
        if status != 200 or body != blob:
            return f"{repository}:{tag}: {image.name_of(blob)}: {status}"
    return None


class Racing(HastyWorld):
    """It has no tests."""

    REGISTRY = None
    CONFIG = None

    def start(self, **options):
        self.use(self.start_registry(**options))
        self.registry.wanted = None
        self.addCleanup(self.registry.stop)
        self.witness = Witness(self.registry)
        self.addCleanup(self.witness.stop)
        self.configure(COLLECTS)

    def night(self):
        self.ages()
        self.exits(0, "collect")

    def is_whole(self, repository, tag, image):
        self.assertIsNone(missing(self.witness.client, repository, tag, image))


class Moments(Racing):
    """Each kind of client has an image that nothing refers to any more, and pushes it in one moment."""

    def garbage(self):
        """{kind: image}: all were pushed to origin and to their own repository, and are deleted."""
        client = self.registry.client
        images = {kind: image_of(kind) for kind in KINDS if kind != "slow"}
        push(client, "full", "kept", "v1", Image("kept"))
        for kind, image in images.items():
            for repository in ("origin", kind):
                push(client, "full", repository, "v1", image)
                path = client.path(repository, "manifests", image.digest)
                client.expect(202, "DELETE", path)
        return images

    def push_all(self, images, **taken_at_once):
        """All are pushed; those that are named, True or False, are taken at once, or refused first."""
        for kind, image in images.items():
            taken = push_until_taken(self.registry.client, kind, kind, "again", image)
            self.assertEqual(taken, taken_at_once.get(kind, taken), kind)

    def all_whole(self, images):
        for kind, image in images.items():
            self.is_whole(kind, "again", image)
        self.is_whole("kept", "v1", Image("kept"))

    def stay_whole(self, images):
        """Now, a night later, and another one."""
        self.all_whole(images)
        for _ in range(2):
            self.night()
            self.all_whole(images)

    def own_layer(self, images):
        """The file of a layer, and of its link, that go."""
        digest = digest_of(images["full"].layers[0])
        link = self.registry.v2 / f"repositories/full/_layers/sha256/{digest[7:]}/link"
        return self.registry.blob(digest), link

    @case("between the phases: what has no link is uploaded anew, and a manifest alone is refused")
    def test_between(self):
        self.start()
        images = self.garbage()
        blob, link = self.own_layer(images)
        self.night()
        self.assertFalse(link.exists())
        self.assertTrue(blob.exists())
        self.push_all(images, full=True, skips=True, mounts=True, sha512=True, manifest=False)
        self.stay_whole(images)

    @case("while what is due lies in the trash, and is looked for once more")
    def test_in_the_trash(self):
        self.start()
        images = self.garbage()
        blob, _ = self.own_layer(images)
        self.night()
        self.ages()
        run = self.begin("collect")
        wait_for(lambda: not blob.exists())
        self.push_all(images)
        self.assertEqual(run.end().status, 0)
        self.stay_whole(images)

    # The server looked for the blob before it was moved, and writes the link of a layer after that.
    @case("a link to what lies in the trash, as of a commit that saw it before, brings it back")
    def test_link_to_trash(self):
        self.start()
        images = self.garbage()
        blob, link = self.own_layer(images)
        self.night()
        self.ages()
        run = self.begin("collect")
        wait_for(lambda: not blob.exists())
        link.write_text(digest_of(images["full"].layers[0]))
        self.assertEqual(run.end().status, 0)
        self.assertEqual(blob.read_bytes(), images["full"].layers[0])
        self.push_all(images)
        self.stay_whole(images)

    @case("while the links of the first phase are taken, and looked for once more")
    def test_detached(self):
        self.start()
        images = self.garbage()
        _, link = self.own_layer(images)
        self.ages()
        run = self.begin("collect")
        wait_for(lambda: not link.exists())
        self.push_all(images)
        self.assertEqual(run.end().status, 0)
        self.stay_whole(images)

    @case("through a cache in memory, which goes on to list what lost its links until gc.restart")
    def test_cached(self):
        self.start(cache="inmemory")
        images = self.garbage()
        _, link = self.own_layer(images)
        taken = []

        def race():
            """The registry believes in all of it: the manifest alone is taken."""
            if not taken:
                self.assertFalse(link.exists())
                self.push_all(images, full=True, manifest=True, skips=True, mounts=True)
                taken.append(missing(self.witness.client, "manifest", "again", images["manifest"]))

        self.configure(COLLECTS, self.restarts(race, self.registry.restart))
        self.night()
        # Without what the run puts back, it could not be pulled.
        self.assertNotEqual(taken, [None])
        self.assertEqual(len(taken), 1)
        self.stay_whole(images)


class Pusher(threading.Thread):
    """One client: pushes, looks whether it is whole once the collection under way has ended, deletes, and leaves
    it alone for a while, over and over."""

    def __init__(self, race, kind, number):
        super().__init__(daemon=True)
        self.race = race
        self.kind = kind
        self.tag = f"{kind}{number}"
        self.image = image_of(kind, number)
        self.random = random.Random(f"{SEED} {self.tag}")
        # A client of its own: it has its own connection to a registry that is restarted.
        self.client = Client(race.registry.url)
        self.is_live = False  # it was answered 201
        self.pushed = self.refused = 0
        self.failure = None

    def run(self):
        try:
            while not self.race.over.is_set():
                self.turn()
        except Exception as error:  # noqa: BLE001
            self.failure = f"{self.kind}: {error!r}"
            self.race.over.set()

    def turn(self):
        # Long enough for both phases, or for none.
        self.race.over.wait(self.random.uniform(0, 4.5))
        self.is_live = self.push()
        if self.is_live:
            self.race.wait_for_collection(self.random.random() < 0.5)
            self.race.check(self)
        if not self.race.over.is_set():
            self.is_live = False
            path = self.client.path(self.kind, "manifests", self.image.digest)
            with contextlib.suppress(Failure, OSError):
                self.client.request("DELETE", path)

    def push(self):
        """Whether it was answered 201. A registry that is being restarted answers nothing."""
        try:
            taken = push_until_taken(self.client, self.kind, self.kind, self.tag, self.image)
        except (Failure, OSError, Refused) as error:
            if not self.race.may_fail(error):
                raise
            return False
        self.pushed += 1
        self.refused += not taken
        return True

    def lost(self, client):
        return missing(client, self.kind, self.tag, self.image)


class Loop(Racing):
    """The collector again and again, beside clients of all kinds."""

    def race(self, cached):
        self.cached = cached
        self.over = threading.Event()
        self.runs = 0  # that have ended
        client = self.registry.client
        pushers = [Pusher(self, kind, number) for kind in KINDS for number in range(3)]
        for pusher in pushers:
            push(client, "full", "origin", pusher.tag, pusher.image)
            path = client.path("origin", "manifests", pusher.image.digest)
            client.expect(202, "DELETE", path)
        for pusher in pushers:
            pusher.start()
        self.collect_until(time.monotonic() + SECONDS)
        self.over.set()
        for pusher in pushers:
            pusher.join(60)
        return pushers

    def collect_until(self, end):
        """What cannot be collected now is no matter here, and what was taken is back then."""
        self.moved = self.detached = self.back = 0
        while time.monotonic() < end and not self.over.is_set():
            self.run_program("collect", "--config", self.config, "--report", self.report_path)
            self.assertIn(self.status, (0, 1, 4), self.output)
            told = self.report()["garbage_collection"]["native"]
            self.detached += told["detached_blobs"] or 0
            self.back += (told["links_put_back"] or 0) + (told["blobs_put_back"] or 0)
            found = re.findall(r"moved (\d+) blobs? to the trash", self.output)
            self.moved += sum(map(int, found))
            self.runs += 1

    def wait_for_collection(self, two):
        """The run under way, and perhaps the next one, has ended."""
        until = self.runs + 1 + two
        while self.runs < until and not self.over.is_set():
            self.over.wait(0.02)

    def may_fail(self, error):
        """A push that is refused twice was overtaken by the next run; a registry that is restarted has no
        answer. Whoever gets none pushes again."""
        broken = ("Refused", "Reset", "Disconnected", "BrokenPipe", "BadStatusLine")
        return isinstance(error, Refused) or (
            self.cached and any(word in repr(error) for word in broken)
        )

    def check(self, pusher):
        lost = not self.over.is_set() and pusher.lost(self.witness.client)
        if lost:
            raise AssertionError(f"SEED={SEED}: it was answered 201: {lost}")

    def all_is_whole(self, pushers):
        self.assertEqual([pusher.failure for pusher in pushers if pusher.failure], [])
        self.registry.restart()
        for pusher in pushers:
            if pusher.is_live:
                self.assertIsNone(pusher.lost(self.registry.client), f"SEED={SEED}")

    def tell(self, pushers):
        kinds = {kind: [p for p in pushers if p.kind == kind] for kind in KINDS}
        pushed = ", ".join(
            f"{kind} {sum(p.pushed for p in some)} (refused first: {sum(p.refused for p in some)})"
            for kind, some in kinds.items()
        )
        print(
            f"# SEED={SEED}: {self.runs} collections took the links of {self.detached} blobs, moved "
            f"{self.moved} to the trash, and put back {self.back}; pushed: {pushed}",
            flush=True,
        )

    def something_happened(self, pushers):
        """It is no test if nothing was collected, or nothing pushed."""
        self.assertGreater(self.detached, 5)
        self.assertGreater(self.moved, 0)
        for kind in KINDS:
            self.assertGreater(sum(p.pushed for p in pushers if p.kind == kind), 0, kind)

    @case("the collector in a loop beside pushes: what was answered 201 is whole")
    def test_loop(self):
        self.start()
        pushers = self.race(cached=False)
        self.tell(pushers)
        self.all_is_whole(pushers)
        self.something_happened(pushers)

    @case("the same through a cache in memory, which gc.restart empties")
    def test_cached(self):
        self.start(cache="inmemory")
        self.configure(COLLECTS, self.restarts(self.registry.restart))
        pushers = self.race(cached=True)
        self.tell(pushers)
        self.all_is_whole(pushers)
        self.something_happened(pushers)
