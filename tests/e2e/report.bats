#!/usr/bin/env bats
# What a run leaves behind for people and programs: the report, the log, standard output.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

LINE='^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \[(DEBUG|INFO|WARNING|ERROR)\] .+$'
TIME='^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$'

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
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "2020-02-03T04:05:06Z"},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "team/other", "tag": "undated"} ]
JSON
}

# The report agrees with what jq's filter claims.
claims() {
  jq --exit-status --arg time "$TIME" "$1" "$PROGRAM_DIR/report.json" >/dev/null || {
    echo "not so: $1"
    jq . "$PROGRAM_DIR/report.json"
    return 1
  }
}

@test "every field of the report has its type" {
  program_exits 0
  claims '.version == 1'
  # shellcheck disable=SC2016 # a variable of jq
  claims '(.started_at | test($time)) and (.finished_at | test($time))'
  claims '.started_at <= .finished_at'
  claims '.dry_run == false and .exit_code == 0 and (.requests | type == "number" and . > 0)'
  claims '.tags | type == "array" and length == 3'
  claims 'all(.tags[]; (.repository, .tag, .decision, .status | type) == "string")'
  claims 'all(.tags[]; (.reasons | type) == "array" and (.reasons | length) > 0)'
  claims 'all(.tags[]; .digest | test("^sha256:[0-9a-f]{64}$"))'
  claims '.summary | all(.repositories, .tags, .kept, .deleted, .planned, .errors, .unknown_age,
    .orphans; type == "number")'
  claims '.summary.criteria | type == "object"'
  claims '.storage | all(.before, .after; (.bytes, .allocated, .files | type) == "number")'
  claims '.storage | (.forecast_bytes, .freed_bytes, .added_bytes | type) == "number"'
  claims 'all(.tags[]; .exclusive_bytes | type == "number")'
  # shellcheck disable=SC2016 # a variable of jq
  claims 'all(.tags[]; .pushed_at | test($time))'
  claims '.storage.forecast | all(.blobs, .shared_bytes, .garbage_bytes, .untagged_bytes;
    type == "number")'
  claims '.storage | .forecast_bytes == .freed_bytes'
  claims '.storage | .forecast_bytes == .forecast.shared_bytes + .forecast.garbage_bytes +
    ([.forecast.repositories[].freed_bytes] | add // 0)'
  claims '.garbage_collection | .ran == true and all(.exit_status, .blobs_marked, .blobs_deleted,
    .manifests_deleted, .seconds; type == "number")'
  claims '.verification | .ran == true and .damage == [] and all(.tags, .whole, .damaged,
    .unverified; type == "number")'
  claims '[.storage.before.bytes, .storage.after.allocated, .storage.freed_bytes]
    | all(. == floor and . > 0)'
}

@test "every tag is in it, with what is true of it" {
  local digest
  program_exits 0
  digest=$(digest_of app:old <"$BATS_TEST_TMPDIR/digests")
  claims ".registry == \"$REGISTRY_URL\""
  claims ".tags[] | select(.tag == \"old\") | .repository == \"app\" and .digest == \"$digest\"
    and .created_at == \"2020-02-03T04:05:06Z\" and .decision == \"delete\"
    and .status == \"deleted\" and .reasons == [\"old\"]"
  claims '.tags[] | select(.tag == "new") | .decision == "keep" and .status == "kept"
    and .reasons == ["recent"]'
  claims '.tags[] | select(.tag == "undated") | .repository == "team/other" and .created_at == null
    and .decision == "keep" and .reasons == ["unknown_age"]'
  claims '.summary | [.repositories, .tags, .kept, .deleted, .planned, .errors, .unknown_age,
    .orphans] == [2, 3, 2, 1, 0, 0, 1, 0]'
}

@test "the criteria are the rules that were used" {
  program_config '{"cleanup": {"days_to_keep": 17, "protected_tags": ["a", "b"],
    "protected_patterns": ["Rel"], "protected_repositories": ["team/**"]}}'
  program_exits 0 --dry-run
  claims '.summary.criteria | .days_to_keep == 17 and .protected_tags == ["a", "b"]
    and .protected_patterns == ["Rel"] and .protected_repositories == ["team/**"]
    and .retain_lists == [] and .in_use_commands == 0 and .delete_empty_repositories == false
    and .safety.max_delete_tags == null and .safety.max_growth_factor == null
    and .safety.max_clock_skew_seconds == 300'
  printf 'one 1\n' >"$BATS_TEST_TMPDIR/list"
  program_config "$(jq --null-input --arg list "$BATS_TEST_TMPDIR/list" '{
    retain_lists: [{file: $list, patterns: ["none/{id}:{revision}"]}],
    protect: {in_use: [["echo", "some/image"]]},
    safety: {max_delete_tags: 700, max_growth_factor: 1.5}}')"
  program_exits 0 --dry-run
  claims ".summary.criteria | .retain_lists == [\"$BATS_TEST_TMPDIR/list\"] and .in_use_commands == 1
    and .safety.max_delete_tags == 700 and .safety.max_growth_factor == 1.5"
}

