#!/usr/bin/python3
"""Fills a registry with made-up images as life leaves them: random_registry.py --url URL SEED.

Images that share layers, indexes, nested ones, attestations, signatures and their orphans,
referrers of what is tagged and of what is not, with and without the fallback index, charts, things
without a date, tags that were moved, manifests that were deleted. The same seed gives the same
registry, but for dates, which are ages.
"""

import argparse
import random
import sys

sys.dont_write_bytecode = True

import images  # noqa: E402
from v2client import Client  # noqa: E402

REPOSITORIES = ["app", "base", "team/app", "team/app/sub"]
PLATFORMS = ["linux/amd64", "linux/arm64", "linux/386"]
ODD_DATES = ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "yesterday"]
ABSENT = ["sha256:" + 64 * digit for digit in "123"]


class Maker:
    """Describes what images.py is to push; each method makes one object of one kind."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.specs = []
        self.ids = {name: [] for name in REPOSITORIES}  # what can be a child or a subject
        self.tags = {name: [] for name in REPOSITORIES}
        self.serial = 0

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def date(self):
        if self.chance(12):
            return None
        if self.chance(8):
            return self.random.choice(ODD_DATES)
        days = self.random.randint(40, 400) if self.chance(60) else self.random.randint(1, 20)
        # Half a day more: no rule's days end between two runs of a test.
        return f"-{24 * days + 12}h"

    def layers(self):
        pool = [f"shared {number}:{1000 + 37 * number}" for number in range(8)]
        found = self.random.sample(pool, self.random.randint(0, 3))
        if self.chance(70):
            found.append(f"own {self.serial}:{self.random.randint(1, 4000)}")
        return found

    def tag(self, repository):
        """A new tag, a tag to be moved, or none."""
        if self.chance(20):
            return None
        if self.tags[repository] and self.chance(15):
            return self.random.choice(self.tags[repository])
        special = ["latest", "release", "nightly"]
        name = f"t{self.serial}"
        if self.chance(15):
            name = f"{self.random.choice(special)}{self.random.choice(['', name])}"
        self.tags[repository].append(name)
        return name

    def some(self, repository, most):
        known = self.ids[repository]
        return self.random.sample(known, min(len(known), self.random.randint(1, most)))

    def add(self, repository, **fields):
        self.serial += 1
        name = f"{repository} {self.serial}"
        fields.setdefault("tag", self.tag(repository))
        self.specs.append({"repository": repository, "id": name, **fields})
        self.ids[repository].append(name)

    def image(self, repository):
        kind = "docker" if self.chance(30) else "image"
        self.add(repository, kind=kind, created=self.date(), layers=self.layers())

    def platforms(self, repository):
        kind = self.random.choice(["index", "docker-list", "attested-index"])
        number = self.random.randint(1, len(PLATFORMS))
        platforms = self.random.sample(PLATFORMS, number)
        self.add(repository, kind=kind, created=self.date(), platforms=platforms)
        name = self.specs[-1]["id"]
        self.ids[repository] += [f"{name}/{platform}" for platform in platforms]

    def index(self, repository):
        children = self.some(repository, 3)
        if not children:
            return self.image(repository)
        fields = {"subject": self.random.choice(children)} if self.chance(10) else {}
        return self.add(repository, kind="index", children=children, **fields)

    def signature(self, repository):
        subjects = self.some(repository, 1) if self.chance(85) else [self.random.choice(ABSENT)]
        if subjects:
            suffix = self.random.choice(["sig", "att", "sbom"])
            self.add(repository, kind="cosign", subject=subjects[0], suffix=suffix, tag=None)

    def referrer(self, repository):
        subjects = self.some(repository, 1) if self.chance(85) else [self.random.choice(ABSENT)]
        if subjects:
            tag = None if self.chance(80) else self.tag(repository)
            self.add(
                repository,
                kind="referrer",
                subject=subjects[0],
                created=self.date(),
                layers=self.layers(),
                fallback=self.chance(60),
                tag=tag,
            )

    def chart(self, repository):
        kind = self.random.choice(["helm", "artifact"])
        self.add(repository, kind=kind, created=self.date(), layers=self.layers())

    def again(self, repository):
        """The same manifest under another tag, or in another repository."""
        source = self.random.choice(REPOSITORIES)
        # An index brings its children along, a referrer leaves its subject behind.
        if self.ids[source]:
            self.add(repository, same_as=self.random.choice(self.ids[source]))

    def all(self):
        kinds = [self.image] * 8 + [self.platforms] * 3 + [self.index] * 3
        kinds += [self.signature] * 3 + [self.referrer] * 3 + [self.chart, self.again, self.again]
        for repository in REPOSITORIES:
            for _ in range(self.random.randint(8, 20)):
                self.random.choice(kinds)(repository)
        return self.specs


def delete_some(chance, client, maker, digests):
    """Deletes manifests as people do: children, subjects, tagged ones, ones that are not."""
    for repository in REPOSITORIES:
        for name in maker.ids[repository]:
            if chance.randrange(100) < 8:
                path = client.path(repository, "manifests", digests[name])
                client.request("DELETE", path)


def fill(client, seed, store=None):
    """Returns how many objects were pushed, or written into the registry's folder, the store."""
    maker = Maker(seed)
    place = images.Store(str(store)) if store else images.Api(client)
    digests = images.push_all(place, maker.all())
    delete_some(maker.random, client, maker, digests)
    return len(maker.specs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("seed", type=int)
    options = parser.parse_args()
    print(f"seed {options.seed}: {fill(Client(options.url), options.seed)} objects")


if __name__ == "__main__":
    main()
