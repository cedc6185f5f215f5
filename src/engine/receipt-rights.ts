/*
 * What the work under a receipt needs root for on a host, as the commands of sudoers(5). The scripts in receipt/ use no
 * others. `sudo` compares the joined arguments, so no pattern here admits a blank, a component that begins with a dot
 * (and with it `..`), or anything outside the folder that it names.
 *
 * Whoever may write nginx's configuration can let nginx load a module as root: these rights keep other files safe from
 * mistakes, and they need to be given to a login user that is trusted as the operators are.
 */

/** A running nginx as its master was started; null = the option was not given. */
export interface NginxOptions {
  readonly binary: string;
  readonly conf: string | null;
  readonly prefix: string | null;
}

/** What a change may touch on a host. */
export interface Touched {
  /** Kernel settings, as sysctl(8) names them. */
  readonly sysctls: readonly string[];
  /** Whole files, by their path. */
  readonly files: readonly string[];
  /** Edits below /etc/nginx and the reload after them. */
  readonly nginx: readonly NginxOptions[];
}

/** nginx as Debian, RHEL and nginx.org start it. */
export const PACKAGED_NGINX: NginxOptions = { binary: '/usr/sbin/nginx', conf: null, prefix: null };

/** All commands that changes of this kind need, each once. */
export function receiptRights({ sysctls, files, nginx }: Touched): readonly string[] {
  const edits = nginx.length === 0 ? [] : nginxEditRights();
  return [
    ...new Set([...sysctls.map(sysctlRight), ...files.flatMap(fileRights), ...edits, ...nginx.flatMap(nginxRights)]),
  ];
}

/** The command that sets a kernel setting at runtime. */
export function sysctlRight(key: string): string {
  return `/usr/bin/tee ${plain(`/proc/sys/${key.replaceAll('.', '/')}`)}`;
}

/** The commands that write a whole file beside its place, move it there, and remove it. */
export function fileRights(path: string): readonly string[] {
  const target = plain(path);
  const staged = target.replace(/\/([^/]+)$/, '/.$1.new');
  return [
    `/usr/bin/tee ${staged}`,
    `/usr/bin/cp -aL ${target} ${staged}`,
    `/usr/bin/mv -f -T ${staged} ${target}`,
    `/usr/bin/rm -f ${target}`,
    `/usr/bin/rm -f ${staged}`,
  ];
}

const NAME = '[A-Za-z0-9_][A-Za-z0-9_.-]*';
const BELOW_NGINX = `/etc/nginx/(${NAME}/)*`;
const STAGED = `${BELOW_NGINX}\\.${NAME}\\.new`;
/**
 * Configuration alone, to read, to copy and to replace: keys of certificates lie below /etc/nginx as well, and what may be
 * copied from one name to another can be read under that.
 */
const TARGET = `/etc/nginx/((${NAME}/)*(${NAME}\\.conf|[a-z]+_params)|sites-(available|enabled)/${NAME})`;

/** The commands that edit a file below /etc/nginx; regular expressions, which sudo knows from 1.9.10 on. */
function nginxEditRights(): readonly string[] {
  return [
    `/usr/bin/cat ^${TARGET}$`,
    // -L: a copied link would be a way for tee to write wherever it points, such as from modules-enabled.
    `/usr/bin/cp ^-aL ${TARGET} ${STAGED}$`,
    `/usr/bin/tee ^${STAGED}$`,
    `/usr/bin/mv ^-f -T ${STAGED} ${TARGET}$`,
    `/usr/bin/rm ^-f ${STAGED}$`,
  ];
}

/** A command that a right allows, without the patterns in it: to ask sudo whether it would be. */
export function exampleOfRight(right: string): string {
  return right
    .replaceAll(STAGED, '/etc/nginx/.nginx.conf.new')
    .replaceAll(TARGET, '/etc/nginx/nginx.conf')
    .replace(/ \^(.*)\$$/, ' $1')
    .replaceAll('*', '1')
    .replace(/\\(.)/g, '$1');
}

/** The commands that test nginx's configuration, make it load, and read why it did not. */
export function nginxRights({ binary, conf, prefix }: NginxOptions): readonly string[] {
  const options = `${conf === null ? '' : ` -c ${plain(conf)}`}${prefix === null ? '' : ` -p ${plain(prefix)}`}`;
  return [
    `${plain(binary)} -t -q${options}`,
    `${plain(binary)} -s reload${options}`,
    '/usr/bin/tail -n 2000 /var/log/nginx/error.log',
  ];
}

/**
 * A word that stands for itself in sudoers(5). Throws on one that would need more than escaping: a pattern there, or a path
 * that leaves its folder.
 */
function plain(word: string): string {
  if (!/^\/[A-Za-z0-9_@%+:=,./-]+$/.test(word) || /(^|\/)\.\.?(\/|$)/.test(word))
    throw new RangeError(`${word} cannot be named in sudoers`);
  return word.replace(/[,:=]/g, '\\$&');
}
