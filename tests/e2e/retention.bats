#!/usr/bin/env bats
# What goes by age and what the rules protect, and that the space it took is really free afterwards.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
}

push() {
  push_images >"$BATS_TEST_TMPDIR/digests"
}

# The total size of the blobs on disk.
blob_bytes() {
  find "$REGISTRY_STORE/docker/registry/v2/blobs" -name data -printf '%s\n' |
    awk '{ total += $1 } END { printf "%d\n", total }'
}

@test "the configuration of the first example: exact names, substrings, and what is old" {
  push <<'JSON'
[ {"repository": "app", "tag": "latest", "created": "-400d"},
  {"repository": "app", "tag": "prod-stable", "created": "-400d"},
  {"repository": "app", "tag": "dev-stable", "created": "-400d"},
  {"repository": "app", "tag": "develop-289sa1s", "created": "-400d"},
  {"repository": "app", "tag": "master-branch", "created": "-400d"},
  {"repository": "app", "tag": "my-develop-build", "created": "-400d"},
  {"repository": "app", "tag": "release-1", "created": "-400d"},
  {"repository": "app", "tag": "feature-9", "created": "-400d"},
  {"repository": "app", "tag": "feature-10", "created": "-2d"} ]
JSON
  program_config '{"cleanup": {"days_to_keep": 30,
    "protected_tags": ["latest", "prod-stable", "dev-stable"],
    "protected_patterns": ["develop", "master", "main", "release"]}}'
  program_exits 0
  program_leaves app latest prod-stable dev-stable develop-289sa1s master-branch \
    my-develop-build release-1 feature-10
  [ "$(program_tag app feature-9)" = "deleted old" ]
  [ "$(program_tag app latest)" = "kept old,protected_tag" ]
  [ "$(program_tag app my-develop-build)" = "kept old,protected_pattern" ]
  [ "$(program_tag app feature-10)" = "kept recent" ]
  pull_whole app latest prod-stable dev-stable develop-289sa1s master-branch my-develop-build \
    release-1 feature-10
}

@test "days_to_keep counts 86400 seconds a day, back from the start of the run" {
  push <<'JSON'
[ {"repository": "app", "tag": "just-old", "created": "-604815s"},
  {"repository": "app", "tag": "not-yet", "created": "-604680s"},
  {"repository": "app", "tag": "tomorrow", "created": "+1d"} ]
JSON
  program_config '{"cleanup": {"days_to_keep": 7}}'
  program_exits 0
  program_leaves app not-yet tomorrow
}

@test "a protected tag is its exact name, in every repository; latest is one unless others are given" {
  push <<'JSON'
[ {"repository": "one", "tag": "latest", "created": "-90d"},
  {"repository": "one", "tag": "Latest", "created": "-90d"},
  {"repository": "one", "tag": "latest-2", "created": "-90d"},
  {"repository": "team/two", "tag": "latest", "created": "-90d"} ]
JSON
  program_config
  program_exits 0
  program_leaves one latest
  program_leaves team/two latest
  program_config '{"cleanup": {"protected_tags": ["stable"]}}'
  program_exits 0
  program_leaves one
  program_leaves team/two
}

@test "a protected pattern is a substring, whatever its letter case, and no glob" {
  push <<'JSON'
[ {"repository": "app", "tag": "x-RELEASE-1", "created": "-90d"},
  {"repository": "app", "tag": "prerelease", "created": "-90d"},
  {"repository": "app", "tag": "relea-se", "created": "-90d"},
  {"repository": "app", "tag": "v1.2", "created": "-90d"},
  {"repository": "app", "tag": "v132", "created": "-90d"} ]
JSON
  program_config '{"cleanup": {"protected_patterns": ["Release", "1.2", "v*"]}}'
  program_exits 0
  program_leaves app x-RELEASE-1 prerelease v1.2
}

@test "in a protected repository everything stays, with all its parts" {
  push <<'JSON'
[ {"repository": "team/app", "tag": "old", "created": "-90d"},
  {"repository": "team/app/test", "tag": "old", "created": "-90d"},
  {"repository": "base/deep/er", "id": "index", "kind": "index", "tag": "old", "created": "-90d",
   "platforms": ["linux/amd64"]},
  {"repository": "other", "tag": "old", "created": "-90d"} ]
JSON
  program_config '{"cleanup": {"protected_repositories": ["team/*", "base/**"]}}'
  program_exits 0
  program_leaves team/app old
  program_leaves team/app/test
  program_leaves base/deep/er old
  program_leaves other
  [ "$(program_tag team/app old)" = "kept old,protected_repository" ]
  pull_whole base/deep/er old
}

@test "an old tag that shares its image with a tag that stays, stays too, and says with which" {
  push <<'JSON'
[ {"repository": "app", "tag": "build-1", "created": "-90d"},
  {"repository": "app", "tag": "build-2", "same_as": "app:build-1"},
  {"repository": "app", "tag": "stable", "same_as": "app:build-1"},
  {"repository": "copy", "tag": "build-1", "same_as": "app:build-1"} ]
JSON
  program_config '{"cleanup": {"protected_tags": ["stable"]}}'
  program_exits 0
  program_leaves app build-1 build-2 stable
  program_leaves copy
  [ "$(program_tag app build-1)" = "kept old,shared_digest" ]
  [ "$(program_report '.tags[] | select(.repository == "app" and .tag == "build-1").held_by')" = stable ]
  pull_whole app build-1 build-2 stable
}

