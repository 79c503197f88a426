#!/usr/bin/env bats
# One fault is one line, however many repositories, tags and configs it is about; DEBUG lines name
# each.

load world

setup() {
  world_start
  world_push "$(jq --null-input '[range(8) | {repository: "r\(.)", id: "\(.) old", tag: "old", created: "-90d"},
    {repository: "r\(.)", id: "\(.) new", tag: "new", created: "-1d"}]')"
}

teardown() {
  world_stop
}

# one_line REGEX...: each is in one line of WARNING or ERROR.
one_line() {
  local pattern
  for pattern; do
    [ "$(grep -Ec "\[(WARNING|ERROR)\] .*$pattern" <<<"$output")" -eq 1 ] || {
      echo "not in one line: $pattern"
      return 1
    }
  done
}

@test "lists that are refused in eight repositories" {
  fault_rules '[{"match": {"path": "/v2/r[0-9]/tags/list"}, "status": {"code": 403, "error": "DENIED"}}]'
  program_run --dry-run --debug
  world_exits 1
  world_applied
  one_line '8 repositories: 403 .*nothing is deleted in them, among them r[0-9] .the list of its tags'
  [ "$(grep -Ec '\[DEBUG\] r[0-9]: .*403' "$PROGRAM_DIR/log")" -ge 8 ]
}

@test "tags that are refused in one repository, and in all" {
  fault_rules '[{"match": {"path": "/v2/r0/manifests/(old|new)"}, "status": {"code": 403, "error": "DENIED"}}]'
  program_run --dry-run
  world_exits 1
  one_line 'r0: tag (old|new) and 1 more: .*403.*nothing is deleted in this repository'
  fault_rules '[{"match": {"path": "/v2/r[0-9]/manifests/(old|new)"}, "status": {"code": 403, "error": "DENIED"}}]'
  program_run --dry-run
  world_exits 1
  one_line '8 repositories: .*403.*nothing is deleted in them, among them r[0-9] \(tag (old|new)\)'
}

@test "configs that are refused in eight repositories" {
  fault_rules '[{"match": {"path": "/v2/r[0-9]/blobs/"}, "status": {"code": 403, "error": "DENIED"}}]'
  program_run --dry-run
  world_exits 1
  one_line '16 configs in 8 repositories: .*403.*what has them is kept, among them r[0-9] \(config sha256:[0-9a-f]{64}\)'
}

@test "deletes that fail in eight repositories, and what happens in one is told as before" {
  # Not the question what is allowed, which deletes what is not there.
  local digests
  digests=$(jq -r '[to_entries[] | select(.key | endswith("old")) | .value] | unique | join("|")' \
    "$BATS_TEST_TMPDIR/digests")
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"/v2/r[0-9]/manifests/($digests)\"},
    \"status\": {\"code\": 403, \"error\": \"DENIED\"}}]"
  program_run
  world_exits 1
  one_line '8 repositories: .*403.*the rest of them is left for the next run, among them r[0-9]'
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"/v2/r3/manifests/($digests)\"},
    \"status\": {\"code\": 403, \"error\": \"DENIED\"}}]"
  program_run
  world_exits 1
  one_line 'r3: .*403.*the rest of this repository is left for the next run'
}