@test "the sizes are those of the folder" {
  local files bytes allocated
  program_exits 0
  files=$(find "$REGISTRY_STORE" -type f | wc -l)
  bytes=$(find "$REGISTRY_STORE" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
  allocated=$(du -s --block-size=1 "$REGISTRY_STORE" | cut -f1)
  claims ".storage.after | [.files, .bytes, .allocated] == [$files, $bytes, $allocated]"
}

@test "what is not known is null: no storage, no date, no collection" {
  program_config '{"gc": {"when": "never"}, "paths": {"storage": "", "host_storage": ""}}'
  program_exits 0
  claims '.storage | has("before") and .before == null and has("after") and .after == null'
  claims '.storage | has("freed_bytes") and .freed_bytes == null and has("added_bytes")
    and .added_bytes == null'
  claims '.garbage_collection | .ran == false and has("exit_status") and .exit_status == null
    and .blobs_marked == null and .seconds == null'
}

@test "a run that ended early has a report that says so" {
  program_config '{"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}}'
  program_exits 3
  claims '.version == 1 and .exit_code == 3 and .tags == [] and .summary.deleted == 0'
  claims '.garbage_collection.ran == false and .storage.before == null'
}

@test "the report is replaced when it is complete, and its temporary file is gone" {
  local folder=$BATS_TEST_TMPDIR/reports
  mkdir "$folder"
  echo "the one before" >"$folder/last.json"
  # While the run is at work the former report is there, whole.
  program_config "$(program_exec "case \$* in *garbage-collect*)
    cp '$folder/last.json' '$BATS_TEST_TMPDIR/meanwhile';; esac")"
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$folder/last.json"
  program_has_exited 0
  [ "$(cat "$BATS_TEST_TMPDIR/meanwhile")" = "the one before" ]
  [ "$(jq .exit_code "$folder/last.json")" -eq 0 ]
  [ "$(ls -A "$folder")" = last.json ]
}

@test "a report that cannot be written is a usage error before anything is sent" {
  local path
  mkfifo "$BATS_TEST_TMPDIR/pipe"
  ln -s "$BATS_TEST_TMPDIR/nothing" "$BATS_TEST_TMPDIR/dangling"
  for path in "$BATS_TEST_TMPDIR/nowhere/report.json" "$PROGRAM_DIR" "$BATS_TEST_TMPDIR/pipe" \
    "$BATS_TEST_TMPDIR/dangling"; do
    program_watch run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$path"
    program_has_exited 2
    program_says "--report" "$path"
    [ ! -s "$PROGRAM_DIR/requests" ]
  done
  program_leaves app new old
}

# refused PATH WHAT: as a report it is refused, and named once.
refused() {
  cp "$1" "$BATS_TEST_TMPDIR/before"
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --repos-file "$BATS_TEST_TMPDIR/repositories" \
    --report "$1"
  program_has_exited 2
  program_says "--report: $1 is $2"
  [ "$(grep -F -- --report: <<<"$output" | grep -oF "$1" | wc -l)" -eq 1 ]
  # The log is added to.
  cmp -n "$(stat -c %s "$BATS_TEST_TMPDIR/before")" "$1" "$BATS_TEST_TMPDIR/before"
}

