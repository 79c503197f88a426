#!/usr/bin/env bats
# The verb collect: a collection alone, with the same checks as in a run, and what is asked when the client
# of a real engine is lost.

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

# Two tags that stay, and an old image whose manifest is deleted already: garbage.
setup() {
  local digest
  program_empty_registry
  rm -f "$REGISTRY_STORE/hold"
  digest=$(push_images <<<'[ {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"},
    {"repository": "app", "tag": "gone", "created": "-99d"} ]' | digest_of app:gone)
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/app/manifests/$digest"
  program_config
}

# collects CODE OPTIONS...: bats' run of the verb, which must exit with CODE; no tag went.
collects() {
  local code=$1
  shift
  rm -f "$PROGRAM_DIR/report.json"
  run "$CLEAN_REGISTRY" collect --config "$PROGRAM_DIR/config.json" --report "$PROGRAM_DIR/report.json" "$@"
  program_has_exited "$code"
  program_leaves app new old
}

blobs() {
  find "$REGISTRY_STORE/docker/registry/v2/blobs" -name data | wc -l
}

@test "it removes what nothing needs, tells how much, and verifies" {
  local before
  before=$(blobs)
  program_watch collects 0
  program_says 'collected: 3 blobs removed, 6 kept' 'freed ' '2 tags verified whole'
  [ "$(blobs)" -eq $((before - 3)) ]
  pull_whole app new old
  [ "$(program_report '.garbage_collection | "\(.ran) \(.blobs_deleted)"')" = 'true 3' ]
  [ "$(program_report '.storage.freed_bytes > 0')" = true ]
  [ "$(program_report '.tags | length')" -eq 0 ]
  [ -s "$PROGRAM_DIR/requests" ]
  [ "$(grep -vc '^\(GET\|HEAD\) ' "$PROGRAM_DIR/requests")" -eq 0 ]
}

@test "it pays what a run left owed, also where gc.when is never" {
  program_config '{"gc": {"when": "never"}, "cleanup": {"protected_tags": ["old"]}}'
  push_images >/dev/null <<<'[{"repository": "app", "tag": "older", "created": "-95d"}]'
  program_exits 0
  [ "$(program_owed)" = collection ]
  collects 0
  [ -z "$(program_owed)" ]
  [ "$(program_report .garbage_collection.blobs_deleted)" -ge 5 ]
}

@test "--dry-run only asks: nothing is written, no lock is taken" {
  local tree state
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  collects 0 --dry-run
  program_says 'the collector would remove 3 blobs, and keep 6'
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  [ -z "$(compgen -G "$PROGRAM_DIR/state/*/debts")" ]
  TEST_SOURCE=api program_config
  collects 0 -n
  program_says 'the collector would remove 3 blobs, and keep 6'
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
}

@test "another clean-registry, or a collector, at work: exit 5, also told by a dry run" {
  local running
  program_begin first
  collects 5
  program_end first 0
  program_empty_registry
  push_images >/dev/null <<<'[{"repository": "app", "tag": "new", "created": "-1d"},
    {"repository": "app", "tag": "old", "created": "-2d"}]'
  running=$(program_exec 'case $* in *cmdline*)
    printf "=/proc/7/cmdline\n"; printf "%s\0" registry garbage-collect x.yml; exit 0;; esac')
  program_config "$running"
  collects 5
  collects 5 --dry-run
}

@test "somebody uploads: it is put off, exit 1, and owed" {
  local location
  location=$(registry_curl -D - -o /dev/null -X POST "$REGISTRY_URL/v2/app/blobs/uploads/")
  [[ $location == *' 202 '* ]]
  program_config '{"gc": {"quiet_minutes": 5, "quiet_wait_minutes": 0}}'
  collects 1
  program_says 'app: an upload was written to'
  [ "$(program_report .garbage_collection.ran)" = false ]
  [ "$(program_owed)" = collection ]
}

@test "what the collector would stumble over: exit 4, also told by a dry run" {
  local link=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/revisions/sha256
  link=$link/1212121212121212121212121212121212121212121212121212121212121212/link
  mkdir -p "${link%/link}"
  : >"$link"
  collects 4
  program_says 'broken link file'
  collects 4 --dry-run
  program_says 'broken link file'
}

@test "--force-idle where nothing is unknown changes nothing; with a dry run, or a run, it is an error" {
  collects 0 --force-idle
  program_says 'the end of every collection is known'
  collects 2 --force-idle --dry-run
  run "$CLEAN_REGISTRY" --force-idle --config "$PROGRAM_DIR/config.json"
  program_has_exited 2
  run "$CLEAN_REGISTRY" collect --force --config "$PROGRAM_DIR/config.json"
  program_has_exited 2
}

# holding: the registry's program waits in the container, before a collection, for a line in the pipe "hold".
holding() {
  mkfifo "$REGISTRY_STORE/hold"
  docker exec -i "$REGISTRY_NAME" sh -c 'cat >/bin/held; busybox chmod 755 /bin/held' <<'SH'
#!/bin/sh
case "$*" in
  *--dry-run*) ;;
  *garbage-collect*) if [ -e /var/lib/registry/hold ]; then read -r line </var/lib/registry/hold; fi ;;
esac
exec registry "$@"
SH
  program_config '{"registry": {"program": "held"}}'
}

# client_of PID: prints the process id of the `docker exec` that runs the collector.
client_of() {
  local child
  for child in $(tr '\n' ' ' < <(cat /proc/"$1"/task/*/children)); do
    tr '\0' ' ' 2>/dev/null <"/proc/$child/cmdline" | grep -q 'held garbage-collect /' || continue
    echo "$child"
  done
}

