# shellcheck shell=bash
# Starts, steers and asks fault_proxy.py from bats. Several can run at once; the last argument of every
# function names one of them (default: proxy). Needs python3, curl, jq.
#
#   fault_start [-i NAME] ARGUMENTS...   starts one and waits until it listens
#   fault_url [NAME]                     http://127.0.0.1:PORT
#   fault_log [NAME]                     the path of its log
#   fault_rules JSON [NAME]              puts rules in force; fails if they are not understood
#   fault_applied INDEX [NAME]           how often the rule of that index was applied
#   fault_count METHOD REGEX [NAME]      how many such requests arrived, answered or not
#   fault_wait METHOD REGEX COUNT [NAME] waits until that many have arrived
#   fault_answers METHOD REGEX [NAME]    "STATUS METHOD PATH" of each, in the order of their start
#   fault_at_once METHOD REGEX [NAME]    the most that were under way at one time
#   fault_clear [NAME]                   no rules, empty log
#   fault_stop [NAME]                    ends one, or all; fails if a proxy complained of its test
#   fault_stub_docker                    puts docker_stub into PATH as docker; sets DOCKER_STUB_DIR

FAULT_TOOLS=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

fault_home() {
  printf '%s\n' "${FAULT_DIR:-${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:?}}/fault}"
}

fault_folder() {
  printf '%s/%s\n' "$(fault_home)" "${1:-proxy}"
}

# Waits until the command given succeeds; fails after ten seconds.
fault_until() {
  local tries
  for ((tries = 0; tries < 500; tries++)); do
    "$@" && return
    sleep 0.02
  done
  echo "fault: gave up waiting for: $*" >&2
  return 1
}

# Starts a program of this folder that tells its port in a file: NAME PROGRAM ARGUMENTS...
fault_launch() {
  local folder program=$2
  folder=$(fault_folder "$1")
  shift 2
  mkdir -p "$folder"
  rm -f "$folder/port"
  "$FAULT_TOOLS/$program" --port-file "$folder/port" "$@" \
    </dev/null >"$folder/out" 2>"$folder/err" 3>&- &
  printf '%s\n' $! >"$folder/pid"
  fault_until fault_is_up_or_dead "$folder"
  if [[ ! -e $folder/port ]]; then
    cat "$folder/err" >&2
    return 1
  fi
}

fault_is_up_or_dead() {
  [[ -e $1/port ]] || ! kill -0 "$(<"$1/pid")" 2>/dev/null
}

fault_start() {
  local name=proxy
  if [[ ${1-} == -i ]]; then
    name=$2
    shift 2
  fi
  mkdir -p "$(fault_folder "$name")"
  : >"$(fault_log "$name")"
  fault_launch "$name" fault_proxy.py --log "$(fault_log "$name")" "$@"
}

fault_url() {
  printf 'http://127.0.0.1:%s\n' "$(<"$(fault_folder "${1-}")/port")"
}

fault_log() {
  printf '%s/log\n' "$(fault_folder "${1-}")"
}

fault_rules() {
  local answer
  if ! answer=$(curl --silent --show-error --fail-with-body --noproxy '*' --max-time 10 \
    --request PUT --data-binary "$1" "$(fault_url "${2-}")/_fault/rules" 2>&1); then
    echo "$answer" >&2
    return 1
  fi
}

fault_applied() {
  curl --silent --show-error --fail --noproxy '*' --max-time 10 \
    "$(fault_url "${2-}")/_fault/rules" | jq ".[$1].applied"
}

# Asks the log: EVENT METHOD REGEX NAME FILTER; the filter gets the list of records that match.
fault_ask() {
  jq --slurp --raw-output --arg event "$1" --arg method "$2" --arg path "$3" \
    "map(select(.event == \$event and .method == \$method and (.path | test(\$path)))) | $5" \
    "$(fault_log "$4")"
}

fault_count() {
  fault_ask request "$1" "$2" "${3-}" length
}

fault_wait() {
  fault_until fault_has_arrived "$1" "$2" "$3" "${4-}"
}

fault_has_arrived() {
  (($(fault_count "$1" "$2" "$4") >= $3))
}

fault_answers() {
  fault_ask answer "$1" "$2" "${3-}" 'sort_by(.start)[] | "\(.status) \(.method) \(.path)"'
}

# A request that hangs counts as under way from its start on.
# shellcheck disable=SC2016 # the variables are jq's
fault_at_once() {
  fault_ask answer "$1" "$2" "${3-}" \
    '. as $all | map(.start as $t | [$all[] | select(.start <= $t and (.end == null or .end > $t))]
      | length) | max // 0'
}

fault_clear() {
  fault_rules '[]' "${1-}" && : >"$(fault_log "${1-}")"
}

fault_stop() {
  local folder failed=0
  local -a folders=("$(fault_folder "${1-}")")
  [[ -n ${1-} ]] || folders=("$(fault_home)"/*/)
  for folder in "${folders[@]}"; do
    [[ -e $folder/pid ]] || continue
    fault_end "$(<"$folder/pid")" || failed=1
    rm -f "$folder/pid"
    if [[ -s $folder/err ]]; then
      cat "$folder/err" >&2
      failed=1
    fi
  done
  return "$failed"
}

fault_end() {
  kill -TERM "$1" 2>/dev/null || return 0
  wait "$1" 2>/dev/null
  fault_until fault_is_gone "$1"
}

fault_is_gone() {
  ! kill -0 "$1" 2>/dev/null
}

fault_stub_docker() {
  local bin=${BATS_TEST_TMPDIR:?}/stub-bin
  export DOCKER_STUB_DIR=$BATS_TEST_TMPDIR/docker-stub
  mkdir -p "$bin" "$DOCKER_STUB_DIR"
  ln -sf "$FAULT_TOOLS/docker_stub" "$bin/docker"
  PATH=$bin:$PATH
}
