#!/usr/bin/env bats
# Runs that are killed, stopped, or cannot tell what they do: the next run finishes (S12).

load world

POINTS=${SHORT:+10}
POINTS=${POINTS:-15}

setup() {
  # Without a cache the storage can be put back under the running registry.
  world_start --cache none
}

teardown() {
  if [ -e "$BATS_TEST_TMPDIR/pid" ]; then
    kill -KILL "$(<"$BATS_TEST_TMPDIR/pid")" 2>/dev/null || true
  fi
  world_stop
}

# start: the program in the background; its id is in $pid and, before it begins, in a file.
start() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  bash -c 'echo $$ >"$0"; exec "$@"' "$BATS_TEST_TMPDIR/pid" "$CLEAN_REGISTRY" \
    --config "$PROGRAM_DIR/config.json" --report "$PROGRAM_DIR/report.json" \
    >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- &
  pid=$!
}

# finish: waits for its end; $status and $output as of bats' run.
finish() {
  status=0
  { wait "$pid" || status=$?; } 2>/dev/null
  output=$(<"$BATS_TEST_TMPDIR/out")
  rm "$BATS_TEST_TMPDIR/pid"
}

# at RULE COMMAND: runs COMMAND, which has the program's id as $P, when RULE meets for the first time.
at() {
  fault_rules "[{$1, \"times\": 1, \"continue\": true, \"run\":
    {\"command\": \"P=\$(cat $BATS_TEST_TMPDIR/pid); $2\", \"when\": \"${3-before}\"}}${4-}]"
}

# The program has taken all signals that were sent to it.
signals_taken() {
  grep -Eq '^ShdPnd:\s*0+$' "/proc/$pid/status"
}

# Forty tags and what belongs to them; shared children, signatures, referrers, and what is kept.
many_images() {
  jq --null-input '
    [range(14) | {repository: "kill/a", tag: "old-\(.)", created: "-\(. + 90)d"}] +
    [range(5) | {repository: "kill/a", tag: "multi-\(.)", kind: "index", created: "-\(. + 90)d",
      platforms: ["linux/amd64", "linux/arm64"]}] +
    [range(3) | {repository: "kill/a", id: "sig-\(.)", kind: "cosign", subject: "kill/a:multi-\(.)"}] +
    [range(3) | {repository: "kill/a", id: "bill-\(.)", kind: "referrer", subject: "kill/a:old-\(.)"}] +
    [{repository: "kill/a", tag: "shares", kind: "index",
      children: ["kill/a:multi-4/linux/amd64", "kill/a:old-13"]},
     {repository: "kill/a", tag: "latest", same_as: "kill/a:old-12"},
     {repository: "kill/a", tag: "release", kind: "index", created: "-99d",
      platforms: ["linux/amd64", "linux/arm64"]},
     {repository: "kill/a", id: "kept-sig", kind: "cosign", subject: "kill/a:release"}] +
    [range(12) | {repository: "kill/b", tag: "old-\(.)", created: "-\(. + 90)d"}] +
    [range(2) | {repository: "kill/b", tag: "buildx-\(.)", kind: "attested-index", created: "-99d"}] +
    [{repository: "kill/b", tag: "new", created: "-1d"},
     {repository: "kill/b", tag: "outer", kind: "index", children: ["kill/b:buildx-0"]}]'
}

# point NUMBER: sets $rule, of a request: every third of any, the others of a DELETE, spread evenly.
# Not in a subshell, which would have random numbers of its own.
point() {
  local of=$deletes match='"match": {"method": "DELETE"}' parts=$((POINTS - (POINTS + 2) / 3))
  local part=$(($1 - $1 / 3 - 1)) low high
  if (($1 % 3 == 0)); then
    of=$requests match='"match": {}' parts=$(((POINTS + 2) / 3)) part=$(($1 / 3))
  fi
  low=$((of * part / parts)) high=$((of * (part + 1) / parts))
  rule="$match, \"after\": $((low + RANDOM % (high - low)))"
  when=before
  ((RANDOM % 2)) || when=after
}

# nothing_under_way: every request that came to the proxy is answered.
nothing_under_way() {
  jq -se '(map(select(.event == "request")) | length) == (map(select(.event == "answer")) | length)' \
    "$(fault_log)" >/dev/null
}

put_back() {
  rm -rf "$REGISTRY_STORE/docker" "$PROGRAM_DIR/state"
  cp -a "$BATS_TEST_TMPDIR/saved/docker" "$REGISTRY_STORE/"
  fault_clear
}

@test "killed at $POINTS points: the next run ends as one that was not killed" {
  local seed=${FAULT_SEED:-$((SECONDS + $$ * 7 % 32000))} number rule when requests deletes
  local -a kept
  echo "FAULT_SEED=$seed"
  RANDOM=$seed
  world_config '{"cleanup": {"protected_patterns": ["release"]}}'
  world_push "$(many_images)"
  mkdir "$BATS_TEST_TMPDIR/saved"
  cp -a "$REGISTRY_STORE/docker" "$BATS_TEST_TMPDIR/saved/"
  # Undisturbed.
  program_run
  world_exits 0
  requests=$(($(jq -s 'map(select(.event == "request")) | length' "$(fault_log)") * 9 / 10))
  deletes=$(fault_count DELETE .)
  ((deletes >= 45))
  (($(program_report .summary.deleted) >= 40))
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/expected"
  mapfile -t kept < <(registry_tags kill/a)
  pull_whole kill/a "${kept[@]}"
  pull_whole kill/b new
  # A child of an index that went is gone; one that a kept index lists is there.
  registry_lacks kill/a "$(world_digest kill/a:multi-0/linux/arm64)"
  registry_has kill/a "$(world_digest kill/a:release/linux/arm64)"

  for ((number = 0; number < POINTS; number++)); do
    put_back
    point "$number"
    echo "# point $number: $rule $when"
    at "$rule" 'kill -KILL $P' "$when"
    start
    finish
    [ "$status" -eq 137 ]
    world_applied
    fault_until nothing_under_way
    fault_clear
    program_run
    world_exits 0
    [ -z "$(program_owed)" ]
    store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/expected" -
    pull_whole kill/a "${kept[@]}"
    pull_whole kill/b new
  done
}

@test "killed twice in a row while it deletes: the third run finishes" {
  world_push "$(many_images)"
  local round
  for round in 1 2; do
    fault_clear
    at '"match": {"method": "DELETE"}, "after": 9' 'kill -KILL $P' after
    start
    finish
    [ "$status" -eq 137 ]
    world_applied
    fault_until nothing_under_way
    [ -n "$(program_owed)" ]
  done
  fault_clear
  program_run
  world_exits 0
  [ -z "$(program_owed)" ]
  registry_lacks kill/a "$(world_digest kill/a:multi-0/linux/arm64)"
  registry_lacks kill/b "$(world_digest kill/b:buildx-1/linux/amd64/attestation)"
  # shellcheck disable=SC2046
  pull_whole kill/a $(registry_tags kill/a)
}

@test "what was owed and is needed meanwhile stays" {
  world_push '[{"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"]}]'
  # Killed when the index is gone and its children are not: two probes, then the index.
  at '"match": {"method": "DELETE"}, "after": 2' 'kill -KILL $P' after
  start
  finish
  [ "$status" -eq 137 ]
  world_applied
  registry_lacks team/app multi
  program_owed | grep -qx "team/app $(world_digest team/app:multi/linux/arm64)"
  # Somebody gives one of them a tag.
  registry_curl -H 'Accept: application/vnd.oci.image.manifest.v1+json' -o "$BATS_TEST_TMPDIR/body" \
    "$REGISTRY_URL/v2/team/app/manifests/$(world_digest team/app:multi/linux/arm64)"
  registry_curl -f -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
    --data-binary "@$BATS_TEST_TMPDIR/body" "$REGISTRY_URL/v2/team/app/manifests/latest"
  fault_clear
  program_run
  world_exits 0
  pull_whole team/app latest
  registry_lacks team/app "$(world_digest team/app:multi/linux/amd64)"
  [ -z "$(program_owed)" ]
}

@test "SIGTERM, SIGINT and SIGHUP while it lists: 128+n, nothing is deleted, nothing is owed" {
  local signal
  world_push
  world_remember team/app other
  for signal in TERM:143 INT:130 HUP:129; do
    fault_clear
    at '"match": {"path": "team/app/manifests/new"}' "kill -${signal%:*} \$P"
    start
    finish
    world_exits "${signal#*:}"
    world_applied
    world_unchanged team/app other
    [ "$(fault_count DELETE .)" -eq 0 ]
    [ -z "$(program_owed)" ]
    [ "$(program_report .exit_code)" -eq "${signal#*:}" ]
  done
}

@test "a signal while it deletes lets the DELETE end; the rest is owed; no collection; the next run finishes" {
  local signal
  for signal in TERM:143 INT:130; do
    world_push "$(many_images)"
    fault_clear
    at '"match": {"method": "DELETE", "path": "kill/a"}, "after": 4' "kill -${signal%:*} \$P"
    start
    finish
    world_exits "${signal#*:}"
    world_applied
    # What was sent was answered, and is counted.
    [ "$(fault_answers DELETE . | grep -c ^202)" -eq "$(program_report .summary.manifests_deleted)" ]
    (($(program_owed | grep -c sha256:) > 10))
    program_owed | grep -qx collection
    [ "$(program_report .garbage_collection.ran)" = false ]
    fault_clear
    program_run
    world_exits 0
    [ -z "$(program_owed)" ]
    world_tags kill/b new
  done
}

@test "a second signal does not wait for a DELETE" {
  world_push
  at '"match": {"method": "DELETE"}, "after": 2' 'kill -TERM $P; kill -INT $P' before \
    ', {"match": {"method": "DELETE", "path": "sha256"}, "after": 1, "hang": true}'
  start
  finish
  [ "$status" -eq 143 ] || [ "$status" -eq 130 ]
  program_owed | grep -q sha256:
  program_owed | grep -qx collection
  fault_clear
  program_run
  world_exits 0
  world_tags team/app new
  world_tags other new
}

@test "a signal when no DELETE is under way starts no collection either" {
  local last
  world_push
  # The last thing before the DELETEs of team/app: its tags are asked for again. With the storage only
  # their list is, and the rest is read there.
  last=team/app/manifests/latest
  [ "$TEST_SOURCE" = api ] || last=team/app/tags/list
  at "\"match\": {\"path\": \"$last\"}" 'kill -TERM $P'
  world_config '{"registry": {"max_concurrent_requests": 1}}'
  start
  finish
  world_exits 143
  world_applied
  [ "$(program_report .garbage_collection.ran)" = false ]
  fault_clear
  program_run
  world_exits 0
  world_tags team/app new
  world_tags other new
}

# The stub has been asked for the COUNTth time whether a collector runs.
asked() {
  (($(grep -c ' sh -c ' "$DOCKER_STUB_DIR/log" 2>/dev/null) >= $1))
}

@test "a signal while it asks whether a collector runs: nothing is begun after that" {
  local call
  fault_stub_docker
  world_config '{"registry": {"exec": ["docker", "exec", "{container}"], "container": "some",
    "program": "docker-registry"}}'
  for call in 1 2; do
    world_push
    rm -f "$DOCKER_STUB_DIR"/*
    mkfifo "$DOCKER_STUB_DIR/sh.$call.wait"
    start
    fault_until asked "$call"
    kill -TERM "$pid"
    finish
    world_exits 143
    [ "$(program_report .garbage_collection.ran)" = false ]
    [ "$(program_report .summary.deleted)" -eq $((call * 2 - 2)) ]
    [ "$(program_owed | grep -c collection)" -eq $((call - 1)) ]
  done
  program_run
  world_exits 0
  world_tags team/app new
}

# collecting [CALL]: starts the program and waits until the collector is at work. Its first call only
# asks what it would remove.
collecting() {
  local call=${1:-2}
  world_push
  fault_stub_docker
  collector_wait=$DOCKER_STUB_DIR/garbage-collect.$call.wait
  mkfifo "$collector_wait"
  : >"$DOCKER_STUB_DIR/garbage-collect.$call.pass"
  world_config '{"registry": {"exec": ["docker", "exec", "{container}"], "container": "some",
    "program": "docker-registry"}}'
  start
  fault_until has_collected "$call"
}

# has_collected CALLS: the collector was called so often.
has_collected() {
  [ "$(grep -cs garbage-collect "$DOCKER_STUB_DIR/log")" = "$1" ]
}

# The collector may go on; fails if it is no longer there.
let_collector_end() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  timeout 10 bash -c 'echo >"$0"' "$collector_wait"
}

# The end of the collector was not seen: a run beside it deletes nothing, not even where it cannot ask in
# that container.
refused_beside_collector() {
  local deletes
  deletes=$(fault_count DELETE .)
  world_push
  world_remember team/app other
  program_run
  world_exits 5
  echo 126 >"$DOCKER_STUB_DIR/sh.rc"
  program_run
  world_exits 5
  rm "$DOCKER_STUB_DIR/sh.rc"
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq "$deletes" ]
}

# shellcheck disable=SC2046 # one word for each process
collector_has_ended() {
  ! grep -qzF "$DOCKER_STUB_DIR" $(grep -lzFx garbage-collect /proc/[0-9]*/cmdline 2>/dev/null |
    sed 's/cmdline$/environ/') /dev/null 2>/dev/null
}

