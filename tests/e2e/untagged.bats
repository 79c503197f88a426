#!/usr/bin/env bats
# Manifests that no tag points at any more, as a real registry leaves them.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/fault
load ../tools/program

# No tag goes by its age.
CONFIG='{"cleanup": {"days_to_keep": 36500, "untagged_days": 30}, "inventory": {"source": "storage"}}'

setup_file() {
  registry_start_host "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
}

setup() {
  registry_use "$BATS_FILE_TMPDIR/registry"
  program_empty_registry
  manifests=$REGISTRY_STORE/docker/registry/v2/repositories/app/_manifests
  program_config "$CONFIG"
}

teardown() {
  fault_stop
}

# push TAG CREATED DATE: an image, as if it had been pushed then; its digest is in $pushed.
push() {
  local link
  pushed=$(push_images <<<"[{\"repository\": \"app\", \"tag\": \"$1\", \"created\": \"$2\"}]" |
    jq --raw-output '.["app:'"$1"'"]')
  for link in revisions/sha256/"${pushed#*:}" tags/"$1"/{current,index/sha256/"${pushed#*:}"}; do
    touch -d "$3" "$manifests/$link/link"
  done
  no_tag_went
}

# As if no name of a tag had come or gone since before any of these pushes.
no_tag_went() {
  touch -d '2021-01-01 UTC' "$manifests/tags"
}

# Three images, each pushed over the one before.
push_over() {
  push v1 -90d '2021-03-01 01:01:01 UTC'
  first=$pushed
  push v1 -80d '2021-03-02 02:02:02 UTC'
  second=$pushed
  push v1 -70d '2 days ago'
  third=$pushed
}

@test "what a push replaced is untagged since that push" {
  push_over
  program_exits 0 --dry-run
  [ "$(program_report '.untagged[] | "\(.digest) \(.untagged_since) \(.decision)"')" = \
    "$first 2021-03-02T02:02:02Z delete" ]
  program_exits 0
  [ ! -e "$manifests/revisions/sha256/${first#*:}/link" ]
  [ -e "$manifests/revisions/sha256/${second#*:}/link" ]
  [ -e "$manifests/revisions/sha256/${third#*:}/link" ]
  program_leaves app v1
}

# at_look SCRIPT: run when the repository is looked at, before the first delete; $url is its manifests'.
at_look() {
  printf 'set -eu\nurl=%q\n%s\n' "$REGISTRY_URL/v2/app/manifests" "$1" >"$BATS_TEST_TMPDIR/hook"
  fault_start --backend "$REGISTRY_URL"
  program_config "$CONFIG" "$(fault_url)"
  fault_rules "[{\"match\": {\"path\": \"app/tags/list\"}, \"times\": 1, \"continue\": true,
    \"run\": \"sh $BATS_TEST_TMPDIR/hook\"}]"
}

@test "the report names what was untagged for long, and the forecast is to the byte" {
  local forecast
  push v1 -90d '2021-03-01 01:01:01 UTC'
  first=$pushed
  push v1 -80d '2021-03-02 02:02:02 UTC'
  program_exits 0 --dry-run
  program_says "would delete app@$first (untagged since 2021-03-02)" "would delete 0 tags (1 manifest)"
  [ "$(program_report '.untagged[] | "\(.repository) \(.digest) \(.decision)"')" = "app $first delete" ]
  forecast=$(program_report .storage.forecast_bytes)
  [ "$forecast" -gt 500 ]
  program_exits 0
  program_says "deleted app@$first, which had no tag"
  [ "$(program_report .storage.freed_bytes)" -eq "$forecast" ]
  pull_whole app v1
  program_exits 0
  [ "$(program_report '.untagged | length')" -eq 0 ]
}

# Pushes what stands on standard input.
push_all() {
  push_images >"$BATS_TEST_TMPDIR/digests"
}

digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

# age DATE ID...: as if it had been pushed then, whatever tag it was pushed for.
age() {
  local date=$1 id hex link
  shift
  for id; do
    hex=$(digest "$id" | cut -d : -f 2)
    touch -d "$date" "$manifests/revisions/sha256/$hex/link"
    for link in "$manifests"/tags/*/index/sha256/"$hex"/link; do
      [ ! -e "$link" ] || touch -d "$date" "$link"
    done
  done
  no_tag_went
}

# left ID...: the app has these manifests and no others.
left() {
  diff <(for id; do digest "$id"; done | cut -d : -f 2 | LC_ALL=C sort) \
    <(find "$manifests/revisions/sha256" -name link -printf '%h\n' | sed 's,.*/,,' | LC_ALL=C sort)
}

