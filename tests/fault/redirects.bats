#!/usr/bin/env bats
# Blobs that the registry does not send, but has fetched from somewhere else: from where it cannot be
# reached or trusted they are unknown, and that is found once.

load world
load ../tools/nginx
load ../tools/tls

setup() {
  world_start
}

teardown() {
  tls_stop
  world_stop
}

# nowhere COUNT: nobody listens on $PORT, and team/app has so many tags with blobs of their own.
nowhere() {
  PORT=$(registry_free_port)
  world_push "$(jq --null-input --argjson count "$1" '[range($count) |
    {repository: "team/app", tag: "old-\(.)", created: "-\(. + 90)d"}] +
    [{repository: "team/app", tag: "new", created: "-1d"},
     {repository: "other", tag: "old", created: "-80d"},
     {repository: "other", tag: "new", created: "-2d"}]')"
  world_remember team/app
}

# redirects TO: blobs of team/app are there.
redirects() {
  fault_rules "[{\"match\": {\"path\": \"/v2/team/app/blobs/\"}, \"redirect\": \"$1{path}\"}]"
}

# told_once REGEX
told_once() {
  [ "$(grep -Ec "blobs are $1.*storage.redirect.disable" <<<"$output")" -eq 1 ]
}

@test "a place that cannot be reached is named once, and not waited for by each blob" {
  nowhere 40
  redirects "http://127.0.0.1:$PORT"
  world_config '{"registry": {"retry_seconds": 2, "max_concurrent_requests": 2}}'
  program_run
  world_spared
  told_once "redirected to http://127.0.0.1:$PORT, which cannot be reached from here: connection refused after"
  fault_clear
  redirects "http://127.0.0.1:$PORT"
  program_run --dry-run
  world_exits 1
  # Two have some attempts, each of the others one.
  (($(fault_count GET /v2/team/app/blobs/) < 70))
}

@test "a place whose name is unknown here is found at once" {
  nowhere 10
  redirects http://minio.invalid:9000
  world_config '{"registry": {"retry_seconds": 60}}'
  program_run
  world_spared
  told_once 'redirected to http://minio.invalid:9000, which cannot be reached from here: Could not resolve host'
}

@test "a place that speaks no TLS, or is not trusted, is found at once" {
  nowhere 10
  tls_authority foreign
  tls_certificate server foreign IP:127.0.0.1
  tls_serve place "listen 127.0.0.1:PORT ssl; ssl_certificate DIR/server.pem;
    ssl_certificate_key DIR/server.key; location / { proxy_pass $REGISTRY_URL; }"
  world_config '{"registry": {"retry_seconds": 60}}'
  redirects "https://127.0.0.1:$REGISTRY_PORT"
  program_run
  world_spared
  told_once "redirected to https://127.0.0.1:$REGISTRY_PORT, which cannot be reached from here: no TLS is spoken there"
  redirects "https://127.0.0.1:$(tls_port place)"
  program_run --dry-run
  told_once "redirected to https://127.0.0.1:$(tls_port place), which is not trusted here: "
  world_says 'which is not trusted here.*or add that authority to registry.ca_cert'
}

# with_system_authority NAME: the program's system trusts NAME and nobody else.
with_system_authority() {
  mkdir "$BATS_TEST_TMPDIR/system"
  cp "$TLS_DIR/$1.pem" "$BATS_TEST_TMPDIR/system/ca-certificates.crt"
  cp "$TLS_DIR/$1.pem" "$BATS_TEST_TMPDIR/system/authority.pem"
  openssl rehash "$BATS_TEST_TMPDIR/system" 2>/dev/null
  cat >"$BATS_TEST_TMPDIR/launcher" <<SH
#!/bin/sh
exec unshare --mount sh -c 'mount --bind "\$0" /etc/ssl/certs && exec "\$@"' \
  "$BATS_TEST_TMPDIR/system" "$CLEAN_REGISTRY" "\$@"
SH
  chmod 755 "$BATS_TEST_TMPDIR/launcher"
  CLEAN_REGISTRY=$BATS_TEST_TMPDIR/launcher
}

# tls_before NAME AUTHORITY URL: TLS on a port of its own, with a certificate of that authority.
tls_before() {
  tls_certificate "$1" "$2" IP:127.0.0.1
  tls_serve "$1" "listen 127.0.0.1:PORT ssl; ssl_certificate DIR/$1.pem;
    ssl_certificate_key DIR/$1.key; location / { proxy_pass $3; }"
}

@test "registry.ca_cert stands instead of the system's authorities for the registry, beside them elsewhere" {
  world_push
  tls_authority own
  tls_authority public
  with_system_authority public
  tls_before registry own "$(fault_url)"
  tls_before of_own own "$REGISTRY_URL"
  tls_before of_public public "$REGISTRY_URL"
  fault_rules "[{\"match\": {\"path\": \"/v2/team/app/blobs/\"},
    \"redirect\": \"https://127.0.0.1:$(tls_port of_public){path}\"},
    {\"match\": {\"path\": \"/v2/other/blobs/\"},
    \"redirect\": \"https://127.0.0.1:$(tls_port of_own){path}\"}]"
  world_config "{\"registry\": {\"url\": \"https://127.0.0.1:$(tls_port registry)\",
    \"ca_cert\": \"$TLS_DIR/own.pem\", \"max_concurrent_requests\": 1}}"
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new
  # A registry with a certificate of the system's is not the one that was meant.
  world_config "{\"registry\": {\"url\": \"https://127.0.0.1:$(tls_port of_public)\",
    \"ca_cert\": \"$TLS_DIR/own.pem\"}}"
  program_run
  world_exits 3
  world_says 'registry.ca_cert names the authorities to trust'
}
