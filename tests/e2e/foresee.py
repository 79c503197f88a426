"""A dry run asks what its run would ask, by reading alone: it says what would stop the run, and has
the exit code of it."""

from lab import World, case, tree

IMAGES = [
    {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
]
LIMIT = {"safety": {"max_delete_percent": 10}}
NO_CONFIGURATION = {"paths": {"config": "/nowhere/config.yml"}}


def through_docker(*options, container="no-such-container"):
    """Configuration: the registry is asked through docker."""
    words = ["docker", *options, "exec", "{container}"]
    return {"registry": {"container": container, "exec": words, "program": "registry"}}


class Foreseeing(World):
    def stops(self, code, *texts):
        """Dry run and run end with it; both say each text, and nothing has changed."""
        before = tree(self.registry.store)
        self.exits(code, "--dry-run")
        self.says("the run would stop here: ", *texts)
        self.exits(code)
        self.says(*texts)
        self.keeps_quiet_of("would stop here")
        self.assertEqual(tree(self.registry.store), before)


class Foresee(Foreseeing):
    IMAGES = IMAGES

    @case("nothing is in the way")
    def test_nothing(self):
        self.exits(0, "--dry-run")
        self.says("would delete app:old", "would then run the collector")
        self.keeps_quiet_of("would stop here")
        self.exits(0)

    @case("nothing to do: what is not asked stops nothing")
    def test_nothing_to_do(self):
        self.configure({"cleanup": {"days_to_keep": 365}, **through_docker()})
        self.exits(0, "--dry-run")
        self.says("would delete 0 tags")
        self.exits(0)
        self.says("deleted 0 tags")

    @case("4: a configuration that is not there, a container that is not there, no engine")
    def test_not_there(self):
        self.configure(NO_CONFIGURATION)
        self.stops(4, "/nowhere/config.yml")
        self.configure(through_docker())
        self.stops(4, "no-such-container", "registry.container")
        self.configure(through_docker("-H", f"unix://{self.folder}/no.sock"))
        self.stops(4, "no.sock")

    @case("6: a safety limit")
    def test_limit(self):
        self.configure(LIMIT)
        self.stops(6, "safety.max_delete_percent", "--force")


class Refused(Foreseeing):
    """Registries that do not delete."""

    REGISTRY = None

    def configure(self, *changes, url=None):
        """With a registry.exec: where there is none, the server may have other variables than the program, so
        that deletion counts as disabled only once it is tried."""
        super().configure(self.exec_script(""), *changes, url=url)

    def start(self, **options):
        """A registry with the images, which is configured."""
        self.use(self.start_registry(**options))
        self.write_images(IMAGES)
        self.configure()

    @case("3: deletion is disabled")
    def test_no_delete(self):
        self.start(delete=False)
        self.stops(
            3,
            "deletion is disabled in the registry",
            "storage: delete: enabled: true",
            self.registry.config,
        )

    @case("3: read-only mode")
    def test_readonly(self):
        self.start(readonly=True)
        self.stops(3, "the registry is in read-only mode", self.registry.config)

    @case("3: a pull-through cache")
    def test_pull_through(self):
        self.start()
        self.use(self.start_registry(proxy=self.registry.url))
        self.pulls("app", "old", "new")
        self.configure()
        # It writes down by itself when its copies expire.
        self.exits(3, "--dry-run")
        self.says(
            "the run would stop here: the registry is a pull-through cache", self.registry.config
        )
        self.exits(3)
        self.says("the registry is a pull-through cache")
        self.pulls("app", "old", "new")

    @case("all that is in the way is told, and what stops first decides")
    def test_all(self):
        self.start(delete=False)
        self.configure({**LIMIT, **NO_CONFIGURATION})
        self.exits(6, "--dry-run")
        self.says(
            "the run would stop here: the plan is refused",
            "once that is mended, the run would stop here: nothing is deleted: garbage-collect "
            "--dry-run",
            "/nowhere/config.yml",
        )
        self.configure(LIMIT)
        self.exits(6, "--dry-run")
        self.says(
            "the run would stop here: the plan is refused",
            "once that is mended, the run would stop here: deletion is disabled",
        )
