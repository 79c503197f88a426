#!/usr/bin/env bats
# What `make install` puts where, and that it works from there as cron and deployments call it.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

ROOT=$(realpath "$BATS_TEST_DIRNAME/../..")

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  CLEAN_REGISTRY=$(realpath "$CLEAN_REGISTRY")
  to=$BATS_TEST_TMPDIR/to
  program_empty_registry
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
}

# make_it TARGET VARIABLE=VALUE...: with the program under test, which is not built again, and a
# folder of this test for what make writes on its way.
make_it() {
  mkdir -p "$BATS_TEST_TMPDIR/build"
  [ -e "$BATS_TEST_TMPDIR/build/clean-registry" ] ||
    cp "$CLEAN_REGISTRY" "$BATS_TEST_TMPDIR/build/clean-registry"
  env -u MAKEFLAGS -u MAKELEVEL make --silent -C "$ROOT" "BUILD=$BATS_TEST_TMPDIR/build" \
    -o "$BATS_TEST_TMPDIR/build/clean-registry" "$@"
}

# Installs to a place from which it can really run, with a configuration for the registry.
install_to_run() {
  program_config "{\"registry\": {\"exec\": [\"docker\", \"-H\", \"$DOCKER_HOST\", \"exec\",
    \"{container}\"]}}"
  make_it install "PREFIX=$to/usr" "SYSCONFDIR=$to/etc"
  cat "$PROGRAM_DIR/config.json" >"$to/etc/clean-registry/config.json"
}

@test "install puts every file in its place, with its rights" {
  make_it install "DESTDIR=$to"
  (cd "$to" && find . -type f -printf '%P %m\n' | LC_ALL=C sort) >"$BATS_TEST_TMPDIR/found"
  diff - "$BATS_TEST_TMPDIR/found" <<'LIST'
etc/clean-registry/config.json 640
etc/cron.d/clean-registry 644
etc/logrotate.d/clean-registry 644
usr/local/sbin/clean-registry 755
usr/local/share/bash-completion/completions/clean-registry 644
usr/local/share/clean-registry/post-deploy 755
usr/local/share/man/man5/clean-registry.json.5 644
usr/local/share/man/man8/clean-registry.8 644
LIST
}

@test "a configuration that is there is never overwritten, nor is a link that leads nowhere" {
  local config=$to/etc/clean-registry/config.json
  mkdir -p "${config%/*}"
  echo mine >"$config"
  make_it install "DESTDIR=$to"
  [ "$(cat "$config")" = mine ]
  ln -sf /nonexistent/config.json "$config"
  make_it install "DESTDIR=$to"
  [ "$(readlink "$config")" = /nonexistent/config.json ]
}

@test "a fresh install arms nothing: no line of the cron file is one that cron would run" {
  run make_it install "DESTDIR=$to"
  program_says "remove the # before the last line of /etc/cron.d/clean-registry"
  run ! grep -Ev '^(#|[A-Z]+=|$)' "$to/etc/cron.d/clean-registry"
  [ "$(grep -Ec '^#17 3 ' "$to/etc/cron.d/clean-registry")" -eq 1 ]
}

@test "an upgrade disarms nobody, and arms nobody: a cron file that is there stays as it is" {
  local cron=$to/etc/cron.d/clean-registry
  mkdir -p "${cron%/*}"
  echo '5 4 * * * root clean-registry --quiet' >"$cron"
  make_it install "DESTDIR=$to"
  [ "$(cat "$cron")" = '5 4 * * * root clean-registry --quiet' ]
  : >"$cron"
  make_it install "DESTDIR=$to"
  [ ! -s "$cron" ]
  ln -sf /nonexistent/cron "$cron"
  make_it install "DESTDIR=$to"
  [ "$(readlink "$cron")" = /nonexistent/cron ]
}

@test "the untouched template is refused, by every command, and says what to edit" {
  local command config=$to/etc/clean-registry/config.json
  make_it install "DESTDIR=$to"
  for command in run plan collect usage verify 'why app:old' 'run --dry-run'; do
    # shellcheck disable=SC2086 # words
    run "$to/usr/local/sbin/clean-registry" $command --config "$config"
    program_has_exited 2
    program_says "config.json: registry.url: is still the template's"
  done
  # With its address and nothing else replaced it is taken; so it is where a variable gives one.
  CLEAN_REGISTRY_REGISTRY_URL=http://127.0.0.1:1 CLEAN_REGISTRY_REGISTRY_RETRY_SECONDS=0 \
    CLEAN_REGISTRY_LOG_FILE='' CLEAN_REGISTRY_PATHS_STATE="$BATS_TEST_TMPDIR/state" \
    run "$to/usr/local/sbin/clean-registry" --config "$config" --dry-run
  program_has_exited 3
  [ "$(jq -c .gc.restart "$config")" = '["docker","restart","{container}"]' ]
}

