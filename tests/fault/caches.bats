#!/usr/bin/env bats
# Caches between the program and the registry: nginx as its users set it up, and answers that show that
# a cache gave them (S2, S6).

load world
load ../tools/nginx

setup() {
  world_start
}

teardown() {
  nginx_stop
  world_stop
}

# caching_nginx [DIRECTIVES]: keeps each 200 for ten minutes, whatever a client asks for; of lists of
# repositories, and of the entrance, it keeps nothing.
caching_nginx() {
  nginx_start "listen 127.0.0.1:@PORT@;
    proxy_cache cache; proxy_cache_valid 200 10m; ${1-}
    proxy_set_header Host \$http_host;
    location / { proxy_pass $REGISTRY_URL; }
    location ~ ^/v2/(_catalog)?\$ { proxy_cache off; proxy_pass $REGISTRY_URL; }"
  program_config '{"cleanup": {"protected_tags": ["production"]},
    "registry": {"timeout": 4, "retry_seconds": 1}}' "http://127.0.0.1:$NGINX_PORT"
}

WORLD='[ {"repository": "app", "tag": "old", "created": "-90d", "layers": ["lost:61001"]},
  {"repository": "app", "tag": "production", "created": "-1d"},
  {"repository": "more", "tag": "old", "created": "-80d"},
  {"repository": "more", "tag": "new", "created": "-2d"} ]'

# Everything that the program will ask for, as it was yesterday, is in the cache.
fill_cache() {
  local path
  for path in /v2/{app,more}/tags/list /v2/app/manifests/{old,production} /v2/more/manifests/{old,new}; do
    curl -sSf -o /dev/null -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
      "http://127.0.0.1:$NGINX_PORT$path"
  done
}

# Today `production` was set back to the image that is too old.
roll_back() {
  registry_curl -f -o "$BATS_TEST_TMPDIR/body" -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/app/manifests/old"
  registry_curl -f -o /dev/null -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
    --data-binary "@$BATS_TEST_TMPDIR/body" "$REGISTRY_URL/v2/app/manifests/production"
}

nothing_was_collected() {
  [ -n "$(find "$REGISTRY_STORE" -name data -size 61001c)" ]
  program_owed | grep -qx collection
}

@test "a cache that keeps what it has: each question is one that it has never seen" {
  world_push "$WORLD"
  caching_nginx
  fill_cache
  program_exits 0 --dry-run
  roll_back
  program_exits 0
  world_tags app old production
  pull_whole app production
  world_tags more new
  run ! grep -E '"GET /v2/[^ ]*(list|old|production|new|_catalog) ' <(
    sed '1,/clean-registry=/d' "$BATS_TEST_TMPDIR/nginx/access.log")
}

@test "a cache that looks at no parameter, and says what it does: nothing goes" {
  world_push "$WORLD"
  # shellcheck disable=SC2016 # nginx's own variables
  caching_nginx 'proxy_cache_key $uri; add_header X-Cache-Status $upstream_cache_status;'
  fill_cache
  roll_back
  program_exits 1
  program_says "2 repositories: a cache answered, not the registry (X-Cache-Status: HIT)" \
    "let it not cache /v2/, or set registry.url to the registry itself; nothing is deleted in them" \
    "(the list of its tags is not complete)"
  world_tags app old production
  world_tags more new old
}

@test "a cache that looks at no parameter, and does not say so, is found out by the first DELETE" {
  world_push "$WORLD"
  # shellcheck disable=SC2016 # nginx's own variable
  caching_nginx 'proxy_cache_key $uri;'
  fill_cache
  program_exits 1
  program_says "it was deleted, but tag old still leads to it: a cache answers in place of the registry" \
    "nothing more is deleted, and nothing is collected: let no cache keep anything of /v2/"
  program_keeps_quiet_of "are whole" "[INFO] deleted app:"
  [ "$(program_report '.tags[] | select(.repository == "app" and .tag == "old") | .status')" = failed ]
  nothing_was_collected
  # Nor does a second run get further.
  program_exits 3
  nothing_was_collected
  world_tags app production
  # No other repository was begun.
  world_tags more new old
  # Without the cache the next run finishes.
  program_config '{"cleanup": {"protected_tags": ["production"]}}'
  program_exits 0
  world_tags more new
  [ -z "$(find "$REGISTRY_STORE" -name data -size 61001c)" ]
}

