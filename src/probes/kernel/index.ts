import { readScript } from '../../base/command.ts';
import { defineProbe } from '../probe.ts';
import { parseKernel } from './parse.ts';

/** os-release(5) is looked up in the two places that its man page names, in that order. */
const SCRIPT = String.raw`
printf 'release=%s\n' "$(uname -r)"
for file in /etc/os-release /usr/lib/os-release; do
  [ -r "$file" ] || continue
  grep '^PRETTY_NAME=' "$file"
  break
done
exit 0
`;

/** Kernel and distribution of a host. */
export const kernelProbe = defineProbe({
  id: 'kernel',
  title: 'Kernel and distribution',
  privilege: 'user',
  sudo: [],
  command: () => readScript(SCRIPT),
  timeoutMs: () => 10_000,
  parse: parseKernel,
});
