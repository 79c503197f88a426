#!/usr/bin/env bats
# A plan is written, looked at, changed, and carried out: never more than it says, and less where what
# is there has changed.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

TOOLS=$BATS_TEST_DIRNAME/../tools

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
  program_config
  plan=$BATS_TEST_TMPDIR/plan
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["one:300000"]},
  {"repository": "app", "tag": "older", "created": "-91d", "layers": ["two:200000"]},
  {"repository": "app", "tag": "index", "kind": "index", "created": "-92d",
   "platforms": ["linux/amd64", "linux/arm64"], "layers": ["three:1000"]},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "lib", "tag": "young", "created": "-2d"},
  {"repository": "lib", "tag": "latest", "created": "-90d"} ]
JSON
}

plan_exits() { # CODE OPTION...
  local code=$1
  shift
  run --separate-stderr "$CLEAN_REGISTRY" plan --config "$PROGRAM_DIR/config.json" "$@"
  program_has_exited "$code"
}

apply_exits() { # CODE OPTION...
  local code=$1
  shift
  run "$CLEAN_REGISTRY" apply --config "$PROGRAM_DIR/config.json" \
    --report "$PROGRAM_DIR/report.json" "$plan" "$@"
  program_has_exited "$code"
}

# Replaces lines: those of TAG get this FIELD and VALUE.
set_in_plan() { # TAG FIELD VALUE
  jq -c --arg tag "$1" --arg field "$2" --arg value "$3" \
    'if .tag == $tag then .[$field] = $value else . end' "$plan" >"$plan.new"
  chmod 600 "$plan.new"
  mv "$plan.new" "$plan"
}

set_in_header() { # FIELD VALUE
  jq -c --arg field "$1" --arg value "$2" \
    'if .clean_registry_plan then .[$field] = $value else . end' "$plan" >"$plan.new"
  chmod 600 "$plan.new"
  mv "$plan.new" "$plan"
}

nothing_went() {
  program_leaves app index new old older
  program_leaves lib latest young
}

@test "a plan has a line for every tag, says what a dry run says, and changes nothing" {
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_watch plan_exits 0 --output "$plan"
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  [ "$(stat -c %a "$plan")" = 640 ]
  [ "$(wc -l <"$plan")" -eq 7 ]
  [ "$(head -n 1 "$plan" | jq -r '"\(.clean_registry_plan) \(.registry) \(.tags) \(.delete)"')" = \
    "1 $REGISTRY_URL 6 3" ]
  program_exits 0 --dry-run
  diff <(tail -n +2 "$plan" | jq -c '[.repository, .tag, .digest, .decision, .reasons, .exclusive_bytes]') \
    <(program_report '.tags[] | [.repository, .tag, .digest, .decision, .reasons, .exclusive_bytes] | tojson')
}

@test "the table says what each repository loses" {
  plan_exits 0
  local expected
  expected=$(grep -E '^app +4 +3 +1 +.* KiB' <<<"$output")
  [[ $expected == *" $(date -u -d '-92 days' +%F) "*" $(date -u -d '-90 days' +%F)" ]]
  grep -Eq '^1 other +2 +0 +2 +0 B +- +-$' <<<"$output"
  grep -Eq '^total +6 +3 +3 ' <<<"$output"
  [ ! -e "$plan" ]
}

@test "apply does what the plan says" {
  plan_exits 0 --output "$plan"
  apply_exits 0
  program_leaves app new
  program_leaves lib latest young
  program_says "plan: 3 deletions, 3 still apply" "deleted 3 tags"
  [ "$(program_report '.storage.forecast_bytes == .storage.freed_bytes')" = true ]
}

@test "what was removed from the plan or set to keep stays" {
  plan_exits 0 --output "$plan"
  set_in_plan old decision keep
  sed -i '/"tag": *"older"/d' "$plan"
  apply_exits 0
  program_leaves app new old older
  [ "$(program_tag app old)" = "kept old,not_in_plan" ]
  [ "$(program_tag app older)" = "kept old,not_in_plan" ]
}

