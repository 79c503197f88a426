#!/usr/bin/env bats
# Lists of repositories and tags that come in pages, broken, refused, or with names left out (S2, S6).

load world

setup() {
  world_start
}

teardown() {
  world_stop
}

# spoiled_list FAULT [REGEX]: one action on every list of the tags of team/app spares that repository.
spoiled_list() {
  world_push
  world_remember team/app
  fault_rules "[{\"match\": {\"method\": \"GET\", \"path\": \"/v2/team/app/tags/list\"}, $1}]"
  program_run
  world_spared "${@:2}"
  world_no_delete team/app
}

@test "lists in pages are read to their end" {
  local number images=()
  for number in 1 2 3 4 5; do
    images+=("{\"repository\": \"r$number\", \"tag\": \"new\", \"created\": \"-1d\"}"
      "{\"repository\": \"r$number\", \"tag\": \"old\", \"created\": \"-90d\"}"
      "{\"repository\": \"r$number\", \"tag\": \"very-old\", \"created\": \"-300d\"}")
  done
  world_push "[$(IFS=,; echo "${images[*]}")]"
  fault_rules '[{"match": {"path": "_catalog"}, "page": 2},
    {"match": {"path": "tags/list"}, "page": 1}]'
  program_run
  world_exits 0
  world_applied
  for number in 1 2 3 4 5; do
    world_tags "r$number" new
  done
  (($(fault_count GET '_catalog\?.*last=') >= 2))
}

@test "a registry that refuses a large n is asked for less, in the end for what it likes" {
  local limit
  for limit in 50 5; do
    world_push
    fault_clear
    fault_rules "[{\"match\": {\"path\": \"_catalog\"}, \"page\": {\"size\": 1, \"max\": $limit}}]"
    program_run
    world_exits 0
    world_tags team/app new
    world_tags other new
    fault_answers GET _catalog | grep -q '^400 .*n=1000'
    fault_answers GET _catalog | grep -q '^400 .*n=100$'
  done
  fault_answers GET _catalog | grep -q '^200 GET /v2/_catalog$'
}

@test "a Link to another host takes nobody there: no request, no credentials" {
  registry_stop
  world_start --auth user:secret
  fault_start -i sink --sink --content-type application/json \
    --body '{"repositories": ["elsewhere"], "name": "x", "tags": ["elsewhere"]}'
  world_push
  fault_rules "[
    {\"match\": {\"path\": \"_catalog(.n=[0-9]+)?$\"}, \"continue\": true, \"set_header\":
      {\"Link\": \"<$(fault_url sink)/v2/_catalog?last=other&n=1>; rel=\\\"next\\\"\"}},
    {\"match\": {\"path\": \"_catalog\"}, \"page\": 1},
    {\"match\": {\"path\": \"team/app/tags/list$\"}, \"continue\": true, \"set_header\":
      {\"Link\": \"<//127.0.0.1:$(fault_url sink | sed 's/.*://')/v2/x?last=new&n=1>; rel=next\"}},
    {\"match\": {\"path\": \"tags/list\"}, \"page\": 1}]"
  program_run
  world_exits 0
  world_applied
  world_tags team/app new
  world_tags other new
  [ "$(fault_count GET . sink)" -eq 0 ]
}

@test "pages of tags that go round in a circle spare the repository" {
  spoiled_list '"set_header": {"Link": "</v2/team/app/tags/list?last=new&n=1>; rel=\"next\""}' circle
  (($(fault_count GET 'team/app/tags/list') < 10))
}

@test "a Link that does not say where to go on spares the repository" {
  spoiled_list '"set_header": {"Link": "</v2/team/app/tags/list?n=1>; rel=\"next\""}' 'not complete'
}

@test "pages of the catalog in a circle: what is known is cleaned, exit 1" {
  world_push
  fault_rules '[{"match": {"path": "_catalog"},
    "set_header": {"Link": "</v2/_catalog?last=other&n=2>; rel=\"next\""}}]'
  program_run
  world_exits 1
  world_applied
  world_says 'list of repositories is not complete.*circle'
  world_tags other new
  (($(fault_count GET '_catalog') < 10))
}

@test "a list that is null is an empty list" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "null_lists": {"all": true}}]'
  program_run
  world_exits 0
  world_applied
  world_unchanged team/app
  world_tags other new
  world_remember other
  fault_rules '[{"match": {"path": "_catalog"}, "null_lists": {"all": true}}]'
  program_run
  world_exits 0
  world_applied
  world_unchanged team/app other
}

@test "a repository that never had a tag is no failure" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/tags/list"},
    "status": {"code": 404, "error": "NAME_UNKNOWN"}}]'
  program_run
  world_exits 0
  world_applied
  world_unchanged team/app
  world_tags other new
}

@test "a catalog that answers 500 is asked three times, then exit 1 with nothing deleted" {
  world_push
  world_remember team/app other
  fault_rules '[{"match": {"path": "_catalog"}, "status": 500}]'
  program_run
  world_exits 1
  [ "$(fault_applied 0)" -eq 3 ]
  world_says 'list of repositories is not complete.*500'
  world_unchanged team/app other
  [ "$(fault_count DELETE .)" -eq 0 ]
}

@test "a catalog that is refused is exit 3, whether by 401 or by 403" {
  world_push
  world_remember team/app other
  local code
  for code in 401 403; do
    fault_rules "[{\"match\": {\"path\": \"_catalog\"}, \"status\": $code}]"
    program_run
    world_exits 3
    world_applied
    world_says "refuses to list.*$code"
    world_unchanged team/app other
    [ "$(fault_count DELETE .)" -eq 0 ]
  done
}

