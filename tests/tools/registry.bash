# shellcheck shell=bash disable=SC2119,SC2120 # a folder is optional in some functions
# Real registries for tests, in a container of the engine at DOCKER_HOST or directly on this host.
#
#   registry_start DIR [OPTIONS]       in a container; the program reaches it by docker exec
#   registry_start_host DIR [OPTIONS]  a process of this host (registry.exec [], registry.program
#                                      docker-registry), its id in DIR/pid
#     --auth USER:PASSWORD  --no-delete  --readonly  --cache inmemory|redis|none  --redis PORT
#     --proxy URL  --port P
#     --schema1 (accept those manifests)  --level LEVEL (of its log; `info` or `debug`)
#     --no-access-log
#   registry_use DIR       select the one that was started in DIR (say, in setup_file)
#   registry_restart, registry_stop [DIR], registry_log [DIR]
#
# They set REGISTRY_DIR, REGISTRY_NAME (container, or empty), REGISTRY_PORT, REGISTRY_URL,
# REGISTRY_LOGIN (USER:PASSWORD or empty), REGISTRY_STORE (storage root on this host),
# REGISTRY_ROOT (the same, as the registry sees it) and REGISTRY_CONFIG (its configuration
# file, as the registry sees it; DIR/config.yml on this host). They are exported, so none may have
# a name by which a registry's configuration is overridden. DIR stays when a registry is stopped.

REGISTRY_IMAGE=registry:2

registry_start() {
  registry_launch container "$@"
}

registry_start_host() {
  registry_launch host "$@"
}

registry_use() {
  # shellcheck source=/dev/null
  . "${1:?registry: a folder is needed}/registry.env"
}

registry_restart() {
  if [ -n "$REGISTRY_NAME" ]; then
    docker restart -t 2 "$REGISTRY_NAME" >/dev/null || return 1
  else
    registry_stop && registry_run_host || return 1
  fi
  registry_wait
}

registry_stop() {
  if [ -n "${1:-}" ]; then
    [ -e "$1/registry.env" ] || return 0
    registry_use "$1"
  fi
  if [ -n "$REGISTRY_NAME" ]; then
    docker rm -f -v "$REGISTRY_NAME" >/dev/null 2>&1 || true
  else
    registry_end_host
  fi
}

registry_log() {
  if [ -n "${1:-}" ]; then
    registry_use "$1"
  fi
  if [ -n "$REGISTRY_NAME" ]; then
    docker logs "$REGISTRY_NAME" 2>&1
  else
    cat "$REGISTRY_DIR/registry.log"
  fi
}

# A port that is free now may be taken a moment later; then another one is tried.
registry_launch() {
  local flavour=$1 tries=5 result=2
  local auth='' delete=true readonly=false cache=inmemory redis='' proxy='' fixed='' schema1='' level=info no_access_log=false
  shift
  REGISTRY_DIR=$(realpath -m "${1:?registry: a folder is needed}")
  shift
  registry_options "$@" || return 1
  mkdir -p "$REGISTRY_DIR/store" || return 1
  if [ -n "$auth" ]; then
    htpasswd -Bbn -C 5 "${auth%%:*}" "${auth#*:}" >"$REGISTRY_DIR/htpasswd" || return 1
  fi
  while ((result == 2 && tries-- > 0)); do
    registry_describe "$flavour"
    registry_configure >"$REGISTRY_DIR/config.yml"
    result=0
    "registry_run_$flavour" && registry_wait || result=$?
    ((result == 0)) && return 0
    ((result == 2)) && [ -z "$fixed" ] || registry_log >&2 || true
    registry_stop
    [ -z "$fixed" ] || break
  done
  echo "registry: could not be started on port $REGISTRY_PORT" >&2
  return 1
}

# Fills the variables of registry_launch.
registry_options() {
  while (($#)); do
    case $1 in
    --no-delete) delete=false ;;
    --readonly) readonly=true ;;
    --schema1) schema1=yes ;;
    --no-access-log) no_access_log=true ;;
    --auth | --cache | --redis | --proxy | --port | --level)
      (($# > 1)) || break
      case $1 in
      --auth) auth=$2 ;;
      --cache) cache=$2 ;;
      --redis) redis=$2 ;;
      --proxy) proxy=$2 ;;
      --port) fixed=$2 ;;
      --level) level=$2 ;;
      esac
      shift
      ;;
    *) break ;;
    esac
    shift
  done
  (($# == 0)) || {
    echo "registry: $1: unknown, or its value is missing" >&2
    return 1
  }
}

