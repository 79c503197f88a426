"""Coming from cleanreg: keeping by the number of images, in one repository or in those of a file."""

from lab import World, case

ALL = {
    "mysql": "8.0 8 lts 9.1 5.7.10 5.7.9 5.6 5.5 5 1",
    "busybox": "1 2 3",
    "team/redis": "1 2 latest",
}


class FromCleanreg(World):
    REGISTRY = {"auth": "test:secret"}
    CONFIG = {"cleanup": {"days_to_keep": None}}
    # In mysql are seven images, the newest with three tags, the second oldest with two.
    KEPT = [
        {"repository": "mysql", "tag": "8.0", "created": "-1d"},
        {"repository": "mysql", "tag": "8", "same_as": "mysql:8.0"},
        {"repository": "mysql", "tag": "lts", "same_as": "mysql:8.0"},
        {"repository": "mysql", "tag": "9.1", "created": "-2d"},
        {"repository": "mysql", "tag": "5.7.10", "created": "-3d"},
        {"repository": "mysql", "tag": "5.7.9", "created": "-300d"},
        {"repository": "mysql", "tag": "5.6", "created": "-400d"},
        {"repository": "mysql", "tag": "5.5", "created": "-500d"},
        {"repository": "mysql", "tag": "5", "same_as": "mysql:5.5"},
        {"repository": "mysql", "tag": "1", "created": "-600d"},
        {"repository": "busybox", "tag": "1", "created": "-3d"},
        {"repository": "busybox", "tag": "2", "created": "-2d"},
        {"repository": "busybox", "tag": "3", "created": "-1d"},
        {"repository": "team/redis", "tag": "1", "created": "-900d"},
        {"repository": "team/redis", "tag": "2", "created": "-800d"},
        {"repository": "team/redis", "tag": "latest", "created": "-1000d"},
    ]

    def keeps(self, **cleanup):
        self.configure({"cleanup": {"days_to_keep": None, **cleanup}})

    @case("-n mysql -k 5: five images stay with all their tags, and nothing else is touched")
    def test_repository(self):
        self.keeps(keep_last_images=5)
        self.exits(0, "--repository", "mysql")
        self.remains(ALL | {"mysql": "8.0 8 lts 9.1 5.7.10 5.7.9 5.6"})

    @case("-k 5 alone, as a variable: in every repository")
    def test_variable(self):
        self.exits(0, env={"CLEAN_REGISTRY_CLEANUP_KEEP_LAST_IMAGES": "2"})
        self.remains({"mysql": "8.0 8 lts 9.1", "busybox": "2 3", "team/redis": "1 2 latest"})

    @case("-i is the default: an image stays with all its tags while one of them has to stay")
    def test_shared(self):
        self.keeps(keep_last_images=5, protected_tags=["5"])
        self.exits(0, "--repository", "mysql")
        self.remains(ALL | {"mysql": "8.0 8 lts 9.1 5.7.10 5.7.9 5.6 5.5 5"})
        self.assertEqual(self.tag("mysql", "5.5"), "kept beyond_number,shared_digest")

    @case(
        "-f cleanreg-example.conf: with comments, a byte-order mark and CRLF; others are not touched"
    )
    def test_file(self):
        path = self.folder / "cleanreg-example.conf"
        text = "\ufeff# what to keep\r\n\r\nmysql 3\r\n\tbusybox   0 # none\r\n"
        path.write_bytes(text.encode())
        # By a path that is relative to where it runs.
        words = ["--config", self.config, "--report", self.report_path]
        self.run_program(*words, "--repos-file", path.name, cwd=self.folder)
        self.exited(0)
        self.remains(ALL | {"mysql": "8.0 8 lts 9.1 5.7.10", "busybox": ""})

    @case("the file in config.json, together with -n and with a number for all others")
    def test_file_configured(self):
        path = self.folder / "repositories"
        path.write_text("mysql 4\nbusybox 1\n")
        self.keeps(repositories_file=str(path), keep_last_images=1)
        self.exits(0, "--repository", "mysql", "--repository", "team/redis")
        self.remains(ALL | {"mysql": "8.0 8 lts 9.1 5.7.10 5.7.9", "team/redis": "2 latest"})

    @case("its command lines mean something else here, and are refused")
    def test_command_lines(self):
        for line in (
            f"-r {self.registry.url} -n mysql -k 5",
            "-n mysql",
            "-f cleanreg-example.conf",
            "-n busybox -q",
        ):
            self.exits(2, *line.split())
        self.remains(ALL)
