"""What the tests of the whole program share: real registries, the fault proxy in front of them, the program
under test, and what is looked at from outside.

    from lab import World, case

    class Deletes(World):
        IMAGES = [{"repository": "app", "tag": "old", "created": "-90d"}]

        @case("a tag that is too old goes")
        def test_old(self):
            self.exits(0)
            self.leaves("app")

A file of tests is run by tests/run, which prints what is well in TAP.
"""

from lab.program import Background, wait_for
from lab.proxy import Proxy
from lab.registry import Registry
from lab.store import tree
from lab.world import FaultWorld, World, case

__all__ = [
    "Background",
    "FaultWorld",
    "Proxy",
    "Registry",
    "World",
    "case",
    "tree",
    "wait_for",
]
