#!/usr/bin/env bats
# The tools of the fault tests themselves: every fault of fault_proxy.py must really happen, and docker_stub
# must answer what it was told. Needs no engine: behind the proxy is tests/tools/tiny_registry.py.

bats_require_minimum_version 1.5.0
load ../tools/fault

setup() {
  store=$BATS_TEST_TMPDIR/store
  repositories=$store/docker/registry/v2/repositories
  digest_one=$(put_tag team/app one '{"schemaVersion":2,"n":1}')
  put_tag team/app two '{"schemaVersion":2,"n":2}' >/dev/null
  put_tag team/app three '{"schemaVersion":2,"n":3}' >/dev/null
  put_tag base latest '{"schemaVersion":2,"n":4}' >/dev/null
  fault_launch backend tiny_registry.py --store "$store"
  fault_start --backend "$(fault_url backend)"
  url=$(fault_url)
}

teardown() {
  fault_stop
}

# Writes a manifest and a tag into the store and prints the digest: REPOSITORY TAG BODY.
put_tag() {
  local hex folder=$repositories/$1/_manifests
  hex=$(printf %s "$3" | sha256sum | cut -d' ' -f1)
  mkdir -p "$folder/tags/$2/current" "$folder/revisions/sha256/$hex" \
    "$store/docker/registry/v2/blobs/sha256/${hex:0:2}/$hex"
  printf %s "$3" >"$store/docker/registry/v2/blobs/sha256/${hex:0:2}/$hex/data"
  printf 'sha256:%s' "$hex" | tee "$folder/revisions/sha256/$hex/link" >"$folder/tags/$2/current/link"
  printf 'sha256:%s\n' "$hex"
}

# Starts the proxy anew with other arguments.
restart() {
  fault_stop proxy
  fault_start --backend "$(fault_url backend)" "$@"
  url=$(fault_url)
}

# curl PATH OPTIONS...: body in $body, head in $head, status in $code, curl's own exit in $left.
ask() {
  local path=$1
  shift
  left=0
  code=$(curl --silent --noproxy '*' --max-time 10 --output "$BATS_TEST_TMPDIR/body" \
    --dump-header "$BATS_TEST_TMPDIR/head" --write-out '%{http_code}' "$@" "$url$path") || left=$?
  body=$(tr -d '\0' <"$BATS_TEST_TMPDIR/body" 2>/dev/null || true)
  head=$(tr -d '\r' <"$BATS_TEST_TMPDIR/head")
}

header() {
  sed -n "s/^$1: //Ip" <<<"$head"
}

tag_exists() {
  [[ -e $repositories/$1/_manifests/tags/$2/current/link ]]
}

tag_is_gone() {
  ! tag_exists "$@"
}

log_has_late() {
  grep -q '"event": "late"' "$(fault_log)"
}

@test "without rules everything passes through unchanged, HEAD and 304 too" {
  ask /v2/team/app/manifests/one
  [ "$code" = 200 ]
  [ "$body" = '{"schemaVersion":2,"n":1}' ]
  [ "$(header Docker-Content-Digest)" = "$digest_one" ]
  ask /v2/team/app/manifests/one --head
  [ "$code" = 200 ]
  [ "$(header Content-Length)" = 25 ]
  ask /v2/team/app/manifests/one -H "If-None-Match: \"$digest_one\""
  [ "$code" = 304 ]
  [ "$left" = 0 ]
  ask /v2/ -X PUT -H 'Transfer-Encoding: chunked' --data-binary '{"a":1}'
  [ "$code" = 200 ]
}

@test "one connection serves many requests" {
  curl --silent --noproxy '*' "$url/v2/" "$url/v2/_catalog" "$url/v2/team/app/tags/list" >/dev/null
  [ "$(jq -s 'map(select(.event == "answer").client) | length' "$(fault_log)")" = 3 ]
  [ "$(jq -s 'map(.client) | unique | length' "$(fault_log)")" = 1 ]
}

