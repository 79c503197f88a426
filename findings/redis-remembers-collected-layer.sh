#!/bin/bash
# A registry whose cache is in redis goes on listing a layer that its collector removed, also after it
# was started again, and takes a manifest that needs it.
#
# Seen with: Debian's docker-registry 2.8.2+ds1-1 (distribution 2.8.2; any rebuild of it, +b*, is the
#   same) and redis-server 5:7.0.15-1~deb12u10.
# Behaviour: with storage.cache.blobdescriptor: redis the descriptors of blobs are kept under the keys
#   blobs::* and repository::*::blobs*, without a time at which they end. `garbage-collect` does not touch
#   them. HEAD of a blob that it removed answers 200, so clients do not send it again; PUT of a manifest
#   that names it answers 201; only GET of its bytes fails. A restart of the registry, which empties
#   the cache `inmemory`, changes nothing. After the keys are removed HEAD answers 404, and PUT of
#   such a manifest is refused.
# Output seen:
#   docker-registry github.com/docker/distribution 2.8.2+ds1
#   HEAD of the layer before the collection: 200
#   blob eligible for deletion: sha256:07123e1f…
#   HEAD of the layer after the collection and a restart: 200
#   PUT of a manifest that needs it: 201
#   GET of the layer: not whole
#   HEAD of the layer after the keys are gone: 404
#   PUT of a manifest that needs it: 400
#   redis remembers what the collector removed
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs docker-registry,
# redis-server, redis-cli, curl, jq, sha256sum. It touches a temporary folder and two ports on
# 127.0.0.1 only.
set -u -o pipefail

expected=2.8.2+ds1
folder=$(mktemp -d) || exit 2
server=
redis=

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  local process
  for process in $server $redis; do
    kill "$process" 2>/dev/null
    wait "$process" 2>/dev/null
  done
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

for tool in docker-registry redis-server redis-cli curl jq sha256sum; do
  command -v "$tool" >/dev/null || give_up "$tool is not installed"
done
version=$(docker-registry --version) || give_up "docker-registry --version fails"
echo "$version"
[[ $version == *" $expected" ]] || give_up "this is about version $expected"

# within COMMAND...: waits until it succeeds, ten seconds at most.
within() {
  local tries=100
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || return 1
    sleep 0.1
  done
}

start_redis() {
  redis-server --port "$1" --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" \
    >"$folder/redis.log" 2>&1 &
  redis=$!
  if within redis-cli -p "$1" ping && kill -0 "$redis" 2>/dev/null; then
    redis_port=$1
    return 0
  fi
  kill "$redis" 2>/dev/null
  redis=
  return 1
}

start_registry() {
  cat >"$folder/config.yml" <<YAML
version: 0.1
log: {level: error}
http: {addr: '127.0.0.1:$1', secret: 'none'}
redis: {addr: '127.0.0.1:$redis_port'}
storage:
  cache: {blobdescriptor: redis}
  filesystem: {rootdirectory: '$folder/store'}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: false}}
YAML
  url=http://127.0.0.1:$1
  env -i "PATH=$PATH" docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 &
  server=$!
  within curl -s -o /dev/null -m 5 "$url/v2/" && kill -0 "$server" 2>/dev/null && port=$1 && return 0
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

put_manifest() {
  status -X PUT -H "Content-Type: $oci.manifest.v1+json" --data-binary "@$folder/manifest" \
    "$url/v2/app/manifests/$1"
}

sum() {
  local text
  text=$(sha256sum "$1") && echo "sha256:${text%% *}"
}

for _ in 1 2 3 4 5; do
  start_redis "$((RANDOM % 12000 + 20000))" && break
done
[ -n "$redis" ] || give_up "redis does not start: $(cat "$folder/redis.log")"
for _ in 1 2 3 4 5; do
  start_registry "$((RANDOM % 12000 + 20000))" && break
done
[ -n "$server" ] || give_up "the registry does not start: $(cat "$folder/log")"

oci=application/vnd.oci.image
printf 'the layer of %s\n' "$folder" >"$folder/layer"
echo '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' \
  >"$folder/config"
layer=$(sum "$folder/layer")
config=$(sum "$folder/config")
jq --null-input --arg oci "$oci" --arg layer "$layer" --arg config "$config" \
  --argjson layer_size "$(stat -c %s "$folder/layer")" \
  --argjson config_size "$(stat -c %s "$folder/config")" '{
    schemaVersion: 2, mediaType: "\($oci).manifest.v1+json",
    config: {mediaType: "\($oci).config.v1+json", digest: $config, size: $config_size},
    layers: [{mediaType: "\($oci).layer.v1.tar", digest: $layer, size: $layer_size}]
  }' >"$folder/manifest" || give_up "jq fails"

[ "$(put_blob "$folder/config" "$config")" = 201 ] || give_up "the config is refused"
[ "$(put_blob "$folder/layer" "$layer")" = 201 ] || give_up "the layer is refused"
[ "$(put_manifest v1)" = 201 ] || give_up "the manifest is refused"
echo "HEAD of the layer before the collection: $(status -I "$url/v2/app/blobs/$layer")"
[ "$(status -X DELETE "$url/v2/app/manifests/$(sum "$folder/manifest")")" = 202 ] ||
  give_up "the manifest is not deleted"

docker-registry garbage-collect "$folder/config.yml" >"$folder/collected" 2>&1 ||
  give_up "the collector fails: $(cat "$folder/collected")"
grep "eligible for deletion: $layer" "$folder/collected" || give_up "the layer is not collected"
kill "$server"
wait "$server" 2>/dev/null
server=
start_registry "$port" || give_up "the registry does not start again: $(cat "$folder/log")"

after=$(status -I "$url/v2/app/blobs/$layer")
echo "HEAD of the layer after the collection and a restart: $after"
[ "$(put_blob "$folder/config" "$config")" = 201 ] || give_up "the config is refused"
pushed=$(put_manifest v2)
echo "PUT of a manifest that needs it: $pushed"
got=$(curl -s -m 20 "$url/v2/app/blobs/$layer" | cmp -s - "$folder/layer" && echo whole || echo 'not whole')
echo "GET of the layer: $got"
redis-cli -p "$redis_port" flushall >/dev/null || give_up "redis cannot be emptied"
flushed=$(status -I "$url/v2/app/blobs/$layer")
echo "HEAD of the layer after the keys are gone: $flushed"
[ "$(put_blob "$folder/config" "$config")" = 201 ] || give_up "the config is refused"
refused=$(put_manifest v3)
echo "PUT of a manifest that needs it: $refused"
if [ "$after $pushed $got $flushed $refused" = '200 201 not whole 404 400' ]; then
  echo "redis remembers what the collector removed"
  exit 0
fi
echo "changed: it does not any more"
exit 1
