#!/usr/bin/env bats
# Where a password goes, and where it never goes (S11).

load world

PASSWORD='s3cr3t: "p4ss" \ word'

setup() {
  world_start --auth "some user:$PASSWORD"
  world_push "$WORLD_IMAGES"
  encoded=$(printf 'some user:%s' "$PASSWORD" | base64 -w 0)
}

teardown() {
  world_stop
}

# Every request to that proxy or sink (default: the registry's) had our credentials, or none had any.
all_authorized() {
  jq -se --arg want "Basic $encoded" 'map(select(.event == "request")) |
    length > 0 and all(.[]; .authorization == $want)' "$(fault_log "${1-}")"
}

none_authorized() {
  jq -se 'map(select(.event == "request")) | length > 0 and all(.[]; .authorization == null and
    (.headers | has("cookie") or has("proxy-authorization") | not))' "$(fault_log "$1")"
}

# The password is nowhere: neither as it is, nor as JSON, nor as a header or URL would have it.
secret_kept() {
  local form
  for form in "$PASSWORD" 's3cr3t' "$encoded" "${encoded:16:20}"; do
    if grep -F -e "$form" <<<"$output" || grep -rF -e "$form" --exclude config.json "$PROGRAM_DIR"; then
      echo "the password was told as $form"
      return 1
    fi
  done
}

# A sink that answers with the file's content as a config blob.
sink_with_config() {
  local digest
  digest=$(registry_curl -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/team/app/manifests/old" | jq -r .config.digest)
  registry_curl -o "$BATS_TEST_TMPDIR/blob" "$REGISTRY_URL/v2/team/app/blobs/$digest"
  fault_start -i sink --sink --content-type application/json --body "$(<"$BATS_TEST_TMPDIR/blob")"
  path=team/app/blobs/$digest
}

@test "every request to the registry itself carries them, deletes as well" {
  program_run
  world_exits 0
  all_authorized
  world_tags team/app new
  secret_kept
}

@test "they are in no output, log, report or state, with --debug and --http-logs and in errors neither" {
  fault_rules '[{"match": {"path": "team/app/manifests/old"}, "status": 401},
    {"match": {"path": "team/app/manifests/new"}, "cut": 10}]'
  program_run --debug --http-logs
  world_exits 1
  world_applied
  [ -s "$PROGRAM_DIR/log" ]
  [ -s "$PROGRAM_DIR/report.json" ]
  secret_kept
}

# padding COUNT: so many letters.
padding() {
  printf "%${1}s" '' | tr ' ' x
}

@test "a server that echoes it where what it says is cut: none of it is told" {
  local length header
  for length in 21 60 160 350; do
    for header in "\"Link\": \"<$(padding "$length")$encoded>; rel=next\"" \
      "\"Link\": \"</v2/?n=9&last=$(padding "$length")$encoded>; rel=next\"" \
      "\"X-Cache\": \"HIT from $(padding "$length")$encoded\""; do
      fault_rules "[{\"match\": {\"path\": \"tags/list|_catalog\"}, \"set_header\": {$header}}]"
      program_run --dry-run
      world_exits 1
      secret_kept
    done
  done
}

@test "a wrong password is refused: exit 3, and it is not told" {
  world_config '{"registry": {"password": "s3cr3t wrong"}}'
  encoded=$(printf 'some user:s3cr3t wrong' | base64 -w 0)
  program_run --debug
  world_exits 3
  world_says 'refuses the credentials'
  [ "$(fault_count GET .)" -eq 1 ]
  secret_kept
}

@test "no user, no credentials: exit 3" {
  world_config '{"registry": {"user": "", "password": ""}}'
  program_run
  world_exits 3
  none_authorized proxy
}

@test "a 401 in the middle names the tag; the scan, the opinion and the verification ask once each" {
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/manifests/new$"}, "status": {"code": 401,
    "error": "UNAUTHORIZED", "headers": {"WWW-Authenticate": "Basic realm=\"x\""}}}]'
  program_run
  world_spared 'tag new: 401' 'team/app:new could not be verified: its manifest could not be read'
  [ "$(fault_applied 0)" -eq 3 ]
  secret_kept
}

@test "401 for a DELETE in the middle fails that repository, and is not sent twice" {
  world_remember team/app
  fault_rules '[{"match": {"method": "DELETE", "path": "team/app"}, "status": {"code": 401,
    "error": "UNAUTHORIZED", "headers": {"WWW-Authenticate": "Basic realm=\"x\""}}}]'
  program_run
  world_spared '401'
  [ "$(fault_applied 0)" -eq 1 ]
}

