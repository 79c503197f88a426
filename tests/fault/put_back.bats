#!/usr/bin/env bats
# A kept tag that is moved onto a doomed digest after the look and before its DELETE goes with it: it is
# put back, if that can overwrite nothing, or it is named (S1, S6, S7).

load world

setup() {
  world_start
  world_push '[
    {"repository": "team/app", "tag": "old-1", "created": "-90d"},
    {"repository": "team/app", "tag": "old-2", "created": "-91d"},
    {"repository": "team/app", "tag": "old-3", "created": "-92d"},
    {"repository": "team/app", "tag": "spare", "created": "-2d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  # The hooks take their time on a busy machine.
  program_config '{"registry": {"timeout": 10, "retry_seconds": 1}}' "$(fault_url)"
}

teardown() {
  world_stop
}

# hook NUMBER RULES: at DELETE NUMBER (0: the first) of a manifest, after the probe, runs what stands on
# standard input: `tag NAME DIGEST`, `delete DIGEST`, $digest is the one that is deleted.
hook() {
  local script=$BATS_TEST_TMPDIR/hook
  {
    printf 'set -eu\nurl=%q\ndigest=${FAULT_PATH##*/}\n' "$REGISTRY_URL/v2/team/app"
    cat <<'SH'
echo "$digest" >"$0.digest"
tag() {
  curl -sf -D "$0.head" -o "$0.body" -H 'Accept: application/vnd.oci.image.index.v1+json' \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$url/manifests/$2"
  curl -sf -X PUT -H "$(tr -d '\r' <"$0.head" | grep -i ^content-type:)" --data-binary "@$0.body" \
    "$url/manifests/$1"
}
delete() {
  curl -sf -X DELETE "$url/manifests/$1"
}
SH
    cat
  } >"$script"
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"team/app/manifests/sha256:\"},
    \"after\": $(($1 + 1)), \"times\": 1, \"continue\": true, \"run\": \"sh $script\"}${2:+, $2}]"
}

deleted_digest() {
  cat "$BATS_TEST_TMPDIR/hook.digest"
}

# Where TAG points.
points_at() {
  registry_curl -o /dev/null -D - -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    -H 'Accept: application/vnd.oci.image.index.v1+json' \
    "$REGISTRY_URL/v2/team/app/manifests/$1" | tr -d '\r' | sed -n 's/^docker-content-digest: //Ip'
}

@test "a kept tag that went with the digest it was moved to is put back" {
  hook 0 <<<'tag new $digest'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new spare
  pull_whole team/app new spare
  [ "$(points_at new)" = "$(deleted_digest)" ]
  world_says 'team/app: tag new was moved to sha256:.* put back'
  [ "$(fault_answers PUT .)" = '201 PUT /v2/team/app/manifests/new' ]
  [ -z "$(program_owed)" ]
  [ "$(program_report .summary.deleted)" -eq 3 ]
}

@test "the list after the last DELETE is read, too" {
  hook 2 <<<'tag new $digest'
  # The third is alone in its batch, since something is pushed while the first is deleted.
  fault_rules "$(curl -sS --noproxy '*' "$(fault_url)/_fault/rules" | jq "map(del(.matched, .applied)) |
    [{match: {method: \"DELETE\", path: \"team/app/manifests/sha256:\"}, after: 2, times: 1,
      continue: true, run: \"jq -nc '[{repository: \\\"team/app\\\", tag: \\\"fresh\\\", created: \\\"-1h\\\"}]' |
        $FAULT_TOOLS/images.py --url $REGISTRY_URL\"}] + .")"
  program_run
  world_exits 0
  world_applied
  world_tags team/app fresh new spare
  pull_whole team/app new spare fresh
  [ "$(points_at new)" = "$(deleted_digest)" ]
}

@test "what is newer than our DELETE is not overwritten" {
  # The tag answers again when it is asked directly before the PUT, the first time after the DELETE.
  hook 0 "{\"match\": {\"method\": \"GET\", \"path\": \"team/app/manifests/new$\"}, \"run\":
    \"sh $BATS_TEST_TMPDIR/hook-2\"}" <<<'tag new $digest'
  sed -e 's/^tag new .*/tag new '"$(world_digest team/app:spare)"'/' \
    -e "2i[ -e '$BATS_TEST_TMPDIR/hook.digest' ] || exit 0" "$BATS_TEST_TMPDIR/hook" \
    >"$BATS_TEST_TMPDIR/hook-2"
  program_run
  world_exits 0
  world_applied
  [ "$(fault_count PUT .)" -eq 0 ]
  [ "$(points_at new)" = "$(world_digest team/app:spare)" ]
  pull_whole team/app new spare
}

@test "a tag whose manifest somebody else deleted is named, and nothing is pushed" {
  hook 0 <<SH
delete $(world_digest team/app:new)
SH
  program_run
  world_exits 1
  world_applied
  [ "$(fault_count PUT .)" -eq 0 ]
  world_says 'ERROR.*team/app: tag new vanished.*deleted by somebody else'
  registry_lacks team/app new
  pull_whole team/app spare
}

@test "no right to push: the tag is named, exit 1" {
  hook 0 '{"match": {"method": "PUT"}, "times": 1, "status": {"code": 403, "error": "DENIED"}}' \
    <<<'tag new $digest'
  program_run
  world_exits 1
  world_applied
  [ "$(fault_count PUT .)" -eq 1 ]
  world_says 'ERROR.*team/app: tag new vanished.*403 DENIED'
  pull_whole team/app spare
}

@test "a PUT that is refused for now is sent again, after another look" {
  hook 0 '{"match": {"method": "PUT"}, "times": 1, "status": 429}' <<<'tag new $digest'
  program_run
  world_exits 0
  world_applied
  [ "$(fault_count PUT .)" -eq 2 ]
  pull_whole team/app new spare
}

@test "an index comes back whole: its children wait for the list after its DELETE" {
  world_push '[{"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"]}]'
  # Nothing else goes: it is alone in its batch, so there is no doubt what the tag was moved to.
  program_config '{"registry": {"timeout": 10, "retry_seconds": 1},
    "cleanup": {"protected_patterns": ["old-"]}}' "$(fault_url)"
  fault_rules '[]'
  hook 0 <<SH
tag new $(world_digest team/app:multi)
SH
  # Whichever DELETE is the index's.
  fault_rules "$(curl -sS --noproxy '*' "$(fault_url)/_fault/rules" | jq "map(del(.matched, .applied) |
    .after = 0 | .match.path = \"$(world_digest team/app:multi)\")")"
  program_run
  world_exits 0
  world_applied
  registry_has team/app new
  pull_whole team/app new spare
  [ "$(points_at new)" = "$(world_digest team/app:multi)" ]
  registry_has team/app "$(world_digest team/app:multi/linux/amd64)"
  [ -z "$(program_owed)" ]
}

@test "one of several it may have been moved to: all are put back, and the tag is named" {
  # The first batch has one DELETE, the second has two.
  hook 2 <<<'tag new $digest'
  program_run
  world_exits 1
  world_applied
  world_says 'ERROR.*team/app: tag new vanished.*one of these'
  world_says "$(deleted_digest)"
  pull_whole team/app spare "$(deleted_digest)"
  [ "$(fault_count PUT 'manifests/sha256:')" -eq 2 ]
  [ "$(fault_count PUT 'manifests/new')" -eq 0 ]
}
