#!/usr/bin/env bats
# Rules that keep a number of the newest, on a night when ages are not known.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
  registry_use "$BATS_FILE_TMPDIR/registry"
  jq --null-input '[range(25) | {repository: "app", tag: "t\(.)", created: "-\(100 + .)d"}]' |
    push_images >/dev/null
  for i in {0..24}; do
    touch -d "$((50 + i)) days ago" "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags/t$i/current/link"
  done
  program_keep_images
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/registry"
  program_bring_back_images
  tags=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags
  configure '{}'
}

# configure JSON: a job that saves the 20 newest, and JSON.
configure() {
  program_config "$(jq --null-input --argjson more "$1" '{
    jobs: [{name: "nightly", repositories: ["app"], tag_regexps: ["^t"], save_last: 20}],
    cleanup: {delete_old_tags: false, age_from: "newest"}, gc: {when: "never"}} * $more')"
}

# leaves_all_but N...: all tags are there but these.
leaves_all_but() {
  local gone=" $* " i
  # shellcheck disable=SC2046
  program_leaves app $(for i in {0..24}; do [[ $gone == *" $i "* ]] || echo "t$i"; done)
}

# undated TAG...: the report says so of each.
undated() {
  local tag
  for tag; do
    [ "$(program_tag app "$tag")" = "kept unknown_age,undated" ]
  done
}

@test "on an ordinary night the job takes what is beyond the 20 newest" {
  program_exits 0
  program_keeps_quiet_of "[WARNING]" "[ERROR]"
  leaves_all_but 20 21 22 23 24
}

@test "when all links have one time, as after a restore, nothing goes, and the run ends with 1" {
  touch -d '3 days ago' "$tags"/*/current/link
  program_exits 1 --dry-run
  [ "$(program_report .summary.planned)" -eq 0 ]
  program_exits 1
  program_says "[WARNING] more than half of the tags seem to have been pushed within one minute" \
    "the rules of age and number keep 25 tags; this counts as an error"
  [ "$(program_report .summary.errors)" -eq 1 ]
  undated t0 t24
  leaves_all_but
}

@test "when the storage is not mounted tonight, nothing goes, and the run ends with 1" {
  configure "$(jq --null-input --arg path "$BATS_TEST_TMPDIR/not-mounted" '{paths: {host_storage: $path}}')"
  program_exits 1 --dry-run
  [ "$(program_report .summary.planned)" -eq 0 ]
  program_exits 1
  program_says "[WARNING] when tags were pushed is not known" "keep 25 tags, and this counts as an error"
  undated t0 t24
  leaves_all_but
}

@test "when the folder is not proved to be the registry's own, nothing goes, and the run ends with 1" {
  configure "$(program_exec 'case $1 in stat) exit 127;; esac')"
  program_exits 1
  program_says "[WARNING] when tags were pushed is not known"
  leaves_all_but
}

@test "no other rule takes what a number is about on such a night, and no rule of age keeps less" {
  touch -d '3 days ago' "$tags"/*/current/link
  configure '{"cleanup": {"tag_name_pattern": "^t"}}'
  program_exits 1
  leaves_all_but
  # With 20 of the newest images, and with a date.
  configure '{"jobs": null, "cleanup": {"tag_name_pattern": "^t", "keep_last_images": 20}}'
  program_exits 1
  leaves_all_but
  configure '{"jobs": null, "cleanup": {"tag_name_pattern": "^t", "keep_since": "2021-01-01"}}'
  program_exits 1
  leaves_all_but
  # Where no age matters, none is missed.
  configure '{"jobs": null, "cleanup": {"tag_name_pattern": "^t2."}}'
  program_exits 0
  program_keeps_quiet_of "[WARNING]"
  leaves_all_but 20 21 22 23 24
}

@test "jobs that such a night kept from their work are due the next time" {
  local hourly='{"jobs": [{"name": "nightly", "repositories": ["app"], "tag_regexps": ["^t"], "save_last": 20,
    "clean_every_n_hours": 24}]}'
  configure "$(jq '.paths.host_storage = "/nonexistent"' <<<"$hourly")"
  program_exits 1
  configure "$hourly"
  program_exits 0
  leaves_all_but 20 21 22 23 24
}