@test "a signal while the collector is asked ends the question; nothing is deleted or collected" {
  TEST_SOURCE=storage collecting 1
  kill -TERM "$pid"
  finish
  world_exits 143
  [ "$(program_report .garbage_collection.ran)" = false ]
  [ "$(program_report .summary.deleted)" -eq 0 ]
  [ -z "$(program_owed)" ]
  has_collected 1
}

@test "the first signal during the collection waits for the collector" {
  local signal
  for signal in TERM:143 INT:130; do
    rm -rf "$BATS_TEST_TMPDIR/docker-stub"
    collecting
    kill "-${signal%:*}" "$pid"
    fault_until signals_taken
    kill -0 "$pid"
    let_collector_end
    finish
    world_exits "${signal#*:}"
    [ "$(program_report .garbage_collection.ran)" = true ]
    [ "$(program_report .garbage_collection.exit_status)" -eq 0 ]
    [ -z "$(program_owed)" ]
  done
}

@test "the second signal leaves the collector running, and owed" {
  collecting
  kill -TERM "$pid"
  fault_until signals_taken
  kill -TERM "$pid"
  finish
  world_exits 143
  world_says 'left running'
  [ "$(program_owed)" = collection ]
  refused_beside_collector
  rm "${collector_wait%.wait}.pass"
  let_collector_end
  # The next run collects.
  rm "$collector_wait"
  program_await collector_has_ended
  program_run
  world_exits 0
  [ -z "$(program_owed)" ]
  [ "$(program_report .garbage_collection.ran)" = true ]
}

