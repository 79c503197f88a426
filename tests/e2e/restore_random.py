"""Random registries, random policies: a run, restore of that run, and the registry is what it was, every tag,
digest and byte, but for what was named before anything was written. And the next run leaves it so.

CASES: how many registries, 30, and a tenth of that with the native collector and its trash; SEED: the first of
their seeds."""

import os
import random
import re
import time

import random_registry
import tagged_closure

from lab import World, case, files, tree
from lab.native import NativeWorld

DAY = 86400
CASES = int(os.environ.get("CASES") or 30)


def policy(chance):
    """Rules that select something of what random_registry.py makes."""
    cleanup = {
        "days_to_keep": chance.choice([1, 20, 90, 200]),
        "protected_tags": chance.choice([["latest"], ["latest", "release"]]),
        "protected_patterns": chance.choice([[], ["release"], ["nightly"]]),
    }
    if chance.randrange(3) == 0:
        cleanup["keep_last_images"] = chance.randint(1, 4)
    if chance.randrange(2) == 0:
        cleanup["untagged_days"] = chance.choice([1, 10, 50])
    jobs = []
    if chance.randrange(3) == 0:
        jobs.append(
            {
                "name": "some",
                "repositories": [chance.choice(["app", "team/**", "**"])],
                "tag_regexps": [chance.choice(["[0-4]$", "^t", "1"])],
                "older_than_days": chance.choice([1, 30]),
            }
        )
    return {"cleanup": cleanup, **({"jobs": jobs} if jobs else {})}


class Registries:
    """What both ways to delete share."""

    REGISTRY = {}
    CONFIG = None

    def fill(self, seed):
        """Another registry, and nothing that is known of the one before; returns its chance."""
        chance = random.Random(seed)
        self.registry.empty()
        files.remove(self.state)
        random_registry.fill(self.registry.client, seed, self.registry.store)
        self.age(chance)
        return chance

    def age(self, chance):
        """Pushes lie apart: the storage would look like a restored disk otherwise."""
        now = time.time()
        for path in (self.registry.v2 / "repositories").rglob("*"):
            moment = now - chance.uniform(2, 100) * DAY
            os.utime(path, (moment, moment))

    def everything(self):
        """{(repository, tag): digest} and {(repository, digest): bytes}, as they are on disk."""
        tags, manifests = {}, {}
        root = self.registry.v2 / "repositories"
        for link in root.rglob("_manifests/revisions/*/*/link"):
            name = str(link.relative_to(root)).partition("/_manifests/")[0]
            manifests[name, link.read_text()] = self.registry.blob(link.read_text()).read_bytes()
        for link in root.rglob("_manifests/tags/*/current/link"):
            name, _, rest = str(link.relative_to(root)).partition("/_manifests/tags/")
            tags[name, rest.split("/")[0]] = link.read_text()
        return tags, manifests

    def run_id(self):
        """Of the first run, if that deleted something."""
        runs = sorted(path.stem for path in self.state.glob("*/journal/*.jsonl"))
        return runs[0] if runs else None

    def restore(self, *words):
        self.run_program("restore", "--config", self.config, *words, apart=True)

    def named(self):
        """What cannot come back, as REPOSITORY:TAG and REPOSITORY@DIGEST."""
        return set(re.findall(r"\[WARNING\] (\S+) cannot come back: ", self.errors))

    def is_back(self, before, named):
        """All is there again that was not named, and nothing else."""
        tags, manifests = self.everything()
        for (name, tag), digest in before[0].items():
            if f"{name}:{tag}" in named:
                self.assertNotIn((name, tag), tags)
            else:
                self.assertEqual(tags.get((name, tag)), digest, f"{name}:{tag}")
        # A manifest that cannot come back is named by itself or by its tags.
        gone = {
            (name, digest)
            for name, digest in before[1]
            if f"{name}@{digest}" in named
            or any(
                f"{name}:{tag}" in named
                for (where, tag), of in before[0].items()
                if (where, of) == (name, digest)
            )
        }
        self.assertEqual(set(before[1]) - set(manifests) - gone, set())
        self.assertEqual(set(manifests) - set(before[1]), set())
        self.assertEqual(set(tags) - set(before[0]), set())
        self.assertEqual({key: before[1][key] for key in manifests}, manifests)

    def come_back(self, run, before):
        """Restores that run, first dry. Returns how many manifests came back."""
        left = self.everything()[1]
        disk = tree(self.registry.store)
        self.restore("--run", run, "--dry-run")
        planned, named, code = self.output, self.named(), self.status
        self.assertEqual(tree(self.registry.store), disk)
        self.restore("--run", run)
        self.assertEqual((self.named(), self.status), (named, code), self.errors)
        self.assertEqual(
            sorted(re.findall("^can come back +(.*)", planned, re.MULTILINE)),
            sorted(re.findall("^restored +(.*)", self.output, re.MULTILINE)),
            f"{planned}{self.output}{self.errors}",
        )
        self.assertIn(code, (1, 2) if named else (0,))
        self.is_back(before, named)
        return len(self.everything()[1]) - len(left)

    def all_come_back(self, count):
        first = int(os.environ.get("SEED") or 1)
        back = 0
        for seed in range(first, first + count):
            with self.subTest(seed=seed):
                back += self.try_one(seed)
        print(f"# {back} manifests were deleted and put back")
        self.assertGreater(back, 0)


