"""Exit code 4: the collector cannot work. That is known before anything is deleted, and nothing is;
each message says what to look at."""

import shutil

from lab import World, case
from lab.registry import IMAGE, docker

NOT_READ = {"paths": {"host_storage": None}}


class Failing(World):
    IMAGES = [
        {"repository": "app", "tag": "old", "created": "-90d"},
        {"repository": "app", "tag": "new", "created": "-1d"},
    ]

    def fails(self, changes, *texts):
        """The collector fails with that configuration, and each text is said in an error."""
        self.configure(changes)
        self.exits(4)
        self.output = "\n".join(line for line in self.lines() if "[ERROR]" in line)
        self.says("nothing is deleted", *texts)
        self.leaves("app", "new", "old")
        self.assertEqual(self.owed(), [])
        self.assertEqual(self.report()["exit_code"], 4)
        self.assertEqual(self.tag("app", "old"), "planned old")

    def exit_status(self):
        return self.report()["garbage_collection"]["exit_status"]

    def made_up_for(self):
        """The cause is gone: the next run deletes and collects."""
        self.configure()
        self.exits(0)
        self.leaves("app", "new")
        self.assertGreater(self.report()["garbage_collection"]["blobs_deleted"], 0)
        self.assertGreater(self.report()["storage"]["freed_bytes"], 0)
        self.assertEqual(self.owed(), [])


class Engine(Failing):
    """What the engine says, or its client: no collector is found, so the registry may be on this host."""

    def through(self, *words, container="no-such-one"):
        """Configuration: the registry is asked through docker, or these words instead."""
        exec_words = list(words) or ["docker", "exec", "{container}"]
        return {"registry": {"container": container, "exec": exec_words, "program": "registry"}}

    @case("4: there is no such container")
    def test_no_container(self):
        self.fails(self.through(), "registry.container", "docker ps")

    @case("4: the container is not running")
    def test_not_running(self):
        name = f"stopped-{self.registry.port}"
        docker("create", "--name", name, IMAGE)
        self.addCleanup(docker, "rm", name)
        self.fails(self.through(container=name), "is not running")

    @case("4: no container engine on this host")
    def test_no_engine(self):
        words = ("no-such-engine", "exec", "{container}")
        self.fails(self.through(*words), "no-such-engine", "not found")

    @case("4: the engine cannot be reached")
    def test_engine_down(self):
        words = ("docker", "-H", f"unix://{self.folder}/none", "exec", "{container}")
        self.fails(self.through(*words), "Cannot connect to the Docker daemon")

    @case("4: an option that docker does not know")
    def test_unknown_option(self):
        words = ("docker", "exec", "--what", "{container}")
        self.fails(self.through(*words), "check registry.exec", "unknown flag: --what")
        self.made_up_for()


class InContainer(Failing):
    REGISTRY = {"where": "container"}

    @case("4: the program is not there")
    def test_no_program(self):
        self.fails({"registry": {"program": "docker-registry"}}, "registry.program", "not found")
        self.made_up_for()

    @case("4 comes before 1: a repository that cannot be read as well")
    def test_spoilt(self):
        self.push([{"repository": "spoilt", "tag": "bad", "created": "-90d"}])
        blob = self.registry.blob(self.digest("spoilt:bad"))
        blob.write_text(blob.read_text().replace('"schemaVersion": 2,', '"schemaVersion": 2, '))
        self.fails({"registry": {"program": "docker-registry"}}, "registry.program")
        self.leaves("spoilt", "bad")


class Collector(Failing):
    @case("4: a wrong path of the configuration: the other images' path is named")
    def test_wrong_path(self):
        path = "/etc/distribution/config.yml"
        self.fails(
            {"paths": {"config": path}}, "paths.config", path, "/etc/docker/registry/config.yml"
        )
        self.made_up_for()

    @case("4: a broken link file is named")
    def test_broken_link(self):
        self.push([{"repository": "broken", "tag": "new", "created": "-1d"}])
        name = f"broken/_manifests/revisions/sha256/{32 * '12'}/link"
        link = self.registry.v2 / "repositories" / name
        link.parent.mkdir(parents=True)
        link.touch()
        self.fails({}, "broken link", f"repositories/{name}")
        shutil.rmtree(self.registry.v2 / "repositories/broken")
        self.made_up_for()

    @case("4: exit status 0 without the summary line is no success")
    def test_no_summary(self):
        self.fails({"registry": {"program": "echo"}}, "summary", "registry.program")
        self.assertEqual(self.exit_status(), 0)
        self.made_up_for()

    @case("4: a file among the blobs that is none, and a copy of a repository: each is named")
    def test_foreign(self):
        v2 = "docker/registry/v2"
        store = self.registry.store
        folder = store / v2 / "blobs/sha256/@eaDir"
        folder.mkdir()
        (folder / "data").write_text("x\n")
        self.fails(
            {},
            "none of the registry's",
            f"move away or remove {v2}/blobs/sha256/@eaDir/data (1 in all)",
        )
        # Without the folder it is the collector that says so.
        self.fails(NOT_READ, "could not list blobs/", "may be removed")
        shutil.rmtree(folder)
        repositories = store / v2 / "repositories"
        snapshot = repositories / "#snapshot"
        shutil.copytree(repositories / "app", snapshot / "app")
        self.fails({}, f"{v2}/repositories/#snapshot/app/_manifests")
        self.fails(NOT_READ, "whose name no repository can have")
        shutil.rmtree(snapshot)
        self.made_up_for()

    @case("4: a collector that panics: its first words, not its last")
    def test_panic(self):
        folder = self.registry.v2 / "blobs/sha256/ab/z"
        folder.mkdir(parents=True)
        (folder / "data").write_text("\n")
        self.fails(NOT_READ, "exit status 2): panic: runtime error")
        shutil.rmtree(folder)
        self.made_up_for()

    @case("what a NAS, a Mac or a file system leaves in the storage is named, and is no failure")
    def test_litter(self):
        v2 = "docker/registry/v2"
        litter = [
            f"{v2}/blobs/lost+found",
            f"{v2}/repositories/app/@eaDir",
            f"{v2}/repositories/app/_manifests/.DS_Store",
        ]
        for name in litter[:2]:
            (self.registry.store / name).mkdir()
        (self.registry.store / litter[2]).touch()
        self.made_up_for()
        self.says(
            "[INFO] in the storage is what none of the registry's programs makes; it may be "
            "removed:",
            *litter,
            "(3 in all)",
        )

    @case("4: any other failure tells the status and the last line")
    def test_status(self):
        script = """case $* in *garbage-collect*)
            echo "first words" >&2; echo "last words" >&2; exit 7;; esac"""
        self.fails(self.exec_script(script), "exit status 7", "last words")
        self.assertEqual(self.exit_status(), 7)

    @case("4: a collector that is killed")
    def test_killed(self):
        script = "case $* in *garbage-collect*) kill -KILL $$;; esac"
        self.fails(self.exec_script(script), "killed by signal 9")
        self.assertIsNone(self.exit_status())
