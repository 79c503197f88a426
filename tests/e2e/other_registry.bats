#!/usr/bin/env bats
# A collector of another registry: whatever leads to it, that is proved by content before the first
# DELETE. Nothing is deleted then, and the other registry is not touched.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start_host "$BATS_FILE_TMPDIR/other"
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "new", "created": "-2d", "layers": ["other:52001"]},
  {"repository": "app", "tag": "gone", "created": "-2d", "layers": ["garbage:52002"]} ]
JSON
  curl -sSf -X DELETE "$REGISTRY_URL/v2/app/manifests/$(curl -sSI \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$REGISTRY_URL/v2/app/manifests/gone" |
    tr -d '\r' | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p')"
  registry_start_host "$BATS_FILE_TMPDIR/own" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/other"
  registry_stop "$BATS_FILE_TMPDIR/own"
  engine_release
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/own"
  program_empty_registry
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]} ]
JSON
  OTHER=$BATS_FILE_TMPDIR/other
  BEFORE=$(store_digest_tree "$OTHER/store")
  V2=$REGISTRY_STORE/docker/registry/v2
}

# refused JSON: with that configuration nothing is done here or there, from both sources.
refused() {
  local source
  for source in auto api; do
    program_config "$(jq --arg source "$source" '. * {inventory: {source: $source}}' <<<"$1")"
    program_exits 3
    program_says "[ERROR] nothing is deleted: the collector works on another registry than $REGISTRY_URL serves" \
      "registry.exec" "paths.config" "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY" "asked again"
    program_keeps_quiet_of "collecting: " "restarting"
    program_leaves app new old
    [ "$(program_report .exit_code)" -eq 3 ]
    [ "$(program_report .garbage_collection.ran)" = false ]
    [ -z "$(program_owed)" ]
    [ "$BEFORE" = "$(store_digest_tree "$OTHER/store")" ]
    program_exits 3 --dry-run
    program_says "the run would stop here: nothing is deleted: the collector works on another"
  done
}

# With the right configuration the same tag goes.
right_one_cleans() {
  program_config
  program_exits 0
  program_leaves app new
}

@test "registry.container is another registry's" {
  local name
  registry_start "$BATS_TEST_TMPDIR/container"
  name=$REGISTRY_NAME
  push_images >/dev/null <<<'[{"repository": "app", "tag": "theirs", "created": "-2d"}]'
  OTHER=$BATS_TEST_TMPDIR/container
  BEFORE=$(store_digest_tree "$OTHER/store")
  registry_use "$BATS_FILE_TMPDIR/own"
  refused "{\"registry\": {\"container\": \"$name\", \"exec\": [\"docker\", \"exec\", \"{container}\"],
    \"program\": \"registry\"}, \"paths\": {\"config\": \"/etc/docker/registry/config.yml\",
    \"storage\": \"/var/lib/registry\"}, \"gc\": {\"restart\": [\"docker\", \"restart\", \"{container}\"]}}"
  right_one_cleans
  registry_stop "$BATS_TEST_TMPDIR/container"
  registry_use "$BATS_FILE_TMPDIR/own"
}

@test "registry.exec leads to another registry" {
  refused "$(program_exec "case \$* in *garbage-collect*) exec docker-registry garbage-collect \$(printf %s \"\$*\" |
      grep -o -e --dry-run) '$OTHER/config.yml';; esac")"
  right_one_cleans
}

@test "paths.config is that of another root" {
  refused "{\"paths\": {\"config\": \"$OTHER/config.yml\"}}"
  refused "{\"paths\": {\"config\": \"$OTHER/config.yml\", \"host_storage\": null, \"storage\": null}}"
  right_one_cleans
}

@test "the server's root is in its own environment only" {
  local config=$BATS_TEST_TMPDIR/config.yml pid
  # What the file says is the other's; the server alone was told otherwise.
  sed "s|rootdirectory: '[^']*'|rootdirectory: '$OTHER/store'|" "$REGISTRY_CONFIG" >"$config"
  registry_end_host
  env -i "PATH=$PATH" "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=$REGISTRY_STORE" \
    docker-registry serve "$config" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- 4>&- &
  pid=$!
  program_await curl -sSf -o /dev/null "$REGISTRY_URL/v2/"
  program_config "{\"paths\": {\"config\": \"$config\"}}"
  program_run
  kill "$pid"
  wait "$pid" || true
  registry_run_host
  registry_wait
  program_has_exited 3
  program_says "the collector works on another registry" "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"
  program_leaves app new old
  [ "$BEFORE" = "$(store_digest_tree "$OTHER/store")" ]
}

