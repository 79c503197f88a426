#!/usr/bin/env bats
# What waiting does not mend: it ends at once, with exit code 3 and what to do about it.

load world
load ../tools/nginx
load ../tools/tls

setup() {
  world_start
  world_push
  world_remember team/app other
  # What is tried again would be for as long.
  world_config '{"registry": {"retry_seconds": 60}}'
}

teardown() {
  tls_stop
  world_stop
}

# at URL: the registry is there, for the configuration.
at() {
  local config
  config=$(jq --arg url "$1" '.registry.url = $url' "$PROGRAM_DIR/config.json")
  printf '%s\n' "$config" >"$PROGRAM_DIR/config.json"
}

# ends_at_once URL REGEX...
ends_at_once() {
  local began=$SECONDS
  at "$1"
  shift
  program_run
  world_exits 3
  world_says "$@"
  [[ $output != *attempts* ]]
  ((SECONDS - began < 40))
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
}

# front NAME CERTIFICATE [DIRECTIVES]: nginx with TLS before the registry.
front() {
  tls_serve "$1" "listen 127.0.0.1:PORT ssl; ssl_certificate DIR/$2.pem;
    ssl_certificate_key DIR/$2.key; ${3-} location / { proxy_pass $(fault_url); }"
}

@test "https:// to a port that speaks no TLS" {
  ends_at_once "https://127.0.0.1:$REGISTRY_PORT" 'no TLS is spoken there; write http:// in registry.url'
}

@test "http:// to a port that speaks TLS" {
  tls_authority own
  tls_certificate server own IP:127.0.0.1
  front nginx server
  ends_at_once "http://127.0.0.1:$(tls_port nginx)" 'TLS is spoken there; write https:// in registry.url'
}

# with_hosts WAYS...: runs the command with nothing but these ways to find a host.
with_hosts() {
  cat >"$BATS_TEST_TMPDIR/with_hosts" <<'SH'
#!/bin/sh
mount --bind "$HOSTS_DIR/nsswitch.conf" /etc/nsswitch.conf &&
  mount --bind "$HOSTS_DIR/resolv.conf" /etc/resolv.conf && exec "$@"
SH
  chmod 755 "$BATS_TEST_TMPDIR/with_hosts"
  echo "hosts: $*" >"$BATS_TEST_TMPDIR/nsswitch.conf"
  printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:1 attempts:1' >"$BATS_TEST_TMPDIR/resolv.conf"
  export HOSTS_DIR=$BATS_TEST_TMPDIR
  printf '#!/bin/sh\nexec unshare --mount %q %q "$@"\n' "$BATS_TEST_TMPDIR/with_hosts" "$CLEAN_REGISTRY" \
    >"$BATS_TEST_TMPDIR/launcher"
  chmod 755 "$BATS_TEST_TMPDIR/launcher"
  CLEAN_REGISTRY=$BATS_TEST_TMPDIR/launcher
}

@test "a host that does not exist" {
  with_hosts files
  ends_at_once http://registry.invalid 'Could not resolve host: registry.invalid; check the host in registry.url'
}

@test "a host that cannot be looked up now is asked for again" {
  with_hosts files dns
  world_config '{"registry": {"retry_seconds": 1}}'
  at http://registry.invalid
  program_run
  world_exits 3
  world_says 'Could not resolve host: registry.invalid after [0-9]+ attempts'
}

@test "a proxy whose host does not exist: one of the configuration, and one of the environment" {
  with_hosts files
  world_config '{"registry": {"retry_seconds": 60, "proxy": "http://proxy.invalid:3128"}}'
  ends_at_once http://registry.invalid \
    'through the proxy: Could not resolve proxy: proxy.invalid; check the host in registry.proxy'
  world_config '{"registry": {"retry_seconds": 1, "proxy": "system"}}'
  at http://registry.invalid
  http_proxy=http://proxy.invalid:3128 program_run
  world_exits 3
  world_says 'through the proxy: Could not resolve proxy: proxy.invalid after [0-9]+ attempts'
  [[ $output != *'in registry.url'* ]]
}