@test "a report is not written onto what a run reads or writes otherwise, by whatever name" {
  local list=$BATS_TEST_TMPDIR/list link=$BATS_TEST_TMPDIR/link own plan=$BATS_TEST_TMPDIR/plan
  printf 'one 1\n' >"$list"
  printf 'app 9\n' >"$BATS_TEST_TMPDIR/repositories"
  program_config "$(jq --null-input --arg list "$list" '{
    retain_lists: [{file: $list, patterns: ["none/{id}:{revision}"]}]}')"
  program_exits 0 --dry-run
  refused "$PROGRAM_DIR/config.json" "the configuration"
  ln -s "$PROGRAM_DIR/config.json" "$link"
  refused "$link" "the configuration"
  ln "$PROGRAM_DIR/config.json" "$BATS_TEST_TMPDIR/hard"
  refused "$BATS_TEST_TMPDIR/hard" "the configuration"
  refused "$PROGRAM_DIR/log" "the log"
  refused "$list" "a list of retain_lists"
  refused "$BATS_TEST_TMPDIR/repositories" "the list of repositories"
  program_exits 0
  own=$(echo "$PROGRAM_DIR"/state/*/debts)
  refused "$own" "in a registry's folder of paths.state"
  ln -s "${own%/*}" "$BATS_TEST_TMPDIR/folder"
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$BATS_TEST_TMPDIR/folder/new"
  program_has_exited 2
  : >"$REGISTRY_STORE/report"
  refused "$REGISTRY_STORE/report" "in the registry's storage"
  rm "$REGISTRY_STORE/report"
  # Plans are written, too; and read.
  run "$CLEAN_REGISTRY" plan -c "$PROGRAM_DIR/config.json" --output "$list"
  program_has_exited 2
  program_says "--output: $list is a list of retain_lists"
  run "$CLEAN_REGISTRY" plan -c "$PROGRAM_DIR/config.json" --output "$plan"
  program_has_exited 0
  run "$CLEAN_REGISTRY" apply "$plan" -c "$PROGRAM_DIR/config.json" --report "$plan"
  program_has_exited 2
  program_says "--report: $plan is the plan that is to be applied"
  # Beside the registries' own folders there is room.
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$PROGRAM_DIR/state/report.json"
  program_has_exited 0
}

@test "what a kill left of a report goes with the next run, and nobody else's file" {
  local folder=$BATS_TEST_TMPDIR/reports
  mkdir "$folder"
  echo mine >"$folder/last.json.backup"
  program_config "$(program_exec "case \$* in *--version*)
    [ -e '$folder/seen' ] || { : >'$folder/seen'; kill -KILL \$PPID; };; esac")"
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$folder/last.json"
  [ "$status" -eq 137 ]
  [ "$(find "$folder" -name 'last.json.clean-registry-*' | wc -l)" -eq 1 ]
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --report "$folder/last.json"
  program_has_exited 0
  [ "$(find "$folder" -type f -printf '%f\n' | sort | tr '\n' ' ')" = 'last.json last.json.backup seen ' ]
}

# The report has the texts that the log has, in their order.
has_messages_of_log() {
  diff <(program_report '.messages.texts[] | "[\(.level)] \(.text)"') \
    <(sed -nE 's/^[^[]*(\[(WARNING|ERROR)\] )/\1/p' "$PROGRAM_DIR/log" | grep -v 'see above')
  claims '.messages | .warnings + .errors == (.texts | length)'
}

@test "the report names command and version, and holds the texts of warnings and errors" {
  local version
  version=$("$CLEAN_REGISTRY" --version)
  program_exits 0 --dry-run
  claims '.command == "run" and .messages == {warnings: 0, errors: 0, texts: []}'
  [ "clean-registry $(program_report .program_version)" = "$version" ]
  # A rule that is about nothing, and two things that fail.
  program_config '{"jobs": [{"name": "j", "repositories": ["absent"], "tag_regexps": ["x"]}],
    "registry": {"container": "absent", "exec": ["false"]}}'
  rm "$PROGRAM_DIR/log"
  program_exits 4
  has_messages_of_log
  claims '.messages | .warnings >= 1 and .errors >= 1'
  claims 'any(.messages.texts[]; .level == "WARNING" and .text == "job j, x matches no tag")'
  rm "$PROGRAM_DIR/log"
  program_exits 4 collect
  has_messages_of_log
  claims '.command == "collect" and .messages.errors >= 1'
}

@test "no password is in the texts that the report holds" {
  program_config "$(program_exec 'case $* in *garbage-collect*)
    echo "cannot open with hunter22-secret and dTpodW50ZXIyMi1zZWNyZXQ=" >&2; exit 9;; esac' |
    jq '. * {registry: {user: "u", password: "hunter22-secret"}}')"
  program_exits 4
  claims 'any(.messages.texts[]; .text | contains("cannot open with ********"))'
  run ! grep -E 'hunter22-secret|dTpodW50ZXIyMi1zZWNyZXQ=' "$PROGRAM_DIR/report.json"
  # Nor is it in what is said of a reference that holds it.
  program_exits 2 --repository http://u:hunter22-secret@elsewhere:5000/app
  program_says "is not this registry"
  program_keeps_quiet_of hunter22
}

@test "tags stand in one order, sorted, wherever they were read" {
  local source order=()
  push_images >/dev/null <<'JSON'
[ {"repository": "zoo", "tag": "b", "created": "-90d"}, {"repository": "zoo", "tag": "a", "created": "-90d"},
  {"repository": "zoo", "tag": "C", "created": "-90d"}, {"repository": "app-x", "tag": "1.10", "created": "-1d"},
  {"repository": "app-x", "tag": "1.9", "created": "-90d"}, {"repository": "app/x", "tag": "1", "created": "-90d"} ]
JSON
  for source in api storage; do
    program_config '{"inventory": {"source": "'$source'"}}'
    program_exits 0 --dry-run
    claims '.tags == (.tags | sort_by([.repository, .tag])) and (.tags | length) == 9'
    claims '.storage.forecast.repositories | . == sort_by(.repository) and length > 2'
    order+=("$(program_report '.tags[] | "\(.repository):\(.tag)"')")
    grep -o 'would delete [^ ]*:[^ ]*' <<<"$output" >"$BATS_TEST_TMPDIR/$source"
    run "$CLEAN_REGISTRY" plan --config "$PROGRAM_DIR/config.json" --output "$BATS_TEST_TMPDIR/plan.$source"
    jq -r 'select(.tag) | "\(.repository):\(.tag)"' "$BATS_TEST_TMPDIR/plan.$source" |
      diff - <(echo "${order[0]}")
  done
  [ "${order[0]}" = "${order[1]}" ]
  diff "$BATS_TEST_TMPDIR/api" "$BATS_TEST_TMPDIR/storage"
}

# printed CODE ARGUMENTS...: standard output is in BATS_TEST_TMPDIR/out.
printed() {
  local code=0
  "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" "${@:2}" --report - >"$BATS_TEST_TMPDIR/out" \
    2>"$BATS_TEST_TMPDIR/errors" 3>&- || code=$?
  [ "$code" -eq "$1" ]
}

@test "--report -: the report is all that standard output gets, whatever else is told" {
  printed 0 --dry-run --debug
  [ "$(jq .dry_run "$BATS_TEST_TMPDIR/out")" = true ]
  [ ! -s "$BATS_TEST_TMPDIR/errors" ]
  grep -F '[INFO] would delete app:old' "$PROGRAM_DIR/log"
  program_config '{"registry": {"container": "absent", "exec": ["false"]}}'
  printed 4
  [ "$(jq .exit_code "$BATS_TEST_TMPDIR/out")" = 4 ]
  grep -F '[ERROR]' "$BATS_TEST_TMPDIR/errors"
  program_config
  printed 0
  [ "$(jq -r '.tags[] | select(.tag == "old") | .status' "$BATS_TEST_TMPDIR/out")" = deleted ]
  printed 0 collect
  [ "$(jq .garbage_collection.ran "$BATS_TEST_TMPDIR/out")" = true ]
  # No file of that name, and nothing that looks like an option.
  [ ! -e - ]
  run "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" --report -n
  [ "$status" -eq 2 ]
  # A report that nobody takes is a failure.
  run bash -c '"$@" >/dev/full' - "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" --report -
  [ "$status" -eq 1 ]
  program_says "[ERROR] standard output: the report could not be written"
}

@test "--repository takes what docker pull has, of this registry alone, and warns of a tag" {
  local host=${REGISTRY_URL#*//}
  program_exits 0 --dry-run --repository "$host/app"
  program_says "would delete app:old"
  program_keeps_quiet_of "names a tag or digest"
  program_exits 0 --dry-run --repository "$host/app:new"
  program_says "would delete app:old" "[WARNING] --repository names a tag or digest"
  program_exits 2 --dry-run --repository app --repository elsewhere:5000/app
  program_says "--repository: 'elsewhere:5000' is not this registry ($host)"
}

