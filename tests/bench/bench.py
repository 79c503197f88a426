"""What the groups of rows of the benchmark share: stores, registries on them, measured commands, and the tables of
docs/speed.md."""

import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess

from lab import files
from lab.registry import Registry

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
PROGRAM = BUILD / "clean-registry"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
STORES = pathlib.Path(os.environ.get("BENCH_STORES", CACHE / "clean-registry-bench"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
REPOSITORIES = 20
MAKER = pathlib.Path("tests/tools/make_store.c")
DOCUMENT = pathlib.Path("docs/speed.md")


def tool(name):
    return str(BUILD / "tests/bench" / name)


def store(tags, config_bytes=300):
    """A store of that many tags; made if it is not there, or was made by another make_store, and kept."""
    folder = STORES / f"{REPOSITORIES}x{tags // REPOSITORIES}-{config_bytes}"
    made, maker = folder / "made", hashlib.sha256(MAKER.read_bytes()).hexdigest()
    if not made.exists() or made.read_text() != maker:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        numbers = [str(REPOSITORIES), str(tags // REPOSITORIES), str(config_bytes)]
        subprocess.run([BUILD / "tests/tools/make_store", folder, *numbers], check=True)
        made.write_text(maker)
    return folder


class Server(Registry):
    """A registry on a store, and configurations for it."""

    def __init__(self, place, **options):
        self.place = place
        super().__init__("host", access_log=False, **options)

    def storage(self):
        return f"  filesystem: {{rootdirectory: '{self.place}'}}\n"

    def configure(self, source="storage", connections=20, **more):
        """The path of a configuration with a state of its own, which nobody has written yet."""
        folder = files.new_folder("c")
        registry = {"url": self.url, "container": "", "exec": [], "program": "docker-registry"}
        registry["max_concurrent_requests"] = connections
        place = str(self.place)
        paths = {"config": self.config, "storage": place, "host_storage": place}
        text = {
            "registry": registry,
            "inventory": {"source": source},
            "cleanup": {"days_to_keep": 100},
            "gc": {"when": "never"},
            "paths": {**paths, "state": str(folder / "state")},
            "log": {"file": str(folder / "log")},
            **more,
        }
        path = folder / "config.json"
        path.write_text(json.dumps(text))
        path.chmod(0o600)
        return path


Measured = collections.namedtuple("Measured", "seconds user system kib")


def measure(*command):
    """Runs it once; its exit status must be 0."""
    words = [tool("timed"), *map(str, command)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: failed: {' '.join(words[1:])}")
    return Measured(*map(float, done.stdout.split()))


def run(config, *words):
    return measure(PROGRAM, words[0], "--config", config, "--quiet", *words[1:])


def dry_run(config):
    return run(config, "run", "--dry-run")


def first_time(config, *words):
    """As if nothing was remembered."""
    shutil.rmtree(config.parent / "state", ignore_errors=True)
    return run(config, *words)


def first_dry_run(config):
    return first_time(config, "run", "--dry-run")


def requests(config):
    """How many a dry run sends."""
    report = config.parent / "report.json"
    run(config, "run", "--dry-run", "--report", report)
    return json.loads(report.read_text())["requests"]


def interleaved(rows):
    """Runs each of ROWS, functions by their names, once a round; returns the medians by name."""
    samples = collections.defaultdict(list)
    for _ in range(ROUNDS):
        for name, function in rows.items():
            samples[name].append(function())
    return {name: medians(values) for name, values in samples.items()}


def medians(values):
    if isinstance(values[0], Measured):
        return Measured(*map(statistics.median, zip(*values)))
    return statistics.median(values)


def seconds(value):
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def mebibytes(kib):
    return f"{kib / 1024:.1f} MiB"


def table(head, rows):
    """A table of Markdown; the first column is text, the others are figures."""
    lines = [
        "".join(f"| {cell} " if cell else "| " for cell in row) + "|\n" for row in (head, *rows)
    ]
    lines.insert(1, "|---|" + "---:|" * (len(head) - 1) + "\n")
    return "".join(lines)


def publish(group, text):
    """Prints what GROUP measured, and writes it between the marks of that group in the document."""
    print(f"\n{text}", flush=True)
    begin, end = (f"<!-- {group}: {which} -->\n" for which in ("begin", "end"))
    document = DOCUMENT.read_text()
    marks = re.escape(begin) + ".*" + re.escape(end)
    if not re.search(marks, document, re.S):
        raise SystemExit(f"bench: {DOCUMENT} has no marks for {group}")
    DOCUMENT.write_text(re.sub(marks, lambda _: begin + text + end, document, flags=re.S))
