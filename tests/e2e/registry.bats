#!/usr/bin/env bats
# Ways to a registry: passwords, TLS, a path prefix behind a proxy, another host's tools, du.

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program
load ../tools/nginx

# Quotes, blanks, a backslash, what URLs, shells, JSON and formats take for special; no colon in front.
# shellcheck disable=SC2016 # nothing is to be expanded
PASSWORD='p@ss: "w0rd'\''\%s%n$HOME `id` {x} #?&+/=ü'

setup_file() {
  engine_shared
  registry_start "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
}

teardown() {
  [ ! -e "$BATS_TEST_TMPDIR/own" ] || registry_stop "$BATS_TEST_TMPDIR/own"
  nginx_stop
}

push() {
  push_images >"$BATS_TEST_TMPDIR/digests" <<'JSON'
[ {"repository": "team/app", "tag": "old", "created": "-90d", "layers": ["lost:61001"]},
  {"repository": "team/app", "tag": "new", "created": "-1d"} ]
JSON
}

# The run did all of it.
cleaned() {
  program_leaves team/app new
  [ -z "$(find "$REGISTRY_STORE" -name data -size 61001c)" ]
  pull_whole team/app new
}

# An authority of our own in DIR/ca.pem, and a certificate of it for NAME.
make_certificate() {
  local dir=$1 name=$2
  mkdir -p "$dir"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj '/CN=an authority of a test' -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
    -keyout "$dir/key.pem" -out "$dir/request" 2>/dev/null
  openssl x509 -req -in "$dir/request" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial \
    -days 2 -extfile <(echo "subjectAltName=$name") -out "$dir/certificate.pem" 2>/dev/null
}

@test "a password of odd characters opens, and is told to nobody" {
  local seen=$BATS_TEST_TMPDIR/arguments
  registry_start "$BATS_TEST_TMPDIR/own" --cache none --auth "someuser:$PASSWORD"
  push
  # At each call of registry.exec the arguments of all processes are written down.
  program_config "$(program_exec "cat /proc/[0-9]*/cmdline >>'$seen' 2>/dev/null")"
  program_watch program_exits 0 --debug
  cleaned
  grep -qaF -- "$PROGRAM_DIR/config.json" "$seen"
  grep -qaF garbage-collect "$seen"
  local secret
  for secret in "$PASSWORD" "w0rd" "$(printf %s "someuser:$PASSWORD" | base64 -w0)"; do
    run ! grep -qaF -- "$secret" "$seen"
    run ! grep -qF -- "$secret" <<<"$output"
    run ! grep -qF -- "$secret" "$PROGRAM_DIR/log"
    run ! grep -qF -- "$secret" "$PROGRAM_DIR/report.json"
    run ! grep -rqF -- "$secret" "$PROGRAM_DIR/state"
  done
}

@test "a password that is refused is not told either" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache none --auth "someuser:right"
  program_config '{"registry": {"password": "n0t-this-one"}}'
  program_exits 3 --debug
  program_keeps_quiet_of "n0t-this-one" "$(printf %s someuser:n0t-this-one | base64)"
  run ! grep -F n0t-this-one "$PROGRAM_DIR/log" "$PROGRAM_DIR/report.json"
}

@test "a password that everybody can read is a warning; one in the URL an error that hides it" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache none --auth "someuser:s3cret"
  push
  program_config
  chmod 644 "$PROGRAM_DIR/config.json"
  program_exits 0 --dry-run
  program_says "[WARNING]" "registry.password: everybody can read it"
  program_keeps_quiet_of s3cret
  program_config "{\"registry\": {\"url\": \"http://someuser:s3cret@127.0.0.1:$REGISTRY_PORT\"}}"
  program_exits 2
  program_says "registry.url"
  program_keeps_quiet_of s3cret
}

@test "TLS with an authority of one's own" {
  local tls=$BATS_TEST_TMPDIR/tls
  make_certificate "$tls" IP:127.0.0.1
  nginx_start "listen 127.0.0.1:@PORT@ ssl;
    ssl_certificate $tls/certificate.pem;
    ssl_certificate_key $tls/key.pem;
    location / { proxy_pass $REGISTRY_URL; proxy_set_header Host \$http_host; }"
  push
  program_config "{\"registry\": {\"ca_cert\": \"$tls/ca.pem\"}}" "https://127.0.0.1:$NGINX_PORT"
  program_exits 0
  cleaned
}

