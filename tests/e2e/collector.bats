#!/usr/bin/env bats
# The registry's own collector: when it runs, how it is called, what its cache needs afterwards.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
  program_config
}

teardown() {
  [ ! -e "$BATS_TEST_TMPDIR/own" ] || registry_stop "$BATS_TEST_TMPDIR/own"
}

# An old image with a layer of 51001 bytes and a new one with 51002 bytes.
IMAGES='[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]} ]'

push() {
  push_images >"$BATS_TEST_TMPDIR/digests" <<<"$IMAGES"
}

is_freed() {
  [ -z "$(find "$REGISTRY_STORE" -name data -size 51001c)" ]
}

ran() {
  [ "$(program_report .garbage_collection.ran)" = "$1" ]
}

# A docker in PATH that writes down its arguments, one call a line.
record_docker() {
  local real
  real=$(command -v docker)
  mkdir "$BATS_TEST_TMPDIR/bin"
  cat >"$BATS_TEST_TMPDIR/bin/docker" <<SHELL
#!/bin/sh
echo "\$*" >>'$BATS_TEST_TMPDIR/calls'
exec '$real' "\$@"
SHELL
  chmod 700 "$BATS_TEST_TMPDIR/bin/docker"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "gc.when deleted: after something was deleted, and not otherwise" {
  push
  program_exits 0
  ran true
  is_freed
  program_exits 0
  ran false
}

@test "gc.when never: nothing is collected, and what is owed is not forgotten" {
  push
  program_config '{"gc": {"when": "never"}}'
  program_exits 0
  program_leaves app new
  ran false
  run ! is_freed
  [ "$(program_owed)" = collection ]
  program_exits 0
  run ! is_freed
  program_config
  program_exits 0
  ran true
  is_freed
  [ -z "$(program_owed)" ]
}

@test "gc.when always: also when this run deleted nothing" {
  push
  curl -sSf -X DELETE \
    "$REGISTRY_URL/v2/app/manifests/$(digest_of app:old <"$BATS_TEST_TMPDIR/digests")"
  program_config '{"gc": {"when": "always"}}'
  program_exits 0
  ran true
  is_freed
  [ "$(program_report .summary.deleted)" -eq 0 ]
  [ "$(program_report '.storage.freed_bytes > 51001')" = true ]
  pull_whole app new
}

@test "a collection that failed is made up for by the next run, which has nothing to delete" {
  push
  # It can be asked, and fails when it is to work.
  program_config "$(program_exec 'case $* in *--dry-run*) ;; *garbage-collect*) exit 7;; esac')"
  program_exits 4
  program_leaves app new
  run ! is_freed
  [ "$(program_owed)" = collection ]
  program_config
  program_watch program_exits 0
  run ! grep '^DELETE' "$PROGRAM_DIR/requests"
  ran true
  is_freed
  [ -z "$(program_owed)" ]
  program_exits 0
  ran false
}

@test "what it printed is in the report: marked, deleted, status, seconds" {
  push
  program_exits 0
  [ "$(program_report '.garbage_collection | [.ran, .exit_status, .blobs_marked, .blobs_deleted,
    .manifests_deleted, .seconds > 0] | tostring')" = "[true,0,3,3,0,true]" ]
}

@test "its lines are in the log with --debug, and only then" {
  push
  program_exits 0 --debug
  program_says "[DEBUG] collector: blob eligible for deletion: sha256:" \
    "[DEBUG] collector: 3 blobs marked, 3 blobs and 0 manifests eligible for deletion"
  push
  program_exits 0
  program_keeps_quiet_of "eligible for deletion"
}

@test "it is called with the configuration and nothing else: untagged images are never its business" {
  push
  record_docker
  program_exits 0
  program_report .garbage_collection.exit_status
  # First it is only asked what it would remove.
  [ "$(grep -c garbage-collect "$BATS_TEST_TMPDIR/calls")" -eq 2 ]
  grep garbage-collect "$BATS_TEST_TMPDIR/calls" | head -n 1 | grep -Eq \
    "^exec (-e [A-Z_=a-z]+ )?$REGISTRY_NAME registry garbage-collect --dry-run $REGISTRY_CONFIG\$"
  grep garbage-collect "$BATS_TEST_TMPDIR/calls" | tail -n 1 |
    grep -Eq "^exec (-e [A-Z_=a-z]+ )?$REGISTRY_NAME registry garbage-collect $REGISTRY_CONFIG\$"
  run ! grep -e delete-untagged -e ' -m' -e remove "$BATS_TEST_TMPDIR/calls"
}

@test "it is told to log warnings only, whatever the registry itself logs" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache none --level debug
  push
  program_config
  record_docker
  program_exits 0 --debug
  grep -q "^exec -e REGISTRY_LOG_LEVEL=warn $REGISTRY_NAME registry garbage-collect" \
    "$BATS_TEST_TMPDIR/calls"
  run ! grep 'collector: .*level=debug' <<<"$output"
  is_freed
}

@test "with a cache in memory the log warns that it must be restarted, and how" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache inmemory
  push
  program_config
  program_exits 0 --quiet
  [ "$(grep -c '\[WARNING\] the registry.s cache still believes' <<<"$output")" -eq 1 ]
  program_says "docker restart $REGISTRY_NAME" "gc.restart"
  # Nothing was removed, so the cache is right.
  program_config '{"gc": {"when": "always"}}'
  program_exits 0 --quiet
  [ -z "$output" ]
  ran true
}

@test "without a cache there is nothing to warn of" {
  push
  program_exits 0 --quiet
  [ -z "$output" ]
  is_freed
  push
  registry_has app old
  pull_whole app old
}

@test "gc.restart restarts the registry and waits for it; what is pushed again is whole" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache inmemory
  push
  pull_whole app old
  local before
  before=$(docker inspect -f '{{.State.StartedAt}}' "$REGISTRY_NAME")
  program_config '{"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}'
  program_exits 0
  push
  pull_whole app old new
  [ "$(docker inspect -f '{{.State.StartedAt}}' "$REGISTRY_NAME")" != "$before" ]
  program_says "restarting the registry: docker restart -t 2 $REGISTRY_NAME" "answers again"
  program_keeps_quiet_of "[WARNING]" "cache still believes"
}

@test "gc.restart that fails is named, and tried again by the next run" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache inmemory
  push
  program_config '{"gc": {"restart": ["sh", "-c", "echo no such luck >&2; exit 3"]}}'
  program_exits 1
  program_says "gc.restart" "exit status 3" "no such luck"
  is_freed
  [ "$(program_owed)" = collection ]
  program_config '{"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}'
  program_exits 0
  program_says "restarting the registry" "answers again"
  [ -z "$(program_owed)" ]
}

@test "a collector that starts between the listing and the collection: nothing is collected now" {
  local flag=$BATS_TEST_TMPDIR/asked
  push
  # The second time that processes are asked for, there is one.
  program_config "$(program_exec "case \$* in *cmdline*)
    [ ! -e '$flag' ] || { printf 'registry\\0garbage-collect\\0$REGISTRY_CONFIG\\0'; exit 0; }
    : >'$flag';; esac")"
  program_exits 1
  program_says "a collector is already at work"
  program_leaves app new
  ran false
  [ "$(program_owed)" = collection ]
  program_config
  program_exits 0
  is_freed
}

@test "who cannot look whether a collector runs is told so, and goes on" {
  push
  program_config "$(program_exec 'case $* in *cmdline*) echo "no such luck" >&2; exit 1;; esac')"
  program_exits 0
  program_says "[WARNING] cannot check whether a collector is running" "no such luck"
  is_freed
}
