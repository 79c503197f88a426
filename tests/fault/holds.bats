#!/usr/bin/env bats
# What is held between the plan and the deletes stays: decisions may only shrink (S6).

load world

setup() {
  world_start
  world_push '[
    {"repository": "app", "tag": "old-1", "created": "-90d"},
    {"repository": "app", "tag": "old-2", "created": "-91d"},
    {"repository": "app", "tag": "old-3", "created": "-92d"},
    {"repository": "app", "tag": "new", "created": "-1d"} ]'
  world_config '{"registry": {"timeout": 10}}'
}

teardown() {
  world_stop
}

# meanwhile RULE COMMAND: has the proxy run COMMAND, of this program, before it passes on what RULE says.
meanwhile() {
  local script=$BATS_TEST_TMPDIR/hook
  printf '#!/bin/sh\n%s\n' "$2" >"$script"
  fault_rules "[{$1, \"times\": 1, \"continue\": true, \"run\": \"sh $script\"}]"
}

# The folder of what is held, once there is one.
folder() {
  "$CLEAN_REGISTRY" hold app:new --config "$PROGRAM_DIR/config.json" >/dev/null 2>&1
  "$CLEAN_REGISTRY" release app:new --config "$PROGRAM_DIR/config.json" >/dev/null
  dirname "$PROGRAM_DIR"/state/*/holds
}

# hold_file FOLDER TAG...: prints a command that holds these tags of app, as the program would: the proxy
# waits for it, so it must not ask the proxy.
hold_file() {
  local folder=$1 tag
  shift
  {
    echo "clean-registry list of holds 1"
    for tag; do
      echo "1780000000 0 alice app:$tag "
    done
  } >"$BATS_TEST_TMPDIR/body"
  printf 'sha256:%s\n' "$(sha256sum "$BATS_TEST_TMPDIR/body" | cut -d ' ' -f 1)" >>"$BATS_TEST_TMPDIR/body"
  chmod 600 "$BATS_TEST_TMPDIR/body"
  printf 'mv %q %q\n' "$BATS_TEST_TMPDIR/body" "$folder/holds"
}

@test "what is held while a repository is looked at again stays" {
  local folder scan=1
  [ "$TEST_SOURCE" = api ] || scan=0
  folder=$(folder)
  meanwhile "\"match\": {\"path\": \"app/tags/list\"}, \"after\": $scan" "$(hold_file "$folder" old-2)"
  program_run
  world_exits 0
  world_applied
  world_tags app new old-2
  [[ $(program_tag app old-2) == changed* ]]
  pull_whole app old-2
}

@test "what is held while the first manifest is deleted stays" {
  local folder
  folder=$(folder)
  meanwhile '"match": {"method": "DELETE", "path": "app/manifests/sha256:"}, "after": 1' \
    "$(hold_file "$folder" old-1 old-2 old-3)"
  program_run
  world_exits 0
  world_applied
  world_says 'what is held has changed; it is looked at again'
  [ "$(registry_tags app | grep -c old)" = 2 ]
}

@test "a file of holds that breaks between the plan and the deletes stops them" {
  local folder
  folder=$(folder)
  meanwhile '"match": {"method": "DELETE", "path": "app/manifests/sha256:"}, "after": 1' "echo x >>'$folder/holds'"
  program_run
  world_exits 1
  world_applied
  world_says "holds: damaged.*what is held is not known, so nothing is deleted"
  [ "$(registry_tags app | grep -c old)" = 2 ]
}

@test "what is held after a run was cut is not deleted by the next" {
  fault_rules '[{"match": {"method": "DELETE", "path": "app/manifests/sha256:"}, "after": 1, "status": 500}]'
  program_run
  world_exits 1
  [ -n "$(program_owed)" ]
  fault_rules '[]'
  for tag in old-1 old-2 old-3; do
    "$CLEAN_REGISTRY" hold "app:$tag" --config "$PROGRAM_DIR/config.json"
  done
  program_run
  world_exits 0
  world_tags app new old-1 old-2 old-3
  "$CLEAN_REGISTRY" release app:old-1 --config "$PROGRAM_DIR/config.json"
  program_run
  world_exits 0
  world_tags app new old-2 old-3
}
