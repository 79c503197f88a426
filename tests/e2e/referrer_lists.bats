#!/usr/bin/env bats
# The indexes that clients keep under the tag sha256-HEX, as a list of what describes an image, where
# the registry has no referrers API: they are pushed anew for each referrer, and left behind (S4).

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/program

INDEX=application/vnd.oci.image.index.v1+json

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/registry"
  program_empty_registry
  program_config
}

# image CREATED [TAG]: its digest is in $image, and what clients call the list of its referrers in $list.
image() {
  image=$(push_images <<<"[{\"repository\": \"app\", \"tag\": \"${2:-v1}\", \"created\": \"$1\"}]" |
    jq --raw-output ".[\"app:${2:-v1}\"]")
  list=${image/:/-}
}

# attach NAME: as a client does it that knows of no other; its digest is in $referrer.
attach() {
  referrer=$(push_images <<<"[{\"repository\": \"app\", \"id\": \"$1\", \"kind\": \"referrer\",
    \"subject\": \"$image\"}]" | jq --raw-output ".[\"$1\"]")
}

put() { # REFERENCE BODY [TYPE]
  registry_curl -f -o /dev/null -X PUT -H "Content-Type: ${3:-$INDEX}" --data-binary "$2" \
    "$REGISTRY_URL/v2/app/manifests/$1"
}

# again DIGEST TAG: under this tag, too.
again() {
  local body=$BATS_TEST_TMPDIR/body type=application/vnd.oci.image.manifest.v1+json
  registry_curl -f -H "Accept: $type" -o "$body" "$REGISTRY_URL/v2/app/manifests/$1"
  put "$2" "@$body" "$type"
}

delete() {
  registry_curl -f -o /dev/null -X DELETE "$REGISTRY_URL/v2/app/manifests/$1"
}

# revisions: how many manifests the app has.
revisions() {
  find "$REGISTRY_STORE"/docker/registry/v2/repositories/app/_manifests/revisions -name link | wc -l
}

# goes_whole FORECAST: the run deletes all that the app has; the dry run before it foresees it to the byte.
goes_whole() {
  local forecast
  program_exits 0 --dry-run
  forecast=$(program_report .storage.forecast_bytes)
  program_exits 0
  program_leaves app
  [ "$(revisions)" -eq 0 ]
  [ "$(program_report .storage.freed_bytes)" -eq "$forecast" ]
}

@test "the lists that were left behind go with the image, and all referrers" {
  image -90d
  attach one
  attach two
  attach three
  [ "$(revisions)" -eq 7 ]
  goes_whole
}

@test "the same where the API is read" {
  image -90d
  attach one
  attach two
  attach three
  TEST_SOURCE=api program_config
  goes_whole
}

@test "a referrer that its list does not name any more goes, too, and with it the older list" {
  image -90d
  attach one
  attach two
  put "$list" "$(registry_curl -f -H "Accept: $INDEX" "$REGISTRY_URL/v2/app/manifests/$list" |
    jq --compact-output 'del(.manifests[0])')"
  [ "$(revisions)" -eq 6 ]
  TEST_SOURCE=api program_config
  goes_whole
}

@test "they stay with an image that stays" {
  image -1d
  attach one
  attach two
  program_exits 0
  program_leaves app v1 "$list"
  [ "$(revisions)" -eq 5 ]
  pull_whole app "$list"
}

@test "an index without a tag that lists anything else keeps all that it lists" {
  local other
  image -1d v2
  other=$image
  image -90d
  attach one
  put "sha256:$(printf '%s' "$(two_in_one "$referrer" "$other")" | sha256sum | cut -d ' ' -f 1)" \
    "$(two_in_one "$referrer" "$other")"
  program_exits 0
  program_leaves app v2
  [ "$(registry_status app "$referrer")" -eq 200 ]
}

# two_in_one DIGEST DIGEST: an index that lists both.
two_in_one() {
  local size=$(($(registry_curl -f -H "Accept: */*" "$REGISTRY_URL/v2/app/manifests/$1" | wc -c)))
  jq --null-input --compact-output --arg type "$INDEX" --arg one "$1" --arg two "$2" --argjson size "$size" '
    {schemaVersion: 2, mediaType: $type, manifests: [$one, $two | {
      mediaType: "application/vnd.oci.image.manifest.v1+json", digest: ., size: $size}]}'
}

@test "a list without an entry stays and goes with its image" {
  image -90d
  put "$list" "{\"schemaVersion\":2,\"mediaType\":\"$INDEX\",\"manifests\":[]}"
  program_verifies 0
  program_config '{"cleanup": {"days_to_keep": 100}}'
  program_exits 0
  [ "$(program_tag app "$list")" = "kept subject_kept" ]
  program_config
  goes_whole
}

@test "an entry whose referrer was deleted is no damage, in no run and for verify" {
  image -1d
  attach one
  attach two
  delete "$referrer"
  program_verifies 0
  program_keeps_quiet_of "damaged"
  program_exits 0
  program_leaves app v1 "$list"
  [ "$(program_tag app "$list")" = "kept subject_kept" ]
}

@test "an entry whose referrer was deleted is no reason to warn before a collection" {
  image -90d old
  image -1d
  attach one
  attach two
  delete "$referrer"
  program_exits 0
  program_leaves app v1 "$list"
  program_says "second opinion: no tag"
  program_keeps_quiet_of "that an index lists"
}

@test "a list of which no entry is there goes with its image" {
  image -90d
  attach one
  delete "$referrer"
  program_verifies 0
  goes_whole
}

@test "the list of what describes something that is not there is an orphan, and stays" {
  local absent
  absent=sha256-$(printf '%064d' 7)
  image -1d
  put "$absent" "{\"schemaVersion\":2,\"mediaType\":\"$INDEX\",\"manifests\":[]}"
  program_exits 0
  [ "$(program_tag app "$absent")" = "kept orphan" ]
}

@test "what a bundle needs is tagged by its own digest, and stays; the bundle goes with its tag" {
  local bundle
  image -90d
  bundle=$list
  again "$image" "$list.imgpkg"
  image=$(push_images <<<'[{"repository": "app", "id": "needed", "created": "-90d"}]' |
    jq --raw-output .needed)
  again "$image" "${image/:/-}.imgpkg"
  program_exits 0 --dry-run
  [ "$(program_tag app "$bundle.imgpkg")" = "planned old" ]
  program_exits 0
  program_leaves app "${image/:/-}.imgpkg"
}
