#!/usr/bin/env bats
# A server that is slow, overloaded, or away: what is asked again, how often, and what the end is.

load world

setup() {
  world_start
}

teardown() {
  world_stop
}

# many REPOSITORY COUNT: that many tags that go, and one that stays.
many() {
  jq --null-input --arg repository "$1" --argjson count "$2" '[range($count) |
    {repository: $repository, tag: "old-\(.)", created: "-\(. + 90)d"}] +
    [{repository: $repository, tag: "new", created: "-1d"}]'
}

# untouched: nothing was deleted in either repository, not even tried.
untouched() {
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
}

# most_at_once: of all requests, by whatever method.
most_at_once() {
  jq -s 'map(select(.event == "answer")) as $all | $all | map(.start as $t |
    [$all[] | select(.start <= $t and .end > $t)] | length) | max' "$(fault_log)"
}

@test "bursts of 503 and 429 that end are waited out" {
  local code
  for code in 503 429 502 504; do
    world_push
    fault_rules "[{\"match\": {\"path\": \"/v2/$\"}, \"times\": 2, \"status\": $code},
      {\"match\": {\"path\": \"_catalog\"}, \"times\": 2, \"status\": $code},
      {\"match\": {\"path\": \"team/app/tags/list\"}, \"times\": 2, \"status\": $code},
      {\"match\": {\"path\": \"team/app/manifests/old$\"}, \"times\": 2, \"status\": $code},
      {\"match\": {\"path\": \"team/app/blobs/\"}, \"times\": 2, \"status\": $code}]"
    program_run
    world_exits 0
    world_applied
    world_tags team/app new
    world_tags other new
  done
}

@test "a Retry-After that fits is obeyed" {
  world_push
  world_config '{"registry": {"retry_seconds": 5}}'
  fault_rules '[{"match": {"path": "team/app/manifests/old$"}, "times": 1,
    "status": {"code": 429, "headers": {"Retry-After": "1"}}}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  jq -se 'map(select(.event == "request" and (.path | endswith("team/app/manifests/old")))) |
    .[1].start - .[0].start | . >= 1 and . < 4' "$(fault_log)"
}

@test "a Retry-After that does not fit is not waited for" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/manifests/old$"},
    "status": {"code": 429, "headers": {"Retry-After": "600"}}}]'
  program_run
  world_spared 'tag old: 429' 'team/app:old could not be verified: its manifest could not be read'
  # Once by the scan, once to know what the tag needs of the collector, once by the verification.
  [ "$(fault_applied 0)" -eq 3 ]
}

@test "502, 503 and 504 without end are given up when the time for repeats is over" {
  world_push
  world_remember team/app
  local code
  for code in 502 503 504; do
    fault_rules "[{\"match\": {\"path\": \"team/app/manifests/new$\"}, \"status\": $code}]"
    program_run
    world_spared "tag new: $code"
    # By the scan, for what the tag needs of the collector, and by the verification.
    (($(fault_applied 0) >= 3 && $(fault_applied 0) <= 15))
  done
}

@test "retry_seconds 0 asks once" {
  world_push
  world_remember team/app
  world_config '{"registry": {"retry_seconds": 0}}'
  fault_rules '[{"match": {"path": "team/app/manifests/new$"}, "times": 1, "status": 503}]'
  program_run
  world_spared 'tag new: 503'
}

@test "an entrance that answers 500 is asked three times: exit 3, nothing deleted" {
  world_push
  world_remember team/app other
  fault_rules '[{"match": {"path": "/v2/$"}, "status": 500}]'
  program_run
  world_exits 3
  [ "$(fault_applied 0)" -eq 3 ]
  untouched
}

@test "an entrance that is no registry's: exit 3, nothing deleted" {
  world_push
  world_remember team/app other
  local fault
  for fault in '"status": {"code": 404, "body": "nothing here"}' '"status": 503' '"status": 401' \
    '"redirect": "http://127.0.0.1:1"'; do
    fault_rules "[{\"match\": {\"path\": \"/v2/$\"}, $fault}]"
    program_run
    world_exits 3
    world_applied
    untouched
  done
}