@test "a blob that is on another host is fetched from there, without them" {
  sink_with_config
  fault_rules "[{\"match\": {\"path\": \"$path\"}, \"redirect\": \"$(fault_url sink){path}?X=1\"}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  none_authorized sink
  all_authorized
}

@test "a blob that is elsewhere on the same host is fetched from there, without them" {
  sink_with_config
  fault_rules "$(jq --null-input --arg path "^/v2/$path" --rawfile blob "$BATS_TEST_TMPDIR/blob" '[
    {match: {path: $path}, redirect: "/open{path}"},
    {match: {path: "^/open/"}, status: {code: 200, body: $blob}}]')"
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  jq -se 'map(select(.event == "request" and (.path | startswith("/open/")))) |
    length > 0 and all(.[]; .authorization == null)' "$(fault_log)"
}

# blobs_of FILTER: the digests that it finds in the manifests of team/app, sorted.
blobs_of() {
  local tag
  for tag in old new; do
    registry_curl -f -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
      "$REGISTRY_URL/v2/team/app/manifests/$tag" | jq -r "$1"
  done | sort -u
}

# "COUNT DIGEST" of each blob of team/app that was asked for, sorted.
blob_requests() {
  jq -r 'select(.event == "request" and (.path | contains("/team/app/blobs/"))) | .path | sub(".*/"; "")' \
    "$(fault_log)" | sort | uniq -c | sed 's/^ *//' | sort
}

@test "five redirects of a blob are followed, six are not" {
  local hops='"match": {"path": "team/app/blobs/"}, "redirect": "{path}"'
  local -a configs layers
  # A registry without a password, as none is sent on the way.
  registry_stop
  registry_start_host "$BATS_TEST_TMPDIR/registry"
  world_proxy
  # Each redirect leads to the same address; only after five of them comes the blob.
  fault_rules "[{$hops, \"times\": 5}]"
  world_config '{"registry": {"max_concurrent_requests": 1}}'
  program_run
  world_exits 0
  [ "$(fault_applied 0)" -eq 5 ]
  world_tags team/app new
  world_push "$WORLD_IMAGES"
  world_remember team/app
  fault_clear
  fault_rules "[{$hops}]"
  program_run
  world_exits 1
  # The scan asks for the two configs, the verification for their layers as well: six times each.
  mapfile -t configs < <(blobs_of .config.digest)
  mapfile -t layers < <(blobs_of '.layers[].digest')
  diff <(blob_requests) <({ printf '12 %s\n' "${configs[@]}" && printf '6 %s\n' "${layers[@]}"; } | sort)
  world_unchanged team/app
  world_tags other new
  secret_kept
}

@test "a blob that is redirected to another host and back gets none on the way back" {
  local config
  config=$(registry_curl -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "$REGISTRY_URL/v2/team/app/manifests/old" | jq -r .config.digest)
  fault_start -i sink --sink
  fault_rules "[{\"redirect\": \"$(fault_url)/v2/back{path}\"}]" sink
  fault_rules "[{\"match\": {\"path\": \"^/v2/team/app/blobs/$config\"},
    \"redirect\": \"$(fault_url sink){path}\"}]"
  program_run
  world_exits 1
  world_applied
  none_authorized sink
  jq -se 'map(select(.event == "request" and (.path | startswith("/v2/back")))) |
    length > 0 and all(.[]; .authorization == null)' "$(fault_log)"
  world_tags team/app new old
}

