#!/usr/bin/env python3
"""The benchmark: stores of several sizes, each with a real registry (a process of this host), and side by side what
clean-registry takes and what must be taken at least. Rounds are interleaved; the median counts. Nothing here fails on a
figure; only what cannot run does. Each group of rows is printed, and written to docs/speed.md.

  make bench            [ROWS="storage measuring api planning marking sweeping linear" ROUNDS=5 SECONDS_EACH=3
                         MARKED=100000 SWEPT=20000 LINEAR="10000 30000 100000 300000" BENCH_STORES=~/.cache/clean-registry-bench]

Stores are made once, 20 repositories each, and kept in BENCH_STORES (300,000 tags: 18 GB). What is measured against:
  storage    bench_links, one bare loop over the links, manifests and configs of tags, nothing parsed
  api        the requests of a scan / wrk's rate for the same paths and headers over 20 connections in one thread,
             manifests and configs apart; for a scan that remembers an earlier one a conditional GET for each tag
  measuring  du -s
  marking    the registry's own collector
  sweeping   rm -r of the same folders"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
os.chdir(HERE.parent.parent)
sys.path[:0] = ["tests", "tests/tools"]

# pylint: disable=wrong-import-position
from lab import files, registry  # noqa: E402
from v2client import ACCEPT  # noqa: E402

import bench  # noqa: E402
from bench import interleaved, seconds, table  # noqa: E402

EACH = os.environ.get("SECONDS_EACH", "3")
MARKED = int(os.environ.get("MARKED", "100000"))
SWEPT = int(os.environ.get("SWEPT", "20000"))
LINEAR = [int(tags) for tags in os.environ.get("LINEAR", "10000 30000 100000 300000").split()]


def against(result, base):
    """Its time, and what that is of the base's."""
    return [seconds(result.seconds), f"{result.seconds / base.seconds:.2f} ×"]


def storage_rows(what, tags, config_bytes):
    """One store: the loop, both dry runs, and the verbs that use the same reading."""
    place = bench.store(tags, config_bytes)
    server = bench.Server(place, cache="inmemory")
    config = server.configure()
    found = interleaved(
        {
            "loop": lambda: bench.measure(bench.tool("bench_links"), place),
            "first dry run": lambda: bench.first_dry_run(config),
            "remembered dry run": lambda: bench.dry_run(config),
            "verify": lambda: bench.run(config, "verify"),
            "usage": lambda: bench.run(config, "usage"),
        }
    )
    server.stop()
    for name, result in found.items():
        times = against(result, found["loop"])
        dry_run = (
            "" if name == "loop" else f"{result.seconds / found['first dry run'].seconds:.2f} ×"
        )
        cpu = [f"{part / tags * 1e6:.1f} µs" for part in (result.user, result.user + result.system)]
        yield [f"{what}: {name}", *times, dry_run, *cpu, bench.mebibytes(result.kib)]


def storage():
    head = ["what", "time", "of the loop", "of the first dry run", "user time a tag"]
    head += ["with the kernel's", "peak memory"]
    rows = [
        # What a dry run takes whatever is there: processes, questions, the proof of the folder.
        *storage_rows("20 tags", 20, 300),
        *storage_rows("5,000 tags", 5000, 300),
        *storage_rows("5,000 tags, configs of 6 KB", 5000, 6000),
        *storage_rows("100,000 tags", 100000, 300),
    ]
    return table(head, rows)


def linear():
    rows = []
    for tags in LINEAR:
        place = bench.store(tags)
        server = bench.Server(place, cache="inmemory")
        config = server.configure()
        found = interleaved(
            {
                "loop": lambda: bench.measure(bench.tool("bench_links"), place),
                "first": lambda: bench.first_dry_run(config),
                "remembered": lambda: bench.dry_run(config),
            }
        )
        server.stop()
        rows.append([f"{tags:,}", seconds(found["loop"].seconds)])
        for name in ("first", "remembered"):
            result = found[name]
            micros = f"{(result.user + result.system) / tags * 1e6:.1f} µs"
            rows[-1] += [*against(result, found["loop"]), micros, bench.mebibytes(result.kib)]
    head = ["tags", "loop"]
    for which in ("first dry run", "remembered"):
        head += [which, "of the loop", "processor time a tag", "peak memory"]
    return table(head, rows)


def rate(url, paths):
    """Requests a second for the paths in a file."""
    environment = {**os.environ, "BENCH_PATHS": str(paths), "BENCH_ACCEPT": ACCEPT}
    words = ["wrk", "-t1", "-c20", f"-d{EACH}s", "-s", "tests/bench/paths.lua", url]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))


