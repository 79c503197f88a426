#!/usr/bin/env bats
# What runs somewhere stays (protect.in_use), and while that is not known, nothing goes.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/fault
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
  host=${REGISTRY_URL#http://}
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "id": "old", "created": "-90d"},
  {"repository": "app", "tag": "also-old", "same_as": "old"},
  {"repository": "app", "tag": "other", "created": "-91d"},
  {"repository": "app", "tag": "multi", "id": "multi", "kind": "index", "created": "-92d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
}

teardown() {
  fault_stop
  [ -z "${container:-}" ] || docker rm -f "$container" >/dev/null
}

digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

config_digest() { # REPOSITORY REFERENCE
  registry_curl --fail -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/$1/manifests/$2" | jq --raw-output .config.digest
}

# in_use SCRIPT [JSON]: what a shell's SCRIPT prints is in use; the command is $command.
in_use() {
  command=$BATS_TEST_TMPDIR/running
  printf '#!/bin/sh\n%s\n' "$1" >"$command"
  chmod 700 "$command"
  program_config "$(jq --null-input --arg command "$command" --argjson more "${2:-"{}"}" \
    '{protect: {in_use: [[$command]]}} * $more')"
}

# prints TEXT [JSON]
prints() {
  printf '%s' "$1" >"$BATS_TEST_TMPDIR/references"
  in_use "cat '$BATS_TEST_TMPDIR/references'" "${2:-}"
}

nothing_went() {
  program_leaves app also-old multi new old other
}

@test "what docker ps says is running stays, with every tag it has; all else that is old goes" {
  container=in-use-$BASHPID-$RANDOM
  docker tag "$REGISTRY_IMAGE" "$host/app:old"
  docker run -d -i --name "$container" --network none --entrypoint cat "$host/app:old" >/dev/null
  program_config '{"protect": {"in_use": [["docker", "ps", "--no-trunc", "--format", "{{.Image}}"]]}}'
  program_exits 0
  docker rm -f "$container" >/dev/null
  docker rmi "$host/app:old" >/dev/null
  program_leaves app also-old new old
  program_says ", 1 from this registry" "protect.in_use: 2 tags, 2 kept"
  [ "$(program_tag app old)" = "kept old,in_use" ]
  [ "$(program_tag app also-old)" = "kept old,in_use" ]
  [ "$(program_tag app other)" = "deleted old" ]
  pull_whole app old also-old new
}

# push_forms TAG...: old images in the repository `forms`.
push_forms() {
  printf '%s\n' "$@" | jq --raw-input '{repository: "forms", tag: ., created: "-90d"}' | jq --slurp . |
    push_images >"$BATS_TEST_TMPDIR/digests"
}

@test "a reference may be a tag, a digest, both, or an image's ID, under each name of the registry" {
  local -a kept=(tag digest both scheme name upper-name port id config short-id short-prefixed-id
    short-config twice)
  local own=$host/forms id config
  push_forms "${kept[@]}" other-host hub other-repository latest-alone beginning too-short
  id=$(digest forms:short-id) config=$(config_digest forms short-config)
  prints "$own:tag $own@$(digest forms:digest)	$own:gone@$(digest forms:both)
docker-pullable://$own@$(digest forms:scheme)
hub.example.com/forms:name  HUB.example.com/forms:upper-name cache:5000/forms:port
$(digest forms:id) $(config_digest forms config) ${id:7:12} $(digest forms:short-prefixed-id | cut -c -19)
${config:7:12} $own:twice $own:twice
elsewhere.example.com/forms:other-host forms:hub $host/forms/forms:other-repository $own
$own:begin $(digest forms:too-short | cut -c 8-18)" \
    '{"protect": {"registry_names": ["hub.example.com", "cache:5000"]}}'
  program_exits 0
  program_leaves forms "${kept[@]}"
  [ "$(program_report '[.tags[] | select(.reasons | index("in_use"))] | length')" -eq "${#kept[@]}" ]
}