@test "certificates that are not trusted: by whom, how long, and for whom" {
  tls_authority own
  tls_certificate server own IP:127.0.0.1
  tls_certificate other own DNS:elsewhere.example
  front nginx server
  ends_at_once "https://127.0.0.1:$(tls_port nginx)" 'SSL certificate problem: .*; registry.ca_cert names the authorities to trust'
  world_config "{\"registry\": {\"retry_seconds\": 60, \"ca_cert\": \"$TLS_DIR/own.pem\"}}"
  front elsewhere other
  ends_at_once "https://127.0.0.1:$(tls_port elsewhere)" 'registry.url needs a name that is in the certificate'
  at "https://127.0.0.1:$(tls_port nginx)"
  program_run
  world_exits 0
  world_tags team/app new
}

@test "a server that wants a client certificate: by an answer, and by an alert" {
  tls_authority own
  tls_certificate server own IP:127.0.0.1
  world_config "{\"registry\": {\"retry_seconds\": 60, \"ca_cert\": \"$TLS_DIR/own.pem\"}}"
  front nginx server 'ssl_client_certificate DIR/own.pem; ssl_verify_client on;'
  ends_at_once "https://127.0.0.1:$(tls_port nginx)" 'a client certificate is wanted there'
  local version
  for version in 2 3; do
    tls_background "openssl$version" openssl s_server -accept 127.0.0.1:PORT -cert "$TLS_DIR/server.pem" \
      -key "$TLS_DIR/server.key" -Verify 1 -CAfile "$TLS_DIR/own.pem" "-tls1_$version" -www -quiet
    ends_at_once "https://127.0.0.1:$(tls_port "openssl$version")" 'a client certificate is wanted'
  done
}

@test "a registry that is elsewhere" {
  local code
  for code in 301 308 302; do
    fault_rules "[{\"match\": {\"path\": \"/v2/$\"}, \"status\": {\"code\": $code,
      \"headers\": {\"Location\": \"https://registry.example:5443/v2/?key=s3cret\"}}}]"
    ends_at_once "$(fault_url)" "answered $code to https://registry.example:5443; write that in registry.url"
    [[ $output != *s3cret* ]]
  done
}

@test "a registry that wants a token" {
  fault_rules '[{"match": {"path": "/v2/$"}, "status": {"code": 401, "error": "UNAUTHORIZED",
    "headers": {"WWW-Authenticate": "Bearer realm=\"https://auth.example/token\",service=\"registry\""}}}]'
  ends_at_once "$(fault_url)" 'wants a token \(401, Bearer\), of https://auth.example/token: .*Basic'
  fault_rules '[{"match": {"path": "/v2/$"}, "status": {"code": 401, "error": "UNAUTHORIZED",
    "headers": {"WWW-Authenticate": "Bearer realm=\"x\", Basic realm=\"y\""}}}]'
  ends_at_once "$(fault_url)" 'refuses the credentials \(401\)'
}

@test "what is asked again is told to who looks, and why" {
  fault_rules '[{"match": {"path": "/v2/$"}, "times": 2, "status": 503}]'
  program_run --dry-run --debug
  world_exits 0
  world_applied
  world_says "\[DEBUG\] GET $(fault_url)/v2/[^ ]*: 503 .*; it is asked again in 0\.[0-9] s"
  fault_rules '[{"match": {"path": "/v2/$"}, "times": 2, "status": 503}]'
  program_run --dry-run
  world_exits 0
  [[ $output != *'asked again'* ]]
  fault_rules '[{"match": {"path": "/v2/$"}, "times": 2, "status": 503}]'
  run "$FAULT_TOOLS/terminal.py" 200 "$CLEAN_REGISTRY" --dry-run --config "$PROGRAM_DIR/config.json"
  world_exits 0
  world_says '\[INFO\] GET .*/v2/[^ ]*: 503 .*; it is asked again in'
}
