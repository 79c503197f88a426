#!/usr/bin/env bats
# DELETEs that the registry did not take at once: each is looked at again before it is sent again (S6),
# however long it waited, and for whatever reason.

load world

setup() {
  world_start
  world_push '[
    {"repository": "team/app", "tag": "old-1", "created": "-90d"},
    {"repository": "team/app", "tag": "old-2", "created": "-91d"},
    {"repository": "team/app", "tag": "new", "created": "-1d"} ]'
  program_config '{"registry": {"timeout": 5, "retry_seconds": 20, "max_concurrent_requests": 1}}' \
    "$(fault_url)"
}

teardown() {
  world_stop
}

# script NAME: a shell script from standard input, with `tag NAME DIGEST`, which tags a manifest of
# team/app past the proxy; prints its path.
script() {
  local path=$BATS_TEST_TMPDIR/$1
  {
    printf 'set -eu\nurl=%q tools=%q\n' "$REGISTRY_URL/v2/team/app" "$FAULT_TOOLS"
    cat <<'SH'
tag() {
  curl -sf -D "$0.head" -o "$0.body" -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$url/manifests/$2"
  curl -sf -X PUT -H "$(tr -d '\r' <"$0.head" | grep -i ^content-type:)" --data-binary "@$0.body" \
    "$url/manifests/$1"
}
SH
    cat
  } >"$path"
  echo "$path"
}

# The protected tag came to the digest whose DELETE waited: it stays, and is not asked for again.
latest_is_whole() {
  local digest=$1
  world_applied
  registry_has team/app latest
  pull_whole team/app latest new
  [ "$(registry_curl -o /dev/null -w '%{http_code}' "$REGISTRY_URL/v2/team/app/manifests/$digest" \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json')" = 200 ]
  [ "$(fault_count DELETE "team/app/manifests/$digest")" -le "${2:-1}" ]
  [ "$(fault_count PUT .)" -eq 0 ]
  [ -z "$(program_owed)" ]
}

# during_first ANSWER: on the first DELETE of a manifest `latest` is pushed at it, and it is answered so.
during_first() {
  local hook
  # shellcheck disable=SC2016 # expanded by the script
  hook=$(script hook <<<'echo "${FAULT_PATH##*/}" >"$0.digest"; tag latest "${FAULT_PATH##*/}"')
  fault_rules "[{\"match\": {\"method\": \"DELETE\", \"path\": \"team/app/manifests/sha256:\"},
    \"after\": 1, \"times\": 1, \"continue\": true, \"run\": \"sh $hook\"},
    {\"match\": {\"method\": \"DELETE\", \"path\": \"team/app/manifests/sha256:\"},
    \"after\": 1, \"times\": 1, $1}]"
}

@test "429 with Retry-After: the protected tag that came meanwhile keeps its image" {
  during_first '"status": {"code": 429, "headers": {"Retry-After": "2"}}'
  program_run
  world_exits 0
  latest_is_whole "$(<"$BATS_TEST_TMPDIR/hook.digest")"
  [ "$(program_report '[.tags[] | select(.status == "changed")] | length')" -eq 1 ]
  [ "$(program_report '[.tags[] | select(.status == "deleted")] | length')" -eq 1 ]
}

@test "429 without Retry-After, and nothing came: the look after it lets the DELETE go" {
  fault_rules '[{"match": {"method": "DELETE", "path": "team/app/manifests/sha256:"}, "after": 1,
    "times": 2, "status": 429}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  # A list of the tags between each DELETE that was refused and the next.
  jq -se 'map(select(.event == "request" and (.method == "DELETE" or (.path | test("tags/list")))) |
    .method) | join(" ") | test("DELETE GET (GET )*DELETE GET (GET )*DELETE") ' "$(fault_log)"
  [[ $(jq -rs 'map(select(.event == "request" and (.method == "DELETE" or (.path | test("tags/list")))) |
    .method) | join(" ")' "$(fault_log)") != *"DELETE DELETE DELETE"* ]]
}

@test "429 without end: given up after retry_seconds, and the rest is left" {
  world_config '{"registry": {"retry_seconds": 1}}'
  world_remember team/app
  fault_rules '[{"match": {"method": "DELETE", "path": "team/app/manifests/sha256:"}, "after": 1,
    "status": 429}]'
  program_run
  world_exits 1
  world_applied
  world_says 'team/app: manifest sha256:.*429'
  world_unchanged team/app
  [ "$(program_owed | grep -c '^team/app')" -eq 2 ]
}

@test "503 is not sent again: what came meanwhile stays" {
  during_first '"status": {"code": 503, "headers": {"Retry-After": "1"}}'
  program_run
  world_exits 1
  world_applied
  registry_has team/app latest
  pull_whole team/app latest new
  [ "$(fault_count DELETE "team/app/manifests/$(<"$BATS_TEST_TMPDIR/hook.digest")")" -eq 1 ]
}

@test "no connection: the protected tag that came meanwhile keeps its image" {
  local hook
  # What is asked for last before the first DELETE; which manifest that is about tells the GET before it.
  hook=$(script hook <<SH
(sleep 0.5; for tag in old-1 old-2; do tag latest-\$tag \$(case \$tag in
  old-1) echo $(world_digest team/app:old-1) ;; *) echo $(world_digest team/app:old-2) ;; esac)
done; tag latest $(world_digest team/app:old-1)) >/dev/null 2>&1 &
SH
  )
  fault_rules "[{\"match\": {\"method\": \"GET\", \"path\": \"team/app/manifests/latest\"},
    \"times\": 1, \"continue\": true, \"run\": \"sh $hook\"},
    {\"match\": {\"method\": \"GET\", \"path\": \"team/app/manifests/latest\"}, \"times\": 1,
    \"refuse\": 3}]"
  program_run
  world_exits 0
  latest_is_whole "$(world_digest team/app:old-1)" 0
  pull_whole team/app latest-old-1 latest-old-2
  [ "$(fault_count DELETE 'team/app/manifests/sha256:')" -eq 1 ]
}
