#!/usr/bin/env bats
# Where the inventory comes from: the storage, once it is proved to be the registry's own; else the API.

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
  registry_use "$BATS_FILE_TMPDIR/registry"
  program_empty_registry
  push_images >"$BATS_TEST_TMPDIR/digests" <<<"$IMAGES"
  configure '{}'
}

teardown() {
  local pid
  for pid in "$BATS_TEST_TMPDIR"/*.pid; do
    [ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
  done
  [ ! -e "$BATS_TEST_TMPDIR/other" ] || registry_stop "$BATS_TEST_TMPDIR/other"
}

IMAGES='[
  {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "older", "created": "-95d"},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "team/app", "tag": "old", "created": "-80d"},
  {"repository": "team/app", "tag": "new", "created": "-2d"} ]'

push() {
  push_images >/dev/null <<<"$1"
}

# configure JSON...: each merged into what the tests have in common.
configure() {
  program_config "$(printf '%s\n' '{"inventory": {"source": "auto"}}' "$@" |
    jq --slurp 'reduce .[] as $more ({}; . * $more)')"
}

# Where registry.exec leads, there is no `stat`.
NO_STAT='case $1 in stat) echo "stat: not found" >&2; exit 127;; esac'

source_is() {
  local from_api=0
  grep -q '^GET /v2/_catalog' "$PROGRAM_DIR/requests" && from_api=1
  case $1 in
  storage) program_keeps_quiet_of "is not read, but" && program_says "read $REGISTRY_STORE, which is" ;;
  api) ((from_api)) && program_keeps_quiet_of ", which is" ;;
  esac
}

# warned_once TEXT...: the one warning that the source is another, with these texts.
warned_once() {
  local warnings text
  warnings=$(grep 'WARNING.*host_storage is not read, but' <<<"$output")
  [ "$(wc -l <<<"$warnings")" -eq 1 ]
  for text; do
    [[ $warnings == *"$text"* ]] || {
      echo "$warnings"
      return 1
    }
  done
}

# What is on disk is as it was when it was remembered.
remember() {
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/remembered"
}

unchanged() {
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/remembered" -
}

# copy_store: what is on disk now, elsewhere; sets `copy`.
copy_store() {
  copy=$BATS_TEST_TMPDIR/copy
  rm -rf "$copy"
  cp -a "$REGISTRY_STORE" "$copy"
}

at() {
  jq --null-input --arg copy "$1" '{paths: {host_storage: $copy}}'
}

digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

delete() {
  registry_curl -f -X DELETE "$REGISTRY_URL/v2/$1/manifests/$2"
}

@test "auto reads the storage, says so, and asks for a sample of tags only" {
  push "$(jq --null-input '[range(60) | {repository: "many", tag: "t\(.)", created: "-1d"}]')"
  program_watch program_exits 0 --dry-run
  source_is storage
  program_says "the registry's own folder" "would delete app:old" "would delete team/app:old"
  [ "$(grep -c ' /v2/.*/manifests/[^s]' "$PROGRAM_DIR/requests")" -le 20 ]
  # By digest: what the collector must mark.
  [ "$(grep -c ' /v2/.*/manifests/sha256:' "$PROGRAM_DIR/requests")" -le 25 ]
  run ! grep -E '_catalog|tags/list|/blobs/' "$PROGRAM_DIR/requests"
  program_exits 0
  program_leaves app new
  program_leaves team/app new
  pull_whole app new
}

@test "where the folder cannot be asked for, all names are compared" {
  local options
  for options in '{}' '{"inventory": {"source": "storage"}}'; do
    configure "$(program_exec "$NO_STAT")" "$options"
    program_watch program_exits 0 --dry-run
    program_says "read $REGISTRY_STORE, which is what the registry has, as far as was compared" \
      "would delete app:old"
    grep -q '^GET /v2/_catalog' "$PROGRAM_DIR/requests"
    grep -q '^GET /v2/team/app/tags/list' "$PROGRAM_DIR/requests"
    run ! grep -E '/blobs/' "$PROGRAM_DIR/requests"
  done
  program_exits 0
  program_leaves app new
  program_leaves team/app new
}