@test "a catalog that is cut, ends early, or is no JSON: exit 1, nothing deleted" {
  world_push
  world_remember team/app other
  local fault
  for fault in '"cut": 20' '"truncate_json": true' '"replace_body": "<html>"' \
    '"replace_body": {"json": {"repositories": {"team/app": 1}}}'; do
    fault_rules "[{\"match\": {\"path\": \"_catalog\"}, $fault}]"
    program_run
    world_exits 1
    world_applied
    world_says 'list of repositories is not complete'
    world_unchanged team/app other
  done
}

@test "a name in the catalog that cannot be a repository's is named and left alone" {
  world_push
  fault_rules '[{"match": {"path": "_catalog"}, "replace_body": {"json":
    {"repositories": ["team/app", "../etc", "Upper", "other", "a?n=1"]}}}]'
  program_run
  world_exits 1
  world_applied
  world_says 'not valid.*\.\./etc' 'not valid.*Upper'
  world_tags team/app new
  world_tags other new
  [ "$(fault_count GET 'etc|Upper|a.n=1')" -eq 0 ]
}

@test "a tag list that answers 500 is asked three times by scan and verification, and spares the repository" {
  local why='the list of its tags is not complete: 500 Internal Server Error after 3 attempts'
  spoiled_list '"status": 500' "team/app: $why; nothing is deleted in this repository\$" \
    "team/app could not be verified completely: $why\$"
  [ "$(fault_applied 0)" -eq 6 ]
}

@test "a tag list that is refused spares the repository" {
  spoiled_list '"status": {"code": 403, "error": "DENIED"}' 403
}

@test "a tag list that is cut spares the repository" {
  spoiled_list '"cut": 15' broke
}

@test "a tag list that ends early as JSON spares the repository" {
  spoiled_list '"truncate_json": true' 'not a list'
}

@test "a tag list that is a page of HTML spares the repository" {
  spoiled_list '"replace_body": "<html>sign in</html>"' 'not a list'
}

@test "a tag list that is JSON of another shape spares the repository" {
  spoiled_list '"replace_body": {"json": {"name": "team/app", "tags": ["old", {"new": 1}]}}' \
    'not a list'
}

@test "a tag list from a proxy that answers 404 in plain text spares the repository" {
  spoiled_list '"status": {"code": 404, "body": "404 page not found\n"}' 404
}

# loose KEY NAMES: bodies that a lenient reader takes for a list of NAMES, which are JSON, one a line.
loose() {
  local names=$2
  cat <<JSON
{"$1": $names}<html>error</html>
{"$1": $names /* , "b" */}
{'$1': ${names//\"/\'}}
{"$1": ["b"], "$1": $names}
{"$1": $names}\u0000{"$1": ["b"]}
{"$1": $names, "errors": [{"code": "UNKNOWN"}]}
{"$1": ${names%]},]}
JSON
}

@test "a tag list that is not strict JSON, or comes with errors, spares the repository" {
  local body
  world_push
  world_remember team/app
  while read -r body; do
    echo "$body"
    body=$(jq -Rc '{text: gsub("\\\\u0000"; "\u0000")}' <<<"$body")
    fault_rules "[{\"match\": {\"path\": \"team/app/tags/list\"}, \"replace_body\": $body}]"
    program_run
    world_spared 'not a list of names'
    world_no_delete team/app
  done < <(loose tags '["new", "old"]')
}

@test "a catalog that is not strict JSON, or comes with errors: exit 1, nothing deleted" {
  local body
  world_push
  world_remember team/app other
  while read -r body; do
    echo "$body"
    body=$(jq -Rc '{text: gsub("\\\\u0000"; "\u0000")}' <<<"$body")
    fault_rules "[{\"match\": {\"path\": \"_catalog\"}, \"replace_body\": $body}]"
    program_run
    world_exits 1
    world_applied
    world_says 'list of repositories is not complete'
    world_unchanged team/app other
  done < <(loose repositories '["team/app", "other"]')
}

@test "a list with a name that cannot be a tag's spares the repository" {
  spoiled_list '"replace_body": {"json": {"name": "team/app", "tags": ["new", "old", "a/b"]}}' 'a/b'
}

@test "a second page that fails spares the repository" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/tags/list.*last="}, "status": 500},
    {"match": {"path": "tags/list"}, "page": 1}]'
  program_run
  world_spared 500
  world_no_delete team/app
}

@test "a tag list that fails at the look before the delete spares the repository" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/tags/list"}, "after": 1, "status": 500}]'
  program_run
  world_spared 'read again before deleting'
  world_no_delete team/app
}

# hidden AFTER: the list leaves out `latest`, which is protected and old, from its AFTERth time on.
hidden() {
  world_push '[
    {"repository": "team/app", "tag": "old", "created": "-90d"},
    {"repository": "team/app", "tag": "latest", "created": "-90d"},
    {"repository": "other", "tag": "old", "created": "-80d"},
    {"repository": "other", "tag": "new", "created": "-2d"}]'
  world_remember team/app
  fault_rules "[{\"match\": {\"path\": \"team/app/tags/list\"}, \"after\": $1,
    \"hide\": {\"tags\": [\"latest\"]}}]"
  program_run
  world_spared 'protected tag latest: it exists'
  world_no_delete team/app
}

@test "a list that hides a protected tag at the look before the delete spares the repository" {
  hidden 1
}

@test "a list that hides a protected tag always spares the repository" {
  hidden 0
}

@test "a protected tag that is not listed and cannot be asked for spares the repository" {
  world_push
  world_remember team/app
  fault_rules '[{"match": {"path": "team/app/manifests/latest$"}, "status": 500}]'
  program_run
  world_spared 'latest'
  world_no_delete team/app
}
