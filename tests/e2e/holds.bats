#!/usr/bin/env bats
# What somebody holds stays, whatever the rules say, until it is released: hold, release, holds.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
  push_images >"$BATS_FILE_TMPDIR/digests" <<'JSON'
[ {"repository": "app", "tag": "v1", "id": "v1", "created": "-90d"},
  {"repository": "app", "tag": "v1-copy", "same_as": "v1"},
  {"repository": "app", "tag": "v2", "id": "v2", "created": "-91d"},
  {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "lib", "tag": "multi", "id": "multi", "kind": "index", "created": "-80d",
    "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "lib", "kind": "cosign", "subject": "multi", "id": "signature", "created": "-80d"},
  {"repository": "lib", "tag": "other", "created": "-80d"},
  {"repository": "lib", "tag": "new", "created": "-1d"} ]
JSON
  program_keep_images
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  program_bring_back_images
  program_config
}

digest() {
  digest_of "$1" <"$BATS_FILE_TMPDIR/digests"
}

# verb CODE COMMAND ARGUMENT...
verb() {
  local code=$1
  shift
  run --separate-stderr "$CLEAN_REGISTRY" "$@" --config "$PROGRAM_DIR/config.json"
  [ "$status" -ne 99 ]
  program_has_exited "$code"
}

says_on_stderr() {
  [[ $stderr == *"$1"* ]] || {
    printf 'not said: %s\n%s\n' "$1" "$stderr"
    return 1
  }
}