@test "a report behind a link replaces the file, not the link" {
  local link=$BATS_TEST_TMPDIR/link.json
  : >"$BATS_TEST_TMPDIR/target.json"
  ln -s target.json "$link"
  run "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" --dry-run --report "$link"
  program_has_exited 0
  [ -L "$link" ]
  [ "$(jq .exit_code "$BATS_TEST_TMPDIR/target.json")" -eq 0 ]
}

@test "every line of log and output has time, level and message, and both are the same" {
  program_exits 0 --debug
  [ -n "$output" ]
  run ! grep -Ev "$LINE" "$PROGRAM_DIR/log"
  program_exits 0 --dry-run --debug
  run ! grep -Ev "$LINE" <<<"$output"
  rm "$PROGRAM_DIR/log"
  program_exits 0 --dry-run
  diff "$PROGRAM_DIR/log" - <<<"$output"
}

@test "times are local time" {
  TZ=UTC+12 program_exits 0 --dry-run
  local logged
  logged=$(date -u -d "${output:0:19}Z" +%s)
  (($(date +%s) - logged >= 12 * 3600 && $(date +%s) - logged < 12 * 3600 + 120))
}

@test "the log is added to, and kept from others" {
  program_exits 0 --dry-run
  program_exits 0 --dry-run
  [ "$(grep -c 'exit code 0' "$PROGRAM_DIR/log")" -eq 2 ]
  [ "$(stat -c %a "$PROGRAM_DIR/log")" = 640 ]
}

