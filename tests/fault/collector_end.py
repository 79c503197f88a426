"""How a collection ends, and what is known of its end: without its summary line it has ended only if nobody
is at work when that is asked. Until that is settled nothing is verified and nothing deleted (S8, S10).
`docker` is a stub that does on demand what an engine does when it is lost."""

import contextlib
import datetime
import os
import signal
import textwrap

from lab import FaultWorld, case, wait_for
from lab.docker_stub import CONTAINER, STUB, DockerStub
from lab.program import words_of

SUMMARY = "\n3 blobs marked, 1 blobs and 0 manifests eligible for deletion\n"


def quoted_time(**later):
    """So much later than now, as an engine tells it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**later)
    return moment.strftime('"%Y-%m-%dT%H:%M:%S.5Z"\n')


class CollectorEnd(FaultWorld):
    CONFIG = CONTAINER

    def setUp(self):
        super().setUp()
        self.stub = DockerStub()
        self.env |= self.stub.env
        self.held = self.folder / "held"
        self.addCleanup(self.release)

    # The container has a shell, or none.

    def can_ask(self):
        self.stub.forget("sh")

    def cannot_ask(self):
        self.stub.answer("sh", err='exec: "sh": no such file\n', rc=126)

    def journal(self):
        return "".join(path.read_text() for path in sorted(self.state.glob("*/debts")))

    def unsettled(self):
        """What the journal says of a collection whose end was not seen."""
        found = ""
        for line in self.journal().splitlines():
            word = line.split(" ")[0]
            if word in ("collecting", "ended"):
                found = line if word == "collecting" else ""
        return found

    def ends(self, status, out="", err=None):
        """A run whose collector prints that and ends with that status; the tags are gone."""
        self.push(self.PLAIN)
        self.stub.answer("garbage-collect-working", out=out, err=err, rc=status)
        self.clean()
        self.stub.forget("garbage-collect-working")
        self.leaves("team/app", "new")

    def is_known(self, code):
        """That run has seen the end, verified all tags, and exited with that code."""
        self.exited(code)
        self.assertEqual(self.unsettled(), "")
        self.assertIs(self.report()["verification"]["ran"], True)

    def is_unknown(self, *patterns):
        """It has not."""
        self.exited(4)
        self.assertNotEqual(self.unsettled(), "")
        self.assertIs(self.report()["verification"]["ran"], False)
        self.assertEqual(self.owed(), ["collection"])
        self.matches("whether the collector has ended is not known", *patterns)

    def refuses(self, code=4, pattern="restart the container .*collect --force-idle"):
        """Nothing is deleted, not even probed, and no collector runs."""
        self.push(self.PLAIN)
        self.remember("team/app", "other")
        started = self.stub.count("exec .*garbage-collect")
        deletes = self.proxy.count("DELETE", ".")
        self.clean()
        self.exited(code)
        self.matches(pattern)
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), deletes)
        self.assertEqual(self.stub.count("exec .*garbage-collect"), started)
        self.assertNotEqual(self.unsettled(), "")

    def works(self):
        """A run that does all there is to do."""
        self.push(self.PLAIN)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")
        self.assertEqual(self.unsettled(), "")
        self.assertEqual(self.owed(), [])

    def settled(self, why):
        """The next run settles it for that reason, and does its work."""
        self.works()
        self.says(f"whose end was not seen, has ended: {why}")

    def lives_on(self):
        """The collector is started, and its client ends with 255 and no text, as docker's does when its
        daemon goes away; the collector waits until release."""
        hold = self.folder / "hold"
        os.mkfifo(hold)
        registry = self.folder / "docker-registry"
        self.write_script(registry, f'read -r _ <"{hold}"')
        self.write_script(
            self.folder / "docker",
            f"""
            case $* in *--dry-run*) ;; *"garbage-collect "*)
              [ -e "{self.held}" ] || {{
                env -u COLLECTION_OF_RUN setsid "{registry}" "${{@:6}}" </dev/null >/dev/null 2>&1 &
                echo $! >"{self.held}"
                exit 255
              }} ;;
            esac
            exec "{STUB}" "$@"
            """,
        )
        docker = self.stub.programs / "docker"
        docker.unlink()
        docker.symlink_to(self.folder / "docker")
        self.push(self.PLAIN)
        self.clean()
        self.leaves("team/app", "new")

    def write_script(self, path, text):
        path.write_text(f"#!/bin/bash\n{textwrap.dedent(text).strip()}\n")
        path.chmod(0o755)

    def release(self):
        """The collector that lives on ends."""
        if self.held.exists():
            pid = int(self.held.read_text())
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not words_of(pid))

    @case("0 with the summary: it has ended, whether that can be asked or not")
    def test_0(self):
        # The registry's own collector: one that says it removed what is still there has not succeeded.
        self.works()
        self.is_known(0)
        self.cannot_ask()
        self.works()
        self.is_known(0)

    @case("1 with the summary: it has failed, and ended")
    def test_1(self):
        self.cannot_ask()
        self.ends(1, SUMMARY)
        self.is_known(4)
        self.works()

    @case("without the summary, 0, 1, 137 and 255: it has ended when nobody is at work")
    def test_can_ask(self):
        for code in (0, 1, 137, 255):
            self.ends(code)
            self.is_known(4)
        self.works()

    @case("without the summary, 0, 1, 137 and 255: its end is not known when that cannot be asked")
    def test_cannot_ask(self):
        for code in (0, 1, 137, 255):
            self.cannot_ask()
            self.ends(code)
            self.is_unknown("no such file")
            self.refuses()
            self.can_ask()
            self.settled("no collector is at work")

    @case("137 and 255 with the summary: it still removes what it found, perhaps")
    def test_summary(self):
        for code in (137, 255):
            self.cannot_ask()
            self.ends(code, SUMMARY)
            self.is_unknown()
            self.refuses()
            self.can_ask()
            self.settled("no collector is at work")

    @case("a client that is killed: known when it can be asked, otherwise not")
    def test_killed(self):
        killed = 'case $* in *--dry-run*) ;; *"garbage-collect "*) kill -KILL $$;; esac'
        self.push(self.PLAIN)
        self.configure(self.exec_script(killed))
        self.clean()
        self.is_known(4)
        self.push(self.PLAIN)
        self.configure(self.exec_script(f"case $* in *cmdline*) exit 126;; esac; {killed}"))
        self.clean()
        self.is_unknown("exit status 126")

    @case("what an engine refuses to start has ended")
    def test_refused(self):
        self.cannot_ask()
        not_running = "Error response from daemon: Container 12ab is not running"
        for text in (
            "Cannot connect to the Docker daemon at unix:///x",
            "Error: No such container: some",
            not_running,
        ):
            self.ends(1, err=text)
            self.is_known(4)
        # Said after the collector's own words it means nothing.
        self.ends(1, "team/app\n", err=not_running)
        self.is_unknown()

    @case("255 without text while the collector lives on: it is seen, also by the next run")
    def test_lives_on(self):
        self.lives_on()
        self.is_unknown("it still runs")
        self.refuses(5, "a collector is already at work")
        self.refuses(5, "a collector is already at work")
        self.release()
        self.settled("no collector is at work")

    @case("255 without text while the collector lives on, where nobody can ask")
    def test_lives_on_unseen(self):
        self.cannot_ask()
        # Nor is it a process of this storage here: it hides what it reads.
        self.change_config({"paths": {"host_storage": None}})
        self.lives_on()
        self.is_unknown()
        self.refuses()
        # Not even when it has ended: that is not to be seen either.
        self.release()
        self.refuses()
        self.can_ask()
        self.settled("no collector is at work")

    @case("the container was started again since")
    def test_started_again(self):
        self.cannot_ask()
        self.stub.answer("inspect", out='"2026-01-02T03:04:05.678Z"\n')
        self.ends(255)
        self.is_unknown()
        self.refuses()
        # Some moment that is too near, or lies before it.
        self.stub.answer("inspect", out=quoted_time(seconds=5))
        self.refuses()
        self.stub.answer("inspect", out='"2026-01-02T03:04:06Z"\n')
        self.refuses()
        self.stub.answer("inspect", out='"not a time"\n')
        self.refuses()
        self.stub.answer("inspect", out=quoted_time(hours=1))
        self.settled("its container was started again since")

    @case("when the container was started was not known: that it was started again settles nothing")
    def test_start_unknown(self):
        self.cannot_ask()
        self.ends(255)
        self.stub.answer("inspect", out=quoted_time(hours=1))
        self.refuses()

    @case("the operator's word: collect --force-idle, and not while it is seen")
    def test_force_idle(self):
        self.cannot_ask()
        self.ends(255)
        self.is_unknown()
        self.run_program("collect", "--force-idle", "--config", self.config)
        self.exited(0)
        self.matches("WARNING.*--force-idle: the operator says")
        self.assertEqual(self.unsettled(), "")
        self.works()
        self.can_ask()
        self.lives_on()
        self.run_program("collect", "--force-idle", "--config", self.config)
        self.exited(5)
        self.refuses(5, "a collector is already at work")

    @case(
        "gc.timeout_minutes: the collector is left running, its end is not known, nothing is deleted"
    )
    def test_timeout(self):
        self.push(self.PLAIN)
        self.change_config({"gc": {"timeout_minutes": 0.02}})
        self.stub.hold("garbage-collect-working")
        self.clean()
        self.exited(4)
        self.matches("did not end within 0.02 minutes .gc.timeout_minutes. and was left running")
        self.leaves("team/app", "new")
        self.assertNotEqual(self.unsettled(), "")
        self.assertIs(self.report()["verification"]["ran"], False)
        self.assertEqual(self.report()["garbage_collection"]["method"], "registry")
        self.change_config({"gc": {"timeout_minutes": None}})
        self.refuses(5, "a collector is already at work")
        self.stub.let_go("garbage-collect-working")
        self.stub.forget("garbage-collect-working")
        wait_for(lambda: self.clean().status != 5)
        self.exited(0)
        self.says("whose end was not seen, has ended: no collector is at work")

    @case("a dry run, plan and verify look on; a dry run says what would stop the run")
    def test_look_on(self):
        self.cannot_ask()
        self.ends(255)
        journal = self.journal()
        self.assertNotEqual(journal, "")
        self.push(self.PLAIN)
        self.clean("--dry-run")
        self.exited(4)
        self.says("collect --force-idle")
        self.run_program("plan", "--config", self.config)
        self.exited(0)
        self.verifies(0)
        self.assertEqual(self.journal(), journal)

    @case("it is remembered before the collector is started, and struck off when it has ended")
    def test_remembered(self):
        self.push(self.PLAIN)
        then = self.folder / "then"
        self.configure(
            self.exec_script(
                f"case $* in *'garbage-collect '*) cat '{self.state}'/*/debts >'{then}';; esac"
            )
        )
        self.clean()
        self.exited(0)
        lines = then.read_text().splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("collecting ")]), 1)
        self.assertEqual(self.unsettled(), "")