@test "the log tells method, path, credentials, status and times, in order" {
  ask /v2/ -u someone:secret -H 'Accept: application/json'
  ask /v2/team/app/manifests/absent
  run jq -r 'select(.event == "answer") | [.n, .method, .path, .authorization, .headers.accept, .status,
    .end >= .start] | @tsv' "$(fault_log)"
  [ "${lines[0]}" = $'1\tGET\t/v2/\tBasic c29tZW9uZTpzZWNyZXQ=\tapplication/json\t200\ttrue' ]
  [ "${lines[1]}" = $'2\tGET\t/v2/team/app/manifests/absent\t\t*/*\t404\ttrue' ]
  [ "$(fault_count GET manifests)" = 1 ]
  [ "$(fault_count DELETE .)" = 0 ]
  run fault_answers GET .
  [ "${lines[0]}" = "200 GET /v2/" ]
  [ "${lines[1]}" = "404 GET /v2/team/app/manifests/absent" ]
}

@test "a rule meets only its method, path and header, after so many and so many times" {
  fault_rules '[{"match": {"method": "GET", "path": "/tags/list$", "header": {"X-Try": "^a", "X-No": null}},
    "after": 1, "times": 2, "status": 503}]'
  ask /v2/team/app/tags/list -X HEAD -H 'X-Try: abc'
  [ "$code" = 200 ]
  for other in 'X-Try: b' 'X-Other: a'; do
    ask /v2/team/app/tags/list -H "$other"
    [ "$code" = 200 ]
  done
  ask /v2/team/app/tags/list -H 'X-Try: abc' -H 'X-No: yes'
  [ "$code" = 200 ]
  codes=
  for _ in 1 2 3 4; do
    ask /v2/team/app/tags/list -H 'X-Try: abc'
    codes+="$code "
  done
  [ "$codes" = "200 503 503 200 " ]
  [ "$(fault_applied 0)" = 2 ]
}

@test "the first rule that meets wins, unless it lets the search go on" {
  fault_rules '[{"set_header": {"X-First": "1"}, "continue": true}, {"status": 500}, {"status": 404}]'
  ask /v2/
  [ "$code" = 500 ]
  [ "$(header X-First)" = 1 ]
}

@test "rules that make no sense are refused, and the old ones stay" {
  fault_rules '[{"status": 503}]'
  for wrong in '{' '{}' '[{"statu": 1}]' '[{}]' '[{"status": 1, "hang": true}]' '[{"match": {"pth": ""},
    "hang": true}]' '[{"delay": {"secs": 1}}]' '[{"match": {"path": "("}, "hang": true}]' '[{"cut": "x"}]'; do
    run fault_rules "$wrong"
    [ "$status" -ne 0 ]
    [ -n "$output" ]
  done
  ask /v2/
  [ "$code" = 503 ]
}

@test "rules come from a file and are read again when it changes" {
  echo '[{"status": 503}]' >"$BATS_TEST_TMPDIR/rules"
  restart --rules "$BATS_TEST_TMPDIR/rules"
  ask /v2/
  [ "$code" = 503 ]
  echo '[{"status": 429}, {"status": 500}]' >"$BATS_TEST_TMPDIR/rules"
  ask /v2/
  [ "$code" = 429 ]
}

@test "a rules file that breaks fails loudly" {
  echo '[]' >"$BATS_TEST_TMPDIR/rules"
  restart --rules "$BATS_TEST_TMPDIR/rules"
  echo '[{"nonsense": 1}]' >"$BATS_TEST_TMPDIR/rules"
  ask /v2/
  [ "$code" = 500 ]
  run fault_stop proxy
  [ "$status" -ne 0 ]
  [[ $output == *nonsense* ]]
}