@test "paths.storage may be unknown: then the registry's own configuration tells the folder" {
  configure '{"paths": {"storage": ""}}'
  program_watch program_exits 0 --dry-run
  program_says "the registry's own folder"
  run ! grep -E '_catalog' "$PROGRAM_DIR/requests"
  configure '{"paths": {"storage": ""}}' "$(program_exec 'case $1 in cat) exit 1;; esac')"
  program_watch program_exits 0 --dry-run
  program_says "as far as was compared"
  grep -q '^GET /v2/_catalog' "$PROGRAM_DIR/requests"
}

@test "a copy is not the registry's folder, however equal it is" {
  local copy
  copy_store
  configure "$(at "$copy")"
  program_watch program_exits 0 --dry-run
  source_is api
  warned_once "is another folder than" "$copy"
  program_says "would delete app:old" "would delete team/app:old"
}

@test "a stale copy: the API is read, and a tag that is young by now stays" {
  local copy
  copy_store
  push '[{"repository": "app", "tag": "old", "created": "-1h"}]'
  configure "$(at "$copy")"
  program_exits 0
  warned_once "is another folder than"
  program_leaves app new old
  program_leaves team/app new
  pull_whole app new old
  # What that folder holds says nothing of the registry.
  [ "$(program_report '.storage | [.after.bytes, .freed_bytes] | tostring')" = "[null,null]" ]
}

@test "a stale copy: source storage exits with 3 and deletes nothing" {
  local copy
  copy_store
  push '[{"repository": "app", "tag": "later", "created": "-1h"}]'
  remember
  configure "$(at "$copy")" '{"inventory": {"source": "storage"}}'
  program_watch program_exits 3
  program_says "cannot be read from paths.host_storage" "is another folder than"
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  unchanged
  configure "$(at "$copy")" '{"inventory": {"source": "storage"}}' "$(program_exec "$NO_STAT")"
  program_exits 3
  program_says "app:later is in the registry, but not there"
  unchanged
}

# differs TEXT: what a copy that cannot be told by its inode is unmasked by.
differs() {
  configure "$(at "$copy")" "$(program_exec "$NO_STAT")"
  program_watch program_exits 0 --dry-run
  source_is api
  warned_once "$1"
  copy_store
}

@test "a stale copy where the folder cannot be asked for: every later push and delete tells" {
  local copy
  copy_store
  push '[{"repository": "app", "tag": "later", "created": "-1h"}]'
  differs "app:later is in the registry, but not there"
  push '[{"repository": "other", "tag": "first", "created": "-1h"}]'
  differs "other:first is in the registry, but not there"
  push '[{"repository": "app", "tag": "old", "created": "-1h"}]'
  differs "app:old is sha256:"
  delete app "$(digest app:older)"
  differs "app:older is there, but not in the registry"
  delete other "$(push_images <<<'[{"repository": "other", "tag": "first", "created": "-1h"}]' |
    digest_of other:first)"
  differs "other:first is"
}

@test "a folder that has another one mounted in it, where registry.exec leads" {
  local copy
  copy_store
  push '[{"repository": "app", "tag": "later", "created": "-1h"}]'
  configure "$(program_exec "case \$1 in stat) exec unshare -m sh -c \
    'mount --bind $copy/docker $REGISTRY_STORE/docker && exec \"\$@\"' sh \"\$@\";; esac")"
  program_watch program_exits 0 --dry-run
  source_is api
  warned_once "is another folder than"
}

# Starts the registry `other`, whose storage is in its own folder.
start_other() {
  mkdir -p "$BATS_TEST_TMPDIR/other/store"
  registry_start_host "$BATS_TEST_TMPDIR/other" --cache none
}

