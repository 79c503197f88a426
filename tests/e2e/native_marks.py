"""The marks of the native collector beside the registry's own collector, on random stores: on healthy ones both
would remove the same blobs, on damaged ones ours fewer, and none that a pull which works needs
(tests/tools/native_stores.py). CASES: how many healthy stores, 500; SEED: which."""

import os
import random
from pathlib import Path

from lab import World, case
from lab.program import ROOT

TOOL = ROOT / "tests/tools/native_stores.py"
MARKS = Path(os.environ.get("BUILD") or ROOT / "build") / "tests/tools/native_marks"
SEED = int(os.environ.get("SEED") or random.randrange(32768))


class NativeMarks(World):
    REGISTRY = None

    def begin_stores(self, first, count, words):
        """Tries these stores, in a process beside the test."""
        work = self.folder / str(first)
        work.mkdir(exist_ok=True)
        words = ["--work", work, "--first", first, "--cases", count, *words]
        words += ["--marks", MARKS, "--seed", SEED]
        return self.begin_command(TOOL, *words, name=f"stores-{first}")

    def try_stores(self, count, *words):
        if os.environ.get("SHORT"):
            count = min(count, 16)
        print(f"# seed {SEED}, {count} stores", flush=True)
        half = (count + 1) // 2
        started = [
            self.begin_stores(1, half, words),
            self.begin_stores(half + 1, count - half, words),
        ]
        done = [one.end(seconds=None) for one in started]
        lines = [line for one in done for line in one.output.splitlines()]
        told = "\n".join(line for line in lines if not line.startswith("ok "))
        self.assertEqual([one.status for one in done], [0, 0], told)
        self.assertEqual(len([line for line in lines if line.startswith("ok ")]), count, told)

    @case("on a healthy store, what is not marked is what the registry's collector removes")
    def test_healthy(self):
        self.try_stores(int(os.environ.get("CASES") or 500))

    @case("on a damaged store, everything is marked that a pull needs, and nothing else goes")
    def test_damaged(self):
        self.try_stores(100, "--damaged")

    @case("marks that are made again say the same")
    def test_again(self):
        self.try_stores(20, "--damaged", "--again")
