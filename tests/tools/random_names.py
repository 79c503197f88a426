#!/usr/bin/python3
"""Names of repositories that distribution's catalog has trouble with, from a seed.

    random_names.py SEED COUNT [STORE]

Prints COUNT different names, sorted: nested in each other, with parts that begin with digits or go on
with '-', '.' and '_'. With STORE, makes a folder for each, as an emptied repository leaves behind.
"""

import os
import random
import sys

WORDS = ["a", "app", "team", "team-a", "team.b", "proj", "x", "base_1", "lib--c"]


def part(chance):
    """One part of a name."""
    kind = chance.random()
    if kind < 0.45:
        return f"{chance.randrange(100):02d}"
    if kind < 0.6:
        return f"{chance.choice(WORDS)}{chance.randrange(30)}"
    return chance.choice(WORDS)


def names(seed, count):
    """COUNT names; most lie in one that is there already."""
    chance = random.Random(seed)
    found = set()
    order = []
    while len(order) < count:
        name = part(chance)
        if order and chance.random() < 0.8:
            name = f"{chance.choice(order)}/{name}"
        if len(name) <= 100 and name not in found:
            found.add(name)
            order.append(name)
    return sorted(order)


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    for name in names(seed, count):
        if len(sys.argv) > 3:
            folder = os.path.join(sys.argv[3], "docker/registry/v2/repositories", name)
            for marker in ("_layers", "_manifests/tags"):
                os.makedirs(os.path.join(folder, marker), exist_ok=True)
        print(name)


if __name__ == "__main__":
    main()
