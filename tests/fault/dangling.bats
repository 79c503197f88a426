#!/usr/bin/env bats
# DELETEs that are cut after the manifest went and before its tags did, as distribution 3.x does when the
# client is gone: the next run finishes them (S7, S12).

load world

setup() {
  world_start --cache none
  world_push '[
    {"repository": "team/app", "tag": "old-1", "created": "-90d"},
    {"repository": "team/app", "tag": "twin-1", "same_as": "team/app:old-1"},
    {"repository": "team/app", "tag": "old-2", "created": "-91d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
}

teardown() {
  world_stop
}

play_3x() {
  world_proxy --play-3x --store "$REGISTRY_STORE"
}

settings() {
  program_config "{\"registry\": {\"timeout\": 5, \"retry_seconds\": 1}} * ${1:-"{}"}" "$(fault_url)"
}

# cut_first: the manifest of old-1 goes, its tags stay, and no answer comes.
cut_first() {
  local digest
  digest=$(world_digest team/app:old-1)
  settings "${1-}"
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"$digest\"}, \"times\": 1, \"continue\": true,
    \"run\": \"rm -r '$(world_manifests team/app)/revisions/sha256/${digest#sha256:}/link'\"},
    {\"match\": {\"method\": \"DELETE\", \"path\": \"$digest\"}, \"times\": 1, \"drop\": true}]"
  program_run
  world_exits 1
  world_applied
  registry_tags team/app | grep -qx old-1
  registry_tags team/app | grep -qx twin-1
  program_owed | grep -qx "team/app $digest"
  fault_clear
}

all_gone() {
  world_exits 0
  world_tags team/app new
  pull_whole team/app new
  [ -z "$(program_owed)" ]
  # What was written down for this is gone with the debt.
  [ "$(find "$PROGRAM_DIR/state" -name 'batch-*' | wc -l)" -eq 0 ]
  program_run
  world_exits 0
  [ "$(program_report .summary.deleted)" -eq 0 ]
}

@test "2.8: the manifest is put back under its digest, and deleted with its tags" {
  cut_first
  program_run
  [ "$(fault_answers PUT .)" = "201 PUT /v2/team/app/manifests/$(world_digest team/app:old-1)" ]
  all_gone
}

@test "3.x: the tags are deleted by their names, nothing is pushed" {
  play_3x
  cut_first
  program_run
  [ "$(fault_count PUT .)" -eq 0 ]
  [ "$(fault_count DELETE 'manifests/(old|twin)-1$')" -eq 2 ]
  all_gone
}

@test "killed while the DELETE is cut: the next run finishes" {
  local digest
  digest=$(world_digest team/app:old-1)
  settings
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"$digest\"}, \"times\": 1, \"continue\": true,
    \"run\": \"rm -r '$(world_manifests team/app)/revisions/sha256/${digest#sha256:}/link'; kill -KILL \$(cat $BATS_TEST_TMPDIR/pid)\"},
    {\"match\": {\"method\": \"DELETE\", \"path\": \"$digest\"}, \"times\": 1, \"drop\": true}]"
  # shellcheck disable=SC2016 # expanded by the inner shell
  run bash -c 'echo $$ >"$0"; exec "$@"' "$BATS_TEST_TMPDIR/pid" "$CLEAN_REGISTRY" \
    --config "$PROGRAM_DIR/config.json"
  world_exits 137
  world_applied
  fault_clear
  program_run
  all_gone
}

one_pushed_anew() {
  cut_first
  world_push '[{"repository": "team/app", "tag": "twin-1", "created": "-1h"}]'
  program_run
  world_exits 0
  world_tags team/app new twin-1
  pull_whole team/app new twin-1
  [ -z "$(program_owed)" ]
}

@test "2.8: a tag that was pushed anew meanwhile stays" {
  one_pushed_anew
}

@test "3.x: a tag that was pushed anew meanwhile stays" {
  play_3x
  one_pushed_anew
}

@test "no right to push: named each night, and nothing else is deleted there" {
  # The collector would take what the manifest needs to be put back.
  cut_first '{"gc": {"when": "never"}}'
  fault_rules '[{"match": {"method": "PUT"}, "status": {"code": 403, "error": "DENIED"}}]'
  program_run
  world_exits 1
  world_applied
  world_says 'ERROR.*team/app: tag (old|twin)-1 is left over.*403 DENIED'
  program_owed | grep -q "team/app $(world_digest team/app:old-1)"
  program_run
  world_exits 1
  world_says 'ERROR.*team/app: tag (old|twin)-1 is left over.*403 DENIED'
  fault_clear
  settings
  program_run
  all_gone
}

@test "a tag that came to the manifest while it was back keeps it" {
  cut_first
  fault_rules "[{\"match\": {\"method\": \"PUT\"}, \"times\": 1, \"run\": {\"when\": \"after\", \"command\":
    \"curl -sf -o $BATS_TEST_TMPDIR/body -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
      $REGISTRY_URL\$FAULT_PATH && curl -sf -X PUT --data-binary @$BATS_TEST_TMPDIR/body \
      -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
      $REGISTRY_URL/v2/team/app/manifests/latest\"}}]"
  program_run
  world_exits 1
  world_applied
  world_says 'tag latest points at it now'
  pull_whole team/app latest new
}

@test "a tag that dangles and is none of ours is reported, and left alone" {
  local digest
  digest=$(world_digest team/app:new)
  settings
  rm -r "$(world_manifests team/app)/revisions/sha256/${digest#sha256:}"
  program_run
  registry_tags team/app | grep -qx new
  [ "$(fault_count PUT .)" -eq 0 ]
  world_says 'team/app:new is damaged'
}

@test "a tag that is held is left as it is, and named, until it is released" {
  cut_first
  "$CLEAN_REGISTRY" hold team/app:twin-1 --config "$PROGRAM_DIR/config.json"
  program_run
  world_exits 1
  world_says 'team/app:twin-1 is held, but its image is gone'
  registry_tags team/app | grep -qx old-1
  registry_tags team/app | grep -qx twin-1
  [ "$(fault_count PUT .)" -eq 0 ]
  "$CLEAN_REGISTRY" release team/app:twin-1 --config "$PROGRAM_DIR/config.json"
  program_run
  all_gone
}

@test "what is held by its digest, though it is gone, is not put back to be deleted" {
  local name
  name=team/app@$(world_digest team/app:old-1)
  cut_first
  "$CLEAN_REGISTRY" hold "$name" --force --config "$PROGRAM_DIR/config.json"
  program_run
  world_exits 1
  world_says "$name is held, but its image is gone"
  [ "$(fault_count PUT .)" -eq 0 ]
  "$CLEAN_REGISTRY" release "$name" --config "$PROGRAM_DIR/config.json"
  program_run
  all_gone
}

@test "a file of holds that breaks once something was sent is exit code 1, with a report" {
  local holds
  cut_first
  "$CLEAN_REGISTRY" hold team/app:new --config "$PROGRAM_DIR/config.json"
  holds=$(printf '%s\n' "$PROGRAM_DIR"/state/*/holds)
  printf "echo x >>'%s'\n" "$holds" >"$BATS_TEST_TMPDIR/hook"
  fault_rules "[{\"match\": {\"method\": \"DELETE\"}, \"times\": 1, \"continue\": true,
    \"run\": \"sh $BATS_TEST_TMPDIR/hook\"}]"
  program_run
  world_exits 1
  world_applied
  world_says 'holds: damaged'
  [ "$(program_report .exit_code)" -eq 1 ]
  [ "$(fault_count PUT .)" -eq 0 ]
}
