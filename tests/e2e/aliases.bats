#!/usr/bin/env bats
# What the registry's own collector is blind to: blobs that a manifest names by another algorithm
# than sha256, and manifests of a type that the registry does not read. While one of them stays,
# nothing is deleted and the collector is not let loose.

bats_require_minimum_version 1.5.0
load ../tools/engine
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
  V2=$REGISTRY_STORE/docker/registry/v2
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
}

push() {
  push_images >>"$BATS_TEST_TMPDIR/digests"
}

# The file of the blob of SIZE bytes.
data_of() {
  find "$V2/blobs" -name data -size "$1c"
}

is_freed() {
  [ -z "$(data_of 51001)" ]
}

# The name by sha512 of the blob of SIZE bytes.
sha512_of() {
  echo "sha512:$(sha512sum <"$(data_of "$1")" | cut -d ' ' -f 1)"
}

# refuses WORDS...: with both sources a dry run and a run exit with 4, say all that, delete nothing
# and run no collector; the tags of "app" stay.
refuses() {
  local source
  for source in storage api; do
    refuses_from "$source" "$@"
  done
}

refuses_from() {
  program_config "{inventory: {source: \"$1\"}}"
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_exits 4 --dry-run
  program_says "the run would stop here: " "gc.required" "${@:2}"
  program_keeps_quiet_of "would then run the collector"
  program_exits 4
  program_says "nothing is deleted, and nothing is collected" "gc.required" "${@:2}"
  [ "$(program_report '.garbage_collection.ran')" = false ]
  [ "$(program_report '.summary.deleted')" -eq 0 ]
  diff "$BATS_TEST_TMPDIR/before" <(store_digest_tree "$REGISTRY_STORE")
  [ -z "$(program_owed)" ]
}

# goes_on_without_collecting SOURCE: with gc.required false the old tag goes and nothing else does.
goes_on_without_collecting() {
  program_config "{inventory: {source: \"$1\"}, gc: {required: false}}"
  program_exits 1 --dry-run
  program_says "[WARNING]" "gc.required"
  program_keeps_quiet_of "would then run the collector"
  program_exits 1
  program_says "[WARNING]" "the collection stays owed"
  program_keeps_quiet_of "[ERROR]"
  program_leaves app new
  run ! is_freed
  [ "$(program_owed)" = collection ]
}

# verifies_whole COUNT: from both sources, read to the last byte.
verifies_whole() {
  local source
  for source in storage api; do
    program_config "{inventory: {source: \"$source\"}}"
    program_verifies 0
    program_says "$1 tags verified whole"
    program_verifies 0 --deep
    program_keeps_quiet_of "[WARNING]" "[ERROR]"
  done
}

@test "a layer pushed by sha512 is whole, and while its image stays nothing is deleted or collected" {
  local named
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-1d", "layers": ["odd:51002"],
    "layers_by": "sha512"}]'
  named=$(sha512_of 51002)
  [ "$(cat "$V2/repositories/odd/_layers/sha512/${named#*:}/link")" = \
    "sha256:$(sha256sum <"$(data_of 51002)" | cut -d ' ' -f 1)" ]
  verifies_whole 3
  refuses "[ERROR] odd:v1 needs the blob $named" "push what needs a blob by another algorithm"
  goes_on_without_collecting storage
  pull_whole odd v1
  pull_whole app new
}

@test "the same through the API alone: deletes without a collection" {
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-1d", "layers_by": "sha512"}]'
  goes_on_without_collecting api
  pull_whole odd v1
}

@test "a layer pushed by sha384" {
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-1d", "layers_by": "sha384"}]'
  verifies_whole 3
  refuses "[ERROR] odd:v1 needs the blob sha384:"
}

@test "a config pushed by sha512 is whole, its date is read, and the image is protected like that" {
  push <<'JSON'
[ {"repository": "odd", "tag": "v1", "created": "-1d", "config_by": "sha512"},
  {"repository": "odd", "tag": "v0", "created": "-60d", "config_by": "sha512"} ]
JSON
  verifies_whole 4
  refuses "[ERROR] odd:v1 needs the blob sha512:"
  program_keeps_quiet_of "odd:v0 needs"
  goes_on_without_collecting storage
  program_leaves odd v1
  pull_whole odd v1
}

@test "the part of an index" {
  push <<<'[{"repository": "odd", "tag": "many", "kind": "index", "created": "-1d",
    "platforms": ["linux/amd64", "linux/arm64"], "layers_by": "sha512"}]'
  verifies_whole 3
  refuses "[ERROR] odd:many needs the blob sha512:"
}

@test "an image without a tag" {
  push <<<'[{"repository": "odd", "id": "x", "created": "-1d", "layers_by": "sha512"}]'
  refuses_from storage "[ERROR] odd@$(digest_of x < <(jq -s add "$BATS_TEST_TMPDIR/digests")) needs the blob sha512:"
}