@test "what was pushed 30 seconds in the future is the newest" {
  touch -d '+30 seconds' "$tags/t24/current/link"
  program_exits 0
  program_keeps_quiet_of "[WARNING]"
  [ "$(program_tag app t24)" = "kept save_last" ]
  leaves_all_but 19 20 21 22 23
}

@test "what was pushed in the future is young for rules of age, too" {
  touch -d '+1 hour' "$tags/t24/current/link"
  touch -d '60 days ago' "$tags/t20/current/link"
  configure '{"jobs": null, "cleanup": {"delete_old_tags": true, "age_from": "pushed", "days_to_keep": 70}}'
  program_exits 0
  [ "$(program_tag app t24)" = "kept recent" ]
  leaves_all_but 21 22 23
}

# push_undated: 30 more, as jib, ko and buildpacks write them.
push_undated() {
  jq --null-input '[range(30) | {repository: "jib", tag: "t\(.)", created: "1970-01-01T00:00:00Z"}]' |
    push_images >/dev/null
}

@test "images of 1970 stay where a number is about them, and that is told" {
  local rule
  push_undated
  for rule in '{"jobs": [{"name": "j", "repositories": ["jib"], "tag_regexps": ["."], "save_last": 20}]}' \
    '{"jobs": null, "cleanup": {"keep_last_images": 3}}' \
    '{"jobs": null, "cleanup": {"keep_last_images": 3, "tag_name_pattern": "."}}'; do
    configure "$(jq '.cleanup.age_from = "created"' <<<"$rule")"
    program_exits 0 --repository jib
    [ "$(registry_tags jib | wc -l)" -eq 30 ]
    [ "$(program_report .summary.unknown_age)" -eq 30 ]
  done
  # Without a number they go by their names.
  configure '{"jobs": null, "cleanup": {"age_from": "created", "tag_name_pattern": "."}}'
  program_exits 0 --repository jib
  [ "$(registry_tags jib | wc -l)" -eq 0 ]
}

@test "with more undated than dated tags, what a number counts stays, and a warning says so" {
  jq --null-input '[range(4) | {repository: "mixed", tag: "d\(.)", created: "-\(10 + .)d"}] +
    [range(4) | {repository: "mixed", tag: "u\(.)", created: "1970-01-01T00:00:00Z"}]' | push_images >/dev/null
  configure '{"jobs": [{"name": "m", "repositories": ["mixed"], "tag_regexps": ["."], "save_last": 2}],
    "cleanup": {"age_from": "created"}}'
  program_exits 0 --dry-run
  program_keeps_quiet_of "keeps all"
  [ "$(program_report .summary.planned)" -eq 2 ]
  push_images >/dev/null <<<'[{"repository": "mixed", "tag": "u4", "created": "1970-01-01T00:00:00Z"}]'
  program_exits 0
  program_says "[WARNING] mixed: job m, . keeps all 9 tags that it counts: the age of 5 of them is not known, and of 4 it is"
  [ "$(registry_tags mixed | wc -l)" -eq 9 ]
  [ "$(program_tag mixed d3)" = "kept undated" ]
  [ "$(program_tag mixed d0)" = "kept save_last" ]
}

@test "why tells of both" {
  jq --null-input '[range(3) | {repository: "mixed", tag: "d\(.)", created: "-\(10 + .)d"}] +
    [range(4) | {repository: "mixed", tag: "u\(.)", created: "1970-01-01T00:00:00Z"}]' | push_images >/dev/null
  configure '{"jobs": [{"name": "m", "repositories": ["mixed"], "tag_regexps": ["."], "save_last": 1}],
    "cleanup": {"age_from": "created", "tag_name_pattern": "^u"}}'
  run --separate-stderr "$CLEAN_REGISTRY" why mixed:u0 --config "$PROGRAM_DIR/config.json"
  [ "$status" -eq 0 ]
  [[ $output == *"job m, .                       yes      keep: its age is not known"* ]]
  [[ $output == *"decision   keep (name_match, unknown_age, undated by job m, .)"* ]]
  run --separate-stderr "$CLEAN_REGISTRY" why mixed:d2 --config "$PROGRAM_DIR/config.json"
  [[ $output == *"yes      keep: of most that it counts the age is not known (4 of 7), 3rd newest"* ]]
  [[ $output == *"decision   keep (undated by job m, .)"* ]]
}