@test "an empty registry beside another one's collector: that is not collected" {
  program_empty_registry
  program_config "{\"paths\": {\"config\": \"$OTHER/config.yml\"}, \"gc\": {\"when\": \"always\"},
    \"inventory\": {\"source\": \"api\"}}"
  program_exits 3
  program_says "nothing is collected: the collector works on another registry" "is marked by it, and is not served"
  [ "$BEFORE" = "$(store_digest_tree "$OTHER/store")" ]
}

@test "paths.host_storage alone is another folder: a warning, and it is not read" {
  program_config "{\"paths\": {\"host_storage\": \"$OTHER/store\"}}"
  program_exits 0
  program_says "[WARNING] reading through the API, and not paths.host_storage: " "device and inode differ"
  program_leaves app new
  [ -z "$(find "$V2" -name data -size 51001c)" ]
  [ "$BEFORE" = "$(store_digest_tree "$OTHER/store")" ]
}

# copy NAME: a registry's configuration and store, a copy of what ours has now; $COPY is its folder.
copy() {
  COPY=$BATS_TEST_TMPDIR/$1
  mkdir "$COPY"
  cp -a "$REGISTRY_STORE" "$COPY/store"
  sed "s|rootdirectory: '[^']*'|rootdirectory: '$COPY/store'|" "$REGISTRY_CONFIG" >"$COPY/config.yml"
}

@test "a copy that has a repository more: it marks all that ours has, and is another one all the same" {
  push_images >/dev/null <<<'[{"repository": "more", "tag": "theirs", "created": "-1d"}]'
  copy bigger
  rm -r "$V2/repositories/more"
  OTHER=$COPY
  BEFORE=$(store_digest_tree "$OTHER/store")
  refused "{\"paths\": {\"config\": \"$COPY/config.yml\"}}"
  refused "{\"paths\": {\"config\": \"$COPY/config.yml\", \"host_storage\": null, \"storage\": null}}"
  program_says "more@sha256:" "is marked by it, and is not served"
  right_one_cleans
}

@test "a copy that has a manifest more in a repository of ours" {
  push_images >"$BATS_TEST_TMPDIR/more" <<<'[{"repository": "app", "tag": "more", "created": "-1d"}]'
  copy bigger
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/app/manifests/$(digest_of app:more <"$BATS_TEST_TMPDIR/more")"
  OTHER=$COPY
  BEFORE=$(store_digest_tree "$OTHER/store")
  refused "{\"paths\": {\"config\": \"$COPY/config.yml\"}}"
  right_one_cleans
}

@test "what has no tag is marked, and served: through the API, too, that is this registry's collector" {
  push_images >/dev/null <<<'[{"repository": "app", "id": "one", "created": "-1d"},
    {"repository": "alone", "id": "two", "created": "-1d"}]'
  program_config '{"inventory": {"source": "api"}}'
  program_exits 0
  program_says "the collector works on this registry"
  program_leaves app new
}

@test "an exact copy: it does not see what was deleted, and the collection stays owed" {
  local source
  for source in auto api; do
    copy "same-$source"
    BEFORE=$(store_digest_tree "$COPY/store")
    program_config "{\"paths\": {\"config\": \"$COPY/config.yml\"}, \"inventory\": {\"source\": \"$source\"}}"
    program_exits 4
    program_says "the collector does not see what was deleted: it still marks app@sha256:" "perhaps a copy"
    program_leaves app new
    [ "$(program_owed)" = collection ]
    [ "$BEFORE" = "$(store_digest_tree "$COPY/store")" ]
    # From now on they differ.
    program_exits 3
    program_says "the collector works on another registry"
    [ "$(program_owed)" = collection ]
    program_config
    program_exits 0
    [ -z "$(program_owed)" ]
    [ -z "$(find "$V2" -name data -size 51001c)" ]
    push_images >/dev/null <<<'[{"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}]'
  done
}

