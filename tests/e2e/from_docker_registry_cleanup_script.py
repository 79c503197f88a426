"""Coming from Docker Registry Cleanup Script (clean-registry.py): its config.json as it is."""

from lab import World, case
from lab.program import merge

EXAMPLE = {
    "registry": {
        "url": "http://127.0.0.1:5001",
        "user": "someuser",
        "password": "somepass",
        "container": "registry",
    },
    "cleanup": {
        "days_to_keep": 30,
        "protected_tags": ["latest", "prod-stable", "dev-stable"],
        "protected_patterns": ["develop", "master", "main", "release"],
    },
    "paths": {
        "config": "/etc/distribution/config.yml",
        "storage": "/var/lib/registry",
        "host_storage": "/some/path",
    },
}


class FromDockerRegistryCleanupScript(World):
    # The example names a container and paths in there, and has no key for anything else.
    REGISTRY = {"where": "container", "auth": "someuser:somepass"}
    CONFIG = None
    KEPT = [
        {"repository": "app", "tag": "latest", "created": "-31d"},
        {"repository": "app", "tag": "prod-stable", "created": "-400d"},
        {"repository": "app", "tag": "dev-stable", "created": "-400d"},
        {
            "repository": "app",
            "tag": "prod-stable-2",
            "created": "-31d",
            "layers": ["lost:50000"],
        },
        {"repository": "app", "tag": "develop-289sa1s", "created": "-400d"},
        {"repository": "app", "tag": "my-develop-build", "created": "-400d"},
        {"repository": "app", "tag": "master-branch", "created": "-400d"},
        {"repository": "app", "tag": "release-1", "created": "-400d"},
        {"repository": "app", "tag": "dev-elop", "created": "-31d"},
        {"repository": "app", "tag": "feature-9", "created": "-29d"},
        {"repository": "team/tool", "tag": "v1", "created": "-400d"},
        {"repository": "team/tool", "tag": "domain-7", "created": "-400d"},
        {"repository": "team/tool", "tag": "main", "created": "-400d"},
    ]

    def run_example(self, env=None, **paths):
        """Runs it as that script is run: in the folder of config.json. These paths change the example."""
        # Where the registry and the log are differs in tests.
        changes = {
            "registry": {"url": self.registry.url, "container": self.registry.name},
            "paths": {"config": self.registry.config, "state": str(self.state), **paths},
            "log": {"file": str(self.program_folder / "log")},
        }
        self.write_config(merge(EXAMPLE, changes))
        self.run_program(cwd=self.program_folder, env=env)
        self.exited(0)

    def what_shall_stay_stays(self):
        self.remains(
            {
                "app": """
                    latest prod-stable dev-stable develop-289sa1s my-develop-build master-branch
                    release-1 feature-9
                    """,
                "team/tool": "domain-7 main",
            }
        )

    @case("the example: what is old goes, but for exact names and parts of names")
    def test_example(self):
        self.run_example({"DEBUG": "true"}, host_storage=str(self.registry.store))
        self.what_shall_stay_stays()
        # The collector ran, the space was measured, the lines are those of its log.
        self.says("[DEBUG] keep app:latest (", "[INFO] freed ")
        for line in self.lines():
            self.assertRegex(line, r"^[0-9-]{10} [0-9:]{8} \[(DEBUG|INFO)\] ")
        self.assertEqual((self.program_folder / "log").read_text(), self.output)
        blobs = self.registry.v2.glob("blobs/*/*/*/data")
        self.assertEqual([path for path in blobs if path.stat().st_size == 50000], [])

    @case("host_storage can be left out")
    def test_left_out(self):
        self.run_example(host_storage=None)
        self.what_shall_stay_stays()
        self.says("[INFO] the storage took ")
        self.keeps_quiet_of("[DEBUG]")

    @case("host_storage that is not there is told, and everything else is done")
    def test_absent(self):
        self.run_example()
        self.what_shall_stay_stays()
        self.says("[WARNING] ", "/some/path")
