"""Runs that are killed, stopped, or cannot tell what they do: the next run finishes (S12)."""

import os
import random
import re
import shutil
import signal
from pathlib import Path

from lab import FaultWorld, case, tree, wait_for
from lab.docker_stub import CONTAINER, DockerStub
from lab.program import PROGRAM

POINTS = int(os.environ.get("POINTS", 10))
PLATFORMS = ["linux/amd64", "linux/arm64"]
KILL = "kill -KILL $P"


def a(tag=None, **keys):
    return {"repository": "kill/a", **({"tag": tag} if tag else {}), **keys}


def b(tag, **keys):
    return {"repository": "kill/b", "tag": tag, **keys}


def multi(tag, created):
    return a(tag, kind="index", created=created, platforms=PLATFORMS)


# Forty tags and what belongs to them; shared children, signatures, referrers, and what is kept.
MANY = [
    *[a(f"old-{n}", created=f"-{n + 90}d") for n in range(14)],
    *[multi(f"multi-{n}", f"-{n + 90}d") for n in range(5)],
    *[a(id=f"sig-{n}", kind="cosign", subject=f"kill/a:multi-{n}") for n in range(3)],
    *[a(id=f"bill-{n}", kind="referrer", subject=f"kill/a:old-{n}") for n in range(3)],
    a("shares", kind="index", children=["kill/a:multi-4/linux/amd64", "kill/a:old-13"]),
    a("latest", same_as="kill/a:old-12"),
    multi("release", "-99d"),
    a(id="kept-sig", kind="cosign", subject="kill/a:release"),
    *[b(f"old-{n}", created=f"-{n + 90}d") for n in range(12)],
    *[b(f"buildx-{n}", kind="attested-index", created="-99d") for n in range(2)],
    b("new", created="-1d"),
    b("outer", kind="index", children=["kill/b:buildx-0"]),
]