class Random(Registries, World):
    def try_one(self, seed):
        chance = self.fill(seed)
        rules = policy(chance)
        # Since when a manifest has no tag, only the storage tells.
        source = "auto" if "untagged_days" in rules["cleanup"] else "api"
        seen = source == "auto" or chance.randrange(2) == 0
        self.configure(
            rules,
            {"gc": {"when": "never"}, "inventory": {"source": source}},
            {} if seen else {"paths": {"host_storage": None}},
        )
        before = self.everything()
        self.clean()
        self.assertIn(self.status, (0, 1), self.output)
        run = self.run_id()
        if not run:
            self.assertEqual(self.everything(), before)
            return 0
        left = self.everything()[1]
        back = self.come_back(run, before)
        again = self.everything()
        for name, digest in set(again[1]) - set(left):
            self.has(name, digest)
        self.clean()
        self.assertEqual(self.everything(), again)
        return back

    @case("what a run deleted of a random registry comes back to the byte, and stays")
    def test_random(self):
        self.all_come_back(CASES)


class InTrash(Registries, NativeWorld):
    """The native collector has moved the layers to its trash meanwhile."""

    def whole(self):
        """Tags with all that they need."""
        return {row for row in tagged_closure.look(self.registry.store) if row[0] == "whole"}

    def try_one(self, seed):
        rules = policy(self.fill(seed))
        self.native(rules, {"gc": {"trash_days": 1}})
        before, whole = self.everything(), self.whole()
        self.night_of_any_end()
        run = self.run_id()
        if not run:
            return 0
        self.night_of_any_end()
        trash = self.registry.store / "clean-registry-trash"
        self.swept += len(list(trash.glob("*/blobs/*/*/*/data")))
        back = self.come_back(run, before)
        named = self.named()
        lost = {f"{row[1]}:{row[2]}" for row in whole - self.whole()}
        self.assertEqual(lost - named, set())
        again = self.everything()
        self.night_of_any_end()
        self.night_of_any_end()
        self.assertEqual(self.everything(), again)
        self.assertEqual({f"{row[1]}:{row[2]}" for row in whole - self.whole()}, lost)
        return back

    def night_of_any_end(self):
        """Repositories that are damaged from the start are told."""
        self.ages()
        self.clean()
        self.assertIn(self.status, (0, 1), self.output)

    @case("the same when the native collector has swept: all of it comes back from the trash")
    def test_trash(self):
        self.swept = 0
        self.all_come_back(max(CASES // 10, 1))
        print(f"# {self.swept} blobs lay in the trash")
        self.assertGreater(self.swept, 0)