@test "such a cache costs one manifest, also where the first repository has nothing to delete any more" {
  local before
  world_push "[ {\"repository\": \"aaa\", \"tag\": \"old\", \"created\": \"-90d\"},
    {\"repository\": \"zzz\", \"tag\": \"old\", \"created\": \"-80d\"}, ${WORLD#[}"
  # shellcheck disable=SC2016 # nginx's own variable
  caching_nginx 'proxy_cache_key $uri;'
  fill_cache
  for before in aaa zzz; do
    curl -sSf -o /dev/null "http://127.0.0.1:$NGINX_PORT/v2/$before/tags/list"
    curl -sSf -o /dev/null -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
      "http://127.0.0.1:$NGINX_PORT/v2/$before/manifests/old"
  done
  registry_curl -f -o /dev/null -X DELETE "$REGISTRY_URL/v2/aaa/manifests/$(world_digest aaa:old)"
  program_exits 1
  program_says "nothing more is deleted, and nothing is collected"
  nothing_was_collected
  world_tags app production
  world_tags more new old
  world_tags zzz old
}

@test "a registry that says that it deletes, and does not, ends the run" {
  world_push
  fault_rules '[{"match": {"method": "DELETE", "path": "(app|other)/manifests/sha256:"}, "after": 1,
    "status": 202}]'
  program_run
  world_exits 1
  world_applied
  world_says 'still leads to it: .*or the registry does not delete' 'nothing is collected'
  [ "$(fault_count DELETE manifests/sha256:)" -eq 2 ] # the probe is one
  world_tags team/app new old
  world_tags other new old
  program_owed | grep -qx collection
}

@test "a registry whose answers follow its deletes is asked once, and then goes on at once" {
  world_push
  program_run
  world_exits 0
  world_tags team/app new
  world_tags other new
  # Twice 404: after the first DELETE, and nowhere else.
  [ "$(fault_answers GET '/manifests/old$' | grep -c '^404 ')" -eq 1 ]
}

# shown HEADERS: a list of tags with these spares its repository.
shown() {
  world_push
  world_remember team/app
  fault_rules "[{\"match\": {\"method\": \"GET\", \"path\": \"$1\"}, \"set_header\": $2}]"
  program_run
  world_spared 'a cache answered, not the registry'
  world_no_delete team/app
}

@test "a list with an Age came from a cache" {
  shown /v2/team/app/tags/list '{"Age": "35"}'
}

@test "a list with a HIT came from a cache" {
  shown /v2/team/app/tags/list '{"X-Cache": "HIT from proxy.example"}'
}

@test "a list with a hit in the standard's own words came from a cache" {
  shown /v2/team/app/tags/list '{"Cache-Status": "\"edge, one\"; hit; ttl=30"}'
}

@test "a tag that came from a cache spares its repository" {
  shown '/v2/team/app/manifests/new$' '{"CF-Cache-Status": "HIT"}'
}

@test "a tag that a cache says is not there spares its repository" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"method": "GET", "path": "/v2/team/app/manifests/new$"}, "status":
    {"code": 404, "error": "MANIFEST_UNKNOWN", "headers": {"Age": "7"}}}]'
  program_run
  world_spared 'a cache answered, not the registry'
}

@test "a 304 from a cache says nothing" {
  world_push
  program_exits 0 --dry-run
  world_remember team/app
  fault_rules '[{"match": {"method": "GET", "path": "/v2/team/app/manifests/new$",
    "header": {"If-None-Match": "sha256"}}, "set_header": {"X-Cache": "TCP_MEM_HIT"}}]'
  program_run
  world_spared 'a cache answered, not the registry'
  fault_answers GET team/app/manifests/new | grep -q '^304 '
}

@test "a look that a cache answered spares its repository" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"method": "GET", "path": "/v2/team/app/tags/list"}, "after": 1,
    "set_header": {"X-Varnish": "32770 3"}}]'
  program_run
  world_spared 'a cache answered, not the registry'
  world_no_delete team/app
}

@test "a list of repositories that came from a cache is not complete" {
  world_push
  fault_rules '[{"match": {"path": "_catalog"}, "set_header": {"Age": "1"}}]'
  program_run
  world_exits 1
  world_says 'the list of repositories is not complete: a cache answered, not the registry \(Age: 1\)'
}

@test "where a cache answers at the entrance, nothing is done" {
  world_push
  fault_rules '[{"match": {"path": "/v2/$"}, "set_header": {"Age": "1"}}]'
  program_run
  world_exits 3
  world_says 'the registry cannot be reached: GET /v2/: a cache answered'
  [ "$(fault_count DELETE .)" -eq 0 ]
}

@test "what proves nothing is no matter: Age 0, a MISS, Via, Date; nor a HIT for what a digest names" {
  world_push
  fault_rules '[{"match": {"method": "GET", "path": "/(blobs|manifests)/sha256:"}, "continue": true, "set_header":
      {"X-Cache": "HIT", "Age": "3600"}},
    {"match": {"path": "list|_catalog|new$|old$"}, "set_header":
      {"Age": "0", "X-Cache": "MISS", "X-Cache-Lookup": "HIT", "Via": "1.1 varnish (HIT)",
       "Date": "Sun, 06 Nov 1994 08:49:37 GMT"}}]'
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new
}

@test "a registry that refuses questions with a parameter is asked without, and that is said once" {
  local code
  for code in 400 405; do
    fault_clear
    world_push
    fault_rules "[{\"match\": {\"target\": \"clean-registry=\"}, \"status\": $code}]"
    program_run
    world_exits 0
    world_applied
    world_tags team/app new
    [ "$(grep -c 'refuses questions with the parameter' <<<"$output")" -eq 1 ]
    # One or two of each kind of question are refused, until the first answer.
    (($(fault_answers GET . | grep -c "^$code ") <= 8))
  done
}
