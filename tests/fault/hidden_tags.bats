#!/usr/bin/env bats
# Tags that a list leaves out (S1, S2, S6): those that a 3.1.1 on S3 hides behind others, those that
# somebody named, and lists that are empty only once.

load world

LIST_NAMES=${BUILD:-$FAULT_TOOLS/../../build}/tests/tools/list_names

setup() {
  world_start
}

teardown() {
  world_stop
}

# plays VERSION STORAGE [JSON]: the registry calls itself that version and has that storage in its
# configuration; the backend does what it is told.
plays() {
  local folder=$BATS_TEST_TMPDIR/plays
  mkdir -p "$folder"
  printf 'version: 0.1\nstorage: %s\n' "$2" >"$folder/config.yml"
  printf '#!/bin/sh\necho "registry github.com/distribution/distribution/v3 %s"\n' "$1" >"$folder/registry"
  chmod +x "$folder/registry"
  world_proxy --play-3x --store "$REGISTRY_STORE"
  world_config "{gc: {when: \"never\"}, registry: {program: \"$folder/registry\"},
    paths: {config: \"$folder/config.yml\"}} * (${3:-"{}"})"
  fault_rules '[{"match": {"path": "/tags/list"}, "walk": "s3"}]'
}

S3='{s3: {bucket: b, region: r}, delete: {enabled: true}}'

# A tag is put where an image is, without a push.
also() {
  local tags
  tags=$(world_manifests "$1")/tags
  cp -r "$tags/$2" "$tags/$3"
}

# Three of a kind: what will be protected begins with the name of an old tag of the same image.
push_three() {
  world_push '[
    {"repository": "app", "tag": "1", "created": "-90d"},
    {"repository": "team/app", "tag": "v1", "created": "-90d"},
    {"repository": "other", "tag": "prod", "created": "-90d"},
    {"repository": "other", "tag": "prod-old", "created": "-95d"},
    {"repository": "third", "tag": "new", "created": "-1d"},
    {"repository": "third", "tag": "new1", "created": "-90d"}]'
  also app 1 10
  also team/app v1 v10-stable
  also other prod prod_stable
}

@test "3.1.1 on S3: what a tag hides is asked for, keeps its image, and is cleaned where it is old" {
  push_three
  plays 3.1.1 "$S3" '{cleanup: {protected_patterns: ["10", "stable"]}}'
  program_run
  world_exits 0
  world_applied
  world_tags app 10
  world_tags team/app v10-stable
  world_tags other prod_stable
  world_tags third new
  pull_whole app 10
  pull_whole team/app v10-stable
  pull_whole other prod_stable
}

