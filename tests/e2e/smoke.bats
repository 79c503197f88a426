#!/usr/bin/env bats
# The tools of the other tests themselves: engine, registry, images and observers, start to end.

load ../tools/engine
load ../tools/registry
load ../tools/store

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/registry"
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

# Runs `registry garbage-collect` as clean-registry does.
collect() {
  docker exec "$REGISTRY_NAME" registry garbage-collect "$REGISTRY_CONFIG"
}

delete() {
  [ "$(curl -s -o /dev/null -w '%{http_code}' -X DELETE "$REGISTRY_URL/v2/$1/manifests/$2")" = 202 ]
}

@test "every kind of image is pushed, listed, and whole" {
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "kinds", "tag": "image", "created": "-90d", "layers": ["base:4096", "one"]},
  {"repository": "kinds", "tag": "again", "same_as": "kinds:image"},
  {"repository": "kinds", "tag": "docker", "kind": "docker", "layers": ["base", "two"]},
  {"repository": "kinds", "tag": "list", "kind": "docker-list",
   "platforms": ["linux/amd64", "linux/386"]},
  {"repository": "kinds", "tag": "index", "kind": "index",
   "platforms": ["linux/amd64", "linux/arm64/v8"]},
  {"repository": "kinds", "tag": "buildx", "kind": "attested-index", "created": "-1d"},
  {"repository": "kinds", "tag": "nested", "kind": "index",
   "children": ["kinds:index", "kinds:buildx"]},
  {"repository": "kinds", "tag": "artifact", "kind": "artifact", "created": "now"},
  {"repository": "kinds", "tag": "chart", "kind": "helm"},
  {"repository": "kinds", "id": "untagged"},
  {"repository": "kinds", "id": "signature", "kind": "cosign", "subject": "kinds:index"},
  {"repository": "kinds", "id": "sbom", "kind": "referrer", "subject": "kinds:index"} ]
JSON
  local subject tags
  subject=$(digest_of kinds:index <"$BATS_TEST_TMPDIR/digests")
  printf '%s\n' again artifact buildx chart docker image index list nested \
    "${subject/:/-}" "${subject/:/-}.sig" | LC_ALL=C sort >"$BATS_TEST_TMPDIR/expected"
  registry_tags kinds | diff "$BATS_TEST_TMPDIR/expected" -
  store_tags "$REGISTRY_STORE" kinds | diff "$BATS_TEST_TMPDIR/expected" -
  mapfile -t tags <"$BATS_TEST_TMPDIR/expected"
  pull_whole kinds "${tags[@]}" "$(digest_of untagged <"$BATS_TEST_TMPDIR/digests")"
  [ "$(digest_of kinds:again <"$BATS_TEST_TMPDIR/digests")" = \
    "$(digest_of kinds:image <"$BATS_TEST_TMPDIR/digests")" ]
}

@test "the collector, run by docker exec, frees what a delete left, and nothing else" {
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "freed", "tag": "gone", "layers": ["kept below:3000", "lost:5000"]},
  {"repository": "freed", "tag": "stays", "layers": ["kept below"]} ]
JSON
  delete freed "$(digest_of freed:gone <"$BATS_TEST_TMPDIR/digests")"
  registry_lacks freed gone
  # Not into a pipe that ends early: without its client the collector would go on unobserved.
  run collect
  [ "$status" -eq 0 ]
  [[ $output == *"blobs marked, 3 blobs and 0 manifests eligible for deletion"* ]]
  # Of the three (manifest, config, layer) one has this size.
  [ -z "$(find "$REGISTRY_STORE" -name data -size 5000c)" ]
  [ -n "$(find "$REGISTRY_STORE" -name data -size 3000c)" ]
  registry_restart
  pull_whole freed stays
}

@test "a missing blob is noticed by pull_whole, a changed file by store_digest_tree" {
  push_images >/dev/null <<'JSON'
[ {"repository": "broken", "tag": "tag", "layers": ["soon missing:7000"]} ]
JSON
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  pull_whole broken tag
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  find "$REGISTRY_STORE" -name data -size 7000c -delete
  run pull_whole broken tag
  [ "$status" -eq 1 ]
  run diff "$BATS_TEST_TMPDIR/before" <(store_digest_tree "$REGISTRY_STORE")
  [ "$status" -eq 1 ]
}

