#!/usr/bin/env bats
# The table of exit codes, row by row: what leads to each, what is said, and what is left untouched.
# Row 4 is in exit_codes_collector.bats.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

IMAGES='[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "new", "created": "-1d"} ]'

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
  push_images >"$BATS_TEST_TMPDIR/digests" <<<"$IMAGES"
}

teardown() {
  [ ! -e "$BATS_TEST_TMPDIR/other" ] || registry_stop "$BATS_TEST_TMPDIR/other"
}

# A second registry, with the same images, for this test alone.
other_registry() {
  mkdir -p "$BATS_TEST_TMPDIR/other"
  "$STORE_TOOLS/images.py" --store "$BATS_TEST_TMPDIR/other/store" >/dev/null <<<"$IMAGES"
  registry_start "$BATS_TEST_TMPDIR/other" "$@"
  program_config '{"registry": {"retry_seconds": 1}}'
}

untouched() {
  program_leaves app new old
  pull_whole app new old
}

# sends_nothing ARGUMENTS...: exit 2, told on stderr alone, nothing arrives at the registry.
sends_nothing() {
  program_watch run --separate-stderr "$CLEAN_REGISTRY" "$@"
  # shellcheck disable=SC2154 # stderr is set by run
  printf 'exit %s\n%s\n%s\n' "$status" "$output" "$stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ -n "$stderr" ]
  output=$stderr
  [ ! -s "$PROGRAM_DIR/requests" ]
}

@test "0: everything planned was done" {
  program_exits 0
  program_leaves app new
}

@test "0: what is undated is no failure" {
  push_images >/dev/null <<<'[{"repository": "app", "tag": "undated"}]'
  program_exits 0
  [ "$(program_tag app undated)" = "kept unknown_age" ]
  registry_lacks app old
}

@test "1: a tag without a manifest is damaged, but no reason to keep anything else" {
  push_images >/dev/null <<<'[{"repository": "app", "tag": "dangling", "created": "-80d"}]'
  rm -r "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags/dangling/current"
  program_exits 0 --dry-run
  program_exits 1
  program_says "app:dangling is damaged: its manifest is missing (it was so before this run)"
  [ "$(program_tag app dangling)" = "kept missing_manifest" ]
  registry_lacks app old
  # Where nothing changes, nothing is verified.
  program_exits 0
}

@test "1: a repository that cannot be read loses nothing, is named, and the others are cleaned" {
  local digest file
  digest=$(push_images <<<'[{"repository": "spoilt", "tag": "bad", "created": "-90d"},
    {"repository": "spoilt", "tag": "old", "created": "-90d"}]' | digest_of spoilt:bad)
  file=$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${digest:7:2}/${digest:7}/data
  sed -i 's/"schemaVersion": 2,/"schemaVersion": 2, /' "$file"
  # What its tag needs is not known, so no collector may be let loose.
  program_exits 4
  program_says "spoilt:bad is served, but"
  program_leaves app new old
  program_config '{"gc": {"when": "never"}}'
  program_exits 1
  program_says "spoilt: " "does not match its digest"
  program_leaves app new
  program_leaves spoilt bad old
  [ "$(program_tag spoilt old)" = "kept old,incomplete_repository" ]
  [ "$(program_report .exit_code)" -eq 1 ]
  [ "$(program_report '.summary.errors > 0')" = true ]
}

# The last run's output has PATH once.
named_once() {
  [ "$(grep -oF "$1" <<<"$output" | wc -l)" -eq 1 ]
}

@test "2: usage errors: options, commands and arguments that are none, or too many" {
  local config=$PROGRAM_DIR/config.json
  sends_nothing --nonsense
  program_says "--nonsense"
  sends_nothing --config "$config" clean
  program_says "'clean'"
  sends_nothing --config "$config" run now
  program_says "'now'"
  sends_nothing --config "$config" --config "$config"
  program_says "--config: given twice"
  sends_nothing --config "$config" -n --dry-run
  sends_nothing --config "$config" --report
  sends_nothing --config "$config" --report -n
  untouched
}

@test "2: all faults of a configuration are told at once, each with its key and the nearest one" {
  jq '.registry.contaner = "x" | .cleanup.days_to_keep = 0 | .cleanup.protected_patterns = [""]
    | .paths.config = 5 | .log.level = "high" | .gc.when = "sometimes"' \
    "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/faulty.json"
  sends_nothing --config "$BATS_TEST_TMPDIR/faulty.json"
  program_says "registry.contaner: unknown key; did you mean registry.container?" \
    "cleanup.days_to_keep: " "cleanup.protected_patterns" "paths.config: " "log.level: " "gc.when: "
  untouched
}