@test "status: number, headers, text, JSON, error envelope" {
  fault_rules '[
    {"times": 1, "status": {"code": 429, "headers": {"Retry-After": "7"}}},
    {"times": 1, "status": {"code": 500, "error": "UNKNOWN"}},
    {"times": 1, "status": {"code": 405, "body": "Method not allowed\n", "headers": {"Allow": "GET, HEAD"}}},
    {"times": 1, "status": {"code": 202, "body": {"errors": []}}}]'
  ask /v2/
  [ "$code $(header Retry-After)" = "429 7" ]
  ask /v2/
  [ "$code $(header Content-Type)" = "500 application/json; charset=utf-8" ]
  [ "$(jq -r '.errors[0].code' <<<"$body")" = UNKNOWN ]
  ask /v2/ -X DELETE
  [ "$code $(header Allow) $(header Content-Type)" = "405 GET, HEAD text/plain; charset=utf-8" ]
  [ "$body" = "Method not allowed" ]
  ask /v2/
  [ "$code" = 202 ]
  [ "$(jq -c . <<<"$body")" = '{"errors":[]}' ]
}

@test "status: the backend is spared, with forward it does the work" {
  fault_rules '[{"match": {"method": "DELETE"}, "times": 1, "status": 504},
    {"match": {"method": "DELETE"}, "status": {"code": 504, "forward": true}}]'
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code" = 504 ]
  tag_exists team/app one
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code" = 504 ]
  tag_is_gone team/app one
  [ "$(jq -s 'map(select(.event == "answer").backend_status) | tojson' -r "$(fault_log)")" = "[null,202]" ]
}

@test "delay: the client gives up, the backend does the work afterwards" {
  fault_rules "[{\"delay\": {\"until\": \"$BATS_TEST_TMPDIR/go\"}}]"
  ask "/v2/team/app/manifests/$digest_one" -X DELETE --max-time 0.3
  [ "$left" = 28 ]
  tag_exists team/app one
  touch "$BATS_TEST_TMPDIR/go"
  fault_until tag_is_gone team/app one
}

@test "delay: with forward_first the backend is done before the client gives up" {
  fault_rules '[{"delay": {"seconds": 5, "forward_first": true}}]'
  ask "/v2/team/app/manifests/$digest_one" -X DELETE --max-time 0.5
  [ "$left" = 28 ]
  tag_is_gone team/app one
}

@test "delay: the answer comes after that many seconds" {
  fault_rules '[{"delay": 0.4}]'
  ask /v2/
  [ "$code" = 200 ]
  [ "$(jq -s 'map(select(.event == "answer") | .end - .start >= 0.4) | all' "$(fault_log)")" = true ]
}

@test "how many requests were under way at once is counted" {
  fault_rules "[{\"match\": {\"path\": \"_catalog\"}, \"delay\": {\"until\": \"$BATS_TEST_TMPDIR/go\"}}]"
  curl --silent --noproxy '*' --parallel --parallel-immediate "$url/v2/_catalog?n=[1-3]" >/dev/null 3>&- &
  fault_wait GET _catalog 3
  touch "$BATS_TEST_TMPDIR/go"
  wait $!
  ask /v2/
  ask /v2/
  [ "$(fault_at_once GET _catalog)" = 3 ]
  [ "$(fault_at_once GET '/v2/$')" = 1 ]
}

@test "cut: the whole length is announced, a part comes, the connection ends" {
  fault_rules '[{"match": {"path": "one$"}, "cut": 10}, {"match": {"path": "two$"}, "cut": 999}]'
  ask /v2/team/app/manifests/one
  [ "$left" = 18 ]
  [ "$(header Content-Length)" = 25 ]
  [ "$body" = '{"schemaVe' ]
  ask /v2/team/app/manifests/two
  [ "$left" = 18 ]
  [ "${#body}" = 24 ]
}

@test "cut: an answer without a body is cut too, HEAD in its head, and by reset" {
  fault_rules '[{"match": {"method": "DELETE"}, "cut": 0}, {"match": {"method": "HEAD"}, "cut": 0},
    {"match": {"method": "GET"}, "cut": {"bytes": 5, "reset": true}}]'
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code $left" = "202 18" ]
  tag_is_gone team/app one
  ask /v2/team/app/manifests/two --head
  [ "$(header Docker-Content-Digest)" = "" ]
  ask /v2/team/app/manifests/two
  [ "$left" = 56 ] || [ "$left" = 18 ]
}

