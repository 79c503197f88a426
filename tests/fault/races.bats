#!/usr/bin/env bats
# What others do to the registry between the plan and the deletes: decisions only shrink (S6), what
# stays is whole (S1, S3, S4).

load world

IMAGES='[
  {"repository": "team/app", "tag": "old-1", "created": "-90d"},
  {"repository": "team/app", "tag": "old-2", "created": "-91d"},
  {"repository": "team/app", "tag": "old-3", "created": "-92d"},
  {"repository": "team/app", "tag": "new", "created": "-1d"} ]'

setup() {
  world_start
  world_push "$IMAGES"
  # The hooks take their time on a busy machine.
  world_config '{"registry": {"timeout": 10}}'
}

teardown() {
  world_stop
}

# hook RULE: a rule that runs what stands on standard input, with these functions: `push JSON`, `tag NAME
# DIGEST`, `delete DIGEST`, all of team/app, and $url.
hook() {
  local script=$BATS_TEST_TMPDIR/hook
  {
    printf 'set -eu\nurl=%q tools=%q\n' "$REGISTRY_URL/v2/team/app" "$FAULT_TOOLS"
    cat <<'SH'
push() {
  printf '%s' "$1" | "$tools/images.py" --url "${url%/v2/*}" >&2
}
tag() {
  curl -sf -D "$0.head" -o "$0.body" -H 'Accept: application/vnd.oci.image.index.v1+json' \
    -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$url/manifests/$2"
  curl -sf -X PUT -H "$(tr -d '\r' <"$0.head" | grep -i ^content-type:)" --data-binary "@$0.body" \
    "$url/manifests/$1"
}
delete() {
  curl -sf -X DELETE "$url/manifests/$1"
}
SH
    cat
  } >"$script"
  fault_rules "[{$1, \"times\": 1, \"continue\": true, \"run\": \"sh $script\"},
    {\"match\": {\"method\": \"DELETE\", \"path\": \"team/app/manifests/sha256:\"}, \"delay\": 0.01}]"
}

# At the look before the first delete. It asks for the list of the tags; a scan through the API did so
# before, one of the storage did not.
at_look() {
  local scan=1
  [ "$TEST_SOURCE" = api ] || scan=0
  hook "\"match\": {\"path\": \"team/app/tags/list\"}, \"after\": $scan"
}

# While the first manifest is deleted (the first two DELETEs are the probes); what comes after it
# comes so late that it is looked at again.
during_first_delete() {
  { cat && echo 'sleep 1'; } | hook '"match": {"method": "DELETE"}, "after": 2'
}

ends_well() {
  world_exits 0
  world_applied
  world_tags team/app "$@"
  pull_whole team/app "$@"
  [ -z "$(program_owed)" ]
}

# status_of TAG STATUS
status_of() {
  [ "$(program_report ".tags[] | select(.tag == \"$1\") | .status")" = "$2" ]
}

@test "without a race all old tags go, by three DELETEs and two probes" {
  at_look <<<'true'
  program_run
  ends_well new
  [ "$(fault_count DELETE .)" -eq 5 ]
}

@test "a tag that is pushed anew between the plan and the look stays" {
  at_look <<'SH'
push '[{"repository": "team/app", "tag": "old-2", "created": "-1h"}]'
SH
  program_run
  ends_well new old-2
  status_of old-2 changed
  status_of old-1 deleted
  world_says 'team/app: manifest sha256:.* changed since it was planned'
}

@test "a tag that is pushed anew with another old image stays as well" {
  at_look <<'SH'
push '[{"repository": "team/app", "tag": "old-2", "created": "-400d"}]'
SH
  program_run
  ends_well new old-2
  status_of old-2 changed
}

@test "a tag that is pushed anew while the first manifest is deleted stays" {
  # Whichever goes first: the other two are pushed anew.
  during_first_delete <<SH
for tag in old-1 old-2 old-3; do
  case \$FAULT_PATH in
  *$(world_digest team/app:old-1)) first=old-1 ;;
  *$(world_digest team/app:old-2)) first=old-2 ;;
  *) first=old-3 ;;
  esac
  [ \$tag = \$first ] || push '[{"repository": "team/app", "tag": "'\$tag'", "created": "-1h"}]'
