#!/usr/bin/env bats
# DELETEs that fail, lie, or have no clear end: what counts as done, what stays owed, and when nothing
# may be collected (S7, S8, S10, S12).

load world

IMAGES='[
  {"repository": "team/app", "tag": "old-1", "created": "-90d"},
  {"repository": "team/app", "tag": "old-2", "created": "-91d"},
  {"repository": "team/app", "tag": "old-3", "created": "-92d"},
  {"repository": "team/app", "tag": "new", "created": "-1d"},
  {"repository": "other", "tag": "old", "created": "-80d"},
  {"repository": "other", "tag": "new", "created": "-2d"} ]'

setup() {
  world_start
  world_push "$IMAGES"
}

teardown() {
  world_stop
}

# first ACTION [MORE KEYS]: on the first DELETE in team/app, which is of a manifest with a tag. The
# probes go to `other`, which comes first.
first() {
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"/v2/team/app/manifests/sha256:\"},
    \"times\": 1, $1}]"
}

# one_failed: one DELETE in team/app and no more; all three tags are there and owed; `other` is clean.
one_failed() {
  world_exits 1
  world_applied
  [ "$(fault_count DELETE team/app)" -eq 1 ]
  world_unchanged team/app
  world_says 'team/app: manifest sha256:.*the rest of this repository is left' "$@"
  [ "$(program_report '[.tags[] | select(.status == "failed")] | length')" -eq 3 ]
  [ "$(program_owed | grep -c '^team/app sha256:')" -eq 3 ]
  world_tags other new
}

collected() {
  [ "$(program_report .garbage_collection.ran)" = "$1" ]
  [ "$(program_owed | grep -c '^collection$')" -eq "$([ "$1" = true ] && echo 0 || echo 1)" ]
}

# All of it is done, and nothing is owed.
all_done() {
  world_exits 0
  world_tags team/app new
  world_tags other new
  pull_whole team/app new
  [ -z "$(program_owed)" ]
}

next_run_finishes() {
  fault_clear
  program_run
  all_done
  [ "$(program_report .garbage_collection.ran)" = true ]
}

@test "500 and the tag stays: failed, its repository is left, others are done, debts stay" {
  world_remember team/app
  first '"status": 500'
  program_run
  one_failed 500
  collected true
  next_run_finishes
}

@test "500 although it was done: digest and tags are looked at, and it counts as done" {
  first '"status": {"code": 500, "forward": true}'
  program_run
  world_applied
  all_done
  collected true
  [ "$(program_report .summary.deleted)" -eq 4 ]
  # Not sent again: each of the four once, and two probes.
  [ "$(fault_count DELETE .)" -eq 6 ]
}

@test "500 of a real registry: a broken link elsewhere leaves a tag that dangles" {
  local folder
  folder=$(world_manifests team/app)/tags/new/current
  first "\"run\": \"cp '$folder/link' '$folder/saved' && : >'$folder/link'\""
  program_run
  world_exits 1
  world_applied
  world_says 'team/app: manifest sha256:.*500'
  [ "$(fault_count DELETE team/app)" -eq 1 ]
  [ "$(registry_tags team/app | grep -c old)" -eq 3 ]
  [ "$(program_owed | grep -c '^team/app')" -eq 3 ]
  world_tags other new
  # The link is still broken: nothing goes.
  world_remember team/app
  program_run
  world_exits 1
  world_unchanged team/app
  # It is repaired: the manifest comes back to take the tag along that dangles, and all go.
  mv "$folder/saved" "$folder/link"
  program_run
  world_says 'deleted team/app:old-[0-9], which an earlier run had left without its manifest' \
    'deleted 3 tags'
  all_done
}

@test "503 is not sent again, unlike a GET" {
  world_remember team/app
  first '"status": 503'
  program_run
  one_failed 503
}

@test "429 is sent again" {
  first '"status": 429'
  program_run
  world_applied
  all_done
  [ "$(fault_count DELETE .)" -eq 7 ]
}

@test "no answer although it was done: done, but nothing is collected, and that stays owed" {
  first '"drop": {"forward": true}'
  program_run
  world_exits 1
  world_applied
  world_tags team/app new
  world_tags other new
  [ "$(program_report .summary.deleted)" -eq 4 ]
  world_says 'may still be at work, so nothing is collected'
  collected false
  next_run_finishes
}

@test "an answer that is cut has no clear end either" {
  first '"cut": {"bytes": 0, "reset": true}'
  program_run
  world_exits 1
  world_applied
  world_tags team/app new
  collected false
  next_run_finishes
}

@test "no answer, and the server does it later: failed, nothing collected, the next run finishes" {
  world_remember team/app
  first '"drop": {"forward": true, "later": 3}'
  program_run
  one_failed 'connection broke'
  collected false
  fault_until grep -q '"event": "late"' "$(fault_log)"
  [ "$(registry_tags team/app | grep -c old)" -eq 2 ]
  next_run_finishes
}

@test "502 and 504 may still be at work: nothing is collected" {
  local code
  for code in 502 504; do
    world_push "$IMAGES"
    world_remember team/app
    fault_clear
    first "\"status\": $code"
    program_run
    one_failed "$code"
    collected false
    next_run_finishes
  done
}