@test "drop: no answer; the backend gets it not, at once, or later" {
  fault_rules '[{"times": 1, "drop": true}, {"times": 1, "drop": {"forward": true}},
    {"match": {"method": "DELETE"}, "drop": {"forward": true, "later": 0.3}}]'
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code $left" = "000 52" ]
  tag_exists team/app one
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code $left" = "000 52" ]
  tag_is_gone team/app one
  digest_two=$(<"$repositories/team/app/_manifests/tags/two/current/link")
  ask "/v2/team/app/manifests/$digest_two" -X DELETE
  [ "$code $left" = "000 52" ]
  fault_until log_has_late
  tag_is_gone team/app two
  [ "$(jq -s '(.[] | select(.event == "late")) as $late | .[] |
    select(.event == "answer" and .n == $late.n) | $late.end - .end >= 0.3' "$(fault_log)")" = true ]
}

@test "hang: nothing comes until the client gives up" {
  fault_rules '[{"hang": true}]'
  ask /v2/ --max-time 0.3
  [ "$code $left" = "000 28" ]
  [ "$(fault_answers GET .)" = "null GET /v2/" ]
}

@test "corrupt: one byte differs, the length does not" {
  fault_rules '[{"match": {"path": "one$"}, "corrupt": true}, {"match": {"path": "two$"}, "corrupt": {"offset": 0}}]'
  ask /v2/team/app/manifests/one
  [ "$code $left ${#body}" = "200 0 25" ]
  [ "$(cmp -l <(printf %s "$body") <(printf '{"schemaVersion":2,"n":1}') | wc -l)" = 1 ]
  ask /v2/team/app/manifests/two
  [ "$body" = 'z"schemaVersion":2,"n":2}' ]
}

@test "replace_body and truncate_json are whole answers as HTTP" {
  echo 'from a file' >"$BATS_TEST_TMPDIR/other"
  fault_rules "[{\"times\": 1, \"replace_body\": \"<html>\"},
    {\"times\": 1, \"replace_body\": {\"json\": {\"tags\": [1]}}},
    {\"times\": 1, \"replace_body\": {\"file\": \"$BATS_TEST_TMPDIR/other\"}},
    {\"times\": 1, \"truncate_json\": true}, {\"truncate_json\": {\"bytes\": 3}}]"
  for expected in '<html>' '{"tags": [1]}' 'from a file' '{"schemaVers' '{"s'; do
    ask /v2/team/app/manifests/one
    [ "$code $left" = "200 0" ]
    [ "$body" = "$expected" ]
  done
}

@test "set_header sets, replaces and removes; a false length is a false length" {
  fault_rules '[{"times": 1, "set_header": {"Docker-Content-Digest": "sha256:lie", "Content-Type": null,
    "Link": "<http://127.0.0.2/v2/_catalog?n=1>; rel=\"next\""}}, {"set_header": {"Content-Length": "99"}}]'
  ask /v2/team/app/manifests/one
  [ "$(header docker-content-digest)" = sha256:lie ]
  [ "$(header content-type)" = "" ]
  [[ $(header link) == *127.0.0.2* ]]
  ask /v2/team/app/manifests/one
  [ "$left" = 18 ]
}

@test "redirect: to a sink, which sees who sends credentials" {
  fault_start -i sink --sink --body '{"schemaVersion":2,"n":1}' --content-type application/json
  fault_rules "[{\"match\": {\"path\": \"manifests\"}, \"redirect\": \"$(fault_url sink)/x{path}\"}]"
  ask /v2/team/app/manifests/one -u someone:secret
  [ "$code" = 307 ]
  [ "$(header location)" = "$(fault_url sink)/x/v2/team/app/manifests/one" ]
  ask /v2/team/app/manifests/one -u someone:secret --location-trusted
  [ "$code $body" = '200 {"schemaVersion":2,"n":1}' ]
  [ "$(header Content-Type | tail -n 1)" = application/json ]
  ask /v2/team/app/manifests/one
  curl --silent --noproxy '*' "$(fault_url sink)/plain" >/dev/null
  run jq -r 'select(.event == "answer") | "\(.path) \(.authorization)"' "$(fault_log sink)"
  [ "${lines[0]}" = "/x/v2/team/app/manifests/one Basic c29tZW9uZTpzZWNyZXQ=" ]
  [ "${lines[1]}" = "/plain null" ]
}