@test "a line that was set to delete by hand lets nothing go that no rule selects" {
  plan_exits 0 --output "$plan"
  set_in_plan new decision delete
  set_in_plan latest decision delete
  apply_exits 0
  program_leaves app new
  program_leaves lib latest young
  program_says "kept app:new despite the plan: recent" "kept lib:latest despite the plan: old" "2 now kept"
}

@test "what changed since the plan stays, and is told" {
  plan_exits 0 --output "$plan"
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-80d", "layers": ["four:1000"]} ]
JSON
  registry_curl -X DELETE "$REGISTRY_URL/v2/app/manifests/$(jq -r 'select(.tag == "older") | .digest' "$plan")"
  apply_exits 0
  program_leaves app new old
  program_says "app:old stays: it changed since the plan was made" "app:older is no longer there" \
    "1 still applies, 1 now kept, 1 already gone"
}

@test "a protection that was added since holds" {
  plan_exits 0 --output "$plan"
  program_config '{"cleanup": {"protected_tags": ["latest", "older"]}}'
  apply_exits 0
  program_leaves app new older
  program_says "kept app:older despite the plan: old: created" "protected_tag"
}

@test "the restriction that a plan was made for holds when it is applied" {
  push_images >/dev/null <<'JSON'
[ {"repository": "lib", "tag": "old", "created": "-90d", "layers": ["five:1000"]} ]
JSON
  plan_exits 0 --output "$plan" --repository lib
  [ "$(jq -c 'select(.decision == "delete") | .tag' "$plan")" = '"old"' ]
  apply_exits 0
  program_leaves app index new old older
  program_leaves lib latest young
}

@test "jobs that were due for the plan are due when it is applied" {
  program_config '{"jobs": [{"name": "j", "repositories": ["app"], "tag_regexps": ["^old$"],
    "clean_every_n_hours": 24}]}'
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "old", "created": "2020-01-01T00:00:00Z"} ]
JSON
  plan_exits 0 --output "$plan" --jobs j
  program_exits 0 # the job is not due any more, and its tag is pushed again
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "old", "created": "2020-01-01T00:00:00Z"} ]
JSON
  apply_exits 0
  program_leaves app new
}

@test "a plan for a job that is not configured is refused" {
  plan_exits 0 --output "$plan"
  jq -c 'if .policy then .policy.jobs = ["nosuch"] else . end' "$plan" >"$plan.new"
  mv "$plan.new" "$plan"
  apply_exits 2
  program_says "the plan is for the job 'nosuch', and there is none of that name"
  nothing_went
}

@test "a plan that is too old, or from the future, is refused" {
  plan_exits 0 --output "$plan"
  set_in_header created_at "$(date -u -d '-25 hours' +%FT%TZ)"
  apply_exits 6
  program_says "safety.max_plan_age_hours: the plan was made at" "make a new one"
  set_in_header created_at "$(date -u -d '+1 hour' +%FT%TZ)"
  apply_exits 6
  program_says "safety.max_clock_skew_seconds: the plan was made at"
  nothing_went
}

@test "a plan for another registry is refused" {
  plan_exits 0 --output "$plan"
  set_in_header registry "http://elsewhere:5000"
  apply_exits 2
  program_says "the plan is for another registry: http://elsewhere:5000"
  nothing_went
}

@test "nonsense is refused, line by line, before anything is sent" {
  plan_exits 0 --output "$plan"
  set_in_plan old decision erase
  set_in_plan older digest sha256:12
  set_in_plan older decision delete
  printf 'no json\n' >>"$plan"
  program_watch apply_exits 2
  program_says 'line 4: the decision must be "delete" or "keep"' 'line 5: "digest" is none' \
    'line 8: it is no JSON'
  [ ! -s "$PROGRAM_DIR/requests" ]
  : >"$plan"
  apply_exits 2
  program_says "it is empty"
  nothing_went
}

@test "a plan that others can write is refused" {
  plan_exits 0 --output "$plan"
  chmod 666 "$plan"
  apply_exits 2
  program_says "chmod go-w"
  nothing_went
}

