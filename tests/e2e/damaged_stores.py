"""Random damaged stores, with the real registry and its real collector: nothing that pulled before fails to
pull after, unless it was deleted as planned, and the exit code is honest (tests/tools/damaged_stores.py).
CASES: how many stores, 50; SEED: which."""

import os
import random

from lab import World, case
from lab.program import PROGRAM, ROOT

TOOL = ROOT / "tests/tools/damaged_stores.py"


class DamagedStores(World):
    REGISTRY = None

    def begin_stores(self, seed, first, count):
        """Tries these stores, in a process beside the test."""
        work = self.folder / str(first)
        work.mkdir()
        words = ["--work", work, "--first", first, "--cases", count]
        words += ["--program", PROGRAM, "--seed", seed]
        return self.begin_command(TOOL, *words, name=f"stores-{first}")

    @case("random damaged stores lose nothing that could be pulled and stays")
    def test_stores(self):
        count = int(os.environ.get("CASES") or 50)
        seed = int(os.environ.get("SEED") or random.randrange(32768))
        if os.environ.get("SHORT"):
            count = min(count, 16)
        half = (count + 1) // 2
        print(f"# seed {seed}, {count} stores", flush=True)
        started = [
            self.begin_stores(seed, 1, half),
            self.begin_stores(seed, half + 1, count - half),
        ]
        done = [one.end(seconds=None) for one in started]
        lines = [line for one in done for line in one.output.splitlines()]
        told = "\n".join(line for line in lines if not line.startswith("ok "))
        self.assertEqual([one.status for one in done], [0, 0], told)
        self.assertEqual(len([line for line in lines if line.startswith("ok ")]), count, told)
