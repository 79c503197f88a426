#!/usr/bin/env bats
# Catalogs whose pages lose repositories (S1, S10): on a file system where there are more than fit in
# a page, on S3, and where a page's size breaks the connection.

load world

LIST_NAMES=${BUILD:-$FAULT_TOOLS/../../build}/tests/tools/list_names
RANDOM_NAMES=$FAULT_TOOLS/random_names.py

setup() {
  world_start --no-access-log
}

teardown() {
  world_stop
}

# repositories NAME...: what emptied repositories leave behind.
repositories() {
  printf "$REGISTRY_STORE/docker/registry/v2/repositories/%s/_layers\0" "$@" | xargs -0 mkdir -p
  printf "$REGISTRY_STORE/docker/registry/v2/repositories/%s/_manifests/tags\0" "$@" | xargs -0 mkdir -p
}

# lists_all URL: the repositories that the program's code lists there are those on disk.
lists_all() {
  local root=$REGISTRY_STORE/docker/registry/v2/repositories
  "$LIST_NAMES" "$1" >"$BATS_TEST_TMPDIR/is" 2>"$BATS_TEST_TMPDIR/said" || {
    cat "$BATS_TEST_TMPDIR/said"
    return 1
  }
  diff <(find "$root" -name _manifests -printf '%P\n' | sed 's:/_manifests$::' | LC_ALL=C sort) \
    <(LC_ALL=C sort "$BATS_TEST_TMPDIR/is")
}

requests() {
  sed -n 's/ requests$//p' "$BATS_TEST_TMPDIR/said"
}

plain() {
  sed -n 's/ plain$//p' "$BATS_TEST_TMPDIR/said"
}

@test "more than 1,000 repositories: what the registry's own pages lose is cleaned, and both counts are told" {
  # shellcheck disable=SC2046 # words
  repositories $(seq -f 'proj/%04g' 1000)
  world_push '[{"repository": "proj", "tag": "old", "created": "-90d"},
    {"repository": "proj", "tag": "new", "created": "-1d"},
    {"repository": "zoo", "tag": "old", "created": "-90d"},
    {"repository": "zoo", "tag": "new", "created": "-1d"}]'
  world_config '{"registry": {"timeout": 20, "retry_seconds": 20}}'
  program_run
  world_exits 0
  world_tags proj new
  world_tags zoo new
  world_says '\[WARNING\] the registry.s own pages name 1000 repositories; .* it names 1002'
}

@test "no repository is missed in random catalogs of 1,000 to 3,000 names, with few requests" {
  local round seed number
  for ((round = 0; round < ${CASES:-4}; round++)); do
    seed=$((${SEED:-$RANDOM} + round))
    number=$((1000 + seed % 2001))
    echo "seed $seed, $number names"
    rm -rf "$REGISTRY_STORE/docker"
    "$RANDOM_NAMES" "$seed" "$number" "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/truth"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/truth")" -eq "$number" ]
    lists_all "$REGISTRY_URL"
    (($(requests) <= 25 && $(plain) <= number))
  done
}

@test "a repository that more others lie in than two pages hold is asked for by its name" {
  # shellcheck disable=SC2046 # words
  repositories base $(seq -f 'base/proj/%04g' 2300) base/proj base/proj/0700/1/2 tail
  lists_all "$REGISTRY_URL"
}

@test "a catalog of exactly one page, and one that is smaller, cost one request more at most" {
  # shellcheck disable=SC2046 # words
  repositories $(seq -f 'r%04g' 999)
  lists_all "$REGISTRY_URL"
  [ "$(requests)" -eq 1 ]
  repositories r1000
  lists_all "$REGISTRY_URL"
  (($(requests) <= 3))
  [ "$(plain)" -eq 1000 ]
}

# Of 3.x, in pages of 10: a catalog of less than 100 names, which the backend lists whole.
walk() {
  fault_rules "[{\"match\": {\"path\": \"_catalog\"}, \"walk\": {\"driver\": \"$1\", \"limit\": 50}}]"
}

@test "a page size that breaks the connection: one name fewer, at once" {
  local began=$SECONDS
  world_config '{"registry": {"retry_seconds": 60}}'
  repositories a b c d e f g h h1 i/1 i k
  world_push
  walk filesystem
  program_run
  world_exits 0
  world_tags team/app new
  world_tags other new
  [ "$(fault_answers GET '_catalog' | grep -c '^null .*n=10$')" -ge 1 ]
  fault_answers GET _catalog | grep -q '^200 .*n=9$'
  ((SECONDS - began < 50))
  lists_all "$(fault_url)"
}

