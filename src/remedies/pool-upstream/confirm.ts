import { formatNumber } from '../../base/format.ts';
import { blocksAround, descendants, named, type Placed, placeText } from '../nginx-edit/placed.ts';
import { headersInForce } from './levels.ts';
import type { Situation } from './situation.ts';
import type { UnitPlan } from './unit.ts';

/** Pools above this are more than most backends accept. */
const LARGE_POOL = 1000;

/** Why an approver has to look twice: shared connections would mix up users, or the backend cannot hold the pool. */
export function confirmations({ nginx }: Situation, ready: readonly UnitPlan[]): readonly string[] {
  return [...largePools(ready, nginx.master.workers), ...boundAuthentication(ready), ...processPools(ready)];
}

function largePools(ready: readonly UnitPlan[], workers: number): readonly string[] {
  return ready.flatMap(({ unit, size }) =>
    size === null || size <= LARGE_POOL
      ? []
      : [
          `The pool of "${unit.name}" keeps ${formatNumber(size)} connections per worker, ${formatNumber(size * workers)} in all: the backend must accept twice as many.`,
        ],
  );
}

/** NTLM and Negotiate sign in a connection, not a request. */
function boundAuthentication(ready: readonly UnitPlan[]): readonly string[] {
  const hints = ready.flatMap(({ unit }) =>
    unit.passings.flatMap((passing): Placed[] => [
      ...headersInForce(passing).filter(({ directive }) => directive.args[0]?.toLowerCase() === 'authorization'),
      ...passing.levels.flatMap(({ children }) =>
        named(children, 'proxy_pass_header').filter(({ directive }) =>
          ['authorization', 'www-authenticate'].includes(directive.args[0]?.toLowerCase() ?? ''),
        ),
      ),
    ]),
  );
  const [hint] = hints;
  if (!hint) return [];
  return [
    `${placeText(hint)} passes authentication on. With NTLM, Negotiate or Kerberos a shared connection gives one user's rights to another: confirm that the application uses none of them.`,
  ];
}

/** PHP-FPM gives each connection a process for as long as it is open. */
function processPools(ready: readonly UnitPlan[]): readonly string[] {
  const fastcgi = ready.filter(({ unit }) => unit.passings.some(({ protocol }) => protocol === 'fastcgi'));
  if (fastcgi.length === 0) return [];
  const names = fastcgi.map(({ unit }) => `"${unit.name}"`).join(', ');
  return [
    `${names}: a FastCGI server such as PHP-FPM holds one process per open connection, so idle pooled connections take its processes away (pm.max_children).`,
  ];
}

/** How often each file is read: a change of it changes every place that includes it. */
export function sharedPlaces({ nginx, passings }: Situation, ready: readonly UnitPlan[]): readonly string[] {
  const edited = new Set(ready.flatMap(({ edits }) => edits.map(({ file }) => file)));
  const all = nginx.placed.flatMap((top) => [top, ...descendants(top.children)]);
  return [...edited].flatMap((file) => {
    const first = file.directives.find(({ includes }) => includes === undefined);
    const times = all.filter((placed) => placed.directive === first).length;
    if (first === undefined || times < 2) return [];
    const locations = passings.filter(({ pass }) => [pass, ...blocksAround(pass)].some((block) => block.file === file));
    const names = [...new Set(locations.map(({ location }) => placeText(location)))].slice(0, 6);
    return [`${file.path} is included in ${times} places, and all of them change: ${names.join(', ')}.`];
  });
}
