#!/usr/bin/env bats
# Jobs: what is due, what a run remembers, and what stays whether or not a job is due.

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
  program_empty_registry
}

teardown() {
  fault_stop
}

# push REPOSITORY TAG:DAYS...: images, created so many days ago.
push() {
  local repository=$1
  shift
  printf '%s\n' "$@" | jq --raw-input --arg repository "$repository" 'split(":")
    | {repository: $repository, tag: .[0], created: "-\(.[1])d"}' | jq --slurp . | push_images >/dev/null
}

# jobs JSON [JSON]: these jobs, no collector; no tag goes by its age alone, unless that says so.
jobs() {
  program_config "$(jq --null-input --argjson jobs "$1" --argjson more "${2:-"{}"}" \
    '{jobs: $jobs, cleanup: {delete_old_tags: false}, gc: {when: "never"}} * $more')" "${url:-}"
}

DAILY='[{"name": "daily", "repositories": ["app"], "tag_regexps": ["^pr-"], "clean_every_n_hours": 24}]'

@test "a job that ran is not due until its hours have passed, unless it is named" {
  jobs "$DAILY"
  push app pr-1:2 new:2
  program_exits 0
  program_leaves app new
  [ "$(program_tag app pr-1)" = "deleted job" ]
  push app pr-2:400
  program_exits 0
  program_leaves app new pr-2
  [ "$(program_tag app pr-2)" = "kept not_due" ]
  program_exits 0 --jobs daily
  program_leaves app new
  # Named, it ran: it is not due now, and was not before.
  push app pr-3:400
  program_exits 0
  program_leaves app new pr-3
}

@test "a job without hours is part of every run" {
  jobs "$(jq '.[0].clean_every_n_hours = 0' <<<"$DAILY")"
  push app pr-1:2
  program_exits 0
  push app pr-2:2
  program_exits 0
  program_leaves app
}

@test "dry runs, refused runs, and runs that were not all done are not remembered" {
  local url
  fault_start --backend "$REGISTRY_URL"
  url=$(fault_url)
  push app pr-1:2
  jobs "$DAILY" '{"safety": {"max_delete_percent": 50}}'
  program_exits 0 --dry-run --jobs daily --force
  program_exits 6
  jobs "$DAILY" '{"protect": {"in_use": [["false"]]}}'
  program_exits 6
  jobs "$DAILY"
  fault_rules '[{"match": {"method": "DELETE", "path": "app/manifests/sha256:"}, "after": 1,
    "status": 403}]'
  program_exits 1
  program_leaves app pr-1
  fault_clear
  program_exits 0
  program_leaves app
  push app pr-2:2
  program_exits 0
  program_leaves app pr-2
}

@test "a run that was restricted to some repositories is not remembered either" {
  jobs "$(jq '.[0].repositories = ["**"]' <<<"$DAILY")"
  push app pr-1:2
  push team/other pr-1:2
  program_exits 0 --repository app
  program_leaves app
  program_leaves team/other pr-1
  program_exits 0
  program_leaves team/other
}

@test "a job that is not there is an error that names the nearest one, before anything is sent" {
  jobs "$DAILY"
  push app pr-1:2
  program_watch program_exits 2 --jobs daily,dayly
  program_says "--jobs: there is no job 'dayly'; did you mean 'daily'?"
  [ ! -s "$PROGRAM_DIR/requests" ]
  program_exits 2 --jobs something-else-entirely
  program_keeps_quiet_of "did you mean"
  program_leaves app pr-1
}

@test "what a job keeps stays also while it is not due, or another one is named" {
  local two
  two=$(jq '.[0].save_last = 2 | . + [{name: "rest", repositories: ["**"], tag_regexps: ["."]}]' <<<"$DAILY")
  push app pr-1:90 pr-2:80 pr-3:70 x:90
  jobs "$DAILY"
  program_exits 0 --jobs daily
  program_leaves app x
  push app pr-1:90 pr-2:80 pr-3:70
  jobs "$(jq '.[:1]' <<<"$two")" '{"cleanup": {"delete_old_tags": true}}'
  program_exits 0 # not due, and its two newest stay
  program_leaves app pr-2 pr-3
  [ "$(program_tag app pr-1)" = "deleted old" ]
  [ "$(program_tag app pr-2)" = "kept old,save_last" ]
  push app x:90
  jobs "$two" '{"cleanup": {"delete_old_tags": true}}'
  program_exits 0 --jobs rest
  program_leaves app pr-2 pr-3
}

@test "jobs that are named are the only ones that delete" {
  jobs "$(jq '. + [{name: "rest", repositories: ["app"], tag_regexps: ["^x"]}]' <<<"$DAILY")" \
    '{"cleanup": {"delete_old_tags": true, "tag_name_pattern": "^y", "untagged_days": 1}}'
  push app pr-1:90 x:90 y:90 z:90
  program_exits 0 --jobs daily
  program_leaves app x y z
  program_exits 0 --jobs rest
  program_leaves app y z
  program_exits 0
  program_leaves app
}