@test "safety limits are told with a plan, and refuse it when it is applied" {
  program_config '{"safety": {"max_delete_tags": 2}}'
  plan_exits 0 --output "$plan"
  program_says "This plan would be refused without --force: safety.max_delete_tags: 3 tags would go, 2 are allowed"
  apply_exits 6
  nothing_went
  apply_exits 0 --force
  program_leaves app new
}

@test "a plan that cannot be written is told before anything is read" {
  local place
  mkdir "$BATS_TEST_TMPDIR/folder"
  for place in /dev/stdout "$BATS_TEST_TMPDIR/folder" "$BATS_TEST_TMPDIR/absent/plan"; do
    program_watch plan_exits 2 --output "$place"
    [[ $stderr == *"--output: $place"* ]]
    [ ! -s "$PROGRAM_DIR/requests" ]
  done
  printf 'mine\n' >"$plan"
  program_config '' http://127.0.0.1:9
  plan_exits 3 --output "$plan"
  [ "$(cat "$plan")" = mine ]
  [ "$(find "$BATS_TEST_TMPDIR" -name 'plan*' | wc -l)" -eq 1 ]
}

# The manifest that a push replaced 40 days ago; its digest is in $replaced.
replace_image() {
  replaced=$(digest_of app:old <"$BATS_TEST_TMPDIR/digests")
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-1d", "layers": ["six:70000"]} ]
JSON
  find "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests" '(' -name link -o -name tags ')' \
    -exec touch -d '40 days ago' {} +
}