done
SH
  program_run
  world_exits 0
  world_applied
  [ "$(registry_tags team/app | wc -l)" -eq 3 ]
  # shellcheck disable=SC2046
  pull_whole team/app $(registry_tags team/app)
  [ "$(fault_count DELETE team/app)" -eq 3 ]
  [ "$(program_report '[.tags[] | select(.status == "changed")] | length')" -eq 2 ]
}

@test "a kept tag that is moved onto a doomed digest while its repository is deleted stays" {
  during_first_delete <<SH
case \$FAULT_PATH in
*$(world_digest team/app:old-1)) tag new $(world_digest team/app:old-2) ;;
*) tag new $(world_digest team/app:old-1) ;;
esac
SH
  program_run
  world_exits 0
  world_applied
  registry_has team/app new
  pull_whole team/app new
  [ "$(registry_tags team/app | wc -l)" -eq 2 ]
  # shellcheck disable=SC2046
  pull_whole team/app $(registry_tags team/app)
  [ "$(program_report '[.tags[] | select(.status == "changed")] | length')" -eq 1 ]
}

@test "what a lost tag had is not collected in the same run" {
  local hex
  during_first_delete <<SH
tag new sha256:\${FAULT_PATH##*sha256:}
echo \${FAULT_PATH##*sha256:} >$BATS_TEST_TMPDIR/doomed
SH
  fault_rules "[{\"match\": {\"method\": \"DELETE\"}, \"after\": 2, \"times\": 1, \"continue\": true,
    \"run\": \"sh $BATS_TEST_TMPDIR/hook\"}, {\"match\": {\"method\": \"PUT\"}, \"status\": 403}]"
  program_run
  world_exits 1
  world_applied
  world_says 'tag new vanished .*403' 'a tag was lost, so nothing is collected in this run'
  hex=$(cat "$BATS_TEST_TMPDIR/doomed")
  [ -e "$REGISTRY_STORE/docker/registry/v2/blobs/sha256/${hex:0:2}/$hex/data" ]
  program_owed | grep -qx collection
}

@test "each tag that is lost is named, also where several are for one reason" {
  world_push '[{"repository": "team/app", "tag": "new-2", "created": "-2d"}]'
  during_first_delete <<SH
doomed=sha256:\${FAULT_PATH##*sha256:}
tag new \$doomed
tag new-2 \$doomed
delete $(world_digest team/app:new)
delete $(world_digest team/app:new-2)
SH
  program_run
  world_exits 1
  world_applied
  world_says '\[ERROR\] team/app: tag new vanished .*: what it pointed at was deleted by somebody else' \
    '\[ERROR\] team/app: tag new-2 vanished .*: what it pointed at was deleted by somebody else'
}

@test "a doomed digest that gains a tag stays, with both tags" {
  at_look <<SH
tag production $(world_digest team/app:old-1)
SH
  program_run
  ends_well new old-1 production
  status_of old-1 changed
}

@test "a doomed digest that gains a protected tag stays" {
  at_look <<SH
tag latest $(world_digest team/app:old-1)
SH
  program_run
  ends_well new old-1 latest
  status_of old-1 changed
}

@test "a doomed digest that a kept tag is moved to stays" {
  at_look <<SH
tag new $(world_digest team/app:old-1)
SH
  program_run
  ends_well new old-1
  status_of old-1 changed
}

@test "a doomed image that a new index lists stays" {
  world_push '[
    {"repository": "team/app", "id": "image", "tag": "old-1", "created": "-90d"},
    {"repository": "elsewhere", "id": "index", "kind": "index", "children": ["image"]}]'
  registry_curl -H 'Accept: application/vnd.oci.image.index.v1+json' -o "$BATS_TEST_TMPDIR/index" \
    "$REGISTRY_URL/v2/elsewhere/manifests/$(world_digest index)"
  at_look <<SH
curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' \
  --data-binary @$BATS_TEST_TMPDIR/index \$url/manifests/fresh
SH
  program_run
  ends_well new old-1 fresh
  status_of old-1 changed
}

@test "a doomed image that a new index without a tag lists stays" {
  world_push '[
    {"repository": "team/app", "id": "image", "tag": "old-1", "created": "-90d"},
    {"repository": "elsewhere", "id": "index", "kind": "index", "children": ["image"]}]'
  registry_curl -H 'Accept: application/vnd.oci.image.index.v1+json' -o "$BATS_TEST_TMPDIR/index" \
    "$REGISTRY_URL/v2/elsewhere/manifests/$(world_digest index)"
  at_look <<SH
curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' \
  --data-binary @$BATS_TEST_TMPDIR/index \$url/manifests/$(world_digest index)
SH
  program_run
  ends_well new old-1
  pull_whole team/app "$(world_digest index)"
  status_of old-1 changed
}

@test "a child of a doomed index that gains a tag stays, the index goes" {
  world_push '[{"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"]}]'
  at_look <<SH
tag arm $(world_digest team/app:multi/linux/arm64)
SH
  program_run
  ends_well new arm
  status_of multi deleted
  registry_lacks team/app "$(world_digest team/app:multi)"
  registry_lacks team/app "$(world_digest team/app:multi/linux/amd64)"
}

@test "a child of an index that is being deleted gains a tag, and stays" {
  world_push '[{"repository": "team/app", "tag": "multi", "kind": "index", "created": "-99d",
    "platforms": ["linux/amd64", "linux/arm64"]}]'
  # The first DELETE may be of another manifest: the index goes before its children in any case.
  during_first_delete <<SH
