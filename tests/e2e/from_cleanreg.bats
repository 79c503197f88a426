#!/usr/bin/env bats
# Coming from cleanreg: keeping by the number of images, in one repository or in those of a file.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

# In mysql are seven images, the newest with three tags, the second oldest with two.
setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none --auth test:secret
  push_images >/dev/null <<'JSON'
[ {"repository": "mysql", "tag": "8.0", "created": "-1d"},
  {"repository": "mysql", "tag": "8", "same_as": "mysql:8.0"},
  {"repository": "mysql", "tag": "lts", "same_as": "mysql:8.0"},
  {"repository": "mysql", "tag": "9.1", "created": "-2d"},
  {"repository": "mysql", "tag": "5.7.10", "created": "-3d"},
  {"repository": "mysql", "tag": "5.7.9", "created": "-300d"},
  {"repository": "mysql", "tag": "5.6", "created": "-400d"},
  {"repository": "mysql", "tag": "5.5", "created": "-500d"},
  {"repository": "mysql", "tag": "5", "same_as": "mysql:5.5"},
  {"repository": "mysql", "tag": "1", "created": "-600d"},
  {"repository": "busybox", "tag": "1", "created": "-3d"},
  {"repository": "busybox", "tag": "2", "created": "-2d"},
  {"repository": "busybox", "tag": "3", "created": "-1d"},
  {"repository": "team/redis", "tag": "1", "created": "-900d"},
  {"repository": "team/redis", "tag": "2", "created": "-800d"},
  {"repository": "team/redis", "tag": "latest", "created": "-1000d"} ]
JSON
  program_keep_images
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_bring_back_images
  program_config '{"cleanup": {"days_to_keep": null}}'
}

nothing_went() {
  program_remains <<'END'
mysql 8.0 8 lts 9.1 5.7.10 5.7.9 5.6 5.5 5 1
busybox 1 2 3
team/redis 1 2 latest
END
}

@test "-n mysql -k 5: five images stay with all their tags, and nothing else is touched" {
  program_config '{"cleanup": {"days_to_keep": null, "keep_last_images": 5}}'
  program_exits 0 --repository mysql
  program_remains <<'END'
mysql 8.0 8 lts 9.1 5.7.10 5.7.9 5.6
busybox 1 2 3
team/redis 1 2 latest
END
}

@test "-k 5 alone, as a variable: in every repository" {
  CLEAN_REGISTRY_CLEANUP_KEEP_LAST_IMAGES=2 program_exits 0
  program_remains <<'END'
mysql 8.0 8 lts 9.1
busybox 2 3
team/redis 1 2 latest
END
}

@test "-i is the default: an image stays with all its tags while one of them has to stay" {
  program_config '{"cleanup": {"days_to_keep": null, "keep_last_images": 5,
    "protected_tags": ["5"]}}'
  program_exits 0 --repository mysql
  program_remains <<'END'
mysql 8.0 8 lts 9.1 5.7.10 5.7.9 5.6 5.5 5
busybox 1 2 3
team/redis 1 2 latest
END
  [ "$(program_tag mysql 5.5)" = "kept beyond_number,shared_digest" ]
}

@test "-f cleanreg-example.conf: with comments, a byte-order mark and CRLF; others are not touched" {
  local file=$BATS_TEST_TMPDIR/cleanreg-example.conf
  printf '\xef\xbb\xbf# what to keep\r\n\r\nmysql 3\r\n\tbusybox   0 # none\r\n' >"$file"
  cd "$BATS_TEST_TMPDIR"
  program_exits 0 --repos-file cleanreg-example.conf
  program_remains <<'END'
mysql 8.0 8 lts 9.1 5.7.10
busybox
team/redis 1 2 latest
END
}

@test "the file in config.json, together with -n and with a number for all others" {
  local file=$BATS_TEST_TMPDIR/repositories
  printf 'mysql 4\nbusybox 1\n' >"$file"
  program_config "$(jq --null-input --arg file "$file" \
    '{cleanup: {days_to_keep: null, repositories_file: $file, keep_last_images: 1}}')"
  program_exits 0 --repository mysql --repository team/redis
  program_remains <<'END'
mysql 8.0 8 lts 9.1 5.7.10 5.7.9
busybox 1 2 3
team/redis 2 latest
END
}

@test "its command lines mean something else here, and are refused" {
  local -a line
  for line in "-r $REGISTRY_URL -n mysql -k 5" "-n mysql" "-f cleanreg-example.conf" "-n busybox -q"; do
    # shellcheck disable=SC2086,SC2128 # words
    program_exits 2 $line
  done
  nothing_went
}
