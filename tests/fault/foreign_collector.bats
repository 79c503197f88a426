#!/usr/bin/env bats
# A collector that somebody else started, a real process of this host, is seen however it names its
# configuration; one of another registry is not ours (S8). registry.exec is empty here.

load world

setup() {
  world_start
  world_push
}

teardown() {
  end_all
  registry_stop "$BATS_TEST_TMPDIR/other"
  world_stop
}

# Each with what it has started.
end_all() {
  local pid
  while read -r pid; do
    kill -KILL -- "-$pid" 2>/dev/null || true
    await_end "$pid"
  done < <(cat "$BATS_TEST_TMPDIR/collectors" 2>/dev/null)
  rm -f "$BATS_TEST_TMPDIR/collectors"
}

await_end() {
  local deadline=$((SECONDS + 20))
  while grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.02
  done
}

# collector FOLDER [NAME=VALUE...] COMMAND...: a real collector, started in FOLDER, and held before it has
# removed anything: it waits for room in a pipe that is full.
collector() {
  local folder=$1 full
  shift
  full=$BATS_TEST_TMPDIR/full-$RANDOM$RANDOM
  mkfifo "$full"
  # Opening the pipe for both ways waits for nobody; it lasts as long as this test.
  exec {held}<>"$full"
  dd if=/dev/zero of="$full" bs=4096 oflag=nonblock 2>/dev/null || true
  (cd "$folder" && exec setsid env -i "PATH=$PATH" "$@" >"$full" 2>&1 </dev/null 3>&-) &
  echo "$!" >>"$BATS_TEST_TMPDIR/collectors"
  program_await is_collecting "$!"
}

is_collecting() {
  tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qx garbage-collect
}

# refuses: exit 5, nothing deleted, and no second collector.
refuses() {
  world_remember team/app other
  program_run --debug
  world_exits 5
  world_says 'a collector is already at work'
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
  [ "$(grep -c 'collector: ' <<<"$output")" -eq 0 ]
  end_all
}

works() {
  program_run
  world_exits 0
  world_tags team/app new
  world_tags other new
}

# other_registry: a second one on this host; $other_config and $other_store are its own.
other_registry() {
  registry_start_host "$BATS_TEST_TMPDIR/other"
  push_images >/dev/null <<<'[{"repository": "x", "tag": "new", "created": "-1d"}]'
  other_config=$REGISTRY_CONFIG
  other_store=$REGISTRY_STORE
  registry_use "$BATS_TEST_TMPDIR/registry"
}

@test "by the path that we have, in any place among its options" {
  collector / docker-registry garbage-collect "$REGISTRY_CONFIG"
  refuses
  collector / docker-registry garbage-collect -m "$REGISTRY_CONFIG"
  refuses
  collector / docker-registry garbage-collect "$REGISTRY_CONFIG" --delete-untagged --dry-run=false
  refuses
  works
}

@test "by a relative path" {
  collector "$REGISTRY_DIR" docker-registry garbage-collect config.yml
  refuses
  collector "$REGISTRY_STORE" docker-registry garbage-collect ../config.yml
  refuses
  works
}

@test "by DIR/./FILE, DIR//FILE and symbolic links" {
  collector / docker-registry garbage-collect "$REGISTRY_DIR/./config.yml"
  refuses
  collector / docker-registry garbage-collect "$REGISTRY_DIR//store/../config.yml"
  refuses
  ln -s "$REGISTRY_DIR" "$BATS_TEST_TMPDIR/link"
  collector "$BATS_TEST_TMPDIR" docker-registry garbage-collect link/config.yml
  refuses
  works
}

@test "by REGISTRY_CONFIGURATION_PATH" {
  collector / "REGISTRY_CONFIGURATION_PATH=$REGISTRY_CONFIG" docker-registry garbage-collect
  refuses
  collector "$REGISTRY_DIR" REGISTRY_CONFIGURATION_PATH=./config.yml docker-registry garbage-collect -m
  refuses
  works
}

@test "under another name, and behind a wrapper" {
  ln -s "$(command -v docker-registry)" "$BATS_TEST_TMPDIR/registry-of-ours"
  collector / "$BATS_TEST_TMPDIR/registry-of-ours" garbage-collect "$REGISTRY_CONFIG"
  refuses
  collector / timeout 60 docker-registry garbage-collect "$REGISTRY_CONFIG"
  refuses
}

@test "another configuration of the same root: its file, or its environment" {
  cp "$REGISTRY_CONFIG" "$BATS_TEST_TMPDIR/copy.yml"
  collector / docker-registry garbage-collect "$BATS_TEST_TMPDIR/copy.yml"
  refuses
  sed "s|rootdirectory: .*'|rootdirectory: '/nonexistent'|" "$REGISTRY_CONFIG" >"$BATS_TEST_TMPDIR/elsewhere.yml"
  ln -s "$REGISTRY_STORE" "$BATS_TEST_TMPDIR/store-link"
  collector / "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=$BATS_TEST_TMPDIR/store-link" \
    docker-registry garbage-collect "$BATS_TEST_TMPDIR/elsewhere.yml"
  refuses
}

@test "a root that cannot be told counts" {
  # What it is told to read is gone.
  cp "$REGISTRY_CONFIG" "$BATS_TEST_TMPDIR/copy.yml"
  collector / docker-registry garbage-collect "$BATS_TEST_TMPDIR/copy.yml"
  rm "$BATS_TEST_TMPDIR/copy.yml"
  refuses
  works
}

@test "a collector of another registry on this host does not hold us up" {
  local other_config other_store
  other_registry
  collector / docker-registry garbage-collect "$other_config"
  works
  world_push
  collector "${other_config%/*}" docker-registry garbage-collect -m config.yml
  works
  world_push
  # Our configuration's text, but another root.
  cp "$REGISTRY_CONFIG" "$BATS_TEST_TMPDIR/copy.yml"
  collector / "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=$other_store" \
    docker-registry garbage-collect "$BATS_TEST_TMPDIR/copy.yml"
  works
}

@test "the client of an engine, and who is only asked, do not hold us up" {
  collector / docker-registry garbage-collect --dry-run "$REGISTRY_CONFIG"
  works
  world_push
  collector / docker-registry garbage-collect -dm "$REGISTRY_CONFIG"
  works
  world_push
  # What it has started is somewhere else, and would be seen there.
  collector / bash -c 'exec -a docker perl -e "sleep 600" "$@"' - \
    exec some docker-registry garbage-collect "$REGISTRY_CONFIG"
  works
}

@test "beside a registry in a container, a collector of this host on the same storage" {
  fault_stub_docker
  world_config '{"registry": {"exec": ["docker", "exec", "{container}"], "container": "some",
    "program": "docker-registry"}}'
  # It is none of the processes in that container.
  collector "$REGISTRY_DIR" docker-registry garbage-collect config.yml
  refuses
  works
}
