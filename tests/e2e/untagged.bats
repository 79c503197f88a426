#!/usr/bin/env bats
# Manifests that no tag points at any more, as a real registry leaves them.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/fault
load ../tools/program

# No tag goes by its age.
CONFIG='{"cleanup": {"days_to_keep": 36500, "untagged_days": 30}, "inventory": {"source": "storage"}}'

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/registry"
  program_empty_registry
  manifests=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests
  program_config "$CONFIG"
}

teardown() {
  fault_stop
}

# push TAG CREATED DATE: an image, as if it had been pushed then; its digest is in $pushed.
push() {
  local link
  pushed=$(push_images <<<"[{\"repository\": \"app\", \"tag\": \"$1\", \"created\": \"$2\"}]" |
    jq --raw-output '.["app:'"$1"'"]')
  for link in revisions/sha256/"${pushed#*:}" tags/"$1"/{current,index/sha256/"${pushed#*:}"}; do
    touch -d "$3" "$manifests/$link/link"
  done
}

# Three images, each pushed over the one before.
push_over() {
  push v1 -90d '2021-03-01 01:01:01 UTC'
  first=$pushed
  push v1 -80d '2021-03-02 02:02:02 UTC'
  second=$pushed
  push v1 -70d '2 days ago'
  third=$pushed
}

@test "what a push replaced is untagged since that push" {
  push_over
  program_exits 0 --dry-run
  [ "$(program_report '.untagged[] | "\(.digest) \(.untagged_since) \(.decision)"')" = \
    "$first 2021-03-02T02:02:02Z delete" ]
  program_exits 0
  [ ! -e "$manifests/revisions/sha256/${first#*:}/link" ]
  [ -e "$manifests/revisions/sha256/${second#*:}/link" ]
  [ -e "$manifests/revisions/sha256/${third#*:}/link" ]
  program_leaves app v1
}

# at_look SCRIPT: run when the repository is looked at, before the first delete; $url is its manifests'.
at_look() {
  printf 'set -eu\nurl=%q\n%s\n' "$REGISTRY_URL/v2/app/manifests" "$1" >"$BATS_TEST_TMPDIR/hook"
  fault_start --backend "$REGISTRY_URL"
  program_config "$CONFIG" "$(fault_url)"
  fault_rules "[{\"match\": {\"path\": \"app/tags/list\"}, \"times\": 1, \"continue\": true,
    \"run\": \"sh $BATS_TEST_TMPDIR/hook\"}]"
}

@test "what is pushed again by its digest between plan and look stays" {
  push_over
  at_look "type=application/vnd.oci.image.manifest.v1+json body=$BATS_TEST_TMPDIR/body
curl -sf -H \"Accept: \$type\" -o \"\$body\" \"\$url/$first\"
curl -sf -X PUT -H \"Content-Type: \$type\" --data-binary \"@\$body\" \"\$url/$first\""
  program_exits 0
  [ "$(fault_applied 0)" -eq 1 ]
  program_says "app: manifest $first changed since it was planned"
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
}

@test "what is untagged in the history of a tag that goes in the same run goes, too" {
  push_over
  program_config "$(jq '.cleanup.days_to_keep = 30 | .cleanup.age_from = "created"' <<<"$CONFIG")"
  program_exits 0
  [ ! -e "$manifests/revisions/sha256/${first#*:}/link" ]
  [ -e "$manifests/revisions/sha256/${second#*:}/link" ]
  [ ! -e "$manifests/revisions/sha256/${third#*:}/link" ]
}
