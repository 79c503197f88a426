#!/usr/bin/env bats
# Every kind of manifest that registries hold: what is its date, what goes with it, what it holds.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none --schema1
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
  program_config
}

push() {
  push_images >"$BATS_TEST_TMPDIR/digests"
}

digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

# on_disk SIZE, not_on_disk SIZE: is there a blob of that many bytes?
on_disk() {
  [ -n "$(find "$REGISTRY_STORE" -name data -size "$1c")" ] || {
    echo "no blob of $1 bytes"
    return 1
  }
}

not_on_disk() {
  run ! on_disk "$1"
}

@test "images of both kinds and schema 1 have their date from their config or history" {
  push <<'JSON'
[ {"repository": "app", "tag": "oci-old", "created": "-90d"},
  {"repository": "app", "tag": "oci-new", "created": "-1d"},
  {"repository": "app", "tag": "docker-old", "kind": "docker", "created": "-90d"},
  {"repository": "app", "tag": "docker-new", "kind": "docker", "created": "-1d"},
  {"repository": "app", "tag": "schema1-old", "kind": "schema1", "created": "-90d"},
  {"repository": "app", "tag": "schema1-new", "kind": "schema1", "created": "-1d"} ]
JSON
  program_exits 0
  program_leaves app oci-new docker-new schema1-new
  pull_whole app oci-new docker-new schema1-new
}

@test "charts and other artifacts have no date but their annotation; without it they stay" {
  push <<'JSON'
[ {"repository": "app", "tag": "chart", "kind": "helm"},
  {"repository": "app", "tag": "chart-old", "kind": "helm", "created": "-90d"},
  {"repository": "app", "tag": "thing", "kind": "artifact"},
  {"repository": "app", "tag": "thing-old", "kind": "artifact", "created": "-90d"},
  {"repository": "app", "tag": "thing-new", "kind": "artifact", "created": "-1d"} ]
JSON
  program_exits 0
  program_leaves app chart thing thing-new
  [ "$(program_tag app chart)" = "kept unknown_age" ]
  [ "$(program_tag app thing)" = "kept unknown_age" ]
  [ "$(program_report .summary.unknown_age)" -eq 2 ]
  pull_whole app chart thing thing-new
}

@test "modules and models have their date from their configs" {
  local kind
  for kind in wasm modelpack docker-model; do
    push <<JSON
[ {"repository": "app", "tag": "$kind-old", "kind": "$kind", "created": "-90d"},
  {"repository": "app", "tag": "$kind-new", "kind": "$kind", "created": "-1d"},
  {"repository": "app", "tag": "$kind-zero", "kind": "$kind", "created": "0001-01-01T00:00:00Z"},
  {"repository": "app", "tag": "$kind-none", "kind": "$kind"} ]
JSON
  done
  program_exits 0
  program_leaves app {wasm,modelpack,docker-model}-{new,zero,none}
  [ "$(program_report .summary.unknown_age)" -eq 6 ]
  [ "$(program_report .summary.deleted)" -eq 3 ]
}

@test "no date, then history, then the manifest's annotation; a bad date is none and hides the others" {
  local note='"annotations": {"org.opencontainers.image.created": "-90d"}'
  push <<JSON
[ {"repository": "app", "tag": "history", "config_created_missing": true,
   "history_created": "-90d"},
  {"repository": "app", "tag": "annotation", "history_created": null, $note},
  {"repository": "app", "tag": "nothing"},
  {"repository": "app", "tag": "zero", "created": "0001-01-01T00:00:00Z", $note},
  {"repository": "app", "tag": "epoch", "created": "1970-01-01T00:00:00Z", $note},
  {"repository": "app", "tag": "eighties", "created": "1980-01-01T00:00:01Z", $note},
  {"repository": "app", "tag": "before", "created": "2013-03-19T23:59:59Z"},
  {"repository": "app", "tag": "first", "created": "2013-03-20T00:00:00Z"},
  {"repository": "app", "tag": "offset", "created": "2020-01-01T12:00:00.123456789+05:30"},
  {"repository": "app", "tag": "words", "created": "yesterday"} ]
JSON
  program_exits 0
  program_leaves app nothing zero epoch eighties before words
  [ "$(program_report .summary.unknown_age)" -eq 6 ]
}

