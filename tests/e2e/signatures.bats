#!/usr/bin/env bats
# Signatures, attestations and SBOMs live and die with what they describe (S4).

bats_require_minimum_version 1.5.0
load ../tools/engine
load ../tools/registry
load ../tools/store
load ../tools/program

setup_file() {
  engine_shared
  registry_start_either "$BATS_FILE_TMPDIR/registry" --cache none
}

teardown_file() {
  registry_stop "$BATS_FILE_TMPDIR/registry"
  engine_release
}

setup() {
  program_empty_registry
  program_config
}

push() {
  push_images >"$BATS_TEST_TMPDIR/digests"
}

digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

# The tag that belongs to an id: its digest, with a suffix if one is given.
tag_for() {
  local digest
  digest=$(digest "$1")
  echo "${digest/:/-}${2:+.$2}"
}

@test "cosign's tags go with the image or index that they name, however young they are" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "id": "sig", "kind": "cosign", "subject": "app:old", "created": "-1d",
   "layers": ["signature:44001"]},
  {"repository": "app", "id": "att", "kind": "cosign", "subject": "app:old", "suffix": "att"},
  {"repository": "app", "id": "sbom", "kind": "cosign", "subject": "app:old", "suffix": "sbom"},
  {"repository": "app", "tag": "index", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64", "linux/arm64"]},
  {"repository": "app", "id": "of index", "kind": "cosign", "subject": "app:index"},
  {"repository": "app", "id": "of child", "kind": "cosign", "subject": "app:index/linux/arm64"},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
  local signature
  signature=$(tag_for app:old sig)
  program_exits 0
  program_leaves app new
  [ "$(program_tag app "$signature")" = "deleted subject_deleted" ]
  registry_lacks app "$(digest sig)"
  [ -z "$(find "$REGISTRY_STORE" -name data -size 44001c)" ]
}

@test "cosign's tags stay with what stays, however old they are" {
  push <<'JSON'
[ {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "app", "kind": "cosign", "id": "sig", "subject": "app:new", "created": "-400d"},
  {"repository": "app", "kind": "cosign", "id": "att", "subject": "app:new", "suffix": "att"},
  {"repository": "app", "tag": "index", "kind": "index", "created": "-1d",
   "platforms": ["linux/amd64"]},
  {"repository": "app", "kind": "cosign", "id": "of child", "subject": "app:index/linux/amd64",
   "created": "-400d"} ]
JSON
  program_exits 0
  program_leaves app new index "$(tag_for app:new sig)" "$(tag_for app:new att)" \
    "$(tag_for app:index/linux/amd64 sig)"
  [ "$(program_tag app "$(tag_for app:new sig)")" = "kept subject_kept" ]
  pull_whole app "$(tag_for app:new sig)" "$(tag_for app:index/linux/amd64 sig)"
}

@test "a signature of an image that no tag points at stays while that image is there" {
  push <<'JSON'
[ {"repository": "app", "id": "untagged", "created": "-90d"},
  {"repository": "app", "id": "sig", "kind": "cosign", "subject": "untagged",
   "created": "-90d"} ]
JSON
  program_exits 0
  program_leaves app "$(tag_for untagged sig)"
  [ "$(program_report .summary.orphans)" -eq 0 ]
}

@test "referrers and the index that lists them go with their subject" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "id": "spdx", "kind": "referrer", "subject": "app:old", "created": "-1d",
   "layers": ["spdx:44002"]},
  {"repository": "app", "id": "bundle", "kind": "referrer", "subject": "app:old"},
  {"repository": "app", "tag": "new", "created": "-1d"} ]
JSON
  program_exits 0
  program_leaves app new
  registry_lacks app "$(digest spdx)"
  registry_lacks app "$(digest bundle)"
  [ -z "$(find "$REGISTRY_STORE" -name data -size 44002c)" ]
}

@test "referrers and their index stay with their subject, and are whole" {
  push <<'JSON'
[ {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "app", "id": "spdx", "kind": "referrer", "subject": "app:new",
   "created": "-400d"} ]
JSON
  program_exits 0
  program_leaves app new "$(tag_for app:new)"
  pull_whole app "$(tag_for app:new)"
}

@test "what describes a signature or an SBOM goes with it, to any depth" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "id": "sbom", "kind": "referrer", "subject": "app:old"},
  {"repository": "app", "id": "signed", "kind": "cosign", "subject": "sbom", "created": "-1d"},
  {"repository": "app", "id": "about", "kind": "referrer", "subject": "signed"} ]
JSON
  program_exits 0
  program_leaves app
  registry_lacks app "$(digest signed)"
  registry_lacks app "$(digest about)"
}

@test "orphans stay, are counted, and are no failure" {
  local absent=1111111111111111111111111111111111111111111111111111111111111111
  push <<JSON
[ {"repository": "app", "id": "sig", "kind": "cosign", "subject": "sha256:$absent",
   "created": "-400d"},
  {"repository": "app", "tag": "lonely", "id": "referrer", "kind": "referrer", "created": "-400d",
   "subject": "sha256:$absent", "fallback": false},
  {"repository": "app", "tag": "old", "created": "-90d"} ]
JSON
  program_exits 0
  program_leaves app "sha256-$absent.sig" lonely
  [ "$(program_tag app "sha256-$absent.sig")" = "kept orphan" ]
  [ "$(program_tag app lonely)" = "kept orphan" ]
  [ "$(program_report .summary.orphans)" -eq 2 ]
}

@test "the same subject in another repository does not count" {
  push <<'JSON'
[ {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "mirror", "id": "sig", "kind": "cosign", "subject": "app:new",
   "created": "-400d"} ]
JSON
  program_exits 0
  program_leaves mirror "$(tag_for app:new sig)"
  [ "$(program_tag mirror "$(tag_for app:new sig)")" = "kept orphan" ]
}

@test "a name that is protected keeps a signature, but not what it describes" {
  push <<'JSON'
[ {"repository": "app", "tag": "old", "created": "-90d"},
  {"repository": "app", "id": "sig", "kind": "cosign", "subject": "app:old"},
  {"repository": "app", "id": "att", "kind": "cosign", "subject": "app:old", "suffix": "att"} ]
JSON
  program_config '{"cleanup": {"protected_patterns": [".sig"]}}'
  program_exits 0
  program_leaves app "$(tag_for app:old sig)"
  registry_lacks app "$(digest app:old)"
  # From now on it is an orphan, which is kept without protection, too.
  program_config
  program_exits 0
  program_leaves app "$(tag_for app:old sig)"
  [ "$(program_report .summary.orphans)" -eq 1 ]
}

@test "what is protected keeps its signatures" {
  push <<'JSON'
[ {"repository": "app", "tag": "latest", "created": "-90d"},
  {"repository": "app", "id": "sig", "kind": "cosign", "subject": "app:latest",
   "created": "-90d"} ]
JSON
  program_exits 0
  program_leaves app latest "$(tag_for app:latest sig)"
}

@test "a bare sha256- tag that is no list of referrers is an ordinary tag" {
  local hex=2222222222222222222222222222222222222222222222222222222222222222
  push <<JSON
[ {"repository": "app", "tag": "new", "created": "-1d"},
  {"repository": "app", "tag": "sha256-$hex", "created": "-90d"},
  {"repository": "app", "tag": "sha256-${hex//2/3}", "created": "-1d"},
  {"repository": "app", "tag": "sha256-${hex//2/4}", "kind": "index", "created": "-90d",
   "platforms": ["linux/amd64"]} ]
JSON
  program_exits 0
  program_leaves app new "sha256-${hex//2/3}"
}
