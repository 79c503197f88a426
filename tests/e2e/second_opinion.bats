#!/usr/bin/env bats
# Before anything is deleted: what the collector would remove is asked, and compared with what tags
# need; what it would stumble over is named. Before the collection uploads are waited for.

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
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]},
  {"repository": "app", "tag": "new", "created": "-1d", "layers": ["kept:51002"]},
  {"repository": "team/two", "tag": "also", "created": "-1d", "layers": ["kept:51002"]} ]
JSON
  V2=$REGISTRY_STORE/docker/registry/v2
  program_config
}

# The digest of the layer of SIZE bytes.
layer() {
  local file
  file=$(find "$V2/blobs" -name data -size "$1c")
  file=${file%/data}
  echo "sha256:${file##*/}"
}

is_freed() {
  [ -z "$(find "$V2/blobs" -name data -size 51001c)" ]
}

# liar DIGEST [WHEN]: the registry's program, whose collector, when its arguments are like the
# pattern WHEN, lists that blob, too.
liar() {
  program_exec "case \$* in *garbage-collect*) echo \"\$*\" >>'$BATS_TEST_TMPDIR/calls';; esac
    case \$* in ${2:-*garbage-collect*}) echo 'blob eligible for deletion: $1';; esac"
}

collections() {
  grep -vc -e --dry-run "$BATS_TEST_TMPDIR/calls"
}

# It was found out before the first DELETE: nothing was done, and nothing is owed.
nothing_done() {
  program_leaves app new old
  run ! is_freed
  [ -z "$(program_owed)" ]
  [ "$(program_report .garbage_collection.ran)" = false ]
  [ "$(program_report .exit_code)" -eq 4 ]
  [ "$(program_tag app old)" = "planned old" ]
}

# The tags went, nothing was collected, and that stays owed.
put_off() {
  program_leaves app new
  run ! is_freed
  [ "$(program_owed)" = collection ]
  [ "$(program_report .garbage_collection.ran)" = false ]
}

next_run_collects() {
  program_config "${1:-"{}"}"
  program_exits 0
  is_freed
  [ -z "$(program_owed)" ]
  pull_whole app new
  pull_whole team/two also
}

@test "a healthy collector is asked first, in a dry run, and then it collects" {
  program_config "$(liar sha256:0000000000000000000000000000000000000000000000000000000000000000)"
  program_exits 0
  program_says "asking the collector what it would remove: " \
    "the collector works on this registry: it marks what was compared (3 manifests)" \
    "second opinion: no tag that stays needs any of the 3 blobs that the collector would remove (2 tags looked at)" \
    "collecting: "
  is_freed
  [ "$(sed -E 's/^.* (registry garbage-collect .*)$/\1/' "$BATS_TEST_TMPDIR/calls")" = \
    "registry garbage-collect --dry-run $REGISTRY_CONFIG
registry garbage-collect $REGISTRY_CONFIG" ] || { cat "$BATS_TEST_TMPDIR/calls"; false; }
  [ "$(program_report '.garbage_collection | [.ran, .exit_status] | tostring')" = "[true,0]" ]
}

@test "a collector that would remove what tags need: nothing is deleted, tags and blob are named" {
  local blob
  blob=$(layer 51002)
  program_config "$(liar "$blob")"
  program_exits 4
  program_says "[ERROR] app:new and 1 more tag of 2 repositories need blob $blob, which the collector would remove" \
    "may have been pushed meanwhile, so the collector is asked again" \
    "nothing is deleted: the collector would remove what 2 tags need" \
    "report this to the registry's makers" "gc.second_opinion"
  nothing_done
  [ "$(collections)" -eq 0 ]
  [ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -eq 2 ]
  next_run_collects
}

@test "asked again it is right: what was pushed meanwhile is no reason to give up" {
  local blob flag=$BATS_TEST_TMPDIR/lied
  blob=$(layer 51002)
  program_config "$(program_exec "case \$* in *garbage-collect*)
    [ -e '$flag' ] || echo 'blob eligible for deletion: $blob'
    : >'$flag';; esac")"
  program_exits 0
  program_says "the collector is asked again" "second opinion: no tag that stays needs"
  program_keeps_quiet_of "[ERROR]"
  is_freed
  pull_whole app new
}