@test "a redirect of a list or a manifest is not followed" {
  fault_start -i sink --sink
  world_remember team/app other
  fault_rules "[{\"match\": {\"path\": \"team/app/manifests\"}, \"redirect\": \"$(fault_url sink)/x\"},
    {\"match\": {\"path\": \"other/tags/list\"}, \"redirect\": \"$(fault_url sink)/x\"}]"
  program_run
  world_exits 1
  world_applied
  world_unchanged team/app other
  [ "$(jq -s length "$(fault_log sink)")" -eq 0 ]
}

@test "a redirect of a blob to a file or another protocol is not followed" {
  world_remember team/app
  local target
  for target in file:///etc/passwd ftp://127.0.0.1/x gopher://127.0.0.1/x; do
    fault_rules "[{\"match\": {\"path\": \"team/app/blobs\"}, \"redirect\": \"$target\"}]"
    program_run
    world_exits 1
    world_applied
    world_unchanged team/app
  done
}

@test "children see neither the password in an argument nor in their environment" {
  local seen=$BATS_TEST_TMPDIR/seen
  declare -g +x REGISTRY_LOGIN
  # Instead of the registry's program: it notes what it can see, of itself and of its parent.
  cat >"$BATS_TEST_TMPDIR/spy" <<SH
#!/bin/bash
{ tr '\0' '\n' </proc/\$PPID/cmdline; tr '\0' '\n' </proc/\$PPID/environ; env; printf '%s\n' "\$@"; } \
  >>'$seen'
exec docker-registry "\$@"
SH
  chmod +x "$BATS_TEST_TMPDIR/spy"
  world_config "{\"registry\": {\"program\": \"$BATS_TEST_TMPDIR/spy\"}}"
  program_run
  world_exits 0
  grep -qx garbage-collect "$seen"
  grep -qx -- --config "$seen"
  [ "$(grep -cF -e s3cr3t -e "$encoded" "$seen")" -eq 0 ]
}

@test "a password from the environment is neither left there nor told" {
  local seen=$BATS_TEST_TMPDIR/seen
  declare -g +x REGISTRY_LOGIN
  cat >"$BATS_TEST_TMPDIR/spy" <<SH
#!/bin/bash
{ tr '\0' '\n' </proc/\$PPID/environ; env; } >>'$seen'
exec docker-registry "\$@"
SH
  chmod +x "$BATS_TEST_TMPDIR/spy"
  world_config "{\"registry\": {\"program\": \"$BATS_TEST_TMPDIR/spy\", \"password\": \"wrong\"}}"
  CLEAN_REGISTRY_REGISTRY_PASSWORD=$PASSWORD program_run --debug
  world_exits 0
  all_authorized
  grep -qx CLEAN_REGISTRY_REGISTRY_PASSWORD= "$seen"
  [ "$(grep -cF -e s3cr3t "$seen")" -eq 0 ]
  secret_kept
  world_config '{"registry": {"password": "__ENV: MY_SECRET"}}'
  MY_SECRET=$PASSWORD program_run --debug
  world_exits 0
  all_authorized
  secret_kept
}

@test "an unknown variable of ours ends the run before anything is sent" {
  CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEP=1 program_run
  world_exits 2
  world_says 'did you mean CLEAN_REGISTRY_CLEANUP_DAYS_TO_KEEP?'
  [ "$(jq -s length "$(fault_log)")" -eq 0 ]
}

@test "every request goes through registry.proxy, whose password is told to it alone" {
  local login form
  login=$(printf 'proxy user:pr0xyp@ss' | base64 -w 0)
  world_config "$(jq --null-input --arg url "$REGISTRY_URL" --arg proxy "$(fault_url)" '{registry: {
    url: $url, proxy: ($proxy | sub("//"; "//proxy%20user:pr0xyp%40ss@"))}}')"
  no_proxy='*' program_run --debug
  world_exits 0
  world_tags team/app new
  all_authorized
  jq -se --arg want "Basic $login" --arg url "$REGISTRY_URL/" 'map(select(.event == "request")) |
    length > 0 and all(.[]; .headers["proxy-authorization"] == $want and (.path | startswith($url)))' \
    "$(fault_log)"
  secret_kept
  for form in pr0xyp "$login"; do
    if grep -F -e "$form" <<<"$output" || grep -rF -e "$form" --exclude config.json "$PROGRAM_DIR"; then
      echo "the proxy's password was told as $form"
      return 1
    fi
  done
}

@test "a proxy that refuses us: exit 3, without its password" {
  fault_rules '[{"status": {"code": 407, "error": "pr0xyp@ss", "headers": {"Proxy-Authenticate": "Basic realm=\"x\""}}}]'
  world_config "$(jq --null-input --arg url "$REGISTRY_URL" --arg proxy "$(fault_url)" '{registry: {
    url: $url, proxy: ($proxy | sub("//"; "//me:pr0xyp%40ss@"))}}')"
  program_run --debug
  world_exits 3
  world_says 407
  if grep -F pr0xyp <<<"$output" || grep -rF pr0xyp --exclude config.json "$PROGRAM_DIR"; then
    return 1
  fi
}

@test "proxies of the environment are not used" {
  fault_start -i sink --sink
  local sink name
  sink=$(fault_url sink)
  for name in http_proxy HTTP_PROXY https_proxy ALL_PROXY all_proxy; do
    export "$name=$sink"
  done
  no_proxy='' program_run
  unset http_proxy HTTP_PROXY https_proxy ALL_PROXY all_proxy
  world_exits 0
  world_tags team/app new
  [ "$(jq -s length "$(fault_log sink)")" -eq 0 ]
}

@test "a .netrc is not read" {
  printf 'machine 127.0.0.1 login somebody password else\n' >"$BATS_TEST_TMPDIR/.netrc"
  HOME=$BATS_TEST_TMPDIR program_run
  world_exits 0
  all_authorized
}