@test "an image that goes is in nobody's way: the collector runs and frees its layer" {
  local source
  for source in storage api; do
    program_empty_registry
    push <<'JSON'
[ {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "odd", "tag": "v1", "created": "-90d", "layers": ["lost:51001"],
   "layers_by": "sha512", "config_by": "sha512"} ]
JSON
    program_config "{inventory: {source: \"$source\"}}"
    program_exits 0
    is_freed
    program_leaves odd
    program_leaves app new
    pull_whole app new
  done
}

@test "the forecast follows the alias: what it says is what is freed" {
  local forecast
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-90d", "layers": ["more:51003"],
    "layers_by": "sha512", "config_by": "sha512"}]'
  program_config '{inventory: {source: "storage"}}'
  program_exits 0 --dry-run
  forecast=$(program_report .storage.forecast_bytes)
  [ "$forecast" -gt 102000 ]
  program_exits 0
  [ "$(program_report .storage.freed_bytes)" -eq "$forecast" ]
}

@test "an image that was to go and stays after all: the others went, and nothing is collected" {
  local type=application/vnd.oci.image.manifest.v1+json
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-90d", "layers_by": "sha512"}]'
  registry_curl -f -H "Accept: $type" -o "$BATS_TEST_TMPDIR/body" "$REGISTRY_URL/v2/odd/manifests/v1"
  # Somebody gives it another tag once the plan is made.
  program_config "$(program_exec "case \$* in *--version*|*garbage-collect*) ;; *)
    curl -sS -X PUT -H 'Content-Type: $type' --data-binary '@$BATS_TEST_TMPDIR/body' \
      '$REGISTRY_URL/v2/odd/manifests/young';; esac")"
  program_exits 4
  program_says "[ERROR] odd:v1 needs the blob sha512:" "nothing was collected"
  program_leaves app new
  program_leaves odd v1 young
  [ "$(program_owed)" = collection ]
  run ! is_freed
  pull_whole odd young
}

@test "the verb collect foresees and refuses the same" {
  local source
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-1d", "layers_by": "sha512"}]'
  for source in storage api; do
    program_config "{inventory: {source: \"$source\"}, gc: {when: \"never\"}}"
    for dry in "" --dry-run; do
      # shellcheck disable=SC2086 # no word, or one
      run -4 "$CLEAN_REGISTRY" collect $dry --config "$PROGRAM_DIR/config.json"
      program_says "[ERROR] odd:v1 needs the blob sha512:"
    done
    pull_whole odd v1
  done
}

@test "gc.when never: there is nothing to refuse" {
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-1d", "layers_by": "sha512"}]'
  program_config '{gc: {when: "never"}}'
  program_exits 0
  program_keeps_quiet_of "needs the blob"
  program_leaves app new
}

# Writes TAG of "odd" as no registry of distribution takes it, but as it would lie in the storage: by
# the sha512 digest of the manifest of app:new.
tag_by_sha512() {
  local stored named folder=$V2/repositories/odd/_manifests
  cp -a "$V2/repositories/app/_layers" "$V2/repositories/odd/_layers"
  stored=$(cat "$V2/repositories/app/_manifests/tags/new/current/link")
  named=$(sha512sum <"$V2/blobs/sha256/${stored:7:2}/${stored:7}/data" | cut -d ' ' -f 1)
  mkdir -p "$folder/revisions/sha512/$named" "$folder/tags/$1/current"
  printf %s "$stored" >"$folder/revisions/sha512/$named/link"
  printf %s "sha512:$named" >"$folder/tags/$1/current/link"
  echo "sha512:$named"
}

@test "a manifest pushed by its sha512 digest: the registry refuses that" {
  local body=$BATS_TEST_TMPDIR/body type=application/vnd.oci.image.manifest.v1+json
  registry_curl -f -H "Accept: $type" -o "$body" "$REGISTRY_URL/v2/app/manifests/new"
  [ "$(registry_curl -o /dev/null -w '%{http_code}' -X PUT -H "Content-Type: $type" \
    --data-binary "@$body" \
    "$REGISTRY_URL/v2/app/manifests/sha512:$(sha512sum <"$body" | cut -d ' ' -f 1)")" -eq 400 ]
}

@test "a manifest that lies there by its sha512 digest is read through its link, and needs it" {
  local named
  mkdir "$V2/repositories/odd"
  named=$(tag_by_sha512 v1)
  registry_has odd v1
  pull_whole odd v1
  verifies_whole 3
  refuses "[ERROR] odd:v1 needs the blob $named (of manifest $named)"
  goes_on_without_collecting storage
  pull_whole odd v1
}

@test "a link that is gone: what another repository links is meant, and the tag is damaged" {
  local named
  push <<'JSON'
[ {"repository": "odd", "tag": "v1", "created": "-1d", "layers": ["odd:51002"], "layers_by": "sha512"},
  {"repository": "two", "tag": "v1", "created": "-1d", "layers": ["odd:51002"], "layers_by": "sha512"} ]
JSON
  named=$(sha512_of 51002)
  rm -r "$V2/repositories/odd/_layers/sha512"
  program_config '{inventory: {source: "storage"}}'
  program_verifies 1
  program_says "odd:v1 is damaged: layer $named is not linked in its repository" \
    "3 tags verified whole"
  refuses_from storage "[ERROR] odd:v1 needs the blob $named" "[ERROR] two:v1 needs the blob $named"
}

