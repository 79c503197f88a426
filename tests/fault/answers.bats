#!/usr/bin/env bats
# Manifests and configs that cannot be read, dated or believed: what is unknown stays (S2, S5).

load world

IMAGES='[
  {"repository": "team/app", "tag": "old", "created": "-90d"},
  {"repository": "team/app", "tag": "older", "created": "-200d"},
  {"repository": "team/app", "tag": "new", "created": "-1d"},
  {"repository": "team/app", "tag": "multi", "kind": "index", "created": "-100d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "other", "tag": "old", "created": "-80d"},
  {"repository": "other", "tag": "new", "created": "-2d"} ]'

setup() {
  world_start
  world_push "$IMAGES"
  world_remember team/app
}

teardown() {
  world_stop
}

# spoiled WHAT ACTIONS [REGEX...]: the actions on every GET of WHAT (a tag or digest) of team/app spare
# that repository.
spoiled() {
  local what=$1 actions=$2
  shift 2
  fault_rules "$(jq --null-input --arg path "/v2/team/app/manifests/$what\$" "$actions | map({match:
    {method: \"GET\", path: \$path}, continue: true} + .)")"
  program_run
  world_spared "$@"
  world_no_delete team/app
}

child() {
  world_digest "team/app:multi/linux/arm64"
}

# file_of_revision DIGEST, file_of_blob DIGEST: on disk.
file_of_revision() {
  printf '%s\n' "$(world_manifests team/app)/revisions/sha256/${1#sha256:}/link"
}

file_of_blob() {
  local hex=${1#sha256:}
  printf '%s\n' "$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${hex:0:2}/$hex/data"
}

@test "without a fault all of it is cleaned: what the other tests spare would have gone" {
  fault_rules '[{"match": {"path": "manifests/old$"}, "delay": 0.01}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  registry_lacks team/app "$(child)"
  world_tags other new
}

@test "a manifest that is cut spares the repository" {
  spoiled old '[{cut: 50}]' 'tag old: '
}

@test "a manifest whose connection is dropped spares the repository" {
  spoiled new '[{drop: true}]' 'tag new: '
}

@test "a manifest that ends early as HTTP is whole spares the repository" {
  spoiled old '[{truncate_json: true}]' 'tag old: '
}

@test "a manifest with one wrong bit spares the repository" {
  spoiled old '[{corrupt: true}]' 'tag old: '
}

@test "a manifest with one wrong bit in a digest is still JSON, but not its own" {
  local body=$BATS_TEST_TMPDIR/body
  registry_curl -H "Accept: application/vnd.oci.image.manifest.v1+json" \
    "$REGISTRY_URL/v2/team/app/manifests/new" >"$body"
  jq --compact-output '.config.digest |= sub("[0-9a-f]$"; "0") | .annotations.x = "y"' "$body" >"$body.2"
  spoiled new "[{replace_body: {file: \"$body.2\"}}]" 'tag new: .*does not match its digest'
}

@test "a Docker-Content-Digest of something else spares the repository" {
  spoiled old "[{set_header: {\"Docker-Content-Digest\": \"$(world_digest team/app:new)\"}}]" \
    'tag old: .*does not match'
}

@test "a Docker-Content-Digest that is none spares the repository" {
  spoiled old '[{set_header: {"Docker-Content-Digest": "sha256:../../x"}}]' 'tag old: .*digest'
}

@test "a child that answers with another digest than was asked for spares the repository" {
  spoiled "$(child)" "[{set_header: {\"Docker-Content-Digest\": \"$(world_digest team/app:new)\"}}]" \
    'manifest sha256:.*digest'
}

@test "without Docker-Content-Digest, as some proxies leave it, the body's own digest counts" {
  fault_rules '[{"match": {"method": "GET", "path": "manifests/"},
    "set_header": {"Docker-Content-Digest": null}}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new
}

@test "a page of HTML with status 200 spares the repository" {
  spoiled old '[{replace_body: "<html>sign in</html>"},
    {set_header: {"Content-Type": "text/html", "Docker-Content-Digest": null}}]' 'tag old: '
}

@test "a body without an end spares the repository" {
  head -c 9000000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/huge"
  spoiled old "[{replace_body: {file: \"$BATS_TEST_TMPDIR/huge\"}}]" 'tag old: .*too large'
}

@test "304 to a question without a condition spares the repository" {
  spoiled old '[{status: 304}]' 'tag old: .*304'
}

@test "404 in plain text for a tag is a proxy's, not the registry's word" {
  spoiled old '[{status: {code: 404, body: "not found\n"}}]' 'tag old: .*404'
}

@test "404 in plain text for a kept tag spares the repository" {
  spoiled new '[{status: {code: 404, body: "<html>404</html>"}}]' 'tag new: .*404'
}

@test "404 in plain text for an index spares the repository" {
  spoiled multi '[{status: {code: 404, body: "not found\n"}}]' 'tag multi: .*404'
}

@test "404 in plain text for a child spares the repository" {
  spoiled "$(child)" '[{status: {code: 404, body: "not found\n"}}]' 'manifest sha256:.*404'
}

@test "500 for a child is asked three times by scan, second opinion and verification, and spares the repository" {
  spoiled "$(child)" '[{status: 500}]' "manifest $(child): 500 .* after 3 attempts; nothing is deleted" \
    "team/app:multi could not be verified: manifest $(child) could not be read" '4 tags verified whole'
  [ "$(fault_applied 0)" -eq 9 ]
}

@test "401, 403 and 400 for a single tag spare the repository" {
  local code
  for code in 401 403 400; do
    spoiled old "[{status: $code}]" "tag old: .*$code"
  done
}

@test "a tag that redirects elsewhere spares the repository, and is not followed" {
  fault_start -i sink --sink
  spoiled old "[{redirect: \"$(fault_url sink)\"}]" 'tag old: .*307'
  [ "$(fault_count GET . sink)" -eq 0 ]
}

@test "404 MANIFEST_UNKNOWN for a child is no failure: it is gone, and the index can go" {
  local digest
  digest=$(child)
  # Gone for the collector as well, or it would be that of another registry.
  rm -r "$(world_manifests team/app)/revisions/sha256/${digest#sha256:}"
  fault_rules "[{\"match\": {\"path\": \"manifests/$(child)$\"},
    \"status\": {\"code\": 404, \"error\": \"MANIFEST_UNKNOWN\"}}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new
}

@test "404 MANIFEST_UNKNOWN for a tag keeps that tag, spares no other, and is told as damage" {
  fault_rules '[{"match": {"path": "team/app/manifests/older$"},
    "status": {"code": 404, "error": "MANIFEST_UNKNOWN"}}]'
  program_run
  world_exits 1
  world_applied
  world_says '\[ERROR\] team/app:older is damaged: its manifest is missing \(it was so before this run\)$' \
    '1 error, see above'
  [ "$(program_report '.verification | [.tags, .whole, .damaged, .unverified] | tostring')" = '[3,2,1,0]' ]
  world_tags team/app new older
  pull_whole team/app older
}