@test "two jobs with different ages over one repository: each asks for its own" {
  jobs '[{"name": "builds", "repositories": ["app"], "tag_regexps": ["^build-"], "older_than_days": 5},
    {"name": "all", "repositories": ["*"], "tag_regexps": ["^(build|release)-"], "older_than_days": 60}]'
  push app build-1:4 build-2:6 build-3:61 release-1:6 release-2:61 other:90
  program_exits 0
  program_leaves app build-1 release-1 other
  [ "$(program_tag app build-1)" = "kept recent" ]
  [ "$(program_tag app other)" = "kept not_selected" ]
}

@test "every expression is a group of its own, in each repository" {
  jobs '[{"name": "groups", "repositories": ["team/*"], "tag_regexps": ["^v\\d+$", "^dev-\\w+$", "1$"],
    "save_last": 1}]'
  push team/a v1:9 v2:8 v3:7 dev-x1:9 dev-y:8 dev-v.1:6
  push team/b v1:3 v2:4
  push team/b/deeper v1:9 v2:8
  program_exits 0
  # dev-v.1 is the newest that ends with 1, and of no other group.
  program_leaves team/a v3 dev-y dev-v.1
  program_leaves team/b v1
  program_leaves team/b/deeper v1 v2
}

@test "a tag that is among the newest once another one has vanished stays" {
  local url newest
  fault_start --backend "$REGISTRY_URL"
  url=$(fault_url)
  jobs '[{"name": "versions", "repositories": ["app"], "tag_regexps": ["^v"], "save_last": 2}]'
  push app v1:90 v2:80 v3:70 v4:60
  newest=$(cat "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags/v4/current/link")
  # At the look before the first delete.
  fault_rules "[{\"match\": {\"path\": \"app/tags/list\"}, \"times\": 1, \"continue\": true,
    \"run\": \"curl -sf -X DELETE $REGISTRY_URL/v2/app/manifests/$newest\"}]"
  program_exits 0
  [ "$(fault_applied 0)" -eq 1 ]
  program_leaves app v2 v3
  [ "$(program_tag app v2)" = "changed job,changed" ]
}

@test "a tag on which an expression takes for ever stays and is named; the run goes on and ends soon" {
  local long
  long=$(printf 'a%.0s' {1..100})_
  jobs '[{"name": "slow", "repositories": ["app"], "tag_regexps": ["^(a+)+$", "^b"]}]'
  push app "$long:90" aaa:90 b:90
  push other "$long:90"
  SECONDS=0
  program_exits 0
  ((SECONDS < 20))
  program_leaves app "$long"
  [ "$(program_tag app "$long")" = "kept pattern_limit" ]
  program_says "[WARNING] app:$long stays, as an expression takes too long on it (pattern_limit by job slow, ^(a+)+\$)" \
    "1 on which an expression takes too long"
}

@test "an expression that does not compile, and jobs that make no sense, are told with their places" {
  jobs '[{"name": "a", "repositories": ["app"], "tag_regexps": ["x(y"]},
    {"name": "a", "repositories": [], "tag_regexps": ["x"]}]'
  program_exits 2
  program_says "jobs[0].tag_regexps" "offset 3" "jobs[1].repositories" "jobs[1].name"
}

@test "each rule says what it was about; one that is about nothing is a warning, but for protections of tags" {
  local warnings
  push app pr-1:2 v1:90
  jobs "$(jq '.[0].tag_regexps += ["^never$"]' <<<"$DAILY")" '{"cleanup": {"delete_old_tags": true,
    "protected_patterns": ["V1", "nowhere"], "protected_repositories": ["gone/*"]}}'
  program_exits 0 --dry-run
  program_says "cleanup.days_to_keep 30: 2 tags, 1 selected" "job daily, ^pr-: 1 tag, 1 selected" \
    "cleanup.protected_patterns V1: 1 tag, 1 kept" "cleanup.protected_tags latest: 0 tags"
  warnings=$(sed -n 's/^.* \[WARNING\] //p' <<<"$output")
  diff - <(echo "$warnings") <<'TEXT'
job daily, ^never$ matches no tag
cleanup.protected_repositories gone/* matches no tag
TEXT
  program_says "[INFO] cleanup.protected_patterns nowhere matches no tag"
  # The verb plan warns of the same.
  run --separate-stderr "$CLEAN_REGISTRY" plan --config "$PROGRAM_DIR/config.json"
  [ "$status" -eq 0 ]
  # shellcheck disable=SC2154 # set by run
  diff <(echo "$warnings") <(sed -n 's/^.* \[WARNING\] //p' <<<"$stderr")
  # A run that does not look at everything cannot say so.
  push team/x latest:90
  program_exits 0 --dry-run --repository app
  program_keeps_quiet_of "matches no tag"
  jobs '[]' '{"cleanup": {"delete_old_tags": true, "protected_tags": ["latest", "prod"]}}'
  program_exits 0 --dry-run
  program_says "[INFO] cleanup.protected_tags prod matches no tag"
  program_keeps_quiet_of "protected_tags latest matches"
}
