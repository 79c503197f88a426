#!/usr/bin/env bats
# Are all tags whole? After a run, and by the verb `verify`: from the storage and through the API.

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
  program_config
}

teardown() {
  [ ! -e "$BATS_TEST_TMPDIR/own" ] || registry_stop "$BATS_TEST_TMPDIR/own"
}

# `shared` is in three tags of two repositories; `all` is an index of two images.
IMAGES='[ {"repository": "app", "tag": "one", "layers": ["first:2001", "shared:3001"]},
  {"repository": "app", "tag": "two", "layers": ["shared:3001"]},
  {"repository": "team/other", "tag": "three", "layers": ["shared:3001"]},
  {"repository": "team/multi", "tag": "all", "kind": "index",
    "platforms": ["linux/amd64", "linux/arm64"]} ]'

push() {
  push_images >"$BATS_TEST_TMPDIR/digests" <<<"${1:-$IMAGES}"
}

# source api|storage [JSON]
source_is() {
  program_config "$(jq --null-input --arg source "$1" --argjson more "${2:-"{}"}" \
    '{inventory: {source: $source}} * $more')"
}

# part REPOSITORY REFERENCE FILTER: what jq's filter says of a manifest.
part() {
  registry_curl -f -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    -H 'Accept: application/vnd.oci.image.index.v1+json' \
    "$REGISTRY_URL/v2/$1/manifests/$2" | jq -r "$3"
}

# Where blobs and links are on this host.
blob() {
  echo "$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${1:7:2}/${1:7}/data"
}
layer_link() {
  echo "$REGISTRY_STORE/docker/registry/v2/repositories/$1/_layers/sha256/${2:7}/link"
}
revision_link() {
  echo "$REGISTRY_STORE/docker/registry/v2/repositories/$1/_manifests/revisions/sha256/${2:7}/link"
}

# damaged TEXT...: both sources find this, and the rest whole.
damaged() {
  local source
  for source in storage api; do
    source_is "$source"
    program_verifies 1
    program_says "$@" || { echo "(source $source)"; return 1; }
    program_keeps_quiet_of "this run"
  done
}

@test "whole: exit 0, and nothing but GETs leaves the program" {
  local source
  push
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  for source in storage api; do
    source_is "$source"
    program_watch program_verifies 0
    program_says "[INFO] 4 tags verified whole" "exit code 0"
    program_keeps_quiet_of "[WARNING]" "[ERROR]" damaged
    run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
    program_verifies 0 --deep
    program_says "4 tags verified whole"
    program_verifies 0 --quiet
    [ -z "$output" ]
  done
  diff "$BATS_TEST_TMPDIR/before" <(store_digest_tree "$REGISTRY_STORE")
  [ ! -e "$PROGRAM_DIR/state" ]
}

@test "through the API each blob of a repository is asked for once, for its first byte" {
  local digest
  push
  digest=$(part app one .layers[1].digest)
  source_is api
  program_watch program_verifies 0
  [ "$(grep -c "^GET /v2/app/blobs/$digest 206" "$PROGRAM_DIR/requests")" -eq 1 ]
  [ "$(grep -c "/blobs/$digest 206" "$PROGRAM_DIR/requests")" -eq 2 ]
  run ! grep '/blobs/.* 200' "$PROGRAM_DIR/requests"
}

@test "a registry without images has nothing that could be damaged" {
  local source digest
  push '[ {"repository": "app", "tag": "one"} ]'
  digest=$(digest_of app:one <"$BATS_TEST_TMPDIR/digests")
  curl -sSf -X DELETE "$REGISTRY_URL/v2/app/manifests/$digest"
  for source in storage api; do
    source_is "$source"
    program_verifies 0
    program_says "0 tags verified whole"
  done
}

@test "a blob is gone: that is one line, however many tags need it" {
  local digest
  push
  digest=$(part app one .layers[1].digest)
  rm "$(blob "$digest")"
  damaged "[ERROR] layer $digest is missing; 3 tags of 2 repositories need it and are damaged, among them " \
    "1 tag verified whole" "3 tags are damaged"
  [ "$(grep -c "$digest" <<<"$output")" -eq 1 ]
}

@test "a config is gone" {
  local digest
  push
  digest=$(part app two .config.digest)
  rm "$(blob "$digest")"
  damaged "app:two is damaged: config $digest is missing" "3 tags verified whole"
}

@test "a blob has another size than its manifests say" {
  local digest
  push
  digest=$(part app one .layers[0].digest)
  truncate -s 1999 "$(blob "$digest")"
  damaged "app:one is damaged: layer $digest has 1999 bytes instead of 2001" "3 tags verified whole"
  truncate -s 2002 "$(blob "$digest")"
  damaged "app:one is damaged: layer $digest has 2002 bytes instead of 2001"
  truncate -s 0 "$(blob "$digest")"
  damaged "app:one is damaged: layer $digest has 0 bytes instead of 2001"
}