@test "a tag that answers 500 at the look before the delete spares the repository" {
  fault_rules '[{"match": {"path": "team/app/manifests/new$"}, "after": 1, "status": 500}]'
  program_run
  world_spared 'tag new: .*500'
  world_no_delete team/app
}

@test "a config with one wrong bit spares the repository" {
  fault_rules '[{"match": {"path": "team/app/blobs/"}, "corrupt": true}]'
  program_run
  world_spared 'config.*does not match|config.*digest'
  world_no_delete team/app
}

@test "a config that cannot be had keeps what has it, and nothing else" {
  local config
  config=$(registry_curl -H "Accept: application/vnd.oci.image.manifest.v1+json" \
    "$REGISTRY_URL/v2/team/app/manifests/older" | jq -r .config.digest)
  for fault in '"status": 500' '"cut": 20' '"status": {"code": 404, "body": "not found"}'; do
    world_push '[{"repository": "team/app", "tag": "another", "created": "-90d"}]'
    fault_rules "[{\"match\": {\"path\": \"team/app/blobs/$config\"}, $fault}]"
    program_run
    world_exits 1
    world_applied
    world_says 'team/app: .*what has this config is kept'
    world_tags team/app new older
    [ "$(program_report '.tags[] | select(.tag == "older") | .reasons[0]')" = unknown_age ]
  done
  pull_whole team/app new older
}

@test "a tag whose link is empty, as a full disk leaves it, spares the repository" {
  : >"$(world_manifests team/app)/tags/older/current/link"
  world_remember team/app
  program_run
  world_exits 1
  world_unchanged team/app
  world_says 'team/app: tag older: 500'
  world_tags other new
  world_no_delete team/app
}

@test "an empty link of a revision that no tag reaches spares the repository; the collector tells it" {
  local link
  world_push '[{"repository": "team/app", "id": "lost", "created": "-90d"}]'
  link=$(file_of_revision "$(world_digest lost)")
  : >"$link"
  world_remember team/app
  program_run
  world_exits 4
  world_unchanged team/app
  world_says "team/app: .*nothing is deleted in this repository" "remove or restore .*${link##*/_manifests}" \
    'ERROR.*nothing is deleted: '
  world_tags other new old
  world_no_delete team/app
  # Once it is repaired the next run does the rest.
  world_digest lost | tr -d '\n' >"$link"
  program_run
  world_exits 0
  world_tags team/app new
}

@test "an index that no tag reaches and whose body is not its digest's spares the repository" {
  local file
  world_push '[
    {"repository": "team/app", "id": "one", "created": "-90d"},
    {"repository": "team/app", "id": "lost", "kind": "index", "children": ["one"]}]'
  file=$(file_of_blob "$(world_digest lost)")
  sed -i 's/"schemaVersion": *2/&,"x":1/' "$file"
  world_remember team/app
  program_run
  world_exits 1
  world_unchanged team/app
  world_says 'team/app: revision sha256:.*does not match its digest'
  world_tags other new
  world_no_delete team/app
}
