#!/usr/bin/env bats
# What the registry serves and its collector reads otherwise than clients, or not at all: known before the
# first DELETE, named, and nothing is deleted.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  program_empty_registry
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "team", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "team", "tag": "new", "created": "-1d"},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002", "more:51003"]},
  {"repository": "app", "tag": "multi", "kind": "index", "created": "-1d",
    "platforms": ["linux/amd64", "linux/arm64"], "layers": ["parts:51004"]} ]
JSON
  V2=$REGISTRY_STORE/docker/registry/v2
  TYPE=application/vnd.oci.image.manifest.v1+json
}

# refused SOURCE TEXT...: nothing is done, since TEXT.
refused() {
  local source=$1
  shift
  program_config "{\"inventory\": {\"source\": \"$source\"}}"
  program_exits 4
  program_says "[ERROR] nothing is deleted: " "$@"
  program_keeps_quiet_of "collecting: "
  registry_has team old
  [ -n "$(find "$V2" -name data -size 51001c)" ]
  [ -z "$(program_owed)" ]
}

# new_body JQ: the manifest of app:new as another one.
new_body() {
  registry_curl -H "Accept: $TYPE" "$REGISTRY_URL/v2/app/manifests/new" | jq -c "$1"
}

# put TAG <BODY
put() {
  registry_curl -f -o /dev/null -X PUT -H "Content-Type: $TYPE" --data-binary @- "$REGISTRY_URL/v2/app/manifests/$1"
}

@test "a key in two cases: clients need the one, the collector marks the other" {
  local source
  new_body '.Layers = [.layers[1]] | .layers = [.layers[0]]' >"$BATS_TEST_TMPDIR/body"
  put cases <"$BATS_TEST_TMPDIR/body"
  for source in storage api; do
    refused "$source" "[ERROR] app:cases is served, but its manifest cannot be read in one way only" \
      "what 1 tag needs is not known"
  done
  # Once it is gone there is nothing in the way.
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/app/manifests/sha256:$(sha256sum <"$BATS_TEST_TMPDIR/body" | cut -d ' ' -f 1)"
  program_exits 0
  program_leaves team new
  pull_whole app multi new
}

@test "a key that is there twice" {
  new_body '.layers[0]' >"$BATS_TEST_TMPDIR/layer"
  new_body . | sed "s|\"layers\":|\"layers\":[$(cat "$BATS_TEST_TMPDIR/layer")],\"layers\":|" >"$BATS_TEST_TMPDIR/body"
  put twice <"$BATS_TEST_TMPDIR/body"
  refused storage "[ERROR] app:twice is served"
  refused api "[ERROR] app:twice is served"
}

# still_cleans CHILD CODE: from both sources, although app does not have CHILD, which app:multi lists.
still_cleans() {
  local source
  for source in storage api; do
    program_config "{\"inventory\": {\"source\": \"$source\"}}"
    program_exits "$2"
    [ "$source" = api ] ||
      program_says "[WARNING] 1 manifest that an index lists is stored, but not linked" "app@$1"
    [ "$(program_report .garbage_collection.ran)" = true ]
    program_leaves team new
    program_leaves app multi new
    [ -z "$(find "$V2" -name data -size 51001c)" ]
    push_images >/dev/null <<<'[{"repository": "team", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
      {"repository": "keeper", "tag": "kept", "created": "-1d"}]'
  done
}

@test "a part of an index that was deleted: nobody could pull it, and nothing is refused for it" {
  local child
  child=$(digest_of app:multi/linux/arm64 <"$BATS_TEST_TMPDIR/digests")
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/app/manifests/$child"
  still_cleans "$child" 1
  program_says "app:multi is damaged"
}

@test "a part of an index whose link is lost: it is named, and the rest is cleaned" {
  local child
  child=$(digest_of app:multi/linux/arm64 <"$BATS_TEST_TMPDIR/digests")
  rm -r "$V2/repositories/app/_manifests/revisions/sha256/${child#sha256:}"
  still_cleans "$child" 1
}

@test "a manifest whose file is not that of its digest: what it was meant to need is not known" {
  local digest
  digest=$(digest_of app:new <"$BATS_TEST_TMPDIR/digests")
  sed -i 's/"schemaVersion": *2/&,"x":1/' "$V2/blobs/sha256/${digest:7:2}/${digest:7}/data"
  refused storage "[ERROR] app:new is served"
}

@test "a tag that the registry answers with 404 is broken already, and in nobody's way" {
  local digest
  push_images >"$BATS_TEST_TMPDIR/more" <<<'[{"repository": "other", "tag": "broken", "created": "-1d"}]'
  digest=$(digest_of other:broken <"$BATS_TEST_TMPDIR/more")
  rm "$V2/repositories/other/_manifests/revisions/sha256/${digest#sha256:}/link"
  program_config
  program_exits 1
  program_says "second opinion: no tag that stays needs" "other:broken is damaged" "(it was so before this run)"
  program_leaves team new
  pull_whole app multi new
}
