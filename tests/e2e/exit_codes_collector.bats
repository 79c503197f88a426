#!/usr/bin/env bats
# Exit code 4: the collector cannot work. That is known before anything is deleted, and nothing is;
# each message says what to look at.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
}

# fails JSON TEXT...: the collector fails with that configuration, and TEXT is said in an error.
fails() {
  program_config "$1"
  shift
  program_exits 4
  output=$(grep -F '[ERROR]' <<<"$output")
  program_says "nothing is deleted" "$@"
  program_leaves app new old
  [ -z "$(program_owed)" ]
  [ "$(program_report .exit_code)" -eq 4 ]
  [ "$(program_tag app old)" = "planned old" ]
}

# The cause is gone: the next run deletes and collects.
made_up_for() {
  program_config
  program_exits 0
  program_leaves app new
  [ "$(program_report '.garbage_collection.blobs_deleted > 0')" = true ]
  [ "$(program_report '.storage.freed_bytes > 0')" = true ]
  [ -z "$(program_owed)" ]
}

@test "4: there is no such container" {
  fails '{"registry": {"container": "no-such-one"}}' "registry.container" "docker ps"
}

@test "4: the container is not running" {
  docker create --name "stopped-$REGISTRY_PORT" "$REGISTRY_IMAGE" >/dev/null
  fails "{\"registry\": {\"container\": \"stopped-$REGISTRY_PORT\"}}" "is not running"
  docker rm "stopped-$REGISTRY_PORT" >/dev/null
}

@test "4: the program is not there" {
  fails '{"registry": {"program": "docker-registry"}}' "registry.program" "not found"
  made_up_for
}

@test "4: no container engine on this host" {
  fails '{"registry": {"exec": ["no-such-engine", "exec", "{container}"]}}' "no-such-engine" \
    "not found"
}

@test "4: the engine cannot be reached" {
  fails "{\"registry\": {\"exec\": [\"docker\", \"-H\", \"unix://$BATS_TEST_TMPDIR/none\", \"exec\",
    \"{container}\"]}}" "Cannot connect to the Docker daemon"
}

@test "4: a wrong path of the configuration: the other images' path is named" {
  fails '{"paths": {"config": "/etc/distribution/config.yml"}}' "paths.config" \
    "/etc/distribution/config.yml" "/etc/docker/registry/config.yml"
  made_up_for
}

@test "4: a broken link file is named" {
  local digest=1212121212121212121212121212121212121212121212121212121212121212
  local link=docker/registry/v2/repositories/broken/_manifests/revisions/sha256/$digest/link
  push_images >/dev/null <<<'[{"repository": "broken", "tag": "new", "created": "-1d"}]'
  mkdir -p "$REGISTRY_STORE/${link%/link}"
  : >"$REGISTRY_STORE/$link"
  fails '{}' "broken link" "repositories/broken/_manifests/revisions/sha256/$digest/link"
  rm -r "$REGISTRY_STORE/docker/registry/v2/repositories/broken"
  made_up_for
}

@test "4: exit status 0 without the summary line is no success" {
  fails '{"registry": {"exec": ["docker", "exec", "{container}", "busybox"], "program": "echo"}}' \
    "summary" "registry.program"
  [ "$(program_report .garbage_collection.exit_status)" -eq 0 ]
  made_up_for
}

@test "4: a file among the blobs that is none, and a copy of a repository: each is named" {
  local v2=docker/registry/v2
  mkdir -p "$REGISTRY_STORE/$v2/blobs/sha256/@eaDir"
  echo x >"$REGISTRY_STORE/$v2/blobs/sha256/@eaDir/data"
  fails '{}' "none of the registry's" "move away or remove $v2/blobs/sha256/@eaDir/data (1 in all)"
  # Without the folder it is the collector that says so.
  fails '{"paths": {"host_storage": null}}' "could not list blobs/" "may be removed"
  rm -r "$REGISTRY_STORE/$v2/blobs/sha256/@eaDir"
  mkdir -p "$REGISTRY_STORE/$v2/repositories/#snapshot"
  cp -a "$REGISTRY_STORE/$v2/repositories/app" "$REGISTRY_STORE/$v2/repositories/#snapshot"
  fails '{}' "$v2/repositories/#snapshot/app/_manifests"
  fails '{"paths": {"host_storage": null}}' "whose name no repository can have"
  rm -r "$REGISTRY_STORE/$v2/repositories/#snapshot"
  made_up_for
}

@test "4: a collector that panics: its first words, not its last" {
  mkdir -p "$REGISTRY_STORE/docker/registry/v2/blobs/sha256/ab/z"
  echo >"$REGISTRY_STORE/docker/registry/v2/blobs/sha256/ab/z/data"
  fails '{"paths": {"host_storage": null}}' "exit status 2): panic: runtime error"
  rm -r "$REGISTRY_STORE/docker/registry/v2/blobs/sha256/ab/z"
  made_up_for
}

@test "what a NAS, a Mac or a file system leaves in the storage is named, and is no failure" {
  local v2=docker/registry/v2
  mkdir "$REGISTRY_STORE/$v2/blobs/lost+found" "$REGISTRY_STORE/$v2/repositories/app/@eaDir"
  : >"$REGISTRY_STORE/$v2/repositories/app/_manifests/.DS_Store"
  made_up_for
  program_says "[INFO] in the storage is what none of the registry's programs makes; it may be removed:" \
    "$v2/blobs/lost+found" "$v2/repositories/app/@eaDir" \
    "$v2/repositories/app/_manifests/.DS_Store" "(3 in all)"
}

@test "4: an option that docker does not know" {
  fails '{"registry": {"exec": ["docker", "exec", "--what", "{container}"]}}' "check registry.exec" \
    "unknown flag: --what"
  made_up_for
}

@test "4: any other failure tells the status and the last line" {
  fails "$(program_exec 'case $* in *garbage-collect*)
    echo "first words" >&2; echo "last words" >&2; exit 7;; esac')" "exit status 7" "last words"
  [ "$(program_report .garbage_collection.exit_status)" -eq 7 ]
}

@test "4: a collector that is killed" {
  fails "$(program_exec 'case $* in *garbage-collect*) kill -KILL $$;; esac')" "killed by signal 9"
  [ "$(program_report .garbage_collection.exit_status)" = null ]
}

@test "4 comes before 1: a repository that cannot be read as well" {
  local digest file
  digest=$(push_images <<<'[{"repository": "spoilt", "tag": "bad", "created": "-90d"}]' |
    digest_of spoilt:bad)
  file=$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${digest:7:2}/${digest:7}/data
  sed -i 's/"schemaVersion": 2,/"schemaVersion": 2, /' "$file"
  fails '{"registry": {"program": "docker-registry"}}' "registry.program"
  program_leaves spoilt bad
}