@test "2: a configuration that is missing, no JSON, empty, or has a key twice" {
  sends_nothing --config "$BATS_TEST_TMPDIR/none.json"
  program_says "clean-registry: $BATS_TEST_TMPDIR/none.json: No such file or directory"
  named_once "$BATS_TEST_TMPDIR/none.json"
  sends_nothing --config "$BATS_TEST_TMPDIR"
  named_once "$BATS_TEST_TMPDIR"
  echo '{"registry": {"url": ' >"$BATS_TEST_TMPDIR/broken.json"
  sends_nothing --config "$BATS_TEST_TMPDIR/broken.json"
  echo '{}' >"$BATS_TEST_TMPDIR/empty.json"
  sends_nothing --config "$BATS_TEST_TMPDIR/empty.json"
  program_says "registry.url: required" "cleanup.days_to_keep: required" "paths.config: required"
  sed 's/"days_to_keep": 30/"days_to_keep": 30, "days_to_keep": 1/' "$PROGRAM_DIR/config.json" \
    >"$BATS_TEST_TMPDIR/twice.json"
  sends_nothing --config "$BATS_TEST_TMPDIR/twice.json"
  program_says "cleanup.days_to_keep: given twice"
  untouched
}

@test "2: a configuration that others can write, or that belongs to somebody else" {
  cp "$PROGRAM_DIR/config.json" "$BATS_TEST_TMPDIR/config.json"
  chmod 620 "$BATS_TEST_TMPDIR/config.json"
  sends_nothing --config "$BATS_TEST_TMPDIR/config.json"
  program_says "clean-registry: $BATS_TEST_TMPDIR/config.json: it can be written" \
    "chmod go-w"
  chmod 600 "$BATS_TEST_TMPDIR/config.json"
  chown 65534 "$BATS_TEST_TMPDIR/config.json"
  sends_nothing --config "$BATS_TEST_TMPDIR/config.json"
  program_says "must belong to root"
  untouched
}

@test "2: a state that cannot be written" {
  : >"$BATS_TEST_TMPDIR/file"
  program_config "{\"paths\": {\"state\": \"$BATS_TEST_TMPDIR/file/state\"}}"
  program_watch program_exits 2
  program_says "$BATS_TEST_TMPDIR/file/state"
  [ ! -s "$PROGRAM_DIR/requests" ]
  untouched
}

@test "2: a state that is of a later version, or no file" {
  program_exits 0
  local debts
  debts=$(echo "$PROGRAM_DIR"/state/*/debts)
  echo "clean-registry debts 999" >"$debts"
  program_watch program_exits 2
  program_says "$debts"
  [ ! -s "$PROGRAM_DIR/requests" ]
  rm "$debts"
  mkdir "$debts"
  program_watch program_exits 2
  [ ! -s "$PROGRAM_DIR/requests" ]
}

@test "2: a state that others can write decides nothing" {
  local debts digest
  program_run # makes the state
  program_empty_registry
  digest=$(push_images <<<"$IMAGES" | digest_of app:new)
  debts=$(echo "$PROGRAM_DIR"/state/*/debts)
  printf 'clean-registry debts 1\nowe app %s\n' "$digest" >"$debts"
  chmod 777 "$PROGRAM_DIR/state"
  program_watch program_exits 2
  program_says "$PROGRAM_DIR/state: others than its owner can write it"
  [ ! -s "$PROGRAM_DIR/requests" ]
  program_exits 2 --dry-run
  chmod 700 "$PROGRAM_DIR/state"
  chown 65534 "$debts"
  program_watch program_exits 2
  program_says "$debts: it belongs to another user"
  [ ! -s "$PROGRAM_DIR/requests" ]
  untouched
}

@test "3: a registry that cannot be reached" {
  program_config '{"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}}'
  program_exits 3
  program_says "the registry cannot be reached"
  [ "$(program_report .exit_code)" -eq 3 ]
  untouched
}

@test "3: something that is no registry" {
  program_config "{\"registry\": {\"url\": \"$REGISTRY_URL/nothing/here\"}}"
  program_exits 3
  program_says "registry.url" "404"
  untouched
}

@test "3: credentials that are refused, or missing" {
  other_registry --auth someuser:right
  program_config '{"registry": {"password": "wrong"}}'
  program_exits 3
  program_says "registry.user" "registry.password" "401"
  program_config '{"registry": {"user": "", "password": ""}}'
  program_exits 3
  program_says "registry.user"
  untouched
}

