#!/usr/bin/env bats
# Distribution 3.x, played by the proxy in front of a 2.8: tags that can be deleted by name, and its
# releases that delete tags although deletion is disabled.

load world

# `old` shares its image with `latest`, which is protected; `lone` is old as well.
IMAGES='[
  {"repository": "team/app", "tag": "latest", "created": "-90d"},
  {"repository": "team/app", "tag": "old", "same_as": "team/app:latest"},
  {"repository": "team/app", "tag": "lone", "created": "-95d"},
  {"repository": "team/app", "tag": "new", "created": "-1d"} ]'

setup() {
  registry_start_host "$BATS_TEST_TMPDIR/registry"
  world_push "$IMAGES"
}

teardown() {
  world_stop
}

# play VERSION [MODE]: the proxy plays 3.x and `docker exec` claims that version; "" means that it
# cannot be asked. The collector is the real one.
play() {
  world_proxy ${2+--play-3x"$2"} ${2+--store "$REGISTRY_STORE"}
  fault_stub_docker
  if [ -n "$1" ]; then
    echo "registry github.com/distribution/distribution/v3 $1" >"$DOCKER_STUB_DIR/--version.out"
  else
    echo 'OCI runtime exec failed' >"$DOCKER_STUB_DIR/--version.err"
    echo 126 >"$DOCKER_STUB_DIR/--version.rc"
  fi
  world_config '{"registry": {"exec": ["docker", "exec", "{container}"], "container": "some",
    "program": "docker-registry"}}'
}

# tag_goes_alone: old and lone are gone, the image of old is still latest's.
tag_goes_alone() {
  world_exits 0
  world_tags team/app latest new
  pull_whole team/app latest new
  registry_lacks team/app "$(world_digest team/app:lone)"
  [ "$(fault_answers DELETE 'manifests/old$')" = '202 DELETE /v2/team/app/manifests/old' ]
  [ "$(fault_count DELETE "$(world_digest team/app:latest)")" -eq 0 ]
}

@test "a tag that shares its image with a kept one goes alone" {
  play v3.1.1 ''
  program_run
  tag_goes_alone
  world_says 'deleted team/app:old .*the tag only'
  [ "$(program_report '.tags[] | select(.tag == "old") | .status')" = deleted ]
}

@test "the same without a version: the Content-Type tells" {
  play '' ''
  program_run
  tag_goes_alone
}

@test "a tag whose image a kept index lists goes alone" {
  world_push '[
    {"repository": "team/app", "tag": "child", "created": "-99d"},
    {"repository": "team/app", "tag": "index-release", "kind": "index", "children": ["team/app:child"]}]'
  play v3.1.1 ''
  world_config '{"registry": {"container": "some", "exec": ["docker", "exec", "{container}"],
    "program": "docker-registry"}, "cleanup": {"protected_patterns": ["release"]}}'
  program_run
  world_exits 0
  world_tags team/app index-release latest new
  pull_whole team/app index-release latest new
}

@test "two probes: first an absent digest, and an absent tag only after 404 MANIFEST_UNKNOWN" {
  play v3.1.1 ''
  program_run
  fault_answers DELETE . >"$BATS_TEST_TMPDIR/deletes"
  sed -n 1p "$BATS_TEST_TMPDIR/deletes" | grep -Eq '^404 .*/manifests/sha256:[0-9a-f]{64}$'
  sed -n 2p "$BATS_TEST_TMPDIR/deletes" | grep -Eq '^404 .*/manifests/clean-registry-probe-[0-9a-f]{16}$'
  [ "$(wc -l <"$BATS_TEST_TMPDIR/deletes")" -eq 4 ]
  # Nothing of that name is, or was, there.
  [ "$(sed 's,.*/,,' "$BATS_TEST_TMPDIR/deletes" | sort -u | wc -l)" -eq 4 ]
}

@test "404 NAME_UNKNOWN for the digest: the tag is not probed, and no tag deleted by name" {
  play v3.1.1 ''
  fault_rules '[{"match": {"method": "DELETE"}, "times": 1,
    "status": {"code": 404, "error": "NAME_UNKNOWN"}}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app latest new old
  [ "$(fault_count DELETE clean-registry-probe)" -eq 0 ]
}