@test "repositories within each other that break several sizes in a row" {
  repositories a b c d e f g/1/2/3 g/1/2 g/1 g h i j
  walk filesystem
  lists_all "$(fault_url)"
}

@test "a connection that always breaks is a catalog that cannot be had, soon" {
  world_push
  world_remember team/app other
  fault_rules '[{"match": {"path": "_catalog"}, "drop": true}]'
  program_run
  world_exits 1
  world_says 'list of repositories is not complete'
  world_unchanged team/app other
  (($(fault_count GET _catalog) <= 25))
}

@test "on S3 a page that ends in team-a/ loses nothing of team/" {
  export KEYS=1
  repositories a b c d e f g h team-a/{a,b,c,d} team/{1,2,a,b,c} team team.b/x zoo
  walk s3
  lists_all "$(fault_url)"
  (($(plain) < 22))
}

@test "on S3 more of team/ than fit in a page are behind more of team-a/" {
  export KEYS=1
  # shellcheck disable=SC2046 # words
  repositories $(seq -f 'team-a/x%02g' 25) $(seq -f 'team/y%02g' 25) team team-a.b/c zoo
  walk s3
  lists_all "$(fault_url)"
}

@test "no repository is missed in random catalogs of 3.x on both storages" {
  local round seed driver
  export KEYS=1
  for ((round = 0; round < ${CASES:-8}; round++)); do
    seed=$((${SEED:-$RANDOM} + round))
    rm -rf "$REGISTRY_STORE/docker"
    "$RANDOM_NAMES" "$seed" $((30 + seed % 60)) "$REGISTRY_STORE" >/dev/null
    for driver in filesystem s3; do
      echo "seed $seed, $driver"
      walk "$driver"
      lists_all "$(fault_url)"
      (($(requests) <= 150))
    done
  done
}

# catalog_of COUNT [EXTRA FIELDS OF MATCH]: a rule that answers with so many names.
catalog_of() {
  jq --null-input --compact-output --argjson count "$1" --arg path "$2" '{match: {path: $path},
    replace_body: {json: {repositories: [range($count) | "r\(.)"]}}}'
}

@test "a registry that heeds neither n nor last, with just as many names as were asked for" {
  fault_rules "[$(catalog_of 1000 _catalog)]"
  "$LIST_NAMES" "$(fault_url)" >"$BATS_TEST_TMPDIR/is" 2>"$BATS_TEST_TMPDIR/said"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/is")" -eq 1000 ]
  (($(requests) <= 5))
  fault_rules "[$(catalog_of 1500 _catalog)]"
  "$LIST_NAMES" "$(fault_url)" >"$BATS_TEST_TMPDIR/is" 2>"$BATS_TEST_TMPDIR/said"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/is")" -eq 1500 ]
  [ "$(requests)" -eq 1 ]
}

@test "a registry that heeds n and not last has a catalog that cannot be had" {
  fault_rules "[$(catalog_of 999 'n=999$'), $(catalog_of 1000 _catalog)]"
  ! "$LIST_NAMES" "$(fault_url)" >/dev/null 2>"$BATS_TEST_TMPDIR/said" || return 1
  grep -q 'do not go on from' "$BATS_TEST_TMPDIR/said"
  (($(requests) <= 5))
}

@test "a registry of another kind that knows no name as a marker is listed by its Links" {
  repositories a b c d e
  fault_rules '[{"match": {"path": "_catalog.*last=b"}, "status": {"code": 400, "error": "BAD"}},
    {"match": {"path": "_catalog"}, "page": {"size": 4, "max": 5000}}]'
  lists_all "$(fault_url)"
}

@test "a middle page that cannot be had makes the catalog incomplete" {
  repositories a b c d e
  fault_rules '[{"match": {"path": "_catalog.*last=b"}, "status": 403},
    {"match": {"path": "_catalog"}, "page": {"size": 4, "max": 5000}}]'
  ! "$LIST_NAMES" "$(fault_url)" >/dev/null 2>"$BATS_TEST_TMPDIR/said" || return 1
  grep -q '^403 ' "$BATS_TEST_TMPDIR/said"
}

@test "--repository asks for the repository itself, whatever the catalog lists" {
  world_push
  fault_rules '[{"match": {"path": "_catalog"}, "hide": {"repositories": ["team/app"]}}]'
  program_run --repository team/app
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new old
  world_says '\[WARNING\] the registry.s catalog does not name team/app'
  program_run --repository team/none
  world_exits 1
  world_says "has no repository 'team/none'"
}
