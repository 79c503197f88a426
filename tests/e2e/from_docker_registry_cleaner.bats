#!/usr/bin/env bats
# Coming from Domino's docker-registry-cleaner: its file `environments`, in both naming conventions.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

PASSWORD=GewXRrP0XoNxn07B2lwH4UnvMQeG83Rk

# Some revisions, ids and repositories begin or end as others that are listed do.
setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none --auth "domino-registry:$PASSWORD"
  push_images >/dev/null <<'JSON'
[ {"repository": "domino-62798b9bee0eb12322fc97e8", "tag": "3", "created": "-90d"},
  {"repository": "domino-62798b9bee0eb12322fc97e8", "tag": "29", "created": "-90d"},
  {"repository": "domino-62798b9bee0eb12322fc97e8", "tag": "30", "created": "-90d"},
  {"repository": "domino-62798b9bee0eb12322fc97e8", "tag": "28",
   "same_as": "domino-62798b9bee0eb12322fc97e8:30"},
  {"repository": "domino-62798b9bee0eb12322fc97e8", "tag": "notes", "created": "-90d"},
  {"repository": "domino-6286a3c76d4fd0362f8ba3ec", "tag": "8", "created": "-90d"},
  {"repository": "domino-6286a3c76d4fd0362f8ba3ec", "tag": "9", "created": "-90d"},
  {"repository": "domino-6286a3c76d4fd0362f8ba3ec", "tag": "12", "created": "-90d"},
  {"repository": "domino-ffff8b9bee0eb12322fc97e8", "tag": "1", "created": "-90d"},
  {"repository": "dominodatalab/environment", "tag": "62798b9bee0eb12322fc97e8-31", "created": "-2d"},
  {"repository": "dominodatalab/environment", "tag": "62798b9bee0eb12322fc97e8-32", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "62798b9bee0eb12322fc97e8-310", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "62798b9bee0eb12322fc97e8-latest", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "62798b9bee0eb12322fc97e8", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "x62798b9bee0eb12322fc97e8-32", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "6286a3c76d4fd0362f8ba3ec-13", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "6286a3c76d4fd0362f8ba3ec-14", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "627d94043035a63be6140e93-9", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "627d94043035a63be6140e93-10", "created": "-1d"},
  {"repository": "dominodatalab/environment", "tag": "ffff8b9bee0eb12322fc97e8-1", "created": "-90d"},
  {"repository": "dominodatalab/model", "tag": "62798b9bee0eb12322fc97e8-1", "created": "-90d"} ]
JSON
  program_keep_images
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_bring_back_images
  export SKOPEO_PASSWORD=$PASSWORD
}

# environments <LINES: that file, and config.json.
environments() {
  mkdir -p "$PROGRAM_DIR"
  cat >"$PROGRAM_DIR/environments"
  program_config "$(jq --null-input --arg file "$PROGRAM_DIR/environments" '{
    registry: {password: "__ENV: SKOPEO_PASSWORD"}, cleanup: {days_to_keep: null},
    retain_lists: [{file: $file, patterns: ["domino-{id}:{revision}",
      "dominodatalab/environment:{id}-{revision}"]}]}')"
}

example() {
  environments <<'END'
62798b9bee0eb12322fc97e8 31 30
6286a3c76d4fd0362f8ba3ec 13 12 9
627d94043035a63be6140e93 10
END
}

# What remains after the example; more tags of the first repository may be given.
example_is_done() {
  program_remains <<END
domino-62798b9bee0eb12322fc97e8 28 30 notes $*
domino-6286a3c76d4fd0362f8ba3ec 9 12
domino-ffff8b9bee0eb12322fc97e8 1
dominodatalab/environment 62798b9bee0eb12322fc97e8 62798b9bee0eb12322fc97e8-31 \
  62798b9bee0eb12322fc97e8-latest x62798b9bee0eb12322fc97e8-32 6286a3c76d4fd0362f8ba3ec-13 \
  627d94043035a63be6140e93-10 ffff8b9bee0eb12322fc97e8-1
dominodatalab/model 62798b9bee0eb12322fc97e8-1
END
}

@test "the example: every revision of the listed ids goes, except those that are to be retained" {
  example
  program_exits 0
  example_is_done
  # One image was built into two revisions.
  [ "$(program_tag domino-62798b9bee0eb12322fc97e8 28)" = "kept not_retained,shared_digest" ]
  [ "$(program_tag domino-62798b9bee0eb12322fc97e8 30)" = "kept listed_revision" ]
}

@test "looking at what is to be deleted before anything is: plan, and apply" {
  local plan=$BATS_TEST_TMPDIR/revisions_to_delete
  example
  run "$CLEAN_REGISTRY" plan --config "$PROGRAM_DIR/config.json" --output "$plan"
  program_has_exited 0
  diff - <(jq --raw-output 'select(.decision == "delete") | "\(.repository):\(.tag)"' "$plan" |
    LC_ALL=C sort) <<'END'
domino-62798b9bee0eb12322fc97e8:29
domino-62798b9bee0eb12322fc97e8:3
domino-6286a3c76d4fd0362f8ba3ec:8
dominodatalab/environment:62798b9bee0eb12322fc97e8-310
dominodatalab/environment:62798b9bee0eb12322fc97e8-32
dominodatalab/environment:627d94043035a63be6140e93-9
dominodatalab/environment:6286a3c76d4fd0362f8ba3ec-14
END
  [ "$(registry_tags domino-62798b9bee0eb12322fc97e8 | wc -l)" -eq 5 ]
  sed -i '/"tag": *"29"/d' "$plan"
  run "$CLEAN_REGISTRY" apply --config "$PROGRAM_DIR/config.json" "$plan"
  program_has_exited 0
  example_is_done 29
}

@test "ids that are commented out stay, and those that are nowhere are named" {
  environments <<'END'
# 62798b9bee0eb12322fc97e8 31 30
6286a3c76d4fd0362f8ba3ec
5f0000000000000000000000 1
END
  program_exits 0
  program_says "no tag is of the id 5f0000000000000000000000"
  program_remains <<END
domino-62798b9bee0eb12322fc97e8 3 28 29 30 notes
domino-6286a3c76d4fd0362f8ba3ec
domino-ffff8b9bee0eb12322fc97e8 1
dominodatalab/environment 62798b9bee0eb12322fc97e8 62798b9bee0eb12322fc97e8-31 \
  62798b9bee0eb12322fc97e8-32 62798b9bee0eb12322fc97e8-310 62798b9bee0eb12322fc97e8-latest \
  x62798b9bee0eb12322fc97e8-32 627d94043035a63be6140e93-10 627d94043035a63be6140e93-9 \
  ffff8b9bee0eb12322fc97e8-1
dominodatalab/model 62798b9bee0eb12322fc97e8-1
END
}

@test "a revision that is no number is refused, with its line, before anything is sent" {
  environments <<'END'
62798b9bee0eb12322fc97e8 31 30
6286a3c76d4fd0362f8ba3ec 13, 12, 9
END
  program_watch program_exits 2
  program_says 'line 2: "13," is no revision: it must be digits'
  [ ! -s "$PROGRAM_DIR/requests" ]
}