@test "3.1.0, and a 3.1.1 whose storage cannot be told, are asked, too" {
  local version storage
  for version in '3.1.0 {s3: {bucket: b}}' '3.1.1 {s3: {bucket: b}, gcs: {bucket: b}}' '3.1.1 &x {}'; do
    storage=${version#* }
    version=${version%% *}
    push_three
    plays "$version" "$storage" '{cleanup: {protected_patterns: ["10", "stable"]}}'
    program_run --dry-run
    world_exits 0
    [ "$(program_report '.tags | length')" -eq 9 ]
    (($(fault_count GET 'last=[^&]*%2F~') >= 9))
  done
}

@test "3.0.0, and a 3.1.1 on a file system, are not asked for what tags hide" {
  push_three
  plays 3.0.0 "$S3"
  program_run --dry-run
  world_exits 0
  [ "$(fault_count GET 'last=')" -eq 0 ]
  plays 3.1.1 '{filesystem: {rootdirectory: /x}}'
  program_run --dry-run
  world_exits 0
  [ "$(fault_count GET 'last=')" -eq 0 ]
  world_config '{}'
  program_run --dry-run
  [ "$(fault_count GET 'last=')" -eq 0 ]
}

@test "a question for what tags hide that fails makes the list incomplete" {
  local fault
  push_three
  world_remember team/app
  for fault in '"status": 500' '"status": {"code": 404, "error": "NAME_UNKNOWN"}' \
    '"status": {"code": 400, "error": "PAGINATION_NUMBER_INVALID"}' '"replace_body": "{}"'; do
    plays 3.1.1 "$S3" '{cleanup: {protected_patterns: ["10", "stable"]}}'
    fault_rules "[{\"match\": {\"path\": \"team/app/tags/list.*last=v1%2F\"}, $fault},
      {\"match\": {\"path\": \"/tags/list\"}, \"walk\": \"s3\"}]"
    program_run
    world_exits 1
    world_applied
    world_unchanged team/app
    world_says '\[WARNING\] team/app: the list of its tags is not complete: what it hides'
    world_no_delete team/app
  done
}

@test "a registry of another kind, whose version cannot be told, may refuse the question" {
  push_three
  plays 3.1.1 "$S3"
  world_config '{gc: {when: "never"}, registry: {program: "false"}, paths: {config: "/nonexistent"}}'
  fault_rules '[{"match": {"path": "last="}, "status": {"code": 404, "body": ""}}]'
  program_run --dry-run
  world_exits 0
  world_applied
  # One that does not refuse it is believed.
  fault_rules '[{"match": {"path": "/tags/list"}, "walk": "s3"}]'
  program_run --dry-run
  world_exits 0
  [ "$(program_report '.tags | length')" -eq 9 ]
}

@test "a look before a DELETE asks for what tags hide, too" {
  world_push '[{"repository": "app", "tag": "1", "created": "-90d"}, {"repository": "app", "tag": "2", "created": "-1d"}]'
  plays 3.1.1 "$S3" '{cleanup: {protected_patterns: ["10"]}}'
  tags=$(world_manifests app)/tags
  fault_rules "[{\"match\": {\"method\": \"GET\", \"path\": \"app/tags/list$\"}, \"after\": 1, \"continue\": true,
      \"run\": \"[ -e '$tags/10' ] || cp -r '$tags/1' '$tags/10'\"},
    {\"match\": {\"path\": \"/tags/list\"}, \"walk\": \"s3\"}]"
  program_run
  world_applied
  [ -e "$tags/10" ]
  pull_whole app 10
}

# lists_all: the tags that the program's code lists in `r` are those on disk.
lists_all() {
  "$LIST_NAMES" "$(fault_url)" r >"$BATS_TEST_TMPDIR/is" 2>"$BATS_TEST_TMPDIR/said" || {
    cat "$BATS_TEST_TMPDIR/said"
    return 1
  }
  diff <(cd "$(world_manifests r)/tags" && printf '%s\n' * | LC_ALL=C sort) \
    <(LC_ALL=C sort "$BATS_TEST_TMPDIR/is")
}

tags() {
  rm -rf "$(world_manifests r)"
  printf "$(world_manifests r)/tags/%s/current\0" "$@" | xargs -0 mkdir -p
}

@test "tags that hide tags that hide tags, with '-' and '.' in between, and more than one answer holds" {
  fault_rules '[{"match": {"path": "/tags/list"}, "walk": "s3"}]'
  tags x x1-a x1 x1b x1.c x1b-2 x1b2 x1b2_ y
  lists_all
  # shellcheck disable=SC2046 # words
  tags v $(seq -f 'v%g' 1 600) v1-1 v1_1 w
  lists_all
  fault_rules '[{"match": {"path": "/tags/list"}, "walk": {"driver": "s3", "limit": 7}}]'
  tags 1 1{0..9} 1{0..9}{a..c} 1-{a..c} 2
  lists_all
}

@test "no tag is missed in random repositories, and each is asked about once or twice" {
  local round seed
  fault_rules '[{"match": {"path": "/tags/list"}, "walk": "s3"}]'
  for ((round = 0; round < ${CASES:-8}; round++)); do
    seed=$((${SEED:-$RANDOM} + round))
    echo "seed $seed"
    # shellcheck disable=SC2046 # words
    tags $(awk -v seed="$seed" 'BEGIN { srand(seed); split("0 1 a b _ - .", letters, " ")
      for (i = 0; i < 40; i++) {
        tag = letters[1 + int(rand() * 5)]
        for (n = int(rand() * 5); n > 0; n--) tag = tag letters[1 + int(rand() * 7)]
        print tag
      } }')
    lists_all
    (($(sed -n 's/ requests$//p' "$BATS_TEST_TMPDIR/said") <= 82))
  done
}

# named ARGUMENTS OF program_run: `used` is in no list, and spares team/app.
named() {
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "hide": {"tags": ["used"]}}]'
  program_run "$@"
  world_spared 'tag used, named by .*: it exists, but the registry does not list it'
  world_no_delete team/app
}

push_used() {
  world_push '[{"repository": "team/app", "tag": "old", "created": "-90d"},
    {"repository": "team/app", "tag": "used", "created": "-90d"},
    {"repository": "team/app", "tag": "r-7.2", "created": "-90d"},
    {"repository": "other", "tag": "old", "created": "-80d"},
    {"repository": "other", "tag": "new", "created": "-2d"}]'
  world_remember team/app
}

