#!/usr/bin/env bats
# Random damaged stores, with the real registry and its real collector: nothing that pulled before fails to
# pull after, unless it was deleted as planned, and the exit code is honest (tests/tools/damaged_stores.py).
# CASES: how many stores, 50; SEED: which.

bats_require_minimum_version 1.5.0
load ../tools/program

@test "random damaged stores lose nothing that could be pulled and stays" {
  local cases=${CASES:-50}
  [ -z "${SHORT:-}" ] || cases=$((cases > 15 ? 15 : cases))
  run "$BATS_TEST_DIRNAME/../tools/damaged_stores.py" --work "$BATS_TEST_TMPDIR" --cases "$cases" \
    --program "$CLEAN_REGISTRY" ${SEED:+--seed "$SEED"}
  grep '^# seed' <<<"$output" >&3 || echo "$output"
  [ "$status" -eq 0 ] || grep -A40 '^not ok' <<<"$output"
  [ "$status" -eq 0 ]
  [ "$(grep -c '^ok ' <<<"$output")" -eq "$cases" ]
}
