"""One fault is one line, however many repositories, tags and configs it is about; DEBUG lines name
each."""

import re

from lab import FaultWorld, case

DENIED = {"code": 403, "error": "DENIED"}


class OneFault(FaultWorld):
    IMAGES = [
        {"repository": f"r{n}", "id": f"{n} {tag}", "tag": tag, "created": created}
        for n in range(8)
        for tag, created in (("old", "-90d"), ("new", "-1d"))
    ]

    def refuse(self, path, **match):
        self.rules({"match": {"path": path, **match}, "status": DENIED})

    def one_line(self, pattern):
        """It is in one line of WARNING or ERROR."""
        wanted = re.compile(rf"\[(WARNING|ERROR)\] .*{pattern}")
        self.assertEqual(len([line for line in self.lines() if wanted.search(line)]), 1, pattern)

    @case("lists that are refused in eight repositories")
    def test_lists(self):
        self.refuse("/v2/r[0-9]/tags/list")
        self.exits(1, "--dry-run", "--debug")
        self.applied()
        self.one_line(
            "8 repositories: 403 .*nothing is deleted in them, among them r[0-9] .the list of its tags"
        )
        log = (self.program_folder / "log").read_text()
        self.assertGreaterEqual(len(re.findall(r"\[DEBUG\] r[0-9]: .*403", log)), 8)

    @case("tags that are refused in one repository, and in all")
    def test_tags(self):
        self.refuse("/v2/r0/manifests/(old|new)")
        self.exits(1, "--dry-run")
        self.one_line("r0: tag (old|new) and 1 more: .*403.*nothing is deleted in this repository")
        self.refuse("/v2/r[0-9]/manifests/(old|new)")
        self.exits(1, "--dry-run")
        self.one_line(
            r"8 repositories: .*403.*nothing is deleted in them, among them r[0-9] \(tag (old|new)\)"
        )

    @case("configs that are refused in eight repositories")
    def test_configs(self):
        self.refuse("/v2/r[0-9]/blobs/")
        self.exits(1, "--dry-run")
        self.one_line(
            "16 configs in 8 repositories: .*403.*what has them is kept, "
            r"among them r[0-9] \(config sha256:[0-9a-f]{64}\)"
        )

    @case("deletes that fail in eight repositories, and what happens in one is told as before")
    def test_deletes(self):
        # Not the question what is allowed, which deletes what is not there.
        names = [name for name in self.digests if name.endswith("old")]
        digests = "|".join(sorted({self.digest(name) for name in names}))
        self.refuse(f"/v2/r[0-9]/manifests/({digests})", method="DELETE")
        self.exits(1)
        self.one_line(
            "8 repositories: .*403.*the rest of them is left for the next run, among them r[0-9]"
        )
        self.refuse(f"/v2/r3/manifests/({digests})", method="DELETE")
        self.exits(1)
        self.one_line("r3: .*403.*the rest of this repository is left for the next run")
