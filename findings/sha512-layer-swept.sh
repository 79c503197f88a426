#!/bin/bash
# The registry's own collector removes a layer that was pushed by its sha512 digest.
#
# Seen with: Debian's docker-registry 2.8.2+ds1-1 (distribution 2.8.2; any rebuild of it, +b*, is the
#   same). 3.0.0 and 3.1.1 do it, too: there the collector also ends with status 1 afterwards.
# Behaviour: PUT of a blob with ?digest=sha512:… is answered 201. Its bytes are stored under their
#   sha256; _layers/sha512/<hex>/link of the repository holds that digest. The manifest names the layer
#   as sha512:…, and a GET of it by that name answers 200. `docker-registry garbage-collect` marks
#   "sha512:…", for which there is no blob, and not what the link holds; so it removes the layer of a
#   tagged image, and ends with status 0. After that the layer answers 404.
# Output seen:
#   docker-registry github.com/docker/distribution 2.8.2+ds1
#   PUT of the layer by sha512: 201
#   GET of the layer before the collection: 200
#   blob eligible for deletion: sha256:51f67a93…
#   garbage-collect: status 0
#   GET of the layer after the collection: 404
#   the collector removed a layer that a tag needs
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs docker-registry, curl,
# jq, sha256sum, sha512sum. It touches a temporary folder and a port on 127.0.0.1 only.
set -u -o pipefail

expected=2.8.2+ds1
folder=$(mktemp -d) || exit 2
server=

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
  fi
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

for tool in docker-registry curl jq sha256sum sha512sum; do
  command -v "$tool" >/dev/null || give_up "$tool is not installed"
done
version=$(docker-registry --version) || give_up "docker-registry --version fails"
echo "$version"
[[ $version == *" $expected" ]] || give_up "this is about version $expected"

# A port that is free now may be taken a moment later; then the next one is tried.
start() {
  local port=$1 tries=100
  cat >"$folder/config.yml" <<YAML
version: 0.1
log: {level: error}
http: {addr: '127.0.0.1:$port', secret: 'none'}
storage:
  filesystem: {rootdirectory: '$folder/store'}
  maintenance: {uploadpurging: {enabled: false}}
YAML
  url=http://127.0.0.1:$port
  env -i "PATH=$PATH" docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 &
  server=$!
  while ((tries-- > 0)) && kill -0 "$server" 2>/dev/null; do
    if curl -s -o /dev/null -m 5 "$url/v2/" && kill -0 "$server" 2>/dev/null; then
      return 0
    fi
    sleep 0.1
  done
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  server=
  return 1
}

# status CURL-ARGUMENTS...: the status of the answer.
status() {
  curl -s -o /dev/null -m 20 -w '%{http_code}' "$@"
}

# put_blob FILE DIGEST: prints the status.
put_blob() {
  local location
  location=$(curl -s -m 20 -D - -o /dev/null -X POST "$url/v2/app/blobs/uploads/" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  status -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$1" \
    "$location&digest=$2"
}

sum() {
  local text
  text=$("${1}sum" "$2") && echo "$1:${text%% *}"
}

for _ in 1 2 3 4 5; do
  start "$((RANDOM % 12000 + 20000))" && break
done
[ -n "$server" ] || give_up "the registry does not start: $(cat "$folder/log")"

oci=application/vnd.oci.image
printf 'the layer of %s\n' "$folder" >"$folder/layer"
echo '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' \
  >"$folder/config"
layer=$(sum sha512 "$folder/layer")
config=$(sum sha256 "$folder/config")
jq --null-input --arg oci "$oci" --arg layer "$layer" --arg config "$config" \
  --argjson layer_size "$(stat -c %s "$folder/layer")" \
  --argjson config_size "$(stat -c %s "$folder/config")" '{
    schemaVersion: 2, mediaType: "\($oci).manifest.v1+json",
    config: {mediaType: "\($oci).config.v1+json", digest: $config, size: $config_size},
    layers: [{mediaType: "\($oci).layer.v1.tar", digest: $layer, size: $layer_size}]
  }' >"$folder/manifest" || give_up "jq fails"

[ "$(put_blob "$folder/config" "$config")" = 201 ] || give_up "the config is refused"
pushed=$(put_blob "$folder/layer" "$layer")
echo "PUT of the layer by sha512: $pushed"
if [ "$pushed" != 201 ]; then
  echo "changed: the registry does not take it any more"
  exit 1
fi
[ "$(status -X PUT -H "Content-Type: $oci.manifest.v1+json" --data-binary "@$folder/manifest" \
  "$url/v2/app/manifests/v1")" = 201 ] || give_up "the manifest is refused"
before=$(status "$url/v2/app/blobs/$layer")
echo "GET of the layer before the collection: $before"
[ "$before" = 200 ] || give_up "the layer cannot be pulled"

docker-registry garbage-collect "$folder/config.yml" >"$folder/collected" 2>&1
ended=$?
grep 'eligible for deletion: ' "$folder/collected"
echo "garbage-collect: status $ended"
after=$(status "$url/v2/app/blobs/$layer")
echo "GET of the layer after the collection: $after"
if [ "$after" = 404 ]; then
  echo "the collector removed a layer that a tag needs"
  exit 0
fi
echo "changed: the layer is still there"
exit 1
