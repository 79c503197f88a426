#!/usr/bin/env bats
# What an engine or a collector does in the worst case; `docker` is a stub that does it on demand and
# otherwise runs the real collector on this host (S8, S10).

load world

setup() {
  world_start
  world_push "$WORLD_IMAGES"
  fault_stub_docker
  engine
}

teardown() {
  world_stop
}

# engine [JSON]: the configuration of a registry in a container.
engine() {
  world_config "$(jq --null-input '{registry: {exec: ["docker", "exec", "{container}"],
    container: "some", program: "docker-registry"}} * '"(${1:-"{}"})")"
}

# fails_with TEXT CODE [REGEX...]: the collector says TEXT on stderr and exits with CODE: when it is
# asked, and nothing is deleted; then only when it works, which is after the deletes. WHEN=asked: the
# former alone.
fails_with() {
  local text=$1 code=$2 when
  shift 2
  world_push "$WORLD_IMAGES"
  for when in ${WHEN:-asked working}; do
    rm -f "$DOCKER_STUB_DIR"/garbage-collect-*.{err,rc}
    [ "$when" = asked ] || rm -f "$DOCKER_STUB_DIR/garbage-collect-asked.out"
    printf '%s' "$text" >"$DOCKER_STUB_DIR/garbage-collect-$when.err"
    echo "$code" >"$DOCKER_STUB_DIR/garbage-collect-$when.rc"
    program_run
    if [ "$when" = asked ]; then
      nothing_deleted "$@"
    else
      collection_failed "$@"
    fi
    [ "$(program_report .garbage_collection.exit_status)" -eq "$code" ]
  done
}

# It was known before the first DELETE. What an earlier run owes stays owed.
nothing_deleted() {
  world_exits 4
  world_says 'ERROR.*nothing is deleted: ' "$@"
  world_tags team/app new old
  world_tags other new old
  [ "$(program_report .summary.deleted)" -eq 0 ]
  [ "$(program_report .exit_code)" -eq 4 ]
}

collection_failed() {
  world_exits 4
  world_says "$@"
  world_tags team/app new
  world_tags other new
  [ "$(program_owed)" = collection ]
  [ "$(program_report .exit_code)" -eq 4 ]
}

next_run_collects() {
  program_run
  world_exits 0
  [ "$(program_report .garbage_collection.ran)" = true ]
  [ "$(program_report .summary.deleted)" -eq "${1:-0}" ]
  (($(program_report .garbage_collection.blobs_deleted) >= 2))
  [ -z "$(program_owed)" ]
  pull_whole team/app new
}

# called REGEX: how often the stub was called so.
called() {
  grep -Ec -- "$1" "$DOCKER_STUB_DIR/log" || true
}

# The collector was asked once with --dry-run, and then run once.
collected() {
  world_exits 0
  world_tags team/app new
  [ "$(called 'exec .*some docker-registry garbage-collect --dry-run /')" -eq 1 ]
  [ "$(called 'exec .*some docker-registry garbage-collect /')" -eq 1 ]
  [ "$(called garbage-collect)" -eq 2 ]
  [ "$(program_report .garbage_collection.blobs_deleted)" -eq 6 ]
  [ "$(program_report .storage.freed_bytes)" -gt 2048 ]
}

@test "without a fault the stub's collector is the real one, is asked once and run once" {
  program_run
  collected
}

@test "so it is where the inventory is from the storage" {
  engine '{inventory: {source: "storage"}}'
  program_run
  collected
}

@test "exit 0 without a summary is a failure: it did nothing" {
  fails_with 'Error: unknown flag: --what' 0 'does not know our options.*unknown flag'
  fails_with '' 0 'exited 0 but printed no summary line'
  fails_with 'Error: unknown command "garbage-collect" for "registry"' 0 'has no garbage-collect'
  rm "$DOCKER_STUB_DIR"/garbage-collect-*
  next_run_collects
}

@test "a summary with another exit code than 0 is a failure" {
  printf '\n3 blobs marked, 1 blobs and 0 manifests eligible for deletion\n' |
    tee "$DOCKER_STUB_DIR/garbage-collect-asked.out" >"$DOCKER_STUB_DIR/garbage-collect-working.out"
  fails_with 'failed to garbage collect: failed to delete blob' 1 'failed to delete blob'
}

# hangs CALL: the collector of that call prints nothing and waits.
hangs() {
  mkfifo "$DOCKER_STUB_DIR/garbage-collect.$1.wait"
}