@test "the example configuration is one that the program accepts" {
  make_it install "DESTDIR=$to"
  # Nothing listens where it leads, or it is no registry with these credentials.
  jq --arg dir "$BATS_TEST_TMPDIR" '.registry.url = "http://127.0.0.1:1" | .registry.retry_seconds = 0
    | .log.file = "" | .paths.state = $dir + "/state"' "$to/etc/clean-registry/config.json" \
    >"$BATS_TEST_TMPDIR/config.json"
  run "$to/usr/local/sbin/clean-registry" --dry-run --config "$BATS_TEST_TMPDIR/config.json"
  program_has_exited 3
  program_says "cannot be reached"
}

@test "the line for cron runs in cron's poor environment, and says nothing when all is well" {
  local cron command settings
  install_to_run
  cron=$to/etc/cron.d/clean-registry
  sed -i 's/^#17 /17 /' "$cron"
  mapfile -t settings < <(grep -E '^[A-Z]+=' "$cron")
  [ "$(grep -Evc '^(#|[A-Z]+=|$)' "$cron")" -eq 1 ]
  command=$(grep -Ev '^(#|[A-Z]+=|$)' "$cron" | sed -E 's/^([^ ]+ +){5}root +//')
  [[ $command == "$to/usr/sbin/clean-registry "* ]]
  # In a crontab a percent sign would be a new line.
  [[ $command != *%* ]]
  cd /
  run env -i "${settings[@]}" HOME=/root LOGNAME=root /bin/sh -c "$command"
  program_has_exited 0
  [ -z "$output" ]
  program_leaves app new
  grep -q 'deleted app:old' "$PROGRAM_DIR/log"
}

@test "the manual pages are there for man, without a fault" {
  local page
  make_it install "DESTDIR=$to"
  for page in man8/clean-registry.8 man5/clean-registry.json.5; do
    LC_ALL=C.UTF-8 man --warnings -l "$to/usr/local/share/man/$page" >"$BATS_TEST_TMPDIR/page" \
      2>"$BATS_TEST_TMPDIR/warnings"
    grep -q 'clean-registry.* — ' "$BATS_TEST_TMPDIR/page"
    [ ! -s "$BATS_TEST_TMPDIR/warnings" ]
  done
}

@test "the completion offers the options" {
  make_it install "DESTDIR=$to"
  run bash -c '. "$1"; COMP_WORDS=(clean-registry --d); COMP_CWORD=1
    $(complete -p clean-registry | sed -E "s/.*-F ([^ ]+) .*/\1/") clean-registry --d clean-registry
    printf "%s\n" "${COMPREPLY[@]}"' - \
    "$to/usr/local/share/bash-completion/completions/clean-registry"
  [ "$status" -eq 0 ]
  grep -qx -- '--dry-run *' <<<"$output"
  grep -qx -- '--debug *' <<<"$output"
}

@test "the completion offers each command the options that it takes" {
  make_it install "DESTDIR=$to"
  run bash -c '. "$1"; COMP_WORDS=(clean-registry usage --); COMP_CWORD=2
    $(complete -p clean-registry | sed -E "s/.*-F ([^ ]+) .*/\1/") clean-registry -- usage
    printf "%s\n" "${COMPREPLY[@]}"' - \
    "$to/usr/local/share/bash-completion/completions/clean-registry"
  [ "$status" -eq 0 ]
  [ "$output" = "--config
--quiet
--debug
--http-logs
--json
--top
--tags
--help
--version" ]
}

@test "logrotate understands its file" {
  make_it install "DESTDIR=$to"
  run logrotate --debug --state "$BATS_TEST_TMPDIR/rotated" "$to/etc/logrotate.d/clean-registry"
  program_has_exited 0
  program_says "/var/log/clean-registry.log"
  program_keeps_quiet_of error:
}

@test "uninstall takes all away but what is the operator's" {
  make_it install "DESTDIR=$to"
  make_it uninstall "DESTDIR=$to"
  [ "$(find "$to" -type f -printf '%P\n')" = etc/clean-registry/config.json ]
  [ ! -e "$to/usr/local/share/clean-registry" ]
  make_it uninstall "DESTDIR=$to"
}

@test "post-deploy cleans, says nothing when all is well, and passes failures on" {
  install_to_run
  local post_deploy=$to/usr/share/clean-registry/post-deploy
  run "$post_deploy" --config "$PROGRAM_DIR/config.json"
  program_has_exited 0
  [ -z "$output" ]
  program_leaves app new
  run "$post_deploy" --quiet --config "$PROGRAM_DIR/config.json"
  program_has_exited 0
  run "$post_deploy" --config "$BATS_TEST_TMPDIR/nothing.json"
  program_has_exited 2
}

@test "post-deploy finds it good when another run is at work already" {
  install_to_run
  program_begin first
  run "$to/usr/share/clean-registry/post-deploy" --config "$to/etc/clean-registry/config.json"
  program_has_exited 0
  program_says "another clean-registry"
  program_end first 0
}
