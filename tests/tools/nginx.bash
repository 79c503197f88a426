# shellcheck shell=bash
# Debian's nginx in front of a registry. Needs registry.bash.
#
#   nginx_start SERVER   a process of our own with this server block, in which @PORT@ stands for the
#                        port, on NGINX_PORT; a zone `cache` is there for proxy_cache
#   nginx_stop
#   nginx_configure DIR SERVER   DIR/nginx.conf for such a process, whose files are in DIR
#
# Its files are in BATS_TEST_TMPDIR/nginx: access.log, error.log.

nginx_configure() {
  local dir=$1
  mkdir -p "$dir"
  cat >"$dir/nginx.conf" <<CONF
daemon off;
user root;
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log;
events {}
http {
  access_log $dir/access.log;
  proxy_cache_path $dir/cache keys_zone=cache:1m;
  client_body_temp_path $dir/body;
  proxy_temp_path $dir/proxy;
  fastcgi_temp_path $dir/fastcgi;
  uwsgi_temp_path $dir/uwsgi;
  scgi_temp_path $dir/scgi;
  server {
    $2
  }
}
CONF
}

nginx_start() {
  local dir=$BATS_TEST_TMPDIR/nginx tries=5
  while ((tries-- > 0)); do
    NGINX_PORT=$(registry_free_port)
    nginx_configure "$dir" "${1/@PORT@/$NGINX_PORT}"
    nginx -p "$dir" -c "$dir/nginx.conf" >"$dir/out" 2>&1 </dev/null 3>&- 4>&- &
    nginx_pid=$!
    until (: >"/dev/tcp/127.0.0.1/$NGINX_PORT") 2>/dev/null; do
      kill -0 "$nginx_pid" 2>/dev/null || continue 2
    done
    return 0
  done
  cat "$dir/out" >&2
  return 1
}

nginx_stop() {
  [ -n "${nginx_pid:-}" ] || return 0
  kill -TERM "$nginx_pid" 2>/dev/null || true
  wait "$nginx_pid" || true
}
