#!/usr/bin/env bats
# What a verification through the API makes of bad answers, and where its requests go (S2, S11).

load world

setup() {
  world_start --auth 'some user:some secret'
  world_push '[
    {"repository": "team/app", "tag": "one", "created": "-1d", "layers": ["first:2001", "more:3"]},
    {"repository": "team/app", "tag": "two", "created": "-1d", "layers": ["other:2002"]} ]'
  layer=$(layer_of one)
}

teardown() {
  world_stop
}

layer_of() {
  registry_curl -f -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/team/app/manifests/$1" | jq -r .layers[0].digest
}

# verifies CODE REGEX...
verifies() {
  local code=$1
  shift
  program_verifies "$code"
  world_says "$@"
  program_keeps_quiet_of 'some secret'
}

# rule ACTION [MORE]: a fault of every answer about that layer.
rule() {
  fault_rules "[{\"match\": {\"path\": \"/blobs/$layer\"}, $1}]"
}

@test "without a fault everything is whole" {
  verifies 0 '2 tags verified whole'
}

@test "an error is no damage: the tag could not be verified" {
  rule '"status": 500'
  verifies 1 "\[WARNING\] team/app:one could not be verified: layer $layer could not be checked: 500" \
    '1 tag verified whole'
  run ! grep damaged <<<"$output"
  rule '"status": 403'
  verifies 1 "team/app:one could not be verified: layer $layer could not be checked: 403"
  rule '"hang": true'
  verifies 1 "team/app:one could not be verified: layer $layer could not be checked: no whole answer"
  rule '"drop": true'
  verifies 1 "team/app:one could not be verified: layer $layer could not be checked: "
  rule '"set_header": {"Content-Range": "bytes 0-0/*"}'
  verifies 0 '2 tags verified whole'
}

@test "a blob that is not there is damage" {
  rule '"status": 404'
  verifies 1 "\[ERROR\] team/app:one is damaged: layer $layer is missing" '1 tag verified whole'
  world_applied
}

@test "a body that is shorter than promised is damage" {
  rule '"cut": 0'
  verifies 1 "team/app:one is damaged: layer $layer is shorter than the registry announces"
  # Once is an accident.
  fault_rules "[{\"match\": {\"path\": \"/blobs/$layer\"}, \"cut\": 0, \"times\": 1}]"
  program_config '{"registry": {"timeout": 5, "retry_seconds": 10}}' "$(fault_url)"
  verifies 0 '2 tags verified whole'
  world_applied
}

@test "a size that is not the manifest's is damage" {
  rule '"set_header": {"Content-Range": "bytes 0-0/2000"}'
  verifies 1 "team/app:one is damaged: layer $layer has 2000 bytes instead of 2001"
}

@test "--deep does not read what is too long or too short already" {
  rule '"set_header": {"Content-Range": "bytes 0-0/2000"}'
  program_verifies 1 --deep
  world_says "team/app:one is damaged: layer $layer has 2000 bytes instead of 2001"
  [ "$(fault_count GET "/blobs/$layer")" -eq 1 ]
}

@test "a manifest that cannot be read: its tag could not be verified" {
  fault_rules '[{"match": {"path": "/manifests/one"}, "status": 500}]'
  verifies 1 'team/app:one could not be verified' 'team/app could not be verified completely: .*500' \
    '1 tag verified whole'
  run ! grep -e damaged -e 'nothing is deleted' <<<"$output"
}

@test "a list of tags that is cut: what was listed is verified, the rest is told" {
  fault_rules '[{"match": {"path": "/tags/list"}, "truncate_json": true}]'
  verifies 1 'team/app could not be verified completely'
}

@test "a tag that was deleted after it was listed is not damaged" {
  local digest
  digest=$(world_digest team/app:one)
  fault_rules "[{\"match\": {\"path\": \"/manifests/one\"}, \"times\": 1, \"run\":
    \"curl -sf -u 'some user:some secret' -X DELETE \$FAULT_BACKEND/v2/team/app/manifests/$digest\"}]"
  verifies 0 '1 tag verified whole'
  run ! grep -e damaged -e 'could not' <<<"$output"
  world_applied
}

