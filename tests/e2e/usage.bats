#!/usr/bin/env bats
# Where the space goes: what `usage` tells is what is on the disk, and telling it changes nothing.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

TOOLS=$BATS_TEST_DIRNAME/../tools

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
  program_config
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "team/app", "tag": "v1", "created": "2020-02-03T04:05:06Z",
   "layers": ["base:300000", "one:50000"]},
  {"repository": "team/app", "tag": "v2", "created": "-1d", "layers": ["base:300000", "two:60000"]},
  {"repository": "team/app", "tag": "latest", "same_as": "team/app:v2"},
  {"repository": "team/app", "tag": null, "id": "untagged", "created": "-1d",
   "layers": ["base:300000", "three:7000"]},
  {"repository": "team/app/nested", "tag": "multi", "kind": "index", "created": "-91d",
   "platforms": ["linux/amd64", "linux/arm64"], "layers": ["base:300000"]},
  {"repository": "tools", "tag": "big", "layers": ["big:900000"]},
  {"repository": "tools", "tag": "sign", "id": "sign", "kind": "cosign", "subject": "tools:big"} ]
JSON
}

teardown() {
  [ -z "${public:-}" ] || rm -rf "$public"
}

usage() {
  run --separate-stderr "$CLEAN_REGISTRY" usage --config "$PROGRAM_DIR/config.json" "$@"
  [ "$status" -ne 99 ]
}

usage_exits() {
  local code=$1
  shift
  usage "$@" || return 1
  [ "$status" -eq "$code" ] && return
  printf 'exit code %s instead of %s\n%s\n%s\n' "$status" "$code" "$output" "$stderr"
  return 1
}

# What jq's FILTER says of the JSON that `usage` printed.
told() {
  jq --raw-output "$1" <<<"$output"
}

# The same of what lies on the disk.
found() {
  "$TOOLS/space.py" "$REGISTRY_STORE" | jq --raw-output "$1"
}

# Begins an upload of BYTES in REPOSITORY and leaves it.
begin_upload() {
  local location
  location=$(registry_curl -i -X POST "$REGISTRY_URL/v2/$1/blobs/uploads/" | tr -d '\r' |
    sed -n 's/^Location: //p')
  head -c "$2" /dev/zero | registry_curl -f -o /dev/null -X PATCH --data-binary @- \
    -H 'Content-Type: application/octet-stream' "$location"
}

# A blob that no manifest refers to.
make_garbage() {
  local data=$BATS_TEST_TMPDIR/garbage hex folder
  head -c "$1" /dev/urandom >"$data"
  hex=$(sha256sum "$data" | cut -d' ' -f1)
  folder=$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${hex:0:2}/$hex
  mkdir -p "$folder"
  mv "$data" "$folder/data"
}

@test "the total is what find says of the blobs' files, and its parts are the whole" {
  local bytes blobs
  make_garbage 12345
  usage_exits 0 --json
  bytes=$(find "$REGISTRY_STORE" -path '*/blobs/*' -name data -printf '%s\n' |
    awk '{ n += $1 } END { print n }')
  blobs=$(find "$REGISTRY_STORE" -path '*/blobs/*' -name data | wc -l)
  [ "$(told .bytes)" -eq "$bytes" ]
  [ "$(told .blobs)" -eq "$blobs" ]
  [ "$(told .source)" = storage ]
  [ "$(told '.alone_bytes + .shared_bytes + .garbage_bytes == .bytes')" = true ]
  [ "$(told '([.repositories[].alone_bytes] | add) == .alone_bytes')" = true ]
}

