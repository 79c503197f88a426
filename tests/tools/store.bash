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

# registry_lacks REPOSITORY REFERENCE: fails unless HEAD of that manifest answers 404.
registry_lacks() {
  local types=application/vnd status
  status=$(registry_curl -I -o /dev/null -w '%{http_code}\n' \
    -H "Accept: $types.oci.image.manifest.v1+json, $types.oci.image.index.v1+json" \
    -H "Accept: $types.docker.distribution.manifest.v2+json" \
    -H "Accept: $types.docker.distribution.manifest.list.v2+json" \
    -H "Accept: $types.docker.distribution.manifest.v1+prettyjws" \
    "$REGISTRY_URL/v2/$1/manifests/$2") || return 1
  [ "$status" = 404 ] || {
    echo "$1@$2: $status instead of 404" >&2
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

