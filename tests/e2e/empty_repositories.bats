#!/usr/bin/env bats
# Empty repositories leave the catalog, and nothing else of the registry's storage changes.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

ON='{"cleanup": {"delete_empty_repositories": true, "empty_repository_hours": 0}}'

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/plain" --cache none
  registry_start "$BATS_FILE_TMPDIR/cached" --cache inmemory
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/plain"
  registry_stop "$BATS_FILE_TMPDIR/cached"
  engine_release
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/plain"
  program_empty_registry
}

# An old image in team/app, another one below it that stays, and one in base with the same layer.
push() {
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "team/app", "tag": "old", "created": "-90d", "layers": ["base:30000", "app:5000"]},
  {"repository": "team/app/nested", "tag": "new", "created": "-1d", "layers": ["base:30000"]},
  {"repository": "base", "tag": "new", "created": "-1d", "layers": ["base:30000"]} ]
JSON
}

push_again() {
  push_images >"$BATS_TEST_TMPDIR/again" <<'JSON'
[ {"repository": "team/app", "tag": "again", "created": "-1d",
   "layers": ["base:30000", "app:5000"]} ]
JSON
}

catalog() {
  registry_curl -f "$REGISTRY_URL/v2/_catalog" | jq --raw-output '.repositories[]' | sort
}

# lists REPOSITORY...: the catalog has these and no others.
lists() {
  diff <(printf '%s\n' "$@" | sort) <(catalog)
}

folder() {
  echo "$REGISTRY_STORE/docker/registry/v2/repositories/$1"
}

# with JSON: config.json with that and empty repositories to be removed.
with() {
  program_config "$(jq --null-input --argjson on "$ON" --argjson more "$1" '$on * $more')"
}

@test "an emptied repository leaves the catalog; one below it stays and can be pulled" {
  push
  with '{}'
  program_exits 0
  program_says 'removed the empty repository team/app' 'removed 1 empty repository' \
    'tags verified whole'
  [ "$(program_report '.repositories_removed | tojson')" = '["team/app"]' ]
  lists base team/app/nested
  diff <(ls "$(folder team/app)") <(echo nested)
  pull_whole team/app/nested new
  pull_whole base new
  program_exits 0
  program_keeps_quiet_of 'empty repositor'
  [ "$(program_report '.repositories_removed | tojson')" = '[]' ]
  push_again
  lists base team/app team/app/nested
  pull_whole team/app again
}

@test "the folders above it go as far as they are empty; without a collection, too" {
  push_images >/dev/null <<'JSON'
[ {"repository": "a/b/c/d", "tag": "old", "created": "-90d"},
  {"repository": "a/x", "tag": "new", "created": "-1d"} ]
JSON
  with '{"gc": {"when": "never"}}'
  program_exits 0
  [ "$(program_report .garbage_collection.ran)" = false ]
  lists a/x
  diff <(ls "$(folder a)") <(echo x)
  pull_whole a/x new
}

@test "when nothing else is to be done, it goes as well" {
  push
  program_config
  program_exits 0
  lists base team/app team/app/nested
  with '{}'
  program_exits 0
  program_says 'nothing is to be deleted' 'removed the empty repository team/app'
  lists base team/app/nested
}

@test "off: nobody looks" {
  push
  program_config
  program_exits 0
  program_exits 0
  program_keeps_quiet_of 'empty'
  lists base team/app team/app/nested
}

@test "one that is not idle for long enough stays" {
  push
  with '{"cleanup": {"empty_repository_hours": 1}}'
  program_exits 0
  program_says 'repository team/app is empty, and stays until nothing in it changed for 1 hour: '
  lists base team/app team/app/nested
  with '{}'
  touch -d '1 hour' "$(folder team/app)/_layers"
  program_exits 0
  program_says 'repository team/app is empty, and stays until'
  lists base team/app team/app/nested
}

@test "an upload in progress stays, and can be finished" {
  local location data=$BATS_TEST_TMPDIR/data digest
  push
  location=$(registry_curl -i -X POST "$REGISTRY_URL/v2/team/app/blobs/uploads/" | tr -d '\r' |
    sed -n 's/^Location: //p')
  head -c 1000 /dev/urandom >"$data"
  digest=sha256:$(sha256sum "$data" | cut -d' ' -f1)
  with '{}'
  program_exits 0
  lists base team/app team/app/nested
  registry_curl -f -X PUT --data-binary "@$data" -H 'Content-Type: application/octet-stream' \
    "$location&digest=$digest"
  registry_curl -f -o "$BATS_TEST_TMPDIR/back" "$REGISTRY_URL/v2/team/app/blobs/$digest"
  cmp "$data" "$BATS_TEST_TMPDIR/back"
}