@test "3: deletion is disabled, and the line to set is named" {
  other_registry --no-delete
  program_exits 3
  program_says "deletion is disabled" 'storage: delete: enabled: true' \
    "REGISTRY_STORAGE_DELETE_ENABLED=true" "$REGISTRY_CONFIG"
  [ "$(program_report .summary.deleted)" -eq 0 ]
  untouched
}

@test "3: read-only mode, and the line to set is named" {
  other_registry --readonly
  program_exits 3
  program_says "read-only" 'storage: maintenance: readonly: enabled: false' "$REGISTRY_CONFIG"
  untouched
}

@test "3: a pull-through cache never deletes" {
  registry_start "$BATS_TEST_TMPDIR/other" --proxy "$REGISTRY_URL"
  pull_whole app old new
  program_config
  program_exits 3
  program_says "pull-through cache" "proxy.remoteurl" "$REGISTRY_CONFIG"
  untouched
  registry_use "$BATS_FILE_TMPDIR/registry"
  untouched
}

@test "3: refused without its configuration being readable, both causes are named" {
  other_registry --no-delete
  program_config '{"paths": {"config": "/nowhere/config.yml"}}'
  program_exits 3
  program_says "storage: delete: enabled: true" "pull-through cache"
  untouched
}

@test "5: another clean-registry holds the lock" {
  program_begin first
  program_config
  program_watch program_exits 5
  program_says "another clean-registry"
  [ ! -s "$PROGRAM_DIR/requests" ]
  untouched
  program_end first 0
  program_leaves app new
}

@test "5: another one with its own state, but the same storage" {
  program_begin first
  program_config "{\"paths\": {\"state\": \"$BATS_TEST_TMPDIR/other-state\"}}"
  program_exits 5
  program_says "another clean-registry" "$REGISTRY_STORE"
  untouched
  program_end first 0
  program_leaves app new
}

@test "5: a collector is running already" {
  mkfifo "$BATS_TEST_TMPDIR/hold"
  docker exec -i "$REGISTRY_NAME" sh -c 'echo ready; read -r line' garbage-collect \
    "$REGISTRY_CONFIG" <"$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/ready" 3>&- &
  exec {held}>"$BATS_TEST_TMPDIR/hold"
  program_await [ -s "$BATS_TEST_TMPDIR/ready" ]
  program_watch program_exits 5
  program_says "a collector is already at work"
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  untouched
  # However it names its configuration.
  program_config '{"paths": {"config": "/etc/other.yml"}, "gc": {"when": "never"}}'
  program_exits 5
  exec {held}>&-
  wait "$!"
}

# stopped SIGNAL WHEN: a run that gets the signal when registry.exec is called with WHEN.
stopped() {
  program_config "$(program_exec "case \$* in *$2*) kill -$1 \$PPID;; esac")"
  program_exits $((128 + $(kill -l "$1")))
}

@test "128+n: a signal before anything was deleted" {
  local signal
  for signal in TERM INT HUP; do
    stopped "$signal" --version
    untouched
    [ "$(program_report .exit_code)" -eq $((128 + $(kill -l "$signal"))) ]
    [ -z "$(program_owed)" ]
  done
}

@test "128+n: a collection is waited for, and nothing is owed then" {
  # Not when the collector is only asked.
  stopped TERM 'garbage-collect?/'
  program_leaves app new
  [ "$(program_report .garbage_collection.exit_status)" -eq 0 ]
  [ -z "$(program_owed)" ]
}

has_ended() {
  ! kill -0 "$1" 2>/dev/null
}

@test "128+n: a second signal leaves the collection running; it is owed, and the next run does it" {
  local pid
  mkfifo "$BATS_TEST_TMPDIR/hold"
  program_config "$(program_exec "case \$* in *--dry-run*) ;; *garbage-collect*)
    echo \$\$ >'$BATS_TEST_TMPDIR/pid'
    kill -INT \$PPID; kill -TERM \$PPID
    read -r line <'$BATS_TEST_TMPDIR/hold';; esac")"
  program_exits 130
  pid=$(cat "$BATS_TEST_TMPDIR/pid")
  kill -0 "$pid"
  [ "$(program_report '.garbage_collection | "\(.ran) \(.exit_status)"')" = "true null" ]
  [ "$(program_owed)" = collection ]
  echo 1<>"$BATS_TEST_TMPDIR/hold"
  program_await has_ended "$pid"
  program_config
  program_exits 0
  [ "$(program_report .garbage_collection.ran)" = true ]
  [ -z "$(program_owed)" ]
}
