#!/usr/bin/env bats
# On random registries: the API and the storage lead to the same decisions, and what is forecast is what
# the collector then frees, to the byte. TEST_SEEDS are the seeds that are tried.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

teardown() {
  registry_stop "$BATS_TEST_TMPDIR/registry"
  [ ! -e "$BATS_TEST_TMPDIR/engine-is-used" ] || engine_release
}

OPTIONS='{"gc": {"when": "always"}, "cleanup": {"protected_patterns": ["release"]}}'

fill_registry() {
  echo "seed $1"
  program_empty_registry
  rm -rf "$BATS_TEST_TMPDIR/kept" "$PROGRAM_DIR"
  "$STORE_TOOLS/random_registry.py" --url "$REGISTRY_URL" "$1"
  look_into_store >"$BATS_TEST_TMPDIR/before"
}

# "linked REPOSITORY DIGEST" of all manifests on disk, and what tagged_closure.py says.
look_into_store() {
  {
    find "$REGISTRY_STORE/docker/registry/v2/repositories" -path '*/revisions/*/link' |
      sed -E 's|.*/v2/repositories/(.*)/_manifests/revisions/(.*)/(.*)/link|linked \1 \2:\3|'
    "$STORE_TOOLS/tagged_closure.py" "$REGISTRY_STORE"
  } | LC_ALL=C sort
}

# The registry has no cache, so what is put back is what was there.
bring_store_back() {
  program_empty_registry
  cp -a "$BATS_TEST_TMPDIR/kept" "$REGISTRY_STORE/docker"
  rm -rf "$PROGRAM_DIR/state"
}

# with_source SOURCE CONFIGURATION ARGUMENTS...
with_source() {
  program_config "$(jq --null-input "$OPTIONS * $2 * {inventory: {source: \"$1\"}}")"
  program_run "${@:3}"
  ended_well
}

# Random registries have tags that are damaged from the start, and perhaps none for a rule: that, and
# nothing else, may go wrong.
ended_well() {
  local strange known='it was so before this run|manifests? that an index lists (is|are) stored|matches no tag|tags? (is|are) damaged|[0-9]+ things? failed or could not'
  strange=$(grep -E '\[(WARNING|ERROR)\]' <<<"$output" | grep -Ev "$known" || true)
  [ -z "$strange" ] || {
    echo "$strange"
    return 1
  }
  [[ $output != *"it was so before"* ]] || [ "$status" -eq 1 ]
  [[ $output == *"it was so before"* ]] || [ "$status" -eq 0 ]
  [ "$(program_report '.summary | .failed + .changed')" -eq 0 ]
}

# What is said of each tag, but for what only the storage can tell.
decisions() {
  program_report '[.tags[] | del(.pushed_at, .exclusive_bytes)] | sort_by([.repository, .tag])'
}

# deleted AFTER: "linked REPOSITORY DIGEST" of what is not there any more.
deleted() {
  LC_ALL=C comm -23 "$BATS_TEST_TMPDIR/before" "$1" | grep ^linked || true
}

# Whatever the API let go, the storage let go; beyond that only what no tag leads to.
check_manifests() {
  deleted "$BATS_TEST_TMPDIR/after.api" >"$BATS_TEST_TMPDIR/by.api"
  deleted "$BATS_TEST_TMPDIR/after.storage" >"$BATS_TEST_TMPDIR/by.storage"
  [ -s "$BATS_TEST_TMPDIR/by.api" ]
  LC_ALL=C comm -23 "$BATS_TEST_TMPDIR"/by.{api,storage} >"$BATS_TEST_TMPDIR/only.api"
  LC_ALL=C comm -13 "$BATS_TEST_TMPDIR"/by.{api,storage} >"$BATS_TEST_TMPDIR/only.storage"
  diff /dev/null "$BATS_TEST_TMPDIR/only.api"
  sed 's/^linked/seen/' "$BATS_TEST_TMPDIR/only.storage" |
    LC_ALL=C comm -12 - "$BATS_TEST_TMPDIR/before" | diff /dev/null -
}

# check_whole AFTER: every tag that was whole and was kept still is.
check_whole() {
  program_report '.tags[] | select(.status == "kept") | "whole \(.repository) \(.tag)"' |
    LC_ALL=C sort | LC_ALL=C comm -12 - "$BATS_TEST_TMPDIR/before" >"$BATS_TEST_TMPDIR/whole"
  [ -s "$BATS_TEST_TMPDIR/whole" ]
  LC_ALL=C comm -23 "$BATS_TEST_TMPDIR/whole" "$1" | diff /dev/null -
}

run_frees() {
  echo "forecast $1, freed $(program_report .storage.freed_bytes)"
  [ "$1" -gt 0 ]
  [ "$(program_report .garbage_collection.ran)" = true ]
  [ "$(program_report .storage.freed_bytes)" -eq "$1" ]
}

compare_sources() {
  local forecast
  fill_registry "$1"
  cp -a "$REGISTRY_STORE/docker" "$BATS_TEST_TMPDIR/kept"
  with_source api '{}' --dry-run
  decisions >"$BATS_TEST_TMPDIR/decisions.api"
  with_source storage '{}' --dry-run
  decisions >"$BATS_TEST_TMPDIR/decisions.storage"
  diff "$BATS_TEST_TMPDIR"/decisions.{api,storage}
  forecast=$(program_report .storage.forecast_bytes)
  with_source api '{gc: {when: "never"}}'
  look_into_store >"$BATS_TEST_TMPDIR/after.api"
  check_whole "$BATS_TEST_TMPDIR/after.api"
  bring_store_back
  with_source storage '{}'
  look_into_store >"$BATS_TEST_TMPDIR/after.storage"
  run_frees "$forecast"
  check_manifests
  check_whole "$BATS_TEST_TMPDIR/after.storage"
}

@test "random registries: both sources decide the same, and the forecast is what is freed" {
  local seed
  registry_start_host "$BATS_TEST_TMPDIR/registry" --cache none
  for seed in ${TEST_SEEDS:-1 2 3}; do
    compare_sources "$seed"
  done
}

@test "a random registry in a container: the forecast is what is freed" {
  local forecast
  : >"$BATS_TEST_TMPDIR/engine-is-used"
  engine_shared
  registry_start "$BATS_TEST_TMPDIR/registry" --cache none
  fill_registry 4
  with_source storage '{}' --dry-run
  forecast=$(program_report .storage.forecast_bytes)
  with_source auto '{}'
  program_says "the registry's own folder"
  look_into_store >"$BATS_TEST_TMPDIR/after"
  run_frees "$forecast"
  check_whole "$BATS_TEST_TMPDIR/after"
}
