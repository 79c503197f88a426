"""What an engine or a collector does in the worst case; `docker` is a stub that does it on demand and
otherwise runs the real collector on this host (S8, S10)."""

import os

from lab import FaultWorld, case
from lab.docker_stub import CONTAINER, DockerStub


class Collector(FaultWorld):
    IMAGES = FaultWorld.PLAIN
    CONFIG = CONTAINER

    def setUp(self):
        super().setUp()
        self.stub = DockerStub()
        self.env |= self.stub.env

    def fails_with(self, text, code, *patterns, out=None, asked_only=False):
        """The collector says that text on stderr and exits with the code: when it is asked, and nothing is
        deleted; then, unless asked_only, only when it works, which is after the deletes."""
        self.push(self.PLAIN)
        for when in ["asked"] if asked_only else ["asked", "working"]:
            self.stub.forget("garbage-collect-asked")
            self.stub.forget("garbage-collect-working")
            self.stub.answer(f"garbage-collect-{when}", out=out, err=text, rc=code)
            self.clean()
            if when == "asked":
                self.nothing_deleted(*patterns)
            else:
                self.collection_failed(*patterns)
            self.assertEqual(self.report()["garbage_collection"]["exit_status"], code)

    def nothing_deleted(self, *patterns):
        """It was known before the first DELETE. What an earlier run owes stays owed."""
        self.exited(4)
        self.matches("ERROR.*nothing is deleted: ", *patterns)
        self.leaves("team/app", "new", "old")
        self.leaves("other", "new", "old")
        self.assertEqual(self.report()["summary"]["deleted"], 0)
        self.assertEqual(self.report()["exit_code"], 4)

    def collection_failed(self, *patterns):
        self.exited(4)
        self.matches(*patterns)
        self.leaves("team/app", "new")
        self.leaves("other", "new")
        self.assertEqual(self.owed(), ["collection"])
        self.assertEqual(self.report()["exit_code"], 4)

    def next_run_collects(self, deleted=0):
        self.clean()
        self.exited(0)
        report = self.report()
        self.assertIs(report["garbage_collection"]["ran"], True)
        self.assertEqual(report["summary"]["deleted"], deleted)
        self.assertGreaterEqual(report["garbage_collection"]["blobs_deleted"], 2)
        self.assertEqual(self.owed(), [])
        self.pulls("team/app", "new")

    def collected(self):
        """The collector was asked once with --dry-run, and then run once."""
        self.exited(0)
        self.leaves("team/app", "new")
        count = self.stub.count
        self.assertEqual(count("exec .*some docker-registry garbage-collect --dry-run /"), 1)
        self.assertEqual(count("exec .*some docker-registry garbage-collect /"), 1)
        self.assertEqual(count("garbage-collect"), 2)
        self.assertEqual(self.report()["garbage_collection"]["blobs_deleted"], 6)
        self.assertGreater(self.report()["storage"]["freed_bytes"], 2048)

    @case("without a fault the stub's collector is the real one, is asked once and run once")
    def test_plain(self):
        self.clean()
        self.collected()

    @case("so it is where the inventory is from the storage")
    def test_storage(self):
        self.change_config({"inventory": {"source": "storage"}})
        self.clean()
        self.collected()

    @case("exit 0 without a summary is a failure: it did nothing")
    def test_no_summary(self):
        self.fails_with("Error: unknown flag: --what", 0, "does not know our options.*unknown flag")
        self.fails_with("", 0, "exited 0 but printed no summary line")
        self.fails_with(
            'Error: unknown command "garbage-collect" for "registry"', 0, "has no garbage-collect"
        )
        self.stub.forget()
        self.next_run_collects()

    @case("a summary with another exit code than 0 is a failure")
    def test_summary(self):
        self.fails_with(
            "failed to garbage collect: failed to delete blob",
            1,
            "failed to delete blob",
            out="\n3 blobs marked, 1 blobs and 0 manifests eligible for deletion\n",
        )

    @case("a dry run of the collector that does not end: given up in time, nothing is deleted")
    def test_question_hangs(self):
        # The collector of that call prints nothing and waits.
        self.stub.hold("garbage-collect.1")
        self.change_config({"gc": {"question_minutes": 0.02}})
        self.clean("--dry-run")
        self.exited(4)
        self.matches("would stop here: .*gave no answer within 0.02 minutes.*gc.question_minutes")
        self.stub.hold("garbage-collect.2")
        self.clean()
        self.nothing_deleted("gave no answer within 0.02 minutes")
        self.assertEqual(self.owed(), [])
        self.configure(CONTAINER)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    @case("what the engine says is explained: permission, daemon, container")
    def test_engine(self):
        for text, pattern in {
            "permission denied while trying to connect to the Docker daemon socket": "no permission to reach the container engine",
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?": "container engine cannot be reached",
            "Error: No such container: some": "no such container: check registry.container",
            "Error response from daemon: Container 12ab is not running": "the container is not running",
            "Error response from daemon: Container some is paused, unpause it first": "is paused",
        }.items():
            self.fails_with(text, 1, pattern, asked_only=True)

    @case("what the engine says is explained: program, flags")
    def test_engine_program(self):
        text = 'exec: "docker-registry": executable file not found in $PATH: unknown'
        for code in (126, 127):
            self.fails_with(text, code, "check registry.program", asked_only=True)

    @case("what podman, nerdctl and kubectl say is explained")
    def test_other_engines(self):
        for text, code, pattern in (
            (
                'Error: no container with name or ID "some" found: no such container',
                125,
                "there is no such container: check registry.container",
            ),
            (
                "Error: can only create exec sessions on running containers: "
                "container state improper",
                255,
                "the container is not running, or is paused",
            ),
            (
                "Error: crun: executable file `docker-registry` not found in $PATH: No such file "
                "or directory: OCI runtime attempted to invoke a command that was not found",
                127,
                "check registry.program",
            ),
            (
                "Error: unknown flag: --what\nSee 'podman exec --help'",
                125,
                "check registry.exec: Error: unknown flag: --what$",
            ),
            (
                "FATA[0000] no running task found: task 12ab not found: not found",
                1,
                "is not running",
            ),
            ('Error from server (NotFound): deployments.apps "some" not found', 1, "no such pod"),
        ):
            self.fails_with(text, code, pattern, asked_only=True)

    @case(
        "what is said on stdout, with carriage returns, before a panic's flood: the line that tells"
    )
    def test_line_that_tells(self):
        self.fails_with(
            "",
            127,
            "check registry.program: OCI runtime exec failed: .*: unknown$",
            out='OCI runtime exec failed: exec failed: exec: "x": executable file not found in '
            "$PATH: unknown\r\n",
            asked_only=True,
        )
        self.fails_with(
            "",
            1,
            "exit status 1.: the gateway is closed today$",
            out="the gateway is closed today\r\n",
            asked_only=True,
        )
        flood = [f"goroutine {number} [running]: main.main()" for number in range(1, 2001)]
        text = "panic: no luck\r\n" + "\n".join(flood)
        self.fails_with(text, 2, "exit status 2.: panic: no luck$", asked_only=True)

    @case("what a collector that was killed, or a list of blobs that it cannot read, may mean")
    def test_killed(self):
        self.fails_with("", 137, "exit status 137.: it was killed .*was the container stopped")
        self.fails_with(
            "failed to garbage collect: error enumerating blobs: filesystem: open /x: "
            "permission denied",
            1,
            "could not list blobs/",
            "permission denied",
        )

    @case("what the collector says is explained: configuration, database, wrong root")
    def test_explained(self):
        absent = f"open {self.registry.config}: no such file or directory"
        failed = "failed to garbage collect: failed to mark: "
        root = "filesystem: Path not found: /docker/registry/v2/repositories"
        for text, pattern in {
            f"configuration error: {absent}": "check paths.config .*/etc/d",
            absent: "check paths.config",
            "garbage-collect is not compatible with database metadata": "set gc.when to never",
            failed + root: "has no repositories there",
            # A folder below that one is something else.
            failed
            + root
            + "/x/_layers": f"the collector failed .exit status 1.: {failed}filesystem: Path not found",
            failed + "x: invalid checksum digest format": "broken link file",
        }.items():
            self.fails_with(text, 1, pattern, asked_only=True)

    @case("a manifest at which the collector aborts is named with its repository, and how it goes")
    def test_manifest(self):
        digest = self.digest("team/app:new")
        self.fails_with(
            "failed to garbage collect: failed to mark: filesystem: failed to retrieve manifest "
            f"for digest {digest}: unrecognized manifest schema version 1",
            1,
            f"the collector aborts at team/app@{digest}, "
            "which this version of the registry does not read",
            "DELETE /v2/NAME/manifests/DIGEST.*unrecognized manifest schema version 1$",
            out=f"team/app\nteam/app: marking manifest {digest} \n",
            asked_only=True,
        )

    @case("what nobody knows is told as it was said, its last line")
    def test_unknown(self):
        text = "first line\nthe last line is odd\n\n"
        self.fails_with(text, 3, "exit status 3.*: the last line is odd", asked_only=True)
        self.fails_with("", 137, "exit status 137", asked_only=True)
        self.fails_with(b"\033]0;title\007 \302\233 bell", 1, "bell", asked_only=True)
        self.assertNotIn("\033", self.output)

    @case("the real docker without an engine: exit 4, and why")
    def test_real_docker(self):
        self.clean(
            env={
                "PATH": os.environ["PATH"],
                "DOCKER_HOST": f"unix://{self.folder}/none.sock",
            }
        )
        self.nothing_deleted(
            "WARNING.*cannot check whether a collector is running",
            "container engine cannot be reached",
        )
        self.assertEqual(self.owed(), [])
        self.next_run_collects(2)

    @case("docker is not in PATH: exit 4, and why")
    def test_no_docker(self):
        self.change_config({"registry": {"exec": ["no-such-docker", "exec", "{container}"]}})
        self.clean()
        self.nothing_deleted("no-such-docker: command not found")
        self.assertEqual(self.owed(), [])
        self.configure(CONTAINER)
        self.next_run_collects(2)

    def nothing_to_remove(self):
        """The next collection has nothing to remove, so that what the stub says is believed."""
        self.change_config({"gc": {"when": "always"}})
        self.exits(0)

    @case("300,000 lines and a flood of errors are read to the end, line by line")
    def test_flood(self):
        self.nothing_to_remove()
        marked = "".join(f"team/app: marking blob sha256:{number}\n" for number in range(1, 300001))
        summary = "\n7 blobs marked, 5 blobs and 0 manifests eligible for deletion\n"
        eligible = "".join(
            f"blob eligible for deletion: sha256:{number}\n" for number in range(1, 6)
        )
        debug = 'time="x" level=debug msg="filesystem.Stat(%d)" and so on, and so on\n'
        self.stub.answer(
            "garbage-collect-working",
            out=marked + summary + eligible,
            err="".join(debug % number for number in range(1, 200001)),
        )
        self.clean()
        self.exited(0)
        collection = self.report()["garbage_collection"]
        self.assertEqual(collection["blobs_deleted"], 5)
        self.assertEqual(collection["blobs_marked"], 7)
        # Nobody wants to read that at night.
        self.assertNotIn("filesystem.Stat", (self.program_folder / "log").read_text())

    @case("a flood of errors and then a failure: the last line is told")
    def test_flood_and_failure(self):
        debug = 'level=debug msg="filesystem.Stat(%d)"\n'
        flood = "".join(debug % number for number in range(1, 100001))
        last = "failed to garbage collect: something new"
        self.fails_with(flood + last, 1, "exit status 1.*something new$")

    @case("a line without an end, and one without a newline")
    def test_endless_line(self):
        self.nothing_to_remove()
        summary = "\n1 blobs marked, 0 blobs and 0 manifests eligible for deletion"
        self.stub.answer("garbage-collect-working", out="x" * 5000000 + summary)
        self.clean()
        self.exited(0)
        self.assertEqual(self.report()["garbage_collection"]["blobs_marked"], 1)

    @case("a question for the version that hangs is given up, and the run goes on")
    def test_version_hangs(self):
        self.stub.hold("--version")
        self.clean("--debug")
        self.exited(0)
        self.matches("asked for its version: .*no answer within 20 s")
        self.leaves("team/app", "new")

    @case("an answer to the question for the version that makes no sense does not matter")
    def test_odd_version(self):
        self.stub.answer("--version", out=os.urandom(100000))
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    def processes(self, call, *processes):
        """At that question, counted from 1, these are at work, each "PROGRAM ARGUMENTS"."""
        told = ""
        for number, process in enumerate(processes, 1):
            told += f"=/proc/{number}/cmdline\n"
            told += "".join(word + "\0" for word in process.split())
        self.stub.answer(f"sh.{call}", out=told)

    def running(self, call):
        """At that question a collector is at work."""
        config = self.registry.config
        self.processes(
            call,
            f"/bin/registry serve {config}",
            "sh -c cat",
            f"/bin/registry garbage-collect {config}",
        )

    @case("a collector is at work: exit 5, nothing is deleted, not even probed")
    def test_at_work(self):
        self.remember("team/app", "other")
        self.running(1)
        self.clean()
        self.exited(5)
        self.says("a collector is already at work")
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), 0)
        self.assertEqual(self.stub.count("garbage-collect"), 0)
        # It has ended.
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    @case(
        "a collector that came while we deleted: none beside it, the collection stays owed, exit 1"
    )
    def test_came_later(self):
        self.running(2)
        self.clean()
        self.exited(1)
        self.says("a collector is already at work")
        self.leaves("team/app", "new")
        self.assertEqual(self.stub.count("garbage-collect /"), 0)
        self.assertEqual(self.owed(), ["collection"])
        self.next_run_collects()

    @case("any collector in that container is one, however it names its configuration")
    def test_any(self):
        self.remember("team/app", "other")
        config = self.registry.config
        for call, arguments in enumerate(
            (
                f"-m --dry-run=false {config}",
                "/etc/other.yml",
                "config.yml",
                "/etc/./docker/registry/config.yml",
                "-m",
                "",
                "--unknown -d /c",
                "-d=false -m /c",
            ),
            1,
        ):
            collector = f"docker-registry garbage-collect {arguments}"
            self.processes(call, f"registry serve {config}", collector)
            self.clean()
            self.exited(5)
        self.unchanged("team/app", "other")
        self.assertEqual(self.stub.count("garbage-collect"), 0)

    @case("one that is only asked what it would remove is none")
    def test_asked(self):
        collector = f"registry garbage-collect {self.registry.config}"
        for option in ("--dry-run", "-d", "-dm"):
            self.push(self.PLAIN)
            call = self.stub.count(" sh -c ") + 1
            self.processes(call, f"{collector} {option}", "rm -rf --")
            self.clean()
            self.exited(0)
            self.leaves("team/app", "new")
        # The option of another process.
        self.push(self.PLAIN)
        self.processes(self.stub.count(" sh -c ") + 1, collector, "other --dry-run")
        self.clean()
        self.exited(5)

    @case("a container without a shell: a warning, and the run goes on")
    def test_no_shell(self):
        self.stub.answer("sh", err='exec: "sh": executable file not found in $PATH\n', rc=126)
        self.clean()
        self.exited(0)
        self.matches("WARNING.*cannot check whether a collector is running")
        self.leaves("team/app", "new")

    @case("gc.when: never collects not even what is owed, always collects without a delete")
    def test_when(self):
        self.change_config({"gc": {"when": "never"}})
        self.clean()
        self.exited(0)
        self.assertEqual(self.owed(), ["collection"])
        self.assertEqual(self.stub.count("garbage-collect"), 0)
        self.change_config({"gc": {"when": "always"}})
        self.clean()
        self.exited(0)
        self.assertEqual(self.stub.count("garbage-collect /"), 1)
        self.clean()
        self.exited(0)
        self.assertEqual(self.stub.count("garbage-collect /"), 2)
        self.configure(CONTAINER)
        self.clean()
        self.exited(0)
        self.assertEqual(self.stub.count("garbage-collect /"), 2)

    @case("a du in the container that could not read everything: its figures are too low")
    def test_du(self):
        self.change_config({"paths": {"host_storage": None}})
        self.stub.answer("du", out="5\t/x\n", err="du: /x/y: Permission denied\n", rc=1)
        self.clean()
        self.exited(0)
        self.matches(
            r"WARNING. 1 part of the storage could not be read .du: /x/y: Permission denied.; "
            "its figures are too low: let registry.exec run as root"
        )

    @case("a restart that fails is exit 1, and its collection stays owed")
    def test_restart(self):
        self.change_config({"gc": {"restart": ["docker", "restart", "{container}"]}})
        said = "Error response from daemon: Cannot restart container some\n"
        self.stub.answer("restart", err=said, rc=1)
        self.clean()
        self.exited(1)
        self.matches("after the collection, which stays owed.*gc.restart.*Cannot restart container")
        self.assertEqual(self.owed(), ["collection"])
        self.assertEqual(self.stub.count("^restart some"), 1)