@test "a dry run assumes 3.x, says so, and sends nothing but GETs" {
  play v3.1.1 ''
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_run --dry-run
  world_exits 0
  world_says '3\.1\.1.*assumed to delete single tags \(3\.x\)' 'would delete team/app:old' \
    'would delete team/app:lone'
  [ "$(jq -s 'map(.method) | unique | . == ["GET"]' "$(fault_log)")" = true ]
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a registry that looks like 3.x but refuses tag deletes: planned again, the shared image stays" {
  play ''
  fault_rules '[{"match": {"path": "/v2/$"}, "set_header": {"Content-Type": "application/json"}}]'
  program_run
  world_exits 0
  world_applied
  world_says 'assumed to delete single tags' 'planning again'
  world_tags team/app latest new old
  pull_whole team/app latest new old
  [ "$(program_report '.tags[] | select(.tag == "old") | .status')" = kept ]
  [ "$(program_report '.tags[] | select(.tag == "old") | .reasons | index("shared_digest") != null')" = true ]
  [ "$(program_report .summary.deleted)" -eq 1 ]
}

@test "a registry that looks like 2.x but deletes tags: planned again" {
  play v3.1.1 ''
  echo 'registry github.com/docker/distribution v2.8.3' >"$DOCKER_STUB_DIR/--version.out"
  program_run
  world_says 'assumed to delete whole manifests only' 'planning again'
  tag_goes_alone
}

@test "deletion disabled on 3.0.0 and 3.1.0: nothing goes, exit 3, and a warning of what others can do" {
  local version
  for version in v3.0.0 3.1.0; do
    play "$version" =no-delete
    world_remember team/app
    program_run
    world_exits 3
    world_says 'WARNING.*CVE-2026-41888' 'delete: enabled: true'
    world_unchanged team/app
    # The probe of a tag would be refused by nobody there.
    [ "$(fault_count DELETE .)" -eq 1 ]
  done
}

@test "deletion disabled on 3.1.1: nothing goes, exit 3, without that warning" {
  play v3.1.1 =no-delete-3.1.1
  world_remember team/app
  program_run
  world_exits 3
  world_says 'delete: enabled: true'
  [[ $output != *CVE* ]]
  world_unchanged team/app
  [ "$(fault_count DELETE .)" -eq 1 ]
}

@test "a tag that is moved directly before its own delete stays" {
  play v3.1.1 ''
  echo '[{"repository": "team/app", "tag": "old", "created": "-1h"}]' >"$BATS_TEST_TMPDIR/spec"
  # It is read for the inventory, at the look, and directly before.
  fault_rules "[{\"match\": {\"method\": \"GET\", \"path\": \"manifests/old$\"}, \"after\": 2, \"times\": 1,
    \"run\": \"$FAULT_TOOLS/images.py --url $REGISTRY_URL $BATS_TEST_TMPDIR/spec\"}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app latest new old
  pull_whole team/app latest new old
  [ "$(program_report '.tags[] | select(.tag == "old") | .status')" = changed ]
}

@test "a tag that vanishes directly before its own delete is no failure" {
  play v3.1.1 ''
  fault_rules "[{\"match\": {\"method\": \"GET\", \"path\": \"manifests/old$\"}, \"after\": 2, \"times\": 1,
    \"run\": \"rm -r $(world_manifests team/app)/tags/old\"}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app latest new
  pull_whole team/app latest
}

@test "404 MANIFEST_UNKNOWN for a tag's own delete is done" {
  play v3.1.1 ''
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"manifests/old$\"},
    \"run\": \"rm -r $(world_manifests team/app)/tags/old\"}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app latest new
}

@test "500 for a tag's own delete: failed if it stays, done if it is gone" {
  play v3.1.1 ''
  fault_rules '[{"match": {"method": "DELETE", "path": "manifests/old$"}, "status": 500}]'
  program_run
  world_exits 1
  [ "$(fault_applied 0)" -eq 1 ]
  world_says 'team/app: tag old: .*500'
  world_tags team/app latest new old
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"manifests/old$\"}, \"continue\": true,
    \"run\": \"rm -r $(world_manifests team/app)/tags/old\"},
    {\"match\": {\"method\": \"DELETE\", \"path\": \"manifests/old$\"}, \"status\": 500}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app latest new
  pull_whole team/app latest new
}

@test "202 with errors for a manifest, as 3.x answers when a tag could not be untagged" {
  play v3.1.1 ''
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"$(world_digest team/app:lone)\"},
    \"status\": {\"code\": 202, \"body\": {\"errors\": [{\"code\": \"UNKNOWN\"}]}}}]"
  program_run
  world_exits 1
  world_applied
  registry_has team/app lone
  [ "$(program_report '.tags[] | select(.tag == "lone") | .status')" = failed ]
}

@test "a list in pages of 3.x is read whole" {
  play v3.1.1 ''
  fault_rules '[{"match": {"path": "tags/list"}, "page": 1}]'
  program_run
  world_applied
  tag_goes_alone
}