@test "a name that no link explains: its repository loses nothing, is counted and named" {
  local named
  push <<'JSON'
[ {"repository": "odd", "tag": "v1", "created": "-1d", "layers": ["odd:51002"], "layers_by": "sha512"},
  {"repository": "odd", "tag": "aged", "created": "-90d"} ]
JSON
  named=$(sha512_of 51002)
  rm -r "$V2/repositories/odd/_layers/sha512"
  program_config '{inventory: {source: "storage"}, gc: {required: false}}'
  program_exits 1
  program_says "odd: blob $named: no link says by which digest it is stored; nothing is deleted in this repository"
  program_leaves odd aged v1
  program_leaves app new
  [ -n "$(data_of 51002)" ]
  [ "$(program_owed)" = collection ]
}

@test "a link that names another digest of the same algorithm is a fault, as before" {
  local link
  push <<<'[{"repository": "odd", "tag": "v1", "created": "-1d", "layers": ["odd:51002"]}]'
  link=$V2/repositories/odd/_layers/sha256/$(sha256sum <"$(data_of 51002)" | cut -d ' ' -f 1)/link
  printf 'sha256:%064d' 7 >"$link"
  program_config '{inventory: {source: "storage"}}'
  program_verifies 1
  program_says "odd:v1 is damaged: layer" "broken link: it names another digest than its folder"
}

# write_into_store: what images.py is told on standard input, as if copied from another registry.
write_into_store() {
  "$STORE_TOOLS/images.py" --store "$REGISTRY_STORE" >>"$BATS_TEST_TMPDIR/digests"
}

# type_is_foreseen REPOSITORY: its v1 is of a type that the registry does not read.
type_is_foreseen() {
  local source
  [ "$(registry_status "$1" v1)" -eq 500 ]
  for source in storage api; do
    program_config "{inventory: {source: \"$source\"}, gc: {when: \"never\"}}"
    program_run --dry-run
    program_has_exited 1
    [ "$(grep -c "\[WARNING\] $1: " <<<"$output")" -eq 1 ]
    program_says "[WARNING] $1: " "nothing is deleted in this repository"
    [ "$(program_tag "$1" v1)" = "kept unreadable,incomplete_repository" ]
    [ "$(program_tag "$1" aged)" = "kept old,incomplete_repository" ]
    [ "$(program_tag app old)" = "planned old" ]
    [ "$(program_report .summary.errors)" -eq 1 ]
  done
  refuses_from storage "[ERROR] $1:v1: the registry's collector would abort at the manifest" \
    "delete a manifest of such a type by its digest"
  goes_on_without_collecting storage
  program_leaves "$1" aged v1
}

@test "an OCI artifact manifest, which no version reads, is foreseen" {
  write_into_store <<'JSON'
[ {"repository": "odd", "tag": "v1", "kind": "oci-artifact", "created": "-90d"},
  {"repository": "odd", "tag": "aged", "created": "-90d"} ]
JSON
  type_is_foreseen odd
  run -1 docker-registry garbage-collect --dry-run "$REGISTRY_CONFIG"
}

# rewrite_type OLD NEW: the manifest of odd:v1 with another text, put in its place.
rewrite_type() {
  python3 - "$STORE_TOOLS" "$REGISTRY_STORE" "$1" "$2" <<'PYTHON'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from images import Store
store = Store(sys.argv[2])
body = store.get_tag("odd", "v1")
old, new = sys.argv[3].encode(), sys.argv[4].encode()
assert old in body
store.put_manifest_bytes("odd", "v1", body.replace(old, new, 1))
PYTHON
}

@test "a type that is nobody's, one in capitals, and an index of a strange type are foreseen" {
  local type
  for type in application/vnd.example.manifest+json Application/vnd.oci.image.manifest.v1+json \
    'application/vnd.oci.image.manifest.v1+json; charset=utf-8'; do
    program_empty_registry
    rm -rf "$PROGRAM_DIR"
    push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "odd", "tag": "v1", "created": "-90d"},
  {"repository": "odd", "tag": "aged", "created": "-90d"} ]
JSON
    rewrite_type application/vnd.oci.image.manifest.v1+json "$type"
    type_is_foreseen odd
  done
}

@test "deleted by its digest, as the error says, it is in nobody's way any more" {
  write_into_store <<<'[{"repository": "odd", "tag": "v1", "kind": "oci-artifact", "created": "-90d"}]'
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/odd/manifests/$(
    digest_of odd:v1 < <(jq -s add "$BATS_TEST_TMPDIR/digests"))"
  program_config '{inventory: {source: "storage"}}'
  program_exits 0
  is_freed
}
