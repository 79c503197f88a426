#!/usr/bin/env bats
# A dry run asks what its run would ask, by reading alone: it says what would stop the run, and has
# the exit code of it.

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
  push_images >/dev/null <<<'[ {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"} ]'
}

teardown() {
  [ ! -e "$BATS_TEST_TMPDIR/other" ] || registry_stop "$BATS_TEST_TMPDIR/other"
}

# A second registry that has the images of the first, for this test alone.
other_registry() {
  mkdir -p "$BATS_TEST_TMPDIR/other"
  cp -a "$REGISTRY_STORE" "$BATS_TEST_TMPDIR/other/store"
  registry_start "$BATS_TEST_TMPDIR/other" "$@"
  program_config
}

# stops CODE [TEXT]...: dry run and run end with it; both say each TEXT, and nothing has changed.
stops() {
  local code=$1 before
  shift
  before=$(store_digest_tree "$REGISTRY_STORE")
  program_exits "$code" --dry-run
  program_says "the run would stop here: " "$@"
  program_exits "$code"
  program_says "$@"
  program_keeps_quiet_of "would stop here"
  [ "$(store_digest_tree "$REGISTRY_STORE")" = "$before" ]
}

@test "nothing is in the way" {
  program_exits 0 --dry-run
  program_says "would delete app:old" "would then run the collector"
  program_keeps_quiet_of "would stop here"
  program_exits 0
}

@test "nothing to do: what is not asked stops nothing" {
  program_config '{"cleanup": {"days_to_keep": 365}, "registry": {"container": "no-such-container"}}'
  program_exits 0 --dry-run
  program_exits 0
}

@test "3: deletion is disabled" {
  other_registry --no-delete
  stops 3 "deletion is disabled in the registry" "storage: delete: enabled: true" "$REGISTRY_CONFIG"
}

@test "3: read-only mode" {
  other_registry --readonly
  stops 3 "the registry is in read-only mode" "$REGISTRY_CONFIG"
}

@test "3: a pull-through cache" {
  registry_start "$BATS_TEST_TMPDIR/other" --proxy "$REGISTRY_URL"
  pull_whole app old new
  program_config
  # It writes down by itself when its copies expire.
  program_exits 3 --dry-run
  program_says "the run would stop here: the registry is a pull-through cache" "$REGISTRY_CONFIG"
  program_exits 3
  program_says "the registry is a pull-through cache"
  pull_whole app old new
}

@test "4: a configuration that is not there, a container that is not there, no engine" {
  program_config '{"paths": {"config": "/nowhere/config.yml"}}'
  stops 4 "/nowhere/config.yml"
  program_config '{"registry": {"container": "no-such-container"}}'
  stops 4 "no-such-container"
  program_config "{\"registry\": {\"exec\": [\"docker\", \"-H\", \"unix://$BATS_TEST_TMPDIR/no.sock\",
    \"exec\", \"{container}\"]}}"
  stops 4 "no.sock"
}

@test "6: a safety limit" {
  program_config '{"safety": {"max_delete_percent": 10}}'
  stops 6 "safety.max_delete_percent" "--force"
}

@test "all that is in the way is told, and what stops first decides" {
  other_registry --no-delete
  program_config '{"safety": {"max_delete_percent": 10}, "paths": {"config": "/nowhere/config.yml"}}'
  program_exits 6 --dry-run
  program_says "the run would stop here: the plan is refused" \
    "once that is mended, the run would stop here: nothing is deleted: garbage-collect --dry-run" "/nowhere/config.yml"
  program_config '{"safety": {"max_delete_percent": 10}}'
  program_exits 6 --dry-run
  program_says "the run would stop here: the plan is refused" \
    "once that is mended, the run would stop here: deletion is disabled"
}
