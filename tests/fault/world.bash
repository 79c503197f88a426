# shellcheck shell=bash disable=SC2154,SC2119,SC2120 # bats' run sets status and output; options are optional
# What the fault tests share: a real registry on this host, the fault proxy in front of it, the program
# set up to talk to the proxy, and two repositories: in `team/app` things go wrong, `other` must be
# cleaned all the same.

bats_require_minimum_version 1.5.0
load ../tools/registry
load ../tools/store
load ../tools/fault
load ../tools/program

# Most faults are about requests that only a reading through the API sends.
export TEST_SOURCE=${TEST_SOURCE:-api}

# world_start [REGISTRY OPTIONS]
world_start() {
  registry_start_host "$BATS_TEST_TMPDIR/registry" "$@"
  world_proxy
}

# world_proxy [PROXY OPTIONS]: the proxy, anew if need be, and the configuration for it.
world_proxy() {
  fault_stop proxy
  fault_start --backend "$REGISTRY_URL" "$@"
  world_config '{}'
}

# world_config JSON: the configuration, with JSON merged into it. The time-out is long enough for a
# machine with much else to do.
world_config() {
  local quick='{"registry": {"timeout": 4, "retry_seconds": 1}}'
  program_config "$quick * ($1)" "$(fault_url)"
}

# The output of a program is shown when its test fails.
world_stop() {
  local failed=0
  [ -n "$BATS_TEST_COMPLETED" ] || printf 'exit %s\n%s\n' "${status-}" "${output-}"
  fault_stop || failed=1
  registry_stop "$BATS_TEST_TMPDIR/registry"
  return "$failed"
}

# world_push [JSON]: pushes, and leaves the digests where world_digest looks for them.
world_push() {
  push_images >"$BATS_TEST_TMPDIR/pushed" <<<"${1:-$WORLD_IMAGES}"
  if [ -e "$BATS_TEST_TMPDIR/digests" ]; then
    jq -s 'add' "$BATS_TEST_TMPDIR"/{pushed,digests} >"$BATS_TEST_TMPDIR/digests.new"
    mv "$BATS_TEST_TMPDIR/digests.new" "$BATS_TEST_TMPDIR/digests"
  else
    mv "$BATS_TEST_TMPDIR/pushed" "$BATS_TEST_TMPDIR/digests"
  fi
}

# world_digest ID
world_digest() {
  digest_of "$1" <"$BATS_TEST_TMPDIR/digests"
}

# The plain case: in both repositories a tag that goes and one that stays.
WORLD_IMAGES='[
  {"repository": "team/app", "tag": "old", "created": "-90d"},
  {"repository": "team/app", "tag": "new", "created": "-1d"},
  {"repository": "other", "tag": "old", "created": "-80d"},
  {"repository": "other", "tag": "new", "created": "-2d"} ]'

# Where a repository's manifests and tags are on disk.
world_manifests() {
  printf '%s\n' "$REGISTRY_STORE/docker/registry/v2/repositories/$1/_manifests"
}

# world_remember REPOSITORY..., world_unchanged REPOSITORY...: the manifests and tags on disk.
world_remember() {
  local repository
  for repository; do
    store_digest_tree "$(world_manifests "$repository")" \
      >"$BATS_TEST_TMPDIR/remembered.${repository//\//_}"
  done
}

world_unchanged() {
  local repository
  for repository; do
    [ -s "$BATS_TEST_TMPDIR/remembered.${repository//\//_}" ] || return 1
    store_digest_tree "$(world_manifests "$repository")" |
      diff "$BATS_TEST_TMPDIR/remembered.${repository//\//_}" - || return 1
  done
}

# world_tags REPOSITORY TAG...: fails unless the repository has these tags and no other.
world_tags() {
  local repository=$1
  shift
  diff <(printf '%s\n' "$@" | sed '/^$/d' | LC_ALL=C sort) <(registry_tags "$repository")
}

world_exits() {
  [ "$status" -eq "$1" ] || {
    echo "exit $status instead of $1"
    return 1
  }
}

# world_says REGEX...: each is in what the program printed.
world_says() {
  local pattern
  for pattern; do
    grep -Eq -- "$pattern" <<<"$output" || {
      echo "not said: $pattern"
      return 1
    }
  done
}

# Fails unless each rule of the proxy was applied.
world_applied() {
  [ "$(curl -sS --noproxy '*' "$(fault_url)/_fault/rules" |
    jq 'length > 0 and all(.[]; .applied > 0)')" = true ] || {
    echo "not every fault was brought"
    return 1
  }
}

# No DELETE but the probes of absent things went to these repositories.
world_no_delete() {
  local repository
  for repository; do
    [ "$(fault_answers DELETE "/v2/$repository/manifests/" | grep -vc '^40[04] ')" -eq 0 ] || {
      echo "a DELETE went to $repository"
      return 1
    }
  done
}

# world_spared REGEX...: nothing of team/app went and the program named it, `other` was cleaned, exit 1.
world_spared() {
  world_exits 1
  world_applied
  world_unchanged team/app
  world_says '\[(WARNING|ERROR)\] team/app: ' "$@"
  world_tags other new
  pull_whole other new
}
