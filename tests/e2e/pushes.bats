#!/usr/bin/env bats
# Ages that count from the push: what the storage's times are good for, and when they are not.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/fault
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
}

teardown() {
  fault_stop
}

push() {
  push_images >"$BATS_TEST_TMPDIR/digests"
}

# pushed_at REPOSITORY TAG DATE: as if it had been pushed then.
pushed_at() {
  touch -d "$3" "$REGISTRY_STORE/docker/registry/v2/repositories/$1/_manifests/tags/$2/current/link"
}

# configure CLEANUP [JSON]...
configure() {
  program_config "$(jq --null-input --slurp "{inventory: {source: \"storage\"}, cleanup: $1}" |
    jq --slurp 'reduce .[] as $more ({}; . * $more)' - <(printf '%s\n' "${@:2}"))"
}

# goes TAG...: these tags of app, and no others, would go.
goes() {
  diff <(printf '%s\n' "$@" | sort) \
    <(program_report '.tags[] | select(.decision == "delete") | .tag' | sort)
}

reasons() {
  program_report ".tags[] | select(.tag == \"$1\") | .reasons | join(\",\")"
}

NO_STAT='case $1 in stat) exit 127;; esac'

# The names say when they were created and pushed.
push_all_kinds() {
  push <<'JSON'
[ {"repository": "app", "tag": "old-old", "created": "-90d"},
  {"repository": "app", "tag": "old-new", "created": "-90d"},
  {"repository": "app", "tag": "new-old", "created": "-1d"},
  {"repository": "app", "tag": "new-new", "created": "-1d"},
  {"repository": "app", "tag": "none-old"},
  {"repository": "app", "tag": "none-new"},
  {"repository": "app", "tag": "zero-old", "created": "0001-01-01T00:00:00Z"},
  {"repository": "app", "tag": "old-future", "created": "-90d"},
  {"repository": "app", "tag": "old-ancient", "created": "-90d"} ]
JSON
  for tag in old-old new-old none-old zero-old; do
    pushed_at app "$tag" '60 days ago'
  done
  pushed_at app old-future '2 days'
  pushed_at app old-ancient '2013-03-19'
}

@test "age_from and unknown_age: which tags go by which of their times" {
  local from unknown expected
  push_all_kinds
  while read -r from unknown expected; do
    configure "{\"age_from\": \"$from\", \"unknown_age\": \"$unknown\"}"
    program_exits 0 --dry-run
    echo "$from $unknown"
    # shellcheck disable=SC2086
    goes $expected
  done <<'TABLE'
created keep old-old old-new old-future old-ancient
created pushed old-old old-new old-future old-ancient none-old zero-old
pushed keep old-old new-old none-old zero-old
pushed pushed old-old new-old none-old zero-old
newest keep old-old
newest pushed old-old none-old zero-old
TABLE
}

@test "a push in the future is young; one before there were images makes an age that needs it unknown" {
  local from
  push_all_kinds
  for from in pushed newest; do
    configure "{\"age_from\": \"$from\"}"
    program_exits 0 --dry-run
    [ "$(reasons old-future)" = recent ]
    [ "$(reasons old-ancient)" = unknown_age ]
  done
  configure '{"unknown_age": "pushed"}'
  pushed_at app none-old '2 days'
  pushed_at app zero-old '1999-12-31'
  program_exits 0 --dry-run
  [ "$(reasons none-old)" = recent ]
  [ "$(reasons zero-old)" = unknown_age ]
}

@test "the report tells when a tag was pushed" {
  push_all_kinds
  pushed_at app old-old '2021-03-04 05:06:07 UTC'
  configure '{}'
  program_exits 0 --dry-run
  [ "$(program_report '.tags[] | select(.tag == "old-old").pushed_at')" = 2021-03-04T05:06:07Z ]
  configure '{}' '{"inventory": {"source": "api"}}'
  program_exits 0 --dry-run
  [ "$(program_report '[.tags[].pushed_at] | unique | map(tostring) | .[]')" = null ]
}

@test "through the API no push is known: what needs one stays, and that is an error" {
  local cleanup
  push_all_kinds
  for cleanup in '{"age_from": "pushed"}' '{"age_from": "newest"}'; do
    configure "$cleanup" '{"inventory": {"source": "api"}}'
    program_exits 1
    program_says "[WARNING] when tags were pushed is not known" "keep 9 tags"
    [ "$(program_report .summary.unknown_age)" -eq 9 ]
    [ "$(program_report .summary.deleted)" -eq 0 ]
  done
  # Where only some need one, the others go.
  configure '{"unknown_age": "pushed"}' '{"inventory": {"source": "api"}}'
  program_exits 1 --dry-run
  program_says "[WARNING] when tags were pushed is not known" "keep 3 tags"
  goes old-old old-new old-future old-ancient
  configure '{}' '{"inventory": {"source": "api"}}'
  program_exits 0 --dry-run
  program_keeps_quiet_of "[WARNING]"
}

# push_many COUNT APART: tags of which APART were pushed on days of their own, long ago, and the others
# a while later, all at once.
push_many() {
  local i
  jq --null-input --arg count "$1" \
    '[range($count | tonumber) | {repository: "app", tag: "t\(.)", created: "-90d"}]' | push
  for ((i = 0; i < $1; i++)); do
    if ((i < $2)); then
      pushed_at app "t$i" "$((100 + i)) days ago"
    else
      pushed_at app "t$i" "2024-01-01 00:00:$((i % 60)) UTC"
    fi
  done
}

@test "when most of the tags were pushed within a minute, it is a copy: no push is known" {
  configure '{"age_from": "pushed"}'
  push_many 20 9
  program_exits 1
  program_says "[WARNING] more than half of the tags seem to have been pushed within one minute"
  [ "$(program_report .summary.unknown_age)" -eq 20 ]
  [ "$(registry_tags app | wc -l)" -eq 20 ]
  configure '{"age_from": "newest"}'
  program_exits 1
  [ "$(registry_tags app | wc -l)" -eq 20 ]
  # Where no push is needed, nobody is bothered.
  configure '{}'
  program_exits 0 --dry-run
  program_keeps_quiet_of "[WARNING]"
  [ "$(program_report .summary.planned)" -eq 20 ]
}

@test "half of the tags, or less than 20 at once, may be" {
  configure '{"age_from": "pushed"}'
  push_many 20 10
  program_exits 0 --dry-run
  program_keeps_quiet_of "[WARNING]"
  [ "$(program_report .summary.planned)" -eq 20 ]
  program_empty_registry
  push_many 19 0
  program_exits 0 --dry-run
  program_keeps_quiet_of "[WARNING]"
  [ "$(program_report .summary.planned)" -eq 19 ]
}

# The look before the deletes knows when tags were pushed, too.
@test "by age_from pushed old pushes are deleted" {
  push_all_kinds
  configure '{"age_from": "pushed"}'
  program_exits 0
  [ "$(program_report .summary.deleted)" -eq 4 ]
  [ "$(program_report .summary.changed)" -eq 0 ]
  program_leaves app none-new new-new old-new old-future old-ancient
  # shellcheck disable=SC2046
  pull_whole app $(registry_tags app)
}

# It may be a copy: with the same names and digests, and other times.
@test "a folder of which it cannot be asked whether it is the registry's own tells of no push" {
  push_all_kinds
  configure '{"age_from": "pushed"}' "$(program_exec "$NO_STAT")"
  program_exits 1
  program_says "[WARNING] when tags were pushed is not known"
  [ "$(program_report .summary.deleted)" -eq 0 ]
  [ "$(program_report '[.tags[].pushed_at] | unique | tostring')" = "[null]" ]
}

# again_at_look: the same manifest is pushed under the tag once more, when its repository is looked at.
again_at_look() {
  local script=$BATS_TEST_TMPDIR/hook url=$REGISTRY_URL/v2/app/manifests
  cat >"$script" <<SH
set -eu
type=application/vnd.oci.image.manifest.v1+json
curl -sf -H "Accept: \$type" -o '$script.body' '$url/old-old'
curl -sf -X PUT -H "Content-Type: \$type" --data-binary '@$script.body' '$url/old-old'
SH
  fault_rules "[{\"match\": {\"path\": \"app/tags/list\"}, \"after\": $1, \"times\": 1,
    \"continue\": true, \"run\": \"sh $script\"}]"
}

# ends_with_changed: old-old stays, since it was pushed just now; new-old goes.
ends_with_changed() {
  program_exits 0
  [ "$(fault_applied 0)" -eq 1 ]
  [ "$(program_report '.tags[] | select(.tag == "old-old").status')" = changed ]
  [ "$(program_report '.tags[] | select(.tag == "new-old").status')" = deleted ]
  registry_has app old-old
  registry_lacks app new-old
}

@test "a tag that is pushed anew between plan and look stays, though its digest is the same" {
  fault_start --backend "$REGISTRY_URL"
  push_all_kinds
  configure '{"age_from": "pushed"}'
  program_config "$(jq 'del(.registry)' "$PROGRAM_DIR/config.json")" "$(fault_url)"
  again_at_look 0
  ends_with_changed
}