@test "an index and a list go with all their children, and the children's layers are freed" {
  push <<'JSON'
[ {"repository": "app", "tag": "index", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64", "linux/arm64"], "layers": ["of index:41001"]},
  {"repository": "app", "tag": "list", "kind": "docker-list", "created": "-90d",
   "platforms": ["linux/amd64", "linux/386"], "layers": ["of list:41002"]},
  {"repository": "app", "tag": "kept", "kind": "index", "created": "-1d",
   "platforms": ["linux/amd64"], "layers": ["of kept:41003"]} ]
JSON
  program_exits 0
  program_leaves app kept
  registry_lacks app "$(digest app:index/linux/amd64)"
  registry_lacks app "$(digest app:index/linux/arm64)"
  registry_lacks app "$(digest app:list/linux/386)"
  not_on_disk 41001
  not_on_disk 41002
  on_disk 41003
  pull_whole app kept
  [ "$(program_report .summary.manifests_deleted)" -eq 6 ]
}

@test "an index goes before its children" {
  push <<'JSON'
[ {"repository": "app", "tag": "index", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64", "linux/arm64"]} ]
JSON
  program_watch program_exits 0
  [ "$(grep -c '^DELETE .* 202$' "$PROGRAM_DIR/requests")" -eq 3 ]
  [ "$(grep -m 1 '^DELETE .* 202$' "$PROGRAM_DIR/requests")" = \
    "DELETE /v2/app/manifests/$(digest app:index) 202" ]
}

@test "an index is as old as its newest child, and stays whole" {
  push <<'JSON'
[ {"repository": "app", "id": "aged", "created": "-400d"},
  {"repository": "app", "id": "fresh", "created": "-1d"},
  {"repository": "app", "id": "undated"},
  {"repository": "app", "tag": "mixed", "kind": "index", "children": ["aged", "fresh"]},
  {"repository": "app", "tag": "unsure", "kind": "index", "children": ["aged", "undated"]} ]
JSON
  program_exits 0
  program_leaves app mixed unsure
  [ "$(program_tag app mixed)" = "kept recent" ]
  [ "$(program_tag app unsure)" = "kept unknown_age" ]
  pull_whole app mixed unsure
}

@test "an artifact without a date beside images, as SOCI lists one, does not make an index undated" {
  push <<'JSON'
[ {"repository": "app", "id": "aged", "created": "-400d"},
  {"repository": "app", "id": "fresh", "created": "-1d"},
  {"repository": "app", "id": "undated"},
  {"repository": "app", "id": "soci", "kind": "artifact",
   "artifact_type": "application/vnd.amazon.soci.index.v2+json"},
  {"repository": "app", "tag": "old", "kind": "index", "children": ["aged", "soci"]},
  {"repository": "app", "tag": "young", "kind": "index", "children": ["fresh", "soci"]},
  {"repository": "app", "tag": "artifacts", "kind": "index", "children": ["soci"]},
  {"repository": "app", "tag": "unsure", "kind": "index", "children": ["aged", "soci", "undated"]} ]
JSON
  program_exits 0
  program_leaves app young artifacts unsure
  [ "$(program_tag app old)" = "deleted old" ]
  [ "$(program_tag app artifacts)" = "kept unknown_age" ]
  [ "$(program_tag app unsure)" = "kept unknown_age" ]
  pull_whole app young artifacts unsure
}

@test "an index within an index: all levels go, or all stay" {
  push <<'JSON'
[ {"repository": "app", "id": "inner", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64"], "layers": ["inner:42001"]},
  {"repository": "app", "tag": "outer", "kind": "index", "children": ["inner"]},
  {"repository": "app", "id": "young", "kind": "index", "created": "-1d",
   "platforms": ["linux/amd64"]},
  {"repository": "app", "tag": "holds", "kind": "index", "children": ["young"]} ]
JSON
  program_exits 0
  program_leaves app holds
  registry_lacks app "$(digest inner)"
  not_on_disk 42001
  pull_whole app holds
}

@test "a child that an index that stays lists as well, stays" {
  push <<'JSON'
[ {"repository": "app", "id": "own", "created": "-90d", "layers": ["own:43001"]},
  {"repository": "app", "id": "shared", "created": "-90d", "layers": ["shared:43002"]},
  {"repository": "app", "tag": "old", "kind": "index", "children": ["own", "shared"]},
  {"repository": "app", "tag": "latest", "kind": "index", "children": ["shared"]} ]
JSON
  program_exits 0
  program_leaves app latest
  registry_lacks app "$(digest own)"
  not_on_disk 43001
  on_disk 43002
  pull_whole app latest
}

@test "a child that a kept tag points at stays; one that only old tags point at goes" {
  push <<'JSON'
[ {"repository": "app", "id": "first", "tag": "latest", "created": "-90d"},
  {"repository": "app", "id": "second", "tag": "amd64", "created": "-90d"},
  {"repository": "app", "tag": "old", "kind": "index", "children": ["first", "second"]} ]
JSON
  program_exits 0
  program_leaves app latest
  registry_lacks app "$(digest second)"
  pull_whole app latest
}

@test "an old tag of a child stays with the index that stays, which is named" {
  push <<'JSON'
[ {"repository": "app", "id": "aged", "tag": "old-child", "created": "-90d"},
  {"repository": "app", "id": "fresh", "created": "-1d"},
  {"repository": "app", "tag": "index", "kind": "index", "children": ["aged", "fresh"]} ]
JSON
  program_exits 0
  program_leaves app index old-child
  [ "$(program_tag app old-child)" = "kept old,index_kept" ]
  [ "$(program_report '.tags[] | select(.tag == "old-child").held_by')" = "$(digest app:index)" ]
  pull_whole app index old-child
}

@test "children that are not there do not count: a sparse index goes by the others" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "tag": "new", "kind": "index", "created": "-1d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "tag": "hollow", "kind": "index", "created": "-90d",
   "platforms": ["linux/s390x"]} ]
JSON
  local child
  for child in app:old/linux/arm64 app:new/linux/arm64 app:hollow/linux/s390x; do
    curl -sSf -X DELETE "$REGISTRY_URL/v2/app/manifests/$(digest "$child")"
  done
  # The verification at the end tells of those that stay.
  program_exits 1
  program_says 'app:hollow is damaged' 'app:new is damaged' '(it was so before this run)'
  program_keeps_quiet_of '(removed in this run)'
  program_leaves app new hollow
  [ "$(program_tag app hollow)" = "kept unknown_age" ]
  registry_lacks app "$(digest app:old/linux/amd64)"
  registry_has app "$(digest app:new/linux/amd64)"
}

@test "what buildx pushes: attestations have no date that counts, and go with their index" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "kind": "attested-index", "created": "-90d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "tag": "new", "kind": "attested-index", "created": "-1d"} ]
JSON
  program_exits 0
  program_leaves app new
  registry_lacks app "$(digest app:old/linux/amd64)"
  registry_lacks app "$(digest app:old/linux/amd64/attestation)"
  registry_lacks app "$(digest app:old/linux/arm64/attestation)"
  pull_whole app new
}