@test "what is not understood stays: a file, a link, an untagged manifest" {
  local before=$BATS_TEST_TMPDIR/before
  push
  program_config
  program_exits 0
  echo keep >"$(folder team/app)/_layers/note"
  store_digest_tree "$REGISTRY_STORE" >"$before"
  with '{}'
  program_exits 0
  program_says 'repository team/app has no tags, and stays: note in its _layers is not known'
  store_digest_tree "$REGISTRY_STORE" | diff "$before" -
  rm "$(folder team/app)/_layers/note"
  push_images >/dev/null <<<'[{"repository": "team/app", "tag": null, "id": "untagged"}]'
  store_digest_tree "$REGISTRY_STORE" >"$before"
  program_exits 0
  store_digest_tree "$REGISTRY_STORE" | diff "$before" -
}

@test "a protected repository, and one that this run is not for, stay" {
  push
  program_config
  program_exits 0
  with '{"cleanup": {"protected_repositories": ["team/app", "team/none"]}}'
  program_exits 0
  lists base team/app team/app/nested
  program_says "protected_repositories team/none matches no tag"
  program_keeps_quiet_of "protected_repositories team/app matches no tag"
  with '{}'
  program_exits 0 --repository base
  lists base team/app team/app/nested
}

@test "a dry run names it and changes nothing" {
  local before=$BATS_TEST_TMPDIR/before
  push
  program_config
  program_exits 0
  store_digest_tree "$REGISTRY_STORE" >"$before"
  with '{}'
  program_exits 0 --dry-run
  program_says 'would remove the empty repository team/app'
  [ "$(program_report '.repositories_removed | tojson')" = '[]' ]
  store_digest_tree "$REGISTRY_STORE" | diff "$before" -
}

@test "a folder that is not proved to be the registry's own: it is only named" {
  push
  program_config
  program_exits 0
  program_config "$(program_exec 'case $1 in stat) exit 127;; esac' |
    jq --argjson on "$ON" '. * $on')"
  program_exits 0
  program_says 'repository team/app is empty, and stays: paths.host_storage was not proved'
  lists base team/app team/app/nested
}

@test "with a cache in memory and no gc.restart it is only named" {
  registry_use "$BATS_FILE_TMPDIR/cached"
  program_empty_registry
  registry_restart
  push
  with '{}'
  program_exits 0
  program_says 'repository team/app is empty, and stays: the registry has a cache (storage.cache), and gc.restart is not set'
  lists base team/app team/app/nested
}

@test "with a cache and gc.restart it goes, and a push that follows is whole" {
  registry_use "$BATS_FILE_TMPDIR/cached"
  program_empty_registry
  registry_restart
  push
  pull_whole team/app old
  with '{"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}'
  program_exits 0
  program_says 'removed the empty repository team/app'
  [ "$(grep -c 'restarting the registry' <<<"$output")" -eq 1 ]
  lists base team/app/nested
  push_again
  pull_whole team/app again
  registry_restart
  pull_whole team/app again
  pull_whole base new
}

@test "nothing else to do: the restart follows all the same" {
  registry_use "$BATS_FILE_TMPDIR/cached"
  program_empty_registry
  registry_restart
  push
  program_config '{"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}'
  program_exits 0
  with '{"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}'
  program_exits 0
  program_says 'restarting the registry' 'removed the empty repository team/app'
  lists base team/app/nested
  push_again
  registry_restart
  pull_whole team/app again
}

@test "a restart that fails: everything is put back" {
  local before=$BATS_TEST_TMPDIR/before
  registry_use "$BATS_FILE_TMPDIR/cached"
  program_empty_registry
  registry_restart
  push
  program_config '{"gc": {"restart": ["docker", "restart", "-t", "2", "{container}"]}}'
  program_exits 0
  store_digest_tree "$REGISTRY_STORE" >"$before"
  with '{"gc": {"restart": ["false"]}}'
  program_exits 1
  program_says 'empty repositories stay until this succeeds: gc.restart: false' \
    'repository team/app is empty, and stays for now'
  store_digest_tree "$REGISTRY_STORE" | diff "$before" -
  [ -z "$(program_owed)" ]
}