@test "a tag that is in use and that no list names spares its repository" {
  push_used
  world_config "{protect: {in_use: [[\"echo\", \"$(fault_url | sed 's,.*//,,')/team/app:used\"]]}}"
  named
}

@test "a tag of a retain list that no list names spares its repository" {
  push_used
  printf '7 2 3\n' >"$BATS_TEST_TMPDIR/list"
  world_config "{retain_lists: [{file: \"$BATS_TEST_TMPDIR/list\", patterns: [\"team/app:r-{id}.{revision}\"]}]}"
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "hide": {"tags": ["r-7.2"]}}]'
  program_run
  world_spared 'tag r-7.2, named by a retain list: it exists'
  world_no_delete team/app
}

@test "a tag of the plan that is applied and that no list names spares its repository" {
  push_used
  program_run --dry-run
  run "$CLEAN_REGISTRY" plan --config "$PROGRAM_DIR/config.json" --output "$BATS_TEST_TMPDIR/plan"
  [ "$status" -eq 0 ]
  grep -q '"used"' "$BATS_TEST_TMPDIR/plan"
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "hide": {"tags": ["used"]}}]'
  run "$CLEAN_REGISTRY" apply "$BATS_TEST_TMPDIR/plan" --config "$PROGRAM_DIR/config.json"
  world_spared 'tag used, named by the plan: it exists'
  world_no_delete team/app
}

@test "a tag in use that the list hides only in the look before the DELETE spares its repository" {
  push_used
  world_config "{protect: {in_use: [[\"echo\", \"$(fault_url | sed 's,.*//,,')/team/app:used\"]]}}"
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "after": 1, "hide": {"tags": ["used"]}}]'
  program_run
  world_spared 'tag used, named by protect.in_use: it exists'
  world_no_delete team/app
}

@test "a list without names is believed when it is answered so twice, in any of its forms" {
  local form
  world_push
  for form in '"replace_body": {"json": {"name": "team/app", "tags": null}}' \
    '"replace_body": {"json": {"name": "team/app", "tags": []}}' \
    '"status": {"code": 404, "error": "NAME_UNKNOWN"}'; do
    fault_clear
    fault_rules "[{\"match\": {\"path\": \"team/app/tags/list\"}, $form}]"
    program_run --dry-run
    world_exits 0
    [ "$(fault_count GET 'team/app/tags/list')" -eq 2 ]
  done
}

@test "a list that is empty once, and then is not, or is so in another way, spares the repository" {
  local form
  world_push
  world_remember team/app
  for form in '"replace_body": {"json": {"name": "team/app", "tags": null}}' \
    '"replace_body": {"json": {"name": "team/app", "tags": []}}' \
    '"status": {"code": 404, "error": "NAME_UNKNOWN"}'; do
    fault_rules "[{\"match\": {\"path\": \"team/app/tags/list\"}, \"times\": 1, $form}]"
    program_run
    world_spared 'had no names when it was asked for first'
  done
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "times": 1, "status": {"code": 404, "error": "NAME_UNKNOWN"}},
    {"match": {"path": "team/app/tags/list"}, "times": 1, "replace_body": {"json": {"tags": []}}}]'
  program_run --dry-run
  world_exits 1
  world_says 'team/app: the list of its tags is not complete: the registry says in one answer'
}

# many COUNT: as many images, every second one old; their names hide one another.
many() {
  local i images=()
  for ((i = 1; i <= $1; i++)); do
    images+=("{\"repository\": \"app\", \"tag\": \"v$i\", \"created\": \"-$((i % 2 ? 90 : 1))d\", \"layers\": [\"base\"]}")
  done
  world_push "[$(IFS=,; echo "${images[*]}")]"
}

@test "what tags hide is not asked for all over again with each batch of deletes" {
  many 120
  plays 3.1.1 "$S3"
  program_run
  world_exits 0
  world_applied
  [ "$(registry_tags app | wc -l)" -eq 60 ]
  echo "$(program_report .requests) requests"
  (($(program_report .requests) <= 12 * 120))
}

@test "a registry that heeds neither last nor n is not asked for what each tag hides" {
  many 30
  plays 3.1.1 "$S3"
  world_config '{gc: {when: "never"}, registry: {program: "false"}, paths: {config: "/nonexistent"}}'
  fault_rules "[{\"match\": {\"path\": \"app/tags/list\"}, \"replace_body\": {\"json\":
    {\"name\": \"app\", \"tags\": $(registry_tags app | jq -Rnc '[inputs]')}}}]"
  program_run --dry-run
  world_exits 0
  [ "$(program_report '.tags | length')" -eq 30 ]
  (($(fault_count GET 'last=') <= 8))
}
