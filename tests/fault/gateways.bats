#!/usr/bin/env bats
# What stands before a registry and answers for it while it is away, or for good.

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

# ends_unread COUNT: nothing was deleted, and no more than so many manifests were asked for.
ends_unread() {
  world_exits 3
  (($(fault_count GET /manifests/) < $1))
  [ "$(fault_count DELETE .)" -eq 0 ]
  world_unchanged team/app
}

@test "a registry that dies behind its gateway after the listing is given up, not asked tag by tag" {
  world_push "$(jq --null-input '[range(150) |
    {repository: "team/app", tag: "old-\(.)", created: "-90d"}] +
    [{repository: "team/app", tag: "new", created: "-1d"}]')"
  world_remember team/app
  # Six seconds for each of the tags, some at a time.
  world_config '{"registry": {"retry_seconds": 6, "max_concurrent_requests": 4}}'
  local fault
  for fault in '"status": 502' '"drop": true'; do
    fault_rules "[{\"match\": {\"path\": \"/manifests/\"}, $fault}]"
    program_run
    world_says 'has served none for [0-9]+ s, the last one: (502|the connection broke).*; look whether it runs'
    ends_unread 400
    fault_clear
  done
}

# swapped_before FRONT: nginx with TLS before the registry, which has another authority's certificate
# from the first list of tags on.
swapped_before() {
  tls_authority own
  tls_authority foreign
  tls_certificate server own IP:127.0.0.1
  cp "$TLS_DIR/server.pem" "$TLS_DIR/good.pem"
  cp "$TLS_DIR/server.key" "$TLS_DIR/good.key"
  tls_certificate default foreign IP:127.0.0.1
  # Each connection is a new one, for which the files are read again because a name is part of theirs.
  tls_serve "$1" "listen 127.0.0.1:PORT ssl; ssl_certificate DIR/server\$ssl_server_name.pem;
    ssl_certificate_key DIR/server\$ssl_server_name.key; keepalive_timeout 0; error_log stderr info; location / { proxy_pass $(fault_url); }"
  swap default >"$BATS_TEST_TMPDIR/swap"
  fault_rules "[{\"match\": {\"path\": \"team/app/tags/list\"}, \"times\": 1,
    \"run\": {\"command\": \". $BATS_TEST_TMPDIR/swap\", \"when\": \"before\"}}]"
}

# swap NAME: the command that makes NAME the certificate of that nginx.
swap() {
  echo "cp $TLS_DIR/$1.pem $TLS_DIR/server.pem && cp $TLS_DIR/$1.key $TLS_DIR/server.key"
}

# behind FRONT SECONDS
behind() {
  world_config "{\"registry\": {\"retry_seconds\": $2, \"ca_cert\": \"$TLS_DIR/own.pem\",
    \"url\": \"https://127.0.0.1:$(tls_port "$1")\"}}"
}

@test "another certificate in the middle of a run is waited out, and named when the time is up" {
  world_push
  world_remember team/app other
  swapped_before front
  behind front 2
  program_run
  ((status != 0))
  world_says "tag (old|new): SSL certificate problem: .* after [0-9]+ attempts; registry.ca_cert names"
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
}

@test "a gateway's own certificate for a moment ends nothing" {
  world_push
  swapped_before front
  behind front 60
  swap good >"$BATS_TEST_TMPDIR/swap_back"
  # Once the program has refused it, the right one is there again.
  { timeout 60 tail -n +1 -f "$TLS_DIR/front.err" | grep -qm1 alert && sh "$BATS_TEST_TMPDIR/swap_back"; } 3>&- &
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new
}
