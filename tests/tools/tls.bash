# shellcheck shell=bash
# Authorities, certificates, and nginx with them in front of something else. Needs openssl, nginx.bash and
# fault.bash.
#
#   tls_authority NAME              makes an authority: NAME.pem, NAME.key
#   tls_certificate NAME AUTHORITY ALTERNATIVE_NAMES [OPTIONS]
#                                   makes NAME.pem, NAME.key; OPTIONS are those of openssl x509
#   tls_serve NAME SERVER           starts nginx with one server: SERVER is its configuration, in
#                                   which PORT stands for a port and DIR for the folder of all this
#   tls_port NAME                   its port
#   tls_background NAME COMMAND...  starts a program that listens on $TLS_PORT, and waits until it does
#   tls_stop                        ends all of them
#
# The files are in TLS_DIR.

TLS_DIR=${TLS_DIR:-${BATS_TEST_TMPDIR:-/nonexistent}/tls}

tls_key() {
  mkdir -p "$TLS_DIR" &&
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$TLS_DIR/$1.key" 2>/dev/null
}

tls_authority() {
  tls_key "$1" && openssl req -x509 -new -key "$TLS_DIR/$1.key" -subj "/CN=$1" -days 30 \
    -out "$TLS_DIR/$1.pem" 2>/dev/null
}

tls_certificate() {
  local name=$1 authority=$2 names=$3
  shift 3
  tls_key "$name" &&
    openssl req -new -key "$TLS_DIR/$name.key" -subj "/CN=$name" 2>/dev/null |
    openssl x509 -req -CA "$TLS_DIR/$authority.pem" -CAkey "$TLS_DIR/$authority.key" -CAcreateserial \
      -days 20 -extfile <(printf 'subjectAltName = %s\n' "$names") -out "$TLS_DIR/$name.pem" "$@" \
      2>/dev/null
}

tls_port() {
  cat "$TLS_DIR/$1.port"
}

# A port that is free now may be taken a moment later; then another one is tried.
tls_background() {
  local name=$1 tries=5
  shift
  while ((tries-- > 0)); do
    TLS_PORT=$(registry_free_port)
    tls_launch "$name" "$@" && return
  done
  cat "$TLS_DIR/$name.err" >&2
  return 1
}

tls_launch() {
  local name=$1 deadline=$((SECONDS + 10)) word
  local -a words=()
  shift
  for word; do
    words+=("${word//PORT/$TLS_PORT}")
  done
  "${words[@]}" </dev/null >/dev/null 2>"$TLS_DIR/$name.err" 3>&- &
  echo "$!" >"$TLS_DIR/$name.pid"
  echo "$TLS_PORT" >"$TLS_DIR/$name.port"
  until (: >"/dev/tcp/127.0.0.1/$TLS_PORT") 2>/dev/null; do
    kill -0 "$(<"$TLS_DIR/$name.pid")" 2>/dev/null && ((SECONDS < deadline)) || return 1
  done
}

tls_nginx() {
  local dir=$TLS_DIR/$1
  nginx_configure "$dir" "${2//DIR/$TLS_DIR}"
  exec nginx -p "$dir" -c "$dir/nginx.conf"
}

tls_serve() {
  tls_background "$1" tls_nginx "$1" "$2"
}

tls_stop() {
  local file
  for file in "$TLS_DIR"/*.pid; do
    [ -e "$file" ] || continue
    fault_end "$(<"$file")"
    rm -f "$file"
  done
}
