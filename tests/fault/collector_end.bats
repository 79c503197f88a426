#!/usr/bin/env bats
# How a collection ends, and what is known of its end: without its summary line it has ended only if nobody
# is at work when that is asked. Until that is settled nothing is verified and nothing deleted (S8, S10).
# `docker` is a stub that does on demand what an engine does when it is lost.

load world

SUMMARY=$'\n3 blobs marked, 1 blobs and 0 manifests eligible for deletion\n'

setup() {
  world_start
  fault_stub_docker
  world_config '{"registry": {"exec": ["docker", "exec", "{container}"], "container": "some",
    "program": "docker-registry"}}'
}

teardown() {
  release
  world_stop
}

# can_ask, cannot_ask: the container has a shell, or none.
can_ask() {
  rm -f "$DOCKER_STUB_DIR"/sh.*
}

cannot_ask() {
  echo 'exec: "sh": no such file' >"$DOCKER_STUB_DIR/sh.err"
  echo 126 >"$DOCKER_STUB_DIR/sh.rc"
}

# remembered: prints what the journal says of a collection whose end was not seen.
remembered() {
  awk '$1 == "collecting" { line = $0 } $1 == "ended" { line = "" } END { if (line) print line }' \
    "$PROGRAM_DIR"/state/*/debts
}

# ends STATUS [OUTPUT]: a run whose collector prints OUTPUT and ends with STATUS; the tags are gone.
ends() {
  world_push "$WORLD_IMAGES"
  printf '%s' "${2-}" >"$DOCKER_STUB_DIR/garbage-collect-working.out"
  echo "$1" >"$DOCKER_STUB_DIR/garbage-collect-working.rc"
  program_run
  rm "$DOCKER_STUB_DIR"/garbage-collect-working.*
  world_tags team/app new
}

# is_known CODE: that run has seen the end, verified all tags, and exited with CODE.
is_known() {
  world_exits "$1"
  [ -z "$(remembered)" ]
  [ "$(program_report .verification.ran)" = true ]
}

# is_unknown [REGEX...]: it has not.
is_unknown() {
  world_exits 4
  [ -n "$(remembered)" ]
  [ "$(program_report .verification.ran)" = false ]
  [ "$(program_owed)" = collection ]
  world_says 'whether the collector has ended is not known' "$@"
}

# refuses [CODE REGEX...]: nothing is deleted, not even probed, and no collector runs.
refuses() {
  local code=${1:-4} called deletes
  shift || true
  world_push "$WORLD_IMAGES"
  world_remember team/app other
  called=$(called)
  deletes=$(fault_count DELETE .)
  program_run
  world_exits "$code"
  world_says "${@:-restart the container .*collect --force-idle}"
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq "$deletes" ]
  [ "$(called)" -eq "$called" ]
  [ -n "$(remembered)" ]
}

# called: how often a collector was started.
called() {
  grep -Ec -- 'exec .*garbage-collect' "$DOCKER_STUB_DIR/log" || true
}

# works: a run that does all there is to do.
works() {
  world_push "$WORLD_IMAGES"
  program_run
  world_exits 0
  world_tags team/app new
  [ -z "$(remembered)" ]
  [ -z "$(program_owed)" ]
}

# settled: the next run settles it for TEXT, and does its work.
settled() {
  works
  world_says "whose end was not seen, has ended: $1"
}

# lives_on: the collector is started, and its client ends with 255 and no text, as docker's does when its
# daemon goes away; the collector waits in the file "hold" until release.
lives_on() {
  mkfifo "$BATS_TEST_TMPDIR/hold"
  cat >"$BATS_TEST_TMPDIR/docker-registry" <<SH
#!/bin/bash
read -r _ <"$BATS_TEST_TMPDIR/hold"
SH
  chmod 755 "$BATS_TEST_TMPDIR/docker-registry"
  ln -sf "$BATS_TEST_TMPDIR/docker" "$BATS_TEST_TMPDIR/stub-bin/docker"
  cat >"$BATS_TEST_TMPDIR/docker" <<SH
#!/bin/bash
case \$* in *--dry-run*) ;; *"garbage-collect "*)
  [ -e "$BATS_TEST_TMPDIR/held" ] || {
    env -u COLLECTION_OF_RUN setsid "$BATS_TEST_TMPDIR/docker-registry" "\${@:6}" </dev/null >/dev/null 2>&1 &
    echo \$! >"$BATS_TEST_TMPDIR/held"
    exit 255
  } ;;
esac
exec "$FAULT_TOOLS/docker_stub" "\$@"
SH
  chmod 755 "$BATS_TEST_TMPDIR/docker"
  world_push "$WORLD_IMAGES"
  program_run
  world_tags team/app new
}

# release: the collector that lives on ends.
release() {
  local held=$BATS_TEST_TMPDIR/held
  [ -e "$held" ] || return 0
  if kill -KILL "$(<"$held")" 2>/dev/null; then
    program_await has_ended "$(<"$held")"
  fi
}

has_ended() {
  ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null
}

# The registry's own collector: one that says it removed what is still there has not succeeded.
@test "0 with the summary: it has ended, whether that can be asked or not" {
  works
  is_known 0
  cannot_ask
  works
  is_known 0
}

@test "1 with the summary: it has failed, and ended" {
  cannot_ask
  ends 1 "$SUMMARY"
  is_known 4
  works
}

@test "without the summary, 0, 1, 137 and 255: it has ended when nobody is at work" {
  local code
  for code in 0 1 137 255; do
    ends "$code"
    is_known 4
  done
  works
}

@test "without the summary, 0, 1, 137 and 255: its end is not known when that cannot be asked" {
  local code
  for code in 0 1 137 255; do
    cannot_ask
    ends "$code"
    is_unknown 'no such file'
    refuses
    can_ask
    settled 'no collector is at work'
  done
}

@test "137 and 255 with the summary: it still removes what it found, perhaps" {
  local code
  for code in 137 255; do
    cannot_ask
    ends "$code" "$SUMMARY"
    is_unknown
    refuses
    can_ask
    settled 'no collector is at work'
  done
}

@test "a client that is killed: known when it can be asked, otherwise not" {
  local killed='case $* in *--dry-run*) ;; *"garbage-collect "*) kill -KILL $$;; esac'
  world_push
  world_config "$(program_exec "$killed")"
  program_run
  is_known 4
  world_push
  world_config "$(program_exec "case \$* in *cmdline*) exit 126;; esac; $killed")"
  program_run
  is_unknown 'exit status 126'
}

@test "what an engine refuses to start has ended" {
  local text
  cannot_ask
  for text in 'Cannot connect to the Docker daemon at unix:///x' 'Error: No such container: some' \
    'Error response from daemon: Container 12ab is not running'; do
    printf '%s' "$text" >"$DOCKER_STUB_DIR/garbage-collect-working.err"
    ends 1
    is_known 4
  done
  # Said after the collector's own words it means nothing.
  printf '%s' "$text" >"$DOCKER_STUB_DIR/garbage-collect-working.err"
  ends 1 $'team/app\n'
  is_unknown
}

@test "255 without text while the collector lives on: it is seen, also by the next run" {
  lives_on
  is_unknown 'it still runs'
  refuses 5 'a collector is already at work'
  refuses 5 'a collector is already at work'
  release
  settled 'no collector is at work'
}

@test "255 without text while the collector lives on, where nobody can ask" {
  cannot_ask
  # Nor is it a process of this storage here: it hides what it reads.
  world_config '{"registry": {"exec": ["docker", "exec", "{container}"], "container": "some",
    "program": "docker-registry"}, "paths": {"host_storage": null}}'
  lives_on
  is_unknown
  refuses
  # Not even when it has ended: that is not to be seen either.
  release
  refuses
  can_ask
  settled 'no collector is at work'
}

@test "the container was started again since" {
  cannot_ask
  echo '"2026-01-02T03:04:05.678Z"' >"$DOCKER_STUB_DIR/inspect.out"
  ends 255
  is_unknown
  refuses
  # Some moment that is too near, or lies before it.
  date -u -d '+5 seconds' '+"%FT%T.5Z"' >"$DOCKER_STUB_DIR/inspect.out"
  refuses
  echo '"2026-01-02T03:04:06Z"' >"$DOCKER_STUB_DIR/inspect.out"
  refuses
  echo '"not a time"' >"$DOCKER_STUB_DIR/inspect.out"
  refuses
  date -u -d '+1 hour' '+"%FT%T.5Z"' >"$DOCKER_STUB_DIR/inspect.out"
  settled 'its container was started again since'
}

@test "when the container was started was not known: that it was started again settles nothing" {
  cannot_ask
  ends 255
  date -u -d '+1 hour' '+"%FT%T.5Z"' >"$DOCKER_STUB_DIR/inspect.out"
  refuses
}

@test "the operator's word: collect --force-idle, and not while it is seen" {
  cannot_ask
  ends 255
  is_unknown
  run "$CLEAN_REGISTRY" collect --force-idle --config "$PROGRAM_DIR/config.json"
  world_exits 0
  world_says 'WARNING.*--force-idle: the operator says'
  [ -z "$(remembered)" ]
  works
  can_ask
  lives_on
  run "$CLEAN_REGISTRY" collect --force-idle --config "$PROGRAM_DIR/config.json"
  world_exits 5
  refuses 5 'a collector is already at work'
}

@test "a dry run, plan and verify look on; a dry run says what would stop the run" {
  local journal
  cannot_ask
  ends 255
  journal=$(cat "$PROGRAM_DIR"/state/*/debts)
  world_push "$WORLD_IMAGES"
  program_run --dry-run
  world_exits 4
  world_says 'collect --force-idle'
  run "$CLEAN_REGISTRY" plan --config "$PROGRAM_DIR/config.json"
  world_exits 0
  run "$CLEAN_REGISTRY" verify --config "$PROGRAM_DIR/config.json"
  world_exits 0
  [ "$(cat "$PROGRAM_DIR"/state/*/debts)" = "$journal" ]
}

@test "it is remembered before the collector is started, and struck off when it has ended" {
  world_push
  world_config "$(program_exec "case \$* in *'garbage-collect '*)
    cat '$PROGRAM_DIR'/state/*/debts >'$BATS_TEST_TMPDIR/then';; esac")"
  program_run
  world_exits 0
  [ "$(grep -c '^collecting ' "$BATS_TEST_TMPDIR/then")" -eq 1 ]
  [ -z "$(remembered)" ]
}
