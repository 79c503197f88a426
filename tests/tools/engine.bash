# shellcheck shell=bash
# A private Docker engine for tests, never the operator's: its own socket, data, containerd and
# mount namespace under one folder, and the image registry:2 made of Debian's docker-registry.
# engine_start DIR exports DOCKER_HOST; engine_stop DIR ends everything and removes DIR.

engine_start() {
  engine_dir "$1" || return 1
  local dir=$ENGINE_DIR
  unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
  if engine_pid "$dir" >/dev/null && engine_has_image "$dir"; then
    export DOCKER_HOST=unix://$dir/docker.sock
    return 0
  fi
  if [ -e "$dir" ] && [ -n "$(ls -A "$dir")" ] && [ ! -e "$dir/.engine" ]; then
    echo "engine: $dir is not empty" >&2
    return 1
  fi
  engine_stop "$dir" || return 1
  mkdir -p "$dir/exec" && : >"$dir/.engine" || return 1
  if engine_spawn "$dir" && engine_rootfs "$dir" && engine_wait "$dir" && engine_import "$dir"; then
    export DOCKER_HOST=unix://$dir/docker.sock
    return 0
  fi
  echo "engine: dockerd could not be started; the end of its log:" >&2
  tail -n 20 "$dir/dockerd.log" >&2
  engine_stop "$dir"
  return 1
}

engine_stop() {
  engine_dir "$1" || return 1
  local dir=$ENGINE_DIR pid containers folder
  [ -e "$dir/.engine" ] || return 0
  if pid=$(engine_pid "$dir"); then
    containers=$(engine_docker "$dir" ps -aq 2>/dev/null) || containers=
    # shellcheck disable=SC2086 # one word for each container
    [ -z "$containers" ] || engine_docker "$dir" rm -f -v $containers >/dev/null 2>&1 || true
    # The bridge of a network would outlive the engine.
    engine_docker "$dir" network prune -f >/dev/null 2>&1 || true
    engine_end "$pid"
  fi
  engine_end_leftovers "$dir"
  engine_unmount "$dir"
  for folder in containerd docker; do
    [ ! -e "$dir/made-run-$folder" ] || rmdir "/run/$folder" 2>/dev/null || true
  done
  if [ "${DOCKER_HOST:-}" = "unix://$dir/docker.sock" ]; then
    unset DOCKER_HOST
  fi
  rm -rf --one-file-system "$dir"
}

# Sets ENGINE_DIR to the absolute path; the longest socket below it must fit into sun_path.
engine_dir() {
  ENGINE_DIR=$(realpath -m "${1:?engine: a folder is needed}")
  if ((${#ENGINE_DIR} > 64)); then
    echo "engine: $ENGINE_DIR is too long for the path of a socket" >&2
    return 1
  fi
}

engine_docker() {
  local dir=$1
  shift
  docker -H "unix://$dir/docker.sock" "$@"
}

# The daemon gets a mount namespace of its own: what it mounts vanishes with it, and a containerd
# of the system (found by its socket in /run/containerd) is out of its sight, as are plugins.
engine_spawn() {
  local dir=$1 tries=500 folder
  for folder in containerd docker; do
    [ ! -d "/run/$folder" ] || continue
    mkdir "/run/$folder" && : >"$dir/made-run-$folder" || return 1
  done
  printf '{"deprecated-key-path": "%s/key.json"}\n' "$dir" >"$dir/daemon.json"
  # shellcheck disable=SC2016 # expanded by the inner shell
  setsid unshare --mount --propagation slave sh -c '
    mount -t tmpfs -o mode=711 tmpfs /run/containerd &&
      mount -t tmpfs -o mode=711 tmpfs /run/docker || exit 1
    echo $$ >"$1/engine.pid"
    exec dockerd --config-file "$1/daemon.json" --host "unix://$1/docker.sock" \
      --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/dockerd.pid" \
      --bridge=none --iptables=false --ip6tables=false --ip-forward=false' \
    sh "$dir" >"$dir/dockerd.log" 2>&1 </dev/null 3>&- 4>&- &
  disown $!
  until [ -s "$dir/engine.pid" ]; do
    ((tries-- > 0)) || return 1
    [ ! -s "$dir/dockerd.log" ] || return 1
    sleep 0.01
  done
}

engine_wait() {
  local dir=$1 deadline=$((SECONDS + 60))
  until engine_docker "$dir" version >/dev/null 2>&1; do
    engine_pid "$dir" >/dev/null || return 1
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

engine_rootfs() {
  local root=$1/rootfs program libraries link
  program=$(command -v docker-registry) || {
    echo "engine: docker-registry is missing" >&2
    return 1
  }
  libraries=$(ldd "$program" | grep -o '/[^ ]*') || return 1
  mkdir -p "$root/bin" "$root/etc/docker/registry" "$root/tmp" "$root/var/lib/registry" || return 1
  # shellcheck disable=SC2086 # one word for each library
  cp -L --parents $libraries "$root" && cp -L "$program" "$root/bin/registry" &&
    cp -L /bin/busybox "$root/bin/busybox" || return 1
  for link in sh du env cat stat; do
    ln -s busybox "$root/bin/$link" || return 1
  done
}

engine_import() {
  local dir=$1
  tar -C "$dir/rootfs" -c . | engine_docker "$dir" import \
    --change 'ENTRYPOINT ["/bin/registry"]' \
    --change 'CMD ["serve","/etc/docker/registry/config.yml"]' - registry:2 >/dev/null || return 1
  rm -rf "$dir/rootfs"
}

engine_has_image() {
  engine_docker "$1" image inspect registry:2 >/dev/null 2>&1
}

# Prints the daemon's process id if it lives; the id alone might be somebody else's by now.
engine_pid() {
  local pid
  pid=$(cat "$1/engine.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -Fxq -e "$1" -e "unix://$1/docker.sock" ||
    return 1
  echo "$pid"
}

engine_end() {
  kill -TERM "$1" 2>/dev/null || return 0
  engine_await_end "$1" || engine_kill_tree "$1"
}

# A daemon that was killed or crashed leaves its containerd, shims and containers behind.
engine_end_leftovers() {
  local dir=$1 comm pid
  for comm in /proc/[0-9]*/comm; do
    case $(cat "$comm" 2>/dev/null) in
    dockerd | containerd*) ;;
    *) continue ;;
    esac
    grep -qaF -- "$dir/exec/" "${comm%comm}cmdline" 2>/dev/null || continue
    pid=$(basename "${comm%/comm}")
    engine_kill_tree "$pid"
  done
}

engine_kill_tree() {
  local child children
  children=$(cat "/proc/$1/task/"*/children 2>/dev/null) || children=
  for child in $children; do
    engine_kill_tree "$child"
  done
  kill -KILL "$1" 2>/dev/null || return 0
  engine_await_end "$1" || true
}

# A zombie has ended, too; whoever inherited it may take its time.
engine_await_end() {
  local tries=1000
  while grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; do
    ((tries-- > 0)) || return 1
    sleep 0.02
  done
}

# In the usual case these went with the daemon's mount namespace.
engine_unmount() {
  local dir=$1 mount
  while read -r mount; do
    umount -l "$mount" || true
  done < <(awk -v under="$dir/" 'index($5, under) == 1 { print $5 }' /proc/self/mountinfo |
    sort -r)
}