@test "every figure of every repository and tag is what the files on the disk add up to" {
  local repository
  make_garbage 777
  usage_exits 0 --json
  told '{bytes, blobs, garbage: .garbage_bytes, shared: .shared_bytes,
    repositories: (.repositories | map({(.repository): {alone: .alone_bytes,
      shared: .shared_bytes}}) | add)} | tojson' >"$BATS_TEST_TMPDIR/told"
  found '{bytes, blobs, garbage, shared, repositories} | tojson' >"$BATS_TEST_TMPDIR/found"
  diff <(jq -S . "$BATS_TEST_TMPDIR/told") <(jq -S . "$BATS_TEST_TMPDIR/found")
  [ "$(told '.repositories | length')" -eq 3 ]
  for repository in team/app team/app/nested tools; do
    usage_exits 0 --json --tags "$repository"
    told '.repository.repository as $r | .tags | map({"\($r):\(.tag)": .bytes}) | add'
  done | jq -sS add >"$BATS_TEST_TMPDIR/tags"
  diff "$BATS_TEST_TMPDIR/tags" <(found .tags | jq -S .)
}

@test "tags, manifests and untagged manifests are counted, the largest repository first" {
  usage_exits 0 --json
  [ "$(told '.repositories[] | "\(.repository) \(.tags) \(.manifests) \(.untagged_manifests)"')" = \
    "tools 2 2 0
team/app 3 3 1
team/app/nested 1 3 0" ]
  [ "$(told '"\(.tags) \(.manifests) \(.untagged_manifests)"')" = "6 8 1" ]
  [ "$(told '[.repositories[] | .alone_bytes + .shared_bytes] == ([.repositories[]
    | .alone_bytes + .shared_bytes] | sort | reverse)')" = true ]
}

@test "garbage is what the collector then removes" {
  local garbage
  registry_curl -f -X DELETE \
    "$REGISTRY_URL/v2/team/app/manifests/$(digest_of untagged <"$BATS_TEST_TMPDIR/digests")"
  make_garbage 4321
  usage_exits 0 --json
  garbage=$(told .garbage_bytes)
  [ "$garbage" -gt $((7000 + 4321)) ]
  [ "$garbage" = "$(found .garbage)" ]
  program_config '{"gc": {"when": "always"}, "cleanup": {"days_to_keep": 30000}}'
  program_exits 0
  [ "$(program_report .storage.freed_bytes)" = "$garbage" ]
  usage_exits 0 --json
  [ "$(told .garbage_bytes)" -eq 0 ]
  [ "$(told .bytes)" = "$(found .bytes)" ]
}

@test "uploads in progress are told, also in a repository that has nothing else, and not counted" {
  local before
  usage_exits 0
  [[ $output == *"No upload is in progress."* ]]
  usage_exits 0 --json
  before=$(told .bytes)
  [ "$(told '.uploads | tojson')" = \
    '{"count":0,"bytes":0,"newest_at":null,"newest_repository":null}' ]
  begin_upload team/app 5000
  # Otherwise both might come within one second.
  find "$REGISTRY_STORE" -path '*/_uploads/*' -exec touch -d '1 minute ago' {} +
  begin_upload not/yet/there 60000
  usage_exits 0 --json
  [ "$(told .uploads.count)" -eq 2 ]
  [ "$(told .uploads.bytes)" -ge 65000 ]
  [ "$(told .uploads.bytes)" = "$(found .uploads.bytes)" ]
  [ "$(told .uploads.newest_repository)" = not/yet/there ]
  [ "$(told .bytes)" = "$before" ]
  usage_exits 0
  [[ $output == *"Not counted: 2 uploads in progress with "*" in not/yet/there."* ]]
}

# Names and counts are the same; bytes are those of the JSON, rounded to three digits.
same_table() {
  /usr/bin/python3 - "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/json" <<'PYTHON'
import json, re, sys

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}
text, told = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
rows = re.findall(r"^(\S+|\d+ others) +(\d+) +(\d+) +(\d+) +([\d.]+) (\w+) +([\d.]+) (\w+) *$",
                  text, re.M)
wanted = [(r["repository"], r) for r in told["repositories"]]
if told["rest"]:
    wanted.append((f'{told["rest"]["repositories"]} others', told["rest"]))