@test "a push that relies on what is hidden: it is put back, and the image is whole" {
  local manifest=$BATS_TEST_TMPDIR/manifest
  registry_use "$BATS_FILE_TMPDIR/cached"
  program_empty_registry
  registry_restart
  push
  program_config '{"gc": {"when": "never"}}'
  registry_curl -f -o "$manifest" -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/team/app/manifests/old"
  program_exits 0
  # The cache still knows the layers, so the registry takes the manifest while they are hidden.
  cat >"$BATS_TEST_TMPDIR/restart" <<SCRIPT
#!/bin/sh
[ ! -e "$(folder team/app)/_layers" ] || exit 1
curl -sSf -X PUT --data-binary @'$manifest' \
  -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
  '$REGISTRY_URL/v2/team/app/manifests/back' || exit 1
exec docker restart -t 2 '$REGISTRY_NAME'
SCRIPT
  chmod 700 "$BATS_TEST_TMPDIR/restart"
  with "{\"gc\": {\"when\": \"never\", \"restart\": [\"$BATS_TEST_TMPDIR/restart\"]}}"
  program_exits 0
  program_says 'repository team/app stays: something came in meanwhile'
  lists base team/app team/app/nested
  [ -z "$(find "$REGISTRY_STORE" -name '_clean-registry*')" ]
  pull_whole team/app back
}

# Ends a run by SIGNAL while team/app is hidden; its exit code must be CODE.
end_while_hidden() {
  local pid code=0
  "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  pid=$!
  program_await [ -e "$(folder team/app)/_clean-registry_hidden_layers" ]
  kill "-$1" "$pid"
  wait "$pid" || code=$?
  [ "$code" -eq "$2" ]
}

@test "a signal while it is hidden: it is put back" {
  local before=$BATS_TEST_TMPDIR/before
  push
  program_config
  program_exits 0
  store_digest_tree "$REGISTRY_STORE" >"$before"
  with '{}'
  end_while_hidden TERM 143
  grep -q 'repository team/app is empty, and stays for now' "$BATS_TEST_TMPDIR/out"
  store_digest_tree "$REGISTRY_STORE" | diff "$before" -
}

@test "kill -9 while it is hidden: the next run puts it back, the one after it removes it" {
  push
  program_config
  program_exits 0
  with '{}'
  end_while_hidden KILL 137
  lists base team/app/nested
  program_exits 0
  program_says 'put back what an interrupted run hid in team/app'
  lists base team/app team/app/nested
  program_exits 0
  program_says 'removed the empty repository team/app'
  [ -z "$(find "$REGISTRY_STORE" -name '_clean-registry*')" ]
  lists base team/app/nested
}

@test "what an interrupted run hid is told while the folder is not proved, and nothing is moved" {
  local app
  push
  program_config
  program_exits 0
  app=$(folder team/app)
  mv "$app/_layers" "$app/_clean-registry_hidden_layers"
  # It cannot be asked which folder the registry has.
  with '{"registry": {"exec": ["false"]}, "gc": {"when": "never"}}'
  program_exits 0
  program_says '[WARNING] an interrupted run hid parts of 1 empty repository, team/app first'
  [ -e "$app/_clean-registry_hidden_layers" ]
  [ ! -e "$app/_layers" ]
}

@test "what an interrupted run left is put back or finished before anything else" {
  local app
  push
  program_config
  program_exits 0
  app=$(folder team/app)
  mv "$app/_manifests" "$app/_clean-registry_hidden_manifests"
  mv "$app/_layers" "$app/_clean-registry_hidden_layers"
  lists base team/app/nested
  program_exits 0
  program_says 'put back what an interrupted run hid in team/app'
  lists base team/app team/app/nested
  mv "$app/_manifests" "$app/_clean-registry_gone_manifests"
  mv "$app/_layers" "$app/_clean-registry_hidden_layers"
  push_again
  program_exits 0
  program_says 'removed the empty repository team/app'
  [ -z "$(find "$REGISTRY_STORE" -name '_clean-registry*')" ]
  pull_whole team/app again
  pull_whole team/app/nested new
}

@test "what cannot be put back ends the run before it deletes or collects" {
  local app
  push
  app=$(folder team/app)
  cp -r "$app/_manifests" "$app/_clean-registry_hidden_manifests"
  printf 'sha256:%064d' 1 \
    >"$app/_clean-registry_hidden_manifests/tags/old/current/link"
  program_config
  program_exits 1
  program_says "_clean-registry_hidden_manifests could not be put back as _manifests (link: File exists)" \
    'move there by hand what is still in it'
  program_leaves team/app old
  [ "$(program_report .garbage_collection.ran)" = false ]
}
