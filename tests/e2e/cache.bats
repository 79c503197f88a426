#!/usr/bin/env bats
# A scan through the API remembers what it read; what it remembers never decides a delete.

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

# Without host_storage everything is read through the API.
setup() {
  program_empty_registry
  program_config '{"paths": {"host_storage": ""}}'
}

push() {
  push_images >"$BATS_TEST_TMPDIR/digests"
}

digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

push_app() {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "older", "created": "-99d"},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "app", "tag": "latest", "created": "-90d"},
  {"repository": "app", "tag": "index", "kind": "index", "created": "-91d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "tag": "undated", "created": "1970-01-01T00:00:00Z"},
  {"repository": "app", "id": "sig", "kind": "cosign", "subject": "app:old", "created": "-1d"},
  {"repository": "app", "id": "ref", "kind": "referrer", "subject": "app:new", "created": "-99d"},
  {"repository": "team/chart", "tag": "1.0", "kind": "helm", "created": "-90d"} ]
JSON
}

cache() {
  echo "$PROGRAM_DIR"/state/*/cache
}

# What is decided, and why.
decisions() {
  program_report '[.tags[] | {repository, tag, digest, created_at, decision, reasons}] |
    sort_by(.repository, .tag)[] | tojson'
}

# Dry runs with what is remembered and, in another folder, without: they decide the same.
decides_the_same() {
  program_exits 0 --dry-run
  decisions >"$BATS_TEST_TMPDIR/with"
  mv "$PROGRAM_DIR/state" "$PROGRAM_DIR/remembered"
  program_exits 0 --dry-run
  decisions >"$BATS_TEST_TMPDIR/without"
  rm -r "$PROGRAM_DIR/state"
  mv "$PROGRAM_DIR/remembered" "$PROGRAM_DIR/state"
  [ -s "$BATS_TEST_TMPDIR/with" ]
  diff "$BATS_TEST_TMPDIR/without" "$BATS_TEST_TMPDIR/with"
}

blob_path() {
  local hex=${1#sha256:}
  echo "$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${hex:0:2}/$hex/data"
}

revision_path() {
  echo "$REGISTRY_STORE/docker/registry/v2/repositories/$1/_manifests/revisions/sha256/${2#sha256:}"
}

@test "the second scan sends one conditional GET for each tag and reads no config" {
  push_app
  # The proof that the collector is this registry's asks for manifests, too.
  program_config '{"inventory": {"source": "api"}, "gc": {"when": "never"}}'
  program_watch program_exits 0 --dry-run
  run ! grep -q ' 304$' "$PROGRAM_DIR/requests"
  grep -q ' /v2/app/blobs/' "$PROGRAM_DIR/requests"
  program_watch program_exits 0 --dry-run --debug
  tags=$(program_report '.summary.tags')
  grep -E "\[DEBUG\] read $tags tags with [0-9]+ requests; $tags manifests were known" <<<"$output"
  [ "$(grep -c ' 304$' "$PROGRAM_DIR/requests")" -eq "$tags" ]
  run ! grep -q '/blobs/' "$PROGRAM_DIR/requests"
  # Only what no tag reaches is asked for by its digest: whether it is there, nobody can remember.
  grep '/manifests/sha256:' "$PROGRAM_DIR/requests" | grep -v ' 304$' | cut -d ' ' -f 2 |
    sort >"$BATS_TEST_TMPDIR/asked"
  for child in index/linux/amd64 index/linux/arm64 ref; do
    echo "/v2/app/manifests/$(digest "$([ "$child" = ref ] && echo ref || echo "app:$child")")"
  done | sort | diff - "$BATS_TEST_TMPDIR/asked"
}

@test "with what is remembered it decides the same as without, whatever happened in between" {
  push_app
  decides_the_same
  decides_the_same
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-2d", "id": "moved"},
  {"repository": "app", "tag": "latest", "created": "-80d", "id": "moved too"},
  {"repository": "app", "tag": "fresh", "created": "-50d"},
  {"repository": "app", "tag": "twice", "same_as": "app:fresh"},
  {"repository": "other", "tag": "fresh", "same_as": "app:fresh"},
  {"repository": "app", "tag": "attested", "kind": "attested-index", "created": "-70d",
   "platforms": ["linux/amd64"]},
  {"repository": "app", "tag": "young part", "tag": "mixed", "kind": "index",
   "children": ["app:fresh", "moved"]} ]
JSON
  decides_the_same
  moved=$(digest moved)
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/app/manifests/$moved"
  registry_lacks app "$moved"
  decides_the_same
  program_exits 0
  decides_the_same
  push <<<'[{"repository": "app", "tag": "fresh", "created": "-3d", "id": "pushed again"}]'
  decides_the_same
}

@test "a cache that is damaged, cut off, of another version or none at all is not used, and replaced" {
  push_app
  program_exits 0 --dry-run
  program_keeps_quiet_of "cache"
  cp "$(cache)" "$BATS_TEST_TMPDIR/good"
  decisions >"$BATS_TEST_TMPDIR/before"
  cache=$(cache)
  for damage in 'sed -i 3s/[0-9]/x/' 'truncate -s -1' 'truncate -s 0' 'sed -i 1s/[0-9]/0/' \
    'cp /etc/hostname'; do
    $damage "$cache"
    program_watch program_exits 0 --dry-run
    program_says "[INFO] the cache of earlier scans is"
    run ! grep -q ' 304$' "$PROGRAM_DIR/requests"
    decisions | diff "$BATS_TEST_TMPDIR/before" -
    cmp "$BATS_TEST_TMPDIR/good" "$cache"
  done
  rm "$cache"
  mkdir "$cache"
  program_exits 0 --dry-run
  program_keeps_quiet_of "[WARNING]" "[ERROR]"
}

@test "a dry run writes the cache and nothing else, the same again when nothing changed" {
  push_app
  program_exits 0 --dry-run
  find "$PROGRAM_DIR/state" -type f -printf '%f %m\n' | diff <(echo 'cache 600') -
  find "$PROGRAM_DIR/state" -type d -printf '%m\n' | sort -u | diff <(echo 700) -
  find "$PROGRAM_DIR/state" -printf '%p %i %T@ %C@\n' | sort >"$BATS_TEST_TMPDIR/before"
  program_exits 0 --dry-run
  find "$PROGRAM_DIR/state" -printf '%p %i %T@ %C@\n' | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a state folder that cannot be written is no trouble for a dry run" {
  push_app
  program_exits 0 --dry-run
  decisions >"$BATS_TEST_TMPDIR/before"
  cp "$(cache)" "$BATS_TEST_TMPDIR/good"
  program_empty_registry
  push <<<'[{"repository": "app", "tag": "one", "created": "-90d"}]'
  mount --bind "$PROGRAM_DIR/state" "$PROGRAM_DIR/state"
  mount -o remount,bind,ro "$PROGRAM_DIR/state"
  run program_exits 0 --dry-run
  umount "$PROGRAM_DIR/state"
  [ "$status" -eq 0 ]
  [ "$(program_tag app one)" = "planned old" ]
  cmp "$BATS_TEST_TMPDIR/good" "$(cache)"
}

@test "a tag whose manifest is gone is not deleted on the word of the cache" {
  push_app
  program_exits 0 --dry-run
  rm -r "$(revision_path app "$(digest app:index)")"
  [ "$(registry_status app index)" = 404 ]
  program_watch program_exits 1
  program_says 'app:index is damaged' '(it was so before this run)'
  [ "$(program_tag app index)" = "changed old,changed" ]
  run ! grep "^DELETE .*$(digest app:index)" "$PROGRAM_DIR/requests"
  registry_has app "$(digest app:index/linux/amd64)"
  registry_has app "$(digest app:index/linux/arm64)"
  program_leaves app index latest new undated "$(registry_tags app | grep sha256-)"
}

@test "nor are its parts, where its batch is the first" {
  push_app
  program_exits 0 --dry-run
  rm -r "$(revision_path app "$(digest app:index)")"
  # Nothing else in this repository goes.
  program_config '{"paths": {"host_storage": ""}, "cleanup": {"protected_patterns": ["old"]}}'
  program_exits 1
  [ "$(program_tag app index)" = "changed old,changed" ]
  registry_has app "$(digest app:index/linux/amd64)"
  registry_has app "$(digest app:index/linux/arm64)"
}

@test "an image whose config is gone is not dated by the cache" {
  push_app
  program_exits 0 --dry-run
  config=$(registry_curl -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/app/manifests/older" | jq -r .config.digest)
  rm "$(blob_path "$config")"
  program_exits 1
  program_says 'app:older is damaged' '(it was so before this run)'
  [ "$(program_tag app older)" = "changed old,changed" ]
  [ "$(program_tag app old)" = "deleted old" ]
  registry_has app older
}

@test "a manifest that was damaged since is found out before anything is deleted (S2)" {
  push_app
  program_exits 0 --dry-run
  sed -i 's/"size"/"sizE"/' "$(blob_path "$(digest app:older)")"
  program_watch program_exits 1
  cat "$PROGRAM_DIR/requests"
  run ! grep '^DELETE .*/app/.* 202$' "$PROGRAM_DIR/requests"
  registry_has app old
  registry_has app index
}

@test "the subject that an earlier run deleted is not believed to be there" {
  push_app
  program_exits 0
  push <<<"[{\"repository\": \"app\", \"id\": \"late\", \"kind\": \"cosign\", \"subject\": \"$(digest app:old)\"}]"
  decides_the_same
}
