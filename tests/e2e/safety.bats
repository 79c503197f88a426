#!/usr/bin/env bats
# A plan beyond a limit is refused as a whole, and so is one that a wrong clock may have made.

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

# Four of eight tags go: all but two of app, none of the others.
setup() {
  program_empty_registry
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "one", "created": "-90d"},
  {"repository": "app", "tag": "two", "created": "-91d"},
  {"repository": "app", "tag": "three", "created": "-92d"},
  {"repository": "app", "tag": "three-again", "same_as": "app:three"},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "app", "tag": "latest", "created": "-90d"},
  {"repository": "lib", "tag": "new", "created": "-2d"},
  {"repository": "other", "tag": "new", "created": "-3d"} ]
JSON
}

teardown() {
  fault_stop
}

# limits JSON [JSON]: with these under safety, and no collector.
limits() {
  program_config "$(jq --null-input --argjson safety "$1" --argjson more "${2:-"{}"}" \
    '{safety: $safety, gc: {when: "never"},
      jobs: [{name: "none", repositories: ["none"], tag_regexps: ["none"]}]} * $more')" "${url:-}"
}

nothing_went() {
  program_leaves app latest new one three three-again two
}

@test "each limit lets its own number pass, and not one more" {
  local allowed refused
  while read -r allowed refused; do
    limits "{$allowed}"
    program_exits 0 --dry-run
    limits "{$refused}"
    program_exits 6 --dry-run
    program_says "[ERROR] safety.$(cut -d '"' -f 2 <<<"$refused"): "
  done <<'LIMITS'
"max_delete_tags":4 "max_delete_tags":3
"max_delete_percent":50 "max_delete_percent":49
"min_tags_per_repository":2 "min_tags_per_repository":3
LIMITS
}

@test "a refused run names each limit, and the way through, and deletes and collects nothing" {
  limits '{"max_delete_tags": 3, "max_delete_percent": 10, "min_tags_per_repository": 5}' \
    '{"gc": {"when": "always"}}'
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_watch program_exits 6
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  program_exits 6
  program_says "safety.max_delete_tags: 4 tags would go, 3 are allowed" \
    "safety.max_delete_percent: 4 of 8 tags would go, 10 percent are allowed" \
    "safety.min_tags_per_repository: 1 repository would have too few tags left: app would keep 2 of 6" \
    "--force"
  [ -z "$(program_owed)" ]
}

@test "the report of a refused run has the whole plan" {
  limits '{"max_delete_tags": 1}'
  program_exits 6
  [ "$(program_report '[.tags[] | select(.decision == "delete") | "\(.tag) \(.status)"] | sort | join(",")')" = \
    "one planned,three planned,three-again planned,two planned" ]
  [ "$(program_report '"\(.exit_code) \(.summary.deleted) \(.garbage_collection.ran)"')" = "6 0 false" ]
  [ "$(program_tag app new)" = "kept recent" ]
  nothing_went
}

@test "--force goes through, and warns" {
  limits '{"max_delete_tags": 1, "max_delete_percent": 1}'
  program_exits 0 --force
  program_says "[WARNING] safety.max_delete_tags: 4 tags would go" "[WARNING] safety.max_delete_percent:"
  program_leaves app latest new
  # Where nothing is to go, there is nothing to refuse.
  limits '{"min_tags_per_repository": 100}'
  program_exits 0
}

# push_tags COUNT: so many tags of one old image.
push_tags() {
  jq --null-input --argjson count "$1" '[{repository: "bulk", tag: "t0", created: "-90d"}]
    + [range(1; $count) | {repository: "bulk", tag: "t\(.)", same_as: "bulk:t0"}]' | push_images >/dev/null
}