has_client() {
  [ -n "$(client_of "$1")" ] && docker top "$REGISTRY_NAME" | grep -q 'held garbage-collect /'
}

@test "the client of a real docker exec is killed: the collector is seen, and waited for" {
  local pid code=0
  holding
  "$CLEAN_REGISTRY" collect --config "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  pid=$!
  program_await has_client "$pid"
  kill -KILL "$(client_of "$pid")"
  wait "$pid" || code=$?
  output=$(<"$BATS_TEST_TMPDIR/out")
  [ "$code" -eq 4 ]
  program_says 'whether the collector has ended is not known (it still runs)'
  program_keeps_quiet_of 'verified whole'
  grep -q '^collecting ' "$PROGRAM_DIR"/state/*/debts
  # Nothing goes while it is there.
  program_exits 5
  program_leaves app new old
  # It goes on to its end.
  echo 1<>"$REGISTRY_STORE/hold"
  rm "$REGISTRY_STORE/hold"
  program_await docker_is_idle
  program_exits 0
  program_says 'whose end was not seen, has ended: no collector is at work'
  program_leaves app new
}

docker_is_idle() {
  ! docker top "$REGISTRY_NAME" | grep -q garbage-collect
}

@test "in a container without a shell, a restart settles it" {
  local pid code=0 since
  holding
  # From here on nobody can ask.
  program_config '{"registry": {"program": "held"}, "paths": {"host_storage": null}}'
  "$CLEAN_REGISTRY" collect --config "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  pid=$!
  program_await has_client "$pid"
  docker exec "$REGISTRY_NAME" busybox mv /bin/sh /bin/no-sh
  kill -KILL "$(client_of "$pid")"
  wait "$pid" || code=$?
  output=$(<"$BATS_TEST_TMPDIR/out")
  [ "$code" -eq 4 ]
  program_exits 4
  program_says "docker restart $REGISTRY_NAME"
  program_leaves app new old
  # As if it had begun an hour ago.
  since=$(($(date +%s) - 3600))
  sed -i -E "s/^collecting [0-9]+ /collecting $since /" "$PROGRAM_DIR"/state/*/debts
  program_exits 4
  rm "$REGISTRY_STORE/hold"
  registry_restart
  program_config
  program_exits 0
  program_says 'its container was started again since'
  program_leaves app new
  docker exec "$REGISTRY_NAME" busybox mv /bin/no-sh /bin/sh
}

@test "garbage that no run would collect: the dry run and usage say what does" {
  program_config '{"cleanup": {"days_to_keep": 365}}'
  program_exits 0 --dry-run
  program_says "would delete 0 tags" "garbage already now" \
    "nothing is to be deleted, so the run would not collect that: clean-registry collect does, or gc.when: always"
  run "$CLEAN_REGISTRY" usage --config "$PROGRAM_DIR/config.json"
  program_has_exited 0
  program_says "clean-registry collect" "gc.when: always"
  program_config '{"gc": {"when": "never"}}'
  program_exits 0 --dry-run
  program_says "gc.when is never, so the run would not collect that"
  program_config '{"cleanup": {"days_to_keep": 365}, "gc": {"when": "always"}}'
  program_exits 0 --dry-run
  program_keeps_quiet_of "would not collect"
  program_says "would then run the collector"
  program_exits 0
  program_config '{"cleanup": {"days_to_keep": 365}}'
  program_exits 0 --dry-run
  program_keeps_quiet_of "would not collect"
}

@test "a run says how many tags go before the first of them goes" {
  program_exits 0
  program_says "deleting 1 tag (1 manifest)"
  [[ $output == *"deleting 1 tag (1 manifest)"*"deleted app:old"* ]]
}