registry_describe() {
  REGISTRY_PORT=${fixed:-$(registry_free_port)}
  REGISTRY_URL=http://127.0.0.1:$REGISTRY_PORT
  REGISTRY_LOGIN=$auth
  REGISTRY_STORE=$REGISTRY_DIR/store
  if [ "$1" = container ]; then
    REGISTRY_NAME=registry-$BASHPID-$REGISTRY_PORT-$RANDOM
    REGISTRY_ROOT=/var/lib/registry
    REGISTRY_CONFIG=/etc/docker/registry/config.yml
  else
    REGISTRY_NAME=
    REGISTRY_ROOT=$REGISTRY_STORE
    REGISTRY_CONFIG=$REGISTRY_DIR/config.yml
  fi
  declare -p REGISTRY_DIR REGISTRY_NAME REGISTRY_PORT REGISTRY_URL REGISTRY_LOGIN REGISTRY_STORE \
    REGISTRY_ROOT REGISTRY_CONFIG | sed 's/^declare -[-x]* /export /' \
    >"$REGISTRY_DIR/registry.env"
  registry_use "$REGISTRY_DIR"
}

# Below the ports that the kernel hands out to connections.
registry_free_port() {
  local port
  while :; do
    port=$((RANDOM % 12000 + 20000))
    # The subshell closes the connection, if there is one.
    (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

registry_configure() {
  local folder=${REGISTRY_CONFIG%/*}
  cat <<YAML
version: 0.1
log: {level: $level, accesslog: {disabled: $no_access_log}}
http: {addr: '127.0.0.1:$REGISTRY_PORT', secret: 'for tests'}
storage:
  filesystem: {rootdirectory: '$REGISTRY_ROOT'}
  delete: {enabled: $delete}
  maintenance:
    uploadpurging: {enabled: false}
    readonly: {enabled: $readonly}
YAML
  [ "$cache" = none ] || echo "  cache: {blobdescriptor: $cache}"
  [ -z "$redis" ] || echo "redis: {addr: '127.0.0.1:$redis'}"
  [ -z "$auth" ] || echo "auth: {htpasswd: {realm: tests, path: '$folder/htpasswd'}}"
  [ -z "$proxy" ] || echo "proxy: {remoteurl: '$proxy'}"
  [ -z "$schema1" ] || echo "compatibility: {schema1: {enabled: true}}"
}

registry_run_container() {
  local -a mounts=(-v "$REGISTRY_DIR/config.yml:$REGISTRY_CONFIG")
  if [ -n "$REGISTRY_LOGIN" ]; then
    mounts+=(-v "$REGISTRY_DIR/htpasswd:${REGISTRY_CONFIG%/*}/htpasswd")
  fi
  docker run -d --name "$REGISTRY_NAME" --network host "${mounts[@]}" \
    -v "$REGISTRY_STORE:$REGISTRY_ROOT" "$REGISTRY_IMAGE" >/dev/null
}

# Its own variables REGISTRY_* would be ours.
registry_run_host() {
  local tries=500
  setsid env -i "PATH=$PATH" docker-registry serve "$REGISTRY_CONFIG" \
    >"$REGISTRY_DIR/registry.log" 2>&1 </dev/null 3>&- 4>&- &
  echo "$!" >"$REGISTRY_DIR/pid"
  disown "$!"
  # Before its exec it has no name of its own, and registry_lives would call it dead.
  until registry_host_pid >/dev/null || ! kill -0 "$!" 2>/dev/null || ((tries-- == 0)); do
    sleep 0.01
  done
}

# 0: it answers; 1: it ended or does not answer; 2: its port was taken by somebody else. That it
# listens is read from its own log, as an answer may come from another registry on that port.
registry_wait() {
  local deadline=$((SECONDS + 20)) log status
  while ((SECONDS < deadline)); do
    log=$(registry_log)
    case $log in
    *"address already in use"*) return 2 ;;
    *"listening on 127.0.0.1:$REGISTRY_PORT"*)
      status=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$REGISTRY_URL/v2/") || true
      case $status in 200 | 401) return 0 ;; esac
      ;;
    esac
    registry_lives || return 1
    sleep 0.02
  done
  return 1
}

registry_lives() {
  if [ -n "$REGISTRY_NAME" ]; then
    [ "$(docker inspect -f '{{.State.Running}}' "$REGISTRY_NAME" 2>/dev/null)" = true ]
  else
    registry_host_pid >/dev/null
  fi
}

# Prints the process id if that process is still ours.
registry_host_pid() {
  local pid
  pid=$(cat "$REGISTRY_DIR/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -Fxq "$REGISTRY_CONFIG" || return 1
  echo "$pid"
}

registry_end_host() {
  local pid tries=250
  pid=$(registry_host_pid) || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  while registry_host_pid >/dev/null; do
    ((tries-- > 0)) || {
      kill -KILL "$pid" 2>/dev/null || true
      tries=250
    }
    sleep 0.02
  done
}
