#!/usr/bin/env bats
# The trace of one decision, as the verb `why` prints it.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
  push_images >"$BATS_FILE_TMPDIR/digests" <<'JSON'
[ {"repository": "team/app", "tag": "pr-1", "id": "pr-1", "created": "-90d"},
  {"repository": "team/app", "tag": "pr-2", "id": "pr-2", "created": "-80d"},
  {"repository": "team/app", "tag": "pr-3", "id": "pr-3", "created": "-3d"},
  {"repository": "team/app", "tag": "old", "id": "old", "created": "-70d"},
  {"repository": "team/app", "tag": "stable", "same_as": "old"},
  {"repository": "team/app", "tag": "undated", "id": "undated"},
  {"repository": "charts", "tag": "undated", "kind": "artifact", "id": "chart"},
  {"repository": "charts", "tag": "index", "kind": "index", "children": ["pr-3", "undated"]},
  {"repository": "charts", "tag": "outer", "kind": "index", "children": ["charts:index"]},
  {"repository": "charts", "tag": "empty", "kind": "index", "children": ["chart"]},
  {"repository": "team/app", "kind": "cosign", "subject": "old", "id": "signature", "created": "-70d"},
  {"repository": "lib", "tag": "runs", "created": "-90d"},
  {"repository": "lib", "tag": "1.0", "created": "-90d"} ]
JSON
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  program_config '{"cleanup": {"protected_tags": ["stable"]},
    "jobs": [{"name": "prs", "repositories": ["team/*"], "tag_regexps": ["^pr-"], "save_last": 2,
      "clean_every_n_hours": 24}]}'
}

teardown() {
  [ -z "${public:-}" ] || rm -rf "$public"
}

digest() {
  digest_of "$1" <"$BATS_FILE_TMPDIR/digests"
}

why_exits() { # CODE ARGUMENT...
  local code=$1
  shift
  run --separate-stderr "$CLEAN_REGISTRY" why --quiet --config "$PROGRAM_DIR/config.json" "$@"
  program_has_exited "$code"
}

# prints TAG: fails unless standard input is what is printed of that tag of team/app, dates, which
# count from now, aside.
prints() {
  why_exits 0 "team/app:$1"
  diff - <(sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/TIME/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}/DAY/g' \
    <<<"$output")
}

@test "a tag that two rules let go" {
  prints pr-1 <<TEXT
tag        team/app:pr-1
digest     $(digest pr-1)
created    TIME (90 days ago)
pushed     TIME (0 days ago)

RULE                           MATCHES  SAYS
cleanup.days_to_keep 30        yes      delete, created 90 days ago
job prs, ^pr-                  yes      delete, 3rd newest, created 90 days ago
cleanup.protected_tags stable  no

decision   delete (old: created DAY (90 days ago), job: created DAY (90 days ago))
rule       cleanup.days_to_keep 30
TEXT
}

@test "a tag that one rule lets go and another keeps" {
  prints pr-2 <<TEXT
tag        team/app:pr-2
digest     $(digest pr-2)
created    TIME (80 days ago)
pushed     TIME (0 days ago)

RULE                           MATCHES  SAYS
cleanup.days_to_keep 30        yes      delete, created 80 days ago
job prs, ^pr-                  yes      keep, 2nd newest
cleanup.protected_tags stable  no

decision   keep (old: created DAY (80 days ago), save_last by job prs, ^pr-)
rule       job prs, ^pr-
TEXT
}

@test "a tag that shares its image with one that stays" {
  prints old <<TEXT
tag        team/app:old
digest     $(digest old)
created    TIME (70 days ago)
pushed     TIME (0 days ago)

RULE                           MATCHES  SAYS
cleanup.days_to_keep 30        yes      delete, created 70 days ago
job prs, ^pr-                  no
cleanup.protected_tags stable  no

stable has the same digest, and stays (old: created DAY (70 days ago), protected_tag).

decision   keep (old: created DAY (70 days ago), shared_digest with stable)
TEXT
}

@test "a tag without a date" {
  prints undated <<TEXT
tag        team/app:undated
digest     $(digest undated)
created    not known; looked for in config created, history[last].created, descriptor.createdAt, descriptor.created, annotation org.opencontainers.image.created
pushed     TIME (0 days ago)

RULE                           MATCHES  SAYS
cleanup.days_to_keep 30        yes      nothing: its age is not known
job prs, ^pr-                  no
cleanup.protected_tags stable  no

decision   keep (unknown_age)
TEXT
}

@test "where a date was looked for: an artifact, an index, one of indexes, one of artifacts" {
  local annotation="annotation org.opencontainers.image.created"
  local config="config created, history[last].created, descriptor.createdAt, descriptor.created, $annotation"
  looked_for_in undated "$annotation"
  looked_for_in index "$(digest undated), which it lists: $config"
  looked_for_in outer "$(digest charts:index), which it lists: $(digest undated), which it lists: $config"
  looked_for_in empty "what it lists"
}