@test "a registry that has schema1 only: it signs these anew, and is its collector's all the same" {
  local source
  registry_start_host "$BATS_TEST_TMPDIR/schema1" --schema1 --cache none
  for source in auto api; do
    push_images >/dev/null <<'JSON'
[ {"repository": "a", "tag": "new", "kind": "schema1", "created": "-2d"},
  {"repository": "a", "tag": "old", "kind": "schema1", "created": "-90d"} ]
JSON
    program_config "{\"inventory\": {\"source\": \"$source\"}, \"gc\": {\"when\": \"always\"}}"
    program_exits 0
    program_leaves a new
    program_exits 0
    [ "$(program_report .garbage_collection.ran)" = true ]
  done
  registry_stop "$BATS_TEST_TMPDIR/schema1"
  registry_use "$BATS_FILE_TMPDIR/own"
}

@test "nothing was pushed yet: there is nothing to collect, and nothing failed" {
  local source verb
  registry_start_host "$BATS_TEST_TMPDIR/fresh" --cache none
  for source in auto api; do
    program_config "{\"inventory\": {\"source\": \"$source\"}, \"gc\": {\"when\": \"always\"}}"
    for verb in run collect; do
      program_exits 0 "$verb" --dry-run
      program_keeps_quiet_of "would then run the collector"
      program_exits 0 "$verb"
      program_says "nothing to collect"
      [ "$(program_report .garbage_collection.ran)" = false ]
      [ -z "$(program_owed)" ]
    done
  done
  # Where there is something it is that folder that is missing.
  program_config "{\"paths\": {\"config\": \"$BATS_TEST_TMPDIR/fresh/config.yml\"}, \"gc\": {\"when\": \"always\"}}" \
    "http://127.0.0.1:$(. "$BATS_FILE_TMPDIR/own/registry.env" && echo "$REGISTRY_PORT")"
  program_exits 4
  program_says "the registry has no repositories there"
  registry_stop "$BATS_TEST_TMPDIR/fresh"
  registry_use "$BATS_FILE_TMPDIR/own"
}

# swaps SCRIPT: a collector that is the right one when it is asked; when it is to work, SCRIPT runs.
swaps() {
  program_exec "case \$* in *--dry-run*) ;; *garbage-collect*) $1;; esac"
}

@test "a collection that removes nothing of what should go, and says nothing of it, is not done" {
  local source
  for source in auto api; do
    program_config "$(swaps "exec docker-registry garbage-collect '$BATS_TEST_TMPDIR/empty.yml'" |
      jq --arg source "$source" '. * {inventory: {source: $source}}')"
    mkdir -p "$BATS_TEST_TMPDIR/empty/docker/registry/v2/repositories" "$BATS_TEST_TMPDIR/empty/docker/registry/v2/blobs"
    sed "s|rootdirectory: '[^']*'|rootdirectory: '$BATS_TEST_TMPDIR/empty'|" "$REGISTRY_CONFIG" >"$BATS_TEST_TMPDIR/empty.yml"
    program_exits 4
    program_says "[ERROR] the collector ended well, but " "that nothing refers to any more" "named nothing that holds"
    [ "$(program_report .garbage_collection.blobs_deleted)" -eq 0 ]
    [ "$(program_owed)" = collection ]
    program_leaves app new
    program_config
    program_exits 0
    [ -z "$(program_owed)" ]
    [ -z "$(find "$V2" -name data -size 51001c)" ]
    push_images >/dev/null <<<'[{"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}]'
  done
}

@test "what somebody else collected a moment before is gone, and the collection done" {
  program_config "$(swaps "docker-registry garbage-collect '$REGISTRY_CONFIG' >/dev/null 2>&1")"
  program_exits 0
  [ "$(program_report .garbage_collection.blobs_deleted)" -eq 0 ]
  [ -z "$(program_owed)" ]
  [ -z "$(find "$V2" -name data -size 51001c)" ]
}

@test "promoted from dev to prod, where it lost its tag: no blob is removed, and that is right" {
  local source
  for source in auto api; do
    program_empty_registry
    push_images >/dev/null <<'JSON'
[ {"repository": "dev", "tag": "old", "created": "-90d", "layers": ["shared:51001"]},
  {"repository": "dev", "tag": "new", "created": "-1d"},
  {"repository": "prod", "tag": "stable", "same_as": "dev:old"} ]
JSON
    push_images >/dev/null <<<'[{"repository": "prod", "tag": "stable", "created": "-1d"}]'
    program_config "{\"inventory\": {\"source\": \"$source\"}}"
    program_exits 0
    program_leaves dev new
    [ "$(program_report .garbage_collection.blobs_deleted)" -eq 0 ]
    [ -z "$(program_owed)" ]
    [ -n "$(find "$V2" -name data -size 51001c)" ]
  done
}
