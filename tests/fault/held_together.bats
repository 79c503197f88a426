#!/usr/bin/env bats
# What is found to stay between the look and its DELETE stays with its parts and signatures, and a DELETE
# or PUT without a clear end holds the collection off.

load world

setup() {
  world_start --cache none
  world_config '{"registry": {"timeout": 6}}'
}

teardown() {
  world_stop
}

# meanwhile SCRIPT: writes a script whose `tag NAME DIGEST` has a tag point at a manifest that is there;
# its name is in $script. One at a time: while a manifest is put again, 2.8 does not find it.
meanwhile() {
  script=$BATS_TEST_TMPDIR/meanwhile.sh
  cat >"$script" <<SH
exec 9<"\$0" && flock 9
tag() {
  curl -sf -D '$BATS_TEST_TMPDIR/head' -o '$BATS_TEST_TMPDIR/body' \
    -H 'Accept: application/vnd.oci.image.index.v1+json' \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' '$REGISTRY_URL/v2/team/app/manifests/'"\$2" &&
    curl -sf -X PUT -H "\$(tr -d '\r' <'$BATS_TEST_TMPDIR/head' | grep -i ^content-type:)" \
      --data-binary '@$BATS_TEST_TMPDIR/body' '$REGISTRY_URL/v2/team/app/manifests/'"\$1"
}
$1
SH
}

# before_quick_look COMMAND: runs it before the list of the first quick look, which comes so late after
# the look in full that its batch is looked at again.
before_quick_look() {
  fault_rules "$(jq --null-input --arg run "$1" '[
    {match: {path: "team/app/tags/list"}, after: 1, times: 1, delay: 0.3},
    {match: {path: "team/app/tags/list"}, after: 1, times: 1, run: $run}]')"
}

@test "an index that lost a tag keeps its parts" {
  world_push '[
    {"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
      "platforms": ["linux/amd64", "linux/arm64"]},
    {"repository": "team/app", "tag": "alias", "same_as": "team/app:multi"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  before_quick_look "rm -r '$(world_manifests team/app)/tags/alias'"
  program_run
  pull_whole team/app multi new
}

@test "an image that gained a tag keeps its signature" {
  world_push '[
    {"repository": "team/app", "tag": "old", "created": "-99d"},
    {"repository": "team/app", "kind": "cosign", "subject": "team/app:old", "created": "-99d", "id": "sig"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  meanwhile "tag fresh $(world_digest team/app:old)"
  before_quick_look "sh $script"
  program_run
  pull_whole team/app old fresh new
  registry_tags team/app | grep -q '^sha256-'
}

@test "an index that was pushed again keeps its parts, with both sources" {
  world_config '{"registry": {"timeout": 6}, "cleanup": {"protected_tags": ["new"]}, "inventory": {"source": "auto"}}'
  world_push '[
    {"repository": "team/app", "tag": "m1", "created": "-90d"},
    {"repository": "team/app", "tag": "m2", "created": "-90d"},
    {"repository": "team/app", "tag": "m3", "created": "-90d"},
    {"repository": "team/app", "tag": "b0", "kind": "index", "created": "-99d",
      "platforms": ["linux/amd64", "linux/arm64"]},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  meanwhile "tag b0 $(world_digest team/app:b0)"
  fault_rules "[{\"match\": {\"path\": \"manifests/new\"}, \"run\": \"sh $script\"}]"
  program_run
  pull_whole team/app b0 new
}

@test "an index of an index that gained a tag keeps what both list" {
  world_push '[
    {"repository": "team/app", "tag": "child", "created": "-99d"},
    {"repository": "team/app", "tag": "inner", "kind": "index", "children": ["team/app:child"], "created": "-99d"},
    {"repository": "team/app", "tag": "outer", "kind": "index", "children": ["team/app:inner"], "created": "-99d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  meanwhile "tag fresh $(world_digest team/app:outer)"
  before_quick_look "sh $script"
  program_run
  pull_whole team/app fresh outer new
}

@test "a DELETE that is answered 200 by something else was not done" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"method": "DELETE", "path": "team/app/manifests/'"$(world_digest team/app:old)"'"},
    "status": {"code": 200, "body": "<html>please log in</html>"}}]'
  program_run
  world_exits 1
  program_leaves team/app new old
  [ "$(program_tag team/app old)" = "failed old" ]
}

@test "a PUT without a clear end holds the collection off, and what it pushes again is whole" {
  world_config '{"registry": {"timeout": 6}, "gc": {"when": "always"}}'
  world_push '[
    {"repository": "team/app", "tag": "old-1", "created": "-90d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  meanwhile "tag new $(world_digest team/app:old-1)"
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"$(world_digest team/app:old-1)\"}, \"times\": 1,
      \"run\": \"sh $script\"},
    {\"match\": {\"method\": \"PUT\"}, \"times\": 1, \"drop\": true}]"
  program_run
  world_exits 1
  program_keeps_quiet_of "collected:"
  [[ "$(program_owed)" == *collection* ]]
}