tag amd $(world_digest team/app:multi/linux/amd64)
tag arm $(world_digest team/app:multi/linux/arm64)
SH
  program_run
  ends_well new amd arm
}

@test "an image that gains a tag keeps its signature" {
  world_push '[
    {"repository": "team/app", "tag": "signed", "id": "signed", "created": "-95d"},
    {"repository": "team/app", "kind": "cosign", "subject": "signed"},
    {"repository": "team/app", "id": "bill", "kind": "referrer", "subject": "signed"}]'
  local name
  name=$(world_digest signed | tr : -)
  at_look <<SH
tag wanted $(world_digest signed)
SH
  program_run
  ends_well new signed wanted "$name" "$name.sig"
}

@test "a doomed tag that vanishes is no failure" {
  at_look <<SH
delete $(world_digest team/app:old-2)
SH
  program_run
  ends_well new
  status_of old-1 deleted
  status_of old-3 deleted
}

@test "a kept tag that vanishes is no failure, and nothing but what was planned goes" {
  at_look <<SH
push '[{"repository": "team/app", "tag": "brand-new", "created": "-1h"}]'
delete $(world_digest team/app:new)
SH
  program_run
  ends_well brand-new
}

@test "a tag that is new and old at once is not in the plan, and stays" {
  at_look <<'SH'
push '[{"repository": "team/app", "tag": "late", "created": "-500d"}]'
SH
  program_run
  ends_well late new
  # The next run knows it from the start.
  program_run
  ends_well new
}

@test "what is pushed while the run goes on is whole afterwards" {
  during_first_delete <<'SH'
push '[{"repository": "team/app", "tag": "pushed", "created": "-1h"},
  {"repository": "brand/new", "tag": "pushed", "kind": "index", "created": "-1h",
   "platforms": ["linux/amd64", "linux/arm64"]}]'
SH
  program_run
  ends_well new pushed
  pull_whole brand/new pushed
}