@test "an index without a tag goes with those of its parts that are old, too; those of others stay" {
  push_all <<'JSON'
[ {"repository": "app", "id": "kept", "kind": "index", "tag": "v1", "platforms": ["linux/amd64"]},
  {"repository": "app", "id": "gone", "kind": "index", "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "id": "never-tagged"},
  {"repository": "app", "id": "shared"},
  {"repository": "app", "id": "young"},
  {"repository": "app", "kind": "index", "tag": "v2", "children": ["shared"]},
  {"repository": "app", "id": "gone-with-shared", "kind": "index", "children": ["shared"]},
  {"repository": "app", "id": "young-index", "kind": "index", "children": ["never-tagged"]} ]
JSON
  age '31 days ago' kept kept/linux/amd64 gone gone/linux/amd64 never-tagged shared app:v2 gone-with-shared
  program_exits 0
  # What a young index lists stays with it.
  left kept kept/linux/amd64 gone/linux/arm64 shared young app:v2 young-index never-tagged
  pull_whole app v1 v2 "$(digest young-index)"
  age '31 days ago' young-index gone/linux/arm64
  program_exits 0
  left kept kept/linux/amd64 shared young app:v2
}

@test "what describes an image stays and goes with it, whatever its own age" {
  push_all <<'JSON'
[ {"repository": "app", "id": "tagged", "tag": "v1"},
  {"repository": "app", "id": "its-bill", "kind": "referrer", "subject": "tagged", "fallback": false},
  {"repository": "app", "id": "untagged"},
  {"repository": "app", "id": "its-signature", "kind": "referrer", "subject": "untagged", "fallback": false} ]
JSON
  age '31 days ago' tagged its-bill untagged
  program_exits 0
  left tagged its-bill
}

@test "what is in use stays, and that is of use" {
  push_over
  program_config "$(jq --arg first "${REGISTRY_URL#*//}/app@$first" \
    '.protect.in_use = [["echo", $first, "0123456789ab"]]' <<<"$CONFIG")"
  program_exits 0
  program_says "2 images in use, 1 from this registry by name, 1 by a bare ID"
  program_keeps_quiet_of "protect.in_use matches no tag"
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
}

@test "only where the run works, and not in one for jobs, do they go" {
  push_over
  program_config "$(jq '.jobs = [{name: "j", repositories: ["app"], tag_regexps: ["none"]}]' <<<"$CONFIG")"
  program_exits 0 --jobs j
  push_images >/dev/null <<<'[{"repository": "other", "tag": "v1"}]'
  program_exits 0 --repository other
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
}

@test "it needs the storage: with inventory.source api it is an error" {
  push_over
  program_config "$(jq '.inventory.source = "api"' <<<"$CONFIG")"
  program_exits 2
  program_says "cleanup.untagged_days"
}

@test "where the folder is not proved to be the registry's own, nothing goes, and a warning says so" {
  push_over
  # It cannot be asked which folder the registry has; all that can be compared is the same.
  program_config "$(jq '.registry.exec = ["false"] | .gc.when = "never"' <<<"$CONFIG")"
  program_exits 0
  program_says "[WARNING] since when manifests have had no tag is not known"
  # It is another folder, with the same in it, so the API is read.
  cp -a "$REGISTRY_STORE" "$BATS_TEST_TMPDIR/copy"
  program_config "$(jq --arg copy "$BATS_TEST_TMPDIR/copy" \
    '.paths.host_storage = $copy | .inventory.source = "auto"' <<<"$CONFIG")"
  program_exits 0
  program_says "[WARNING] since when manifests have had no tag is not known"
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
  [ "$(program_report '.summary.manifests_deleted')" -eq 0 ]
}

@test "what is pushed again by its digest between plan and look stays" {
  push_over
  at_look "type=application/vnd.oci.image.manifest.v1+json body=$BATS_TEST_TMPDIR/body
curl -sf -H \"Accept: \$type\" -o \"\$body\" \"\$url/$first\"
curl -sf -X PUT -H \"Content-Type: \$type\" --data-binary \"@\$body\" \"\$url/$first\""
  program_exits 0
  [ "$(fault_applied 0)" -eq 1 ]
  program_says "app: manifest $first changed since it was planned"
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
}

@test "what is untagged in the history of a tag that goes in the same run goes, too" {
  push_over
  program_config "$(jq '.cleanup.days_to_keep = 30 | .cleanup.age_from = "created"' <<<"$CONFIG")"
  program_exits 0
  [ ! -e "$manifests/revisions/sha256/${first#*:}/link" ]
  [ -e "$manifests/revisions/sha256/${second#*:}/link" ]
  [ ! -e "$manifests/revisions/sha256/${third#*:}/link" ]
}

@test "what a run that failed still owes stays when it was pushed again by its digest meanwhile" {
  local type=application/vnd.oci.image.manifest.v1+json url=$REGISTRY_URL/v2/app/manifests
  push_over
  push v2 -90d '2021-03-01 01:01:01 UTC'
  fourth=$pushed
  push v2 -70d '2021-03-02 02:02:02 UTC'
  fault_start --backend "$REGISTRY_URL"
  program_config "$CONFIG" "$(fault_url)"
  fault_rules '[{"match": {"method": "DELETE", "path": "'"$first|$fourth"'"}, "status": 500}]'
  program_exits 1
  fault_rules '[]'
  curl -sf -H "Accept: $type" -o "$BATS_TEST_TMPDIR/body" "$url/$first"
  curl -sf -X PUT -H "Content-Type: $type" --data-binary "@$BATS_TEST_TMPDIR/body" "$url/$first"
  # As if a second had passed since the run.
  touch -d '+1 second' "$manifests/revisions/sha256/${first#*:}/link"
  program_exits 0
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
  [ ! -e "$manifests/revisions/sha256/${fourth#*:}/link" ]
  # The journal is cut down to what is still owed when the next run begins.
  program_exits 0
  run ! grep '^owe' "$PROGRAM_DIR"/state/*/debts
}

# two_pushes: v1 and v2, pushed long ago; the digest of v1 is in $first.
two_pushes() {
  push v1 -90d '2021-03-01 01:01:01 UTC'
  first=$pushed
  push v2 -80d '2021-03-02 02:02:02 UTC'
}

# tag_goes TAG: as the registry deletes a tag by its name.
tag_goes() {
  rm -r "$manifests/tags/$1"
}

# first_seen [DIGEST DATE]: what runs remember of it, or that it is set so.
first_seen() {
  local file
  file=$(echo "$PROGRAM_DIR"/state/*/untagged)
  [ "$#" -gt 0 ] || {
    sed -n 's/ app / /p' "$file"
    return
  }
  sed -i '$d' "$file"
  grep -q " app $1\$" "$file" || echo "0 app $1" >>"$file"
  sed -i "s/^[0-9]* \(app $1\)\$/$(date -d "$2" +%s) \1/" "$file"
  echo "sha256:$(sha256sum <"$file" | cut -d ' ' -f 1)" >>"$file"
}

