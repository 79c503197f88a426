#!/usr/bin/env bats
# Random damaged stores, with the real registry and its real collector: nothing that pulled before fails to
# pull after, unless it was deleted as planned, and the exit code is honest (tests/tools/damaged_stores.py).
# CASES: how many stores, 50; SEED: which.

bats_require_minimum_version 1.5.0
load ../tools/program

# try FIRST COUNT: these stores; what is said is in the folder FIRST.
try() {
  mkdir "$BATS_TEST_TMPDIR/$1"
  "$BATS_TEST_DIRNAME/../tools/damaged_stores.py" --work "$BATS_TEST_TMPDIR/$1" --first "$1" --cases "$2" \
    --program "$CLEAN_REGISTRY" --seed "$SEED" >"$BATS_TEST_TMPDIR/$1/said" 2>&1 3>&-
}

@test "random damaged stores lose nothing that could be pulled and stays" {
  local cases=${CASES:-50} half failed=0
  SEED=${SEED:-$RANDOM}
  [ -z "${SHORT:-}" ] || cases=$((cases > 16 ? 16 : cases))
  half=$(((cases + 1) / 2))
  echo "# seed $SEED, $cases stores" >&3
  try 1 "$half" &
  try "$((half + 1))" "$((cases - half))" || failed=1
  wait "$!" || failed=1
  cat "$BATS_TEST_TMPDIR"/*/said | grep -v '^ok '
  [ "$failed" -eq 0 ]
  [ "$(cat "$BATS_TEST_TMPDIR"/*/said | grep -c '^ok ')" -eq "$cases" ]
}