@test "a registry that is not there: exit 3, nothing deleted" {
  world_push
  world_remember team/app other
  world_config "{\"registry\": {\"url\": \"http://127.0.0.1:$(registry_free_port)\"}}"
  program_run
  world_exits 3
  world_says 'cannot be reached: connection refused'
  untouched
  fault_stop proxy
  registry_stop
  world_proxy
  program_run
  world_exits 3
  world_says '502'
  [ "$(fault_count DELETE .)" -eq 0 ]
}

@test "answers slower than the time-out spare the repository, slow ones do not" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/manifests/new$"}, "hang": true}]'
  program_run
  world_spared 'tag new: no whole answer within 4 s'
  world_push
  fault_rules '[{"match": {"path": "team/app/"}, "delay": 0.4}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
}

# goes_away COUNT: the proxy ends at the first DELETE after so many, and lets through none until it has.
goes_away() {
  fault_rules "[{\"match\": {\"method\": \"DELETE\"}, \"after\": $1, \"continue\": true,
    \"run\": \"kill -TERM \$PPID\"}, {\"match\": {\"method\": \"DELETE\"}, \"after\": $1, \"hang\": true}]"
}

@test "a server that goes away before the first delete: nothing is deleted, exit 3" {
  world_push
  world_remember team/app other
  goes_away 0
  program_run
  world_exits 3
  world_unchanged team/app other
}

@test "a server that goes away in the middle: exit 1, no collection, and the next run finishes" {
  local port
  world_push "$(many team/app 6)"
  port=$(fault_url | sed 's/.*://')
  # The first two DELETEs are the probes.
  goes_away 4
  program_run
  world_exits 1
  [ "$(fault_answers DELETE . | grep -c ^202)" -eq 2 ]
  [ "$(program_report .summary.deleted)" -eq 2 ]
  [ "$(program_report .garbage_collection.ran)" = false ]
  [ "$(program_owed | grep -c '^team/app sha256:')" -eq 4 ]
  program_owed | grep -qx collection
  world_proxy --port "$port"
  program_run
  world_exits 0
  world_tags team/app new
  [ -z "$(program_owed)" ]
  [ "$(program_report .garbage_collection.ran)" = true ]
}

@test "no more requests are under way than allowed, and all that are allowed" {
  world_push "$(many team/app 20)"
  world_push "$(many other 20)"
  world_push "$(many third 20)"
  world_config '{"registry": {"max_concurrent_requests": 3}}'
  fault_rules '[{"delay": 0.02}]'
  program_run
  world_exits 0
  world_applied
  [ "$(most_at_once)" -eq 3 ]
  [ "$(fault_at_once DELETE .)" -eq 3 ]
  world_tags third new
}

@test "one request at a time is possible, too" {
  world_push
  world_config '{"registry": {"max_concurrent_requests": 1}}'
  fault_rules '[{"delay": 0.01}]'
  program_run
  world_exits 0
  world_applied
  [ "$(most_at_once)" -eq 1 ]
  world_tags team/app new
  world_tags other new
}

@test "deletes of one repository never go out together" {
  world_push "$(many team/app 8)"
  fault_rules '[{"match": {"method": "DELETE"}, "delay": 0.05}]'
  program_run
  world_exits 0
  world_applied
  [ "$(fault_at_once DELETE team/app)" -eq 1 ]
  world_tags team/app new
}

@test "connections are kept alive" {
  world_push "$(many team/app 30)"
  world_config '{"registry": {"max_concurrent_requests": 4}}'
  program_run
  world_exits 0
  jq -se 'map(select(.event == "request")) | length > 90 and (map(.client) | unique | length <= 8)' \
    "$(fault_log)"
}
