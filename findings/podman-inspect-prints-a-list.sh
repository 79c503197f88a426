#!/bin/bash
# `podman container inspect --format '{{json .}}' NAME` prints a list with one object in it, where docker's
# command of the same name and format prints the object itself. A program that takes docker's answer and
# is pointed at podman finds none of the fields that it looks for.
#
# Seen with: Debian's podman 4.3.1+ds1-8 (any rebuild of it, +b*, +deb12u*, is the same).
# Behaviour: `{{json .}}` is taken for a wish for JSON and prints all that was found, over many lines; a format
#   with a field in it is applied to each.
# Output seen:
#   podman version 4.3.1
#   {{json .}} is a list of 1
#   {{json .Name}} is "found"
#   one container is printed as a list
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs podman and python3. It
# creates a container that is never started, with all of podman's storage in a temporary folder.
set -u -o pipefail

expected=4.3.1
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

own_podman() {
  podman --root "$folder/root" --runroot "$folder/run" --tmpdir "$folder/tmp" --storage-driver vfs \
    --events-backend file --cgroup-manager cgroupfs "$@"
}

for tool in podman python3; do
  command -v "$tool" >/dev/null || give_up "$tool is not installed"
done
podman --version
[ "$(podman --version)" = "podman version $expected" ] || give_up "this is about version $expected"
mkdir "$folder/image" && echo text >"$folder/image/file"
tar -C "$folder/image" -c . | own_podman import - localhost/empty:1 >/dev/null 2>&1 ||
  give_up "no image could be imported"
own_podman create --network none --name found localhost/empty:1 /file >/dev/null 2>&1 ||
  give_up "no container could be created"

# What the JSON on stdin is, in words.
kind() {
  python3 -c 'import json, sys
value = json.load(sys.stdin)
print(f"a list of {len(value)}" if isinstance(value, list) else
      "an object" if isinstance(value, dict) else json.dumps(value))'
}

inspect() {
  own_podman container inspect --format "$1" found | kind || echo "not there"
}

whole=$(inspect '{{json .}}')
name=$(inspect '{{json .Name}}')
echo "{{json .}} is $whole"
echo "{{json .Name}} is $name"
if [[ $whole == 'a list of 1' && $name == '"found"' ]]; then
  echo "one container is printed as a list"
else
  echo "it has changed"
  exit 1
fi