@test "this host has several names for itself" {
  prints "localhost:${host#*:}/app:old [::1]:${host#*:}/app:other localhost:1/app:multi"
  program_exits 0
  program_leaves app also-old new old other
}

@test "a namesake under another host is warned of" {
  prints "elsewhere.example.com/app:old $host/app:other"
  program_exits 0 --dry-run
  program_says "app:old is selected, and an image of that name is in use under another host"
  program_keeps_quiet_of "app:other is selected"
}

@test "what is no reference may be anything: nothing goes, exit 6, even with --force" {
  local text
  for text in "$host/app:old,$host/app:other" "{\"Image\":\"$host/app:old\"}" 'Error: cannot connect'; do
    prints "$text $host/app:new"
    program_exits 6 --force
    program_says "which is no reference of an image" "nothing is deleted"
    nothing_went
  done
}

@test "podman's {{.ImageID}}: the config's hex alone; others are named" {
  local id
  id=$(config_digest app old)
  prints "${id#sha256:}"$'\n'"$(printf '12%.0s' {1..32})"
  program_exits 0
  program_leaves app also-old new old
  program_says "[INFO] protect.in_use: 1 of 2 are not understood: IDs that no image in this registry has (121212121212)"
}

@test "IDs of containers alone, or names that were taken, tell nothing: exit 6" {
  prints "$(printf '12%.0s' {1..6} $'\n'; printf '34%.0s' {1..6})"
  program_exits 6 --force
  program_says "'$command': it printed nothing but IDs" "are they IDs of containers?"
  prints "<none>:<none>"
  program_exits 6 --force
  program_says "'$command': it printed nothing but <none>" "{{.ImageID}}"
  nothing_went
  # Among others it is told.
  prints "<none>:<none> $host/app:old"
  program_exits 0 --dry-run
  program_says "[WARNING] protect.in_use: 1 of 2 are not understood: <none>"
}

@test "a port that goes without saying may stand in a reference" {
  # The registry serves as a proxy to itself, as it takes whole URLs, too.
  prints "registry.test:80/app:old registry.test/app:other registry.test:443/app:multi" \
    "{\"registry\": {\"url\": \"http://registry.test\", \"proxy\": \"$REGISTRY_URL\"}}"
  program_exits 0
  program_leaves app also-old new old other
  program_says "2 from this registry"
}

@test "an ID is recognized by what was remembered of an earlier scan, too" {
  TEST_SOURCE=api prints "$(config_digest app old)"
  program_exits 0 --dry-run
  program_exits 0
  program_leaves app also-old new old
}

@test "a part of a multi-arch image keeps the whole, and its tags" {
  prints "$host/app@$(digest multi/linux/arm64)"
  program_exits 0
  program_leaves app multi new
  [ "$(program_tag app multi)" = "kept old,in_use" ]
  pull_whole app multi "$(digest multi/linux/amd64)" "$(digest multi/linux/arm64)"
}

@test "an image in use keeps its signature" {
  push_images >/dev/null <<JSON
[ {"repository": "app", "kind": "cosign", "subject": "$(digest old)", "created": "-90d"} ]
JSON
  prints "$host/app:old"
  program_exits 0
  program_leaves app also-old new old "$(digest old | tr : -).sig"
}

@test "a manifest without a tag that runs by its digest stays" {
  local untagged
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "id": "runs", "created": "-90d"},
  {"repository": "app", "id": "idle", "created": "-90d"} ]
JSON
  for untagged in runs idle; do
    touch -d '-90 days' "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/revisions/sha256/$(
      digest "$untagged" | cut -d : -f 2)/link"
  done
  # Nor did any tag go since.
  touch -d '-90 days' "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags"
  prints "$host/app@$(digest runs)" '{"cleanup": {"untagged_days": 7}}'
  program_exits 0
  pull_whole app "$(digest runs)"
  registry_lacks app "$(digest idle)"
}