stays() {
  [ -e "$manifests/revisions/sha256/${first#*:}/link" ]
}

@test "what lost its tag a minute ago stays, though its links are years old" {
  local now
  two_pushes
  tag_goes v1
  now=$(date +%s)
  program_exits 0 --dry-run
  # It does not remember anything.
  [ ! -e "$(echo "$PROGRAM_DIR"/state/*/untagged)" ]
  program_exits 0
  stays
  [ "$(first_seen | cut -d ' ' -f 2)" = "$first" ]
  [ "$(first_seen | cut -d ' ' -f 1)" -ge "$now" ]
  # As far as the folder tells, it was so for long, and only a run would know better.
  touch -d '10 days ago' "$manifests/tags"
  program_exits 0
  stays
  touch -d '31 days ago' "$manifests/tags"
  program_exits 0
  run ! stays
}

@test "new names of tags each day do not keep it for ever: what runs saw so long ago goes" {
  two_pushes
  tag_goes v1
  program_exits 0
  first_seen "$first" '29 days ago'
  push_images >/dev/null <<<'[{"repository": "app", "tag": "new"}]'
  program_exits 0
  stays
  first_seen "$first" '31 days ago'
  push_images >/dev/null <<<'[{"repository": "app", "tag": "newer"}]'
  program_exits 0 --dry-run
  [ "$(program_report '.untagged[] | "\(.digest) \(.decision)"')" = "$first delete" ]
  program_exits 0
  run ! stays
  # It is forgotten then.
  program_exits 0
  [ -z "$(first_seen)" ]
}

# tag_again TAG: first gets it, by a push.
tag_again() {
  local type=application/vnd.oci.image.manifest.v1+json url=$REGISTRY_URL/v2/app/manifests
  curl -sf -H "Accept: $type" -o "$BATS_TEST_TMPDIR/body" "$url/$first"
  curl -sf -X PUT -H "Content-Type: $type" --data-binary "@$BATS_TEST_TMPDIR/body" "$url/$1"
}

