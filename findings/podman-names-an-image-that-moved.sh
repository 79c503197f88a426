#!/bin/bash
# `podman ps` names the image of a container by the tag that it was made from, also when that tag
# points at another image by now. Who asks it which images are in use by {{.Image}} is told of one that
# is not, and not of the one that is.
#
# Seen with: Debian's podman 4.3.1+ds1-8+deb12u1 (any rebuild of it, +b*, is the same).
# Behaviour: the template's {{.Image}} is the name that was given at `podman create` or `run`; it stays
#   when the tag is moved, and when the image that the tag names now is removed. {{.ImageID}} is the image
#   that the container really has. (Docker's `ps` falls back to the ID once the name has moved.)
# Output seen:
#   podman version 4.3.1
#   before: localhost/app:1, and that is its image
#   after the tag has moved: localhost/app:1, and that is another image
#   after that image is removed: localhost/app:1, and there is no such image
#   ImageID has been the same all the time
#   podman names an image that moved
#
# Exit status: 0 it is so, 1 it has changed, 2 it could not be tried. Needs root, apt-get and dpkg; what it
# needs of Debian 12 it unpacks into a temporary folder, which is all that it touches.
set -u -o pipefail

expected='podman version 4.3.1'
packages=(podman conmon runc libgpgme11 libassuan0 libsubid4 libseccomp2 libdevmapper1.02.1 busybox-static)
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM

give_up() {
  printf 'could not be tried: %s\n' "$*" >&2
  exit 2
}

fail() {
  printf 'it has changed: %s\n' "$*" >&2
  exit 1
}

[ "$(id -u)" -eq 0 ] || give_up "it needs root"
chmod 755 "$folder"
mkdir "$folder/debs" "$folder/image"
(cd "$folder/debs" && apt-get download -qq "${packages[@]}") >/dev/null 2>&1 ||
  give_up "apt-get download ${packages[*]}"
for package in "$folder"/debs/*.deb; do
  dpkg -x "$package" "$folder/debian" || give_up "dpkg -x $package"
done

export HOME=$folder/home CONTAINERS_CONF=$folder/containers.conf
export LD_LIBRARY_PATH=$folder/debian/usr/lib/x86_64-linux-gnu
mkdir -p "$HOME/.config/containers"
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$HOME/.config/containers/policy.json"
cat >"$CONTAINERS_CONF" <<CONF
[engine]
conmon_path = ["$folder/debian/usr/bin/conmon"]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
CONF

podman() {
  "$folder/debian/usr/bin/podman" --root "$folder/storage" --runroot "$folder/run" \
    --tmpdir "$folder/tmp" --storage-driver vfs --runtime "$folder/debian/usr/sbin/runc" "$@"
}

# import TEXT: an image with this text in it, as localhost/app:1.
import() {
  echo "$1" >"$folder/image/text"
  tar -C "$folder/image" -c . | podman import - localhost/app:1 >/dev/null 2>&1
}

# Of the container: its {{.Image}}, and {{.ImageID}}.
image_name() {
  podman ps -a --format '{{.Image}}'
}

image_id() {
  podman ps -a --no-trunc --format '{{.ImageID}}'
}

# What the tag points at now; nothing, if there is none.
tag_id() {
  podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' |
    sed -n 's/^localhost\/app:1 sha256://p'
}

[ "$(podman --version)" = "$expected" ] || give_up "this is about $expected"
podman --version
cp "$folder/debian/bin/busybox" "$folder/image/busybox" || give_up "no busybox"

import first || give_up "podman import"
podman create --network none localhost/app:1 /busybox true >/dev/null || give_up "podman create"
first=$(image_id)
[[ -n $first && $(tag_id) == "$first" && $(image_name) == localhost/app:1 ]] ||
  give_up "the container has another image than the tag: $(image_name) $first $(tag_id)"
echo 'before: localhost/app:1, and that is its image'

import second || give_up "podman import"
[[ -n $(tag_id) && $(tag_id) != "$first" ]] || give_up "the tag did not move"
[ "$(image_name)" = localhost/app:1 ] || fail "the name is $(image_name) once the tag has moved"
echo 'after the tag has moved: localhost/app:1, and that is another image'

podman rmi -f localhost/app:1 >/dev/null || give_up "podman rmi"
[ -z "$(tag_id)" ] || give_up "the tag is still there"
[ "$(image_name)" = localhost/app:1 ] || fail "the name is $(image_name) once its image is gone"
echo 'after that image is removed: localhost/app:1, and there is no such image'

[ "$(image_id)" = "$first" ] || fail "ImageID is $(image_id), and was $first"
echo 'ImageID has been the same all the time'
echo 'podman names an image that moved'