class Killed(FaultWorld):
    # Without a cache the storage can be put back under the running registry.
    REGISTRY = {}

    def setUp(self):
        super().setUp()
        self.pid_file = self.folder / "pid"
        self.told = []

    def story(self):
        return "\n".join([*self.told, super().story()])

    def start(self):
        """The program in the background; its id is in a file before it begins."""
        self.report_path.unlink(missing_ok=True)
        words = [PROGRAM, "--config", self.config, "--report", self.report_path]
        self.started = self.begin_command(
            "sh", "-c", 'echo $$ >"$0"; exec "$@"', self.pid_file, *words
        )

    def finish(self, code):
        """Waits for its end, which must be with that code."""
        done = self.started.end()
        self.status, self.output = done.status, done.output
        self.pid_file.unlink()
        self.exited(code)

    def at(self, command, *more, when="before", **rule):
        """Runs a shell command, which has the program's id as $P, at the first request that meets the rule;
        more rules may follow."""
        run = {"command": f"P=$(cat '{self.pid_file}'); {command}", "when": when}
        self.rules({**rule, "times": 1, "continue": True, "run": run}, *more)

    def is_quiet(self):
        """Every request that came to the proxy is answered."""
        return len(self.proxy.records("request")) == len(self.proxy.records("answer"))

    def owed_manifests(self):
        return [line for line in self.owed() if "sha256:" in line]

    def collected(self, ran):
        self.assertIs(self.report()["garbage_collection"]["ran"], ran)

    def next_run_finishes(self):
        self.proxy.clear()
        self.clean()
        self.exited(0)

    def random_rule(self, numbers, number, requests, deletes):
        """A rule for that point: of every third it meets any request, of the others a DELETE, spread
        evenly."""
        of, match, parts = deletes, {"method": "DELETE"}, POINTS - (POINTS + 2) // 3
        part = number - number // 3 - 1
        if number % 3 == 0:
            of, match, parts, part = requests, {}, (POINTS + 2) // 3, number // 3
        after = numbers.randrange(of * part // parts, of * (part + 1) // parts)
        return {"match": match, "after": after, "when": numbers.choice(["before", "after"])}

    def is_killed_at(self, rule, saved):
        """Whether a run on the saved images came to that point. How many requests one sends, but not how many
        DELETEs, depends on what is deleted at the same time."""
        self.told.append(f"killed at: {rule}")
        self.registry.bring_back_images(saved)
        shutil.rmtree(self.state)
        self.proxy.clear()
        self.at(KILL, **rule)
        self.start()
        self.started.end()
        came = self.proxy.all_applied()
        self.assertTrue(came or not rule["match"], "that DELETE never came")
        self.finish(137 if came else 0)
        return came

    @case(f"killed at {POINTS} points: the next run ends as one that was not killed")
    def test_points(self):
        seed = os.environ.get("FAULT_SEED") or str(random.randrange(1 << 32))
        self.told.append(f"FAULT_SEED={seed}")
        numbers = random.Random(seed)
        self.configure({"cleanup": {"protected_patterns": ["release"]}})
        self.push(MANY)
        saved = self.folder / "saved"
        self.registry.keep_images(saved)
        # Undisturbed.
        self.exits(0)
        requests = len(self.proxy.records("request")) * 9 // 10
        deletes = self.proxy.count("DELETE", ".")
        self.assertGreaterEqual(deletes, 45)
        self.assertGreaterEqual(self.report()["summary"]["deleted"], 40)
        expected = tree(self.registry.store)
        kept = self.registry.tags("kill/a")
        self.assertTrue(kept)
        self.pulls("kill/a", *kept)
        self.pulls("kill/b", "new")
        # A child of an index that went is gone; one that a kept index lists is there.
        self.lacks("kill/a", self.digest("kill/a:multi-0/linux/arm64"))
        self.has("kill/a", self.digest("kill/a:release/linux/arm64"))

        for number in range(POINTS):
            rule = self.random_rule(numbers, number, requests, deletes)
            while not self.is_killed_at(rule, saved):
                rule["after"] = rule["after"] * 9 // 10
            wait_for(self.is_quiet)
            self.next_run_finishes()
            self.assertEqual(self.owed(), [])
            self.assertEqual(tree(self.registry.store), expected)
            self.pulls("kill/a", *kept)
            self.pulls("kill/b", "new")

    @case("killed twice in a row while it deletes: the third run finishes")
    def test_twice(self):
        self.push(MANY)
        for _ in range(2):
            self.proxy.clear()
            self.at(KILL, match={"method": "DELETE"}, after=9, when="after")
            self.start()
            self.finish(137)
            self.applied()
            wait_for(self.is_quiet)
            self.assertNotEqual(self.owed(), [])
        self.next_run_finishes()
        self.assertEqual(self.owed(), [])
        self.lacks("kill/a", self.digest("kill/a:multi-0/linux/arm64"))
        self.lacks("kill/b", self.digest("kill/b:buildx-1/linux/amd64/attestation"))
        self.pulls("kill/a", *self.registry.tags("kill/a"))

    @case("what was owed and is needed meanwhile stays")
    def test_needed(self):
        self.push([{**multi("multi", "-99d"), "repository": "team/app"}])
        arm = self.digest("team/app:multi/linux/arm64")
        # Killed when the index is gone and its children are not: two probes, then the index.
        self.at(KILL, match={"method": "DELETE"}, after=2, when="after")
        self.start()
        self.finish(137)
        self.applied()
        self.lacks("team/app", "multi")
        self.assertIn(f"team/app {arm}", self.owed())
        # Somebody gives one of them a tag.
        client = self.registry.client
        media_type, _, body = client.get_manifest("team/app", arm)
        client.put_manifest("team/app", "latest", body, media_type)
        self.next_run_finishes()
        self.pulls("team/app", "latest")
        self.lacks("team/app", self.digest("team/app:multi/linux/amd64"))
        self.assertEqual(self.owed(), [])

    @case("SIGTERM, SIGINT and SIGHUP while it lists: 128+n, nothing is deleted, nothing is owed")
    def test_signals_while_it_lists(self):
        self.push(self.PLAIN)
        self.remember("team/app", "other")
        for name, code in {"TERM": 143, "INT": 130, "HUP": 129}.items():
            # What the run before had sent may come to its proxy at any time.
            self.new_proxy()
            self.at(f"kill -{name} $P", match={"path": "team/app/manifests/new"})
            self.start()
            self.finish(code)
            self.applied()
            self.unchanged("team/app", "other")
            self.assertEqual(self.proxy.count("DELETE", "."), 0)
            self.assertEqual(self.owed(), [])
            self.assertEqual(self.report()["exit_code"], code)

    @case(
        "a signal while it deletes lets the DELETE end; the rest is owed; no collection; the next run finishes"
    )
    def test_signal_while_it_deletes(self):
        for name, code in {"TERM": 143, "INT": 130}.items():
            self.push(MANY)
            self.proxy.clear()
            self.at(f"kill -{name} $P", match={"method": "DELETE", "path": "kill/a"}, after=4)
            self.start()
            self.finish(code)
            self.applied()
            # What was sent was answered, and is counted.
            done = [line for line in self.proxy.answers("DELETE", ".") if line.startswith("202")]
            self.assertEqual(len(done), self.report()["summary"]["manifests_deleted"])
            self.assertGreater(len(self.owed_manifests()), 10)
            self.assertIn("collection", self.owed())
            self.collected(False)
            self.next_run_finishes()
            self.assertEqual(self.owed(), [])
            self.leaves("kill/b", "new")

    @case("a second signal does not wait for a DELETE")
    def test_second_signal(self):
        self.push(self.PLAIN)
        hang = {"match": {"method": "DELETE", "path": "sha256"}, "after": 1, "hang": True}
        self.at("kill -TERM $P; kill -INT $P", hang, match={"method": "DELETE"}, after=2)
        self.start()
        # Signals that came at the same time are taken in any order.
        self.finish_with_one_of(143, 130)
        self.assertNotEqual(self.owed_manifests(), [])
        self.assertIn("collection", self.owed())
        self.next_run_finishes()
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    def finish_with_one_of(self, *codes):
        status = self.started.process.wait(60)
        self.assertIn(status, codes)
        self.finish(status)

    @case("a signal when no DELETE is under way starts no collection either")
    def test_signal_before_collection(self):
        self.push(self.PLAIN)
        # The last thing before the DELETEs of team/app: its tags are asked for again. With the storage
        # only their list is, and the rest is read there.
        last = "team/app/manifests/latest" if self.SOURCE == "api" else "team/app/tags/list"
        self.at("kill -TERM $P", match={"path": last})
        self.configure({"registry": {"max_concurrent_requests": 1}})
        self.start()
        self.finish(143)
        self.applied()
        self.collected(False)
        self.next_run_finishes()
        self.leaves("team/app", "new")
        self.leaves("other", "new")

    @case("a run beside it is refused; once it is killed, none is")
    def test_beside(self):
        self.push(self.PLAIN)
        there = self.folder / "there"
        # It hangs in its first request.
        first = {"match": {"path": "/v2/$"}}
        self.at(f"touch {there}", {**first, "times": 1, "hang": True}, **first)
        self.configure({"registry": {"timeout": 60}})
        self.start()
        wait_for(there.exists)
        self.clean()
        self.exited(5)
        self.assertEqual(self.proxy.count("GET", "."), 1)
        self.started.kill()
        self.finish(137)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    @case("a log on a full disk, a closed stdout and one that nobody reads do not stop it")
    def test_cannot_tell(self):
        self.push(self.PLAIN)
        self.configure({"log": {"file": "/dev/full"}})
        self.clean()
        self.exited(0)
        self.says("cannot write the log to /dev/full: No space left")
        self.leaves("team/app", "new")
        self.configure()
        log = self.program_folder / "log"
        for streams in (">&-", ">/dev/full", "2>&- >&- <&-", "> >(exec true)"):
            self.push(self.PLAIN)
            log.unlink(missing_ok=True)
            script = f'"$0" --config "$1" 2>/dev/null {streams}'
            self.command("bash", "-c", script, PROGRAM, self.config)
            self.exited(0)
            self.leaves("team/app", "new")
            self.leaves("other", "new")
            self.assertRegex(log.read_text(), "(?m)exit code 0$")


class Collecting(Killed):
    """`docker` is a stub that waits where a test wants to send a signal."""

    def setUp(self):
        super().setUp()
        self.new_stub()

    def new_stub(self):
        self.stub = DockerStub()
        self.env |= self.stub.env

    def collecting(self, call=2):
        """Starts the program and waits until the collector is at work. Its first call only asks what it
        would remove."""
        self.push(self.PLAIN)
        self.collector = f"garbage-collect.{call}"
        self.stub.hold(self.collector)
        self.stub.answer(self.collector, passes=True)
        self.configure(CONTAINER)
        self.start()
        wait_for(lambda: self.stub.count("garbage-collect") == call)

    def signals_taken(self):
        """The program has taken all signals that were sent to it."""
        status = Path(f"/proc/{self.started.pid}/status").read_text()
        return re.search(r"(?m)^ShdPnd:\s*0+$", status)

    def refused_beside_collector(self):
        """The end of the collector was not seen: a run beside it deletes nothing, not even where it cannot
        ask in that container."""
        deletes = self.proxy.count("DELETE", ".")
        self.push(self.PLAIN)
        self.remember("team/app", "other")
        self.clean()
        self.exited(5)
        self.stub.answer("sh", rc=126)
        self.clean()
        self.exited(5)
        self.stub.forget("sh")
        self.unchanged("team/app", "other")
        self.assertEqual(self.proxy.count("DELETE", "."), deletes)

    def collector_has_ended(self):
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                is_ours = os.fsencode(self.stub.folder) in (process / "environ").read_bytes()
            except OSError:
                continue
            if b"garbage-collect" in words and is_ours:
                return False
        return True

    def next_run_collects(self):
        """The collector that was left ends without a collection, and the next run has its own."""
        self.stub.answer(self.collector)
        self.stub.let_go(self.collector)
        self.stub.forget(self.collector)
        wait_for(self.collector_has_ended)
        self.clean()
        self.exited(0)
        self.assertEqual(self.owed(), [])
        self.collected(True)

    @case("a signal while it asks whether a collector runs: nothing is begun after that")
    def test_asks(self):
        self.configure(CONTAINER)
        for call in (1, 2):
            self.push(self.PLAIN)
            self.stub.forget()
            self.stub.hold(f"sh.{call}")
            self.start()
            wait_for(lambda call=call: self.stub.count(" sh -c ") >= call)
            self.started.kill(signal.SIGTERM)
            self.finish(143)
            self.collected(False)
            self.assertEqual(self.report()["summary"]["deleted"], call * 2 - 2)
            self.assertEqual(self.owed().count("collection"), call - 1)
        self.clean()
        self.exited(0)
        self.leaves("team/app", "new")

    @case(
        "a signal while the collector is asked ends the question; nothing is deleted or collected"
    )
    def test_question(self):
        self.SOURCE = "storage"
        self.collecting(1)
        self.started.kill(signal.SIGTERM)
        self.finish(143)
        self.collected(False)
        self.assertEqual(self.report()["summary"]["deleted"], 0)
        self.assertEqual(self.owed(), [])
        self.assertEqual(self.stub.count("garbage-collect"), 1)

    @case("the first signal during the collection waits for the collector")
    def test_first_signal(self):
        for number, code in {signal.SIGTERM: 143, signal.SIGINT: 130}.items():
            self.new_stub()
            self.collecting()
            self.started.kill(number)
            wait_for(self.signals_taken)
            self.assertTrue(self.started.lives())
            self.stub.let_go(self.collector)
            self.finish(code)
            self.collected(True)
            self.assertEqual(self.report()["garbage_collection"]["exit_status"], 0)
            self.assertEqual(self.owed(), [])

    @case("the second signal leaves the collector running, and owed")
    def test_second_signal_leaves(self):
        self.collecting()
        self.started.kill(signal.SIGTERM)
        wait_for(self.signals_taken)
        self.started.kill(signal.SIGTERM)
        self.finish(143)
        self.says("left running")
        self.assertEqual(self.owed(), ["collection"])
        self.refused_beside_collector()
        self.next_run_collects()

    @case("killed while the collector runs: the collection stays owed, and no lock is left")
    def test_killed_while_collecting(self):
        self.collecting()
        self.started.kill()
        self.finish(137)
        self.assertEqual(self.owed(), ["collection"])
        self.refused_beside_collector()
        self.next_run_collects()