@test "a blob with another size is not read, by --deep neither" {
  local digest
  push
  digest=$(part app one .layers[0].digest)
  # A hole that takes minutes to read.
  truncate -s 100000000000 "$(blob "$digest")"
  source_is storage
  run timeout --signal=KILL 60 "$CLEAN_REGISTRY" verify --deep --config "$PROGRAM_DIR/config.json"
  program_has_exited 1
  program_says "app:one is damaged: layer $digest has 100000000000 bytes instead of 2001" \
    "3 tags verified whole"
}

@test "a blob without bytes is whole" {
  local source
  push '[ {"repository": "app", "tag": "one", "layers": ["nothing:0", "some:7"]} ]'
  for source in storage api; do
    source_is "$source"
    program_verifies 0 --deep
    program_says "1 tag verified whole"
  done
}

@test "a repository has lost its link to a layer that is still there" {
  local digest
  push
  digest=$(part app one .layers[1].digest)
  rm "$(layer_link app "$digest")"
  source_is storage
  program_verifies 1
  program_says "layer $digest is not linked in its repository; 2 tags of 1 repository need it" "2 tags verified whole"
  source_is api
  program_verifies 1
  program_says "layer $digest is missing; 2 tags of 1 repository need it" "2 tags verified whole"
}

@test "a link to a layer that holds nothing" {
  local digest
  push
  digest=$(part app one .layers[0].digest)
  : >"$(layer_link app "$digest")"
  source_is storage
  program_verifies 1
  program_says "app:one is damaged: layer $digest has a broken link: it is empty" \
    "3 tags verified whole"
  # The registry answers 500, which says nothing of the layer.
  source_is api
  program_verifies 1
  program_says "[WARNING] app:one could not be verified: layer $digest could not be checked: 500" \
    "3 tags verified whole" "1 tag could not be verified"
  program_keeps_quiet_of damaged
}

@test "a tag has lost its manifest" {
  local digest
  push
  digest=$(digest_of app:two <"$BATS_TEST_TMPDIR/digests")
  rm "$(revision_link app "$digest")"
  damaged "app:two is damaged: its manifest is missing" "3 tags verified whole"
}

@test "an index has lost a part" {
  local digest
  push
  digest=$(part team/multi all .manifests[1].digest)
  curl -sSf -X DELETE "$REGISTRY_URL/v2/team/multi/manifests/$digest"
  damaged "team/multi:all is damaged: manifest $digest is" "3 tags verified whole"
}

@test "a part of an index has lost a layer" {
  local child digest
  push
  child=$(part team/multi all .manifests[1].digest)
  digest=$(part team/multi "$child" .layers[0].digest)
  rm "$(blob "$digest")"
  damaged "team/multi:all is damaged: layer $digest is missing" "3 tags verified whole"
}

@test "a manifest that is not what its digest says could not be verified" {
  local source digest
  push
  digest=$(digest_of app:two <"$BATS_TEST_TMPDIR/digests")
  printf ' ' >>"$(blob "$digest")"
  for source in storage api; do
    source_is "$source"
    program_verifies 1
    program_says "app:two could not be verified" "3 tags verified whole" \
      "1 tag could not be verified"
    program_keeps_quiet_of damaged "nothing is deleted"
  done
}

@test "--deep finds a flipped byte that nothing else shows" {
  local source digest
  push
  digest=$(part app one .layers[0].digest)
  printf '\377' | dd of="$(blob "$digest")" bs=1 seek=1000 conv=notrunc status=none
  for source in storage api; do
    source_is "$source"
    program_verifies 0
    program_verifies 1 --deep
    program_says "app:one is damaged: layer $digest is not what its digest says" \
      "3 tags verified whole"
  done
}

@test "a registry whose cache believes in a blob that is gone" {
  local digest
  registry_start_either "$BATS_TEST_TMPDIR/own" --cache inmemory
  push
  digest=$(part app one .layers[0].digest)
  registry_curl -f -I -o /dev/null "$REGISTRY_URL/v2/app/blobs/$digest"
  : >"$(blob "$digest")"
  [ "$(registry_curl -I -o /dev/null -w '%{http_code}' "$REGISTRY_URL/v2/app/blobs/$digest")" = 200 ]
  source_is api
  program_verifies 1
  program_says "app:one is damaged: layer $digest is shorter than the registry announces" \
    "3 tags verified whole"
}