@test "the registry moved, and what it left behind is still at paths.storage" {
  local left=$REGISTRY_STORE options exec='{}'
  mkdir -p "$BATS_TEST_TMPDIR/other/store"
  cp -a "$left/docker" "$BATS_TEST_TMPDIR/other/store"
  start_other
  push '[{"repository": "app", "tag": "old", "created": "-1h"},
    {"repository": "app", "tag": "later", "created": "-1h"}]'
  remember
  options=$(jq --null-input --arg left "$left" '{paths: {storage: $left, host_storage: $left}}')
  configure "$options"
  program_watch program_exits 0 --dry-run
  source_is api
  warned_once "is another folder than"
  program_keeps_quiet_of "would delete app:old "
  # Its configuration cannot be read: the folder has the right inode, and other names.
  configure "$options" "$(program_exec 'case $1 in cat) exit 1;; esac')"
  program_watch program_exits 0 --dry-run
  source_is api
  warned_once "app:later is in the registry, but not there"
  unchanged
  program_exits 0
  program_leaves app old later new
  pull_whole app old later new
}

@test "the folder of another registry" {
  local wrong=$REGISTRY_STORE
  start_other
  push '[{"repository": "own", "tag": "old", "created": "-90d"},
    {"repository": "own", "tag": "new", "created": "-1d"}]'
  configure "$(at "$wrong")"
  program_watch program_exits 0 --dry-run
  source_is api
  configure "$(at "$wrong")" "$(program_exec "$NO_STAT")"
  program_exits 0
  warned_once "in the registry"
  program_leaves own new
}

# hold_at PATTERN [THEN]: begins a dry run, held where such a program is run by registry.exec.
hold_at() {
  local ready=$BATS_TEST_TMPDIR/held.ready
  mkfifo "$BATS_TEST_TMPDIR/held.hold"
  configure "$(program_exec "case \$1 in $1) : >'$ready'
    read -r line <'$BATS_TEST_TMPDIR/held.hold'; ${2:-};; esac")"
  "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$PROGRAM_DIR/report.json" --dry-run \
    >"$BATS_TEST_TMPDIR/held.out" 2>&1 3>&- &
  echo "$!" >"$BATS_TEST_TMPDIR/held.pid"
  program_await [ -e "$ready" ]
}

go_on() {
  program_end held "$1"
  output=$(cat "$BATS_TEST_TMPDIR/held.out")
}

change_registry() {
  push '[{"repository": "app", "tag": "came", "created": "-1h"},
    {"repository": "app", "tag": "old", "created": "-1h"},
    {"repository": "sprung/up", "tag": "first", "created": "-1h"}]'
  delete app "$(digest app:older)"
}

# config.yml and paths name the copy already, and the registry was not restarted yet: device, inode and a
# sample agree. Whatever was tagged since must stay; the first delete tells, since it does not show.
@test "a move that is prepared: what was tagged since stays, and the run ends after its first delete" {
  local copy config=$BATS_TEST_TMPDIR/next.yml moved
  moved=$(digest app:old)
  push "$(jq --null-input '[range(60) | {repository: "app", tag: "t\(.)", created: "-1d"}]')"
  push '[{"repository": "app", "tag": "prod", "created": "-2d"}]'
  find "$REGISTRY_STORE" -path '*/tags/*/current/link' \
    \( -path '*/prod/*' -o -path '*/app/*/old/*' \) -exec touch -d '5 days ago' {} +
  copy_store
  sed "s#'$REGISTRY_STORE'#'$copy'#" "$REGISTRY_CONFIG" >"$config"
  retag app "$moved" prod
  configure "$(jq --null-input --arg copy "$copy" --arg config "$config" '{
    cleanup: {protected_tags: ["prod"]},
    paths: {host_storage: $copy, storage: $copy, config: $config}}')"
  program_exits 1
  program_says "the registry deleted sha256:" "but paths.host_storage still has it"
  program_keeps_quiet_of "collecting: "
  # Each repository is a worker's: one delete was under way in the other one, at most.
  [ "$(grep -cE '\] deleted (app|team/app):' <<<"$output")" -le 2 ]
  registry_has app prod
  registry_has app "$moved"
  pull_whole app prod old new
  [ "$(program_owed | grep -c collection)" -eq 1 ]
}

