#!/usr/bin/env bats
# --max-minutes: a run ends when its time is up, says what is left, and the next one goes on there.

load world

setup() {
  world_start --cache none
}

teardown() {
  world_stop
}

# The first DELETE of a manifest outlasts the limit; one request at a time.
slow_deletes() {
  world_config '{"registry": {"max_concurrent_requests": 1}}'
  fault_rules '[{"match": {"method": "DELETE", "path": "'"$1"'/manifests/sha256"}, "after": '"$2"', "times": 1,
    "delay": 12}]'
}

@test "time is up between repositories: the rest and the collection are left, exit 1; the next run finishes" {
  world_push
  world_remember team/app
  slow_deletes other 1
  program_run --max-minutes 0.15
  world_applied
  world_exits 1
  world_says 'WARNING. time is up \(--max-minutes\): 1 repository with 1 tag to delete is left for the next run; nothing is collected now, and the collection stays owed' \
    'what is there now is not verified'
  world_tags other new
  world_unchanged team/app
  [ "$(program_owed)" = collection ]
  [ "$(program_report .garbage_collection.ran)" = false ]
  [ "$(program_report .exit_code)" -eq 1 ]
  [ "$(program_report '[.tags[] | select(.status == "planned") | .repository + ":" + .tag] | join(" ")')" = team/app:old ]
  fault_clear
  program_run --max-minutes 60
  world_exits 0
  world_tags team/app new
  [ -z "$(program_owed)" ]
  [ "$(program_report .garbage_collection.ran)" = true ]
}

@test "time is up within a repository: what was about to go stays owed, and what is there is whole" {
  world_push '[
    {"repository": "team/app", "tag": "one", "created": "-90d"},
    {"repository": "team/app", "tag": "two", "kind": "index", "created": "-90d",
      "platforms": ["linux/amd64", "linux/arm64"]},
    {"repository": "team/app", "tag": "three", "created": "-90d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  slow_deletes team/app 1
  program_run --max-minutes 0.15
  world_applied
  world_exits 1
  world_says 'time is up \(--max-minutes\): 1 repository with 2 tags to delete is left'
  [ "$(registry_tags team/app | wc -l)" -eq 3 ]
  # shellcheck disable=SC2046 # words
  pull_whole team/app $(registry_tags team/app)
  [ "$(program_owed | grep -c sha256:)" -ge 2 ]
  fault_clear
  program_run
  world_exits 0
  world_tags team/app new
  [ -z "$(program_owed)" ]
  registry_lacks team/app "$(world_digest team/app:two/linux/arm64)"
}

@test "time is up before anything is deleted: nothing goes" {
  world_push
  world_remember team/app other
  fault_rules '[{"match": {"path": "/v2/$"}, "times": 1, "delay": 1}]'
  program_run --max-minutes 0.001
  world_exits 1
  world_says '2 repositories with 2 tags to delete are left'
  world_unchanged team/app other
  world_no_delete team/app other
  [ "$(program_report .garbage_collection.ran)" = false ]
}

@test "nothing is left to do: the limit does not matter, nor to a dry run" {
  world_push
  program_run
  world_exits 0
  program_run --max-minutes 0.001
  world_exits 0
  world_push
  program_run --dry-run --max-minutes 0.001
  world_exits 0
}

@test "what is no number of minutes is refused, and who does not delete takes none" {
  local value
  for value in 0 -1 1e3 0x10 ' 1' '1 ' 1.2.3 nan inf 525601 .; do
    program_run --max-minutes "$value"
    world_exits 2
  done
  for value in plan usage verify collect; do
    run "$CLEAN_REGISTRY" "$value" -c "$PROGRAM_DIR/config.json" --max-minutes 5
    world_exits 2
    world_says 'not an option of'
  done
}
