#!/usr/bin/env bats
# A dry run tells what would go, and has no way to change anything (S9) but the cache of what it read.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
  program_config
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "index", "kind": "index", "created": "-91d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "app", "tag": "latest", "created": "-90d"} ]
JSON
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
}

teardown() {
  [ -z "${public:-}" ] || rm -rf "$public"
}

unchanged() {
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
}

# Everything that writing to the files of a folder, but for the cache, would change.
look_at() {
  find "$1" -type d -printf '%p %i %m\n' -o ! -name cache -printf '%p %i %s %m %T@ %C@\n' |
    LC_ALL=C sort
}

# Fails unless the state has no file but the cache, in the one folder of the registry.
has_only_a_cache() {
  [ -z "$(find "$PROGRAM_DIR/state" -mindepth 1 ! -path '*/state/*/cache' ! -type d)" ]
  [ "$(find "$PROGRAM_DIR/state" -type f | wc -l)" -eq 1 ]
  [ "$(find "$PROGRAM_DIR/state" -type d | wc -l)" -eq 2 ]
}

@test "storage and state are untouched but for the cache, and nothing but GETs arrives" {
  program_config '{"paths": {"host_storage": ""}}'
  program_watch program_exits 0 --dry-run
  unchanged
  has_only_a_cache
  [ -s "$PROGRAM_DIR/requests" ]
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  pull_whole app old index new latest
}

@test "its lines say what would go and why, and what would come then" {
  program_exits 0 -n
  grep -Eq '\[INFO\] would delete app:old \(old: created [0-9-]{10} \(90 days ago\); .*\)$' \
    <<<"$output"
  grep -Eq '\[INFO\] would delete app:index \(old: created [0-9-]{10} \(91 days ago\); .*\)$' \
    <<<"$output"
  program_says "would delete 2 tags (4 manifests)" "would then run the collector"
  program_keeps_quiet_of "app:new" "app:latest" "[ERROR]"
}

@test "with --debug it also says of each tag that stays, why" {
  program_exits 0 --dry-run --debug
  grep -Eq '\[DEBUG\] keep app:new \(recent: created [0-9-]{10} \(1 day ago\)' <<<"$output"
  grep -Eq '\[DEBUG\] keep app:latest \(.*protected_tag.*\)$' <<<"$output"
  unchanged
}

@test "the report says planned, and knows nothing of storage and collection" {
  program_exits 0 --dry-run
  [ "$(program_report '[.dry_run, .exit_code] | tostring')" = "[true,0]" ]
  [ "$(program_tag app old)" = "planned old" ]
  [ "$(program_tag app index)" = "planned old" ]
  [ "$(program_tag app new)" = "kept recent" ]
  [ "$(program_report '.tags[] | select(.tag == "old").decision')" = delete ]
  [ "$(program_report '.summary | [.planned, .deleted, .kept] | tostring')" = "[2,0,2]" ]
  [ "$(program_report '.storage | [.before, .after, .freed_bytes] | tostring')" = \
    "[null,null,null]" ]
  [ "$(program_report .garbage_collection.ran)" = false ]
}

@test "what was planned is what the next run does" {
  program_exits 0 --dry-run
  program_report '.tags[] | select(.status == "planned") | "\(.repository):\(.tag)@\(.digest)"' \
    >"$BATS_TEST_TMPDIR/planned"
  [ -s "$BATS_TEST_TMPDIR/planned" ]
  program_exits 0
  program_report '.tags[] | select(.status == "deleted") | "\(.repository):\(.tag)@\(.digest)"' |
    diff "$BATS_TEST_TMPDIR/planned" -
}

@test "a state folder that is there is not touched either, but for the cache" {
  program_exits 0
  push_images >/dev/null <<<'[{"repository": "app", "tag": "older", "created": "-99d"}]'
  look_at "$PROGRAM_DIR/state" >"$BATS_TEST_TMPDIR/state"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/state")" -gt 2 ]
  program_exits 0 --dry-run
  program_says "would delete app:older"
  look_at "$PROGRAM_DIR/state" | diff "$BATS_TEST_TMPDIR/state" -
}

@test "it needs no lock: while another run is at work it does its own" {
  program_begin other
  program_config
  program_exits 0 --dry-run
  program_says "would delete app:old"
  unchanged
  program_end other 0
  program_leaves app new latest
}

@test "it works for a user who can write nothing and reach no container" {
  public=$(mktemp -d /tmp/dry-run.XXXXXX)
  chmod 755 "$public"
  cp "$CLEAN_REGISTRY" "$public/clean-registry"
  program_config '{"paths": {"state": "/var/lib/clean-registry"}}'
  install -m 644 "$PROGRAM_DIR/config.json" "$public/config.json"
  DRY_RUN=true run program_as_nobody "$public"
  # Its own run could not ask the collector.
  program_has_exited 4
  program_says "would delete app:old" "would delete 2 tags" "this run has no log file" \
    "the run would stop here: "
  unchanged
  [ "$(find "$public" | wc -l)" -eq 3 ]
}

@test "DRY_RUN: true, 1, yes and on are as the option" {
  local value
  for value in true 1 yes on TRUE Yes; do
    DRY_RUN=$value program_exits 0
    program_says "would delete 2 tags"
  done
  unchanged
}

@test "DRY_RUN: false, 0, no, off and nothing take back no option, and make no dry run" {
  local value
  for value in false 0 no off ''; do
    DRY_RUN=$value program_exits 0 --dry-run
    program_says "would delete 2 tags"
  done
  unchanged
  DRY_RUN=false program_exits 0
  program_leaves app new latest
}

@test "DRY_RUN and DEBUG: anything else is a usage error, and nothing is sent" {
  local name
  for name in DRY_RUN DEBUG; do
    export "$name=maybe"
    program_watch program_exits 2
    program_says "$name: "
    [ ! -s "$PROGRAM_DIR/requests" ]
    unset "$name"
  done
  unchanged
}

@test "DEBUG changes what is told, never what is done" {
  local value
  for value in true 1 yes on; do
    DEBUG=$value program_exits 0 --dry-run
    program_says "[DEBUG]"
  done
  for value in false 0 no off ''; do
    DEBUG=$value program_exits 0 --dry-run
    program_keeps_quiet_of "[DEBUG]"
  done
  unchanged
  DEBUG=true program_exits 0
  program_leaves app new latest
}

@test "it does not ask whether deletion is enabled, and names no collector that would not run" {
  program_config '{"gc": {"when": "never"}}'
  program_exits 0 --dry-run
  program_says "would delete app:old"
  program_keeps_quiet_of "collector"
}
