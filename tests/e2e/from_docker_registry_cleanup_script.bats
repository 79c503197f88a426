#!/usr/bin/env bats
# Coming from Docker Registry Cleanup Script (clean-registry.py): its config.json as it is.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/registry" --cache none --auth someuser:somepass
  push_images >/dev/null <<'JSON'
[ {"repository": "app", "tag": "latest", "created": "-31d"},
  {"repository": "app", "tag": "prod-stable", "created": "-400d"},
  {"repository": "app", "tag": "dev-stable", "created": "-400d"},
  {"repository": "app", "tag": "prod-stable-2", "created": "-31d", "layers": ["lost:50000"]},
  {"repository": "app", "tag": "develop-289sa1s", "created": "-400d"},
  {"repository": "app", "tag": "my-develop-build", "created": "-400d"},
  {"repository": "app", "tag": "master-branch", "created": "-400d"},
  {"repository": "app", "tag": "release-1", "created": "-400d"},
  {"repository": "app", "tag": "dev-elop", "created": "-31d"},
  {"repository": "app", "tag": "feature-9", "created": "-29d"},
  {"repository": "team/tool", "tag": "v1", "created": "-400d"},
  {"repository": "team/tool", "tag": "domain-7", "created": "-400d"},
  {"repository": "team/tool", "tag": "main", "created": "-400d"} ]
JSON
  program_keep_images
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_bring_back_images
}

# Runs it as that script is run: in the folder of config.json. FILTER changes the example.
run_example() {
  mkdir -p "$PROGRAM_DIR"
  cd "$PROGRAM_DIR" || return 1
  # Where the registry and the log are differs in tests.
  jq --arg url "$REGISTRY_URL" --arg name "$REGISTRY_NAME" --arg config "$REGISTRY_CONFIG" \
    --arg store "$REGISTRY_STORE" --arg dir "$PROGRAM_DIR" '.registry.url = $url
      | .registry.container = $name | .paths.config = $config
      | .paths.state = "\($dir)/state" | .log.file = "\($dir)/log" | '"$1" >config.json <<'JSON'
{
  "registry": {
    "url": "http://127.0.0.1:5001",
    "user": "someuser",
    "password": "somepass",
    "container": "registry"
  },
  "cleanup": {
    "days_to_keep": 30,
    "protected_tags": ["latest", "prod-stable", "dev-stable"],
    "protected_patterns": ["develop", "master", "main", "release"]
  },
  "paths": {
    "config": "/etc/distribution/config.yml",
    "storage": "/var/lib/registry",
    "host_storage": "/some/path"
  }
}
JSON
  chmod 600 config.json
  run "$CLEAN_REGISTRY"
  program_has_exited 0
}

what_shall_stay_stays() {
  program_remains <<'END'
app latest prod-stable dev-stable develop-289sa1s my-develop-build master-branch release-1 feature-9
team/tool domain-7 main
END
}

@test "the example: what is old goes, but for exact names and parts of names" {
  DEBUG=true run_example '.paths.host_storage = $store'
  what_shall_stay_stays
  # The collector ran, the space was measured, the lines are those of its log.
  program_says "[DEBUG] keep app:latest (" "[INFO] freed "
  [ "$(grep -cvE '^[0-9-]{10} [0-9:]{8} \[(DEBUG|INFO)\] ' log)" -eq 0 ]
  [ "$(find "$REGISTRY_STORE" -name data -size 50000c | wc -l)" -eq 0 ]
  diff log - <<<"$output"
}

@test "host_storage can be left out" {
  run_example 'del(.paths.host_storage)'
  what_shall_stay_stays
  program_says "[INFO] the storage took "
  program_keeps_quiet_of "[DEBUG]"
}

@test "host_storage that is not there is told, and everything else is done" {
  run_example '.'
  what_shall_stay_stays
  program_says "[WARNING] " "/some/path"
}