def api():
    place = bench.store(5000)
    server = bench.Server(place, cache="inmemory")
    folder = files.new_folder("p")
    subprocess.run([HERE / "list_paths.py", place, folder], check=True)
    lists = {name: folder / name for name in ("manifests", "configs", "known")}
    counts = {name: len(path.read_text().splitlines()) for name, path in lists.items()}
    many, single = server.configure("api"), server.configure("api", 1)
    warm = server.configure("api")
    bench.dry_run(warm)  # the server's cache, too
    found = interleaved(
        {
            "many": lambda: bench.first_dry_run(many),
            "manifests": lambda: rate(server.url, lists["manifests"]),
            "configs": lambda: rate(server.url, lists["configs"]),
            "single": lambda: bench.first_dry_run(single),
            "known": lambda: rate(server.url, lists["known"]),
            "warm": lambda: bench.dry_run(warm),
        }
    )
    floor = counts["manifests"] / found["manifests"] + counts["configs"] / found["configs"]
    known = counts["known"] / found["known"]
    shutil.rmtree(many.parent / "state")
    sent = {"many": bench.requests(many), "warm": bench.requests(warm)}
    server.stop()

    def row(what, name, base):
        result = found[name]
        ratio = f"{result.seconds / base:.2f} × floor"
        asked = f"{sent[name]:,}" if name in sent else ""
        return [what, seconds(result.seconds), ratio, bench.mebibytes(result.kib), asked]

    asked = counts["manifests"] + counts["configs"]
    rows = [
        ["floor: the same requests by wrk", seconds(floor), "1.00", "", f"{asked:,}"],
        row("dry run through the API, 20 requests in flight", "many", floor),
        row("one request at a time", "single", floor),
        ["floor: conditional GETs of the tags", seconds(known), "1.00", "", f"{counts['known']:,}"],
        row("dry run that remembers an earlier one", "warm", known),
    ]
    return table(["what", "time", "against", "peak memory", "requests"], rows)


def measuring():
    place = bench.store(5000)
    found = interleaved(
        {
            "du": lambda: bench.measure("du", "-s", place),
            "walk": lambda: bench.measure(bench.tool("bench_measure"), place),
        }
    )
    rows = [
        [what, *against(found[name], found["du"]), bench.mebibytes(found[name].kib)]
        for name, what in (("du", "`du -s` of the storage"), ("walk", "our measuring walk"))
    ]
    return table(["what", "time", "of du", "peak memory"], rows)


def marking():
    """The same store, whole, for both collectors; neither writes."""
    place = bench.store(MARKED)
    server = bench.Server(place)
    config = server.configure(gc={"method": "native"})
    rehearse = ["collect", "--dry-run"]
    collector = ["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", "docker-registry"]
    names = {
        "registry": "the registry's `garbage-collect --dry-run`",
        "loop": "the loop over links, manifests and configs",
        "first": "`collect --dry-run` with `gc.method: native`",
        "again": "the same, with what an earlier scan remembers",
    }
    found = interleaved(
        {
            "registry": lambda: bench.measure(
                *collector, "garbage-collect", "--dry-run", server.config
            ),
            "loop": lambda: bench.measure(bench.tool("bench_links"), place),
            "first": lambda: bench.first_time(config, *rehearse),
            "again": lambda: bench.run(config, *rehearse),
        }
    )
    server.stop()
    rows = []
    for name, what in names.items():
        result = found[name]
        cpu = seconds(result.user + result.system)
        faster = f"{found['registry'].seconds / result.seconds:.1f} ×"
        rows.append([what, seconds(result.seconds), faster, cpu, bench.mebibytes(result.kib)])
    head = [
        f"{MARKED:,} tags",
        "time",
        "as fast as the registry's",
        "processor time",
        "peak memory",
    ]
    return table(head, rows)


def sweep_once(how):
    """Removes the blobs of a new store that nothing needs, and returns the seconds that it took."""
    folder = files.new_folder("s")
    place = folder / "store"
    subprocess.run([bench.tool("bench_sweep"), "make", place, str(SWEPT)], check=True)
    os.sync()
    if how == "ours":
        words = [bench.tool("bench_sweep"), "sweep", place, folder / "state"]
        took = float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    elif how == "rm":
        blobs = place / "docker/registry/v2/blobs/sha256"
        took = bench.measure("rm", "-r", blobs).seconds
    else:
        server = bench.Server(place)
        words = ["docker-registry", "garbage-collect", server.config]
        took = bench.measure("sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", *words).seconds
        server.stop()
    shutil.rmtree(folder)
    return took


def sweeping():
    names = {
        "rm": "`rm -r` of their folders",
        "ours": "the native collector's phase 2, trash emptied",
        "registry": "the registry's `garbage-collect`",
    }
    found = interleaved({name: lambda name=name: sweep_once(name) for name in names})
    rows = [
        [what, seconds(found[name]), f"{found[name] / found['rm']:.2f} ×"]
        for name, what in names.items()
    ]
    return table([f"{SWEPT:,} blobs of 4 KB", "time", "of rm"], rows)


def plan_once():
    words = [bench.tool("bench_plan")]
    return float(
        subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[0]
    )


def planning():
    took = seconds(interleaved({"plan": plan_once})["plan"])
    what = "1,000 repositories of 100 tags, 50 jobs of 10 regular expressions on all of them"
    return table(["planning alone", "time"], [[what, took]])


GROUPS = {
    "storage": storage,
    "measuring": measuring,
    "api": api,
    "planning": planning,
    "marking": marking,
    "sweeping": sweeping,
    "linear": linear,
}


def main():
    wanted = os.environ.get("ROWS", "").split() or list(GROUPS)
    if unknown := set(wanted) - set(GROUPS):
        raise SystemExit(f"bench: ROWS: no such rows: {' '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        files.FOLDER = pathlib.Path(folder)
        try:
            for name in wanted:
                bench.publish(name, GROUPS[name]())
        finally:
            registry.stop_all()


if __name__ == "__main__":
    main()