@test "what an interrupted run still owes stays owed while it is in use" {
  local url pid arm more
  arm=$(digest multi/linux/arm64)
  fault_start --backend "$REGISTRY_URL"
  url=$(fault_url)
  # The index goes first, then what it lists.
  fault_rules "$(jq --null-input --arg one "$(digest multi/linux/amd64)" --arg two "$arm" '[$one, $two]
    | map({match: {method: "DELETE", path: "app/manifests/\(.)"}, hang: true})')"
  more=$(jq --null-input --arg url "$url" --arg host "$host" '{registry: {url: $url},
    cleanup: {protected_tags: ["old", "also-old", "other"]}, protect: {registry_names: [$host]}}')
  program_config "$more"
  "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  pid=$!
  fault_wait DELETE 'app/manifests/sha256:' 3
  kill -KILL "$pid"
  wait "$pid" || true
  fault_clear
  registry_lacks app "$(digest multi)"
  prints "$host/app@$arm" "$more"
  program_exits 0
  registry_lacks app "$(digest multi/linux/amd64)"
  registry_has app "$arm"
  [ "$(program_owed)" = "app $arm" ]
  # It runs no longer.
  prints "$host/app:new" "$more"
  program_exits 0
  registry_lacks app "$arm"
  [ -z "$(program_owed)" ]
}

@test "while a command fails or says nothing, nothing is deleted, whatever the options" {
  program_watch refused_for_each
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  nothing_went
  in_use 'echo boom >&2; yes long | head -n 5000 >&2; exit 3'
  program_exits 6
  program_says "'$command': exit status 3: boom; what is in use is not known, so nothing is deleted"
  [ "$(program_report .exit_code)" -eq 6 ]
}

refused_for_each() {
  in_use 'echo boom >&2; exit 3'
  program_exits 6 --quiet || return 1
  program_exits 6 --dry-run || return 1
  program_exits 6 --force || return 1
  in_use "echo $host/app:old; kill -9 \$\$"
  program_exits 6 --force || return 1
  in_use 'printf " \n\t\r\n"'
  program_exits 6 --force && program_says "'$command': it printed nothing" || return 1
  program_config '{"protect": {"in_use": [["/nonexistent/command"]]}}'
  program_exits 6 --force && program_says "'/nonexistent/command': "
}

@test "what a command leaves behind may still have something to say: nothing goes" {
  in_use "echo $host/app:other; (sleep 3; echo $host/app:old) &"
  program_exits 6
  program_says "protect.in_use: '$command': " "what it started still runs and may print more"
  nothing_went
  # What says nothing more is no matter.
  in_use "echo $host/app:other $host/app:old; sleep 3 >/dev/null &"
  program_exits 0
  program_leaves app also-old new old other
}

@test "all commands must answer, and all that they say counts" {
  program_config "$(jq --null-input --arg host "$host" '{protect: {in_use: [
    ["echo", "\($host)/app:old"], ["echo", "\($host)/app:other"]]}}')"
  program_exits 0 --dry-run
  [ "$(program_report '.summary.planned')" -eq 1 ]
  program_config "$(jq --null-input --arg host "$host" '{protect: {in_use: [
    ["echo", "\($host)/app:old"], ["false"]]}}')"
  program_exits 6
  nothing_went
}

@test "plan and why end in the same way when what is in use is not known" {
  in_use 'exit 1'
  run "$CLEAN_REGISTRY" plan -c "$PROGRAM_DIR/config.json" --output "$BATS_TEST_TMPDIR/plan"
  program_has_exited 6
  [ ! -e "$BATS_TEST_TMPDIR/plan" ]
  run "$CLEAN_REGISTRY" why -c "$PROGRAM_DIR/config.json" app:old
  program_has_exited 6
}

@test "when nothing in use is of this registry, a warning names the host that may be" {
  prints "$(printf 'redis:7\nhub.example.com/app:old\nelsewhere/app:old')"
  program_exits 0 --dry-run
  program_says "[WARNING] protect.in_use: no image in use is of this registry, but some are of hub.example.com" \
    "protect.registry_names"
  prints "$(printf 'hub.example.com/app:old\n%s/app:new' "$host")"
  program_exits 0 --dry-run
  program_keeps_quiet_of "no image in use is of this registry"
}