@test "--quiet: nothing but warnings and errors on standard output, everything in the log" {
  program_exits 0 --quiet
  [ -z "$output" ]
  grep -q '\[INFO\] deleted app:old (old' "$PROGRAM_DIR/log"
  program_config '{"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}}'
  program_exits 3 -q
  [ "$(grep -c . <<<"$output")" -ge 1 ]
  run ! grep -Ev '\[(WARNING|ERROR)\]' <<<"$output"
}

@test "--quiet and --debug together: details go to the log file only" {
  program_exits 0 --quiet --debug
  [ -z "$output" ]
  grep -q '\[DEBUG\]' "$PROGRAM_DIR/log"
}

@test "the level DEBUG comes with --debug or DEBUG=true alone" {
  program_exits 0 --dry-run
  program_keeps_quiet_of "[DEBUG]"
  program_exits 0 --dry-run --debug
  program_says "[DEBUG] keep app:new"
  DEBUG=true program_exits 0 --dry-run
  program_says "[DEBUG] keep app:new"
}

@test "what was deleted is told by name and reason, then the sums" {
  program_exits 0
  grep -Eq '\[INFO\] deleted app:old \(old: created 2020-02-03 \([0-9]+ days ago\)\)$' <<<"$output"
  program_says "looked at 3 tags in 2 repositories" "deleted 1 tag (1 manifest)" "kept 2 tags: " \
    "freed " "exit code 0"
}

@test "a log file that cannot be opened is a warning; the run goes on" {
  program_config '{"log": {"file": "/proc/nowhere/log"}}'
  program_exits 0
  program_says "[WARNING] /proc/nowhere/log: "
  program_leaves app new
}

@test "an empty name means no log file" {
  program_config '{"log": {"file": ""}}'
  program_exits 0 --quiet
  [ -z "$output" ]
  [ ! -e "$PROGRAM_DIR/log" ]
  program_leaves app new
}

@test "errors of usage and configuration go to stderr, and to no log" {
  run --separate-stderr "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" --what
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  # shellcheck disable=SC2154 # set by run
  [[ $stderr == "clean-registry: "*"--what"* ]]
  [ ! -e "$PROGRAM_DIR/log" ]
}

@test "control characters from outside are made visible, in output and log" {
  program_config "$(program_exec 'case $* in *garbage-collect*)
    printf "red \033[31m and bell \007\n" >&2; exit 9;; esac')"
  program_exits 4 --debug
  program_says 'red \x1b[31m and bell \x07'
  run ! grep -P '[\x00-\x08\x0b-\x1f\x7f]' "$PROGRAM_DIR/log"
  run ! grep -P '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output"
}

@test "--http-logs tells of every request" {
  push_images >/dev/null <<'JSON'
[ {"repository": "logged", "tag": "old", "created": "-90d"} ]
JSON
  program_watch program_exits 0 --http-logs
  grep -q "HTTP GET $REGISTRY_URL/v2/?clean-registry=[0-9a-f]*: 200, " <<<"$output"
  grep -q "HTTP DELETE $REGISTRY_URL/v2/logged/manifests/sha256:[0-9a-f]*: 202, 0 bytes" <<<"$output"
  [ "$(grep -c 'INFO. HTTP ' <<<"$output")" -eq "$(program_report .requests)" ]
}