assert [row[0] for row in rows] == [name for name, _ in wanted], rows
def close(number, unit, exact):
    assert abs(float(number) * UNITS[unit] - exact) <= exact * 0.005, (number, unit, exact)
for row, (_, part) in zip(rows, wanted):
    assert [int(n) for n in row[1:4]] == [part["tags"], part["manifests"],
                                          part["untagged_manifests"]], row
    close(row[4], row[5], part["alone_bytes"])
    close(row[6], row[7], part["shared_bytes"])
for name, key in (("shared by several", "shared_bytes"), ("garbage", "garbage_bytes")):
    close(*re.search(rf"^{name} +([\d.]+) (\w+)$", text, re.M).groups(), told[key])
total = re.search(r"^total +(\d+) +(\d+) +(\d+) +([\d.]+) (\w+)$", text, re.M).groups()
assert [int(n) for n in total[:3]] == [told["tags"], told["manifests"], told["untagged_manifests"]]
close(total[3], total[4], told["bytes"])
PYTHON
}

@test "the table says what the JSON says, with --top as well" {
  local -a top
  make_garbage 33333
  for top in '' '--top=1' '--top=3'; do
    # shellcheck disable=SC2086 # an option or none
    usage_exits 0 $top
    echo "$output" >"$BATS_TEST_TMPDIR/table"
    # shellcheck disable=SC2086
    usage_exits 0 --json $top
    echo "$output" >"$BATS_TEST_TMPDIR/json"
    same_table
  done
}

@test "--top: the others are one line, and nothing is lost" {
  usage_exits 0 --json --top 1
  [ "$(told '.repositories | length')" -eq 1 ]
  [ "$(told '.repositories[0].repository')" = tools ]
  [ "$(told '.rest | "\(.repositories) \(.tags) \(.manifests) \(.untagged_manifests)"')" = \
    "2 4 6 1" ]
  [ "$(told '.repositories[0].alone_bytes + .rest.alone_bytes == .alone_bytes')" = true ]
  [ "$(told '.rest.shared_bytes == .shared_bytes')" = true ]
  usage_exits 0 --json --top 3
  [ "$(told .rest)" = null ]
  usage_exits 0 --json --top 1 --tags team/app
  [ "$(told '"\(.tags[0].tag) \(.tags | length) \(.rest.tags)"')" = "latest 1 2" ]
}

