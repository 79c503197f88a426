# shellcheck shell=bash disable=SC2154 # status and output are set by bats' run
# Runs the program under test against the registry that registry.bash started last. Needs jq.
#
#   program_config [JSON] [URL]   writes config.json for that registry; JSON, or an expression of jq,
#                                 is merged into it, and null takes a key away, say,
#                                 cleanup.days_to_keep, which is 30;
#                                 TEST_SOURCE is its inventory.source (auto)
#   program_run ARGUMENTS...      bats' run of it, with that configuration and a report; 99, which is
#                                 a sanitizer's report, fails
#   program_report FILTER         what jq's filter says of the report of the last run
#   program_owed                  "REPOSITORY DIGEST" of each debt, "collection" if one is owed
#
# Its files are in PROGRAM_DIR: config.json, report.json, log, state/.

PROGRAM_DIR=${PROGRAM_DIR:-${BATS_TEST_TMPDIR:-/nonexistent}/program}
CLEAN_REGISTRY=${CLEAN_REGISTRY:-${BASH_SOURCE[0]%/*}/../../build/clean-registry}

program_config() {
  local own='{}'
  mkdir -p "$PROGRAM_DIR" || return 1
  if [ -z "$REGISTRY_NAME" ]; then
    own='{"registry": {"exec": [], "program": "docker-registry"}}'
  fi
  jq --null-input --arg url "${2:-$REGISTRY_URL}" --arg name "$REGISTRY_NAME" \
    --arg login "$REGISTRY_LOGIN" --arg config "$REGISTRY_CONFIG" --arg root "$REGISTRY_ROOT" \
    --arg store "$REGISTRY_STORE" --arg dir "$PROGRAM_DIR" --argjson own "$own" \
    --arg source "${TEST_SOURCE:-auto}" '{
      registry: {url: $url, container: $name, user: ($login | sub(":.*"; "")),
        password: ($login | sub("^[^:]*:?"; ""))},
      inventory: {source: $source},
      cleanup: {days_to_keep: 30},
      paths: {config: $config, storage: $root, host_storage: $store, state: "\($dir)/state"},
      log: {file: "\($dir)/log"}
    } * $own * ('"${1:-"{}"}"') | del(.. | nulls)' >"$PROGRAM_DIR/config.json" && chmod 600 "$PROGRAM_DIR/config.json"
}

program_run() {
  rm -f "$PROGRAM_DIR/report.json"
  run "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" --report "$PROGRAM_DIR/report.json" "$@"
  [ "$status" -ne 99 ]
}

program_report() {
  jq --raw-output "$1" "$PROGRAM_DIR/report.json"
}

program_owed() {
  local journal
  for journal in "$PROGRAM_DIR"/state/*/debts; do
    awk '$1 == "owe" { owed[$2 " " $3] = 1 }
      $1 == "gone" || $1 == "stays" { delete owed[$2 " " $3] }
      $1 == "collect" { collection = 1 }
      $1 == "collected" { collection = 0 }
      END { for (line in owed) print line; if (collection) print "collection" }' "$journal"
  done | LC_ALL=C sort
}

# For end-to-end tests:
#
#   program_exits CODE ARGUMENTS...   program_run, and fails unless it exits with CODE
#   program_verifies CODE OPTIONS...  bats' run of the verb verify, which must exit with CODE
#   program_says TEXT..., program_keeps_quiet_of TEXT...   what the last run printed
#   program_tag REPOSITORY TAG        "STATUS REASON,REASON" of a tag in the report
#   program_leaves REPOSITORY TAG...  fails unless the registry lists these tags and no others
#   program_remains <LINES            fails unless the lines, "REPOSITORY TAG...", are all that the
#                                     registry lists: every repository with every tag
#   program_watch COMMAND...          runs it; the requests that the registry got meanwhile are in
#                                     PROGRAM_DIR/requests, "METHOD PATH STATUS", without the
#                                     parameter that makes each question another one
#   program_exec SCRIPT               prints JSON for program_config: registry.exec with a shell
#                                     SCRIPT before the real thing; "$@" is what shall be run
#   program_empty_registry            forgets all images of a registry without a cache
#   program_keep_images               in setup_file: remembers the images that are there now,
#   program_bring_back_images         and in setup: has such a registry hold them and no others
#   program_as_nobody FOLDER [ARGUMENTS...]  the copy of the program in FOLDER, from there, by a user
#                                     without rights, who sees no process but its own: it cannot look
#                                     into the collectors of tests that run beside this one
#   program_await COMMAND...          waits until it succeeds; fails after 20 seconds
#   program_begin NAME                a run in the background that has the lock and is held where it
#                                     asks for the registry's version; NAME is for its files
#   program_end NAME CODE             lets it go on, and fails unless it exits with CODE

program_as_nobody() {
  local folder=$1
  shift
  unshare --pid --fork --mount-proc env -C "$folder" \
    setpriv --reuid=65534 --regid=65534 --clear-groups ./clean-registry "$@"
}

program_exits() {
  local code=$1
  shift
  program_run "$@" || return 1
  program_has_exited "$code"
}

program_verifies() {
  local code=$1
  shift
  run "$CLEAN_REGISTRY" verify --config "$PROGRAM_DIR/config.json" "$@"
  program_has_exited "$code"
}

program_has_exited() {
  [ "$status" -eq "$1" ] && return
  printf 'exit code %s instead of %s\n%s\n' "$status" "$1" "$output"
  return 1
}

program_says() {
  local text
  for text; do
    [[ $output == *"$text"* ]] && continue
    printf 'not said: %s\n%s\n' "$text" "$output"
    return 1
  done
}

program_keeps_quiet_of() {
  local text
  for text; do
    [[ $output != *"$text"* ]] && continue
    printf 'said: %s\n%s\n' "$text" "$output"
    return 1
  done
}

program_tag() {
  jq --raw-output --arg repository "$1" --arg tag "$2" '.tags[]
    | select(.repository == $repository and .tag == $tag)
    | "\(.status) \(.reasons | join(","))"' "$PROGRAM_DIR/report.json"
}

program_leaves() {
  local repository=$1
  shift
  diff <(printf '%s\n' "$@" | sed '/^$/d' | LC_ALL=C sort) <(registry_tags "$repository")
}

program_remains() {
  diff <(while read -r repository tags; do
    # shellcheck disable=SC2046,SC2086 # words
    echo "$repository" $(printf '%s\n' $tags | LC_ALL=C sort)
  done | LC_ALL=C sort) <(registry_contents)
}

program_watch() {
  local from=from-$RANDOM$RANDOM to=to-$RANDOM$RANDOM result=0
  program_mark "$from" || return 1
  "$@" || result=$?
  program_mark "$to" || return 1
  registry_log | sed -nE \
    's/^[0-9.]+ - [^ ]+ \[[^]]*\] "([A-Z]+) ([^ ]+) HTTP[^"]*" ([0-9]+) .*/\1 \2 \3/p' |
    sed -E 's/[?&]clean-registry=[0-9a-f]{16} / /' | sed -n "/ .v2.$from /,/ .v2.$to /p" | sed '1d;$d' >"$PROGRAM_DIR/requests"
  return "$result"
}

# What is in the log behind a mark came after it.
program_mark() {
  local deadline=$((SECONDS + 20)) log
  registry_curl -o /dev/null "$REGISTRY_URL/v2/$1" || return 1
  while ((SECONDS < deadline)); do
    log=$(registry_log)
    [[ $log != *"\"GET /v2/$1 "* ]] || return 0
  done
  echo "the mark $1 is not in the registry's log" >&2
  return 1
}

program_exec() {
  # On this host the question for collectors would find those of other tests.
  local script real='case $* in *"/proc/[0-9]*/cmdline"*)
    exec unshare --pid --fork --mount-proc "$@";; esac; exec "$@"'
  [ -z "$REGISTRY_NAME" ] || real="exec docker exec $REGISTRY_NAME \"\$@\""
  mkdir -p "$PROGRAM_DIR"
  script=$(mktemp "$PROGRAM_DIR/exec.XXXXXX")
  printf '#!/bin/sh\n%s\n%s\n' "$1" "$real" >"$script"
  chmod 700 "$script"
  jq --null-input --arg script "$script" '{registry: {exec: [$script]}}'
}

program_empty_registry() {
  rm -rf "${REGISTRY_STORE:?}/docker"
}

program_keep_images() {
  cp -a "$REGISTRY_STORE/docker" "$BATS_FILE_TMPDIR/kept-images"
}

program_bring_back_images() {
  program_empty_registry
  cp -a "$BATS_FILE_TMPDIR/kept-images" "$REGISTRY_STORE/docker"
}

program_await() {
  local deadline=$((SECONDS + 20))
  until "$@"; do
    ((SECONDS < deadline)) || {
      echo "waited too long for: $*" >&2
      return 1
    }
    sleep 0.02
  done
}

program_begin() {
  local ready=$BATS_TEST_TMPDIR/$1.ready hold=$BATS_TEST_TMPDIR/$1.hold
  mkfifo "$hold"
  program_config "$(program_exec "case \$* in *--version*)
    : >'$ready'; read -r line <'$hold';; esac")"
  "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/$1.out" 2>&1 3>&- &
  echo "$!" >"$BATS_TEST_TMPDIR/$1.pid"
  program_await [ -e "$ready" ]
}

# Opening the pipe for both ways waits for nobody.
program_end() {
  local code=0
  echo 1<>"$BATS_TEST_TMPDIR/$1.hold"
  wait "$(cat "$BATS_TEST_TMPDIR/$1.pid")" || code=$?
  [ "$code" -eq "$2" ] || {
    echo "exit code $code instead of $2"
    cat "$BATS_TEST_TMPDIR/$1.out"
    return 1
  }
}