@test "a dry run of the collector that does not end: given up in time, nothing is deleted" {
  hangs 1
  engine '{gc: {question_minutes: 0.02}}'
  program_run --dry-run
  world_exits 4
  world_says 'would stop here: .*gave no answer within 0.02 minutes.*gc.question_minutes'
  hangs 2
  program_run
  world_exits 4
  nothing_deleted 'gave no answer within 0.02 minutes'
  [ -z "$(program_owed)" ]
  engine
  program_run
  world_exits 0
  world_tags team/app new
}

@test "what the engine says is explained: permission, daemon, container" {
  local WHEN=asked
  fails_with 'permission denied while trying to connect to the Docker daemon socket' 1 \
    'no permission to reach the container engine'
  fails_with 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?' 1 \
    'container engine cannot be reached'
  fails_with 'Error: No such container: some' 1 'no such container: check registry.container'
  fails_with 'Error response from daemon: Container 12ab is not running' 1 'the container is not running'
  fails_with 'Error response from daemon: Container some is paused, unpause it first' 1 'is paused'
}

@test "what the engine says is explained: program, flags" {
  local WHEN=asked
  fails_with 'exec: "docker-registry": executable file not found in $PATH: unknown' 126 \
    'check registry.program'
  fails_with 'exec: "docker-registry": executable file not found in $PATH: unknown' 127 \
    'check registry.program'
}

@test "what podman, nerdctl and kubectl say is explained" {
  local WHEN=asked
  fails_with 'Error: no container with name or ID "some" found: no such container' 125 \
    'there is no such container: check registry.container'
  fails_with 'Error: can only create exec sessions on running containers: container state improper' 255 \
    'the container is not running, or is paused'
  fails_with 'Error: crun: executable file `docker-registry` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found' \
    127 'check registry.program'
  fails_with $'Error: unknown flag: --what\nSee \'podman exec --help\'' 125 \
    'check registry.exec: Error: unknown flag: --what$'
  fails_with 'FATA[0000] no running task found: task 12ab not found: not found' 1 'is not running'
  fails_with 'Error from server (NotFound): deployments.apps "some" not found' 1 'no such pod'
}

@test "what is said on stdout, with carriage returns, before a panic's flood: the line that tells" {
  local WHEN=asked
  printf 'OCI runtime exec failed: exec failed: exec: "x": executable file not found in $PATH: unknown\r\n' \
    >"$DOCKER_STUB_DIR/garbage-collect-asked.out"
  fails_with '' 127 'check registry.program: OCI runtime exec failed: .*: unknown$'
  printf 'the gateway is closed today\r\n' >"$DOCKER_STUB_DIR/garbage-collect-asked.out"
  fails_with '' 1 'exit status 1.: the gateway is closed today$'
  rm "$DOCKER_STUB_DIR/garbage-collect-asked.out"
  fails_with "panic: no luck"$'\r\n'"$(seq -f 'goroutine %.0f [running]: main.main()' 2000)" 2 \
    'exit status 2.: panic: no luck$'
}

@test "what a collector that was killed, or a list of blobs that it cannot read, may mean" {
  fails_with '' 137 'exit status 137.: it was killed .*was the container stopped'
  fails_with 'failed to garbage collect: error enumerating blobs: filesystem: open /x: permission denied' \
    1 'could not list blobs/' 'permission denied'
}

@test "what the collector says is explained: configuration, database, wrong root" {
  local WHEN=asked
  fails_with "configuration error: open $REGISTRY_CONFIG: no such file or directory" 1 \
    'check paths.config .*/etc/d'
  fails_with "open $REGISTRY_CONFIG: no such file or directory" 1 'check paths.config'
  fails_with 'garbage-collect is not compatible with database metadata' 1 'set gc.when to never'
  fails_with 'failed to garbage collect: failed to mark: filesystem: Path not found: /docker/registry/v2/repositories' \
    1 'has no repositories there'
  # A folder below that one is something else.
  fails_with 'failed to garbage collect: failed to mark: filesystem: Path not found: /docker/registry/v2/repositories/x/_layers' \
    1 'the collector failed .exit status 1.: failed to garbage collect: failed to mark: filesystem: Path not found'
  fails_with 'failed to garbage collect: failed to mark: x: invalid checksum digest format' 1 \
    'broken link file'
}