@test "504 although it was done counts as done, and nothing is collected" {
  first '"status": {"code": 504, "forward": true}'
  program_run
  world_exits 1
  world_applied
  world_tags team/app new
  collected false
  next_run_finishes
}

@test "202 with errors in its body: failed if its tag stays, done if it is gone" {
  world_remember team/app
  first '"status": {"code": 202, "body": {"errors": [{"code": "UNKNOWN", "message": "tag x"}]}}'
  program_run
  one_failed 202
  next_run_finishes
  world_push "$IMAGES"
  first '"status": {"code": 202, "forward": true, "body": {"errors": [{"code": "UNKNOWN"}]}}'
  program_run
  world_applied
  all_done
}

@test "404 MANIFEST_UNKNOWN as the first answer is done: somebody else was faster" {
  first '"run": "curl -sf --noproxy \"*\" -X DELETE \"$FAULT_BACKEND$FAULT_PATH\""'
  program_run
  world_applied
  all_done
  fault_answers DELETE team/app | head -n 1 | grep -q ^404
  [ "$(program_report .summary.deleted)" -eq 4 ]
}

@test "404 in plain text is a proxy's word, and nothing is done" {
  world_remember team/app
  first '"status": {"code": 404, "body": "404 page not found\n"}'
  program_run
  one_failed 404
}

@test "405, 401, 403 and 400 in the middle fail the repository; exit 1, as something was deleted" {
  local code
  for code in 405 401 403 400; do
    world_push "$IMAGES"
    world_remember team/app
    fault_clear
    first "\"status\": {\"code\": $code, \"error\": \"UNSUPPORTED\"}"
    program_run
    one_failed "$code"
    next_run_finishes
  done
}

@test "a redirect of a DELETE is not followed" {
  fault_start -i sink --sink
  world_remember team/app
  first "\"redirect\": {\"to\": \"$(fault_url sink){path}\", \"code\": 307}"
  program_run
  one_failed 307
  [ "$(jq -s length "$(fault_log sink)")" -eq 0 ]
}

@test "a child whose DELETE failed after its index was gone is deleted by the next run" {
  world_push '[{"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"]}]'
  local child
  child=$(world_digest team/app:multi/linux/arm64)
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"$child\"}, \"times\": 1,
    \"status\": 500}]"
  program_run
  world_exits 1
  world_applied
  registry_has team/app "$child"
  registry_lacks team/app multi
  program_owed | grep -qx "team/app $child"
  next_run_finishes
  registry_lacks team/app "$child"
  registry_lacks team/app "$(world_digest team/app:multi/linux/amd64)"
}

@test "a child whose DELETE failed but was done counts as done" {
  world_push '[{"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"]}]'
  local child
  child=$(world_digest team/app:multi/linux/arm64)
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"$child\"}, \"times\": 1,
    \"status\": {\"code\": 500, \"forward\": true}}]"
  program_run
  world_applied
  all_done
  registry_lacks team/app "$child"
}

@test "only manifests that were planned are deleted: never a config, never a layer" {
  local digests
  digests=$(for tag in old-1 old-2 old-3; do world_digest "team/app:$tag"; done | LC_ALL=C sort)
  program_run
  all_done
  diff <(echo "$digests") <(fault_answers DELETE team/app | sed 's,.*/,,' | LC_ALL=C sort)
  [ "$(fault_count DELETE blobs)" -eq 0 ]
  [ "$(jq -s 'map(.method) | unique - ["HEAD"] | . == ["DELETE", "GET"]' "$(fault_log)")" = true ]
}

@test "answers to the first probe that forbid to go on: exit 3, nothing deleted" {
  world_remember team/app other
  local fault
  for fault in '{"code": 405, "error": "UNSUPPORTED"}' '{"code": 405, "body": "Method not allowed"}' \
    '{"code": 401, "error": "UNAUTHORIZED"}' '{"code": 403, "error": "DENIED"}' 500 202 \
    '{"code": 404, "body": "404 page not found"}'; do
    fault_clear
    fault_rules "[{\"match\": {\"method\": \"DELETE\"}, \"status\": $fault}]"
    program_run
    world_exits 3
    world_applied
    [ "$(fault_count DELETE .)" -eq 1 ]
    world_unchanged team/app other
    [ -z "$(program_owed)" ]
  done
}

@test "a registry with deletion disabled, and a read-only one: exit 3, and what to set" {
  local option
  for option in --no-delete --readonly; do
    registry_stop
    registry_start_host "$BATS_TEST_TMPDIR/registry" "$option"
    world_proxy
    world_remember team/app other
    program_run
    world_exits 3
    world_says 'delete: enabled: true|readonly: enabled: false'
    world_unchanged team/app other
    [ "$(program_report .garbage_collection.ran)" = false ]
  done
}

@test "state that cannot be written: exit 2 before anything is sent" {
  : >"$BATS_TEST_TMPDIR/file"
  world_config "{\"paths\": {\"state\": \"$BATS_TEST_TMPDIR/file\"}}"
  program_run
  world_exits 2
  [ "$(jq -s length "$(fault_log)")" -eq 0 ]
}
