import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseSysctlFiles } from './parse.ts';

/**
 * Names every sysctl.d file of every directory, so that masking can be judged, with its lines that set the keys this
 * product reads and the comments at its head, then signs of tuned and cloud-init, then the own drop-in in full between its
 * size and the line `end`. `$1` = root directory, empty for /.
 */
const SCRIPT = String.raw`
root=$1
own=$root/etc/sysctl.d/60-countersign-net.conf
newline='
'
echo 'countersign-sysctl-files 1'
for file in "$root"/etc/sysctl.d/*.conf "$root"/run/sysctl.d/*.conf "$root"/usr/local/lib/sysctl.d/*.conf \
  "$root"/usr/lib/sysctl.d/*.conf "$root"/lib/sysctl.d/*.conf "$root"/etc/sysctl.conf; do
  case $file in *"$newline"*) continue ;; esac
  [ -e "$file" ] || [ -L "$file" ] || continue
  printf 'file %s\n' "$(printf %s "$file" | cut -c"$(( $(printf %s "$root" | wc -c) + 1 ))"-)"
  target=$(readlink -f "$file")
  [ "$target" = "$root/etc/sysctl.conf" ] && echo 'is /etc/sysctl.conf'
  [ -f "$file" ] || continue
  if [ -r "$file" ]; then
    grep -nE '^[[:space:]]*-?[[:space:]]*net[./]ipv4[./](tcp_(tw|max_tw|fin|timest)|ip_local)' "$file" && sets=1 || sets=
    [ -z "$sets" ] || head -n 20 "$file" | grep -E '^[[:space:]]*[#;]' | cut -c1-200 | sed 's/^/comment /'
  else echo 'no permission'
  fi
done
head -c 200 "$root/etc/tuned/active_profile" 2>/dev/null | tr -d '\r\n' | sed 's/^/tuned /' | grep -a ' .'
grep -ls sysctl "$root/etc/cloud/cloud.cfg" "$root"/etc/cloud/cloud.cfg.d/*.cfg 2>/dev/null | head -n 1 |
  cut -c"$(( $(printf %s "$root" | wc -c) + 1 ))"- | sed 's/^/cloud-init /'
if [ -f "$own" ] && [ -r "$own" ]; then
  printf 'own %s\n' "$(( $(wc -c <"$own") ))"
  cat "$own"
  printf '\nend\n'
else printf 'own none\nend\n'
fi
`;

/** Which files set the kernel settings at boot, in the order in which they win. */
export const sysctlFilesProbe = defineProbe({
  id: 'sysctl-files',
  title: 'Files that set kernel settings at boot',
  privilege: 'user',
  sudo: [],
  command: () => readScript(SCRIPT, ['']),
  timeoutMs: () => 10_000,
  parse: parseSysctlFiles,
});

/** The probe's script, for reading another root directory than /. */
export const SYSCTL_FILES_SCRIPT = SCRIPT;
