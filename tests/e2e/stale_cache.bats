#!/usr/bin/env bats
# The registry's cache of blob descriptors after a collection: what it still believes in is found out by
# asking, in redis as well, which no restart empties.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program
load ../tools/fault

setup() {
  REDIS_PORT=
  FILES=$BATS_TEST_TMPDIR
}

teardown() {
  fault_stop
  registry_stop "$FILES/own"
  if [ -e "$FILES/redis.pid" ]; then
    kill -TERM "$(<"$FILES/redis.pid")" 2>/dev/null || true
    program_await has_ended
  fi
}

has_ended() {
  ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$(<"$FILES/redis.pid")/status" 2>/dev/null
}

# redis: starts one; its port is REDIS_PORT.
redis() {
  local tries
  for tries in 1 2 3 4 5; do
    REDIS_PORT=$(registry_free_port)
    redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --appendonly no --dir "$FILES" \
      >"$FILES/redis.log" 2>&1 </dev/null 3>&- &
    echo "$!" >"$FILES/redis.pid"
    program_await grep -qE 'Ready to accept connections|Address already in use' "$FILES/redis.log"
    ! grep -q 'Address already in use' "$FILES/redis.log" || continue
    return 0
  done
  return 1
}

# start CACHE: a registry on this host, with an old and a young image.
start() {
  registry_start_host "$FILES/own" --cache "$1" ${REDIS_PORT:+--redis "$REDIS_PORT"}
  push
  # What is pulled is in the cache for sure.
  pull_whole app old new
}

push() {
  push_images >"$FILES/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]} ]
JSON
}

# restarts COMMAND: the JSON of a configuration whose gc.restart does that and restarts the registry.
restarts() {
  cat >"$FILES/restart" <<SH
#!/bin/bash
set -e
. "$BATS_TEST_DIRNAME/../tools/registry.bash"
registry_use "$FILES/own"
$1
registry_restart 3>&-
SH
  chmod 755 "$FILES/restart"
  jq --null-input --arg file "$FILES/restart" '{gc: {restart: [$file]}}'
}

warned() {
  [ "$(grep -c '\[WARNING\]' <<<"$output")" -eq 1 ]
  program_says "[WARNING] the registry's cache still lists removed layers" "$@"
  [ -z "$(program_owed)" ]
}

@test "redis without gc.restart: one warning that says what is still believed in, and the flush" {
  redis
  start redis
  program_config
  program_exits 0
  warned "that were asked for, app sha256:" "survives a restart" "blobs::*"
  # Once it is flushed, what is pushed again is whole.
  redis-cli -p "$REDIS_PORT" flushall >/dev/null
  push
  pull_whole app old new
}

@test "a cache in memory without gc.restart: the same, and a restart is named" {
  start inmemory
  program_config
  program_exits 0
  warned "that were asked for, app sha256:" "set gc.restart"
}

@test "redis with a gc.restart that only restarts: exit 4, owed, night after night" {
  redis
  start redis
  program_config "$(restarts '')"
  program_exits 4
  program_says "[ERROR] after gc.restart the registry still lists removed blobs" \
    "app sha256:" "blobs::*"
  program_leaves app new
  [ "$(program_owed)" = collection ]
  # The next run removes nothing, and knows what to ask for all the same.
  program_exits 4
  program_says "still lists removed blobs" "app sha256:"
  [ "$(program_owed)" = collection ]
  program_config "$(restarts "redis-cli -p $REDIS_PORT flushall")"
  program_exits 0
  program_keeps_quiet_of "[WARNING]" "believes"
  [ -z "$(program_owed)" ]
  push
  pull_whole app old new
}

@test "a cache in memory that gc.restart does not empty: exit 4 as well" {
  start inmemory
  program_config '{"gc": {"restart": ["true"]}}'
  program_exits 4
  program_says "still lists removed blobs"
  [ "$(program_owed)" = collection ]
  program_config "$(restarts '')"
  program_exits 0
  [ -z "$(program_owed)" ]
}

@test "a blob that was pushed again meanwhile is no memory" {
  start inmemory
  cat >"$FILES/again" <<SH
#!/bin/bash
. "$BATS_TEST_DIRNAME/../tools/registry.bash"
registry_use "$FILES/own"
registry_restart 3>&-
. "$BATS_TEST_DIRNAME/../tools/store.bash"
push_images <<<'[{"repository": "app", "tag": "again", "created": "-1d", "layers": ["lost:51001"]}]'
SH
  chmod 755 "$FILES/again"
  program_config "$(jq --null-input --arg file "$FILES/again" '{gc: {restart: [$file]}}')"
  program_exits 0
  program_keeps_quiet_of believes
  pull_whole app again new
}

@test "a registry that does not answer after gc.restart: not known is not clean; exit 4, owed" {
  start inmemory
  fault_start --backend "$REGISTRY_URL"
  program_config '{"gc": {"restart": ["true"]}}' "$(fault_url)"
  fault_rules '[{"match": {"method": "HEAD", "path": "/blobs/"}, "status": 403}]'
  program_exits 4
  program_says "could not be asked after gc.restart (app sha256:"
  [ "$(program_owed)" = collection ]
  # The next run removes nothing, and asks again.
  fault_clear
  program_exits 4
  program_says "still lists removed blobs"
  program_config "$(restarts '')" "$(fault_url)"
  program_exits 0
  [ -z "$(program_owed)" ]
}

@test "without a cache nothing is asked" {
  registry_start_host "$FILES/own" --cache none
  push
  program_config
  program_watch program_exits 0
  program_keeps_quiet_of believes
  run ! grep '^HEAD .*/blobs/' "$PROGRAM_DIR/requests"
}