# looked_for_in TAG PLACES: of the repository charts.
looked_for_in() {
  why_exits 0 "charts:$1"
  [ "$(sed -n 's/^created  *//p' <<<"$output")" = "not known; looked for in $2" ]
}

@test "a tag that describes another image" {
  local tag
  tag=$(digest old | tr : -).sig
  prints "$tag" <<TEXT
tag        team/app:$tag
digest     $(digest signature)
created    TIME (70 days ago)
pushed     TIME (0 days ago)

RULE                           MATCHES  SAYS
cleanup.days_to_keep 30        no
job prs, ^pr-                  no
cleanup.protected_tags stable  no

It describes $(digest old), and goes and stays with it.

decision   keep (subject_kept)
TEXT
}

@test "a job that is not due, or is the only one asked for" {
  program_exits 0 --repository lib --dry-run
  why_exits 0 team/app:pr-1 --jobs prs
  program_says "cleanup.days_to_keep 30        yes      nothing: not due, or not asked for in this run" \
    "decision   delete (job by job prs, ^pr-: created "
}

@test "a retain list, and what is in use" {
  cat >"$BATS_TEST_TMPDIR/list" <<<'1 1'
  program_config "$(jq --null-input --arg list "$BATS_TEST_TMPDIR/list" --arg host "${REGISTRY_URL#*//}" '{
    cleanup: {delete_old_tags: false}, retain_lists: [{file: $list, patterns: ["lib:{id}.{revision}"]}],
    protect: {in_use: [["echo", "\($host)/lib:runs"]]}}')"
  why_exits 0 lib:1.0
  program_says "retain list $BATS_TEST_TMPDIR/list  yes      delete" \
    "decision   delete (not_retained by retain list $BATS_TEST_TMPDIR/list)"
  why_exits 0 lib:runs
  program_says "yes      keep" "decision   keep (in_use)" "rule       protect.in_use"
}

@test "a tag as docker pull has it, and by its digest; another registry's is 2" {
  local host=${REGISTRY_URL#*//} plain digest
  why_exits 0 team/app:pr-1
  plain=$output
  for reference in "$host/team/app:pr-1" "${host^^}/team/app:pr-1" "$REGISTRY_URL/team/app:pr-1"; do
    why_exits 0 "$reference"
    [ "$output" = "$plain" ]
  done
  digest=$(registry_curl -I "$REGISTRY_URL/v2/team/app/manifests/pr-1" \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' | tr -d '\r' |
    sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p')
  why_exits 0 "$host/team/app:pr-1@$digest"
  [ "$output" = "$plain" ]
  # All tags that point at it.
  why_exits 0 "team/app@$digest"
  [[ $output == *"$plain"* ]]
  why_exits 1 "team/app:pr-1@sha256:$(printf '%064d' 0)"
  # shellcheck disable=SC2154 # set by run
  [[ $stderr == *"team/app:pr-1 points at $digest, and not at sha256:0000"* ]]
  why_exits 1 "team/app@sha256:$(printf '%064d' 0)"
  [[ $stderr == *"has no tag that points at sha256:0000"* ]]
  program_watch why_exits 2 elsewhere:5000/team/app:pr-1
  [ ! -s "$PROGRAM_DIR/requests" ]
  [[ $stderr == *"'elsewhere:5000' is not this registry ($host)"*protect.registry_names* ]]
}

@test "a tag that is not there is 1, a name that can be none is 2, and both say what is wrong" {
  why_exits 1 team/app:nothing
  [[ $output$stderr == *"the repository 'team/app' has no tag 'nothing'"* ]]
  why_exits 1 team/nothing:pr-1
  [[ $output$stderr == *"there is no repository 'team/nothing'"* ]]
  program_watch why_exits 2 team/app
  [ ! -s "$PROGRAM_DIR/requests" ]
  [[ $output$stderr == *"'team/app': REPOSITORY:TAG is expected"* ]]
  why_exits 2
  why_exits 2 team/app:pr-1 team/app:pr-2
  why_exits 2 team/app:pr-1 --report "$BATS_TEST_TMPDIR/report"
}

@test "it changes nothing, sends GETs alone, and needs no right to write" {
  store_digest_tree "$REGISTRY_STORE" >"$BATS_TEST_TMPDIR/before"
  program_watch why_exits 0 team/app:pr-1
  [ -s "$PROGRAM_DIR/requests" ]
  run ! grep -v '^GET ' "$PROGRAM_DIR/requests"
  store_digest_tree "$REGISTRY_STORE" | diff "$BATS_TEST_TMPDIR/before" -
  [ ! -e "$PROGRAM_DIR/state" ]
  public=$(mktemp -d /tmp/why.XXXXXX)
  cp "$CLEAN_REGISTRY" "$public/clean-registry"
  jq '.paths.host_storage = ""' "$PROGRAM_DIR/config.json" >"$public/config.json"
  chmod 755 "$public"
  chmod 644 "$public/config.json"
  run program_as_nobody "$public" \
    why team/app:pr-1
  program_has_exited 0
  program_says "rule       cleanup.days_to_keep 30"
}