@test "max_growth_factor needs three complete runs and more than 50 tags to say no" {
  limits '{"max_growth_factor": 10}'
  program_exits 0 # 4 tags
  program_exits 0 # none
  push_tags 51
  program_exits 0 --repository lib
  program_exits 0 --dry-run # two runs: one for a repository alone says nothing
  program_config '{"cleanup": {"protected_repositories": ["bulk"]}}'
  program_exits 0
  limits '{"max_growth_factor": 10}'
  program_exits 6 --dry-run
  program_says "safety.max_growth_factor: 51 tags would go, the largest of the last 3 runs deleted 4"
  mv "$REGISTRY_STORE/docker/registry/v2/repositories/bulk/_manifests/tags/t50" "$BATS_TEST_TMPDIR"
  program_exits 0 --dry-run # 50 tags
  program_says "would delete 50 tags"
  mv "$BATS_TEST_TMPDIR/t50" "$REGISTRY_STORE/docker/registry/v2/repositories/bulk/_manifests/tags"
  limits '{"max_growth_factor": 12.75}'
  program_exits 0 --dry-run
  limits '{"max_growth_factor": 12.7}'
  program_exits 6
  program_exits 0 --force
  # Refused runs and dry ones were none: now there is a large one.
  push_tags 510
  limits '{"max_growth_factor": 10}'
  program_exits 0 --dry-run
}

# registry_clock SECONDS: the registry's date is so far from ours.
registry_clock() {
  fault_rules "$(jq --null-input --arg date "$(LC_ALL=C date -u -d "$1 seconds" '+%a, %d %b %Y %T GMT')" \
    '[{match: {path: "/v2/"}, set_header: {Date: $date}}]')"
}

@test "a clock that differs from the registry's by more than max_clock_skew_seconds is refused" {
  local url
  fault_start --backend "$REGISTRY_URL"
  url=$(fault_url)
  limits '{}'
  registry_clock +250
  program_exits 0 --dry-run
  registry_clock +400
  program_exits 6
  program_says "safety.max_clock_skew_seconds: it was " "apart, 300 are allowed" "look at the clock"
  registry_clock -400
  program_exits 6
  nothing_went
  limits '{"max_clock_skew_seconds": 900}'
  program_exits 0 --dry-run
  # A date that is none says nothing.
  fault_rules '[{"match": {"path": "/v2/"}, "set_header": {"Date": "yesterday"}}]'
  limits '{}'
  program_exits 0 --dry-run
  registry_clock -400
  program_exits 0 --force
  program_leaves app latest new
}

# last_run AGE: writes a history of one run, which ended then (as for date -d).
last_run() {
  local end file
  compgen -G "$PROGRAM_DIR/state/*/debts" >/dev/null || program_exits 0 --repository app --jobs none
  end=$(date -d "$1" +%s)
  for file in "$PROGRAM_DIR"/state/*/debts; do
    file=${file%/debts}/history
    printf 'clean-registry history 1\nrun %s %s 1 complete\n' "$((end - 5))" "$end" >"$file"
    printf 'sha256:%s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" >>"$file"
  done
}

@test "now must not lie before the end of the last run" {
  limits '{}'
  last_run '+1 hour'
  program_exits 6
  program_says "safety.max_clock_skew_seconds: it is " "before the end of the last run"
  nothing_went
  last_run '-1 hour'
  program_exits 0
  program_keeps_quiet_of "the file history"
  program_leaves app latest new
}

@test "the end of a run for some repositories, jobs or lines counts, too, where there was no other" {
  local history
  limits '{}'
  program_exits 0 --repository lib
  history=("$PROGRAM_DIR"/state/*/history)
  grep -Eq '^run [0-9]+ [0-9]+ 0 partial$' "${history[0]}"
  program_exits 0 --jobs none
  [ "$(grep -c '^run ' "${history[0]}")" -eq 1 ]
}

@test "a clock that jumped ahead is told by nothing having happened for 35 days" {
  program_empty_registry
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "late", "created": "-36d"} ]
JSON
  TEST_SOURCE=api limits '{}'
  program_exits 0 --dry-run # no run is known
  last_run '-34 days'
  program_exits 0 --dry-run
  last_run '-36 days'
  program_exits 6
  program_says "more than 35 days after the end of the last run"
  program_leaves app late old
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "young", "created": "-34d"} ]
JSON
  program_exits 0
  program_leaves app
}
