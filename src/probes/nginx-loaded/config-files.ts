/**
 * Shell functions that find nginx's configuration files without asking nginx, so that they need no root where the
 * files are readable. Needs NGINX_SHELL. Paths with blanks are not found.
 *
 * - `main_config LINE EXE` prints the main file of a master's `PID PPID ARGS` line: `-c`, else the compiled-in path.
 * - `directive NAME FILE` prints the first argument of each such directive of a file.
 * - `config_files MAIN` prints the main file and all it includes, up to eight levels deep.
 */
export const CONFIG_FILES_SHELL = `
cd /
compiled() { sound "$1" && "$1" -V 2>&1 | tr ' ' '\\n' | awk -v n="--$2=" 'index($0,n)==1{print substr($0,length(n)+1);exit}'; }
main_config() {
  conf=$(option "$1" -c)
  [ -n "$conf" ] || conf=$(compiled "$2" conf-path)
  prefix=$(option "$1" -p)
  case $conf in
    '') echo /etc/nginx/nginx.conf ;;
    /*) echo "$conf" ;;
    *) [ -n "$prefix" ] || prefix=$(compiled "$2" prefix); echo "\${prefix%/}/$conf" ;;
  esac
}
directive() {
  awk '{sub(/(^|[ \\t])#.*/,"");print}' "$2" 2>/dev/null | tr ';{}' '\\n\\n\\n' | awk -v n="$1" '$1==n{print $2}' | tr -d "\\"'"
}
config_files() {
  all=$1 todo=$1 depth=0
  while [ -n "$todo" ] && [ "$depth" -lt 8 ]; do
    next=
    for file in $todo; do
      for pattern in $(directive include "$file"); do
        case $pattern in /*) ;; *) pattern=\${1%/*}/$pattern ;; esac
        for found_file in $pattern; do [ -e "$found_file" ] && next="$next $found_file"; done
      done
    done
    todo=$(printf '%s\\n' $next | sort -u | head -n 500)
    all="$all $todo"
    depth=$((depth+1))
  done
  printf '%s\\n' $all | sort -u
}
`;