@test "a blob that many tags need is one line" {
  push_images >/dev/null < <(jq --null-input '[range(30) | {repository: "many", tag: "t\(.)",
    created: "-1d", layers: ["kept:51002"]}]')
  program_config "$(liar "$(layer 51002)")"
  program_exits 4
  [ "$(grep -c '\[ERROR\] .* needs* blob ' <<<"$output")" -eq 1 ]
  program_says "[ERROR] app:new and 31 more tags of 3 repositories need blob" "what 32 tags need"
}

@test "what is seen only after the deletes: asked again, nothing is collected, and that stays owed" {
  local blob hidden=$BATS_TEST_TMPDIR/layers
  blob=$(layer 51002)
  # After the deletes, before the collection, team/two loses its folder _layers: it is not seen any more.
  program_config "$(program_exec "case \$* in
    *cmdline*) [ ! -e '$BATS_TEST_TMPDIR/calls' ] || mv '$V2/repositories/team/two/_layers' '$hidden' 2>/dev/null;;
    *garbage-collect*) echo \"\$*\" >>'$BATS_TEST_TMPDIR/calls'
      [ ! -e '$hidden' ] || echo 'blob eligible for deletion: $blob';; esac")"
  program_exits 4
  program_says "deleted app:old" "the collector is asked again" "[ERROR] app:new needs blob $blob" \
    "nothing is collected, and the collection stays owed: the collector would remove"
  put_off
  [ "$(collections)" -eq 0 ]
  mv "$hidden" "$V2/repositories/team/two/_layers"
  next_run_collects
}

@test "gc.second_opinion false: it is asked whether it can work, and not what tags need" {
  program_config "$(jq '. * {gc: {second_opinion: false}}' <<<"$(liar "$(layer 51002)")")"
  program_exits 0
  program_says "asking the collector" "the collector works on this registry"
  program_keeps_quiet_of "second opinion"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/calls")" -eq 2 ]
  is_freed
}

@test "an inventory through the API has a second opinion of what it knows" {
  local blob
  program_config '{"inventory": {"source": "api"}}'
  program_exits 0
  program_says "asking the collector" \
    "second opinion: the collector marks all that tags need that stay (2 tags looked at, through the API)"
  is_freed
  push_images >/dev/null <<<'[{"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}]'
  blob=$(layer 51002)
  program_config "$(jq '. * {inventory: {source: "api"}}' <<<"$(liar "$blob")")"
  program_exits 4
  program_says "[ERROR] app:new and 1 more tag of 2 repositories need blob $blob" "nothing is deleted"
  nothing_done
}

@test "a blob that only a manifest without a tag needs is a warning" {
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "moved", "created": "-1d", "layers": ["before:51003"]} ]
JSON
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "moved", "created": "-1d", "layers": ["after:51004"]} ]
JSON
  program_config "$(liar "$(layer 51003)" '*--dry-run*')"
  program_exits 0
  program_says "[WARNING] the collector would remove 1 blob that no tag needs, but a manifest without a tag"
}

@test "a collector that fails when it is asked is not started" {
  program_config "$(program_exec 'case $* in *--dry-run*) echo "no such luck" >&2; exit 7;; esac')"
  program_exits 4
  program_says "nothing is deleted: garbage-collect --dry-run: the collector failed (exit status 7): no such luck"
  nothing_done
  [ "$(program_report .garbage_collection.exit_status)" -eq 7 ]
  next_run_collects
}

@test "a real collector that overlooks a repository: 2.x without the folder _layers" {
  mv "$V2/repositories/team/two/_layers" "$BATS_TEST_TMPDIR/layers"
  program_exits 4
  program_says "[WARNING] repositories without a folder _layers" \
    "docker/registry/v2/repositories/team/two/_manifests" "[ERROR] team/two:also needs blob sha256:"
  nothing_done
  mv "$BATS_TEST_TMPDIR/layers" "$V2/repositories/team/two/_layers"
  next_run_collects
}

@test "a broken link of a revision is named before the collector is asked" {
  local hex link
  hex=$(printf '12%.0s' {1..32})
  link=docker/registry/v2/repositories/broken/_manifests/revisions/sha256/$hex/link
  mkdir -p "$REGISTRY_STORE/${link%/link}"
  : >"$REGISTRY_STORE/$link"
  program_exits 4
  program_says "[ERROR] nothing is deleted" "broken link file" "$link (1 in all)"
  program_keeps_quiet_of "asking the collector" "collecting: "
  nothing_done
  rm -r "$V2/repositories/broken"
  next_run_collects
}

