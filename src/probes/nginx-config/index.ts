import { readScript } from '../../base/command.ts';
import { NGINX_SHELL } from '../nginx-process/masters.ts';
import { NGINX_CONFIG_SUDO } from '../privilege.ts';
import { defineProbe } from '../probe.ts';
import { parseNginxConfig } from './parse.ts';

/**
 * `nginx -T` of every master, with its binary, `-c` and `-p`; of the installed nginx when none runs. Each dump is
 * preceded by its number of lines, because a configuration may contain any line, and followed by the files that its
 * names stand for. A configuration that is not UTF-8 is sent as if it were Latin-1, so that every byte arrives. sudoers needs `/usr/sbin/nginx -T`, and `/usr/sbin/nginx -T -c FILE` for a master that was started with
 * `-c FILE`.
 */
const SCRIPT = `${NGINX_SHELL}
status=0
dump() {
  pid=$1; shift
  out=$(root "$@" -T\${conf:+ -c "$conf"}\${prefix:+ -p "$prefix"} </dev/null; echo "x$?")
  code=\${out##*x}
  out=\${out%x*}
  form=
  if command -v iconv >/dev/null && ! printf '%s' "$out" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1; then form=latin1; fi
  echo "dump $pid $code $(printf '%s' "$out" | wc -l)\${form:+ $form}"
  if [ -n "$form" ]; then printf '%s' "$out" | iconv -f ISO-8859-1 -t UTF-8; else printf '%s' "$out"; fi
  printf '%s' "$out" | sed -n 's/^# configuration file \\(\\/.*\\):$/\\1/p' | head -n 1000 | while IFS= read -r path; do
    target=$(readlink -f "$path" 2>/dev/null) && [ -n "$target" ] && printf 'target %s\\t%s\\n' "$path" "$target"
  done
  [ "$code" = 0 ] || status=$code
}
found=$(masters)
if [ -z "$found" ]; then
  command -v nginx >/dev/null || { echo absent; exit 0; }
  dump 0 nginx
  exit "$status"
fi
while read -r pid ppid args; do
  trusted "$pid" || { echo "skipped $pid"; continue; }
  line="$pid $ppid $args"
  conf=$(option "$line" -c)
  prefix=$(option "$line" -p)
  exe=$(binary "$pid")
  exe=\${exe% (deleted)}
  sound "$exe" || exe=nginx
  dump "$pid" "$exe"
done <<LIST
$found
LIST
exit "$status"
`;

/** What nginx's configuration says about connections, resolved over includes. */
export const nginxConfigProbe = defineProbe({
  id: 'nginx-config',
  title: 'nginx configuration as nginx reads it',
  privilege: 'root',
  sudo: NGINX_CONFIG_SUDO,
  command: ({ sudo }) => readScript(SCRIPT, [sudo ? 'sudo' : 'none']),
  timeoutMs: () => 15_000,
  parse: parseNginxConfig,
});