@test "a manifest without a tag has a line of its own, which holds as the others do" {
  local link
  program_config '{"cleanup": {"days_to_keep": 36500, "untagged_days": 30}}'
  replace_image
  link=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/revisions/sha256/${replaced#*:}/link
  plan_exits 0 --output "$plan"
  grep -Eq '^REPOSITORY .* UNTAGGED +FREED' <<<"$output"
  [ "$(jq -r 'select(.decision == "delete") | "\(.repository) \(.digest) \(.tag)"' "$plan")" = \
    "app $replaced null" ]
  cp -p "$plan" "$plan.whole"
  jq -c 'if .untagged_since then .decision = "keep" else . end' "$plan.whole" >"$plan"
  apply_exits 0
  [ -e "$link" ]
  mv "$plan.whole" "$plan"
  # As if the tags had not gone just now.
  touch -d '40 days ago' "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags"
  apply_exits 0
  [ ! -e "$link" ]
  nothing_went
  apply_exits 0
  program_says "app@$replaced is no longer there"
}

@test "the line of a part of an index holds, too, when the index goes" {
  local app=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests part
  program_config '{"cleanup": {"untagged_days": 30}}'
  find "$app" '(' -name link -o -name tags ')' -exec touch -d '40 days ago' {} +
  plan_exits 0 --output "$plan"
  mapfile -t parts < <(jq -r 'select(.untagged_since and .decision == "delete") | .digest' "$plan")
  [ "${#parts[@]}" -eq 2 ]
  cp -p "$plan" "$plan.whole"
  jq -c --arg part "${parts[0]}" 'if .digest == $part then .decision = "keep" else . end' "$plan.whole" >"$plan"
  sed -i '/'"${parts[1]}"'/d' "$plan"
  apply_exits 0
  program_leaves app new
  for part in "${parts[@]}"; do
    [ -e "$app/revisions/sha256/${part#*:}/link" ]
  done
  mv "$plan.whole" "$plan"
  # As if the tags had not gone just now.
  touch -d '40 days ago' "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags"
  apply_exits 0
  for part in "${parts[@]}"; do
    [ ! -e "$app/revisions/sha256/${part#*:}/link" ]
  done
}

@test "a plan with another file of repositories is carried out with a warning" {
  printf 'app 1\n' >"$BATS_TEST_TMPDIR/numbers"
  program_config '{"cleanup": {"days_to_keep": 36500}}'
  plan_exits 0 --output "$plan" --repos-file "$BATS_TEST_TMPDIR/numbers"
  program_says "carry it out with: clean-registry apply $plan -c $PROGRAM_DIR/config.json --repos-file $BATS_TEST_TMPDIR/numbers"
  apply_exits 0
  program_says "the plan was made with the repositories file '$BATS_TEST_TMPDIR/numbers'"
  nothing_went
  apply_exits 0 --repos-file "$BATS_TEST_TMPDIR/numbers"
  program_keeps_quiet_of "the plan was made with"
}

@test "--confirm asks on the terminal, and deletes only after a yes" {
  local answer
  for answer in n "" "no" "yes please"; do
    run "$TOOLS/terminal.py" --answer "$answer" 100 "$CLEAN_REGISTRY" --confirm \
      --config "$PROGRAM_DIR/config.json"
    program_has_exited 1
    program_says "Delete 3 tags (5 manifests)? [y/N]" "not confirmed: nothing is deleted"
    nothing_went
  done
  run "$TOOLS/terminal.py" --answer y 100 "$CLEAN_REGISTRY" --confirm \
    --config "$PROGRAM_DIR/config.json"
  program_has_exited 0
  grep -Eq '^app +4 +3 +1 ' <<<"$output"
  program_leaves app new
  # With nothing to delete there is nothing to ask.
  run "$TOOLS/terminal.py" --answer n 100 "$CLEAN_REGISTRY" --confirm \
    --config "$PROGRAM_DIR/config.json"
  program_has_exited 0
  program_keeps_quiet_of "[y/N]"
}

confirm_on_terminal() { # CODE OPTION_OF_TERMINAL...
  local code=$1
  shift
  rm -f "$PROGRAM_DIR/report.json"
  run python3 "$TOOLS/terminal.py" "$@" 100 "$CLEAN_REGISTRY" --confirm \
    --config "$PROGRAM_DIR/config.json" --report "$PROGRAM_DIR/report.json"
  program_has_exited "$code"
}

@test "--confirm: after a no the report has the plan, and no delete was sent but the probes" {
  program_watch confirm_on_terminal 1 --answer n
  [ "$(program_report '.summary | [.planned, .deleted] | tostring')" = "[3,0]" ]
  [ "$(program_tag app old)" = "planned old" ]
  [ "$(grep -c '^DELETE .* 202$' "$PROGRAM_DIR/requests")" -eq 0 ]
  [ -z "$(program_owed)" ]
}

@test "--confirm: a signal is a no, and so is what was typed before the question" {
  confirm_on_terminal 143 --signal SIGTERM
  program_says "stopped before anything was deleted"
  nothing_went
  confirm_on_terminal 1 --ahead y --answer n
  nothing_went
}

@test "--confirm asks on the terminal also when standard output goes to a file" {
  run python3 "$TOOLS/terminal.py" --answer y 100 sh -c 'exec "$@" >"$0"' \
    "$BATS_TEST_TMPDIR/output" "$CLEAN_REGISTRY" --confirm --config "$PROGRAM_DIR/config.json"
  program_has_exited 0
  program_says "Delete 3 tags (5 manifests)? [y/N]"
  run ! grep -F "[y/N]" "$BATS_TEST_TMPDIR/output"
  program_leaves app new
}

@test "apply --confirm asks about what it would delete" {
  plan_exits 0 --output "$plan"
  set_in_plan old decision keep
  run python3 "$TOOLS/terminal.py" --answer yes 100 "$CLEAN_REGISTRY" apply --confirm \
    --config "$PROGRAM_DIR/config.json" "$plan"
  program_has_exited 0
  program_says "Delete 2 tags (4 manifests)? [y/N]"
  program_leaves app new old
}

@test "--confirm without a terminal is an error, and so it is with a dry run" {
  program_exits 2 --confirm </dev/null
  program_says "--confirm: there is no terminal to ask on"
  program_exits 2 --confirm --dry-run
  program_says "--confirm: a dry run deletes nothing"
  DRY_RUN=true program_exits 2 --confirm
  program_says "--confirm: a dry run deletes nothing"
  nothing_went
}