# retag REPOSITORY DIGEST TAG
retag() {
  local type=application/vnd.oci.image.manifest.v1+json body=$BATS_TEST_TMPDIR/body
  registry_curl -f -H "Accept: $type" -o "$body" "$REGISTRY_URL/v2/$1/manifests/$2"
  registry_curl -f -X PUT -H "Content-Type: $type" --data-binary "@$body" \
    "$REGISTRY_URL/v2/$1/manifests/$3"
}

@test "what is pushed, moved or deleted between reading and proof is no difference" {
  hold_at stat
  change_registry
  go_on 0
  program_says "the registry's own folder" "would delete team/app:old"
  program_keeps_quiet_of WARNING
}

@test "nor is it where all names are compared" {
  hold_at stat 'exit 127'
  change_registry
  go_on 0
  program_says "as far as was compared" "would delete team/app:old"
  program_keeps_quiet_of WARNING
}

# as_nobody CODE ARGUMENTS...: the program, its configuration readable for all.
as_nobody() {
  local code=$1 public
  shift
  public=$(mktemp -d "/tmp/sources.XXXXXX")
  chmod 755 "$public"
  cp "$CLEAN_REGISTRY" "$public/clean-registry"
  install -m 644 "${PROGRAM_CONFIG:-$PROGRAM_DIR/config.json}" "$public/config.json"
  run program_as_nobody "$public" "$@"
  rm -r "$public"
  program_has_exited "$code"
}

# A folder that everybody can reach.
public_store() {
  public=$(mktemp -d /tmp/sources.XXXXXX)
  chmod 755 "$public"
  registry_start_host "$BATS_TEST_TMPDIR/other" --cache none
  registry_stop
  mv "$BATS_TEST_TMPDIR/other/store" "$public/store"
  ln -s "$public/store" "$BATS_TEST_TMPDIR/other/store"
  registry_run_host
  registry_wait
  push "$IMAGES"
}

@test "who may not read the storage is told that root may; the API is read" {
  local public place code folder
  public_store
  folder=$public/store/docker/registry/v2
  # Nobody may read the collector's configuration either.
  configure "{\"gc\": {\"when\": \"never\"}, \"paths\": {\"state\": \"/var/lib/clean-registry\", \"host_storage\": \"$public/store\"},
    \"log\": {\"file\": \"$public/none/log\"}}"
  as_nobody 0 --dry-run
  program_says "read $public/store, which is"
  while read -r place code; do
    chmod 0 "$folder/$place"
    as_nobody "$code" --dry-run
    program_says "reading through the API, and not paths.host_storage" "run as root" \
      "would delete team/app:old"
    jq '.inventory.source = "storage"' "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/storage.json"
    PROGRAM_CONFIG=$BATS_TEST_TMPDIR/storage.json as_nobody 3 --dry-run
    program_says "run as root"
    chmod 755 "$folder/$place"
  done <<'PLACES'
repositories/app 1
repositories/app/_manifests/tags/old/current/link 0
blobs/sha256 0
PLACES
  chmod 700 "$folder"
  as_nobody 0 --dry-run
  program_says "Permission denied; run as root" "would delete app:old"
  rm -rf "$public"
}

@test "source storage wants host_storage" {
  configure '{"inventory": {"source": "storage"}, "paths": {"host_storage": ""}}'
  remember
  program_watch program_exits 2
  program_says "paths.host_storage"
  [ ! -s "$PROGRAM_DIR/requests" ]
  unchanged
}

@test "source storage with a folder that is not there exits with 3" {
  configure '{"inventory": {"source": "storage"}}' "$(at "$BATS_TEST_TMPDIR/nowhere")"
  remember
  program_exits 3
  program_says "cannot be read from paths.host_storage"
  unchanged
}

@test "source api asks the registry for everything, though the storage is there" {
  configure '{"inventory": {"source": "api"}}'
  program_watch program_exits 0 --dry-run
  source_is api
  grep -q '^GET /v2/app/manifests/old ' "$PROGRAM_DIR/requests"
}
