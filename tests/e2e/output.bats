#!/usr/bin/env bats
# Whoever does not read what the program says does not hold it: it goes on, does what was planned, and
# tells what is missing.

load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/registry"
  program_empty_registry
  program_config
  push_images >/dev/null <<<'[ {"repository": "app", "tag": "old", "created": "-90d"},
    {"repository": "app", "tag": "new", "created": "-1d"} ]'
  pipe=$BATS_TEST_TMPDIR/pipe
}

# A pipe that is full, and somebody who has it open and does not read.
stuck_pipe() {
  mkfifo "$pipe"
  exec 8<>"$pipe"
  head -c 65536 /dev/zero >&8
}

# within SECONDS COMMAND...: sets CODE; that it had to be killed is a failure.
within() {
  local seconds=$1
  shift
  code=0
  timeout --signal=KILL "$seconds" "$@" || code=$?
  [ "$code" -ne 137 ]
}

@test "a pipe whose reader stopped: the run does its work, and the log tells how much nobody read" {
  stuck_pipe
  within 60 "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" >"$pipe" 2>"$BATS_TEST_TMPDIR/errors" 3>&-
  [ "$code" -eq 0 ]
  program_leaves app new
  grep -F 'deleted app:old' "$PROGRAM_DIR/log"
  grep -E '\[WARNING\] [0-9]+ lines could not be written to standard output, because nobody read there' \
    "$PROGRAM_DIR/log"
  grep -F 'could not be written to standard output' "$BATS_TEST_TMPDIR/errors"
}

@test "a FIFO as log whose reader stopped: the run does its work, and standard output tells" {
  stuck_pipe
  program_config '{"log": {"file": "'"$pipe"'"}}'
  within 60 "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-
  [ "$code" -eq 0 ]
  program_leaves app new
  grep -F 'deleted app:old' "$BATS_TEST_TMPDIR/out"
  grep -E "lines could not be written to $pipe, because nobody read there" "$BATS_TEST_TMPDIR/out"
}

@test "a terminal that stands still: the run does its work" {
  cat >"$BATS_TEST_TMPDIR/still.py" <<'PYTHON'
import os, pty, subprocess, sys
master, slave = pty.openpty()
os.set_blocking(slave, False)
try:
    while True:
        os.write(slave, b"x" * 1024)
except BlockingIOError:
    pass
os.set_blocking(slave, True)
sys.exit(subprocess.run(sys.argv[1:], stdout=slave, stderr=slave, timeout=60).returncode)
PYTHON
  within 60 python3 "$BATS_TEST_TMPDIR/still.py" "$CLEAN_REGISTRY" -c "$PROGRAM_DIR/config.json" 3>&-
  [ "$code" -eq 0 ]
  program_leaves app new
  grep -F 'could not be written to standard output' "$PROGRAM_DIR/log"
}

@test "a stop signal ends a table that nobody reads" {
  local pid
  stuck_pipe
  "$CLEAN_REGISTRY" usage -c "$PROGRAM_DIR/config.json" >"$pipe" 2>/dev/null 3>&- &
  pid=$!
  # All has been read, and it waits: in write (1), poll (7) or ppoll (271).
  program_await eval 'grep -qF ", which is " "$PROGRAM_DIR/log" &&
    [[ $(cat "/proc/$pid/syscall") =~ ^(1|7|271)\  ]]'
  kill -TERM "$pid"
  if ! timeout 20 tail --pid="$pid" -f /dev/null; then
    kill -KILL "$pid"
    false
  fi
  run wait "$pid"
  [ "$status" -ne 0 ]
}