@test "TLS with a certificate that nobody vouches for, or that is for another name, is refused" {
  local tls=$BATS_TEST_TMPDIR/tls
  make_certificate "$tls" DNS:registry.example
  nginx_start "listen 127.0.0.1:@PORT@ ssl;
    ssl_certificate $tls/certificate.pem;
    ssl_certificate_key $tls/key.pem;
    location / { proxy_pass $REGISTRY_URL; proxy_set_header Host \$http_host; }"
  push
  program_config '{"registry": {"retry_seconds": 0}}' "https://127.0.0.1:$NGINX_PORT"
  program_exits 3
  program_says "the registry cannot be reached" "certificate"
  program_config "{\"registry\": {\"retry_seconds\": 0, \"ca_cert\": \"$tls/ca.pem\"}}" \
    "https://127.0.0.1:$NGINX_PORT"
  program_exits 3
  program_says "the registry cannot be reached"
  [ ! -s "$BATS_TEST_TMPDIR/nginx/access.log" ]
  program_leaves team/app new old
}

@test "a URL with a path prefix, with and without a slash at its end" {
  local end
  nginx_start "listen 127.0.0.1:@PORT@;
    location /some/registry/ { proxy_pass $REGISTRY_URL/; proxy_set_header Host \$http_host; }"
  for end in '' /; do
    program_empty_registry
    push
    program_config '{}' "http://127.0.0.1:$NGINX_PORT/some/registry$end"
    program_exits 0
    cleaned
  done
  run ! grep -v '"[A-Z]* /some/registry/v2/' "$BATS_TEST_TMPDIR/nginx/access.log"
}

@test "without host_storage usage is measured by du in the container" {
  push
  program_config '{"paths": {"host_storage": ""}}'
  program_exits 0
  cleaned
  [ "$(program_report '.storage | [(.before, .after | .bytes, .files), .freed_bytes, .added_bytes]
    | all(. == null)')" = true ]
  [ "$(program_report '.storage | .before.allocated - .after.allocated >= 61001')" = true ]
  [ "$(program_report .storage.after.allocated)" -eq \
    "$(docker exec "$REGISTRY_NAME" du -sk "$REGISTRY_ROOT" | awk '{ print $1 * 1024 }')" ]
  program_says "the storage took "
}

@test "where du cannot be asked either, what was freed is unavailable, and that is no failure" {
  push
  program_config '{"paths": {"host_storage": "", "storage": "/not/there"}}'
  program_exits 0
  cleaned
  [ "$(program_report '.storage.before')" = null ]
  program_says "unavailable"
}

@test "a registry on this host, without any container" {
  registry_start_host "$BATS_TEST_TMPDIR/own" --cache none
  push
  program_config
  [ "$(jq -c .registry.exec "$PROGRAM_DIR/config.json")" = '[]' ]
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\ntouch "%s"\nexit 1\n' "$BATS_TEST_TMPDIR/asked" >"$BATS_TEST_TMPDIR/bin/docker"
  chmod +x "$BATS_TEST_TMPDIR/bin/docker"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH program_exits 0
  cleaned
  [ ! -e "$BATS_TEST_TMPDIR/asked" ]
}

@test "any command may lead to the registry's program, {container} anywhere in it" {
  push
  # shellcheck disable=SC2016 # for another shell
  program_config '{"registry": {"exec": ["sh", "-c", "exec docker exec {container} \"$@\"", "x"]}}'
  program_exits 0
  cleaned
}

@test "two registries on one host have their own state, and do not wait for one another" {
  registry_start "$BATS_TEST_TMPDIR/own" --cache none
  push
  program_config '{"gc": {"when": "never"}}'
  program_exits 0
  [ "$(program_owed)" = collection ]
  registry_use "$BATS_FILE_TMPDIR/registry"
  push
  program_config
  program_exits 0
  cleaned
  # The other one still owes its own.
  [ "$(program_owed)" = collection ]
  [ "$(find "$PROGRAM_DIR/state" -name lock | wc -l)" -eq 2 ]
}