# Serves the layer, and knows no ranges.
sink_with_layer() {
  registry_curl -o "$BATS_TEST_TMPDIR/layer" "$REGISTRY_URL/v2/team/app/blobs/$layer"
  fault_start -i sink --sink
  fault_rules "[{\"replace_body\": {\"file\": \"$BATS_TEST_TMPDIR/layer\"}}]" sink
}

@test "redirects are followed without credentials, also by --deep, and a whole body is as good" {
  sink_with_layer
  rule "\"redirect\": \"$(fault_url sink)/elsewhere\""
  verifies 0 '2 tags verified whole'
  jq -se 'map(select(.event == "request")) | length == 1 and all(.[]; .authorization == null and
    .headers.range == "bytes=0-0")' "$(fault_log sink)"
  program_verifies 0 --deep
  jq -se 'map(select(.event == "request")) | length == 3 and all(.[]; .authorization == null)' \
    "$(fault_log sink)"
  fault_rules "[{\"continue\": true, \"replace_body\": {\"file\": \"$BATS_TEST_TMPDIR/layer\"}},
    {\"corrupt\": true}]" sink
  program_verifies 1 --deep
  world_says "team/app:one is damaged: layer $layer is not what its digest says"
}

@test "at most five redirects are followed" {
  rule "\"redirect\": \"$(fault_url)/v2/team/app/blobs/$layer\""
  verifies 1 "team/app:one could not be verified: layer $layer could not be checked: "
  [ "$(fault_count GET "/blobs/$layer")" -eq 6 ]
}

@test "a server that knows no ranges says how much it has, too" {
  truncate -s 2M "$BATS_TEST_TMPDIR/large"
  fault_start -i sink --sink
  fault_rules "[{\"replace_body\": {\"file\": \"$BATS_TEST_TMPDIR/large\"}}]" sink
  rule "\"redirect\": \"$(fault_url sink)/large\""
  verifies 1 "team/app:one is damaged: layer $layer has 2097152 bytes instead of 2001"
}

@test "--deep: a body that is cut, or different" {
  rule '"cut": 100'
  program_verifies 1 --deep
  world_says "team/app:one is damaged: layer $layer "
  fault_rules "[{\"match\": {\"path\": \"/blobs/$layer\", \"header\": {\"Range\": null}},
    \"corrupt\": true}]"
  program_verifies 1 --deep
  world_says "team/app:one is damaged: layer $layer is not what its digest says" \
    '1 tag verified whole'
  program_verifies 0
  fault_rules "[{\"match\": {\"path\": \"/blobs/$layer\", \"header\": {\"Range\": null}},
    \"cut\": 100}]"
  program_verifies 1 --deep
  world_says "team/app:one is damaged: layer $layer is shorter than the registry announces"
}

@test "--deep: a body that only drips is not waited for" {
  fault_rules "[{\"match\": {\"path\": \"/blobs/$layer\", \"header\": {\"Range\": null}},
    \"drip\": 2}]"
  program_verifies 1 --deep
  world_says "team/app:one could not be verified: layer $layer could not be " '1 tag verified whole'
  world_applied
}

@test "after a run: an error of the verification is one of the run, and nothing is undone" {
  world_push '[{"repository": "team/app", "tag": "old", "created": "-90d"}]'
  rule '"status": 503'
  program_run
  world_exits 1
  world_tags team/app one two
  world_says "team/app:one could not be verified: layer $layer could not be checked: 503" \
    '1 tag verified whole'
  [ "$(program_report '.verification | [.ran, .tags, .whole, .damaged, .unverified] | tostring')" = \
    '[true,2,1,0,1]' ]
  [ "$(program_report .exit_code)" -eq 1 ]
  [ -z "$(program_owed)" ]
}

@test "after a run: a registry that does not answer any more is told, exit 1" {
  world_push '[{"repository": "team/app", "tag": "old", "created": "-90d"}]'
  # The second list of repositories is the verification's.
  fault_rules '[{"match": {"path": "/_catalog"}, "after": 1, "status": 401}]'
  program_run
  world_exits 1
  world_says 'whether all tags are whole could not be verified'
  [ "$(program_report .verification.ran)" = false ]
}
