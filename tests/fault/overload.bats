#!/usr/bin/env bats
# A registry that answers nothing any more is given up, some slow tags are not the whole of it, and
# one that needs long for its catalog may.

load world

setup() {
  world_start
}

teardown() {
  world_stop
}

# tags COUNT: so many old ones in team/app, and one that stays.
tags() {
  world_push "$(jq --null-input --argjson count "$1" '[range($count) |
    {repository: "team/app", tag: "old-\(.)", created: "-90d"}] +
    [{repository: "team/app", tag: "new", created: "-1d"}]')"
  world_remember team/app
}

@test "a registry that takes requests and answers none is given up, not asked tag by tag" {
  tags 150
  world_config '{"registry": {"timeout": 1, "retry_seconds": 1}}'
  fault_rules '[{"match": {"path": "/manifests/"}, "hang": true}]'
  program_run
  world_exits 3
  world_says 'has served none for [0-9]+ s, the last one: .*; .*registry.timeout .*registry.max_concurrent_requests'
  (($(fault_count GET /manifests/) < 60))
  [ "$(fault_count DELETE .)" -eq 0 ]
  world_unchanged team/app
}

@test "some slow tags do not end a run, and their message names what helps" {
  world_push
  world_remember team/app
  world_config '{"registry": {"timeout": 1, "retry_seconds": 4}}'
  fault_rules '[{"match": {"path": "team/app/manifests/"}, "hang": true}]'
  program_run
  world_spared 'no whole answer within 1 s after [0-9]+ attempts; raise registry.timeout or lower registry.max_concurrent_requests'
}

@test "the catalog may take longer than other answers, and has a key of its own" {
  world_push
  world_remember team/app other
  fault_rules '[{"match": {"path": "_catalog"}, "delay": 2}]'
  world_config '{"registry": {"timeout": 1}}'
  program_run --dry-run
  world_exits 0
  world_applied
  world_config '{"registry": {"catalog_timeout": 1, "retry_seconds": 0}}'
  program_run
  world_says 'no whole answer within 1 s; raise registry.catalog_timeout'
  ((status != 0))
  world_unchanged team/app other
  # A list of tags has its own.
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "delay": 2}]'
  world_config '{"registry": {"timeout": 1, "retry_seconds": 0}}'
  program_run --dry-run
  world_says 'no whole answer within 1 s; raise registry.timeout'
}
