# shellcheck shell=bash
# What tests look at from outside, without changing it: a storage folder, and the answers of the
# registry that registry.bash started last. Needs curl, jq and Debian's python3.

STORE_TOOLS=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

# store_digest_tree DIR: every folder, and every file with its size and SHA-256, in a stable order.
store_digest_tree() (
  set -o pipefail
  cd "$1" || exit 1
  find . -type d -printf 'folder %p\n' | LC_ALL=C sort || exit 1
  paste -d ' ' \
    <(find . -type f -print0 | LC_ALL=C sort -z | xargs -0r stat -c '%s' --) \
    <(find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum --)
)

# store_tags STORE REPOSITORY: the tags on disk, sorted.
store_tags() {
  local tag
  for tag in "$1/docker/registry/v2/repositories/$2/_manifests/tags"/*/current/link; do
    [ -e "$tag" ] || continue
    tag=${tag%/current/link}
    echo "${tag##*/}"
  done | LC_ALL=C sort
}

registry_curl() {
  curl -sS ${REGISTRY_LOGIN:+-u "$REGISTRY_LOGIN"} "$@"
}

# registry_tags REPOSITORY: the tags that the registry lists, sorted; nothing if it knows none.
registry_tags() {
  local answer
  answer=$(registry_curl -w '\n%{http_code}' "$REGISTRY_URL/v2/$1/tags/list") || return 1
  case ${answer##*$'\n'} in
  404) return 0 ;;
  200) ;;
  *)
    echo "$answer" >&2
    return 1
    ;;
  esac
  jq --raw-output '.tags // [] | sort[]' <<<"${answer%$'\n'*}"
}

# registry_contents: a line "REPOSITORY TAG..." for each repository in the catalog, all sorted.
registry_contents() {
  local repository
  registry_curl -f "$REGISTRY_URL/v2/_catalog?n=1000" | jq --raw-output '.repositories[]' |
    while read -r repository; do
      # shellcheck disable=SC2046 # words
      echo "$repository" $(registry_tags "$repository")
    done | LC_ALL=C sort
}

# registry_status REPOSITORY REFERENCE: what HEAD of that manifest answers, say, 200 or 404.
registry_status() {
  local types=application/vnd
  registry_curl -I -o /dev/null -w '%{http_code}\n' \
    -H "Accept: $types.oci.image.manifest.v1+json, $types.oci.image.index.v1+json" \
    -H "Accept: $types.docker.distribution.manifest.v2+json" \
    -H "Accept: $types.docker.distribution.manifest.list.v2+json" \
    -H "Accept: $types.docker.distribution.manifest.v1+prettyjws" \
    "$REGISTRY_URL/v2/$1/manifests/$2"
}

# registry_has, registry_lacks REPOSITORY REFERENCE: fail unless the answer is 200, or 404.
registry_has() {
  registry_expect 200 "$@"
}

registry_lacks() {
  registry_expect 404 "$@"
}

registry_expect() {
  local status
  status=$(registry_status "$2" "$3") || return 1
  [ "$status" = "$1" ] || {
    echo "$2@$3: $status instead of $1" >&2
    return 1
  }
}

# pull_whole REPOSITORY REFERENCE...: fails unless the manifest, its children, configs and layers
# are all there and are what their digests say.
pull_whole() {
  local -a login=()
  if [ -n "$REGISTRY_LOGIN" ]; then
    login=(--user "${REGISTRY_LOGIN%%:*}" --password "${REGISTRY_LOGIN#*:}")
  fi
  "$STORE_TOOLS/pull.py" --url "$REGISTRY_URL" "${login[@]}" -- "$@"
}

# push_images [FILE]: pushes what images.py is told in FILE or on standard input; prints the digests
# as JSON.
push_images() {
  local -a login=()
  if [ -n "$REGISTRY_LOGIN" ]; then
    login=(--user "${REGISTRY_LOGIN%%:*}" --password "${REGISTRY_LOGIN#*:}")
  fi
  "$STORE_TOOLS/images.py" --url "$REGISTRY_URL" "${login[@]}" "$@"
}

# digest_of ID <DIGESTS: one value of the JSON object that push_images printed.
digest_of() {
  jq --raw-output --arg id "$1" '.[$id] // error("no digest of \($id)")'
}
