#!/usr/bin/env bats
# Which lines go where: trouble to standard error, all else to standard output; and that nothing is
# said at all where all is well.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

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
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "team/other", "tag": "new", "created": "-1d"} ]
JSON
}

# says CODE ARGUMENTS...: what it says is in BATS_TEST_TMPDIR/out and errors.
says() {
  local code=0
  "$CLEAN_REGISTRY" "${@:2}" --config "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" \
    2>"$BATS_TEST_TMPDIR/errors" 3>&- || code=$?
  [ "$code" -eq "$1" ] || {
    echo "exit code $code instead of $1"
    head "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/errors"
    return 1
  }
}

@test "warnings and errors go to standard error, whatever the command, and nothing else does" {
  local command
  # A job that is about nothing is warned of; a container that is not there is an error.
  program_config '{"jobs": [{"name": "j", "repositories": ["absent"], "tag_regexps": ["x"]}],
    "registry": {"container": "absent"}}'
  for command in run collect verify apply; do
    if [ "$command" = apply ]; then
      says 0 plan --output "$BATS_TEST_TMPDIR/plan"
      says 4 apply "$BATS_TEST_TMPDIR/plan"
    elif [ "$command" = verify ]; then
      says 0 verify
    else
      says 4 "$command"
    fi
    echo "$command"
    grep -E '\[(WARNING|ERROR)\] ' "$BATS_TEST_TMPDIR/errors"
    run ! grep -vE '\[(WARNING|ERROR)\] ' "$BATS_TEST_TMPDIR/errors"
    grep -F '[INFO] ' "$BATS_TEST_TMPDIR/out"
    run ! grep -E '\[(WARNING|ERROR)\] ' "$BATS_TEST_TMPDIR/out"
  done
}

@test "both streams into one file, or one pipe, have all lines in the order of the log" {
  program_config '{"jobs": [{"name": "j", "repositories": ["absent"], "tag_regexps": ["x"]}]}'
  "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/both" 2>&1 3>&-
  grep -F '[WARNING] ' "$BATS_TEST_TMPDIR/both"
  diff "$PROGRAM_DIR/log" "$BATS_TEST_TMPDIR/both"
  rm "$PROGRAM_DIR/log"
  "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" 2>&1 3>&- | cat >"$BATS_TEST_TMPDIR/both"
  diff "$PROGRAM_DIR/log" "$BATS_TEST_TMPDIR/both"
}

@test "a quiet run has its trouble on standard error, and nothing on standard output" {
  says 0 --quiet
  [ ! -s "$BATS_TEST_TMPDIR/out" ]
  [ ! -s "$BATS_TEST_TMPDIR/errors" ]
  program_config '{"registry": {"container": "absent"}}'
  push_images >/dev/null <<<'[ {"repository": "app", "tag": "old", "created": "-91d"} ]'
  says 4 --quiet
  [ ! -s "$BATS_TEST_TMPDIR/out" ]
  grep -F '[ERROR] ' "$BATS_TEST_TMPDIR/errors"
}

# The configuration as it is shipped, edited as README says.
shipped() {
  mkdir -p "$PROGRAM_DIR"
  jq --arg url "$REGISTRY_URL" --arg name "$REGISTRY_NAME" --arg login "$REGISTRY_LOGIN" \
    --arg config "$REGISTRY_CONFIG" --arg root "$REGISTRY_ROOT" --arg store "$REGISTRY_STORE" \
    --arg dir "$PROGRAM_DIR" '.registry.url = $url | .registry.container = $name
      | .registry.user = ($login | sub(":.*"; "")) | .registry.password = ($login | sub("^[^:]*:?"; ""))
      | .paths = {config: $config, storage: $root, host_storage: $store, state: "\($dir)/state"}
      | .log.file = "\($dir)/log"' "$BATS_TEST_DIRNAME/../../etc/config.json" >"$PROGRAM_DIR/config.json"
  chmod 600 "$PROGRAM_DIR/config.json"
}

@test "nights in which all is well are silent with the configuration that is shipped" {
  shipped
  for _ in deletes nothing; do
    says 0 --quiet
    [ ! -s "$BATS_TEST_TMPDIR/out" ]
    cat "$BATS_TEST_TMPDIR/errors"
    [ ! -s "$BATS_TEST_TMPDIR/errors" ]
    program_leaves app new
    # That what is protected is not there has been told to who looks.
    grep -F '[INFO] cleanup.protected_tags prod-stable matches no tag' "$PROGRAM_DIR/log"
  done
  for command in collect verify 'run --dry-run'; do
    # shellcheck disable=SC2086 # words
    says 0 $command --quiet
    [ ! -s "$BATS_TEST_TMPDIR/out" ]
    [ ! -s "$BATS_TEST_TMPDIR/errors" ]
  done
}
