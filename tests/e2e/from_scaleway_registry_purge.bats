#!/usr/bin/env bats
# Coming from Scaleway Registry Purge: each of its usage examples, and what remains after it. Its
# variables become keys, its namespaces and images become namespaces and repositories.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

# Three months are 90 days. In team/web all is old.
setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none --auth SCWXXXXXXXXXXXXXXXXX:scw-secret
  push_images >/dev/null <<'JSON'
[ {"repository": "team/my-app", "tag": "latest", "created": "-91d"},
  {"repository": "team/my-app", "tag": "v1.0.0", "created": "-91d"},
  {"repository": "team/my-app", "tag": "v1.1.0", "created": "-89d"},
  {"repository": "team/my-app", "tag": "dev-v1.0.0", "created": "-1d"},
  {"repository": "team/my-app", "tag": "my-dev-1", "created": "-1d"},
  {"repository": "team/my-app", "tag": "v1-temp", "created": "-1d"},
  {"repository": "team/my-app", "tag": "v1-temp-2", "created": "-1d"},
  {"repository": "team/web", "tag": "test-7", "created": "-200d"},
  {"repository": "old-project/app", "tag": "test-1", "created": "-200d"},
  {"repository": "old-project/app", "tag": "2-temp", "created": "-100d"},
  {"repository": "old-projects/app", "tag": "test-1", "created": "-200d"} ]
JSON
  program_keep_images
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_bring_back_images
  export SCW_ACCESS_KEY=SCWXXXXXXXXXXXXXXXXX SCW_SECRET_KEY=scw-secret
}

# config.json with CLEANUP in its section cleanup. That tool knows no protected tag, and collects
# nothing.
example() {
  program_config "$(jq --null-input --argjson cleanup "$1" '{gc: {when: "never"},
    registry: {user: "__ENV: SCW_ACCESS_KEY", password: "__ENV: SCW_SECRET_KEY"},
    cleanup: ({days_to_keep: null, protected_tags: [], empty_repository_hours: 0} * $cleanup) }')"
}

@test "delete only old tags" {
  example '{"days_to_keep": 90}'
  program_exits 0
  program_remains <<'END'
team/my-app dev-v1.0.0 my-dev-1 v1-temp v1-temp-2 v1.1.0
team/web
old-project/app
old-projects/app
END
}

@test "delete only tags matching a pattern" {
  example '{"days_to_keep": 90, "delete_old_tags": false, "tag_name_pattern": "^(dev|test)-.*"}'
  program_exits 0
  program_remains <<'END'
team/my-app latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0
team/web
old-project/app 2-temp
old-projects/app
END
  [ "$(program_tag team/my-app dev-v1.0.0)" = "deleted name_match" ]
}

@test "delete both old tags and tags matching a pattern, with the reasons in the report" {
  example '{"days_to_keep": 90, "delete_old_tags": true, "tag_name_pattern": ".*-temp$"}'
  program_exits 0
  program_remains <<'END'
team/my-app dev-v1.0.0 my-dev-1 v1-temp-2 v1.1.0
team/web
old-project/app
old-projects/app
END
  [ "$(program_tag old-project/app 2-temp)" = "deleted old,name_match" ]
  [ "$(program_tag team/my-app v1.0.0)" = "deleted old" ]
  [ "$(program_tag team/my-app v1-temp)" = "deleted name_match" ]
  [ "$(program_report '.summary | "\(.repositories) \(.tags) \(.deleted) \(.errors)"')" = \
    "4 11 7 0" ]
  [ "$(program_report '.summary.rules[] | "\(.rule): \(.selected)"')" = "cleanup.days_to_keep 90: 6
cleanup.tag_name_pattern .*-temp\$: 2" ]
}

@test "delete old tags and clean up empty namespaces" {
  example '{"days_to_keep": 90, "delete_empty_repositories": true}'
  program_exits 0
  program_remains <<'END'
team/my-app dev-v1.0.0 my-dev-1 v1-temp v1-temp-2 v1.1.0
END
  [ "$(program_report '.repositories_removed | sort | join(" ")')" = "old-project/app old-projects/app team/web" ]
}

@test "complete cleanup: tags by pattern and empty namespaces" {
  example '{"delete_old_tags": false, "tag_name_pattern": "^(dev|test)-.*",
    "delete_empty_repositories": true}'
  program_exits 0
  program_remains <<'END'
team/my-app latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0
old-project/app 2-temp
END
}

@test "target a specific namespace only" {
  example '{"days_to_keep": 90, "tag_name_pattern": ".*-temp$"}'
  program_exits 0 --namespace old-project
  program_remains <<'END'
team/my-app dev-v1.0.0 latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0
team/web test-7
old-project/app
old-projects/app test-1
END
}

@test "clean up only a specific namespace, including its deletion when it is empty" {
  example '{"days_to_keep": 90}'
  program_exits 0 --repository team/web
  example '{"days_to_keep": 90, "delete_empty_repositories": true}'
  program_exits 0 --namespace old-project
  program_remains <<'END'
team/my-app dev-v1.0.0 latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0
team/web
old-projects/app test-1
END
}

@test "target a specific image only; it takes precedence over the namespace" {
  example '{"days_to_keep": 90, "tag_name_pattern": ".*-temp$"}'
  program_exits 0 --namespace old-project --repository team/my-app
  program_remains <<'END'
team/my-app dev-v1.0.0 my-dev-1 v1-temp-2 v1.1.0
team/web test-7
old-project/app 2-temp test-1
old-projects/app test-1
END
}

@test "target a specific image with name pattern matching" {
  example '{"delete_old_tags": false, "tag_name_pattern": "^(dev|test)-.*"}'
  program_exits 0 --repository team/my-app
  program_remains <<'END'
team/my-app latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0
team/web test-7
old-project/app 2-temp test-1
old-projects/app test-1
END
}

@test "disable all deletion" {
  example '{"delete_old_tags": false}'
  program_exits 0
  program_says "no other rule says what is to be deleted: nothing will be"
  program_remains <<'END'
team/my-app dev-v1.0.0 latest my-dev-1 v1-temp v1-temp-2 v1.0.0 v1.1.0
team/web test-7
old-project/app 2-temp test-1
old-projects/app test-1
END
}

@test "deployed with everything in variables" {
  example '{"protected_tags": null, "empty_repository_hours": null}'
  export CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEEP=90 CLEAN_REGISTRY_CLEANUP_DELETE_OLD_TAGS=true \
    CLEAN_REGISTRY_CLEANUP_TAG_NAME_PATTERN='^dev-.*' \
    CLEAN_REGISTRY_CLEANUP_DELETE_EMPTY_REPOSITORIES=true \
    CLEAN_REGISTRY_CLEANUP_PROTECTED_TAGS='[]'
  program_exits 0 --namespace old-project --repository team/my-app
  program_remains <<'END'
team/my-app my-dev-1 v1-temp v1-temp-2 v1.1.0
team/web test-7
old-project/app 2-temp test-1
old-projects/app test-1
END
}