@test "what is seen with a tag again counts anew" {
  two_pushes
  tag_goes v1
  program_exits 0
  first_seen "$first" '40 days ago'
  tag_again v3
  # Whatever is read to see it.
  program_config "$(jq '.inventory.source = "auto" | .paths.host_storage = "/nonexistent"' <<<"$CONFIG")"
  program_exits 0
  [ -z "$(first_seen)" ]
  program_config "$CONFIG"
  program_exits 0
  [ -z "$(first_seen)" ]
  # As if that had been long ago, too.
  touch -d '2021-03-01' "$manifests/revisions/sha256/${first#*:}/link"
  tag_goes v3
  program_exits 0
  stays
  [ "$(first_seen | cut -d ' ' -f 2)" = "$first" ]
}

@test "what was pushed again since a run saw it counts anew, though none saw it with a tag" {
  two_pushes
  tag_goes v1
  program_exits 0
  first_seen "$first" '40 days ago'
  tag_again v3
  touch -d '35 days ago' "$manifests/revisions/sha256/${first#*:}/link"
  tag_goes v3
  program_exits 0
  stays
  [ "$(first_seen | cut -d ' ' -f 1)" -gt "$(date -d '1 hour ago' +%s)" ]
}

@test "when the folder of the tags is not there, or of tomorrow, what has no tag stays" {
  push_over
  touch -d tomorrow "$manifests/tags"
  program_exits 0
  stays
  first_seen "$first" '40 days ago'
  program_exits 0
  stays
  rm -r "$manifests/tags"
  program_exits 0
  stays
}

@test "when what runs remember is damaged, what has no tag stays for that run, which says so" {
  push_over
  # It would go, if it were only by the folders.
  program_exits 0 --dry-run
  [ "$(program_report '.untagged | length')" -eq 1 ]
  mkdir -p "$PROGRAM_DIR"/state
  program_config "$(jq '.cleanup.untagged_days = 36500' <<<"$CONFIG")"
  program_exits 0
  program_config "$CONFIG"
  sed -i 's/ app / pap /' "$PROGRAM_DIR"/state/*/untagged
  program_exits 0 --dry-run
  program_says "[WARNING] the file untagged in paths.state" "does not match its checksum"
  [ "$(program_report '.untagged | length')" -eq 0 ]
  program_exits 0
  program_says "[WARNING] the file untagged in paths.state"
  stays
  program_exits 0
  program_keeps_quiet_of "[WARNING]"
  run ! stays
}

@test "what our own deletion of its last tag leaves is untagged since then" {
  local now part
  push_all <<'JSON'
[ {"repository": "app", "id": "part", "created": "-90d"},
  {"repository": "app", "kind": "index", "tag": "latest", "children": ["part"]},
  {"repository": "app", "tag": "old", "same_as": "part"} ]
JSON
  part=$(digest part)
  fault_start --backend "$REGISTRY_URL" --play-3x --store "$REGISTRY_STORE"
  program_config "$(jq --slurp 'reduce .[] as $more ({}; . * $more)' <(jq '.cleanup.days_to_keep = 30' <<<"$CONFIG") \
    <(program_exec 'case $* in *--version*)
      echo "registry github.com/distribution/distribution/v3 v3.1.1"; exit;; esac'))" "$(fault_url)"
  now=$(date +%s)
  program_exits 0
  program_leaves app latest
  [ "$(first_seen | cut -d ' ' -f 2)" = "$part" ]
  [ "$(first_seen | cut -d ' ' -f 1)" -ge "$now" ]
}

# push_index: always the same one; its part is in $one.
push_index() {
  push_all <<'JSON'
[ {"repository": "app", "id": "one", "created": "2021-03-01T00:00:00Z"},
  {"repository": "app", "kind": "index", "tag": "v1", "children": ["one"]} ]
JSON
  one=$(digest one)
}

@test "an index that an interrupted run deleted goes again when it was pushed again" {
  push_index
  fault_start --backend "$REGISTRY_URL"
  program_config '{"cleanup": {"days_to_keep": 30}}' "$(fault_url)"
  fault_rules '[{"match": {"method": "DELETE", "path": "'"$one"'"}, "status": 500}]'
  program_exits 1
  fault_rules '[]'
  push_index
  program_exits 0
  registry_lacks app "$one"
}

@test "what is pushed again and fails to go again is owed since then" {
  push_index
  fault_start --backend "$REGISTRY_URL"
  program_config '{"cleanup": {"days_to_keep": 30}}' "$(fault_url)"
  fault_rules '[{"match": {"method": "DELETE", "path": "'"$one"'"}, "status": 500}]'
  program_exits 1
  # As if that run had been a minute ago.
  sed -i -E "s/^(owe .*) [0-9]+$/\1 $(($(date +%s) - 60))/" "$PROGRAM_DIR"/state/*/debts
  push_index
  program_exits 1
  fault_rules '[]'
  program_exits 0
  registry_lacks app "$one"
}
