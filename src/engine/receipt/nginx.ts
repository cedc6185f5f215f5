/*
 * POSIX sh, reviewed constants: how the running nginx is made to load its files, and how that is seen to have worked.
 */

/**
 * `load BINARY CONF PREFIX` tests the configuration, tells the master to reload and waits up to 10 s until the master has a
 * worker that was not there before, which still serves a second later. A test that passes proves less: ports and limits
 * are only tried by the reload, and when they fail the old workers go on with the old configuration and only the log
 * tells. While `$from/loaded` is there, nginx may run what the attempt wrote; it cannot when the first signal was not sent,
 * as `nginx -s` says by its exit status. `load_restored` does it again after files
 * were restored.
 *
 * Masters are told by their title and their options; only root's and our own count, for anybody can take that title.
 * The words of the error log are best effort: its usual place alone is read, in the system's time zone, not the login's.
 */
export const NGINX = `
told_nginx=
ngx() {
  ngx_binary=$1 ngx_conf=$2 ngx_prefix=$3
  shift 3
  [ -z "$ngx_conf" ] || set -- "$@" -c "$ngx_conf"
  [ -z "$ngx_prefix" ] || set -- "$@" -p "$ngx_prefix"
  sudo -n "$ngx_binary" "$@" 9<&-
}
has_option() {
  case "$1 " in
    *" $2 $3 "* | *" $2$3 "*) [ -n "$3" ] ;;
    *" $2"*) return 1 ;;
    *) [ -z "$3" ] ;;
  esac
}
masters_of() {
  for title in $(grep -ls '^nginx: master process' /proc/[0-9]*/cmdline); do
    line=$(tr '\\000' ' ' <"$title") || continue
    has_option "$line" -c "$1" && has_option "$line" -p "$2" || continue
    case $(awk '/^Uid:/{print $3}' "\${title%/*}/status") in 0 | "$(id -u)") title=\${title#/proc/}; printf ' %s' "\${title%%/*}" ;; esac
  done 2>/dev/null
}
workers_of() {
  for title in $(grep -ls '^nginx: worker process' /proc/[0-9]*/cmdline); do
    worker=\${title#/proc/}
    worker=\${worker%%/*}
    case " $* " in *" $(sed 's/.*) //' "/proc/$worker/stat" | cut -d' ' -f2) "*) printf ' %s' "$worker" ;; esac
  done 2>/dev/null
}
new_worker() {
  for worker in $(workers_of $masters); do
    case "$old_workers " in *" $worker "*) ;; *) return 0 ;; esac
  done
  return 1
}
master_lives() {
  for master in $masters; do [ -d "/proc/$master" ] && return 0; done
  echo "nginx's master process has ended"
  return 1
}
log_words() {
  sudo -n tail -n 2000 /var/log/nginx/error.log 2>/dev/null |
    awk -v t="$1" 'substr($0, 1, 19) >= t && / \\[(emerg|alert|crit)\\] /' | tail -n 3
}
load() {
  said=$(ngx "$1" "$2" "$3" -t -q 2>&1) || { echo "the test of nginx's configuration failed: $said"; return 1; }
  masters=$(masters_of "$2" "$3")
  [ -n "$masters" ] || { echo "nginx does not run any more, so it was not told to reload"; return 1; }
  old_workers=$(workers_of $masters)
  since=$(unset TZ; date '+%Y/%m/%d %H:%M:%S')
  if [ -e "$from/loaded" ]; then was_told=1; else was_told=$told_nginx; fi
  : >"$from/loaded"
  told_nginx=1
  said=$(ngx "$1" "$2" "$3" -s reload 2>&1) || {
    [ -n "$was_told" ] || { told_nginx=; rm -f "$from/loaded"; }
    echo "nginx could not be told to reload: $said"
    return 1
  }
  uptime_s
  until_s=$((up + 10))
  until new_worker; do
    master_lives || return 1
    uptime_s
    [ "$up" -lt "$until_s" ] || { echo "nginx did not load the configuration: no new worker within 10 s"; log_words "$since"; return 1; }
    nap 0.2
  done
  nap 1
  master_lives || return 1
  new_worker || { echo "nginx's new workers ended at once"; log_words "$since"; return 1; }
}
load_restored() {
  while [ $# -ge 4 ]; do
    if [ "$1" = nginx ]; then
      if [ -z "$(masters_of "$3" "$4")" ]; then
        echo "nginx does not run, so it was not told to reload"
      else
        load "$2" "$3" "$4" || { echo "the files were restored, but nginx could not be made to load them"; return 1; }
        echo "nginx reloaded"
      fi
      rm -f "$from/loaded"
    fi
    shift 4
  done
}
`;