@test "a link of a revision that names another manifest, whose collection would lose this one" {
  local digest link
  digest=$(digest_of team/two:also <"$BATS_TEST_TMPDIR/digests")
  link=repositories/team/two/_manifests/revisions/sha256/${digest#sha256:}/link
  digest_of app:new <"$BATS_TEST_TMPDIR/digests" | tr -d '\n' >"$V2/$link"
  program_run
  program_has_exited 4
  program_says "would remove a manifest whose link file names another one" "$link"
  nothing_done
  printf %s "$digest" >"$V2/$link"
  next_run_collects
}

@test "a tag's broken link and a broken link of a layer are warnings for 2.x" {
  mkdir -p "$V2/repositories/app/_layers/sha256/00"
  : >"$V2/repositories/app/_layers/sha256/00/link"
  mkdir -p "$V2/repositories/other/_layers" "$V2/repositories/other/_manifests/tags/bad/current"
  : >"$V2/repositories/other/_manifests/tags/bad/current/link"
  program_exits 1
  program_says "[WARNING] broken link files of tags, which cannot be pulled: remove or restore docker/registry/v2/repositories/other/_manifests/tags/bad/current/link" \
    "[WARNING] broken link files of layers" "docker/registry/v2/repositories/app/_layers/sha256/00/link"
  is_freed
}

# upload: begins one in the repository `busy`, and sends a part of it.
upload() {
  local place
  place=$(registry_curl -D - -o /dev/null -X POST "$REGISTRY_URL/v2/busy/blobs/uploads/" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  registry_curl -o /dev/null -f -X PATCH -H 'Content-Type: application/octet-stream' \
    --data-binary 'a part of it' "$place"
  [ -n "$(find "$V2/repositories/busy/_uploads" -name data)" ]
}

@test "an upload holds the collection off until it is quiet" {
  local quiet='{"gc": {"quiet_minutes": 10, "quiet_wait_minutes": 0}}'
  upload
  program_config "$quiet"
  program_exits 1
  program_says "[WARNING] busy: an upload was written to at " "less than 10 minutes ago" \
    "the collection stays owed"
  program_keeps_quiet_of "collecting: "
  put_off
  # Layers that were linked lately and that no manifest needs are a push, too: those of what went
  # were.
  find "$V2/repositories" \( -path '*/_uploads/*' -o -path '*/_layers/*' \) -type f \
    -exec touch -d '11 minutes ago' {} +
  next_run_collects "$quiet"
}

@test "an upload that begins while the collector is asked holds it off, too" {
  local file=$V2/repositories/busy/_uploads/0/data
  program_config "$(jq '. * {gc: {quiet_minutes: 10, quiet_wait_minutes: 0}}' <<<"$(program_exec \
    "case \$* in *--dry-run*) mkdir -p '${file%/data}' && echo x >'$file';; esac")")"
  program_exits 1
  program_says "second opinion: no tag that stays needs" "[WARNING] busy: an upload was written to"
  program_keeps_quiet_of "collecting: "
  put_off
}

@test "uploads that cannot be seen are no quiet" {
  program_config '{"gc": {"quiet_minutes": 10, "quiet_wait_minutes": 0},
    "inventory": {"source": "api"}, "paths": {"host_storage": "/nonexistent"}}'
  program_exits 1
  program_says "[WARNING] whether anybody uploads cannot be seen, so nothing is collected now"
  put_off
}

@test "who waits for quiet stops at once when asked to, and the collection stays owed" {
  local pid code=0
  upload
  program_config '{"gc": {"quiet_minutes": 10, "quiet_wait_minutes": 10}}'
  "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  pid=$!
  program_await grep -q 'busy: an upload was written to at .*; waiting' "$BATS_TEST_TMPDIR/out"
  kill -TERM "$pid"
  wait "$pid" || code=$?
  [ "$code" -eq 143 ]
  [ "$(program_owed)" = collection ]
  run ! is_freed
}

@test "gc.required false: what is planned goes although the collector cannot work; it stays owed" {
  program_config "$(jq '. * {gc: {required: false}}' <<<"$(program_exec \
    'case $* in *--dry-run*) echo "no such luck" >&2; exit 7;; esac')")"
  program_exits 1
  program_says "[WARNING] nothing is collected in this run, and the collection stays owed; gc.required is false" \
    "no such luck" "deleted app:old"
  program_keeps_quiet_of "collecting: "
  put_off
  next_run_collects
}

@test "a dry run asks the same, says what would stop the run, and has its exit code" {
  local before
  before=$(store_digest_tree "$REGISTRY_STORE")
  program_config "$(liar "$(layer 51002)")"
  program_exits 4 --dry-run
  program_says "[ERROR] the run would stop here: nothing is deleted: the collector would remove what 2 tags need" \
    "[ERROR] app:new and 1 more tag of 2 repositories need blob"
  program_config '{"registry": {"container": "no-such-one"}}'
  program_exits 4 --dry-run
  program_says "the run would stop here: " "registry.container"
  program_config
  program_exits 0 --dry-run
  program_says "second opinion: no tag that stays needs" "would then run the collector"
  [ "$before" = "$(store_digest_tree "$REGISTRY_STORE")" ]
}

@test "nothing is to go and no collection is due: the collector is not asked" {
  program_exits 0
  program_config "$(program_exec 'case $* in *garbage-collect*) exit 7;; esac')"
  program_exits 0
  program_exits 0 --dry-run
  program_keeps_quiet_of "asking the collector"
}

@test "gc.when never: the collector is not asked" {
  program_config "$(jq '. * {gc: {when: "never"}}' <<<"$(program_exec 'case $* in *garbage-collect*) exit 7;; esac')")"
  program_exits 0
  program_leaves app new
}

# asked: how often the collector was asked, in the runs since the file was removed.
asked() {
  grep -c -e --dry-run "$BATS_TEST_TMPDIR/calls"
}

@test "gc.rehearsal_days: what was proved counts while collector and configuration are the same" {
  local days='. * {gc: {rehearsal_days: 7, second_opinion: false}}' exec again
  again='[{"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}]'
  exec=$(program_exec "case \$* in *garbage-collect*) echo \"\$*\" >>'$BATS_TEST_TMPDIR/calls';; esac")
  program_config "$(jq "$days" <<<"$exec")"
  # A dry run proves it for itself alone.
  program_exits 0 --dry-run
  program_exits 0
  [ "$(asked)" -eq 2 ]
  push_images >/dev/null <<<"$again"
  program_exits 0
  program_says "the collector is not asked before the deletes: it was proved to be this registry's at "
  [ "$(asked)" -eq 2 ]
  is_freed
  # Another command is another collector.
  push_images >/dev/null <<<"$again"
  program_config "$(jq "$days" <<<"$(program_exec "case \$* in *garbage-collect*)
    echo \"\$*\" >>'$BATS_TEST_TMPDIR/calls';; esac")")"
  program_exits 0
  [ "$(asked)" -eq 3 ]
  # So is another configuration.
  push_images >/dev/null <<<"$again"
  cp "$REGISTRY_DIR/config.yml" "$BATS_TEST_TMPDIR/config.yml"
  echo "# changed" >>"$REGISTRY_DIR/config.yml"
  program_exits 0
  [ "$(asked)" -eq 4 ]
  cat "$BATS_TEST_TMPDIR/config.yml" >"$REGISTRY_DIR/config.yml"
  # What is damaged, or older than that, proves nothing.
  push_images >/dev/null <<<"$again"
  sed -i 's/^proved ./proved 2/' "$PROGRAM_DIR"/state/*/rehearsal
  program_exits 0
  program_says "what was proved of the collector before is "
  [ "$(asked)" -eq 5 ]
}

@test "gc.rehearsal_days: the second opinion is asked before the collection all the same" {
  local exec
  exec=$(liar "$(layer 51002)" "*none*")
  program_config "$(jq '. * {gc: {rehearsal_days: 7}}' <<<"$exec")"
  program_exits 0
  push_images >/dev/null <<<'[{"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:51001"]}]'
  program_exits 0
  program_says "is not asked before the deletes" "the second opinion is only what the storage tells" \
    "asking the collector what it would remove" "second opinion: no tag that stays needs"
  is_freed
}