@test "all tags of an image go together when every one of them is to go" {
  push <<'JSON'
[ {"repository": "app", "tag": "one", "created": "-90d"},
  {"repository": "app", "tag": "two", "same_as": "app:one"} ]
JSON
  program_config
  program_watch program_exits 0
  program_leaves app
  registry_lacks app "$(digest_of app:one <"$BATS_TEST_TMPDIR/digests")"
  [ "$(grep -c '^DELETE .* 202$' "$PROGRAM_DIR/requests")" -eq 1 ]
  [ "$(program_report '.summary | "\(.deleted) \(.manifests_deleted)"')" = "2 1" ]
}

@test "the bytes that are told as freed are those that are gone from the disk" {
  local before after
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["shared:70000", "lost:50000"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["shared", "own:3000"]} ]
JSON
  before=$(blob_bytes)
  program_config
  program_exits 0
  after=$(blob_bytes)
  ((before - after > 50000 && before - after < 60000))
  [ "$(program_report .storage.freed_bytes)" -eq $((before - after)) ]
  [ "$(program_report .storage.added_bytes)" -eq 0 ]
  pull_whole app new
}

@test "a dry run forecasts to the byte what the run then frees" {
  local forecast
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["shared:70000", "lost:50000"]},
  {"repository": "app", "tag": "also-old", "created": "-80d", "layers": ["shared", "lost"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["shared", "own:3000"]},
  {"repository": "other", "tag": "old", "created": "-90d", "layers": ["lost", "there:9000"], "id": "signed"},
  {"repository": "other", "kind": "cosign", "subject": "signed", "suffix": "sig"},
  {"repository": "multi", "tag": "old", "created": "-90d", "kind": "index", "id": "index",
   "platforms": ["linux/amd64", "linux/arm64"]} ]
JSON
  program_config
  program_exits 0 --dry-run
  forecast=$(program_report .storage.forecast_bytes)
  [ "$forecast" -gt 59000 ]
  [ "$(program_report '[.tags[] | select(.tag == "also-old").exclusive_bytes] | .[0] < 5000')" = true ]
  program_exits 0
  [ "$(program_report .storage.freed_bytes)" -eq "$forecast" ]
  pull_whole app new
}

@test "a second run finds nothing to do, sends no DELETE, starts no collector, and exits with 0" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
  program_config
  program_exits 0
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_watch program_exits 0
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  [ -s "$PROGRAM_DIR/requests" ]
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  [ "$(program_report .garbage_collection.ran)" = false ]
  [ "$(program_report .summary.deleted)" -eq 0 ]
}

@test "an empty registry, and repositories that never had a tag, are no failure" {
  program_config
  program_exits 0
  push <<'JSON'
[ {"repository": "untagged", "id": "one", "created": "-90d"},
  {"repository": "app", "tag": "old", "created": "-90d"} ]
JSON
  program_exits 0
  program_leaves app
  registry_has untagged "$(digest_of one <"$BATS_TEST_TMPDIR/digests")"
  [ "$(program_report .summary.errors)" -eq 0 ]
}

# bulk COUNT: that many repositories, each with an old tag and a new one, of two images.
bulk() {
  /usr/bin/python3 - "$1" <<'PYTHON' | "$STORE_TOOLS/images.py" --store "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/digests"
import json, sys
specs = []
for number in range(int(sys.argv[1])):
    for tag, created in (("old", "-90d"), ("new", "-1d")):
        spec = {"repository": f"bulk/{number:04}", "tag": tag}
        spec.update({"same_as": f"bulk/0000:{tag}"} if number else {"created": created})
        specs.append(spec)
print(json.dumps(specs))
PYTHON
}

@test "more than a page of repositories: 130, all cleaned" {
  bulk 130
  program_config
  program_exits 0
  [ "$(program_report '.summary | "\(.repositories) \(.tags) \(.deleted) \(.kept)"')" = \
    "130 260 130 130" ]
  program_leaves bulk/0000 new
  program_leaves bulk/0129 new
  [ "$(find "$REGISTRY_STORE/docker" -path '*/tags/old/current/link' | wc -l)" -eq 0 ]
}

@test "more than the registry gives on one page: 1100 repositories are all listed" {
  bulk 1100
  program_config '{"gc": {"when": "never"}, "inventory": {"source": "api"}}'
  program_watch program_exits 0
  [ "$(program_report '.summary | "\(.repositories) \(.tags) \(.deleted)"')" = "1100 2200 1100" ]
  [ "$(grep -c '^GET /v2/_catalog' "$PROGRAM_DIR/requests")" -ge 2 ]
  [ "$(find "$REGISTRY_STORE/docker" -path '*/tags/old/current/link' | wc -l)" -eq 0 ]
  [ "$(find "$REGISTRY_STORE/docker" -path '*/tags/new/current/link' | wc -l)" -eq 1100 ]
}
