#!/usr/bin/env bats
# Coming from simple-reg-cleaner: its config.yaml, jobs.yaml and manual.yaml as config.json.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none --auth cleaner:secret
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
  export ENV_VAR_NAME=cleaner ENV_VAR_NAME2=secret PROXY=
}

CLEAN_DEV_TAGS='{
  "name": "clean-dev-tags",
  "description": "Clean dev tags every 72 hours",
  "repositories": ["dependency-scanner-dev", "scheduler-dev", "admin-panel-dev"],
  "tag_regexps": ["v5\\.\\d+\\.\\d+-dev$", "develop-[\\d\\w]+$"],
  "save_last": 5,
  "clean_every_n_hours": 24,
  "older_than_days": 5
}'

# jobs JOBS: config.yaml of the example and these jobs, in config.json. That tool collects nothing.
jobs() {
  program_config "$(jq --null-input --argjson jobs "$1" '{
    registry: {user: "__ENV: ENV_VAR_NAME", password: "__ENV: ENV_VAR_NAME2",
      proxy: "__ENV: PROXY", timeout: 20, max_concurrent_requests: 20},
    cleanup: {days_to_keep: null}, gc: {when: "never"}, jobs: $jobs}')" "$REGISTRY_URL/"
}

# push REPOSITORY TAG:AGE...
push() {
  local repository=$1
  shift
  jq --null-input --arg repository "$repository" '$ARGS.positional | map(split(":")
    | {repository: $repository, tag: .[0], created: .[1]})' --args "$@" | push_images >/dev/null
}

@test "the example: the last five of each expression stay, and what is younger than five days" {
  jobs "[$CLEAN_DEV_TAGS]"
  push dependency-scanner-dev v5.1.1-dev:-20d v5.1.2-dev:-19d v5.1.3-dev:-18d v5.10.1-dev:-17d \
    v5.2.0-dev:-16d v5.2.1-dev:-6d v5.2.2-dev:-2d \
    develop-1a:-35d develop-2b:-34d develop-3_c:-33d develop-4d:-32d develop-5e:-31d develop-6f:-30d \
    v5.0.0-dev-2:-90d v4.9.9-dev:-90d develop-a.b:-90d release-1:-90d latest:-90d
  # The sixth is too young, the seventh is not.
  push scheduler-dev v5.1.1-dev:-6d v5.1.2-dev:-4d v5.1.3-dev:-3d v5.1.4-dev:-3d v5.1.5-dev:-2d \
    v5.1.6-dev:-2d v5.1.7-dev:-1d
  push admin-panel-dev develop-1:-900d v5.1.1-dev:-900d
  push admin-panel develop-1:-96d develop-2:-95d develop-3:-94d develop-4:-93d develop-5:-92d \
    develop-6:-91d
  program_exits 0
  program_remains <<END
dependency-scanner-dev v5.1.3-dev v5.10.1-dev v5.2.0-dev v5.2.1-dev v5.2.2-dev develop-2b \
  develop-3_c develop-4d develop-5e develop-6f v5.0.0-dev-2 v4.9.9-dev develop-a.b release-1 latest
scheduler-dev v5.1.2-dev v5.1.3-dev v5.1.4-dev v5.1.5-dev v5.1.6-dev v5.1.7-dev
admin-panel-dev develop-1 v5.1.1-dev
admin-panel develop-1 develop-2 develop-3 develop-4 develop-5 develop-6
END
}

@test "the note: an expression that matches two kinds of tags makes one group of them" {
  local repository
  jobs '[
    {"name": "mixed", "repositories": ["mixed"], "tag_regexps": ["release-\\d+"],
     "save_last": 2, "clean_every_n_hours": 24, "older_than_days": 5},
    {"name": "apart", "repositories": ["apart"],
     "tag_regexps": ["release-\\d+$", "release-\\d+-dev$"],
     "save_last": 2, "clean_every_n_hours": 24, "older_than_days": 5} ]'
  for repository in mixed apart; do
    push "$repository" release-1:-60d release-2:-50d release-3:-40d \
      release-1-dev:-30d release-2-dev:-20d release-3-dev:-10d
  done
  program_exits 0
  program_remains <<'END'
mixed release-2-dev release-3-dev
apart release-2 release-3 release-2-dev release-3-dev
END
}

@test "a dry run does not count; a job that ran waits for its hours, unless it is named" {
  jobs "[$(jq '.save_last = 1' <<<"$CLEAN_DEV_TAGS")]"
  push scheduler-dev develop-1:-30d develop-2:-20d
  program_exits 0 --dry-run
  program_remains <<<'scheduler-dev develop-1 develop-2'
  program_exits 0
  program_remains <<<'scheduler-dev develop-2'
  push scheduler-dev develop-1:-30d
  program_exits 0
  [ "$(program_tag scheduler-dev develop-1)" = "kept not_due" ]
  program_exits 0 --dry-run --jobs clean-dev-tags
  program_remains <<<'scheduler-dev develop-1 develop-2'
  program_exits 0 --jobs clean-dev-tags
  program_remains <<<'scheduler-dev develop-2'
}

@test "manual.yaml is a file of its own: only what is named runs, at once and again" {
  local turn automatic manual
  automatic="[$(jq '.save_last = 0' <<<"$CLEAN_DEV_TAGS")]"
  manual='[
    {"name": "clean-dev", "repositories": ["app"], "tag_regexps": ["-dev$"]},
    {"name": "clean-prod-older-15", "repositories": ["app"], "tag_regexps": ["^v\\d+$"],
     "older_than_days": 15},
    {"name": "clean-all", "repositories": ["**"], "tag_regexps": ["."]} ]'
  push scheduler-dev develop-1:-30d
  jobs "$automatic"
  program_exits 0
  jobs "$manual"
  push scheduler-dev develop-1:-30d
  for turn in 1 2; do
    push app v1:-20d v2:-10d 1-dev:-1d other:-90d
    program_exits 0 --jobs clean-dev,clean-prod-older-15
    program_remains <<'END'
app v2 other
scheduler-dev develop-1
END
  done
  program_exits 2 --jobs clean-prod-older
  program_says "--jobs: there is no job 'clean-prod-older'; did you mean 'clean-prod-older-15'?"
  # When the others ran is still known.
  jobs "$automatic"
  program_exits 0
  [ "$(program_tag scheduler-dev develop-1)" = "kept not_due" ]
}