@test "killed while the collector runs: the collection stays owed, and no lock is left" {
  collecting
  kill -KILL "$pid"
  finish
  [ "$(program_owed)" = collection ]
  refused_beside_collector
  rm "${collector_wait%.wait}.pass"
  let_collector_end
  rm "$collector_wait"
  program_await collector_has_ended
  program_run
  world_exits 0
  [ -z "$(program_owed)" ]
  [ "$(program_report .garbage_collection.ran)" = true ]
}

@test "a run beside it is refused; once it is killed, none is" {
  world_push
  # It hangs in its first request.
  at '"match": {"path": "/v2/$"}' "touch $BATS_TEST_TMPDIR/there" before \
    ', {"match": {"path": "/v2/$"}, "times": 1, "hang": true}'
  world_config '{"registry": {"timeout": 60}}'
  start
  fault_until test -e "$BATS_TEST_TMPDIR/there"
  program_run
  world_exits 5
  [ "$(fault_count GET .)" -eq 1 ]
  kill -KILL "$pid"
  finish
  program_run
  world_exits 0
  world_tags team/app new
}

@test "a log on a full disk, a closed stdout and one that nobody reads do not stop it" {
  world_push
  world_config '{"log": {"file": "/dev/full"}}'
  program_run
  world_exits 0
  world_says 'cannot write the log to /dev/full: No space left'
  world_tags team/app new
  local out
  for out in '>&-' '>/dev/full' '2>&- >&- <&-' '> >(exec true)'; do
    world_push
    world_config '{}'
    rm -f "$PROGRAM_DIR/log"
    eval '"$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json"' "$out" 2>/dev/null
    world_tags team/app new
    world_tags other new
    grep -q 'exit code 0$' "$PROGRAM_DIR/log"
  done
}