@test "run: a hook before forwarding changes what the backend answers, after it does not" {
  hook="mkdir -p \\\"\$FAULT_STORE/\$FAULT_1/_manifests/tags/\$FAULT_when-\$FAULT_STATUS\\\""
  export FAULT_STORE=$repositories
  restart
  fault_rules "[{\"match\": {\"path\": \"^/v2/(.+)/tags/(?P<when>list)$\"}, \"times\": 1, \"run\": \"$hook\"},
    {\"match\": {\"path\": \"^/v2/(.+)/tags/(?P<when>list)$\"}, \"run\": {\"when\": \"after\", \"command\": \"$hook\"}}]"
  ask /v2/team/app/tags/list
  [ "$(jq -r '.tags | length' <<<"$body")" = 4 ]
  [ -d "$repositories/team/app/_manifests/tags/list-" ]
  ask /v2/team/app/tags/list
  [ "$(jq -r '.tags | length' <<<"$body")" = 4 ]
  [ -d "$repositories/team/app/_manifests/tags/list-200" ]
}

@test "run: a hook that fails makes fault_stop fail" {
  fault_rules '[{"run": "echo ouch; exit 3"}]'
  ask /v2/
  run fault_stop proxy
  [ "$status" -ne 0 ]
  [[ $output == *"exited 3"*ouch* ]]
}

@test "hide: names vanish from the lists, and from them alone" {
  fault_rules '[{"hide": {"tags": ["one"], "repositories": ["base"]}}]'
  ask /v2/team/app/tags/list
  [ "$(jq -c '.tags | sort' <<<"$body")" = '["three","two"]' ]
  ask /v2/_catalog
  [ "$(jq -c .repositories <<<"$body")" = '["team/app"]' ]
  ask /v2/team/app/manifests/one
  [ "$code" = 200 ]
}

@test "page: full pages have a Link, n is clamped, or refused above max" {
  fault_rules '[{"page": {"size": 2, "max": 10}}]'
  ask /v2/team/app/tags/list
  [ "$(jq -c .tags <<<"$body")" = '["one","three"]' ]
  [ "$(header Link)" = '</v2/team/app/tags/list?last=three&n=2>; rel="next"' ]
  ask '/v2/team/app/tags/list?last=three&n=2'
  [ "$(jq -c .tags <<<"$body")" = '["two"]' ]
  [ "$(header Link)" = "" ]
  ask '/v2/_catalog?n=5'
  [ "$(jq -c .repositories <<<"$body")" = '["base","team/app"]' ]
  [ "$(header Link)" = '</v2/_catalog?last=team%2Fapp&n=2>; rel="next"' ]
  ask '/v2/_catalog?last=team%2Fapp&n=2'
  [ "$(jq -c .repositories <<<"$body")" = '[]' ]
  for number in 11 -1 x; do
    ask "/v2/_catalog?n=$number"
    [ "$code $(jq -r '.errors[0].code' <<<"$body")" = "400 PAGINATION_NUMBER_INVALID" ]
  done
  ask /v2/team/absent/tags/list
  [ "$code" = 404 ]
}

@test "page and a lying Link go together" {
  fault_rules '[{"page": 1, "continue": true}, {"set_header": {"Link": "</v2/_catalog?n=1>; rel=\"next\""}}]'
  ask '/v2/_catalog?n=1&last=base'
  [ "$(jq -c .repositories <<<"$body")" = '["team/app"]' ]
  [ "$(header Link)" = '</v2/_catalog?n=1>; rel="next"' ]
}

@test "walk: on S3 a tag hides those that begin with its name, and shows them behind its keys" {
  for tag in on one-2 onex; do
    put_tag team/app "$tag" '{"schemaVersion":2,"n":1}' >/dev/null
  done
  fault_rules '[{"walk": "s3"}]'
  ask /v2/team/app/tags/list
  [ "$(jq -c .tags <<<"$body")" = '["on","three","two"]' ]
  ask '/v2/team/app/tags/list?last=on%2F~'
  [ "$(jq -c .tags <<<"$body")" = '["one-2","one","three","two"]' ]
  ask '/v2/team/app/tags/list?last=one%2F~&n=1'
  [ "$(jq -c .tags <<<"$body")" = '["onex"]' ]
  [ "$(header Link)" = '</v2/team/app/tags/list?last=onex&n=1>; rel="next"' ]
  ask '/v2/_catalog?n=1'
  [ "$(jq -c .repositories <<<"$body")" = '["base"]' ]
  [ "$(header Link)" = '</v2/_catalog?last=base&n=1>; rel="next"' ]
}

@test "null_lists: empty lists are null, on demand all" {
  fault_rules '[{"times": 1, "null_lists": true}, {"times": 1, "null_lists": true}, {"null_lists": {"all": true}}]'
  ask '/v2/_catalog?n=100&last=z'
  [ "$(jq -c .repositories <<<"$body")" = null ]
  ask /v2/_catalog
  [ "$(jq -c '.repositories | length' <<<"$body")" = 2 ]
  ask /v2/_catalog
  [ "$(jq -c .repositories <<<"$body")" = null ]
}

@test "play 3.x: a tag goes alone, its manifest and other tags stay" {
  put_tag team/app twin '{"schemaVersion":2,"n":1}' >/dev/null
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code" = 400 ]
  restart --play-3x --store "$store"
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code $body" = "202 " ]
  tag_is_gone team/app one
  tag_exists team/app twin
  ask "/v2/team/app/manifests/$digest_one"
  [ "$code" = 200 ]
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code $(jq -r '.errors[0].code' <<<"$body")" = "404 MANIFEST_UNKNOWN" ]
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code" = 202 ]
  tag_is_gone team/app twin
  ask "/v2/team/app/manifests/sha256:${digest_one//[a-z:]/0}" -X DELETE
  [ "$code" = 404 ]
}

@test "play 3.x: content types, sorted tags, pages" {
  restart --play-3x --store "$store"
  ask /v2/
  [ "$(header content-type)" = application/json ]
  ask /v2/team/app/tags/list
  [ "$(jq -c .tags <<<"$body") $(header link)" = '["one","three","two"] ' ]
  ask '/v2/team/app/tags/list?n=2'
  [ "$(header link)" = '</v2/team/app/tags/list?last=three&n=2>; rel="next"' ]
  ask '/v2/team/app/tags/list?last=three&n=1'
  [ "$(jq -c .tags <<<"$body")" = '["two"]' ]
  ask '/v2/team/app/tags/list?last=two&n=1'
  [ "$(jq -c .tags <<<"$body") $(header link)" = "null " ]
  ask '/v2/team/absent/tags/list?n=0'
  [ "$code $(jq -c .tags <<<"$body")" = "200 []" ]
  ask '/v2/_catalog?n=-1'
  [ "$code $(header content-type)" = "400 application/json" ]
}

@test "play 3.x: with deletion disabled tags go all the same, until 3.1.1" {
  restart --play-3x=no-delete-3.1.1 --store "$store"
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code" = 405 ]
  ask /v2/team/app/manifests/absent -X DELETE
  [ "$code" = 404 ]
  tag_exists team/app one
  restart --play-3x=no-delete --store "$store"
  ask "/v2/team/app/manifests/$digest_one" -X DELETE
  [ "$code $(jq -r '.errors[0].code' <<<"$body")" = "405 UNSUPPORTED" ]
  ask /v2/team/app/manifests/absent -X DELETE
  [ "$code" = 404 ]
  tag_exists team/app one
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code" = 202 ]
  tag_is_gone team/app one
}

@test "play 3.x: a tag does not go without credentials" {
  fault_stop backend
  fault_launch backend tiny_registry.py --store "$store" --user someone:secret
  restart --play-3x --store "$store"
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code" = 401 ]
  tag_exists team/app one
  ask /v2/team/app/manifests/one -X DELETE -u someone:secret
  [ "$code" = 202 ]
  tag_is_gone team/app one
}

@test "rules apply to the 3.x that is played" {
  restart --play-3x --store "$store"
  fault_rules '[{"match": {"method": "DELETE"}, "status": {"code": 504, "forward": false}}]'
  ask /v2/team/app/manifests/one -X DELETE
  [ "$code" = 504 ]
  tag_exists team/app one
}

@test "a backend that is not there is told as 502" {
  fault_stop backend
  ask /v2/
  [ "$code" = 502 ]
}

@test "TERM ends the proxy while requests hang" {
  fault_rules '[{"hang": true}]'
  curl --silent --noproxy '*' --max-time 20 "$url/v2/" 3>&- &
  fault_wait GET . 1
  fault_stop proxy
  run wait $!
  [ "$status" -ne 0 ]
  [ "$status" -ne 28 ]
}

@test "docker_stub: prints and exits as it is told, by program and verb" {
  fault_stub_docker
  printf 'marked\n' >"$DOCKER_STUB_DIR/garbage-collect.out"
  printf 'trouble\n' >"$DOCKER_STUB_DIR/garbage-collect.err"
  echo 7 >"$DOCKER_STUB_DIR/garbage-collect.rc"
  printf 'special\n' >"$DOCKER_STUB_DIR/other.garbage-collect.out"
  printf 'container\n' >"$DOCKER_STUB_DIR/cat.out"
  printf '[]\n' >"$DOCKER_STUB_DIR/inspect.out"
  run --separate-stderr docker exec -e 'A=b c' registry /bin/registry garbage-collect /etc/config.yml
  [ "$status $output" = "7 marked" ]
  # shellcheck disable=SC2154 # run sets it
  [ "$stderr" = trouble ]
  run docker exec registry other garbage-collect
  [ "$status $output" = "0 special" ]
  run docker exec registry cat /etc/hostname
  [ "$output" = container ]
  run docker inspect registry
  [ "$output" = "[]" ]
  [ "$(head -n 1 "$DOCKER_STUB_DIR/log")" = \
    'exec -e A=b\ c registry /bin/registry garbage-collect /etc/config.yml' ]
  [ "$(wc -l <"$DOCKER_STUB_DIR/log")" = 4 ]
}

@test "docker_stub: without an answer exec runs here, with its variables and without input" {
  fault_stub_docker
  run docker exec -e WORD=hello registry sh -c 'echo "$WORD"; cat; exit 4' <<<"input"
  [ "$status $output" = "4 hello" ]
  run docker exec -i registry cat <<<"input"
  [ "$output" = input ]
  run docker top registry
  [ "$status" = 125 ]
  printf 'Error: No such container: registry\n' >"$DOCKER_STUB_DIR/exec.err"
  echo 1 >"$DOCKER_STUB_DIR/exec.rc"
  run docker exec registry true
  [ "$status $output" = "1 Error: No such container: registry" ]
}

@test "docker_stub: the n-th call has its own answer, the real docker gets the rest" {
  fault_stub_docker
  echo 100 >"$DOCKER_STUB_DIR/du.1.out"
  echo 60 >"$DOCKER_STUB_DIR/du.out"
  outputs=
  for _ in 1 2 3; do
    outputs+="$(docker exec registry du -s /) "
  done
  [ "$outputs" = "100 60 60 " ]
  export DOCKER_STUB_REAL=echo
  run docker exec -e A=b registry true
  [ "$output" = "exec -e A=b registry true" ]
}

@test "docker_stub: blocks on its fifo, and prints the rest afterwards" {
  fault_stub_docker
  mkfifo "$DOCKER_STUB_DIR/garbage-collect.wait"
  echo begun >"$DOCKER_STUB_DIR/garbage-collect.out"
  echo ended >"$DOCKER_STUB_DIR/garbage-collect.after"
  docker exec registry registry garbage-collect x >"$BATS_TEST_TMPDIR/out" 3>&- &
  fault_until grep -q begun "$BATS_TEST_TMPDIR/out"
  ! grep -q ended "$BATS_TEST_TMPDIR/out" || false
  echo go >"$DOCKER_STUB_DIR/garbage-collect.wait"
  wait $!
  [ "$(<"$BATS_TEST_TMPDIR/out")" = $'begun\nended' ]
}