holds_file() {
  printf '%s\n' "$PROGRAM_DIR"/state/*/holds
}

# write_holds LINE...: the file, as the program writes it.
write_holds() {
  local folder
  verb 0 hold app:new
  folder=$(dirname "$(holds_file)")
  {
    echo "clean-registry list of holds 1"
    printf '%s\n' "$@"
  } >"$folder/body"
  printf 'sha256:%s\n' "$(sha256sum "$folder/body" | cut -d ' ' -f 1)" >>"$folder/body"
  mv "$folder/body" "$folder/holds"
}

all_is_there() {
  program_leaves app new v1 v1-copy v2
  program_leaves lib multi new other "$(registry_tags lib | grep sha256-)"
}

@test "a run keeps what is held, and with it all that it consists of" {
  verb 0 hold app:v1 --reason 'rollback of tonight'
  [[ $output == "app:v1 is held by "*" until released: rollback of tonight" ]]
  verb 0 hold lib:multi --days 7
  [ "$(stat -c %a "$(holds_file)")" = 600 ]
  program_exits 0
  program_says 'held: 2 tags, 2 kept' '2 held'
  program_leaves app new v1 v1-copy
  program_leaves lib multi new "$(registry_tags lib | grep sha256-)"
  pull_whole app v1
  pull_whole lib multi
  [[ $(program_tag app v1) == kept\ *held* ]]
  [[ $(program_tag app v1-copy) == kept\ *shared_digest* ]]
  [ "$(program_report '.summary.rules[] | select(.rule == "held") | "\(.matched) \(.kept)"')" = '2 2' ]
  program_verifies 0
}

@test "what is released goes with the next run" {
  verb 0 hold app:v1
  verb 0 hold app:v2
  program_exits 0
  program_leaves app new v1 v1-copy v2
  verb 0 release app:v1
  [ "$output" = 'app:v1 is released' ]
  program_exits 0
  program_leaves app new v2
  verb 2 release app:v1
  says_on_stderr "'app:v1' is not held; did you mean 'app:v2'?"
}

@test "a manifest is held by its digest" {
  verb 0 hold "app@$(digest v1)"
  program_exits 0
  program_leaves app new v1 v1-copy
  [[ $(program_tag app v1-copy) == kept\ *held* ]]
  verb 0 why app:v1-copy
  grep -q '^held *by .* until released$' <<<"$output"
  verb 0 release "app@$(digest v1)"
  program_exits 0
  program_leaves app new
}

@test "a child that is held stays when its index goes" {
  local child
  child=$(digest multi/linux/arm64)
  verb 0 hold "lib@$child"
  program_exits 0
  [ "$(registry_curl -o /dev/null -w '%{http_code}' "$REGISTRY_URL/v2/lib/manifests/$child" \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json')" = 200 ]
  program_leaves lib new
}

@test "a dry run, plan and why tell what is held" {
  verb 0 hold app:v1 --days 3 --reason $'caf\xc3\xa9'
  before=$(store_digest_tree "$REGISTRY_STORE" "$PROGRAM_DIR/state")
  program_exits 0 --dry-run
  program_says 'held: 1 tag, 1 kept'
  [[ $(program_tag app v1) == kept\ *held* ]]
  verb 0 why app:v1
  grep -Eq '^held +yes +keep$' <<<"$output"
  grep -Eq $'^held +by [^ ]+ since [-0-9TZ:]+ until [-0-9TZ:]+: caf\xc3\xa9$' <<<"$output"
  grep -Eq '^rule +held$' <<<"$output"
  verb 0 plan --output "$PROGRAM_DIR/plan"
  [ "$(jq -r 'select(.tag == "v1") | "\(.decision) \(.reasons | join(","))"' "$PROGRAM_DIR/plan")" = 'keep old,held' ]
  [ "$before" = "$(store_digest_tree "$REGISTRY_STORE" "$PROGRAM_DIR/state")" ]
}

@test "what is held after the plan was written stays when it is applied" {
  verb 0 plan --output "$PROGRAM_DIR/plan"
  verb 0 hold app:v1
  program_exits 0 apply "$PROGRAM_DIR/plan"
  program_leaves app new v1 v1-copy
  program_leaves lib new
  [[ $(program_tag app v1) == kept\ *held* ]]
}

@test "holds lists what is held, and whether it is there" {
  verb 0 holds
  [ "$output" = 'nothing is held' ]
  verb 0 hold app:v1 --reason 'a reason'
  verb 0 hold app:later --force --days 2
  verb 0 holds
  grep -Eq '^app:v1 +released +there +[-0-9TZ:]+ +[^ ]+: a reason$' <<<"$output"
  grep -Eq '^app:later +[0-9][-0-9TZ:]+ +not there ' <<<"$output"
  verb 0 holds --json
  jq -e --arg url "$REGISTRY_URL" '.version == 1 and .registry == $url and
    (.holds | map(.tag) == ["later", "v1"] and .[0].state == "absent" and .[1].state == "there" and
     .[1].until == null and .[1].digest == null and .[1].reason == "a reason" and
     (.[0].expired | not) and .[0].repository == "app")' <<<"$output"
  rm -r "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/revisions/sha256/$(digest v1 | cut -d : -f 2)"
  verb 0 holds
  grep -Eq '^app:v1 +released +its image is gone ' <<<"$output"
}

@test "a hold ends by itself" {
  local now
  now=$(date +%s)
  write_holds "$((now - 1000)) $((now - 1)) alice app:v1 over" "$((now - 1000)) $((now + 600)) bob app:v2 "
  verb 0 holds
  grep -Eq '^app:v1 +expired [-0-9TZ:]+ +there +[-0-9TZ:]+ +alice: over$' <<<"$output"
  program_exits 0
  program_leaves app new v2
  verb 0 hold lib:new
  verb 0 holds
  [[ $output != *app:v1* ]]
  [[ $output == *app:v2* ]]
}

@test "a file of holds that cannot be believed stops a run, and everything else that asks for it" {
  local file
  verb 0 hold app:v1
  file=$(holds_file)
  cp "$file" "$PROGRAM_DIR/good"
  # shellcheck disable=SC2016 # of sed
  for fault in 'truncate -s -3' 'truncate -s 0' 'sed -i s/v1/v2/' 'sed -i $aapp:v2' 'truncate -s +2M' \
    'ln -sf /dev/null' mkdir; do
    rm -rf "$file"
    [ "$fault" = mkdir ] || cp "$PROGRAM_DIR/good" "$file"
    $fault "$file"
    program_exits 2
    program_says "$file: " 'so nothing is deleted; put the file aside'
    program_exits 2 --dry-run
    verb 2 plan
    verb 2 why app:v1
    verb 2 hold app:v2
    verb 2 release app:v1
    verb 2 holds
    all_is_there
  done
  rm -r "$file"
  program_exits 0
  program_leaves app new
}

@test "holds does not say that nothing is held where it cannot read the folder" {
  local folder
  verb 0 hold app:v1
  folder=$(dirname "$(holds_file)")
  mv "$folder" "$PROGRAM_DIR/elsewhere"
  ln -s "$PROGRAM_DIR/elsewhere" "$folder"
  verb 2 holds
  [ -z "$output" ]
  says_on_stderr "$folder cannot be read"
  verb 2 holds --json
  [ -z "$output" ]
}

@test "a tag that is not there is refused, unless it is to come" {
  verb 2 hold app:v3
  says_on_stderr "the registry has no 'app:v3'; did you mean the tag 'v"
  verb 2 hold nowhere:v1
  says_on_stderr "the registry has no 'nowhere:v1'; --force"
  verb 0 holds
  [ "$output" = 'nothing is held' ]
  verb 0 hold app:v1 --reason first
  rm -r "$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests/tags/v1"
  verb 2 hold app:v1 --reason second
  verb 0 holds
  [[ $output == *': first' ]]
  verb 0 hold app:v9 --force
  push_images <<<'[{"repository": "app", "tag": "v9", "created": "-99d"}]' >/dev/null
  program_exits 0
  [[ $(registry_tags app) == *v9* ]]
}

@test "who holds anew is told what that replaces" {
  verb 0 hold app:v1 --reason 'rollback of tonight'
  verb 0 hold app:v1 --days 1
  says_on_stderr 'app:v1 was held by '
  says_on_stderr ' until released: rollback of tonight; that is replaced'
}

@test "what cannot be asked for is held all the same" {
  program_config '{"registry": {"url": "http://127.0.0.1:1", "retry_seconds": 0}}'
  verb 0 hold app:v1
  says_on_stderr 'whether the registry has app:v1 is not known'
  says_on_stderr 'no run has used'
  verb 1 holds
  grep -Eq '^app:v1 +released +not known ' <<<"$output"
}

@test "a reference is taken as docker pull has it" {
  local host=${REGISTRY_URL#*://}
  verb 0 hold "$host/app:v1"
  [[ $output == 'app:v1 is held '* ]]
  verb 0 hold "$REGISTRY_URL/app:v2"
  [[ $output == 'app:v2 is held '* ]]
  verb 0 release "$host/app:v2"
  verb 2 hold other.example.com:5000/app:v1
  says_on_stderr "'other.example.com:5000' is not this registry ($host)"
  for bad in app "app:v1@$(digest v1)" app: App:v1 app@sha256:12 ''; do
    verb 2 hold "$bad"
  done
  verb 2 hold app:v1 --days 0
  verb 2 hold app:v1 --reason $'two\nlines'
  DRY_RUN=true verb 2 hold app:v1
  says_on_stderr 'DRY_RUN is set'
}

@test "a tag is held while a run has the lock" {
  program_begin slow
  verb 0 hold app:v1
  "$CLEAN_REGISTRY" --config "$PROGRAM_DIR/config.json" --quiet || [ $? -eq 5 ]
  program_end slow 0
  [[ $(registry_tags app) == *v1* ]]
}

@test "two who hold at the same time both do" {
  verb 0 hold app:new
  for tag in v1 v1-copy v2; do
    "$CLEAN_REGISTRY" hold "app:$tag" --config "$PROGRAM_DIR/config.json" >/dev/null 3>&- &
  done
  wait
  verb 0 holds --json
  [ "$(jq -c '.holds | map(.tag)' <<<"$output")" = '["new","v1","v1-copy","v2"]' ]
}