@test "a manifest at which the collector aborts is named with its repository, and how it goes" {
  local WHEN=asked digest
  digest=$(world_digest team/app:new)
  printf 'team/app\nteam/app: marking manifest %s \n' "$digest" >"$DOCKER_STUB_DIR/garbage-collect-asked.out"
  fails_with "failed to garbage collect: failed to mark: filesystem: failed to retrieve manifest for digest $digest: unrecognized manifest schema version 1" \
    1 "the collector aborts at team/app@$digest, which this version of the registry does not read" \
    'DELETE /v2/NAME/manifests/DIGEST.*unrecognized manifest schema version 1$'
}

@test "what nobody knows is told as it was said, its last line" {
  local WHEN=asked
  fails_with $'first line\nthe last line is odd\n\n' 3 'exit status 3.*: the last line is odd'
  fails_with '' 137 'exit status 137'
  fails_with $'\033]0;title\007 \302\233 bell' 1 'bell'
  [[ $output != *$'\033'* ]]
}

@test "the real docker without an engine: exit 4, and why" {
  local real
  real=$(PATH=${PATH#*:} command -v docker)
  ln -sf "$real" "$BATS_TEST_TMPDIR/stub-bin/docker"
  DOCKER_HOST=unix://$BATS_TEST_TMPDIR/none.sock program_run
  nothing_deleted 'WARNING.*cannot check whether a collector is running' \
    'container engine cannot be reached'
  [ -z "$(program_owed)" ]
  ln -sf "$FAULT_TOOLS/docker_stub" "$BATS_TEST_TMPDIR/stub-bin/docker"
  next_run_collects 2
}

@test "docker is not in PATH: exit 4, and why" {
  engine '{registry: {exec: ["no-such-docker", "exec", "{container}"]}}'
  program_run
  nothing_deleted 'no-such-docker: command not found'
  [ -z "$(program_owed)" ]
  engine
  next_run_collects 2
}

# The next collection has nothing to remove, so that what the stub says is believed.
nothing_to_remove() {
  engine '{gc: {when: "always"}}'
  program_run
  world_exits 0
}

@test "300,000 lines and a flood of errors are read to the end, line by line" {
  nothing_to_remove
  {
    seq -f 'team/app: marking blob sha256:%.0f' 300000
    printf '\n7 blobs marked, 5 blobs and 0 manifests eligible for deletion\n'
    seq -f 'blob eligible for deletion: sha256:%.0f' 5
  } >"$DOCKER_STUB_DIR/garbage-collect-working.out"
  seq -f 'time="x" level=debug msg="filesystem.Stat(%.0f)" and so on, and so on' 200000 \
    >"$DOCKER_STUB_DIR/garbage-collect-working.err"
  program_run
  world_exits 0
  [ "$(program_report .garbage_collection.blobs_deleted)" -eq 5 ]
  [ "$(program_report .garbage_collection.blobs_marked)" -eq 7 ]
  # Nobody wants to read that at night.
  [ "$(grep -c 'filesystem.Stat' "$PROGRAM_DIR/log")" -eq 0 ]
}

@test "a flood of errors and then a failure: the last line is told" {
  seq -f 'level=debug msg="filesystem.Stat(%.0f)"' 100000 >"$BATS_TEST_TMPDIR/flood"
  echo 'failed to garbage collect: something new' >>"$BATS_TEST_TMPDIR/flood"
  fails_with "$(<"$BATS_TEST_TMPDIR/flood")" 1 'exit status 1.*something new$'
}

@test "a line without an end, and one without a newline" {
  nothing_to_remove
  {
    head -c 5000000 /dev/zero | tr '\0' x
    printf '\n1 blobs marked, 0 blobs and 0 manifests eligible for deletion'
  } >"$DOCKER_STUB_DIR/garbage-collect-working.out"
  program_run
  world_exits 0
  [ "$(program_report .garbage_collection.blobs_marked)" -eq 1 ]
}

@test "a question for the version that hangs is given up, and the run goes on" {
  mkfifo "$DOCKER_STUB_DIR/--version.wait"
  program_run --debug
  world_exits 0
  world_says 'asked for its version: .*no answer within 20 s'
  world_tags team/app new
}

@test "an answer to the question for the version that makes no sense does not matter" {
  head -c 100000 /dev/urandom >"$DOCKER_STUB_DIR/--version.out"
  program_run
  world_exits 0
  world_tags team/app new
}

# processes CALL ARGUMENTS...: at the CALLth question these are at work, each "PROGRAM ARGUMENTS".
processes() {
  local call=$1 number=1 process
  shift
  for process; do
    printf '=/proc/%s/cmdline\n' "$number"
    # shellcheck disable=SC2086 # words
    printf '%s\0' $process
    number=$((number + 1))
  done >"$DOCKER_STUB_DIR/sh.$call.out"
}

# running CALL: at the CALLth question a collector is at work.
running() {
  processes "$1" "/bin/registry serve $REGISTRY_CONFIG" "sh -c cat" \
    "/bin/registry garbage-collect $REGISTRY_CONFIG"
}

@test "a collector is at work: exit 5, nothing is deleted, not even probed" {
  world_remember team/app other
  running 1
  program_run
  world_exits 5
  world_says 'a collector is already at work'
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
  [ "$(called garbage-collect)" -eq 0 ]
  # It has ended.
  program_run
  world_exits 0
  world_tags team/app new
}

@test "a collector that came while we deleted: none beside it, the collection stays owed, exit 1" {
  running 2
  program_run
  world_exits 1
  world_says 'a collector is already at work'
  world_tags team/app new
  [ "$(called 'garbage-collect /')" -eq 0 ]
  [ "$(program_owed)" = collection ]
  next_run_collects
}

@test "any collector in that container is one, however it names its configuration" {
  local call=1 arguments
  world_remember team/app other
  for arguments in "-m --dry-run=false $REGISTRY_CONFIG" /etc/other.yml config.yml \
    /etc/./docker/registry/config.yml -m '' '--unknown -d /c' '-d=false -m /c'; do
    processes "$call" "registry serve $REGISTRY_CONFIG" "docker-registry garbage-collect $arguments"
    program_run
    world_exits 5
    call=$((call + 1))
  done
  world_unchanged team/app other
  [ "$(called garbage-collect)" -eq 0 ]
}

@test "one that is only asked what it would remove is none" {
  local call=1 option
  for option in --dry-run -d -dm; do
    world_push
    processes "$call" "registry garbage-collect $REGISTRY_CONFIG $option" 'rm -rf --'
    program_run
    world_exits 0
    world_tags team/app new
    call=$(($(called ' sh -c ') + 1))
  done
  # The option of another process.
  world_push
  processes "$call" "registry garbage-collect $REGISTRY_CONFIG" 'other --dry-run'
  program_run
  world_exits 5
}

@test "a container without a shell: a warning, and the run goes on" {
  echo 'exec: "sh": executable file not found in $PATH' >"$DOCKER_STUB_DIR/sh.err"
  echo 126 >"$DOCKER_STUB_DIR/sh.rc"
  program_run
  world_exits 0
  world_says 'WARNING.*cannot check whether a collector is running'
  world_tags team/app new
}

@test "gc.when: never collects not even what is owed, always collects without a delete" {
  engine '{gc: {when: "never"}}'
  program_run
  world_exits 0
  [ "$(program_owed)" = collection ]
  [ "$(called garbage-collect)" -eq 0 ]
  engine '{gc: {when: "always"}}'
  program_run
  world_exits 0
  [ "$(called 'garbage-collect /')" -eq 1 ]
  program_run
  world_exits 0
  [ "$(called 'garbage-collect /')" -eq 2 ]
  engine
  program_run
  world_exits 0
  [ "$(called 'garbage-collect /')" -eq 2 ]
}

@test "a du in the container that could not read everything: its figures are too low" {
  engine '{paths: {host_storage: null}}'
  printf '5\t/x\n' >"$DOCKER_STUB_DIR/du.out"
  echo 'du: /x/y: Permission denied' >"$DOCKER_STUB_DIR/du.err"
  echo 1 >"$DOCKER_STUB_DIR/du.rc"
  program_run
  world_exits 0
  world_says 'WARNING. 1 part of the storage could not be read .du: /x/y: Permission denied.; its figures are too low: let registry.exec run as root'
}

@test "a restart that fails is exit 1, and its collection stays owed" {
  engine '{gc: {restart: ["docker", "restart", "{container}"]}}'
  echo 'Error response from daemon: Cannot restart container some' >"$DOCKER_STUB_DIR/restart.err"
  echo 1 >"$DOCKER_STUB_DIR/restart.rc"
  program_run
  world_exits 1
  world_says 'after the collection, which stays owed.*gc.restart.*Cannot restart container'
  [ "$(program_owed)" = collection ]
  [ "$(called '^restart some')" -eq 1 ]
}