# A layer that its manifest calls foreign, written into the storage, as no registry takes it.
foreign() {
  local folder=$REGISTRY_STORE/docker/registry/v2/repositories/app config body missing
  missing=sha256:$(printf missing | sha256sum | cut -d ' ' -f 1)
  config=$(part app one .config)
  body=$(jq -nc --argjson config "$config" --arg missing "$missing" '{schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json", config: $config, layers: [
    {mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", size: 7,
      digest: $missing, urls: ["https://127.0.0.1/nothing"]}]}' | tr -d '\n')
  foreign=sha256:$(printf %s "$body" | sha256sum | cut -d ' ' -f 1)
  mkdir -p "$(dirname "$(blob "$foreign")")" "$(dirname "$(revision_link app "$foreign")")" \
    "$folder/_manifests/tags/foreign/current"
  printf %s "$body" >"$(blob "$foreign")"
  printf %s "$foreign" >"$(revision_link app "$foreign")"
  printf %s "$foreign" >"$folder/_manifests/tags/foreign/current/link"
}

@test "a foreign layer may be absent" {
  local source
  push
  foreign
  for source in storage api; do
    source_is "$source"
    program_verifies 0 --deep
    program_says "5 tags verified whole"
  done
}

# What runs delete and keep; `first` is only in old and `kept` only in new.
RUN_IMAGES='[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["first:2001"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:2002"]},
  {"repository": "app", "tag": "broken", "created": "-1d", "layers": ["broken:2003"]} ]'

@test "a run ends with all tags verified, and says so" {
  local source
  for source in storage api; do
    program_empty_registry
    push "$RUN_IMAGES"
    source_is "$source"
    program_exits 0
    program_says "[INFO] 2 tags verified whole"
    [ "$(program_report '.verification | [.ran, .tags, .whole, .damaged, .unverified, .damage] |
      tostring')" = '[true,2,2,0,0,[]]' ]
    # Nothing changes, so there is nothing to verify.
    program_exits 0
    program_keeps_quiet_of verified
    [ "$(program_report '.verification | [.ran, .tags, .damage] | tostring')" = '[false,null,[]]' ]
  done
}

@test "a run without a collection is verified, too; a dry run is not" {
  push "$RUN_IMAGES"
  program_config '{"gc": {"when": "never"}}'
  program_exits 0 --dry-run
  [ "$(program_report .verification.ran)" = false ]
  program_exits 0
  program_says "2 tags verified whole"
  [ "$(program_report .verification.whole)" -eq 2 ]
}

# breaks_one DIGEST: registry.exec whose collector takes this blob along, as one gone mad would.
breaks_one() {
  program_exec "case \$* in *--dry-run*) ;; *garbage-collect*) [ ! -e '$(blob "$1")' ] ||
    { rm '$(blob "$1")'; echo 'blob eligible for deletion: $1'; };; esac"
}

@test "what broke in the run is told apart from what was broken before" {
  local source lost broken exec
  for source in storage api; do
    program_empty_registry
    push "$RUN_IMAGES"
    lost=$(part app new .layers[0].digest)
    broken=$(part app broken .layers[0].digest)
    rm "$(blob "$broken")"
    exec=$(breaks_one "$lost")
    source_is "$source" "$exec"
    program_exits 1
    program_says "[ERROR] app:new is damaged: layer $lost is missing (removed in this run)" \
      "[ERROR] app:broken is damaged: layer $broken is missing (it was so before this run)" \
      "0 tags verified whole" "2 tags are damaged"
    [ "$(program_report '.verification | [.ran, .tags, .whole, .damaged, .unverified] |
      tostring')" = '[true,2,0,2,0]' ]
    [ "$(program_report '.verification.damage | sort_by(.tag)[] |
      "\(.repository) \(.tag) \(.digest) \(.what) \(.since)"')" = \
"app broken $broken layer is missing before
app new $lost layer is missing this_run" ]
    [ "$(program_report .summary.errors)" -ge 2 ]
    [ "$(program_report .exit_code)" -eq 1 ]
  done
}

@test "what 3.x prints of a link that it removed counts, too" {
  local kept
  push "$RUN_IMAGES"
  kept=$(part app new .layers[0].digest)
  program_config "$(program_exec "case \$* in *--dry-run*) ;; *garbage-collect*) rm -f '$(layer_link app "$kept")'
    echo 'app: layer link eligible for deletion: $kept';; esac")"
  program_exits 1
  program_says "app:new is damaged: layer $kept is not linked in its repository (removed in this run)"
}

@test "what is pushed during the run is verified, too" {
  local source
  for source in storage api; do
    program_empty_registry
    push "$RUN_IMAGES"
    echo '[ {"repository": "late", "tag": "late", "created": "-1d"} ]' >"$BATS_TEST_TMPDIR/late"
    source_is "$source" "$(program_exec "case \$* in *--dry-run*) ;; *garbage-collect*)
      '$STORE_TOOLS/images.py' --url '$REGISTRY_URL' '$BATS_TEST_TMPDIR/late' >/dev/null;; esac")"
    program_exits 0
    program_says "3 tags verified whole"
    [ "$(program_report .summary.tags)" -eq 3 ]
    pull_whole late late
  done
}