@test "--tags: each with its size, what it holds alone, its dates and digest" {
  local v1 v2
  v1=$(digest_of team/app:v1 <"$BATS_TEST_TMPDIR/digests")
  v2=$(digest_of team/app:v2 <"$BATS_TEST_TMPDIR/digests")
  usage_exits 0 --json --tags team/app
  [ "$(told '.tags[] | "\(.tag) \(.digest)"')" = "latest $v2
v2 $v2
v1 $v1" ]
  [ "$(told '.tags[2] | "\(.created_at) \(.exclusive_bytes > 50000)"')" = \
    "2020-02-03T04:05:06Z true" ]
  [ "$(told '.tags[2].pushed_at | fromdate | . > now - 600 and . < now + 5')" = true ]
  [ "$(told '[.tags[].exclusive_bytes] | .[:2] | tojson')" = '[0,0]' ]
  # What a dry run says of each tag is the same.
  told '.tags | map({(.tag): .exclusive_bytes}) | add' | jq -S . >"$BATS_TEST_TMPDIR/told"
  program_exits 0 --dry-run
  program_report '.tags | map(select(.repository == "team/app") | {(.tag): .exclusive_bytes}) | add' |
    jq -S . | diff "$BATS_TEST_TMPDIR/told" -
  usage_exits 0 --tags team/app
  grep -Eq "^v1 +[0-9.]+ KiB +[0-9.]+ KiB +2020-02-03  20[0-9-]{8}  $v1$" <<<"$output"
  grep -Eq "^latest +[0-9.]+ KiB +0 B +20[0-9-]{8}  20[0-9-]{8}  $v2$" <<<"$output"
}

@test "a repository is taken as docker pull has it, of this registry alone" {
  local plain
  usage_exits 0 --tags team/app
  plain=$output
  for reference in "${REGISTRY_URL#*//}/team/app" "${REGISTRY_URL#*//}/team/app:v1" team/app:v1; do
    usage_exits 0 --tags "$reference"
    [ "$output" = "$plain" ]
  done
  usage_exits 2 --tags elsewhere:5000/team/app
  [ -z "$output" ]
  [[ $stderr == *"--tags: 'elsewhere:5000' is not this registry"* ]]
}

@test "an unknown repository is an error that names the nearest one" {
  usage_exits 1 --tags team/ap
  [ -z "$output" ]
  [[ $stderr == *"[ERROR] there is no repository 'team/ap'; did you mean 'team/app'?"* ]]
  usage_exits 1 --json --tags something/quite/different
  [ -z "$output" ]
  [[ $stderr == *"[ERROR] there is no repository 'something/quite/different'" ]]
}

@test "without the storage: what manifests state, and nothing that the API does not show" {
  local counted
  make_garbage 1000
  registry_curl -f -X DELETE \
    "$REGISTRY_URL/v2/team/app/manifests/$(digest_of untagged <"$BATS_TEST_TMPDIR/digests")"
  usage_exits 0 --json
  counted=$(told '.bytes - .garbage_bytes')
  program_config '{"paths": {"host_storage": ""}}'
  usage_exits 0 --json
  [ "$(told .source)" = api ]
  [ "$(told .bytes)" = "$counted" ]
  [ "$(told '[.storage, .garbage_bytes, .garbage_blobs, .untagged_manifests, .uploads,
    (.repositories[].untagged_manifests)] | unique | tojson')" = '[null]' ]
  [ "$(told '.alone_bytes + .shared_bytes == .bytes')" = true ]
  usage_exits 0
  [[ $output == *"cannot be seen through the API."* ]]
  grep -Eq '^garbage +-$' <<<"$output"
  grep -Eq '^team/app +3 +2 +- ' <<<"$output"
  usage_exits 0 --json --tags team/app
  [ "$(told '[.tags[].pushed_at] | unique | tojson')" = '[null]' ]
}

on_terminal() {
  TERM=${TERM_IS-xterm} LC_ALL=${LOCALE_IS-C.UTF-8} "$TOOLS/terminal.py" "$@"
}

# Without escape codes.
plainly() {
  sed -E 's/\x1b\[[0-9;]*m//g'
}

@test "on a terminal there are bars, as wide as it is" {
  local columns longest
  for columns in 80 100 120; do
    run on_terminal "$columns" "$CLEAN_REGISTRY" usage -c "$PROGRAM_DIR/config.json"
    [ "$status" -eq 0 ]
    [[ $output == *$'\e['* && $output == *█* && $output == *░* ]]
    longest=$(plainly <<<"$output" | sed -n '/^REPOSITORY/,/^$/p' | LC_ALL=C.UTF-8 wc -L)
    ((longest == columns - 1))
  done
  # The rows are those of the plain table.
  usage_exits 0
  diff <(sed -n '/^REPOSITORY/,/^$/p' <<<"$output" | tr -d '─-') <(on_terminal 80 "$CLEAN_REGISTRY" \
    usage -c "$PROGRAM_DIR/config.json" | plainly | sed -n '/^REPOSITORY/,/^$/p' |
    sed -E 's/ *[█▏▎▍▌▋▊▉░]+( alone ░ shared)?$//' | sed -E 's/ +$//' | tr -d '─-')
}

@test "bars of # without UTF-8, no colours with NO_COLOR, nothing of it on a dumb terminal or a pipe" {
  LOCALE_IS=C NO_COLOR=1 run on_terminal 100 "$CLEAN_REGISTRY" usage -c "$PROGRAM_DIR/config.json"
  [[ $output == *'####'* && $output != *█* && $output != *$'\e'* ]]
  TERM_IS=dumb run on_terminal 100 "$CLEAN_REGISTRY" usage -c "$PROGRAM_DIR/config.json"
  [ "$status" -eq 0 ]
  [[ $output != *'##'* && $output != *█* && $output != *$'\e'* ]]
  TERM=xterm LC_ALL=C.UTF-8 usage_exits 0
  [[ $output != *'##'* && $output != *█* && $output != *$'\e'* ]]
}

@test "standard output is the result alone: the log goes to its file, trouble to stderr" {
  usage_exits 0 --json --debug
  [ "$(told .version)" -eq 1 ]
  [ -z "$stderr" ]
  grep -q '\[INFO\] usage ended, exit code 0' "$PROGRAM_DIR/log"
  program_config '{"log": {"file": "/proc/nowhere/log"}}'
  usage_exits 0 --json
  [ "$(told .version)" -eq 1 ]
  [[ $stderr == *"[WARNING] /proc/nowhere/log: "*"this run has no log file" ]]
  program_config '{"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}}'
  usage_exits 3 --json
  [ -z "$output" ]
  [[ $stderr == *"[ERROR] "* ]]
}

@test "it changes nothing, sends only GETs, and needs no lock" {
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_watch usage_exits 0
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  [ ! -e "$PROGRAM_DIR/state" ]
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  program_begin other
  program_config
  usage_exits 0
  program_config '{"inventory": {"source": "api"}}'
  program_watch usage_exits 0
  [ -s "$PROGRAM_DIR/requests" ]
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  program_end other 0
}

@test "it works for a user who can write nothing and reach no container" {
  public=$(mktemp -d /tmp/usage.XXXXXX)
  chmod 755 "$public"
  cp "$CLEAN_REGISTRY" "$public/clean-registry"
  program_config '{"paths": {"state": "/var/lib/clean-registry"}}'
  install -m 644 "$PROGRAM_DIR/config.json" "$public/config.json"
  run --separate-stderr program_as_nobody "$public" usage --json
  [ "$status" -eq 0 ]
  [ "$(told '.repositories | length')" -eq 3 ]
  [ "$(find "$public" | wc -l)" -eq 3 ]
}

@test "what could not be read makes it incomplete: said, counted, exit 1" {
  : >"$REGISTRY_STORE/docker/registry/v2/repositories/tools/_manifests/tags/big/current/link"
  usage_exits 1
  [[ $output == *"INCOMPLETE: 1 thing could not be read; the log names it."* ]]
  [[ $stderr == *"tools"*"big"* ]]
  usage_exits 1 --json
  [ "$(told .errors)" -eq 1 ]
  [ "$(told '.alone_bytes + .shared_bytes + .garbage_bytes == .bytes')" = true ]
}

@test "a result that cannot be written is an error; a reader that has seen enough is none" {
  local code=0
  "$CLEAN_REGISTRY" usage -c "$PROGRAM_DIR/config.json" >/dev/full \
    2>"$BATS_TEST_TMPDIR/stderr" || code=$?
  [ "$code" -eq 1 ]
  grep -q '\[ERROR\] standard output: No space left on device' "$BATS_TEST_TMPDIR/stderr"
  "$CLEAN_REGISTRY" usage -c "$PROGRAM_DIR/config.json" 2>"$BATS_TEST_TMPDIR/stderr" |
    head -n 1 >/dev/null
  [ ! -s "$BATS_TEST_TMPDIR/stderr" ]
}

@test "an empty registry has no space to tell of" {
  program_empty_registry
  mkdir -p "$REGISTRY_STORE/docker/registry/v2/repositories"
  usage_exits 0 --json
  [ "$(told '[.bytes, .blobs, .tags, (.repositories | length)] | tojson')" = '[0,0,0,0]' ]
  usage_exits 0
  [[ $output == *": 0 repositories, 0 tags, 0 manifests"* ]]
}