@test "images that no tag reaches and no index that goes lists are left alone" {
  push <<'JSON'
[ {"repository": "app", "id": "untagged", "created": "-90d"},
  {"repository": "app", "id": "untagged index", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64"]},
  {"repository": "app", "tag": "old", "created": "-90d"} ]
JSON
  program_exits 0
  program_leaves app
  pull_whole app "$(digest untagged)" "$(digest 'untagged index')"
}

# An index that is pulled by its digest alone shares a child with a tagged one that goes.
push_untagged_index() {
  push <<'JSON'
[ {"repository": "app", "id": "both", "created": "-90d"},
  {"repository": "app", "id": "lost", "created": "-90d"},
  {"repository": "app", "id": "pinned", "kind": "index", "children": ["both"]},
  {"repository": "app", "tag": "old", "kind": "index", "children": ["both", "lost"]},
  {"repository": "other", "tag": "old", "created": "-90d"} ]
JSON
}

@test "an index that no tag reaches protects its children where the storage can be read" {
  push_untagged_index
  program_exits 0
  program_leaves app
  registry_lacks app "$(digest app:old)"
  registry_lacks app "$(digest lost)"
  pull_whole app "$(digest pinned)"
  program_keeps_quiet_of "cannot be protected"
}

@test "without host_storage the log says once that such an index cannot be protected" {
  push_untagged_index
  program_config
  jq 'del(.paths.host_storage)' "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/config.json"
  cat "$BATS_TEST_TMPDIR/config.json" >"$PROGRAM_DIR/config.json"
  program_exits 0
  program_leaves app
  program_leaves other
  [ "$(grep -c 'untagged indexes cannot be protected' "$PROGRAM_DIR/log")" -eq 1 ]
}

@test "with a host_storage that is not there the log warns once of the same" {
  push_untagged_index
  program_config "{\"paths\": {\"host_storage\": \"$BATS_TEST_TMPDIR/nowhere\"}}"
  program_exits 0
  program_leaves app
  [ "$(grep -c '\[WARNING\].*untagged indexes cannot be protected' \
    "$PROGRAM_DIR/log")" -eq 1 ]
}