@test "pushed during the run, and swept by its collector: damage of this run" {
  local first
  push "$RUN_IMAGES"
  first=$(part app old .layers[0].digest)
  # The new tag has the layer that the collector, which marked before, is about to remove.
  echo '[ {"repository": "app", "tag": "late", "created": "-1d", "layers": ["first:2001"]} ]' \
    >"$BATS_TEST_TMPDIR/late"
  program_config "$(program_exec "case \$* in *--dry-run*) ;; *garbage-collect*)
    '$STORE_TOOLS/images.py' --url '$REGISTRY_URL' '$BATS_TEST_TMPDIR/late' >/dev/null
    rm '$(blob "$first")'; echo 'blob eligible for deletion: $first';; esac")"
  program_exits 1
  program_says "app:late is damaged: layer $first is missing (removed in this run)" \
    "2 tags verified whole"
}

@test "nothing is verified while a collector may still be at work" {
  push "$RUN_IMAGES"
  # Which processes there are cannot be asked either.
  program_config "$(program_exec 'case $* in *--dry-run*) ;; *cmdline*) exit 3;;
    *garbage-collect*) kill -KILL $$;; esac')"
  program_exits 4
  program_says "whether the collector has ended is not known"
  [ "$(program_report .garbage_collection.ran)" = true ]
  [ "$(program_report .verification.ran)" = false ]
}

@test "a signal ends --deep at once" {
  local digest folder config body manifest
  digest=sha256:$(printf large | sha256sum | cut -d ' ' -f 1)
  push
  config=$(part app one .config)
  body=$(jq -nc --argjson config "$config" --arg digest "$digest" '{schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json", config: $config, layers: [
    {mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", size: 100000000000,
      digest: $digest}]}' | tr -d '\n')
  manifest=sha256:$(printf %s "$body" | sha256sum | cut -d ' ' -f 1)
  folder=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags/large/current
  mkdir -p "$(dirname "$(blob "$manifest")")" "$(dirname "$(blob "$digest")")" "$folder" \
    "$(dirname "$(revision_link app "$manifest")")" "$(dirname "$(layer_link app "$digest")")"
  printf %s "$body" >"$(blob "$manifest")"
  printf %s "$manifest" | tee "$(revision_link app "$manifest")" >"$folder/link"
  printf %s "$digest" >"$(layer_link app "$digest")"
  # A hole: it takes no room, and minutes to read.
  truncate -s 100000000000 "$(blob "$digest")"
  source_is storage
  "$CLEAN_REGISTRY" verify --deep -c "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  program_await grep -q 'own folder' "$BATS_TEST_TMPDIR/out"
  program_await reads "$!" "$(blob "$digest")"
  kill -TERM "$!"
  code=0
  wait "$!" || code=$?
  [ "$code" -eq 143 ]
  grep -q 'exit code 143' "$BATS_TEST_TMPDIR/out"
}

# reads PID FILE: that process has the file open.
reads() {
  local fd
  for fd in "/proc/$1"/fd/*; do
    [ "$(readlink "$fd")" != "$2" ] || return 0
  done
  return 1
}

@test "the password is in no output" {
  registry_start_either "$BATS_TEST_TMPDIR/own" --cache none --auth "somebody:very secret word"
  push
  rm "$(blob "$(part app one .layers[0].digest)")"
  source_is api
  program_verifies 1 --debug --deep
  program_says "app:one is damaged"
  program_keeps_quiet_of "very secret word" "$(printf 'somebody:very secret word' | base64)"
  run ! grep -r 'very secret word' "$PROGRAM_DIR/log"
}

@test "what verify does not take, and what run does not take" {
  local option
  for option in --dry-run -n --report=x; do
    program_verifies 2 "$option"
  done
  program_verifies 2 left
  program_exits 2 --deep
  program_says "--deep: not an option of 'run'"
}

@test "a registry that cannot be reached: exit 3" {
  program_config '{"registry": {"retry_seconds": 0}}' "http://127.0.0.1:$(registry_free_port)"
  program_verifies 3
}

@test "verify needs no right to write, and no lock" {
  push
  program_begin other
  program_config
  program_verifies 0
  program_says "4 tags verified whole"
  program_end other 0
}