@test "options: a password, no deletes, read-only; on this host, without an engine, as well" {
  local start
  for start in registry_start registry_start_host; do
    "$start" "$BATS_TEST_TMPDIR/$start" --auth user:secret --no-delete
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$REGISTRY_URL/v2/")" = 401 ]
    push_images >"$BATS_TEST_TMPDIR/digests" \
      <<<'[{"repository": "some", "tag": "tag", "id": "it"}]'
    registry_has some tag
    [ "$(registry_curl -o /dev/null -w '%{http_code}' -X DELETE \
      "$REGISTRY_URL/v2/some/manifests/$(digest_of it <"$BATS_TEST_TMPDIR/digests")")" = 405 ]
    registry_stop
    "$start" "$BATS_TEST_TMPDIR/$start" --readonly --cache none
    pull_whole some tag
    run push_images <<<'[{"repository": "some", "tag": "other"}]'
    [ "$status" -eq 1 ]
    registry_stop
  done
}

@test "schema 1 manifests are signed well enough for a registry, or written into its storage" {
  local spec='[{"repository": "old", "tag": "one", "kind": "schema1", "created": "-900d"}]'
  registry_start_host "$BATS_TEST_TMPDIR/host" --schema1
  push_images <<<"$spec"
  pull_whole old one
  registry_stop
  "$STORE_TOOLS/images.py" --store "$BATS_TEST_TMPDIR/other/store" <<<"$spec"
  registry_start_host "$BATS_TEST_TMPDIR/other" --schema1
  pull_whole old one
  registry_stop
}

@test "an engine that is stopped leaves nothing behind" {
  local dir=$BATS_TEST_TMPDIR/own
  find /run/containerd /etc/docker >"$BATS_TEST_TMPDIR/before" 2>&1 || true
  engine_start "$dir"
  docker run -d --name left-running --network none --entrypoint /bin/sh "$REGISTRY_IMAGE" \
    -c "sleep 600; : $dir" >/dev/null
  [ -n "$(processes_naming "$dir")" ]
  engine_stop "$dir"
  [ -z "$(processes_naming "$dir")" ]
  [ ! -e "$dir" ]
  run grep -F "$dir" /proc/self/mountinfo
  [ "$status" -eq 1 ]
  { find /run/containerd /etc/docker 2>&1 || true; } | diff "$BATS_TEST_TMPDIR/before" -
}

@test "an engine whose daemon was killed leaves nothing behind either" {
  local dir=$BATS_TEST_TMPDIR/own
  engine_start "$dir"
  docker run -d --name left-running --network none --entrypoint /bin/sh "$REGISTRY_IMAGE" \
    -c "sleep 600; : $dir" >/dev/null
  kill -KILL "$(cat "$dir/engine.pid")"
  engine_stop "$dir"
  [ -z "$(processes_naming "$dir")" ]
  [ ! -e "$dir" ]
}

@test "an engine that cannot start says why and leaves nothing behind" {
  local dir=$BATS_TEST_TMPDIR/own
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\necho this daemon does not feel well\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/dockerd"
  chmod +x "$BATS_TEST_TMPDIR/bin/dockerd"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH run engine_start "$dir"
  [ "$status" -eq 1 ]
  [[ $output == *"does not feel well"* ]]
  [ ! -e "$dir" ]
}

# The processes of an engine in that folder, or in a container of the tests above. Their own shells
# have the name in their arguments, too, and are not meant.
processes_naming() {
  local file
  for file in /proc/[0-9]*/cmdline; do
    grep -qaF -- "$1" "$file" 2>/dev/null || continue
    case $(cat "${file%cmdline}comm" 2>/dev/null) in
    dockerd | containerd* | sh) echo "${file%/cmdline}" ;;
    esac
  done
}
